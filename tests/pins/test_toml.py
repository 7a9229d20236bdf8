"""Where keys and values of a TOML text are written: two witnesses, the parser and whoever wrote the text."""
from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from random import Random
from typing import Any
from typing import NamedTuple
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


class Section(NamedTuple):
    """What stands under one header; the first section of a document has none."""

    header: Path
    pairs: Mapping[str, Value]
    is_array: bool
    is_header_noted: bool
    are_pairs_noted: bool


class Document:
    """A table written as TOML in one of many ways, and where each key is first written.

    A key within an array has no path of its own, so that no place is noted for it.
    """

    def __init__(self, tree: dict[str, Value], random: Random) -> None:
        self.random = random
        self.text = ""
        self.offsets: dict[Path, int] = {}
        first, *sections = self.sections((), tree, is_noted=True)
        if not any(section.is_array for section in sections):
            # a table may follow those within it
            random.shuffle(sections)
        for section in [first, *sections]:
            self.write_section(section)

    def __repr__(self) -> str:
        return f"<{self.text!r}>"

    def places(self) -> dict[Path, Position]:
        return {
            path: Position(self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset) - 1)
            for path, offset in self.offsets.items()
        }

    def sections(self, header: Path, table: dict[str, Value], is_noted: bool) -> Iterator[Section]:
        below: dict[str, list[dict[str, Value]] | dict[str, Value]] = {}
        for key, value in table.items():
            tables = as_tables(value)
            if tables and self.is_likely(0.6):
                below[key] = tables
        pairs = {key: value for key, value in table.items() if key not in below}
        if pairs or not below or not header or self.is_likely(0.5):
            yield Section(header, pairs, False, is_noted, is_noted)
        for key, tables in below.items():
            path = (*header, key)
            if isinstance(tables, dict):
                yield from self.sections(path, tables, is_noted)
                continue
            for item in tables:
                # the array has a path, what is in it has none
                yield Section(path, {}, True, is_noted, False)
                yield from (section for section in self.sections(path, item, False) if section.header != path)

    def is_likely(self, probability: float) -> bool:
        return self.random.random() < probability

    def write_section(self, section: Section) -> None:
        if section.header:
            self.text += self.blanks() + ("[[" if section.is_array else "[")
            self.write_key((), section.header, section.is_header_noted)
            self.text += "]]" if section.is_array else "]"
            self.write_newline()
        for key, value in section.pairs.items():
            while self.is_likely(0.2):
                self.write_newline()
            for pair in pairs_of((key,), value, self.random):
                self.text += self.blanks()
                self.write_pair(section.header, *pair, section.are_pairs_noted)
                self.write_newline()

    def write_pair(self, table: Path, key: Path, value: Value, is_noted: bool) -> None:
        self.write_key(table, key, is_noted)
        self.text += "=" + self.blanks()
        self.write_value((*table, *key), value, is_noted)

    def write_key(self, table: Path, key: Path, is_noted: bool) -> None:
        self.text += self.blanks()
        if is_noted:
            for length in range(1, len(key) + 1):
                self.offsets.setdefault((*table, *key[:length]), len(self.text))
        self.text += f"{self.blanks()}.{self.blanks()}".join(map(self.spelled, key)) + self.blanks()

    def write_value(self, path: Path, value: Value, is_noted: bool) -> None:
        if isinstance(value, dict):
            pairs = [pair for key, item in value.items() for pair in pairs_of((key,), item, self.random)]
            for index, pair in enumerate(pairs):
                self.text += "," if index else "{"
                self.write_space(IS_TOML_1_1)
                self.write_pair(path, *pair, is_noted)
                self.write_space(IS_TOML_1_1)
            self.text += "" if pairs else "{"
            self.text += "," if pairs and IS_TOML_1_1 and self.is_likely(0.3) else ""
            self.write_space(IS_TOML_1_1)
            self.text += "}"
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.text += "," if index else "["
                self.write_space(is_multiline=True)
                self.write_value((), item, is_noted=False)
                self.write_space(is_multiline=True)
            self.text += "" if value else "["
            self.text += "," if value and self.is_likely(0.3) else ""
            self.write_space(is_multiline=True)
            self.text += "]"
        else:
            self.text += self.random.choice([self.simple_value, self.string, self.long_string])() + self.blanks()

    def write_space(self, is_multiline: bool) -> None:
        self.text += self.blanks()
        while is_multiline and self.is_likely(0.2):
            self.write_newline()
            self.text += self.blanks()

    def write_newline(self) -> None:
        self.text += self.blanks()
        if self.is_likely(0.3):
            self.text += "#" + "".join(self.some([*BASIC_PIECES, *LITERAL_PIECES]))
        self.text += self.newline()

    def newline(self) -> str:
        return self.random.choice(["\n", "\r\n"])

    def blanks(self) -> str:
        return self.random.choice(["", "", "", " ", "\t "])

    def some(self, pieces: list[str]) -> list[str]:
        return [self.random.choice(pieces) for _ in range(self.random.randrange(4))]

    def simple_value(self) -> str:
        return self.random.choice(SIMPLE_VALUES)

    def string(self) -> str:
        quote, pieces = self.random.choice([('"', BASIC_PIECES), ("'", LITERAL_PIECES)])
        return quote + "".join(self.some(pieces)) + quote

    def long_string(self) -> str:
        quote, pieces = self.random.choice([('"', [*BASIC_PIECES, "\\\n  "]), ("'", LITERAL_PIECES)])
        quotes = ["", "", quote, quote * 2]
        content = [self.random.choice(quotes) + piece for piece in self.some([*pieces, "\n", "\r\n"])]
        return quote * 3 + "".join(content) + self.random.choice(quotes) + quote * 3

    def spelled(self, name: str) -> str:
        spellings = [f'"{"".join(map(self.escaped, name))}"']
        if re.fullmatch(r"[A-Za-z0-9_-]+", name):
            spellings += [name] * 3
        if not re.search(r"['\x00-\x08\x0a-\x1f\x7f]", name):
            spellings.append(f"'{name}'")
        return self.random.choice(spellings)

    def escaped(self, character: str) -> str:
        spellings = [rf"\U{ord(character):08x}"]
        if ord(character) < 0x10000:
            spellings.append(rf"\u{ord(character):04X}")
        if character in SHORT_ESCAPES:
            spellings.append(SHORT_ESCAPES[character])
        elif character.isprintable():
            spellings += [character] * 9
        return self.random.choice(spellings)


