"""The names of PUT calls, ``SCOPE:METHOD(KEY)``: moving or reformatting code changes none of them.

KEY is the key template with ``{}`` for what is unknown, and is left out where it has no letter.
"""
from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections import deque
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.source.templates import canonical_key
from flake8_artifact_pin.source.templates import has_letter

#: The scope of what stands in no function or class.
MODULE = "<module>"
#: What is to be said where one of several calls of a method in the same scope came or went: see Mismatch.uncertain.
UNCERTAIN = "the numbers follow the source, so see that each decision stands at its call"

_SHAPE = (
    f'is not the name of a call: write "FUNCTION:METHOD(KEY)", "CLASS.FUNCTION:METHOD(KEY)" or "{MODULE}:METHOD(KEY)", '
    "without (KEY) where it is unknown"
)
# The last closing bracket ends the key, whatever the key holds.
_NAME = re.compile(r"(?P<scope>[^:#()]+):(?P<method>[^:#()]+)(?:\((?P<key>.*)\))?(?:#(?P<number>[^:#()]*))?", re.DOTALL)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_CALL_NUMBER = re.compile(r"#[0-9]+\Z")


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


class Mismatch(NamedTuple):
    """How the names of a file's calls differ from those in its pin.

    ``unnamed`` are those that the pin does not have, in source order; ``gone`` are those of the pin that no call has,
    in the order of the pin. ``replaced`` says which of ``gone`` one of ``unnamed`` probably was. ``uncertain`` are
    names, without their numbers, of several calls of which one came or went: nobody knows which.
    """

    unnamed: Sequence[str] = ()
    gone: Sequence[str] = ()
    replaced: Mapping[str, str] = {}
    uncertain: Collection[str] = ()

    def is_uncertain(self, name: str) -> bool:
        """Return whether a name may have been another call's before: numbers follow the order of the source."""
        return without_number(name) in self.uncertain


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


def name_problem(name: str) -> str:
    """Return why no call has such a name, and what to do; an empty string if one may have it."""
    try:
        parse_name(name)
    except ValueError as error:
        return str(error)
    return ""


def compare(pinned: Collection[str], observed: Collection[str]) -> Mismatch:
    """Return how the names of the calls that are observed differ from those in a pin."""
    pinned_names, observed_names = frozenset(pinned), frozenset(observed)
    unnamed = [name for name in observed if name not in pinned_names]
    gone = [name for name in pinned if name not in observed_names]
    left = map(without_number, pinned_names & observed_names)
    uncertain = frozenset(map(without_number, [*unnamed, *gone])).intersection(left)
    return Mismatch(unnamed, gone, _replaced(unnamed, gone), uncertain)


def without_number(name: str) -> str:
    """Return what a name has in common with those of the other calls of the same scope, method and key."""
    return _CALL_NUMBER.sub("", name)


def _replaced(unnamed: Iterable[str], gone: Iterable[str]) -> Mapping[str, str]:
    """Pair names: those with most in common first, and in the end whatever is left, in order."""
    replaced: dict[str, str] = {}
    for common in (_scope, _local_name, _method, _nothing):
        taken = set(replaced.values())
        waiting: dict[str, deque[str]] = {}
        for old in gone:
            if old not in taken:
                waiting.setdefault(common(old), deque()).append(old)
        for new in unnamed:
            if new not in replaced and waiting.get(common(new)):
                replaced[new] = waiting[common(new)].popleft()
    return replaced


def _scope(name: str) -> str:
    return name.partition(":")[0]


def _local_name(name: str) -> str:
    """Return what is left of a name without the scopes around its function."""
    scope, _, method = name.partition(":")
    return f"{scope.rpartition('.')[2]}:{method}"


def _method(name: str) -> str:
    return without_number(name).partition(":")[2]


def _nothing(name: str) -> str:
    return ""
