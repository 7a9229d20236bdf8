"""Random sources: the PUT calls that an oracle finds, and what is said of them under this and that pin."""
from __future__ import annotations

import ast
import json
import re
import sys
import zlib
from collections.abc import Iterator
from collections.abc import Sequence
from random import Random

import oracle
from fuzz_base import ensure
from fuzz_base import ensure_findings
from fuzz_base import lines_of
from fuzz_base import MATCHER
from fuzz_base import NOWHERE
from fuzz_base import parsed
from fuzz_base import said_of
from fuzz_base import SOURCE_NAME

from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import report_file

IS_3_12 = sys.version_info >= (3, 12)

# ``{e}`` is any expression, ``{r}`` a method that is not called there, ``{o}`` an object, ``{n}`` a name, ``{s}`` a
# string, ``{m}`` the name of a method
GRAMMAR = {
    "n": ["s3", "client", "x", "save", "put", "po", "O", "b3", "wr", "é", "self.s3"],
    "s": [
        "'k'", '"é"', "'''a\nb'''", "'put_object'", "f'{{x}}/k'", "'# no'", '"😀"', "b'x'", "r'\\d'", "'a' \\\n'b'",
        "('put_'\n'object')", "'\x0c'", "'\u2028'", "'\x85é'", '"""s3.put_object()\n"""',
        "'''\n\n# x.put_object()\n'''",
    ],
    "m": [
        *["put_object"] * 4, "upload_file", "upload_fileobj", "put", "get_object", "_put_object", "put_objects", "save",
        "ｐut_object",
    ],
    "o": [
        "{n}", "{n}", "{n}", "self.clients[{s}]", "boto3.client('s3')", "Object('b', {s})", "O({n})", "({n} or {n})",
        "boto3.resource('s3').Object({s}, 'k')", "{n}.put_object(Body={e})", "{n}[{e}]", "(lambda: {n})()", "super()",
        "self.get().clients[0]['a']", "factory()()", "[{n}][0]", "{s}", "(await {n}())", "(yield)", "(c := {n})",
    ],
    "r": [
        "{o}.{m}", "{o}.{m}", "{o}.{m}", "{o} . {m}", "({o}\n.{m})", "getattr({o}, '{m}')", "getattr({o}, '{m}', None)",
        "po", "up", "Object('b', {s}).put", "({o}.  # x.put_object()\n  {m})", "{o}. \\\n {m}", "put_object",
        "wrs3.{m}", "({n}.{m})", "{o}.\t{m}", "getattr(\n    {o},\n    '{m}',\n)",
    ],
    "e": [
        "{r}({e})", "{r}(Key={s}, Body={e})", "{r}({s}, 'b', {s})", "{r}(*{n}, **{n})", "submit({r}, {e})",
        "submit(f={r})", "partial({r}, Bucket={s})", "{{'put': {r}, {s}: {e}}}", "[{r}, {e}]", "({e}, {r})",
        "(lambda: {r})", "(lambda f={r}: f)", "submit({r} if {n} else None)", "submit({n} or {r})",
        "[{r}({e}) for _ in {n}]", "[i for i in {n} if {r}(i)]", "{n}.generate_presigned_url('put_object')",
        "{r}.return_value", "{n}.put_object.assert_called_once()", "({r} is {n})", "callable({r})",
        "(not callable({r}))", "hasattr({n}, 'put_object')", "{n}", "{n}", "{s}", "{s}", "1", "None",
        "f'{n} put_object()'", "{r}()[{e}]", "{r}()({e})", "submit(*[{r}])", "{r}().{m}({e})", "{{**{{'a': {r}}}}}",
        "[*[{r}], {e}]", "{{{r}, 1}}", "submit(None if {n} else {r})", "{{{s}: {r} for _ in {n}}}",
        "{{{r} for _ in {n}}}", "list({r} for _ in {n})", "submit(1 if {e} else {e})", "submit({r}.return_value)",
        "({n} < {r} <= 1)", "({r} in [1])", "setattr({n}, 'put_object', {e})", "mock.patch.object({n}, 'put_object')",
        "submit(lambda é: {r}(é))", "(await {r}({e}))", "[{r} async for _ in {n}]", "(yield {r}({e}))",
        "submit(a := {r})", "submit(\n    {e},  # s3.put_object(1)\n    f={r},\n)", "(  # put_object\n    {r}\n)({e})",
        "rf'''\nput_object() {{\n    {n}\n}}'''", "asyncio.to_thread({r}, {s})", "('é日😀', {r}(Key={s}))",
    ],
    "S": [
        "{e}", "{e}", "{r}({e})", "x = {r}({e})", "x = {r}", "x = y = {e}", "x: int = {r}", "x += {r}({e})",
        "return {r}", "return {e}", "{n}.put_object = {e}", "del {n}.put_object", "assert callable({r}), {e}",
        "raise x({e})", "pass", "yield {r}", "x = await {r}({e})", "{e}; {e}", "'s3.put_object()'",
        "# s3.put_object()\npass", "global y", "nonlocal z", "break", "for {n}.put_object in {e}: pass",
        "if {r}({e}): x = {r}", "x = (\n  {r},\n  {e})", "{r}", "x, *y = {r}, {e}", "{n}.put_object, x = {e}, {r}",
        "{n}.put_object += 1", "{n}.put_object: Any = 1", "{n}.put_object(1).x = {e}", "{n}[{e}] = {r}",
        "x = \\\n    {r}", "pass  # s3.put_object(Key='é')", "f'{{submit({n})}}'", "{I}", "{I}",
        *["type Alias[T] = list[submit({n}.put_object)]"] * IS_3_12,
    ],
    "H": [
        "def f({n}={r}):", "def g(self, a: int = {e}, *b, c={r}, **d):", "async def f():", "async def h(a={r}):",
        "class C:", "class C({e}, key=make({r})):", "@{r}({e})\ndef f():", "@partial({r})\nclass D:", "if {e}:",
        "while {e}:", "for i in {e}:", "with {r}({e}) as p:", "with open({s}) as f, x({r}):", "def put_object(s3):",
        "def é():", "class put_object:", "with (\n    open({s}) as f,\n    submit({r}) as g,\n):",
        "if {e}: pass\nelse:",
        "try: {n}\nexcept (A, {n}.B) as e: {e}\nfinally:", "async for i in {n}.list({r}):", "@{r}\ndef f():",
        "async with {r}({e}) as p:", "match {n}:\n  case s3.put_object: {e}\n  case [x, *_] if {n}:",
        "match {r}({e}), {n}:\n  case (Point(x=s3.put_object), y):",
        *["def f[T: (int, str)](a: T = {r}) -> T:"] * IS_3_12,
    ],
    "I": [
        "import boto3", "import awswrangler as wr", "from lib import put_object as po",
        "from .lib import (\n  upload_file as up)", "from lib import Object as O", "from . import save",
        "import lib.s3 as s3", "import boto3 as b3, asyncio", "import awswrangler.s3", "import awswrangler.s3 as wrs3",
        "from functools import partial", "from lib import *",
    ],
}
SOURCE_WORDS = [
    word.encode()
    for word in (
        *"put_object upload_file put s3 . ( ) [ ] { } , : = == ; # ' \" ''' f'{ }' b' * ** := -> @ ~ - //".split(),
        "\\\n", "\t", "\n",
        "lambda ", "await ", "async ", "yield ", "not ", " if ", " else ", " for i in ", " in ", " is ", " and ",
        " or ", "def f():", "class C:", "\n    ", "getattr(", "callable(", "import put_object", "from x import ",
        " as ", "global s3", "del ", "return ", "try:\n", "except ", "finally:", "with ", "é", "ｐut_object", "\x0c",
        "\r", "\r\n", "\x00", "\u2028", "\ufeff", "0x", "1_0", "...", "None", "match x:\n case ", "0", "1e5",
        "# -*- coding: latin-1 -*-\n",
    )
]
FIELD = re.compile(r"\{([a-zA-Z])\}|(\{\{|\}\})")
DEPTH = 3


