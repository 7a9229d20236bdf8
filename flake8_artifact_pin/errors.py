"""The exceptions for users' mistakes, and the exit statuses."""
from __future__ import annotations

from typing import NamedTuple

#: The exit statuses of the command.
CLEAN, FINDINGS, ERROR = 0, 1, 2


class UsageError(Exception):
    """The command cannot do what the user asks. The message is one line: what is wrong, and what to do."""


class RegistryFault(NamedTuple):
    """A problem that makes a registry unusable, and what to do; ``place`` is line and column (1-based), if known."""

    path: str
    problem: str
    place: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """The fault as one line."""
        return f"{':'.join(map(str, [self.path, *(self.place or ())]))}: {self.problem}"


class RegistryError(Exception):
    """The registry cannot be used because of its faults."""

    def __init__(self, *faults: RegistryFault) -> None:
        """Take the faults."""
        super().__init__("; ".join(fault.text for fault in faults))
        self.faults = faults
