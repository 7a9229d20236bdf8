"""Print what the plugin costs: ``python tests/benchmark.py TREE [PAIRS]`` in a checkout.

Two virtual environments are made, one with flake8 alone and one with the plugin, too. flake8 runs on the tree in
both, in turn, and the ratio of their CPU times is taken pair by pair: machines are noisy, and pairs share the noise.
"""
from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
PINS = 10_000
# what is timed within one process: the best of several goes
TIMED = """
import sys, time
import flake8.main.cli
start = time.perf_counter()
import flake8_artifact_pin.checker, flake8_artifact_pin.reporter
imported = time.perf_counter() - start
from flake8_artifact_pin.pins_file import load_pins
times = []
for _ in range(5):
    start = time.perf_counter()
    load_pins(sys.argv[1], ".")
    times.append(time.perf_counter() - start)
print(f"import beyond flake8: {imported * 1000:.1f} ms; {sys.argv[2]} pins read: {min(times) * 1000:.1f} ms")
"""


def environment(directory: Path, *packages: str) -> Path:
    """Make a virtual environment and return its interpreter."""
    venv.create(directory, with_pip=True)
    python = directory / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def cpu_seconds(python: Path, tree: str, directory: Path) -> float:
    """Return the CPU seconds (user and system) of one run of flake8."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([python, "-m", "flake8", "-j1", "-qq", "--exit-zero", tree], cwd=directory, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main(argv: Sequence[str]) -> int:
    tree, pairs = str(Path(argv[0]).resolve()), int(argv[1]) if len(argv) > 1 else 3
    lines = sum(path.read_bytes().count(b"\n") for path in Path(tree).rglob("*.py"))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        alone = environment(directory / "alone", "flake8", "tomli")
        together = environment(directory / "together", "flake8", "tomli", str(CHECKOUT))
        pins = directory / "artifact-pins.toml"
        pins.write_text("[pins]\n" + "".join(f'"package/module_{number}.py" = 1\n' for number in range(PINS)))
        subprocess.run([together, "-c", TIMED, pins, str(PINS)], check=True)
        pins.unlink()
        ratios = []
        for _ in range(pairs):
            without, with_it = (cpu_seconds(python, tree, directory) for python in (alone, together))
            ratios.append(with_it / without)
            print(f"{lines} lines: flake8 {without:.1f} s, with the plugin {with_it:.1f} s, ratio {ratios[-1]:.4f}")
        print(f"median ratio {statistics.median(ratios):.4f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
