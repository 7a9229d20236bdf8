"""Which path of the pins file a linted file has: no file takes the pin or the exemption of another one."""
from __future__ import annotations

import os
import unicodedata

import pytest
from support import Project

from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import can_be_key
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.paths import governed_path
from flake8_artifact_pin.pins.paths import judged_path
from flake8_artifact_pin.pins.paths import like_named_pin
from flake8_artifact_pin.pins.paths import make_exempt

pytestmark = pytest.mark.once


def pins_of(project: Project, text: str, cwd: str = "") -> Pins:
    project.write({"artifact-pins.toml": text})
    pins = load_pins(str(project.root / "artifact-pins.toml"), str(project.root / cwd))
    assert pins.faults == ()
    return pins


@pytest.mark.parametrize(
    ("path", "keys", "expected"),
    [
        ("a.py", ["a.py"], "a.py"),
        ("b/a.py", ["a.py"], None),
        ("tests/x/y.py", ["tests/"], "tests/"),
        ("b/tests/y.py", ["tests/"], None),
        # a pattern without a slash speaks of the name alone, too
        ("_a.py", ["_*"], "_*"),
        ("b/_a.py", ["_*"], "_*"),
        ("_b/a.py", ["_*"], "_*"),
        ("b/_b/a.py", ["_*"], None),
        ("gen_1/b/a.py", ["gen_*/"], "gen_*/"),
        ("b/gen_1/a.py", ["gen_*/"], None),
        ("docs/a/b.py", ["docs/*.py"], "docs/*.py"),
        ("t1/ac.py", ["t?/a[bc].py"], "t?/a[bc].py"),
        ("x/ayz.py", ["_*", "x/*y*z.py"], "x/*y*z.py"),
        ("[", ["["], "["),
        ("a\\b\n.py", ["*"], "*"),
    ],
)
def test_exemption(path: str, keys: list[str], expected: str | None) -> None:
    assert exemption(make_exempt(dict.fromkeys(keys, "why")), path) == expected


@pytest.mark.parametrize(
    ("cwd", "filename", "expected"),
    [
        ("", "a.py", "a.py"),
        ("", "./src//../a.py", "a.py"),
        ("src", "../a.py", "a.py"),
        ("src", "../../a.py", None),
        ("", "{root}/a.py", "a.py"),
        ("", "{root}x/a.py", None),
        ("", "{root}", None),
    ],
)
def test_governed(project: Project, cwd: str, filename: str, expected: str | None) -> None:
    pins = pins_of(project, "", cwd)
    assert governed_path(pins, filename.format(root=project.root)) == expected


def test_without_a_pins_file(project: Project) -> None:
    pins = Pins("", str(project.root))
    assert governed_path(pins, "src/a.py") == "src/a.py"
    assert governed_path(pins, "../a.py") == os.path.join(project.root.parent, "a.py")


@pytest.mark.parametrize(
    ("filename", "elsewhere", "on_windows"),
    [
        ("tests\\new.py", "tests\\new.py", None),
        ("src\\a.py", "src\\a.py", "src/a.py"),
    ],
)
def test_backslash(project: Project, filename: str, elsewhere: str, on_windows: str | None) -> None:
    """On Windows it separates directories; elsewhere it is a character of the name."""
    pins = pins_of(project, '[exempt]\n"tests/" = "why"\n[pins]\n"src/a.py" = 1\n')
    assert judged_path(pins, filename, "/") == elsewhere
    assert judged_path(pins, filename, "\\") == on_windows


def test_links(project: Project) -> None:
    """A link has the pin of the file that it leads to, unless it has one itself, but never its exemption."""
    project.write({"tests/a.py": "", "src/b.py": "", "src/c.py": ""})
    for link, target in {
        "src/to_exempt.py": "../tests/a.py",
        "src/to_b.py": "b.py",
        "src/pinned.py": "b.py",
        "tests/to_b.py": "../src/b.py",
        "src/outside.py": "../../x.py",
        "linked": "tests",
    }.items():
        (project.root / link).symlink_to(target)
    text = '[exempt]\n"tests/" = "why"\n[pins]\n"src/b.py" = 1\n"src/pinned.py" = 2\n"tests/c.py" = 1\n'
    pins = pins_of(project, text)
    names = ["src/to_exempt.py", "linked/a.py", "src/to_b.py", "src/pinned.py", "src/outside.py", "tests/to_b.py"]
    assert [judged_path(pins, name) for name in names] == [
        "src/to_exempt.py", "linked/a.py", "src/b.py", "src/pinned.py", "src/outside.py", None,
    ]
    # it is the pin that is one too many
    assert (governed_path(pins, "tests/c.py"), judged_path(pins, "tests/c.py")) == ("tests/c.py", None)


@pytest.mark.parametrize("name", ["explore.ipynb", "src/explorek3x_nbqa_ipynb.py"])
def test_notebook(project: Project, name: str) -> None:
    assert judged_path(pins_of(project, f'[pins]\n"{name}" = 1\n'), name) is None


def test_directory_behind_a_link(project: Project) -> None:
    """However somebody comes into a project, the files in it are the same ones."""
    project.write({"real/artifact-pins.toml": '[exempt]\n"tests/" = "why"\n', "real/tests/a.py": "", "real/a.py": ""})
    real = str(project.root / "real")
    (project.root / "link").symlink_to("real")
    link = str(project.root / "link")
    for pins in (load_pins(f"{link}/artifact-pins.toml", link), load_pins(f"{real}/artifact-pins.toml", real)):
        for start in ("", f"{link}/", f"{real}/"):
            assert judged_path(pins, f"{start}a.py") == "a.py"
            assert judged_path(pins, f"{start}tests/a.py") is None


def test_unnamed_standard_input(project: Project) -> None:
    pins = pins_of(project, "", "features")
    assert governed_path(pins, "stdin") == "features/stdin"


@pytest.mark.parametrize(
    ("path", "is_like"),
    [
        ("src/prix_é.py", False),
        (unicodedata.normalize("NFD", "src/prix_é.py"), True),
        ("SRC/PRIX_É.py", True),
        ("é.py", False),
    ],
)
def test_names_that_look_alike(path: str, is_like: bool) -> None:
    """They are compared as they are spelled, and one that only looks like another one can be told."""
    pins = parse_pins(Pins("/x/artifact-pins.toml", "/x"), '[pins]\n"b.py" = 1\n"src/prix_é.py" = 1\n')
    found = like_named_pin(pins, path)
    assert (found.path if found else "") == "src/prix_é.py" * is_like


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("é\n.py", True),
        ("a\\b.py", False),
        ("../a.py", False),
        ("\udcff.py", False),
        ("x" * 4097, False),
    ],
)
def test_can_be_key(path: str, expected: bool) -> None:
    assert can_be_key(path) is expected
