"""What became of a file that is not at its path: renamed, deleted for certain, or nobody here can tell."""
from __future__ import annotations

import pytest
from support import Project
from support import PUT
from support import Repository

from flake8_artifact_pin.repository.git import find_repository
from flake8_artifact_pin.repository.renames import Fate
from flake8_artifact_pin.repository.renames import Outcome
from flake8_artifact_pin.repository.renames import Renames

pytestmark = pytest.mark.once

GONE = Outcome(Fate.DELETED)
NEVER_THERE = Outcome(Fate.UNKNOWN, reason="no commit has this file: correct the path, or remove the pin")


def text(name: str, lines: int = 40) -> str:
    """Return a source that is like no other one of another name, and long enough for git to take it for replaced."""
    return "".join(f"{name}_{number} = 1\n" for number in range(lines))


def outcome(repository: Repository, path: str = "old.py", directory: str = ".") -> Outcome:
    found = find_repository(str((repository.root / directory).resolve()))
    assert found is not None
    return Renames(found, [path, "stays.py"]).outcome(path)


def renamed(path: str = "new.py") -> Outcome:
    return Outcome(Fate.RENAMED, path)


MV, CI = "git mv", "git add -A; git commit -qm x"
# Commands of git and of the shell, run in a repository with old.py: and what became of that.
HISTORIES: dict[str, tuple[str, Outcome]] = {
    "deleted": ("rm old.py", GONE),
    "deleted in a commit": ("git rm -q old.py; git commit -qm x", GONE),
    "moved in the index and edited": ("git mv old.py new.py; echo x = 1 > new.py", renamed()),
    "moved in a commit": ("git mv old.py new.py; git commit -qm x", renamed()),
    "moved and edited without a word to git": ("mv old.py new.py; echo x = 1 >> new.py", renamed()),
    "moved, and only the new one added": ("mv old.py new.py; git add new.py", renamed()),
    "moved, and only the old one removed": ("mv old.py new.py; git rm -q --cached old.py", renamed()),
    "intended to be added": ("mv old.py new.py; git add -N new.py", renamed()),
    "the likeliest of two": ("cp old.py a.py; echo more >> a.py; mv old.py new.py", renamed()),
    "the same name of two": ("mkdir x; cp old.py a.py; mv old.py x/old.py", renamed("x/old.py")),
    "moved in a commit, and on without a word": ("git mv old.py b.py; git commit -qm x; mv b.py new.py", renamed()),
    "moved in two commits": ("git mv old.py b.py; git commit -qm x; git mv b.py new.py; git commit -qm y", renamed()),
    "moved, then deleted": ("git mv old.py b.py; git commit -qm x; git rm -q b.py; git commit -qm y", GONE),
    "moved, then deleted in the work tree": ("git mv old.py b.py; git commit -qm x; rm b.py", GONE),
    "rewritten": ("rm old.py; seq 99 > new.py", GONE),
    "another kind of file": ("mv old.py new.txt", GONE),
    "ignored": ("mv old.py new.py; echo new.py > .gitignore", GONE),
    "moved in the index, and on without a word": ("git mv old.py b.py; mv b.py new.py", renamed()),
    # the pin follows the file, not the path that it had for a time
    "a path that was used again": (
        f"{MV} old.py b.py; {CI}; {MV} b.py new.py; {CI}; seq 30 > b.py; {CI}; {MV} b.py other.py; {CI}", renamed(),
    ),
    "moved, then edited while another one is deleted": (
        f"{MV} old.py new.py; {CI}; echo x = 1 >> new.py; git rm -q stays.py; {CI}", renamed(),
    ),
    # what counts is how the file went the last time
    "a path that was used before": (f"{MV} old.py new.py; {CI}; seq 30 > old.py; {CI}; git rm -q old.py; {CI}", GONE),
    "in a merge, and on": (
        f"git switch -qc b; seq 3 > b.py; {CI}; git switch -q main; seq 4 > c.py; {CI}; "
        f"git merge -q --no-commit b; {MV} old.py b2.py; {CI}; {MV} b2.py new.py; {CI}",
        renamed(),
    ),
    "moved again in a merge": (
        f"{MV} old.py b2.py; {CI}; git switch -qc b; seq 3 > b.py; {CI}; git switch -q main; seq 4 > c.py; {CI}; "
        f"git merge -q --no-commit b; {MV} b2.py new.py; {CI}",
        renamed(),
    ),
    "among large files": ("mv old.py new.py; seq 99999 > large.py", renamed()),
    "to the path of another file, which was moved": (
        f"{MV} stays.py c.py; {MV} old.py stays.py", renamed("stays.py"),
    ),
    "to the path of another file, in a commit": (
        f"{MV} stays.py c.py; {MV} old.py stays.py; {CI}", renamed("stays.py"),
    ),
    "over another file": (f"{MV} -f old.py stays.py", renamed("stays.py")),
    "over another file without a word to git": ("mv old.py stays.py", renamed("stays.py")),
    "deleted, with another one like it": (f"cp old.py stays.py; {CI}; rm old.py", GONE),
    "a module that became a package": ("mv old.py x; mkdir old.py; mv x old.py/new.py", renamed("old.py/new.py")),
    "never there": ("git mv old.py other.py; git commit -qm x; git rm -q other.py; git commit -qm y", GONE),
}


