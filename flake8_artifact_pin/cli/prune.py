"""``prune``: lower and remove stale pins, never raise or add one."""
from __future__ import annotations

import argparse
import difflib
import importlib
import os
import stat
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import FileFinding
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_findings
from flake8_artifact_pin.cli.output import print_findings
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import printable
from flake8_artifact_pin.cli.output import style
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.repository.renames import Fate
from flake8_artifact_pin.repository.renames import Outcome
from flake8_artifact_pin.repository.renames import Renames
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.names import compare
from flake8_artifact_pin.source.names import UNCERTAIN
from flake8_artifact_pin.source.names import without_number
from flake8_artifact_pin.pins.model import exemption
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import pin_position
from flake8_artifact_pin.pins.model import quote
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.pins.schema import can_be_key

_DIFF_STYLES = {"@": "cyan", "+": "green", "-": "red"}


class PrunedPin(NamedTuple):
    """What becomes of a stale pin: ``new`` is its count, or None if it is removed.

    ``removed_calls`` are those that it no longer names if it is left.
    """

    pin: Pin
    line: int
    new: int | None
    reason: str
    moved_to: str = ""
    removed_calls: Sequence[str] = ()

    @property
    def left_calls(self) -> Sequence[str]:
        """The calls that the pin names afterwards."""
        if self.pin.calls is None or self.new is None:
            return ()
        removed = frozenset(self.removed_calls)
        return [name for name in self.pin.calls if name not in removed]

    @property
    def retired(self) -> Sequence[str]:
        """The ids of artifacts that may no longer be written."""
        pin, left = self.pin, self.new or 0
        if pin.calls is None:
            ids = pin.decision.registered
            return ids if left < pin.allowed and left < len(ids) else ()
        kept = {artifact_id for name in self.left_calls for artifact_id in pin.decision_on(name).registered}
        registered = dict.fromkeys(artifact_id for decision in pin.decisions for artifact_id in decision.registered)
        return [artifact_id for artifact_id in registered if artifact_id not in kept]


class Rename(NamedTuple):
    """A pin whose file was renamed, and where the file is now: offered, because a copy looks like a rename to git."""

    pin: Pin
    line: int
    new_path: str


class Kept(NamedTuple):
    """A pin whose file is not here and may not be gone: git tracks it, under that name or a new one, or cannot tell."""

    pin: Pin
    reason: str


class Plan(NamedTuple):
    """What is to be done, what is only offered or kept, and what keeps a file from being judged."""

    changes: Sequence[PrunedPin]
    offered: Sequence[Rename]
    kept: Sequence[Kept]
    findings: Sequence[FileFinding]


def run(arguments: argparse.Namespace) -> int:
    """Prune the pins file and return the exit status: 1 if a pin is left that is or may be stale.

    With ``--dry-run`` it is 1 as well if the file would change.

    The JSON format is an object: ``changes`` (``path`` and ``line`` of the pin, its count ``old`` and ``new``, null if
    it is removed, the path it is ``moved_to`` or null, the ``reason``, and the ``removed_calls`` of a pin that names
    its calls), ``renames`` that are offered (``path``, ``line`` and ``renamed_to``), whether the file was ``written``,
    and ``findings`` as those of ``check``. Lines are those before the change, and paths but those of the findings are
    relative to the pins file's directory.
    """
    try:
        importlib.import_module("tomlkit")
    except ImportError:
        raise UsageError("prune needs tomlkit: pip install 'flake8-artifact-pin[prune]'")
    workspace = open_workspace(arguments.pins)
    if not workspace.pins.path:
        raise UsageError(f"there is no {FILE_NAME} here or in a directory above: create one with init")
    plan = make_plan(workspace, arguments.move_renamed)
    text = _pruned_text(workspace, plan.changes) if plan.changes else workspace.pins.text
    is_written = bool(plan.changes) and not arguments.dry_run
    if is_written:
        _write(workspace, text)
    if arguments.format == "json":
        print_json(_data(plan, is_written))
    else:
        _print_text(workspace, plan, text, arguments)
    is_left = plan.offered or plan.findings or (plan.changes and arguments.dry_run)
    return FINDINGS if is_left else CLEAN


def make_plan(workspace: Workspace, moves_renamed: bool) -> Plan:
    """Return what is to be done with the stale pins, in the order in which they are written."""
    judge = _Judge(workspace, moves_renamed)
    pins = list(workspace.pins.pins.values())
    outcomes = [outcome for pin in with_progress(pins, "pin") for outcome in judge.outcomes(pin)]
    return Plan(
        [outcome for outcome in outcomes if isinstance(outcome, PrunedPin)],
        [outcome for outcome in outcomes if isinstance(outcome, Rename)],
        [outcome for outcome in outcomes if isinstance(outcome, Kept)],
        [outcome for outcome in outcomes if isinstance(outcome, FileFinding)],
    )


