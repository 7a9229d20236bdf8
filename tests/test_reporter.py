"""What belongs to no linted file is reported through the formatter that the user chose."""
from __future__ import annotations

import argparse
import copy
import multiprocessing
import re

import flake8
import pytest
from flake8.main import application
from support import PINS
from support import Project
from support import PUT

from flake8_artifact_pin import reporter
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.reporter import ArtifactPinReporter
from flake8_artifact_pin.reporter import interpose
from flake8_artifact_pin.rules.findings import Finding

APR003 = (
    "APR003 gone.py does not exist; renamed: flake8-artifact-pin decide --moved; "
    "deleted: flake8-artifact-pin prune"
)
APR001 = "APR001 put_object(...): 1 PUT call, 0 pinned; decide: flake8-artifact-pin decide a.py:1"
LINES = [f"{PINS}:3:1: {APR003}", f"a.py:1:4: {APR001}"]
STATISTICS = [f"1     {APR001}", f"1     {APR003}"]
LOCAL_PLUGIN = """\
import json
from flake8.formatting.base import BaseFormatter

class Json(BaseFormatter):
    def start(self):
        super().start()
        self._write("[")

    def beginning(self, filename):
        self.codes = []

    def handle(self, error):
        self.codes.append(f"{error.code}:{error.line_number}:{error.column_number}")

    def finished(self, filename):
        self._write(json.dumps([filename, *self.codes]) + ",")

    def stop(self):
        self._write("null]")
        super().stop()
"""


@pytest.fixture
def stale(project: Project) -> Project:
    project.write({"a.py": PUT, "b.py": "x = 1\n", PINS: '# pins\n[pins]\n"gone.py" = 1  # noqa\n'})
    return project


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["--format=artifact-pin"], LINES),
        (["--format=pylint"], [f"{PINS}:3: [APR003] {APR003[7:]}", f"a.py:1: [APR001] {APR001[7:]}"]),
        (["--format=quiet-nothing"], []),
        (["--format=%(path)-19s|%(row)d|%(col)d|%(code)s"], [f"{PINS} |3|1|APR003", "a.py               |1|4|APR001"]),
        # an editor would take the finding for one of the open file
        (["--format=%(row)d:%(code)s"], ["1:APR001"]),
        (["-q", "--format=%(row)d"], [PINS, "a.py"]),
        (["-qq", "--count"], ["2"]),
        (["--statistics", "--count", "-j2"], [*LINES, *STATISTICS, "2"]),
        (["--show-source"], [LINES[0], '"gone.py" = 1  # noqa', "^", LINES[1], "s3.put_object()", "   ^"]),
        (["--extend-ignore=APR003"], LINES[1:]),
        (["--select=APR003"], LINES[:1]),
        ([f"--per-file-ignores={PINS}:APR"], LINES[1:]),
        (["--per-file-ignores=a.py:APR"], LINES[:1]),
        (["--disable-noqa", "--isolated", "-v"], LINES),
    ],
)
def test_formatters(stale: Project, arguments: list[str], lines: list[str]) -> None:
    result = stale.flake8(*arguments, "a.py", "b.py")
    assert [line for line in result.lines if not line.startswith("flake8.")] == lines
    assert result.status == 1


def test_color(stale: Project) -> None:
    output = stale.flake8("--color=always", "a.py").output
    assert re.sub("\033\\[[0-9]*m", "", output).splitlines() == LINES
    assert f"\033[1m{PINS}\033[m" in output


def test_exit_status(stale: Project) -> None:
    """With no other finding it is still 1."""
    assert stale.flake8("b.py") == (f"{LINES[0]}\n", 1)
    assert stale.flake8("-qq", "b.py") == ("", 1)
    assert stale.flake8("--exit-zero", "--count", "a.py") == ("".join(f"{line}\n" for line in [*LINES, "2"]), 0)


@pytest.mark.parametrize("tee", [False, True])
def test_output_file(stale: Project, tee: bool) -> None:
    arguments = ["--output-file=out/log.txt", "--statistics", *["--tee"] * tee]
    result = stale.flake8(*arguments, "a.py")
    assert result.lines == ([*LINES, *STATISTICS] if tee else [])
    assert stale.read("out/log.txt").splitlines() == [*LINES, *STATISTICS]


def test_benchmark(stale: Project) -> None:
    lines = stale.flake8("--benchmark", "a.py", "b.py").lines
    assert lines[:2] == LINES
    assert any(line.split() == ["2", "total", "files", "processed"] for line in lines)


