"""Where things are written in a source text: a syntax tree counts bytes, and has no place for a method's name."""
from __future__ import annotations

import ast
import bisect
import itertools
from collections.abc import Sequence
from typing import cast

_MAX_PREVIEW = 60


class SourceText:
    """The lines that a tree was parsed from: finds columns and names in them."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.ends: dict[int, list[int]] = {}

    def column(self, line: int, offset: int) -> int:
        """Return a column in characters, within the line, for one in UTF-8 bytes, as ast counts."""
        text = self.lines[line - 1]
        if text.isascii():
            return min(offset, len(text))
        if line not in self.ends:
            # where each character ends: one line may hold very many calls
            self.ends[line] = list(itertools.accumulate(len(character.encode()) for character in text))
        return bisect.bisect_right(self.ends[line], offset)

    def name_position(self, node: ast.Name | ast.Attribute | ast.Call) -> tuple[int, int]:
        """Return the line (1-based) and column (0-based, in characters) where a method's name is written.

        A call is one of getattr(), where the name is a string.
        """
        if isinstance(node, ast.Call):
            return self._position_in_string(cast(ast.Constant, node.args[1]))
        # Python before 3.12 has been wrong about places in f-strings, but never may a finding be past the end.
        line = min(node.end_lineno or node.lineno, len(self.lines))
        start = self.column(line, node.end_col_offset or 0)
        text = self.lines[line - 1]
        # back over the identifier as it is written, which need not be as it is normalised
        while start > 0 and f"_{text[start - 1]}".isidentifier():
            start -= 1
        return line, start

    def preview(self, node: ast.expr) -> str:
        """Return the beginning of an expression's source on one line, to show."""
        line = min(node.lineno, len(self.lines))
        start = self.column(line, node.col_offset)
        is_one_line = node.end_lineno == line
        end = self.column(line, node.end_col_offset or 0) if is_one_line else None
        text = " ".join(self.lines[line - 1][start:end].split())
        return text if is_one_line and len(text) <= _MAX_PREVIEW else f"{text[:_MAX_PREVIEW - 3].rstrip()}..."

    def _position_in_string(self, node: ast.Constant) -> tuple[int, int]:
        line = min(node.lineno, len(self.lines))
        start = self.column(line, node.col_offset)
        end = self.column(line, node.end_col_offset or 0) if node.end_lineno == line else None
        # The name may be written with escapes or in pieces: then the string's beginning is the place.
        return line, max(start, self.lines[line - 1].find(str(node.value), start, end))
