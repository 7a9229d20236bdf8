"""Where the pins file says something."""
from __future__ import annotations

import posixpath

import tomli

from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.toml import entries
from flake8_artifact_pin.pins.toml import key_positions
from flake8_artifact_pin.pins.toml import Position
from flake8_artifact_pin.pins.toml import positions_in
from flake8_artifact_pin.pins.toml import tokens
from flake8_artifact_pin.pins.toml import written_position


def setting_position(pins: Pins, key: str) -> Position:
    """Return where a key of the pins file itself is written; the beginning of the file if it is not."""
    return written_position(pins.text, (*pins.table, key))


def pattern_position(pins: Pins, pattern: str) -> Position:
    """Return where one of the own patterns is written in the pins file."""
    path = (*pins.table, "patterns")
    value = next(entry.value for entry in entries(pins.text) if entry.path == path)
    written = (token for token in tokens(pins.text[value.start:value.end]) if token.kind == "string")
    start = next(token.start for token in written if tomli.loads(f"text = {token.text}")["text"] == pattern)
    return positions_in(pins.text)(value.start + start)


def pin_position(pins: Pins, pin: Pin) -> Position:
    """Return where a pin is written in the pins file."""
    return written_position(pins.text, (*pins.table, "pins", pin.key))


def call_position(pins: Pins, pin: Pin, name: str) -> Position:
    """Return where a call that a pin names is written in the pins file."""
    key = pin.calls[name].key if pin.calls else ""
    return written_position(pins.text, (*pins.table, "pins", pin.key, "calls", key))


def exempt_position(pins: Pins, key: str) -> Position:
    """Return where a key of ``[exempt]`` is written, however it is spelled."""
    table = (*pins.table, "exempt")
    positions = key_positions(pins.text)
    as_spelled = positions.get((*table, key))
    if as_spelled:
        return as_spelled
    spellings = (
        position
        for path, position in positions.items()
        if path[:-1] == table and posixpath.normpath(path[-1]) == posixpath.normpath(key)
    )
    return next(spellings, written_position(pins.text, table))
