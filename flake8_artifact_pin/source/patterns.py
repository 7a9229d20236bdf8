"""Call patterns: dotted names with shell wildcards, and conditions on the arguments of the call.

``*.put(Body=)`` is a call of ``put`` on anything with the keyword ``Body``. A component is a name with wildcards,
``name()`` (a call of it), ``name[]`` (an item of it), or ``**`` (zero or more components).
"""
from __future__ import annotations

import ast
import fnmatch
import functools
import keyword
import re
import string
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import TYPE_CHECKING

from flake8_artifact_pin.source.encoding import encoding_problem
from flake8_artifact_pin.source.names import normalized
from flake8_artifact_pin.source.prefilter import compile_prefilter
from flake8_artifact_pin.source.prefilter import may_have_noqa
from flake8_artifact_pin.source.prefilter import Prefilter
from flake8_artifact_pin.source.prefilter import Wanted
from flake8_artifact_pin.source.prefilter import WILDCARD

if TYPE_CHECKING:
    from flake8_artifact_pin.source.dotted import Names

#: Where S3 calls take the key of an object: see Keys.key().
S3_KEY = ("Key=", ".Object*(key=)", ".Object*(1)", ".Object*(0)")

#: Zero or more components.
ANY = "**"

# More than any library nests its names. Matching recurses once per component.
_MOST_COMPONENTS = 30

_COMPONENT = re.compile(r"(?P<name>(?:[^()\[\]]|\[[^()\[\]]+\])+)(?P<marks>(?:\(\)|\[\])*)")
_CONDITION = re.compile(r"(?P<is_refused>!?)(?P<name>\.?\w+)=(?P<value>[^()=\s]*)")
_WRITING = frozenset("wax+")


class Condition(NamedTuple):
    """A condition on the arguments of a call.

    ``name=`` asks for a keyword, ``1=`` for a positional argument (0-based), ``.format=`` for the first argument of the
    call of format() in the receiver. A value is a shell wildcard that a string constant must match. ``mode=w`` asks
    for a call that opens for writing. ``!`` negates the condition.
    """

    name: str
    is_refused: bool = False
    value: str = ""

    def holds(self, call: ast.Call | None) -> bool:
        """Return whether a call fulfils the condition. ``None``: the method is passed as a value, without arguments."""
        if call is None:
            return self.is_refused
        is_met = _opens_for_writing(call) if self._is_mode else self._is_met(call)
        return is_met is not self.is_refused

    @property
    def needs_keyword(self) -> bool:
        """Whether only a keyword of this name can meet the condition (before negation)."""
        return self.name.isidentifier() and not self._is_mode

    @property
    def arguments(self) -> int:
        """The least number of arguments, 3 at most, of a call that meets the condition (before negation)."""
        if self.name.isdecimal():
            return min(int(self.name) + 1, 3)
        return int(not self.name.startswith("."))

    @property
    def _is_mode(self) -> bool:
        return (self.name, self.value) == ("mode", "w")

    def _is_met(self, call: ast.Call) -> bool:
        argument = _argument(call, self.name)
        if argument is None or not self.value:
            return argument is not None
        text = argument.value if isinstance(argument, ast.Constant) else None
        return isinstance(text, str) and fnmatch.fnmatchcase(text, self.value)


class Pattern(NamedTuple):
    """A call pattern.

    ``store`` is the store that it belongs to, empty for a user's own pattern. ``key`` says where a matching call takes
    the key of the object: see Keys.key(). The pattern matches only in files that hold one of the ``words``, if any.
    """

    text: str
    components: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    store: str = ""
    key: tuple[str, ...] = S3_KEY
    words: tuple[str, ...] = ()


