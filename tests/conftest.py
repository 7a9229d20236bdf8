from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support import Project
from support import Repository

from flake8_artifact_pin.checker import ArtifactPinChecker
from flake8_artifact_pin.reporter import ArtifactPinReporter

# What needs packages of its own: each is run by itself, with the option of its name.
APART = {
    "corpus": "run only the comparison on large installed packages",
    "clients": "run only the tests with editors' clients",
    "neighbours": "run only the tests with other plugins, reporters and pre-commit",
}

# A run says of the same code what the last run said: new cases are for tests/tools/fuzz.py, and for
# --hypothesis-profile=default. No deadline: a machine may be busy.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, description in APART.items():
        parser.addoption(f"--{name}", action="store_true", help=description)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A run has the packages that some of the tests need, or it is fast."""
    chosen = {name for name in APART if config.getoption(name)}
    wanted = [item for item in items if {name for name in APART if item.get_closest_marker(name)} == chosen]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


@pytest.fixture(scope="session", autouse=True)
def plugins_only() -> Iterator[None]:
    """Let flake8, which reads the metadata of all that is installed at each start, find what has plugins for it."""
    distributions = importlib.metadata.distributions
    found = [
        distribution for distribution in distributions()
        if any(entry.group.startswith("flake8.") for entry in distribution.entry_points)
    ]
    with pytest.MonkeyPatch.context() as context:
        context.setattr(importlib.metadata, "distributions", lambda **named: distributions(**named) if named else found)
        yield


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes],
) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    return Project(root, monkeypatch, capfdbinary)


@pytest.fixture
def repository(project: Project) -> Repository:
    """Return a git repository without a commit."""
    return Repository(project)


@pytest.fixture
def directory(project: Project) -> Repository:
    """Return a directory that is in no repository."""
    return Repository(project, is_git=False)


@pytest.fixture(autouse=True)
def restored_state() -> Iterator[None]:
    """A run leaves its pins on the classes, and flake8's log open; no test is to see those of another."""
    pins = ArtifactPinChecker.pins
    log = logging.getLogger("flake8")
    handlers, level = [*log.handlers], log.level
    yield
    ArtifactPinChecker.pins = pins
    ArtifactPinReporter.interposition = None
    log.handlers[:] = handlers
    log.setLevel(level)
