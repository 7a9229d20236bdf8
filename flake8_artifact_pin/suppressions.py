"""What ``# noqa`` comments do to PUT calls. flake8 decides what it hides; only the reason is looked at here."""
from __future__ import annotations

import enum
import itertools
import linecache
import re
import tokenize
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8.defaults import NOQA_INLINE_REGEXP
from flake8.utils import parse_comma_separated_list
from flake8.violation import Violation

_CODE = "APR001"

# A comment that a person takes for a suppression of APR001, whether flake8 does or not.
_NAMING_NOQA = re.compile(r"#\s*noqa\s*:?\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)", re.IGNORECASE)

# What follows in the same comment but speaks to another tool is no reason.
_DIRECTIVE = re.compile(
    r"#\s*(?:(?:type|pragma|pylint|pyright|mypy|ruff|fmt|isort|yapf)\s*:|(?:nosec|noqa|noinspection)\b)[^#]*",
    re.IGNORECASE,
)
_PLACEHOLDERS = frozenset(["fixme", "noqa", "none", "reason", "tbd", "todo", "xxx"])


class Suppression(enum.Enum):
    """How a call's noqa comment suppresses APR001 in flake8's eyes."""

    NONE = "flake8 does not hide APR001 there"
    JUSTIFIED = "names APR001 and gives a reason"
    UNJUSTIFIED = "names APR001 and gives no reason"
    BLANKET = "hides APR001 without naming it"


class NoqaComment(NamedTuple):
    """A comment that names APR001 in the noqa way: its line (1-based) and column (0-based, in characters)."""

    line: int
    column: int


class NoqaLines(NamedTuple):
    """What flake8 hides in one file: ``noqa_line_for`` is that of flake8's file processor."""

    filename: str
    noqa_line_for: Callable[[int], str | None]

    def text(self, line: int) -> str:
        """Return the text in which flake8 looks for the noqa comment of a line (1-based)."""
        text = self.noqa_line_for(line)
        # Where flake8 cannot tokenize a file it falls back to this, see Violation.is_inline_ignored().
        return linecache.getline(self.filename, line) if text is None else text

    def hides(self, code: str, line: int) -> bool:
        """Return whether flake8 hides a code on a line (1-based)."""
        return Violation(code, self.filename, line, 1, "", self.text(line)).is_inline_ignored(False)

    def suppression(self, line: int) -> Suppression:
        """Return how the noqa comment of a line (1-based), if any, suppresses APR001."""
        if not self.hides(_CODE, line):
            return Suppression.NONE
        text = self.text(line)
        match = NOQA_INLINE_REGEXP.search(text)
        if match is None or _CODE not in parse_comma_separated_list(match["codes"] or ""):
            return Suppression.BLANKET
        end_of_comment = text.find("\n", match.start())
        rest = text[match.end("codes"):end_of_comment if end_of_comment >= 0 else None]
        return Suppression.JUSTIFIED if is_reason(rest) else Suppression.UNJUSTIFIED

    def first_visible_line(self, code: str) -> int:
        """Return the first line on which flake8 does not hide a code.

        Where a file hides it on each of its lines, that is the line after the last: better there than nowhere.
        """
        return next(line for line in itertools.count(1) if not self.hides(code, line))


def is_reason(text: str) -> bool:
    """Return whether a text has a word with a letter (of any script) that is not a placeholder."""
    words = re.findall(r"\w+", _DIRECTIVE.sub("", text))
    return any(
        word.casefold() not in _PLACEHOLDERS and any(character.isalpha() for character in word) for word in words
    )


def may_have_noqa(text: str) -> bool:
    """Return whether a source text can hold a comment that names APR001 (cheap)."""
    return "001" in text and _CODE in text.upper()


def find_noqa_comments(lines: Sequence[str]) -> tuple[NoqaComment, ...]:
    """Return the comments of a source that name APR001; strings that look like one are not comments."""
    return tuple(_noqa_comments(lines))


def _noqa_comments(lines: Sequence[str]) -> Iterator[NoqaComment]:
    try:
        for token in tokenize.generate_tokens(iter([*lines, ""]).__next__):
            if token.type == tokenize.COMMENT:
                for match in _NAMING_NOQA.finditer(token.string):
                    if _CODE in parse_comma_separated_list(match["codes"].upper()):
                        yield NoqaComment(token.start[0], token.start[1] + match.start())
    except (SyntaxError, tokenize.TokenError):
        # The few sources that parse and yet cannot be tokenized: flake8 itself reports E902.
        return
