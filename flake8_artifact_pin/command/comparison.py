"""Compare two states of a repository: which PUT calls came, went and moved, and what became of the pins."""
from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.command.output import count
from flake8_artifact_pin.command.output import FileFinding
from flake8_artifact_pin.command.repository import Repository
from flake8_artifact_pin.command.survey import decode
from flake8_artifact_pin.command.survey import read_source
from flake8_artifact_pin.command.survey import survey
from flake8_artifact_pin.command.survey import UNPARSABLE
from flake8_artifact_pin.command.workspace import Workspace
from flake8_artifact_pin.facts import may_matter
from flake8_artifact_pin.facts import Site
from flake8_artifact_pin.pins import exempt_position
from flake8_artifact_pin.pins import exemption
from flake8_artifact_pin.pins import FILE_NAME
from flake8_artifact_pin.pins import Pin
from flake8_artifact_pin.pins import pin_position
from flake8_artifact_pin.pins import Pins
from flake8_artifact_pin.pins import quote
from flake8_artifact_pin.pins_file import parse_pins
from flake8_artifact_pin.pins_file import PYPROJECT
from flake8_artifact_pin.toml_keys import written_position


class Change(NamedTuple):
    """A line of the result; the names of the fields are those of the JSON format.

    ``subject`` is "call", "pin", "exempt" or "pattern"; ``kind`` is "added", "removed", "moved", "swapped",
    "suppressed", "raised", "lowered" or "decided" (a decision that changed alone). ``path`` is relative to the
    working directory and ``line`` is 1-based; of what is gone they are those in the base. ``undecided``: a pin that
    was raised or added without a decision, or a swap that none was made on.
    """

    subject: str
    kind: str
    path: str
    line: int
    text: str
    undecided: bool = False


