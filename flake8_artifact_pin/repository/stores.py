"""Which files import the modules of which store: where a store is imported and nothing is counted, silence misleads."""
from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.repository.files import files_with_imports
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.source.stores import imported_stores
from flake8_artifact_pin.source.stores import STORES


def store_imports(workspace: Workspace) -> Mapping[str, Sequence[str]]:
    """Return the Python files that import a module of a store, by the store's name, without those that are exempt."""
    packages = sorted({module.partition(".")[0] for store in STORES.values() for module in store.modules})
    paths = workspace.files()
    if workspace.repository:
        paths = files_with_imports(workspace.repository, packages, paths)
    found: dict[str, list[str]] = {}
    for path in paths:
        if exemption(workspace.pins.exempt, path) is None:
            for store in sorted(imported_stores(_text(workspace, path))):
                found.setdefault(store, []).append(path)
    return {store: found[store] for store in STORES if store in found}


def _text(workspace: Workspace, path: str) -> str:
    """Return the text of a file as far as it is ASCII, which is enough for import statements; empty if it is gone."""
    try:
        with open(workspace.location(path), encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
