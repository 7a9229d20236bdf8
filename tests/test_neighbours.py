"""The tools that stand beside this one, as they are: other plugins, reporters, what looks for useless comments,
and pre-commit. Each runs as its users run it, in a process of its own."""
from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from support import Outcome
from support import Project
from support import Repository
from support import run_program

pytestmark = pytest.mark.neighbours

CHECKOUT = Path(__file__).resolve().parents[1]

# Two calls count, four do not; nothing but the pins decides what is reported.
PRODUCER = """\
import boto3

s3 = boto3.client("s3")


def write(name):
    s3.put_object(Bucket="b", Key="a")
    s3.put_object(Bucket="b", Key="probe")  # noqa: APR001 - deleted by the next line
    s3.upload_file(  # noqa: APR001 — read by hand, if at all
        name,
        Bucket="b",
    )
    name.submit(s3.upload_file, "a text that makes this line too long for the linter")  # noqa: APR001, E501 - never run
    return s3.put_object(Bucket="b", Key="c")  # type: ignore  # noqa: APR001: a scratch file


def keep(name):
    return s3.upload_fileobj(name, "b", "keep")
"""
OVER = ["a.py:7:8: APR001", "a.py:18:15: APR001"]
CALLS = ["7:8", "8:8", "9:8", "13:20", "14:15", "18:15"]
# Each is a way to be over, at or under the pin, and what is reported then.
PINS = {
    "no pins file": (None, OVER),
    "over": ('[pins]\n"a.py" = 1\n', OVER),
    "at": ('[pins]\n"a.py" = 2\n', []),
    "under": ('[pins]\n"a.py" = 3\n', ["a.py:1:1: APR002"]),
    "names": ('[pins."a.py".calls]\n"write:put_object" = {}\n"keep:upload_fileobj" = {}\n', []),
    "names, another call": (
        '[pins."a.py".calls]\n"write:put_object" = {}\n"store:upload_fileobj" = {}\n', ["a.py:18:15: APR006"],
    ),
    # while a merge is unresolved nothing is judged, but the comments are as needed as they were before
    "unusable": (
        '<<<<<<< HEAD\n[pins]\n"a.py" = 2\n',
        ["artifact-pins.toml:1:1: APR000", *(f"a.py:{place}: APR000" for place in CALLS)],
    ),
}


def write(project: Project, pins: str | None, *names: str) -> None:
    """Write the producer under some names, a pins file if there is one, and a configuration for the line lengths."""
    project.write({name: PRODUCER for name in names})
    project.write({".flake8": "[flake8]\nmax-line-length = 100\n"})
    if pins is not None:
        project.write({"artifact-pins.toml": pins})


def flake8(*arguments: str) -> Outcome:
    """Run flake8 on the working directory, with all plugins that are installed."""
    return run_program(sys.executable, "-m", "flake8", *arguments)


def places(lines: list[str]) -> list[str]:
    """Return the path, line, column and code of lines in flake8's default format."""
    return [" ".join(line.split()[:2]) for line in lines]


# flake8-noqa and yesqa


@pytest.mark.parametrize("name", PINS)
def test_needed_comment(project: Project, name: str) -> None:
    """flake8-noqa says nothing of it, and yesqa leaves it."""
    pins, expected = PINS[name]
    write(project, pins, "a.py")
    outcome = flake8("-j1", "--noqa-require-code", "a.py")
    assert (places(outcome.lines), outcome.err, outcome.status) == (expected, "", 1 if expected else 0)
    # yesqa lints a copy without comments, where no APR001 is found while the pins file cannot be used: see the manual
    if name != "unusable":
        assert run_program(sys.executable, "-m", "yesqa", "a.py") == ("", "", 0)
        assert Path("a.py").read_text(encoding="utf-8") == PRODUCER


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: APR001", "# noqa: APR"])
def test_comment_without_a_reason(project: Project, comment: str) -> None:
    """It hides APR001 in a file over its pin, so neither tool calls it useless; this one says what is wrong with it."""
    source = f'import boto3\n\nboto3.client("s3").put_object()  {comment}\n'
    project.write({"a.py": source})
    [line] = flake8("a.py").lines
    assert re.fullmatch(r"a\.py:(1:1|3:20): APR004 put_object\(\.\.\.\): the noqa on line 3 .*", line)
    assert run_program(sys.executable, "-m", "yesqa", "a.py") == ("", "", 0)
    assert Path("a.py").read_text(encoding="utf-8") == source


