"""The formats of ``check`` that other programs read."""
from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support import PINS
from support import Project
from support import PUT
from support import Repository

from flake8_artifact_pin.cli.explain import code_sections
from flake8_artifact_pin.cli.formats import check_json
from flake8_artifact_pin.cli.formats import CheckResult
from flake8_artifact_pin.cli.formats import github_text
from flake8_artifact_pin.cli.formats import gitlab_text
from flake8_artifact_pin.cli.formats import sarif_text
from flake8_artifact_pin.rules.findings import CODES
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.findings import Finding

pytestmark = pytest.mark.once

TOP = os.path.abspath("top")


def found(path: str, line: int, code: str = "APR001", subject: str = "", text: str = "a text") -> FileFinding:
    return FileFinding(f"top/{path}", Finding(line, 3, code, text, subject))


def result(*findings: FileFinding, new: Sequence[FileFinding] | None = None) -> CheckResult:
    return CheckResult(findings, 2, 5, None if new is None else frozenset(new))


def annotation(line: str) -> tuple[dict[str, str], str]:
    """Read a workflow command as GitHub's runner does: its properties and its message."""
    match = re.fullmatch(r"::error (.*?)::(.*)", line, re.DOTALL)
    assert match is not None, line
    fields = dict(field.split("=", 1) for field in match[1].split(","))
    return {name: unescaped(value, "\r\n:,%") for name, value in fields.items()}, unescaped(match[2], "\r\n%")


def unescaped(text: str, characters: str) -> str:
    assert "\r" not in text and "\n" not in text
    for character in characters:
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def files_of(github: str) -> list[str]:
    return [annotation(line)[0]["file"] for line in github.splitlines()]


def test_json() -> None:
    """Names and types are documented."""
    one, two = found("é.py", 1, subject="f:put(x)"), found("b.py", 2, "APR002")
    entry = {"path": "top/é.py", "line": 1, "column": 4, "code": "APR001", "text": "a text", "subject": "f:put(x)"}
    data = json.loads(check_json(result(one)))
    assert data == {"version": 1, "files": 2, "put_calls": 5, "findings": [{**entry, "is_new": None}]}
    data = json.loads(check_json(result(one, two, new=[one])))
    assert [row["is_new"] for row in data["findings"]] == [True, False]
    assert json.loads(check_json(CheckResult((), 2, 0))) == {"version": 1, "files": 2, "put_calls": 0, "findings": []}


@settings(max_examples=30)
@example("a::error b.py", "", 1, 0)
@given(st.text("%:,=\r\n 0AD253é", min_size=1), st.text("%:,=\r\n 0AD253é"), st.integers(0, 9), st.integers(0, 9))
def test_github_escapes(name: str, text: str, line: int, column: int) -> None:
    one = FileFinding(f"src/{name}", Finding(line, column, "APR001", text))
    shown = github_text(result(one), [os.path.abspath("src")])
    place = {"file": name, "line": str(line or 1), "col": str(column + 1), "title": "APR001"}
    assert annotation(shown.removesuffix("\n")) == (place, f"APR001 {text}")


# The findings (file, line, code), the new ones of them, and what GitHub is shown (line, and how many more).
FOLDED: dict[str, tuple[list[FileFinding], list[FileFinding] | None, list[str]]] = {
    "no base": ([found("a.py", 1), found("a.py", 2)], None, ["a.py:1", "a.py:2"]),
    "the new one is the last": (
        [found("a.py", line) for line in range(1, 16)], [found("a.py", 15)], ["a.py:15", "a.py:1 and 13 more"],
    ),
    "by file and code": (
        [found("a.py", 1), found("a.py", 2, "APR004"), found("a.py", 3), found("b.py", 1), found("b.py", 2, "APR006")],
        [], ["a.py:1 and 1 more", "a.py:2", "b.py:1", "b.py:2"],
    ),
    "not what is said of pins and comments": (
        [found(PINS, 1, "APR003"), found(PINS, 2, "APR003"), found("a.py", 1, "APR005"), found("a.py", 2, "APR005")],
        [], [f"{PINS}:1", f"{PINS}:2", "a.py:1", "a.py:2"],
    ),
}


@pytest.mark.parametrize(("findings", "new", "expected"), FOLDED.values(), ids=FOLDED)
def test_github_order(findings: list[FileFinding], new: list[FileFinding] | None, expected: list[str]) -> None:
    shown = []
    for line in github_text(result(*findings, new=new), [TOP]).splitlines():
        fields, text = annotation(line)
        more = re.fullmatch(r"APR\d+ a text(?: \((and \d+ more) in this file that were there before\))?", text)
        assert more is not None
        shown.append(" ".join(filter(None, [f"{fields['file']}:{fields['line']}", more[1]])))
    assert shown == expected


@pytest.mark.parametrize(
    ("workspace", "expected"),
    [
        (".", "sub/a.py"),
        ("..", "project/sub/a.py"),
        ("sub", "a.py"),
        # one of something else, such as the job that this one was started from, means nothing
        ("su", "sub/a.py"),
        # a runner's may lead through a link, the working directory never does
        ("../link", "sub/a.py"),
    ],
)
def test_github_workspace(project: Project, workspace: str, expected: str) -> None:
    (project.root.parent / "link").symlink_to(project.root)
    project.write({"sub/a.py": PUT})
    (project.root / "sub/b.py").symlink_to("a.py")
    project.monkeypatch.chdir("sub")
    findings = [FileFinding(name, Finding(1, 3, "APR001", "a text")) for name in ("a.py", "b.py")]
    shown = github_text(result(*findings), [f"{project.root}/{workspace}", str(project.root)])
    assert files_of(shown) == [expected, expected.replace("a.py", "b.py")]


