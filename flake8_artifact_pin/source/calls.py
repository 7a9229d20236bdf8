"""Find the PUT calls of a file: the places that write an object through a call that a pattern matches.

Nothing here judges: a call is a fact, whether it is pinned, exempt or suppressed is decided elsewhere.
"""
from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import TypeAlias

from flake8_artifact_pin.source.dotted import NameFinder
from flake8_artifact_pin.source.dotted import second_text
from flake8_artifact_pin.source.keys import Keys
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.source.patterns import Pattern
from flake8_artifact_pin.source.scopes import kind_of
from flake8_artifact_pin.source.scopes import Scope
from flake8_artifact_pin.source.scopes import Scopes
from flake8_artifact_pin.source.templates import KeyParameter
from flake8_artifact_pin.source.templates import name_key
from flake8_artifact_pin.source.templates import shown_key
from flake8_artifact_pin.source.text import SourceText

_Fields: TypeAlias = "tuple[tuple[str, bool, bool], ...]"
# Those of each type of node that was met.
_FIELDS: dict[str, _Fields] = {}

# Builtins that inspect their first argument (print: each one) without calling or keeping it.
_INSPECTORS = frozenset(
    [
        "ascii", "bool", "callable", "dir", "format", "getattr", "hasattr", "hash", "help", "id", "isinstance",
        "issubclass", "print", "repr", "str", "type", "vars",
    ],
)

# (type of node, field) pairs whose value is only inspected, so a method there is never called later. By name: not
# every supported Python has every type. What is not in the table counts, so that new syntax hides nothing.
_INSPECTED = frozenset(
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
        ("MatchClass", "cls"),
        ("MatchMapping", "keys"),
        ("MatchValue", "value"),
        ("ParamSpec", "default_value"),
        ("Subscript", "value"),
        ("TypeAlias", "value"),
        ("TypeVar", "bound"),
        ("TypeVar", "default_value"),
        ("TypeVarTuple", "default_value"),
        ("UnaryOp", "operand"),
        ("While", "test"),
        ("arg", "annotation"),
        ("comprehension", "ifs"),
        ("match_case", "guard"),
    ],
)
# Where an expression's value is the value of the whole, so that it is called or passed as the whole is.
_PASSED_THROUGH = frozenset([("BoolOp", "values"), ("IfExp", "body"), ("IfExp", "orelse")])

_REFERENCES = (ast.Attribute, ast.Call, ast.Name)
_STRING = re.compile(r"""(?s)[rRuU]?(["']).*\1|""")

# So many arguments behind a method that is passed as a value, and keywords, are taken for its own.
_MOST_ARGUMENTS = 20


class PutCall(NamedTuple):
    """A place in the source that writes an object.

    ``line`` (1-based) and ``column`` (0-based, in characters) are where the method's name is written, which is
    the physical line that flake8's noqa looks at. ``scope`` is the qualified name of the function or class
    around it, or ``<module>``. ``key`` is the template of the key, or empty. ``is_called`` is false
    where the method is passed as a value, to be called elsewhere. ``span`` is the first and last line of the
    statement (of a compound statement: of the expression in its header). ``store`` is the name of the store whose
    pattern matched; if that is one of the user's own, it is empty and ``pattern`` is the pattern. ``key_parameter`` is
    the parameter of the function around the call that the key is, if it is one.
    """

    line: int
    column: int
    method: str
    scope: str
    key: str
    is_called: bool
    span: tuple[int, int]
    store: str = ""
    key_parameter: KeyParameter | None = None
    pattern: str = ""

    @property
    def name_key(self) -> str:
        """The key as it is a part of the call's name: with {} for what is unknown, empty without a letter."""
        return name_key(self.key)

    @property
    def shown(self) -> str:
        """The call as it is shown to a person."""
        return self._shown(is_whole=False)

    def shown_beside(self, other: PutCall) -> str:
        """Return the call as it is shown beside another one: whole, if what differs would be cut out of both."""
        return self._shown(is_whole=self.shown == other.shown)

    def _shown(self, is_whole: bool) -> str:
        key = f'"{shown_key(self.key, is_whole)}"' if self.key else "..."
        text = f"{self.method}({key})" if self.is_called or self.key else self.method
        return text if self.is_called else f"{text} passed as a value"


class _Visit(NamedTuple):
    """A node yet to be visited; ``call`` is the call whose callee it is, or whose ``argument``-th (from 0) it is.

    ``holder`` is the simple statement around it, or the expression in the header of a compound one.
    """

    node: ast.AST
    holder: ast.stmt | ast.expr | None = None
    is_passed: bool = True
    is_called: bool = False
    call: ast.Call | None = None
    argument: int = 0


class _Found(NamedTuple):
    """A PUT call, the nodes whose scopes are around it, and the functions of the file of which it is the call."""

    call: PutCall
    around: frozenset[ast.AST]
    definitions: tuple[ast.AST, ...] = ()


def find_calls(tree: ast.AST, lines: Sequence[str], matcher: Matcher) -> tuple[PutCall, ...]:
    """Return the PUT calls of a module in source order. ``lines`` are those that the tree was parsed from."""
    calls = _counted(list(_Walk(tree, lines, matcher.narrowed("".join(lines))).found()))
    return tuple(sorted(calls, key=lambda call: (call.line, call.column)))


