"""A little of what ``tox -e fuzz`` does, with seeds that never change."""
from __future__ import annotations

import re
from random import Random

import fuzz
import fuzz_base
import pytest

pytestmark = pytest.mark.once

# the sorts of cases that the checks are for: without them they would prove nothing
USUAL = {
    "pins": {"faults in the content", "not TOML", "not UTF-8", "usable", "usable, names calls", "usable, no pin"},
    "sources": {"1 calls, other names", "1 calls, the same names", "5+ calls, the same names", "no Python", "no call"},
    "comments": {"blanket", "justified", "no Python", "no call", "none", "several calls", "unjustified"},
    "registry": {
        f"{kind}: {outcome}" for kind in ("JSON", "TOML", "YAML") for outcome in ("rows", "no row", "unusable")
    },
}


@pytest.mark.parametrize(
    ("kind", "seed", "cases"), [("pins", 17, 60), ("sources", 12, 40), ("comments", 24, 150), ("registry", 7, 50)],
)
def test_no_rule_is_broken(kind: str, seed: int, cases: int) -> None:
    outcomes, failure = fuzz.run(kind, cases, seed)
    assert failure is None, failure.text
    assert USUAL[kind] <= outcomes.keys()


@pytest.mark.parametrize(
    ("kind", "smallest"),
    [
        # tomli points behind the end of the text
        ("pins", b'"\\'),
        ("registry", b'toml\n"\\'),
        # two codes that flake8 takes for one, before the one that matters
        ("comments", b"s.put_object()# noqa:E5R1,APR001,O"),
        ("comments", b"s.put_object()# noqa:E5R0,APR001 a"),
        # what PyYAML makes values of, and fails at, or merges in another order
        ("registry", b"yaml\n? [a]\n: 1\nartifacts: []\n"),
        ("registry", b"yaml\nwhen: 2026-99-99\nartifacts: []\n"),
        ("registry", b"yaml\ne: &e {owner_repo, artifact_id: d}\nartifacts: [{<<: [*e, {owner_repo: o}]}]"),
        ("registry", b"yaml\n&a b: &a c\nartifacts: [{artifact_id: *a}]\n"),
        # escapes of no character, and keys that are written with escapes
        ("registry", b'yaml\nartifacts: [{artifact_id: "\\UFFFFFFFF"}]\n'),
        ("registry", b'toml\n[["artif\\u0061cts"]]\nartifact_id = "a"\n'),
        ("registry", b'json\n{"\\u0061rtifacts": [{"artifact_id": "a"}]}\n'),
    ],
)
def test_found_before(kind: str, smallest: bytes) -> None:
    assert fuzz.problem_of(kind, smallest) == ""


@pytest.mark.parametrize("kind", sorted(fuzz.KINDS))
def test_a_case_depends_on_nothing_but_its_number(kind: str) -> None:
    cases = [fuzz.case(kind, 1, number) for number in range(5)]
    assert [fuzz.case(kind, 1, number) for number in reversed(range(5))] == cases[::-1]
    assert fuzz.case(kind, 2, 0) != cases[0]


def test_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What breaks a rule is made as small as it can be, and shown."""
    def check(data: bytes) -> str:
        fuzz_base.ensure(data.count(b"<") < 2 or b">" not in data, "both", data)
        return "fine"

    def make(random: Random) -> bytes:
        return bytes(random.choices(b"<>abc \n", k=random.choice((3, 200))))

    monkeypatch.setitem(fuzz.KINDS, "pins", fuzz.Kind(make, (), check))
    assert fuzz.main(["pins", "--cases", "100", "--seed", "7"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "seed 7, case " in lines[-3]
    assert lines[-2] in ("b'<<>'", "b'<><'", "b'><<'")
    assert lines[-1] == f"both, {lines[-2]}"


def test_exception(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An exception is always wrong."""
    kind = fuzz.Kind(lambda random: b"abc", (), lambda data: str(data.index(b"b") // 0))
    monkeypatch.setitem(fuzz.KINDS, "pins", kind)
    assert fuzz.main(["pins", "--cases", "5"]) == 1
    output = capsys.readouterr().out
    assert "pins: 0 cases, " in output
    assert "\nb''\nTraceback " in output


def test_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["all", "--cases", "41", "--seed", "3"]) == 0
    heads = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert [re.sub(" cases, .* a second", "", head) for head in heads] == [
        "pins: 11, seed 3", "sources: 10, seed 3", "comments: 10, seed 3", "registry: 10, seed 3",
    ]
