"""Random pins files, read by a second reader that was written from the words of the documentation."""
from __future__ import annotations

import datetime
import os
import re
import tempfile
import unicodedata
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any
from typing import NamedTuple

import tomli
from fuzz_base import BOM
from fuzz_base import ensure
from fuzz_base import ensure_message
from fuzz_base import ensure_within
from fuzz_base import NOWHERE
from fuzz_base import require
from fuzz_base import Unusable

from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.rules.messages import pins_findings
from flake8_artifact_pin.source.names import parse_name
from flake8_artifact_pin.source.patterns import parse_pattern
from flake8_artifact_pin.source.stores import STORES

PATHS = [
    '"a.py"', '"b/c.py"', "'b/c.py'", '"./a.py"', '"b//c.py"', '"tests/"', '"tests/x.py"', '"b/"', '"*.py"',
    '"[ab].py"', '"b/*"', '"é.py"', '"\\u00e9.py"', '"../a.py"', '"/a.py"', '"c:a.py"', '"b\\\\c.py"', '""', '"."',
    "a.py", "Makefile", '"a\\u0000.py"', '"a\\nb.py"', '"\\u2028"', '":1:2: x"', '"\\u0085"', '"tests*/"', '"[!a]*"',
    '"[z-a]"', '"a"', '"\\u007f"',
]
NAMES = [
    '"f:put_object"', '"C.f:put_object"', '"<module>:put_object"', '"f:put_object#2"', '"f:put_object#1"',
    '"f:upload_file"', '"f:put_object#02"', '"f:"', "f", '"ｆ:put_object"', '"x/y.py"', '"z.py"', '"é:put"', '"f:p:q"',
    '"f:put(a/{}.json)"', '"f:put(a/{day}.json)#2"', '"f:put({})"', '"f .g:put"', "'a:b#3'", '"class:def"',
    '"f:put_object#9999999999999999999"', '"f:put_object#²"',
]
REGISTERED = [
    'registered = ["a"]', 'registered = ["a", "b"]', "registered = []", 'registered = [" "]', 'registered = "a"',
]
REGISTERED += ['registered = [1]', 'registered = ["é",\n"x"]', "registered = true"]
GRANDFATHERED = ['grandfathered = "why"', "grandfathered = ''", 'grandfathered = """\nlong"""', "grandfathered = 1"]
GRANDFATHERED += ['grandfathered = "\\t"', "grandfathered = [1979-05-27]"]
DEFERRED = ['deferred = "config#12"', 'deferred = "a#1"\nuntil = 2027-03-31', "deferred = ''", "deferred = 1"]
UNTIL = ["until = 2027-03-31", "until = 2027-03-31T00:00:00", 'until = "2027-03-31"']
EXEMPT_REASONS = ["'why'", "''", "1", '" "', "[]", "{ py = 1 }", "{ reason = 'why', until = 2027-03-31 }"]
EXEMPT_REASONS += ["{ until = 2027-03-31 }", "{ reason = 1 }", "{ reason = 'why', x = 1 }"]
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
    "exempt = 1", "pins = []", '"é" = 1', 'stores = ["s3", "gcs"]', 'stores = ["*"]', "stores = []", 'stores = ["s4"]',
    'patterns = ["*.put(Body=)"]', 'patterns = ["write.**.parquet", "*.open(mode=w)"]', 'patterns = ["a.**"]',
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
    if random.random() < 0.4:
        parts.append(some(random, GRANDFATHERED, 1))
    if random.random() < 0.2:
        parts.append(some(random, DEFERRED, 1))
    if len(parts) > 1 and random.random() < 0.3:
        parts.append(some(random, UNTIL, 1))
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


NO_DECISION = ((), "", "", None)
KEY = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'[^']*'|[A-Za-z0-9_-]+""")


