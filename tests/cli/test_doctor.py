"""``doctor`` says that the guard is alive exactly where flake8 reports a new PUT call, and else names the cause."""
from __future__ import annotations

import importlib.metadata
import itertools
import json
import os
import random
import re
import sys
import textwrap
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import flake8
import pytest
from flake8.style_guide import StyleGuideManager
from flake8.utils import get_python_version
from support import PINS
from support import Project
from support import Result

from flake8_artifact_pin.checker import ArtifactPinChecker
from flake8_artifact_pin.cli import doctor
from flake8_artifact_pin.cli.doctor.flake8_setup import ConfigFile
from flake8_artifact_pin.cli.main import main
from flake8_artifact_pin.reporter import ArtifactPinReporter

PRICES = "collectors/prices.py"
PRODUCER = 'import boto3\n\nboto3.client("s3").put_object(Key="prices")\n'
PINNED = '[pins]\n"collectors/prices.py" = 1\n'
REQUIRED = "require-plugins = flake8-artifact-pin\n"
NEW = "artifact_pin_doctor.py"
NOT_REQUIRED = (
    "require-plugins does not name flake8-artifact-pin, so flake8 passes everything where it is not installed; "
    "add require-plugins = flake8-artifact-pin under [flake8] in tox.ini"
)


@pytest.fixture(autouse=True)
def restored_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """flake8 adds the directories of local plugins to the path."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield


def run(project: Project, *arguments: str) -> Result:
    """Run the command within this process, and see that it prints nothing elsewhere."""
    project.capture.readouterr()
    status = main(["doctor", *arguments])
    sys.stdout.flush()
    output, error = project.capture.readouterr()
    assert error == b"" or status == 2
    return Result((error or output).decode(), status)


def run_json(project: Project, *arguments: str) -> tuple[list[dict[str, Any]], bool]:
    data = json.loads(run(project, "--format=json", *arguments).output)
    assert list(data) == ["version", "checks", "wrappers", "notes", "ok"]
    return data["checks"], data["ok"]


def write(project: Project, config: str = REQUIRED, files: Mapping[str, str] = {}) -> None:
    """Write a project with a pinned file; its configuration begins with line 2 of tox.ini."""
    project.write({PRICES: PRODUCER, PINS: PINNED, "tox.ini": f"[flake8]\n{config}", **files})


def failures(result: Result) -> list[str]:
    return [line.removeprefix("FAIL  ") for line in result.lines if line.startswith("FAIL")]


def reported(project: Project, names: Collection[str], call: str = 's3.put_object(Key="new")') -> set[str]:
    """Append a call to files or create them; return those in which flake8 itself reports that call."""
    last = {}
    for name in names:
        path = project.root / name
        text = path.read_bytes().decode() if path.exists() else ""
        text += "" if text.endswith("\n") or not text else "\n"
        path.write_bytes(f"{text}{call}\n".encode())
        last[name] = text.count("\n") + 1
    output = project.configured_flake8().output
    return {
        name for name, line in last.items()
        if re.search(rf"^\./{re.escape(name)}:{line}:\d+: APR00[16] ", output, re.MULTILINE)
    }


def test_output(project: Project) -> None:
    write(project, files={
        **dict.fromkeys(["evals/a.py", "evals/b.py", "evals/c.py"], PRODUCER),
        PINS: '[pins]\n"evals/b.py" = 2\n"evals/c.py" = 3\n"evals/a.py" = 1\n"collectors/prices.py" = 1\n'
        '"gone/a.py" = 1\n',
    })
    times = {path: path.stat().st_mtime_ns for path in project.root.rglob("*")}
    state = ArtifactPinChecker.pins, ArtifactPinReporter.interposition
    assert run(project) == (
        f"ok    flake8 {flake8.__version__} ({get_python_version()}) loads flake8-artifact-pin 1.0.0\n"
        "ok    flake8 fails where flake8-artifact-pin is not installed; an editor then shows nothing "
        "(explain editors)\n"
        "ok    flake8 uses artifact-pins.toml\n"
        "ok    flake8 fails if it finds something\n"
        "ok    flake8 selects APR001, APR000, APR004, APR011, E902 and E999\n"
        "ok    4 files judged, 0 exempt\n"
        "FAIL  artifact-pins.toml:2: the stale pin of evals/b.py lets a PUT call pass: 2 pinned, 1 counted; "
        "lower it (flake8-artifact-pin prune)\n"
        "FAIL  artifact-pins.toml:3: the stale pin of evals/c.py lets a PUT call pass: 3 pinned, 1 counted; "
        "lower it (flake8-artifact-pin prune)\n"
        "ok    2 pinned files: one PUT call more in each is reported\n"
        "ok    2 directories with pinned files: a new file with a PUT call is reported\n"
        "2 failures, 8 checks passed\n",
        1,
    )
    # nothing is written, and the classes are as before
    assert {path: path.stat().st_mtime_ns for path in project.root.rglob("*")} == times
    assert (ArtifactPinChecker.pins, ArtifactPinReporter.interposition) == state
    project.write({"tox.ini": "[flake8]\njobs = many\n"})
    assert run(project).status == 2
    assert ArtifactPinChecker.pins is state[0]


NAMED = '"<module>:put_object" = { registered = ["prices"] }'
GONE = f'{{ calls = {{ {NAMED}, "gone:put_object" = {{}}, "gone:put_object#2" = {{}} }} }}'
SWAPPED = 's3.upload_file("file", "bucket", "swapped")\n'
NO_LINK = (
    "{pins}: flake8 does not come to {name}: it follows no symbolic link to a directory, and enters no directory that "
    "it may not read; pin the file by its real path"
)


def stale(pinned: int, counted: int) -> str:
    counts = f"{pinned} pinned, {counted} counted"
    return f"{{pins}}: the stale pin of {{name}} lets a PUT call pass: {counts}; lower it (flake8-artifact-pin prune)"


def per_file(line: int, codes: str, passing: str = "a new PUT call", name: str = "{name}") -> str:
    return f"tox.ini:{line}: per-file-ignores ignores {codes} in {name}, so {passing} passes; remove it"


def excluded(line: int, pattern: str, option: str = "exclude", name: str = "{name}") -> str:
    return f"tox.ini:{line}: {option} keeps flake8 from {name}; do not exclude {pattern}"


ALL = "APR001, APR000, APR004, APR006 and APR011"
CONFIG = """\
exclude = .git, *skipped*
extend-exclude =
    build,
    ./out/
