"""The command ``flake8-artifact-pin``, and real git repositories to run it in."""
from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from conftest import Project

from flake8_artifact_pin.cli.main import main

COMMAND = (sys.executable, "-m", "flake8_artifact_pin")

# Whatever the machine's own git is told, and the names of what a hook of git runs with.
GIT = {
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_KEY_0": "protocol.file.allow",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_VALUE_0": "always",
}
PLACES = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")


class Outcome(NamedTuple):
    """What a run of the command wrote to standard output and standard error, and its exit status."""

    out: str
    err: str
    status: int

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def findings(self) -> list[tuple[str, int, int, str, str]]:
        """Path, line, column, code and text of each finding of ``check --format json``."""
        return [
            (found["path"], found["line"], found["column"], found["code"], found["text"])
            for found in json.loads(self.out)["findings"]
        ]

    @property
    def places(self) -> list[str]:
        """The findings of ``check --format json`` as "path:line:column: code"."""
        return [f"{path}:{line}:{column}: {code}" for path, line, column, code, _ in self.findings]


class Repository(Project):
    """A git repository in the project's directory, or in one below it, and the command run by a test in there."""

    def __init__(self, project: Project, directory: str = ".", *, is_git: bool = True) -> None:
        super().__init__(project.root / directory, project.monkeypatch, project.capture)
        self.root.mkdir(exist_ok=True)
        for name, value in GIT.items():
            self.monkeypatch.setenv(name, value)
        for name in PLACES:
            self.monkeypatch.delenv(name, raising=False)
        # no repository around the directory of tests plays a part
        self.monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.root.parent))
        if is_git:
            self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """Return what git prints."""
        process = subprocess.run(["git", *arguments], cwd=self.root, check=True, stdout=subprocess.PIPE)
        return os.fsdecode(process.stdout)

    def commit(self, files: Mapping[str, str | bytes], message: str = "change") -> None:
        """Write files and commit all that there is."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")

    def run(self, *arguments: str) -> Outcome:
        """Run the command within this process."""
        self.capture.readouterr()
        try:
            status = main(arguments)
        except SystemExit as error:
            assert isinstance(error.code, int)
            status = error.code
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = self.capture.readouterr()
        return Outcome(os.fsdecode(out), os.fsdecode(err), status)

    def check(self, *arguments: str) -> Outcome:
        """Run ``check --format json`` within this process."""
        return self.run("check", "--format=json", *arguments)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def run_process(*arguments: str, cwd: Path | None = None, **environment: str) -> Outcome:
    """Run the command as a user does, in an environment that differs in some variables."""
    return run_program(*COMMAND, *arguments, cwd=cwd, **environment)


def run_program(*arguments: str, cwd: Path | None = None, **environment: str) -> Outcome:
    """Run a program, in an environment that differs in some variables."""
    return _run(arguments, subprocess.PIPE, subprocess.PIPE, cwd, environment)


def run_on_terminal(stream: str, *arguments: str, **environment: str) -> tuple[str, Outcome]:
    """Run the command; return what the terminal shows that "stdout" or "stderr" is, and what the other one got."""
    parent, child = pty.openpty()
    streams = (child, subprocess.PIPE) if stream == "stdout" else (subprocess.PIPE, child)
    outcome = _run([*COMMAND, *arguments], *streams, None, {"TERM": "xterm", **environment})
    os.close(child)
    shown = b""
    # Linux ends what there is to be read with an error
    with contextlib.suppress(OSError):
        while data := os.read(parent, 1000):
            shown += data
    os.close(parent)
    return os.fsdecode(shown).replace("\r\n", "\n"), outcome


def run_without(stream: str, how: str, *arguments: str, **environment: str) -> Outcome:
    """Run the command while "stdout" or "stderr" is "closed", a "pipe" that nobody reads, or a file.

    What is written to that is not in the outcome.
    """
    command = [*COMMAND, *arguments]
    number = {"stdout": 1, "stderr": 2}[stream]
    if how == "closed":
        command = ["sh", "-c", f'exec "$@" {number}>&-', "sh", *command]
        return _run(command, subprocess.PIPE, subprocess.PIPE, None, environment)
    if how == "pipe":
        reader, file = os.pipe()
        os.close(reader)
    else:
        file = os.open(how, os.O_WRONLY)
    streams = (file, subprocess.PIPE) if stream == "stdout" else (subprocess.PIPE, file)
    try:
        return _run(command, *streams, None, environment)
    finally:
        os.close(file)


def _run(
    arguments: Sequence[str], out: int, err: int, cwd: Path | None, environment: Mapping[str, str],
) -> Outcome:
    process = subprocess.run(
        arguments,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        timeout=60,
    )
    return Outcome(os.fsdecode(process.stdout or b""), os.fsdecode(process.stderr or b""), process.returncode)
