"""The pictures of the README show what the program prints."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

TESTS = Path(__file__).parent
README = (TESTS.parent / "README.md").read_text(encoding="utf-8")
NAMES = ["editor.svg", "terminal.svg"]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pictures")
    subprocess.run([sys.executable, str(TESTS / "tools" / "pictures.py"), str(directory)], check=True)
    return directory


@pytest.mark.parametrize("name", NAMES)
def test_picture(drawn: Path, name: str) -> None:
    """If this fails, run ``python tests/tools/pictures.py``."""
    assert (TESTS / "pictures" / name).read_text(encoding="utf-8") == (drawn / name).read_text(encoding="utf-8")
    assert f"](tests/pictures/{name})" in README


def test_there_is_no_other_picture(drawn: Path) -> None:
    assert sorted(path.name for path in (TESTS / "pictures").iterdir()) == NAMES
    assert sorted(path.name for path in drawn.iterdir()) == NAMES
