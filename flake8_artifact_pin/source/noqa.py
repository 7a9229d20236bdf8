"""What ``# noqa`` comments do to PUT calls. flake8 decides what it hides; only the reason is looked at here."""
from __future__ import annotations

import enum
import itertools
import linecache
import re
import tokenize
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8.defaults import NOQA_FILE
from flake8.defaults import NOQA_INLINE_REGEXP
from flake8.utils import parse_comma_separated_list
from flake8.violation import Violation

CODE = "APR001"

# A comment that a person takes for a suppression of APR001, whether flake8 does or not.
# As in flake8's own pattern, codes need nothing between them.
_NAMING_NOQA = re.compile(r"#\s*noqa\s*:?\s*(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+)", re.IGNORECASE)

# What may stand between the "noqa" of a file and its reason.
_FILE_CODES = re.compile(r"\s*:?\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)\b")

# What stands in the same comment but speaks to another tool is no reason.
_DIRECTIVE = re.compile(
    r"""
    \#\s*(?:
        [\w-]+\s*:\s*(?:allowlist|disable|enable|ignore|noqa|skip)(?:[-_]\w+)*\b
            (?:\s*\[[^\]]*\]|\s*[:=]\s*(?:"[^"]*"|[\w./-]+(?:\s*,\s*[\w./-]+)*)|\s+secret\b)?
        |(?:codespell|cspell|fmt|isort|mypy|pyright|pytype|ruff|yapf)\s*:\s*[\w-]+
        |pragma\s*:\s*no\s*\w+
        |pyre-(?:fixme|ignore)\b(?:\[[^\]]*\])?
        |(?:nosec|noqa)\b(?:\s*:?\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?
        |(?:nosemgrep|NOSONAR)\b(?:\s*:?\s*\w+[.:][\w.:-]+)?
        |noinspection\s+\w+(?:\s*,\s*\w+)*
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Nor is one more code, which somebody took for a part of the list.
_CODE = re.compile(r"[A-Z]{1,4}[0-9]{2,}")
# What stands between the codes and the reason.
_SEPARATORS = re.compile(r"\A[\s:,#\N{EN DASH}\N{EM DASH}-]+")
_PLACEHOLDERS = frozenset(["fixme", "noqa", "none", "reason", "tbd", "todo", "xxx"])


class Suppression(enum.Enum):
    """How a call's noqa comment suppresses APR001 in flake8's eyes."""

    NONE = "flake8 does not hide APR001 there"
    JUSTIFIED = "names APR001 and gives a reason"
    UNJUSTIFIED = "names APR001 and gives no reason"
    BLANKET = "hides APR001 without naming it"


class NoqaComment(NamedTuple):
    """A comment that names APR001 in the noqa way.

    ``line`` (1-based) and ``column`` (0-based, in characters) are where its ``text`` begins. ``is_alone`` says that it
    names no other code.
    """

    line: int
    column: int
    text: str
    is_alone: bool = True


class FileNoqa(NamedTuple):
    """A line (1-based) that makes flake8 skip the whole file, and the reason it gives, or an empty string."""

    line: int
    reason: str


class NoqaLines(NamedTuple):
    """What flake8 hides in one file: ``noqa_line_for`` is that of flake8's file processor.

    ``comments`` are the comments of the file that name APR001.
    """

    filename: str
    noqa_line_for: Callable[[int], str | None]
    comments: Mapping[str, Sequence[NoqaComment]]

    def text(self, line: int) -> str:
        """Return the text in which flake8 looks for the noqa comment of a line (1-based)."""
        text = self.noqa_line_for(line)
        if text is None:
            # flake8 falls back to this in an empty file, past the end, and where it cannot tokenize a file: see
            # Violation.is_inline_ignored(). In an editor's process the file may have changed since it was cached.
            linecache.checkcache(self.filename)
            text = linecache.getline(self.filename, line)
        return text

    def hides(self, code: str, line: int) -> bool:
        """Return whether flake8 hides a code on a line (1-based)."""
        return Violation(code, self.filename, line, 1, "", self.text(line)).is_inline_ignored(False)

    def names(self, code: str, line: int) -> bool:
        """Return whether the noqa comment that flake8 finds for a line (1-based) names a code."""
        match = NOQA_INLINE_REGEXP.search(self.text(line))
        return match is not None and code in _codes(match)

    def suppression(self, line: int) -> Suppression:
        """Return how the noqa comment of a line (1-based), if any, suppresses APR001."""
        match = NOQA_INLINE_REGEXP.search(self.text(line))
        if match is None or not self.hides(CODE, line):
            return Suppression.NONE
        if CODE not in _codes(match):
            return Suppression.BLANKET
        return Suppression.JUSTIFIED if self.reason(line) else Suppression.UNJUSTIFIED

    def reason(self, line: int) -> str:
        """Return the reason that the noqa comment of a line (1-based) gives, or an empty string."""
        match = NOQA_INLINE_REGEXP.search(self.text(line))
        if match is None or CODE not in _codes(match):
            return ""
        # flake8 finds its pattern in a string too, but there nobody speaks to a reader
        comment = match.string[match.start():].partition("\n")[0].rstrip()
        if not any(found.text == comment for found in self.comments_at(line)):
            return ""
        # a word that hangs on to the last code is a slip of the pen
        return find_reason(re.sub(r"\A\w+", "", comment[match.end("codes") - match.start() - 1:]))

    def comments_at(self, line: int) -> Sequence[NoqaComment]:
        """Return the comments that name APR001 and stand where flake8 looks for the noqa comment of a line."""
        return self.comments.get(self.text(line), ())

    def stray_comments(self, lines: Iterable[int]) -> list[NoqaComment]:
        """Return the comments that name APR001 where flake8 does not look for the noqa comment of these lines."""
        texts = {self.text(line) for line in lines} if self.comments else set()
        return [
            comment for text, comments in self.comments.items() if text not in texts for comment in comments
        ]

    def first_visible_line(self, code: str) -> int:
        """Return the first line on which flake8 does not hide a code.

        Where a file hides it on each of its lines, that is the line after the last: better there than nowhere.
        """
        return next(line for line in itertools.count(1) if not self.hides(code, line))


def noqa_lines(
    filename: str,
    noqa_line_for: Callable[[int], str | None],
    comments: Iterable[NoqaComment],
) -> NoqaLines:
    """Return what flake8 hides in a file, given its comments that name APR001."""
    noqa = NoqaLines(filename, noqa_line_for, {})
    by_text: dict[str, list[NoqaComment]] = {}
    for comment in comments:
        by_text.setdefault(noqa.text(comment.line), []).append(comment)
    return noqa._replace(comments=by_text)


def may_have_noqa(text: str) -> bool:
    """Return whether a source text can hold a comment that names APR001 (cheap)."""
    return "001" in text and CODE in text.upper()


def find_noqa_comments(lines: Sequence[str]) -> Iterator[NoqaComment]:
    """Yield the comments of a source that name APR001; strings that look like one are not comments."""
    for token in _comments(lines):
        for match in _NAMING_NOQA.finditer(token.string):
            codes = parse_comma_separated_list(match["codes"].upper())
            if CODE in codes:
                line, column = token.start
                text = token.string[match.start():].rstrip()
                yield NoqaComment(line, column + match.start(), text, set(codes) == {CODE})


def find_file_noqa(lines: Sequence[str]) -> FileNoqa | None:
    """Return the line that makes flake8 skip a file: one that gives a reason if there is one, else the first.

    Codes do not matter to flake8 there. Here they do: as in any other noqa comment, a reason is one for APR001 only
    if that is named.
    """
    starts = {number: match for number, line in enumerate(lines, start=1) if (match := NOQA_FILE.match(line))}
    if not starts:
        return None
    # flake8 takes a line of a string for one, too, but there nobody speaks to a reader
    commented = {token.start[0] for token in _comments(lines)}
    found = []
    for number, match in starts.items():
        rest = match.string[match.end():]
        codes = _FILE_CODES.match(rest)
        is_named = codes is not None and number in commented and CODE in _codes(codes)
        found.append(FileNoqa(number, find_reason(rest[codes.end():]) if codes and is_named else ""))
    return next((noqa for noqa in found if noqa.reason), found[0])


def _comments(lines: Sequence[str]) -> Iterator[tokenize.TokenInfo]:
    try:
        for token in tokenize.generate_tokens(iter([*lines, ""]).__next__):
            if token.type == tokenize.COMMENT:
                yield token
    except (SyntaxError, tokenize.TokenError):
        # The few sources that parse and yet cannot be tokenized: flake8 itself reports E902.
        return


def find_reason(text: str) -> str:
    """Return the reason in what follows the codes of a noqa comment, or an empty string if it holds none.

    A reason has a word with a letter (of any script) that is neither a placeholder nor a linter's code.
    """
    text = _DIRECTIVE.sub("", text)
    words = (word.strip("_") for word in re.findall(r"\w+", text))
    has_word = any(
        word.casefold() not in _PLACEHOLDERS and not _CODE.fullmatch(word) and any(map(str.isalpha, word))
        for word in words
    )
    return _SEPARATORS.sub("", text).strip() if has_word else ""


def _codes(match: re.Match[str]) -> list[str]:
    return parse_comma_separated_list(match["codes"] or "")
