from __future__ import annotations

from collections.abc import Mapping

import pytest
from support.reports import read_pins
from support.reports import report_source

from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.rules.changes import compare
from flake8_artifact_pin.rules.changes import raised_pins
from flake8_artifact_pin.rules.changes import Snapshot

ALPHA = 'def f():\n    s3.put_object(Key="alpha.csv")\n'
BETA = ALPHA.replace("alpha", "beta")
BOTH = f'{ALPHA}    s3.put_object(Key="beta.csv")\n'
COUNT = '[pins]\n"a.py" = {}\n'
ENTRIES = '[pins."a.py".calls]\n'
ALPHA_ENTRY = '"f:put_object(alpha.csv)" = { registered = ["alpha"] }\n'
BETA_ENTRY = ALPHA_ENTRY.replace("alpha", "beta")


def counting(count: int, kind: str, decision: str) -> str:
    """Return a pins file with a pin that counts, and has a decision."""
    return COUNT.format(f"{{ count = {count}, {kind} = {decision} }}")


def snapshot(sources: Mapping[str, str], pins: str = "") -> Snapshot:
    """Return a state of a repository; without pins there is no pins file."""
    reports = {path: report_source(source) for path, source in sources.items()}
    return Snapshot(read_pins(pins) if pins else Pins("", "/project"), reports)


def changes(old: Snapshot, new: Snapshot, renamed: Mapping[str, str] = {}) -> list[str]:
    """Return what became of the calls that are not the same, each as "kind old -> new", undecided ones with "?"."""
    shown = []
    for change in compare(old, new, renamed):
        texts = [f"{call.path} {call.site.name}" for call in (change.old, change.new) if call]
        if change.kind.value != "same":
            shown.append(f"{change.kind.value}{'?' * change.is_undecided} {' -> '.join(texts)}")
    return shown


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(BOTH, BOTH, [], id="nothing"),
        pytest.param(BOTH, f"import os\n\n{BOTH}", [], id="other lines"),
        pytest.param(BOTH, BOTH.replace("alpha", "x").replace("beta", "alpha").replace("x", "beta"), [], id="order"),
        pytest.param(
            ALPHA, ALPHA.replace("f()", "g()"),
            ["renamed a.py f:put_object(alpha.csv) -> a.py g:put_object(alpha.csv)"],
            id="function renamed",
        ),
        pytest.param(
            "def f(key):\n    s3.put_object(Key=key)\n", "def g(key):\n    s3.put_object(Key=key)\n",
            ["renamed a.py f:put_object -> a.py g:put_object"], id="function renamed, key unknown",
        ),
        pytest.param(
            ALPHA, BETA, ["changed? a.py f:put_object(alpha.csv) -> a.py f:put_object(beta.csv)"], id="another key",
        ),
        pytest.param(ALPHA, BOTH, ["added? a.py f:put_object(beta.csv)"], id="one more"),
        pytest.param(BOTH, ALPHA, ["removed a.py f:put_object(beta.csv)"], id="one less"),
        pytest.param(
            'def f(day):\n    s3.put_object(Key=f"x/{day}")\n',
            'def f(date):\n    s3.put_object(Key=f"x/{date}")\n',
            [],
            id="variable renamed",
        ),
        pytest.param(
            ALPHA, ALPHA.replace("put_object", "upload_fileobj"),
            ["renamed a.py f:put_object(alpha.csv) -> a.py f:upload_fileobj(alpha.csv)"], id="another method",
        ),
    ],
)
def test_calls_of_a_file(old: str, new: str, expected: list[str]) -> None:
    pins = COUNT.format(2)
    assert changes(snapshot({"a.py": old}, pins), snapshot({"a.py": new}, pins)) == expected


def test_a_call_that_moves_with_its_key_is_the_same_artifact() -> None:
    old = snapshot({"a.py": BOTH, "b.py": ""}, COUNT.format(2))
    new = snapshot({"a.py": ALPHA, "b.py": BETA}, COUNT.format(1) + '"b.py" = 1\n')
    assert changes(old, new) == ["moved a.py f:put_object(beta.csv) -> b.py f:put_object(beta.csv)"]


