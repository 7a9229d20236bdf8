"""Which key a PUT call writes, as far as the source tells: to show a person, and to find functions that take it."""
from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

_POSITIONAL_KEY = frozenset(["upload_file", "upload_fileobj"])
_SELF = frozenset(["cls", "self"])

# What a string may hold besides the name of an artifact: fields to fill in, and the extension of a file.
_NOT_A_NAME = re.compile(r"%(?:\([^)]*\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?[a-zA-Z]|\{[^{}]*\}|\.\w+")
_LETTER = re.compile(r"[^\W\d_]")


class Function(NamedTuple):
    """A function around a place: its definition, its qualified name, and whether a class holds it."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    name: str
    is_method: bool


def key_expression(call: ast.Call, method: str) -> ast.expr | None:
    """Return the expression of the key that a PUT call writes, if it stands in the call."""
    for keyword in call.keywords:
        if keyword.arg == "Key":
            return keyword.value
    if method == "put" and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        # resource.Object(bucket, key).put(), bucket.Object(key).put()
        named = [keyword.value for keyword in call.func.value.keywords if keyword.arg == "key"]
        return next(iter([*named, *_positional(call.func.value)[1:2], *_positional(call.func.value)[:1]]), None)
    if method in _POSITIONAL_KEY:
        # client.upload_file(Filename, Bucket, Key), but bucket.upload_file(Filename, Key)
        arguments = _positional(call)
        return next(iter(arguments[2:3] or arguments[1:2]), None)
    return None


def key_taker(call: ast.Call, key: ast.expr | None, functions: Sequence[Function]) -> Function | None:
    """Return the function, of those around a PUT call, that takes the whole key from a parameter of its own.

    Such a function hides each new artifact behind one PUT call. A key that has a name in it, such as
    ``f"prices/{day}.parquet"``, is not taken from a parameter. ``functions`` are the outer ones first.
    """
    # ``put_object(**kwargs)`` takes its key from outside, too
    handed_through = [keyword.value for keyword in call.keywords if keyword.arg is None]
    expressions = handed_through if key is None else [key]
    for function in reversed(functions):
        values = _local_values(function.node)
        parameters = _parameters(function.node)
        if any(_is_taken(expression, parameters, values) for expression in expressions):
            return function
    return None


def fixed_parts(key: ast.expr | None) -> tuple[str, ...]:
    """Return the texts and constants (names in capitals) of a key expression, the outer ones first.

    They tell two artifacts apart, whatever the variables are called.
    """
    parts = []
    for node in ast.walk(key) if key else ():
        if isinstance(node, ast.Constant):
            parts.append(repr(node.value))
        elif isinstance(node, (ast.Attribute, ast.Name)):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name.isupper():
                parts.append(name)
    return tuple(parts)


def _positional(call: ast.Call) -> list[ast.expr]:
    is_known = not any(isinstance(argument, ast.Starred) for argument in call.args)
    return call.args if is_known else []


@functools.lru_cache(maxsize=128)
def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    names = [argument.arg for argument in (*plain, arguments.vararg, arguments.kwarg) if argument]
    return frozenset(names) - _SELF


@functools.lru_cache(maxsize=128)
def _local_values(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Mapping[str, ast.expr]:
    """Return the value of each local name that gets one only once.

    The last answers are kept, as those of _parameters(): a function may make very many PUT calls.
    """
    values: dict[str, list[ast.expr]] = {}
    for inner in ast.walk(node):
        targets: list[ast.expr] = []
        value: ast.expr | None = None
        if isinstance(inner, ast.Assign):
            targets, value = inner.targets, inner.value
        elif isinstance(inner, ast.AnnAssign):
            targets, value = [inner.target], inner.value
        elif isinstance(inner, (ast.For, ast.AsyncFor, ast.comprehension)):
            targets, value = [inner.target], inner.iter
        for name in (name for target in targets for name in _names(target)):
            if value:
                values.setdefault(name, []).append(value)
    return {name: found[0] for name, found in values.items() if len(found) == 1}


def _names(target: ast.expr) -> Iterator[str]:
    """Yield the names that an assignment to a target binds."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.List, ast.Tuple)):
        for item in target.elts:
            yield from _names(item)


def _is_taken(expression: ast.expr, parameters: frozenset[str], values: Mapping[str, ast.expr]) -> bool:
    """Return whether an expression has a parameter in it, and no text that names an artifact."""
    is_taken = False
    seen = set()
    expressions = [expression]
    while expressions:
        for node in _walk_without_subscripts(expressions.pop()):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if _LETTER.search(_NOT_A_NAME.sub("", node.value)):
                    return False
            elif isinstance(node, ast.Name):
                is_taken = is_taken or node.id in parameters
                if node.id not in seen and node.id in values:
                    seen.add(node.id)
                    expressions.append(values[node.id])
    return is_taken


def _walk_without_subscripts(expression: ast.expr) -> Iterator[ast.AST]:
    """Yield the nodes of an expression; ``event["key"]`` and ``{"key": value}`` name no artifact."""
    stack: list[ast.AST] = [expression]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.Subscript):
            stack.append(node.value)
        else:
            stack += node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
