from __future__ import annotations

from pathlib import Path

import pytest
from support import growth
from support import LINEAR
from support.processor import processor_of

from flake8_artifact_pin.source.noqa import FileNoqa
from flake8_artifact_pin.source.noqa import find_file_noqa
from flake8_artifact_pin.source.noqa import find_noqa_comments
from flake8_artifact_pin.source.noqa import LineNoqa
from flake8_artifact_pin.source.noqa import noqa_lines
from flake8_artifact_pin.source.noqa import NoqaLines
from flake8_artifact_pin.source.noqa import Suppression
from flake8_artifact_pin.source.prefilter import may_have_noqa

WHY = LineNoqa(Suppression.JUSTIFIED, True, "why")
NONE = LineNoqa(Suppression.NONE, False, "")


def noqa_of(source: str) -> NoqaLines:
    """Return what flake8's own file processor says of a source."""
    processor = processor_of(source)
    return noqa_lines("a.py", processor.noqa_line_for, find_noqa_comments(processor.lines))


def at(noqa: NoqaLines, line: int) -> LineNoqa:
    """Return what the comment of a line does to a PUT call there."""
    return noqa.of_text(noqa.text(line))


def suppression(source: str) -> Suppression:
    return at(noqa_of(source), 1).suppression


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# noqa: APR001 — per-spec resilience", Suppression.JUSTIFIED),
        ("# noqa: APR001: per-spec", Suppression.JUSTIFIED),
        ("# noqa: APR001 # per-spec", Suppression.JUSTIFIED),
        ("# noqa: APR001, E501 per-spec", Suppression.JUSTIFIED),
        ("# noqa: APR001 # why  # type: ignore", Suppression.JUSTIFIED),
        ("# noqa: APR001", Suppression.UNJUSTIFIED),
        ("# noqa: APR001 — TODO", Suppression.UNJUSTIFIED),
        ("# noqa: APR001 # noqa", Suppression.UNJUSTIFIED),
        # the next code-like word is one more code to flake8
        ("# noqa: APR001 s3", Suppression.UNJUSTIFIED),
        # a comment to another tool is no reason, one beside it is
        ("# noqa: APR001  # type: ignore[attr-defined]", Suppression.UNJUSTIFIED),
        ("# noqa: APR001  # type: ignore - nightly report", Suppression.JUSTIFIED),
        ("# noqa: APR001  # noqa: E501 - long", Suppression.JUSTIFIED),
        # one more code is no reason
        ("# noqa: APR001 - E501", Suppression.UNJUSTIFIED),
        # glued to the code
        ("# noqa: APR001x", Suppression.UNJUSTIFIED),
        ("# noqa: APR001x yes", Suppression.JUSTIFIED),
        ("# noqa", Suppression.BLANKET),
        ("# noqa: APR00 — why", Suppression.BLANKET),
        ("# noqa : APR001 — why", Suppression.BLANKET),
        ("#noqa: APR001 — why", Suppression.NONE),
        ("# noqa: apr001 — why", Suppression.NONE),
        ("# noqa: E501 — why APR001", Suppression.NONE),
        ("# noqa: E501 # noqa: APR001 — why", Suppression.NONE),
        ("", Suppression.NONE),
    ],
)
def test_suppression(comment: str, expected: Suppression) -> None:
    assert suppression(f"s3.put_object()  {comment}\n") is expected


@pytest.mark.parametrize(
    "source",
    [
        # not in a comment
        "s3.put_object('# noqa: APR001 - why')\n",
        # the noqa line has several physical lines, the comment ends with its own
        "s3.put_object('''  # noqa: APR001\n no reason''')\n",
        "s3.put_object('''\n # noqa: APR001 - text\n''')  # noqa: APR001 - why?\n",
    ],
)
def test_no_reason_in_strings(source: str) -> None:
    assert suppression(source) is Suppression.UNJUSTIFIED


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # flake8 takes the comment below a backslash for a line of its own, or for the end of the same one
        ('s3.put_object(Key="a") \\\n# noqa: APR001 - why\n', [WHY, WHY]),
        ("s3 \\\n    .put_object()  # noqa: APR001 - why\n", [WHY, WHY]),
        ("s3.put_object(  # noqa: APR001 - why\n    1)\nx\n", [WHY, NONE, NONE]),
        ("x = '''\n'''; s3.put_object()  # noqa: APR001 - why\n", [WHY, WHY]),
        ("if x:\n    s3.put_object()  # noqa: APR001 - why\n", [NONE, WHY]),
        ("# noqa: APR001 - why\ns3.put_object()\n", [WHY, NONE]),
    ],
)
def test_lines_that_a_comment_suppresses(source: str, expected: list[LineNoqa]) -> None:
    noqa = noqa_of(source)
    assert [at(noqa, line) for line in range(1, len(expected) + 1)] == expected
    assert noqa.stray_comments(noqa.text(line) for line in range(1, len(expected) + 1)) == []


