"""Which key a PUT call writes, as far as the source tells."""
from __future__ import annotations

import ast
import fnmatch
import functools
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from flake8_artifact_pin.source.bindings import bindings
from flake8_artifact_pin.source.bindings import Bound
from flake8_artifact_pin.source.bindings import FUNCTIONS
from flake8_artifact_pin.source.bindings import is_self
from flake8_artifact_pin.source.bindings import item_name
from flake8_artifact_pin.source.bindings import rebound_elsewhere
from flake8_artifact_pin.source.bindings import Scopes
from flake8_artifact_pin.source.bindings import self_attributes
from flake8_artifact_pin.source.bindings import subclasses
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
from flake8_artifact_pin.source.templates import percent
from flake8_artifact_pin.source.templates import Template
from flake8_artifact_pin.source.templates import unknown
from flake8_artifact_pin.source.templates import written

# How many names are followed one after the other, and how deep an expression is read. What is beyond stays unknown:
# neither a long chain of names nor a generated expression costs more than its length.
_MAX_NAMES, _MAX_DEPTH, _MAX_ITEMS = 8, 12, 40
_MAX_NUMBER = 10**18

_PATH_MODULES = frozenset(["ntpath", "op", "osp", "path", "posixpath"])
# Functions and methods whose value names the same artifact as their argument or their object.
_SAME_FUNCTIONS = frozenset([
    "abspath", "expanduser", "fspath", "normpath", "quote", "quote_plus", "realpath", "str", "unquote", "urlparse",
    "urlsplit",
])
_SAME_METHODS = frozenset([
    "absolute", "as_posix", "as_uri", "decode", "encode", "expanduser", "geturl", "resolve",
])
# Methods that change the ends of a text: which one does so to the beginning alone, and which one to the end.
_ENDS = {
    "lstrip": ("lstrip", "__str__"),
    "removeprefix": ("removeprefix", "__str__"),
    "removesuffix": ("__str__", "removesuffix"),
    "rstrip": ("__str__", "rstrip"),
    "strip": ("lstrip", "rstrip"),
}
# Methods of texts and dates that show their object in another way.
_SHOWN_OTHERWISE = frozenset([
    "capitalize", "date", "hex", "isoformat", "partition", "rpartition", "rsplit", "split", "strftime", "title",
])

_PLACE = re.compile(r"\.(?P<name>[^(.]+)\((?P<argument>.*)\)")
_KEY_LIKE = re.compile(r"blob|dest|file|key|location|name|object|path|target|ur[il]", re.IGNORECASE)
_SCHEME = re.compile(r"\A\w+://")
_SIMPLE = re.compile(r"[\w.-]{1,40}")
_EXTENSION = re.compile(r"(?<=\0)(?:\.\w+)+\Z")


class Key(NamedTuple):
    """The key template of a PUT call, empty where the call has no key, and the parameter that it is taken from."""

    template: str
    parameter: KeyParameter | None


def key_of(call: ast.Call, places: Sequence[str], scopes: Sequence[ast.AST]) -> Key:
    """Return the key of a PUT call.

    ``places`` are where the key may stand, the first one that the call has wins: ``Key=`` is a keyword, ``2`` a
    positional argument (from 0 on, ``-1`` is the last), ``.blob(0)`` and ``.blob(name=)`` arguments of the call of
    that name (a shell wildcard) in the receiver, ``.`` the receiver itself. ``scopes`` are the module, and the classes
    and functions around the call, the outermost first.
    """
    return _names_of(scopes[0]).key(call, places, tuple(scopes))


@functools.lru_cache(maxsize=1)
def _names_of(module: ast.AST) -> _Names:
    """Return what is known of a file's names; one file is read after the other, so only the last one is kept."""
    return _Names(module)


class _Place(NamedTuple):
    """Where an expression stands: its scopes, and how many names and how deep may still be followed from there."""

    scopes: Scopes
    names: int = _MAX_NAMES
    depth: int = _MAX_DEPTH


