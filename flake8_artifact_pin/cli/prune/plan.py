"""Plan what to do with each pin. Only pins that are certainly stale are lowered or removed."""
from __future__ import annotations

import functools
import os
import stat
import unicodedata
from collections.abc import Iterator
from collections.abc import Sequence

from flake8_artifact_pin.cli.moved import moves_in
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.cli.prune.results import Change
from flake8_artifact_pin.cli.prune.results import Kept
from flake8_artifact_pin.cli.prune.results import Offer
from flake8_artifact_pin.cli.prune.results import Plan
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import from_disk
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.repository.files import NotCheckedOut
from flake8_artifact_pin.repository.renames import Fate
from flake8_artifact_pin.repository.renames import Outcome
from flake8_artifact_pin.repository.renames import Renames
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.uncounted import dead_patterns
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.moves import Move
from flake8_artifact_pin.rules.moves import moved_to
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import Verdict

_Result = Change | Offer | Kept | FileFinding


def make_plan(workspace: Workspace, moves_renamed: bool) -> Plan:
    """Return what to do with the pins, in the order of the pins file."""
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
    """Judges one pin after the other, and remembers the new paths of moved pins."""

    def __init__(self, workspace: Workspace, moves_renamed: bool) -> None:
        self.workspace = workspace
        self.moves_renamed = moves_renamed
        self.renames = Renames(workspace.repository, workspace.pins.pins) if workspace.repository else None
        self.other_files = {pin.path for pin in workspace.pins_on_other_files()}
        self.taken = set(workspace.pins.pins)

    def results(self, pin: Pin) -> Iterator[_Result]:
        """Yield the results for a pin; none if it is not stale."""
        line = pin_position(self.workspace.pins, pin).line
        if _is_gone(self.workspace.location(pin.path)):
            yield from self.results_of_gone(pin, line)
        elif pin.path in self.other_files:
            yield Kept(pin, line, "not Python, so not judged", is_open=False)
        elif exempting := exemption(self.workspace.pins.exempt, pin.path):
            yield Kept(pin, line, f"it is exempt by {quote(exempting)}, too: remove one of the two")
        else:
            verdict, problems = self.judge(pin.path)
            yield from problems
            if verdict and verdict.is_stale:
                yield from self.kept(pin, line) or _lowered(pin, line, verdict)

    def results_of_gone(self, pin: Pin, line: int) -> Iterator[_Result]:
        """Yield the results for a pin whose file does not exist."""
        if self.is_absent(pin.path):
            yield Kept(pin, line, "git tracks it and has not checked it out", is_open=False)
            return
        outcome = self.outcome(pin.path)
        if outcome.fate is Fate.UNKNOWN:
            yield Kept(pin, line, f"git does not know where it is now: {outcome.reason}")
        elif outcome.fate is Fate.RENAMED:
            yield from self.results_of_renamed(pin, line, outcome.path)
        else:
            kept = self.kept_for_moves(pin, line)
            yield from kept or (Change(pin, line, None, "the file does not exist"),)

    def results_of_renamed(self, pin: Pin, line: int, new_path: str) -> Iterator[_Result]:
        """Yield the results for a pin whose file was renamed."""
        if obstacle := self.obstacle(new_path):
            yield Kept(pin, line, f"it was renamed to {new_path}, which {obstacle}: move its decisions by hand")
            return
        self.taken.add(new_path)
        verdict, problems = self.judge(new_path, pin)
        yield from problems
        if not self.moves_renamed or verdict is None:
            yield Offer(pin, line, new_path)
        elif verdict.is_stale and (kept := self.kept(pin, line, new_path)):
            yield from kept
        elif verdict.counted == 0 and verdict.is_stale:
            yield Change(pin, line, None, f"renamed to {new_path}, where no PUT call is counted")
        else:
            yield from _moved(pin, line, new_path, verdict)

    def kept(self, pin: Pin, line: int, new_path: str = "") -> Sequence[Kept]:
        """Return why a stale pin is kept: a pattern may miss its calls, or they moved to other files."""
        if not self.dead:
            return self.kept_for_moves(pin, line, new_path)
        pattern = quote(self.dead[0])
        reason = f"pattern {pattern} counts no PUT call, so its calls may only be uncounted"
        return [Kept(pin, line, f"{reason}: correct or remove the pattern")]

    def kept_for_moves(self, pin: Pin, line: int, new_path: str = "") -> Sequence[Kept]:
        """Return why a pin is kept: it has decisions on calls that moved to files other than ``new_path``."""
        moved = [path for path in moved_to(self.moves, pin.path) if path != new_path]
        return [Kept(pin, line, f"calls moved to {', '.join(moved)}: run decide --moved first")] if moved else []

    @functools.cached_property
    def moves(self) -> Sequence[Move]:
        """The moved calls whose decisions are still in their old pins."""
        return [move for move in moves_in(self.workspace) if not move.problem]

    @functools.cached_property
    def dead(self) -> Sequence[str]:
        """The own patterns that count nothing."""
        return dead_patterns(self.workspace)

    def outcome(self, path: str) -> Outcome:
        """Return what happened to a file that does not exist."""
        if self.real_path(path) is None:
            return Outcome(Fate.UNKNOWN, reason="a link leads out of this directory")
        respelled = self.respelled(path)
        if respelled:
            return Outcome(Fate.RENAMED, respelled)
        if self.renames:
            return self.renames.outcome(path)
        if _is_in_git(self.workspace.pins.root):
            return Outcome(Fate.UNKNOWN, reason="git is missing, or does not take this for a repository")
        return Outcome(Fate.DELETED)

    def is_absent(self, path: str) -> bool:
        """Return whether a file, or the target of its links, is tracked but not checked out."""
        return self.absent.has(path) or self.absent.has(self.real_path(path) or path)

    @functools.cached_property
    def absent(self) -> NotCheckedOut:
        """The paths that git tracks but has not checked out."""
        return self.workspace.not_checked_out()

    def real_path(self, path: str) -> str | None:
        """Return a path with its links resolved; None if it leads out of the pins file's directory."""
        real = relative(os.path.realpath(self.workspace.location(path)), os.path.realpath(self.workspace.pins.root))
        is_outside = os.path.isabs(real) or real.split(os.sep)[0] == os.pardir
        return None if is_outside else from_disk(real).replace(os.sep, "/")

    def respelled(self, path: str) -> str:
        """Return an existing path that differs only in Unicode normalization, or an empty string."""
        if path.isascii():
            return ""
        letters = unicodedata.normalize("NFC", path)
        files = [*self.workspace.files(), *self.workspace.untracked_files()]
        return next((file for file in files if unicodedata.normalize("NFC", file) == letters), "")

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
        """Return the verdict on a file, by ``pin`` if it is given, or the problems that prevent it."""
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


