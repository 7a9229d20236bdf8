"""Print what the command costs: ``python tests/benchmark_command.py [PAIRS]`` in a checkout.

A repository of about 6,000 files and 1.5 million lines is put together from installed packages and the standard
library. ``check`` and ``git grep -c`` for the same names run on it in turn, then ``--help`` and an interpreter that
imports argparse, re and ast; the ratio of their times is taken pair by pair, because machines are noisy.
"""
from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
FILES, LINES = 6_000, 1_500_000
# they write to S3, or are large
PACKAGES = ("boto3", "s3transfer", "awscli", "moto", "sympy")
GIT = ("git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org", "-c", "commit.gpgsign=false")


def assemble(libraries: Sequence[Path], tree: Path) -> tuple[int, int]:
    """Copy Python files until there are enough; return the numbers of files and lines."""
    files = lines = 0
    for library in libraries:
        for path in sorted(library.rglob("*.py")):
            if files >= FILES and lines >= LINES:
                return files, lines
            data = path.read_bytes()
            target = tree / library.name / path.relative_to(library)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            files += 1
            lines += data.count(b"\n")
    return files, lines


def seconds(command: Sequence[str | Path], directory: Path) -> float:
    """Return the time that a command takes as a whole process."""
    start = time.perf_counter()
    subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def compare(
    name: str, command: Sequence[str | Path], yardstick: Sequence[str | Path], directory: Path, pairs: int,
) -> None:
    """Print the ratio of two commands' times, each pair run in turn after one of each that is not counted."""
    ratios = []
    for number in range(pairs + 1):
        own, other = seconds(command, directory), seconds(yardstick, directory)
        if number:
            ratios.append(own / other)
            print(f"  {own * 1000:7.0f} ms / {other * 1000:7.0f} ms = {ratios[-1]:.2f}")
    print(f"{name}: median ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def main(argv: Sequence[str]) -> int:
    pairs = int(argv[0]) if argv else 9
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        venv.create(directory / "env", with_pip=True)
        python = directory / "env" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", CHECKOUT, *PACKAGES], check=True)
        listing = "import sysconfig; print(sysconfig.get_path('purelib'), sysconfig.get_path('stdlib'), sep='\\n')"
        paths = subprocess.run([python, "-c", listing], check=True, capture_output=True, encoding="utf-8").stdout
        site_packages, standard_library = map(Path, paths.splitlines())
        tree = directory / "tree"
        own = [*(site_packages / package for package in PACKAGES), site_packages]
        files, lines = assemble([*own, standard_library], tree)
        subprocess.run([*GIT, "init", "--quiet"], cwd=tree, check=True)
        seconds([*GIT, "add", "--all", "--force"], tree)
        subprocess.run([*GIT, "commit", "--quiet", "--message", "tree"], cwd=tree, check=True)
        command = directory / "env" / "bin" / "flake8-artifact-pin"
        seconds([command, "init"], tree)
        print(f"{files} files, {lines} lines")
        program = "from flake8_artifact_pin.patterns import *; print(*DEFAULT_PATTERNS)"
        text = subprocess.run([python, "-c", program], check=True, capture_output=True, encoding="utf-8").stdout
        names = [part for word in sorted(set(re.findall(r"\w+", text))) for part in ("-e", word)]
        grep = ["git", "grep", "-c", *names, "--", "*.py"]
        print(*grep)
        compare("check / git grep", [command, "check"], grep, tree, pairs)
        interpreter: list[str | Path] = [python, "-c", "import argparse, re, ast"]
        compare("--help / python", [command, "--help"], interpreter, tree, pairs * 3)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
