"""Python sources rich in PUT calls and in their look-alikes, for hypothesis: those of the fuzz."""
from __future__ import annotations

import ast
from random import Random

from fuzz_sources import source_text
from hypothesis import strategies as st


def modules() -> st.SearchStrategy[str]:
    """Return a strategy for texts that this version of Python can parse."""
    return st.integers(0, 2**32).map(lambda seed: source_text(Random(seed))).filter(_is_python)


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
