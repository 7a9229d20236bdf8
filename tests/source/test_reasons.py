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
DIRECTIVES = r"""
# type: ignore
# type: ignore[attr-defined]
# type: ignore[attr-defined, arg-type]
# type:ignore
# pragma: no cover
# pragma: no branch
# pragma no cover
# pragma: whitelist secret
# pragma: allowlist secret
# pragma: allowlist nextline secret
# pragma: no mutate
# pragma: nocover
# pylint: disable=no-member
# pylint: disable=no-member,no-name
# pylint: disable-next=no-member, no-name
# pylint: skip-file
# pylint:disable=C0103
# nosec
# nosec B108
# nosec B101,B102
# nosec: B101
# nosec B101 B102
# noqa
# noqa: E501
# noqa:E501,W503
# NOQA
# flake8: noqa
# flake8:noqa:E501
# ruff: noqa
# ruff: noqa: E501
# ruff: isort: skip_file
# isort:skip
# isort: skip
# isort: skip_file
# isort: off
# isort: split
# isort: dont-add-imports
# fmt: off
# fmt: on
# fmt: skip
# fmt:skip
# yapf: disable
# autopep8: off
# mypy: ignore-errors
# mypy: disable-error-code="a"
# mypy: allow-untyped-defs
# pyright: basic
# pyright: ignore
# pyright: ignore[reportGeneralTypeIssues]
# pyright: strict, reportUnused=false
# pyre-ignore
# pyre-ignore[9]
# pyre-fixme[6]
# pyre-strict
# pyre-ignore-all-errors
# pytype: disable=attribute-error
# pyrefly: ignore
# ty: ignore[call-arg]
# NOLINT
# NOLINT(build/include)
# NOLINTNEXTLINE
# NOSONAR
# NOSONAR python:S1
# NOSONAR(S1234)
# nosemgrep
# nosemgrep: python.lang.rule
# semgrep: ignore
# gitleaks:allow
# skipcq: PYL-W0105
# skipcq: PYL-W0105, BAN-B101
# skipcq
# codeql[py/clear-text-logging]
# lgtm[py/x]
# lgtm
# lgtm [py/x]
# trunk-ignore(flake8/E501)
# trunk-ignore(flake8/E501,ruff)
# trunk-ignore-all(ruff)
# doctest: +SKIP
# doctest: +SKIP, +ELLIPSIS
# noinspection PyTypeChecker
# noinspection PyTypeChecker,PyArgumentList
# cspell:disable-line
# cspell: disable-line
# cspell:ignore parquet
# cspell: words foo
# codespell:ignore
# codespell:ignore foo
# spell-checker: disable
# spellchecker:disable-line
# sourcery skip
# sourcery skip: no-conditionals-in-tests
# checkov:skip=CKV_1:reason
# checkov:skip=CKV_AWS_20:The bucket is public
# tfsec:ignore:aws-s3
# trivy:ignore:AVD-1
# trufflehog:ignore
# ggignore
# snyk:ignore
# hadolint ignore=DL3008
# shellcheck disable=SC2086
# istanbul ignore next
# deepcode ignore X: reason
# kics-scan ignore-line
# jscpd:ignore-start
# nopycln: import
# pycln: ignore
# usort:skip
# usort: skip
# lint-ignore: RuleName
# lint-fixme: RuleName
# autoflake: skip_file
# refurb: ignore
# docformatter: off
# blacken-docs:off
# cython: language_level=3
# vim: set ts=4
# vim: ts=4 sw=4
# -*- coding: utf-8 -*-
# eslint-disable-line
# DevSkim: ignore DS137138
# LCOV_EXCL_LINE
# GCOVR_EXCL_START
# keep-sorted start
# static analysis: ignore[undefined]
# shellcheck source=lib.sh
# hadolint global ignore=DL3008
# renovate: datasource=pypi depName=boto3
# ReSharper disable once UnusedMember
# IWYU pragma: keep
# ruff: file-ignore[E501]
# fmt: off[x]
# ignore-errors
# disable=no-member
# bandit: skip
# pyupgrade: skip
# pydocstyle: noqa
# wps: ignore
# coverage: ignore
# codecov:ignore
# nopep8
# nobandit
# notypecheck
# dlint: disable
# fixit: ignore
# black: skip
# markdownlint-disable
# import-linter: ignore
# deptry: ignore[DEP001]
# pip-audit: ignore
# detect-secrets: ignore
# talisman:ignore
# unimport: skip
# vulture: ignore
# skylos: ignore
# beartype: ignore
# region
# type: List[int]
# type: (str, int) -> None
# clang-format off
# prettier-ignore
# yamllint disable-line rule:x
# noqa-cognitive
# NO-SONAR
# no-cover
# pragma: no-cover
# allowlist secret
# lgtm[py/x] lgtm
# codeql[py/x] codeql[py/y]
# nosec # nosemgrep
# nosec gitleaks:allow
# noqa: E501,F401 pylint: disable=x
# djlint:off
# pylint: disable = x
# %% [markdown]
# @formatter:off
# lizard forgives
""".strip().splitlines()
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
REASONS = r"""
# scratch: nobody reads it
probe, see config#12
(temporary bucket)
# type: ignore # written by hand
# why: ignored by all
# reason: a probe
# nosemgrep - a probe
# type: ignore - nightly report
# type: ignore: nightly report
# noqa: E501 - long
# pyre-fixme[6]: not Optional
# why
# per-spec
# because
— per-spec resilience
: per-spec
(per-spec)
— 既存キーの再書き込み
— TODO: ask Ann
- see ABC-123
- s3
- because
- why
删
값
причина
TODOs
v2
# written by hand
# https://example.org/x/12
nightly backfill
operator-gated report
für später
歴史
की
नया
old
by hand
# nosec - scratch bucket
# type: ignore (nightly report)
deleted by the next line
its callers count
# retry: the first attempt failed
# readers ignore this key
# backfill: prices before 2020
# pylint: disable=no-member -- moto has no types
re-puts
mirrors what another job wrote
the tests ignore it
nothing here
# nobody
# nothing downstream
test code produces no artifacts
see issue 12
C# writes it
prices[0] is rewritten
# upload(s) are repeated
skip: the registry knows it
# note: temporary bucket
# on purpose
# off by default
# no readers
# notebooks only
# only for notebooks
# mirrors db:main
""".strip().splitlines()
# One word behind these is a reason, and behind another one it is for a tool.
REASONS += [f"# {label}: backfill" for label in (
    "because", "cf", "comment", "explanation", "justification", "nb", "note", "rationale", "reason", "ref", "see", "ticket", "why",
)]

