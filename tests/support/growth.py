"""How the CPU time that something takes grows with its input."""
from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# For ``assert growth(...) < LINEAR``: halfway between 1, linear, and 2, the square. With the factor below, a linear
# time must be measured almost three times too long before a test fails without cause.
LINEAR = 1.5
FACTOR = 8
ATTEMPTS = 5
# in seconds: below, it would be the clock's steps that are compared
WORTH_MEASURING = 0.004


def growth(make: Callable[[int], T], work: Callable[[T], object], size: int) -> float:
    """Return the exponent of the growth: the time is about ``size ** exponent``.

    The size is doubled until its time can be measured. Other programs only ever make a run longer, so the best of a few
    attempts counts.
    """
    while (smaller := _time(work, make(size))) < WORTH_MEASURING:
        size *= 2
    larger = _time(work, make(FACTOR * size))
    for _ in range(ATTEMPTS):
        if math.log(larger / smaller, FACTOR) < LINEAR:
            break
        smaller, larger = min(smaller, _time(work, make(size))), min(larger, _time(work, make(FACTOR * size)))
    return math.log(larger / smaller, FACTOR)


def _time(work: Callable[[T], object], value: T) -> float:
    # as timeit does: a collection is about all objects that there are, and most are those of other tests
    gc.disable()
    try:
        start = time.process_time()
        work(value)
        return time.process_time() - start
    finally:
        gc.enable()
