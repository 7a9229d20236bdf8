"""Which pins file governs a run, and reading it whatever it is."""
from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from support import Project

from flake8_artifact_pin.pins.files import deep_line
from flake8_artifact_pin.pins.files import find_pins_file
from flake8_artifact_pin.pins.files import flake8_table
from flake8_artifact_pin.pins.files import ignored_pins_files
from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.files import missing_pins
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.files import PinsNotFoundError
from flake8_artifact_pin.pins.files import read_text
from flake8_artifact_pin.pins.model import Fault
from flake8_artifact_pin.pins.model import Pins

PYPROJECT = '[tool.artifact-pins.pins]\n"a.py" = 1\n'
OTHER_PYPROJECT = '[project]\nname = "x"\n'
NO_FILE = Fault(1, 0, "not a regular file: put a file in its place")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"artifact-pins.toml": "", "a/b/artifact-pins.toml": ""}, "a/b/artifact-pins.toml"),
        ({"artifact-pins.toml": "", "a/b/c/artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"pyproject.toml": "[tool]\nartifact-pins = {}"}, "pyproject.toml"),
        ({"pyproject.toml": PYPROJECT, "artifact-pins.toml": ""}, "artifact-pins.toml"),
        # the nearest directory comes first, whichever the file
        ({"a/pyproject.toml": PYPROJECT, "artifact-pins.toml": ""}, "a/pyproject.toml"),
        ({"a/pyproject.toml": OTHER_PYPROJECT, "artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"a/pyproject.toml": "# artifact-pins\n", "artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"a/pyproject.toml": "tool = 'artifact-pins'\n", "artifact-pins.toml": ""}, "artifact-pins.toml"),
        # one that does not parse may be that of another tool, or it may hold the pins
        ({"a/pyproject.toml": "[", "artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"a/pyproject.toml": "[tool.artifact-pins", "artifact-pins.toml": ""}, "a/pyproject.toml"),
        ({"a/pyproject.toml": f"artifact-pins = {'[' * 999}", "artifact-pins.toml": ""}, "a/pyproject.toml"),
        ({"a/pyproject.toml": b"[tool.artifact-pins]\n# \xff", "artifact-pins.toml": ""}, "a/pyproject.toml"),
        ({"a/pyproject.toml/x": "", "artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"a/artifact-pins.toml/x": "", "artifact-pins.toml": ""}, "a/artifact-pins.toml"),
        ({}, ""),
    ],
)
def test_find(project: Project, files: dict[str, str | bytes], expected: str) -> None:
    project.write({"a/b/x": "", **files})
    found = find_pins_file(None, str(project.root / "a" / "b"))
    assert found == (str(project.root / expected) if expected else "")


def test_find_a_dangling_link(project: Project) -> None:
    (project.root / "artifact-pins.toml").symlink_to("nowhere")
    assert find_pins_file(None, str(project.root)) == str(project.root / "artifact-pins.toml")


def test_home_is_not_searched(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """As flake8 does with its own configuration, unless one works there."""
    project.write({"artifact-pins.toml": "", "a/b/x": ""})
    monkeypatch.setenv("HOME", str(project.root))
    monkeypatch.setenv("USERPROFILE", str(project.root))
    assert find_pins_file(None, str(project.root / "a" / "b")) == ""
    assert find_pins_file(None, str(project.root)) == str(project.root / "artifact-pins.toml")


def test_find_named(project: Project) -> None:
    project.write({"pins.toml": "", "a/b/x": "", "a/pins.toml/x": ""})
    below = str(project.root / "a" / "b")
    assert find_pins_file("pins.toml", below) == str(project.root / "a" / "pins.toml")
    assert find_pins_file(str(project.root / "pins.toml"), below) == str(project.root / "pins.toml")
    assert find_pins_file(os.path.join("..", "pins.toml"), str(project.root / "a")) == os.path.join(
        str(project.root / "a"), "..", "pins.toml",
    )


@pytest.mark.parametrize("named", ["", "nope.toml", "a/nope.toml", "a\0b", "x" * 5000, "\udcff"])
def test_named_but_not_there(project: Project, named: str) -> None:
    with pytest.raises(PinsNotFoundError, match=r"^(there|no file) is .*; (correct|name) .*$|^no file is named; "):
        find_pins_file(named, str(project.root))


@pytest.mark.parametrize("value", [[], 3])
def test_no_text(project: Project, value: object) -> None:
    """What argparse makes of two dashes, and what pyproject.toml may hold."""
    with pytest.raises(PinsNotFoundError, match="^no file is named; name one, or leave the option out$"):
        find_pins_file(value, str(project.root))


@pytest.mark.parametrize(
    ("files", "used", "ignored"),
    [
        ({"artifact-pins.toml": "", "pyproject.toml": PYPROJECT}, "artifact-pins.toml", ["pyproject.toml"]),
        ({"artifact-pins.toml": "", "pyproject.toml": OTHER_PYPROJECT}, "artifact-pins.toml", []),
        ({"artifact-pins.toml": "", "pyproject.toml": PYPROJECT}, "pyproject.toml", ["artifact-pins.toml"]),
        ({"artifact-pins.toml": "", "x.toml": ""}, "x.toml", ["artifact-pins.toml"]),
        ({"artifact-pins.toml": ""}, "", []),
    ],
)
def test_ignored(project: Project, files: dict[str, str | bytes], used: str, ignored: list[str]) -> None:
    project.write(files)
    found = ignored_pins_files(str(project.root / used) if used else "")
    assert found == [str(project.root / name) for name in ignored]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[tool.flake8]\nartifact-pins = "x.toml"\n', {"artifact-pins": "x.toml"}),
        ("tool = 1\n", None),
        ("[tool]\nflake8 = 1\n", None),
        ("[tool.black]\n", None),
        ("[tool.flake8\n", None),
        (b"[tool.flake8]\n# \xff\n", None),
    ],
)
def test_flake8_table(project: Project, text: str | bytes, expected: object) -> None:
    project.write({"pyproject.toml": text})
    assert flake8_table(str(project.root)) == expected
    assert flake8_table(str(project.root / "a")) is None


def test_load(project: Project) -> None:
    """It is read anew each time, and a byte order mark is no text."""
    path = project.root / "artifact-pins.toml"
    for count in range(2):
        path.write_text(f'\ufeff[pins]\n"a.py" = {count}\n')
        pins = load_pins(str(path), str(project.root))
        assert (pins.pins["a.py"].allowed, pins.text[:6]) == (count, "[pins]")


def test_no_file() -> None:
    assert load_pins("", "/x") == Pins("", "/x")


def test_missing_pins(project: Project) -> None:
    project.write({"artifact-pins.toml": '[pins]\n"a.py" = 1\n"b.py" = 1\n"c" = 1\n', "a.py": "", "c/x": ""})
    pins = load_pins(str(project.root / "artifact-pins.toml"), str(project.root))
    assert [pin.path for pin in missing_pins(pins)] == ["b.py", "c"]


def test_exempt_directory_without_a_slash(project: Project) -> None:
    """It is a fault of the file as it is today; what an old one meant, today's directories do not say."""
    text = '[exempt]\n"b.py" = "why"\n"./src/x" = "why"\n'
    project.write({"artifact-pins.toml": text, "src/x/a.py": "", "b.py": ""})
    path, cwd = str(project.root / "artifact-pins.toml"), str(project.root)
    assert load_pins(path, cwd).faults == (Fault(3, 0, '"src/x" is a directory: write "src/x/"'),)
    assert parse_pins(Pins(path, cwd), text).faults == ()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b'[pins]\n"\xc3\xa9\xe9.py" = 1\n', (2, 2, "byte 0xe9"), id="behind non-ASCII text"),
        pytest.param(b"\xef\xbb\xbf\xff", (1, 0, "byte 0xff"), id="behind a BOM"),
        pytest.param(b"[pins]\r\n\r\n\t\x80", (3, 1, "byte 0x80"), id="behind CRLF"),
    ],
)
def test_not_utf8(project: Project, content: bytes, expected: tuple[int, int, str]) -> None:
    project.write({"artifact-pins.toml": content})
    [fault] = load_pins(str(project.root / "artifact-pins.toml"), str(project.root)).faults
    assert fault == Fault(*expected[:2], f"not UTF-8 ({expected[2]}): save it as UTF-8")


LONG = "1" * 5000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f'# {LONG}\nadvice = "{LONG}"\n[pins]\n"é.py" = {{ count = {LONG} }}\n',
            (4, 19, "a number is too long: correct it"),
        ),
        (f"patterns = {'[' * 10_000}{']' * 10_000}\n", (1, 0, "nested too deeply: use plain keys and values")),
        (f"\n{'a.' * 10_000}a = 1\n", (2, 0, "nested too deeply: use plain keys and values")),
    ],
)
def test_too_much(text: str, expected: tuple[int, int, str]) -> None:
    assert parse_pins(Pins("/x/artifact-pins.toml", "/x"), text).faults == (Fault(*expected),)


