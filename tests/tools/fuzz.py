"""Throw very many random texts at the plugin: ``python tests/tools/fuzz.py pins|sources|comments|registry|all``.

Each case is made from the seed and its number alone; ``fuzz_guided.py`` lets coverage choose. What must hold is checked
against readings of the same text that share no code with the package, and against flake8 itself. Prints how fast that
went and what the cases were, or the smallest input found that breaks a rule, and then exits with 1. ``all`` shares the
cases among the kinds; with several cores, run it several times with different seeds.
"""
from __future__ import annotations

import argparse
import ast
import io
import json
import os
import re
import sys
import tempfile
import time
import tokenize
import traceback
import unicodedata
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any
from typing import NamedTuple

import oracle
import tomli
import yaml
from flake8.defaults import NOQA_INLINE_REGEXP
from flake8.processor import FileProcessor
from flake8.utils import parse_comma_separated_list
from flake8.violation import Violation

from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.cli.output import printable
from flake8_artifact_pin.registry.load import load_registry
from flake8_artifact_pin.registry.load import RegistryRow
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import report_file
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.findings import judge
from flake8_artifact_pin.rules.findings import judge_pins
from flake8_artifact_pin.rules.findings import with_visible_places

# what does not exist: no directory may stand where a pins file has a path
NOWHERE = "/no such directory"
# a checker's file is only a name, and flake8 may look for it
SOURCE_NAME = "no such file.py"
MATCHER = compile_patterns(DEFAULT_PATTERNS)
SHRINKING = 20_000


class Broken(Exception):
    """A rule does not hold."""


def ensure(holds: bool, *facts: object) -> None:
    if not holds:
        raise Broken(", ".join(fact if isinstance(fact, str) else repr(fact) for fact in facts))


def ensure_message(text: str) -> None:
    """A message is one line, and no client takes a piece of it for a place."""
    ensure(len(text.splitlines()) == 1, "not one line", text)
    ensure(not any(unicodedata.category(character) in ("Cc", "Cs") for character in text), "not printable", text)
    ensure(not re.search(r":\d+:\d+: ", text), "a place in a message", text)


def ensure_within(text: str, line: int, column: int, what: str) -> None:
    lines = text.split("\n")
    ensure(1 <= line <= len(lines), what, "is not within the lines", line, len(lines))
    ensure(0 <= column <= len(lines[line - 1]), what, "is not within its line", line, column, lines[line - 1])


# ---- mutations

BOM = b"\xef\xbb\xbf"
WORDS = re.compile(rb"\w+|[ \t]+|\s|.", re.DOTALL)


def mutate(random: Random, data: bytes, words: Sequence[bytes], other: bytes) -> bytes:
    """Change a text in one place: some bytes, a word, a line, or all that follows."""
    start = random.randrange(len(data) + 1)
    end = min(len(data), start + random.choice((1, 1, 2, 5, 30)))
    choice = random.randrange(10)
    if choice == 0:
        return data[:start] + data[end:]
    if choice == 1:
        return data[:end] + data[start:]
    if choice == 2:
        byte = random.choice((0, 9, 10, 13, 34, 92, 127, 0xC3, 0xFF, random.randrange(256)))
        return data[:start] + bytes([byte]) + data[start:]
    if choice == 3:
        return data[:start] + other[random.randrange(len(other) + 1):]
    if choice == 4:
        lines = data.split(b"\n")
        line = lines.pop(random.randrange(len(lines)))
        lines.insert(random.randrange(len(lines) + 1), line)
        return b"\n".join(lines)
    if choice == 5:
        return data[:start] + random.choice(words) + data[start:]
    parts = WORDS.findall(data) or [b""]
    place = random.randrange(len(parts))
    if choice == 6:
        parts[place] = random.choice(parts)
    elif choice == 7:
        del parts[place]
    else:
        parts[place] = random.choice(words)
    return b"".join(parts)


def mutated(random: Random, make: Callable[[Random], str], words: Sequence[bytes]) -> bytes:
    """Make a text, and change some of them a little and a few of them much."""
    data = make(random).encode()
    for _ in range(random.choice((0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 8))):
        data = mutate(random, data, words, make(random).encode() if random.random() < 0.1 else data)
    return BOM + data if random.random() < 0.02 else data


# ---- pins files

PATHS = [
    '"a.py"', '"b/c.py"', "'b/c.py'", '"./a.py"', '"b//c.py"', '"tests/"', '"tests/x.py"', '"b/"', '"*.py"',
    '"[ab].py"', '"b/*"', '"é.py"', '"\\u00e9.py"', '"../a.py"', '"/a.py"', '"c:a.py"', '"b\\\\c.py"', '""', '"."',
    "a.py", "Makefile", '"a\\u0000.py"', '"a\\nb.py"', '"\\u2028"', '":1:2: x"', '"\\u0085"', '"tests*/"', '"[!a]*"',
    '"[z-a]"', '"a"', '"\\u007f"',
]
NAMES = [
    '"f:put_object"', '"C.f:put_object"', '"<module>:put_object"', '"f:put_object#2"', '"f:put_object#1"',
    '"f:upload_file"', '"f:put_object#02"', '"f:"', "f", '"ｆ:put_object"', '"x/y.py"', '"z.py"', '"é:put"', '"f:p:q"',
    '"f .g:put"', "'a:b#3'", '"class:def"', '"f:put_object#9999999999999999999"', '"f:put_object#²"',
]
REGISTERED = [
    'registered = ["a"]', 'registered = ["a", "b"]', "registered = []", 'registered = [" "]', 'registered = "a"',
]
REGISTERED += ['registered = [1]', 'registered = ["é",\n"x"]', "registered = true"]
GRANDFATHERED = ['grandfathered = "why"', "grandfathered = ''", 'grandfathered = """\nlong"""', "grandfathered = 1"]
GRANDFATHERED += ['grandfathered = "\\t"', "grandfathered = [1979-05-27]"]
EXEMPT_REASONS = ["'why'", "''", "1", '" "', "[]", "{ py = 1 }"]
COUNTS = [
    "0", "1", "2", "7", "1", "2", "true", "1.0", "-1", "+3", "1_000", "0x10", "1000000001", "1979-05-27", "'1'", "[]",
    "{}",
]
COUNTS += ["inf", "999999999999999999999", "1" * 5000]
TOPS = [
    'advice = "register it"', 'advice = """\n\nregister\nit"""', "advice = 1", 'registry = "r.yaml"', 'registry = " "',
    "registry = false", "require-decision = true", "require-decision = false", 'require-decision = "true"',
    'patterns = ["*.put_object"]', "patterns = []", 'patterns = ["a..b"]', 'patterns = ["Object().put", "*.x[]"]',
    "patterns = ['[a-c]*.p?t']", "patterns = [1]", "patterns = ['']", "patterns = ['x()[].y']",
    "patterns = ['a b', '*']", "patern = ['x']", "patterns = ['[]']", "patterns = ['［a］．b']", "unknown = {a = 1}",
    "exempt = 1", "pins = []", '"é" = 1',
]
PIN_WORDS = [
    *(text.encode() for text in (*PATHS, *NAMES, *COUNTS, *TOPS, *REGISTERED, *GRANDFATHERED)), b"[pins]", b"[exempt]",
    b"[[pins]]", b"[pins.'a.py'.calls]", b"[tool.artifact-pins]", b"calls", b"count", b"= {}", b".", b"<<<<<<< HEAD\n",
    b"=======\n", b'"""', b"'''", b"#", b"\r\n", b"\xef\xbb\xbf", b"[" * 500, b"a." * 300, b"{", b"}", b"=", b"\\u0000",
    b"\\U0010ffff", "\u2028".encode(), "\x85".encode(), b"\xed\xa0\x80", b"nan", b"-0", b",",
]