def grow(random: Random, symbol: str, depth: int) -> str:
    options = GRAMMAR[symbol]
    if depth > DEPTH:
        options = {"e": ["x", "1", "'k'"], "o": ["s3", "x"], "r": ["s3.put_object", "po", "x.put"]}.get(symbol, options)

    def fill(match: re.Match[str]) -> str:
        return match[2][0] if match[2] else grow(random, match[1], depth + 1)

    return FIELD.sub(fill, random.choice(options))


def block(random: Random, depth: int) -> Iterator[str]:
    for _ in range(random.choice((1, 1, 2, 3))):
        if depth < 3 and random.random() < 0.4:
            yield grow(random, "H", 1)
            for text in block(random, depth + 1):
                yield "    " + text.replace("\n", "\n    ")
        else:
            yield grow(random, "S", 1)


def source_text(random: Random) -> str:
    imports = random.sample(GRAMMAR["I"], random.randrange(4))
    return "\n".join([*imports, *(text for _ in range(random.choice((1, 2, 3))) for text in block(random, 0))]) + "\n"


def report_of(tree: ast.AST, lines: Sequence[str]) -> FileReport:
    return report_file(tree, lines, SOURCE_NAME, lambda line: lines[line - 1] if line <= len(lines) else None, MATCHER)


