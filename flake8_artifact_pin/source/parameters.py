"""Parameters that a function uses as keys unchanged, so that its callers name the artifact."""
from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from flake8_artifact_pin.source.lookup import called_name
from flake8_artifact_pin.source.lookup import dotted
from flake8_artifact_pin.source.scopes import FUNCTIONS
from flake8_artifact_pin.source.scopes import Scope
from flake8_artifact_pin.source.templates import KeyParameter
from flake8_artifact_pin.source.templates import Template

#: Functions and methods that change the form of a key but not the artifact that it names.
SAME_FUNCTIONS = frozenset([
    "abspath", "expanduser", "fspath", "normpath", "quote", "quote_plus", "realpath", "str", "unquote", "urlparse",
    "urlsplit",
])
SAME_METHODS = frozenset([
    "absolute", "as_posix", "as_uri", "decode", "encode", "expanduser", "geturl", "resolve",
])
_CHANGED_A_BIT = frozenset(["lower", "lstrip", "removeprefix", "removesuffix", "replace", "rstrip", "strip", "upper"])

_MAX_DEPTH = 12
_KEY_LIKE = re.compile(r"blob|dest|file|key|location|name|object|path|target|ur[il]", re.IGNORECASE)
# Arguments at the key's place in functions that only share a method's name: ``upload_file(key, path, content_type)``.
_UNLIKE_KEY = re.compile(r"acl|bucket|client|content|cred|header|meta|mime|type", re.IGNORECASE)
_SCHEME = re.compile(r"\A\w+://")
_EXTENSION = re.compile(r"(?<=\0)(?:\.\w+)+\Z")


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


def whole_parameter(template: Template) -> KeyParameter | None:
    """Return the parameter that is used as the key unchanged; None if the function names the artifact itself.

    If the parameter's name is like a key's (key, name, path), it may have a prefix without letters, a prefix from a
    variable, and an extension. A constant (in capitals) names an artifact.
    """
    names = [part for part in template if not part.is_known]
    if not names or names[-1].parameter is None or any(part.text.rpartition(".")[2].isupper() for part in names):
        return None
    parameter = names[-1].parameter
    if _UNLIKE_KEY.search(parameter.name) and not _KEY_LIKE.search(parameter.name):
        return None
    text = "".join(part.text if part.is_known else "\0" for part in template)
    is_as_it_stands = len(template) == 1 or _KEY_LIKE.search(parameter.name)
    has_name = any(character.isalpha() for character in _EXTENSION.sub("", _SCHEME.sub("", text)))
    return parameter if is_as_it_stands and not has_name else None


def is_like_key(name: str) -> bool:
    """Return whether a variable is named like a key, and not like a client, a bucket or a content type."""
    return _KEY_LIKE.search(name) is not None and _UNLIKE_KEY.search(name) is None


def made_of(node: ast.AST | None) -> str | None:
    """Return the name that an expression uses unchanged, after any prefix from variables and before any extension."""
    if isinstance(node, ast.IfExp):
        names = {_made_of(node.body), _made_of(node.orelse)}
        return names.pop() if len(names) == 1 else None
    return _made_of(node)


def _made_of(node: ast.AST | None) -> str | None:
    parts = _joined_parts(node)
    if not parts:
        return same_name(node)
    if len(parts) > 1 and _EXTENSION.fullmatch(f"\0{_literal(parts[-1])}", 1):
        parts.pop()
    *before, last = parts
    name = same_name(last)
    is_like_key = name is not None and _KEY_LIKE.search(name)
    return name if is_like_key and not any(map(_has_name, before)) else None


def _joined_parts(node: ast.AST | None) -> list[ast.expr]:
    """Return the parts of an f-string, a sum, a path, a format() or a join(); none for other expressions."""
    if isinstance(node, ast.JoinedStr):
        return [value.value if isinstance(value, ast.FormattedValue) else value for value in node.values]
    if isinstance(node, ast.BinOp):
        parts: list[ast.expr] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Div)) and len(parts) < _MAX_DEPTH:
            parts.insert(0, node.right)
            node = node.left
        return [node, *parts] if parts and isinstance(node, ast.expr) else []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join"):
        first = node.args[0] if len(node.args) == 1 else None
        items = first.elts if isinstance(first, (ast.List, ast.Tuple)) else node.args
        return [node.func.value, *items] if len(items) > 1 else []
    return []


def _literal(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _has_name(node: ast.expr) -> bool:
    """Return whether a prefix names the artifact: a text with a letter, or a constant in capitals."""
    text = _SCHEME.sub("", _literal(node))
    return any(map(str.isalpha, text)) or dotted(node).rpartition(".")[2].isupper()


def same_name(node: ast.AST | None) -> str | None:
    """Return the name that an expression uses unchanged, except for white space, slashes and the like."""
    for _ in range(_MAX_DEPTH):
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.BoolOp):
            node = node.values[0]
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            node = node.value
        elif isinstance(node, ast.Call):
            name = called_name(node)
            if isinstance(node.func, ast.Attribute) and name in (*SAME_METHODS, *_CHANGED_A_BIT):
                node = node.func.value
            elif name in SAME_FUNCTIONS and len(node.args) == 1:
                node = node.args[0]
            else:
                return None
        else:
            return None
    return None
