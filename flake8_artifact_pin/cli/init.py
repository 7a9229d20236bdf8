"""``init``: write a pins file with today's counts, for the operator to decide on."""
from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.check import check
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_findings
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import print_text
from flake8_artifact_pin.cli.output import printable
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.repository.git import find_repository
from flake8_artifact_pin.repository.scan import distinct
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import find_pins
from flake8_artifact_pin.repository.workspace import relative
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.repository.workspace import workspace_of
from flake8_artifact_pin.cli.wrappers import advice
from flake8_artifact_pin.cli.wrappers import find_wrappers
from flake8_artifact_pin.cli.wrappers import Wrapper
from flake8_artifact_pin.cli.wrappers import wrapper_data
from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS
from flake8_artifact_pin.source.patterns import parse_pattern
from flake8_artifact_pin.pins.paths import compile_exempt
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.quoting import decision_for
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import PinnedCall
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.files import PYPROJECT
from flake8_artifact_pin.pins.paths import can_be_key

_TEST_DIRECTORIES = frozenset(["test", "tests"])
_TEST_REASON = "test code produces no artifacts"
_STANDARD_OUTPUT = "-"
_HEADER = (
    "# How many PUT calls each file makes. One more is APR001, until somebody decides on the new artifact.",
    f'# A decision: "path" = {decision_for("N")}.',
)
_HEADER_OF_CALLS = (
    "# The PUT calls that each file makes. Another one is APR001 or APR006, until somebody decides on its artifact.",
    f'# A decision: "FUNCTION:METHOD" = {decision_for()}.',
)


class Inventory(NamedTuple):
    """What there is to pin: files with PUT calls by the directory that exempts them, and the other ones.

    ``pinned`` are those of the others that need a pin and can have one.
    """

    exempt: Mapping[str, Sequence[ScannedFile]]
    others: Sequence[ScannedFile]
    pinned: Sequence[ScannedFile]


def run(arguments: argparse.Namespace) -> int:
    """Write the pins file and return the exit status: 1 if findings are left that no pin settles.

    The JSON format is an object: ``path`` of the file (null for standard output), ``text``, ``pins`` (path to
    count), ``calls`` (path to a list of the names of calls; empty if they were not asked for), ``exempt`` (path to
    reason), ``wrappers`` as those of ``sites``, and ``findings`` as those of ``check``.
    """
    is_file = arguments.output != _STANDARD_OUTPUT
    pins = Pins(_target(arguments.output), os.getcwd(), patterns=_patterns(arguments.patterns))
    workspace = workspace_of(pins)
    inventory = _take_inventory(workspace)
    # from here on as if the file were there already
    workspace = workspace._replace(pins=_written_pins(pins, inventory, arguments.calls))
    wrappers = find_wrappers(workspace, inventory.others)
    text = "".join(f"{line}\n" for line in _document(pins, inventory, wrappers, arguments.calls))
    if is_file:
        _create(pins.path, text)
    verdict = check(workspace, workspace.files())
    shown = relative(pins.path, pins.cwd) if is_file else None
    if arguments.format == "json":
        print_json({
            "path": shown,
            "text": text,
            "pins": {path: pin.allowed for path, pin in workspace.pins.pins.items()},
            "calls": {path: list(pin.calls) for path, pin in workspace.pins.pins.items() if pin.calls},
            "exempt": workspace.pins.exempt.reasons,
            "wrappers": list(map(wrapper_data, wrappers)),
            "findings": list(map(finding_data, verdict.findings)),
        })
    elif is_file:
        print(f"{shown}: {_summary(workspace.pins)}")
    else:
        print_text(text)
    if arguments.format != "json":
        # the text has the advice, too
        for line in [*(advice(wrappers, pins.patterns) if is_file else ()), *_untracked(workspace)]:
            note(line)
        if verdict.findings:
            note(f"no pin settles {count(len(verdict.findings), 'finding')}:")
            note_findings(verdict.findings)
    return FINDINGS if verdict.findings else CLEAN


def _patterns(given: Sequence[str] | None) -> tuple[str, ...]:
    for pattern in given or ():
        try:
            parse_pattern(pattern)
        except ValueError as error:
            raise UsageError(f"--pattern {pattern}: it {error}")
    return tuple(given or DEFAULT_PATTERNS)


def _target(output: str | None) -> str:
    """Return the absolute path of the file to write; raise UsageError if there are pins already."""
    cwd = os.getcwd()
    if output is not None and output != _STANDARD_OUTPUT:
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


