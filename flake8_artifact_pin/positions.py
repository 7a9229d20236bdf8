"""Where things are written in a source text, which a syntax tree tells in bytes and not always right."""
from __future__ import annotations

import ast
import bisect
import itertools
import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Sequence
from typing import cast

_MAX_PREVIEW = 60


class SourceText:
    """The lines that a tree was parsed from: finds columns and names in them."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.offsets: dict[int, list[int]] = {}
        self.taken: set[tuple[int, int]] = set()
        self.written: dict[tuple[ast.expr, str], Iterator[tuple[int, int]]] = {}

    def column(self, line: int, offset: int) -> int:
        """Return a column in characters, within the line, for one in UTF-8 bytes, as ast counts."""
        text = self.lines[line - 1]
        if text.isascii():
            return min(offset, len(text))
        if line not in self.offsets:
            self.offsets[line] = list(itertools.accumulate(len(character.encode()) for character in text))
        return bisect.bisect_right(self.offsets[line], offset)

    def name_position(self, node: ast.expr, fstring: ast.JoinedStr | None) -> tuple[int, int]:
        """Return the line (1-based) and column (0-based, in characters) where a method's name is written."""
        written, name = _written_name(node)
        position = self._checked_position(written, name) or self._next_position(fstring or node, name)
        self.taken.add(position)
        return position

    def preview(self, node: ast.expr) -> str:
        """Return the beginning of an expression's source on one line, to show."""
        start = self.column(node.lineno, node.col_offset)
        is_one_line = node.end_lineno == node.lineno
        end = self.column(node.lineno, node.end_col_offset or 0) if is_one_line else None
        text = " ".join(self.lines[node.lineno - 1][start:end].split())
        return text if is_one_line and len(text) <= _MAX_PREVIEW else f"{text[:_MAX_PREVIEW - 3].rstrip()}..."

    def _checked_position(self, node: ast.expr, name: str) -> tuple[int, int] | None:
        """Return where the tree says that a name is written, or None where it is not."""
        is_constant = isinstance(node, ast.Constant)
        line, offset = (node.lineno, node.col_offset) if is_constant else (node.end_lineno, node.end_col_offset)
        if not line or offset is None or line > len(self.lines):
            return None
        text = self.lines[line - 1]
        column = self.column(line, offset)
        if is_constant:
            # The name may be written with escapes or in pieces: then its first quote is the place.
            is_string = text[column:column + 1] in {'"', "'", *"rRbBuU"}
            end = self.column(line, node.end_col_offset or 0) if node.end_lineno == line else len(text)
            return (line, max(column, text.find(name, column, end))) if is_string else None
        start = column - len(name)
        if not text.endswith(name, 0, column):
            start = column
            while start > 0 and f"_{text[start - 1]}".isidentifier():
                start -= 1
        return (line, start) if unicodedata.normalize("NFKC", text[start:column]) == name else None

    def _next_position(self, place: ast.expr, name: str) -> tuple[int, int]:
        """Return where a name is next written in a piece of source whose inner positions are wrong."""
        positions = self.written.setdefault((place, name), self._positions(place, name))
        first = min(place.lineno, len(self.lines))
        return next(positions, (first, self.column(first, place.col_offset)))

    def _positions(self, place: ast.expr, name: str) -> Iterator[tuple[int, int]]:
        for line in range(place.lineno, min(place.end_lineno or 0, len(self.lines)) + 1):
            for match in re.finditer(rf"\b{re.escape(name)}\b", self.lines[line - 1]):
                if (line, match.start()) not in self.taken:
                    yield line, match.start()


def _written_name(node: ast.expr) -> tuple[ast.expr, str]:
    """Return the node at whose end (of a constant: in which) the method's name is written, and that name."""
    if isinstance(node, ast.Call):
        name = node.args[1]
        return name, str(cast(ast.Constant, name).value)
    return node, node.id if isinstance(node, ast.Name) else cast(ast.Attribute, node).attr
