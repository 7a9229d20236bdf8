"""What all verbs have in common, by the example of ``check``: the files, the pins, the streams and the end."""
from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.metadata import version
from pathlib import Path

import pytest
from flake8.defaults import EXCLUDE
from support import COMMAND
from support import Project
from support import Repository
from support import run_on_terminal
from support import run_process
from support import run_program
from support import run_without
from support import Terminal

from flake8_artifact_pin.cli import main as command_main
from flake8_artifact_pin.cli import output

PUT = "s3.put_object()\n"
PINS = "artifact-pins.toml"
NAME = "flake8-artifact-pin"


@pytest.fixture
def repository(project: Project) -> Repository:
    return Repository(project)


@pytest.fixture
def directory(project: Project) -> Repository:
    """A directory that is in no repository."""
    return Repository(project, is_git=False)


def judged(repository: Repository, *arguments: str) -> list[str]:
    """Return the files that were judged, if each of them has one PUT call and no pin."""
    outcome = repository.check(*arguments)
    assert outcome.err == ""
    return [path for path, *_ in outcome.findings]


def test_files_that_are_gone(repository: Repository) -> None:
    files = ["a.py", "b.py", "c/d.py", "skipped.py", "sparse.py"]
    repository.commit({**dict.fromkeys(files, PUT), PINS: '[pins]\n"b.py" = 1\n"sparse.py" = 1\n'})
    repository.git("update-index", "--skip-worktree", "skipped.py", "sparse.py")
    for name in ("b.py", "c/d.py", "skipped.py", "sparse.py"):
        (repository.root / name).unlink()
    (repository.root / "c").rmdir()
    repository.write({"c": "not a directory any more"})
    # git keeps sparse.py, and does not want it here
    places = ["a.py:1:4: APR001", f"{PINS}:2:1: APR003"]
    assert repository.check().places == places


def test_unmerged_index(repository: Repository) -> None:
    repository.commit({"a.py": PUT})
    for branch in ("other", "main"):
        repository.git("checkout", "--quiet", "-B", branch, "main")
        repository.commit({"a.py": f"s3.put_object('{branch}')\n"})
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "--quiet", "other")
    assert len(repository.git("ls-files", "--stage").splitlines()) == 3
    outcome = repository.check()
    assert [code for *_, code, _ in outcome.findings] == ["E999"]
    assert '"files": 1,' in outcome.out


def test_work_tree(repository: Repository) -> None:
    repository.commit({"a.py": PUT})
    repository.git("worktree", "add", "--quiet", "../tree", "-b", "tree")
    repository.write({"b.py": PUT, "../tree/c.py": PUT, "../tree/d.py": PUT})
    repository.monkeypatch.chdir(repository.root / "../tree")
    repository.git("-C", "../tree", "add", "c.py")
    assert judged(repository) == ["a.py", "c.py"]


def test_hook(repository: Repository) -> None:
    """Of a work tree, where git tells its hooks most about itself."""
    repository.commit({"a.py": "x = 1\n"})
    repository.git("worktree", "add", "--quiet", "../tree", "-b", "tree")
    hook = repository.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec {" ".join(COMMAND)} check\n')
    hook.chmod(0o755)
    repository.write({"../tree/a.py": PUT})
    outcome = run_program("git", "commit", "-qam", "new", cwd=repository.root / "../tree")
    assert outcome.status == 1
    assert "a.py:1:4: APR001" in outcome.out + outcome.err
    repository.write({"../tree/a.py": "x = 2\n"})
    assert run_program("git", "commit", "-qam", "new", cwd=repository.root / "../tree").status == 0


def test_outside_git(directory: Repository) -> None:
    """What flake8 excludes by default, unless it is told better, is of no interest."""
    excluded = [f"sub/{pattern.replace('*', 'x')}/a.py" for pattern in EXCLUDE]
    directory.write({**dict.fromkeys(["a.py", "sub/b.py", ".x/c.py", "git/d.py", *excluded], PUT), "e.txt": PUT})
    directory.write({".git.py": PUT, "x.egg": PUT})
    assert judged(directory) == [".git.py", ".x/c.py", "a.py", "git/d.py", "sub/b.py"]
    Path("link").symlink_to("sub")
    directory.git("init", "--quiet", "sub")
    assert judged(directory, "sub") == ["sub/b.py"]


def test_bare_repository(directory: Repository) -> None:
    directory.git("init", "--quiet", "--bare", ".")
    directory.write({"a.py": PUT})
    assert judged(directory) == ["a.py"]


