"""Print results, for people and for programs."""
from __future__ import annotations

import io
import os
import sys
import time
import unicodedata
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TextIO
from typing import TypeVar

from flake8_artifact_pin.errors import RegistryFault
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.findings import printable

PROGRAM = "flake8-artifact-pin"

T = TypeVar("T")
#: A path, perhaps with a line and a column (1-based).
Place = tuple[str] | tuple[str, int] | tuple[str, int, int]

_STYLES = {"bold": "\033[1m", "cyan": "\033[36m", "green": "\033[32m", "red": "\033[1m\033[31m"}
_RESET = "\033[m"
# Seconds before the progress is shown, and between its updates.
_PATIENCE = 1.0
_PROGRESS_INTERVAL = 0.1


def style(name: str, text: str, stream: TextIO | None = None) -> str:
    """Return a text in a colour or bold if the stream (by default standard output) is a terminal that supports it."""
    is_wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"{_STYLES[name]}{text}{_RESET}" if name and is_wanted and (stream or sys.stdout).isatty() else text


def finding_line(path: str, finding: Finding, stream: TextIO | None = None) -> str:
    """Return a finding in flake8's default format for a stream (by default standard output)."""
    colon = style("cyan", ":", stream)
    place = colon.join([style("bold", printable(path), stream), str(finding.line), str(finding.column + 1)])
    return f"{place}{colon} {style('red', finding.code, stream)} {finding.text}"


def finding_data(found: FileFinding) -> Mapping[str, object]:
    """Return a finding for JSON: line and column are 1-based."""
    finding = found.finding
    return {
        "path": found.path,
        "line": finding.line,
        "column": finding.column + 1,
        "code": finding.code,
        "text": finding.text,
        "subject": finding.subject,
    }


def print_findings(findings: Iterable[FileFinding]) -> None:
    """Print findings, a line each."""
    for path, finding in findings:
        print(finding_line(path, finding))


def json_text(data: object) -> str:
    """Return data as JSON in ASCII, so that any file name passes through any pipe, without commands to CI runners.

    The runners of Azure and GitHub look for ``##vso[`` and ``##[`` anywhere in a line.
    """
    import json

    dumped = json.dumps(data, indent=2).replace("##", "#\\u0023")
    return f"{dumped}\n"


def versioned_json(fields: Mapping[str, object]) -> str:
    """Return an object as JSON with the ``version`` of its format. It rises if a field goes or changes its meaning."""
    return json_text({"version": 1, **fields})


def print_json(fields: Mapping[str, object]) -> None:
    """Print an object as versioned JSON."""
    print(versioned_json(fields), end="")


def print_text(text: str) -> None:
    """Print a text that becomes a file: as UTF-8, whatever the encoding of standard output is.

    File names that are not UTF-8 are escaped, here and in write_file().
    """
    if not isinstance(sys.stdout, io.TextIOWrapper):
        # an embedding program may replace stdout with a text stream
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode(errors="backslashreplace"))


def print_line(text: str = "", styled: str = "", at: Place | None = None) -> None:
    """Print a safe line in a style, with a place before it if one is given."""
    print(style(styled, _safe_line(text, at)))


def printable_place(path: str, *numbers: int) -> str:
    """Return ``path:line:column`` (1-based), as far as they are given, safe to print."""
    return ":".join([printable(path), *map(str, numbers)])


def note(text: str, at: Place | None = None) -> None:
    """Print a safe line on standard error. It is ignored if that is closed or full."""
    _note(_safe_line(text, at))


def _safe_line(text: str, at: Place | None) -> str:
    return f"{printable_place(*at)}: {printable(text)}" if at else printable(text)


def note_registry_faults(faults: Iterable[RegistryFault]) -> None:
    """Print why a registry cannot be used."""
    for path, problem, place in faults:
        note(problem, (path, *place) if place else (path,))


def _note(line: str) -> None:
    if sys.stderr:
        try:
            print(line, file=sys.stderr, flush=True)
        except OSError:
            # Python flushes stderr once more when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def write_file(path: str, text: str) -> None:
    """Write a report to a file, and replace its content."""
    with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(text)


def version() -> str:
    """Return the version of this program, or an empty string if it runs from its source."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(PROGRAM)
    except PackageNotFoundError:
        return ""


def note_findings(findings: Iterable[FileFinding]) -> None:
    """Print findings on standard error."""
    for path, finding in findings:
        _note(finding_line(path, finding, sys.stderr))


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with a noun: "1 file", "1,200 files"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table with aligned columns."""
    cells = [headings, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*cells)]
    lines = [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths)).rstrip() for row in cells
    ]
    return [style("bold", lines[0]), *lines[1:]]


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    ruler = ["---"] * len(headings)
    cells = [headings, ruler, *([markdown(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(row)} |" for row in cells]


def markdown(text: str) -> str:
    """Return a text escaped for Markdown, within a line or a cell of a table."""
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\")
    for mark in "|`*_[]~#":
        text = text.replace(mark, f"\\{mark}")
    return text


def with_progress(items: Sequence[T], what: str = "file") -> Iterator[T]:
    """Yield the items; if it takes longer than a second, show the progress on a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield from items
        return
    shown_at = time.monotonic() + _PATIENCE - _PROGRESS_INTERVAL
    is_shown = False
    try:
        for number, item in enumerate(items):
            if time.monotonic() - shown_at >= _PROGRESS_INTERVAL:
                shown_at = time.monotonic()
                is_shown = True
                sys.stderr.write(f"\r{number:,} of {count(len(items), what)}")
                sys.stderr.flush()
            yield item
    finally:
        if is_shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def let_any_text_through() -> None:
    """Let the standard streams escape characters that their encoding lacks, instead of raising an error."""
    for stream in (sys.stdout, sys.stderr):
        # streams of tests and embedding programs cannot be reconfigured
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _width(text: str) -> int:
    """Return the width of a text on a terminal, in columns."""
    return sum(1 + (unicodedata.east_asian_width(c) in "FW") - bool(unicodedata.combining(c)) for c in text)
