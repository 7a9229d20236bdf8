"""Random registries, read by a second reader."""
from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import tomli
import yaml
from fuzz_base import ensure
from fuzz_base import ensure_message
from fuzz_base import ensure_within
from fuzz_base import mutated
from fuzz_base import require
from fuzz_base import Unusable

from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.registry.load import load_registry
from flake8_artifact_pin.registry.load import RegistryRow
from flake8_artifact_pin.rules.findings import printable

IDS = [
    "prices", "zoo", "été [1]", "a:b", "x#y", "news", "feeds", "no", "1", "", " a", "null", "a\nb", "\u2028", "😀", "~",
    "\x7f", "1.5",
]
ROW_KEYS = ["artifact_id", "owner_repo", "sla", "paths", "artifacts"]
RAW = [
    "1", "true", "null", "[]", "{}", "1.5", "[1, 2]", '{"a": "b"}', '"x"', '[{"artifact_id": "n"}]', "1" * 5000,
    '"\\U00110000"', "[" * 20_000 + "]" * 20_000,
]
SHAPES = ["block", "flow", "json", "toml", "inline toml"]
REGISTRY_WORDS = [
    *(text.encode() for text in (*ROW_KEYS, *IDS, *RAW)), b"artifacts:", b"- ", b"artifact_id: ", b"owner_repo: ",
    b"[[artifacts]]", b'"artifacts": [', b"]", b"[", b"{", b"}", b",", b": ", b":", b"\n", b"\n  ", b"\t", b"&a ",
    b"*a", b"<<: *a", b"<<: ", b"!!str ", b"!x", b"!<a%0Ab> ", b"!%0A ", b"---\n", b"...\n", b"%YAML 1.1\n",
    b"%TAG ! x\n", b"|", b">-\n", b"'", b'"', b'"""', b"#", b"? ", b"<<<<<<< HEAD\n", b"\\u0000", b"\\x07", b"\\ud800",
    b"NaN", b"-Infinity", b"1979-05-27", b"0x1F", b"=", b"\r\n", b"\r", b"\x85", "\x85".encode(), "\u2028".encode(),
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"[" * 20_000, b"- " * 150, b'{"a":' * 20_000, b"\\U00110000", b"@", b"`",
    b"1:30", b"0o7", b"?",
]


def rows_text(random: Random, shape: str) -> str:
    rows: list[list[tuple[str, str]]] = []
    is_yaml = shape in ("block", "flow")
    artifact = ""
    for number in range(random.choice((0, 1, 2, 3, 4))):
        if random.random() < 0.95:
            artifact = random.choice(IDS) if random.random() < 0.05 else f"{random.choice(IDS[:8])}{number}"
        row = [("artifact_id", json.dumps(artifact, ensure_ascii=shape == "json"))]
        if random.random() < 0.6:
            row.append(("owner_repo", json.dumps(random.choice(IDS[:8]))))
        if random.random() < 0.3:
            row.append((random.choice(ROW_KEYS[2:]), random.choice(RAW[:4])))
        if random.random() < 0.05:
            row.append((random.choice(ROW_KEYS), random.choice(RAW)))
        if is_yaml and random.random() < 0.2:
            row.append(("<<", random.choice(("*base", "*base", "[*base, {owner_repo: zoo}]"))))
        rows.append(random.sample(row, len(row)))
    base = "base: &base {owner_repo: feeds, artifact_id: shared}\n" if is_yaml else ""
    if shape == "block":
        lines = [
            f"{'  ' if number else '- '}{key}: {value}\n" for row in rows for number, (key, value) in enumerate(row)
        ]
        return f"# rows\n{base}artifacts:\n" + "".join(lines) if rows else "artifacts: []\n"
    if shape == "toml":
        tables = ["[[artifacts]]\n" + "".join(f"{key} = {value}\n" for key, value in row) for row in rows]
        return "".join(tables) or "artifacts = []\n"
    mark = " = " if shape == "inline toml" else ": "
    quote = '"' if shape == "json" else ""
    items = ["{" + ", ".join(f"{quote}{key}{quote}{mark}{value}" for key, value in row) + "}" for row in rows]
    array = "[\n" + ",\n".join(items) + "\n]"
    return f'{{"version": 1, "artifacts": {array}}}\n' if quote else f"{base}artifacts{mark}{array}\n"


SUFFIXES = {"block": b"yaml", "flow": b"yml", "json": b"json", "toml": b"toml", "inline toml": b"toml"}


def registry_data(random: Random) -> bytes:
    """Return the suffix of a registry, a new line, and its text."""
    shape = random.choice(SHAPES)
    data = mutated(random, lambda random: rows_text(random, shape), REGISTRY_WORDS)
    return (random.choice((b"yaml", b"json", b"toml")) if random.random() < 0.03 else SUFFIXES[shape]) + b"\n" + data


