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
from typing import NamedTuple

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
_STATEMENTS = ("array", "header", "pair")


class Splice(NamedTuple):
    """A piece of a text, by its offsets, and the text that replaces it."""

    start: int
    end: int
    new: str


class Splicer:
    """Collects splices of one text; call text_after() last.

    Paths are keys from the document's root. A missing path raises LookupError. In rare cases the result may be wrong,
    so callers must parse and compare it.
    """

    def __init__(self, text: str) -> None:
        """Take a valid TOML text."""
        self.text = text
        self.line_end = "\r\n" if "\r\n" in text else "\n"
        self.splices: list[Splice] = []
        self.removed_lines: list[Span] = []
        self.below: dict[Path, list[Entry]] = {}
        self.members: dict[Span, list[Entry]] = {}
        self.tables: dict[Span, Entry] = {}
        self.statements = [entry for entry in entries(text) if entry.kind in _STATEMENTS]
        self.statement_starts = [entry.span.start for entry in self.statements]
        self._index(entries(text))

    def _index(self, found: Iterable[Entry]) -> None:
        """Index the entries below each path, and the members of each inline table."""
        around: list[Entry] = []
        for entry in found:
            for length in range(len(entry.path) + 1):
                self.below.setdefault(entry.path[:length], []).append(entry)
            while around and around[-1].value.end <= entry.span.start:
                around.pop()
            if entry.kind == "member":
                self.members.setdefault(around[-1].value, []).append(entry)
                self.tables[entry.span] = around[-1]
            around.append(entry)

    def text_after(self) -> str:
        """Return the text with all splices applied."""
        pieces = []
        offset = 0
        for splice in sorted([*self.splices, *self._line_splices()], key=lambda splice: splice[:2]):
            pieces += [self.text[offset:splice.start], splice.new]
            offset = splice.end
        return "".join([*pieces, self.text[offset:]])

    def change(self, path: Path, old: Any, new: Any) -> None:
        """Change a value; in a table, only the keys that differ."""
        if not isinstance(old, dict) or not isinstance(new, dict):
            self.replace(path, new)
            return
        for key in old:
            if key in new and old[key] != new[key]:
                self.change((*path, key), old[key], new[key])
        gone = [key for key in old if key not in new]
        come = [key for key in new if key not in old]
        for old_key, new_key in zip(gone, come):
            self._substitute((*path, old_key), new_key, new[new_key])
        self.remove([(*path, key) for key in gone[len(come):]])
        if come[len(gone):]:
            self.insert(path, {key: new[key] for key in come[len(gone):]})

    def replace(self, path: Path, value: Any) -> None:
        """Replace a whole value."""
        self.splice(self._pair_at(path).value, value_text(value))

    def rename(self, path: Path, new: str) -> None:
        """Rename a key wherever it is written."""
        for entry in self.below[path]:
            if entry.depth < len(path):
                self.splice(entry.keys[len(path) - entry.depth - 1], quote(new))

    def remove(self, paths: Iterable[Path]) -> None:
        """Remove everything at or below the paths."""
        members: dict[Span, set[Span]] = {}
        for path in paths:
            end = 0
            for entry in self.below[path]:
                if entry.kind == "member" and entry.span.start >= end:
                    members.setdefault(self.tables[entry.span].value, set()).add(entry.span)
                elif entry.kind in _STATEMENTS:
                    lines = Span(self._start_with_comments(entry), self.line_end_at(entry.span.end))
                    self.removed_lines.append(lines)
                end = max(end, entry.span.end)
        for table, spans in members.items():
            self._remove_members(table, spans)

    def insert(self, path: Path, fields: Mapping[str, Any]) -> None:
        """Add keys at the end of a table."""
        beside = [entry for entry in self.below[path] if is_in_table(entry, path)]
        table = next((entry for entry in self.below[path] if entry.path == path), None)
        if beside:
            self.insert_beside(beside[-1], path, fields)
        elif table is not None and table.kind == "header":
            self.insert_lines(table.span.end, assignments(fields))
        else:
            # an empty inline table
            self.replace(path, fields)

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
            above = min([line_start, *self.comment_lines_above(sibling)])
            self.splice(Span(above, above), self.as_lines(lines))
        else:
            self.insert_lines(end, lines)

    def insert_lines(self, offset: int, lines: Sequence[str]) -> None:
        """Write lines below the line of an offset."""
        end = self.line_end_at(offset)
        is_open = end == len(self.text) and not self.text.endswith("\n")
        self.splice(Span(end, end), (self.line_end if is_open and end else "") + self.as_lines(lines))

    def splice(self, span: Span, new: str) -> None:
        """Replace a piece of the text."""
        self.splices.append(Splice(*span, new))

    def as_lines(self, lines: Iterable[str]) -> str:
        """Return lines as one text, with the line ends of this text."""
        return "".join(f"{line}{self.line_end}" for line in lines)

    def line_start(self, offset: int) -> int:
        """Return the offset at which the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end_at(self, offset: int) -> int:
        """Return the offset after the line feed of the line of an offset."""
        end = self.text.find("\n", offset) + 1
        return end or len(self.text)

    def comment_lines_above(self, entry: Entry) -> Iterator[int]:
        """Yield the offsets at which the comment lines directly above a statement begin, the nearest first."""
        index = bisect.bisect_left(self.statement_starts, entry.span.start)
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

    def header_at(self, path: Path) -> Entry | None:
        """Return the header of a table, if it has one."""
        found = self.below.get(path, ())
        return next((entry for entry in found if entry.path == path and entry.kind == "header"), None)

    def is_inline(self, path: Path) -> bool:
        """Return whether a value is a member of an inline table."""
        return any(entry.path == path and entry.kind == "member" for entry in self.below[path])

    def _pair_at(self, path: Path) -> Entry:
        return [entry for entry in self.below[path] if entry.path == path and entry.kind in ("member", "pair")][0]

    def _substitute(self, path: Path, key: str, value: Any) -> None:
        pair = self._pair_at(path)
        self.splice(pair.keys[-1], key_text(key))
        self.splice(pair.value, value_text(value))

    def _start_with_comments(self, entry: Entry) -> int:
        """Return the offset at which a statement begins, including comments above it that only list its calls."""
        start = self.line_start(entry.span.start)
        for above in self.comment_lines_above(entry):
            if not _CALL_COMMENT.fullmatch(self.text, above, start):
                break
            start = above
        return start

    def _remove_members(self, table: Span, removed: Collection[Span]) -> None:
        """Remove members of an inline table with their commas."""
        members = self.members[table]
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

    def _line_splices(self) -> Iterator[Splice]:
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
            yield Splice(start, end, "")

    def _is_blank(self, line_start: int) -> bool:
        return not self.text[line_start:self.line_end_at(line_start)].strip()


def is_in_table(entry: Entry, path: Path) -> bool:
    """Return whether an entry is written within the table at a path, as a key or a dotted key, not below a header."""
    return entry.kind in ("member", "pair") and entry.depth <= len(path) < len(entry.path)


def assignments(fields: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return the lines ``key = value`` of the fields."""
    return [f"{prefix}{key_text(key)} = {value_text(value)}" for key, value in fields.items()]
