"""Find the new path of a file that is gone from its path, or learn from git that it was deleted."""
from __future__ import annotations

import enum
import functools
import os
from collections import Counter
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.repository.files import not_checked_out
from flake8_artifact_pin.repository.files import NotCheckedOut
from flake8_artifact_pin.repository.git import GitError
from flake8_artifact_pin.repository.git import names
from flake8_artifact_pin.repository.git import Repository

# git compares up to this many removed files with as many added ones; beyond that it only matches base names.
_LIMIT = 1000
_RENAMES = (
    *("-M50%", f"-l{_LIMIT}", "--diff-filter=R", "--name-status", "-z"),
    *("--no-ext-diff", "--ignore-submodules=all"),
)
# Also find a file that was moved over another one.
_REPLACED = (*_RENAMES, "-B")
_LIMIT_WARNING = "rename detection was skipped"

# From this share of common lines on, git takes two files for a renamed one.
_ALIKE = 0.5

_NOT_HERE = "git tracks it and has not checked it out"


class Fate(enum.Enum):
    """What happened to a file that is gone from its path."""

    RENAMED = "renamed"
    DELETED = "deleted"
    ABSENT = "not checked out"
    UNKNOWN = "unknown"


class Outcome(NamedTuple):
    """What happened to a file that is gone from its path: ``path`` is the new one, ``reason`` why it is unknown."""

    fate: Fate
    path: str = ""
    reason: str = ""


class NewPaths(NamedTuple):
    """The new paths of renamed files. If it is not complete, more files may have been renamed."""

    renamed: Mapping[str, str]
    is_complete: bool = True

    def new_path(self, path: str) -> str:
        """Return the new path of a file, or an empty string. Raise GitError if it is not known."""
        if path not in self.renamed and not self.is_complete:
            raise GitError(f"git compares {_LIMIT} files at most, and more were renamed at once")
        return self.renamed.get(path, "")


