"""Own patterns that count nothing: mostly the function that one names was renamed or moved."""
from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.patterns import compile_patterns


def dead_patterns(workspace: Workspace, scanned_files: Iterable[ScannedFile] = ()) -> list[str]:
    """Return the own patterns that count no PUT call in any file that is there and not exempt.

    ``scanned_files`` are those that are read already: only for patterns that count nothing there more is read.
    """
    alive = {site.call.pattern for scanned in scanned_files if not scanned.exempt for site in scanned.report.sites}
    waiting = [pattern for pattern in workspace.pins.patterns if pattern not in alive]
    if not waiting:
        return []
    paths = sorted({*workspace.files(), *workspace.untracked_files()})
    return [pattern for pattern in waiting if not _may_count(workspace, pattern, paths)]


def _may_count(workspace: Workspace, pattern: str, paths: Sequence[str]) -> bool:
    """Return whether a pattern on its own counts something, which another one may count before it.

    A file that cannot be parsed may hold such a call.
    """
    # a pinned file is read whatever it holds
    alone = workspace._replace(pins=workspace.pins._replace(pins={}), matcher=compile_patterns([pattern]))
    return any(
        scanned.report.sites or scanned.problems for scanned in scan(alone, paths) if not scanned.exempt
    )
