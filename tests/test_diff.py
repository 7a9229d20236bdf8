"""The verb ``diff``: what a change does to PUT calls and pins, in repositories with a history."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from support import Outcome
from support import Project
from support import Repository
from support import run_process

from flake8_artifact_pin.cli.diff import snapshots as sides

Files = Mapping[str, "str | None"]
# what there was before and what there is now (a text is that of one file), and the lines that say so
Case = tuple["Files | str", "Files | str", list[str]]

PINS = "artifact-pins.toml"
# enough for git to know a file again whose few other lines differ
LONG = "".join(f"x{number} = {number}\n" for number in range(20))
NOTHING = "no PUT call and no pin changed"
NOQA = "  # noqa: APR001 - re-puts"
X, Y, Z = 'registered = ["x"]', 'registered = ["y"]', 'grandfathered = "z"'


def put(key: str = "'x'", scope: str = "f", end: str = "") -> str:
    """Return a function of three lines, the second one of which has a PUT call."""
    return f"def {scope}(day):\n    s3.put_object(Key={key}){end}\n\n"


def pins(*lines: str) -> str:
    return "\n".join(["[pins]", *lines, ""])


def pin(count: int, decision: str = "", path: str = "a.py") -> str:
    return f'"{path}" = {{ count = {count}{", " if decision else ""}{decision} }}'


def swap(place: str, old: str, new: str, old_place: str = "a.py:2", *, is_decided: bool = False) -> str:
    text = f"a swap that the count does not show: put_object({old} ({old_place}) is gone, put_object({new} has come"
    end = f'; say in the pin of "{place.partition(":")[0]}" what was decided'
    return f"call swapped {place}: {text}" if is_decided else f"call swapped {place}: undecided: {text}{end}"


@pytest.fixture
def repository(project: Project) -> Repository:
    project.monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    return Repository(project)


def commit(repository: Repository, files: Files) -> None:
    repository.commit({path: content for path, content in files.items() if content is not None})


def edit(repository: Repository, files: Files) -> None:
    """Write files and remove those that are None, without telling git."""
    for name, content in files.items():
        if content is None:
            (repository.root / name).unlink()
        else:
            repository.write({name: content})


def changes(outcome: Outcome) -> list[str]:
    """Return the lines of the text format between the first and the last one."""
    undecided = sum(": undecided: " in line for line in outcome.lines)
    number = len(outcome.lines) - 2
    summary = f"{number} change{'s' * (number != 1)}, {undecided} undecided" if number else NOTHING
    assert outcome.lines[-1] == summary
    return [re.sub("^(.{16}) ", lambda match: f"{match[1].rstrip()} ", line) for line in outcome.lines[1:-1]]


F, G, H = "put_object('x') in f", "put_object('y') in g", "put_object('z') in h"
ONE, TWO = put(), put() + put("'y'", "g")
BARE, TOLD = "s3.put_object(Key=key)\n", "s3.put_object(Key='x')\n"
CALLS: dict[str, Case] = {
    "nothing": (ONE, {}, []),
    "added": ("", ONE, [f"call added a.py:2: {F}"]),
    "added in a new file": ({}, ONE, [f"call added a.py:2: {F}"]),
    "removed": (ONE, "\n", [f"call removed a.py:2: {F}"]),
    "removed with its file": (ONE, {"a.py": None}, [f"call removed a.py:2: {F}"]),
    "one of two alike": (BARE * 2, BARE, ["call removed a.py:2: put_object(key) in <module>"]),
    "moved": (
        {"a.py": ONE, "b.py": "\n"}, {"a.py": "\n", "b.py": ONE}, [f"call moved b.py:2: {F}, from a.py:2"],
    ),
    "moved, both files edited": (
        {"a.py": TWO, "b.py": put("'z'", "h")},
        {"a.py": put("'y'", "g"), "b.py": "import os\n" + put("'z'", "h") + ONE},
        [f"call moved b.py:6: {F}, from a.py:2"],
    ),
    "moved by its function alone": (
        {"a.py": put("key"), "b.py": "\n"}, {"a.py": "\n", "b.py": put("name")},
        ["call moved b.py:2: put_object(name) in f, from a.py:2"],
    ),
    "moved by its key alone": (
        {"a.py": TOLD, "b.py": "\n"}, {"a.py": "\n", "b.py": TOLD},
        ["call moved b.py:1: put_object('x') in <module>, from a.py:1"],
    ),
    "not moved: it has neither": (
        {"a.py": BARE, "b.py": "\n"}, {"a.py": "\n", "b.py": BARE},
        ["call added b.py:1: put_object(key) in <module>", "call removed a.py:1: put_object(key) in <module>"],
    ),
    "file renamed": (LONG + ONE, {"a.py": None, "d/b.py": LONG + ONE}, []),
    "file renamed and edited": (
        LONG + ONE, {"a.py": None, "b.py": LONG + TWO}, [f"call added b.py:25: {G}"],
    ),
    "function renamed": (ONE, put(scope="g"), []),
    "function renamed in a renamed file": (LONG + ONE, {"a.py": None, "b.py": LONG + put(scope="g")}, []),
    "class renamed": (f"class A:\n    x = {TOLD}", f"class B:\n    x = {TOLD}", []),
    "variable renamed": (put("f'{day}.csv'"), put("f'{date}.csv'"), []),
    "another variable": (put("day"), put("name"), []),
    "another constant": (put("cfg.KEY_A"), put("cfg.KEY_B"), [swap("a.py:2", "cfg.KEY_A) in f", "cfg.KEY_B) in f")]),
    "reformatted": (
        put("f'{day}/x.csv'") + put("'y'", "g"),
        "# put\n" + put('(\n        f"{day}/"\n        "x.csv"\n    )') + put('"y"', "g"),
        [],
    ),
    "functions reordered": (TWO, put("'y'", "g") + ONE, []),
    "handed on instead of called": (ONE, "def f():\n    do(s3.put_object, Key='x')\n", []),
    "swapped": (ONE, put("'y'"), [swap("a.py:2", "'x') in f", "'y') in f")]),
    "swapped with another function": (ONE, "\n" + put("'y'", "g"), [swap("a.py:3", "'x') in f", "'y') in g")]),
    "swapped in a renamed file": (
        LONG + TWO, {"a.py": None, "b.py": LONG + put("'v'", "g") + put("'w'")},
        [
            swap("b.py:22", "'y') in g", "'v') in g", "a.py:25"),
            swap("b.py:25", "'x') in f", "'w') in f", "a.py:22"),
        ],
    ),
    "swapped and one more": (
        ONE, put("'y'", "g") + put("'z'"), [swap("a.py:5", "'x') in f", "'z') in f"), f"call added a.py:2: {G}"],
    ),
    "suppressed": (ONE, put(end=NOQA), [f"call suppressed a.py:2: {F} (suppressed: re-puts)"]),
    "unsuppressed": (put(end=NOQA), ONE, [f"call added a.py:2: {F}, which was suppressed"]),
    "reason dropped": (put(end=NOQA), put(end="  # noqa: APR001"), [f"call added a.py:2: {F}, which was suppressed"]),
    "reason changed": (put(end=NOQA), put(end="  # noqa: APR001 - because"), []),
    "the whole file suppressed": (
        ONE, "# flake8: noqa: APR001 - scratch\n" + ONE, [f"call suppressed a.py:3: {F} (suppressed: scratch)"],
    ),
    "suppressed and moved": (
        {"a.py": ONE, "b.py": "\n"}, {"a.py": "\n", "b.py": put(end=NOQA)},
        [
            f"call suppressed b.py:2: {F} (suppressed: re-puts)",
            f"call moved b.py:2: {F} (suppressed: re-puts), from a.py:2",
        ],
    ),
    "a suppressed one added": ("\n", put(end=NOQA), [f"call added a.py:2: {F} (suppressed: re-puts)"]),
    "a suppressed one is no part of a swap": (
        put(end=NOQA), put("'y'"),
        ["call added a.py:2: put_object('y') in f", f"call removed a.py:2: {F} (suppressed: re-puts)"],
    ),
    "the suppressed one of two alike removed": (
        put(end=f"{NOQA}\n    {TOLD}"), ONE, [f"call removed a.py:2: {F} (suppressed: re-puts)"],
    ),
}
MENTION = '[tool.check-manifest]\nignore = ["artifact-pins.toml"]\n'
ADDED, RAISED = f"pin added {PINS}:2", f"pin raised {PINS}:2"
PINNED: dict[str, Case] = {
    "added": ({}, pins(pin(1)), [f'{ADDED}: undecided: "a.py": 1, no decision']),
    "added with a decision": ({}, pins(pin(1, f"{X}, {Z}")), [f'{ADDED}: "a.py": 1, registered: x; grandfathered: z']),
    "added as 0": ({}, pins('"a.py" = 0'), [f'{ADDED}: "a.py": 0, no decision']),
    "removed": (pins("#", pin(1, X)), pins(), [f'pin removed {PINS}:3: "a.py": was 1, registered: x']),
    "removed with the pins file": (
        pins(pin(1, X)), {PINS: None}, [f'pin removed {PINS}:2: "a.py": was 1, registered: x'],
    ),
    "removed with its table in pyproject.toml": (
        {"pyproject.toml": '[tool.artifact-pins.pins]\n"a.py" = 1\n'}, {"pyproject.toml": "[tool.x]\n"},
        ['pin removed pyproject.toml:2: "a.py": was 1, no decision'],
    ),
    "moved out of pyproject.toml": (
        {"pyproject.toml": '[tool.artifact-pins.pins]\n"a.py" = 1\n'},
        {"pyproject.toml": "[tool.x]\n", PINS: pins('"a.py" = 1')},
        [],
    ),
    "added beside a pyproject.toml that only mentions such a file": (
        {"pyproject.toml": MENTION}, {PINS: pins('"a.py" = 1')}, [f'{ADDED}: undecided: "a.py": 1, no decision'],
    ),
    "moved into a pyproject.toml that only mentioned such a file": (
        {"pyproject.toml": MENTION, PINS: pins(pin(1, X))},
        {"pyproject.toml": MENTION + "[tool.artifact-pins.pins]\n" + pin(2, X), PINS: None},
        ['pin raised pyproject.toml:4: undecided: "a.py": 1 -> 2, only the old decision: registered: x'],
    ),
    "raised": (pins('"a.py" = 1'), pins('"a.py" = 2'), [f'{RAISED}: undecided: "a.py": 1 -> 2, no decision']),
    "raised with a decision": (
        pins(pin(1, X)), pins(pin(2, 'registered = ["x", "y"]')), [f'{RAISED}: "a.py": 1 -> 2, registered: x, y'],
    ),
    "raised with the old decision": (
        pins(pin(1, X)), pins(pin(2, X)),
        [f'{RAISED}: undecided: "a.py": 1 -> 2, only the old decision: registered: x'],
    ),
    "raised with a part of the old decision": (
        pins(pin(1, f"{X}, {Z}")), pins(pin(2, X)),
        [f'{RAISED}: undecided: "a.py": 1 -> 2, only the old decision: registered: x'],
    ),
    "lowered": (pins(pin(2, X)), pins(pin(1, X)), [f'pin lowered {PINS}:2: "a.py": 2 -> 1, registered: x']),
    "decided": (
        pins(pin(1)), pins(pin(1, X)), [f'pin decided {PINS}:2: "a.py": 1, registered: x (was: no decision)'],
    ),
    "spelled otherwise": (pins('"a.py" = 1'), pins("", '"./a.py" = { count = 1 }'), []),
    "moved": (
        {"b.py": LONG, PINS: pins(pin(1, X, "b.py"))}, {"b.py": None, "c.py": LONG, PINS: pins(pin(1, X, "c.py"))},
        [f'pin moved {PINS}:2: "c.py": from "b.py", 1 -> 1, registered: x'],
    ),
    "moved and raised": (
        {"b.py": LONG, PINS: pins(pin(1, X, "b.py"))}, {"b.py": None, "c.py": LONG, PINS: pins(pin(2, X, "c.py"))},
        [f'pin moved {PINS}:2: undecided: "c.py": from "b.py", 1 -> 2, only the old decision: registered: x'],
    ),
    "of a renamed file, kept": (
        {"c.py": LONG, PINS: pins(pin(1, X, "c.py"))},
        {"c.py": None, "b.py": LONG, PINS: pins(pin(1, X, "c.py"), '"b.py" = 1')},
        [f'pin added {PINS}:3: undecided: "b.py": 1, no decision'],
    ),
    "decided with a swap": (
        {"a.py": ONE, PINS: pins(pin(1, X))}, {"a.py": put("'y'"), PINS: pins(pin(1, Y))},
        [
            swap("a.py:2", "'x') in f", "'y') in f", is_decided=True),
            f'pin decided {PINS}:2: "a.py": 1, registered: y (was: registered: x)',
        ],
    ),
    "raised and decided with a swap and one more": (
        {"a.py": ONE, PINS: pins(pin(1, X))}, {"a.py": put("'z'") + put("'y'", "g"), PINS: pins(pin(2, Z))},
        [
            swap("a.py:2", "'x') in f", "'z') in f", is_decided=True),
            f"call added a.py:5: {G}",
            f'{RAISED}: "a.py": 1 -> 2, grandfathered: z',
        ],
    ),
    "decision dropped with a swap": (
        {"a.py": ONE, PINS: pins(pin(1, X))}, {"a.py": put("'y'"), PINS: pins('"a.py" = 1')},
        [
            swap("a.py:2", "'x') in f", "'y') in f"),
            f'pin decided {PINS}:2: "a.py": 1, no decision (was: registered: x)',
        ],
    ),
    "exempt added": (
        {"t/a.py": ONE, PINS: ""}, {"t/a.py": put("'y'") * 2, PINS: '[exempt]\n"t/" = "tests"\n"u.py" = "none"\n'},
        [
            f'exempt added {PINS}:2: "t/": tests (2 PUT calls there)',
            f'exempt added {PINS}:3: "u.py": none (0 PUT calls there)',
        ],
    ),
    "exempt removed": ('[exempt]\n#\n"t/" = "tests"\n', "", [f'exempt removed {PINS}:3: "t/": was tests']),
    "exempt removed, and a file there edited": (
        {"t/a.py": ONE, "t/b.py": ONE, PINS: '[exempt]\n"t/" = "tests"\n'}, {"t/a.py": "\n" + TWO, PINS: ""},
        [f"call added t/a.py:6: {G}", f'exempt removed {PINS}:2: "t/": was tests'],
    ),
    "exempt, spelled with a dot": (
        "", '[exempt]\n"./t/" = "tests"\n', [f'exempt added {PINS}:2: "t/": tests (0 PUT calls there)'],
    ),
    "exempt before and now": ({"t/a.py": ONE, PINS: '[exempt]\n"t/" = "r"\n'}, {"t/a.py": TWO}, []),
    "pattern added": (
        'patterns = ["*.put_object"]\n', '#\npatterns = ["*.put_object", "s"]\n', [f'pattern added {PINS}:2: "s"'],
    ),
    "pattern removed": (
        '\npatterns = ["*.put_object", "save"]\n', '#\n\npatterns = ["*.put_object"]\n',
        [f'pattern removed {PINS}:2: "save"'],
    ),
    "in pyproject.toml": (
        {"pyproject.toml": '[tool.artifact-pins.pins]\n"a.py" = 1\n'},
        {"pyproject.toml": '[tool.x]\n[tool.artifact-pins.pins]\n"a.py" = 2\n'},
        ['pin raised pyproject.toml:3: undecided: "a.py": 1 -> 2, no decision'],
    ),
}


def named(*entries: str) -> str:
    """Return a pins file that names calls of a.py: "f" is the one of f(), "f#2: x" its second one, with a decision."""
    calls = [entry.partition(": ") for entry in entries]
    names = [re.sub("(#.*)?$", r":put_object\1", name, count=1) for name, _, _ in calls]
    return '[pins."a.py".calls]\n' + "".join(f'"{name}" = {{ {call[2]} }}\n' for name, call in zip(names, calls))


def named_swap(place: str, old: str, new: str, name: str = "", old_place: str = "a.py:2") -> str:
    """Return the line of a swap; of one that is not decided if a name is given."""
    end = f'; say at "{name}:put_object" of "a.py" what was decided' if name else ""
    return swap(place, old, new, old_place, is_decided=True).replace(
        ": a swap", ": undecided: a swap" if name else ": a swap",
    ) + end


COUNTED, COUNTED_X = pins('"a.py" = 1'), pins(pin(1, X))
G_ONE = put("'y'", "g")
OF_F, OF_G, OF_H = '"f:put_object"', '"g:put_object"', '"h:put_object"'
ADDED_1, RAISED_1, DECIDED_1 = (f"pin {kind} {PINS}:1" for kind in ("added", "raised", "decided"))
NAMED: dict[str, Case] = {
    "added": ({}, named("f"), [f'{ADDED_1}: undecided: "a.py": 1, {OF_F} no decision']),
    "added with decisions": (
        {}, named(f"f: {X}", f"g: {Z}"), [f'{ADDED_1}: "a.py": 2, {OF_F} registered: x; {OF_G} grandfathered: z'],
    ),
    "added with one decision": (
        {}, named(f"f: {X}", "g"), [f'{ADDED_1}: undecided: "a.py": 2, {OF_F} registered: x; {OF_G} no decision'],
    ),
    "removed": (
        named(f"f: {X}", "g"), "",
        [f'pin removed {PINS}:1: "a.py": was 2, {OF_F} registered: x; {OF_G} no decision'],
    ),
    "an entry added": (
        named(f"f: {X}"), named(f"f: {X}", "g"),
        [f'{RAISED_1}: undecided: "a.py": 1 -> 2, added {OF_G} no decision'],
    ),
    "an entry added with a decision": (
        named("f"), named("f", f"g: {Y}"), [f'{RAISED_1}: "a.py": 1 -> 2, added {OF_G} registered: y'],
    ),
    "entries added, one with a decision": (
        named("f"), named("f", f"g: {Y}", "h"),
        [f'{RAISED_1}: undecided: "a.py": 1 -> 3, added {OF_G} registered: y; added {OF_H} no decision'],
    ),
    "an entry added that takes the decision of another one": (
        named(f"f: {X}"), named("f", f"f#2: {X}"),
        [
            f'{RAISED_1}: undecided: "a.py": 1 -> 2, added "f:put_object#2" registered: x; '
            f"{OF_F} no decision (was: registered: x)",
        ],
    ),
    "an entry added that copies the decision of another one": (
        {"a.py": ONE, PINS: named(f"f: {X}")}, {"a.py": TWO, PINS: named(f"f: {X}", f"g: {X}")},
        [
            f"call added a.py:5: {G}",
            f'{RAISED_1}: undecided: "a.py": 1 -> 2, an old decision for a new call: added {OF_G} registered: x',
        ],
    ),
    "entries added, one of them copies a decision": (
        named(f"f: {X}"), named(f"f: {X}", f"g: {X}", f"h: {Y}"),
        [
            f'{RAISED_1}: undecided: "a.py": 1 -> 3, an old decision for a new call: added {OF_G} registered: x; '
            f"added {OF_H} registered: y",
        ],
    ),
    "an entry added that copies a decision while that one changes": (
        named(f"f: {X}"), named(f"f: {Y}", f"g: {X}"),
        [
            f'{RAISED_1}: undecided: "a.py": 1 -> 2, an old decision for a new call: added {OF_G} registered: x; '
            f"{OF_F} registered: y (was: registered: x)",
        ],
    ),
    "an entry added before another one of the same function": (
        named(f"f: {X}"), named(f"f: {Y}", f"f#2: {X}"),
        [
            f'{RAISED_1}: "a.py": 1 -> 2, added "f:put_object#2" registered: x; '
            f"{OF_F} registered: y (was: registered: x)",
        ],
    ),
    "entries of a function renamed, one added with a decision": (
        named(f"f: {X}", f"f#2: {Y}"), named(f"g: {X}", f"g#2: {Y}", f"g#3: {Z}"),
        [
            f'{RAISED_1}: "a.py": 2 -> 3, added {OF_G} registered: x; added "g:put_object#2" registered: y; '
            'added "g:put_object#3" grandfathered: z; removed "f:put_object" registered: x; '
            'removed "f:put_object#2" registered: y',
        ],
    ),
    "an entry removed": (
        named(f"f: {X}", "g"), named("g"),
        [f'pin lowered {PINS}:1: "a.py": 2 -> 1, removed {OF_F} registered: x'],
    ),
    "all entries removed": (
        named(f"f: {X}"), named(), [f'pin lowered {PINS}:1: "a.py": 1 -> 0, removed {OF_F} registered: x'],
    ),
    "an entry renamed": (
        named(f"f: {X}"), named(f"g: {X}"),
        [f'{DECIDED_1}: "a.py": 1, added {OF_G} registered: x; removed {OF_F} registered: x'],
    ),
    "an entry renamed that had no decision": (
        named("f"), named("g"), [f'{DECIDED_1}: "a.py": 1, added {OF_G} no decision; removed {OF_F} no decision'],
    ),
    "an entry renamed without its decision": (
        named(f"f: {X}"), named("g"),
        [f'{DECIDED_1}: undecided: "a.py": 1, added {OF_G} no decision; removed {OF_F} registered: x'],
    ),
    "an entry renamed and one more": (
        named("f"), named("g", "h"),
        [
            f'{RAISED_1}: undecided: "a.py": 1 -> 2, added {OF_G} no decision; added {OF_H} no decision; '
            f"removed {OF_F} no decision",
        ],
    ),
    "an entry decided": (
        named("f", "g"), named(f"f: {X}", "g"), [f'{DECIDED_1}: "a.py": 2, {OF_F} registered: x (was: no decision)'],
    ),
    "entries in another order and spelling": (named(f"f: {X}", "g"), named("\uff47", f"f: {X}"), []),
    "a count becomes calls": (
        pins('"a.py" = 2'), named("f", f"g: {Y}"),
        [f'{DECIDED_1}: "a.py": 2, {OF_F} no decision; {OF_G} registered: y (was: no decision)'],
    ),
    "a count becomes calls and one more": (
        COUNTED_X, named(f"f: {X}", "g"),
        [f'{RAISED_1}: undecided: "a.py": 1 -> 2, {OF_F} registered: x; {OF_G} no decision'],
    ),
    "a count becomes calls and one more with the old decision": (
        COUNTED_X, named(f"f: {X}", f"g: {X}"),
        [
            f'{RAISED_1}: undecided: "a.py": 1 -> 2, an old decision for a new call: '
            f"{OF_F} registered: x; {OF_G} registered: x",
        ],
    ),
    "a count becomes calls and one more that is decided": (
        COUNTED, named("f", f"g: {Y}"), [f'{RAISED_1}: "a.py": 1 -> 2, {OF_F} no decision; {OF_G} registered: y'],
    ),
    "calls become a count": (
        named(f"f: {X}"), pins(pin(1, X)),
        [
            f'pin decided {PINS}:2: "a.py": 1, registered: x (was: {OF_F} registered: x), no longer call by call',
        ],
    ),
    "calls become a count and one more": (
        named(f"f: {X}"), pins(pin(2, X)),
        [f'{RAISED}: undecided: "a.py": 1 -> 2, only the old decision: registered: x'],
    ),
    "calls become a count and one more that is decided": (
        named(f"f: {X}"), pins(pin(2, 'registered = ["x", "y"]')),
        [f'{RAISED}: "a.py": 1 -> 2, registered: x, y'],
    ),
    "moved": (
        {"b.py": LONG, PINS: named(f"f: {X}", "g").replace("a.py", "b.py")},
        {"b.py": None, "c.py": LONG, PINS: named(f"f: {X}", "g").replace("a.py", "c.py")},
        [f'pin moved {PINS}:1: "c.py": from "b.py", 2 -> 2, the same calls'],
    ),
    "moved and raised": (
        {"b.py": LONG, PINS: named(f"f: {X}").replace("a.py", "b.py")},
        {"b.py": None, "c.py": LONG, PINS: named(f"f: {X}", "g").replace("a.py", "c.py")},
        [f'pin moved {PINS}:1: undecided: "c.py": from "b.py", 1 -> 2, added {OF_G} no decision'],
    ),
    "a function renamed": (
        {"a.py": ONE, PINS: named(f"f: {X}")}, {"a.py": put(scope="g"), PINS: named(f"g: {X}")},
        [f'{DECIDED_1}: "a.py": 1, added {OF_G} registered: x; removed {OF_F} registered: x'],
    ),
    "swapped": (
        {"a.py": ONE, PINS: named(f"f: {X}")}, {"a.py": G_ONE}, [named_swap("a.py:2", "'x') in f", "'y') in g", "g")],
    ),
    "swapped, the entry renamed": (
        {"a.py": ONE, PINS: named(f"f: {X}")}, {"a.py": G_ONE, PINS: named(f"g: {X}")},
        [
            named_swap("a.py:2", "'x') in f", "'y') in g", "g"),
            f'{DECIDED_1}: "a.py": 1, added {OF_G} registered: x; removed {OF_F} registered: x',
        ],
    ),
    "swapped, the entry changed": (
        {"a.py": ONE, PINS: named(f"f: {X}")}, {"a.py": G_ONE, PINS: named(f"g: {Y}")},
        [
            named_swap("a.py:2", "'x') in f", "'y') in g"),
            f'{DECIDED_1}: "a.py": 1, added {OF_G} registered: y; removed {OF_F} registered: x',
        ],
    ),
    "swapped, another entry changed": (
        {"a.py": ONE + put("'z'", "h"), PINS: named(f"f: {X}", "h")},
        {"a.py": G_ONE + put("'z'", "h"), PINS: named(f"g: {X}", f"h: {Y}")},
        [
            named_swap("a.py:2", "'x') in f", "'y') in g", "g"),
            f'{DECIDED_1}: "a.py": 2, added {OF_G} registered: x; removed {OF_F} registered: x; '
            f"{OF_H} registered: y (was: no decision)",
        ],
    ),
    "another key of the same name": (
        {"a.py": ONE, PINS: named(f"f: {X}")}, {"a.py": put("'y'")},
        [named_swap("a.py:2", "'x') in f", "'y') in f", "f")],
    ),
    "another key of the same name, the entry changed": (
        {"a.py": ONE, PINS: named(f"f: {X}")}, {"a.py": put("'y'"), PINS: named(f"f: {Z}")},
        [
            named_swap("a.py:2", "'x') in f", "'y') in f"),
            f'{DECIDED_1}: "a.py": 1, {OF_F} grandfathered: z (was: registered: x)',
        ],
    ),
    "another key of the second call": (
        {"a.py": ONE + put("'y'"), PINS: named(f"f: {X}", f"f#2: {Y}")},
        {"a.py": ONE + put("'z'"), PINS: named(f"f: {X}", f"f#2: {X}")},
        [
            named_swap("a.py:5", "'y') in f", "'z') in f", old_place="a.py:5"),
            f'{DECIDED_1}: "a.py": 2, "f:put_object#2" registered: x (was: registered: y)',
        ],
    ),
    "swapped where a count becomes calls": (
        {"a.py": ONE, PINS: COUNTED_X}, {"a.py": G_ONE, PINS: named(f"g: {X}")},
        [
            named_swap("a.py:2", "'x') in f", "'y') in g", "g"),
            f'{DECIDED_1}: "a.py": 1, {OF_G} registered: x (was: registered: x)',
        ],
    ),
    "swapped where calls become a count": (
        {"a.py": ONE, PINS: named(f"f: {X}")}, {"a.py": G_ONE, PINS: pins(pin(1, Y))},
        [
            named_swap("a.py:2", "'x') in f", "'y') in g"),
            f'pin decided {PINS}:2: "a.py": 1, registered: y (was: {OF_F} registered: x), no longer call by call',
        ],
    ),
}


def hidden(old_place: str, path: str, name: str = "") -> str:
    """Return the end of the line of a call that came while another one went whose line is another one."""
    where = f'at "{name}:put_object"' if name else "in the pin"
    text = f"a swap that the count does not show: the one at {old_place} no longer counts"
    return f'; {text}; say {where} of "{path}" what was decided'


H_ONE = put("'z'", "h")
AB = pins(pin(1, X), pin(1, Y, "b.py"))
SUPPRESSED_F = f"call suppressed a.py:2: {F} (suppressed: re-puts)"
HIDDEN: dict[str, Case] = {
    "suppressed, another one added": (
        {"a.py": ONE, PINS: COUNTED_X}, {"a.py": put(end=NOQA) + G_ONE},
        [SUPPRESSED_F, f"call added a.py:5: undecided: {G}{hidden('a.py:2', 'a.py')}"],
    ),
    "suppressed, another one added, decided": (
        {"a.py": ONE, PINS: COUNTED_X}, {"a.py": put(end=NOQA) + G_ONE, PINS: pins(pin(1, Y))},
        [
            SUPPRESSED_F,
            f"call added a.py:5: {G}",
            f'pin decided {PINS}:2: "a.py": 1, registered: y (was: registered: x)',
        ],
    ),
    "suppressed, two added, one of them too many": (
        {"a.py": ONE, PINS: COUNTED_X}, {"a.py": put(end=NOQA) + G_ONE + H_ONE},
        [
            SUPPRESSED_F,
            f"call added a.py:5: undecided: {G}{hidden('a.py:2', 'a.py')}",
            f"call added a.py:8: {H}",
        ],
    ),
    "no longer suppressed, another one removed": (
        {"a.py": put(end=NOQA) + G_ONE, PINS: COUNTED_X}, {"a.py": ONE},
        [
            f"call added a.py:2: undecided: {F}, which was suppressed{hidden('a.py:5', 'a.py')}",
            f"call removed a.py:5: {G}",
        ],
    ),
    "no longer suppressed, another one suppressed": (
        {"a.py": put(end=NOQA) + G_ONE, PINS: COUNTED_X}, {"a.py": ONE + put("'y'", "g", NOQA)},
        [
            f"call added a.py:2: undecided: {F}, which was suppressed{hidden('a.py:5', 'a.py')}",
            f"call suppressed a.py:5: {G} (suppressed: re-puts)",
        ],
    ),
    "moved out, another one added": (
        {"a.py": ONE, "b.py": "\n", PINS: COUNTED_X},
        {"a.py": G_ONE, "b.py": ONE, PINS: pins(pin(1, X), pin(1, Z, "b.py"))},
        [
            f"call moved b.py:2: {F}, from a.py:2",
            f"call added a.py:2: undecided: {G}{hidden('a.py:2', 'a.py')}",
            f'pin added {PINS}:3: "b.py": 1, grandfathered: z',
        ],
    ),
    "moved in, another one removed": (
        {"a.py": ONE + H_ONE, "b.py": G_ONE, PINS: pins(pin(2, X), pin(1, Y, "b.py"))},
        {"a.py": H_ONE, "b.py": ONE, PINS: AB},
        [
            f"call moved b.py:2: undecided: {F}, from a.py:2{hidden('b.py:2', 'b.py')}",
            f"call removed b.py:2: {G}",
            f'pin lowered {PINS}:2: "a.py": 2 -> 1, registered: x',
        ],
    ),
    "moved both ways": (
        {"a.py": ONE, "b.py": G_ONE, PINS: AB}, {"a.py": G_ONE, "b.py": ONE},
        [
            f"call moved a.py:2: undecided: {G}, from b.py:2{hidden('a.py:2', 'a.py')}",
            f"call moved b.py:2: undecided: {F}, from a.py:2{hidden('b.py:2', 'b.py')}",
        ],
    ),
    "moved both ways with the decisions": (
        {"a.py": ONE, "b.py": G_ONE, PINS: AB},
        {"a.py": G_ONE, "b.py": ONE, PINS: pins(pin(1, Y), pin(1, X, "b.py"))},
        [
            f"call moved a.py:2: {G}, from b.py:2",
            f"call moved b.py:2: {F}, from a.py:2",
            f'pin decided {PINS}:2: "a.py": 1, registered: y (was: registered: x)',
            f'pin decided {PINS}:3: "b.py": 1, registered: x (was: registered: y)',
        ],
    ),
    "moved to a file with the decision": (
        {"a.py": ONE + H_ONE, "b.py": G_ONE, PINS: pins(pin(2, f"{X}, {Z}"), pin(1, Y, "b.py"))},
        {"a.py": H_ONE, "b.py": G_ONE + ONE, PINS: pins(pin(1, Z), pin(2, 'registered = ["x", "y"]', "b.py"))},
        [
            f"call moved b.py:5: {F}, from a.py:2",
            f'pin lowered {PINS}:2: "a.py": 2 -> 1, grandfathered: z',
            f'pin raised {PINS}:3: "b.py": 1 -> 2, registered: x, y',
        ],
    ),
    "moved in and no longer suppressed, another one removed": (
        {"a.py": put(end=NOQA), "b.py": G_ONE, PINS: pins(pin(1, Y, "b.py"))}, {"a.py": "\n", "b.py": ONE},
        [
            f"call added b.py:2: undecided: {F}, which was suppressed{hidden('b.py:2', 'b.py')}",
            f"call moved b.py:2: {F}, from a.py:2",
            f"call removed b.py:2: {G}",
        ],
    ),
    "moved out of a renamed file, another one added": (
        {"a.py": LONG + ONE, "b.py": "\n", PINS: COUNTED_X},
        {"a.py": None, "c.py": LONG + G_ONE, "b.py": ONE, PINS: pins(pin(1, X, "c.py"), pin(1, Z, "b.py"))},
        [
            f"call moved b.py:2: {F}, from a.py:22",
            f"call added c.py:22: undecided: {G}{hidden('a.py:22', 'c.py')}",
            f'pin added {PINS}:3: "b.py": 1, grandfathered: z',
            f'pin moved {PINS}:2: "c.py": from "a.py", 1 -> 1, registered: x',
        ],
    ),
    "suppressed, the entry renamed": (
        {"a.py": ONE, PINS: named(f"f: {X}")}, {"a.py": put(end=NOQA) + G_ONE, PINS: named(f"g: {X}")},
        [
            SUPPRESSED_F,
            f"call added a.py:5: undecided: {G}{hidden('a.py:2', 'a.py', 'g')}",
            f'{DECIDED_1}: "a.py": 1, added {OF_G} registered: x; removed {OF_F} registered: x',
        ],
    ),
    "suppressed, the entry changed": (
        {"a.py": ONE, PINS: named(f"f: {X}")}, {"a.py": put(end=NOQA) + G_ONE, PINS: named(f"g: {Y}")},
        [
            SUPPRESSED_F,
            f"call added a.py:5: {G}",
            f'{DECIDED_1}: "a.py": 1, added {OF_G} registered: y; removed {OF_F} registered: x',
        ],
    ),
    "suppressed, two added, one of them decided": (
        {"a.py": ONE, PINS: named(f"f: {X}")},
        {"a.py": put(end=NOQA) + G_ONE + H_ONE, PINS: named(f"g: {Y}", f"h: {X}")},
        [
            SUPPRESSED_F,
            f"call added a.py:5: {G}",
            f"call added a.py:8: undecided: {H}{hidden('a.py:2', 'a.py', 'h')}",
            f'{RAISED_1}: "a.py": 1 -> 2, added {OF_G} registered: y; added {OF_H} registered: x; '
            f"removed {OF_F} registered: x",
        ],
    ),
    "swapped with the call that was decided on, another one added that was not": (
        {"a.py": ONE, PINS: named("f")}, {"a.py": H_ONE + G_ONE, PINS: named("g", f"h: {Y}")},
        [
            named_swap("a.py:2", "'x') in f", "'z') in h"),
            f"call added a.py:5: undecided: {G}{hidden('a.py:2', 'a.py', 'g')}",
            f'{RAISED_1}: "a.py": 1 -> 2, added {OF_G} no decision; added {OF_H} registered: y; '
            f"removed {OF_F} no decision",
        ],
    ),
}


@pytest.mark.parametrize(
    ("case", "file"),
    [
        pytest.param(case, file, id=f"{file}: {name}")
        for table, file in ((CALLS, "a.py"), (PINNED, PINS))
        for name, case in table.items()
    ],
)
def test_changes(repository: Repository, case: Case, file: str) -> None:
    """The result is the same for what is not committed and for what is."""
    before, after = ({file: state} if isinstance(state, str) else state for state in case[:2])
    expected = case[2]
    commit(repository, before)
    repository.git("tag", "base")
    edit(repository, after)
    repository.git("add", "--all")
    staged = repository.run("diff", "--exit-code")
    assert changes(staged) == expected
    assert (staged.err, staged.status) == ("", int(any(": undecided: " in line for line in expected)))
    repository.commit({})
    committed = repository.run("diff", "base")
    assert (changes(committed), committed.status) == (expected, 0)


@pytest.mark.parametrize("case", [*NAMED.values(), *HIDDEN.values()], ids=[*NAMED, *HIDDEN])
def test_named_calls_and_hidden_swaps(repository: Repository, case: Case) -> None:
    before, after = ({PINS: state} if isinstance(state, str) else state for state in case[:2])
    commit(repository, before)
    edit(repository, after)
    repository.git("add", "--all")
    outcome = repository.run("diff", "--exit-code")
    assert changes(outcome) == case[2]
    assert (outcome.err, outcome.status) == ("", int(any(": undecided: " in line for line in case[2])))


RAISED_WITH_OLD = '"a.py": 1 -> 2, only the old decision: registered: x'


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (PINS, "put-pins.toml", "put-pins.toml"),
        ("put-pins.toml", PINS, None),
        ("pins.toml", "put-pins.toml", "put-pins.toml"),
        ("put-pins.toml", "put-pins.toml", "put-pins.toml"),
    ],
)
def test_renamed_pins_file(repository: Repository, before: str, after: str, name: str | None) -> None:
    """A raised pin does not pass for a new one, whatever its file was called; another file is no base for it."""
    comments = "# a comment\n" * 20
    repository.commit({before: comments + pins(pin(1, X)), "pyproject.toml": MENTION})
    if before != after:
        repository.git("mv", before, after)
    repository.write({after: comments + pins(pin(2, X))})
    repository.write({".flake8": f"[flake8]\nartifact-pins = {name}\n" if name else ""})
    assert changes(repository.run("diff")) == [f"pin raised {after}:22: undecided: {RAISED_WITH_OLD}"]


def test_pins_file_from_another_directory(repository: Repository) -> None:
    """The paths in it were relative to that directory."""
    comments = "# a comment\n" * 20
    repository.commit({"d/pins.toml": comments + pins(pin(1, X))})
    repository.git("mv", "d/pins.toml", "put-pins.toml")
    assert changes(repository.run("diff", "--pins", "put-pins.toml")) == [
        'pin added put-pins.toml:22: "a.py": 1, registered: x',
    ]


def test_two_pins_files_in_the_base(repository: Repository) -> None:
    """That of pyproject.toml governed nothing before the other one was removed."""
    table = "[tool.artifact-pins.pins]\n" + pin(2, X)
    repository.commit({"pyproject.toml": table, PINS: pins(pin(1, X))})
    edit(repository, {PINS: None})
    assert changes(repository.run("diff")) == [f"pin raised pyproject.toml:2: undecided: {RAISED_WITH_OLD}"]


@pytest.mark.parametrize("directory", ["", "s/"])
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("d/../d/real.toml", f"pin raised {PINS}:2: undecided: {RAISED_WITH_OLD}"),
        ("../outside.toml", f'pin added {PINS}:2: "a.py": 2, registered: x'),
    ],
)
def test_link_to_the_pins_file(repository: Repository, directory: str, target: str, expected: str) -> None:
    repository.write({f"{directory}d/real.toml": pins(pin(1, X))})
    (repository.root / directory / PINS).symlink_to(target)
    (repository.root / directory / "dangling").symlink_to("nowhere")
    repository.commit({})
    (repository.root / directory / PINS).resolve().write_text(pins(pin(2, X)), encoding="utf-8")
    repository.monkeypatch.chdir(repository.root / directory)
    assert changes(repository.run("diff")) == [expected]


def test_not_staged(repository: Repository) -> None:
    repository.commit({"a.py": ONE, "b.py": put("'y'", "g"), "c.py": put("'z'", "h")})
    edit(repository, {"a.py": TWO.replace("'y'", "'w'"), "b.py": None, "new.py": put("'v'", "k")})
    repository.git("update-index", "--assume-unchanged", "a.py")
    added, new = "call added a.py:5: put_object('w') in g", "call added new.py:2: put_object('v') in k"
    gone = f"call removed b.py:2: {G}"
    assert changes(repository.run("diff")) == [added, gone]
    repository.git("add", "--intent-to-add", "new.py")
    assert changes(repository.run("diff")) == [added, new, gone]
    edit(repository, {"c.py": None})
    (repository.root / "c.py").symlink_to("a.py")
    assert changes(repository.run("diff")) == [added, new, gone, f"call removed c.py:2: {H}"]


def test_other_files(repository: Repository) -> None:
    """A pinned file need not be a Python module by its name; line ends and hashes are git's own business."""
    repository.git("config", "core.autocrlf", "true")
    repository.commit({"run": put().replace("\n", "\r\n"), "a.py": put(), PINS: pins(pin(1, X, "run"))})
    edit(repository, {"run": None, "a.py": None, PINS: None})
    repository.git("checkout", "--", ".")
    assert b"\r\n" in (repository.root / "a.py").read_bytes()
    assert changes(repository.run("diff")) == []
    edit(repository, {"run": TWO})
    assert changes(repository.run("diff")) == [f"call added run:5: {G}"]


