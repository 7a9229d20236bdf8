"""The comments of a hand-written guard test, as reasons for its entries."""
from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.source.reasons import says_something
from flake8_artifact_pin.source.reasons import stripped

_DECORATION = "-=*~_#"
_IS_DECORATED = re.compile(rf"[{_DECORATION}]{{2,}}|.*[{_DECORATION}]{{2,}}\Z")
# A comment with a key, such as "prices/{day}.csv", is for one entry, not for a group.
_IS_KEY = re.compile(r"[\w}*]/[\w{*]|\{|\.(?:csv|gz|html|json|jsonl|parquet|pkl|txt|ya?ml|zip)\b", re.IGNORECASE)


class Lines(NamedTuple):
    """The first and the last line of an entry (1-based)."""

    first: int
    last: int


class _Comment(NamedTuple):
    """A comment; ``is_alone``: it has a line of its own."""

    text: str
    column: int
    is_alone: bool

    @property
    def plain(self) -> str:
        """The text without ``#`` and decoration."""
        return self.text.strip(f"{_DECORATION} \t")

    @property
    def is_heading(self) -> bool:
        """Whether it is decorated like a heading or a ruler."""
        return _IS_DECORATED.match(self.text.removeprefix("#").strip()) is not None


class Comments:
    """The comments of a source, by their lines."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.found: dict[int, _Comment] = {}
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                is_alone = not token.line[:column].strip()
                self.found[line] = _Comment(token.string.rstrip(), column, is_alone)

    def reasons(self, items: Sequence[Lines]) -> Iterator[str]:
        """Yield the comments on each item of a collection, above it and at the end of its lines.

        An item without a comment gets that of its group: a heading, or the comment above the first item after a blank
        line, unless that comment names a key.
        """
        is_grouped = any(map(self._is_blank, range(items[0].first, items[-1].last)))
        heading = group = ""
        end = 0
        for item in items:
            start = end + 1 if end else self._first_above(item.first)
            headings, above = self._above(range(start, item.first))
            if headings:
                heading, group = " ".join(headings), ""
            if any(map(self._is_blank, range(start, item.first))) or above:
                group = ""
            end, behind = self._behind(item)
            own = _joined([" ".join(above), " ".join(behind)])
            is_first = is_grouped and self._is_blank_above(item.first)
            if is_first and above and not (behind or headings or _IS_KEY.search(own)):
                group = own
            yield own or group or _joined([heading])

    def above(self, line: int) -> str:
        """Return the comment directly above a line."""
        return _joined([" ".join(self._above(range(self._first_above(line), line))[1])])

    def _above(self, lines: Iterable[int]) -> tuple[list[str], list[str]]:
        """Return the headings among the comments on lines of their own, and the comments below the last heading."""
        headings: list[str] = []
        above: list[str] = []
        is_framed = False
        for line in lines:
            comment = self.found.get(line)
            if comment is None or not comment.is_alone:
                # a comment before a blank line is for no item
                above = []
            elif comment.is_heading and not comment.plain:
                is_framed = not is_framed
            elif comment.is_heading or is_framed:
                headings.append(comment.plain)
            else:
                above.append(comment.plain)
        return headings, above

    def _behind(self, item: Lines) -> tuple[int, list[str]]:
        """Return the comments at the ends of an item's lines, and their last line: they may continue below the item."""
        found = [(line, self.found[line]) for line in range(item.first, item.last + 1) if line in self.found]
        last = item.last
        while found and found[-1][0] == last:
            following = self.found.get(last + 1)
            if not following or not following.is_alone or following.column != found[-1][1].column:
                break
            found.append((last := last + 1, following))
        return last, [comment.plain for _, comment in found]

    def _first_above(self, line: int) -> int:
        """Return the first of the comment lines directly above a line; the line itself if there are none."""
        while (comment := self.found.get(line - 1)) and comment.is_alone:
            line -= 1
        return line

    def _is_blank_above(self, line: int) -> bool:
        """Return whether a line and the comment above it follow a blank line or the start of a collection."""
        before = self._first_above(line) - 1
        return self._is_blank(before) or self.lines[before - 1].rstrip().endswith(("(", "[", "{"))

    def _is_blank(self, line: int) -> bool:
        return not self.lines[line - 1].strip()


def _joined(texts: Iterable[str]) -> str:
    """Join texts that are reasons, without directives to tools."""
    return "; ".join(text for text in map(stripped, texts) if says_something(text))