def some(random: Random, items: Sequence[str], usual: int, rare: float = 0.06) -> str:
    """Return an item: mostly one of the first ones, which are the usable ones."""
    return random.choice(items) if random.random() < rare else items[random.randrange(usual)]


def decision_text(random: Random) -> str:
    parts = []
    if random.random() < 0.5:
        parts.append(some(random, REGISTERED, 2))
    if random.random() < 0.5:
        parts.append(some(random, GRANDFATHERED, 1))
    return ", ".join(parts)


def pins_text(random: Random) -> str:
    is_pyproject = random.random() < 0.3
    prefix = "tool.artifact-pins." if is_pyproject else ""
    texts = [f"{some(random, TOPS, 2)}\n" for _ in range(random.choice((0, 0, 1, 2)))]
    if random.random() < 0.3:
        texts.append("require-decision = true\n")
    if is_pyproject:
        texts.insert(0, "[tool.other]\nx = 1\n\n[tool.artifact-pins]\n")
    sections = []
    if random.random() < 0.4:
        chosen = random.sample(("'tests/'", '"x/*.py"', "'x.py'", '"[!a-z]*"'), random.randrange(3))
        keys = [*chosen, *(random.choice(PATHS) for _ in range(random.random() < 0.15))]
        sections.append(f"[{prefix}exempt]\n" + "".join(f"{key} = {some(random, EXEMPT_REASONS, 1)}\n" for key in keys))
    counted, named = [], []
    plain = random.sample(('"a.py"', "'b/c.py'", '"é.py"', '"d.py"', "'a/[b].py'", '"./e.py"'), random.randrange(5))
    for path in (*plain, *(random.choice(PATHS) for _ in range(random.random() < 0.15))):
        kind = random.random()
        if kind < 0.35:
            counted.append(f"{path} = {some(random, COUNTS, 6)}\n")
        elif kind < 0.6:
            parts = filter(None, [f"count = {some(random, COUNTS, 6)}", decision_text(random)])
            counted.append(f'{path} = {{ {", ".join(parts)} }}\n')
        else:
            keys = random.sample(NAMES[:4], random.randrange(4))
            if random.random() < 0.1:
                keys.append(random.choice(NAMES))
            calls = [f"{key} = {{ {decision_text(random)} }}" for key in keys]
            if kind < 0.8:
                counted.append(f'{path} = {{ calls = {{ {", ".join(calls)} }} }}\n')
            else:
                named.append(f"[{prefix}pins.{path}.calls]\n" + "".join(f"{call}\n" for call in calls))
    sections.append(f"[{prefix}pins]\n" + "".join(counted))
    random.shuffle(sections)
    return "\n".join([*texts, *sections, *named])


KEY = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'[^']*'|[A-Za-z0-9_-]+""")


class Unusable(Exception):
    """The document is no pins file."""


class Reading(NamedTuple):
    """What a pins file says: the pins are count, decision, and the decisions by the names of calls."""

    pins: Mapping[str, tuple[int, object, object]]
    exempt: frozenset[str]
    advice: str
    registry: str
    patterns: Sequence[str]
    require_decision: bool


def require(holds: bool) -> None:
    if not holds:
        raise Unusable


def read_pins(text: str, is_pyproject: bool) -> Reading:
    """Read a pins file, from the words of its documentation alone; raise Unusable."""
    try:
        document: Any = tomli.loads(text)
    except (ValueError, RecursionError):
        raise Unusable
    for key in ("tool", "artifact-pins") if is_pyproject else ():
        require(isinstance(document, dict) and key in document)
        document = document[key]
    require(isinstance(document, dict))
    require(document.keys() <= {"patterns", "advice", "require-decision", "registry", "exempt", "pins"})
    patterns = document.get("patterns", list(DEFAULT_PATTERNS))
    require(isinstance(patterns, list) and patterns != [] and all(map(is_pattern, patterns)))
    advice, needs_decision = document.get("advice", ""), document.get("require-decision", False)
    require(isinstance(advice, str) and isinstance(needs_decision, bool))
    registry = document.get("registry", "-")
    require(isinstance(registry, str) and registry.strip() != "")
    exempt = paths_of(document.get("exempt", {}))
    for reason in exempt.values():
        require(isinstance(reason, str) and reason.strip() != "")
    pins = {}
    for path, value in paths_of(document.get("pins", {})).items():
        require(not path.endswith("/") and not any(is_exempting(key, path) for key in exempt))
        pins[path] = pin_of(value, needs_decision)
    registry = registry.strip() if "registry" in document else ""
    return Reading(pins, frozenset(exempt), advice.strip(), registry, patterns, needs_decision)


def is_pattern(pattern: object) -> bool:
    """A dotted name; each part has letters, digits, ``_``, ``*``, ``?``, ``[set]``, then any of ``()`` and ``[]``."""
    if not isinstance(pattern, str):
        return False
    pieces = unicodedata.normalize("NFKC", pattern).split(".")
    for number, piece in enumerate(pieces, start=1):
        name = piece
        while name.endswith(("()", "[]")):
            name = name[:-2]
        if not name or (number == len(pieces) and name != piece):
            return False
        while name:
            if name[0] == "[":
                inside, bracket, name = name[1:].partition("]")
                if not inside or not bracket or "[" in inside or any(character.isspace() for character in inside):
                    return False
            elif name[0].isalnum() or name[0] in "_*?":
                name = name[1:]
            else:
                return False
    return True


