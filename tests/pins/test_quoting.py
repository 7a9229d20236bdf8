from __future__ import annotations

from datetime import date

import pytest
import tomli

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.quoting import key_text
from flake8_artifact_pin.pins.quoting import pin_text
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.quoting import Value
from flake8_artifact_pin.pins.quoting import value_text

pytestmark = pytest.mark.once


def test_quote() -> None:
    """Whatever a string holds, TOML reads it as it was."""
    text = "".join(map(chr, range(0x300))) + "\u2028\U0001f600"
    assert tomli.loads(f"{quote(text)} = {quote(text)}") == {text: text}
    assert quote('a"\\\t\n\x7f\udc80') == r'"a\"\\\t\n\u007F\uDC80"'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, "1"),
        ("a", '"a"'),
        (["a", 'b"'], r'["a", "b\""]'),
        (date(2027, 3, 31), "2027-03-31"),
        ({}, "{}"),
        ({"count": 1, "calls": {"f:put": {}}}, '{ count = 1, calls = { "f:put" = {} } }'),
    ],
)
def test_value_text(value: Value, expected: str) -> None:
    assert value_text(value) == expected


@pytest.mark.parametrize(
    ("count", "decision", "expected"),
    [
        (1, Decision(), "1"),
        (None, Decision(), "{}"),
        (2, Decision(("x", "y")), '{ count = 2, registered = ["x", "y"] }'),
        (None, Decision(grandfathered="why"), '{ grandfathered = "why" }'),
        (0, Decision(deferred="#1", until=date(2027, 3, 31)), '{ count = 0, deferred = "#1", until = 2027-03-31 }'),
    ],
)
def test_pin_text(count: int | None, decision: Decision, expected: str) -> None:
    assert pin_text(count, decision) == expected


def test_key_text() -> None:
    assert [key_text(key) for key in ("artifact-pins", "until", "a.py", "setup", "")] == [
        "artifact-pins", "until", '"a.py"', '"setup"', '""',
    ]
