"""``decide``: record a decision on PUT calls, or list undecided ones."""
from __future__ import annotations

import argparse
import difflib
import functools
import os
import re
import sys
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date

from flake8_artifact_pin.cli.decide.ask import ask
from flake8_artifact_pin.cli.decide.moves import plan_moves
from flake8_artifact_pin.cli.decide.moves import whole_pins
from flake8_artifact_pin.cli.decide.plan import chosen_calls
from flake8_artifact_pin.cli.decide.plan import new_calls
from flake8_artifact_pin.cli.decide.plan import NOBODY_SAID
from flake8_artifact_pin.cli.decide.plan import Plan
from flake8_artifact_pin.cli.decide.plan import plan_count
from flake8_artifact_pin.cli.decide.plan import plan_decisions
from flake8_artifact_pin.cli.decide.plan import undecided
from flake8_artifact_pin.cli.decide.plan import Undecided
from flake8_artifact_pin.cli.decide.plan import why_undecided
from flake8_artifact_pin.cli.moved import gone_files
from flake8_artifact_pin.cli.moved import moves_in
from flake8_artifact_pin.cli.moved import snapshots_of_pins
from flake8_artifact_pin.cli.options import add_format
from flake8_artifact_pin.cli.options import add_pins
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_findings
from flake8_artifact_pin.cli.output import note_registry_faults
from flake8_artifact_pin.cli.output import Place
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import print_line
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.edit import edit_pins
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.write import ChangedError
from flake8_artifact_pin.pins.write import replace_text
from flake8_artifact_pin.registry.load import load_registry
from flake8_artifact_pin.registry.load import RegistryRow
from flake8_artifact_pin.repository.renames import Outcome
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.workspace import open_pinned
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.matching import match_calls
from flake8_artifact_pin.rules.moves import Move
from flake8_artifact_pin.rules.moves import renamed
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import judge_files
from flake8_artifact_pin.rules.verdict import JudgedCall
from flake8_artifact_pin.rules.verdict import Verdict

_PLACE = re.compile(r"(?P<path>.+):(?P<line>[1-9][0-9]*)")
# How often to start again because another process changed the pins file.
_TRIES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument(
        "places", metavar="PATH[:LINE]", nargs="*",
        help="a file, or a PUT call in it; without a decision: list only what is undecided there",
    )
    decisions = parser.add_mutually_exclusive_group()
    decisions.add_argument("--registered", metavar="ID", nargs="+", help="the ids of the artifact in the registry")
    decisions.add_argument("--grandfathered", metavar="REASON", help="why nobody needs to know when it is absent")
    decisions.add_argument("--deferred", metavar="ISSUE", help="the issue that will settle it")
    parser.add_argument(
        "--until", metavar="DATE", type=_date, help="the last day that a reason or an issue holds: 2027-03-31",
    )
    decisions.add_argument(
        "--moved", "--renamed", action="store_true",
        help="the calls only moved, or got new names: keep their decisions (without PATH: all that git knows of)",
    )
    parser.add_argument("--count", action="store_true", help="keep a count, where the pin would name its calls")
    add_pins(parser)
    add_format(parser, "text", "json")


def run(arguments: argparse.Namespace) -> int:
    """Record a decision, or list undecided calls; return the exit status: 1 if some of them are left undecided.

    On a terminal, each call of the list gets a question. The JSON format of the list is an object: ``undecided``, a
    list of objects with the fields of Undecided. Raise UsageError if the decision is ambiguous.
    """
    decision = _decision(arguments)
    if decision is None and not arguments.moved:
        return _list(arguments)
    places = _places(arguments.places)
    if decision is None:
        return _carry(arguments.pins, places)
    if not places:
        raise UsageError("name the file or the PUT call that this is decided on: decide PATH:LINE ...")
    _note_unknown_ids(open_workspace(arguments.pins), decision)
    for name, lines in places.items():
        for file in _undecided_files(arguments.pins, name) if os.path.isdir(name) else [name]:
            plan = functools.partial(_plan, name=file, lines=lines, decision=decision, keeps_count=arguments.count)
            _record(arguments.pins, plan)
    return CLEAN


def _carry(pins: str | None, places: Mapping[str, Sequence[int]]) -> int:
    """Move decisions to the pins of their moved calls; return the exit status: 1 if some moves are ambiguous."""
    left: list[tuple[str, Place]] = []

    def plan(workspace: Workspace) -> Plan:
        moves: Sequence[Move] = moves_in(workspace)
        gone = {path: outcome for path, outcome in gone_files(workspace).items() if outcome.path}
        if places:
            moves = [move for name, lines in places.items() for move in _moves_at(workspace, name, lines, moves)]
            files = [name for name, lines in places.items() if not lines]
            gone = {path: outcome for path, outcome in gone.items() if _is_at(workspace, outcome.path, files)}
        whole = whole_pins(workspace.pins, moves, gone)
        left[:] = _left(workspace, moves, gone, whole)
        if not (moves or whole or left):
            raise UsageError("git knows no PUT call that moved away from its decision: name the call, PATH:LINE")
        return plan_moves(workspace.pins, [move for move in moves if not move.problem], whole)

    _record(pins, plan)
    for text, place in left:
        note(text, place)
    return FINDINGS if left else CLEAN


