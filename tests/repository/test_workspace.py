"""Which pins, and which files, a run of the command is about."""
from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from collections.abc import Sequence

import pytest
from support import PINS
from support import Project
from support import PUT
from support import Repository
from support import run_program

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.paths import relative
from flake8_artifact_pin.repository.workspace import BrokenPinsError
from flake8_artifact_pin.repository.workspace import open_workspace


def files(*names: str) -> list[str]:
    return open_workspace(None).files(names)


def test_tracked_and_pinned_files(repository: Repository) -> None:
    """Not what is untracked or ignored, nor what is pinned and gone, nor what is not Python."""
    repository.add({
        "a.py": "", "d/b.py": "", "d/c.txt": "", "notes.ipynb": "", ".gitignore": "ignored.py\n",
        "ignored.py": "", PINS: '[pins]\n"ignored.py" = 1\n"gone.py" = 1\n"notes.ipynb" = 1\n"d/c.txt" = 1\n"d" = 1\n',
    })
    repository.write({"new.py": ""})
    assert files() == ["a.py", "d/b.py", "ignored.py"]
    assert [pin.path for pin in open_workspace(None).pins_on_other_files()] == ["notes.ipynb", "d/c.txt"]
    assert open_workspace(None).untracked_files() == ["new.py"]


@pytest.mark.parametrize("is_git", [True, False])
def test_nothing_is_tracked(project: Project, is_git: bool) -> None:
    """Then they are those that flake8 finds."""
    repository = Repository(project, is_git=is_git)
    repository.write({"a.py": "", "d/b.py": "", ".tox/c.py": "", ".git/d.py": "", "e.txt": ""})
    assert files() == ["a.py", "d/b.py"]
    assert open_workspace(None).untracked_files() == (["a.py", "d/b.py"] if is_git else [])


PYTHON = {
    "a.py": "", "a.pyw": "", "a.pyi": "", "bin/tool": "#!/usr/bin/env python3\n", "tool": PUT,
    "run.cgi": "#!/usr/bin/pypy3\n", "x": "#!/usr/bin/env -S uv run --script\n", "empty": "",
}
OTHER = {
    "a.ipynb": "{}", "a.json": "{}", "a.txt": PUT, "script": "#!/bin/sh\n", "a.pyx": PUT, "a.PY.orig": PUT,
    "b.sh": "#!/bin/sh\n# python\n",
}


def test_is_python(directory: Repository) -> None:
    """By its name, or by its first line."""
    directory.write({**PYTHON, **OTHER})
    workspace = open_workspace(None)
    assert list(filter(workspace.is_python, [*PYTHON, *OTHER, "gone"])) == [*PYTHON]


@pytest.mark.skipif(not os.path.isfile("/proc/self/mem"), reason="there is no file like this one")
def test_script_that_cannot_be_read(directory: Repository) -> None:
    """It may be Python, and that it cannot be read is to be reported."""
    (directory.root / "tool").symlink_to("/proc/self/mem")
    assert open_workspace(None).is_python("tool")


@pytest.mark.parametrize(
    ("configuration", "cwd", "expected"),
    [
        ("", ".", ["a.py"]),
        ("[flake8]\nfilename = *.py,*.pyw,./bin/*\n", ".", ["a.py", "a.pyw", "bin/tool"]),
        ("[flake8]\nfilename = ./bin/*\n", "bin", ["a.py", "bin/tool"]),
        ("[flake8]\nfilename = *\n", ".", [".flake8", "a.py", "a.pyw", "a.txt", PINS, "bin/tool"]),
    ],
)
def test_files_that_flake8_lints(repository: Repository, configuration: str, cwd: str, expected: Sequence[str]) -> None:
    """Because of its option filename; notebooks remain what is not Python."""
    names = ["a.py", "a.pyw", "a.txt", "bin/tool", "a.ipynb"]
    repository.add({**dict.fromkeys(names, "#!/bin/sh\n"), PINS: "", ".flake8": configuration})
    repository.monkeypatch.chdir(repository.root / cwd)
    assert files() == expected


def test_named(repository: Repository) -> None:
    repository.commit({"a.py": "", "d/b.py": "", "d/e/c.py": ""})
    repository.write({"new.py": "", "tool": "#!/usr/bin/python3\n"})
    expected = {
        ("a.py",): ["a.py"],
        ("d/e/", "d/b.py", "d"): ["d/b.py", "d/e/c.py"],
        (".",): ["a.py", "d/b.py", "d/e/c.py"],
        ("new.py", "tool"): ["new.py", "tool"],
    }
    assert {names: files(*names) for names in expected} == expected


