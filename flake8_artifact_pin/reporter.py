"""Report what belongs to no linted file: the faults of the pins file, and what is wrong with its pins.

flake8 has no hook for the end of a run. It does let a checker's ``parse_options`` change ``options.format``
before it makes the formatter, so a reporter can be put in front of the one that the user chose.
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
    """What the reporter is to report, and the options that it must give back.

    Not a NamedTuple: making one takes much of what the plugin adds to a start of flake8.
    """

    def __init__(self, options: argparse.Namespace, pins: Pins, findings: Sequence[Finding]) -> None:
        self.format: str = options.format
        self.quiet: int = options.quiet
        self.pins = pins
        self.findings = findings


class ArtifactPinReporter:
    """A formatter that reports its own findings and passes everything else on to the chosen formatter."""

    interposition: ClassVar[_Interposition | None] = None

    def __init__(self, options: argparse.Namespace) -> None:
        """Make the formatter that the user chose, as flake8 would have made it."""
        self._interposition = self.interposition
        self._reported = 0
        if self._interposition:
            options.format, options.quiet = self._interposition.format, self._interposition.quiet
        if options.format == NAME:
            # it is on flake8's list of formatters, so somebody may choose it
            options.format = "default"
        self._application = _running_application()
        plugins = self._application.plugins if self._application else None
        self._formatter: Any = flake8_reporter.make(plugins.reporters, options) if plugins else Default(options)
        if self._application and self._interposition:
            self._add_to_count(self._application)

    def __getattr__(self, name: str) -> Any:
        """Return what is not overridden here from the chosen formatter."""
        # a copy has no formatter yet when it is asked for special methods
        if name == "_formatter":
            raise AttributeError(name)
        return getattr(self._formatter, name)

    def start(self) -> None:
        """Start the chosen formatter and report the findings of the pins file first."""
        self._formatter.start()
        self._report()

    def beginning(self, filename: str) -> None:
        """Pass on that flake8 begins with a file's results; its legacy API never calls ``start``."""
        self._report()
        self._formatter.beginning(filename)

    def _add_to_count(self, application: Application) -> None:
        """Let flake8 count the findings: exit status, ``--count`` and the legacy API's total come from its count.

        It sets that when all files are reported, and lends it to no plugin.
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
        path = _displayed(interposition.pins.path)
        lines = interposition.pins.text.split("\n")
        style_guide = guide.style_guide_for(path)
        self._formatter.beginning(path)
        for finding in interposition.findings:
            # as StyleGuide.handle_error() does, but a TOML file's comments are not noqa comments
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
    """Put the reporter in front of the chosen one if it has something to report, else leave the options alone.

    ``find`` returns the findings of the pins file; it is not called where they cannot be shown.
    """
    ArtifactPinReporter.interposition = None
    # flake8 5 can be asked for what a diff touches only
    is_diff = getattr(options, "diff", False)
    if is_diff or not _shows_path(options) or not _lints_below(options.filenames, pins):
        return
    findings = find(pins)
    if findings:
        ArtifactPinReporter.interposition = _Interposition(options, pins, findings)
        options.format, options.quiet = NAME, 0


def _lints_below(filenames: Sequence[str], pins: Pins) -> bool:
    """Return whether files below the pins file's directory are linted: not only standard input, or a copy elsewhere."""
    root = os.path.realpath(pins.root)
    # without any, flake8 lints the working directory
    return "-" not in filenames and any(_are_nested(root, os.path.realpath(name)) for name in filenames or ["."])


def _are_nested(directory: str, path: str) -> bool:
    """Return whether one of two real paths lies in the other."""
    one, other = (os.path.join(os.path.normcase(name), "") for name in (directory, path))
    return one.startswith(other) or other.startswith(one)


def _shows_path(options: argparse.Namespace) -> bool:
    """Return whether the output tells which file a finding is in; an editor takes it for the open file if not."""
    return options.quiet > 0 or "%(" not in options.format or "%(path)" in options.format


def _displayed(path: str) -> str:
    try:
        return os.path.relpath(path)
    except ValueError:
        # another drive
        return path


def _running_application() -> Application | None:
    """Return the flake8 application that is making a formatter.

    Only it knows the formatters of all plugins, local ones too, the style guide and the count of findings, and
    flake8 hands it to no plugin.
    """
    frame: FrameType | None = sys._getframe()
    while frame:
        caller = frame.f_locals.get("self")
        if isinstance(caller, Application):
            return caller
        frame = frame.f_back
    return None
