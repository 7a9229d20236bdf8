"""Plan what to do with each pin. Only pins that are certainly stale are lowered or removed."""
from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple
from typing import TypeAlias

from flake8_artifact_pin.cli.moved import gone_files
from flake8_artifact_pin.cli.moved import moves_in
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.pins.edit import Edit
from flake8_artifact_pin.pins.edit import RemoveCall
from flake8_artifact_pin.pins.edit import RemovePin
from flake8_artifact_pin.pins.edit import SetCount
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.repository.renames import Fate
from flake8_artifact_pin.repository.renames import Outcome
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.uncounted import dead_patterns
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.messages import listed
from flake8_artifact_pin.rules.moves import Move
from flake8_artifact_pin.rules.moves import moved_to
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import Verdict


class Change(NamedTuple):
    """The change of a stale pin, which is on a line (1-based) of the pins file.

    ``new`` is the new count, or None if the pin is removed. ``removed_calls`` are the removed entries as the file
    spells them.
    """

    pin: Pin
    line: int
    new: int | None
    reason: str
    removed_calls: Sequence[str] = ()

    @property
    def edits(self) -> Sequence[Edit]:
        """The edits of the pins file that make the change."""
        if self.new is None:
            return [RemovePin(self.pin.key)]
        if self.pin.calls is None:
            return [SetCount(self.pin.key, self.new)]
        return [RemoveCall(self.pin.key, call) for call in self.removed_calls]


class Kept(NamedTuple):
    """A pin that may be stale but is kept, and why; ``is_open``: somebody has to settle it."""

    pin: Pin
    line: int
    reason: str
    is_open: bool = True


#: What is done with a pin, or the problem that keeps its file from being judged.
Result: TypeAlias = "Change | Kept | FileFinding"


def make_plan(workspace: Workspace) -> Iterator[Result]:
    """Yield what to do with the stale pins, in the order of the pins file."""
    judge = _Judge(workspace)
    for pin in with_progress(list(workspace.pins.pins.values()), "pin"):
        yield from judge.results(pin, pin_position(workspace.pins, pin).line)


def retired_ids(change: Change, after: Pins) -> Sequence[str]:
    """Return the ids of artifacts that nothing may write any more; ``after`` is the pins file after all changes."""
    pin = after.pin_of(change.pin.path)
    registered = _registered_ids(change.pin)
    # a count does not tell which of several ids is gone
    is_unclear = pin.calls is None and 0 < pin.allowed < len(registered)
    left = Counter(artifact_id for other in after.pins.values() for artifact_id in _registered_ids(other))
    return [artifact_id for artifact_id in registered if left[artifact_id] == is_unclear]


def _registered_ids(pin: Pin) -> Sequence[str]:
    return list(dict.fromkeys(artifact_id for decision in pin.decisions for artifact_id in decision.registered))


class _Judge:
    """Judges one pin after the other."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.gone = gone_files(workspace)
        self.other_files = {pin.path for pin in workspace.pins_on_other_files()}

    def results(self, pin: Pin, line: int) -> Iterator[Result]:
        """Yield the results for a pin; none if it is not stale."""
        if pin.path in self.gone:
            yield from self.results_of_gone(pin, line, self.gone[pin.path])
        elif pin.path in self.other_files:
            yield Kept(pin, line, "not Python, so not judged", is_open=False)
        elif exempting := exemption(self.workspace.pins.exempt, pin.path):
            yield Kept(pin, line, f"it is exempt by {quote(exempting)}, too: remove one of the two")
        else:
            for scanned in scan(self.workspace, [pin.path]):
                yield from scanned.problems
                verdict = judge_file(self.workspace.pins, pin.path, scanned.report)
                if verdict.is_stale and not scanned.problems:
                    yield from self.kept(pin, line) or _lowered(pin, line, verdict)

    def results_of_gone(self, pin: Pin, line: int, outcome: Outcome) -> Iterator[Result]:
        """Yield the results for a pin whose file does not exist."""
        if outcome.fate is Fate.RENAMED:
            yield Kept(pin, line, f"its file is {outcome.path} now: flake8-artifact-pin decide --moved")
        elif outcome.fate is Fate.DELETED:
            yield from self.kept_for_moves(pin, line) or (Change(pin, line, None, "the file does not exist"),)
        else:
            yield Kept(pin, line, outcome.reason, is_open=outcome.fate is not Fate.ABSENT)

    def kept(self, pin: Pin, line: int) -> Sequence[Kept]:
        """Return why a stale pin is kept: a pattern may miss its calls, or they moved to other files."""
        if not self.dead:
            return self.kept_for_moves(pin, line)
        pattern = quote(self.dead[0])
        reason = f"pattern {pattern} counts no PUT call, so its calls may only be uncounted"
        return [Kept(pin, line, f"{reason}: correct or remove the pattern")]

    def kept_for_moves(self, pin: Pin, line: int) -> Sequence[Kept]:
        """Return why a pin is kept: it has decisions on calls that moved to other files."""
        moved = moved_to(self.moves, pin.path)
        reason = f"calls moved to {', '.join(moved)}: flake8-artifact-pin decide --moved"
        return [Kept(pin, line, reason)] if moved else []

    @functools.cached_property
    def moves(self) -> Sequence[Move]:
        """The moved calls whose decisions are still in their old pins."""
        return [move for move in moves_in(self.workspace) if not move.problem]

    @functools.cached_property
    def dead(self) -> Sequence[str]:
        """The own patterns that count nothing."""
        return dead_patterns(self.workspace)


def _lowered(pin: Pin, line: int, verdict: Verdict) -> Iterator[Change | Kept]:
    """Yield the results for a pin that allows more calls than its file makes."""
    if verdict.report.encoding_problem:
        yield Kept(pin, line, "Python may run another program than was counted (APR011): settle that first")
    elif not verdict.counted:
        yield Change(pin, line, None, "no PUT call counted")
    elif pin.calls is None:
        yield Change(pin, line, verdict.counted, f"{verdict.counted} counted")
    else:
        yield from _without_gone_calls(pin, line, verdict)


def _without_gone_calls(pin: Pin, line: int, verdict: Verdict) -> Iterator[Change | Kept]:
    """Yield the results for a pin with entries of gone calls.

    An entry is kept if it may belong to a call without an entry, or to another call of the same name.
    """
    assert pin.calls is not None
    moved = {call.replaces for call in verdict.unnamed if call.is_move}
    gone = [name for name in verdict.gone if name not in moved and name not in verdict.uncertain]
    unclear = [call.site.name for call in verdict.unnamed if not call.is_move]
    replaced = {call.replaces for call in verdict.unnamed}
    spare = [name for name in gone if name not in replaced][:pin.allowed - verdict.counted]
    if unclear and len({pin.calls[name].decision for name in gone}) > 1:
        yield Kept(pin, line, f"one of its entries {listed(gone)} may be that of {listed(unclear)}: decide first")
    elif spare:
        keys = [pin.calls[name].key for name in spare]
        yield Change(pin, line, pin.allowed - len(spare), f"{verdict.counted} counted", keys)
    if unsure := [name for name in verdict.gone if name in verdict.uncertain]:
        names = listed([name for name in pin.calls if name in verdict.uncertain])
        yield Kept(pin, line, f"{len(unsure)} of {names} gone, and nobody can tell which: remove by hand")