class _Judge:
    """Judges one pin after the other, and remembers where pins are moved to."""

    def __init__(self, workspace: Workspace, moves_renamed: bool) -> None:
        self.workspace = workspace
        self.moves_renamed = moves_renamed
        self.renames = Renames(workspace.repository) if workspace.repository else None
        self.taken = set(workspace.pins.pins)

    def outcomes(self, pin: Pin) -> Iterator[PrunedPin | Rename | Kept | FileFinding]:
        """Yield what becomes of a pin: nothing, if it is not stale."""
        line = pin_position(self.workspace.pins, pin).line
        if _is_gone(self.workspace.location(pin.path)):
            yield from self.outcomes_of_gone(pin, line)
            return
        counted, problems = self.observe(pin.path)
        if problems:
            yield from problems
        elif len(counted) < pin.allowed:
            yield _lowered(pin, line, counted)

    def outcomes_of_gone(self, pin: Pin, line: int) -> Iterator[PrunedPin | Rename | Kept | FileFinding]:
        """Yield what becomes of a pin whose file does not exist."""
        outcome = self.renames.outcome(pin.path) if self.renames else Outcome(Fate.DELETED)
        if outcome.fate is Fate.UNKNOWN:
            yield Kept(pin, outcome.reason)
        elif outcome.fate is Fate.RENAMED:
            yield from self.outcomes_of_renamed(pin, line, outcome.path)
        else:
            yield PrunedPin(pin, line, None, "the file does not exist")

    def outcomes_of_renamed(self, pin: Pin, line: int, new_path: str) -> Iterator[PrunedPin | Rename | FileFinding]:
        """Yield what becomes of a pin whose file has another path now."""
        counted, problems = self.observe(new_path)
        obstacle = self.obstacle(pin, new_path) or ("" if counted or problems else "makes no PUT call")
        if obstacle:
            yield PrunedPin(pin, line, None, f"renamed to {new_path}, which {obstacle}")
            return
        self.taken.add(new_path)
        yield from problems
        if self.moves_renamed and not problems:
            change = PrunedPin(pin, line, pin.allowed, "")
            if len(counted) < pin.allowed:
                change = _lowered(pin, line, counted)
            yield change._replace(reason="renamed", moved_to=new_path)
        else:
            yield Rename(pin, line, new_path)

    def obstacle(self, pin: Pin, new_path: str) -> str:
        """Return why a pin cannot be moved to a path, or an empty string."""
        if new_path in self.taken:
            return "has a pin"
        if exemption(self.workspace.pins.exempt, new_path):
            return "is exempt"
        if _suffix(new_path) not in (".py", _suffix(pin.path)):
            return "is no Python file"
        return "" if can_be_key(new_path) else "cannot be pinned"

    def observe(self, path: str) -> tuple[Sequence[str], Sequence[FileFinding]]:
        """Return the names of the PUT calls that count in a file that exists, and what keeps it from being judged."""
        scanned = next(scan(self.workspace, [path]), None)
        if scanned is None:
            # one that is pinned matters, so this one could not even be found
            unreachable = Finding(1, 0, "E902", "OSError: the file cannot be reached")
            is_pinned = path in self.workspace.pins.pins
            return (), [FileFinding(self.workspace.shown(path), unreachable)] if is_pinned else []
        return scanned.report.names, scanned.problems


def _lowered(pin: Pin, line: int, counted: Sequence[str]) -> PrunedPin:
    """Return what becomes of a pin that allows more calls than are observed."""
    if not counted:
        return PrunedPin(pin, line, None, "no PUT call observed")
    if pin.calls is None:
        return PrunedPin(pin, line, len(counted), f"{len(counted)} observed")
    mismatch = compare(pin.calls, counted)
    # what only got another name is not stale: as many are left as there are calls, and APR006 tells the new names
    renamed = frozenset(mismatch.replaced.values())
    gone = [name for name in mismatch.gone if name not in renamed]
    return PrunedPin(pin, line, len(counted), f"{len(counted)} observed", removed_calls=gone)


def _is_gone(filename: str) -> bool:
    """Return whether there is no file at a path; a file that cannot be reached may be there."""
    try:
        return stat.S_ISDIR(os.stat(filename).st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1]


