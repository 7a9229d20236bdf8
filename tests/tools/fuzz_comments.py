"""Random noqa comments: flake8 says what they hide, and findings stand where they can be seen."""
from __future__ import annotations

import argparse
import tokenize
from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from random import Random

import oracle
from flake8.defaults import NOQA_INLINE_REGEXP
from flake8.processor import FileProcessor
from flake8.utils import parse_comma_separated_list
from flake8.violation import Violation
from fuzz_base import ensure
from fuzz_base import ensure_findings
from fuzz_base import lines_of
from fuzz_base import MATCHER
from fuzz_base import NOWHERE
from fuzz_base import parsed
from fuzz_base import said_of
from fuzz_base import SOURCE_NAME

from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.report import report_file

POSITIONS = [
    *["s3.put_object()  {}\n"] * 3, "s3.put_object(  {}\n    1)\n", "s3.put_object(\n    1)  {}\n",
    "s3.put_object('''\n''')  {}\n", "s3.put_object('''  {}\n''')\n", "s3 \\\n    .put_object()  {}\n",
    "s3.put_object(); '{}'\n", "{}\ns3.put_object()\n", "if x:\n\ts3.put_object()  {}\n", "submit(s3.put_object)  {}\n",
    "(s3\n  .put_object(Key='é')  {}\n)\n", "x = 1  {}\n", "f(s3.put_object(), s3.upload_file())  {}\n",
    "def f():\n    '''{}'''\n    s3.put_object()\n", "s3.put_object()  {}", "x = '''\n''', s3.put_object()  {}\n",
]
NOQAS = [
    *["# noqa"] * 6, "#noqa", "# NoQA", "#  noqa", "# noqa ", "#:noqa", "## noqa", "# noqa\t", "# flake8: noqa",
    "#\u00a0noqa", "",
]
COLONS = [*[": "] * 4, ":", " : ", ":  ", " ", "", ":\t", "：", "::"]
CODES = [
    *["APR001"] * 6, "", "apr001", "APR", "APR00", "APR0011", "A1", "APR001,E501", "E501,APR001", "E501, APR001",
    "E501 APR001", "E501", "APR001;E501", "APR001 , E501", "APR001,", "APR004", "APR001 APR004", "ÀPR001", "APR００１",
    "APR002,APR001,APR005",
]
SEPARATORS = [" ", " - ", " -- ", " — ", " – ", ": ", " # ", " (", "", ",", "-", "\u2003", " \u200b", " \x0c", ". "]
REASONS = [
    "", "", "why", "re-puts keys", "TODO", "todo: FIXME", "TODO: ask Ann", "tbd", "xxx", "(none)", "reason",
    "Reason why", "noqa", "123", "s3", "S3", "既存キー", "причина", "__todo__", "_", "²", "Ⅷ", "a", "E501", "🚀", "TODOs",
    "ｔｏｄｏ", "e\u0301", "ªº",
]
DIRECTIVES = [
    "# type: ignore[attr-defined]", "# type: ignore", "# pyright: ignore", "# pragma: no cover",
    "# pylint: disable=no-member", "# nosec B108", "# nosec", "# noqa: E501", "# noqa", "# fmt: skip", "# isort: skip",
    "# NOSONAR", "# ruff: noqa",
]
COMMENT_WORDS = [text.encode() for text in (*NOQAS, *COLONS, *CODES, *SEPARATORS, *REASONS, *DIRECTIVES) if text]
COMMENT_WORDS += [
    b"\n", b"'", b"(", b")", b"\\\n", b"#", b"'''", b"s3.put_object()", b"\r", "\x85".encode(), "\u2028".encode(),
]
OPTIONS = argparse.Namespace(hang_closing=False, indent_size=4, max_line_length=79, max_doc_length=None, verbose=0)


def comment_text(random: Random) -> str:
    choose = random.choice
    parts = [choose(NOQAS), choose(COLONS), choose(CODES), choose(SEPARATORS), choose(REASONS)]
    if random.random() < 0.2:
        parts += [choose(("  ", " ", "")), choose(DIRECTIVES)]
    if random.random() < 0.1:
        parts += [choose(SEPARATORS), choose(REASONS)]
    if random.random() < 0.1:
        parts.insert(0, choose(DIRECTIVES) + choose(("  ", " ")))
    return "".join(parts)


def commented_text(random: Random) -> str:
    positions = random.choices(POSITIONS, k=random.choice((1, 1, 2, 3)))
    return "".join(position.format(comment_text(random)) for position in positions)


def has_reason(rest: str) -> bool | None:
    """Return whether what follows the codes of a noqa comment is a reason; None if that is for the tests of reasons."""
    if not any(map(str.isalnum, rest)):
        return False
    # no letter hangs on to the codes, and no other comment follows
    is_plain = not (rest[0].isalnum() or rest[0] == "_" or "#" in rest)
    return True if is_plain and "re-puts keys" in rest else None


