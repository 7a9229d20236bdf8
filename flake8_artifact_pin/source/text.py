"""Positions in a source text. ast counts bytes, and has no position for the name of a method."""
from __future__ import annotations

import ast
import bisect
import itertools
from collections.abc import Sequence
from typing import cast


class SourceText:
    """Finds columns and names in the lines that a tree was parsed from."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.ends: dict[int, list[int]] = {}

    def column(self, line: int, offset: int) -> int:
        """Convert a column of ast, in UTF-8 bytes, to one in characters. ``line`` is 1-based, columns are 0-based."""
        text = self.lines[line - 1]
        if text.isascii():
            return min(offset, len(text))
        if line not in self.ends:
            # the byte offset after each character, cached: one line may hold very many calls
            self.ends[line] = list(itertools.accumulate(len(character.encode()) for character in text))
        return bisect.bisect_right(self.ends[line], offset)

    def name_position(self, node: ast.Name | ast.Attribute | ast.Call) -> tuple[int, int]:
        """Return the line (1-based) and column (0-based, in characters) of a method's name.

        A call is a getattr(), in which the name is a string.
        """
        if isinstance(node, ast.Call):
            return self._position_in_string(cast(ast.Constant, node.args[1]))
        # before Python 3.12, positions in f-strings are wrong; clients break on a line past the end
        line = min(node.end_lineno or node.lineno, len(self.lines))
        start = self.column(line, node.end_col_offset or 0)
        text = self.lines[line - 1]
        # go back over the written identifier: ast normalizes names, which may change their length
        while start > 0 and f"_{text[start - 1]}".isidentifier():
            start -= 1
        return line, start

    def _position_in_string(self, node: ast.Constant) -> tuple[int, int]:
        line = min(node.lineno, len(self.lines))
        start = self.column(line, node.col_offset)
        end = self.column(line, node.end_col_offset or 0) if node.end_lineno == line else None
        # a name written with escapes or in pieces is not found: take the beginning of the string
        return line, max(start, self.lines[line - 1].find(str(node.value), start, end))
