"""Judge a file by its pin. Only this module decides which calls are pinned; messages and verbs read the verdict."""
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
    """The state of a PUT call under the pin of its file."""

    PINNED = "pinned"
    #: the file makes more calls than its pin allows, and no entry names this one
    OVER = "over"
    #: the file makes no more calls than its pin allows, but no entry names this one
    SWAPPED = "swapped"
    SUPPRESSED = "suppressed"
    EXEMPT = "exempt"


class JudgedCall(NamedTuple):
    """A PUT call, its state, and its entry in the pin.

    ``alternatives`` are entries of equal names, one of which is the call's. ``replaces`` is the gone entry that this
    call probably had; ``is_move``: it has the same key, so it is the same artifact under a new name. ``origin`` is the
    call's old file, if the pin of that file has its decision; moves.with_moves() sets it, and Verdict.moved_to.
    """

    site: Site
    state: State
    entry: str = ""
    alternatives: tuple[str, ...] = ()
    replaces: str = ""
    is_move: bool = False
    origin: str = ""


class Verdict(NamedTuple):
    """A file judged by its pin, with all PUT calls in source order.

    ``exempt`` is the key that exempts the file, or empty. ``counted`` is the number of calls that count. ``gone`` are
    the entries without a call, in the order of the pin. ``uncertain`` are entries of equal names with different
    decisions, or fewer entries than calls: it is not known which entry belongs to which call, so no verb chooses.
    ``moved_to`` are the files to which calls moved whose decisions are still in this pin.
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
        """The calls without an entry; for a count pin, all calls if there are too many."""
        return [call for call in self.calls if call.state in (State.OVER, State.SWAPPED)]

    def decisions_on(self, call: JudgedCall) -> Sequence[Decision]:
        """Return the decision on a call; several if it is not known which one is the call's."""
        if call.state is not State.PINNED:
            return ()
        if self.pin.calls is None:
            return (self.pin.decision,)
        names = (call.entry,) if call.entry else call.alternatives
        return tuple(self.pin.calls[name].decision for name in names)


def judge_file(pins: Pins, path: str, report: FileReport) -> Verdict:
    """Return the verdict on one file; ``path`` is its path in the pins file."""
    pin = pins.pin_of(path)
    exempt = exemption(pins.exempt, path) or ""
    counted = report.counted
    if exempt or pin.calls is None:
        state = State.EXEMPT if exempt else State.OVER if counted > pin.allowed else State.PINNED
        calls = [JudgedCall(site, state if site.is_counted else State.SUPPRESSED) for site in report.sites]
        return Verdict(path, pin, report, exempt, calls, counted)
    match = _Match(pin.calls, report.names)
    unnamed_state = State.OVER if counted > pin.allowed else State.SWAPPED
    calls = [match.judged(site, unnamed_state) for site in report.sites]
    gone = [entry for entry in pin.calls if entry in match.gone]
    return Verdict(path, pin, report, "", calls, counted, gone, frozenset(match.uncertain))


def judge_files(pins: Pins, reports: Mapping[str, FileReport]) -> dict[str, Verdict]:
    """Return the verdicts on files by their paths."""
    return {path: judge_file(pins, path, report) for path, report in reports.items()}