def test_without_git(repository: Repository) -> None:
    repository.commit({"a.py": PUT})
    repository.write({"b.py": PUT, "empty/x": ""})
    repository.monkeypatch.setenv("PATH", str(repository.root / "empty"))
    assert judged(repository) == ["a.py", "b.py"]


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ("fatal: detected dubious ownership in repository\nTo add", "detected dubious ownership in repository"),
        ("error: no", "error: no"),
        # what it says is read here, and nobody is there to answer
        ("$LC_ALL$GIT_TERMINAL_PROMPT", "C0"),
        ("", "git rev-parse failed"),
    ],
)
def test_git_refuses(repository: Repository, says: str, error: str) -> None:
    """Whoever does not trust the repository must not be told that all is well."""
    repository.write({"a.py": PUT, "bin/git": f'#!/bin/sh\nprintf "%s" "{says}" >&2\nexit 128\n'})
    Path("bin/git").chmod(0o755)
    repository.monkeypatch.setenv("PATH", str(repository.root / "bin"))
    assert repository.check() == ("", f"{NAME}: git: {error}\n", 2)


def test_git_that_says_more(directory: Repository) -> None:
    directory.write({"a.py": PUT})
    directory.monkeypatch.setenv("GIT_TRACE", "1")
    assert judged(directory) == ["a.py"]


@pytest.fixture
def tree(repository: Repository) -> Repository:
    repository.commit(dict.fromkeys(["a.py", "src/b.py", "src/sub/c.py", "srcs/d.py"], PUT))
    repository.write({PINS: "", "scratch.py": PUT, "../out.py": PUT, "empty/x": ""})
    Path("link").symlink_to("src")
    os.mkfifo("pipe")
    return repository


ALL = ["a.py", "src/b.py", "src/sub/c.py", "srcs/d.py"]


@pytest.mark.parametrize(
    ("cwd", "paths", "files"),
    [
        (".", [], ALL),
        (".", ["."], ALL),
        (".", ["{root}"], ALL),
        (".", ["a.py"], ["a.py"]),
        (".", ["{root}/a.py", "./src/../a.py"], ["a.py"]),
        # not what only begins with the same letters
        (".", ["src"], ["src/b.py", "src/sub/c.py"]),
        (".", ["src/", "src/b.py", "a.py"], ["a.py", "src/b.py", "src/sub/c.py"]),
        # a file that is named is wanted, whether git tracks it or not
        (".", ["scratch.py"], ["scratch.py"]),
        (".", ["link"], ["src/b.py", "src/sub/c.py"]),
        (".", ["link/b.py"], ["src/b.py"]),
        ("src", ["."], ["b.py", "sub/c.py"]),
        ("src", ["../a.py"], ["../a.py"]),
        ("src", [], ["../a.py", "../srcs/d.py", "b.py", "sub/c.py"]),
        ("src", [".."], ["../a.py", "../srcs/d.py", "b.py", "sub/c.py"]),
        ("..", ["--pins=project/artifact-pins.toml"], [f"project/{name}" for name in ALL]),
        ("..", ["--pins={root}/artifact-pins.toml", "project/src/b.py"], ["project/src/b.py"]),
    ],
)
def test_paths(tree: Repository, cwd: str, paths: Sequence[str], files: Sequence[str]) -> None:
    tree.monkeypatch.chdir(tree.root / cwd)
    assert judged(tree, *(path.format(root=tree.root) for path in paths)) == files


@pytest.mark.parametrize(
    ("paths", "error"),
    [
        (["nope.py"], "there is no nope.py: correct the path"),
        (["a.py", ""], "there is no : correct the path"),
        (["pipe"], "pipe is no regular file: name a Python file or a directory"),
        (["a.py", "empty"], "no Python file below empty is tracked by git: add it to git, or name the file itself"),
        (["../out.py"], "../out.py is outside of {root}, which the pins are for: name a file below it"),
        ([".."], ".. is outside of {root}, which the pins are for: name a file below it"),
    ],
)
def test_path_that_cannot_be_checked(tree: Repository, paths: Sequence[str], error: str) -> None:
    assert tree.check(*paths) == ("", f"{NAME}: {error.format(root=tree.root)}\n", 2)


def test_back_slash_in_a_path(repository: Repository) -> None:
    """It is not looked at as another file, one that is not there."""
    repository.write({"a\\b.py": PUT})
    assert judged(repository, "a\\b.py") == ["a\\b.py"]


def test_path_without_pins(repository: Repository) -> None:
    """Then all files are governed."""
    repository.write({"../out.py": PUT, "a.py": PUT})
    assert judged(repository, "../out.py", "a.py") == ["../out.py", "a.py"]


