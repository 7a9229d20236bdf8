"""The verb ``prune``: what it makes of a pin, what it leaves of the pins file, and never half of one."""
from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import random
import re
import stat
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import NamedTuple

import pytest
import tomli
import tomlkit
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flake8_artifact_pin.pins import edit as editing
from flake8_artifact_pin.cli.main import main
from flake8_artifact_pin.source.names import call_names
from flake8_artifact_pin.source.names import without_number

PINS = "artifact-pins.toml"
MARK = "\ufeff"
CALL = "s3.put_object(Key=key)\n"


try:
    HAS_TOML_1_1 = bool(tomli.loads("x = {\n}"))
except tomli.TOMLDecodeError:
    HAS_TOML_1_1 = False


class Result(NamedTuple):
    """What a run printed, and its exit status."""

    lines: list[str]
    notes: list[str]
    status: int

    @property
    def data(self) -> Any:
        return json.loads("\n".join(self.lines))


class Project:
    """A directory that is the working directory, and the verb run in it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.capsys = capsys

    def write(self, files: Mapping[str, str | int | bytes]) -> None:
        """Write files; a number makes a source with so many PUT calls."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = CALL * content if isinstance(content, int) else content
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def pins(self, name: str = PINS) -> str:
        return (self.root / name).read_bytes().decode()

    def prune(self, *arguments: str) -> Result:
        self.capsys.readouterr()
        status = main(["prune", *arguments])
        out, err = self.capsys.readouterr()
        return Result(out.splitlines(), err.splitlines(), status)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        options = ["user.name=x", "user.email=x@example.org", "commit.gpgSign=false", "init.defaultBranch=main"]
        command = ["git", *(part for option in options for part in ("-c", option)), *arguments]
        return subprocess.run(command, cwd=cwd or self.root, check=True, capture_output=True, encoding="utf-8").stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=x")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    # a hook's, and the configuration of whoever runs the tests
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    return Project(root, capsys)


@pytest.fixture
def repository(project: Project) -> Project:
    project.git("init", "--quiet")
    project.write({"old.py": unlike("old"), PINS: '[pins]\n"old.py" = 2\n'})
    project.commit()
    return project


def unlike(word: str, calls: int = 2) -> str:
    """Return a source that git does not take for another one."""
    return "".join(f"{word}_{number} = {number}\n" for number in range(30)) + CALL * calls


# The text of the pins file before and after. There is 1 PUT call in one.py, there are 2 in two.py and none in none.py;
# gone.py does not exist.
SPELLINGS: dict[str, tuple[str, str]] = {
    "count": (
        '[pins]\n"one.py" = 2\n"two.py" = 2\n',
        '[pins]\n"one.py" = 1\n"two.py" = 2\n',
    ),
    "count with all around it": (
        '[pins] # all\n\n\t"one.py"=2# why\n',
        '[pins] # all\n\n\t"one.py"=1# why\n',
    ),
    "never raised": (
        '[pins]\n"two.py" = 1\n"one.py" = 0\n',
        '[pins]\n"two.py" = 1\n"one.py" = 0\n',
    ),
    "an explicit 0": (
        '[pins]\n"none.py" = 0\n',
        '[pins]\n"none.py" = 0\n',
    ),
    "a 0 of a file that is gone": (
        '[pins]\n"gone.py" = 0\n"none.py" = 0\n',
        '[pins]\n"none.py" = 0\n',
    ),
    "no call left": (
        '[pins]\n"none.py" = 1\n"two.py" = 2\n',
        '[pins]\n"two.py" = 2\n',
    ),
    "numbers of other kinds": (
        '[pins]\n"one.py" = 0x10\n"two.py" = 0b10\n',
        '[pins]\n"one.py" = 1\n"two.py" = 0b10\n',
    ),
    "other spellings of a path": (
        '[pins]\n"./one.py" = 2\n"././gone.py" = 1\n"\\u0074wo.py" = 3\n',
        '[pins]\n"./one.py" = 1\n"\\u0074wo.py" = 2\n',
    ),
    "literal strings": (
        "[pins]\n'one.py' = 2\n'gone.py' = 2\n",
        "[pins]\n'one.py' = 1\n",
    ),
    "inline table": (
        '[pins]\n"one.py" = {count=3,registered=["x", "y"]}  # why\n"gone.py" = { count = 1 }\n',
        '[pins]\n"one.py" = {count=1,registered=["x", "y"]}  # why\n',
    ),
    "inline table of several lines": (
        '[pins]\n"one.py" = { registered = [\n  "x", # the one\n  "y",\n], count = 2 }\n\n"gone.py" = 1\n',
        '[pins]\n"one.py" = { registered = [\n  "x", # the one\n  "y",\n], count = 1 }\n',
    ),
    "strings of several lines": (
        '[pins]\n"one.py" = { count = 2, grandfathered = """\n# line 3: f\n"gone.py" = 1\n""" }\n"gone.py" = 1\n',
        '[pins]\n"one.py" = { count = 1, grandfathered = """\n# line 3: f\n"gone.py" = 1\n""" }\n',
    ),
    "a string that ends like a comment": (
        '[pins]\n"two.py" = { count = 2, grandfathered = """\n# line 3: f""" }\n"gone.py" = 1\n',
        '[pins]\n"two.py" = { count = 2, grandfathered = """\n# line 3: f""" }\n',
    ),
    "tables": (
        '[pins."gone.py"]\ncount = 2\n[pins."one.py"] # why\nregistered = ["x"]\ncount = 2 # many\n'
        '[pins."two.py"]\ncount = 2\n',
        '[pins."one.py"] # why\nregistered = ["x"]\ncount = 1 # many\n[pins."two.py"]\ncount = 2\n',
    ),
    "tables with comments": (
        '# top\n\n[pins."gone.py"]\n# within\ncount = 1 # inline\n\n# about one.py\n# line 9: f: put_object("k")\n'
        '[ pins . "one.py" ]\ncount = 3\n# line 7: f: put_object("k")\n\n# line 8: f: put_object("k")\n'
        '[pins."none.py"]\ncount = 3\n\n# end\n',
        '# top\n\n# within\n\n# about one.py\n# line 9: f: put_object("k")\n'
        '[ pins . "one.py" ]\ncount = 1\n# line 7: f: put_object("k")\n\n# end\n',
    ),
    "tables in any order": (
        '[pins."one.py"]\ncount = 2\n\n[exempt]\n"x/" = "y"\n\n[pins."gone.py"]\ncount = 1\n\n'
        '[pins."two.py"]\ncount = 3\n',
        '[pins."one.py"]\ncount = 1\n\n[exempt]\n"x/" = "y"\n\n[pins."two.py"]\ncount = 2\n',
    ),
    "dotted keys": (
        '[pins]\n"one.py" . count = 2 # why\n"one.py".registered = ["x"]\n'
        '"gone.py".registered = ["y"]\n"gone.py".count = 1\n',
        '[pins]\n"one.py" . count = 1 # why\n"one.py".registered = ["x"]\n',
    ),
    "dotted keys at the top": (
        'pins."one.py" = 2\npins."gone.py" = 2\nadvice = "x"\npins."two.py".count = 3\n',
        'pins."one.py" = 1\nadvice = "x"\npins."two.py".count = 2\n',
    ),
    "the only one, at the top": (
        'advice = "x"\npins."gone.py" = 2\n',
        'advice = "x"\n',
    ),
    "one inline table for all": (
        'pins = { "one.py" = 2, "gone.py" = 1, "two.py" = {count = 3} } # all\n[exempt]\n',
        'pins = { "one.py" = 1, "two.py" = {count = 2} } # all\n[exempt]\n',
    ),
    "the first and the last of one inline table": (
        'pins = {"none.py" = 1,"two.py" = 2 ,"gone.py" = 3}\n',
        'pins = {"two.py" = 2 }\n',
    ),
    "all of one inline table": (
        'pins = { "none.py" = 1, "gone.py" = 3 }\n',
        'pins = { }\n',
    ),
    "the only one of one inline table": (
        'pins = {"gone.py" = 3}\n',
        'pins = {}\n',
    ),
    "one inline table with dotted keys": (
        'pins = { "gone.py".count = 1, "one.py".count = 2, "gone.py".registered = ["x"], '
        '"one.py".registered = ["x"] }\n',
        'pins = { "one.py".count = 1, "one.py".registered = ["x"] }\n',
    ),
    "Windows": (
        '[pins]\r\n# c\r\n"one.py" = 2 # d\r\n\r\n# line 3: f\r\n"gone.py" = 1\r\n',
        '[pins]\r\n# c\r\n"one.py" = 1 # d\r\n',
    ),
    "byte order mark": (
        f'{MARK}pins."one.py" = 2\n',
        f'{MARK}pins."one.py" = 1\n',
    ),
    "no final newline": (
        '[pins]\n"one.py" = 2',
        '[pins]\n"one.py" = 1',
    ),
    "no final newline and gone": (
        '[pins]\n"two.py" = 2\n"gone.py" = 2',
        '[pins]\n"two.py" = 2\n',
    ),
    "comments of init": (
        '[pins]\n# mine\n# line 3: f: put_object("k")\n\t# line 12: <module>: put_object(...)\n'
        '"gone.py" = 2 # inline\n# after\n'
        '# line 3: f: put_object("k")\n"one.py" = 2\n# line 1: f: x\n\n"none.py" = 1\n',
        '[pins]\n# mine\n# after\n# line 3: f: put_object("k")\n"one.py" = 1\n# line 1: f: x\n',
    ),
    "comments that only look like those of init": (
        '[pins]\n#line 3: f\n"gone.py" = 2\n# line three: f\n"none.py" = 1\n# line 3:\n"./none2.py" = 2\n',
        '[pins]\n#line 3: f\n# line three: f\n# line 3:\n',
    ),
    "empty lines": (
        '\n\n[pins]\n"two.py" = 2\n\n\n# line 3: f: x\n"gone.py" = 1\n\n\n"one.py" = 2\n\n"none.py" = 1\n\n',
        '\n\n[pins]\n"two.py" = 2\n\n\n"one.py" = 1\n',
    ),
}
# With TOML 1.1, which tomli reads from 2.4 on.
NEW_SPELLINGS = {
    "one inline table with lines": (
        'pins = {\n  # mine\n  "gone.py" = 2, # why\n  "one.py" = 3, # y\n  "two.py" = 3\n}\n',
        'pins = {\n  # mine\n  # why\n  "one.py" = 1, # y\n  "two.py" = 2\n}\n',
    ),
    "the last lines of one inline table": (
        'pins = {\n  "one.py" = 3, # y\n  "gone.py" = 2,\n  "none.py" = 2\n}\n',
        'pins = {\n  "one.py" = 1 # y\n}\n',
    ),
    "commas anywhere": (
        'pins = {"one.py" = 3,"gone.py" = 2,\n"two.py" = 2\n, "none.py" = 1 , }\n',
        'pins = {"one.py" = 1,\n"two.py" = 2\n, }\n',
    ),
}
PYPROJECTS: dict[str, tuple[str, str]] = {
    "table": (
        '[project]\nname = "x"\n\n[tool.artifact-pins.pins]\n"one.py" = 2\n"gone.py" = 1\n\n'
        '[tool.x]\ny = nan\nz = 1.50\n',
        '[project]\nname = "x"\n\n[tool.artifact-pins.pins]\n"one.py" = 1\n\n[tool.x]\ny = nan\nz = 1.50\n',
    ),
    "pins of others": (
        '[[a]]\n[a.pins]\n"one.py" = 5\n[tool.artifact-pins.pins]\n"one.py" = 5\n[pins]\n"one.py" = 9\n'
        '[[tool.pins]]\n"one.py" = 9\n[b.c]\npins."one.py" = 9\n[b.d.e."one.py"]\ncount = 9\n',
        '[[a]]\n[a.pins]\n"one.py" = 5\n[tool.artifact-pins.pins]\n"one.py" = 1\n[pins]\n"one.py" = 9\n'
        '[[tool.pins]]\n"one.py" = 9\n[b.c]\npins."one.py" = 9\n[b.d.e."one.py"]\ncount = 9\n',
    ),
    "dotted keys": (
        '[tool.artifact-pins]\npins."gone.py" = 2\npins."one.py" = {count=2}\npins."two.py".count=3',
        '[tool.artifact-pins]\npins."one.py" = {count=1}\npins."two.py".count=2',
    ),
    "dotted keys of a table above": (
        '[tool]\nx.pins."one.py" = 2\nartifact-pins.pins."gone.py" = 2\nartifact-pins.pins."one.py" = 2\n',
        '[tool]\nx.pins."one.py" = 2\nartifact-pins.pins."one.py" = 1\n',
    ),
    "inline tables within each other": (
        'tool = { artifact-pins = { pins = { "gone.py" = 2, "one.py" = 3 } }, x = 1 }\n',
        'tool = { artifact-pins = { pins = { "one.py" = 1 } }, x = 1 }\n',
    ),
    "dotted keys in an inline table": (
        'tool = { artifact-pins = { pins."gone.py" = 3, advice = "x" } }\n',
        'tool = { artifact-pins = { advice = "x" } }\n',
    ),
    "the only table": (
        '[tool.artifact-pins.pins."gone.py"]\ncount = 2\n[tool.x]\ny = 1',
        '[tool.x]\ny = 1\n[tool.artifact-pins.pins]\n',
    ),
    "the only key": (
        'tool.artifact-pins.pins."gone.py" = 2\r\n',
        '[tool.artifact-pins.pins]\r\n',
    ),
}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        *(pytest.param(PINS, *texts, id=name) for name, texts in SPELLINGS.items()),
        *(
            pytest.param(PINS, *texts, id=name, marks=pytest.mark.skipif(not HAS_TOML_1_1, reason="TOML 1.0"))
            for name, texts in NEW_SPELLINGS.items()
        ),
        *(pytest.param("pyproject.toml", *texts, id=f"pyproject: {name}") for name, texts in PYPROJECTS.items()),
    ],
)
def test_spellings(project: Project, name: str, before: str, after: str) -> None:
    project.write({"one.py": 1, "two.py": 2, "none.py": "x = 1\n", name: before})
    result = project.prune()
    assert (project.pins(name), result.status) == (after, 0)
    assert bool(result.lines) == (before != after)
    result = project.prune()
    assert (project.pins(name), result.lines, result.status) == (after, [], 0)


