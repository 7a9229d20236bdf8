"""What the receiver of a call stands for: ``hook.load_file(...)`` where ``hook = S3Hook()`` is S3Hook().load_file.

A name stands for what is assigned to it in the scope that binds it, ``self.fs`` for what the class assigns to it, the
call of a function of the file for what that returns, and a parameter for an object of the class that it is annotated as.
"""
from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import TypeAlias

from flake8_artifact_pin.source.imports import Scope

#: An expression, and what is to be written behind it: ``()`` for an object of a class, ``[]`` for an item.
Marked: TypeAlias = "tuple[ast.expr, str]"

# A name that is assigned more often is a variable for everything, and tells nothing.
_MOST_VALUES = 8
_MOST_BASES = 4

_FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)
_LOOPS = (ast.AsyncFor, ast.For, ast.comprehension)
_SELF = frozenset(["cls", "self"])
_OPTIONAL = frozenset(["Annotated", "ClassVar", "Final", "Optional", "Union"])


class Value(NamedTuple):
    """An expression that a receiver stands for, with what is to be written behind it, and the scope it stands in."""

    expression: ast.expr
    marks: str
    scope: Scope


class Receivers:
    """What the receivers of one file stand for. Each scope is read once, when it is asked for."""

    def __init__(self) -> None:
        self.assigned: dict[ast.AST, Mapping[str, Sequence[Marked]]] = {}
        self.attributes: dict[ast.AST, Mapping[str, Sequence[Value]]] = {}

    def values(self, node: ast.expr, scope: Scope) -> Sequence[Value]:
        """Return what an expression stands for; none if it is no name, or the source does not tell."""
        if isinstance(node, ast.Name):
            found = self._of_name(node.id, scope)
        elif isinstance(node, ast.Attribute):
            found = self._of_attribute(node, scope)
        elif isinstance(node, ast.Call):
            found = self._of_call(node, scope)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            # a path within another one
            found = [Value(node.left, "", scope)]
        else:
            found = []
        return found if len(found) <= _MOST_VALUES else []

    def _of_name(self, name: str, scope: Scope) -> Sequence[Value]:
        owner = _owner(name, scope)
        if owner is None:
            return []
        if owner.node not in self.assigned:
            self.assigned[owner.node] = _assigned(owner.node)
        return [Value(*marked, owner) for marked in self.assigned[owner.node].get(name, ())]

    def _of_attribute(self, node: ast.Attribute, scope: Scope) -> Sequence[Value]:
        owner = _class_of(node.value, scope)
        return self._members(owner, node.attr) if owner else []

    def _of_call(self, node: ast.Call, scope: Scope) -> Sequence[Value]:
        """Return what a function or method of the file returns."""
        if isinstance(node.func, ast.Name):
            owner = _owner(node.func.id, scope)
            return _returned(node.func.id, owner) if owner else []
        if isinstance(node.func, ast.Attribute):
            for owner in _with_bases(_class_of(node.func.value, scope)):
                if node.func.attr in owner.bindings:
                    return _returned(node.func.attr, owner)
        return []

    def _members(self, owner: Scope, name: str) -> Sequence[Value]:
        """Return what the attribute of an object stands for: of its class, or of the classes that this is derived from."""
        for scope in _with_bases(owner):
            if scope.node not in self.attributes:
                self.attributes[scope.node] = _attributes(scope)
            found = self.attributes[scope.node].get(name, ())
            if found:
                return found
        return []


def _owner(name: str, scope: Scope) -> Scope | None:
    """Return the scope that binds a name where it is read."""
    current: Scope | None = scope
    while current:
        if name in current.bindings and (current is scope or not isinstance(current.node, ast.ClassDef)):
            return current
        current = current.parent
    return None


def _class_of(node: ast.expr, scope: Scope) -> Scope | None:
    """Return the scope of the class that ``self``, or the name of a class, stands for."""
    if not isinstance(node, ast.Name):
        return None
    if node.id in _SELF:
        current: Scope | None = scope
        while current and not isinstance(current.node, ast.ClassDef):
            current = current.parent
        return current
    owner = _owner(node.id, scope)
    return _class_scope(node.id, owner) if owner else None


def _class_scope(name: str, owner: Scope) -> Scope | None:
    for definition in owner.bindings[name].definitions:
        if isinstance(definition, ast.ClassDef):
            return Scope(definition, owner)
    return None


