"""Change keys and values of a TOML text by replacing pieces of the text."""
from __future__ import annotations

import bisect
import re
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from flake8_artifact_pin.pins.quoting import key_text
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.quoting import value_text
from flake8_artifact_pin.pins.toml import entries
from flake8_artifact_pin.pins.toml import Entry
from flake8_artifact_pin.pins.toml import Path
from flake8_artifact_pin.pins.toml import Span

# A comment with only a call: init writes them above a pin to list its calls.
_ARGUMENT = r"\((?:\"[^\"]*\"|[^()\"]*)\)"
_CALL_COMMENT = re.compile(rf"\s*# \w+(?:{_ARGUMENT}(?: passed as a value)?| passed as a value)\s*")
_COMMENT = re.compile(r"[ \t]*#.*")
_COMMA = re.compile(r"(?:\s|#.*\n)*,")
# The rest of a line after its last member.
_REST = re.compile(r"[ \t]*(?:#.*)?\r?\n")
_BLANKS = re.compile(r"[ \t]*")


class Splicer:
    """Collects splices of one text; call text_after() last.

    Paths are keys from the document's root. A missing path raises LookupError. In rare cases the result may be wrong,
    so callers must parse and compare it.
    """

    def __init__(self, text: str) -> None:
        """Take a valid TOML text."""
        self.text = text
        self.line_end = "\r\n" if "\r\n" in text else "\n"
        self.splices: list[tuple[Span, str]] = []
        self.removed_lines: list[Span] = []
        found = entries(text)
        self.statements = [entry for entry in found if entry.kind != "member"]
        #: the entries at and below each path
        self.below: dict[Path, list[Entry]] = {}
        for entry in found:
            for length in range(len(entry.path) + 1):
                self.below.setdefault(entry.path[:length], []).append(entry)

    def text_after(self) -> str:
        """Return the text with all splices applied."""
        pieces = []
        offset = 0
        for span, new in sorted([*self.splices, *self._line_splices()], key=lambda splice: splice[0]):
            pieces += [self.text[offset:span.start], new]
            offset = span.end
        return "".join([*pieces, self.text[offset:]])

    def splice(self, span: Span, new: str) -> None:
        """Replace a piece of the text."""
        self.splices.append((span, new))

    def replace(self, path: Path, value: Any, key: str | None = None) -> None:
        """Replace a whole value, and its key if another one is given."""
        pair = self.pair_at(path)
        if key is not None:
            self.splice(pair.keys[-1], key_text(key))
        self.splice(pair.value, value_text(value))

    def rename(self, path: Path, new: str) -> None:
        """Rename a key wherever it is written."""
        for entry in self.below[path]:
            if entry.depth < len(path):
                self.splice(entry.keys[len(path) - entry.depth - 1], quote(new))

    def remove(self, paths: Iterable[Path]) -> None:
        """Remove everything at or below the paths."""
        members: dict[Path, set[Span]] = {}
        for path in paths:
            end = 0
            for entry in self.below[path]:
                if entry.kind != "member":
                    lines = Span(self._start_with_comments(entry), self.line_end_at(entry.span.end))
                    self.removed_lines.append(lines)
                elif entry.span.start >= end:
                    members.setdefault(entry.path[:entry.depth], set()).add(entry.span)
                end = max(end, entry.span.end)
        for table, spans in members.items():
            self._remove_members(table, spans)

    def insert_beside(self, sibling: Entry, path: Path, fields: Mapping[str, Any], *, is_before: bool = False) -> None:
        """Add keys to a table beside one of its keys, in the same style."""
        written = len(path) - sibling.depth
        prefix = f"{self.text[sibling.keys[0].start:sibling.keys[written - 1].end]}." if written else ""
        new = assignments(fields, prefix)
        start, end = sibling.span
        if sibling.kind == "member":
            span = Span(start, start) if is_before else Span(end, end)
            self.splice(span, "".join(f"{pair}, " if is_before else f", {pair}" for pair in new))
            return
        line_start = self.line_start(start)
        lines = [f"{self.text[line_start:start]}{pair}" for pair in new]
        if is_before:
            self.insert_above(min([line_start, *self.comment_lines_above(sibling)]), lines)
        else:
            self.insert_lines(end, lines)

    def insert_above(self, line_start: int, lines: Iterable[str]) -> None:
        """Write lines above the line that begins at an offset."""
        self.splice(Span(line_start, line_start), "".join(f"{line}{self.line_end}" for line in lines))

    def insert_lines(self, offset: int, lines: Sequence[str]) -> None:
        """Write lines below the line of an offset."""
        end = self.line_end_at(offset)
        is_open = end == len(self.text) and not self.text.endswith("\n")
        if is_open and end:
            self.splice(Span(end, end), self.line_end)
        self.insert_above(end, lines)

    def line_start(self, offset: int) -> int:
        """Return the offset at which the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end_at(self, offset: int) -> int:
        """Return the offset after the line feed of the line of an offset."""
        end = self.text.find("\n", offset) + 1
        return end or len(self.text)

    def comment_lines_above(self, entry: Entry) -> Iterator[int]:
        """Yield the offsets at which the comment lines directly above a statement begin, the nearest first."""
        index = bisect.bisect_left(self.statements, entry.span.start, key=lambda statement: statement.span.start)
        # a line of a multi-line string may look like a comment
        limit = self.statements[index - 1].span.end if index else 0
        start = self.line_start(entry.span.start)
        while start:
            above = self.line_start(start - 1)
            if above < limit or not _COMMENT.match(self.text, above, start):
                return
            yield above
            start = above

    def comments_at(self, path: Path) -> list[str]:
        """Return the comments at the ends of the lines at or below a path, without that of its header."""
        behind = (
            self.text[entry.span.end:self.line_end_at(entry.span.end)].strip()
            for entry in self.below[path]
            if entry.kind == "pair"
        )
        return list(filter(None, behind))

    def table_at(self, path: Path) -> Entry | None:
        """Return the header or the value of a table; None if only keys below it are written."""
        return next((entry for entry in self.below.get(path, ()) if entry.path == path), None)

    def pair_at(self, path: Path) -> Entry:
        """Return the key at a path with its value."""
        return [entry for entry in self.below[path] if entry.path == path and entry.kind in ("member", "pair")][0]

    def _start_with_comments(self, entry: Entry) -> int:
        """Return the offset at which a statement begins, including comments above it that only list its calls."""
        start = self.line_start(entry.span.start)
        for above in self.comment_lines_above(entry):
            if not _CALL_COMMENT.fullmatch(self.text, above, start):
                break
            start = above
        return start

    def _remove_members(self, path: Path, removed: Collection[Span]) -> None:
        """Remove members of an inline table with their commas."""
        table = self.pair_at(path).value
        members = [entry for entry in self.below[path] if entry.kind == "member" and entry.depth == len(path)]
        kept = [member for member in members if member.span not in removed]
        if not kept and "#" not in self.text[table.start:table.end]:
            self.splice(table, "{}")
            return
        comma = _COMMA.match(self.text, kept[-1].span.end) if kept else None
        end = members[-1].span.end
        if comma and members[-1].span in removed and not _COMMA.match(self.text, end):
            # the last member has no trailing comma, so remove the comma before it
            if "\n" not in self.text[comma.start():end]:
                self.splice(Span(comma.end() - 1, end), "")
                members = members[:members.index(kept[-1])]
            else:
                self.splice(Span(comma.end() - 1, comma.end()), "")
        for member in members:
            if member.span in removed:
                self.splice(self._member_with_space(member.span), "")

    def _member_with_space(self, member: Span) -> Span:
        """Return the span of a member with its trailing comma, and with its space or its line."""
        start, end = member
        comma = _COMMA.match(self.text, end)
        end = comma.end() if comma else end
        line_start = self.line_start(start)
        rest = _REST.match(self.text, end)
        if rest and not self.text[line_start:start].strip():
            return Span(line_start, rest.end())
        space = _BLANKS.match(self.text, end)
        return Span(start, space.end() if comma and space else end)

    def _line_splices(self) -> Iterator[tuple[Span, str]]:
        """Yield the splices that remove lines. Of the empty lines around them, only those above are kept."""
        merged: list[Span] = []
        for span in sorted(self.removed_lines):
            if merged and not self.text[merged[-1].end:span.start].strip():
                span = Span(merged.pop().start, span.end)
            merged.append(span)
        for start, end in merged:
            if not start or self._is_blank(self.line_start(start - 1)):
                while end < len(self.text) and self._is_blank(end):
                    end = self.line_end_at(end)
            while end == len(self.text) and start and self._is_blank(self.line_start(start - 1)):
                start = self.line_start(start - 1)
            yield Span(start, end), ""

    def _is_blank(self, line_start: int) -> bool:
        return not self.text[line_start:self.line_end_at(line_start)].strip()


def assignments(fields: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return the lines ``key = value`` of the fields."""
    return [f"{prefix}{key_text(key)} = {value_text(value)}" for key, value in fields.items()]