def test_pinned_files_that_git_does_not_track(repository: Repository) -> None:
    """They are in the working tree as in any other verb, but nobody knows what one that never was tracked was like."""
    repository.commit({
        ".gitignore": "made.py\n", "a.py": LONG + ONE, PINS: pins(pin(1, X), pin(1, Y, "made.py")),
    })
    repository.write({"made.py": put("'y'"), "new.py": put("'z'", "h")})
    repository.git("rm", "--quiet", "--cached", "a.py")
    assert changes(repository.run("diff")) == []
    repository.write({"a.py": LONG + TWO, PINS: pins(pin(1, X), pin(1, Y, "made.py"), pin(1, Z, "new.py"))})
    lines = [
        f"call added a.py:25: {G}",
        f"call added new.py:2: {H}",
        f'pin added {PINS}:4: "new.py": 1, grandfathered: z',
    ]
    assert changes(repository.run("diff")) == lines
    # which git takes for the renamed a.py
    repository.write({"copy.py": LONG + ONE})
    repository.git("add", "copy.py")
    lines.insert(1, f"call added copy.py:22: {F}")
    assert changes(repository.run("diff")) == lines
    repository.write({PINS: pins(pin(1, X, "copy.py"))})
    assert changes(repository.run("diff")) == [
        f'pin moved {PINS}:2: "copy.py": from "a.py", 1 -> 1, registered: x',
        f'pin removed {PINS}:3: "made.py": was 1, registered: y',
    ]


