"""The dotted names that an expression may have: ``boto3.client('s3').put_object`` is boto3.client().put_object."""
from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from collections.abc import Sequence
from typing import TypeAlias

from flake8_artifact_pin.source.receivers import Receivers
from flake8_artifact_pin.source.scopes import Components
from flake8_artifact_pin.source.scopes import owner_of
from flake8_artifact_pin.source.scopes import Scope
from flake8_artifact_pin.source.scopes import Scopes

# How many assignments and functions are followed from a receiver, and how many names are kept for it.
_MOST_STEPS, _MOST_LINKS = 4, 50

#: The component for an expression without a name.
UNNAMED = "?"

#: The last component of a dotted name, and the names that may precede it.
Link: TypeAlias = "tuple[str, Names]"
#: The functions and classes of a name.
Definitions: TypeAlias = "tuple[ast.AST, ...]"


class Names:
    """The dotted names that an expression may have: several if its branches differ.

    Components are computed on demand: a chain of calls may be very long, and most patterns need only its end.
    ``known`` and ``matching`` cache results of patterns.
    """

    __slots__ = ("_tell", "_links", "_attributes", "known", "matching")

    def __init__(self, tell: Callable[[], Sequence[Link]]) -> None:
        self._tell = tell
        self._links: Sequence[Link] | None = None
        self._attributes: dict[str, Names] = {}
        self.known: dict[Components, bool] = {}
        self.matching: Sequence[int] | None = None

    @property
    def links(self) -> Sequence[Link]:
        """The last component of each name, and the names that precede it."""
        if self._links is None:
            self._links = self._tell()
        return self._links

    def attribute(self, name: str) -> Names:
        """Return the names of an attribute of this expression."""
        if name not in self._attributes:
            self._attributes[name] = _names([(name, self)])
        return self._attributes[name]


def fixed_names(names: Sequence[Components]) -> Names:
    """Return Names of the given dotted names."""
    return Names(lambda: [(name[-1], fixed_names([name[:-1]])) for name in names if name])


def _names(links: Sequence[Link]) -> Names:
    return Names(lambda: links)


