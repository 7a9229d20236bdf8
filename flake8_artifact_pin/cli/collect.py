"""Collect findings and the changes since a base, for ``check`` and ``diff``."""
from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from flake8_artifact_pin.cli.moved import gone_files
from flake8_artifact_pin.cli.moved import moves_in
from flake8_artifact_pin.cli.wrappers import find_wrappers
from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.errors import RegistryFault
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.repository.base import Base
from flake8_artifact_pin.repository.renames import Fate
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.snapshots import open_snapshots
from flake8_artifact_pin.repository.snapshots import Snapshots
from flake8_artifact_pin.repository.uncounted import dead_patterns
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.changes import compare
from flake8_artifact_pin.rules.changes import raised_pins
from flake8_artifact_pin.rules.changes import Snapshot
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.matching import CallChange
from flake8_artifact_pin.rules.matching import Kind
from flake8_artifact_pin.rules.messages import dead_pattern_finding
from flake8_artifact_pin.rules.messages import file_findings
from flake8_artifact_pin.rules.messages import file_noqa_finding
from flake8_artifact_pin.rules.messages import new_call_finding
from flake8_artifact_pin.rules.messages import pins_findings
from flake8_artifact_pin.rules.messages import raised_pin_finding
from flake8_artifact_pin.rules.messages import useless_exemption_finding
from flake8_artifact_pin.rules.moves import Move
from flake8_artifact_pin.rules.moves import moved_to
from flake8_artifact_pin.rules.moves import with_moves
from flake8_artifact_pin.rules.registered import judge_promised
from flake8_artifact_pin.rules.registered import judge_registered
from flake8_artifact_pin.rules.verdict import judge_file


def repository_findings(workspace: Workspace) -> Iterator[FileFinding]:
    """Yield the findings of ``check`` in the whole repository."""
    paths = workspace.files()
    scanned_files = list(scan(workspace, paths))
    yield from findings_of(workspace, scanned_files)
    yield from findings_on_patterns(workspace, scanned_files)
    yield from findings_on_exemptions(workspace, paths)


def findings_of(workspace: Workspace, scanned_files: Sequence[ScannedFile]) -> Iterator[FileFinding]:
    """Yield the findings in some files and in their pins, without those on useless exemptions and dead patterns."""
    pins = workspace.pins
    gone = {path: outcome for path, outcome in gone_files(workspace).items() if outcome.fate is not Fate.ABSENT}
    moves = _moves_behind(workspace, scanned_files, bool(gone))
    for scanned in scanned_files:
        yield from scanned_findings(workspace, scanned, moves)
    if pins.path:
        missing = [pins.pins[path] for path in gone]
        renamed = {path: outcome.path for path, outcome in gone.items()}
        moved = {path: moved_to(moves, path) for path in gone}
        for finding in pins_findings(pins, missing, renamed, date.today(), moved):
            yield FileFinding(workspace.shown(pins.name), finding)


def _moves_behind(workspace: Workspace, scanned_files: Iterable[ScannedFile], is_gone: bool) -> Sequence[Move]:
    """Return the moves that explain findings. Git is asked only if a pin is stale."""
    pins = workspace.pins
    verdicts = (judge_file(pins, file.path, file.report) for file in scanned_files if not file.problems)
    if is_gone or any(verdict.gone or verdict.is_stale for verdict in verdicts):
        return [move for move in moves_in(workspace) if not move.problem and move.source.path != move.target.path]
    return ()


def scanned_findings(
    workspace: Workspace, scanned: ScannedFile, moves: Sequence[Move] = (),
) -> Iterator[FileFinding]:
    """Yield the findings of one file, regardless of flake8's configuration."""
    if scanned.exempt:
        return
    yield from scanned.problems
    if not scanned.problems:
        for finding in _judged(workspace, scanned, moves):
            yield FileFinding(scanned.name, finding)


def findings_on_exemptions(workspace: Workspace, paths: Sequence[str]) -> Iterator[FileFinding]:
    """Yield a finding for each key of [exempt] that exempts none of the files, or all of them."""
    name = workspace.shown(workspace.pins.name)
    for key, number in workspace.exempted(paths).items():
        exempts_all = 0 < number == len(paths)
        # flake8 may lint untracked files
        exempts_some = number or os.path.lexists(workspace.location(key))
        if exempts_all or not (exempts_some or workspace.exempted(workspace.untracked_files())[key]):
            yield FileFinding(name, useless_exemption_finding(workspace.pins, key, exempts_all))


