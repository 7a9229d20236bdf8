"""Check and read a pins file: all faults at once, each at its key.

``artifact-pins.schema.json`` is the same schema for editors, and a test compares the two.

Modules for faults, patterns, names and stores are imported on use: flake8 reads the pins at each start.
"""
from __future__ import annotations

import datetime
import posixpath
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import DEFAULT_STORES
from flake8_artifact_pin.pins.model import Exempt
from flake8_artifact_pin.pins.model import Fault
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import PinnedCall
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import make_exempt
from flake8_artifact_pin.pins.paths import MAX_WILDCARDS
from flake8_artifact_pin.pins.paths import path_problem
from flake8_artifact_pin.pins.quoting import quote

if TYPE_CHECKING:
    from flake8_artifact_pin.pins.toml import Path

TOP_KEYS = ("advice", "exempt", "patterns", "pins", "registry", "require-decision", "stores")
DECISION_KEYS = ("deferred", "grandfathered", "registered", "until")
PIN_KEYS = ("calls", "count", *DECISION_KEYS)
EXEMPT_KEYS = ("reason", "until")
MAX_COUNT = 10**9

_DECISION = '{ registered = ["ID"] }, { grandfathered = "REASON" } or { deferred = "ISSUE" }'
# Limits for the number and length of unknown names that are compared with known ones, which is slow.
_MAX_GUESSES = 10
_MAX_GUESSED = 100
_MAX_SHOWN = 200


def read_document(pins: Pins, document: object) -> Pins:
    """Return the pins with the content of a parsed TOML document, and with all its faults."""
    return _Reader(pins.table).read(pins, document)