def expected_suppression(
    line: int, text: str | None, lines: Sequence[str], comments: Mapping[int, int],
) -> tuple[bool, bool, bool | None]:
    """Return whether flake8 hides APR001 on a line, whether a noqa there names it, and whether with a reason."""
    is_hidden = Violation("APR001", SOURCE_NAME, line, 1, "", text).is_inline_ignored(False)
    match = NOQA_INLINE_REGEXP.search(text or "")
    if not is_hidden or match is None or not match["codes"]:
        return is_hidden, False, False
    if "APR001" not in parse_comma_separated_list(match["codes"]):
        return True, False, False
    number, column = noqa_place(line, text or "", lines, match.start())
    rest = lines[number - 1][column:].rstrip("\n")[match.end("codes") - match.start():]
    if match["codes"][-1] in ", \t\u2003\x0c\u00a0" or match["codes"][-1].isspace():
        rest = f" {rest}"
    return True, True, number in comments and comments[number] <= column and has_reason(rest)


def noqa_place(line: int, text: str, lines: Sequence[str], offset: int) -> tuple[int, int]:
    """Return the line and column of a place in the text that flake8 has for a line."""
    count = len(text.split("\n")) - text.endswith("\n")
    starts = range(max(line - count + 1, 1), line + 1)
    first = next(start for start in starts if "".join(lines[start - 1:start - 1 + count]) == text)
    return first + text.count("\n", 0, offset), offset - (text.rfind("\n", 0, offset) + 1)


def check_comments(data: bytes) -> str:
    lines = lines_of(data)
    tree = parsed(lines)
    if tree is None:
        return "no Python"
    processor = FileProcessor(SOURCE_NAME, OPTIONS, lines=lines)
    try:
        comments = {
            token.start[0]: token.start[1] for token in processor.file_tokens if token.type == tokenize.COMMENT
        }
    except (SyntaxError, tokenize.TokenError):
        return "no tokens"
    report = report_file(tree, lines, SOURCE_NAME, processor.noqa_line_for, MATCHER)
    actual_calls = sorted((site.call.line, site.call.method) for site in report.sites)
    ensure(actual_calls == oracle.put_calls("".join(lines)), "found", actual_calls)
    justified, outcome = 0, "no call"
    for site in report.sites:
        line = site.call.line
        states = expected_suppression(line, processor.noqa_line_for(line), lines, comments)
        is_hidden, is_named, is_reasoned = states
        actual = site.suppression.name
        if is_reasoned is None:
            ensure(actual in ("JUSTIFIED", "UNJUSTIFIED"), "line", line, "is", actual, "but it names APR001")
        else:
            wanted = "NONE"
            if is_hidden:
                wanted = "BLANKET" if not is_named else "JUSTIFIED" if is_reasoned else "UNJUSTIFIED"
            ensure(actual == wanted, "line", line, "is", actual, "not", wanted)
        ensure(site.reason != "" or actual != "JUSTIFIED", "no reason", site.reason, actual)
        justified += actual == "JUSTIFIED"
        outcome = "the reason is not settled" if is_reasoned is None else actual.lower()
    ensure(report.counted == len(report.sites) - justified, "counted", report.counted)
    ensure_shown(report, lines, processor)
    return outcome if len(report.sites) < 2 else "several calls"


def ensure_shown(report: FileReport, lines: Sequence[str], processor: FileProcessor) -> None:
    """Each call that counts is shown in a file without a pin, and none in one with the right pin."""
    findings = said_of(Pins("", NOWHERE), report)
    # where a comment hides everything in a file, the line below it is the place
    ensure_findings(findings, lines, beyond=1)
    shown = [finding for finding in findings if not is_ignored(finding, processor)]
    ensure(all(finding.code == "APR001" for finding in findings if finding not in shown), "hidden", findings)
    visible = Counter(finding.code for finding in shown)
    counted = [site for site in report.sites if site.is_counted]
    in_sight = [site for site in counted if site.suppression.name == "NONE"]
    ensure(visible["APR001"] == len(in_sight), "shown", visible, "calls in sight", len(in_sight))
    hidden = len(counted) - len(in_sight)
    ensure(visible["APR004"] >= hidden, "shown", visible, "hidden calls", hidden)
    pins = {"a.py": Pin("a.py", "a.py", report.counted)}
    right = said_of(Pins(f"{NOWHERE}/artifact-pins.toml", NOWHERE, pins=pins), report)
    codes = {finding.code for finding in right if not is_ignored(finding, processor)}
    ensure(codes <= {"APR004", "APR005", "APR011"}, "said in spite of the right pin", codes)


def is_ignored(finding: Finding, processor: FileProcessor) -> bool:
    text = processor.noqa_line_for(finding.line)
    return Violation(finding.code, SOURCE_NAME, finding.line, finding.column, "", text).is_inline_ignored(False)
