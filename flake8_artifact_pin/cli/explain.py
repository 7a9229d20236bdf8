"""``explain``: print the manual, one page for each topic."""
from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Mapping
from importlib.resources import files

from flake8_artifact_pin.cli.output import print_text
from flake8_artifact_pin.errors import CLEAN
from flake8_artifact_pin.errors import UsageError

_PACKAGE = "flake8_artifact_pin"
_SCHEMA = "schema"
_CODES_PAGE = "codes"
_CODE_SECTION = re.compile(r"^## (APR\d{3})\b", re.MULTILINE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("topic", metavar="CODE|TOPIC", nargs="?", help="APR001, ci, ... (default: list what there is)")


def run(arguments: argparse.Namespace) -> int:
    """Print a page of the manual, the section of a code, or the list of both. Raise UsageError for an unknown topic."""
    print_text(explain(arguments.topic) if arguments.topic else _contents())
    return CLEAN


def explain(topic: str) -> str:
    """Return the page of a topic, the section of a code, or the path of the JSON Schema for ``schema``."""
    if topic.lower() == _SCHEMA:
        return f"{schema_path()}\n"
    pages, sections = pages_of_manual(), code_sections()
    found = sections.get(topic.upper()) or pages.get(topic.lower())
    if found is None:
        known = [*sections, *pages, _SCHEMA]
        close = difflib.get_close_matches(topic, [*known, *map(str.lower, sections)], n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        raise UsageError(f"the manual has no topic {topic}: {hint}")
    return found


def schema_path() -> str:
    """Return the path of the JSON Schema of the pins file."""
    return str(files(_PACKAGE) / "artifact-pins.schema.json")


def pages_of_manual() -> Mapping[str, str]:
    """Return the text of each page by its topic."""
    folder = files(_PACKAGE) / "docs"
    texts = {page.name: page.read_text("utf-8") for page in folder.iterdir() if page.name.endswith(".md")}
    return {name.removesuffix(".md"): text for name, text in sorted(texts.items())}


def code_sections() -> Mapping[str, str]:
    """Return the section of each code on the page of the codes."""
    page = pages_of_manual()[_CODES_PAGE]
    starts = [(match[1], match.start()) for match in _CODE_SECTION.finditer(page)]
    ends = [*(start for _, start in starts[1:]), len(page)]
    return {code: f"{page[start:end].rstrip()}\n" for (code, start), end in zip(starts, ends)}


def _contents() -> str:
    lines = ["Topics (flake8-artifact-pin explain TOPIC):"]
    lines += [f"  {topic:14} {_title(page)}" for topic, page in pages_of_manual().items()]
    lines += [f"  {_SCHEMA:14} The path of the JSON Schema of the pins file, for editors", "Codes:"]
    lines += [f"  {code:14} {_title(section).partition(': ')[2]}" for code, section in code_sections().items()]
    return "".join(f"{line}\n" for line in lines)


def _title(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ")