class _Reader:
    """Reads a document piece by piece and collects its problems with their keys."""

    def __init__(self, table: Path) -> None:
        self.table = table
        self.problems: list[tuple[Path, str]] = []
        self.guesses = 0

    def read(self, pins: Pins, document: object) -> Pins:
        content = self.read_content(document)
        self.check_keys((), content, TOP_KEYS, "key")
        pins = pins._replace(
            stores=self.read_strings("stores", content.get("stores", list(DEFAULT_STORES)), self.check_store),
            patterns=self.read_strings("patterns", content.get("patterns", []), self.check_pattern),
            advice=self.read_text(("advice",), content).strip(),
            registry=self.read_text(("registry",), content, "name the file that declares artifacts").strip(),
            require_decision=self.read_flag("require-decision", content.get("require-decision", False)),
            exempt=self.read_exempt(content.get("exempt", {})),
            pins=self.read_pins(content.get("pins", {})),
        )
        if not pins.stores and not pins.patterns:
            self.fault(("stores",), '"stores" is empty and there are no patterns: no call would count')
        return pins._replace(faults=_faults(pins.text, self.problems)) if self.problems else pins

    def fault(self, path: Path, problem: str) -> None:
        self.problems.append(((*self.table, *path), problem))

    def read_content(self, document: object) -> Mapping[str, object]:
        """Return the table that holds everything: the document, or a table of pyproject.toml."""
        for depth, key in enumerate(self.table):
            if not isinstance(document, dict) or key not in document:
                self.problems.append((self.table[:depth], f"no table [{'.'.join(self.table)}]: add it"))
                return {}
            document = document[key]
        return self.read_table((), document)

    def read_table(self, path: Path, value: object) -> Mapping[str, object]:
        if isinstance(value, dict):
            return value
        self.fault(path, f"{quote((*self.table, *path)[-1])} is not a table")
        return {}

    def check_keys(self, path: Path, table: Mapping[str, object], known: Sequence[str], what: str) -> None:
        for key in table:
            if key not in known:
                self.fault((*path, key), f"unknown {what} {_shown(key)}: {self.hint(key, known)}")

    def hint(self, word: str, known: Collection[str]) -> str:
        from difflib import get_close_matches

        close: list[str] = []
        if self.guesses < _MAX_GUESSES and len(word) <= _MAX_GUESSED:
            self.guesses += 1
            close = get_close_matches(word.lower(), known, n=1)
        return f"did you mean {quote(close[0])}?" if close else f"known are {', '.join(known)}"

    def check_store(self, name: str) -> None:
        from flake8_artifact_pin.source.stores import ALL_STORES
        from flake8_artifact_pin.source.stores import STORES

        known = [*STORES, ALL_STORES]
        if name not in known:
            raise ValueError(f"is unknown: {self.hint(name, known)}")

    def check_pattern(self, text: str) -> None:
        from flake8_artifact_pin.source.patterns import parse_pattern

        parse_pattern(text)

    def read_strings(self, key: str, value: object, check: Callable[[str], None]) -> tuple[str, ...]:
        """Return the strings of an array, without duplicates, for which ``check`` raises no ValueError."""
        if not isinstance(value, list):
            self.fault((key,), f"{quote(key)} is not an array of strings")
            return ()
        strings: dict[str, None] = {}
        for number, item in enumerate(value, start=1):
            if not isinstance(item, str):
                self.fault((key,), f"item {number} of {quote(key)} is not a string")
                continue
            try:
                check(item)
                strings[item] = None
            except ValueError as error:
                self.fault((key,), f"{key.removesuffix('s')} {_shown(item)} {error}")
        return tuple(strings)

    def read_text(self, place: Path, table: Mapping[str, object], if_empty: str = "", of: str = "") -> str:
        """Return the text at a place, whose last key is in the table or missing; ``if_empty`` says what to write."""
        value = table.get(place[-1], "")
        if not isinstance(value, str):
            self.fault(place, f"{quote(place[-1])}{of} is not a string")
            return ""
        if if_empty and place[-1] in table and not value.strip():
            self.fault(place, f"{quote(place[-1])}{of} is empty: {if_empty}")
        return value

    def read_flag(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            self.fault((key,), f"{quote(key)} is not true or false")
        return value is True

    def read_paths(self, section: str, value: object) -> Iterator[tuple[str, str, object]]:
        """Yield the entries of a table of paths: key, normalized path, and value."""
        spellings: dict[str, str] = {}
        for key, item in self.read_table((section,), value).items():
            if isinstance(item, dict) and "py" in item:
                # ``prices.py = 1`` is a dotted key: the table "prices" with the key "py"
                self.fault((section, key, "py"), f"path without quotes: write {quote(key + '.py')} = ...")
                continue
            problem = path_problem(key)
            path = posixpath.normpath(key) + ("/" if key.endswith("/") else "")
            if problem:
                self.fault((section, key), f"path {_shown(key)} {problem}")
            elif path in spellings:
                self.fault((section, key), f"{quote(key)} is a duplicate of {quote(spellings[path])}: keep one")
            else:
                spellings[path] = key
                yield key, path, item

    def read_exempt(self, value: object) -> Exempt:
        reasons: dict[str, str] = {}
        until: dict[str, datetime.date] = {}
        for key, path, item in self.read_paths("exempt", value):
            place: Path = ("exempt", key)
            reason = item
            if isinstance(item, dict):
                self.check_keys(place, item, EXEMPT_KEYS, f"key at {quote(key)}:")
                last_day = self.read_date((*place, "until"), item.get("until"))
                until.update({path: last_day} if last_day else {})
                place = (*place, "reason") if "reason" in item else place
                reason = item.get("reason", "")
            if not isinstance(reason, str):
                self.fault(place, f"the reason for {quote(key)} is not a string")
            elif not reason.strip():
                self.fault(place, f"the reason for {quote(key)} is missing: say why it is exempt")
            reasons[path] = str(reason)
        exempt = make_exempt(reasons, until)
        if len(exempt.wildcards) > MAX_WILDCARDS:
            self.fault(("exempt",), f"more than {MAX_WILDCARDS} patterns are exempt: name directories instead")
            return Exempt()
        return exempt

    def read_pins(self, value: object) -> dict[str, Pin]:
        read = {}
        for key, path, item in self.read_paths("pins", value):
            if path.endswith("/"):
                self.fault(("pins", key), f"{quote(key)} is a directory: pin each of its files")
            else:
                read[path] = self.read_pin(key, path, item)
        return read

    def read_pin(self, key: str, path: str, item: object) -> Pin:
        place = ("pins", key)
        if not isinstance(item, dict):
            return Pin(path, key, self.read_count(place, key, item))
        self.check_keys(place, item, PIN_KEYS, f"key at {quote(key)}:")
        if "calls" in item:
            self.check_beside_calls(place, key, item)
            calls = self.read_calls(key, item["calls"])
            return Pin(path, key, len(calls), calls=calls)
        if "count" not in item:
            self.fault(place, f"{quote(key)} has no count: add count = N, or calls")
        allowed = self.read_count((*place, "count"), key, item.get("count", 0))
        return Pin(path, key, allowed, self.read_decision(place, quote(key), item))

    def check_beside_calls(self, place: Path, key: str, item: Mapping[str, object]) -> None:
        for other in item:
            if other in PIN_KEYS and other != "calls":
                what_to_do = "remove it" if other == "count" else "move it to the calls that it is for"
                self.fault((*place, other), f"{quote(other)} of {quote(key)} is beside its calls: {what_to_do}")

    def read_calls(self, key: str, value: object) -> dict[str, PinnedCall]:
        calls: dict[str, PinnedCall] = {}
        for written, item in self.read_table(("pins", key, "calls"), value).items():
            place = ("pins", key, "calls", written)
            shown = f"{_shown(written)} of {quote(key)}"
            name, problem = _call_name(written)
            if ":" not in written and ("/" in written or written.endswith(".py")):
                # probably a pin that was appended to a file that ends in a table of calls
                self.fault(place, f"{_shown(written)} is among the calls of {quote(key)}: move it up, below [pins]")
            elif problem:
                self.fault(place, f"{shown} {problem}")
            elif name in calls:
                self.fault(place, f"{shown} is a duplicate of {quote(calls[name].key)}: keep one")
            elif not isinstance(item, dict):
                self.fault(place, f"{shown} is not a decision: write {_DECISION}")
            else:
                self.check_keys(place, item, DECISION_KEYS, f"key at {shown}:")
                calls[name] = PinnedCall(written, self.read_decision(place, shown, item))
        return calls

    def read_decision(self, place: Path, shown: str, item: Mapping[str, object]) -> Decision:
        decision = Decision(
            self.read_registered((*place, "registered"), shown, item.get("registered")),
            self.read_text((*place, "grandfathered"), item, "say why nobody needs to be told", f" of {shown}"),
            self.read_text((*place, "deferred"), item, "name the issue", f" of {shown}"),
            self.read_date((*place, "until"), item.get("until")),
        )
        if decision.until and "grandfathered" not in item and "deferred" not in item:
            what_to_do = 'add it, or remove "until"'
            self.fault((*place, "until"), f'"until" of {shown} needs "grandfathered" or "deferred": {what_to_do}')
        return decision

    def read_count(self, place: Path, key: str, value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT:
            return value
        self.fault(place, f"the count of {quote(key)} is not a whole number from 0 to {MAX_COUNT}")
        return 0

    def read_registered(self, place: Path, shown: str, value: object) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(place, f'"registered" of {shown} is not an array of strings')
            return ()
        if not value or not all(item.strip() for item in value):
            self.fault(place, f'"registered" of {shown} has no id or an empty one: name the artifacts')
        return tuple(value)

    def read_date(self, place: Path, value: object) -> datetime.date | None:
        # datetime is a subclass of date
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value
        if value is not None:
            self.fault(place, '"until" is not a date: write it as 2027-03-31, without quotes')
        return None


def _faults(text: str, problems: Sequence[tuple[Path, str]]) -> tuple[Fault, ...]:
    from flake8_artifact_pin.pins.toml import written_position

    return tuple(sorted({Fault(*written_position(text, path), problem) for path, problem in problems}))


def _call_name(written: str) -> tuple[str, str]:
    """Return the normalized name of a PUT call, and why no call can have such a name; one of the two is empty."""
    from flake8_artifact_pin.source.names import parse_name

    try:
        return parse_name(written).text, ""
    except ValueError as error:
        return "", str(error)


def _shown(text: str) -> str:
    """Return a text in quotes, cut if it is very long."""
    return quote(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}...")