def test_named_what_cannot_be_judged(repository: Repository) -> None:
    repository.commit({"a.py": "", "explore.ipynb": "{}", "empty/x.txt": "", PINS: ""})
    os.mkfifo(repository.root / "pipe")
    expected = {
        "nope": "there is no nope: correct the path",
        "explore.ipynb": "explore.ipynb is not Python, and nothing else is judged: name a Python file",
        "empty": "no Python file below empty is tracked by git: add it to git, or name the file itself",
        "pipe": "pipe is not a regular file: name a Python file or a directory",
        "..": f".. is outside of {repository.root}, which the pins are for: name a file below it",
    }
    errors = {}
    for name in expected:
        with pytest.raises(UsageError) as raised:
            files(name)
        errors[name] = str(raised.value)
    assert errors == expected


# Files, whether Flake8-pyproject is installed, and then the pins file and flake8's patterns. That plugin makes flake8
# read pyproject.toml of the working directory and nothing else, if that has the table.
NAMED = "[flake8]\nartifact-pins = p/other.toml\n"
TABLE = '[tool.flake8]\nartifact-pins = "p/other.toml"\n'
PATTERNS = '[tool.flake8]\nfilename = ["*.py", "*.pyw"]\n'
CONFIGURATIONS: dict[str, tuple[Mapping[str, str], bool, str, tuple[str, ...]]] = {
    "none": ({}, True, PINS, ("*.py",)),
    "flake8's": ({".flake8": NAMED}, False, "p/other.toml", ("*.py",)),
    "with an underscore": ({"setup.cfg": NAMED.replace("-", "_")}, False, "p/other.toml", ("*.py",)),
    "nobody reads it": ({"pyproject.toml": TABLE}, False, PINS, ("*.py",)),
    "pins": ({"pyproject.toml": TABLE}, True, "p/other.toml", ("*.py",)),
    "another table": ({"pyproject.toml": "[tool.flake8-x]\n", ".flake8": NAMED}, True, "p/other.toml", ("*.py",)),
    "alone": ({"pyproject.toml": PATTERNS, ".flake8": NAMED}, True, PINS, ("*.py", "*.pyw")),
    "nested deep": ({"pyproject.toml": "x = " + "[" * 999}, True, PINS, ("*.py",)),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_configuration(directory: Repository, case: str) -> None:
    configuration, is_installed, pins, patterns = CONFIGURATIONS[case]
    site = directory.root.parent / "site"
    if is_installed:
        info = site / "flake8_pyproject-1.2.3.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Flake8-pyproject\nVersion: 1.2.3\n")
    directory.monkeypatch.syspath_prepend(str(site))
    directory.write({PINS: "", "p/other.toml": "", **configuration})
    workspace = open_workspace(None)
    assert (workspace.pins.path, workspace.patterns) == (str(directory.root / pins), patterns)
    assert open_workspace("p/other.toml").pins.path == str(directory.root / "p/other.toml")


@pytest.mark.parametrize(
    ("named", "configuration", "error"),
    [
        ("nope.toml", "", "--pins: there is no 'nope.toml' in "),
        (None, "[flake8]\nartifact-pins = ./nope.toml\n", "artifact-pins in flake8's configuration: there is no "),
        (None, "[flake8]\nx = 1\nx = 2\n", "flake8's configuration: "),
    ],
)
def test_no_such_pins(directory: Repository, named: str | None, configuration: str, error: str) -> None:
    directory.write({".flake8": configuration})
    with pytest.raises(UsageError) as raised:
        open_workspace(named)
    assert str(raised.value).startswith(error)


def test_broken_pins(directory: Repository) -> None:
    directory.write({f"a/{PINS}": "[pins]\nx = y\n"})
    directory.monkeypatch.chdir(directory.root / "a")
    with pytest.raises(BrokenPinsError) as raised:
        open_workspace(None)
    assert (raised.value.path, [finding.code for finding in raised.value.findings]) == (PINS, ["APR000"])


