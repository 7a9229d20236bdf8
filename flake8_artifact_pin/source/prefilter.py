"""Which texts can hold a call that a pattern matches: a search for names, without parsing.

It may let too many texts through, and never holds one back that has a PUT call. Names are looked at as they are
written: what calls.py counts stands in the text.
"""
from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

_WILDCARD = re.compile(r"[*?]|\[[^\[\]]+\]")
_WORD = re.compile(r"\w+")
_STAR_IMPORT = re.compile(r"import[\s\\]*\*")

# What may follow a name that is neither called nor subscripted: no other word but these ones.
_NOT_CALLED = r"(?![ \t]*[(\[])(?![ \t]+(?!(?:and|as|async|else|for|from|if|import|in|is|not|or)\b)\w)"
# A call, on one line, of at most so many arguments as the index says.
_FEW_ARGUMENTS = (
    r"(?![ \t]*\([ \t]*\))",
    r"(?![ \t]*\((?:[^()\[\]{},\n]|\([^()\n]*\)|\[[^\[\]\n]*\]|\{[^{}\n]*\})*\))",
)
_OF_IT = r"(?![ \t]*\.)"
_KEYWORD = r"(?:[\s\\]|#[^\n]*\n)*=(?!=)"


# So many patterns are many.
_MANY = 50


class Needle(NamedTuple):
    """Something that a text must hold: a literal, and a regular expression around it.

    ``is_word``: the literal is a whole name.
    ``is_used``: it must be an attribute, a function that is imported or defined, or a string: not any word.
    """

    literal: str
    expression: str
    is_word: bool = False
    is_used: bool = False

    def is_in(self, text: str, has_star: bool) -> bool:
        """Return whether a text holds it; with a star import, it may be any word."""
        if self.literal not in text:
            return False
        if has_star or not self.is_used:
            return _compiled(self.expression).search(text) is not None
        return any(map(_is_used, _compiled(self.expression).finditer(text)))


class Wanted(NamedTuple):
    """What is to be found of one pattern.

    ``names`` are its components and the marks behind each, the last one first. A matching call has the ``keywords`` and
    so many ``arguments``, its file one of the ``words``.
    """

    names: Sequence[tuple[str, str]]
    keywords: Sequence[str] = ()
    arguments: int = 0
    words: Sequence[str] = ()


class Prefilter(NamedTuple):
    """What a text holds that some patterns can match in: one of the first needles, and the others of a pattern."""

    groups: Mapping[Needle, Sequence[tuple[int, Sequence[Needle]]]]

    @property
    def pieces(self) -> tuple[str, ...]:
        """Literals of which each such text holds at least one; an empty one if there is a pattern without any."""
        longest = [
            max((needle.literal for needle in (first, *others)), key=len)
            for first, alternatives in self.groups.items()
            for _, others in alternatives
        ]
        return tuple(dict.fromkeys(longest)) if all(longest) else ("",)

    def numbers(self, text: str) -> Iterator[int]:
        """Yield the numbers of the patterns that can match in a text, which is in normal form."""
        has_star = "import" in text and _STAR_IMPORT.search(text) is not None
        is_found = functools.lru_cache(maxsize=None)(lambda needle: needle.is_in(text, has_star))
        for first in self.candidates(text):
            if is_found(first):
                yield from (number for number, others in self.groups[first] if all(map(is_found, others)))

    def candidates(self, text: str) -> Iterable[Needle]:
        """Return the first needles whose literals a text holds."""
        if len(self.groups) < _MANY:
            return (first for first in self.groups if first.literal in text)
        # to look up each word of the text is faster than to search it for each literal
        words = set(_WORD.findall(text))
        return (first for first in self.groups if first.literal in (words if first.is_word else text))


def compile_prefilter(patterns: Iterable[Wanted]) -> Prefilter:
    """Return the prefilter of patterns."""
    groups: dict[Needle, list[tuple[int, Sequence[Needle]]]] = {}
    for number, wanted in enumerate(patterns):
        is_attribute = len(wanted.names) > 1
        behind = (_OF_IT if is_attribute else "") + "".join(_FEW_ARGUMENTS[:wanted.arguments][-1:])
        first, *others = _needles(wanted.names[0][0], behind)
        first = first._replace(is_used=is_attribute and first.is_word)
        for name, marks in wanted.names[1:]:
            others += _needles(name, "" if marks else _NOT_CALLED)
        for keyword in wanted.keywords:
            others += _needles(keyword, _KEYWORD)
        others += [Needle("", "|".join(wanted.words))]
        groups.setdefault(first, []).append((number, [needle for needle in others if needle.expression]))
    return Prefilter(groups)


def _needles(name: str, behind: str) -> list[Needle]:
    """Return the needles of a name, the longest one first, with what must be behind it if that is simple to tell."""
    literals = sorted(_WILDCARD.split(name), key=len, reverse=True)
    literal = literals[0]
    if len(literals) == 1:
        # the literal at the beginning makes the search fast
        return [Needle(literal, rf"{literal}(?<!\w{literal})(?!\w){behind}", is_word=True)]
    if literal and name == f"*{literal}":
        return [Needle(literal, rf"{literal}(?!\w){behind}")]
    # a regular expression with several wildcards may take very long
    return [Needle(each, each) for each in literals]


@functools.lru_cache(maxsize=None)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _is_used(match: re.Match[str]) -> bool:
    """Return whether a name may be an attribute, a string, or that of a function that is imported or defined.

    At the beginning of a line it may continue an expression or an import.
    """
    text, end = match.string, match.start()
    start = text.rfind("\n", 0, end) + 1
    # Python takes a lone carriage return for a line's end, too
    before = text[max(start, text.rfind("\r", start, end) + 1):end].rstrip()
    return not before or before[-1] in """.,('"\\""" or before.endswith(("import", "def"))
