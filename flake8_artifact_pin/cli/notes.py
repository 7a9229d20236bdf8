"""Notes beside the findings, one line each: what is not judged, and why."""
from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.pins.files import ignored_pins_files
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.uncounted import store_imports
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.patterns import component_matches
from flake8_artifact_pin.source.patterns import parse_pattern
from flake8_artifact_pin.source.stores import ALL_STORES
from flake8_artifact_pin.source.stores import STORES

_MAX_LISTED, _MAX_IMPORTING = 5, 2


def silence_notes(workspace: Workspace, scanned_files: Iterable[ScannedFile]) -> Iterator[str]:
    """Yield a line for each store whose modules are imported but whose calls are not counted.

    ``scanned_files`` must be those of the whole repository.
    """
    seen = {site.call.store for scanned in scanned_files if not scanned.exempt for site in scanned.report.sites}
    silent = [store for store in STORES if store not in seen]
    stores = workspace.pins.stores
    for store, paths in store_imports(workspace, workspace.files(), silent).items():
        files = f"{count(len(paths), 'file')} {'imports' if len(paths) == 1 else 'import'}"
        first = listed([workspace.shown(path) for path in paths], _MAX_IMPORTING)
        imported = f"{files} {' or '.join(STORES[store].modules[:2])} ({first})"
        if store not in stores and ALL_STORES not in stores:
            yield f'{imported}, but stores has no "{store}": add it, or exempt what need not be counted'
        else:
            yield (
                f"{imported}, but no PUT call of {store} is counted: see flake8-artifact-pin explain limits, "
                "or exempt what only reads"
            )


def wrappers_note(workspace: Workspace, scanned_files: Iterable[ScannedFile]) -> Iterator[str]:
    """Yield a line on functions that write whatever key their callers pass, unless a pattern counts the callers."""
    last_names = [parse_pattern(pattern).components[-1] for pattern in workspace.pins.patterns]
    found = {
        (scanned.path, site.call.key_parameter.function)
        for scanned in scanned_files if not scanned.exempt
        for site in scanned.report.sites if site.call.key_parameter
    }
    names = [function.rpartition(".")[2] for _, function in found]
    number = sum(not any(component_matches(last, name) for last in last_names) for name in names)
    if number:
        verb = "writes whatever key its callers pass" if number == 1 else "write whatever key their callers pass"
        yield f"{count(number, 'function')} {verb}: flake8-artifact-pin sites names those with several callers"


def workspace_notes(workspace: Workspace) -> Iterator[str]:
    """Yield a line for each other pins file, pin on a file that is not Python, and group of untracked files."""
    below = [workspace.shown(path) for path in workspace.pins_files_below() if "/" in path]
    if below:
        yield f"other pins files, used only by runs in their directories: {listed(below)}"
    for pin in workspace.pins_on_other_files():
        yield f"{workspace.shown(pin.path)} is not Python and is not judged: its pin is kept"
    yield from untracked_note(workspace)


def ignored_pins_note(workspace: Workspace) -> Iterator[str]:
    """Yield a line for each pins file that is ignored because of another one beside it."""
    pins = workspace.pins
    for path in ignored_pins_files(pins.path):
        yield f"{relative(path, pins.cwd)} has pins, too, which are ignored because of {pins.name}: keep one of the two"


def untracked_note(workspace: Workspace) -> Iterator[str]:
    """Yield a line on untracked files with PUT calls. flake8 lints them, but check does not."""
    # if git tracks nothing yet, all files are judged
    judged = frozenset(workspace.files())
    paths = [path for path in workspace.untracked_files() if path not in judged]
    untracked = [
        scanned.name for scanned in scan(workspace, paths) if scanned.report.counted and not scanned.exempt
    ]
    if untracked:
        files = count(len(untracked), "file")
        yield f"{files} with PUT calls not judged, since git does not track them (git add): {listed(untracked)}"


def listed(names: Sequence[str], most: int = _MAX_LISTED) -> str:
    """Return the first of some names, and how many more there are."""
    more = len(names) - most
    return ", ".join([*names[:most], *([f"and {more} more"] if more > 0 else [])])
