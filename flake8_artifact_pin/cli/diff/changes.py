"""Describe the differences between two snapshots of a repository."""
from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.notes import listed
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import printable_place
from flake8_artifact_pin.cli.collect import Since
from flake8_artifact_pin.cli.wrappers import advice
from flake8_artifact_pin.cli.wrappers import find_wrappers
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.paths import exemption
from flake8_artifact_pin.pins.positions import exempt_position
from flake8_artifact_pin.pins.positions import pin_position
from flake8_artifact_pin.pins.positions import setting_position
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.rules import commands
from flake8_artifact_pin.rules.changes import base_path
from flake8_artifact_pin.rules.changes import is_same_decision
from flake8_artifact_pin.rules.matching import CallChange
from flake8_artifact_pin.rules.matching import Kind
from flake8_artifact_pin.rules.matching import PlacedCall
from flake8_artifact_pin.rules.messages import decision_step
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.source.reasons import same_reason
from flake8_artifact_pin.source.report import FileReport
from flake8_artifact_pin.source.stores import compile_matcher

# How many lost calls a line lists.
_MAX_LISTED = 3


class Change(NamedTuple):
    """A change, one line of the result. The JSON format uses the names of these fields.

    ``subject`` is "call", "pin", "exempt", "setting" or "wrapper"; ``kind`` says how it changed. ``path`` is relative
    to the working directory and ``line`` is 1-based; for removed subjects they are those in the base. ``artifact`` is
    the key template of a call. ``undecided``: an artifact is new or a pin was raised, and nobody decided on it.
    """

    subject: str
    kind: str
    path: str
    line: int
    text: str
    artifact: str = ""
    undecided: bool = False


def all_changes(workspace: Workspace, since: Since) -> list[Change]:
    """Return the differences: PUT calls first, then pins, exemptions, settings and wrappers."""
    pins, old_pins = workspace.pins, since.snapshots.old_pins
    return [
        *sorted(_call_changes(workspace, since.changes), key=lambda change: not change.undecided),
        *_pin_changes(workspace, since),
        *_exempt_changes(workspace, old_pins, pins),
        *_setting_changes(workspace, old_pins, pins),
        *_new_wrappers(workspace, since),
    ]


def _call_changes(workspace: Workspace, changes: Sequence[CallChange]) -> Iterator[Change]:
    for change in changes:
        placed = change.new or change.old
        if change.kind is not Kind.SAME and placed:
            text = _call_text(workspace, change)
            if change.is_undecided:
                text += f"; {decision_step(workspace.pins, change)}"
            yield Change(
                "call", change.kind.value, workspace.shown(placed.path), placed.site.call.line, text,
                placed.site.call.key, change.is_undecided,
            )


def _call_text(workspace: Workspace, change: CallChange) -> str:
    old, new = change.old, change.new
    if new is None or old is None:
        return "".join(_in_words(placed) for placed in (old, new) if placed)
    if change.kind is Kind.CHANGED:
        return f"{old.site.call.shown_beside(new.site.call)} -> {_in_words(new, old)}"
    origin = []
    if change.kind is Kind.UNSUPPRESSED:
        origin.append(f"was suppressed: {old.site.reason}")
    if old.path != new.path and change.kind is not Kind.RENAMED:
        origin.append(f"from {workspace.shown(old.path)}")
    elif old.site.call.scope != new.site.call.scope:
        origin.append(f"was in {old.site.call.scope}")
    if old.site.call.method != new.site.call.method:
        origin.append(f"was {old.site.call.method}")
    return ", ".join([_in_words(new), *origin])


def _in_words(placed: PlacedCall, old: PlacedCall | None = None) -> str:
    site = placed.site
    reason = "" if site.is_counted else f" (suppressed: {site.reason})"
    shown = site.call.shown_beside(old.site.call) if old else site.call.shown
    return f"{shown} in {site.call.scope}{reason}"


def _pin_changes(workspace: Workspace, since: Since) -> Iterator[Change]:
    pins, old_pins = workspace.pins, since.snapshots.old_pins
    name, old_name = workspace.shown(pins.name), workspace.shown(old_pins.name)
    left = dict(old_pins.pins)
    for path, pin in sorted(pins.pins.items()):
        old = left.pop(base_path(path, old_pins, since.snapshots.renamed), None)
        kind, text = _pin_change(old, pin)
        is_undecided = pin in since.raised
        if kind:
            step = f"; decide: {commands.decide(pins, path)}" if is_undecided else ""
            line = pin_position(pins, pin).line
            yield Change("pin", kind, name, line, f"{quote(path)}: {text}{step}", "", is_undecided)
    for path, old in sorted(left.items()):
        text = f"{quote(path)}: was {old.allowed}, {_decided(old)}"
        yield Change("pin", "removed", old_name, pin_position(old_pins, old).line, text)


def _pin_change(old: Pin | None, pin: Pin) -> tuple[str, str]:
    """Return how a pin changed, and the text; two empty strings if it did not."""
    if old is None:
        return "added", f"{pin.allowed}, {_decided(pin)}"
    words = _new_decisions(old, pin)
    if pin.allowed != old.allowed:
        kind = "raised" if pin.allowed > old.allowed else "lowered"
        return kind, "; ".join([f"{old.allowed} -> {pin.allowed}", *(words or [_decided(pin)] * (pin.calls is None))])
    moved = [f"was {quote(old.path)}"] if old.path != pin.path else []
    if moved or words:
        return "moved" if moved else "decided", "; ".join([*moved, *words])
    return "", ""


