"""The two states that ``diff`` and ``check --since`` compare: the files that differ, and the pins, of base and now."""
from __future__ import annotations

import functools
import itertools
import os
import posixpath
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.files import has_table
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.files import PYPROJECT
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.repository.files import NotCheckedOut
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
from flake8_artifact_pin.source.prefilter import may_matter
from flake8_artifact_pin.source.report import FileReport

# More links than a system follows
_LINKS = 40
# How many paths a note names
_LISTED = 5

_UNKNOWN_RENAMES = "git does not know all renames here: a renamed file may show as removed and added"


class Snapshots(NamedTuple):
    """Both states, as reports by paths of the pins file: of files that differ, can matter, and are not exempt.

    ``renamed`` has the base paths of renamed files by those of now. ``notes`` say what cannot be compared, and
    ``problems`` which files of now cannot be read or parsed. Files that are not checked out (``absent``), or whose
    contents a partial clone lacks, are in neither state, so that they do not show as gone.
    """

    old: Mapping[str, FileReport]
    new: Mapping[str, FileReport]
    old_pins: Pins
    renamed: Mapping[str, str]
    notes: Sequence[str]
    problems: Sequence[FileFinding]
    absent: NotCheckedOut


def open_snapshots(workspace: Workspace, base_commit: str) -> Snapshots:
    """Return the state of a commit and that of the work tree; raise UsageError outside of git."""
    repository = workspace.repository
    if repository is None:
        raise UsageError(f"a comparison needs git: {workspace.pins.root} is in no git repository")
    return _Comparison(workspace, repository, base_commit).snapshots()


