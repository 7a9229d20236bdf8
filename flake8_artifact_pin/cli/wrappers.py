"""Find wrappers: functions that write whatever key their callers pass, so that one PUT call hides many artifacts."""
from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import TypeAlias

from flake8_artifact_pin.cli.notes import listed
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.pins.files import read_text
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.scan import UNPARSABLE
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.calls import PutCall
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import parse_pattern
from flake8_artifact_pin.source.patterns import Pattern
from flake8_artifact_pin.source.templates import KeyParameter

# Wrappers of wrappers are found, too, but no further levels: the advice would be hard to follow.
_ROUNDS = 2
# A wrapper with one caller hides nothing.
_MIN_CALLERS = 2

# Marks a pattern that is valid only in some scopes: ``self.save`` within its class.
_IN_SCOPE = "in scope"

# The parts of module names, by the paths of the files.
_Modules: TypeAlias = "Mapping[str, Sequence[str]]"
# The full names of relative imports, as components, by the paths of the files that have some.
_Imports: TypeAlias = "Mapping[str, frozenset[tuple[str, ...]]]"


class Wrapper(NamedTuple):
    """A function that takes the whole key of a PUT call from its caller.

    ``path`` is relative to the working directory, ``line`` is 1-based, ``name`` is qualified. ``callers`` is the number
    of its calls that are not counted yet, in files that are not exempt. Of these, the ``patterns`` would count
    ``counted_by_patterns``; no pattern counts those in the ``missed`` files.
    """

    path: str
    line: int
    name: str
    parameter: str
    callers: int
    patterns: tuple[str, ...]
    counted_by_patterns: int
    missed: tuple[str, ...]


class _Known(NamedTuple):
    """A wrapper, and the path of its file in the pins file."""

    path: str
    parameter: KeyParameter


class _Caller(NamedTuple):
    """A call of a wrapper, and the pattern that counts it, or empty, as in the wrapper's own file.

    ``is_attribute``: the called name follows a dot.
    """

    path: str
    call: PutCall
    pattern: str = ""
    is_attribute: bool = False

    @property
    def place(self) -> tuple[str, int, int]:
        """The path, line and column of the call."""
        return self.path, self.call.line, self.call.column


def find_wrappers(workspace: Workspace, scanned_files: Sequence[ScannedFile]) -> list[Wrapper]:
    """Return the wrappers in some files, with their callers in the whole repository, sorted."""
    calls = [
        _Caller(scanned.path, site.call)
        for scanned in scanned_files if not scanned.exempt
        for site in scanned.report.sites
    ]
    found: dict[_Known, list[_Caller]] = {}
    new = _known(calls)
    modules = {path: _module_parts(path) for path in workspace.files()} if new else {}
    imports = {path: names for path in modules if (names := _relative_imports(_text(workspace, path), path))}
    for _ in range(_ROUNDS):
        callers = _callers(workspace, sorted(new), modules, imports)
        found |= callers
        new = _known(caller for group in callers.values() for caller in group) - found.keys()
    paths = {caller.path for group in found.values() for caller in group}
    counted = {caller.place for caller in _calls(workspace, sorted(paths))}
    return sorted(
        _wrapper(workspace, known, [caller for caller in group if caller.place not in counted])
        for known, group in found.items()
    )


def advice(wrappers: Iterable[Wrapper]) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield advice on each wrapper with several callers, and the wrapper's place (path and line)."""
    for wrapper in wrappers:
        if wrapper.callers >= _MIN_CALLERS:
            callers, calls = count(wrapper.callers, "caller"), count(wrapper.counted_by_patterns, "call")
            patterns, missed = " and ".join(map(quote, wrapper.patterns)), listed(wrapper.missed)
            steps = [f"add {patterns} to patterns to count {calls} in other files"] if patterns else []
            if missed:
                steps.append(f"no pattern counts those in {missed}: the decision on this one call is for all of them")
            name = f"{wrapper.name}({wrapper.parameter})"
            text = f"{name} writes whatever key its {callers} pass, as one PUT call: {'; '.join(steps)}"
            yield text, (wrapper.path, wrapper.line)