def _moved(pin: Pin, line: int, new_path: str, verdict: Verdict) -> Iterator[Change | Kept]:
    """Yield the results for a pin that moves with its file, and may be lowered, too."""
    change = Change(pin, line, pin.allowed, "")
    for result in _lowered(pin, line, verdict) if verdict.is_stale else ():
        if isinstance(result, Change):
            change = result
        else:
            yield result
    yield change._replace(reason="renamed", moved_to=new_path)


def _lowered(pin: Pin, line: int, verdict: Verdict) -> Iterator[Change | Kept]:
    """Yield the results for a pin that allows more calls than its file makes."""
    if verdict.report.encoding_problem:
        yield Kept(pin, line, "Python may run another program than was counted (APR011): settle that first")
    elif not verdict.counted:
        yield Change(pin, line, None, "no PUT call counted")
    elif pin.calls is None:
        yield Change(pin, line, verdict.counted, f"{verdict.counted} counted")
    else:
        yield from _without_gone_calls(pin, line, verdict)


def _without_gone_calls(pin: Pin, line: int, verdict: Verdict) -> Iterator[Change | Kept]:
    """Yield the results for a pin with entries of gone calls.

    An entry is kept if it may belong to a call without an entry, or to another call of the same name.
    """
    assert pin.calls is not None
    moved = {call.replaces for call in verdict.unnamed if call.is_move}
    gone = [name for name in verdict.gone if name not in moved and name not in verdict.uncertain]
    unclear = [call.site.name for call in verdict.unnamed if not call.is_move]
    if unclear and len({pin.calls[name].decision for name in gone}) > 1:
        yield Kept(pin, line, f"one of its entries {_keys(pin, gone)} may be that of {_quoted(unclear)}: decide first")
    elif spare := _spare(pin, verdict, gone):
        keys = [pin.calls[name].key for name in spare]
        yield Change(pin, line, pin.allowed - len(spare), f"{verdict.counted} counted", removed_calls=keys)
    if unsure := [name for name in verdict.gone if name in verdict.uncertain]:
        names = _keys(pin, [name for name in pin.calls if name in verdict.uncertain])
        yield Kept(pin, line, f"{len(unsure)} of {names} gone, and nobody can tell which: remove by hand")


def _spare(pin: Pin, verdict: Verdict, gone: Sequence[str]) -> Sequence[str]:
    """Return the surplus of the gone entries, without those that check takes for renamed calls."""
    replaced = {call.replaces for call in verdict.unnamed}
    return [name for name in gone if name not in replaced][:pin.allowed - verdict.counted]


def _keys(pin: Pin, names: Sequence[str]) -> str:
    return _quoted([pin.calls[name].key for name in names] if pin.calls else [])


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(quote, names))


def _is_gone(filename: str) -> bool:
    """Return whether there is certainly no file at a path. A path that cannot be reached may have one."""
    try:
        return stat.S_ISDIR(os.stat(filename).st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False


def _is_in_git(directory: str) -> bool:
    """Return whether a directory seems to be in a work tree of git."""
    while not os.path.lexists(os.path.join(directory, ".git")):
        parent = os.path.dirname(directory)
        if parent == directory:
            return False
        directory = parent
    return True