class Matcher(NamedTuple):
    """Compiled patterns. ``by_last`` has their numbers by a last component without wildcards, ``others`` the rest."""

    patterns: tuple[Pattern, ...]
    prefilter: Prefilter
    by_last: Mapping[str, tuple[int, ...]]
    others: tuple[int, ...]

    @property
    def pieces(self) -> tuple[str, ...]:
        """Literals: every source with a PUT call holds at least one; ``("",)`` if no literal is certain."""
        return self.prefilter.pieces

    @property
    def endings(self) -> frozenset[str]:
        """Texts: the name of each PUT call holds one."""
        wild = (WILDCARD.split(self.patterns[number].components[-1]) for number in self.others)
        return frozenset([*self.by_last, *(max(parts, key=len) for parts in wild)])

    def may_match(self, text: str) -> bool:
        """Return whether a source text can hold a PUT call: cheap, and never false for one that does."""
        return next(self.prefilter.numbers(normalized(text)), None) is not None

    def may_matter(self, text: str) -> bool:
        """Return whether a source text may hold a PUT call, an APR001 comment or an encoding problem (cheap)."""
        return self.may_match(text) or may_have_noqa(text) or bool(encoding_problem(text))

    def narrowed(self, text: str) -> Matcher:
        """Return a matcher of only the patterns that can match in a source text."""
        by_last, others = _by_last(self.patterns, sorted(self.prefilter.numbers(normalized(text))))
        return self._replace(by_last=by_last, others=others)

    def ending_in(self, name: str) -> tuple[int, ...]:
        """Return the numbers of the patterns whose last component matches a name, in their order."""
        wild = [number for number in self.others if component_matches(self.patterns[number].components[-1], name)]
        return tuple(sorted([*self.by_last.get(name, ()), *wild]))

    def match(self, names: Names, call: ast.Call | None, is_function: bool = True) -> Pattern | None:
        """Return the first pattern that matches one of the callee's names and the arguments of the call.

        A pattern of one component names a function: it is skipped if ``is_function`` is false.
        """
        if names.matching is None:
            names.matching = sorted({number for name, _ in names.links for number in self.ending_in(name)})
        for pattern in map(self.patterns.__getitem__, names.matching):
            is_allowed = is_function or len(pattern.components) > 1
            # arguments first: resolving the receiver takes longer
            if is_allowed and all(condition.holds(call) for condition in pattern.conditions):
                if _ends(names, pattern.components):
                    return pattern
        return None


def parse_pattern(text: str) -> Pattern:
    """Return a call pattern. Raise ValueError, saying what is wrong, for a malformed text."""
    name, conditions = _split_conditions(normalized(text))
    components = tuple(name.split("."))
    if len(components) > _MOST_COMPONENTS:
        raise ValueError(f"has more than {_MOST_COMPONENTS} components")
    for component in components:
        if not component:
            raise ValueError("has an empty component")
        if not _is_component(component):
            raise ValueError('has a component that is not a name, a wildcard, "name()" or "name[]"')
    marks = _split_marks(components[-1])[1]
    if marks:
        raise ValueError(f'ends in "{marks}": name what is called, without the call')
    if components[-1] == ANY:
        raise ValueError(f'ends in "{ANY}": name what is called')
    return Pattern(text, components, conditions)


def compile_patterns(patterns: Iterable[Pattern | str]) -> Matcher:
    """Compile call patterns, or their texts. Raise ValueError if a text is malformed."""
    parsed = tuple(parse_pattern(pattern) if isinstance(pattern, str) else pattern for pattern in patterns)
    return Matcher(parsed, compile_prefilter(map(_wanted, parsed)), *_by_last(parsed, range(len(parsed))))


def _by_last(
    patterns: Sequence[Pattern], numbers: Iterable[int],
) -> tuple[Mapping[str, tuple[int, ...]], tuple[int, ...]]:
    """Return the numbers of patterns by their last component, and those of patterns where it has wildcards."""
    by_last: dict[str, tuple[int, ...]] = {}
    others = []
    for number in numbers:
        last = patterns[number].components[-1]
        if WILDCARD.search(last):
            others.append(number)
        else:
            by_last[last] = (*by_last.get(last, ()), number)
    return by_last, tuple(others)


def _wanted(pattern: Pattern) -> Wanted:
    """Return what the prefilter searches for."""
    names = [_split_marks(component) for component in reversed(pattern.components) if component != ANY]
    asked = [condition for condition in pattern.conditions if not condition.is_refused]
    keywords = [condition.name for condition in asked if condition.needs_keyword]
    return Wanted(names, keywords, max((condition.arguments for condition in asked), default=0), pattern.words)


def sample_calls(patterns: Iterable[Pattern | str]) -> Iterator[str]:
    """Yield one-line sources with calls that the patterns are likely to match."""
    for pattern in compile_patterns(patterns).patterns:
        names = [_fill(component) for component in pattern.components if component != ANY]
        if all(name.isidentifier() and not keyword.iskeyword(name) for name, _ in names):
            callee = ".".join(name + marks for name, marks in names)
            call = f"{callee}({', '.join(_sample_arguments(pattern.conditions))})\n"
            # the file may import the first name as something else, but never a string
            yield from [call, f'"".{call}'] if len(names) > 1 else [f"from lib import {callee}; {call}"]


def _sample_arguments(conditions: Sequence[Condition]) -> Iterator[str]:
    """Yield arguments that fulfil conditions, as far as possible."""
    wanted = {condition.name: _fill(condition.value or "w")[0] for condition in conditions if not condition.is_refused}
    numbers = [int(name) for name in wanted if name.isdecimal()]
    yield from (repr(wanted.get(str(number), "w")) for number in range(max(numbers, default=-1) + 1))
    yield from (f"{name}={value!r}" for name, value in wanted.items() if name.isidentifier())


def _split_conditions(text: str) -> tuple[str, tuple[Condition, ...]]:
    """Split ``*.put(Body=)`` into the dotted name and the conditions."""
    name, opening, inner = text[:-1].rpartition("(")
    if not (text.endswith(")") and opening and inner):
        return text, ()
    return name, tuple(_parse_condition(condition.strip()) for condition in inner.split(","))


