"""Input that means harm, through every door: nothing passes, nothing is forged, nothing hangs."""
from __future__ import annotations

import ast
import os
import re
import unicodedata
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from support import growth
from support import LINEAR
from support import PINS
from support import Project
from support import PUT
from support import Repository
from support.reports import report_source

from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.rules.findings import printable
from flake8_artifact_pin.rules.messages import file_findings
from flake8_artifact_pin.rules.messages import pins_findings
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.source.stores import compile_matcher

UNPINNED = Pins(f"/project/{PINS}", "/project")
# What a client takes for the place of a finding.
PLACE = re.compile(r":\d+:\d+: ")

# What stands in the place of the pins file, and what is said of it: opening some of these waits for ever.
NO_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "directory": (lambda path: path.mkdir(), "a directory: put a file in its place"),
    "dangling link": (lambda path: path.symlink_to("nowhere"), "cannot be read (No such file or directory): fix"),
    "loop": (lambda path: path.symlink_to(path.name), "cannot be read (Too many levels of symbolic links): fix"),
    "link below a file": (lambda path: path.symlink_to("a.py/x"), "cannot be read (Not a directory): fix"),
    "FIFO": (lambda path: os.mkfifo(path), "not a regular file: put a file in its place"),
    "no end": (lambda path: path.symlink_to("/dev/zero"), "not a regular file: put a file in its place"),
    "standard input": (lambda path: path.symlink_to("/dev/stdin"), "not a regular file: put a file in its place"),
}


@pytest.mark.parametrize(("make", "problem"), NO_FILES.values(), ids=NO_FILES)
def test_pins_file_is_no_file(tmp_path: Path, make: Callable[[Path], None], problem: str) -> None:
    (tmp_path / "a.py").touch()
    make(tmp_path / PINS)
    [fault] = load_pins(str(tmp_path / PINS), str(tmp_path)).faults
    assert fault.problem.startswith(problem)


def test_flake8_where_the_pins_file_is_no_file(project: Project) -> None:
    project.write({"a.py": PUT})
    os.mkfifo(PINS)
    assert [line.partition("APR000")[0] for line in project.flake8("a.py").lines] == [f"{PINS}:1:1: ", "a.py:1:4: "]


# Pins files that could upset a reader, and how what is said of them begins.
WEIRD = {
    "nested arrays": (f"advice = {'[' * 10_000}{']' * 10_000}\n", "nested too deeply: use plain keys and values"),
    "a key of many parts": (f"{'a.' * 499}a = 1\n", "nested too deeply"),
    "a header of many parts": (f"[{'a.' * 499}a]\n", "nested too deeply"),
    "inline tables": (f"[pins]\n'a.py' = {'{ a = ' * 1000}1{' }' * 1000}\n", "nested too deeply"),
    "digits": (f"[pins]\n'a.py' = {'9' * 5000}\n", "a number is too long: correct it"),
    "hexadecimal digits": (f"[pins]\n'a.py' = 0x{'9' * 5000}\n", 'the count of "a.py" is not a whole number'),
    "digits in a float": (f"[pins]\n'a.py' = 0.{'9' * 5000}\n", 'the count of "a.py" is not a whole number'),
    "NUL": ("[pins]\n'a.py' = \0\n", "not valid TOML: Invalid value"),
    "escaped NUL": ('[pins]\n"\\u0000.py" = 1\n', 'path "\\u0000.py" has a null character: remove it'),
    "lone CR": ("[pins]\r'a.py' = 1\r", "not valid TOML: Expected newline"),
    "array of tables": ("[[pins]]\n'a.py' = 1\n", '"pins" is not a table'),
    "long path": (f'[pins]\n"{"x/" * 10_000}a.py" = 1\n', 'path "x/x/x/'),
    "components that are none": (f"patterns = ['{'[' * 1000}']\n", 'pattern "[[['),
}


@pytest.mark.parametrize(("text", "problem"), WEIRD.values(), ids=WEIRD)
def test_weird_pins_file(text: str, problem: str) -> None:
    [fault, *_] = parse_pins(UNPINNED, text).faults
    assert fault.problem.startswith(problem)


