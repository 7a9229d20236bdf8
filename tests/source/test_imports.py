from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from support import growth
from support import LINEAR
from support.calls import find
from support.calls import places

OWN = ("*.put_object", "fs.put", "lib.save", "upload")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # what is imported
        ("from lib import put_object as po\npo()", ["2:0 put_object"]),
        ("from lib.s3 import put_object as po, x\nmap(po, x)", ["2:4 put_object"]),
        ("from . import put_object\nput_object()", ["2:0 put_object"]),
        ("from .s3 import put_object as up\nup()", ["2:0 put_object"]),
        ("import lib\nlib.save()", ["2:4 save"]),
        ("import lib as l\nl.save()", ["2:2 save"]),
        ("import a.lib as l\nl.save()", ["2:2 save"]),
        ("import lib.x\nlib.save()", ["2:4 save"]),
        ("from a import lib as l\nl.save()", ["2:2 save"]),
        ("from lib import save as s\ns()", ["2:0 save"]),
        ("def f():\n    from lib import save\n    def g(): save()", ["3:13 save"]),
        ("try:\n  from a import put_object\nexcept E:\n  from b import f as put_object\nput_object()", [
            "5:0 put_object",
        ]),
        ("match x:\n  case 1:\n    from lib import save\nsave()", ["4:0 save"]),
        ("class C:\n  from lib import save\n  save()", ["3:2 save"]),
        # a name may always stand for itself, and for each thing that it is imported as
        ("import os as fs\nfs.put()", ["2:3 put"]),
        ("import fs as f\nimport os as f\nf.put()", ["3:2 put"]),
        ("try:\n  import lib as l\nexcept ImportError:\n  l = None\nl.save()", ["5:2 save"]),
        ("from lib import save as s\ns = retry(s)\ns()", ["2:10 save", "3:0 save"]),
        # imported by another scope, and perhaps seen here
        ("s = None\ndef f():\n  global s\n  from lib import save as s\ndef g(): s()", ["5:9 save"]),
        ("def f():\n  s = None\n  def g():\n    nonlocal s\n    from lib import save as s\n  s()", ["6:2 save"]),
        ("def f():\n  import lib as l\ndef g(): l.save()", ["3:11 save"]),
        # star imports
        ("from lib import *\nput_object()", ["2:0 put_object"]),
        ("from a import *\nfrom b.lib import *\nsave()", ["3:0 save"]),
        ("from a import *\nx.save()\nlib.save()", ["3:4 save"]),
        ("from lib import *\ndef f():\n  from x import save\ndef g(): save()", ["4:9 save"]),
        # a pattern of one component: a function that is imported or defined
        ("from x import upload as u\nmap(u, y)", ["2:4 upload"]),
        ("from x import *\nupload()", ["2:0 upload"]),
        ("def upload(): ...\nupload()", ["2:0 upload"]),
        ("async def upload(): ...\nmap(upload, x)", ["2:4 upload"]),
        ("class upload: ...\nupload()", ["2:0 upload"]),
        ("def upload(): ...\ndef f(upload=upload): ...", ["2:13 upload"]),
        ("def upload(): ...\nupload = retry(upload)", ["2:15 upload"]),
        ("def f():\n  global upload\n  def upload(): ...\nupload()", ["4:0 upload"]),
        ("x.upload()\nimport lib\nsubmit(lib.upload)", ["1:2 upload", "3:11 upload"]),
        ("import lib.s3\nsubmit(lib.s3.upload)", ["2:14 upload"]),
    ],
)
def test_counted(source: str, expected: list[str]) -> None:
    assert places(source, OWN) == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("put_object()\nsave()", id="nothing binds the name"),
        pytest.param("import put_object as po", id="an import is no call"),
        pytest.param("import a.lib\na.save()", id="the first name of a module's path is what is bound"),
        pytest.param("from lib import get as save\nsave()", id="something else of that name"),
        pytest.param("put_object = x\nput_object()", id="a variable"),
        pytest.param("upload()", id="one component: nothing binds the name"),
        pytest.param("upload = x\nupload()\nf(upload)", id="one component: a variable"),
        pytest.param("def upload(): ...\ndef f(upload): g(upload=upload)", id="one component: shadowed by a parameter"),
        pytest.param("f(x.upload)\ndef f(self, upload): self.upload = upload", id="one component: an attribute"),
        pytest.param("class C:\n  def upload(self): ...\n  def f(self): upload()", id="one component: a method"),
        pytest.param("class put_object: ...\nput_object()", id="two components: a class of the file"),
    ],
)
def test_not_counted(source: str) -> None:
    assert places(source, OWN) == []


