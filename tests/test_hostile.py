from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import flake8
import pytest
from support import Project
from support import Result

from flake8_artifact_pin.checker import ArtifactPinChecker

PUT = "s3.put_object()\n"
UNUSABLE = "APR000 unusable pins file:"
# As in real flake8: what a client takes for the place of a finding.
PLACE = re.compile(r":\d+:\d+: ")

CAN_PARALLELISE_SPAWN = flake8.__version_info__ >= (6, 1)
# ast.parse() of Python 3.10 and 3.11.0 to 3.11.3 raises ValueError for a NUL, which flake8 does not expect.
NUL_IS_SYNTAX_ERROR = sys.version_info >= (3, 11, 4)

# Sets the start method, then runs flake8; takes the pins file away after flake8 has read its options and before
# its workers do.
DRIVER = """
import multiprocessing
import os
import sys

import flake8.checker
from flake8.main.cli import main

if __name__ == "__main__":
    _, method, pins, *arguments = sys.argv
    multiprocessing.set_start_method(method)
    start = flake8.checker.Manager.start

    def remove_and_start(*arguments):
        os.replace(pins, f"{pins}.removed")
        start(*arguments)

    flake8.checker.Manager.start = remove_and_start
    sys.exit(main(arguments))
"""


def run_python(project: Project, *arguments: str, timeout: float = 20) -> Result:
    """Run Python in the project's directory; what hangs fails the test."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=project.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            # with its workers, which would wait for ever
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return Result(output, process.returncode)


def run_flake8(project: Project, *arguments: str, timeout: float = 20) -> Result:
    return run_python(project, "-m", "flake8", "--select=APR,E9", "-j1", *arguments, timeout=timeout)


def texts_of(lines: list[str]) -> list[str]:
    """Return the lines without the edit that they propose."""
    return [line.partition("; decide on")[0] for line in lines]


def findings(source: str, filename: str = "a.py") -> list[str]:
    """Return what the checker says of a source, in front of which flake8 itself may give up."""
    lines = list(io.StringIO(source))
    checker = ArtifactPinChecker(
        ast.parse(source), lines, filename, lambda number: lines[number - 1] if number <= len(lines) else None,
    )
    return [f"{line}:{column + 1}: {text.partition('; decide on')[0]}" for line, column, text, _ in checker.run()]


@contextlib.contextmanager
def ending() -> Iterator[None]:
    """End a block that would take for ever, or as good as that: what grows with the square of its input."""
    def end(number: int, frame: object) -> None:
        raise TimeoutError

    handler = signal.signal(signal.SIGALRM, end)
    signal.alarm(300)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)


# What stands in the place of the pins file, and the problem that is reported.
PLACES: dict[str, tuple[Callable[[Path], None], str]] = {
    "directory": (lambda path: path.mkdir(), "a directory: put a file in its place"),
    "dangling symlink": (
        lambda path: path.symlink_to("nowhere.toml"),
        "cannot be read (No such file or directory): mend or remove it",
    ),
    "symlink loop": (
        lambda path: path.symlink_to(path.name),
        "cannot be read (Too many levels of symbolic links): mend or remove it",
    ),
    "symlink below a file": (
        lambda path: path.symlink_to("a.py/x.toml"),
        "cannot be read (Not a directory): mend or remove it",
    ),
    "symlink to a directory": (lambda path: path.symlink_to("."), "a directory: put a file in its place"),
    "FIFO": (lambda path: os.mkfifo(path), "no regular file: put a file in its place"),
    "symlink to an empty device": (
        lambda path: path.symlink_to("/dev/null"),
        "no regular file: put a file in its place",
    ),
    "symlink to an endless device": (
        lambda path: path.symlink_to("/dev/zero"),
        "no regular file: put a file in its place",
    ),
    "symlink to stdin": (lambda path: path.symlink_to("/dev/stdin"), "no regular file: put a file in its place"),
}


# Whoever opens one of these may wait for ever, so that flake8 must not run within the test.
HANGING = frozenset(["FIFO", "symlink to an endless device", "symlink to stdin"])


def run_at(project: Project, place: str, name: str, *arguments: str) -> Result:
    make, _ = PLACES[place]
    make(project.root / name)
    return run_flake8(project, *arguments) if place in HANGING else project.flake8(*arguments)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["artifact-pins.toml", "x.toml"])
def test_pins_file_is_no_file(project: Project, name: str, place: str) -> None:
    project.write({"a.py": PUT, "b.py": "x = 1\n"})
    result = run_at(project, place, name, *["--artifact-pins=x.toml"] * (name == "x.toml"))
    _, problem = PLACES[place]
    assert result.lines == [
        f"{name}:1:1: {UNUSABLE} {problem}",
        f"./a.py:1:1: {UNUSABLE} {problem} ({name} line 1)",
    ]
    assert result.status == 1


@pytest.mark.parametrize("place", PLACES)
def test_pyproject_is_no_file(project: Project, place: str) -> None:
    """It need not have anything to do with pins, so that it is passed over if nobody names it."""
    project.write({"a.py": PUT})
    result = run_at(project, place, "pyproject.toml")
    assert texts_of(result.lines) == ["./a.py:1:4: APR001 PUT call 1 of 1, 0 pinned: put_object(...)"]
    assert result.status == 1


@pytest.mark.parametrize("name", ["x.toml", "artifact-pins.toml"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pins_file_vanishes_during_the_run(project: Project, method: str, name: str) -> None:
    """flake8 waits for ever for a worker that raises."""
    project.write({name: '[pins]\n"a.py" = 1\n', "a.py": PUT, "b.py": PUT, "c.py": "x = 1\n", "driver.txt": DRIVER})
    named = ["--artifact-pins=x.toml"] * (name == "x.toml")
    result = run_python(project, "driver.txt", method, name, "--select=APR", "-j2", *named, "a.py", "b.py", "c.py")
    missing = (
        f"{UNUSABLE} --artifact-pins: there is no 'x.toml' in {project.root} or a directory above it; "
        "correct the path or create the file (x.toml line 1)"
    )
    over = "APR001 PUT call 1 of 1, 0 pinned: put_object(...)"
    if method == "fork" or not CAN_PARALLELISE_SPAWN:
        expected = [f"b.py:1:4: {over}"]
    elif named:
        expected = [f"a.py:1:1: {missing}", f"b.py:1:1: {missing}"]
    else:
        expected = [f"a.py:1:4: {over}", f"b.py:1:4: {over}"]
    assert texts_of(result.lines) == expected
    assert result.status == 1


def test_large_pins_file(project: Project) -> None:
    exempt = "".join(f'"generated/{number:020}/" = "they are written by a machine"\n' for number in range(60_000))
    advice = "register it\n" * 100_000
    text = f'advice = """{advice}"""\n[exempt]\n{exempt}[pins]\n"a.py" = 2\n'
    assert len(text) > 5_000_000
    project.write({"artifact-pins.toml": text, "a.py": PUT, "generated/00000000000000059999/a.py": PUT})
    with ending():
        result = project.flake8()
    assert result.lines == [
        './a.py:1:1: APR002 stale pin: 2 pinned, 1 observed; set "a.py" = 1 at artifact-pins.toml:160004',
    ]


def test_large_pins_file_on_one_line(project: Project) -> None:
    project.write({"artifact-pins.toml": f'# {"x" * 5_000_000}\n"{"y" * 1_000_000}" = 1\n', "a.py": PUT})
    with ending():
        result = project.flake8()
    assert [line.partition('"')[0] for line in result.lines] == [
        f"artifact-pins.toml:2:1: {UNUSABLE} unknown key ",
        f"./a.py:1:1: {UNUSABLE} unknown key ",
    ]
    assert result.status == 1


def test_many_pins_and_many_exempt(project: Project) -> None:
    """Each pin is looked up among what is exempt."""
    wildcards = "".join(f'"_{number}*x*.py" = "why"\n' for number in range(100))
    exempt = "".join(f'"t{number}/" = "why"\n' for number in range(5000))
    pins = "".join(f'"d/{number}.py" = 0\n' for number in range(5000))
    text = f'[exempt]\n{wildcards}{exempt}"s*.py"="why"\n[pins]\n{pins}"d/s.py" = 1\n'
    project.write({"artifact-pins.toml": text, "a.py": PUT})
    with ending():
        result = project.flake8()
    problem = '"d/s.py" is pinned and exempt by "s*.py": remove one'
    assert result.lines == [
        f"artifact-pins.toml:10104:1: {UNUSABLE} {problem}",
        f"./a.py:1:1: {UNUSABLE} {problem} (artifact-pins.toml line 10104)",
    ]


@pytest.mark.parametrize(
    ("text", "problem", "more"),
    [
        (
            "[pins]\n" + "".join(f'"d/{number}.py" = -{number}\n' for number in range(1, 5001)),
            'the count of "d/1.py" must be a whole number, 0 or more, not a negative one',
            4999,
        ),
        ("[pins]\n" + "<<<<<<< ours\n" * 5000, "unresolved merge: keep one side and remove the markers", 4999),
        (
            "[pins.'b.py']\ncount = 1\n" + "".join(f"counts{number} = {number}\n" for number in range(5000)),
            'unknown key in the pin of "b.py": "counts0"; did you mean "count"?',
            4999,
        ),
    ],
    ids=["negative counts", "conflicts", "unknown keys"],
)
def test_many_faults(project: Project, text: str, problem: str, more: int) -> None:
    project.write({"artifact-pins.toml": text, "a.py": PUT})
    with ending():
        result = project.flake8()
    assert len(result.lines) == more + 2
    first, last = int(result.lines[0].split(":")[1]), int(result.lines[-2].split(":")[1])
    assert result.lines[0] == f"artifact-pins.toml:{first}:1: {UNUSABLE} {problem}"
    assert last == first + more
    assert result.lines[-1] == (
        f"./a.py:1:1: {UNUSABLE} {problem} (artifact-pins.toml line {first}, {more} more faults)"
    )
    assert result.status == 1


# Pins files that could upset a reader, and what is said of them.
WEIRD = {
    "10,000 nested arrays": (
        f"advice = {'[' * 10_000}{']' * 10_000}\n",
        "nested too deeply: use plain keys and values",
    ),
    "a key of 500 parts": (
        f"{'a.' * 499}a = 1\n",
        'unknown key "a"; known are advice, exempt, patterns, pins, registry, require-decision',
    ),
    "a header of 500 parts": (
        f"[{'a.' * 499}a]\n",
        'unknown key "a"; known are advice, exempt, patterns, pins, registry, require-decision',
    ),
    "5,000 digits": (f"[pins]\n'a.py' = {'9' * 5000}\n", "a number is too long: correct it"),
    "5,000 hexadecimal digits": (
        f"[pins]\n'a.py' = 0x{'9' * 5000}\n",
        'the count of "a.py" must be a whole number, 0 or more, not one above 1000000000',
    ),
    "5,000 digits in a float": (
        f"[pins]\n'a.py' = 0.{'9' * 5000}\n",
        'the count of "a.py" must be a whole number, 0 or more, not a float',
    ),
    "NUL": ("[pins]\n'a.py' = \0\n", "not valid TOML: Invalid value"),
    "NUL in a key": ("[pins]\n'a\0.py' = 1\n", "not valid TOML: Found invalid character '\\x00'"),
    "lone CR": ("[pins]\r'a.py' = 1\r", "not valid TOML: Expected newline or end of document after a statement"),
    "form feed": ("\x0c[pins]\n", "not valid TOML: Invalid statement"),
    "array of tables": ("[[pins]]\n'a.py' = 1\n", '"pins" must be a table, not an array'),
    "array of tables of a pin": (
        "[[pins.'a.py']]\ncount = 1\n",
        'the count of "a.py" must be a whole number, 0 or more, not an array',
    ),
    "wildcards": (
        f"patterns = ['{'*a' * 1000}b', '*.put_object', '{'[' * 1000}']\n",
        f'pattern "{"[" * 1000}" has a component that is not a name, a wildcard, "name()" or "name[]"',
    ),
}


@pytest.mark.parametrize(("text", "problem"), WEIRD.values(), ids=WEIRD)
def test_weird_pins_file(project: Project, text: str, problem: str) -> None:
    project.write({"artifact-pins.toml": text, "a.py": PUT})
    result = project.flake8()
    from_hook, *_, from_checker = result.lines
    assert re.fullmatch(rf"artifact-pins\.toml:\d+:\d+: {UNUSABLE} {re.escape(problem)}.*", from_hook)
    assert from_checker.startswith(f"./a.py:1:1: {UNUSABLE} {problem}")
    assert result.status == 1


@pytest.mark.parametrize("depth", [150, 250, 330, 390, 400, 1000])
def test_inline_tables_within_inline_tables(project: Project, depth: int) -> None:
    """tomli reads them down to some depth, and then does not."""
    project.write({"artifact-pins.toml": f"[pins]\n'a.py' = {'{ a = ' * depth}1{' }' * depth}\n", "a.py": PUT})
    result = project.flake8()
    if "nested too deeply" not in result.output:
        assert result.lines[:2] == [
            f'artifact-pins.toml:2:1: {UNUSABLE} the pin of "a.py" has no count: add count = N, or calls',
            f'artifact-pins.toml:2:12: {UNUSABLE} unknown key in the pin of "a.py": "a"; '
            "known are calls, count, grandfathered, registered",
        ]
    assert result.status == 1


def test_escaped_control_characters_in_a_pin(project: Project) -> None:
    """A path with a NUL is valid TOML, and no path of a file: no system call takes it."""
    project.write({"artifact-pins.toml": '[exempt]\n"\\u0000" = "why"\n[pins]\n"\\u0000.py" = 1\n', "a.py": "x = 1\n"})
    result = project.flake8()
    assert result.lines == [
        f'artifact-pins.toml:{line}:1: {UNUSABLE} path "{path}" has a null character, which no path has: remove it'
        for line, path in ((2, "\\u0000"), (4, "\\u0000.py"))
    ]
    assert result.status == 1


def test_long_path_in_a_pin(project: Project) -> None:
    project.write({"artifact-pins.toml": f'[pins]\n"{"x/" * 10_000}a.py" = 1\n', "a.py": PUT})
    assert [line.split()[1] for line in project.flake8().lines] == ["APR003", "APR001"]


def test_many_calls() -> None:
    source = PUT * 50_000
    with ending():
        found = findings(source)
    assert len(found) == 50_000
    assert found[0] == "1:4: APR001 PUT call 1 of 50000, 0 pinned: put_object(...)"
    assert found[-1] == "50000:4: APR001 PUT call 50000 of 50000, 0 pinned: put_object(...)"


def test_many_calls_through_flake8(project: Project) -> None:
    """flake8 itself takes ten times as long as the plugin."""
    project.write({"a.py": PUT * 5000})
    result = project.flake8("-q")
    assert result == ("./a.py\n", 1)
    result = project.flake8()
    assert len(result.lines) == 5000
    assert texts_of(result.lines)[-1] == "./a.py:5000:4: APR001 PUT call 5000 of 5000, 0 pinned: put_object(...)"
    project.write({"artifact-pins.toml": "[pins]\n'a.py' = 5000\n"})
    assert project.flake8() == ("", 0)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "é = 1; " + "s3.put_object(); " * 10_000,
            "1:169994: APR001 PUT call 10000 of 10000, 0 pinned: put_object(...)",
        ),
        (
            "f('é', " + "s3.put_object, " * 10_000 + ")",
            "1:149996: APR001 PUT call 10000 of 10000, 0 pinned: put_object handed on",
        ),
        (
            "f'" + "{s3.put_object()}" * 3000 + "'",
            "1:50990: APR001 PUT call 3000 of 3000, 0 pinned: put_object(...)",
        ),
        (
            (PUT + "# noqa: APR001 - why\n") * 20_000,
            "40000:1: APR005 noqa names APR001 but line 40000 has no PUT call, so it suppresses nothing; remove it",
        ),
        (
            "f(\n" + "s3.put_object(),\n# noqa: APR001 - why\n" * 10_000 + ")\n",
            "20001:1: APR005 noqa names APR001 but line 20001 has no PUT call, so it suppresses nothing; "
            "move it to line 20000",
        ),
    ],
    ids=["one line", "arguments", "f-string", "stray comments", "stray comments in a call"],
)
def test_many_calls_in_one_place(source: str, expected: str) -> None:
    """Nothing takes time that grows with the square of the calls."""
    with ending():
        found = findings(source)
    assert found[-1] == expected


# Sources that are nested to some depth, and the number of PUT calls in them.
NESTED: dict[str, tuple[Callable[[int], str], Callable[[int], int]]] = {
    "attributes": (lambda depth: f"s3{'.a' * depth}.put_object()\n", lambda depth: 1),
    "methods": (lambda depth: f"s3{'.put_object' * depth}()\n", lambda depth: 1),
    "calls": (lambda depth: f"s3{'.put_object()' * depth}\n", lambda depth: depth),
    "calls of what is returned": (lambda depth: f"s3.put_object{'()' * depth}\n", lambda depth: 1),
    "subscripts": (lambda depth: f"s3{'[0]' * depth}.put_object()\n", lambda depth: 1),
    "operators": (lambda depth: f"s3.put_object(){' + s3.put_object()' * depth}\n", lambda depth: depth + 1),
    "powers": (lambda depth: f"{'x ** ' * depth}s3.put_object()\n", lambda depth: 1),
    "signs": (lambda depth: f"{'-' * depth}s3.put_object()\n", lambda depth: 1),
    "arguments": (lambda depth: f"{'s3.put_object(' * depth}{')' * depth}\n", lambda depth: depth),
    "getattr": (lambda depth: "getattr(" * depth + "s3" + ", 'put_object')" * depth + "()\n", lambda depth: 1),
    "lambdas": (lambda depth: f"x = {'lambda: ' * depth}s3.put_object\n", lambda depth: 1),
    "conditions": (lambda depth: f"x = {'1 if x else ' * depth}s3.put_object\n", lambda depth: 1),
    "elif": (lambda depth: "if x: pass\n" + "elif x: s3.put_object()\n" * depth, lambda depth: depth),
}


def parses(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            ast.parse(source)
        except (MemoryError, RecursionError, SyntaxError):
            return False
    return True


@pytest.mark.parametrize(("nested", "count"), NESTED.values(), ids=NESTED)
def test_nested_as_deep_as_python_parses(nested: Callable[[int], str], count: Callable[[int], int]) -> None:
    depth, too_deep = 1, 10_001
    while too_deep - depth > 1:
        middle = (depth + too_deep) // 2
        depth, too_deep = (middle, too_deep) if parses(nested(middle)) else (depth, middle)
    assert depth >= 90
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        found = findings(nested(depth))
    assert len(found) == count(depth)


FOUND = "APR001 PUT call 1 of 1, 0 pinned: put_object(...)"
NO_NUL = "E999 SyntaxError: source code string cannot contain null bytes"

# Sources as bytes, and the findings.
SOURCES: dict[str, tuple[bytes, list[str]]] = {
    "invalid UTF-8": (b"x = '\xff\xfe'; s3.put_object()\n", [f"1:14: {FOUND}"]),
    "invalid UTF-8 with cookie": (b"# coding: utf-8\nx = '\xff'; s3.put_object()\n", [f"2:13: {FOUND}"]),
    "latin-1": ("x = 'é'; s3.put_object()\n".encode("latin-1"), [f"1:13: {FOUND}"]),
    "latin-1 with cookie": (
        "# -*- coding: latin-1 -*-\nx = 'é'; s3.put_object()\n".encode("latin-1"),
        [f"2:13: {FOUND}"],
    ),
    "unknown cookie": (b"# coding: no-such-thing\ns3.put_object()\n", [f"2:4: {FOUND}"]),
    "BOM": (b"\xef\xbb\xbfs3.put_object()\n", [f"1:4: {FOUND}"]),
    "BOM alone": (b"\xef\xbb\xbf", []),
    "lone CR": (b"x = 1\rs3.put_object()\ry = 2\r", [f"2:4: {FOUND}"]),
    "all kinds of line ends": (b"x = 1\r\ny = 2\rs3.put_object()\nz = 3", [f"3:4: {FOUND}"]),
    "form feeds": (b"\x0cx = 1\n\x0c\n\x0cs3.put_object()\n\x0c", [f"3:5: {FOUND}"]),
    "line ends that are none": (
        "x = '\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029'; s3.put_object()\n".encode(),
        [f"1:20: {FOUND}"],
    ),
    "empty": (b"", []),
    "blank lines": (b"\n\n\n", []),
    "comments": (b"# s3.put_object()\n#\n# s3.put_object()", []),
    "one line": (b"s3.put_object()", [f"1:4: {FOUND}"]),
    "continued": (b"s3 \\\n  .put_object()", [f"2:4: {FOUND}"]),
}


@pytest.mark.parametrize(("content", "expected"), SOURCES.values(), ids=SOURCES)
def test_source(project: Project, content: bytes, expected: list[str]) -> None:
    project.write({"a.py": content})
    result = project.flake8()
    assert texts_of(result.output.split("\n")) == [*(f"./a.py:{finding}" for finding in expected), ""]
    assert result.status == bool(expected)


@pytest.mark.parametrize("content", [content for content, expected in SOURCES.values() if not expected])
def test_source_without_calls_and_with_a_pin(project: Project, content: bytes) -> None:
    project.write({"a.py": content, "artifact-pins.toml": "[pins]\n'a.py' = 1\n"})
    result = project.flake8()
    assert result.lines == [
        './a.py:1:1: APR002 stale pin: 1 pinned, 0 observed; set "a.py" = 0 or remove the pin at artifact-pins.toml:2',
    ]
    assert result.status == 1


def test_syntax_error(project: Project) -> None:
    project.write({"a.py": f"{PUT}x =\n", "artifact-pins.toml": "[pins]\n'a.py' = 1\n"})
    result = project.flake8()
    assert [line.split()[1] for line in result.lines] == ["E999"]
    assert result.status == 1


@pytest.mark.parametrize(
    "content",
    [b"x = '\0'\ns3.put_object()\n", b"\0", b"s3.put_object()  # \0\n", PUT.encode("utf-16"), PUT.encode("utf-32")],
    ids=["in a string", "alone", "in a comment", "UTF-16", "UTF-32"],
)
def test_nul_in_source(project: Project, content: bytes) -> None:
    project.write({"a.py": content, "b.py": PUT, "artifact-pins.toml": "[pins]\n'b.py' = 1\n"})
    result = run_flake8(project)
    if NUL_IS_SYNTAX_ERROR:
        assert result == (f"./a.py:1:1: {NO_NUL}\n", 1)
    else:
        # flake8 alone does no better
        assert result == run_flake8(project, "--select=E9")
        assert result.status == 1
        assert "artifact_pin" not in result.output


@pytest.mark.parametrize(
    "name",
    [
        "with space.py",
        "it's.py",
        'say "hello".py',
        "new\nline.py",
        "carriage\rreturn.py",
        "tab\t.py",
        "été.py",
        "e\u0301te\u0301.py",
        "\U0001f600.py",
        "#.py",
        "a = 1.py",
        "[a].py",
        "*.py",
        "?.py",
        "{x}.py",
        "%(path)s.py",
        "-.py",
        "~.py",
        "...py",
        "x/.y/z.py",
    ],
)
def test_file_name(project: Project, name: str) -> None:
    """The edit that the message tells is right, whatever the name of the file."""
    project.write({name: PUT})
    result = project.flake8()
    edit = re.search(r'; decide on the artifact, then set (".*") = 1 under \[pins\]', result.output)
    assert edit is not None
    assert json.loads(edit[1]) == name
    assert result.status == 1

    project.write({"artifact-pins.toml": f"[pins]\n{edit[0].partition('set ')[2].partition(' under')[0]}\n"})
    assert project.flake8() == ("", 0)
    project.write({"artifact-pins.toml": f"[pins]\n{edit[1]} = 2\n"})
    result = project.flake8()
    assert result.output == (
        f"./{name}:1:1: APR002 stale pin: 2 pinned, 1 observed; set {edit[1]} = 1 at artifact-pins.toml:2\n"
    )


@pytest.mark.parametrize("name", ["d/a:1:2: b.py", "d/a:10:20:b:3:4: .py", "d/\u2028\x85\x7f.py"])
def test_file_name_that_is_shown_differently(project: Project, name: str) -> None:
    """A name like a place or with line breaks is no longer itself in a message, but can be pinned."""
    project.write({name: PUT})
    result = project.flake8()
    assert result.output.startswith(f"./{name}:1:4: {FOUND}; decide")
    assert_one_line_each(result, 1, f"./{name}")
    project.write({"artifact-pins.toml": f"[pins]\n{json.dumps(name)} = 1\n"})
    assert project.flake8() == ("", 0)


def test_file_name_like_a_place_with_a_drive(project: Project) -> None:
    project.write({"a:1:2: b.py": PUT, "artifact-pins.toml": "[pins]\n'a:1:2: b.py' = 1\n"})
    result = project.flake8()
    problem = "path \"a: 1: 2: b.py\" is absolute: write it relative to this file's directory"
    assert result.lines == [
        f"artifact-pins.toml:2:1: {UNUSABLE} {problem}",
        f"./a:1:2: b.py:1:1: {UNUSABLE} {problem} (artifact-pins.toml line 2)",
    ]


def assert_one_line_each(result: Result, count: int, *paths: str) -> None:
    """Check that no client takes a finding for several ones, nor its text for another place."""
    output = result.output
    for path in paths:
        output = output.replace(f"{path}:", "path:")
    lines = output.splitlines()
    assert lines == output.split("\n")[:-1]
    assert len(lines) == count
    for line in lines:
        assert len(PLACE.findall(line)) == 1, line
        # other control characters change what a terminal shows
        assert re.search(r"[\x00-\x1f\x7f-\x9f]", line) is None, line
    assert result.status == 1


BREAKS = "\\n\\r\\t\\u0000\\u001b\\u0085\\u2028\\u2029:1:2: x"


def test_advice_on_one_line(project: Project) -> None:
    project.write({"artifact-pins.toml": f'advice = "see{BREAKS}"\n', "a.py": PUT})
    result = project.flake8()
    assert_one_line_each(result, 1)
    assert result.output.endswith("; see : 1: 2: x\n")


@pytest.mark.parametrize(
    "call",
    [
        "s3.put_object(Key='a:1:2: b')",
        "s3.put_object(Key=':1:2: ' + '\x0c\x0b\x1c\x1e\x7f\x85\u2028\u2029')",
        "s3.put_object(Key='''\n:1:2: x''')",
        "s3.put_object(Key=x[1:2:3])",
        "s3.put_object(Key=f'{x:1:2: }')",
        "s3.put_object(Key=x  # :1:2: y\n)",
        "s3.put_object(Key=(\n    x, ':1:2: '))",
        "s3.upload_file('a', 'b', ':1:2: ')",
        "s3.put_object(Key='\U0001f600:1:2: ' * 100)",
    ],
)
def test_preview_on_one_line(project: Project, call: str) -> None:
    for comment in ("", "# noqa", "# noqa: APR001"):
        project.write({"a.py": call.replace("(", f"(  {comment}\n    ", 1) + "\n"})
        assert_one_line_each(project.flake8(), 1)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f'"{BREAKS}" = 1\n', 2),
        (f'[pins]\n"{BREAKS}" = -1\n', 2),
        (f'[pins]\n"/{BREAKS}" = 1\n', 2),
        (f'[pins]\n"a.py" = {{ count = 1, "{BREAKS}" = 1 }}\n', 2),
        (f'[pins]\n"{BREAKS}" = 1\n"./{BREAKS}" = 1\n', 3),
        (f'[pins]\n"{BREAKS}".py = 1\n', 2),
        (f'[exempt]\n"{BREAKS}" = ""\n', 2),
        (f'[exempt]\n"x{BREAKS}" = "why"\n[pins]\n"x{BREAKS}" = 1\n', 3),
        (f'patterns = ["*.put_object", "{BREAKS}"]\n', 2),
        (f'["{BREAKS}"]\n["{BREAKS}"]\n', 2),
        (f'[pins]\n"{BREAKS}" = 1\n', 2),
        (f'[pins]\n"x.py" = {{ count = 1, grandfathered = "{BREAKS}" }}\n', 2),
        (f'require-decision = true\n[pins]\n"{BREAKS}" = 1\n', 2),
        ("[pins]\n'\x7f' = 1\n", 2),
        ("[pins]\n:1:2: = 1\n", 2),
    ],
)
def test_faults_on_one_line(project: Project, text: str, count: int) -> None:
    project.write({"p:1:2: x.toml": text, "a.py": PUT})
    result = project.flake8("--artifact-pins=p:1:2: x.toml")
    assert_one_line_each(result, count, "p:1:2: x.toml")
