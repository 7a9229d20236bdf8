"""Gather what the rules judge: the PUT calls of one file, and what its noqa comments do to them."""
from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.calls import PutCall
from flake8_artifact_pin.source.names import call_names
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.source.noqa import find_noqa_comments
from flake8_artifact_pin.source.noqa import may_have_noqa
from flake8_artifact_pin.source.noqa import noqa_lines
from flake8_artifact_pin.source.noqa import NoqaComment
from flake8_artifact_pin.source.noqa import NoqaLines
from flake8_artifact_pin.source.noqa import Suppression


class Site(NamedTuple):
    """A PUT call and what the noqa comment on its line does to it.

    ``has_comment``: a comment there names APR001, whether flake8 reads it as a noqa or not. ``reason`` is what a
    justified suppression says. ``name`` is what a pin may name the call; one that does not count has none.
    """

    call: PutCall
    suppression: Suppression = Suppression.NONE
    has_comment: bool = False
    reason: str = ""
    name: str = ""

    @property
    def is_observed(self) -> bool:
        """Whether the call counts."""
        return self.suppression is not Suppression.JUSTIFIED


class FileFacts(NamedTuple):
    """What one file holds: its PUT calls in source order, and the comments that name APR001 beside no PUT call."""

    sites: Sequence[Site]
    stray_comments: Sequence[NoqaComment]
    noqa: NoqaLines

    @property
    def observed(self) -> int:
        """The number of PUT calls that count."""
        return sum(site.is_observed for site in self.sites)

    @property
    def names(self) -> Sequence[str]:
        """The names of the PUT calls that count, in source order."""
        return [site.name for site in self.sites if site.is_observed]


def may_matter(text: str, matcher: Matcher) -> bool:
    """Return whether a source text can hold a PUT call or a comment that names APR001 (cheap)."""
    return matcher.may_match(text) or may_have_noqa(text)


def gather(
    tree: ast.AST,
    lines: Sequence[str],
    filename: str,
    noqa_line_for: Callable[[int], str | None],
    matcher: Matcher,
) -> FileFacts:
    """Return the facts of one file: its tree, lines, name and noqa lines are those of flake8's file processor."""
    text = "".join(lines)
    calls = find_calls(tree, lines, matcher) if matcher.may_match(text) else ()
    comments = find_noqa_comments(lines) if may_have_noqa(text) else ()
    noqa = noqa_lines(filename, noqa_line_for, comments)
    # once for each line: it may be long, and hold very many calls
    states = {
        line: (noqa.suppression(line), bool(noqa.comments_at(line)), noqa.reason(line))
        for line in {call.line for call in calls}
    }
    sites = _named([Site(call, *states[call.line]) for call in calls])
    return FileFacts(sites, noqa.stray_comments(states), noqa)


def _named(sites: Sequence[Site]) -> list[Site]:
    """Return the PUT calls with their names: a suppressed one takes no number from the others."""
    names = call_names((site.call.scope, site.call.method, "") for site in sites if site.is_observed)
    return [site._replace(name=next(names)) if site.is_observed else site for site in sites]
