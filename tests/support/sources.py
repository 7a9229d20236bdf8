"""Hypothesis strategies for Python sources rich in PUT calls and in their look-alikes.

A text is grown from templates. ``<e>`` is any expression, ``<r>`` a method that is named and not
called, ``<c>`` a condition, ``<recv>`` a receiver, ``<m>`` a method's name, ``<n>`` a name, ``<s>`` a
string; ``<pe>`` and ``<pr>`` are ``<e>`` and ``<r>`` without yield, await and walrus; ``<fe>``,
``<fr>`` and ``<fc>`` (a call) can stand in an f-string. A line ``<B>``, ``<F>``, ``<A>``, ``<G>``,
``<C>`` or ``<L>`` is a block: the same scope's, a function's, a coroutine's, an async generator's, a
class's, a loop's.

The letters before a template say where it may stand: ``o`` only if open cases are wanted (the
design's words do not settle them), ``i`` not in an f-string, ``p`` not where only plain expressions
may stand, ``y`` only where ``yield`` may, ``w`` only where ``await`` may, ``v`` only where ``return``
with a value may, ``l`` only in a loop, ``M`` only in the module's own block, ``1`` ``2`` ``3`` only
from Python 3.11, 3.12, 3.13 on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
from functools import lru_cache

from hypothesis import strategies as st

NAMES = ["s3", "client", "x", "put", "save", "sv", "wr", "boto3", "b3"]
IMPORTED = ["po", "up", "O", "put_object", "upload_file"]
METHODS = ["put_object"] * 4 + ["upload_file", "upload_fileobj", "put", "get_object", "put_objects"]
METHODS += ["Put_object", "_put_object", "download_file", "to_parquet", "save", "Object"]
STRINGS = ["'k'", "'é'", "'日本'", "'😀'", "'put_object'", "'s3.put_object()'", "''", "'# noqa'", "b'x'"]
LONG_STRINGS = ['"""s3.put_object()\n"""', '"it\'s"', "'a' \\\n'b'", "('put_'\n'object')", "'\x0c'"]
LONG_STRINGS += ["'\u2028'", "'\x85é'", "r'\\d'", "'''\n\n# x.put_object()\n'''"]

# name, attribute, call and subscript chains a method hangs on
RECEIVERS = """
: <n>
: <n>
: self.s3
: self._clients[<s>]
: boto3.client('s3')
: boto3.client('s3', region_name='é')
: boto3.resource('s3').Object('b', <s>)
: Object('b', 'k')
: O(<n>)
: s3.Object(<pe>)
: self.get().clients[0]['a']
: factory()()
: (<n> or <n>)
: (lambda: <n>)()
: [<n>][0]
: <s>
: super()
: <n>.put_object(Body=<pe>)
: <n>[<pe>]
o: getattr(s3, 'Object')('b', 'k')
:w (await <n>())
:w (await <n>.make(<pe>))[0]
:y (yield)
:p (c := <n>)
"""

# a method that is named, not called
REFERENCES = """
: <recv>.<m>
: <recv>.<m>
: <recv>.<m>
: <n>.<m>
: <n>
: po
: up
: put_object
: O('b', <s>).put
: wrs3.<m>
: (<n>.<m>)
: <recv> . <m>
:\t<recv>.\t<m>
: getattr(<recv>, '<m>')
: getattr(<recv>, '<m>', None)
: getattr(<recv>, <n>)
o: getattr(*<n>, '<m>')
:i getattr(<recv>, "<m>")
:i getattr(\n    <recv>,\n    "<m>",\n)
:i (<recv>\n    .<m>)
:i (<recv>.\n    <m>)
:i (\n<recv>  # x.put_object(é)\n\t.<m>\n)
:i <recv> \\\n    .<m>
:i <recv>.\\\n<m>
"""

# statements and expressions about a method that is handed on, called or only looked at
EXPRESSIONS = """
: <r>(<pe>)
: <r>(Bucket='b', Key=<s>, Body=<pe>)
: <r>(<s>, 'b', <s>)
: <r>(*<n>, **<n>)
: 'é日😀', <r>(Key=<s>)
: <r>(Body=<r>(<e>))
: <r>()(<e>)
: <r>()[<s>]
: <r>().<m>(<e>)
: submit(<r>, <e>)
: submit(<e>, key=<r>)
: submit(*[<r>], **{'f': <r>})
: partial(<r>, Bucket='b')
: asyncio.to_thread(<r>, <s>)
: {'put': <r>, <s>: <e>}
: {**{'a': <r>}}
: [<r>, <e>]
: [*[<r>], <e>]
: {<r>, 1}
: (<r>, <e>)
: submit(lambda: <r>)
: submit(lambda f=<r>: f)
: submit(lambda é: <r>(é))
: submit(<r> if <n> else None)
: submit(None if <n> else <r>)
: submit(<n> or <r>)
: [<r> for _ in <n>]
: {<s>: <r> for _ in <n>}
: {<r> for _ in <n>}
: list(<r> for _ in <n>)
: [i for i in <r>(<pe>) if <r>(i)]
: [i for i in <n> if <c>]
: submit(1 if <c> else <e>)
: <n>
: <s>
: 1
: None
: ...
: <n>.generate_presigned_url('put_object', Params={})
: <n>.get_paginator('upload_file')
: <n>.put_object.assert_called_once()
: <r>.return_value
: submit(<r>.return_value, <r>.side_effect)
: <r>.return_value(<e>)
: <r> is <n>
: <n> != <r>
: <n> < <r> <= 1
: <r> in [1]
: callable(<r>)
: not callable(<r>)
: hasattr(<n>, 'put_object')
: setattr(<n>, 'put_object', <e>)
: mock.patch.object(<n>, 'put_object')
: f'{<n>} put_object() {{}}'
o: <r>
o: <r>
o: not <r>
o: <e> or <e>
o: <r> and <e>
o: submit(<r> and <n>)
o: (<e> if <c> else <e>)
o: <e> == <e>
o: callable(<e>)
o: callable(<n>, <r>)
o: bool(<r>)
o: getattr(<r>, 'put_object')
o: isinstance(<r>, <n>)
o: <r>[0]
o: <n>[<r>]
o: <n>[<r>:<e>]
o: {<r>: 1}
o: submit(*<r>, **<r>)
o: <n> >> <r>
o: -<r>
o: [i for i in <r>]
o: f'{<n>:>{1}}'
oi: f"{<fr>}"
oi: f"{<fr>!r:>{(<fe>)}}"
oi: builtins.getattr(<n>, "put_object")
oi: getattr(<n>, "put_" "object")
oi: getattr(<n>, "put_object", <r>)
:i f"é {(<fc>)} put_object()"
:i f"{<fc>}{<n>!r:>{(<fc>)}}"
:i rf'''
put_object() {
    (<fc>)
}'''
:i "é" f"{submit(<fr>)}"
:i submit(
    <e>,  # s3.put_object(1)
    <r>,
    f=<r>,
)
:i <r>(
    Bucket="b",
    Key=f"é/{<n>}",
    Body=<e>,
)
:i (boto3.client("s3")
    .<m>(
        <e>))
:i submit("é", \\
    <r>)
:i (  # put_object
    <r>
)(<e>)
:i [
    <r>(<pe>)
    for _ in <n>
    if <c>
]
:y (yield <r>)
:y (yield <r>(<e>))
:w (await <r>(<e>))
:w [await <n>.<m>(1), <r>]
:w [<r> async for _ in <n>]
:w (await asyncio.to_thread(<r>))
ow: (await <r>)
:p (put := <r>)
:p submit(a := <r>)
op: callable(put := <r>)
1: <n>[*<n>, submit(<r>)]
2i: f"{submit("é", <r>)} {f"{<r>(1)}"}"
2i: f"{
    <r>(  # put_object()
        <e>)
}"
"""

IMPORTS = """
: import boto3
: import boto3 as b3, asyncio
: import awswrangler as wr
: import awswrangler.s3
: import awswrangler.s3 as wrs3
: from .s3 import save as sv
: from ..store.s3 import put_object as po
: from functools import partial
: from lib.s3 import (
    upload_fileobj as up,  # put_object()
    Object as O,
)
M: from lib import *
M: from . import *
o: from lib import put_object
o: from . import put_object
o: from .. import client as s3, upload_file
o: from lib.s3 import Thing as Object, save, put
o: import put_object
o: import a.put_object as save
o: import x.upload_file, lib.x as x
o: from store import put_object as x; from other import get_object as po
o: from é.ü import upload_file as sv
"""

STATEMENTS = """
: <e>
: <e>
: <e>
: <r>(<e>)
: <r>(Key=<e>)
: x = <r>(<pe>)
: <e>; <e>; pass
: <r>
: x = <r>
: x = <e>
: x = y = <r>
: x, *y = <r>, <e>
: x: Any = <r>
: x: <pe> = <e>
: x += <r>(<e>)
: <n>.put_object = <e>
: <n>.put_object, x = <e>, <r>
: <n>.put_object += 1
: <n>.put_object: Any = 1
: del <n>.put_object, <n>.upload_file
: <n>.put_object(1).x = <e>
: <n>[<e>] = <r>
: for <n>.put_object in <n>: pass
: 'é'; <r>(<e>)
: pass  # s3.put_object(Key="é")
: assert <c>, <e>
: if <c>: <e>
: if <c>: x = 1; <r>(<e>)
: raise <n>(<r>)
: @<r>(<pe>)
def f(): pass
: x = \\
    <r>
