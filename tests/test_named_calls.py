"""Pins that name calls: what is said of a file whose calls are others, and that nothing is said of any other edit."""
from __future__ import annotations

import ast
import io
import re
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support import Project

from flake8_artifact_pin.source.report import report_file
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.findings import judge
from flake8_artifact_pin.rules.findings import with_visible_places

PINS = "artifact-pins.toml"
ADD = '{ registered = ["ID"] } or { grandfathered = "REASON" } to the calls of "a.py" in artifact-pins.toml'
SWAPPED = "if it only has a new name, rename the entry at artifact-pins.toml:{}, "
REPLACE = "else decide on the artifact and replace that entry"
NUMBERS = "the numbers follow the source, so see that each decision stands at its call"
NO_NOQA = "no noqa comment hides this"
PUT = "    s3.put_object(Key='k')"


def pinned(*names: str) -> str:
    """Return a pins file that names calls of a.py: the entry of the first one is on line 2."""
    return '[pins."a.py".calls]\n' + "".join(f'"{name}" = {{}}\n' for name in names)


def function(name: str, comment: str = "") -> str:
    return f"def {name}():\n{PUT}{comment}\n"


# The source, the pins file, and each line that flake8 prints.
MESSAGES: dict[str, tuple[str, str, list[str]]] = {
    "the same": (function("f") + function("g"), pinned("g:put_object", "f:put_object"), []),
    "more": (
        function("f") + function("g"),
        pinned("f:put_object"),
        [
            "a.py:2:8: APR001 PUT call 1 of 2, 1 pinned: put_object('k'); pinned as \"f:put_object\"; "
            'decide on "g:put_object" on line 4',
            "a.py:4:8: APR001 not among the pinned calls: PUT call 2 of 2, 1 pinned: put_object('k'); "
            f'decide on the artifact, then add "g:put_object" = {ADD}',
        ],
    ),
    "more, and one of another name": (
        function("f") + function("g") + function("h"),
        pinned("g:put_object", "old.h:put_object"),
        [
            "a.py:2:8: APR001 not among the pinned calls: PUT call 1 of 3, 2 pinned: put_object('k'); "
            f'decide on the artifact, then add "f:put_object" = {ADD}',
            "a.py:4:8: APR001 PUT call 2 of 3, 2 pinned: put_object('k'); pinned as \"g:put_object\"; "
            'decide on "f:put_object" on line 2 and "h:put_object" on line 6',
            "a.py:6:8: APR001 not among the pinned calls: PUT call 3 of 3, 2 pinned: put_object('k'); "
            f'if it was "old.h:put_object", rename the entry at {PINS}:3, '
            f'else decide on the artifact, then add "h:put_object" = {ADD}',
        ],
    ),
    "more of several in a scope": (
        f"def f():\n{PUT}\n{PUT}\n",
        pinned("f:put_object"),
        [
            "a.py:2:8: APR001 PUT call 1 of 2, 1 pinned: put_object('k'); pinned as \"f:put_object\"; "
            f'decide on "f:put_object#2" on line 3; {NUMBERS}',
            "a.py:3:8: APR001 not among the pinned calls: PUT call 2 of 2, 1 pinned: put_object('k'); "
            f'decide on the artifact, then add "f:put_object#2" = {ADD}; {NUMBERS}',
        ],
    ),
    "none is to be": (
        function("f"),
        pinned(),
        [
            "a.py:2:8: APR001 not among the pinned calls: PUT call 1 of 1, 0 pinned: put_object('k'); "
            f'decide on the artifact, then add "f:put_object" = {ADD}',
        ],
    ),
    "none is": ("x = 1\n", pinned(), []),
    "another one": (
        f"def f():\n{PUT}\n    s3.upload_file(x, 'b', 'j')\n",
        pinned("f:put_object", "g:put_object"),
        [
            f"a.py:3:8: APR006 not among the pinned calls, 2 observed, 2 pinned: upload_file('j') is "
            f'"f:upload_file" on line 3, and "g:put_object" is gone; '
            f"{SWAPPED.format(3)}{REPLACE}",
        ],
    ),
    "renamed": (
        "class New:\n    async def save(self):\n        await s3.put_object(Key='k')\n",
        pinned("Old.save:put_object"),
        [
            "a.py:3:18: APR006 not among the pinned calls, 1 observed, 1 pinned: put_object('k') is "
            '"New.save:put_object" on line 3, and "Old.save:put_object" is gone; '
            f"{SWAPPED.format(2)}{REPLACE}",
        ],
    ),
    "two renamed, in another order": (
        f"class A:\n    def g(self):\n    {PUT}\n    def f(self):\n    {PUT}\n",
        pinned("f:put_object", "g:put_object"),
        [
            f"a.py:3:12: APR006 not among the pinned calls, 2 observed, 2 pinned: put_object('k') is "
            f'"A.g:put_object" on line 3, and "g:put_object" is gone; '
            f"{SWAPPED.format(3)}{REPLACE}",
            f"a.py:5:12: APR006 not among the pinned calls, 2 observed, 2 pinned: put_object('k') is "
            f'"A.f:put_object" on line 5, and "f:put_object" is gone; '
            f"{SWAPPED.format(2)}{REPLACE}",
        ],
    ),
    "a gap in the numbers": (
        f"def f():\n{PUT}\n{PUT}\n",
        pinned("f:put_object", "f:put_object#3"),
        [
            f"a.py:3:8: APR006 not among the pinned calls, 2 observed, 2 pinned: put_object('k') is "
            f'"f:put_object#2" on line 3, and "f:put_object#3" is gone; '
            f"{SWAPPED.format(3)}{REPLACE}; {NUMBERS}",
        ],
    ),
    "fewer": (
        function("f"),
        pinned("g:put_object", "f:put_object", "h:put_object"),
        [
            f'a.py:1:1: APR002 stale pin: 3 pinned, 1 observed; remove "g:put_object" at {PINS}:2 and '
            f'"h:put_object" at {PINS}:4, which no call has',
        ],
    ),
    "fewer of several in a scope": (
        function("f"),
        pinned("f:put_object", "f:put_object#2"),
        [
            f'a.py:1:1: APR002 stale pin: 2 pinned, 1 observed; remove "f:put_object#2" at {PINS}:3, '
            f"which no call has; {NUMBERS}",
        ],
    ),
    "fewer, and one of another name": (
        function("new"),
        pinned("f:put_object", "g:put_object"),
        [
            f'a.py:1:1: APR002 stale pin: 2 pinned, 1 observed; remove "f:put_object" at {PINS}:2 and '
            f'"g:put_object" at {PINS}:3, which no call has; but where "new:put_object" on line 2 only got '
            "a new name, rename the entry instead",
        ],
    ),
    "none left": (
        "x = 1\n",
        pinned("f:put_object"),
        [
            f'a.py:1:1: APR002 stale pin: 1 pinned, 0 observed; remove "f:put_object" at {PINS}:2, '
            "which no call has",
        ],
    ),
    "many gone": (
        "".join(function(f"f{number}") for number in range(11)),
        pinned(*(f"g{number}:put_object" for number in range(12))),
        [
            "a.py:1:1: APR002 stale pin: 12 pinned, 11 observed; remove "
            + ", ".join(f'"g{number}:put_object" at {PINS}:{number + 2}' for number in range(10))
            + " and 2 more, which no call has; but where "
            + ", ".join(f'"f{number}:put_object" on line {2 * number + 2}' for number in range(10))
            + " and 1 more only got a new name, rename the entry instead",
        ],
    ),
    "suppressed with a reason": (
        function("f", "  # noqa: APR001 - why"),
        pinned("f:put_object"),
        [
            f'a.py:1:1: APR002 stale pin: 1 pinned, 0 observed; remove "f:put_object" at {PINS}:2, '
            "which no call has",
        ],
    ),
    "another one, beside a blanket noqa": (
        function("f", "  # noqa"),
        pinned("g:put_object"),
        [
            f"a.py:1:1: APR006 not among the pinned calls, 1 observed, 1 pinned: put_object('k') is "
            f'"f:put_object" on line 2, and "g:put_object" is gone; '
            f"{SWAPPED.format(2)}{REPLACE}; {NO_NOQA}",
        ],
    ),
    "another one, beside a noqa that names APR006": (
        function("f", "  # noqa: APR006 - why"),
        pinned("g:put_object"),
        [
            f"a.py:1:1: APR006 not among the pinned calls, 1 observed, 1 pinned: put_object('k') is "
            f'"f:put_object" on line 2, and "g:put_object" is gone; '
            f"{SWAPPED.format(2)}{REPLACE}; {NO_NOQA}",
        ],
    ),
    "another one, beside a noqa without a reason": (
        function("f", "  # noqa: APR001"),
        pinned("g:put_object"),
        [
            f"a.py:2:8: APR006 not among the pinned calls, 1 observed, 1 pinned: put_object('k') is "
            f'"f:put_object" on line 2, and "g:put_object" is gone; '
            f"{SWAPPED.format(2)}{REPLACE}",
            "a.py:2:8: APR004 noqa on line 2 names APR001 but gives no reason, so put_object('k') still counts "
            '(1 observed, 1 pinned); decide on the artifact, or write "# noqa: APR001 - REASON"',
        ],
    ),
    "more, advice": (
        function("f"),
        f'advice = "ask Ann"\n{pinned()}',
        [
            "a.py:2:8: APR001 not among the pinned calls: PUT call 1 of 1, 0 pinned: put_object('k'); "
            f'decide on the artifact, then add "f:put_object" = {ADD}; ask Ann',
        ],
    ),
    "another one, advice": (
        function("f"),
        f'advice = "ask Ann"\n{pinned("g:put_object")}',
        [
            f"a.py:2:8: APR006 not among the pinned calls, 1 observed, 1 pinned: put_object('k') is "
            f'"f:put_object" on line 2, and "g:put_object" is gone; '
            f"{SWAPPED.format(3)}{REPLACE}; ask Ann",
        ],
    ),
    "other identifiers for Python, the same for a reader": (
        "def ﬁ():\n    s3.ｐut_object(Key='k')\n",
        pinned("g:put_object"),
        [
            f"a.py:2:8: APR006 not among the pinned calls, 1 observed, 1 pinned: put_object('k') is "
            f'"fi:put_object" on line 2, and "g:put_object" is gone; '
            f"{SWAPPED.format(2)}{REPLACE}",
        ],
    ),
    "inline, another spelling of the path": (
        function("f") + function("g"),
        'pins = { "./a.py" = { calls = { "f:put_object" = {} } } }\n',
        [
            "a.py:2:8: APR001 PUT call 1 of 2, 1 pinned: put_object('k'); pinned as \"f:put_object\"; "
            'decide on "g:put_object" on line 4',
            "a.py:4:8: APR001 not among the pinned calls: PUT call 2 of 2, 1 pinned: put_object('k'); "
            f'decide on the artifact, then add "g:put_object" = {ADD.replace("a.py", "./a.py")}',
        ],
    ),
}


