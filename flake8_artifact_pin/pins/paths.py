"""The paths of the pins file: the path of a linted file, whether it is exempt, and how it is spelled on disk."""
from __future__ import annotations

import fnmatch
import itertools
import os
import posixpath
import re
import sys
import unicodedata
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date

from flake8_artifact_pin.pins.model import Exempt
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins

#: flake8's name for standard input without --stdin-display-name.
UNNAMED_STDIN = "stdin"
#: Suffixes of the names under which editors and nbQA lint notebooks.
NOTEBOOKS = (".ipynb", "_nbqa_ipynb.py")
#: No operating system opens a longer path.
MAX_PATH_LENGTH = 4096
#: Each file is compared with each shell pattern, so their number is limited.
MAX_WILDCARDS = 100

_WILDCARDS = frozenset("*?[")
_DRIVE = re.compile(r"[A-Za-z]:")


def governed_path(pins: Pins, filename: str, sep: str = os.sep) -> str | None:
    """Return the path of a linted file in the pins file; None if it is outside of the pins file's directory.

    A path that is pinned or exempt stays as given. For others, symbolic links are resolved, unless that leads to an
    exempt file: a link to an exempt file is not exempt itself.
    """
    # a backslash is a separator only on Windows; elsewhere it is part of a name
    full = os.path.join(pins.cwd, filename.replace(sep, "/"))
    given = _below(pins.root, os.path.normpath(full))
    if given is None:
        given = _below(os.path.realpath(pins.root), os.path.normpath(full))
    if given and (given in pins.pins or exemption(pins.exempt, given)):
        return given
    real = _below(os.path.realpath(pins.root), os.path.realpath(full))
    if real is None and given is None and not pins.path:
        return from_disk(os.path.normpath(full))
    if real is None or given and exemption(pins.exempt, real):
        return given
    return real


def judged_path(pins: Pins, filename: str, sep: str = os.sep) -> str | None:
    """Return the path of a linted file in the pins file; None if the file is outside, exempt or a notebook.

    No verb counts the calls of a notebook, so no pin could allow them.
    """
    path = governed_path(pins, filename, sep)
    return None if path is None or path.endswith(NOTEBOOKS) or exemption(pins.exempt, path) else path


def like_named_pin(pins: Pins, path: str) -> Pin | None:
    """Return a pin whose path differs from another one only in case or in the composition of accents."""
    looks = _folded(path)
    return next((pin for pin in pins.pins.values() if pin.path != path and _folded(pin.path) == looks), None)


def has_wildcards(key: str) -> bool:
    """Return whether a key of ``[exempt]`` is a shell pattern."""
    return not _WILDCARDS.isdisjoint(key)


def make_exempt(reasons: Mapping[str, str], until: Mapping[str, date] | None = None) -> Exempt:
    """Return the exemptions of a table ``[exempt]``."""
    return Exempt(reasons, until or {}, tuple(filter(has_wildcards, reasons)))


def exemption(exempt: Exempt, path: str) -> str | None:
    """Return the key that exempts a path: the path, a directory around it, or a pattern as in flake8's ``exclude``."""
    for key in (path, *directories_of(path)):
        if key in exempt.reasons:
            return key
    return next((key for key in exempt.wildcards if matches(key, path)), None)


def matches(pattern: str, path: str) -> bool:
    """Return whether a shell pattern of ``[exempt]`` matches a path. One without a slash matches base names, too."""
    if pattern.endswith("/"):
        return fnmatch.fnmatchcase(path, f"{pattern}*")
    is_base_name = "/" not in pattern and fnmatch.fnmatchcase(posixpath.basename(path), pattern)
    return is_base_name or fnmatch.fnmatchcase(path, pattern)


def directories_of(path: str) -> Iterator[str]:
    """Yield the directories around a path with trailing slashes, as in ``[exempt]``."""
    return itertools.accumulate(f"{part}/" for part in path.split("/")[:-1])


def path_problem(key: str) -> str:
    """Return why a path cannot be a key of a pins file and what to do; an empty string if it can."""
    if len(key) > MAX_PATH_LENGTH:
        return f"is longer than {MAX_PATH_LENGTH} characters: no file has such a path"
    if "\\" in key:
        return 'has a backslash: write "/" between directories'
    if "\0" in key:
        return "has a null character: remove it"
    if key.startswith("/") or _DRIVE.match(key):
        return "is absolute: write it relative to this file's directory"
    if ".." in key.split("/"):
        return 'has "..": name a path below this file\'s directory'
    if posixpath.normpath(key) == ".":
        return "is empty: name a file or a directory below this one"
    return ""


def on_disk(path: str) -> str:
    """Return the name under which Python finds the file of a path of the pins file.

    The pins file and git spell paths in UTF-8. Where the locale is not UTF-8 (``LC_ALL=C`` without Python's UTF-8 mode,
    ``en_US.ISO-8859-1``), Python would encode a path differently, and would not find its file.
    """
    return path if _is_utf8() else os.fsdecode(path.encode("utf-8", "surrogateescape"))


def from_disk(name: str) -> str:
    """Return the path in the pins file for the name that Python gives to a file: the inverse of on_disk()."""
    return name if _is_utf8() else os.fsencode(name).decode("utf-8", "surrogateescape")


def _is_utf8() -> bool:
    return sys.getfilesystemencoding().replace("-", "").lower() == "utf8"


def can_be_key(path: str) -> bool:
    """Return whether a path can be a key of a pins file, which is UTF-8."""
    is_text = path == path.encode(errors="replace").decode()
    return is_text and not path_problem(path)


def relative(path: str, directory: str = os.curdir) -> str:
    """Return a path relative to a directory, or unchanged if they are on different drives."""
    try:
        return os.path.relpath(path, directory)
    except ValueError:
        return path


def _below(directory: str, path: str) -> str | None:
    prefix = os.path.join(directory, "")
    if not os.path.normcase(path).startswith(os.path.normcase(prefix)):
        return None
    return from_disk(path[len(prefix):]).replace(os.sep, "/")


def _folded(path: str) -> str:
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
