"""What is said beside the findings: where the guard is silent."""
from __future__ import annotations

import pytest
from support import PINS
from support import PUT
from support import Repository

pytestmark = pytest.mark.once

GCS = "from google.cloud import storage\n"
UPLOAD = f"{GCS}bucket.blob('x').upload_from_string('y')\n"
MODULES = "google.cloud.storage or gcloud.aio.storage"
NOT_COUNTED = f'{MODULES} (%s), but stores has no "gcs": add it, or exempt what need not be counted'
NONE_COUNTED = (
    f"1 file imports {MODULES} (a.py), but no PUT call of gcs is counted: see flake8-artifact-pin explain limits, "
    "or exempt what only reads"
)
SAVE = "def save(key):\n    s3.put_object(Key=key)\n"
SITES = "flake8-artifact-pin sites names those with several callers"


def notes(repository: Repository, *arguments: str) -> list[str]:
    """Return the lines on standard error, but for the numbers."""
    return repository.run("check", *arguments).err.splitlines()[1:]


# The files, and what is said.
NOTES: dict[str, tuple[dict[str, str], list[str]]] = {
    "a store that is not counted": (
        {f"{number}.py": GCS for number in range(12)}, [f"12 files import {NOT_COUNTED % '0.py, 1.py, and 10 more'}"],
    ),
    "a store of which nothing is counted": ({"a.py": GCS, PINS: 'stores = ["gcs"]'}, [NONE_COUNTED]),
    "a store that is counted": ({"a.py": UPLOAD, PINS: 'stores = ["gcs"]'}, []),
    "all stores, and nothing is counted": ({"a.py": GCS, PINS: 'stores = ["*"]'}, [NONE_COUNTED]),
    "an exempt file": ({"a.py": "", "b.py": GCS, PINS: '[exempt]\n"b.py" = "it only reads"\n'}, []),
    "counted in an exempt file alone": (
        {"a.py": GCS, "b.py": UPLOAD, PINS: 'stores = ["gcs"]\n[exempt]\n"b.py" = "scratch files"\n'}, [NONE_COUNTED],
    ),
    "suppressed": ({"a.py": f"{UPLOAD.strip()}  # noqa: APR001 - a probe\n", PINS: 'stores = ["gcs"]'}, []),
    "a wrapper": ({"a.py": SAVE}, [f"1 function writes whatever key its callers pass: {SITES}"]),
    "wrappers": (
        {
            "a.py": f"{SAVE}    s3.put_object(Key=key)\nclass A:\n    def put(self, key): s3.put_object(Key=key)\n",
            "b.py": SAVE, PINS: '[exempt]\n"b.py" = "scratch files"\n',
        },
        [f"2 functions write whatever key their callers pass: {SITES}"],
    ),
    "a wrapper whose callers a pattern counts": (
        {"a.py": SAVE, "b.py": "import a\na.save('x')\n", PINS: 'patterns = ["a.sav*"]\n'}, [],
    ),
}


@pytest.mark.parametrize("case", NOTES)
def test_notes(directory: Repository, case: str) -> None:
    files, expected = NOTES[case]
    directory.write(files)
    assert notes(directory) == expected


def test_what_pins_do_not_reach(repository: Repository) -> None:
    repository.commit({
        "a.py": f"{GCS}{SAVE}", "x.ipynb": "{}", PINS: '[pins]\n"a.py" = 1\n"x.ipynb" = 2\n',
        "pyproject.toml": "[tool.artifact-pins]\n", "sub/pyproject.toml": "[tool.artifact-pins]\n",
        f"sub/deep/{PINS}": "", "other/pyproject.toml": "[project]\n",
    })
    repository.write({"new.py": PUT})
    ignored = "pyproject.toml has pins, too, which are ignored because of artifact-pins.toml: keep one of the two"
    assert repository.run("check").status == 0
    repository.monkeypatch.chdir("other")
    assert notes(repository) == [
        f"../{ignored}",
        f"1 file imports {NOT_COUNTED % '../a.py'}",
        f"1 function writes whatever key its callers pass: {SITES}",
        f"other pins files, used only by runs in their directories: ../sub/deep/{PINS}, ../sub/pyproject.toml",
        "../x.ipynb is not Python and is not judged: its pin is kept",
        "1 file with PUT calls not judged, since git does not track them (git add): ../new.py",
    ]
    # who names files looks at these, and they need not hold the PUT calls of a store
    assert notes(repository, "../a.py") == [f"../{ignored}"]


def test_untracked_files(repository: Repository) -> None:
    """Those with PUT calls that count; flake8 judges them."""
    repository.commit({"a.py": PUT, PINS: '[exempt]\n"t/" = "tests"\n[pins]\n"a.py" = 1\n', ".gitignore": "build/\n"})
    repository.write({"b.py": "x = 1\n", "c.py": f"{PUT.strip()}  # noqa: APR001 - a probe\n", "t/d.py": PUT})
    repository.write({"build/e.py": PUT})
    assert notes(repository) == []
    repository.write({f"new{number}.py": PUT for number in range(7)})
    assert notes(repository) == [
        "7 files with PUT calls not judged, since git does not track them (git add): "
        "new0.py, new1.py, new2.py, new3.py, new4.py, and 2 more",
    ]


def test_nothing_is_tracked_yet(repository: Repository) -> None:
    """Then all files are judged."""
    repository.write({"a.py": PUT})
    assert notes(repository) == []
