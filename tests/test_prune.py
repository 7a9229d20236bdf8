"""The verb ``prune``: what it makes of a pin, what it leaves of the pins file, and never half of one."""
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import NamedTuple

import pytest
import tomli

from flake8_artifact_pin.cli.main import main

PINS = "artifact-pins.toml"
MARK = "\ufeff"
CALL = "s3.put_object(Key=key)\n"


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


def functions(names: str) -> str:
    """Return a source with a function of one PUT call for each name, which git does not take for another one."""
    return unlike("old", 0) + "".join(f"def {name}():\n    {CALL}" for name in names)


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
