"""The text of a new pins file."""
from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from flake8_artifact_pin.cli.explain import schema_path
from flake8_artifact_pin.cli.init.guard import Guard
from flake8_artifact_pin.cli.init.inventory import Inventory
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import DEFAULT_STORES
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.quoting import pin_text
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.quoting import value_text
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.rules.findings import printable

_HEADER = (
    "# The PUT calls that each file is known to make. One more is APR001, until somebody decides on its artifact:",
    "# flake8-artifact-pin decide PATH:LINE --registered ID | --grandfathered REASON | --deferred ISSUE",
)


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
    lines += [*_HEADER, *_settings(pins, is_decided), *_exempt(inventory), "", "[pins]"]
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
    for site in file.report.sites:
        if site.is_counted:
            yield f"{quote(site.name)} = {pin_text(None, decision)}"
        else:
            yield printable(f"# {site.call.scope}: {site.call.shown} (suppressed: {site.reason})")
