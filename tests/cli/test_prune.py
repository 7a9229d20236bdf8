"""The verb ``prune``: what it prints for people, for programs and for git, and that it writes all or nothing."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import COMMAND
from support import PINS
from support import Repository
from support import run_process
from support.reports import read_pins

from flake8_artifact_pin.cli.prune.plan import Change
from flake8_artifact_pin.cli.prune import patch_lines
from flake8_artifact_pin.cli.prune import pruned_text
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.model import Pin

pytestmark = pytest.mark.once

CALL = "s3.put_object(Key=key)\n"
SOURCE = "".join(f"x_{number} = {number}\n" for number in range(60)) + CALL * 2


def test_text(directory: Repository) -> None:
    directory.write({"one.py": CALL, "two.py": CALL * 2, "none.py": "x = 1\n", PINS: (
        '[pins]\n"gone.py" = 1\n"none.py" = { count = 2, registered = ["first"] }\n'
        '"one.py" = { count = 2, registered = ["second", "third"] }\n"two.py" = 3\n'
    )})
    assert directory.run("prune") == (
        f"{PINS}:2: gone.py: removed (the file does not exist)\n"
        f"{PINS}:3: none.py: removed (no PUT call counted); retire what is no longer written: first\n"
        f"{PINS}:4: one.py: 2 -> 1; retire what is no longer written: second, third\n"
        f"{PINS}:5: two.py: 3 -> 2\n",
        "4 pins: 4 changed, 0 kept\n",
        0,
    )
    assert directory.run("prune") == ("", "2 pins: 0 changed, 0 kept\n", 0)
    assert directory.check().places == []


def test_from_elsewhere(directory: Repository) -> None:
    """The pins file is shown from the working directory, pins as they are in the pins file."""
    directory.write({"src/x.py": CALL, "lib/x": "", PINS: '[pins]\n"src/x.py" = 2\n"src/y.py" = 2\n'})
    directory.monkeypatch.chdir(directory.root / "lib")
    assert directory.run("prune", f"--pins=../lib/../{PINS}").lines == [
        f"../{PINS}:2: src/x.py: 2 -> 1", f"../{PINS}:3: src/y.py: removed (the file does not exist)",
    ]


def test_json(repository: Repository) -> None:
    repository.commit({"one.py": CALL, "bad.py": "(", "old.py": SOURCE, "a.ipynb": "{}", "gone.py": CALL, PINS: (
        '[pins]\n"./one.py" = 2\n"bad.py" = 1\n"gone.py" = 1\n"old.py" = 2\n"a.ipynb" = 1\n'
    )})
    repository.git("mv", "old.py", "new.py")
    repository.git("rm", "--quiet", "gone.py")
    changes: list[dict[str, object]] = [
        {"path": "one.py", "line": 2, "old": 2, "new": 1, "reason": "1 counted", "removed_calls": []},
        {
            "path": "gone.py", "line": 4, "old": 1, "new": None, "reason": "the file does not exist",
            "removed_calls": [],
        },
    ]
    outcome = repository.run("prune", "--format=json", "--dry-run")
    data = json.loads(outcome.out)
    [finding] = data["findings"]
    assert (finding["path"], finding["line"], finding["code"]) == ("bad.py", 1, "E999")
    expected = {
        "version": 1,
        "changes": changes,
        "kept": [
            {"path": "old.py", "line": 5, "reason": "its file is new.py now: flake8-artifact-pin decide --moved"},
            {"path": "a.ipynb", "line": 6, "reason": "not Python, so not judged"},
        ],
        "written": False,
        "findings": [finding],
    }
    assert (data, outcome.err, outcome.status) == (expected, "", 1)
    outcome = repository.run("prune", "--format=json")
    assert (json.loads(outcome.out), outcome.err, outcome.status) == ({**expected, "written": True}, "", 1)


def test_dry_run(directory: Repository) -> None:
    before = '[pins]\n"gone.py" = 1\n"one.py" = 1\n# \u2028 \x85\n"two.py" = 3'
    directory.write({"one.py": CALL, "two.py": CALL * 2, PINS: before})
    modified = os.stat(PINS).st_mtime_ns
    assert directory.run("prune", "--dry-run") == (
        f"diff --git a/{PINS} b/{PINS}\n--- a/{PINS}\n+++ b/{PINS}\n@@ -1,5 +1,4 @@\n [pins]\n"
        '-"gone.py" = 1\n "one.py" = 1\n # \u2028 \x85\n-"two.py" = 3\n\\ No newline at end of file\n'
        '+"two.py" = 2\n\\ No newline at end of file\n',
        "3 pins: 2 to change, 0 kept\n",
        1,
    )
    assert (directory.read(PINS), os.stat(PINS).st_mtime_ns) == (before, modified)
    directory.write({PINS: '[pins]\n"one.py" = 1\n'})
    assert directory.run("prune", "--dry-run") == ("", "1 pin: 0 to change, 0 kept\n", 0)


# The pins file as it begins, its directory, and the directory in which prune and git are run.
PATCHES = {
    "line ends of Windows": ('[pins]\r\n"gone.py" = 1\r\n# \u00e9\r\n', ".", "."),
    "a byte order mark before what goes": ('\ufeffpins."gone.py" = 1\npins."stays.py" = 0\n', ".", "."),
    "a directory with an odd name": ('[pins]\n"gone.py" = 1\n', 'a "b"\\ \t\u00e9', 'a "b"\\ \t\u00e9'),
    "run at the top": ('\ufeff[pins]\n"gone.py" = 1\n', "a b", "."),
    "behind a link": ('[pins]\n"gone.py" = 1\n', "link", "link"),
}


@pytest.mark.parametrize("case", PATCHES)
def test_patch_that_git_applies(repository: Repository, case: str) -> None:
    """What is said beside the patch is not in its way."""
    before, where, cwd = PATCHES[case]
    directory = repository.root / where
    if where == "link":
        directory.symlink_to("real")
    os.makedirs(os.path.realpath(directory), exist_ok=True)
    before = before if "pins." in before else f'{before}"old.py" = 2\n"one.py" = 3\n"bad.py" = 1'
    files = {"one.py": CALL, "bad.py": "(", "old.py": SOURCE, "stays.py": "", "gone.py": "", PINS: before}
    repository.commit({f"{where}/{name}": content for name, content in files.items()})
    (directory / "gone.py").unlink()
    (directory / "old.py").rename(directory / "new.py")
    repository.monkeypatch.chdir(repository.root / cwd)
    arguments = [f"--pins={where}/{PINS}"] if cwd == "." and where != "." else []
    outcome = repository.run("prune", "--dry-run", *arguments)
    assert outcome.status == 1
    subprocess.run(["git", "apply", "-"], cwd=os.path.realpath("."), input=outcome.out.encode(), check=True)
    applied = (directory / PINS).read_bytes()
    assert applied != before.encode()
    (directory / PINS).write_bytes(before.encode())
    repository.run("prune", *arguments)
    assert (directory / PINS).read_bytes() == applied


def test_no_patch_where_nothing_changes() -> None:
    assert list(patch_lines("a\n", "a\n", PINS)) == []


def test_colours(directory: Repository) -> None:
    directory.write({"one.py": CALL, PINS: '[pins]\n"one.py" = 2\n'})
    directory.monkeypatch.delenv("NO_COLOR", raising=False)
    directory.monkeypatch.setenv("TERM", "xterm")
    directory.monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    lines = directory.run("prune", "--dry-run").lines
    assert lines[-2:] == ['\033[1m\033[31m-"one.py" = 2\033[m', '\033[32m+"one.py" = 1\033[m']


def test_control_characters(directory: Repository) -> None:
    pins = '[pins."a.py".calls]\n"a:put_object" = {}\n"b:put_object" = { grandfathered = "\\u001b[2J old\\nkeys" }\n'
    directory.write({"a.py": "def a():\n    s3.put_object()\n", PINS: pins})
    assert directory.run("prune").out == (
        f'{PINS}:1: a.py: 2 -> 1; removed "b:put_object" (grandfathered: \\x1b[2J old\\nkeys)\n'
    )


def test_what_cannot_be_edited() -> None:
    """A person is told all that is to be done."""
    changes = [
        Change(Pin("gone.py", "gone.py", 1), 4, None, "the file does not exist"),
        Change(Pin("old.py", "old.py", 3), 2, 2, "2 counted"),
    ]
    says = "line 4: gone.py: removed (the file does not exist); line 2: old.py: 3 -> 2"
    with pytest.raises(UsageError) as caught:
        pruned_text(read_pins("[pins]\n"), changes, PINS)
    assert str(caught.value) == f"{PINS} is written in a way that cannot be edited safely: edit it by hand: {says}"


def test_no_pins_file(directory: Repository) -> None:
    assert directory.run("prune") == (
        "",
        f"flake8-artifact-pin: there is no {PINS} and no pyproject.toml with pins in {directory.root} or a directory "
        "above it: create one with init\n",
        2,
    )


def test_broken_pins_file(directory: Repository) -> None:
    directory.write({PINS: '[pins]\n"a.py" = -1\n'})
    outcome = directory.run("prune")
    assert (outcome.out, outcome.err.split(" ")[:2], outcome.status) == ("", [f"{PINS}:2:1:", "APR000"], 2)


def test_other_names_of_the_pins_file(directory: Repository) -> None:
    """What would be lost by writing is not written."""
    directory.write({PINS: '[pins]\n"gone.py" = 1\n'})
    os.link(PINS, "other.toml")
    outcome = directory.run("prune")
    assert (outcome.out, outcome.status, directory.read(PINS)) == ("", 2, '[pins]\n"gone.py" = 1\n')
    assert "hard links" in outcome.err


@pytest.mark.processes
@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "en_US.ISO-8859-1"])
def test_locale_that_cannot_spell_a_path(repository: Repository, tmp_path: Path, locale: str) -> None:
    """A file that is there is not gone because of it, and one that went is not kept."""
    if locale.endswith("1"):
        subprocess.run(["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(tmp_path / locale)], check=False)
        if not (tmp_path / locale).exists():
            pytest.skip("there are no sources of locales here")
    repository.commit({"d\u00e9/\u65e5.py": CALL, "old.py": SOURCE, "w\u00e9g.py": "", PINS: (
        '[pins]\n"d\u00e9/\u65e5.py" = 2\n"old.py" = 2\n"w\u00e9g.py" = 1\n'
    )})
    repository.git("mv", "old.py", "n\u00e9w.py")
    repository.git("rm", "--quiet", "w\u00e9g.py")
    variables = {"LC_ALL": locale, "LOCPATH": str(tmp_path), "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for name, value in variables.items():
        repository.monkeypatch.setenv(name, value)
    assert run_process("decide", "--moved").status == 0
    outcome = run_process("prune")
    assert (outcome.status, outcome.err) == (0, "3 pins: 2 changed, 0 kept\n")
    assert repository.read(PINS) == '[pins]\n"d\u00e9/\u65e5.py" = 1\n"n\u00e9w.py" = 2\n'


@pytest.mark.processes
def test_two_runs_at_once(directory: Repository) -> None:
    """One of them writes, and the other one sees that, or says that the file changed meanwhile."""
    pins = "".join(f'"gone{number}.py" = 1\n' for number in range(50))
    directory.write({"one.py": CALL, PINS: f'[pins]\n{pins}"one.py" = 2\n'})
    runs = [
        subprocess.Popen([*COMMAND, "prune"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        for _ in range(2)
    ]
    results = [(*run.communicate(), run.returncode) for run in runs]
    assert directory.read(PINS) == '[pins]\n"one.py" = 1\n'
    assert {status for *_, status in results} in ({0}, {0, 2})
    assert all(status == 0 or "changed meanwhile: run it again" in err for _, err, status in results)
    assert sorted(os.listdir()) == [PINS, "one.py"]
