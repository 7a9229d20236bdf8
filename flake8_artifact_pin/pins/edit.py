"""Edit what a pins file says and leave every other character as it is."""
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

#: The table of the pins, as parsed.
Table: TypeAlias = "dict[str, Any]"


class UneditableError(UsageError):
    """The pins are written in a way that cannot be edited safely, or there is nothing to edit."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the pins file is written in a way that cannot be edited safely: edit it by hand")


class SetCount(NamedTuple):
    """Let a pin allow another number of calls; ``key`` is the pin's as the pins file spells it, here and below."""

    key: str
    allowed: int

    def apply(self, pins: Table) -> None:
        """Change what the pins file says, here and below."""
        if isinstance(pins[self.key], dict):
            pins[self.key]["count"] = self.allowed
        else:
            pins[self.key] = self.allowed


class SetDecision(NamedTuple):
    """Write a decision at a pin that counts, or at a ``call`` that it names, in place of the one that is there."""

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
    """Remove a call that a pin names."""

    key: str
    call: str

    def apply(self, pins: Table) -> None:
        del pins[self.key]["calls"][self.call]


class RenamePin(NamedTuple):
    """Give a pin another path, at its place."""

    key: str
    new: str

    def apply(self, pins: Table) -> None:
        _rename(pins, self.key, self.new)


class RenameCall(NamedTuple):
    """Give a call that a pin names another name, at its place."""

    key: str
    call: str
    new: str

    def apply(self, pins: Table) -> None:
        _rename(pins[self.key]["calls"], self.call, self.new)


class AddPin(NamedTuple):
    """Add a pin where its neighbours are: one that counts, or one that names ``calls``, each with its decision."""

    key: str
    allowed: int = 0
    decision: Decision = Decision()
    calls: Mapping[str, Decision] | None = None

    def apply(self, pins: Table) -> None:
        pins[self.key] = _counting(self.allowed, self.decision) if self.calls is None else _naming(self.calls)


class AddCall(NamedTuple):
    """Add a call to those that a pin names."""

    key: str
    call: str
    decision: Decision = Decision()

    def apply(self, pins: Table) -> None:
        pins[self.key]["calls"][self.call] = decision_data(self.decision)


class NameCalls(NamedTuple):
    """Let a pin that counts name its calls instead, each with its decision; comments beside the count stay."""

    key: str
    calls: Mapping[str, Decision]

    def apply(self, pins: Table) -> None:
        pins[self.key] = _naming(self.calls)


Edit: TypeAlias = (
    SetCount | SetDecision | RemovePin | RemoveCall | RenamePin | RenameCall | AddPin | AddCall | NameCalls
)


def edit_pins(pins: Pins, edits: Iterable[Edit]) -> str:
    """Return the text of the pins file after some edits, one after the other.

    Raise UneditableError if the result would not say what it should, or if an edit is for what is not there.
    """
    text = pins.text
    # what stays at its place is done in one go, however much it is
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
    """Return a text where a pin that counts has gone, and one that names its calls has come.

    Comments behind its lines stay, above the calls.
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
    """Return a text with the table that makes pyproject.toml a pins file, which may go with its last pin."""
    content: Any = tomli.loads(text)
    for key in table:
        if key not in content:
            start = f"{text}{line_end}" if text and not text.endswith("\n") else text
            return f"{start}[{'.'.join([*table, 'pins'])}]{line_end}"
        content = content[key]
    return text


def _read(text: str, path: Path) -> tuple[Table, Table]:
    """Return what a text says, and the table of the pins in it, which is added if it is missing."""
    # floats as they are written: one of them is not equal to itself
    document = tomli.loads(text, parse_float=str)
    return document, _pins_of(document, path)


def _pins_of(document: Table, path: Path) -> Table:
    for key in path:
        document = document.setdefault(key, {})
    return document


def _comparable(document: Table, path: Path) -> Table:
    """Return what a text says, with all pins that count written alike."""
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
    # the order is nothing that a table says
    if new in table:
        raise KeyError(new)
    table[new] = table.pop(old)