class Renames:
    """The renames in a repository. Git is asked once for each commit.

    Files of a submodule are looked up in the submodule. Inside this class paths are relative to the top of the work
    tree, as git prints them. Only plumbing commands are used, so that no configuration changes the answers, and none
    that compares the work tree, since that would run filters. If a file was moved without ``git mv``, it is found by
    its lines: at a new path, or at one of the ``known`` paths, if it replaced the file there.
    """

    def __init__(self, repository: Repository, known: Collection[str] = ()) -> None:
        self.repository = repository
        self.known = known
        is_top = repository.directory == repository.top
        self.top = repository if is_top else Repository(repository.top, repository.top)
        self.answers: dict[str, NewPaths] = {}

    def outcome(self, path: str) -> Outcome:
        """Return what happened to a file that is gone; paths are relative to the repository's directory.

        If git fails, the fate is unknown.
        """
        try:
            return self._outcome(path)
        except GitError as error:
            return Outcome(Fate.UNKNOWN, reason=str(error))

    def moved(self, path: str) -> str:
        """Return the new path of a file of HEAD or the index, or an empty string; relative as in outcome()."""
        found = self._moved(self._prefix + path)
        return found.removeprefix(self._prefix) if found.startswith(self._prefix) else ""

    def _outcome(self, path: str) -> Outcome:
        if self._absent.has(path):
            return Outcome(Fate.UNKNOWN, reason=_NOT_HERE)
        for directory, inner in self._submodules.items():
            if path.startswith(directory):
                outcome = inner.outcome(path.removeprefix(directory))
                return outcome._replace(path=directory + outcome.path) if outcome.path else outcome
        if self.repository.resolve("HEAD") is None:
            return Outcome(Fate.UNKNOWN, reason="there is no commit yet")
        found = self._follow(self._prefix + path)
        new_path = found.removeprefix(self._prefix)
        if found and found.startswith(self._prefix) and self._absent.has(new_path):
            return Outcome(Fate.UNKNOWN, new_path, f"renamed to {new_path}: {_NOT_HERE}")
        if found.startswith(self._prefix) and os.path.isfile(self.top.location(found)):
            return Outcome(Fate.RENAMED, new_path)
        if found or self._last_commit(self._prefix + path):
            return Outcome(Fate.DELETED)
        if self.repository.is_shallow:
            return Outcome(Fate.UNKNOWN, reason="this clone is shallow: run git fetch --unshallow")
        return Outcome(Fate.UNKNOWN, reason="no commit has this file: correct the path, or remove the pin")

    def _follow(self, path: str) -> str:
        """Return the last path of a file, whether it exists or not; an empty string if it was deleted."""
        moved = self._moved(path)
        # if HEAD does not have the file, the last commit that touched it deleted or renamed it
        commit = "" if moved else self._last_commit(path)
        if not commit:
            return moved
        while commit:
            path = self._renamed_by(commit).new_path(path)
            if not path:
                return ""
            commit = self._next_deletion(commit, path)
        return self._moved(path) or path

    def _moved(self, path: str) -> str:
        """Return the path to which a file was moved since HEAD, or an empty string."""
        staged = self._staged.new_path(path)
        return self._moved_on_disk(staged or path) or staged

    def _moved_on_disk(self, path: str) -> str:
        """Return the path of the new file that is most like a missing one, or an empty string."""
        location = self.top.location(path)
        # a directory is at the path if a module became a package
        is_missing = os.path.isdir(location) or not os.path.lexists(location)
        suffix = os.path.splitext(path)[1]
        files = {*self._new_files, *(self._prefix + other for other in self.known)}
        others = [other for other in files if os.path.splitext(other)[1] == suffix]
        content = self._content(path) if is_missing and others else b""
        alike = sorted(
            (
                _likeness(content, self._new_content(other, 2 * len(content) + 2)),
                os.path.basename(other) == os.path.basename(path),
                other,
            )
            for other in others if content
        )
        found = [other for likeness, _, other in reversed(alike) if likeness >= _ALIKE]
        return next((other for other in found if other in self._new_files or self._is_replaced(other)), "")

    def _content(self, path: str) -> bytes:
        """Return the content of a file in the index, or in HEAD; nothing if it is in neither."""
        staged = names(self.top.git("ls-files", "-z", "--stage", *_only(path)))
        records = staged or names(self.top.git("ls-tree", "-z", "--full-tree", "HEAD", *_only(path)))
        hashes = [word for record in records for word in record.partition("\t")[0].split(" ") if len(word) >= 40]
        return b"".join(filter(None, self.top.contents(hashes[:1])))

    def _new_content(self, path: str, size: int) -> bytes:
        """Return the content of a file of the work tree; nothing if it is larger than ``size`` bytes, or is gone."""
        try:
            with open(self.top.location(path), "rb") as file:
                content = file.read(size + 1)
        except OSError:
            return b""
        return content if len(content) <= size else b""

    @functools.cached_property
    def _new_files(self) -> Sequence[str]:
        """The files that HEAD does not have, in the index or untracked."""
        added = self.top.git("diff-index", "--cached", "-z", "--no-renames", "--diff-filter=A", "--name-only", "HEAD")
        found = {*names(added), *self.top.untracked}
        return sorted(path for path in found if os.path.isfile(self.top.location(path)))

    def _is_replaced(self, path: str) -> bool:
        """Return whether a file has few lines in common with the one that git has at its path."""
        content = self._content(path)
        return bool(content) and _likeness(content, self._new_content(path, 2 * len(content) + 2)) < _ALIKE

    @functools.cached_property
    def _absent(self) -> NotCheckedOut:
        return not_checked_out(self.repository)

    @functools.cached_property
    def _submodules(self) -> Mapping[str, Renames]:
        """The renames in submodules, by their directories with a trailing slash."""
        return {f"{directory}/": Renames(inner) for directory, inner in self.repository.submodules.items() if inner}

    @functools.cached_property
    def _prefix(self) -> str:
        if self.top is self.repository:
            return ""
        return self.repository.git("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").removesuffix("\n")

    @functools.cached_property
    def _staged(self) -> NewPaths:
        """The new paths of files that were renamed in the index since HEAD."""
        return _renames(self.top, "diff-index", "--cached", *_REPLACED, "HEAD")

    def _renamed_by(self, commit: str) -> NewPaths:
        """Return the new paths of the files that a commit renamed.

        A merge is compared with each of its parents: a file may be renamed while conflicts are resolved.
        """
        if commit not in self.answers:
            self.answers[commit] = _renames(self.top, "diff-tree", "-r", "-m", "--no-commit-id", *_REPLACED, commit)
        return self.answers[commit]

    def _last_commit(self, path: str) -> str:
        """Return the last commit that touched a path, or an empty string."""
        return self._first_line("rev-list", "-1", "HEAD", *_only(path))

    def _next_deletion(self, commit: str, path: str) -> str:
        """Return the first commit after another one that deleted a path, or an empty string."""
        commits = self.top.git("rev-list", "--reverse", f"{commit}..HEAD", *_only(path))
        arguments = ("diff-tree", "--stdin", "-r", "-m", "--no-renames", "--diff-filter=D", *_only(path))
        return self._first_line(*arguments, stdin=commits)

    def _first_line(self, *arguments: str, stdin: bytes = b"") -> str:
        return self.top.git(*arguments, stdin=stdin).partition(b"\n")[0].decode()


def renamed_since(repository: Repository, commit: str) -> NewPaths:
    """Return the new paths of files that were renamed in the index since a commit, below the directory.

    If a partial clone lacks blobs, only renames of unchanged files are found.
    """
    arguments = ("diff-index", "--cached", "--relative", *_RENAMES)
    try:
        return _renames(repository, *arguments, commit)
    except GitError:
        return _renames(repository, *arguments, "-M100%", commit)._replace(is_complete=False)


def _renames(repository: Repository, *arguments: str) -> NewPaths:
    answer = repository.ask(*arguments)
    # for each rename: similarity, old path, new path
    fields = names(answer.checked)
    return NewPaths(dict(zip(fields[1::3], fields[2::3])), _LIMIT_WARNING not in answer.messages)


def _only(path: str) -> list[str]:
    """Return the arguments that limit a git command to one path, with any characters."""
    return ["--", f":(top,literal){path}"]


def _likeness(one: bytes, other: bytes) -> float:
    """Return the share of the larger file, in bytes, that both files have in common lines: about git's measure."""
    common = Counter(one.split(b"\n")) & Counter(other.split(b"\n"))
    return sum((len(line) + 1) * number for line, number in common.items()) / (max(len(one), len(other)) + 1)