per_file_ignores =
    ignored/all.py: APR
    ignored/*.py, features/*.py:
        E501, APR001
    ignored/broken.py: E9
    ignored/longest.py: E501
    ignored/swap.py: APR006
"""
# Pinned files: the source, the pin, and why a new PUT call in the file passes. An empty source is that of another file.
FILES: dict[str, tuple[str, str, str]] = {
    "etl/as_pinned.py": (PRODUCER, "1", ""),
    "etl/broken.py": (
        f"{PRODUCER})\n", "1", "{name}:4: does not parse (unmatched ')'), so flake8 sees no PUT call; correct it",
    ),
    "etl/byte_order_mark.py": (f"\ufeff{PRODUCER}", "1", ""),
    "etl/file_noqa.py": (
        f"# producer\n# flake8: noqa: APR001 - by hand\n{PRODUCER}", "1",
        '{name}:2: "# flake8: noqa" makes flake8 skip the file; remove it',
    ),
    "etl/line_end.py": (PRODUCER[:-1], "1", ""),
    "etl/line_noqa.py": (PRODUCER.replace("\n", "  # noqa\n"), "1", ""),
    "etl/link.py": ("", "1", ""),
    "etl/named.py": (PRODUCER, f"{{ calls = {{ {NAMED} }} }}", ""),
    "etl/named_and_over.py": (PRODUCER * 2, f"{{ calls = {{ {NAMED} }} }}", ""),
    # a call that no entry names is reported however many entries there are
    "etl/named_and_gone.py": (PRODUCER, GONE, ""),
    # but this is the call that an entry names
    "etl/named_and_swapped.py": (SWAPPED, GONE, stale(3, 1)),
    "etl/named_twice.py": (PRODUCER, f'{{ calls = {{ {NAMED}, "<module>:put_object#2" = {{}} }} }}', stale(2, 1)),
    "etl/skipped.py": (PRODUCER, "1", excluded(3, "*skipped*")),
    "etl/stale.py": (PRODUCER, '{ count = 3, registered = ["prices"] }', stale(3, 1)),
    "etl/suppressed.py": (PRODUCER.replace(")\n", ")  # noqa: APR001 - a probe\n"), "1", stale(1, 0)),
    "etl/warnings.py": (f'PATTERN = "\\d"\n{PRODUCER}', "1", ""),
    "etl/zero.py": ("x = 1\n", "0", ""),
    "ignored/all.py": (PRODUCER, "1", per_file(8, ALL)),
    "ignored/broken.py": (PRODUCER, "1", per_file(11, "E902 and E999", "a file that cannot be read")),
    "ignored/longest.py": (PRODUCER, "1", ""),
    "ignored/others.py": (PRODUCER, "1", per_file(9, "APR001")),
    "ignored/swap.py": (PRODUCER, "1", per_file(13, "APR006", "a PUT call in the place of another one")),
    "link/as_pinned.py": ("", "1", NO_LINK),
    "out/a.py": (PRODUCER, "1", excluded(6, "out", "extend-exclude")),
    "scratch/pinned.py": (PRODUCER, "1", ""),
}
# Their calls are reported, and other findings are not.
OTHERS_PASS = {"ignored/broken.py", "ignored/swap.py"}


@pytest.mark.filterwarnings("ignore")
def test_files(project: Project) -> None:
    """Where doctor finds nothing wrong, flake8 reports a new PUT call, and nowhere else."""
    # in another order than they are listed in
    lines = {name: len(FILES) + 4 - number for number, name in enumerate(FILES)}
    entries = "".join(f'"{name}" = {FILES[name][1]}\n' for name in reversed(FILES))
    write(project, REQUIRED + CONFIG, {
        **{name: source for name, (source, *_) in FILES.items() if source},
        "evals/a.py": "",
        PINS: f'[exempt]\n"evals/" = "by hand"\n"./scratch/[!p]*" = "scratch files"\n[pins]\n{entries}',
    })
    (project.root / "link").symlink_to("etl")
    (project.root / "etl/link.py").symlink_to("as_pinned.py")
    expected = [
        failure.format(name=name, pins=f"{PINS}:{lines[name]}") for name, (*_, failure) in FILES.items() if failure
    ]
    good = {name for name, (*_, failure) in FILES.items() if not failure} | OTHERS_PASS
    *checks, summary = run(project).lines[5:]
    assert checks == [
        "ok    26 files judged, 1 exempt",
        *(f"FAIL  {failure}" for failure in expected),
        "ok    14 pinned files: one PUT call more in each is reported",
        f'FAIL  {per_file(9, "APR001", name="a new file in ignored/")}',
        f'FAIL  {excluded(6, "out", "extend-exclude", "a new file in out/")}',
        f'FAIL  {PINS}:3: "scratch/[!p]*" exempts a new file in scratch/; narrow it',
        "ok    1 directory with a pinned file: a new file with a PUT call is reported",
    ]
    assert summary == f"{len(expected) + 3} failures, 8 checks passed"
    assert reported(project, [*FILES, *(f"{name}/{NEW}" for name in ("etl", "ignored", "out", "scratch"))]) == {
        *good, f"etl/{NEW}",
    }


class Case(NamedTuple):
    """A configuration behind the line that requires the plugin, so it begins with line 3, and the failures.

    A ``call`` is written into ``pinned`` and ``new``, to ask flake8 itself; neither is there if it is empty.
    """

    config: str = ""
    failures: Sequence[str] = ()
    files: Mapping[str, str] = {}
    pinned: str = PRICES
    new: str = f"collectors/{NEW}"
    call: str = 's3.put_object(Key="new")'
    arguments: Sequence[str] = ()


def left_out(codes: str, passing: str = "a new PUT call") -> str:
    return f"tox.ini:3: select leaves out {codes}, so {passing} passes; add APR,E9"


COUNTED = "APR001, APR000, APR004 and APR011"
OTHER_PINS = (
    "tox.ini:3: flake8 uses other.toml, not artifact-pins.toml; "
    "set artifact-pins = ./artifact-pins.toml under [flake8]"
)
CASES = {
    "exclude the working directory": Case(
        "extend-exclude = ./\n",
        [excluded(3, ".", "extend-exclude", name) for name in ("main.py", "a new file in ./")],
        {"main.py": PRODUCER, PINS: '[pins]\n"main.py" = 1\n'},
        "main.py",
        NEW,
    ),
    "filename": Case("max-line-length = 100\nfilename = *_job.py\n", [
        f"tox.ini:4: filename keeps flake8 from {name}; add a pattern for it"
        for name in (PRICES, "a new file in collectors/")
    ]),
    "filename by default": Case(
        "",
        ["flake8's default filename keeps flake8 from bin/upload; add a pattern for it"],
        {"bin/upload": PRODUCER, PINS: '[pins]\n"bin/upload" = 1\n'},
        "bin/upload",
        f"bin/{NEW}",
    ),
    "ignore": Case("ignore =\n    E501\n    APR00\n    APR001\n", [
        "tox.ini:6: ignore = APR001 hides APR001, so a new PUT call passes; remove it",
        "tox.ini:5: ignore = APR00 hides APR001, APR000 and APR004, so a new PUT call passes; remove it",
    ]),
    "extend-ignore of APR004": Case("extend_ignore = APR004\n", [
        "tox.ini:3: extend-ignore = APR004 hides APR004, so a PUT call that a blanket noqa hides passes; remove it",
    ]),
    "select and a longer ignore": Case("select = APR, E9\nextend-ignore = APR000\n", [
        "tox.ini:4: extend-ignore = APR000 hides APR000, so everything under a pins file that cannot be used passes; "
        "remove it",
    ]),
    "select and ignore": Case("select = E\nignore = APR0\n", [
        left_out(COUNTED),
        f"tox.ini:4: ignore = APR0 hides {COUNTED}, so a new PUT call passes; remove it",
    ]),
    "select without APR009": Case(
        "select = APR000,APR001,APR004,APR011,E9\n",
        [left_out("APR009", "a pin without the decision that is required")],
        {PINS: f'require-decision = true\n[pins]\n"{PRICES}" = {{ count = 1, registered = ["prices"] }}\n'},
    ),
    "disable-noqa": Case("disable-noqa = true\n", (), {PRICES: f"# flake8: noqa\n{PRODUCER}"}),
    "a pins file below": Case(
        "artifact-pins = jobs/artifact-pins.toml\n",
        [
            NO_LINK.format(pins="jobs/artifact-pins.toml:2", name="jobs/link/prices.py"),
            "jobs/artifact-pins.toml:1: a new file in collectors/ is not below this pins file, so flake8 judges "
            "nothing in it; move the pins file up",
        ],
        {"jobs/artifact-pins.toml": '[pins]\n"link/prices.py" = 1\n'},
        "jobs/link/prices.py",
    ),
    "a pins file by another name": Case(
        "artifact-pins = ../alias/artifact-pins.toml\n", files={PINS: '[pins]\n"link.py" = 1\n'},
        pinned="link.py", new=NEW,
    ),
    "another pins file that cannot be used": Case(
        "artifact-pins = other.toml\n",
        [
            OTHER_PINS,
            *['other.toml:2: flake8 cannot use this pins file: unknown key "pin": did you mean "pins"?'] * 2,
        ],
        {"other.toml": "\n[pin]\n"},
        arguments=[f"--pins={PINS}"],
    ),
    "a pins file that flake8 does not find": Case(
        "",
        [
            f"flake8 uses {PINS}, not pins/other.toml; set artifact-pins = ./pins/other.toml under [flake8]",
            "pins/other.toml:1: nothing is pinned: [pins] has no file that exists; pin the files that make PUT calls",
        ],
        {"pins/other.toml": PINNED},
        "",
        f"pins/{NEW}",
        arguments=["--pins=pins/other.toml"],
    ),
    "pinned files that do not exist": Case(files={PINS: f'{PINNED}"collectors/gone.py" = 1\n"gone/a.py" = 1\n'}),
    "a pattern of a receiver that means something else": Case(
        files={PRICES: "import store as lib\nself.lib.write(1)\n", PINS: f'patterns = ["lib.write"]\n{PINNED}'},
        call="self.lib.write(2)",
    ),
    "a pattern that matches more than its own call": Case(
        files={
            PRICES: "x.lib()\n", "a.py": "x.lib().write()  # noqa: APR001 - a scratch file\n",
            PINS: f'patterns = ["lib().write", "lib"]\n{PINNED}',
        },
        call="x.lib()",
    ),
    "patterns that match no call": Case(
        "",
        [
            f"{PINS}:2: none of the patterns makes a PUT call in {PRICES}; correct them",
            f"{PINS}:2: none of the patterns makes a PUT call in a new file in collectors/; correct them",
            *(
                f'{PINS}:2: pattern "{pattern}" counts no PUT call: '
                "correct it (the function was renamed or moved?), or remove it"
                for pattern in ("1st.put", "if.put", "x[-].put", "put[z-a]")
            ),
        ],
        {
            PRICES: "",
            PINS: 'stores = []\npatterns = ["1st.put", "if.put", "x[-].put", "put[z-a]"]\n'
            '[pins]\n"collectors/prices.py" = 0\n',
        },
        call="pass",
    ),
}
# The checks of the two kinds of files that pass.
PASSED = {"pinned": "one PUT call more in each", "new": "a new file with a PUT call"}


@pytest.mark.parametrize("name", CASES)
def test_failures(project: Project, name: str) -> None:
    """Where doctor says that a PUT call is reported, flake8 reports it."""
    case = CASES[name]
    write(project, REQUIRED + case.config, case.files)
    (project.root / "../alias").symlink_to("project")
    (project.root / "link.py").symlink_to(PRICES)
    (project.root / "jobs").mkdir(exist_ok=True)
    (project.root / "jobs/link").symlink_to("../collectors")
    result = run(project, *case.arguments)
    assert failures(result) == [*case.failures]
    assert result.status == bool(case.failures)
    written = {case.pinned: "pinned", case.new: "new"}
    said = {check for check, words in PASSED.items() for line in result.lines if line[:2] == "ok" and words in line}
    names = [name for name in written if name]
    assert {written[name] for name in reported(project, names, case.call)} == said


@pytest.mark.parametrize("config", ["setup.cfg", ".flake8"])
def test_other_configuration_files(project: Project, config: str) -> None:
    """Lines are those of the first file with the section that can be read."""
    write(project, files={"setup.cfg": "[metadata]\n", "tox.ini": "[tox]\n[flake8\n", config: (
        "[metadata]\n\n[flake8]\n; for all\n  extend-exclude =\n    build,\n\n    # not a pattern\n    collectors\n"
    )})
    required, *found = failures(run(project))
    assert required == f"{config}:3: {NOT_REQUIRED}".replace("tox.ini", config)
    assert found == [
        excluded(9, "collectors", "extend-exclude", name).replace("tox.ini", config)
        for name in (PRICES, "a new file in collectors/")
    ]


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ("[tox]\n[flake8]\n", "tox.ini:2"),
        ("[flake8]\nrequire_plugins = pyflakes\n", "tox.ini:2"),
        ("[flake8:local-plugins]\n", "tox.ini"),
    ],
)
def test_not_required(project: Project, config: str, place: str) -> None:
    write(project, files={"tox.ini": config})
    assert failures(run(project)) == [f"{place}: {NOT_REQUIRED}"]


def test_no_configuration(project: Project) -> None:
    """Right after init, in a repository without a PUT call."""
    project.write({"a.py": "x = 1\n", PINS: "[pins]\n", "setup.cfg": b"\xff[flake8]\n", "tox.ini": "broken\n"})
    result = run(project)
    assert result.lines[1] == (
        "ok    flake8 has no configuration here: if you run flake8, and not only check, "
        "add require-plugins = flake8-artifact-pin under [flake8] in a new file .flake8"
    )
    assert result.lines[6] == (
        "ok    nothing is pinned, so each PUT call is reported: decide on the first one to pin its file"
    )
    assert result.status == 0


def test_advice_and_notes(project: Project) -> None:
    """A function that takes the key as a parameter, and what the pins do not reach, are no failures."""
    write(project, files={
        PRICES: "def save(key):\n    s3.put_object(Key=key)\n",
        "evals/a.py": "from collectors.prices import save\nsave('a')\nsave('b')\nfrom google.cloud import storage\n",
        "pyproject.toml": "[tool.artifact-pins]\n", "data.ipynb": "{}", PINS: f'{PINNED}"data.ipynb" = 1\n',
    })
    result = run(project)
    advice, *notes, _ = result.lines[9:]
    assert advice == (
        f"{PRICES}:1: save(key) writes whatever key its 2 callers pass, as one PUT call: "
        'add "prices.save" to patterns to count 2 calls in other files'
    )
    assert notes == [
        '1 file imports google.cloud.storage or gcloud.aio.storage (evals/a.py), but stores has no "gcs": '
        "add it, or exempt what need not be counted",
        "pyproject.toml has pins, too, which are ignored because of artifact-pins.toml: keep one of the two",
        "data.ipynb is not Python and is not judged: its pin is kept",
    ]
    assert len(failures(result)) == 1 and "data.ipynb" in failures(result)[0]
    assert json.loads(run(project, "--format=json").output)["notes"] == notes


def test_json(project: Project) -> None:
    write(project, f"{REQUIRED}select = E,F,W\n")
    checks, is_ok = run_json(project)
    assert [check["check"] for check in checks] == [
        "plugin", "require-plugins", "pins-file", "exit-status", "selected", "exempt",
    ]
    assert checks[2] == {
        "check": "pins-file", "ok": True, "path": None, "line": None, "message": "flake8 uses artifact-pins.toml",
    }
    assert checks[4] == {
        "check": "selected", "ok": False, "path": "tox.ini", "line": 3,
        "message": f"select leaves out {COUNTED}, so a new PUT call passes; add APR,E9",
    }
    assert not is_ok
    write(project)
    checks, is_ok = run_json(project)
    documented = re.findall(r"- ``([\w-]+)``:", doctor.run.__doc__ or "")
    # of the last two only failures are listed
    assert [*(check["check"] for check in checks), "broken-file", "patterns"] == documented
    assert is_ok


def test_below_the_configuration(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, f"{REQUIRED}exclude = *prices*\n", {
        "evals/kappa.py": PRODUCER, "collectors/pins/a.toml": '[pins]\n"a.py" = 0\n', "collectors/pins/a.py": "",
        PINS: f'{PINNED}"evals/kappa.py" = 1\n',
    })
    monkeypatch.chdir(project.root / "evals")
    assert failures(run(project)) == [
        f"flake8 lints the working directory, and {name} is not below it; run flake8 and this above it"
        for name in ("../collectors/prices.py", "a new file in ../collectors/")
    ]
    monkeypatch.chdir(project.root / "collectors")
    assert "../tox.ini:3: exclude keeps flake8 from prices.py; do not exclude *prices*" in failures(run(project))
    assert failures(run(project, "--pins=pins/a.toml")) == [
        "flake8 uses ../artifact-pins.toml, not pins/a.toml; "
        "set artifact-pins = ./collectors/pins/a.toml under [flake8]",
    ]
    project.write({"tox.ini": f"[flake8]\n{REQUIRED}artifact-pins = ./collectors/pins/a.toml\n"})
    assert run(project, "--pins=pins/a.toml").lines[2] == "ok    flake8 uses pins/a.toml"


def test_no_pins_file(project: Project) -> None:
    write(project)
    (project.root / PINS).unlink()
    result = run(project)
    assert failures(result) == ["there is no pins file, so nothing is pinned; run flake8-artifact-pin init"]
    assert result.lines[6:] == [
        "ok    1 directory with a pinned file: a new file with a PUT call is reported", "1 failure, 6 checks passed",
    ]


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """flake8 does not find this project's plugin among those that are installed."""
    distributions = list(importlib.metadata.distributions())
    others = [found for found in distributions if found.metadata["name"] != "flake8-artifact-pin"]
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: others)


def test_not_installed(project: Project, uninstalled: None) -> None:
    write(project, "")
    version = f"flake8 {flake8.__version__} ({get_python_version()})"
    assert run(project) == (
        f"FAIL  {version} does not load flake8-artifact-pin; install it beside that flake8\n"
        f"FAIL  tox.ini:1: {NOT_REQUIRED}\n"
        "2 failures, 0 checks passed\n",
        1,
    )


def test_local_plugin_of_another_code(project: Project, uninstalled: None) -> None:
    write(project, "[flake8:local-plugins]\nextension =\n    XYZ = flake8_artifact_pin.checker:ArtifactPinChecker\n")
    result = run(project)
    assert result.lines[0].endswith("loads flake8-artifact-pin local")
    assert failures(result)[1:] == [
        f"flake8's default select leaves out {COUNTED}, so a new PUT call passes; add APR,E9",
    ]


# What a plugin of the project's own does, and how what is said begins.
PLUGINS = {
    "ignores": (
        "@classmethod\ndef add_options(cls, manager): manager.extend_default_ignore(['APR001'])",
        [
            "FAIL  another plugin has flake8 ignore APR001 by default, which hides APR001, so a new PUT call passes; "
            "add extend-select = APR,E9 under [flake8]",
            "1 failure, ",
        ],
    ),
    "sets_options": (
        "@classmethod\ndef parse_options(cls, options):\n"
        "    options.exit_zero = True\n    options.per_file_ignores = 'prices.py:APR001'",
        [
            "FAIL  exit-zero is set, so flake8 succeeds whatever it finds; remove it",
            "FAIL  per-file-ignores ignores APR001 in collectors/prices.py, so a new PUT call passes; remove it",
            "2 failures, ",
        ],
    ),
    "exits": (
        "@classmethod\ndef parse_options(cls, options): raise SystemExit('not today')",
        ["flake8-artifact-pin: flake8 refuses to run here (tox.ini): not today"],
    ),
    # a bug of a plugin, as one of ours, is no mistake of the user
    "fails": (
        "@classmethod\ndef parse_options(cls, options): raise KeyError('oops')",
        ["flake8-artifact-pin: KeyError: 'oops' (a bug"],
    ),
    "prints": (
        "import sys\nprint('LEAK', flush=True)\nprint('LEAK', file=sys.stderr)\nsys.stdout.buffer.write(b'LEAK')",
        ["the guard is alive: "],
    ),
}


@pytest.mark.parametrize("name", PLUGINS)
def test_another_plugin(project: Project, name: str) -> None:
    source, expected = PLUGINS[name]
    body = textwrap.indent(f"def __init__(self, tree): pass\ndef run(self): return []\n{source}\n", "    ")
    # a name of its own, since modules stay loaded
    module = f"plugin_that_{name}"
    write(project, f"{REQUIRED}[flake8:local-plugins]\npaths = .\nextension =\n    XYZ = {module}:Plugin\n", {
        f"{module}.py": f"class Plugin:\n{body}",
    })
    lines = [line for line in run(project).lines if not line.startswith("ok    ")]
    assert [line[:len(start)] for line, start in itertools.zip_longest(lines, expected, fillvalue="")] == expected


def test_no_reason_known(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin may change anything in flake8."""
    write(project)
    monkeypatch.setattr(StyleGuideManager, "handle_error", lambda *args, **kwargs: 0)
    assert failures(run(project)) == [
        f"flake8 does not report a PUT call in {name}, for an unknown reason; look at its plugins"
        for name in (PRICES, "a new file in collectors/")
    ]


REFUSED = [
    # before it is known which file it is
    ("count = 1\ncount = 1\n", ": DuplicateOptionError: While reading from "),
    ("jobs = many\n", " (tox.ini): argument -j/--jobs: 'many' must be 'auto' or an integer."),
    ("count = perhaps\n", " (tox.ini): ValueError: Not a boolean: perhaps"),
    ("per-file-ignores = APR\n", " (tox.ini): Expected `per-file-ignores` to be a mapping from file exclude patterns "),
    ("require-plugins = no-such-plugin\n", " (tox.ini): required plugins were not installed! - installed: "),
    ("artifact-pins = gone/pins.toml\n", " (tox.ini): --artifact-pins: there is no "),
    ("[flake8:local-plugins]\nextension =\n    X = gone:Plugin\n", ' (tox.ini): Flake8 failed to load plugin "local"'),
]


@pytest.mark.parametrize(("config", "reason"), REFUSED)
def test_refused(project: Project, config: str, reason: str) -> None:
    write(project, config)
    result = run(project)
    assert result.output.startswith(f"flake8-artifact-pin: flake8 refuses to run here{reason}")
    assert (result.output.count("\n"), result.status) == (1, 2)


def test_colour_and_control_characters(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, files={"a\033[2J.py": "", PINS: '[pins]\n"a\\u001b[2J.py" = 1\n'})
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    lines = [re.sub("\033\\[(32m|1m\033\\[31m)(.*?)\033\\[m", r"<\2>", line) for line in run(project).lines]
    assert lines[2] == "<ok>    flake8 uses artifact-pins.toml"
    assert lines[6].startswith("<FAIL>  artifact-pins.toml:2: the stale pin of a\\x1b[2J.py lets a PUT call pass")


def test_unknown_encoding(project: Project) -> None:
    """flake8 itself fails on such a file, and so on all files."""
    write(project, files={PRICES: f"# coding: hex\n{PRODUCER}"})
    (failure,) = failures(run(project))
    # Python's own words differ
    assert failure.startswith(f"{PRICES}: flake8 cannot read it ('hex' is not a text encoding")
    assert failure.endswith("); correct it")


def test_broken_files(project: Project) -> None:
    """flake8 reports that a file does not parse, unless a comment hides it."""
    write(project, f"{REQUIRED}exclude = build\nper-file-ignores = f.py: E999\n", {
        "a.py": f"{PRODUCER})  # noqa\n", "b.py": f"{PRODUCER})  # noqa: E501\n", "c.py": f"{PRODUCER})\n",
        "d.py": f"# flake8: noqa\n{PRODUCER})\n", "build/e.py": f"{PRODUCER})  # noqa\n", "f.py": ")  # noqa: E999\n",
    })
    says = "a noqa comment hides that this does not parse, and with it each PUT call; correct it"
    assert failures(run(project)) == [f"a.py:4: {says}", f"d.py:5: {says}"]
    lines = project.configured_flake8().lines
    # flake8 5 reports files in the order that the file system has
    assert sorted(line.partition(" ")[0] for line in lines if " E999 " in line) == ["./b.py:4:2:", "./c.py:4:2:"]


def test_everything_is_exempt(project: Project) -> None:
    write(project, files={"evals/a.py": "", PINS: '[exempt]\n"collectors/" = "by hand"\n"evals/*" = "scratch files"\n'})
    assert f"{PINS}:2: every file is exempt, so nothing is judged; narrow [exempt]" in failures(run(project))


@pytest.mark.parametrize("seed", [1, 2, 8, 9])
def test_agreement_on_random_configurations(project: Project, seed: int) -> None:
    """The verdict on each of several files is that of flake8, and each that is not reported has a reason.

    The seeds are those of ten that set two or three options of different kinds.
    """
    choices = random.Random(seed)
    codes = ["A", "APR", "APR0", "APR001", "E", "E9", "F"]
    patterns = ["a", "a/*", "b/c", "*.py", "x.py", "b/x.py", "*/c/*", "build", "y*"]
    options = {
        "select": ", ".join(choices.sample(codes, 3)),
        "extend-select": choices.choice(codes),
        "ignore": "\n    " + ",\n    ".join(choices.sample(codes, 2)),
        "extend-ignore": choices.choice(codes),
        "exclude": choices.choice(patterns),
        "extend-exclude": ", ".join(choices.sample(patterns, 2)),
        "filename": ", ".join(choices.sample(["*.py", "x*", "*/x*", "./b/*", "*"], 2)),
        "per-file-ignores": "".join(f"\n    {choices.choice(patterns)}: {choices.choice(codes)}" for _ in range(3)),
    }
    chosen = choices.sample(sorted(options), choices.randint(0, 3))
    names = ["a/x.py", "a/y.py", "b/c/x.py", "b/c/y.py", "b/x.py", "y.py"]
    pins = "".join(f'"{name}" = {choices.choice([1, 1, 1, 2])}\n' for name in names)
    project.write({
        "artifact-pins.toml": f"[pins]\n{pins}",
        "tox.ini": "".join(["[flake8]\n", *(f"{option} = {options[option]}\n" for option in chosen)]),
        **{name: f"s3.put_object(Key=1){choices.choice(['', '', '', '  # noqa', '  # noqa: E501'])}\n" for name in names},
    })
    checks, _ = run_json(project)
    numbers = {check["check"]: int(check["message"].split()[0]) for check in checks if check["ok"] and (
        check["check"] in ("pinned-file", "new-file")
    )}
    for name in names:
        with open(name, "a", encoding="utf-8") as file:
            file.write("s3.put_object(Key=2)\n")
        (project.root / name).with_name("artifact_pin_doctor.py").write_text("s3.put_object(Key=3)\n", encoding="utf-8")
    output = project.configured_flake8().output
    appended = [name for name in names if re.search(rf"^\./{re.escape(name)}:2:\d+: APR001 ", output, re.MULTILINE)]
    new = re.findall(r"^\./(?:.*/)?artifact_pin_doctor\.py:1:\d+: APR001 ", output, re.MULTILINE)
    assert numbers.get("pinned-file", 0) == len(appended)
    assert numbers.get("new-file", 0) == len(new)
    messages = [f"{check['path']} {check['message']}" for check in checks if not check["ok"]]
    for name in set(names) - set(appended):
        assert any("APR001" in message or re.search(rf" {re.escape(name)}\b", message) for message in messages)


def test_option_lines() -> None:
    """Lines are read as configparser reads them."""
    text = (
        "# [flake8]\n"
        "[flake8]\n"
        "select = A\n"
        "    B\n"
        "# C\n"
        "\n"
        "  ; D\n"
        "    E\n"
        "ignore: F=G:H\n"
        "  [flake8:more]\n"
        "  F=G\n"
        "[flake8:more]\n"
        "  [flake8x]\n"
        "select = G\n"
    )
    config = ConfigFile(os.path.abspath("tox.ini"), text.splitlines(keepends=True))
    assert config.place == ("tox.ini", 2)
    for item, line in {"A": 3, "B": 4, "C": 3, "D": 3, "E": 8, "G": 3}.items():
        assert config.find("select", lambda value: item == value) == ("tox.ini", line)
    assert config.find("ignore", lambda value: value == "[flake8:more]") == ("tox.ini", 10)
    assert config.find("ignore", lambda value: "F=G" in value) == ("tox.ini", 9)
    assert config.find("exclude", bool) == (None, None)
    assert config._replace(lines=["\n", " [flake8]\n"]).place == ("tox.ini", 2)