def _left(
    workspace: Workspace, moves: Sequence[Move], gone: Mapping[str, Outcome], whole: Collection[str],
) -> Iterator[tuple[str, Place]]:
    """Yield why moves and pins of renamed files are left, with their places."""
    for move in moves:
        if move.problem and move.source.path not in whole:
            place = workspace.shown(move.target.path), move.call.site.call.line
            yield f"left, since {move.problem}: decide on it", place
    pins = workspace.pins
    for path, outcome in gone.items():
        if path not in {*whole, *(move.source.path for move in moves)}:
            shared = f"it was renamed to {outcome.path}, and other calls moved there, too: move its decisions by hand"
            place = workspace.shown(pins.name), pin_position(pins, pins.pins[path]).line
            yield f"{path}: {outcome.reason or shared}", place


def _is_at(workspace: Workspace, path: str, places: Iterable[str]) -> bool:
    """Return whether a path of the pins file is one of the places, or below one."""
    shown = workspace.shown(path)
    return any(name in (shown, os.curdir) or shown.startswith(f"{name}/") for name in places)


def _moves_at(
    workspace: Workspace, name: str, lines: Sequence[int], known: Sequence[Move],
) -> list[Move]:
    """Return the moves to a file, to lines of it, or to a directory.

    If git does not know the move of a call, the call may have been renamed: then its pin has a gone entry.
    """
    if os.path.isdir(name):
        return [move for move in known if _is_at(workspace, move.target.path, [name])]
    verdict = _judged(workspace, name)
    by_name = {move.call.site.name: move for move in known if move.target.path == verdict.path}
    moves = []
    for call in chosen_calls(verdict, lines) or verdict.unnamed:
        if move := by_name.get(call.site.name) or renamed(verdict, call):
            moves.append(move)
        elif lines:
            place = f"{name}:{call.site.call.line}"
            raise UsageError(f"git does not know where {place} was, and no entry of its pin is gone: decide on it")
    return moves


def _undecided_files(pins: str | None, directory: str) -> Sequence[str]:
    """Return the files below a directory with undecided calls. Raise UsageError if there are none."""
    found = dict.fromkeys(item.path for item, _ in _undecided(pins, {directory: []}))
    if not found:
        raise UsageError(f"nothing is undecided below {directory}")
    return list(found)


def _plan(
    workspace: Workspace, name: str, lines: Sequence[int], decision: Decision, keeps_count: bool,
) -> Plan:
    """Return the edits that record a decision on the calls on some lines of a file, or else on what is undecided."""
    verdict = _judged(workspace, name)
    pin, counted = verdict.pin, [call for call in verdict.calls if call.site.is_counted]
    chosen: Sequence[JudgedCall] = chosen_calls(verdict, lines)
    if pin.calls is not None:
        chosen = chosen or [call for call in verdict.calls if why_undecided(verdict, call, date.today())]
    elif verdict.is_over and pin.allowed and pin.decision.is_made and not keeps_count:
        chosen = new_calls(verdict, chosen, _added_names(workspace, verdict))
    elif counted and not lines:
        if pin.path in workspace.pins.pins and not keeps_count:
            return plan_count(workspace.pins, pin, max(verdict.counted, pin.allowed), decision)
        chosen = counted[pin.allowed:] or counted
    if not chosen:
        raise UsageError(f"nothing is undecided in {verdict.path}: name a PUT call to decide anew, PATH:LINE")
    return plan_decisions(workspace.pins, verdict, {call.site.name: decision for call in chosen}, keeps_count)


def _added_names(workspace: Workspace, verdict: Verdict) -> Collection[str]:
    """Return the names of a file's calls that are newer than the pins; none if git does not know."""
    for snapshots in snapshots_of_pins(workspace):
        old, new = (judge_files(workspace.pins, reports) for reports in (snapshots.old, snapshots.new))
        changes = match_calls(old, new, snapshots.renamed)
        added = [change.new for change in changes if change.is_new_artifact and change.new]
        if names := {placed.site.name for placed in added if placed.path == verdict.path}:
            return names
    return ()


def _note_unknown_ids(workspace: Workspace, decision: Decision) -> None:
    """Print a note for each id that is not in the registry. It is no error: it may be registered later."""
    known = [row.artifact_id for row in _rows(workspace)]
    for artifact_id in decision.registered if known else ():
        if artifact_id not in known:
            close = difflib.get_close_matches(artifact_id, known, n=1)
            hint = f"did you mean {close[0]}?" if close else "register it there"
            note(f"{workspace.pins.registry} has no {artifact_id}: {hint}")


