"""``diff``: what a change does to PUT calls and pins, for the reviewer of a pull request."""
from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.diff.comparison import compare
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.cli.options import add_format
from flake8_artifact_pin.cli.options import add_pins
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import markdown
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_findings
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import printable
from flake8_artifact_pin.cli.output import style
from flake8_artifact_pin.repository.git import Repository
from flake8_artifact_pin.cli.diff.snapshots import Change
from flake8_artifact_pin.cli.diff.snapshots import Sides
from flake8_artifact_pin.repository.workspace import open_workspace

_GUESSED = (
    "the remote's default branch is not known here, so this compares with HEAD and shows only what is not committed: "
    "name BASE, or run git remote set-head origin -a"
)


class Base(NamedTuple):
    """The commit to compare with, and how it was found, in words."""

    commit: str
    description: str
    is_guess: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "base", metavar="BASE", nargs="?",
        help="the revision to compare with, from the merge base on (default: the remote's default branch, else HEAD)",
    )
    parser.add_argument(
        "--exit-code", action="store_true", help="exit with 1 if a raised or added pin or a swap is undecided",
    )
    add_pins(parser)
    add_format(parser, "text", "json", "markdown")


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
    base = _find_base(repository, arguments.base)
    if base.is_guess and arguments.exit_code:
        raise UsageError("the remote's default branch is not known here: name BASE (or: git remote set-head origin -a)")
    sides = Sides(workspace, repository, base.commit)
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
    for text in [_GUESSED] * base.is_guess + sides.notes:
        note(text)
    is_undecided = arguments.exit_code and any(change.undecided for change in changes)
    return FINDINGS if is_undecided or sides.findings else CLEAN


def _find_base(repository: Repository, named: str | None) -> Base:
    """Return the merge base of the working tree's commit with a revision, or with the default one."""
    head = repository.resolve("HEAD")
    if head is None:
        raise UsageError("diff needs a commit to compare with: this repository has none yet")
    revision, is_guess = (named, False) if named is not None else _default_revision(repository)
    commit = repository.resolve(revision)
    if commit is None:
        raise UsageError(f"there is no revision {revision} here: fetch it, or name another one")
    merge_base = repository.merge_base(commit, head)
    if merge_base is None:
        if repository.is_shallow:
            raise UsageError(
                f"this clone is too shallow to have the merge base with {revision}: run git fetch --unshallow",
            )
        raise UsageError(f"{revision} has no commit in common with HEAD: name another revision")
    return Base(merge_base, f"{revision} (merge base {merge_base[:12]})", is_guess)


def _default_revision(repository: Repository) -> tuple[str, bool]:
    """Return the remote's default branch, else HEAD, and whether that is only for want of knowing."""
    remotes = repository.remotes()
    if not remotes:
        return "HEAD", False
    remote = "origin" if "origin" in remotes else remotes[0]
    branch = repository.default_branch(remote)
    if branch:
        return branch, False
    # what a pull request is to be merged into; a checkout by GitHub's own action does not know the default branch
    target = os.environ.get("GITHUB_BASE_REF")
    if target and repository.resolve(f"{remote}/{target}"):
        return f"{remote}/{target}", False
    return "HEAD", True


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
