"""What becomes of each pin: only what is stale for certain is lowered or removed."""
from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.pins.edit import Edit
from flake8_artifact_pin.pins.edit import RemoveCall
from flake8_artifact_pin.pins.edit import RemovePin
from flake8_artifact_pin.pins.edit import RenamePin
from flake8_artifact_pin.pins.edit import SetCount
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.repository.renames import Fate
from flake8_artifact_pin.repository.renames import Outcome
from flake8_artifact_pin.repository.renames import Renames
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import Verdict


class Change(NamedTuple):
    """What is done to a stale pin on a line (1-based) of the pins file: ``new`` is its count, or None if it is removed.

    ``removed_calls`` are the entries, as spelled, that a pin loses that names its calls; ``moved_to`` is its new path.
    """

    pin: Pin
    line: int
    new: int | None
    reason: str
    moved_to: str = ""
    removed_calls: Sequence[str] = ()

    @property
    def retired(self) -> Sequence[str]:
        """The ids of artifacts that may no longer be written."""
        pin = self.pin
        registered = dict.fromkeys(artifact_id for decision in pin.decisions for artifact_id in decision.registered)
        if self.new == pin.allowed:
            return ()
        if pin.calls is None:
            # of several ids nobody can tell which one is gone
            return list(registered) if (self.new or 0) < len(registered) else ()
        left = [call for call in pin.calls.values() if self.new is not None and call.key not in self.removed_calls]
        kept = {artifact_id for call in left for artifact_id in call.decision.registered}
        return [artifact_id for artifact_id in registered if artifact_id not in kept]

    @property
    def edits(self) -> list[Edit]:
        """The edits of the pins file that make the change."""
        pin = self.pin
        if self.new is None:
            return [RemovePin(pin.key)]
        edits: list[Edit] = [RemoveCall(pin.key, call) for call in self.removed_calls]
        if pin.calls is None and self.new != pin.allowed:
            edits.append(SetCount(pin.key, self.new))
        if self.moved_to:
            edits.append(RenamePin(pin.key, self.moved_to))
        return edits


class Offer(NamedTuple):
    """A pin whose file was renamed: offered, since git takes a copy of a removed file for a rename as well."""

    pin: Pin
    line: int
    new_path: str


class Kept(NamedTuple):
    """A pin that may be stale and is kept, and why."""

    pin: Pin
    line: int
    reason: str


class Plan(NamedTuple):
    """What is to be done, what is only offered or kept, and what keeps a file from being judged."""

    changes: Sequence[Change]
    offers: Sequence[Offer]
    kept: Sequence[Kept]
    findings: Sequence[FileFinding]


_Result = Change | Offer | Kept | FileFinding


def make_plan(workspace: Workspace, moves_renamed: bool) -> Plan:
    """Return what is to be done with the pins, in the order in which they are written."""
    judge = _Judge(workspace, moves_renamed)
    pins = list(workspace.pins.pins.values())
    results = [result for pin in with_progress(pins, "pin") for result in judge.results(pin)]
    return Plan(
        [result for result in results if isinstance(result, Change)],
        [result for result in results if isinstance(result, Offer)],
        [result for result in results if isinstance(result, Kept)],
        [result for result in results if isinstance(result, FileFinding)],
    )


