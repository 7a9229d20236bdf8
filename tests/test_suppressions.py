from __future__ import annotations

import itertools
import random
import re

import pytest
from support import Project

from flake8_artifact_pin.source.noqa import find_noqa_comments
from flake8_artifact_pin.source.noqa import find_reason
from flake8_artifact_pin.source.noqa import noqa_lines
from flake8_artifact_pin.source.noqa import Suppression

MARKS = ["# noqa", "#noqa", "# NoQA", "#  noqa", "# type: ignore  # noqa"]
COLONS = [":", ": ", " : ", ":  ", " "]
CODES = [
    "",
    "APR001",
    "apr001",
    "Apr001",
    "APR",
    "APR00",
    "APR0",
    "A001",
    "APR0011",
    "E501",
    "E501,APR001",
    "E501, APR001",
    "E501 APR001",
    "APR001,E501",
    "APR001 , E501",
    "APR001;E501",
    "E501 # noqa: APR001",
]
REASONS = ["", " — re-puts existing keys", "-why", " reason TODO", " s3", " (known)", "x"]
POSITIONS = [
    "s3.put_object()  {comment}\n",
    "s3.put_object(  {comment}\n    1)\n",
    "s3.put_object(\n    1)  {comment}\n",
    "s3.put_object('''\n''')  {comment}\n",
    "s3.put_object('''  {comment}\n''')\n",
    "s3 \\\n    .put_object()  {comment}\n",
    "s3.put_object(); '{comment}'\n",
    "{comment}\ns3.put_object()\n",
]
NUMBER = re.compile(r"PUT call \d+ of (\d+), 0 pinned|, (\d+) observed, 0 pinned")


def line_and_code(line: str) -> tuple[int, str]:
    _, number, _, rest = line.split(":", 3)
    return int(number), rest.split()[0]


