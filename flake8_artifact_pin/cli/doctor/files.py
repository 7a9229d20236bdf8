"""The checks of files: flake8 lints each, and reports an added PUT call, which is tried in memory."""
from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8 import utils

from flake8_artifact_pin.cli.doctor.checks import Check
from flake8_artifact_pin.cli.doctor.checks import needed_codes
from flake8_artifact_pin.cli.doctor.checks import option_text
from flake8_artifact_pin.cli.doctor.checks import PACKAGE
from flake8_artifact_pin.cli.doctor.checks import passing
from flake8_artifact_pin.cli.doctor.checks import pin_place
from flake8_artifact_pin.cli.doctor.checks import pins_place
from flake8_artifact_pin.cli.doctor.flake8_setup import Place
from flake8_artifact_pin.cli.doctor.flake8_setup import Flake8
from flake8_artifact_pin.cli.doctor.flake8_setup import Trial
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import with_progress
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.pins.positions import exempt_position
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.toml import written_position
from flake8_artifact_pin.repository.scan import read_source
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.scan import UNPARSABLE
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import Verdict
from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.noqa import CODE
from flake8_artifact_pin.source.noqa import find_file_noqa
from flake8_artifact_pin.source.patterns import sample_calls

# The codes for a new PUT call. It is APR006 if the file's pin names a call that is gone.
_NEW_CALL_CODES = (CODE, "APR006")

# A name that no pattern in a configuration is meant for. The file is not created.
_NEW_FILE = "artifact_pin_doctor.py"


class _File(NamedTuple):
    """A file to check: its name as flake8 has it, its name in messages, and the name of the check."""

    name: str
    shown: str
    check: str


def check_pinned_files(workspace: Workspace, setup: Flake8) -> Iterator[Check]:
    """Check that flake8 lints each pinned file, and reports an added PUT call in it."""
    pins = sorted(pin for pin in workspace.pins.pins.values() if os.path.isfile(workspace.location(pin.path)))
    if not workspace.pins.pins and workspace.pins.path:
        message = "nothing is pinned, so each PUT call is reported: decide on the first one to pin its file"
        yield Check("pinned-file", True, message)
    elif not pins and workspace.pins.path:
        message = "nothing is pinned: [pins] has no file that exists; pin the files that make PUT calls"
        yield Check("pinned-file", False, message, pins_place(workspace.pins, 1))
    found = setup.found_files()
    reported = 0
    for pin in with_progress(pins, "pinned file"):
        file = _file(os.path.join(os.path.realpath(workspace.pins.root), pin.path), "pinned-file")
        yield from _deselected(setup, file)
        failures = list(_silences(setup, file))
        if not failures and os.path.abspath(file.name) not in found:
            failures = [_unreached(workspace.pins, file, pin)]
        reported += setup.is_selected(CODE, file.name) and not failures
        yield from failures
    if reported:
        message = f"{count(reported, 'pinned file')}: one PUT call more in each is reported"
        yield Check("pinned-file", True, message)


def check_broken_files(setup: Flake8, scanned_files: Sequence[ScannedFile]) -> Iterator[Check]:
    """Check that flake8 reports each file that does not parse, since it sees no PUT call there."""
    for scanned in scanned_files:
        for problem in [found.finding for found in scanned.problems if found.finding.code == "E999"]:
            file = _file(os.path.abspath(scanned.name), "broken-file")
            if not _unlinted(setup, file) and setup.is_selected("E999", file.name):
                trial = setup.trial(file.name, scanned.report.lines)
                # in flake8 5, the caller of a FileChecker decides whether to skip the file
                if not trial.should_process or not any(code == "E999" for code, _ in setup.reported(trial)):
                    message = "a noqa comment hides that this does not parse, and with it each PUT call; correct it"
                    yield Check(file.check, False, message, Place(file.shown, problem.line))


def check_new_files(workspace: Workspace, setup: Flake8) -> Iterator[Check]:
    """Check that flake8 reports a PUT call in a new file of each directory that has a pinned file."""
    pinned = (workspace.location(pin.path) for pin in workspace.pins.pins.values())
    directories = {os.path.realpath(os.path.dirname(path)) for path in pinned if os.path.isfile(path)}
    reported = 0
    for directory in sorted(directories or {os.path.realpath(workspace.pins.root)}):
        file = _file(os.path.join(directory, _NEW_FILE), "new-file")
        file = file._replace(shown=f"a new file in {os.path.dirname(file.shown) or os.curdir}/")
        yield from _deselected(setup, file)
        failures = list(_silences(setup, file, []))
        reported += setup.is_selected(CODE, file.name) and not failures
        yield from failures
    if reported:
        directories_shown = count(reported, "directory with a pinned file", "directories with pinned files")
        yield Check("new-file", True, f"{directories_shown}: a new file with a PUT call is reported")


def _silences(setup: Flake8, file: _File, lines: Sequence[str] | None = None) -> Iterator[Check]:
    """Yield why flake8 would not report a PUT call behind the lines of a file, by default those that it has."""
    unlinted = _unlinted(setup, file)
    if unlinted:
        yield unlinted
    elif setup.is_selected(CODE, file.name):
        try:
            yield from _try_call(setup, file, setup.read(file.name) if lines is None else lines)
        except (LookupError, OSError) as error:
            yield Check(file.check, False, f"flake8 cannot read it ({error}); correct it", Place(file.shown))


def _unreached(pins: Pins, file: _File, pin: Pin) -> Check:
    message = (
        f"flake8 does not come to {file.shown}: it follows no symbolic link to a directory, and enters no directory "
        "that it may not read; pin the file by its real path"
    )
    return Check(file.check, False, message, pin_place(pins, pin))


