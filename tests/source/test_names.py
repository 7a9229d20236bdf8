"""The names of PUT calls, and keys as they are shown and named."""
from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_artifact_pin.source.names import call_names
from flake8_artifact_pin.source.names import CallName
from flake8_artifact_pin.source.names import MODULE
from flake8_artifact_pin.source.names import normalized
from flake8_artifact_pin.source.names import parse_name
from flake8_artifact_pin.source.templates import name_key
from flake8_artifact_pin.source.templates import shown_key

SHAPE = 'is not the name of a call: write "FUNCTION:METHOD(KEY)"'
NUMBER = "ends in no number of a call"
LETTER = 'names a key without a letter: write "f:put"'

PIECES = [
    "a", "b", "(", ")", "#", "#2", ":", "{", "}", "{}", "{x}", "{{", "}}",
    '"', "'", "\\", "\n", "é", "\u202e", "<", " ",
]
KEYS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
IDENTIFIERS = st.sampled_from(["f", "put", "é", "_x1", "ﬁ"])
SCOPES = st.lists(IDENTIFIERS, max_size=3).map(lambda parts: ".".join(parts) or MODULE)


def escaped(text: str) -> str:
    """Return a template that is this text."""
    return text.replace("{", "{{").replace("}", "}}")


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([("f", "put", "a.csv")] * 3, ["f:put(a.csv)", "f:put(a.csv)#2", "f:put(a.csv)#3"]),
        ([("f", "put", "a"), ("f", "put", ""), ("f", "put", "b"), ("f", "put", "")],
         ["f:put(a)", "f:put", "f:put(b)", "f:put#2"]),
        ([("f", "put", "a"), ("g", "put", "a"), ("f", "upload", "a")], ["f:put(a)", "g:put(a)", "f:upload(a)"]),
        # identifiers are as Python understands them, keys as they are
        ([("ﬁ", "ｐut", "ﬁ"), ("fi", "put", "fi")], ["fi:put(ﬁ)", "fi:put(fi)"]),
        ([(MODULE, "put", "")], ["<module>:put"]),
    ],
)
def test_call_names(calls: Sequence[tuple[str, str, str]], expected: Sequence[str]) -> None:
    assert list(call_names(calls)) == expected


@given(st.lists(st.tuples(SCOPES, IDENTIFIERS, KEYS.map(escaped).map(name_key)), max_size=6))
def test_each_name_is_read_as_what_it_names(calls: Sequence[tuple[str, str, str]]) -> None:
    names = list(call_names(calls))
    assert len(set(names)) == len(names)
    for (scope, method, key), name in zip(calls, names):
        found = parse_name(name)
        assert found[:3] == (normalized(scope), normalized(method), key)
        assert found.text == name
        assert name.count("\n") == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A.f:put#2", CallName("A.f", "put", "", 2)),
        ("<module>:put(a)#10", CallName(MODULE, "put", "a", 10)),
        ("f:put(a)#2)", CallName("f", "put", "a)#2")),
        # written plainly
        ("ﬁ:ｐut(ﬁ)", CallName("fi", "put", "ﬁ")),
        ("f:put(a/{day}/{x.y[0]}.csv)", CallName("f", "put", "a/{}/{}.csv")),
        ("f:put(a{{day}})", CallName("f", "put", "a{{day}}")),
        ("f:put(a\nb)", CallName("f", "put", "a\\nb")),
    ],
)
def test_parse_name(text: str, expected: CallName) -> None:
    assert parse_name(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *((text, SHAPE) for text in [
            "", "f", "f:", ":put", "f:g:put", "f put", "f.:put", "1:put", "f:1", "f:put(a", "f:put)", "f(x):put",
            "f:put(a)x", "<modul>:put", "f:put x",
        ]),
        *((text, NUMBER) for text in [
            "f:put#", "f:put#1", "f:put#0", "f:put#02", "f:put#x", "f:put(a)#1", "f:put#" + "9" * 5000,
        ]),
        *((text, LETTER) for text in ["f:put()", "f:put(1)", "f:put({day})", "f:put({}/{}-2024)"]),
    ],
)
def test_what_is_no_name(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match="^" + problem.split("(KEY)")[0].replace("(", r"\(")):
        parse_name(text)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("a.csv", "a.csv"),
        ("prices/{day}.csv", "prices/{}.csv"),
        ("{day}", ""),
        ("{...}/2024-{day}", ""),
        ("a{{day}}", "a{{day}}"),
        ("a\\n\n\t\x1b", "a\\\\n\\n\\t\\x1b"),
        ("a\u202eb\u2028\u00a0\ud800 c", "a\\u202eb\\u2028\\xa0\\ud800 c"),
    ],
)
def test_name_key(template: str, expected: str) -> None:
    assert name_key(template) == expected


@given(KEYS, KEYS)
def test_name_keys_differ_where_keys_do(first: str, second: str) -> None:
    one, two = name_key(escaped(first)), name_key(escaped(second))
    assert (one == two) == (first == second) or not one or not two


def test_long_name_keys() -> None:
    keys = ["a" * length for length in (200, 201, 5000)] + ["a" * 100 + "b" + "a" * 100]
    names = [name_key(key) for key in keys]
    assert [len(name) for name in names] == [200] * 4
    assert len(set(names)) == 4
    # as it is written, and as it would be
    assert [parse_name(f"f:put({text})").key for text in (keys[2], names[2])] == [names[2]] * 2


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("prices/{day}.csv", "prices/{day}.csv"),
        ("a" * 60, "a" * 60),
        ("a" * 30 + "x" + "b" * 30, "a" * 28 + "..." + "b" * 29),
        ("a\nb\\", "a\\nb\\\\"),
    ],
)
def test_shown_key(template: str, expected: str) -> None:
    assert shown_key(template) == expected
