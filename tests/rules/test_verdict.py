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


def judge(entries: Sequence[str], *names: str) -> Verdict:
    """Judge calls by entries; the text after a blank is the id that an entry registers, each its own if it has none."""
    lines = ['[pins."a.py".calls]']
    for number, entry in enumerate(entries):
        name, _, artifact = entry.partition(" ")
        lines.append(f'{quote(name)} = {{ registered = ["{artifact or f"id{number}"}"] }}')
    return judge_file(read_pins("\n".join(lines)), "a.py", report_calls(*names))


def described(verdict: Verdict) -> list[str]:
    """Return a word for each call: its entry, several, or its state and what it replaces."""
    return [_described(call) for call in verdict.calls]


def _described(call: JudgedCall) -> str:
    several = "|".join(call.alternatives)
    if call.state is State.PINNED:
        return call.entry or several
    replaces = f" {'=' if call.is_move else '~'} {call.replaces}" if call.replaces else ""
    return f"{call.state.value}{replaces}{f' ? {several}' if several else ''}"


# entries, names of the calls, what is said of each call, the entries that are gone, and those that are uncertain
MATCHES: dict[str, tuple[list[str], list[str], list[str], list[str], set[str]]] = {
    "the same": (
        ["f:put_object(a)", "g:put_object"], ["g:put_object", "f:put_object(a)"],
        ["g:put_object", "f:put_object(a)"], [], set(),
    ),
    "an entry without a key, and a call that has one": (
        ["f:put_object"], ["f:put_object(a)"], ["f:put_object"], [], set(),
    ),
    "a key that an entry has goes before": (
        ["f:put_object", "f:put_object(b)"], ["f:put_object(a)", "f:put_object(b)"],
        ["f:put_object", "f:put_object(b)"], [], set(),
    ),
    "a call without a key takes no entry with one": (
        ["f:put_object(a)"], ["f:put_object"], ["swapped ~ f:put_object(a)"], ["f:put_object(a)"], set(),
    ),
    "another key": (
        ["f:put_object(a)"], ["f:put_object(b)"], ["swapped ~ f:put_object(a)"], ["f:put_object(a)"], set(),
    ),
    "one more": (["f:put_object(a)"], ["f:put_object(b)", "f:put_object(a)"], ["over", "f:put_object(a)"], [], set()),
    "one more without a key": (
        ["f:put_object(a)"], ["f:put_object", "f:put_object(a)"], ["over", "f:put_object(a)"], [], set(),
    ),
    "one more with a key, beside one without": (
        ["f:put_object"], ["f:put_object(a)", "f:put_object"], ["over", "f:put_object"], [], set(),
    ),
    "the same key once more": (
        ["f:put_object(a)"], ["f:put_object(a)", "f:put_object(a)#2"], ["f:put_object(a)", "over"], [], set(),
    ),
    "the same key once more does not take an entry without one": (
        ["f:put_object(a)", "f:put_object"], ["f:put_object(a)", "f:put_object(a)#2"],
        ["f:put_object(a)", "swapped ~ f:put_object"], ["f:put_object"], set(),
    ),
    "one more of equal names: either may be the new one": (
        ["f:put_object"], ["f:put_object", "f:put_object#2"],
        ["over ? f:put_object", "over ? f:put_object"], [], {"f:put_object"},
    ),
    "one more with a key: either may be the new one": (
        ["f:put_object"], ["f:put_object(a)", "f:put_object(b)"],
        ["over ? f:put_object", "over ? f:put_object"], [], {"f:put_object"},
    ),
    "as many of equal names with different decisions": (
        ["f:put_object", "f:put_object#2"], ["f:put_object", "f:put_object#2"],
        ["f:put_object|f:put_object#2"] * 2, [], {"f:put_object", "f:put_object#2"},
    ),
    "as many of equal names with one decision": (
        ["f:put_object x", "f:put_object#2 x"], ["f:put_object(b)", "f:put_object(a)"],
        ["f:put_object", "f:put_object#2"], [], set(),
    ),
    "fewer of equal names with different decisions": (
        ["f:put_object", "f:put_object#2"], ["f:put_object"],
        ["f:put_object|f:put_object#2"], ["f:put_object#2"], {"f:put_object", "f:put_object#2"},
    ),
    "fewer of equal names and keys with one decision": (
        ["f:put_object(a) x", "f:put_object(a)#2 x"], ["f:put_object(a)"],
        ["f:put_object(a)"], ["f:put_object(a)#2"], set(),
    ),
    "fewer of equal names with different decisions, and a new one": (
        ["f:put_object", "f:put_object#2"], ["f:put_object", "g:put_object"],
        ["f:put_object|f:put_object#2", "swapped"], ["f:put_object#2"], {"f:put_object", "f:put_object#2"},
    ),
    "one more of equal names, and one gone elsewhere": (
        ["f:put_object", "g:put_object"], ["f:put_object(a)", "f:put_object(b)"],
        ["swapped ? f:put_object", "swapped ~ g:put_object ? f:put_object"], ["g:put_object"], {"f:put_object"},
    ),
    "one of two entries of a renamed function has its new name": (
        ["g:put_object#2", "f:put_object#2"], ["g:put_object", "g:put_object#2"],
        ["swapped ~ f:put_object#2 ? g:put_object#2", "swapped ? g:put_object#2"], ["f:put_object#2"],
        {"g:put_object#2"},
    ),
    "none of equal names is left": (
        ["f:put_object", "f:put_object#2"], ["g:put_object", "g:put_object#2"],
        ["swapped ~ f:put_object", "swapped ~ f:put_object#2"], ["f:put_object", "f:put_object#2"], set(),
    ),
    "a number alone": (["f:put_object#2"], ["f:put_object"], ["f:put_object#2"], [], set()),
    "suppressed": (["f:put_object"], ["", "f:put_object"], ["suppressed", "f:put_object"], [], set()),
    "a function was renamed": (
        ["f:put_object(a)", "f:put_object(b)"], ["g:put_object(b)", "g:put_object(a)"],
        ["swapped = f:put_object(b)", "swapped = f:put_object(a)"], ["f:put_object(a)", "f:put_object(b)"], set(),
    ),
    "a directory of keys was renamed": (
        ["f:put_object(old/a.csv)", "f:put_object(old/b.csv)"], ["f:put_object(new/b.csv)", "f:put_object(new/a.csv)"],
        ["swapped ~ f:put_object(old/b.csv)", "swapped ~ f:put_object(old/a.csv)"],
        ["f:put_object(old/a.csv)", "f:put_object(old/b.csv)"], set(),
    ),
    "a method was replaced": (
        ["f:put_object(a)"], ["f:upload_file(a)"], ["swapped = f:put_object(a)"], ["f:put_object(a)"], set(),
    ),
    "a key with two decisions was moved": (
        ["f:put_object(a)", "g:put_object(a)"], ["h:put_object(a)", "i:put_object(a)"],
        ["swapped ~ f:put_object(a)", "swapped ~ g:put_object(a)"], ["f:put_object(a)", "g:put_object(a)"], set(),
    ),
    "a class was renamed": (
        ["A.g:put_object", "A.f:put_object"], ["B.f:put_object", "B.g:put_object"],
        ["swapped ~ A.f:put_object", "swapped ~ A.g:put_object"], ["A.g:put_object", "A.f:put_object"], set(),
    ),
    "the scope goes before the method": (
        ["g:put_object", "f:put_object"], ["f:upload_file", "h:put_object"],
        ["swapped ~ f:put_object", "swapped ~ g:put_object"], ["g:put_object", "f:put_object"], set(),
    ),
    "nothing in common": (
        ["f:put_object"], ["g:upload_file"], ["swapped ~ f:put_object"], ["f:put_object"], set(),
    ),
    "fewer, and one of another name": (
        ["f:put_object", "g:put_object(a)"], ["h:put_object(a)"],
        ["swapped = g:put_object(a)"], ["f:put_object", "g:put_object(a)"], set(),
    ),
    "moved next to one that is uncertain": (
        ["f:put_object", "g:put_object(a)"], ["f:put_object(b)", "f:put_object(a)"],
        ["swapped ? f:put_object", "swapped = g:put_object(a) ? f:put_object"], ["g:put_object(a)"], {"f:put_object"},
    ),
}


@pytest.mark.parametrize("case", MATCHES)
def test_named_calls(case: str) -> None:
    entries, names, expected, gone, uncertain = MATCHES[case]
    verdict = judge(entries, *names)
    assert described(verdict) == expected
    assert list(verdict.gone) == gone
    assert verdict.uncertain == uncertain


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
    verdict = judge(["f:p one", "f:p#2 two", "g:p three"], "f:p", "f:p#2", "g:p", "h:p", "")
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


def entries_of(calls: Sequence[tuple[str, str]]) -> list[str]:
    """Return entries that name the calls, and register each under its artifact."""
    return [f"{name} {artifact}" for name, (_, artifact) in zip(names_of(calls), calls)]


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
