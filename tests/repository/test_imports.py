"""Which files import the modules of a store."""
from __future__ import annotations

import pytest
from support import PINS
from support import Project
from support import Repository

from flake8_artifact_pin.repository.uncounted import store_imports
from flake8_artifact_pin.repository.workspace import open_workspace

pytestmark = pytest.mark.once

GCS = "from google.cloud import storage\n"


@pytest.mark.parametrize("is_git", [True, False])
def test_store_imports(project: Project, is_git: bool) -> None:
    """Not in a comment, and not where nothing is judged."""
    repository = Repository(project, is_git=is_git)
    repository.write({
        "a.py": GCS, "b.py": "import google.cloud.storage as s\nimport boto3\n", "c.py": "# google.cloud.storage\n",
        "t/d.py": GCS, "e.py": "x = 1\n", "tool": f"#!/usr/bin/python3\n{GCS}",
        PINS: '[exempt]\n"t/" = "tests write nothing"\n[pins]\ntool = 1\n',
    })
    if is_git:
        repository.add({})
    workspace = open_workspace(None)
    expected = {"s3": ["b.py"], "gcs": ["a.py", "b.py", "tool"]}
    assert store_imports(workspace, workspace.files()) == expected
    assert store_imports(workspace, workspace.files(), ["gcs", "azure"]) == {"gcs": expected["gcs"]}
    assert store_imports(workspace, ["a.py"], []) == {}


def test_file_that_vanishes(repository: Repository) -> None:
    (repository.root / "a.py").symlink_to("nothing")
    repository.add({"b.py": GCS})
    workspace = open_workspace(None)
    assert store_imports(workspace, workspace.files()) == {"gcs": ["b.py"]}


def test_submodule(repository: Repository, project: Project) -> None:
    for name in ("m", "away"):
        Repository(project, name).commit({"a.py": GCS, "b.py": "x = 1\n"})
    repository.add({"c.py": GCS, PINS: ""})
    repository.shell("rm -rf away/* away/.git")
    workspace = open_workspace(None)
    assert store_imports(workspace, workspace.files()) == {"gcs": ["c.py", "m/a.py"]}
