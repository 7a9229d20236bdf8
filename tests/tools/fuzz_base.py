"""What all kinds of random cases share: rules that hold of every message, and how a text is changed."""
from __future__ import annotations

import ast
import io
import re
import unicodedata
from collections.abc import Callable
from collections.abc import Sequence
from random import Random

from oracle import DEFAULT_PATTERNS

from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.messages import file_findings
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.report import FileReport

# what does not exist: no directory may stand where a pins file has a path
NOWHERE = "/no such directory"
# a checker's file is only a name, and flake8 may look for it
SOURCE_NAME = "no such file.py"
MATCHER = compile_patterns(DEFAULT_PATTERNS)
BOM = b"\xef\xbb\xbf"
WORDS = re.compile(rb"\w+|[ \t]+|\s|.", re.DOTALL)


class Broken(Exception):
    """A rule does not hold."""


def ensure(holds: bool, *facts: object) -> None:
    if not holds:
        raise Broken(", ".join(fact if isinstance(fact, str) else repr(fact) for fact in facts))


def ensure_message(text: str) -> None:
    """A message is one line, and no client takes a piece of it for a place."""
    ensure(len(text.splitlines()) == 1, "not one line", text)
    ensure(not any(unicodedata.category(character) in ("Cc", "Cs") for character in text), "not printable", text)
    ensure(not re.search(r":\d+:\d+: ", text), "a place in a message", text)


def ensure_within(text: str, line: int, column: int, what: str) -> None:
    lines = text.split("\n")
    ensure(1 <= line <= len(lines), what, "is not within the lines", line, len(lines))
    ensure(0 <= column <= len(lines[line - 1]), what, "is not within its line", line, column, lines[line - 1])


class Unusable(Exception):
    """The document cannot be used."""


def require(holds: bool) -> None:
    if not holds:
        raise Unusable


def ensure_findings(findings: Sequence[Finding], lines: Sequence[str], beyond: int = 0) -> None:
    for finding in findings:
        is_within = 1 <= finding.line <= max(len(lines) + beyond, 1)
        ensure(is_within and finding.column >= 0, "not within the file", finding, len(lines))
        if finding.line <= len(lines):
            ensure(finding.column <= len(lines[finding.line - 1]), "not within its line", finding)
        ensure_message(finding.text)


def said_of(pins: Pins, report: FileReport) -> list[Finding]:
    return file_findings(pins, judge_file(pins, "a.py", report))


def lines_of(data: bytes) -> list[str]:
    """Return the lines of a source as flake8 reads them."""
    text = data.decode(errors="replace").lstrip("\ufeff")
    return list(io.StringIO(text, newline=None))


def parsed(lines: Sequence[str]) -> ast.Module | None:
    try:
        return ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def mutate(random: Random, data: bytes, words: Sequence[bytes], other: bytes) -> bytes:
    """Change a text in one place: some bytes, a word, a line, or all that follows."""
    start = random.randrange(len(data) + 1)
    end = min(len(data), start + random.choice((1, 1, 2, 5, 30)))
    choice = random.randrange(10)
    if choice == 0:
        return data[:start] + data[end:]
    if choice == 1:
        return data[:end] + data[start:]
    if choice == 2:
        byte = random.choice((0, 9, 10, 13, 34, 92, 127, 0xC3, 0xFF, random.randrange(256)))
        return data[:start] + bytes([byte]) + data[start:]
    if choice == 3:
        return data[:start] + other[random.randrange(len(other) + 1):]
    if choice == 4:
        lines = data.split(b"\n")
        line = lines.pop(random.randrange(len(lines)))
        lines.insert(random.randrange(len(lines) + 1), line)
        return b"\n".join(lines)
    if choice == 5:
        return data[:start] + random.choice(words) + data[start:]
    parts = WORDS.findall(data) or [b""]
    place = random.randrange(len(parts))
    if choice == 6:
        parts[place] = random.choice(parts)
    elif choice == 7:
        del parts[place]
    else:
        parts[place] = random.choice(words)
    return b"".join(parts)


def mutated(random: Random, make: Callable[[Random], str], words: Sequence[bytes]) -> bytes:
    """Make a text, and change some of them a little and a few of them much."""
    data = make(random).encode()
    for _ in range(random.choice((0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 8))):
        data = mutate(random, data, words, make(random).encode() if random.random() < 0.1 else data)
    return BOM + data if random.random() < 0.02 else data