def object_of(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; one that has a key twice that matters says two things."""
    if len({key for key, _ in pairs}) < len(pairs):
        keys = Counter(key for key, _ in pairs)
        require(all(keys[key] < 2 for key in ("artifacts", "artifact_id", "owner_repo")))
    return dict(pairs)


def read_rows(text: str, suffix: str) -> list[tuple[str, str]] | None:
    """Return ids and owners, in order; None if another reader cannot be asked. Raise Unusable."""
    try:
        if suffix == "json":
            content: Any = json.loads(text, object_pairs_hook=object_of)
        elif suffix == "toml":
            content = tomli.loads(text)
        else:
            return None
    except (ValueError, RecursionError):
        raise Unusable
    # what a merge left behind is not taken for a text, even where it could be one
    require(not any(line.split(" ")[0].rstrip("\r") == "<<<<<<<" for line in text.split("\n")))
    require(isinstance(content, dict) and isinstance(content.get("artifacts"), list))
    return rows_of(content["artifacts"])


def rows_of(items: Sequence[Any]) -> list[tuple[str, str]]:
    rows = []
    for item in items:
        require(isinstance(item, dict))
        artifact_id, owner = item.get("artifact_id"), item.get("owner_repo")
        require(isinstance(artifact_id, str) and artifact_id != "" and artifact_id == artifact_id.strip())
        require(owner is None or isinstance(owner, str))
        rows.append((artifact_id, owner or ""))
    require(len({artifact_id for artifact_id, _ in rows}) == len(rows))
    return rows


class Registry:
    """Files to be read, one for each suffix: a new one for each case would take longer than what is tested."""

    def __init__(self) -> None:
        self.directory = tempfile.TemporaryDirectory()

    def check(self, data: bytes) -> str:
        head, _, content = data.partition(b"\n")
        suffix = head.decode(errors="replace")
        if suffix not in ("yaml", "yml", "json", "toml"):
            return "no such format"
        path = os.path.join(self.directory.name, f"r.{suffix}")
        with open(path, "wb") as file:
            file.write(content)
        text = content.decode("utf-8-sig", errors="replace")
        is_text = content.decode("utf-8", errors="ignore").encode() == content
        rows: Sequence[RegistryRow] | None = None
        try:
            rows = load_registry(path, "R")
        except RegistryError as error:
            ensure(len(error.faults) > 0, "no word on what is wrong")
            for _, problem, place in error.faults:
                # as the command shows it
                ensure_message(printable(problem))
                ensure(place is not None or suffix in ("json", "toml"), "no place", problem)
                if place is not None:
                    ensure_within(text, place[0], place[1] - 1, problem)
        else:
            places = [row.position for row in rows]
            # the parsers of JSON and TOML tell no places, and an alias stands where its row is written
            is_placed = suffix in ("yaml", "yml") and "*" not in text
            are_in_order = all(before < after for before, after in zip(places, places[1:]))
            ensure(are_in_order or not is_placed, "rows are not in order", places)
            for line, column in places:
                ensure_within(text, line, column, "a row")
        try:
            ensure(is_text or rows is None, "rows of what is no text")
            expected = read_rows(text, suffix) if is_text else None
            if suffix in ("yaml", "yml") and rows is not None:
                expected = yaml_rows(text)
        except Unusable:
            ensure(rows is None, "rows of what cannot be used", rows)
        else:
            if expected is not None:
                ensure(rows is not None, "no rows, but there are", expected)
                actual = [(row.artifact_id, row.owner) for row in rows or ()]
                ensure(actual == expected, "rows", actual, "not", expected)
        kind = "YAML" if suffix in ("yaml", "yml") else suffix.upper()
        return f"{kind}: unusable" if rows is None else f"{kind}: {'rows' if rows else 'no row'}"


def yaml_rows(text: str) -> list[tuple[str, str]] | None:
    """Return what a YAML text says that could be read, from the tree of its nodes; None if there is no tree."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.composer.ComposerError:
        # an anchor may stand for something else later, but not to this reader
        return None
    content = value_of(root)
    require(isinstance(content, dict) and isinstance(content.get("artifacts"), list))
    return rows_of(content["artifacts"])


def value_of(node: Any) -> Any:
    """Return what a node says, as far as that matters: what is no mapping, sequence, string or null is not made."""
    if isinstance(node, yaml.SequenceNode):
        return [value_of(item) for item in node.value]
    if isinstance(node, yaml.ScalarNode):
        return {"tag:yaml.org,2002:str": node.value, "tag:yaml.org,2002:null": None}.get(node.tag, ...)
    values: dict[str, object] = {}
    merged: list[Any] = []
    for key, value in node.value if node else ():
        if key.tag == "tag:yaml.org,2002:merge":
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
        elif key.tag == "tag:yaml.org,2002:str":
            values[key.value] = value_of(value)
    for mapping in merged:
        # what comes first has the last word; PyYAML itself has been of two minds about that
        content = value_of(mapping)
        require(isinstance(content, dict))
        values = {**content, **values}
    return values