def lines_of_pin(style: str, key: str, count: int, decision: str) -> list[str]:
    """Return a pin as a statement below ``[pins]``, or with a table of its own."""
    pairs = [f"count = {count}", *filter(None, [decision])]
    return {
        "number": [f'"{key}" = {count}'],
        "spaced": [f'\t"{key}"={count}\t# inline'],
        "inline": [f'"{key}" = {{ {", ".join(pairs)} }}'],
        "reversed": [f'"{key}" = {{{",".join(reversed(pairs))}}}  # inline'],
        "dotted": [f'"{key}".{pair}' for pair in pairs],
        "table": [f'[pins."{key}"]', *pairs],
    }[style]


@st.composite
def pins_files(draw: st.DrawFn) -> tuple[str, dict[str, tuple[int, int | None]], list[str]]:
    """Return a pins file, for each path its pin and the calls of its file (None: gone), and the comments to be kept."""
    number = draw(st.integers(1, 6))
    styles = sorted(
        draw(st.lists(
            st.sampled_from(["number", "spaced", "inline", "reversed", "dotted", "table"]),
            min_size=number, max_size=number,
        )),
        key=lambda style: style == "table",
    )
    lines = ["# top", "[pins]"]
    facts = {}
    kept = ["# top"]
    for index, style in enumerate(styles):
        path = f"f{index}.py"
        pin, calls = draw(st.integers(0, 3)), draw(st.none() | st.integers(0, 3))
        facts[path] = pin, calls
        comments = draw(st.lists(st.sampled_from(["", "own", "init"]), max_size=4))
        is_removed = calls is None or (pin and not calls)
        texts = {"": "", "own": f"# own {index}", "init": f"# line {index}: f: put_object()"}
        above = [texts[kind] for kind in comments]
        of_init = len(above)
        while of_init and comments[of_init - 1] == "init":
            of_init -= 1
        kept += [line for line in (above[:of_init] if is_removed else above) if line]
        decision = draw(st.sampled_from(["", 'registered = ["x", "y"]', 'grandfathered = "é # \\" }"']))
        lines += [*above, *lines_of_pin(style, draw(st.sampled_from(["", "./"])) + path, pin, decision)]
    lines += draw(st.sampled_from([[], [""], ["# end"]]))
    kept += [line for line in lines[-1:] if line == "# end"]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = draw(st.sampled_from(["", MARK])) + end.join(lines) + draw(st.sampled_from(["", end]))
    return text, facts, kept


def counts(text: str) -> dict[str, int]:
    pins = tomli.loads(text.removeprefix(MARK))["pins"]
    return {
        key.removeprefix("./"): value["count"] if isinstance(value, dict) else value for key, value in pins.items()
    }


@settings(deadline=None, max_examples=150)
@given(pins_files())
def test_any_pins_file(case: tuple[str, dict[str, tuple[int, int | None]], list[str]]) -> None:
    before, facts, kept = case
    with tempfile.TemporaryDirectory() as root:
        path = Path(root, PINS)
        path.write_bytes(before.encode())
        for name, (_, calls) in facts.items():
            if calls is not None:
                Path(root, name).write_text(CALL * calls)
        status = main(["prune", f"--pins={path}", "--format=json"])
        after = path.read_bytes().decode()
        again = main(["prune", f"--pins={path}"])
        assert path.read_bytes().decode() == after
        assert sorted(os.listdir(root)) == sorted([PINS, *(name for name in facts if facts[name][1] is not None)])
    assert (status, again) == (0, 0)
    assert counts(after) == {
        name: min(pin, calls) for name, (pin, calls) in facts.items() if calls is not None and (calls or not pin)
    }
    assert [line for line in after.lstrip(MARK).splitlines() if line.startswith("#")] == kept
    # nothing but counts is new
    assert {re.sub(r"\d+(?=\s|,|}|$)", "N", line) for line in after.splitlines()} <= {
        re.sub(r"\d+(?=\s|,|}|$)", "N", line) for line in before.splitlines()
    }
    assert after.startswith(MARK) == before.startswith(MARK)
    assert ("\r\n" in after) == ("\r\n" in before)


@st.composite
def inline_tables(draw: st.DrawFn) -> tuple[str, list[str], list[str]]:
    """Return a pins file of one inline table, and the paths of the pins that are left and of those that are not."""
    space = st.sampled_from(["", " ", "  "])
    members = []
    left: list[str] = []
    gone: list[str] = []
    for index in range(draw(st.integers(1, 5))):
        path = f"f{index}.py"
        (left if draw(st.booleans()) else gone).append(path)
        value = draw(st.sampled_from([f'"{path}" = 1', f'"{path}".count=1', f'"{path}" = {{ count = 1 }}']))
        members.append(f"{draw(space)}{value}{draw(space)}")
    return f"pins = {{{','.join(members)}}}{draw(st.sampled_from(['', ' # all']))}\n", left, gone


@settings(deadline=None, max_examples=60)
@given(inline_tables())
def test_any_inline_table(case: tuple[str, list[str], list[str]]) -> None:
    before, left, gone = case
    with tempfile.TemporaryDirectory() as root:
        path = Path(root, PINS)
        path.write_text(before)
        for name in left:
            Path(root, name).write_text(CALL)
        assert main(["prune", f"--pins={path}"]) == 0
        after = path.read_text()
    assert counts(after) == dict.fromkeys(left, 1)
    assert ",," not in after.replace(" ", "")
    # each pin that is left is written as it was
    pieces = [piece.strip(" {}") for piece in before.removeprefix("pins = ").split(" #")[0].strip().split(",")]
    assert [piece for piece in pieces if piece.split('"')[1] in left] == [
        piece.strip(" {}") for piece in after.removeprefix("pins = ").split(" #")[0].strip().split(",") if '"' in piece
    ]


def test_result_in_text(project: Project) -> None:
    project.write({
        "one.py": 1,
        "two.py": 2,
        "none.py": "x = 1\n",
        PINS: '[pins]\n"gone.py" = 1\n"none.py" = { count = 2, registered = ["a"] }\n'
        '"one.py" = { count = 2, registered = ["b", "c\\n"] }\n"two.py" = { count = 3, registered = ["d", "e"] }\n',
    })
    assert project.prune() == (
        [
            f"{PINS}:2: gone.py: removed (the file does not exist)",
            f"{PINS}:3: none.py: removed (no PUT call observed); 1 id registered, retire what is no longer written: a",
            f"{PINS}:4: one.py: 2 -> 1; 2 ids registered, retire what is no longer written: b, c\\n",
            f"{PINS}:5: two.py: 3 -> 2",
        ],
        ["4 pins: 4 changed, 0 offered to move"],
        0,
    )
    assert project.prune() == ([], ["2 pins: 0 changed, 0 offered to move"], 0)


