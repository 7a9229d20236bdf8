"""Run git. Every call goes through run_git(), so that no configuration changes an answer or runs a program."""
from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.paths import on_disk

# The variables of git that are kept. Others are removed: hooks run with variables that name another repository, and
# some name programs or change the output.
_KEPT_ENVIRONMENT = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
)

# Messages are parsed here, so they must be in English. A partial clone must not fetch: no transport is allowed, which
# older versions of git understand, too.
_SET_ENVIRONMENT = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "LANGUAGE": "C", "LC_ALL": "C"}

# An attacker may have made the repository. These options switch off the programs that its configuration could run for
# the commands used here. No command compares files of the work tree with blobs, which would run filters.
_OPTIONS = (
    "--no-pager",
    # take no lock for which another git might wait
    "--no-optional-locks",
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", f"core.attributesFile={os.devnull}"),
    *("-c", "core.quotePath=false"),
)

_NO_GIT = "there is no git on the PATH"
# Git's messages for a directory outside of a work tree. A bare repository that somebody committed counts as outside.
_NO_WORK_TREE = (_NO_GIT, "not a git repository", "must be run in a work tree", "cannot use bare repository")


class Answer(NamedTuple):
    """The output of a git command, its messages on stderr, and its exit status."""

    command: str
    output: bytes
    messages: str
    status: int

    @property
    def checked(self) -> bytes:
        """The output; raise GitError if the command failed."""
        if self.status:
            lines = self.messages.splitlines()
            reasons = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
            raise GitError(f"git: {next(iter([*reasons, *lines, f'git {self.command} failed']))}")
        return self.output


class Entry(NamedTuple):
    """A file, link or submodule that git tracks. ``tag`` is as in ``git ls-files -v``; empty in a commit."""

    path: str
    mode: str
    hash: str
    tag: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode.startswith("100")

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode == "120000"

    @property
    def is_submodule(self) -> bool:
        """Whether it is the commit of a submodule."""
        return self.mode == "160000"

    @property
    def is_skipped(self) -> bool:
        """Whether a sparse checkout leaves it out."""
        return self.tag in ("S", "s")


class GitError(UsageError):
    """A git command failed; the message is git's own first line."""


