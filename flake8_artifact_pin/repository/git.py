"""Ask git which files there are and were; outside git, walk the directories."""
from __future__ import annotations

import fnmatch
import itertools
import os
import posixpath
import re
import subprocess
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.errors import UsageError

# A hook of git runs with these (git rev-parse --local-env-vars), which say where a repository is; here that depends
# on the directory alone.
_PLACES = frozenset(
    [
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    ],
)
_BLOB = re.compile(rb"100[0-7]{3} blob ([0-9a-f]+)\t([^\0]+)")
_LINK = re.compile(rb"120000 blob ([0-9a-f]+)\t([^\0]+)")
_GITLINK = re.compile(rb"160000 [0-9a-f]+ 0\t([^\0]+)")


class Changes(NamedTuple):
    """The old path of each renamed file, by its new one, and the submodules that changed."""

    renamed: Mapping[str, str]
    submodules: Sequence[str]


class NotCheckedOut(NamedTuple):
    """Files that git tracks below a directory but has not put there, and the directories of such submodules."""

    paths: frozenset[str] = frozenset()

    def has(self, path: str) -> bool:
        """Return whether a path is one of them, or lies below one; whether there is a file is not looked at."""
        return not self.paths.isdisjoint(itertools.accumulate(path.split("/"), "{}/{}".format))


class Repository(NamedTuple):
    """A directory of a git repository's work tree; ``top`` is the work tree's own directory, both absolute."""

    directory: str
    top: str

    def git(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        """Return what a git command prints; raise GitError if it fails."""
        return _git(self.directory, arguments, stdin)

    def own_files(self) -> list[str]:
        """Return the files of any kind that this repository tracks below the directory, without submodules'."""
        return sorted(set(_names(self.git("ls-files", "-z", "--cached"))))

    def tracked_files(self) -> list[str]:
        """Return the Python files that git tracks below the directory, as relative paths, sorted.

        Those of submodules are among them, and of a repository within the repository: flake8 finds them, too.
        """
        files = set(_names(self.git("ls-files", "-z", "--cached", "--recurse-submodules", "--", "*.py")))
        for directory in self._gitlinks():
            place = os.path.join(self.directory, directory)
            is_unknown = not any(file.startswith(f"{directory}/") for file in files)
            if is_unknown and os.path.exists(os.path.join(place, ".git")):
                inner = self._inner(directory)
                found = inner.tracked_files() if inner else walked_files(place)
                files.update(f"{directory}/{file}" for file in found)
        return sorted(files)

    def not_checked_out(self) -> NotCheckedOut:
        """Return what git tracks below the directory and leaves out of it, also within submodules.

        That is what a sparse checkout is not for, and the submodules that nobody has initialized.
        """
        tagged = _names(self.git("ls-files", "-z", "-t", "--cached"))
        paths = {name.removeprefix("S ") for name in tagged if name.startswith("S ")}
        for directory, inner in self.submodules():
            if inner:
                # although a sparse checkout may not be for it
                paths.discard(directory)
                paths.update(f"{directory}/{path}" for path in inner.not_checked_out().paths)
            else:
                paths.add(directory)
        return NotCheckedOut(frozenset(paths))

    def submodules(self) -> Iterator[tuple[str, Repository | None]]:
        """Yield the directory of each submodule below this one, without those within submodules, and its repository.

        That is None if the submodule is not checked out, or broken.
        """
        for directory in self._gitlinks():
            yield directory, self._inner(directory)

    def _gitlinks(self) -> list[str]:
        """Return the directories of the submodules below the directory, without those within submodules."""
        return [os.fsdecode(name) for name in _GITLINK.findall(self.git("ls-files", "-z", "--stage"))]

    def _inner(self, directory: str) -> Repository | None:
        """Return the repository in a submodule's directory; None if it is not checked out, or broken."""
        place = os.path.join(self.directory, directory)
        inner = find_repository(place) if os.path.exists(os.path.join(place, ".git")) else None
        # from within a broken one git finds the one around it
        return inner if inner and os.path.samefile(inner.top, place) else None

    def untracked_files(self) -> list[str]:
        """Return the Python files below the directory that git neither tracks nor ignores, sorted."""
        return sorted(_names(self.git("ls-files", "-z", "--others", "--exclude-standard", "--", "*.py")))

    def blobs(self, revision: str) -> Mapping[str, str]:
        """Return the hash of each regular file of a revision below the directory, by its relative path."""
        output = self.git("ls-tree", "-r", "-z", revision)
        return {os.fsdecode(name): hash_.decode() for hash_, name in _BLOB.findall(output)}

    def linked(self, revision: str, blobs: Mapping[str, str]) -> Mapping[str, str]:
        """Return the hash of the file that each symbolic link in the directory itself leads to, by the link's name.

        ``blobs`` are the files of that revision; a link that leads to none of them, or to another link, is left out.
        """
        links = _LINK.findall(self.git("ls-tree", "-z", revision))
        targets = self.contents([hash_.decode() for hash_, _ in links])
        paths = (posixpath.normpath(os.fsdecode(target)) for target in targets)
        return {os.fsdecode(name): blobs[path] for (_, name), path in zip(links, paths) if path in blobs}

    def contents(self, hashes: Sequence[str]) -> list[bytes]:
        """Return the contents of blobs."""
        output = self.git("cat-file", "--batch", stdin="".join(f"{hash_}\n" for hash_ in hashes).encode())
        contents = []
        position = 0
        for _ in hashes:
            header, _, _ = output[position:position + 200].partition(b"\n")
            start = position + len(header) + 1
            position = start + int(header.split()[-1]) + 1
            contents.append(output[start:position - 1])
        return contents

    def changes(self, revision: str) -> Changes:
        """Return what was renamed since a revision, in the working tree."""
        fields = iter(_names(self.git("diff-index", "-M", "-z", "--raw", "--relative", revision)))
        renamed, submodules = {}, []
        for field in fields:
            status, path = field.split(" ")[-1], next(fields)
            if status.startswith(("C", "R")):
                old, path = path, next(fields)
                renamed[path] = old
            elif "160000" in field[1:].split(" ")[:2]:
                submodules.append(path)
        return Changes(renamed, submodules)

    def merge_base(self, commit: str, other: str) -> str | None:
        """Return the hash of the best common ancestor of two commits; None if there is none here."""
        try:
            return self.git("merge-base", commit, other).decode().strip()
        except GitError:
            return None

    def remotes(self) -> list[str]:
        """Return the names of the remotes."""
        return self.git("remote").decode().split()

    def default_branch(self, remote: str) -> str | None:
        """Return the remote's default branch, such as "origin/main"; None if that is not known here."""
        try:
            return self.git("symbolic-ref", "--short", f"refs/remotes/{remote}/HEAD").decode().strip()
        except GitError:
            return None

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
        lines = process.stderr.decode(errors="replace").splitlines()
        reasons = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
        raise GitError(f"git: {next(iter([*reasons, *lines, f'git {arguments[0]} failed']))}")
    return process.stdout


def _environment() -> Mapping[str, str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in _PLACES and not name.endswith("_PATHSPECS")
    }
    # nobody is there to type a password
    environment["GIT_TERMINAL_PROMPT"] = "0"
    # messages are read here
    environment["LC_ALL"] = "C"
    return environment


def _names(output: bytes) -> list[str]:
    return [os.fsdecode(name) for name in output.split(b"\0") if name]
