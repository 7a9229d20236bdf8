"""``check`` with a registry: where it is, what is said of it, and that a broken one is never taken for an empty one."""
from __future__ import annotations

import pytest
from support import PINS
from support import PUT
from support import Repository

pytestmark = pytest.mark.once

REGISTRY = """artifacts:
- artifact_id: prices_daily
  owner_repo: feeds
- artifact_id: prices_weekly
  owner_repo: feeds
- artifact_id: zoo
  owner_repo: models
- artifact_id: free
"""


def test_findings(directory: Repository) -> None:
    pins = '[pins]\n"a.py" = { count = 1, registered = ["zo"] }\n"src/b.py" = { count = 1, registered = ["%s"] }\n'
    directory.write({"registry.yaml": REGISTRY, "a.py": PUT, "src/b.py": PUT, PINS: pins % "prices_daily"})
    outcome = directory.run("check", "--registry=registry.yaml", "--owner=feeds")
    assert (outcome.out, outcome.status) == (
        f'{PINS}:2:1: APR007 "zo" is registered for "a.py", but registry.yaml has no such id; did you mean "zoo"?\n'
        'registry.yaml:4:3: APR008 "prices_weekly" of feeds promises an artifact that no pinned code writes; register '
        "it at the pin of the file that writes it: flake8-artifact-pin decide, or retire this row\n",
        1,
    )
    # paths do not hide the registry
    assert directory.run("check", "--registry=registry.yaml", "--owner=feeds", "src").out == outcome.out
    assert directory.check("--registry=registry.yaml").places == [f"{PINS}:2:1: APR007"]
    (directory.root / PINS).unlink()
    # nothing is registered then
    places = directory.check("--registry=registry.yaml", "--owner=feeds").places
    assert places[1:3] == ["registry.yaml:2:3: APR008", "registry.yaml:4:3: APR008"]


def test_where_the_registry_is(directory: Repository) -> None:
    """The pins file's registry is relative to its directory, the option's to the working directory, and that wins."""
    row = "artifacts: [{artifact_id: %s, owner_repo: me}]\n"
    directory.write({
        "conf/registry.yaml": row % "beside_pins", "sub/registry.yaml": row % "here",
        f"conf/{PINS}": 'registry = "registry.yaml"\n', "conf/a.py": "x = 1\n",
    })
    directory.monkeypatch.chdir("sub")

    def named(*arguments: str) -> list[tuple[str, str]]:
        outcome = directory.check("--pins", f"../conf/{PINS}", "--owner", "me", *arguments)
        return [(path, text.split(" ")[0]) for path, _, _, _, text in outcome.findings]

    assert named() == [("../conf/registry.yaml", '"beside_pins"')]
    assert named("--registry", "registry.yaml") == [("registry.yaml", '"here"')]
    directory.write({f"conf/{PINS}": f"registry = '{directory.root}/sub/registry.yaml'\n"})
    assert named() == [("registry.yaml", '"here"')]


@pytest.mark.parametrize(
    ("arguments", "findings", "fault"),
    [
        (
            ["--registry=bad.yaml"], 1,
            "bad.yaml:2:3: unusable registry: artifacts[0] must have keys and values\n"
            "bad.yaml:3:3: unusable registry: artifacts[1] has an artifact_id that is not a string: "
            "write it in quotes\n",
        ),
        (["--registry=r\x1b\n.yaml"], 1, "r\\x1b\\n.yaml:2:1: unusable registry: duplicate artifacts: keep one\n"),
        ([], 1, "none.yaml: there is no such registry: check it out, or correct the path\n"),
        (["--registry=registry.yaml", "--owner=feed"], 2, 'registry.yaml: no row has owner_repo "feed"; did you mean '),
    ],
)
def test_faults(directory: Repository, arguments: list[str], findings: int, fault: str) -> None:
    """What was found besides is still said, also to programs, and no name breaks a line."""
    directory.write({
        "bad.yaml": "artifacts:\n- a\n- artifact_id:\n", "r\x1b\n.yaml": "artifacts: []\nartifacts: [ ]\n",
        "registry.yaml": REGISTRY, "a.py": PUT,
        PINS: 'registry = "none.yaml"\n[pins]\n"a.py" = { count = 0, registered = ["zo"] }\n',
    })
    outcome = directory.check(*arguments)
    assert outcome.places == ["a.py:1:4: APR001", f"{PINS}:3:1: APR007"][:findings]
    assert (outcome.err.startswith(fault), outcome.status) == (True, 2)


def test_a_registry_is_not_read_without_need(directory: Repository) -> None:
    """Neither flake8 nor another verb reads the one that the pins file names."""
    directory.write({PINS: 'registry = "none.yaml"\n[pins]\n"a.py" = 1\n', "a.py": PUT})
    assert directory.run("sites").status == 0
    assert directory.flake8().output == ""
