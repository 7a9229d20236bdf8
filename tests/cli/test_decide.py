from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest
from support import COMMAND
from support import PINS
from support import Project
from support import Repository

pytestmark = pytest.mark.once

ONE = 'def f():\n    s3.put_object(Key="one.csv")\n'
TWO = f'{ONE}    s3.put_object(Key="two.csv")\n'
THREE = f'{TWO}    s3.put_object(Key="three.csv")\n'
SUPPRESSED = f'{ONE.rstrip()}  # noqa: APR001 - a probe\n'
UNKNOWN = "def f(key, other):\n    s3.put_object(Key=key)\n    s3.put_object(Key=other)\n"
CALLS = '[pins."a.py".calls]\n'
REGISTRY = '{"artifacts": [{"artifact_id": "ones", "s3_key_template": "one.csv"}, {"artifact_id": "twos"}]}'
DECIDED = ["a.py", "--registered", "made_up"]
ONE_ENTRY = '"f:put_object(one.csv)" = { registered = ["one"] }\n'


class Case(NamedTuple):
    """A source, the pins file, what is decided, and the pins file then."""

    source: str
    pins: str
    arguments: list[str]
    expected: str


CASES = {
    "a file without a pin": Case(
        ONE, "[pins]\n", ["a.py:2", "--registered", "one"],
        '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n',
    ),
    "no table of pins yet": Case(
        ONE, 'advice = "ask ops"\n', ["a.py", "--grandfathered", "scratch files"],
        'advice = "ask ops"\n\n[pins]\n"a.py" = { count = 1, grandfathered = "scratch files" }\n',
    ),
    "all calls of a file at once": Case(
        TWO, "[pins]\n", ["a.py", "--deferred", "config#12", "--until", "2027-03-31"],
        '[pins]\n"a.py" = { count = 2, deferred = "config#12", until = 2027-03-31 }\n',
    ),
    "fewer ids than new calls name them": Case(
        TWO, "[pins]\n", ["a.py", "--registered", "one"],
        f'[pins]\n\n{CALLS}{ONE_ENTRY}{ONE_ENTRY.replace("(one", "(two")}',
    ),
    "one of two calls without a pin": Case(
        TWO, "[pins]\n", ["a.py:3", "--registered", "two"],
        f'[pins]\n\n{CALLS}"f:put_object(two.csv)" = {{ registered = ["two"] }}\n',
    ),
    "the same decision on one more call names the calls": Case(
        TWO, '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n', ["a.py:3", "--registered", "one"],
        f'[pins]\n\n{CALLS}{ONE_ENTRY}"f:put_object(two.csv)" = {{ registered = ["one"] }}\n',
    ),
    "the same decision on the same calls goes on counting": Case(
        TWO, '[pins]\n"a.py" = { count = 2, grandfathered = "scratch files" }  # ours\n',
        ["a.py", "--grandfathered", "scratch files"],
        '[pins]\n"a.py" = { count = 2, grandfathered = "scratch files" }  # ours\n',
    ),
    "a second decision names the calls": Case(
        TWO, '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n', ["a.py:3", "--deferred", "config#12"],
        f'[pins]\n\n{CALLS}{ONE_ENTRY}"f:put_object(two.csv)" = {{ deferred = "config#12" }}\n',
    ),
    "--count goes on counting": Case(
        TWO, '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n', ["a.py:3", "--registered", "two", "--count"],
        '[pins]\n"a.py" = { count = 2, registered = ["one", "two"] }\n',
    ),
    "a pin without a decision is decided as a whole": Case(
        ONE, '[pins]\n"a.py" = 1\n', ["a.py", "--registered", "one"],
        '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n',
    ),
    "who decides again overwrites": Case(
        ONE, '[pins]\n"a.py" = { count = 1, deferred = "config#12" }\n', ["a.py:2", "--registered", "one"],
        '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n',
    ),
    "a call joins those that are named": Case(
        TWO, f"{CALLS}{ONE_ENTRY}", ["a.py:3", "--grandfathered", "scratch files"],
        f'{CALLS}{ONE_ENTRY}"f:put_object(two.csv)" = {{ grandfathered = "scratch files" }}\n',
    ),
    "all that is undecided of named calls": Case(
        THREE, f'{CALLS}{ONE_ENTRY}"f:put_object(two.csv)" = {{}}\n', ["a.py", "--registered", "rest"],
        f'{CALLS}{ONE_ENTRY}"f:put_object(three.csv)" = {{ registered = ["rest"] }}\n'
        '"f:put_object(two.csv)" = { registered = ["rest"] }\n',
    ),
    "a call in the place of another one": Case(
        ONE.replace("one", "new"), f"{CALLS}{ONE_ENTRY}", ["a.py:2", "--registered", "new"],
        f'{CALLS}"f:put_object(new.csv)" = {{ registered = ["new"] }}\n',
    ),
    "a function with a new name": Case(
        ONE.replace("f()", "g()"), f"{CALLS}{ONE_ENTRY}", ["a.py:2", "--renamed"],
        f'{CALLS}{ONE_ENTRY.replace("f:", "g:")}',
    ),
    "a line of the statement is enough": Case(
        'def f():\n    x = (\n        s3.put_object(Key="one.csv")\n    )\n', "[pins]\n",
        ["a.py:2", "a.py:4", "--registered", "one"],
        '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n',
    ),
    "equal names get numbers": Case(
        UNKNOWN, f'{CALLS}"f:put_object" = {{ registered = ["one"] }}\n', ["a.py:3", "--registered", "one"],
        f'{CALLS}"f:put_object" = {{ registered = ["one"] }}\n"f:put_object#2" = {{ registered = ["one"] }}\n',
    ),
    "several lines at once": Case(
        THREE, '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n', ["a.py:3", "a.py:4", "--registered", "rest"],
        f'[pins]\n\n{CALLS}{ONE_ENTRY}"f:put_object(two.csv)" = {{ registered = ["rest"] }}\n'
        '"f:put_object(three.csv)" = { registered = ["rest"] }\n',
    ),
    "line ends stay": Case(
        ONE, '[pins]\r\n"z.py" = 0\r\n', ["a.py", "--registered", "one"],
        '[pins]\r\n"a.py" = { count = 1, registered = ["one"] }\r\n"z.py" = 0\r\n',
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_decisions_are_recorded(directory: Repository, name: str) -> None:
    case = CASES[name]
    directory.write({"a.py": case.source, "z.py": "", "artifact-pins.toml": case.pins})
    outcome = directory.run("decide", *case.arguments)
    assert (outcome.err, outcome.status) == ("", 0)
    assert directory.read("artifact-pins.toml") == case.expected
    # who has decided on all of it has settled all of it
    if "one of two" not in name:
        assert directory.check().places == []


def test_what_was_decided_is_not_new_to_a_reviewer(repository: Repository) -> None:
    repository.commit({"artifact-pins.toml": "[pins]\n"})
    repository.write({"a.py": TWO, "b.py": ONE})
    repository.run("decide", "a.py", "b.py", "--registered", "one")
    repository.git("add", "--all")
    assert repository.check("--since=HEAD").places == []


def test_one_artifact_that_two_calls_write_is_decided_once_more(repository: Repository) -> None:
    """Whoever repeats a decision for a new call has decided: no reviewer is told that nobody did."""
    repository.commit({"a.py": ONE, "artifact-pins.toml": '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n'})
    repository.write({"a.py": TWO})
    repository.run("decide", "a.py:3", "--registered", "one")
    assert repository.check("--since=HEAD").places == []


def test_what_was_done_is_said(directory: Repository) -> None:
    pins = '[pins]\n"a.py" = { count = 1, deferred = "config#12" }\n'
    directory.write({"a.py": TWO, "artifact-pins.toml": pins})
    assert directory.run("decide", "a.py:3", "--registered", "two").lines == [
        'artifact-pins.toml: "a.py": "f:put_object(two.csv)" registered: two',
        'artifact-pins.toml: "a.py" names its calls now; the others: deferred: config#12, as before',
    ]
    assert directory.run("decide", "a.py:2", "--registered", "one").lines == [
        'artifact-pins.toml: "a.py": "f:put_object(one.csv)" registered: one (was: deferred: config#12)',
    ]


REFUSED = {
    "no such line": (
        TWO, "[pins]\n", ["a.py:9", "--registered", "made_up"],
        "has no PUT call on line 9: its PUT calls are on lines 2, 3",
    ),
    "suppressed": (SUPPRESSED, "[pins]\n", ["a.py:2", "--registered", "made_up"], "is suppressed: remove its noqa"),
    "no call": ("x = 1\n", "[pins]\n", DECIDED, "makes no PUT call: there is nothing to decide on"),
    "exempt": (ONE, '[exempt]\n"a.py" = "run by hand"\n', DECIDED, "a.py is exempt"),
    "nothing undecided": (ONE, f"{CALLS}{ONE_ENTRY}", DECIDED, "nothing is undecided in a.py"),
    "which call is new": (
        TWO, '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n', DECIDED,
        "its PUT calls are on lines 2, 3: decide on a.py:LINE, or add --count to decide on all",
    ),
    "too few of the new calls": (
        THREE, '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n', ["a.py:3", "--registered", "made_up"],
        "decide on all 2 new ones at once (a.py:LINE ...), or add --count",
    ),
    "nothing was renamed": (TWO, f"{CALLS}{ONE_ENTRY}", ["a.py:3", "--renamed"], "and no entry of its pin is gone"),
    "a placeholder": (ONE, "[pins]\n", ["a.py", "--grandfathered", "TODO"], "--grandfathered 'TODO' says nothing"),
    "an empty reason": (ONE, "[pins]\n", ["a.py", "--grandfathered", " "], "says nothing"),
    "a decision on what was renamed": (ONE, "[pins]\n", [*DECIDED, "--renamed"], "not allowed with argument"),
    "two decisions": (ONE, "[pins]\n", [*DECIDED, "--deferred", "config#1"], "not allowed with argument --registered"),
    "until of an id": (ONE, "[pins]\n", [*DECIDED, "--until", "2027-01-01"], "--until goes with"),
    "no date": (ONE, "[pins]\n", ["a.py", "--deferred", "config#1", "--until", "soon"], "'soon' is not a date"),
    "a directory": (ONE, f"{CALLS}{ONE_ENTRY}", [".", "--registered", "made_up"], "nothing is undecided below ."),
    "until the past": (
        ONE, "[pins]\n", ["a.py", "--deferred", "config#1", "--until", "2020-01-31"], "--until 2020-01-31 is over",
    ),
    "no such file": (ONE, "[pins]\n", ["b.py", "--registered", "made_up"], "there is no b.py"),
    "no place": (ONE, "[pins]\n", ["--grandfathered", "scratch files"], "name the file or the PUT call"),
    "it does not parse": ("def f(:\n    s3.put_object()\n", "[pins]\n", DECIDED, "cannot be judged: correct it first"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_clear_is_refused(directory: Repository, name: str) -> None:
    source, pins, arguments, message = REFUSED[name]
    directory.write({"a.py": source, "artifact-pins.toml": pins})
    outcome = directory.run("decide", *arguments)
    assert message in outcome.err
    assert (outcome.out, outcome.status) == ("", 2)
    assert directory.read("artifact-pins.toml") == pins


def test_entries_that_nobody_can_tell_apart_are_refused(directory: Repository) -> None:
    pins = f'{CALLS}"f:put_object" = {{ registered = ["one"] }}\n"f:put_object#2" = {{ registered = ["two"] }}\n'
    directory.write({"a.py": UNKNOWN, "artifact-pins.toml": pins})
    outcome = directory.run("decide", "a.py:2", "--registered", "made_up")
    assert "carry different decisions, and nobody can tell which is this call's" in outcome.err
    assert (outcome.status, directory.read("artifact-pins.toml")) == (2, pins)


PINNED = '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n'


def test_git_tells_which_call_is_new(repository: Repository) -> None:
    repository.commit({"a.py": ONE, "artifact-pins.toml": PINNED})
    repository.write({"a.py": f"{TWO}    s3.put_object()  # noqa: APR001 - a probe\n"})
    outcome = repository.run("decide", "a.py:2", "--registered", "two")
    assert "the new PUT call is on line 3: decide on a.py:LINE" in outcome.err
    repository.run("decide", "a.py", "--registered", "two")
    assert repository.read("artifact-pins.toml") == (
        f'[pins]\n\n{CALLS}{ONE_ENTRY}"f:put_object(two.csv)" = {{ registered = ["two"] }}\n'
    )


def test_before_the_first_commit_a_person_tells_which_call_is_new(repository: Repository) -> None:
    repository.write({"a.py": TWO, "artifact-pins.toml": PINNED})
    assert repository.run("decide", "a.py:3", "--registered", "two").status == 0


def test_without_git_a_person_tells_which_call_is_new(project: Project) -> None:
    directory = Repository(project, is_git=False)
    directory.write({"a.py": TWO, "artifact-pins.toml": PINNED})
    assert directory.run("decide", "a.py:3", "--registered", "two").status == 0


def test_all_that_is_undecided_in_a_directory(directory: Repository) -> None:
    files = {"etl/a.py": ONE, "etl/b.py": TWO, "etl/c.py": ONE, "d.py": ONE}
    directory.write({**files, "artifact-pins.toml": '[pins]\n"etl/c.py" = { count = 1, registered = ["one"] }\n'})
    directory.run("decide", "etl", "--grandfathered", "scratch files")
    assert directory.run("decide").lines == ['d.py:2: put_object("one.csv"): 1 PUT call, 0 pinned']


def test_ids_that_the_registry_does_not_have(directory: Repository) -> None:
    directory.write({"a.py": TWO, "r.json": REGISTRY, "artifact-pins.toml": 'registry = "r.json"\n'})
    assert directory.run("decide", "a.py", "--registered", "onez", "elsewhere", "ones").err == (
        "r.json has no onez: did you mean ones?\nr.json has no elsewhere: register it there\n"
    )


def test_a_name_that_an_entry_has_gets_a_number(directory: Repository) -> None:
    """Of two calls whose keys are not known nobody can tell which one the entry means."""
    entry = '"f:put_object" = { registered = ["one"] }\n'
    directory.write({"a.py": UNKNOWN, "artifact-pins.toml": f"{CALLS}{entry}"})
    assert directory.run("decide", "a.py:2", "--registered", "one").status == 0
    assert directory.read("artifact-pins.toml") == f'{CALLS}{entry}{entry.replace("put_object", "put_object#2")}'
    directory.write({"a.py": f"{UNKNOWN}    s3.put_object(Key=other)\n"})
    directory.run("decide", "a.py:2", "--registered", "one")
    assert '"f:put_object#3" = ' in directory.read("artifact-pins.toml")


def test_a_file_without_a_call_that_counts(directory: Repository) -> None:
    directory.write({"a.py": SUPPRESSED, "artifact-pins.toml": "[pins]\n"})
    outcome = directory.run("decide", "a.py", "--registered", "made_up")
    assert "nothing is undecided in a.py" in outcome.err


def test_a_path_that_cannot_be_pinned(directory: Repository) -> None:
    directory.write({"a\\b.py": ONE, "artifact-pins.toml": "[pins]\n"})
    outcome = directory.run("decide", "a\\b.py", "--registered", "made_up")
    assert "has a path that cannot be pinned: rename the file, or exempt it by a pattern" in outcome.err
    assert directory.read("artifact-pins.toml") == "[pins]\n"


def test_there_must_be_a_pins_file(directory: Repository) -> None:
    directory.write({"a.py": ONE})
    outcome = directory.run("decide", "a.py", "--registered", "made_up")
    assert (outcome.err, outcome.status) == (
        f"flake8-artifact-pin: there is no {PINS} and no pyproject.toml with pins in {directory.root} or a directory "
        "above it: create one with init\n",
        2,
    )


def test_undecided_calls_are_listed_with_ids_that_fit(directory: Repository) -> None:
    pins = (
        'registry = "r.json"\n[pins]\n"a.py" = 0\n"b.py" = 1\n'
        '"c.py" = { count = 1, deferred = "config#1", until = 2020-01-31 }\n'
    )
    sources = dict.fromkeys(["a.py", "b.py", "c.py"], ONE)
    directory.write({**sources, "r.json": REGISTRY, "artifact-pins.toml": pins})
    outcome = directory.run("decide")
    assert outcome == (
        'a.py:2: put_object("one.csv"): 1 PUT call, 0 pinned; ids that fit: ones\n'
        'c.py:2: put_object("one.csv"): the decision ended on 2020-01-31; ids that fit: ones\n'
        'b.py:2: put_object("one.csv"): pinned, and nobody said why; ids that fit: ones\n',
        "3 PUT calls undecided\n",
        1,
    )
    assert directory.run("decide", "a.py:2", "b.py:1").lines == [outcome.lines[0]]
    listed = json.loads(directory.run("decide", "--format=json", "a.py").out)["undecided"]
    assert [(item["path"], item["line"], item["name"], item["suggestions"]) for item in listed] == [
        ("a.py", 2, "f:put_object(one.csv)", ["ones"]),
    ]
    directory.run("decide", "a.py", "b.py", "c.py", "--registered", "ones")
    assert directory.run("decide") == ("", "0 PUT calls undecided\n", 0)


def test_a_registry_that_cannot_be_used_suggests_nothing(directory: Repository) -> None:
    broken = "def f(:\n    s3.put_object()\n"
    directory.write({"a.py": ONE, "b.py": broken, "r.json": "{", "artifact-pins.toml": 'registry = "r.json"\n'})
    outcome = directory.run("decide")
    assert outcome.out == 'a.py:2: put_object("one.csv"): 1 PUT call, 0 pinned\n'
    assert "unusable registry" in outcome.err


class Answers(io.StringIO):
    """What a person types on a terminal."""

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        line = super().readline(size)
        if line == "^C\n":
            raise KeyboardInterrupt
        return line


def asked(repository: Repository, *answers: str) -> list[str]:
    """Let a person answer, and return the lines of the pins file; more questions than answers end the input."""
    with repository.monkeypatch.context() as context:
        context.setattr(sys, "stdin", Answers("".join(f"{answer}\n" for answer in answers)))
        context.setattr(sys, "stdout", Answers())
        repository.run("decide")
    return repository.read("artifact-pins.toml").splitlines()


QUESTIONS = {
    "register by number": (["r", "1"], ['"a.py" = { count = 1, registered = ["ones"] }']),
    "register by name": (["r", "mine"], ['"a.py" = { count = 1, registered = ["mine"] }']),
    "grandfather": (["g", "scratch files"], ['"a.py" = { count = 1, grandfathered = "scratch files" }']),
    "defer": (["d", "config#12"], ['"a.py" = { count = 1, deferred = "config#12" }']),
    "what says nothing is asked again": (
        ["x", "d", "TODO", "config#12"], ['"a.py" = { count = 1, deferred = "config#12" }'],
    ),
    "skip": (["s"], []),
    "quit": (["q"], []),
    "end of input": ([], []),
    "end of input at a reason": (["d"], []),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_person_is_asked(directory: Repository, name: str) -> None:
    answers, added = QUESTIONS[name]
    directory.write({"a.py": ONE, "r.json": REGISTRY, "artifact-pins.toml": 'registry = "r.json"\n\n[pins]\n'})
    assert asked(directory, *answers) == ['registry = "r.json"', "", "[pins]", *added]


def test_the_last_answer_is_offered_again(directory: Repository) -> None:
    directory.write({"a.py": ONE, "b.py": ONE, "artifact-pins.toml": "[pins]\n"})
    assert asked(directory, "g", "scratch files", "g", "") == [
        "[pins]",
        '"a.py" = { count = 1, grandfathered = "scratch files" }',
        '"b.py" = { count = 1, grandfathered = "scratch files" }',
    ]


def test_what_was_answered_before_an_interrupt_is_kept(directory: Repository) -> None:
    """But for the file that was asked about: a decision on one of its calls may need one on the others."""
    directory.write({"a.py": ONE, "b.py": TWO, "artifact-pins.toml": "[pins]\n"})
    assert asked(directory, "g", "scratch files", "d", "config#12", "^C") == [
        "[pins]", '"a.py" = { count = 1, grandfathered = "scratch files" }',
    ]


def test_each_question_shows_the_code_around_it(directory: Repository) -> None:
    directory.write({"a.py": f"# before\n{TWO}", "r.json": REGISTRY, "artifact-pins.toml": 'registry = "r.json"\n'})
    with directory.monkeypatch.context() as context:
        context.setattr(sys, "stdin", Answers("g\nscratch files\nd\nconfig#12\n"))
        output = Answers()
        context.setattr(sys, "stdout", output)
        directory.run("decide")
    shown = output.getvalue().replace("\033[1m", "").replace("\033[m", "").splitlines()
    assert shown[1:7] == [
        'a.py:3: put_object("one.csv") (2 PUT calls, 0 pinned; 1 of 2)',
        "      1  # before",
        "      2  def f():",
        '>     3      s3.put_object(Key="one.csv")',
        '      4      s3.put_object(Key="two.csv")',
        "  id 1: ones",
    ]
    assert directory.check().places == []


def test_answers_that_cannot_be_recorded_are_left(directory: Repository) -> None:
    """One of two new calls beside a pinned one is not enough, and nobody knows which one is new."""
    pins = '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n'
    directory.write({"a.py": THREE, "artifact-pins.toml": pins})
    assert asked(directory, "s", "s", "d", "config#12") == pins.splitlines()


@pytest.mark.parametrize(("times", "status"), [(1, 0), (100, 2)])
def test_what_another_program_writes_meanwhile_is_kept(directory: Repository, times: int, status: int) -> None:
    directory.write({"a.py": ONE, "artifact-pins.toml": "[pins]\n"})
    access, calls = os.access, iter(range(times))

    def access_while_writing(path: str, mode: int) -> bool:
        for number in calls:
            directory.write({"artifact-pins.toml": f"# {number}\n[pins]\n"})
            break
        return access(path, mode)

    # the last thing that is asked of the old file before it is replaced
    directory.monkeypatch.setattr(os, "access", access_while_writing)
    assert directory.run("decide", "a.py", "--registered", "one").status == status
    assert directory.read("artifact-pins.toml").startswith("# ")


@pytest.mark.processes
def test_two_processes_at_once_lose_nothing(directory: Repository) -> None:
    names = [f"m{number}.py" for number in range(4)]
    directory.write({**dict.fromkeys(names, ONE), "artifact-pins.toml": "[pins]\n"})
    processes = [
        subprocess.Popen([*COMMAND, "decide", name, "--registered", name], stdout=subprocess.DEVNULL) for name in names
    ]
    assert [process.wait(timeout=60) for process in processes] == [0] * len(names)
    assert directory.read("artifact-pins.toml") == "[pins]\n" + "".join(
        f'"{name}" = {{ count = 1, registered = ["{name}"] }}\n' for name in names
    )
