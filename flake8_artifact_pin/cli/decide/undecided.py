"""What nobody decided on yet: calls that no pin allows, and pins without a decision."""
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
    """A PUT call that nobody decided on; the names of the fields are those of the JSON format.

    ``path`` is relative to the working directory, ``line`` is 1-based; ``call`` is the call as it is shown, ``name``
    the name that a pin may have for it, ``why`` says what is missing, ``suggestions`` are ids of the registry whose
    key template fits, the best first, and ``replaces`` is the entry that is gone and may have been this call's.
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
    """Yield the calls of one file that nobody decided on; ``name`` is the file's, relative to the working directory."""
    for call in verdict.calls:
        why = _why(verdict, call, today)
        if why:
            put = call.site.call
            fitting = suggestions(rows, put.key)
            yield Undecided(name, put.line, put.shown, call.site.name, put.key, why, fitting, call.replaces), call


def _why(verdict: Verdict, call: JudgedCall, today: date) -> str:
    """Return what is missing; empty if somebody decided on the call."""
    if call.state in (State.OVER, State.SWAPPED):
        counts = f"{count(verdict.counted, 'PUT call')}, {verdict.pin.allowed} pinned"
        return counts if verdict.is_over else "not among the pinned calls"
    problems = {_problem(decision, today) for decision in verdict.decisions_on(call)}
    return next(iter(sorted(filter(None, problems))), "")


def _problem(decision: Decision, today: date) -> str:
    if decision.until and decision.until < today:
        return f"the decision ended on {decision.until}"
    return "" if decision.is_made else "pinned, and nobody said why"