def test_hashes_of_another_kind(project: Project) -> None:
    repository = Repository(project, is_git=False)
    repository.git("init", "--quiet", "--object-format=sha256")
    repository.commit({"a.py": ONE})
    assert changes(repository.run("diff")) == []


@pytest.mark.parametrize(
    "name",
    ["a b.py", "'q\".py", "naïve.py", "日本.py", "tab\t.py", "a\nb.py", "-a.py", "a => {b}.py", "\udcff.py", "\x1b.py"],
)
def test_file_names(repository: Repository, name: str) -> None:
    repository.commit({"old.py": LONG + ONE, name: put("'y'", "g")})
    edit(repository, {name: put("'w'", "g"), "old.py": None, f"d/{name}": LONG + ONE + put("'z'", "h")})
    repository.git("add", "--all")
    found = json.loads(repository.run("diff", "--format=json").out)["changes"]
    assert [(change["kind"], change["path"]) for change in found] == [("swapped", name), ("added", f"d/{name}")]
    text = repository.run("diff").out
    assert text.count("\n") == 4
    assert "\x1b" not in text and "\t" not in text


def test_renamed_over_several_commits_and_in_a_merge(repository: Repository) -> None:
    old = pins(pin(1, X))
    repository.commit({"a.py": LONG + put(), PINS: old})
    repository.git("tag", "base")
    for number in range(3):
        repository.git("mv", "a.py" if number == 0 else f"b{number - 1}.py", f"b{number}.py")
        repository.commit({PINS: pins(pin(1, X, f"b{number}.py"))})
    moved = f'pin moved {PINS}:2: "b2.py": from "a.py", 1 -> 1, registered: x'
    assert changes(repository.run("diff", "base")) == [moved]
    repository.git("checkout", "--quiet", "-b", "topic", "base")
    repository.commit({"a.py": LONG + TWO, PINS: old + "#\n"})
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--strategy-option=ours", "topic")
    added = f"call added b2.py:25: {G}"
    assert changes(repository.run("diff", "base")) == [added, moved]
    assert changes(repository.run("diff", "main^1")) == [added]
    assert changes(repository.run("diff", "topic")) == [moved]


