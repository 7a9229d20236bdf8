"""The two states that a comparison looks at: what is not here is in neither."""
from __future__ import annotations

from collections.abc import Mapping

import pytest
from support import PINS
from support import Project
from support import PUT
from support import Repository

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.repository.snapshots import open_snapshots
from flake8_artifact_pin.repository.snapshots import Snapshots
from flake8_artifact_pin.repository.workspace import open_workspace

pytestmark = pytest.mark.once

LONG = "".join(f"x{number} = 1\n" for number in range(20))


def snapshots(base: str = "HEAD") -> Snapshots:
    workspace = open_workspace(None)
    assert workspace.repository is not None
    return open_snapshots(workspace, workspace.repository.resolve(base) or "")


def counts(found: Snapshots) -> tuple[dict[str, int], dict[str, int]]:
    """Return the number of PUT calls in each file of both states."""
    return (
        {path: len(report.sites) for path, report in sorted(found.old.items())},
        {path: len(report.sites) for path, report in sorted(found.new.items())},
    )


def text(name: str, calls: int = 1) -> str:
    """Return a source that is like no other one of another name."""
    return "".join(f"{name}_{number} = 1\n" for number in range(20)) + PUT * calls


def test_changes(repository: Repository) -> None:
    """Each file by its name: what was done with it since the base, in the index and in the work tree."""
    names = "edited last removed unindexed renamed quiet directory copied executable crlf same".split()
    repository.commit({
        **{f"{name}.py": text(name) for name in names}, "first.py": text("first", 0), "t/exempt.py": text("exempt"),
        PINS: '[exempt]\n"t/" = "tests write nothing"\n',
    })
    repository.shell(
        "cat same.py >> edited.py; echo 's3.put_object()' >> first.py; echo x = 1 > last.py; "
        "rm removed.py t/exempt.py; git rm -q unindexed.py; mkdir d; git mv renamed.py d; mv quiet.py loud.py; "
        "rm directory.py; mkdir directory.py; cp copied.py copy.py; git rm -q --cached copied.py; git add copy.py; "
        "chmod +x executable.py; sed -i 's/$/\\r/' crlf.py",
    )
    repository.write({"untracked.py": text("untracked")})
    for name in ("added.py", "no_python.txt"):
        repository.write({name: text(name)})
        repository.git("add", name)
    found = snapshots()
    changed = ["copied", "crlf", "directory", "edited", "last", "quiet", "removed", "renamed", "unindexed"]
    assert (*counts(found), dict(found.renamed)) == (
        dict.fromkeys([f"{name}.py" for name in changed], 1),
        {"added.py": 1, "copy.py": 1, "crlf.py": 1, "d/renamed.py": 1, "edited.py": 2, "first.py": 1, "loud.py": 1},
        {"d/renamed.py": "renamed.py", "loud.py": "quiet.py"},
    )
    assert (found.notes, found.problems) == ([], [])


def test_committed_changes(repository: Repository) -> None:
    repository.commit({name: text(name[:-3]) for name in ("edited.py", "removed.py", "old.py", "same.py")})
    repository.shell("cat same.py >> edited.py; git rm -q removed.py; git mv old.py new.py; git commit -qam x")
    found = snapshots("HEAD~1")
    assert (*counts(found), dict(found.renamed)) == (
        {"edited.py": 1, "old.py": 1, "removed.py": 1}, {"edited.py": 2, "new.py": 1}, {"new.py": "old.py"},
    )


def test_pinned_files(repository: Repository) -> None:
    """Scripts are compared, and files that git does not track if they were not pinned in the base."""
    pins = '[pins]\n"script" = 1\n"made.py" = 1\n"data.json" = 1\n"idle.py" = 0\n'
    repository.commit({"idle.py": "x = 1\n", "script": PUT, "data.json": PUT, ".gitignore": "made*.py\n", PINS: pins})
    repository.write({"script": PUT * 2, "data.json": PUT * 2, "made.py": PUT, "made2.py": PUT, "idle.py": "x = 2\n"})
    assert counts(snapshots()) == ({"script": 1}, {"idle.py": 0, "script": 2})
    repository.write({PINS: f'{pins}"made2.py" = 1\n'})
    assert counts(snapshots()) == ({"script": 1}, {"idle.py": 0, "made2.py": 1, "script": 2})


PINS_FILES: dict[str, tuple[Mapping[str, str | bytes], str, str, str]] = {
    "the same": ({PINS: '[pins]\n"a.py" = 1\n'}, "true", PINS, ""),
    "another name": ({"other.toml": '[pins]\n"a.py" = 1\n'}, f"git mv other.toml {PINS}", "", ""),
    "in pyproject.toml": (
        {"pyproject.toml": '[tool.artifact-pins.pins]\n"a.py" = 1\n'}, f"touch {PINS}", "pyproject.toml", "",
    ),
    "a pyproject.toml without": ({"pyproject.toml": "[tool.x]\n"}, f"touch {PINS}", "", ""),
    "not UTF-8": ({PINS: b'# \xff\n[pins]\n"a.py" = 1\n'}, f"echo > {PINS}", PINS, ""),
    "a fault": ({PINS: "[pins]\nx = y\n"}, f"echo > {PINS}", PINS, f"{PINS} had faults in the base: "),
}


@pytest.mark.parametrize("case", PINS_FILES)
def test_pins_of_the_base(repository: Repository, case: str) -> None:
    files, commands, name, note = PINS_FILES[case]
    repository.commit({"a.py": PUT, **files})
    repository.shell(commands)
    found = snapshots()
    if case == "another name":
        # git takes it for renamed, and it was named somewhere
        assert list(found.old_pins.pins) == ["a.py"]
    else:
        assert (found.old_pins.name if found.old_pins.path else "") == name
        assert list(found.old_pins.pins) == (["a.py"] if name and not note else [])
    assert [text[:len(note)] for text in found.notes] == [note] * bool(note)


