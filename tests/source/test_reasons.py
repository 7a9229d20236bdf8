from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import pytest
from support import growth
from support import LINEAR

from flake8_artifact_pin.source.reasons import canonical
from flake8_artifact_pin.source.reasons import same_reason
from flake8_artifact_pin.source.reasons import says_something
from flake8_artifact_pin.source.reasons import stripped

# Comments to other tools, as those tools document them.
DIRECTIVES = [
    "# type: ignore[attr-defined, arg-type]", "# pragma: no branch", "# IWYU pragma: keep",
    "# pylint: disable=no-member, no-name", "# nosec B101,B102", "# nosec gitleaks:allow", "# flake8: noqa",
    "# ruff: noqa: E501", "# ruff: isort: skip_file", "# ruff: file-ignore[E501]", "# fmt: off[x]", "# isort: split",
    "# pyright: strict, reportUnused=false", "# pyre-strict", "# NOLINT(build/include)",
    "# nosemgrep: python.lang.rule", "# skipcq: PYL-W0105, BAN-B101", "# codeql[py/clear-text-logging]",
    "# lgtm [py/x]", "# trunk-ignore(flake8/E501)", "# doctest: +SKIP, +ELLIPSIS",
    "# noinspection PyTypeChecker,PyArgumentList", "# cspell: words foo", "# cspell:ignore parquet",
    "# sourcery skip: no-conditionals-in-tests", "# checkov:skip=CKV_AWS_20:The bucket is public", "# ggignore",
    "# hadolint global ignore=DL3008", "# deepcode ignore X: reason", "# kics-scan ignore-line", "# refurb: ignore",
    "# vim: set ts=4", "# -*- coding: utf-8 -*-", "# eslint-disable-line", "# DevSkim: ignore DS137138",
    "# GCOVR_EXCL_START", "# keep-sorted start", "# static analysis: ignore[undefined]",
    "# renovate: datasource=pypi depName=boto3", "# ReSharper disable once UnusedMember", "# ignore-errors",
    "# disable=no-member", "# nopep8", "# notypecheck", "# region", "# type: List[int]", "# type: (str, int) -> None",
    "# clang-format off", "# yamllint disable-line rule:x", "# noqa-cognitive", "# no-cover", "# allowlist secret",
    "# codeql[py/x] codeql[py/y]", "# nosec # nosemgrep", "# noqa: E501,F401 pylint: disable=x", "# %% [markdown]",
    "# @formatter:off", "# lizard forgives",
]
DIRECTIVES += [
    f"# istanbul ignore {word}" for word in ("all", "else", "end", "file", "if", "line", "next", "once", "start")
]
DIRECTIVES += [
    f"# tool: {verb} [x]" for verb in (
        "allow", "allowlist", "disable", "enable", "exclude", "expect", "fixme", "ignore", "no-qa", "noqa", "skip",
        "suppress", "whitelist",
    )
]
# What people write, some of it beside a comment to a tool.
REASONS = [
    "— per-spec resilience", "(temporary bucket)", "— 既存キーの再書き込み", "причина", "की", "删", "값", "— TODO: ask Ann",
    "TODOs", "- see ABC-123", "- s3", "v2", "- why", "# why: ignored by all", "# https://example.org/x/12",
    "# type: ignore: nightly report", "# type: ignore (nightly report)", "# nosec - scratch bucket",
    "# pyre-fixme[6]: not Optional", "# pylint: disable=no-member -- moto has no types",
    "# backfill: prices before 2020", "# readers ignore this key", "deleted by the next line", "# no readers",
    "# nobody", "# nothing downstream", "# notebooks only", "C# writes it", "prices[0] is rewritten",
    "# upload(s) are repeated", "# off by default", "# mirrors db:main",
]
# One word behind these is a reason, and behind another one it is for a tool.
REASONS += [f"# {label}: backfill" for label in (
    "because", "cf", "comment", "explanation", "justification", "nb", "note", "rationale", "reason", "ref", "see",
    "ticket", "why",
)]
# What looks like a reason and is none.
PLACEHOLDERS = [
    "—", "1 2", "TODO", "(reason)", "__TODO_", "n/a", "OK.", "a", "xxxx", "TODO: explain", "TODO(ann): explain why",
    "T.B.D.", "to do", "to be decided", "work in progress", "not applicable", "reason goes here", "your reason here",
    "???", "123!", "E501", "id1", "一", "🚀", "ＴＯＤＯ", "ａ", "<reason>",
]
# Letters that nobody sees, and letters that look like a dash.
INVISIBLE = [
    "", " ", "\u3164\u3164", "\u115f\u1160", "\uffa0", "\u2800\u2800", "\u200b\u200c", "\u00ad", "\ufe0f",
    "\u034f", "\u00a0",
    "\u17b4\u17b5", "a\U00016fe4", "\U000e0041\U000e0042", "\u2122", "\x00", "\ud800", "a " * 10_000 + "by hand",
]
DASHES = [
    "\u30fc\u30fc", "\u0640\u0640", "\u3161\u3161", "\u02d0\u02d1", "\u4e00\u4e28", "\u1428\u1428", "\u3161\u3163",
    "\ua4f8\ua4fb",
]
REFERENCES = [
    "config#2350", "#12", "JIRA-12", "https://example.org/issues/1", "prices_daily", "s3", "P01", "notes", "\u5220",
]
NO_REFERENCES = ["", "ID", "#0", "x", "artifact_id", "#TODO", "<id>", "n/a", "\u3164", "\u30fc", "noqa"]


