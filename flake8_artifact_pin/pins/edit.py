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
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.placing import add
from flake8_artifact_pin.pins.quoting import decision_data
from flake8_artifact_pin.pins.splice import assignments
from flake8_artifact_pin.pins.splice import Splicer
from flake8_artifact_pin.pins.toml import Path
from flake8_artifact_pin.pins.toml import Span

#: A parsed TOML table.
Table: TypeAlias = "dict[str, Any]"


class UneditableError(UsageError):
    """The pins are written in a way that cannot be edited safely, or the edited pin is missing."""

    def __init__(self) -> None:
        """Set the message."""
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
        pin = pins[self.key]
        if self.call:
            pin["calls"][self.call] = {**_undecided(pin["calls"][self.call]), **decision_data(self.decision)}
        elif isinstance(pin, dict):
            pins[self.key] = {**_undecided(pin), **decision_data(self.decision)}
        else:
            pins[self.key] = _counting(pin, self.decision)


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

    def apply(self, pins: Table) -> None:
        _rename(pins, self.key, self.new)


class RenameCall(NamedTuple):
    """Rename a named call of a pin, without moving it."""

    key: str
    call: str
    new: str

    def apply(self, pins: Table) -> None:
        _rename(pins[self.key]["calls"], self.call, self.new)


class AddPin(NamedTuple):
    """Add a pin beside its neighbours: a count pin, or one with named ``calls``, each with its decision."""

    key: str
    allowed: int = 0
    decision: Decision = Decision()
    calls: Mapping[str, Decision] | None = None

    def apply(self, pins: Table) -> None:
        pins[self.key] = _counting(self.allowed, self.decision) if self.calls is None else _naming(self.calls)


class AddCall(NamedTuple):
    """Add a named call to a pin."""

    key: str
    call: str
    decision: Decision = Decision()

    def apply(self, pins: Table) -> None:
        pins[self.key]["calls"][self.call] = decision_data(self.decision)


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
        for together in [list(group)] if kind in ("change", "rename") else [[edit] for edit in group]:
            text = _edited(text, pins.table, together)
    return text


def _kind(edit: Edit) -> str:
    if isinstance(edit, (RenamePin, RenameCall)):
        return "rename"
    return "add" if isinstance(edit, (AddPin, AddCall, NameCalls)) else "change"


def _edited(text: str, table: Path, edits: Sequence[Edit]) -> str:
    """Return a text after edits of one kind."""
    path = (*table, "pins")
    old, old_pins = _read(text, path)
    expected = copy.deepcopy(old)
    expected_pins = _pins_of(expected, path)
    line_end = "\r\n" if "\r\n" in text else "\n"
    try:
        for edit in edits:
            edit.apply(expected_pins)
        edited = _with_table(_spliced(text, path, edits, old_pins, expected_pins), table, line_end)
        document, _ = _read(edited, path)
    except (LookupError, TypeError, tomli.TOMLDecodeError) as error:
        raise UneditableError from error
    if _comparable(document, path) != _comparable(expected, path):
        raise UneditableError
    return edited


def _spliced(text: str, path: Path, edits: Sequence[Edit], old: Table, new: Table) -> str:
    splicer = Splicer(text)
    for edit in edits:
        if isinstance(edit, RenamePin):
            splicer.rename((*path, edit.key), edit.new)
        elif isinstance(edit, RenameCall):
            splicer.rename((*path, edit.key, "calls", edit.call), edit.new)
        elif isinstance(edit, AddPin):
            add(splicer, path, edit.key, new[edit.key])
        elif isinstance(edit, AddCall):
            add(splicer, (*path, edit.key, "calls"), edit.call, decision_data(edit.decision))
        elif isinstance(edit, NameCalls):
            return _with_named_calls(splicer, path, edit, new)
    if _kind(edits[0]) == "change":
        splicer.change(path, old, new)
    return splicer.text_after()


def _with_named_calls(splicer: Splicer, path: Path, edit: NameCalls, new: Table) -> str:
    """Return the text with a count pin turned into one with named calls.

    Comments at the ends of its lines move above the calls.
    """
    place = (*path, edit.key)
    if splicer.is_inline(place):
        splicer.replace(place, new[edit.key])
        return splicer.text_after()
    header, comments = splicer.header_at(place), splicer.comments_at(place)
    if header is None:
        splicer.remove([place])
        after = Splicer(splicer.text_after())
        add(after, path, edit.key, new[edit.key], comments)
        return after.text_after()
    end = header.keys[-1].end
    splicer.splice(Span(end, end), ".calls")
    splicer.remove([entry.path for entry in splicer.below[place] if entry is not header])
    splicer.insert_lines(header.span.end, [*comments, *assignments(new[edit.key]["calls"])])
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


def _read(text: str, path: Path) -> tuple[Table, Table]:
    """Return the parsed text and its table of pins, which is added if it is missing."""
    # read floats as text: nan does not equal itself
    document = tomli.loads(text, parse_float=str)
    return document, _pins_of(document, path)


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


def _undecided(table: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in table.items() if key not in Decision._fields}


def _rename(table: Table, old: str, new: str) -> None:
    # tables are compared without their order
    if new in table:
        raise KeyError(new)
    table[new] = table.pop(old)