def _create(path: str, text: str) -> None:
    shown = relative(path, os.getcwd())
    try:
        with open(path, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{shown} exists already: remove it, or name another file with --output")
    except OSError as error:
        raise UsageError(f"{shown} cannot be written ({error.strerror}): name another file with --output")


def _take_inventory(workspace: Workspace) -> Inventory:
    paths = workspace.files()
    scanned_files = distinct(workspace, scan(workspace, paths, functools.partial(with_progress, what="file")))
    exempt: dict[str, list[ScannedFile]] = {}
    others = []
    for scanned in sorted(scanned_files, key=lambda scanned: scanned.path):
        directory = _test_directory(scanned.path)
        if not scanned.report.sites:
            continue
        if directory:
            exempt.setdefault(directory, []).append(scanned)
        else:
            others.append(scanned)
    # Check names the files that cannot be pinned. A back slash in a name is taken for that of Windows, and leads to
    # another file or to none.
    pinned = [
        scanned
        for scanned in others
        if scanned.report.counted
        and can_be_key(scanned.path)
        and os.path.isfile(workspace.location(scanned.path))
    ]
    return Inventory(exempt, others, pinned)


def _test_directory(path: str) -> str:
    """Return the topmost directory of tests that a path lies in, with a slash at its end, or an empty string."""
    parents = path.split("/")[:-1]
    for number, name in enumerate(parents, start=1):
        directory = "".join(f"{parent}/" for parent in parents[:number])
        if name in _TEST_DIRECTORIES and can_be_key(directory):
            return directory
    return ""


def _document(pins: Pins, inventory: Inventory, wrappers: Sequence[Wrapper], names_calls: bool) -> Iterator[str]:
    """Yield the lines of the pins file."""
    yield from _HEADER_OF_CALLS if names_calls else _HEADER
    if pins.patterns != DEFAULT_PATTERNS:
        yield f"patterns = [{', '.join(map(quote, pins.patterns))}]"
    for line in advice(wrappers, pins.patterns):
        yield f"# {printable(line)}"
    if inventory.exempt:
        yield from ("", "[exempt]")
    for directory, files in inventory.exempt.items():
        calls = sum(len(scanned.report.sites) for scanned in files)
        yield f"# {count(calls, 'PUT call')} in {count(len(files), 'file')}"
        yield f"{quote(directory)} = {quote(_TEST_REASON)}"
    yield from ("", "[pins]")
    for scanned in inventory.pinned:
        facts = scanned.report
        if names_calls:
            yield from ("", f"[pins.{quote(scanned.path)}.calls]")
        for site in facts.sites:
            suppressed = "" if site.is_counted else f" (suppressed: {site.reason})"
            yield printable(f"# line {site.call.line}: {site.call.scope}: {site.call.shown}{suppressed}")
            if names_calls and site.is_counted:
                yield f"{quote(site.name)} = {{}}"
        if not names_calls:
            yield f"{quote(scanned.path)} = {facts.counted}"


def _written_pins(pins: Pins, inventory: Inventory, names_calls: bool) -> Pins:
    """Return the pins as the new file has them."""
    written = {}
    for scanned in inventory.pinned:
        names = scanned.report.names
        calls = {name: PinnedCall(name, Decision()) for name in names} if names_calls else None
        written[scanned.path] = Pin(scanned.path, scanned.path, len(names), calls=calls)
    return pins._replace(exempt=compile_exempt(dict.fromkeys(inventory.exempt, _TEST_REASON)), pins=written)


def _summary(pins: Pins) -> str:
    calls = count(sum(pin.allowed for pin in pins.pins.values()), "PUT call")
    directories = count(len(pins.exempt.reasons), "directory of tests", "directories of tests")
    return f"{calls} of {count(len(pins.pins), 'file')} pinned, {directories} exempt"


def _untracked(workspace: Workspace) -> Iterator[str]:
    """Yield a line for each file with PUT calls that git does not track: flake8 reports it all the same."""
    files = workspace.repository.untracked_files() if workspace.repository else []
    for scanned in scan(workspace, sorted(set(files) - set(workspace.files()))):
        if scanned.report.counted and not _test_directory(scanned.path):
            calls = count(scanned.report.counted, "PUT call")
            name = printable(scanned.name)
            yield f"{name}: {calls} not pinned, since git does not track the file; flake8 reports it"
