"""What is new since a base: for ``check --since`` and ``diff``."""
from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.repository.base import Base
from flake8_artifact_pin.repository.snapshots import open_snapshots
from flake8_artifact_pin.repository.snapshots import Snapshots
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.matching import CallChange
from flake8_artifact_pin.rules.changes import compare
from flake8_artifact_pin.rules.matching import Kind
from flake8_artifact_pin.rules.changes import raised_pins
from flake8_artifact_pin.rules.changes import Snapshot
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.messages import new_call_finding
from flake8_artifact_pin.rules.messages import raised_pin_finding
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import State


class Since(NamedTuple):
    """What changed since a base: the calls, pins that were raised without a call or a decision, and findings (APR010)."""

    base: Base
    snapshots: Snapshots
    changes: Sequence[CallChange]
    raised: Sequence[Pin]
    findings: Sequence[FileFinding]

    def is_new(self, workspace: Workspace, found: FileFinding) -> bool:
        """Return whether a finding is about what came since the base."""
        return found in self.findings or (found.path, found.finding.line, found.finding.column) in self._new_places(workspace)

    def _new_places(self, workspace: Workspace) -> set[tuple[str, int, int]]:
        return {
            (workspace.shown(change.new.path), change.new.site.call.line, change.new.site.call.column)
            for change in self.changes
            if change.came and change.new
        }


def compare_since(workspace: Workspace, base: Base) -> Since:
    """Return what changed since a base; raise UsageError outside of git."""
    snapshots = open_snapshots(workspace, base.commit)
    old, new = Snapshot(snapshots.old_pins, snapshots.old), Snapshot(workspace.pins, snapshots.new)
    changes = compare(old, new, snapshots.renamed)
    raised = raised_pins(old, new, snapshots.renamed, changes)
    name = workspace.shown(workspace.pins.name)
    findings = [
        *_call_findings(workspace, new, changes, base.name),
        *(FileFinding(name, raised_pin_finding(workspace.pins, pin, base.name)) for pin in raised),
    ]
    return Since(base, snapshots, changes, raised, sorted(findings))


def _call_findings(
    workspace: Workspace, new: Snapshot, changes: Sequence[CallChange], base: str,
) -> Iterator[FileFinding]:
    """Yield what is said of calls that are allowed: any other has a finding of its own."""
    for change in changes:
        if not change.is_undecided or change.new is None:
            continue
        path, site = change.new
        verdict = judge_file(new.pins, path, new.reports[path])
        states = [call.state for call in verdict.calls if call.site is site]
        if states == [State.PINNED]:
            finding = new_call_finding(new.pins, path, (site.call.line, site.call.column), _problem(change), base)
            yield FileFinding(workspace.shown(path), finding)


def _problem(change: CallChange) -> str:
    shown = change.new.site.call.shown if change.new else ""
    if change.kind is Kind.CHANGED and change.old:
        return f"{shown} has replaced {change.old.site.call.shown}"
    return f"{shown} is no longer suppressed" if change.kind is Kind.UNSUPPRESSED else f"{shown} is new"