def test_github_and_files_of_two_places() -> None:
    """A workspace is for the files below it alone."""
    findings = [found(path, 1) for path in ("../r.json", "..a/b.py", "c.py")]
    assert files_of(github_text(result(*findings), [f"{TOP}/..a", TOP])) == ["../r.json", "b.py", "c.py"]


def test_paths_of_a_repository(repository: Repository) -> None:
    """They are relative to its top, wherever the command is run, or to GitHub's workspace."""
    repository.write({"sub/a,b.py": 's3.put_object(Key="100%")\n', PINS: ""})
    repository.git("add", ".")
    repository.monkeypatch.chdir("sub")
    assert repository.run("check", "--format=github") == (
        "::error file=sub/a%2Cb.py,line=1,col=4,title=APR001::APR001 "
        'put_object("100%25"): 1 PUT call, 0 pinned; decide: flake8-artifact-pin decide a,b.py:1\n',
        "1 file, 1 PUT call: 1 finding\n",
        1,
    )
    for workspace, file in {"": "sub/a,b.py", f"{repository.root}/sub": "a,b.py"}.items():
        repository.monkeypatch.setenv("GITHUB_WORKSPACE", workspace)
        assert files_of(repository.run("check", "--format=github").out) == [file]
    [row] = json.loads(repository.run("check", "--format=gitlab").out)
    assert row["location"]["path"] == "sub/a,b.py"
    assert '"uri": "sub/a%2Cb.py",' in repository.run("check", "--format=sarif").out


def test_paths_outside_of_git(directory: Repository) -> None:
    directory.write({"sub/a.py": PUT, PINS: ""})
    directory.monkeypatch.chdir("sub")
    assert files_of(directory.run("check", "--format=github").out) == ["sub/a.py"]


def test_gitlab() -> None:
    """The fields that GitLab's documentation asks for; a report is a list."""
    data = json.loads(gitlab_text(result(found("sub/a.py", 0, "E902"), found("b\udce9.py", 7)), TOP))
    fingerprints = [row.pop("fingerprint") for row in data]
    assert data == [
        {
            "description": "E902 a text", "check_name": "E902", "severity": "major",
            "location": {"path": "sub/a.py", "lines": {"begin": 1}},
        },
        {
            "description": "APR001 a text", "check_name": "APR001", "severity": "major",
            "location": {"path": "b\\udce9.py", "lines": {"begin": 7}},
        },
    ]
    assert all(re.fullmatch("[0-9a-f]{64}", fingerprint) for fingerprint in fingerprints)


def fingerprints_of(*findings: FileFinding) -> list[str]:
    gitlab = [row["fingerprint"] for row in json.loads(gitlab_text(result(*findings), TOP))]
    [run] = json.loads(sarif_text(result(*findings), TOP, "1.0"))["runs"]
    assert [row["partialFingerprints"] for row in run["results"]] == [{"artifactPin/v1": text} for text in gitlab]
    return gitlab


def test_fingerprints() -> None:
    """They hang on code, path and artifact, not on lines, or numbers of calls in a text."""
    one = found("a.py", 4, subject="x", text="2 PUT calls: decide a.py:4")
    moved = found("a.py", 9, subject="x", text="3 PUT calls: decide a.py:9")
    assert fingerprints_of(one) == fingerprints_of(moved)
    # what has no subject is told apart by its text
    assert fingerprints_of(found("a.py", 4, text="line 4 is")) == fingerprints_of(found("a.py", 5, text="line 5 is"))
    others = [
        found("b.py", 4, subject="x"), found("a.py", 4, "APR006", subject="x"), found("a.py", 4, subject="y"),
        found("a.py", 4, text="x"),
    ]
    # two calls that are just the same differ, too
    assert len({*fingerprints_of(one, moved, *others)}) == 6


def test_sarif() -> None:
    """As SARIF 2.1.0 has it; ``uri`` is one, and each result names its rule."""
    log = json.loads(sarif_text(result(found("sub/a b#\udce9:ü.py", 0, "E999"), found("b.py", 7)), TOP, "1.0"))
    assert (log["version"], log["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"], run["columnKind"]) == ("flake8-artifact-pin", "1.0", "unicodeCodePoints")
    first, second = run["results"]
    del first["partialFingerprints"], first["ruleIndex"]
    assert first == {
        "ruleId": "E999",
        "level": "error",
        "message": {"text": "a text"},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": "sub/a%20b%23%5Cudce9%3A%C3%BC.py", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 1, "startColumn": 4},
        }}],
    }
    assert driver["rules"][second["ruleIndex"]]["id"] == second["ruleId"] == "APR001"


def test_sarif_rules() -> None:
    """A rule for each code, with its section of the manual; one for a code of flake8 only where it was found."""
    driver = json.loads(sarif_text(result(), TOP, ""))["runs"][0]["tool"]["driver"]
    assert "version" not in driver
    rules = {rule["id"]: rule for rule in driver["rules"]}
    assert sorted(rules) == sorted(CODES)
    sections = code_sections()
    for code, rule in rules.items():
        assert rule["shortDescription"] == {"text": CODES[code].summary}
        assert rule["help"] == {"text": sections[code], "markdown": sections[code]}
    driver = json.loads(sarif_text(result(found("a.py", 1, "E999")), TOP, ""))["runs"][0]["tool"]["driver"]
    assert driver["rules"][-1] == {
        "id": "E999",
        "shortDescription": {"text": "a file that flake8 cannot judge"},
        "help": {"text": "See flake8.", "markdown": "See flake8."},
    }
