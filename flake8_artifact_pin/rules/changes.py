"""What a change does to PUT calls, and which of it nobody decided on.

One rule says what is undecided: in a file, more artifacts came than new decisions were made. An artifact came if it is
written now, counts, and was not written by any counted call of the base.
"""
from __future__ import annotations

import enum
import math
import operator
from collections import Counter
from collections import deque
from collections.abc import Collection
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import Verdict
from flake8_artifact_pin.source.names import MODULE
from flake8_artifact_pin.source.reasons import canonical
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import Site


class Kind(enum.Enum):
    """What became of a PUT call."""

    SAME = "same"
    RENAMED = "renamed"
    MOVED = "moved"
    CHANGED = "changed"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    ADDED = "added"
    REMOVED = "removed"


class PlacedCall(NamedTuple):
    """A PUT call and the file it is in, as a path of the pins file."""

    path: str
    site: Site


class CallChange(NamedTuple):
    """What a call was and what it is: one of them is missing where it came or went.

    ``CHANGED`` means that another artifact is written at the same place of the program.
    """

    kind: Kind
    old: PlacedCall | None
    new: PlacedCall | None
    is_undecided: bool = False

    @property
    def came(self) -> bool:
        """Whether an artifact came that was not counted before."""
        return self.kind in (Kind.ADDED, Kind.CHANGED, Kind.UNSUPPRESSED) and bool(self.new and self.new.site.is_counted)


class Snapshot(NamedTuple):
    """One state of the repository: its pins, and the reports of the files that differ between two states."""

    pins: Pins
    reports: Mapping[str, FileReport]


def compare(old: Snapshot, new: Snapshot, renamed: Mapping[str, str]) -> list[CallChange]:
    """Return what became of each PUT call; ``renamed`` are the paths in the base of renamed files, by those of now."""
    changes = list(_matched(old, new, renamed))
    undecided = set(_undecided(old, new, renamed, changes))
    return [change._replace(is_undecided=number in undecided) for number, change in enumerate(changes)]


def raised_pins(old: Snapshot, new: Snapshot, renamed: Mapping[str, str], changes: Iterable[CallChange]) -> list[Pin]:
    """Return the pins that allow more than in the base although no call came for it, and have no new decision.

    In a base without a pins file nothing was allowed on purpose, so none of today's pins counts as raised.
    """
    if not old.pins.path or old.pins.faults:
        return []
    arrived = Counter(change.new.path for change in changes if change.new and change.kind is not Kind.SAME)
    raised = []
    for path, pin in new.pins.pins.items():
        before = old.pins.pin_of(base_path(path, old.pins, renamed))
        more = pin.allowed - before.allowed - arrived[path]
        if more > new_decisions(before, pin):
            raised.append(pin)
    return raised


def new_decisions(old: Pin, pin: Pin) -> float:
    """Return how many decisions a pin has that its base does not have: a new reason speaks of all calls of a count."""
    if pin.calls is None:
        return _new_in_count(old, pin.decision)
    return sum(is_new_entry(old, pin, name) for name in pin.calls)


def is_new_entry(old: Pin, pin: Pin, name: str) -> bool:
    """Return whether the entry of a named call holds a decision that was not made on another call before."""
    decision = pin.decision_on(name)
    if not decision.is_made:
        return False
    if old.calls is None:
        return not says_the_same(decision, old.decision)
    if name in old.calls:
        return not says_the_same(decision, old.decision_on(name))
    taken_over = [old.decision_on(gone) for gone in old.calls if gone not in (pin.calls or {})]
    return not any(says_the_same(decision, before) for before in taken_over)


def _new_in_count(old: Pin, decision: Decision) -> float:
    before = old.decisions
    for reason in (decision.grandfathered, decision.deferred):
        said = {canonical(text) for known in before for text in (known.grandfathered, known.deferred)}
        if reason and decision.is_made and canonical(reason) not in said:
            return math.inf
    known_ids = {canonical(artifact_id) for known in before for artifact_id in known.registered}
    return len({canonical(artifact_id) for artifact_id in decision.registered} - known_ids)


def says_the_same(decision: Decision, other: Decision) -> bool:
    """Return whether two decisions differ in nothing that can be seen, their last days aside."""
    return _words(decision) == _words(other)


def _words(decision: Decision) -> tuple[Hashable, ...]:
    registered = frozenset(map(canonical, decision.registered))
    return registered, canonical(decision.grandfathered), canonical(decision.deferred)


