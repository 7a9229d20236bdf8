"""Find the PUT calls of a source text, as the checker does."""
from __future__ import annotations

import ast
import io
from collections.abc import Sequence

from oracle import DEFAULT_PATTERNS

from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.calls import PutCall
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import Pattern


def find(source: str, patterns: Sequence[str | Pattern] = DEFAULT_PATTERNS) -> list[PutCall]:
    """Find the PUT calls; a source that the search for files would pass over must have none."""
    matcher = compile_patterns(patterns)
    calls = find_calls(ast.parse(source), list(io.StringIO(source)), matcher)
    assert matcher.may_match(source) or not calls
    assert any(piece in source for piece in matcher.pieces) or not calls or not source.isascii()
    return list(calls)


def places(source: str, patterns: Sequence[str | Pattern] = DEFAULT_PATTERNS) -> list[str]:
    """Return where each PUT call stands, and its method."""
    return [f"{call.line}:{call.column} {call.method}" for call in find(source, patterns)]