def test_merge_base(repository: Repository) -> None:
    """What the other branch did since is no part of this one's change."""
    repository.commit({"a.py": ONE})
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit({"b.py": put("'y'", "g")})
    repository.git("checkout", "--quiet", "main")
    repository.commit({"c.py": put("'z'", "h")})
    repository.git("checkout", "--quiet", "topic")
    base = repository.git("merge-base", "main", "topic").strip()
    outcome = repository.run("diff", "main")
    assert outcome.lines[0] == f"compared with main (merge base {base[:12]})"
    assert changes(outcome) == [f"call added b.py:2: {G}"]


def test_subdirectory(repository: Repository) -> None:
    """The pins file governs its own directory; paths are shown from the working directory."""
    repository.commit({"s/a.py": put(), "o.py": put(), f"s/{PINS}": pins('"a.py" = 1'), "s/d/b.py": ""})
    edit(repository, {"s/d/b.py": put("'y'"), "o.py": TWO, f"s/{PINS}": pins('"a.py" = 1', pin(1, Y, "d/b.py"))})
    lines = ["call added {}d/b.py:2: put_object('y') in f", 'pin added {}' + PINS + ':3: "d/b.py": 1, registered: y']
    assert changes(repository.run("diff", "--pins", f"s/{PINS}")) == [line.format("s/") for line in lines]
    repository.monkeypatch.chdir(repository.root / "s")
    assert changes(repository.run("diff")) == [line.format("") for line in lines]
    repository.monkeypatch.chdir(repository.root / "s/d")
    assert changes(repository.run("diff"))[1] == lines[1].format("../")


