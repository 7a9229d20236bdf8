"""Write values as TOML, as pins files have them."""
from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

from flake8_artifact_pin.pins.model import Decision

#: The values that this program writes into a pins file.
Value: TypeAlias = "int | str | date | list[str] | Mapping[str, Value]"

# Characters that TOML wants escaped: quotes, control characters, and the surrogates of file names that are not UTF-8.
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f\ud800-\udfff]')
_SHORT_ESCAPES = {'"': r"\"", "\\": r"\\", "\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}
_WORDS = frozenset(
    ["artifact-pins", "calls", "count", "deferred", "grandfathered", "pins", "registered", "tool", "until"],
)


def quote(text: str) -> str:
    """Return a text as a TOML string."""
    return f'"{_ESCAPED.sub(_escape, text)}"'


def key_text(key: str) -> str:
    """Return a key as TOML: quoted, unless it is a keyword of the pins file such as ``count``."""
    return key if key in _WORDS else quote(key)


def value_text(value: Value) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        members = ", ".join(f"{key_text(key)} = {value_text(member)}" for key, member in value.items())
        return f"{{ {members} }}" if members else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(quote, value))}]"
    return str(value)


def decision_data(decision: Decision) -> dict[str, Value]:
    """Return a decision as a table, without its empty fields."""
    fields: dict[str, Value | None] = {**decision._asdict(), "registered": list(decision.registered)}
    return {key: value for key, value in fields.items() if value}


def pin_text(count: int | None, decision: Decision) -> str:
    """Return the value of a count pin as TOML on one line; with ``count`` None, that of a named call."""
    data = decision_data(decision)
    if count is not None:
        return value_text({"count": count, **data}) if data else str(count)
    return value_text(data)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"
