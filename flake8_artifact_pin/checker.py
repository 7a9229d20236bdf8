"""The checker that flake8 loads: options in, the findings of one file out.

Most of the package is imported on use: an editor starts flake8 at each save, mostly for a file without a PUT call.
"""
from __future__ import annotations

import argparse
import ast
import multiprocessing
import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import ClassVar
from typing import TYPE_CHECKING

from flake8.exceptions import ExecutionError
from flake8.options.manager import OptionManager

from flake8_artifact_pin.pins.files import find_pins_file
from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.files import missing_pins
from flake8_artifact_pin.pins.files import PinsNotFoundError
from flake8_artifact_pin.pins.model import Fault
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.reporter import interpose

if TYPE_CHECKING:
    from flake8_artifact_pin.rules.findings import Finding


class ArtifactPinChecker:
    """Checks one file. The class holds the pins of the run, which ``parse_options`` reads."""

    pins: ClassVar[Pins] = Pins("", "")

    def __init__(
        self,
        tree: ast.AST,
        lines: Sequence[str],
        filename: str,
        noqa_line_for: Callable[[int], str | None],
    ) -> None:
        """Take the attributes of flake8's FileProcessor. Do not open ``filename``: it may only be a name for stdin."""
        self.tree = tree
        self.lines = lines
        self.filename = filename
        self.noqa_line_for = noqa_line_for

    @classmethod
    def add_options(cls, option_manager: OptionManager) -> None:
        """Register ``--artifact-pins``, also for flake8's config file."""
        option_manager.add_option(
            "--artifact-pins",
            metavar="PATH",
            parse_from_config=True,
            normalize_paths=True,
            help="The file that pins the PUT calls of each file. A name without a directory is looked for from the "
            "working directory upwards. (Default: the nearest artifact-pins.toml, or pyproject.toml with a table "
            "[tool.artifact-pins])",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Read the pins file of this run.

        Raise flake8.exceptions.ExecutionError if the user names a file that does not exist.
        """
        cwd = os.getcwd()
        try:
            cls.pins = load_pins(find_pins_file(options.artifact_pins, cwd), cwd)
        except PinsNotFoundError as error:
            problem = f"--artifact-pins: {error}"
            # flake8 calls this again in each worker that it spawns, and hangs if only a worker raises
            if multiprocessing.parent_process() is None:
                raise ExecutionError(problem)
            cls.pins = Pins(os.path.join(cwd, options.artifact_pins), cwd, faults=(Fault(1, 0, problem),))
        interpose(options, cls.pins, _pins_findings)

    def run(self) -> Iterator[tuple[int, int, str, type[ArtifactPinChecker]]]:
        """Yield line (1-based), column (0-based), "CODE text" and this class for each finding."""
        for finding in self._findings():
            yield finding.line, finding.column, f"{finding.code} {finding.text}", type(self)

    def _findings(self) -> Sequence[Finding]:
        matters = self._may_matter()
        if not matters and not self.pins.pins:
            return ()
        from flake8_artifact_pin.pins.paths import judged_path

        path = judged_path(self.pins, self.filename)
        if path is None or not matters and path not in self.pins.pins:
            return ()
        from flake8_artifact_pin.rules.messages import file_findings
        from flake8_artifact_pin.rules.verdict import judge_file
        from flake8_artifact_pin.source.report import report_file
        from flake8_artifact_pin.source.stores import compile_matcher

        matcher = compile_matcher(self.pins.stores, self.pins.patterns)
        report = report_file(self.tree, self.lines, self.filename, self.noqa_line_for, matcher)
        return file_findings(self.pins, judge_file(self.pins, path, report))

    def _may_matter(self) -> bool:
        text = "".join(self.lines)
        if not text.strip():
            return False
        from flake8_artifact_pin.source.stores import compile_matcher

        return compile_matcher(self.pins.stores, self.pins.patterns).may_matter(text)


def _pins_findings(pins: Pins) -> Sequence[Finding]:
    missing = missing_pins(pins) if pins.pins else ()
    if not (pins.faults or missing or pins.require_decision or _has_bad_exemption(pins)):
        return ()
    from flake8_artifact_pin.rules.messages import pins_findings

    return pins_findings(pins, missing)


def _has_bad_exemption(pins: Pins) -> bool:
    """Return whether an exemption has no reason, or a pinned file is exempt."""
    if not pins.exempt.reasons:
        return False
    from flake8_artifact_pin.pins.paths import exemption

    return any(exemption(pins.exempt, path) for path in pins.pins) or bool(pins.exempt.unexplained)