def test_exempted(directory: Repository) -> None:
    """Of each key how much it exempts, whatever others do: one that exempts nothing, or all, is a slip."""
    keys = ["tests/", "tests/a.py", "*_test.py", "lib/*.py", "gone/", "gone.py", "nothing*", "*.py"]
    directory.write({PINS: "[exempt]\n" + "".join(f'"{key}" = "it writes nothing"\n' for key in keys)})
    names = ["tests/a.py", "tests/d/b_test.py", "lib/c.py", "d.py"]
    assert open_workspace(None).exempted(names) == dict(zip(keys, [2, 1, 1, 1, 0, 0, 0, 4]))


@pytest.mark.parametrize("is_git", [True, False])
def test_pins_files_below(project: Project, is_git: bool) -> None:
    """What flake8 obeys if it is run there, and not if it is run from above."""
    repository = Repository(project, is_git=is_git)
    repository.write({
        PINS: "", f"a/{PINS}": "", "b/pyproject.toml": "[tool.artifact-pins]\n", "c/pyproject.toml": "",
        f"d/x-{PINS}": "",
    })
    if is_git:
        repository.add({})
    assert open_workspace(None).pins_files_below() == [f"a/{PINS}", "b/pyproject.toml"]


def test_another_directory(repository: Repository) -> None:
    repository.add({"a.py": "", "d/b.py": "", PINS: ""})
    repository.monkeypatch.chdir(repository.root / "d")
    workspace = open_workspace(None)
    assert (workspace.files(), workspace.files(["b.py"]), workspace.files([".."])) == (
        ["a.py", "d/b.py"], ["d/b.py"], ["a.py", "d/b.py"],
    )
    assert [workspace.shown(path) for path in ("a.py", "d/b.py", PINS)] == ["../a.py", "b.py", f"../{PINS}"]
    assert workspace.location("a.py") == str(repository.root / "a.py")


LOCALE_PROGRAM = """
import os
import sys
from flake8_artifact_pin.pins.files import missing_pins
from flake8_artifact_pin.repository.renames import Renames
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.snapshots import open_snapshots
from flake8_artifact_pin.repository.workspace import open_workspace

assert sys.getfilesystemencoding() == "ascii"
for directory in ("git", "plain"):
    os.chdir(directory)
    workspace = open_workspace(None)
    print(ascii(workspace.files()), ascii(workspace.files(sys.argv[1:])))
    print(ascii([pin.path for pin in missing_pins(workspace.pins)]))
    found = scan(workspace, workspace.files())
    print(ascii([(one.name, one.path, one.exempt, one.report.counted) for one in found]))
    if workspace.repository:
        print(ascii(Renames(workspace.repository).outcome("gone \\u00e4.py").path))
        print(ascii(dict(open_snapshots(workspace, "HEAD").renamed)))
    os.chdir("..")
"""


def test_locale_that_cannot_spell_a_path(project: Project) -> None:
    """Paths are those of the pins file, which is UTF-8, and files are found whatever the locale is."""
    for directory in ("git", "plain"):
        repository = Repository(project, directory, is_git=directory == "git")
        repository.write({
            "prés/ä.py": PUT, "é/b.py": PUT,
            PINS: '[exempt]\n"é/" = "it writes nothing"\n[pins]\n"prés/ä.py" = 1\n"gone ä.py" = 1\n',
        })
        if directory == "git":
            repository.commit({"gone ä.py": PUT * 5})
            repository.git("mv", "gone ä.py", "new ö.py")
    command = (sys.executable, "-c", LOCALE_PROGRAM, "prés")
    outcome = run_program(*command, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    found = [("prés/ä.py", "prés/ä.py", "", 1), ("é/b.py", "é/b.py", "é/", 1)]
    assert (outcome.out.splitlines(), outcome.err) == ([
        f"{ascii(['new ö.py', 'prés/ä.py', 'é/b.py'])} {ascii(['prés/ä.py'])}",
        ascii(["gone ä.py"]),
        ascii([("new ö.py", "new ö.py", "", 5), *found]),
        ascii("new ö.py"),
        ascii({"new ö.py": "gone ä.py"}),
        f"{ascii(['prés/ä.py', 'é/b.py'])} {ascii(['prés/ä.py'])}",
        ascii(["gone ä.py"]),
        ascii(found),
    ], "")


def test_another_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows there need be no relative path."""
    def refuse(path: str, start: str) -> str:
        raise ValueError

    monkeypatch.setattr(os.path, "relpath", refuse)
    assert relative("D:/a.py", "C:/") == "D:/a.py"
