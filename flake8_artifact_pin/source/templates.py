"""Key templates: texts of which some parts are known, and the others have a name only.

Written down, an unknown part is ``{name}`` and a brace of the text itself is doubled, as in an f-string.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from typing import TypeAlias

#: The name of an unknown part that has none in the source.
NAMELESS = "..."

# A template of code that no person wrote may grow with each name that is followed. An S3 key has at most 1,024 bytes.
_MAX_PARTS, _MAX_LENGTH = 24, 1000
_MAX_SHOWN, _MAX_NAME = 60, 200
# Fields of a text are filled in until it has so many parts.
_MAX_FIELDS = 100

_FIELD = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
# ``{{ ds }}`` in the text of a template, its braces doubled, with unknown parts of Python in it: Airflow fills it in.
_JINJA = re.compile(r"\{\{\{\{(?:-|\s)*(?P<name>[\w.]+)(?:[^{}]|\{[^{}]*\})*\}\}\}\}")
_PERCENT = re.compile(r"%(?:\((?P<name>[^)]*)\))?(?P<flags>[-#0 +]*[*\d]*(?:\.[*\d]*)?)[hlL]?(?P<type>[a-zA-Z%])")
# What a terminal or an editor does not show as it is; not "unassigned", which each version of Python sees otherwise.
_UNSHOWN = frozenset(["Cc", "Cf", "Cs", "Zl", "Zp", "Zs"])


class KeyParameter(NamedTuple):
    """The parameter of a function that a PUT call takes its key from.

    ``function`` is the qualified name of the function, ``line`` (1-based) that of its ``def``, ``name`` the parameter;
    ``is_method``: a class holds the function. ``places`` are where the key stands in a call of the function, in the
    notation of the stores: with them, a call of the function is read as any other PUT call.
    """

    function: str
    line: int
    name: str
    is_method: bool
    places: tuple[str, ...]


class Part(NamedTuple):
    """A part of a template: its text if it is known, else its name and the parameter that it is, if it is one."""

    text: str
    is_known: bool
    parameter: KeyParameter | None = None


Template: TypeAlias = "tuple[Part, ...]"


def known(text: str) -> Template:
    """Return the template of a text."""
    return bounded([Part(text, True)])


def unknown(name: str, parameter: KeyParameter | None = None) -> Template:
    """Return a template of one unknown part."""
    return (Part(name if 0 < len(name) <= _MAX_SHOWN else NAMELESS, False, parameter),)


def is_unknown(template: Template) -> bool:
    """Return whether a template is one unknown part."""
    return len(template) == 1 and not template[0].is_known


def written(template: Iterable[Part]) -> str:
    """Return a template as text. What Jinja is to fill in, as ``{{ ds }}``, is an unknown part as well."""
    text = "".join(
        part.text.replace("{", "{{").replace("}", "}}") if part.is_known else f"{{{part.text}}}" for part in template
    )
    return _JINJA.sub(lambda match: f"{{{unknown(match['name'])[0].text}}}", text) if "{{{{" in text else text


def bounded(parts: Iterable[Part]) -> Template:
    """Return the template of many parts, none of them empty; where it is too long, its middle is a digest."""
    merged: list[Part] = []
    for part in parts:
        if part.is_known and merged and merged[-1].is_known:
            merged[-1] = Part(merged[-1].text + part.text, True)
        elif part.text:
            merged.append(part)
    if len(merged) <= _MAX_PARTS and sum(len(part.text) for part in merged) <= _MAX_LENGTH:
        return tuple(merged)
    # of the text without the names: those may change while the artifact stays the same
    middle = Part(_digest(_nameless(written(part if part.is_known else Part("", False) for part in merged))), True)
    return (*_ends(merged, slice(None, 300)), middle, *reversed(_ends(merged[::-1], slice(-300, None))))


def _ends(parts: Sequence[Part], kept: slice) -> list[Part]:
    """Return the first parts, as many as a long template keeps at each end."""
    first: list[Part] = []
    length = 0
    for part in parts[:_MAX_PARTS // 2 - 1]:
        if length > 300:
            break
        first.append(Part(part.text[kept], *part[1:]))
        length += len(first[-1].text)
    return first


def _digest(text: str) -> str:
    import hashlib

    return f"\N{HORIZONTAL ELLIPSIS}{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}" \
        "\N{HORIZONTAL ELLIPSIS}"


def joined(separator: Template, items: Iterable[Template]) -> Template:
    """Return templates with another one between them."""
    parts: list[Part] = []
    for number, item in enumerate(items):
        parts += (*separator, *item) if number else item
    return bounded(parts)


def joined_path(items: Iterable[Template]) -> Template:
    """Return what ``posixpath.join()`` makes of templates: an unknown part may begin or end with anything but "/"."""
    path: list[Part] = []
    for item in items:
        if item and item[0].is_known and item[0].text.startswith("/"):
            path = list(item)
        elif item:
            needs_slash = path and not (path[-1].is_known and path[-1].text.endswith("/"))
            path += (*known("/" * bool(needs_slash)), *item)
    return bounded(path)


def changed(template: Template, change: Callable[[str], str]) -> Template:
    """Return a template with its known parts changed."""
    return bounded(Part(change(part.text), True) if part.is_known else part for part in template)


def changed_ends(template: Template, first: Callable[[str], str], last: Callable[[str], str]) -> Template:
    """Return a template whose known beginning and known end are changed."""
    parts = list(template)
    for index, change in ((0, first), (-1, last)):
        if parts and parts[index].is_known:
            parts[index] = Part(change(parts[index].text), True)
    return bounded(parts)


def last_component(template: Template) -> Template:
    """Return what stands behind the last slash that is known; the whole template if none is."""
    for index in range(len(template) - 1, -1, -1):
        before, slash, after = template[index].text.rpartition("/")
        if template[index].is_known and slash:
            return bounded([Part(after, True), *template[index + 1:]])
    return template


def percent(template: Template, positional: Sequence[Template], named: Mapping[str, Template]) -> Template:
    """Return what the operator ``%`` makes of a template."""
    arguments = iter(positional)

    def field(match: re.Match[str]) -> Template:
        if match["type"] == "%":
            return known("%")
        name = match["name"]
        value = next(arguments, unknown("")) if name is None else named.get(name, unknown(name))
        return value if match["type"] in "sdi" and not match["flags"] else _formatted(value)

    return _replaced(template, _PERCENT, field)


def format_fields(template: Template, positional: Sequence[Template], named: Mapping[str, Template]) -> Template:
    """Return what ``str.format()`` makes of a template. Raise ValueError if it would."""
    import string

    numbers = iter(range(len(positional)))
    parts: list[Part] = []
    for part in template:
        # what is not known may have fields, too, which nobody can tell
        for text, field, spec, conversion in string.Formatter().parse(part.text) if part.is_known else ():
            parts.append(Part(text, True))
            if field is not None:
                name = re.split(r"[.\[]", field, maxsplit=1)[0]
                rest = field[len(name):]
                index = name or str(next(numbers, ""))
                value = named.get(index) or unknown(name)
                if index.isascii() and index.isdigit() and len(index) < 4:
                    value = positional[int(index)] if int(index) < len(positional) else unknown("")
                if len(parts) > _MAX_FIELDS:
                    value = unknown(name)
                elif rest:
                    value = unknown(f"{value[0].text}{rest}" if is_unknown(value) and value[0].text != NAMELESS else "")
                parts += _formatted(value) if spec or conversion not in (None, "s") else value
        if not part.is_known:
            parts.append(part)
    return bounded(parts)


def _formatted(value: Template) -> Template:
    """Return what is known of a value that is padded, rounded or quoted."""
    return value if is_unknown(value) else unknown("")


def _replaced(template: Template, pattern: re.Pattern[str], field: Callable[[re.Match[str]], Template]) -> Template:
    parts: list[Part] = []
    for part in template:
        if not part.is_known:
            parts.append(part)
            continue
        end = 0
        for match in pattern.finditer(part.text):
            value = field(match) if len(parts) < _MAX_FIELDS else unknown("")
            parts += (Part(part.text[end:match.start()], True), *value)
            end = match.end()
        parts.append(Part(part.text[end:], True))
    return bounded(parts)


def shown_key(text: str, is_whole: bool = False) -> str:
    """Return a template to show on one line: the middle of a long one may be cut, since keys differ at their ends."""
    text = _on_one_line(text.replace("\\", "\\\\"))
    half = (_MAX_SHOWN - 3) // 2
    return text if is_whole or len(text) <= _MAX_SHOWN else f"{text[:half]}...{text[-half - 1:]}"


def name_key(text: str) -> str:
    """Return a template as it stands in the name of a call: its unknown parts are ``{}``.

    It is empty if nothing is left that has a letter. It has one line, and two that differ stay different.
    """
    return canonical_key(text.replace("\\", "\\\\")) if has_letter(text) else ""


def canonical_key(text: str) -> str:
    """Return the key of a call's name as name_key() writes it, if somebody wrote it plainly.

    Its unknown parts may have names, and control characters may stand as they are.
    """
    text = _on_one_line(_nameless(text))
    half = (_MAX_NAME - 14) // 2
    return text if len(text) <= _MAX_NAME else f"{text[:half]}{_digest(text)}{text[-half:]}"


def has_letter(text: str) -> bool:
    """Return whether a template has a letter outside of its unknown parts."""
    return any(character.isalpha() for character in _FIELD.sub("", text))


def _nameless(text: str) -> str:
    return _FIELD.sub(lambda match: match[0] if match[0] in ("{{", "}}") else "{}", text)


def _on_one_line(text: str) -> str:
    """Return a text in which whatever is not shown as it is stands as in Python."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if character != " " and unicodedata.category(character) in _UNSHOWN
        else character
        for character in text
    )