def _new_decisions(old: Pin, pin: Pin) -> list[str]:
    """Return texts on added, removed and changed decisions."""
    if old.calls is None and pin.calls is None:
        same = _is_same(old.decision, pin.decision)
        return [] if same else [f"{_text(pin.decision)} (was: {_text(old.decision)})"]
    before = {name: call.decision for name, call in (old.calls or {}).items()}
    now = {name: call.decision for name, call in (pin.calls or {}).items()}
    words = [f"{quote(name)} {_text(now[name])}" for name in now if name not in before]
    words += [f"without {quote(name)} ({_text(before[name])})" for name in before if name not in now]
    words += [
        f"{quote(name)} {_text(now[name])} (was: {_text(before[name])})"
        for name in now
        if name in before and not _is_same(now[name], before[name])
    ]
    if old.calls is None:
        words.append(f"was a count: {_text(old.decision)}")
    elif pin.calls is None:
        words.append(f"is a count now: {_text(pin.decision)}")
    return words


def _is_same(decision: Decision, other: Decision) -> bool:
    return is_same_decision(decision, other) and decision.until == other.until


def _exempt_changes(workspace: Workspace, old: Pins, new: Pins) -> Iterator[Change]:
    before, now = _exemptions(old), _exemptions(new)
    for key in sorted(before.keys() | now.keys()):
        pins = new if key in now else old
        if key not in before:
            files = [path for path in workspace.files() if exemption(new.exempt, path) == key]
            calls = sum(len(scanned.report.sites) for scanned in scan(workspace, files))
            kind, text = "added", f"{now[key]} ({count(calls, 'PUT call')} there)"
        elif key not in now:
            kind, text = "removed", f"was {before[key]}"
        elif same_reason(now[key], before[key]):
            continue
        else:
            kind, text = "decided", f"{now[key]} (was: {before[key]})"
        line = exempt_position(pins, key).line
        yield Change("exempt", kind, workspace.shown(pins.name), line, f"{quote(key)}: {text}")


def _exemptions(pins: Pins) -> dict[str, str]:
    """Return the reason of each exemption with its last day."""
    until = pins.exempt.until
    return {
        key: f"{reason}; until: {until[key]}" if key in until else reason
        for key, reason in pins.exempt.reasons.items()
    }


def _setting_changes(workspace: Workspace, old: Pins, new: Pins) -> Iterator[Change]:
    """Yield added and removed stores and patterns, with the lost calls, and checks that were switched off."""
    if old.faults or not old.path:
        # the old settings are unknown
        return
    for setting, before, now in (("stores", old.stores, new.stores), ("patterns", old.patterns, new.patterns)):
        for value in now:
            if value not in before:
                yield _setting(workspace, new, setting, "added", quote(value))
        for value in before:
            if value not in now:
                stores = (*new.stores, value) if setting == "stores" else new.stores
                patterns = (*new.patterns, value) if setting == "patterns" else new.patterns
                lost = _lost_calls(workspace, compile_matcher(stores, patterns))
                yield _setting(workspace, old, setting, "removed", f"{quote(value)}{lost}")
    if old.require_decision and not new.require_decision:
        yield _setting(workspace, old, "require-decision", "removed", "no decision is required any more")
    if old.registry and old.registry != new.registry:
        now_read = f"now {quote(new.registry)}" if new.registry else "no registry is read any more"
        yield _setting(workspace, old, "registry", "removed", f"{quote(old.registry)}, {now_read}")


def _setting(workspace: Workspace, pins: Pins, setting: str, kind: str, text: str) -> Change:
    line = setting_position(pins, setting).line
    return Change("setting", kind, workspace.shown(pins.name), line, f"{setting}: {text}")


def _lost_calls(workspace: Workspace, counting: Matcher) -> str:
    """Return a text on current PUT calls that ``counting`` matches and the current matcher does not."""
    now, then = _calls(workspace), _calls(workspace._replace(matcher=counting))
    lost = [f"{printable_place(*place[:2])} {shown}" for place, shown in then.items() if place not in now]
    if not lost:
        return ""
    return f" ({count(len(lost), 'PUT call')} no longer counted: {listed(lost, _MAX_LISTED)})"


def _calls(workspace: Workspace) -> dict[tuple[str, int, int], str]:
    """Return the PUT calls, as messages show them, by path, line and column."""
    return {
        (scanned.name, site.call.line, site.call.column): site.call.shown
        for scanned in scan(workspace, workspace.files())
        if not scanned.exempt
        for site in scanned.report.sites
    }


def _new_wrappers(workspace: Workspace, since: Since) -> Iterator[Change]:
    """Yield the wrappers in changed files that the base did not have."""
    snapshots = since.snapshots
    before = {(path, function) for path, report in snapshots.old.items() for function in _key_functions(report)}
    new = {
        (path, function)
        for path, report in snapshots.new.items()
        for function in _key_functions(report)
        if (snapshots.renamed.get(path, path), function) not in before
    }
    if not new:
        return
    names = {(workspace.shown(path), function) for path, function in new}
    wrappers = find_wrappers(workspace, list(scan(workspace, sorted({path for path, _ in new}))))
    for text, place in advice(wrapper for wrapper in wrappers if (wrapper.path, wrapper.name) in names):
        yield Change("wrapper", "added", *place, text)


def _key_functions(report: FileReport) -> frozenset[str]:
    """Return the functions that write whatever key their callers pass."""
    return frozenset(site.call.key_parameter.function for site in report.sites if site.call.key_parameter)


def _decided(pin: Pin) -> str:
    """Return the decision on a pin, or on each of its named calls."""
    if pin.calls is None:
        return _text(pin.decision)
    return "; ".join(f"{quote(name)} {_text(call.decision)}" for name, call in pin.calls.items())


def _text(decision: Decision) -> str:
    return decision.text or "no decision"