@pytest.mark.parametrize(("source", "pins", "lines"), MESSAGES.values(), ids=MESSAGES)
def test_messages(project: Project, source: str, pins: str, lines: list[str]) -> None:
    project.write({"a.py": source, PINS: pins})
    result = project.flake8("a.py")
    assert (result.lines, result.status) == (lines, bool(lines))


@pytest.mark.parametrize("text", [
    '[tool.artifact-pins.pins."a.py".calls]\n\n"g:put_object" = {}\n',
    '[tool.artifact-pins.pins]\n\n"a.py".calls."g:put_object".registered = ["x"]\n',
    '[tool.artifact-pins]\nrequire-decision = true\n'
    '[tool.artifact-pins.pins."a.py".calls."g:put_object"]\ngrandfathered = "why"\n',
])
def test_pyproject(project: Project, text: str) -> None:
    project.write({"a.py": function("f"), "pyproject.toml": text})
    assert project.flake8("a.py").lines == [
        f"a.py:2:8: APR006 not among the pinned calls, 1 observed, 1 pinned: put_object('k') is "
        f'"f:put_object" on line 2, and "g:put_object" is gone; '
        f"{SWAPPED.format(3).replace(PINS, 'pyproject.toml')}{REPLACE}",
    ]


STDIN = function("f")
UNKNOWN = "its pin is not known: pass --stdin-display-name PATH"