class _Walk:
    """The walk over one file. It keeps its own stack: an expression may be nested as deep as Python parses it."""

    def __init__(self, tree: ast.AST, lines: Sequence[str], matcher: Matcher) -> None:
        self.matcher = matcher
        self.source = SourceText(lines)
        self.scopes = Scopes(tree)
        self.keys = Keys(self.scopes)
        self.names = NameFinder(self.scopes, self.is_spelled)
        self.stack = [_Visit(tree)]
        # what was asked once about a name is asked again and again
        self.may_be_method = functools.lru_cache(maxsize=None)(matcher.ending_in)
        self.may_be_function = functools.lru_cache(maxsize=None)(self.is_function_wanted)
        self.leading = self.leading_to_calls()

    def found(self) -> Iterator[_Found]:
        """Yield what the patterns match."""
        while self.stack:
            visit = self.stack.pop()
            node = visit.node
            if isinstance(node, ast.stmt):
                is_compound = hasattr(node, "body") or hasattr(node, "cases")
                visit = visit._replace(holder=None if is_compound else node)
            elif visit.holder is None and isinstance(node, ast.expr):
                visit = visit._replace(holder=node)
            if (visit.is_passed or visit.is_called) and isinstance(node, _REFERENCES):
                found = self.function(node, visit) if isinstance(node, ast.Name) else self.method(node, visit)
                if found:
                    yield found
            if isinstance(node, ast.Call):
                self.push_call(node, visit)
            elif not isinstance(node, ast.Name):
                self.push_children(visit)

    def leading_to_calls(self) -> Mapping[ast.AST, Scope]:
        """Return the nodes that may be a PUT call by their name, and all nodes around them: few of a file's."""
        nodes, parents, around = self.scopes.nodes, self.scopes.parents, self.scopes.around
        leading: dict[ast.AST, Scope] = {}
        for index, node in enumerate(nodes):
            if isinstance(node, _REFERENCES) and self.is_wanted(node):
                while index >= 0 and nodes[index] not in leading:
                    leading[nodes[index]] = around[index]
                    index = parents[index]
        return leading

    def is_wanted(self, node: ast.Attribute | ast.Call | ast.Name) -> bool:
        """Return whether what a node names, or what it may be the name of, ends as a pattern does."""
        if isinstance(node, ast.Name):
            return self.may_be_function(node.id)
        return self.may_be_method(_method_name(node)) != ()

    def push_children(self, visit: _Visit) -> None:
        """Put the children of a node on the stack, the first one on top."""
        node, holder = visit[:2]
        for field, is_passed, is_passed_through in _fields(node):
            value = getattr(node, field, None)
            if not isinstance(value, (ast.AST, list, tuple)):
                continue
            if isinstance(node, ast.Match) and field == "subject":
                is_passed = _has_capture(node)
            for child in (value,) if isinstance(value, ast.AST) else reversed(value):
                if is_passed_through and child in self.leading:
                    self.stack.append(visit._replace(node=child))
                elif child in self.leading:
                    self.stack.append(_Visit(child, holder, is_passed))

    def push_call(self, node: ast.Call, visit: _Visit) -> None:
        """Put the callee, which is called, and the arguments, which are passed, on the stack."""
        holder = visit.holder
        for keyword in reversed(node.keywords):
            if keyword.value in self.leading:
                self.stack.append(_Visit(keyword.value, holder))
        arguments = [(number, child) for number, child in enumerate(node.args) if child in self.leading]
        inspector = self.inspector(node.func, self.leading[node]) if arguments else ""
        for number, child in reversed(arguments):
            is_inspected = inspector == "print" or bool(inspector) and number == 0
            self.stack.append(_Visit(child, holder, not is_inspected, False, node, number))
        if node.func in self.leading:
            self.stack.append(_Visit(node.func, holder, False, True, node))

    def inspector(self, function: ast.expr, scope: Scope) -> str:
        """Return the name of a builtin that only inspects its argument; an empty string for any other function."""
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return self.names.builtin(function, scope) if name in _INSPECTORS else ""

    def method(self, node: ast.Attribute | ast.Call, visit: _Visit) -> _Found | None:
        """Return the PUT call if a node names a method, or the function of a module, that a pattern matches."""
        method = _method_name(node)
        scope = self.leading[node]
        attribute = self.names.attribute(node, scope) if self.may_be_method(method) else None
        if attribute is None:
            return None
        call = _arguments(node, visit)
        is_function = visit.is_called or self.names.is_imported(attribute[0], scope)
        names = self.names.names(attribute[0], scope).attribute(method)
        pattern = self.matcher.match(names, call, is_function)
        return self.put_call(node, method, visit, pattern, call) if pattern else None

    def function(self, node: ast.Name, visit: _Visit) -> _Found | None:
        """Return the PUT call if a name is that of a function that is imported or defined here, and matched."""
        if not self.may_be_function(node.id) or not isinstance(node.ctx, ast.Load):
            return None
        call = _arguments(node, visit)
        imported, defined, definitions = self.names.functions(node.id, self.leading[node])
        pattern = self.matcher.match(imported, call)
        if pattern:
            method = next(
                name for name, before in imported.links if self.matcher.match(before.attribute(name), call)
            )
            return self.put_call(node, method, visit, pattern, call)
        pattern = self.matcher.match(defined, call)
        return self.put_call(node, node.id, visit, pattern, call, definitions) if pattern else None

    def is_function_wanted(self, name: str) -> bool:
        """Return whether a name, or anything that it is imported as, ends as a pattern does."""
        binding = self.scopes.everywhere.get(name)
        origins = binding.imported if binding else ()
        return any(self.may_be_method(last) for last in [name, *(origin[-1] for origin in origins)])

    def is_spelled(self, constant: ast.Constant) -> bool:
        """Return whether the source holds a string as it is, not in pieces or with escapes.

        The search for files that matter looks for names as they are, so nothing else may count.
        """
        name = str(constant.value)
        line = min(constant.lineno, len(self.source.lines))
        start = self.source.column(line, constant.col_offset)
        end = self.source.column(line, constant.end_col_offset or 0)
        text = self.source.lines[line - 1][start:end] if constant.end_lineno == constant.lineno else ""
        # before Python 3.12, places in f-strings are wrong: what is no string there tells nothing
        return name in text or not _STRING.fullmatch(text) and any(name in line for line in self.source.lines)

    def put_call(
        self,
        node: ast.Attribute | ast.Call | ast.Name,
        method: str,
        visit: _Visit,
        pattern: Pattern,
        call: ast.Call | None,
        definitions: tuple[ast.AST, ...] = (),
    ) -> _Found:
        """Return the PUT call that a node is."""
        scope = self.leading[node]
        key = self.keys.key(call, pattern.key, scope) if call else None
        put_call = PutCall(
            *self.source.name_position(node),
            method=method,
            scope=scope.name,
            key=key.template if key else "",
            is_called=visit.is_called,
            span=_span(visit.holder or node),
            store=pattern.store,
            key_parameter=key.parameter if key else None,
            pattern="" if pattern.store else pattern.text,
        )
        return _Found(put_call, frozenset(each.node for each in scope.around), definitions)


