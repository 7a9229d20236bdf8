"""The snapshots that ``diff`` and ``check --since`` compare: changed files and pins, in the base and now."""
from __future__ import annotations

import functools
import itertools
import os
import posixpath
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.pins.files import has_table
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.files import PYPROJECT
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.repository.files import expressions
from flake8_artifact_pin.repository.files import tree_files_without
from flake8_artifact_pin.repository.git import Entry
from flake8_artifact_pin.repository.git import GitError
from flake8_artifact_pin.repository.git import Repository
from flake8_artifact_pin.repository.renames import renamed_since
from flake8_artifact_pin.repository.renames import Renames
from flake8_artifact_pin.repository.scan import decode
from flake8_artifact_pin.repository.scan import read_source
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.workspace import is_python_name
from flake8_artifact_pin.repository.workspace import is_script
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.source.report import FileReport

# No operating system follows more links.
_MAX_LINKS = 40
# How many paths a note lists.
_MAX_LISTED = 5

_UNKNOWN_RENAMES = "git does not know all renames here: a renamed file may show as removed and added"


class Snapshots(NamedTuple):
    """The reports of both snapshots by paths, of files that differ, can matter, and are not exempt.

    ``renamed`` maps current paths of renamed files to their base paths. ``notes`` say what cannot be compared, and
    ``problems`` which current files cannot be read or parsed. Files that are not checked out or that a partial
    clone lacks are in neither snapshot, so that they do not show as removed.
    """

    old: Mapping[str, FileReport]
    new: Mapping[str, FileReport]
    old_pins: Pins
    renamed: Mapping[str, str]
    notes: Sequence[str]
    problems: Sequence[FileFinding]


def open_snapshots(workspace: Workspace, base_commit: str) -> Snapshots:
    """Return the snapshots of a commit and of the work tree. Raise UsageError outside of git."""
    return _Comparison(workspace, workspace.git, base_commit).snapshots()


