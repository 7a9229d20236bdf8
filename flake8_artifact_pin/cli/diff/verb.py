"""``diff``: what a change does to PUT calls and pins, for the reviewer of a pull request."""
from __future__ import annotations

import argparse
from collections.abc import Iterator
from collections.abc import Sequence

from flake8_artifact_pin.cli.diff.comparison import compare
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import markdown
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_findings
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import printable
from flake8_artifact_pin.cli.output import style
from flake8_artifact_pin.repository.base import Base
from flake8_artifact_pin.repository.base import find_base
from flake8_artifact_pin.cli.diff.snapshots import Change
from flake8_artifact_pin.cli.diff.snapshots import Sides
from flake8_artifact_pin.repository.workspace import open_workspace

_GUESSED = (
    "the remote's default branch is not known here, so this compares with HEAD and shows only what is not committed: "
    "name BASE, or run git remote set-head origin -a"
)


def run(arguments: argparse.Namespace) -> int:
    """Print the difference and return the exit status.

    That is 1 if a file cannot be parsed and, if it was asked for, if something is undecided. The JSON format is an
    object: ``base`` (``commit`` and ``description``), ``changes``, a list of objects with the fields of Change, and
    ``findings``, as those of ``check``, on files that cannot be read.
    """
    workspace = open_workspace(arguments.pins)
    repository = workspace.repository
    if repository is None:
        raise UsageError(f"diff needs git: {workspace.pins.root} is in no git repository")
    base = find_base(repository, arguments.base)
    if base.is_guess and arguments.exit_code:
        raise UsageError("the remote's default branch is not known here: name BASE (or: git remote set-head origin -a)")
    sides = Sides(workspace, base.commit)
    changes = compare(sides)
    if arguments.format == "json":
        print_json({
            "base": {"commit": base.commit, "description": base.description},
            "changes": [change._asdict() for change in changes],
            "findings": list(map(finding_data, sides.findings)),
        })
    else:
        show = _markdown_lines if arguments.format == "markdown" else _text_lines
        for line in show(base, changes):
            print(line)
        note_findings(sides.findings)
    for text in [*[_GUESSED] * base.is_guess, *sides.notes]:
        note(text)
    is_undecided = arguments.exit_code and any(change.undecided for change in changes)
    return FINDINGS if is_undecided or sides.findings else CLEAN


def _text_lines(base: Base, changes: Sequence[Change]) -> Iterator[str]:
    yield style("bold", f"compared with {base.description}")
    for change in changes:
        kind = f"{change.subject} {change.kind}"
        mark = style("red", "undecided: ") if change.undecided else ""
        yield f"{kind:16} {printable(change.path)}:{change.line}: {mark}{printable(change.text)}"
    yield _summary(changes)


def _markdown_lines(base: Base, changes: Sequence[Change]) -> Iterator[str]:
    yield "### PUT calls and pins"
    yield ""
    yield f"Compared with {markdown(base.description)}: {_summary(changes)}."
    if changes:
        yield from ("", "| change | where | what |", "| --- | --- | --- |")
    for change in changes:
        mark = "**undecided:** " if change.undecided else ""
        where = markdown(f"{change.path}:{change.line}")
        yield f"| {change.subject} {change.kind} | {where} | {mark}{markdown(change.text)} |"


def _summary(changes: Sequence[Change]) -> str:
    undecided = sum(change.undecided for change in changes)
    return f"{count(len(changes), 'change')}, {undecided} undecided" if changes else "no PUT call and no pin changed"
