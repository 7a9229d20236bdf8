"""Ask git which files there are and were; outside git, walk the directories."""
from __future__ import annotations

import fnmatch
import os
import subprocess
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.command.errors import UsageError

# A hook of git runs with these, which say where the repository is; here that depends on the directory alone.
_PLACES = frozenset(["GIT_DIR", "GIT_PREFIX", "GIT_WORK_TREE"])


class Repository(NamedTuple):
    """A directory of a git repository's work tree; ``top`` is the work tree's own directory, both absolute."""

    directory: str
    top: str

    def git(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        """Return what a git command prints; raise GitError if it fails."""
        return _git(self.directory, arguments, stdin)

    def tracked_files(self) -> list[str]:
        """Return the Python files that git tracks below the directory, and in submodules: relative paths, sorted."""
        output = self.git("ls-files", "-z", "--cached", "--recurse-submodules", "--", "*.py")
        return sorted(set(_names(output)))

    @property
    def is_shallow(self) -> bool:
        """Whether the repository lacks a part of its history."""
        return self.git("rev-parse", "--is-shallow-repository").strip() == b"true"

    def resolve(self, revision: str) -> str | None:
        """Return the hash of the commit that a revision names; None if there is no such commit."""
        try:
            output = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except GitError:
            return None
        return output.decode().strip()


class GitError(UsageError):
    """A git command failed; the message is git's own first line."""


def find_repository(directory: str) -> Repository | None:
    """Return the repository around a directory, or None if there is none, or no git.

    Raise GitError if there is one and git refuses to use it.
    """
    try:
        top = os.fsdecode(_git(directory, ["rev-parse", "--show-toplevel"]))
    except FileNotFoundError:
        return None
    except GitError as error:
        if "not a git repository" in str(error) or "must be run in a work tree" in str(error):
            return None
        raise
    return Repository(directory, os.path.normpath(top.removesuffix("\n")))


def walked_files(directory: str) -> Iterator[str]:
    """Yield the Python files below a directory, as relative paths, without what flake8 excludes by default."""
    from flake8.defaults import EXCLUDE

    def is_wanted(name: str) -> bool:
        return not any(fnmatch.fnmatch(name, pattern) for pattern in EXCLUDE)

    for parent, directories, files in os.walk(directory):
        directories[:] = sorted(filter(is_wanted, directories))
        for name in sorted(filter(is_wanted, files)):
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(parent, name), directory).replace(os.sep, "/")


def _git(directory: str, arguments: Sequence[str], stdin: bytes | None = None) -> bytes:
    process = subprocess.run(
        # what only reads takes no lock that another git might wait for
        ["git", "--no-optional-locks", "-c", "core.quotePath=false", *arguments],
        cwd=directory,
        env=_environment(),
        input=stdin or b"",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if process.returncode:
        lines = process.stderr.decode(errors="replace").strip().splitlines() or [f"git {arguments[0]} failed"]
        raise GitError(f"git: {lines[0].removeprefix('fatal: ')}")
    return process.stdout


def _environment() -> Mapping[str, str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in _PLACES and not name.endswith("_PATHSPECS")
    }
    if "GIT_INDEX_FILE" in environment:
        # in a hook, that of the commit being made; relative to where the hook runs
        environment["GIT_INDEX_FILE"] = os.path.abspath(environment["GIT_INDEX_FILE"])
    environment["LC_ALL"] = "C"
    return environment


def _names(output: bytes) -> list[str]:
    return [os.fsdecode(name) for name in output.split(b"\0") if name]
