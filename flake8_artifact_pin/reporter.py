"""Report findings that belong to no linted file: the faults of the pins file, and those of its pins.

flake8 has no hook for the end of a run. But a checker's ``parse_options`` may change ``options.format`` before flake8
makes the formatter, so this module puts a reporter in front of the chosen formatter.
"""
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from collections.abc import Sequence
from types import FrameType
from typing import Any
from typing import ClassVar
from typing import TYPE_CHECKING

from flake8.formatting.default import Default
from flake8.main.application import Application
from flake8.plugins import reporter as flake8_reporter
from flake8.style_guide import Decision
from flake8.violation import Violation

from flake8_artifact_pin.pins.model import Pins

if TYPE_CHECKING:
    from flake8_artifact_pin.rules.findings import Finding

NAME = "artifact-pin"


class _Interposition:
    """The findings to report, and the options to restore.

    It is not a NamedTuple: creating that class would take much of the plugin's share of flake8's start.
    """

    def __init__(self, options: argparse.Namespace, pins: Pins, findings: Sequence[Finding]) -> None:
        self.format: str = options.format
        self.quiet: int = options.quiet
        self.pins = pins
        self.findings = findings


class ArtifactPinReporter:
    """A formatter that reports its own findings and delegates everything else to the chosen formatter."""

    interposition: ClassVar[_Interposition | None] = None

    def __init__(self, options: argparse.Namespace) -> None:
        """Make the chosen formatter, as flake8 would have made it."""
        self._interposition = self.interposition
        self._reported = 0
        if self._interposition:
            options.format, options.quiet = self._interposition.format, self._interposition.quiet
        if options.format == NAME:
            # users may choose this reporter themselves, since it is a registered formatter
            options.format = "default"
        self._application = _running_application()
        plugins = self._application.plugins if self._application else None
        self._formatter: Any = flake8_reporter.make(plugins.reporters, options) if plugins else Default(options)
        if self._application and self._interposition:
            self._add_to_count(self._application)

    def __getattr__(self, name: str) -> Any:
        """Return other attributes from the chosen formatter."""
        # copy.copy() asks for special methods before the copy has a formatter
        if name == "_formatter":
            raise AttributeError(name)
        return getattr(self._formatter, name)

    def start(self) -> None:
        """Start the chosen formatter, and report the findings of the pins file before any others."""
        self._formatter.start()
        self._report()

    def beginning(self, filename: str) -> None:
        """Begin with a file's results. Report here, too, since flake8's legacy API never calls ``start``."""
        self._report()
        self._formatter.beginning(filename)

    def _add_to_count(self, application: Application) -> None:
        """Add the findings to flake8's count, which decides exit status, ``--count`` and the legacy API's total.

        flake8 sets the count in Application.report_errors(), after all files, and has no hook for it.
        """
        report_errors = application.report_errors

        def report_all_errors() -> None:
            report_errors()
            reported, self._reported = self._reported, 0
            application.result_count += reported

        setattr(application, "report_errors", report_all_errors)

    def _report(self) -> None:
        interposition, self._interposition = self._interposition, None
        guide = self._application.guide if self._application else None
        if interposition is None or guide is None:
            return
        from flake8_artifact_pin.pins.paths import relative

        path = relative(interposition.pins.path)
        lines = interposition.pins.text.split("\n")
        style_guide = guide.style_guide_for(path)
        self._formatter.beginning(path)
        for finding in interposition.findings:
            # like StyleGuide.handle_error(), except that comments of a TOML file are not noqa comments
            if style_guide.should_report_error(finding.code) is Decision.Selected:
                violation = Violation(
                    finding.code,
                    path,
                    finding.line,
                    finding.column + 1,
                    finding.text,
                    physical_line=f"{lines[finding.line - 1]}\n",
                )
                self._formatter.handle(violation)
                guide.stats.record(violation)
                self._reported += 1
        self._formatter.finished(path)


def interpose(options: argparse.Namespace, pins: Pins, find: Callable[[Pins], Sequence[Finding]]) -> None:
    """Put the reporter in front of the chosen formatter if it has findings; else leave the options unchanged.

    ``find`` returns the findings of the pins file. It is not called if they cannot be shown.
    """
    ArtifactPinReporter.interposition = None
    # flake8 5 has --diff, which shows only findings on changed lines
    is_diff = getattr(options, "diff", False)
    if is_diff or not _shows_path(options) or not _lints_below(options.filenames, pins):
        return
    findings = find(pins)
    if findings:
        ArtifactPinReporter.interposition = _Interposition(options, pins, findings)
        options.format, options.quiet = NAME, 0


def _lints_below(filenames: Sequence[str], pins: Pins) -> bool:
    """Return whether flake8 lints files below the pins file's directory, and not only stdin or a copy elsewhere."""
    root = os.path.realpath(pins.root)
    # without names, flake8 lints the working directory
    return "-" not in filenames and any(_are_nested(root, os.path.realpath(name)) for name in filenames or ["."])


def _are_nested(directory: str, path: str) -> bool:
    """Return whether one of two real paths contains the other."""
    one, other = (os.path.join(os.path.normcase(name), "") for name in (directory, path))
    return one.startswith(other) or other.startswith(one)


def _shows_path(options: argparse.Namespace) -> bool:
    """Return whether the output shows the path. If not, an editor would show a finding in the open file."""
    return options.quiet > 0 or "%(" not in options.format or "%(path)" in options.format


def _running_application() -> Application | None:
    """Return the flake8 application that is making a formatter, from the call stack; None if there is none.

    Only the application has the formatters of all plugins, the style guide and the count of findings, and flake8 passes
    it to no plugin.
    """
    frame: FrameType | None = sys._getframe()
    while frame:
        caller = frame.f_locals.get("self")
        if isinstance(caller, Application):
            return caller
        frame = frame.f_back
    return None
