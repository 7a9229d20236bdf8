"""Add a key to a table of a TOML text: beside its neighbours, and in their style."""
from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from flake8_artifact_pin.pins.quoting import key_text
from flake8_artifact_pin.pins.splice import assignments
from flake8_artifact_pin.pins.splice import is_in_table
from flake8_artifact_pin.pins.splice import Splicer
from flake8_artifact_pin.pins.toml import Entry
from flake8_artifact_pin.pins.toml import Path
from flake8_artifact_pin.pins.toml import Span

_PARTS = re.compile("[/:]")


def add(splicer: Splicer, path: Path, key: str, value: Any, comments: Sequence[str] = ()) -> None:
    """Add a key with its value to the table at a path. A pin with named calls gets a table of its own.

    ``comments`` go above that table. If the table at the path is missing, it is added.
    """
    found = splicer.below.get(path, ())
    table = next((entry for entry in found if entry.path == path), None)
    beside = [entry for entry in found if is_in_table(entry, path)]
    sections = _by_key([entry for entry in found if entry.kind == "header" and len(entry.path) > len(path)], path)
    is_inline = table is not None and table.kind != "header" or any(entry.kind == "member" for entry in beside)
    if isinstance(value, Mapping) and "calls" in value and not is_inline:
        _add_section(splicer, path, sections, key, value, comments)
    elif beside:
        neighbour, is_before = _neighbour(splicer, _by_key(beside, path), key)
        splicer.insert_beside(neighbour, path, {key: value}, is_before=is_before)
    elif table is not None:
        splicer.insert(path, {key: value})
    elif sections:
        _add_section(splicer, path, sections, key, value, comments)
    else:
        _add_table(splicer, path, key, value)


def _by_key(found: Sequence[Entry], path: Path) -> dict[str, list[Entry]]:
    """Return entries by the key of the table at ``path`` that they belong to."""
    by_key: dict[str, list[Entry]] = {}
    for entry in found:
        by_key.setdefault(entry.path[len(path)], []).append(entry)
    return by_key


def _neighbour(splicer: Splicer, by_key: Mapping[str, Sequence[Entry]], new: str) -> tuple[Entry, bool]:
    """Return the entry beside which a new key belongs, and whether it goes before it.

    Of the keys that share most directories with the new one, it goes after the next smaller key, or before the first.
    If a comment stands above the first, it may be meant for all of them: then the new key goes after the first.
    """
    common = {key: _common_parts(key, new) for key in by_key}
    near = [key for key in by_key if common[key] == max(common.values())]
    smaller = [key for key in near if key < new]
    if smaller:
        return by_key[max(smaller)][-1], False
    first = by_key[near[0]]
    is_alike = common[near[0]] > 0 or first[0].kind == "header"
    is_below = is_alike and any(True for _ in splicer.comment_lines_above(first[0]))
    return (first[-1], False) if is_below else (first[0], True)


def _common_parts(key: str, other: str) -> int:
    parts, other_parts = _PARTS.split(key)[:-1], _PARTS.split(other)[:-1]
    differing = (index for index, pair in enumerate(zip(parts, other_parts)) if pair[0] != pair[1])
    return next(differing, min(len(parts), len(other_parts)))


def _add_section(
    splicer: Splicer,
    path: Path,
    sections: Mapping[str, Sequence[Entry]],
    key: str,
    value: Any,
    comments: Sequence[str],
) -> None:
    """Add a header with its lines: beside its neighbour, or at the end of the table."""
    header: Path = (*path, key)
    if isinstance(value, Mapping) and "calls" in value:
        header, value = (*header, "calls"), value["calls"]
    fields = value if isinstance(value, Mapping) else {"count": value}
    lines = [*comments, f"[{'.'.join(map(key_text, header))}]", *assignments(fields)]
    neighbour, is_before = _neighbour(splicer, sections, key) if sections else (None, False)
    if neighbour is not None and is_before:
        start = splicer.line_start(neighbour.span.start)
        splicer.splice(Span(start, start), splicer.as_lines([*lines, ""]))
        return
    _add_behind(splicer, [neighbour] if neighbour else splicer.below.get(path, ()), lines)


def _add_behind(splicer: Splicer, found: Sequence[Entry], lines: Sequence[str]) -> None:
    """Write lines at the end of the section that holds the last of the entries, after its comments."""
    after = found[-1].span.start if found else len(splicer.text)
    headers = (entry for entry in splicer.statements if entry.kind != "pair")
    following = next((header for header in headers if header.span.start > after), None)
    end = len(splicer.text)
    if following is not None:
        end = min([splicer.line_start(following.span.start), *splicer.comment_lines_above(following)])
    content = splicer.text[:end].rstrip()
    splicer.insert_lines(len(content), ["", *lines] if content else lines)


def _add_table(splicer: Splicer, path: Path, key: str, value: Any) -> None:
    """Add a table with one key to its parent table, which may be inline."""
    around = splicer.below.get(path[:-1], ())
    if path[:-1] and any(entry.path == path[:-1] and entry.kind != "header" for entry in around):
        splicer.insert(path[:-1], {path[-1]: {key: value}})
    else:
        header = f"[{'.'.join(map(key_text, path))}]"
        _add_behind(splicer, around, [header, *assignments({key: value})])
