"""``doctor``: prove that flake8 reports a new PUT call here. A guard that cannot fire is worse than none."""
from __future__ import annotations

import argparse
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.cli.doctor.checks import Check
from flake8_artifact_pin.cli.doctor.checks import check_exempt
from flake8_artifact_pin.cli.doctor.checks import check_exit_status
from flake8_artifact_pin.cli.doctor.checks import check_patterns
from flake8_artifact_pin.cli.doctor.checks import check_pins_file
from flake8_artifact_pin.cli.doctor.checks import check_plugin
from flake8_artifact_pin.cli.doctor.checks import check_required
from flake8_artifact_pin.cli.doctor.checks import check_selected
from flake8_artifact_pin.cli.doctor.files import check_broken_files
from flake8_artifact_pin.cli.doctor.files import check_new_files
from flake8_artifact_pin.cli.doctor.files import check_pinned_files
from flake8_artifact_pin.cli.doctor.flake8_setup import Flake8
from flake8_artifact_pin.cli.doctor.flake8_setup import open_flake8
from flake8_artifact_pin.cli.notes import ignored_pins_note
from flake8_artifact_pin.cli.notes import silence_notes
from flake8_artifact_pin.cli.notes import workspace_notes
from flake8_artifact_pin.cli.options import add_format
from flake8_artifact_pin.cli.options import add_pins
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import print_line
from flake8_artifact_pin.cli.output import printable_place
from flake8_artifact_pin.cli.output import style
from flake8_artifact_pin.cli.wrappers import advice
from flake8_artifact_pin.cli.wrappers import find_wrappers
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.repository.scan import distinct
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.findings import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    add_pins(parser)
    add_format(parser, "text", "json")


def run(arguments: argparse.Namespace) -> int:
    """Print the outcome of each check and return the exit status: 1 if one failed.

    The JSON format is described in docs/command.md: a check has one object for each failure, or one if it passed. The
    checks are:

    - ``plugin``: flake8 loads this plugin.
    - ``require-plugins``: flake8 fails if it does not find this plugin.
    - ``pins-file``: flake8 uses the pins file that this command uses.
    - ``exit-status``: flake8 fails if it finds something.
    - ``selected``: flake8 reports the codes without which a PUT call can pass.
    - ``exempt``: not every file is exempt.
    - ``pinned-file``: flake8 lints each pinned file, and reports an added PUT call in it.
    - ``new-file``: flake8 reports a new file with a PUT call in a directory with a pinned file.
    - ``broken-file``: no comment hides that a file does not parse; only its failures are listed.
    - ``patterns``: each own pattern counts a PUT call; only its failures are listed.
    """
    with open_flake8() as setup:
        workspace = open_workspace(arguments.pins)
        scanned_files = distinct(workspace, scan(workspace, workspace.files()))
        checks = list(_checks(workspace, setup, scanned_files))
    wrappers = find_wrappers(workspace, scanned_files)
    notes = [
        *silence_notes(workspace, scanned_files), *ignored_pins_note(workspace), *workspace_notes(workspace),
    ]
    failures = sum(not check.is_ok for check in checks)
    if arguments.format == "json":
        print_json({
            "checks": list(map(_data, checks)),
            "wrappers": [wrapper._asdict() for wrapper in wrappers],
            "notes": notes,
            "ok": not failures,
        })
        return FINDINGS if failures else CLEAN
    for check in checks:
        print(_line(check))
    for text, place in advice(wrappers):
        print_line(text, at=place)
    for text in notes:
        print_line(text)
    passed = count(len(checks) - failures, "check")
    print(f"{count(failures, 'failure')}, {passed} passed" if failures else f"the guard is alive: {passed} passed")
    return FINDINGS if failures else CLEAN


def _checks(workspace: Workspace, setup: Flake8, scanned_files: Sequence[ScannedFile]) -> Iterator[Check]:
    yield check_plugin(setup)
    yield check_required(setup)
    if setup.plugin:
        yield check_pins_file(workspace, setup)
        yield check_exit_status(setup)
        yield from check_selected(setup)
        yield check_exempt(workspace)
        yield from check_pinned_files(workspace, setup)
        yield from check_new_files(workspace, setup)
        yield from check_broken_files(setup, scanned_files)
        yield from check_patterns(workspace, scanned_files)


def _line(check: Check) -> str:
    mark = f"{style('green', 'ok')}  " if check.is_ok else style("red", "FAIL")
    path, line = check.place
    where = "" if path is None else printable(path) if line is None else printable_place(path, line)
    return f"{mark}  {where}{': ' * bool(where)}{printable(check.message)}"


def _data(check: Check) -> Mapping[str, object]:
    return {
        "check": check.name,
        "ok": check.is_ok,
        "path": check.place.path,
        "line": check.place.line,
        "message": check.message,
    }
