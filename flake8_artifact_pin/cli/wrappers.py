"""Advice on functions that hide new artifacts: they take the key as a parameter and make one counted PUT call."""
from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import printable
from flake8_artifact_pin.repository.scan import distinct
from flake8_artifact_pin.repository.scan import survey
from flake8_artifact_pin.repository.scan import SurveyedFile
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.templates import KeyParameter
from flake8_artifact_pin.pins.model import quote


class Wrapper(NamedTuple):
    """A function that takes the key of a PUT call as a parameter.

    ``path`` is relative to the working directory, ``line`` is 1-based, ``name`` is qualified. ``pattern`` is the
    call pattern that counts its calls, of which the repository has ``call_sites`` outside of exempt files.
    """

    path: str
    line: int
    name: str
    pattern: str
    call_sites: int


def find_wrappers(workspace: Workspace, surveyed_files: Iterable[SurveyedFile]) -> list[Wrapper]:
    """Return the functions of these files whose calls no pattern counts yet, sorted."""
    found = {
        (surveyed.name, site.call.key_parameter)
        for surveyed in surveyed_files
        for site in surveyed.source.facts.sites
        if site.call.key_parameter and not surveyed.exempt
    }
    patterns = {(path, taker): _pattern(taker) for path, taker in found}
    wanted = {
        place: pattern
        for place, pattern in patterns.items()
        # a function called put_object is counted where it is called, as any other
        if pattern and not workspace.matcher.is_match(("?", pattern.removeprefix("*.")))
    }
    call_sites = _count_calls(workspace, sorted(set(wanted.values())))
    return sorted(
        Wrapper(path, taker.line, taker.function, pattern, call_sites[pattern])
        for (path, taker), pattern in wanted.items()
    )


def advice(wrappers: Sequence[Wrapper], patterns: Sequence[str]) -> list[str]:
    """Return the lines that name each function, and the line of the pins file that would count their calls."""
    if not wrappers:
        return []
    lines = [
        f"{printable(path)}:{line}: {name}() takes the key from its caller, so {count(call_sites, 'call')} of it "
        f"{'is' if call_sites == 1 else 'are'} behind one PUT call; the pattern {quote(pattern)} would count each"
        for path, line, name, pattern, call_sites in wrappers
    ]
    more = dict.fromkeys(wrapper.pattern for wrapper in wrappers)
    return [*lines, f"patterns = [{', '.join(map(quote, [*patterns, *more]))}]"]


def wrapper_data(wrapper: Wrapper) -> Mapping[str, object]:
    """Return a wrapper for JSON."""
    return wrapper._asdict()


def _pattern(taker: KeyParameter) -> str:
    """Return the pattern that counts the calls of a function; an empty string if none can."""
    *outer, name = taker.function.split(".")
    if name == "__init__":
        return outer[-1]
    if name.startswith("__") and name.endswith("__"):
        return ""
    return f"*.{name}" if taker.is_method else name


def _count_calls(workspace: Workspace, patterns: Sequence[str]) -> Mapping[str, int]:
    """Return how many calls each pattern counts in files that are not exempt."""
    if not patterns:
        return {}
    # one pass over the repository, then only over the files that matter
    paths = [path for path, calls in _calls_by_path(workspace, patterns, workspace.files()) if calls]
    return {
        pattern: sum(calls for _, calls in _calls_by_path(workspace, [pattern], paths)) for pattern in patterns
    }


def _calls_by_path(workspace: Workspace, patterns: Sequence[str], paths: Sequence[str]) -> list[tuple[str, int]]:
    counting = workspace._replace(matcher=compile_patterns(patterns))
    return [
        (surveyed.path, len(surveyed.source.facts.sites))
        for surveyed in distinct(workspace, survey(counting, paths))
        if not surveyed.exempt
    ]
