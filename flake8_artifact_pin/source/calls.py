"""Find the PUT calls of a file: the places that write an object through a configured call pattern.

Nothing here judges: a call is a fact, whether it is pinned, exempt or suppressed is decided elsewhere.
"""
from __future__ import annotations

import ast
import bisect
import builtins
import re
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.source.keys import key_of
from flake8_artifact_pin.source.names import MODULE
from flake8_artifact_pin.source.names import normalized
from flake8_artifact_pin.source.patterns import Components
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.source.templates import KeyParameter
from flake8_artifact_pin.source.templates import name_key
from flake8_artifact_pin.source.templates import shown_key
from flake8_artifact_pin.source.text import SourceText

# Builtins that only look at their first argument: it is not handed on to anybody who would call it.
_LOOKERS = frozenset(["callable", "getattr", "hasattr"])

# Where an expression stands when its value is looked at and goes nowhere: accessed further, tested,
# compared, printed, a type or thrown away. A method that stands anywhere else is handed on. By name: not every
# supported Python has every type of node.
_LOOKED_AT = frozenset(
    [
        ("AnnAssign", "annotation"),
        ("Assert", "test"),
        ("AsyncFunctionDef", "returns"),
        ("Attribute", "value"),
        ("Compare", "comparators"),
        ("Compare", "left"),
        ("ExceptHandler", "type"),
        ("Expr", "value"),
        ("FormattedValue", "value"),
        ("FunctionDef", "returns"),
        ("If", "test"),
        ("IfExp", "test"),
        ("Match", "subject"),
        ("MatchClass", "cls"),
        ("MatchMapping", "keys"),
        ("MatchValue", "value"),
        ("Subscript", "value"),
        ("TypeAlias", "value"),
        ("TypeVar", "bound"),
        ("TypeVar", "default_value"),
        ("UnaryOp", "operand"),
        ("While", "test"),
        ("arg", "annotation"),
        ("comprehension", "ifs"),
        ("match_case", "guard"),
    ],
)
# Where an expression's value is the value of the whole, so that it goes where the whole goes.
_PASSED_THROUGH = frozenset([("BoolOp", "values"), ("IfExp", "body"), ("IfExp", "orelse")])

_GETATTR = re.compile("getattr")

_FIELDS_WITHOUT_NODES = frozenset(
    ["arg", "attr", "conversion", "ctx", "id", "kind", "level", "module", "n", "name", "names", "op", "ops", "s"],
)
_REFERENCES = (ast.Attribute, ast.Call, ast.Name)
_SCOPES = (ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef)
# Where a name is bound for what is within only, and for all that is within.
_OWN_SCOPES = (
    ast.AsyncFunctionDef, ast.DictComp, ast.FunctionDef, ast.GeneratorExp, ast.Lambda, ast.ListComp, ast.SetComp,
)

# The fields of each type of node, last one first: the name, is its value handed on, does it pass through.
_CHILD_FIELDS = {
    name: tuple(
        (field, (name, field) not in _LOOKED_AT, (name, field) in _PASSED_THROUGH)
        for field in reversed(node_type._fields)
        if field not in _FIELDS_WITHOUT_NODES
    )
    for name, node_type in vars(ast).items()
    if isinstance(node_type, type) and issubclass(node_type, ast.AST)
}


