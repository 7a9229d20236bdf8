"""``doctor`` says that the guard is alive exactly where flake8 reports a new PUT call, and else names the cause."""
from __future__ import annotations

import importlib.metadata
import json
import os
import random
import re
import sys
import textwrap
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import flake8
import pytest
from flake8.style_guide import StyleGuideManager
from flake8.utils import get_python_version
from support import Project
from support import Result

from flake8_artifact_pin.checker import ArtifactPinChecker
from flake8_artifact_pin.cli import doctor
from flake8_artifact_pin.cli.doctor.flake8_setup import ConfigFile
from flake8_artifact_pin.cli.main import main
from flake8_artifact_pin.cli.output import count
from flake8_artifact_pin.reporter import ArtifactPinReporter

PRICES = "collectors/prices.py"
NEW = "collectors/artifact_pin_doctor.py"
PRODUCER = 'import boto3\n\nboto3.client("s3").put_object(Key="prices")\n'
PINS = '[pins]\n"collectors/prices.py" = 1\n'
NAMED = '[pins."collectors/prices.py".calls]\n"<module>:put_object" = { registered = ["prices"] }\n'
REQUIRED = "require-plugins = flake8-artifact-pin\n"

# Each kind of configuration file begins with four lines.
CONFIGS = {
    "setup.cfg": "[metadata]\nname = pipeline\n\n[flake8]\n",
    "tox.ini": "[tox]\nenv_list =\n    py\n[flake8]\n",
    ".flake8": "# what holds\n; everywhere\n\n[flake8]\n",
}


class Case(NamedTuple):
    """A project, and what doctor says of it.

    ``failures`` are all lines but those on what is well; a note is among them, and no failure.
    ``config`` follows the line that requires the plugin, so it begins with line 6. In ``failures`` the name of the
    configuration file is CONFIG. A ``call`` is written to the disk, into ``pinned`` and ``new``, to ask flake8 itself.
    """

    config: str = ""
    failures: Sequence[str] = ()
    files: Mapping[str, str] = {}
    links: Mapping[str, str] = {}
    pins: str = PINS
    pinned: str = PRICES
    new: str = NEW
    call: str = 's3.put_object(Key="new")'
    required: str = REQUIRED
    arguments: Sequence[str] = ()

    def write(self, project: Project, config: str) -> None:
        files = {PRICES: PRODUCER, "artifact-pins.toml": self.pins, **self.files}
        project.write({**files, config: CONFIGS[config] + self.required + self.config})
        for name, target in self.links.items():
            (project.root / name).symlink_to(target)


def excluded(option: str, pattern: str, line: int = 6) -> list[str]:
    where = f"CONFIG:{line}: {option} keeps flake8 from"
    return [f"{where} {file}; do not exclude {pattern}" for file in (PRICES, "a new file in collectors/")]


def per_file(codes: str, passing: str, file: str, line: int = 6) -> str:
    return f"CONFIG:{line}: per-file-ignores ignores {codes} in {file}, so {passing} passes; remove it"


OTHER_PINS = (
    "CONFIG:6: flake8 uses other.toml, not artifact-pins.toml; set artifact-pins = ./artifact-pins.toml under [flake8]"
)
NOT_REQUIRED = (
    "require-plugins does not name flake8-artifact-pin, so flake8 passes everything where it is not installed; "
    "add require-plugins = flake8-artifact-pin under [flake8] in CONFIG"
)

UNCOUNTED = "but no PUT call of s3 is counted: see flake8-artifact-pin explain limits, or exempt what only reads"