@pytest.mark.parametrize(
    ("name", "pins", "line"),
    [
        ("a.py", pinned("f:put_object"), ""),
        ("./sub/../a.py", pinned("f:put_object"), ""),
        (
            "{root}/a.py",
            pinned("g:put_object"),
            f"2:8: APR006 not among the pinned calls, 1 observed, 1 pinned: put_object('k') is "
            f'"f:put_object" on line 2, and "g:put_object" is gone; '
            f"{SWAPPED.format(2)}{REPLACE}",
        ),
        (
            "a.py",
            pinned(),
            "2:8: APR001 not among the pinned calls: PUT call 1 of 1, 0 pinned: put_object('k'); "
            f'decide on the artifact, then add "f:put_object" = {ADD}',
        ),
        (
            "b.py",
            pinned("f:put_object"),
            "2:8: APR001 PUT call 1 of 1, 0 pinned: put_object('k'); decide on the artifact, "
            f'then set "b.py" = 1 under [pins] in {PINS}',
        ),
        # a pin that counts, beside one that names calls
        (
            "b.py",
            f'{pinned("f:put_object")}[pins]\n"b.py" = 2\n',
            f'1:1: APR002 stale pin: 2 pinned, 1 observed; set "b.py" = 1 at {PINS}:4',
        ),
        ("", pinned("f:put_object"), f"2:8: APR001 PUT call 1 of 1, 0 pinned: put_object('k'); {UNKNOWN}"),
    ],
)
def test_stdin(project: Project, name: str, pins: str, line: str) -> None:
    project.write({PINS: pins})
    shown = name.format(root=project.root)
    arguments = [f"--stdin-display-name={shown}"] if name else []
    result = project.flake8(*arguments, "-", stdin=STDIN)
    assert (result.lines, result.status) == ([f"{shown or 'stdin'}:{line}"] if line else [], bool(line))


def test_every_finding_counts_for_all_calls_of_a_file(project: Project) -> None:
    """Files do not share names."""
    project.write({
        "a.py": function("f"),
        "b.py": function("f"),
        "c.py": function("f"),
        PINS: f'{pinned("f:put_object")}[pins]\n"c.py" = 1\n[pins."b.py".calls]\n"g:put_object" = {{}}\n',
    })
    assert codes(project.flake8("a.py", "b.py", "c.py").lines) == ["b.py:2:8: APR006"]


