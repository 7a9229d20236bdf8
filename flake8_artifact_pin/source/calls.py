"""Find the PUT calls of a file: calls that match a pattern and so write an object.

Nothing here judges. Whether a call is pinned, exempt or suppressed is decided elsewhere.
"""
from __future__ import annotations

import ast
import bisect
import functools
import io
import re
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import TypeAlias

from flake8_artifact_pin.source.dotted import NameFinder
from flake8_artifact_pin.source.dotted import second_text
from flake8_artifact_pin.source.keys import Keys
from flake8_artifact_pin.source.names import normalized
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.source.patterns import Pattern
from flake8_artifact_pin.source.scopes import DEFINITIONS
from flake8_artifact_pin.source.scopes import kind_of
from flake8_artifact_pin.source.scopes import Scope
from flake8_artifact_pin.source.scopes import Scopes
from flake8_artifact_pin.source.templates import KeyParameter
from flake8_artifact_pin.source.templates import name_key
from flake8_artifact_pin.source.templates import shown_key
from flake8_artifact_pin.source.text import SourceText

_Fields: TypeAlias = "tuple[tuple[str, bool, bool], ...]"
# By the name of the node's type.
_FIELDS: dict[str, _Fields] = {}

# Builtins that inspect their first argument (print: each one) without calling or keeping it.
_INSPECTORS = frozenset(
    [
        "ascii", "bool", "callable", "dir", "format", "getattr", "hasattr", "hash", "help", "id", "isinstance",
        "issubclass", "print", "repr", "str", "type", "vars",
    ],
)

# (type of node, field) pairs whose value is only inspected, so a method there is never called later. By name: not
# every supported Python has every type. Other fields count as passed on, so that new syntax hides nothing.
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
# Here a part's value may become the value of the whole expression: it is called or passed on as the whole is.
_PASSED_THROUGH = frozenset([("BoolOp", "values"), ("IfExp", "body"), ("IfExp", "orelse")])

_REFERENCES = (ast.Attribute, ast.Call, ast.Name)
_STRING = re.compile(r"""(?s)[rRuU]?(["']).*\1|""")

# Limit for the arguments, and for the keywords, that are read after a method that is passed as a value.
_MOST_ARGUMENTS = 20


class PutCall(NamedTuple):
    """A call in the source that writes an object.

    ``line`` (1-based) and ``column`` (0-based, in characters) are the position of the method's name; flake8 applies
    the noqa comment of that physical line. ``scope`` is the qualified name of the function or class around the call,
    or ``<module>``. ``key`` is the key template, or empty. ``is_called`` is false where the method is passed as a
    value, to be called elsewhere. ``span`` is the first and last line of the statement (of a compound statement: of
    the expression in its header). ``store`` names the store of the matching pattern. For a user's own pattern it is
    empty, and ``pattern`` is the pattern. ``key_parameter`` is the parameter that is used as the key, if there is one.
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
        """The key as it is written in the call's name: {} for unknown parts; empty if it has no letter."""
        return name_key(self.key)

    @property
    def shown(self) -> str:
        """The call as messages show it."""
        return self._shown(is_whole=False)

    def shown_beside(self, other: PutCall) -> str:
        """Return the call as messages show it beside another one: uncut if the cut ones would look the same."""
        return self._shown(is_whole=self.shown == other.shown)

    def _shown(self, is_whole: bool) -> str:
        key = f'"{shown_key(self.key, is_whole)}"' if self.key else "..."
        text = f"{self.method}({key})" if self.is_called or self.key else self.method
        return text if self.is_called else f"{text} passed as a value"


class _Visit(NamedTuple):
    """A node yet to be visited.

    ``holder`` is the simple statement around it, or the expression in the header of a compound one. ``is_passed``: its
    value is passed on; ``is_called``: it is the callee of ``call``. Otherwise it may be argument number ``argument``
    (0-based) of ``call``.
    """

    node: ast.AST
    holder: ast.stmt | ast.expr | None = None
    is_passed: bool = True
    is_called: bool = False
    call: ast.Call | None = None
    argument: int = 0


