"""Evaluate expressions to key templates, as far as the source tells."""
from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from flake8_artifact_pin.source.lookup import called_name
from flake8_artifact_pin.source.lookup import constant_items
from flake8_artifact_pin.source.lookup import dotted
from flake8_artifact_pin.source.lookup import key_parameters
from flake8_artifact_pin.source.lookup import Lookup
from flake8_artifact_pin.source.scopes import Bound
from flake8_artifact_pin.source.scopes import Function
from flake8_artifact_pin.source.scopes import FUNCTIONS
from flake8_artifact_pin.source.scopes import is_self
from flake8_artifact_pin.source.scopes import Scope
from flake8_artifact_pin.source.scopes import Scopes
from flake8_artifact_pin.source.templates import bounded
from flake8_artifact_pin.source.templates import changed
from flake8_artifact_pin.source.templates import changed_ends
from flake8_artifact_pin.source.templates import format_fields
from flake8_artifact_pin.source.templates import is_unknown
from flake8_artifact_pin.source.templates import joined
from flake8_artifact_pin.source.templates import joined_path
from flake8_artifact_pin.source.templates import KeyParameter
from flake8_artifact_pin.source.templates import known
from flake8_artifact_pin.source.templates import last_component
from flake8_artifact_pin.source.templates import NAMELESS
from flake8_artifact_pin.source.templates import Part
from flake8_artifact_pin.source.templates import percent
from flake8_artifact_pin.source.templates import Template
from flake8_artifact_pin.source.templates import unknown
from flake8_artifact_pin.source.templates import whole_parameter

# Limits: names followed in a row, depth of an expression, items of an expression, size of a number. Beyond them a part
# stays unknown, so that long chains of names and generated expressions take linear time.
MAX_NAMES = 5
_MAX_DEPTH, _MAX_ITEMS, _MAX_NUMBER = 12, 24, 10**18
# Limit for the expressions and template parts that are read for one file: enough for some thousand PUT calls. Generated
# files may hold more and must not take minutes.
_MAX_STEPS = 50_000

_PATH_OPTIONS = ("path", "Key", "key")
_PROPERTIES = frozenset(["cached_property", "property"])
_PATH_MODULES = frozenset(["ntpath", "op", "osp", "path", "posixpath"])
# Methods that change the ends of a text: for each, what changes its beginning, and what its end.
_ENDS = {
    "lstrip": (str.lstrip, None),
    "removeprefix": (str.removeprefix, None),
    "removesuffix": (None, str.removesuffix),
    "rstrip": (None, str.rstrip),
    "strip": (str.lstrip, str.rstrip),
}
# Functions and methods that change the form of a key but not the artifact that it names.
_SAME_FUNCTIONS = frozenset([
    "abspath", "expanduser", "fspath", "normpath", "quote", "quote_plus", "realpath", "str", "unquote", "urlparse",
    "urlsplit",
])
_SAME_METHODS = frozenset(["absolute", "as_posix", "as_uri", "decode", "encode", "expanduser", "geturl", "resolve"])
# Methods of texts and dates that write an unknown value in another form.
_REFORMATTING = frozenset([
    "capitalize", "date", "hex", "isoformat", "partition", "rpartition", "rsplit", "split", "strftime", "title",
])


class Context(NamedTuple):
    """The scope of an expression, and how many more names and levels may be followed from there.

    ``is_literal``: names are not followed at all, and each is a parameter of its own.
    """

    scope: Scope
    names: int = MAX_NAMES
    depth: int = _MAX_DEPTH
    is_literal: bool = False


