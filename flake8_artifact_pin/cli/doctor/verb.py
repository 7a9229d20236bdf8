"""``doctor``: proves that flake8 reports a new PUT call here, because a guard that cannot fire is worse than none."""
from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

import flake8
from flake8 import utils

from flake8_artifact_pin.rules.findings import printable
from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import FINDINGS
from flake8_artifact_pin.cli.doctor.flake8_setup import Flake8
from flake8_artifact_pin.cli.doctor.flake8_setup import open_flake8
from flake8_artifact_pin.cli.doctor.flake8_setup import Place
from flake8_artifact_pin.cli.doctor.flake8_setup import Trial
from flake8_artifact_pin.cli.notes import silence_notes
from flake8_artifact_pin.cli.options import add_format
from flake8_artifact_pin.cli.options import add_pins
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import print_json
from flake8_artifact_pin.cli.output import print_line
from flake8_artifact_pin.cli.output import style
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.repository.scan import distinct
from flake8_artifact_pin.repository.scan import read_source
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import UNPARSABLE
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.repository.workspace import relative
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.cli.wrappers import advice
from flake8_artifact_pin.cli.wrappers import find_wrappers
from flake8_artifact_pin.source.patterns import sample_calls
from flake8_artifact_pin.pins.positions import exempt_position
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.source.noqa import CODE
from flake8_artifact_pin.source.noqa import find_file_noqa
from flake8_artifact_pin.pins.toml import written_position

PACKAGE = "flake8-artifact-pin"

# The codes without which a PUT call can pass, and what passes then.
_NEEDED_CODES = {
    CODE: "a new PUT call",
    "APR000": "everything under a pins file that cannot be used",
    "APR004": "a PUT call that a blanket noqa hides",
    "APR006": "a PUT call in the place of another one",
    "E902": "a file that cannot be read",
    "E999": "a file that does not parse",
}

# What may be said of a new PUT call: the pin of its file may name another one that is gone.
_NEW_CALL_CODES = (CODE, "APR006")

# A name that no pattern is meant for. No such file is made.
_NEW_FILE = "artifact_pin_doctor.py"


class Check(NamedTuple):
    """The outcome of a check; ``place`` is where the cause of a failure is written."""

    name: str
    is_ok: bool
    message: str
    place: Place = Place()


class _File(NamedTuple):
    """A file that flake8 is asked about: its name as flake8 has it, how it is shown, and what is being checked."""

    name: str
    shown: str
    check: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    add_pins(parser)
    add_format(parser, "text", "json")


def run(arguments: argparse.Namespace) -> int:
    """Print the outcome of each check and return the exit status: 1 if one failed.

    The JSON format is an object: ``ok`` (whether no check failed); ``wrappers`` as those of ``sites``; and ``checks``,
    a list of objects with ``check`` (its name), ``ok``, ``path`` and ``line`` (where the cause of a failure is
    written; null if nowhere) and ``message``. A check has an object for each of its failures, and one for all that
    is well. The checks are:

    - ``plugin``: flake8 loads this plugin.
    - ``require-plugins``: flake8 fails if it does not find this plugin.
    - ``pins-file``: flake8 uses the pins file that this command uses.
    - ``exit-status``: flake8 does not hide that it found something.
    - ``selected``: flake8 reports the codes without which a PUT call can pass.
    - ``pinned-file``: flake8 lints each pinned file, reports the codes in it, and finds its pin.
    - ``appended-call``: one PUT call more in a pinned file is reported.
    - ``new-file``: a new file with a PUT call, in a directory that has a pinned file, is reported.
    """
    with open_flake8() as setup:
        workspace = open_workspace(arguments.pins)
        checks = list(examine(workspace, setup))
        scanned_files = distinct(workspace, scan(workspace, workspace.files()))
        wrappers = find_wrappers(workspace, scanned_files)
    failures = sum(not check.is_ok for check in checks)
    if arguments.format == "json":
        print_json({
            "checks": list(map(_data, checks)),
            "wrappers": [wrapper._asdict() for wrapper in wrappers],
            "ok": not failures,
        })
    else:
        for check in checks:
            print(_line(check))
        for text, place in advice(wrappers):
            print_line(text, at=place)
        for line in silence_notes(workspace, scanned_files):
            print_line(line)
        passed = count(len(checks) - failures, "check")
        print(f"{count(failures, 'failure')}, {passed} passed" if failures else f"the guard is alive: {passed} passed")
    return FINDINGS if failures else CLEAN


