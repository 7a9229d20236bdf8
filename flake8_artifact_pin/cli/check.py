"""``check``: everything that flake8 would report of the whole repository, and what flake8 cannot see."""
from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import ERROR
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import FileFinding
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import printable
from flake8_artifact_pin.cli.output import print_findings
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.repository.git import find_repository
from flake8_artifact_pin.repository.files import NotCheckedOut
from flake8_artifact_pin.repository.git import Repository
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import BrokenPinsError
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.repository.workspace import relative
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.pins.files import missing_pins
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.findings import judge
from flake8_artifact_pin.rules.findings import judge_file_noqa
from flake8_artifact_pin.rules.findings import judge_pins
from flake8_artifact_pin.rules.findings import judge_promised
from flake8_artifact_pin.rules.findings import judge_registered
from flake8_artifact_pin.rules.findings import with_visible_places


class Verdict(NamedTuple):
    """What is to be said of a repository: sorted findings, and how many files and PUT calls were looked at."""

    findings: Sequence[FileFinding]
    files: int
    calls: int


def run(arguments: argparse.Namespace) -> int:
    """Check the repository, or the paths that are named, and return the exit status.

    The JSON format is an object: ``files`` and ``put_calls`` (numbers) and ``findings``, a list of objects with
    ``path`` (relative to the working directory), ``line`` and ``column`` (1-based), ``code`` and ``text``. If the
    registry cannot be used, that is said on standard error and the status is 2, but the other findings are printed.
    Raise BrokenPinsError if the pins cannot be used and the format is the text; programs get the faults as findings.
    """
    try:
        workspace = open_workspace(arguments.pins)
    except BrokenPinsError as error:
        if arguments.format == "text":
            raise
        faulty = [FileFinding(error.path, finding) for finding in error.findings]
        _print(Verdict(faulty, 0, 0), arguments.format, find_repository(os.getcwd()))
        return ERROR
    registry = _registry_path(workspace, arguments.registry)
    if arguments.owner is not None and not (registry and arguments.owner):
        raise UsageError("--owner needs a name, and a registry: --registry PATH, or registry in the pins file")
    verdict = check(workspace, workspace.files(arguments.paths))
    findings = [*verdict.findings]
    faults: Sequence[str] = ()
    if registry:
        try:
            for found in _registry_findings(workspace, registry, arguments.owner):
                findings.append(found)
        except RegistryError as error:
            faults = error.lines
    verdict = verdict._replace(findings=sorted(findings))
    _print(verdict, arguments.format, workspace.repository)
    if arguments.format != "json":
        looked_at = f"{count(verdict.files, 'file')}, {count(verdict.calls, 'PUT call')}"
        note(f"{looked_at}: {count(len(verdict.findings), 'finding')}")
    for fault in faults:
        note(printable(fault))
    return ERROR if faults else FINDINGS if verdict.findings else CLEAN


def _print(verdict: Verdict, form: str, repository: Repository | None) -> None:
    if form == "json":
        print_json({
            "files": verdict.files,
            "put_calls": verdict.calls,
            "findings": list(map(finding_data, verdict.findings)),
        })
    elif form == "github":
        top = repository.top if repository else os.getcwd()
        directories = [*filter(None, [os.environ.get("GITHUB_WORKSPACE")]), top]
        for found in verdict.findings:
            print(github_annotation(found, directories))
    else:
        print_findings(verdict.findings)


def check(workspace: Workspace, paths: Sequence[str]) -> Verdict:
    """Return the verdict on the files at some paths of the pins file, and on the pins."""
    calls = 0
    findings = _pins_findings(workspace)
    for scanned in scan(workspace, paths, functools.partial(with_progress, what="file")):
        calls += len(scanned.report.sites)
        findings += [FileFinding(scanned.name, finding) for finding in file_findings(workspace.pins, scanned)]
    return Verdict(sorted(findings), len(paths), calls)


def file_findings(pins: Pins, scanned: ScannedFile) -> Iterator[Finding]:
    """Yield the findings of one file, whatever flake8 is told to skip or to ignore."""
    path, report = scanned.path, scanned.report
    if scanned.exempt:
        return
    yield from (problem.finding for problem in scanned.problems)
    if scanned.problems:
        return
    file_noqa = scanned.file_noqa
    if file_noqa and not file_noqa.reason:
        yield judge_file_noqa(pins, path, report.counted, file_noqa)
    noqa = report.noqa
    for finding in with_visible_places(judge(pins, path, report), noqa):
        is_suppressed = noqa.hides(finding.code, finding.line)
        if not is_suppressed and not (file_noqa and file_noqa.reason and finding.code == "APR001"):
            yield finding


def github_annotation(found: FileFinding, directories: Sequence[str]) -> str:
    """Return the workflow command that makes GitHub show a finding at its line.

    ``directories`` may be the one that GitHub's paths are relative to: it is the first that the file lies below, and
    the last one for a file that lies below none. See "Workflow commands" in GitHub's documentation and, for the
    escapes, its toolkit.
    """
    path, finding = found
    names = (_name_below(directory, path) for directory in directories)
    name = next(filter(None, names), "") or relative(path, directories[-1])
    fields = {
        "file": name.replace(os.sep, "/"),
        "line": str(max(finding.line, 1)),
        "col": str(finding.column + 1),
        "title": finding.code,
    }
    properties = ",".join(
        f"{name}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in fields.items()
    )
    return f"::error {properties}::{_escaped(f'{finding.code} {finding.text}')}"


def _name_below(directory: str, path: str) -> str:
    """Return the path that a file has below a directory, if need be with links followed; empty if it is outside."""
    parent, base = os.path.split(os.path.abspath(path))
    for top, place in ((directory, parent), (os.path.realpath(directory), os.path.realpath(parent))):
        name = relative(os.path.join(place, base), top)
        if not os.path.isabs(name) and name.split(os.sep)[0] != os.pardir:
            return name
    return ""


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _pins_findings(workspace: Workspace) -> list[FileFinding]:
    pins = workspace.pins
    if not pins.path:
        return []
    name = workspace.shown(pins.name)
    return [FileFinding(name, finding) for finding in judge_pins(pins, _stale_pins(workspace))]


def _stale_pins(workspace: Workspace) -> Sequence[Pin]:
    """Return the pins whose file does not exist: not those whose file git tracks, and only has not checked out."""
    missing = missing_pins(workspace.pins)
    # to ask takes git some time in a big repository
    absent = workspace.not_checked_out() if missing else NotCheckedOut()
    return [pin for pin in missing if not absent.has(pin.path)]


def _registry_path(workspace: Workspace, named: str | None) -> str:
    """Return the path of the registry: as it is named, or as the pins file names it; empty if there is none."""
    if named == "":
        raise UsageError("--registry needs the path of a file")
    pins = workspace.pins
    return named or (os.path.join(pins.root, pins.registry) if pins.registry else "")


def _registry_findings(workspace: Workspace, path: str, owner: str | None) -> Iterator[FileFinding]:
    from flake8_artifact_pin.registry.load import load_registry
    from flake8_artifact_pin.registry.load import rows_owned_by

    pins = workspace.pins
    shown = relative(path, pins.cwd).replace(os.sep, "/")
    rows = load_registry(path, shown)
    name = workspace.shown(pins.name)
    known = frozenset(row.artifact_id for row in rows)
    yield from (FileFinding(name, finding) for finding in judge_registered(pins, known, shown))
    if owner is not None:
        promised = [(row.artifact_id, row.position) for row in rows_owned_by(rows, owner, shown)]
        yield from (FileFinding(shown, finding) for finding in judge_promised(pins, promised, owner))
