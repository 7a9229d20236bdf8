"""Reading and editing a pins file take time in proportion to its size, whatever it holds."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from support import growth
from support import LINEAR

from flake8_artifact_pin.pins.edit import edit_pins
from flake8_artifact_pin.pins.edit import RemovePin
from flake8_artifact_pin.pins.edit import RenamePin
from flake8_artifact_pin.pins.edit import SetCount
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.toml import key_positions

pytestmark = pytest.mark.once


def parsed(text: str) -> Pins:
    return parse_pins(Pins("/x/artifact-pins.toml", "/x"), text)


def judged(text: str) -> None:
    """Read a pins file, and see where each pin is and whether it is exempt."""
    pins = parsed(text)
    key_positions(text)
    for path in pins.pins:
        exemption(pins.exempt, path)


def edited(text: str) -> None:
    pins = parsed(text)
    for kind in (lambda key: SetCount(key, 0), RemovePin, lambda key: RenamePin(key, f"x{key}")):
        edit_pins(pins, map(kind, pins.pins))


PINS: dict[str, Callable[[int], str]] = {
    "pins": lambda size: "[pins]\n" + "".join(f'"src/{number}.py" = {{ count = 1 }}\n' for number in range(size)),
    "tables": lambda size: "".join(f'[pins."{number}.py"]\ncount = 1\n\n' for number in range(size)),
    "one inline table": lambda size: "pins = { " + ", ".join(f'"{number}.py" = 1' for number in range(size)) + " }",
    "dotted keys": lambda size: "".join(f'pins."{number}.py".count = 1\n' for number in range(size)),
}
TEXTS: dict[str, Callable[[int], str]] = {
    **PINS,
    "unknown keys": lambda size: "".join(f"pin{number} = 1\n" for number in range(size)),
    "conflicts": lambda size: "<<<<<<< HEAD\n" * size,
    "long paths": lambda size: '[exempt]\n"t/" = "x"\n[pins]\n' + "".join(
        f'"{"a/" * 1000}{number}.py" = 1\n' for number in range(size // 400)
    ),
    "a pattern": lambda size: f'[exempt]\n"{"*a" * (size // 50)}b" = "x"\n[pins]\n"{"a" * 4000}" = 1\n',
    "patterns": lambda size: "".join([
        "[exempt]\n", *(f'"*{number}x" = "x"\n' for number in range(size)),
        "[pins]\n", *(f'"{number}.py" = 1\n' for number in range(size)),
    ]),
    "headers": lambda size: "".join(f"[{'a.' * 40}b{number}]\n" for number in range(size // 4)),
    "arrays of tables": lambda size: "[[x]]\n" * size,
    "a deep value": lambda size: "x = " + "{ a = " * size + "1" + " }" * size,
    "a string without an end": lambda size: f'x = "{"a" * 50 * size}\n',
    "quotes": lambda size: '"' * 50 * size,
    "a comment": lambda size: "# " + " " * 50 * size,
}


@pytest.mark.parametrize("make", TEXTS.values(), ids=TEXTS)
def test_reading(make: Callable[[int], str]) -> None:
    def read(text: str) -> None:
        if not parsed(text).faults:
            judged(text)

    assert growth(make, read, 100) < LINEAR


@pytest.mark.parametrize("make", PINS.values(), ids=PINS)
def test_editing(make: Callable[[int], str]) -> None:
    assert growth(make, edited, 50) < LINEAR
