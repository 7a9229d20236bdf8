"""What belongs to no linted file is reported through the formatter that the user chose."""
from __future__ import annotations

import argparse
import copy
import multiprocessing

import flake8
import pytest
from flake8.main import application
from support import Project

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
LINES = [f"artifact-pins.toml:3:1: {APR003}", f"a.py:1:4: {APR001}"]
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
    project.write({
        "a.py": "s3.put_object()\n",
        "b.py": "x = 1\n",
        "artifact-pins.toml": '# pins\n[pins]\n"gone.py" = 1  # noqa\n',
    })
    return project


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ([], LINES),
        (["--format=default"], LINES),
        (["--format=artifact-pin"], LINES),
        (["--format=pylint"], [f"{name}:{line}: [{code}] {text}" for name, line, code, text in [
            ("artifact-pins.toml", 3, *APR003.split(" ", 1)),
            ("a.py", 1, *APR001.split(" ", 1)),
        ]]),
        (["--format=quiet-filename"], ["artifact-pins.toml", "a.py"]),
        (["--format=quiet-nothing"], []),
        (["--format=%(path)s|%(row)d|%(col)d|%(code)s"], ["artifact-pins.toml|3|1|APR003", "a.py|1|4|APR001"]),
        (["--format=%(path)-20s%(code)s"], ["artifact-pins.toml  APR003", "a.py                APR001"]),
        (["-q"], ["artifact-pins.toml", "a.py"]),
        (["-qq"], []),
        (["-q", "--format=%(row)d"], ["artifact-pins.toml", "a.py"]),
        (["--count"], [*LINES, "2"]),
        (["--count", "-qq"], ["2"]),
        (["--statistics"], [*LINES, *STATISTICS]),
        (["--statistics", "--count"], [*LINES, *STATISTICS, "2"]),
        (["--show-source"], [LINES[0], '"gone.py" = 1  # noqa', "^", LINES[1], "s3.put_object()", "   ^"]),
        (["--extend-ignore=APR003"], LINES[1:]),
        (["--ignore=APR003"], LINES[1:]),
        (["--select=APR003"], LINES[:1]),
        (["--select=APR001"], LINES[1:]),
        (["--per-file-ignores=artifact-pins.toml:APR"], LINES[1:]),
        (["--per-file-ignores=a.py:APR"], LINES[:1]),
        (["--disable-noqa"], LINES),
        (["--isolated"], LINES),
        (["-v"], LINES),
    ],
)
@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_formatters(stale: Project, jobs: str, arguments: list[str], lines: list[str]) -> None:
    result = stale.flake8(jobs, *arguments, "a.py", "b.py")
    assert [line for line in result.lines if not line.startswith("flake8.")] == lines
    assert result.status == 1


def test_color(stale: Project) -> None:
    plain = stale.flake8("--color=always", "a.py").output.replace("\033[m", "")
    for number in (1, 31, 36):
        plain = plain.replace(f"\033[{number}m", "")
    assert plain.splitlines() == LINES
    assert "\033[1martifact-pins.toml\033[m" in stale.flake8("--color=always", "a.py").output
    assert "\033" not in stale.flake8("--color=auto", "a.py").output


def test_exit_zero(stale: Project) -> None:
    assert stale.flake8("--exit-zero", "--count", "a.py").lines == [*LINES, "2"]
    assert stale.flake8("--exit-zero", "a.py").status == 0


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [(["b.py"], LINES[:1]), (["-q", "b.py"], ["artifact-pins.toml"]), (["-qq", "b.py"], [])],
)
def test_alone(stale: Project, arguments: list[str], lines: list[str]) -> None:
    """With no other finding it is still an exit status of 1."""
    assert stale.flake8(*arguments) == ("".join(f"{line}\n" for line in lines), 1)


@pytest.mark.parametrize("tee", [False, True])
def test_output_file(stale: Project, tee: bool) -> None:
    arguments = ["--output-file=out/log.txt", "--statistics", *["--tee"] * tee]
    result = stale.flake8(*arguments, "a.py")
    assert result.lines == ([*LINES, *STATISTICS] if tee else [])
    assert (stale.root / "out/log.txt").read_text().splitlines() == [*LINES, *STATISTICS]


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
    assert result.lines == [
        "[",
        '["artifact-pins.toml", "APR003:3:1"],',
        '["a.py", "APR001:1:4"],',
        '["b.py"],',
        "null]",
    ]
    assert result.status == 1


def test_process(stale: Project) -> None:
    output = "".join(f"{line}\n" for line in [*LINES, "2"])
    for jobs in ("-j1", "-j2"):
        assert stale.flake8_process("--select=APR,E9", "--count", jobs, "a.py", "b.py") == (output, 1)


