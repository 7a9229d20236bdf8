"""The keys of PUT calls, as far as the source tells."""
from __future__ import annotations

import ast
import fnmatch
import functools
import itertools
import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.source.expressions import Context
from flake8_artifact_pin.source.expressions import Expressions
from flake8_artifact_pin.source.expressions import MAX_NAMES
from flake8_artifact_pin.source.lookup import called_name
from flake8_artifact_pin.source.scopes import Scope
from flake8_artifact_pin.source.scopes import Scopes
from flake8_artifact_pin.source.templates import is_like_key
from flake8_artifact_pin.source.templates import is_unknown
from flake8_artifact_pin.source.templates import KeyParameter
from flake8_artifact_pin.source.templates import Template
from flake8_artifact_pin.source.templates import whole_parameter
from flake8_artifact_pin.source.templates import written

# Limit for the expressions of a receiver that are read for each key.
_MAX_STEPS = 40
# Limit for positional arguments: nobody writes more by hand.
_MOST_ARGUMENTS = 10
_PLACE = re.compile(r"\.(?P<name>[^(.]+)\((?P<argument>.*)\)")

# A path, but no bucket name, no sentence and no content type.
_LIKE_PATH = re.compile(r"(?!(?:application|audio|image|text|video)/)\S*[./]\S*")


class Key(NamedTuple):
    """The key template of a PUT call, empty if the call has no key, and the parameter that is used as the key."""

    template: str
    parameter: KeyParameter | None


def _is_like_path(template: Template) -> bool:
    text = "".join(part.text if part.is_known else "{}" for part in template)
    return _has_letter(template) and _LIKE_PATH.fullmatch(text) is not None


def _has_letter(template: Template) -> bool:
    return any(part.is_known and any(map(str.isalpha, part.text)) for part in template)


class Keys(Expressions):
    """Finds the keys of the PUT calls of one file."""

    def __init__(self, scopes: Scopes) -> None:
        super().__init__(scopes)
        # key() tries several places of the same call
        self.in_receiver = functools.lru_cache(maxsize=1)(self._in_receiver)

    def key(self, call: ast.Call, places: Sequence[str], scope: Scope) -> Key:
        """Return the key of a PUT call, which belongs to a scope.

        The first of the ``places`` that the call has wins. ``Key=`` is a keyword, ``2`` a positional argument (0-based,
        ``-1`` is the last), ``.blob(0)`` or ``.blob(name=)`` an argument of a call in the receiver (its name is a shell
        wildcard), ``.`` the receiver itself, ``*`` the positional argument that looks most like a key.
        """
        for place in places:
            if place == "*":
                template = self.likely_key(call, scope)
            else:
                found = self.argument(call, place, scope)
                template = self.template(found[0], Context(found[1])) if found else None
            if template is not None:
                return Key(written(template), whole_parameter(template))
        for keyword in call.keywords:
            if keyword.arg is None:
                # ``put_object(**arguments)`` may take its key from the arguments
                return Key("", whole_parameter(self.template(keyword.value, Context(scope))))
        return Key("", None)

    def likely_key(self, call: ast.Call, scope: Scope) -> Template | None:
        """Return the positional argument that looks most like a key: first a path, then a text, then a key's name."""
        plain = itertools.takewhile(lambda argument: not isinstance(argument, ast.Starred), call.args)
        templates = [self.template(argument, Context(scope)) for argument in itertools.islice(plain, _MOST_ARGUMENTS)]
        tests = (_is_like_path, _has_letter, lambda template: is_unknown(template) and is_like_key(template[0].text))
        return next((template for is_key in tests for template in templates if is_key(template)), None)

    def argument(self, call: ast.Call, place: str, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """Return the argument at a place of a call, and its scope."""
        if place == ".":
            return (call.func.value, scope) if isinstance(call.func, ast.Attribute) else None
        match = _PLACE.fullmatch(place)
        if match is None:
            return self.plain_argument(call, place, scope)
        for name, (inner, around) in self.in_receiver(call, scope).items():
            if fnmatch.fnmatchcase(name, match["name"]):
                return self.plain_argument(inner, match["argument"], around)
        return None

    def _in_receiver(self, call: ast.Call, scope: Scope) -> Mapping[str, tuple[ast.Call, Scope]]:
        """Return the calls in the receiver of a call by their names; the last one of each name."""
        found: dict[str, tuple[ast.Call, Scope]] = {}
        for inner, around in self.calls_in_receiver(call, scope):
            found.setdefault(called_name(inner), (inner, around))
        return found

    def calls_in_receiver(self, call: ast.Call, scope: Scope) -> Iterator[tuple[ast.Call, Scope]]:
        """Yield the calls in the receiver of a call, the last one first. Names that are assigned once are followed."""
        node: ast.AST = call.func
        names = MAX_NAMES
        for _ in range(_MAX_STEPS):
            if isinstance(node, (ast.Attribute, ast.Name)):
                assigned = self.assigned(node, scope)
                if assigned and names:
                    node, scope = assigned
                    names -= 1
                    continue
            if isinstance(node, ast.Call):
                yield node, scope
                is_getattr = isinstance(node.func, ast.Name) and node.func.id == "getattr" and node.args
                node = node.args[0] if is_getattr else node.func
            elif isinstance(node, (ast.Attribute, ast.Await, ast.NamedExpr, ast.Subscript)):
                node = node.value
            elif isinstance(node, ast.IfExp):
                node = node.body
            elif isinstance(node, ast.BoolOp):
                node = node.values[-1]
            else:
                return
