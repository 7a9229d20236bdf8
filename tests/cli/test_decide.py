from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from support import COMMAND
from support import PINS
from support import Repository
from support.reports import read_pins
from support.reports import report_source

from flake8_artifact_pin.cli.decide.ask import ask
from flake8_artifact_pin.cli.decide.plan import Undecided
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.rules.messages import file_findings
from flake8_artifact_pin.rules.verdict import judge_file

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
EQUAL = [f'"f:put_object{number}" = {{ registered = ["one"] }}\n' for number in ("", "#2", "#3")]


class Case(NamedTuple):
    """A source, the pins file, what is decided, and the pins file then."""

    source: str
    pins: str
    arguments: list[str]
    expected: str


CASES = {
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
    # of calls whose keys are not known nobody can tell which one an entry means
    "equal names get numbers": Case(
        f"{UNKNOWN}    s3.put_object(Key=other)\n", f'{CALLS}{"".join(EQUAL[:2])}', ["a.py:2", "--registered", "one"],
        f'{CALLS}{"".join(EQUAL)}',
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_decisions_are_recorded(directory: Repository, name: str) -> None:
    """Who has decided on all of it has settled all of it."""
    case = CASES[name]
    directory.write({"a.py": case.source, PINS: case.pins})
    outcome = directory.run("decide", *case.arguments)
    assert (outcome.err, outcome.status) == ("", 0)
    assert directory.read(PINS) == case.expected
    pins = read_pins(case.expected)
    findings = file_findings(pins, judge_file(pins, "a.py", report_source(case.source)))
    assert bool(findings) == ("one of two" in name)


def test_what_was_done_is_said(directory: Repository) -> None:
    pins = '[pins]\n"a.py" = { count = 1, deferred = "config#12" }\n'
    directory.write({"a.py": TWO, PINS: pins})
    assert directory.run("decide", "a.py:3", "--registered", "two").lines == [
        'artifact-pins.toml: "a.py": "f:put_object(two.csv)" registered: two',
        'artifact-pins.toml: "a.py" names its calls now; the others: deferred: config#12, as before',
    ]
    assert directory.run("decide", "a.py:2", "--registered", "one").lines == [
        'artifact-pins.toml: "a.py": "f:put_object(one.csv)" registered: one (was: deferred: config#12)',
    ]


TWO_ENTRIES = '"f:put_object" = { registered = ["one"] }\n"f:put_object#2" = { registered = ["two"] }\n'
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
    "entries that nobody can tell apart": (
        UNKNOWN, f"{CALLS}{TWO_ENTRIES}", ["a.py:2", "--registered", "made_up"],
        "carry different decisions, and nobody can tell which is this call's",
    ),
    "only a suppressed call": (SUPPRESSED, "[pins]\n", DECIDED, "nothing is undecided in a.py"),
    "nothing moved, without git": (ONE, "[pins]\n", ["--moved"], "git knows no PUT call that moved away"),
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
    directory.write({"a.py": source, PINS: pins})
    outcome = directory.run("decide", *arguments)
    assert message in outcome.err
    assert (outcome.out, outcome.status) == ("", 2)
    assert directory.read(PINS) == pins


PINNED = '[pins]\n"a.py" = { count = 1, registered = ["one"] }\n'


def test_git_tells_which_call_is_new(repository: Repository) -> None:
    repository.commit({"a.py": ONE, PINS: PINNED})
    repository.write({"a.py": f"{TWO}    s3.put_object()  # noqa: APR001 - a probe\n"})
    outcome = repository.run("decide", "a.py:2", "--registered", "two")
    assert "the new PUT call is on line 3: decide on a.py:LINE" in outcome.err
    # whoever repeats a decision for a new call has decided
    repository.run("decide", "a.py", "--registered", "one")
    assert repository.read(PINS) == f'[pins]\n\n{CALLS}{ONE_ENTRY}{ONE_ENTRY.replace("(one", "(two")}'
    assert repository.check("--since=HEAD").places == []


def test_before_the_first_commit_a_person_tells_which_call_is_new(repository: Repository) -> None:
    repository.write({"a.py": TWO, PINS: PINNED})
    assert repository.run("decide", "a.py:3", "--registered", "two").status == 0


def test_all_that_is_undecided_in_a_directory(directory: Repository) -> None:
    files = {"etl/a.py": ONE, "etl/b.py": TWO, "etl/c.py": ONE, "d.py": ONE}
    directory.write({**files, PINS: '[pins]\n"etl/c.py" = { count = 1, registered = ["one"] }\n'})
    directory.run("decide", "etl", "--grandfathered", "scratch files")
    assert directory.run("decide").lines == ['d.py:2: put_object("one.csv"): 1 PUT call, 0 pinned']


def test_ids_that_the_registry_does_not_have(directory: Repository) -> None:
    directory.write({"a.py": TWO, "r.json": REGISTRY, PINS: 'registry = "r.json"\n'})
    assert directory.run("decide", "a.py", "--registered", "onez", "elsewhere", "ones").err == (
        "r.json has no onez: did you mean ones?\nr.json has no elsewhere: register it there\n"
    )


def test_a_path_that_cannot_be_pinned(directory: Repository) -> None:
    directory.write({"a\\b.py": ONE, PINS: "[pins]\n"})
    outcome = directory.run("decide", "a\\b.py", "--registered", "made_up")
    assert "has a path that cannot be pinned: rename the file, or exempt it by a pattern" in outcome.err
    assert directory.read(PINS) == "[pins]\n"


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
    directory.write({**sources, "r.json": REGISTRY, PINS: pins})
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
    directory.write({"a.py": ONE, "b.py": broken, "r.json": "{", PINS: 'registry = "r.json"\n'})
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


def item(path: str, line: int) -> tuple[Undecided, Sequence[str]]:
    """Return an undecided call, and the lines of its file."""
    undecided = Undecided(path, line, f'put_object("{line}.csv")', f"f:{line}", "", "pinned", ["ones"])
    return undecided, f"# before\n{TWO}".splitlines()


A, B, B3 = item("a.py", 3), item("b.py", 2), item("b.py", 3)
MINE, SCRATCH = Decision(("mine",)), Decision(grandfathered="scratch files")
# The undecided calls, what a person answers, and the answers that are recorded of each file; then how many are left.
QUESTIONS = {
    "register by number": ([A], ["r", "1"], [("a.py", {"f:3": Decision(("ones",))})], 0),
    "register by name": ([A], ["r", "mine, 2"], [("a.py", {"f:3": Decision(("mine", "2"))})], 0),
    "what says nothing is asked again": ([A], ["x", "d", "TODO", "data#12"], [
        ("a.py", {"f:3": Decision(deferred="data#12")}),
    ], 0),
    "skip": ([A, B], ["s", "r", "mine"], [("b.py", {"f:2": MINE})], 1),
    "quit": ([A, B], ["q"], [], 2),
    "end of input at a reason": ([B, B3], ["r", "mine", "d"], [("b.py", {"f:2": MINE})], 1),
    "the last answer is offered again": ([A, B], ["g", "scratch files", "g", ""], [
        ("a.py", {"f:3": SCRATCH}), ("b.py", {"f:2": SCRATCH}),
    ], 0),
    # but for the file that was asked about: a decision on one of its calls may need one on the others
    "what was answered before an interrupt is kept": ([A, B, B3], ["g", "scratch files", "r", "mine", "^C"], [
        ("a.py", {"f:3": SCRATCH}),
    ], None),
    "what cannot be recorded is left": ([item("c.py", 2), B], ["r", "mine", "r", "mine"], [("b.py", {"f:2": MINE})], 1),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_person_is_asked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    items, answers, expected, left = QUESTIONS[name]
    recorded = []

    def record(path: str, answers: Mapping[str, Decision]) -> None:
        if path == "c.py":
            raise UsageError("it is not known which call is new")
        recorded.append((path, answers))

    monkeypatch.setattr(sys, "stdin", Answers("".join(f"{answer}\n" for answer in answers)))
    if left is None:
        with pytest.raises(KeyboardInterrupt):
            ask(items, record)
    else:
        assert ask(items, record) == left
    assert recorded == expected


def test_an_interview(directory: Repository) -> None:
    """Each question shows the code around it; all calls of a file are decided on at once."""
    source = f"# before\n{TWO}".replace("f()", "g()")
    directory.write({"a.py": source, "r.json": REGISTRY, PINS: f'registry = "r.json"\n{CALLS}{ONE_ENTRY}'})
    output = Answers()
    with directory.monkeypatch.context() as context:
        context.setattr(sys, "stdin", Answers("r\none\ng\nscratch files\n"))
        context.setattr(sys, "stdout", output)
        directory.run("decide")
    shown = output.getvalue().replace("\033[1m", "").replace("\033[m", "").splitlines()
    assert shown[1:8] == [
        'a.py:3: put_object("one.csv") (2 PUT calls, 1 pinned; 1 of 2)',
        "      1  # before",
        "      2  def g():",
        '>     3      s3.put_object(Key="one.csv")',
        '      4      s3.put_object(Key="two.csv")',
        "  id 1: ones",
        "[r]egister, [g]randfather, [d]efer, [s]kip, [q]uit? the ids, or their numbers ",
    ]
    assert directory.read(PINS) == (
        f'registry = "r.json"\n{CALLS}{ONE_ENTRY}{ONE_ENTRY.replace("f:", "g:")}'
        '"g:put_object(two.csv)" = { grandfathered = "scratch files" }\n'
    )


@pytest.mark.parametrize(("times", "status"), [(1, 0), (100, 2)])
def test_what_another_program_writes_meanwhile_is_kept(directory: Repository, times: int, status: int) -> None:
    directory.write({"a.py": ONE, PINS: "[pins]\n"})
    access, calls = os.access, iter(range(times))

    def access_while_writing(path: str, mode: int) -> bool:
        for number in calls:
            directory.write({PINS: f"# {number}\n[pins]\n"})
            break
        return access(path, mode)

    # the last thing that is asked of the old file before it is replaced
    directory.monkeypatch.setattr(os, "access", access_while_writing)
    assert directory.run("decide", "a.py", "--registered", "one").status == status
    assert directory.read(PINS).startswith("# ")


@pytest.mark.processes
def test_two_processes_at_once_lose_nothing(directory: Repository) -> None:
    names = [f"m{number}.py" for number in range(2)]
    directory.write({**dict.fromkeys(names, ONE), PINS: "[pins]\n"})
    processes = [
        subprocess.Popen([*COMMAND, "decide", name, "--registered", name], stdout=subprocess.DEVNULL) for name in names
    ]
    assert [process.wait(timeout=60) for process in processes] == [0] * len(names)
    assert directory.read(PINS) == "[pins]\n" + "".join(
        f'"{name}" = {{ count = 1, registered = ["{name}"] }}\n' for name in names
    )