def paths_of(table: object) -> dict[str, Any]:
    """Return the values by the one spelling of their paths; that of a directory ends in a slash."""
    require(isinstance(table, dict))
    assert isinstance(table, dict)
    values = {}
    for key, value in table.items():
        parts = [part for part in key.split("/") if part not in ("", ".")]
        is_absolute = key[:1] == "/" or (key[1:2] == ":" and key[0].isascii() and key[0].isalpha())
        path = "/".join(parts) + "/" * key.endswith("/")
        require(not is_absolute and "\0" not in key and "\\" not in key and ".." not in parts)
        require(parts != [] and path not in values)
        values[path] = value
    return values


def is_exempting(key: str, path: str) -> bool:
    if key == path or (key.endswith("/") and path.startswith(key)):
        return True
    if not set(key) & set("*?["):
        return False
    if key.endswith("/"):
        return fnmatchcase(path, f"{key}*")
    return fnmatchcase(path, key) or ("/" not in key and fnmatchcase(path.rpartition("/")[2], key))


def pin_of(value: object, needs_decision: bool) -> tuple[int, object, object]:
    if isinstance(value, dict) and "calls" in value:
        calls = value["calls"]
        require(value.keys() == {"calls"} and isinstance(calls, dict))
        decisions = {}
        for written, item in calls.items():
            name = unicodedata.normalize("NFKC", written)
            require(is_name(name) and not written.endswith(".py") and name not in decisions and isinstance(item, dict))
            require(item.keys() <= {"registered", "grandfathered"} and (item != {} or not needs_decision))
            decisions[name] = decision_of(item)
        return len(decisions), ((), ""), decisions
    table = value if isinstance(value, dict) else {"count": value}
    count = table.get("count")
    require(table.keys() <= {"count", "registered", "grandfathered"})
    require(type(count) is int and 0 <= count <= 10**9)
    assert isinstance(count, int)
    require(not needs_decision or count == 0 or len(table) > 1)
    return count, decision_of(table), None


def is_name(name: str) -> bool:
    scope, colon, rest = name.partition(":")
    method, mark, number = rest.partition("#")
    if mark and not (number.isascii() and number.isdigit() and number[0] != "0" and number != "1"):
        return False
    return (scope == "<module>" or all(map(str.isidentifier, scope.split(".")))) and method.isidentifier()


def decision_of(table: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    ids, reason = table.get("registered", ["-"]), table.get("grandfathered", "-")
    require(isinstance(ids, list) and ids != [] and all(isinstance(item, str) and item.strip() != "" for item in ids))
    require(isinstance(reason, str) and reason.strip() != "")
    return tuple(table.get("registered", ())), table.get("grandfathered", "")


def said_of(pin: Pin) -> tuple[int, object, object]:
    decisions = None if pin.calls is None else {name: tuple(call.decision) for name, call in pin.calls.items()}
    return pin.allowed, tuple(pin.decision), decisions


def check_pins(data: bytes) -> str:
    is_pyproject = b"artifact-pins" in data
    name = "pyproject.toml" if is_pyproject else "artifact-pins.toml"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # where the fault lies is known only of a file that is read
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, name)
            Path(path).write_bytes(data)
            pins = load_pins(path, directory)
        ensure(len(pins.faults) == 1 and "not UTF-8" in pins.faults[0].problem, pins.faults)
        ensure_faults(pins, data.removeprefix(BOM).decode(errors="replace"))
        return "not UTF-8"
    pins = parse_pins(Pins(f"{NOWHERE}/{name}", NOWHERE), text)
    ensure_faults(pins, text)
    try:
        expected = read_pins(text, is_pyproject)
    except Unusable:
        ensure(pins.faults != (), "no fault in what cannot be used")
        return "not TOML" if "not valid TOML" in pins.faults[0].problem else "faults in the content"
    ensure(not pins.faults, "faults in what can be used", pins.faults)
    actual = Reading(
        {path: said_of(pin) for path, pin in pins.pins.items()},
        frozenset(pins.exempt.reasons),
        pins.advice,
        pins.registry,
        list(pins.patterns),
        pins.require_decision,
    )
    ensure(actual == expected, "read as", actual, "but it says", expected)
    for path, pin in pins.pins.items():
        ensure(pin.path == path, "a pin of another path", pin, path)
        line, column = pin_position(pins, pin)
        ensure_within(text, line, column, f"the place of {pin.key!r}")
        keys = KEY.findall(text.split("\n")[line - 1][column:])
        ensure(any(is_spelling(key, pin.key) for key in keys), "not the place of", pin.key, line, column)
    calls = any(pin.calls is not None for pin in pins.pins.values())
    return "usable, names calls" if calls else "usable" if pins.pins else "usable, no pin"


def is_spelling(written: str, key: str) -> bool:
    """Return whether a key is written like this, in TOML."""
    if written[0] not in "'\"":
        return written == key
    try:
        return key in tomli.loads(f"{written} = 0")
    except tomli.TOMLDecodeError:
        # a value, or a piece of one
        return False


def ensure_faults(pins: Pins, text: str) -> None:
    for fault in pins.faults:
        ensure_within(text, fault.line, fault.column, "a fault")
    for finding in judge_pins(pins, ()):
        ensure_message(finding.text)


# ---- sources

