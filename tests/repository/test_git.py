"""No configuration changes an answer of git or runs a program; a failure is never an answer."""
from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support import PINS
from support import Project
from support import PUT
from support import Repository

from flake8_artifact_pin.repository.base import find_base
from flake8_artifact_pin.repository.git import find_repository
from flake8_artifact_pin.repository.git import GitError
from flake8_artifact_pin.repository.git import Repository as Git
from flake8_artifact_pin.repository.renames import Renames
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.snapshots import open_snapshots
from flake8_artifact_pin.repository.uncounted import store_imports
from flake8_artifact_pin.repository.workspace import open_workspace

pytestmark = pytest.mark.once

NAMES = [
    "plain.py", "blank and 'quote'.py", "umlaut ä.py", "new\nline.py", "tab\t.py", ":(top).py",
    os.fsdecode(b"latin\xe9.py"),
]

# What a repository's own configuration and attributes can make git run, if a command lets it: "{}" is a program that
# leaves a mark.
PROGRAMS = {
    "core.fsmonitor": "{}",
    "core.hooksPath": "hooks",
    "core.sshCommand": "{}",
    "core.pager": "{}",
    "pager.grep": "{}",
    "core.askPass": "{}",
    "alias.grep": "!{}",
    "alias.ls-files": "!{}",
    "credential.helper": "!{}",
    "diff.external": "{}",
    "diff.x.textconv": "{}",
    "diff.x.command": "{}",
    "filter.x.clean": "{}",
    "filter.x.smudge": "{}",
    "filter.x.process": "{}",
    "interactive.diffFilter": "{}",
}


def repository_at(root: Path) -> Git:
    found = find_repository(str(root))
    assert found is not None
    return found


def marking_program(directory: Path) -> tuple[str, Callable[[], list[str]]]:
    """Return a program that leaves a mark, and what tells the marks that were left."""
    program, marks = directory / "program", directory / "marks"
    program.write_text(f'#!/bin/sh\necho "$0 $@" >> {marks}\ncat\n')
    program.chmod(0o755)
    return str(program), lambda: marks.read_text().splitlines() if marks.exists() else []


def ask_everything(base: str = "HEAD") -> list[str]:
    """Ask all that any verb asks of git, in the working directory; return the files with a PUT call."""
    workspace = open_workspace(None)
    workspace.untracked_files()
    workspace.pins_files_below()
    store_imports(workspace, workspace.files())
    if workspace.repository:
        Renames(workspace.repository).outcome("gone.py")
        Renames(workspace.repository).outcome("old.py")
        open_snapshots(workspace, find_base(workspace.repository, base).commit)
    return [found.path for found in scan(workspace, workspace.files()) if found.report.sites]


