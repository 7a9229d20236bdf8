"""Reports of files that are not there: what a verdict needs of a source is the names of its calls."""
from __future__ import annotations

import ast
from collections.abc import Sequence

from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.source.noqa import Suppression
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import report_file
from flake8_artifact_pin.source.stores import compile_matcher


def read_pins(text: str) -> Pins:
    """Return what a pins file says, which must have no faults."""
    pins = parse_pins(Pins("/project/artifact-pins.toml", "/project"), text)
    assert pins.faults == ()
    return pins


def report_source(source: str, patterns: Sequence[str] = ()) -> FileReport:
    """Return the report of a source, as of a file in which flake8 finds each line as it is."""
    lines = source.splitlines(keepends=True)

    def noqa_line_for(line: int) -> str | None:
        return lines[line - 1] if line <= len(lines) else ""

    return report_file(ast.parse(source), lines, "/project/a.py", noqa_line_for, compile_matcher(("s3",), patterns))


def report_calls(*names: str) -> FileReport:
    """Return the report of a file whose PUT calls have these names; an empty one is suppressed with a reason."""
    report = report_source("s3.put_object()\n" * len(names))
    sites = [
        site._replace(name=name, suppression=Suppression.NONE if name else Suppression.JUSTIFIED)
        for site, name in zip(report.sites, names)
    ]
    return report._replace(sites=sites)