def _known(calls: Iterable[_Caller]) -> set[_Known]:
    """Return the wrappers that make some of the calls."""
    return {_Known(caller.path, caller.call.key_parameter) for caller in calls if caller.call.key_parameter}


def _wrapper(workspace: Workspace, known: _Known, callers: Sequence[_Caller]) -> Wrapper:
    patterns = Counter(caller.pattern for caller in callers if caller.pattern)
    missed = {workspace.shown(caller.path): None for caller in callers if not caller.pattern}
    parameter = known.parameter
    return Wrapper(
        workspace.shown(known.path), parameter.line, parameter.function, parameter.name, len(callers),
        tuple(pattern for pattern, _ in patterns.most_common()), patterns.total(), tuple(missed),
    )


def _callers(
    workspace: Workspace, wrappers: Sequence[_Known], modules: _Modules, imports: _Imports,
) -> dict[_Known, list[_Caller]]:
    """Return the callers of each wrapper."""
    callers = {known: list(_own_callers(workspace, known)) for known in wrappers}
    patterns = {}
    for known in wrappers:
        functions, name = _functions(known.parameter)
        for module in _modules_with(workspace, known.path, name, modules) if functions else ():
            patterns.update({f"{module}.{function}": known for function in functions})
    # scan once for all patterns, since a scan reads files; the store's name tells which pattern matched
    matching = [_pattern(text, known)._replace(store=text) for text, known in patterns.items()]
    for caller in _matching(workspace, matching, list(modules)) if matching else ():
        callers[patterns[caller.call.store]].append(caller._replace(pattern=caller.call.store))
    for known, found in callers.items():
        places = {caller.place for caller in found}
        relative = _relative_callers(workspace, known, modules, imports)
        found += (caller for caller in relative if caller.place not in places)
    return callers


def _own_callers(workspace: Workspace, known: _Known) -> Iterator[_Caller]:
    """Yield the callers of a wrapper in its own file, outside of the wrapper."""
    scopes = _scopes(workspace, known)
    is_name = not known.parameter.is_method or known.parameter.function.endswith(".__init__")
    patterns = [
        _pattern(text, known)._replace(store=_IN_SCOPE if is_in_scope else "")
        for text, is_in_scope in _own_patterns(known.parameter).items()
    ]
    for caller in _matching(workspace, patterns, [known.path]):
        scope = caller.call.scope
        is_seen = caller.call.store != _IN_SCOPE or any(f"{scope}.".startswith(f"{around}.") for around in scopes)
        if is_seen and scope != known.parameter.function and not (is_name and caller.is_attribute):
            yield caller


def _relative_callers(
    workspace: Workspace, known: _Known, modules: _Modules, imports: _Imports,
) -> Iterator[_Caller]:
    """Yield the callers that import a wrapper relatively, so that its package is not in the dotted name."""
    functions, name = _functions(known.parameter)
    for home in _homes(workspace, known.path, name, modules):
        parts = tuple(_module_parts(home))
        for path, imported in imports.items() if functions else ():
            is_named = (*parts, name) in imported or (*parts, "*") in imported
            texts = functions if is_named else []
            if (is_named or parts in imported) and parts[-1].isidentifier():
                texts = [*texts, *(f"{parts[-1]}.{function}" for function in functions)]
            if texts and path != known.path:
                yield from _matching(workspace, [_pattern(text, known) for text in texts], [path])


def _relative_imports(text: str, path: str) -> frozenset[tuple[str, ...]]:
    """Return the full names, as components, of a file's relative imports."""
    if "from ." not in text:
        return frozenset()
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except UNPARSABLE:
        return frozenset()
    package = path.split("/")
    return frozenset(
        (*package[:max(len(package) - node.level, 0)], *(node.module.split(".") if node.module else ()), alias.name)
        for node in nodes if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    )


