"""Detect files whose encoding may make Python run another program than flake8 reads.

Python and flake8 (through tokenize.detect_encoding()) look for an encoding cookie in the first two lines (PEP 263), but
their rules differ. For Python a lone carriage return ends a line, and a cookie may stand beside bytes that are not
UTF-8; flake8 then reads the file as Latin-1. A flake8 plugin sees only the decoded text, so the bytes are guessed here.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from encodings.aliases import aliases
from typing import NamedTuple

_UTF_8 = frozenset(["utf_8", "utf_8_sig"])
# Supersets of ASCII in which no byte above 127 becomes part of an ASCII name.
_SAFE = frozenset(
    """
    ascii charmap cp1006 cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp775 cp850 cp852 cp855
    cp856 cp858 cp866 cp869 cp874 euc_jis_2004 euc_jisx0213 euc_jp euc_kr gb2312 iso8859_1 iso8859_10 iso8859_11
    iso8859_13 iso8859_14 iso8859_15 iso8859_16 iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8
    iso8859_9 koi8_r koi8_t koi8_u kz1048 latin_1 mac_croatian mac_cyrillic mac_greek mac_iceland mac_latin2
    mac_romanian mac_turkish palmos ptcp154 tis_620
    """.split(),
)
# Encodings in which a backslash or a letter may be the second byte of a character, or a byte above 127 an ASCII letter
# (NFKC). Safe only if flake8 and Python both use the encoding.
_AMBIGUOUS = frozenset(
    """
    big5 big5hkscs cp437 cp720 cp737 cp857 cp860 cp861 cp862 cp863 cp865 cp932 cp949 cp950 gb18030 gbk hp_roman8 johab
    mac_arabic mac_farsi mac_roman shift_jis
    """.split(),
)
# Encodings in which ASCII bytes may mean something else: escape sequences, shifts between character sets, other codes.
_ESCAPING = frozenset(["raw_unicode_escape", "unicode_escape", "utf_7"])
_SHIFTING = frozenset(
    """
    hz idna iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext iso2022_kr punycode
    """.split(),
)
_FOREIGN = frozenset(
    """
    cp037 cp1026 cp1140 cp273 cp424 cp500 cp864 cp875 shift_jis_2004 shift_jisx0213 undefined utf_16 utf_16_be utf_16_le
    utf_32 utf_32_be utf_32_le
    """.split(),
)
_UNSAFE = _ESCAPING | _SHIFTING | _FOREIGN
_KNOWN = _UTF_8 | _SAFE | _AMBIGUOUS | _UNSAFE
_LATIN_1 = ("latin-1", "iso-8859-1", "iso-latin-1")

_LINE_END = re.compile(r"\r\n|\r|\n")
_BEYOND_LATIN_1 = re.compile(r"[^\0-\xff]")
_INDENT = " \t\f"
_DECLARATION = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
# A cookie without its first letter, which may belong to an escape sequence.
_COOKIE = re.compile(r"oding[:=][ \t]*([-\w.]+)", re.ASCII)
_RAW_COOKIE = re.compile(rb"coding[:=][ \t]*([-\w.]+)")
# UTF-7 may disguise the text before the colon.
_NAME_OF_UTF_7 = re.compile(r"[:=][ \t]*([-\w]*7)(?![-\w.])", re.ASCII)

# Encodings that can hide a cookie behind other characters. The shifting encodings use the bytes of _CHARACTER_SETS
# without their highest bits.
_DISGUISES = ("utf_7", "utf_16_le", "utf_16_be")
_CHARACTER_SETS = ("euc_jis_2004", "euc_jp", "euc_kr", "gb2312")
_SEVEN_BITS = bytes(code & 0x7F for code in range(256))


class _Head(NamedTuple):
    """The encoding that Python reads in the first two lines, or an empty string.

    ``is_sure``: flake8 certainly finds the same cookie. It finds none on a line that is not ASCII, and may find another
    one after a blank line, which may have ended with a carriage return.
    """

    name: str
    is_sure: bool


def encoding_problem(text: str) -> str:
    """Return why Python may run another program than the text that flake8 read, or an empty string."""
    if text.isascii() and "oding" not in text:
        return ""
    name = next(_suspects(text), "")
    if not name:
        return ""
    return f"encoding {name[:40]}: Python may run another program than flake8 reads; save the file as UTF-8"


def _suspects(text: str) -> Iterator[str]:
    """Yield the names of encodings in which the file may be another program."""
    plain = text.encode("ascii", "ignore").decode()
    head = _head(text)
    python = _codec(head.name) or "utf_8"
    has_more = len(plain) < len(text)
    if python in _UNSAFE or has_more and python in _AMBIGUOUS and not head.is_sure:
        yield head.name
    # flake8 reads Latin-1 if a cookie's line or a comment is not UTF-8; Python accepts both
    is_latin_1 = has_more and not _BEYOND_LATIN_1.search(text)
    if is_latin_1 and python not in _SAFE and _is_other_program(text, "latin_1", python):
        yield head.name or "utf-8"
    # flake8 looks for a cookie in the first line, and in the second one if the first is blank or a comment
    may_be_other = _is_blank_or_comment(_LINE_END.split(plain, maxsplit=1)[0])
    if may_be_other:
        yield from _hidden_from_python(text, plain, head)
    # in UTF-16, two ASCII bytes such as "#!" are one character beyond Latin-1
    if has_more and (may_be_other or text[0] > "\xff"):
        yield from _disguised(text, plain)


def _head(text: str) -> _Head:
    first, *others = _LINE_END.split(text, maxsplit=2)[:2]
    match = _DECLARATION.match(first)
    if match:
        return _Head(match[1], first.isascii())
    if others and _is_blank_or_comment(first) and (match := _DECLARATION.match(others[0])):
        return _Head(match[1], bool(first.strip(_INDENT)) and (first + others[0]).isascii())
    return _Head("", False)


def _is_blank_or_comment(line: str) -> bool:
    return line.strip(_INDENT)[:1] in ("", "#")


def _hidden_from_python(text: str, plain: str, head: _Head) -> Iterator[str]:
    """Yield the encodings that flake8 may have used and Python does not, because they end lines differently."""
    python = _codec(head.name) or "utf_8"
    names = {_codec(match[1]): match[1] for match in _COOKIE.finditer(plain)}
    for codec, name in names.items():
        is_other = codec not in ("", python) and not (head.name and head.is_sure)
        if codec in _ESCAPING or is_other and (codec in _SHIFTING or _is_other_program(text, codec, python)):
            yield name
    if len(plain) < len(text):
        yield from (match[1] for match in _NAME_OF_UTF_7.finditer(plain) if _codec(match[1]) == "utf_7")


def _is_other_program(text: str, codec: str, python: str) -> bool:
    """Return whether a text that flake8 read with one codec is other code in the codec that Python uses.

    It compares piece by piece, since Python accepts comments that cannot be decoded.
    """
    pieces = re.split("[#\n]", text)
    return any(_is_other_code(piece, codec, python) for piece in pieces if not piece.isascii())


def _is_other_code(line: str, codec: str, python: str) -> bool:
    try:
        return _skeleton(line) != _skeleton(line.encode(codec).decode(python))
    except UnicodeError:
        return False


def _skeleton(line: str) -> str:
    """Return a line with a question mark for each run of non-ASCII characters (in names: after NFKC)."""
    return re.sub(r"[^\0-\x7f]+", "?", "".join(map(_as_name, line)))


def _as_name(character: str) -> str:
    return unicodedata.normalize("NFKC", character) if f"_{character}".isidentifier() else character


def _disguised(text: str, plain: str) -> Iterator[str]:
    """Yield unsafe encodings whose cookie is disguised in the text that they decode to."""
    sources = [text.encode(codec, "ignore") for codec in _DISGUISES]
    sources += [text.encode(codec, "ignore").translate(_SEVEN_BITS) for codec in _CHARACTER_SETS]
    for source in sources:
        for match in _RAW_COOKIE.finditer(source):
            name = match[1].decode()
            if _codec(name) in _UNSAFE and match[0].decode() not in plain:
                yield name


def _codec(name: str) -> str:
    """Return the module name of Python's codec for an encoding, or an empty string if there is none."""
    # CPython's tokenizer compares only the first 12 characters
    start = name[:12].lower().replace("_", "-")
    if start == "utf-8" or start.startswith("utf-8-"):
        return "utf_8"
    if start in _LATIN_1 or start.startswith(tuple(f"{known}-" for known in _LATIN_1)):
        return "latin_1"
    normal = re.sub(r"[-_]+", "_", name.lower())
    codec = aliases.get(normal) or aliases.get(normal.replace(".", "_"), normal)
    return codec if codec in _KNOWN else ""
