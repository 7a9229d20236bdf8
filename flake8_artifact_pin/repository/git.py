"""Ask git. Every call goes through run_git(), which lets no configuration change an answer or run a program."""
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

# Which repository is meant depends on the directory alone: a hook of git runs with variables that name another one, and
# others name programs or change what is printed. Of all those of git these stay.
_KEPT = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
)

# Messages are read here, and what is missing in a partial clone is not fetched: no transport is allowed, which older
# versions of git understand, too.
_SETTINGS = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "LANGUAGE": "C", "LC_ALL": "C"}

# A repository may have been made by an attacker: these are the programs that its configuration could run for the
# commands used here. None of these commands compares files of the work tree with blobs, which would run filters.
_OPTIONS = (
    "--no-pager",
    # what only reads takes no lock that another git might wait for
    "--no-optional-locks",
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", f"core.attributesFile={os.devnull}"),
    *("-c", "core.quotePath=false"),
)

_NO_GIT = "there is no git on the PATH"
# What is said of a directory that is in no repository's work tree. A bare repository that somebody committed is none.
_NO_WORK_TREE = (_NO_GIT, "not a git repository", "must be run in a work tree", "cannot use bare repository")


class Answer(NamedTuple):
    """What a git command printed on both streams, and its exit status."""

    command: str
    output: bytes
    messages: str
    status: int

    @property
    def checked(self) -> bytes:
        """What it printed; raise GitError if it failed."""
        if self.status:
            lines = self.messages.splitlines()
            reasons = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
            raise GitError(f"git: {next(iter([*reasons, *lines, f'git {self.command} failed']))}")
        return self.output


class Entry(NamedTuple):
    """A file, link or submodule that git tracks; ``tag`` is that of ``ls-files -v``, empty in a commit."""

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
    """A directory of a git repository's work tree; ``top`` is the work tree's own directory, both absolute.

    Paths are relative to ``directory`` and spelled as in the pins file. What git tracks is asked once.
    """

    def __init__(self, directory: str, top: str) -> None:
        self.directory = directory
        self.top = top

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Return what a git command prints; raise GitError if it fails."""
        return self.ask(*arguments, stdin=stdin).checked

    def ask(self, *arguments: str, stdin: bytes = b"") -> Answer:
        """Return what a git command prints on both streams, and its exit status."""
        return run_git(self.directory, arguments, stdin)

    @functools.cached_property
    def entries(self) -> Sequence[Entry]:
        """What this repository tracks below the directory, without what submodules track; sorted.

        A file that is not merged yet has several entries.
        """
        entries = []
        for record in names(self.git("ls-files", "-z", "-v", "--stage", "--cached")):
            fields, _, path = record.partition("\t")
            tag, mode, hash_, _ = fields.split(" ")
            entries.append(Entry(path, mode, hash_, tag))
        return sorted(entries)

    @functools.cached_property
    def submodules(self) -> Mapping[str, Repository | None]:
        """The submodules below the directory, without those within submodules, by their directories.

        The value is None if the submodule is not checked out, or broken.
        """
        return {entry.path: self._inner(entry.path) for entry in self.entries if entry.is_submodule}

    def place(self, path: str) -> str:
        """Return where a file is."""
        return os.path.join(self.directory, on_disk(path))

    def _inner(self, directory: str) -> Repository | None:
        """Return the repository in a submodule's directory; None if it is not checked out, or broken."""
        place = self.place(directory)
        inner = find_repository(place) if os.path.exists(os.path.join(place, ".git")) else None
        # in a broken submodule git finds the repository around it
        return inner if inner and os.path.samefile(inner.top, place) else None

    def untracked_files(self) -> list[str]:
        """Return the files of any kind below the directory that git neither tracks nor ignores, sorted."""
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
        """Return the hashes of what a partial clone lacks of a commit."""
        output = self.git("rev-list", "--objects", "--no-object-names", "--missing=print", "--no-walk", commit)
        return frozenset(line.removeprefix("?") for line in output.decode().splitlines() if line.startswith("?"))

    def contents(self, hashes: Sequence[str]) -> list[bytes | None]:
        """Return the contents of blobs; None for one that does not exist.

        Raise GitError if a partial clone lacks one: ask missing() first.
        """
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

    def merge_base(self, commit: str, other: str) -> str | None:
        """Return the hash of the best common ancestor of two commits; None if there is none here."""
        # status 1 says that there is none; any other one, that git failed
        answer = self.ask("merge-base", commit, other)
        return None if answer.status == 1 else answer.checked.decode().strip()

    def remotes(self) -> list[str]:
        """Return the names of the remotes."""
        return self.git("remote").decode(errors="surrogateescape").split()

    def default_branch(self, remote: str) -> str | None:
        """Return the remote's default branch, such as "origin/main"; None if that is not known here."""
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
    """Return the repository around a directory, or None if there is none, or no git.

    Raise GitError if there is one and git refuses to use it.
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
    """Run a git command in a directory, safely; see _OPTIONS. Raise GitError if there is no git."""
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
    """Return the paths that git prints with ``-z``, as the pins file spells them."""
    return [name.decode("utf-8", "surrogateescape") for name in output.split(b"\0") if name]


@functools.lru_cache(maxsize=1)
def _program(search_path: str) -> str:
    """Return the path of git, or an empty string.

    Windows looks in the working directory first, and a relative entry of PATH leads into it: there may be a git.exe
    that somebody committed.
    """
    directories = filter(os.path.isabs, search_path.split(os.pathsep))
    candidates = (os.path.join(directory, name) for directory in directories for name in _PROGRAM_NAMES)
    return next(filter(None, map(shutil.which, candidates)), "")


_PROGRAM_NAMES = ("git.exe",) if os.name == "nt" else ("git",)


def _environment() -> Mapping[str, str]:
    items = os.environ.items()
    kept = {name: value for name, value in items if not name.startswith("GIT_") or name.startswith(_KEPT)}
    return {**kept, **_SETTINGS}