def examine(workspace: Workspace, setup: Flake8) -> Iterator[Check]:
    """Yield the outcomes of all checks."""
    yield _check_plugin(setup)
    yield _check_required(setup)
    if setup.plugin:
        yield _check_pins_file(workspace, setup)
        yield _check_exit_status(setup)
        yield from _check_selected(setup)
        yield from _check_pinned_files(workspace, setup)
        yield from _check_new_files(workspace, setup)


def _check_plugin(setup: Flake8) -> Check:
    version = f"flake8 {flake8.__version__} ({utils.get_python_version()})"
    if setup.plugin is None:
        return Check("plugin", False, f"{version} does not load {PACKAGE}; install it beside that flake8")
    return Check("plugin", True, f"{version} loads {PACKAGE} {setup.plugin.plugin.version}")


def _check_required(setup: Flake8) -> Check:
    if PACKAGE in setup.required:
        return Check("require-plugins", True, f"flake8 fails where {PACKAGE} is not installed")
    place = setup.place("require-plugins")
    if not place.path and setup.config:
        place = setup.config.place
    return Check(
        "require-plugins",
        False,
        f"require-plugins does not name {PACKAGE}, so flake8 passes everything where it is not installed; "
        f"add require-plugins = {PACKAGE} under [flake8]",
        place,
    )


def _check_pins_file(workspace: Workspace, setup: Flake8) -> Check:
    path, used = workspace.pins.path, setup.pins.path
    if os.path.realpath(path) != os.path.realpath(used):
        # a bare name is looked for upwards, any other is relative to the configuration file
        value = os.path.join(os.curdir, relative(path, setup.directory))
        message = f"flake8 uses {_shown_pins(setup.pins)}, not {_shown_pins(workspace.pins)}"
        place = setup.place("artifact-pins")
        return Check("pins-file", False, f"{message}; set artifact-pins = {value} under [flake8]", place)
    if not path:
        return Check("pins-file", False, f"there is no pins file, so nothing is pinned; run {PACKAGE} init")
    return Check("pins-file", True, f"flake8 uses {_shown_pins(setup.pins)}")


def _check_exit_status(setup: Flake8) -> Check:
    if setup.options.exit_zero:
        message = "exit-zero is set, so flake8 succeeds whatever it finds; take it out"
        return Check("exit-status", False, message, setup.place("exit-zero"))
    return Check("exit-status", True, "flake8 fails if it finds something")


def _needed_codes(pins: Pins) -> list[str]:
    are_calls_named = any(pin.calls is not None for pin in pins.pins.values())
    return [code for code in _NEEDED_CODES if code != "APR006" or are_calls_named]


def _check_selected(setup: Flake8) -> Iterator[Check]:
    """Check what holds for all files; what is different in one file is checked with that file."""
    needed = _needed_codes(setup.pins)
    unselected = [code for code in needed if not setup.is_selected(code)]
    if not unselected:
        yield Check("selected", True, f"flake8 selects {_listed(needed)}")
        return
    # flake8's own summary of its options: select, ignore and their extensions
    decider = setup.guide.default_style_guide.decider
    left_out = [code for code in unselected if not code.startswith(decider.selected)]
    if left_out:
        place = setup.place("select")
        message = f"{_option('select', place)} leaves out {_passing(left_out)}; add APR,E9"
        yield Check("selected", False, message, place)
    for entry in decider.ignored:
        ignored = [code for code in unselected if code.startswith(entry)]
        if ignored:
            yield _ignored(setup, entry, ignored)


def _ignored(setup: Flake8, entry: str, codes: Sequence[str]) -> Check:
    for option in ("ignore", "extend-ignore"):
        if entry in (getattr(setup.options, option.replace("-", "_")) or ()):
            message = f"{option} = {entry} hides {_passing(codes)}; take it out"
            return Check("selected", False, message, setup.place_of_item(option, entry))
    message = f"another plugin has flake8 ignore {entry} by default, which hides {_passing(codes)}"
    return Check("selected", False, f"{message}; add extend-select = APR,E9 under [flake8]")


