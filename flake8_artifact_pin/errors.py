"""How a verb ends that cannot do its work."""
from __future__ import annotations

from typing import NamedTuple

#: The exit statuses of the command.
CLEAN, FINDINGS, ERROR = 0, 1, 2


class UsageError(Exception):
    """The command cannot do what the user asks: one line that says why and what to do."""


class RegistryFault(NamedTuple):
    """What makes a registry unusable, and what to do: ``place`` is its line and column (1-based), if that is known."""

    path: str
    problem: str
    place: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """The fault on a line."""
        return f"{':'.join(map(str, [self.path, *(self.place or ())]))}: {self.problem}"


class RegistryError(Exception):
    """The registry cannot be used, for these faults."""

    def __init__(self, *faults: RegistryFault) -> None:
        """Take the faults."""
        super().__init__("; ".join(fault.text for fault in faults))
        self.faults = faults