def test_programs_of_the_repository(repository: Repository, tmp_path: Path) -> None:
    files = {"a.py": PUT, "b.py": PUT, "c.py": PUT, "old.py": PUT * 9}
    repository.commit({**files, ".gitattributes": "* filter=x diff=x\n", PINS: '[pins]\n"gone.py" = 1\n"c.py" = 1\n'})
    repository.commit({"a.py": PUT * 2})
    program, marks = marking_program(tmp_path)
    repository.shell("; ".join(f"git config {key} '{value.format(program)}'" for key, value in PROGRAMS.items()))
    hooks = repository.root / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "fsmonitor-watchman", "pre-auto-gc", "post-checkout", "reference-transaction"):
        (hooks / name).symlink_to(program)
    # what git cannot tell from the index whether it is the same: it looks into such files
    repository.write({"b.py": PUT * 3})
    os.utime(repository.root / "c.py")
    (repository.root / "old.py").rename(repository.root / "new.py")
    assert ask_everything("HEAD~1") == ["a.py", "b.py", "c.py"]
    assert marks() == []
    # the programs would have run
    subprocess.run(["git", "status"], cwd=repository.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert marks()


@pytest.mark.parametrize("more", ["", "\tworktree = ..\n", "\tbare = true\n"])
def test_committed_bare_repository(repository: Repository, tmp_path: Path, more: str) -> None:
    """One that somebody committed beside a pins file: it is not a repository to us, and the files are judged."""
    program, marks = marking_program(tmp_path)
    config = f"[core]\n\trepositoryformatversion = 0\n{more}\tfsmonitor = {program}\n[alias]\n\tgrep = !{program}\n"
    repository.commit({
        "sub/HEAD": "ref: refs/heads/main\n", "sub/config": config,
        "sub/objects/x": "", "sub/refs/x": "", "sub/a.py": PUT, f"sub/{PINS}": '[pins]\n"gone.py" = 1\n',
    })
    repository.monkeypatch.chdir(repository.root / "sub")
    assert ask_everything() == ["a.py"]
    assert marks() == []


def test_lazy_fetch_of_a_partial_clone(repository: Repository, project: Project, tmp_path: Path) -> None:
    """It would run what the repository names for its remote."""
    origin = Repository(project, "origin")
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.commit({"a.py": PUT, "old.py": PUT * 9})
    origin.commit({"a.py": PUT * 2})
    program, marks = marking_program(tmp_path)
    repository.git("clone", "--quiet", "--no-local", "--filter=blob:none", f"file://{origin.root}", "clone")
    clone = Repository(project, "clone", is_git=False)
    clone.git("config", "remote.origin.uploadpack", program)
    clone.git("config", "remote.origin.url", f"ssh://nowhere{origin.root}")
    clone.git("config", "core.sshCommand", program)
    git = repository_at(clone.root)
    entry = git.tree("HEAD~1")["a.py"]
    assert git.missing("HEAD~1") == {entry.hash}
    with pytest.raises(GitError):
        git.contents([entry.hash])
    repository.monkeypatch.chdir(clone.root)
    assert ask_everything("HEAD~1") == ["a.py", "old.py"]
    assert marks() == []


def test_git_of_the_tree(repository: Repository, tmp_path: Path) -> None:
    """A relative entry of PATH leads into the working directory."""
    program, marks = marking_program(tmp_path)
    (repository.root / "bin").mkdir()
    for name in ("git", "bin/git"):
        (repository.root / name).symlink_to(program)
    repository.commit({"a.py": PUT})
    repository.monkeypatch.setenv("PATH", os.pathsep.join(["", ".", "bin", os.environ["PATH"]]))
    assert ask_everything() == ["a.py"]
    assert marks() == []


ENVIRONMENT = {
    "GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere", "GIT_WORK_TREE": "/", "GIT_LITERAL_PATHSPECS": "1",
    "GIT_EXTERNAL_DIFF": "false", "GIT_TRACE": "1", "GIT_TRACE_SETUP": "1", "GIT_DIFF_OPTS": "-u0", "GIT_PREFIX": "x/",
    "GIT_NAMESPACE": "x", "GIT_COMMON_DIR": "/nowhere", "GIT_ATTR_SOURCE": "nothing", "LANGUAGE": "de",
    "GIT_ICASE_PATHSPECS": "1", "GIT_SHALLOW_FILE": "/nowhere",
}


def test_environment(repository: Repository) -> None:
    repository.add({"a.py": PUT, "b.py": ""})
    for name, value in ENVIRONMENT.items():
        with repository.monkeypatch.context() as context:
            context.setenv(name, value)
            git = repository_at(repository.root)
            assert ([entry.path for entry in git.entries], git.top) == (["a.py", "b.py"], str(repository.root)), name


def test_names(repository: Repository) -> None:
    """As the pins file spells them, whatever core.quotePath says."""
    repository.git("config", "core.quotePath", "true")
    repository.commit(dict.fromkeys(NAMES, PUT))
    repository.write({"untracked ö.txt": ""})
    git = repository_at(repository.root)
    assert [entry.path for entry in git.entries] == sorted(NAMES)
    assert sorted(git.tree("HEAD")) == sorted(NAMES)
    assert git.untracked == ["untracked ö.txt"]


def test_contents(repository: Repository) -> None:
    repository.commit({"a": b"", "b": b"x missing\n", "c": b"\0\n\n"})
    git = repository_at(repository.root)
    assert git.missing("HEAD") == frozenset()
    hashes = [entry.hash for entry in git.tree("HEAD").values()]
    assert git.contents(hashes[:2] + ["0" * 40] + hashes[2:]) == [b"", b"x missing\n", None, b"\0\n\n"]
    assert git.contents([]) == []


def test_directory_below_the_top(repository: Repository) -> None:
    repository.commit({"a.py": "", "sub/b.py": ""})
    git = repository_at(repository.root / "sub")
    assert [entry.path for entry in git.entries] == list(git.tree("HEAD")) == ["b.py"]
    assert git.top == str(repository.root)


def test_failure(repository: Repository) -> None:
    repository.commit({"a.py": ""})
    git = repository_at(repository.root)
    with pytest.raises(GitError, match="^git: Not a valid object name nothing$"):
        git.tree("nothing")
    with pytest.raises(GitError, match="^git: .*nothing"):
        git.merge_base("nothing")
    assert (git.resolve("nothing"), git.default_branch("origin"), git.remotes()) == (None, None, [])


def test_refused(directory: Repository) -> None:
    """Where git refuses, that is an error and not the same as no repository."""
    directory.write({".git": "gitdir: nowhere\n"})
    assert find_repository(str(directory.root)) is None
    (directory.root / ".git").unlink()
    (directory.root / ".git").mkdir()
    directory.write({".git/HEAD": "ref: refs/heads/main\n", ".git/config": "["})
    directory.write({".git/objects/x": "", ".git/refs/x": ""})
    with pytest.raises(GitError, match="^git: .*config"):
        find_repository(str(directory.root))


def test_no_git(repository: Repository, tmp_path: Path) -> None:
    git = repository_at(repository.root)
    repository.monkeypatch.setenv("PATH", str(tmp_path))
    assert find_repository(str(repository.root)) is None
    with pytest.raises(GitError, match="there is no git on the PATH"):
        assert git.entries
