"""Read and report the files that can matter. Most files of a repository make no PUT call and are not parsed."""
from __future__ import annotations

import argparse
import ast
import io
import os
import stat
import sys
import tokenize
import warnings
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple
from typing import TYPE_CHECKING

from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.pins.paths import on_disk
from flake8_artifact_pin.repository.files import expressions
from flake8_artifact_pin.repository.files import files_without
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.findings import make_finding
from flake8_artifact_pin.source.noqa import FileNoqa
from flake8_artifact_pin.source.noqa import find_file_noqa
from flake8_artifact_pin.source.noqa import noqa_lines
from flake8_artifact_pin.source.noqa import Suppression
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.source.prefilter import may_matter
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import report_file

if TYPE_CHECKING:
    from flake8.processor import FileProcessor

# The options that flake8's FileProcessor reads, with flake8's defaults. A noqa for a whole file is judged here, so
# flake8 must not skip the file.
_OPTIONS = argparse.Namespace(
    disable_noqa=True,
    hang_closing=False,
    indent_size=4,
    max_doc_length=None,
    max_line_length=79,
    stdin_display_name="stdin",
    verbose=0,
)

#: The exceptions of ast.parse() for a source that it cannot parse.
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)

_PYTHON = f"Python {sys.version_info[0]}.{sys.version_info[1]}"


class Source(NamedTuple):
    """The report of a source text, the line that makes flake8 skip it, and the problem if it cannot be parsed."""

    report: FileReport
    file_noqa: FileNoqa | None = None
    problem: Finding | None = None


class ScannedFile(NamedTuple):
    """A file that can matter.

    ``name`` is relative to the working directory. ``path`` is the path in the pins file, and ``exempt`` the key that
    exempts it, or empty. ``problems`` say why it cannot be read (E902) or parsed (E999, in flake8's words, despite any
    noqa comment); then the report is empty. ``file_noqa`` makes flake8 skip the file.
    """

    name: str
    path: str
    exempt: str
    report: FileReport
    file_noqa: FileNoqa | None = None
    problems: Sequence[FileFinding] = ()


def scan(
    workspace: Workspace,
    paths: Sequence[str],
    progress: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> Iterator[ScannedFile]:
    """Yield the files that can matter among the given paths (as in the pins file), in their order.

    A file matters if it is pinned, or may hold a PUT call or a comment that names APR001. Missing files are skipped.
    ``progress`` gets the paths of the files to read, and yields them one by one.
    """
    pinned = workspace.pins.pins
    unpinned = [path for path in paths if path not in pinned]
    skipped: frozenset[str] = frozenset()
    if workspace.repository and unpinned:
        skipped = files_without(workspace.repository, expressions(workspace.matcher.pieces), unpinned)
    for path in progress([path for path in paths if path not in skipped]):
        scanned = _scan_file(workspace, path)
        if scanned is not None:
            yield scanned


def distinct(workspace: Workspace, scanned_files: Iterable[ScannedFile]) -> list[ScannedFile]:
    """Return each file once, under its name in the pins file, even if symbolic links lead to it."""
    files: dict[str, ScannedFile] = {}
    for scanned in scanned_files:
        is_there = os.path.exists(workspace.location(scanned.path))
        files[scanned.path] = scanned._replace(name=workspace.shown(scanned.path)) if is_there else scanned
    return sorted(files.values(), key=lambda scanned: scanned.name)


def _scan_file(workspace: Workspace, found: str) -> ScannedFile | None:
    """Return the scanned file; None if it cannot matter or is missing."""
    name, location = workspace.shown(found), workspace.location(found)
    # errors must show the name that flake8 would show; "-" would be standard input
    filename = location if name == "-" else on_disk(name)
    try:
        if not stat.S_ISREG(os.stat(filename).st_mode):
            # opening a pipe would block
            raise _NotRegularError("not a regular file")
        processor = _processor(filename)
    except OSError as error:
        if os.path.isdir(location) or not os.path.lexists(location):
            return None
        unreadable = make_finding(0, 0, "E902", f"{type(error).__name__.lstrip('_')}: {error}")
        return _scanned(workspace, found, Source(_EMPTY, problem=unreadable))
    may_be_pinned = found in workspace.pins.pins or os.path.islink(location)
    if not may_be_pinned and not may_matter("".join(processor.lines), workspace.matcher):
        return None
    return _scanned(workspace, found, _read(name, processor, workspace.matcher))


def _processor(filename: str) -> FileProcessor:
    from flake8.processor import FileProcessor

    try:
        return FileProcessor(filename, _OPTIONS)
    except LookupError:
        # FileProcessor fails if a file declares an encoding that is not for text, such as base64
        with open(filename, encoding="latin-1") as file:
            return FileProcessor(filename, _OPTIONS, file.readlines())


def _scanned(workspace: Workspace, found: str, source: Source) -> ScannedFile:
    pins, name = workspace.pins, workspace.shown(found)
    path = governed_path(pins, workspace.location(found)) or found
    exempt = exemption(pins.exempt, path) or ""
    problems = [FileFinding(name, source.problem)] if source.problem else []
    return ScannedFile(name, path, exempt, source.report, source.file_noqa, problems)


def read_source(name: str, lines: list[str], matcher: Matcher) -> Source:
    """Return the source of lines; ``name`` is the file's path, relative to the working directory."""
    from flake8.processor import FileProcessor

    return _read(name, FileProcessor(name, _OPTIONS, lines), matcher)


def _read(name: str, processor: FileProcessor, matcher: Matcher) -> Source:
    text = "".join(processor.lines)
    try:
        with warnings.catch_warnings():
            # SyntaxWarnings, for invalid escapes and the like, are not our findings
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except UNPARSABLE as error:
        return Source(_EMPTY._replace(lines=processor.lines), problem=_unparsable(processor, error))
    report = report_file(tree, processor.lines, name, processor.noqa_line_for, matcher)
    file_noqa = find_file_noqa(processor.lines) if report.sites and "noqa" in text.lower() else None
    if file_noqa and file_noqa.reason:
        report = report._replace(sites=[
            site._replace(suppression=Suppression.JUSTIFIED, reason=site.reason or file_noqa.reason, name="")
            for site in report.sites
        ])
    return Source(report, file_noqa)


def _unparsable(processor: FileProcessor, error: Exception) -> Finding:
    """Return flake8's E999 for a source that Python cannot parse, with the version of Python."""
    from flake8.checker import FileChecker
    from flake8.plugins.finder import Checkers

    # use flake8's message and position, without reading the file again: it may have changed
    checker = FileChecker(filename=os.devnull, plugins=Checkers([], [], []), options=_OPTIONS)
    checker.processor, checker.should_process = processor, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            checker.run_checks()
        code, line, column, text, _ = checker.results[0]
    except (IndexError, *UNPARSABLE):
        code, line, column, text = "E999", 1, 0, f"{type(error).__name__}: {error}"
    return make_finding(line, column or 0, code, f"{text} ({_PYTHON})")


def decode(data: bytes) -> list[str]:
    """Return the lines of a source file as flake8's FileProcessor decodes them."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).readlines()
    except (LookupError, SyntaxError, UnicodeError):
        return io.TextIOWrapper(io.BytesIO(data), "latin-1").readlines()


class _NotRegularError(OSError):
    """A file that is a pipe, a socket or a device."""


_EMPTY = FileReport((), (), noqa_lines("", dict[int, str]().get, ()))
