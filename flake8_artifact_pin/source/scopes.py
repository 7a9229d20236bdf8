"""The scopes of a file, and what each of them binds its names to.

A name stands for what the nearest scope around it binds it to. If that scope also imports the name, it may be that
import. A name that no scope binds may come from a star import.
"""
from __future__ import annotations

import ast
import builtins
import functools
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import TypeAlias

from flake8_artifact_pin.source.names import MODULE

#: The parts of a dotted name: ``boto3.client().put_object`` is ("boto3", "client()", "put_object").
Components: TypeAlias = "tuple[str, ...]"
Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"

FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
_NOTED = (*DEFINITIONS, ast.Global, ast.Import, ast.ImportFrom, ast.Nonlocal)

_COMPREHENSIONS = (ast.DictComp, ast.GeneratorExp, ast.ListComp, ast.SetComp)
_SELF = frozenset(["cls", "self"])
_MUTATORS = frozenset([
    "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update",
])
_WITH_SCOPE = frozenset([
    "AsyncFunctionDef", "ClassDef", "DictComp", "FunctionDef", "GeneratorExp", "Lambda", "ListComp", "SetComp",
    "comprehension",
])
_INNER = ("body", "type_params")
# Nodes without imports, definitions and declarations.
_WITHOUT_STATEMENTS = (
    ast.AnnAssign, ast.Assert, ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.alias, ast.arguments, ast.expr,
    ast.keyword, ast.pattern, ast.withitem,
)
# Fields without nodes, or with nodes that do not matter here.
_WITHOUT_NODES = frozenset(["attr", "conversion", "ctx", "id", "is_async", "op", "ops", "simple", "type_comment"])
# The fields of a node that hold its targets and their value (empty: the node itself is recorded as the value). By name:
# not every supported Python has every type.
_TARGETS = {
    "AnnAssign": ("target", ""),
    "Assign": ("targets", "value"),
    "AsyncFor": ("target", ""),
    "AugAssign": ("target", ""),
    "Delete": ("targets", ""),
    "For": ("target", ""),
    "NamedExpr": ("target", "value"),
    "TypeAlias": ("name", ""),
    "withitem": ("optional_vars", "context_expr"),
}
# The field that holds the name that a node binds.
_NAMES = {
    "AsyncFunctionDef": "name",
    "ClassDef": "name",
    "ExceptHandler": "name",
    "FunctionDef": "name",
    "MatchAs": "name",
    "MatchMapping": "rest",
    "MatchStar": "name",
    "ParamSpec": "name",
    "TypeVar": "name",
    "TypeVarTuple": "name",
    "arg": "arg",
}
_BINDING = {*_TARGETS, *_NAMES, "Call", "Global", "Import", "ImportFrom", "Nonlocal", "Return", "Yield"} - {"arg"}
# How many base classes, and how many subclasses, of a class are followed.
_MOST_BASES, _MOST_SUBCLASSES = 8, 100


class Kind(NamedTuple):
    """What nodes of one type have in common.

    ``fields`` may hold nodes that matter. ``may_bind``: such a node may bind a name. ``has_scope``: it opens a scope.
    ``inner`` are the fields in that scope, unless it is a comprehension. ``has_statements``: it imports, defines or
    declares names, or may hold statements that do.
    """

    fields: tuple[str, ...]
    may_bind: bool
    has_scope: bool
    inner: tuple[str, ...]
    has_statements: bool


_KINDS: dict[type[ast.AST], Kind] = {}


class Bound(NamedTuple):
    """One binding of a name.

    ``value`` is the assigned expression, or the node that binds the name in another way: a function, a class, a
    parameter, a loop, an annotated assignment. It is None where an item of the name is changed. ``marks``: the name is
    bound to an item of the value ("[]"), to an item of an item ("[][]") and so on. ``origin`` is the imported name.
    """

    value: ast.AST | None = None
    marks: str = ""
    origin: Components = ()


class Binding:
    """All bindings of a name in one scope."""

    def __init__(self) -> None:
        self.all: list[Bound] = []

    @functools.cached_property
    def imported(self) -> Collection[Components]:
        """The dotted names that the name is imported from, without duplicates."""
        return dict.fromkeys(bound.origin for bound in self.all if bound.origin)

    @functools.cached_property
    def definitions(self) -> Sequence[ast.AST]:
        """The functions and classes of that name."""
        return [bound.value for bound in self.all if isinstance(bound.value, DEFINITIONS)]

    @property
    def is_declared(self) -> bool:
        """Whether the name is declared global or nonlocal, so that it belongs to another scope."""
        return any(isinstance(bound.value, (ast.Global, ast.Nonlocal)) for bound in self.all)


