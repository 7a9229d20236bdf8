"""Report noqa comments that name APR001 where there is no PUT call, and find the call that each is meant for."""
from __future__ import annotations

import bisect
import sys
from collections.abc import Iterator
from collections.abc import Sequence

from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.findings import make_finding
from flake8_artifact_pin.source.calls import PutCall
from flake8_artifact_pin.source.report import FileReport


def stray_findings(report: FileReport) -> Iterator[Finding]:
    """Yield a finding for each comment that names APR001 where there is no PUT call."""
    lines = _CallLines([site.call for site in report.sites])
    for comment in report.stray_comments:
        line = lines.meant_by(comment.line)
        moved, removed = ("it", "it") if comment.is_alone else ("APR001", "APR001 from it")
        edit = f"move {moved} to line {line}" if line else f"remove {removed}"
        text = f"the noqa names APR001, but line {comment.line} has no PUT call: {edit}"
        yield make_finding(comment.line, comment.column, "APR005", text)


class _CallLines:
    """The lines of PUT calls, by the spans of their statements."""

    def __init__(self, calls: Sequence[PutCall]) -> None:
        self.lines: dict[tuple[int, int], list[int]] = {}
        for call in calls:
            self.lines.setdefault(call.span, []).append(call.line)
        self.spans = sorted(self.lines)

    def meant_by(self, line: int) -> int | None:
        """Return the line of the PUT call for which a comment on another line is probably meant; None if there is none.

        The call is in the statement around the comment, or else in the one on the next line.
        """
        for candidate in (line, line + 1):
            index = bisect.bisect_right(self.spans, (candidate, sys.maxsize))
            if index and self.spans[index - 1][1] >= candidate:
                lines = self.lines[self.spans[index - 1]]
                near = bisect.bisect_left(lines, line)
                return min(lines[max(near - 1, 0):near + 1], key=lambda call_line: abs(call_line - line))
        return None
