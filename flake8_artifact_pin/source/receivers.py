"""What the receiver of a call stands for: ``hook.load_file(...)`` where ``hook = S3Hook()`` is S3Hook().load_file.

A name stands for what is assigned to it in the scope that binds it, ``self.fs`` for what the class assigns to it, the
call of a function of the file for what that returns, a parameter for an object of the class that it is annotated as.
"""
from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import TypeAlias

from flake8_artifact_pin.source.bindings import FUNCTIONS
from flake8_artifact_pin.source.bindings import is_self
from flake8_artifact_pin.source.imports import Scope
from flake8_artifact_pin.source.imports import Scopes

#: An expression, and what is to be written behind it: ``()`` for an object of a class, ``[]`` for an item.
Marked: TypeAlias = "tuple[ast.expr, str]"

# A name that is assigned more often is a variable for everything, and tells nothing.
_MOST_VALUES = 8
_MOST_BASES = 4

_LOOPS = (ast.AsyncFor, ast.For, ast.comprehension)
_OPTIONAL = frozenset(["Annotated", "ClassVar", "Final", "Optional", "Union"])


class Value(NamedTuple):
    """An expression that a receiver stands for, with what is to be written behind it, and the scope it stands in."""

    expression: ast.expr
    marks: str
    scope: Scope


class Receivers:
    """What the receivers of one file stand for. Each scope is read once, when it is asked for.

    ``is_spelled`` says whether the source holds the text of a constant as it is.
    """

    def __init__(self, scopes: Scopes, is_spelled: Callable[[ast.Constant], bool]) -> None:
        self.scopes = scopes
        self.is_spelled = is_spelled
        self.assigned: dict[ast.AST, Mapping[str, Sequence[Marked]]] = {}
        self.attributes: dict[ast.AST, Mapping[str, Sequence[Value]]] = {}

    def values(self, node: ast.expr, scope: Scope) -> Sequence[Value]:
        """Return what an expression stands for; nothing if it has no name, or the source does not tell."""
        found: Sequence[Value] = ()
        if isinstance(node, ast.Name):
            found = self.of_name(node.id, scope)
        elif isinstance(node, ast.Attribute):
            found = self.of_attribute(node, scope)
        elif isinstance(node, ast.Call):
            found = self.of_call(node.func, scope)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            # a path below another one
            while isinstance(node, ast.BinOp):
                node = node.left
            found = [Value(node, "", scope)]
        return found if len(found) <= _MOST_VALUES else ()

    def of_name(self, name: str, scope: Scope) -> Sequence[Value]:
        """Return what a name is assigned."""
        owner = _owner(name, scope)
        return [Value(*marked, owner) for marked in self.assigned_in(owner.node).get(name, ())] if owner else ()

    def of_attribute(self, node: ast.Attribute, scope: Scope) -> Sequence[Value]:
        """Return what an attribute of ``self`` or of a class is assigned, there or in a class it is derived from."""
        for owner in self.classes(node.value, scope):
            if owner.node not in self.attributes:
                self.attributes[owner.node] = self.attributes_of(owner)
            found = self.attributes[owner.node].get(node.attr)
            if found:
                return found
        return ()

    def of_call(self, function: ast.expr, scope: Scope) -> Sequence[Value]:
        """Return what a function or method of the file returns."""
        if isinstance(function, ast.Name):
            owner = _owner(function.id, scope)
            return self.returned(function.id, owner) if owner else ()
        if isinstance(function, ast.Attribute):
            for owner in self.classes(function.value, scope):
                if function.attr in owner.bindings:
                    return self.returned(function.attr, owner)
        return ()

    def classes(self, node: ast.expr, scope: Scope) -> Iterator[Scope]:
        """Yield the class that ``self`` or a name is, and those of the same file that it is derived from."""
        waiting = [self.class_of(node, scope)]
        for _ in range(_MOST_BASES):
            owner = waiting.pop(0) if waiting else None
            if owner is None or owner.parent is None:
                return
            yield owner
            waiting += filter(None, [self.class_of(base, owner.parent) for base in getattr(owner.node, "bases", ())])

    def class_of(self, node: ast.expr, scope: Scope) -> Scope | None:
        """Return the scope of the class that ``self``, or the name of a class, stands for."""
        if is_self(node):
            return _around(scope)
        owner = _owner(node.id, scope) if isinstance(node, ast.Name) else None
        if owner is None or not isinstance(node, ast.Name):
            return None
        definitions = owner.bindings[node.id].definitions
        classes = (self.scopes.enter(each, "body", owner) for each in definitions if isinstance(each, ast.ClassDef))
        return next(classes, None)

    def returned(self, name: str, owner: Scope) -> list[Value]:
        """Return what the functions of a name return or yield, or are annotated to return."""
        found = []
        for definition in owner.bindings[name].definitions:
            if isinstance(definition, FUNCTIONS):
                inner = self.scopes.enter(definition, "body", owner)
                found += [Value(value, "", inner) for value in _results(definition)]
                found += [Value(value, "()", owner) for value in self.annotated(definition.returns)]
        return found

    def attributes_of(self, scope: Scope) -> Mapping[str, Sequence[Value]]:
        """Return what a class assigns to the attributes of its objects, in its body and in its methods."""
        found: dict[str, list[Value]] = {}
        for name, assigned in self.assigned_in(scope.node).items():
            found.setdefault(name, []).extend(Value(*marked, scope) for marked in assigned)
        for method in getattr(scope.node, "body", ()):
            if isinstance(method, FUNCTIONS):
                if any(_last_name(decorator).endswith("property") for decorator in method.decorator_list):
                    found.setdefault(method.name, []).extend(self.returned(method.name, scope))
                inner = self.scopes.enter(method, "body", scope)
                for target, marked in self.targets_in(method):
                    if isinstance(target, ast.Attribute) and is_self(target.value):
                        found.setdefault(target.attr, []).append(Value(*marked, inner))
        return found

    def assigned_in(self, scope: ast.AST) -> Mapping[str, Sequence[Marked]]:
        """Return what is assigned to each name of a scope."""
        if scope not in self.assigned:
            found: dict[str, list[Marked]] = {}
            for target, marked in self.targets_in(scope):
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(marked)
            self.assigned[scope] = found
        return self.assigned[scope]

    def targets_in(self, scope: ast.AST) -> Iterator[tuple[ast.expr, Marked]]:
        """Yield what a scope assigns to, and what it assigns."""
        for node in _own_nodes(scope):
            yield from _targets(node)
            if isinstance(node, ast.AnnAssign):
                yield from ((node.target, (value, "()")) for value in self.annotated(node.annotation))
            elif isinstance(node, ast.arg):
                yield from ((ast.Name(node.arg), (value, "()")) for value in self.annotated(node.annotation))

    def annotated(self, annotation: ast.expr | None) -> Iterator[ast.expr]:
        """Yield the classes that an annotation names: ``Optional[Blob]`` and ``"Blob | None"`` are Blob."""
        stack = [annotation]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and self.is_spelled(node):
                stack.append(_parsed(node.value))
            elif isinstance(node, ast.BinOp):
                stack += [node.left, node.right]
            elif isinstance(node, ast.Subscript) and _last_name(node.value) in _OPTIONAL:
                stack += node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            elif isinstance(node, (ast.Attribute, ast.Name)):
                yield node