CASES = {
    "nothing wrong": Case(),
    "unrelated options": Case("extend-ignore = E501\nper-file-ignores =\n    collectors/*: E501\nexclude = build\n"),
    "exclude a directory": Case("exclude = .git, collectors\n", excluded("exclude", "collectors")),
    "exclude a pattern": Case("exclude = *prices*\n", excluded("exclude", "*prices*")[:1]),
    "exclude on several lines": Case(
        "exclude =\n    .git\n    # not a pattern\n\n    build,\n    ./collectors/\n",
        excluded("exclude", "collectors", 11),
    ),
    "extend-exclude": Case("extend-exclude = collectors\n", excluded("extend-exclude", "collectors")),
    "indented options": Case(
        "  extend-exclude = build\n   collectors\n",
        excluded("extend-exclude", "collectors", 7),
        required=f"  {REQUIRED}",
    ),
    "exclude the working directory": Case(
        "extend-exclude = ./\n",
        [line.replace("do not exclude ", "do not exclude .") for line in excluded("extend-exclude", "")],
    ),
    "exclude the new file": Case("exclude = *doctor*\n", [excluded("exclude", "*doctor*")[1]]),
    "filename": Case(
        "max-line-length = 100\nfilename = *_job.py\n",
        [
            f"CONFIG:7: filename keeps flake8 from {PRICES}; add a pattern for it",
            "CONFIG:7: filename keeps flake8 from a new file in collectors/; add a pattern for it",
        ],
    ),
    "filename by default": Case(
        "",
        ["flake8's default filename keeps flake8 from bin/upload; add a pattern for it"],
        {"bin/upload": PRODUCER},
        pins='[pins]\n"bin/upload" = 1\n',
        pinned="bin/upload",
        new="bin/artifact_pin_doctor.py",
    ),
    "per-file-ignores of a file": Case(
        "per-file-ignores = collectors/prices.py: APR\n",
        [per_file("APR001, APR000, APR004 and APR011", "a new PUT call", PRICES)],
    ),
    "per-file-ignores of a directory": Case(
        "per_file_ignores =\n    evals/*.py: APR\n    collectors/*.py, features/*.py:\n        E501, APR001\n",
        [
            per_file("APR001", "a new PUT call", PRICES, 8),
            per_file("APR001", "a new PUT call", "a new file in collectors/", 8),
        ],
    ),
    "per-file-ignores of the longest pattern": Case(
        "per-file-ignores =\n    collectors/*.py: APR\n    collectors/prices.py: E501\n",
        [per_file("APR001, APR000, APR004 and APR011", "a new PUT call", "a new file in collectors/", 7)],
    ),
    "per-file-ignores of E9": Case(
        "per-file-ignores = prices.py: E9\n",
        [per_file("E902 and E999", "a file that cannot be read", PRICES)],
    ),
    "ignore": Case(
        "ignore = E501, APR\n",
        ["CONFIG:6: ignore = APR hides APR001, APR000, APR004 and APR011, so a new PUT call passes; remove it"],
    ),
    "ignore on several lines": Case(
        "ignore =\n    E501\n    APR00\n    APR001\n",
        [
            "CONFIG:9: ignore = APR001 hides APR001, so a new PUT call passes; remove it",
            "CONFIG:8: ignore = APR00 hides APR001, APR000 and APR004, so a new PUT call passes; remove it",
        ],
    ),
    "extend-ignore of APR004": Case(
        "extend_ignore = APR004\n",
        ["CONFIG:6: extend-ignore = APR004 hides APR004, so a PUT call that a blanket noqa hides passes; remove it"],
    ),
    "select and a longer ignore": Case(
        "select = APR, E9\nextend-ignore = APR000\n",
        [
            "CONFIG:7: extend-ignore = APR000 hides APR000, so everything under a pins file that cannot be used "
            "passes; remove it",
        ],
    ),
    "select without APR": Case(
        "select = E,F,W\n",
        ["CONFIG:6: select leaves out APR001, APR000, APR004 and APR011, so a new PUT call passes; add APR,E9"],
    ),
    "select nothing": Case(
        "select =\n",
        [
            "CONFIG:6: select leaves out APR001, APR000, APR004, APR011, E902 and E999, so a new PUT call passes; "
            "add APR,E9",
        ],
    ),
    "select and ignore": Case(
        "select = E\nignore = APR0\n",
        [
            "CONFIG:6: select leaves out APR001, APR000, APR004 and APR011, so a new PUT call passes; add APR,E9",
            "CONFIG:7: ignore = APR0 hides APR001, APR000, APR004 and APR011, so a new PUT call passes; remove it",
        ],
    ),
    "disable-noqa": Case("disable-noqa = true\n", (), {PRICES: f"# flake8: noqa\n{PRODUCER}"}),
    "a noqa of the file": Case(
        "",
        [f'{PRICES}:2: "# flake8: noqa" makes flake8 skip the file; remove it'],
        {PRICES: f"# producer\n# flake8: noqa: APR001 - by hand\n{PRODUCER}"},
    ),
    "a noqa in the file": Case("", (), {PRICES: PRODUCER.replace("\n", "  # noqa\n")}),
    "a suppressed call": Case(
        "",
        [
            f"artifact-pins.toml:2: the stale pin of {PRICES} lets a PUT call pass: 1 pinned, 0 counted; "
            "lower it (flake8-artifact-pin prune)",
        ],
        {PRICES: PRODUCER.replace(")\n", ")  # noqa: APR001 - a probe\n")},
    ),
    "a stale pin": Case(
        "",
        [
            f"artifact-pins.toml:3: the stale pin of {PRICES} lets a PUT call pass: 3 pinned, 1 counted; "
            "lower it (flake8-artifact-pin prune)",
        ],
        pins='[pins]\n# decided\n"collectors/prices.py" = { count = 3, registered = ["prices"] }\n',
    ),
    "a pin that names calls": Case(pins=NAMED),
    "a pin that names calls, over it": Case("", (), {PRICES: PRODUCER * 2}, pins=NAMED),
    "a pin that names a call that is gone": Case(pins=f'{NAMED}"gone:put_object" = {{}}\n'),
    "a pin that names a call that is gone, and would come back": Case(
        "",
        [
            f"artifact-pins.toml:1: the stale pin of {PRICES} lets a PUT call pass: 2 pinned, 1 counted; "
            "lower it (flake8-artifact-pin prune)",
        ],
        pins=f'{NAMED}"<module>:put_object#2" = {{}}\n',
    ),
    # one that no entry names is reported however many entries there are
    "a pin that names calls that are gone": Case(
        pins=f'{NAMED}"gone:put_object" = {{}}\n"gone:put_object#2" = {{}}\n',
    ),
    "a pin that names calls that are gone and one that would come back": Case(
        "",
        [
            f"artifact-pins.toml:1: the stale pin of {PRICES} lets a PUT call pass: 3 pinned, 1 counted; "
            "lower it (flake8-artifact-pin prune)",
        ],
        files={PRICES: 's3.upload_file("file", "bucket", "swapped")\n'},
        pins=f'{NAMED}"gone:put_object" = {{}}\n"gone:put_object#2" = {{}}\n',
    ),
    "select without APR006": Case(
        "select = APR000,APR001,APR004,APR011,E9\n",
        [
            "CONFIG:6: select leaves out APR006, so a PUT call in the place of another one passes; add APR,E9",
        ],
        pins=NAMED,
    ),
    "select without APR009": Case(
        "select = APR000,APR001,APR004,APR011,E9\n",
        ["CONFIG:6: select leaves out APR009, so a pin without the decision that is required passes; add APR,E9"],
        pins='require-decision = true\n[pins]\n"collectors/prices.py" = { count = 1, registered = ["prices"] }\n',
    ),
    "per-file-ignores of APR006": Case(
        "per-file-ignores = prices.py: APR006\n",
        [per_file("APR006", "a PUT call in the place of another one", PRICES)],
        pins=NAMED,
    ),
    "a pin of 0": Case("", (), {PRICES: ""}, pins='[pins]\n"collectors/prices.py" = 0\n'),
    "no line end at the end of the file": Case("", (), {PRICES: PRODUCER[:-1]}),
    "a byte order mark": Case("", (), {PRICES: f"\ufeff{PRODUCER}"}),
    "warnings of the compiler": Case("", (), {PRICES: f'PATTERN = "\\d"\n{PRODUCER}'}),
    "a file that does not parse": Case(
        "",
        [
            f"{PRICES}:4: does not parse (unmatched ')'), so flake8 sees no PUT call; correct it",
            f"1 file imports boto3 or aioboto3 ({PRICES}), {UNCOUNTED}",
        ],
        {PRICES: f"{PRODUCER})\n"},
    ),
    "a symbolic link to a directory": Case(
        "",
        [
            "artifact-pins.toml:2: flake8 does not come to link/prices.py: it follows no symbolic link to a directory, "
            "and enters no directory that it may not read; pin the file by its real path",
        ],
        links={"link": "collectors"},
        pins='[pins]\n"link/prices.py" = 1\n',
        pinned="link/prices.py",
    ),
    "a symbolic link to a file": Case(
        "",
        (),
        links={"collectors/link.py": "prices.py"},
        pins='[pins]\n"collectors/link.py" = 1\n',
        pinned="collectors/link.py",
    ),
    "symbolic links to the pins file's directory and to a file": Case(
        "artifact-pins = ../alias/artifact-pins.toml\n",
        links={"../alias": "project", "link.py": "collectors/prices.py"},
        pins='[pins]\n"link.py" = 1\n',
        pinned="link.py",
        new="artifact_pin_doctor.py",
    ),
    "an exempt new file": Case(
        "",
        ['artifact-pins.toml:3: "collectors/[!p]*" exempts a new file in collectors/; narrow it'],
        pins=f'[exempt]\n"evals/" = "by hand"\n"./collectors/[!p]*" = "scratch"\n{PINS}',
    ),
    "pins in pyproject.toml": Case(
        "artifact-pins = ./pyproject.toml\n",
        [
            f"pyproject.toml:5: the stale pin of {PRICES} lets a PUT call pass: 2 pinned, 1 counted; "
            "lower it (flake8-artifact-pin prune)",
            'pyproject.toml:3: "collectors/a*" exempts a new file in collectors/; narrow it',
            "artifact-pins.toml has pins, too, which are ignored because of pyproject.toml: keep one of the two",
        ],
        {
            "pyproject.toml": "[tool.artifact-pins]\n[tool.artifact-pins.exempt]\n"
            '"collectors/a*" = "scratch"\n[tool.artifact-pins.pins]\n"collectors/prices.py" = 2\n',
        },
    ),
    "a pinned directory outside of the pins file's": Case(
        "artifact-pins = jobs/artifact-pins.toml\n",
        [
            "jobs/artifact-pins.toml:2: flake8 does not come to jobs/link/prices.py: it follows no symbolic link to a "
            "directory, and enters no directory that it may not read; pin the file by its real path",
            "jobs/artifact-pins.toml:1: a new file in collectors/ is not below this pins file, so flake8 judges "
            "nothing in it; move the pins file up",
        ],
        {"jobs/artifact-pins.toml": '[pins]\n"link/prices.py" = 1\n'},
        {"jobs/link": "../collectors"},
        pinned="jobs/link/prices.py",
    ),
    "another pins file": Case(
        "artifact-pins = other.toml\n",
        [OTHER_PINS],
        {"other.toml": "[pins]\n"},
        arguments=["--pins=artifact-pins.toml"],
    ),
    "another pins file that cannot be used": Case(
        "artifact-pins = other.toml\n",
        [
            OTHER_PINS,
            'other.toml:2: flake8 cannot use this pins file: unknown key "pin": did you mean "pins"?',
            'other.toml:2: flake8 cannot use this pins file: unknown key "pin": did you mean "pins"?',
        ],
        {"other.toml": "\n[pin]\n"},
        arguments=["--pins=artifact-pins.toml"],
    ),
    "a pins file that flake8 does not find": Case(
        "",
        [
            "flake8 uses artifact-pins.toml, not pins/other.toml; set artifact-pins = ./pins/other.toml under [flake8]",
            "pins/other.toml:1: nothing is pinned: [pins] has no file that exists; pin the files that make PUT calls",
        ],
        {"pins/other.toml": PINS},
        pinned="",
        new="pins/artifact_pin_doctor.py",
        arguments=["--pins=pins/other.toml"],
    ),
    "nothing pinned": Case(
        "",
        ["artifact-pins.toml:1: nothing is pinned: [pins] has no file that exists; pin the files that make PUT calls"],
        pins='[pins]\n"gone.py" = 1\n',
        pinned="",
        new="artifact_pin_doctor.py",
    ),
    "a pinned file among some that do not exist": Case(pins=f'{PINS}"collectors/gone.py" = 1\n"gone/a.py" = 1\n'),
    "require-plugins of another plugin": Case(
        "",
        [f"CONFIG:5: {NOT_REQUIRED}"],
        required="require_plugins = pyflakes\n",
    ),
    "require-plugins missing": Case(
        "",
        [f"CONFIG:4: {NOT_REQUIRED}"],
        required="",
    ),
    "a pattern of a receiver that means something else": Case(
        files={PRICES: "import store as lib\nself.lib.write(1)\n"},
        pins=f'patterns = ["lib.write"]\n{PINS}',
        call="self.lib.write(2)",
    ),
    "a pattern of a bare name": Case(
        files={PRICES: "from store import save_artifact\nsave_artifact(1)\n"},
        pins=f'patterns = ["save_artifact"]\n{PINS}',
        call="from store import save_artifact; save_artifact(2)",
    ),
    "a pattern of a module": Case(
        failures=[
            f'1 file imports awswrangler ({PRICES}), but stores has no "awswrangler": '
            "add it, or exempt what need not be counted",
        ],
        files={PRICES: "import awswrangler as wr\nwr.s3.to_csv(1)\n"},
        pins=f'patterns = ["awswrangler.s3.to_*"]\n{PINS}',
        call="awswrangler.s3.to_parquet(2)",
    ),
    "a pattern that matches more than its own call": Case(
        files={PRICES: "x.lib()\n", "a.py": "x.lib().write()  # noqa: APR001 - a scratch file\n"},
        pins=f'patterns = ["lib().write", "lib"]\n{PINS}',
        call="x.lib()",
    ),
    "patterns that match no call": Case(
        "",
        [
            f"artifact-pins.toml:2: none of the patterns makes a PUT call in {PRICES}; correct them",
            "artifact-pins.toml:2: none of the patterns makes a PUT call in a new file in collectors/; correct them",
            *(
                f'artifact-pins.toml:2: pattern "{pattern}" counts no PUT call: '
                "correct it (the function was renamed or moved?), or remove it"
                for pattern in ("1st.put", "if.put", "x[-].put", "put[z-a]")
            ),
        ],
        {PRICES: ""},
        pins='stores = []\npatterns = ["1st.put", "if.put", "x[-].put", "put[z-a]"]\n'
        '[pins]\n"collectors/prices.py" = 0\n',
        call="pass",
    ),
}


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


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_failures(project: Project, name: str) -> None:
    """Then write each PUT call to the disk and let flake8 itself tell whether it sees them."""
    case = CASES[name]
    lines = assert_failures(project, case, "tox.ini")
    passed = {kind for kind, words in PASSED.items() for line in lines if line.startswith("ok ") and words in line}
    appended = 0
    if case.pinned:
        path = project.root / case.pinned
        text = path.read_bytes().decode()
        text += "" if text.endswith("\n") or not text else "\n"
        appended = text.count("\n") + 1
        path.write_bytes(f"{text}{case.call}\n".encode())
    (project.root / case.new).write_text(f"{case.call}\n", encoding="utf-8")
    lines = project.configured_flake8().lines
    seen = {
        check
        for check, file, line in (("pinned-file", case.pinned, appended), ("new-file", case.new, 1))
        if any(re.match(rf"\./{re.escape(file)}:{line}:\d+: APR00[16] ", found) for found in lines)
    }
    assert passed == seen


