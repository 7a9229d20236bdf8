"""Find PUT calls that moved while their decisions stayed in the pins of their old files or under their old names."""
from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.rules.matching import CallChange
from flake8_artifact_pin.rules.matching import Kind
from flake8_artifact_pin.rules.matching import match_calls
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import JudgedCall
from flake8_artifact_pin.rules.verdict import State
from flake8_artifact_pin.rules.verdict import Verdict
from flake8_artifact_pin.source.names import parse_name
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import Site

_Reports = Mapping[str, FileReport]


class Move(NamedTuple):
    """A call that its file's pin does not allow, while ``source``, another pin or the same one, has its decision.

    ``entry`` is the entry of the source; empty for a count pin. ``problem`` says why the decision may not be the
    call's, or is empty.
    """

    source: Pin
    entry: str
    decision: Decision
    target: Verdict
    call: JudgedCall
    problem: str = ""


def find_moves(pins: Pins, old: _Reports, new: _Reports, renamed: Mapping[str, str]) -> list[Move]:
    """Return the moves between two snapshots: reports of files that differ, and base paths by current paths."""
    changes = list(match_calls(old, new, renamed))
    now = {path: judge_file(pins, path, report) for path, report in new.items()}
    before = _calls(judge_file(pins, path, report) for path, report in old.items())
    candidates = list(_candidates(pins, changes, before, now))
    spare = _Spare(now, [move for _, move in candidates])
    rivals = _Rivals(pins, changes, [change for change, _ in candidates], before)
    found = [
        move._replace(problem=spare.problem(move) or rivals.problem(change, move))
        for change, move in candidates
        if spare.has(move)
    ]
    arriving = Counter(move.target.path for move in found if not move.problem)
    found = [move._replace(problem=move.problem or _others(move.target, arriving)) for move in found]
    return sorted(found, key=lambda move: (move.target.path, move.call.site.call.line, move.call.site.call.column))


def _calls(verdicts: Iterable[Verdict]) -> Mapping[int, JudgedCall]:
    """Return the calls of some files by the id() of their sites."""
    return {id(call.site): call for verdict in verdicts for call in verdict.calls}


def _candidates(
    pins: Pins, changes: Iterable[CallChange], before: Mapping[int, JudgedCall], now: Mapping[str, Verdict],
) -> Iterator[tuple[CallChange, Move]]:
    """Yield the calls that were pinned in their old places and are not in their new ones."""
    calls = _calls(now.values())
    for change in changes:
        if change.old and change.new and change.kind in (Kind.SAME, Kind.RENAMED, Kind.MOVED):
            source = pins.pin_of(change.old.path)
            was, call = before[id(change.old.site)], calls[id(change.new.site)]
            is_here = source.calls is None and change.old.path == change.new.path
            is_left = was.state is State.PINNED and call.state in (State.OVER, State.SWAPPED)
            if is_left and not is_here and can_be_key(change.new.path):
                decision = source.decision_on(was.entry)
                yield change, Move(source, was.entry, decision, now[change.new.path], call)


def renamed(verdict: Verdict, call: JudgedCall) -> Move | None:
    """Return the move from the gone entry that may have been a call's; None if there is none."""
    entries = verdict.pin.calls
    if not entries or not call.replaces:
        return None
    return Move(verdict.pin, call.replaces, entries[call.replaces].decision, verdict, call)


class _Spare:
    """The calls that pins allow and their files no longer make."""

    def __init__(self, now: Mapping[str, Verdict], moves: Iterable[Move]) -> None:
        self.now = now
        self.leaving: dict[str, list[Move]] = {}
        for move in moves:
            self.leaving.setdefault(move.source.path, []).append(move)

    def has(self, move: Move) -> bool:
        """Return whether the source of a move allows a call that its file no longer makes."""
        verdict = self.now.get(move.source.path)
        if verdict is None:
            return True
        if move.source.calls is None:
            return verdict.is_stale
        return move.entry in verdict.gone if move.entry else bool(verdict.gone)

    def problem(self, move: Move) -> str:
        """Return why the source's decision may be for other calls; empty if it cannot."""
        source, key = move.source, quote(move.source.key)
        if source.calls is not None:
            return "" if move.entry else f"several entries of {key} have its name"
        leaving = self.leaving[source.path]
        verdict = self.now.get(source.path)
        if len(leaving) > source.allowed - (verdict.counted if verdict else 0):
            return f"{key} allows fewer than the {len(leaving)} calls that moved from it"
        ids = source.decision.registered
        if len(ids) > 1 and (len(leaving) < source.allowed or len({other.target.path for other in leaving}) > 1):
            return f"{key} registers {', '.join(ids)}"
        return ""


class _Rivals:
    """The decisions on removed calls, and the added calls, by name and by key: they may be confused with a move."""

    def __init__(
        self,
        pins: Pins,
        changes: Iterable[CallChange],
        moved: Iterable[CallChange],
        before: Mapping[int, JudgedCall],
    ) -> None:
        self.lost: dict[Hashable, set[Decision]] = {}
        self.added: set[Hashable] = set()
        for change in (*moved, *(change for change in changes if change.kind is Kind.REMOVED)):
            if change.old and change.old.site.is_counted:
                decision = pins.pin_of(change.old.path).decision_on(before[id(change.old.site)].entry)
                for identity in (_name(change.old.site), _key(change.old.site)):
                    self.lost.setdefault(identity, set()).add(decision)
        for change in changes:
            if change.kind is Kind.ADDED and change.new and change.new.site.is_counted:
                self.added |= {_name(change.new.site), _key(change.new.site)}

    def problem(self, change: CallChange, move: Move) -> str:
        """Return why another call may have moved, or another decision may be the call's; empty if neither is so."""
        assert change.old
        old, new = change.old.site, move.call.site
        identity = _name if _name(old) == _name(new) else _key
        if self.lost[identity(old)] != {move.decision}:
            return "similar calls were removed, with different decisions"
        return "more similar calls were added than removed" if identity(new) in self.added else ""


def _others(target: Verdict, arriving: Mapping[str, int]) -> str:
    """Return why a count pin cannot take the calls that move to its file; empty if it can."""
    if target.pin.calls is None and 0 < target.pin.allowed < target.counted - arriving[target.path]:
        return f"{quote(target.path)} makes other new calls, too, and its pin does not name its calls"
    return ""


def _name(site: Site) -> Hashable:
    return parse_name(site.name)._replace(number=1)


def _key(site: Site) -> Hashable:
    return site.call.name_key or site.call.method


def moved_to(moves: Iterable[Move], path: str) -> Sequence[str]:
    """Return the other files to which calls moved whose decisions are still in the pin of a path."""
    return sorted({move.target.path for move in moves if move.source.path == path != move.target.path})


def with_moves(verdict: Verdict, moves: Iterable[Move]) -> Verdict:
    """Return a verdict with the old files of its moved calls, and the new files of calls that it lost."""
    origins = {move.call.site.name: move.source.path for move in moves if move.target.path == verdict.path}
    calls = [call._replace(origin=origins.get(call.site.name, "")) for call in verdict.calls]
    return verdict._replace(calls=calls, moved_to=moved_to(moves, verdict.path))