def test_another_plugins_reporter(stale: Project) -> None:
    stale.write({
        "local_plugin.py": LOCAL_PLUGIN,
        ".flake8": "[flake8]\nformat = lines\n[flake8:local-plugins]\nreport = lines = local_plugin:Json\npaths = .\n",
    })
    result = stale.flake8("a.py", "b.py")
    assert result.lines == ["[", f'["{PINS}", "APR003:3:1"],', '["a.py", "APR001:1:4"],', '["b.py"],', "null]"]
    assert result.status == 1


def test_not_for_a_copy_elsewhere(stale: Project) -> None:
    """Editors lint standard input and temporary copies, and take each line for one of the open file."""
    (stale.root.parent / "copy.py").write_text("x = 1\n")
    assert stale.flake8("--stdin-display-name=b.py", "-", stdin="x = 1\n") == ("", 0)
    assert stale.flake8("../copy.py", f"{stale.root.parent}/copy.py") == ("", 0)
    assert stale.flake8("../copy.py", "b.py").lines == LINES[:1]
    assert stale.flake8("..").lines[:1] == LINES[:1]


@pytest.mark.skipif(flake8.__version_info__ >= (6,), reason="flake8 6 took --diff away")
def test_not_in_a_diff(stale: Project) -> None:
    assert stale.flake8("--diff", "a.py", stdin="") == ("", 0)


def test_path_is_relative_to_the_working_directory(stale: Project) -> None:
    stale.write({"below/c.py": ""})
    stale.monkeypatch.chdir(stale.root / "below")
    assert stale.flake8() == (f"../{LINES[0]}\n", 1)


def test_another_drive(stale: Project) -> None:
    def relpath(path: str, start: str) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    stale.monkeypatch.setattr("os.path.relpath", relpath)
    assert stale.flake8("b.py").lines == [f"{stale.root}/{LINES[0]}"]


def test_several_findings_in_order(project: Project) -> None:
    """The last line has no end."""
    project.write({PINS: '[pins]\n"z.py" = 1\n"a.py" = 1\n   "dir" = 0', "dir/x.py": ""})
    lines = project.flake8("--show-source").lines
    assert [" ".join(line.split()[:2]) for line in lines[::3]] == [
        f"{PINS}:2:1: APR003", f"{PINS}:3:1: APR003", f"{PINS}:4:4: APR003",
    ]
    assert lines[-2:] == ['   "dir" = 0', "   ^"]


@pytest.mark.parametrize("pins", ['[pins]\n"a.py" = 1\n', None])
def test_options_are_left_alone(project: Project, pins: str | None) -> None:
    project.write({"a.py": PUT, **({PINS: pins} if pins else {})})
    formatters = []
    make = application.Application.make_formatter

    def make_formatter(self: application.Application) -> None:
        make(self)
        assert self.options is not None
        formatters.append((type(self.formatter).__name__, self.options.format, self.options.quiet))

    project.monkeypatch.setattr(application.Application, "make_formatter", make_formatter)
    project.flake8("--format=pylint")
    project.flake8("-q")
    assert formatters == [("Pylint", "pylint", 0), ("FilenameOnly", "default", 1)]


OPTIONS = {"quiet": 0, "filenames": ["a.py"], "output_file": None, "color": "never", "tee": False}


def test_made_by_somebody_else(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a running application there is nobody to ask for formatters and rules."""
    options = argparse.Namespace(format="%(path)s", **OPTIONS)
    interpose(options, Pins("/artifact-pins.toml", "/"), lambda pins: [Finding(1, 0, "APR003", "stale")])
    assert (options.format, options.quiet) == (reporter.NAME, 0)
    formatter = ArtifactPinReporter(options)
    assert options.format == "%(path)s"
    formatter.start()
    formatter.beginning("a.py")
    formatter.finished("a.py")
    formatter.stop()
    assert capsys.readouterr().out == ""


def test_copy() -> None:
    """A copy asks for special methods before it has a formatter to ask."""
    options = argparse.Namespace(format="default", **OPTIONS)
    formatter = ArtifactPinReporter(options)
    assert copy.copy(formatter).options is options
    with pytest.raises(AttributeError):
        getattr(formatter, "nothing")


def test_in_a_child_process(stale: Project) -> None:
    """A worker must not raise; a task runner may run flake8 in a process of its own."""
    stale.monkeypatch.setattr(multiprocessing, "parent_process", multiprocessing.current_process)
    result = stale.flake8("--artifact-pins=nope.toml", "a.py")
    problem = f"--artifact-pins: there is no 'nope.toml' in {stale.root} or a directory above it; correct the path or "
    assert result.lines == [
        f"nope.toml:1:1: APR000 unusable pins file: {problem}create the file",
        f"a.py:1:4: APR000 put_object(...): not judged, nope.toml cannot be used: {problem}create the file",
    ]