def test_room_made_by_a_move_is_not_for_another_artifact() -> None:
    old = snapshot({"a.py": ALPHA, "b.py": ""}, COUNT.format(1))
    new = snapshot({"a.py": BETA.replace("f()", "g()"), "b.py": ALPHA}, COUNT.format(1) + '"b.py" = 1\n')
    assert changes(old, new) == [
        "moved a.py f:put_object(alpha.csv) -> b.py f:put_object(alpha.csv)", "added? a.py g:put_object(beta.csv)",
    ]


def test_a_renamed_file_has_the_same_calls() -> None:
    old, new = snapshot({"a.py": BOTH}, COUNT.format(2)), snapshot({"b.py": BOTH}, '[pins]\n"b.py" = 2\n')
    assert changes(old, new, {"b.py": "a.py"}) == []


def test_suppression() -> None:
    suppressed = 'def f():\n    s3.put_object(Key="alpha.csv")  # noqa: APR001 - a probe\n'
    counted, hidden = snapshot({"a.py": ALPHA}, COUNT.format(1)), snapshot({"a.py": suppressed}, COUNT.format(1))
    assert [text.split()[0] for text in changes(counted, hidden)] == ["suppressed"]
    assert [text.split()[0] for text in changes(hidden, counted)] == ["unsuppressed?"]


@pytest.mark.parametrize(
    ("old_pins", "new_pins", "is_undecided"),
    [
        (COUNT.format(1), COUNT.format(2), True),
        (counting(1, 'registered', '["one"]'), counting(2, 'registered', '["one"]'), True),
        (counting(1, 'registered', '["one"]'), counting(2, 'registered', '["one", "two"]'), False),
        (counting(1, 'grandfathered', '"old"'), counting(2, 'grandfathered', '" old"'), True),
        (counting(1, 'grandfathered', '"old"'), counting(2, 'grandfathered', '"all"'), False),
        (COUNT.format(1), counting(2, 'deferred', '"config#1"'), False),
        # over its pin: whatever was decided, it was not on this call
        (COUNT.format(1), counting(1, 'grandfathered', '"another"'), True),
        (ENTRIES + ALPHA_ENTRY, ENTRIES + ALPHA_ENTRY + BETA_ENTRY, False),
        (ENTRIES + ALPHA_ENTRY, ENTRIES + ALPHA_ENTRY, True),
        (ENTRIES + ALPHA_ENTRY, ENTRIES + ALPHA_ENTRY + '"f:put_object(beta.csv)" = {}\n', True),
        # decided before the call came
        (ENTRIES + ALPHA_ENTRY + BETA_ENTRY, ENTRIES + ALPHA_ENTRY + BETA_ENTRY, False),
        (counting(1, 'registered', '["alpha"]'), ENTRIES + ALPHA_ENTRY + BETA_ENTRY, False),
    ],
)
def test_what_is_a_new_decision(old_pins: str, new_pins: str, is_undecided: bool) -> None:
    found = changes(snapshot({"a.py": ALPHA}, old_pins), snapshot({"a.py": BOTH}, new_pins))
    assert found == [f"added{'?' * is_undecided} a.py f:put_object(beta.csv)"]


def test_an_entry_that_only_got_another_name_is_no_new_decision() -> None:
    old = snapshot({"a.py": ALPHA}, ENTRIES + ALPHA_ENTRY)
    new = snapshot({"a.py": BETA}, ENTRIES + ALPHA_ENTRY.replace("alpha.csv", "beta.csv"))
    assert changes(old, new) == ["changed? a.py f:put_object(alpha.csv) -> a.py f:put_object(beta.csv)"]


@pytest.mark.parametrize(
    ("old_pins", "new_pins", "expected"),
    [
        (COUNT.format(1), COUNT.format(2), ["a.py"]),
        (COUNT.format(1), counting(2, 'grandfathered', '"on its way"'), []),
        (COUNT.format(2), COUNT.format(1), []),
        # the first pins file: everything in it was there before
        ("", COUNT.format(2), []),
    ],
)
def test_pins_raised_without_a_call(old_pins: str, new_pins: str, expected: list[str]) -> None:
    old, new = snapshot({"a.py": ALPHA}, old_pins), snapshot({"a.py": ALPHA}, new_pins)
    assert [pin.path for pin in raised_pins(old, new, {}, compare(old, new, {}))] == expected
