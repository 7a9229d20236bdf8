"""Find, read and check the pins file, and look up what it says of one path.

A pins file that cannot be used is not an exception: its faults are data, to be reported like any other finding.
"""
from __future__ import annotations

import difflib
import fnmatch
import itertools
import json
import os
import posixpath
import re
import stat
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import tomli

from flake8_artifact_pin.calls import DEFAULT_PATTERNS
from flake8_artifact_pin.calls import parse_pattern
from flake8_artifact_pin.toml_keys import key_positions
from flake8_artifact_pin.toml_keys import Path
from flake8_artifact_pin.toml_keys import Position

FILE_NAME = "artifact-pins.toml"
PYPROJECT = "pyproject.toml"

_TOP_KEYS = ("advice", "exempt", "patterns", "pins", "require-decision")
_PIN_KEYS = ("count", "grandfathered", "registered")
_PYPROJECT_TABLE = ("tool", "artifact-pins")
_LONG_INTEGER = re.compile(r"[0-9_]{4300,}")
_TYPE_NAMES = {
    bool: "a boolean",
    dict: "a table",
    float: "a float",
    int: "a whole number",
    list: "an array",
    str: "a string",
}
_WILDCARDS = frozenset("*?[")
_MAX_COUNT = 10**9


class Fault(NamedTuple):
    """What makes a pins file unusable: line (1-based), column (0-based, in characters) and the problem."""

    line: int
    column: int
    problem: str


class Pin(NamedTuple):
    """The number of PUT calls that one file is known to make, and what was decided on them.

    ``key`` is the path as it is spelled in the pins file.
    """

    path: str
    key: str
    allowed: int
    registered: tuple[str, ...] = ()
    grandfathered: str = ""
    is_table: bool = False

    @property
    def is_decided(self) -> bool:
        """Whether somebody registered the artifacts or grandfathered them."""
        return bool(self.registered or self.grandfathered)


class Exempt(NamedTuple):
    """What is exempt: the reason for each path, directory ("tests/") and shell pattern, and the compiled patterns."""

    reasons: Mapping[str, str] = {}
    patterns: re.Pattern[str] | None = None


class Pins(NamedTuple):
    """A pins file as far as it can be understood; it must not be relied on if it has faults.

    ``path`` is absolute, and empty if there is no pins file: then every file has pin 0 and keys are relative to
    ``cwd``. ``table`` are the keys of the table that holds it all, in pyproject.toml.
    """

    path: str
    cwd: str
    text: str = ""
    table: Path = ()
    patterns: tuple[str, ...] = DEFAULT_PATTERNS
    advice: str = ""
    require_decision: bool = False
    exempt: Exempt = Exempt()
    pins: Mapping[str, Pin] = {}
    faults: tuple[Fault, ...] = ()

    @property
    def root(self) -> str:
        """The directory that the paths of pins are relative to."""
        return os.path.dirname(self.path) if self.path else self.cwd

    @property
    def name(self) -> str:
        """The base name of the pins file."""
        return os.path.basename(self.path) or FILE_NAME


class PinsNotFoundError(Exception):
    """The pins file that the user names does not exist."""


def quote(text: str) -> str:
    """Return a TOML string, which is how a path is written in a pins file."""
    return json.dumps(text, ensure_ascii=False)


def decision_for(count: int) -> str:
    """Return what the value of a pin must look like where ``require-decision`` is set."""
    return f'{{ count = {count}, registered = ["ID"] }} or {{ count = {count}, grandfathered = "REASON" }}'


def find_pins_file(named: str | None, cwd: str) -> str:
    """Return the path of the pins file that governs a run, or an empty string if there is none.

    ``named`` is the option's value: a path, or a bare file name to be looked for like the default ones, from
    ``cwd`` upwards. Raise PinsNotFoundError if it names a file that does not exist.
    """
    if named is None:
        return next(filter(_has_pins, _candidates((FILE_NAME, PYPROJECT), cwd)), "")
    if os.path.basename(named) != named:
        path, where = os.path.join(cwd, named), named
    else:
        path = next(filter(os.path.lexists, _candidates((named,), cwd)), "")
        where = f"{named!r} in {cwd} or a directory above it"
    if not named or not os.path.lexists(path):
        raise PinsNotFoundError(f"--artifact-pins: there is no {where}; correct the path or create the file")
    return path


