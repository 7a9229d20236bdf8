"""Which files ``check`` judges, whatever state git is in."""
from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from flake8.defaults import EXCLUDE
from support import COMMAND
from support import PINS
from support import PUT
from support import Repository
from support import run_program

pytestmark = pytest.mark.once


def judged(repository: Repository, *arguments: str) -> list[str]:
    """Return the files that were judged, if each of them has one PUT call and no pin."""
    outcome = repository.check(*arguments)
    return [path for path, *_ in outcome.findings]


def test_files_that_are_gone(repository: Repository) -> None:
    files = ["a.py", "b.py", "c/d.py", "skipped.py", "sparse.py"]
    repository.commit({**dict.fromkeys(files, PUT), PINS: '[pins]\n"b.py" = 1\n"sparse.py" = 1\n'})
    repository.git("update-index", "--skip-worktree", "skipped.py", "sparse.py")
    for name in ("b.py", "c/d.py", "skipped.py", "sparse.py"):
        (repository.root / name).unlink()
    (repository.root / "c").rmdir()
    repository.write({"c": "not a directory any more"})
    # git keeps sparse.py, and does not want it here
    assert repository.check().places == ["a.py:1:4: APR001", f"{PINS}:2:1: APR003"]


def test_unmerged_index(repository: Repository) -> None:
    repository.commit({"a.py": PUT})
    for branch in ("other", "main"):
        repository.git("checkout", "--quiet", "-B", branch, "main")
        repository.commit({"a.py": f"s3.put_object('{branch}')\n"})
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "--quiet", "other")
    outcome = repository.check()
    assert [code for *_, code, _ in outcome.findings] == ["E999"]
    assert '"files": 1,' in outcome.out


@pytest.mark.processes
def test_hook(repository: Repository) -> None:
    """Of a work tree, where git tells its hooks most about itself."""
    repository.commit({"a.py": "x = 1\n"})
    repository.git("worktree", "add", "--quiet", "../tree", "-b", "tree")
    hook = repository.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec {" ".join(COMMAND)} check\n')
    hook.chmod(0o755)
    repository.write({"../tree/a.py": PUT})
    outcome = run_program("git", "commit", "-qam", "new", cwd=repository.root / "../tree")
    assert outcome.status == 1
    assert "a.py:1:4: APR001" in outcome.out + outcome.err


def test_outside_git(directory: Repository) -> None:
    """What flake8 excludes by default, unless it is told better, is of no interest."""
    excluded = [f"sub/{pattern.replace('*', 'x')}/a.py" for pattern in EXCLUDE]
    directory.write({**dict.fromkeys(["a.py", "sub/b.py", ".x/c.py", "git/d.py", *excluded], PUT), "e.txt": PUT})
    directory.write({".git.py": PUT, "x.egg": PUT})
    assert judged(directory) == [".git.py", ".x/c.py", "a.py", "git/d.py", "sub/b.py"]
    Path("link").symlink_to("sub")
    directory.git("init", "--quiet", "sub")
    assert judged(directory, "sub") == ["sub/b.py"]


def test_bare_repository(directory: Repository) -> None:
    directory.git("init", "--quiet", "--bare", ".")
    directory.write({"a.py": PUT})
    assert judged(directory) == ["a.py"]


def test_paths(repository: Repository) -> None:
    repository.commit(dict.fromkeys(["a.py", "src/b.py", "src/sub/c.py", "srcs/d.py"], PUT))
    repository.write({PINS: "", "scratch.py": PUT, "../out.py": PUT})
    Path("link").symlink_to("src")
    # a file that is named is wanted, whether git tracks it or not
    assert judged(repository, "scratch.py", "./src/../a.py") == ["a.py", "scratch.py"]
    # not what only begins with the same letters
    assert judged(repository, "src/", "src/b.py") == ["src/b.py", "src/sub/c.py"]
    assert judged(repository, "link") == ["src/b.py", "src/sub/c.py"]
    repository.monkeypatch.chdir("src")
    assert judged(repository) == ["../a.py", "../srcs/d.py", "b.py", "sub/c.py"]
    assert judged(repository, "../a.py") == ["../a.py"]
    repository.monkeypatch.chdir("../..")
    assert judged(repository, "--pins=project/artifact-pins.toml", "project/src/b.py") == ["project/src/b.py"]


@pytest.mark.parametrize(("cwd", "pins"), [("src", "../artifact-pins.toml"), (".", "src/../artifact-pins.toml")])
def test_roundabout_way_to_the_pins(repository: Repository, cwd: str, pins: str) -> None:
    """As for flake8, a link that is pinned has that pin, not the one of the file that it leads to."""
    repository.write({"a.py": PUT, "src/b.py": "", PINS: '[pins]\n"a.py" = 1\n"l.py" = 2\n'})
    Path("l.py").symlink_to("a.py")
    repository.monkeypatch.chdir(repository.root / cwd)
    link = os.path.relpath(repository.root / "l.py")
    assert repository.flake8(f"--artifact-pins={pins}", link).output.startswith(f"{link}:1:1: APR002 ")
    assert repository.check(f"--pins={pins}").places == [f"{link}:1:1: APR002"]
