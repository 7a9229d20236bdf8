from __future__ import annotations

from datetime import date

import pytest

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Exempt
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import PinnedCall
from flake8_artifact_pin.pins.model import Pins

pytestmark = pytest.mark.once

MADE = Decision(("features_daily",))


@pytest.mark.parametrize(
    ("decision", "is_made", "text"),
    [
        (Decision(), False, ""),
        (Decision(("features_daily", "prices")), True, "registered: features_daily, prices"),
        (Decision(("features_daily", "TODO")), False, "registered: features_daily, TODO"),
        (Decision(("ID",), "read by nobody"), True, "registered: ID; grandfathered: read by nobody"),
        (Decision(grandfathered="TODO"), False, "grandfathered: TODO"),
        (Decision(deferred="config#2350", until=date(2027, 3, 31)), True, "deferred: config#2350; until: 2027-03-31"),
        (Decision(deferred="#12"), True, "deferred: #12"),
        (Decision(deferred="N/A"), False, "deferred: N/A"),
    ],
)
def test_decision(decision: Decision, is_made: bool, text: str) -> None:
    assert (decision.is_made, decision.text) == (is_made, text)


def test_decisions_of_a_pin() -> None:
    calls = {"f:put": PinnedCall("f:put", MADE), "g:put": PinnedCall("g:put", Decision())}
    named, counting = Pin("a.py", "a.py", 2, calls=calls), Pin("a.py", "a.py", 1, MADE)
    assert (named.decisions, named.undecided) == ([MADE, Decision()], 1)
    assert (counting.decisions, counting.undecided) == ([MADE], 0)
    assert [pin.undecided for pin in (Pin("a.py", "a.py", 0), Pin("a.py", "a.py", 2))] == [0, 2]
    names = ["f:put", "g:put", "h:put"]
    assert [named.decision_on(name) for name in names] == [MADE, Decision(), Decision()]
    assert [counting.decision_on(name) for name in names] == [MADE] * 3


def test_reasons_that_say_nothing() -> None:
    assert Exempt({"a/": "test code", "b/": "TODO", "c/": ""}).unexplained == ["b/", "c/"]


def test_pins() -> None:
    pins = Pins("/x/y/../artifact-pins.toml", "/z", pins={"a.py": Pin("a.py", "./a.py", 1)})
    assert (pins.root, pins.name) == ("/x", "artifact-pins.toml")
    assert (Pins("", "/z").root, Pins("", "/z").name) == ("/z", "artifact-pins.toml")
    assert [pins.pin_of(path).allowed for path in ("a.py", "b.py")] == [1, 0]
