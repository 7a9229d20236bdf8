"""Find what moved since the pins file was written: PUT calls, and pinned files, as far as git knows."""
from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.files import missing_pins
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import from_disk
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.repository.base import find_base
from flake8_artifact_pin.repository.git import Repository
from flake8_artifact_pin.repository.renames import Fate
from flake8_artifact_pin.repository.renames import Outcome
from flake8_artifact_pin.repository.renames import Renames
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.snapshots import open_snapshots
from flake8_artifact_pin.repository.snapshots import Snapshots
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.moves import find_moves
from flake8_artifact_pin.rules.moves import Move


def moves_in(workspace: Workspace) -> list[Move]:
    """Return the moved calls whose decisions are still in their old pins; none if git does not know."""
    for snapshots in snapshots_of_pins(workspace):
        moves = find_moves(workspace.pins, snapshots.old, snapshots.new, snapshots.renamed)
        if moves:
            return moves
    return []


def snapshots_of_pins(workspace: Workspace) -> Iterator[Snapshots]:
    """Yield snapshots since the last commit of the pins file, then since the merge base; none if git does not know.

    They include untracked files: a person who splits a file decides before the commit.
    """
    repository = workspace.repository
    try:
        for commit in _commits(repository, workspace.pins.name) if repository else ():
            snapshots = open_snapshots(workspace, commit)
            untracked = scan(workspace, workspace.untracked_files())
            new = {file.path: file.report for file in untracked if not file.exempt and not file.problems}
            yield snapshots._replace(new={**new, **snapshots.new})
    except UsageError:
        return


def _commits(repository: Repository, pins_name: str) -> Iterator[str]:
    last = repository.git("rev-list", "-1", "HEAD", "--", f":(literal){pins_name}").decode().strip()
    if last:
        yield last
    base = find_base(repository, None).commit
    if base != last:
        yield base


def gone_files(workspace: Workspace) -> Mapping[str, Outcome]:
    """Return what happened to each pinned file that is not there, by its path.

    If its pin cannot move to the new path, the fate is unknown, and the reason says why.
    """
    missing = missing_pins(workspace.pins)
    if not missing:
        return {}
    search = _Search(workspace)
    taken = set(workspace.pins.pins)
    found = {}
    for pin in missing:
        outcome = found[pin.path] = search.outcome(pin.path, taken)
        taken.add(outcome.path)
    return found


class _Search:
    """Searches for files. git is asked only once for what concerns all of them."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.absent = workspace.not_checked_out()
        self.renames = Renames(workspace.repository, workspace.pins.pins) if workspace.repository else None

    def outcome(self, path: str, taken: Collection[str]) -> Outcome:
        """Return what happened to one file. No pin can move to the ``taken`` paths."""
        if not _is_gone(self.workspace.location(path)):
            return Outcome(Fate.UNKNOWN, reason="its path cannot be read")
        real = self._real_path(path)
        if self.absent.has(path) or self.absent.has(real):
            return Outcome(Fate.ABSENT, reason="git tracks it and has not checked it out")
        outcome = self._outcome(path) if real else Outcome(Fate.UNKNOWN, reason="a link leads out of this directory")
        if outcome.fate is Fate.UNKNOWN:
            return Outcome(Fate.UNKNOWN, reason=f"git does not know where it is now: {outcome.reason}")
        obstacle = self._obstacle(outcome.path, taken) if outcome.fate is Fate.RENAMED else ""
        if obstacle:
            reason = f"it was renamed to {outcome.path}, which {obstacle}: move its decisions by hand"
            return Outcome(Fate.UNKNOWN, outcome.path, reason)
        return outcome

    def _outcome(self, path: str) -> Outcome:
        respelled = self._respelled(path)
        if respelled:
            return Outcome(Fate.RENAMED, respelled)
        if self.renames:
            return self.renames.outcome(path)
        if _is_in_git(self.workspace.pins.root):
            return Outcome(Fate.UNKNOWN, reason="git is missing, or does not take this for a repository")
        return Outcome(Fate.DELETED)

    def _real_path(self, path: str) -> str:
        """Return a path with its links resolved; empty if it leads out of the pins file's directory."""
        real = relative(os.path.realpath(self.workspace.location(path)), os.path.realpath(self.workspace.pins.root))
        is_outside = os.path.isabs(real) or real.split(os.sep)[0] == os.pardir
        return "" if is_outside else from_disk(real).replace(os.sep, "/")

    def _respelled(self, path: str) -> str:
        """Return an existing path that differs only in Unicode normalization, or an empty string."""
        if path.isascii():
            return ""
        letters = unicodedata.normalize("NFC", path)
        files = [*self.workspace.files(), *self.workspace.untracked_files()]
        return next((file for file in files if unicodedata.normalize("NFC", file) == letters), "")

    def _obstacle(self, new_path: str, taken: Collection[str]) -> str:
        """Return why a pin cannot move to a path, or an empty string."""
        if new_path in taken:
            return "has a pin"
        if exemption(self.workspace.pins.exempt, new_path):
            return "is exempt"
        if not self.workspace.is_python(new_path):
            return "is not Python"
        return "" if can_be_key(new_path) else "cannot be pinned"


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
