"""What the receiver of a call stands for: ``hook.load_file(...)`` where ``hook = S3Hook()`` is S3Hook().load_file.

A name stands for what is assigned to it in the scope that binds it, ``self.fs`` for what the class assigns to it, the
call of a function of the file for what that returns, a parameter for an object of the class that it is annotated as.
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

# A name that is assigned more often is a variable for everything, and tells nothing.
_MOST_VALUES = 8

_LOOPS = (ast.AsyncFor, ast.For, ast.comprehension)
_OPTIONAL = frozenset(["Annotated", "ClassVar", "Final", "Optional", "Union"])


class Value(NamedTuple):
    """An expression that a receiver stands for, and the scope it stands in.

    ``marks`` are to be written behind it: ``()`` for an object of a class, ``[]`` for an item.
    """

    expression: ast.expr
    marks: str
    scope: Scope


class Receivers:
    """What the receivers of one file stand for.

    ``is_spelled`` says whether the source holds the text of a constant as it is.
    """

    def __init__(self, scopes: Scopes, is_spelled: Callable[[ast.Constant], bool]) -> None:
        self.scopes = scopes
        self.is_spelled = is_spelled
        # the same ones are asked for again and again
        self.of_name = functools.lru_cache(maxsize=None)(self._of_name)
        self.of_attribute = functools.lru_cache(maxsize=None)(self._of_attribute)
        self.returned = functools.lru_cache(maxsize=None)(self._returned)

    def values(self, node: ast.expr, scope: Scope) -> Sequence[Value]:
        """Return what an expression stands for; nothing if it has no name, or the source does not tell."""
        if isinstance(node, ast.Name):
            owner = owner_of(node.id, scope)
            return self.of_name(node.id, owner) if owner else ()
        if isinstance(node, ast.Attribute):
            found = (self.of_attribute(node.attr, owner) for owner in self.scopes.classes(node.value, scope))
            return next(filter(None, found), ())
        if isinstance(node, ast.Call):
            return self.of_call(node.func, scope)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            # a path below another one
            while isinstance(node, ast.BinOp):
                node = node.left
            return [Value(node, "", scope)]
        return ()

    def of_call(self, function: ast.expr, scope: Scope) -> Sequence[Value]:
        """Return what a function or method of the file returns."""
        if isinstance(function, ast.Name):
            owner = owner_of(function.id, scope)
            return self.returned(function.id, owner) if owner else ()
        if isinstance(function, ast.Attribute):
            for owner in self.scopes.classes(function.value, scope):
                if function.attr in owner.bindings:
                    return self.returned(function.attr, owner)
        return ()

    def _of_name(self, name: str, owner: Scope) -> Sequence[Value]:
        """Return what a scope assigns to a name."""
        return _few(value for bound in owner.bound(name) for value in self.told(bound, owner))

    def _of_attribute(self, name: str, owner: Scope) -> Sequence[Value]:
        """Return what a class assigns to an attribute of its objects, or what a property of it returns."""
        found = self.scopes.attributes(owner).get(name, ())
        values = [value for bound, scope in found for value in self.told(bound, scope)]
        if any(_is_property(bound.value) for bound, _ in found):
            values += self.returned(name, owner)
        return _few(values)

    def _returned(self, name: str, owner: Scope) -> Sequence[Value]:
        """Return what the functions of a name return or yield, or are annotated to return."""
        found: list[Value] = []
        for definition in owner.bindings[name].definitions:
            if isinstance(definition, FUNCTIONS):
                inner = self.scopes.inner[definition]
                results = [*inner.bound("return"), *inner.bound("yield")]
                found += (value for bound in results for value in self.told(bound, inner))
                found += (Value(value, "()", owner) for value in self.annotated(definition.returns))
        return _few(found)

    def told(self, bound: Bound, scope: Scope) -> Iterator[Value]:
        """Yield what one thing tells that a name is bound to."""
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
        """Yield the classes that an annotation names: ``Optional[Blob]`` and ``"Blob | None"`` are Blob."""
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
    """Return values, or none if they are many."""
    found = list(values)
    return found if len(found) <= _MOST_VALUES else ()


def _is_property(node: ast.AST | None) -> bool:
    return isinstance(node, FUNCTIONS) and any(last_name(each).endswith("property") for each in node.decorator_list)


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (MemoryError, RecursionError, SyntaxError, ValueError):
        return None