def saying(texts: Iterable[str]) -> list[str]:
    """Return the texts that say something."""
    return [text for text in texts if says_something(text)]


@pytest.mark.parametrize("texts", [DIRECTIVES, PLACEHOLDERS, INVISIBLE, DASHES])
def test_says_nothing(texts: list[str]) -> None:
    assert saying(texts) == []
    assert saying(f" \u2014 {text}" for text in texts) == []


def test_says_something() -> None:
    beside = [f"# type: ignore[x]  # {text}" for text in REASONS]
    assert saying([*REASONS, *beside]) == [*REASONS, *beside]


def test_reason_beside_a_directive() -> None:
    """A reason in a comment of its own counts, and is all that is shown."""
    written = [text for comment in DIRECTIVES for text in (f" - by hand {comment}", f" {comment} # by hand")]
    assert [text for text in written if stripped(text) != "by hand"] == []


@pytest.mark.parametrize(("texts", "expected"), [(REFERENCES, True), (NO_REFERENCES, False)])
def test_reference(texts: list[str], expected: bool) -> None:
    """A number will do for an issue or an id, and a code of letters and digits, too."""
    assert [text for text in texts if says_something(text, is_reference=True) is not expected] == []


def is_letter_of_words(character: str) -> bool:
    """Return whether a letter may be a word: an ideograph, a syllable, or several letters in one."""
    folded = unicodedata.normalize("NFKC", character)
    is_word = unicodedata.name(folded[0], "").startswith(("CJK ", "HANGUL SYLLABLE"))
    return character.isalpha() and (is_word or len(folded) > 1)


@pytest.mark.once
def test_every_character() -> None:
    """Repeated, nothing is a reason but a letter that may be a word; nor is a letter beside what is no letter."""
    # the rest are ideographs, syllables, private use, and what Unicode does not have yet
    codes = (*range(0x80, 0x3400), *range(0xA000, 0xAC00), *range(0xD7A4, 0x20000), *range(0xE0000, 0xE0200))
    lone = [character for character in map(chr, codes) if not is_letter_of_words(character)]
    accents = [character for character in lone if unicodedata.combining(character) >= 200]
    others = [character for character in lone if unicodedata.category(character)[0] not in "LMN"]
    texts = [character * 2 for character in lone] + [f"a{mark}" for mark in (*accents, *others)]
    # one call for many of them is fast
    blocks = [texts[number:number + 2000] for number in range(0, len(texts), 2000)]
    assert [text for block in blocks if says_something(" ".join(block)) for text in saying(block)] == []


# A word in each of 28 scripts.
WORDS = """
    nobody κανείς никто ոչոք אףאחד لأحد ܐܢܫ ހަމަ कोई কেউ ਕੋਈ કોઈ யாரும் ఎవరూ ಯಾರೂ ആരും ไม่มี ບໍ່ມີ སུས མི མည်သူ
    არავინ ማንም គ្មាន ᎾᏍᎩ 沒有 ひと カナ 아무도
""".split()


def test_words_of_other_scripts() -> None:
    texts = [text for word in WORDS for text in (word, f" - {word}", f"# type: ignore # {word}")]
    assert saying(texts) == texts


@pytest.mark.parametrize(
    "text",
    [
        " nobody\t reads it f\u00fcr\u00a0 \n",
        "no\u200bbody re\u00adads it\ufe0f f\u00fcr\u2060",
        "nobody\u3164reads\u2800it fu\u0308r",
    ],
)
def test_same_reason(text: str) -> None:
    assert canonical(text) == "nobody reads it f\u00fcr"
    assert same_reason("nobody reads it f\u00fcr", text)


@pytest.mark.parametrize("after", ["nobody reads that", "Nobody reads it", "nobody reads it \ue000"])
def test_another_reason(after: str) -> None:
    assert not same_reason("nobody reads it", after)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" \u2014 nobody reads it ", "nobody reads it"),
        ("# nosec - nobody reads it # type: ignore", "nobody reads it"),
        ("one # two", "one # two"),
        ("written in C# by hand, see config#12", "written in C# by hand, see config#12"),
        ("(a probe)", "(a probe)"),
        ("// a probe", "a probe"),
        ("#12", "#12"),
        ("# nosec", ""),
    ],
)
def test_stripped(text: str, expected: str) -> None:
    assert stripped(text) == expected
    assert stripped(expected) == expected


@pytest.mark.once
@pytest.mark.parametrize("unit", [" ", "# nosec ", "a-", "a b="])
def test_growth(unit: str) -> None:
    """A comment with 20,000 blanks once took nine seconds."""
    assert growth(lambda size: "# x: ignore" + unit * (size // len(unit)) + "!", says_something, 5_000) < LINEAR
