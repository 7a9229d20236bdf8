"""No edit of a source takes a decision to another artifact unseen, whatever is then done to the pins by rote."""
from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.rules.changes import compare
from flake8_artifact_pin.rules.changes import Snapshot
from flake8_artifact_pin.rules.messages import file_findings
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.rules.verdict import State
from flake8_artifact_pin.source.names import call_names
from flake8_artifact_pin.source.report import report_file
from flake8_artifact_pin.source.report import Site
from flake8_artifact_pin.source.stores import compile_matcher

pytestmark = pytest.mark.once

FILES = ("one.py", "two.py")
FUNCTIONS = ("load", "save", "write")
METHODS = ("put_object", "upload_fileobj")
# With an artifact's number before it, each is a key of its own; one tells no letter.
KEYS = ("/prices/{}.json", "{}.csv", "/latest.txt", "/2024", "(b)#2.json")


class Call(NamedTuple):
    """A PUT call of the model: which artifact it writes, and where and how."""

    artifact: int
    file: str
    function: str
    method: str
    is_suppressed: bool = False


class Looks(NamedTuple):
    """How a source is written, which is to make no difference."""

    variable: str
    blanks: int
    is_broken: bool


CALLS = st.builds(Call, st.integers(0, 9), *map(st.sampled_from, (FILES, FUNCTIONS, METHODS)))
CALL = Call(0, *FILES[:1], *FUNCTIONS[:1], *METHODS[:1])
LOOKS = st.builds(Looks, st.sampled_from(["day", "date"]), st.integers(0, 2), st.booleans())
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "swap", "move", "rename", "change", "suppress", "replace"]),
        st.integers(0, 99), CALLS,
    ),
    max_size=5,
)


def edited(calls: Sequence[Call], edits: Iterable[tuple[str, int, Call]]) -> list[Call]:
    """Return the calls after some edits."""
    new = list(calls)
    for kind, which, other in edits:
        if kind == "insert":
            new.insert(which % (len(new) + 1), other)
        elif new:
            index = which % len(new)
            call = new.pop(index)
            new[index:index] = {
                "delete": [],
                "swap": [new.pop(index - 1), call] if index else [call],
                "move": [call._replace(file=other.file, function=other.function)],
                "rename": [call._replace(function=other.function)],
                "change": [call._replace(artifact=other.artifact)],
                "suppress": [call._replace(is_suppressed=not call.is_suppressed)],
                "replace": [other],
            }[kind]
    return new


def source(calls: Iterable[Call], looks: Looks) -> str:
    """Return a file with a function around each call: those of equal names are one scope."""
    texts = []
    for call in calls:
        field = "{" + looks.variable + "}"
        argument = f'Key=f"{call.artifact}{KEYS[call.artifact % len(KEYS)].format(field)}"'
        space = "\n        " if looks.is_broken and not call.is_suppressed else ""
        comment = "  # noqa: APR001 - only a probe" if call.is_suppressed else ""
        texts.append(f"def {call.function}({looks.variable}):\n    s3.{call.method}({space}{argument}){comment}\n")
    return ("\n" * looks.blanks).join(texts)


def snapshot(calls: Sequence[Call], looks: Looks, pins: str) -> Snapshot:
    reports = {}
    for path in FILES:
        text = source([call for call in calls if call.file == path], looks)
        lines = text.splitlines(keepends=True)
        matcher = compile_matcher(["s3"], [])
        reports[path] = report_file(ast.parse(text), lines, path, ["", *lines].__getitem__, matcher)
    parsed = parse_pins(Pins("/repository/artifact-pins.toml", "/repository"), pins)
    assert not parsed.faults
    return Snapshot(parsed, reports)


def count_pins(counted: Mapping[str, int]) -> str:
    """Return counts with a decision for each file."""
    entry = '"{0}" = {{ count = {1}, grandfathered = "all of {0}" }}\n'
    return "".join(["[pins]\n", *(entry.format(path, number) for path, number in counted.items())])


def named_pins(entries: Mapping[str, Mapping[str, str]]) -> str:
    """Return pins that name calls, with an id for each."""
    lines = []
    for path, ids in entries.items():
        lines.append(f'[pins."{path}".calls]\n')
        lines += [f"'{name}' = {{ {id_ and f'registered = [{json.dumps(id_)}]'} }}\n" for name, id_ in ids.items()]
    return "".join(lines)


def artifact_of(site: Site) -> int:
    return int(site.call.key[0])