def _unlinted(setup: Flake8, file: _File) -> Check | None:
    """Return why flake8 does not lint a file, which need not exist; None if it does."""
    if not os.path.abspath(file.name).startswith(os.path.join(os.getcwd(), "")):
        message = f"flake8 lints the working directory, and {file.shown} is not below it; run flake8 and this above it"
        return Check(file.check, False, message)
    exclusion = setup.exclusion(file.name)
    if exclusion:
        option, pattern = exclusion
        place = setup.place_of_item(option, pattern)
        if os.path.isabs(pattern):
            pattern = relative(pattern, os.getcwd())
        message = f"{option_text(option, place)} keeps flake8 from {file.shown}; do not exclude {pattern}"
        return Check(file.check, False, message, place)
    if not utils.fnmatch(file.name, setup.options.filename):
        place = setup.place("filename")
        message = f"{option_text('filename', place)} keeps flake8 from {file.shown}; add a pattern for it"
        return Check(file.check, False, message, place)
    return None


def _deselected(setup: Flake8, file: _File) -> Iterator[Check]:
    """Yield a failure if flake8 hides codes in a file that it reports in others."""
    needed = needed_codes(setup.pins)
    codes = [code for code in needed if setup.is_selected(code) and not setup.is_selected(code, file.name)]
    if codes:
        place = setup.place_of_file_pattern(setup.guide.style_guide_for(file.name).filename)
        message = f"per-file-ignores ignores {passing(codes, f'in {file.shown}')}; remove it"
        yield Check(file.check, False, message, place)


def _try_call(setup: Flake8, file: _File, lines: Sequence[str]) -> Iterator[Check]:
    """Let flake8 lint lines with a PUT call at the end, and yield a failure if it does not report the call."""
    try:
        trial = _with_put_call(setup, file, lines)
    except UNPARSABLE as error:
        place = Place(file.shown, getattr(error, "lineno", None))
        reason = getattr(error, "msg", error)
        yield Check(file.check, False, f"does not parse ({reason}), so flake8 sees no PUT call; correct it", place)
        return
    if trial is None:
        line = written_position(setup.pins.text, (*setup.pins.table, "patterns")).line
        message = f"none of the patterns makes a PUT call in {file.shown}; correct them"
        yield Check(file.check, False, message, pins_place(setup.pins, line))
    elif not trial.should_process:
        noqa = find_file_noqa(lines)
        place = Place(file.shown, noqa.line if noqa else None)
        yield Check(file.check, False, '"# flake8: noqa" makes flake8 skip the file; remove it', place)
    elif not _is_reported(setup, file, lines, trial):
        message, place = _silence(setup, file, lines)
        yield Check(file.check, False, message, place)


def _is_reported(setup: Flake8, file: _File, lines: Sequence[str], trial: Trial) -> bool:
    """Return whether flake8 reports the call after the lines: there, or at another call of the file.

    An entry without a key may now match the new call instead of an old one. Then the old one is reported, unless it was
    reported before.
    """
    after = _calls(setup.reported(trial))
    if not after or len(lines) + 1 in after:
        return bool(after)
    before = _calls(setup.reported(setup.trial(file.name, lines)))
    return not after <= before or not _verdict(setup, file, lines).is_stale


def _verdict(setup: Flake8, file: _File, lines: Sequence[str]) -> Verdict:
    path = governed_path(setup.pins, file.name) or file.name
    return judge_file(setup.pins, path, read_source(file.name, list(lines), setup.matcher).report)


def _calls(reported: Iterable[tuple[str, int]]) -> set[int]:
    return {line for code, line in reported if code in _NEW_CALL_CODES}


def _with_put_call(setup: Flake8, file: _File, lines: Sequence[str]) -> Trial | None:
    """Return a trial of lines with exactly one more PUT call at the end; None if no pattern yields one."""
    for candidate in sample_calls(setup.matcher.patterns):
        appended = [*lines, candidate]
        calls = find_calls(_parsed(appended), appended, setup.matcher)
        if sum(call.line == len(appended) for call in calls) == 1:
            return setup.trial(file.name, appended)
    return None


def _parsed(lines: Sequence[str]) -> ast.AST:
    with warnings.catch_warnings():
        # SyntaxWarnings, for invalid escapes and the like, are not our findings
        warnings.simplefilter("ignore")
        return ast.parse("".join(lines))


def _silence(setup: Flake8, file: _File, lines: Sequence[str]) -> tuple[str, Place]:
    """Return why flake8 does not report a PUT call in a file that it lints, and the place to correct."""
    pins = setup.pins
    path = governed_path(pins, file.name)
    if pins.faults:
        fault = pins.faults[0]
        return f"flake8 cannot use this pins file: {fault.problem}", pins_place(pins, fault.line)
    if path is None:
        message = f"{file.shown} is not below this pins file, so flake8 judges nothing in it; move the pins file up"
        return message, pins_place(pins, 1)
    key = exemption(pins.exempt, path)
    if key:
        return f"{quote(key)} exempts {file.shown}; narrow it", pins_place(pins, exempt_position(pins, key).line)
    verdict = _verdict(setup, file, lines)
    if verdict.is_stale:
        counts = f"{verdict.pin.allowed} pinned, {verdict.counted} counted"
        message = f"the stale pin of {file.shown} lets a PUT call pass: {counts}; lower it ({PACKAGE} prune)"
        return message, pin_place(pins, verdict.pin)
    return f"flake8 does not report a PUT call in {file.shown}, for an unknown reason; look at its plugins", Place()


def _file(path: str, check: str) -> _File:
    shown = relative(path, os.getcwd())
    return _File(os.path.join(os.curdir, shown), shown, check)