CLASSES = """\
class A:
    s3.put_object()
    def f(self):
        s3.put_object()
        class B:
            s3.put_object()
            async def g(self):
                await s3.put_object()
                def f(): s3.put_object()
    def f(self):
        s3.put_object()
def f():
    s3.put_object()
"""
DECORATED = """\
@s3.put_object()
def f(x=s3.upload_file()):
    pass
@retry(s3.put_object)
class C(base(s3.put_object())):
    x: s3.put_object() = 1
    @s3.put_object
    async def g(self, *, y=s3.put_object) -> s3.put_object():
        yield [s3.put_object() for _ in x]
"""
HANDED_ON = """\
from lib import put_object as po
def f(s3):
    submit(s3.upload_file, 'a')
    put = s3.put_object
    put()
    getattr(s3, 'put_object')()
    callable(getattr(s3, 'put_object'))
    po()
    return s3.put_object if s3 else s3.upload_fileobj
"""
COMPOUND = """\
if s3.put_object():
    for x in s3.put_object(): s3.put_object()
    else:
        with s3.put_object() as y: s3.upload_file()
try:
    f'{s3.put_object()}'
except* s3.put_object():
    lambda: s3.put_object()
finally:
    match s3.put_object():
        case x if s3.put_object(): s3.upload_file()
""".replace("except*", "except")
SAME_LINE = "def f(): s3.put_object(Key=s3.put_object()); s3.upload_file(); s3.put_object()\n"
IDENTIFIERS = """\
def fi():
    s3.put_object()
def ﬁ():
    s3.ｐut_object()
class Ⅳ:
    def ｆ(self): s3.𝐩𝐮𝐭_object()
def é(): s3.put_object()
def e\u0301(): s3.put_object()
"""
SUPPRESSED = """\
def f():
    s3.put_object()
    s3.put_object()  # noqa: APR001 - why
    s3.put_object()  # noqa: APR001
    s3.put_object()  # noqa
    s3.put_object()  #noqa: APR001 - why
"""

# The place and the name of each call that counts, in source order, and what is reported if the pin names just these.
NAMES: dict[str, tuple[str, list[str], list[str]]] = {
    "module": (
        "s3.put_object()\ns3.put_object()\n", ["1:4 <module>:put_object", "2:4 <module>:put_object#2"], [],
    ),
    "classes and functions": (
        CLASSES,
        [
            "2:8 A:put_object",
            "4:12 A.f:put_object",
            "6:16 A.f.B:put_object",
            "8:26 A.f.B.g:put_object",
            "9:29 A.f.B.g.f:put_object",
            "11:12 A.f:put_object#2",
            "13:8 f:put_object",
        ],
        [],
    ),
    "decorators, defaults, bases and annotations": (
        DECORATED,
        [
            "1:5 <module>:put_object",
            "2:12 <module>:upload_file",
            "4:11 <module>:put_object#2",
            "5:17 <module>:put_object#3",
            "6:11 C:put_object",
            "7:9 C:put_object#2",
            "8:31 C:put_object#3",
            "8:49 C:put_object#4",
            "9:19 C.g:put_object",
        ],
        [],
    ),
    "handed on, got by name, imported": (
        HANDED_ON,
        [
            "3:15 f:upload_file",
            "4:14 f:put_object",
            "6:18 f:put_object#2",
            "8:5 f:put_object#3",
            "9:15 f:put_object#4",
            "9:40 f:upload_fileobj",
        ],
        [],
    ),
    "lambda and comprehensions": (
        "f = lambda: s3.put_object()\ng = [s3.put_object() for x in (lambda: s3.upload_file())()]\n",
        ["1:16 <module>:put_object", "2:9 <module>:put_object#2", "2:43 <module>:upload_file"],
        [],
    ),
    "compound statements are no scopes": (
        COMPOUND,
        [
            "1:7 <module>:put_object",
            "2:17 <module>:put_object#2",
            "2:34 <module>:put_object#3",
            "4:17 <module>:put_object#4",
            "4:39 <module>:upload_file",
            "6:11 <module>:put_object#5",
            "7:11 <module>:put_object#6",
            "8:16 <module>:put_object#7",
            "10:14 <module>:put_object#8",
            "11:22 <module>:put_object#9",
            "11:39 <module>:upload_file#2",
        ],
        [],
    ),
    "in one line": (
        SAME_LINE,
        ["1:13 f:put_object", "1:31 f:put_object#2", "1:49 f:upload_file", "1:67 f:put_object#3"],
        [],
    ),
    "over several lines": (
        "x = (s3\n    .put_object(\n    Body=s3.put_object,\n))\n",
        ["2:6 <module>:put_object", "3:13 <module>:put_object#2"],
        [],
    ),
    "identifiers": (
        IDENTIFIERS,
        [
            "2:8 fi:put_object",
            "4:8 fi:put_object#2",
            "6:21 IV.f:put_object",
            "7:13 é:put_object",
            "8:14 é:put_object#2",
        ],
        [],
    ),
    "suppressed with a reason": (
        SUPPRESSED,
        ["2:8 f:put_object", "4:8 f:put_object#2", "5:8 f:put_object#3", "6:8 f:put_object#4"],
        ["4:8: APR004"],
    ),
    "ten and more": (
        "s3.put_object()\n" * 12,
        ["1:4 <module>:put_object", *(f"{line}:4 <module>:put_object#{line}" for line in range(2, 13))],
        [],
    ),
}


def codes(lines: Sequence[str]) -> list[str]:
    """Return the findings of a.py as "line:column: code"."""
    return [" ".join(line.split()[:2]).removeprefix("a.py:") for line in lines]