def test_many_dots() -> None:
    text = f'advice = """\n{"." * 500} = \n"""\n[pins]\n"{"a." * 50}py" = 1\n'
    assert parse_pins(Pins("/x/artifact-pins.toml", "/x"), text).faults == ()


def test_no_regular_file(project: Project) -> None:
    """Nothing is opened that waits for somebody, or that answers for ever."""
    os.mkfifo("fifo")
    os.mkdir("directory")
    assert read_text("fifo") == ("", NO_FILE)
    assert read_text("/dev/zero") == ("", NO_FILE)
    assert read_text("directory") == ("", Fault(1, 0, "a directory: put a file in its place"))
    assert read_text("nowhere")[1] == Fault(1, 0, "cannot be read (No such file or directory): fix or remove it")


@pytest.mark.skipif(not os.path.exists("/proc/kmsg"), reason="Linux alone has it")
def test_file_that_is_like_a_pipe() -> None:
    """Nobody waits for what the kernel will say next; who may read it at all sees nothing, or what it said."""
    assert stat.S_ISREG(os.stat("/proc/kmsg").st_mode)
    text, fault = read_text("/proc/kmsg")
    assert fault is None or (text, fault.problem[:14]) == ("", "cannot be read")


def test_large_file(project: Project) -> None:
    with open("large.toml", "wb") as file:
        file.truncate(2**40)
    assert read_text("large.toml") == ("", Fault(1, 0, "larger than 16 MB: put another file in its place"))


@pytest.mark.skipif(os.getuid() == 0, reason="root may read anything")
def test_unreadable(project: Project) -> None:
    """What cannot be read may hold the pins, so it is not passed over."""
    for name in ("pyproject.toml", "artifact-pins.toml"):
        Path(name).touch(mode=0o000)
        assert find_pins_file(None, str(project.root)) == str(project.root / name)
        assert load_pins(name, str(project.root)).faults == (
            Fault(1, 0, "cannot be read (Permission denied): fix or remove it"),
        )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"x = 1\n{'a.' * 101}a = 1\n", 2),
        (f"[{'a . ' * 101}a]\n", 1),
        (f"{'a.' * 100}a = 1\n", 0),
        (f"advice = '{'a.' * 200}'\n", 0),
    ],
)
def test_deep_line(text: str, line: int) -> None:
    assert deep_line(text) == line
