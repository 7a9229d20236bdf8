"""Judge the facts of one file: every code, when it is reported and what it says."""
from __future__ import annotations

import bisect
import functools
import re
import sys
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.calls import PutCall
from flake8_artifact_pin.facts import FileFacts
from flake8_artifact_pin.facts import Site
from flake8_artifact_pin.pins import decision_for
from flake8_artifact_pin.pins import FILE_NAME
from flake8_artifact_pin.pins import Pin
from flake8_artifact_pin.pins import pin_position
from flake8_artifact_pin.pins import Pins
from flake8_artifact_pin.pins import quote
from flake8_artifact_pin.suppressions import FileNoqa
from flake8_artifact_pin.suppressions import NoqaLines
from flake8_artifact_pin.suppressions import Suppression

#: The name that flake8 gives to standard input if it is not told one.
UNNAMED_STDIN = "stdin"


class Code(NamedTuple):
    """A code's one-line summary and the message it is reported with."""

    summary: str
    message: str


CODES = {
    "APR000": Code(
        "the pins file cannot be used",
        "unusable pins file: {problem}",
    ),
    "APR001": Code(
        "a PUT call in a file that makes more of them than its pin allows",
        "PUT call {number}, {pinned} pinned: {call}; {action}",
    ),
    "APR002": Code(
        "a stale pin: it allows more PUT calls than the file makes",
        "stale pin: {pinned} pinned, {observed} observed; set {edit} at {place}",
    ),
    "APR003": Code(
        "a stale pin: the pinned file does not exist",
        "stale pin: {path} does not exist; remove the pin and retire its registry row",
    ),
    "APR004": Code(
        "a noqa comment hides a PUT call without saying why",
        "noqa on line {line} {problem}, so {what} ({observed} observed, {pinned} pinned); "
        'decide on the artifact, or write "{comment}"',
    ),
    "APR005": Code(
        "a noqa comment names APR001 where there is no PUT call",
        "noqa names APR001 but line {line} has no PUT call, so it suppresses nothing; {edit}",
    ),
}

_ABOUT_FILE = frozenset(["APR000", "APR002"])

# Line breaks end a finding, and clients take ``:1:2:`` for a place, some ``::: ``, too.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PLACE = re.compile(r":(?=\d+:|\d*:\d*: )")


class Finding(NamedTuple):
    """What is reported: line (1-based), column (0-based, in characters), code and the text after the code."""

    line: int
    column: int
    code: str
    text: str


def judge(pins: Pins, path: str, facts: FileFacts) -> Iterator[Finding]:
    """Yield the findings of one governed, not exempt file; ``path`` is the file's in the pins file.

    Each has its natural place: with_visible_places() moves those that flake8 would hide there.
    """
    sites = facts.sites
    if pins.faults:
        if sites:
            yield _unusable(pins)
        return
    pin = pins.pin_of(path)
    observed = facts.observed
    if observed < pin.allowed:
        yield _stale(pins, pin, observed)
    number = 0
    for site in sites:
        number += site.is_observed
        yield from _judge_site(pins, pin, site, number, observed)
    lines = _CallLines([site.call for site in sites])
    for comment in facts.stray_comments:
        line = lines.meant_by(comment.line)
        edit = f"move it to line {line}" if line else "remove it"
        yield _finding(comment.line, comment.column, "APR005", line=comment.line, edit=edit)


def judge_file_noqa(pins: Pins, path: str, observed: int, noqa: FileNoqa) -> Finding:
    """Return what is to be reported of a comment that makes flake8 skip a file with PUT calls and gives no reason."""
    return _finding(
        noqa.line,
        0,
        "APR004",
        line=noqa.line,
        problem="makes flake8 skip the file and gives no reason",
        what="its PUT calls still count",
        observed=observed,
        pinned=pins.pin_of(path).allowed,
        comment="# flake8: noqa: APR001 - REASON",
    )


def judge_pins(pins: Pins, missing: Sequence[Pin]) -> list[Finding]:
    """Return what is to be reported at places of the pins file: its faults, else the pins without a file."""
    if pins.faults:
        return [_finding(fault.line, fault.column, "APR000", problem=fault.problem) for fault in pins.faults]
    return [_finding(*pin_position(pins, pin), "APR003", path=pin.path) for pin in missing]


