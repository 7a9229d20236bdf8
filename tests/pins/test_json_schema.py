"""The JSON Schema that editors use says the same as pins/schema.py."""
from __future__ import annotations

import json
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
    *("is a duplicate of", "has an empty component", "path without quotes", "is not a date"),
    *("ends in no number of a call", "is empty and there are no patterns"),
)

VALID = """
#:schema ./artifact-pins.schema.json
stores = ["s3", "gcs", "*"]
patterns = ["*.save_artifact"]
advice = "the registry is ARTIFACT_REGISTRY.yaml"
require-decision = true
registry = "../config/ARTIFACT_REGISTRY.yaml"
[exempt]
"tests/" = "test code produces no artifacts"
"scripts/_*" = { reason = "scratch", until = 2027-03-31 }
[pins]
"collectors/prices.py" = 1
"./a..b.py" = 0
".github/x.py" = { count = 1, grandfathered = "why", deferred = "#1", until = 2027-03-31 }
"features/writer.py" = { count = 1, registered = ["features_daily"] }
[pins."training/models.py".calls]
"write_board:put_object(leaderboard/{}.json)" = { registered = ["model_leaderboard"] }
"ModelZoo.restore:put_object#2" = { grandfathered = "re-puts champions that are there already", until = 2027-03-31 }
"<module>:put_object" = {}
"""


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


def faulty_lines() -> Iterator[tuple[str, str, str]]:
    """Yield each pair of the files of faults that is one by itself, with its table and what is expected of it."""
    for file in sorted((Path(__file__).parent / "faults").glob("*.toml")):
        table = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            pair, _, expected = line.partition(" #! ")
            if line.startswith("["):
                table = pair
            elif expected and not table.startswith("[["):
                try:
                    tomli.loads(pair)
                except tomli.TOMLDecodeError:
                    continue
                yield table, pair, expected


@pytest.mark.parametrize(("table", "pair", "expected"), list(faulty_lines()))
def test_faults(table: str, pair: str, expected: str) -> None:
    text = f"{table}\n{pair}\n"
    pins = parse_pins(Pins(f"/x/{PINS}", "/x"), text)
    # two lines of the file are at fault together
    is_fine_alone = not pins.faults and any(words in expected for words in ("is a duplicate of", "is beside its calls"))
    is_beyond = pins.faults and all(any(words in fault.problem for words in BEYOND) for fault in pins.faults)
    assert errors(text) or is_fine_alone or is_beyond, expected


def test_valid() -> None:
    assert parse_pins(Pins(f"/x/{PINS}", "/x"), VALID).faults == ()
    assert errors(VALID) == []
