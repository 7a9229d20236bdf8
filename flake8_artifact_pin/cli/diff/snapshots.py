"""What a comparison is made of: the files that differ, their PUT calls, and the pins, before and now."""
from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.output import FileFinding
from flake8_artifact_pin.repository.git import Repository
from flake8_artifact_pin.repository.scan import decode
from flake8_artifact_pin.repository.scan import read_source
from flake8_artifact_pin.repository.scan import survey
from flake8_artifact_pin.repository.scan import UNPARSABLE
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.report import may_matter
from flake8_artifact_pin.source.report import Site
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.files import has_table
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.files import PYPROJECT


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
        return (call.scope, call.method, call.key)

    @property
    def artifact(self) -> str | None:
        """What makes it write the same artifact, whatever the function is called; None if the source does not tell."""
        return self.site.call.key or None

    @property
    def text(self) -> str:
        """The call in words."""
        reason = "" if self.site.is_counted else f" (suppressed: {self.site.reason})"
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
        self.base_pins = self._read_base_pins(repository, {**repository.linked(commit, blobs), **blobs})
        self.base_pins_name = workspace.shown(self.base_pins.name)
        pinned = {*self.pins.pins, *self.base_pins.pins}
        base_files = {path: hash_ for path, hash_ in blobs.items() if path.endswith(".py") or path in pinned}
        self.files = self._find_files(repository, base_files)
        # git takes a file for renamed that it no longer tracks, though that is still there
        there = set(self.files)
        self.renamed = {new: old for new, old in changes.renamed.items() if old not in there}
        changed = {path for path in self.files if not self._is_same(path, base_files.get(path))}
        unchanged = there - changed
        gone = sorted(path for path in base_files if path not in unchanged)
        self.old = self._old_calls(gone, repository.contents([base_files[path] for path in gone]))
        self.new = self._new_calls(sorted(changed))

    def home(self, call: PlacedCall) -> str:
        """Return the path that a call's file of now had in the base, renamed or not."""
        return self.renamed.get(call.path, call.path)

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
        """Return the pins of the base, given the hashes of its files; an unnamed file's if there were none."""
        for name in self._base_names():
            text = repository.contents([blobs[name]])[0].decode("utf-8-sig", errors="replace") if name in blobs else ""
            if name in blobs and (name != PYPROJECT or has_table(text)):
                pins = parse_pins(Pins(self.workspace.location(name), self.pins.cwd), text)
                if pins.faults:
                    self.notes.append(f"{name} had faults in the base: {pins.faults[0].problem}")
                return pins
        return Pins("", self.pins.cwd)

    def _base_names(self) -> Sequence[str]:
        """Return the names that the pins file may have had in the base, the likeliest first.

        It may have been another one than now, or be gone. Of those with the usual names the first one counts, as in
        the search for the pins file; one with another name is named somewhere, and may have been renamed.
        """
        name = self.pins.name
        origin = self.renamed.get(name, name)
        # what is in another directory has paths that are relative to that one
        named = name if "/" in origin else origin
        usual = (FILE_NAME, PYPROJECT)
        return (*usual, named) if name in usual else (named, *usual)

    def _find_files(self, repository: Repository, base_files: Mapping[str, str]) -> list[str]:
        """Return the files of now to compare: those that git tracks, and as in any other verb those that are pinned.

        Of one that was pinned and not tracked in the base, nobody knows what it was like.
        """
        pins, old_pins = self.pins.pins, self.base_pins.pins
        pinned = {path for path in pins if path in base_files or path not in old_pins}
        tracked = {path for path in repository.own_files() if path.endswith(".py") or path in pins or path in old_pins}
        return sorted(path for path in tracked | pinned if _is_plain_file(self.workspace.location(path)))

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
            # as on the other side: what was exempt and no longer is has a line of its own
            is_exempt = exemption(self.pins.exempt, path)
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
                    origin = self.renamed.get(surveyed.path, surveyed.path)
                    self.old = [call for call in self.old if call.path != origin]
                calls += [PlacedCall(surveyed.path, site) for site in surveyed.source.facts.sites]
        return calls


def _is_plain_file(filename: str) -> bool:
    return os.path.isfile(filename) and not os.path.islink(filename)