@pytest.mark.parametrize("pin", [0, 1, 2])
def test_useless_comment(project: Project, pin: int) -> None:
    """Both tools say of it what this one says: flake8-noqa at the same place, and yesqa takes it away."""
    source = (
        "import boto3\n\n"
        'boto3.client("s3").put_object(\n    Bucket="b",\n){misplaced}\n'
        "value = 1{useless}\n"
        'text = "{{}} and so much more that the line gets too long, which is what E501 says of it"  # noqa: E501{also}\n'
    )
    project.write({
        "a.py": source.format(
            misplaced="  # noqa: APR001 - a probe", useless="  # noqa: APR001", also=", APR001",
        ),
        "artifact-pins.toml": f'[pins]\n"a.py" = {pin}\n',
    })
    lines = flake8("a.py").lines
    assert [place for place in places(lines) if "NQA" in place or "APR005" in place] == [
        "a.py:5:4: APR005",
        # APR001 is in the same statement, which is enough for flake8-noqa, though not for flake8
        *["a.py:5:4: NQA102"] * (pin > 0),
        "a.py:6:12: APR005", "a.py:6:12: NQA102",
        "a.py:7:90: APR005", "a.py:7:90: NQA103",
    ]
    others = {0: ["a.py:3:20: APR001"], 1: [], 2: ["a.py:1:1: APR002"]}[pin]
    assert [place for place in places(lines) if "NQA" not in place and "APR005" not in place] == others
    assert run_program(sys.executable, "-m", "yesqa", "a.py").status == 1
    assert Path("a.py").read_text(encoding="utf-8") == source.format(misplaced="  # - a probe", useless="", also="")
    assert places(flake8("a.py").lines) == others


# other plugins

SMELLY = """\
import os
import boto3


def badName(values=[]):
    try:
        boto3.client("s3").put_object(Key=f"{values}")
    except:
        pass
    return set([value for value in values]), dict()  # noqa: APR001 - nothing here


class lower:
    def method(this):
        s3 = boto3.client("s3")
        for item in range(3):
            s3.upload_file(*[str(i) for i in [item]])
            yield lambda: s3.upload_file("a", "b", item)
"""
# What others report of it, without this plugin
OTHERS = [
    "1:1: F401", "5:6: N802", "5:20: B006", "8:5: B001", "8:5: E722", "10:12: C403", "10:16: C416", "10:46: C408",
    "10:80: E501", "13:8: N801", "14:17: N805", "18:52: B023",
]
OURS = ["7:28: APR001", "10:54: APR005", "17:16: APR001", "18:30: APR001"]


def found(names: str, expected: list[str]) -> list[str]:
    return sorted(f"./{name}.py:{place}" for name in names for place in expected)


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_beside_other_plugins(project: Project, jobs: str) -> None:
    """All findings of all plugins are there, whatever else there is; no plugin spoils the tree for another one."""
    project.write({"a.py": SMELLY, "b.py": SMELLY, "c.py": SMELLY, "artifact-pins.toml": '[pins]\n"c.py" = 3\n'})
    # flake8-noqa has its say about line 10
    arguments = (jobs, "--extend-ignore=NQA")
    outcome = flake8(*arguments)
    quiet = [place for place in OURS if "APR005" in place]
    assert sorted(places(outcome.lines)) == sorted(found("abc", OTHERS) + found("ab", OURS) + found("c", quiet))
    assert (outcome.err, outcome.status) == ("", 1)

    outcome = flake8(*arguments, "--extend-ignore=NQA,APR")
    assert sorted(places(outcome.lines)) == found("abc", OTHERS)
    assert (outcome.err, outcome.status) == ("", 1)

    [number] = flake8(*arguments, "-qq", "--count").lines
    assert int(number) == 3 * len(OTHERS) + 2 * len(OURS) + len(quiet)
    assert flake8(*arguments, "--exit-zero").status == 0


