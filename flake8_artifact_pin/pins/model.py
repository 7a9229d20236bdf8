"""What a pins file says, and what it says of one path."""
from __future__ import annotations

import fnmatch
import itertools
import json
import os
import posixpath
import re
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS
from flake8_artifact_pin.pins.toml import key_positions
from flake8_artifact_pin.pins.toml import Path
from flake8_artifact_pin.pins.toml import Position
from flake8_artifact_pin.pins.toml import written_position

FILE_NAME = "artifact-pins.toml"
_WILDCARDS = frozenset("*?[")
_UNQUOTABLE = re.compile(r"[\x7f\ud800-\udfff]")


class Fault(NamedTuple):
    """What makes a pins file unusable: line (1-based), column (0-based, in characters) and the problem."""

    line: int
    column: int
    problem: str


class Decision(NamedTuple):
    """What was decided on artifacts: the ids that they are registered under, or why nobody need be told of them."""

    registered: tuple[str, ...] = ()
    grandfathered: str = ""

    @property
    def is_made(self) -> bool:
        """Whether somebody registered the artifacts or grandfathered them."""
        return bool(self.registered or self.grandfathered)

    @property
    def text(self) -> str:
        """The decision in words; empty if there is none."""
        words = {"registered": ", ".join(self.registered), "grandfathered": self.grandfathered}
        return "; ".join(f"{word}: {text}" for word, text in words.items() if text)


class PinnedCall(NamedTuple):
    """A PUT call that a pin names, and what was decided on it; ``key`` is the name as the pins file spells it."""

    key: str
    decision: Decision


class Pin(NamedTuple):
    """The number of PUT calls that one file is known to make, and what was decided on them.

    ``key`` is the path as it is spelled in the pins file. ``calls`` are the PUT calls by their names, if the pin names
    them: then it has a decision for each, and none of its own.
    """

    path: str
    key: str
    allowed: int
    decision: Decision = Decision()
    is_table: bool = False
    calls: Mapping[str, PinnedCall] | None = None

    @property
    def decisions(self) -> Sequence[Decision]:
        """The decisions of the pin: one, or one for each of the calls that it names."""
        return [self.decision] if self.calls is None else [call.decision for call in self.calls.values()]

    def decision_on(self, name: str) -> Decision:
        """Return what was decided on a PUT call of the file: no decision if the pin does not name it but others."""
        if self.calls is None:
            return self.decision
        return self.calls[name].decision if name in self.calls else Decision()


class Exempt(NamedTuple):
    """What is exempt: the reason for each path, directory ("tests/") and shell pattern.

    ``pattern`` is compiled from all shell patterns; ``wildcards`` are those by the names of its groups.
    """

    reasons: Mapping[str, str] = {}
    wildcards: Mapping[str, str] = {}
    pattern: re.Pattern[str] | None = None


class Pins(NamedTuple):
    """A pins file as far as it can be understood; it must not be relied on if it has faults.

    ``path`` is absolute, and empty if there is no pins file: then every file has pin 0 and keys are relative to
    ``cwd``. ``table`` are the keys of the table that holds it all, in pyproject.toml. ``registry`` is the path of the
    file that declares artifacts as it is written, relative to ``root``, or empty.
    """

    path: str
    cwd: str
    text: str = ""
    table: Path = ()
    patterns: tuple[str, ...] = DEFAULT_PATTERNS
    advice: str = ""
    registry: str = ""
    require_decision: bool = False
    exempt: Exempt = Exempt()
    pins: Mapping[str, Pin] = {}
    faults: tuple[Fault, ...] = ()

    @property
    def root(self) -> str:
        """The directory that the paths of pins are relative to."""
        return os.path.normpath(os.path.dirname(self.path)) if self.path else self.cwd

    @property
    def name(self) -> str:
        """The base name of the pins file."""
        return os.path.basename(self.path) or FILE_NAME

    def pin_of(self, path: str) -> Pin:
        """Return the pin of a path, which is 0 if it has none."""
        return self.pins.get(path) or Pin(path, path, 0)