def as_tables(value: Value) -> list[dict[str, Value]] | dict[str, Value] | None:
    """Return what can be written under headers of its own: a table, or an array of nothing but tables."""
    if not isinstance(value, list):
        return value
    tables = [item for item in value if isinstance(item, dict)]
    return tables if len(tables) == len(value) else None


def pairs_of(key: Path, value: Value, random: Random) -> Iterator[tuple[Path, Value]]:
    """Yield ``key = value``, or where the value is a table perhaps ``key.x = value`` for each of its keys."""
    if isinstance(value, dict) and value and random.random() < 0.5:
        for name, item in value.items():
            yield from pairs_of((*key, name), item, random)
    else:
        yield key, value


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
DOCUMENTS = st.builds(Document, st.dictionaries(KEYS, VALUES, max_size=5), st.builds(Random, st.integers(0, 2**32)))


@given(DOCUMENTS)
@settings(max_examples=75)
def test_key_positions(document: Document) -> None:
    """Two independent witnesses: tomli says which keys there are, and the writer of the text where it wrote them.

    The header ``[[x]]`` is where "x" is written. The keys below it are within an array: nobody asks for them, and
    whether they are found is left open.
    """
    content = tomli.loads(document.text)
    places = document.places()
    assert set(places) == set(paths_of(content))
    found = key_positions(document.text)
    assert {path: place for path, place in found.items() if not is_within_array(path, content)} == places


@given(DOCUMENTS)
@settings(max_examples=75)
def test_spans(document: Document) -> None:
    """The text of each key and of each value says what the parser says of it."""
    text = document.text
    content = tomli.loads(text, parse_float=str)
    for entry in entries(text):
        keys = [next(iter(tomli.loads(f"{text[start:end]} = 0"))) for start, end in entry.keys]
        assert keys == list(entry.path[entry.depth:])
        if entry.kind in ("header", "array"):
            assert (text[entry.span.start], text[entry.span.end - 1], entry.value.start) == ("[", "]", entry.span.end)
        elif not is_within_array(entry.path, content):
            value: Any = content
            for key in entry.path:
                value = value[key]
            assert tomli.loads(f"x = {text[slice(*entry.value)]}", parse_float=str) == {"x": value}
            assert text[slice(*entry.span)].endswith(text[slice(*entry.value)])
    kinds = [(entry.kind, entry.span) for entry in entries(text)]
    assert kinds == sorted(kinds, key=lambda found: found[1])


def test_what_is_nested_deeply() -> None:
    """It is passed over, and what follows is found."""
    text = f"{'a.' * 40}a = 1\n[{'b.' * 40}b]\nc = 1\n[d]\ne = {{ f = {'{ g = ' * 40}1{'}' * 40} }}\nh = 1\n"
    paths = [entry.path for entry in entries(text)]
    assert ("d", "h") in paths
    assert max(map(len, paths)) == 32
    assert written_position(text, ("a", "a")) == (1, 0)
    assert written_position(text, ("b",)) == (2, 1)
