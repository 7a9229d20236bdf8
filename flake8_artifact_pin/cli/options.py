"""Options that several verbs share."""
from __future__ import annotations

import argparse


def add_pins(parser: argparse.ArgumentParser) -> None:
    """Add ``--pins PATH``."""
    parser.add_argument("--pins", metavar="PATH", help="the pins file (default: the one that flake8 uses here)")


def add_format(parser: argparse.ArgumentParser, *formats: str) -> None:
    """Add ``--format``; the first choice is the default."""
    parser.add_argument(
        "--format", choices=formats, default=formats[0], help=f"how to print the result (default: {formats[0]})",
    )


def not_empty(text: str) -> str:
    """Return an argument. Refuse an empty one, such as from an unset variable in CI."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty: give a value, or leave the option out")
    return text
