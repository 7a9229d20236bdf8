"""Edit some pins of a pins file and leave every other character as it is, then write it as a whole or not at all."""
from __future__ import annotations

import codecs
import contextlib
import errno
import os
import re
import stat
import tempfile
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from typing import NamedTuple

import tomli
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable
from tomlkit.items import InlineTable
from tomlkit.items import Item
from tomlkit.items import Key
from tomlkit.items import Table
from tomlkit.items import Whitespace

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.model import quote
from flake8_artifact_pin.pins.toml import Path
from flake8_artifact_pin.pins.toml import statement_key
from flake8_artifact_pin.pins.toml import tokens

# A comment that ``init`` wrote above a pin, one for each of its calls.
_CALL_COMMENT = re.compile(r"\s*# line \d+: ")
# No other character than a line feed ends a line of TOML.
_LINE = re.compile(r".*\n|.+")
# What parsing raises, and what tomlkit has been seen to raise where a table is written in several pieces.
_TOML_ERRORS = (TOMLKitError, ValueError, LookupError, TypeError, AttributeError)


class Edit(NamedTuple):
    """What becomes of a pin: what it allows, None if it is to be removed, and its new key if it is to be moved.

    ``removed_calls`` are the keys of those that it names and no longer shall.
    """

    allowed: int | None
    key: str = ""
    removed_calls: Collection[str] = ()


class UneditableError(Exception):
    """The pins are written in a way that cannot be edited safely."""


def edit_pins(pins: Pins, edits: Mapping[str, Edit]) -> str:
    """Return the text of the pins file after some edits, each for the key of a pin.

    With the lines of a pin that is removed go the comments that ``init`` wrote directly above them. Raise
    UneditableError if the result would not say what it should.
    """
    try:
        text = _edited(pins, edits)
        if pins.table and pins.table[-1] not in _table_at(tomli.loads(text), pins.table[:-1]):
            text = _with_table(pins, text)
        document, _ = _read_document(pins, text)
    except _TOML_ERRORS as error:
        raise UneditableError from error
    if document != _expected_document(pins, edits):
        raise UneditableError
    return text


def replace_text(path: str, shown: str, old: str, new: str) -> None:
    """Write a file anew in one step: whenever this is ended, there is the old text or the new one.

    Permissions are kept, and the owner if possible. Raise UsageError if the file no longer has the old text, or if
    it cannot be written.
    """
    target = os.path.realpath(path)
    try:
        if not os.access(target, os.W_OK):
            # replacing it takes no permission but that of its directory
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        mark = codecs.BOM_UTF8 if _read(target).startswith(codecs.BOM_UTF8) else b""
        with _temporary_copy(target, mark + new.encode()) as temporary:
            if _read(target) != mark + old.encode():
                raise UsageError(f"{shown} changed meanwhile: run it again")
            os.replace(temporary, target)
    except OSError as error:
        raise UsageError(f"{shown} cannot be written ({error.strerror}): nothing has changed")


def split_lines(text: str) -> list[str]:
    """Return the lines of a TOML text, each with its end."""
    return _LINE.findall(text)


def _edited(pins: Pins, edits: Mapping[str, Edit]) -> str:
    place = (*pins.table, "pins")
    removed = {(*place, key) for key, edit in edits.items() if edit.allowed is None}
    removed |= {(*place, key, "calls", call) for key, edit in edits.items() for call in edit.removed_calls}
    # a pin that is removed is nowhere any more
    return _with_edits(_without(pins.text, removed), place, edits)


def _without(text: str, removed: AbstractSet[Path]) -> str:
    """Return a text without what is written at some paths."""
    lines = split_lines(text)
    edited: list[str | None] = [*lines]
    below: dict[Path, list[Path]] = {}
    for gone in removed:
        for length in range(len(gone)):
            below.setdefault(gone[:length], []).append(gone[length:])
    for first, end, table, path in _placed_statements(text):
        statement = "".join(lines[first:end])
        full = (*table, *path)
        new_statement = statement
        if any(full[:length] in removed for length in range(1, len(full) + 1)):
            new_statement = ""
            while first and _CALL_COMMENT.match(lines[first - 1]):
                first -= 1
        elif full in below:
            new_statement = _without_members(statement, path, below[full])
        edited[first:end] = [new_statement or None, *[None] * (end - first - 1)]
    return "".join(_without_gaps(edited))