# reporters


class Item(NamedTuple):
    """A finding as a reporter reports it."""

    path: str
    line: int
    column: int
    code: str
    text: str


def read_json(output: str) -> list[Item]:
    violations = [violation for of_file in json.loads(output).values() for violation in of_file]
    for violation in violations:
        # a client shows the line: it must be that of the file
        lines = Path(violation["filename"]).read_text(encoding="utf-8").splitlines(keepends=True)
        assert violation["physical_line"] == lines[violation["line_number"] - 1]
    names = ["filename", "line_number", "column_number", "code", "text"]
    return [Item(*(violation[name] for name in names)) for violation in violations]


def read_code_climate(output: str) -> list[Item]:
    issues = [issue for of_file in json.loads(output).values() for issue in of_file]
    return [
        Item(issue["location"]["path"], begin["line"], begin["column"], issue["check_name"], issue["description"])
        for issue in issues for begin in [issue["location"]["positions"]["begin"]]
    ]


def read_junit(output: str) -> list[Item]:
    items = []
    for case in ElementTree.fromstring(output).iter("testcase"):
        for failure in case.findall("failure"):
            start = f"{case.attrib['file']}:{case.attrib['line']}:"
            assert failure.attrib["message"].startswith(start)
            column, _, rest = failure.attrib["message"].removeprefix(start).partition(": ")
            code, _, text = rest.partition(" ")
            items.append(Item(case.attrib["file"], int(case.attrib["line"]), int(column), code, text))
    return items


def read_sarif(output: str) -> list[Item]:
    [run] = json.loads(output)["runs"]
    items = []
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        [location] = result["locations"]
        place = location["physicalLocation"]
        region = place["region"]
        path = place["artifactLocation"]["uri"]
        items.append(Item(
            path, region["startLine"], region["startColumn"], result["ruleId"], result["message"]["text"],
        ))
    return items


REPORTERS: Mapping[str, Callable[[str], list[Item]]] = {
    "json": read_json,
    "codeclimate": read_code_climate,
    "junit-xml": read_junit,
    "sarif": read_sarif,
}
ODD = 'odd & <é> "x".py'
PINS_TEXT = (
    'advice = "ask <a@b> & \\"c\\""\n[pins]\n'
    f'{json.dumps(ODD, ensure_ascii=False)} = 1\n"gone & <é>.py" = 2\n'
)
DECIDE = f"decide: flake8-artifact-pin decide {shlex.quote(ODD + ':1')}"
UNPINNED = "put_object(\"<&'>]]>\"): 2 PUT calls, 1 pinned"
PRUNE = "flake8-artifact-pin prune"
GONE = f"gone & <é>.py does not exist; renamed: flake8-artifact-pin decide --moved; deleted: {PRUNE}"
ITEMS = [
    Item("artifact-pins.toml", 4, 1, "APR003", GONE),
    Item(ODD, 1, 4, "APR001", f'{UNPINNED}; ask <a@b> & "c"; {DECIDE}'),
    Item(ODD, 1, 34, "APR001", f"{UNPINNED}; {DECIDE}"),
]


