"""What differs between two states of a repository, as lines of the result."""
from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.since import Since
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
from flake8_artifact_pin.rules.matching import CallChange
from flake8_artifact_pin.rules.matching import Kind
from flake8_artifact_pin.rules.matching import PlacedCall
from flake8_artifact_pin.rules.changes import says_the_same
from flake8_artifact_pin.source.stores import compile_matcher

_FEWEST_CALLERS = 2


class Change(NamedTuple):
    """A line of the result; the names of the fields are those of the JSON format.

    ``subject`` is "call", "pin", "exempt", "setting" or "wrapper"; ``kind`` says what became of it. ``path`` is relative
    to the working directory and ``line`` is 1-based; of what is gone they are those in the base. ``artifact`` is the key
    template of a call. ``undecided``: an artifact came, or a pin was raised, and nobody decided on it.
    """

    subject: str
    kind: str
    path: str
    line: int
    text: str
    artifact: str = ""
    undecided: bool = False


def all_changes(workspace: Workspace, since: Since) -> list[Change]:
    """Return what differs: PUT calls first, then pins, exemptions, settings and wrappers."""
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
                text += f"; decide: {commands.decide(workspace.pins, placed.path, placed.site.call.line)}"
            yield Change(
                "call", change.kind.value, workspace.shown(placed.path), placed.site.call.line, text,
                placed.site.call.key, change.is_undecided,
            )


def _call_text(workspace: Workspace, change: CallChange) -> str:
    old, new = change.old, change.new
    if new is None or old is None:
        return _in_words(new or old)
    if change.kind is Kind.CHANGED:
        return f"{old.site.call.shown} -> {_in_words(new)}"
    if change.kind is Kind.MOVED:
        return f"{_in_words(new)}, from {workspace.shown(old.path)}"
    if change.kind is Kind.RENAMED and old.site.call.scope != new.site.call.scope:
        return f"{_in_words(new)}, was in {old.site.call.scope}"
    return _in_words(new)


def _in_words(placed: PlacedCall | None) -> str:
    if placed is None:
        return ""
    site = placed.site
    reason = "" if site.is_counted else f" (suppressed: {site.reason})"
    return f"{site.call.shown} in {site.call.scope}{reason}"


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
    """Return what became of a pin and the words for it; nothing if it is the same."""
    if old is None:
        return "added", f"{pin.allowed}, {_decided(pin)}"
    words = _new_decisions(old, pin)
    counts = f"{old.allowed} -> {pin.allowed}"
    if pin.allowed != old.allowed:
        return "raised" if pin.allowed > old.allowed else "lowered", "; ".join([counts, *words])
    moved = [f"was {quote(old.path)}"] if old.path != pin.path else []
    if moved or words:
        return "moved" if moved else "decided", "; ".join([*moved, *words])
    return "", ""


def _new_decisions(old: Pin, pin: Pin) -> list[str]:
    """Return in words which decisions came, went and were overwritten."""
    if old.calls is None and pin.calls is None:
        same = says_the_same(old.decision, pin.decision)
        return [] if same else [f"{_text(pin.decision)} (was: {_text(old.decision)})"]
    before = {name: call.decision for name, call in (old.calls or {}).items()}
    now = {name: call.decision for name, call in (pin.calls or {}).items()}
    words = [f"{quote(name)} {_text(now[name])}" for name in now if name not in before]
    words += [f"without {quote(name)} ({_text(before[name])})" for name in before if name not in now]
    words += [
        f"{quote(name)} {_text(now[name])} (was: {_text(before[name])})"
        for name in now
        if name in before and not says_the_same(now[name], before[name])
    ]
    if old.calls is None:
        words.append(f"was a count: {_text(old.decision)}")
    elif pin.calls is None:
        words.append(f"is a count now: {_text(pin.decision)}")
    return words


