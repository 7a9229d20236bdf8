"""List and search files: those that git tracks, with submodules, or those in a directory outside of git."""
from __future__ import annotations

import fnmatch
import functools
import itertools
import os
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.pins.paths import from_disk
from flake8_artifact_pin.repository.git import Entry
from flake8_artifact_pin.repository.git import names
from flake8_artifact_pin.repository.git import Repository

# Parts of comments that name APR001, in any case, or declare an encoding (PEP 263). They may match too much, but never
# too little.
_COMMENTS = (
    *map("".join, itertools.product("aA", "pP", "rR", "0")),
    "coding:",
    "coding=",
)

# A file with bytes beyond ASCII may spell a name of a pattern in other bytes: Python normalizes identifiers (PEP 3131).
# It matches null bytes, too, so that a file that is not a source is read and reported.
_BEYOND_ASCII = "[^\x01-\x7f]"

# Every option is given, so that no configuration changes the answer. Files of the work tree are searched unconverted.
_GREP = (
    *("grep", "-l", "-z", "-a", "--no-color", "--no-textconv", "--no-recurse-submodules", "--no-full-name"),
    *("--no-untracked", "--no-all-match", "--no-invert-match", "--no-word-regexp", "--no-ignore-case"),
)

# Limit for paths on a command line, in characters, on all systems. If there are more, all Python files are searched.
_COMMAND_LINE = 20_000


class NotCheckedOut(NamedTuple):
    """Paths below a directory that git tracks but has not checked out: files, and directories of submodules."""

    paths: frozenset[str] = frozenset()

    def has(self, path: str) -> bool:
        """Return whether a path is one of them or below one. The disk is not checked."""
        return not self.paths.isdisjoint(itertools.accumulate(path.split("/"), "{}/{}".format))


def tracked_files(repository: Repository) -> list[str]:
    """Return the files and links that git tracks below the directory, sorted.

    This includes files of submodules and of nested repositories, since flake8 finds them, too.
    """
    files = {entry.path for entry in repository.entries if not entry.is_submodule}
    for directory, inner in repository.submodules.items():
        location = repository.location(directory)
        if inner or os.path.exists(os.path.join(location, ".git")):
            found = tracked_files(inner) if inner else walked_files(location)
            files.update(f"{directory}/{file}" for file in found)
    return sorted(files)


def not_checked_out(repository: Repository) -> NotCheckedOut:
    """Return the paths below the directory that git tracks but has not checked out, also within submodules.

    They are outside of a sparse checkout, or submodules that are not initialized.
    """
    paths = {entry.path for entry in repository.entries if entry.is_skipped}
    for directory, inner in repository.submodules.items():
        if inner:
            # it is checked out, even if it is outside of the sparse checkout
            paths.discard(directory)
            paths.update(f"{directory}/{path}" for path in not_checked_out(inner).paths)
        else:
            paths.add(directory)
    return NotCheckedOut(frozenset(paths))


def walked_files(directory: str) -> Iterator[str]:
    """Yield the relative paths of the files below a directory, without flake8's default excludes."""
    for parent, directories, files in os.walk(directory):
        directories[:] = sorted(itertools.filterfalse(_is_excluded, directories))
        start = os.path.relpath(parent, directory).replace(os.sep, "/")
        for name in sorted(itertools.filterfalse(_is_excluded, files)):
            yield from_disk(name if start == os.curdir else f"{start}/{name}")


def untracked_files(repository: Repository) -> list[str]:
    """Return the files that git neither tracks nor ignores, without flake8's default excludes."""
    return [path for path in repository.untracked if not any(map(_is_excluded, path.split("/")))]


def _is_excluded(name: str) -> bool:
    return _excludes().match(os.path.normcase(name)) is not None


@functools.lru_cache(maxsize=1)
def _excludes() -> re.Pattern[str]:
    from flake8.defaults import EXCLUDE

    return re.compile("|".join(fnmatch.translate(os.path.normcase(pattern)) for pattern in EXCLUDE))


def expressions(pieces: Sequence[str]) -> Sequence[str]:
    """Return what git grep is to search for: every file that can matter holds one of the pieces or something else.

    That is a comment that names APR001, an encoding or a character beyond ASCII. Return nothing if one of the pieces
    is empty: a pattern without a literal piece may be in any file.
    """
    return [*filter(str.isascii, pieces), *_COMMENTS, _BEYOND_ASCII] if all(pieces) else []


def files_without(repository: Repository, searched_for: Sequence[str], paths: Sequence[str]) -> frozenset[str]:
    """Return the paths that need not be read: Python files in which git grep finds no expression.

    Files that git does not search (links, untracked files, files of other repositories) or cannot read are not
    returned.
    """
    searched = {entry.path for entry in repository.entries if _is_searched(entry)}.intersection(paths)
    clean = _clean(repository, searched_for, searched) if searched and searched_for else set()
    for directory, inner in repository.submodules.items():
        start = f"{directory}/"
        inner_paths = [path.removeprefix(start) for path in paths if path.startswith(start)] if inner else []
        if inner and inner_paths:
            clean.update(start + path for path in files_without(inner, searched_for, inner_paths))
    return frozenset(clean)


def _clean(repository: Repository, searched_for: Sequence[str], searched: set[str]) -> set[str]:
    found = _grep(repository, searched_for, ["--", *_pathspecs(sorted(searched))])
    # git skips a file that has become a link
    return {
        path for path in searched if found is not None and path not in found
        and not os.path.islink(repository.location(path))
    }


def _pathspecs(paths: Sequence[str]) -> Sequence[str]:
    literal = [f":(literal){path}" for path in paths]
    return literal if sum(map(len, literal)) + len(literal) < _COMMAND_LINE else ["*.py"]


def tree_files_without(
    repository: Repository, commit: str, searched_for: Sequence[str], entries: Iterable[Entry],
) -> frozenset[str]:
    """Return the paths of a commit's entries that need not be read; see files_without()."""
    found = _grep(repository, searched_for, [commit, "--", "*.py"]) if searched_for else None
    if found is None:
        return frozenset()
    paths = {entry.path for entry in entries if entry.is_file and entry.path.endswith(".py")}
    return frozenset(path for path in paths if f"{commit}:{path}" not in found)


def _grep(repository: Repository, searched_for: Sequence[str], where: Sequence[str]) -> frozenset[str] | None:
    """Return the files that git grep finds; None if it could not read all files."""
    # git searches for an expression without special characters as fast as with -F
    answer = repository.ask(*_GREP, "-E", *(f"-e{expression}" for expression in searched_for), *where)
    return None if answer.status > 1 or answer.messages else frozenset(names(answer.output))


def _is_searched(entry: Entry) -> bool:
    """Return whether git grep searches an entry's file in the work tree, and not only in the index or not at all."""
    return entry.is_file and entry.tag == "H" and entry.path.endswith(".py")
