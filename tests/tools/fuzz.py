"""Throw very many random texts at the plugin: ``python tests/tools/fuzz.py pins|sources|comments|registry|all``.

Each case is made from the seed and its number alone; ``fuzz_guided.py`` lets coverage choose. What must hold is checked
against readings of the same text that share no code with the package, and against flake8 itself. Prints how fast that
went and what the cases were, or the smallest input found that breaks a rule, and then exits with 1. ``all`` shares the
cases among the kinds; with several cores, run it several times with different seeds.
"""
from __future__ import annotations

import argparse
import re
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from fuzz_base import Broken
from fuzz_base import mutated
from fuzz_base import WORDS
from fuzz_comments import check_comments
from fuzz_comments import COMMENT_WORDS
from fuzz_comments import commented_text
from fuzz_pins import check_pins
from fuzz_pins import PIN_WORDS
from fuzz_pins import pins_text
from fuzz_registry import Registry
from fuzz_registry import registry_data
from fuzz_registry import REGISTRY_WORDS
from fuzz_sources import check_sources
from fuzz_sources import source_text
from fuzz_sources import SOURCE_WORDS

SHRINKING = 20_000


class Kind(NamedTuple):
    """How a case is made, what words change one, and what is checked: the answer is what sort of a case it was."""

    make: Callable[[Random], bytes]
    words: Sequence[bytes]
    check: Callable[[bytes], str]


KINDS = {
    "pins": Kind(lambda random: mutated(random, pins_text, PIN_WORDS), PIN_WORDS, check_pins),
    "sources": Kind(lambda random: mutated(random, source_text, SOURCE_WORDS), SOURCE_WORDS, check_sources),
    "comments": Kind(lambda random: mutated(random, commented_text, COMMENT_WORDS), COMMENT_WORDS, check_comments),
    "registry": Kind(registry_data, REGISTRY_WORDS, Registry().check),
}


class Failure(NamedTuple):
    """A case that breaks a rule, and the smallest one found that does."""

    kind: str
    seed: int
    number: int
    smallest: bytes
    problem: str

    @property
    def text(self) -> str:
        return f"{self.kind}: seed {self.seed}, case {self.number} breaks a rule\n{self.smallest!r}\n{self.problem}"


def run(kind: str, cases: int, seed: int) -> tuple[Counter[str], Failure | None]:
    """Run cases of a kind up to the first failure; return how many there were of each sort."""
    outcomes: Counter[str] = Counter()
    with warnings.catch_warnings():
        # Python warns of much in random sources
        warnings.simplefilter("ignore")
        for number in range(cases):
            data = case(kind, seed, number)
            problem = problem_of(kind, data, outcomes)
            if problem:
                smallest = shrink(data, lambda smaller: bool(problem_of(kind, smaller)))
                return outcomes, Failure(kind, seed, number, smallest, problem_of(kind, smallest) or problem)
    return outcomes, None


def case(kind: str, seed: int, number: int) -> bytes:
    return KINDS[kind].make(Random(f"{kind} {seed} {number}"))


def problem_of(kind: str, data: bytes, outcomes: Counter[str] | None = None) -> str:
    """Return what is wrong with a case, or an empty string; that it raises anything is wrong, too."""
    try:
        outcome = KINDS[kind].check(data)
    except Broken as error:
        return str(error)
    except Exception:
        return traceback.format_exc()
    if outcomes is not None:
        outcomes[outcome] += 1
    return ""


def shrink(data: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Leave lines, words and bytes out, many at once first, as long as it still fails."""
    left = SHRINKING
    before = b""
    while data != before:
        # what one piece needed may be gone with another: begin again
        before = data
        for piece in (re.compile(rb"[^\n]*\n|[^\n]+"), WORDS, re.compile(rb".", re.DOTALL)):
            parts = piece.findall(data)
            size = len(parts)
            while size:
                start = 0
                while start < len(parts) and left > 0:
                    smaller = parts[:start] + parts[start + size:]
                    left -= 1
                    if fails(b"".join(smaller)):
                        parts = smaller
                    else:
                        start += size
                size //= 2
            data = b"".join(parts)
    return data


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="throw random texts at the plugin")
    parser.add_argument("kind", choices=[*KINDS, "all"])
    parser.add_argument("--cases", type=int, default=10_000, help="how many, of all kinds together")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    kinds = list(KINDS) if arguments.kind == "all" else [arguments.kind]
    has_failed = False
    for number, kind in enumerate(kinds):
        cases = arguments.cases // len(kinds) + (number < arguments.cases % len(kinds))
        start = time.perf_counter()
        outcomes, failure = run(kind, cases, arguments.seed)
        seconds = time.perf_counter() - start
        done = sum(outcomes.values())
        print(f"{kind}: {done} cases, {done / max(seconds, 1e-9):.0f} a second, seed {arguments.seed}")
        for outcome, count in outcomes.most_common():
            print(f"  {count:8} {count / done:6.1%}  {outcome}")
        if failure:
            has_failed = True
            print(failure.text)
        sys.stdout.flush()
    return int(has_failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
