"""What git says need not be read: as plain reading says, whatever git is configured to do."""
from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from support import Project
from support import PUT
from oracle import DEFAULT_PATTERNS
from support import Repository

from flake8_artifact_pin.repository.files import expressions
from flake8_artifact_pin.repository.files import files_without
from flake8_artifact_pin.repository.files import tracked_files
from flake8_artifact_pin.repository.files import tree_files_without
from flake8_artifact_pin.repository.git import find_repository
from flake8_artifact_pin.repository.git import Repository as Git
from flake8_artifact_pin.repository.scan import decode
from flake8_artifact_pin.source.patterns import compile_patterns

pytestmark = pytest.mark.once

MATCHER = compile_patterns(DEFAULT_PATTERNS)
EXPRESSIONS = expressions(MATCHER.pieces)

# What makes a file matter, or nearly
PARTS = [
    b"s3.put_object()\n", b"upload_file\n", b"# noqa: APR001\n", b"# NOQA: aPr001 - why\n", b"apr0", b"put_",
    b"object\n",
    "s3.ｐut_object()\n".encode(), b"# coding: utf-7\n", b"# vim: set fileencoding=utf-7 :\n", b"s3.put+AF8-object()\n",
    b"# -*- coding: utf-8 -*-\n", "é\n".encode("latin-1"), b"\0", b"\r", b"\r\n", b"x = 1\n", b"x.Object(k).put(b)\n",
    b"\xef\xbb\xbf", "s3.put_object()\n".encode("utf-16"), b"encoding='ascii'\n",
]
# what makes Python look at a file, whether it matters or not
LOOKED_AT = [b"\0", b"coding", b"aPr0", b"apr0", b"put_object", b"upload_file", b"Object"]
NAMES = ["a.py", "b c.py", "d/e.py", "ä.py", "x.txt", ":(top)f.py", "*.py", "d/-g.py", "#h.py"]
CONFIGURATION = """
[grep]
patternType = perl
extendedRegexp = true
fullName = true
lineNumber = true
column = true
threads = 1
[color]
ui = always
grep = always
[submodule]
recurse = true
[core]
quotePath = true
ignoreCase = true
"""


def git_at(repository: Repository, directory: str = ".") -> Git:
    found = find_repository(str((repository.root / directory).resolve()))
    assert found is not None
    return found


def plainly(git: Git, paths: Sequence[str]) -> set[str]:
    """Return the paths of files that cannot matter, by reading them."""
    found = set()
    for path in paths:
        with open(git.location(path), "rb") as file:
            if not MATCHER.may_matter("".join(decode(file.read()))):
                found.add(path)
    return found


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(PARTS), max_size=3).map(b"".join), min_size=1))
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
def test_as_plain_reading_says(repository: Repository, files: dict[str, bytes]) -> None:
    """Nothing that matters is passed over, on disk or in a commit; and of what is plain ASCII, all the rest is."""
    (repository.root / ".git/config").write_text(CONFIGURATION)
    for path in repository.root.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    repository.git("read-tree", "--empty")
    repository.commit(files)
    git = git_at(repository)
    paths = tracked_files(git)
    assert set(paths) == set(files)
    idle = plainly(git, [path for path in paths if path.endswith(".py")])
    clear = {path for path in idle if files[path].isascii() and not any(part in files[path] for part in LOOKED_AT)}
    for found in (
        files_without(git, EXPRESSIONS, paths),
        tree_files_without(git, "HEAD", EXPRESSIONS, git.tree("HEAD").values()),
    ):
        assert clear <= found <= idle


def test_only_paths_that_are_asked_for(repository: Repository) -> None:
    repository.add({"a.py": "", "b.py": "", "c.py": PUT, "d/e.py": ""})
    assert files_without(git_at(repository), EXPRESSIONS, ["a.py", "c.py"]) == {"a.py"}
    assert files_without(git_at(repository, "d"), EXPRESSIONS, ["e.py"]) == {"e.py"}
    assert files_without(git_at(repository), EXPRESSIONS, []) == frozenset()


def test_more_paths_than_a_command_line_takes(repository: Repository) -> None:
    names = [f"{'x' * 200}{number}.py" for number in range(120)]
    repository.add({**dict.fromkeys(names, ""), "a.py": PUT})
    assert files_without(git_at(repository), EXPRESSIONS, [*names, "a.py"]) == {*names}


def test_pattern_without_a_literal_piece(repository: Repository) -> None:
    repository.commit({"a.py": "x = 1\n"})
    git = git_at(repository)
    assert expressions(["put", ""]) == []
    assert files_without(git, [], ["a.py"]) == frozenset()
    assert tree_files_without(git, "HEAD", [], git.entries) == frozenset()


def test_what_git_does_not_search(repository: Repository) -> None:
    """It is read: links, what has become one, what is not tracked or said to be unchanged, and what is not Python."""
    (repository.root / "link.py").symlink_to("a.py")
    repository.add({"a.py": "", "b.py": "", "c.py": "", "d.py": "", "e": "", "x/f.py": ""})
    repository.shell("git update-index --assume-unchanged b.py; git update-index --skip-worktree c.py")
    (repository.root / "d.py").unlink()
    (repository.root / "d.py").symlink_to("elsewhere")
    repository.write({"new.py": ""})
    paths = ["a.py", "b.py", "c.py", "d.py", "e", "link.py", "new.py", "x/f.py"]
    assert files_without(git_at(repository), EXPRESSIONS, paths) == {"a.py", "x/f.py"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_git_cannot_read(repository: Repository) -> None:
    repository.add({"a.py": "", "b.py": ""})
    (repository.root / "a.py").chmod(0)
    assert files_without(git_at(repository), EXPRESSIONS, ["a.py", "b.py"]) == frozenset()


def test_index_that_git_cannot_search(repository: Repository) -> None:
    """What git complains of is read plainly, and whatever then goes wrong is said of that file."""
    repository.add({"a.py": "", "b.py": ""})
    git = git_at(repository)
    assert len(git.entries) == 2
    repository.write({".git/index": "broken"})
    assert files_without(git, EXPRESSIONS, ["a.py", "b.py"]) == frozenset()
    assert tree_files_without(git, "nothing", EXPRESSIONS, git.entries) == frozenset()


def test_submodules(repository: Repository, project: Project) -> None:
    """A submodule and a repository within the repository are asked themselves."""
    inner = Repository(project, "inner")
    inner.commit({"a.py": "", "b.py": PUT, "sub/c.py": ""})
    outer = Repository(project, "outer")
    outer.shell("git submodule --quiet add ../inner m; git clone --quiet ../inner n; git clone --quiet ../inner away")
    outer.add({"d.py": ""})
    outer.shell("rm -rf away/* away/.git")
    git = git_at(outer)
    files = ["m/a.py", "m/b.py", "m/sub/c.py", "n/a.py", "n/b.py", "n/sub/c.py"]
    assert tracked_files(git) == [".gitmodules", "d.py", *files]
    assert files_without(git, EXPRESSIONS, tracked_files(git)) == {
        "d.py", "m/a.py", "m/sub/c.py", "n/a.py", "n/sub/c.py",
    }


def test_broken_repository_within_the_repository(repository: Repository, project: Project) -> None:
    inner = Repository(project, "inner")
    inner.commit({"a.py": "", "b.py": ""})
    repository.add({"c.py": ""})
    (inner.root / ".git/HEAD").unlink()
    git = git_at(repository)
    assert tracked_files(git) == ["c.py", "inner/a.py", "inner/b.py"]
    assert files_without(git, EXPRESSIONS, tracked_files(git)) == {"c.py"}
