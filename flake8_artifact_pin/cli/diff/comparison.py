"""Compare two states of a repository: which PUT calls came, went and moved, and what became of the pins."""
from __future__ import annotations

from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.diff.pin_changes import is_swap_decided
from flake8_artifact_pin.cli.diff.pin_changes import pin_changes
from flake8_artifact_pin.cli.diff.snapshots import Change
from flake8_artifact_pin.cli.diff.snapshots import PlacedCall
from flake8_artifact_pin.cli.diff.snapshots import Sides
from flake8_artifact_pin.source.names import MODULE
from flake8_artifact_pin.pins.quoting import quote

# what a call was, and what it or another one is now
Pair = tuple[PlacedCall, PlacedCall]
_Files = dict[str, list[PlacedCall]]
# the call that went, by the id() of the one that came without a decision
_Hidden = Mapping[int, PlacedCall]


def compare(sides: Sides) -> list[Change]:
    """Return what differs: PUT calls first, then pins, then what is exempt and which calls count."""
    return [*_call_changes(sides), *pin_changes(sides)]


def _call_changes(sides: Sides) -> Iterator[Change]:
    """Yield what became of the PUT calls: those whose suppression changed first, then those that moved, and so on."""
    matching = _match(sides)
    hidden = _hidden_swaps(sides, matching)
    yield from _suppression_changes(sides, [*matching.same, *matching.moved], hidden)
    for old, new in matching.moved:
        # of one that was suppressed, another line says whether it is decided
        rest = hidden if old.site.is_counted else {}
        yield _came(sides, "moved", new, f"{new.text}, from {sides.place(old)}", rest)
    for old, new in matching.swapped:
        yield _swap_change(sides, old, new)
    for call in matching.added:
        yield _came(sides, "added", call, call.text, hidden)
    for call in matching.removed:
        yield sides.call_change("removed", call, call.text)


def _suppression_changes(sides: Sides, pairs: Sequence[Pair], hidden: _Hidden) -> Iterator[Change]:
    """Yield the calls that were suppressed and no longer are, or the other way round."""
    for old, new in pairs:
        if new.site.is_counted and not old.site.is_counted:
            yield _came(sides, "added", new, f"{new.text}, which was suppressed", hidden)
        elif old.site.is_counted and not new.site.is_counted:
            yield sides.call_change("suppressed", new, new.text)


def _came(sides: Sides, kind: str, call: PlacedCall, text: str, hidden: _Hidden) -> Change:
    """Return the change of a call that came, and say if it took the place of one whose line is another one."""
    old = hidden.get(id(call))
    if old is None:
        return sides.call_change(kind, call, text)
    text += f"; a swap that the count does not show: the one at {sides.place(old)} no longer counts"
    return sides.call_change(kind, call, text + _request(sides, call), True)


def _swap_change(sides: Sides, old: PlacedCall, new: PlacedCall) -> Change:
    """Return the change of a call that went while another one came."""
    text = f"a swap that the count does not show: {old.text} ({sides.place(old)}) is gone, {new.text} has come"
    is_decided = _is_decided(sides, [old], new)
    return sides.call_change("swapped", new, text if is_decided else text + _request(sides, new), not is_decided)


def _request(sides: Sides, call: PlacedCall) -> str:
    """Return what to do about a call that nobody decided on."""
    is_named = sides.pins.pin_of(call.path).calls is not None
    where = f"at {quote(call.site.name)}" if is_named else "in the pin"
    return f"; say {where} of {quote(call.path)} what was decided"


def _is_decided(sides: Sides, gone: Sequence[PlacedCall], call: PlacedCall) -> bool:
    """Return whether somebody decided on a call that came in the place of some of its file's."""
    old_pin, pin = sides.base_pins.pin_of(sides.home(call)), sides.pins.pin_of(call.path)
    return is_swap_decided(old_pin, [old.site.name for old in gone], pin, call.site.name)


