"""The files to pin, and the exempt ones."""
from __future__ import annotations

import os
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.pins.model import Exempt
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.pins.paths import has_wildcards
from flake8_artifact_pin.pins.paths import make_exempt
from flake8_artifact_pin.repository.scan import distinct
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import Workspace

_TEST_DIRECTORIES = frozenset(["test", "tests"])
_TEST_REASON = "test code produces no artifacts"


class Inventory(NamedTuple):
    """The files that can matter, the exemptions, and the files that need a pin and can have one."""

    scanned: Sequence[ScannedFile]
    exempt: Exempt
    pinned: Sequence[ScannedFile]

    def is_exempt(self, path: str) -> bool:
        """Return whether a path of the pins file is exempt."""
        return exemption(self.exempt, path) is not None


def take_inventory(workspace: Workspace, exempt: Mapping[str, str]) -> Inventory:
    """Return the files to pin. Besides ``exempt``, directories of tests with PUT calls are exempt."""
    found = list(scan(workspace, workspace.files(), with_progress))
    given = make_exempt(exempt)
    calling = [file.path for file in found if file.report.sites]
    tests = {_test_directory(path) for path in calling if exemption(given, path) is None} - {""}
    all_exempt = make_exempt({**exempt, **dict.fromkeys(sorted(tests), _TEST_REASON)})
    # a link to what is exempt is not exempt itself
    pins = workspace.pins._replace(exempt=all_exempt)
    governed = [file._replace(path=governed_path(pins, file.name) or file.path) for file in found]
    scanned = sorted(distinct(workspace, governed), key=lambda file: file.path)
    # check reports files that cannot be pinned
    pinned = [
        file
        for file in scanned
        if file.report.counted
        and exemption(all_exempt, file.path) is None
        and can_be_key(file.path)
        and os.path.isfile(workspace.location(file.path))
    ]
    return Inventory(scanned, all_exempt, pinned)


def _test_directory(path: str) -> str:
    """Return the topmost directory of tests around a path, with a trailing slash, or an empty string."""
    parents = path.split("/")[:-1]
    for number, name in enumerate(parents, start=1):
        directory = "".join(f"{parent}/" for parent in parents[:number])
        if name in _TEST_DIRECTORIES and can_be_key(directory) and not has_wildcards(directory):
            return directory
    return ""
