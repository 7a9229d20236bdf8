"""How the time that something takes grows with its input."""
from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# What grows with its input, for ``assert growth(...) < LINEAR``: 2 would be exact, and 4 is the square.
LINEAR = 3.0
ATTEMPTS = 5
# in seconds: below, it would be the clock's steps that are compared
WORTH_MEASURING = 0.01


def growth(make: Callable[[int], T], work: Callable[[T], object], size: int) -> float:
    """Return how many times the CPU time of an input of that size is that of one of twice the size.

    The size is doubled until that can be measured. Other programs only ever make a run longer, so the best of a few
    attempts counts.
    """
    smaller, larger = _time(work, make(size)), _time(work, make(2 * size))
    while smaller < WORTH_MEASURING:
        size, smaller = 2 * size, larger
        larger = _time(work, make(2 * size))
    for _ in range(ATTEMPTS):
        if larger < LINEAR * smaller:
            break
        smaller, larger = min(smaller, _time(work, make(size))), min(larger, _time(work, make(2 * size)))
    return larger / smaller


def _time(work: Callable[[T], object], value: T) -> float:
    # as timeit does: a collection is about all objects that there are, and most are those of other tests
    gc.disable()
    try:
        start = time.process_time()
        work(value)
        return time.process_time() - start
    finally:
        gc.enable()
