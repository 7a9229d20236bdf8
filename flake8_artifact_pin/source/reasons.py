"""Whether a reason says something: one rule for noqa comments, decisions, exemptions and registered ids."""
from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator

# A reason with one of these needs a word that is neither a placeholder nor a filler.
_PLACEHOLDERS = frozenset(
    """
    asdf changeme dummy explain fixme foo hack id ids ignore issue na nil noqa none null ok okay placeholder reason
    reasons skip tba tbc tbd temp temporary tmp todo unknown wip xxx
    """.split(),
)
# Words that add nothing to a placeholder: "TODO: explain why", "reason goes here", "no reason".
_FILLERS = frozenset(
    """
    a add an and any artifact be because below come comment decide describe do document done explanation fill find fix
    for give goes here in insert is it later me my need needed needs no not now of on or out please put provide should
    some soon that the this to until update we why with write yet you your
    """.split(),
)
_PHRASES = re.compile(
    r"\b(?:to[ -]do|fix[ -]me|to be (?:added|announced|confirmed|decided|defined|determined|done)|work in progress"
    r"|not (?:applicable|available))\b",
    re.IGNORECASE,
)
# A placeholder with an assignee: "TODO(ann): explain".
_ASSIGNED = re.compile(r"\b(?:todo|fixme|hack|xxx)\s?\([^()]*\)", re.IGNORECASE)
# A code of another linter, which is no reason.
_CODE = re.compile(r"[A-Z]{1,7}[0-9]{2,}")

# Invisible characters that are neither controls nor format characters.
_INVISIBLE = re.compile(
    "[\u034f\u17b4\u17b5\u180b-\u180f\u2065\ufe00-\ufe0f\ufff0-\ufff8\U00016fe4\U000e0000-\U000e0fff]",
)
_CONTROLS = frozenset(["Cc", "Cf", "Cs"])
# Letters and symbols that look like white space: Hangul fillers and the blank of Braille.
_BLANKS = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")
# A reason is searched for in so many characters at most.
_ENOUGH = 10_000
# One character of these scripts is a word.
_WORD_LETTERS = ("CJK UNIFIED IDEOGRAPH", "HANGUL SYLLABLE")
# Ideographs, Hangul vowels and other letters that look like a dash or a bar.
_STROKES = frozenset("\u4e00\u4e28\u4e36\u4e3f\u4e59\u4e85\u1173\u1175\u01c0\u01c1\u1427\u1428")

# Separators before a reason and between its parts. "#12" is an issue.
_SEPARATORS = re.compile(r"(?:[\s:;,|\N{BULLET}\N{EN DASH}\N{EM DASH}-]|//|#(?!\d))*")
# The start of a comment, but not in "config#12" or "C#".
_COMMENT = re.compile(r"(?<!\w)#(?!\d)")

# Labels that introduce a reason, so they are not names of tools.
_NO_LABEL = (
    r"(?!(?:because|cf|comment|explanation|justification|nb|note|rationale|reason|ref|see|ticket|why)\s?:|\w+://)"
)
_NAME = rf"{_NO_LABEL}[^\W\d][\w.-]*"
_CODES = r"(?:\s*[:=]?\s*[A-Z]+[-_]?[0-9]\w*(?:[,\s]+[A-Z]+[-_]?[0-9]\w*)*)?"
_VERB = (
    r"(?:(?:allow(?:list)?|disable|enable|exclude|expect|fixme|ignore|no-?qa|skip|suppress|whitelist)(?:[-_][\w-]+)?\b)"
)
_SCOPE = r"(?:\s(?:all|else|end|file|if|line|next|once|start)\b)"
_LIST = r"""(?:"[^"]*"|[\w./*@+=:-]+)(?:\s?,\s?[\w./*@+=:-]+)*"""
_DETAILS = (
    rf"(?:\s?\[[^\[\]]*\]|\([^()]*\)|\s?=\s?{_LIST}|:{_LIST})*"
    # one word after a colon names a rule, several are a reason
    rf"(?:\s?:\s{_LIST}(?=\s?(?:\#|\Z)))?"
)
_AT_END = r"(?=\s?(?:\Z|[\#(\[-]))"
# A directive to another tool, anywhere in a comment.
_DIRECTIVE = rf"""
    (?:{_NAME}\s?:\s?)+(?:\w+-)*{_VERB}{_DETAILS}
    |\w+\s\w+:\s?{_VERB}\[[^\[\]]*\]
    |{_NAME}\s?:\s?(?:off|on|split){_AT_END}
    |(?:\w+-)+{_VERB}{_DETAILS}
    |[a-z][\w-]*\s{_VERB}(?=\s?(?:\Z|[\#=:(\[-])|\s[\w-]+[:=]\S|{_SCOPE})(?:\s[\w-]+[:=]\S+|{_SCOPE})*{_DETAILS}
    |(?:pragma\b|\w+\spragma:)(?:[^\#;(\N{{EN DASH}}\N{{EM DASH}}-]|(?<!\s)-)*
    |no[ -]?(?:bandit|check|cov(?:er(?:age)?)?|lint|pep8|pycln|qa|sec|semgrep|sonar)(?:next\w*|begin|end|[-_]\w+)?\b
        (?:\([^()]*\)|\s?:\s?{_LIST}|\s[\w-]+[.:/][\w.:/-]+|{_CODES})
    |noinspection\b(?:\s\w+(?:\s?,\s?\w+)*)?
    |(?:ggignore|lgtm|skipcq)\b(?:\s?\[[^\[\]]*\]|\s?:\s?{_LIST}|{_AT_END})
    |(?:allow|white)list\s(?:nextline\s)?secrets?\b
    |lizard\sforgives\b
    |(?:file\s)?deepcode\signore\b.*
    """