class _Names:
    """The names of a file. Each scope is read once, when it is asked for, and each assignment once."""

    def __init__(self, module: ast.AST) -> None:
        self.module = module
        self.bindings = functools.lru_cache(maxsize=None)(bindings)
        self.self_attributes = functools.lru_cache(maxsize=None)(self_attributes)
        self.items = functools.lru_cache(maxsize=None)(_items)
        self.templates: dict[tuple[int, int], Template] = {}

    @functools.cached_property
    def rebound(self) -> frozenset[str]:
        return rebound_elsewhere(self.module)

    @functools.cached_property
    def subclasses(self) -> Mapping[str, Sequence[ast.ClassDef]]:
        return subclasses(self.module)

    def key(self, call: ast.Call, places: Sequence[str], scopes: Scopes) -> Key:
        for place in places:
            found = self.argument(call, place, scopes)
            if found:
                template = self.template(found[0], _Place(found[1]))
                return Key(written(template), _whole_parameter(template))
        for keyword in call.keywords:
            if keyword.arg is None:
                # ``put_object(**arguments)`` takes its key from there, too
                return Key("", _whole_parameter(self.template(keyword.value, _Place(scopes))))
        return Key("", None)

    # Where the key stands

    def argument(self, call: ast.Call, place: str, scopes: Scopes) -> tuple[ast.expr, Scopes] | None:
        """Return the expression at a place of a call, and the scopes that it stands in."""
        if place == ".":
            return (call.func.value, scopes) if isinstance(call.func, ast.Attribute) else None
        match = _PLACE.fullmatch(place)
        if match is None:
            return self.own_argument(call, place, scopes)
        for inner, around in self.calls_in_receiver(call, scopes):
            if fnmatch.fnmatchcase(_called_name(inner), match["name"]):
                return self.own_argument(inner, match["argument"], around)
        return None

    def own_argument(self, call: ast.Call, place: str, scopes: Scopes) -> tuple[ast.expr, Scopes] | None:
        if place.endswith("="):
            return self.keyword(call, place[:-1], scopes)
        starred = [index for index, argument in enumerate(call.args) if isinstance(argument, ast.Starred)]
        is_last = place.startswith("-")
        arguments = call.args if not starred else [] if is_last else call.args[:starred[0]]
        index = len(arguments) + int(place) if is_last else int(place)
        return (arguments[index], scopes) if 0 <= index < len(arguments) else None

    def keyword(self, call: ast.Call, name: str, scopes: Scopes) -> tuple[ast.expr, Scopes] | None:
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value, scopes
        for keyword in call.keywords:
            if keyword.arg is None:
                found = self.item(keyword.value, name, scopes)
                if found:
                    return found
        return None

    def calls_in_receiver(self, call: ast.Call, scopes: Scopes) -> Iterator[tuple[ast.Call, Scopes]]:
        """Yield the calls that the receiver of a call is made of, the last one first, through names assigned once."""
        node: ast.AST = call.func
        names = _MAX_NAMES
        for _ in range(10 * _MAX_DEPTH):
            if isinstance(node, (ast.Attribute, ast.Name)):
                assigned = self.assigned(node, scopes)
                if assigned and names:
                    node, scopes = assigned
                    names -= 1
                    continue
            if isinstance(node, ast.Call):
                if node is not call:
                    yield node, scopes
                is_getattr = isinstance(node.func, ast.Name) and node.func.id == "getattr" and node.args
                node = node.args[0] if is_getattr else node.func
            elif isinstance(node, (ast.Attribute, ast.Await, ast.NamedExpr, ast.Subscript)):
                node = node.value
            elif isinstance(node, ast.IfExp):
                node = node.body
            elif isinstance(node, ast.BoolOp):
                node = node.values[-1]
            else:
                return

    # What names stand for

    def assigned(self, node: ast.AST, scopes: Scopes) -> tuple[ast.expr, Scopes] | None:
        """Return the only expression that a name, an attribute or an item is assigned, and the scopes it stands in."""
        found = self.bound(node, scopes)
        if found and found[0].is_whole and isinstance(found[0].value, ast.expr):
            return found[0].value, found[1]
        return None

    def bound(self, node: ast.AST, scopes: Scopes) -> tuple[Bound, Scopes] | None:
        """Return the only thing that a name, attribute or item is bound to, and the scopes it stands in."""
        if isinstance(node, ast.Name):
            found, around = self.all_bound(node.id, scopes)
            return (found[0], around) if len(found) == 1 and node.id not in self.rebound else None
        if isinstance(node, ast.Attribute):
            return self.attribute(node, scopes)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            item = self.item(node.value, node.slice.value, scopes)
            return (Bound(item[0]), item[1]) if item else None
        return None

    def all_bound(self, name: str, scopes: Scopes) -> tuple[Sequence[Bound], Scopes]:
        """Return all that a name is bound to in the innermost scope that binds it."""
        for index in range(len(scopes), 0, -1):
            scope = scopes[index - 1]
            if index == len(scopes) or not isinstance(scope, ast.ClassDef):
                found = self.bindings(scope).get(name)
                if found:
                    return found, scopes[:index]
        return (), scopes

    def item(self, node: ast.AST, key: object, scopes: Scopes) -> tuple[ast.expr, Scopes] | None:
        """Return the only value that a dictionary has for a key."""
        found: list[tuple[ast.expr, Scopes]] = []
        if isinstance(node, ast.Name):
            values, around = self.all_bound(item_name(node.id, key), scopes)
            found += [(bound.value, around) for bound in values if isinstance(bound.value, ast.expr)]
        dictionary, around = self.assigned(node, scopes) or (node, scopes)
        value = self.items(dictionary).get(key) if isinstance(dictionary, (ast.Call, ast.Dict)) else None
        if value:
            found.append((value, around))
        return found[0] if len(found) == 1 else None

    def attribute(self, node: ast.Attribute, scopes: Scopes) -> tuple[Bound, Scopes] | None:
        """Return the only thing that an attribute of ``self``, ``cls`` or a class of the file is bound to."""
        if is_self(node.value):
            indices = [index for index, scope in enumerate(scopes) if isinstance(scope, ast.ClassDef)]
            around = scopes[:indices[-1] + 1] if indices else None
            if around is None or self.is_overridden(around[-1], node.attr):
                return None
        else:
            around = self.class_of(node.value, scopes)
        for _ in range(_MAX_NAMES):
            if around is None:
                return None
            found = [
                *((bound, around) for bound in self.bindings(around[-1]).get(node.attr, ())),
                *self.self_attributes(around).get(node.attr, ()),
            ]
            if found:
                return found[0] if len(found) == 1 and not _is_blank(found[0][0].value) else None
            bases = around[-1].bases if isinstance(around[-1], ast.ClassDef) else []
            around = next(filter(None, (self.class_of(base, around[:-1]) for base in bases)), None)
        return None

    def class_of(self, node: ast.AST, scopes: Scopes) -> Scopes | None:
        """Return the scopes within the class that a name stands for."""
        found = self.bound(node, scopes) if isinstance(node, ast.Name) else None
        return (*found[1], found[0].value) if found and isinstance(found[0].value, ast.ClassDef) else None

    def is_overridden(self, node: ast.AST, name: str) -> bool:
        """Return whether a class of the file that is derived from a class binds an attribute anew."""
        waiting = [node]
        seen: set[ast.AST] = set()
        while waiting and len(seen) < 100:
            node = waiting.pop()
            for derived in self.subclasses.get(getattr(node, "name", ""), ()):
                if name in self.bindings(derived):
                    return True
                if derived not in seen:
                    seen.add(derived)
                    waiting.append(derived)
        return bool(waiting)

    # What expressions are

    def template(self, node: ast.AST, place: _Place) -> Template:
        """Return the template that an expression is."""
        read = _READERS.get(type(node))
        if read is None or not place.depth:
            return unknown(_dotted(node))
        return read(self, node, place._replace(depth=place.depth - 1))

    def constant(self, node: ast.Constant, place: _Place) -> Template:
        is_number = isinstance(node.value, int) and not isinstance(node.value, bool) and abs(node.value) < _MAX_NUMBER
        return known(str(node.value)) if is_number or isinstance(node.value, str) else unknown("")

    def joined_str(self, node: ast.JoinedStr, place: _Place) -> Template:
        values = _middle_cut(node.values)
        return joined((), [self.template(value, place) if value else unknown("") for value in values])

    def formatted_value(self, node: ast.FormattedValue, place: _Place) -> Template:
        template = self.template(node.value, place)
        is_plain = node.format_spec is None and node.conversion in (-1, ord("s"))
        return template if is_plain or is_unknown(template) else unknown(_dotted(node.value))

    def operation(self, node: ast.BinOp, place: _Place) -> Template:
        if isinstance(node.op, ast.Add):
            return joined((), self.operands(node, ast.Add, place))
        if isinstance(node.op, ast.Div):
            return joined_path(self.operands(node, ast.Div, place))
        if isinstance(node.op, ast.Mod):
            return self.percent(node, place)
        return unknown("")

    def operands(self, node: ast.expr, operator: type[ast.operator], place: _Place) -> Iterator[Template]:
        operands = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, operator):
            operands.append(node.right)
            node = node.left
        for operand in _middle_cut([node, *reversed(operands)]):
            yield self.template(operand, place) if operand else unknown("")

    def percent(self, node: ast.BinOp, place: _Place) -> Template:
        text = self.template(node.left, place)
        if isinstance(node.right, ast.Dict):
            items = list(_items(node.right).items())[:_MAX_ITEMS]
            return percent(text, (), {str(key): self.template(value, place) for key, value in items})
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return percent(text, [self.template(value, place) for value in values[:_MAX_ITEMS]], {})

    def name(self, node: ast.Name, place: _Place) -> Template:
        found, scopes = self.all_bound(node.id, place.scopes)
        if any(isinstance(bound.value, ast.arg) for bound in found):
            return unknown(node.id, self.parameter(node.id, found, scopes))
        if len(found) != 1 or node.id in self.rebound:
            return unknown(node.id)
        return self.followed(node.id, found[0], place._replace(scopes=scopes))

    def attribute_template(self, node: ast.Attribute, place: _Place) -> Template:
        found = self.attribute(node, place.scopes)
        if found:
            return self.followed(_dotted(node), found[0], place._replace(scopes=found[1]))
        if isinstance(node.value, ast.Call) or node.attr == "value":
            template = self.template(node.value, place)
            if node.attr == "name" and isinstance(node.value, ast.Call) and _is_path(node.value):
                return last_component(template)
            # a member of an enumeration, ``urlparse(url).path``
            if not is_unknown(template) if node.attr == "value" else _whole_parameter(template):
                return template
        return unknown(_dotted(node))

    def followed(self, name: str, bound: Bound, place: _Place) -> Template:
        """Return what a name is that is bound once: what it is assigned, unless that has no name of its own."""
        if not isinstance(bound.value, ast.expr) or not place.names:
            return unknown(name)
        memory = (id(bound.value), place.names)
        if memory not in self.templates:
            inner = _Place(place.scopes, place.names - 1)
            self.templates[memory] = self.template(bound.value, inner)
        template = self.templates[memory]
        if not bound.is_whole:
            return unknown(name, self.source_of(bound.value, place))
        if is_unknown(template) and (template[0].text == NAMELESS or template[0].text.endswith(")")):
            return unknown(name, template[0].parameter)
        return template or unknown(name)

    def source_of(self, node: ast.expr, place: _Place) -> KeyParameter | None:
        """Return the parameter that a value is a part of: ``bucket, key = split_url(url)``."""
        if isinstance(node, ast.Call) and len(node.args) == 1 and not isinstance(node.func, ast.Attribute):
            node = node.args[0]
        template = self.template(node, _Place(place.scopes, max(place.names - 1, 0)))
        return template[0].parameter if is_unknown(template) else None

    def parameter(self, name: str, found: Sequence[Bound], scopes: Scopes) -> KeyParameter | None:
        """Return a parameter of a function, if it is assigned nothing but what is made of it as it stands."""
        if isinstance(scopes[-1], FUNCTIONS) and not is_self(ast.Name(name)):
            if all(isinstance(bound.value, ast.arg) or _same_name(bound.value) == name for bound in found):
                return _key_parameter(name, scopes)
        return None

    def subscript(self, node: ast.Subscript, place: _Place) -> Template:
        assigned = self.assigned(node, place.scopes)
        if assigned and place.names:
            return self.followed(_dotted(node), Bound(assigned[0]), place._replace(scopes=assigned[1]))
        if isinstance(node.slice, ast.Slice) or isinstance(node.value, ast.Call):
            # ``key[1:]``, ``url.split("/", 3)[3]``
            template = self.template(node.value, place)
            if is_unknown(template):
                return template
        return unknown(_dotted(node))

    def named_expression(self, node: ast.NamedExpr, place: _Place) -> Template:
        return self.template(node.value, place)

    def alternatives(self, node: ast.BoolOp, place: _Place) -> Template:
        """``key or "default"``."""
        template = self.template(node.values[0], place)
        return template if is_unknown(template) else unknown("")

    def conditional(self, node: ast.IfExp, place: _Place) -> Template:
        templates = [self.template(branch, place) for branch in (node.body, node.orelse)]
        parameters = {_whole_parameter(template) for template in templates}
        if templates[0] == templates[1]:
            return templates[0]
        return unknown("", parameters.pop() if len(parameters) == 1 else None)

    def call(self, node: ast.Call, place: _Place) -> Template:
        name = _called_name(node)
        if isinstance(node.func, ast.Attribute):
            template = self.method(node, node.func.value, name, place)
            if template is not None:
                return template
        if name == "join" or name == "urljoin":
            return joined_path(self.arguments(node.args, place))
        if _is_path(node):
            return joined_path(self.arguments(node.args, place))
        if len(node.args) == 1 and name in _SAME_FUNCTIONS:
            return self.template(node.args[0], place)
        if len(node.args) == 1 and name == "basename":
            return last_component(self.template(node.args[0], place))
        return unknown(_dotted(node))

    def method(self, node: ast.Call, receiver: ast.expr, name: str, place: _Place) -> Template | None:
        """Return what a method returns that makes a text of others; None if it is no such method."""
        if name == "join" and _dotted(receiver).rpartition(".")[2] not in _PATH_MODULES and len(node.args) == 1:
            return joined(self.template(receiver, place), self.joined_items(node.args[0], place))
        if name == "joinpath":
            return joined_path([self.template(receiver, place), *self.arguments(node.args, place)])
        if name in ("format", "format_map"):
            return self.formatted(node, receiver, place)
        if name in _SAME_METHODS:
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
            return template if is_unknown(template) else unknown(_dotted(receiver))
        return None

    def arguments(self, nodes: Sequence[ast.expr], place: _Place) -> Iterator[Template]:
        for node in _middle_cut(nodes):
            yield self.template(node, place) if node else unknown("")

    def starred(self, node: ast.Starred, place: _Place) -> Template:
        return unknown(_dotted(node.value))

    def joined_items(self, node: ast.expr, place: _Place) -> Iterator[Template]:
        """Yield the texts that are joined, as far as it is known how many there are."""
        scopes = place.scopes
        for _ in range(_MAX_NAMES):
            if isinstance(node, ast.Call) and node.args and _called_name(node) in ("filter", "list", "map", "tuple"):
                # ``map(str, [...])``
                node = node.args[-1]
            elif isinstance(node, (ast.GeneratorExp, ast.ListComp)) and _same_name(node.elt) == _only_target(node):
                node = node.generators[0].iter
            elif isinstance(node, (ast.Attribute, ast.Name)) and self.assigned(node, scopes):
                node, scopes = self.assigned(node, scopes) or (node, scopes)
            else:
                break
        if isinstance(node, (ast.List, ast.Tuple)) and place.names:
            place = place._replace(scopes=scopes, names=place.names - 1)
            yield from self.arguments(node.elts, place)
        else:
            yield unknown(_dotted(node))

    def formatted(self, node: ast.Call, receiver: ast.expr, place: _Place) -> Template:
        template = self.template(receiver, place)
        named = {keyword.arg: self.template(keyword.value, place) for keyword in node.keywords[:_MAX_ITEMS] if keyword.arg}
        if node.args and _called_name(node) == "format_map":
            items = list(_items(node.args[0]).items())[:_MAX_ITEMS]
            named = {str(key): self.template(value, place) for key, value in items}
        positional = [] if named and not node.args else list(self.arguments(node.args, place))
        try:
            return format_fields(template, positional, named)
        except ValueError:
            return unknown(_dotted(receiver))


