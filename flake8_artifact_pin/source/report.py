"""Report what one file does: its PUT calls, and what its noqa comments do to them."""
from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.calls import PutCall
from flake8_artifact_pin.source.encoding import encoding_problem
from flake8_artifact_pin.source.names import call_names
from flake8_artifact_pin.source.noqa import find_noqa_comments
from flake8_artifact_pin.source.noqa import noqa_lines
from flake8_artifact_pin.source.noqa import NoqaComment
from flake8_artifact_pin.source.noqa import NoqaLines
from flake8_artifact_pin.source.noqa import Suppression
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.source.prefilter import may_have_noqa


class Site(NamedTuple):
    """A PUT call and what the noqa comment on its line does to it.

    ``has_comment``: a comment there names APR001, whether flake8 reads it as a noqa or not. ``reason`` is what a
    justified suppression says; ``shares_comment``: the reason was given for an earlier call already. ``name`` is what a
    pin may name the call; one that is not counted has none.
    """

    call: PutCall
    suppression: Suppression = Suppression.NONE
    has_comment: bool = False
    reason: str = ""
    name: str = ""
    shares_comment: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether the call is counted."""
        return self.suppression is not Suppression.JUSTIFIED


class FileReport(NamedTuple):
    """What one file does: its PUT calls in source order, and its comments that name APR001 beside no PUT call.

    ``encoding_problem`` says why Python may run another program than this one, or is empty. ``lines`` are those of the
    file as flake8 reads them.
    """

    sites: Sequence[Site]
    stray_comments: Sequence[NoqaComment]
    noqa: NoqaLines
    encoding_problem: str = ""
    lines: Sequence[str] = ()

    @property
    def counted(self) -> int:
        """The number of PUT calls that are counted."""
        return sum(site.is_counted for site in self.sites)

    @property
    def names(self) -> Sequence[str]:
        """The names of the PUT calls that are counted, in source order."""
        return [site.name for site in self.sites if site.is_counted]


def report_file(
    tree: ast.AST,
    lines: Sequence[str],
    filename: str,
    noqa_line_for: Callable[[int], str | None],
    matcher: Matcher,
) -> FileReport:
    """Return what one file does: its tree, lines, name and noqa lines are those of flake8's file processor."""
    text = "".join(lines)
    calls = find_calls(tree, lines, matcher) if matcher.may_match(text) else ()
    comments = find_noqa_comments(lines) if may_have_noqa(text) else ()
    if lines and "noqa" not in text.lower():
        # to know which lines belong together, flake8 would tokenize the file; of an empty one it asks linecache
        noqa_line_for = _blank
    noqa = noqa_lines(filename, noqa_line_for, comments)
    texts = {line: noqa.text(line) for line in {call.line for call in calls}}
    # once for each text: it may be long, and hold very many calls
    found = {text: noqa.of_text(text) for text in set(texts.values())}
    sites = [Site(call, *found[texts[call.line]]) for call in calls]
    return FileReport(
        list(_named(_sharing(sites, texts))), noqa.stray_comments(found), noqa, encoding_problem(text), lines,
    )


def _blank(_line: int) -> str:
    return ""


def _sharing(sites: Iterable[Site], texts: Mapping[int, str]) -> Iterator[Site]:
    """Yield the PUT calls; those after the first one that a comment suppresses share it."""
    first = None
    for site in sites:
        if site.is_counted:
            yield site
            continue
        line, text = site.call.line, texts[site.call.line]
        # an equal text farther away is another line, with a comment of its own
        is_shared = first is not None and texts[first] == text and line - first <= text.rstrip("\n").count("\n")
        first = first if is_shared else line
        yield site._replace(shares_comment=is_shared)


def _named(sites: Iterable[Site]) -> Iterator[Site]:
    """Yield the PUT calls with their names: a suppressed one takes no number from the others."""
    sites = list(sites)
    names = call_names((site.call.scope, site.call.method, site.call.name_key) for site in sites if site.is_counted)
    return (site._replace(name=next(names)) if site.is_counted else site for site in sites)
