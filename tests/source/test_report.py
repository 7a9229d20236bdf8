from __future__ import annotations

import ast

import pytest
from support import growth
from support import LINEAR
from support.processor import processor_of

from flake8_artifact_pin.source.noqa import Suppression
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import report_file

MATCHER = compile_patterns(["*.put_object", "*.upload_file"])
WHY = "# noqa: APR001 - why"


def report(source: str) -> FileReport:
    """Return what a source does, with flake8's own file processor."""
    processor = processor_of(source)
    return report_file(ast.parse(source), processor.lines, "a.py", processor.noqa_line_for, MATCHER)


def test_report() -> None:
    found = report(
        f"s3.put_object()\n"
        f"s3.put_object()  {WHY}\n"
        f"s3.put_object()  # noqa: APR001\n"
        f"s3.upload_file()  # noqa\n"
        f"s3.put_object()  #noqa: APR001 - why\n"
        f"x  {WHY}\n"
    )
    assert [(site.call.line, site.suppression, site.has_comment, site.reason, site.name) for site in found.sites] == [
        (1, Suppression.NONE, False, "", "<module>:put_object"),
        (2, Suppression.JUSTIFIED, True, "why", ""),
        (3, Suppression.UNJUSTIFIED, True, "", "<module>:put_object#2"),
        (4, Suppression.BLANKET, False, "", "<module>:upload_file"),
        (5, Suppression.NONE, True, "", "<module>:put_object#3"),
    ]
    assert found.counted == 4
    assert found.names == [
        "<module>:put_object", "<module>:put_object#2", "<module>:upload_file", "<module>:put_object#3",
    ]
    assert [comment.line for comment in found.stray_comments] == [6]
    assert found.encoding_problem == ""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"s3.put_object(s3.put_object(s3.put_object()))  {WHY}\n", [False, True, True]),
        (f"s3.put_object(); \\\ns3.upload_file()  {WHY}\n", [False, True]),
        (f"s3.put_object('''\n'''); s3.upload_file()  {WHY}", [False, True]),
        # lines of the same text have comments of their own
        (f"s3.put_object()  {WHY}\n" * 2, [False, False]),
        (f"s3.put_object(); s3.upload_file()  {WHY}\n" * 2, [False, True, False, True]),
        (f"s3.put_object(); x = '''\n'''; s3.upload_file()  {WHY}\n" * 2, [False, True, False, True]),
        # not suppressed for a reason, so nobody shares one
        ("s3.put_object(); s3.upload_file()  # noqa: APR001\n", [False, False]),
    ],
)
def test_calls_that_share_a_comment(source: str, expected: list[bool]) -> None:
    assert [site.shares_comment for site in report(source).sites] == expected


def test_encoding_problem() -> None:
    assert "Python may run another program" in report("# coding: utf-7\nx = 1\n").encoding_problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [("s3.put_object()", True), (f"x  {WHY}", True), ("x = 1", False), ("x  # noqa: E501", False)],
)
def test_may_matter(text: str, expected: bool) -> None:
    assert MATCHER.may_matter(text) is expected


@pytest.mark.once
@pytest.mark.parametrize(
    ("unit", "end"),
    [(f"x  {WHY}\n", ""), (f"s3.put_object(); \\\nx  {WHY}\n", ""), ("s3.put_object(); \\\n", f"x  {WHY}\n")],
)
def test_growth(unit: str, end: str) -> None:
    """Very many calls may share one comment, or have one each in the same line of flake8."""
    assert growth(lambda size: unit * size + end, report, 100) < LINEAR
