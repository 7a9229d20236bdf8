"""Plan the edits that move decisions to the new files and names of their calls. Pure functions, as in plan.py."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
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
from flake8_artifact_pin.rules.changes import is_same_decision
from flake8_artifact_pin.rules.moves import Move
from flake8_artifact_pin.rules.verdict import judge_file


def plan_moves(pins: Pins, moves: Sequence[Move]) -> Plan:
    """Return the edits that move decisions from the pins that have them to the pins of their calls."""
    edits: list[Edit] = []
    arriving: list[Move] = []
    sources = Counter(path for path, _ in {(move.target.path, move.source.path) for move in moves})
    for group in _grouped(moves, lambda move: move.source.path):
        staying = [move for move in group if move.target.path == move.source.path]
        leaving = [move for move in group if move.target.path != move.source.path]
        new_path = _new_path(group, leaving)
        is_renamed = new_path not in pins.pins and sources[new_path] == 1
        edits += _renamed_calls(group if is_renamed else staying)
        if is_renamed:
            edits.append(RenamePin(group[0].source.key, new_path))
        elif leaving:
            edits += _without_calls(leaving)
            arriving += leaving
    without = parse_pins(pins, edit_pins(pins, edits))
    for group in _grouped(arriving, lambda move: move.target.path):
        edits += _with_calls(without, group)
    return Plan(edits, [_move_line(move) for move in moves])


def _grouped(moves: Iterable[Move], path: Callable[[Move], str]) -> Collection[Sequence[Move]]:
    groups: dict[str, list[Move]] = {}
    for move in moves:
        groups.setdefault(path(move), []).append(move)
    return groups.values()


def _new_path(moves: Sequence[Move], leaving: Sequence[Move]) -> str:
    """Return the new file of a pin's calls if all of them moved to the same one, else an empty string."""
    targets = {move.target.path for move in moves}
    return targets.pop() if len(leaving) == moves[0].source.allowed and len(targets) == 1 else ""


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
