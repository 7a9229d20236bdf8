"""Describe changed settings: PUT calls that no longer count, and checks that were switched off."""
from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from flake8_artifact_pin.cli.diff.model import Change
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.cli.output import printable_place
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.positions import setting_position
from flake8_artifact_pin.pins.quoting import quote
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.workspace import Workspace
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.source.stores import compile_matcher

# How many lost calls a line lists.
_MAX_LISTED = 3


def setting_changes(workspace: Workspace, old: Pins, new: Pins) -> Iterator[Change]:
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
                lost = _lost_calls(workspace, compile_matcher(*_with(new, setting, value)))
                yield _setting(workspace, old, setting, "removed", f"{quote(value)}{lost}")
    if old.require_decision and not new.require_decision:
        yield _setting(workspace, old, "require-decision", "removed", "no decision is required any more")
    if old.registry and old.registry != new.registry:
        now_read = f"now {quote(new.registry)}" if new.registry else "no registry is read any more"
        yield _setting(workspace, old, "registry", "removed", f"{quote(old.registry)}, {now_read}")


def _setting(workspace: Workspace, pins: Pins, setting: str, kind: str, text: str) -> Change:
    line = setting_position(pins, setting).line
    return Change("setting", kind, workspace.shown(pins.name), line, f"{setting}: {text}")


def _with(pins: Pins, setting: str, value: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return the stores and the patterns of a pins file, with one more value in one of them."""
    return (
        (*pins.stores, *[value] * (setting == "stores")),
        (*pins.patterns, *[value] * (setting == "patterns")),
    )


def _lost_calls(workspace: Workspace, counting: Matcher) -> str:
    """Return a text on current PUT calls that ``counting`` matches and the current matcher does not."""
    paths = workspace.files()
    now = _calls(workspace, paths)
    then = _calls(workspace._replace(matcher=counting), paths)
    lost = {place: shown for place, shown in then.items() if place not in now}
    if not lost:
        return ""
    listed = [f"{printable_place(path, line)} {shown}" for (path, line, _), shown in [*lost.items()][:_MAX_LISTED]]
    more = [f"{len(lost) - _MAX_LISTED} more"] if len(lost) > _MAX_LISTED else []
    return f" ({count(len(lost), 'PUT call')} no longer counted: {', '.join([*listed, *more])})"


def _calls(workspace: Workspace, paths: Sequence[str]) -> dict[tuple[str, int, int], str]:
    """Return the PUT calls, as messages show them, by path, line and column."""
    return {
        (scanned.name, site.call.line, site.call.column): site.call.shown
        for scanned in scan(workspace, paths)
        if not scanned.exempt
        for site in scanned.report.sites
    }
