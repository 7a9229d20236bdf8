"""The commands that messages tell a person to run."""
from __future__ import annotations

import os

from flake8_artifact_pin.pins.model import Pins

#: Starts a pins file.
INIT = "flake8-artifact-pin init"
#: Lowers pins to what their files make.
PRUNE = "flake8-artifact-pin prune"
#: Puts decisions where their calls are now.
MOVED = "flake8-artifact-pin decide --moved"


def decide(pins: Pins, path: str, line: int | None = None) -> str:
    """Return the command that records a decision on a file of the pins file, or on the PUT call on a line of it."""
    place = path_from_here(pins, path)
    return f"flake8-artifact-pin decide {quoted(place if line is None else f'{place}:{line}')}"


def path_from_here(pins: Pins, path: str) -> str:
    """Return a path of the pins file as it is to be written in the working directory."""
    if pins.root == pins.cwd:
        return path
    full = os.path.join(os.path.realpath(pins.root), path)
    try:
        return os.path.relpath(full, os.path.realpath(pins.cwd))
    except ValueError:
        # another drive
        return full


def quoted(argument: str) -> str:
    """Return an argument as a shell wants it, and so that it is not taken for an option.

    One that a message cannot show as it is, such as a line break, would name another file there: it is escaped as Bash
    and Zsh read it.
    """
    import shlex
    import unicodedata

    argument = f"./{argument}" if argument.startswith("-") else argument
    if argument.isprintable() and unicodedata.is_normalized("NFC", argument):
        return shlex.quote(argument)
    escaped = argument.encode("unicode_escape").decode("ascii").replace("'", r"\'")
    return f"$'{escaped}'"
