"""Which PUT calls moved while what was decided on them stayed at the pin of the file or function where they were."""
from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
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
    """A call that its file's pin does not allow, while the ``source``, another pin or this one, has its decision still.

    ``entry`` is the entry of the source; empty if that counts. ``problem`` says why nobody can tell whether this
    decision is the call's, or is empty.
    """

    source: Pin
    entry: str
    decision: Decision
    target: Verdict
    call: JudgedCall
    problem: str = ""


def find_moves(pins: Pins, old: _Reports, new: _Reports, renamed: Mapping[str, str]) -> list[Move]:
    """Return the moves between two states: reports of the files that differ, and old paths by new ones."""
    changes = list(match_calls(old, new, renamed))
    before = {path: judge_file(pins, path, report) for path, report in old.items()}
    now = {path: judge_file(pins, path, report) for path, report in new.items()}
    old_calls = {id(call.site): call for verdict in before.values() for call in verdict.calls}
    new_calls = {id(call.site): call for verdict in now.values() for call in verdict.calls}
    moves: dict[int, Move] = {}
    for number, change in enumerate(changes):
        if change.old and change.new and change.kind in (Kind.SAME, Kind.RENAMED, Kind.MOVED):
            source = pins.pin_of(change.old.path)
            was, call = old_calls[id(change.old.site)], new_calls[id(change.new.site)]
            is_here = source.calls is None and change.old.path == change.new.path
            if was.state is State.PINNED and call.state in (State.OVER, State.SWAPPED) and not is_here:
                decision = source.decision_on(was.entry)
                moves[number] = Move(source, was.entry, decision, now[change.new.path], call)
    spare = _Spare(now, moves.values())
    departed = [
        (change.old.site, pins.pin_of(change.old.path).decision_on(old_calls[id(change.old.site)].entry))
        for number, change in enumerate(changes)
        if change.old and change.old.site.is_counted and (change.kind is Kind.REMOVED or number in moves)
    ]
    arrived = [
        change.new.site for change in changes if change.new and change.new.site.is_counted and change.kind is Kind.ADDED
    ]
    found = [
        move._replace(problem=spare.problem(move) or _rival(move, changes[number], departed, arrived))
        for number, move in moves.items()
        if spare.has(move)
    ]
    arriving = Counter(move.target.path for move in found if not move.problem)
    found = [move._replace(problem=move.problem or _others(move.target, arriving)) for move in found]
    return sorted(found, key=lambda move: (move.target.path, move.call.site.call.line, move.call.site.call.column))


def renamed(verdict: Verdict, call: JudgedCall) -> Move | None:
    """Return the move from the entry that is gone and may have been a call's; None if no entry is."""
    entries = verdict.pin.calls
    if not entries or not call.replaces:
        return None
    return Move(verdict.pin, call.replaces, entries[call.replaces].decision, verdict, call)


class _Spare:
    """What pins allow and their files do not make."""

    def __init__(self, now: Mapping[str, Verdict], moves: Iterable[Move]) -> None:
        self.now = now
        self.moves = list(moves)

    def has(self, move: Move) -> bool:
        """Return whether the pin of a move's source allows the call there still: a file that is gone makes none."""
        verdict = self.now.get(move.source.path)
        if verdict is None:
            return True
        if move.source.calls is None:
            return verdict.is_stale
        return move.entry in verdict.gone if move.entry else bool(verdict.gone)

    def problem(self, move: Move) -> str:
        """Return why a pin's decision may be that of other calls; empty if it is not."""
        source, key = move.source, quote(move.source.key)
        if source.calls is not None:
            return "" if move.entry else f"several entries of {key} have its name"
        leaving = [other for other in self.moves if other.source == source]
        verdict = self.now.get(source.path)
        if len(leaving) > source.allowed - (verdict.counted if verdict else 0):
            return f"{key} allows fewer than the {len(leaving)} calls that moved from it"
        is_whole = len(leaving) == source.allowed and len({other.target.path for other in leaving}) == 1
        if len(source.decision.registered) > 1 and not is_whole:
            return f"{key} registers {', '.join(source.decision.registered)}"
        return ""


def _rival(
    move: Move, change: CallChange, departed: Sequence[tuple[Site, Decision]], arrived: Sequence[Site],
) -> str:
    """Return why another call may be the one that moved, or another decision its own; empty if that is not so."""
    assert change.old
    old, new = change.old.site, move.call.site
    identity = _name if _name(old) == _name(new) else _key
    if any(decision != move.decision for site, decision in departed if identity(site) == identity(old)):
        return "calls like it went, with different decisions"
    return "more calls like it came than went" if any(identity(site) == identity(new) for site in arrived) else ""


def _others(target: Verdict, arriving: Mapping[str, int]) -> str:
    """Return why a count cannot take the calls that move to its file; empty if it can."""
    if target.pin.calls is None and 0 < target.pin.allowed < target.counted - arriving[target.path]:
        return f"{quote(target.path)} makes other new calls, too, and its pin does not name its calls"
    return ""


def _name(site: Site) -> Hashable:
    return parse_name(site.name)._replace(number=1)


def _key(site: Site) -> Hashable:
    return site.call.name_key or site.call.method


def moved_to(moves: Iterable[Move], path: str) -> Sequence[str]:
    """Return the other files that have calls now whose decisions are at the pin of a path."""
    return sorted({move.target.path for move in moves if move.source.path == path != move.target.path})


def with_moves(verdict: Verdict, moves: Iterable[Move]) -> Verdict:
    """Return a verdict that says which of its calls came from other files, and where others went."""
    origins = {move.call.site.name: move.source.path for move in moves if move.target.path == verdict.path}
    calls = [call._replace(origin=origins.get(call.site.name, "")) for call in verdict.calls]
    return verdict._replace(calls=calls, moved_to=moved_to(moves, verdict.path))