class Expressions(Lookup):
    """Evaluates the expressions of one file. The values of names are cached."""

    def __init__(self, scopes: Scopes) -> None:
        super().__init__(scopes)
        self.templates: dict[tuple[object, int], Template] = {}
        self.steps = 0
        self.parameters = functools.lru_cache(maxsize=None)(key_parameters)

    def template(self, node: ast.AST, context: Context) -> Template:
        """Return the template of an expression."""
        read = _READERS.get(type(node))
        if read is None or not context.depth or self.steps > _MAX_STEPS:
            return unknown(dotted(node))
        scope, names, depth, is_literal = context
        template = read(self, node, Context(scope, names, depth - 1, is_literal))
        self.steps += 1 + len(template)
        return template

    def constant(self, node: ast.Constant, context: Context) -> Template:
        is_number = isinstance(node.value, int) and not isinstance(node.value, bool) and abs(node.value) < _MAX_NUMBER
        return known(str(node.value)) if is_number or isinstance(node.value, str) else unknown("")

    def joined_str(self, node: ast.JoinedStr, context: Context) -> Template:
        return joined((), self.arguments(node.values, context))

    def formatted_value(self, node: ast.FormattedValue, context: Context) -> Template:
        template = self.template(node.value, context)
        is_plain = node.format_spec is None and node.conversion in (-1, ord("s"))
        return template if is_plain or is_unknown(template) else unknown(dotted(node.value))

    def operation(self, node: ast.BinOp, context: Context) -> Template:
        if isinstance(node.op, ast.Add):
            return joined((), self.operands(node, ast.Add, context))
        if isinstance(node.op, ast.Div):
            return joined_path(self.operands(node, ast.Div, context))
        if isinstance(node.op, ast.Mod):
            return self.percent(node, context)
        return unknown("")

    def operands(self, node: ast.expr, operator: type[ast.operator], context: Context) -> Iterator[Template]:
        operands = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, operator):
            operands.append(node.right)
            node = node.left
        return self.arguments([node, *reversed(operands)], context)

    def percent(self, node: ast.BinOp, context: Context) -> Template:
        text = self.template(node.left, context)
        if isinstance(node.right, ast.Dict):
            return percent(text, (), self.values(node.right, context))
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return percent(text, [self.template(value, context) for value in values[:_MAX_ITEMS]], {})

    def values(self, node: ast.expr, context: Context) -> Mapping[str, Template]:
        """Return the templates of a dictionary's values by its constant keys."""
        items = list(constant_items(node).items())
        return {str(key): self.template(value, context) for key, value in items[:_MAX_ITEMS]}

    def name(self, node: ast.Name, context: Context) -> Template:
        if context.is_literal:
            return unknown(node.id, KeyParameter("", 0, node.id, False, ()))
        found, scope = self.all_bound(node.id, context.scope)
        memory = ((node.id, scope), context.names)
        if memory in self.templates:
            return self.templates[memory]
        inner = Context(scope, context.names)
        is_variable = len(found) == 1 and not isinstance(found[0].value, ast.arg)
        if is_variable and node.id not in self.scopes.declared:
            template = self.followed(node.id, found[0], inner)
        else:
            template = unknown(node.id, self.parameter(node.id, found, inner))
        self.templates[memory] = template
        return template

    def attribute_template(self, node: ast.Attribute, context: Context) -> Template:
        found = self.attribute(node, context.scope)
        if found:
            return self.followed(dotted(node), found[0], Context(found[1], context.names))
        if isinstance(node.value, ast.Call) or node.attr == "value":
            template = self.template(node.value, context)
            if node.attr == "name" and isinstance(node.value, ast.Call) and _is_path(node.value):
                return last_component(template)
            # ``.value`` of an enum member, ``urlparse(url).path``
            if not is_unknown(template) if node.attr == "value" else whole_parameter(template):
                return template
        return unknown(dotted(node))

    def followed(self, name: str, bound: Bound, context: Context) -> Template:
        """Return the template of a name with one binding: that of its value, or its own name if the value has none."""
        if isinstance(bound.value, FUNCTIONS) and _is_property(bound.value):
            return self.returned(bound.value, context) or unknown(name)
        if not isinstance(bound.value, ast.expr) or not context.names:
            return unknown(name)
        template = self.value(bound.value, context)
        if bound.marks:
            return unknown(name, self.source_of(bound.value, context))
        if is_unknown(template) and (template[0].text == NAMELESS or template[0].text.endswith(")")):
            return unknown(name, template[0].parameter)
        return template or unknown(name)

    def source_of(self, node: ast.expr, context: Context) -> KeyParameter | None:
        """Return the parameter that a value is an item of: url in ``bucket, key = split_url(url)``."""
        if isinstance(node, ast.Call) and len(node.args) == 1 and not isinstance(node.func, ast.Attribute):
            node = node.args[0]
        template = self.template(node, Context(context.scope, max(context.names - 1, 0)))
        return template[0].parameter if is_unknown(template) else None

    def parameter(self, name: str, found: Sequence[Bound], context: Context) -> KeyParameter | None:
        """Return the one parameter that all values of a name end in: key in ``name = prefix + key``."""
        values = [bound for bound in found if not isinstance(bound.value, ast.arg)]
        sources = {"" if bound.marks else self.made_of(bound.value, context.scope) for bound in values} - {name}
        if len(values) < len(found):
            is_own = isinstance(context.scope.node, FUNCTIONS) and not is_self(ast.Name(name)) and not sources
            return self.parameters(context.scope)[name] if is_own else None
        source = sources.pop() if len(sources) == 1 else ""
        if not source or not context.names or name in self.scopes.declared:
            return None
        template = self.name(ast.Name(source), Context(context.scope, context.names - 1))
        return template[0].parameter if is_unknown(template) else None

    def made_of(self, node: ast.AST | None, scope: Scope) -> str:
        """Return the name that a value uses unchanged, except for what a key may have around it; empty if none."""
        template = self.literal(node, scope) if node else ()
        parameter = template[0].parameter if is_unknown(template) else whole_parameter(template)
        return parameter.name if parameter else ""

    def literal(self, node: ast.AST, scope: Scope) -> Template:
        return self.template(node, Context(scope, 0, is_literal=True))

    def subscript(self, node: ast.Subscript, context: Context) -> Template:
        assigned = self.assigned(node, context.scope)
        if assigned and context.names:
            return self.followed(dotted(node), Bound(assigned[0]), Context(assigned[1], context.names))
        if isinstance(node.slice, ast.Slice) or isinstance(node.value, ast.Call):
            # ``key[1:]``, ``url.split("/", 3)[3]``
            template = self.template(node.value, context)
            if is_unknown(template):
                return template
        return unknown(dotted(node))

    def options(self, node: ast.Dict, context: Context) -> Template:
        """Return the path in a dictionary of options: ``connection_options={"path": ...}``."""
        items = constant_items(node)
        path = next(filter(None, map(items.get, _PATH_OPTIONS)), None)
        return self.template(path, context) if path else unknown("")

    def value_of(self, node: ast.Await | ast.NamedExpr, context: Context) -> Template:
        return self.template(node.value, context)

    def alternatives(self, node: ast.BoolOp, context: Context) -> Template:
        """Return the template of ``key or "default"``."""
        template = self.template(node.values[0], context)
        return template if is_unknown(template) else unknown("")

    def conditional(self, node: ast.IfExp, context: Context) -> Template:
        templates = [self.template(branch, context) for branch in (node.body, node.orelse)]
        parameters = {whole_parameter(template) for template in templates}
        if templates[0] == templates[1]:
            return templates[0]
        return unknown("", parameters.pop() if len(parameters) == 1 else None)

    def call(self, node: ast.Call, context: Context) -> Template:
        name = called_name(node)
        if isinstance(node.func, ast.Attribute):
            template = self.method(node, node.func.value, name, context)
            if template is not None:
                return template
        if name in ("join", "urljoin") or _is_path(node):
            return joined_path(self.arguments(node.args, context))
        if len(node.args) == 1 and name in _SAME_FUNCTIONS:
            return self.template(node.args[0], context)
        if len(node.args) == 1 and name == "basename":
            return last_component(self.template(node.args[0], context))
        return self.called(node, context) or unknown(dotted(node))

    def called(self, node: ast.Call, context: Context) -> Template:
        """Return the result of a function of this file for these arguments; an empty template if it is unknown."""
        found = self.bound(node.func, context.scope)
        if not found or not isinstance(found[0].value, FUNCTIONS):
            return ()
        arguments: dict[KeyParameter | None, Template] = {None: ()}
        parts: list[Part] = []
        for part in self.returned(found[0].value, Context(found[1], context.names)):
            parameter = part.parameter
            if parameter not in arguments:
                arguments[parameter] = self.passed(node, parameter, context) if parameter else ()
            parts += arguments[parameter] or (part._replace(parameter=None),)
        template = bounded(parts)
        return template if any(part.is_known for part in template) else ()

    def passed(self, node: ast.Call, parameter: KeyParameter, context: Context) -> Template:
        """Return the argument that a call passes for a parameter; an empty template if it passes none."""
        for where in parameter.places:
            found = self.plain_argument(node, where, context.scope)
            if found:
                return self.template(found[0], context)
        return ()

    def returned(self, function: Function, context: Context) -> Template:
        """Return the result of a function; an empty template unless it has exactly one return statement."""
        scope = self.scopes.inner[function]
        results = scope.bound("return")
        value = results[0].value if len(results) == 1 else None
        return self.value(value, Context(scope, context.names)) if value and context.names else ()

    def value(self, node: ast.AST, context: Context) -> Template:
        """Return the template of the value of a name or function."""
        memory = (node, context.names)
        if memory not in self.templates:
            self.templates[memory] = self.template(node, Context(context.scope, context.names - 1))
        return self.templates[memory]

    def method(self, node: ast.Call, receiver: ast.expr, name: str, context: Context) -> Template | None:
        """Return the result of a method that makes a text of its receiver and arguments; None for other methods."""
        if name == "join" and dotted(receiver).rpartition(".")[2] not in _PATH_MODULES and len(node.args) == 1:
            return joined(self.template(receiver, context), self.joined_items(node.args[0], context))
        if name == "joinpath":
            return joined_path([self.template(receiver, context), *self.arguments(node.args, context)])
        if name in ("format", "format_map"):
            return self.formatted(node, receiver, context)
        is_cut = context.is_literal and (name in _ENDS or name == "replace")
        if is_cut or name in _SAME_METHODS:
            return self.template(receiver, context)
        if name in ("lower", "upper"):
            return changed(self.template(receiver, context), str.lower if name == "lower" else str.upper)
        texts = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        if name in _ENDS and len(texts) == len(node.args) < 2:
            return changed_ends(self.template(receiver, context), *_ENDS[name], texts)
        if name == "replace" and len(texts) == len(node.args) == 2:
            return changed(self.template(receiver, context), lambda text: text.replace(texts[0], texts[1][:_MAX_ITEMS]))
        if name in _REFORMATTING:
            template = self.template(receiver, context)
            return template if is_unknown(template) else unknown(dotted(receiver))
        return None

    def arguments(self, nodes: Sequence[ast.expr], context: Context) -> Iterator[Template]:
        for node in _middle_cut(nodes):
            yield self.template(node, context) if node else unknown("")

    def starred(self, node: ast.Starred, context: Context) -> Template:
        return unknown(dotted(node.value))

    def joined_items(self, node: ast.expr, context: Context) -> Iterator[Template]:
        """Yield the items of ``separator.join(items)``; one unknown part if their number is unknown."""
        scope = context.scope
        for _ in range(MAX_NAMES):
            if isinstance(node, ast.Call) and node.args and called_name(node) in ("filter", "list", "map", "tuple"):
                # ``map(str, [...])``
                node = node.args[-1]
            elif isinstance(node, (ast.GeneratorExp, ast.ListComp)) and self.is_unchanged(node, scope):
                node = node.generators[0].iter
            elif isinstance(node, (ast.Attribute, ast.Name)) and (assigned := self.assigned(node, scope)):
                node, scope = assigned
            else:
                break
        if isinstance(node, (ast.List, ast.Tuple)) and (context.names or context.is_literal):
            context = context._replace(scope=scope, names=max(context.names - 1, 0))
            yield from self.arguments(node.elts, context)
        else:
            yield unknown(dotted(node))

    def is_unchanged(self, node: ast.GeneratorExp | ast.ListComp, scope: Scope) -> bool:
        """Return whether a comprehension with one loop has the items of what it loops over."""
        target = node.generators[0].target
        is_loop = len(node.generators) == 1 and isinstance(target, ast.Name)
        return is_loop and self.literal(node.elt, scope) == self.literal(target, scope)

    def formatted(self, node: ast.Call, receiver: ast.expr, context: Context) -> Template:
        template = self.template(receiver, context)
        if called_name(node) == "format_map":
            positional, named = [], self.values(node.args[0], context) if node.args else {}
        else:
            plain = itertools.takewhile(lambda argument: not isinstance(argument, ast.Starred), node.args)
            positional = [self.template(argument, context) for argument in itertools.islice(plain, _MAX_ITEMS)]
            keywords = node.keywords[:_MAX_ITEMS]
            named = {keyword.arg: self.template(keyword.value, context) for keyword in keywords if keyword.arg}
        try:
            return format_fields(template, positional, named)
        except ValueError:
            return unknown(dotted(receiver))


