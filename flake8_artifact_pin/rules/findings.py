"""Judge the facts of one file: every code, when it is reported and what it says."""
from __future__ import annotations

import bisect
import difflib
import functools
import os
import re
import sys
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.source.calls import PutCall
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import Site
from flake8_artifact_pin.source.names import compare
from flake8_artifact_pin.source.names import Mismatch
from flake8_artifact_pin.source.names import UNCERTAIN
from flake8_artifact_pin.pins.positions import call_position
from flake8_artifact_pin.pins.quoting import decision_for
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.source.noqa import FileNoqa
from flake8_artifact_pin.source.noqa import NoqaLines
from flake8_artifact_pin.source.noqa import Suppression
from flake8_artifact_pin.pins.toml import Position

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
        "{lead}PUT call {count}: {call}; {action}",
    ),
    "APR002": Code(
        "a stale pin: it allows more PUT calls than the file makes",
        "stale pin: {pinned} pinned, {counted} observed; {edit}",
    ),
    "APR003": Code(
        "a stale pin: the pinned file does not exist",
        "stale pin: {path} does not exist; remove the pin and retire its registry row",
    ),
    "APR004": Code(
        "a noqa comment hides a PUT call without saying why",
        "noqa on line {line} {problem}, so {what} ({counted} observed, {pinned} pinned); "
        'decide on the artifact, or write "{comment}"',
    ),
    "APR005": Code(
        "a noqa comment names APR001 where there is no PUT call",
        "noqa names APR001 but line {line} has no PUT call, so it suppresses nothing; {edit}",
    ),
    "APR006": Code(
        "a PUT call that came in the place of another one: its pin names as many calls, but not this one",
        "not among the pinned calls, {counted} observed, {pinned} pinned: {call} is {name} on line {line}, "
        "and {gone} is gone; {edit}",
    ),
    "APR007": Code(
        "a pin registers an id that the registry does not have",
        "{id} is registered for {path}, but {registry} has no such id; {edit}",
    ),
    "APR008": Code(
        "the registry has an artifact that no pin registers",
        "{id} of {owner} promises an artifact that no pinned code writes; "
        "register it at the pin of the file that writes it, or retire this row",
    ),
}

_ABOUT_FILE = frozenset(["APR000", "APR002"])
# As many entries of a pin as a message names, and as many ids as are searched for one that is like them.
_MAX_LISTED = 10

_UNREAD = (
    'flake8 does not take the comment for a noqa of APR001: write "# noqa: APR001 - REASON" on this line, '
    "before any other noqa"
)

# Line breaks end a finding, and clients take ``:1:2:`` for a place, some ``::: ``, too.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PLACE = re.compile(r":(?=\d+:|\d*:\d*: )")


class Finding(NamedTuple):
    """What is reported: line (1-based), column (0-based, in characters), code and the text after the code."""

    line: int
    column: int
    code: str
    text: str


def judge(pins: Pins, path: str, facts: FileReport) -> Iterator[Finding]:
    """Yield the findings of one governed, not exempt file; ``path`` is the file's in the pins file.

    Each has its natural place: with_visible_places() moves those that flake8 would hide there.
    """
    sites = facts.sites
    if pins.faults:
        if sites:
            yield _unusable(pins)
        for site in sites:
            if not site.is_counted:
                # whoever looks for noqa comments that hide nothing is not to take these away meanwhile
                yield _suppressed(site.call, "not counted")
        return
    pin = pins.pin_of(path)
    case = _case(pins, pin, facts)
    if case.counted < pin.allowed:
        yield _stale(case)
    number = 0
    for site in sites:
        number += site.is_counted
        yield from _judge_site(case, site, number)
    lines = _CallLines([site.call for site in sites])
    for comment in facts.stray_comments:
        line = lines.meant_by(comment.line)
        moved, removed = ("it", "it") if comment.is_alone else ("APR001", "APR001 from it")
        edit = f"move {moved} to line {line}" if line else f"remove {removed}"
        yield _finding(comment.line, comment.column, "APR005", line=comment.line, edit=edit)


def judge_file_noqa(pins: Pins, path: str, counted: int, noqa: FileNoqa) -> Finding:
    """Return what is to be reported of a comment that makes flake8 skip a file with PUT calls and gives no reason."""
    return _finding(
        noqa.line,
        0,
        "APR004",
        line=noqa.line,
        problem="makes flake8 skip the file and gives no reason",
        what="its PUT calls still count",
        counted=counted,
        pinned=pins.pin_of(path).allowed,
        comment="# flake8: noqa: APR001 - REASON",
    )


