"""Undecided PUT calls: calls that no pin allows, and pinned calls without a decision."""
from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.registry.load import RegistryRow
from flake8_artifact_pin.rules.registered import suggestions
from flake8_artifact_pin.rules.verdict import JudgedCall
from flake8_artifact_pin.rules.verdict import State
from flake8_artifact_pin.rules.verdict import Verdict


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


def undecided_calls(
    name: str, verdict: Verdict, rows: Sequence[RegistryRow], today: date,
) -> Iterator[tuple[Undecided, JudgedCall]]:
    """Yield the undecided calls of one file; ``name`` is its path, relative to the working directory."""
    for call in verdict.calls:
        why = _why(verdict, call, today)
        if why:
            put = call.site.call
            fitting = suggestions(rows, put.key)
            yield Undecided(name, put.line, put.shown, call.site.name, put.key, why, fitting, call.replaces), call


def _why(verdict: Verdict, call: JudgedCall, today: date) -> str:
    """Return what is missing; empty if the call is decided."""
    if call.state in (State.OVER, State.SWAPPED):
        counts = f"{count(verdict.counted, 'PUT call')}, {verdict.pin.allowed} pinned"
        return counts if verdict.is_over else "not among the pinned calls"
    problems = {_problem(decision, today) for decision in verdict.decisions_on(call)}
    return next(iter(sorted(filter(None, problems))), "")


def _problem(decision: Decision, today: date) -> str:
    if decision.until and decision.until < today:
        return f"the decision ended on {decision.until}"
    return "" if decision.is_made else "pinned, and nobody said why"