@pytest.mark.parametrize(("cwd", "pins"), [("src", "../artifact-pins.toml"), (".", "src/../artifact-pins.toml")])
def test_roundabout_way_to_the_pins(repository: Repository, cwd: str, pins: str) -> None:
    """As for flake8, a link that is pinned has that pin, not the one of the file that it leads to."""
    repository.write({"a.py": PUT, "src/b.py": "", PINS: '[pins]\n"a.py" = 1\n"l.py" = 2\n'})
    Path("l.py").symlink_to("a.py")
    repository.monkeypatch.chdir(repository.root / cwd)
    link = os.path.relpath(repository.root / "l.py")
    assert [line.split()[:2] for line in repository.flake8(f"--artifact-pins={pins}", link).lines] == [
        [f"{link}:1:1:", "APR002"],
    ]
    assert repository.check(f"--pins={pins}").places == [f"{link}:1:1: APR002"]


FAULTS = '[pins]\n"a.py" = -1\n"./b.py" = 1\n"b.py" = 1\n'


def test_broken_pins(repository: Repository) -> None:
    """Nothing is judged, every fault is told."""
    repository.write({"a.py": PUT, PINS: FAULTS})
    outcome = repository.run("check")
    assert (outcome.out, outcome.status) == ("", 2)
    lines = outcome.err.splitlines()
    assert [line.split(" unusable")[0] for line in lines] == [f"{PINS}:2:1: APR000", f"{PINS}:4:1: APR000"]
    assert lines == [line for line in repository.flake8().lines if line.startswith(PINS)]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--pins=nope.toml"], "--pins: there is no 'nope.toml' in {root} or a directory above it"),
        (["--pins=./nope.toml"], "--pins: there is no ./nope.toml"),
        (["--pins="], "--pins: there is no '' in {root} or a directory above it"),
    ],
)
def test_no_such_pins(repository: Repository, arguments: Sequence[str], error: str) -> None:
    error = error.format(root=repository.root)
    expected = f"{NAME}: {error}; correct the path or create the file\n"
    assert repository.check(*arguments) == ("", expected, 2)


@pytest.mark.parametrize(
    ("cwd", "config", "expected"),
    [
        (".", "[flake8]\nartifact-pins = conf/p.toml\n", "conf/p.toml:1:1: APR003"),
        (".", "[flake8]\nartifact_pins=./conf/p.toml\n", "conf/p.toml:1:1: APR003"),
        # relative to the configuration, not to the working directory
        ("src", "[flake8]\nartifact-pins = conf/p.toml\n", "../conf/p.toml:1:1: APR003"),
        # a bare name is looked for from the working directory upwards
        ("conf", "[flake8]\nartifact-pins = p.toml\n", "p.toml:1:1: APR003"),
        ("conf/x", "[flake8]\nartifact-pins = p.toml\n", "../p.toml:1:1: APR003"),
        # the nearest, where the configuration names none
        ("conf", "[flake8]\n", f"../{PINS}:2:1: APR003"),
        ("conf", "[tool]\nartifact-pins = p.toml\n", f"../{PINS}:2:1: APR003"),
        # flake8 passes over one that is no configuration at all
        (".", "artifact-pins = p.toml\n[flake8\n", f"{PINS}:2:1: APR003"),
        (".", "[flake8]\nartifact-pins = p.toml\n", "{option}: there is no 'p.toml' in "),
        (".", "[flake8]\nartifact-pins = ./p.toml\n", "{option}: there is no {root}/p"),
        (".", "[flake8]\nartifact-pins =\n", "{option}: there is no '' in {root}"),
        (".", "[flake8]\na = 1\na = 1\n", "flake8's configuration: While reading from '{root}/setup.cfg' [line 3]: op"),
    ],
)
def test_configuration(repository: Repository, cwd: str, config: str, expected: str) -> None:
    repository.write({PINS: '[pins]\n"gone.py" = 1\n', "conf/p.toml": "pins.'gone.py' = 1\n", "setup.cfg": config})
    repository.write({"conf/x/y": "", "src/y": ""})
    option = "artifact-pins in flake8's configuration"
    repository.monkeypatch.chdir(repository.root / cwd)
    outcome = repository.run("check")
    if "APR003" in expected:
        assert outcome.out.startswith(f"{expected} stale pin: gone.py")
        assert outcome.status == 1
    else:
        assert outcome.err.startswith(f"{NAME}: {expected.format(root=repository.root, option=option)}")
        assert (outcome.out, outcome.err.count("\n"), outcome.status) == ("", 1, 2)


