"""Ask a person about each undecided call, one question each."""
from __future__ import annotations

import itertools
from collections.abc import Callable
from collections.abc import Sequence

from flake8_artifact_pin.cli.decide.plan import Decisions
from flake8_artifact_pin.cli.decide.plan import Undecided
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import note
from flake8_artifact_pin.cli.output import print_line
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.model import Decision

_AROUND = 2
_QUESTION = "[r]egister, [g]randfather, [d]efer, [s]kip, [q]uit? "
_PROMPTS = {
    "r": "the ids, or their numbers",
    "g": "why does nobody need to know when it is absent?",
    "d": "which issue will settle it?",
}


class _Interview:
    """Asks about one call after the other, and offers the last answer again."""

    def __init__(self) -> None:
        self.last: dict[str, str] = {}
        self.is_over = False

    def choose(self) -> str:
        """Return the letter of the chosen decision; an empty string to skip the call."""
        while (letter := self.read(_QUESTION).lower()[:1]) not in ("", "s", *_PROMPTS):
            print_line("type one of the letters in brackets")
        return letter if letter in _PROMPTS else ""

    def decide(self, letter: str, item: Undecided) -> Decision | None:
        """Return the decision; None if the input ends. Ask again if the answer is a placeholder."""
        before = self.last.get(letter, "")
        hint = f" (Enter: {before})" if before else ""
        while not self.is_over:
            text = self.read(f"{_PROMPTS[letter]}{hint} ") or before
            decision = _decision(letter, text, item)
            if decision.is_made:
                self.last[letter] = text
                return decision
            print_line("that says nothing")
        return None

    def read(self, prompt: str) -> str:
        """Return the stripped input. "q" and the end of the input end the interview."""
        try:
            text = input(prompt).strip()
        except EOFError:
            print_line()
            text = "q"
        self.is_over = text == "q"
        return "" if self.is_over else text


def ask(items: Sequence[tuple[Undecided, Sequence[str]]], record: Callable[[str, Decisions], None]) -> int:
    """Ask about each item, given with the lines of its file; return how many are left undecided.

    The answers for a file are recorded together, before the next file.
    """
    interview = _Interview()
    recorded = 0
    numbered = enumerate(items, start=1)
    for path, of_file in itertools.groupby(numbered, key=lambda numbered: numbered[1][0].path):
        answers: dict[str, Decision] = {}
        for number, (item, lines) in of_file:
            _show(item, lines, f"{number} of {len(items)}")
            letter = interview.choose()
            if letter and (decision := interview.decide(letter, item)):
                answers[item.name] = decision
            if interview.is_over:
                break
        recorded += _recorded(path, answers, record) if answers else 0
        if interview.is_over:
            break
    note(f"{count(len(items) - recorded, 'PUT call')} left undecided")
    return len(items) - recorded


def _recorded(path: str, answers: Decisions, record: Callable[[str, Decisions], None]) -> int:
    """Record the answers for one file; return how many were recorded. If it fails, print why."""
    try:
        record(path, answers)
    except UsageError as error:
        note(str(error))
        return 0
    return len(answers)


def _show(item: Undecided, lines: Sequence[str], progress: str) -> None:
    print_line()
    print_line(f"{item.call} ({item.why}; {progress})", "bold", (item.path, item.line))
    first = max(item.line - _AROUND, 1)
    for number, line in enumerate(lines[first - 1:item.line + _AROUND], start=first):
        mark = ">" if number == item.line else " "
        print_line(f"{mark} {number:5}  {line.rstrip()}")
    for number, artifact_id in enumerate(item.suggestions, start=1):
        print_line(f"  id {number}: {artifact_id}")


def _decision(letter: str, text: str, item: Undecided) -> Decision:
    if letter == "r":
        words = text.replace(",", " ").split()
        return Decision(registered=tuple(_chosen(word, item.suggestions) for word in words))
    return Decision(grandfathered=text) if letter == "g" else Decision(deferred=text)


def _chosen(word: str, suggestions: Sequence[str]) -> str:
    is_number = word.isdecimal() and 1 <= int(word) <= len(suggestions)
    return suggestions[int(word) - 1] if is_number else word
