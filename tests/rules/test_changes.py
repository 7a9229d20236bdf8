from __future__ import annotations

from collections.abc import Mapping

import pytest
from support.reports import read_pins
from support.reports import report_source

from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.rules.changes import compare
from flake8_artifact_pin.rules.changes import raised_pins
from flake8_artifact_pin.rules.changes import Snapshot

pytestmark = pytest.mark.once

ALPHA = 'def f():\n    s3.put_object(Key="alpha.csv")\n'
BETA = ALPHA.replace("alpha", "beta")
BOTH = f'{ALPHA}    s3.put_object(Key="beta.csv")\n'
PROBE = f'{ALPHA}    s3.put_object(Key="beta.csv")  # noqa: APR001 - a probe\n'
COUNT = '[pins]\n"a.py" = {}\n'
ENTRIES = '[pins."a.py".calls]\n'
ALPHA_ENTRY = '"f:put_object(alpha.csv)" = { registered = ["alpha"] }\n'
BETA_ENTRY = ALPHA_ENTRY.replace("alpha", "beta")
PLANNED_ENTRY = '"g:put_object" = { deferred = "config#1" }\n'


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


def put(key: str, function: str = "f", method: str = "put_object") -> str:
    return f"def {function}(x):\n    s3.{method}(Key={key})\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (BOTH, f"import os\n\n{BOTH}", []),
        (BOTH, BOTH.replace("alpha", "x").replace("beta", "alpha").replace("x", "beta"), []),
        (ALPHA, BOTH, ["added? a.py f:put_object(beta.csv)"]),
        (BOTH, ALPHA, ["removed a.py f:put_object(beta.csv)"]),
        (ALPHA, BETA, ["changed? a.py f:put_object(alpha.csv) -> a.py f:put_object(beta.csv)"]),
        (
            ALPHA, ALPHA.replace("f()", "g()"),
            ["renamed a.py f:put_object(alpha.csv) -> a.py g:put_object(alpha.csv)"],
        ),
        (
            ALPHA, ALPHA.replace("put_object", "upload_fileobj"),
            ["renamed a.py f:put_object(alpha.csv) -> a.py f:upload_fileobj(alpha.csv)"],
        ),
        # another directory
        (
            put("'x/a.csv'") + put("'x/b.csv'"), put("'y/b.csv'") + put("'y/a.csv'"),
            [
                "changed? a.py f:put_object(x/b.csv) -> a.py f:put_object(y/b.csv)",
                "changed? a.py f:put_object(x/a.csv) -> a.py f:put_object(y/a.csv)",
            ],
        ),
        # a key that nobody knows
        (put("x"), put("x", "g"), ["renamed a.py f:put_object -> a.py g:put_object"]),
        (put("x"), put("x", "f", "upload_fileobj"), ["renamed a.py f:put_object -> a.py f:upload_fileobj"]),
        (put("x, Body=a"), put("x, Body=b", "g"), ["added? a.py g:put_object", "removed a.py f:put_object"]),
        # variables and modules may be renamed, constants and letters may not
        (put('f"x/{day}"'), put('f"x/{date}"'), []),
        (put("cfg.ALPHA"), put("config.ALPHA"), []),
        (put("a.cfg.ALPHA"), put("a.cfg.BETA"), ["changed? a.py f:put_object -> a.py f:put_object"]),
        (put('"2024/01"'), put('"2024/02"'), ["changed? a.py f:put_object -> a.py f:put_object"]),
        (
            put('f"{{a}}/{x}"'), put('f"{{b}}/{x}"'),
            ["changed? a.py f:put_object({{a}}/{}) -> a.py f:put_object({{b}}/{})"],
        ),
    ],
)
def test_calls_of_a_file(old: str, new: str, expected: list[str]) -> None:
    pins = COUNT.format(2)
    assert changes(snapshot({"a.py": old}, pins), snapshot({"a.py": new}, pins)) == expected


@pytest.mark.parametrize(
    ("key", "other", "expected"),
    [
        ('f"{day}.csv"', 'f"{day}.csv"', ["moved a.py f:put_object({}.csv) -> b.py g:put_object({}.csv)"]),
        # many keys end with that
        (
            'f"{day}.csv"', 'f"{ticker}.csv"',
            ["added? b.py g:put_object({}.csv)", "removed a.py f:put_object({}.csv)"],
        ),
        ('f"x/{day}.csv"', 'f"x/{ticker}.csv"', ["moved a.py f:put_object(x/{}.csv) -> b.py g:put_object(x/{}.csv)"]),
        ("x", "x", ["added? b.py g:put_object", "removed a.py f:put_object"]),
    ],
)
def test_what_is_enough_to_know_a_call_again_elsewhere(key: str, other: str, expected: list[str]) -> None:
    old = snapshot({"a.py": put(key), "b.py": ""}, COUNT.format(1))
    assert changes(old, snapshot({"a.py": "", "b.py": put(other, "g")}, '[pins]\n"b.py" = 1\n')) == expected