@pytest.mark.parametrize(("source", "expected", "others"), NAMES.values(), ids=NAMES)
def test_names(project: Project, source: str, expected: list[str], others: list[str]) -> None:
    """They are those that flake8 says to add to a pin that names none, and a pin that names them all fits."""
    project.write({"a.py": source, PINS: pinned()})
    lines = project.flake8("a.py", "--disable-noqa").lines
    found = [re.search(r"a\.py:(\d+:\d+): APR001 .* then add \"(\S+)\" = ", line) for line in lines]
    assert [f"{match[1]} {match[2]}" for match in found if match] == expected

    names = [text.partition(" ")[2] for text in expected]
    spellings = names, names[::-1], [name.replace("f", "ｆ").replace("put", "ｐut") for name in names]
    for spelled in spellings:
        project.write({PINS: pinned(*spelled)})
        assert codes(project.flake8("a.py").lines) == others
    for gone in {names[0], names[-1]}:
        project.write({PINS: pinned(*(name for name in names if name != gone), "<module>:put")})
        place, _ = expected[names.index(gone)].split()
        assert [line for line in codes(project.flake8("a.py").lines) if "APR006" in line] == [f"{place}: APR006"]


F, G = "f:put_object", "g:put_object"
FG = function("f") + function("g")
WHY = "  # noqa: APR001 - why"
BLANKET = "  # noqa"
TWO = "<module>:put_object", "<module>:put_object#2"

# The source, the names in the pin, and the places and codes of what is reported.
VERDICTS: dict[str, tuple[str, list[str], list[str]]] = {
    "reordered": (function("g") + function("f"), [F, G], []),
    "moved down": (f"import x\n\n\n{FG}", [F, G], []),
    "another key": (FG.replace("'k'", "'another'"), [F, G], []),
    "handed on instead": ("def f():\n    submit(s3.put_object, Key='k')\n", [F], []),
    "reformatted": ("def f(): (s3\n    .put_object\n    ())\n", [F], []),
    "the same file and a swap": (FG, [F, "h:put_object"], ["4:8: APR006"]),
    "both swapped": (FG, ["h:put_object", "i:put_object"], ["2:8: APR006", "4:8: APR006"]),
    "another method": (FG, [F, "g:upload_file"], ["4:8: APR006"]),
    "moved into a class": (f"class A:\n    def f(self):\n    {PUT}\n", [F], ["3:12: APR006"]),
    "moved out of a function": ("s3.put_object()\n", [F], ["1:4: APR006"]),
    "case": (function("F"), [F], ["2:8: APR006"]),
    "from one scope to another": (f"def f():\n{PUT}\n{PUT}\ndef g(): pass\n", [F, G], ["3:8: APR006"]),
    "two fewer": ("x = 1\n", [F, G], ["1:1: APR002"]),
    "fewer, none named": (function("h"), [F, G], ["1:1: APR002"]),
    "more, none named": (FG, ["h:put_object"], ["2:8: APR001", "4:8: APR001"]),
    "no number two": ("s3.put_object()\n" * 2, [TWO[0], "<module>:put_object#3"], ["2:4: APR006"]),
    "no number one": ("s3.put_object()\n", [TWO[1]], ["1:4: APR006"]),
    "a number too large": (function("f"), [f"{F}#{10**30}"], ["2:8: APR006"]),
    "suppressed": (function("f", WHY) + function("g"), [G], []),
    "suppressed and pinned": (function("f", WHY) + function("g"), [F, G], ["1:1: APR002"]),
    "suppressed, the other one is pinned": (function("f", WHY) + function("g"), [F], ["4:8: APR006"]),
    "suppressed, too many others": (function("f", WHY) + FG, [F], ["4:8: APR001", "6:8: APR001"]),
    "the first one suppressed": (f"s3.put_object(){WHY}\ns3.put_object()\n", [TWO[0]], []),
    "the first one suppressed, and pinned by number": (
        f"s3.put_object(){WHY}\ns3.put_object()\n", [TWO[1]], ["2:4: APR006"],
    ),
    "two in a line suppressed": (f"s3.put_object(); s3.put_object(){WHY}\n", [], []),
    "blanket, as pinned": (function("f", BLANKET), [F], []),
    "blanket, over": (function("f", BLANKET) + function("g"), [F], ["1:1: APR004", "4:8: APR001"]),
    "blanket, fewer": (function("f", BLANKET), [F, G], ["1:1: APR002"]),
    "blanket, swapped on line 1": (f"s3.put_object(){BLANKET}\nx = 1\n", [F], ["2:1: APR006"]),
    "blanket, two swapped": (
        f"s3.put_object(); s3.upload_file(){BLANKET}\n", [F, G], ["2:1: APR006", "2:1: APR006"],
    ),
    "blanket, swapped, a noqa on each line": (
        f"x = 1{BLANKET}\ns3.put_object(){BLANKET}: APR006\ny = 1{BLANKET}:APR\n", [F], ["4:1: APR006"],
    ),
    "blanket, another one is swapped": (function("f", BLANKET) + function("g"), [F, "h:put_object"], ["4:8: APR006"]),
    "a noqa for all of ours": (function("f", f"{BLANKET}: APR"), [G], ["1:1: APR006"]),
    "a noqa for another code": (function("f", f"{BLANKET}: E501"), [G], ["2:8: APR006"]),
    "without a reason, as pinned": (function("f", f"{BLANKET}: APR001"), [F], ["2:8: APR004"]),
    "without a reason, over": (function("f", f"{BLANKET}: APR001"), [], ["2:8: APR004"]),
    "both codes": (function("f", f"{BLANKET}: APR001, APR006"), [G], ["1:1: APR006", "2:8: APR004"]),
    "both codes and a reason": (function("f", f"{BLANKET}: APR001, APR006 - why"), [], []),
    "a comment that flake8 does not read": (function("f", "  #noqa: APR001 - why"), [G], ["2:8: APR006"]),
    "a comment in lower case": (function("f", "  # noqa: apr001 - why"), [G], ["2:8: APR006"]),
    "beside no call": (f"x = 1{WHY}\n{function('f')}", [G], ["1:8: APR005", "3:8: APR006"]),
    "stale, the noqa names its code": (f"x = 1{BLANKET}: APR002\n", [F], []),
    "stale, a blanket noqa": (f"x = 1{BLANKET}\n", [F], ["2:1: APR002"]),
    "empty": ("", [F], ["1:1: APR002"]),
    "no call at all, none pinned": ("", [], []),
    "two functions of a name": (function("f") * 2, [F, f"{F}#2"], []),
    "two functions of a name, one is gone": (function("f"), [F, f"{F}#2"], ["1:1: APR002"]),
    "got by a computed name": ("def f():\n    getattr(s3, 'put_' 'object')()\n", [F], []),
    "got by another spelling, which Python does not take for it": (
        "def f():\n    getattr(s3, 'ｐut_object')()\n", [F], ["1:1: APR002"],
    ),
    "only looked at": ("def f():\n    callable(s3.put_object)\n", [], []),
    "CRLF": (function("f").replace("\n", "\r\n"), [G], ["2:8: APR006"]),
    "a byte order mark": (f"\ufeff{function('f')}", [F], []),
}


