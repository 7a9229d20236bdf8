"""The page of codes has a section for each, and its examples do what it says."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import Project

import flake8_artifact_pin
from flake8_artifact_pin.rules.findings import CODES

pytestmark = pytest.mark.once

PAGE = (Path(flake8_artifact_pin.__file__).parent / "docs" / "codes.md").read_text(encoding="utf-8")
SECTIONS = dict(zip(CODES, re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_each_code_has_a_section() -> None:
    titles = [section.partition("\n")[0] for section in SECTIONS.values()]
    assert titles == [f"{code}: {row.summary}" for code, row in CODES.items()]


@pytest.mark.parametrize("code", [code for code, row in CODES.items() if not row.needs])
def test_examples(project: Project, code: str) -> None:
    """A block of text is what flake8 says of the blocks before it; of those at the end it says nothing."""
    blocks = BLOCK.findall(SECTIONS[code])
    shown = 0
    for language, text in blocks:
        if language == "text":
            shown += 1
            assert project.flake8().lines == text.splitlines()
            assert code in text
        else:
            project.write({text.partition("\n")[0].removeprefix("# "): text})
    assert shown and blocks[-1][0] != "text"
    assert project.flake8().lines == []
