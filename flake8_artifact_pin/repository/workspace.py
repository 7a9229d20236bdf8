"""The files that a verb works on, and the pins that govern them."""
from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.errors import BrokenPinsError
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.repository.git import find_repository
from flake8_artifact_pin.repository.git import NotCheckedOut
from flake8_artifact_pin.repository.git import Repository
from flake8_artifact_pin.repository.git import walked_files
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.files import find_pins_file
from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.files import PinsNotFoundError
from flake8_artifact_pin.rules.findings import judge_pins


class Workspace(NamedTuple):
    """The pins, their matcher, and the git repository around their directory, if there is one."""

    pins: Pins
    matcher: Matcher
    repository: Repository | None

    def shown(self, path: str) -> str:
        """Return a path of the pins file (or the pins file's own base name) relative to the working directory."""
        return relative(self.location(path), self.pins.cwd).replace(os.sep, "/")

    def location(self, path: str) -> str:
        """Return where the file of a path of the pins file is."""
        return os.path.join(self.pins.root, path)

    def not_checked_out(self) -> NotCheckedOut:
        """Return what git tracks and has not checked out, as paths of the pins file."""
        return self.repository.not_checked_out() if self.repository else NotCheckedOut()

    def files(self, names: Sequence[str] = ()) -> list[str]:
        """Return the files to judge, as paths of the pins file, sorted.

        They are the Python files that git tracks and those that are pinned; outside git, those that flake8 finds.
        If some are named, they are these files, whether git tracks them or not, and those below these directories.
        Raise UsageError for a name that does not exist, that the pins are not for, or that holds no such file.
        """
        files = set()
        for name in names:
            files.update(self._named_files(name))
        return sorted(files if names else self._found_files())

    def _named_files(self, name: str) -> list[str]:
        if not os.path.exists(name):
            raise UsageError(f"there is no {name}: correct the path")
        root = self.pins.root
        is_root = os.path.realpath(name) == os.path.realpath(root)
        path = "" if is_root else self._governed(name)
        if path is None:
            raise UsageError(f"{name} is outside of {root}, which the pins are for: name a file below it")
        if os.path.isfile(name):
            return [path]
        if not os.path.isdir(name):
            raise UsageError(f"{name} is no regular file: name a Python file or a directory")
        files = [file for file in self._found_files() if is_root or file.startswith(f"{path}/")]
        if not files:
            raise UsageError(f"no Python file below {name} is tracked by git: add it to git, or name the file itself")
        return files

    def _governed(self, name: str) -> str | None:
        """Return the path that a file or directory has in the pins file; None if it is outside."""
        path = relative(os.path.abspath(name), self.pins.root).replace(os.sep, "/")
        # a back slash in a name would be taken for that of Windows
        return path if "\\" in path and not path.startswith(os.pardir) else governed_path(self.pins, name)

    def _found_files(self) -> list[str]:
        """Return the files of the whole repository: in one where git tracks none yet, those that flake8 finds."""
        tracked = self.repository.tracked_files() if self.repository else []
        pinned = (path for path in self.pins.pins if os.path.isfile(self.location(path)))
        return sorted({*(tracked or walked_files(self.pins.root)), *pinned})


def open_workspace(named: str | None) -> Workspace:
    """Return the workspace of the working directory; ``named`` is the pins file that the user names, if any.

    Raise UsageError if that does not exist, and BrokenPinsError if the pins cannot be used.
    """
    pins = find_pins(named)
    if pins.faults:
        raise BrokenPinsError(relative(pins.path, pins.cwd), judge_pins(pins, ()))
    return workspace_of(pins)


def workspace_of(pins: Pins) -> Workspace:
    """Return the workspace of pins that can be used."""
    return Workspace(pins, compile_patterns((*DEFAULT_PATTERNS, *pins.patterns)), find_repository(pins.root))


def find_pins(named: str | None) -> Pins:
    """Return the pins of the working directory, with their faults if they have any.

    The pins file is the one that is named, or the one that flake8's configuration names, or the nearest.
    """
    cwd = os.getcwd()
    option = "--pins"
    if named is None:
        named, option = _configured(), "artifact-pins in flake8's configuration"
    try:
        return load_pins(find_pins_file(named, cwd), cwd)
    except PinsNotFoundError as error:
        raise UsageError(f"{option}: {error}")


def relative(path: str, directory: str) -> str:
    """Return a path relative to a directory, or as it is if they are on different drives."""
    try:
        return os.path.relpath(path, directory)
    except ValueError:
        return path


def _configured() -> str | None:
    """Return the pins file that flake8's configuration names, as flake8 would understand it."""
    import configparser

    from flake8.exceptions import ExecutionError
    from flake8.options.config import load_config
    from flake8.utils import normalize_path

    try:
        config, directory = load_config(None, [])
    except (ExecutionError, configparser.Error) as error:
        raise UsageError(f"flake8's configuration: {' '.join(str(error).split())}")
    section = config["flake8"] if "flake8" in config else {}
    value = section.get("artifact-pins", section.get("artifact_pins"))
    return None if value is None else normalize_path(value, directory)