@pytest.mark.parametrize(("source", "names", "expected"), VERDICTS.values(), ids=VERDICTS)
def test_verdicts(project: Project, source: str, names: list[str], expected: list[str]) -> None:
    project.write({"a.py": source, PINS: pinned(*names)})
    result = project.flake8("a.py")
    assert (codes(result.lines), result.status) == (expected, bool(expected))


def test_patterns_of_a_project(project: Project) -> None:
    """The method is what is called, under whatever name it is imported."""
    source = "import lib as l\nfrom lib import write as w\ndef f():\n    l.write()\n    w()\n    l.s3.to_csv()\n"
    names = ["f:write", "f:write#2", "f:to_csv"]
    patterns = 'patterns = ["lib.write", "lib.s3.to_*"]\n'
    project.write({"a.py": source, PINS: patterns + pinned(*names)})
    assert project.flake8("a.py") == ("", 0)
    project.write({PINS: patterns + pinned(*names[1:], "f:w")})
    assert codes(project.flake8("a.py").lines) == ["4:7: APR006"]


def test_method_that_python_itself_spells_otherwise(project: Project) -> None:
    """What getattr() gets keeps its spelling, and can be pinned all the same."""
    pins = 'patterns = ["lib.*"]\n' + pinned("<module>:ｗrite")
    project.write({"a.py": "import lib\ngetattr(lib, 'ｗrite')()\n", PINS: pins})
    assert project.flake8("a.py") == ("", 0)


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ('"f:put_object" = { registered = ["x"] }\n"g:put_object" = { grandfathered = "why" }\n', []),
        ('"f:put_object" = { registered = ["x"] }\n"g:put_object" = {}\n', [f"{PINS}:4:1: APR000", "1:1: APR000"]),
        ('"f:put_object" = {}\n"g:put_object" = {}\n', [f"{PINS}:3:1: APR000", f"{PINS}:4:1: APR000", "1:1: APR000"]),
        ('"f:put_object" = { registered = ["x"] }\n"h:put_object".grandfathered = "why"\n', ["4:8: APR006"]),
        ("", ["2:8: APR001", "4:8: APR001"]),
    ],
)
def test_require_decision(project: Project, decisions: str, expected: list[str]) -> None:
    project.write({"a.py": FG, PINS: f"require-decision = true\n{pinned()}{decisions}"})
    assert codes(project.flake8("a.py").lines) == expected


@dataclass
class Call:
    """A PUT call of a module: how it is written is left open."""

    method: str
    is_suppressed: bool = False


@dataclass
class Block:
    """A function or class of a module."""

    kind: str
    name: str
    decorators: list[Call]
    body: Body


Body: TypeAlias = "list[Call | Block]"

METHODS = ["put_object", "put_object", "upload_file", "upload_fileobj"]
BLOCKS = ["def", "def", "async def", "class"]
IDENTIFIERS_OF_BLOCKS = ["f", "g", "fi", "é", "A"]
SPELLINGS = {
    "f": ["ｆ"], "fi": ["ﬁ", "ｆi"], "é": ["e\u0301"], "put_object": ["ｐut_object"], "upload_file": ["upload_ﬁle"],
}