class _Match:
    """The match of calls with entries: ``entries`` by call, and ``alternatives`` by call if several may match."""

    def __init__(self, pinned: Mapping[str, PinnedCall], names: Sequence[str]) -> None:
        self.pinned = pinned
        self.calls = {name: parse_name(name) for name in names}
        self.entries: dict[str, str] = {}
        self.alternatives: dict[str, tuple[str, ...]] = {}
        self.unnamed: set[str] = set()
        self.gone: set[str] = set()
        self.uncertain: set[str] = set()
        # calls beyond the number of entries without a key in their scope and method
        self.surplus: set[str] = set()
        self.replaces: dict[str, tuple[str, bool]] = {}
        self.match_names()
        self.find_replaced()

    def judged(self, site: Site, unnamed_state: State) -> JudgedCall:
        """Return the judged call of a site."""
        if not site.is_counted:
            return JudgedCall(site, State.SUPPRESSED)
        alternatives = self.alternatives.get(site.name, ())
        if site.name in self.unnamed:
            replaces, is_move = self.replaces.get(site.name, ("", False))
            return JudgedCall(site, unnamed_state, "", alternatives, replaces, is_move)
        return JudgedCall(site, State.PINNED, self.entries.get(site.name, ""), alternatives)

    def match_names(self) -> None:
        entries = _groups({name: parse_name(name) for name in self.pinned}, _without_number)
        waiting: dict[tuple[str, str], list[str]] = {}
        for key, group in _groups(self.calls, _without_number).items():
            if key.key and key in entries:
                # calls beyond the entries of their key write the same artifact once more
                same = entries.pop(key)
                self.pair(same, group[:len(same)])
                self.unnamed.update(group[len(same):])
            else:
                waiting.setdefault(_scope_and_method(key), []).extend(group)
        for key, group in entries.items():
            if key.key:
                self.gone.update(group)
            else:
                self.pair_without_key(group, waiting.pop(_scope_and_method(key), []))
        self.unnamed.update(*waiting.values())

    def are_equal(self, entries: Iterable[str]) -> bool:
        """Return whether all these entries have the same decision."""
        return len({self.pinned[entry].decision for entry in entries}) <= 1

    def pair(self, entries: Sequence[str], calls: Sequence[str]) -> None:
        """Pair entries with as many calls or fewer. The remaining entries are gone."""
        self.gone.update(entries[len(calls):])
        if calls and not self.are_equal(entries):
            self.uncertain.update(entries)
            self.alternatives.update(dict.fromkeys(calls, tuple(entries)))
        else:
            self.entries.update(zip(calls, entries))

    def pair_without_key(self, entries: Sequence[str], names: Sequence[str]) -> None:
        """Pair entries without a key with the calls of their scope and method that match no entry with a key.

        If there are more calls than entries, it is not known which call is new, unless only the new ones have a key.
        """
        without_key = [name for name in names if not self.calls[name].key]
        if len(names) > len(entries) == len(without_key):
            self.unnamed.update(name for name in names if self.calls[name].key)
            names = without_key
        if len(names) <= len(entries):
            self.pair(entries, names)
            return
        self.uncertain.update(entries)
        self.alternatives.update(dict.fromkeys(names, tuple(entries)))
        self.unnamed.update(names)
        unused = [name for name in names if name not in entries]
        self.surplus.update(unused[len(entries) - len(names):])

    def find_replaced(self) -> None:
        """Pair unnamed calls with gone entries: those with most in common first, finally the rest in order."""
        gone = {name: parse_name(name) for name in self.pinned if name in self.gone and name not in self.uncertain}
        unnamed = {name: call for name, call in self.calls.items() if name in self.unnamed}
        for is_move, common in _COMMON:
            waiting = {key: deque(group) for key, group in _groups(gone, common).items() if key is not None}
            certain = {key for key, group in waiting.items() if is_move and self.are_equal(group)}
            for name, call in list(unnamed.items()):
                key = common(call)
                # a call with alternatives replaces an entry only if it is beyond the number of entries
                if waiting.get(key) and (is_move or name in self.surplus or name not in self.alternatives):
                    entry = waiting[key].popleft()
                    self.replaces[name] = entry, key in certain
                    del gone[entry], unnamed[name]


# (is it a move, what an unnamed call and a gone entry have in common), the most certain first.
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


def _groups(names: Mapping[str, CallName], common: Callable[[CallName], _Common]) -> dict[_Common, list[str]]:
    groups: dict[_Common, list[str]] = {}
    for text, name in names.items():
        groups.setdefault(common(name), []).append(text)
    return groups


def _without_number(name: CallName) -> CallName:
    return name._replace(number=1)


def _scope_and_method(name: CallName) -> tuple[str, str]:
    return name.scope, name.method