class _Found(NamedTuple):
    """A PUT call, the nodes of the scopes around it, and the functions of this file that it may call."""

    call: PutCall
    around: frozenset[ast.AST]
    definitions: tuple[ast.AST, ...] = ()


def find_calls(tree: ast.AST, lines: Sequence[str], matcher: Matcher) -> tuple[PutCall, ...]:
    """Return the PUT calls of a module in source order. The tree was parsed from ``lines``."""
    narrowed = matcher.narrowed("".join(lines))
    if not narrowed.endings:
        return ()
    calls = _counted(list(_Walk(tree, lines, narrowed).found()))
    return tuple(sorted(calls, key=lambda call: (call.line, call.column)))


class _Lines:
    """The lines of a source text that hold one of some names."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        lines = enumerate(io.StringIO(normalized(text), newline=None), 1)
        self.numbers = [number for number, line in lines if any(name in line for name in names)]
        self.in_strings: set[ast.AST] = set()

    def may_spell(self, node: ast.AST) -> bool:
        """Return whether a node may hold one of the names. The nodes around it were asked before."""
        if node in self.in_strings:
            return True
        if isinstance(node, ast.JoinedStr):
            # before Python 3.12, positions in f-strings are wrong
            self.in_strings.update(ast.walk(node))
        first = node.decorator_list[0] if isinstance(node, DEFINITIONS) and node.decorator_list else node
        line, end = getattr(first, "lineno", None), getattr(node, "end_lineno", None)
        if line is None or end is None:
            return True
        index = bisect.bisect_left(self.numbers, line)
        return index < len(self.numbers) and self.numbers[index] <= end


class _Walk:
    """The walk over one file. It keeps its own stack: nested expressions may exceed the recursion limit."""

    def __init__(self, tree: ast.AST, lines: Sequence[str], matcher: Matcher) -> None:
        self.matcher = matcher
        self.source = SourceText(lines)
        self.scopes = Scopes(tree)
        self.keys = Keys(self.scopes)
        self.names = NameFinder(self.scopes, self.is_spelled)
        self.stack = [_Visit(tree)]
        # the same names are looked up again and again
        self.may_be_method = functools.lru_cache(maxsize=None)(matcher.ending_in)
        self.may_be_function = functools.lru_cache(maxsize=None)(self.is_function_wanted)
        self.leading = self.leading_to_calls("".join(lines))

    def found(self) -> Iterator[_Found]:
        """Yield the calls that patterns match."""
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

    def leading_to_calls(self, text: str) -> Mapping[ast.AST, Scope]:
        """Return the nodes that may be a PUT call by their name and all nodes around them, with their scopes."""
        nodes: list[tuple[int, ast.AST, Scope]] = []
        leading: dict[ast.AST, Scope] = {}
        for visited in self.scopes.walk(_Lines(text, self.spellings()).may_spell):
            nodes.append(visited)
            index, node, scope = visited
            if isinstance(node, _REFERENCES) and self.is_wanted(node):
                # the parent of the root has the number -1: it is this node
                while node not in leading:
                    leading[node] = scope
                    index, node, scope = nodes[index]
        return leading

    def spellings(self) -> Collection[str]:
        """Return texts of which each name of a PUT call holds one: it ends as a pattern does, or is imported so."""
        return self.matcher.endings | set(filter(self.may_be_function, self.scopes.everywhere))

    def is_wanted(self, node: ast.Attribute | ast.Call | ast.Name) -> bool:
        """Return whether a node's name, or a name that it is imported as, ends as a pattern does."""
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
        """Put the callee and the arguments of a call on the stack."""
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
        """Return the PUT call if a name stands for an imported or defined function that a pattern matches."""
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
        """Return whether a name, or a name that it is imported as, ends as a pattern does."""
        binding = self.scopes.everywhere.get(name)
        origins = binding.imported if binding else ()
        return any(self.may_be_method(last) for last in [name, *(origin[-1] for origin in origins)])

    def is_spelled(self, constant: ast.Constant) -> bool:
        """Return whether a string constant is written plainly: not in pieces and without escapes.

        The prefilter finds only names that are written plainly, so no others may count.
        """
        name = str(constant.value)
        line = min(constant.lineno, len(self.source.lines))
        start = self.source.column(line, constant.col_offset)
        end = self.source.column(line, constant.end_col_offset or 0)
        text = self.source.lines[line - 1][start:end] if constant.end_lineno == constant.lineno else ""
        # before Python 3.12, positions in f-strings are wrong: text that is not a string tells nothing
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
        """Return the PUT call at a node."""
        scope, holder = self.leading[node], visit.holder or node
        key = self.keys.key(call, pattern.key, scope) if call else None
        put_call = PutCall(
            *self.source.name_position(node),
            method=method,
            scope=scope.name,
            key=key.template if key else "",
            is_called=visit.is_called,
            span=(holder.lineno, holder.end_lineno or holder.lineno),
            store=pattern.store,
            key_parameter=key.parameter if key else None,
            pattern="" if pattern.store else pattern.text,
        )
        return _Found(put_call, frozenset(each.node for each in scope.around), definitions)