# What looks like a reason and is none.
PLACEHOLDERS = r"""
—
1 2
TODO
Todo: FIXME
(reason)
__TODO_
N/A
n/a
ok
OK.
wip
a
x
TODO: explain
TODO(ann): explain why
TBD
XXX
xxxx
none
None.
temp
REASON
ID
ISSUE
T.B.D.
to do
to be decided
work in progress
no reason
reason goes here
???
...
-
123!
E501
APR001
PLR0913
ASYNC100
一
🚀
ＴＯＤＯ
<reason>
"TODO"
[reason]
{}
id1
TODO1
reason TODO
your reason here
fixme later
not applicable
ａ
""".strip().splitlines()

# Letters that nobody sees, and letters that look like a dash.
INVISIBLE = [
    "", " ", "\u3164\u3164", "\u115f\u1160", "\uffa0", "\u2800\u2800", "\u200b\u200c", "\u00ad", "\ufe0f", "\u202e\u2066",
    "a " * 10_000 + "by hand", "a\U00016fe4", "\u2122", "\u034f", "\u17b4\u17b5", "\U000e0041\U000e0042", "\u00a0", "\u2028", "\x00", "\ud800",
]
DASHES = [
    "\u30fc\u30fc", "\u0640\u0640", "\uff70\uff70", "\u3161\u3161", "\u02d0\u02d1", "\u07fa\u07fa", "\u4e00\u4e28", "\u1428\u1428", "\u3161\u3163",
    "\u01c0\u01c0", "\u3005\u3005", "\ua4f8\ua4fb",
]
REFERENCES = [
    "config#2350", "#12", "JIRA-12", "12", "https://example.org/issues/1", "prices_daily", "s3", "P01", "ABC123", "gh-7",
    "nodes_daily", "notes", "org/repo#7", "\u5220",
]
NO_REFERENCES = ["", "ID", "TODO", "ISSUE", "#", "#0", "000", "x", "artifact_id", "#TODO", "<id>", "n/a", "\u3164", "\u30fc", "noqa"]


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
    ("before", "after"),
    [
        ("nobody reads it", " nobody\t reads\u00a0it \n"),
        ("nobody reads it", "no\u200bbody re\u00adads it\ufe0f\u2060"),
        ("nobody reads it", "nobody\u3164reads\u2800it"),
        ("f\u00fcr", "fu\u0308r"),
        ("\u30ac", "\u30ab\u3099"),
    ],
)
def test_same_reason(before: str, after: str) -> None:
    assert same_reason(before, after)
    assert canonical(after) == canonical(before)


@pytest.mark.parametrize("after", ["nobody reads that", "Nobody reads it", "nobody reads it.", "nobody reads it \ue000", ""])
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
@pytest.mark.parametrize("unit", [" ", "# nosec ", "a:ignore ", "a[", "a-", "a b=", "\u3164"])
def test_growth(unit: str) -> None:
    """A comment with 20,000 blanks once took nine seconds."""
    assert growth(lambda size: "# x: ignore" + unit * (size // len(unit)) + "!", says_something, 5_000) < LINEAR