class Scope:
    """A module, class, function, lambda or comprehension, in which names are bound.

    ``parent`` is the scope around it, ``name`` the qualified name of the innermost function or class (its own, for a
    function or class), or ``<module>``.
    """

    def __init__(self, node: ast.AST, parent: Scope | None = None) -> None:
        self.node = node
        self.parent = parent
        around = parent.name if parent else MODULE
        own = node.name if isinstance(node, DEFINITIONS) else ""
        self.name: str = f"{around}.{own}" if own and around != MODULE else own or around
        self.known: dict[str, Binding | None] = {}

    @property
    def around(self) -> Iterator[Scope]:
        """The scope itself and those around it, the innermost first."""
        current: Scope | None = self
        while current:
            yield current
            current = current.parent

    @functools.cached_property
    def bindings(self) -> Mapping[str, Binding]:
        """The names that this scope binds; found on first use, since most scopes are never asked.

        Besides plain names there are ``name['key']`` for an item of a name, ``name[]`` for any change of it in place,
        ``.name`` for an attribute of ``self``, and ``return`` and ``yield`` for the results of a function.
        """
        found: dict[str, Binding] = {}
        if isinstance(self.node, _COMPREHENSIONS):
            bounds = (each for loop in self.node.generators for each in _unpacked(loop.target, Bound(loop)))
        else:
            bounds = (each for node in (*_parameters(self.node), *_binding(self.node)) for each in _bound_by(node))
        for name, bound in bounds:
            found.setdefault(name, Binding()).all.append(bound)
        return {name: binding for name, binding in found.items() if not binding.is_declared}

    def bound(self, name: str) -> Sequence[Bound]:
        """Return all bindings of a name in this scope."""
        binding = self.bindings.get(name)
        return binding.all if binding else ()