PASSED = {"pinned-file": "one PUT call more in each", "new-file": "a new file with a PUT call"}


def assert_failures(project: Project, case: Case, config: str) -> Sequence[str]:
    """Write a project, and return what doctor says of it, which must be what the case says."""
    case.write(project, config)
    result = run(project, *case.arguments)
    *lines, summary = result.lines
    said = [line for line in lines if not line.startswith("ok    ")]
    expected = [line.replace("CONFIG", config) for line in case.failures]
    assert [line.removeprefix("FAIL  ") for line in said] == expected
    failures = sum(line.startswith("FAIL  ") for line in said)
    assert result.status == bool(failures)
    start = f"{count(failures, 'failure')}," if failures else "the guard is alive:"
    assert summary == f"{start} {len(lines) - len(said)} checks passed"
    return lines


@pytest.mark.parametrize("config", ["setup.cfg", ".flake8"])
@pytest.mark.parametrize("name", [
    "exclude on several lines", "indented options", "select and ignore", "require-plugins missing",
    "per-file-ignores of a directory", "another pins file",
])
def test_other_configuration_files(project: Project, name: str, config: str) -> None:
    assert_failures(project, CASES[name], config)


def test_output(project: Project) -> None:
    CASES["nothing wrong"].write(project, "setup.cfg")
    project.write({"evals/a.py": PRODUCER, "evals/b.py": PRODUCER, "artifact-pins.toml": (
        '[pins]\n"evals/b.py" = 2\n"evals/c.py" = 3\n"evals/a.py" = 1\n"collectors/prices.py" = 1\n"gone/a.py" = 1\n'
    ), "evals/c.py": PRODUCER})
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


