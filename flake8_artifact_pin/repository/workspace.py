"""The files that a verb works on, and their pins."""
from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.files import find_pins_file
from flake8_artifact_pin.pins.files import has_table
from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.files import PinsNotFoundError
from flake8_artifact_pin.pins.files import PYPROJECT
from flake8_artifact_pin.pins.files import read_text
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import directories_of
from flake8_artifact_pin.pins.paths import from_disk
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.pins.paths import has_wildcards
from flake8_artifact_pin.pins.paths import matches
from flake8_artifact_pin.pins.paths import on_disk
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.repository.configuration import Configuration
from flake8_artifact_pin.repository.configuration import read_configuration
from flake8_artifact_pin.repository.files import not_checked_out
from flake8_artifact_pin.repository.files import NotCheckedOut
from flake8_artifact_pin.repository.files import tracked_files
from flake8_artifact_pin.repository.files import untracked_files
from flake8_artifact_pin.repository.files import walked_files
from flake8_artifact_pin.repository.git import find_repository
from flake8_artifact_pin.repository.git import Repository
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.messages import pins_findings
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.source.stores import compile_matcher

_SUFFIXES = (".py", ".pyi", ".pyw")
# ``#!/usr/bin/env -S uv run --script`` is Python, too.
_SHEBANG = re.compile(rb"#!.*\b(?:python|pypy|uv run)")
_MAX_SHEBANG = 200


class BrokenPinsError(Exception):
    """The pins file cannot be used; ``path`` is relative to the working directory."""

    def __init__(self, path: str, findings: Sequence[Finding]) -> None:
        """Take the path and the faults as findings."""
        super().__init__(path)
        self.path = path
        self.findings = findings


