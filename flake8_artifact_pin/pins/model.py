"""What a pins file says, as plain data."""
from __future__ import annotations

import os
import re
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

FILE_NAME = "artifact-pins.toml"
#: The stores whose calls count where the pins file names none.
DEFAULT_STORES = ("s3",)


class Fault(NamedTuple):
    """What makes a file unusable: line (1-based), column (0-based, in characters) and the problem."""

    line: int
    column: int
    problem: str


class Decision(NamedTuple):
    """What was decided on artifacts, as the pins file spells it.

    They are registered under these ids, or grandfathered for a reason, or deferred to an issue, the last two perhaps
    ``until`` a day.
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
        """The decision in words; empty if there is none."""
        words = {
            "registered": ", ".join(self.registered),
            "grandfathered": self.grandfathered,
            "deferred": self.deferred,
            "until": self.until.isoformat() if self.until else "",
        }
        return "; ".join(f"{word}: {text}" for word, text in words.items() if text)


class PinnedCall(NamedTuple):
    """A PUT call that a pin names, and what was decided on it; ``key`` is the name as the pins file spells it."""

    key: str
    decision: Decision


class Pin(NamedTuple):
    """The number of PUT calls that one file is known to make, and what was decided on them.

    ``key`` is the path as the pins file spells it. ``calls`` are the PUT calls by their normalized names, if the pin
    names them: then each has a decision, and the pin has none of its own.
    """

    path: str
    key: str
    allowed: int
    decision: Decision = Decision()
    calls: Mapping[str, PinnedCall] | None = None

    @property
    def decisions(self) -> Sequence[Decision]:
        """The decisions of the pin: one, or one for each of the calls that it names."""
        return [self.decision] if self.calls is None else [call.decision for call in self.calls.values()]

    @property
    def undecided(self) -> int:
        """How many of the PUT calls that the pin allows nobody decided on."""
        if self.calls is None:
            return 0 if self.decision.is_made else self.allowed
        return sum(not decision.is_made for decision in self.decisions)

    def decision_on(self, name: str) -> Decision:
        """Return what was decided on a PUT call of the file: no decision if the pin names other calls only."""
        if self.calls is None:
            return self.decision
        return self.calls[name].decision if name in self.calls else Decision()


class Exempt(NamedTuple):
    """What is exempt: the reason for each path, directory ("tests/") and shell pattern, and perhaps its last day.

    ``pattern`` is compiled from all shell patterns; ``wildcards`` are those by the names of its groups.
    """

    reasons: Mapping[str, str] = {}
    wildcards: Mapping[str, str] = {}
    pattern: re.Pattern[str] | None = None
    until: Mapping[str, date] = {}

    @property
    def unexplained(self) -> Sequence[str]:
        """The keys whose reasons say nothing."""
        return [key for key, reason in self.reasons.items() if not _says_something(reason)]


class Pins(NamedTuple):
    """A pins file as far as it can be understood; it must not be relied on if it has faults.

    ``path`` is absolute, and empty if there is no pins file: then every file has pin 0 and keys are relative to
    ``cwd``. ``table`` are the keys of the table that holds it all, in pyproject.toml. ``patterns`` are added to those
    of the ``stores``, of which "*" is all. ``registry`` is the path of the file that declares artifacts as it is
    written, relative to ``root``, or empty.
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
        """Return the pin of a path, which is 0 if it has none."""
        return self.pins.get(path) or Pin(path, path, 0)


def _says_something(text: str, *, is_reference: bool = False) -> bool:
    # most runs ask nobody for a reason, and need not wait for this import
    from flake8_artifact_pin.source.reasons import says_something

    return says_something(text, is_reference=is_reference)
