"""The command ``flake8-artifact-pin`` run as a user does: as a process, on a terminal, without a stream."""
from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from support.outcome import Outcome

COMMAND = (sys.executable, "-m", "flake8_artifact_pin")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def run_process(*arguments: str, cwd: Path | None = None, **environment: str) -> Outcome:
    """Run the command as a user does, in an environment that differs in some variables."""
    return run_program(*COMMAND, *arguments, cwd=cwd, **environment)


def run_program(*arguments: str, cwd: Path | None = None, stdin: str = "", **environment: str) -> Outcome:
    """Run a program, in an environment that differs in some variables."""
    return _run(arguments, subprocess.PIPE, subprocess.PIPE, cwd, environment, stdin)


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
    arguments: Sequence[str], out: int, err: int, cwd: Path | None, environment: Mapping[str, str], stdin: str = "",
) -> Outcome:
    process = subprocess.run(
        arguments,
        cwd=cwd,
        env={**os.environ, **environment},
        input=stdin.encode(),
        stdout=out,
        stderr=err,
        timeout=60,
    )
    return Outcome(os.fsdecode(process.stdout or b""), os.fsdecode(process.stderr or b""), process.returncode)