def _undecided(
    old: Snapshot, new: Snapshot, renamed: Mapping[str, str], changes: Sequence[CallChange],
) -> Iterator[int]:
    """Yield the numbers of the changes by which an artifact came that nobody decided on."""
    came: dict[str, list[int]] = {}
    for number, change in enumerate(changes):
        if change.came and change.new:
            came.setdefault(change.new.path, []).append(number)
    for path, numbers in came.items():
        verdict = judge_file(new.pins, path, new.reports[path])
        before = old.pins.pin_of(base_path(path, old.pins, renamed))
        if verdict.pin.calls is None:
            if verdict.is_over or len(numbers) > new_decisions(before, verdict.pin):
                yield from numbers
            continue
        for number in numbers:
            if not _is_decided(old, verdict, before, changes[number]):
                yield number


def _is_decided(old: Snapshot, verdict: Verdict, before: Pin, change: CallChange) -> bool:
    """Return whether the entry of a call that came holds a decision on it, made now or before the call came."""
    entries = [judged.entry for judged in verdict.calls if change.new and judged.site is change.new.site]
    entry = next(iter(entries), "")
    if not entry:
        return False
    if is_new_entry(before, verdict.pin, entry):
        return True
    was_waiting = before.calls is not None and entry in before.calls and change.kind is Kind.ADDED
    return was_waiting and verdict.pin.decision_on(entry).is_made


def base_path(path: str, old: Pins, renamed: Mapping[str, str]) -> str:
    """Return the path that a pinned file of now had in the base."""
    return path if path in old.pins else renamed.get(path, path)


class _Traits(NamedTuple):
    """By what a call is recognised in the other state; a trait that is None matches nothing."""

    call: PlacedCall
    path: str
    scope: str
    method: str
    template: str
    name_key: str
    counts: bool
    key: str | None
    lost_scope: bool | None


# How calls of both states are matched, in decreasing certainty: what is left was added or removed.
_STEPS = (
    (Kind.SAME, ("path", "scope", "method", "template", "counts")),
    (Kind.SAME, ("path", "scope", "method", "name_key", "counts")),
    (Kind.SAME, ("path", "scope", "method", "name_key")),
    (Kind.RENAMED, ("path", "key", "counts")),
    (Kind.RENAMED, ("path", "key")),
    (Kind.MOVED, ("scope", "key", "counts")),
    (Kind.MOVED, ("key", "counts")),
    (Kind.MOVED, ("key", "method")),
    # a call whose key is not known is the same one where its function was renamed or moved as a whole
    (Kind.RENAMED, ("path", "method", "template", "lost_scope")),
    (Kind.MOVED, ("scope", "method", "template", "lost_scope")),
    (Kind.CHANGED, ("path", "scope", "method")),
    (Kind.CHANGED, ("path", "scope")),
)


def _matched(old: Snapshot, new: Snapshot, renamed: Mapping[str, str]) -> Iterator[CallChange]:
    """Yield what became of each call of both states."""
    old_calls = list(_traits(old.reports, {}, _scopes(new.reports, renamed)))
    new_calls = list(_traits(new.reports, renamed, _scopes(old.reports, {})))
    for kind, fields in _STEPS:
        identity = operator.attrgetter(*fields)
        waiting: dict[tuple[object, ...], deque[_Traits]] = {}
        for traits in old_calls:
            waiting.setdefault(identity(traits), deque()).append(traits)
        left, matched = [], set()
        for traits in new_calls:
            known = identity(traits)
            if None in known or not waiting.get(known):
                left.append(traits)
                continue
            found = waiting[known].popleft()
            matched.add(id(found))
            yield CallChange(_kind(kind, found.call, traits.call), found.call, traits.call)
        new_calls = left
        old_calls = [traits for traits in old_calls if id(traits) not in matched]
    yield from (CallChange(Kind.ADDED, None, traits.call) for traits in new_calls)
    yield from (CallChange(Kind.REMOVED, traits.call, None) for traits in old_calls)


def _kind(kind: Kind, old: PlacedCall, new: PlacedCall) -> Kind:
    if old.site.is_counted == new.site.is_counted:
        return kind
    return Kind.UNSUPPRESSED if new.site.is_counted else Kind.SUPPRESSED


def _traits(
    reports: Mapping[str, FileReport], renamed: Mapping[str, str], other_scopes: Collection[tuple[str, str]],
) -> Iterator[_Traits]:
    for path, report in reports.items():
        base_path = renamed.get(path, path)
        for site in report.sites:
            call = site.call
            is_lost = call.scope != MODULE and (base_path, call.scope) not in other_scopes
            yield _Traits(
                PlacedCall(path, site), base_path, call.scope, call.method, call.key, call.name_key, site.is_counted,
                call.name_key or None, is_lost or None,
            )


def _scopes(reports: Mapping[str, FileReport], renamed: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return the functions with PUT calls, by the path of their file in the base."""
    return frozenset(
        (renamed.get(path, path), site.call.scope) for path, report in reports.items() for site in report.sites
    )
