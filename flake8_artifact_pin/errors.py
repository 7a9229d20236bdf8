"""How a verb ends that cannot do its work."""
from __future__ import annotations

from collections.abc import Sequence

#: The exit statuses of the command.
CLEAN, FINDINGS, ERROR = 0, 1, 2


class UsageError(Exception):
    """The command cannot do what the user asks: one line that says why and what to do."""


class RegistryError(Exception):
    """The registry cannot be used; ``lines`` say where, why, and what to do."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Take the lines, each about one fault."""
        super().__init__("; ".join(lines))
        self.lines = lines
