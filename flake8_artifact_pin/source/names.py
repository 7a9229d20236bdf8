"""The names of PUT calls: a scope and a method, so that moving or reformatting code changes none of them."""
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

#: The scope of what stands in no function or class.
MODULE = "<module>"
#: What is to be said where one of several calls of a method in the same scope came or went: see Mismatch.uncertain.
UNCERTAIN = "the numbers follow the source, so see that each decision stands at its call"

_NAME = re.compile(r"(?P<scope>[^:#]+):(?P<method>[^:#]+)(?:#(?P<number>[^:#]*))?")
_NUMBER = re.compile(r"[1-9][0-9]*")


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


def call_names(calls: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a name for each call, given scopes and methods in source order.

    The second call of a method in the same scope, and each later one, has its number behind its name.
    """
    seen: Counter[str] = Counter()
    for scope, method in calls:
        name = normalized(f"{scope}:{method}")
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}#{seen[name]}"


def normalized(text: str) -> str:
    """Return a text with its identifiers as Python understands them: ``s3.\uff50ut_object`` is ``s3.put_object``.

    See PEP 3131. The lines stay the same, the columns need not.
    """
    is_normal = text.isascii() or unicodedata.is_normalized("NFKC", text)
    return text if is_normal else unicodedata.normalize("NFKC", text)


def name_problem(name: str) -> str:
    """Return why no call has such a name, and what to do; an empty string if one may have it."""
    match = _NAME.fullmatch(name)
    scope, method = match.group("scope", "method") if match else ("", "")
    is_scope = scope == MODULE or all(part.isidentifier() for part in scope.split("."))
    if match is None or not is_scope or not method.isidentifier():
        return f'is not the name of a call: write "FUNCTION:METHOD", "CLASS.FUNCTION:METHOD" or "{MODULE}:METHOD"'
    number = match["number"]
    if number is not None and (not _NUMBER.fullmatch(number) or number == "1"):
        return "ends in no number of a call: the first one of a scope has none, the second one has #2"
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
    """Return what a name has in common with those of the other calls of the same method in its scope."""
    return name.partition("#")[0]


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