: x = (
    'é',
    <r>
)
: 'put_object()'; x = <r> ; del x
:v return <r>
:v return <e>
:v return (
    <r>
)
:y yield <r>
:y yield <e>, <r>
:w await <r>(<e>)
:w x = await <r>(<e>)
ow: x = await <r>
oyv: yield from <r>
op: if (put := <pr>): pass
:l continue
:l break
o: x: <pr> = <r>
o: x += <r>
o: raise <r>
o: with <r> as p: <e>
o: for i in <r>: <e>
o: if (put := 1) and <r>: <e>
o: assert <n>, <r>
"""

BLOCKS = """
: if <c>:
    <B>
elif <c>:
    <B>
else:
    <B>
: while <c>:
    <L>
else:
    <B>
: for i in <e>:
    <L>
: with open(<pe>) as f, <r>(<pe>) as <n>.put_object:
    <B>
: with (
    open(<s>) as f,
    submit(<r>) as g,
):
    <B>
: try:
    <B>
except (A, <n>.B) as e:
    <B>
else:
    <B>
finally:
    <B>
: def put_object(self, é=<r>, *args, key=<r>, **kw):
    '''Docstring: s3.put_object(Key="é").'''
    <F>
: def upload_file(
    a,
    b=<r>,
):
    <F>