def _record(named_pins: str | None, plan: Callable[[Workspace], Plan]) -> None:
    """Edit the pins file and print what was done. Start again if another program changes the file meanwhile."""
    for _ in range(_TRIES):
        workspace = open_pinned(named_pins)
        pins, shown = workspace.pins, workspace.shown(workspace.pins.name)
        found = plan(workspace)
        try:
            replace_text(pins.path, shown, pins.text, edit_pins(pins, found.edits))
        except ChangedError:
            continue
        for line in found.lines:
            print_line(f"{shown}: {line}")
        return
    raise UsageError("the pins file is being changed by another program all the time: try again")


def _judged(workspace: Workspace, name: str) -> Verdict:
    """Return the verdict on a file. Raise UsageError if no decision on it is possible."""
    scanned = next(scan(workspace, workspace.files([name])), None)
    if scanned is None:
        raise UsageError(f"{name} makes no PUT call: there is nothing to decide on")
    if scanned.problems:
        note_findings(scanned.problems)
        raise UsageError(f"{name} cannot be judged: correct it first")
    if not can_be_key(scanned.path):
        raise UsageError(f"{name} has a path that cannot be pinned: rename the file, or exempt it by a pattern")
    verdict = judge_file(workspace.pins, scanned.path, scanned.report)
    if verdict.exempt:
        raise UsageError(f"{name} is exempt by {verdict.exempt!r}: there is nothing to decide on")
    return verdict


def _list(arguments: argparse.Namespace) -> int:
    items = _undecided(arguments.pins, _places(arguments.places))
    if arguments.format == "json":
        print_json({"undecided": [item._asdict() for item, _ in items]})
    elif items and sys.stdin.isatty() and sys.stdout.isatty():
        left = ask(items, lambda path, answers: _record(
            arguments.pins, lambda workspace: plan_decisions(workspace.pins, _judged(workspace, path), answers),
        ))
        return FINDINGS if left else CLEAN
    else:
        for item, _ in items:
            fitting = f"; ids that fit: {', '.join(item.suggestions)}" if item.suggestions else ""
            print_line(f"{item.call}: {item.why}{fitting}", at=(item.path, item.line))
        note(f"{count(len(items), 'PUT call')} undecided")
    return FINDINGS if items else CLEAN


def _undecided(named_pins: str | None, places: Mapping[str, Sequence[int]]) -> list[tuple[Undecided, Sequence[str]]]:
    """Return the undecided calls of some files and lines, or of all files, each with the lines of its file.

    Those that check reports come first.
    """
    workspace = open_workspace(named_pins)
    pins, rows, today = workspace.pins, _rows(workspace), date.today()
    found = []
    for scanned in scan(workspace, workspace.files(list(places))):
        verdict, lines = judge_file(pins, scanned.path, scanned.report), places.get(scanned.name, ())
        for call in verdict.calls:
            why = why_undecided(verdict, call, today)
            if why and (not lines or call.site.call.line in lines):
                found.append((undecided(scanned.name, call, why, rows), scanned.report.lines))
    return sorted(found, key=lambda item: item[0].why == NOBODY_SAID and not pins.require_decision)


def _rows(workspace: Workspace) -> Sequence[RegistryRow]:
    """Return the rows of the registry to suggest ids from; none if there is no usable registry."""
    pins = workspace.pins
    if not pins.registry:
        return ()
    path = os.path.join(pins.root, pins.registry)
    try:
        return load_registry(path, relative(path, pins.cwd))
    except RegistryError as error:
        note_registry_faults(error.faults)
        return ()


def _places(names: Sequence[str]) -> dict[str, list[int]]:
    """Parse ``PATH[:LINE]`` arguments to lines by path; no lines stand for the whole file."""
    places: dict[str, list[int]] = {}
    for name in names:
        match = None if os.path.exists(name) else _PLACE.fullmatch(name)
        lines = places.setdefault(os.path.normpath(match["path"] if match else name), [])
        lines += [int(match["line"])] if match else []
    return places


def _decision(arguments: argparse.Namespace) -> Decision | None:
    decision = Decision(
        tuple(arguments.registered or ()), arguments.grandfathered or "", arguments.deferred or "", arguments.until,
    )
    given = next((option for option in _WANTED if getattr(arguments, option) is not None), "")
    if arguments.until and given not in ("grandfathered", "deferred"):
        raise UsageError("--until goes with --grandfathered or --deferred")
    if arguments.until and arguments.until < date.today():
        raise UsageError(f"--until {arguments.until} is over: name a day to come")
    if given and not decision.is_made:
        said = " ".join([*decision.registered, decision.grandfathered, decision.deferred]).strip()
        raise UsageError(f"--{given} {said!r} says nothing: {_WANTED[given]}")
    return decision if given else None


_WANTED = {
    "registered": "give the id of a row of the registry",
    "grandfathered": "say why nobody needs to know when the artifact is absent",
    "deferred": "name the issue that will settle it",
}


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2027-03-31")
