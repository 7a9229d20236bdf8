"""Report the PUT calls of one file, and what its noqa comments do to them."""
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

    ``has_comment``: a comment there names APR001, whether flake8 reads it as a noqa or not. ``reason`` is the reason of
    a justified suppression; ``shares_comment``: an earlier call has the same comment. ``name`` is the call's name in a
    pin; a call that is not counted has none.
    """

    call: PutCall
    suppression: Suppression = Suppression.NONE
    has_comment: bool = False
    reason: str = ""
    name: str = ""
    shares_comment: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether the call counts: no justified suppression hides it."""
        return self.suppression is not Suppression.JUSTIFIED


class FileReport(NamedTuple):
    """The PUT calls of one file in source order, and its comments that name APR001 where there is no PUT call.

    ``encoding_problem`` says why Python may run another program than this one, or is empty. ``lines`` are the lines
    as flake8 reads them.
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
    """Return the report of one file; tree, lines, filename and noqa_line_for() are those of flake8's FileProcessor."""
    text = "".join(lines)
    calls = find_calls(tree, lines, matcher)
    comments = find_noqa_comments(lines) if may_have_noqa(text) else ()
    if lines and "noqa" not in text.lower():
        # no noqa: save flake8 from tokenizing the file to join lines (for an empty file it asks linecache)
        noqa_line_for = _blank
    noqa = noqa_lines(filename, noqa_line_for, comments)
    texts = {line: noqa.text(line) for line in {call.line for call in calls}}
    # once for each text, which may be long and belong to very many calls
    found = {text: noqa.of_text(text) for text in set(texts.values())}
    sites = [Site(call, *found[texts[call.line]]) for call in calls]
    return FileReport(
        list(_named(_sharing(sites, texts))), noqa.stray_comments(found), noqa, encoding_problem(text), lines,
    )


def _blank(_line: int) -> str:
    return ""


def _sharing(sites: Iterable[Site], texts: Mapping[int, str]) -> Iterator[Site]:
    """Yield the PUT calls, each with ``shares_comment`` if an earlier one has its comment."""
    first = None
    for site in sites:
        if site.is_counted:
            yield site
            continue
        line, text = site.call.line, texts[site.call.line]
        # an equal text farther away is another line with its own comment
        is_shared = first is not None and texts[first] == text and line - first <= text.rstrip("\n").count("\n")
        first = first if is_shared else line
        yield site._replace(shares_comment=is_shared)


def _named(sites: Iterable[Site]) -> Iterator[Site]:
    """Yield the PUT calls with their names. Suppressed calls are not numbered."""
    sites = list(sites)
    names = call_names((site.call.scope, site.call.method, site.call.name_key) for site in sites if site.is_counted)
    return (site._replace(name=next(names)) if site.is_counted else site for site in sites)
