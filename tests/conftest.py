from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import NamedTuple

import pytest
from flake8.main.cli import main
from flake8.utils import stdin_get_value
from hypothesis import settings

from flake8_artifact_pin.checker import ArtifactPinChecker
from flake8_artifact_pin.reporter import ArtifactPinReporter


# What needs packages of its own: each is run by itself, with the option of its name.
APART = {
    "corpus": "run only the comparison on large installed packages",
    "clients": "run only the tests with editors' clients",
    "neighbours": "run only the tests with other plugins, reporters and pre-commit",
}

# A run says of the same code what the last run said: new cases are for tests/fuzz.py, and for
# --hypothesis-profile=default.
settings.register_profile("repeatable", derandomize=True)
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


class Result(NamedTuple):
    """What a run of flake8 printed, and its exit status."""

    output: str
    status: int

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


class Project:
    """A directory that is the working directory of the test, and flake8 run in it."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        self.root = root
        self.monkeypatch = monkeypatch
        self.capture = capfdbinary

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files; text is written as UTF-8 with its line ends as they are."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def flake8(self, *arguments: str, stdin: str | bytes | None = None) -> Result:
        """Run flake8 with the codes that matter, whatever the configuration selects."""
        return self.configured_flake8("--select=APR,E9", *arguments, stdin=stdin)

    def configured_flake8(self, *arguments: str, stdin: str | bytes | None = None) -> Result:
        """Run flake8 within this process: fast, and the same process is used over and over as by an editor."""
        with self.monkeypatch.context() as context:
            if stdin is not None:
                data = stdin.encode() if isinstance(stdin, str) else stdin
                context.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
                # one process of flake8 reads standard input once
                getattr(stdin_get_value, "cache_clear")()
            self.capture.readouterr()
            status = main(["-j1", *arguments])
            sys.stdout.flush()
            return Result(self.capture.readouterr().out.decode(), status)

    def flake8_process(self, *arguments: str, **options: Any) -> Result:
        """Run flake8 as a user does; whatever it prints on stderr is part of the output."""
        process = subprocess.run(
            [sys.executable, "-m", "flake8", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            **{"cwd": self.root, **options},
        )
        return Result(process.stdout, process.returncode)


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes],
) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    return Project(root, monkeypatch, capfdbinary)


@pytest.fixture(autouse=True)
def restored_state() -> Iterator[None]:
    """A run leaves its pins on the classes, and flake8's log open; no test is to see those of another."""
    pins, matcher = ArtifactPinChecker.pins, ArtifactPinChecker.matcher
    log = logging.getLogger("flake8")
    handlers, level = [*log.handlers], log.level
    yield
    ArtifactPinChecker.pins, ArtifactPinChecker.matcher = pins, matcher
    ArtifactPinReporter.interposition = None
    log.handlers[:] = handlers
    log.setLevel(level)