# Sources that are nested to some depth, and the number of PUT calls in them.
NESTED: dict[str, tuple[Callable[[int], str], Callable[[int], int]]] = {
    "attributes": (lambda depth: f"s3{'.a' * depth}.put_object()\n", lambda depth: 1),
    "methods": (lambda depth: f"s3{'.put_object' * depth}()\n", lambda depth: 1),
    "calls": (lambda depth: f"s3{'.put_object()' * depth}\n", lambda depth: depth),
    "calls of what is returned": (lambda depth: f"s3.put_object{'()' * depth}\n", lambda depth: 1),
    "subscripts": (lambda depth: f"s3{'[0]' * depth}.put_object()\n", lambda depth: 1),
    "operators": (lambda depth: f"s3.put_object(){' + s3.put_object()' * depth}\n", lambda depth: depth + 1),
    "signs": (lambda depth: f"{'-' * depth}s3.put_object()\n", lambda depth: 1),
    "arguments": (lambda depth: f"{'s3.put_object(' * depth}{')' * depth}\n", lambda depth: depth),
    "getattr": (lambda depth: "getattr(" * depth + "s3" + ", 'put_object')" * depth + "()\n", lambda depth: 1),
    "lambdas": (lambda depth: f"x = {'lambda: ' * depth}s3.put_object\n", lambda depth: 1),
    "conditions": (lambda depth: f"x = {'1 if x else ' * depth}s3.put_object\n", lambda depth: 1),
    "elif": (lambda depth: "if x: pass\n" + "elif x: s3.put_object()\n" * depth, lambda depth: depth),
}


def parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (MemoryError, RecursionError, SyntaxError):
        return False
    return True


@pytest.mark.parametrize(("nested", "count"), NESTED.values(), ids=NESTED)
def test_nested_as_deep_as_python_parses(nested: Callable[[int], str], count: Callable[[int], int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        depth = next(depth for depth in (1500, 1000, 700, 500, 300, 200, 90) if parses(nested(depth)))
        assert report_source(nested(depth)).counted == count(depth)


# File names that a shell, a terminal, a CI machine, a reader of lines or TOML could take for something else.
NAMES = [
    "with space.py", "it's.py", 'say "hello".py', "été.py", "e\u0301te\u0301.py", "\U0001f600.py", "#.py", "[a].py",
    "*.py", "{x}.py", "%(path)s.py", "-rf.py", "~.py", "$(touch x).py", "a;b.py", "new\nline.py", "return\r.py",
    "\x1b[2Jb.py", "\u202eyp.a.py", "::error file=x::y.py", "##[set-output name=x]y.py", "x\u2028\x85\x7f.py",
]
# These cannot be keys of a pins file.
NO_KEYS = ["tests\\new.py", "a:1:2: b.py", "\udcff.py"]


def assert_safe(text: str) -> None:
    for line in text.split("\n"):
        assert line.isprintable(), line
        assert not line.lstrip().startswith("::") or line.startswith("::error file="), line
        assert "##[" not in line and "##vso[" not in line, line
        assert unicodedata.is_normalized("NFC", line), line


VERBS = [
    ["check"], ["sites"], ["sites", "--format=csv"], ["decide"], ["diff", "HEAD"], ["prune"], ["doctor"],
    ["init", "--pins=new.toml"], ["check", "nope\x1b[2J\n::error::x.py"],
]


def test_names_in_every_verb(repository: Repository) -> None:
    repository.commit({
        PINS: '[exempt]\n"tests/" = "test code only"\n', "tests/new.py": PUT, **dict.fromkeys([*NAMES, *NO_KEYS], PUT),
    })
    found = {path: code for path, _, _, code, _ in repository.check().findings}
    assert found == dict.fromkeys([*NAMES, *NO_KEYS], "APR001")
    for arguments in VERBS:
        outcome = repository.run(*arguments)
        assert "Error:" not in outcome.err, arguments
        assert_safe(outcome.out + outcome.err)
    lines = repository.run("check", "--format=github").lines
    assert len(lines) == len(found) and all(line.startswith("::error file=") for line in lines)
    output = repository.flake8(*(f"./{name}" for name in NAMES)).output
    assert output.count(": 1 PUT call, 0 pinned") == len(NAMES)


def test_decide_and_prune_every_name(directory: Repository) -> None:
    before = '[exempt]\n"tests/" = "test code only"\n\n[pins]\n'
    directory.write({PINS: before, "tests/new.py": PUT, **dict.fromkeys([*NAMES, *NO_KEYS], PUT)})
    assert directory.run("decide", *(f"./{name}" for name in NAMES), "--grandfathered=scratch files").status == 0
    assert {path for path, *_ in directory.check().findings} == set(NO_KEYS)
    for name in NAMES:
        (directory.root / name).unlink()
    assert directory.run("prune").status == 0
    assert directory.read(PINS) == before


COMMANDS = {
    "new\nline.py": r"decide $'new\nline.py:1'",
    "e\u0301.py": r"decide $'e\u0301.py:1'",
    "it's\t.py": r"decide $'it\'s\t.py:1'",
    "-x.py": "decide ./-x.py:1",
}


def test_command_names_this_file_and_no_other() -> None:
    pins = parse_pins(UNPINNED, "")
    for name, command in COMMANDS.items():
        [finding] = file_findings(pins, judge_file(pins, name, report_source(PUT)))
        assert finding.text.endswith(f"flake8-artifact-pin {command}")


BREAKS = "\\n\\r\\t\\u0000\\u001b\\u0085\\u2028\\u2029\\u202e:1:2: x"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f'advice = "see{BREAKS}"\n', 1),
        (f'"{BREAKS}" = 1\n', 2),
        (f'[pins]\n"{BREAKS}" = -1\n', 2),
        (f'[pins]\n"/{BREAKS}" = 1\n', 2),
        (f'[pins]\n"a.py" = {{ count = 1, "{BREAKS}" = 1 }}\n', 2),
        (f'[pins]\n"{BREAKS}".py = 1\n', 2),
        (f'patterns = ["*.put_object", "{BREAKS}"]\n', 2),
        (f'registry = "{BREAKS}"\nstores = ["{BREAKS}"]\n', 3),
        (f'require-decision = true\n[pins]\n"y{BREAKS[6:12]}" = 1\n', 2),
        ("[pins]\n:1:2: = 1\n", 2),
    ],
)
def test_one_line_each(text: str, count: int) -> None:
    """No client takes a finding for several ones, nor its text for another place."""
    pins = parse_pins(UNPINNED, text)
    report = report_source("s3.put_object(Key=':1:2: ##[x]\x0c\x0b\u2028' + x[1:2:3])\n")
    findings = [*pins_findings(pins, ()), *file_findings(pins, judge_file(pins, "a.py", report))]
    assert len(findings) == count
    for finding in findings:
        assert_safe(finding.text)
        assert "\n" not in finding.text and not PLACE.search(finding.text)


