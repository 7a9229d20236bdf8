"""Find and read the pins file.

An unusable pins file raises no exception: its faults are data, to be reported like other findings.

TOML readers are imported on use: an editor starts flake8 at each save, and many projects have no pins.
"""
from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flake8_artifact_pin.pins.model import Fault
from flake8_artifact_pin.pins.model import FILE_NAME
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins

if TYPE_CHECKING:
    import tomli

PYPROJECT = "pyproject.toml"
_PYPROJECT_TABLE = ("tool", "artifact-pins")
_LONG_INTEGER = r"[+-]?[0-9_]{4301,}"
# The parser's time grows with the parts of a header, for each pair below it.
_MAX_DOTS = 100
_MAX_SIZE = 16 * 2**20


class PinsNotFoundError(Exception):
    """The pins file that the user named does not exist."""


def find_pins_file(named: object, cwd: str) -> str:
    """Return the path of the pins file that governs a run, or an empty string if there is none.

    ``named`` is the option's value, or None: a path, or a bare file name that is searched for from ``cwd`` upwards,
    like the default ones. Raise PinsNotFoundError if it names no file, or one that does not exist.
    """
    if named is None:
        return next(filter(_has_pins, _candidates((FILE_NAME, PYPROJECT), cwd)), "")
    if not isinstance(named, str) or not named:
        # argparse turns "--artifact-pins=--" into an empty list, and Flake8-pyproject passes lists on
        raise PinsNotFoundError("no file is named; name one, or leave the option out")
    if os.path.basename(named) != named:
        path, where = os.path.join(cwd, named), named
    else:
        path = next(filter(os.path.lexists, _candidates((named,), cwd)), "")
        where = f"{named!r} in {cwd} or a directory above it"
    if not os.path.lexists(path):
        raise PinsNotFoundError(f"there is no {where}; correct the path or create the file")
    return path


def ignored_pins_files(path: str) -> Sequence[str]:
    """Return the pins files in the same directory that flake8 ignores because it uses this one."""
    directory, used = os.path.split(path)
    others = (os.path.join(directory, name) for name in (FILE_NAME, PYPROJECT) if name != used)
    return [other for other in others if _has_pins(other)] if path else []


def load_pins(path: str, cwd: str) -> Pins:
    """Read the pins file, with all its faults; never raise. An empty ``path`` gives empty pins."""
    pins = Pins(path, cwd)
    if not path:
        return pins
    text, fault = read_text(path)
    if fault:
        return pins._replace(text=text, faults=(fault,))
    pins = parse_pins(pins, text)
    return pins._replace(faults=tuple(sorted([*pins.faults, *_directory_faults(pins)])))


def parse_pins(pins: Pins, text: str) -> Pins:
    """Return the pins of a pins file's text, with all its faults; never raise.

    The pinned files are not checked: the text may be an old one.
    """
    import tomli

    from flake8_artifact_pin.pins.schema import read_document

    pins = pins._replace(text=text)
    line = deep_line(text)
    try:
        document = {} if line else tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        return pins._replace(faults=find_conflicts(text) or (_syntax_fault(error),))
    except RecursionError:
        line = 1
    except ValueError:
        return pins._replace(faults=(_number_fault(text),))
    if line:
        return pins._replace(faults=(Fault(line, 0, "nested too deeply: use plain keys and values"),))
    table = _PYPROJECT_TABLE if pins.name == PYPROJECT else ()
    return read_document(pins._replace(table=table), document)


def missing_pins(pins: Pins) -> Sequence[Pin]:
    """Return the pins whose file does not exist."""
    from flake8_artifact_pin.pins.paths import on_disk

    return [pin for pin in pins.pins.values() if not os.path.isfile(os.path.join(pins.root, on_disk(pin.path)))]


def has_table(text: str) -> bool:
    """Return whether the text of a pyproject.toml has the table of the pins, or is unreadable and mentions it."""
    if "artifact-pins" not in text:
        return False
    try:
        return "artifact-pins" in _tools(text)
    except (ValueError, RecursionError):
        # an unreadable file must not look like one without pins
        return True


def flake8_table(directory: str) -> Mapping[str, object] | None:
    """Return [tool.flake8] of a directory's pyproject.toml; None if there is none or it cannot be read.

    With the plugin Flake8-pyproject, this table replaces flake8's own configuration.
    """
    text, fault = read_text(os.path.join(directory, PYPROJECT))
    try:
        table = None if fault else _tools(text).get("flake8")
    except (ValueError, RecursionError):
        return None
    return table if isinstance(table, dict) else None


def _tools(text: str) -> Mapping[str, object]:
    """Return the table [tool] of a pyproject.toml; an empty one if there is none. Raise what tomli raises."""
    import tomli

    tool = tomli.loads(text).get("tool")
    return tool if isinstance(tool, dict) else {}