class NameFinder:
    """Finds the dotted names of the expressions of one file.

    ``is_spelled`` says whether a string constant is written plainly in the source.
    """

    def __init__(self, scopes: Scopes, is_spelled: Callable[[ast.Constant], bool]) -> None:
        self.scopes = scopes
        self.is_spelled = is_spelled
        self.stars = fixed_names(scopes.stars)
        self.values = Receivers(scopes, is_spelled).values
        self.receivers: dict[tuple[ast.expr | str, Scope | None, int], Names] = {}
        self.firsts: dict[tuple[int, str, str], Names] = {}
        self.known: dict[tuple[int, str], tuple[Names, Names, Definitions]] = {}

    def attribute(self, node: ast.AST, scope: Scope) -> tuple[ast.expr, str] | None:
        """Return the object and the name of an attribute, or of a getattr() with a constant name; None for others."""
        if isinstance(node, ast.Attribute):
            return node.value, node.attr
        name = second_text(node)
        if name and isinstance(node, ast.Call) and self.is_getattr(node.func, scope) and self.is_spelled(name):
            return node.args[0], str(name.value)
        return None

    def is_getattr(self, function: ast.expr, scope: Scope) -> bool:
        """Return whether a function may be the builtin getattr()."""
        is_name = isinstance(function, ast.Name) and function.id == "getattr"
        return is_name or self.builtin(function, scope) == "getattr"

    def builtin(self, function: ast.expr, scope: Scope) -> str:
        """Return the name of the builtin that an expression stands for; an empty string if it is not certain."""
        if isinstance(function, ast.Name):
            if self.scopes.is_builtin(function.id, scope):
                return function.id
            names = list(self.scopes.imported(function.id, scope))
        elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            first = function.value.id
            names = [(*name, function.attr) for name in [(first,), *self.scopes.imported(first, scope)]]
        else:
            return ""
        return next((name[1] for name in names if name[0] == "builtins" and len(name) == 2), "")

    def is_imported(self, node: ast.expr, scope: Scope) -> bool:
        """Return whether an expression is an imported name, or an attribute of one."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and bool(self.scopes.imported(node.id, scope))

    def functions(self, name: str, scope: Scope) -> tuple[Names, Names, Definitions]:
        """Return the dotted names of an imported function, those of a function of this file, and its definitions.

        A function of this file counts as imported from a module with an empty name. A class has its bare name only.
        """
        binding = self.scopes.find(name, scope)
        key = (id(binding), name)
        if key not in self.known:
            definitions = tuple(binding.definitions) if binding else ()
            imported = self.imported_links(name, "", scope)
            is_function = any(not isinstance(node, ast.ClassDef) for node in definitions)
            self.known[key] = (
                _names([(name, fixed_names([])), *imported] if imported else []),
                fixed_names([(name,), *([("", name)] if is_function else [])] if definitions else []),
                definitions,
            )
        return self.known[key]

    def names(self, node: ast.expr, scope: Scope, steps: int = _MOST_STEPS) -> Names:
        """Return the dotted names of a receiver and of its values, following at most ``steps`` assignments."""
        # cached by binding scope, not by node: resolving a name may be expensive
        owner = owner_of(node.id, scope) if isinstance(node, ast.Name) else None
        key = (getattr(node, "id", node), owner, steps)
        if key not in self.receivers:
            first = self._first(node, scope, steps)
            links = functools.partial(self._links, node, scope, steps)
            self.receivers[key] = self.first_names(*first, scope) if first else Names(links)
        return self.receivers[key]

    def _first(self, node: ast.expr, scope: Scope, steps: int) -> tuple[str, str] | None:
        """Return the name and the marks of a name that may be called or subscripted: ``a()[0]`` gives "a" and "()[]".

        Return None for any other expression, and where the source tells what the name stands for.
        """
        marks = ""
        while not (steps and self.values(node, scope)):
            if isinstance(node, ast.Name):
                return node.id, marks
            inner = _looked_through(node, marks)
            if len(inner) != 1 or self.attribute(node, scope):
                return None
            node, marks = inner[0]
        return None

    def first_names(self, name: str, marks: str, scope: Scope) -> Names:
        """Return the names of the first name of an expression: itself, and the names that it is imported from."""
        # cached by binding: one name may have many imports
        key = (id(self.scopes.find(name, scope)), name, marks)
        if key not in self.firsts:
            self.firsts[key] = _names([(name + marks, fixed_names([])), *self.imported_links(name, marks, scope)])
        return self.firsts[key]

    def _links(self, node: ast.expr, scope: Scope, steps: int) -> Sequence[Link]:
        links: list[Link] = []
        stack = [(node, "", scope, steps)]
        while stack:
            node, marks, scope, steps = stack.pop()
            if steps and len(links) + len(stack) < _MOST_LINKS:
                values = self.values(node, scope)
                stack += [(value, f"{behind}{marks}", inner, steps - 1) for value, behind, inner in values]
            attribute = self.attribute(node, scope)
            inner_nodes = _looked_through(node, marks)
            if attribute:
                links.append((attribute[1] + marks, self.names(attribute[0], scope, steps)))
            elif isinstance(node, ast.Name):
                links += self.first_names(node.id, marks, scope).links
            elif inner_nodes:
                stack += [(*inner, scope, steps) for inner in inner_nodes]
            else:
                links.append((UNNAMED + marks, fixed_names([])))
        return links

    def imported_links(self, name: str, marks: str, scope: Scope) -> Sequence[Link]:
        """Return the links for the names that a name is imported from."""
        origins = self.scopes.imported(name, scope)
        links = [(origin[-1] + marks, fixed_names([origin[:-1]])) for origin in origins]
        return [*links, (name + marks, self.stars)] if self.scopes.may_be_star(name, scope) else links


def second_text(node: ast.AST) -> ast.Constant | None:
    """Return the second argument of a call if it is a string constant that is an identifier."""
    if isinstance(node, ast.Call) and len(node.args) > 1:
        argument = node.args[1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value.isidentifier():
            return argument
    return None


def _looked_through(node: ast.expr, marks: str) -> list[tuple[ast.expr, str]]:
    """Return the expressions that give a call, subscript, await, walrus or branch its names, with their marks."""
    if isinstance(node, ast.Call):
        return [(node.func, f"(){marks}")]
    if isinstance(node, ast.Subscript):
        return [(node.value, f"[]{marks}")]
    if isinstance(node, (ast.Await, ast.NamedExpr)):
        return [(node.value, marks)]
    if isinstance(node, ast.IfExp):
        return [(node.body, marks), (node.orelse, marks)]
    if isinstance(node, ast.BoolOp):
        return [(value, marks) for value in node.values]
    return []