@pytest.mark.parametrize("arguments", [(), ("--format=json",), ("--format=markdown",)])
@pytest.mark.parametrize(
    ("before", "after", "expected", "note"),
    [
        (
            {"a.py": "def (\n" + ONE}, {"a.py": ONE}, [f"call added a.py:2: {F}"],
            "a.py cannot be parsed in the base: its calls show as added",
        ),
        (
            {PINS: pins('"a.py" = -1', '"b.py" = 1')}, {PINS: pins('"a.py" = 0', '"b.py" = 1')}, [],
            f'{PINS} had faults in the base: the count of "a.py" must be a whole number, 0 or more, not a negative one',
        ),
        (
            {PINS: "<<<<<<< a\n" + pins('"a.py" = 1')}, {PINS: pins('"a.py" = 0')},
            [f'{ADDED}: "a.py": 0, no decision'],
            f"{PINS} had faults in the base: unresolved merge: keep one side and remove the markers",
        ),
        (
            {PINS: '[pins]\n"a\\p.py" = 1\n'}, {PINS: pins('"a.py" = 0')},
            [f'{ADDED}: "a.py": 0, no decision'],
            f"{PINS} had faults in the base: not valid TOML: Unescaped '\\' in a string",
        ),
        (
            {PINS: "[pins"}, {PINS: pins('"a.py" = 0')},
            [f'{ADDED}: "a.py": 0, no decision'],
            f"{PINS} had faults in the base: not valid TOML: Expected ']' at the end of a table declaration",
        ),
    ],
)
def test_notes(
    repository: Repository, arguments: tuple[str, ...], before: Files, after: Files, expected: list[str], note: str,
) -> None:
    """They are not lost where the result is for a program."""
    commit(repository, before)
    edit(repository, after)
    outcome = repository.run("diff", *arguments)
    assert arguments or changes(outcome) == expected
    assert (outcome.err, outcome.status) == (f"{note}\n", 0)


