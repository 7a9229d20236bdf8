"""Write the differences as a comment on a pull request, in Markdown."""
from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from flake8_artifact_pin.cli.diff.changes import Change
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import markdown
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.rules.findings import FileFinding

# GitHub refuses comments of more than 65,536 characters.
_MOST_LINES = 80


class Links(NamedTuple):
    """Links to files: ``base`` is the URL before a path relative to ``top``; empty for no links."""

    base: str
    top: str

    def place(self, path: str, line: int) -> str:
        """Return a place as Markdown, with a link if possible."""
        full = self._full(path)
        text = self.text(path, line)
        if not self.base or full.startswith("../"):
            return text
        return f"[{text}]({self.base}/{quote(full, errors='surrogateescape')}#L{line})"

    def text(self, path: str, line: int) -> str:
        """Return a place as Markdown, without a link."""
        return markdown(f"{self._full(path)}:{line}")

    def _full(self, path: str) -> str:
        # paths of changes are relative to the working directory
        return relative(os.path.abspath(path), self.top).replace(os.sep, "/")


def find_links(top: str, named: str | None) -> Links:
    """Return links with a named base URL, or with the one in the variables of GitHub Actions."""
    if named is not None:
        return Links(named.rstrip("/"), top)
    parts = [os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA")]
    return Links("{}/{}/blob/{}".format(*parts) if all(parts) else "", top)


def comment(
    changes: Sequence[Change], findings: Sequence[FileFinding], base: str, links: Links,
) -> Iterator[str]:
    """Yield the lines: how many artifacts need a decision, the changes, and the findings of ``check``."""
    undecided = sum(change.undecided for change in changes)
    yield f"### {count(undecided, 'artifact needs', 'artifacts need') if undecided else 'No artifact needs'} a decision"
    yield ""
    if changes:
        yield "| change | where | what |"
        yield "| --- | --- | --- |"
        yield from (_row(change, links) for change in changes[:_MOST_LINES])
        yield from _more(len(changes))
        yield ""
    if findings:
        yield f"#### {count(len(findings), 'finding')} of check"
        yield ""
        for path, finding in findings[:_MOST_LINES]:
            yield f"- {links.place(path, finding.line)}: {finding.code} {markdown(finding.text)}"
        yield from _more(len(findings))
        yield ""
    yield f"{'C' if changes else 'No PUT call and no pin changed: c'}ompared with {markdown(base)}."


def _row(change: Change, links: Links) -> str:
    mark = "**undecided:** " if change.undecided else ""
    # a removed call or pin has no current line to link to
    place = links.text if change.kind == "removed" else links.place
    where = place(change.path, change.line)
    return f"| {change.subject} {change.kind} | {where} | {mark}{markdown(change.text)} |"


def _more(number: int) -> Iterator[str]:
    if number > _MOST_LINES:
        yield ""
        yield f"... and {number - _MOST_LINES:,} more"
