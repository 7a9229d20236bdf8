"""The prefilter: search a source text for names, without parsing, to tell whether it can hold a PUT call.

It may let too many texts through, but never holds back one with a PUT call. It sees names as they are written, so
calls.py counts no name that is not spelled out in the text.
"""
from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

WILDCARD = re.compile(r"[*?]|\[[^\[\]]+\]")
# Replace everything that is not part of a name by a blank: splitting a text is faster than searching it for words.
_WORD_BYTES = bytes(code if chr(code).isalnum() or chr(code) == "_" else 32 for code in range(128)).ljust(256)
# Names may hold characters that \w does not match, such as combining marks. In code, only names go beyond ASCII.
_WORD = re.compile(r"[\w\x80-\U0010ffff]+")
_STAR_IMPORT = re.compile(r"import[\s\\]*\*")
# The imported names: from "import" to the end of the line or of the parenthesis.
_IMPORT = re.compile(r"import(?<!\wimport)\b((?:\\\r?\n?|[^\\\r\n;(])*(?:\((?:[^)#]|#[^\r\n]*)*)?)")

# Most files hold it: in "copyright", or in "a copy of the License".
_IN_LICENCES = "copy"

# After a name that is neither called nor subscripted, no word may follow except these keywords.
_NOT_CALLED = r"(?![ \t]*[(\[])(?![ \t]+(?!(?:and|as|async|else|for|from|if|import|in|is|not|or)\b)\w)"
# _FEW_ARGUMENTS[n] refuses a one-line call with at most n arguments.
_TEXT = r"""'[^'\\\n]*'|"[^"\\\n]*\""""
_INNER = rf"""(?:[^()\[\]{{}}'"\\#\n]|{_TEXT})*"""
_ARGUMENT = rf"""(?:[^()\[\]{{}}'"\\#\n,]|{_TEXT}|\({_INNER}\)|\[{_INNER}\]|\{{{_INNER}\}})*"""
_FEW_ARGUMENTS = (
    r"(?![ \t]*\([ \t]*\))",
    rf"(?![ \t]*\({_ARGUMENT}\))",
    rf"(?![ \t]*\({_ARGUMENT}(?:,{_ARGUMENT})?\))",
)
_OF_IT = r"(?![ \t]*\.)"
_KEYWORD = r"(?:[\s\\]|#[^\n]*\n)*=(?!=)"


class Needle(NamedTuple):
    """Something that a text must hold: a literal, and a regular expression around it.

    ``is_word``: the literal is a whole name. ``is_used``: the name must be used as an attribute, as the name in a
    getattr(), or as a function that the file imports or defines. ``is_from_module``: a function that the file defines
    does not count. ``is_wild``: the expression has wildcards and must match a whole word.
    """

    literal: str
    expression: str
    is_word: bool = False
    is_used: bool = False
    is_from_module: bool = False
    is_wild: bool = False


