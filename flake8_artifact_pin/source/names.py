"""The names of PUT calls, ``SCOPE:METHOD(KEY)``: moving or reformatting code changes none of them.

KEY is the key template with ``{}`` for what is unknown, and is left out where it has no letter.
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

#: The scope of what stands in no function or class.
MODULE = "<module>"

_SHAPE = (
    f'is not the name of a call: write "FUNCTION:METHOD(KEY)", "CLASS.FUNCTION:METHOD(KEY)" or "{MODULE}:METHOD(KEY)", '
    "without (KEY) where it is unknown"
)
# The last closing bracket ends the key, whatever the key holds.
_NAME = re.compile(r"(?P<scope>[^:#()]+):(?P<method>[^:#()]+)(?:\((?P<key>.*)\))?(?:#(?P<number>[^:#()]*))?", re.DOTALL)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


class CallName(NamedTuple):
    """The name of a PUT call: its key is as in templates.name_key(), its number 1 if it has none."""

    scope: str
    method: str
    key: str = ""
    number: int = 1

    @property
    def text(self) -> str:
        """The name as text: two texts of the same name are equal."""
        key = f"({self.key})" if self.key else ""
        number = f"#{self.number}" if self.number > 1 else ""
        return f"{self.scope}:{self.method}{key}{number}"


def call_names(calls: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Yield a name for each call, given scopes, methods and keys (see templates.name_key()) in source order.

    The second call of the same scope, method and key, and each later one, has its number behind its name.
    """
    seen: Counter[CallName] = Counter()
    for scope, method, key in calls:
        name = CallName(normalized(scope), normalized(method), key)
        seen[name] += 1
        yield name._replace(number=seen[name]).text


def parse_name(text: str) -> CallName:
    """Return the name of a call. Raise ValueError, which says what to write, if no call has such a name.

    Identifiers may be spelled as Python allows, and the unknown parts of the key may have names.
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
    """Return a text with its identifiers as Python understands them: ``s3.\uff50ut_object`` is ``s3.put_object``.

    See PEP 3131. The lines stay the same, the columns need not.
    """
    is_normal = text.isascii() or unicodedata.is_normalized("NFKC", text)
    return text if is_normal else unicodedata.normalize("NFKC", text)
