"""Evaluate paths and numbers in a hand-written guard test: literals, and paths and sums made of them."""
from __future__ import annotations

import ast
import posixpath
from collections.abc import Mapping
from collections.abc import Sequence

_PATHS = frozenset(["Path", "PosixPath", "PurePath", "PurePosixPath", "fspath", "str"])
_SAME = frozenset(["absolute", "as_posix", "resolve"])


def constants(tree: ast.Module) -> Mapping[str, str]:
    """Return the paths that a module assigns to names, by these names."""
    found: dict[str, str] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.expr):
            path = written_path(value, found)
            if path is not None:
                found[target.id] = path
    return found


def written_path(node: ast.expr | None, names: Mapping[str, str]) -> str | None:
    """Return the path of an expression, relative to the root; None if the source does not tell.

    An unknown first part, as in ``ROOT / "collectors"``, stands for the root.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _joined([node.left, node.right], names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = written_path(node.left, names), written_path(node.right, names)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in _SAME and isinstance(node.func, ast.Attribute):
            return written_path(node.func.value, names)
        if node.args and (name in _PATHS or name == "join"):
            return _joined(node.args, names)
    return None


def whole_number(node: ast.expr | None) -> int | None:
    """Return the value of a whole number, a sum or the length of a list; None for any other expression."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = whole_number(node.left), whole_number(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len" and len(node.args) == 1:
        items = getattr(node.args[0], "elts", None)
        return None if items is None else len(items)
    return None


def _joined(parts: Sequence[ast.expr], names: Mapping[str, str]) -> str | None:
    first, *others = (written_path(part, names) for part in parts)
    known = [other for other in others if other is not None]
    if len(known) < len(others) or first is None and not others:
        return None
    return posixpath.join(first or "", *known)