class _Source:
    """A source text, with the results of earlier searches."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.has_star = "import" in text and _STAR_IMPORT.search(text) is not None
        self.holds = functools.lru_cache(maxsize=None)(self._holds)

    @functools.cached_property
    def words(self) -> frozenset[str]:
        """The words of the text."""
        text = self.text
        is_ascii = text.isascii()
        # bytes are translated ten times as fast
        words = text.encode().translate(_WORD_BYTES).decode().split() if is_ascii else _WORD.findall(text)
        return frozenset(words)

    @functools.cached_property
    def has(self) -> Callable[[str], bool]:
        """Return whether a word of the text holds a literal. The words are shorter than the text: most are repeated."""
        return functools.lru_cache(maxsize=None)(" ".join(self.words).__contains__)

    @functools.cached_property
    def imported(self) -> frozenset[str]:
        """All words that ``from ... import`` statements import; some others may be among them."""
        return frozenset(
            word
            for match in _IMPORT.finditer(self.text)
            if "from" in (line := _line_before(self.text, match.start()))
            or self.text.endswith(("\\\n", "\\\r", "\\\r\n"), 0, match.start() - len(line))
            for word in _WORD.findall(match[1])
        )

    def _holds(self, needle: Needle) -> bool:
        """Return whether the text matches a needle. With a star import, ``is_used`` is ignored: any word may count.

        The caller has checked that the text holds the needle's literal.
        """
        if needle.is_wild:
            return any(map(_compiled(needle.expression).match, (word for word in self.words if needle.literal in word)))
        if self.has_star or not needle.is_used:
            return _compiled(needle.expression).search(self.text) is not None
        found = [match.start() for match in _compiled(needle.expression).finditer(self.text)]
        return any(self._is_used(needle, start) for start in found) or bool(found) and needle.literal in self.imported

    def _is_used(self, needle: Needle, start: int) -> bool:
        """Return whether the name at an offset may be an attribute, a name in a getattr(), or a function definition."""
        before = _line_before(self.text, start).rstrip()
        if not before:
            # the expression may have begun on an earlier line, with comments in between
            while start > 0 and not before:
                start -= len(_line_before(self.text, start)) + 1
                before = _line_before(self.text, max(start, 0)).strip()
            return before.endswith((".", "\\")) or "#" in before
        if before[-1] in "'\"":
            return "getattr" in self.text
        return before[-1] in ".\\" or before.endswith("def") and not needle.is_from_module


# the same text is asked about again and again
_source = functools.lru_cache(maxsize=1)(_Source)


class Wanted(NamedTuple):
    """What a text must hold for one pattern to match.

    ``names`` are the pattern's components with their marks (``()``, ``[]``), the last component first. A matching call
    has all ``keywords`` and at least ``arguments`` arguments; its file holds one of the ``words``.
    """

    names: Sequence[tuple[str, str]]
    keywords: Sequence[str] = ()
    arguments: int = 0
    words: Sequence[str] = ()


class Prefilter(NamedTuple):
    """The needles of many patterns, grouped by their first one.

    A pattern can match in a text only if the text holds the first needle and all others of that pattern.
    """

    groups: Mapping[Needle, Sequence[tuple[int, Sequence[Needle]]]]

    @property
    def pieces(self) -> tuple[str, ...]:
        """Literals: every text in which a pattern can match holds one; ``("",)`` if a pattern has no literal."""
        rarest = dict.fromkeys(
            max((needle.literal for needle in (first, *others)), key=_rarity)
            for first, alternatives in self.groups.items()
            for _, others in alternatives
        )
        return tuple(each for each in rarest if not any(other in each for other in rarest if other != each))

    def numbers(self, text: str) -> Iterator[int]:
        """Yield the numbers of the patterns that can match in a text, which must be normalized (see PEP 3131)."""
        source = _source(text)
        words, has = source.words, source.has
        for first, alternatives in self.groups.items():
            if first.literal in words if first.is_word else has(first.literal):
                # literals first: most sources lack one of them
                likely = [
                    (number, others)
                    for number, others in alternatives
                    if all(each.literal in words if each.is_word else has(each.literal) for each in others)
                ]
                if likely and source.holds(first):
                    yield from (number for number, others in likely if all(map(source.holds, others)))


def may_have_noqa(text: str) -> bool:
    """Return whether a source text can hold a comment that names APR001 (cheap)."""
    return "001" in text and "APR001" in text.upper()


def compile_prefilter(patterns: Iterable[Wanted]) -> Prefilter:
    """Return the prefilter of patterns, which are numbered from 0 in the given order."""
    groups: dict[Needle, list[tuple[int, Sequence[Needle]]]] = {}
    for number, wanted in enumerate(patterns):
        is_attribute = len(wanted.names) > 1
        behind = (_OF_IT if is_attribute else "") + "".join(_FEW_ARGUMENTS[:wanted.arguments][-1:])
        first, *others = _needles(wanted.names[0][0], behind)
        is_used = is_attribute and first.is_word
        # a function that the file defines counts as one of a module with an empty name
        is_from_module = is_used and wanted.names[1][0].strip("*") != ""
        first = first._replace(is_used=is_used, is_from_module=is_from_module)
        for index, (name, marks) in enumerate(wanted.names[1:], 1):
            needles = _needles(name, "" if marks else _NOT_CALLED)
            # a name before it stands for a module or an object
            is_inner = index + 1 < len(wanted.names)
            others += [each._replace(is_used=is_inner and each.is_word, is_from_module=True) for each in needles]
        for keyword in wanted.keywords:
            others += _needles(keyword, _KEYWORD)
        others += [Needle(wanted.words[0] if len(wanted.words) == 1 else "", "|".join(wanted.words))]
        groups.setdefault(first, []).append((number, [needle for needle in others if needle.expression]))
    return Prefilter(groups)


def _rarity(literal: str) -> tuple[bool, int]:
    return literal != _IN_LICENCES, len(literal)


def _needles(name: str, behind: str) -> list[Needle]:
    """Return the needles of a name that may have wildcards. ``behind`` is a lookahead for what follows the name."""
    literals = sorted(WILDCARD.split(name), key=len, reverse=True)
    literal = literals[0]
    if len(literals) == 1:
        # start with the literal (fast to search); check the preceding character with a lookbehind
        return [Needle(literal, rf"{literal}(?<!\w{literal})(?!\w){behind}", is_word=True)]
    if literal and name == f"*{literal}":
        return [Needle(literal, rf"{literal}(?!\w){behind}")]
    if not literal:
        return [Needle("", "")]
    # several wildcards may backtrack for long, so match single words only
    return [Needle(literal, fnmatch.translate(name), is_wild=True)]


@functools.lru_cache(maxsize=None)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _line_before(text: str, end: int) -> str:
    """Return the text of a line up to an offset. A lone carriage return ends a line, too, as in Python."""
    start = text.rfind("\n", 0, end) + 1
    return text[max(start, text.rfind("\r", start, end) + 1):end]
