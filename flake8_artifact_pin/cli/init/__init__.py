"""``init``: write a pins file with today's PUT calls, or take over a hand-written guard test."""
from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.cli.collect import scanned_findings
from flake8_artifact_pin.cli.init.document import document
from flake8_artifact_pin.cli.init.guard import Guard
from flake8_artifact_pin.cli.init.guard import read_guard
from flake8_artifact_pin.cli.init.document import Inventory
from flake8_artifact_pin.cli.init.document import take_inventory
from flake8_artifact_pin.cli.notes import silence_notes
from flake8_artifact_pin.cli.notes import untracked_note
from flake8_artifact_pin.cli.notes import wrappers_note
from flake8_artifact_pin.cli.options import add_format
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_findings
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import print_line
from flake8_artifact_pin.cli.output import print_text
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.files import PYPROJECT
from flake8_artifact_pin.pins.model import DEFAULT_STORES
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.pins.paths import path_problem
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.pins.write import create_text
from flake8_artifact_pin.repository.git import find_repository
from flake8_artifact_pin.repository.uncounted import store_imports
from flake8_artifact_pin.repository.workspace import find_pins
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.repository.workspace import workspace_of
from flake8_artifact_pin.source.patterns import parse_pattern
from flake8_artifact_pin.source.reasons import says_something
from flake8_artifact_pin.source.stores import store_names

_STANDARD_OUTPUT = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument(
        "--output", "--pins", metavar="PATH", dest="output",
        help="where to write it; - is standard output (default: artifact-pins.toml at the top of the repository)",
    )
    parser.add_argument("--calls", action="store_true", help="pin each PUT call by its name, not only their number")
    parser.add_argument(
        "--from", metavar="FILE", dest="guard",
        help="take over a hand-written guard test: its dict of files and numbers, with the comments as reasons",
    )
    parser.add_argument(
        "--exempt", metavar="PATH=REASON", action="append", default=[],
        help="exempt a file, a directory (tests/) or a pattern; may be given more than once",
    )
    parser.add_argument("--grandfather", metavar="REASON", help="the reason for every pin that has no other decision")
    parser.add_argument(
        "--store", metavar="NAME", action="append", dest="stores",
        help="a store whose PUT calls count; may be given more than once (default: s3, and those that are imported)",
    )
    parser.add_argument(
        "--pattern", metavar="PATTERN", action="append", dest="patterns", default=[],
        help="a call pattern of your own, beside those of the stores; may be given more than once",
    )
    parser.add_argument("--schema", action="store_true", help="name the JSON Schema in the first line, for editors")
    add_format(parser, "text", "json")


def run(arguments: argparse.Namespace) -> int:
    """Write the pins file and return the exit status: 1 if there are findings that no pin settles.

    The JSON format is an object: ``path`` of the file (null for standard output), ``text``, ``pins`` (path to
    count), ``calls`` (path to a list of the names of calls; empty without ``--calls``), ``exempt`` (path to reason),
    and ``findings`` as in ``check``.
    """
    is_file = arguments.output != _STANDARD_OUTPUT
    pins = _empty_pins(arguments)
    guard = read_guard(arguments.guard, pins.root) if arguments.guard else Guard()
    exempt = {**guard.exempt, **_exempt(pins, arguments.exempt)}
    workspace = workspace_of(pins)
    inventory = take_inventory(workspace, exempt)
    text = document(pins, inventory, guard, arguments)
    written = workspace._replace(pins=parse_pins(pins, text))
    shown = relative(pins.path, pins.cwd) if is_file else None
    if is_file:
        create_text(pins.path, shown or "", text)
    judged = [scanned for scanned in inventory.scanned if exemption(written.pins.exempt, scanned.path) is None]
    findings = [found for scanned in judged for found in scanned_findings(written, scanned)]
    if arguments.format == "json":
        print_json(_data(written.pins, shown, text) | {"findings": list(map(finding_data, findings))})
    elif is_file:
        print_line(f"{shown}: {_summary(written.pins)}")
    else:
        print_text(text)
    if arguments.format != "json":
        notes = [
            *_differences(written, guard, inventory), *silence_notes(written, inventory.scanned),
            *wrappers_note(written, inventory.pinned), *untracked_note(written),
        ]
        for line in notes:
            note(line)
        if findings:
            note(f"no pin settles {count(len(findings), 'finding')}:")
            note_findings(findings)
    return FINDINGS if findings else CLEAN


