"""What the names of a file stand for: what import statements bind, and the scopes that bind a name otherwise.

A name is what the nearest scope around it binds it as. Where that scope imports it, too, it may be that import; and a
name that no scope binds may come from a star import.
"""
from __future__ import annotations

import ast
import builtins
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping

#: The parts of a dotted name: ``boto3.client().put_object`` is ("boto3", "client()", "put_object").
Components = tuple[str, ...]

_COMPREHENSIONS = (ast.DictComp, ast.GeneratorExp, ast.ListComp, ast.SetComp)
_LOAD = ast.Load()
_DEFINITIONS = (ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef)


class Binding:
    """What a scope binds a name as: what it imports it as, and the functions and classes of that name."""

    __slots__ = ("imported", "definitions")

    def __init__(self) -> None:
        self.imported: dict[Components, None] = {}
        self.definitions: dict[ast.AST, None] = {}

    def add(self, other: Binding) -> None:
        """Add what another scope binds the name as."""
        self.imported.update(other.imported)
        self.definitions.update(other.definitions)


class Scope:
    """A module, class, function, lambda or comprehension: a place where names are bound.

    ``parent`` is the scope around it. ``has_walrus``: the file may hold a ``:=``, which binds within expressions.
    """

    def __init__(self, node: ast.AST, parent: Scope | None, has_walrus: bool) -> None:
        self.node = node
        self.parent = parent
        self.has_walrus = has_walrus
        self.known: dict[str, Binding | None] = {}
        self._bindings: Mapping[str, Binding] | None = None

    @property
    def bindings(self) -> Mapping[str, Binding]:
        """The names that are bound here; found when first asked for, since most scopes never are."""
        if self._bindings is None:
            self._bindings = _bindings(self.node, self.has_walrus)
        return self._bindings


class Scopes:
    """The scopes of a file, and what their names stand for. ``stars`` are the modules of its star imports."""

    def __init__(self, tree: ast.AST, has_walrus: bool) -> None:
        self.module = Scope(tree, None, has_walrus)
        self.stars: list[Components] = []
        self.inner: dict[ast.AST, Scope] = {}
        self.everywhere: dict[str, Binding] = {}
        self.declared: set[str] = set()
        for statement in _statements(tree):
            self._read(statement)

    def enter(self, node: ast.AST, field: str, scope: Scope) -> Scope:
        """Return the scope in which a field of a node stands that itself stands in ``scope``."""
        is_comprehension = isinstance(node, _COMPREHENSIONS)
        if is_comprehension or field in ("body", "type_params") and isinstance(node, (*_DEFINITIONS, ast.Lambda)):
            return self.inner.setdefault(node, Scope(node, scope, scope.has_walrus))
        # the first iterable of a comprehension is evaluated outside of it
        if isinstance(node, ast.comprehension) and field == "iter" and scope.parent:
            if getattr(scope.node, "generators", [None])[0] is node:
                return scope.parent
        return scope

    def find(self, name: str, scope: Scope) -> Binding | None:
        """Return what a name is bound as where it is read in a scope; None if nothing binds it."""
        if name not in scope.known:
            scope.known[name] = self._find(name, scope)
        return scope.known[name]

    def imported(self, name: str, scope: Scope) -> Collection[Components]:
        """Return what a name is imported as, star imports aside."""
        binding = self.find(name, scope)
        return binding.imported if binding else ()

    def may_be_star(self, name: str, scope: Scope) -> bool:
        """Return whether a name may come from a star import: nothing that is seen binds it."""
        binding = self.find(name, scope)
        is_bound = binding is not None and binding is not self.everywhere.get(name)
        return bool(self.stars) and not is_bound and not hasattr(builtins, name)

    def is_builtin(self, name: str, scope: Scope) -> bool:
        """Return whether a name is certainly that of a builtin."""
        return hasattr(builtins, name) and name not in scope.bindings and self.find(name, scope) is None

    def _find(self, name: str, scope: Scope) -> Binding | None:
        current: Scope | None = scope
        while current:
            binding = current.bindings.get(name)
            if binding and _is_seen(binding, current, scope):
                return self.everywhere.get(name, binding) if name in self.declared else binding
            current = current.parent
        # where nothing binds it, rather an import that is not seen here than none
        elsewhere = self.everywhere.get(name)
        return elsewhere if elsewhere and (elsewhere.imported or name in self.declared) else None

    def _read(self, statement: ast.AST) -> None:
        """Note what an import, a definition or a declaration says."""
        if isinstance(statement, (ast.Global, ast.Nonlocal)):
            self.declared.update(statement.names)
        elif isinstance(statement, (ast.Import, ast.ImportFrom, *_DEFINITIONS)):
            for name, binding in _bound_by(statement):
                if name == "*":
                    self.stars += [origin[:-1] for origin in binding.imported]
                else:
                    self.everywhere.setdefault(name, Binding()).add(binding)


