"""``diff``: show what a change does to PUT calls and pins."""
from __future__ import annotations

import argparse
from collections.abc import Sequence

from flake8_artifact_pin.cli.collect import registry_findings
from flake8_artifact_pin.cli.collect import registry_path
from flake8_artifact_pin.cli.collect import repository_findings
from flake8_artifact_pin.cli.diff.changes import all_changes
from flake8_artifact_pin.cli.diff.changes import Change
from flake8_artifact_pin.cli.diff.comment import comment
from flake8_artifact_pin.cli.diff.comment import find_links
from flake8_artifact_pin.cli.options import add_format
from flake8_artifact_pin.cli.options import add_pins
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_findings
from flake8_artifact_pin.cli.output import note_registry_faults
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import print_line
from flake8_artifact_pin.cli.output import printable_place
from flake8_artifact_pin.cli.output import style
from flake8_artifact_pin.cli.collect import compare_since
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.repository.base import Base
from flake8_artifact_pin.repository.base import find_base
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.rules.findings import printable

_GUESSED = (
    "the remote's default branch is not known here, so this compares with HEAD and shows only what is not committed: "
    "name BASE, or run git remote set-head origin -a"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument(
        "base", metavar="BASE", nargs="?",
        help="the revision to compare with, from the merge base on (default: the remote's default branch, else HEAD)",
    )
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 if something is undecided")
    parser.add_argument(
        "--link-base", metavar="URL",
        help="the URL before the path in links of Markdown (default: from the variables of GitHub Actions)",
    )
    add_pins(parser)
    add_format(parser, "text", "json", "markdown")


def run(arguments: argparse.Namespace) -> int:
    """Print the differences and return the exit status.

    It is 1 if a file cannot be parsed, or with ``--exit-code`` if something is undecided. The JSON format is an object:
    ``version``, ``base`` (``commit`` and ``description``), ``undecided`` (how many), ``changes``, a list of objects
    with the fields of Change, and ``findings``, as in ``check``, on files that cannot be read.
    """
    workspace = open_workspace(arguments.pins)
    base = find_base(workspace.git, arguments.base)
    if base.is_guess and arguments.exit_code:
        raise UsageError("the remote's default branch is not known here: name BASE (or: git remote set-head origin -a)")
    since = compare_since(workspace, base)
    changes = all_changes(workspace, since)
    problems = since.snapshots.problems
    if arguments.format == "json":
        print_json({
            "base": {"commit": base.commit, "description": base.description},
            "undecided": _undecided(changes),
            "changes": [change._asdict() for change in changes],
            "findings": list(map(finding_data, problems)),
        })
    elif arguments.format == "markdown":
        in_registry, faults = registry_findings(workspace, registry_path(workspace.pins))
        note_registry_faults(faults)
        findings = {*problems, *since.findings, *repository_findings(workspace), *in_registry}
        links = find_links(workspace.git.top, arguments.link_base)
        print("\n".join(comment(changes, sorted(findings), base.description, links)))
    else:
        _print_text(base, changes)
        note_findings(problems)
    for text in [_GUESSED] * base.is_guess + [*since.snapshots.notes]:
        note(text)
    return FINDINGS if problems or (arguments.exit_code and _undecided(changes)) else CLEAN


def _print_text(base: Base, changes: Sequence[Change]) -> None:
    print_line(f"compared with {base.description}", "bold")
    for change in changes:
        kind = f"{change.subject} {change.kind}"
        mark = "undecided: " if change.undecided else ""
        place = printable_place(change.path, change.line)
        print(style("red" if change.undecided else "", f"{kind:18} {place}: {mark}{printable(change.text)}"))
    summary = f"{count(len(changes), 'change')}, {_undecided(changes)} undecided"
    print_line(summary if changes else "no PUT call and no pin changed")


def _undecided(changes: Sequence[Change]) -> int:
    return sum(change.undecided for change in changes)