# R is a receiver, and M is the method; N is the method too, but in a string it has one spelling only.
STATEMENTS = [
    *("R.M()", "R.M(Key='k')", "R.M(Filename=x, Key=f'{x}.csv')", "x = 1; R.M(); y = 2", "x = R.M", "submit(R.M, x)"),
    *("getattr(R, 'N')()", "x = getattr(R, 'N')", "f = lambda: R.M()", "x = [R.M(y) for y in z]"),
    *("print(R.M()) if x else y", "assert x, R.M()", "del x[R.M()]", "x: R.M() = 1", "R.get_object(Body=R.M())"),
    "callable(R.put), R.M()",
]
SPREAD = [
    *("(R\n.M())", "R.M(\n1,\n)", "x = (\n# s3.put_object()\nR\n  .M\n)"),
    "x = [\n's3.put_object()',\n\nR.M(),\n]",
]
OTHERS = ["x = 1", "'s3.put_object()'", "# s3.put_object()", "", "s3.get_object()", "s3.put_object = x"]
RECEIVERS = ["s3", "self.s3", "boto3.client('s3')", "x[0]", "(s3 or x)"]
COMPOUNDS = ["if x:", "for x in y:", "while x:", "with x as y:", "try:", "if s3:  # s3.put_object()"]


class Writer:
    """A module as source, in one of many ways, and where the methods of the calls that count are written."""

    def __init__(self, module: Body, random: Random) -> None:
        self.random = random
        self.unit = random.choice(["    ", "  ", " ", "\t"])
        self.text = ""
        self.offsets: list[tuple[int, str]] = []
        if random.random() < 0.3:
            self.text += random.choice(["import boto3\n", '"""s3.put_object()\n\ns3.put_object()\n"""\n', "\n\n"])
        self.write_body(module, "", "")

    def __repr__(self) -> str:
        return f"<{self.text!r}>"

    def names(self) -> Iterator[tuple[int, int, str]]:
        """Yield the line (1-based), the column (0-based) and the name of each call that counts."""
        seen: Counter[str] = Counter()
        for offset, name in self.offsets:
            seen[name] += 1
            column = offset - self.text.rfind("\n", 0, offset) - 1
            number = f"#{seen[name]}" if seen[name] > 1 else ""
            yield self.text.count("\n", 0, offset) + 1, column, name + number

    def write_body(self, body: Body, indent: str, scope: str) -> None:
        for node in body:
            while self.random.random() < 0.2:
                self.text += f"{indent}{self.random.choice(OTHERS)}\n"
            if isinstance(node, Block):
                self.write_block(node, indent, scope)
            elif self.random.random() < 0.2:
                compound = self.random.choice(COMPOUNDS)
                self.text += f"{indent}{compound}\n"
                self.write_call(node, indent + self.unit, scope, self.statement(node))
                self.text += f"{indent}finally: pass\n" if compound == "try:" else ""
            else:
                self.write_call(node, indent, scope, self.statement(node))

    def statement(self, call: Call) -> str:
        # the comment of a suppression stands in the line of the method
        return self.random.choice(STATEMENTS if call.is_suppressed else [*STATEMENTS, *SPREAD])

    def write_block(self, block: Block, indent: str, scope: str) -> None:
        for decorator in block.decorators:
            self.write_call(decorator, indent, scope, self.random.choice(["@R.M", "@R.M()", "@wrap(R.M)"]))
        parameters = "" if block.kind == "class" else self.random.choice(["()", "(self, *args)", "(\nput_object=1)"])
        self.text += f"{indent}{block.kind} {self.spelled(block.name)}{parameters}:\n"
        inner = indent + self.unit
        if not block.body or self.random.random() < 0.2:
            self.text += f"{inner}" + self.random.choice(["pass", "...", '"""s3.put_object()"""']) + "\n"
        self.write_body(block.body, inner, f"{scope}.{block.name}" if scope else block.name)

    def write_call(self, call: Call, indent: str, scope: str, template: str) -> None:
        before, kind, after = re.split("([MN])", template)
        self.text += indent + before.replace("R", self.random.choice(RECEIVERS))
        if not call.is_suppressed:
            self.offsets.append((len(self.text), f"{scope or '<module>'}:{call.method}"))
        self.text += call.method if kind == "N" else self.spelled(call.method)
        self.text += after + (WHY if call.is_suppressed else "") + "\n"

    def spelled(self, name: str) -> str:
        return self.random.choice([name, name, name, *SPELLINGS.get(name, [])])


def names_of(body: Body, scope: str = "") -> Iterator[str]:
    """Yield the name, without a number, of each call that counts."""
    for node in body:
        calls = [node] if isinstance(node, Call) else node.decorators
        yield from (f"{scope or '<module>'}:{call.method}" for call in calls if not call.is_suppressed)
        if isinstance(node, Block):
            yield from names_of(node.body, f"{scope}.{node.name}" if scope else node.name)


def numbered(names: Counter[str]) -> list[str]:
    return [f"{name}#{number}" if number > 1 else name for name in names for number in range(1, names[name] + 1)]


def grown(random: Random, depth: int = 0) -> Body:
    """Return the body of a new module, or of a block."""
    return [new_node(random, depth) for _ in range(random.randrange(1, 4))]


def new_node(random: Random, depth: int) -> Call | Block:
    if depth == 3 or random.random() < 0.5:
        return new_call(random)
    decorators = [new_call(random) for _ in range(random.choice([0, 0, 0, 1, 2]))]
    name = random.choice(IDENTIFIERS_OF_BLOCKS)
    return Block(random.choice(BLOCKS), name, decorators, grown(random, depth + 1))


