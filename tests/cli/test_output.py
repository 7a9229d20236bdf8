"""What is printed, and beside the results: colours, progress, texts for machines."""
from __future__ import annotations

import io
import json
import os
import sys
import time

import pytest
from support import PINS
from support import PUT
from support import Repository
from support import run_process
from support import Terminal

from flake8_artifact_pin.cli import output
from flake8_artifact_pin.cli.main import main
from flake8_artifact_pin.cli.output import note

pytestmark = pytest.mark.once

FAULTS = '[pins]\n"a.py" = -1\n'


@pytest.mark.parametrize(
    ("terminal", "arguments", "coloured"),
    [
        ("stdout", "check", ["stdout"]),
        ("stdout", "check --format=github", []),
        ("stdout", "check --pins=broken.toml", []),
        ("stderr", "check", []),
        ("stderr", "check --pins=broken.toml", ["stderr"]),
    ],
)
def test_colour(directory: Repository, terminal: str, arguments: str, coloured: list[str]) -> None:
    """Of findings on a terminal alone. No stream is a file here, as in a program that embeds this one."""
    directory.monkeypatch.delenv("NO_COLOR", raising=False)
    directory.monkeypatch.setenv("TERM", "xterm")
    directory.write({"a.py": PUT, "broken.toml": FAULTS})
    streams = {"stdout": io.StringIO(), "stderr": io.StringIO(), terminal: Terminal()}
    for name, stream in streams.items():
        directory.monkeypatch.setattr(sys, name, stream)
    main(arguments.split())
    assert "APR00" in "".join(stream.getvalue() for stream in streams.values())
    assert [name for name, stream in streams.items() if "\033" in stream.getvalue()] == coloured


def test_colour_is_that_of_flake8(directory: Repository) -> None:
    directory.monkeypatch.delenv("NO_COLOR", raising=False)
    directory.monkeypatch.setenv("TERM", "xterm")
    directory.write({"a.py": PUT})
    expected = directory.flake8("a.py", "--color=always").output
    terminal = Terminal()
    directory.monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["check"]) == 1
    assert terminal.getvalue() == expected


@pytest.mark.parametrize(
    ("environment", "shown"), [("NO_COLOR=", "\033[1mx\033[m"), ("NO_COLOR=1", "x"), ("TERM=dumb", "x")],
)
def test_no_colour(monkeypatch: pytest.MonkeyPatch, environment: str, shown: str) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(*environment.split("="))
    assert output.style("bold", "x", Terminal()) == shown


@pytest.mark.parametrize(
    ("seconds", "stream", "written"),
    [
        # less than a person waits without a sign
        ([0.5, 0.99, 1.5], Terminal(), ""),
        ([0.5, 1.01, 1.05, 1.2, 9.0], Terminal(), "\r2 of 5 files\r4 of 5 files\r\033[K"),
        ([30.0, 30.0], Terminal(), "\r1 of 2 files\r\033[K"),
        ([30.0], Terminal(), ""),
        ([30.0, 30.0], io.StringIO(), ""),
        ([30.0, 30.0], None, ""),
    ],
)
def test_progress(
    monkeypatch: pytest.MonkeyPatch, seconds: list[float], stream: io.StringIO | None, written: str,
) -> None:
    """Each item is the time at which the work on it is done."""
    now = 0.0
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    seen = []
    for item in output.with_progress(seconds, "file"):
        seen.append(item)
        now = item
    assert seen == seconds
    assert (stream.getvalue() if stream else "") == written


def test_progress_that_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was shown is no more, whatever comes next on the terminal."""
    times = iter(range(0, 100, 5))
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    shown = output.with_progress(["a", "b", "c"], "file")
    assert [next(shown), next(shown)] == ["a", "b"]
    getattr(shown, "close")()
    assert terminal.getvalue().endswith(" of 3 files\r\033[K")


@pytest.mark.processes
def test_same_output_each_time(repository: Repository) -> None:
    files = {f"{name}.py": PUT * 3 for name in "dacb"}
    repository.commit({**files, "e.py": f"{PUT}(", PINS: '[pins]\n"z.py" = 1\n"y.py" = 1\n"a.py" = 4\n'})
    assert run_process("check", "--format=sarif", PYTHONHASHSEED="1") == repository.run("check", "--format=sarif")


def test_no_standard_error(directory: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    directory.write({"a.py": PUT, "broken.toml": FAULTS})
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["check"]) == 1
    assert main(["check", "nope.py"]) == 2
    assert main(["check", "--pins=broken.toml"]) == 2
    with pytest.raises(SystemExit, match="^2$"):
        main(["check", "--nope"])
    assert directory.capture.readouterr().out.decode().startswith("a.py:1:4: APR001 ")


def test_standard_error_that_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        note("lost")
        note("lost, too")
        # as Python does when it ends
        stream.flush()


@pytest.mark.parametrize(
    ("number", "noun", "plural", "expected"),
    [(1, "file", "", "1 file"), (0, "file", "", "0 files"), (1200, "file", "", "1,200 files"), (2, "x", "y", "2 y")],
)
def test_count(number: int, noun: str, plural: str, expected: str) -> None:
    assert output.count(number, noun, plural) == expected


def test_tables() -> None:
    """Wide and combined letters take their columns, and no cell breaks a line or a table."""
    rows = [["日本", "x"], ["e\u0301", "a\nb"], ["plain", "|"]]
    assert output.table(["one", "two"], rows) == ["one      two", "日本     x", "e\\u0301  a\\nb", "plain    |"]
    assert output.markdown_table(["one", "two"], [["a|b", "<b>`c`_"]]) == [
        "| one | two |", "| --- | --- |", "| a\\|b | &lt;b>\\`c\\`\\_ |",
    ]


def test_json_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing in it is a command to a CI machine, whatever it says."""
    data = {"##vso[x]": ["###[y]", "é\udcff"]}
    output.print_json(data)
    text = capsys.readouterr().out
    assert json.loads(text) == {"version": 1, **data}
    assert text.isascii() and "##" not in text


def test_places(directory: Repository) -> None:
    """A place is one wherever it is printed, and what only looks like one in a text is not."""
    output.print_line("see b.py:1:2: x", at=("a.py", 3))
    output.print_line("none", "bold")
    output.note("see b.py:1:2: x", ("a.py", 3, 4))
    out, err = directory.capture.readouterr()
    assert out.decode().splitlines() == ["a.py:3: see b.py: 1: 2: x", "none"]
    assert err.decode() == "a.py:3:4: see b.py: 1: 2: x\n"
