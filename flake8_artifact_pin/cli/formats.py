"""The formats of ``check`` that other programs read. Each is a pure function of the result."""
from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from flake8_artifact_pin.cli.explain import code_sections
from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import PROGRAM
from flake8_artifact_pin.repository.workspace import relative
from flake8_artifact_pin.rules.findings import CODES
from flake8_artifact_pin.rules.findings import FileFinding

_DIGITS = re.compile(r"\d+")


class CheckResult(NamedTuple):
    """What ``check`` found: sorted findings, and how many files and PUT calls it judged.

    ``new`` are the findings on what is new since the base, if there is one to compare with.
    """

    findings: Sequence[FileFinding]
    files: int
    calls: int
    new: frozenset[FileFinding] = frozenset()


def json_text(result: CheckResult) -> str:
    """Return an object: ``version`` of the format, ``files``, ``put_calls`` and ``findings``.

    A finding has ``path`` (relative to the working directory), ``line`` and ``column`` (1-based), ``code``, ``text``
    and ``is_new``.
    """
    findings = [{**finding_data(found), "is_new": found in result.new} for found in result.findings]
    return _dumped({"version": 1, "files": result.files, "put_calls": result.calls, "findings": findings})


def github_text(result: CheckResult, directories: Sequence[str]) -> str:
    """Return a workflow command for each finding, the new ones first: GitHub shows ten annotations of a step.

    The calls of a file that were there before are one annotation. ``directories`` may be the ones that GitHub's
    paths are relative to: the first that a file lies below counts, else the last.
    """
    new = [found for found in result.findings if found in result.new]
    old = [found for found in result.findings if found not in result.new]
    return "".join(f"{_annotation(found, directories)}\n" for found in [*new, *(_folded(old) if new else old)])


def gitlab_text(result: CheckResult, top: str) -> str:
    """Return a Code Quality report of GitLab; paths are relative to the top of the repository."""
    return _dumped([
        {
            "description": f"{found.finding.code} {found.finding.text}",
            "check_name": found.finding.code,
            "fingerprint": fingerprint,
            "severity": "major",
            "location": {"path": _below(top, found.path), "lines": {"begin": max(found.finding.line, 1)}},
        }
        for found, fingerprint in _with_fingerprints(result.findings, top)
    ])


def sarif_text(result: CheckResult, top: str, version: str) -> str:
    """Return a SARIF 2.1.0 log; ``version`` is that of this program."""
    codes = sorted({*CODES, *(found.finding.code for found in result.findings)})
    driver = {"name": PROGRAM, "version": version, "rules": _rules(codes)}
    results = [
        {
            "ruleId": found.finding.code,
            "ruleIndex": codes.index(found.finding.code),
            "level": "error",
            "message": {"text": found.finding.text},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": quote(_below(top, found.path)), "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": max(found.finding.line, 1), "startColumn": found.finding.column + 1},
            }}],
            "partialFingerprints": {"artifactPin/v1": fingerprint},
        }
        for found, fingerprint in _with_fingerprints(result.findings, top)
    ]
    return _dumped({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    })


def _rules(codes: Iterable[str]) -> list[Mapping[str, object]]:
    sections = code_sections()
    return [
        {
            "id": code,
            "shortDescription": {"text": CODES[code].summary if code in CODES else "a file that flake8 cannot judge"},
            "help": {"text": sections.get(code, "See flake8."), "markdown": sections.get(code, "See flake8.")},
        }
        for code in codes
    ]


def _with_fingerprints(findings: Iterable[FileFinding], top: str) -> Iterator[tuple[FileFinding, str]]:
    """Yield each finding with what identifies it although lines move: its code, path and artifact."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for found in findings:
        code, path = found.finding.code, _below(top, found.path)
        identity = (code, path, found.finding.subject or _DIGITS.sub("", found.finding.text))
        seen[identity] += 1
        text = "\0".join((*identity, str(seen[identity])))
        yield found, hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _folded(findings: Sequence[FileFinding]) -> Iterator[FileFinding]:
    """Yield the findings, but only the first PUT call of each file and code, which says how many more there are."""
    counts = Counter((found.path, found.finding.code) for found in findings)
    seen = set()
    for found in findings:
        place = (found.path, found.finding.code)
        if place not in seen:
            seen.add(place)
            more = counts[place] - 1
            text = f"{found.finding.text} (and {more} more in this file that were there before)"
            yield found._replace(finding=found.finding._replace(text=text)) if more else found


def _annotation(found: FileFinding, directories: Sequence[str]) -> str:
    """Return the workflow command that makes GitHub show a finding at its line.

    See "Workflow commands for GitHub Actions" in GitHub's documentation and, for the escapes, its toolkit.
    """
    path, finding = found.path, found.finding
    names = (_inside(directory, path) for directory in directories)
    fields = {
        "file": next(filter(None, names), "") or _below(directories[-1], path),
        "line": str(max(finding.line, 1)),
        "col": str(finding.column + 1),
        "title": finding.code,
    }
    properties = ",".join(
        f"{name}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in fields.items()
    )
    return f"::error {properties}::{_escaped(f'{finding.code} {finding.text}')}"


def _inside(directory: str, path: str) -> str:
    """Return the path that a file has below a directory, if need be with links followed; empty if it is outside."""
    parent, base = os.path.split(os.path.abspath(path))
    for top, place in ((directory, parent), (os.path.realpath(directory), os.path.realpath(parent))):
        name = relative(os.path.join(place, base), top)
        if not os.path.isabs(name) and name.split(os.sep)[0] != os.pardir:
            return name.replace(os.sep, "/")
    return ""


def _below(top: str, path: str) -> str:
    return _inside(top, path) or relative(os.path.abspath(path), top).replace(os.sep, "/")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _dumped(data: object) -> str:
    return f"{json.dumps(data, indent=2)}\n"
