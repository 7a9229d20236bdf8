"""What is said where pins and the registry differ, and which rows fit a key."""
from __future__ import annotations

from typing import NamedTuple

import pytest
from support.reports import read_pins

from flake8_artifact_pin.pins.toml import Position
from flake8_artifact_pin.rules.registered import judge_promised
from flake8_artifact_pin.rules.registered import judge_registered
from flake8_artifact_pin.rules.registered import suggestions

pytestmark = pytest.mark.once

PINS = """\
[pins]
"a.py" = { count = 1, registered = ["prices_daily", "price_daily", "price_daily"] }
"b.py" = { count = 0, registered = ["weekly"] }
[pins."c.py".calls]
"f:put_object" = { registered = ["prices_daily"] }
"g:put_object" = { registered = ["xyz"] }
"""


class Row(NamedTuple):
    artifact_id: str
    key_template: str = ""


def test_registered() -> None:
    found = [each[:4] for each in judge_registered(read_pins(PINS), {"prices_daily", "weekly"}, "registry.yaml")]
    assert found == [
        (2, 0, "APR007", '"price_daily" is registered for "a.py", but registry.yaml has no such id; '
         'did you mean "prices_daily"?'),
        (6, 0, "APR007", '"xyz" is registered for "g:put_object" of "c.py", but registry.yaml has no such id; '
         "register it there, or correct the id"),
    ]


def test_searches_are_few() -> None:
    """Each takes the time of the whole registry."""
    ids = ", ".join(f'"id{number}"' for number in range(12))
    pins = read_pins(f'[pins]\n"a.py" = {{ count = 1, registered = [{ids}] }}')
    texts = [finding.text for finding in judge_registered(pins, {"id"}, "r")]
    assert [text.endswith('did you mean "id"?') for text in texts] == [True] * 10 + [False] * 2


def test_promised() -> None:
    promised = [("prices_daily", Position(1, 0)), ("xyz", Position(2, 0)), ("weekly", Position(3, 2))]
    assert [found[:4] for found in judge_promised(read_pins(PINS), promised, "data")] == [
        (3, 2, "APR008", '"weekly" of data promises an artifact that no pinned code writes; register it at the pin of '
         "the file that writes it: flake8-artifact-pin decide, or retire this row"),
    ]


@pytest.mark.parametrize(
    ("key", "templates", "expected"),
    [
        ("prices/{day}.json", ["prices/{date}.json", "prices/{x}/{y}.json", "other/{date}.json"], [0, 1]),
        ("prices/latest.json", ["prices/{name}.json", "prices/latest.json", "{name}"], [1, 0]),
        ("{prefix}/latest.json", ["prices/latest.json", "prices/first.json"], [0]),
        ("s3://bucket/prices/{day}.json", ["prices/{date}.json"], [0]),
        ("prices/{day}.json", ["s3://bucket/prices/{date}.json", "/prices/{date}.json"], [0, 1]),
        ("{key}", ["prices/{date}.json", "{key}"], []),
        ("", ["prices/{date}.json"], []),
        ("prices", [""], []),
        # the more letters fit, the better
        ("aaa/b/c/{day}.json", ["aaa/{x}.json", "aaa/b/{x}.json", "aaa/b/c/{x}.json"], [2, 1, 0]),
        # as registries write what varies
        ("prices/{day}.csv", ["prices/%Y-%m-%d.csv", "prices/YYYY-MM-DD.csv", "prices/<day>.csv", "prices/*.csv"],
         [0, 1, 2, 3]),
        ("prices/{day}/{part}.csv", ["prices/${day}/{{ part }}.csv", "prices/%Y/%m.csv", "prices/%Y%m.csv"], [0, 1, 2]),
        ("{root}/prices/{day}.csv", ["prices/{day}.csv", "s3://b/prices/{day}.csv", "old/prices/{day}.csv"], [0, 1, 2]),
        ("SUMMARY_DDL.csv", ["SUMMARY_DDL.csv", "SUMMARY_{x}.csv"], [0, 1]),
        # what all share, or what nobody knows, fits nothing
        ("{prefix}/{name}.json", ["prices/{day}.json", "{a}/{b}.json", "x/{day}.json"], []),
        ("{prefix}/ab.json", ["x/{day}.json"], []),
        # a handful
        ("prices/{x}.csv", [f"prices/{number}.csv" for number in range(9)], [0, 1, 2, 3, 4]),
        # between two parts there is something
        ("abcd.json", ["ab{x}cd.json"], []),
        ("a1b1c.json", ["a{x}b{y}c.json", "a{x}d{y}c.json", "a{x}b{y}b{z}c.json"], [0]),
        ("abxab", ["ab{x}ab", "ab{x}xab"], [0]),
    ],
)
def test_suggestions(key: str, templates: list[str], expected: list[int]) -> None:
    rows = [Row(str(number), template) for number, template in enumerate(templates)]
    assert list(suggestions(rows, key)) == list(map(str, expected))


def test_a_suggestion_is_made_once() -> None:
    assert list(suggestions([Row("a", "xyz/{y}"), Row("a", "xyz/{z}")], "xyz/{day}")) == ["a"]
