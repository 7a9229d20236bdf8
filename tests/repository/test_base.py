"""The commit that a change is compared with."""
from __future__ import annotations

import pytest
from support import Project
from support import Repository

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.repository.base import Base
from flake8_artifact_pin.repository.base import find_base
from flake8_artifact_pin.repository.git import find_repository

pytestmark = pytest.mark.once


def base(repository: Repository, named: str | None = None) -> Base:
    found = find_repository(str(repository.root))
    assert found is not None
    return find_base(found, named)


@pytest.mark.parametrize(
    ("commands", "target", "revision", "is_guess"),
    [
        ([], "", "HEAD", False),
        (["remote add origin x"], "", "HEAD", True),
        (["remote add origin x", "update-ref refs/remotes/origin/main HEAD", "remote set-head origin main"], "",
         "origin/main", False),
        (["remote add a x", "remote add origin x", "update-ref refs/remotes/origin/dev HEAD"], "dev",
         "origin/dev", False),
        (["remote add origin x"], "dev", "HEAD", True),
        (["remote add up x", "remote add z y", "update-ref refs/remotes/up/main HEAD", "remote set-head up main"], "",
         "up/main", False),
    ],
)
def test_default(repository: Repository, commands: list[str], target: str, revision: str, is_guess: bool) -> None:
    """The remote's default branch, what a pull request is to be merged into, or HEAD."""
    repository.commit()
    for command in commands:
        repository.git(*command.split())
    repository.monkeypatch.setenv("GITHUB_BASE_REF", target)
    head = repository.git("rev-parse", "HEAD").strip()
    assert base(repository) == Base(head, f"{revision} (merge base {head[:12]})", revision, is_guess)


def test_merge_base(repository: Repository) -> None:
    repository.shell("git commit -q --allow-empty -mx; git branch other; git commit -q --allow-empty -my")
    fork = repository.git("rev-parse", "other").strip()
    repository.shell("git checkout -q other; git commit -q --allow-empty -mz; git checkout -q main")
    assert base(repository, "other") == Base(fork, f"other (merge base {fork[:12]})", "other")


@pytest.mark.parametrize(
    ("commands", "named", "error"),
    [
        ([], "main", "there is no commit to compare with: this repository has none yet"),
        (["commit --allow-empty -qm x"], "nope", "there is no revision nope here: fetch it, or name another one"),
        (["commit --allow-empty -qm x"], "--help", "there is no revision --help here: fetch it, or name another one"),
        # what resolves, and is no commit to git merge-base
        (["commit --allow-empty -qm x"], "^main", "git: Not a valid object name ^main"),
        (["commit --allow-empty -qm x", "checkout -q --orphan o", "commit --allow-empty -qm y"], "main",
         "main has no commit in common with HEAD: name another revision"),
    ],
)
def test_none(repository: Repository, commands: list[str], named: str, error: str) -> None:
    repository.shell("; ".join(f"git {command}" for command in commands))
    with pytest.raises(UsageError) as raised:
        base(repository, named)
    assert str(raised.value) == error


def test_shallow_clone(repository: Repository, project: Project) -> None:
    repository.shell("git commit -q --allow-empty -mx; git branch other; git commit -q --allow-empty -my")
    repository.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{repository.root}", "clone")
    with pytest.raises(UsageError, match="too shallow to have the merge base with origin/other: run git fetch --uns"):
        base(Repository(project, "clone", is_git=False), "origin/other")
