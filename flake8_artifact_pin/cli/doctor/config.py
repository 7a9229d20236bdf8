"""flake8's configuration file, and the lines of its options, which flake8 does not keep."""
from __future__ import annotations

import configparser
import itertools
import os
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8.exceptions import ExecutionError
from flake8.options.config import load_config

from flake8_artifact_pin.pins.paths import relative

# In flake8's order: it uses the first file with one of the sections.
_FILES = ("setup.cfg", "tox.ini", ".flake8")
_SECTIONS = frozenset(["flake8", "flake8:local-plugins"])


class Place(NamedTuple):
    """A place to correct: the path is relative to the working directory, the line 1-based."""

    path: str | None = None
    line: int | None = None


class ConfigFile(NamedTuple):
    """A configuration file of flake8: its absolute path and its lines."""

    path: str
    lines: Sequence[str]

    @property
    def place(self) -> Place:
        """The place of the section [flake8]."""
        titles = (number for number, line in enumerate(self.lines, start=1) if line.strip().startswith("[flake8]"))
        return Place(relative(self.path, os.getcwd()), next(titles, None))

    def find(self, option: str, is_wanted: Callable[[str], bool]) -> Place:
        """Return the place of an option's value: its first wanted line, or else its first line.

        Return an empty place if the option is not set here.
        """
        texts = self._values().get(option, {})
        wanted = (number for number, text in texts.items() if is_wanted(text))
        line = next(itertools.chain(wanted, texts), None)
        return Place() if line is None else self.place._replace(line=line)

    def _values(self) -> Mapping[str, Mapping[int, str]]:
        """Return the texts of each option of the section [flake8], by their lines.

        configparser keeps no lines, so that each line gets its number behind a null character.
        """
        numbered = (f"{line.rstrip()}\0{number}" if line.strip() else "" for number, line in enumerate(self.lines, 1))
        parser = configparser.RawConfigParser()
        parser.read_string("\n".join(numbered))
        found = {}
        for name, value in parser["flake8"].items() if "flake8" in parser else ():
            parts = (part.rpartition("\0") for part in value.split("\n") if part)
            found[name.replace("_", "-")] = {int(number): text for text, _, number in parts}
        return found


def find_config_file(directory: str) -> ConfigFile | None:
    """Return flake8's configuration file in a directory, or None. flake8 tells only the directory."""
    for name in _FILES:
        path = os.path.join(directory, name)
        try:
            parser, _ = load_config(path, [])
        except (ExecutionError, UnicodeDecodeError, configparser.ParsingError):
            # it does not exist, or flake8 skips it
            continue
        if not _SECTIONS.isdisjoint(parser):
            with open(path, encoding="utf-8") as file:
                return ConfigFile(path, file.readlines())
    return None
