"""Print what the plugin and the command cost beside others, and how that grows: in a checkout,

    python tests/tools/benchmark.py plugins TREE...    flake8 with one plugin / flake8 alone
    python tests/tools/benchmark.py search TREE...     check / git grep, ast-grep, semgrep; what each of them finds
    python tests/tools/benchmark.py growth             check and flake8 with more and more files and pins

Whole processes are measured, of programs in virtual environments of their own. Two commands run in turn, and their
ratio is taken pair by pair: machines are noisy, and pairs share the noise. A tree is any directory with Python files.
"""
from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sysconfig
import tempfile
import time
import tokenize
import venv
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path

from oracle import put_calls

CHECKOUT = Path(__file__).resolve().parents[2]
OWN = "flake8-artifact-pin"
# flake8 beside itself shows what noise does
PLUGINS = ("flake8", OWN, "flake8-bugbear", "flake8-tidy-imports", "flake8-comprehensions")
# the default patterns as ast-grep writes them
CALLS = {name: f"$X.{name}($$$)" for name in ("put_object", "upload_file", "upload_fileobj")}
CALLS["put"] = "$X.Object($$$).put($$$)"
# what the guard tests that the plugin replaces search for
GUARD = r"(put_object|upload_file)\("
FILE_COUNTS, PIN_COUNTS = (1_000, 10_000, 100_000), (10, 1_000, 10_000, 100_000)
# generated modules are made of functions and classes of these, and one in so many has a PUT call
MODULES, PUT_EVERY = ("argparse", "calendar", "csv", "shutil", "statistics", "textwrap"), 100
PUT = 'def publish(s3, day, body):\n    s3.put_object(Bucket="prices", Key=f"{day}.json", Body=body)'
# what a process takes together with those that it waits for (the peak is the largest one's), and a file's or pin's part
FIGURES = (("CPU", "s", "us", 1e6), ("wall", "s", "us", 1e6), ("peak", "MB", "KB", 1024))

# path, first and last line, method: the line of the method's name, or where ast-grep and semgrep see the whole call
Match = tuple[str, int, int, str]


def environment(work: Path, package: str) -> str:
    """Return the bin of a virtual environment with one package and what that needs, and print its version."""
    place = work / "environments" / package
    if not place.exists():
        venv.create(place, with_pip=True)
    # pip installs a checkout anew each time
    subprocess.run([place / "bin/pip", "install", "--quiet", CHECKOUT if package == OWN else package], check=True)
    print(*(path.stem for path in place.glob(f"**/{package.replace('-', '_')}-*.dist-info")), flush=True)
    return f"{place}/bin"


def add_to_git(tree: Path) -> None:
    for words in (["init", "--quiet"], ["-c", "core.looseCompression=0", "add", "--all", "--force"]):
        subprocess.run(["git", *words], cwd=tree, check=True)


def assemble(sources: Sequence[Path], tree: Path) -> None:
    """Copy all Python files into a new git repository."""
    shutil.rmtree(tree, ignore_errors=True)
    lines = []
    for source in sources:
        for path in filter(Path.is_file, source.rglob("*.py")):
            target = tree / source.name / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            lines.append(target.read_bytes().count(b"\n"))
    print(f"{len(lines)} files, {sum(lines)} lines", flush=True)
    add_to_git(tree)


