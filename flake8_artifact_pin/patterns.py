"""Call patterns: dotted names whose components are shell wildcards."""
from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

DEFAULT_PATTERNS = ("*.put_object", "*.upload_file", "*.upload_fileobj", "Object().put")

#: The parts of a dotted name: ``boto3.client().put_object`` is ("boto3", "client()", "put_object").
Components = tuple[str, ...]

_WILDCARD = re.compile(r"[*?]|\[[^\[\]]+\]")
_COMPONENT = re.compile(r"(?P<name>(?:\w|[*?]|\[[^\[\]\s]+\])+)(?P<marks>(?:\(\)|\[\])*)")
# A getattr() whose second argument may be the name of a method although the text does not hold that name: anything
# but a variable or a plain string, such as "put_" "object". Rather too many than too few. (A literal beginning is
# what makes a regular expression fast.)
_OBSCURE_GETATTR = re.compile(
    r"""getattr\s*\((?!\s*[\w.]+(?:\(\w*\)|\[\w*\])?\s*,\s*(?:(?!\d)[\w.]+|"[^"\\\n]*"|'[^'\\\n]*')\s*[,)])""",
)


class Matcher(NamedTuple):
    """Compiled patterns: for each pattern its components' regular expressions, and what a text must contain.

    ``needles`` has, for each pattern, pieces of text with the regular expression that finds each as a whole word.
    """

    patterns: tuple[tuple[re.Pattern[str], ...], ...]
    needles: tuple[tuple[tuple[str, re.Pattern[str]], ...], ...]
    last: re.Pattern[str]
    depth: int
    has_bare: bool

    def may_match(self, text: str) -> bool:
        """Return whether a source text can hold a PUT call at all (cheap; never false for one that does)."""
        if not text.isascii():
            # Python normalises identifiers (PEP 3131): ``s3.\uff50ut_object`` is ``s3.put_object``.
            text = unicodedata.normalize("NFKC", text)
        for needles in self.needles:
            # a substring search is many times faster than a regular expression, and mostly enough
            if all(piece in text for piece, _ in needles) and all(word.search(text) for _, word in needles):
                return True
        return "getattr" in text and _OBSCURE_GETATTR.search(text) is not None

    def is_match(self, name: Components) -> bool:
        """Return whether the last components of a dotted name match one of the patterns."""
        return any(
            len(pattern) <= len(name)
            and all(part.match(component) for part, component in zip(pattern, name[-len(pattern):]))
            for pattern in self.patterns
        )


def parse_pattern(pattern: str) -> Components:
    """Return the components of a call pattern; raise ValueError, saying what is malformed."""
    components = tuple(unicodedata.normalize("NFKC", pattern).split("."))
    for component in components:
        if not component:
            raise ValueError("has an empty component")
        if not _COMPONENT.fullmatch(component):
            raise ValueError('has a component that is not a name, a wildcard, "name()" or "name[]"')
    _, marks = _split_marks(components[-1])
    if marks:
        raise ValueError(f'ends in "{marks}": name what is called, without the call')
    return components


def compile_patterns(patterns: Sequence[str]) -> Matcher:
    """Compile call patterns; raise ValueError if one is malformed."""
    parsed = [parse_pattern(pattern) for pattern in patterns]
    compiled = tuple(tuple(map(_compile_component, pattern)) for pattern in parsed)
    return Matcher(
        patterns=compiled,
        needles=tuple(tuple(_needles(pattern)) for pattern in parsed),
        last=re.compile("|".join(pattern[-1].pattern for pattern in compiled)),
        depth=max(map(len, parsed)),
        has_bare=any(len(pattern) == 1 for pattern in parsed),
    )


def _split_marks(component: str) -> tuple[str, str]:
    """Split ``name()[]`` into the name and its marks."""
    match = _COMPONENT.fullmatch(component)
    assert match is not None
    return match["name"], match["marks"]


def _compile_component(component: str) -> re.Pattern[str]:
    # "[]" means a subscript, which fnmatch would take for the beginning of a character class
    name, marks = _split_marks(component)
    return re.compile(fnmatch.translate(name)[:-2] + re.escape(marks) + r"\Z")


def _needles(pattern: Components) -> Iterator[tuple[str, re.Pattern[str]]]:
    for component in pattern:
        name, _ = _split_marks(component)
        pieces = _WILDCARD.split(name)
        for piece in filter(None, pieces):
            yield piece, re.compile(rf"\b{piece}\b" if pieces == [name] else piece)
