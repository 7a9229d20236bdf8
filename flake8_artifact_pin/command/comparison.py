"""Compare two states of a repository: which PUT calls came, went and moved, and what became of the pins."""
from __future__ import annotations

from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterator
from collections.abc import Sequence

from flake8_artifact_pin.command.pin_changes import is_swap_decided
from flake8_artifact_pin.command.pin_changes import pin_changes
from flake8_artifact_pin.command.sides import Change
from flake8_artifact_pin.command.sides import PlacedCall
from flake8_artifact_pin.command.sides import Sides
from flake8_artifact_pin.names import MODULE
from flake8_artifact_pin.pins import quote


def compare(sides: Sides) -> list[Change]:
    """Return what differs: PUT calls first, then pins, then what is exempt and which calls count."""
    return [*_call_changes(sides), *pin_changes(sides)]


def _call_changes(sides: Sides) -> Iterator[Change]:
    """Yield what became of the PUT calls. The same ones are found step by step; what is left over is news."""
    def home(call: PlacedCall) -> str:
        return sides.renamed.get(call.path, call.path)

    calls = _Calls(sides.old, sides.new)
    same = calls.match(
        lambda call: (call.path, call.identity, call.site.is_observed),
        lambda call: (home(call), call.identity, call.site.is_observed),
    )
    same += calls.match(lambda call: (call.path, call.identity), lambda call: (home(call), call.identity))
    same += calls.match(
        lambda call: call.artifact and (call.path, call.artifact),
        lambda call: call.artifact and (home(call), call.artifact),
    )
    moved = calls.match(_identity_elsewhere, _identity_elsewhere)
    swapped = calls.match(
        lambda call: call.site.is_observed and (call.path, call.site.call.scope),
        lambda call: call.site.is_observed and (home(call), call.site.call.scope),
    )
    swapped += calls.match(
        lambda call: call.site.is_observed and call.path, lambda call: call.site.is_observed and home(call),
    )
    for old, new in [*same, *moved]:
        if new.site.is_observed and not old.site.is_observed:
            yield sides.call_change("added", new, f"{new.text}, which was suppressed")
        elif old.site.is_observed and not new.site.is_observed:
            yield sides.call_change("suppressed", new, new.text)
    for old, new in moved:
        yield sides.call_change("moved", new, f"{new.text}, from {sides.place(old)}")
    for old, new in swapped:
        pin = sides.pins.pin_of(new.path)
        is_decided = is_swap_decided(sides.base_pins.pin_of(old.path), old.site.name, pin, new.site.name)
        text = f"a swap that the count does not show: {old.text} ({sides.place(old)}) is gone, {new.text} has come"
        where = f"at {quote(new.site.name)}" if pin.calls is not None else "in the pin"
        text += "" if is_decided else f"; say {where} of {quote(new.path)} what was decided"
        yield sides.call_change("swapped", new, text, not is_decided)
    for call in calls.new:
        yield sides.call_change("added", call, call.text)
    for call in calls.old:
        yield sides.call_change("removed", call, call.text)


class _Calls:
    """The calls of both sides that have no counterpart yet."""

    def __init__(self, old: Sequence[PlacedCall], new: Sequence[PlacedCall]) -> None:
        self.old = list(old)
        self.new = list(new)

    def match(
        self,
        old_key: Callable[[PlacedCall], Hashable],
        new_key: Callable[[PlacedCall], Hashable],
    ) -> list[tuple[PlacedCall, PlacedCall]]:
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
    is_telling = call.site.call.fixed_parts or call.site.call.scope != MODULE
    return call.identity if is_telling else None
