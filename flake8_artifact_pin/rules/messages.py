"""The messages of findings on files and pins.

Each message is one line: the artifact first, then what is wrong, then the step to take. Editors with little room cut
the end or the middle.
"""
from __future__ import annotations

import functools
import posixpath
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.pins.paths import like_named_pin
from flake8_artifact_pin.pins.paths import UNNAMED_STDIN
from flake8_artifact_pin.pins.positions import call_position
from flake8_artifact_pin.pins.positions import exempt_position
from flake8_artifact_pin.pins.positions import pattern_position
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.rules import commands
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.findings import make_finding
from flake8_artifact_pin.rules.matching import CallChange
from flake8_artifact_pin.rules.stray import stray_findings
from flake8_artifact_pin.rules.verdict import JudgedCall
from flake8_artifact_pin.rules.verdict import State
from flake8_artifact_pin.rules.verdict import Verdict
from flake8_artifact_pin.source.noqa import FileNoqa
from flake8_artifact_pin.source.noqa import NoqaLines
from flake8_artifact_pin.source.noqa import Suppression
from flake8_artifact_pin.source.report import Site

# Codes of findings on the whole file, which a noqa comment may hide if it names them.
_ABOUT_FILE = frozenset(["APR000", "APR002", "APR011"])
# How many names a message lists.
_MAX_LISTED = 3
_NOT_READ = 'flake8 does not read the comment: write "# noqa: APR001 - REASON", before any other noqa'


def file_findings(pins: Pins, verdict: Verdict) -> list[Finding]:
    """Return the findings of one file. Those that no noqa comment may hide are moved to a line without one."""
    if verdict.exempt:
        return []
    findings = _unusable_pins(pins, verdict) if pins.faults else _judged(pins, verdict)
    problem = verdict.report.encoding_problem
    encoding = [make_finding(1, 0, "APR011", problem)] if problem else []
    return list(dict.fromkeys(_at_visible_lines([*encoding, *findings], verdict.report.noqa)))


def _at_visible_lines(findings: Iterable[Finding], noqa: NoqaLines) -> Iterator[Finding]:
    """Move each finding that a noqa comment hides, but must not hide, to the first line where none hides it.

    A comment may hide only APR001 at its own call, and findings on the whole file if it names their codes.
    """
    first_visible_line = functools.cache(noqa.first_visible_line)
    for finding in findings:
        if finding.code != "APR001" and noqa.hides(finding.code, finding.line):
            if finding.code not in _ABOUT_FILE or not noqa.names(finding.code, finding.line):
                finding = finding._replace(line=first_visible_line(finding.code), column=0)
        yield finding


def file_noqa_finding(verdict: Verdict, noqa: FileNoqa) -> Finding:
    """Return the finding for a comment that makes flake8 skip a file with PUT calls, without a reason."""
    text = (
        f"the comment makes flake8 skip this file and gives no reason: {_counts(verdict)}, still counted; "
        'write "# flake8: noqa: APR001 - REASON", or remove it'
    )
    return make_finding(noqa.line, 0, "APR004", text)


def pins_findings(
    pins: Pins,
    missing: Sequence[Pin],
    renamed: Mapping[str, str] | None = None,
    today: date | None = None,
    moved: Mapping[str, Sequence[str]] | None = None,
) -> list[Finding]:
    """Return the findings in the pins file: its faults, or else those of pins and exemptions.

    ``missing`` are the pins whose file does not exist; ``renamed`` has the new paths of these files, ``moved`` the
    files with their calls. Expired decisions are reported only if ``today`` is given.
    """
    if pins.faults:
        return [make_finding(*fault[:2], "APR000", f"unusable pins file: {fault.problem}") for fault in pins.faults]
    gone = {pin.path for pin in missing}
    findings = [
        _gone(pins, pin, (renamed or {}).get(pin.path, ""), (moved or {}).get(pin.path, ())) for pin in missing
    ]
    for pin in pins.pins.values():
        if pin.path in gone:
            continue
        if exempting := exemption(pins.exempt, pin.path):
            text = f"{quote(pin.key)} is pinned and exempt by {quote(exempting)}: remove the pin or the exemption"
            findings.append(make_finding(*pin_position(pins, pin), "APR003", text, pin.path))
        else:
            findings += _undecided(pins, pin, today)
    for key in pins.exempt.unexplained:
        text = f"{quote(key)} is exempt without a reason: say why, or remove it"
        findings.append(make_finding(*exempt_position(pins, key), "APR009", text, key))
    for key, until in pins.exempt.until.items():
        if today and until < today:
            text = f"{quote(key)} was exempt until {until}: remove it, or decide anew and set until"
            findings.append(make_finding(*exempt_position(pins, key), "APR009", text, key))
    return sorted(findings)