@pytest.mark.parametrize("position", POSITIONS)
def test_suppressed_exactly_if_flake8_hides(project: Project, position: str) -> None:
    """flake8 itself is the oracle: what --disable-noqa shows more is what it hides."""
    combinations = ["".join(parts) for parts in itertools.product(MARKS, COLONS, CODES, REASONS)]
    comments = random.Random(position).sample(combinations, 700)
    source = "".join(position.format(comment=comment) for comment in comments)
    project.write({"a.py": source})
    shown = [line for line in project.flake8().lines if " APR001 PUT call " in line]
    everything = [line for line in project.flake8("--disable-noqa").lines if " APR001 PUT call " in line]
    visible = {line_and_code(line)[0] for line in shown}
    hidden = {line_and_code(line)[0] for line in everything} - visible
    assert len(everything) == len(comments)

    lines = source.splitlines(keepends=True)
    justified = {line_and_code(line)[0] for line in everything if "not counted" in line}
    unjustified = {
        int(match[1])
        for line in project.flake8("--select=APR004").lines
        if (match := re.search(r"noqa on line (\d+) ", line))
    }
    assert justified | unjustified == hidden
    assert not justified & unjustified
    observed = len(comments) - len(justified)
    numbers = {match[1] or match[2] for line in everything if (match := NUMBER.search(line))}
    assert numbers == {str(observed)}
    if not re.search(r"'|\\", position):
        # an independent look at the reason, where the comment is one and its noqa line is one line
        for number in hidden:
            comment = re.split("# noqa", lines[number - 1], flags=re.IGNORECASE)[1]
            codes = re.match(r"(?::\s?(?:[A-Z]+\d+[\s,]*)*)?", comment, re.IGNORECASE)
            assert codes is not None
            words = set(re.findall(r"\w+", comment[codes.end():])) - {"TODO", "reason", "noqa", "x", "E501", "APR001"}
            is_named = "APR001" in re.split(r"[\s,:]+", codes[0])
            assert (number in justified) == (is_named and words != set()), lines[number - 1]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# noqa: APR001 — per-spec resilience", Suppression.JUSTIFIED),
        ("# noqa: APR001 – per-spec", Suppression.JUSTIFIED),
        ("# noqa: APR001 -- per-spec", Suppression.JUSTIFIED),
        ("# noqa: APR001: per-spec", Suppression.JUSTIFIED),
        ("# noqa: APR001 # per-spec", Suppression.JUSTIFIED),
        ("# noqa: APR001 (per-spec)", Suppression.JUSTIFIED),
        ("# noqa: APR001, E501 per-spec", Suppression.JUSTIFIED),
        ("# noqa: APR001 — 既存キーの再書き込み", Suppression.JUSTIFIED),
        ("# noqa: APR001 — TODO: ask Ann", Suppression.JUSTIFIED),
        ("# noqa: APR001 # why  # type: ignore", Suppression.JUSTIFIED),
        ("# noqa: APR001", Suppression.UNJUSTIFIED),
        ("# noqa: APR001 —", Suppression.UNJUSTIFIED),
        ("# noqa: APR001 — 123!", Suppression.UNJUSTIFIED),
        ("# noqa: APR001 — TODO", Suppression.UNJUSTIFIED),
        ("# noqa: APR001 — fixme, tbd: xxx (none) reason", Suppression.UNJUSTIFIED),
        ("# noqa: APR001 # noqa", Suppression.UNJUSTIFIED),
        # the next code-like word is one more code to flake8
        ("# noqa: APR001 s3", Suppression.UNJUSTIFIED),
        # what speaks to other tools does not speak to people
        ("# noqa: APR001  # type: ignore[attr-defined]", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # pragma: no cover", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # pylint: disable=no-member", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # nosec B108", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # type: ignore - nightly report", Suppression.JUSTIFIED),
        ("# noqa: APR001  # noqa: E501 - long", Suppression.JUSTIFIED),
        ("# noqa: APR001  # type: ignore: nightly report", Suppression.JUSTIFIED),
        ("# noqa: APR001  # pyre-ignore[6]", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # pyre-fixme[6]: not Optional", Suppression.JUSTIFIED),
        ("# noqa: APR001  # ty: ignore[call-arg]", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # pyrefly: ignore", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # pytype: disable=attribute-error", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # pylint: disable-next=no-member, no-name", Suppression.UNJUSTIFIED),
        ('# noqa: APR001  # mypy: disable-error-code="a"', Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # pyright: basic", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # flake8: noqa", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # ruff: noqa: E501", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # pragma: allowlist secret", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # codespell:ignore", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # cspell:disable-line", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # nosemgrep", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # nosemgrep: python.lang.rule", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # NOSONAR python:S1", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # noinspection PyTypeChecker,PyArgumentList", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # why: ignored by all", Suppression.JUSTIFIED),
        ("# noqa: APR001  # reason: a probe", Suppression.JUSTIFIED),
        ("# noqa: APR001  # nosemgrep - a probe", Suppression.JUSTIFIED),
        # one more code is no reason
        ("# noqa: APR001; E501", Suppression.UNJUSTIFIED),
        ("# noqa: APR001 - E501", Suppression.UNJUSTIFIED),
        ("# noqa: APR001/E501", Suppression.UNJUSTIFIED),
        ("# noqa: APR001 (APR001)", Suppression.UNJUSTIFIED),
        ("# noqa: APR001 - see ABC-123", Suppression.JUSTIFIED),
        ("# noqa: APR001 - s3", Suppression.JUSTIFIED),
        # hangs on to the code
        ("# noqa: APR001x", Suppression.UNJUSTIFIED),
        ("# noqa: APR001x yes", Suppression.JUSTIFIED),
        ("# noqa", Suppression.BLANKET),
        ("# noqa: APR — why", Suppression.BLANKET),
        ("# noqa: APR00 — why", Suppression.BLANKET),
        ("# noqa : APR001 — why", Suppression.BLANKET),
        ("# noqa APR001 — why", Suppression.BLANKET),
        ("#noqa: APR001 — why", Suppression.NONE),
        ("# noqa: apr001 — why", Suppression.NONE),
        ("# noqa: E501 — why APR001", Suppression.NONE),
        ("# noqa: E501 # noqa: APR001 — why", Suppression.NONE),
        ("# APR001 — why", Suppression.NONE),
        ("", Suppression.NONE),
    ],
)
def test_suppression(comment: str, expected: Suppression) -> None:
    assert suppression(f"s3.put_object()  {comment}\n") is expected


@pytest.mark.parametrize(
    "source",
    [
        # not in a comment, so nobody says it to a reader
        "s3.put_object('# noqa: APR001', Key=k)\n",
        "s3.put_object('# noqa: APR001 - why')\n",
        "s3.put_object('# noqa: APR001')  # noqa: APR001 - why\n",
        # the noqa line has several physical lines, the comment ends with its own
        "s3.put_object('''  # noqa: APR001\n no reason''')\n",
    ],
)
def test_no_reason_in_strings(source: str) -> None:
    assert suppression(source) is Suppression.UNJUSTIFIED


def suppression(source: str) -> Suppression:
    lines = source.splitlines(keepends=True)
    return noqa_lines("a.py", lambda line: source, find_noqa_comments(lines)).at(1).suppression


@pytest.mark.parametrize("text", ["", " ", "—", "1 2", "TODO", "Todo: FIXME", "(reason)", "# noqa: E501", "__TODO_", "# NOSONAR"])
def test_no_reason(text: str) -> None:
    assert find_reason(text) == ""


@pytest.mark.parametrize("text", ["xy", "TODO xy", "причина", "# because", "TODOs", "v2"])
def test_reason(text: str) -> None:
    assert find_reason(text)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1  # noqa: APR001\n", [(1, 7)]),
        ("x = 1  # NOQA:apr001 why\n", [(1, 7)]),
        ("x = 1  #noqa: E501, APR001\n", [(1, 7)]),
        ("x = 'é'  # noqa : APR001\n", [(1, 9)]),
        ("x = 1  # type: ignore  # noqa: APR001\n", [(1, 23)]),
        ("# noqa: E501  # noqa: APR001\n", [(1, 14)]),
        ("if x:\n\t# noqa APR001", [(2, 1)]),
        ("f(\n  1,  # noqa: APR001\n)\n", [(2, 6)]),
        # not in the noqa way
        ("# see APR001\n", []),
        ("# the noqa: APR001\n", []),
        ("# noqa: E501 because of APR001\n", []),
        ("# noqa: APR0011\n", []),
        # not a comment
        ("'# noqa: APR001'\n", []),
        ("'''\n# noqa: APR001\n'''\n", []),
        # what was read before the tokenizer gave up
        ("x  # noqa: APR001\n'''", [(1, 3)]),
    ],
)
def test_find_noqa_comments(source: str, expected: list[tuple[int, int]]) -> None:
    comments = find_noqa_comments(source.splitlines(keepends=True))
    assert [(comment.line, comment.column) for comment in comments] == expected


def test_without_noqa_lines(project: Project) -> None:
    """Where flake8 cannot tokenize a file, it looks for noqa in the line that linecache reads."""
    source = "x\ns3.put_object()  # noqa: APR001 - why\n"
    project.write({"a.py": source})
    noqa = noqa_lines("a.py", lambda line: None, find_noqa_comments(source.splitlines(keepends=True)))
    assert noqa.at(2).suppression is Suppression.JUSTIFIED
    assert noqa.at(1).suppression is Suppression.NONE
