"""The flake8 checker: gathers the facts of one file, and yields what the rules say of them."""
from __future__ import annotations

import argparse
import ast
import multiprocessing
import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import ClassVar

from flake8.exceptions import ExecutionError
from flake8.options.manager import OptionManager

from flake8_artifact_pin.source.report import report_file
from flake8_artifact_pin.source.report import may_matter
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS
from flake8_artifact_pin.source.patterns import Matcher
from flake8_artifact_pin.pins.model import Fault
from flake8_artifact_pin.pins.paths import judged_path
from flake8_artifact_pin.pins.files import missing_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.files import find_pins_file
from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.files import PinsNotFoundError
from flake8_artifact_pin.reporter import interpose
from flake8_artifact_pin.rules.findings import judge
from flake8_artifact_pin.rules.findings import judge_pins
from flake8_artifact_pin.rules.findings import with_visible_places


class ArtifactPinChecker:
    """Checks one file; the class itself holds what ``parse_options`` read for the run."""

    pins: ClassVar[Pins] = Pins("", "")
    matcher: ClassVar[Matcher] = compile_patterns((*DEFAULT_PATTERNS, *pins.patterns))

    def __init__(
        self,
        tree: ast.AST,
        lines: Sequence[str],
        filename: str,
        noqa_line_for: Callable[[int], str | None],
    ) -> None:
        """Take what flake8's file processor has; ``filename`` is only a name, stdin may have one too."""
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
            help="The file that pins the number of PUT calls of each file. A name without a directory is looked "
            "for from the working directory upwards. (Default: the nearest artifact-pins.toml, or "
            "pyproject.toml with a table [tool.artifact-pins])",
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
            # flake8 calls this again in each worker that it spawns, and waits for ever if only a worker raises.
            if multiprocessing.parent_process() is None:
                raise ExecutionError(problem)
            cls.pins = Pins(os.path.join(cwd, options.artifact_pins), cwd, faults=(Fault(1, 0, problem),))
        cls.matcher = compile_patterns((*DEFAULT_PATTERNS, *cls.pins.patterns))
        interpose(options, cls.pins, judge_pins(cls.pins, missing_pins(cls.pins)))

    def run(self) -> Iterator[tuple[int, int, str, type[ArtifactPinChecker]]]:
        """Yield line (1-based), column (0-based), code and text, and this class for each finding."""
        if not self.pins.pins and not may_matter("".join(self.lines), self.matcher):
            return
        path = judged_path(self.pins, self.filename)
        if path is None:
            return
        facts = report_file(self.tree, self.lines, self.filename, self.noqa_line_for, self.matcher)
        for finding in with_visible_places(judge(self.pins, path, facts), facts.noqa):
            yield finding.line, finding.column, f"{finding.code} {finding.text}", type(self)
