"""What the names and attributes of a file are bound to, scope by scope."""
from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import TypeAlias

Scopes: TypeAlias = "tuple[ast.AST, ...]"
Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"

FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)
_MUTATORS = frozenset([
    "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update",
])
_SELF = frozenset(["cls", "self"])


class Bound(NamedTuple):
    """What a name is bound to: a node, or None where the source does not tell.

    ``is_whole`` is false where the name gets only a part of it: ``bucket, key = split(url)``.
    """

    value: ast.AST | None
    is_whole: bool = True


_UNTOLD = Bound(None)


def bindings(scope: ast.AST) -> Mapping[str, Sequence[Bound]]:
    """Return what each name is bound to in the body of a module, class, function or lambda.

    Comprehensions and lambdas within are taken for a part of it. Where an item is set, ``name[key]`` is bound.
    """
    found: dict[str, list[Bound]] = {}
    if isinstance(scope, (*FUNCTIONS, ast.Lambda)):
        for argument in _arguments(scope.args):
            found[argument.arg] = [Bound(argument)]
    body = getattr(scope, "body", ())
    stack: list[ast.AST] = [body] if isinstance(body, ast.AST) else list(reversed(body))
    has_fields = isinstance(scope, ast.ClassDef) and bool(scope.decorator_list or scope.bases)
    while stack:
        node = stack.pop()
        for name, bound in _bound_by(node):
            if has_fields and isinstance(node, ast.AnnAssign) and not name.isupper():
                # of a dataclass or a model: a parameter with a default value
                bound = _UNTOLD
            found.setdefault(name, []).append(bound)
        stack += _children(node)
    return found


def rebound_elsewhere(module: ast.AST) -> frozenset[str]:
    """Return the names that some function of a module declares ``global`` or ``nonlocal``."""
    return frozenset(
        name
        for statement in _statements(module)
        if isinstance(statement, (ast.Global, ast.Nonlocal))
        for name in statement.names
    )


def subclasses(module: ast.AST) -> Mapping[str, Sequence[ast.ClassDef]]:
    """Return the classes of a module by the name of each class that they are derived from."""
    found: dict[str, list[ast.ClassDef]] = {}
    for statement in _statements(module):
        if isinstance(statement, ast.ClassDef):
            for base in statement.bases:
                name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
                found.setdefault(name, []).append(statement)
    return found


def self_attributes(scopes: Scopes) -> Mapping[str, Sequence[tuple[Bound, Scopes]]]:
    """Return what the methods of a class bind the attributes of ``self`` and ``cls`` to, and in which scopes.

    ``scopes`` end with the class.
    """
    found: dict[str, list[tuple[Bound, Scopes]]] = {}
    stack: list[tuple[ast.AST, Scopes]] = [(scopes[-1], scopes)]
    while stack:
        node, around = stack.pop()
        for child in _child_statements(node):
            if isinstance(child, FUNCTIONS):
                stack.append((child, (*around, child)))
            elif not isinstance(child, ast.ClassDef):
                stack.append((child, around))
        for target, bound in _targets(node):
            if isinstance(target, ast.Attribute) and is_self(target.value):
                found.setdefault(target.attr, []).append((bound, around))
    return found


def only_return(function: Function) -> ast.expr | None:
    """Return what a function returns, if it does so at one place only."""
    found: list[ast.expr | None] = []
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return):
            found.append(node.value)
        elif not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            stack += _child_statements(node)
    return found[0] if len(found) == 1 else None


def is_self(node: ast.AST) -> bool:
    """Return whether a node is the name of a method's own object or class."""
    return isinstance(node, ast.Name) and node.id in _SELF


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*plain, *filter(None, [arguments.vararg, arguments.kwarg])]


def _bound_by(node: ast.AST) -> Iterator[tuple[str, Bound]]:
    """Yield the names that a node itself binds."""
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.withitem)):
        for target, bound in _targets(node):
            if isinstance(target, ast.Name):
                yield target.id, bound
            elif isinstance(target, ast.Subscript):
                yield from _bound_item(target, bound)
    elif isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id, _UNTOLD
    elif isinstance(node, ast.arg):
        yield node.arg, _UNTOLD
    elif isinstance(node, ast.Call):
        method = node.func
        if isinstance(method, ast.Attribute) and method.attr in _MUTATORS and isinstance(method.value, ast.Name):
            yield method.value.id, _UNTOLD
    elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name, Bound(node)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0], _UNTOLD
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchMapping, ast.MatchStar)):
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name:
            yield name, _UNTOLD


def _bound_item(target: ast.Subscript, bound: Bound) -> Iterator[tuple[str, Bound]]:
    if isinstance(target.value, ast.Name):
        if isinstance(target.slice, ast.Constant):
            yield item_name(target.value.id, target.slice.value), bound
        else:
            yield target.value.id, _UNTOLD


def item_name(name: str, key: object) -> str:
    """Return the name that an item of a dictionary is bound to."""
    return f"{name}[{key!r}]"


def _targets(node: ast.AST) -> Iterator[tuple[ast.AST, Bound]]:
    """Yield what a node assigns to, and what."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _unpacked(target, node.value)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        if node.value:
            yield node.target, Bound(node.value)
    elif isinstance(node, ast.withitem):
        if node.optional_vars:
            yield from _unpacked(node.optional_vars, node.context_expr)
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        for item in node.items:
            yield from _targets(item)
    elif isinstance(node, (ast.AsyncFor, ast.AugAssign, ast.For)):
        for part, _ in _unpacked(node.target, node):
            yield part, _UNTOLD


def _unpacked(target: ast.AST, value: ast.AST) -> Iterator[tuple[ast.AST, Bound]]:
    stack: list[tuple[ast.AST, Bound]] = [(target, Bound(value))]
    while stack:
        target, bound = stack.pop()
        if isinstance(target, ast.Starred):
            stack.append((target.value, bound._replace(is_whole=False)))
        elif isinstance(target, (ast.List, ast.Tuple)):
            items = bound.value.elts if isinstance(bound.value, (ast.List, ast.Tuple)) else []
            if bound.is_whole and len(items) == len(target.elts) and not _has_star([*items, *target.elts]):
                stack += [(part, Bound(item)) for part, item in zip(target.elts, items)]
            else:
                stack += [(part, bound._replace(is_whole=False)) for part in target.elts]
        else:
            yield target, bound


def _has_star(items: Sequence[ast.expr]) -> bool:
    return any(isinstance(item, ast.Starred) for item in items)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is within a node and in the same scope, without the targets that _targets() knows."""
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield from node.decorator_list
        if isinstance(node, ast.ClassDef):
            yield from (*node.bases, *node.keywords)
        else:
            yield from (*node.args.defaults, *filter(None, node.args.kw_defaults))
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
        if node.value:
            yield node.value
    elif isinstance(node, ast.withitem):
        yield node.context_expr
    elif not isinstance(node, (ast.Constant, ast.Name)):
        yield from ast.iter_child_nodes(node)


def _statements(module: ast.AST) -> Iterator[ast.AST]:
    stack = [module]
    while stack:
        node = stack.pop()
        yield node
        stack += _child_statements(node)


def _child_statements(node: ast.AST) -> Iterator[ast.AST]:
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        children = getattr(node, field, None)
        if isinstance(children, list):
            yield from children