def test_advice(project: Project) -> None:
    """It is no failure that a function takes the key as a parameter."""
    CASES["nothing wrong"].write(project, "setup.cfg")
    project.write({
        PRICES: "def save(key):\n    s3.put_object(Key=key)\n",
        "evals/a.py": "from collectors.prices import save\nsave('a')\nsave('b')\n",
    })
    result = run(project)
    assert result.lines[-2:] == [
        f"{PRICES}:1: save(key) writes whatever key its 2 callers pass, as one PUT call: "
        'add "prices.save" to patterns to count 2 calls in other files',
        "the guard is alive: 8 checks passed",
    ]
    assert result.status == 0


def test_notes(project: Project) -> None:
    """What the pins do not reach is said, in both formats, and no failure."""
    CASES["nothing wrong"].write(project, "setup.cfg")
    project.write({
        "pyproject.toml": "[tool.artifact-pins]\n", "a.py": "from google.cloud import storage\n",
        "data.ipynb": "{}", "artifact-pins.toml": f'{PINS}"data.ipynb" = 1\n',
    })
    lines = run(project).lines[-5:-1]
    assert lines[1:] == [
        '1 file imports google.cloud.storage or gcloud.aio.storage (a.py), but stores has no "gcs": '
        "add it, or exempt what need not be counted",
        "pyproject.toml has pins, too, which are ignored because of artifact-pins.toml: keep one of the two",
        "data.ipynb is not Python and is not judged: its pin is kept",
    ]
    assert json.loads(run(project, "--format=json").output)["notes"] == lines[1:]


