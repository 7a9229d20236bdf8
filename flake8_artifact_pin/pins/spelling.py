"""Paths as the pins file and git spell them, in UTF-8, and as the locale of this process spells them."""
from __future__ import annotations

import os
import sys


def on_disk(path: str) -> str:
    """Return the name under which Python finds the file of a path of the pins file.

    Where the locale is not UTF-8 (``LC_ALL=C`` without Python's UTF-8 mode, ``en_US.ISO-8859-1``), Python would encode
    the path otherwise than git and everybody else did, and a file that is there would look as if it were gone.
    """
    return path if _is_utf8() else os.fsdecode(path.encode("utf-8", "surrogateescape"))


def from_disk(name: str) -> str:
    """Return the path of the pins file for a name that Python gives to a file; see on_disk()."""
    return name if _is_utf8() else os.fsencode(name).decode("utf-8", "surrogateescape")


def _is_utf8() -> bool:
    return sys.getfilesystemencoding().replace("-", "").lower() == "utf8"