SHADOWS = {
    "a parameter": "def f(NAME): USE",
    "a positional parameter": "def f(NAME, /): USE",
    "a keyword parameter": "def f(*, NAME): USE",
    "more parameters": "def f(*NAME): USE",
    "more keywords": "def f(**NAME): USE",
    "a parameter of a coroutine": "async def f(NAME): USE",
    "a parameter around it": "def f(NAME):\n  def g(): USE",
    "a parameter around a class": "def f(NAME):\n  class C:\n    USE",
    "a parameter of a lambda": "x = lambda NAME: USE",
    "assigned": "def f():\n  NAME = x\n  USE",
    "assigned with a type": "def f():\n  NAME: T = x\n  USE",
    "assigned in place": "def f():\n  NAME += x\n  USE",
    "unpacked": "def f():\n  [a, (*NAME, b)] = x\n  USE",
    "deleted": "def f():\n  del NAME\n  USE",
    "a walrus in a comprehension": "def f():\n  [y for y in x if (NAME := y)]\n  USE",
    "a walrus in an argument's default": "def f():\n  def g(x=(NAME := 1)): ...\n  USE",
    "a walrus in a decorator": "def f():\n  @(NAME := x)\n  class C: ...\n  USE",
    "a loop": "def f():\n  for NAME in x: USE",
    "with": "def f():\n  with x as NAME: USE",
    "an exception": "def f():\n  try: ...\n  except E as NAME: USE",
    "a pattern": "def f():\n  match x:\n    case [NAME]: USE",
    "a star in a pattern": "def f():\n  match x:\n    case [*NAME]: USE",
    "the rest in a pattern": "def f():\n  match x:\n    case {**NAME}: USE",
    "a list": "[USE for NAME in x]",
    "a set": "{USE for NAME in x}",
    "a dict": "{1: USE for NAME in x}",
    "a generator": "(USE for NAME in x)",
    "the second iterable": "[1 for NAME in x for y in USE]",
}
if sys.version_info >= (3, 12):
    SHADOWS["a type parameter"] = "def f[NAME](): USE"
    SHADOWS["a type alias"] = "def f():\n  type NAME = x\n  USE"


@pytest.mark.parametrize("source", SHADOWS.values(), ids=SHADOWS)
@pytest.mark.parametrize(
    ("imported", "use"),
    [("from fs import put as NAME", "NAME()"), ("import fs as NAME", "NAME.put()"), ("from fs import *", "NAME()")],
)
def test_shadowed(imported: str, source: str, use: str) -> None:
    """One rule: what a scope binds is no import from further out. The binding is not seen outside of the scope."""
    name = "put" if imported.endswith("*") or "put" in imported else "files"
    source = f"{imported}\n{source}\n".replace("USE", use).replace("NAME", name)
    assert places(source, ["fs.put"]) == []
    outside = "put()" if name == "put" else "files.put()"
    assert [call.line for call in find(f"{source}{outside}\n", ["fs.put"])] == [source.count("\n") + 1]


@pytest.mark.parametrize("source", ["def put(): s3.put_object()", "put = f"])
def test_bound_by_the_module(source: str) -> None:
    """A star import brings nothing that the module binds by name."""
    assert places(f"from fs import *\n{source}\nput()\ndef f(): put()", ["fs.put"]) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(put): ...", id="a parameter of another function"),
        pytest.param("class C:\n  put = 1\n  def f(self): put()", id="in a class: its methods do not see it"),
        pytest.param("class C:\n  put()\n  put = 1", id="in a class: it may be read before"),
        pytest.param("class C:\n  def put(self): put()", id="a method"),
        pytest.param("def f():\n  global put\n  put = retry(put())", id="declared global"),
        pytest.param("[put for put in put()]", id="the first iterable of a comprehension"),
        pytest.param("def f(put=put()): ...", id="the default of a parameter"),
        pytest.param("f = lambda put=put(): 0", id="the default of a lambda's parameter"),
        pytest.param("@put()\ndef f(put): ...", id="a decorator"),
        pytest.param("def f(x: put()): put = 1", id="an annotation"),
    ],
)
@pytest.mark.parametrize("imported", ["from fs import put", "from fs import *"])
def test_not_shadowed(imported: str, source: str) -> None:
    assert len(places(f"{imported}\n{source}\nput()", ["fs.put"])) == 1 + source.count("put()")


@pytest.mark.once
@pytest.mark.parametrize(
    "make",
    [
        lambda size: "".join(f"from lib{i} import save as s{i}\ns{i}()\n" for i in range(size)),
        lambda size: "".join(f"from lib{i} import x\n" for i in range(size)) + "x.save()\nx().save()\nx()\n" * size,
        lambda size: "".join(f"from lib{i} import *\n" for i in range(size))
        + "".join(f"x{i}.save()\nx{i}()\n" for i in range(size)),
        lambda size: "".join(f"def f{i}():\n  global x\n  import a{i} as x\n  x.save()\n" for i in range(size)),
    ],
    ids=["imports", "imports of one name", "star imports", "global imports"],
)
def test_grows_with_the_source(make: Callable[[int], str]) -> None:
    """168 KB of imports took 18 s."""
    assert growth(make, lambda source: find(source, ["lib.save", "y().save"]), 25) < LINEAR
