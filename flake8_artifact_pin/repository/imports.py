"""Which files import the modules of a store: where nothing of it is counted, that is said."""
from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.pins.files import read_text
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.repository.files import files_with
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.stores import imported_stores
from flake8_artifact_pin.source.stores import STORES


def store_imports(
    workspace: Workspace, paths: Sequence[str], stores: Iterable[str] = tuple(STORES),
) -> Mapping[str, Sequence[str]]:
    """Return for each of the stores those of the paths whose files import it and are not exempt, if there are any."""
    wanted = list(stores)
    # ``from google.cloud import storage`` has the words of a module, and not the module as a whole
    words = {max(module.split("."), key=len) for name in wanted for module in STORES[name].modules}
    paths = [path for path in paths if exemption(workspace.pins.exempt, path) is None]
    if workspace.repository and words:
        paths = sorted(files_with(workspace.repository, sorted(words), paths))
    found: dict[str, list[str]] = {}
    for path in paths:
        text, _ = read_text(workspace.location(path))
        for name in imported_stores(text):
            found.setdefault(name, []).append(path)
    return {name: found[name] for name in wanted if name in found}