@pytest.mark.parametrize(
    ("environment", "color"),
    [({}, "always"), ({"NO_COLOR": ""}, "always"), ({"NO_COLOR": "1"}, "never"), ({"TERM": "dumb"}, "never")],
)
def test_colour(repository: Repository, environment: dict[str, str], color: str) -> None:
    """As flake8 has it."""
    repository.monkeypatch.delenv("NO_COLOR", raising=False)
    repository.write({"a.py": PUT})
    shown, outcome = run_on_terminal("stdout", "check", **environment)
    assert shown == repository.flake8("a.py", f"--color={color}").output
    assert outcome == ("", "1 file, 1 PUT call: 1 finding\n", 1)


def test_no_colour_but_on_a_terminal(repository: Repository) -> None:
    repository.monkeypatch.delenv("NO_COLOR", raising=False)
    repository.write({"a.py": PUT})
    shown, outcome = run_on_terminal("stderr", "check")
    assert shown == "1 file, 1 PUT call: 1 finding\n"
    assert outcome.out == repository.flake8("a.py").output
    shown, _ = run_on_terminal("stdout", "check", "--format=json")
    assert "\033" not in shown
    # the faults of the pins file go to the other stream
    repository.write({PINS: FAULTS})
    assert "\033" not in run_on_terminal("stdout", "check")[1].err


@pytest.mark.parametrize(
    ("seconds", "stream", "written"),
    [
        # less than a person waits without a sign
        ([0.5, 0.99, 1.5], Terminal(), ""),
        ([0.5, 1.01, 1.05, 1.2, 9.0], Terminal(), "\r2 of 5 files\r4 of 5 files\r\033[K"),
        ([30.0, 30.0], Terminal(), "\r1 of 2 files\r\033[K"),
        ([30.0], Terminal(), ""),
        ([], Terminal(), ""),
        ([30.0, 30.0], io.StringIO(), ""),
        ([30.0, 30.0], None, ""),
    ],
)
def test_progress(
    monkeypatch: pytest.MonkeyPatch, seconds: list[float], stream: io.StringIO | None, written: str,
) -> None:
    """Each item is the time at which the work on it is done."""
    now = 0.0
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    seen = []
    for item in output.with_progress(seconds, "file"):
        seen.append(item)
        now = item
    assert seen == seconds
    assert (stream.getvalue() if stream else "") == written


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_progress_that_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was shown is no more, whatever comes next on the terminal."""
    times = iter(range(0, 100, 5))
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    shown = output.with_progress(["a", "b", "c"], "file")
    assert [next(shown), next(shown)] == ["a", "b"]
    getattr(shown, "close")()
    assert terminal.getvalue().endswith(" of 3 files\r\033[K")


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_same_output_each_time(repository: Repository, form: str) -> None:
    files = {f"{name}.py": PUT * 3 for name in "dacb"}
    repository.commit({**files, "e.py": "(", PINS: '[pins]\n"z.py" = 1\n"y.py" = 1\n"a.py" = 4\n'})
    outcomes = {run_process("check", f"--format={form}", PYTHONHASHSEED=seed) for seed in "0123"}
    assert outcomes == {repository.run("check", f"--format={form}")}
    assert repository.check().findings == sorted(repository.check().findings)


def test_interrupted(repository: Repository, tmp_path: Path) -> None:
    """Without a word."""
    repository.commit({"a.py": PUT, "b.py": PUT})
    git = tmp_path / "git"
    git.write_text(f"#!/bin/sh\ntouch {tmp_path}/working\nexec sleep 60\n")
    git.chmod(0o755)
    # whoever runs the tests may ignore it
    program = """