# ``{e}`` is any expression, ``{r}`` a method that is not called there, ``{o}`` an object, ``{n}`` a name, ``{s}`` a
# string, ``{m}`` the name of a method
GRAMMAR = {
    "n": ["s3", "client", "x", "save", "put", "po", "O", "é", "self.s3"],
    "s": ["'k'", '"é"', "'''a\nb'''", "'put_object'", "f'{{x}}/k'", "'# no'", '"😀"'],
    "m": [*["put_object"] * 4, "upload_file", "upload_fileobj", "put", "get_object", "_put_object", "ｐut_object"],
    "o": [
        "{n}", "{n}", "{n}", "self.clients[{s}]", "boto3.client('s3')", "Object('b', {s})", "O({n})", "({n} or {n})",
        "boto3.resource('s3').Object({s}, 'k')", "{n}.put_object(Body={e})", "{n}[{e}]", "(lambda: {n})()", "super()",
    ],
    "r": [
        "{o}.{m}", "{o}.{m}", "{o}.{m}", "{o} . {m}", "({o}\n.{m})", "getattr({o}, '{m}')", "getattr({o}, '{m}', None)",
        "po", "up", "Object('b', {s}).put", "({o}.  # x.put_object()\n  {m})", "{o}. \\\n {m}",
    ],
    "e": [
        "{r}({e})", "{r}(Key={s}, Body={e})", "{r}({s}, 'b', {s})", "{r}(*{n}, **{n})", "submit({r}, {e})",
        "submit(f={r})", "partial({r}, Bucket={s})", "{{'put': {r}, {s}: {e}}}", "[{r}, {e}]", "({e}, {r})",
        "(lambda: {r})", "(lambda f={r}: f)", "submit({r} if {n} else None)", "submit({n} or {r})",
        "[{r}({e}) for _ in {n}]", "[i for i in {n} if {r}(i)]", "{n}.generate_presigned_url('put_object')",
        "{r}.return_value", "{n}.put_object.assert_called_once()", "({r} is {n})", "callable({r})",
        "(not callable({r}))", "hasattr({n}, 'put_object')", "{n}", "{n}", "{s}", "{s}", "1", "None",
        "f'{n} put_object()'", "{r}()[{e}]", "{r}()({e})", "submit(*[{r}])",
    ],
    "S": [
        "{e}", "{e}", "{r}({e})", "x = {r}({e})", "x = {r}", "x = y = {e}", "x: int = {r}", "x += {r}({e})",
        "return {r}", "return {e}", "{n}.put_object = {e}", "del {n}.put_object", "assert callable({r}), {e}",
        "raise x({e})", "pass", "yield {r}", "x = await {r}({e})", "{e}; {e}", "'s3.put_object()'",
        "# s3.put_object()\npass", "global y", "nonlocal z", "break", "for {n}.put_object in {e}: pass",
        "if {r}({e}): x = {r}", "x = (\n  {r},\n  {e})", "{r}",
    ],
    "H": [
        "def f({n}={r}):", "def g(self, a: int = {e}, *b, c={r}, **d):", "async def f():", "async def h(a={r}):",
        "class C:", "class C({e}, key=make({r})):", "@{r}({e})\ndef f():", "@partial({r})\nclass D:", "if {e}:",
        "while {e}:", "for i in {e}:", "with {r}({e}) as p:", "with open({s}) as f, x({r}):", "def put_object(s3):",
        "def é():", "class put_object:",
    ],
    "I": [
        "import boto3", "import awswrangler as wr", "from lib import put_object as po",
        "from .lib import (\n  upload_file as up)", "from lib import Object as O", "from . import save",
        "import lib.s3 as s3",
    ],
}
SOURCE_WORDS = [
    word.encode()
    for word in (
        "put_object", "upload_file", "put", "s3", ".", "(", ")", "[", "]", "{", "}", ",", ":", "=", "==", "lambda ",
        "await ",
        "async ", "yield ", "not ", " if ", " else ", " for i in ", " in ", " is ", " and ", " or ", "def f():",
        "class C:", "\n",
        "\n    ", "\t", "\\\n", ";", "#", "'", '"', "'''", "f'{", "}'", "b'", "*", "**", ":=", "->", "@", "getattr(",
        "callable(",
        "import put_object", "from x import ", " as ", "global s3", "del ", "return ", "try:\n", "except ", "finally:",
        "with ",
        "é", "ｐut_object", "\x0c", "\r", "\r\n", "\x00", "\u2028", "\ufeff", "0x", "1_0", "...", "None",
        "match x:\n case ",
        "0", "1e5", "~", "-", "//", "# -*- coding: latin-1 -*-\n",
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


def lines_of(data: bytes) -> list[str]:
    """Return the lines of a source as flake8 reads them."""
    text = data.decode(errors="replace").lstrip("\ufeff")
    return list(io.StringIO(text, newline=None))


def parsed(lines: Sequence[str]) -> ast.Module | None:
    try:
        return ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class Named(NamedTuple):
    """A PUT call as the oracle sees it: where the name of its method ends, and what a pin may name it."""

    line: int
    column: int
    method: str
    scope: str


def named_calls(tree: ast.AST) -> list[Named]:
    """Return the PUT calls in source order."""
    parents, imports = oracle.parent_map(tree), oracle.import_map(tree)
    found = []
    for node in ast.walk(tree):
        place: ast.expr
        probed = oracle.constant_getattr(node)
        if probed is not None:
            receiver, place = probed
            name = [*oracle.components(receiver, imports), str(probed[1].value)]
            line, column = place.lineno, place.col_offset
        elif isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Load):
            name = oracle.components(node, imports)
            line, column = node.end_lineno or 0, node.end_col_offset or 0
        else:
            continue
        if oracle.matches(name, DEFAULT_PATTERNS) and oracle.is_used(node, parents):
            found.append(Named(line, column, name[-1], scope_of(node, parents)))
    return sorted(found)


def scope_of(node: ast.AST, parents: oracle.Parents) -> str:
    """Return the names of the functions and classes in whose body a node stands."""
    scope: list[str] = []
    while node in parents:
        node, field = parents[node]
        if field == "body" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            scope.insert(0, node.name)
    return ".".join(scope) or "<module>"


def numbered(calls: Sequence[Named]) -> list[str]:
    names: list[str] = []
    for call in calls:
        name = unicodedata.normalize("NFKC", f"{call.scope}:{call.method}")
        number = 1 + sum(other.partition("#")[0] == name for other in names)
        names.append(f"{name}#{number}" if number > 1 else name)
    return names


def is_settled(tree: ast.AST) -> bool:
    """Return whether the words of the design say which calls count: only of such sources can an oracle be asked."""
    bound: Counter[str] = Counter()
    methods = {"getattr", "put_object", "upload_file", "upload_fileobj", "put"}
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {alias.asname or alias.name.split(".")[0] for alias in node.names}
            if "*" in names or len(names) < len(node.names):
                return False
            bound.update(names)
            methods |= {alias.asname or alias.name for alias in node.names if alias.name.split(".")[-1] in methods}
    if any(count > 1 for count in bound.values()):
        return False
    for node in nodes:
        looked_at: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            # whether a method is looked at there, or handed on to what may have taken the name of a builtin
            is_getter = node.func.id in ("getattr", "hasattr")
            if node.func.id == "getattr" and oracle.constant_getattr(node) is None:
                return False
            looked_at = node.args[:1] if is_getter else node.args[1:] if node.func.id == "callable" else []
        elif isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            looked_at = [node.operand]
        for expression in looked_at:
            words = {getattr(part, "attr", "") or getattr(part, "id", "") for part in ast.walk(expression)}
            if not words.isdisjoint(methods):
                return False
    return True


def facts_of(tree: ast.AST, lines: Sequence[str]) -> FileReport:
    return report_file(tree, lines, SOURCE_NAME, lambda line: lines[line - 1] if line <= len(lines) else None, MATCHER)


def named_pins(names: Sequence[str]) -> Pins:
    text = '[pins."a.py".calls]\n' + "".join(f"{json.dumps(name)} = {{}}\n" for name in names)
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
        pinned[0] = pinned[0].partition("#")[0] + f"#{random.randint(2, 4)}"
    return list(dict.fromkeys(pinned))


def check_sources(data: bytes) -> str:
    lines = lines_of(data)
    tree = parsed(lines)
    if tree is None:
        return "no Python"
    facts = facts_of(tree, lines)
    for site in facts.sites:
        ensure(1 <= site.call.line <= len(lines), "a call is not within the lines", site.call)
        ensure(0 <= site.call.column < len(lines[site.call.line - 1]), "a call is not within its line", site.call)
    pins = Pins("", NOWHERE)
    ensure_findings(list(judge(pins, "a.py", facts)), lines)
    if not is_settled(tree):
        return "not settled"
    source = "".join(lines)
    expected = oracle.put_calls(source)
    actual = sorted((site.call.line, site.call.method) for site in facts.sites)
    ensure(actual == expected, "found", actual, "not", expected)
    calls = named_calls(tree)
    names = numbered(calls)
    ensure(list(facts.names) == names, "named", facts.names, "not", names)
    pinned = perturbed(Random(zlib.crc32(data)), names)
    findings = list(judge(named_pins(pinned), "a.py", facts))
    ensure_findings(findings, lines)
    ensure((findings == []) == (set(pinned) == set(names)), "pinned", pinned, "observed", names, "said", findings)
    # a pin that counts knows no names
    count = len(set(pinned))
    counting = pins._replace(pins={"a.py": Pin("a.py", "a.py", count)}, path=f"{NOWHERE}/artifact-pins.toml")
    codes = {finding.code for finding in judge(counting, "a.py", facts)}
    wanted = {"APR002"} if count > len(names) else {"APR001"} if count < len(names) else set()
    ensure(codes == wanted, "pinned", count, "observed", len(names), "said", codes)
    if not names:
        return "no call"
    return f"{min(len(names), 5)}{'+' * (len(names) >= 5)} calls, {'other' if findings else 'the same'} names"


def ensure_findings(findings: Sequence[Finding], lines: Sequence[str], beyond: int = 0) -> None:
    for finding in findings:
        is_within = 1 <= finding.line <= max(len(lines) + beyond, 1)
        ensure(is_within and finding.column >= 0, "not within the file", finding, len(lines))
        if finding.line <= len(lines):
            ensure(finding.column <= len(lines[finding.line - 1]), "not within its line", finding)
        ensure_message(finding.text)


# ---- comments

POSITIONS = [
    *["s3.put_object()  {}\n"] * 3, "s3.put_object(  {}\n    1)\n", "s3.put_object(\n    1)  {}\n",
    "s3.put_object('''\n''')  {}\n", "s3.put_object('''  {}\n''')\n", "s3 \\\n    .put_object()  {}\n",
    "s3.put_object(); '{}'\n", "{}\ns3.put_object()\n", "if x:\n\ts3.put_object()  {}\n", "submit(s3.put_object)  {}\n",
    "(s3\n  .put_object(Key='é')  {}\n)\n", "x = 1  {}\n", "f(s3.put_object(), s3.upload_file())  {}\n",
    "def f():\n    '''{}'''\n    s3.put_object()\n", "s3.put_object()  {}", "x = '''\n''', s3.put_object()  {}\n",
]
NOQAS = [
    *["# noqa"] * 6, "#noqa", "# NoQA", "#  noqa", "# noqa ", "#:noqa", "## noqa", "# noqa\t", "# flake8: noqa",
    "#\u00a0noqa", "",
]
COLONS = [*[": "] * 4, ":", " : ", ":  ", " ", "", ":\t", "：", "::"]
CODES = [
    *["APR001"] * 6, "", "apr001", "APR", "APR00", "APR0011", "A1", "APR001,E501", "E501,APR001", "E501, APR001",
    "E501 APR001", "E501", "APR001;E501", "APR001 , E501", "APR001,", "APR004", "APR001 APR004", "ÀPR001", "APR００１",
    "APR002,APR001,APR005",
]
SEPARATORS = [" ", " - ", " -- ", " — ", " – ", ": ", " # ", " (", "", ",", "-", "\u2003", " \u200b", " \x0c", ". "]
REASONS = [
    "", "", "why", "re-puts keys", "TODO", "todo: FIXME", "TODO: ask Ann", "tbd", "xxx", "(none)", "reason",
    "Reason why", "noqa", "123", "s3", "S3", "既存キー", "причина", "__todo__", "_", "²", "Ⅷ", "a", "E501", "🚀", "TODOs",
    "ｔｏｄｏ", "e\u0301", "ªº",
]
DIRECTIVES = [
    "# type: ignore[attr-defined]", "# type: ignore", "# pyright: ignore", "# pragma: no cover",
    "# pylint: disable=no-member", "# nosec B108", "# nosec", "# noqa: E501", "# noqa", "# fmt: skip", "# isort: skip",
    "# NOSONAR", "# ruff: noqa",
]
COMMENT_WORDS = [text.encode() for text in (*NOQAS, *COLONS, *CODES, *SEPARATORS, *REASONS, *DIRECTIVES) if text]
COMMENT_WORDS += [
    b"\n", b"'", b"(", b")", b"\\\n", b"#", b"'''", b"s3.put_object()", b"\r", "\x85".encode(), "\u2028".encode(),
]
TOOLS = (
    "type", "pyright", "pragma", "pylint", "nosec", "noqa", "fmt", "isort", "yapf", "ruff", "mypy", "nosonar",
    "noinspection", "pyre", "pytype", "nosemgrep", "spell", "allowlist", "disable", "enable", "ignore", "skip",
)
PLACEHOLDERS = frozenset(["TODO", "FIXME", "TBD", "XXX", "REASON", "NONE", "NOQA"])
OPTIONS = argparse.Namespace(hang_closing=False, indent_size=4, max_line_length=79, max_doc_length=None, verbose=0)


def comment_text(random: Random) -> str:
    choose = random.choice
    parts = [choose(NOQAS), choose(COLONS), choose(CODES), choose(SEPARATORS), choose(REASONS)]
    if random.random() < 0.2:
        parts += [choose(("  ", " ", "")), choose(DIRECTIVES)]
    if random.random() < 0.1:
        parts += [choose(SEPARATORS), choose(REASONS)]
    if random.random() < 0.1:
        parts.insert(0, choose(DIRECTIVES) + choose(("  ", " ")))
    return "".join(parts)


def commented_text(random: Random) -> str:
    positions = random.choices(POSITIONS, k=random.choice((1, 1, 2, 3)))
    return "".join(position.format(comment_text(random)) for position in positions)


def has_reason(rest: str) -> bool | None:
    """Return whether what follows the codes of a noqa comment is a reason; None if nobody can say."""
    # what hangs on to a code is no word of its own
    while rest and (rest[0].isalnum() or rest[0] == "_"):
        rest = rest[1:]
    for directive in DIRECTIVES:
        while directive in rest:
            before, _, after = rest.partition(directive)
            following = re.sub(r"\A[\s,:=\[-]+", "", after)
            if after[:1].isalnum() or after[:1] in tuple("_-[") or after.lstrip()[:1] in tuple(",:="):
                return None
            if re.match(r"[a-zA-Z]+[0-9]", following):
                return None
            rest = f"{before} {after}"
    if "#" in rest and any(tool in rest[rest.index("#"):].lower() for tool in TOOLS):
        # a comment to another tool, in a spelling that is not listed above
        return None
    word = ""
    for character in f"{rest} ":
        if character.isalnum() or character == "_":
            word += character
        else:
            bare = word.strip("_")
            is_code = re.fullmatch("[A-Z]{1,4}[0-9]{2,}", bare)
            if bare.upper() not in PLACEHOLDERS and not is_code and any(map(str.isalpha, bare)):
                return True
            word = ""
    return False


def expected_suppression(
    line: int, text: str | None, lines: Sequence[str], comments: Mapping[int, int],
) -> tuple[bool, bool, bool | None]:
    """Return whether flake8 hides APR001 on a line, whether a noqa there names it, and whether with a reason."""
    is_hidden = Violation("APR001", SOURCE_NAME, line, 1, "", text).is_inline_ignored(False)
    match = NOQA_INLINE_REGEXP.search(text or "")
    if not is_hidden or match is None or not match["codes"]:
        return is_hidden, False, False
    if "APR001" not in parse_comma_separated_list(match["codes"]):
        return True, False, False
    number, column = noqa_place(line, text or "", lines, match.start())
    rest = lines[number - 1][column:].rstrip("\n")[match.end("codes") - match.start():]
    if match["codes"][-1] in ", \t\u2003\x0c\u00a0" or match["codes"][-1].isspace():
        rest = f" {rest}"
    return True, True, number in comments and comments[number] <= column and has_reason(rest)


def noqa_place(line: int, text: str, lines: Sequence[str], offset: int) -> tuple[int, int]:
    """Return the line and column of a place in the text that flake8 has for a line."""
    count = len(text.split("\n")) - text.endswith("\n")
    starts = range(max(line - count + 1, 1), line + 1)
    first = next(start for start in starts if "".join(lines[start - 1:start - 1 + count]) == text)
    return first + text.count("\n", 0, offset), offset - (text.rfind("\n", 0, offset) + 1)


def check_comments(data: bytes) -> str:
    lines = lines_of(data)
    tree = parsed(lines)
    if tree is None:
        return "no Python"
    processor = FileProcessor(SOURCE_NAME, OPTIONS, lines=lines)
    try:
        comments = {
            token.start[0]: token.start[1] for token in processor.file_tokens if token.type == tokenize.COMMENT
        }
    except (SyntaxError, tokenize.TokenError):
        return "no tokens"
    facts = report_file(tree, lines, SOURCE_NAME, processor.noqa_line_for, MATCHER)
    if not is_settled(tree):
        return "not settled"
    actual_calls = sorted((site.call.line, site.call.method) for site in facts.sites)
    ensure(actual_calls == oracle.put_calls("".join(lines)), "found", actual_calls)
    justified, outcome = 0, "no call"
    for site in facts.sites:
        line = site.call.line
        states = expected_suppression(line, processor.noqa_line_for(line), lines, comments)
        is_hidden, is_named, is_reasoned = states
        actual = site.suppression.name
        if is_reasoned is None:
            ensure(actual in ("JUSTIFIED", "UNJUSTIFIED"), "line", line, "is", actual, "but it names APR001")
        else:
            wanted = "NONE"
            if is_hidden:
                wanted = "BLANKET" if not is_named else "JUSTIFIED" if is_reasoned else "UNJUSTIFIED"
            ensure(actual == wanted, "line", line, "is", actual, "not", wanted)
        ensure((site.reason != "" and is_hidden) == (actual == "JUSTIFIED"), "a reason", site.reason, actual)
        justified += actual == "JUSTIFIED"
        outcome = "the reason is not settled" if is_reasoned is None else actual.lower()
    ensure(facts.counted == len(facts.sites) - justified, "observed", facts.counted)
    ensure_shown(facts, lines, processor)
    return outcome if len(facts.sites) < 2 else "several calls"


def ensure_shown(facts: FileReport, lines: Sequence[str], processor: FileProcessor) -> None:
    """Each call that counts is shown in a file without a pin, and none in one with the right pin."""
    pins = Pins("", NOWHERE)
    findings = list(with_visible_places(judge(pins, "a.py", facts), facts.noqa))
    # where a comment hides everything in a file, the line below it is the place
    ensure_findings(findings, lines, beyond=1)
    shown = [finding for finding in findings if not is_ignored(finding, processor)]
    ensure(all(finding.code == "APR001" for finding in findings if finding not in shown), "hidden", findings)
    visible = Counter(finding.code for finding in shown)
    counted = [site for site in facts.sites if site.is_counted]
    in_sight = [site for site in counted if site.suppression.name == "NONE"]
    ensure(visible["APR001"] == len(in_sight), "shown", visible, "calls in sight", len(in_sight))
    hidden = len(counted) - len(in_sight)
    ensure(visible["APR004"] == hidden, "shown", visible, "hidden calls", hidden)
    right = pins._replace(pins={"a.py": Pin("a.py", "a.py", facts.counted)}, path=f"{NOWHERE}/artifact-pins.toml")
    codes = {finding.code for finding in judge(right, "a.py", facts) if not is_ignored(finding, processor)}
    ensure(codes <= {"APR004", "APR005"}, "said in spite of the right pin", codes)


def is_ignored(finding: Finding, processor: FileProcessor) -> bool:
    text = processor.noqa_line_for(finding.line)
    return Violation(finding.code, SOURCE_NAME, finding.line, finding.column, "", text).is_inline_ignored(False)


# ---- registries

IDS = [
    "prices", "zoo", "été [1]", "a:b", "x#y", "news", "feeds", "no", "1", "", " a", "null", "a\nb", "\u2028", "😀", "~",
    "\x7f", "1.5",
]
ROW_KEYS = ["artifact_id", "owner_repo", "sla", "paths", "artifacts"]
RAW = [
    "1", "true", "null", "[]", "{}", "1.5", "[1, 2]", '{"a": "b"}', '"x"', '[{"artifact_id": "n"}]', "1" * 5000,
    '"\\U00110000"', "[" * 20_000 + "]" * 20_000,
]
SHAPES = ["block", "flow", "json", "toml", "inline toml"]
REGISTRY_WORDS = [
    *(text.encode() for text in (*ROW_KEYS, *IDS, *RAW)), b"artifacts:", b"- ", b"artifact_id: ", b"owner_repo: ",
    b"[[artifacts]]", b'"artifacts": [', b"]", b"[", b"{", b"}", b",", b": ", b":", b"\n", b"\n  ", b"\t", b"&a ",
    b"*a", b"<<: *a", b"<<: ", b"!!str ", b"!x", b"!<a%0Ab> ", b"!%0A ", b"---\n", b"...\n", b"%YAML 1.1\n",
    b"%TAG ! x\n", b"|", b">-\n", b"'", b'"', b'"""', b"#", b"? ", b"<<<<<<< HEAD\n", b"\\u0000", b"\\x07", b"\\ud800",
    b"NaN", b"-Infinity", b"1979-05-27", b"0x1F", b"=", b"\r\n", b"\r", b"\x85", "\x85".encode(), "\u2028".encode(),
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"[" * 20_000, b"- " * 150, b'{"a":' * 20_000, b"\\U00110000", b"@", b"`",
    b"1:30", b"0o7", b"?",
]


def rows_text(random: Random, shape: str) -> str:
    rows: list[list[tuple[str, str]]] = []
    is_yaml = shape in ("block", "flow")
    artifact = ""
    for number in range(random.choice((0, 1, 2, 3, 4))):
        if random.random() < 0.95:
            artifact = random.choice(IDS) if random.random() < 0.05 else f"{random.choice(IDS[:8])}{number}"
        row = [("artifact_id", json.dumps(artifact, ensure_ascii=shape == "json"))]
        if random.random() < 0.6:
            row.append(("owner_repo", json.dumps(random.choice(IDS[:8]))))
        if random.random() < 0.3:
            row.append((random.choice(ROW_KEYS[2:]), random.choice(RAW[:4])))
        if random.random() < 0.05:
            row.append((random.choice(ROW_KEYS), random.choice(RAW)))
        if is_yaml and random.random() < 0.2:
            row.append(("<<", random.choice(("*base", "*base", "[*base, {owner_repo: zoo}]"))))
        rows.append(random.sample(row, len(row)))
    base = "base: &base {owner_repo: feeds, artifact_id: shared}\n" if is_yaml else ""
    if shape == "block":
        lines = [
            f"{'  ' if number else '- '}{key}: {value}\n" for row in rows for number, (key, value) in enumerate(row)
        ]
        return f"# rows\n{base}artifacts:\n" + "".join(lines) if rows else "artifacts: []\n"
    if shape == "toml":
        tables = ["[[artifacts]]\n" + "".join(f"{key} = {value}\n" for key, value in row) for row in rows]
        return "".join(tables) or "artifacts = []\n"
    mark = " = " if shape == "inline toml" else ": "
    quote = '"' if shape == "json" else ""
    items = ["{" + ", ".join(f"{quote}{key}{quote}{mark}{value}" for key, value in row) + "}" for row in rows]
    array = "[\n" + ",\n".join(items) + "\n]"
    return f'{{"version": 1, "artifacts": {array}}}\n' if quote else f"{base}artifacts{mark}{array}\n"


SUFFIXES = {"block": b"yaml", "flow": b"yml", "json": b"json", "toml": b"toml", "inline toml": b"toml"}


def registry_data(random: Random) -> bytes:
    """Return the suffix of a registry, a new line, and its text."""
    shape = random.choice(SHAPES)
    data = mutated(random, lambda random: rows_text(random, shape), REGISTRY_WORDS)
    return (random.choice((b"yaml", b"json", b"toml")) if random.random() < 0.03 else SUFFIXES[shape]) + b"\n" + data


def object_of(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; one that has a key twice that matters says two things."""
    if len({key for key, _ in pairs}) < len(pairs):
        keys = Counter(key for key, _ in pairs)
        require(all(keys[key] < 2 for key in ("artifacts", "artifact_id", "owner_repo")))
    return dict(pairs)


def read_rows(text: str, suffix: str) -> list[tuple[str, str]] | None:
    """Return ids and owners, in order; None if another reader cannot be asked. Raise Unusable."""
    try:
        if suffix == "json":
            content: Any = json.loads(text, object_pairs_hook=object_of)
        elif suffix == "toml":
            content = tomli.loads(text)
        else:
            return None
    except (ValueError, RecursionError):
        raise Unusable
    # what a merge left behind is not taken for a text, even where it could be one
    require(not any(line.split(" ")[0].rstrip("\r") == "<<<<<<<" for line in text.split("\n")))
    require(isinstance(content, dict) and isinstance(content.get("artifacts"), list))
    return rows_of(content["artifacts"])


def rows_of(items: Sequence[Any]) -> list[tuple[str, str]]:
    rows = []
    for item in items:
        require(isinstance(item, dict))
        artifact_id, owner = item.get("artifact_id"), item.get("owner_repo")
        require(isinstance(artifact_id, str) and artifact_id != "" and artifact_id == artifact_id.strip())
        require(owner is None or isinstance(owner, str))
        rows.append((artifact_id, owner or ""))
    require(len({artifact_id for artifact_id, _ in rows}) == len(rows))
    return rows


class Registry:
    """Files to be read, one for each suffix: a new one for each case would take longer than what is tested."""

    def __init__(self) -> None:
        self.directory = tempfile.TemporaryDirectory()

    def check(self, data: bytes) -> str:
        head, _, content = data.partition(b"\n")
        suffix = head.decode(errors="replace")
        if suffix not in ("yaml", "yml", "json", "toml"):
            return "no such format"
        path = os.path.join(self.directory.name, f"r.{suffix}")
        with open(path, "wb") as file:
            file.write(content)
        text = content.decode("utf-8-sig", errors="replace")
        is_text = content.decode("utf-8", errors="ignore").encode() == content
        rows: Sequence[RegistryRow] | None = None
        try:
            rows = load_registry(path, "R")
        except RegistryError as error:
            ensure(len(error.faults) > 0, "no word on what is wrong")
            for message in error.lines:
                # as the command shows it
                ensure_message(printable(message).partition(": ")[2])
                match = re.match(r"R:(\d+):(\d+): ", message)
                ensure(match is not None, "no place", message)
                assert match is not None
                ensure_within(text, int(match[1]), int(match[2]) - 1, message)
        else:
            places = [row.position for row in rows]
            ensure(all(before < after for before, after in zip(places, places[1:])), "rows are not in order", places)
            for line, column in places:
                ensure_within(text, line, column, "a row")
        try:
            ensure(is_text or rows is None, "rows of what is no text")
            expected = read_rows(text, suffix) if is_text else None
            if suffix in ("yaml", "yml") and rows is not None:
                expected = yaml_rows(text)
        except Unusable:
            ensure(rows is None, "rows of what cannot be used", rows)
        else:
            if expected is not None:
                ensure(rows is not None, "no rows, but there are", expected)
                actual = [(row.artifact_id, row.owner) for row in rows or ()]
                ensure(actual == expected, "rows", actual, "not", expected)
        kind = "YAML" if suffix in ("yaml", "yml") else suffix.upper()
        return f"{kind}: unusable" if rows is None else f"{kind}: {'rows' if rows else 'no row'}"


def yaml_rows(text: str) -> list[tuple[str, str]] | None:
    """Return what a YAML text says that could be read, from the tree of its nodes; None if there is no tree."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.composer.ComposerError:
        # an anchor may stand for something else later, but not to this reader
        return None
    content = value_of(root)
    require(isinstance(content, dict) and isinstance(content.get("artifacts"), list))
    return rows_of(content["artifacts"])


def value_of(node: Any) -> Any:
    """Return what a node says, as far as that matters: what is no mapping, sequence, string or null is not made."""
    if isinstance(node, yaml.SequenceNode):
        return [value_of(item) for item in node.value]
    if isinstance(node, yaml.ScalarNode):
        return {"tag:yaml.org,2002:str": node.value, "tag:yaml.org,2002:null": None}.get(node.tag, ...)
    values: dict[str, object] = {}
    merged: list[Any] = []
    for key, value in node.value if node else ():
        if key.tag == "tag:yaml.org,2002:merge":
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
        elif key.tag == "tag:yaml.org,2002:str":
            values[key.value] = value_of(value)
    for mapping in merged:
        # what comes first has the last word; PyYAML itself has been of two minds about that
        content = value_of(mapping)
        require(isinstance(content, dict))
        values = {**content, **values}
    return values


# ---- running

class Kind(NamedTuple):
    """How a case is made, what words change one, and what is checked: the answer is what sort of a case it was."""

    make: Callable[[Random], bytes]
    words: Sequence[bytes]
    check: Callable[[bytes], str]


KINDS = {
    "pins": Kind(lambda random: mutated(random, pins_text, PIN_WORDS), PIN_WORDS, check_pins),
    "sources": Kind(lambda random: mutated(random, source_text, SOURCE_WORDS), SOURCE_WORDS, check_sources),
    "comments": Kind(lambda random: mutated(random, commented_text, COMMENT_WORDS), COMMENT_WORDS, check_comments),
    "registry": Kind(registry_data, REGISTRY_WORDS, Registry().check),
}


class Failure(NamedTuple):
    """A case that breaks a rule, and the smallest one found that does."""

    kind: str
    seed: int
    number: int
    smallest: bytes
    problem: str

    @property
    def text(self) -> str:
        return f"{self.kind}: seed {self.seed}, case {self.number} breaks a rule\n{self.smallest!r}\n{self.problem}"


def run(kind: str, cases: int, seed: int) -> tuple[Counter[str], Failure | None]:
    """Run cases of a kind up to the first failure; return how many there were of each sort."""
    outcomes: Counter[str] = Counter()
    with warnings.catch_warnings():
        # Python warns of much in random sources
        warnings.simplefilter("ignore")
        for number in range(cases):
            data = case(kind, seed, number)
            problem = problem_of(kind, data, outcomes)
            if problem:
                smallest = shrink(data, lambda smaller: bool(problem_of(kind, smaller)))
                return outcomes, Failure(kind, seed, number, smallest, problem_of(kind, smallest) or problem)
    return outcomes, None


def case(kind: str, seed: int, number: int) -> bytes:
    return KINDS[kind].make(Random(f"{kind} {seed} {number}"))


def problem_of(kind: str, data: bytes, outcomes: Counter[str] | None = None) -> str:
    """Return what is wrong with a case, or an empty string; that it raises anything is wrong, too."""
    try:
        outcome = KINDS[kind].check(data)
    except Broken as error:
        return str(error)
    except Exception:
        return traceback.format_exc()
    if outcomes is not None:
        outcomes[outcome] += 1
    return ""


def shrink(data: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Leave lines, words and bytes out, many at once first, as long as it still fails."""
    left = SHRINKING
    before = b""
    while data != before:
        # what one piece needed may be gone with another: begin again
        before = data
        for piece in (re.compile(rb"[^\n]*\n|[^\n]+"), WORDS, re.compile(rb".", re.DOTALL)):
            parts = piece.findall(data)
            size = len(parts)
            while size:
                start = 0
                while start < len(parts) and left > 0:
                    smaller = parts[:start] + parts[start + size:]
                    left -= 1
                    if fails(b"".join(smaller)):
                        parts = smaller
                    else:
                        start += size
                size //= 2
            data = b"".join(parts)
    return data


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="throw random texts at the plugin")
    parser.add_argument("kind", choices=[*KINDS, "all"])
    parser.add_argument("--cases", type=int, default=10_000, help="how many, of all kinds together")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    kinds = list(KINDS) if arguments.kind == "all" else [arguments.kind]
    has_failed = False
    for number, kind in enumerate(kinds):
        cases = arguments.cases // len(kinds) + (number < arguments.cases % len(kinds))
        start = time.perf_counter()
        outcomes, failure = run(kind, cases, arguments.seed)
        seconds = time.perf_counter() - start
        done = sum(outcomes.values())
        print(f"{kind}: {done} cases, {done / max(seconds, 1e-9):.0f} a second, seed {arguments.seed}")
        for outcome, count in outcomes.most_common():
            print(f"  {count:8} {count / done:6.1%}  {outcome}")
        if failure:
            has_failed = True
            print(failure.text)
        sys.stdout.flush()
    return int(has_failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
