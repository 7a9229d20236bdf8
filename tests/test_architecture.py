"""The walls of the house: who may import whom."""
from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
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


def node_of(parts: tuple[str, ...]) -> str:
    """Return the package or loose module that a module belongs to; empty for the package itself."""
    return parts[1] if len(parts) > 1 and parts[0] == NAME else ""


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports, wherever in it; of TYPE_CHECKING, too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@functools.cache
def edges() -> dict[str, set[str]]:
    """Return which packages and loose modules each of them imports."""
    found: dict[str, set[str]] = {}
    for path in ROOT.rglob("*.py"):
        node = node_of((NAME, *path.relative_to(ROOT).with_suffix("").parts))
        names = {node_of(tuple(name.split("."))) for name in imported(path)}
        found.setdefault(node, set()).update(names - {node, ""})
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