def test_result_from_elsewhere(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pins file is shown from the working directory, pins as they are in the pins file."""
    project.write({"src/x.py": 1, "lib/x": "", PINS: '[pins]\n"src/x.py" = 2\n"src/y.py" = 2\n'})
    monkeypatch.chdir(project.root / "lib")
    assert project.prune("--dry-run").lines[:2] == [f"--- a/../{PINS}", f"+++ b/../{PINS}"]
    assert project.prune(f"--pins=../lib/../{PINS}").lines == [
        f"../{PINS}:2: src/x.py: 2 -> 1",
        f"../{PINS}:3: src/y.py: removed (the file does not exist)",
    ]


def test_result_in_json(repository: Project) -> None:
    repository.write({"one.py": 1, "bad.py": "(", "gone.py": 1, PINS: (
        '[pins]\n"./one.py" = 2\n"bad.py" = 1\n"gone.py" = 1\n"old.py" = 2\n'
    )})
    repository.commit()
    repository.git("mv", "old.py", "new.py")
    (repository.root / "gone.py").unlink()
    changes: list[dict[str, object]] = [
        {"path": "one.py", "line": 2, "old": 2, "new": 1, "moved_to": None, "reason": "1 observed"},
        {"path": "gone.py", "line": 4, "old": 1, "new": None, "moved_to": None, "reason": "the file does not exist"},
    ]
    for change in changes:
        change["removed_calls"] = []
    renames = [{"path": "old.py", "line": 5, "renamed_to": "new.py"}]
    result = repository.prune("--format=json", "--dry-run")
    [finding] = result.data["findings"]
    assert (finding["path"], finding["line"], finding["code"]) == ("bad.py", 1, "E999")
    expected = {"changes": changes, "renames": renames, "written": False, "findings": [finding]}
    assert (result.data, result.notes, result.status) == (expected, [], 1)
    result = repository.prune("--format=json")
    assert (result.data, result.notes, result.status) == ({**expected, "written": True}, [], 1)
    moved = {**changes[0], "path": "old.py", "line": 4, "new": 2, "moved_to": "new.py", "reason": "renamed"}
    assert repository.prune("--format=json", "--move-renamed").data == {
        "changes": [moved], "renames": [], "written": True, "findings": [finding],
    }
    assert repository.prune("--format=json").data == {
        "changes": [], "renames": [], "written": False, "findings": [finding],
    }


def test_dry_run(project: Project) -> None:
    before = '[pins]\n"gone.py" = 1\n"one.py" = 1\n# \u2028 \x85\n"two.py" = 3'
    project.write({"one.py": 1, "two.py": 2, PINS: before})
    modified = os.stat(PINS).st_mtime_ns
    result = project.prune("--dry-run")
    assert "\n".join(result.lines) == "\n".join(f"""\
--- a/{PINS}
+++ b/{PINS}
@@ -1,5 +1,4 @@
 [pins]
-"gone.py" = 1
 "one.py" = 1
 # \u2028 \x85
-"two.py" = 3
\\ No newline at end of file
+"two.py" = 2
\\ No newline at end of file""".splitlines())
    assert (result.notes, result.status) == (["3 pins: 2 to change, 0 offered to move"], 1)
    assert (project.pins(), os.stat(PINS).st_mtime_ns, os.listdir()) == (before, modified, os.listdir())
    project.write({PINS: '[pins]\n"one.py" = 1\n'})
    assert project.prune("--dry-run") == ([], ["1 pin: 0 to change, 0 offered to move"], 0)


@pytest.mark.parametrize("before", ['[pins]\n"gone.py" = 1\n"one.py" = 3\n', '[pins]\r\n"gone.py" = 1\r\n"one.py" = 3'])
def test_diff_can_be_applied(repository: Project, before: str) -> None:
    """What is said beside the diff is not in its way."""
    repository.write({"one.py": 1, "bad.py": "(", PINS: f'{before}\n"old.py" = 2\n"bad.py" = 1'})
    repository.git("mv", "old.py", "new.py")
    process = subprocess.run(
        [sys.executable, "-m", "flake8_artifact_pin", "prune", "--dry-run"], cwd=repository.root, capture_output=True,
    )
    assert process.returncode == 1
    assert len(process.stderr.splitlines()) == 3
    subprocess.run(["git", "apply", "-"], cwd=repository.root, input=process.stdout, check=True)
    applied = repository.pins()
    repository.write({PINS: f'{before}\n"old.py" = 2\n"bad.py" = 1'})
    repository.prune()
    assert repository.pins() == applied


def test_colours(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({"one.py": 1, PINS: '[pins]\n"one.py" = 2\n'})
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    lines = project.prune("--dry-run").lines
    assert lines[-2:] == ['\033[1m\033[31m-"one.py" = 2\033[m', '\033[32m+"one.py" = 1\033[m']


def test_suppressed_calls_do_not_count(project: Project) -> None:
    project.write({"a.py": f"{CALL}s3.put_object()  # noqa: APR001 - why\n", PINS: 'pins."a.py" = 2\n'})
    assert project.prune().lines == [f"{PINS}:1: a.py: 2 -> 1"]


def test_file_that_cannot_be_judged(project: Project) -> None:
    """Its pin is kept, and the others are pruned."""
    project.write({"bad.py": "(\n", "one.py": 1, "fifo.py": "", PINS: (
        f'[pins]\n"bad.py" = 5\n"loop.py" = 5\n"{"x" * 300}.py" = 5\n"one.py" = 2\n"fifo.py" = 5\n'
    )})
    (project.root / "loop.py").symlink_to("loop.py")
    (project.root / "fifo.py").unlink()
    os.mkfifo("fifo.py")
    result = project.prune()
    assert project.pins() == f'[pins]\n"bad.py" = 5\n"loop.py" = 5\n"{"x" * 300}.py" = 5\n"one.py" = 1\n"fifo.py" = 5\n'
    assert [" ".join(line.split()[:2]) for line in result.lines] == [
        f"{PINS}:5: one.py:",
        "bad.py:1:2: E999",
        "loop.py:0:1: E902",
        f"{'x' * 300}.py:1:1: E902",
        "fifo.py:1:1: E902",
    ]
    assert result.status == 1
    result = project.prune("--dry-run")
    assert (result.lines, len(result.notes), result.status) == ([], 5, 1)


@pytest.mark.parametrize("is_git", [True, False])
def test_file_that_is_not_there(project: Project, is_git: bool) -> None:
    project.write({"directory.py/x": "", "file": "", PINS: (
        '[pins]\n"directory.py" = 1\n"file/a.py" = 1\n"link.py" = 1\n'
    )})
    (project.root / "link.py").symlink_to("nowhere")
    if is_git:
        project.git("init", "--quiet")
        project.commit()
    result = project.prune()
    assert (len(result.lines), project.pins(), result.status) == (3, "[pins]\n", 0)


@pytest.mark.parametrize("is_tracked", [True, False])
def test_file_that_git_need_not_track(project: Project, is_tracked: bool) -> None:
    project.git("init", "--quiet")
    project.write({"one.py": 1, "script": 1, PINS: '[pins]\n"one.py" = 2\n"script" = 2\n'})
    if is_tracked:
        project.commit()
    assert project.prune().lines == [f"{PINS}:2: one.py: 2 -> 1", f"{PINS}:3: script: 2 -> 1"]


OFFER = f"{PINS}:2: old.py was renamed to new.py: run prune --move-renamed to move its pin"
MOVED = f"{PINS}:2: old.py: moved to new.py"
GONE = f"{PINS}:2: old.py: removed (the file does not exist)"


def test_rename_is_offered(repository: Project) -> None:
    repository.git("mv", "old.py", "new.py")
    before = repository.pins()
    assert repository.prune() == ([OFFER], ["1 pin: 0 changed, 1 offered to move"], 1)
    assert repository.prune("--dry-run") == ([], [OFFER, "1 pin: 0 to change, 1 offered to move"], 1)
    assert repository.pins() == before
    result = repository.prune("--dry-run", "--move-renamed")
    assert (result.lines[-2:], result.status) == (['-"old.py" = 2', '+"new.py" = 2'], 1)
    assert repository.prune("--move-renamed") == ([MOVED], ["1 pin: 1 changed, 0 offered to move"], 0)
    assert repository.pins() == '[pins]\n"new.py" = 2\n'
    assert repository.prune() == ([], ["1 pin: 0 changed, 0 offered to move"], 0)


# The text before and after moving the pin of old.py to new.py, which makes 2 calls.
MOVES = {
    "number": (
        '[pins]\n# mine\n# line 3: f: put_object()\n"old.py" = 2 # why\n',
        '[pins]\n# mine\n# line 3: f: put_object()\n"new.py" = 2 # why\n',
    ),
    "spaces": ('pins . "old.py" . count = 2\n', 'pins . "new.py" . count = 2\n'),
    "order": ('[pins]\n"z.py" = 1\n\t"old.py"=0x2\n"a.py" = 1', '[pins]\n"z.py" = 1\n\t"new.py"=0x2\n"a.py" = 1'),
    "lower": ('[pins]\n"old.py" = 3\n', '[pins]\n"new.py" = 2\n'),
    "a count that is right": (
        '[pins]\n"old.py" = { count = 0x2 }\n[pins."gone.py"]\ncount = 1\n',
        '[pins]\n"new.py" = { count = 0x2 }\n',
    ),
    "not raised": ('[pins]\n"old.py" = 0\n', '[pins]\n"new.py" = 0\n'),
    "decision": (
        '[pins]\n"./old.py" = { registered = ["x", "y"], count = 4 } # why\n',
        '[pins]\n"new.py" = { registered = ["x", "y"], count = 2 } # why\n',
    ),
    "table": (
        '# about\n[pins."old.py"] # why\n# within\ncount = 2\ngrandfathered = "x"\n\n[pins."a.py"]\ncount = 1\n',
        '# about\n[pins."new.py"] # why\n# within\ncount = 2\ngrandfathered = "x"\n\n[pins."a.py"]\ncount = 1\n',
    ),
    "dotted keys": (
        '[pins]\n"old.py" . count = 3\n\'old.py\'.grandfathered = "x"\n',
        '[pins]\n"new.py" . count = 2\n"new.py".grandfathered = "x"\n',
    ),
    "dotted keys at the top": ('pins."old.py".count = 3\n', 'pins."new.py".count = 2\n'),
    "inline table": (
        'pins = { "z.py" = 1, "old.py" = 3, "a.py" = 1 }\n',
        'pins = { "z.py" = 1, "new.py" = 2, "a.py" = 1 }\n',
    ),
    "inline table with dotted keys": (
        'pins = { "old.py".count = 3, "gone.py" = 1, "old.py".registered = ["x"] }\n',
        'pins = { "new.py".count = 2, "new.py".registered = ["x"] }\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), MOVES.values(), ids=MOVES)
def test_moved_key(repository: Project, before: str, after: str) -> None:
    repository.git("mv", "old.py", "new.py")
    repository.write({PINS: before, "a.py": 1, "z.py": 1})
    assert repository.prune("--move-renamed").status == 0
    assert repository.pins() == after


def test_moved_script(repository: Project) -> None:
    """A file that somebody pinned is one for flake8, whatever its name."""
    repository.git("mv", "old.py", "script")
    repository.write({PINS: '[pins]\n"script" = 2\n'})
    repository.commit()
    repository.git("mv", "script", "tool")
    assert repository.prune("--move-renamed").lines == [f"{PINS}:2: script: moved to tool"]


def test_moved_and_lowered(repository: Project) -> None:
    repository.git("mv", "old.py", "new.py")
    repository.write({PINS: '[pins]\n"old.py" = { count = 2, registered = ["a", "b", "c"] }\n'})
    assert repository.prune("--move-renamed").lines == [MOVED]
    repository.write({"new.py": unlike("old", 1), PINS: '[pins]\n"old.py" = { count = 2, registered = ["a", "b"] }\n'})
    assert repository.prune("--move-renamed").lines == [
        f"{MOVED}, 2 -> 1; 2 ids registered, retire what is no longer written: a, b",
    ]


@pytest.mark.parametrize(
    "name", ["a b.py", "it's \"quoted\".py", "größe日本.py", ":(top)*[x].py", "*.py", "-x.py", "tab\tend\n.py"],
)
def test_names(repository: Project, name: str) -> None:
    """Of a file that was renamed, and of one that was renamed before."""
    repository.git("mv", "old.py", f"./{name}")
    result = repository.prune("--move-renamed")
    assert list(tomli.loads(repository.pins())["pins"].items()) == [(name, 2)]
    assert len(result.lines) == 1
    repository.commit()
    repository.git("mv", f"./{name}", "last.py")
    repository.commit()
    repository.write({"other.py": "x = 1\n"})
    repository.commit()
    assert repository.prune("--move-renamed").status == 0
    assert repository.pins() == '[pins]\n"last.py" = 2\n'


def test_committed_renames(repository: Project) -> None:
    """One after the other, up to what is staged, with other commits between them."""
    for name in ("b.py", "c/c.py", "d.py"):
        (repository.root / name).parent.mkdir(exist_ok=True)
        repository.git("mv", *repository.git("ls-files", "*.py").split(), name)
        repository.commit()
        repository.write({"note.txt": name})
        repository.commit()
        assert repository.prune().lines == [OFFER.replace("new.py", name)]
    repository.git("mv", "d.py", "new.py")
    assert repository.prune().lines == [OFFER]
    repository.write({"new.py": unlike("old", 1)})
    assert repository.prune("--move-renamed").lines == [f"{MOVED}, 2 -> 1"]


def test_path_that_was_used_again(repository: Project) -> None:
    """The pin follows the file, not the path that it had for a time."""
    repository.git("mv", "old.py", "between.py")
    repository.commit()
    repository.git("mv", "between.py", "new.py")
    repository.commit()
    repository.write({"between.py": unlike("another")})
    repository.commit()
    assert repository.prune().lines == [OFFER]
    repository.git("mv", "between.py", "elsewhere.py")
    repository.commit()
    assert repository.prune().lines == [OFFER]


def test_path_that_was_used_before(repository: Project) -> None:
    """What counts is how the file went the last time: here it was deleted, before that it was renamed."""
    repository.git("mv", "old.py", "new.py")
    repository.commit()
    repository.write({"old.py": unlike("another")})
    repository.commit()
    (repository.root / "old.py").unlink()
    assert repository.prune().lines == [GONE]
    repository.write({PINS: '[pins]\n"old.py" = 2\n'})
    repository.commit()
    assert repository.prune().lines == [GONE]


def test_deleted_after_it_was_renamed(repository: Project) -> None:
    repository.git("mv", "old.py", "new.py")
    repository.commit()
    (repository.root / "new.py").unlink()
    assert repository.prune("--dry-run").lines[-1] == '-"old.py" = 2'
    repository.commit()
    assert repository.prune().lines == [GONE]


@pytest.mark.parametrize("fast_forward", ["--ff", "--no-ff"])
def test_rename_on_a_branch(repository: Project, fast_forward: str) -> None:
    repository.git("switch", "--quiet", "--create", "branch")
    repository.git("mv", "old.py", "new.py")
    repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.write({"other.py": "x = 1\n"})
    if fast_forward == "--no-ff":
        repository.write({"old.py": unlike("old", 3)})
        repository.commit()
    repository.git("merge", "--quiet", fast_forward, "branch")
    repository.write({"other.py": "x = 2\n"})
    repository.commit()
    assert repository.prune().lines == [OFFER]


def test_rename_in_a_merge(repository: Project) -> None:
    """As it happens when a conflict is resolved."""
    repository.git("switch", "--quiet", "--create", "branch")
    repository.write({"other.py": "x = 1\n"})
    repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.write({"more.py": "x = 1\n"})
    repository.commit()
    repository.git("merge", "--quiet", "--no-commit", "--no-ff", "branch")
    repository.git("mv", "old.py", "new.py")
    repository.commit()
    assert len(repository.git("rev-list", "--parents", "-1", "HEAD").split()) == 3
    assert repository.prune().lines == [OFFER]
    repository.git("mv", "new.py", "newer.py")
    repository.commit()
    assert repository.prune().lines == [OFFER.replace("new.py", "newer.py")]


def test_renamed_to_a_path_that_a_merge_renamed(repository: Project) -> None:
    repository.git("mv", "old.py", "between.py")
    repository.commit()
    repository.git("switch", "--quiet", "--create", "branch")
    repository.write({"other.py": "x = 1\n"})
    repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.write({"more.py": "x = 1\n"})
    repository.commit()
    repository.git("merge", "--quiet", "--no-commit", "--no-ff", "branch")
    repository.git("mv", "between.py", "new.py")
    repository.commit()
    assert repository.prune().lines == [OFFER]


@pytest.mark.parametrize(
    "option", ["diff.renames=false", "diff.relative=true", "log.follow=true", "core.quotePath=true"],
)
def test_configuration_of_the_user(repository: Project, option: str) -> None:
    repository.git("config", *option.split("="))
    repository.git("mv", "old.py", "new.py")
    assert repository.prune().lines == [OFFER]
    repository.commit()
    assert repository.prune().lines == [OFFER]


def test_directory_below_the_top(repository: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = '[pins]\n"a.py" = 2\n"b.py" = 2\n'
    repository.write({f"sub/{PINS}": before, "sub/a.py": unlike("a"), "sub/b.py": unlike("b")})
    repository.commit()
    (repository.root / "sub" / "x").mkdir()
    repository.git("mv", "sub/a.py", "sub/x/a.py")
    repository.git("mv", "sub/b.py", "b.py")
    monkeypatch.chdir(repository.root / "sub")
    lines = [
        f"{PINS}:3: b.py: removed (the file does not exist)",
        f"{PINS}:2: a.py was renamed to x/a.py: run prune --move-renamed to move its pin",
    ]
    assert repository.prune().lines == lines
    repository.write({f"sub/{PINS}": before})
    repository.commit()
    assert repository.prune().lines == lines


def test_shallow_clone(repository: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It knows no rename of the commits that it lacks, and the others."""
    for name in ("between.py", "new.py"):
        repository.git("mv", *repository.git("ls-files", "*.py").split(), name)
        repository.commit()
    for depth, lines in ((1, [GONE]), (2, [GONE]), (3, [OFFER])):
        clone = tmp_path / str(depth)
        repository.git("clone", "--quiet", f"--depth={depth}", f"file://{repository.root}", str(clone))
        monkeypatch.chdir(clone)
        assert repository.prune().lines == lines


def with_submodule(repository: Project) -> Project:
    """Add a submodule "sub" with the file sub/old.py, which makes 2 calls, and return the project of its directory."""
    source = Project(repository.root.parent / "source", repository.capsys)
    source.write({"old.py": unlike("sub"), "b.py": 1})
    source.git("init", "--quiet")
    source.commit()
    allowed = "-c", "protocol.file.allow=always"
    repository.git(*allowed, "submodule", "--quiet", "add", str(source.root), "sub")
    repository.commit()
    return Project(repository.root / "sub", repository.capsys)


ABSENT = "kept, whose file git tracks and has not checked out"


@pytest.mark.parametrize("arguments", [[], ["--move-renamed"]])
def test_sparse_checkout(repository: Project, arguments: list[str]) -> None:
    """What it leaves out, and what was renamed to a path that it leaves out."""
    (repository.root / "b").mkdir()
    repository.git("mv", "old.py", "b/new.py")
    before = '[pins]\n"a/x.py" = 1\n"b/w.py" = { count = 1, registered = ["w"] }\n"old.py" = 2\n'
    repository.write({"a/x.py": 1, "b/w.py": 1, PINS: f'{before}"b/gone.py" = 1\n'})
    repository.commit()
    repository.git("sparse-checkout", "set", "a")
    assert not (repository.root / "b").exists()
    assert repository.prune(*arguments) == (
        [f"{PINS}:5: b/gone.py: removed (the file does not exist)"],
        [f"2 pins {ABSENT}", "4 pins: 1 changed, 0 offered to move"],
        0,
    )
    assert repository.pins() == before
    assert repository.prune("--dry-run") == ([], [f"2 pins {ABSENT}", "3 pins: 0 to change, 0 offered to move"], 0)


def test_submodule_that_is_not_checked_out(
    repository: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:
    with_submodule(repository)
    before = '[pins]\n"old.py" = 2\n"sub/b.py" = 1\n"sub/old.py" = 2\n'
    repository.write({PINS: f'{before}"subway.py" = 1\n'})
    repository.commit()
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", str(repository.root), str(clone))
    repository.git("submodule", "--quiet", "deinit", "--force", "sub")
    for root in (repository.root, clone):
        monkeypatch.chdir(root)
        assert repository.prune() == (
            [f"{PINS}:5: subway.py: removed (the file does not exist)"],
            [f"2 pins {ABSENT}", "4 pins: 1 changed, 0 offered to move"],
            0,
        )
        assert (root / PINS).read_text() == before


def test_sparse_checkout_and_a_submodule(repository: Project) -> None:
    """A submodule stays where it is if the checkout around it is sparse, and may be sparse itself."""
    submodule = with_submodule(repository)
    submodule.write({"b/w.py": 1, "c/x.py": 1})
    submodule.commit()
    before = '[pins]\n"old.py" = 2\n"sub/b/w.py" = 1\n"sub/c/x.py" = 1\n'
    repository.write({"a/x.py": 1, PINS: f'{before}"sub/gone.py" = 1\n'})
    repository.commit()
    repository.git("sparse-checkout", "set", "a")
    submodule.git("sparse-checkout", "set", "c")
    assert repository.prune() == (
        [f"{PINS}:5: sub/gone.py: removed (the file does not exist)"],
        [f"1 pin {ABSENT}", "4 pins: 1 changed, 0 offered to move"],
        0,
    )
    assert repository.pins() == before


def test_rename_within_a_submodule(repository: Project) -> None:
    """Its own history tells, whether the repository around it knows the new commit or not."""
    submodule = with_submodule(repository)
    repository.git("mv", "old.py", "new.py")
    submodule.git("mv", "old.py", "new.py")
    offer = f"{PINS}:3: sub/old.py was renamed to sub/new.py: run prune --move-renamed to move its pin"
    for _ in range(2):
        repository.write({PINS: '[pins]\n"old.py" = 2\n"sub/old.py" = 2\n"sub/gone.py" = 1\n'})
        assert repository.prune().lines == [
            f"{PINS}:4: sub/gone.py: removed (the file does not exist)", OFFER, offer,
        ]
        submodule.commit()
        repository.commit()
    assert repository.prune("--move-renamed").lines == [MOVED, f"{PINS}:3: sub/old.py: moved to sub/new.py"]
    assert repository.pins() == '[pins]\n"new.py" = 2\n"sub/new.py" = 2\n'


def test_no_commit_yet(project: Project) -> None:
    project.git("init", "--quiet")
    project.write({"new.py": unlike("old"), PINS: '[pins]\n"old.py" = 2\n'})
    project.git("add", "--all")
    assert project.prune().lines == [GONE]


def test_git_does_not_know_of_the_rename(repository: Project) -> None:
    (repository.root / "old.py").rename("new.py")
    assert repository.prune("--dry-run").lines[-1] == '-"old.py" = 2'
    # and a file that is much changed is not the same one
    repository.write({"new.py": unlike("another")})
    repository.commit()
    assert repository.prune().lines == [GONE]


@pytest.mark.parametrize("arguments", [[], ["--move-renamed"]])
@pytest.mark.parametrize(
    ("new_path", "pins", "reason"),
    [
        ("new.py", '"new.py" = 1', "has a pin"),
        ("new.py", '"./new.py" = 1', "has a pin"),
        ("new.py", '[exempt]\n"n*" = "x"', "is exempt"),
        ("new.txt", "", "is no Python file"),
        ("ne\\w.py", "", "cannot be pinned"),
        ("a:w.py", "", "cannot be pinned"),
        (os.fsdecode(b"n\xff.py"), "", "cannot be pinned"),
    ],
)
def test_rename_that_no_pin_can_follow(
    repository: Project, new_path: str, pins: str, reason: str, arguments: list[str],
) -> None:
    repository.write({PINS: f'[pins]\n"old.py" = 2\n{pins}'})
    repository.commit()
    repository.git("mv", "old.py", new_path)
    result = repository.prune(*arguments)
    shown = new_path.replace("\udcff", "\\udcff")
    assert result.lines == [f"{PINS}:2: old.py: removed (renamed to {shown}, which {reason})"]
    assert result.status == 0
    assert repository.pins() == f"[pins]\n{pins}"


def test_renamed_file_without_a_call(repository: Project) -> None:
    repository.git("mv", "old.py", "new.py")
    repository.write({"new.py": unlike("old", 0)})
    assert repository.prune("--move-renamed").lines == [
        f"{PINS}:2: old.py: removed (renamed to new.py, which makes no PUT call)",
    ]


def test_renamed_file_that_cannot_be_judged(repository: Project) -> None:
    """It is not known how many calls it makes, so the pin stays where it is."""
    repository.git("mv", "old.py", "new.py")
    repository.write({"new.py": f"{unlike('old')}(\n"})
    before = repository.pins()
    for arguments, offer in (
        ([], OFFER),
        (["--move-renamed"], f"{PINS}:2: old.py was renamed to new.py: mend that file to move its pin"),
    ):
        result = repository.prune(*arguments)
        assert (result.lines[0], result.lines[1].split()[:2]) == (offer, ["new.py:33:2:", "E999"])
        assert (len(result.lines), result.status, repository.pins()) == (2, 1, before)


@pytest.mark.parametrize("arguments", [[], ["--move-renamed"]])
def test_two_files_that_became_one(repository: Project, arguments: list[str]) -> None:
    """The first pin is moved; there is no adding up."""
    repository.git("mv", "old.py", "new.py")
    repository.commit()
    repository.git("mv", "new.py", "other.py")
    repository.commit()
    repository.git("mv", "other.py", "new.py")
    repository.write({PINS: '[pins]\n"other.py" = 1\n"old.py" = 2\n'})
    repository.commit()
    result = repository.prune(*arguments)
    assert f"{PINS}:3: old.py: removed (renamed to new.py, which has a pin)" in result.lines
    assert repository.pins() == f'[pins]\n"{"new.py" if arguments else "other.py"}" = 1\n'


def test_many_renames_of_one_commit(repository: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """git is asked once for each commit."""
    names = [f"f{number}.py" for number in range(20)]
    repository.write({name: unlike(name) for name in names})
    repository.write({PINS: "[pins]\n" + "".join(f'"{name}" = 2\n' for name in names)})
    repository.commit()
    (repository.root / "x").mkdir()
    repository.git("mv", *names, "x")
    repository.commit()
    asked = []
    run = subprocess.run

    def counting(command: list[str], **options: Any) -> Any:
        asked.append(command)
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", counting)
    assert repository.prune("--move-renamed").status == 0
    assert repository.pins() == "[pins]\n" + "".join(f'"x/{name}" = 2\n' for name in names)
    assert sum("-M" in command for command in asked) == 2


# The text of a pins file that names calls, before and after. Of those of old.py only a() and c() are left.
CALL_SPELLINGS: dict[str, tuple[str, str]] = {
    "header and pairs": (
        '# top\n[pins."old.py".calls] # h\n"a:put_object" = {} # a\n"b:put_object" = {} # b\n"c:put_object" = {} # c\n',
        '# top\n[pins."old.py".calls] # h\n"a:put_object" = {} # a\n"c:put_object" = {} # c\n',
    ),
    "header and the first one": (
        '[ pins . "old.py".calls ]\n\t"b:put_object"={}\n\t"a:put_object"={}\n\t"c:put_object"={}\n',
        '[ pins . "old.py".calls ]\n\t"a:put_object"={}\n\t"c:put_object"={}\n',
    ),
    "header and the last one": (
        '[pins."old.py".calls]\n"a:put_object" = {}\n"c:put_object" = {}\n"b:put_object" = {}\n\n[exempt]\n'
        '"t/" = "t"\n',
        '[pins."old.py".calls]\n"a:put_object" = {}\n"c:put_object" = {}\n\n[exempt]\n"t/" = "t"\n',
    ),
    "header, no final newline": (
        '[pins."old.py".calls]\n"a:put_object" = {}\n"c:put_object" = {}\n"b:put_object" = {}',
        '[pins."old.py".calls]\n"a:put_object" = {}\n"c:put_object" = {}\n',
    ),
    "header below that of the pin": (
        '[pins]\n"one.py" = 1\n[pins."old.py"]\n# pin\n[pins."old.py".calls]\n"b:put_object" = {}\n'
        '"a:put_object" = {}\n"c:put_object" = {}\n',
        '[pins]\n"one.py" = 1\n[pins."old.py"]\n# pin\n[pins."old.py".calls]\n"a:put_object" = {}\n'
        '"c:put_object" = {}\n',
    ),
    "comments": (
        '[pins."old.py".calls]\n# mine\n# line 1: a: put_object()\n"a:put_object" = {}\n# about b\n'
        '# line 2: b: put_object()\n\t# line 3: b: put_object()\n"b:put_object" = {} # gone\n#line 4: mine\n'
        '# line 5: c: put_object()\n"c:put_object" = {}\n# line 6: d: x\n\n"d:put_object" = {}\n# end\n',
        '[pins."old.py".calls]\n# mine\n# line 1: a: put_object()\n"a:put_object" = {}\n# about b\n#line 4: mine\n'
        '# line 5: c: put_object()\n"c:put_object" = {}\n# line 6: d: x\n\n# end\n',
    ),
    "decisions of several lines": (
        '[pins."old.py".calls]\n"a:put_object" = { registered = [\n  "a", # 1\n] }\n# b\n'
        '"b:put_object" = { registered = [\n  "b", # 1\n  "b2",\n], grandfathered = """\n# line 3: f\n'
        '"c:put_object" = {}\n""" } # 2\n# c\n"c:put_object" = { grandfathered = """\n"b:put_object" = {}\n""" }\n',
        '[pins."old.py".calls]\n"a:put_object" = { registered = [\n  "a", # 1\n] }\n# b\n# c\n'
        '"c:put_object" = { grandfathered = """\n"b:put_object" = {}\n""" }\n',
    ),
    "literal and escaped keys": (
        "[pins.'old.py'.calls]\n'a:put_object' = {}\n'b:put_object' = {}\n\"\\u0063:put_object\" = {}\n"
        '"d\\u003Aput_object" = {}\n',
        "[pins.'old.py'.calls]\n'a:put_object' = {}\n\"\\u0063:put_object\" = {}\n",
    ),
    "identifiers that Python reads otherwise": (
        '[pins."old.py".calls]\n"\uff41:\uff50ut_object" = {}\n"\uff42:put_object" = {}\n"c:put_\uff4fbject" = {}\n',
        '[pins."old.py".calls]\n"\uff41:\uff50ut_object" = {}\n"c:put_\uff4fbject" = {}\n',
    ),
    "inline table of calls": (
        '[pins."old.py"]\ncalls = { "a:put_object" = {}, "b:put_object" = {registered = ["b"]}, '
        '"c:put_object" = {} } # y\n',
        '[pins."old.py"]\ncalls = { "a:put_object" = {}, "c:put_object" = {} } # y\n',
    ),
    "inline table of calls and the first one": (
        '[pins."old.py"]\ncalls = {"b:put_object" = {},"a:put_object" = {},"c:put_object" = {}}\n',
        '[pins."old.py"]\ncalls = {"a:put_object" = {},"c:put_object" = {}}\n',
    ),
    "inline table of calls and the last one": (
        '[pins."old.py"]\ncalls = { "a:put_object" = {}, "c:put_object" = {}, "b:put_object" = {} }\n',
        '[pins."old.py"]\ncalls = { "a:put_object" = {}, "c:put_object" = {} }\n',
    ),
    "inline table of the pin": (
        '[pins]\n"old.py" = { calls = { "a:put_object" = {}, "b:put_object" = {}, "c:put_object" = {} } }\n'
        '"one.py" = 0x1\n',
        '[pins]\n"old.py" = { calls = { "a:put_object" = {}, "c:put_object" = {} } }\n"one.py" = 0x1\n',
    ),
    "inline table of the pin, all but two": (
        '[pins]\n"old.py" = { calls = { "a:put_object" = {}, "c:put_object" = {}'
        + "".join(f', "{name}:put_object" = {{}}' for name in "bdefg") + " } }\n",
        '[pins]\n"old.py" = { calls = { "a:put_object" = {}, "c:put_object" = {} } }\n',
    ),
    "inline table of the pin with dotted keys": (
        '[pins]\n"old.py" = { calls."b:put_object".registered = ["b"], calls."a:put_object" = {}, '
        'calls."b:put_object".grandfathered = "b", calls."c:put_object".registered = ["c"] }\n',
        '[pins]\n"old.py" = { calls."a:put_object" = {}, calls."c:put_object".registered = ["c"] }\n',
    ),
    "inline table of calls with dotted keys": (
        'pins."old.py".calls = { "a:put_object".registered = ["a"], "b:put_object".registered = ["b"], '
        '"b:put_object".grandfathered = "b", "c:put_object" = {} }\n',
        'pins."old.py".calls = { "a:put_object".registered = ["a"], "c:put_object" = {} }\n',
    ),
    "dotted keys": (
        '[pins]\n"old.py".calls."a:put_object" = {}\n# line 3: b\n"old.py" . calls . "b:put_object" = {} # b\n'
        '"one.py" = 1\n"old.py".calls."c:put_object" = { registered = ["c"] }\n',
        '[pins]\n"old.py".calls."a:put_object" = {}\n'
        '"one.py" = 1\n"old.py".calls."c:put_object" = { registered = ["c"] }\n',
    ),
    "dotted keys to the end": (
        '[pins]\n"old.py".calls."a:put_object".registered = ["a"]\n"old.py".calls."b:put_object".registered = ["b"]\n'
        '# mine\n"old.py".calls."b:put_object".grandfathered = "b"\n"old.py".calls."c:put_object".registered = ["c"]\n',
        '[pins]\n"old.py".calls."a:put_object".registered = ["a"]\n'
        '# mine\n"old.py".calls."c:put_object".registered = ["c"]\n',
    ),
    "dotted keys at the top": (
        'pins."old.py".calls."b:put_object" = {}\npins."old.py".calls."a:put_object" = {}\n'
        'pins."old.py".calls."c:put_object" = {}\n',
        'pins."old.py".calls."a:put_object" = {}\npins."old.py".calls."c:put_object" = {}\n',
    ),
    "dotted keys of the pin": (
        '[pins."old.py"]\ncalls."a:put_object" = {}\ncalls . "b:put_object" = {}\n'
        'calls."c:put_object".registered = ["c"]\n',
        '[pins."old.py"]\ncalls."a:put_object" = {}\ncalls."c:put_object".registered = ["c"]\n',
    ),
    "a table for each": (
        '[pins."old.py".calls."a:put_object"]\n# line 3: b\n[pins."old.py".calls."b:put_object"] # b\n# within\n'
        'registered = ["b"]\n\n# about c\n[pins."old.py".calls."c:put_object"]\ngrandfathered = "c"\n\n'
        '[pins."one.py"]\ncount = 1\n',
        '[pins."old.py".calls."a:put_object"]\n# within\n\n# about c\n[pins."old.py".calls."c:put_object"]\n'
        'grandfathered = "c"\n\n[pins."one.py"]\ncount = 1\n',
    ),
    "a table for some": (
        '[pins."old.py".calls]\n"a:put_object" = {}\n"d:put_object" = {}\n[pins."old.py".calls."b:put_object"]\n'
        'registered = ["b"]\n[pins."old.py".calls."c:put_object"]\nregistered = ["c"]\n',
        '[pins."old.py".calls]\n"a:put_object" = {}\n[pins."old.py".calls."c:put_object"]\nregistered = ["c"]\n',
    ),
    "one inline table for all": (
        'pins = { "one.py" = 1, "old.py" = { calls = { "b:put_object" = {}, "a:put_object" = {}, '
        '"c:put_object" = {} } } }\n',
        'pins = { "one.py" = 1, "old.py" = { calls = { "a:put_object" = {}, "c:put_object" = {} } } }\n',
    ),
    "one inline table for all with dotted keys": (
        'pins = { "old.py".calls."a:put_object" = {}, "old.py".calls."c:put_object".registered = ["c"], '
        '"old.py".calls."b:put_object" = {}, "one.py" = 1 }\n',
        'pins = { "old.py".calls."a:put_object" = {}, "old.py".calls."c:put_object".registered = ["c"], '
        '"one.py" = 1 }\n',
    ),
    "Windows": (
        '[pins."old.py".calls]\r\n"a:put_object" = {}\r\n# line 3: b\r\n"b:put_object" = {}\r\n"c:put_object" = {}',
        '[pins."old.py".calls]\r\n"a:put_object" = {}\r\n"c:put_object" = {}',
    ),
}
CALL_PYPROJECTS: dict[str, tuple[str, str]] = {
    "pairs": (
        '[project]\nname = "x"\n[tool.artifact-pins.pins."old.py".calls]\n"a:put_object" = {}\n"b:put_object" = {}\n'
        '"c:put_object" = {}\n[pins.\'old.py\'.calls]\n"b:put_object" = {}\n',
        '[project]\nname = "x"\n[tool.artifact-pins.pins."old.py".calls]\n"a:put_object" = {}\n'
        '"c:put_object" = {}\n[pins.\'old.py\'.calls]\n"b:put_object" = {}\n',
    ),
    "dotted keys": (
        '[tool]\nx.pins.\'old.py\'.calls."b:put_object" = 1\n'
        'artifact-pins.pins."old.py".calls."b:put_object" = {}\n'
        'artifact-pins.pins."old.py".calls."a:put_object" = {}\n'
        'artifact-pins.pins."old.py".calls."c:put_object" = {}\n',
        '[tool]\nx.pins.\'old.py\'.calls."b:put_object" = 1\n'
        'artifact-pins.pins."old.py".calls."a:put_object" = {}\n'
        'artifact-pins.pins."old.py".calls."c:put_object" = {}\n',
    ),
    "inline tables": (
        'tool = { artifact-pins = { pins."old.py" = { calls."a:put_object" = {}, calls."b:put_object" = {}, '
        'calls."c:put_object" = {} } }, x = 1 }\n',
        'tool = { artifact-pins = { pins."old.py" = { calls."a:put_object" = {}, '
        'calls."c:put_object" = {} } }, x = 1 }\n',
    ),
}
NAMED = [
    pytest.param(name, *texts, id=f"{name}: {title}")
    for name, cases in ((PINS, CALL_SPELLINGS), ("pyproject.toml", CALL_PYPROJECTS))
    for title, texts in cases.items()
]


def functions(names: str) -> str:
    """Return a source with a function of one PUT call for each name, which git does not take for another one."""
    return unlike("old", 0) + "".join(f"def {name}():\n    {CALL}" for name in names)


def table_of_pins(text: str) -> dict[str, Any]:
    document = tomli.loads(text)
    table: dict[str, Any] = (document["tool"]["artifact-pins"] if "tool" in document else document)["pins"]
    return table


@pytest.mark.parametrize(("name", "before", "after"), NAMED)
def test_spellings_of_calls(project: Project, name: str, before: str, after: str) -> None:
    project.write({"old.py": functions("ac"), "one.py": int("one.py" in before), name: before})
    result = project.prune()
    assert (project.pins(name), len(result.lines), result.status) == (after, 1, 0)
    was, pins = table_of_pins(before), table_of_pins(after)
    left = [call for call in was["old.py"]["calls"] if unicodedata.normalize("NFKC", call)[0] in "ac"]
    assert pins == {**was, "old.py": {"calls": {call: was["old.py"]["calls"][call] for call in left}}}
    assert (project.prune().lines, project.pins(name), main(["check"])) == ([], after, 0)


@pytest.mark.parametrize(("name", "before", "after"), NAMED)
def test_moved_calls(repository: Project, name: str, before: str, after: str) -> None:
    """With all of them, and with those that are left."""
    key = re.compile("\"old.py\"" if name == "pyproject.toml" else "['\"]old.py['\"]")
    repository.git("mv", "old.py", "new.py")
    (repository.root / PINS).unlink()
    names = [unicodedata.normalize("NFKC", call)[0] for call in table_of_pins(before)["old.py"]["calls"]]
    for source, expected in ((functions("".join(names)), before), (functions("ac"), after)):
        repository.write({"new.py": source, "one.py": 1, name: before})
        result = repository.prune("--move-renamed")
        assert (repository.pins(name), len(result.lines), result.status) == (key.sub('"new.py"', expected), 1, 0)
        assert list(table_of_pins(expected)) == [
            path.replace("new", "old") for path in table_of_pins(repository.pins(name))
        ]


def named(*entries: str, path: str = "a.py") -> str:
    """Return a pins file that names calls: "f" is a PUT call of f(), "f x" one that is registered as x."""
    lines = []
    for entry in entries:
        name, _, artifact = entry.partition(" ")
        scope, _, number = name.partition("#")
        decision = f'{{ registered = ["{artifact}"] }}' if artifact else "{}"
        lines.append(f'"{scope}:put_object{"#" * bool(number)}{number}" = {decision}\n')
    return f'[pins."{path}".calls]\n{"".join(lines)}'


NUMBERS = "; the numbers follow the source, so see that each decision stands at its call"
# The calls that a pin names, the source, the line of the result and the calls that are left.
NAMED_RESULTS: dict[str, tuple[str, str, list[str], str]] = {
    "one": (named("a", "b"), functions("a"), ['a.py: 2 -> 1; removed "b:put_object"'], named("a")),
    "several, and ids": (
        named("a x", "b y", "c z"), functions("b"),
        [
            'a.py: 3 -> 1; removed "a:put_object" (registered: x); removed "c:put_object" (registered: z); '
            "2 ids registered, retire what is no longer written: x, z",
        ],
        named("b y"),
    ),
    "an id that another call has, too": (
        named("a x", "b x"), functions("b"), ['a.py: 2 -> 1; removed "a:put_object" (registered: x)'], named("b x"),
    ),
    "an id once": (
        named("a x", "b x", "c"), functions("c"),
        [
            'a.py: 3 -> 1; removed "a:put_object" (registered: x); removed "b:put_object" (registered: x); '
            "1 id registered, retire what is no longer written: x",
        ],
        named("c"),
    ),
    "numbers": (
        named("f x", "f#2 y", "f#3"), functions("ff"),
        [f'a.py: 3 -> 2; removed "f:put_object#3"{NUMBERS}'], named("f x", "f#2 y"),
    ),
    "numbers and ids": (
        named("f#2 y", "f x", "g"), functions("f"),
        [
            f'a.py: 3 -> 1; removed "f:put_object#2" (registered: y); removed "g:put_object"{NUMBERS}; '
            "1 id registered, retire what is no longer written: y",
        ],
        named("f x"),
    ),
    "numbers of a function that is gone": (
        named("f", "f#2", "g"), functions("g"),
        ['a.py: 3 -> 1; removed "f:put_object"; removed "f:put_object#2"'], named("g"),
    ),
    "a number that was suppressed": (
        named("f", "f#2"), f"def f():\n    s3.put_object()  # noqa: APR001 - why\n    {CALL}",
        [f'a.py: 2 -> 1; removed "f:put_object#2"{NUMBERS}'], named("f"),
    ),
    "no call left": (
        named("a x", "b y") + '\n[pins."one.py"]\ncount = 1\n', "x = 1\n",
        [
            "a.py: removed (no PUT call observed); 2 ids registered, retire what is no longer written: x, y",
        ],
        '[pins."one.py"]\ncount = 1\n',
    ),
    "all as pinned": (named("b", "a"), functions("ab"), [], named("b", "a")),
    "more than pinned": (named("b", "a"), functions("abc"), [], named("b", "a")),
    "swapped": (named("a x", "b"), functions("ac"), [], named("a x", "b")),
    "all of them swapped": (named("a x", "b"), functions("dc"), [], named("a x", "b")),
    "a decision with control characters": (
        '[pins."a.py".calls]\n"a:put_object" = {}\n"b:put_object" = { grandfathered = "\\u001b[m\\n" }\n',
        functions("a"),
        ['a.py: 2 -> 1; removed "b:put_object" (grandfathered: \\x1b[m\\n)'],
        named("a"),
    ),
    "no call named": ('[pins."a.py"]\ncalls = {}\n', functions("a"), [], '[pins."a.py"]\ncalls = {}\n'),
}


@pytest.mark.parametrize(("before", "source", "lines", "after"), NAMED_RESULTS.values(), ids=NAMED_RESULTS)
def test_result_of_calls(project: Project, before: str, source: str, lines: list[str], after: str) -> None:
    project.write({"a.py": source, "one.py": 1, PINS: before})
    result = project.prune()
    assert (result.lines, result.status) == ([f"{PINS}:1: {line}" for line in lines], 0)
    assert project.pins() == after


# The calls that a pin names, those of the source, those that are left, and what of the left ones is left to decide.
RENAMED_CALLS: dict[str, tuple[list[str], str, list[str], dict[str, str]]] = {
    "the first one that is gone": (["a", "b x", "c"], "ay", ["a", "b x"], {"y:put_object": "b:put_object"}),
    "all of them": (
        ["a", "b", "c"], "xy", ["a", "b"], {"x:put_object": "a:put_object", "y:put_object": "b:put_object"},
    ),
    "the same function": (["g", "f#2", "h"], "f", ["f#2"], {"f:put_object": "f:put_object#2"}),
}


@pytest.mark.parametrize(("before", "source", "after", "renamed"), RENAMED_CALLS.values(), ids=RENAMED_CALLS)
def test_calls_that_were_renamed(
    project: Project, before: list[str], source: str, after: list[str], renamed: dict[str, str],
) -> None:
    """The probable old name is no stale one: it is for somebody to rename it, or to decide."""
    project.write({"a.py": functions(source), PINS: named(*before)})
    result = project.prune()
    assert (len(result.lines), result.status, project.pins()) == (1, 0, named(*after))
    assert main(["check", "--format=json"]) == 1
    findings = json.loads(project.capsys.readouterr().out)["findings"]
    assert [finding["code"] for finding in findings] == ["APR006"] * len(renamed)
    for finding, (new, old) in zip(findings, renamed.items()):
        assert re.findall('"[^" ]+:[^" ]+"', finding["text"])[:2] == [f'"{new}"', f'"{old}"']
    assert (project.prune().lines, project.pins()) == ([], named(*after))


def test_gone_file_with_calls(project: Project) -> None:
    before = '[pins."a.py".calls."f:put_object"]\nregistered = ["x"]\n# mine\n[pins."b.py".calls]\n# own\n'
    project.write({PINS: before})
    assert project.prune().lines == [
        f"{PINS}:1: a.py: removed (the file does not exist); 1 id registered, retire what is no longer written: x",
        f"{PINS}:4: b.py: removed (the file does not exist)",
    ]
    assert project.pins() == "# mine\n# own\n"


def test_calls_of_a_moved_file(repository: Project) -> None:
    repository.git("mv", "old.py", "new.py")
    repository.write({"new.py": functions("ac"), PINS: named("a", "b x", "c", path="old.py")})
    assert repository.prune().lines == [OFFER.replace(":2:", ":1:")]
    result = repository.prune("--move-renamed", "--dry-run")
    assert result.lines[2:] == [
        "@@ -1,4 +1,3 @@",
        '-[pins."old.py".calls]',
        '+[pins."new.py".calls]',
        ' "a:put_object" = {}',
        '-"b:put_object" = { registered = ["x"] }',
        ' "c:put_object" = {}',
    ]
    assert (result.notes, result.status) == (["1 pin: 1 to change, 0 offered to move"], 1)
    assert repository.prune("--move-renamed").lines == [
        f'{PINS}:1: old.py: moved to new.py, 3 -> 2; removed "b:put_object" (registered: x); '
        "1 id registered, retire what is no longer written: x",
    ]
    assert repository.pins() == named("a", "c", path="new.py")


def test_moved_file_with_other_calls(repository: Project) -> None:
    """As many, but not the same ones: the entries go with the file as they are."""
    repository.git("mv", "old.py", "new.py")
    repository.write({"new.py": functions("ac"), PINS: named("a", "b x", path="old.py")})
    assert repository.prune("--move-renamed").lines == [MOVED.replace(":2:", ":1:")]
    assert repository.pins() == named("a", "b x", path="new.py")


def test_calls_in_json(project: Project) -> None:
    project.write({"a.py": functions("b"), PINS: named("a x", "b", "\uff43")})
    change = {"path": "a.py", "line": 1, "old": 3, "new": 1, "moved_to": None, "reason": "1 observed"}
    removed = ["a:put_object", "c:put_object"]
    expected = {"changes": [{**change, "removed_calls": removed}], "renames": [], "written": False, "findings": []}
    result = project.prune("--format=json", "--dry-run")
    assert (result.data, result.notes, result.status) == (expected, [], 1)
    assert project.pins() == named("a x", "b", "\uff43")
    result = project.prune("--format=json")
    assert (result.data, result.notes, result.status) == ({**expected, "written": True}, [], 0)
    assert project.pins() == named("b")


def test_calls_to_be_edited_by_hand(repository: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = '[pins]\n"./a.py" = { calls = { "a:put_object" = {}, "b:put_object" = {}, "c:put_object" = {} } }\n'
    before += '"gone.py".calls."f:put_object" = {}\n"old.py".calls = { "a:put_object" = {}, "b:put_object" = {} }\n'
    repository.git("mv", "old.py", "new.py")
    repository.write({"a.py": functions("c"), "new.py": functions("a"), PINS: before})
    monkeypatch.setattr(tomlkit, "dumps", lambda document: "")
    assert repository.prune("--move-renamed") == (
        [],
        [
            f"flake8-artifact-pin: {PINS} is written in a way that cannot be edited safely: edit it by hand: "
            'remove "a:put_object" of "./a.py" (line 2) and remove "b:put_object" of "./a.py" (line 2); '
            'remove "gone.py" (line 3); rename "old.py" (line 4) to "new.py" and remove "b:put_object" of it',
        ],
        2,
    )
    assert repository.pins() == before


NAMES = [f"{scope}:{method}" for scope in ("f", "g", "A.h", "<module>") for method in ("put_object", "upload_file")]
CALL_STYLES = ("header", "tables", "inline pin", "inline calls", "dotted", "dotted calls", "dotted to the end")


def lines_of_calls(style: str, path: str, calls: list[tuple[str, str, str]]) -> list[str]:
    """Return a pin that names calls, each with a comment above it or none and with a decision."""
    inline = ", ".join(f'"{name}" = {{ {decision} }}' for name, decision, _ in calls)
    start = {
        "header": [f'[pins."{path}".calls]'],
        "inline pin": ["[pins]", f'"{path}" = {{ calls = {{ {inline} }} }} # inline'],
        "inline calls": [f'[pins."{path}"]', f"calls = {{{inline}}}"],
        "dotted": ["[pins]"],
        "dotted calls": [f'[pins."{path}"]'],
        "dotted to the end": ["[pins]"],
    }.get(style, [])
    lines = [*start]
    for name, decision, comment in () if style.startswith("inline") else calls:
        lines += filter(None, [comment])
        lines += {
            "header": [f'"{name}" = {{ {decision} }}'],
            "tables": [f'[pins."{path}".calls."{name}"]', *filter(None, [decision])],
            "dotted": [f'"{path}".calls."{name}" = {{ {decision} }}'],
            "dotted calls": [f'calls . "{name}" = {{{decision}}}'],
            "dotted to the end": [f'"{path}".calls."{name}"{"." if decision else " = {}"}{decision}'],
        }[style]
    return lines


def numbered(names: Sequence[str]) -> list[str]:
    """Return the names that calls have in this order, whatever numbers they had."""
    parts = (without_number(name).partition(":") for name in names)
    return list(call_names((scope, method) for scope, _, method in parts))


@st.composite
def pins_of_calls(draw: st.DrawFn) -> tuple[str, list[str], list[str], list[str]]:
    """Return a pins file, the calls that it names, those of the file in source order, and the comments to be kept."""
    of_scopes = st.lists(st.sampled_from(NAMES), max_size=6).map(numbered)
    pinned = draw(st.permutations(draw(of_scopes.filter(bool))))
    observed = draw(of_scopes | st.permutations(pinned).map(lambda names: numbered(names[1:])))
    calls = []
    for number, name in enumerate(pinned):
        decision = draw(st.sampled_from(["", f'registered = ["{number}", "x"]', 'grandfathered = "é # \\" }"']))
        calls.append((name, decision, draw(st.sampled_from(["", f"# own {number}", f"# line {number}: f: x"]))))
    style = draw(st.sampled_from(CALL_STYLES))
    lines = [*lines_of_calls(style, "a.py", calls), "", '[pins."b.py".calls]', '"f:put_object" = {}', "# end"]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    kept = [line for line in lines if line.startswith("# own")] + ["# end"]
    return end.join(lines) + draw(st.sampled_from(["", end])), pinned, observed, kept


def source_of_calls(names: list[str]) -> str:
    lines = []
    for name in names:
        scope, _, method = name.partition("#")[0].partition(":")
        call = f"s3.{method}()"
        lines.append({
            "<module>": call, "A.h": f"class A:\n    def h(self):\n        {call}",
        }.get(scope, f"def {scope}():\n    {call}"))
    return "".join(f"{line}\n" for line in lines)


@settings(deadline=None, max_examples=80)
@given(pins_of_calls())
def test_any_named_calls(case: tuple[str, list[str], list[str], list[str]]) -> None:
    """Entries are only ever removed, as many are left as there are calls, and then no pin is stale."""
    before, pinned, observed, kept = case
    with tempfile.TemporaryDirectory() as root:
        path = Path(root, PINS)
        path.write_bytes(before.encode())
        Path(root, "a.py").write_text(source_of_calls(observed))
        Path(root, "b.py").write_text(source_of_calls(["f:put_object"]))
        assert main(["prune", f"--pins={path}", "--format=json"]) == 0
        after = path.read_bytes().decode()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            main(["check", f"--pins={path}", "--format=json"])
        assert (main(["prune", f"--pins={path}"]), path.read_bytes().decode()) == (0, after)
    codes = {finding["code"] for finding in json.loads(out.getvalue())["findings"]}
    was, pins = tomli.loads(before)["pins"], tomli.loads(after)["pins"]
    assert pins["b.py"] == was["b.py"]
    assert ("a.py" in pins) == bool(observed)
    left = pins.get("a.py", {"calls": {}})["calls"]
    assert left == {name: was["a.py"]["calls"][name] for name in pinned if name in left}
    assert len(left) == min(len(pinned), len(observed))
    if len(observed) >= len(pinned):
        assert after == before
    else:
        assert {name for name in observed if name in pinned} <= left.keys()
        assert codes == ({"APR006"} if set(observed) - left.keys() else set())
    assert not codes & {"APR000", "APR002", "APR003"}
    assert [line for line in after.splitlines() if line.startswith(("# own", "# end"))] == kept
    assert ("\r\n" in after) == ("\r\n" in before)


def test_no_pins_file(project: Project) -> None:
    assert project.prune() == (
        [],
        [f"flake8-artifact-pin: there is no {PINS} here or in a directory above: create one with init"],
        2,
    )


def test_broken_pins_file(project: Project) -> None:
    project.write({PINS: '[pins]\n"a.py" = -1\n'})
    result = project.prune()
    assert ([note.split(" ")[:2] for note in result.notes], result.status) == ([[f"{PINS}:2:1:", "APR000"]], 2)


def test_without_tomlkit(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said at once, not only on the day when a pin is stale."""
    project.write({PINS: ""})
    monkeypatch.setitem(sys.modules, "tomlkit", None)
    assert project.prune() == (
        [], ["flake8-artifact-pin: prune needs tomlkit: pip install 'flake8-artifact-pin[prune]'"], 2,
    )


@pytest.mark.parametrize("wrong", ['[pins]\n"z.py" = 1\n', "[pins", ""])
@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_tomlkit_makes_a_mistake(
    repository: Project, monkeypatch: pytest.MonkeyPatch, wrong: str, arguments: list[str],
) -> None:
    before = '[pins]\n"gone.py" = 1\n"./one.py" = 2\n"old.py" = 3\n'
    repository.git("mv", "old.py", "new.py")
    repository.write({"one.py": 1, PINS: before})
    monkeypatch.setattr(tomlkit, "dumps", lambda document: wrong)
    result = repository.prune("--move-renamed", *arguments)
    assert result == (
        [],
        [
            f"flake8-artifact-pin: {PINS} is written in a way that cannot be edited safely: edit it by hand: "
            'remove "gone.py" (line 2); set "./one.py" (line 3) to 1; '
            'rename "old.py" (line 4) to "new.py" and set it to 2',
        ],
        2,
    )
    assert repository.pins() == before


@pytest.mark.parametrize("error", [tomlkit.exceptions.TOMLKitError, IndexError, ValueError, AttributeError, TypeError])
def test_tomlkit_raises(project: Project, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fail(text: str) -> None:
        raise error

    project.write({"one.py": 1, PINS: '[pins]\n"one.py" = 2\n'})
    monkeypatch.setattr(tomlkit, "parse", fail)
    result = project.prune()
    assert ("cannot be edited safely" in result.notes[0], len(result.notes), result.status) == (True, 1, 2)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755])
def test_permissions(project: Project, mode: int) -> None:
    project.write({PINS: '[pins]\n"gone.py" = 2\n'})
    os.chmod(PINS, mode)
    owner = 12345 if os.getuid() == 0 else os.getuid()
    os.chown(PINS, owner, -1)
    assert project.prune().status == 0
    status = os.stat(PINS)
    assert (stat.S_IMODE(status.st_mode), status.st_uid, os.listdir()) == (mode, owner, [PINS])


def test_owner_that_cannot_be_kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError

    project.write({PINS: '[pins]\n"gone.py" = 2\n'})
    monkeypatch.setattr(os, "chown", fail)
    assert (project.prune().status, project.pins()) == (0, "[pins]\n")


def test_symbolic_link(project: Project) -> None:
    """The file that it leads to is pruned, the link stays; paths are relative to the directory of the link."""
    project.write({"one.py": 1, "conf/pins": '[pins]\n"one.py" = 2\n'})
    (project.root / PINS).symlink_to("conf/link")
    (project.root / "conf" / "link").symlink_to("pins")
    assert project.prune().lines == [f"{PINS}:2: one.py: 2 -> 1"]
    assert (os.readlink(PINS), os.readlink("conf/link")) == ("conf/link", "pins")
    assert project.pins("conf/pins") == '[pins]\n"one.py" = 1\n'
    assert sorted(os.listdir("conf")) == ["link", "pins"]


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("other", [b"", b'[pins]\n"gone.py" = 3\n'])
def test_changed_meanwhile(project: Project, monkeypatch: pytest.MonkeyPatch, mark: bytes, other: bytes) -> None:
    """Whoever changed it, that is not lost."""
    def change(*_: object) -> None:
        project.write({PINS: mark + other})

    project.write({PINS: mark + b'[pins]\n"gone.py" = 2\n'})
    monkeypatch.setattr(os, "fsync", change)
    assert project.prune() == ([], [f"flake8-artifact-pin: {PINS} changed meanwhile: run it again"], 2)
    assert (project.pins(), os.listdir()) == ((mark + other).decode(), [PINS])


def test_deleted_meanwhile(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({PINS: '[pins]\n"gone.py" = 2\n'})
    monkeypatch.setattr(os, "fsync", lambda descriptor: os.unlink(PINS))
    result = project.prune()
    assert (len(result.notes), result.status, os.listdir()) == (1, 2, [])


@pytest.mark.parametrize("function", ["replace", "fsync", "chmod", "access"])
def test_cannot_be_written(project: Project, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Root may write anything, so these fail on purpose."""
    def fail(*_: object, **__: object) -> bool:
        if function == "access":
            return False
        raise OSError(28, "No space left on device")

    before = '[pins]\n"gone.py" = 2\n'
    project.write({PINS: before})
    monkeypatch.setattr(os, function, fail)
    result = project.prune()
    reason = "Permission denied" if function == "access" else "No space left on device"
    assert result == (
        [], [f"flake8-artifact-pin: {PINS} cannot be written ({reason}): nothing has changed"], 2,
    )
    assert (project.pins(), os.listdir()) == (before, [PINS])


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anything")
@pytest.mark.parametrize("path", [".", PINS])
def test_read_only(project: Project, path: str) -> None:
    project.write({PINS: '[pins]\n"gone.py" = 2\n'})
    mode = os.stat(path).st_mode
    os.chmod(path, 0o555)
    result = project.prune()
    os.chmod(path, mode)
    assert (len(result.notes), result.status, project.pins()) == (1, 2, '[pins]\n"gone.py" = 2\n')


def test_interrupted(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = '[pins]\n"gone.py" = 2\n'
    project.write({PINS: before})
    monkeypatch.setattr(os, "fsync", interrupt)
    assert project.prune() == ([], [], 130)
    assert (project.pins(), os.listdir()) == (before, [PINS])


# Runs the verb, and kills itself where the function of this name is called, before it or after it.
KILL = """
import os, signal, sys
from flake8_artifact_pin.cli.main import main
name, is_after = sys.argv[1], sys.argv[2] == "after"
function = getattr(os, name)
def killing(*arguments, **options):
    if is_after:
        function(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, name, killing)
main(["prune"])
"""


@pytest.mark.parametrize(
    ("function", "moment"),
    [
        *((function, moment) for function in ("fsync", "chown", "chmod", "replace") for moment in ("before", "after")),
        ("unlink", "before"),
    ],
)
def test_killed_at_a_moment(project: Project, function: str, moment: str) -> None:
    before, after = '[pins]\n"gone.py" = 2\n', "[pins]\n"
    project.write({PINS: before})
    os.chmod(PINS, 0o640)
    process = subprocess.run([sys.executable, "-c", KILL, function, moment], stdout=subprocess.DEVNULL)
    assert process.returncode == -9
    is_replaced = function == "unlink" or (function, moment) == ("replace", "after")
    assert project.pins() == (after if is_replaced else before)
    assert stat.S_IMODE(os.stat(PINS).st_mode) == 0o640
    assert (project.prune().status, project.pins()) == (0, after)


def test_killed_at_random_moments(project: Project) -> None:
    """Mostly in the second half of its time, when it writes. Bounded by time, so as to be no slower elsewhere."""
    names = [f"f{number}.py" for number in range(1000)]
    before = "[pins]\n" + "".join(f'"{name}" = 1 # {"x" * 1000}\n' for name in names)
    after = "[pins]\n"
    command = [sys.executable, "-m", "flake8_artifact_pin", "prune"]
    project.write({PINS: before})
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    whole = time.monotonic() - started
    assert project.pins() == after
    chance = random.Random(3)
    rounds = 0
    while rounds < 15 and (rounds < 3 or time.monotonic() - started < 10):
        rounds += 1
        project.write({PINS: before})
        os.chmod(PINS, 0o640)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(whole * chance.uniform(0.4, 1.1))
        process.kill()
        process.wait()
        assert project.pins() in (before, after)
        assert stat.S_IMODE(os.stat(PINS).st_mode) == 0o640


def test_as_a_process(repository: Project) -> None:
    repository.write({"one.py": 1, PINS: '[pins]\n"one.py" = 2\n"gone.py" = 1\n'})
    process = subprocess.run(
        [sys.executable, "-m", "flake8_artifact_pin", "prune"], capture_output=True, encoding="utf-8",
    )
    assert process.stdout.splitlines() == [
        f"{PINS}:2: one.py: 2 -> 1", f"{PINS}:3: gone.py: removed (the file does not exist)",
    ]
    assert (process.stderr, process.returncode) == ("2 pins: 2 changed, 0 offered to move\n", 0)
    assert repository.git("status", "--porcelain") == f" M {PINS}\n?? one.py\n"


def test_text_of_a_file_is_not_lost_where_lines_end_differently() -> None:
    text = 'a = "\u2028\x85"\r\n\n# \x0b\n[b]'
    assert "".join(editing.split_lines(text)) == text
    assert len(editing.split_lines(text)) == 4
