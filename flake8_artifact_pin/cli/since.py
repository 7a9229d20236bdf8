"""Compare with a base, for ``check --since`` and ``diff``."""
from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.repository.base import Base
from flake8_artifact_pin.repository.snapshots import open_snapshots
from flake8_artifact_pin.repository.snapshots import Snapshots
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.changes import compare
from flake8_artifact_pin.rules.changes import raised_pins
from flake8_artifact_pin.rules.changes import Snapshot
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.matching import CallChange
from flake8_artifact_pin.rules.matching import Kind
from flake8_artifact_pin.rules.messages import new_call_finding
from flake8_artifact_pin.rules.messages import raised_pin_finding


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