def test_not_parsed_now(repository: Repository) -> None:
    repository.commit({"a.py": ONE})
    edit(repository, {"a.py": "def (\n"})
    outcome = repository.run("diff")
    assert re.fullmatch("a.py:1:6: E999 SyntaxError: .*\n", outcome.err)
    assert outcome.status == 1
    outcome = repository.run("diff", "--format=json")
    assert outcome.places == ["a.py:1:6: E999"]
    assert (outcome.err, outcome.status) == ("", 1)


def test_submodules(repository: Repository, project: Project) -> None:
    inner = Repository(project, "inner")
    inner.commit({"m.py": put()})
    repository.git("submodule", "--quiet", "add", str(inner.root), "sub")
    repository.write({".gitignore": "inner/\n"})
    repository.commit({"a.py": ""})
    note = "submodule sub changed: its PUT calls are not compared\n"
    assert repository.run("diff").err == ""
    repository.write({"sub/m.py": TWO})
    repository.git("-C", "sub", "commit", "--quiet", "--all", "--message=x")
    outcome = repository.run("diff")
    assert (changes(outcome), outcome.err) == ([], note)
    repository.commit({})
    repository.git("rm", "--quiet", "--force", "sub")
    assert repository.run("diff").err == note


def clone(repository: Repository, project: Project, *options: str) -> Repository:
    """Return a clone, which is the working directory from now on."""
    copy = Repository(project, "clone", is_git=False)
    copy.git("clone", "--quiet", *options, repository.root.as_uri(), ".")
    project.monkeypatch.chdir(copy.root)
    return copy


