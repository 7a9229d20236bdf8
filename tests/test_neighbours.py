"""The tools that stand beside this one, as they are: other plugins, reporters, what looks for useless comments,
pre-commit, and GitHub. Each runs as its users run it, in a process of its own."""
from __future__ import annotations

import json
import os
import re
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
    print(s3.upload_file, "a text that makes this line too long for the linter as well")  # noqa: APR001, E501 - unused
    return s3.put_object(Bucket="b", Key="c")  # type: ignore  # noqa: APR001: a scratch file


def keep(name):
    return s3.upload_fileobj(name, "b", "keep")
"""
OVER = ["a.py:7:8: APR001", "a.py:18:15: APR001"]
# Each is a way to be over, at or under the pin, and what is reported then.
PINS = {
    "no pins file": (None, OVER),
    "no pin": ("", OVER),
    "over": ('[pins]\n"a.py" = 1\n', OVER),
    "at": ('[pins]\n"a.py" = 2\n', []),
    "under": ('[pins]\n"a.py" = 3\n', ["a.py:1:1: APR002"]),
    "names, over": ('[pins."a.py".calls]\n"write:put_object" = {}\n', OVER),
    "names, at": ('[pins."a.py".calls]\n"write:put_object" = {}\n"keep:upload_fileobj" = {}\n', []),
    "names, under": (
        '[pins."a.py".calls]\n"write:put_object" = {}\n"keep:upload_fileobj" = {}\n"gone:put_object" = {}\n',
        ["a.py:1:1: APR002"],
    ),
    "names, another call": (
        '[pins."a.py".calls]\n"write:put_object" = {}\n"store:upload_fileobj" = {}\n', ["a.py:18:15: APR006"],
    ),
    # the name of a suppressed call is free for the next one, but the comments are needed all the same
    "names, of suppressed calls": (
        '[pins."a.py".calls]\n"write:put_object" = {}\n"write:put_object#2" = {}\n', ["a.py:18:15: APR006"],
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
def test_no_complaint_about_a_needed_comment(project: Project, name: str) -> None:
    pins, expected = PINS[name]
    write(project, pins, "a.py")
    outcome = flake8("--noqa-require-code", "a.py")
    assert (places(outcome.lines), outcome.err, outcome.status) == (expected, "", 1 if expected else 0)


@pytest.mark.parametrize("name", PINS)
def test_no_needed_comment_is_removed(project: Project, name: str) -> None:
    pins, _ = PINS[name]
    write(project, pins, "a.py")
    assert run_program(sys.executable, "-m", "yesqa", "a.py") == ("", "", 0)
    assert Path("a.py").read_text(encoding="utf-8") == PRODUCER


def test_no_complaint_by_several_processes(project: Project) -> None:
    write(project, '[pins]\n"a.py" = 1\n"b.py" = 2\n"c.py" = 3\n', "a.py", "b.py", "c.py", "d.py")
    for jobs in ("-j1", "-j2"):
        assert places(flake8(jobs, "a.py", "b.py", "c.py", "d.py").lines) == [
            *OVER, "c.py:1:1: APR002", "d.py:7:8: APR001", "d.py:18:15: APR001",
        ]


def test_needed_comments_with_an_unusable_pins_file(project: Project) -> None:
    """While a merge is unresolved nothing is judged, but the comments are as needed as they were before."""
    write(project, '<<<<<<< HEAD\n[pins]\n"a.py" = 2\n', "a.py")
    assert places(flake8("a.py").lines) == ["artifact-pins.toml:1:1: APR000", "a.py:1:1: APR000"]


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: APR001", "# noqa: APR"])
def test_comment_without_a_reason(project: Project, comment: str) -> None:
    """It hides APR001 in a file over its pin, so neither tool calls it useless; this one says what is wrong with it."""
    source = f'import boto3\n\nboto3.client("s3").put_object()  {comment}\n'
    project.write({"a.py": source})
    [line] = flake8("a.py").lines
    assert re.fullmatch(r"a\.py:(1:1|3:20): APR004 noqa on line 3 .*", line)
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


@pytest.mark.parametrize("jobs", ["-j1", "-j2", "-j4"])
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

    outcome = flake8(*arguments, "--select=APR,E999")
    assert sorted(places(outcome.lines)) == sorted(found("ab", OURS) + found("c", quiet))
    assert (outcome.err, outcome.status) == ("", 1)

    [number] = flake8(*arguments, "-qq", "--count").lines
    assert int(number) == 3 * len(OTHERS) + 2 * len(OURS) + len(quiet)
    assert flake8(*arguments, "--exit-zero").status == 0


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_exit_status_is_not_that_of_one_plugin(project: Project, jobs: str) -> None:
    clean = "import boto3\n\n\ndef write(value):\n    boto3.client(value).put_object()\n"
    project.write({"a.py": clean, "b.py": clean, "artifact-pins.toml": '[pins]\n"a.py" = 1\n"b.py" = 1\n'})
    assert flake8(jobs) == ("", "", 0)
    project.write({"b.py": clean.replace("value", "value=[]", 1).replace("(value)", "('s3')")})
    outcome = flake8(jobs)
    assert (places(outcome.lines), outcome.status) == (["./b.py:4:17: B006"], 1)
    project.write({"artifact-pins.toml": '[pins]\n"a.py" = 1\n"b.py" = 1\n"gone.py" = 1\n'})
    outcome = flake8(jobs)
    assert places(outcome.lines) == ["artifact-pins.toml:4:1: APR003", "./b.py:4:17: B006"]
    assert outcome.status == 1
    project.write({"b.py": clean})
    outcome = flake8(jobs)
    assert (places(outcome.lines), outcome.status) == (["artifact-pins.toml:4:1: APR003"], 1)


# reporters


class Item(NamedTuple):
    """A finding as a reporter reports it. Not every format has a column."""

    path: str
    line: int
    column: int
    code: str
    text: str


class Report(NamedTuple):
    """What a reporter reports: the findings, and the files that it knows of or None if its format has none."""

    items: list[Item]
    files: list[str] | None


def read_json(output: str) -> Report:
    data = json.loads(output)
    items = []
    for name, violations in data.items():
        for violation in violations:
            assert violation.keys() == {
                "code", "filename", "line_number", "column_number", "text", "physical_line",
            }
            # a client shows the line: it must be that of the file
            lines = Path(name).read_text(encoding="utf-8").splitlines(keepends=True)
            assert violation["physical_line"] == lines[violation["line_number"] - 1]
            assert violation["filename"] == name
            items.append(Item(
                name, violation["line_number"], violation["column_number"], violation["code"], violation["text"],
            ))
    return Report(items, list(data))


def read_code_climate(output: str) -> Report:
    data = json.loads(output)
    items = []
    for name, issues in data.items():
        for issue in issues:
            assert issue["type"] == "issue"
            begin = issue["location"]["positions"]["begin"]
            items.append(Item(
                issue["location"]["path"], begin["line"], begin["column"], issue["check_name"], issue["description"],
            ))
            assert issue["location"]["path"] == name
    return Report(items, list(data))


def read_junit(output: str) -> Report:
    root = ElementTree.fromstring(output)
    assert root.tag == "testsuites"
    items = []
    files = []
    for suite in root:
        files.append(suite.attrib["file"])
        failures = suite.findall("testcase/failure")
        assert suite.attrib["failures"] == str(len(failures))
        assert suite.attrib["tests"] == str(max(len(failures), 1)) == str(len(suite))
        for case in suite.iter("testcase"):
            if failures:
                code, _, text = case.attrib["name"].partition(", ")
                [failure] = case
                message = failure.attrib["message"]
                start = f"{case.attrib['file']}:{case.attrib['line']}:"
                assert message.startswith(start)
                column, _, rest = message.removeprefix(start).partition(": ")
                assert rest == f"{code} {text}"
                assert case.attrib["file"] == suite.attrib["file"]
                items.append(Item(case.attrib["file"], int(case.attrib["line"]), int(column), code, text))
    assert root.attrib["failures"] == str(len(items))
    return Report(items, files)


def read_sarif(output: str) -> Report:
    data = json.loads(output)
    assert data["version"] == "2.1.0"
    [run] = data["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    items = []
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        [location] = result["locations"]
        place = location["physicalLocation"]
        path = place["artifactLocation"]["uri"]
        items.append(Item(
            path, place["region"]["startLine"], place["region"]["startColumn"], result["ruleId"],
            result["message"]["text"],
        ))
        lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
        assert place["region"]["snippet"]["text"] == lines[place["region"]["startLine"] - 1]
    return Report(items, None)


REPORTERS: Mapping[str, Callable[[str], Report]] = {
    "json": read_json,
    "json-pretty": read_json,
    "codeclimate": read_code_climate,
    "junit-xml": read_junit,
    "sarif": read_sarif,
}
ODD = 'odd & <é> "x".py'
STALE = "remove the pin and retire its registry row"
KEY = json.dumps(ODD, ensure_ascii=False)
UNPINNED = (
    f"put_object(\"<&'>]]>\"); decide on the artifact, then set {KEY} = 2 in artifact-pins.toml; "
    'ask <a@b> & "c"'
)
CALLS = [
    Item(ODD, 1, 4, "APR001", f"PUT call 1 of 2, 1 pinned: {UNPINNED}"),
    Item(ODD, 1, 34, "APR001", f"PUT call 2 of 2, 1 pinned: {UNPINNED}"),
]
HEAD = 'advice = "ask <a@b> & \\"c\\""\n[pins]\n'
# The pins file, and what is reported with it
SITUATIONS: Mapping[str, tuple[str, list[Item]]] = {
    "nothing for the hook": (f"{HEAD}{KEY} = 1\n", CALLS),
    "nothing at all": (f"{HEAD}{KEY} = 2\n", []),
    "gone files": (
        f'{HEAD}{KEY} = 1\n"gone.py" = 1\n  "gone & <é>.py" = 2\n',
        [
            *CALLS,
            Item("artifact-pins.toml", 4, 1, "APR003", f"stale pin: gone.py does not exist; {STALE}"),
            Item("artifact-pins.toml", 5, 3, "APR003", f"stale pin: gone & <é>.py does not exist; {STALE}"),
        ],
    ),
    "only gone files": (
        f'{HEAD}{KEY} = 2\n"gone.py" = 1\n',
        [Item("artifact-pins.toml", 4, 1, "APR003", f"stale pin: gone.py does not exist; {STALE}")],
    ),
    "broken pins": (
        f'{HEAD}{KEY} = 1\n"&.py" = "<1>"\n"b.py" = -1\n',
        [
            Item("artifact-pins.toml", 4, 1, "APR000", "unusable pins file: {0}"),
            Item("artifact-pins.toml", 5, 1, "APR000", "unusable pins file: {1}"),
            Item(ODD, 1, 1, "APR000", "unusable pins file: {0} (artifact-pins.toml line 4, 1 more fault)"),
        ],
    ),
}
FAULTS = (
    'the count of "&.py" must be a whole number, 0 or more, not a string',
    'the count of "b.py" must be a whole number, 0 or more, not a negative one',
)


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("form", REPORTERS)
def test_reporter(project: Project, form: str, situation: str) -> None:
    pins, items = SITUATIONS[situation]
    expected = sorted(item._replace(text=item.text.format(*FAULTS)) for item in items)
    project.write({
        ODD: "s3.put_object(Key=\"<&'>]]>\"), s3.put_object(Key=\"<&'>]]>\")\n", "b.py": "x = 1\n",
        "artifact-pins.toml": pins,
    })
    read = REPORTERS[form]
    status = 1 if expected else 0
    arguments = ("--select=APR,E9", f"--format={form}", ODD, "b.py")

    for jobs in ("-j1", "-j2"):
        outcome = flake8(jobs, *arguments)
        assert (outcome.err, outcome.status) == ("", status)
        report = read(outcome.out)
        assert sorted(report.items) == expected
        if report.files is not None:
            assert sorted(report.files) == sorted({ODD, "b.py", *(item.path for item in expected)})

    if form == "sarif":
        # it never closes its file, so that nothing gets there, with or without this plugin
        return
    assert flake8("--output-file=plain", *arguments) == ("", "", status)
    assert read(Path("plain").read_text(encoding="utf-8")) == report

    outcome = flake8("--output-file=tee", "--tee", *arguments)
    assert (outcome.err, outcome.status) == ("", status)
    assert read(outcome.out) == report
    assert read(Path("tee").read_text(encoding="utf-8")) == report


@pytest.mark.parametrize("form", REPORTERS)
def test_reporter_of_what_is_named_in_the_configuration(project: Project, form: str) -> None:
    """Where nothing is named, paths begin with "./"; the pins file is above the working directory."""
    project.write({
        ".flake8": f"[flake8]\nselect = APR,E9\nformat = {form}\n",
        "below/a.py": "s3.put_object()\n",
        "artifact-pins.toml": '[pins]\n"gone.py" = 1\n',
    })
    project.monkeypatch.chdir(project.root / "below")
    outcome = run_program(sys.executable, "-m", "flake8", "--config=../.flake8")
    report = REPORTERS[form](outcome.out)
    assert sorted((os.path.normpath(item.path), item.line, item.column, item.code) for item in report.items) == [
        ("../artifact-pins.toml", 2, 1, "APR003"), ("a.py", 1, 4, "APR001"),
    ]
    assert (outcome.err, outcome.status) == ("", 1)


# pre-commit


class Workshop:
    """A repository whose commits pre-commit looks at, with flake8 of this environment and the hook of this checkout."""

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
        linter = json.dumps(f"{sys.executable} -m flake8 --select=APR,E9")
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
    refused = {"flake8": "Failed", "artifact pins": "Failed"}
    pins_refused = {"flake8": "Skipped", "artifact pins": "Failed"}
    over = [
        f'src/a.py:{line}:4: APR001 PUT call {line} of 2, 1 pinned: put_object("{key}"); '
        'decide on the artifact, then set "src/a.py" = 2 in artifact-pins.toml'
        for line, key in ((1, "a"), (2, "b"))
    ]

    # a call too many: each hook says so
    repository.write({"src/a.py": two})
    repository.git("add", "src/a.py")
    assert workshop.commit() == (refused, over + over, False)
    # and of a commit that takes no notice of the index; git has another one for it then
    repository.git("reset", "--quiet")
    assert workshop.commit("--", "src/a.py") == (refused, over + over, False)
    assert workshop.commit("--all", cwd="src") == (refused, over + over, False)

    # a clean commit passes while the call too many is not part of it
    repository.write({"c.py": "x = 2\n"})
    repository.git("add", "c.py")
    assert workshop.commit() == (passed, [], True)
    assert (repository.root / "src/a.py").read_text() == two

    # the file beside the pins file that is staged
    pins = repository.root / "artifact-pins.toml"
    repository.git("add", "src/a.py")
    pins.write_text('[pins]\n"src/a.py" = 2\n"src/b.py" = 1\n')
    assert workshop.commit() == (refused, over + over, False)
    repository.git("add", "artifact-pins.toml")
    assert workshop.commit() == (passed, [], True)

    # an edit of the pins file alone: flake8 has nothing to look at
    pins.write_text('[pins]\n"src/a.py" = 3\n"src/b.py" = 1\n')
    stale = 'src/a.py:1:1: APR002 stale pin: 3 pinned, 2 observed; set "src/a.py" = 2 at artifact-pins.toml:2'
    assert workshop.commit("--all") == (pins_refused, [stale], False)
    pins.write_text('[pins]\n"src/a.py" = 2\n"src/b.py" = true\n')
    states, findings, is_committed = workshop.commit("--all")
    assert (states, places(findings), is_committed) == (pins_refused, ["artifact-pins.toml:3:1: APR000"], False)
    decided = '[pins]\n"src/a.py" = { count = 2, grandfathered = "read by hand" }\n"src/b.py" = 1\n'
    pins.write_text(decided)
    assert workshop.commit("--all") == (unneeded, [], True)

    # so it is with the removal of a file
    repository.git("rm", "--quiet", "src/b.py")
    gone = f"artifact-pins.toml:3:1: APR003 stale pin: src/b.py does not exist; {STALE}"
    assert workshop.commit() == (pins_refused, [gone], False)
    pins.write_text(decided.replace('"src/b.py" = 1\n', ""))
    assert workshop.commit("--all") == (unneeded, [], True)

    # in another working tree of the repository
    repository.git("worktree", "add", "--quiet", "-b", "branch", "../tree")
    repository.write({"../tree/src/b.py": one})
    repository.git("-C", "../tree", "add", "--all")
    states, findings, is_committed = workshop.commit(cwd="../tree")
    assert (states, places(findings), is_committed) == (refused, ["src/b.py:1:4: APR001"] * 2, False)
    repository.write({"../tree/src/b.py": f"{one.rstrip()}  # noqa: APR001 - a probe\n"})
    assert workshop.commit("--all", cwd="../tree") == (passed, [], True)

    # all files, as CI asks
    everything = run_program(
        sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose", cwd=repository.root,
    )
    assert (everything.status, everything.err) == (0, "")
    assert "1 file" not in everything.out
    assert "2 files, 2 PUT calls: 0 findings" in everything.out
