"""Names of PUT calls: pins that name all calls of a file are silent, whatever their scopes look like."""
from __future__ import annotations

import pytest
from support import PINS
from support import Project
from support.reports import read_pins
from support.reports import report_source

from flake8_artifact_pin.rules.verdict import judge_file

pytestmark = pytest.mark.once

PUT = "    s3.put_object()"


def pinned(*names: str) -> str:
    """Return a pins file that names calls of a.py: the entry of the first one is on line 2."""
    return '[pins."a.py".calls]\n' + "".join(f'"{name}" = {{}}\n' for name in names)


def function(name: str, comment: str = "") -> str:
    return f"def {name}():\n{PUT}{comment}\n"


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

# The place and the name of each call that counts, in source order.
NAMES: dict[str, tuple[str, list[str]]] = {
    "module": (
        "s3.put_object()\ns3.put_object()\n", ["1:4 <module>:put_object", "2:4 <module>:put_object#2"],
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
    ),
    "lambda and comprehensions": (
        "f = lambda: s3.put_object()\ng = [s3.put_object() for x in (lambda: s3.upload_file())()]\n",
        ["1:16 <module>:put_object", "2:9 <module>:put_object#2", "2:43 <module>:upload_file"],
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
    ),
    "in one line": (
        SAME_LINE,
        ["1:13 f:put_object", "1:31 f:put_object#2", "1:49 f:upload_file", "1:67 f:put_object#3"],
    ),
    "over several lines": (
        "x = (s3\n    .put_object(\n    Body=s3.put_object,\n))\n",
        ["2:6 <module>:put_object", "3:13 <module>:put_object#2"],
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
    ),
    "suppressed with a reason": (
        SUPPRESSED,
        ["2:8 f:put_object", "4:8 f:put_object#2", "5:8 f:put_object#3", "6:8 f:put_object#4"],
    ),
    "ten and more": (
        "s3.put_object()\n" * 12,
        ["1:4 <module>:put_object", *(f"{line}:4 <module>:put_object#{line}" for line in range(2, 13))],
    ),
}


@pytest.mark.parametrize(("source", "expected"), NAMES.values(), ids=NAMES)
def test_names(source: str, expected: list[str]) -> None:
    """A pin that names them all fits, in any order and spelling."""
    report = report_source(source)
    found = [f"{site.call.line}:{site.call.column + 1} {site.name}" for site in report.sites if site.is_counted]
    assert found == expected
    names = [text.partition(" ")[2] for text in expected]
    for spelled in (names, names[::-1], [name.replace("f", "ｆ").replace("put", "ｐut") for name in names]):
        verdict = judge_file(read_pins(pinned(*spelled)), "a.py", report)
        assert (verdict.unnamed, verdict.gone, verdict.counted) == ([], [], verdict.pin.allowed)


def test_patterns_of_a_project(project: Project) -> None:
    """The method is what is called, under whatever name it is imported."""
    source = "import lib as l\nfrom lib import write as w\ndef f():\n    l.write()\n    w()\n    l.s3.to_csv()\n"
    names = ["f:write", "f:write#2", "f:to_csv"]
    patterns = 'patterns = ["lib.write", "lib.s3.to_*"]\n'
    project.write({"a.py": source, PINS: patterns + pinned(*names)})
    assert project.flake8("a.py") == ("", 0)
    project.write({PINS: patterns + pinned(*names[1:], "f:w")})
    places = [line.split()[:2] for line in project.flake8("a.py").lines]
    assert places == [["a.py:4:7:", "APR006"], ["a.py:5:5:", "APR006"]]


def test_method_that_python_itself_spells_otherwise(project: Project) -> None:
    """What getattr() gets keeps its spelling, and can be pinned all the same."""
    pins = 'patterns = ["lib.*"]\n' + pinned("<module>:ｗrite")
    project.write({"a.py": "import lib\ngetattr(lib, 'ｗrite')()\n", PINS: pins})
    assert project.flake8("a.py") == ("", 0)
