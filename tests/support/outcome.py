"""What flake8 and the command leave behind."""
from __future__ import annotations

import json
from typing import NamedTuple


class Result(NamedTuple):
    """What a run of flake8 printed, and its exit status."""

    output: str
    status: int

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


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
