"""The changes that ``diff`` lists."""
from __future__ import annotations

from typing import NamedTuple


class Change(NamedTuple):
    """A change, one line of the result. The JSON format uses the names of these fields.

    ``subject`` is "call", "pin", "exempt", "setting" or "wrapper"; ``kind`` says how it changed. ``path`` is relative
    to the working directory and ``line`` is 1-based; for removed subjects they are those in the base. ``artifact`` is
    the key template of a call. ``undecided``: an artifact is new or a pin was raised, and nobody decided on it.
    """

    subject: str
    kind: str
    path: str
    line: int
    text: str
    artifact: str = ""
    undecided: bool = False