class PutCall(NamedTuple):
    """A place in the source that writes an object.

    ``line`` (1-based) and ``column`` (0-based, in characters) are where the method's name is written, which is
    the physical line that flake8's noqa looks at. ``scope`` is the qualified name of the function or class
    around it, or ``<module>``. ``key`` is the key template, or empty. ``is_called`` is false
    where the method is handed on to be called elsewhere. ``span`` is the first and last line of the statement
    (of a compound statement: of the expression in its header). ``key_parameter`` is the parameter
    that the key is, if it is one; ``fixed_parts`` is what is known of the key.
    """

    line: int
    column: int
    method: str
    scope: str
    key: str
    is_called: bool
    span: tuple[int, int]
    key_parameter: KeyParameter | None = None
    fixed_parts: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The call as it is shown to a person."""
        key = f'"{shown_key(self.key)}"' if self.key else "..."
        text = f"{self.method}({key})" if self.is_called or self.key else self.method
        return text if self.is_called else f"{text} handed on"


class _State(NamedTuple):
    """What a walk knows about the place it stands at."""

    scope: str
    span: tuple[int, int] | None
    scopes: tuple[ast.AST, ...] = ()
    is_in_class: bool = False


class _Visit(NamedTuple):
    """A node yet to be visited; ``call`` is the call whose callee it is, or whose ``argument``-th (from 0) it is."""

    node: ast.AST
    is_handed_on: bool
    is_called: bool
    call: ast.Call | None
    state: _State
    argument: int = 0


class _Origins(NamedTuple):
    """What the first names of a file's dotted names were imported as.

    ``bound`` are, where there is a star import, the names that are bound otherwise: between which lines (1-based) each.
    """

    names: Mapping[str, Sequence[Components]]
    star_modules: Sequence[Components]
    bound: Mapping[str, Sequence[tuple[int, int]]]

    def is_imported(self, node: ast.Name) -> bool:
        """Return whether an import binds a name, or may bind it: a star import of a name bound nowhere else."""
        return node.id in self.names or bool(self.star_modules) and not (
            hasattr(builtins, node.id)
            or any(first <= node.lineno <= last for first, last in self.bound.get(node.id, ()))
        )

    def aliases(self, last: re.Pattern[str]) -> list[str]:
        """Return the names that were imported as something whose last component matches."""
        return [alias for alias, names in self.names.items() if any(last.match(name[-1]) for name in names)]

    def of(self, node: ast.Name) -> Sequence[Components]:
        """Return every dotted name that a first name may stand for."""
        if node.id in self.names:
            return self.names[node.id]
        if self.is_imported(node):
            return [(*module, node.id) for module in self.star_modules]
        return [(node.id,)]


class _Places:
    """The lines that can hold a reference to be counted: a statement without such a line need not be walked."""

    def __init__(self, text: str, matcher: Matcher, origins: _Origins) -> None:
        # Python takes a lone carriage return for a line's end, which a reader of lines may not
        self.is_known = "\r" not in text
        self.lines: list[int] = []
        if self.is_known:
            text = normalized(text)
            aliases = [re.compile(re.escape(alias)) for alias in origins.aliases(matcher.last)]
            words = [*(needles.last for needles in matcher.needles), _GETATTR, *aliases]
            line, position = 1, 0
            for start in sorted({match.start() for word in words for match in word.finditer(text)}):
                line += text.count("\n", position, start)
                position = start
                self.lines.append(line)

    def are_within(self, statement: ast.stmt) -> bool:
        """Return whether there is such a line within a statement, its decorators included."""
        if not self.is_known:
            return True
        decorators = getattr(statement, "decorator_list", ())
        first = decorators[0].lineno if decorators else statement.lineno
        index = bisect.bisect_left(self.lines, first)
        return index < len(self.lines) and self.lines[index] <= _span(statement)[1]


def find_calls(tree: ast.AST, lines: Sequence[str], matcher: Matcher) -> tuple[PutCall, ...]:
    """Return the PUT calls of a module in source order.

    ``lines`` are those that the tree was parsed from. The walk keeps its own stack: an expression may be nested
    as deep as Python parses it.
    """
    origins = _find_origins(tree)
    source = SourceText(lines)
    places = _Places("".join(lines), matcher, origins)
    calls: list[PutCall] = []
    stack = [_Visit(tree, False, False, None, _State(MODULE, None, (tree,)))]
    while stack:
        visit = stack.pop()
        node = visit.node
        if isinstance(node, (ast.stmt, ast.expr)):
            visit = visit._replace(state=_enter(node, visit.state))
        if (visit.is_handed_on or visit.is_called) and isinstance(node, _REFERENCES):
            method = _matched_method(node, matcher, origins)
            if method:
                calls.append(_put_call(node, method, visit, source))
        _push_children(visit, places, stack)
    return tuple(sorted(calls, key=lambda call: (call.line, call.column)))


def _span(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno


def _find_origins(tree: ast.AST) -> _Origins:
    """Return what the import statements of a file bind, at any level."""
    names: dict[str, list[Components]] = {}
    star_modules: list[Components] = []
    for statement in _statements(tree):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                path = tuple(alias.name.split("."))
                names.setdefault(alias.asname or path[0], []).append(path if alias.asname else path[:1])
        elif isinstance(statement, ast.ImportFrom):
            # ``from . import save``: the package has no name here, but save() is still imported from one
            module = tuple((statement.module or "").split("."))
            for alias in statement.names:
                if alias.name == "*":
                    star_modules.append(module)
                else:
                    names.setdefault(alias.asname or alias.name, []).append((*module, alias.name))
    return _Origins(names, star_modules, _bound_names(tree) if star_modules else {})


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            children = getattr(node, field, None)
            if isinstance(children, list):
                stack.extend(children)


def _bound_names(tree: ast.AST) -> Mapping[str, Sequence[tuple[int, int]]]:
    """Return the names that a module's scopes bind, imports aside, and between which lines each binding is seen.

    That of a class is left out: no function within it sees it, as little as it sees the name of a method.
    """
    bound: dict[str, list[tuple[int, int]]] = {}
    stack: list[tuple[ast.AST, tuple[int, int] | None]] = [(tree, (1, sys.maxsize))]
    while stack:
        node, seen = stack.pop()
        name = ""
        if isinstance(node, _SCOPES):
            name = node.name
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            name = node.id
        elif isinstance(node, ast.arg):
            name = node.arg
        if name and seen:
            bound.setdefault(name, []).append(seen)
        if isinstance(node, ast.ClassDef):
            seen = None
        elif isinstance(node, _OWN_SCOPES):
            seen = _span(node)
        stack += [(child, seen) for child in ast.iter_child_nodes(node)]
    return bound


def _enter(node: ast.stmt | ast.expr, state: _State) -> _State:
    """Return the state within a node."""
    if isinstance(node, ast.stmt):
        is_compound = hasattr(node, "body") or hasattr(node, "cases")
        return state._replace(span=None if is_compound else _span(node))
    return state if state.span else state._replace(span=_span(node))


def _push_children(visit: _Visit, places: _Places, stack: list[_Visit]) -> None:
    """Put the children of a node on the stack, the first one on top; a statement without a PUT call is left out.

    What passes a value through is called or handed on as the whole is: ``(a if x else b)(...)`` calls both.
    """
    node, state = visit.node, visit.state
    for field, goes_on, passes_through in _CHILD_FIELDS[type(node).__name__]:
        value = getattr(node, field, None)
        field_state = _enter_body(node, state) if field == "body" and isinstance(node, _SCOPES) else state
        for number, child in reversed(list(enumerate(value))) if isinstance(value, list) else ((0, value),):
            if not isinstance(child, ast.AST) or (isinstance(child, ast.stmt) and not places.are_within(child)):
                continue
            if isinstance(node, ast.Call):
                stack.append(_visit_of_call_child(node, child, field, number, field_state))
            elif passes_through:
                stack.append(visit._replace(node=child, state=field_state))
            else:
                stack.append(_Visit(child, goes_on, False, None, field_state))


def _enter_body(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, state: _State) -> _State:
    """Return the state within the body of a function or class."""
    scope = node.name if state.scope == MODULE else f"{state.scope}.{node.name}"
    if isinstance(node, ast.ClassDef):
        return state._replace(scope=scope, scopes=(*state.scopes, node), is_in_class=True)
    return state._replace(scope=scope, scopes=(*state.scopes, node), is_in_class=False)


def _visit_of_call_child(node: ast.Call, child: ast.AST, field: str, number: int, state: _State) -> _Visit:
    """Return the visit of a call's callee, which is called, or of its ``number``-th argument, which is handed on."""
    if field == "func":
        return _Visit(child, False, True, node, state)
    if field == "args":
        is_looker = isinstance(node.func, ast.Name) and node.func.id in _LOOKERS
        return _Visit(child, not (is_looker and number == 0), False, node, state, number)
    return _Visit(child, True, False, None, state)