class _Matching(NamedTuple):
    """What became of the calls of both sides.

    ``same`` and ``moved`` are pairs of what a call was and is, in its own file and in another one; ``swapped`` are
    pairs of a call that went and another one that came in the same file; ``added`` and ``removed`` have no counterpart.
    """

    same: Sequence[Pair]
    moved: Sequence[Pair]
    swapped: Sequence[Pair]
    added: Sequence[PlacedCall]
    removed: Sequence[PlacedCall]


def _match(sides: Sides) -> _Matching:
    """Return what became of the calls. The same ones are found step by step; what is left over is news."""
    home = sides.home
    calls = _Calls(sides.old, sides.new)
    same = calls.match(
        lambda call: (call.path, call.identity, call.site.is_counted),
        lambda call: (home(call), call.identity, call.site.is_counted),
    )
    same += calls.match(lambda call: (call.path, call.identity), lambda call: (home(call), call.identity))
    same += calls.match(
        lambda call: call.artifact and (call.path, call.artifact),
        lambda call: call.artifact and (home(call), call.artifact),
    )
    moved = calls.match(_identity_elsewhere, _identity_elsewhere)
    swapped = calls.match(
        lambda call: call.site.is_counted and (call.path, call.site.call.scope),
        lambda call: call.site.is_counted and (home(call), call.site.call.scope),
    )
    swapped += calls.match(
        lambda call: call.site.is_counted and call.path, lambda call: call.site.is_counted and home(call),
    )
    return _Matching(same, moved, swapped, calls.new, calls.old)


def _hidden_swaps(sides: Sides, matching: _Matching) -> _Hidden:
    """Return the calls that came while others of their file went and nobody decided, without those in ``swapped``.

    To move a call to another file, or to suppress it, makes room for one that the count does not show.
    """
    gone, come = _turnover(sides, matching)
    for old, new in matching.swapped:
        if _is_decided(sides, [old], new):
            # of the calls that came it need not be this one that came in the place of the old one
            gone.setdefault(old.path, []).append(old)
    hidden: dict[int, PlacedCall] = {}
    for path, calls in come.items():
        lost = gone.get(path, [])
        unsaid = [call for call in calls if lost and not _is_decided(sides, lost, call)]
        hidden.update((id(new), old) for old, new in zip(lost, unsaid))
    return hidden


def _turnover(sides: Sides, matching: _Matching) -> tuple[_Files, _Files]:
    """Return the observed calls that each file lost and gained, but for swaps, by the path of the file in the base."""
    gone: _Files = {}
    come: _Files = {}
    pairs: list[tuple[PlacedCall | None, PlacedCall | None]] = [*matching.same, *matching.moved]
    pairs += [(old, None) for old in matching.removed]
    pairs += [(None, new) for new in matching.added]
    for old, new in pairs:
        before = old.path if old and old.site.is_counted else None
        now = sides.home(new) if new and new.site.is_counted else None
        if old and before and before != now:
            gone.setdefault(before, []).append(old)
        if new and now and before != now:
            come.setdefault(now, []).append(new)
    return gone, come


class _Calls:
    """The calls of both sides that have no counterpart yet."""

    def __init__(self, old: Sequence[PlacedCall], new: Sequence[PlacedCall]) -> None:
        self.old = list(old)
        self.new = list(new)

    def match(
        self,
        old_key: Callable[[PlacedCall], Hashable],
        new_key: Callable[[PlacedCall], Hashable],
    ) -> list[Pair]:
        """Return pairs of calls with an equal key, in order, and take them out; a false key is equal to none."""
        waiting: dict[Hashable, list[PlacedCall]] = {}
        for old in self.old:
            waiting.setdefault(old_key(old), []).append(old)
        pairs = []
        for new in self.new:
            key = new_key(new)
            if key and waiting.get(key):
                pairs.append((waiting[key].pop(0), new))
        matched_old = {id(old) for old, _ in pairs}
        matched_new = {id(new) for _, new in pairs}
        self.old = [call for call in self.old if id(call) not in matched_old]
        self.new = [call for call in self.new if id(call) not in matched_new]
        return pairs


def _identity_elsewhere(call: PlacedCall) -> Hashable:
    """Return what a call that moved to another file has in common with what it was: enough to be no chance."""
    is_telling = call.site.call.key or call.site.call.scope != MODULE
    return call.identity if is_telling else None