_READERS: Mapping[type[ast.AST], Callable[[_Names, Any, _Place], Template]] = {
    ast.Attribute: _Names.attribute_template,
    ast.BinOp: _Names.operation,
    ast.BoolOp: _Names.alternatives,
    ast.Call: _Names.call,
    ast.Constant: _Names.constant,
    ast.FormattedValue: _Names.formatted_value,
    ast.IfExp: _Names.conditional,
    ast.JoinedStr: _Names.joined_str,
    ast.Name: _Names.name,
    ast.NamedExpr: _Names.named_expression,
    ast.Starred: _Names.starred,
    ast.Subscript: _Names.subscript,
}


def _key_parameter(name: str, scopes: Scopes) -> KeyParameter:
    """Return the facts of a parameter of the innermost scope, which is a function."""
    function = scopes[-1]
    assert isinstance(function, FUNCTIONS)
    arguments = function.args
    is_method = isinstance(scopes[-2], ast.ClassDef)
    is_static = any(_dotted(decorator) == "staticmethod" for decorator in function.decorator_list)
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    positional = positional[is_method and not is_static:]
    named = [argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)]
    places = [f"{name}="] * (name in named) + [str(positional.index(name))] * (name in positional)
    if arguments.kwarg and arguments.kwarg.arg == name:
        places = ["Key=", "key="]
    qualified = ".".join(scope.name for scope in scopes if isinstance(scope, (*FUNCTIONS, ast.ClassDef)))
    return KeyParameter(qualified, function.lineno, name, is_method, tuple(places))


