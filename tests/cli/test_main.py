"""The command itself: its options, its streams, and how it ends."""
from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.metadata import version

import pytest
from support import PUT
from support import Repository
from support import run_process
from support import run_program
from support import run_without

from flake8_artifact_pin.cli import main as command_main

NAME = "flake8-artifact-pin"
BUG = f"(a bug of {NAME}: please report it with the output of --debug)\n"


@pytest.mark.processes
def test_interrupted(directory: Repository) -> None:
    """Without a word, while git works."""
    directory.write({"bin/git": "#!/bin/sh\nkill -INT $PPID\nexec sleep 5\n"})
    (directory.root / "bin/git").chmod(0o755)
    # whoever runs the tests may ignore it
    program = """
import signal, sys
from flake8_artifact_pin.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(["check"]))
"""
    path = f"{directory.root}/bin{os.pathsep}{os.environ['PATH']}"
    assert run_program(sys.executable, "-c", program, PATH=path) == ("", "", 130)


# How a stream is taken away, and the arguments; then how the line begins that the other one gets, and the status.
ENDS = {
    "closed pipe": ("stdout", "pipe", "check many.py", "", 141),
    "full disk": ("stdout", "/dev/full", "check --format=json a.py", f"{NAME}: [Errno 28] No space left", 2),
    "closed": ("stdout", "closed", "check --format=json a.py", f"{NAME}: standard output is closed: ", 2),
    "stderr is a closed pipe": ("stderr", "pipe", "check a.py", "a.py:1:4: APR001", 1),
}


@pytest.mark.processes
@pytest.mark.parametrize("case", ENDS)
def test_stream_that_is_gone(directory: Repository, case: str) -> None:
    """No traceback, nothing of one stream in the other, and what is lost is not passed over."""
    stream, how, arguments, expected, status = ENDS[case]
    directory.write({"a.py": PUT, "many.py": PUT * 200})
    outcome = run_without(stream, how, *arguments.split())
    said = outcome.out + outcome.err
    assert said.startswith(expected)
    assert (said.count("\n"), outcome.status) == (bool(expected), status)


