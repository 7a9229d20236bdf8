"""Compare the finding of PUT calls with a second, naive one that was written from the design's words alone."""
from __future__ import annotations

import ast
import importlib.util
import io
import sysconfig
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from oracle import DEFAULT_PATTERNS
from oracle import ends_well
from oracle import put_calls
from oracle import split_pattern
from support import sources

from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import Matcher

CORPUS = ("awscli", "boto3", "botocore", "moto", "s3transfer")
WIDE_PATTERNS = (
    *DEFAULT_PATTERNS, "*.put*", "*.write", "*.upload*", "open", "*.dump", "*().get", "os.path.*", "*[].append",
    "path.**.join", "*.get(!default=)", "*.open(mode=w)", "*.sub(count=)", "print_*",
)
MATCHERS: dict[tuple[str, ...], Matcher] = {
    DEFAULT_PATTERNS: compile_patterns(DEFAULT_PATTERNS),
    WIDE_PATTERNS: compile_patterns(WIDE_PATTERNS),
}


def found(source: str, patterns: tuple[str, ...]) -> list[tuple[int, str]]:
    matcher = MATCHERS[patterns]
    lines = list(io.StringIO(source))
    calls = find_calls(ast.parse(source), lines, matcher) if matcher.may_match(source) else ()
    for call in calls:
        assert 1 <= call.line <= len(lines)
        assert 0 <= call.column < len(lines[call.line - 1])
        assert call.span[0] <= call.span[1]
    return sorted((call.line, call.method) for call in calls)


def assert_agreement(source: str, patterns: tuple[str, ...]) -> int:
    """Return the number of PUT calls, on which both agree.

    The oracle does not know what a receiver stands for: for a pattern that asks for one, it may find fewer.
    """
    expected = Counter(put_calls(source, patterns))
    actual = Counter(found(source, patterns))
    assert expected <= actual
    assert all(ends_well(method, asking_for_receiver(patterns)) for _, method in actual - expected)
    return sum(actual.values())


def asking_for_receiver(patterns: tuple[str, ...]) -> list[str]:
    return [pattern for pattern in patterns if split_pattern(pattern)[0][:-1] not in ([], ["*"])]


def python_files(directory: Path, without: str = "site-packages") -> Iterator[Path]:
    for path in sorted(directory.rglob("*.py")):
        if not {"site-packages", without} & set(path.relative_to(directory).parts):
            yield path


def compare(paths: Iterable[Path]) -> tuple[int, int, int]:
    """Return the numbers of files, and of PUT calls with the default and with wide patterns."""
    files = calls = wide_calls = 0
    for path in paths:
        try:
            with tokenize.open(path) as file, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                source = file.read()
                ast.parse(source)
        except (SyntaxError, UnicodeDecodeError, ValueError, RecursionError):
            # flake8 reports E9 for these, and runs no checker
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            files += 1
            wide_calls += assert_agreement(source, WIDE_PATTERNS)
            # more than the tree is compared: whether the text is looked at at all, too
            if "put_object" in source or "upload_file" in source or ("Object" in source and "put" in source):
                calls += assert_agreement(source, DEFAULT_PATTERNS)
    return files, calls, wide_calls


@pytest.mark.parametrize("package", ["concurrent", "json"])
def test_standard_library_package(package: str) -> None:
    directory = Path(sysconfig.get_path("stdlib"), package)
    assert compare(python_files(directory))[0] > 3


@pytest.mark.corpus
@pytest.mark.parametrize("part", ["test", ""])
def test_standard_library(part: str) -> None:
    files, calls, wide_calls = compare(python_files(Path(sysconfig.get_path("stdlib"), part), without="test"))
    print(f"standard library/{part}: {files} files, {calls} PUT calls, {wide_calls} with wide patterns")
    assert files > 500
    assert wide_calls > 1000


@pytest.mark.corpus
@pytest.mark.parametrize("package", CORPUS)
def test_installed_package(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None
    files, calls, wide_calls = compare(python_files(Path(spec.origin).parent))
    print(f"{package}: {files} files, {calls} PUT calls, {wide_calls} with wide patterns")
    assert files > 10
    assert wide_calls > 10


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(sources.modules())
def test_generated_sources(source: str) -> None:
    for patterns in MATCHERS:
        assert_agreement(source, patterns)
