"""Compare pins with the registry of artifacts, and find rows whose key template matches a key."""
from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Protocol

from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.positions import call_position
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.pins.toml import Position
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.findings import make_finding

# Limit for searches for similar ids, each of which compares with the whole registry.
_MAX_SEARCHES = 10
_BUCKET = re.compile(r"\A\w+://[^/]*/|\A/+")
# A field of a key template, as registries write it: {day}, {{ ds }}, ${day}, <day>, %Y, YYYY, *
_FIELD = r"(?:\{\{[^{}]*\}\}|\$?\{[^{}]*\}|<[^<>]*>|%[A-Za-z]|\*+|(?<![A-Za-z])(?:YYYY|MM|DD|HH)(?![a-z]))"
# Adjoining fields count as one: %Y-%m-%d
_FIELDS = re.compile(rf"{_FIELD}(?:[-_:]?{_FIELD})*")
_EXTENSION = re.compile(r"\.\w+\Z")
_LEAST_LETTERS, _MOST_SUGGESTIONS = 3, 5


class Row(Protocol):
    """The attributes of a registry row that are needed here."""

    @property
    def artifact_id(self) -> str:
        """The id of the artifact."""

    @property
    def key_template(self) -> str:
        """The key of the artifact, with fields such as ``{name}``; empty if the row has none."""


def judge_registered(pins: Pins, known: Collection[str], registry: str) -> Iterator[Finding]:
    """Yield a finding in the pins file for each registered id that the registry does not have.

    ``known`` are the ids of the registry, ``registry`` is its path for messages.
    """
    searches = 0
    for position, what, decision in _decisions(pins):
        for artifact_id in dict.fromkeys(decision.registered):
            if artifact_id not in known:
                hint = _like(artifact_id, known) if searches < _MAX_SEARCHES else ""
                searches += 1
                edit = f"did you mean {quote(hint)}?" if hint else "register it there, or correct the id"
                text = f"{quote(artifact_id)} is registered for {what}, but {registry} has no such id; {edit}"
                yield make_finding(*position, "APR007", text, f"{what} {artifact_id}")


def judge_promised(pins: Pins, promised: Iterable[tuple[str, Position]], owner: str) -> Iterator[Finding]:
    """Yield a finding in the registry for each artifact of an owner that no pin registers.

    ``promised`` are the ids and the positions of the rows. A pin that allows no call registers nothing.
    """
    written = {
        artifact_id
        for pin in pins.pins.values()
        if pin.allowed
        for decision in pin.decisions
        for artifact_id in decision.registered
    }
    for artifact_id, position in promised:
        if artifact_id not in written:
            text = (
                f"{quote(artifact_id)} of {owner} promises an artifact that no pinned code writes; register it at the "
                "pin of the file that writes it: flake8-artifact-pin decide, or retire this row"
            )
            yield make_finding(*position, "APR008", text, artifact_id)


def suggestions(rows: Iterable[Row], key: str) -> Sequence[str]:
    """Return the ids of the rows whose key templates match the key of a PUT call best, the best one first."""
    keys = [_pieces(key)]
    if keys[0][0] == "" and len(keys[0]) > 1 and keys[0][1].startswith("/"):
        # ``{root}/prices.json``: the root may be the bucket alone
        keys.append([keys[0][1][1:], *keys[0][2:]])
    fits: dict[str, int] = {}
    for row in rows:
        template = _pieces(row.key_template)
        fit = max(_fit(template, pieces) for pieces in keys)
        if fit:
            fits[row.artifact_id] = max(fit, fits.get(row.artifact_id, 0))
    return sorted(fits, key=lambda artifact_id: (-fits[artifact_id], artifact_id))[:_MOST_SUGGESTIONS]


def _decisions(pins: Pins) -> Iterator[tuple[Position, str, Decision]]:
    """Yield each decision with its position, and its pin or call for messages."""
    for pin in pins.pins.values():
        if pin.calls is None:
            yield pin_position(pins, pin), quote(pin.path), pin.decision
        for name in pin.calls or ():
            what = f"{quote(name)} of {quote(pin.path)}"
            yield call_position(pins, pin, name), what, pin.decision_on(name)


def _like(artifact_id: str, known: Collection[str]) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(artifact_id, known, n=1)), "")


def _pieces(template: str) -> list[str]:
    """Return the literal texts between the fields of a key template."""
    return _FIELDS.split(_BUCKET.sub("", template))


def _fit(template: Sequence[str], key: Sequence[str]) -> int:
    """Return how well two templates match, as the number of letters in common; 0 if they do not match."""
    letters = min(_letters(pieces) for pieces in (template, key))
    if letters < _LEAST_LETTERS:
        # ``{prefix}/{name}.json`` would match everything
        return 0
    if template == key:
        return 2 * letters
    return letters if _covers(template, "x".join(key)) or _covers(key, "x".join(template)) else 0


def _letters(pieces: Sequence[str]) -> int:
    """Return the number of letters and digits, without the extension, which many artifacts share."""
    return sum(map(str.isalnum, "".join([*pieces[:-1], _EXTENSION.sub("", pieces[-1])])))


def _covers(pieces: Sequence[str], text: str) -> bool:
    """Return whether a text consists of these pieces in order, with at least one character between any two."""
    first, *others = pieces
    if not others:
        return text == first
    *inner, last = others
    start, end = len(first), len(text) - len(last)
    if not (text.startswith(first) and text.endswith(last)):
        return False
    for piece in inner:
        start = text.find(piece, start + 1, end)
        if start < 0:
            return False
        start += len(piece)
    return start < end