class Scopes:
    """The scopes of a file, and what their names stand for.

    ``inner`` maps functions and classes, and other nodes that were walked, to the scopes that they open.

    ``stars`` are the modules of star imports, ``everywhere`` the bindings by imports and definitions in any scope,
    ``declared`` the names declared global or nonlocal in any scope, ``subclasses`` the classes by the name of a base.
    """

    def __init__(self, tree: ast.AST) -> None:
        self.module = Scope(tree)
        self.stars: list[Components] = []
        self.everywhere: dict[str, Binding] = {}
        self.declared: set[str] = set()
        self.subclasses: dict[str, list[ast.ClassDef]] = {}
        self.inner: dict[ast.AST, Scope] = {}
        self.attributes = functools.lru_cache(maxsize=None)(self._attributes)
        self.overridden = functools.lru_cache(maxsize=None)(self._overridden)
        self._read()

    def _read(self) -> None:
        """Read the statements. Expressions are many, and most are never asked for."""
        for _, node, _ in self.walk(lambda child: kind_of(child).has_statements):
            if isinstance(node, _NOTED):
                self._note(node)

    def walk(self, is_wanted: Callable[[ast.AST], bool]) -> Iterator[tuple[int, ast.AST, Scope]]:
        """Yield the nodes of the tree except constants and the like, parents before children.

        Each one comes with the number of its parent in this order, and with its scope. A node that is not wanted is
        left out, with all nodes in it.
        """
        # breadth first and without recursion: nested expressions may exceed Python's limit
        waiting = [(-1, self.module.node, self.module)]
        for index, (parent, node, scope) in enumerate(waiting):
            yield parent, node, scope
            kind = kind_of(node)
            for field in kind.fields:
                inner = self._enter(node, field, scope) if kind.has_scope else scope
                waiting += [(index, child, inner) for child in _children(node, field) if is_wanted(child)]

    def _enter(self, node: ast.AST, field: str, scope: Scope) -> Scope:
        """Return the scope of a field of a node. ``scope`` is that of the node itself."""
        if isinstance(node, _COMPREHENSIONS) or field in _INNER:
            return self.inner.get(node) or self.inner.setdefault(node, Scope(node, scope))
        # the first iterable of a comprehension is evaluated outside of it
        is_first = isinstance(scope.node, _COMPREHENSIONS) and scope.node.generators[0] is node
        return scope.parent if field == "iter" and is_first and scope.parent else scope

    def find(self, name: str, scope: Scope) -> Binding | None:
        """Return what a name may be bound to where it is read in a scope; None if nothing binds it."""
        if name not in scope.known:
            scope.known[name] = self._find(name, scope)
        return scope.known[name]

    def imported(self, name: str, scope: Scope) -> Collection[Components]:
        """Return the dotted names that a name is imported from, star imports aside."""
        binding = self.find(name, scope)
        return binding.imported if binding else ()

    def may_be_star(self, name: str, scope: Scope) -> bool:
        """Return whether a name may come from a star import: no visible scope binds it."""
        binding = self.find(name, scope)
        is_bound = binding is not None and binding is not self.everywhere.get(name)
        return bool(self.stars) and not is_bound and not hasattr(builtins, name)

    def is_builtin(self, name: str, scope: Scope) -> bool:
        """Return whether a name certainly stands for a builtin."""
        return hasattr(builtins, name) and name not in scope.bindings and self.find(name, scope) is None

    def class_of(self, node: ast.AST, scope: Scope) -> Scope | None:
        """Return the scope of the class that ``self`` or a name stands for."""
        if is_self(node):
            return next((each for each in scope.around if isinstance(each.node, ast.ClassDef)), None)
        owner = owner_of(node.id, scope) if isinstance(node, ast.Name) else None
        if owner is None or not isinstance(node, ast.Name):
            return None
        definitions = owner.bindings[node.id].definitions
        return next((self.inner[each] for each in definitions if isinstance(each, ast.ClassDef)), None)

    def classes(self, node: ast.AST, scope: Scope) -> Iterator[Scope]:
        """Yield the class that ``self`` or a name stands for, and its base classes in this file."""
        waiting = [self.class_of(node, scope)]
        for _ in range(_MOST_BASES):
            owner = waiting.pop(0) if waiting else None
            if owner is None or owner.parent is None:
                return
            yield owner
            bases = getattr(owner.node, "bases", [])[:_MOST_BASES]
            waiting += filter(None, [self.class_of(base, owner.parent) for base in bases])

    def _attributes(self, owner: Scope) -> Mapping[str, Sequence[tuple[Bound, Scope]]]:
        """Return the bindings, with their scopes, of the attributes that a class sets in its body and its methods."""
        found: dict[str, list[tuple[Bound, Scope]]] = {}
        scopes = [owner]
        for scope in scopes:
            for name, binding in scope.bindings.items():
                if scope is owner or name.startswith("."):
                    found.setdefault(name.lstrip("."), []).extend((bound, scope) for bound in binding.all)
                functions = (node for node in binding.definitions if isinstance(node, FUNCTIONS))
                scopes += map(self.inner.__getitem__, functions)
        return found

    def _overridden(self, node: ast.ClassDef) -> Collection[str] | None:
        """Return the names that subclasses of a class bind in this file; None if there are too many subclasses."""
        found: dict[ast.ClassDef, None] = {}
        waiting = [node]
        while waiting:
            for derived in self.subclasses.get(waiting.pop().name, ()):
                if derived not in found:
                    found[derived] = None
                    waiting.append(derived)
                if len(found) > _MOST_SUBCLASSES:
                    return None
        return {name for derived in found for name in self.inner[derived].bindings}

    def _find(self, name: str, scope: Scope) -> Binding | None:
        for owner in _owners(name, scope):
            binding = owner.bindings[name]
            # a class body may read a name before it binds it
            if not isinstance(owner.node, ast.ClassDef) or binding.imported or binding.definitions:
                return self.everywhere.get(name, binding) if name in self.declared else binding
        # no visible scope binds the name: better an import of another scope than none
        elsewhere = self.everywhere.get(name)
        return elsewhere if elsewhere and (elsewhere.imported or name in self.declared) else None

    def _note(self, node: ast.AST) -> None:
        """Note the names of an import, a definition or a declaration."""
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            self.declared.update(node.names)
        else:
            for name, bound in _bound_by(node):
                if name == "*":
                    self.stars.append(bound.origin[:-1])
                else:
                    self.everywhere.setdefault(name, Binding()).all.append(bound)
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                self.subclasses.setdefault(last_name(base), []).append(node)


def owner_of(name: str, scope: Scope) -> Scope | None:
    """Return the scope that binds a name, as read in ``scope``; None if none does."""
    return next(_owners(name, scope), None)


def _owners(name: str, scope: Scope) -> Iterator[Scope]:
    """Yield the scopes that bind a name, the nearest first. Class-level names are skipped: methods cannot see them."""
    for owner in scope.around:
        if (owner is scope or not isinstance(owner.node, ast.ClassDef)) and name in owner.bindings:
            yield owner


