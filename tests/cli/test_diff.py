"""The verb ``diff``: what a change does to PUT calls and pins, in repositories with a history."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from support import Outcome
from support import PINS
from support import Project
from support import Repository
from support import run_process

Files = Mapping[str, "str | None"]
# what there was before and what there is now (a text is that of one file), and the lines that say so
Case = tuple["Files | str", "Files | str", "list[str]"]

# enough for git to know a file again whose few other lines differ
LONG = "".join(f"x{number} = {number}\n" for number in range(20))
NOQA = "  # noqa: APR001 - re-puts"
ONE_ID, TWO_IDS, REASON = 'registered = ["one"]', 'registered = ["one", "two"]', 'grandfathered = "re-puts"'


def put(key: str = "'one.csv'", scope: str = "f", end: str = "") -> str:
    """Return a function of three lines, the second one of which has a PUT call."""
    return f"def {scope}(day):\n    s3.put_object(Key={key}){end}\n\n"


def pins(*lines: str) -> str:
    return "\n".join(["[pins]", *lines, ""])


def pin(count: int, decision: str = "", path: str = "a.py") -> str:
    return f'"{path}" = {{ count = {count}{", " if decision else ""}{decision} }}'


def named(*entries: str) -> str:
    """Return a pins file that names calls of a.py: "f(one.csv): DECISION"."""
    lines = ['[pins."a.py".calls]']
    for entry in entries:
        name, _, decision = entry.partition(": ")
        scope, bracket, key = name.partition("(")
        lines.append(f'"{scope}:put_object{bracket}{key}" = {{ {decision} }}')
    return "\n".join([*lines, ""])


def edit(repository: Repository, files: Files) -> None:
    """Write files and remove those that are None, without telling git."""
    for name, content in files.items():
        if content is None:
            (repository.root / name).unlink()
        else:
            repository.write({name: content})


def commit(repository: Repository, files: Files) -> None:
    repository.commit({path: content for path, content in files.items() if content is not None})


def changes(outcome: Outcome) -> list[str]:
    """Return the lines of the text format between the first and the last one, without the command that decides."""
    undecided = sum(": undecided: " in line for line in outcome.lines)
    number = len(outcome.lines) - 2
    summary = f"{number} change{'s' * (number != 1)}, {undecided} undecided" if number else "no PUT call and no pin changed"
    assert outcome.lines[-1] == summary
    lines = [re.sub("^(.{18}) ", lambda match: f"{match[1].rstrip()} ", line) for line in outcome.lines[1:-1]]
    return [re.sub("; decide: flake8-artifact-pin decide [^ ]*$", "", line) for line in lines]


F, G = 'put_object("one.csv") in f', 'put_object("two.csv") in g'
ONE = put()
TWO = put() + put("'two.csv'", "g")
CALLS: dict[str, Case] = {
    "nothing": (ONE, {}, []),
    "added": ("", ONE, [f"call added a.py:2: undecided: {F}"]),
    "added in a new file": ({}, ONE, [f"call added a.py:2: undecided: {F}"]),
    "removed": (ONE, "\n", [f"call removed a.py:2: {F}"]),
    "removed with its file": (ONE, {"a.py": None}, [f"call removed a.py:2: {F}"]),
    "another key": (ONE, put("'two.csv'"), [f'call changed a.py:2: undecided: put_object("one.csv") -> {G[:-1]}f']),
    "moved": (
        {"a.py": ONE, "b.py": "\n", PINS: pins(pin(1))}, {"a.py": "\n", "b.py": ONE, PINS: pins(pin(1, path="b.py"))},
        [
            f"call moved b.py:2: {F}, from a.py", f'pin added {PINS}:2: "b.py": 1, no decision',
            f'pin removed {PINS}:2: "a.py": was 1, no decision',
        ],
    ),
    "moved, and no pin for it": (
        {"a.py": ONE, "b.py": "\n", PINS: pins(pin(1))}, {"a.py": "\n", "b.py": ONE},
        [f"call moved b.py:2: undecided: {F}, from a.py"],
    ),
    "function and method renamed": (
        ONE, put(scope="g").replace("put_object", "upload_fileobj"),
        ['call renamed a.py:2: upload_fileobj("one.csv") in g, was in f, was put_object'],
    ),
    "function renamed in a renamed file": (
        LONG + ONE, {"a.py": None, "b.py": LONG + put(scope="g")}, [f"call renamed b.py:22: {F[:-1]}g, was in f"],
    ),
    "file renamed and edited": (
        LONG + ONE, {"a.py": None, "b.py": LONG + TWO}, [f"call added b.py:25: undecided: {G}"],
    ),
    "reformatted, variables and functions in other order": (
        put("f'{day}/x.csv'") + put("'two.csv'", "g"),
        put('"two.csv"', "g") + "# put\n" + put('(\n        f"{date}/"\n        "x.csv"\n    )'), [],
    ),
    "suppressed": (ONE, put(end=NOQA), [f"call suppressed a.py:2: {F} (suppressed: re-puts)"]),
    "unsuppressed": (
        put(end=NOQA), ONE, [f"call unsuppressed a.py:2: undecided: {F}, was suppressed: re-puts"],
    ),
    "reason of a suppression changed": (put(end=NOQA), put(end="  # noqa: APR001 - because"), []),
    "a suppressed one added": ("\n", put(end=NOQA), [f"call added a.py:2: {F} (suppressed: re-puts)"]),
}
MENTION = '[tool.check-manifest]\nignore = ["artifact-pins.toml"]\n'
IN_PYPROJECT = '[tool.artifact-pins.pins]\n"a.py" = 1\n'
ADDED, RAISED, DECIDED = f"pin added {PINS}:2", f"pin raised {PINS}:2", f"pin decided {PINS}:2"
PINNED: dict[str, Case] = {
    "the first pins file": ({"a.py": TWO}, pins(pin(2)), [f'{ADDED}: "a.py": 2, no decision']),
    "added": ("", pins(pin(1)), [f'{ADDED}: undecided: "a.py": 1, no decision']),
    "added with a decision": ("", pins(pin(1, f"{ONE_ID}, {REASON}")), [f'{ADDED}: "a.py": 1, registered: one; grandfathered: re-puts']),
    "removed with the pins file": (pins(pin(1, ONE_ID)), {PINS: None}, [f'pin removed {PINS}:2: "a.py": was 1, registered: one']),
    "moved out of pyproject.toml": (
        {"pyproject.toml": IN_PYPROJECT}, {"pyproject.toml": "[tool.x]\n", PINS: pins('"a.py" = 1')}, [],
    ),
    "moved into a pyproject.toml that only mentioned such a file": (
        {"pyproject.toml": MENTION, PINS: pins(pin(1, ONE_ID))},
        {"pyproject.toml": MENTION + "[tool.artifact-pins.pins]\n" + pin(2, ONE_ID), PINS: None},
        ['pin raised pyproject.toml:4: undecided: "a.py": 1 -> 2; registered: one'],
    ),
    "raised with a decision": (
        pins(pin(1, ONE_ID)), pins(pin(2, TWO_IDS)), [f'{RAISED}: "a.py": 1 -> 2; registered: one, two (was: registered: one)'],
    ),
    "raised with the old decision": (
        pins(pin(1, ONE_ID)), pins(pin(2, ONE_ID)), [f'{RAISED}: undecided: "a.py": 1 -> 2; registered: one'],
    ),
    "lowered": (pins(pin(2, ONE_ID)), pins(pin(1, ONE_ID)), [f'pin lowered {PINS}:2: "a.py": 2 -> 1; registered: one']),
    "registered anew": (
        pins(pin(1, ONE_ID)), pins(pin(1, 'registered = ["other"]')),
        [f'{DECIDED}: "a.py": registered: other (was: registered: one)'],
    ),
    "more time": (
        pins(pin(1, 'deferred = "#1", until = 2027-01-01')), pins(pin(1, 'deferred = "#1", until = 2028-01-01')),
        [f'{DECIDED}: "a.py": deferred: #1; until: 2028-01-01 (was: deferred: #1; until: 2027-01-01)'],
    ),
    "a blank more": (pins(pin(1, 'deferred = "#1"')), pins(pin(1, 'deferred = "#1 "')), []),
    "moved": (
        {"b.py": LONG, PINS: pins(pin(1, ONE_ID, "b.py"))}, {"b.py": None, "c.py": LONG, PINS: pins(pin(1, ONE_ID, "c.py"))},
        [f'pin moved {PINS}:2: "c.py": was "b.py"'],
    ),
    "an entry added, renamed and overwritten": (
        named(f"f(one.csv): {ONE_ID}", "g"), named("f(one.csv): deferred = '#1'", f"h: {REASON}"),
        [
            f'pin decided {PINS}:1: "a.py": "h:put_object" grandfathered: re-puts; without "g:put_object" (no decision); '
            '"f:put_object(one.csv)" deferred: #1 (was: registered: one)',
        ],
    ),
    "a count becomes calls": (
        pins(pin(1, ONE_ID)), named(f"f: {ONE_ID}"),
        [f'pin decided {PINS}:1: "a.py": "f:put_object" registered: one; was a count: registered: one'],
    ),
    "calls become a count": (
        named(f"f: {ONE_ID}"), pins(pin(1, ONE_ID)),
        [f'{DECIDED}: "a.py": without "f:put_object" (registered: one); is a count now: registered: one'],
    ),
    "exempt": (
        {"t/a.py": ONE, PINS: ""}, {"t/a.py": put("'y'") * 2, PINS: '[exempt]\n"t/" = "tests"\n'},
        [f'exempt added {PINS}:2: "t/": tests (2 PUT calls there)'],
    ),
    "exempt for another reason, for longer, and no longer": (
        '[exempt]\n"t/" = "tests"\n"u/" = { reason = "users", until = 2027-01-01 }\n"v/" = "vendored"\n',
        '[exempt]\n"t/" = "trials"\n"u/" = { reason = "users", until = 2028-01-01 }\n',
        [
            f'exempt removed {PINS}:4: "v/": was vendored', f'exempt decided {PINS}:2: "t/": trials (was: tests)',
            f'exempt decided {PINS}:3: "u/": users; until: 2028-01-01 (was: users; until: 2027-01-01)',
        ],
    ),
    "stores and patterns": (
        {"a.py": "save(1)\nsave(2)\nblob.upload_from_string(3)\nsave(4)\nsave(5)\ndef save(data): pass\n",
         PINS: '[exempt]\n"t/" = "tests"\n', "t/a.py": "save(1)\n"},
        {}, [],
    ),
    "settings given up": (
        {"a.py": "from s import save\n" + "save(1)\n" * 4, PINS: 'require-decision = true\nregistry = "r.json"\npatterns = ["save", "other"]\n'},
        'patterns = ["more"]\n',
        [
            f'setting added {PINS}:1: patterns: "more"',
            f'setting removed {PINS}:3: patterns: "save" (4 PUT calls no longer counted: a.py:2 save(...), a.py:3 save(...), '
            "a.py:4 save(...), 1 more)",
            f'setting removed {PINS}:3: patterns: "other"',
            f"setting removed {PINS}:1: require-decision: no decision is required any more",
            f'setting removed {PINS}:2: registry: "r.json", no registry is read any more',
        ],
    ),
    "another registry": ('registry = "r.json"\n', 'registry = "s.json"\n', [f'setting removed {PINS}:1: registry: "r.json", now "s.json"']),
}
DECISIONS: dict[str, Case] = {
    "a swap under a count": (
        {"a.py": ONE, PINS: pins(pin(1, ONE_ID))}, {"a.py": put("'two.csv'", "g")},
        [f"call added a.py:2: undecided: {G}", f"call removed a.py:2: {F}"],
    ),
    "another one suppressed to make room": (
        {"a.py": ONE, PINS: pins(pin(1, ONE_ID))}, {"a.py": put(end=NOQA) + put("'two.csv'", "g")},
        [f"call added a.py:5: undecided: {G}", f"call suppressed a.py:2: {F} (suppressed: re-puts)"],
    ),
    "calls exchanged between files": (
        {"a.py": ONE, "b.py": put("'two.csv'", "g"), PINS: pins(pin(1, ONE_ID), pin(1, REASON, "b.py"))},
        {"a.py": put("'two.csv'", "g"), "b.py": ONE},
        [f"call moved a.py:2: undecided: {G}, from b.py", f"call moved b.py:2: undecided: {F}, from a.py"],
    ),
    "a function renamed with its entry": (
        {"a.py": ONE, PINS: named(f"f(one.csv): {ONE_ID}")}, {"a.py": put(scope="g"), PINS: named(f"g(one.csv): {ONE_ID}")},
        [
            f"call renamed a.py:2: {F[:-1]}g, was in f",
            f'pin decided {PINS}:1: "a.py": "g:put_object(one.csv)" registered: one; '
            'without "f:put_object(one.csv)" (registered: one)',
        ],
    ),
    "an entry takes over a decision": (
        {"a.py": ONE, PINS: named(f"f(one.csv): {ONE_ID}")},
        {"a.py": put("'two.csv'"), PINS: named(f"f(two.csv): {ONE_ID}")},
        [
            'call changed a.py:2: undecided: put_object("one.csv") -> put_object("two.csv") in f',
            f'pin decided {PINS}:1: "a.py": "f:put_object(two.csv)" registered: one; '
            'without "f:put_object(one.csv)" (registered: one)',
        ],
    ),
    "a wrapper": (
        {"a.py": put() + put("'two.csv'", "g")},
        {"store.py": "def save(key):\n    s3.put_object(Key=key)\n",
         "a.py": 'from store import save\n\ndef f():\n    save("one.csv")\n\ndef g():\n    save("two.csv")\n',
         "notes.py": "from store import save\nsave('notes')\n"},
        [
            'call added store.py:2: undecided: put_object("{key}") in save', f"call removed a.py:2: {F}",
            f"call removed a.py:5: {G}",
            "wrapper added store.py:1: save(key) writes whatever key its 3 callers pass, as one PUT call: "
            'add "store.save" to patterns to count 3 calls in other files',
        ],
    ),
}
CASES = [("a.py", CALLS), (PINS, PINNED), (PINS, DECISIONS)]


@pytest.mark.parametrize(
    ("case", "file"), [pytest.param(case, file, id=name) for file, table in CASES for name, case in table.items()],
)
def test_changes(repository: Repository, case: Case, file: str) -> None:
    before, after = ({file: state} if isinstance(state, str) else state for state in case[:2])
    commit(repository, before)
    edit(repository, after)
    repository.git("add", "--all")
    outcome = repository.run("diff", "--exit-code")
    assert changes(outcome) == case[2]
    assert (outcome.err, outcome.status) == ("", int(any(": undecided: " in line for line in case[2])))