@pytest.mark.parametrize("form", REPORTERS)
def test_reporter(project: Project, form: str) -> None:
    call = "s3.put_object(Key=\"<&'>]]>\")"
    project.write({ODD: f"{call}, {call}\n", "b.py": "x = 1\n", "artifact-pins.toml": PINS_TEXT})
    read = REPORTERS[form]
    arguments = ("--select=APR,E9", f"--format={form}", ODD, "b.py")
    outcome = flake8("-j2", *arguments)
    assert (sorted(read(outcome.out)), outcome.err, outcome.status) == (ITEMS, "", 1)
    if form != "sarif":
        # that one never closes its file, so that nothing gets there, with or without this plugin
        outcome = flake8("--output-file=tee", "--tee", *arguments)
        assert sorted(read(outcome.out)) == sorted(read(Path("tee").read_text(encoding="utf-8"))) == ITEMS
    nothing = PINS_TEXT.replace("= 1", "= 2").replace('"gone & <é>.py" = 2\n', "")
    project.write({"artifact-pins.toml": nothing})
    outcome = flake8(*arguments)
    assert (read(outcome.out), outcome.err, outcome.status) == ([], "", 0)


# pre-commit


class Workshop:
    """A repository whose commits pre-commit looks at, with flake8 of this environment and the hook of this checkout.

    As the manual has it: flake8, which has the plugin here, leaves the findings to the other hook.
    """

    def __init__(self, project: Project) -> None:
        self.hooks = Repository(project, "hooks")
        self.repository = Repository(project, "work")
        project.monkeypatch.setenv("PRE_COMMIT_HOME", str(project.root / "home"))
        project.monkeypatch.setenv("PRE_COMMIT_COLOR", "never")
        for name in ("SKIP", "PRE_COMMIT_ALLOW_NO_CONFIG", "PYTHONPATH"):
            project.monkeypatch.delenv(name, raising=False)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / "flake8_artifact_pin", self.hooks.root / "flake8_artifact_pin", ignore=ignored)
        for name in (".pre-commit-hooks.yaml", "README.md", "setup.py"):
            shutil.copy(CHECKOUT / name, self.hooks.root / name)
        self.hooks.commit({}, "hooks")

    def start(self, files: Mapping[str, str]) -> None:
        """Commit files with a configuration, and let git ask pre-commit from then on."""
        linter = json.dumps(f"{sys.executable} -m flake8 --extend-ignore=APR,F821")
        self.repository.commit({
            ".pre-commit-config.yaml": (
                "repos:\n"
                "  - repo: local\n"
                "    hooks:\n"
                "      - id: flake8\n"
                "        name: flake8\n"
                f"        entry: {linter}\n"
                "        language: system\n"
                "        types: [python]\n"
                f"  - repo: {json.dumps(str(self.hooks.root))}\n"
                f"    rev: {self.hooks.git('rev-parse', 'HEAD').strip()}\n"
                "    hooks:\n"
                "      - id: artifact-pin-check\n"
            ),
            **files,
        }, "start")
        # pip builds the environment of the hook, from packages that it fetches
        subprocess.run(
            [sys.executable, "-m", "pre_commit", "install", "--install-hooks"],
            cwd=self.repository.root, check=True, stdout=subprocess.PIPE, timeout=500,
        )

    def commit(self, *arguments: str, cwd: str = ".") -> tuple[dict[str, str], list[str], bool]:
        """Return what became of each hook, what they found, and whether there is a commit now."""
        before = self.head(cwd)
        outcome = run_program("git", "commit", "--message=change", *arguments, cwd=self.repository.root / cwd)
        output = f"{outcome.out}{outcome.err}"
        states = dict(re.findall(r"^(flake8|artifact pins)\.+.*?(Passed|Failed|Skipped)$", output, re.MULTILINE))
        findings = [line for line in output.splitlines() if re.match(r"\S+:\d+:\d+: ", line)]
        is_committed = self.head(cwd) != before
        assert is_committed == (outcome.status == 0), output
        return states, findings, is_committed

    def head(self, cwd: str) -> str:
        return run_program("git", "rev-parse", "HEAD", cwd=self.repository.root / cwd).out


