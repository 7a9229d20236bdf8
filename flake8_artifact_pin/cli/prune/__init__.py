"""``prune``: lower and remove stale pins, but never raise or add one."""
from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Iterator
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
from flake8_artifact_pin.cli.prune.plan import Change
from flake8_artifact_pin.cli.prune.plan import Kept
from flake8_artifact_pin.cli.prune.plan import make_plan
from flake8_artifact_pin.cli.prune.plan import retired_ids
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.edit import edit_pins
from flake8_artifact_pin.pins.edit import UneditableError
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import from_disk
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.write import byte_order_mark
from flake8_artifact_pin.pins.write import replace_text
from flake8_artifact_pin.repository.workspace import open_pinned
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.findings import FileFinding

# Git quotes a name with one of these characters, and escapes them.
_ESCAPED = re.compile(r'[\x00-\x1f\x7f"\\]')
_PATCH_STYLES = {"@": "cyan", "+": "green", "-": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("--dry-run", action="store_true", help="show the change as a diff and make none")
    add_pins(parser)
    add_format(parser, "text", "json")


def run(arguments: argparse.Namespace) -> int:
    """Prune the pins file and return the exit status: 1 if somebody has to settle a pin.

    Such a pin is stale, or git does not know its file. Pins on files that are not Python or not checked out do not
    count. With ``--dry-run``, the exit status is also 1 if the file would change.

    The JSON format is described in docs/command.md.
    """
    workspace = open_pinned(arguments.pins)
    results = list(make_plan(workspace))
    changes = [result for result in results if isinstance(result, Change)]
    kept = [result for result in results if isinstance(result, Kept)]
    findings = [result for result in results if isinstance(result, FileFinding)]
    pins, shown = workspace.pins, workspace.shown(workspace.pins.name)
    text = pruned_text(pins, changes, shown)
    is_written = text != pins.text and not arguments.dry_run
    if is_written:
        replace_text(pins.path, shown, pins.text, text)
    if arguments.format == "json":
        print_json(_data(changes, kept, is_written) | {"findings": list(map(finding_data, findings))})
    elif arguments.dry_run:
        _print_patch(workspace, text)
        # on stderr, so that stdout can be applied as a patch
        note_findings(findings)
    else:
        after = parse_pins(pins, text)
        for change in changes:
            print_line(_change_text(change, retired_ids(change, after)), at=(shown, change.line))
        print_findings(findings)
    if arguments.format != "json":
        _note_kept(kept, shown)
        what = "to change" if arguments.dry_run else "changed"
        note(f"{count(len(pins.pins), 'pin')}: {len(changes)} {what}, {len(kept)} kept")
    is_open = bool(findings) or any(pin.is_open for pin in kept) or (arguments.dry_run and bool(changes))
    return FINDINGS if is_open else CLEAN


def pruned_text(pins: Pins, changes: Sequence[Change], shown: str) -> str:
    """Return the text of the pins file after the changes. Raise UsageError that lists them if it cannot be edited."""
    try:
        return edit_pins(pins, [edit for change in changes for edit in change.edits])
    except UneditableError:
        by_hand = "; ".join(f"line {change.line}: {_change_text(change, ())}" for change in changes)
        raise UsageError(f"{shown} is written in a way that cannot be edited safely: edit it by hand: {by_hand}")


def _note_kept(pins: Sequence[Kept], name: str) -> None:
    """Print which pins are kept. Settled reasons get one line each, since they may be for thousands of pins."""
    settled: dict[str, list[str]] = {}
    for kept in pins:
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
        text = f"{pin.path}: {pin.allowed} -> {change.new}"
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


def _data(changes: Sequence[Change], kept: Sequence[Kept], is_written: bool) -> dict[str, object]:
    return {
        "changes": [
            {
                "path": change.pin.path,
                "line": change.line,
                "old": change.pin.allowed,
                "new": change.new,
                "reason": change.reason,
                "removed_calls": list(change.removed_calls),
            }
            for change in changes
        ],
        "kept": [{"path": pin.pin.path, "line": pin.line, "reason": pin.reason} for pin in kept],
        "written": is_written,
    }
