"""Walk a person through what is undecided, one question each."""
from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.cli.decide.undecided import Undecided
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import print_line
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.model import Decision

_AROUND = 2
_QUESTION = "[r]egister, [g]randfather, [d]efer, [s]kip, [q]uit? "

Record = Callable[[str, Mapping[str, Decision]], None]


def ask(items: Sequence[tuple[Undecided, Sequence[str]]], record: Record) -> int:
    """Ask about each item, given the lines of its file, and record the answers of a file together.

    Return how many are left undecided.
    """
    answers: dict[str, dict[str, Decision]] = {}
    for number, (item, lines) in enumerate(items, start=1):
        _show(item, lines, f"{number} of {len(items)}")
        answer, is_over = _answer(item)
        if answer:
            answers.setdefault(item.path, {})[item.name] = answer
        if is_over:
            break
    recorded = sum(_recorded(path, decisions, record) for path, decisions in answers.items())
    note(f"{count(len(items) - recorded, 'PUT call')} left undecided")
    return len(items) - recorded


def _recorded(path: str, decisions: Mapping[str, Decision], record: Record) -> int:
    """Record the decisions on one file; return how many were recorded, and say why if none was."""
    try:
        record(path, decisions)
    except UsageError as error:
        note(str(error))
        return 0
    return len(decisions)


def _show(item: Undecided, lines: Sequence[str], progress: str) -> None:
    print_line()
    print_line(f"{item.call} ({item.why}; {progress})", "bold", (item.path, item.line))
    first = max(item.line - _AROUND, 1)
    for number, line in enumerate(lines[first - 1:item.line + _AROUND], start=first):
        mark = ">" if number == item.line else " "
        print_line(f"{mark} {number:5}  {line.rstrip()}")
    for number, artifact_id in enumerate(item.suggestions, start=1):
        print_line(f"  id {number}: {artifact_id}")


def _answer(item: Undecided) -> tuple[Decision | None, bool]:
    """Return the decision on an item, or none if it is skipped, and whether the person wants to stop."""
    while True:
        letter = _input(_QUESTION).lower()[:1]
        if letter in ("", "s", "q"):
            # an empty answer is the end of the input, too: _input() says so with a "q"
            return None, letter == "q"
        decision = _asked(letter, item)
        if decision and decision.is_made:
            return decision, False
        print_line("that says nothing" if letter in ("r", "g", "d") else f"{letter!r} is not one of r, g, d, s and q")


def _asked(letter: str, item: Undecided) -> Decision | None:
    if letter == "r":
        words = _input("ids, or their numbers: " if item.suggestions else "ids: ").replace(",", " ").split()
        ids = (_chosen(word, item.suggestions) for word in words)
        return Decision(registered=tuple(ids))
    if letter == "g":
        return Decision(grandfathered=_input("why does nobody need to know when it is absent? "))
    if letter == "d":
        return Decision(deferred=_input("which issue will settle it? "))
    return None


def _chosen(word: str, suggestions: Sequence[str]) -> str:
    is_number = word.isdecimal() and 1 <= int(word) <= len(suggestions)
    return suggestions[int(word) - 1] if is_number else word


def _input(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        return "q"