# Characters of identifiers that \w does not know, and ones that it does.
@pytest.mark.parametrize("character", ["\u2118", "\u212e", "\xb7", "\u0301", "\u0903", "\u1369", "é", "_", "\uff10"])
@pytest.mark.parametrize("pattern", ["*.put*object", "*.[!_]*object", "*.put?object"])
def test_identifiers_beyond_ascii(pattern: str, character: str) -> None:
    source = f"s3.put{character}object()\n"
    assert compile_matcher((), (pattern,)).may_match(unicodedata.normalize("NFKC", source))


# Sources that grow.
GROWING: dict[str, Callable[[int], str]] = {
    "blanks": lambda size: f"s3.put_object()  # noqa: APR001 # nosec{' ' * size}x\n",
    "hashes": lambda size: f"s3.put_object()  # noqa: APR001 {'# ' * size}\n",
    "codes": lambda size: f"s3.put_object()  # noqa: {'APR001,' * size}\n",
    "brackets": lambda size: f"s3.put_object()  # noqa: APR001 {'[' * size}\n",
    "colons": lambda size: f"s3.put_object()  # noqa: APR001 # {'a:' * size}\n",
    "comments in a comment": lambda size: f"s3.put_object()  {'# noqa: APR001 ' * size}\n",
    "blanket comments": lambda size: "s3.put_object()  # noqa\n" * size,
    "stray comments": lambda size: "x = 1  # noqa: APR001\n" * size,
    "calls": lambda size: PUT * size,
    "comments": lambda size: "s3.put_object()  # noqa: APR001\n" * size,
    "calls on a line": lambda size: f"{'s3.put_object();' * size}  # noqa: APR001 - scratch files\n",
    "names for names": lambda size: "k0 = x\n" + "".join(f"k{n + 1} = k{n} + 'x'\n" for n in range(size))
    + f"s3.put_object(Key=k{size})\n",
    "names that double": lambda size: "k0 = x\n" + "".join(f"k{n + 1} = k{n} + k{n}\n" for n in range(size))
    + f"s3.put_object(Key=k{size})\n",
    "imports": lambda size: "".join(f"import a{n} as b{n}\nb{n}.put_object()\n" for n in range(size)),
    "imports of one name": lambda size: "".join(f"import a{n} as fs\nfs.put_object()\n" for n in range(size)),
    "a long name": lambda size: f"{'put_object' * size}.q()\ns3.put_object()\n",
    "wrappers": lambda size: "def w0(k): s3.put_object(Key=k)\n"
    + "".join(f"def w{n + 1}(k): w{n}(k)\n" for n in range(size)),
}


@pytest.mark.once
@pytest.mark.parametrize("make", GROWING.values(), ids=GROWING)
def test_time_grows_with_the_source(make: Callable[[int], str]) -> None:
    def judge(source: str) -> object:
        return file_findings(UNPINNED, judge_file(UNPINNED, "a.py", report_source(source)))

    assert growth(make, judge, 50) < LINEAR


def test_printable_is_what_the_tests_ask_for() -> None:
    for name in [*NAMES, *NO_KEYS]:
        assert_safe(printable(name))
