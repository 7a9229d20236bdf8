"""How values are written in a pins file."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

#: What a pins file may hold, as far as it is written by this program.
Value: TypeAlias = "int | str | date | list[str] | Mapping[str, Value]"

_UNQUOTABLE = re.compile(r"[\x7f\ud800-\udfff]")
_BARE_KEY = re.compile(r"[a-z-]+")


def quote(text: str) -> str:
    """Return a TOML string, which is how a path is written in a pins file."""
    quoted = json.dumps(text, ensure_ascii=False)
    # JSON leaves these as they are and TOML does not: DEL, and what a file name may have that is not UTF-8
    return _UNQUOTABLE.sub(lambda match: f"\\u{ord(match.group()):04X}", quoted)


def key_text(key: str) -> str:
    """Return a key as it is written: quoted, unless it is a word such as ``count``."""
    return key if _BARE_KEY.fullmatch(key) else quote(key)


def value_text(value: Value) -> str:
    """Return a value as it is written on one line."""
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


def decision_for(count: int | str = "") -> str:
    """Return what the value of a pin that counts, or of a call that a pin names, must look like to hold a decision."""
    start = f"count = {count}, " if count else ""
    return f'{{ {start}registered = ["ID"] }} or {{ {start}grandfathered = "REASON" }}'
