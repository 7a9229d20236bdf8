"""Look up names, attributes and items of a file that are bound only once."""
from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.source.scopes import Bound
from flake8_artifact_pin.source.scopes import FUNCTIONS
from flake8_artifact_pin.source.scopes import is_self
from flake8_artifact_pin.source.scopes import item_name
from flake8_artifact_pin.source.scopes import Scope
from flake8_artifact_pin.source.scopes import Scopes
from flake8_artifact_pin.source.templates import KeyParameter

_MAX_COMPONENTS = 12
_SIMPLE = re.compile(r"[\w.-]{1,40}")


class Lookup:
    """Looks up the names, attributes and items of one file. Results are cached."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self.bindings = functools.lru_cache(maxsize=None)(_bindings)
        self.bindings_of_attribute = functools.lru_cache(maxsize=None)(self._bindings_of_attribute)
        self.items = functools.lru_cache(maxsize=None)(constant_items)

    def assigned(self, node: ast.AST, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """Return the expression that a name, attribute or item is assigned, and its scope; None if not just one."""
        found = self.bound(node, scope)
        if found and not found[0].marks and isinstance(found[0].value, ast.expr):
            return found[0].value, found[1]
        return None

    def bound(self, node: ast.AST, scope: Scope) -> tuple[Bound, Scope] | None:
        """Return the only binding of a name, attribute or item, and its scope; None if it has none or several."""
        if isinstance(node, ast.Name):
            found, owner = self.all_bound(node.id, scope)
            return (found[0], owner) if len(found) == 1 and node.id not in self.scopes.declared else None
        if isinstance(node, ast.Attribute):
            return self.attribute(node, scope)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            item = self.item(node.value, node.slice, scope)
            return (Bound(item[0]), item[1]) if item else None
        return None

    def all_bound(self, name: str, scope: Scope) -> tuple[Sequence[Bound], Scope]:
        """Return all bindings of a name in the innermost scope that binds it, and that scope."""
        for owner in scope.around:
            if owner is scope or not isinstance(owner.node, ast.ClassDef):
                found = self.bindings(name, owner)
                if found:
                    return found, owner
        return (), scope

    def item(self, node: ast.AST, key: ast.Constant, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """Return the only value that a dictionary has for a key, and its scope."""
        found: list[tuple[ast.expr, Scope]] = []
        if isinstance(node, ast.Name):
            values, owner = self.all_bound(item_name(node.id, key), scope)
            found += [(bound.value, owner) for bound in values if isinstance(bound.value, ast.expr)]
        dictionary, owner = self.assigned(node, scope) or (node, scope)
        value = self.items(dictionary).get(key.value) if isinstance(dictionary, (ast.Call, ast.Dict)) else None
        if value:
            found.append((value, owner))
        return found[0] if len(found) == 1 else None

    def attribute(self, node: ast.Attribute, scope: Scope) -> tuple[Bound, Scope] | None:
        """Return the only binding of an attribute of ``self``, ``cls`` or a class of this file, and its scope."""
        if is_self(node.value):
            own = self.scopes.class_of(node.value, scope)
            overridden = self.scopes.overridden(own.node) if own else None
            is_known = overridden is not None and node.attr not in overridden
        else:
            is_known = self.class_of(node.value, scope) is not None
        classes = self.scopes.classes(node.value, scope) if is_known else ()
        found = next(filter(None, (self.bindings_of_attribute(node.attr, owner) for owner in classes)), ())
        return found[0] if len(found) == 1 and not _is_blank(found[0][0].value) else None

    def _bindings_of_attribute(self, name: str, owner: Scope) -> Sequence[tuple[Bound, Scope]]:
        """Return the bindings of an attribute of a class, with their scopes."""
        found = self.scopes.attributes(owner).get(name, ())
        return [(each, scope) for bound, scope in found for each in _values([bound], name, scope)]

    def plain_argument(self, call: ast.Call, place: str, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """Return the argument of a call at ``name=``, ``2`` or ``-1`` (the last one), and its scope."""
        if place.endswith("="):
            return self.keyword(call, place[:-1], scope)
        starred = [index for index, argument in enumerate(call.args) if isinstance(argument, ast.Starred)]
        is_last = place.startswith("-")
        arguments = call.args if not starred else [] if is_last else call.args[:starred[0]]
        index = len(arguments) + int(place) if is_last else int(place)
        return (arguments[index], scope) if 0 <= index < len(arguments) else None

    def keyword(self, call: ast.Call, name: str, scope: Scope) -> tuple[ast.expr, Scope] | None:
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value, scope
        for keyword in call.keywords:
            if keyword.arg is None:
                found = self.item(keyword.value, ast.Constant(name), scope)
                if found:
                    return found
        return None

    def class_of(self, node: ast.AST, scope: Scope) -> ast.ClassDef | None:
        """Return the class that a name stands for, if that is its only binding."""
        found = self.bound(node, scope) if isinstance(node, ast.Name) else None
        return found[0].value if found and isinstance(found[0].value, ast.ClassDef) else None


def _bindings(name: str, owner: Scope) -> Sequence[Bound]:
    """Return the bindings of a name in a scope, and the changes of its items, which may change its value."""
    return [*_values(owner.bound(name), name, owner), *owner.bound(f"{name}[]")]


def _values(found: Iterable[Bound], name: str, owner: Scope) -> Iterator[Bound]:
    """Yield the bindings of a name without bare annotations."""
    for bound in found:
        if not isinstance(bound.value, ast.AnnAssign):
            yield bound
        elif bound.value.value:
            # a field of a dataclass or model: only a default that callers may replace
            is_field = isinstance(owner.node, ast.ClassDef) and (owner.node.decorator_list or owner.node.bases)
            yield Bound() if is_field and not name.isupper() else Bound(bound.value.value)


def constant_items(node: ast.AST) -> Mapping[object, ast.expr]:
    """Return the values of a dictionary display or dict() call by its constant keys."""
    items: dict[object, ast.expr] = {}
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values):
            if key is None:
                # ``**others`` may replace any of the values so far
                items.clear()
            elif isinstance(key, ast.Constant):
                items[key.value] = value
    elif isinstance(node, ast.Call) and dotted(node.func) == "dict":
        items.update((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg)
    return items


def key_parameters(scope: Scope) -> Mapping[str, KeyParameter]:
    """Return the parameters of a function's scope by their names."""
    function = scope.node
    assert isinstance(function, FUNCTIONS)
    arguments = function.args
    is_method = scope.parent is not None and isinstance(scope.parent.node, ast.ClassDef)
    is_static = any(dotted(decorator) == "staticmethod" for decorator in function.decorator_list)
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    positional = positional[is_method and not is_static:]
    places = {argument.arg: [f"{argument.arg}="] for argument in (*arguments.args, *arguments.kwonlyargs)}
    for index, name in enumerate(positional):
        places.setdefault(name, []).append(str(index))
    if arguments.vararg:
        places[arguments.vararg.arg] = []
    if arguments.kwarg:
        places[arguments.kwarg.arg] = ["Key=", "key="]
    return {
        name: KeyParameter(scope.name, function.lineno, name, is_method, tuple(where)) for name, where in places.items()
    }


def _is_blank(node: ast.AST | None) -> bool:
    """Return whether a value is a placeholder for one that is set elsewhere."""
    return isinstance(node, ast.Constant) and node.value in (None, "")


def called_name(node: ast.Call) -> str:
    """Return the last name of the callee, also of a getattr(); an empty string if it has none."""
    function = node.func
    if isinstance(function, ast.Call) and dotted(function.func) == "getattr" and len(function.args) > 1:
        name = function.args[1]
        return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def dotted(node: ast.AST) -> str:
    """Return an expression in short, as ``self.key()[0]``; an empty string if it is not simple."""
    parts: list[str] = []
    for _ in range(_MAX_COMPONENTS):
        if isinstance(node, ast.Name):
            return "".join([node.id, *reversed(parts)])
        if isinstance(node, ast.Attribute):
            parts.append(f".{node.attr}")
            node = node.value
        elif isinstance(node, ast.Call):
            parts.append("()")
            node = node.func
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            key = str(node.slice.value)
            if not _SIMPLE.fullmatch(key):
                return ""
            parts.append(f"[{key}]")
            node = node.value
        else:
            return ""
    return ""