def _with_bases(owner: Scope | None) -> Iterator[Scope]:
    """Yield a class and those of the same file that it is derived from, the nearest ones first."""
    waiting = [owner] if owner else []
    for _ in range(_MOST_BASES):
        if not waiting:
            return
        scope = waiting.pop(0)
        yield scope
        for base in getattr(scope.node, "bases", ()):
            found = _class_of(base, scope.parent) if scope.parent else None
            waiting += [found] if found else []


def _returned(name: str, owner: Scope) -> list[Value]:
    """Return what the functions of a name return or yield, or are annotated to return."""
    found = []
    for definition in owner.bindings[name].definitions:
        if isinstance(definition, _FUNCTIONS):
            found += [Value(value, "", Scope(definition, owner)) for value in _results(definition)]
            found += [Value(value, "()", owner) for value in _classes(definition.returns)]
    return found


def _results(function: ast.AST) -> Iterator[ast.expr]:
    for node in _own_nodes(function):
        if isinstance(node, (ast.Return, ast.Yield)) and node.value:
            yield node.value


def _attributes(scope: Scope) -> Mapping[str, Sequence[Value]]:
    """Return what a class binds the attributes of its objects to, in its body and in its methods."""
    found: dict[str, list[Value]] = {}
    for name, marked in _assigned(scope.node).items():
        found.setdefault(name, []).extend(Value(*value, scope) for value in marked)
    for method in getattr(scope.node, "body", ()):
        if isinstance(method, _FUNCTIONS):
            if any(_last_name(decorator).endswith("property") for decorator in method.decorator_list):
                found.setdefault(method.name, []).extend(_returned(method.name, scope))
            inner = Scope(method, scope)
            for node in _own_nodes(method):
                for target, marked_value in _targets(node):
                    if isinstance(target, ast.Attribute) and _is_self(target.value):
                        found.setdefault(target.attr, []).append(Value(*marked_value, inner))
    return found


def _assigned(scope: ast.AST) -> Mapping[str, Sequence[Marked]]:
    """Return what is assigned to each name of a scope."""
    found: dict[str, list[Marked]] = {}
    for node in _own_nodes(scope):
        for target, marked in _targets(node):
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(marked)
    return found


def _targets(node: ast.AST) -> Iterator[tuple[ast.expr | ast.Name, Marked]]:
    """Yield what a node assigns to, and what it assigns."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _unpacked(target, (node.value, ""))
    elif isinstance(node, ast.NamedExpr):
        yield node.target, (node.value, "")
    elif isinstance(node, ast.AnnAssign):
        yield from ((node.target, (value, "()")) for value in _classes(node.annotation))
        if node.value:
            yield node.target, (node.value, "")
    elif isinstance(node, ast.withitem) and node.optional_vars:
        yield from _unpacked(node.optional_vars, (node.context_expr, ""))
    elif isinstance(node, _LOOPS):
        yield from _unpacked(node.target, (node.iter, "[]"))
    elif isinstance(node, ast.arg):
        yield from ((ast.Name(node.arg), (value, "()")) for value in _classes(node.annotation))


def _unpacked(target: ast.expr, marked: Marked) -> Iterator[tuple[ast.expr, Marked]]:
    """Yield the parts of a target, each with what it gets: ``fs, path = url_to_fs(url)`` are items of the call."""
    value, marks = marked
    if not isinstance(target, (ast.List, ast.Tuple)):
        yield target, marked
    elif not marks and isinstance(value, (ast.List, ast.Tuple)) and len(value.elts) == len(target.elts):
        for part, item in zip(target.elts, value.elts):
            yield from _unpacked(part, (item, ""))
    else:
        yield from ((part, (value, f"[]{marks}")) for part in target.elts)


def _classes(annotation: ast.expr | None) -> Iterator[ast.expr]:
    """Yield the classes that an annotation names: ``Optional[Blob]`` and ``"Blob | None"`` are Blob."""
    stack = [annotation]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                stack.append(ast.parse(node.value, mode="eval").body)
            except (SyntaxError, ValueError):
                continue
        elif isinstance(node, ast.BinOp):
            stack += [node.left, node.right]
        elif isinstance(node, ast.Subscript) and _last_name(node.value) in _OPTIONAL:
            stack += node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        elif isinstance(node, (ast.Attribute, ast.Name)):
            yield node


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, in no order, without those of the functions and classes within it."""
    stack = list(ast.iter_child_nodes(scope))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            stack += ast.iter_child_nodes(node)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in _SELF
