"""What is printed beside the results, when nobody is there to read it."""
from __future__ import annotations

import os
import sys

import pytest
from support import Project

from flake8_artifact_pin.cli.main import main
from flake8_artifact_pin.cli.output import note


def test_no_standard_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({"a.py": "s3.put_object()\n"})
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["check"]) == 1
    assert main(["check", "nope.py"]) == 2
    assert project.capture.readouterr().out.decode().startswith("a.py:1:4: APR001 ")


def test_no_standard_output(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for cannot be given, so it is no success."""
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["check"]) == 2
    assert b"standard output is closed" in project.capture.readouterr().err


def test_standard_error_that_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        note("lost")
        note("lost, too")
        # as Python does when it ends
        stream.flush()
