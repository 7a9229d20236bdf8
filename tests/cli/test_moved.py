"""``decide --moved``: decisions go where their calls are now, as far as git knows, and nobody guesses."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from support import PINS
from support import Project
from support import Repository

pytestmark = pytest.mark.once

ONE = 'def f():\n    s3.put_object(Key="one.csv")\n'
TWO = 'def g():\n    s3.put_object(Key="two.csv")\n'
UNKNOWN = "def h(key):\n    s3.put_object(Key=key)\n"
NEW = 'def n():\n    s3.put_object(Key="new.csv")\n'
PROBE = 'def p():\n    s3.put_object(Key="probe")  # noqa: APR001 - deleted by the next line\n'
THREE = ONE + TWO + UNKNOWN
ONE_ENTRY = '"f:put_object(one.csv)" = { registered = ["one"] }\n'
TWO_ENTRY = '"g:put_object(two.csv)" = { registered = ["two"] }\n'
UNKNOWN_ENTRY = '"h:put_object" = { deferred = "data#1" }\n'
OLD = 'grandfathered = "old"'


def named(path: str, *entries: str) -> str:
    """Return the table of a pin that names its calls."""
    return f'[pins."{path}".calls]\n{"".join(entries)}'


ALL = named("a.py", ONE_ENTRY, TWO_ENTRY, UNKNOWN_ENTRY)
COUNT = f'[pins]\n"a.py" = {{ count = 3, {OLD} }}  # ours\n'
BOTH = f'[pins]\n"a.py" = {{ count = 3, {OLD} }}\n"b.py" = {{ count = 1, {OLD} }}\n'


class Case(NamedTuple):
    """The files and the pins before, the files after, where an empty one is gone, and the pins then.

    ``left`` are the codes that check reports afterwards, with their places.
    """

    before: Mapping[str, str]
    pins: str
    after: Mapping[str, str]
    expected: str
    left: tuple[str, ...] = ()


CASES = {
    "named calls go to a new file": Case(
        {"a.py": THREE + PROBE}, ALL, {"a.py": ONE, "c.py": TWO + UNKNOWN},
        f'{named("a.py", ONE_ENTRY)}\n{named("c.py", TWO_ENTRY, UNKNOWN_ENTRY)}',
    ),
    "a count is divided": Case(
        {"a.py": THREE}, COUNT, {"a.py": ONE, "c.py": TWO + UNKNOWN},
        f'[pins]\n"a.py" = {{ count = 1, {OLD} }}  # ours\n"c.py" = {{ count = 2, {OLD} }}\n',
    ),
    "a count without a decision": Case(
        {"a.py": THREE}, '[pins]\n"a.py" = 3\n', {"a.py": ONE + TWO, "c.py": UNKNOWN},
        '[pins]\n"a.py" = 2\n"c.py" = 1\n',
    ),
    "a new call beside them is left to a person": Case(
        {"a.py": THREE}, COUNT, {"a.py": ONE, "c.py": TWO + UNKNOWN + NEW},
        f'[pins]\n"a.py" = {{ count = 1, {OLD} }}  # ours\n\n'
        + named("c.py", f'"g:put_object(two.csv)" = {{ {OLD} }}\n', f'"h:put_object" = {{ {OLD} }}\n'),
        ("c.py:6:8: APR001",),
    ),
    "a file with a new name keeps its line": Case(
        {"a.py": THREE}, COUNT, {"a.py": "", "c.py": THREE}, COUNT.replace("a.py", "c.py"),
    ),
    "with functions that have new names, too": Case(
        {"a.py": THREE}, ALL, {"a.py": "", "c.py": THREE.replace("f()", "k()")},
        named("c.py", ONE_ENTRY.replace("f:", "k:"), TWO_ENTRY, UNKNOWN_ENTRY),
    ),
    "functions with new names": Case(
        {"a.py": THREE}, ALL, {"a.py": THREE.replace("f()", "k()").replace("h(", "l(")},
        named("a.py", ONE_ENTRY.replace("f:", "k:"), TWO_ENTRY, UNKNOWN_ENTRY.replace("h:", "l:")),
    ),
    "to several files, and nothing is left": Case(
        {"a.py": THREE}, ALL, {"a.py": "", "c.py": ONE, "d.py": TWO + UNKNOWN},
        f'{named("c.py", ONE_ENTRY)}\n{named("d.py", TWO_ENTRY, UNKNOWN_ENTRY)}',
    ),
    "a new call in a file with a new name": Case(
        {"a.py": THREE}, COUNT, {"a.py": "", "c.py": THREE + NEW}, COUNT.replace("a.py", "c.py"),
        ("c.py:2:8: APR001", "c.py:4:8: APR001", "c.py:6:8: APR001", "c.py:8:8: APR001"),
    ),
    "two files become one": Case(
        {"a.py": ONE, "b.py": TWO}, named("a.py", ONE_ENTRY) + named("b.py", TWO_ENTRY),
        {"a.py": "", "b.py": "", "c.py": ONE + TWO}, named("c.py", ONE_ENTRY, TWO_ENTRY),
    ),
    "two counts become one pin": Case(
        {"a.py": ONE, "b.py": TWO}, f'[pins]\n"a.py" = {{ count = 1, {OLD} }}\n"b.py" = 1\n',
        {"a.py": "", "b.py": "", "c.py": ONE + TWO},
        "[pins]\n\n" + named("c.py", f'"f:put_object(one.csv)" = {{ {OLD} }}\n', '"g:put_object(two.csv)" = {}\n'),
    ),
    "to a file whose pin names its calls": Case(
        {"a.py": THREE, "b.py": ONE}, ALL + named("b.py", ONE_ENTRY), {"a.py": ONE + TWO, "b.py": ONE + UNKNOWN},
        named("a.py", ONE_ENTRY, TWO_ENTRY) + named("b.py", ONE_ENTRY, UNKNOWN_ENTRY),
    ),
    "to a file whose pin counts": Case(
        {"a.py": THREE, "b.py": NEW}, BOTH, {"a.py": ONE + TWO, "b.py": NEW + UNKNOWN},
        BOTH.replace("1", "2").replace("3", "2"),
    ),
    "two files exchange a call": Case(
        {"a.py": ONE + TWO, "b.py": UNKNOWN}, named("a.py", ONE_ENTRY, TWO_ENTRY) + named("b.py", UNKNOWN_ENTRY),
        {"a.py": ONE + UNKNOWN, "b.py": TWO},
        named("a.py", ONE_ENTRY, UNKNOWN_ENTRY) + "\n" + named("b.py", TWO_ENTRY),
    ),
    "entries that nobody can tell apart go with their file": Case(
        {"a.py": UNKNOWN + "    s3.put_object(Key=key + key)\n"},
        named("a.py", UNKNOWN_ENTRY, '"h:put_object#2" = {}\n'), {"a.py": "", "c.py": UNKNOWN},
        named("c.py", UNKNOWN_ENTRY, '"h:put_object#2" = {}\n'), ("c.py:1:1: APR002",),
    ),
    "equal names": Case(
        {"a.py": ONE + UNKNOWN + "    s3.put_object(Key=key + key)\n"},
        named("a.py", ONE_ENTRY, UNKNOWN_ENTRY, UNKNOWN_ENTRY.replace('object"', 'object#2"')),
        {"a.py": ONE, "c.py": UNKNOWN + "    s3.put_object(Key=key + key)\n"},
        named("a.py", ONE_ENTRY) + "\n" + named("c.py", UNKNOWN_ENTRY, UNKNOWN_ENTRY.replace('object"', 'object#2"')),
    ),
}


def change(repository: Repository, before: Mapping[str, str], pins: str, after: Mapping[str, str]) -> None:
    """Commit files with their pins, and write others over them; an empty one is gone."""
    repository.commit({**before, PINS: pins})
    repository.write(after)
    for name in [name for name, source in after.items() if not source]:
        (repository.root / name).unlink()


@pytest.mark.parametrize("is_committed", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_decisions_follow_their_calls(repository: Repository, name: str, is_committed: bool) -> None:
    case = CASES[name]
    change(repository, case.before, case.pins, case.after)
    if is_committed:
        repository.commit()
    outcome = repository.run("decide", "--moved")
    assert (outcome.err, outcome.status) == ("", 0)
    assert repository.read(PINS) == case.expected
    assert repository.check().places == list(case.left)
    assert repository.check("--since=HEAD~1" if is_committed else "--since=HEAD").places == list(case.left)


LEFT = {
    "calls of one key with different decisions": (
        {"a.py": ONE + ONE.replace("f()", "k()")}, named("a.py", ONE_ENTRY, '"k:put_object(one.csv)" = {}\n'),
        {"a.py": "", "c.py": ONE.replace("f()", "n()")},
        "c.py:2: left, since similar calls were removed, with different decisions: decide on it",
    ),
    "two copies": (
        {"a.py": ONE + TWO}, named("a.py", ONE_ENTRY, TWO_ENTRY), {"a.py": TWO, "c.py": ONE, "d.py": ONE},
        "c.py:2: left, since more similar calls were added than removed: decide on it",
    ),
    "one of two ids": (
        {"a.py": ONE + TWO}, '[pins]\n"a.py" = { count = 2, registered = ["one", "two"] }\n',
        {"a.py": ONE, "c.py": TWO},
        'c.py:2: left, since "a.py" registers one, two: decide on it',
    ),
    "two ids in two files": (
        {"a.py": ONE + TWO}, '[pins]\n"a.py" = { count = 2, registered = ["one", "two"] }\n',
        {"a.py": "", "c.py": ONE, "d.py": TWO},
        'd.py:2: left, since "a.py" registers one, two: decide on it',
    ),
    "a count that is too small": (
        {"a.py": ONE + TWO}, '[pins]\n"a.py" = 2\n', {"a.py": NEW, "c.py": ONE + TWO},
        'c.py:2: left, since "a.py" allows fewer than the 2 calls that moved from it: decide on it',
    ),
    "a count that has other new calls": (
        {"a.py": THREE, "b.py": ONE.replace("one", "b")}, BOTH,
        {"a.py": ONE + TWO, "b.py": ONE.replace("one", "b") + UNKNOWN + NEW},
        'b.py:4: left, since "b.py" makes other new calls, too, and its pin does not name its calls: decide on it',
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_nobody_can_tell_is_left(repository: Repository, name: str) -> None:
    before, pins, after, message = LEFT[name]
    change(repository, before, pins, after)
    outcome = repository.run("decide", "--moved")
    assert message in outcome.err.splitlines()
    assert (outcome.out, outcome.status, repository.read(PINS)) == ("", 1, pins)


def test_only_what_is_named(repository: Repository) -> None:
    """A line, a file or a directory; a call whose pin lost an entry may have had that, whatever git says."""
    change(repository, {"a.py": THREE}, ALL, {"a.py": "", "c/c.py": ONE, "d.py": TWO + UNKNOWN + NEW})
    for place, name in [("c", "f:put_object(one.csv)"), ("d.py:2", "g:put_object(two.csv)"), ("d.py", "h:put_object")]:
        assert name in repository.run("decide", place, "--moved").out
    assert repository.run("decide", "d.py", "--moved").err == (
        "flake8-artifact-pin: git knows no PUT call that moved away from its decision: name the call, PATH:LINE\n"
    )


def test_it_is_said_where_calls_were_and_are(repository: Repository) -> None:
    before = {"a.py": ONE + TWO, "b/b.py": UNKNOWN + NEW}
    pins = named("a.py", ONE_ENTRY, TWO_ENTRY) + '[pins."b/b.py"]\ncount = 2\n'
    change(repository, before, pins, {"a.py": ONE, "c.py": TWO, "b/b.py": "", "b/x.py": NEW, "b/y.py": UNKNOWN})
    repository.git("add", "--all")
    assert repository.run("check").lines == [
        'a.py:1:1: APR002 stale pin: 1 PUT call, 2 pinned; calls moved to "c.py": flake8-artifact-pin decide --moved',
        'artifact-pins.toml:4:2: APR003 b/b.py does not exist, its calls moved to "b/x.py" and "b/y.py": '
        "flake8-artifact-pin decide --moved",
        'b/x.py:2:8: APR001 put_object("new.csv"): 1 PUT call, 0 pinned, was in "b/b.py"; keep its decision: '
        "flake8-artifact-pin decide --moved",
        'b/y.py:2:8: APR001 put_object("{key}"): 1 PUT call, 0 pinned, was in "b/b.py"; keep its decision: '
        "flake8-artifact-pin decide --moved",
        'c.py:2:8: APR001 put_object("two.csv"): 1 PUT call, 0 pinned, was in "a.py"; keep its decision: '
        "flake8-artifact-pin decide --moved",
    ]
    assert repository.run("decide", "--moved").lines == [
        'artifact-pins.toml: "b/x.py": "n:put_object(new.csv)" was in "b/b.py"; no decision',
        'artifact-pins.toml: "b/y.py": "h:put_object" was in "b/b.py"; no decision',
        'artifact-pins.toml: "c.py": "g:put_object(two.csv)" was in "a.py"; registered: two',
    ]
    assert repository.check().places == []
    repository.commit()
    repository.write({"c.py": TWO.replace("g()", "k()")})
    assert repository.run("decide", "--moved").lines == [
        'artifact-pins.toml: "c.py": "g:put_object(two.csv)" is now "k:put_object(two.csv)"; registered: two',
    ]


@pytest.mark.parametrize("rest", [ONE, ""])
def test_prune_removes_no_decision_on_a_call_that_moved(repository: Repository, rest: str) -> None:
    change(repository, {"a.py": ONE + TWO}, named("a.py", ONE_ENTRY, TWO_ENTRY), {"a.py": rest, "c.py": NEW * 9 + TWO})
    outcome = repository.run("prune")
    assert "a.py: kept: calls moved to c.py: run decide --moved first" in outcome.err
    assert (outcome.status, repository.read(PINS)) == (1, named("a.py", ONE_ENTRY, TWO_ENTRY))
    repository.run("decide", "--moved")
    repository.run("prune")
    assert TWO_ENTRY in repository.read(PINS)


def test_on_a_branch_whose_pins_were_written_after_the_change(repository: Repository) -> None:
    """The commit of the pins has the calls where they are now, the merge base has not."""
    repository.commit({"a.py": THREE, "b.py": ONE, PINS: BOTH})
    repository.git("clone", "--quiet", ".", "clone")
    clone = Repository(repository, "clone", is_git=False)
    clone.monkeypatch.chdir(clone.root)
    clone.commit({"a.py": ONE, "b.py": ONE + NEW, "c.py": TWO + UNKNOWN, PINS: f"# noted\n{BOTH}"})
    assert clone.run("decide", "--moved").status == 0
    # which call of a count is new is known in the same way
    assert clone.run("decide", "b.py", "--registered", "new").status == 0
    assert clone.check().places == []


def test_before_the_pins_are_committed(repository: Repository) -> None:
    repository.commit({"a.py": THREE})
    repository.write({"a.py": ONE, "c.py": TWO + UNKNOWN, PINS: COUNT})
    assert repository.run("decide", "--moved").status == 0


def test_without_git_nothing_is_known(project: Project) -> None:
    directory = Repository(project, is_git=False)
    directory.write({"a.py": ONE, "b.py": TWO, PINS: named("a.py", ONE_ENTRY, TWO_ENTRY)})
    assert "git knows no PUT call that moved away" in directory.run("decide", "--moved").err


def text(word: str, *more: str) -> str:
    """Return a source that git does not take for another one, and functions with PUT calls."""
    return "".join([*(f"{word}_{number} = {number}\n" for number in range(60)), *more])


@pytest.fixture
def file_renamed(repository: Repository) -> Repository:
    """Return a repository in which old.py became new.py before the pins file was written for the last time."""
    repository.commit({"old.py": text("old", ONE, TWO), PINS: '[pins]\n"old.py" = 2\n'})
    repository.git("mv", "old.py", "new.py")
    repository.commit()
    repository.commit({PINS: '# noted\n[pins]\n"old.py" = 2\n'})
    return repository


# The pins of a file that was renamed, its functions then, and the codes that check reports after decide --moved.
RENAMED_FILES: dict[str, tuple[str, str, list[str]]] = {
    "as many calls": ('[pins]\n"old.py" = { count = 2, registered = ["one"] }  # ours\n', ONE + TWO, []),
    "fewer calls": ('[pins]\n"old.py" = 3\n', ONE + TWO, ["APR002"]),
    "more calls": ('[pins]\n"old.py" = 1\n', ONE + TWO, ["APR001", "APR001"]),
    "no call": ('[pins]\n"old.py" = 2\n', "", ["APR002"]),
    "no call, as pinned": ('[pins]\n"old.py" = 0\n', "", []),
    "named calls": (named("old.py", ONE_ENTRY, TWO_ENTRY), ONE + TWO, []),
    "named calls, and one is gone": (named("old.py", ONE_ENTRY, TWO_ENTRY), ONE, ["APR002"]),
    "what does not parse": ('[pins]\n"old.py" = 1\n', f"{ONE}(\n", ["E999"]),
}


@pytest.mark.parametrize("name", RENAMED_FILES)
def test_a_pin_goes_with_its_file(file_renamed: Repository, name: str) -> None:
    """However long ago it was renamed. The pin stays as it is, so nothing of it is lost."""
    pins, functions, left = RENAMED_FILES[name]
    file_renamed.commit({"new.py": text("old", functions), PINS: pins})
    assert file_renamed.run("decide", "--moved") == (f'{PINS}: "old.py" is now "new.py"\n', "", 0)
    assert file_renamed.read(PINS) == pins.replace("old.py", "new.py")
    assert [place.rpartition(" ")[2] for place in file_renamed.check().places] == left


@pytest.mark.parametrize(
    ("new_path", "pins", "reason"),
    [
        ("new.py", '"new.py" = 1', "has a pin"),
        ("new.py", '"./new.py" = 1', "has a pin"),
        ("new.py", '[exempt]\n"n*" = "scratch files"', "is exempt"),
        ("new.txt", "", "is not Python"),
        ("ne\\w.py", "", "cannot be pinned"),
        (os.fsdecode(b"n\xff.py"), "", "cannot be pinned"),
    ],
)
def test_a_rename_that_no_pin_can_follow(repository: Repository, new_path: str, pins: str, reason: str) -> None:
    """Its decisions are not lost."""
    repository.commit({"old.py": text("old", UNKNOWN), PINS: f'[pins]\n"old.py" = 2\n{pins}\n'})
    repository.git("mv", "old.py", new_path)
    repository.commit()
    repository.commit({PINS: f'[pins]\n# noted\n"old.py" = 2\n{pins}\n'})
    before = repository.read(PINS)
    shown = new_path.replace("\udcff", "\\udcff")
    says = f"it was renamed to {shown}, which {reason}: move its decisions by hand"
    assert repository.run("decide", "--moved") == ("", f"{PINS}:3: old.py: {says}\n", 1)
    assert f"{PINS}:3: old.py: kept: {says}" in repository.run("prune").err
    assert repository.read(PINS) == before


def test_two_files_that_became_one(repository: Repository) -> None:
    """The first pin is moved; there is no adding up, and the other one is not lost."""
    repository.commit({"old.py": text("old"), PINS: '[pins]\n"other.py" = 1\n"old.py" = 2\n'})
    for source, target in (("old.py", "new.py"), ("new.py", "other.py"), ("other.py", "new.py")):
        repository.git("mv", source, target)
        repository.commit()
    outcome = repository.run("decide", "--moved")
    assert f"{PINS}:3: old.py: it was renamed to new.py, which has a pin: move its decisions by hand" in outcome.err
    assert repository.read(PINS) == '[pins]\n"new.py" = 1\n"old.py" = 2\n'


def test_a_file_that_took_the_path_of_another_one(repository: Repository) -> None:
    pins = named("a.py", ONE_ENTRY) + named("b.py", TWO_ENTRY)
    repository.commit({"a.py": text("a", ONE), "b.py": text("b", TWO), PINS: pins})
    for source, target in (("b.py", "c.py"), ("a.py", "b.py")):
        (repository.root / source).rename(repository.root / target)
    assert repository.run("decide", "--moved").status == 0
    assert repository.check().places == []


def test_a_module_that_became_a_package(repository: Repository) -> None:
    repository.commit({"writer.py": text("old"), "a": text("a"), PINS: '[pins]\n"writer.py" = 2\n"a" = 2\n'})
    for name in ("writer", "a"):
        old = repository.root / (name if name == "a" else f"{name}.py")
        old.rename(repository.root / "moved")
        (repository.root / name).mkdir()
        (repository.root / "moved").rename(repository.root / name / ("main" if name == "a" else "__init__.py"))
    assert repository.run("decide", "--moved").status == 0
    assert repository.read(PINS) == '[pins]\n"writer/__init__.py" = 2\n"a/main" = 2\n'


@pytest.mark.parametrize("is_added", [True, False])
def test_letters_that_are_composed_otherwise(repository: Repository, is_added: bool) -> None:
    """A pin is not lost because a system or a tool writes the same letters in another way."""
    repository.commit({"\u00fc.py": "", PINS: '[pins]\n"\u00e9.py" = 1\n"\u00fc.py" = 1\n'})
    repository.git("rm", "--quiet", "\u00fc.py")
    repository.write({"e\u0301.py": ONE})
    if is_added:
        repository.git("add", "--all")
    assert repository.run("decide", "--moved").lines == [f'{PINS}: "\u00e9.py" is now "e\\u0301.py"']
    assert repository.read(PINS) == '[pins]\n"e\u0301.py" = 1\n"\u00fc.py" = 1\n'


@pytest.mark.parametrize(
    "name", ["a b.py", "it's \"quoted\".py", "größe日本.py", ":(top)*[x].py", "-x.py", "tab\tend\n.py"],
)
def test_names(repository: Repository, name: str) -> None:
    repository.commit({"old.py": text("old", ONE), PINS: '[pins]\n"old.py" = 1\n'})
    (repository.root / "old.py").rename(repository.root / name)
    assert repository.run("decide", "--moved").status == 0
    repository.commit()
    repository.git("mv", f"./{name}", "last.py")
    repository.commit()
    assert repository.run("decide", "--moved").status == 0
    assert repository.read(PINS) == '[pins]\n"last.py" = 1\n'


def test_only_the_files_that_are_named(file_renamed: Repository) -> None:
    file_renamed.write({"other.py": ONE})
    assert "git knows no PUT call that moved away" in file_renamed.run("decide", "other.py", "--moved").err
    assert file_renamed.run("decide", "new.py", "--moved").lines == [f'{PINS}: "old.py" is now "new.py"']
