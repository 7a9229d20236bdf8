"""What a run of flake8 takes in: the files that are judged, and how little it costs where there is nothing to judge."""
from __future__ import annotations

import os
import sys

import pytest
from support import PINS
from support import Project
from support import PUT
from support import run_program

# What a start may import of this package: more is for files that need it.
AT_START = {
    "flake8_artifact_pin",
    "flake8_artifact_pin.checker",
    "flake8_artifact_pin.pins",
    "flake8_artifact_pin.pins.files",
    "flake8_artifact_pin.pins.model",
    "flake8_artifact_pin.reporter",
}
MODULES = """\
import sys
from flake8.main.cli import main
main(["-j1", "--isolated", "empty.py"])
print(*sorted(name for name in sys.modules if name.startswith(("flake8_artifact_pin", "tomli"))))
"""


def test_a_start_imports_little(project: Project) -> None:
    """An editor starts flake8 at each save."""
    project.write({"empty.py": "", "run.py": MODULES})
    assert set(run_program(sys.executable, "run.py").out.split()) == AT_START


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", []),
        ("x = 1\n", []),
        ("# coding: unicode_escape\nx = 1\n", ["a.py:1:1: APR011"]),
        (PUT, ["a.py:1:4: APR001"]),
    ],
)
@pytest.mark.parametrize("pins", [None, "[pins]\n'other.py' = 1\n"])
def test_files_without_a_pin(project: Project, source: str, lines: list[str], pins: str | None) -> None:
    project.write({"a.py": source, "other.py": PUT})
    if pins is not None:
        project.write({PINS: pins})
    assert [" ".join(line.split()[:2]) for line in project.flake8("a.py").lines] == lines


@pytest.mark.parametrize("source", ["", "x = 1\n"])
def test_a_pinned_file_without_a_call(project: Project, source: str) -> None:
    project.write({"a.py": source, PINS: '[pins]\n"a.py" = 1\n'})
    assert [" ".join(line.split()[:2]) for line in project.flake8("a.py").lines] == ["a.py:1:1: APR002"]


def test_exempt_file(project: Project) -> None:
    project.write({"a.py": PUT, PINS: '[exempt]\n"a.py" = "a probe"\n'})
    assert project.flake8("a.py") == ("", 0)


def test_standard_input_with_the_name_of_a_pipe(project: Project) -> None:
    """A name is only a name: opening a pipe would wait for somebody to write into it."""
    os.mkfifo(project.root / "pipe.py")
    result = project.flake8("--stdin-display-name=pipe.py", "-", stdin=f"{PUT}x = '''\n'''\n")
    assert [" ".join(line.split()[:2]) for line in result.lines] == ["pipe.py:1:4: APR001"]