class Workspace(NamedTuple):
    """The pins, their matcher, and the git repository around their directory, if there is one.

    ``patterns`` are those of flake8's option ``filename``. Paths are as in the pins file, unless stated otherwise:
    relative to its directory, with slashes, in UTF-8.
    """

    pins: Pins
    matcher: Matcher
    repository: Repository | None
    patterns: Sequence[str] = Configuration().patterns

    def shown(self, path: str) -> str:
        """Return a path of the pins file (or the pins file's own base name) relative to the working directory."""
        return from_disk(relative(self.location(path), self.pins.cwd)).replace(os.sep, "/")

    def location(self, path: str) -> str:
        """Return the absolute path of a file, as Python finds it."""
        return os.path.join(self.pins.root, on_disk(path))

    @property
    def git(self) -> Repository:
        """The repository. Raise UsageError if there is none."""
        if self.repository is None:
            raise UsageError(f"a comparison needs git: {self.pins.root} is in no git repository")
        return self.repository

    def not_checked_out(self) -> NotCheckedOut:
        """Return the paths that git tracks but has not checked out."""
        return not_checked_out(self.repository) if self.repository else NotCheckedOut()

    def files(self, names: Sequence[str] = ()) -> list[str]:
        """Return the Python files to judge, sorted.

        Without names, they are the files that git tracks and those that are pinned; outside of git, those that flake8
        finds. With names, they are the named files, tracked or not, and the files below the named directories. Raise
        UsageError for a name that does not exist, is outside of the pins file's directory, or holds no such file.
        """
        files = set()
        for name in names:
            files.update(self._named_files(name))
        return sorted(files if names else self._found_files())

    def untracked_files(self) -> list[str]:
        """Return the Python files without a pin that git neither tracks nor ignores. flake8 lints them, too."""
        found = untracked_files(self.repository) if self.repository else []
        return [path for path in found if self.is_linted(path) and path not in self.pins.pins]

    def is_python(self, path: str) -> bool:
        """Return whether a file is Python by its name, by flake8's configuration, or by its first line.

        No other files are judged, such as notebooks.
        """
        return is_python_name(path) or self.is_linted(path) or self._is_script(path)

    def pins_on_other_files(self) -> list[Pin]:
        """Return the pins on existing files that are not Python, whose writes this tool cannot see."""
        return [pin for pin in self.pins.pins.values() if self._is_file(pin.path) and not self.is_python(pin.path)]

    def exempted(self, paths: Iterable[str]) -> Mapping[str, int]:
        """Return how many of the paths each key of ``[exempt]`` exempts, regardless of other keys."""
        paths = list(paths)
        counts = Counter(name for path in paths for name in (path, *directories_of(path)))
        return {
            key: sum(matches(key, path) for path in paths) if has_wildcards(key) else counts[key]
            for key in self.pins.exempt.reasons
        }

    def pins_files_below(self) -> list[str]:
        """Return the other pins files below this one's directory, which flake8 uses if it runs there."""
        found = tracked_files(self.repository) if self.repository else walked_files(self.pins.root)
        return [path for path in found if path != self.pins.name and self._is_pins_file(path)]

    def _is_pins_file(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        return name == FILE_NAME or (name == PYPROJECT and has_table(read_text(self.location(path))[0]))

    def is_linted(self, path: str) -> bool:
        """Return whether flake8 lints a file that it finds in a directory."""
        if path.endswith(".py"):
            return True
        if tuple(self.patterns) == Configuration().patterns:
            return False
        from flake8.utils import fnmatch

        # flake8 may run in the working directory or in that of the pins file
        return not path.endswith(".ipynb") and any(
            fnmatch(f"./{name}", list(self.patterns)) for name in (self.shown(path), path)
        )

    def _is_script(self, path: str) -> bool:
        if not self._is_file(path):
            return False
        try:
            with open(self.location(path), "rb") as file:
                return is_script(path, file.read(_MAX_SHEBANG))
        except OSError:
            # scan() reports it
            return True

    def _is_file(self, path: str) -> bool:
        return os.path.isfile(self.location(path))

    def _named_files(self, name: str) -> list[str]:
        if not os.path.exists(name):
            raise UsageError(f"there is no {name}: correct the path")
        root = self.pins.root
        is_root = os.path.realpath(name) == os.path.realpath(root)
        path = "" if is_root else governed_path(self.pins, name)
        if path is None:
            raise UsageError(f"{name} is outside of {root}, which the pins are for: name a file below it")
        if os.path.isfile(name):
            if not self.is_python(path):
                raise UsageError(f"{name} is not Python, and nothing else is judged: name a Python file")
            return [path]
        if not os.path.isdir(name):
            raise UsageError(f"{name} is not a regular file: name a Python file or a directory")
        files = [file for file in self._found_files() if is_root or file.startswith(f"{path}/")]
        if not files:
            raise UsageError(f"no Python file below {name} is tracked by git: add it to git, or name the file itself")
        return files

    def _found_files(self) -> list[str]:
        """Return the files of the whole repository. If git tracks none yet, they are those that flake8 finds."""
        tracked = filter(self.is_linted, tracked_files(self.repository) if self.repository else ())
        found = list(tracked) or filter(self.is_linted, walked_files(self.pins.root))
        pinned = (path for path in self.pins.pins if self._is_file(path) and self.is_python(path))
        return sorted({*found, *pinned})


def open_workspace(named: str | None) -> Workspace:
    """Return the workspace of the working directory; ``named`` is the value of --pins, if any.

    Raise UsageError if that file does not exist, and BrokenPinsError if the pins file cannot be used.
    """
    pins = find_pins(named)
    if pins.faults:
        raise BrokenPinsError(relative(pins.path, pins.cwd), pins_findings(pins, ()))
    return workspace_of(pins)


def open_pinned(named: str | None) -> Workspace:
    """Return the workspace as open_workspace() does, and raise UsageError if there is no pins file."""
    workspace = open_workspace(named)
    if not workspace.pins.path:
        where = f"{workspace.pins.cwd} or a directory above it"
        raise UsageError(f"there is no {FILE_NAME} and no {PYPROJECT} with pins in {where}: create one with init")
    return workspace


def workspace_of(pins: Pins) -> Workspace:
    """Return the workspace of pins without faults."""
    patterns = read_configuration().patterns
    return Workspace(pins, compile_matcher(pins.stores, pins.patterns), find_repository(pins.root), patterns)


def find_pins(named: str | None) -> Pins:
    """Return the pins of the working directory, with their faults if they have any.

    The pins file is the named one, or the one in flake8's configuration, or the nearest. Raise UsageError if a named
    one does not exist.
    """
    cwd = os.getcwd()
    option = "--pins"
    if named is None:
        named, option = read_configuration().pins, "artifact-pins in flake8's configuration"
    try:
        return load_pins(find_pins_file(named, cwd), cwd)
    except PinsNotFoundError as error:
        raise UsageError(f"{option}: {error}")


def is_python_name(path: str) -> bool:
    """Return whether a file is Python by its suffix."""
    return path.endswith(_SUFFIXES)


def is_script(path: str, data: bytes) -> bool:
    """Return whether a file is a Python script: by its shebang, or, without a shebang, if its name has no suffix."""
    line = data[:_MAX_SHEBANG].partition(b"\n")[0]
    if line.startswith(b"#!"):
        return _SHEBANG.match(line) is not None
    return "." not in path.rpartition("/")[2]