def _owner(name: str, scope: Scope) -> Scope | None:
    """Return the scope that binds a name where it is read; one does not see the names of a class around a function."""
    current: Scope | None = scope
    while current:
        if name in current.bindings and (current is scope or not isinstance(current.node, ast.ClassDef)):
            return current
        current = current.parent
    return None


def _around(scope: Scope) -> Scope | None:
    """Return the class around a scope, or that it is."""
    current: Scope | None = scope
    while current and not isinstance(current.node, ast.ClassDef):
        current = current.parent
    return current


def _results(function: ast.AST) -> Iterator[ast.expr]:
    for node in _own_nodes(function):
        if isinstance(node, (ast.Return, ast.Yield)) and node.value:
            yield node.value


def _targets(node: ast.AST) -> Iterator[tuple[ast.expr, Marked]]:
    """Yield what a node assigns to, and what it assigns."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _unpacked(target, (node.value, ""))
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        if node.value:
            yield node.target, (node.value, "")
    elif isinstance(node, ast.withitem):
        if node.optional_vars:
            yield from _unpacked(node.optional_vars, (node.context_expr, ""))
    elif isinstance(node, _LOOPS):
        yield from _unpacked(node.target, (node.iter, "[]"))


def _unpacked(target: ast.expr, marked: Marked) -> Iterator[tuple[ast.expr, Marked]]:
    """Yield the parts of a target, each with what it gets: ``fs, path = url_to_fs(url)`` are items of the call."""
    stack = [(target, marked)]
    while stack:
        target, (value, marks) = stack.pop()
        if not isinstance(target, (ast.List, ast.Tuple)):
            yield target, (value, marks)
        elif not marks and isinstance(value, (ast.List, ast.Tuple)) and len(value.elts) == len(target.elts):
            stack += [(part, (item, "")) for part, item in zip(target.elts, value.elts)]
        else:
            stack += [(part, (value, f"[]{marks}")) for part in target.elts]


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope without those of the functions and classes within it, in no order."""
    stack = list(ast.iter_child_nodes(scope))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            stack += ast.iter_child_nodes(node)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