def test_pre_commit(project: Project) -> None:
    """One story, since the environment of the hook takes its time."""
    workshop = Workshop(project)
    repository = workshop.repository
    one = 's3.put_object(Key="a")\n'
    two = f'{one}s3.put_object(Key="b")\n'
    workshop.start({
        "src/a.py": one, "src/b.py": one, "c.py": "x = 1\n",
        "artifact-pins.toml": '[pins]\n"src/a.py" = 1\n"src/b.py" = 1\n',
    })
    passed = {"flake8": "Passed", "artifact pins": "Passed"}
    unneeded = {"flake8": "Skipped", "artifact pins": "Passed"}
    refused = {"flake8": "Passed", "artifact pins": "Failed"}
    pins_refused = {"flake8": "Skipped", "artifact pins": "Failed"}
    over = [
        f'src/a.py:{line}:4: APR001 put_object("{key}"): 2 PUT calls, 1 pinned; '
        f'decide: flake8-artifact-pin decide src/a.py:{line}'
        for line, key in ((1, "a"), (2, "b"))
    ]

    # a call too many
    repository.write({"src/a.py": two})
    repository.git("add", "src/a.py")
    assert workshop.commit() == (refused, over, False)
    # and of a commit that takes no notice of the index; git has another one for it then
    repository.git("reset", "--quiet")
    assert workshop.commit("--", "src/a.py") == (refused, over, False)
    assert workshop.commit("--all", cwd="src") == (refused, over, False)

    # a clean commit passes while the call too many is not part of it
    repository.write({"c.py": "x = 2\n"})
    repository.git("add", "c.py")
    assert workshop.commit() == (passed, [], True)
    assert (repository.root / "src/a.py").read_text() == two

    # the file beside the pins file that is staged
    pins = repository.root / "artifact-pins.toml"
    repository.git("add", "src/a.py")
    pins.write_text('[pins]\n"src/a.py" = 2\n"src/b.py" = 1\n')
    assert workshop.commit() == (refused, over, False)
    repository.git("add", "artifact-pins.toml")
    assert workshop.commit() == (passed, [], True)

    # an edit of the pins file alone: flake8 has nothing to look at
    pins.write_text('[pins]\n"src/a.py" = 3\n"src/b.py" = 1\n')
    stale = "src/a.py:1:1: APR002 stale pin: 2 PUT calls, 3 pinned; lower it: flake8-artifact-pin prune"
    assert workshop.commit("--all") == (pins_refused, [stale], False)
    pins.write_text('[pins]\n"src/a.py" = 2\n"src/b.py" = true\n')
    states, findings, is_committed = workshop.commit("--all")
    assert (states, places(findings), is_committed) == (pins_refused, ["artifact-pins.toml:3:1: APR000"], False)
    decided = '[pins]\n"src/a.py" = { count = 2, grandfathered = "read by hand" }\n"src/b.py" = 1\n'
    pins.write_text(decided)
    assert workshop.commit("--all") == (unneeded, [], True)

    # so it is with the removal of a file
    repository.git("rm", "--quiet", "src/b.py")
    states, findings, is_committed = workshop.commit()
    assert (states, places(findings), is_committed) == (pins_refused, ["artifact-pins.toml:3:1: APR003"], False)
    pins.write_text(decided.replace('"src/b.py" = 1\n', ""))
    assert workshop.commit("--all") == (unneeded, [], True)

    # in another working tree of the repository
    repository.git("worktree", "add", "--quiet", "-b", "branch", "../tree")
    repository.write({"../tree/src/b.py": one})
    repository.git("-C", "../tree", "add", "--all")
    states, findings, is_committed = workshop.commit(cwd="../tree")
    assert (states, places(findings), is_committed) == (refused, ["src/b.py:1:4: APR001"], False)
    repository.write({"../tree/src/b.py": f"{one.rstrip()}  # noqa: APR001 - a probe\n"})
    assert workshop.commit("--all", cwd="../tree") == (passed, [], True)

    # all files, as CI asks
    everything = run_program(
        sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose", cwd=repository.root,
    )
    assert (everything.status, everything.err) == (0, "")
    assert "1 file" not in everything.out
    assert "2 PUT calls: 0 findings" in everything.out
