"""Which files are read and parsed, what is said of them, and what is said of those that cannot be."""
from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from collections.abc import Sequence

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from support import PINS
from support import Project
from support import PUT
from support import Repository
from support import sources

from flake8_artifact_pin.repository.scan import distinct
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import open_workspace

PYTHON = f"(Python {sys.version_info[0]}.{sys.version_info[1]})"


def scanned(*names: str) -> list[ScannedFile]:
    workspace = open_workspace(None)
    return list(scan(workspace, workspace.files(names)))


def counts(*names: str) -> dict[str, int]:
    return {found.path: found.report.counted for found in scanned(*names)}


def link(repository: Repository, name: str, target: str) -> None:
    path = repository.root / name
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize("is_git", [True, False])
def test_files_that_matter(project: Project, is_git: bool) -> None:
    """They hold a name of a pattern, a comment on APR001, or they are pinned; nothing else is parsed."""
    repository = Repository(project, is_git=is_git)
    repository.write({
        "call.py": PUT, "name.py": "# s3.put_object()\n", "comment.py": "# NoQA: apr001\n", "pinned.py": "x = 1\n",
        "wide.py": "s3.ｐut_object()\n", "seven.py": "# coding: utf-7\ns3.put+AF8-object()\n", "broken.py": "def (\n",
        "plain.py": "x = 1\n", "accent.py": "x = 'é'\n", "cookie.py": "# coding: latin-1\n", "nul.py": "x = 1\0\n",
        "merge.py": "<<<<<<< HEAD\n", "data.txt": PUT, PINS: '[pins]\n"pinned.py" = 1\n',
    })
    if is_git:
        repository.add({})
    assert counts() == {
        "call.py": 1, "comment.py": 0, "name.py": 0, "pinned.py": 0, "seven.py": 1, "wide.py": 1,
    }


def test_progress(repository: Repository) -> None:
    """Only files that are read are waited for."""
    repository.add({"a.py": "", "b.py": PUT, "c.py": "", "d.py": PUT})
    workspace, shown = open_workspace(None), []

    def progress(paths: Sequence[str]) -> Iterator[str]:
        for path in paths:
            shown.append(path)
            yield path

    assert [found.path for found in scan(workspace, workspace.files(), progress)] == ["b.py", "d.py"]
    assert shown == ["b.py", "d.py"]


# Files, and what is said of them, without the column, which differs from version to version
INVALID = f"E999 SyntaxError: invalid syntax {PYTHON}"
BROKEN: dict[str, tuple[str | bytes, str]] = {
    "syntax.py": (f"{PUT}def (\n", f"2: {INVALID}"),
    "hidden.py": (f"{PUT}def (  # noqa\n", f"2: {INVALID}"),
    "skipped.py": (f"# flake8: noqa\n{PUT}def (\n", f"3: {INVALID}"),
    # what else the compiler has to say is not for standard error
    "escape.py": (f'{PUT}"\\d"\ndef (\n', f"3: {INVALID}"),
    # flake8 itself ends with a traceback at these
    "nested.py": (f"{PUT}x = {'-' * 100_000}1\n", "1: E999"),
    "null.py": (b"s3.put_object()\0\n", "1: E999"),
    "surrogate.py": (b"# coding: utf-7\ns3.put_object('+2AA-')\n", "1: E999"),
}


def test_files_that_do_not_parse(repository: Repository) -> None:
    """They take nothing from the others; of an encoding that is none of text, flake8 says nothing at all."""
    repository.add({name: content for name, (content, _) in BROKEN.items()})
    repository.add({"ok.py": PUT, "rot13.py": f"# coding: rot13\n{PUT}"})
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        found = {
            one.name: f"{problem.finding.line}: {problem.finding.code} {problem.finding.text}"
            for one in scanned() for problem in one.problems
        }
    assert list(map(str, warned)) == []
    assert {name: found[name][:len(start)] for name, (_, start) in BROKEN.items()} == {
        name: start for name, (_, start) in BROKEN.items()
    }
    assert {path: count for path, count in counts().items() if count} == {"ok.py": 1, "rot13.py": 1}


def test_same_words_as_flake8(repository: Repository) -> None:
    repository.add({"a.py": f"{PUT}print(\n    ')\n"})
    (place,) = repository.flake8("a.py").lines
    (problem,) = scanned()[0].problems
    shown = f"{problem.path}:{problem.finding.line}:{problem.finding.column + 1}: {problem.finding.code}"
    assert f"{shown} {problem.finding.text}" == f"{place} {PYTHON}"


