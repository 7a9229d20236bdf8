"""Which entry of a pin names which PUT call, and that no decision goes to another artifact unseen."""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support.reports import read_pins
from support.reports import report_calls

from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import JudgedCall
from flake8_artifact_pin.rules.verdict import State
from flake8_artifact_pin.rules.verdict import Verdict

pytestmark = pytest.mark.once


def judge(entries: str, *names: str) -> Verdict:
    """Judge calls by entries; "name=id" registers an id, and each entry has one of its own else."""
    lines = ['[pins."a.py".calls]']
    for number, entry in enumerate(entries.split()):
        name, _, artifact = entry.partition("=")
        lines.append(f'{quote(name)} = {{ registered = ["{artifact or f"id{number}"}"] }}')
    return judge_file(read_pins("\n".join(lines)), "a.py", report_calls(*names))


def described(call: JudgedCall) -> str:
    """Return the entry of a call or several, or its state and what it replaces."""
    several = "|".join(call.alternatives)
    if call.state is State.PINNED:
        return call.entry or several
    replaces = f" {'=' if call.is_move else '~'} {call.replaces}" if call.replaces else ""
    return f"{call.state.value}{replaces}{f' ? {several}' if several else ''}"


# entries, names of the calls, what is said of each call, the entries that are gone, and those that are uncertain
MATCHES = [
    # the same
    ("f:p(a) g:p", "g:p f:p(a)", "g:p, f:p(a)", "", ""),
    ("f:p", "f:p(a)", "f:p", "", ""),
    # a key that an entry has goes before
    ("f:p f:p(b)", "f:p(a) f:p(b)", "f:p, f:p(b)", "", ""),
    # a call without a key takes no entry with one
    ("f:p(a)", "f:p", "swapped ~ f:p(a)", "f:p(a)", ""),
    ("f:p(a)", "f:p(b)", "swapped ~ f:p(a)", "f:p(a)", ""),
    ("f:p(a)", "f:p(b) f:p(a)", "over, f:p(a)", "", ""),
    ("f:p(a)", "f:p(a) f:p(a)#2", "f:p(a), over", "", ""),
    # the same key once more does not take an entry without one
    ("f:p(a) f:p", "f:p(a) f:p(a)#2", "f:p(a), swapped ~ f:p", "f:p", ""),
    # one more of equal names: either may be the new one
    ("f:p", "f:p f:p#2", "over ? f:p, over ? f:p", "", "f:p"),
    # one more with a key: either may be the new one
    ("f:p", "f:p(a) f:p(b)", "over ? f:p, over ? f:p", "", "f:p"),
    # as many of equal names with different decisions
    ("f:p f:p#2", "f:p f:p#2", "f:p|f:p#2, f:p|f:p#2", "", "f:p f:p#2"),
    # as many of equal names with one decision
    ("f:p=x f:p#2=x", "f:p(b) f:p(a)", "f:p, f:p#2", "", ""),
    # fewer of equal names with different decisions
    ("f:p f:p#2", "f:p", "f:p|f:p#2", "f:p#2", "f:p f:p#2"),
    # fewer of equal names and keys with one decision
    ("f:p(a)=x f:p(a)#2=x", "f:p(a)", "f:p(a)", "f:p(a)#2", ""),
    ("f:p f:p#2", "f:p g:p", "f:p|f:p#2, swapped", "f:p#2", "f:p f:p#2"),
    # one more of equal names, and one gone elsewhere
    ("f:p g:p", "f:p(a) f:p(b)", "swapped ? f:p, swapped ~ g:p ? f:p", "g:p", "f:p"),
    # one of two entries of a renamed function has its new name
    ("g:p#2 f:p#2", "g:p g:p#2", "swapped ~ f:p#2 ? g:p#2, swapped ? g:p#2", "f:p#2", "g:p#2"),
    ("f:p f:p#2", "g:p g:p#2", "swapped ~ f:p, swapped ~ f:p#2", "f:p f:p#2", ""),
    ("f:p#2", "f:p", "f:p#2", "", ""),
    ("f:p", "- f:p", "suppressed, f:p", "", ""),
    ("f:p(a) f:p(b)", "g:p(b) g:p(a)", "swapped = f:p(b), swapped = f:p(a)", "f:p(a) f:p(b)", ""),
    # a directory of keys was renamed
    ("f:p(o/a) f:p(o/b)", "f:p(n/b) f:p(n/a)", "swapped ~ f:p(o/b), swapped ~ f:p(o/a)", "f:p(o/a) f:p(o/b)", ""),
    ("f:p(a)", "f:u(a)", "swapped = f:p(a)", "f:p(a)", ""),
    # a key with two decisions was moved
    ("f:p(a) g:p(a)", "h:p(a) i:p(a)", "swapped ~ f:p(a), swapped ~ g:p(a)", "f:p(a) g:p(a)", ""),
    # a class was renamed
    ("A.g:p A.f:p", "B.f:p B.g:p", "swapped ~ A.f:p, swapped ~ A.g:p", "A.g:p A.f:p", ""),
    # the scope goes before the method
    ("g:p f:p", "f:u h:p", "swapped ~ f:p, swapped ~ g:p", "g:p f:p", ""),
    ("f:p", "g:u", "swapped ~ f:p", "f:p", ""),
    ("f:p g:p(a)", "h:p(a)", "swapped = g:p(a)", "f:p g:p(a)", ""),
    # moved next to one that is uncertain
    ("f:p g:p(a)", "f:p(b) f:p(a)", "swapped ? f:p, swapped = g:p(a) ? f:p", "g:p(a)", "f:p"),
]


