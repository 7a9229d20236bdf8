"""The names of PUT calls, ``SCOPE:METHOD(KEY)``. Moving or reformatting code does not change them.

KEY is the key template with ``{}`` for unknown parts. It is omitted if it has no letter.
"""
from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from flake8_artifact_pin.source.templates import canonical_key
from flake8_artifact_pin.source.templates import has_letter

#: The scope of code outside of functions and classes.
MODULE = "<module>"

_SHAPE = (
    f'is not the name of a call: write "FUNCTION:METHOD(KEY)", "CLASS.FUNCTION:METHOD(KEY)" or "{MODULE}:METHOD(KEY)", '
    "without (KEY) where it is unknown"
)
# The last closing bracket ends the key, whatever the key holds.
_NAME = re.compile(r"(?P<scope>[^:#()]+):(?P<method>[^:#()]+)(?:\((?P<key>.*)\))?(?:#(?P<number>[^:#()]*))?", re.DOTALL)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


class CallName(NamedTuple):
    """The name of a PUT call. ``key`` is as templates.name_key() writes it; ``number`` is 1 for a name without #."""

    scope: str
    method: str
    key: str = ""
    number: int = 1

    @property
    def text(self) -> str:
        """The name as text. Equal names have equal texts."""
        key = f"({self.key})" if self.key else ""
        number = f"#{self.number}" if self.number > 1 else ""
        return f"{self.scope}:{self.method}{key}{number}"


def call_names(calls: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Yield a name for each call, given scopes, methods and keys (see templates.name_key()) in source order.

    From the second call of the same scope, method and key on, the name ends in its number: ``#2``.
    """
    seen: Counter[CallName] = Counter()
    for scope, method, key in calls:
        name = CallName(normalized(scope), normalized(method), key)
        seen[name] += 1
        yield name._replace(number=seen[name]).text


def parse_name(text: str) -> CallName:
    """Parse the name of a call. Raise ValueError, saying what to write, if no call can have such a name.

    Identifiers need not be normalized (PEP 3131), and unknown parts of the key may have names.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        raise ValueError(_SHAPE)
    scope, method = normalized(match["scope"]), normalized(match["method"])
    is_scope = scope == MODULE or all(part.isidentifier() for part in scope.split("."))
    if not is_scope or not method.isidentifier():
        raise ValueError(_SHAPE)
    key, number = match["key"], match["number"]
    if key is not None:
        if not has_letter(key):
            raise ValueError(f'names a key without a letter: write "{scope}:{method}"')
        key = canonical_key(key)
    if number is not None and (not _NUMBER.fullmatch(number) or number == "1"):
        raise ValueError("ends in no number of a call: the first one of a name has none, the second one has #2")
    return CallName(scope, method, key or "", int(number or 1))


def normalized(text: str) -> str:
    """Return a text in NFKC, in which Python compares identifiers (PEP 3131): ``\uff50ut_object`` is ``put_object``.

    Line numbers stay the same; columns may change.
    """
    is_normal = text.isascii() or unicodedata.is_normalized("NFKC", text)
    return text if is_normal else unicodedata.normalize("NFKC", text)