def test_stream_that_is_gone_in_process(directory: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same again, where coverage is measured, and where a program embeds the command."""
    directory.write({"a.py": PUT})
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
    assert b"standard output is closed: " in directory.capture.readouterr().err


VERBS = {
    "init": "text,json",
    "check": "text,json,github,sarif,gitlab",
    "decide": "text,json",
    "sites": "text,json,csv,markdown",
    "prune": "text,json",
    "diff": "text,json,markdown",
    "doctor": "text,json",
    "explain": "",
}


def test_help(directory: Repository) -> None:
    outcome = directory.run("--help")
    assert (outcome.err, outcome.status) == ("", 0)
    assert re.findall(r"^    (\w+)  ", outcome.out, re.MULTILINE) == list(VERBS) == list(command_main.VERBS)
    assert "Exit status: 0 clean, 1 findings, 2 " in " ".join(outcome.out.split())
    for verb, formats in VERBS.items():
        outcome = directory.run(verb, "--help")
        assert (outcome.err, outcome.status) == ("", 0)
        assert not formats or f"--format {{{formats}}}" in outcome.out
        assert ("--pins PATH" in outcome.out) == bool(formats)
        assert "--debug" in outcome.out
        assert "put call" not in outcome.out


def test_version(directory: Repository) -> None:
    assert directory.run("--version") == (f"{NAME} {version(NAME)}\n", "", 0)
    # as beside a checkout
    directory.monkeypatch.setattr(sys, "path", [])
    assert directory.run("--version") == (f"{NAME} (not installed: run from its source)\n", "", 0)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "the following arguments are required: VERB"),
        (["nope"], "argument VERB: invalid choice: 'nope'"),
        (["check", "--format=csv"], "argument --format: invalid choice: 'csv'"),
        (["--pins=x", "check"], "unrecognized arguments: --pins=x"),
        # no abbreviations: another option would change what they mean
        (["check", "--form=json"], "unrecognized arguments: --form=json; did you mean --format?"),
        (["prune", "a.py"], "unrecognized arguments: a.py"),
        # nothing that a terminal or a CI machine would obey
        (["check", "--\x1b[31m\n::y##[x]\u202e"], "unrecognized arguments: --\\x1b[31m\\n::y# #[x]\\u202e"),
    ],
)
def test_usage_error(directory: Repository, arguments: Sequence[str], error: str) -> None:
    outcome = directory.run(*arguments)
    assert (outcome.out, outcome.status) == ("", 2)
    usage, *_, last = outcome.err.splitlines()
    assert usage.startswith(f"usage: {NAME}")
    assert f": error: {error}" in last


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (TypeError("no"), 2, f"{NAME}: TypeError: no {BUG}"),
        (FileNotFoundError(2, "gone"), 2, f"{NAME}: [Errno 2] gone\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_how_it_ends(directory: Repository, error: BaseException, status: int, said: str) -> None:
    """Status 1 means findings, and nothing else: not a bug, which nobody takes for a mistake of the user."""
    def fail() -> str:
        raise error

    with directory.monkeypatch.context() as context:
        context.setattr(os, "getcwd", fail)
        outcome = directory.run("check")
    assert outcome == ("", said, status)


@pytest.mark.parametrize("words", [["--debug", "check", "nope.py"], ["check", "nope.py", "--debug"]])
def test_debug(directory: Repository, words: Sequence[str]) -> None:
    """Shows what an error hides, and the error below it."""
    outcome = directory.run(*words)
    first, *_, last = outcome.err.splitlines()
    assert (first, last) == ("Traceback (most recent call last):", f"{NAME}: there is no nope.py: correct the path")
    assert (outcome.out, outcome.status) == ("", 2)


def test_any_text_gets_through(directory: Repository) -> None:
    """Text is escaped for its stream; a file for programs is UTF-8 wherever it goes."""
    directory.write({"é.py": PUT})
    for form, shown in {"text": b"\\xe9.py:1:4: APR001 ", "github": "::error file=é.py,".encode()}.items():
        data = io.BytesIO()
        with directory.monkeypatch.context() as context:
            context.setattr(sys, "stdout", io.TextIOWrapper(data, encoding="ascii"))
            assert command_main.main(["check", f"--format={form}"]) == 1
            assert data.getvalue().startswith(shown)


@pytest.mark.processes
def test_doors(directory: Repository) -> None:
    """The console script and ``python -m``, which imports nothing of the tree that it need not."""
    [script] = entry_points(group="console_scripts", name=NAME)
    assert script.load() is command_main.main
    trap = "raise SystemExit('the tree was run')\n"
    directory.write({"a.py": PUT, "tomli.py": trap, "flake8.py": trap, "configparser.py": trap})
    outcome = directory.run("check")
    assert outcome.status == 1
    assert run_process("check") == outcome


@pytest.mark.processes
def test_start_imports_little() -> None:
    program = (
        "import argparse, contextlib, sys\n"
        "with contextlib.suppress(SystemExit):\n"
        "    argparse.ArgumentParser().parse_args(['--help'])\n"
        # some Pythons' own parser takes more than others'
        "before = set(sys.modules)\n"
        "from flake8_artifact_pin.cli.main import main\n"
        "for words in (['--help'], []):\n"
        "    with contextlib.suppress(SystemExit):\n"
        "        main(words)\n"
        "sys.stdout.write('|'.join(set(sys.modules) - before))"
    )
    modules = set(run_program(sys.executable, "-c", program).out.rpartition("\n")[2].split("|"))
    assert "flake8_artifact_pin.cli.main" in modules
    assert modules & {"ast", "flake8", "subprocess", "tokenize", "tomli"} == set()
