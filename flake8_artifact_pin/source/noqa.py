"""What ``# noqa`` comments do to PUT calls. flake8 decides what is hidden; only the reason is judged here."""
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

from flake8_artifact_pin.source.reasons import says_something
from flake8_artifact_pin.source.reasons import stripped

CODE = "APR001"

# A comment that a person reads as a suppression of APR001, whether flake8 does or not.
# As in flake8's own pattern, codes need no separator.
_NAMING_NOQA = re.compile(r"#\s*noqa(?:\s*:)?\s*(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+)", re.IGNORECASE)

# The codes between the "noqa" of a file and its reason.
_FILE_CODES = re.compile(r"(?:\s*:)?\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)\b")

# Letters glued to the last code ("APR001x"): a typo, not a reason.
_GLUED = re.compile(r"\A\w+")


class Suppression(enum.Enum):
    """What the noqa comment at a call does to APR001."""

    NONE = "flake8 does not hide APR001 there"
    JUSTIFIED = "names APR001 and gives a reason"
    UNJUSTIFIED = "names APR001 and gives no reason"
    BLANKET = "hides APR001 without naming it"


class NoqaComment(NamedTuple):
    """A noqa comment that names APR001.

    ``line`` (1-based) and ``column`` (0-based, in characters) are the position of its ``# noqa``, which is at
    ``offset`` in ``comment``, the whole comment. ``is_alone``: it names no other code.
    """

    line: int
    column: int
    comment: str
    offset: int = 0
    is_alone: bool = True


class FileNoqa(NamedTuple):
    """A line (1-based) that makes flake8 skip the whole file, and its reason, or an empty string."""

    line: int
    reason: str


class LineNoqa(NamedTuple):
    """What the noqa comment that flake8 finds for a line does to a PUT call there.

    ``has_comment``: a comment there names APR001, whether flake8 reads it as a noqa or not. ``reason`` is the reason
    of a justified suppression, else empty.
    """

    suppression: Suppression
    has_comment: bool
    reason: str


class NoqaLines(NamedTuple):
    """What flake8 hides in one file. ``noqa_line_for`` is that of flake8's FileProcessor.

    ``comments`` are the comments that name APR001, by the text in which flake8 searches for them.
    """

    filename: str
    noqa_line_for: Callable[[int], str | None]
    comments: Mapping[str, Sequence[NoqaComment]]

    def text(self, line: int) -> str:
        """Return the text in which flake8 looks for the noqa comment of a line (1-based)."""
        text = self.noqa_line_for(line)
        if text is None:
            # Violation.is_inline_ignored() does the same in an empty file, past the end, and where a file cannot be
            # tokenized. In an editor's process the file may have changed since linecache read it.
            linecache.checkcache(self.filename)
            text = linecache.getline(self.filename, line)
        return text

    def hides(self, code: str, line: int) -> bool:
        """Return whether flake8 hides a code on a line (1-based).

        It may hide E999, too: then nobody learns that the file could not be parsed.
        """
        return _hides(self.text(line), code)

    def names(self, code: str, line: int) -> bool:
        """Return whether the noqa comment that flake8 finds for a line (1-based) names a code."""
        match = NOQA_INLINE_REGEXP.search(self.text(line))
        return match is not None and code in _codes(match)

    def of_text(self, text: str) -> LineNoqa:
        """Return what a noqa comment does to a PUT call, given the text that flake8 searches for the comment."""
        has_comment = text in self.comments
        match = NOQA_INLINE_REGEXP.search(text)
        if match is None or not _hides(text, CODE):
            return LineNoqa(Suppression.NONE, has_comment, "")
        if CODE not in _codes(match):
            return LineNoqa(Suppression.BLANKET, has_comment, "")
        reason = self._reason(match)
        return LineNoqa(Suppression.JUSTIFIED if reason else Suppression.UNJUSTIFIED, has_comment, reason)

    def stray_comments(self, texts: Iterable[str]) -> list[NoqaComment]:
        """Return the comments that name APR001 and are not in one of these texts (see text())."""
        found = set(texts)
        return [comment for text, comments in self.comments.items() if text not in found for comment in comments]

    def first_visible_line(self, code: str) -> int:
        """Return the first line on which flake8 does not hide a code.

        If the file hides it on every line, that is the line after the last: better there than nowhere.
        """
        return next(line for line in itertools.count(1) if not self.hides(code, line))

    def _reason(self, match: re.Match[str]) -> str:
        """Return the reason that a noqa comment gives, or an empty string."""
        text = match.string
        end = text.find("\n", match.start())
        comment = text[match.start():end if end >= 0 else None].rstrip()
        # flake8 finds its pattern in strings too, but only a real comment can give a reason
        if not any(
            len(found.comment) - found.offset == len(comment) and found.comment.endswith(comment)
            for found in self.comments.get(text, ())
        ):
            return ""
        # begin with the last character of the codes: a blank if nothing is glued to them
        return find_reason(_GLUED.sub("", comment[match.end("codes") - match.start() - 1:]))


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


def find_noqa_comments(lines: Sequence[str]) -> Iterator[NoqaComment]:
    """Yield the comments of a source that name APR001. Strings that look like comments are skipped."""
    for token in _comments(lines):
        comment = token.string.rstrip()
        for match in _NAMING_NOQA.finditer(comment):
            codes = parse_comma_separated_list(match["codes"].upper())
            if CODE in codes:
                line, column = token.start
                yield NoqaComment(line, column + match.start(), comment, match.start(), set(codes) == {CODE})


def find_file_noqa(lines: Sequence[str]) -> FileNoqa | None:
    """Return the line that makes flake8 skip a file: the first with a reason, else the first; None if there is none.

    flake8 ignores codes there. A reason counts only if the comment names APR001, as in other noqa comments.
    """
    starts = {number: match for number, line in enumerate(lines, start=1) if (match := NOQA_FILE.match(line))}
    if not starts:
        return None
    # flake8 finds its pattern in strings too, but only a real comment can give a reason
    commented = {token.start[0] for token in _comments(lines)}
    found = []
    for number, match in starts.items():
        codes = _FILE_CODES.match(match.string, match.end())
        is_named = codes is not None and number in commented and CODE in _codes(codes)
        found.append(FileNoqa(number, find_reason(match.string[codes.end():]) if codes and is_named else ""))
    return next((noqa for noqa in found if noqa.reason), found[0])


def find_reason(text: str) -> str:
    """Return the reason in the text after the codes of a noqa comment; an empty string if it gives none."""
    reason = stripped(text)
    return reason if says_something(reason) else ""


def _hides(text: str, code: str) -> bool:
    return Violation(code, "", 1, 1, "", text).is_inline_ignored(False)


def _comments(lines: Sequence[str]) -> Iterator[tokenize.TokenInfo]:
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            if token.type == tokenize.COMMENT:
                yield token
    except (SyntaxError, tokenize.TokenError):
        # a few sources parse and yet cannot be tokenized: flake8 itself reports E902
        return


def _codes(match: re.Match[str]) -> list[str]:
    return parse_comma_separated_list(match["codes"] or "")
