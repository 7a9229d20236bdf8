"""Where each key of a TOML text is written, which a TOML parser does not tell."""
from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

import tomli

#: The keys from the document's root to a value.
Path = tuple[str, ...]

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<string>\"\"\"(?:[^\\]|\\.)*?\"{3,5}|'''.*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')
    |(?P<word>[^][{}=,."'\#\s]+)
    |(?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# Deeper tables are passed over: no pins file has them, and tomli reads more of them than Python has stack frames.
_MAX_DEPTH = 32


class Position(NamedTuple):
    """A place in a text: the line is 1-based, the column 0-based and in characters."""

    line: int
    column: int


class Token(NamedTuple):
    """A piece of a TOML text: its kind is "string", "word", "mark" or "newline"."""

    kind: str
    text: str
    position: Position


@functools.lru_cache(maxsize=1)
def key_positions(text: str) -> Mapping[Path, Position]:
    """Return where each key of a valid TOML text is first written.

    Keys within arrays have no path of their own and are left out. Only the last answer is kept (a run asks for
    one file's positions, once for each stale pin); it depends on nothing but the text, so it is never outdated.
    """
    positions: dict[Path, Position] = {}
    table: Path = ()
    source = tokens(text)
    for token in source:
        if token.text == "[":
            is_array = False
            token = next(source)
            if token.text == "[":
                is_array = True
                token = next(source)
            table, first = _read_key(token, source, "]")
            _note(positions, (), table, first)
            if is_array:
                next(source)
        elif token.kind != "newline":
            _read_pair(token, source, table, positions)
    return positions


def written_position(text: str, path: Path) -> Position:
    """Return where a key of a TOML text is written: the beginning of the text for the document itself."""
    return key_positions(text).get(path, Position(1, 0))


def error_position(error: tomli.TOMLDecodeError) -> Position:
    """Return where a text is no valid TOML; tomli may point behind its end."""
    line_start = error.doc.rfind("\n", 0, error.pos) + 1
    return Position(error.lineno, min(error.pos, len(error.doc)) - line_start)


def statement_key(text: str) -> Path:
    """Return the dotted key of one header, or of one pair of key and value."""
    source = tokens(text)
    token = next(source)
    end = "]" if token.text == "[" else "="
    while token.text == "[":
        token = next(source)
    return _read_key(token, source, end)[0]


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a TOML text, without white space and comments."""
    line, line_start = 1, 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "space":
            yield Token(kind, match.group(), Position(line, match.start() - line_start))
        newlines = match.group().count("\n")
        if newlines:
            line += newlines
            line_start = text.rindex("\n", match.start(), match.end()) + 1


def _read_key(token: Token, source: Iterator[Token], end: str) -> tuple[Path, Position]:
    """Return a dotted key, read up to the mark that ends it, and where it is written."""
    parts = []
    first = token.position
    while token.text != end:
        if token.kind in ("string", "word"):
            parts.append(unquoted(token.text))
        token = next(source)
    return tuple(parts), first


def _note(positions: dict[Path, Position], table: Path, key: Path, position: Position) -> None:
    """Note where a dotted key, and with it each table that it implies, is written."""
    for length in range(1, min(len(key), _MAX_DEPTH) + 1):
        positions.setdefault((*table, *key[:length]), position)


def unquoted(text: str) -> str:
    """Return the key that a token of a valid TOML text is."""
    if not text.startswith(('"', "'")):
        return text
    is_plain = text.startswith("'") or "\\" not in text
    return text[1:-1] if is_plain else next(iter(tomli.loads(f"{text} = 0")))


def _read_pair(token: Token, source: Iterator[Token], table: Path, positions: dict[Path, Position]) -> str:
    """Read ``key = value`` and return the mark that ended it."""
    key, first = _read_key(token, source, "=")
    _note(positions, table, key, first)
    return _read_value(source, (*table, *key), positions)


def _read_value(source: Iterator[Token], path: Path, positions: dict[Path, Position]) -> str:
    """Read a value and return the mark that ended it: a new line, a comma, a closing bracket or nothing."""
    depth = 0
    for token in source:
        if token.text == "{" and depth == 0 and len(path) < _MAX_DEPTH:
            _read_inline_table(source, path, positions)
        elif token.text in ("[", "{"):
            depth += 1
        elif depth and token.text in ("]", "}"):
            depth -= 1
        elif depth == 0 and (token.kind == "newline" or token.text in (",", "}")):
            return token.text
    return ""


def _read_inline_table(source: Iterator[Token], path: Path, positions: dict[Path, Position]) -> None:
    end = ","
    while end != "}":
        token = next(source)
        if token.text == "}":
            return
        if token.kind == "newline" or token.text == ",":
            continue
        end = _read_pair(token, source, path, positions)
        while end == "\n":
            end = next(source).text