def counted(state: Snapshot, path: str) -> list[Site]:
    return [site for site in state.reports[path].sites if site.is_counted]


def first_pins(state: Snapshot, form: str) -> str:
    """Return pins that allow what there is: counts, or names with or without keys, each with its artifact's id."""
    if form == "count":
        return count_pins({path: len(counted(state, path)) for path in FILES})
    entries = {}
    for path in FILES:
        sites = counted(state, path)
        parts = [(site.call.scope, site.call.method, "" if form == "keyless" else site.call.name_key) for site in sites]
        entries[path] = {name: f"id{artifact_of(site)}" for name, site in zip(call_names(parts), sites)}
    return named_pins(entries)


def pins_by_rote(state: Snapshot, form: str) -> str:
    """Return pins made to fit with the decisions there are: counts set, entries renamed and removed, none decided."""
    if form == "count":
        return first_pins(state, form)
    entries: dict[str, dict[str, str]] = {}
    for path in FILES:
        verdict = judge_file(state.pins, path, state.reports[path])
        ids = {name: "".join(call.decision.registered) for name, call in (verdict.pin.calls or {}).items()}
        names = entries[path] = {}
        for call in verdict.calls:
            if call.state is State.PINNED:
                names.update((entry, ids[entry]) for entry in (*call.alternatives, call.entry) if entry)
            elif call.site.is_counted:
                names[call.site.name] = ids.get(call.replaces, "")
    return named_pins(entries)


def misplaced(old: Snapshot, new: Snapshot, path: str) -> list[str]:
    """Return the calls of a file that have a decision on another artifact, or are allowed and new without any."""
    before = {artifact_of(site) for name in FILES for site in counted(old, name)}
    here = {artifact_of(site) for site in counted(old, path)}
    verdict = judge_file(new.pins, path, new.reports[path])
    found = []
    for call in verdict.calls:
        decisions = set(verdict.decisions_on(call))
        # where several may be meant, nobody reads one of them as this call's
        if call.state is State.PINNED and len(decisions) == 1:
            decision, artifact = decisions.pop(), artifact_of(call.site)
            about = here if decision.grandfathered else {int(id_[2:]) for id_ in decision.registered} or before
            if artifact not in about:
                found.append(f"{call.site.call.shown}: {decision.text}")
    return found


def is_seen(old: Snapshot, new: Snapshot, path: str) -> bool:
    """Return whether flake8, check or diff say something of a file, or check of its pin."""
    verdict = judge_file(new.pins, path, new.reports[path])
    findings = [found for found in file_findings(new.pins, verdict) if "not counted" not in found.text]
    changes = compare(old, new, {})
    return bool(findings) or any(change.is_undecided for change in changes if change.new and change.new.path == path)


@settings(max_examples=40)
@given(
    st.lists(CALLS, max_size=6), EDITS, LOOKS, LOOKS, st.sampled_from(["count", "named", "keyless"]), st.booleans(),
)
def test_no_decision_goes_to_another_artifact_unseen(
    calls: Sequence[Call], edits: Sequence[tuple[str, int, Call]], before: Looks, now: Looks, form: str, by_rote: bool,
) -> None:
    pins = first_pins(snapshot(calls, before, ""), form)
    old, new = snapshot(calls, before, pins), snapshot(edited(calls, edits), now, pins)
    if by_rote:
        new = snapshot(edited(calls, edits), now, pins_by_rote(new, form))
    for path in FILES:
        assert not misplaced(old, new, path) or is_seen(old, new, path)


@settings(max_examples=15)
@given(
    st.lists(CALLS, max_size=6), st.lists(st.integers(0, 5), max_size=4), LOOKS, LOOKS,
    st.sampled_from(["count", "named"]),
)
def test_what_writes_the_same_artifacts_needs_no_decision(
    calls: Sequence[Call], swaps: Sequence[int], before: Looks, now: Looks, form: str,
) -> None:
    """Functions are renamed, and calls stand in another order and form."""
    new_calls = edited(calls, [("swap", which, CALL) for which in swaps])
    renamed = [call._replace(function=f"{call.function}_again") for call in new_calls]
    pins = first_pins(snapshot(calls, before, ""), form)
    old = snapshot(calls, before, pins)
    for state in (new_calls, renamed):
        new = snapshot(state, now, pins)
        assert not any(change.is_undecided for change in compare(old, new, {}))
        new = snapshot(state, now, pins_by_rote(new, form))
        assert not any(change.is_undecided for change in compare(old, new, {}))