def test_comment_that_flake8_does_not_read() -> None:
    assert at(noqa_of("s3.put_object()  #noqa: APR001 - why\n"), 1) == LineNoqa(Suppression.NONE, True, "")


def test_stray_comments() -> None:
    noqa = noqa_of(
        "s3.put_object()  # noqa: APR001 - why\nx  # noqa: APR001\ny  # noqa: E501\nz  # noqa: APR001, E501\n"
    )
    found = noqa.stray_comments([noqa.text(1)])
    assert [(comment.line, comment.column, comment.comment, comment.is_alone) for comment in found] == [
        (2, 3, "# noqa: APR001", True),
        (4, 3, "# noqa: APR001, E501", False),
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = = 1  # noqa: E999\n", True),
        ("x = = 1  # noqa: APR001\n", False),
        ("x = = 1\n", False),
    ],
)
def test_hidden_syntax_error(source: str, expected: bool) -> None:
    """A noqa on a line that Python cannot parse hides that nothing in the file was checked."""
    assert noqa_of(source).hides("E999", 1) is expected


def test_names() -> None:
    noqa = noqa_of("x  # noqa: APR006, E501\ny  # noqa\nz\n")
    assert [line for line in (1, 2, 3) if noqa.names("APR006", line)] == [1]


@pytest.mark.parametrize(
    ("source", "expected"),
    [("x\n", 1), ("x  # noqa: APR002\n", 2), ("x  # noqa\ny  # noqa\n", 3)],
)
def test_first_visible_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, expected: int) -> None:
    monkeypatch.chdir(tmp_path)
    assert noqa_of(source).first_visible_line("APR002") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1  # noqa: APR001\n", [(1, 7)]),
        ("x = 1  #noqa: E501, APR001\n", [(1, 7)]),
        ("x = 'é'  # noqa : APR001\n", [(1, 9)]),
        ("x = 1  # type: ignore  # noqa: APR001\n", [(1, 23)]),
        ("if x:\n\t# noqa APR001", [(2, 1)]),
        ("f(\n  1,  # noqa: APR001\n)\n", [(2, 6)]),
        # not in the noqa way
        ("# see APR001\n", []),
        ("# the noqa: APR001\n", []),
        ("# noqa: E501 because of APR001\n", []),
        ("# noqa: APR0011\n", []),
        # not a comment
        ("'''\n# noqa: APR001\n'''\n", []),
        # what was read before the tokenizer gave up
        ("x  # noqa: APR001\n'''", [(1, 3)]),
    ],
)
def test_find_noqa_comments(source: str, expected: list[tuple[int, int]]) -> None:
    comments = find_noqa_comments(source.splitlines(keepends=True))
    assert [(comment.line, comment.column) for comment in comments] == expected


def test_without_noqa_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where flake8 cannot tokenize a file, it looks for noqa in the line that linecache reads."""
    monkeypatch.chdir(tmp_path)
    source = "x\ns3.put_object()  # noqa: APR001 - why\n"
    (tmp_path / "a.py").write_text(source)
    noqa = noqa_lines("a.py", lambda line: None, find_noqa_comments(source.splitlines(keepends=True)))
    assert [at(noqa, 1), at(noqa, 2)] == [NONE, WHY]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x\n", None),
        ("x  # flake8: noqa\n", None),
        ("# flake8: noqa\n", FileNoqa(1, "")),
        ("x\n  # flake8: noqa: APR001 - why\n", FileNoqa(2, "why")),
        ("# flake8: NOQA APR001, E501 - why\n", FileNoqa(1, "why")),
        ("# flake8: noqa - why\n", FileNoqa(1, "")),
        ("# flake8: noqa: APR001\n", FileNoqa(1, "")),
        ("# flake8: noqa: APR001 # nosec\n", FileNoqa(1, "")),
        ("# flake8: noqa\n# flake8: noqa: APR001 - why\n", FileNoqa(2, "why")),
        ("'''\n# flake8: noqa: APR001 - why\n'''\n", FileNoqa(2, "")),
    ],
)
def test_find_file_noqa(source: str, expected: FileNoqa | None) -> None:
    assert find_file_noqa(source.splitlines(keepends=True)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("# noqa: APR001", True), ("# NOQA: apr001", True), ("# noqa: APR01", False), ("x001", False)],
)
def test_may_have_noqa(text: str, expected: bool) -> None:
    assert may_have_noqa(text) is expected


@pytest.mark.once
@pytest.mark.parametrize(
    ("comment", "unit"),
    [("# noqa{}x", " # noqa: APR001"), ("# noqa: APR001 # nosec{}x", " "), ("# flake8: noqa{}x", " ")],
)
def test_growth(comment: str, unit: str) -> None:
    def work(lines: list[str]) -> None:
        at(noqa_lines("a.py", lambda line: lines[0], find_noqa_comments(lines)), 1)
        find_file_noqa(lines)

    assert growth(lambda size: [comment.format(unit * (size // len(unit))) + "\n"], work, 5_000) < LINEAR
