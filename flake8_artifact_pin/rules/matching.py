"""Match the PUT calls of two snapshots of a repository."""
from __future__ import annotations

import enum
import re
from collections import deque
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from flake8_artifact_pin.rules.verdict import JudgedCall
from flake8_artifact_pin.rules.verdict import State
from flake8_artifact_pin.rules.verdict import Verdict
from flake8_artifact_pin.source.calls import PutCall
from flake8_artifact_pin.source.names import MODULE
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import Site


class Kind(enum.Enum):
    """How a PUT call differs between two snapshots."""

    SAME = "same"
    RENAMED = "renamed"
    MOVED = "moved"
    CHANGED = "changed"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    ADDED = "added"
    REMOVED = "removed"


class PlacedCall(NamedTuple):
    """A PUT call and the file that it is in."""

    file: Verdict
    call: JudgedCall

    @property
    def path(self) -> str:
        """The file as a path of the pins file."""
        return self.file.path

    @property
    def site(self) -> Site:
        """The call in the source."""
        return self.call.site


class CallChange(NamedTuple):
    """A call in the old and in the new snapshot. ``old`` is None if it was added, ``new`` if it was removed.

    ``CHANGED``: the call now writes another artifact. ``is_undecided``: nobody decided on it.
    """

    kind: Kind
    old: PlacedCall | None
    new: PlacedCall | None
    is_undecided: bool = False

    @property
    def is_allowed(self) -> bool:
        """Whether the pin allows the call."""
        return self.new is not None and self.new.call.state is State.PINNED

    @property
    def is_new_artifact(self) -> bool:
        """Whether the call is counted and writes an artifact that was not counted before."""
        is_new = self.kind in (Kind.ADDED, Kind.CHANGED, Kind.UNSUPPRESSED)
        return is_new and bool(self.new and self.new.site.is_counted)


class _Traits(NamedTuple):
    """The traits by which a call is recognised in the other snapshot. A trait that is None matches nothing.

    ``artifact`` is the key template without the names of variables, ``base`` the part after its last slash; ``key`` is
    ``artifact`` if it is distinctive enough in other functions and files. ``text`` is the statement without blanks.
    ``lost_scope``: the other snapshot has no PUT call in that function.
    """

    call: PlacedCall
    path: str
    scope: str
    method: str
    template: str
    artifact: str
    base: str
    counts: bool
    key: str | None
    text: str
    lost_scope: bool | None


# Traits that matching calls share, in decreasing certainty. The rest was added or removed.
_STEPS = (
    (Kind.SAME, ("path", "scope", "method", "template")),
    (Kind.SAME, ("path", "scope", "method", "artifact")),
    (Kind.RENAMED, ("path", "key")),
    (Kind.MOVED, ("scope", "key")),
    (Kind.MOVED, ("key",)),
    # a call with an unknown key matches if its function was renamed, or moved as a whole
    (Kind.RENAMED, ("path", "method", "text", "lost_scope")),
    (Kind.MOVED, ("scope", "method", "text", "lost_scope")),
    (Kind.RENAMED, ("path", "scope", "template")),
    (Kind.CHANGED, ("path", "scope", "method", "base")),
    (Kind.CHANGED, ("path", "scope", "method")),
)
# An unknown part of a template, or a doubled brace, which belongs to the key.
_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}")
# An extension, which many keys share.
_EXTENSION = re.compile(r"(?:\.[a-z0-9]+)+\Z")


def match_calls(
    old: Mapping[str, Verdict], new: Mapping[str, Verdict], renamed: Mapping[str, str],
) -> Iterator[CallChange]:
    """Yield the change of each call in two snapshots of files; ``renamed`` maps current paths to base paths."""
    old_calls = list(_traits(old, {}, _scopes(new, renamed)))
    new_calls = list(_traits(new, renamed, _scopes(old, {})))
    for kind, common in _STEPS:
        # match a suppressed call with a counted one only if nothing better is found
        for fields in ((*common, "counts"), common):
            waiting: dict[tuple[object, ...], deque[_Traits]] = {}
            for traits in old_calls:
                waiting.setdefault(_values(traits, fields), deque()).append(traits)
            left, matched = [], set()
            for traits in new_calls:
                values = _values(traits, fields)
                if None in values or not waiting.get(values):
                    left.append(traits)
                    continue
                found = waiting[values].popleft()
                matched.add(id(found))
                yield CallChange(_kind(kind, found.call, traits.call), found.call, traits.call)
            new_calls = left
            old_calls = [traits for traits in old_calls if id(traits) not in matched]
    yield from (CallChange(Kind.ADDED, None, traits.call) for traits in new_calls)
    yield from (CallChange(Kind.REMOVED, traits.call, None) for traits in old_calls)


def _values(traits: _Traits, fields: Iterable[str]) -> tuple[object, ...]:
    return tuple(getattr(traits, field) for field in fields)


def _kind(kind: Kind, old: PlacedCall, new: PlacedCall) -> Kind:
    if old.site.is_counted == new.site.is_counted:
        return kind
    return Kind.UNSUPPRESSED if new.site.is_counted else Kind.SUPPRESSED


def _traits(
    files: Mapping[str, Verdict], renamed: Mapping[str, str], other_scopes: Collection[tuple[str, str]],
) -> Iterator[_Traits]:
    for path, file in files.items():
        base_path = renamed.get(path, path)
        # once for each statement, which may be long and hold very many calls
        texts = {span: _text(file.report, span) for span in {judged.site.call.span for judged in file.calls}}
        for judged in file.calls:
            call = judged.site.call
            artifact = _artifact(call.key)
            is_lost = call.scope != MODULE and (base_path, call.scope) not in other_scopes
            yield _Traits(
                PlacedCall(file, judged), base_path, call.scope, call.method, call.key, artifact,
                artifact.rpartition("/")[2], judged.site.is_counted, _telling_key(call), texts[call.span],
                is_lost or None,
            )


def _text(report: FileReport, span: tuple[int, int]) -> str:
    """Return the lines of a statement without blanks."""
    first, last = span
    return "".join(part for text in report.lines[first - 1:last] for part in text.split())


def _artifact(template: str) -> str:
    """Return a template without the names of variables. Names of constants, in capitals, identify the artifact."""

    def field(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        last = name.rpartition(".")[2]
        return f"{{{last}}}" if last.isupper() else "{}"

    return _FIELD.sub(field, template)


def _telling_key(call: PutCall) -> str | None:
    """Return the key by which a call is recognised in another function or file; None if it is not distinctive.

    If only the extension is known, the names of the variables must match, too: many keys end in ``.json``.
    """
    rest = _EXTENSION.sub("", _FIELD.sub("", call.key))
    if any(map(str.isalnum, rest)):
        return _artifact(call.key)
    return call.key if call.name_key else None


def _scopes(files: Mapping[str, Verdict], renamed: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return the functions with PUT calls: pairs of the base path of their file, and their name."""
    return frozenset(
        (renamed.get(path, path), site.call.scope) for path, file in files.items() for site in file.report.sites
    )
