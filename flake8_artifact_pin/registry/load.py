"""Read the registry: the TOML, JSON or YAML file, often of another repository, that declares artifacts."""
from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple
from typing import TypeAlias

import tomli

from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.errors import RegistryFault
from flake8_artifact_pin.pins.files import find_conflicts
from flake8_artifact_pin.pins.files import read_text
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.toml import error_position
from flake8_artifact_pin.pins.toml import Position

_ROWS, _ID, _OWNER = "artifacts", "artifact_id", "owner_repo"
_TEMPLATES = ("s3_key_template", "key_template")
_KEYS = frozenset([_ROWS, _ID, _OWNER, *_TEMPLATES])
_START = Position(1, 0)
_TOO_MUCH = "nested too deeply, or a number in it is too long: simplify it"

# A row as it is read: its wanted keys, or None if it is not a mapping, and its position if the parser tells it.
_Row: TypeAlias = "tuple[Mapping[str, object] | None, Position | None]"


class RegistryRow(NamedTuple):
    """An artifact of the registry: its id, the repository that owns it, its key template, and its position.

    Owner and template may be empty. In JSON and TOML the position is the start of the file: the parsers tell no line.
    """

    artifact_id: str
    owner: str
    key_template: str
    position: Position


def load_registry(path: str, shown: str) -> Sequence[RegistryRow]:
    """Return the rows of a registry; ``shown`` is its path for messages.

    Raise RegistryError, with all faults of the rows at their positions, if it cannot be used: an unreadable registry
    must not look like an empty one.
    """
    if not os.path.lexists(path):
        raise RegistryError(RegistryFault(shown, "there is no such registry: check it out, or correct the path"))
    text, fault = read_text(path)
    faults = [fault] if fault else find_conflicts(text)
    try:
        if faults:
            raise RegistryError(*(_fault(fault.problem, Position(*fault[:2])) for fault in faults))
        return _checked_rows(_read(text, os.path.splitext(path)[1].lower()))
    except RegistryError as error:
        raise RegistryError(*(fault._replace(path=shown) for fault in error.faults))


def rows_owned_by(rows: Sequence[RegistryRow], owner: str, shown: str) -> Sequence[RegistryRow]:
    """Return the rows of an owner. Raise RegistryError if there are none: a misspelled owner would hide every row."""
    found = [row for row in rows if row.owner == owner]
    if not found:
        close = difflib.get_close_matches(owner, {row.owner for row in rows if row.owner}, n=1)
        hint = f"did you mean {quote(close[0])}?" if close else "correct it, or leave --owner out until one has"
        raise RegistryError(RegistryFault(shown, f"no row has {_OWNER} {quote(owner)}; {hint}"))
    return found


def _fault(problem: str, position: Position | None = _START) -> RegistryFault:
    place = (position.line, position.column + 1) if position else None
    return RegistryFault("", f"unusable registry: {problem}", place)


def _checked_rows(rows: Iterable[_Row]) -> list[RegistryRow]:
    found: dict[str, int] = {}
    checked, faults = [], []
    for number, (fields, position) in enumerate(rows):
        problem = _problem(fields, found)
        if fields is None or problem:
            faults.append(_fault(f"{_ROWS}[{number}] {problem}", position))
        else:
            artifact_id, owner = str(fields[_ID]), str(fields.get(_OWNER) or "")
            found[artifact_id] = number
            # templates only suggest ids, so a wrong type is not a fault
            templates = [value for value in map(fields.get, _TEMPLATES) if isinstance(value, str)]
            checked.append(RegistryRow(artifact_id, owner, next(iter(templates), ""), position or _START))
    if faults:
        raise RegistryError(*faults)
    return checked


def _problem(fields: Mapping[str, object] | None, found: Mapping[str, int]) -> str:
    """Return what is wrong with a row, or an empty string; ``found`` has the ids and numbers of earlier rows."""
    if fields is None:
        return "must have keys and values"
    if _ID not in fields:
        return f"has no {_ID}: add one"
    artifact_id, owner = fields[_ID], fields.get(_OWNER)
    if not isinstance(artifact_id, str):
        return f"has an {_ID} that is not a string: write it in quotes"
    if not artifact_id or artifact_id != artifact_id.strip():
        return f"has an {_ID} that is empty or begins or ends with white space: correct it"
    if owner is not None and not isinstance(owner, str):
        return f"has an {_OWNER} that is not a string: write it in quotes"
    if artifact_id in found:
        return f"has the {_ID} {quote(artifact_id)} of {_ROWS}[{found[artifact_id]}]: keep one"
    return ""


def _read(text: str, suffix: str) -> Sequence[_Row]:
    if suffix in (".yaml", ".yml"):
        return _read_yaml(text)
    if suffix not in (".json", ".toml"):
        raise RegistryError(RegistryFault("", "a registry is a .yaml, .yml, .json or .toml file: name one"))
    content = _read_json(text) if suffix == ".json" else _read_toml(text)
    items = _checked_list(content.get(_ROWS) if isinstance(content, Mapping) else None)
    return [(item if isinstance(item, Mapping) else None, None) for item in items]


def _checked_list(rows: object) -> list[Any]:
    if isinstance(rows, list):
        return rows
    problem = f"no list {quote(_ROWS)}" if rows is None else f"{quote(_ROWS)} must be a list"
    raise RegistryError(_fault(f"{problem}: put one there, with an {_ID} in each row"))


def _read_yaml(text: str) -> Sequence[_Row]:
    try:
        from flake8_artifact_pin.registry.yaml import read_rows
        from flake8_artifact_pin.registry.yaml import YamlError
    except ImportError:
        raise RegistryError(RegistryFault("", "YAML needs PyYAML: pip install 'flake8-artifact-pin[yaml]'"))
    try:
        return _checked_list(read_rows(text, _ROWS, _KEYS - {_ROWS}))
    except YamlError as error:
        raise RegistryError(_fault(str(error), error.position))


def _read_toml(text: str) -> object:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise RegistryError(_fault(f"not valid TOML: {error.msg}", error_position(error)))
    except (RecursionError, ValueError):
        raise RegistryError(_fault(_TOO_MUCH))


def _read_json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_json_object)
    except json.JSONDecodeError as error:
        raise RegistryError(_fault(f"not valid JSON: {error.msg}", Position(error.lineno, error.colno - 1)))
    except (RecursionError, ValueError):
        raise RegistryError(_fault(_TOO_MUCH))


def _json_object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object. Raise RegistryError for a duplicate key: json would keep only the last value."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found and key in _KEYS:
            row = f" (beside {_ID} {quote(str(found[_ID]))})" if _ID in found else ""
            raise RegistryError(_fault(f"duplicate {key} in one object{row}: keep one", None))
        found[key] = value
    return found
