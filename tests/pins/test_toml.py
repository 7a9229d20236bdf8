"""Where keys and values of a TOML text are written: the parser reads each piece by itself."""
from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from random import Random
from typing import Any
from typing import TypeAlias

import pytest
import tomli
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flake8_artifact_pin.pins.toml import entries
from flake8_artifact_pin.pins.toml import key_positions
from flake8_artifact_pin.pins.toml import Path
from flake8_artifact_pin.pins.toml import Position
from flake8_artifact_pin.pins.toml import written_position

pytestmark = pytest.mark.once

# What a value may be in a generated document: None stands for some simple value.
Value: TypeAlias = "None | list[Value] | dict[str, Value]"

SIMPLE_VALUES = [
    *("0", "-1", "+1_000", "0xdead_beef", "0o17", "0b1", "1.5", "-1e-5", "6.02E+23", "inf", "-nan", "true", "false"),
    *("1979-05-27T07:32:00Z", "1979-05-27 07:32:00.999-07:00", "1979-05-27T07:32:00", "1979-05-27", "07:32:00"),
    *("[]", "{}", "[ ]", "{ }", "[[[]],]", '""', "''", '""""""', "''''''", r'"\""', r'"\\"', r"'\'"),
]
# Pieces of strings, which a reader that is not careful takes for something else.
PIECES = [*("[a]", "[[b]]", "k = 1", "a.b", "=", ",", "#", "# x", "{", "}", "]", "\t", " "), *"é\U0001f600\u2028\x85"]
BASIC_PIECES = [*PIECES, "'", "'''", r"\"", r"\\", r"\n", r"\u0022", r"\U0000005c", r"\t"]
LITERAL_PIECES = [*PIECES, '"', '"""', "\\"]
SHORT_ESCAPES = {'"': r"\"", "\\": r"\\", "\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}

KEYS = st.one_of(
    st.sampled_from(["pins", "a", "b", "count", "1", "-", "3.14", "true", "a.py", "src/a.py", "", " ", *"#é='\""]),
    st.text(st.sampled_from("ab_-1 .'\"\\[]{}#=,\t\n\r\x00\x7f\x85é\u2028\U0001f600"), max_size=5),
)


def has_newlines_in_inline_tables() -> bool:
    """Return whether tomli reads TOML 1.1, which allows them."""
    try:
        return bool(tomli.loads("a = {\nb = 1,\n}"))
    except tomli.TOMLDecodeError:
        return False


IS_TOML_1_1 = has_newlines_in_inline_tables()


class Writer:
    """Writes a table as TOML in one of many ways."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def document(self, tree: dict[str, Value]) -> str:
        first, *sections = self.sections((), tree)
        if not any(section.lstrip().startswith("[[") for section in sections):
            # a table may follow those within it
            self.random.shuffle(sections)
        return "".join([first, *sections])

    def sections(self, header: Path, table: dict[str, Value], brackets: int = 1) -> Iterator[str]:
        below = {
            key: tables for key, value in table.items()
            if self.is_likely(0.6) and (tables := as_tables(value)) is not None and tables
        }
        pairs = {key: value for key, value in table.items() if key not in below}
        if pairs or not below or not header or brackets == 2 or self.is_likely(0.5):
            yield self.section(header, pairs, brackets)
        for key, tables in below.items():
            for item in [tables] if isinstance(tables, dict) else tables:
                yield from self.sections((*header, key), item, 1 if isinstance(tables, dict) else 2)

    def section(self, header: Path, pairs: dict[str, Value], brackets: int) -> str:
        text = f"{self.blanks()}{'[' * brackets}{self.key(header)}{']' * brackets}{self.newline()}" if header else ""
        for key, value in pairs.items():
            for pair in self.pairs((key,), value):
                text += "".join([*self.newlines(True), self.blanks(), pair, self.newline()])
        return text

    def pairs(self, key: Path, value: Value) -> Iterator[str]:
        """Yield ``key = value``, or where the value is a table perhaps ``key.x = value`` for each of its keys."""
        if isinstance(value, dict) and value and self.is_likely(0.5):
            for name, item in value.items():
                yield from self.pairs((*key, name), item)
        else:
            yield f"{self.key(key)}={self.blanks()}{self.value(value)}{self.blanks()}"

    def value(self, value: Value) -> str:
        if isinstance(value, list):
            return self.bracketed("[]", list(map(self.value, value)), True)
        if isinstance(value, dict):
            return self.bracketed(
                "{}", [pair for key, item in value.items() for pair in self.pairs((key,), item)], IS_TOML_1_1,
            )
        return self.random.choice([lambda: self.random.choice(SIMPLE_VALUES), self.string, self.long_string])()

    def bracketed(self, brackets: str, items: list[str], is_multiline: bool) -> str:
        space = ["".join(self.newlines(is_multiline)) + self.blanks() for _ in range(2 * len(items) + 1)]
        text = ",".join(f"{before}{item}{after}" for before, item, after in zip(space, items, space[len(items):]))
        end = "," if items and is_multiline and self.is_likely(0.3) else ""
        return f"{brackets[0]}{text}{end}{space[-1]}{brackets[1]}"

    def newlines(self, is_multiline: bool) -> Iterator[str]:
        while is_multiline and self.is_likely(0.2):
            yield self.newline()

    def newline(self) -> str:
        comment = "#" + "".join(self.some([*BASIC_PIECES, *LITERAL_PIECES])) if self.is_likely(0.3) else ""
        return self.blanks() + comment + self.random.choice(["\n", "\r\n"])

    def is_likely(self, probability: float) -> bool:
        return self.random.random() < probability

    def blanks(self) -> str:
        return self.random.choice(["", "", "", " ", "\t "])

    def some(self, pieces: list[str]) -> list[str]:
        return [self.random.choice(pieces) for _ in range(self.random.randrange(4))]

    def string(self) -> str:
        quote, pieces = self.random.choice([('"', BASIC_PIECES), ("'", LITERAL_PIECES)])
        return quote + "".join(self.some(pieces)) + quote

    def long_string(self) -> str:
        quote, pieces = self.random.choice([('"', [*BASIC_PIECES, "\\\n  "]), ("'", LITERAL_PIECES)])
        quotes = ["", "", quote, quote * 2]
        content = [self.random.choice(quotes) + piece for piece in self.some([*pieces, "\n", "\r\n"])]
        return quote * 3 + "".join(content) + self.random.choice(quotes) + quote * 3

    def key(self, path: Path) -> str:
        return self.blanks() + f"{self.blanks()}.{self.blanks()}".join(map(self.spelled, path)) + self.blanks()

    def spelled(self, name: str) -> str:
        spellings = [f'"{"".join(map(self.escaped, name))}"']
        if re.fullmatch(r"[A-Za-z0-9_-]+", name):
            spellings += [name] * 3
        if not re.search(r"['\x00-\x08\x0a-\x1f\x7f]", name):
            spellings.append(f"'{name}'")
        return self.random.choice(spellings)

    def escaped(self, character: str) -> str:
        if character in SHORT_ESCAPES or not character.isprintable() or self.is_likely(0.2):
            long = rf"\U{ord(character):08x}"
            return self.random.choice([long, SHORT_ESCAPES.get(character, long.replace("U0000", "u"))])
        return character


def as_tables(value: Value) -> list[dict[str, Value]] | dict[str, Value] | None:
    """Return what can be written under headers of its own: a table, or an array of nothing but tables."""
    if not isinstance(value, list):
        return value
    tables = [item for item in value if isinstance(item, dict)]
    return tables if len(tables) == len(value) else None


def paths_of(table: Mapping[str, Any], prefix: Path = ()) -> Iterator[Path]:
    """Yield the path of every key, without those within arrays."""
    for key, value in table.items():
        yield (*prefix, key)
        if isinstance(value, dict):
            yield from paths_of(value, (*prefix, key))


def is_within_array(path: Path, document: Mapping[str, Any]) -> bool:
    value: Any = document
    for key in path:
        if isinstance(value, list):
            return True
        value = value[key]
    return False


VALUES: st.SearchStrategy[Value] = st.recursive(
    st.none(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(KEYS, children, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5), st.integers(0, 2**32))
@settings(max_examples=90)
def test_spans(tree: dict[str, Value], seed: int) -> None:
    """Each key is found, first where it is written, and its text and that of its value say what the parser says."""
    text = Writer(Random(seed)).document(tree)
    content = tomli.loads(text, parse_float=str)
    found = {path: position for path, position in key_positions(text).items() if not is_within_array(path, content)}
    assert set(found) == set(paths_of(content))
    written: dict[Path, Position] = {}
    kinds = [(entry.kind, entry.span) for entry in entries(text)]
    assert kinds == sorted(kinds, key=lambda each: each[1])
    for entry in entries(text):
        keys = [next(iter(tomli.loads(f"{text[start:end]} = 0"))) for start, end in entry.keys]
        assert keys == list(entry.path[entry.depth:])
        start = entry.keys[0].start
        position = Position(text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start) - 1)
        for length in range(entry.depth + 1, len(entry.path) + 1):
            written.setdefault(entry.path[:length], position)
        if entry.kind in ("header", "array"):
            assert (text[entry.span.start], text[entry.span.end - 1], entry.value.start) == ("[", "]", entry.span.end)
        elif not is_within_array(entry.path, content):
            value: Any = content
            for key in entry.path:
                value = value[key]
            assert tomli.loads(f"x = {text[slice(*entry.value)]}", parse_float=str) == {"x": value}
            assert text[slice(*entry.span)].endswith(text[slice(*entry.value)])
    assert {path: written[path] for path in found} == found


def test_what_is_nested_deeply() -> None:
    """It is passed over, and what follows is found."""
    text = f"{'a.' * 40}a = 1\n[{'b.' * 40}b]\nc = 1\n[d]\ne = {{ f = {'{ g = ' * 40}1{'}' * 40} }}\nh = 1\n"
    paths = [entry.path for entry in entries(text)]
    assert ("d", "h") in paths
    assert max(map(len, paths)) == 32
    assert written_position(text, ("a", "a")) == (1, 0)
    assert written_position(text, ("b",)) == (2, 1)