: def f(a, /, b: <pe> = <r>) -> None:
    <F>
: @partial(<r>, <pe>)
@wraps
def f():
    <F>
: @<r>
def f():
    <F>
: async def put_object(a=<r>):
    <A>
: async def g(a: 's3.put_object()' = <r>):
    <A>
: async def h():
    yield <pr>
    <G>
: class Uploader(Base, metaclass=make(<r>)):
    '''s3.put_object()'''
    put = <pr>
    <C>
: @register(<r>)
class put_object:
    def __init__(self):
        <F>
: match <n>:
    case s3.put_object:
        <B>
    case [x, *_] if <c>:
        <B>
    case {'put_object': 1, **rest}:
        <B>
    case 'put_object' | boto3.upload_file:
        <B>
    case _:
        <B>
: match <r>(<pe>), <n>:
    case (Point(x=s3.put_object), y):
        <B>
:w async with <r>(<e>) as p:
    <B>
:w async for i in <n>.list(<r>):
    <L>
o: def f(a: <pr> = 1, *b: <pr>) -> <pr>:
    <F>
o: class A(<r>, key=<r>):
    <C>
o: match <r>:
    case s3.put_object(1) | {s3.put_object: 2}:
        <B>
o: try:
    <B>
except <r>:
    <B>
1: try:
    <B>
