"""Key templates: texts with known parts and with unknown parts that have only a name.

As text, an unknown part is ``{name}`` and a brace of a known part is doubled, as in an f-string.
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

#: The name of an unknown part without a name in the source.
NAMELESS = "..."

# In generated code a template may grow with each name that is followed. An S3 key has at most 1,024 bytes.
_MAX_PARTS, _MAX_LENGTH = 24, 1000
_MAX_SHOWN, _MAX_NAME = 60, 200
# Further fields of a format string are unknown parts.
_MAX_FIELDS = 100

_FIELD = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
# A Jinja field such as ``{{ ds }}``, which Airflow fills in. Its braces are doubled; it may hold unknown parts.
_JINJA = re.compile(r"\{\{\{\{(?:-|\s)*(?P<name>[\w.]+)(?:[^{}]|\{[^{}]*\})*\}\}\}\}")
_PERCENT = re.compile(r"%(?:\((?P<name>[^)]*)\))?(?P<flags>[-#0 +]*[*\d]*(?:\.[*\d]*)?)[hlL]?(?P<type>[a-zA-Z%])")
_KEY_LIKE = re.compile(r"blob|dest|file|key|location|name|object|path|target|ur[il]", re.IGNORECASE)
# Arguments at the key's place in functions that only share a method's name: ``upload_file(key, path, content_type)``.
_UNLIKE_KEY = re.compile(r"acl|bucket|client|content|cred|header|meta|mime|type", re.IGNORECASE)
_SCHEME = re.compile(r"\A\w+://")
_EXTENSION = re.compile(r"(?<=\0)(?:\.\w+)+\Z")
# Unicode categories that terminals or editors do not show. "Cn" (unassigned) depends on the version of Python.
_UNSHOWN = frozenset(["Cc", "Cf", "Cs", "Zl", "Zp", "Zs"])


class KeyParameter(NamedTuple):
    """The parameter of a function that a PUT call uses as its key.

    ``function`` is the qualified name of the function, ``line`` (1-based) that of its ``def``, ``name`` the parameter;
    ``is_method``: the function belongs to a class. ``places`` say where a call of the function passes the key, as in
    the table of stores (see Keys.key()).
    """

    function: str
    line: int
    name: str
    is_method: bool
    places: tuple[str, ...]


class Part(NamedTuple):
    """A part of a template. If it is unknown, ``text`` is its name, and ``parameter`` the parameter it stands for."""

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
    """Return a template as text. A Jinja field such as ``{{ ds }}`` becomes an unknown part."""
    text = "".join(
        part.text.replace("{", "{{").replace("}", "}}") if part.is_known else f"{{{part.text}}}" for part in template
    )
    return _JINJA.sub(lambda match: f"{{{unknown(match['name'])[0].text}}}", text) if "{{{{" in text else text


def bounded(parts: Iterable[Part]) -> Template:
    """Return a template of parts, without empty ones. If it is too long, a digest replaces its middle."""
    merged: list[Part] = []
    for part in parts:
        if part.is_known and merged and merged[-1].is_known:
            merged[-1] = Part(merged[-1].text + part.text, True)
        elif part.text:
            merged.append(part)
    if len(merged) <= _MAX_PARTS and sum(len(part.text) for part in merged) <= _MAX_LENGTH:
        return tuple(merged)
    # digest the text without names: names may change while the artifact stays the same
    middle = Part(_digest(_nameless(written(part if part.is_known else Part("", False) for part in merged))), True)
    return (*_ends(merged, slice(None, 300)), middle, *reversed(_ends(merged[::-1], slice(-300, None))))


def _ends(parts: Sequence[Part], kept: slice) -> list[Part]:
    """Return the first parts of a long template, as many as it keeps at each end."""
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
    """Join templates with a separator, like ``str.join()``."""
    parts: list[Part] = []
    for number, item in enumerate(items):
        parts += (*separator, *item) if number else item
    return bounded(parts)


def joined_path(items: Iterable[Template]) -> Template:
    """Join templates like ``posixpath.join()``. Unknown parts are taken not to begin or end with "/"."""
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


def changed_ends(
    template: Template, first: Callable[..., str] | None, last: Callable[..., str] | None, arguments: Sequence[str],
) -> Template:
    """Return a template with its first and last part changed by methods of str, if they are known."""
    parts = list(template)
    for index, change in ((0, first), (-1, last)):
        if change and parts and parts[index].is_known:
            parts[index] = Part(change(parts[index].text, *arguments), True)
    return bounded(parts)


def last_component(template: Template) -> Template:
    """Return the part of a template after its last known slash; the whole template if it has none."""
    for index in range(len(template) - 1, -1, -1):
        before, slash, after = template[index].text.rpartition("/")
        if template[index].is_known and slash:
            return bounded([Part(after, True), *template[index + 1:]])
    return template


def percent(template: Template, positional: Sequence[Template], named: Mapping[str, Template]) -> Template:
    """Apply the operator ``%`` to a template."""
    arguments = iter(positional)

    def field(match: re.Match[str]) -> Template:
        if match["type"] == "%":
            return known("%")
        name = match["name"]
        value = next(arguments, unknown("")) if name is None else named.get(name, unknown(name))
        return value if match["type"] in "sdi" and not match["flags"] else _formatted(value)

    parts: list[Part] = []
    for part in template:
        end = 0
        for match in _PERCENT.finditer(part.text if part.is_known else ""):
            value = field(match) if len(parts) < _MAX_FIELDS else unknown("")
            parts += (Part(part.text[end:match.start()], True), *value)
            end = match.end()
        parts.append(part._replace(text=part.text[end:]))
    return bounded(parts)


def format_fields(template: Template, positional: Sequence[Template], named: Mapping[str, Template]) -> Template:
    """Apply ``str.format()`` to a template. Raise ValueError if it would."""
    import string

    numbers = iter(range(len(positional)))
    parts: list[Part] = []
    for part in template:
        # an unknown part may hold fields, too, but nobody can tell
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
    """Return the template of a value that is padded, rounded or quoted: unknown."""
    return value if is_unknown(value) else unknown("")


def whole_parameter(template: Template) -> KeyParameter | None:
    """Return the parameter that is used as the key unchanged; None if the function names the artifact itself.

    If the parameter's name is like a key's (key, name, path), it may have a prefix without letters, a prefix from a
    variable, and an extension. A constant (in capitals) names an artifact.
    """
    names = [part for part in template if not part.is_known]
    if not names or names[-1].parameter is None or any(part.text.rpartition(".")[2].isupper() for part in names):
        return None
    parameter = names[-1].parameter
    if _UNLIKE_KEY.search(parameter.name) and not _KEY_LIKE.search(parameter.name):
        return None
    text = "".join(part.text if part.is_known else "\0" for part in template)
    is_as_it_stands = len(template) == 1 or _KEY_LIKE.search(parameter.name)
    has_name = any(character.isalpha() for character in _EXTENSION.sub("", _SCHEME.sub("", text)))
    return parameter if is_as_it_stands and not has_name else None


def is_like_key(name: str) -> bool:
    """Return whether a variable is named like a key, and not like a client, a bucket or a content type."""
    return _KEY_LIKE.search(name) is not None and _UNLIKE_KEY.search(name) is None


def shown_key(text: str, is_whole: bool = False) -> str:
    """Return a key for a message, on one line. The middle of a long one is cut, since keys differ at their ends."""
    text = _on_one_line(text.replace("\\", "\\\\"))
    half = (_MAX_SHOWN - 3) // 2
    return text if is_whole or len(text) <= _MAX_SHOWN else f"{text[:half]}...{text[-half - 1:]}"


def name_key(text: str) -> str:
    """Return a key as it is written in the name of a call, on one line: unknown parts are ``{}``.

    It is empty if the known parts have no letter. Different keys stay different.
    """
    return canonical_key(text.replace("\\", "\\\\")) if has_letter(text) else ""


def canonical_key(text: str) -> str:
    """Return a hand-written key of a call's name as name_key() writes it.

    Unknown parts may have names, and control characters need not be escaped.
    """
    text = _on_one_line(_nameless(text))
    half = (_MAX_NAME - 14) // 2
    return text if len(text) <= _MAX_NAME else f"{text[:half]}{_digest(text)}{text[-half:]}"


def has_letter(text: str) -> bool:
    """Return whether the known parts of a template have a letter."""
    return any(character.isalpha() for character in _FIELD.sub("", text))


def _nameless(text: str) -> str:
    return _FIELD.sub(lambda match: match[0] if match[0] in ("{{", "}}") else "{}", text)


def _on_one_line(text: str) -> str:
    """Return a text with invisible characters written as Python escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if character != " " and unicodedata.category(character) in _UNSHOWN
        else character
        for character in text
    )