def test_links_that_cannot_be_read(repository: Repository) -> None:
    """Devices and pipes are not opened: that might never end."""
    os.mkfifo(repository.root / "fifo")
    for name, target in {"loop.py": "loop.py", "lost.py": "nothing", "pipe.py": "fifo", "zero.py": "/dev/zero"}.items():
        link(repository, name, target)
    repository.add({"b.py": PUT})
    assert [(found.name, *found.problems[0].finding[:4]) for found in scanned() if found.problems] == [
        ("loop.py", 0, 0, "E902", "OSError: [Errno 40] Too many levels of symbolic links: 'loop.py'"),
        ("lost.py", 0, 0, "E902", "FileNotFoundError: [Errno 2] No such file or directory: 'lost.py'"),
        ("pipe.py", 0, 0, "E902", "NotRegularError: not a regular file"),
        ("zero.py", 0, 0, "E902", "NotRegularError: not a regular file"),
    ]


def test_files_that_vanish_meanwhile(repository: Repository) -> None:
    """One file that is gone, or has become a directory, loses nothing of the others."""
    repository.add({"a.py": PUT, "b.py": PUT, "c.py": PUT, "d.py": PUT, PINS: '[pins]\n"d.py" = 1\n'})
    workspace = open_workspace(None)
    found = scan(workspace, workspace.files())
    assert next(found).path == "a.py"
    for name in ("b.py", "d.py"):
        (repository.root / name).unlink()
    (repository.root / "b.py").mkdir()
    assert [scanned.path for scanned in found] == ["c.py"]


def test_named_like_standard_input(repository: Repository) -> None:
    repository.add({"-": f"#!/usr/bin/python3\n{PUT}", PINS: '[pins]\n"-" = 1\n'})
    assert counts() == {"-": 1}


def test_links(repository: Repository) -> None:
    """A link is reported under the path that it leads to, or its own if that is pinned."""
    repository.add({"a.py": PUT, "impl.txt": PUT * 2, "b.py": "x = 1\n", PINS: '[pins]\n"pinned.py" = 1\n'})
    for name, target in {"x.py": "a.py", "mod.py": "impl.txt", "y.py": "b.py", "pinned.py": "a.py"}.items():
        link(repository, name, target)
    repository.add({})
    found = [(scanned.name, scanned.path, scanned.report.counted) for scanned in scanned()]
    assert found == [
        ("a.py", "a.py", 1), ("mod.py", "impl.txt", 2), ("pinned.py", "pinned.py", 1), ("x.py", "a.py", 1),
        ("y.py", "b.py", 0),
    ]
    workspace = open_workspace(None)
    assert [found.name for found in distinct(workspace, scan(workspace, workspace.files()))] == [
        "a.py", "b.py", "impl.txt", "pinned.py",
    ]


def test_noqa_for_the_whole_file(repository: Repository) -> None:
    reason = "mirrors what the import wrote"
    repository.add({"a.py": f"{PUT}# flake8: noqa: APR001 - {reason}\n", "b.py": f"{PUT}# flake8: noqa\n"})
    a, b = scanned()
    assert (a.report.counted, [site.reason for site in a.report.sites]) == (0, [reason])
    assert (b.report.counted, b.file_noqa and (b.file_noqa.line, b.file_noqa.reason)) == (1, (2, ""))


def test_name_from_another_directory(repository: Repository) -> None:
    repository.add({"a.py": PUT, "sub/b.py": f"{PUT}def (\n", PINS: '[exempt]\n"sub/" = "it writes nothing"\n'})
    repository.monkeypatch.chdir(repository.root / "sub")
    assert [(found.name, found.path, found.exempt) for found in scanned()] == [
        ("../a.py", "a.py", ""), ("b.py", "sub/b.py", "sub/"),
    ]
    assert [problem.path for found in scanned() for problem in found.problems] == ["b.py"]


NOQA = [
    "# noqa", "# noqa: APR001", "# noqa: APR001 - mirrors it", "# noqa: APR002", "#NOQA:APR001 mirrors it",
    "'# noqa: APR001 - mirrors it'",
]
BEFORE = [
    "  ", "; s3.put_object()  ", "; x = '''\n'''; s3.put_object()  ", "; x = '''\n",
    "; x = \\\n    s3.put_object  ", " \\\n",
]


@given(sources.modules(), st.data())
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
def test_noqa_as_flake8_says(directory: Repository, source: str, data: st.DataObject) -> None:
    """flake8 and a scan agree on what counts, wherever comments stand: also at continued lines."""
    lines = source.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        number = data.draw(st.integers(0, len(lines) - 1))
        before, comment = data.draw(st.sampled_from(BEFORE)), data.draw(st.sampled_from(NOQA))
        lines[number] = f"{lines[number].rstrip()}{before}{comment}\n"
    directory.write({"a.py": "".join(lines), PINS: ""})
    found = scanned()
    counted = found[0].report.counted if found else 0
    assume(not (found and found[0].problems))
    directory.write({PINS: f'[pins]\n"a.py" = {counted}\n'})
    shown = directory.flake8("--select=APR001,APR002,E999", "a.py").lines
    assert [line for line in shown if "APR" in line] == []