def _fields(node: ast.AST) -> _Fields:
    """Return the fields of a node, the last one first, each with is_passed and is_passed_through."""
    name = type(node).__name__
    return _FIELDS.get(name) or _FIELDS.setdefault(name, _read_fields(name, kind_of(node).fields))


def _read_fields(name: str, fields: Sequence[str]) -> _Fields:
    return tuple(
        (field, (name, field) not in _INSPECTED, (name, field) in _PASSED_THROUGH)
        for field in reversed(fields)
    )


def _method_name(node: ast.Attribute | ast.Call) -> str:
    """Return the name of the method that a node may get; an empty string if it gets none."""
    if isinstance(node, ast.Attribute):
        return node.attr if isinstance(node.ctx, ast.Load) else ""
    constant = second_text(node)
    return str(constant.value) if constant else ""


def _has_capture(node: ast.Match) -> bool:
    """Return whether a case of a match statement binds the subject, or a part of it, to a name."""
    patterns = (pattern for case in node.cases for pattern in ast.walk(case.pattern))
    return any(getattr(pattern, "name", None) or getattr(pattern, "rest", None) for pattern in patterns)


def _arguments(node: ast.expr, visit: _Visit) -> ast.Call | None:
    """Return the call of a method with its arguments; None if the method is passed as a value without any."""
    call = visit.call
    if call is None or visit.is_called:
        return call
    # the method will be called with the arguments that follow it: ``submit(s3.upload_file, path, ...)``
    behind = visit.argument + 1
    keywords = call.keywords[:_MOST_ARGUMENTS]
    return ast.Call(func=node, args=call.args[behind:behind + _MOST_ARGUMENTS], keywords=keywords)


def _counted(found: Sequence[_Found]) -> Iterable[PutCall]:
    """Return the PUT calls that count.

    A call of a function of the same file is left out if the PUT calls within that function count.
    """
    covered = _covered(found)
    return (each.call for each in found if not each.definitions or not covered.issuperset(each.definitions))


def _covered(found: Sequence[_Found]) -> set[ast.AST]:
    """Return the functions with a counted call in their body or in a function of the file that they call."""
    callers: dict[ast.AST, list[_Found]] = {node: [] for each in found for node in each.definitions}
    inside: dict[ast.AST, list[_Found]] = {node: [] for node in callers}
    for each in found:
        for node in each.definitions:
            callers[node].append(each)
        for node in callers.keys() & each.around:
            inside[node].append(each)
    waiting = [each for each in found if not each.definitions]
    for node, calls in inside.items():
        # the function holds no PUT call except recursive ones, so calls of it count
        if all(each.definitions == (node,) for each in calls):
            waiting += callers[node]
    covered: set[ast.AST] = set()
    while waiting:
        each = waiting.pop()
        for node in callers.keys() & each.around - covered - set(each.definitions):
            covered.add(node)
            waiting += callers[node]
    return covered