def _check_pinned_files(workspace: Workspace, setup: Flake8) -> Iterator[Check]:
    pins = sorted(pin for pin in workspace.pins.pins.values() if os.path.isfile(workspace.location(pin.path)))
    if not pins and workspace.pins.path:
        message = "nothing is pinned: [pins] has no file that exists; pin the files that make PUT calls"
        yield Check("pinned-file", False, message, _pins_place(workspace.pins, 1))
    found = setup.found_files()
    linted = reported = 0
    for pin in with_progress(pins, "pinned file"):
        file = _file(os.path.join(os.path.realpath(workspace.pins.root), pin.path), "pinned-file")
        failures = [*_misplaced(workspace.pins, file, pin), *_deselected(setup, file)]
        if os.path.abspath(file.name) not in found:
            failures.append(_unlinted(setup, file) or _unreached(workspace.pins, file, pin))
        elif setup.is_selected(CODE, file.name):
            trial_failures = list(_try_appended(setup, file))
            reported += not trial_failures
            failures += trial_failures
            linted += all(failure.name != file.check for failure in failures)
        yield from failures
    if linted:
        yield Check("pinned-file", True, f"{count(linted, 'pinned file')}: flake8 lints each and selects {CODE}")
    if reported:
        message = f"{count(reported, 'pinned file')}: one PUT call more in each is reported"
        yield Check("appended-call", True, message)


def _check_new_files(workspace: Workspace, setup: Flake8) -> Iterator[Check]:
    pinned = (workspace.location(pin.path) for pin in workspace.pins.pins.values())
    directories = {os.path.realpath(os.path.dirname(path)) for path in pinned if os.path.isfile(path)}
    reported = 0
    for directory in sorted(directories or {os.path.realpath(workspace.pins.root)}):
        file = _file(os.path.join(directory, _NEW_FILE), "new-file")
        file = file._replace(shown=f"a new file in {os.path.dirname(file.shown) or os.curdir}/")
        yield from _deselected(setup, file)
        unlinted = _unlinted(setup, file)
        if unlinted:
            yield unlinted
        elif setup.is_selected(CODE, file.name):
            failures = list(_try_call(setup, file, []))
            reported += not failures
            yield from failures
    if reported:
        directories_shown = count(reported, "directory with a pinned file", "directories with pinned files")
        yield Check("new-file", True, f"{directories_shown}: a new file with a PUT call is reported")


def _misplaced(pins: Pins, file: _File, pin: Pin) -> Iterator[Check]:
    """Yield a failure if flake8 looks for another pin than that of a pinned file."""
    path = governed_path(pins, file.name)
    if path != pin.path:
        message = f"flake8 judges {file.shown} by the pin of {path}, where symbolic links lead; pin that path"
        yield Check(file.check, False, message, _pin_place(pins, pin))


def _unreached(pins: Pins, file: _File, pin: Pin) -> Check:
    message = (
        f"flake8 does not come to {file.shown}: it follows no symbolic link to a directory, and enters no directory "
        "that it may not read; pin the file by its real path"
    )
    return Check(file.check, False, message, _pin_place(pins, pin))


def _unlinted(setup: Flake8, file: _File) -> Check | None:
    """Return why flake8 does not lint a file, or would not if it existed; None if it does."""
    if not os.path.abspath(file.name).startswith(os.path.join(os.getcwd(), "")):
        message = f"flake8 lints the working directory, and {file.shown} is not below it; run flake8 and this above it"
        return Check(file.check, False, message)
    exclusion = setup.exclusion(file.name)
    if exclusion:
        option, pattern = exclusion
        place = setup.place_of_item(option, pattern)
        if os.path.isabs(pattern):
            pattern = relative(pattern, os.getcwd())
        message = f"{_option(option, place)} keeps flake8 from {file.shown}; do not exclude {pattern}"
        return Check(file.check, False, message, place)
    if not utils.fnmatch(file.name, setup.options.filename):
        place = setup.place("filename")
        message = f"{_option('filename', place)} keeps flake8 from {file.shown}; add a pattern for it"
        return Check(file.check, False, message, place)
    return None


def _deselected(setup: Flake8, file: _File) -> Iterator[Check]:
    """Yield what makes flake8 hide codes in a file that it reports elsewhere."""
    needed = _needed_codes(setup.pins)
    codes = [code for code in needed if setup.is_selected(code) and not setup.is_selected(code, file.name)]
    if codes:
        place = setup.place_of_file_pattern(setup.guide.style_guide_for(file.name).filename)
        message = f"per-file-ignores ignores {_passing(codes, f'in {file.shown}')}; take it out"
        yield Check(file.check, False, message, place)


