"""Let coverage guide the cases of fuzz.py: ``python tests/tools/fuzz_guided.py KIND CASES [SEED]``. It needs atheris.

Cases that reach a new place of the package are kept and changed further, beside new ones from the grammar. Prints
libFuzzer's own figures, and the smallest input found that breaks a rule.
"""
from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["flake8_artifact_pin"]):
    import fuzz
    import fuzz_base

SEEDS = 500
MAX_LENGTH = 4096
# how often a case is a new one
NEW = 0.2


class RuleBroken(Exception):
    """What ends the run."""


def main(argv: Sequence[str]) -> None:
    kind, cases = argv[1], int(argv[2])
    seed = int(argv[3]) if len(argv) > 3 else 1
    make, words, _ = fuzz.KINDS[kind]

    def check(data: bytes) -> None:
        problem = fuzz.problem_of(kind, data)
        if problem:
            smallest = fuzz.shrink(data, lambda smaller: bool(fuzz.problem_of(kind, smaller)))
            raise RuleBroken(f"{smallest!r}\n{fuzz.problem_of(kind, smallest)}")

    def change(data: bytes, max_size: int, number: int) -> bytes:
        random = Random(number)
        if random.random() < NEW:
            return make(random)[:max_size]
        other = make(random) if random.random() < NEW else data
        return fuzz_base.mutate(random, data, words, other)[:max_size]

    # Python warns of much in random sources
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as directory:
        corpus = Path(directory, "corpus")
        corpus.mkdir()
        for number in range(SEEDS):
            (corpus / str(number)).write_bytes(fuzz.case(kind, seed, number))
        options = [f"-runs={cases}", f"-seed={seed}", f"-max_len={MAX_LENGTH}", f"-artifact_prefix={directory}/"]
        atheris.Setup([argv[0], *options, str(corpus)], check, custom_mutator=change)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
