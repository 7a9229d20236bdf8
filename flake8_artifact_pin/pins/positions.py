"""The positions of settings, pins, calls and exemptions in the pins file."""
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
    """Return the position of a top-level key; the beginning of the file if it is missing."""
    return written_position(pins.text, (*pins.table, key))


def pattern_position(pins: Pins, pattern: str) -> Position:
    """Return the position of one of the own patterns."""
    path = (*pins.table, "patterns")
    value = next(entry.value for entry in entries(pins.text) if entry.path == path)
    written = (token for token in tokens(pins.text[value.start:value.end]) if token.kind == "string")
    start = next(token.start for token in written if tomli.loads(f"text = {token.text}")["text"] == pattern)
    return positions_in(pins.text)(value.start + start)


def pin_position(pins: Pins, pin: Pin) -> Position:
    """Return the position of a pin."""
    return written_position(pins.text, (*pins.table, "pins", pin.key))


def call_position(pins: Pins, pin: Pin, name: str) -> Position:
    """Return the position of a named call of a pin."""
    key = pin.calls[name].key if pin.calls else ""
    return written_position(pins.text, (*pins.table, "pins", pin.key, "calls", key))


def exempt_position(pins: Pins, key: str) -> Position:
    """Return the position of a key of ``[exempt]``, which need not be normalized."""
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
