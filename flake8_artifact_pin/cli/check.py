"""``check``: report findings of the whole repository, including those that flake8 cannot see."""
from __future__ import annotations

import argparse
import io
import os

from flake8_artifact_pin.cli.collect import compare_since
from flake8_artifact_pin.cli.collect import findings_of
from flake8_artifact_pin.cli.collect import findings_on_exemptions
from flake8_artifact_pin.cli.collect import findings_on_patterns
from flake8_artifact_pin.cli.collect import registry_findings
from flake8_artifact_pin.cli.collect import registry_path
from flake8_artifact_pin.cli.collect import Since
from flake8_artifact_pin.cli.formats import check_json
from flake8_artifact_pin.cli.formats import CheckResult
from flake8_artifact_pin.cli.formats import github_text
from flake8_artifact_pin.cli.formats import gitlab_text
from flake8_artifact_pin.cli.formats import sarif_text
from flake8_artifact_pin.cli.notes import ignored_pins_note
from flake8_artifact_pin.cli.notes import silence_notes
from flake8_artifact_pin.cli.notes import workspace_notes
from flake8_artifact_pin.cli.notes import wrappers_note
from flake8_artifact_pin.cli.options import add_format
from flake8_artifact_pin.cli.options import add_pins
from flake8_artifact_pin.cli.options import not_empty
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import finding_line
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_registry_faults
from flake8_artifact_pin.cli.output import print_findings
from flake8_artifact_pin.cli.output import print_text
from flake8_artifact_pin.cli.output import version
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.cli.output import write_file
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import ERROR
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.repository.base import find_base
from flake8_artifact_pin.repository.git import find_repository
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.workspace import BrokenPinsError
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.findings import FileFinding

_FORMATS = ("text", "json", "github", "sarif", "gitlab")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("paths", metavar="PATH", nargs="*", help="check only these files and directories")
    parser.add_argument(
        "--since", metavar="BASE", type=not_empty,
        help="also report what is newly allowed since the merge base with this revision, and nobody decided on "
        "(default where the variable CI is set: the remote's default branch)",
    )
    parser.add_argument(
        "--registry", metavar="PATH", type=not_empty,
        help="the file that declares artifacts, .yaml, .json or .toml: each registered id must be in it "
        "(default: registry of the pins file)",
    )
    parser.add_argument(
        "--owner", metavar="NAME", type=not_empty,
        help="each artifact with this owner_repo in the registry must be registered by a pin",
    )
    parser.add_argument(
        "--output-file", metavar="PATH", type=not_empty,
        help="write the format to this file, and the text to standard output as well",
    )
    add_pins(parser)
    add_format(parser, *_FORMATS)


def run(arguments: argparse.Namespace) -> int:
    """Check the repository, or the named paths, and return the exit status.

    If the registry cannot be used, print why on standard error, print the other findings, and return 2. Raise
    BrokenPinsError if the pins cannot be used and the output is text; other formats get the faults as findings.
    """
    try:
        workspace = open_workspace(arguments.pins)
    except BrokenPinsError as error:
        if arguments.format == "text" and arguments.output_file is None:
            raise
        faults = [FileFinding(error.path, finding) for finding in error.findings]
        repository = find_repository(os.getcwd())
        _show(CheckResult(faults, 0, 0), arguments, repository.top if repository else os.getcwd())
        return ERROR
    return _check(workspace, arguments)


def _check(workspace: Workspace, arguments: argparse.Namespace) -> int:
    registry = registry_path(workspace.pins, arguments.registry)
    if arguments.owner and not registry:
        raise UsageError("--owner needs a registry: --registry PATH, or registry in the pins file")
    notes: list[str] = []
    since = _since(workspace, arguments.since, notes)
    paths = workspace.files(arguments.paths)
    scanned_files = list(scan(workspace, paths, with_progress))
    findings = set(findings_of(workspace, scanned_files))
    # dead patterns first: they explain why pins are stale
    first: list[FileFinding] = []
    if not arguments.paths:
        first = sorted(findings_on_patterns(workspace, scanned_files))
        findings.update(findings_on_exemptions(workspace, paths))
        notes += [
            *silence_notes(workspace, scanned_files), *wrappers_note(workspace, scanned_files),
            *workspace_notes(workspace),
        ]
    if since:
        names = {workspace.shown(workspace.pins.name), *(scanned.name for scanned in scanned_files)}
        findings.update(found for found in since.findings if found.path in names)
    in_registry, faults = registry_findings(workspace, registry, arguments.owner)
    findings.update(in_registry)
    calls = sum(len(scanned.report.sites) for scanned in scanned_files if not scanned.exempt)
    new = since.new_findings(workspace, findings) if since else None
    result = CheckResult([*first, *sorted(findings)], len(paths), calls, new)
    _show(result, arguments, workspace.repository.top if workspace.repository else workspace.pins.root)
    note_registry_faults(faults)
    if arguments.format != "json" or arguments.output_file:
        files, beside = count(result.files, "file"), " without the registry" if faults else ""
        note(f"{files}, {count(calls, 'PUT call')}: {count(len(result.findings), 'finding')}{beside}")
    for line in [*ignored_pins_note(workspace), *notes]:
        note(line)
    return ERROR if faults else FINDINGS if result.findings else CLEAN


def _since(workspace: Workspace, named: str | None, notes: list[str]) -> Since | None:
    """Return the changes since the named base, or in CI since the default one; None without a base.

    What the user should know of the base is added to ``notes``. Raise UsageError if a named one cannot be found.
    """
    if named is None and os.environ.get("CI", "").lower() in ("", "0", "false"):
        return None
    try:
        base = find_base(workspace.git, named)
        if base.is_guess:
            raise UsageError("the remote's default branch is not known here")
    except UsageError as error:
        if named is not None:
            raise
        notes.append(
            f"newly allowed calls are not reported, since there is no base: {error} "
            "(name it with --since; see flake8-artifact-pin explain ci)",
        )
        return None
    since = compare_since(workspace, base)
    notes += since.snapshots.notes
    return since


def _show(result: CheckResult, arguments: argparse.Namespace, top: str) -> None:
    """Print the result, or write it to a file and print it as text; ``top`` is the top of the repository."""
    if arguments.output_file is not None:
        write_file(arguments.output_file, _as_text(result, arguments.format, top))
    elif arguments.format != "text":
        print_text(_as_text(result, arguments.format, top))
        return
    print_findings(result.findings)


def _as_text(result: CheckResult, form: str, top: str) -> str:
    if form == "json":
        return check_json(result)
    if form == "github":
        return github_text(result, [*filter(None, [os.environ.get("GITHUB_WORKSPACE")]), top])
    if form == "sarif":
        return sarif_text(result, top, version())
    if form == "gitlab":
        return gitlab_text(result, top)
    return "".join(f"{finding_line(*found, io.StringIO())}\n" for found in result.findings)
