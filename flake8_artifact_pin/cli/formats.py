"""The formats of ``check`` for other programs. Each is a pure function of the result."""
from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from flake8_artifact_pin.cli.output import finding_data
from flake8_artifact_pin.cli.output import json_text
from flake8_artifact_pin.cli.output import PROGRAM
from flake8_artifact_pin.cli.output import versioned_json
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.rules.findings import CODES
from flake8_artifact_pin.rules.findings import FileFinding

_DIGITS = re.compile(r"\d+")
# The codes of findings at PUT calls. A file may have many, and one decision settles them.
_AT_CALLS = frozenset(["APR001", "APR004", "APR006"])


class CheckResult(NamedTuple):
    """The result of ``check``: findings in their order, and how many files and PUT calls it judged.

    ``new`` are the findings that are new since the base; None without a base.
    """

    findings: Sequence[FileFinding]
    files: int
    calls: int
    new: frozenset[FileFinding] | None = None


def check_json(result: CheckResult) -> str:
    """Return an object: ``version`` of the format, ``files``, ``put_calls`` and ``findings``.

    A finding has ``path`` (relative to the working directory), ``line`` and ``column`` (1-based), ``code``, ``text``,
    ``subject`` (its artifact or path, independent of lines) and ``is_new`` (null without a base).
    """
    new = result.new
    findings = [
        {**finding_data(found), "is_new": None if new is None else found in new} for found in result.findings
    ]
    return versioned_json({"files": result.files, "put_calls": result.calls, "findings": findings})


def github_text(result: CheckResult, directories: Sequence[str]) -> str:
    """Return a workflow command for each finding, new ones first, since GitHub shows only ten annotations of a step.

    Findings on old calls of a file become one annotation. Paths are relative to the first of the ``directories`` that
    contains the file, else to the last.
    """
    findings = result.findings
    if result.new is not None:
        new = [found for found in findings if found in result.new]
        findings = [*new, *_folded(found for found in findings if found not in result.new)]
    return "".join(f"{_annotation(found, directories)}\n" for found in findings)


def gitlab_text(result: CheckResult, top: str) -> str:
    """Return a Code Quality report of GitLab; paths are relative to the top of the repository."""
    return json_text([
        {
            "description": f"{found.finding.code} {found.finding.text}",
            "check_name": found.finding.code,
            "fingerprint": fingerprint,
            "severity": "major",
            "location": {"path": path, "lines": {"begin": max(found.finding.line, 1)}},
        }
        for found, path, fingerprint in _with_fingerprints(result.findings, top)
    ])


def sarif_text(result: CheckResult, top: str, version: str) -> str:
    """Return a SARIF 2.1.0 log; ``version`` is the version of this program, or empty."""
    codes = sorted({*CODES, *(found.finding.code for found in result.findings)})
    driver = {"name": PROGRAM, **({"version": version} if version else {}), "rules": _rules(codes)}
    results = [
        {
            "ruleId": found.finding.code,
            "ruleIndex": codes.index(found.finding.code),
            "level": "error",
            "message": {"text": found.finding.text},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": quote(path), "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": max(found.finding.line, 1), "startColumn": found.finding.column + 1},
            }}],
            "partialFingerprints": {"artifactPin/v1": fingerprint},
        }
        for found, path, fingerprint in _with_fingerprints(result.findings, top)
    ]
    return json_text({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    })


def _rules(codes: Iterable[str]) -> list[Mapping[str, object]]:
    from flake8_artifact_pin.cli.explain import code_sections

    sections = code_sections()
    return [
        {
            "id": code,
            "shortDescription": {"text": CODES[code].summary if code in CODES else "a file that flake8 cannot judge"},
            "help": {"text": sections.get(code, "See flake8."), "markdown": sections.get(code, "See flake8.")},
        }
        for code in codes
    ]


def _with_fingerprints(findings: Iterable[FileFinding], top: str) -> Iterator[tuple[FileFinding, str, str]]:
    """Yield each finding with its path below the top, and a fingerprint that does not depend on lines.

    The fingerprint is made of code, path, artifact, and a number for equal findings.
    """
    import hashlib

    seen: Counter[tuple[str, str, str]] = Counter()
    for found in findings:
        # a file name that is not UTF-8 cannot be sent unescaped
        path = _below(top, found.path).encode(errors="backslashreplace").decode()
        identity = (found.finding.code, path, found.finding.subject or _DIGITS.sub("", found.finding.text))
        seen[identity] += 1
        text = "\0".join((*identity, str(seen[identity])))
        yield found, path, hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def _folded(findings: Iterable[FileFinding]) -> Iterator[FileFinding]:
    """Yield the findings; of those at PUT calls, only the first one with each code in each file."""
    groups: dict[object, list[FileFinding]] = {}
    for found in findings:
        path, finding = found
        is_call = finding.code in _AT_CALLS
        groups.setdefault((path, finding.code) if is_call else found, []).append(found)
    for found, *others in groups.values():
        more = f" (and {len(others)} more in this file that were there before)" if others else ""
        yield found._replace(finding=found.finding._replace(text=f"{found.finding.text}{more}"))


def _annotation(found: FileFinding, directories: Sequence[str]) -> str:
    """Return the workflow command that makes GitHub show a finding at its line.

    See "Workflow commands for GitHub Actions" in GitHub's documentation and, for the escapes, its toolkit.
    """
    path, finding = found.path, found.finding
    names = (_inside(directory, path) for directory in directories)
    file = next(filter(None, names), "") or _below(directories[-1], path)
    fields = {
        # escape control characters, except those that _escaped() encodes
        "file": "".join(c if c.isprintable() or c in "\r\n" else c.encode("unicode_escape").decode() for c in file),
        "line": str(max(finding.line, 1)),
        "col": str(finding.column + 1),
        "title": finding.code,
    }
    properties = ",".join(
        f"{name}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in fields.items()
    )
    return f"::error {properties}::{_escaped(f'{finding.code} {finding.text}')}"


def _inside(directory: str, path: str) -> str:
    """Return the path of a file below a directory, resolving links if necessary; empty if it is outside."""
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
