"""The templates that expressions are: which text they make, as far as the source tells."""
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
from flake8_artifact_pin.source.lookup import Lookup
from flake8_artifact_pin.source.parameters import key_parameters
from flake8_artifact_pin.source.parameters import made_of
from flake8_artifact_pin.source.parameters import SAME_FUNCTIONS
from flake8_artifact_pin.source.parameters import SAME_METHODS
from flake8_artifact_pin.source.parameters import same_name
from flake8_artifact_pin.source.parameters import whole_parameter
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

# How many names are followed one after the other, how deep an expression is read, and how many items of it. What is
# beyond stays unknown: neither a long chain of names nor a generated expression costs more than its length.
MAX_NAMES = 5
_MAX_DEPTH, _MAX_ITEMS, _MAX_NUMBER = 12, 24, 10**18
# So many expressions and parts of templates are read for the keys of one file: those of some thousand PUT calls. No
# person writes more, and what a program writes must not take minutes.
_MAX_STEPS = 50_000

_PATH_OPTIONS = ("path", "Key", "key")
_PROPERTIES = frozenset(["cached_property", "property"])
_PATH_MODULES = frozenset(["ntpath", "op", "osp", "path", "posixpath"])
# Methods that change the ends of a text: which one does so to its beginning, and which one to its end.
_ENDS = {
    "lstrip": ("lstrip", ""),
    "removeprefix": ("removeprefix", ""),
    "removesuffix": ("", "removesuffix"),
    "rstrip": ("", "rstrip"),
    "strip": ("lstrip", "rstrip"),
}
# Methods of texts and dates that show their object in another way.
_SHOWN_OTHERWISE = frozenset([
    "capitalize", "date", "hex", "isoformat", "partition", "rpartition", "rsplit", "split", "strftime", "title",
])


class Place(NamedTuple):
    """Where an expression stands: its scope, and how many names and how deep may still be followed from there."""

    scope: Scope
    names: int = MAX_NAMES
    depth: int = _MAX_DEPTH


