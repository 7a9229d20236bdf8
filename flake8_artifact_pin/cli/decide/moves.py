"""Plan the edits that move decisions to the new files and names of their calls. Pure functions, as in plan.py."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.cli.decide.plan import Names
from flake8_artifact_pin.cli.decide.plan import Plan
from flake8_artifact_pin.cli.decide.plan import plan_decisions
from flake8_artifact_pin.cli.decide.plan import plan_names
from flake8_artifact_pin.cli.decide.plan import shown_decision
from flake8_artifact_pin.pins.edit import AddCall
from flake8_artifact_pin.pins.edit import Edit
from flake8_artifact_pin.pins.edit import edit_pins
from flake8_artifact_pin.pins.edit import RemoveCall
from flake8_artifact_pin.pins.edit import RemovePin
from flake8_artifact_pin.pins.edit import RenameCall
from flake8_artifact_pin.pins.edit import RenamePin
from flake8_artifact_pin.pins.edit import SetCount
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.repository.renames import Fate
from flake8_artifact_pin.repository.renames import Outcome
from flake8_artifact_pin.rules.changes import is_same_decision
from flake8_artifact_pin.rules.moves import Move
from flake8_artifact_pin.rules.verdict import judge_file


def whole_pins(pins: Pins, moves: Iterable[Move], gone: Mapping[str, Outcome]) -> dict[str, str]:
    """Return the new paths, by the old ones, of pins that move as a whole.

    Either their file was renamed, or all their calls are in one new file. If other calls move to that file, too, only
    named calls of a renamed file move as a whole: the others are added to them.
    """
    targets = {path: {outcome.path} for path, outcome in gone.items() if outcome.fate is Fate.RENAMED}
    renamed = frozenset(targets)
    taking_more = {path for path in renamed if pins.pins[path].calls is not None}
    moved: Counter[str] = Counter()
    for move in moves:
        targets.setdefault(move.source.path, set()).add(move.target.path)
        moved[move.source.path] += not move.problem
    arriving = Counter(target for found in targets.values() for target in found)
    return {
        path: new_path
        for path, (new_path, *others) in targets.items()
        if (path in renamed or moved[path] == pins.pins[path].allowed)
        and not others and (path in taking_more or arriving[new_path] == 1) and new_path not in pins.pins
    }


def plan_moves(pins: Pins, moves: Sequence[Move], whole: Mapping[str, str]) -> Plan:
    """Return the edits that move decisions from the pins that have them to the pins of their calls."""
    edits: list[Edit] = []
    arriving: list[Move] = []
    for group in _grouped(moves, lambda move: move.source.path):
        leaving = [move for move in group if move.target.path != move.source.path]
        is_whole = group[0].source.path in whole
        edits += _renamed_calls([move for move in group if is_whole or move not in leaving])
        if leaving and not is_whole:
            edits += _without_calls(leaving)
            arriving += leaving
    edits += [RenamePin(pins.pins[path].key, new_path) for path, new_path in whole.items()]
    without = parse_pins(pins, edit_pins(pins, edits))
    for group in _grouped(arriving, lambda move: move.target.path):
        edits += _with_calls(without, group)
    with_calls = {move.source.path for move in moves}
    lines = [f"{quote(path)} is now {quote(new)}" for path, new in whole.items() if path not in with_calls]
    return Plan(edits, [*lines, *map(_move_line, moves)])


def _grouped(moves: Iterable[Move], path: Callable[[Move], str]) -> Collection[Sequence[Move]]:
    groups: dict[str, list[Move]] = {}
    for move in moves:
        groups.setdefault(path(move), []).append(move)
    return groups.values()


def _renamed_calls(moves: Sequence[Move]) -> Iterator[Edit]:
    """Yield the edits that rename the entries of one pin to the names of their calls."""
    entries = moves[0].source.calls or {} if moves else {}
    names = Names(entries)
    for move in moves:
        if move.entry and move.entry != move.call.site.name:
            yield RenameCall(move.source.key, entries[move.entry].key, names.free(move.call.site.name))


def _without_calls(moves: Sequence[Move]) -> Sequence[Edit]:
    """Return the edits that remove calls with their decisions from one pin."""
    source = moves[0].source
    if len(moves) == source.allowed:
        return [RemovePin(source.key)]
    if source.calls is None:
        return [SetCount(source.key, source.allowed - len(moves))]
    return [RemoveCall(source.key, source.calls[move.entry].key) for move in moves]


def _with_calls(pins: Pins, moves: Sequence[Move]) -> Sequence[Edit]:
    """Return the edits that add calls with their decisions to the pin of one file."""
    verdict = judge_file(pins, moves[0].target.path, moves[0].target.report)
    pin = verdict.pin
    decisions = {move.call.site.name: move.decision for move in moves}
    if pin.calls is not None:
        names = Names(pin.calls)
        return [AddCall(pin.key, names.free(name), decision) for name, decision in decisions.items()]
    if not pin.allowed and any(move.entry for move in moves):
        # named calls stay named
        return plan_names(pins, pin, decisions, decisions).edits
    # calls that moved are not new, so a count may rise under the same decision
    keeps_count = all(is_same_decision(decision, pin.decision) for decision in decisions.values())
    return plan_decisions(pins, verdict, decisions, keeps_count).edits


def _move_line(move: Move) -> str:
    name, decision = quote(move.call.site.name), shown_decision(move.decision)
    if move.source.path == move.target.path:
        return f"{quote(move.source.key)}: {quote(move.entry)} is now {name}; {decision}"
    return f"{quote(move.target.path)}: {name} was in {quote(move.source.key)}; {decision}"