def test_not_on_standard_input(stale: Project) -> None:
    """An editor attributes every line to the open file."""
    assert stale.flake8("--stdin-display-name=b.py", "-", stdin="x = 1\n") == ("", 0)


def test_not_for_a_copy_elsewhere(stale: Project) -> None:
    """Editors lint temporary copies from within the project, and take each line for one of the open file."""
    (stale.root.parent / "copy.py").write_text("x = 1\n")
    assert stale.flake8("../copy.py", f"{stale.root.parent}/copy.py") == ("", 0)
    assert stale.flake8("../copy.py", "b.py").lines == LINES[:1]
    assert stale.flake8("..").lines[:1] == LINES[:1]


def test_not_in_a_format_without_a_path(stale: Project) -> None:
    assert stale.flake8("--format=%(row)d:%(code)s", "a.py").lines == ["1:APR001"]


@pytest.mark.skipif(flake8.__version_info__ >= (6,), reason="flake8 6 took --diff away")
def test_not_in_a_diff(stale: Project) -> None:
    assert stale.flake8("--diff", "a.py", stdin="") == ("", 0)


def test_path_is_relative_to_the_working_directory(stale: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    stale.write({"below/c.py": ""})
    monkeypatch.chdir(stale.root / "below")
    assert stale.flake8() == (f"../{LINES[0]}\n", 1)


def test_another_drive(stale: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def relpath(path: str, start: str) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr("os.path.relpath", relpath)
    assert stale.flake8("b.py").lines == [f"{stale.root}/{LINES[0]}"]


def test_several_findings_in_order(project: Project) -> None:
    project.write({"artifact-pins.toml": '[pins]\n"z.py" = 1\n"a.py" = 1\n   "dir" = 0\n', "dir/x.py": ""})
    assert [" ".join(line.split()[:2]) for line in project.flake8().lines] == [
        "artifact-pins.toml:2:1: APR003",
        "artifact-pins.toml:3:1: APR003",
        "artifact-pins.toml:4:4: APR003",
    ]


def test_without_a_last_line_break(project: Project) -> None:
    project.write({"artifact-pins.toml": '[pins]\n"gone.py" = 1', "a.py": ""})
    assert project.flake8("--show-source").lines[1:] == ['"gone.py" = 1', "^"]


@pytest.mark.parametrize("pins", ['[pins]\n"a.py" = 1\n', "", None])
def test_options_are_left_alone(project: Project, monkeypatch: pytest.MonkeyPatch, pins: str | None) -> None:
    project.write({"a.py": "s3.put_object()\n"})
    if pins is not None:
        project.write({"artifact-pins.toml": pins})
    formatters = []
    make = application.Application.make_formatter

    def make_formatter(self: application.Application) -> None:
        make(self)
        assert self.options is not None
        formatters.append((type(self.formatter).__name__, self.options.format, self.options.quiet))

    monkeypatch.setattr(application.Application, "make_formatter", make_formatter)
    project.flake8("--format=pylint")
    project.flake8("-q")
    assert formatters == [("Pylint", "pylint", 0), ("FilenameOnly", "default", 1)]


def test_chosen_without_anything_to_report(project: Project) -> None:
    """It is on flake8's list of formatters."""
    project.write({"a.py": "s3.put_object()\n"})
    [line] = project.flake8("--format=artifact-pin").lines
    assert line.startswith("./a.py:1:4: APR001 ")


def test_made_by_somebody_else(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a running application there is nobody to ask for formatters and rules."""
    options = argparse.Namespace(
        format="%(path)s", quiet=0, filenames=["a.py"], output_file=None, color="never", tee=False,
    )
    interpose(options, Pins("/artifact-pins.toml", "/"), lambda pins: [Finding(1, 0, "APR003", "stale")])
    assert (options.format, options.quiet) == (reporter.NAME, 0)
    formatter = ArtifactPinReporter(options)
    assert options.format == "%(path)s"
    formatter.start()
    formatter.beginning("a.py")
    formatter.finished("a.py")
    formatter.stop()
    assert capsys.readouterr().out == ""


def test_copy(stale: Project) -> None:
    """A copy asks for special methods before it has a formatter to ask."""
    options = argparse.Namespace(format="default", quiet=0, filenames=[], output_file=None, color="never", tee=False)
    formatter = ArtifactPinReporter(options)
    assert copy.copy(formatter).options is options
    with pytest.raises(AttributeError):
        getattr(formatter, "nothing")


def test_in_a_worker(stale: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker makes no formatter, whatever the options say."""
    monkeypatch.setattr(multiprocessing, "parent_process", multiprocessing.current_process)
    result = stale.flake8("--artifact-pins=nope.toml", "a.py")
    assert result.status == 1
    assert [line.partition(" APR000 ")[0] for line in result.lines] == ["nope.toml:1:1:", "a.py:1:4:"]
