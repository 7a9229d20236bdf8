"""``check``: everything that flake8 would report of the whole repository, and what flake8 cannot see."""
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from collections.abc import Sequence

from flake8_artifact_pin.cli.collect import findings_in_pins
from flake8_artifact_pin.cli.collect import findings_on_exemptions
from flake8_artifact_pin.cli.collect import scanned_findings
from flake8_artifact_pin.cli.formats import CheckResult
from flake8_artifact_pin.cli.formats import github_text
from flake8_artifact_pin.cli.formats import gitlab_text
from flake8_artifact_pin.cli.formats import json_text
from flake8_artifact_pin.cli.formats import sarif_text
from flake8_artifact_pin.cli.notes import silence_notes
from flake8_artifact_pin.cli.notes import workspace_notes
from flake8_artifact_pin.cli.options import add_format
from flake8_artifact_pin.cli.options import add_pins
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import finding_line
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_registry_faults
from flake8_artifact_pin.cli.output import print_findings
from flake8_artifact_pin.cli.output import print_text
from flake8_artifact_pin.cli.output import version
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.cli.output import write_file
from flake8_artifact_pin.cli.since import compare_since
from flake8_artifact_pin.cli.since import Since
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import ERROR
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.errors import RegistryFault
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.registry.load import load_registry
from flake8_artifact_pin.registry.load import rows_owned_by
from flake8_artifact_pin.repository.base import Base
from flake8_artifact_pin.repository.base import find_base
from flake8_artifact_pin.repository.git import find_repository
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import BrokenPinsError
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.repository.workspace import relative
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.registered import judge_promised
from flake8_artifact_pin.rules.registered import judge_registered

_FORMATS = ("text", "json", "github", "sarif", "gitlab")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("paths", metavar="PATH", nargs="*", help="check only these files and directories")
    parser.add_argument(
        "--since", metavar="BASE",
        help="also report what is newly allowed since the merge base with this revision, and nobody decided on "
        "(default where the variable CI is set: the remote's default branch)",
    )
    parser.add_argument(
        "--registry", metavar="PATH",
        help="the file that declares artifacts, .yaml, .json or .toml: each registered id must be in it "
        "(default: registry of the pins file)",
    )
    parser.add_argument(
        "--owner", metavar="NAME",
        help="each artifact of the registry whose owner_repo this is must be registered by a pin",
    )
    parser.add_argument(
        "--output-file", metavar="PATH", help="write the format there, and the text to standard output all the same",
    )
    add_pins(parser)
    add_format(parser, *_FORMATS)


def run(arguments: argparse.Namespace) -> int:
    """Check the repository, or the paths that are named, and return the exit status.

    If the registry cannot be used, that is said on standard error and the status is 2, but the other findings are
    printed. Raise BrokenPinsError if the pins cannot be used and the format is the text; programs get the faults as
    findings.
    """
    try:
        workspace = open_workspace(arguments.pins)
    except BrokenPinsError as error:
        if arguments.format == "text":
            raise
        faults = [FileFinding(error.path, finding) for finding in error.findings]
        _show(CheckResult(faults, 0, 0), arguments, _top(os.getcwd()))
        return ERROR
    registry = _registry_path(workspace, arguments.registry)
    if arguments.owner is not None and not (registry and arguments.owner):
        raise UsageError("--owner needs a name, and a registry: --registry PATH, or registry in the pins file")
    paths = workspace.files(arguments.paths)
    scanned_files = list(scan(workspace, paths, with_progress))
    findings = list(findings_in_pins(workspace))
    if not arguments.paths:
        findings += findings_on_exemptions(workspace, paths)
    findings += (found for scanned in scanned_files for found in scanned_findings(workspace, scanned))
    registry_faults: Sequence[RegistryFault] = ()
    if registry:
        try:
            for found in _registry_findings(workspace, registry, arguments.owner):
                # what was found before an unknown owner is said, too
                findings.append(found)
        except RegistryError as error:
            registry_faults = error.faults
    since = _since(workspace, arguments.since)
    new: frozenset[FileFinding] = frozenset()
    if since:
        findings += _wanted(since.findings, scanned_files, workspace)
        new = frozenset(found for found in findings if since.is_new(workspace, found))
    calls = sum(len(scanned.report.sites) for scanned in scanned_files)
    result = CheckResult(sorted(set(findings)), len(paths), calls, new)
    _show(result, arguments, _top(workspace.pins.root))
    if arguments.format != "json" or arguments.output_file:
        note(f"{count(len(paths), 'file')}, {count(calls, 'PUT call')}: {count(len(result.findings), 'finding')}")
    for line in [*silence_notes(workspace, scanned_files), *workspace_notes(workspace)]:
        note(line)
    note_registry_faults(registry_faults)
    return ERROR if registry_faults else FINDINGS if result.findings else CLEAN