def load_pins(path: str, cwd: str) -> Pins:
    """Return what the pins file says, with all of its faults; never raise."""
    pins = Pins(path, cwd)
    if not path:
        return pins
    text, fault = _read_text(path)
    pins = pins._replace(text=text)
    if fault:
        return pins._replace(faults=(fault,))
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        conflicts = tuple(
            Fault(number, 0, "unresolved merge: keep one side and remove the markers")
            for number, line in enumerate(text.split("\n"), start=1)
            if line.split(" ")[0].rstrip("\r") == "<<<<<<<"
        )
        syntax = Fault(error.lineno, error.colno - 1, f"not valid TOML: {error.msg}")
        return pins._replace(faults=conflicts or (syntax,))
    except RecursionError:
        return pins._replace(faults=(Fault(1, 0, "nested too deeply: use plain keys and values"),))
    except ValueError:
        # Python refuses to convert a longer number (CVE-2020-10735), and tomli lets that pass
        match = _LONG_INTEGER.search(text)
        start = match.start() if match else 0
        line, line_start = text.count("\n", 0, start) + 1, text.rfind("\n", 0, start) + 1
        return pins._replace(faults=(Fault(line, start - line_start, "a number is too long: correct it"),))
    table = _PYPROJECT_TABLE if os.path.basename(path) == PYPROJECT else ()
    return _Reader(table).read(pins._replace(table=table), document)


def missing_pins(pins: Pins) -> list[Pin]:
    """Return the pins whose file does not exist."""
    return [pin for pin in pins.pins.values() if not os.path.isfile(os.path.join(pins.root, pin.path))]


def pin_position(pins: Pins, pin: Pin) -> Position:
    """Return where a pin is written in the pins file."""
    return _position(pins.text, (*pins.table, "pins", pin.key))


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
        return full
    return given if real is None else real


def compile_exempt(reasons: Mapping[str, str]) -> Exempt:
    """Compile the keys of ``[exempt]``, so that many of them and many files take no longer than they must."""
    wildcards = [key for key in reasons if not _WILDCARDS.isdisjoint(key)]
    patterns = re.compile("|".join(f"({_exempt_pattern(key)})" for key in wildcards)) if wildcards else None
    return Exempt({**{key: reasons[key] for key in wildcards}, **reasons}, patterns)


def exemption(exempt: Exempt, path: str) -> str | None:
    """Return the key that exempts a path: itself, a directory of its, or a pattern as in flake8's ``exclude``."""
    parents = itertools.accumulate(f"{part}/" for part in path.split("/")[:-1])
    for key in (path, *parents):
        if key in exempt.reasons:
            return key
    match = exempt.patterns.match(path) if exempt.patterns else None
    # wildcards come first among the keys
    return list(exempt.reasons)[(match.lastindex or 1) - 1] if match else None


def _exempt_pattern(key: str) -> str:
    whole = fnmatch.translate(f"{key}*" if key.endswith("/") else key)
    # one without a slash speaks of the name alone, in every directory
    return whole if "/" in key else rf"{whole}|.*/(?=[^/]*\Z){whole}"


def _candidates(names: Sequence[str], cwd: str) -> Iterator[str]:
    """Yield where a file may be, from a directory upwards, as far as flake8 looks for its own configuration."""
    home = os.path.realpath(os.path.expanduser("~"))
    directory = cwd
    while True:
        yield from (os.path.join(directory, name) for name in names)
        parent = os.path.dirname(directory)
        if parent == directory or os.path.realpath(parent) == home:
            return
        directory = parent


def _has_pins(path: str) -> bool:
    if os.path.basename(path) == FILE_NAME:
        # one that cannot be read is a fault to report, not a reason to look further up
        return os.path.lexists(path)
    if not os.path.isfile(path):
        return False
    text, fault = _read_text(path)
    if "artifact-pins" not in text:
        return False
    try:
        tool = tomli.loads(text).get("tool")
    except (ValueError, RecursionError):
        # it seems to hold the pins, and that it cannot be read must not look like having none
        return True
    return isinstance(tool, dict) and "artifact-pins" in tool