GUESSED = (
    "the remote's default branch is not known here, so this compares with HEAD and shows only what is not committed: "
    "name BASE, or run git remote set-head origin -a\n"
)
UNKNOWN = (
    "flake8-artifact-pin: the remote's default branch is not known here: "
    "name BASE (or: git remote set-head origin -a)\n"
)


@pytest.mark.parametrize(
    ("command", "target", "revision"),
    [
        ("status", "", "origin/main"),
        ("remote set-head origin --delete", "", None),
        ("remote set-head origin --delete", "release", "origin/release"),
        ("remote set-head origin --delete", "nope", None),
        ("remote rename origin upstream", "", "upstream/main"),
        ("remote add another nowhere", "", "origin/main"),
        ("remote remove origin", "", "HEAD"),
    ],
)
def test_default_base(
    repository: Repository, project: Project, command: str, target: str, revision: str | None,
) -> None:
    repository.commit({"a.py": ""})
    repository.git("branch", "release")
    copy = clone(repository, project)
    copy.commit({"a.py": ONE})
    copy.git(*command.split())
    project.monkeypatch.setenv("GITHUB_BASE_REF", target)
    outcome = copy.run("diff")
    assert (outcome.err, outcome.status) == ("" if revision else GUESSED, 0)
    assert outcome.lines[0].startswith(f"compared with {revision or 'HEAD'} (merge base ")
    assert len(changes(outcome)) == (revision not in (None, "HEAD"))
    outcome = copy.run("diff", "--exit-code")
    assert (outcome.err, outcome.status) == (("", 0) if revision else (UNKNOWN, 2))


@pytest.mark.parametrize(
    ("commands", "base", "error"),
    [
        ([], "nope", "there is no revision nope here: fetch it, or name another one"),
        ([], "main..main", "there is no revision main..main here: fetch it, or name another one"),
        ([], "main:a.py", "there is no revision main:a.py here: fetch it, or name another one"),
        ([], "", "there is no revision  here: fetch it, or name another one"),
        (["checkout --quiet --orphan other", "commit --quiet --message=x"], "main",
         "main has no commit in common with HEAD: name another revision"),
        (["checkout --quiet --orphan other"], "main",
         "diff needs a commit to compare with: this repository has none yet"),
    ],
)
def test_no_base(repository: Repository, commands: list[str], base: str, error: str) -> None:
    repository.commit({"a.py": ONE})
    for command in commands:
        repository.git(*command.split())
    assert repository.run("diff", base, "--exit-code") == ("", f"flake8-artifact-pin: {error}\n", 2)


def test_shallow_clone(repository: Repository, project: Project) -> None:
    repository.commit({"a.py": ""})
    repository.git("branch", "release")
    repository.commit({"a.py": ONE})
    copy = clone(repository, project, "--depth=1", "--no-single-branch")
    outcome = copy.run("diff", "--exit-code")
    assert (changes(outcome), outcome.err, outcome.status) == ([], "", 0)
    error = "this clone is too shallow to have the merge base with origin/release: run git fetch --unshallow"
    assert copy.run("diff", "origin/release") == ("", f"flake8-artifact-pin: {error}\n", 2)
    copy.git("fetch", "--quiet", "--unshallow")
    assert len(changes(copy.run("diff", "origin/release"))) == 1


@pytest.mark.parametrize("has_git", [True, False])
def test_no_git(project: Project, has_git: bool) -> None:
    repository = Repository(project, is_git=not has_git)
    if not has_git:
        project.monkeypatch.setenv("PATH", "")
    error = f"flake8-artifact-pin: diff needs git: {repository.root} is in no git repository\n"
    assert repository.run("diff") == ("", error, 2)