class _Judge:
    """Judges one pin after the other, and remembers where pins are moved to."""

    def __init__(self, workspace: Workspace, moves_renamed: bool) -> None:
        self.workspace = workspace
        self.moves_renamed = moves_renamed
        self.renames = Renames(workspace.repository) if workspace.repository else None
        self.beyond = {pin.path for pin in workspace.beyond()}
        self.taken = set(workspace.pins.pins)

    def results(self, pin: Pin) -> Iterator[_Result]:
        """Yield what becomes of a pin: nothing, if it is not stale."""
        line = pin_position(self.workspace.pins, pin).line
        if _is_gone(self.workspace.location(pin.path)):
            yield from self.results_of_gone(pin, line)
        elif pin.path in self.beyond:
            yield Kept(pin, line, "it is not Python, which is not judged")
        elif exempting := exemption(self.workspace.pins.exempt, pin.path):
            yield Kept(pin, line, f"it is exempt by {exempting!r}, too: remove one of the two")
        else:
            verdict, problems = self.judge(pin.path)
            yield from problems
            if verdict and verdict.is_stale:
                yield from _lowered(pin, line, verdict)

    def results_of_gone(self, pin: Pin, line: int) -> Iterator[_Result]:
        """Yield what becomes of a pin whose file does not exist."""
        outcome = self.renames.outcome(pin.path) if self.renames else Outcome(Fate.DELETED)
        if outcome.fate is Fate.UNKNOWN:
            yield Kept(pin, line, outcome.reason)
        elif outcome.fate is Fate.RENAMED:
            yield from self.results_of_renamed(pin, line, outcome.path)
        else:
            yield Change(pin, line, None, "the file does not exist")

    def results_of_renamed(self, pin: Pin, line: int, new_path: str) -> Iterator[_Result]:
        """Yield what becomes of a pin whose file has another path now."""
        if obstacle := self.obstacle(new_path):
            yield Kept(pin, line, f"it was renamed to {new_path}, which {obstacle}: move its decisions by hand")
            return
        verdict, problems = self.judge(new_path, pin)
        yield from problems
        self.taken.add(new_path)
        if not self.moves_renamed or verdict is None:
            yield Offer(pin, line, new_path)
            return
        lowered = list(_lowered(pin, line, verdict)) if verdict.is_stale else []
        change = next((result for result in lowered if isinstance(result, Change)), None)
        if verdict.counted == 0:
            yield Change(pin, line, None, f"renamed to {new_path}, which makes no PUT call")
        else:
            change = change or Change(pin, line, pin.allowed, "")
            yield change._replace(reason="renamed", moved_to=new_path)
            yield from (result for result in lowered if isinstance(result, Kept))

    def obstacle(self, new_path: str) -> str:
        """Return why a pin cannot be moved to a path, or an empty string."""
        if new_path in self.taken:
            return "has a pin"
        if exemption(self.workspace.pins.exempt, new_path):
            return "is exempt"
        if not self.workspace.is_python(new_path):
            return "is not Python"
        return "" if can_be_key(new_path) else "cannot be pinned"

    def judge(self, path: str, pin: Pin | None = None) -> tuple[Verdict | None, Sequence[FileFinding]]:
        """Return the verdict on a file, by the pin of another path if one is given, or what keeps it from being judged."""
        pins = self.workspace.pins
        if pin:
            pins = pins._replace(pins={**pins.pins, path: pin._replace(path=path)})
        scanned = next(scan(self.workspace._replace(pins=pins), [path]), None)
        if scanned is None:
            unreachable = Finding(1, 0, "E902", "OSError: the file cannot be reached")
            return None, [FileFinding(self.workspace.shown(path), unreachable)]
        if scanned.problems:
            return None, scanned.problems
        return judge_file(pins, path, scanned.report), ()


def _lowered(pin: Pin, line: int, verdict: Verdict) -> Iterator[Change | Kept]:
    """Yield what becomes of a pin that allows more calls than its file makes.

    An entry stays whose call may only have a new name (APR006 tells which), and one that may be another call's.
    """
    counted = f"{verdict.counted} counted"
    if not verdict.counted:
        yield Change(pin, line, None, "no PUT call counted")
        return
    if pin.calls is None:
        yield Change(pin, line, verdict.counted, counted)
        return
    replaced = {call.replaces for call in verdict.calls}
    gone = [name for name in verdict.gone if name not in replaced and name not in verdict.uncertain]
    if gone:
        yield Change(pin, line, pin.allowed - len(gone), counted, removed_calls=[pin.calls[name].key for name in gone])
    if unsure := [name for name in verdict.gone if name in verdict.uncertain]:
        names = ", ".join(pin.calls[name].key for name in pin.calls if name in verdict.uncertain)
        yield Kept(pin, line, f"of {names} {len(unsure)} is gone, and nobody can tell which: remove it by hand")


def _is_gone(filename: str) -> bool:
    """Return whether there is no file at a path; a file that cannot be reached may be there."""
    try:
        return stat.S_ISDIR(os.stat(filename).st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False


def edits_of(pins: Pins, changes: Sequence[Change]) -> list[Edit]:
    """Return the edits of all changes, the renames last: keys are those of today until then."""
    edits = [edit for change in changes for edit in change.edits]
    return sorted(edits, key=lambda edit: isinstance(edit, RenamePin))
