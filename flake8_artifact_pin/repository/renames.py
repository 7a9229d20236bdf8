"""Ask git where a file is now that is no longer at its path."""
from __future__ import annotations

import functools
import os
from collections.abc import Mapping

from flake8_artifact_pin.repository.git import GitError
from flake8_artifact_pin.repository.git import Repository

_RENAMES = ("-M", "--diff-filter=R", "--name-status", "-z")


class Renames:
    """What git knows of the renames in a repository; it is asked once for each commit.

    A submodule is asked about the files in it. Within, paths are relative to the work tree's own directory, as git
    prints them. Only plumbing commands are asked, so that no configuration of the user changes the answers.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.answers: dict[str, Mapping[str, str]] = {}

    def new_path(self, path: str) -> str | None:
        """Return the path that git has now for a file that was at another one, below the repository's directory.

        Both are relative to that directory, and whether the file is there is not looked at. None if git knows of no
        such file, or not enough of the history.
        """
        for directory, inner in self._submodules.items():
            if path.startswith(directory):
                found = inner.new_path(path.removeprefix(directory))
                return None if found is None else f"{directory}{found}"
        try:
            found = self._follow(self._prefix + path)
        except GitError:
            return None
        if found is None or not found.startswith(self._prefix):
            return None
        return found.removeprefix(self._prefix)

    def _follow(self, path: str) -> str | None:
        """Return the last path of a file, which may be its first; None if it was deleted in the end."""
        if path in self._uncommitted:
            return self._uncommitted[path]
        # If HEAD does not have the file, the last commit that touched it deleted it.
        commit = self._first_line("rev-list", "-1", "HEAD", *_only(path))
        while commit:
            new_path = self._renamed_by(commit).get(path)
            if new_path is None:
                return None
            path = new_path
            commit = self._next_deletion(commit, path)
        return self._uncommitted.get(path, path)

    @functools.cached_property
    def _submodules(self) -> Mapping[str, Renames]:
        """What the submodules know, by their directories with a slash at the end."""
        return {f"{directory}/": Renames(inner) for directory, inner in self.repository.submodules() if inner}

    @functools.cached_property
    def _prefix(self) -> str:
        return os.fsdecode(self.repository.git("rev-parse", "--show-prefix")).removesuffix("\n")

    @functools.cached_property
    def _uncommitted(self) -> Mapping[str, str]:
        """The new paths of the files of HEAD that were renamed since."""
        return _parse(self.repository.git("diff-index", *_RENAMES, "HEAD"))

    def _renamed_by(self, commit: str) -> Mapping[str, str]:
        """Return the new paths of the files that a commit renamed.

        A merge is compared with each of its parents: a file may be renamed while conflicts are resolved.
        """
        if commit not in self.answers:
            output = self.repository.git("diff-tree", "-r", "-m", "--no-commit-id", *_RENAMES, commit)
            self.answers[commit] = _parse(output)
        return self.answers[commit]

    def _next_deletion(self, commit: str, path: str) -> str:
        """Return the first commit after another one that deleted a path, or an empty string."""
        commits = self.repository.git("rev-list", "--reverse", f"{commit}..HEAD", *_only(path))
        return self._first_line("diff-tree", "--stdin", "-r", "-m", "--diff-filter=D", *_only(path), stdin=commits)

    def _first_line(self, *arguments: str, stdin: bytes | None = None) -> str:
        return self.repository.git(*arguments, stdin=stdin).partition(b"\n")[0].decode()


def _only(path: str) -> list[str]:
    """Return the arguments that limit a git command to one path, whatever the characters in it."""
    return ["--", f":(top,literal){path}"]


def _parse(output: bytes) -> Mapping[str, str]:
    """Return the new path of each renamed file, of what git prints with the options _RENAMES."""
    # of each: how alike they are, the old path, the new path
    fields = [os.fsdecode(field) for field in output.split(b"\0")]
    return dict(zip(fields[1::3], fields[2::3]))