def named_pins(names: Sequence[str]) -> Pins:
    text = '[pins."a.py".calls]\n' + "".join(f"{json.dumps(name, ensure_ascii=False)} = {{}}\n" for name in names)
    pins = parse_pins(Pins(f"{NOWHERE}/artifact-pins.toml", NOWHERE), text)
    ensure(not pins.faults, "a name of a call is no name", pins.faults)
    return pins


def perturbed(random: Random, names: Sequence[str]) -> list[str]:
    """Return what a pin may name when calls have these names: these, in any order, or some others."""
    pinned = random.sample(names, len(names))
    choice = random.randrange(5)
    if pinned and choice == 1:
        pinned.pop()
    if choice == 2:
        pinned.append("gone.f:put_object")
    if pinned and choice == 3:
        pinned[0] = "renamed:put_object"
    if pinned and choice == 4:
        pinned[0] = re.sub("#[0-9]+$", "", pinned[0]) + f"#{random.randint(2, 4)}"
    return list(dict.fromkeys(pinned))


def check_sources(data: bytes) -> str:
    lines = lines_of(data)
    tree = parsed(lines)
    if tree is None:
        return "no Python"
    report = report_of(tree, lines)
    for site in report.sites:
        ensure(1 <= site.call.line <= len(lines), "a call is not within the lines", site.call)
        ensure(0 <= site.call.column < len(lines[site.call.line - 1]), "a call is not within its line", site.call)
    ensure_findings(said_of(Pins("", NOWHERE), report), lines)
    if not is_settled(tree):
        return "not settled"
    expected = oracle.put_calls("".join(lines))
    actual = sorted((site.call.line, site.call.method) for site in report.sites)
    ensure(actual == expected, "found", actual, "not", expected)
    names = list(report.names)
    ensure(len(set(names)) == len(names), "a name twice", names)
    ensure_named(report, names, lines)
    pinned = perturbed(Random(zlib.crc32(data)), names)
    findings = said_of(named_pins(pinned), report)
    ensure_findings(findings, lines)
    codes = {finding.code for finding in findings}
    if len(pinned) != len(names):
        wanted = "APR002" if len(pinned) > len(names) else "APR001"
        ensure(wanted in codes, "pinned", pinned, "counted", names, "said", findings)
    # a pin that counts knows no names
    counting = Pins(f"{NOWHERE}/artifact-pins.toml", NOWHERE, pins={"a.py": Pin("a.py", "a.py", len(pinned))})
    codes = {finding.code for finding in said_of(counting, report)}
    expected_codes = {"APR002"} if len(pinned) > len(names) else {"APR001"} if len(pinned) < len(names) else set()
    ensure(codes - {"APR011"} == expected_codes, "pinned", len(pinned), "counted", len(names), "said", codes)
    if not names:
        return "no call"
    return f"{min(len(names), 5)}{'+' * (len(names) >= 5)} calls, {'other' if findings else 'the same'} names"


def ensure_named(report: FileReport, names: Sequence[str], lines: Sequence[str]) -> None:
    """Nothing is said if the pin names the calls as they are."""
    findings = [finding for finding in said_of(named_pins(names), report) if finding.code != "APR011"]
    ensure(findings == [], "said, in spite of the names", names, findings)


def is_settled(tree: ast.AST) -> bool:
    """Return whether the words of the design say which calls count: only of such sources can an oracle be asked."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            # a name that is not spelled out is no name
            if len(node.args) > 1 and not isinstance(node.args[1], ast.Constant):
                return False
    return True
