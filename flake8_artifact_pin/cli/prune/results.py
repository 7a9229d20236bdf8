"""The results of prune as plain data: a pin is changed, offered for a move, or kept for a reason."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.pins.edit import Edit
from flake8_artifact_pin.pins.edit import RemoveCall
from flake8_artifact_pin.pins.edit import RemovePin
from flake8_artifact_pin.pins.edit import RenamePin
from flake8_artifact_pin.pins.edit import SetCount
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.rules.findings import FileFinding


class Change(NamedTuple):
    """The change of a stale pin, which is on a line (1-based) of the pins file.

    ``new`` is the new count, or None if the pin is removed. ``removed_calls`` are the removed entries as the file
    spells them; ``moved_to`` is the pin's new path, or empty.
    """

    pin: Pin
    line: int
    new: int | None
    reason: str
    moved_to: str = ""
    removed_calls: Sequence[str] = ()

    @property
    def left_ids(self) -> frozenset[str]:
        """The ids that the pin still registers afterwards."""
        if self.new is None:
            return frozenset()
        calls = self.pin.calls
        if calls is None:
            return frozenset(self.pin.decision.registered)
        left = (call.decision for call in calls.values() if call.key not in self.removed_calls)
        return frozenset(artifact_id for decision in left for artifact_id in decision.registered)

    @property
    def retired_ids(self) -> Sequence[str]:
        """The ids of artifacts that this file may no longer write."""
        registered = registered_ids(self.pin)
        if self.pin.calls is None and self.new is not None:
            # a count does not tell which of several ids is gone
            return registered if self.new < min(self.pin.allowed, len(registered)) else ()
        return [artifact_id for artifact_id in registered if artifact_id not in self.left_ids]

    @property
    def edits(self) -> list[Edit]:
        """The edits of the pins file that make the change."""
        pin = self.pin
        if self.new is None:
            return [RemovePin(pin.key)]
        edits: list[Edit] = [RemoveCall(pin.key, call) for call in self.removed_calls]
        if pin.calls is None and self.new != pin.allowed:
            edits.append(SetCount(pin.key, self.new))
        if self.moved_to:
            edits.append(RenamePin(pin.key, self.moved_to))
        return edits


class Offer(NamedTuple):
    """A pin whose file was renamed. It is only offered: git may take a copy of a removed file for a rename."""

    pin: Pin
    line: int
    new_path: str


class Kept(NamedTuple):
    """A pin that may be stale but is kept, and why; ``is_open``: somebody has to settle it."""

    pin: Pin
    line: int
    reason: str
    is_open: bool = True


class Plan(NamedTuple):
    """The pins to change, to offer and to keep, and the findings that keep files from being judged."""

    changes: Sequence[Change]
    offers: Sequence[Offer]
    kept: Sequence[Kept]
    findings: Sequence[FileFinding]

    @property
    def edits(self) -> list[Edit]:
        """The edits of all changes. Renames are last, because other edits use the old keys."""
        edits = [edit for change in self.changes for edit in change.edits]
        return sorted(edits, key=lambda edit: isinstance(edit, RenamePin))

    @property
    def is_settled(self) -> bool:
        """Whether no pin is left that is stale or uncertain."""
        return not self.offers and not self.findings and not any(kept.is_open for kept in self.kept)


def retired_ids(changes: Sequence[Change], pins: Iterable[Pin]) -> Mapping[str, Sequence[str]]:
    """Return the ids that each change may retire, by its pin's key: ids that no other pin registers."""
    left = {pin.key: frozenset(registered_ids(pin)) for pin in pins}
    left.update((change.pin.key, change.left_ids) for change in changes)
    numbers = Counter(artifact_id for ids in left.values() for artifact_id in ids)
    return {
        change.pin.key: [found for found in change.retired_ids if numbers[found] == (found in change.left_ids)]
        for change in changes
    }


def registered_ids(pin: Pin) -> list[str]:
    """Return the ids that a pin registers, without duplicates."""
    return list(dict.fromkeys(artifact_id for decision in pin.decisions for artifact_id in decision.registered))