def _try_appended(setup: Flake8, file: _File) -> Iterator[Check]:
    """Append a PUT call to a pinned file, in memory, and yield what keeps flake8 from reporting it."""
    try:
        lines = setup.read(file.name)
    except (LookupError, OSError) as error:
        yield Check("pinned-file", False, f"flake8 cannot read it ({error}); correct it", Place(file.shown))
        return
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    yield from _try_call(setup, file._replace(check="appended-call"), lines)


def _try_call(setup: Flake8, file: _File, lines: Sequence[str]) -> Iterator[Check]:
    """Let flake8 lint lines with a PUT call behind them, and yield what keeps it from reporting the call."""
    try:
        trial = _with_put_call(setup, file, lines)
    except UNPARSABLE as error:
        place = Place(file.shown, getattr(error, "lineno", None))
        reason = getattr(error, "msg", error)
        yield Check("pinned-file", False, f"does not parse ({reason}), so flake8 sees no PUT call; correct it", place)
        return
    if trial is None:
        line = written_position(setup.pins.text, (*setup.pins.table, "patterns")).line
        message = f"none of the patterns makes a PUT call in {file.shown}; correct them"
        yield Check(file.check, False, message, _pins_place(setup.pins, line))
    elif not trial.should_process:
        noqa = find_file_noqa(lines)
        place = Place(file.shown, noqa.line if noqa else None)
        yield Check("pinned-file", False, '"# flake8: noqa" makes flake8 skip the file; remove it', place)
    elif setup.reported(trial).isdisjoint((code, len(lines) + 1) for code in _NEW_CALL_CODES):
        message, place = _silence(setup, file, list(lines))
        yield Check(file.check, False, message, place)


def _with_put_call(setup: Flake8, file: _File, lines: Sequence[str]) -> Trial | None:
    """Return a trial of lines and exactly one PUT call behind them; None if no pattern yields one."""
    for candidate in sample_calls(setup.matcher.patterns):
        appended = [*lines, candidate]
        trial = setup.trial(file.name, appended)
        calls = find_calls(trial.tree, appended, setup.matcher)
        if sum(call.line == len(appended) for call in calls) == 1:
            return trial
    return None


def _silence(setup: Flake8, file: _File, lines: list[str]) -> tuple[str, Place]:
    """Return why flake8 does not report a PUT call in a file that it lints, and where that is written."""
    pins = setup.pins
    path = governed_path(pins, file.name)
    if pins.faults:
        fault = pins.faults[0]
        return f"flake8 cannot use this pins file: {fault.problem}", _pins_place(pins, fault.line)
    if path is None:
        message = f"{file.shown} is not below this pins file, so flake8 judges nothing in it; move the pins file up"
        return message, _pins_place(pins, 1)
    key = exemption(pins.exempt, path)
    if key:
        return f"{quote(key)} exempts {file.shown}; narrow it", _pins_place(pins, exempt_position(pins, key).line)
    pin = pins.pin_of(path)
    counted = read_source(file.name, lines, setup.matcher).report.counted
    if counted < pin.allowed:
        counts = f"{pin.allowed} pinned, {counted} counted"
        message = f"the stale pin of {file.shown} lets a PUT call pass: {counts}; lower it ({PACKAGE} prune)"
        return message, _pin_place(pins, pin)
    return f"flake8 does not report a PUT call in {file.shown}, for no reason known here; look at its plugins", Place()


def _file(path: str, check: str) -> _File:
    shown = relative(path, os.getcwd())
    return _File(os.path.join(os.curdir, shown), shown, check)


def _pin_place(pins: Pins, pin: Pin) -> Place:
    return _pins_place(pins, pin_position(pins, pin).line)


def _pins_place(pins: Pins, line: int) -> Place:
    return Place(relative(pins.path, pins.cwd), line) if pins.path else Place()


def _shown_pins(pins: Pins) -> str:
    return relative(pins.path, pins.cwd) if pins.path else "no pins file"


def _option(option: str, place: Place) -> str:
    return option if place.path else f"flake8's default {option}"


def _passing(codes: Sequence[str], where: str = "") -> str:
    return f"{' '.join(filter(None, [_listed(codes), where]))}, so {_NEEDED_CODES[codes[0]]} passes"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _line(check: Check) -> str:
    mark = f"{style('green', 'ok')}  " if check.is_ok else style("red", "FAIL")
    where = f"{check.place}: " if check.place.path else ""
    return f"{mark}  {printable(where + check.message)}"


def _data(check: Check) -> dict[str, object]:
    return {
        "check": check.name,
        "ok": check.is_ok,
        "path": check.place.path,
        "line": check.place.line,
        "message": check.message,
    }
