"""What a pin says of each PUT call of its file: derived here once, read by the messages and by every verb."""
from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import TypeVar

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import PinnedCall
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.source.names import CallName
from flake8_artifact_pin.source.names import parse_name
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import Site

_Common = TypeVar("_Common", bound=Hashable)


class State(enum.Enum):
    """What became of a PUT call."""

    PINNED = "pinned"
    #: the file makes more calls than its pin allows, and no entry names this one
    OVER = "over"
    #: the file makes no more calls than its pin allows, but no entry names this one
    SWAPPED = "swapped"
    SUPPRESSED = "suppressed"
    EXEMPT = "exempt"


class JudgedCall(NamedTuple):
    """A PUT call, and what the pin says of it.

    ``entry`` is the entry that names it. ``alternatives`` are entries of equal names: one of them may be meant, and
    nobody can tell which. ``replaces`` is the gone entry that this call probably had; ``is_move``: it has the same key,
    so it is the same artifact under a new name. ``origin`` is the file that it was in, if the pin of that has its
    decision: only who knows an earlier state fills it in, and ``moved_to`` of the verdict.
    """

    site: Site
    state: State
    entry: str = ""
    alternatives: tuple[str, ...] = ()
    replaces: str = ""
    is_move: bool = False
    origin: str = ""


class Verdict(NamedTuple):
    """A file judged by its pin: all of its PUT calls in source order.

    ``exempt`` is the key that exempts the file, or empty. ``counted`` is the number of calls that count. ``gone`` are
    the entries that no call has, in the order of the pin. ``uncertain`` are entries of equal names with different
    decisions, or fewer than calls: nobody can tell which entry is which call's, so no verb chooses among them.
    ``moved_to`` are the files that have calls now whose decisions are at this pin.
    """

    path: str
    pin: Pin
    report: FileReport
    exempt: str
    calls: Sequence[JudgedCall]
    counted: int
    gone: Sequence[str] = ()
    uncertain: frozenset[str] = frozenset()
    moved_to: Sequence[str] = ()

    @property
    def is_over(self) -> bool:
        """Whether the file makes more PUT calls than its pin allows."""
        return not self.exempt and self.counted > self.pin.allowed

    @property
    def is_stale(self) -> bool:
        """Whether the pin allows more PUT calls than the file makes."""
        return not self.exempt and self.counted < self.pin.allowed

    @property
    def unnamed(self) -> Sequence[JudgedCall]:
        """The calls that no entry of the pin names; of a pin that counts, all if there are too many."""
        return [call for call in self.calls if call.state in (State.OVER, State.SWAPPED)]

    def decisions_on(self, call: JudgedCall) -> Sequence[Decision]:
        """Return what was decided on a call: several decisions if nobody can tell which of them is meant."""
        if call.state is not State.PINNED:
            return ()
        if self.pin.calls is None:
            return (self.pin.decision,)
        names = (call.entry,) if call.entry else call.alternatives
        return tuple(self.pin.calls[name].decision for name in names)


def judge_file(pins: Pins, path: str, report: FileReport) -> Verdict:
    """Return the verdict on one governed file; ``path`` is the file's in the pins file."""
    pin = pins.pin_of(path)
    exempt = exemption(pins.exempt, path) or ""
    counted = report.counted
    if exempt or pin.calls is None:
        state = State.EXEMPT if exempt else State.OVER if counted > pin.allowed else State.PINNED
        calls = [JudgedCall(site, state if site.is_counted else State.SUPPRESSED) for site in report.sites]
        return Verdict(path, pin, report, exempt, calls, counted)
    match = _match_calls(pin.calls, report.names)
    unnamed_state = State.OVER if counted > pin.allowed else State.SWAPPED
    calls = [_judged(site, match, unnamed_state) for site in report.sites]
    return Verdict(path, pin, report, "", calls, counted, match.gone, frozenset(match.uncertain))


def _judged(site: Site, match: _Match, unnamed_state: State) -> JudgedCall:
    if not site.is_counted:
        return JudgedCall(site, State.SUPPRESSED)
    alternatives = match.alternatives.get(site.name, ())
    if site.name in match.unnamed:
        replaces, is_move = match.replaces.get(site.name, ("", False))
        return JudgedCall(site, unnamed_state, "", alternatives, replaces, is_move)
    return JudgedCall(site, State.PINNED, match.entries.get(site.name, ""), alternatives)


