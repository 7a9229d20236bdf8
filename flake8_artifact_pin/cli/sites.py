"""``sites``: list all PUT calls with their decisions."""
from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.notes import silence_notes
from flake8_artifact_pin.cli.options import add_format
from flake8_artifact_pin.cli.options import add_pins
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import markdown
from flake8_artifact_pin.cli.output import markdown_table
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_findings
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import print_line
from flake8_artifact_pin.cli.output import print_text
from flake8_artifact_pin.cli.output import table
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.cli.wrappers import advice
from flake8_artifact_pin.cli.wrappers import find_wrappers
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.repository.scan import distinct
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.rules.findings import printable
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import JudgedCall
from flake8_artifact_pin.rules.verdict import State
from flake8_artifact_pin.rules.verdict import Verdict

# A quotation mark marks a CSV cell as JSON. The others would begin a formula in spreadsheets.
_NOT_AT_FIRST = ('"', "=", "+", "-", "@")

_HEADINGS = ("FILE", "LINE", "SCOPE", "CALL", "STATE", "DECISION")

_UNCOUNTED = {State.SUPPRESSED.value, State.EXEMPT.value}


class SiteRow(NamedTuple):
    """A PUT call of the inventory. The JSON and CSV formats use the names of these fields; see docs/sites.md."""

    path: str
    line: int
    column: int
    scope: str
    call: str
    method: str
    store: str
    key: str
    name: str
    is_called: bool
    state: str
    pinned: int
    counted: int
    registered: Sequence[str]
    grandfathered: str
    deferred: str
    until: str
    reason: str

    @property
    def decision(self) -> str:
        """The decision for messages; without one, the reason why the call is exempt or suppressed."""
        decided = Decision(tuple(self.registered), self.grandfathered, self.deferred).text
        until = f"; until: {self.until}" if self.until else ""
        return f"{decided}{until}" if decided else self.reason


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("paths", metavar="PATH", nargs="*", help="list only those of these files and directories")
    add_pins(parser)
    add_format(parser, "text", "json", "csv", "markdown")


def run(arguments: argparse.Namespace) -> int:
    """Print the inventory and return the exit status: 1 if a file cannot be read or parsed.

    The formats are described in docs/sites.md.
    """
    workspace = open_workspace(arguments.pins)
    paths = workspace.files(arguments.paths)
    scanned_files = distinct(workspace, scan(workspace, paths, with_progress))
    rows = [row for scanned in scanned_files for row in rows_of(workspace.pins, scanned)]
    wrappers = find_wrappers(workspace, scanned_files)
    findings = [problem for scanned in scanned_files if not scanned.exempt for problem in scanned.problems]
    if arguments.format == "json":
        print_json({
            "sites": [row._asdict() for row in rows],
            "wrappers": [wrapper._asdict() for wrapper in wrappers],
            "findings": list(map(finding_data, findings)),
        })
    elif arguments.format == "csv":
        print_text(_csv(rows))
    elif arguments.format == "markdown":
        advised = [f"- {markdown(path)}:{line}: {markdown(text)}" for text, (path, line) in advice(wrappers)]
        print(*markdown_table(_HEADINGS, list(map(_cells, rows))), *advised, sep="\n")
    else:
        for line in table(_HEADINGS, list(map(_cells, rows))) if rows else []:
            print(line)
        for text, place in advice(wrappers):
            print_line(text, at=place)
    if arguments.format != "json":
        note_findings(findings)
        uncounted = sum(row.state in _UNCOUNTED for row in rows)
        beside = f", {uncounted} of them not counted" if uncounted else ""
        note(f"{count(len(paths), 'file')}: {count(len(rows), 'PUT call')}{beside}")
        for line in silence_notes(workspace, scanned_files):
            note(line)
    return FINDINGS if findings else CLEAN


def rows_of(pins: Pins, scanned: ScannedFile) -> Iterator[SiteRow]:
    """Yield the rows of one file, in source order."""
    verdict = judge_file(pins, scanned.path, scanned.report)
    for judged in verdict.calls:
        call = judged.site.call
        decision = _decision(verdict, judged)
        yield SiteRow(
            scanned.name,
            call.line,
            call.column + 1,
            call.scope,
            call.shown,
            call.method,
            call.store,
            call.key,
            judged.site.name,
            call.is_called,
            judged.state.value,
            verdict.pin.allowed,
            verdict.counted,
            decision.registered,
            decision.grandfathered,
            decision.deferred,
            decision.until.isoformat() if decision.until else "",
            _reason(pins, verdict, judged),
        )


def _decision(verdict: Verdict, judged: JudgedCall) -> Decision:
    """Return the decision on a call; an empty one if it is not known which of several is the call's."""
    decisions = set(verdict.decisions_on(judged))
    return decisions.pop() if len(decisions) == 1 else Decision()


def _reason(pins: Pins, verdict: Verdict, judged: JudgedCall) -> str:
    if judged.state is State.EXEMPT:
        return pins.exempt.reasons[verdict.exempt]
    if judged.state is State.PINNED and len(set(verdict.decisions_on(judged))) > 1:
        return "several entries have this name, and nobody can tell which is this call's"
    return judged.site.reason


def _cells(row: SiteRow) -> list[str]:
    return [row.path, str(row.line), row.scope, row.call, row.state, row.decision]


def _csv(rows: Sequence[SiteRow]) -> str:
    """Return the rows as CSV, without loss.

    ``registered`` is a JSON array, since an id may hold any separator. A text that is not safe on screens, in logs or
    in spreadsheets is a JSON string, which begins with a quotation mark.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(SiteRow._fields)
    for row in rows:
        writer.writerow([_json_cell(cell) if isinstance(cell, (list, tuple)) else _csv_cell(str(cell)) for cell in row])
    return stream.getvalue()


def _csv_cell(text: str) -> str:
    is_harmless = printable(text) == text and not text.startswith(_NOT_AT_FIRST)
    return text if is_harmless else _json_cell(text)


def _json_cell(data: object) -> str:
    """Return data as JSON without commands to CI runners."""
    text = json.dumps(data)
    return text if printable(text) == text else text.replace("#", r"\u0023").replace(":", r"\u003a")
