"""Stores and own patterns that count nothing: imports of a store's modules, and patterns without a PUT call."""
from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.pins.files import read_text
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.repository.files import files_without
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.stores import imported_stores
from flake8_artifact_pin.source.stores import STORES


def store_imports(
    workspace: Workspace, paths: Sequence[str], stores: Iterable[str] = tuple(STORES),
) -> Mapping[str, Sequence[str]]:
    """Return the paths of files that import a store's modules and are not exempt, by the names of the stores."""
    wanted = list(stores)
    # search for a word of each module: ``from google.cloud import storage`` does not spell the dotted name
    words = {max(module.split("."), key=len) for name in wanted for module in STORES[name].modules}
    paths = [path for path in paths if exemption(workspace.pins.exempt, path) is None]
    if workspace.repository:
        paths = sorted({*paths} - files_without(workspace.repository, sorted(words), paths))
    found: dict[str, list[str]] = {}
    for path in paths:
        text, _ = read_text(workspace.location(path))
        for name in imported_stores(text):
            found.setdefault(name, []).append(path)
    return {name: found[name] for name in wanted if name in found}


def dead_patterns(workspace: Workspace, scanned_files: Iterable[ScannedFile] = ()) -> list[str]:
    """Return the own patterns that count no PUT call in any existing file that is not exempt.

    ``scanned_files`` were read already. Other files are read only for patterns that count nothing in these.
    """
    alive = {site.call.pattern for scanned in scanned_files if not scanned.exempt for site in scanned.report.sites}
    waiting = [pattern for pattern in workspace.pins.patterns if pattern not in alive]
    if not waiting:
        return []
    paths = sorted({*workspace.files(), *workspace.untracked_files()})
    return [pattern for pattern in waiting if not _may_count(workspace, pattern, paths)]


def _may_count(workspace: Workspace, pattern: str, paths: Sequence[str]) -> bool:
    """Return whether a pattern would count something on its own: an earlier pattern may count the same calls.

    A file that cannot be parsed may hold such a call.
    """
    # without pins, files that hold no piece of the pattern are skipped
    alone = workspace._replace(pins=workspace.pins._replace(pins={}), matcher=compile_patterns([pattern]))
    return any(
        scanned.report.sites or scanned.problems for scanned in scan(alone, paths) if not scanned.exempt
    )