class Repository:
    """A directory in the work tree of a git repository; ``top`` is the top of the work tree. Both are absolute.

    Paths are relative to ``directory`` and spelled as in the pins file. Lists of files are cached.
    """

    def __init__(self, directory: str, top: str) -> None:
        self.directory = directory
        self.top = top

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Return the output of a git command. Raise GitError if it fails."""
        return self.ask(*arguments, stdin=stdin).checked

    def ask(self, *arguments: str, stdin: bytes = b"") -> Answer:
        """Run a git command in the directory; see run_git()."""
        return run_git(self.directory, arguments, stdin)

    @functools.cached_property
    def entries(self) -> Sequence[Entry]:
        """The files, links and submodules that this repository tracks below the directory, sorted.

        A file with an unresolved merge has several entries.
        """
        entries = []
        for record in names(self.git("ls-files", "-z", "-v", "--stage", "--cached")):
            fields, _, path = record.partition("\t")
            tag, mode, hash_, _ = fields.split(" ")
            entries.append(Entry(path, mode, hash_, tag))
        return sorted(entries)

    @functools.cached_property
    def submodules(self) -> Mapping[str, Repository | None]:
        """The submodules below the directory, by their directories, without nested ones.

        The value is None if the submodule is not checked out, or broken.
        """
        return {entry.path: self._inner(entry.path) for entry in self.entries if entry.is_submodule}

    def location(self, path: str) -> str:
        """Return the location of a path on disk."""
        return os.path.join(self.directory, on_disk(path))

    def _inner(self, directory: str) -> Repository | None:
        """Return the repository in a submodule's directory; None if it is not checked out, or broken."""
        location = self.location(directory)
        inner = find_repository(location) if os.path.exists(os.path.join(location, ".git")) else None
        # in a broken submodule git finds the repository around it
        return inner if inner and os.path.samefile(inner.top, location) else None

    @functools.cached_property
    def untracked(self) -> Sequence[str]:
        """The files of any kind below the directory that git neither tracks nor ignores, sorted."""
        return sorted(names(self.git("ls-files", "-z", "--others", "--exclude-standard")))

    def tree(self, commit: str) -> Mapping[str, Entry]:
        """Return the files, links and submodules of a commit below the directory, by their paths."""
        entries = {}
        for record in names(self.git("ls-tree", "-r", "-z", commit)):
            fields, _, path = record.partition("\t")
            mode, _, hash_ = fields.split(" ")
            entries[path] = Entry(path, mode, hash_)
        return entries

    def missing(self, commit: str) -> frozenset[str]:
        """Return the hashes of a commit's objects that a partial clone lacks."""
        output = self.git("rev-list", "--objects", "--no-object-names", "--missing=print", "--no-walk", commit)
        return frozenset(line.removeprefix("?") for line in output.decode().splitlines() if line.startswith("?"))

    def contents(self, hashes: Sequence[str]) -> list[bytes | None]:
        """Return the contents of blobs; None for one that does not exist.

        Raise GitError if a partial clone lacks one: ask missing() first.
        """
        if not hashes:
            return []
        output = self.git("cat-file", "--batch", stdin="".join(f"{hash_}\n" for hash_ in hashes).encode())
        contents: list[bytes | None] = []
        position = 0
        for _ in hashes:
            end = output.index(b"\n", position)
            header = output[position:end]
            position = end + 1
            if header.endswith(b" missing"):
                contents.append(None)
            else:
                size = int(header.split()[-1])
                contents.append(output[position:position + size])
                position += size + 1
        return contents

    def merge_base(self, revision: str) -> str | None:
        """Return the hash of the best common ancestor of a revision and HEAD; None if there is none here."""
        # status 1: there is none; any other status: git failed
        answer = self.ask("merge-base", "--end-of-options", revision, "HEAD")
        return None if answer.status == 1 else answer.checked.decode().strip()

    def remotes(self) -> list[str]:
        """Return the names of the remotes."""
        return self.git("remote").decode(errors="surrogateescape").split()

    def default_branch(self, remote: str) -> str | None:
        """Return the remote's default branch, such as "origin/main"; None if it is not known here."""
        answer = self.ask("symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD")
        return None if answer.status else answer.output.decode(errors="surrogateescape").strip()

    @property
    def is_shallow(self) -> bool:
        """Whether the repository lacks a part of its history."""
        return self.git("rev-parse", "--is-shallow-repository").strip() == b"true"

    def resolve(self, revision: str) -> str | None:
        """Return the hash of the commit that a revision names; None if there is no such commit."""
        answer = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return None if answer.status else answer.output.decode().strip()


def find_repository(directory: str) -> Repository | None:
    """Return the repository around a directory; None if there is none, or if git is not installed.

    Raise GitError if git refuses to use the repository.
    """
    here = Repository(directory, directory)
    try:
        top = os.fsdecode(here.git("rev-parse", "--show-toplevel"))
    except GitError as error:
        if any(words in str(error) for words in _NO_WORK_TREE):
            return None
        raise
    return Repository(directory, os.path.normpath(top.removesuffix("\n")))


def run_git(directory: str, arguments: Sequence[str], stdin: bytes = b"") -> Answer:
    """Run a git command safely in a directory (see _OPTIONS). Raise GitError if git is not installed."""
    program = _program(os.environ.get("PATH", os.defpath))
    if not program:
        raise GitError(f"git: {_NO_GIT}")
    process = subprocess.run(
        [program, *_OPTIONS, *(argument.encode("utf-8", "surrogateescape") for argument in arguments)],
        cwd=directory,
        env=_environment(),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return Answer(arguments[0], process.stdout, process.stderr.decode(errors="replace"), process.returncode)


def names(output: bytes) -> list[str]:
    """Return the paths in output of ``-z``, as the pins file spells them."""
    return [name.decode("utf-8", "surrogateescape") for name in output.split(b"\0") if name]


@functools.lru_cache(maxsize=1)
def _program(search_path: str) -> str:
    """Return the path of git, or an empty string.

    Only absolute directories of PATH are searched. Windows, and relative entries, would find a git.exe that somebody
    committed to the working directory.
    """
    directories = filter(os.path.isabs, search_path.split(os.pathsep))
    candidates = (os.path.join(directory, name) for directory in directories for name in _PROGRAM_NAMES)
    return next(filter(None, map(shutil.which, candidates)), "")


_PROGRAM_NAMES = ("git.exe",) if os.name == "nt" else ("git",)


def _environment() -> Mapping[str, str]:
    items = os.environ.items()
    kept = {name: value for name, value in items if not name.startswith("GIT_") or name.startswith(_KEPT_ENVIRONMENT)}
    return {**kept, **_SET_ENVIRONMENT}