def _parse_condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None or not (match["name"].isdecimal() or match["name"].removeprefix(".").isidentifier()):
        raise ValueError(f'asks for "{text}", which is not "name=", "!name=", "1=", "name=value" or "mode=w"')
    return Condition(match["name"], bool(match["is_refused"]), match["value"])


def _argument(call: ast.Call, name: str) -> ast.expr | None:
    """Return the argument that a condition names; None if the call lacks it or may pass it within ``*args``."""
    if name.isdecimal():
        starred = [index for index, argument in enumerate(call.args) if isinstance(argument, ast.Starred)]
        arguments = call.args[:starred[0]] if starred else call.args
        return arguments[int(name)] if int(name) < len(arguments) else None
    if name.startswith("."):
        inner = _call_in_receiver(call, name[1:])
        return inner.args[0] if inner and inner.args else None
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _call_in_receiver(call: ast.Call, name: str) -> ast.Call | None:
    """Return the last call of a method of this name in the receiver of a call."""
    node = call.func
    for _ in range(_MOST_COMPONENTS):
        if isinstance(node, ast.Attribute):
            node = node.value
        elif not isinstance(node, ast.Call):
            break
        elif isinstance(node.func, ast.Attribute) and node.func.attr == name:
            return node
        else:
            node = node.func
    return None


def _is_component(component: str) -> bool:
    """Return whether a component is a name, perhaps with wildcards, and perhaps called or subscripted."""
    match = _COMPONENT.fullmatch(component)
    if match is None:
        return False
    letters = WILDCARD.sub("", match["name"])
    return f"_{letters}".isidentifier() and not re.search(r"\s", component)


def _split_marks(component: str) -> tuple[str, str]:
    """Split ``name()[]`` into the name and its marks."""
    match = _COMPONENT.fullmatch(component)
    assert match is not None
    return match["name"], match["marks"]


@functools.lru_cache(maxsize=None)
def _expression(component: str) -> re.Pattern[str] | None:
    """Return the regular expression of a component with wildcards; None for one without.

    fnmatch.translate() writes wildcards that never backtrack, so matching takes linear time.
    """
    name, marks = _split_marks(component)
    if not WILDCARD.search(name):
        return None
    # escape "[]", a subscript: fnmatch would read it as the start of a character class
    return re.compile(fnmatch.translate(name + marks.replace("[]", "[[]]")))


def component_matches(component: str, name: str) -> bool:
    """Return whether a component of a pattern matches one of a dotted name."""
    if component == "*":
        return True
    expression = _expression(component)
    return component == name if expression is None else expression.match(name) is not None


def _ends(names: Names, components: tuple[str, ...]) -> bool:
    """Return whether the components of a pattern match the end of one of the names.

    Results are cached in the names, so a long chain of calls takes linear time.
    """
    if not components:
        return True
    if components not in names.known:
        *rest, last = components
        before = tuple(rest)
        if last == ANY:
            return _ends_anywhere(names, components)
        names.known[components] = any(
            component_matches(last, name) and _ends(names_before, before) for name, names_before in names.links
        )
    return names.known[components]


def _ends_anywhere(names: Names, components: tuple[str, ...]) -> bool:
    """Do the same for components that end in ``**``, without recursion."""
    stack = [names]
    while stack:
        current = stack[-1]
        is_here = _ends(current, components[:-1])
        waiting = [before for _, before in current.links if components not in before.known]
        if is_here or not waiting:
            current.known[components] = is_here or any(before.known[components] for _, before in current.links)
            stack.pop()
        else:
            stack += waiting
    return names.known[components]


def _opens_for_writing(call: ast.Call) -> bool:
    """Return whether a call opens a file with a constant mode that writes."""
    mode = _argument(call, "mode") or _argument(call, "1")
    modes = [mode.body, mode.orelse] if isinstance(mode, ast.IfExp) else [mode]
    constants = [str(each.value) for each in modes if isinstance(each, ast.Constant)]
    return any(not _WRITING.isdisjoint(constant) for constant in constants)


def _fill(component: str) -> tuple[str, str]:
    """Return a name that a component matches, and its marks as source: ``Obj*()`` gives "Objx" and "()"."""
    name, marks = _split_marks(component)
    return WILDCARD.sub(lambda match: _fill_wildcard(match.group()), name), marks.replace("[]", "[0]")


def _fill_wildcard(wildcard: str) -> str:
    # letters first: a digit cannot begin a name
    characters = f"x{string.ascii_letters}_\N{LATIN SMALL LETTER E WITH ACUTE}{string.digits}{wildcard}"
    return next((character for character in characters if fnmatch.fnmatchcase(character, wildcard)), "")
