"""The JSON Schema that editors use says the same as pins/schema.py."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomli
from support import PINS

import flake8_artifact_pin
from flake8_artifact_pin.pins import schema
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import MAX_PATH_LENGTH
from flake8_artifact_pin.source.stores import ALL_STORES
from flake8_artifact_pin.source.stores import STORES

pytestmark = pytest.mark.once

PACKAGE = Path(flake8_artifact_pin.__file__).parent
SCHEMA = json.loads((PACKAGE / "artifact-pins.schema.json").read_text(encoding="utf-8"))
# What no schema can say: which paths and calls are the same one, and how patterns and stores are spelled beyond that.
BEYOND = (
    "has an empty component", "path without quotes", "is not a date", "ends in no number of a call",
    "is empty and there are no patterns",
)


def properties(*path: str | int) -> tuple[str, ...]:
    value = SCHEMA
    for key in path:
        value = value[key]
    return tuple(sorted(value["properties"]))


def test_keys() -> None:
    pin = ("properties", "pins", "additionalProperties", "anyOf")
    assert properties() == schema.TOP_KEYS
    assert properties("properties", "exempt", "additionalProperties", "anyOf", 1) == schema.EXEMPT_KEYS
    assert sorted({*properties(*pin, 1), *properties(*pin, 2)}) == sorted(schema.PIN_KEYS)
    assert properties(*pin, 2, "properties", "calls", "additionalProperties") == schema.DECISION_KEYS
    assert SCHEMA["properties"]["stores"]["items"]["enum"] == [*STORES, ALL_STORES]
    definitions = SCHEMA["definitions"]
    assert (definitions["count"]["maximum"], definitions["path"]["maxLength"]) == (schema.MAX_COUNT, MAX_PATH_LENGTH)


def as_json(value: Any) -> Any:
    """Return a TOML document as editors' servers see it: dates are strings."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(as_json, value))
    return value.isoformat() if isinstance(value, date) else value


def errors(text: str) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(as_json(tomli.loads(text)))]


def test_schema_is_one() -> None:
    pytest.importorskip("jsonschema").Draft7Validator.check_schema(SCHEMA)


def pairs() -> Iterator[tuple[str, str]]:
    """Yield each pair of the files of faults that is one by itself, with its table."""
    for file in sorted((Path(__file__).parent / "faults").glob("*.toml")):
        table = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            pair, _, _ = line.partition(" #! ")
            if line.startswith("["):
                table = pair
            elif not table.startswith("[["):
                try:
                    tomli.loads(pair)
                except tomli.TOMLDecodeError:
                    continue
                yield table, pair


@pytest.mark.parametrize(("table", "pair"), list(pairs()))
def test_pairs(table: str, pair: str) -> None:
    text = f"{table}\n{pair}\n"
    faults = parse_pins(Pins(f"/x/{PINS}", "/x"), text).faults
    # a file with this pair alone may have no fault
    is_beyond = all(any(words in fault.problem for words in BEYOND) for fault in faults)
    assert not errors(text) if not faults else errors(text) or is_beyond


def test_examples_of_the_manual() -> None:
    page = (PACKAGE / "docs" / "pins-file.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert [errors(text) for text in examples if "[tool." not in text] == [[]] * 3
