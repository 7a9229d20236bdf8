"""``sites``: the inventory of all PUT calls, with what was decided on each."""
from __future__ import annotations

import argparse
import csv
import functools
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import markdown
from flake8_artifact_pin.cli.output import markdown_table
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_findings
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import table
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.repository.scan import distinct
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.cli.wrappers import advice
from flake8_artifact_pin.cli.wrappers import find_wrappers
from flake8_artifact_pin.cli.wrappers import wrapper_data
from flake8_artifact_pin.source.report import Site
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pins

_HEADINGS = ("FILE", "LINE", "SCOPE", "CALL", "STATE", "DECISION")


class SiteRow(NamedTuple):
    """A PUT call of the inventory; the names of the fields are those of the JSON and CSV formats.

    ``path`` is relative to the working directory, ``line`` and ``column`` are 1-based. ``call`` is the call as it is
    shown, ``key`` the beginning of the key's expression, ``name`` the name that a pin may have for it (empty if
    suppressed). ``state`` is "pinned"; "over" if the file makes more calls than its pin allows, and the pin does
    not name this one; "swapped" if the pin names as many calls or more, but not this one; "suppressed" or "exempt".
    ``pinned`` and ``observed`` are the counts of the file. ``registered`` are the ids and ``grandfathered`` the reason
    of the pin, or of its entry for this call; ``reason`` is that of the suppression or exemption.
    """

    path: str
    line: int
    column: int
    scope: str
    call: str
    method: str
    key: str
    is_called: bool
    state: str
    pinned: int
    observed: int
    registered: Sequence[str]
    grandfathered: str
    reason: str
    name: str

    @property
    def decision(self) -> str:
        """What was decided, in words."""
        reason = f"{self.state}: {self.reason}" if self.reason else ""
        return Decision(tuple(self.registered), self.grandfathered).text or reason


def run(arguments: argparse.Namespace) -> int:
    """Print the inventory and return the exit status: 1 if a file cannot be read or parsed.

    The JSON format is an object: ``sites``, a list of objects with the fields of SiteRow; ``wrappers``, functions that
    take the key as a parameter; ``findings``, as those of ``check``, on files that cannot be read.
    """
    workspace = open_workspace(arguments.pins)
    paths = workspace.files(arguments.paths)
    scanned_files = distinct(workspace, scan(workspace, paths, functools.partial(with_progress, what="file")))
    rows = [row for scanned in scanned_files for row in rows_of(workspace.pins, scanned)]
    wrappers = find_wrappers(workspace, scanned_files)
    findings = [problem for scanned in scanned_files if not scanned.exempt for problem in scanned.problems]
    lines = advice(wrappers, workspace.pins.patterns)
    if arguments.format == "json":
        print_json({
            "sites": [_data(row) for row in rows],
            "wrappers": list(map(wrapper_data, wrappers)),
            "findings": list(map(finding_data, findings)),
        })
    elif arguments.format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        # the plain one leaves a carriage return, which a file name may have, without quotes
        quoting = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(SiteRow._fields)
        for row in rows:
            cells = [" ".join(cell) if isinstance(cell, tuple) else str(cell) for cell in row]
            (quoting if any("\r" in cell for cell in cells) else writer).writerow(cells)
    elif arguments.format == "markdown":
        _print_lines(markdown_table(_HEADINGS, list(map(_cells, rows))))
        _print_lines([f"- {markdown(line)}" if line != lines[-1] else f"\n```toml\n{line}\n```" for line in lines])
    else:
        _print_lines(table(_HEADINGS, list(map(_cells, rows))) if rows else [])
        _print_lines(lines)
    if arguments.format != "json":
        note_findings(findings)
        note(f"{count(len(paths), 'file')}: {count(len(rows), 'PUT call')}")
    return FINDINGS if findings else CLEAN


def rows_of(pins: Pins, scanned: ScannedFile) -> Iterator[SiteRow]:
    """Yield the rows of one file, in source order."""
    pin = pins.pin_of(scanned.path)
    facts = scanned.report
    for site in facts.sites:
        state, reason = _state(pins, scanned, site)
        # the pin of a file over it, too, until it names its calls
        decision = Decision() if state in ("exempt", "suppressed") else pin.decision_on(site.name)
        yield SiteRow(
            scanned.name,
            site.call.line,
            site.call.column + 1,
            site.call.scope,
            site.call.shown,
            site.call.method,
            site.call.key,
            site.call.is_called,
            state,
            pin.allowed,
            facts.counted,
            decision.registered,
            decision.grandfathered,
            reason,
            site.name,
        )


def _state(pins: Pins, scanned: ScannedFile, site: Site) -> tuple[str, str]:
    """Return the state of a call, and the reason for it if it has one."""
    if scanned.exempt:
        return "exempt", pins.exempt.reasons[scanned.exempt]
    if not site.is_counted:
        return "suppressed", site.reason
    pin = pins.pin_of(scanned.path)
    is_over = scanned.report.counted > pin.allowed
    if pin.calls is None:
        return "over" if is_over else "pinned", ""
    if site.name in pin.calls:
        return "pinned", ""
    return "over" if is_over else "swapped", ""


def _cells(row: SiteRow) -> list[str]:
    return [row.path, str(row.line), row.scope, row.call, row.state, row.decision]


def _data(row: SiteRow) -> Mapping[str, object]:
    return row._asdict()


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
