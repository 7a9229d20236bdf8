"""What became of the pins between two states of a repository, and whether somebody decided on it."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.diff.snapshots import Change
from flake8_artifact_pin.cli.diff.snapshots import Sides
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.source.names import without_number
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.positions import exempt_position
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.toml import written_position


def pin_changes(sides: Sides) -> Iterator[Change]:
    """Yield what became of the pins, then of what is exempt and of the patterns."""
    yield from _counted_changes(sides)
    yield from _exempt_changes(sides)
    yield from _pattern_changes(sides)


def _counted_changes(sides: Sides) -> Iterator[Change]:
    old_pins, new_pins = dict(sides.base_pins.pins), dict(sides.pins.pins)
    for path, pin in sorted(new_pins.items()):
        origin = path if path in old_pins else sides.renamed.get(path, "")
        is_moved = origin != path and origin in old_pins and origin not in new_pins
        old = old_pins.get(origin) if origin == path or is_moved else None
        if old is None:
            yield sides.pin_change("added", pin, f"{pin.allowed}, {_in_words(pin)}", _is_undecided(None, pin))
            continue
        old_pins.pop(origin)
        is_undecided = _is_undecided(old, pin)
        are_entries = old.calls is not None and pin.calls is not None
        words = _entries_in_words(old, pin) if are_entries else _in_words(pin)
        counts = f"{old.allowed} -> {pin.allowed}, {_old_in_words(pin) if is_undecided else ''}{words}"
        if is_moved:
            yield sides.pin_change("moved", pin, f"from {quote(origin)}, {counts}", is_undecided)
        elif pin.allowed > old.allowed:
            yield sides.pin_change("raised", pin, counts, is_undecided)
        elif pin.allowed < old.allowed:
            yield sides.pin_change("lowered", pin, counts, is_undecided)
        elif (pin.decision, _entries(pin)) != (old.decision, _entries(old)):
            was = "" if are_entries else f" (was: {_in_words(old)})"
            was += ", no longer call by call" if old.calls is not None and pin.calls is None else ""
            yield sides.pin_change("decided", pin, f"{pin.allowed}, {words}{was}", is_undecided)
    for _, old in sorted(old_pins.items()):
        line = pin_position(sides.base_pins, old).line
        text = f"{quote(old.path)}: was {old.allowed}, {_in_words(old)}"
        yield Change("pin", "removed", sides.base_pins_name, line, text)


def _exempt_changes(sides: Sides) -> Iterator[Change]:
    old, new = sides.base_pins.exempt.reasons, sides.pins.exempt.reasons
    for key in sorted(new.keys() - old.keys()):
        files = [path for path in sides.workspace.files() if exemption(sides.pins.exempt, path) == key]
        calls = sum(len(scanned.report.sites) for scanned in scan(sides.workspace, files))
        line = exempt_position(sides.pins, key).line
        text = f"{quote(key)}: {new[key]} ({count(calls, 'PUT call')} there)"
        yield Change("exempt", "added", sides.pins_name, line, text)
    for key in sorted(old.keys() - new.keys()):
        line = exempt_position(sides.base_pins, key).line
        yield Change("exempt", "removed", sides.base_pins_name, line, f"{quote(key)}: was {old[key]}")


def _pattern_changes(sides: Sides) -> Iterator[Change]:
    if sides.base_pins.faults:
        # nobody knows which there were
        return
    for kind, name, pins, other in (
        ("added", sides.pins_name, sides.pins, sides.base_pins),
        ("removed", sides.base_pins_name, sides.base_pins, sides.pins),
    ):
        line = written_position(pins.text, (*pins.table, "patterns")).line
        for pattern in pins.patterns:
            if pattern not in other.patterns:
                yield Change("pattern", kind, name, line, quote(pattern))


def _says_more(old: Sequence[Decision], new: Decision) -> bool:
    """Return whether somebody decided since: the old decisions, or a part of them, speak of the old calls."""
    has_new_reason = bool(new.grandfathered) and all(new.grandfathered != decision.grandfathered for decision in old)
    old_ids = {artifact_id for decision in old for artifact_id in decision.registered}
    return has_new_reason or not old_ids.issuperset(new.registered)


def is_swap_decided(old: Pin, old_names: Sequence[str], pin: Pin, name: str) -> bool:
    """Return whether somebody decided on a call that came in the place of others, given the names of all of them."""
    if old.calls is not None and pin.calls is not None:
        return _says_more([old.decision_on(gone) for gone in (*old_names, name)], pin.decision_on(name))
    return _says_more(old.decisions, pin.decision_on(name))


def _is_undecided(old: Pin | None, pin: Pin) -> bool:
    """Return whether a pin allows more than before, or another call, and nobody said why."""
    is_more = pin.allowed > (old.allowed if old else 0)
    if pin.calls is None:
        return is_more and not _says_more(old.decisions if old else (), pin.decision)
    entries = _entries(pin)
    if old is None or old.calls is None:
        before, old_decisions = (old.allowed, old.decisions) if old else (0, ())
        return pin.allowed - before > sum(_says_more(old_decisions, decision) for decision in entries.values())
    old_entries = _entries(old)
    # an entry without decision that only got another name had none before, and numbers may have passed decisions on
    return (
        _takes_old_decision(old, pin)
        or _undecided(entries, entries.keys() - old_entries) > _undecided(old_entries, old_entries.keys() - entries)
        or _undecided(entries, entries) > _undecided(old_entries, old_entries)
    )


def _takes_old_decision(old: Pin, pin: Pin) -> bool:
    """Return whether entries were added that say nothing new, other than in the place of those that were removed.

    Entries whose names differ in their numbers alone are taken together: to insert a call passes decisions on.
    """
    places = Counter(map(without_number, _entries(pin)))
    old_places = Counter(map(without_number, _entries(old)))
    news = Counter(
        without_number(name) for name, decision in _entries(pin).items() if _says_more(old.decisions, decision)
    )
    return (places - old_places - news).total() > (old_places - places).total()


def _entries(pin: Pin) -> Mapping[str, Decision]:
    return {name: call.decision for name, call in (pin.calls or {}).items()}


def _undecided(entries: Mapping[str, Decision], names: Iterable[str]) -> int:
    return sum(not entries[name].is_made for name in names)


def _in_words(pin: Pin) -> str:
    """Return what was decided on a pin, or on each of the calls that it names."""
    if pin.calls:
        return "; ".join(f"{quote(name)} {_text(decision)}" for name, decision in _entries(pin).items())
    return _text(pin.decision)


def _old_in_words(pin: Pin) -> str:
    """Return why a pin is undecided that has all decisions; an empty string if one is missing, which shows."""
    if not all(decision.is_made for decision in pin.decisions):
        return ""
    return "only the old decision: " if pin.calls is None else "an old decision for a new call: "


def _entries_in_words(old: Pin, pin: Pin) -> str:
    """Return what is different in the calls that a pin names."""
    old_entries, entries = _entries(old), _entries(pin)
    added = [f"added {quote(name)} {_text(entries[name])}" for name in entries if name not in old_entries]
    removed = [f"removed {quote(name)} {_text(old_entries[name])}" for name in old_entries if name not in entries]
    decided = [
        f"{quote(name)} {_text(entries[name])} (was: {_text(old_entries[name])})"
        for name in entries
        if old_entries.get(name, entries[name]) != entries[name]
    ]
    return "; ".join([*added, *removed, *decided]) or "the same calls"


def _text(decision: Decision) -> str:
    return decision.text or "no decision"
