"""Find new artifacts without a decision between two snapshots.

One rule: a file has more new artifacts than new decisions. An artifact is new if a counted call writes it now and no
counted call of the base did, or if it moved and its decision did not.
"""
from __future__ import annotations

import math
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.rules.matching import CallChange
from flake8_artifact_pin.rules.matching import Kind
from flake8_artifact_pin.rules.matching import match_calls
from flake8_artifact_pin.rules.matching import PlacedCall
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import judge_files
from flake8_artifact_pin.rules.verdict import Verdict
from flake8_artifact_pin.source.reasons import canonical
from flake8_artifact_pin.source.reasons import says_something
from flake8_artifact_pin.source.report import FileReport

_Parts = frozenset[tuple[str, str]]


class Snapshot(NamedTuple):
    """One state of the repository: its pins, and the reports of files that differ from the other snapshot."""

    pins: Pins
    reports: Mapping[str, FileReport]


def compare(old: Snapshot, new: Snapshot, renamed: Mapping[str, str]) -> list[CallChange]:
    """Return the change of each PUT call; ``renamed`` maps current paths of renamed files to their base paths."""
    before, now = judge_files(old.pins, old.reports), judge_files(new.pins, new.reports)
    changes = list(match_calls(before, now, renamed))
    counted: dict[str, list[CallChange]] = {}
    for change in changes:
        if change.new and change.new.site.is_counted:
            counted.setdefault(change.new.path, []).append(change)
    undecided: set[int] = set()
    for path, here in counted.items():
        old_path = base_path(path, old.pins, renamed)
        old_pin = old.pins.pin_of(old_path)
        unused = before[old_path].gone if old_path in before else old_pin.calls or ()
        undecided.update(map(id, _undecided(old_pin, unused, now[path], here)))
    return [change._replace(is_undecided=id(change) in undecided) for change in changes]


def raised_pins(old: Snapshot, new: Snapshot, renamed: Mapping[str, str], changes: Iterable[CallChange]) -> list[Pin]:
    """Return the pins that allow more calls than in the base, without new calls or new decisions for them.

    No pin counts as raised if the base had no pins file, or if a new store or pattern counts calls that existed before.
    """
    counts_more = not {*new.pins.stores, *new.pins.patterns} <= {*old.pins.stores, *old.pins.patterns}
    if not old.pins.path or old.pins.faults or counts_more:
        return []
    added: dict[str, int] = {}
    for change in changes:
        if change.is_new_artifact and change.new:
            added[change.new.path] = added.get(change.new.path, 0) + 1
    raised = []
    for path, pin in new.pins.pins.items():
        before = old.pins.pin_of(base_path(path, old.pins, renamed))
        more = pin.allowed - before.allowed - max(0, _gained(path, old, new, renamed)) - _stale(path, before, new)
        if more > max(0, new_decisions(before, pin) - added.get(path, 0)):
            raised.append(pin)
    return raised


def new_decisions(old: Pin, pin: Pin) -> float:
    """Return how many decisions of a pin are new since the base; infinity if a new reason is for a whole count."""
    if pin.calls is not None:
        return len(newly_decided(old, pin))
    new = _new_parts(pin.decision, _said(old.decisions))
    return math.inf if any(word != "registered" for word, _ in new) else len(new)


def newly_decided(old: Pin, pin: Pin) -> set[str]:
    """Return the entries of named calls with new decisions: not made before on them, or on entries that are gone."""
    names = pin.calls or {}
    before = old.calls or {}
    taken_over = _said([old.decision, *(call.decision for name, call in before.items() if name not in names)])
    return {
        name
        for name, call in names.items()
        if _new_parts(call.decision, _parts(before[name].decision) if name in before else taken_over)
    }


def _shared_entries(old: Pin, pin: Pin) -> set[str]:
    """Return the entries that repeat the decision of a pin that counted: more of them than it allowed are new."""
    if old.calls is not None or not old.decision.is_made:
        return set()
    return {name for name, call in (pin.calls or {}).items() if is_same_decision(call.decision, old.decision)}


