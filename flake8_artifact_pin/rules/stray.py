"""Report noqa comments that name APR001 where there is no PUT call, and find the call that each is meant for."""
from __future__ import annotations

import bisect
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.findings import make_finding
from flake8_artifact_pin.source.report import FileReport


def stray_findings(report: FileReport) -> Iterator[Finding]:
    """Yield a finding for each comment that names APR001 where there is no PUT call."""
    lines: dict[tuple[int, int], list[int]] = {}
    for site in report.sites:
        lines.setdefault(site.call.span, []).append(site.call.line)
    spans = sorted(lines)
    for comment in report.stray_comments:
        line = _line_meant(comment.line, spans, lines)
        moved, removed = ("it", "it") if comment.is_alone else ("APR001", "APR001 from it")
        edit = f"move {moved} to line {line}" if line else f"remove {removed}"
        text = f"the noqa names APR001, but line {comment.line} has no PUT call: {edit}"
        yield make_finding(comment.line, comment.column, "APR005", text)


def _line_meant(
    line: int, spans: Sequence[tuple[int, int]], lines: Mapping[tuple[int, int], Sequence[int]],
) -> int | None:
    """Return the line of the PUT call for which a comment on another line is probably meant; None if there is none.

    The call is in the statement around the comment, or else in the one on the next line. ``lines`` are the lines of
    the calls by the ``spans`` of their statements, which are sorted.
    """
    for candidate in (line, line + 1):
        index = bisect.bisect_right(spans, (candidate, sys.maxsize))
        if index and spans[index - 1][1] >= candidate:
            calls = lines[spans[index - 1]]
            near = bisect.bisect_left(calls, line)
            return min(calls[max(near - 1, 0):near + 1], key=lambda call_line: abs(call_line - line))
    return None
