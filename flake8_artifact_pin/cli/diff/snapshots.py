"""What a comparison is made of: the files that differ, their PUT calls, and the pins, before and now."""
from __future__ import annotations

from typing import NamedTuple

from flake8_artifact_pin.repository.snapshots import open_snapshots
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.report import Site
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import pin_position
from flake8_artifact_pin.pins.model import quote


class Change(NamedTuple):
    """A line of the result; the names of the fields are those of the JSON format.

    ``subject`` is "call", "pin", "exempt" or "pattern"; ``kind`` is "added", "removed", "moved", "swapped",
    "suppressed", "raised", "lowered" or "decided" (a decision that changed alone). ``path`` is relative to the
    working directory and ``line`` is 1-based; of what is gone they are those in the base. ``undecided``: a pin that
    was raised or added without a decision, or a swap that none was made on.
    """

    subject: str
    kind: str
    path: str
    line: int
    text: str
    undecided: bool = False


class PlacedCall(NamedTuple):
    """A PUT call and the file it is in, as a path of the pins file."""

    path: str
    site: Site

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes it the same call in the same place of the program, wherever it is written."""
        call = self.site.call
        return (call.scope, call.method, call.key)

    @property
    def artifact(self) -> tuple[object, ...] | None:
        """What makes it write the same artifact, whatever the function is called; None if the source does not tell."""
        return self.site.call.key or None

    @property
    def text(self) -> str:
        """The call in words."""
        reason = "" if self.site.is_counted else f" (suppressed: {self.site.reason})"
        return f"{self.site.call.shown} in {self.site.call.scope}{reason}"


class Sides:
    """Both sides of the comparison: the files that differ, the pins, and what is to be said of them."""

    def __init__(self, workspace: Workspace, commit: str) -> None:
        snapshots = open_snapshots(workspace, commit)
        self.workspace = workspace
        self.pins, self.base_pins = workspace.pins, snapshots.old_pins
        self.pins_name = workspace.shown(self.pins.name)
        self.base_pins_name = workspace.shown(self.base_pins.name)
        self.notes, self.findings, self.renamed = snapshots.notes, snapshots.problems, snapshots.renamed
        self.old = [PlacedCall(path, site) for path, report in snapshots.old.items() for site in report.sites]
        self.new = [PlacedCall(path, site) for path, report in snapshots.new.items() for site in report.sites]

    def home(self, call: PlacedCall) -> str:
        """Return the path that a call's file of now had in the base, renamed or not."""
        return self.renamed.get(call.path, call.path)

    def place(self, call: PlacedCall) -> str:
        """Return where a call is, for a person."""
        return f"{self.workspace.shown(call.path)}:{call.site.call.line}"

    def call_change(self, kind: str, call: PlacedCall, text: str, undecided: bool = False) -> Change:
        """Return the change of a call."""
        return Change("call", kind, self.workspace.shown(call.path), call.site.call.line, text, undecided)

    def pin_change(self, kind: str, pin: Pin, text: str, undecided: bool = False) -> Change:
        """Return the change of a pin that there is now."""
        line = pin_position(self.pins, pin).line
        return Change("pin", kind, self.pins_name, line, f"{quote(pin.path)}: {text}", undecided)
