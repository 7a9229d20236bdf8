"""The positions of keys and values in a TOML text, which TOML parsers do not tell."""
from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import tomli

#: The keys from the document's root to a value.
Path = tuple[str, ...]

# Blanks, a comment, and the token after them. It matches at every offset, so the search never backtracks.
_TOKEN = re.compile(
    r"""
    [ \t\r]*(?:\#[^\n]*)?
    (?:
        (?P<newline>\n)
        |(?P<string>\"\"\"(?:[^\\]|\\.)*?\"{3,5}|'''.*?'{3,5}|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\n]*')
        |(?P<word>[^][{}=,."'\#\s]+)
        |(?P<mark>.)
        |\Z
    )
    """,
    re.VERBOSE | re.DOTALL,
)
# Deeper nesting is skipped: no pins file needs it, and each level costs a stack frame.
_MAX_DEPTH = 32


class Position(NamedTuple):
    """A position in a text: line (1-based) and column (0-based, in characters)."""

    line: int
    column: int


class Token(NamedTuple):
    """A token of a TOML text. ``kind`` is "string", "word", "mark" or "newline"; ``start`` is an offset."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset after the token."""
        return self.start + len(self.text)


class Span(NamedTuple):
    """A piece of a text, by its offsets; ``end`` is not included."""

    start: int
    end: int


class Entry(NamedTuple):
    """A header, a pair ``key = value``, or such a pair within an inline table.

    ``kind`` is "header", "array" (of tables), "pair" or "member" (of an inline table). ``path`` are the keys from the
    document's root; ``keys`` are the spans of the last of them, which the dotted key here spells. ``span`` is the pair
    from its first key to the end of its ``value``, or the header with its brackets, which has an empty value.
    """

    kind: str
    path: Path
    keys: tuple[Span, ...]
    span: Span
    value: Span

    @property
    def depth(self) -> int:
        """The number of keys in the path of the table that holds this entry."""
        return len(self.path) - len(self.keys)


def entries(text: str) -> Sequence[Entry]:
    """Return the entries of a valid TOML text in their order, without those in arrays."""
    found: list[Entry] = []
    table: Path = ()
    # a line feed ends the last pair
    source = tokens(f"{text}\n")
    for token in source:
        if token.text == "[":
            header = _read_header(token, source)
            table = header.path
            found.append(header._replace(path=table[:_MAX_DEPTH], keys=header.keys[:_MAX_DEPTH]))
        elif token.kind != "newline":
            _read_pair("pair", token, source, table, found)
    return found


@functools.lru_cache(maxsize=1)
def key_positions(text: str) -> Mapping[Path, Position]:
    """Return the first position of each key of a valid TOML text, without those in arrays.

    The last result is cached: a run asks for positions in one file, once for each stale pin.
    """
    position_of = positions_in(text)
    positions: dict[Path, Position] = {}
    for entry in entries(text):
        position = position_of(entry.keys[0].start)
        for length in range(entry.depth + 1, len(entry.path) + 1):
            positions.setdefault(entry.path[:length], position)
    return positions


def written_position(text: str, path: Path) -> Position:
    """Return the first position of a key of a TOML text; the beginning of the text if it is missing."""
    return key_positions(text).get(path, Position(1, 0))


def error_position(error: tomli.TOMLDecodeError) -> Position:
    """Return the position of a syntax error. tomli may point past the end of the text."""
    line_start = error.doc.rfind("\n", 0, error.pos) + 1
    return Position(error.lineno, min(error.pos, len(error.doc)) - line_start)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a TOML text, without white space and comments."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind:
            yield Token(kind, match[kind], match.start(kind))


def positions_in(text: str) -> Callable[[int], Position]:
    """Return a function from offsets in a text to positions."""
    line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(offset: int) -> Position:
        line = bisect.bisect_right(line_starts, offset)
        return Position(line, offset - line_starts[line - 1])

    return position


def unquoted(text: str) -> str:
    """Return the key of a token of a valid TOML text, without quotes and escapes."""
    if not text.startswith(('"', "'")):
        return text
    is_plain = text.startswith("'") or "\\" not in text
    return text[1:-1] if is_plain else next(iter(tomli.loads(f"{text} = 0")))


def _read_header(token: Token, source: Iterator[Token]) -> Entry:
    start = token.start
    token = next(source)
    kind = "header"
    if token.text == "[":
        kind = "array"
        token = next(source)
    path, keys, end = _read_key(token, source, "]")
    if kind == "array":
        end = next(source)
    return Entry(kind, path, keys, Span(start, end.end), Span(end.end, end.end))


def _read_key(token: Token, source: Iterator[Token], mark: str) -> tuple[Path, tuple[Span, ...], Token]:
    """Return a dotted key, the spans of its parts, and the mark that ends it."""
    parts = []
    while token.text != mark:
        if token.kind in ("string", "word"):
            parts.append(token)
        token = next(source)
    return tuple(unquoted(part.text) for part in parts), tuple(Span(part.start, part.end) for part in parts), token


def _read_pair(kind: str, token: Token, source: Iterator[Token], table: Path, found: list[Entry]) -> Token:
    """Add ``key = value`` and its members to ``found``; return the token that ended it: newline, comma or brace."""
    key, keys, _ = _read_key(token, source, "=")
    # entries below a header that is too deep are skipped: each path would be as long as all keys above it
    room = max(_MAX_DEPTH - len(table), 0)
    path = (*table, *key[:room]) if room else ()
    members: list[Entry] = []
    value, end = _read_value(source, path if len(key) <= room else (), members)
    if path:
        found.append(Entry(kind, path, keys[:room], Span(keys[0].start, value.end), value))
        found += members
    return end


def _read_value(source: Iterator[Token], path: Path, found: list[Entry]) -> tuple[Span, Token]:
    """Return the span of a value and the token that ended it; add the members of an inline table to ``found``."""
    first = last = token = next(source)
    depth = 0
    while depth or token.kind != "newline" and token.text not in (",", "}"):
        if token.text == "{" and not depth and path:
            token = _read_inline_table(source, path, found)
        else:
            depth += (token.text in ("[", "{")) - (token.text in ("]", "}"))
        last = token
        token = next(source)
    return Span(first.start, last.end), token


def _read_inline_table(source: Iterator[Token], path: Path, found: list[Entry]) -> Token:
    """Add the members of an inline table to ``found``; return its closing brace."""
    token = next(source)
    while token.text != "}":
        if token.kind != "newline" and token.text != ",":
            token = _read_pair("member", token, source, path, found)
        if token.text != "}":
            token = next(source)
    return token
