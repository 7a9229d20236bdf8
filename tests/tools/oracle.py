"""A second, deliberately naive counter of PUT calls, to compare the real one with."""

from __future__ import annotations

import ast
import builtins
import fnmatch
import re
from collections.abc import Iterator
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain as flat
from itertools import product

DEFAULT_PATTERNS = ("*.put_object", "*.upload_file", "*.upload_fileobj", "Object().put")

LOOKING = {"ascii", "bool", "callable", "dir", "format", "getattr", "hasattr", "hash", "help", "id", "isinstance"}
LOOKING |= {"issubclass", "print", "repr", "str", "type", "vars"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
MAX_NAMES = 200


@lru_cache(maxsize=None)
def split_pattern(pattern: str) -> tuple[list[str], list[str]]:
    """Return the components of a pattern, and its conditions."""
    found = re.fullmatch(r"(.*?)(?:\(([^()]+)\))?", pattern)
    assert found is not None
    return found[1].split("."), found[2].split(",") if found[2] else []


@lru_cache(maxsize=None)
def spelled_pattern(pattern: str) -> re.Pattern[str]:
    """Return an expression for a dotted name with a dot before each component."""
    text = ""
    for component in split_pattern(pattern)[0]:
        if component == "**":
            text += r"(?:\.[^.]*)*"
            continue
        text += r"\."
        for part in re.findall(r"\[[^\[\]]+\]|.", component.replace("[]", "\0"), re.DOTALL):
            simple = {"*": "[^.]*", "?": "[^.]", "\0": r"\[\]"}
            one = f"(?:(?!\\.){fnmatch.translate(part)[4:-3]})" if part.startswith("[") else re.escape(part)
            text += simple.get(part, one)
    return re.compile(text + r"\Z", re.DOTALL)


def fulfils(conditions: list[str], args: list[ast.expr], keywords: list[ast.keyword]) -> bool:
    """Tell whether the arguments of a call may be what a pattern asks for."""
    has_more = any(keyword.arg is None for keyword in keywords)
    given = {keyword.arg: keyword.value for keyword in keywords}
    for condition in map(str.strip, conditions):
        if condition == "mode=w":
            mode: ast.expr | None = given.get("mode")
            if mode is None and any(isinstance(argument, ast.Starred) for argument in args[:2]):
                continue
            mode = mode or (args[1] if len(args) > 1 else None)
            if not (has_more if mode is None else opens_for_writing(mode)):
                return False
        elif not has_more and (condition.strip("!=") in given) == condition.startswith("!"):
            return False
    return True


def opens_for_writing(mode: ast.expr) -> bool:
    """Tell whether a mode may be one for writing."""
    if isinstance(mode, ast.IfExp):
        return opens_for_writing(mode.body) or opens_for_writing(mode.orelse)
    return not isinstance(mode, ast.Constant) or bool(re.search("[wax+]", str(mode.value or "")))


class Program:
    """A program, with the parent, the field and the scopes of each node, and what each scope binds."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tree = ast.parse(source)
        self.parents: dict[ast.AST, tuple[ast.AST, str]] = {}
        self.scopes: dict[ast.AST, tuple[ast.AST, ...]] = {self.tree: (self.tree,)}
        self.table: dict[tuple[ast.AST, str], list[list[str] | ast.AST | None]] = {}
        self.stars: list[list[str]] = []
        self.shared: set[str] = set()
        for node in ast.walk(self.tree):
            for field, value in ast.iter_fields(node):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST) and not isinstance(child, ast.expr_context):
                        self.parents[child] = (node, field)
                        self.scopes[child] = self.scopes_within(node, field)
        for node in list(self.scopes):
            self.bind(node)

    def scopes_within(self, node: ast.AST, field: str) -> tuple[ast.AST, ...]:
        """Return the scopes around a field of a node."""
        around = self.scopes[node]
        opens = isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda)) and field in ("body", "type_params")
        if opens or isinstance(node, COMPREHENSIONS):
            return (*around, node)
        if isinstance(node, ast.comprehension) and field == "iter":
            comprehension = self.parents[node][0]
            if isinstance(comprehension, COMPREHENSIONS) and comprehension.generators[0] is node:
                return around[:-1]
        return around

    def bind(self, node: ast.AST) -> None:
        """Note what a node binds."""
        around = self.scopes[node]
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            self.note(around[-1], node.name, node)
        elif isinstance(node, ast.arg):
            arguments = self.parents[node][0]
            self.note(self.parents[arguments][0], node.arg, None)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            owners = around
            if isinstance(self.parents[node][0], ast.NamedExpr):
                owners = tuple(scope for scope in around if not isinstance(scope, COMPREHENSIONS))
            self.note(owners[-1], node.id, None)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self.shared.update(node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                self.note(around[-1], alias.asname or parts[0], parts if alias.asname else parts[:1])
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module = (node.module or "").split(".")
                if alias.name == "*":
                    self.stars.append(module)
                else:
                    self.note(around[-1], alias.asname or alias.name, [*module, alias.name])
        elif not isinstance(node, ast.alias):
            for name in (getattr(node, "name", None), getattr(node, "rest", None)):
                if isinstance(name, str):
                    self.note(around[-1], name, None)

    def note(self, scope: ast.AST, name: str, what: list[str] | ast.AST | None) -> None:
        """Note one binding."""
        self.table.setdefault((scope, name), []).append(what)

    def bindings(self, name: str, scopes: Sequence[ast.AST]) -> list[list[str] | ast.AST | None]:
        """Return what a name may be bound to where it is read."""
        found: list[list[str] | ast.AST | None] = []
        for scope in reversed(scopes):
            bound = self.table.get((scope, name), [])
            if isinstance(scope, ast.ClassDef) and (scope is not scopes[-1] or not any(bound)):
                continue
            if bound:
                found = bound
                break
        anywhere = list(flat.from_iterable(what for (_, bound), what in self.table.items() if bound == name))
        if found and name in self.shared:
            return [*found, *anywhere]
        if not found and (name in self.shared or any(isinstance(what, list) for what in anywhere)):
            found = [what for what in anywhere if what]
            return [*found, *([*star, name] for star in self.stars)]
        if not found and not hasattr(builtins, name):
            return [[*star, name] for star in self.stars]
        return found

    def imported(self, node: ast.Name) -> list[list[str]]:
        """Return what a name may be imported as."""
        return [what for what in self.bindings(node.id, self.scopes[node]) if isinstance(what, list)]

    def builtin(self, node: ast.expr) -> str:
        """Return the name of the builtin that an expression certainly is."""
        if isinstance(node, ast.Name):
            scopes = self.scopes[node]
            if hasattr(builtins, node.id) and not self.bindings(node.id, scopes):
                if (scopes[-1], node.id) not in self.table:
                    return node.id
            names = self.imported(node)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names = [[*first, node.attr] for first in ([node.value.id], *self.imported(node.value))]
        else:
            names = []
        return next((name[1] for name in names if name[:-1] == ["builtins"]), "")

    def attribute(self, node: ast.AST) -> tuple[ast.expr, str, ast.AST] | None:
        """Return the object, the name, and where that is written, of an attribute, also by getattr()."""
        if isinstance(node, ast.Attribute):
            return node.value, node.attr, node
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            return None
        is_name = isinstance(node.func, ast.Name) and node.func.id == "getattr"
        is_getattr = is_name or self.builtin(node.func) == "getattr"
        name = node.args[1]
        if is_getattr and isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isidentifier():
            spelled = ast.get_source_segment(self.source, name) or ""
            if name.value in spelled:
                return node.args[0], name.value, name
        return None

    def names(self, node: ast.expr) -> Iterator[list[str]]:
        """Yield the dotted names of an expression."""
        attribute = self.attribute(node)
        if attribute:
            yield from ([*name, attribute[1]] for name in self.names(attribute[0]))
        elif isinstance(node, ast.Name):
            yield [node.id]
            yield from self.imported(node)
        elif isinstance(node, (ast.Call, ast.Subscript)):
            inner, mark = (node.func, "()") if isinstance(node, ast.Call) else (node.value, "[]")
            yield from ([*name[:-1], name[-1] + mark] for name in self.names(inner))
        elif isinstance(node, (ast.Await, ast.NamedExpr)):
            yield from self.names(node.value)
        elif isinstance(node, ast.IfExp):
            yield from self.names(node.body)
            yield from self.names(node.orelse)
        elif isinstance(node, ast.BoolOp):
            yield from flat.from_iterable(map(self.names, node.values))
        else:
            yield ["?"]

    def is_used(self, node: ast.AST) -> bool:
        """Tell whether a method's value is called, kept or passed on, not only looked at."""
        parent, field = self.parents[node]
        kind = type(parent).__name__
        if isinstance(parent, ast.BoolOp) or isinstance(parent, ast.IfExp) and field != "test":
            return self.is_used(parent)
        if isinstance(parent, ast.Call) and field == "args":
            builtin = self.builtin(parent.func)
            return not (builtin == "print" or builtin in LOOKING and parent.args[0] is node)
        if isinstance(parent, ast.Match):
            captures = (part for case in parent.cases for part in ast.walk(case.pattern))
            return any(getattr(part, "name", None) or getattr(part, "rest", None) for part in captures)
        if isinstance(parent, (ast.Attribute, ast.Subscript)) and field == "value" or isinstance(parent, ast.UnaryOp):
            return False
        if isinstance(parent, (ast.Expr, ast.Compare, ast.FormattedValue, ast.ExceptHandler, ast.pattern)):
            return False
        if kind in ("TypeAlias", "TypeVar", "ParamSpec", "TypeVarTuple"):
            return False
        return field not in ("test", "ifs", "guard", "annotation", "returns")

    def arguments(self, node: ast.AST) -> tuple[list[ast.expr], list[ast.keyword]] | None:
        """Return the arguments that a method is called with, or passed on with; None if there are none to see."""
        parent, field = self.parents[node]
        if isinstance(parent, ast.BoolOp) or isinstance(parent, ast.IfExp) and field != "test":
            return self.arguments(parent)
        if not isinstance(parent, ast.Call) or field == "keywords":
            return None
        start = 0 if field == "func" else 1 + next(i for i, argument in enumerate(parent.args) if argument is node)
        return parent.args[start:], parent.keywords


def is_matched(program: Program, node: ast.AST, names: list[list[str]], pattern: str) -> bool:
    """Tell whether a pattern matches one of the names of what a node is, and the arguments."""
    expression, conditions = spelled_pattern(pattern), split_pattern(pattern)[1]
    if not any(expression.search("." + ".".join(name)) for name in names[:MAX_NAMES]):
        return False
    arguments = program.arguments(node)
    if arguments is None:
        return all(condition.strip().startswith("!") for condition in conditions)
    return fulfils(conditions, *arguments)


def is_module(program: Program, node: ast.expr) -> bool:
    """Tell whether an expression is an imported module, or an attribute of one, whatever its name is otherwise."""
    while isinstance(node, ast.Attribute):
        node = node.value
    if not isinstance(node, ast.Name):
        return False
    return any(what[:-1] not in program.stars for what in program.imported(node))


def put_calls(source: str, patterns: Sequence[str] = DEFAULT_PATTERNS) -> list[tuple[int, str]]:
    """Return (line of the method's name, method name) of each PUT call, sorted."""
    program = Program(source)
    found: list[tuple[ast.AST, int, str]] = []
    own: list[tuple[ast.AST, int, str, list[ast.AST]]] = []
    for node in program.scopes:
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        attribute = program.attribute(node)
        if attribute and ends_well(attribute[1], patterns) and program.is_used(node):
            receiver, method, place = attribute
            names = [[*name, method] for name in program.names(receiver)]
            line = getattr(place, "lineno" if isinstance(place, ast.Constant) else "end_lineno")
            is_called = program_calls(program, node)
            for pattern in patterns:
                is_one = len(split_pattern(pattern)[0]) == 1
                is_asked = not is_one or is_called or is_module(program, receiver)
                if is_asked and is_matched(program, node, names, pattern):
                    found.append((node, line, method))
                    break
        elif isinstance(node, ast.Name) and program.is_used(node):
            imported = program.imported(node)
            bound = program.bindings(node.id, program.scopes[node])
            definitions = [what for what in bound if isinstance(what, ast.AST)]
            names = [[node.id], *imported] if imported else []
            match = next((name for name, pattern in product(names, patterns)
                          if is_matched(program, node, [name], pattern)), None)
            if match:
                found.append((node, node.lineno, match[-1]))
            elif definitions:
                names = [[node.id]]
                names += [["", node.id]] if any(isinstance(what, FUNCTIONS) for what in definitions) else []
                if any(is_matched(program, node, names, pattern) for pattern in patterns):
                    own.append((node, node.lineno, node.id, definitions))
    counted = [(line, method) for _, line, method in found] + counted_own(program, found, own)
    return sorted(counted)


def program_calls(program: Program, node: ast.AST) -> bool:
    """Tell whether an expression is called where it stands."""
    parent, field = program.parents[node]
    if isinstance(parent, ast.BoolOp) or isinstance(parent, ast.IfExp) and field != "test":
        return program_calls(program, parent)
    return isinstance(parent, ast.Call) and field == "func"


def ends_well(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether a name is what one of the patterns ends in."""
    return any(fnmatch.fnmatchcase(name, split_pattern(pattern)[0][-1]) for pattern in patterns)


def counted_own(
    program: Program,
    found: list[tuple[ast.AST, int, str]],
    own: list[tuple[ast.AST, int, str, list[ast.AST]]],
) -> list[tuple[int, str]]:
    """Return the calls of functions of the file within which nothing is counted, nor in what they call."""

    def is_within(node: ast.AST, function: ast.AST) -> bool:
        return function in program.scopes[node]

    definitions = list(flat.from_iterable(row[3] for row in own))
    silent = [
        function for function in definitions
        if not any(is_within(node, function) for node, *_ in found)
        if all(row[3] == [function] for row in own if is_within(row[0], function))
    ]
    covered: list[ast.AST] = []
    for _ in definitions:
        sure = [row[0] for row in own if any(function in silent or function in covered for function in row[3])]
        for function in definitions:
            around = [node for node, *_ in found if is_within(node, function)]
            around += [
                row[0] for row in own if row[0] in sure and function not in row[3] and is_within(row[0], function)
            ]
            if around and function not in covered:
                covered.append(function)
    return [(line, method) for _, line, method, bound in own if not all(function in covered for function in bound)]
