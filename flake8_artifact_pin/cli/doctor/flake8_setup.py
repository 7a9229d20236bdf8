"""flake8 as it runs in the working directory without arguments: its options, decisions and configuration."""
from __future__ import annotations

import argparse
import configparser
import contextlib
import inspect
import io
import itertools
import logging
import os
import re
import warnings
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8 import utils
from flake8.checker import FileChecker
from flake8.checker import Results
from flake8.discover_files import expand_paths
from flake8.exceptions import ExecutionError
from flake8.exceptions import Flake8Exception
from flake8.formatting.default import Nothing
from flake8.main.application import Application
from flake8.options.config import load_config
from flake8.plugins.finder import Checkers
from flake8.plugins.finder import LoadedPlugin
from flake8.plugins.finder import parse_plugin_options
from flake8.processor import FileProcessor
from flake8.style_guide import Decision
from flake8.style_guide import StyleGuideManager

from flake8_artifact_pin.checker import ArtifactPinChecker
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.reporter import ArtifactPinReporter
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.source.stores import compile_matcher

LOG = logging.getLogger(__name__)

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


class Flake8(NamedTuple):
    """The state of flake8 for a run without arguments.

    ``plugin`` is this plugin as flake8 loaded it, or None; ``pins`` are the pins that it uses. ``required`` are the
    names in require-plugins. Paths in the configuration are relative to ``directory``.
    """

    options: argparse.Namespace
    guide: StyleGuideManager
    plugin: LoadedPlugin | None
    pins: Pins
    required: frozenset[str]
    config: ConfigFile | None
    directory: str

    @property
    def matcher(self) -> Matcher:
        """The matcher of the PUT calls that count."""
        return compile_matcher(self.pins.stores, self.pins.patterns)

    def place(self, option: str, is_wanted: Callable[[str], bool] = bool) -> Place:
        """Return the place of an option in flake8's configuration; see ConfigFile.find()."""
        return self.config.find(option, is_wanted) if self.config else Place()

    def place_of_item(self, option: str, item: str) -> Place:
        """Return the place of an item of a list option in flake8's configuration."""
        def has_item(text: str) -> bool:
            return item in utils.normalize_paths(utils.parse_comma_separated_list(text), self.directory)

        return self.place(option, has_item)

    def place_of_file_pattern(self, pattern: str) -> Place:
        """Return the place of a pattern of per-file-ignores; it is given in the form of StyleGuide.filename."""
        return self.place(
            "per-file-ignores", lambda text: pattern in utils.normalize_paths(re.split(r"[\s,:]+", text)),
        )

    def is_selected(self, code: str, name: str | None = None) -> bool:
        """Return whether flake8 reports a code in a file; without a name, in files without per-file-ignores."""
        guide = self.guide.default_style_guide if name is None else self.guide.style_guide_for(name)
        return guide.should_report_error(code) is Decision.Selected

    def found_files(self) -> frozenset[str]:
        """Return the absolute paths of the files that flake8 lints."""
        arguments = {
            "paths": self.options.filenames,
            "stdin_display_name": self.options.stdin_display_name,
            "filename_patterns": self.options.filename,
            "exclude": (*self.options.exclude, *self.options.extend_exclude),
            # only flake8 5 has this parameter
            "is_running_from_diff": False,
        }
        known = inspect.signature(expand_paths).parameters
        found = expand_paths(**{name: value for name, value in arguments.items() if name in known})
        return frozenset(map(os.path.abspath, found))

    def exclusion(self, name: str) -> tuple[str, str] | None:
        """Return the option and its pattern that exclude a file or a directory above it, if there is one.

        ``name`` begins with the working directory, as flake8 has it: ``./collectors/prices.py``.
        """
        for path in itertools.accumulate(name.split(os.sep), os.path.join):
            for option in ("exclude", "extend-exclude"):
                for pattern in getattr(self.options, option.replace("-", "_")):
                    if utils.matches_filename(path, [pattern], "%(path)s %(whether)s", LOG):
                        return option, pattern
        return None

    def read(self, name: str) -> list[str]:
        """Return the lines of a file as flake8 reads them, all of them with an end.

        Raise OSError or LookupError if it cannot.
        """
        lines: list[str] = FileProcessor(name, self.options).lines
        return [line if line.endswith("\n") else f"{line}\n" for line in lines]

    def trial(self, name: str, lines: Sequence[str]) -> Trial:
        """Return a checker that lints these lines as if a file had them, with this plugin only."""
        return Trial(name, lines, Checkers([self.plugin] if self.plugin else [], [], []), self.options)

    def reported(self, trial: Trial) -> set[tuple[str, int]]:
        """Return the code and the line (1-based) of each finding that flake8 reports."""
        return {
            (code, line)
            for code, line, column, text, physical_line in trial.findings()
            if self.guide.handle_error(code, trial.filename, line, column, text, physical_line)
        }


class Trial(FileChecker):
    """flake8's checker of one file, on lines that may differ from those on disk."""

    def __init__(self, name: str, lines: Sequence[str], plugins: Checkers, options: argparse.Namespace) -> None:
        """Take the arguments of FileChecker, and the lines."""
        self._own_processor = FileProcessor(name, options, list(lines))
        super().__init__(filename=name, plugins=plugins, options=options)

    def _make_processor(self) -> FileProcessor:
        return self._own_processor

    def findings(self) -> Results:
        """Return the findings of the plugins, or E999, before flake8 filters them."""
        with warnings.catch_warnings():
            # SyntaxWarnings, for invalid escapes and the like, are not our findings
            warnings.simplefilter("ignore")
            try:
                self.run_ast_checks()
            except SyntaxError:
                self.run_checks()
        results: Results = self.results
        return results


@contextlib.contextmanager
def open_flake8() -> Iterator[Flake8]:
    """Initialize flake8 and yield its state; restore the plugin's class attributes afterwards.

    Raise UsageError if flake8 refuses to run.
    """
    state = ArtifactPinChecker.pins, ArtifactPinReporter.interposition
    try:
        yield _started()
    finally:
        ArtifactPinChecker.pins, ArtifactPinReporter.interposition = state


def _started() -> Flake8:
    output = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace")
    config = None
    application = Application()
    try:
        # discard the output of plugins
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            parser, directory = load_config(None, [])
            config = find_config_file(directory)
            application.initialize([])
            guide = StyleGuideManager(application.options, Nothing(application.options))
    except (Flake8Exception, configparser.Error, ValueError, SystemExit) as error:
        # for a wrong value of an option, flake8 raises a bare ValueError, and argparse exits
        output.seek(0)
        raise UsageError(_refusal(error, output.read(), config)) from error
    required = parse_plugin_options(parser, directory, enable_extensions=None, require_plugins=None).require_plugins
    loaded = (plugin for plugin in application.plugins.checkers.tree if plugin.obj is ArtifactPinChecker)
    return Flake8(
        options=application.options,
        guide=guide,
        plugin=next(loaded, None),
        pins=ArtifactPinChecker.pins,
        required=frozenset(map(utils.normalize_pypi_name, required)),
        config=config,
        directory=directory,
    )


def _refusal(error: BaseException, output: str, config: ConfigFile | None) -> str:
    """Return one line that says why flake8 refuses to run."""
    if isinstance(error, SystemExit):
        reason = output.rpartition("flake8: error: ")[2] or str(error)
    else:
        reason = str(error) if isinstance(error, Flake8Exception) else f"{type(error).__name__}: {error}"
    where = f" ({config.place.path})" if config else ""
    return f"flake8 refuses to run here{where}: {' '.join(reason.split())}"