def test_order(project: Project) -> None:
    names = ["a/x.py", "b/x.py", "c/d/x.py", "e.py"]
    project.write({**dict.fromkeys(names, ""), "artifact-pins.toml": "[pins]\n" + "".join(
        f'"{name}" = 0\n' for name in reversed(names)
    ), ".flake8": f"[flake8]\n{REQUIRED}exclude = *\n"})
    assert [line.rpartition("flake8 from ")[2] for line in run(project).lines[6:-1]] == [
        f"{file}; do not exclude *"
        for file in (*names, *(f"a new file in {directory}/" for directory in (".", "a", "b", "c/d")))
    ]


def test_json(project: Project) -> None:
    CASES["select without APR"].write(project, ".flake8")
    checks, is_ok = run_json(project)
    assert not is_ok
    assert [check["check"] for check in checks] == [
        "plugin", "require-plugins", "pins-file", "exit-status", "selected", "exempt",
    ]
    assert checks[2] == {"check": "pins-file", "ok": True, "path": None, "line": None, "message": (
        "flake8 uses artifact-pins.toml"
    )}
    assert checks[4] == {"check": "selected", "ok": False, "path": ".flake8", "line": 6, "message": (
        "select leaves out APR001, APR000, APR004 and APR011, so a new PUT call passes; add APR,E9"
    )}
    CASES["nothing wrong"].write(project, ".flake8")
    assert run_json(project)[1] is True