# A directive only at the beginning of a comment of its own.
_DIRECTIVE_COMMENT = rf"""
    (?:c?spell[\w-]*|ex|vim?)\s?:.*
    |type\s?:\s?(?:[\w.]+\[|\().*
    |{_NAME}\s?:\s?[+-]?[\w.-]+\s?=\s?\S+.*
    |{_NAME}\s?:\s?\+\w+(?:\s?,\s?[+-]\w+)*
    |{_NAME}:(?!\s)[^\s\#]+
    |{_NAME}\s?:\s{_LIST}\s?(?=\#|\Z)
    |[\w./-]+\s?\[[^\[\]]*\](?=\s?(?:\Z|[\#(:-])|\s[\w./-]+\[)
    |[\w./-]+\([^()]*\)(?=\s?(?:\Z|[\#:-]))
    |(?:[\w-]+\s){{0,2}}[\w.-]+\s?=\s?\S+\s?(?=\#|\Z)
    |{_VERB}{_DETAILS}\s?(?=\#|\Z)
    |(?-i:[A-Z]+(?:_[A-Z]+)+)\s?(?=\#|\Z)
    |(?:(?:end)?region|pyre-(?:strict|unsafe))\b.*
    |(?:\w+-)+\w+\s(?:end|off|on|start){_AT_END}
    |no-?[a-z]+\s?(?=\#|\Z)(?<!nobody)(?<!nothing)(?<!notebook)(?<!notebooks)
    |(?:%%|\*-|@|!).*
    """
# A reason after a directive begins with one of these.
_SEPARATED = re.compile(r"\s*(?:[:;,.|(\N{EN DASH}\N{EM DASH}-]|//|#|\Z)")


def canonical(text: str) -> str:
    """Return a text as a reader sees it: without invisible characters, and with white space folded."""
    if not text.isascii():
        text = _BLANKS.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text)))
    if not text.isprintable():
        text = "".join(
            character
            for character in text
            if character.isspace() or unicodedata.category(character) not in _CONTROLS
        )
    return " ".join(text.split())


def same_reason(before: str, after: str) -> bool:
    """Return whether two reasons look the same to a reader."""
    return canonical(before) == canonical(after)


def stripped(text: str) -> str:
    """Return the part of a text that is for people: without directives to tools and surrounding separators."""
    first, *comments = _COMMENT.split(canonical(text))
    parts = [_prose(first, is_comment=False), *(_prose(comment, is_comment=True) for comment in comments)]
    return " # ".join(filter(None, parts))


def says_something(text: str, *, is_reference: bool = False) -> bool:
    """Return whether a text is a reason and not a placeholder. A reference to an artifact or issue may be a number."""
    prose = _PHRASES.sub("todo", _ASSIGNED.sub("todo", _folded(stripped(text)[:_ENOUGH])))
    words = [word for word in _words(prose) if _is_word(word, is_reference)]
    plain = [word.casefold().strip("0123456789") if not is_reference else word.casefold() for word in words]
    if any(word in _PLACEHOLDERS for word in plain):
        return any(word not in _PLACEHOLDERS and word not in _FILLERS for word in plain)
    return bool(words)


def _prose(segment: str, *, is_comment: bool) -> str:
    """Return a part of a comment without the directives at its beginning."""
    position, is_separated = 0, True
    while True:
        separators = _SEPARATORS.match(segment, position)
        position = separators.end() if separators else position
        directive = _compiled(_DIRECTIVE).match(segment, position)
        if directive is None and is_comment:
            directive = _compiled(_DIRECTIVE_COMMENT).match(segment, position)
        if directive is None:
            # a rest without a separator is an argument: "cspell:ignore parquet"
            return segment[position:].strip() if is_separated else ""
        position = directive.end()
        is_separated = _SEPARATED.match(segment, position) is not None


@functools.lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a large pattern on first use: editors start flake8 at each save, and most files have no reasons."""
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE)


def _folded(text: str) -> str:
    """Return a text with each letter in its usual form. Symbols stay: NFKC would make words of TM and No."""
    return "".join(unicodedata.normalize("NFKC", c) if c.isalpha() else c for c in text)


def _words(text: str) -> Iterator[str]:
    """Yield the words of a text: runs of letters, digits and vowel signs."""
    for is_word, characters in itertools.groupby(text, _belongs_to_word):
        if is_word:
            yield "".join(characters)


def _belongs_to_word(character: str) -> bool:
    if character.isalnum() or unicodedata.category(character) not in ("Mc", "Mn"):
        return character.isalnum()
    # combining classes below 10 join letters, those from 200 on are accents
    combining = unicodedata.combining(character)
    return combining == 0 or 10 <= combining < 200


def _is_word(word: str, is_reference: bool) -> bool:
    """Return whether a word has two different characters, one of them a letter, or is an ideograph.

    Modifier letters are skipped, since many look like dashes.
    """
    if is_reference and any(character.isdigit() and character != "0" for character in word):
        return True
    if not is_reference and _CODE.fullmatch(word):
        return False
    characters = {
        character.lower()
        for character in word
        if unicodedata.category(character) != "Lm" and character not in _STROKES
    }
    letters = filter(str.isalpha, characters)
    return any(
        len(characters) > 1 or unicodedata.name(letter[0], "").startswith(_WORD_LETTERS) for letter in letters
    )
