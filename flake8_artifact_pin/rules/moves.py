"""Find PUT calls that moved while their decisions stayed in the pins of their old files or under their old names."""
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
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.rules.matching import CallChange
from flake8_artifact_pin.rules.matching import Kind
from flake8_artifact_pin.rules.matching import match_calls
from flake8_artifact_pin.rules.matching import PlacedCall
from flake8_artifact_pin.rules.verdict import judge_files
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
    now = judge_files(pins, new)
    changes = list(match_calls(judge_files(pins, old), now, renamed))
    candidates = [(change.old, move) for change in changes if change.old and (move := _move(pins, change))]
    leaving: dict[str, list[Move]] = {}
    for _, move in candidates:
        leaving.setdefault(move.source.path, []).append(move)
    rivals = _Rivals(pins, [placed for placed, _ in candidates], changes)
    found = [
        move._replace(problem=_source_problem(move, leaving, now) or rivals.problem(placed, move))
        for placed, move in candidates
        if _is_spare(move, now.get(move.source.path))
    ]
    arriving = Counter(move.target.path for move in found if not move.problem)
    found = [move._replace(problem=move.problem or _others(move.target, arriving)) for move in found]
    return sorted(found, key=lambda move: (move.target.path, move.call.site.call.line, move.call.site.call.column))


def _move(pins: Pins, change: CallChange) -> Move | None:
    """Return the move of a call that was pinned in its old place and is not in its new one; None for other calls."""
    old, new = change.old, change.new
    if not old or not new or change.kind not in (Kind.SAME, Kind.RENAMED, Kind.MOVED):
        return None
    source = pins.pin_of(old.path)
    is_here = source.calls is None and old.path == new.path
    is_left = old.call.state is State.PINNED and new.call.state in (State.OVER, State.SWAPPED)
    if not is_left or is_here or not can_be_key(new.path):
        return None
    return Move(source, old.call.entry, source.decision_on(old.call.entry), new.file, new.call)


def renamed(verdict: Verdict, call: JudgedCall) -> Move | None:
    """Return the move from the gone entry that may have been a call's; None if there is none."""
    entries = verdict.pin.calls
    if not entries or not call.replaces:
        return None
    return Move(verdict.pin, call.replaces, entries[call.replaces].decision, verdict, call)


def _is_spare(move: Move, verdict: Verdict | None) -> bool:
    """Return whether the source of a move allows a call that its file, if that is still there, no longer makes."""
    if verdict is None:
        return True
    if move.source.calls is None:
        return verdict.is_stale
    return move.entry in verdict.gone if move.entry else bool(verdict.gone)


def _source_problem(move: Move, moves: Mapping[str, Sequence[Move]], now: Mapping[str, Verdict]) -> str:
    """Return why the source's decision may be for other calls; empty if it cannot. ``moves`` are those by sources."""
    source, key = move.source, quote(move.source.key)
    leaving, verdict = moves[source.path], now.get(source.path)
    if source.calls is not None:
        return "" if move.entry else f"several entries of {key} have its name"
    if len(leaving) > source.allowed - (verdict.counted if verdict else 0):
        return f"{key} allows fewer than the {len(leaving)} calls that moved from it"
    ids = source.decision.registered
    if len(ids) > 1 and (len(leaving) < source.allowed or len({other.target.path for other in leaving}) > 1):
        return f"{key} registers {', '.join(ids)}"
    return ""


class _Rivals:
    """The decisions on removed calls, and the added calls, by name and by key: they may be confused with a move."""

    def __init__(self, pins: Pins, moved: Sequence[PlacedCall], changes: Iterable[CallChange]) -> None:
        self.lost: dict[Hashable, set[Decision]] = {}
        self.added: set[Hashable] = set()
        removed = [change.old for change in changes if change.kind is Kind.REMOVED]
        for placed in (*moved, *removed):
            if placed and placed.site.is_counted:
                decision = pins.pin_of(placed.path).decision_on(placed.call.entry)
                for identity in (_name(placed.site), _key(placed.site)):
                    self.lost.setdefault(identity, set()).add(decision)
        for change in changes:
            if change.kind is Kind.ADDED and change.new and change.new.site.is_counted:
                self.added |= {_name(change.new.site), _key(change.new.site)}

    def problem(self, placed: PlacedCall, move: Move) -> str:
        """Return why another call may have moved, or another decision may be the call's; empty if neither is so."""
        old, new = placed.site, move.call.site
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
