"""What setup.py says of itself is what the environments of tox.ini test."""
from __future__ import annotations

import configparser
import re
from importlib.metadata import metadata
from importlib.metadata import requires
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
CLASSIFIER = re.compile(r"Programming Language :: Python :: 3\.(\d+)")
REQUIREMENT = re.compile(r"(\w+)>=([\d.]+)(?!.*python_version)")


def tox(section: str, key: str) -> str:
    parser = configparser.RawConfigParser()
    parser.read(ROOT / "tox.ini", encoding="utf-8")
    return parser[section][key]


def test_pythons() -> None:
    """Each Python that a classifier names has an environment, and .ci/run looks for it."""
    classifiers = metadata("flake8-artifact-pin").get_all("Classifier") or []
    minors = [match[1] for match in map(CLASSIFIER.fullmatch, classifiers) if match]
    assert minors[0] == "10"
    assert f"py3{{{','.join(minors)}}}" in tox("tox", "labels")
    assert f"for minor in {' '.join(minors)}; do" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_lowest_versions() -> None:
    """The environment "lowest" has the lowest version that is allowed of each package that the plugin runs with."""
    matches = map(REQUIREMENT.match, requires("flake8-artifact-pin") or [])
    allowed = {match[1]: match[2] for match in matches if match}
    pinned = dict(line.split("==") for line in tox("testenv:lowest", "deps").split() if "==" in line)
    # 5.0.0 is "5"
    assert {name: version.removesuffix(".0").removesuffix(".0") for name, version in pinned.items()} == allowed