def _read_text(path: str) -> tuple[str, Fault | None]:
    try:
        # opening a FIFO would wait for somebody to write into it
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "no regular file"
            return "", Fault(1, 0, f"{kind}: put a file in its place")
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        return "", Fault(1, 0, f"cannot be read ({error.strerror}): mend or remove it")
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        before = error.object[:error.start].decode(errors="replace")
        line, line_start = before.count("\n") + 1, before.rfind("\n") + 1
        problem = f"not UTF-8 (byte 0x{error.object[error.start]:02x}): save it as UTF-8"
        return data.decode(errors="replace"), Fault(line, len(before) - line_start, problem)


def _position(text: str, path: Path) -> Position:
    positions = key_positions(text)
    while path and path not in positions:
        path = path[:-1]
    return positions.get(path, Position(1, 0))


def _below(directory: str, path: str) -> str | None:
    prefix = os.path.join(directory, "")
    if not os.path.normcase(path).startswith(os.path.normcase(prefix)):
        return None
    return path[len(prefix):].replace(os.sep, "/")


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), "a date or time")


class _Reader:
    """Reads a document piece by piece and remembers what is wrong with it, and at which key."""

    def __init__(self, table: Path) -> None:
        self.table = table
        self.problems: list[tuple[Path, str]] = []

    def read(self, pins: Pins, document: object) -> Pins:
        for depth, key in enumerate(self.table):
            if not isinstance(document, dict) or key not in document:
                self.problems.append((self.table[:depth], f"no table [{'.'.join(self.table)}]: add it"))
                document = {}
                break
            document = document[key]
        content = self.read_table(self.table, document)
        self.check_keys(self.table, content, _TOP_KEYS, "key")
        pins = pins._replace(
            patterns=self.read_patterns(content.get("patterns")),
            advice=self.read_text("advice", content.get("advice", "")),
            require_decision=self.read_flag("require-decision", content.get("require-decision", False)),
            exempt=self.read_exempt(content.get("exempt", {}), pins.root),
        )
        pins = pins._replace(pins=self.read_pins(content.get("pins", {}), pins))
        faults = {Fault(*_position(pins.text, path), problem) for path, problem in self.problems}
        return pins._replace(faults=tuple(sorted(faults)))

    def fault(self, path: Path, problem: str) -> None:
        self.problems.append(((*self.table, *path), problem))

    def read_table(self, path: Path, value: object) -> dict[str, object]:
        if isinstance(value, dict):
            return value
        self.problems.append((path, f"{quote(path[-1])} must be a table, not {_type_name(value)}"))
        return {}

    def check_keys(self, path: Path, table: Mapping[str, object], known: Sequence[str], what: str) -> None:
        for key in table:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {quote(close[0])}?" if close else f"known are {', '.join(known)}"
                self.problems.append(((*path, key), f"unknown {what} {quote(key)}; {hint}"))

    def read_patterns(self, value: object) -> tuple[str, ...]:
        if value is None:
            return DEFAULT_PATTERNS
        if not isinstance(value, list):
            self.fault(("patterns",), f'"patterns" must be an array of strings, not {_type_name(value)}')
            return DEFAULT_PATTERNS
        if not value:
            self.fault(("patterns",), '"patterns" is empty: leave it out to use the default ones')
        patterns: list[str] = []
        for item in value:
            try:
                if not isinstance(item, str):
                    raise ValueError(f"must be a string, not {_type_name(item)}")
                parse_pattern(item)
            except ValueError as error:
                shown = quote(item) if isinstance(item, str) else f"{len(patterns) + 1}"
                self.fault(("patterns",), f"pattern {shown} {error}")
            else:
                patterns.append(item)
        return tuple(patterns) or DEFAULT_PATTERNS

    def read_text(self, key: str, value: object) -> str:
        if isinstance(value, str):
            return value.strip()
        self.fault((key,), f"{quote(key)} must be a string, not {_type_name(value)}")
        return ""

    def read_flag(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            self.fault((key,), f"{quote(key)} must be true or false, not {_type_name(value)}")
        return value is True

    def read_paths(self, section: str, value: object) -> Iterator[tuple[str, str, object]]:
        """Yield each entry of a table of paths: its key, the path in the one spelling, and its value."""
        spellings: dict[str, str] = {}
        for key, item in self.read_table((*self.table, section), value).items():
            if isinstance(item, dict) and "py" in item:
                # ``prices.py = 1`` is a dotted key: the table "prices" with the key "py"
                self.fault((section, key, "py"), f"path without quotes: write {quote(key + '.py')} = ...")
                continue
            problem = _path_problem(key)
            path = posixpath.normpath(key) + ("/" if key.endswith("/") else "")
            if problem:
                self.fault((section, key), f"path {quote(key)} {problem}")
            elif path in spellings:
                self.fault((section, key), f"{quote(key)} is the same path as {quote(spellings[path])}: keep one")
            else:
                spellings[path] = key
                yield key, path, item

    def read_exempt(self, value: object, root: str) -> Exempt:
        exempt = {}
        for key, path, reason in self.read_paths("exempt", value):
            if not isinstance(reason, str):
                self.fault(("exempt", key), f"the reason for {quote(key)} must be a string, not {_type_name(reason)}")
            elif not reason.strip():
                self.fault(("exempt", key), f"the reason for {quote(key)} is empty: say why it is exempt")
            if not path.endswith("/") and os.path.isdir(os.path.join(root, path)):
                self.fault(("exempt", key), f'{quote(key)} is a directory: write {quote(key + "/")}')
            exempt[path] = str(reason)
        return compile_exempt(exempt)

    def read_pins(self, value: object, pins: Pins) -> dict[str, Pin]:
        read = {}
        for key, path, item in self.read_paths("pins", value):
            if path.endswith("/"):
                self.fault(("pins", key), f"{quote(key)} is a directory: pin each of its files")
                continue
            exempting = exemption(pins.exempt, path)
            if exempting:
                self.fault(("pins", key), f"{quote(key)} is pinned and exempt by {quote(exempting)}: remove one")
            pin = self.read_pin(key, path, item)
            if pins.require_decision and pin.allowed and not pin.is_decided:
                self.fault(("pins", key), f"{quote(key)} has no decision: write {decision_for(pin.allowed)}")
            read[path] = pin
        return read

    def read_pin(self, key: str, path: str, item: object) -> Pin:
        if not isinstance(item, dict):
            return Pin(path, key, self.read_count(("pins", key), key, item))
        self.check_keys((*self.table, "pins", key), item, _PIN_KEYS, f"key in the pin of {quote(key)}:")
        if "count" not in item:
            self.fault(("pins", key), f"the pin of {quote(key)} has no count: add count = N")
        return Pin(
            path,
            key,
            allowed=self.read_count(("pins", key, "count"), key, item.get("count", 0)),
            registered=self.read_registered(key, item.get("registered")),
            grandfathered=self.read_grandfathered(key, item.get("grandfathered")),
            is_table=True,
        )

    def read_count(self, place: Path, key: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            found = _type_name(value)
        elif value < 0:
            found = "a negative one"
        elif value > _MAX_COUNT:
            found = f"one above {_MAX_COUNT}"
        else:
            return value
        self.fault(place, f"the count of {quote(key)} must be a whole number, 0 or more, not {found}")
        return 0

    def read_registered(self, key: str, value: object) -> tuple[str, ...]:
        place = ("pins", key, "registered")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(place, f'"registered" of {quote(key)} must be an array of strings')
            return ()
        if not value or not all(item.strip() for item in value):
            self.fault(place, f'"registered" of {quote(key)} has an empty id or none: name the artifacts')
        return tuple(value)

    def read_grandfathered(self, key: str, value: object) -> str:
        place = ("pins", key, "grandfathered")
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fault(place, f'"grandfathered" of {quote(key)} must be a string, not {_type_name(value)}')
            return ""
        if not value.strip():
            self.fault(place, f'"grandfathered" of {quote(key)} is empty: say why nobody needs to be told')
        return value


def _path_problem(key: str) -> str:
    if "\\" in key:
        return 'has a backslash: write "/" between directories'
    if key.startswith("/") or re.match(r"[A-Za-z]:", key):
        return "is absolute: write it relative to this file's directory"
    parts = key.split("/")
    if ".." in parts:
        return 'has "..": name a path below this file\'s directory'
    if posixpath.normpath(key) == ".":
        return "is empty: name a file or a directory below this one"
    return ""
