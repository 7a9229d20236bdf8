"""A directory with files, and flake8 run in it."""
from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from flake8.main.cli import main
from flake8.utils import stdin_get_value
from support.outcome import Result

# the name of a pins file, and a source with one PUT call
PINS = "artifact-pins.toml"
PUT = "s3.put_object()\n"


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

    def read(self, name: str) -> str:
        """Return the text of a file, with its line ends as they are."""
        return (self.root / name).read_bytes().decode()

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
