"""Find PUT calls that moved since the pins file was last written, as far as git knows."""
from __future__ import annotations

from collections.abc import Iterator

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.repository.base import find_base
from flake8_artifact_pin.repository.git import Repository
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