def new_call(random: Random) -> Call:
    return Call(random.choice(METHODS), random.random() < 0.1)


def blocks_of(body: Body) -> Iterator[Block]:
    for node in body:
        if isinstance(node, Block):
            yield node
            yield from blocks_of(node.body)


def some_body(module: Body, random: Random) -> Body:
    return random.choice([module, *(block.body for block in blocks_of(module))])


def taken(module: Body, random: Random) -> list[Call | Block]:
    """Take a call or a block out of a module, if it has one."""
    body = some_body(module, random)
    return [body.pop(random.randrange(len(body)))] if body else []


def put_in(module: Body, random: Random, nodes: Sequence[Call | Block]) -> None:
    body = some_body(module, random)
    index = random.randint(0, len(body))
    body[index:index] = nodes


def insert(module: Body, random: Random) -> None:
    put_in(module, random, [new_node(random, 2)])


def delete(module: Body, random: Random) -> None:
    taken(module, random)


def replace(module: Body, random: Random) -> None:
    delete(module, random)
    put_in(module, random, [new_call(random)])


def move(module: Body, random: Random) -> None:
    put_in(module, random, taken(module, random))


def duplicate(module: Body, random: Random) -> None:
    body = some_body(module, random)
    put_in(module, random, [deepcopy(node) for node in body[:1]])


def rename(module: Body, random: Random) -> None:
    blocks = [*blocks_of(module)]
    if blocks:
        random.choice(blocks).name = random.choice(IDENTIFIERS_OF_BLOCKS)


def reorder(module: Body, random: Random) -> None:
    random.shuffle(some_body(module, random))


def reformat(module: Body, random: Random) -> None:
    """Change nothing: another writer writes it in another way."""


EDITS: list[Callable[[Body, Random], None]] = [insert, delete, replace, move, duplicate, rename, reorder, reformat]
MATCHER = compile_patterns(DEFAULT_PATTERNS)


def findings_of(source: str, names: list[str]) -> list[Finding]:
    """Return what flake8 shows of a source whose pin names calls."""
    pins = parse_pins(Pins(PINS, ""), pinned(*names))
    assert pins.faults == ()
    lines = list(io.StringIO(source, newline=""))
    texts = {number: line for number, line in enumerate(lines, start=1)}
    facts = report_file(ast.parse(source), lines, "a.py", texts.get, MATCHER)
    found = with_visible_places(judge(pins, "a.py", facts), facts.noqa)
    return [finding for finding in found if not facts.noqa.hides(finding.code, finding.line)]


def expected_findings(writer: Writer, pin: Sequence[str]) -> list[tuple[int, int, str, bool]]:
    """Return line, column, code and whether no entry names the call."""
    calls = [(line, column, name not in pin) for line, column, name in writer.names()]
    if len(calls) > len(pin):
        return [(line, column, "APR001", is_unnamed) for line, column, is_unnamed in calls]
    if len(calls) < len(pin):
        return [(1, 0, "APR002", False)]
    return [(line, column, "APR006", True) for line, column, is_unnamed in calls if is_unnamed]


RANDOMS = st.builds(Random, st.integers(0, 2**32))


def test_silent_exactly_if_the_names_are_the_same() -> None:
    """Whatever is edited. Each verdict is among the examples, and a silent one after each kind of edit."""
    verdicts: Counter[str] = Counter()
    silent: Counter[str] = Counter()

    @settings(max_examples=300, deadline=None)
    @given(RANDOMS, st.lists(st.sampled_from(EDITS), min_size=1, max_size=3))
    def verify(random: Random, edits: list[Callable[[Body, Random], None]]) -> None:
        module = grown(random)
        before = Counter(names_of(module))
        pin = numbered(before)
        random.shuffle(pin)
        for edit in edits:
            edit(module, random)
        after = Counter(names_of(module))
        writer = Writer(module, random)
        source = writer.text.replace("\n", random.choice(["\n", "\r\n"]))

        entries = [name.replace("f", "ｆ") if random.random() < 0.3 else name for name in pin]
        found = findings_of(source, entries)

        assert (found == []) == (before == after), writer
        assert sorted(name for *_, name in writer.names()) == sorted(numbered(after))
        shown = [
            (finding.line, finding.column, finding.code, "not among the" in finding.text)
            for finding in found
        ]
        assert shown == expected_findings(writer, pin), writer
        swaps = [re.match(r'"(\S+)" on line .* and "(\S+)" is gone: ', finding.text) for finding in found]
        pairs = [match.groups() for match in swaps if match]
        if pairs:
            unnamed, gone = {*numbered(after)} - {*pin}, {*pin} - {*numbered(after)}
            assert ({new for new, _ in pairs}, {old for _, old in pairs}) == (unnamed, gone)
            assert len(pairs) == len(unnamed) == len(gone)
        verdicts.update({finding.code for finding in found} or {"silent"})
        if not found and len(edits) == 1:
            silent.update(edit.__name__ for edit in edits)

    verify()
    assert min(verdicts[code] for code in ("APR001", "APR002", "APR006", "silent")) > 20, verdicts
    assert silent.keys() >= {"move", "rename", "reorder", "reformat"}, silent
