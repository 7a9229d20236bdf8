"""Pins, decisions and faults as plain data."""
from __future__ import annotations

import os
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

FILE_NAME = "artifact-pins.toml"
#: The stores of a pins file that names none.
DEFAULT_STORES = ("s3",)


class Fault(NamedTuple):
    """A problem that makes a file unusable: line (1-based), column (0-based, in characters), and what is wrong."""

    line: int
    column: int
    problem: str


class Decision(NamedTuple):
    """A decision on artifacts, as the pins file spells it.

    They are ``registered`` under these ids, ``grandfathered`` for a reason, or ``deferred`` to an issue. The last two
    may hold ``until`` a day, which is included.
    """

    registered: tuple[str, ...] = ()
    grandfathered: str = ""
    deferred: str = ""
    until: date | None = None

    @property
    def is_made(self) -> bool:
        """Whether somebody decided: a placeholder such as "TODO" decides nothing."""
        name_something = (_says_something(artifact_id, is_reference=True) for artifact_id in self.registered)
        is_registered = bool(self.registered) and all(name_something)
        is_deferred = _says_something(self.deferred, is_reference=True)
        return is_registered or is_deferred or _says_something(self.grandfathered)

    @property
    def text(self) -> str:
        """The decision for messages; empty if there is none."""
        words = {
            "registered": ", ".join(self.registered),
            "grandfathered": self.grandfathered,
            "deferred": self.deferred,
            "until": self.until.isoformat() if self.until else "",
        }
        return "; ".join(f"{word}: {text}" for word, text in words.items() if text)


class PinnedCall(NamedTuple):
    """A named PUT call of a pin, and the decision on it; ``key`` is the name as the pins file spells it."""

    key: str
    decision: Decision


class Pin(NamedTuple):
    """The number of PUT calls that a pins file allows for one file, and the decision on them.

    ``key`` is the path as the pins file spells it. If the pin names its calls, ``calls`` are these by their normalized
    names; then each call has a decision, and the pin has none of its own.
    """

    path: str
    key: str
    allowed: int
    decision: Decision = Decision()
    calls: Mapping[str, PinnedCall] | None = None

    @property
    def decisions(self) -> Sequence[Decision]:
        """The decisions of the pin: one, or one for each named call."""
        return [self.decision] if self.calls is None else [call.decision for call in self.calls.values()]

    @property
    def undecided(self) -> int:
        """How many of the allowed PUT calls are undecided."""
        if self.calls is None:
            return 0 if self.decision.is_made else self.allowed
        return sum(not decision.is_made for decision in self.decisions)

    def decision_on(self, name: str) -> Decision:
        """Return the decision on a PUT call of the file; an empty one if the pin names only other calls."""
        if self.calls is None:
            return self.decision
        return self.calls[name].decision if name in self.calls else Decision()


class Exempt(NamedTuple):
    """The exemptions: the reason for each path, directory ("tests/") and shell pattern; ``until`` has last days.

    ``wildcards`` are the keys that are shell patterns.
    """

    reasons: Mapping[str, str] = {}
    until: Mapping[str, date] = {}
    wildcards: Sequence[str] = ()

    @property
    def unexplained(self) -> Sequence[str]:
        """The keys whose reason is a placeholder or empty."""
        return [key for key, reason in self.reasons.items() if not _says_something(reason)]


class Pins(NamedTuple):
    """A pins file as far as it can be understood. Do not rely on it if it has faults.

    ``path`` is absolute, and empty if there is no pins file: then every file has pin 0 and keys are relative to
    ``cwd``. In pyproject.toml, ``table`` are the keys of the table that holds everything. ``patterns`` are added to
    those of the ``stores``; the store "*" stands for all. ``registry`` is the path of the registry as it is written,
    relative to ``root``, or empty.
    """

    path: str
    cwd: str
    text: str = ""
    table: tuple[str, ...] = ()
    stores: tuple[str, ...] = DEFAULT_STORES
    patterns: tuple[str, ...] = ()
    advice: str = ""
    registry: str = ""
    require_decision: bool = False
    exempt: Exempt = Exempt()
    pins: Mapping[str, Pin] = {}
    faults: tuple[Fault, ...] = ()

    @property
    def root(self) -> str:
        """The directory that the paths of pins are relative to."""
        return os.path.normpath(os.path.dirname(self.path)) if self.path else self.cwd

    @property
    def name(self) -> str:
        """The base name of the pins file."""
        return os.path.basename(self.path) or FILE_NAME

    def pin_of(self, path: str) -> Pin:
        """Return the pin of a path; a pin of 0 if it has none."""
        return self.pins.get(path) or Pin(path, path, 0)


def _says_something(text: str, *, is_reference: bool = False) -> bool:
    # imported on use: most runs check no reason
    from flake8_artifact_pin.source.reasons import says_something

    return says_something(text, is_reference=is_reference)
