"""Which call a comment beside no PUT call is probably meant for."""
from __future__ import annotations

import pytest
from support.reports import report_source

from flake8_artifact_pin.rules.stray import stray_findings

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("comment_line", "call_line", "source"),
    [
        (3, 1, "s3.put_object(\n    1,\n)  # noqa: APR001 - why\n"),
        (1, 2, "# noqa: APR001 - why\ns3.put_object()\n"),
        (1, 2, "x = (  # noqa: APR001 - why\n    s3.put_object(),\n    s3.put_object())\n"),
        (4, 3, "x = (\n    s3.put_object(),\n    s3.put_object()\n)  # noqa: APR001 - why\n"),
        (2, 1, "if s3.put_object(\n        1):  # noqa: APR001 - why\n    pass\n"),
        (4, None, "s3.put_object()\n\n\nx = 1  # noqa: APR001 - why\n\ns3.put_object()\n"),
        (1, None, "x = 1  # noqa: APR001 - why\n"),
    ],
)
def test_misplaced_comment(comment_line: int, call_line: int | None, source: str) -> None:
    [finding] = stray_findings(report_source(source))
    edit = f"move it to line {call_line}" if call_line else "remove it"
    assert (finding.line, finding.code) == (comment_line, "APR005")
    assert finding.text == f"the noqa names APR001, but line {comment_line} has no PUT call: {edit}"


@pytest.mark.parametrize(
    ("source", "edit"),
    [
        ("x = 1  # noqa: F401, APR001\n", "remove APR001 from it"),
        ("# noqa: F401, APR001 - why\ns3.put_object()\n", "move APR001 to line 2"),
    ],
)
def test_comment_with_other_codes(source: str, edit: str) -> None:
    [finding] = stray_findings(report_source(source))
    assert finding.text == f"the noqa names APR001, but line 1 has no PUT call: {edit}"
