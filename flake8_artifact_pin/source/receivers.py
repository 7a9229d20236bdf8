"""Resolve the receiver of a call: with ``hook = S3Hook()``, ``hook.load_file(...)`` is S3Hook().load_file.

A name stands for the values that its scope assigns to it, ``self.fs`` for those that the class assigns, a call of a
function of this file for the values that it returns, a parameter for an object of the class in its annotation.
"""
from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.source.scopes import Bound
from flake8_artifact_pin.source.scopes import FUNCTIONS
from flake8_artifact_pin.source.scopes import last_name
from flake8_artifact_pin.source.scopes import owner_of
from flake8_artifact_pin.source.scopes import Scope
from flake8_artifact_pin.source.scopes import Scopes

# A name with more values tells nothing.
_MOST_VALUES = 8

_LOOPS = (ast.AsyncFor, ast.For, ast.comprehension)
_OPTIONAL = frozenset(["Annotated", "ClassVar", "Final", "Optional", "Union"])


class Value(NamedTuple):
    """A value of a receiver: an expression and its scope.

    ``marks`` follow the expression: ``()`` for an object of a class, ``[]`` for an item.
    """

    expression: ast.expr
    marks: str
    scope: Scope


class Receivers:
    """The values of the receivers of one file.

    ``is_spelled`` says whether a string constant is written plainly in the source.
    """

    def __init__(self, scopes: Scopes, is_spelled: Callable[[ast.Constant], bool]) -> None:
        self.scopes = scopes
        self.is_spelled = is_spelled
        # the same names are looked up again and again
        self.of_name = functools.lru_cache(maxsize=None)(self._of_name)
        self.of_attribute = functools.lru_cache(maxsize=None)(self._of_attribute)
        self.returned = functools.lru_cache(maxsize=None)(self._returned)

    def values(self, node: ast.expr, scope: Scope) -> Sequence[Value]:
        """Return the values of an expression; none if it has no name or the source does not tell."""
        if isinstance(node, ast.Name):
            owner = owner_of(node.id, scope)
            return self.of_name(node.id, owner) if owner else ()
        if isinstance(node, ast.Attribute):
            found = (self.of_attribute(node.attr, owner) for owner in self.scopes.classes(node.value, scope))
            return next(filter(None, found), ())
        if isinstance(node, ast.Call):
            return self.of_call(node.func, scope)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            # ``root / "a" / "b"`` has the methods of ``root``
            while isinstance(node, ast.BinOp):
                node = node.left
            return [Value(node, "", scope)]
        return ()

    def of_call(self, function: ast.expr, scope: Scope) -> Sequence[Value]:
        """Return the values that a function or method of this file returns."""
        if isinstance(function, ast.Name):
            owner = owner_of(function.id, scope)
            return self.returned(function.id, owner) if owner else ()
        if isinstance(function, ast.Attribute):
            for owner in self.scopes.classes(function.value, scope):
                if function.attr in owner.bindings:
                    return self.returned(function.attr, owner)
        return ()

    def _of_name(self, name: str, owner: Scope) -> Sequence[Value]:
        """Return the values that a scope assigns to a name."""
        return _few(value for bound in owner.bound(name) for value in self.values_of(bound, owner))

    def _of_attribute(self, name: str, owner: Scope) -> Sequence[Value]:
        """Return the values that a class assigns to an attribute, or that its property returns."""
        found = self.scopes.attributes(owner).get(name, ())
        values = [value for bound, scope in found for value in self.values_of(bound, scope)]
        if any(_is_property(bound.value) for bound, _ in found):
            values += self.returned(name, owner)
        return _few(values)

    def _returned(self, name: str, owner: Scope) -> Sequence[Value]:
        """Return the values that the functions of this name return or yield, or are annotated to return."""
        found: list[Value] = []
        for definition in owner.bindings[name].definitions:
            if isinstance(definition, FUNCTIONS):
                inner = self.scopes.inner[definition]
                results = [*inner.bound("return"), *inner.bound("yield")]
                found += (value for bound in results for value in self.values_of(bound, inner))
                found += (Value(value, "()", owner) for value in self.annotated(definition.returns))
        return _few(found)

    def values_of(self, bound: Bound, scope: Scope) -> Iterator[Value]:
        """Yield the values of one binding."""
        node = bound.value
        if isinstance(node, ast.expr):
            yield Value(node, bound.marks, scope)
        elif isinstance(node, _LOOPS):
            yield Value(node.iter, f"[]{bound.marks}", scope)
        elif isinstance(node, (ast.AnnAssign, ast.arg)):
            if isinstance(node, ast.AnnAssign) and node.value:
                yield Value(node.value, "", scope)
            yield from (Value(value, "()", scope) for value in self.annotated(node.annotation))

    def annotated(self, annotation: ast.expr | None) -> Iterator[ast.expr]:
        """Yield the classes in an annotation: ``Optional[Blob]`` and ``"Blob | None"`` give Blob."""
        stack = [annotation]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and self.is_spelled(node):
                stack.append(_parsed(node.value))
            elif isinstance(node, ast.BinOp):
                stack += [node.left, node.right]
            elif isinstance(node, ast.Subscript) and last_name(node.value) in _OPTIONAL:
                stack += node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            elif isinstance(node, (ast.Attribute, ast.Name)):
                yield node


def _few(values: Iterable[Value]) -> Sequence[Value]:
    """Return values, or none if they are too many."""
    found = list(values)
    return found if len(found) <= _MOST_VALUES else ()


def _is_property(node: ast.AST | None) -> bool:
    return isinstance(node, FUNCTIONS) and any(last_name(each).endswith("property") for each in node.decorator_list)


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (MemoryError, RecursionError, SyntaxError, ValueError):
        return None