def is_same_decision(decision: Decision, other: Decision) -> bool:
    """Return whether two decisions look the same to a reader, apart from ``until``."""
    return _parts(decision) == _parts(other)


def base_path(path: str, old: Pins, renamed: Mapping[str, str]) -> str:
    """Return the base path of a pinned file."""
    return path if path in old.pins else renamed.get(path, path)


def _undecided(
    old_pin: Pin, unused: Collection[str], now: Verdict, changes: Sequence[CallChange],
) -> Sequence[CallChange]:
    """Return the undecided ones among the changes of a file's counted calls.

    ``unused`` are the entries of the old pin that matched no call in the base.
    """
    if now.exempt:
        return []
    added = [change for change in changes if not _is_old_artifact(change)]
    if now.pin.calls is None:
        return added if now.is_over or len(added) > new_decisions(old_pin, now.pin) else []
    waiting = {name for name in unused if now.pin.decision_on(name).is_made}
    decided = newly_decided(old_pin, now.pin) | waiting
    shared = _shared_entries(old_pin, now.pin)
    left = max(0, len(shared) - old_pin.allowed)
    undecided = []
    for change in added:
        if _take_decision(change, decided):
            continue
        if left and _take_decision(change, shared):
            left -= 1
        else:
            undecided.append(change)
    return undecided


def _is_old_artifact(change: CallChange) -> bool:
    """Return whether a call is not new: it was here before, or it moved with its decision."""
    if change.kind is Kind.SAME or change.is_new_artifact:
        return not change.is_new_artifact
    # a renamed call needs no decision; check asks to rename its entry
    return _is_kept(change) if change.is_allowed else change.kind is Kind.RENAMED


def _take_decision(change: CallChange, decided: set[str]) -> bool:
    """Return whether an entry has a new decision on a call. It is removed from ``decided``: it is for one call."""
    call = change.new.call if change.new and change.is_allowed else None
    entry = next((entry for entry in (call.entry, *call.alternatives) if entry in decided), "") if call else ""
    decided.discard(entry)
    return bool(entry)


def _is_kept(change: CallChange) -> bool:
    """Return whether a call still has its decision, and not that of another call."""
    before, now = _said_of(change.old), _said_of(change.new)
    made = _Parts().union(*before)
    return before == now or all(parts >= made if made else not parts for parts in now)


def _said_of(placed: PlacedCall | None) -> set[_Parts]:
    return {_parts(decision) for decision in placed.file.decisions_on(placed.call)} if placed else set()


def _gained(path: str, old: Snapshot, new: Snapshot, renamed: Mapping[str, str]) -> int:
    """Return how many more calls of a file are counted than in the base; negative if fewer."""
    before = old.reports.get(renamed.get(path, path))
    now = new.reports.get(path)
    return (now.counted if now else 0) - (before.counted if before else 0)


def _stale(path: str, before: Pin, new: Snapshot) -> int:
    """Return how many entries of the base match no call of a changed file any more: APR002 reports them."""
    report = new.reports.get(path)
    gone = judge_file(new.pins, path, report).gone if report else ()
    return len({*gone} & {*(before.calls or ())})


def _new_parts(decision: Decision, before: _Parts) -> _Parts:
    """Return the ids and reasons of a decision that are new and not placeholders."""
    return frozenset(
        (word, text)
        for word, text in _parts(decision) - before
        if says_something(text, is_reference=word != "grandfathered")
    )


def _said(decisions: Iterable[Decision]) -> _Parts:
    return _Parts().union(*map(_parts, decisions))


def _parts(decision: Decision) -> _Parts:
    """Return the ids and reasons of a decision as a reader sees them, without ``until``."""
    said = [
        *(("registered", artifact_id) for artifact_id in decision.registered),
        ("grandfathered", decision.grandfathered),
        ("deferred", decision.deferred),
    ]
    return frozenset((word, canonical(text)) for word, text in said if canonical(text))
