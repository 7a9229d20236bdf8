"""Find the commit that a change is compared with."""
from __future__ import annotations

import os
from typing import NamedTuple

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.repository.git import GitError
from flake8_artifact_pin.repository.git import Repository

# The variables in which CI systems name the target branch of a pull request.
_TARGET_BRANCHES = (
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "CHANGE_TARGET",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
)


class Base(NamedTuple):
    """The commit to compare with, a description of it for messages, and the name of the revision.

    ``is_guess``: it is HEAD, because the remote's default branch is not known here.
    """

    commit: str
    description: str
    name: str
    is_guess: bool = False


def find_base(repository: Repository, named: str | None) -> Base:
    """Return the merge base of HEAD with the named revision, or with the default one if ``named`` is None.

    Raise UsageError if there is none.
    """
    revision, is_guess = (named, False) if named is not None else _default_revision(repository)
    try:
        merge_base = repository.merge_base(revision)
    except GitError:
        if repository.resolve("HEAD") is None:
            raise UsageError("there is no commit to compare with: this repository has none yet")
        if repository.resolve(revision) is None:
            raise UsageError(f"there is no revision {revision} here: fetch it, or name another one")
        raise
    if merge_base is None:
        if repository.is_shallow:
            raise UsageError(
                f"this clone is too shallow to have the merge base with {revision}: run git fetch --unshallow",
            )
        raise UsageError(f"{revision} has no commit in common with HEAD: name another revision")
    return Base(merge_base, f"{revision} (merge base {merge_base[:12]})", revision, is_guess)


def _default_revision(repository: Repository) -> tuple[str, bool]:
    """Return the remote's default branch, or HEAD, and whether HEAD is only a guess."""
    remotes = repository.remotes()
    if not remotes:
        return "HEAD", False
    remote = "origin" if "origin" in remotes else remotes[0]
    branch = repository.default_branch(remote)
    if branch:
        return branch, False
    # a checkout by a CI system often does not know the default branch
    for target in filter(None, map(os.environ.get, _TARGET_BRANCHES)):
        revision = f"{remote}/{target.removeprefix('refs/heads/')}"
        if repository.resolve(revision):
            return revision, False
    return "HEAD", True
