"""Gather the facts of the files that can matter, quickly: most files of a repository make no PUT call."""
from __future__ import annotations

import argparse
import ast
import bisect
import contextlib
import gc
import io
import os
import re
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

from flake8_artifact_pin.cli.output import FileFinding
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import report_file
from flake8_artifact_pin.source.report import may_matter
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.source.noqa import FileNoqa
from flake8_artifact_pin.source.noqa import find_file_noqa
from flake8_artifact_pin.source.noqa import noqa_lines
from flake8_artifact_pin.source.noqa import Suppression

if TYPE_CHECKING:
    from flake8.processor import FileProcessor

# An encoding that is declared (PEP 263) and in which ASCII characters may not be themselves.
_FOREIGN = re.compile(
    rb"\A(?:[^\n]*\n)?[ \t\f]*#[^\n]*coding[:=](?![ \t]*(?:utf-?8|latin-?1|ascii|iso-8859))", re.IGNORECASE,
)

# What flake8's file processor asks of its options, with flake8's own defaults. A noqa that stands for a whole file
# is judged here, so flake8 need not skip the file.
_OPTIONS = argparse.Namespace(
    disable_noqa=True,
    hang_closing=False,
    indent_size=4,
    max_doc_length=None,
    max_line_length=79,
    stdin_display_name="stdin",
    verbose=0,
)

_OPEN_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

# The size up to which all files of a repository are parsed, in bytes: about half a second's work.
_PARSED_ANYWAY = 2_000_000

#: What ast.parse() raises for a source that it cannot parse.
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


class Source(NamedTuple):
    """What a source text says: its facts, and the line that makes flake8 skip it.

    ``problems`` are flake8's E999 or E902 if it cannot be parsed or read: then there are no facts.
    """

    facts: FileReport
    file_noqa: FileNoqa | None = None
    problems: Sequence[Finding] = ()


class SurveyedFile(NamedTuple):
    """A file that can matter.

    ``name`` is relative to the working directory, ``path`` is the one of the pins file, ``exempt`` the key of
    ``[exempt]`` that exempts it, or an empty string.
    """

    name: str
    path: str
    exempt: str
    source: Source

    @property
    def problems(self) -> Sequence[FileFinding]:
        """What keeps it from being judged, as findings of the file."""
        return [FileFinding(self.name, problem) for problem in self.source.problems]


def survey(workspace: Workspace, paths: Iterable[str]) -> Iterator[SurveyedFile]:
    """Yield the files that can matter, of those at some paths of the pins file, in their order.

    A file matters that may hold a PUT call or a comment that names APR001, or that is pinned. A file that is no
    longer there is left out: if it is pinned, its pin is stale.
    """
    # trees are many objects and no cycles, so that looking for those takes a tenth of the time for nothing
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        yield from _survey(workspace, paths)
    finally:
        (gc.enable if is_collecting else gc.disable)()


def _survey(workspace: Workspace, paths: Iterable[str]) -> Iterator[SurveyedFile]:
    passed_over = []
    size = 0
    for found in paths:
        filename = workspace.location(found)
        try:
            data = _read(filename)
        except OSError as error:
            if not os.path.isdir(filename) and os.path.lexists(filename):
                yield _surveyed(workspace, found, error)
            continue
        lines = None if _is_plain(data) else decode(data)
        text = data.decode("ascii") if lines is None else "".join(lines)
        if found in workspace.pins.pins or may_matter(text, workspace.matcher) or _is_special(filename, text):
            yield _surveyed(workspace, found, lines or decode(data))
        else:
            passed_over.append(found)
            size += len(data)
    if size <= _PARSED_ANYWAY:
        # they cannot hold a PUT call, but where it takes no time their errors are not passed over
        for found in passed_over:
            surveyed = _surveyed(workspace, found, decode(_read(workspace.location(found))))
            if surveyed.source.problems:
                yield surveyed


def distinct(workspace: Workspace, surveyed_files: Iterable[SurveyedFile]) -> list[SurveyedFile]:
    """Return each file once, where symbolic links lead to it under several names: under that of the pins file."""
    files: dict[str, SurveyedFile] = {}
    for surveyed in surveyed_files:
        is_there = os.path.exists(workspace.location(surveyed.path))
        files[surveyed.path] = surveyed._replace(name=workspace.shown(surveyed.path)) if is_there else surveyed
    return sorted(files.values(), key=lambda surveyed: surveyed.name)


def _surveyed(workspace: Workspace, found: str, content: list[str] | OSError) -> SurveyedFile:
    """Return what is to be said of a file, given its lines or why it cannot be read."""
    pins = workspace.pins
    name = workspace.shown(found)
    try:
        if isinstance(content, OSError):
            source = _unusable(name, content)
        else:
            source = read_source(name, content, workspace.matcher)
    except UNPARSABLE as error:
        source = _unusable(name, error)
    path = governed_path(pins, workspace.location(found)) or found
    exempt = "" if path in pins.pins else exemption(pins.exempt, path) or ""
    return SurveyedFile(name, path, exempt, source)


