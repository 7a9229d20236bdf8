"""Call patterns: dotted names whose components are shell wildcards."""
from __future__ import annotations

import fnmatch
import keyword
import re
import string
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.source.names import normalized

DEFAULT_PATTERNS = ("*.put_object", "*.upload_file", "*.upload_fileobj", "Object().put")

#: The parts of a dotted name: ``boto3.client().put_object`` is ("boto3", "client()", "put_object").
Components = tuple[str, ...]

_WILDCARD = re.compile(r"[*?]|\[[^\[\]]+\]")
_COMPONENT = re.compile(r"(?P<name>(?:\w|[*?]|\[[^\[\]\s]+\])+)(?P<marks>(?:\(\)|\[\])*)")

_STAR_IMPORT = re.compile(r"import[\s\\]*\*")

# A getattr() whose second argument may be the name of a method although the text does not hold that name, such as
# "put_" "object". Rather too many than too few: any but those that have no second argument, or one that is no string
# alone, or a plain one.
_STRING = r"""(?:"(?!")[^"\\\n]*"|'(?!')[^'\\\n]*')"""
_INNER = rf"""(?:[^()\[\]"'\#\\]|{_STRING})*"""
_OBSCURE_GETATTR = re.compile(
    rf"""
    getattr(?<!\wgetattr)\s*\((?!
        \s*\)
        |\s*[\w.]+(?:(?:\({_INNER}(?:\({_INNER}\){_INNER})*\)|\[{_INNER}\])[\w.]*)*\s*
        (?:
            \)
            |,\s*(?:
                (?:[bBfF]\w?|[rR][bBfF])["']
                |(?![rRuU]?["'(\\\#\s])
                |[rRuU]?{_STRING}\s*[^\s"'\#\\rRuUbBfF]
            )
        )
    )
    """,
    re.VERBOSE,
)


class Needles(NamedTuple):
    """What a text must hold so that a pattern can match: pieces of names, and whole names, each of them.

    ``last`` finds the last component, which is to be called or handed on.
    """

    pieces: tuple[str, ...]
    names: tuple[re.Pattern[str], ...]
    last: re.Pattern[str]


class Matcher(NamedTuple):
    """Compiled patterns: for each pattern its components' regular expressions, and what a text must hold.

    ``last`` matches the last component of a name.
    """

    patterns: tuple[tuple[re.Pattern[str], ...], ...]
    needles: tuple[Needles, ...]
    last: re.Pattern[str]
    depth: int
    has_bare: bool

    def may_match(self, text: str) -> bool:
        """Return whether a source text can hold a PUT call at all (cheap; never false for one that does)."""
        text = normalized(text)
        for pieces, names, last in self.needles:
            # a substring search is many times faster than a regular expression, and mostly enough
            if all(piece in text for piece in pieces) and all(name.search(text) for name in names):
                if self.has_bare or _STAR_IMPORT.search(text) or any(_is_used(match) for match in last.finditer(text)):
                    return True
        return has_obscure_getattr(text)

    def is_match(self, name: Components) -> bool:
        """Return whether the last components of a dotted name match one of the patterns."""
        return any(
            len(pattern) <= len(name)
            and all(part.match(component) for part, component in zip(pattern, name[-len(pattern):]))
            for pattern in self.patterns
        )


def has_obscure_getattr(text: str) -> bool:
    """Return whether a normalized text may get an attribute by a constant name that the text does not hold."""
    return "getattr" in text and _OBSCURE_GETATTR.search(text) is not None


def parse_pattern(pattern: str) -> Components:
    """Return the components of a call pattern; raise ValueError, saying what is malformed."""
    components = tuple(normalized(pattern).split("."))
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
        needles=tuple(map(_needles, parsed)),
        last=re.compile("|".join(pattern[-1].pattern for pattern in compiled)),
        depth=max(map(len, parsed)),
        has_bare=any(len(pattern) == 1 for pattern in parsed),
    )


def sample_calls(patterns: Sequence[str]) -> Iterator[str]:
    """Yield sources, a line each, of calls that the patterns are likely to match."""
    for pattern in patterns:
        names = [_fill(component) for component in parse_pattern(pattern)]
        if all(name.isidentifier() and not keyword.iskeyword(name) for name, _ in names):
            callee = ".".join(name + marks for name, marks in names)
            yield f"{callee}()\n"
            # An import in the file may change what the first name means. A string is never imported.
            yield f'"".{callee}()\n'


def _split_marks(component: str) -> tuple[str, str]:
    """Split ``name()[]`` into the name and its marks."""
    match = _COMPONENT.fullmatch(component)
    assert match is not None
    return match["name"], match["marks"]


def _compile_component(component: str) -> re.Pattern[str]:
    # "[]" means a subscript, which fnmatch would take for the beginning of a character class
    name, marks = _split_marks(component)
    return re.compile(fnmatch.translate(name)[:-2] + re.escape(marks) + r"\Z")


def _needles(pattern: Components) -> Needles:
    names = [_split_marks(component)[0] for component in pattern]
    pieces = dict.fromkeys(piece for name in names for piece in _WILDCARD.split(name) if piece)
    return Needles(tuple(pieces), tuple(_word(name) for name in names if name in pieces), _word(names[-1]))


def _word(name: str) -> re.Pattern[str]:
    """Return what finds a name, which may have wildcards, as a whole word."""
    parts = {"*": r"\w*", "?": r"\w"}
    word = "".join(
        parts.get(part) or (fnmatch.translate(part)[:-2] if part[1:] else part)
        for part in re.findall(r"\[[^\[\]]+\]|.", name)
    )
    # a literal beginning is what makes a regular expression fast, so what must not stand before it comes behind
    return re.compile(rf"{word}(?<!\w{word})(?!\w)" if _WILDCARD.split(name) == [name] else rf"\b{word}(?!\w)")


def _is_used(match: re.Match[str]) -> bool:
    """Return whether a name may be an attribute, the constant of a getattr(), or imported.

    At the beginning of a line it may continue an expression or an import.
    """
    text, end = match.string, match.start()
    start = text.rfind("\n", 0, end) + 1
    # Python takes a lone carriage return for a line's end, too
    before = text[max(start, text.rfind("\r", start, end) + 1):end].rstrip()
    return not before or before[-1] in """.,('"\\""" or before.endswith("import")


def _fill(component: str) -> tuple[str, str]:
    """Return a name that a component of a pattern matches, and what follows it: ``Obj*()`` is Objx and ()."""
    name, marks = _split_marks(component)
    return _WILDCARD.sub(lambda match: _fill_wildcard(match.group()), name), marks.replace("[]", "[0]")


def _fill_wildcard(wildcard: str) -> str:
    # letters first: a digit cannot begin a name
    characters = f"x{string.ascii_letters}_\N{LATIN SMALL LETTER E WITH ACUTE}{string.digits}{wildcard}"
    return next((character for character in characters if fnmatch.fnmatchcase(character, wildcard)), "")