except* (A, B) as e:
    submit(<r>, <e>)
2: type Alias[T] = list[submit(<fr>)]
o2: type Alias[T: <fr>, *Ts, **P] = <fr>
2: def f[T: (int, str)](a: T = <r>) -> T:
    <F>
2: class A[T](Base, key=make(<n>)):
    <C>
o3: class A[T = <fr>, **P = [int]]:
    <C>
"""


def _table(text: str) -> list[tuple[frozenset[str], str]]:
    """Read a table: each entry begins at a line ``flags: template`` or ``:flags template``."""
    found = re.split(r"\n(?=[oiMywvlp123]*:(?:[a-zM]+ |[ \t]))", text.rstrip("\n"))
    rows = []
    for entry in found[1:]:
        first, rest = entry.split(":", 1)
        match = re.match(r"([a-zM]*)[ \t]", rest)
        assert match is not None, entry
        rows.append((frozenset(first + match[1]), rest[match.end():]))
    return rows


TABLES = {
    "receivers": _table(RECEIVERS),
    "references": _table(REFERENCES),
    "expressions": _table(EXPRESSIONS),
    "imports": _table(IMPORTS),
    "statements": _table(STATEMENTS),
    "blocks": _table(BLOCKS),
}
CLOSED = re.compile(r"(?:submit|partial|list|callable|<r>)\(.*\)$|\[.*\]$|\{.*\}$|\w+$", re.DOTALL)
SLOT = re.compile(r"<(\w+)>")
BLOCK_LINE = re.compile(r"^([ ]*)<([BFAGCL])>$", re.MULTILINE)
Draw = Callable[[st.SearchStrategy[str]], str]


@dataclass(frozen=True)
class Place:
    """Where in the source a text is to stand."""

    allowed: frozenset[str]
    depth: int = 3

    def without(self, letters: str) -> Place:
        """Return the place with some permissions taken."""
        return replace(self, allowed=self.allowed - set(letters))

    def block(self, kind: str) -> Place:
        """Return the place of a block of a kind."""
        permissions = {"F": "yv", "A": "wv", "G": "wy", "C": ""}
        allowed = self.allowed - {"M"}
        if kind == "L":
            allowed |= {"l"}
        elif kind in permissions:
            allowed = (allowed - set("ywvl")) | set(permissions[kind])
        return replace(self, allowed=allowed, depth=self.depth - 1)


@lru_cache(maxsize=None)
def _choice(table: str, allowed: frozenset[str]) -> st.SearchStrategy[str]:
    """Choose among a table's templates that may stand at a place."""
    return st.sampled_from([text for flags, text in TABLES[table] if flags <= allowed])


def _fill(draw: Draw, template: str, place: Place) -> str:
    """Replace the slots of a template."""
    return SLOT.sub(lambda found: _slot(draw, found[1], place), template)


def _slot(draw: Draw, kind: str, place: Place) -> str:
    """Draw the text of a slot."""
    if kind == "n":
        return draw(st.sampled_from(NAMES + (IMPORTED if "o" in place.allowed else [])))
    if kind == "m":
        return draw(st.sampled_from(METHODS))
    if kind == "s":
        long = LONG_STRINGS if "i" in place.allowed else []
        return draw(st.sampled_from(STRINGS + long))
    if kind in ("fe", "fr", "fc"):
        place = place.without("ipyw")
        kind = {"fe": "e", "fr": "r", "fc": "call"}[kind]
    if kind in ("pe", "pr"):
        place, kind = place.without("pyw"), kind[1]
    if kind == "c":
        return _condition(draw, place)
    inner = replace(place, depth=place.depth - 1)
    if place.depth <= 0:
        return {"e": "1", "recv": "s3", "r": "s3.put_object", "call": "s3.put_object()"}[kind]
    if kind == "recv":
        return _fill(draw, draw(_choice("receivers", place.allowed)), inner)
    if kind == "r":
        return _fill(draw, draw(_choice("references", place.allowed)), inner)
    if kind == "call":
        return _fill(draw, "<r>(<pe>)", inner)
    assert kind == "e", kind
    template = draw(_choice("expressions", place.allowed))
    # what is in it may stand in a lambda or a comprehension
    text = _fill(draw, template, inner.without("pyw"))
    return text if CLOSED.match(template) else f"({text})"