class _Match:
    """Which entry names which call: ``entries`` says it, and ``alternatives`` where several may."""

    def __init__(self, pinned: Mapping[str, PinnedCall]) -> None:
        self.pinned = pinned
        self.entries: dict[str, str] = {}
        self.alternatives: dict[str, tuple[str, ...]] = {}
        self.unnamed: dict[str, CallName] = {}
        self.gone: list[str] = []
        self.uncertain: set[str] = set()
        # as many calls as share the scope and method of entries without a key beyond the number of these
        self.surplus: set[str] = set()
        self.replaces: dict[str, tuple[str, bool]] = {}

    def are_equal(self, entries: Iterable[str]) -> bool:
        """Return whether the same was decided on all of these entries."""
        return len({self.pinned[entry].decision for entry in entries}) <= 1

    def pair(self, entries: Sequence[str], calls: Sequence[str]) -> None:
        """Pair entries with as many calls or fewer; the entries that are left over are gone."""
        self.gone += entries[len(calls):]
        if calls and not self.are_equal(entries):
            self.uncertain.update(entries)
            self.alternatives.update(dict.fromkeys(calls, tuple(entries)))
        else:
            self.entries.update(zip(calls, entries))


def _match_calls(pinned: Mapping[str, PinnedCall], names: Sequence[str]) -> _Match:
    match = _Match(pinned)
    calls = {name: parse_name(name) for name in names}
    entries = _groups({name: parse_name(name) for name in pinned}, _without_number)
    waiting: dict[tuple[str, str], list[str]] = {}
    for key, group in _groups(calls, _without_number).items():
        if key.key and key in entries:
            _pair_equal_keys(match, entries.pop(key), group, calls)
        else:
            waiting.setdefault(_place(key), []).extend(group)
    for key, group in entries.items():
        if key.key:
            match.gone += group
        else:
            _pair_without_key(match, group, waiting.pop(_place(key), []), calls)
    match.unnamed.update((name, calls[name]) for group in waiting.values() for name in group)
    match.unnamed = {name: call for name, call in calls.items() if name in match.unnamed}
    gone = set(match.gone)
    match.gone = [entry for entry in pinned if entry in gone]
    _find_replaced(match)
    return match


def _pair_equal_keys(
    match: _Match, entries: Sequence[str], names: Sequence[str], calls: Mapping[str, CallName],
) -> None:
    """Pair calls with the entries that have their key; the calls that are left over write one artifact more often."""
    match.pair(entries, names[:len(entries)])
    match.unnamed.update((name, calls[name]) for name in names[len(entries):])


def _pair_without_key(
    match: _Match, entries: Sequence[str], names: Sequence[str], calls: Mapping[str, CallName],
) -> None:
    """Pair the entries that tell no key with the calls of their scope and method that no entry with a key names.

    Where there are more calls than entries, nobody can tell which one is new, unless only the others tell a key.
    """
    without_key = [name for name in names if not calls[name].key]
    if len(names) > len(entries) == len(without_key):
        match.unnamed.update((name, calls[name]) for name in names if calls[name].key)
        names = without_key
    if len(names) <= len(entries):
        match.pair(entries, names)
        return
    match.uncertain.update(entries)
    match.alternatives.update(dict.fromkeys(names, tuple(entries)))
    match.unnamed.update((name, calls[name]) for name in names)
    unused = [name for name in names if name not in entries]
    match.surplus.update(unused[len(entries) - len(names):])


# What an unnamed call and a gone entry may have in common, the most certain first.
_COMMON: Sequence[tuple[bool, Callable[[CallName], Hashable]]] = (
    (True, lambda name: (name.method, name.key) if name.key else None),
    (True, lambda name: name.key or None),
    # files of one function in another directory
    (False, lambda name: (name.scope, name.key.rpartition("/")[2]) if name.key else None),
    (False, lambda name: (name.scope, name.method)),
    (False, lambda name: (name.scope.rpartition(".")[2], name.method)),
    (False, lambda name: name.scope),
    (False, lambda name: name.method),
    (False, lambda name: ""),
)


def _find_replaced(match: _Match) -> None:
    """Pair unnamed calls with gone entries: those with most in common first, in the end whatever is left, in order."""
    gone = {name: parse_name(name) for name in match.gone if name not in match.uncertain}
    unnamed = dict(match.unnamed)
    for is_move, common in _COMMON:
        waiting = {key: deque(group) for key, group in _groups(gone, common).items() if key is not None}
        certain = {key for key, group in waiting.items() if is_move and match.are_equal(group)}
        for name, call in list(unnamed.items()):
            key = common(call)
            # of calls that one of several entries may name, only as many are news as there are more of them
            if waiting.get(key) and (is_move or name in match.surplus or name not in match.alternatives):
                entry = waiting[key].popleft()
                match.replaces[name] = entry, key in certain
                del gone[entry], unnamed[name]


def _groups(names: Mapping[str, CallName], common: Callable[[CallName], _Common]) -> dict[_Common, list[str]]:
    groups: dict[_Common, list[str]] = {}
    for text, name in names.items():
        groups.setdefault(common(name), []).append(text)
    return groups


def _without_number(name: CallName) -> CallName:
    return name._replace(number=1)


def _place(name: CallName) -> tuple[str, str]:
    return name.scope, name.method
