"""Gather the facts of the files that can matter, quickly: most files of a repository make no PUT call."""
from __future__ import annotations

import argparse
import ast
import io
import os
import re
import tokenize
import warnings
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.command.workspace import Workspace
from flake8_artifact_pin.facts import FileFacts
from flake8_artifact_pin.facts import gather
from flake8_artifact_pin.facts import may_matter
from flake8_artifact_pin.patterns import Matcher
from flake8_artifact_pin.pins import exemption
from flake8_artifact_pin.pins import governed_path
from flake8_artifact_pin.rules import Finding
from flake8_artifact_pin.suppressions import FileNoqa
from flake8_artifact_pin.suppressions import find_file_noqa
from flake8_artifact_pin.suppressions import noqa_lines
from flake8_artifact_pin.suppressions import Suppression

# An encoding that is declared (PEP 263) and in which ASCII characters may not be themselves.
_FOREIGN = re.compile(
    rb"\A(?:[^\n]*\n)?[ \t\f]*#[^\n]*coding[:=][ \t]*(?!utf-?8|latin-?1|ascii|iso-8859)", re.IGNORECASE,
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

#: What ast.parse() raises for a source that it cannot parse.
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


class Source(NamedTuple):
    """What a source text says: its facts, and the line that makes flake8 skip it.

    ``problems`` are flake8's E999 or E902 if it cannot be parsed or read: then there are no facts.
    """

    facts: FileFacts
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


def survey(workspace: Workspace, paths: Iterable[str]) -> Iterator[SurveyedFile]:
    """Yield the files that can matter, of those at some paths of the pins file, in their order.

    A file matters that may hold a PUT call or a comment that names APR001, or that is pinned. A file that is no
    longer there is left out: if it is pinned, its pin is stale.
    """
    pins = workspace.pins
    root = os.path.join(pins.root, "")
    for found in paths:
        filename = root + found
        name = found
        try:
            data = _read(filename)
            lines = None if _is_plain(data) else decode(data)
            text = data.decode("ascii") if lines is None else "".join(lines)
            if found not in pins.pins and not may_matter(text, workspace.matcher):
                continue
            name = workspace.shown(found)
            source = read_source(name, lines or decode(data), workspace.matcher)
        except OSError:
            if os.path.isdir(filename) or not os.path.lexists(filename):
                continue
            name = workspace.shown(found)
            source = _unusable(name)
        except UNPARSABLE as error:
            source = _unusable(name, error)
        path = governed_path(pins, filename) or found
        exempt = "" if path in pins.pins else exemption(pins.exempt, path) or ""
        yield SurveyedFile(name, path, exempt, source)


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
    # flake8's answer takes it a pass over all tokens
    noqa_line_for = processor.noqa_line_for if has_noqa else _without_noqa
    facts = gather(tree, processor.lines, name, noqa_line_for, matcher)
    file_noqa = find_file_noqa(processor.lines) if has_noqa and facts.sites else None
    if file_noqa and file_noqa.reason:
        facts = facts._replace(sites=[
            site._replace(suppression=Suppression.JUSTIFIED, reason=site.reason or file_noqa.reason)
            for site in facts.sites
        ])
    return Source(facts, file_noqa)


def decode(data: bytes) -> list[str]:
    """Return the lines of a source file as flake8 reads them, which knows how to read any file."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).readlines()
    except (SyntaxError, UnicodeError):
        return io.TextIOWrapper(io.BytesIO(data), "latin-1").readlines()


def _unusable(name: str, error: BaseException | None = None) -> Source:
    """Return what is to be said of a file that cannot be read or parsed, in flake8's words if it has any."""
    from flake8.checker import FileChecker
    from flake8.plugins.finder import Checkers

    try:
        checker = FileChecker(filename=name, plugins=Checkers([], [], []), options=_OPTIONS)
        _, results, _ = checker.run_checks()
    except UNPARSABLE:
        # from here flake8 gives up on all files
        results = []
    findings = [Finding(line, column or 0, code, text) for code, line, column, text, _ in results]
    if not findings:
        findings = [Finding(1, 0, "E999", f"{type(error).__name__}: {error}")]
    return Source(FileFacts((), (), noqa_lines(name, _without_noqa, ())), problems=findings)


def _read(filename: str) -> bytes:
    # a third of the time that open() takes, and a repository has many files
    descriptor = os.open(filename, os.O_RDONLY)
    try:
        status = os.fstat(descriptor)
        data = os.read(descriptor, status.st_size)
        while len(data) < status.st_size:
            more = os.read(descriptor, status.st_size - len(data))
            if not more:
                break
            data += more
        return data
    finally:
        os.close(descriptor)


def _is_plain(data: bytes) -> bool:
    return data.isascii() and (b"coding" not in data[:500] or not _FOREIGN.match(data))


def _without_noqa(line: int) -> str:
    return ""
