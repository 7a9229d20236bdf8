"""What the names, attributes and items of a file stand for, where they are bound only once."""
from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from collections.abc import Sequence

from flake8_artifact_pin.source.bindings import bindings
from flake8_artifact_pin.source.bindings import Bound
from flake8_artifact_pin.source.bindings import is_self
from flake8_artifact_pin.source.bindings import item_name
from flake8_artifact_pin.source.bindings import only_return
from flake8_artifact_pin.source.bindings import rebound_elsewhere
from flake8_artifact_pin.source.bindings import Scopes
from flake8_artifact_pin.source.bindings import self_attributes
from flake8_artifact_pin.source.bindings import subclasses

_MAX_CLASSES, _MAX_BASES, _MAX_COMPONENTS = 100, 8, 12
_SIMPLE = re.compile(r"[\w.-]{1,40}")


class Lookup:
    """The names of a file. Each scope is read once, when it is asked for."""

    def __init__(self, module: ast.AST) -> None:
        self.module = module
        self.bindings = functools.lru_cache(maxsize=None)(bindings)
        self.self_attributes = functools.lru_cache(maxsize=None)(self_attributes)
        self.only_return = functools.lru_cache(maxsize=None)(only_return)
        self.items = functools.lru_cache(maxsize=None)(constant_items)

    @functools.cached_property
    def rebound(self) -> frozenset[str]:
        """The names that another scope than their own may bind."""
        return rebound_elsewhere(self.module)

    @functools.cached_property
    def subclasses(self) -> Mapping[str, Sequence[ast.ClassDef]]:
        """The classes by the names of those that they are derived from."""
        return subclasses(self.module)

    def assigned(self, node: ast.AST, scopes: Scopes) -> tuple[ast.expr, Scopes] | None:
        """Return the only expression that a name, an attribute or an item is assigned, and the scopes it stands in."""
        found = self.bound(node, scopes)
        if found and found[0].is_whole and isinstance(found[0].value, ast.expr):
            return found[0].value, found[1]
        return None

    def bound(self, node: ast.AST, scopes: Scopes) -> tuple[Bound, Scopes] | None:
        """Return the only thing that a name, attribute or item is bound to, and the scopes it stands in."""
        if isinstance(node, ast.Name):
            found, around = self.all_bound(node.id, scopes)
            return (found[0], around) if len(found) == 1 and node.id not in self.rebound else None
        if isinstance(node, ast.Attribute):
            return self.attribute(node, scopes)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            item = self.item(node.value, node.slice.value, scopes)
            return (Bound(item[0]), item[1]) if item else None
        return None

    def all_bound(self, name: str, scopes: Scopes) -> tuple[Sequence[Bound], Scopes]:
        """Return all that a name is bound to in the innermost scope that binds it."""
        for index in range(len(scopes), 0, -1):
            scope = scopes[index - 1]
            if index == len(scopes) or not isinstance(scope, ast.ClassDef):
                found = self.bindings(scope).get(name)
                if found:
                    return found, scopes[:index]
        return (), scopes

    def item(self, node: ast.AST, key: object, scopes: Scopes) -> tuple[ast.expr, Scopes] | None:
        """Return the only value that a dictionary has for a key."""
        found: list[tuple[ast.expr, Scopes]] = []
        if isinstance(node, ast.Name):
            values, around = self.all_bound(item_name(node.id, key), scopes)
            found += [(bound.value, around) for bound in values if isinstance(bound.value, ast.expr)]
        dictionary, around = self.assigned(node, scopes) or (node, scopes)
        value = self.items(dictionary).get(key) if isinstance(dictionary, (ast.Call, ast.Dict)) else None
        if value:
            found.append((value, around))
        return found[0] if len(found) == 1 else None

    def attribute(self, node: ast.Attribute, scopes: Scopes) -> tuple[Bound, Scopes] | None:
        """Return the only thing that an attribute of ``self``, ``cls`` or a class of the file is bound to."""
        if is_self(node.value):
            indices = [index for index, scope in enumerate(scopes) if isinstance(scope, ast.ClassDef)]
            around = scopes[:indices[-1] + 1] if indices else None
            if around is None or self.is_overridden(around[-1], node.attr):
                return None
        else:
            around = self.class_of(node.value, scopes)
        for _ in range(_MAX_BASES):
            if around is None:
                return None
            found = [
                *((bound, around) for bound in self.bindings(around[-1]).get(node.attr, ())),
                *self.self_attributes(around).get(node.attr, ()),
            ]
            if found:
                return found[0] if len(found) == 1 and not _is_blank(found[0][0].value) else None
            bases = around[-1].bases if isinstance(around[-1], ast.ClassDef) else []
            around = next(filter(None, (self.class_of(base, around[:-1]) for base in bases)), None)
        return None

    def own_argument(self, call: ast.Call, place: str, scopes: Scopes) -> tuple[ast.expr, Scopes] | None:
        """Return the argument of a call at ``name=`` or ``2``, and the scopes that it stands in."""
        if place.endswith("="):
            return self.keyword(call, place[:-1], scopes)
        starred = [index for index, argument in enumerate(call.args) if isinstance(argument, ast.Starred)]
        is_last = place.startswith("-")
        arguments = call.args if not starred else [] if is_last else call.args[:starred[0]]
        index = len(arguments) + int(place) if is_last else int(place)
        return (arguments[index], scopes) if 0 <= index < len(arguments) else None

    def keyword(self, call: ast.Call, name: str, scopes: Scopes) -> tuple[ast.expr, Scopes] | None:
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value, scopes
        for keyword in call.keywords:
            if keyword.arg is None:
                found = self.item(keyword.value, name, scopes)
                if found:
                    return found
        return None

    def class_of(self, node: ast.AST, scopes: Scopes) -> Scopes | None:
        """Return the scopes within the class that a name stands for."""
        found = self.bound(node, scopes) if isinstance(node, ast.Name) else None
        return (*found[1], found[0].value) if found and isinstance(found[0].value, ast.ClassDef) else None

    def is_overridden(self, node: ast.AST, name: str) -> bool:
        """Return whether a class of the file that is derived from a class binds an attribute anew."""
        waiting = [node]
        seen: set[ast.AST] = set()
        while waiting and len(seen) < _MAX_CLASSES:
            node = waiting.pop()
            for derived in self.subclasses.get(getattr(node, "name", ""), ()):
                if name in self.bindings(derived):
                    return True
                if derived not in seen:
                    seen.add(derived)
                    waiting.append(derived)
        return bool(waiting)


def constant_items(node: ast.AST) -> Mapping[object, ast.expr]:
    """Return the values of a dictionary by those keys of it that are constants."""
    items: dict[object, ast.expr] = {}
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values):
            if key is None:
                # ``**others``: they may have any of these keys, too
                items.clear()
            elif isinstance(key, ast.Constant):
                items[key.value] = value
    elif isinstance(node, ast.Call) and dotted(node.func) == "dict":
        items.update((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg)
    return items


def _is_blank(node: ast.AST | None) -> bool:
    """Return whether a value stands for one that is set elsewhere."""
    return isinstance(node, ast.Constant) and node.value in (None, "")


def called_name(node: ast.Call) -> str:
    """Return the last name of what is called; an empty string if it has none."""
    function = node.func
    if isinstance(function, ast.Call) and dotted(function.func) == "getattr" and len(function.args) > 1:
        name = function.args[1]
        return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def dotted(node: ast.AST) -> str:
    """Return a short name for an expression as it is written, or an empty string."""
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
