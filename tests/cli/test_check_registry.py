"""``check`` with a registry: where it is, what is said of it, and that a broken one is never taken for an empty one."""
from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from support import Project
from support import Repository

pytestmark = pytest.mark.once

PUT = "s3.put_object()\n"
PINS = "artifact-pins.toml"
REGISTRY = """artifacts:
- artifact_id: prices_daily
  owner_repo: feeds
- artifact_id: prices_weekly
  owner_repo: feeds
- artifact_id: zoo
  owner_repo: models
- artifact_id: free
"""
EMPTY = "it is empty: give a value, or leave the option out"
LONG = "1" * 5000


@pytest.fixture
def repository(project: Project) -> Repository:
    return Repository(project, is_git=False)


@pytest.mark.parametrize("text", [
    pytest.param('artifacts: []\nx: "\\UFFFFFFFF"\n', id="beyond what Python has"),
    pytest.param(f"artifacts: []\n...\n%YAML 1.{LONG}\n", id="version"),
    pytest.param("artifacts: !a%0Ab%1b[31m []\n", id="line break in a tag"),
    pytest.param("- a\n", id="no list of artifacts"),
])
def test_each_fault_is_a_line_that_prints(directory: Repository, text: str) -> None:
    """What was found besides is still said."""
    directory.write({"registry.yaml": text, "a.py": PUT})
    outcome = directory.run("check", "--registry", "registry.yaml")
    fault, = (line for line in outcome.err.split("\n") if "registry.yaml" in line)
    assert fault.startswith("registry.yaml:") and ": unusable registry: " in fault
    assert fault.isprintable()
    assert outcome.out.startswith("a.py:1:4: APR001 ")
    assert outcome.status == 2


def test_a_name_that_would_break_the_line(directory: Repository) -> None:
    directory.write({"r\x1b\n.yaml": "artifacts: []\nartifacts: [ ]\n", "a.py": "x = 1\n"})
    broken, missing = (directory.run("check", "--registry", name) for name in ("r\x1b\n.yaml", "x\n.yaml"))
    assert "r\\x1b\\n.yaml:2:1: unusable registry: duplicate artifacts: keep one\n" in broken.err
    assert "x\\n.yaml: there is no such registry: check it out, or correct the path\n" in missing.err
    assert (broken.status, missing.status) == (2, 2)


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_findings_are_printed_beside_faults(directory: Repository, form: str) -> None:
    directory.monkeypatch.setenv("GITHUB_WORKSPACE", str(directory.root))
    directory.write({"a.py": PUT, "registry.yaml": "artifacts:\n- a\n- artifact_id:\n"})
    outcome = directory.run("check", "--registry", "registry.yaml", "--format", form)
    assert "APR001" in outcome.out
    assert [line for line in outcome.err.split("\n") if "registry" in line] == [
        "registry.yaml:2:3: unusable registry: artifacts[0] must have keys and values",
        "registry.yaml:3:3: unusable registry: artifacts[1] has an artifact_id that is not a string: "
        "write it in quotes",
        *(["1 file, 1 PUT call: 1 finding without the registry"] if form != "json" else []),
    ]
    assert outcome.status == 2


@pytest.mark.parametrize("arguments, pins, error", [
    (["--owner", "feeds"], "", "--owner needs a registry: --registry PATH, or registry in the pins file"),
    (["--owner", "", "a.py"], 'registry = "registry.yaml"\n', f"argument --owner: {EMPTY}"),
    (["--registry", ""], 'registry = "registry.yaml"\n', f"argument --registry: {EMPTY}"),
])
def test_usage_errors(directory: Repository, arguments: Sequence[str], pins: str, error: str) -> None:
    directory.write({"registry.yaml": REGISTRY, "a.py": PUT, PINS: pins})
    outcome = directory.run("check", *arguments)
    assert (outcome.out, outcome.status) == ("", 2)
    assert outcome.err.endswith(f": {error}\n")


def test_an_owner_that_no_row_has(directory: Repository) -> None:
    pins = '[pins]\n"a.py" = { count = 1, registered = ["zo"] }\n'
    directory.write({"registry.yaml": REGISTRY, "a.py": PUT, PINS: pins})
    outcome = directory.run("check", "--registry", "registry.yaml", "--owner", "feed")
    assert outcome.out.startswith(f'{PINS}:2:1: APR007 "zo" is registered for "a.py", but registry.yaml has no such id')
    assert 'registry.yaml: no row has owner_repo "feed"; did you mean "feeds"?\n' in outcome.err
    assert outcome.status == 2