def _fields(node: ast.AST) -> _Fields:
    """Return the fields of a node, the last one first: is the value passed on, and is it that of the whole."""
    name = type(node).__name__
    return _FIELDS.get(name) or _FIELDS.setdefault(name, _read_fields(name, kind_of(node).fields))


def _read_fields(name: str, fields: Sequence[str]) -> _Fields:
    return tuple(
        (field, (name, field) not in _INSPECTED, (name, field) in _PASSED_THROUGH)
        for field in reversed(fields)
    )


def _method_name(node: ast.Attribute | ast.Call) -> str:
    """Return the name of the method that a node may be; an empty string if it is none."""
    if isinstance(node, ast.Attribute):
        return node.attr if isinstance(node.ctx, ast.Load) else ""
    constant = second_text(node)
    return str(constant.value) if constant else ""


def _span(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno


def _has_capture(node: ast.Match) -> bool:
    """Return whether a case of a match statement gives the subject, or a part of it, a name."""
    patterns = (pattern for case in node.cases for pattern in ast.walk(case.pattern))
    return any(getattr(pattern, "name", None) or getattr(pattern, "rest", None) for pattern in patterns)


def _arguments(node: ast.expr, visit: _Visit) -> ast.Call | None:
    """Return the call of a method with its arguments; None if it is passed as a value without any."""
    call = visit.call
    if call is None or visit.is_called:
        return call
    # what follows a method are the arguments that it will be called with: ``submit(s3.upload_file, path, ...)``
    behind = visit.argument + 1
    keywords = call.keywords[:_MOST_ARGUMENTS]
    return ast.Call(func=node, args=call.args[behind:behind + _MOST_ARGUMENTS], keywords=keywords)


def _counted(found: Sequence[_Found]) -> Iterable[PutCall]:
    """Yield the PUT calls that count.

    The call of a function that the same file defines does not count if what the function writes is counted in it.
    """
    covered = _covered(found)
    return (each.call for each in found if not each.definitions or not covered.issuperset(each.definitions))


def _covered(found: Sequence[_Found]) -> set[ast.AST]:
    """Return the functions within which, or within a function of the file that they call, something counts."""
    callers: dict[ast.AST, list[_Found]] = {node: [] for each in found for node in each.definitions}
    inside: dict[ast.AST, list[_Found]] = {node: [] for node in callers}
    for each in found:
        for node in each.definitions:
            callers[node].append(each)
        for node in callers.keys() & each.around:
            inside[node].append(each)
    waiting = [each for each in found if not each.definitions]
    for node, calls in inside.items():
        # but for calls of itself, nothing is found within: so the calls of it count
        if all(each.definitions == (node,) for each in calls):
            waiting += callers[node]
    covered: set[ast.AST] = set()
    while waiting:
        each = waiting.pop()
        for node in callers.keys() & each.around - covered - set(each.definitions):
            covered.add(node)
            waiting += callers[node]
    return covered
