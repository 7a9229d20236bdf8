"""Where keys and values of a TOML text are written: the parser reads each piece by itself."""
from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st

from flake8_artifact_pin.pins.toml import entries
from flake8_artifact_pin.pins.toml import key_positions
from flake8_artifact_pin.pins.toml import Path
from flake8_artifact_pin.pins.toml import Position
from flake8_artifact_pin.pins.toml import written_position

pytestmark = pytest.mark.once

# Spellings of keys and values, with what a reader that is not careful takes for something else.
KEYS = [
    "a", "b", "c", "pins", "1", "-", "3.14", "true", '""', "' '", '"a.py"', "'src/a.py'", '"#"', '"="', "'\"'", '"[x]"',
    r'"\u0061"', r'"\U0001f600\t\"\\"', '"é\u2028\x85"', "a . b", "a.\t'b'.c",
]
SIMPLE_VALUES = [
    *("0", "-1", "+1_000", "0xdead_beef", "0o17", "0b1", "1.5", "-1e-5", "6.02E+23", "inf", "-nan", "true", "false"),
    *("1979-05-27T07:32:00Z", "1979-05-27 07:32:00.999-07:00", "1979-05-27", "07:32:00", "[ ]", "{ }", "[[[]],]"),
    *('""', "''", '""""""', "''''''", r'"\""', r'"\\"', r"'\'", '"# [a] = {"', "'k = 1 } ]'", '"é\u2028\x85"'),
    *('"""\n[a]\r\n# "" \\""\n"""', "'''\n[[b]] '' \"\"\"\n'''", '"""a\\\n  = 1""""', "'''\\'''''"),
]
BLANKS = st.sampled_from(["", "", " ", "\t "])
LINE_ENDS = st.sampled_from(["\n", "\r\n", ' # [a] = """\n', "\n\n # b = 'x\n"])
SPACE = st.sampled_from(["", "", " ", "\n", " # ], 'x\n\t"])


def pair(key: str, blanks: str, value: str) -> str:
    return f"{blanks}{key}{blanks}={blanks}{value}"


def array(items: list[tuple[str, str]]) -> str:
    return f"[{','.join(space + item + space for space, item in items)}]"


VALUES = st.recursive(
    st.sampled_from(SIMPLE_VALUES),
    lambda values: st.lists(st.tuples(SPACE, values), max_size=3).map(array) | st.lists(
        st.builds(pair, st.sampled_from(KEYS), BLANKS, values), max_size=3,
    ).map(lambda pairs: f"{{ {','.join(pairs)} }}"),
    max_leaves=6,
)
LINES = st.tuples(
    st.builds(pair, st.sampled_from(KEYS), BLANKS, VALUES)
    | st.builds("{1}[{1}{0}{1}]{1}".format, st.sampled_from(KEYS), BLANKS)
    | st.builds("{1}[[{0}{1}]]".format, st.sampled_from(KEYS), BLANKS),
    LINE_ENDS,
).map("".join)


def is_valid(text: str) -> bool:
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    return True


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Return a valid text: a line that does not fit to those before it is left out."""
    text = ""
    for line in draw(st.lists(LINES, min_size=2, max_size=12)):
        text += line if is_valid(text + line) else ""
    return text


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


@given(documents())
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_spans(text: str) -> None:
    """Each key is found, first where it is written, and its text and that of its value say what the parser says."""
    content = tomli.loads(text, parse_float=str)
    found = {path: position for path, position in key_positions(text).items() if not is_within_array(path, content)}
    assert set(found) == set(paths_of(content))
    kinds = [(entry.kind, entry.span) for entry in entries(text)]
    assert kinds == sorted(kinds, key=lambda each: each[1])
    written: dict[Path, Position] = {}
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