def _empty_pins(arguments: argparse.Namespace) -> Pins:
    """Return the new pins file, still without pins. Raise UsageError for an invalid option."""
    for text in (*arguments.patterns, *arguments.exempt, arguments.grandfather or ""):
        if text != text.encode(errors="replace").decode():
            raise UsageError(f"{text!r} is not UTF-8, which a pins file is")
    for pattern in arguments.patterns:
        try:
            parse_pattern(pattern)
        except ValueError as error:
            raise UsageError(f"--pattern {pattern} {error}")
    try:
        store_names(arguments.stores or ())
    except ValueError as error:
        raise UsageError(f"--store: {error}")
    if arguments.grandfather is not None and not says_something(arguments.grandfather):
        raise UsageError(f"--grandfather {arguments.grandfather!r} says nothing: say why nobody needs to know")
    pins = Pins(_target(arguments.output), os.getcwd(), patterns=tuple(arguments.patterns))
    workspace = workspace_of(pins)
    imported = store_imports(workspace, workspace.files()) if arguments.stores is None else ()
    stores = arguments.stores or [*DEFAULT_STORES, *(store for store in imported if store not in DEFAULT_STORES)]
    return pins._replace(stores=tuple(stores))


def _exempt(pins: Pins, given: Sequence[str]) -> Mapping[str, str]:
    """Return the exemptions of ``--exempt``. Existing paths are taken relative to the working directory."""
    exempt = {}
    for text in given:
        path, _, reason = text.partition("=")
        if not path or not says_something(reason):
            raise UsageError(f"--exempt {text!r} is not PATH=REASON: say why it is exempt")
        key = path
        if os.path.exists(path):
            governed = governed_path(pins, path)
            if not governed:
                raise UsageError(f"--exempt {path} is not below {pins.root}, which the pins are for")
            key = f"{governed}/" if os.path.isdir(path) else governed
        problem = path_problem(key)
        if problem:
            raise UsageError(f"--exempt {path} {problem}")
        exempt[key] = reason.strip()
    return exempt


def _target(output: str | None) -> str:
    """Return the absolute path of the file to write. Raise UsageError if there is a pins file already."""
    cwd = os.getcwd()
    if output is not None and output != _STANDARD_OUTPUT:
        if os.path.lexists(output):
            raise UsageError(f"{output} exists already: remove it, or name another file with --output")
        if not os.path.isdir(os.path.dirname(output) or os.curdir):
            raise UsageError(f"there is no directory {os.path.dirname(output)} to write {output} to: make it")
        if os.path.basename(output) == PYPROJECT:
            raise UsageError(f"{output} is not for init to write: write {FILE_NAME}, or put its tables there by hand")
        return os.path.abspath(output)
    repository = find_repository(cwd)
    if output is None:
        governing = find_pins(None)
        if governing.path:
            shown = relative(governing.path, cwd)
            raise UsageError(f"{shown} has the pins already: edit it, or name another file with --output")
    return os.path.join(repository.top if repository else cwd, FILE_NAME)


def _differences(workspace: Workspace, guard: Guard, inventory: Inventory) -> Iterator[str]:
    """Yield a line for each file whose number of calls differs in the guard and the source."""
    counted = {scanned.path: scanned.report.counted for scanned in inventory.pinned}
    for path in sorted(guard.counts.keys() | counted.keys() if guard.counts else ()):
        there, here = guard.counts.get(path), counted.get(path)
        calls = count(here or 0, "PUT call")
        if there != here and exemption(workspace.pins.exempt, path) is None:
            says = "the guard does not have it" if there is None else f"the guard says {there}"
            is_there = os.path.isfile(workspace.location(path))
            yield f"{path}: {says}, {f'the source makes {calls}' if is_there else 'there is no such file'}"


def _data(pins: Pins, shown: str | None, text: str) -> dict[str, object]:
    return {
        "path": shown,
        "text": text,
        "pins": {path: pin.allowed for path, pin in pins.pins.items()},
        "calls": {path: list(pin.calls) for path, pin in pins.pins.items() if pin.calls},
        "exempt": dict(pins.exempt.reasons),
    }


def _summary(pins: Pins) -> str:
    calls = count(sum(pin.allowed for pin in pins.pins.values()), "PUT call")
    exempt = count(len(pins.exempt.reasons), "path")
    undecided = sum(pin.undecided for pin in pins.pins.values())
    step = f"; {count(undecided, 'PUT call')} undecided: flake8-artifact-pin decide" if undecided else ""
    return f"{calls} of {count(len(pins.pins), 'file')} pinned, {exempt} exempt{step}"
