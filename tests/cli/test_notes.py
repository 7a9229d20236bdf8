"""What is said beside the findings: where the guard is silent."""
from __future__ import annotations

import pytest
from support import PINS
from support import Project
from support import PUT
from support import Repository

pytestmark = pytest.mark.once

GCS = "from google.cloud import storage\n"
UPLOAD = f"{GCS}bucket.blob('x').upload_from_string('y')\n"
MODULES = "google.cloud.storage or gcloud.aio.storage"
NOT_COUNTED = 'but stores has no "gcs": add it, or exempt what need not be counted'
NONE_COUNTED = (
    f"imports {MODULES} (a.py), but no PUT call of gcs is counted: see flake8-artifact-pin explain limits, "
    "or exempt what only reads"
)
PINNED = '[pins]\n"a.py" = 1\n'


def notes(repository: Repository, *arguments: str) -> list[str]:
    """Return the lines on standard error, but for the numbers."""
    return repository.run("check", *arguments).err.splitlines()[1:]


# The files, and what is said.
SILENCE: dict[str, tuple[dict[str, str], list[str]]] = {
    "nothing": ({"a.py": PUT, PINS: PINNED}, []),
    "a store that is not counted": (
        {**{f"{number}.py": GCS for number in range(12)}, PINS: ""},
        [f"12 files import {MODULES} (0.py, 1.py, and 10 more), {NOT_COUNTED}"],
    ),
    "a store of which nothing is counted": ({"a.py": GCS, PINS: 'stores = ["gcs"]'}, [f"1 file {NONE_COUNTED}"]),
    "a store that is counted": ({"a.py": UPLOAD, PINS: f'stores = ["gcs"]\n{PINNED}'}, []),
    "all stores": ({"a.py": UPLOAD, PINS: f'stores = ["*"]\n{PINNED}'}, []),
    "all stores, and nothing is counted": ({"a.py": GCS, PINS: 'stores = ["*"]'}, [f"1 file {NONE_COUNTED}"]),
    "a store that is left out on purpose": (
        {"a.py": GCS, PINS: '[exempt]\n"a.py" = "writes to the bucket of another team"\n'}, [],
    ),
    "an exempt file": ({"a.py": "", "b.py": GCS, PINS: '[exempt]\n"b.py" = "it only reads"\n'}, []),
    "counted in an exempt file alone": (
        {"a.py": GCS, "b.py": UPLOAD, PINS: 'stores = ["gcs"]\n[exempt]\n"b.py" = "scratch files"\n'},
        [f"1 file {NONE_COUNTED}"],
    ),
    "suppressed": ({"a.py": f"{UPLOAD.strip()}  # noqa: APR001 - a probe\n", PINS: 'stores = ["gcs"]'}, []),
}


@pytest.mark.parametrize("case", SILENCE)
def test_silence(repository: Repository, case: str) -> None:
    files, expected = SILENCE[case]
    repository.commit(files)
    assert notes(repository) == expected


SAVE = "def save(key):\n    s3.put_object(Key=key)\n"
WRAPPERS: dict[str, tuple[dict[str, str], list[str]]] = {
    "one": (
        {"a.py": SAVE},
        ["1 function writes whatever key its callers pass: flake8-artifact-pin sites names those with several callers"],
    ),
    "some": (
        {"a.py": f"{SAVE}    s3.put_object(Key=key)\nclass A:\n    def put(self, key): s3.put_object(Key=key)\n"},
        [
            "2 functions write whatever key their callers pass: flake8-artifact-pin sites names those with several "
            "callers",
        ],
    ),
    "a pattern counts their callers": (
        {"a.py": SAVE, "b.py": "import a\na.save('x')\n", PINS: 'patterns = ["a.sav*"]\n'}, [],
    ),
    "in an exempt file": ({"a.py": SAVE, PINS: '[exempt]\n"a.py" = "scratch files"\n'}, []),
}


@pytest.mark.parametrize("case", WRAPPERS)
def test_wrappers(directory: Repository, case: str) -> None:
    files, expected = WRAPPERS[case]
    directory.write({PINS: "", **files})
    assert notes(directory) == expected


def test_named_paths_say_nothing_of_the_repository(repository: Repository) -> None:
    """A part of it need not hold the PUT calls of a store, and who names files looks at these."""
    repository.commit({"a.py": GCS, "b.py": "", PINS: '[pins]\n"x.ipynb" = 1\n', "x.ipynb": "{}", f"sub/{PINS}": ""})
    repository.write({"new.py": PUT})
    assert len(notes(repository)) == 4
    assert notes(repository, "a.py", "b.py") == []


def test_what_pins_do_not_reach(repository: Repository) -> None:
    repository.commit({
        "a.py": PUT,
        "x.ipynb": "{}",
        PINS: f'{PINNED}"x.ipynb" = 2\n',
        "pyproject.toml": "[tool.artifact-pins]\n",
        "sub/pyproject.toml": "[tool.artifact-pins]\n",
        f"sub/deep/{PINS}": "",
        "other/pyproject.toml": "[project]\n",
    })
    expected = [
        "pyproject.toml has pins, too, which are ignored because of artifact-pins.toml: keep one of the two",
        f"other pins files, used only by runs in their directories: sub/deep/{PINS}, sub/pyproject.toml",
        "x.ipynb is not Python and is not judged: its pin is kept",
    ]
    assert notes(repository) == expected
    assert notes(repository, "a.py") == expected[:1]
    assert repository.run("check").status == 0
    repository.monkeypatch.chdir(repository.root / "other")
    assert notes(repository) == [
        f"../{expected[0]}",
        f"other pins files, used only by runs in their directories: ../sub/deep/{PINS}, ../sub/pyproject.toml",
        f"../{expected[2]}",
    ]


def test_untracked_files(repository: Repository) -> None:
    """Those with PUT calls that count; flake8 judges them."""
    repository.commit({"a.py": PUT, PINS: f'[exempt]\n"t/" = "tests"\n{PINNED}', ".gitignore": "build/\n"})
    repository.write({"b.py": "x = 1\n", "c.py": f"{PUT.strip()}  # noqa: APR001 - a probe\n", "t/d.py": PUT})
    repository.write({"build/e.py": PUT})
    assert notes(repository) == []
    repository.write({"new.py": PUT})
    tail = "not judged, since git does not track them (git add)"
    assert notes(repository) == [f"1 file with PUT calls {tail}: new.py"]
    repository.write({f"new{number}.py": PUT for number in range(6)})
    assert notes(repository) == [
        f"7 files with PUT calls {tail}: new.py, new0.py, new1.py, new2.py, new3.py, and 2 more",
    ]


def test_nothing_is_tracked_yet(project: Project) -> None:
    """Then all files are judged."""
    repository = Repository(project)
    repository.write({"a.py": PUT, PINS: PINNED})
    assert notes(repository) == []
