"""Labels, for the caller. The copy for the notebook is gone; its noqa comment is not."""
from __future__ import annotations

from collections.abc import Sequence


def labels(returns: Sequence[float]) -> list[int]:
    return [int(change > 0) for change in returns]  # noqa: APR001 — copy for the notebook