ONE_EACH = {"a.py": ALPHA, "b.py": BETA}
BOTH_IN_B = {"a.py": "", "b.py": BOTH}
PINS_OF_A, PINS_OF_B = '[pins."a.py".calls]\n', '[pins."b.py".calls]\n'


def two_pins(a: str, b: str) -> str:
    return f'[pins]\n"a.py" = {{ {a} }}\n"b.py" = {{ {b} }}\n'


@pytest.mark.parametrize(
    ("old_pins", "new_pins", "is_undecided"),
    [
        (two_pins("count = 1", "count = 1"), two_pins("count = 0", "count = 2"), False),
        # over its pin
        (two_pins("count = 1", "count = 1"), two_pins("count = 1", "count = 1"), True),
        (
            two_pins('count = 1, registered = ["alpha"]', 'count = 1, registered = ["beta"]'),
            two_pins("count = 0", 'count = 2, registered = ["beta", "alpha"]'), False,
        ),
        (
            two_pins('count = 1, registered = ["alpha"]', 'count = 1, registered = ["beta"]'),
            two_pins("count = 0", 'count = 2, registered = ["beta"]'), True,
        ),
        # under another decision
        (
            two_pins("count = 1", 'count = 1, grandfathered = "all of b"'),
            two_pins("count = 0", 'count = 2, grandfathered = "all of b"'), True,
        ),
        (PINS_OF_A + ALPHA_ENTRY + PINS_OF_B + BETA_ENTRY, PINS_OF_B + ALPHA_ENTRY + BETA_ENTRY, False),
        # with an entry that lost its decision, and without one
        (
            PINS_OF_A + ALPHA_ENTRY + PINS_OF_B + BETA_ENTRY,
            PINS_OF_B + BETA_ENTRY + '"f:put_object(alpha.csv)" = {}\n', True,
        ),
        (PINS_OF_A + ALPHA_ENTRY + PINS_OF_B + BETA_ENTRY, PINS_OF_B + BETA_ENTRY, True),
    ],
)
def test_a_call_that_moves_takes_its_decision_with_it(old_pins: str, new_pins: str, is_undecided: bool) -> None:
    found = changes(snapshot(ONE_EACH, old_pins), snapshot(BOTH_IN_B, new_pins))
    assert found == [f"moved{'?' * is_undecided} a.py f:put_object(alpha.csv) -> b.py f:put_object(alpha.csv)"]


def test_a_file_split_into_two_takes_its_reason_along() -> None:
    old = snapshot({"a.py": BOTH}, COUNT.format('{ count = 2, grandfathered = "before the registry" }'))
    one = 'count = 1, grandfathered = "before the registry"'
    new = snapshot({"a.py": ALPHA, "b.py": BETA}, two_pins(one, one))
    assert changes(old, new) == ["moved a.py f:put_object(beta.csv) -> b.py f:put_object(beta.csv)"]


def test_an_entry_without_a_key_does_not_decide_on_what_takes_its_place() -> None:
    """Neither where another artifact is written there, nor where one was in another function before."""
    pins = ENTRIES + '"f:put_object" = { registered = ["alpha"] }\n'
    assert changes(snapshot({"a.py": ALPHA}, pins), snapshot({"a.py": BETA}, pins)) == [
        "changed? a.py f:put_object(alpha.csv) -> a.py f:put_object(beta.csv)",
    ]
    old = snapshot({"a.py": ALPHA + BETA.replace("f()", "g()")}, pins + BETA_ENTRY.replace("f:", "g:"))
    assert changes(old, snapshot({"a.py": BETA}, pins)) == [
        "renamed? a.py g:put_object(beta.csv) -> a.py f:put_object(beta.csv)", "removed a.py f:put_object(alpha.csv)",
    ]


def test_a_new_decision_among_entries_of_equal_names_is_for_one_call() -> None:
    entries = '"f:put_object" = {}\n"f:put_object#2" = { registered = ["other"] }\n'
    new = snapshot({"a.py": BOTH}, ENTRIES + entries)
    assert [text.split()[0] for text in changes(snapshot({"a.py": ""}, ENTRIES), new)] == ["added", "added?"]


