"""Names of PUT calls: pins that name all calls of a file are silent, whatever their scopes look like."""
from __future__ import annotations

import pytest
from support.reports import read_pins
from support.reports import report_source

from flake8_artifact_pin.rules.verdict import judge_file

pytestmark = pytest.mark.once

# A comment has the names of the calls on its line, in the order of the source.
SCOPES = """\
s3.put_object(Body=s3.put_object)  #! <module>:put_object <module>:put_object#2
class A:
    s3.put_object()  #! A:put_object
    def f(self):
        s3.put_object()  #! A.f:put_object
        class B:
            s3.put_object()  #! A.f.B:put_object
            async def g(self):
                await s3.put_object()  #! A.f.B.g:put_object
                def f(): s3.put_object()  #! A.f.B.g.f:put_object
    def f(self):
        s3.put_object()  #! A.f:put_object#2
@s3.put_object()  #! <module>:put_object#3
def f(x=s3.upload_file()):  #! <module>:upload_file
    s3.put_object()  #! f:put_object
@retry(s3.put_object)  #! <module>:put_object#4
class C(base(s3.put_object())):  #! <module>:put_object#5
    x: s3.put_object() = 1  #! C:put_object
    @s3.put_object  #! C:put_object#2
    async def g(self, *, y=s3.put_object) -> s3.put_object():  #! C:put_object#3 C:put_object#4
        yield [s3.put_object() for _ in x]  #! C.g:put_object
f = lambda: s3.put_object()  #! <module>:put_object#6
if s3.put_object():  #! <module>:put_object#7
    with s3.put_object() as y: s3.upload_file()  #! <module>:put_object#8 <module>:upload_file#2
match f'{s3.put_object()}':  #! <module>:put_object#9
    case x if s3.put_object(): s3.upload_file()  #! <module>:put_object#10 <module>:upload_file#3
"""
SPELLINGS = """\
from lib import put_object as po
def fi(s3):
    submit(s3.upload_file, 'a')  #! fi:upload_file
    getattr(s3, 'put_object')()  #! fi:put_object
    callable(getattr(s3, 'put_object'))
    po()  #! fi:put_object#2
    return s3.put_object if s3 else s3.upload_fileobj  #! fi:put_object#3 fi:upload_fileobj
def ﬁ():
    s3.ｐut_object()  #! fi:put_object#4
class Ⅳ:
    def ｆ(self): s3.𝐩𝐮𝐭_object()  #! IV.f:put_object
def é(): s3.put_object()  #! é:put_object
def e\u0301(): s3.put_object()  #! é:put_object#2
"""
# The method is what is called, under whatever name it is imported; what getattr() gets can be spelled otherwise.
PATTERNS = """\
import lib as l
from lib import write as w
def f():
    l.write()  #! f:write
    w()  #! f:write#2
    l.s3.to_csv()  #! f:to_csv
    getattr(l, 'ｗrite_x')()  #! f:write_x
"""


@pytest.mark.parametrize(
    ("source", "patterns"), [(SCOPES, ()), (SPELLINGS, ()), (PATTERNS, ("lib.write*", "lib.s3.to_*", "lib.?rite_x"))],
)
def test_names(source: str, patterns: tuple[str, ...]) -> None:
    """A pin that names them all fits, in any order and spelling."""
    report = report_source(source, patterns)
    expected = [line.partition("#! ")[2].split() for line in source.splitlines()]
    found: list[list[str]] = [[] for _ in expected]
    for site in report.sites:
        found[site.call.line - 1].append(site.name)
    assert found == expected
    names = [name for line in expected for name in line]
    for spelled in (names, names[::-1], [name.replace("f", "ｆ").replace("put", "ｐut") for name in names]):
        pins = '[pins."a.py".calls]\n' + "".join(f'"{name}" = {{}}\n' for name in spelled)
        verdict = judge_file(read_pins(pins), "a.py", report)
        assert (verdict.unnamed, verdict.gone, verdict.counted) == ([], [], verdict.pin.allowed)


def test_calls_that_do_not_count_have_no_name() -> None:
    comments = ("", "  # noqa: APR001 - why", "  # noqa: APR001", "  # noqa", "  #noqa: APR001 - why")
    report = report_source("".join(f"s3.put_object(){comment}\n" for comment in comments))
    numbers = [site.name.removeprefix("<module>:put_object") if site.name else "none" for site in report.sites]
    assert numbers == ["", "none", "#2", "#3", "#4"]