_READERS: Mapping[type[ast.AST], Callable[[Expressions, Any, Context], Template]] = {
    ast.Attribute: Expressions.attribute_template,
    ast.Await: Expressions.value_of,
    ast.BinOp: Expressions.operation,
    ast.BoolOp: Expressions.alternatives,
    ast.Call: Expressions.call,
    ast.Constant: Expressions.constant,
    ast.Dict: Expressions.options,
    ast.FormattedValue: Expressions.formatted_value,
    ast.IfExp: Expressions.conditional,
    ast.JoinedStr: Expressions.joined_str,
    ast.Name: Expressions.name,
    ast.NamedExpr: Expressions.value_of,
    ast.Starred: Expressions.starred,
    ast.Subscript: Expressions.subscript,
}


def _is_property(node: Function) -> bool:
    return any(dotted(decorator).rpartition(".")[2] in _PROPERTIES for decorator in node.decorator_list)


def _is_path(node: ast.Call) -> bool:
    return called_name(node).endswith("Path")


def _middle_cut(nodes: Sequence[ast.expr]) -> Sequence[ast.expr | None]:
    """Return expressions; if they are too many, replace the middle ones by one None."""
    half = _MAX_ITEMS // 2
    return nodes if len(nodes) <= _MAX_ITEMS else [*nodes[:half], None, *nodes[-half:]]