def test_documented_checks(project: Project) -> None:
    CASES["nothing wrong"].write(project, "tox.ini")
    documented = re.findall(r"- ``([\w-]+)``:", doctor.run.__doc__ or "")
    # of the last ones only failures are listed
    assert [check["check"] for check in run_json(project)[0]] == documented[:-2]
    assert documented[-2:] == ["broken-file", "patterns"]


def test_no_configuration(project: Project) -> None:
    project.write({"artifact-pins.toml": PINS, "setup.cfg": b"\xff[flake8]\n", "tox.ini": "broken\n"})
    assert run(project).lines[1] == (
        "ok    flake8 has no configuration here: if you run flake8, and not only check, "
        "add require-plugins = flake8-artifact-pin under [flake8] in a new file .flake8"
    )


def test_nothing_is_written_yet(project: Project) -> None:
    """Right after init, in a repository without a PUT call."""
    project.write({"a.py": "x = 1\n", "artifact-pins.toml": "[pins]\n"})
    result = run(project)
    line = "ok    nothing is pinned, so each PUT call is reported: decide on the first one to pin its file"
    assert line in result.lines
    assert result.status == 0


def test_configuration_above(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES["exclude a pattern"].write(project, "tox.ini")
    project.write({"evals/kappa.py": PRODUCER, "artifact-pins.toml": f'{PINS}"evals/kappa.py" = 1\n'})
    monkeypatch.chdir(project.root / "evals")
    assert [line for line in run(project).lines if line.startswith("FAIL")] == [
        "FAIL  flake8 lints the working directory, and ../collectors/prices.py is not below it; "
        "run flake8 and this above it",
        "FAIL  flake8 lints the working directory, and a new file in ../collectors/ is not below it; "
        "run flake8 and this above it",
    ]
    monkeypatch.chdir(project.root / "collectors")
    assert "FAIL  ../tox.ini:6: exclude keeps flake8 from prices.py; do not exclude *prices*" in run(project).lines


def test_pins_named_in_a_directory_below_the_configuration(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES["nothing wrong"].write(project, "tox.ini")
    project.write({"collectors/pins/a.toml": '[pins]\n"a.py" = 0\n', "collectors/pins/a.py": ""})
    monkeypatch.chdir(project.root / "collectors")
    assert run(project, "--pins=pins/a.toml").lines[2] == (
        "FAIL  flake8 uses ../artifact-pins.toml, not pins/a.toml; "
        "set artifact-pins = ./collectors/pins/a.toml under [flake8]"
    )
    project.write({"tox.ini": f"[flake8]\n{REQUIRED}artifact-pins = ./collectors/pins/a.toml\n"})
    assert run(project, "--pins=pins/a.toml").lines[2] == "ok    flake8 uses pins/a.toml"


def test_files_without_the_section(project: Project) -> None:
    CASES["exclude a directory"].write(project, ".flake8")
    project.write({"setup.cfg": "[metadata]\n", "tox.ini": "[tox]\n[flake8\n"})
    assert f"FAIL  {excluded('exclude', 'collectors')[0].replace('CONFIG', '.flake8')}" in run(project).lines


def test_configuration_of_local_plugins_only(project: Project) -> None:
    project.write({PRICES: PRODUCER, "artifact-pins.toml": PINS, "tox.ini": "[flake8:local-plugins]\n"})
    assert run(project).lines[1] == f"FAIL  tox.ini: {NOT_REQUIRED}".replace("CONFIG", "tox.ini")


def test_no_pins_file(project: Project) -> None:
    project.write({PRICES: PRODUCER, "tox.ini": f"[flake8]\n{REQUIRED}"})
    assert run(project).lines[2:] == [
        "FAIL  there is no pins file, so nothing is pinned; run flake8-artifact-pin init",
        "ok    flake8 fails if it finds something",
        "ok    flake8 selects APR001, APR000, APR004, APR011, E902 and E999",
        "ok    1 file judged, 0 exempt",
        "ok    1 directory with a pinned file: a new file with a PUT call is reported",
        "1 failure, 6 checks passed",
    ]


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """flake8 does not find this project's plugin among those that are installed."""
    distributions = list(importlib.metadata.distributions())
    others = [found for found in distributions if found.metadata["name"] != "flake8-artifact-pin"]
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: others)


def test_not_installed(project: Project, uninstalled: None) -> None:
    CASES["require-plugins missing"].write(project, "tox.ini")
    version = f"flake8 {flake8.__version__} ({get_python_version()})"
    assert run(project) == (
        f"FAIL  {version} does not load flake8-artifact-pin; install it beside that flake8\n"
        f"FAIL  tox.ini:4: {NOT_REQUIRED.replace('CONFIG', 'tox.ini')}\n"
        "2 failures, 0 checks passed\n",
        1,
    )


def test_local_plugin_of_another_code(project: Project, uninstalled: None) -> None:
    project.write({PRICES: PRODUCER, "artifact-pins.toml": PINS, "tox.ini": (
        "[flake8]\n[flake8:local-plugins]\nextension =\n    XYZ = flake8_artifact_pin.checker:ArtifactPinChecker\n"
    )})
    lines = run(project).lines
    assert lines[0].endswith("loads flake8-artifact-pin local")
    assert lines[4] == (
        "FAIL  flake8's default select leaves out APR001, APR000, APR004 and APR011, so a new PUT call passes; "
        "add APR,E9"
    )
    assert lines[6:] == ["2 failures, 4 checks passed"]


def local_plugin(project: Project, name: str, source: str) -> None:
    """Write a plugin of the project's own; each test needs another module's name."""
    body = "def __init__(self, tree): pass\ndef run(self): return []\n" + source
    project.write({
        PRICES: PRODUCER,
        "artifact-pins.toml": PINS,
        f"{name}.py": f"class Plugin:\n{textwrap.indent(body, '    ')}\n",
        "tox.ini": (
            f"[flake8]\n{REQUIRED}[flake8:local-plugins]\npaths = .\nextension =\n    XYZ = {name}:Plugin\n"
        ),
    })


def test_another_plugin_ignores_the_code(project: Project) -> None:
    local_plugin(project, "ignoring_plugin", (
        "@classmethod\ndef add_options(cls, manager):\n    manager.extend_default_ignore(['APR001'])"
    ))
    assert run(project).lines[4:-2] == [
        "FAIL  another plugin has flake8 ignore APR001 by default, which hides APR001, so a new PUT call passes; "
        "add extend-select = APR,E9 under [flake8]",
    ]


def test_another_plugin_changes_the_options(project: Project) -> None:
    local_plugin(project, "lenient_plugin", (
        "@classmethod\ndef parse_options(cls, options):\n"
        "    options.exit_zero = True\n    options.per_file_ignores = 'prices.py:APR001'"
    ))
    assert [line for line in run(project).lines if line.startswith("FAIL")] == [
        "FAIL  exit-zero is set, so flake8 succeeds whatever it finds; remove it",
        "FAIL  per-file-ignores ignores APR001 in collectors/prices.py, so a new PUT call passes; remove it",
    ]


def test_another_plugin_ends_the_process(project: Project) -> None:
    source = "@classmethod\ndef parse_options(cls, options): raise SystemExit('not today')"
    local_plugin(project, "ending_plugin", source)
    assert run(project) == ("flake8-artifact-pin: flake8 refuses to run here (tox.ini): not today\n", 2)


def test_another_plugin_prints(project: Project) -> None:
    local_plugin(project, "printing_plugin", (
        "import sys\nprint('LEAK', flush=True)\nprint('LEAK', file=sys.stderr)\nsys.stdout.buffer.write(b'LEAK')"
    ))
    result = run(project)
    assert "LEAK" not in result.output
    assert result.status == 0


def test_no_reason_known(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin may change anything in flake8."""
    CASES["nothing wrong"].write(project, "tox.ini")
    monkeypatch.setattr(StyleGuideManager, "handle_error", lambda *args, **kwargs: 0)
    reason = "for an unknown reason; look at its plugins"
    assert run(project).lines[6:] == [
        f"FAIL  flake8 does not report a PUT call in collectors/prices.py, {reason}",
        f"FAIL  flake8 does not report a PUT call in a new file in collectors/, {reason}",
        "2 failures, 6 checks passed",
    ]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("jobs = many\n", "argument -j/--jobs: 'many' must be 'auto' or an integer."),
        ("count = perhaps\n", "ValueError: Not a boolean: perhaps"),
        ("per-file-ignores = APR\n", "Expected `per-file-ignores` to be a mapping from file exclude patterns "),
        ("require-plugins = nothing-of-the-kind\n", "required plugins were not installed! - installed: "),
        ("artifact-pins = gone/pins.toml\n", "--artifact-pins: there is no "),
        ("[flake8:local-plugins]\nextension =\n    X = gone:Plugin\n", 'Flake8 failed to load plugin "local"'),
    ],
)
def test_refused(project: Project, config: str, reason: str) -> None:
    project.write({PRICES: PRODUCER, "artifact-pins.toml": PINS, "tox.ini": f"[flake8]\n{config}"})
    result = run(project)
    assert result.output.startswith(f"flake8-artifact-pin: flake8 refuses to run here (tox.ini): {reason}")
    assert result.output.count("\n") == 1
    assert result.status == 2


def test_refused_before_the_file_is_known(project: Project) -> None:
    project.write({"tox.ini": "[flake8]\ncount = 1\ncount = 1\n"})
    assert run(project) == (
        "flake8-artifact-pin: flake8 refuses to run here: DuplicateOptionError: While reading from "
        f"{str(project.root / 'tox.ini')!r} [line 3]: option 'count' in section 'flake8' already exists\n",
        2,
    )


def test_broken_pins(project: Project) -> None:
    project.write({"artifact-pins.toml": "[pin]\n", "tox.ini": f"[flake8]\n{REQUIRED}"})
    assert run(project) == (
        'artifact-pins.toml:1:2: APR000 unusable pins file: unknown key "pin": did you mean "pins"?\n', 2,
    )


def test_classes_are_as_before(project: Project) -> None:
    CASES["a pinned file among some that do not exist"].write(project, "tox.ini")
    before = ArtifactPinChecker.pins, ArtifactPinReporter.interposition
    assert run(project).status == 0
    after = ArtifactPinChecker.pins, ArtifactPinReporter.interposition
    assert all(one is other for one, other in zip(before, after))
    project.write({"tox.ini": "[flake8]\njobs = many\n"})
    assert run(project).status == 2
    assert ArtifactPinChecker.pins is before[0]


def test_nothing_is_written(project: Project) -> None:
    CASES["nothing wrong"].write(project, "tox.ini")
    before = {path: path.stat().st_mtime_ns for path in project.root.rglob("*")}
    assert run(project).status == 0
    assert {path: path.stat().st_mtime_ns for path in project.root.rglob("*")} == before


def test_colour_and_control_characters(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({
        "a\033[2J.py": "", "artifact-pins.toml": '[pins]\n"a\\u001b[2J.py" = 1\n', "tox.ini": f"[flake8]\n{REQUIRED}",
    })
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    lines = [re.sub("\033\\[(32m|1m\033\\[31m)(.*?)\033\\[m", r"<\2>", line) for line in run(project).lines]
    assert lines[2] == "<ok>    flake8 uses artifact-pins.toml"
    assert lines[6].startswith("<FAIL>  artifact-pins.toml:2: the stale pin of a\\x1b[2J.py lets a PUT call pass")


def test_unknown_encoding(project: Project) -> None:
    """flake8 itself fails on such a file, and so on all files."""
    CASES["nothing wrong"].write(project, "tox.ini")
    project.write({PRICES: f"# coding: hex\n{PRODUCER}"})
    failure, *others = run(project).lines[6:]
    # Python's own words differ
    assert failure.startswith(f"FAIL  {PRICES}: flake8 cannot read it ('hex' is not a text encoding")
    assert failure.endswith("); correct it")
    assert others == [
        "ok    1 directory with a pinned file: a new file with a PUT call is reported",
        "1 failure, 7 checks passed",
    ]


BROKEN = "a noqa comment hides that this does not parse, and with it each PUT call; correct it"


def test_broken_files(project: Project) -> None:
    """flake8 reports that a file does not parse, unless a comment hides it."""
    CASES["nothing wrong"].write(project, "tox.ini")
    project.write({
        "a.py": f"{PRODUCER})  # noqa\n", "b.py": f"{PRODUCER})  # noqa: E501\n", "c.py": f"{PRODUCER})\n",
        "d.py": f"# flake8: noqa\n{PRODUCER})\n", "build/e.py": f"{PRODUCER})  # noqa\n", "f.py": ")  # noqa: E999\n",
        "tox.ini": f"[flake8]\n{REQUIRED}exclude = build\nper-file-ignores = f.py: E999\n",
    })
    failures = [line for line in run(project).lines if line.startswith("FAIL")]
    assert failures == [f"FAIL  a.py:4: {BROKEN}", f"FAIL  d.py:5: {BROKEN}"]
    lines = project.configured_flake8().lines
    # flake8 5 reports files in the order that the file system has
    assert sorted(line.partition(" ")[0] for line in lines if " E999 " in line) == ["./b.py:4:2:", "./c.py:4:2:"]


def test_everything_is_exempt(project: Project) -> None:
    CASES["nothing wrong"].write(project, "tox.ini")
    project.write({"evals/a.py": "", "artifact-pins.toml": (
        '[exempt]\n"collectors/" = "by hand"\n"evals/*" = "scratch files"\n'
    )})
    lines = run(project).lines
    assert "FAIL  artifact-pins.toml:2: every file is exempt, so nothing is judged; narrow [exempt]" in lines
    project.write({"b.py": ""})
    assert "ok    1 file judged, 2 exempt" in run(project).lines


def test_bug_of_a_plugin_is_no_mistake_of_the_user(project: Project) -> None:
    """Nor is one of ours."""
    source = "@classmethod\ndef parse_options(cls, options): raise KeyError('oops')"
    local_plugin(project, "failing_plugin", source)
    assert run(project).output.startswith("flake8-artifact-pin: KeyError: 'oops' (a bug")


@pytest.mark.parametrize("seed", range(10))
def test_agreement_on_random_configurations(project: Project, seed: int) -> None:
    """The verdict on each of several files is that of flake8, and each that is not reported has a reason."""
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