def is_self(node: ast.AST) -> bool:
    """Return whether a node is the name ``self`` or ``cls``."""
    return isinstance(node, ast.Name) and node.id in _SELF


def last_name(node: ast.AST) -> str:
    """Return the last component of a dotted name; an empty string for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def item_name(name: str, key: ast.expr) -> str:
    """Return the name under which a scope keeps an item of a name: ``name['key']`` or ``name[]``."""
    return f"{name}[{key.value!r}]" if isinstance(key, ast.Constant) else f"{name}[]"


def kind_of(node: ast.AST) -> Kind:
    """Return the kind of a node."""
    return _KINDS.get(type(node)) or _KINDS.setdefault(type(node), _read_kind(type(node)))


def _read_kind(node_type: type[ast.AST]) -> Kind:
    name = node_type.__name__
    fields = tuple(field for field in node_type._fields if field not in _WITHOUT_NODES)
    inner = tuple(field for field in fields if name in _WITH_SCOPE and field in _INNER)
    return Kind(fields, name in _BINDING, name in _WITH_SCOPE, inner, not issubclass(node_type, _WITHOUT_STATEMENTS))


def _children(node: ast.AST, field: str) -> Sequence[ast.AST]:
    """Return the nodes in a field, without constants."""
    value = getattr(node, field, None)
    values = value if isinstance(value, (list, tuple)) else (value,)
    return [child for child in values if isinstance(child, ast.AST) and not isinstance(child, ast.Constant)]


def _binding(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope that may bind names, breadth first.

    A comprehension binds only its loop variables: a walrus in it binds a name in the scope around it.
    """
    inner = kind_of(scope).inner
    waiting = [child for field in inner or kind_of(scope).fields for child in _children(scope, field)]
    for node in waiting:
        kind = kind_of(node)
        if kind.may_bind:
            yield node
        for field in kind.fields:
            if field not in kind.inner:
                waiting += _children(node, field)


def _parameters(scope: ast.AST) -> Sequence[ast.arg]:
    arguments = getattr(scope, "args", None)
    if not isinstance(arguments, ast.arguments):
        return ()
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*plain, *filter(None, [arguments.vararg, arguments.kwarg])]


def _bound_by(node: ast.AST) -> Iterator[tuple[str, Bound]]:
    """Yield the names that a node itself binds."""
    kind = type(node).__name__
    if kind in _TARGETS:
        target_field, value_field = _TARGETS[kind]
        targets = getattr(node, target_field)
        for target in targets if isinstance(targets, list) else filter(None, [targets]):
            yield from _unpacked(target, Bound(getattr(node, value_field, node)))
    elif kind in _NAMES:
        name = getattr(node, _NAMES[kind])
        yield from [(name, Bound(node))] if name else []
    elif isinstance(node, ast.Import):
        for alias in node.names:
            path = tuple(alias.name.split("."))
            yield alias.asname or path[0], Bound(origin=path if alias.asname else path[:1])
    elif isinstance(node, ast.ImportFrom):
        # in ``from . import save`` the package has an empty name, but save() is still imported from a module
        package = (node.module or "").split(".")
        yield from ((alias.asname or alias.name, Bound(origin=(*package, alias.name))) for alias in node.names)
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from ((name, Bound(node)) for name in node.names)
    elif isinstance(node, (ast.Return, ast.Yield)):
        yield kind.lower(), Bound(node.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATORS:
        if isinstance(node.func.value, ast.Name):
            yield f"{node.func.value.id}[]", Bound()


def _unpacked(target: ast.expr, bound: Bound) -> Iterator[tuple[str, Bound]]:
    """Yield the names in a target with their values: ``fs, path = url_to_fs(url)`` binds items of the call."""
    stack = [(target, bound)]
    while stack:
        target, bound = stack.pop()
        if isinstance(target, (ast.List, ast.Tuple)):
            items = bound.value.elts if isinstance(bound.value, (ast.List, ast.Tuple)) and not bound.marks else []
            has_star = any(isinstance(item, ast.Starred) for item in (*items, *target.elts))
            if len(items) == len(target.elts) and not has_star:
                stack += [(part, Bound(item)) for part, item in zip(target.elts, items)]
            else:
                stack += [(part, bound._replace(marks=f"[]{bound.marks}")) for part in target.elts]
        elif isinstance(target, ast.Starred):
            stack.append((target.value, bound))
        elif isinstance(target, ast.Name):
            yield target.id, bound
        elif isinstance(target, ast.Attribute) and is_self(target.value):
            yield f".{target.attr}", bound
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            yield item_name(target.value.id, target.slice), bound