def useless_exemption_finding(pins: Pins, key: str, exempts_all: bool = False) -> Finding:
    """Return the finding for a key of [exempt] that exempts no file, or every file."""
    text = (
        f"{quote(key)} exempts every file, so nothing is judged: exempt less"
        if exempts_all
        else f"{quote(key)} exempts no file: remove it from [exempt]"
    )
    return make_finding(*exempt_position(pins, key), "APR003", text, key)


def dead_pattern_finding(pins: Pins, pattern: str, nearest: str) -> Finding:
    """Return the finding for an own pattern that counts nothing; ``nearest`` is a similar pattern, or empty."""
    step = f"did you mean {quote(nearest)}? Else correct it" if nearest else "correct it"
    text = (
        f"pattern {quote(pattern)} counts no PUT call: {step} (the function was renamed or moved?), or remove it"
    )
    return make_finding(*pattern_position(pins, pattern), "APR003", text, pattern)


def new_call_finding(pins: Pins, change: CallChange, problem: str, base: str) -> Finding:
    """Return the finding for a PUT call that is allowed, new since ``base``, and undecided.

    ``problem`` says what happened: ``put_object("x") is new``. If the pin has a decision, it is the one in ``base``;
    recording it again would settle nothing.
    """
    assert change.new
    has_decision = pins.pin_of(change.new.path).decision_on(change.new.site.name).is_made
    why = "its pin has no new id or reason for it" if has_decision else "nobody decided on it"
    text = f"{problem} since {base}, and {why}; {decision_step(pins, change)}"
    return _at_call(change.new.site, "APR010", text)


def decision_step(pins: Pins, change: CallChange) -> str:
    """Return the step that decides on a new call."""
    assert change.new
    alternatives = change.new.call.alternatives
    if change.is_allowed and alternatives:
        # decide refuses to choose among them
        return f"nobody can tell which of {listed(alternatives)} is its entry: decide there, by hand"
    return f"decide: {commands.decide(pins, change.new.path, change.new.site.call.line)}"


def raised_pin_finding(pins: Pins, pin: Pin, base: str) -> Finding:
    """Return the finding for a pin that allows more calls than in ``base``, without new calls or a decision."""
    text = (
        f"{quote(pin.key)} allows more PUT calls than at {base}, and nobody decided on them; "
        f"decide: {commands.decide(pins, pin.path)}"
    )
    return make_finding(*pin_position(pins, pin), "APR010", text, pin.path)


