from __future__ import annotations

import ast

import pytest
from support import growth
from support import LINEAR

from flake8_artifact_pin.source.text import SourceText


def callee(source: str) -> ast.Name | ast.Attribute | ast.Call:
    """Return what the first statement of a source calls."""
    statement = ast.parse(source).body[0]
    assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    found = statement.value.func
    assert isinstance(found, (ast.Name, ast.Attribute, ast.Call))
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s3.put()\n", (1, 3)),
        ("s3 . put()\n", (1, 5)),
        ("s3.\\\n  put()\n", (2, 2)),
        # characters, not bytes
        ("f('é😀').put()\n", (1, 8)),
        # as it is written, though Python normalizes it to put
        ("s3.\uff50ut()\n", (1, 3)),
        ("getattr('é', 'put')()\n", (1, 14)),
        ("getattr(put, 'put')()\n", (1, 14)),
        ("getattr(s3,\n 'put')()\n", (2, 2)),
        # the name is nowhere as it is
        ("getattr(s3, 'p\\x75t')()\n", (1, 12)),
        ("getattr(s3, 'p'\n 'ut')()\n", (1, 12)),
    ],
)
def test_name_position(source: str, expected: tuple[int, int]) -> None:
    assert SourceText(source.splitlines(keepends=True)).name_position(callee(source)) == expected


def test_position_past_the_end() -> None:
    """Some Pythons are wrong about positions within f-strings."""
    node = ast.Name("put", lineno=9, end_lineno=9, col_offset=50, end_col_offset=53)
    assert SourceText(["s3.put()"]).name_position(node) == (1, 8)


@pytest.mark.once
def test_growth() -> None:
    """One line may hold very many calls."""
    def work(source: str) -> None:
        text = SourceText([source])
        for offset in range(0, len(source), 10):
            text.column(1, offset)

    assert growth(lambda size: "é" + "x" * size, work, 1_000) < LINEAR
