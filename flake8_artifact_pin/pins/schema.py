"""Check what a pins file may hold, and read it: every fault in one go, each at its key."""
from __future__ import annotations

import difflib
import os
import posixpath
import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.source.names import name_problem
from flake8_artifact_pin.source.names import normalized
from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS
from flake8_artifact_pin.source.patterns import parse_pattern
from flake8_artifact_pin.pins.model import compile_exempt
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import decision_for
from flake8_artifact_pin.pins.model import Exempt
from flake8_artifact_pin.pins.model import exemption
from flake8_artifact_pin.pins.model import Fault
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import PinnedCall
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.model import quote
from flake8_artifact_pin.pins.toml import Path
from flake8_artifact_pin.pins.toml import written_position

_TOP_KEYS = ("advice", "exempt", "patterns", "pins", "registry", "require-decision")
_DECISION_KEYS = ("grandfathered", "registered")
_PIN_KEYS = ("calls", "count", *_DECISION_KEYS)
_TYPE_NAMES = {
    bool: "a boolean",
    dict: "a table",
    float: "a float",
    int: "a whole number",
    list: "an array",
    str: "a string",
}
_MAX_COUNT = 10**9


def read_document(pins: Pins, document: object) -> Pins:
    """Return the pins with what a parsed TOML document says, and with all of its faults."""
    return _Reader(pins.table).read(pins, document)


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
            registry=self.read_registry(content.get("registry")),
            require_decision=self.read_flag("require-decision", content.get("require-decision", False)),
            exempt=self.read_exempt(content.get("exempt", {}), pins.root),
        )
        pins = pins._replace(pins=self.read_pins(content.get("pins", {}), pins))
        faults = {Fault(*written_position(pins.text, path), problem) for path, problem in self.problems}
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
        for number, item in enumerate(value, start=1):
            try:
                if not isinstance(item, str):
                    raise ValueError(f"must be a string, not {_type_name(item)}")
                parse_pattern(item)
            except ValueError as error:
                shown = quote(item) if isinstance(item, str) else number
                self.fault(("patterns",), f"pattern {shown} {error}")
            else:
                patterns.append(item)
        return tuple(patterns) or DEFAULT_PATTERNS

    def read_text(self, key: str, value: object) -> str:
        if isinstance(value, str):
            return value.strip()
        self.fault((key,), f"{quote(key)} must be a string, not {_type_name(value)}")
        return ""

    def read_registry(self, value: object) -> str:
        text = self.read_text("registry", "" if value is None else value)
        if isinstance(value, str) and not text:
            self.fault(("registry",), '"registry" is empty: name the file that declares artifacts')
        return text

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
            problem = path_problem(key)
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
            if pins.require_decision:
                self.require_decisions(pin)
            read[path] = pin
        return read

    def require_decisions(self, pin: Pin) -> None:
        if pin.calls is None and pin.allowed and not pin.decision.is_made:
            self.fault(("pins", pin.key), f"{quote(pin.key)} has no decision: write {decision_for(pin.allowed)}")
        for call in (pin.calls or {}).values():
            if not call.decision.is_made:
                place = ("pins", pin.key, "calls", call.key)
                self.fault(place, f"{quote(call.key)} of {quote(pin.key)} has no decision: write {decision_for()}")

    def read_pin(self, key: str, path: str, item: object) -> Pin:
        place = ("pins", key)
        if not isinstance(item, dict):
            return Pin(path, key, self.read_count(place, key, item))
        self.check_keys((*self.table, *place), item, _PIN_KEYS, f"key in the pin of {quote(key)}:")
        if "calls" in item:
            for other in item:
                if other in _PIN_KEYS and other != "calls":
                    problem = f"{quote(other)} of {quote(key)} stands beside its calls"
                    what_to_do = "remove it" if other == "count" else "write it at the calls that it is for"
                    self.fault((*place, other), f"{problem}: {what_to_do}")
            calls = self.read_calls(key, item["calls"])
            return Pin(path, key, len(calls), is_table=True, calls=calls)
        if "count" not in item:
            self.fault(place, f"the pin of {quote(key)} has no count: add count = N, or calls")
        allowed = self.read_count((*place, "count"), key, item.get("count", 0))
        return Pin(path, key, allowed, self.read_decision(place, quote(key), item), is_table=True)

    def read_calls(self, key: str, value: object) -> dict[str, PinnedCall]:
        calls: dict[str, PinnedCall] = {}
        for written, item in self.read_table((*self.table, "pins", key, "calls"), value).items():
            name = normalized(written)
            place = ("pins", key, "calls", written)
            shown = f"{quote(written)} of {quote(key)}"
            problem = name_problem(name)
            if "/" in written or written.endswith(".py"):
                # what is appended to a file that ends in such a table
                problem = f"is among the calls of {quote(key)}: move it up, right below [pins]"
                self.fault(place, f"{quote(written)} {problem}")
            elif problem:
                self.fault(place, f"{shown} {problem}")
            elif name in calls:
                self.fault(place, f"{shown} is the same call as {quote(calls[name].key)}: keep one")
            elif not isinstance(item, dict):
                self.fault(place, f"{shown} must be {decision_for()}, not {_type_name(item)}")
            else:
                self.check_keys((*self.table, *place), item, _DECISION_KEYS, f"key in {shown}:")
                calls[name] = PinnedCall(written, self.read_decision(place, shown, item))
        return calls

    def read_decision(self, place: Path, shown: str, item: Mapping[str, object]) -> Decision:
        return Decision(
            self.read_registered((*place, "registered"), shown, item.get("registered")),
            self.read_grandfathered((*place, "grandfathered"), shown, item.get("grandfathered")),
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

    def read_registered(self, place: Path, shown: str, value: object) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(place, f'"registered" of {shown} must be an array of strings')
            return ()
        if not value or not all(item.strip() for item in value):
            self.fault(place, f'"registered" of {shown} has an empty id or none: name the artifacts')
        return tuple(value)

    def read_grandfathered(self, place: Path, shown: str, value: object) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fault(place, f'"grandfathered" of {shown} must be a string, not {_type_name(value)}')
            return ""
        if not value.strip():
            self.fault(place, f'"grandfathered" of {shown} is empty: say why nobody needs to be told')
        return value


def path_problem(key: str) -> str:
    """Return why a path cannot be a key of a pins file, and what to do; an empty string if it can."""
    if "\\" in key:
        return 'has a backslash: write "/" between directories'
    if "\0" in key:
        return "has a null character, which no path has: remove it"
    if key.startswith("/") or re.match(r"[A-Za-z]:", key):
        return "is absolute: write it relative to this file's directory"
    parts = key.split("/")
    if ".." in parts:
        return 'has "..": name a path below this file\'s directory'
    if posixpath.normpath(key) == ".":
        return "is empty: name a file or a directory below this one"
    return ""


def can_be_key(path: str) -> bool:
    """Return whether a path can be a key of a pins file, which is UTF-8."""
    is_text = path == path.encode(errors="replace").decode()
    return is_text and not path_problem(path)


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), "a date or time")