@pytest.mark.parametrize("case", HISTORIES)
def test_history(repository: Repository, case: str) -> None:
    commands, expected = HISTORIES[case]
    repository.commit({"old.py": text("old"), "stays.py": text("stays")})
    repository.shell(commands)
    assert outcome(repository) == expected


def test_several_files(repository: Repository) -> None:
    """What vanishes meanwhile was not like any file, and empty files are not alike."""
    repository.commit({"a.py": text("a"), "b.py": text("b"), "c.txt": text("c"), "empty.ini": ""})
    repository.shell("git mv a.py x.py; git mv b.py y.py; git commit -qm x; mv c.txt z.txt; mv empty.ini void.ini")
    found = find_repository(str(repository.root))
    assert found is not None
    renames = Renames(found)
    expected = {"a.py": renamed("x.py"), "b.py": renamed("y.py"), "c.txt": renamed("z.txt"), "empty.ini": GONE}
    assert {path: renames.outcome(path) for path in expected} == expected
    (repository.root / "z.txt").unlink()
    assert renames.outcome("c.txt") == GONE


def test_no_commit_yet(repository: Repository) -> None:
    assert outcome(repository) == Outcome(Fate.UNKNOWN, reason="there is no commit yet")


def test_directory_below_the_top(repository: Repository) -> None:
    repository.commit({"sub/old.py": text("old"), "sub/b.py": text("b")})
    repository.shell("git mv sub/old.py sub/new.py; mv sub/b.py sub/c.py")
    assert [outcome(repository, path, "sub") for path in ("old.py", "b.py")] == [renamed(), renamed("c.py")]
    repository.shell("git mv sub/new.py new.py")
    assert outcome(repository, "old.py", "sub") == GONE
    below = find_repository(str((repository.root / "sub").resolve()))
    assert below and Renames(below).moved("old.py") == ""


def test_shallow_clone(repository: Repository, project: Project) -> None:
    """A rename that is not in the commits that are here may have been; what is deleted in them is."""
    repository.commit({"old.py": text("old"), "last.py": text("last")})
    repository.shell("git mv old.py new.py; git commit -qm x; git rm -q last.py; git commit -qm y")
    repository.git("clone", "--quiet", "--depth=2", f"file://{repository.root}", "clone")
    clone = Repository(project, "clone", is_git=False)
    shallow = Outcome(Fate.UNKNOWN, reason="this clone is shallow: run git fetch --unshallow")
    assert [outcome(clone), outcome(clone, "last.py")] == [shallow, GONE]
    clone.git("fetch", "--quiet", "--unshallow")
    assert outcome(clone) == renamed()


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_partial_clone(repository: Repository, project: Project, kind: str) -> None:
    """What git would have to compare is not here, and is not fetched."""
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit({"old.py": text("old")})
    repository.shell("git mv old.py new.py; echo x = 1 >> new.py; git add new.py; git commit -qm x")
    repository.git("clone", "--quiet", f"--filter={kind}", f"file://{repository.root}", "clone")
    clone = Repository(project, "clone", is_git=False)
    found = outcome(clone)
    assert (found.fate, found.reason[:5]) == (Fate.UNKNOWN, "git: ")
    # a file that was moved without a change is known by its hash
    if kind == "blob:none":
        clone.shell("git mv new.py newer.py; git commit -qm x")
        assert outcome(clone, "new.py") == renamed("newer.py")


def test_more_renames_than_git_compares(repository: Repository) -> None:
    repository.commit_renames(1001)
    assert outcome(repository, "old/7.py") == Outcome(
        Fate.UNKNOWN, reason="git compares 1000 files at most, and more were renamed at once",
    )


def test_configuration_of_the_user(repository: Repository) -> None:
    repository.commit({"old.py": text("old"), "b.py": text("b")})
    repository.git("config", "diff.renames", "false")
    repository.git("config", "diff.renameLimit", "1")
    repository.shell("git mv old.py new.py; git mv b.py c.py; echo x = 1 | tee -a new.py c.py; git commit -qam x")
    assert outcome(repository) == renamed()


def test_sparse_checkout(repository: Repository) -> None:
    repository.commit({"sub/a/old.py": text("old"), "sub/b/x.py": text("x"), "sub/old.py": text("top")})
    repository.shell("git mv sub/old.py sub/a/new.py; git commit -qm x; git sparse-checkout set sub/b")
    reason = "git tracks it and has not checked it out"
    assert outcome(repository, "a/old.py", "sub") == Outcome(Fate.UNKNOWN, reason=reason)
    assert outcome(repository, "old.py", "sub") == Outcome(Fate.UNKNOWN, "a/new.py", f"renamed to a/new.py: {reason}")


def test_submodule(repository: Repository, project: Project) -> None:
    inner = Repository(project, "inner")
    inner.commit({"old.py": text("old"), "b.py": PUT})
    outer = Repository(project, "outer")
    outer.git("submodule", "--quiet", "add", str(inner.root), "sub")
    outer.commit()
    outer.shell("cd sub; git mv old.py new.py; git rm -q b.py")
    assert [outcome(outer, "sub/old.py"), outcome(outer, "sub/b.py")] == [renamed("sub/new.py"), GONE]
    assert outcome(outer, "gone.py") == NEVER_THERE
    outer.git("submodule", "--quiet", "deinit", "--force", "sub")
    assert outcome(outer, "sub/old.py").fate is Fate.UNKNOWN
