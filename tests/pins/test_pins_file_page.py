"""The manual's page on the pins file says what the schema says, and its examples can be used."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

import flake8_artifact_pin
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import MAX_WILDCARDS
from flake8_artifact_pin.pins.schema import PIN_KEYS
from flake8_artifact_pin.pins.schema import TOP_KEYS

pytestmark = pytest.mark.once

PAGE = (Path(flake8_artifact_pin.__file__).parent / "docs" / "pins-file.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(?:# (\S+\.toml)\n)?(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_keys() -> None:
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE)) == sorted([*TOP_KEYS, *PIN_KEYS])
    assert f"At most {MAX_WILDCARDS} keys" in PAGE


@pytest.mark.parametrize(("name", "text"), BLOCKS)
def test_examples(name: str, text: str) -> None:
    assert parse_pins(Pins(f"/x/{name or 'artifact-pins.toml'}", "/x"), text).faults == ()


def test_examples_are_all_there() -> None:
    assert PAGE.count("```toml") == len(BLOCKS) == 4