class Reading(NamedTuple):
    """What a pins file says: the pins are count, decision, and the decisions by the names of calls."""

    pins: Mapping[str, tuple[int, object, object]]
    exempt: Mapping[str, object]
    advice: str
    registry: str
    stores: Sequence[str]
    patterns: Sequence[str]
    require_decision: bool


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
    require(document.keys() <= {"stores", "patterns", "advice", "require-decision", "registry", "exempt", "pins"})
    stores, patterns = document.get("stores", ["s3"]), document.get("patterns", [])
    require(isinstance(stores, list) and all(store == "*" or store in list(STORES) for store in stores))
    require(isinstance(patterns, list) and all(map(is_pattern, patterns)) and stores + patterns != [])
    advice, needs_decision = document.get("advice", ""), document.get("require-decision", False)
    require(isinstance(advice, str) and isinstance(needs_decision, bool))
    registry = document.get("registry", "-")
    require(isinstance(registry, str) and registry.strip() != "")
    exempt = {path: exemption_of(value) for path, value in paths_of(document.get("exempt", {})).items()}
    pins = {}
    for path, value in paths_of(document.get("pins", {})).items():
        require(not path.endswith("/"))
        pins[path] = pin_of(value)
    registry = registry.strip() if "registry" in document else ""
    stores, patterns = list(dict.fromkeys(stores)), list(dict.fromkeys(patterns))
    return Reading(pins, exempt, advice.strip(), registry, stores, patterns, needs_decision)


def exemption_of(value: object) -> tuple[object, object]:
    """Return the reason, and the last day if there is one."""
    table = value if isinstance(value, dict) else {"reason": value}
    require(table.keys() <= {"reason", "until"})
    reason = table.get("reason", "")
    require(isinstance(reason, str) and reason.strip() != "")
    return reason, day_of(table)


def day_of(table: Mapping[str, Any]) -> object:
    until = table.get("until", datetime.date.max)
    require(type(until) is datetime.date)
    return table.get("until")


def is_pattern(pattern: object) -> bool:
    """A dotted name; each part has letters, digits, ``_``, ``*``, ``?``, ``[set]``, then any of ``()`` and ``[]``."""
    if not isinstance(pattern, str):
        return False
    if "**" in pattern or re.search(r"\([^)]", pattern):
        # parts that stand for several, and conditions on arguments, have tests of their own
        return is_parsed(pattern)
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


def is_parsed(pattern: str) -> bool:
    try:
        parse_pattern(pattern)
    except ValueError:
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
        require(len(key) <= 4096)
        require(not is_absolute and "\0" not in key and "\\" not in key and ".." not in parts)
        require(parts != [] and path not in values)
        values[path] = value
    return values


def pin_of(value: object) -> tuple[int, object, object]:
    if isinstance(value, dict) and "calls" in value:
        calls = value["calls"]
        require(value.keys() == {"calls"} and isinstance(calls, dict))
        decisions = {}
        for written, item in calls.items():
            require(is_name(written))
            # what is unknown in a key has no name, and identifiers are what Python takes them for
            name = parse_name(written).text
            require(name not in decisions and isinstance(item, dict))
            require(":" in written or not ("/" in written or written.endswith(".py")))
            decisions[name] = decision_of(item)
        return len(decisions), NO_DECISION, decisions
    table = value if isinstance(value, dict) else {"count": value}
    count = table.get("count")
    require(type(count) is int and 0 <= count <= 10**9)
    assert isinstance(count, int)
    return count, decision_of({key: item for key, item in table.items() if key != "count"}), None


def is_name(written: str) -> bool:
    if "(" in written:
        # keys have tests of their own
        try:
            return bool(parse_name(written))
        except ValueError:
            return False
    scope, colon, rest = written.partition(":")
    method, mark, number = rest.partition("#")
    is_number = number.isascii() and number.isdigit() and number[0] != "0" and number != "1" and len(number) < 10
    names = [unicodedata.normalize("NFKC", part) for part in (scope, method)]
    is_scope = scope == "<module>" or all(map(str.isidentifier, names[0].split(".")))
    return is_scope and names[1].isidentifier() and (is_number or not mark)


def decision_of(table: Mapping[str, Any]) -> tuple[object, ...]:
    require(table.keys() <= {"registered", "grandfathered", "deferred", "until"})
    ids = table.get("registered", ["-"])
    require(isinstance(ids, list) and ids != [] and all(isinstance(item, str) and item.strip() != "" for item in ids))
    reasons = [table.get(key, "-") for key in ("grandfathered", "deferred")]
    require(all(isinstance(reason, str) and reason.strip() != "" for reason in reasons))
    require("until" not in table or "grandfathered" in table or "deferred" in table)
    said = [table.get(key, "") for key in ("grandfathered", "deferred")]
    return tuple(table.get("registered", ())), *said, day_of(table)


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
        {path: (reason, pins.exempt.until.get(path)) for path, reason in pins.exempt.reasons.items()},
        pins.advice,
        pins.registry,
        list(pins.stores),
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
    for finding in pins_findings(pins, ()):
        ensure_message(finding.text)