def count(number: int, noun: str) -> str:
    """Return a number with a noun: "1 PUT call", "2 PUT calls"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Return quoted names as a list in words, and how many more there are."""
    shown = [quote(name) for name in names[:_MAX_LISTED]]
    if len(names) > len(shown):
        shown.append(f"{len(names) - len(shown)} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def _unusable_pins(pins: Pins, verdict: Verdict) -> Iterator[Finding]:
    first, *others = pins.faults
    more = f" (and {count(len(others), 'more fault')})" if others else ""
    for site in verdict.report.sites:
        call = site.call
        text = f"{call.shown}: not judged, {pins.name} cannot be used: {first.problem}{more}"
        yield _at_call(site, "APR000", text)
        if not site.is_counted:
            yield _suppressed(site)


def _judged(pins: Pins, verdict: Verdict) -> Iterator[Finding]:
    if verdict.is_stale:
        yield make_finding(1, 0, "APR002", _stale_text(pins, verdict), verdict.path)
    advice = [pins.advice] if pins.advice else []
    for call in verdict.calls:
        site = call.site
        if call.state is State.SUPPRESSED:
            yield _suppressed(site)
            if site.shares_comment:
                yield _at_call(site, "APR004", _shared_text(pins, verdict, site))
        elif call.state in (State.OVER, State.SWAPPED):
            # give the advice only once in a file
            yield _unpinned(pins, verdict, call, advice)
            advice = []
        if problem := _noqa_problem(verdict, site):
            yield _at_call(site, "APR004", _hidden_text(pins, verdict, site, problem))
    yield from stray_findings(verdict.report)


def _suppressed(site: Site) -> Finding:
    """Return a finding that flake8 hides. Without it, yesqa and the like would delete the comment as useless."""
    return _at_call(site, "APR001", f"{site.call.shown}: suppressed with a reason, not counted")


def _at_call(site: Site, code: str, text: str) -> Finding:
    """Return a finding at and about a PUT call."""
    return make_finding(site.call.line, site.call.column, code, text, site.name or site.call.shown)


def _counts(verdict: Verdict) -> str:
    return f"{count(verdict.counted, 'PUT call')}, {verdict.pin.allowed} pinned"


def _stale_text(pins: Pins, verdict: Verdict) -> str:
    if verdict.moved_to:
        return f"stale pin: {_counts(verdict)}; calls moved to {_paths(pins, verdict.moved_to)}: {commands.MOVED}"
    gone = [name for name in verdict.gone if name not in verdict.uncertain]
    unsure = len(verdict.gone) - len(gone)
    steps = [f"stale pin: {_counts(verdict)}"]
    if gone:
        steps.append(f"{listed(gone)} {_is(len(gone))} gone")
    if unsure:
        entries = [name for name in verdict.pin.calls or () if name in verdict.uncertain]
        steps.append(f"{unsure} of {listed(entries)} {_is(unsure)} gone: nobody can tell which, so remove it by hand")
    if verdict.unnamed:
        steps.append("rename the entries of calls that only got a new name")
    if not unsure:
        steps.append(f"lower it: {commands.PRUNE}")
    return "; ".join(steps)


def _paths(pins: Pins, paths: Sequence[str]) -> str:
    return listed([commands.path_from_here(pins, path) for path in paths])


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _unpinned(pins: Pins, verdict: Verdict, call: JudgedCall, advice: Sequence[str]) -> Finding:
    pin, site = verdict.pin, call.site
    if call.state is State.SWAPPED:
        pinned = "the pinned call" if pin.allowed == 1 else f"among the {pin.allowed} pinned calls"
        code, fact = "APR006", f"not {pinned}"
    else:
        which = "" if pin.calls is None or not pin.allowed else ", not this one"
        code, fact = "APR001", f"{_counts(verdict)}{which}"
    unread = [_NOT_READ] if site.has_comment and site.suppression is Suppression.NONE else []
    parts = [f"{site.call.shown}: {fact}{_origin(pins, call)}", *unread, *advice, _step(pins, verdict, call)]
    return _at_call(site, code, "; ".join(parts))


def _origin(pins: Pins, call: JudgedCall) -> str:
    """Return the former file of an unnamed call, or the entry that it may have had; empty if neither is known."""
    if call.origin:
        return f", was in {_paths(pins, [call.origin])}"
    if call.replaces:
        return f", {quote(call.replaces)} is gone"
    return f", nobody can tell which call {listed(call.alternatives)} means" if call.alternatives else ""


def _step(pins: Pins, verdict: Verdict, call: JudgedCall) -> str:
    """Return the step that settles an unnamed call or one beyond the count."""
    path = verdict.path
    is_pinned = path in pins.pins
    if not is_pinned and posixpath.basename(path) == UNNAMED_STDIN and path == governed_path(pins, UNNAMED_STDIN):
        return "its pin is not known: pass --stdin-display-name PATH"
    if not pins.path:
        return f"there is no pins file: {commands.INIT}"
    if not can_be_key(path):
        return f"its path cannot be a key of {pins.name}: rename the file, or exempt it by a pattern"
    if call.origin:
        return f"keep its decision: {commands.MOVED}"
    keeps = " (only renamed: add --renamed)" if call.replaces else ""
    decide = f"decide{keeps}: {commands.decide(pins, path, call.site.call.line)}"
    alike = None if is_pinned else like_named_pin(pins, path)
    return f"correct {quote(alike.key)}, which only looks like its path, or {decide}" if alike else decide


def _noqa_problem(verdict: Verdict, site: Site) -> str:
    """Return what is wrong with the noqa comment of a PUT call; empty if nothing."""
    if site.suppression is Suppression.UNJUSTIFIED:
        return "gives no reason"
    if site.suppression is Suppression.BLANKET and verdict.is_over:
        return "names APR001 as flake8 does not read it" if site.has_comment else "does not name APR001"
    return ""


def _hidden_text(pins: Pins, verdict: Verdict, site: Site, problem: str) -> str:
    decide = commands.decide(pins, verdict.path, site.call.line)
    return (
        f"{site.call.shown}: the noqa on line {site.call.line} {problem}, still counted ({_counts(verdict)}); "
        f'write "# noqa: APR001 - REASON", or decide: {decide}'
    )


def _shared_text(pins: Pins, verdict: Verdict, site: Site) -> str:
    decide = commands.decide(pins, verdict.path, site.call.line)
    return (
        f"{site.call.shown}: the noqa on line {site.call.line} gives one reason for several PUT calls; give it a line "
        f"and a reason of its own, or take the noqa away and decide: {decide}"
    )


def _gone(pins: Pins, pin: Pin, new_path: str, moved: Sequence[str]) -> Finding:
    if set(moved) - {new_path}:
        text = f"{pin.path} does not exist, its calls moved to {_paths(pins, moved)}: {commands.MOVED}"
    elif new_path:
        text = f"{pin.path} is now {new_path}; keep its decisions: {commands.MOVED}"
    else:
        ids = list(dict.fromkeys(text for decision in pin.decisions for text in decision.registered))
        retire = f", and retire {listed(ids)}" if ids else ""
        text = f"{pin.path} does not exist; renamed: {commands.MOVED}; deleted: {commands.PRUNE}{retire}"
    return make_finding(*pin_position(pins, pin), "APR003", text, pin.path)


def _undecided(pins: Pins, pin: Pin, today: date | None) -> Iterator[Finding]:
    """Yield a finding for a pin, or for each of its named calls, that needs a decision."""
    decide = f"decide: {commands.decide(pins, pin.path)}"
    if pin.calls is None:
        if pin.allowed and (problem := _decision_problem(pins, pin.decision, today)):
            text = f"{quote(pin.key)} {problem} ({count(pin.allowed, 'PUT call')} pinned); {decide}"
            yield make_finding(*pin_position(pins, pin), "APR009", text, pin.path)
        return
    for name, call in pin.calls.items():
        if problem := _decision_problem(pins, call.decision, today):
            text = f"{quote(call.key)} of {quote(pin.key)} {problem}; {decide}"
            yield make_finding(*call_position(pins, pin, name), "APR009", text, f"{pin.path} {name}")


def _decision_problem(pins: Pins, decision: Decision, today: date | None) -> str:
    if pins.require_decision and not decision.is_made:
        return "has no decision"
    if today and decision.until and decision.until < today:
        reason = decision.grandfathered or decision.deferred
        word = "grandfathered" if decision.grandfathered else "deferred"
        return f"was {word} until {decision.until}: {reason}"
    return ""