def run(command: Sequence[str], directory: Path, stdin: str = os.devnull) -> tuple[float, float, float]:
    """Run a command that may find something and must not fail; its output is thrown away.

    Linux charges a process with the memory of the one that starts it, so this one has to stay small.
    """
    with open(directory / stdin, "rb") as file, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=directory, stdin=file, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        message = errors.read().decode(errors="replace")
    if process.returncode not in (0, 1) or "Traceback" in message:
        raise SystemExit(f"exit status {process.returncode} of {command}: {message}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def spread(values: Sequence[float], form: str) -> str:
    """Return the median of some figures, the least and the greatest."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def compare(name: str, command: Sequence[str], yardstick: Sequence[str], directory: Path, pairs: int) -> None:
    """Print the ratios of what two commands take, after one pair that is not counted."""
    taken = [(run(command, directory), run(yardstick, directory)) for _ in range(pairs + 1)][1:]
    print(name)
    for index, (figure, unit, *_) in enumerate(FIGURES):
        ratios = [own[index] / other[index] for own, other in taken]
        medians = " / ".join(f"{statistics.median(usage[index] for usage in side):.2f} {unit}" for side in zip(*taken))
        print(f"  {figure:4}  {spread(ratios, '.3f')}: {medians}", flush=True)


def plugins(work: Path, pairs: int) -> None:
    """Compare flake8 that has one plugin with flake8 alone, on the tree and on an empty file."""
    (work / "empty.py").touch()
    flake8 = {name: environment(work, name) + "/flake8" for name in PLUGINS}
    for place in ("tree", "empty.py"):
        for name in PLUGINS:
            with_it, alone = ([flake8[key], "-j1", "--isolated", place] for key in (name, "flake8"))
            compare(f"{place}: with {name} / flake8 alone", with_it, alone, work, pairs)


def read_check(text: str) -> list[Match]:
    return [(site["path"], site["line"], site["line"], site["method"]) for site in json.loads(text)["sites"]]


def read_grep(text: str) -> list[Match]:
    found = (line.rsplit(":", 2) for line in text.splitlines())
    return [(path, int(line), int(line), call.rstrip("(")) for path, line, call in found]


def read_ast_grep(text: str) -> list[Match]:
    found = ((one, one["range"]) for one in json.loads(text))
    return [(one["file"], at["start"]["line"] + 1, at["end"]["line"] + 1, one["ruleId"]) for one, at in found]


def read_semgrep(text: str) -> list[Match]:
    found = ((one, one["check_id"].rpartition(".")[2]) for one in json.loads(text)["results"])
    return [(one["path"], one["start"]["line"], one["end"]["line"], name) for one, name in found]


def tools(work: Path) -> dict[str, tuple[Sequence[str], Sequence[str], Callable[[str], list[Match]]]]:
    """Install what searches for PUT calls; return what is measured, what lists them, and how to read that."""
    own, ast_grep, semgrep = (environment(work, name) for name in (OWN, "ast-grep-cli", "semgrep"))
    kind = {"languages": ["python"], "severity": "INFO", "message": "-"}
    entries = [{"id": name, "pattern": call.replace("$$$", "..."), **kind} for name, call in CALLS.items()]
    (work / "semgrep.yaml").write_text(json.dumps({"rules": entries}))
    rules = [json.dumps({"id": name, "language": "python", "rule": {"pattern": call}}) for name, call in CALLS.items()]
    (work / "ast-grep.yaml").write_text("\n---\n".join(rules))
    grep = ["git", "grep", "-c", *(f"-e{name}" for name in (*CALLS, "Object")), "--", "*.py"]
    guard = ["git", "grep", "-onE", GUARD, "--", "*.py"]
    find = [f"{ast_grep}/ast-grep", "scan", "--json", "--no-ignore=hidden", f"--rule={work}/ast-grep.yaml"]
    # without the network, and without limits that leave files or calls out
    scan = [f"{semgrep}/semgrep", "scan", "--json", "--quiet", "--metrics=off", "--disable-version-check"]
    scan += ["--disable-nosem", "--timeout=0", "--max-target-bytes=0", "--config", f"{work}/semgrep.yaml", "."]
    return {
        "check": ([f"{own}/{OWN}", "check"], [f"{own}/{OWN}", "sites", "--format=json"], read_check),
        "git grep": (grep, guard, read_grep),
        "ast-grep": (find, find, read_ast_grep),
        "semgrep": (scan, scan, read_semgrep),
    }


def oracle_calls(tree: Path) -> dict[str, list[Match]]:
    """Return the PUT calls of each file that parses."""
    calls = {}
    for path in tree.rglob("*.py"):
        name = path.relative_to(tree).as_posix()
        try:
            with tokenize.open(path) as file:
                calls[name] = [(name, line, line, method) for line, method in put_calls(file.read())]
        except (SyntaxError, ValueError, RecursionError):
            continue
    return calls


def judge(found: list[Match], expected: dict[str, list[Match]]) -> dict[str, list[Match]]:
    """Return what is right, wrong and missed; the shortest of nested matches takes its PUT call first."""
    missed = {name: sorted(calls) for name, calls in expected.items()}
    judged: dict[str, list[Match]] = {"right": [], "wrong": []}
    for path, first, last, method in sorted((one for one in found if one[0] in missed), key=lambda it: it[2] - it[1]):
        calls = [call for call in missed[path] if call[3] == method and first <= call[1] <= last]
        judged["right" if calls else "wrong"].append((path, first, last, method))
        if calls:
            missed[path].remove(calls[0])
    return {**judged, "missed": [call for calls in missed.values() for call in calls]}


def search(work: Path, pairs: int, is_verbose: bool) -> None:
    """Compare check with what else searches a repository: what it takes, and what it finds."""
    tree, searching = work / "tree", tools(work)
    check = searching["check"][0]
    run([check[0], "init"], tree)
    (tree / ".semgrepignore").touch()  # so that semgrep looks at tests, too
    for name, (measured, *_) in searching.items():
        compare(f"check / {name}", check, measured, tree, pairs)
    imports = [f"{Path(check[0]).parent}/python", "-c", "import argparse, re, ast"]
    compare("--help / Python that imports argparse, re and ast", [check[0], "--help"], imports, tree, pairs)
    print(f"peaks below {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f} MB are not seen")
    expected = oracle_calls(tree)
    for name, (_, listing, read) in searching.items():
        text = subprocess.run(listing, cwd=tree, stdout=subprocess.PIPE, encoding="utf-8").stdout
        for verdict, matches in judge(read(text), expected).items():
            print(f"  {len(matches):5} {verdict} of {name}")
            for path, line, _, method in sorted(matches) if is_verbose and verdict != "right" else ():
                print(f"        {path}:{line}: {method}")


def module_name(number: int) -> str:
    return f"package_{number // 100}/module_{number}.py"


def write_pins(path: Path, numbers: Sequence[int]) -> None:
    with path.open("w") as file:
        file.write("[pins]\n")
        file.writelines(f'"{module_name(number)}" = {int(number % PUT_EVERY == 0)}\n' for number in numbers)


def generate(tree: Path, count: int) -> None:
    """Write a git repository of small modules, the same each time; those with a PUT call are pinned."""
    shutil.rmtree(tree, ignore_errors=True)
    sources = (Path(sysconfig.get_path("stdlib"), f"{name}.py").read_text() for name in MODULES)
    parts = [part for source in sources for part in source.split("\n\n\n") if part.startswith(("class ", "def "))]
    short = [part for part in parts if part.count("\n") < 50]
    for number in range(count):
        chosen = random.Random(number).choices(short, k=1 + number % 7) + [PUT] * (number % PUT_EVERY == 0)
        path = tree / module_name(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n\n".join([*chosen, f"NUMBER = {number}\n"]))
    write_pins(tree / "artifact-pins.toml", range(0, count, PUT_EVERY))
    add_to_git(tree)


def grow(name: str, runs: dict[int, tuple[Sequence[str], Path, str]], pairs: int) -> None:
    """Print what runs in turn take, by number of files or pins, and what each of these beyond the run before takes."""
    rounds = [{count: run(*what) for count, what in runs.items()} for _ in range(pairs + 1)][1:]
    for index, (figure, unit, part, factor) in enumerate(FIGURES):
        print(f"{name}, {figure}")
        for smaller, count in zip([0, *runs], runs):
            values = [usages[count][index] for usages in rounds]
            each = f"{statistics.median(values) / count * factor:.2f} {part} each"
            if smaller:
                beyond = [(usages[count][index] - usages[smaller][index]) / (count - smaller) for usages in rounds]
                each += f", {spread([value * factor for value in beyond], '.2f')} {part} each beyond {smaller}"
            print(f"  {count:7}  {spread(values, '.3f')} {unit}: {each}", flush=True)


def growth(work: Path, pairs: int, most: int) -> None:
    """Measure check on more and more files, then flake8 and check with more and more pins in the largest tree."""
    own, linted = environment(work, OWN), module_name(0)
    command, lint = f"{own}/{OWN}", [f"{own}/flake8", "-j1", "--isolated"]
    trees = {count: work / f"tree-{count}" for count in FILE_COUNTS if count <= most}
    for count, tree in trees.items():
        generate(tree, count)
    grow("check, files", {n: ([command, "check"], tree, os.devnull) for n, tree in trees.items()}, pairs)
    files, tree = max(trees.items())
    pins = {count: f"./pins-{count}.toml" for count in PIN_COUNTS if count <= most}
    for count, path in pins.items():
        write_pins(tree / path, range(count))
    for name, stdin, words in (
        ("flake8 on a file", os.devnull, [*lint, linted, "--artifact-pins"]),
        ("flake8 on standard input", linted, [*lint, f"--stdin-display-name={linted}", "-", "--artifact-pins"]),
        ("check of a file", os.devnull, [command, "check", linted, "--pins"]),
        (f"check of {files} files", os.devnull, [command, "check", "--pins"]),
    ):
        grow(f"{name}, pins", {n: ([*words, path], tree, stdin) for n, path in pins.items()}, pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("plugins", "search", "growth"))
    parser.add_argument("trees", nargs="*", type=Path, metavar="TREE")
    parser.add_argument("--pairs", type=int, default=5, help="how many pairs count")
    parser.add_argument("--work", type=Path, help="a directory that keeps the environments for the next run")
    parser.add_argument("--most", type=int, choices=FILE_COUNTS, default=FILE_COUNTS[-1], help="growth: files and pins")
    parser.add_argument("--verbose", action="store_true", help="search: name what is missed and what is wrong")
    arguments = parser.parse_intermixed_args()
    if (arguments.verb == "growth") == bool(arguments.trees):
        parser.error("plugins and search need a TREE, growth takes none")
    with tempfile.TemporaryDirectory() as name:
        work = (arguments.work or Path(name)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        settings = str(work / "semgrep-settings.yaml")
        # nobody's configuration plays a part, and none is written
        os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, SEMGREP_LOG_FILE=os.devnull, SEMGREP_SETTINGS_FILE=settings)
        if arguments.trees:
            assemble([tree.resolve() for tree in arguments.trees], work / "tree")
        if arguments.verb == "plugins":
            plugins(work, arguments.pairs)
        elif arguments.verb == "search":
            search(work, arguments.pairs, arguments.verbose)
        else:
            growth(work, arguments.pairs, arguments.most)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