class Expressions(Lookup):
    """The expressions of a file. What a name is assigned is read once."""

    def __init__(self, scopes: Scopes) -> None:
        super().__init__(scopes)
        self.templates: dict[tuple[object, int], Template] = {}
        self.steps = 0
        self.parameters = functools.lru_cache(maxsize=None)(key_parameters)

    def template(self, node: ast.AST, place: Place) -> Template:
        """Return the template that an expression is."""
        read = _READERS.get(type(node))
        if read is None or not place.depth or self.steps > _MAX_STEPS:
            return unknown(dotted(node))
        template = read(self, node, Place(place.scope, place.names, place.depth - 1))
        self.steps += 1 + len(template)
        return template

    def constant(self, node: ast.Constant, place: Place) -> Template:
        is_number = isinstance(node.value, int) and not isinstance(node.value, bool) and abs(node.value) < _MAX_NUMBER
        return known(str(node.value)) if is_number or isinstance(node.value, str) else unknown("")

    def joined_str(self, node: ast.JoinedStr, place: Place) -> Template:
        values = _middle_cut(node.values)
        return joined((), [self.template(value, place) if value else unknown("") for value in values])

    def formatted_value(self, node: ast.FormattedValue, place: Place) -> Template:
        template = self.template(node.value, place)
        is_plain = node.format_spec is None and node.conversion in (-1, ord("s"))
        return template if is_plain or is_unknown(template) else unknown(dotted(node.value))

    def operation(self, node: ast.BinOp, place: Place) -> Template:
        if isinstance(node.op, ast.Add):
            return joined((), self.operands(node, ast.Add, place))
        if isinstance(node.op, ast.Div):
            return joined_path(self.operands(node, ast.Div, place))
        if isinstance(node.op, ast.Mod):
            return self.percent(node, place)
        return unknown("")

    def operands(self, node: ast.expr, operator: type[ast.operator], place: Place) -> Iterator[Template]:
        operands = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, operator):
            operands.append(node.right)
            node = node.left
        for operand in _middle_cut([node, *reversed(operands)]):
            yield self.template(operand, place) if operand else unknown("")

    def percent(self, node: ast.BinOp, place: Place) -> Template:
        text = self.template(node.left, place)
        if isinstance(node.right, ast.Dict):
            return percent(text, (), self.values(node.right, place))
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return percent(text, [self.template(value, place) for value in values[:_MAX_ITEMS]], {})

    def values(self, node: ast.expr, place: Place) -> Mapping[str, Template]:
        """Return what a dictionary that stands here has for each key."""
        items = list(constant_items(node).items())
        return {str(key): self.template(value, place) for key, value in items[:_MAX_ITEMS]}

    def name(self, node: ast.Name, place: Place) -> Template:
        found, scope = self.all_bound(node.id, place.scope)
        memory = ((node.id, scope), place.names)
        if memory in self.templates:
            return self.templates[memory]
        if any(isinstance(bound.value, ast.arg) for bound in found):
            template = unknown(node.id, self.parameter(node.id, found, scope))
        elif node.id in self.scopes.declared:
            template = unknown(node.id)
        elif len(found) != 1:
            template = unknown(node.id, self.common_parameter(node.id, found, Place(scope, place.names)))
        else:
            template = self.followed(node.id, found[0], Place(scope, place.names))
        self.templates[memory] = template
        return template

    def attribute_template(self, node: ast.Attribute, place: Place) -> Template:
        found = self.attribute(node, place.scope)
        if found:
            return self.followed(dotted(node), found[0], Place(found[1], place.names))
        if isinstance(node.value, ast.Call) or node.attr == "value":
            template = self.template(node.value, place)
            if node.attr == "name" and isinstance(node.value, ast.Call) and _is_path(node.value):
                return last_component(template)
            # a member of an enumeration, ``urlparse(url).path``
            if not is_unknown(template) if node.attr == "value" else whole_parameter(template):
                return template
        return unknown(dotted(node))

    def followed(self, name: str, bound: Bound, place: Place) -> Template:
        """Return what a name is that is bound once: what it is assigned, unless that has no name of its own."""
        if isinstance(bound.value, FUNCTIONS) and _is_property(bound.value):
            return self.returned(bound.value, place) or unknown(name)
        if not isinstance(bound.value, ast.expr) or not place.names:
            return unknown(name)
        memory = (bound.value, place.names)
        if memory not in self.templates:
            inner = Place(place.scope, place.names - 1)
            self.templates[memory] = self.template(bound.value, inner)
        template = self.templates[memory]
        if bound.marks:
            return unknown(name, self.source_of(bound.value, place))
        if is_unknown(template) and (template[0].text == NAMELESS or template[0].text.endswith(")")):
            return unknown(name, template[0].parameter)
        return template or unknown(name)

    def source_of(self, node: ast.expr, place: Place) -> KeyParameter | None:
        """Return the parameter that a value is a part of: ``bucket, key = split_url(url)``."""
        if isinstance(node, ast.Call) and len(node.args) == 1 and not isinstance(node.func, ast.Attribute):
            node = node.args[0]
        template = self.template(node, Place(place.scope, max(place.names - 1, 0)))
        return template[0].parameter if is_unknown(template) else None

    def parameter(self, name: str, found: Sequence[Bound], scope: Scope) -> KeyParameter | None:
        """Return a parameter of a function, if it is assigned nothing but what is made of it as it stands."""
        if isinstance(scope.node, FUNCTIONS) and not is_self(ast.Name(name)):
            if all(isinstance(bound.value, ast.arg) or made_of(bound.value) == name for bound in found):
                return self.parameters(scope)[name]
        return None

    def common_parameter(self, name: str, found: Sequence[Bound], place: Place) -> KeyParameter | None:
        """Return the parameter that everything is made of that a name is assigned: ``name = prefix + key``."""
        names = {None if bound.marks else made_of(bound.value) for bound in found} - {name}
        source = names.pop() if len(names) == 1 else None
        if source is None or not place.names:
            return None
        template = self.name(ast.Name(source), Place(place.scope, place.names - 1))
        return template[0].parameter if is_unknown(template) else None

    def subscript(self, node: ast.Subscript, place: Place) -> Template:
        assigned = self.assigned(node, place.scope)
        if assigned and place.names:
            return self.followed(dotted(node), Bound(assigned[0]), Place(assigned[1], place.names))
        if isinstance(node.slice, ast.Slice) or isinstance(node.value, ast.Call):
            # ``key[1:]``, ``url.split("/", 3)[3]``
            template = self.template(node.value, place)
            if is_unknown(template):
                return template
        return unknown(dotted(node))

    def options(self, node: ast.Dict, place: Place) -> Template:
        """Options that hold the path beside others: ``connection_options={"path": ...}``."""
        items = constant_items(node)
        path = next(filter(None, map(items.get, _PATH_OPTIONS)), None)
        return self.template(path, place) if path else unknown("")

    def value_of(self, node: ast.Await | ast.NamedExpr, place: Place) -> Template:
        return self.template(node.value, place)

    def alternatives(self, node: ast.BoolOp, place: Place) -> Template:
        """``key or "default"``."""
        template = self.template(node.values[0], place)
        return template if is_unknown(template) else unknown("")

    def conditional(self, node: ast.IfExp, place: Place) -> Template:
        templates = [self.template(branch, place) for branch in (node.body, node.orelse)]
        parameters = {whole_parameter(template) for template in templates}
        if templates[0] == templates[1]:
            return templates[0]
        return unknown("", parameters.pop() if len(parameters) == 1 else None)

    def call(self, node: ast.Call, place: Place) -> Template:
        name = called_name(node)
        if isinstance(node.func, ast.Attribute):
            template = self.method(node, node.func.value, name, place)
            if template is not None:
                return template
        if name in ("join", "urljoin") or _is_path(node):
            return joined_path(self.arguments(node.args, place))
        if len(node.args) == 1 and name in SAME_FUNCTIONS:
            return self.template(node.args[0], place)
        if len(node.args) == 1 and name == "basename":
            return last_component(self.template(node.args[0], place))
        return self.called(node, place) or unknown(dotted(node))

    def called(self, node: ast.Call, place: Place) -> Template:
        """Return what a function of the file returns for these arguments; an empty template if that is not known."""
        found = self.bound(node.func, place.scope)
        if not found or not isinstance(found[0].value, FUNCTIONS):
            return ()
        arguments: dict[KeyParameter | None, Template] = {None: ()}
        parts: list[Part] = []
        for part in self.returned(found[0].value, Place(found[1], place.names)):
            parameter = part.parameter
            if parameter not in arguments:
                arguments[parameter] = self.passed(node, parameter, place) if parameter else ()
            parts += arguments[parameter] or (part._replace(parameter=None),)
        template = bounded(parts)
        return template if any(part.is_known for part in template) else ()

    def passed(self, node: ast.Call, parameter: KeyParameter, place: Place) -> Template:
        """Return the argument that a call has for a parameter; an empty template if it has none."""
        for where in parameter.places:
            found = self.own_argument(node, where, place.scope)
            if found:
                return self.template(found[0], place)
        return ()

    def returned(self, function: Function, place: Place) -> Template:
        """Return what a function returns; an empty template if it has not just one place where it does."""
        scope = self.scopes.inner[function]
        results = scope.bound("return")
        value = results[0].value if len(results) == 1 else None
        if value is None or not place.names:
            return ()
        memory = (value, place.names)
        if memory not in self.templates:
            self.templates[memory] = self.template(value, Place(scope, place.names - 1))
        return self.templates[memory]

    def method(self, node: ast.Call, receiver: ast.expr, name: str, place: Place) -> Template | None:
        """Return what a method returns that makes a text of others; None if it is no such method."""
        if name == "join" and dotted(receiver).rpartition(".")[2] not in _PATH_MODULES and len(node.args) == 1:
            return joined(self.template(receiver, place), self.joined_items(node.args[0], place))
        if name == "joinpath":
            return joined_path([self.template(receiver, place), *self.arguments(node.args, place)])
        if name in ("format", "format_map"):
            return self.formatted(node, receiver, place)
        if name in SAME_METHODS:
            return self.template(receiver, place)
        if name in ("lower", "upper"):
            return changed(self.template(receiver, place), str.lower if name == "lower" else str.upper)
        texts = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        if name in _ENDS and len(texts) == len(node.args) < 2:
            return _with_ends(self.template(receiver, place), name, texts)
        if name == "replace" and len(texts) == len(node.args) == 2:
            return changed(self.template(receiver, place), lambda text: text.replace(texts[0], texts[1][:_MAX_ITEMS]))
        if name in _SHOWN_OTHERWISE:
            template = self.template(receiver, place)
            return template if is_unknown(template) else unknown(dotted(receiver))
        return None

    def arguments(self, nodes: Sequence[ast.expr], place: Place) -> Iterator[Template]:
        for node in _middle_cut(nodes):
            yield self.template(node, place) if node else unknown("")

    def starred(self, node: ast.Starred, place: Place) -> Template:
        return unknown(dotted(node.value))

    def joined_items(self, node: ast.expr, place: Place) -> Iterator[Template]:
        """Yield the texts that are joined, as far as it is known how many there are."""
        scope = place.scope
        for _ in range(MAX_NAMES):
            if isinstance(node, ast.Call) and node.args and called_name(node) in ("filter", "list", "map", "tuple"):
                # ``map(str, [...])``
                node = node.args[-1]
            elif isinstance(node, (ast.GeneratorExp, ast.ListComp)) and same_name(node.elt) == _only_target(node):
                node = node.generators[0].iter
            elif isinstance(node, (ast.Attribute, ast.Name)) and (assigned := self.assigned(node, scope)):
                node, scope = assigned
            else:
                break
        if isinstance(node, (ast.List, ast.Tuple)) and place.names:
            place = place._replace(scope=scope, names=place.names - 1)
            yield from self.arguments(node.elts, place)
        else:
            yield unknown(dotted(node))

    def formatted(self, node: ast.Call, receiver: ast.expr, place: Place) -> Template:
        template = self.template(receiver, place)
        if called_name(node) == "format_map":
            positional, named = [], self.values(node.args[0], place) if node.args else {}
        else:
            plain = itertools.takewhile(lambda argument: not isinstance(argument, ast.Starred), node.args)
            positional = [self.template(argument, place) for argument in itertools.islice(plain, _MAX_ITEMS)]
            keywords = node.keywords[:_MAX_ITEMS]
            named = {keyword.arg: self.template(keyword.value, place) for keyword in keywords if keyword.arg}
        try:
            return format_fields(template, positional, named)
        except ValueError:
            return unknown(dotted(receiver))


_READERS: Mapping[type[ast.AST], Callable[[Expressions, Any, Place], Template]] = {
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


def _only_target(node: ast.GeneratorExp | ast.ListComp) -> str:
    """Return the name of each item of a comprehension that has but one loop."""
    target = node.generators[0].target
    return target.id if len(node.generators) == 1 and isinstance(target, ast.Name) else ""


def _middle_cut(nodes: Sequence[ast.expr]) -> Sequence[ast.expr | None]:
    """Return expressions, with None in the middle if they are too many."""
    half = _MAX_ITEMS // 2
    return nodes if len(nodes) <= _MAX_ITEMS else [*nodes[:half], None, *nodes[-half:]]


def _with_ends(template: Template, method: str, arguments: Sequence[str]) -> Template:
    """Return what a method such as ``lstrip()`` leaves of a template, as far as its ends are known."""
    def changing(name: str) -> Callable[[str], str]:
        return lambda text: str(getattr(text, name)(*arguments)) if name else text

    if len(template) == 1:
        return changed(template, changing(method))
    first, last = _ENDS[method]
    return changed_ends(template, changing(first), changing(last))
