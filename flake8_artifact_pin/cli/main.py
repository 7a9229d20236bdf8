"""The command line: ``flake8-artifact-pin VERB``. A verb's module is imported only when it is asked for."""
from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Callable
from collections.abc import Sequence


_NAME = "flake8-artifact-pin"
# The exit statuses that a shell shows for a process which SIGINT or SIGPIPE ended.
_INTERRUPTED, _PIPE_CLOSED = 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    try:
        try:
            return _run(_parser().parse_args(argv))
        finally:
            # also what argparse prints before it exits
            print(end="", flush=True)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return _PIPE_CLOSED
    except OSError as error:
        # a full disk, a directory that may not be entered
        _discard_output()
        print(f"{_NAME}: {error}", file=sys.stderr)
        return 2


def _discard_output() -> None:
    """Let nothing more be written to standard output: Python flushes it once more when it ends."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: argparse.Namespace) -> int:
    # not before they are needed: --help is to be quick
    from flake8_artifact_pin import errors
    from flake8_artifact_pin.cli import output
    from flake8_artifact_pin.repository.workspace import BrokenPinsError

    run: Callable[[argparse.Namespace], int]
    run = importlib.import_module(f"flake8_artifact_pin.cli.{arguments.verb}").run
    try:
        output.let_any_text_through()
        if sys.stdout is None:
            raise errors.UsageError("standard output is closed: give the result somewhere to go")
        return run(arguments)
    except errors.UsageError as error:
        output.note(f"{_NAME}: {error}")
    except BrokenPinsError as error:
        output.note_findings(output.FileFinding(error.path, finding) for finding in error.findings)
    return errors.ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_NAME,
        description="Pins the number of PUT calls that each producer file makes: what needs the whole repository.",
        epilog="Exit status: 0 clean, 1 findings, 2 usage error or a pins file that cannot be used.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    init = _add_verb(verbs, "init", "write a pins file with today's counts", ["text", "json"], has_pins=False)
    init.add_argument(
        "--output", "--pins", metavar="PATH", dest="output",
        help="where to write it; - is standard output (default: artifact-pins.toml at the top of the repository)",
    )
    init.add_argument(
        "--pattern", metavar="PATTERN", action="append", dest="patterns",
        help="a call pattern to use instead of the default ones; may be given more than once",
    )
    init.add_argument("--calls", action="store_true", help="pin each PUT call by its name, not only their number")

    check = _add_verb(verbs, "check", "check the whole repository", ["text", "json", "github"])
    check.add_argument(
        "--registry", metavar="PATH",
        help="the file that declares artifacts, .yaml, .json or .toml: each registered id must be in it "
        "(default: registry of the pins file)",
    )
    check.add_argument(
        "--owner", metavar="NAME",
        help="each artifact of the registry whose owner_repo this is must be registered by a pin",
    )
    check.add_argument("paths", metavar="PATH", nargs="*", help="check only these files and directories")

    sites = _add_verb(verbs, "sites", "list every PUT call", ["text", "json", "csv", "markdown"])
    sites.add_argument("paths", metavar="PATH", nargs="*", help="list only those of these files and directories")

    prune = _add_verb(verbs, "prune", "lower and remove stale pins", ["text", "json"])
    prune.add_argument("--dry-run", action="store_true", help="show the change as a diff and make none")
    prune.add_argument(
        "--move-renamed", action="store_true", help="move the pin of a file that git knows was renamed",
    )

    diff = _add_verb(verbs, "diff", "show what a change does to PUT calls and pins", ["text", "json", "markdown"])
    diff.add_argument(
        "base", metavar="BASE", nargs="?",
        help="the revision to compare with, from the merge base on (default: the remote's default branch, else HEAD)",
    )
    diff.add_argument(
        "--exit-code", action="store_true", help="exit with 1 if a raised or added pin or a swap is undecided",
    )

    _add_verb(verbs, "doctor", "prove that flake8 reports a new PUT call here", ["text", "json"])
    return parser


def _add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    formats: Sequence[str],
    has_pins: bool = True,
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=summary, description=f"{summary.capitalize()}.")
    if has_pins:
        verb.add_argument("--pins", metavar="PATH", help="the pins file (default: the one that flake8 uses here)")
    verb.add_argument("--format", choices=formats, default="text", help="how to print the result (default: text)")
    return verb


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(_NAME, version(_NAME))
        parser.exit()