def _condition(draw: Draw, place: Place) -> str:
    """Draw a condition; where open cases are not wanted, one that the design's words settle."""
    texts = ["<n>", "<r>", "<r>(<pe>)", "<r> is None", "callable(<r>)", "not <r>"]
    if "o" in place.allowed:
        texts += ["<pe>", "<n> and <r>", "<r> or not <n>", "(<r> if <n> else <r>)"]
    return _fill(draw, draw(st.sampled_from(texts)), replace(place.without("pyw"), depth=place.depth - 1))


def _statement(draw: Draw, place: Place) -> str:
    """Draw one statement, a compound one only where there is depth for it."""
    kinds = ["statements"] * 4 + ["imports"] + (["blocks"] * 3 if place.depth > 0 else [])
    kind = draw(st.sampled_from(kinds))
    template = draw(_choice(kind, place.allowed))
    parts = BLOCK_LINE.split(template)
    texts = [_statement_text(draw, parts[0], place)]
    for indent, block, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        first = texts[-1].rstrip().endswith(":")  # no statement of the block is in the template
        unit = draw(st.sampled_from(["", "", "\t", "  "])) if first else ""
        texts.append(_indent(_block(draw, place.block(block)), indent + unit))
        texts.append(_statement_text(draw, rest, place))
    return "".join(texts)


def _statement_text(draw: Draw, template: str, place: Place) -> str:
    """Fill a part of a statement; its expressions get a depth of their own."""
    return _fill(draw, template, replace(place, depth=min(3, place.depth + 2)))


def _indent(text: str, prefix: str) -> str:
    """Indent each line of a block, the inside of its strings too."""
    return "\n".join(prefix + line for line in text.split("\n"))


def _block(draw: Draw, place: Place) -> str:
    """Draw one to three statements."""
    count = len(draw(st.sampled_from(["1", "1", "12", "123"])))
    return "\n".join(_statement(draw, place) for _ in range(count))


@st.composite
def _module(draw: Callable[[st.SearchStrategy[str]], str], allowed: frozenset[str]) -> str:
    """Draw a module: perhaps a docstring, then statements and comments between them."""
    place = Place(allowed)
    head = draw(st.sampled_from(["", "", "'''é: s3.put_object().'''\n", "# -*- coding: utf-8 -*-\n\n"]))
    count = len(draw(st.sampled_from(["1", "12", "123", "12345", "1234567"])))
    texts = [_statement(draw, place) for _ in range(count)]
    between = draw(st.sampled_from(["\n", "\n\n", "\n# s3.put_object()  # noqa\n", "\n\x0c\n"]))
    return head + between.join(texts) + draw(st.sampled_from(["\n", "", "\n\n", "  # é\n"]))


def modules(
    version: tuple[int | str, ...] = (3, 10), *, settled: bool = False
) -> st.SearchStrategy[str]:
    """Return a strategy for module texts that a version of Python, and each later one, can parse.

    With ``settled``, only forms whose counting the design's words settle.
    """
    allowed = set("ipM") if settled else set("ipMo")
    for letter, since in (("1", (3, 11)), ("2", (3, 12)), ("3", (3, 13))):
        if version[:2] >= since:
            allowed.add(letter)
    return _module(frozenset(allowed))