def _is_special(filename: str, text: str) -> bool:
    """Return whether a text is no Python at a glance, or a link: it may lead to a pinned file."""
    return "\0" in text or "<<<<<<< " in text or os.path.islink(filename)


def read_source(name: str, lines: list[str], matcher: Matcher) -> Source:
    """Return what the lines of a source say; ``name`` is the file's, relative to the working directory.

    Raise one of UNPARSABLE if Python cannot parse it.
    """
    from flake8.processor import FileProcessor

    processor = FileProcessor(name, _OPTIONS, lines)
    text = "".join(processor.lines)
    with warnings.catch_warnings():
        # those of the compiler, on escapes and the like, are for others to report
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    has_noqa = "noqa" in text.lower()
    noqa_line_for = _noqa_line_for(processor, tree) if has_noqa else _without_noqa
    facts = report_file(tree, processor.lines, name, noqa_line_for, matcher)
    file_noqa = find_file_noqa(processor.lines) if has_noqa and facts.sites else None
    if file_noqa and file_noqa.reason:
        facts = facts._replace(sites=[
            site._replace(suppression=Suppression.JUSTIFIED, reason=site.reason or file_noqa.reason, name="")
            for site in facts.sites
        ])
    return Source(facts, file_noqa)


def _noqa_line_for(processor: FileProcessor, tree: ast.Module) -> Callable[[int], str | None]:
    """Return flake8's function, but for lines in whose top-level statements no noqa is: those have none.

    flake8's answer takes it a pass over all tokens of the file, which is more than all else that is done with it.
    """
    lines = [number for number, line in enumerate(processor.lines, start=1) if "noqa" in line.lower()]
    blocks: list[tuple[int, int]] = []
    for statement in tree.body:
        first = min([statement.lineno, *(node.lineno for node in getattr(statement, "decorator_list", ()))])
        last = statement.end_lineno or first
        if blocks and first <= blocks[-1][1]:
            # ``a; b``: a string of the one may end where the other one stands
            first, last = blocks[-1][0], max(last, blocks.pop()[1])
        blocks.append((first, last))

    def noqa_line_for(line: int) -> str | None:
        index = bisect.bisect(blocks, (line, sys.maxsize)) - 1
        is_within = index >= 0 and line <= blocks[index][1]
        first, last = blocks[index] if is_within else (line, line)
        place = bisect.bisect_left(lines, first)
        has_noqa = place < len(lines) and lines[place] <= last
        return processor.noqa_line_for(line) if has_noqa else ""

    # Python takes a lone carriage return for a line's end, which a reader of lines may not
    return processor.noqa_line_for if any("\r" in line for line in processor.lines) else noqa_line_for


def decode(data: bytes) -> list[str]:
    """Return the lines of a source file as flake8 reads them, which knows how to read any file."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).readlines()
    except (LookupError, SyntaxError, UnicodeError):
        return io.TextIOWrapper(io.BytesIO(data), "latin-1").readlines()


def _unusable(name: str, error: Exception) -> Source:
    """Return what is to be said of a file that cannot be read or parsed, in flake8's words if it has any."""
    from flake8.checker import FileChecker
    from flake8.plugins.finder import Checkers

    results = []
    # flake8 waits for somebody to write into a pipe, and gives up on all files where it does not expect an error
    if not isinstance(error, _NotRegularError):
        with contextlib.suppress(AssertionError, LookupError, *UNPARSABLE), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            checker = FileChecker(filename=name, plugins=Checkers([], [], []), options=_OPTIONS)
            # what cannot be read has its result from the beginning, and flake8 5 insists on going no further
            results = checker.results
            results = checker.run_checks()[1]
    findings = [Finding(line, column or 0, code, text) for code, line, column, text, _ in results]
    if not findings:
        code = "E902" if isinstance(error, OSError) else "E999"
        findings = [Finding(1, 0, code, f"{type(error).__name__.lstrip('_')}: {error}")]
    return Source(FileReport((), (), noqa_lines(name, _without_noqa, ())), problems=findings)


class _NotRegularError(OSError):
    """A file that is a pipe, a socket or a device."""


def _read(filename: str) -> bytes:
    # A third of the time that open() takes, and a repository has many files. Never wait for a pipe's other end.
    descriptor = os.open(filename, os.O_RDONLY | _OPEN_FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _NotRegularError("not a regular file")
        chunks = []
        while chunk := os.read(descriptor, max(status.st_size, 1)):
            chunks.append(chunk)
            if len(chunk) == status.st_size:
                break
        return b"".join(chunks)
    finally:
        os.close(descriptor)


def _is_plain(data: bytes) -> bool:
    return data.isascii() and b"\r" not in data and not _FOREIGN.match(data)


def _without_noqa(line: int) -> str:
    return ""