def judge_pins(pins: Pins, missing: Sequence[Pin]) -> list[Finding]:
    """Return what is to be reported at places of the pins file: its faults, else the pins without a file."""
    if pins.faults:
        return [_finding(fault.line, fault.column, "APR000", problem=fault.problem) for fault in pins.faults]
    return [_finding(*pin_position(pins, pin), "APR003", path=pin.path) for pin in missing]


def judge_registered(pins: Pins, known: Collection[str], registry: str) -> Iterator[Finding]:
    """Yield what is to be reported of registered ids, at places of the pins file.

    ``known`` are the ids of the registry, ``registry`` is its name.
    """
    searches = 0
    for pin in pins.pins.values():
        named = [(call_position(pins, pin, name), f"{quote(name)} of ", name) for name in pin.calls or ()]
        for position, prefix, name in named or [(pin_position(pins, pin), "", "")]:
            for artifact_id in dict.fromkeys(pin.decision_on(name).registered):
                if artifact_id not in known:
                    # each search takes the time of the whole registry
                    close = difflib.get_close_matches(artifact_id, known, n=1) if searches < _MAX_LISTED else []
                    searches += 1
                    hint = f"did you mean {quote(close[0])}?" if close else "register it there, or correct the id"
                    what = {"id": quote(artifact_id), "path": f"{prefix}{quote(pin.path)}", "registry": registry}
                    yield _finding(*position, "APR007", edit=hint, **what)


def judge_promised(pins: Pins, promised: Iterable[tuple[str, Position]], owner: str) -> Iterator[Finding]:
    """Yield what is to be reported of the artifacts that the registry has of an owner, at places of the registry.

    ``promised`` are their ids and where their rows begin. A pin that allows no call writes no artifact.
    """
    written = {
        artifact_id
        for pin in pins.pins.values()
        if pin.allowed
        for decision in pin.decisions
        for artifact_id in decision.registered
    }
    for artifact_id, position in promised:
        if artifact_id not in written:
            yield _finding(*position, "APR008", id=quote(artifact_id), owner=owner)