def _pruned_text(workspace: Workspace, changes: Sequence[PrunedPin]) -> str:
    from flake8_artifact_pin.pins.edit import Edit
    from flake8_artifact_pin.pins.edit import edit_pins
    from flake8_artifact_pin.pins.edit import UneditableError

    edits = {
        change.pin.key: Edit(change.new, change.moved_to, [_key_of(change.pin, name) for name in change.removed_calls])
        for change in changes
    }
    try:
        return edit_pins(workspace.pins, edits)
    except UneditableError:
        shown = _shown_name(workspace)
        by_hand = "; ".join(map(_edit_by_hand, changes))
        raise UsageError(f"{shown} is written in a way that cannot be edited safely: edit it by hand: {by_hand}")


def _edit_by_hand(change: PrunedPin) -> str:
    key = quote(change.pin.key)
    if change.new is None:
        return f"remove {key} (line {change.line})"
    steps = [f"rename {key} (line {change.line}) to {quote(change.moved_to)}"] if change.moved_to else []
    where = "it" if steps else f"{key} (line {change.line})"
    if change.pin.calls is None:
        steps.append(f"set {where} to {change.new}")
    else:
        steps += [f"remove {quote(_key_of(change.pin, name))} of {where}" for name in change.removed_calls]
    return " and ".join(steps)


def _key_of(pin: Pin, name: str) -> str:
    """Return a call that a pin names as it is spelled in the pins file."""
    return pin.calls[name].key if pin.calls else ""


def _write(workspace: Workspace, text: str) -> None:
    from flake8_artifact_pin.pins.edit import replace_text

    replace_text(workspace.pins.path, _shown_name(workspace), workspace.pins.text, text)


def _shown_name(workspace: Workspace) -> str:
    return workspace.shown(workspace.pins.name)


def _print_text(workspace: Workspace, plan: Plan, text: str, arguments: argparse.Namespace) -> None:
    name = _shown_name(workspace)
    offers = [_line(name, rename.line, _rename_text(rename, arguments.move_renamed)) for rename in plan.offered]
    if arguments.dry_run:
        _print_diff(name, workspace.pins.text, text)
        # beside it, so that it can be applied
        for offer in offers:
            note(offer)
        note_findings(plan.findings)
    else:
        for line in [*(_line(name, change.line, _change_text(change)) for change in plan.changes), *offers]:
            print(line)
        print_findings(plan.findings)
    for kept in plan.kept:
        note(f"{printable(kept.pin.path)}: kept ({printable(kept.reason)})")
    what = "to change" if arguments.dry_run else "changed"
    note(f"{count(len(workspace.pins.pins), 'pin')}: {len(plan.changes)} {what}, {len(plan.offered)} offered to move")


def _line(name: str, line: int, text: str) -> str:
    return f"{printable(name)}:{line}: {printable(text)}"


def _change_text(change: PrunedPin) -> str:
    pin = change.pin
    if change.new is None:
        text = f"{pin.path}: removed ({change.reason})"
    elif change.moved_to:
        text = f"{pin.path}: moved to {change.moved_to}"
    else:
        text = f"{pin.path}: {pin.allowed} -> {change.new}"
    if change.moved_to and change.new != pin.allowed:
        text += f", {pin.allowed} -> {change.new}"
    for name in change.removed_calls if change.new is not None else ():
        decision = pin.decision_on(name).text
        text += f"; removed {quote(name)}" + (f" ({decision})" if decision else "")
    left = frozenset(map(without_number, change.left_calls))
    if not left.isdisjoint(map(without_number, change.removed_calls)):
        text += f"; {UNCERTAIN}"
    if change.retired:
        ids = count(len(change.retired), "id")
        text += f"; {ids} registered, retire what is no longer written: {', '.join(change.retired)}"
    return text


def _rename_text(rename: Rename, moves_renamed: bool) -> str:
    what_to_do = "mend that file" if moves_renamed else "run prune --move-renamed"
    return f"{rename.pin.path} was renamed to {rename.new_path}: {what_to_do} to move its pin"


def _print_diff(name: str, old: str, new: str) -> None:
    from flake8_artifact_pin.pins.edit import split_lines

    for line in difflib.unified_diff(split_lines(old), split_lines(new), f"a/{name}", f"b/{name}"):
        text = line.removesuffix("\n")
        print(style(_DIFF_STYLES[line[0]], text) if line[0] in _DIFF_STYLES else text)
        if text == line:
            print("\\ No newline at end of file")


def _data(plan: Plan, is_written: bool) -> Mapping[str, object]:
    return {
        "changes": [
            {
                "path": change.pin.path,
                "line": change.line,
                "old": change.pin.allowed,
                "new": change.new,
                "moved_to": change.moved_to or None,
                "reason": change.reason,
                "removed_calls": change.removed_calls,
            }
            for change in plan.changes
        ],
        "renames": [
            {"path": rename.pin.path, "line": rename.line, "renamed_to": rename.new_path} for rename in plan.offered
        ],
        "written": is_written,
        "findings": list(map(finding_data, plan.findings)),
    }