def test_equal_entries_of_a_renamed_function_are_nobodys_in_particular() -> None:
    entries = '"f:put_object" = {}\n"f:put_object#2" = { registered = ["other"] }\n'
    old = snapshot({"a.py": BOTH}, ENTRIES + entries)
    new = snapshot({"a.py": BOTH.replace("f()", "g()")}, ENTRIES + entries.replace("f:", "g:"))
    assert [text.split()[0] for text in changes(old, new)] == ["renamed", "renamed"]


@pytest.mark.parametrize(
    ("source", "entries", "expected"),
    [
        (BOTH, ALPHA_ENTRY + BETA_ENTRY.replace('["beta"]', '["alpha"]'), ["added"]),
        # the decision of the call that went is not new
        (BETA, BETA_ENTRY.replace('["beta"]', '["alpha"]'), ["changed?"]),
    ],
)
def test_a_decision_that_is_repeated_for_one_more_call(source: str, entries: str, expected: list[str]) -> None:
    old = snapshot({"a.py": ALPHA}, counting(1, "registered", '["alpha"]'))
    found = changes(old, snapshot({"a.py": source}, ENTRIES + entries))
    assert [text.split()[0] for text in found] == expected


def test_an_exempt_file_needs_no_decision() -> None:
    new = snapshot({"a.py": ALPHA}, '[exempt]\n"a.py" = "a test"\n')
    assert changes(snapshot({"a.py": ""}, "[pins]\n"), new) == ["added a.py f:put_object(alpha.csv)"]


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
        (counting(1, 'registered', '["one"]'), counting(2, 'registered', '["one", "two"]'), False),
        (counting(1, 'grandfathered', '"old"'), counting(2, 'grandfathered', '" old"'), True),
        (counting(1, 'grandfathered', '"old"'), counting(2, 'grandfathered', '"all"'), False),
        (COUNT.format(1), counting(2, 'deferred', '"config#1"'), False),
        # over its pin: whatever was decided, it was not on this call
        (COUNT.format(1), counting(1, 'grandfathered', '"another"'), True),
        (ENTRIES + ALPHA_ENTRY, ENTRIES + ALPHA_ENTRY + BETA_ENTRY, False),
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


PINNED = ENTRIES + ALPHA_ENTRY


@pytest.mark.parametrize(
    ("base", "source", "old_pins", "new_pins", "is_raised"),
    [
        (ALPHA, ALPHA, COUNT.format(1), COUNT.format(2), True),
        (ALPHA, ALPHA, COUNT.format(1), counting(2, "grandfathered", '"on its way"'), False),
        (ALPHA, ALPHA, COUNT.format(1), counting(2, "grandfathered", '"TODO"'), True),
        (ALPHA, ALPHA, COUNT.format(2), COUNT.format(1), False),
        # the first pins file, store or pattern: what is counted now was there before
        (ALPHA, ALPHA, "", COUNT.format(2), False),
        (ALPHA, ALPHA, COUNT.format(1), 'stores = ["s3", "gcs"]\n' + COUNT.format(2), False),
        (ALPHA, ALPHA, COUNT.format(1), 'patterns = ["save"]\n' + COUNT.format(2), False),
        (ALPHA, ALPHA, 'patterns = ["save"]\n' + COUNT.format(1), COUNT.format(2), True),
        (ALPHA, ALPHA, PINNED, PINNED + '"g:put_object" = {}\n', True),
        (ALPHA, ALPHA, PINNED, PINNED + PLANNED_ENTRY, False),
        # one of the new entries is the new call's
        (ALPHA, BOTH, PINNED, PINNED + BETA_ENTRY + '"g:put_object" = {}\n', True),
        (ALPHA, BOTH, COUNT.format(1), COUNT.format(2), False),
        # two new decisions are on what came and on what is to come
        (ALPHA, BOTH, PINNED, PINNED + BETA_ENTRY + PLANNED_ENTRY, False),
        # a suppressed call takes none
        (ALPHA, PROBE, PINNED, PINNED + PLANNED_ENTRY, False),
        # what was beyond its pin in the base is allowed now
        (BOTH, BOTH, COUNT.format(1), COUNT.format(2), True),
        # the entry of what is gone is stale, which is APR002
        (ALPHA, BETA, PINNED, PINNED + BETA_ENTRY, False),
        # another key is no more calls
        (ALPHA, BETA, COUNT.format(1), counting(2, "registered", '["beta"]'), True),
    ],
)
def test_pins_raised(base: str, source: str, old_pins: str, new_pins: str, is_raised: bool) -> None:
    old, new = snapshot({"a.py": base}, old_pins), snapshot({"a.py": source}, new_pins)
    assert [pin.path for pin in raised_pins(old, new, {}, compare(old, new, {}))] == ["a.py"] * is_raised