def test_json(repository: Repository) -> None:
    repository.commit({"a.py": ONE, PINS: pins('"a.py" = 1')})
    base = repository.git("rev-parse", "HEAD").strip()
    edit(repository, {"a.py": TWO, PINS: pins('"a.py" = 2')})
    outcome = repository.run("diff", "--format=json", "--exit-code")
    call = {"subject": "call", "kind": "added", "path": "a.py", "line": 5, "text": G, "undecided": False}
    raised = {"subject": "pin", "kind": "raised", "path": PINS, "line": 2, "undecided": True}
    assert json.loads(outcome.out) == {
        "base": {"commit": base, "description": f"HEAD (merge base {base[:12]})"},
        "changes": [call, {**raised, "text": '"a.py": 1 -> 2, no decision'}],
        "findings": [],
    }
    assert (outcome.err, outcome.status) == ("", 1)


def test_markdown(repository: Repository) -> None:
    repository.commit({"a|`b`.py": put("'<a|b>'")})
    base = repository.git("rev-parse", "--short=12", "HEAD").strip()
    outcome = repository.run("diff", "--format=markdown")
    assert outcome.lines == ["### PUT calls and pins", "", f"Compared with HEAD (merge base {base}): {NOTHING}."]
    edit(repository, {"a|`b`.py": put("'<a|b>'") + put("'`_*'", "_g")})
    edit(repository, {PINS: pins('"x.py" = 1')})
    repository.git("add", "--all")
    assert repository.run("diff", "--format=markdown").lines[2:] == [
        f"Compared with HEAD (merge base {base}): 2 changes, 1 undecided.",
        "",
        "| change | where | what |",
        "| --- | --- | --- |",
        r"| call added | a\|\`b\`.py:5 | put\_object('\`\_\*') in \_g |",
        r'| pin added | artifact-pins.toml:2 | **undecided:** "x.py": 1, no decision |',
    ]
    edit(repository, {"a|`b`.py": ""})
    assert r"| call removed | a\|\`b\`.py:2 | put\_object('&lt;a\|b>') in f |" in repository.run(
        "diff", "--format=markdown",
    ).lines


def test_named_calls_in_other_formats(repository: Repository) -> None:
    repository.commit({"a.py": ONE, PINS: named(f"f: {X}")})
    edit(repository, {"a.py": G_ONE + put("'z'", "h"), PINS: named(f"f: {X}", "h_")})
    outcome = repository.run("diff", "--format=json", "--exit-code")
    swapped, added, raised = json.loads(outcome.out)["changes"]
    assert swapped == {
        "subject": "call",
        "kind": "swapped",
        "path": "a.py",
        "line": 2,
        "text": f"a swap that the count does not show: {F} (a.py:2) is gone, {G} has come; "
        'say at "g:put_object" of "a.py" what was decided',
        "undecided": True,
    }
    assert (added["text"], added["undecided"]) == (H, False)
    assert raised == {
        "subject": "pin",
        "kind": "raised",
        "path": PINS,
        "line": 1,
        "text": '"a.py": 1 -> 2, added "h_:put_object" no decision',
        "undecided": True,
    }
    assert (outcome.err, outcome.status) == ("", 1)
    assert repository.run("diff", "--format=markdown").lines[-1] == (
        r'| pin raised | artifact-pins.toml:1 | **undecided:** "a.py": 1 -> 2, added "h\_:put\_object" no decision |'
    )


def test_process(repository: Repository) -> None:
    repository.commit({"a.py": ONE, PINS: pins('"a.py" = 1')})
    edit(repository, {"a.py": put("'y'")})
    outcome = run_process("diff", "main", "--exit-code", cwd=repository.root)
    assert changes(outcome) == [
        swap("a.py:2", "'x') in f", "'y') in f"),
    ]
    assert (outcome.err, outcome.status) == ("", 1)


FILES = ("a.py", "b.py", "c.py")
Tree = dict[str, list[int]]
Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["insert", "delete", "move"]), st.integers(0, 99), st.integers(0, 99)), max_size=6,
)


def applied(tree: Tree, steps: list[Step]) -> Tree:
    """Return a tree with calls inserted, deleted and moved to other files."""
    new = {name: list(numbers) for name, numbers in tree.items()}
    for step, (kind, which, where) in enumerate(steps):
        target = new[FILES[where % 3]]
        calls = [(name, number) for name, numbers in new.items() for number in numbers]
        if kind == "insert":
            target.insert(which % (len(target) + 1), 100 + step)
        elif calls:
            name, number = calls[which % len(calls)]
            new[name].remove(number)
            if kind == "move":
                target.append(number)
    return new


def rendered(numbers: list[int], look: int) -> str:
    """Return a source with a function for each number, in one of many equal forms."""
    name, quote, space = ("day", "date")[look % 2], "'\""[look // 2 % 2], ("", "\n    ")[look // 4 % 2]
    functions = [
        f"def f{n}({name}):\n    s3.put_object({space}Key=f{quote}k{n}/{{{name}}}.csv{quote}{space})\n" for n in numbers
    ]
    return ("\n" * (look // 8 % 3)).join(functions[::-1] if look // 24 % 2 else functions)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 2), max_size=6), STEPS, st.lists(st.integers(0, 47), min_size=6, max_size=6))
def test_random_edits(repository: Repository, homes: list[int], steps: list[Step], looks: list[int]) -> None:
    """Each call that came, went or moved is in exactly one line, each other one in none."""
    old: Tree = {name: [n for n, home in enumerate(homes) if FILES[home] == name] for name in FILES}
    new = applied(old, steps)
    repository.commit({name: rendered(old[name], look) for name, look in zip(FILES, looks)})
    repository.write({name: rendered(new[name], look) for name, look in zip(FILES, looks[3:])})
    found = json.loads(repository.run("diff", "--format=json").out)["changes"]
    before, now = ({n: name for name, numbers in tree.items() for n in numbers} for tree in (old, new))
    expected = [n for n in {*before, *now} if before.get(n) != now.get(n)]
    named = [int(n) for change in found for n in re.findall(r"/?k(\d+)/", change["text"])]
    assert sorted(named) == sorted(expected)
    for name in FILES:
        here = [change for change in found if change["path"] == name]
        come = [change["text"].partition(" is gone, ")[2] for change in here]
        assert all(now[int(n)] == name for n in re.findall(r"k(\d+)/", "".join(come)))
        kinds = [change["kind"] for change in here]
        left = [change for change in found if change["kind"] == "moved" and f"from {name}:" in change["text"]]
        difference = kinds.count("added") - kinds.count("removed") + kinds.count("moved") - len(left)
        assert difference == len(new[name]) - len(old[name])


def test_file_that_cannot_be_opened(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not known to be the same as in the base, so it is looked at like any other."""
    repository.commit({"a.py": put()})

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(sides, "open", refuse, raising=False)
    assert changes(repository.run("diff")) == []


def test_file_that_cannot_be_parsed_any_more(repository: Repository) -> None:
    """Its calls are not known to be gone; one in an exempt directory does not matter."""
    repository.commit({"a.py": put(), "t/b.py": put(), PINS: '[exempt]\n"t/" = "tests"\n'})
    repository.write({"a.py": put() + "def (\n", "t/b.py": put() + "def (\n"})
    outcome = repository.run("diff")
    assert (changes(outcome), outcome.status) == ([], 1)
    assert [line.split()[:2] for line in outcome.err.splitlines()] == [["a.py:4:6:", "E999"]]
    assert repository.run("sites").status == 1
    repository.write({"a.py": put()})
    assert (repository.run("diff").status, repository.run("sites").status) == (0, 0)


def test_renamed_file_that_cannot_be_parsed_any_more(repository: Repository) -> None:
    repository.commit({"a.py": LONG + ONE})
    repository.git("mv", "a.py", "b.py")
    repository.write({"b.py": LONG + ONE + "def (\n"})
    outcome = repository.run("diff")
    assert (changes(outcome), outcome.status) == ([], 1)
    assert outcome.err.startswith("b.py:24:6: E999 ")