def _whole_parameter(template: Template) -> KeyParameter | None:
    """Return the parameter that a key is, as it stands.

    A prefix without letters or from a variable, and an extension, make no difference if the parameter is called a key,
    a name, a path or the like. A constant (in capitals) is the name of an artifact.
    """
    names = [part for part in template if not part.is_known]
    if not names or names[-1].parameter is None or any(part.text.rpartition(".")[2].isupper() for part in names):
        return None
    text = "".join(part.text if part.is_known else "\0" for part in template)
    is_as_it_stands = len(template) == 1 or _KEY_LIKE.search(names[-1].parameter.name)
    has_name = any(character.isalpha() for character in _EXTENSION.sub("", _SCHEME.sub("", text)))
    return names[-1].parameter if is_as_it_stands and not has_name else None


def _items(node: ast.AST) -> Mapping[object, ast.expr]:
    """Return the values of a dictionary by those keys of it that are constants."""
    items: dict[object, ast.expr] = {}
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values):
            if key is None:
                # ``**others``: they may have any of these keys, too
                items.clear()
            elif isinstance(key, ast.Constant):
                items[key.value] = value
    elif isinstance(node, ast.Call) and _dotted(node.func) == "dict":
        items.update((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg)
    return items


def _is_blank(node: ast.AST | None) -> bool:
    """Return whether a value stands for one that is set elsewhere."""
    return isinstance(node, ast.Constant) and node.value in (None, "")


def _called_name(node: ast.Call) -> str:
    """Return the last name of what is called; an empty string if it has none."""
    function = node.func
    if isinstance(function, ast.Call) and _dotted(function.func) == "getattr" and len(function.args) > 1:
        name = function.args[1]
        return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_path(node: ast.Call) -> bool:
    return _called_name(node).endswith("Path")


def _same_name(node: ast.AST | None) -> str | None:
    """Return the name that an expression takes as it stands, but for white space, slashes and the like."""
    for _ in range(_MAX_DEPTH):
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.BoolOp):
            node = node.values[0]
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            node = node.value
        elif isinstance(node, ast.Call):
            name = _called_name(node)
            if isinstance(node.func, ast.Attribute) and (name in _ENDS or name in _SAME_METHODS or name == "replace"):
                node = node.func.value
            elif name in _SAME_FUNCTIONS and len(node.args) == 1:
                node = node.args[0]
            else:
                return None
        else:
            return None
    return None


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
        return lambda text: str(getattr(text, name)(*arguments))

    if len(template) == 1:
        return changed(template, changing(method))
    first, last = _ENDS[method]
    return changed_ends(template, changing(first), changing(last))


def _dotted(node: ast.AST) -> str:
    """Return a short name for an expression as it is written, or an empty string."""
    parts: list[str] = []
    for _ in range(_MAX_DEPTH):
        if isinstance(node, ast.Name):
            return "".join([node.id, *reversed(parts)])
        if isinstance(node, ast.Attribute):
            parts.append(f".{node.attr}")
            node = node.value
        elif isinstance(node, ast.Call):
            parts.append("()")
            node = node.func
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            key = str(node.slice.value)
            if not _SIMPLE.fullmatch(key):
                return ""
            parts.append(f"[{key}]")
            node = node.value
        else:
            return ""
    return ""
