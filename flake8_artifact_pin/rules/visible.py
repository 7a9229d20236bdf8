"""Where a finding stands so that flake8 shows it: a noqa comment hides more than it may."""
from __future__ import annotations

import functools
from collections.abc import Iterable
from collections.abc import Iterator

from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.source.noqa import NoqaLines

_ABOUT_FILE = frozenset(["APR000", "APR002", "APR011"])


def at_visible_places(findings: Iterable[Finding], noqa: NoqaLines) -> Iterator[Finding]:
    """Move each finding that a noqa comment would hide, but must not hide, to the first line where none does.

    A comment may hide the call that it stands at. It may not hide what is said of itself, nor that a pinned call was
    replaced, nor what is said of the whole file, unless it names the code.
    """
    first_visible_line = functools.cache(noqa.first_visible_line)
    for finding in findings:
        if finding.code != "APR001" and noqa.hides(finding.code, finding.line):
            if finding.code not in _ABOUT_FILE or not noqa.names(finding.code, finding.line):
                finding = finding._replace(line=first_visible_line(finding.code), column=0)
        yield finding