def find_conflicts(text: str) -> tuple[Fault, ...]:
    """Return a fault for each conflict marker of an unresolved merge."""
    return tuple(
        Fault(number, 0, "unresolved merge: keep the decisions of both sides and remove the markers")
        for number, line in enumerate(text.split("\n"), start=1)
        if line.split(" ")[0].rstrip("\r") == "<<<<<<<"
    )


def read_text(path: str) -> tuple[str, Fault | None]:
    """Return the text of a file, and a fault if it cannot be read; never raise, and never block."""
    try:
        data = _read_bytes(path)
    except OSError as error:
        return "", Fault(1, 0, f"cannot be read ({error.strerror}): fix or remove it")
    except ValueError as error:
        return "", Fault(1, 0, str(error))
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        before = error.object[:error.start].decode(errors="replace")
        line, line_start = before.count("\n") + 1, before.rfind("\n") + 1
        problem = f"not UTF-8 (byte 0x{error.object[error.start]:02x}): save it as UTF-8"
        return data.decode(errors="replace"), Fault(line, len(before) - line_start, problem)


def _read_bytes(path: str) -> bytes:
    """Return the content of a regular file. Raise ValueError, saying why, for other and for too large files."""
    # opening a FIFO blocks until somebody writes into it, and opening a device may do anything
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):
        raise ValueError(f"{'a directory' if stat.S_ISDIR(mode) else 'not a regular file'}: put a file in its place")
    with open(path, "rb", opener=_open_without_waiting) as file:
        # some files below /proc have no data yet, like pipes, and some have no end
        data = file.read(_MAX_SIZE + 1) or b""
    if len(data) > _MAX_SIZE:
        raise ValueError(f"larger than {_MAX_SIZE // 2**20} MB: put another file in its place")
    return data


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _directory_faults(pins: Pins) -> Iterator[Fault]:
    """Yield a fault for each exempt directory without a trailing slash, which would exempt nothing."""
    from flake8_artifact_pin.pins.paths import on_disk

    for key in pins.exempt.reasons:
        if not key.endswith("/") and os.path.isdir(os.path.join(pins.root, on_disk(key))):
            from flake8_artifact_pin.pins.positions import exempt_position
            from flake8_artifact_pin.pins.quoting import quote

            yield Fault(*exempt_position(pins, key), f'{quote(key)} is a directory: write {quote(f"{key}/")}')


def deep_line(text: str) -> int:
    """Return the first line (1-based) with a key of too many parts; 0 if there is none."""
    for number, line in enumerate(text.split("\n"), start=1):
        key = line.partition("=")[0]
        # dots side by side are prose
        if key.count(".") > _MAX_DOTS and ".." not in key:
            return number
    return 0


def _syntax_fault(error: tomli.TOMLDecodeError) -> Fault:
    from flake8_artifact_pin.pins.toml import error_position

    hint = _syntax_hint(error.doc, error.msg, error.lineno)
    return Fault(*error_position(error), f"not valid TOML: {error.msg}{hint}")


def _number_fault(text: str) -> Fault:
    """Return the fault of a number that is too long for int() (CVE-2020-10735); tomli does not catch its ValueError."""
    from flake8_artifact_pin.pins.toml import positions_in
    from flake8_artifact_pin.pins.toml import tokens

    offset = next((token.start for token in tokens(text) if re.fullmatch(_LONG_INTEGER, token.text)), 0)
    return Fault(*positions_in(text)(offset), "a number is too long: correct it")


def _syntax_hint(text: str, message: str, line: int) -> str:
    """Return the probable mistake in an invalid TOML text; empty if the parser's message is enough.

    The parser's messages for a path that is pinned twice ("overwrite a value", "declare a table twice") and for a path
    without quotes do not help.
    """
    from flake8_artifact_pin.pins.toml import positions_in
    from flake8_artifact_pin.pins.toml import tokens

    position_of = positions_in(text)
    words: dict[int, set[str]] = {}
    for token in tokens(text):
        words.setdefault(position_of(token.start).line, set()).add(token.text)
    here = words.get(line, set())
    paths = {word for word in here if word.startswith(("'", '"'))}
    lines = [found for found in words.values() if not paths.isdisjoint(found)]
    if any("calls" in found for found in lines) and any("calls" not in found for found in lines):
        return ": a pin has a count or calls, not both"
    if message.startswith("Cannot") and len(lines) > 1:
        return ": keep one of the two"
    is_unquoted = message.startswith("Expected '='") and any("/" in word for word in here - paths)
    return ": a path needs quotes" if is_unquoted else ""


def _candidates(names: Sequence[str], cwd: str) -> Iterator[str]:
    """Yield the paths that a file may have, from a directory upwards, as flake8 searches for its configuration."""
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
        # an unreadable one is a fault to report, not a reason to search further up
        return os.path.lexists(path)
    if not os.path.isfile(path):
        return False
    text, fault = read_text(path)
    # an unreadable file may hold the pins
    return has_table(text) or fault is not None and not text