def _is_seen(binding: Binding, owner: Scope, scope: Scope) -> bool:
    """Return whether the binding of one scope is what another one, within it, reads."""
    # Functions do not see the names of a class around them. The class itself may read a name before it binds it.
    is_class = isinstance(owner.node, ast.ClassDef)
    return not is_class or owner is scope and bool(binding.imported or binding.definitions)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a module, at any level."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        for value in vars(node).values():
            if isinstance(value, list):
                stack += [child for child in value if isinstance(child, ast.AST) and not isinstance(child, ast.expr)]


def _bound_by(node: ast.AST) -> Iterator[tuple[str, Binding]]:
    """Yield the names that one node binds by itself, and what each stands for."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            binding = Binding()
            path = tuple(alias.name.split("."))
            if isinstance(node, ast.ImportFrom):
                # ``from . import save``: the package has no name here, but save() is still imported from one
                origin = (*(node.module or "").split("."), *path)
            else:
                origin = path if alias.asname else path[:1]
            binding.imported[origin] = None
            yield alias.asname or (alias.name if isinstance(node, ast.ImportFrom) else path[0]), binding
    elif isinstance(node, _DEFINITIONS):
        binding = Binding()
        binding.definitions[node] = None
        yield node.name, binding
    elif isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id, Binding()
    elif isinstance(node, ast.arg):
        yield node.arg, Binding()
    else:
        # what an exception, a pattern or a type parameter is bound to
        for field in ("name", "rest"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                yield name, Binding()


def _may_bind(node: ast.AST) -> bool:
    """Return whether a node may bind a name, where the file has no walrus."""
    return not isinstance(node, ast.expr) or not isinstance(getattr(node, "ctx", _LOAD), ast.Load)


def _bindings(scope: ast.AST, has_walrus: bool) -> Mapping[str, Binding]:
    """Return what a scope binds, without the scopes within it."""
    found: dict[str, Binding] = {}
    outer: set[str] = set()
    stack: list[tuple[ast.AST, bool]] = [(child, False) for child in _own_children(scope)]
    while stack:
        node, is_in_comprehension = stack.pop()
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            outer.update(node.names)
        elif isinstance(node, ast.NamedExpr):
            # it binds its name around the comprehension that it stands in
            found.setdefault(node.target.id, Binding())
        elif not is_in_comprehension:
            for name, binding in _bound_by(node):
                found.setdefault(name, Binding()).add(binding)
        is_in_comprehension = is_in_comprehension or isinstance(node, _COMPREHENSIONS)
        stack += [(child, is_in_comprehension) for child in _outer_children(node) if has_walrus or _may_bind(child)]
    return {name: binding for name, binding in found.items() if name not in outer}


def _own_children(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a scope itself."""
    if isinstance(scope, (*_DEFINITIONS, ast.Lambda)):
        yield from getattr(scope, "type_params", ())
        arguments = getattr(scope, "args", None)
        if isinstance(arguments, ast.arguments):
            yield from (child for child in ast.iter_child_nodes(arguments) if isinstance(child, ast.arg))
        yield from scope.body if isinstance(scope.body, list) else [scope.body]
    elif isinstance(scope, _COMPREHENSIONS):
        yield from (generator.target for generator in scope.generators)
    else:
        yield from ast.iter_child_nodes(scope)


def _outer_children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children of a node that stand in the same scope as itself."""
    if isinstance(node, (*_DEFINITIONS, ast.Lambda)):
        arguments = getattr(node, "args", None)
        for outer in (node, arguments) if isinstance(arguments, ast.arguments) else (node,):
            for child in ast.iter_child_nodes(outer):
                if isinstance(child, (ast.expr, ast.keyword)) and child is not getattr(node, "body", None):
                    yield child
    elif not isinstance(node, (ast.arg, ast.alias)):
        yield from ast.iter_child_nodes(node)
