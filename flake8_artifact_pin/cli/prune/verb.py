"""The verb ``prune``: its options and its output."""
from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.cli.notes import listed
from flake8_artifact_pin.cli.options import add_format
from flake8_artifact_pin.cli.options import add_pins
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import note_findings
from flake8_artifact_pin.cli.output import print_findings
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import print_line
from flake8_artifact_pin.cli.output import print_text
from flake8_artifact_pin.cli.prune.plan import make_plan
from flake8_artifact_pin.cli.prune.results import Change
from flake8_artifact_pin.cli.prune.results import Plan
from flake8_artifact_pin.cli.prune.results import retired_ids
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.edit import edit_pins
from flake8_artifact_pin.pins.edit import UneditableError
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import from_disk
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.write import byte_order_mark
from flake8_artifact_pin.pins.write import replace_text
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.repository.workspace import Workspace

# Git quotes a name with one of these characters, and escapes them.
_ESCAPED = re.compile(r'[\x00-\x1f\x7f"\\]')
_PATCH_STYLES = {"@": "cyan", "+": "green", "-": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("--dry-run", action="store_true", help="show the change as a diff and make none")
    parser.add_argument(
        "--move-renamed", action="store_true", help="move the pin of a file that git knows was renamed",
    )
    add_pins(parser)
    add_format(parser, "text", "json")


def run(arguments: argparse.Namespace) -> int:
    """Prune the pins file and return the exit status: 1 if somebody has to settle a pin.

    Such a pin is stale, or git does not know its file. Pins on files that are not Python or not checked out do not
    count. With ``--dry-run``, the exit status is also 1 if the file would change.

    The JSON format is described in docs/command.md.
    """
    workspace = open_workspace(arguments.pins)
    if not workspace.pins.path:
        raise UsageError(f"there is no {FILE_NAME} here or in a directory above: create one with init")
    plan = make_plan(workspace, arguments.move_renamed)
    shown = workspace.shown(workspace.pins.name)
    text = pruned_text(workspace.pins, plan, shown) if plan.changes else workspace.pins.text
    is_written = bool(plan.changes) and not arguments.dry_run
    if is_written:
        replace_text(workspace.pins.path, shown, workspace.pins.text, text)
    if arguments.format == "json":
        print_json(_data(plan, is_written))
    else:
        _print_text(workspace, plan, text, arguments)
    is_done = plan.is_settled and (is_written or not plan.changes)
    return CLEAN if is_done else FINDINGS


def pruned_text(pins: Pins, plan: Plan, shown: str) -> str:
    """Return the text of the pins file after the changes. Raise UsageError that lists them if it cannot be edited."""
    try:
        return edit_pins(pins, plan.edits)
    except UneditableError:
        by_hand = "; ".join(f"line {change.line}: {_change_text(change, ())}" for change in plan.changes)
        raise UsageError(f"{shown} is written in a way that cannot be edited safely: edit it by hand: {by_hand}")


def _print_text(workspace: Workspace, plan: Plan, new: str, arguments: argparse.Namespace) -> None:
    name = workspace.shown(workspace.pins.name)
    step = "correct that file" if arguments.move_renamed else "run prune --move-renamed"
    offers = [
        (f"{offer.pin.path} was renamed to {offer.new_path}: {step} to move its pin", (name, offer.line))
        for offer in plan.offers
    ]
    if arguments.dry_run:
        _print_patch(workspace, new)
        # on stderr, so that stdout can be applied as a patch
        for text, place in offers:
            note(text, place)
        note_findings(plan.findings)
    else:
        retired = retired_ids(plan.changes, workspace.pins.pins.values())
        for change in plan.changes:
            print_line(_change_text(change, retired[change.pin.key]), at=(name, change.line))
        for text, place in offers:
            print_line(text, at=place)
        print_findings(plan.findings)
    _note_kept(plan, name)
    what = "to change" if arguments.dry_run else "changed"
    note(
        f"{count(len(workspace.pins.pins), 'pin')}: {len(plan.changes)} {what}, {len(plan.offers)} offered to move, "
        f"{len(plan.kept)} kept"
    )


def _note_kept(plan: Plan, name: str) -> None:
    """Print which pins are kept. Settled reasons get one line each, since they may be for thousands of pins."""
    settled: dict[str, list[str]] = {}
    for kept in plan.kept:
        if kept.is_open:
            note(f"{kept.pin.path}: kept: {kept.reason}", (name, kept.line))
        else:
            settled.setdefault(kept.reason, []).append(kept.pin.path)
    for reason, paths in settled.items():
        note(f"{count(len(paths), 'pin')} kept ({reason}): {listed(paths)}")


def _change_text(change: Change, retired: Sequence[str]) -> str:
    pin = change.pin
    if change.new is None:
        text = f"{pin.path}: removed ({change.reason})"
    else:
        moved = [f"moved to {change.moved_to}"] if change.moved_to else []
        lowered = [f"{pin.allowed} -> {change.new}"] if change.new != pin.allowed else []
        text = f"{pin.path}: {', '.join([*moved, *lowered])}"
        for name, call in (pin.calls or {}).items():
            if call.key in change.removed_calls:
                decision = pin.decision_on(name).text
                text += f"; removed {quote(call.key)}" + (f" ({decision})" if decision else "")
    return f"{text}; retire what is no longer written: {', '.join(retired)}" if retired else text


def _print_patch(workspace: Workspace, new: str) -> None:
    """Print a patch; in colour and escaped only on a terminal."""
    pins = workspace.pins
    top = workspace.repository.top if workspace.repository else pins.cwd
    # name the target of a link: git apply does not write through links
    name = from_disk(relative(os.path.realpath(pins.path), os.path.realpath(top))).replace(os.sep, "/")
    mark = byte_order_mark(pins.path)
    lines = list(patch_lines(mark + pins.text, mark + new, name))
    if not sys.stdout.isatty():
        print_text("".join(lines))
        return
    for line in lines:
        print_line(line.rstrip("\n"), _PATCH_STYLES.get(line[0], ""))


def patch_lines(old: str, new: str, name: str) -> Iterator[str]:
    """Yield the lines of a patch for ``git apply``; ``name`` is the file's path from the top of the repository."""
    before, after = _quoted_name(f"a/{name}"), _quoted_name(f"b/{name}")
    lines = list(difflib.unified_diff(_git_lines(old), _git_lines(new), _at_line_end(before), _at_line_end(after)))
    if lines:
        # without this line, git apply takes the name relative to the working directory
        yield f"diff --git {before} {after}\n"
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _git_lines(text: str) -> list[str]:
    """Split a text into lines as git does: only at line feeds."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _quoted_name(name: str) -> str:
    return f'"{_ESCAPED.sub(_escape, name)}"' if _ESCAPED.search(name) else name


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return f"\\{character}" if character in '"\\' else f"\\{ord(character):03o}"


def _at_line_end(name: str) -> str:
    """Return a name for the end of a line. Git cuts a name at a blank unless a tab follows."""
    return f"{name}\t" if " " in name else name


def _data(plan: Plan, is_written: bool) -> Mapping[str, object]:
    return {
        "changes": [
            {
                "path": change.pin.path,
                "line": change.line,
                "old": change.pin.allowed,
                "new": change.new,
                "moved_to": change.moved_to or None,
                "reason": change.reason,
                "removed_calls": list(change.removed_calls),
            }
            for change in plan.changes
        ],
        "renames": [
            {"path": offer.pin.path, "line": offer.line, "renamed_to": offer.new_path} for offer in plan.offers
        ],
        "kept": [{"path": kept.pin.path, "line": kept.line, "reason": kept.reason} for kept in plan.kept],
        "written": is_written,
        "findings": list(map(finding_data, plan.findings)),
    }
