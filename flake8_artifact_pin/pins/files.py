"""Find and read the pins file.

A pins file that cannot be used is not an exception: its faults are data, to be reported like any other finding.
"""
from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from collections.abc import Sequence

import tomli

from flake8_artifact_pin.pins.model import Fault
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.schema import read_document
from flake8_artifact_pin.pins.toml import error_position
from flake8_artifact_pin.pins.toml import Position
from flake8_artifact_pin.pins.toml import tokens

PYPROJECT = "pyproject.toml"
_PYPROJECT_TABLE = ("tool", "artifact-pins")
_LONG_INTEGER = re.compile(r"[+-]?[0-9_]{4301,}")


class PinsNotFoundError(Exception):
    """The pins file that the user names does not exist."""


def find_pins_file(named: str | None, cwd: str) -> str:
    """Return the path of the pins file that governs a run, or an empty string if there is none.

    ``named`` is the option's value: a path, or a bare file name to be looked for like the default ones, from
    ``cwd`` upwards. Raise PinsNotFoundError if it names a file that does not exist.
    """
    if named is None:
        return next(filter(_has_pins, _candidates((FILE_NAME, PYPROJECT), cwd)), "")
    if os.path.basename(named) != named:
        path, where = os.path.join(cwd, named), named
    else:
        path = next(filter(os.path.lexists, _candidates((named,), cwd)), "")
        where = f"{named!r} in {cwd} or a directory above it"
    if not named or not os.path.lexists(path):
        raise PinsNotFoundError(f"there is no {where}; correct the path or create the file")
    return path


def load_pins(path: str, cwd: str) -> Pins:
    """Return what the pins file says, with all of its faults; never raise."""
    pins = Pins(path, cwd)
    if not path:
        return pins
    text, fault = read_text(path)
    return pins._replace(text=text, faults=(fault,)) if fault else parse_pins(pins, text)


def parse_pins(pins: Pins, text: str) -> Pins:
    """Return the pins with what the text of their file says, and with all of its faults; never raise."""
    pins = pins._replace(text=text)
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        conflicts = find_conflicts(text)
        syntax = Fault(*error_position(error), f"not valid TOML: {error.msg}{_syntax_hint(text, error)}")
        return pins._replace(faults=conflicts or (syntax,))
    except RecursionError:
        return pins._replace(faults=(Fault(1, 0, "nested too deeply: use plain keys and values"),))
    except ValueError:
        # Python refuses to convert a longer number (CVE-2020-10735), and tomli lets that pass
        numbers = (token.position for token in tokens(text) if _LONG_INTEGER.fullmatch(token.text))
        return pins._replace(faults=(Fault(*next(numbers, Position(1, 0)), "a number is too long: correct it"),))
    table = _PYPROJECT_TABLE if pins.name == PYPROJECT else ()
    return read_document(pins._replace(table=table), document)


def _syntax_hint(text: str, error: tomli.TOMLDecodeError) -> str:
    """Return what is probably wrong with a text that is no valid TOML; empty if that is said already.

    TOML's own words for a path that is pinned twice, on values that are overwritten and tables that are declared twice,
    help nobody; neither do those for a path without quotes.
    """
    words: dict[int, set[str]] = {}
    for token in tokens(text):
        words.setdefault(token.position.line, set()).add(token.text)
    here = words.get(error.lineno, set())
    paths = {word for word in here if word.startswith(("'", '"'))}
    lines = [found for found in words.values() if not paths.isdisjoint(found)]
    if any("calls" in found for found in lines) and any("calls" not in found for found in lines):
        return ": a pin has a count or calls, not both"
    if error.msg.startswith("Cannot") and len(lines) > 1:
        return ": keep one of the two"
    is_unquoted = error.msg.startswith("Expected '='") and any("/" in word for word in here - paths)
    return ": a path needs quotes" if is_unquoted else ""


def _candidates(names: Sequence[str], cwd: str) -> Iterator[str]:
    """Yield where a file may be, from a directory upwards, as far as flake8 looks for its own configuration."""
    home = os.path.realpath(os.path.expanduser("~"))
    directory = cwd
    while True:
        yield from (os.path.join(directory, name) for name in names)
        parent = os.path.dirname(directory)
        if parent == directory or os.path.realpath(parent) == home:
            return
        directory = parent


def _has_pins(path: str) -> bool:
    if os.path.basename(path) == FILE_NAME:
        # one that cannot be read is a fault to report, not a reason to look further up
        return os.path.lexists(path)
    if not os.path.isfile(path):
        return False
    text, fault = read_text(path)
    # what cannot be read at all may hold the pins
    return has_table(text) or fault is not None and not text


def has_table(text: str) -> bool:
    """Return whether the text of a pyproject.toml has the table of the pins, as far as it can be understood."""
    if "artifact-pins" not in text:
        return False
    try:
        tool = tomli.loads(text).get("tool")
    except (ValueError, RecursionError):
        # it seems to hold the pins, and that it cannot be read must not look like having none
        return True
    return isinstance(tool, dict) and "artifact-pins" in tool


def find_conflicts(text: str) -> tuple[Fault, ...]:
    """Return a fault for each conflict marker of a merge that nobody resolved."""
    return tuple(
        Fault(number, 0, "unresolved merge: keep one side and remove the markers")
        for number, line in enumerate(text.split("\n"), start=1)
        if line.split(" ")[0].rstrip("\r") == "<<<<<<<"
    )


def read_text(path: str) -> tuple[str, Fault | None]:
    """Return the text of a file, and why it cannot be read if it cannot; never raise, and never wait for a pipe."""
    try:
        # opening a FIFO would wait for somebody to write into it
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "no regular file"
            return "", Fault(1, 0, f"{kind}: put a file in its place")
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        return "", Fault(1, 0, f"cannot be read ({error.strerror}): mend or remove it")
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        before = error.object[:error.start].decode(errors="replace")
        line, line_start = before.count("\n") + 1, before.rfind("\n") + 1
        problem = f"not UTF-8 (byte 0x{error.object[error.start]:02x}): save it as UTF-8"
        return data.decode(errors="replace"), Fault(line, len(before) - line_start, problem)
