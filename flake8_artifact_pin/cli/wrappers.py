"""Find the functions that hide artifacts: they write whatever key their callers pass, as one PUT call."""
from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.scan import ScannedFile
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.calls import PutCall
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import parse_pattern
from flake8_artifact_pin.source.patterns import Pattern
from flake8_artifact_pin.source.templates import KeyParameter

# A wrapper of a wrapper is one as well; beyond that nobody can follow the advice.
_ROUNDS = 2
# One caller hides nothing: it is one artifact behind one PUT call.
_MIN_CALLERS = 2


class Wrapper(NamedTuple):
    """A function that takes the whole key of a PUT call from its caller.

    ``path`` is relative to the working directory, ``line`` is 1-based, ``name`` is qualified. ``callers`` are the calls of
    it that were found, in files that are not exempt and not counted yet. ``pattern`` counts those in other files, of
    which there are ``counted_by_pattern``; it is empty if there are none.
    """

    path: str
    line: int
    name: str
    parameter: str
    callers: int
    pattern: str
    counted_by_pattern: int


class _Known(NamedTuple):
    """A wrapper, the path of its file in the pins file, and the file as it is shown."""

    path: str
    shown: str
    parameter: KeyParameter


class _Caller(NamedTuple):
    path: str
    shown: str
    call: PutCall


def find_wrappers(workspace: Workspace, scanned_files: Sequence[ScannedFile]) -> list[Wrapper]:
    """Return the wrappers in some files, with their callers in the whole repository, sorted."""
    judged = [scanned for scanned in scanned_files if not scanned.exempt]
    new = {
        _Known(scanned.path, scanned.name, site.call.key_parameter)
        for scanned in judged
        for site in scanned.report.sites
        if site.is_counted and site.call.key_parameter
    }
    counted = {
        (scanned.path, site.call.line, site.call.column) for scanned in judged for site in scanned.report.sites
    }
    found: dict[_Known, Mapping[str, list[_Caller]]] = {}
    for _ in range(_ROUNDS):
        callers = {known: _callers(workspace, known) for known in sorted(new)}
        found |= callers
        new = {
            _Known(caller.path, caller.shown, caller.call.key_parameter)
            for by_pattern in callers.values()
            for group in by_pattern.values()
            for caller in group
            if caller.call.key_parameter
        } - found.keys()
    return sorted(_wrapper(known, by_pattern, counted) for known, by_pattern in found.items())


def advice(wrappers: Iterable[Wrapper]) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield what to say of each function that hides artifacts, and its place (path and line)."""
    for wrapper in wrappers:
        if wrapper.callers >= _MIN_CALLERS:
            callers = count(wrapper.callers, "caller")
            step = (
                f"add {quote(wrapper.pattern)} to patterns to count {count(wrapper.counted_by_pattern, 'call')} in other files"
                if wrapper.pattern
                else "its callers are in its own file, where a pattern does not count them"
            )
            text = f"{wrapper.name}({wrapper.parameter}) writes whatever key its {callers} pass, as one PUT call: {step}"
            yield text, (wrapper.path, wrapper.line)


def _wrapper(
    known: _Known, by_pattern: Mapping[str, list[_Caller]], counted: set[tuple[str, int, int]],
) -> Wrapper:
    uncounted = {
        pattern: [caller for caller in group if (caller.path, caller.call.line, caller.call.column) not in counted]
        for pattern, group in by_pattern.items()
    }
    elsewhere = {pattern: group for pattern, group in uncounted.items() if pattern and group}
    pattern = max(elsewhere, key=lambda pattern: len(elsewhere[pattern]), default="")
    parameter = known.parameter
    total = sum(map(len, uncounted.values()))
    return Wrapper(
        known.shown, parameter.line, parameter.function, parameter.name, total, pattern, len(elsewhere.get(pattern, ())),
    )


def _callers(workspace: Workspace, known: _Known) -> Mapping[str, list[_Caller]]:
    """Return the callers of a wrapper in other files by the pattern that counts them, and under "" those in its own."""
    others = [path for path in workspace.files() if path != known.path]
    callers = {pattern: list(_calls(workspace, [pattern], known, others)) for pattern in _patterns(workspace, known)}
    return {"": list(_calls(workspace, _own_patterns(known), known, [known.path])), **callers}


def _calls(
    workspace: Workspace, texts: Sequence[str], known: _Known, paths: Sequence[str],
) -> Iterator[_Caller]:
    patterns = [_pattern(text, known) for text in texts]
    if not patterns:
        return
    counting = workspace._replace(matcher=compile_patterns(patterns))
    for scanned in scan(counting, paths):
        if not scanned.exempt:
            yield from (_Caller(scanned.path, scanned.name, site.call) for site in scanned.report.sites)


def _pattern(text: str, known: _Known) -> Pattern:
    return parse_pattern(text)._replace(key=known.parameter.places)


def _patterns(workspace: Workspace, known: _Known) -> list[str]:
    """Return the patterns ``module.function`` of a wrapper in other files, with as much of the module as tells it apart."""
    *outer, name = known.parameter.function.split(".")
    module = _module_of(workspace, known.path)
    if not module or len(outer) > 1 or (outer and not known.parameter.is_method):
        return []
    if not outer:
        return [f"{module}.{name}"]
    if name == "__init__":
        return [f"{module}.{outer[0]}"]
    return [f"{module}.{outer[0]}().{name}", f"{module}.{outer[0]}.{name}"]


def _own_patterns(known: _Known) -> list[str]:
    *outer, name = known.parameter.function.split(".")
    if not known.parameter.is_method:
        return [name]
    if name == "__init__":
        return [outer[-1]]
    return [f"self.{name}", f"cls.{name}", f"{outer[-1]}().{name}", f"{outer[-1]}.{name}"]


def _module_of(workspace: Workspace, path: str) -> str:
    """Return the last components of a module's name, as many as no other file shares; empty if it has no such name."""
    parts = _module_parts(path)
    others = [_module_parts(other) for other in workspace.files() if other != path]
    for length in range(1, len(parts) + 1):
        tail = parts[-length:]
        if not any(other[-length:] == tail for other in others):
            return ".".join(tail) if all(part.isidentifier() for part in tail) else ""
    return ""


def _module_parts(path: str) -> list[str]:
    parts = path.removesuffix(".py").split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts
