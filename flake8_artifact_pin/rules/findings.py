"""Findings: the table of codes, a finding, and text that is safe to print."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Code(NamedTuple):
    """The meaning of a code in one line, and what else is needed to report it; empty if flake8 reports it."""

    summary: str
    needs: str = ""


#: A code is a row here and a section in docs/codes.md.
CODES: Mapping[str, Code] = {
    "APR000": Code("the pins file cannot be used"),
    "APR001": Code("a PUT call in a file that makes more of them than its pin allows"),
    "APR002": Code("a stale pin: it allows more PUT calls than the file makes"),
    "APR003": Code("a stale pin or exemption: its file does not exist, or it is exempt"),
    "APR004": Code("a noqa comment hides a PUT call and gives no reason for it"),
    "APR005": Code("a noqa comment names APR001 where there is no PUT call"),
    "APR006": Code("a PUT call that is not among the pinned calls, though the pin allows as many"),
    "APR007": Code("a pin registers an id that the registry does not have", "check with a registry"),
    "APR008": Code("the registry has an artifact that no pin registers", "check with a registry and --owner"),
    "APR009": Code("a pin without the decision that is required, or one whose time is up (check only)"),
    "APR010": Code("a PUT call is newly allowed, and nobody decided on it", "check --since BASE"),
    "APR011": Code("Python may run another program than flake8 reads in this file"),
}


class Finding(NamedTuple):
    """A finding: line (1-based), column (0-based, in characters), code, and the text after the code.

    ``subject`` identifies its artifact or path, independent of lines.
    """

    line: int
    column: int
    code: str
    text: str
    subject: str = ""


class FileFinding(NamedTuple):
    """A finding in a file, with the path to show."""

    path: str
    finding: Finding


def make_finding(line: int, column: int, code: str, text: str, subject: str = "") -> Finding:
    """Return a finding. Its text becomes one line that is safe to print."""
    return Finding(line, column, code, printable(re.sub(_LINE_BREAK, " ", text)), subject)


# Patterns are compiled on use: most runs report nothing.
# Characters that some program takes for a line break.
_LINE_BREAK = r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+"
# Clients take ":1:2: " for a position, and some of them ":::", too.
_PLACE = r":(?=\d+:|\d*:\d*: )"
# Old-style commands to CI runners of GitHub and Azure, which are recognised anywhere in a line.
_RUNNER_COMMAND = r"##(?=\w*\[)"
# New-style commands are recognised only at the beginning of a line.
_LEADING_COMMAND = r"\A(\s*):(?=:)"


def printable(text: str) -> str:
    """Return a text that is safe on screens and in logs. Different texts stay different.

    Invisible characters are escaped: line breaks, control characters, bidirectional marks, lone surrogates. So are
    decomposed characters, which look like composed ones. A blank is inserted into anything that terminals, editors or
    CI runners would take for a command or a position.
    """
    if not (text.isascii() and text.isprintable()):
        text = _visible(text)
    text = re.sub(_PLACE, ": ", text)
    text = re.sub(_RUNNER_COMMAND, "# #", text)
    return re.sub(_LEADING_COMMAND, r"\1: ", text)


def _visible(text: str) -> str:
    import unicodedata

    def is_decomposed(character: str) -> bool:
        # is_normalized() accepts single jamo, the letters of Hangul syllables
        is_jamo = "\u1100" <= character <= "\u11ff"
        is_mark = unicodedata.category(character).startswith("M")
        return is_jamo or is_mark or not unicodedata.is_normalized("NFC", character)

    text = "".join(character if character.isprintable() else _escaped(character) for character in text)
    if unicodedata.is_normalized("NFC", text):
        return text
    return "".join(_escaped(character) if is_decomposed(character) else character for character in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