def findings_on_patterns(workspace: Workspace, scanned_files: Sequence[ScannedFile]) -> Iterator[FileFinding]:
    """Yield a finding for each own pattern that counts nothing, if all files are checked out."""
    dead = dead_patterns(workspace, scanned_files)
    if dead and not workspace.not_checked_out().paths:
        import difflib

        offered = [pattern for found in find_wrappers(workspace, scanned_files) for pattern in found.patterns]
        for pattern in dead:
            nearest = next(iter(difflib.get_close_matches(pattern, offered, n=1)), "")
            finding = dead_pattern_finding(workspace.pins, pattern, nearest)
            yield FileFinding(workspace.shown(workspace.pins.name), finding)


def registry_path(pins: Pins, named: str | None = None) -> str:
    """Return the path of the registry: the named one, or that in the pins file; empty if there is none."""
    return named or (os.path.join(pins.root, pins.registry) if pins.registry else "")


def registry_findings(
    workspace: Workspace, path: str, owner: str | None = None,
) -> tuple[Sequence[FileFinding], Sequence[RegistryFault]]:
    """Return the findings on registered ids, and the faults of the registry if it cannot be used."""
    if not path:
        return (), ()
    from flake8_artifact_pin.registry.load import load_registry
    from flake8_artifact_pin.registry.load import rows_owned_by

    pins = workspace.pins
    shown, name = relative(path, pins.cwd).replace(os.sep, "/"), workspace.shown(pins.name)
    found: list[FileFinding] = []
    try:
        rows = load_registry(path, shown)
        known = frozenset(row.artifact_id for row in rows)
        found += (FileFinding(name, finding) for finding in judge_registered(pins, known, shown))
        if owner:
            promised = [(row.artifact_id, row.position) for row in rows_owned_by(rows, owner, shown)]
            found += (FileFinding(shown, finding) for finding in judge_promised(pins, promised, owner))
    except RegistryError as error:
        return found, error.faults
    return found, ()


def _judged(workspace: Workspace, scanned: ScannedFile, moves: Sequence[Move]) -> Iterator[Finding]:
    verdict = with_moves(judge_file(workspace.pins, scanned.path, scanned.report), moves)
    file_noqa = scanned.file_noqa
    if file_noqa and not file_noqa.reason:
        yield file_noqa_finding(verdict, file_noqa)
    for finding in file_findings(workspace.pins, verdict):
        is_suppressed = scanned.report.noqa.hides(finding.code, finding.line)
        if not is_suppressed and not (file_noqa and file_noqa.reason and finding.code == "APR001"):
            yield finding


class Since(NamedTuple):
    """The changes since a base: calls, pins that were raised without a new call or decision, and findings (APR010)."""

    base: Base
    snapshots: Snapshots
    changes: Sequence[CallChange]
    raised: Sequence[Pin]
    findings: Sequence[FileFinding]

    def new_findings(self, workspace: Workspace, findings: Iterable[FileFinding]) -> frozenset[FileFinding]:
        """Return the findings that are about calls and pins that are new since the base."""
        own = frozenset(self.findings)
        new = {
            (workspace.shown(change.new.path), change.new.site.name)
            for change in self.changes
            if change.new and (change.is_new_artifact or change.is_undecided)
        }
        return frozenset(found for found in findings if found in own or (found.path, found.finding.subject) in new)


def compare_since(workspace: Workspace, base: Base) -> Since:
    """Return the changes since a base. Raise UsageError outside of git."""
    snapshots = open_snapshots(workspace, base.commit)
    old, new = Snapshot(snapshots.old_pins, snapshots.old), Snapshot(workspace.pins, snapshots.new)
    changes = compare(old, new, snapshots.renamed)
    raised = raised_pins(old, new, snapshots.renamed, changes)
    name = workspace.shown(workspace.pins.name)
    findings = [
        *_call_findings(workspace, changes, base.name),
        *(FileFinding(name, raised_pin_finding(workspace.pins, pin, base.name)) for pin in raised),
    ]
    return Since(base, snapshots, changes, raised, sorted(findings))


def _call_findings(workspace: Workspace, changes: Sequence[CallChange], base: str) -> Iterator[FileFinding]:
    """Yield a finding for each undecided call that its pin allows. Others have findings of their own."""
    for change in changes:
        if change.is_undecided and change.is_allowed and change.new:
            finding = new_call_finding(workspace.pins, change, _problem(workspace, change), base)
            yield FileFinding(workspace.shown(change.new.path), finding)


def _problem(workspace: Workspace, change: CallChange) -> str:
    assert change.new
    new = change.new.site.call
    shown = new.shown
    if change.old is None:
        return f"{shown} is new"
    old = change.old.site.call
    return {
        Kind.CHANGED: f"{new.shown_beside(old)} has replaced {old.shown_beside(new)}",
        Kind.UNSUPPRESSED: f"{shown} is no longer suppressed",
        Kind.RENAMED: f"{shown} has come from {old.scope} without its decision",
        Kind.MOVED: f"{shown} has come from {workspace.shown(change.old.path)} without its decision",
    }[change.kind]