def test_links(repository: Repository) -> None:
    """A module may be a link to what is not Python by its name, through other links; and the pins file may be one."""
    repository.write({"lib/impl.txt": PUT, "lib/plain.py": PUT, "pins/all.toml": '[pins]\n"pinned.py" = 1\n'})
    for name, target in {
        "mod.py": "way/impl.txt", "way": "lib", "pinned.py": "lib/plain.py", "data": "lib/impl.txt",
        PINS: "pins/all.toml", "loop.py": "loop.py", "out.py": "../../out.py",
    }.items():
        (repository.root / name).symlink_to(target)
    (repository.root / "../../out.py").write_text(PUT)
    repository.commit()
    found = snapshots()
    assert (counts(found), list(found.old_pins.pins)) == (({}, {}), ["pinned.py"])
    assert found.notes == [
        "loop.py is a link that leads out of this directory: it is not compared",
        "out.py is a link that leads out of this directory: it is not compared",
    ]
    repository.write({"lib/impl.txt": PUT * 2, "lib/plain.py": PUT * 3})
    assert counts(snapshots()) == (
        {"lib/impl.txt": 1, "lib/plain.py": 1, "pinned.py": 1}, {"lib/impl.txt": 2, "lib/plain.py": 3, "pinned.py": 3},
    )


def test_file_that_cannot_be_parsed(repository: Repository) -> None:
    """On neither side are its calls known to have come or gone; only of the base that is the smaller fault."""
    repository.commit({"a.py": PUT, "b.py": f"{PUT}def (\n", "long.py": LONG + PUT})
    repository.git("mv", "long.py", "c.py")
    repository.write({"a.py": f"{PUT}def (\n", "b.py": PUT, "c.py": f"{LONG}{PUT}def (\n"})
    found = snapshots()
    assert counts(found) == ({}, {"b.py": 1})
    assert [problem.path for problem in found.problems] == ["a.py", "c.py"]
    assert found.notes == ["b.py cannot be parsed in the base: its calls show as added"]


def test_sparse_checkout(repository: Repository) -> None:
    """What is not checked out is neither gone nor moved onto what is new elsewhere."""
    repository.commit({"a/a.py": PUT, "b/b.py": LONG + PUT})
    repository.git("sparse-checkout", "set", "a")
    repository.commit({"a/new.py": LONG + PUT})
    found = snapshots("HEAD~1")
    assert (*counts(found), dict(found.renamed)) == ({}, {"a/new.py": 1}, {})


def test_missing_blobs(repository: Repository) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    names = [f"f{index}.py" for index in range(7)]
    repository.commit({**{name: f"# {name}\n{PUT}" for name in names}, PINS: ""})
    repository.commit({**{name: f"# {name}\n{PUT * 2}" for name in names}, "new.py": PUT, PINS: "# now\n"})
    repository.git("clone", "--quiet", "--filter=blob:none", f"file://{repository.root}", "clone")
    repository.monkeypatch.chdir(repository.root / "clone")
    for pins, more in (("", " and 2 more"), ('[exempt]\n"f[56].py" = "they write nothing"\n', "")):
        repository.write({f"clone/{PINS}": pins})
        found = snapshots("HEAD~1")
        assert counts(found) == ({}, {"new.py": 1})
        assert found.notes == [
            f"{PINS} of the base is not in this partial clone: all pins show as added",
            f"not in this partial clone, so not compared: f0.py, f1.py, f2.py, f3.py, f4.py{more}",
        ]


def test_renames_that_git_cannot_compare(repository: Repository) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit({"same.py": LONG + PUT, "old.py": LONG * 2 + PUT})
    repository.commit()
    repository.shell("git mv same.py s.py; git mv old.py o.py; echo x = 1 >> o.py; git commit -qam x")
    repository.git("clone", "--quiet", "--filter=blob:none", f"file://{repository.root}", "clone")
    repository.monkeypatch.chdir(repository.root / "clone")
    found = snapshots("HEAD~1")
    assert dict(found.renamed) == {"s.py": "same.py"}
    assert found.notes[0] == "git does not know all renames here: a renamed file may show as removed and added"


def test_more_renames_than_git_compares(repository: Repository) -> None:
    """That is said once."""
    repository.commit_renames(1001)
    repository.git("reset", "--quiet", "--soft", "HEAD~1")
    found = snapshots()
    assert (*counts(found), dict(found.renamed)) == ({"old/0.py": 1}, {}, {})
    assert found.notes == ["git does not know all renames here: a renamed file may show as removed and added"]


def test_submodules(repository: Repository, project: Project) -> None:
    inner = {name: Repository(project, name) for name in ("same", "changed", "away", "gone")}
    for name in inner:
        inner[name].commit({"a.py": PUT})
    repository.commit({"b.py": PUT})
    inner["changed"].commit({"a.py": PUT * 2})
    inner["same"].write({"a.py": PUT * 2})
    repository.shell("rm -rf away/* away/.git; git rm -q --cached gone; rm -rf gone")
    Repository(project, "added").commit({"a.py": PUT})
    repository.add({PINS: '[pins]\n"changed/a.py" = 2\n'})
    found = snapshots()
    assert counts(found) == ({}, {})
    assert found.notes == [
        f"submodule {name} changed: its PUT calls are not compared" for name in ("added", "changed", "gone")
    ]


def test_outside_git(directory: Repository) -> None:
    directory.write({PINS: ""})
    with pytest.raises(UsageError, match="a comparison needs git: .* is in no git repository"):
        open_snapshots(open_workspace(None), "")
