"""Edits of pins files, in every way that they are written. A diff says what an edit does."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support import PINS

from flake8_artifact_pin.pins.edit import AddCall
from flake8_artifact_pin.pins.edit import AddPin
from flake8_artifact_pin.pins.edit import Edit
from flake8_artifact_pin.pins.edit import edit_pins
from flake8_artifact_pin.pins.edit import NameCalls
from flake8_artifact_pin.pins.edit import RemoveCall
from flake8_artifact_pin.pins.edit import RemovePin
from flake8_artifact_pin.pins.edit import RenameCall
from flake8_artifact_pin.pins.edit import RenamePin
from flake8_artifact_pin.pins.edit import SetCount
from flake8_artifact_pin.pins.edit import SetDecision
from flake8_artifact_pin.pins.edit import UneditableError
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.files import PYPROJECT
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pins

pytestmark = pytest.mark.once

X = Decision(("x",))
LATER = Decision(deferred="#1", until=date(2027, 3, 31))

# What is done to the pins of a file.
EDITED: dict[str, tuple[list[Edit], str]] = {
    "decisions": (
        [
            SetCount("a.py", 2), SetDecision("a.py", X), SetDecision("b.py", Decision()), SetDecision("c.py", LATER),
            SetDecision("d.py", X), SetDecision("e.py", LATER), SetDecision("f.py", X),
            SetDecision("g.py", Decision(("x", "y"))), SetCount("g.py", 2), SetDecision("h.py", X),
            SetDecision("i.py", LATER), SetCount("i.py", 3), SetDecision("j.py", X, "f:put"),
            SetDecision("j.py", LATER, "g:put"), SetDecision("k.py", X, "f:put"), SetDecision("k.py", X, "g:put"),
        ],
        """\
 [pins]
-"a.py" = 1 # one
+"a.py" = { count = 2, registered = ["x"] } # one
 "b.py" = 0x1
-"c.py" = {count=1}
+"c.py" = {count=1, deferred = "#1", until = 2027-03-31}
-"d.py" = { grandfathered = "why", count=1 }
+"d.py" = { registered = ["x"], count=1 }
-"e.py" = { count = 1, registered = ["x", "y"] }
+"e.py" = { count = 1, deferred = "#1", until = 2027-03-31 }
-"f.py" = { count = 1, deferred = "#2", until = 2027-03-31 }
+"f.py" = { count = 1, registered = ["x"] }
-"g.py" = { count = 1, registered = [
-  "x", # the one
-] }
+"g.py" = { count = 2, registered = ["x", "y"] }
 "h.py" . count = 1
+"h.py".registered = ["x"]
 [pins."i.py"] # i
-  count = 1 # one
+  count = 3 # one
+  deferred = "#1"
+  until = 2027-03-31

 [pins."j.py".calls]
-"f:put" = {} # f
+"f:put" = { registered = ["x"] } # f
-"g:put" = { registered = ["x"] }
+"g:put" = { deferred = "#1", until = 2027-03-31 }
 [pins."k.py".calls."f:put"] # f
+registered = ["x"]
 [pins."k.py".calls."g:put"]
-grandfathered = "why" # g
+registered = ["x"] # g
""",
    ),
    "pins beside those of their directory": (
        [
            AddPin("src/c.py", 1), AddPin("src/x/y.py", 1), AddPin("src/a.py", 1), AddPin("d.py", 2, X),
            AddPin("lib/a.py", 1), AddPin("etc/a.py", 1), AddPin("a.py", 1),
            AddPin("lib/c.py", calls={"f:put": X, "g:put": Decision()}),
        ],
        """\
 [pins]
+"a.py" = 1
 # of z
 # and more
 "z.py" = 1
+"src/a.py" = 1
 "src/b.py" = 1
+"src/c.py" = 1
 "src/d.py" = 1
