"""Read the registry: the file, often of another repository, that declares artifacts; TOML, JSON or YAML."""
from __future__ import annotations

import difflib
import itertools
import json
import os
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import tomli

from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.pins.model import Fault
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.files import find_conflicts
from flake8_artifact_pin.pins.files import read_text
from flake8_artifact_pin.pins.toml import error_position
from flake8_artifact_pin.pins.toml import Position
from flake8_artifact_pin.pins.toml import Token
from flake8_artifact_pin.pins.toml import tokens
from flake8_artifact_pin.pins.toml import unquoted

_ROWS, _ID, _OWNER = "artifacts", "artifact_id", "owner_repo"
_KEYS = frozenset([_ROWS, _ID, _OWNER])
_FORMATS = ".yaml, .yml, .json or .toml"


class RegistryRow(NamedTuple):
    """An artifact of the registry: its id, the repository that owns it or an empty string, and where its row begins."""

    artifact_id: str
    owner: str
    position: Position


class _FaultError(Exception):
    """The text of a registry cannot be read further."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.faults = faults


def load_registry(path: str, shown: str) -> Sequence[RegistryRow]:
    """Return the rows of a registry; ``shown`` is its path for messages.

    Raise RegistryError if it cannot be used, with all faults of its rows, each at its line: never is what cannot be
    read taken for an empty registry.
    """
    if not os.path.lexists(path):
        raise RegistryError([f"{shown}: there is no such registry: check it out, or correct the path"])
    suffix = os.path.splitext(path)[1].lower()
    text, fault = read_text(path)
    try:
        if fault:
            raise _FaultError(fault)
        conflicts = find_conflicts(text)
        if conflicts:
            raise _FaultError(*conflicts)
        if suffix in (".yaml", ".yml"):
            content, positions = _read_yaml(text, shown)
        elif suffix == ".json":
            content, positions = _read_json(text)
        elif suffix == ".toml":
            content, positions = _read_toml(text)
        else:
            raise RegistryError([f"{shown}: a registry is a {_FORMATS} file: name one"])
        return _rows(content, positions)
    except _FaultError as error:
        raise RegistryError([
            f"{shown}:{fault.line}:{fault.column + 1}: unusable registry: {fault.problem}" for fault in error.faults
        ])


def rows_owned_by(rows: Sequence[RegistryRow], owner: str, shown: str) -> Sequence[RegistryRow]:
    """Return the rows of an owner. Raise RegistryError if there is none: a wrong name would hide every row."""
    found = [row for row in rows if row.owner == owner]
    if not found:
        close = difflib.get_close_matches(owner, {row.owner for row in rows if row.owner}, n=1)
        hint = f"did you mean {quote(close[0])}?" if close else "correct it, or leave --owner out until one has"
        raise RegistryError([f"{shown}: no row has {_OWNER} {quote(owner)}; {hint}"])
    return found


def _rows(content: object, positions: Sequence[Position]) -> list[RegistryRow]:
    artifacts = content.get(_ROWS) if isinstance(content, Mapping) else None
    if not isinstance(artifacts, list):
        problem = f"no list {quote(_ROWS)}" if artifacts is None else f"{quote(_ROWS)} must be a list"
        raise _FaultError(Fault(1, 0, f"{problem}: a registry has one, of rows with {_ID} each"))
    rows: list[RegistryRow] = []
    faults: list[Fault] = []
    lines: dict[object, int] = {}
    for number, (item, position) in enumerate(zip(artifacts, positions, strict=True), start=1):
        fields = item if isinstance(item, Mapping) else {}
        artifact_id, owner = fields.get(_ID), fields.get(_OWNER)
        if not isinstance(item, Mapping):
            problem = "must have keys and values"
        elif _ID not in fields:
            problem = f"has no {_ID}: add one"
        elif not isinstance(artifact_id, str):
            problem = f"has an {_ID} that is no string: write it in quotes"
        elif not artifact_id or artifact_id != artifact_id.strip():
            problem = f"has an {_ID} that is empty or begins or ends with white space: correct it"
        elif owner is not None and not isinstance(owner, str):
            problem = f"has an {_OWNER} that is no string: write it in quotes"
        elif artifact_id in lines:
            problem = f"has the {_ID} {quote(artifact_id)} of line {lines[artifact_id]}: keep one"
        else:
            lines[artifact_id] = position.line
            rows.append(RegistryRow(artifact_id, owner or "", position))
            continue
        faults.append(Fault(*position, f"row {number} {problem}"))
    if faults:
        raise _FaultError(*faults)
    return rows


def _read_yaml(text: str, shown: str) -> tuple[object, Sequence[Position]]:
    try:
        from flake8_artifact_pin.registry import yaml as registry_yaml
    except ImportError:
        raise RegistryError([f"{shown}: YAML needs PyYAML: pip install 'flake8-artifact-pin[yaml]'"])
    try:
        content = registry_yaml.read_yaml(text, _KEYS)
    except registry_yaml.YamlError as error:
        raise _FaultError(error.fault)
    rows = content.get(_ROWS) if isinstance(content, Mapping) else None
    return content, rows.positions if isinstance(rows, registry_yaml.YamlList) else ()


def _read_toml(text: str) -> tuple[object, Sequence[Position]]:
    try:
        content = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _FaultError(Fault(*error_position(error), f"not valid TOML: {error.msg}"))
    except (RecursionError, ValueError):
        raise _FaultError(Fault(1, 0, "nested too deeply, or a number in it is too long: simplify it"))
    return content, list(_toml_positions(text))


def _read_json(text: str) -> tuple[object, Sequence[Position]]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise _FaultError(Fault(error.lineno, error.colno - 1, f"not valid JSON: {error.msg}"))
    except (RecursionError, ValueError):
        raise _FaultError(Fault(1, 0, "nested too deeply, or a number in it is too long: simplify it"))
    _check_json_keys(text)
    return content, list(_json_positions(text))


def _toml_positions(text: str) -> Iterator[Position]:
    """Yield where each row of a valid TOML text begins: a header ``[[artifacts]]``, or a table in an array."""
    source = (token for token in tokens(f"{text}\n"))
    depth = 0
    is_start = is_top = True
    for token in source:
        if token.kind == "newline":
            is_start = is_start or depth == 0
        elif not is_start:
            depth += (token.text in ("[", "{")) - (token.text in ("]", "}"))
        elif token.text == "[":
            is_top = False
            header = [part.text for part in itertools.takewhile(lambda part: part.kind != "newline", source)]
            if header[0] == "[" and len(header) == 4 and unquoted(header[1]) == _ROWS:
                yield token.position
        else:
            is_start = False
            if is_top and unquoted(token.text) == _ROWS and next(source).text == "=":
                next(source)
                yield from _item_positions(source)


def _check_json_keys(text: str) -> None:
    """Raise _FaultError for a key that an object of a valid JSON text has twice: Python keeps the last one."""
    objects: list[set[str]] = []
    for token, following in itertools.pairwise(_json_tokens(text)):
        if token.text in ("[", "{"):
            objects.append(set())
        elif token.text in ("]", "}"):
            objects.pop()
        elif token.kind == "string" and following.text.startswith(":"):
            key = json.loads(token.text)
            if key in _KEYS and key in objects[-1]:
                raise _FaultError(Fault(*token.position, f"{key} is there twice in one object: keep one"))
            objects[-1].add(key)


def _json_positions(text: str) -> Iterator[Position]:
    """Yield where each row of a valid JSON text begins."""
    source = _json_tokens(text)
    depth = 0
    is_key = False
    for token in source:
        if depth == 1 and token.text == "[" and is_key:
            yield from _item_positions(source)
        else:
            depth += (token.text in ("[", "{")) - (token.text in ("]", "}"))
        if token.kind == "string":
            is_key = json.loads(token.text) == _ROWS


def _json_tokens(text: str) -> Iterator[Token]:
    # a colon is no mark of TOML: it is a word, or begins one
    return (token for token in tokens(text) if token.kind != "newline")


def _item_positions(source: Iterator[Token]) -> Iterator[Position]:
    """Yield where each item of an array begins, whose opening bracket has been read, and read up to its end."""
    depth = 0
    is_start = True
    for token in source:
        if token.kind == "newline":
            continue
        if depth == 0 and token.text == "]":
            return
        if depth == 0 and token.text == ",":
            is_start = True
        elif is_start and depth == 0:
            is_start = False
            yield token.position
        depth += (token.text in ("[", "{")) - (token.text in ("]", "}"))
