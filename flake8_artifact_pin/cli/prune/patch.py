"""The change of a pins file as a patch that ``git apply`` takes."""
from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

# What git escapes in a name, which it then quotes.
_ESCAPED = re.compile(r'[\x00-\x1f\x7f"\\]')


def patch_lines(old: str, new: str, name: str) -> Iterator[str]:
    """Yield the lines of a patch; ``name`` is the file's, relative to the top of the repository."""
    before, after = _quoted(f"a/{name}"), _quoted(f"b/{name}")
    lines = list(difflib.unified_diff(_split(old), _split(new), _ended(before), _ended(after)))
    if lines:
        # without this line git takes the name to be relative to the working directory
        yield f"diff --git {before} {after}\n"
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _split(text: str) -> list[str]:
    """Return the lines of a text, split where git splits them."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _quoted(name: str) -> str:
    return f'"{_ESCAPED.sub(_escape, name)}"' if _ESCAPED.search(name) else name


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return f"\\{character}" if character in '"\\' else f"\\{ord(character):03o}"


def _ended(name: str) -> str:
    """Return a name as it ends its line: git would take what follows a blank for something else."""
    return f"{name}\t" if " " in name else name