def test_where_the_registry_is(directory: Repository) -> None:
    """The pins file's registry is relative to its directory, the option's to the working directory, and that wins."""
    row = "artifacts: [{artifact_id: %s, owner_repo: me}]\n"
    directory.write({
        "conf/registry.yaml": row % "beside_pins",
        "sub/registry.yaml": row % "here",
        "registry.yaml": row % "top",
        f"conf/{PINS}": 'registry = "registry.yaml"\n',
        "conf/a.py": "x = 1\n",
    })
    directory.monkeypatch.chdir(directory.root / "sub")

    def named(*arguments: str) -> list[tuple[str, str]]:
        outcome = directory.check("--pins", f"../conf/{PINS}", "--owner", "me", *arguments)
        return [(path, text.split(" ")[0]) for path, _, _, _, text in outcome.findings]

    assert named() == [("../conf/registry.yaml", '"beside_pins"')]
    assert named("--registry", "registry.yaml") == [("registry.yaml", '"here"')]
    assert named("--registry", str(directory.root / "registry.yaml")) == [("../registry.yaml", '"top"')]
    directory.write({f"conf/{PINS}": 'registry = " ../registry.yaml "\n'})
    assert named() == [("../registry.yaml", '"top"')]
    directory.write({f"conf/{PINS}": f"registry = '{directory.root}/sub/registry.yaml'\n"})
    assert named() == [("registry.yaml", '"here"')]
    directory.write({f"conf/{PINS}": 'registry = "none.yaml"\n'})
    outcome = directory.check("--pins", f"../conf/{PINS}")
    assert "../conf/none.yaml: there is no such registry: check it out, or correct the path\n" in outcome.err
    assert outcome.status == 2


BOTH = {
    "registry.yaml": REGISTRY,
    "a.py": PUT,
    "src/b.py": PUT,
    PINS: (
        '[pins]\n"a.py" = { count = 1, registered = ["x"] }\n'
        '"src/b.py" = { count = 1, registered = ["prices_daily"] }\n'
    ),
}


@pytest.mark.parametrize("paths", [[], ["src"], ["src/b.py"], ["."]])
def test_paths_do_not_hide_the_registry(directory: Repository, paths: Sequence[str]) -> None:
    directory.write(BOTH)
    outcome = directory.check("--registry=registry.yaml", "--owner=feeds", *paths)
    assert outcome.places == [f"{PINS}:2:1: APR007", "registry.yaml:4:3: APR008"]
    assert outcome.status == 1


def test_formats(directory: Repository) -> None:
    directory.monkeypatch.setenv("GITHUB_WORKSPACE", str(directory.root))
    directory.write(BOTH)
    arguments = ["check", "--registry=registry.yaml", "--owner=feeds", "--format"]
    github = directory.run(*arguments, "github")
    assert f"::error file={PINS},line=2,col=1,title=APR007::APR007 " in github.out
    assert "::error file=registry.yaml,line=4,col=3,title=APR008::APR008 " in github.out
    data = json.loads(directory.run(*arguments, "json").out)
    places = [(found["path"], found["line"], found["column"], found["code"]) for found in data["findings"]]
    assert places == [(PINS, 2, 1, "APR007"), ("registry.yaml", 4, 3, "APR008")]


def test_pyproject(directory: Repository) -> None:
    directory.write({
        "infra/registry.yaml": REGISTRY,
        "a.py": PUT,
        "calls.py": "def f():\n    s3.put_object()\n",
        "pyproject.toml": (
            '[project]\nname = "x"\n[tool.artifact-pins]\nregistry = "infra/registry.yaml"\n[tool.artifact-pins.pins]\n'
            '"a.py" = { count = 1, registered = ["zo"] }\n[tool.artifact-pins.pins."calls.py".calls]\n'
            '"f:put_object" = { registered = ["x", "prices_daily"] }\n'
        ),
    })
    assert directory.check("--owner=feeds").places == [
        "infra/registry.yaml:4:3: APR008", "pyproject.toml:6:1: APR007", "pyproject.toml:8:1: APR007",
    ]


def test_without_a_pins_file(directory: Repository) -> None:
    """Nothing is registered then, so that each row of the owner is one too many."""
    directory.write({"registry.yaml": REGISTRY, "a.py": "x = 1\n"})
    assert directory.check("--registry=registry.yaml").places == []
    assert directory.check("--registry=registry.yaml", "--owner=feeds").places == [
        "registry.yaml:2:3: APR008", "registry.yaml:4:3: APR008",
    ]


def test_json_rows_have_no_line(directory: Repository) -> None:
    directory.write({"registry.json": '{"artifacts":\n[{"artifact_id": "a", "owner_repo": "me"}]}', "a.py": "x = 1\n"})
    assert directory.check("--registry=registry.json", "--owner=me").places == ["registry.json:1:1: APR008"]


def test_a_registry_is_not_read_without_need(directory: Repository) -> None:
    """Neither flake8 nor another verb reads the one that the pins file names."""
    directory.write({PINS: 'registry = "none.yaml"\n[pins]\n"a.py" = 1\n', "a.py": PUT, "registry.yaml": "["})
    assert directory.run("sites").status == 0
    assert directory.flake8().output == ""
    assert directory.check().status == 2
