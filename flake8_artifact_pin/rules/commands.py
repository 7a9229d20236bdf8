"""The commands in messages."""
from __future__ import annotations

import os

from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import relative

#: Create a pins file.
INIT = "flake8-artifact-pin init"
#: Lower and remove stale pins.
PRUNE = "flake8-artifact-pin prune"
#: Move decisions to the pins of their moved calls.
MOVED = "flake8-artifact-pin decide --moved"


def decide(pins: Pins, path: str, line: int | None = None) -> str:
    """Return the command that records a decision on a file (its path in the pins file) or on a line of it."""
    place = path_from_here(pins, path)
    return f"flake8-artifact-pin decide {quoted(place if line is None else f'{place}:{line}')}"


def path_from_here(pins: Pins, path: str) -> str:
    """Return a path of the pins file relative to the working directory."""
    if pins.root == pins.cwd:
        return path
    return relative(os.path.join(os.path.realpath(pins.root), path), os.path.realpath(pins.cwd))


def quoted(argument: str) -> str:
    """Return an argument quoted for a shell, which no command takes for an option.

    Characters that a message cannot show, such as a line break, are escaped for Bash and Zsh, so that the command names
    the right file.
    """
    import shlex
    import unicodedata

    argument = f"./{argument}" if argument.startswith("-") else argument
    if argument.isprintable() and unicodedata.is_normalized("NFC", argument):
        return shlex.quote(argument)
    escaped = argument.encode("unicode_escape").decode("ascii").replace("'", r"\'")
    return f"$'{escaped}'"
