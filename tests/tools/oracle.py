"""A second, deliberately naive counter of PUT calls, to compare the real one with."""

from __future__ import annotations

import ast
import fnmatch
from collections.abc import Sequence

DEFAULT_PATTERNS = ("*.put_object", "*.upload_file", "*.upload_fileobj", "Object().put")

Parents = dict[ast.AST, tuple[ast.AST, str]]
Imports = dict[str, list[str]]


def parent_map(tree: ast.AST) -> Parents:
    """Map each node to its parent and the parent's field that holds it."""
    parents: Parents = {}
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    parents[child] = (node, field)
    return parents


def import_map(tree: ast.AST) -> Imports:
    """Map each name an import statement binds to the components it stands for."""
    statements = [n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
    statements.sort(key=lambda n: (n.lineno, n.col_offset))
    imports: Imports = {}
    for statement in statements:
        for alias in statement.names:
            if alias.name == "*":
                continue
            if isinstance(statement, ast.ImportFrom):
                origin = (statement.module or "").split(".") + [alias.name]
                imports[alias.asname or alias.name] = origin
            elif alias.asname:
                imports[alias.asname] = alias.name.split(".")
            else:
                imports[alias.name.split(".")[0]] = [alias.name.split(".")[0]]
    return imports


def components(node: ast.expr, imports: Imports) -> list[str]:
    """Return the components of the dotted name of an expression."""
    if isinstance(node, ast.Name):
        return list(imports.get(node.id, [node.id]))
    if isinstance(node, ast.Attribute):
        return components(node.value, imports) + [node.attr]
    if isinstance(node, ast.Call):
        name = components(node.func, imports)
        return name[:-1] + [name[-1] + "()"]
    if isinstance(node, ast.Subscript):
        name = components(node.value, imports)
        return name[:-1] + [name[-1] + "[]"]
    return ["?"]


def matches(name: list[str], patterns: Sequence[str]) -> bool:
    """Tell whether the last components of a name match one of the patterns."""
    for pattern in patterns:
        wanted = pattern.split(".")
        last = name[-len(wanted):]
        if len(last) == len(wanted) and all(map(fnmatch.fnmatchcase, last, wanted)):
            return True
    return False


def constant_getattr(node: ast.AST) -> tuple[ast.expr, ast.Constant] | None:
    """Return the object and the constant of ``getattr(object, "constant"[, default])``."""
    if not isinstance(node, ast.Call) or node.keywords or len(node.args) not in (2, 3):
        return None
    if not isinstance(node.func, ast.Name) or node.func.id != "getattr":
        return None
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return None
    receiver, name = node.args[:2]
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return receiver, name
    return None


def is_used(node: ast.AST, parents: Parents) -> bool:
    """Tell whether a method's value is called, kept or handed on, not only looked at."""
    parent, field = parents[node]
    if isinstance(parent, ast.BoolOp):
        return is_used(parent, parents)
    if isinstance(parent, ast.IfExp) and field != "test":
        return is_used(parent, parents)
    if isinstance(parent, ast.Call) and field == "args":
        return not (isinstance(parent.func, ast.Name) and parent.func.id == "callable")
    if isinstance(parent, (ast.Attribute, ast.Subscript)) and field == "value":
        return False
    if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
        return False
    if isinstance(parent, (ast.Expr, ast.Compare, ast.FormattedValue, ast.ExceptHandler)):
        return False
    if isinstance(parent, (ast.Match, ast.pattern)):
        return False
    if type(parent).__name__ in ("TypeAlias", "TypeVar", "ParamSpec", "TypeVarTuple"):
        return False
    return field not in ("test", "ifs", "guard", "annotation", "returns")


def put_calls(source: str, patterns: Sequence[str] = DEFAULT_PATTERNS) -> list[tuple[int, str]]:
    """Return (line of the method's name, method name) of each PUT call, sorted."""
    tree = ast.parse(source)
    parents = parent_map(tree)
    imports = import_map(tree)
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        line: int | None
        probed = constant_getattr(node)
        if probed is not None:
            receiver, constant = probed
            name = components(receiver, imports) + [str(constant.value)]
            line = constant.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = components(node, imports)
            line = node.end_lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            name = components(node, imports)
            line = node.lineno
        else:
            continue
        if matches(name, patterns) and is_used(node, parents):
            found.append((line or 0, name[-1]))
    return sorted(found)
