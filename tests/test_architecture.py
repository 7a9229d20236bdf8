"""The walls of the house: who may import whom."""
from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import flake8_artifact_pin

pytestmark = pytest.mark.once

ROOT = Path(flake8_artifact_pin.__file__).parent
NAME = ROOT.name
MAX_CHAIN = 7

# What a package or module may import besides itself; others are not limited.
ALLOWED = {
    "errors": set[str](),
    "source": set[str](),
    "pins": {"errors", "source"},
    "rules": {"source", "pins"},
    "repository": {"errors", "source", "pins", "rules"},
    "registry": {"errors", "source", "pins", "rules"},
    "checker": {"errors", "source", "pins", "rules", "reporter"},
    "reporter": {"pins", "rules"},
}


# an import of ours, wherever in a module; of TYPE_CHECKING, too
IMPORT = re.compile(rf"^ *(?:from|import) (?:{NAME}\.(\w+)|{NAME} import (\w+))", re.MULTILINE)


@functools.cache
def edges() -> dict[str, set[str]]:
    """Return which packages and loose modules each of them imports."""
    found: dict[str, set[str]] = {}
    for path in ROOT.rglob("*.py"):
        node = path.relative_to(ROOT).with_suffix("").parts[0]
        text = path.read_text("utf-8")
        assert not re.search(r"^ *from \.", text, re.MULTILINE), f"{path}: imports are absolute"
        names = {one or other for one, other in IMPORT.findall(text)}
        found.setdefault(node, set()).update(names - {node})
    del found["__init__"]
    return found


def longest_chain(graph: Mapping[str, set[str]], start: str, above: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the longest chain of imports that begins at a node; fail at a circle."""
    chain = (*above, start)
    assert start not in above, f"a circle: {chain}"
    return max((longest_chain(graph, node, chain) for node in graph[start]), key=len, default=chain)


def test_all_is_seen() -> None:
    assert {*ALLOWED, "cli", "__main__"} == edges().keys()
    assert "source" in edges()["pins"] and "cli" in edges()["__main__"]


def test_walls() -> None:
    trespasses = {node: edges()[node] - allowed for node, allowed in ALLOWED.items() if edges()[node] - allowed}
    assert trespasses == {}
    assert [node for node, imports in edges().items() if "cli" in imports] == ["__main__"]


def test_longest_chain() -> None:
    chains = [longest_chain(edges(), node) for node in edges()]
    assert len(max(chains, key=len)) <= MAX_CHAIN