+"src/x/y.py" = 1
 "c.py" = { count = 1, grandfathered = \"\"\"
 # x
 \"\"\" } # c
+"d.py" = { count = 2, registered = ["x"] }
 "e.py" = 1
 # lib
 # of all
 "lib/b.py" = 1
+"lib/a.py" = 1
+"etc/a.py" = 1
 "etc/b.py" = 1
 # end

+[pins."lib/c.py".calls]
+"f:put" = { registered = ["x"] }
+"g:put" = {}
+
 [exempt]
""",
    ),
    "an empty table": ([AddPin("a.py", 1)], ' [pins]\n+"a.py" = 1\n\n [exempt]\n'),
    "no table": ([AddPin("a.py", 1)], ' advice = "x"\n\n # end\n+\n+[pins]\n+"a.py" = 1\n'),
    "nothing": ([AddPin("a.py", 1)], '+[pins]\n+"a.py" = 1\n'),
    "an empty inline table": ([AddPin("a.py", 1)], '-pins = {}\n+pins = { "a.py" = 1 }\n'),
    "an inline table": (
        [
            AddPin("a.py", 1), AddPin("d.py", calls={"f:put": X}), SetDecision("b.py", X),
            NameCalls("c.py", {"g:put": X}),
        ],
        '-pins = { "b.py".count = 1, "c.py" = { count = 1 } } # all\n'
        '+pins = { "a.py" = 1, "b.py".count = 1, "b.py".registered = ["x"], "c.py" = { calls = { "g:put" = '
        '{ registered = ["x"] } } }, "d.py" = { calls = { "f:put" = { registered = ["x"] } } } } # all\n',
    ),
    "dotted keys": (
        [AddPin("b.py", 1), AddPin("c.py", calls={"f:put": X})],
        """\
 pins."a.py".count = 1
 pins."a.py".registered = ["x"]
+pins."b.py" = 1
 advice = "x"
+
+[pins."c.py".calls]
+"f:put" = { registered = ["x"] }
""",
    ),
    "tables": (
        [AddPin("c.py", 1, X), AddPin("e.py", 1), AddPin("a.py", 1), AddPin("d2.py", calls={"f:put": X})],
        """\
+[pins."a.py"]
+count = 1
+
 [pins."b.py"]
 count = 1
+
+[pins."c.py"]
+count = 1
+registered = ["x"]

 # d
 [pins."d.py".calls]
 "f:put" = {}
+
+[pins."d2.py".calls]
+"f:put" = { registered = ["x"] }
+
+[pins."e.py"]
+count = 1
""",
    ),
    "calls": (
        [
            AddCall("a.py", "f:put", X), AddCall("b.py", "g:put"), AddCall("c.py", "g:put"),
            AddCall("d.py", "f:put", X), AddCall("e.py", "f:put(b)", X), AddCall("e.py", "h:put"),
            AddCall("e.py", "a:put"), AddCall("f.py", "g:put", LATER),
        ],
        """\
 [pins]
-"a.py" = { calls = {} }
+"a.py" = { calls = { "f:put" = { registered = ["x"] } } }
-"b.py" = { calls = {"f:put" = {}} }
+"b.py" = { calls = {"f:put" = {}, "g:put" = {}} }
 "c.py".calls."f:put" = {}
+"c.py".calls."g:put" = {}
 [pins."d.py".calls] # d
+"f:put" = { registered = ["x"] }
 [pins."e.py".calls]
+"a:put" = {}
 "f:put(a)" = {}
+"f:put(b)" = { registered = ["x"] }
 "g:put" = {}
+"h:put" = {}
 [pins."f.py".calls."f:put"]
 registered = ["x"]
+
+[pins."f.py".calls."g:put"]
+deferred = "#1"
+until = 2027-03-31
""",
    ),
    "counts that get names": (
        [NameCalls("a.py", {"f:put": X}), NameCalls("c.py", {"f:put": X})],
        """\
 [pins]
-"a.py" = { count = 1 } # one
 "b.py" = 1
+# one
+[pins."a.py".calls]
+"f:put" = { registered = ["x"] }
+
-[pins."c.py"] # c
+[pins."c.py".calls] # c
+# one
+"f:put" = { registered = ["x"] }
 # above
-count = 1 # one
-registered = ["x"]
""",
    ),
    "pyproject: a table": (
        [AddPin("a.py", 1), AddPin("b.py", calls={"f:put": X}), SetDecision("a.py", X)],
        """\
 [tool.artifact-pins]
 advice = "x"
+
+[tool.artifact-pins.pins]
+"a.py" = { count = 1, registered = ["x"] }
+
+[tool.artifact-pins.pins."b.py".calls]
+"f:put" = { registered = ["x"] }

 # of black
 [tool.black]
 "a.py" = 1
""",
    ),
    "pyproject: dotted keys": (
        [AddPin("a.py", 1)],
        """\
 [tool]
 artifact-pins.advice = "x"
 black.x = 1
+
+[tool.artifact-pins.pins]
+"a.py" = 1
""",
    ),
    "pyproject: an inline table": (
        [AddPin("a.py", 1)],
        """\
 [tool]
-artifact-pins = { advice = "x" } # all
+artifact-pins = { advice = "x", pins = { "a.py" = 1 } } # all
""",
    ),
    "pyproject: an empty inline table": (
        [AddPin("a.py", 1)], '-tool.artifact-pins = {}\n+tool.artifact-pins = { pins = { "a.py" = 1 } }\n',
    ),
}


def read_pruned() -> Iterator[Any]:
    """Yield the diffs of what prune may do: to "one*.py" 1 call is left, to "two*.py" 2 and to others none."""
    text = Path(__file__).with_name("pruned.diff").read_text(encoding="utf-8")
    titles_and_diffs = re.split(r"^@@ (.*)\n", text, flags=re.MULTILINE)[1:]
    for title, diff in zip(titles_and_diffs[::2], titles_and_diffs[1::2]):
        marks = [pytest.mark.skipif(not HAS_TOML_1_1, reason="TOML 1.0")] if "TOML 1.1" in title else []
        yield pytest.param(PYPROJECT if "pyproject" in title else PINS, diff, id=title, marks=marks)


try:
    HAS_TOML_1_1 = bool(tomli.loads("x = {\n}"))
except tomli.TOMLDecodeError:
    HAS_TOML_1_1 = False
PRUNED = list(read_pruned())
line_ends = pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])


def before_and_after(diff: str, end: str) -> list[str]:
    lines = re.findall(r"^([-+ ]?)(.*)\n", diff, re.MULTILINE)
    return ["".join(text + end for sign, text in lines if sign != other) for other in "+-"]


def pins_of(text: str, name: str = PINS) -> Pins:
    pins = parse_pins(Pins(f"/x/{name}", "/x"), text)
    assert pins.faults == ()
    return pins


def pruned(pins: Pins) -> Iterator[Edit]:
    """Yield edits as those of ``prune``. Of named calls those of "a" and "c" are left."""
    for pin in pins.pins.values():
        left = min(pin.allowed, {"one": 1, "two": 2}.get(pin.path[:3], 0))
        if pin.calls is not None:
            yield from (RemoveCall(pin.key, call.key) for name, call in pin.calls.items() if name[0] not in "ac")
        elif pin.path.startswith("gone") or not left and pin.allowed:
            yield RemovePin(pin.key)
        elif left < pin.allowed:
            yield SetCount(pin.key, left)


@line_ends
@pytest.mark.parametrize(("name", "diff"), PRUNED)
def test_lowered_and_removed(name: str, diff: str, end: str) -> None:
    before, after = before_and_after(diff, end)
    pins = pins_of(before, name)
    assert edit_pins(pins, pruned(pins)) == after


@pytest.mark.parametrize(("name", "diff"), PRUNED)
def test_renamed(name: str, diff: str) -> None:
    """Wherever a key is written, it is written anew, and nothing else is."""
    before, _ = before_and_after(diff, "\n")
    pins = pins_of(before, name)
    new = {pin.key: f"moved/{number}.py" for number, pin in enumerate(pins.pins.values())}
    renamed = edit_pins(pins, [RenamePin(*keys) for keys in new.items()])
    assert list(pins_of(renamed, name).pins) == list(new.values())
    back = edit_pins(pins_of(renamed, name), [RenamePin(key, old) for old, key in new.items()])
    assert tomli.loads(back, parse_float=str) == tomli.loads(before, parse_float=str)
    calls = [
        RenameCall(pin.key, call.key, f"x{call.key}")
        for pin in pins.pins.values()
        for call in (pin.calls or {}).values()
    ]
    found = pins_of(edit_pins(pins, calls), name).pins.values()
    assert [call.key for pin in found for call in (pin.calls or {}).values()] == [edit.new for edit in calls]


@line_ends
@pytest.mark.parametrize("title", EDITED)
def test_edits(title: str, end: str) -> None:
    edits, diff = EDITED[title]
    before, after = before_and_after(diff, end)
    # an empty file has no line ends
    expected = after if before else after.replace("\r\n", "\n")
    assert edit_pins(pins_of(before, PYPROJECT if "pyproject" in title else PINS), edits) == expected


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ('[pins]\n"a.py" = 2', SetCount("a.py", 1), '[pins]\n"a.py" = 1'),
        ('[pins]\n"b.py" = 2\n"a.py" = 2', RemovePin("a.py"), '[pins]\n"b.py" = 2\n'),
        ('[pins]\n"a.py" = 1', AddPin("b.py", 1), '[pins]\n"a.py" = 1\n"b.py" = 1\n'),
        ('# top\n[pins]\n"a.py" = 1', NameCalls("a.py", {}), '# top\n[pins]\n\n[pins."a.py".calls]\n'),
    ],
)
def test_no_final_newline(before: str, edit: Edit, after: str) -> None:
    assert edit_pins(pins_of(before), [edit]) == after


@pytest.mark.parametrize(
    ("before", "edits"),
    [
        pytest.param('[pins]\n"a.py" = 1\n', [SetCount("b.py", 1)], id="no such pin"),
        pytest.param('[pins]\n"a.py" = 1\n', [SetDecision("a.py", X, "f:put")], id="no such call"),
        pytest.param('[pins]\n"a.py" = 1\n', [AddPin("a.py", 2)], id="a pin that is there"),
        pytest.param('[pins."a.py".calls]\n"f:put" = {}\n', [AddCall("a.py", "f:put")], id="a call that is there"),
        pytest.param('[pins]\n"a.py" = 1\n"b.py" = 1\n', [RenamePin("a.py", "b.py")], id="a path that is pinned"),
        # the table goes with the last of its keys, and an empty one is not the same
        pytest.param('pins."a.py".calls."f:put" = {}\n', [RemoveCall("a.py", "f:put")], id="the last dotted key"),
    ],
)
def test_cannot_be_edited(before: str, edits: list[Edit]) -> None:
    with pytest.raises(UneditableError):
        edit_pins(pins_of(before), edits)


DECISIONS = [Decision(), X, Decision(("x", "y"), 'é # " }'), Decision(grandfathered="why\nnot"), LATER]


SPELLINGS = [
    '"KEY" = 1',
    '\t"KEY"={count=1,registered=["x", "y"]}',
    '"KEY" . count = 2\n"KEY" . grandfathered = "why\\nnot"',
    '[ pins."KEY" ]\ncount = 0\ndeferred = "#1"\nuntil = 2027-03-31',
    '"KEY" = { calls = { "f0:put" = {}, "f1:put" = { grandfathered = "é # \\" }" } } }',
    '"KEY".calls."f0:put" = { registered = ["x"] }\n"KEY".calls."f1:put" = {}',
    '[pins."KEY".calls]\n"f0:put" = {}\n"f1:put" = { deferred = "#1" }',
    '[pins."KEY".calls."f0:put"]\nregistered = ["x"]\n\n[pins."KEY".calls."f1:put"]',
]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Return the text of a pins file."""
    blocks = []
    for index in range(draw(st.integers(0, 6))):
        key = draw(st.sampled_from(["", "src/", "src/x/"])) + f"{draw(st.sampled_from('abc'))}{index}.py"
        lines = draw(st.sampled_from(SPELLINGS)).replace("KEY", key).split("\n")
        comments = draw(st.lists(st.sampled_from(["", f"# of {index}"]), max_size=2))
        behind = draw(st.sampled_from(["", f" # {index}"]))
        blocks.append((lines[0].startswith("["), [*comments, *(line + behind for line in lines)]))
    blocks.sort(key=lambda block: block[0])
    lines = ["[pins]", *(line for _, block in blocks for line in block)]
    if draw(st.booleans()):
        lines = ["# top", *lines, "", "# of t", "[exempt]", '"t/" = "tests"']
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + draw(st.sampled_from(["", end]))


@st.composite
def edits_of(draw: st.DrawFn, pins: Pins) -> list[Edit]:
    edits: list[Edit] = []
    decisions = st.sampled_from(DECISIONS)
    edited = draw(st.lists(st.sampled_from(sorted(pins.pins)), max_size=4, unique=True)) if pins.pins else []
    for number, key in enumerate(edited):
        pin, decision, new = pins.pins[key], draw(decisions), f"new{number}"
        possible: list[list[Edit]] = [[RemovePin(key)], [RenamePin(key, f"src/{new}.py")]]
        if pin.calls is None:
            possible.append([SetCount(key, pin.allowed + 1), SetDecision(key, decision)])
            possible.append([NameCalls(key, {"f:put": decision, "g:put": X})])
        else:
            possible.append([SetDecision(key, decision, "f0:put"), RenameCall(key, "f0:put", f"{new}:put")])
            possible.append([AddCall(key, f"{new}:put", decision), RemoveCall(key, "f0:put")])
        edits += draw(st.sampled_from(possible))
    for path, decision in draw(st.dictionaries(st.sampled_from(["b.py", "src/b.py", "z/b.py"]), decisions)).items():
        edits.append(draw(st.sampled_from([AddPin(path, 1, decision), AddPin(path, calls={"f:put": decision})])))
    return edits


@given(st.data())
@settings(max_examples=60)
def test_any_edits(data: st.DataObject) -> None:
    """No edit is refused for the way that the pins are written, and neither comments nor line ends are lost."""
    before = data.draw(documents())
    after = edit_pins(pins_of(before), data.draw(edits_of(pins_of(before))))
    own_lines = re.compile(r"^# .*", re.MULTILINE)
    assert set(own_lines.findall(before)) <= set(own_lines.findall(after))
    assert ("\r\n" in before) == ("\r\n" in after) or "\n" not in before
    assert "\n" not in before.replace("\r\n", "") or "\r" not in after
    assert pins_of(after).exempt == pins_of(before).exempt
