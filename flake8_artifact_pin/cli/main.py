"""The command line ``flake8-artifact-pin VERB``. A verb is a module of this package, imported only when it is used."""
from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any
from typing import NoReturn

NAME = "flake8-artifact-pin"

#: Each verb and its summary. Its module has ``add_arguments(parser)`` and ``run(arguments)``, which returns a status.
VERBS = {
    "init": "write a pins file with today's PUT calls",
    "check": "check the whole repository",
    "decide": "record a decision on a PUT call, or list what is undecided",
    "sites": "list every PUT call",
    "prune": "lower and remove stale pins",
    "diff": "show what a change does to PUT calls and pins",
    "doctor": "prove that flake8 reports a new PUT call here",
    "explain": "print the manual: a code, a topic, or the list of both",
}

# The exit statuses that shells show for processes ended by SIGINT or SIGPIPE.
_INTERRUPTED, _PIPE_CLOSED = 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 clean, 1 findings, 2 error."""
    words = sys.argv[1:] if argv is None else argv
    try:
        try:
            return _run(words)
        finally:
            # flush the output of argparse, too, which exits
            print(end="", flush=True)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return _PIPE_CLOSED
    except Exception as error:
        _flush_or_discard_output()
        return _failed(error, "--debug" in words)


def _flush_or_discard_output() -> None:
    try:
        print(end="", flush=True)
    except OSError:
        _discard_output()


def _discard_output() -> None:
    """Redirect standard output to the null device: Python flushes it once more when it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: Exception, is_debug: bool) -> int:
    """Print one line that says why the command failed, and return the exit status 2.

    Only findings give 1: not even a bug of ours may.
    """
    from flake8_artifact_pin.cli.output import note
    from flake8_artifact_pin.errors import ERROR
    from flake8_artifact_pin.errors import UsageError

    if is_debug:
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            note(line)
    text = str(error)
    if not isinstance(error, (OSError, UsageError)):
        text = f"{type(error).__name__}: {error} (a bug of {NAME}: please report it with the output of --debug)"
    note(f"{NAME}: {text}")
    return ERROR


def _run(words: Sequence[str]) -> int:
    from flake8_artifact_pin.cli import output
    from flake8_artifact_pin.errors import ERROR
    from flake8_artifact_pin.errors import UsageError

    # syntax trees are many objects and few cycles: by default, the search for cycles takes a fifth of the time
    gc.set_threshold(100_000)
    output.let_any_text_through()
    arguments = _parser(words).parse_args(words)
    if sys.stdout is None:
        raise UsageError("standard output is closed: give the result somewhere to go")
    from flake8_artifact_pin.repository.workspace import BrokenPinsError
    from flake8_artifact_pin.rules.findings import FileFinding

    try:
        status: int = importlib.import_module(f"flake8_artifact_pin.cli.{arguments.verb}").run(arguments)
    except BrokenPinsError as error:
        output.note_findings(FileFinding(error.path, finding) for finding in error.findings)
        return ERROR
    return status


def _parser(words: Sequence[str]) -> _Parser:
    parser = _Parser(
        prog=NAME,
        description="Report PUT calls that nobody decided on, in the whole repository.",
        epilog="Exit status: 0 clean, 1 findings, 2 wrong usage, an unusable pins file or a failure of git. "
        f"The manual: {NAME} explain.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    _add_debug(parser)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_VerbParser)
    chosen = next((word for word in words if word in VERBS), None)
    for name, summary in VERBS.items():
        description = f"{summary[0].upper()}{summary[1:]}."
        verb = verbs.add_parser(name, help=summary, description=description, allow_abbrev=False)
        _add_debug(verb)
        if name == chosen:
            importlib.import_module(f"flake8_artifact_pin.cli.{name}").add_arguments(verb)
    return parser


def _add_debug(parser: argparse.ArgumentParser) -> None:
    # main() searches the words for it: an error may occur before they are parsed
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")


class _Parser(argparse.ArgumentParser):
    """A parser that prints errors safely, and keeps the exit status even if standard error is closed."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error, and exit."""
        from flake8_artifact_pin.cli.output import note
        from flake8_artifact_pin.errors import ERROR

        # newer Pythons colour the usage, and note() would escape the colours
        self.color = False
        for line in [*self.format_usage().splitlines(), f"{self.prog}: error: {message}"]:
            note(line)
        raise SystemExit(ERROR)


class _VerbParser(_Parser):
    """The parser of one verb, which shows its own usage for an unknown option; argparse shows that of the command."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Return the namespace and no rest, or exit."""
        parsed, rest = super().parse_known_args(args, namespace)
        if rest:
            import difflib

            options = [text for action in self._actions for text in action.option_strings]
            nearest = difflib.get_close_matches(rest[0].partition("=")[0], options, 1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            self.error(f"unrecognized arguments: {' '.join(rest)}{hint}")
        return parsed, rest


class _Version(argparse.Action):
    """Look up and print the version."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from flake8_artifact_pin.cli.output import version

        print(NAME, version() or "(not installed: run from its source)")
        parser.exit()
