"""The manual on the command line."""
from __future__ import annotations

import json
import re

import pytest
from support import Repository

from flake8_artifact_pin.cli.explain import code_sections
from flake8_artifact_pin.cli.explain import pages_of_manual
from flake8_artifact_pin.rules.findings import CODES

pytestmark = pytest.mark.once

NAME = "flake8-artifact-pin"


def test_contents(directory: Repository) -> None:
    """Each page and code with its title, and all of them can be asked for."""
    outcome = directory.run("explain")
    assert (outcome.err, outcome.status) == ("", 0)
    topics = re.findall(r"^  (\S+) +(\S.*)$", outcome.out, re.MULTILINE)
    assert [topic for topic, _ in topics] == [*sorted(pages_of_manual()), "schema", *CODES]
    assert dict(topics)["APR001"] == "a PUT call in a file that makes more of them than its pin allows"
    assert dict(topics)["ci"] == "CI"
    for topic, _ in topics:
        outcome = directory.run("explain", topic)
        assert (outcome.err, outcome.status) == ("", 0)
        assert outcome.out.endswith("\n")


def test_pages() -> None:
    """Each begins with its title, and each code has a section, which ends where the next begins."""
    for topic, text in pages_of_manual().items():
        assert re.match(r"# \S.*\n\n", text), topic
    assert list(code_sections()) == list(CODES)
    for code, text in code_sections().items():
        assert re.findall(r"^## (.+?):", text, re.MULTILINE) == [code]
        assert text.rstrip() + "\n" == text


@pytest.mark.parametrize("topic", ["apr004", "Ci"])
def test_case_does_not_matter(directory: Repository, topic: str) -> None:
    assert directory.run("explain", topic).out.startswith(("## APR004: a noqa comment", "# CI\n"))


def test_schema(directory: Repository) -> None:
    path = directory.run("explain", "schema").out.removesuffix("\n")
    with open(path, encoding="utf-8") as file:
        assert "pins" in json.load(file)["properties"]


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        ("apr04", "did you mean apr004?"),
        ("shema", "did you mean schema?"),
        ("###\x1b[31m", f"there are {', '.join(CODES)}, "),
    ],
)
def test_unknown_topic(directory: Repository, topic: str, hint: str) -> None:
    outcome = directory.run("explain", topic)
    assert (outcome.out, outcome.status) == ("", 2)
    assert outcome.err.startswith(f"{NAME}: the manual has no topic ")
    assert hint in outcome.err
    assert outcome.err.removesuffix("\n").isprintable()
