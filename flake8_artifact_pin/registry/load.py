"""Read the registry: the TOML, JSON or YAML file, often of another repository, that declares artifacts."""
from __future__ import annotations

import difflib
import itertools
import json
import os
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import tomli

from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.errors import RegistryFault
from flake8_artifact_pin.pins.files import find_conflicts
from flake8_artifact_pin.pins.files import read_text
from flake8_artifact_pin.pins.model import Fault
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.toml import error_position
from flake8_artifact_pin.pins.toml import Position

_ROWS, _ID, _OWNER = "artifacts", "artifact_id", "owner_repo"
_TEMPLATES = ("s3_key_template", "key_template")
_KEYS = frozenset([_ROWS, _ID, _OWNER, *_TEMPLATES])
_FORMATS = ".yaml, .yml, .json or .toml"
_START = Position(1, 0)
_TOO_MUCH = "nested too deeply, or a number in it is too long: simplify it"


class RegistryRow(NamedTuple):
    """An artifact of the registry: its id, the repository that owns it, its key template, and its position.

    Owner and template may be empty. In JSON and TOML the position is the start of the file: the parsers tell no line.
    """

    artifact_id: str
    owner: str
    key_template: str
    position: Position


class _Row(NamedTuple):
    """A row as it is read: its wanted keys, or None if it is not a mapping, and its position if it is known."""

    fields: Mapping[str, object] | None
    position: Position | None = None


class _FaultError(Exception):
    """The text of a registry cannot be read further."""

    def __init__(self, *faults: Fault | str) -> None:
        super().__init__()
        self.faults = faults


def load_registry(path: str, shown: str) -> Sequence[RegistryRow]:
    """Return the rows of a registry; ``shown`` is its path for messages.

    Raise RegistryError, with all faults of the rows at their positions, if it cannot be used: an unreadable registry
    must not look like an empty one.
    """
    if not os.path.lexists(path):
        raise RegistryError(RegistryFault(shown, "there is no such registry: check it out, or correct the path"))
    text, fault = read_text(path)
    try:
        faults = [fault] if fault else find_conflicts(text)
        if faults:
            raise _FaultError(*faults)
        return _rows(_read(text, os.path.splitext(path)[1].lower(), shown))
    except _FaultError as error:
        raise RegistryError(*(_registry_fault(fault, shown) for fault in error.faults))


def _registry_fault(fault: Fault | str, shown: str) -> RegistryFault:
    if isinstance(fault, str):
        return RegistryFault(shown, f"unusable registry: {fault}")
    return RegistryFault(shown, f"unusable registry: {fault.problem}", (fault.line, fault.column + 1))


def rows_owned_by(rows: Sequence[RegistryRow], owner: str, shown: str) -> Sequence[RegistryRow]:
    """Return the rows of an owner. Raise RegistryError if there are none: a misspelled owner would hide every row."""
    found = [row for row in rows if row.owner == owner]
    if not found:
        close = difflib.get_close_matches(owner, {row.owner for row in rows if row.owner}, n=1)
        hint = f"did you mean {quote(close[0])}?" if close else "correct it, or leave --owner out until one has"
        raise RegistryError(RegistryFault(shown, f"no row has {_OWNER} {quote(owner)}; {hint}"))
    return found


def _rows(rows: Sequence[_Row]) -> list[RegistryRow]:
    found: dict[str, int] = {}
    faults: list[Fault | str] = []
    for number, row in enumerate(rows):
        problem = _problem(row, found)
        if problem:
            text = f"{_ROWS}[{number}] {problem}"
            faults.append(Fault(*row.position, text) if row.position else text)
        else:
            found[str((row.fields or {})[_ID])] = number
    if faults:
        raise _FaultError(*faults)
    return [_registry_row(rows[number], artifact_id) for artifact_id, number in found.items()]


def _problem(row: _Row, found: Mapping[str, int]) -> str:
    """Return what is wrong with a row, or an empty string; ``found`` has the ids and numbers of earlier rows."""
    if row.fields is None:
        return "must have keys and values"
    if _ID not in row.fields:
        return f"has no {_ID}: add one"
    artifact_id, owner = row.fields[_ID], row.fields.get(_OWNER)
    if not isinstance(artifact_id, str):
        return f"has an {_ID} that is not a string: write it in quotes"
    if not artifact_id or artifact_id != artifact_id.strip():
        return f"has an {_ID} that is empty or begins or ends with white space: correct it"
    if owner is not None and not isinstance(owner, str):
        return f"has an {_OWNER} that is not a string: write it in quotes"
    if artifact_id in found:
        return f"has the {_ID} {quote(artifact_id)} of {_ROWS}[{found[artifact_id]}]: keep one"
    return ""


def _registry_row(row: _Row, artifact_id: str) -> RegistryRow:
    fields = row.fields or {}
    # templates only suggest ids, so a wrong type is not a fault
    templates = [value for value in map(fields.get, _TEMPLATES) if isinstance(value, str)]
    return RegistryRow(artifact_id, str(fields.get(_OWNER) or ""), next(iter(templates), ""), row.position or _START)


def _read(text: str, suffix: str, shown: str) -> Sequence[_Row]:
    if suffix in (".yaml", ".yml"):
        return _read_yaml(text, shown)
    if suffix not in (".json", ".toml"):
        raise RegistryError(RegistryFault(shown, f"a registry is a {_FORMATS} file: name one"))
    content = _read_json(text) if suffix == ".json" else _read_toml(text)
    items = _checked_list(content.get(_ROWS) if isinstance(content, Mapping) else None)
    return [_Row(item if isinstance(item, Mapping) else None) for item in items]


def _checked_list(rows: object) -> list[Any]:
    if isinstance(rows, list):
        return rows
    problem = f"no list {quote(_ROWS)}" if rows is None else f"{quote(_ROWS)} must be a list"
    raise _FaultError(Fault(*_START, f"{problem}: put one there, with an {_ID} in each row"))


def _read_yaml(text: str, shown: str) -> Sequence[_Row]:
    try:
        from flake8_artifact_pin.registry.yaml import read_rows
        from flake8_artifact_pin.registry.yaml import YamlError
    except ImportError:
        raise RegistryError(RegistryFault(shown, "YAML needs PyYAML: pip install 'flake8-artifact-pin[yaml]'"))
    try:
        rows = _checked_list(read_rows(text, _ROWS, _KEYS - {_ROWS}))
    except YamlError as error:
        raise _FaultError(error.fault)
    return list(itertools.starmap(_Row, rows))


def _read_toml(text: str) -> object:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _FaultError(Fault(*error_position(error), f"not valid TOML: {error.msg}"))
    except (RecursionError, ValueError):
        raise _FaultError(Fault(*_START, _TOO_MUCH))


def _read_json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_json_object)
    except json.JSONDecodeError as error:
        raise _FaultError(Fault(error.lineno, error.colno - 1, f"not valid JSON: {error.msg}"))
    except (RecursionError, ValueError):
        raise _FaultError(Fault(*_START, _TOO_MUCH))


def _json_object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object. Raise _FaultError for a duplicate key: json would keep only the last value."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found and key in _KEYS:
            row = f" (beside {_ID} {quote(str(found[_ID]))})" if _ID in found else ""
            raise _FaultError(f"duplicate {key} in one object{row}: keep one")
        found[key] = value
    return found
