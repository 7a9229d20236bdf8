"""Which pins file governs a run."""
from __future__ import annotations

import os

import pytest
from support import Project

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.files import find_pins_file
from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.files import PinsNotFoundError

PYPROJECT = '[tool.artifact-pins.pins]\n"a.py" = 1\n'
OTHER_PYPROJECT = '[project]\nname = "x"\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"artifact-pins.toml": "", "a/artifact-pins.toml": ""}, "a/artifact-pins.toml"),
        ({"artifact-pins.toml": "", "a/b/artifact-pins.toml": ""}, "a/b/artifact-pins.toml"),
        ({"pyproject.toml": PYPROJECT}, "pyproject.toml"),
        ({"pyproject.toml": "[tool]\nartifact-pins = {}"}, "pyproject.toml"),
        ({"pyproject.toml": PYPROJECT, "artifact-pins.toml": ""}, "artifact-pins.toml"),
        # the nearest directory comes first, whichever the file
        ({"a/pyproject.toml": PYPROJECT, "artifact-pins.toml": ""}, "a/pyproject.toml"),
        ({"a/pyproject.toml": OTHER_PYPROJECT, "artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"a/pyproject.toml": "# artifact-pins\n", "artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"a/pyproject.toml": "tool = 'artifact-pins'\n", "artifact-pins.toml": ""}, "artifact-pins.toml"),
        # one that does not parse may be that of another tool, or it may hold the pins
        ({"a/pyproject.toml": "[", "artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"a/pyproject.toml": "[tool.artifact-pins", "artifact-pins.toml": ""}, "a/pyproject.toml"),
        ({"a/pyproject.toml": b"[tool.artifact-pins]\n# \xff", "artifact-pins.toml": ""}, "a/pyproject.toml"),
        ({"a/pyproject.toml/x": "", "artifact-pins.toml": ""}, "artifact-pins.toml"),
        ({"a/artifact-pins.toml/x": "", "artifact-pins.toml": ""}, "a/artifact-pins.toml"),
        ({}, ""),
    ],
)
def test_find(project: Project, files: dict[str, str | bytes], expected: str) -> None:
    project.write({"a/b/x": "", **files})
    found = find_pins_file(None, str(project.root / "a" / "b"))
    assert found == (str(project.root / expected) if expected else "")


def test_find_a_dangling_link(project: Project) -> None:
    (project.root / "artifact-pins.toml").symlink_to("nowhere")
    assert find_pins_file(None, str(project.root)) == str(project.root / "artifact-pins.toml")


def test_home_is_not_searched(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """As flake8 does with its own configuration, unless one works there."""
    project.write({"artifact-pins.toml": "", "a/b/x": ""})
    monkeypatch.setenv("HOME", str(project.root))
    monkeypatch.setenv("USERPROFILE", str(project.root))
    assert find_pins_file(None, str(project.root / "a" / "b")) == ""
    assert find_pins_file(None, str(project.root)) == str(project.root / "artifact-pins.toml")


def test_find_named(project: Project) -> None:
    project.write({"pins.toml": "", "a/b/x": "", "a/pins.toml/x": ""})
    below = str(project.root / "a" / "b")
    assert find_pins_file("pins.toml", below) == str(project.root / "a" / "pins.toml")
    assert find_pins_file(str(project.root / "pins.toml"), below) == str(project.root / "pins.toml")
    assert find_pins_file(os.path.join("..", "pins.toml"), str(project.root / "a")) == os.path.join(
        str(project.root / "a"), "..", "pins.toml",
    )


@pytest.mark.parametrize("named", ["", "nope.toml", "a/nope.toml", "/nope.toml", "a\0b"])
def test_named_but_not_there(project: Project, named: str) -> None:
    expected = "^there is no .*; correct the path or create the file$"
    with pytest.raises(PinsNotFoundError, match=expected):
        find_pins_file(named, str(project.root))


@pytest.mark.parametrize(
    ("config", "arguments"),
    [
        ("artifact-pins = conf/pins.toml", []),
        ("artifact_pins = conf/pins.toml", []),
        ("", ["--artifact-pins=conf/pins.toml"]),
        ("", ["--artifact-pins", "./conf/pins.toml"]),
        ("artifact-pins = nope/pins.toml", ["--artifact-pins=conf/pins.toml"]),
    ],
)
def test_option(project: Project, config: str, arguments: list[str]) -> None:
    project.write({
        "conf/pins.toml": '[pins]\n"a.py" = 2\n',
        "conf/a.py": "s3.put_object()\n",
        "a.py": "s3.put_object()\n",
        ".flake8": f"[flake8]\n{config}\n",
    })
    assert project.flake8(*arguments).lines == [
        './conf/a.py:1:1: APR002 stale pin: 2 pinned, 1 observed; set "a.py" = 1 at pins.toml:2',
    ]


def test_option_in_a_config_file_elsewhere(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is relative to the config file, a bare name is looked for from the working directory upwards."""
    project.write({
        "tox.ini": "[flake8]\nartifact-pins = ./pins.toml\n",
        "pins.toml": '[pins]\n"a/a.py" = 1\n',
        "a/a.py": "s3.put_object()\n",
        "b.ini": "[flake8]\nartifact-pins = pins.toml\n",
    })
    monkeypatch.chdir(project.root / "a")
    assert project.flake8() == ("", 0)
    assert project.flake8("--config=../b.ini") == ("", 0)
    assert project.flake8("--isolated").status == 1


def test_pyproject(project: Project) -> None:
    project.write({
        "pyproject.toml": '[tool.artifact-pins]\nadvice = "ask"\n[tool.artifact-pins.pins]\n"a.py" = 2\n"b.py" = 0\n',
        "a.py": "s3.put_object()\n",
        "b.py": "s3.put_object()\n",
    })
    assert project.flake8().lines == [
        './a.py:1:1: APR002 stale pin: 2 pinned, 1 observed; set "a.py" = 1 at pyproject.toml:4',
        "./b.py:1:4: APR001 PUT call 1 of 1, 0 pinned: put_object(...); "
        'decide on the artifact, then set "b.py" = 1 in pyproject.toml; ask',
    ]


def test_load_is_read_afresh(project: Project) -> None:
    path = project.root / "artifact-pins.toml"
    for count in range(3):
        path.write_text(f'[pins]\n"a.py" = {count}\n')
        assert load_pins(str(path), str(project.root)).pins["a.py"].allowed == count


def test_load_all_keys(project: Project) -> None:
    project.write({
        "artifact-pins.toml": """
            patterns = ["lib.write"]
            advice = " ask "
            require-decision = true
            exempt = { "./tests//" = "why" }
            [pins]
            "./a.py" = { count = 3, registered = ["x", "y"], grandfathered = "z" }
        """,
    })
    pins = load_pins(str(project.root / "artifact-pins.toml"), str(project.root))
    assert pins.faults == ()
    assert (pins.patterns, pins.advice, pins.require_decision) == (("lib.write",), "ask", True)
    assert pins.exempt.reasons == {"tests/": "why"}
    [pin] = pins.pins.values()
    assert pin[:4] == ("a.py", "./a.py", 3, Decision(("x", "y"), "z"))


def test_no_file() -> None:
    assert load_pins("", "/x") == Pins("", "/x")
    assert Pins("", "/x").root == "/x"
