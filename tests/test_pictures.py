"""The pictures of the README show what the program prints."""
from __future__ import annotations

from pathlib import Path

import pytest
from pictures import DRAWN

pytestmark = pytest.mark.once

TESTS = Path(__file__).parent
README = (TESTS.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DRAWN)
def test_picture(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """If this fails, run ``python tests/tools/pictures.py``."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("CI", raising=False)
    assert (TESTS / "pictures" / name).read_text(encoding="utf-8") == DRAWN[name]()
    assert f"](tests/pictures/{name})" in README


def test_there_is_no_other_picture() -> None:
    assert sorted(path.name for path in (TESTS / "pictures").iterdir()) == sorted(DRAWN)
