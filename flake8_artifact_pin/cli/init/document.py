"""The files to pin, and the text of a new pins file."""
from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.explain import schema_path
from flake8_artifact_pin.cli.init.guard import Guard
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import DEFAULT_STORES
from flake8_artifact_pin.pins.model import Exempt
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.pins.paths import has_wildcards
from flake8_artifact_pin.pins.paths import make_exempt
from flake8_artifact_pin.pins.quoting import pin_text
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.quoting import value_text
from flake8_artifact_pin.repository.scan import distinct
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.findings import printable

_HEADER = (
    "# The PUT calls that each file is known to make. One more is APR001, until somebody decides on its artifact:",
    "# flake8-artifact-pin decide PATH:LINE --registered ID | --grandfathered REASON | --deferred ISSUE",
)

_TEST_DIRECTORIES = frozenset(["test", "tests"])
_TEST_REASON = "test code produces no artifacts"


class Inventory(NamedTuple):
    """The files that can matter, the exemptions, and the files that need a pin and can have one."""

    scanned: Sequence[ScannedFile]
    exempt: Exempt
    pinned: Sequence[ScannedFile]


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


def document(pins: Pins, inventory: Inventory, guard: Guard, arguments: argparse.Namespace) -> str:
    """Return the text of a new pins file. Reasons come from the guard's comments and ``--grandfather``.

    If each pin has a decision, the file requires decisions.
    """
    decisions = {
        file.path: Decision(grandfathered=guard.reasons.get(file.path) or arguments.grandfather or "")
        for file in inventory.pinned
    }
    is_decided = bool(decisions) and all(decision.is_made for decision in decisions.values())
    lines = [f"#:schema {shown_schema(pins.root)}"] if arguments.schema else []
    lines += [*_HEADER, *_settings(pins, is_decided), *_exempt(inventory)]
    if not (arguments.calls and inventory.pinned):
        lines += ["", "[pins]"]
    for file in inventory.pinned:
        lines += _calls(file, decisions[file.path]) if arguments.calls else _count(file, decisions[file.path])
    return "".join(f"{line}\n" for line in lines)


def shown_schema(root: str) -> str:
    """Return the path of the JSON Schema, relative to ``root`` if it is below it."""
    path = schema_path()
    below = os.path.relpath(path, root)
    return path if below.startswith(os.pardir) else f"./{below}".replace(os.sep, "/")


def _settings(pins: Pins, is_decided: bool) -> Iterator[str]:
    if pins.stores != DEFAULT_STORES:
        yield f"stores = {value_text(list(pins.stores))}"
    if pins.patterns:
        yield f"patterns = {value_text(list(pins.patterns))}"
    if is_decided:
        yield "require-decision = true"


def _exempt(inventory: Inventory) -> Iterator[str]:
    if inventory.exempt.reasons:
        yield from ("", "[exempt]")
    for key, reason in inventory.exempt.reasons.items():
        yield f"{quote(key)} = {quote(reason)}"


def _count(file: ScannedFile, decision: Decision) -> Iterator[str]:
    # only the calls: prune removes such comments with the pin, and keeps others
    yield from (printable(f"# {site.call.shown}") for site in file.report.sites if site.is_counted)
    yield f"{quote(file.path)} = {pin_text(file.report.counted, decision)}"


def _calls(file: ScannedFile, decision: Decision) -> Iterator[str]:
    yield from ("", f"[pins.{quote(file.path)}.calls]")
    yield from (f"{quote(site.name)} = {pin_text(None, decision)}" for site in file.report.sites if site.is_counted)