def quote(text: str) -> str:
    """Return a TOML string, which is how a path is written in a pins file."""
    quoted = json.dumps(text, ensure_ascii=False)
    # TOML wants these escaped as well: DEL, and what a file name may have that is not UTF-8
    return _UNQUOTABLE.sub(lambda match: f"\\u{ord(match.group()):04X}", quoted)


def decision_for(count: int | str = "") -> str:
    """Return what the value of a pin that counts, or of a call that a pin names, must look like to hold a decision."""
    start = f"count = {count}, " if count else ""
    return f'{{ {start}registered = ["ID"] }} or {{ {start}grandfathered = "REASON" }}'


def missing_pins(pins: Pins) -> list[Pin]:
    """Return the pins whose file does not exist."""
    return [pin for pin in pins.pins.values() if not os.path.isfile(os.path.join(pins.root, pin.path))]


def pin_position(pins: Pins, pin: Pin) -> Position:
    """Return where a pin is written in the pins file."""
    return written_position(pins.text, (*pins.table, "pins", pin.key))


def call_position(pins: Pins, pin: Pin, name: str) -> Position:
    """Return where a call that a pin names is written in the pins file."""
    key = pin.calls[name].key if pin.calls else ""
    return written_position(pins.text, (*pins.table, "pins", pin.key, "calls", key))


def exempt_position(pins: Pins, key: str) -> Position:
    """Return where a key of ``[exempt]`` is written, however it is spelled."""
    table = (*pins.table, "exempt")
    spellings = (
        position
        for path, position in key_positions(pins.text).items()
        if path[:-1] == table and posixpath.normpath(path[-1]) == posixpath.normpath(key)
    )
    return next(spellings, written_position(pins.text, table))


def governed_path(pins: Pins, filename: str) -> str | None:
    """Return the path that a linted file has in the pins file; None if it lies outside of its directory.

    A path is looked up as it is given first, then with its symbolic links resolved.
    """
    # Backslashes: Windows, and editors' display names. No pinned path has one.
    full = os.path.join(pins.cwd, filename.replace("\\", "/"))
    given = _below(pins.root, os.path.normpath(full))
    if given in pins.pins or (given and exemption(pins.exempt, given)):
        return given
    real = _below(os.path.realpath(pins.root), os.path.realpath(full))
    if real is None and given is None and not pins.path:
        return os.path.normpath(full)
    return given if real is None else real


def judged_path(pins: Pins, filename: str) -> str | None:
    """Return the path that a linted file has in the pins file; None if it is not governed or is exempt."""
    path = governed_path(pins, filename)
    # one that is pinned and exempt is a fault of the pins file, to be shown there
    return None if path is None or (path not in pins.pins and exemption(pins.exempt, path)) else path


def compile_exempt(reasons: Mapping[str, str]) -> Exempt:
    """Compile the keys of ``[exempt]``, so that many of them and many files take no longer than they must."""
    wildcards = {f"key{number}": key for number, key in enumerate(reasons) if not _WILDCARDS.isdisjoint(key)}
    alternatives = "|".join(f"(?P<{name}>{_exempt_pattern(key)})" for name, key in wildcards.items())
    return Exempt(reasons, wildcards, re.compile(alternatives) if alternatives else None)


def exemption(exempt: Exempt, path: str) -> str | None:
    """Return the key that exempts a path: itself, a directory of its, or a pattern as in flake8's ``exclude``."""
    parents = itertools.accumulate(f"{part}/" for part in path.split("/")[:-1])
    for key in (path, *parents):
        if key in exempt.reasons:
            return key
    match = exempt.pattern.match(path) if exempt.pattern else None
    return exempt.wildcards[match.lastgroup or ""] if match else None


def _exempt_pattern(key: str) -> str:
    if "/" in key:
        return fnmatch.translate(f"{key}*" if key.endswith("/") else key)
    # One without a slash speaks of the name alone, too, in every directory. Before 3.11 a translation has groups
    # whose names may not occur twice, so each needs one of its own.
    return rf"{fnmatch.translate(key)}|.*/(?=[^/]*\Z){fnmatch.translate(key)}"


def _below(directory: str, path: str) -> str | None:
    prefix = os.path.join(directory, "")
    if not os.path.normcase(path).startswith(os.path.normcase(prefix)):
        return None
    return path[len(prefix):].replace(os.sep, "/")