@pytest.mark.parametrize(("entries", "names", "said", "gone", "uncertain"), MATCHES)
def test_named_calls(entries: str, names: str, said: str, gone: str, uncertain: str) -> None:
    verdict = judge(entries, *(name.strip("-") for name in names.split()))
    assert ", ".join(map(described, verdict.calls)) == said
    assert (list(verdict.gone), sorted(verdict.uncertain)) == (gone.split(), uncertain.split())


@pytest.mark.parametrize(
    ("pins", "names", "states", "is_over", "is_stale"),
    [
        ('[pins]\n"a.py" = 1', ["f:p"], ["pinned"], False, False),
        ('[pins]\n"a.py" = 1', ["f:p", "g:p"], ["over", "over"], True, False),
        ('[pins]\n"a.py" = 1', ["f:p", ""], ["pinned", "suppressed"], False, False),
        ('[pins]\n"a.py" = 2', ["f:p", ""], ["pinned", "suppressed"], False, True),
        ("", ["f:p"], ["over"], True, False),
        ('[exempt]\n"a.py" = "why"', ["f:p", ""], ["exempt", "suppressed"], False, False),
        ('[exempt]\n"*.py" = "why"\n[pins]\n"a.py" = 2', ["f:p"], ["exempt"], False, False),
    ],
)
def test_counts(pins: str, names: list[str], states: list[str], is_over: bool, is_stale: bool) -> None:
    verdict = judge_file(read_pins(pins), "a.py", report_calls(*names))
    assert [call.state.value for call in verdict.calls] == states
    assert (verdict.is_over, verdict.is_stale) == (is_over, is_stale)
    assert [call.state.value for call in verdict.unnamed] == [state for state in states if state == "over"]


def test_decisions_on_a_call() -> None:
    """Where nobody can tell which entry is meant, there are several."""
    verdict = judge("f:p=one f:p#2=two g:p=three", "f:p", "f:p#2", "g:p", "h:p", "")
    ids = [[decision.registered for decision in verdict.decisions_on(call)] for call in verdict.calls]
    assert ids == [[("one",), ("two",)], [("one",), ("two",)], [("three",)], [], []]
    pins = read_pins('[pins]\n"a.py" = { count = 1, registered = ["one"] }')
    verdict = judge_file(pins, "a.py", report_calls("f:p"))
    assert [decision.registered for decision in verdict.decisions_on(verdict.calls[0])] == [("one",)]


# A source as far as pins see it: for each call its function and its artifact. That of "?" has a key that nobody knows.
CALLS = st.lists(st.tuples(st.sampled_from("fgh"), st.sampled_from(["a", "b", "?1", "?2"])), max_size=6)


def names_of(calls: Sequence[tuple[str, str]]) -> list[str]:
    """Return the names of calls, as they are numbered in their order."""
    seen: Counter[str] = Counter()
    names = []
    for scope, artifact in calls:
        name = f"{scope}:put_object" + (f"({artifact})" if "?" not in artifact else "")
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names


def entries_of(calls: Sequence[tuple[str, str]]) -> str:
    """Return entries that name the calls, and register each under its artifact."""
    return " ".join(f"{name}={artifact}" for name, (_, artifact) in zip(names_of(calls), calls))


@settings(max_examples=50)
@given(CALLS, CALLS)
def test_no_decision_goes_to_another_artifact_unseen(
    before: list[tuple[str, str]], after: list[tuple[str, str]],
) -> None:
    """Whatever is edited: a decision on a key stays with it, and where decisions differ nobody chooses among them."""
    verdict = judge(entries_of(before), *names_of(after))
    for call, (scope, artifact) in zip(verdict.calls, after):
        decided = {decision.registered[0] for decision in verdict.decisions_on(call)}
        # what an entry without a key names may be any artifact of its function
        unknown = {other for place, other in before if place == scope and "?" in other}
        assert decided <= {artifact} or decided == unknown
    missing = Counter(before) - Counter(after)
    if any("?" not in artifact for _, artifact in missing):
        assert verdict.unnamed or verdict.gone


@settings(max_examples=30)
@given(CALLS, st.permutations(range(6)))
def test_order_does_not_matter(calls: list[tuple[str, str]], order: list[int]) -> None:
    moved = [calls[index] for index in order if index < len(calls)]
    verdict = judge(entries_of(calls), *names_of(moved))
    assert (verdict.unnamed, verdict.gone) == ([], [])
    assert all(call.state is State.PINNED for call in verdict.calls)