class _Comparison:
    """Reads both snapshots and collects the notes."""

    def __init__(self, workspace: Workspace, repository: Repository, commit: str) -> None:
        self.workspace = workspace
        self.repository = repository
        self.commit = commit
        self.tree = repository.tree(commit)
        self.links = self._links()
        self.absent = workspace.not_checked_out()
        self.notes = _submodule_notes(repository, self.tree)
        self.renamed = self._staged_renames()
        self.old_pins = self._read_old_pins()

    def snapshots(self) -> Snapshots:
        contents = self._old_contents()
        missing = [path for path, data in contents.items() if data is None]
        if missing:
            self.notes.append(f"not in this partial clone, so not compared: {_listed(missing)}")
        same = {path for path, data in contents.items() if data is not None and self._content_of_now(path) == data}
        present = {path: data for path, data in contents.items() if data is not None and path not in same}
        moved = self._add_moved(present)
        new, problems = self._new_reports(same, moved)
        # a file that is unreadable in one snapshot must not show as added or removed
        unknown = {*missing, *(self.renamed.get(path, path) for path in problems)}
        return Snapshots(
            {path: report for path, report in self._old_reports(present).items() if path not in unknown},
            {path: report for path, report in new.items() if self.renamed.get(path, path) not in unknown},
            self.old_pins,
            self.renamed,
            self.notes,
            [problem for found in problems.values() for problem in found],
        )

    def _links(self) -> Mapping[str, str]:
        """Return the targets of the base's symbolic links by their paths; "/" if a partial clone lacks the link."""
        links = [entry for entry in self.tree.values() if entry.is_link]
        targets = self._contents([entry.hash for entry in links])
        return {
            entry.path: (target or b"/").decode("utf-8", "surrogateescape") for entry, target in zip(links, targets)
        }

    def _contents(self, hashes: Sequence[str]) -> list[bytes | None]:
        """Return the contents of blobs; None for one that this partial clone lacks."""
        try:
            return self.repository.contents(hashes)
        except GitError:
            here = [hash_ for hash_ in hashes if hash_ not in self._missing]
            contents = dict(zip(here, self.repository.contents(here)))
            return [contents.get(hash_) for hash_ in hashes]

    @functools.cached_property
    def _missing(self) -> frozenset[str]:
        return self.repository.missing(self.commit)

    def _staged_renames(self) -> dict[str, str]:
        answer = renamed_since(self.repository, self.commit)
        if not answer.is_complete:
            self._note_unknown_renames()
        # git reports a file as renamed if it no longer tracks it, even if the file still exists
        return {new: old for old, new in answer.renamed.items() if not os.path.isfile(self.workspace.location(old))}

    def _note_unknown_renames(self) -> None:
        if _UNKNOWN_RENAMES not in self.notes:
            self.notes.append(_UNKNOWN_RENAMES)

    def _add_moved(self, contents: Mapping[str, bytes]) -> list[str]:
        """Add the files that were moved without ``git mv`` to the renames; return their current paths."""
        renames = Renames(self.repository)
        known = set(self.renamed.values())
        moved = {}
        for path in contents:
            if path not in known and not os.path.lexists(self.workspace.location(path)):
                try:
                    moved[renames.moved(path)] = path
                except GitError:
                    self._note_unknown_renames()
        moved.pop("", None)
        self.renamed.update(moved)
        return list(moved)

    def _read_old_pins(self) -> Pins:
        """Return the pins of the base; empty pins if it had no pins file."""
        for name in self._old_names():
            entry = self.tree.get(self._resolved(name))
            data = self._contents([entry.hash])[0] if entry and entry.is_file else b""
            if data is None:
                self.notes.append(f"{name} of the base is not in this partial clone: all pins show as added")
                break
            text = data.decode("utf-8-sig", errors="replace")
            if entry and entry.is_file and (name != PYPROJECT or has_table(text)):
                pins = parse_pins(Pins(self.workspace.location(name), self.workspace.pins.cwd), text)
                if pins.faults:
                    self.notes.append(f"{name} had faults in the base: {pins.faults[0].problem}")
                return pins
        return Pins("", self.workspace.pins.cwd)

    def _old_names(self) -> Sequence[str]:
        """Return the names that the pins file may have had in the base, the likeliest first.

        Usual names come first, in the order of the search for a pins file. A pins file with another name is set in an
        option; it may have been renamed.
        """
        name = self.workspace.pins.name
        origin = self.renamed.get(name, name)
        # a pins file in another directory would have paths relative to that directory
        named = name if "/" in origin else origin
        usual = (FILE_NAME, PYPROJECT)
        return (*usual, named) if name in usual else (named, *usual)

    def _old_contents(self) -> Mapping[str, bytes | None]:
        """Return the contents of the base's files that can matter, unless they are exempt now or not checked out.

        ``diff`` lists former exemptions separately.
        """
        pins = self.workspace.pins
        pinned = {*pins.pins, *self.old_pins.pins}
        searched_for = expressions(self.workspace.matcher.pieces)
        irrelevant = tree_files_without(self.repository, self.commit, searched_for, self.tree.values())
        hashes = {}
        for found, entry in self.tree.items():
            target = self._resolved(found) if entry.is_link else found
            # a link that is pinned has a pin of its own
            path = found if found in pinned else target
            wanted = found in pinned or (found not in irrelevant and self.workspace.is_linted(found))
            is_left_out = self.absent.has(found) or exemption(pins.exempt, path) is not None
            if wanted and not is_left_out and target in self.tree and self.tree[target].is_file:
                hashes[path] = self.tree[target].hash
        contents = dict(zip(hashes, self._contents(list(hashes.values()))))
        return {path: data for path, data in contents.items() if self._is_python(path, data)}

    def _is_python(self, path: str, data: bytes | None) -> bool:
        # a link may give its target the name of a Python file
        is_named = any(self.workspace.is_linted(link) for link in self.links if self._resolved(link) == path)
        return is_named or is_python_name(path) or self.workspace.is_linted(path) or is_script(path, data or b"")

    def _content_of_now(self, path: str) -> bytes | None:
        """Return the current content of a tracked or pinned file; None if there is no such file."""
        if path not in self._tracked and path not in self.workspace.pins.pins:
            return None
        try:
            with open(self.workspace.location(path), "rb") as file:
                return file.read()
        except OSError:
            # missing; other errors are reported by scan()
            return None

    def _old_reports(self, contents: Mapping[str, bytes]) -> dict[str, FileReport]:
        reports = {}
        for path, data in contents.items():
            lines, name = decode(data), self.workspace.shown(path)
            if self.workspace.matcher.may_matter("".join(lines)):
                source = read_source(name, lines, self.workspace.matcher)
                if source.problem:
                    self.notes.append(f"{name} cannot be parsed in the base: its calls show as added")
                else:
                    reports[path] = source.report
        return reports

    def _new_reports(
        self, same: Collection[str], moved: Sequence[str],
    ) -> tuple[dict[str, FileReport], dict[str, Sequence[FileFinding]]]:
        """Return the current reports of changed files, and the problems of files that cannot be read or parsed."""
        reports: dict[str, FileReport] = {}
        problems: dict[str, Sequence[FileFinding]] = {}
        files = sorted({*filter(self._is_comparable, self.workspace.files()), *moved} - {*same})
        for scanned in scan(self.workspace, files):
            if scanned.exempt or scanned.path in same:
                continue
            if scanned.problems:
                problems[scanned.path] = scanned.problems
            else:
                reports[scanned.path] = scanned.report
        return reports, problems

    def _is_comparable(self, path: str) -> bool:
        """Return whether a file can be compared with its state in the base."""
        if any(path.startswith(f"{directory}/") for directory in self.repository.submodules):
            return False
        if path in self.links and os.path.islink(self.workspace.location(path)) and not self._resolved(path):
            shown = self.workspace.shown(path)
            self.notes.append(f"{shown} is a link that leads out of this directory: it is not compared")
            return False
        # an untracked file that was pinned already may be unchanged
        is_new_pin = path in self.workspace.pins.pins and (path in self.tree or path not in self.old_pins.pins)
        return path in self._tracked or is_new_pin

    @functools.cached_property
    def _tracked(self) -> frozenset[str]:
        return frozenset(entry.path for entry in self.repository.entries)

    def _resolved(self, path: str) -> str:
        """Return a path with the links of the base resolved; an empty string if it leads out of the directory."""
        for _ in range(_MAX_LINKS):
            parents = itertools.accumulate(path.split("/"), "{}/{}".format)
            link = next((name for name in parents if name in self.links), "")
            if not link:
                return path
            rest = path[len(link):].lstrip("/")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(link), self.links[link], rest))
            if path.startswith(("/", "../")) or path == "..":
                return ""
        return ""


def _submodule_notes(repository: Repository, tree: Mapping[str, Entry]) -> list[str]:
    """Return a note for each submodule that was changed, added or removed."""
    old = {path: entry.hash for path, entry in tree.items() if entry.is_submodule}
    new: dict[str, str | None] = {entry.path: entry.hash for entry in repository.entries if entry.is_submodule}
    for path, inner in repository.submodules.items():
        if inner:
            new[path] = inner.resolve("HEAD")
    changed = (path for path in sorted({*old, *new}) if old.get(path) != new.get(path))
    return [f"submodule {path} changed: its PUT calls are not compared" for path in changed]


def _listed(paths: Sequence[str]) -> str:
    """Return the first paths, and how many more there are."""
    more = f" and {len(paths) - _MAX_LISTED} more" if len(paths) > _MAX_LISTED else ""
    return ", ".join(paths[:_MAX_LISTED]) + more