def _since(workspace: Workspace, named: str | None) -> Since | None:
    """Return what is new since the base that is named, or in CI since the default one."""
    if named is None and os.environ.get("CI", "").lower() in ("", "0", "false"):
        return None
    base = _base(workspace, named)
    since = compare_since(workspace, base) if base else None
    for text in since.snapshots.notes if since else ():
        note(text)
    return since


def _base(workspace: Workspace, named: str | None) -> Base | None:
    """Return the base; raise UsageError if a named one cannot be found, and say so of the default one."""
    try:
        if workspace.repository is None:
            raise UsageError("--since needs git: this is not a git repository")
        base = find_base(workspace.repository, named)
    except UsageError as error:
        if named is not None:
            raise
        note(f"not compared with a base, so what is newly allowed is not reported: {error}")
        return None
    if base.is_guess:
        note("not compared with a base: the remote's default branch is not known here; name it with --since")
        return None
    return base


def _wanted(
    findings: Sequence[FileFinding], scanned_files: Sequence[ScannedFile], workspace: Workspace,
) -> Iterator[FileFinding]:
    """Yield the findings in the files that are checked, and in the pins file."""
    names = {workspace.shown(workspace.pins.name), *(scanned.name for scanned in scanned_files)}
    return (found for found in findings if found.path in names)


def _show(result: CheckResult, arguments: argparse.Namespace, top: str) -> None:
    """Print the result, or write it to a file and print the text beside it."""
    form = arguments.format
    if form == "text" or arguments.output_file:
        print_findings(result.findings)
    if form == "text" and not arguments.output_file:
        return
    directories = [*filter(None, [os.environ.get("GITHUB_WORKSPACE")]), top]
    text = {
        "text": lambda: "".join(f"{finding_line(*found, sys.stdout)}\n" for found in result.findings),
        "json": lambda: json_text(result),
        "github": lambda: github_text(result, directories),
        "sarif": lambda: sarif_text(result, top, version()),
        "gitlab": lambda: gitlab_text(result, top),
    }[form]()
    if arguments.output_file:
        write_file(arguments.output_file, text)
    else:
        print_text(text)


def _top(directory: str) -> str:
    """Return the top of the repository around a directory, which the paths of reports are relative to."""
    repository = find_repository(directory)
    return repository.top if repository else directory


def _registry_path(workspace: Workspace, named: str | None) -> str:
    """Return the path of the registry: as it is named, or as the pins file names it; empty if there is none."""
    if named == "":
        raise UsageError("--registry needs the path of a file")
    pins = workspace.pins
    return named or (os.path.join(pins.root, pins.registry) if pins.registry else "")


def _registry_findings(workspace: Workspace, path: str, owner: str | None) -> Iterator[FileFinding]:
    pins = workspace.pins
    shown = relative(path, pins.cwd).replace(os.sep, "/")
    rows = load_registry(path, shown)
    name = workspace.shown(pins.name)
    known = frozenset(row.artifact_id for row in rows)
    yield from (FileFinding(name, finding) for finding in judge_registered(pins, known, shown))
    if owner is not None:
        promised = [(row.artifact_id, row.position) for row in rows_owned_by(rows, owner, shown)]
        yield from (FileFinding(shown, finding) for finding in judge_promised(pins, promised, owner))
