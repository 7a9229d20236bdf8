"""The checks of flake8's setup, which hold for all files: would flake8 report a new PUT call?"""
from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

import flake8
from flake8 import utils

from flake8_artifact_pin.cli.collect import findings_on_patterns
from flake8_artifact_pin.cli.doctor.flake8_setup import Place
from flake8_artifact_pin.cli.doctor.flake8_setup import Flake8
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.pins.positions import exempt_position
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.noqa import CODE

PACKAGE = "flake8-artifact-pin"

# Codes that must be reported, and what passes unseen without each.
_NEEDED_CODES = {
    CODE: "a new PUT call",
    "APR000": "everything under a pins file that cannot be used",
    "APR004": "a PUT call that a blanket noqa hides",
    "APR006": "a PUT call in the place of another one",
    "APR009": "a pin without the decision that is required",
    "APR011": "a file in which Python may run another program",
    "E902": "a file that cannot be read",
    "E999": "a file that does not parse",
}


class Check(NamedTuple):
    """The outcome of a check; ``place`` is the file and line to correct."""

    name: str
    is_ok: bool
    message: str
    place: Place = Place()


def check_plugin(setup: Flake8) -> Check:
    """Check that flake8 loads this plugin."""
    version = f"flake8 {flake8.__version__} ({utils.get_python_version()})"
    if setup.plugin is None:
        return Check("plugin", False, f"{version} does not load {PACKAGE}; install it beside that flake8")
    return Check("plugin", True, f"{version} loads {PACKAGE} {setup.plugin.plugin.version}")


def check_required(setup: Flake8) -> Check:
    """Check that flake8 fails if this plugin is not installed."""
    if PACKAGE in setup.required:
        message = f"flake8 fails where {PACKAGE} is not installed; an editor then shows nothing (explain editors)"
        return Check("require-plugins", True, message)
    step = f"add require-plugins = {PACKAGE} under [flake8]"
    if setup.config is None:
        message = (
            f"flake8 has no configuration here: if you run flake8, and not only check, {step} in a new file .flake8"
        )
        return Check("require-plugins", True, message)
    place = setup.place("require-plugins")
    if not place.path:
        place = setup.config.place
    message = f"require-plugins does not name {PACKAGE}, so flake8 passes everything where it is not installed"
    return Check("require-plugins", False, f"{message}; {step} in {place.path}", place)


def check_pins_file(workspace: Workspace, setup: Flake8) -> Check:
    """Check that flake8 uses the pins file of this command."""
    path, used = workspace.pins.path, setup.pins.path
    if not path:
        return Check("pins-file", False, f"there is no pins file, so nothing is pinned; run {PACKAGE} init")
    if os.path.realpath(path) != os.path.realpath(used):
        # flake8 searches upwards for a bare name; other paths are relative to the configuration file
        value = os.path.join(os.curdir, relative(path, setup.directory))
        message = f"flake8 uses {_shown_pins(setup.pins)}, not {_shown_pins(workspace.pins)}"
        place = setup.place("artifact-pins")
        return Check("pins-file", False, f"{message}; set artifact-pins = {value} under [flake8]", place)
    return Check("pins-file", True, f"flake8 uses {_shown_pins(setup.pins)}")


def check_exit_status(setup: Flake8) -> Check:
    """Check that flake8 fails if it finds something."""
    if setup.options.exit_zero:
        message = "exit-zero is set, so flake8 succeeds whatever it finds; remove it"
        return Check("exit-status", False, message, setup.place("exit-zero"))
    return Check("exit-status", True, "flake8 fails if it finds something")


def needed_codes(pins: Pins) -> list[str]:
    """Return the codes that must be reported, without those for named calls or decisions that the pins do not use."""
    unneeded = set()
    if all(pin.calls is None for pin in pins.pins.values()):
        unneeded.add("APR006")
    if not pins.require_decision:
        unneeded.add("APR009")
    return [code for code in _NEEDED_CODES if code not in unneeded]


def check_selected(setup: Flake8) -> Iterator[Check]:
    """Check that flake8 selects the codes for all files. Per-file settings are checked with each file."""
    needed = needed_codes(setup.pins)
    unselected = [code for code in needed if not setup.is_selected(code)]
    if not unselected:
        yield Check("selected", True, f"flake8 selects {_listed(needed)}")
        return
    # flake8's own summary of its options: select, ignore and their extensions
    decider = setup.guide.default_style_guide.decider
    left_out = [code for code in unselected if not code.startswith(decider.selected)]
    if left_out:
        place = setup.place("select")
        message = f"{option_text('select', place)} leaves out {passing(left_out)}; add APR,E9"
        yield Check("selected", False, message, place)
    for entry in decider.ignored:
        ignored = [code for code in unselected if code.startswith(entry)]
        if ignored:
            yield _ignored(setup, entry, ignored)


def _ignored(setup: Flake8, entry: str, codes: Sequence[str]) -> Check:
    for option in ("ignore", "extend-ignore"):
        if entry in (getattr(setup.options, option.replace("-", "_")) or ()):
            message = f"{option} = {entry} hides {passing(codes)}; remove it"
            return Check("selected", False, message, setup.place_of_item(option, entry))
    message = f"another plugin has flake8 ignore {entry} by default, which hides {passing(codes)}"
    return Check("selected", False, f"{message}; add extend-select = APR,E9 under [flake8]")


def check_exempt(workspace: Workspace) -> Check:
    """Check that not every file is exempt."""
    pins, files = workspace.pins, workspace.files()
    keys = [key for key in (exemption(pins.exempt, path) for path in files) if key]
    if keys and len(keys) == len(files):
        message = "every file is exempt, so nothing is judged; narrow [exempt]"
        return Check("exempt", False, message, pins_place(pins, exempt_position(pins, keys[0]).line))
    return Check("exempt", True, f"{count(len(files) - len(keys), 'file')} judged, {len(keys):,} exempt")


def check_patterns(workspace: Workspace, scanned_files: Sequence[ScannedFile]) -> Iterator[Check]:
    """Check that each own pattern counts something."""
    pins = workspace.pins
    for found in findings_on_patterns(workspace, scanned_files):
        yield Check("patterns", False, found.finding.text, pins_place(pins, found.finding.line))


def pin_place(pins: Pins, pin: Pin) -> Place:
    """Return the place of a pin."""
    return pins_place(pins, pin_position(pins, pin).line)


def pins_place(pins: Pins, line: int) -> Place:
    """Return the place of a line of the pins file; an empty place if there is no pins file."""
    return Place(relative(pins.path, pins.cwd), line) if pins.path else Place()


def option_text(option: str, place: Place) -> str:
    """Return the name of a flake8 option for messages; an empty place means that it has its default."""
    return option if place.path else f"flake8's default {option}"


def passing(codes: Sequence[str], where: str = "") -> str:
    """Return a clause with codes that are not reported, and what passes unseen."""
    return f"{' '.join(filter(None, [_listed(codes), where]))}, so {_NEEDED_CODES[codes[0]]} passes"


def _shown_pins(pins: Pins) -> str:
    return relative(pins.path, pins.cwd) if pins.path else "no pins file"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