def _without_members(statement: str, path: Path, members: Sequence[Path]) -> str:
    """Return a pair without what is written at some paths within its value, an inline table; a header as it is."""
    if statement.lstrip().startswith("["):
        return statement
    document = tomlkit.parse(statement)
    value: Any = document
    for key in path:
        value = value[key]
    _remove_members(value, members)
    return tomlkit.dumps(document)


def _with_edits(text: str, place: Path, edits: Mapping[str, Edit]) -> str:
    """Return a text with other counts and keys for some pins; ``place`` is the path of the table of the pins."""
    lines = split_lines(text)
    edited = [*lines]
    for first, end, table, path in _placed_statements(text):
        statement = "".join(lines[first:end])
        if not table and path and statement.lstrip().startswith("["):
            new_statement = _edit_statement(statement, place, edits)
        elif table[:len(place)] != place[:len(table)]:
            continue
        elif len(table) <= len(place):
            new_statement = _edit_statement(statement, place[len(table):], edits)
        else:
            new_statement = _edit_pair(statement, table[len(place):], edits)
        edited[first:end] = [new_statement, *[""] * (end - first - 1)]
    return "".join(edited)


def _placed_statements(text: str) -> Iterator[tuple[int, int, Path, Path]]:
    """Yield the lines of each statement, the path of the table that it is in, and its own key below that.

    The table of a header is the document.
    """
    lines = split_lines(text)
    table: Path = ()
    for first, end in _statements(text):
        statement = "".join(lines[first:end])
        path = statement_key(statement)
        if statement.lstrip().startswith("["):
            yield first, end, (), path
            table = path
        else:
            yield first, end, table, path


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Yield the lines of each header and of each pair of key and value: its first one and the one after its last."""
    first = None
    depth = 0
    for token in tokens(f"{text}\n"):
        if token.kind != "newline":
            first = token.position.line - 1 if first is None else first
            depth += (token.text in ("[", "{")) - (token.text in ("]", "}"))
        elif first is not None and depth == 0:
            yield first, token.position.line
            first = None


def _edit_pair(text: str, below: Path, edits: Mapping[str, Edit]) -> str:
    """Return a pair of a pin's own table after the edits; ``below`` is the key of the pin, and of tables in it."""
    edit = edits.get(below[0])
    if edit is None or len(below) > 1:
        return text
    document = tomlkit.parse(text)
    _set_count(document, edit.allowed)
    return tomlkit.dumps(document)


def _edit_statement(text: str, above: Path, edits: Mapping[str, Edit]) -> str:
    """Return a header or a pair after the edits; ``above`` are the keys from its table to the table of the pins."""
    keys = [key for key in _table_at(tomli.loads(text), above) if key in edits]
    if not keys:
        return text
    document = tomlkit.parse(text)
    table: Any = document
    for key in above:
        table = table[key]
    for key in keys:
        _edit_pin(table, key, edits[key])
    return tomlkit.dumps(document)


def _table_at(document: Any, path: Path) -> Mapping[str, Any]:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def _edit_pin(table: Any, key: str, edit: Edit) -> None:
    pin = table[key]
    if isinstance(pin, dict):
        _set_count(pin, edit.allowed)
    elif pin != edit.allowed:
        table[key] = edit.allowed
    if edit.key:
        _rename(table, key, edit.key)


def _set_count(pin: dict[str, Any], count: int | None) -> None:
    # one that is right may be written in a way of its own, and a pin that names its calls has none
    if pin.get("count", count) != count:
        pin["count"] = count


def _rename(table: Any, old: str, new: str) -> None:
    """Give a key another name at its place: tomlkit itself can only remove it and append another one."""
    body = table.value.body if isinstance(table, AbstractTable) else table.body
    for index, (key, item) in enumerate(body):
        if key is not None and key.key == old:
            body[index] = _renamed(key, new), item
            if isinstance(item, Table):
                item.invalidate_display_name()


def _renamed(key: Key, name: str) -> Key:
    """Return a key with another name and the same space around it, which tomlkit can only parse."""
    written = key.as_string().replace(key.as_string().strip(), quote(name))
    table: Any = tomlkit.parse(f"x.{written}{'.y' if key.is_dotted() else ''}=0")["x"]
    new_key: Key = table.value.body[0][0]
    new_key.sep = key.sep
    return new_key


def _remove_members(table: InlineTable, paths: Sequence[Path]) -> None:
    """Remove what is written at some paths within an inline table, be their keys dotted or their tables nested."""
    body = table.value.body
    by_key: dict[str, list[Path]] = {}
    for path in paths:
        by_key.setdefault(path[0], []).append(path)
    # all that is to be known before anything is removed: tomlkit does not know of it
    found = [
        (index, [path for path in by_key.get(key.key, ()) if _has_key(item, path[1:])])
        for index, (key, item) in enumerate(body)
        if key is not None
    ]
    for index, members in reversed(found):
        item: Any = body[index][1]
        rests = [path[1:] for path in members]
        while all(rests) and rests and not isinstance(item, InlineTable):
            item, rests = item[rests[0][0]], [rest[1:] for rest in rests]
        if rests and all(rests):
            _remove_members(item, rests)
        elif rests:
            _remove_member(body, index)


def _remove_member(body: list[tuple[Key | None, Item]], index: int) -> None:
    """Remove a member with one comma and the space around it, which tomlkit leaves."""
    commas = [place for place, (_, item) in enumerate(body) if isinstance(item, Whitespace) and item.s == ","]
    # the one that follows; there may be none after the last member, and then the one before it is too many
    gone = [index, *([place for place in commas if place > index][:1] or commas[-1:])]
    for place in sorted(gone, reverse=True):
        del body[place]
    _close_gap(body, index - sum(place < index for place in gone))


def _has_key(item: Any, path: Path) -> bool:
    for key in path:
        if not isinstance(item, dict) or key not in item:
            return False
        item = item[key]
    return True


def _close_gap(body: list[tuple[Key | None, Item]], index: int) -> None:
    """Leave one piece of white space where something is gone before an index: one with a line's end if there is one."""
    while 0 < index < len(body):
        before, after = body[index - 1][1], body[index][1]
        if not (isinstance(before, Whitespace) and isinstance(after, Whitespace) and "," not in before.s + after.s):
            return
        del body[index - 1 if "\n" in after.s else index]


def _without_gaps(lines: list[str | None]) -> list[str]:
    """Return the lines that are left; of empty lines around some that are gone, those before them are enough."""
    left: list[str] = []
    is_gap = False
    for line in lines:
        if line is None:
            is_gap = True
        elif line.strip() or not is_gap or (left and left[-1].strip()):
            left.append(line)
            is_gap = False
    while is_gap and left and not left[-1].strip():
        left.pop()
    return left


def _with_table(pins: Pins, text: str) -> str:
    """Return a text with the table that makes it a pins file, which may go with its last pin."""
    line_end = "\r\n" if "\r\n" in pins.text else "\n"
    start = text + line_end if text and not text.endswith("\n") else text
    return f"{start}[{'.'.join(pins.table)}.pins]{line_end}"


def _read_document(pins: Pins, text: str) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return what a text says, and the table of the pins in it, which is added if it is missing."""
    # floats as they are written: one of them is not equal to itself
    document = tomli.loads(text, parse_float=str)
    table = document
    for key in (*pins.table, "pins"):
        table = table.setdefault(key, {})
    return document, table


def _expected_document(pins: Pins, edits: Mapping[str, Edit]) -> Mapping[str, Any]:
    document, table = _read_document(pins, pins.text)
    for key, edit in edits.items():
        pin = table.pop(key)
        if edit.allowed is not None:
            table[edit.key or key] = _expected_pin(pin, edit)
    return document


def _expected_pin(pin: Any, edit: Edit) -> Any:
    if not isinstance(pin, dict):
        return edit.allowed
    if "calls" not in pin:
        return {**pin, "count": edit.allowed}
    return {**pin, "calls": {call: pin["calls"][call] for call in pin["calls"] if call not in edit.removed_calls}}


@contextlib.contextmanager
def _temporary_copy(target: str, data: bytes) -> Iterator[str]:
    """Yield the path of a file beside another one, with its permissions; it is gone after that, moved or not."""
    status = os.stat(target)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(target)}.", dir=os.path.dirname(target))
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(AttributeError, PermissionError):
            # there is no such thing on Windows, and elsewhere only root may give a file away
            os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        yield temporary
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