def _exempt_changes(workspace: Workspace, old: Pins, new: Pins) -> Iterator[Change]:
    before, now = old.exempt.reasons, new.exempt.reasons
    for key in sorted(now.keys() - before.keys()):
        files = [path for path in workspace.files() if exemption(new.exempt, path) == key]
        calls = sum(len(scanned.report.sites) for scanned in scan(workspace, files))
        text = f"{quote(key)}: {now[key]} ({count(calls, 'PUT call')} there)"
        yield Change("exempt", "added", workspace.shown(new.name), exempt_position(new, key).line, text)
    for key in sorted(before.keys() - now.keys()):
        text = f"{quote(key)}: was {before[key]}"
        yield Change("exempt", "removed", workspace.shown(old.name), exempt_position(old, key).line, text)
    for key in sorted(now.keys() & before.keys()):
        if now[key] != before[key]:
            text = f"{quote(key)}: {now[key]} (was: {before[key]})"
            yield Change("exempt", "decided", workspace.shown(new.name), exempt_position(new, key).line, text)


def _setting_changes(workspace: Workspace, old: Pins, new: Pins) -> Iterator[Change]:
    """Yield the stores and patterns that came and went, with the calls that are lost, and whether decisions are required."""
    if old.faults or not old.path:
        # nobody knows which there were
        return
    lost = _lost_calls(workspace, old, new)
    for setting, before, now in (("stores", old.stores, new.stores), ("patterns", old.patterns, new.patterns)):
        for value in now:
            if value not in before:
                yield _setting(workspace, new, setting, "added", quote(value))
        for value in before:
            if value not in now:
                calls = f" ({count(lost, 'PUT call')} no longer counted)" if lost else ""
                yield _setting(workspace, old, setting, "removed", f"{quote(value)}{calls}")
    if old.require_decision and not new.require_decision:
        text = "no decision is required any more"
        yield _setting(workspace, old, "require-decision", "removed", text)


def _setting(workspace: Workspace, pins: Pins, setting: str, kind: str, text: str) -> Change:
    line = setting_position(pins, setting).line
    return Change("setting", kind, workspace.shown(pins.name), line, f"{setting}: {text}")


def _lost_calls(workspace: Workspace, old: Pins, new: Pins) -> int:
    """Return how many PUT calls of now the stores and patterns of the base count, and those of now do not."""
    if {*old.stores, *old.patterns} <= {*new.stores, *new.patterns}:
        return 0
    counting = workspace._replace(matcher=compile_matcher(old.stores, old.patterns))
    paths = workspace.files()
    return len(_places(counting, paths) - _places(workspace, paths))


def _places(workspace: Workspace, paths: Sequence[str]) -> set[tuple[str, int, int]]:
    return {
        (scanned.path, site.call.line, site.call.column)
        for scanned in scan(workspace, paths)
        if not scanned.exempt
        for site in scanned.report.sites
    }


def _new_wrappers(workspace: Workspace, since: Since) -> Iterator[Change]:
    """Yield the wrappers that the base did not have, in files that differ."""
    snapshots = since.snapshots
    before = {
        (path, site.call.key_parameter.function)
        for path, report in snapshots.old.items()
        for site in report.sites
        if site.call.key_parameter
    }
    changed = [
        scanned
        for scanned in scan(workspace, [path for path in snapshots.new if path in workspace.files()])
        if any(
            site.call.key_parameter and (snapshots.renamed.get(scanned.path, scanned.path), site.call.key_parameter.function)
            not in before
            for site in scanned.report.sites
        )
    ]
    for wrapper in find_wrappers(workspace, changed) if changed else ():
        if wrapper.callers >= _FEWEST_CALLERS:
            text = (
                f"{wrapper.name}({wrapper.parameter}) writes whatever key its {count(wrapper.callers, 'caller')} pass, as one "
                "PUT call"
            )
            yield Change("wrapper", "added", wrapper.path, wrapper.line, text)


def _decided(pin: Pin) -> str:
    """Return what was decided on a pin, or on each of the calls that it names."""
    if pin.calls is None:
        return _text(pin.decision)
    return "; ".join(f"{quote(name)} {_text(call.decision)}" for name, call in pin.calls.items())


def _text(decision: Decision) -> str:
    return decision.text or "no decision"
