"""The table of codes, and text that is safe to print."""
from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_artifact_pin.rules.findings import CODES
from flake8_artifact_pin.rules.findings import make_finding
from flake8_artifact_pin.rules.findings import printable

pytestmark = pytest.mark.once


def test_codes() -> None:
    assert list(CODES) == [f"APR{number:03}" for number in range(12)]
    assert {code for code, row in CODES.items() if row.needs} == {"APR007", "APR008", "APR010"}
    assert len({row.summary for row in CODES.values()}) == len(CODES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("put_object(\"prices/{day}.json\")", "put_object(\"prices/{day}.json\")"),
        ("größe, 日本, naïve, Ω, 한글", "größe, 日本, naïve, Ω, 한글"),
        # what ends a line, and what moves a terminal's cursor
        ("a\nb\tc\x1b[2Jd\x7f\x85e\u2028", r"a\nb\tc\x1b[2Jd\x7f\x85e\u2028"),
        # what changes the order of the letters
        ("\u202ea\u2066b\u200fc\u061c", r"\u202ea\u2066b\u200fc\u061c"),
        # what nobody sees
        ("a\u200bb\xa0c\ufeffd\U000e0041", r"a\u200bb\xa0c\ufeffd\U000e0041"),
        # a file name that is not UTF-8
        ("\udc80.py", r"\udc80.py"),
        # composed otherwise than it looks
        ("cafe\u0301.py", r"cafe\u0301.py"),
        ("\u212b", r"\u212b"),
        ("\u1112\u1161\u11ab", r"\u1112\u1161\u11ab"),
        ("e\u0328 is a letter of its own, unless composed", r"e\u0328 is a letter of its own, unless composed"),
        ("x\u0301 has no other form", "x\u0301 has no other form"),
        # commands to machines that run workflows
        ("::error file=a.py::x", ": :error file=a.py::x"),
        ("  ::warning::x", "  : :warning::x"),
        (":::x", ": ::x"),
        ("a::b", "a::b"),
        ("##[set-output name=x]y", "# #[set-output name=x]y"),
        ("x ##vso[task.setvariable]y ###[z", "x # #vso[task.setvariable]y ## #[z"),
        ("## heading [1]", "## heading [1]"),
        # what clients take for a place
        ("a:1:2: b", "a: 1: 2: b"),
        ("a.py:10:20: E999 x", "a.py: 10: 20: E999 x"),
        ("::1: x", ": : 1: x"),
        ("decide a.py:229", "decide a.py:229"),
    ],
)
def test_printable(text: str, expected: str) -> None:
    assert printable(text) == expected


PIECES = ["a", "1", ":", "#", "[", " ", "\n", "e", "\u0301", "\xe9", "\u202e", "\udc80", "vso"]


@given(st.lists(st.sampled_from(PIECES)))
def test_nothing_unsafe_is_left(pieces: list[str]) -> None:
    safe = printable("".join(pieces))
    assert safe.isprintable()
    assert not safe.lstrip().startswith("::")
    assert "##[" not in safe and "##vso[" not in safe
    assert unicodedata.is_normalized("NFC", safe)


def test_texts_that_look_alike_differ() -> None:
    forms = [unicodedata.normalize(form, "\u212b\ufb01 café 각") for form in ("NFC", "NFD", "NFKC", "NFKD")]
    for one, other in itertools.combinations({printable(form) for form in forms}, 2):
        assert unicodedata.normalize("NFC", one) != unicodedata.normalize("NFC", other)
    assert len({printable(form) for form in forms}) == 4


def test_a_finding_is_one_line() -> None:
    finding = make_finding(3, 4, "APR001", "ask\n\r\n#data\u2028now\x1b")
    assert finding[:4] == (3, 4, "APR001", r"ask #data now\x1b")