def with_visible_places(findings: Iterator[Finding], noqa: NoqaLines) -> Iterator[Finding]:
    """Move each finding that a noqa comment would hide, but must not hide, to the first line where none does.

    A comment may hide the call that it stands at. It may not hide what is said of itself, nor that a call came in the
    place of another one, nor what is said of the whole file, unless it names the code.
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


class _Case(NamedTuple):
    """What the findings of one file are about.

    ``gone`` are the calls that the pin names and nobody makes, each with the place of its entry; ``unnamed`` are those
    that the pin does not name, each with its line. Both are empty if the pin names no calls, or the same ones.
    """

    pins: Pins
    pin: Pin
    counted: int
    noqa: NoqaLines
    mismatch: Mismatch = Mismatch()
    gone: str = ""
    unnamed: str = ""

    def is_unnamed(self, name: str) -> bool:
        """Return whether the pin names calls, but not this one."""
        return self.pin.calls is not None and name not in self.pin.calls


def _case(pins: Pins, pin: Pin, facts: FileReport) -> _Case:
    case = _Case(pins, pin, facts.counted, facts.noqa)
    if pin.calls is None:
        return case
    mismatch = compare(pin.calls, facts.names)
    lines = {site.name: site.call.line for site in facts.sites}
    return case._replace(
        mismatch=mismatch,
        gone=_listed(mismatch.gone, lambda name: f"{quote(name)} at {_entry_place(case, name)}"),
        unnamed=_listed(mismatch.unnamed, lambda name: f"{quote(name)} on line {lines[name]}"),
    )


def _entry_place(case: _Case, name: str) -> str:
    """Return where a pin names a call."""
    return f"{case.pins.name}:{call_position(case.pins, case.pin, name).line}"


def _stale(case: _Case) -> Finding:
    pins, pin, counted = case.pins, case.pin, case.counted
    if pin.calls is None:
        edit = f"set {_edit(pins, pin, counted)}" + ("" if counted else " or remove the pin")
        edit = f"{edit} at {pins.name}:{pin_position(pins, pin).line}"
    else:
        edit = f"remove {case.gone}, which no call has"
        if case.unnamed:
            edit += f"; but where {case.unnamed} only got a new name, rename the entry instead"
        if case.mismatch.uncertain:
            edit += f"; {UNCERTAIN}"
    return _finding(1, 0, "APR002", pinned=pin.allowed, counted=counted, edit=edit)


def _judge_site(case: _Case, site: Site, number: int) -> Iterator[Finding]:
    """Yield the findings of one PUT call, the ``number``-th of those that count."""
    line, column = site.call.line, site.call.column
    counted, pinned = case.counted, case.pin.allowed
    fields = {"call": site.call.shown, "counted": counted, "pinned": pinned, "line": line}
    replaced = case.mismatch.replaced.get(site.name)
    if site.suppression is Suppression.JUSTIFIED:
        yield _suppressed(site.call, f"not counted, {counted} observed, {pinned} pinned")
    elif counted > pinned:
        lead = "not among the pinned calls: " if case.is_unnamed(site.name) else ""
        count, action = f"{number} of {counted}, {pinned} pinned", _action(case, site, _decide(case, site))
        yield _finding(line, column, "APR001", lead=lead, count=count, action=action, **fields)
    elif counted == pinned and replaced:
        edit = (
            f"if it only has a new name, rename the entry at {_entry_place(case, replaced)}, "
            "else decide on the artifact and replace that entry"
        )
        if case.noqa.hides("APR006", line):
            edit += "; no noqa comment hides this"
        names = {"name": quote(site.name), "gone": quote(replaced)}
        yield _finding(line, column, "APR006", edit=_action(case, site, edit), **names, **fields)
    fields |= {"what": f"{site.call.shown} still counts", "comment": "# noqa: APR001 - REASON"}
    if site.suppression is Suppression.UNJUSTIFIED:
        yield _finding(line, column, "APR004", problem="names APR001 but gives no reason", **fields)
    elif site.suppression is Suppression.BLANKET and counted > pinned:
        problem = "names APR001 as flake8 does not read it" if site.has_comment else "does not name APR001"
        yield _finding(line, column, "APR004", problem=problem, **fields)


def _suppressed(call: PutCall, count: str) -> Finding:
    """Return what flake8 hides: tools that look for unused noqa comments, and --disable-noqa, need it."""
    shown, action = call.shown, "suppressed with a reason"
    return _finding(call.line, call.column, "APR001", lead="", count=count, call=shown, action=action)


def _decide(case: _Case, site: Site) -> str:
    """Return what is to be done about a PUT call of a file that makes more than its pin allows."""
    pins, pin = case.pins, case.pin
    # one without a pins file is absolute outside of the working directory, and would be relative to the new file
    if not can_be_key(pin.path) and not os.path.isabs(pin.path):
        return f"its path cannot be a key of {pins.name}: rename the file, or exempt it by a pattern"
    if pin.calls is None:
        file = pins.name if pins.path else f"a new {FILE_NAME}"
        where = "in" if pin.path in pins.pins else f"under [{'.'.join([*pins.table, 'pins'])}] in"
        return f"decide on the artifact, then set {_edit(pins, pin, case.counted)} {where} {file}"
    if not case.is_unnamed(site.name):
        return f"pinned as {quote(site.name)}; decide on {case.unnamed}"
    step = f"decide on the artifact, then add {quote(site.name)} = {decision_for()} to the calls of {quote(pin.key)}"
    gone = case.mismatch.replaced.get(site.name)
    rename = f"if it was {quote(gone)}, rename the entry at {_entry_place(case, gone)}, else " if gone else ""
    return f"{rename}{step} in {pins.name}"


def _action(case: _Case, site: Site, step: str) -> str:
    if case.pin.path == UNNAMED_STDIN and case.pin.path not in case.pins.pins:
        return "its pin is not known: pass --stdin-display-name PATH"
    steps = [step]
    if case.mismatch.is_uncertain(site.name):
        steps.append(UNCERTAIN)
    if site.has_comment and site.suppression is Suppression.NONE:
        steps.append(_UNREAD)
    return "; ".join([*steps, *filter(None, [case.pins.advice])])


def _edit(pins: Pins, pin: Pin, count: int) -> str:
    if pins.require_decision and count and not pin.decision.is_made:
        return f"{quote(pin.key)} = {decision_for(count)}"
    if pin.is_table:
        return f"count = {count} for {quote(pin.key)}"
    return f"{quote(pin.key)} = {count}"


def _listed(names: Sequence[str], show: Callable[[str], str]) -> str:
    """Return names in words, with what is to be said of each; nobody reads a message with very many of them."""
    shown = [show(name) for name in names[:_MAX_LISTED]]
    if len(names) > len(shown):
        shown.append(f"{len(names) - len(shown)} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


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