def _matching(workspace: Workspace, patterns: Sequence[Pattern], paths: Sequence[str]) -> Iterator[_Caller]:
    """Yield the calls in some files that match one of the patterns."""
    return _calls(workspace._replace(matcher=compile_patterns(patterns)), paths)


def _calls(workspace: Workspace, paths: Sequence[str]) -> Iterator[_Caller]:
    """Yield the PUT calls in some files that are not exempt."""
    for scanned in scan(workspace, paths):
        for site in scanned.report.sites if not scanned.exempt else ():
            before = scanned.report.lines[site.call.line - 1][:site.call.column]
            yield _Caller(scanned.path, site.call, is_attribute=before.rstrip().endswith("."))


def _pattern(text: str, known: _Known) -> Pattern:
    return parse_pattern(text)._replace(key=known.parameter.places)


def _functions(parameter: KeyParameter) -> tuple[Sequence[str], str]:
    """Return the names of a wrapper within its module as other files call it, and the name that they import."""
    *outer, name = parameter.function.split(".")
    if len(outer) > 1 or (outer and not parameter.is_method):
        return (), name
    if name == "__init__":
        return outer, outer[0]
    return ([f"{outer[0]}().{name}", f"{outer[0]}.{name}"], outer[0]) if outer else ([name], name)


def _own_patterns(parameter: KeyParameter) -> Mapping[str, bool]:
    """Return the patterns of a wrapper in its own file, and whether each is valid only in some scopes."""
    *outer, name = parameter.function.split(".")
    if not parameter.is_method:
        return {name: bool(outer)}
    if name == "__init__":
        return {outer[-1]: False}
    return {f"self.{name}": True, f"cls.{name}": True, f"{outer[-1]}().{name}": False, f"{outer[-1]}.{name}": False}


def _scopes(workspace: Workspace, known: _Known) -> list[str]:
    """Return the function around a wrapper, or its class and the subclasses in the same file."""
    around, _, name = known.parameter.function.rpartition(".")
    scopes = [around]
    tree = ast.parse(read_text(workspace.location(known.path))[0]) if known.parameter.is_method else ast.Module([], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            is_overridden = any(getattr(statement, "name", "") == name for statement in node.body)
            if bases.intersection(scopes) and not is_overridden:
                scopes.append(node.name)
    return scopes


def _modules_with(workspace: Workspace, path: str, name: str, modules: _Modules) -> Iterator[str]:
    """Yield the names of the module that defines a name, and of the packages around it that import the name."""
    defines = re.compile(rf"\b(?:class|def)\s+{name}\b")
    for module in _homes(workspace, path, name, modules):
        parts = modules[module]
        yield from _shortest(parts, [
            other for other, others in modules.items()
            if other != module and others[-1:] == parts[-1:] and defines.search(_text(workspace, other))
        ], modules)


def _homes(workspace: Workspace, path: str, name: str, modules: _Modules) -> Iterator[str]:
    """Yield the paths of the module that defines a name, and of the packages around it that import the name."""
    mentions = re.compile(rf"\b{name}\b|\bimport \*")
    for module in modules:
        is_package = module.endswith("/__init__.py") and path.startswith(module.removesuffix("__init__.py"))
        if module == path or is_package and mentions.search(_text(workspace, module)):
            yield module


def _shortest(parts: Sequence[str], rivals: Sequence[str], modules: _Modules) -> Iterator[str]:
    """Yield the shortest end of a module's name that no rival has, if it can be used in a pattern."""
    for length in range(1, len(parts) + 1):
        tail = parts[-length:]
        if all(modules[rival][-length:] != tail for rival in rivals):
            if all(part.isidentifier() for part in tail):
                yield ".".join(tail)
            return


def _text(workspace: Workspace, path: str) -> str:
    return read_text(workspace.location(path))[0]


def _module_parts(path: str) -> Sequence[str]:
    parts = path.removesuffix(".py").split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts
