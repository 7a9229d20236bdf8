"""Edit the pins of a pins file. All other characters stay as they are."""
from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple
from typing import TypeAlias

import tomli

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.change import change
from flake8_artifact_pin.pins.change import name_calls
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.quoting import decision_data
from flake8_artifact_pin.pins.splice import Splicer
from flake8_artifact_pin.pins.toml import Path

#: A parsed TOML table.
Table: TypeAlias = "dict[str, Any]"


class UneditableError(UsageError):
    """The pins are written in a way that cannot be edited safely, or the edited pin is missing."""

    def __init__(self) -> None:
        super().__init__("the pins file is written in a way that cannot be edited safely: edit it by hand")


class SetCount(NamedTuple):
    """Change the number of calls that a pin allows. In every edit, ``key`` is the pin's key as the file spells it."""

    key: str
    allowed: int

    def apply(self, pins: Table) -> None:
        """Apply the edit to the parsed table of the pins. Raise LookupError or TypeError if it does not fit."""
        if isinstance(pins[self.key], dict):
            pins[self.key]["count"] = self.allowed
        else:
            pins[self.key] = self.allowed


class SetDecision(NamedTuple):
    """Replace the decision of a count pin, or that of a named ``call`` of a pin."""

    key: str
    decision: Decision
    call: str = ""

    def apply(self, pins: Table) -> None:
        table, key = (pins[self.key]["calls"], self.call) if self.call else (pins, self.key)
        if isinstance(table[key], dict):
            kept = {field: value for field, value in table[key].items() if field not in Decision._fields}
            table[key] = {**kept, **decision_data(self.decision)}
        else:
            table[key] = _counting(table[key], self.decision)


class RemovePin(NamedTuple):
    """Remove a pin."""

    key: str

    def apply(self, pins: Table) -> None:
        del pins[self.key]


class RemoveCall(NamedTuple):
    """Remove a named call from a pin."""

    key: str
    call: str

    def apply(self, pins: Table) -> None:
        del pins[self.key]["calls"][self.call]


class RenamePin(NamedTuple):
    """Change the path of a pin, without moving it."""

    key: str
    new: str

    @property
    def path(self) -> Path:
        """The keys of the table of pins that lead to the renamed one."""
        return (self.key,)

    def apply(self, pins: Table) -> None:
        _add(pins, self.new, pins.pop(self.key))


class RenameCall(NamedTuple):
    """Rename a named call of a pin, without moving it."""

    key: str
    call: str
    new: str

    @property
    def path(self) -> Path:
        return self.key, "calls", self.call

    def apply(self, pins: Table) -> None:
        calls = pins[self.key]["calls"]
        _add(calls, self.new, calls.pop(self.call))


class AddPin(NamedTuple):
    """Add a pin beside its neighbours: a count pin, or one with named ``calls``, each with its decision."""

    key: str
    allowed: int = 0
    decision: Decision = Decision()
    calls: Mapping[str, Decision] | None = None

    def apply(self, pins: Table) -> None:
        pin = _counting(self.allowed, self.decision) if self.calls is None else _naming(self.calls)
        _add(pins, self.key, pin)


class AddCall(NamedTuple):
    """Add a named call to a pin."""

    key: str
    call: str
    decision: Decision = Decision()

    def apply(self, pins: Table) -> None:
        _add(pins[self.key]["calls"], self.call, decision_data(self.decision))


class NameCalls(NamedTuple):
    """Turn a count pin into one with named calls, each with its decision. Comments beside the count are kept."""

    key: str
    calls: Mapping[str, Decision]

    def apply(self, pins: Table) -> None:
        pins[self.key] = _naming(self.calls)


Edit: TypeAlias = (
    SetCount | SetDecision | RemovePin | RemoveCall | RenamePin | RenameCall | AddPin | AddCall | NameCalls
)


def edit_pins(pins: Pins, edits: Iterable[Edit]) -> str:
    """Return the text of the pins file after some edits, one after the other.

    The result is parsed again and compared. Raise UneditableError if it differs from what the edits ask for, or if an
    edit is for a missing pin or call.
    """
    text = pins.text
    # edits that move nothing are done in one pass
    for kind, group in itertools.groupby(edits, _kind):
        for together in [[edit] for edit in group] if kind == "add" else [list(group)]:
            text = _edited(text, pins.table, together)
    return text


def _kind(edit: Edit) -> str:
    if isinstance(edit, (RenamePin, RenameCall)):
        return "rename"
    return "add" if isinstance(edit, (AddPin, AddCall, NameCalls)) else "change"


def _edited(text: str, table: Path, edits: Sequence[Edit]) -> str:
    """Return a text after edits of one kind."""
    path = (*table, "pins")
    # read floats as text: nan does not equal itself
    expected = tomli.loads(text, parse_float=str)
    new = _pins_of(expected, path)
    old = copy.deepcopy(new)
    try:
        for edit in edits:
            edit.apply(new)
        edited = _with_table(_spliced(text, path, edits, old, new), table, "\r\n" if "\r\n" in text else "\n")
        document = tomli.loads(edited, parse_float=str)
    except (LookupError, TypeError, tomli.TOMLDecodeError) as error:
        raise UneditableError from error
    if _comparable(document, path) != _comparable(expected, path):
        raise UneditableError
    return edited


def _spliced(text: str, path: Path, edits: Sequence[Edit], old: Table, new: Table) -> str:
    if isinstance(edits[0], NameCalls):
        return name_calls(text, path, edits[0].key, new[edits[0].key])
    splicer = Splicer(text)
    renames = [edit for edit in edits if isinstance(edit, (RenamePin, RenameCall))]
    for edit in renames:
        splicer.rename((*path, *edit.path), edit.new)
    if not renames:
        change(splicer, path, old, new)
    return splicer.text_after()


def _with_table(text: str, table: Path, line_end: str) -> str:
    """Return the text with the table that makes pyproject.toml a pins file, even if its last pin was removed."""
    content: Any = tomli.loads(text)
    for key in table:
        if key not in content:
            start = f"{text}{line_end}" if text and not text.endswith("\n") else text
            return f"{start}[{'.'.join([*table, 'pins'])}]{line_end}"
        content = content[key]
    return text


def _pins_of(document: Table, path: Path) -> Table:
    for key in path:
        document = document.setdefault(key, {})
    return document


def _comparable(document: Table, path: Path) -> Table:
    """Return a parsed text with all count pins in the same form."""
    pins = _pins_of(document, path)
    for key, pin in pins.items():
        pins[key] = pin if isinstance(pin, dict) else {"count": pin}
    return document


def _counting(count: int, decision: Decision) -> object:
    data = decision_data(decision)
    return {"count": count, **data} if data else count


def _naming(calls: Mapping[str, Decision]) -> object:
    return {"calls": {call: decision_data(decision) for call, decision in calls.items()}}


def _add(table: Table, key: str, value: object) -> None:
    if key in table:
        raise KeyError(key)
    table[key] = value