def with_visible_places(findings: Iterator[Finding], noqa: NoqaLines) -> Iterator[Finding]:
    """Move each finding that a noqa comment would hide, but must not hide, to the first line where none does.

    A comment may hide the call that it stands at. It may not hide what is said of itself, nor what is said of
    the whole file, unless it names the code.
    """
    first_visible_line = functools.cache(noqa.first_visible_line)
    for finding in findings:
        if finding.code != "APR001" and noqa.hides(finding.code, finding.line):
            if finding.code not in _ABOUT_FILE or not noqa.names(finding.code, finding.line):
                finding = finding._replace(line=first_visible_line(finding.code), column=0)
        yield finding


def _finding(line: int, column: int, code: str, /, **fields: object) -> Finding:
    text = CODES[code].message.format(**fields)
    return Finding(line, column, code, _PLACE.sub(": ", _CONTROL.sub(" ", text)))


def _unusable(pins: Pins) -> Finding:
    first, *others = pins.faults
    more = f", {len(others)} more fault{'s' * (len(others) > 1)}" if others else ""
    return _finding(1, 0, "APR000", problem=f"{first.problem} ({pins.name} line {first.line}{more})")


def _stale(pins: Pins, pin: Pin, observed: int) -> Finding:
    edit = _edit(pins, pin, observed) + ("" if observed else " or remove the pin")
    place = f"{pins.name}:{pin_position(pins, pin).line}"
    return _finding(1, 0, "APR002", pinned=pin.allowed, observed=observed, edit=edit, place=place)


def _judge_site(pins: Pins, pin: Pin, site: Site, number: int, observed: int) -> Iterator[Finding]:
    """Yield the findings of one PUT call, the ``number``-th that counts of ``observed``."""
    line, column = site.call.line, site.call.column
    facts = {
        "call": site.call.shown,
        "observed": observed,
        "pinned": pin.allowed,
        "line": line,
        "what": f"{site.call.shown} still counts",
        "comment": "# noqa: APR001 - REASON",
    }
    if site.suppression is Suppression.JUSTIFIED:
        # Hidden by flake8. Tools that look for unused noqa comments, and --disable-noqa, need it.
        count, action = f"not counted, {observed} observed", "suppressed with a reason"
        yield _finding(line, column, "APR001", number=count, action=action, **facts)
    elif observed > pin.allowed:
        count, action = f"{number} of {observed}", _action(pins, pin, site, observed)
        yield _finding(line, column, "APR001", number=count, action=action, **facts)
    if site.suppression is Suppression.UNJUSTIFIED:
        yield _finding(line, column, "APR004", problem="names APR001 but gives no reason", **facts)
    elif site.suppression is Suppression.BLANKET and observed > pin.allowed:
        yield _finding(line, column, "APR004", problem="does not name APR001", **facts)


def _action(pins: Pins, pin: Pin, site: Site, observed: int) -> str:
    if pin.path == UNNAMED_STDIN and pin.path not in pins.pins:
        return "its pin is not known: pass --stdin-display-name PATH"
    where = f"in {pins.name}" if pins.path else f"under [pins] in a new {FILE_NAME}"
    steps = [f"decide on the artifact, then set {_edit(pins, pin, observed)} {where}"]
    if site.has_comment and site.suppression is Suppression.NONE:
        steps.append('flake8 does not read the comment as a noqa: it must be "# noqa: APR001 - REASON" on this line')
    return "; ".join([*steps, *filter(None, [pins.advice])])


def _edit(pins: Pins, pin: Pin, count: int) -> str:
    if pins.require_decision and count and not pin.is_decided:
        return f"{quote(pin.key)} = {decision_for(count)}"
    if pin.is_table:
        return f"count = {count} for {quote(pin.key)}"
    return f"{quote(pin.key)} = {count}"


class _CallLines:
    """The lines of the PUT calls, by the statement that they stand in."""

    def __init__(self, calls: Sequence[PutCall]) -> None:
        self.lines: dict[tuple[int, int], list[int]] = {}
        for call in calls:
            self.lines.setdefault(call.span, []).append(call.line)
        self.spans = sorted(self.lines)

    def meant_by(self, line: int) -> int | None:
        """Return the line of the PUT call that a comment on another line is probably meant for.

        That is a call of the statement that the comment stands in, or else of the one that begins below it.
        """
        for place in (line, line + 1):
            index = bisect.bisect_right(self.spans, (place, sys.maxsize))
            if index and self.spans[index - 1][1] >= place:
                lines = self.lines[self.spans[index - 1]]
                near = bisect.bisect_left(lines, line)
                return min(lines[max(near - 1, 0):near + 1], key=lambda call_line: abs(call_line - line))
        return None