import signal, sys
from flake8_artifact_pin.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(["check"]))
"""
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        while not (tmp_path / "working").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == 130


def test_interrupted_at_the_start(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """To import what a verb needs takes a moment, too."""
    monkeypatch.setattr(importlib, "import_module", interrupt)
    assert repository.run("check") == ("", "", 130)


# How a stream is taken away, and the arguments; then how the line begins that the other one gets, and the status.
ENDS = {
    "closed pipe": ("stdout", "pipe", "check --format=json a.py", "", 141),
    "closed pipe, much to say": ("stdout", "pipe", "check many.py", "", 141),
    "full disk": ("stdout", "/dev/full", "check --format=json a.py", f"{NAME}: [Errno 28] No space left", 2),
    "full disk, much to say": ("stdout", "/dev/full", "check many.py", f"{NAME}: [Errno 28] No space left", 2),
    "closed": ("stdout", "closed", "check --format=json a.py", f"{NAME}: ", 2),
    "no stderr": ("stderr", "closed", "check a.py", "a.py:1:4: APR001", 1),
    "no stderr, usage error": ("stderr", "closed", "check nope.py", "", 2),
    "no stderr, broken pins": ("stderr", "closed", "check --pins=broken.toml", "", 2),
    "stderr is a closed pipe": ("stderr", "pipe", "check a.py", "a.py:1:4: APR001", 1),
    "stderr is a closed pipe, usage error": ("stderr", "pipe", "check nope.py", "", 2),
    "stderr is a full disk": ("stderr", "/dev/full", "check a.py", "a.py:1:4: APR001", 1),
}


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("case", ENDS)
def test_stream_that_is_gone(repository: Repository, case: str, unbuffered: str) -> None:
    """No traceback, nothing of one stream in the other, and what is lost is not passed over."""
    stream, how, arguments, expected, status = ENDS[case]
    repository.write({"a.py": PUT, "many.py": PUT * 2000, "broken.toml": FAULTS})
    outcome = run_without(stream, how, *arguments.split(), PYTHONUNBUFFERED=unbuffered)
    said = outcome.out + outcome.err
    assert said.startswith(expected)
    assert (said.count("\n"), outcome.status) == (bool(expected), status)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_help_that_nobody_reads(directory: Repository, unbuffered: str) -> None:
    outcome = run_without("stdout", "pipe", "check", "--help", PYTHONUNBUFFERED=unbuffered)
    assert outcome.err == ""
    # some Pythons' argparse does not mind
    assert outcome.status in (0, 141)


def test_stream_that_is_gone_in_process(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same again, where coverage is measured."""
    repository.write({"a.py": PUT})
    reader, writer = os.pipe()
    os.close(reader)
    for file, status in ((writer, 141), (os.open("/dev/full", os.O_WRONLY), 2)):
        stream = os.fdopen(file, "w")
        monkeypatch.setattr(sys, "stdout", stream)
        assert command_main.main(["check", "a.py"]) == status
        with contextlib.suppress(OSError):
            stream.close()
    monkeypatch.setattr(sys, "stdout", None)
    assert command_main.main(["check", "a.py"]) == 2


VERBS = {
    "init": "text,json",
    "check": "text,json,github",
    "sites": "text,json,csv,markdown",
    "prune": "text,json",
    "diff": "text,json,markdown",
    "doctor": "text,json",
}


def test_help(directory: Repository) -> None:
    outcome = directory.run("--help")
    assert (outcome.err, outcome.status) == ("", 0)
    assert re.findall(r"^    (\w+)  ", outcome.out, re.MULTILINE) == list(VERBS)
    for verb, formats in VERBS.items():
        outcome = directory.run(verb, "--help")
        assert (outcome.err, outcome.status) == ("", 0)
        assert f"--format {{{formats}}}" in outcome.out
        assert "--pins PATH" in outcome.out


def test_version(directory: Repository) -> None:
    assert directory.run("--version") == (f"{NAME} {version(NAME)}\n", "", 0)


@pytest.mark.parametrize(
    "arguments", [[], ["nope"], ["check", "--format=csv"], ["check", "-x"], ["--pins=x", "check"], ["prune", "a.py"]],
)
def test_usage_error(directory: Repository, arguments: Sequence[str]) -> None:
    outcome = directory.run(*arguments)
    assert (outcome.out, outcome.status) == ("", 2)
    assert outcome.err.startswith(f"usage: {NAME}")


def test_any_text_gets_through(directory: Repository) -> None:
    directory.write({"é.py": PUT})
    outcome = run_process("check", PYTHONIOENCODING="ascii")
    assert outcome.out.startswith("\\xe9.py:1:4: APR001 ")
    assert outcome.status == 1


def test_doors(directory: Repository) -> None:
    """The console script and ``python -m``."""
    [script] = entry_points(group="console_scripts", name=NAME)
    assert script.load() is command_main.main
    directory.write({"a.py": PUT})
    assert run_process("check") == directory.run("check")


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], []])
def test_start_imports_little(directory: Repository, arguments: Sequence[str]) -> None:
    program = (
        "import contextlib, sys\n"
        "from flake8_artifact_pin.cli.main import main\n"
        "with contextlib.suppress(SystemExit):\n"
        f"    main({arguments!r})\n"
        "sys.stdout.write('|'.join(sys.modules))"
    )
    modules = set(run_program(sys.executable, "-c", program).out.rpartition("\n")[2].split("|"))
    assert "flake8_artifact_pin.cli.main" in modules
    assert modules & {"ast", "flake8", "subprocess", "tokenize", "tomli"} == set()
