"""Plan the edits that record decisions. Pure functions: a verdict and decisions in, edits out."""
from __future__ import annotations

import itertools
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.edit import AddCall
from flake8_artifact_pin.pins.edit import AddPin
from flake8_artifact_pin.pins.edit import Edit
from flake8_artifact_pin.pins.edit import NameCalls
from flake8_artifact_pin.pins.edit import RenameCall
from flake8_artifact_pin.pins.edit import SetCount
from flake8_artifact_pin.pins.edit import SetDecision
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.registry.load import RegistryRow
from flake8_artifact_pin.rules.messages import listed
from flake8_artifact_pin.rules.registered import suggestions
from flake8_artifact_pin.rules.verdict import JudgedCall
from flake8_artifact_pin.rules.verdict import State
from flake8_artifact_pin.rules.verdict import Verdict
from flake8_artifact_pin.source.names import parse_name
from flake8_artifact_pin.source.reasons import canonical

#: Why a call is undecided that its pin allows.
NOBODY_SAID = "pinned, and nobody said why"
#: The decisions on PUT calls, by the names of the calls.
Decisions = Mapping[str, Decision]


class Plan(NamedTuple):
    """The edits that record decisions, and lines that describe them."""

    edits: Sequence[Edit]
    lines: Sequence[str]


def chosen_calls(verdict: Verdict, lines: Sequence[int]) -> list[JudgedCall]:
    """Return the counted PUT calls on some lines (1-based), or in statements that span them.

    Raise UsageError for a line without a PUT call, or with a suppressed one.
    """
    chosen: list[JudgedCall] = []
    for line in lines:
        there = [call for call in verdict.calls if call.site.call.line == line]
        around = [call for call in verdict.calls if call.site.call.span[0] <= line <= call.site.call.span[1]]
        found = there or around
        if not found:
            known = ", ".join(str(call.site.call.line) for call in verdict.calls) or "none"
            raise UsageError(f"{verdict.path} has no PUT call on line {line}: its PUT calls are on lines {known}")
        if any(call.state is State.SUPPRESSED for call in found):
            raise UsageError(f"the PUT call on line {line} is suppressed: remove its noqa comment to pin it")
        chosen += (call for call in found if call not in chosen)
    return chosen


def new_calls(verdict: Verdict, chosen: Sequence[JudgedCall], added: Collection[str]) -> Sequence[JudgedCall]:
    """Return the calls to decide on in a file over its count pin, which has a decision on the old calls.

    ``added`` are the names of the new calls, as far as git knows. Raise UsageError if a chosen call is old, or if it is
    not known which are new.
    """
    counted = [call for call in verdict.calls if call.site.is_counted]
    new = [call for call in counted if call.site.name in added]
    is_known = len(new) == len(counted) - verdict.pin.allowed
    if is_known and all(call in new for call in chosen):
        return chosen or new
    if chosen and not is_known:
        return chosen
    lines = ", ".join(str(call.site.call.line) for call in (new if is_known else counted))
    what = f"the new PUT call is on line {lines}" if is_known else f"its PUT calls are on lines {lines}"
    raise UsageError(
        f"the pin of {verdict.path} has a decision on other calls ({verdict.pin.decision.text}), and {what}: decide on "
        f"{verdict.path}:LINE, or add --count to decide on all"
    )


def plan_decisions(pins: Pins, verdict: Verdict, decisions: Decisions, keeps_count: bool = False) -> Plan:
    """Return the edits that record decisions on PUT calls of one file. Raise UsageError if they are ambiguous.

    A count pin stays one if one decision is for all its calls, or with ``keeps_count``. Otherwise it becomes a pin with
    named calls.
    """
    pin = verdict.pin
    if pin.calls is not None:
        return _plan_named(verdict, decisions)
    counted = [call.site.name for call in verdict.calls if call.site.is_counted]
    # a pin is raised at most by the number of decided calls
    more = min(len(decisions), max(len(counted) - pin.allowed, 0)) if pin.allowed else len(decisions)
    distinct = set(map(_words, decisions.values()))
    if keeps_count or (len(distinct) == 1 and _is_for_all(pin, counted, decisions, more)):
        # a decision on all calls replaces the old one
        before = Decision() if len(decisions) == len(counted) else pin.decision
        return plan_count(pins, pin, pin.allowed + more, _joined(before, decisions.values()))
    if pin.allowed + more < len(counted) and pin.allowed:
        new = len(counted) - pin.allowed
        raise UsageError(
            f"{verdict.path} makes {len(counted)} PUT calls, {pin.allowed} pinned, and a count does not tell which are "
            f"new: decide on all {new} new ones at once ({verdict.path}:LINE ...), or add --count"
        )
    names = counted if pin.allowed else list(decisions)
    return plan_names(pins, pin, {name: decisions.get(name, pin.decision) for name in names}, decisions)


def plan_count(pins: Pins, pin: Pin, count: int, decision: Decision) -> Plan:
    """Return the edits that record one decision on all calls of a count pin."""
    change = f"{pin.allowed} -> {count}, " if count != pin.allowed else ""
    is_same = _words(decision) == _words(pin.decision)
    before = " (as before)" if is_same else _was(pin.decision)
    line = f"{quote(pin.key)}: {change}{decision.text}{before}"
    if pin.path not in pins.pins:
        return Plan([AddPin(pin.key, count, decision)], [line])
    edits: list[Edit] = [SetCount(pin.key, count)] if count != pin.allowed else []
    if not is_same:
        edits.append(SetDecision(pin.key, decision))
    return Plan(edits, [line])


