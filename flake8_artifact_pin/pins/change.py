"""Change the pins of a TOML text: what differs is replaced or removed, and new keys go beside their neighbours."""
from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.quoting import key_text
from flake8_artifact_pin.pins.splice import assignments
from flake8_artifact_pin.pins.splice import Splicer
from flake8_artifact_pin.pins.toml import Entry
from flake8_artifact_pin.pins.toml import Path
from flake8_artifact_pin.pins.toml import Span

_PARTS = re.compile("[/:]")


def change(splicer: Splicer, path: Path, old: Any, new: Any) -> None:
    """Change the value at a path; in a table, only the keys that differ."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        splicer.replace(path, new)
        return
    for key in old:
        if key in new and old[key] != new[key]:
            change(splicer, (*path, key), old[key], new[key])
    gone = [key for key in old if key not in new]
    come = [key for key in new if key not in old]
    for old_key, new_key in zip(gone, come):
        splicer.replace((*path, old_key), new[new_key], new_key)
    splicer.remove([(*path, key) for key in gone[len(come):]])
    if come[len(gone):]:
        add(splicer, path, {key: new[key] for key in come[len(gone):]})


def name_calls(text: str, path: Path, key: str, pin: Mapping[str, Any]) -> str:
    """Return the text with a count pin turned into one with named calls.

    Comments at the ends of its lines move above the calls.
    """
    splicer = Splicer(text)
    place = (*path, key)
    table = splicer.table_at(place)
    if table is not None and table.kind == "member":
        splicer.replace(place, pin)
    elif table is not None and table.kind == "header":
        end = table.keys[-1].end
        splicer.splice(Span(end, end), ".calls")
        lines = [*splicer.comments_at(place), *assignments(pin["calls"])]
        splicer.remove([entry.path for entry in splicer.below[place] if entry is not table])
        splicer.insert_lines(table.span.end, lines)
    else:
        comments = splicer.comments_at(place)
        splicer.remove([place])
        splicer = Splicer(splicer.text_after())
        _add_section(splicer, path, {key: pin}, comments)
    return splicer.text_after()


def add(splicer: Splicer, path: Path, fields: Mapping[str, Any]) -> None:
    """Add keys to the table at a path, which is added if it is missing. A pin with named calls gets its own table."""
    found = splicer.below.get(path, ())
    table = splicer.table_at(path)
    beside = [entry for entry in found if entry.kind != "header" and entry.depth <= len(path) < len(entry.path)]
    is_inline = table is not None and table.kind != "header" or any(entry.kind == "member" for entry in beside)
    has_calls = any(isinstance(value, Mapping) and "calls" in value for value in fields.values())
    if has_calls and not is_inline:
        _add_section(splicer, path, fields)
    elif beside:
        neighbour, is_before = _neighbour(splicer, beside, path, next(iter(fields)))
        splicer.insert_beside(neighbour, path, fields, is_before=is_before)
    elif table is not None and table.kind == "header":
        splicer.insert_lines(table.span.end, assignments(fields))
    elif table is not None:
        splicer.replace(path, fields)
    elif found:
        _add_section(splicer, path, fields)
    else:
        _add_table(splicer, path, fields)


def _neighbour(splicer: Splicer, found: Sequence[Entry], path: Path, new: str) -> tuple[Entry, bool]:
    """Return the entry beside which a new key of the table at a path belongs, and whether it goes before it.

    Of the keys that share most directories with the new one, it goes after the next smaller key, or before the first.
    If a comment stands above the first, it may be meant for all of them: then the new key goes after the first. A
    decision goes to the end.
    """
    if new in Decision._fields:
        return found[-1], False
    by_key: dict[str, list[Entry]] = {}
    for entry in found:
        by_key.setdefault(entry.path[len(path)], []).append(entry)
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


def _add_section(splicer: Splicer, path: Path, fields: Mapping[str, Any], comments: Sequence[str] = ()) -> None:
    """Add a key as a header with its lines, and comments above it: beside its neighbour, or at the table's end."""
    [(key, value)] = fields.items()
    header: Path = (*path, key)
    if isinstance(value, Mapping) and "calls" in value:
        header, value = (*header, "calls"), value["calls"]
    lines = [*comments, _header(header), *assignments(value if isinstance(value, Mapping) else {"count": value})]
    found = splicer.below.get(path, ())
    sections = [entry for entry in found if entry.kind == "header" and len(entry.path) > len(path)]
    neighbour, is_before = _neighbour(splicer, sections, path, key) if sections else (None, False)
    if neighbour is not None and is_before:
        splicer.insert_above(splicer.line_start(neighbour.span.start), [*lines, ""])
    else:
        _add_behind(splicer, [neighbour] if neighbour else found, lines)


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


def _add_table(splicer: Splicer, path: Path, fields: Mapping[str, Any]) -> None:
    """Add a table to its parent table, which may be inline."""
    around = splicer.below.get(path[:-1], ())
    if path[:-1] and any(entry.path == path[:-1] and entry.kind != "header" for entry in around):
        add(splicer, path[:-1], {path[-1]: fields})
    else:
        _add_behind(splicer, around, [_header(path), *assignments(fields)])


def _header(path: Path) -> str:
    return f"[{'.'.join(map(key_text, path))}]"