class _Comparison:
    """Gathers both states, and what is to be said of them."""

    def __init__(self, workspace: Workspace, repository: Repository, commit: str) -> None:
        self.workspace = workspace
        self.repository = repository
        self.commit = commit
        self.tree = repository.tree(commit)
        self.missing = repository.missing(commit)
        self.links = self._links()
        self.absent = workspace.not_checked_out()
        self.notes = _submodule_notes(repository, self.tree)
        self.renamed = self._staged_renames()
        self.old_pins = self._read_old_pins()

    def snapshots(self) -> Snapshots:
        """Return both states."""
        contents = self._old_contents()
        missing = [path for path, data in contents.items() if data is None]
        if missing:
            self.notes.append(f"not in this partial clone, so not compared: {_listed(missing)}")
        same = {path for path, data in contents.items() if data is not None and self._content_of_now(path) == data}
        present = {path: data for path, data in contents.items() if data is not None and path not in same}
        moved = self._add_moved(present)
        new, problems = self._new_reports(same, moved)
        # what cannot be read on one side is not known to be gone, or to have come
        unknown = {*missing, *(self.renamed.get(path, path) for path in problems)}
        return Snapshots(
            {path: report for path, report in self._old_reports(present).items() if path not in unknown},
            {path: report for path, report in new.items() if self.renamed.get(path, path) not in unknown},
            self.old_pins,
            self.renamed,
            self.notes,
            [problem for found in problems.values() for problem in found],
            self.absent,
        )

    def _links(self) -> Mapping[str, str]:
        """Return where each symbolic link of the base leads to; those that a partial clone lacks lead nowhere."""
        links = [entry for entry in self.tree.values() if entry.is_link]
        targets = self._contents([entry.hash for entry in links])
        return {
            entry.path: (target or b"/").decode("utf-8", "surrogateescape") for entry, target in zip(links, targets)
        }

    def _contents(self, hashes: Sequence[str]) -> list[bytes | None]:
        """Return the contents of blobs, None for one that is not in this partial clone."""
        here = [hash_ for hash_ in hashes if hash_ not in self.missing]
        contents = dict(zip(here, self.repository.contents(here)))
        return [contents.get(hash_) for hash_ in hashes]

    def _staged_renames(self) -> dict[str, str]:
        answer = renamed_since(self.repository, self.commit)
        if not answer.is_complete:
            self._note_unknown_renames()
        # git takes a file for renamed that it no longer tracks, though that is still there
        return {new: old for old, new in answer.renamed.items() if not os.path.isfile(self.workspace.location(old))}

    def _note_unknown_renames(self) -> None:
        if _UNKNOWN_RENAMES not in self.notes:
            self.notes.append(_UNKNOWN_RENAMES)

    def _add_moved(self, contents: Mapping[str, bytes]) -> list[str]:
        """Add the files that were moved in the work tree without a word to git; return their paths of now."""
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
        """Return the pins of the base; an unnamed file's if there were none."""
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

        It may have been another one than now, or be gone. Of those with the usual names the first one counts, as in
        the search for the pins file; one with another name is named somewhere, and may have been renamed.
        """
        name = self.workspace.pins.name
        origin = self.renamed.get(name, name)
        # what is in another directory has paths that are relative to that one
        named = name if "/" in origin else origin
        usual = (FILE_NAME, PYPROJECT)
        return (*usual, named) if name in usual else (named, *usual)

    def _old_contents(self) -> Mapping[str, bytes | None]:
        """Return the files of the base that can matter, without what is exempt now or not checked out.

        What was exempt and no longer is has a line of its own.
        """
        pins = self.workspace.pins
        pinned = {*pins.pins, *self.old_pins.pins}
        irrelevant = tree_files_without(self.repository, self.commit, self.workspace.matcher.pieces, self.tree.values())
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
        # a link gives a name to what it leads to
        is_named = any(self.workspace.is_linted(link) for link in self.links if self._resolved(link) == path)
        return is_named or is_python_name(path) or self.workspace.is_linted(path) or is_script(path, data or b"")

    def _content_of_now(self, path: str) -> bytes | None:
        """Return what is in a file that is tracked or pinned; None if there is no such file."""
        if path not in self._tracked and path not in self.workspace.pins.pins:
            return None
        try:
            with open(self.workspace.location(path), "rb") as file:
                return file.read()
        except OSError:
            # gone, or to be reported as in any other verb
            return None

    def _old_reports(self, contents: Mapping[str, bytes]) -> dict[str, FileReport]:
        reports = {}
        for path, data in contents.items():
            lines, name = decode(data), self.workspace.shown(path)
            if may_matter("".join(lines), self.workspace.matcher):
                source = read_source(name, lines, self.workspace.matcher)
                if source.problem:
                    self.notes.append(f"{name} cannot be parsed in the base: its calls show as added")
                else:
                    reports[path] = source.report
        return reports

    def _new_reports(
        self, same: Collection[str], moved: Sequence[str],
    ) -> tuple[dict[str, FileReport], dict[str, Sequence[FileFinding]]]:
        """Return the reports of now of files that differ, and the problems of those that cannot be read or parsed."""
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
        """Return whether something is known of what a file was like in the base."""
        if any(path.startswith(f"{directory}/") for directory in self.repository.submodules):
            return False
        if path in self.links and os.path.islink(self.workspace.location(path)) and not self._resolved(path):
            self.notes.append(f"{self.workspace.shown(path)} is a link that leads out of here: it is not compared")
            return False
        # one that was pinned and not tracked may have been as it is
        is_new_pin = path in self.workspace.pins.pins and (path in self.tree or path not in self.old_pins.pins)
        return path in self._tracked or is_new_pin

    @functools.cached_property
    def _tracked(self) -> frozenset[str]:
        return frozenset(entry.path for entry in self.repository.entries)

    def _resolved(self, path: str) -> str:
        """Return the path that the links of the base lead to from a path; empty if that is out of the directory."""
        for _ in range(_LINKS):
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
    """Return what is to be said of the submodules that changed, came or went."""
    old = {path: entry.hash for path, entry in tree.items() if entry.is_submodule}
    new: dict[str, str | None] = {entry.path: entry.hash for entry in repository.entries if entry.is_submodule}
    for path, inner in repository.submodules.items():
        if inner:
            new[path] = inner.resolve("HEAD")
    changed = (path for path in sorted({*old, *new}) if old.get(path) != new.get(path))
    return [f"submodule {path} changed: its PUT calls are not compared" for path in changed]


def _listed(paths: Sequence[str]) -> str:
    """Return some paths in words."""
    more = f" and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
    return ", ".join(paths[:_LISTED]) + more