def _as_attribute(node: ast.AST) -> tuple[ast.expr, str] | None:
    """Return the object and the name of an attribute, also of one that getattr() gets by a constant name.

    Return None for any other node.
    """
    if isinstance(node, ast.Attribute):
        return node.value, node.attr
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "getattr"
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
        and node.args[1].value.isidentifier()
    ):
        return node.args[0], node.args[1].value
    return None


def _matched_method(node: ast.expr, matcher: Matcher, origins: _Origins) -> str:
    """Return the method's name if a node names something that a pattern matches, else an empty string."""
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return ""
    attribute = _as_attribute(node)
    if attribute:
        is_possible = matcher.last.match(attribute[1]) is not None
    else:
        is_possible = isinstance(node, ast.Name) and (matcher.has_bare or origins.is_imported(node))
    if is_possible:
        for name in _dotted_names(node, matcher.depth, origins):
            if matcher.is_match(name):
                return name[-1]
    return ""


def _dotted_names(node: ast.expr, depth: int, origins: _Origins) -> list[Components]:
    """Return the dotted names that an expression may have, each with at least its last ``depth`` components.

    No more than that is looked at, so that a long chain of calls costs no more than its length.
    """
    reversed_components: list[str] = []
    attribute = _as_attribute(node)
    if attribute:
        node, name = attribute
        reversed_components.append(name)
    while len(reversed_components) < depth:
        marks = ""
        while isinstance(node, (ast.Call, ast.Subscript)):
            marks = ("()" if isinstance(node, ast.Call) else "[]") + marks
            node = node.func if isinstance(node, ast.Call) else node.value
        if not isinstance(node, ast.Attribute):
            rest = tuple(reversed(reversed_components))
            firsts = origins.of(node) if isinstance(node, ast.Name) else [("?",)]
            return [(*first[:-1], first[-1] + marks, *rest) for first in firsts]
        reversed_components.append(node.attr + marks)
        node = node.value
    return [tuple(reversed(reversed_components))]


def _put_call(
    node: ast.Attribute | ast.Call | ast.Name,
    method: str,
    visit: _Visit,
    source: SourceText,
) -> PutCall:
    state, call = visit.state, visit.call
    if call and not visit.is_called:
        # what follows a method are the arguments that it will be called with: ``submit(s3.upload_file, path, ...)``
        call = ast.Call(func=node, args=call.args[visit.argument + 1:], keywords=call.keywords)
    places = ("Key=", "2", "1") if method in ("upload_file", "upload_fileobj") else ("Key=",)
    if method == "put":
        places = (".Object(key=)", ".Object(1)", ".Object(0)")
    key = key_of(call, places, state.scopes) if call else None
    return PutCall(
        *source.name_position(node),
        method=method,
        scope=state.scope,
        key=key.template if key else "",
        is_called=visit.is_called,
        span=state.span or _span(node),
        key_parameter=key.parameter if key else None,
        fixed_parts=tuple(filter(None, [name_key(key.template)])) if key else (),
    )
