"""Which pins file flake8 obeys, however it is named, and where the faults of that file are shown."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import Project
from support import PUT

# Which pins file governs: the files with what they advise, the working directory, the arguments, the advice shown.
DISCOVERY: dict[str, tuple[dict[str, str], str, list[str], str]] = {
    "none": ({}, "", [], ""),
    "above": ({"artifact-pins.toml": "1"}, "b/c", [], "1"),
    "not below": ({"b/artifact-pins.toml": "2"}, "", [], ""),
    "nearer pyproject.toml": ({"artifact-pins.toml": "1", "b/pyproject.toml": "2"}, "b/c", [], "2"),
    "named": ({"artifact-pins.toml": "1", "x.toml": "2"}, "", ["--artifact-pins=x.toml"], "2"),
    "named above": ({"artifact-pins.toml": "1", "x.toml": "2"}, "b/c", ["--artifact-pins=x.toml"], "2"),
    "named pyproject.toml": (
        {"artifact-pins.toml": "1", "pyproject.toml": "2"}, "b", ["--artifact-pins=pyproject.toml"], "2",
    ),
    "path": ({"artifact-pins.toml": "1", "b/x.toml": "2"}, "", ["--artifact-pins", "./b/c/../x.toml"], "2"),
    "path above": ({"b/artifact-pins.toml": "1", "x.toml": "2"}, "b", ["--artifact-pins=../x.toml"], "2"),
    "configured": ({"x.toml": "1", "y.toml": "2"}, "", ["--config=y.cfg"], "2"),
    # a path is relative to the configuration file, a bare name is looked for from the working directory upwards
    "configured path": ({"b/x.toml": "1"}, "b", ["--config=../path.cfg"], "1"),
    "configured name from below": ({"y.toml": "1"}, "b/c", ["--config=../../y.cfg"], "1"),
    "configured with an underscore": ({"b/x.toml": "1"}, "", ["--config=underscore.cfg"], "1"),
    "an argument before the configuration": (
        {"x.toml": "1", "y.toml": "2"}, "", ["--config=y.cfg", "--artifact-pins=x.toml"], "1",
    ),
}


@pytest.mark.parametrize(("pins", "cwd", "arguments", "advice"), DISCOVERY.values(), ids=DISCOVERY)
def test_discovery(project: Project, pins: dict[str, str], cwd: str, arguments: list[str], advice: str) -> None:
    project.write({
        name: f'{"[tool.artifact-pins]" if "pyproject" in name else ""}\nadvice = "advice {text}"\n'
        for name, text in pins.items()
    })
    project.write({
        "y.cfg": "[flake8]\nartifact-pins = y.toml\n",
        "path.cfg": "[flake8]\nartifact-pins = ./b/x.toml\n",
        "underscore.cfg": "[flake8]\nartifact_pins = b/x.toml\n",
        "b/c/a.py": PUT,
    })
    project.monkeypatch.chdir(project.root / cwd)
    result = project.flake8(*arguments)
    assert [f"; advice {advice}; decide: " in line for line in result.lines] == [bool(advice)]
    assert result.status == 1


@pytest.mark.parametrize("named", ["x.toml", "./x.toml", "artifact-pins.toml/x.toml", "", "--"])
def test_named_file_does_not_exist(project: Project, named: str) -> None:
    """One line, whatever flake8 makes of the name."""
    project.write({"artifact-pins.toml": "", "a.py": PUT})
    result = project.flake8(f"--artifact-pins={named}")
    assert result.lines[0] == "There was a critical error during execution of Flake8:"
    assert len(result.lines) == 2
    assert result.lines[1].startswith(("--artifact-pins: there is no ", "--artifact-pins: no file is named; "))
    assert result.status == 1


def test_where_the_faults_are_shown(project: Project) -> None:
    project.write({"b/artifact-pins.toml": "pins = 1\n", "b/a.py": PUT, "b/c/d.py": PUT, "outside.py": PUT})
    project.monkeypatch.chdir(project.root / "b" / "c")

    def places(*arguments: str, stdin: str | None = None) -> list[str]:
        return [line.partition(" APR000 ")[0] for line in project.flake8(*arguments, stdin=stdin).lines]

    assert places("../../outside.py", "../a.py", "d.py") == ["../artifact-pins.toml:1:1:", "../a.py:1:4:", "d.py:1:4:"]
    # the pins are not for this one
    assert places("../../outside.py") == []
    # the checker alone, where every finding is taken for one of the open file
    assert places("--stdin-display-name=x.py", "-", stdin=PUT) == ["x.py:1:4:"]
    assert places("--stdin-display-name=x.py", "-", stdin="x = 1\n") == []
    assert places("--extend-ignore=APR000", ".") == []


def test_pins_file_edited_between_runs(project: Project) -> None:
    """Runs in one process share nothing: each sees the file as it is, even if neither size nor time has changed."""
    pins = Path("artifact-pins.toml")
    contents: dict[str | None, list[str]] = {
        '[pins]\n"a.py" = 1 \n': [],
        '[pins]\n"a.py" = 0 \n': ["./a.py:1:4: APR001"],
        '[pins]\n"a.py" = -1\n': ["artifact-pins.toml:2:1: APR000", "./a.py:1:4: APR000"],
        '[pins]\n"a.py" = 2 \n': ["./a.py:1:1: APR002"],
        '[pins]\n"a.py" 1 =\n': ["artifact-pins.toml:2:8: APR000", "./a.py:1:4: APR000"],
        '[exempt]\n"a.py"="why"': [],
        '[pins]\n"b.py" = 1 \n': ["artifact-pins.toml:2:1: APR003", "./a.py:1:4: APR001"],
        None: ["./a.py:1:4: APR001"],
    }
    project.write({"a.py": PUT})
    for content in [*contents, *reversed(contents), *list(contents)[::2], *list(contents)[1::2]]:
        pins.unlink(missing_ok=True)
        if content is not None:
            pins.write_text(content)
            os.utime(pins, (1e9, 1e9))
        for _ in range(2):
            assert [" ".join(line.split()[:2]) for line in project.flake8().lines] == contents[content]


def test_nothing_is_reported_again_by_the_next_run(project: Project) -> None:
    """Not even if the user then chooses the reporter that was interposed in the run before."""
    project.write({"artifact-pins.toml": "pins = 1\n", "a.py": PUT})
    assert [line.split()[1] for line in project.flake8().lines] == ["APR000", "APR000"]
    project.write({"artifact-pins.toml": ""})
    for arguments in (["--format=artifact-pin"], ["--format=default"], []):
        result = project.flake8(*arguments)
        assert [line.split()[:2] for line in result.lines] == [["./a.py:1:4:", "APR001"]]