def _is_for_all(pin: Pin, counted: Sequence[str], decisions: Decisions, more: int) -> bool:
    """Return whether one decision is for all calls of a file: the pin's own, or the same one on each call.

    If the count rises by ``more`` with an unchanged decision, reviewers and ``check --since`` would take the new calls
    for undecided. Fewer ids than calls would not tell which call writes which artifact.
    """
    decision = next(iter(decisions.values()))
    if _words(decision) == _words(pin.decision):
        return not more
    has_enough = not 0 < len(decision.registered) < len(decisions)
    return len(decisions) == len(counted) and has_enough


def plan_names(pins: Pins, pin: Pin, named: Decisions, decisions: Decisions) -> Plan:
    """Return the edits that give a pin named calls; ``decisions`` are the new ones among ``named``."""
    edit: Edit = NameCalls(pin.key, named) if pin.path in pins.pins else AddPin(pin.key, calls=named)
    lines = [f"{quote(pin.key)}: {quote(name)} {decision.text}" for name, decision in decisions.items()]
    if pin.allowed:
        lines.append(f"{quote(pin.key)} names its calls now; the others: {shown_decision(pin.decision)}, as before")
    return Plan([edit], lines)


def _plan_named(verdict: Verdict, decisions: Decisions) -> Plan:
    edits: list[Edit] = []
    lines = []
    names = Names(verdict.pin.calls or ())
    for call in verdict.calls:
        if call.site.name in decisions:
            decision = decisions[call.site.name]
            edit, what = _named_edit(verdict, call, decision, names)
            edits += edit
            lines.append(f"{quote(verdict.pin.key)}: {what}")
    return Plan(edits, lines)


def _named_edit(verdict: Verdict, call: JudgedCall, decision: Decision, names: Names) -> tuple[list[Edit], str]:
    pin, entries = verdict.pin, verdict.pin.calls or {}
    if call.state is State.PINNED and not call.entry:
        raise UsageError(
            f"{verdict.path}:{call.site.call.line}: {listed(call.alternatives)} carry different decisions, and nobody "
            "can tell which is this call's: edit them by hand"
        )
    if call.entry:
        old = entries[call.entry]
        return [SetDecision(pin.key, decision, old.key)], f"{quote(old.key)} {decision.text}{_was(old.decision)}"
    if call.replaces and not verdict.is_over:
        old = entries[call.replaces]
        new = call.site.name
        edits: list[Edit] = [RenameCall(pin.key, old.key, new), SetDecision(pin.key, decision, new)]
        return edits, f"{quote(new)} {decision.text}, in place of {quote(old.key)} ({shown_decision(old.decision)})"
    name = names.free(call.site.name)
    return [AddCall(pin.key, name, decision)], f"{quote(name)} {decision.text}"


class Names:
    """The names of a pin's entries."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)

    def free(self, name: str) -> str:
        """Return a name, with another number if it is taken, and mark it as taken."""
        plain = name.removesuffix(f"#{parse_name(name).number}")
        numbered = (f"{plain}#{number}" for number in itertools.count(2))
        free = next(other for other in itertools.chain([name], numbered) if other not in self.taken)
        self.taken.add(free)
        return free


def _joined(decision: Decision, others: Iterable[Decision]) -> Decision:
    """Return one decision with the ids and reasons of several."""
    for other in others:
        decision = Decision(
            tuple(dict.fromkeys([*decision.registered, *other.registered])),
            _both(decision.grandfathered, other.grandfathered),
            _both(decision.deferred, other.deferred),
            other.until or decision.until,
        )
    return decision


def _both(text: str, other: str) -> str:
    texts = {canonical(each): each for each in (text, other) if each}
    return "; ".join(texts.values())


def _words(decision: Decision) -> tuple[object, ...]:
    reasons = canonical(decision.grandfathered), canonical(decision.deferred)
    return frozenset(decision.registered), *reasons, decision.until


def _was(decision: Decision) -> str:
    return f" (was: {decision.text})" if decision.text else ""


def shown_decision(decision: Decision) -> str:
    """Return a decision for messages."""
    return decision.text or "no decision"


class Undecided(NamedTuple):
    """An undecided PUT call. The JSON format uses the names of these fields.

    ``path`` is relative to the working directory, ``line`` is 1-based; ``call`` is the call as messages show it,
    ``name`` its name in a pin, ``why`` says what is missing, ``suggestions`` are ids of the registry with a matching
    key template, the best first, and ``replaces`` is the gone entry that may have been this call's.
    """

    path: str
    line: int
    call: str
    name: str
    key: str
    why: str
    suggestions: Sequence[str]
    replaces: str = ""


def undecided(name: str, call: JudgedCall, why: str, rows: Sequence[RegistryRow]) -> Undecided:
    """Return an undecided call; ``name`` is the path of its file, relative to the working directory."""
    put = call.site.call
    fitting = suggestions(rows, put.key)
    return Undecided(name, put.line, put.shown, call.site.name, put.key, why, fitting, call.replaces)


def why_undecided(verdict: Verdict, call: JudgedCall, today: date) -> str:
    """Return what is missing; empty if the call is decided."""
    if call.state in (State.OVER, State.SWAPPED):
        counts = f"{count(verdict.counted, 'PUT call')}, {verdict.pin.allowed} pinned"
        return counts if verdict.is_over else "not among the pinned calls"
    problems = {_problem(decision, today) for decision in verdict.decisions_on(call)}
    return next(iter(sorted(filter(None, problems))), "")


def _problem(decision: Decision, today: date) -> str:
    if decision.until and decision.until < today:
        return f"the decision ended on {decision.until}"
    return "" if decision.is_made else NOBODY_SAID
