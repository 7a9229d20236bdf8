"""A line of the result of ``diff``."""
from __future__ import annotations

from typing import NamedTuple


class Change(NamedTuple):
    """A line of the result; the names of the fields are those of the JSON format.

    ``subject`` is "call", "pin", "exempt", "setting" or "wrapper"; ``kind`` says what became of it. ``path`` is
    relative to the working directory and ``line`` is 1-based; of what is gone they are those in the base.
    ``artifact`` is the key template of a call. ``undecided``: an artifact came, or a pin was raised, and nobody
    decided on it.
    """

    subject: str
    kind: str
    path: str
    line: int
    text: str
    artifact: str = ""
    undecided: bool = False