class PlacedCall(NamedTuple):
    """A PUT call and the file it is in, as a path of the pins file."""

    path: str
    site: Site

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes it the same call in the same place of the program, wherever it is written."""
        call = self.site.call
        return (call.scope, call.method, call.fixed_parts)

    @property
    def artifact(self) -> tuple[object, ...] | None:
        """What makes it write the same artifact, whatever the function is called; None if the source does not tell."""
        return self.site.call.fixed_parts or None

    @property
    def text(self) -> str:
        """The call in words."""
        reason = "" if self.site.is_observed else f" (suppressed: {self.site.reason})"
        return f"{self.site.call.shown} in {self.site.call.scope}{reason}"


class Sides:
    """Both sides of the comparison: the files that differ, the pins, and what is to be said of them."""

    def __init__(self, workspace: Workspace, repository: Repository, commit: str) -> None:
        self.notes: list[str] = []
        self.findings: list[FileFinding] = []
        self.workspace = workspace
        self.pins = workspace.pins
        self.pins_name = workspace.shown(workspace.pins.name)
        blobs = repository.blobs(commit)
        changes = repository.changes(commit)
        self.renamed = changes.renamed
        self.notes += [f"submodule {name} changed: its PUT calls are not compared" for name in changes.submodules]
        self.base_pins = self._read_base_pins(repository, blobs)
        self.base_pins_name = workspace.shown(self.base_pins.name)
        pinned = {*self.pins.pins, *self.base_pins.pins}
        base_files = {path: hash_ for path, hash_ in blobs.items() if path.endswith(".py") or path in pinned}
        self.files = [
            path
            for path in repository.own_files()
            if (path.endswith(".py") or path in pinned) and _is_plain_file(workspace.location(path))
        ]
        changed = {path for path in self.files if not self._is_same(path, base_files.get(path))}
        unchanged = set(self.files) - changed
        gone = sorted(path for path in base_files if path not in unchanged)
        self.old = self._old_calls(gone, repository.contents([base_files[path] for path in gone]))
        self.new = self._new_calls(sorted(changed))

    def place(self, call: PlacedCall) -> str:
        """Return where a call is, for a person."""
        return f"{self.workspace.shown(call.path)}:{call.site.call.line}"

    def call_change(self, kind: str, call: PlacedCall, text: str, undecided: bool = False) -> Change:
        """Return the change of a call."""
        return Change("call", kind, self.workspace.shown(call.path), call.site.call.line, text, undecided)

    def pin_change(self, kind: str, pin: Pin, text: str, undecided: bool = False) -> Change:
        """Return the change of a pin that there is now."""
        line = pin_position(self.pins, pin).line
        return Change("pin", kind, self.pins_name, line, f"{quote(pin.path)}: {text}", undecided)

    def _read_base_pins(self, repository: Repository, blobs: Mapping[str, str]) -> Pins:
        # they may have been in another file than now, or the file may be gone
        for name in dict.fromkeys([self.pins.name, FILE_NAME, PYPROJECT]):
            text = repository.contents([blobs[name]])[0].decode("utf-8-sig", errors="replace") if name in blobs else ""
            if name in blobs and (name != PYPROJECT or "artifact-pins" in text):
                pins = parse_pins(Pins(self.workspace.location(name), self.pins.cwd), text)
                if pins.faults:
                    self.notes.append(f"{name} had faults in the base: {pins.faults[0].problem}")
                return pins
        return Pins("", self.pins.cwd)

    def _is_same(self, path: str, hash_: str | None) -> bool:
        if hash_ is None:
            return False
        try:
            with open(self.workspace.location(path), "rb") as file:
                data = file.read()
        except OSError:
            # to be reported as in any other verb
            return False
        # as git names a blob; one of another name is only looked at more closely
        return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest() == hash_

    def _old_calls(self, paths: Sequence[str], contents: Sequence[bytes]) -> list[PlacedCall]:
        calls: list[PlacedCall] = []
        for path, data in zip(paths, contents):
            lines = decode(data)
            is_exempt = exemption(self.base_pins.exempt, path) or exemption(self.pins.exempt, path)
            if is_exempt or not may_matter("".join(lines), self.workspace.matcher):
                continue
            try:
                source = read_source(self.workspace.shown(path), lines, self.workspace.matcher)
            except UNPARSABLE:
                self.notes.append(f"{self.workspace.shown(path)} cannot be parsed in the base: its calls show as added")
            else:
                calls += [PlacedCall(path, site) for site in source.facts.sites]
        return calls

    def _new_calls(self, paths: Sequence[str]) -> list[PlacedCall]:
        calls: list[PlacedCall] = []
        for surveyed in survey(self.workspace, paths):
            if not surveyed.exempt:
                self.findings += [FileFinding(surveyed.name, finding) for finding in surveyed.source.problems]
                if surveyed.source.problems:
                    # they are not known to be gone
                    self.old = [call for call in self.old if call.path != surveyed.path]
                calls += [PlacedCall(surveyed.path, site) for site in surveyed.source.facts.sites]
        return calls


def compare(sides: Sides) -> list[Change]:
    """Return what differs: PUT calls first, then pins, then what is exempt and which calls count."""
    return [*_call_changes(sides), *_pin_changes(sides), *_exempt_changes(sides), *_pattern_changes(sides)]


def _call_changes(sides: Sides) -> Iterator[Change]:
    """Yield what became of the PUT calls. The same ones are found step by step; what is left over is news."""
    def home(call: PlacedCall) -> str:
        return sides.renamed.get(call.path, call.path)

    calls = _Calls(sides.old, sides.new)
    same = calls.match(
        lambda call: (call.path, call.identity, call.site.is_observed),
        lambda call: (home(call), call.identity, call.site.is_observed),
    )
    same += calls.match(lambda call: (call.path, call.identity), lambda call: (home(call), call.identity))
    same += calls.match(
        lambda call: call.artifact and (call.path, call.artifact),
        lambda call: call.artifact and (home(call), call.artifact),
    )
    moved = calls.match(_identity_elsewhere, _identity_elsewhere)
    swapped = calls.match(
        lambda call: call.site.is_observed and (call.path, call.site.call.scope),
        lambda call: call.site.is_observed and (home(call), call.site.call.scope),
    )
    swapped += calls.match(
        lambda call: call.site.is_observed and call.path, lambda call: call.site.is_observed and home(call),
    )
    for old, new in [*same, *moved]:
        if new.site.is_observed and not old.site.is_observed:
            yield sides.call_change("added", new, f"{new.text}, which was suppressed")
        elif old.site.is_observed and not new.site.is_observed:
            yield sides.call_change("suppressed", new, new.text)
    for old, new in moved:
        yield sides.call_change("moved", new, f"{new.text}, from {sides.place(old)}")
    for old, new in swapped:
        is_decided = _says_more(sides.base_pins.pin_of(old.path), sides.pins.pin_of(new.path))
        text = f"a swap that the count does not show: {old.text} ({sides.place(old)}) is gone, {new.text} has come"
        text += "" if is_decided else f"; say in the pin of {quote(new.path)} what was decided"
        yield sides.call_change("swapped", new, text, not is_decided)
    for call in calls.new:
        yield sides.call_change("added", call, call.text)
    for call in calls.old:
        yield sides.call_change("removed", call, call.text)


class _Calls:
    """The calls of both sides that have no counterpart yet."""

    def __init__(self, old: Sequence[PlacedCall], new: Sequence[PlacedCall]) -> None:
        self.old = list(old)
        self.new = list(new)

    def match(
        self,
        old_key: Callable[[PlacedCall], Hashable],
        new_key: Callable[[PlacedCall], Hashable],
    ) -> list[tuple[PlacedCall, PlacedCall]]:
        """Return pairs of calls with an equal key, in order, and take them out; a false key is equal to none."""
        waiting: dict[Hashable, list[PlacedCall]] = {}
        for old in self.old:
            waiting.setdefault(old_key(old), []).append(old)
        pairs = []
        for new in self.new:
            key = new_key(new)
            if key and waiting.get(key):
                pairs.append((waiting[key].pop(0), new))
        matched_old = {id(old) for old, _ in pairs}
        matched_new = {id(new) for _, new in pairs}
        self.old = [call for call in self.old if id(call) not in matched_old]
        self.new = [call for call in self.new if id(call) not in matched_new]
        return pairs


def _identity_elsewhere(call: PlacedCall) -> Hashable:
    """Return what a call that moved to another file has in common with what it was: enough to be no chance."""
    is_telling = call.site.call.fixed_parts or call.site.call.scope != "<module>"
    return call.identity if is_telling else None


def _pin_changes(sides: Sides) -> Iterator[Change]:
    old_pins, new_pins = dict(sides.base_pins.pins), dict(sides.pins.pins)
    for path, pin in sorted(new_pins.items()):
        origin = path if path in old_pins else sides.renamed.get(path, "")
        is_moved = origin != path and origin in old_pins and origin not in new_pins
        old = old_pins.get(origin) if origin == path or is_moved else None
        if old is None:
            yield sides.pin_change("added", pin, f"{pin.allowed}, {_in_words(pin)}", _is_undecided(None, pin))
            continue
        old_pins.pop(origin)
        is_old = pin.is_decided and _is_undecided(old, pin)
        counts = f"{old.allowed} -> {pin.allowed}, {'only the old decision: ' * is_old}{_in_words(pin)}"
        if is_moved:
            yield sides.pin_change("moved", pin, f"from {quote(origin)}, {counts}", _is_undecided(old, pin))
        elif pin.allowed > old.allowed:
            yield sides.pin_change("raised", pin, counts, _is_undecided(old, pin))
        elif pin.allowed < old.allowed:
            yield sides.pin_change("lowered", pin, counts)
        elif _decision(pin) != _decision(old):
            yield sides.pin_change("decided", pin, f"{pin.allowed}, {_in_words(pin)} (was: {_in_words(old)})")
    for _, old in sorted(old_pins.items()):
        line = pin_position(sides.base_pins, old).line
        text = f"{quote(old.path)}: was {old.allowed}, {_in_words(old)}"
        yield Change("pin", "removed", sides.base_pins_name, line, text)


def _exempt_changes(sides: Sides) -> Iterator[Change]:
    old, new = sides.base_pins.exempt.reasons, sides.pins.exempt.reasons
    for key in sorted(new.keys() - old.keys()):
        files = [path for path in sides.files if exemption(sides.pins.exempt, path) == key]
        calls = sum(len(surveyed.source.facts.sites) for surveyed in survey(sides.workspace, files))
        line = exempt_position(sides.pins, key).line
        text = f"{quote(key)}: {new[key]} ({count(calls, 'PUT call')} there)"
        yield Change("exempt", "added", sides.pins_name, line, text)
    for key in sorted(old.keys() - new.keys()):
        line = exempt_position(sides.base_pins, key).line
        yield Change("exempt", "removed", sides.base_pins_name, line, f"{quote(key)}: was {old[key]}")


def _pattern_changes(sides: Sides) -> Iterator[Change]:
    for kind, name, pins, other in (
        ("added", sides.pins_name, sides.pins, sides.base_pins),
        ("removed", sides.base_pins_name, sides.base_pins, sides.pins),
    ):
        line = written_position(pins.text, (*pins.table, "patterns")).line
        for pattern in pins.patterns:
            if pattern not in other.patterns:
                yield Change("pattern", kind, name, line, quote(pattern))


def _is_plain_file(filename: str) -> bool:
    return os.path.isfile(filename) and not os.path.islink(filename)


def _decision(pin: Pin) -> tuple[object, ...]:
    return (pin.registered, pin.grandfathered)


def _says_more(old: Pin | None, pin: Pin) -> bool:
    """Return whether somebody decided since: the old decision, or a part of it, speaks of the old calls."""
    if old is None:
        return pin.is_decided
    has_new_reason = bool(pin.grandfathered) and pin.grandfathered != old.grandfathered
    return has_new_reason or not set(pin.registered) <= set(old.registered)


def _is_undecided(old: Pin | None, pin: Pin) -> bool:
    """Return whether a pin allows more than before and nobody said why."""
    return pin.allowed > (old.allowed if old else 0) and not _says_more(old, pin)


def _in_words(pin: Pin) -> str:
    """Return what was decided on a pin."""
    decisions = {"registered": ", ".join(pin.registered), "grandfathered": pin.grandfathered}
    return "; ".join(f"{name}: {text}" for name, text in decisions.items() if text) or "no decision"
