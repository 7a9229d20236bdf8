"""``decide --moved``: decisions go where their calls are now, as far as git knows, and nobody guesses."""
from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from support import PINS
from support import Repository
from support.reports import read_pins
from support.reports import report_source

from flake8_artifact_pin.cli.decide.moves import plan_moves
from flake8_artifact_pin.cli.decide.moves import whole_pins
from flake8_artifact_pin.pins.edit import edit_pins
from flake8_artifact_pin.repository.renames import Fate
from flake8_artifact_pin.repository.renames import Outcome
from flake8_artifact_pin.rules.changes import compare
from flake8_artifact_pin.rules.changes import Snapshot
from flake8_artifact_pin.rules.messages import file_findings
from flake8_artifact_pin.rules.moves import find_moves
from flake8_artifact_pin.rules.verdict import judge_file

pytestmark = pytest.mark.once

OLD = 'grandfathered = "old"'
# Functions by their letters, and the keys that they write: that of "h" and "l" is unknown, "i" is one more call in "h",
# "p" is suppressed, and "x" makes none.
KEYS = {"f": "one", "k": "one", "m": "one", "g": "two", "n": "new", "o": "own"}
SOURCES = {
    **{letter: f"def {letter}():\n    s3.put_object(Key='{key}')\n" for letter, key in KEYS.items()},
    **{letter: f"def {letter}(key):\n    s3.put_object(Key=key)\n" for letter in "hl"},
    "i": "    s3.put_object(Key=key + key)\n",
    "x": "x = 1\n",
    "p": "def p():\n    s3.put_object(Key='probe')  # noqa: APR001 - deleted by the next line\n",
}
NAMES = {
    **{letter: f"{letter}:put_object({key})" for letter, key in KEYS.items()},
    "h": "h:put_object", "i": "h:put_object#2", "l": "l:put_object",
}


def sources(text: str) -> dict[str, str]:
    """Return the files of a text: "a.py fg, b.py" is a.py with the functions f and g, and b.py, which is gone."""
    words = (word.partition(" ") for word in text.split(", "))
    return {path: "".join(map(SOURCES.__getitem__, letters)) for path, _, letters in words}


def pins(text: str) -> str:
    """Return the pins of a text: "a.py 2, b.py fg" are a count with the reason "old", and two named calls.

    Each named call has a decision of its own, but "g*" has the reason "old", and "g?" has none; as have counts.
    """
    counts, tables = "[pins]\n", ""
    for path, _, allowed in (word.partition(" ") for word in text.split(", ")):
        if allowed[0].isdecimal():
            counts += f'"{path}" = {{ count = {allowed[0]}{"" if "?" in allowed else f", {OLD}"} }}\n'
        else:
            entries = (entry(letter, mark) for letter, mark in re.findall(r"(\w)([*?]?)", allowed))
            tables += f'\n[pins."{path}".calls]\n{"".join(entries)}'
    return counts + tables


def entry(letter: str, mark: str) -> str:
    own = f'registered = ["{KEYS[letter]}"]' if letter in KEYS else 'deferred = "data#1"'
    return f'"{NAMES[letter]}" = {{ {({"*": OLD, "?": ""}).get(mark, own)} }}\n'


class Case(NamedTuple):
    """The files and the pins before, the files that differ then, and the pins then.

    ``renamed`` has the file that git takes for renamed, by its new name. ``code`` is what check then reports, and
    ``left`` the call that is new and that nobody decided on.
    """

    before: str
    pins: str
    after: str
    expected: str
    renamed: Mapping[str, str] = {}
    code: str = ""
    left: str = ""


TO_C = {"c.py": "a.py"}
CASES = {
    "named calls go to a new file": Case("a.py fghp", "a.py fgh", "a.py f, c.py gh", "a.py f, c.py gh"),
    "a count is divided": Case("a.py fgh", "a.py 3", "a.py f, c.py gh", "a.py 1, c.py 2"),
    "a count without a decision": Case("a.py fgh", "a.py 3?", "a.py fg, c.py h", "a.py 2?, c.py 1?"),
    "a new call beside them": Case(
        "a.py fgh", "a.py 3", "a.py f, c.py ghn", "a.py 1, c.py g*h*", {}, "APR001", "c.py:6",
    ),
    "functions with new names": Case("a.py fgh", "a.py fgh", "a.py kgl", "a.py kgl"),
    "to several files, and nothing is left": Case(
        "a.py fgh", "a.py fgh", "a.py, c.py f, d.py gh", "c.py f, d.py gh", {"d.py": "a.py"},
    ),
    "two files become one": Case("a.py f, b.py g", "a.py f, b.py g", "a.py, b.py, c.py fg", "c.py fg", TO_C),
    "two counts become one pin": Case(
        "a.py f, b.py g", "a.py 1, b.py 1?", "a.py, b.py, c.py fg", "c.py f*g?", TO_C,
    ),
    "to a file whose pin names its calls": Case(
        "a.py fgh, b.py f", "a.py fgh, b.py f", "a.py fg, b.py fh", "a.py fg, b.py fh",
    ),
    "to a file whose pin counts": Case("a.py fgh, b.py n", "a.py 3, b.py 1", "a.py fg, b.py nh", "a.py 2, b.py 2"),
    "two files exchange a call": Case("a.py fg, b.py h", "a.py fg, b.py h", "a.py fh, b.py g", "a.py fh, b.py g"),
    "equal names": Case("a.py fhi", "a.py fhi", "a.py f, c.py hi", "a.py f, c.py hi"),
    # the pin of a renamed file stays as it is, so nothing of it is lost
    "a renamed file": Case("a.py fgh", "a.py 3", "a.py, c.py fgh", "c.py 3", TO_C),
    "that git does not know of": Case("a.py fgh", "a.py 3", "a.py, c.py fgh", "c.py 3"),
    "and functions with new names": Case("a.py fgh", "a.py fgh", "a.py, c.py kgh", "c.py kgh", TO_C),
    "with a new call": Case("a.py fgh", "a.py 3", "a.py, c.py fghn", "c.py 3", TO_C, "APR001", "c.py:8"),
    "with more calls than pinned": Case("a.py fg", "a.py 1", "a.py, c.py fg", "c.py 1", TO_C, "APR001"),
    "with fewer": Case("a.py fg", "a.py 3?", "a.py, c.py fg", "c.py 3?", TO_C, "APR002"),
    "with no call": Case("a.py fg", "a.py 2", "a.py, c.py x", "c.py 2", TO_C, "APR002"),
    "without a call": Case("a.py x", "a.py 0", "a.py, c.py x", "c.py 0", TO_C),
    "with a named call that is gone": Case("a.py fg", "a.py fg", "a.py, c.py f", "c.py fg", TO_C, "APR002"),
    "with entries that nobody can tell apart": Case("a.py hi", "a.py hi?", "a.py, c.py h", "c.py hi?", TO_C, "APR002"),
    "that does not parse": Case("a.py fg", "a.py 2", "a.py", "c.py 2", TO_C),
}


def states(before: str, old_pins: str, after: str) -> tuple[Snapshot, Snapshot]:
    """Return the base and what it is now, still with the old pins."""
    changed = sources(after)
    old = {path: report_source(source) for path, source in sources(before).items() if path in changed}
    new = {path: report_source(source) for path, source in changed.items() if source}
    return Snapshot(read_pins(pins(old_pins)), old), Snapshot(read_pins(pins(old_pins)), new)


@pytest.mark.parametrize("name", CASES)
def test_decisions_follow_their_calls(name: str) -> None:
    """Then neither check nor a comparison with the base asks for a decision, but on a call that is new."""
    case = CASES[name]
    old, new = states(case.before, case.pins, case.after)
    moves = find_moves(old.pins, old.reports, new.reports, case.renamed)
    gone = {path: Outcome(Fate.RENAMED, new_path) for new_path, path in case.renamed.items()}
    whole = whole_pins(old.pins, moves, gone)
    plan = plan_moves(old.pins, [move for move in moves if not move.problem], whole)
    new = new._replace(pins=read_pins(edit_pins(old.pins, plan.edits)))
    assert new.pins.pins == read_pins(pins(case.expected)).pins
    verdicts = [judge_file(new.pins, path, report) for path, report in new.reports.items()]
    codes = {finding.code for verdict in verdicts for finding in file_findings(new.pins, verdict)}
    assert codes == {case.code} - {""}
    undecided = [change.new for change in compare(old, new, case.renamed) if change.is_undecided]
    assert [f"{call.path}:{call.site.call.line}" for call in undecided if call] == [case.left] * bool(case.left)


LEFT: dict[str, tuple[str, str, str, list[str]]] = {
    "calls of one key with different decisions": (
        "a.py fk", "a.py fk?", "a.py, c.py m", ["c.py:2: similar calls were removed, with different decisions"],
    ),
    "two copies": (
        "a.py fg", "a.py fg", "a.py g, c.py f, d.py f", ["c.py:2: more similar calls were added than removed"],
    ),
    "a count that is too small": (
        "a.py fg", "a.py 2", "a.py n, c.py fg",
        [f'c.py:{line}: "a.py" allows fewer than the 2 calls that moved from it' for line in (2, 4)],
    ),
    "a count that has other new calls": (
        "a.py fgh, b.py o", "a.py 3, b.py 1", "a.py fg, b.py ohn",
        ['b.py:4: "b.py" makes other new calls, too, and its pin does not name its calls'],
    ),
    "a count whose file makes a new call instead": ("a.py f", "a.py 1", "a.py n, c.py f", []),
    # of a count, which registers one and two
    "one of two ids": ("a.py fg", "a.py 2", "a.py f, c.py g", ['c.py:2: "a.py" registers one, two']),
    "two ids in two files": (
        "a.py fg", "a.py 2", "a.py, c.py f, d.py g",
        ['c.py:2: "a.py" registers one, two', 'd.py:2: "a.py" registers one, two'],
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_nobody_can_tell_is_left(name: str) -> None:
    before, old_pins, after, problems = LEFT[name]
    old, new = states(before, old_pins, after)
    if "registers" in str(problems):
        old = old._replace(pins=read_pins('[pins]\n"a.py" = { count = 2, registered = ["one", "two"] }\n'))
    moves = find_moves(old.pins, old.reports, new.reports, {})
    assert [f"{move.target.path}:{move.call.site.call.line}: {move.problem}" for move in moves] == problems


def test_from_the_first_finding_to_the_last(repository: Repository) -> None:
    repository.commit({**sources("a.py fg, b/b.py hn"), PINS: pins("a.py fg, b/b.py 2?")})
    (repository.root / "b/b.py").unlink()
    # git takes neither for the file that is gone
    new = {path: "x = 1\n" * 20 + source for path, source in sources("b/x.py n, b/y.py h").items()}
    repository.commit({**sources("a.py f, c.py go"), **new})
    assert repository.run("check").lines == [
        'a.py:1:1: APR002 stale pin: 1 PUT call, 2 pinned; calls moved to "c.py": flake8-artifact-pin decide --moved',
        'artifact-pins.toml:2:1: APR003 b/b.py does not exist, its calls moved to "b/x.py" and "b/y.py": '
        "flake8-artifact-pin decide --moved",
        'b/x.py:22:8: APR001 put_object("new"): 1 PUT call, 0 pinned, was in "b/b.py"; keep its decision: '
        "flake8-artifact-pin decide --moved",
        'b/y.py:22:8: APR001 put_object("{key}"): 1 PUT call, 0 pinned, was in "b/b.py"; keep its decision: '
        "flake8-artifact-pin decide --moved",
        'c.py:2:8: APR001 put_object("two"): 2 PUT calls, 0 pinned, was in "a.py"; keep its decision: '
        "flake8-artifact-pin decide --moved",
        'c.py:4:8: APR001 put_object("own"): 2 PUT calls, 0 pinned; decide: flake8-artifact-pin decide c.py:4',
    ]
    assert repository.run("prune") == (
        "",
        "artifact-pins.toml:2: b/b.py: kept: calls moved to b/x.py, b/y.py: flake8-artifact-pin decide --moved\n"
        "artifact-pins.toml:4: a.py: kept: calls moved to c.py: flake8-artifact-pin decide --moved\n"
        "2 pins: 0 changed, 2 kept\n",
        1,
    )
    # only what is named: a directory, a line, a file
    assert repository.run("decide", "b", "--moved").lines == [
        'artifact-pins.toml: "b/x.py": "n:put_object(new)" was in "b/b.py"; no decision',
        'artifact-pins.toml: "b/y.py": "h:put_object" was in "b/b.py"; no decision',
    ]
    assert repository.run("decide", "c.py:2", "--moved").lines == [
        'artifact-pins.toml: "c.py": "g:put_object(two)" was in "a.py"; registered: two',
    ]
    assert repository.run("decide", "c.py", "--moved").err == (
        "flake8-artifact-pin: git knows no PUT call that moved away from its decision: name the call, PATH:LINE\n"
    )
    repository.commit(sources("c.py g"))
    assert repository.check().places == []
    repository.write({**sources("a.py, d.py f, e.py f"), "c.py": SOURCES["g"].replace("g()", "k()")})
    assert repository.run("decide", "--moved") == (
        'artifact-pins.toml: "c.py": "g:put_object(two)" is now "k:put_object(two)"; registered: two\n',
        "d.py:2: left, since more similar calls were added than removed: decide on it\n",
        1,
    )


def test_on_a_branch_whose_pins_were_written_after_the_change(repository: Repository) -> None:
    """The commit of the pins has the calls where they are now, the merge base has not."""
    repository.commit({**sources("a.py fgh, b.py f"), PINS: pins("a.py 3, b.py 1")})
    for command in ("remote add origin .", "update-ref refs/remotes/origin/main HEAD", "remote set-head origin main"):
        repository.git(*command.split())
    repository.commit({**sources("a.py f, b.py fn, c.py gh"), PINS: "# noted\n" + pins("a.py 3, b.py 1")})
    assert repository.run("decide", "--moved").status == 0
    # which call of a count is new is known in the same way
    assert repository.run("decide", "b.py", "--registered", "new").status == 0
    assert repository.check().places == []


def test_before_the_pins_are_committed(repository: Repository) -> None:
    repository.commit(sources("a.py fgh"))
    repository.write({**sources("a.py f, c.py gh"), PINS: pins("a.py 3")})
    assert repository.run("decide", "--moved").status == 0


def test_renamed_files(repository: Repository) -> None:
    """However long ago, by a person or by a tool that writes the same letters in another way."""
    names = ["a b.py", "it's \"quoted\".py", "größe日本.py", ":(top)*[x].py", "-x.py", "tab\tend\n.py"]
    old = [f"old{number}.py" for number in range(len(names))]
    entries = "".join(f'"{name}" = 1\n' for name in [*old, "writer.py", "script", "\u00e9.py"])
    lost = '"\u00fc.py" = 1\n'
    texts = {path: f"# {path}\n" * 20 + SOURCES["o"] for path in [*old, "writer.py", "script"]}
    repository.commit({**texts, "\u00fc.py": "", PINS: f"[pins]\n{entries}{lost}"})
    for path, name in zip(old, names):
        repository.git("mv", path, f"./{name}")
    repository.git("rm", "--quiet", "\u00fc.py")
    repository.commit({PINS: f"# noted\n[pins]\n{entries}{lost}", "e\u0301.py": SOURCES["f"]})
    for path, new_path in (("writer.py", "writer/__init__.py"), ("script", "script/main")):
        (repository.root / path).rename(repository.root / "moved")
        (repository.root / new_path).parent.mkdir()
        (repository.root / "moved").rename(repository.root / new_path)
    repository.write({"other.py": SOURCES["f"]})
    assert "git knows no PUT call that moved away" in repository.run("decide", "other.py", "--moved").err
    assert repository.run("decide", names[0], "--moved").lines == [f'{PINS}: "old0.py" is now "a b.py"']
    assert repository.run("decide", "--moved").status == 0
    found = read_pins(repository.read(PINS)).pins
    assert [*found] == [*names, "writer/__init__.py", "script/main", "e\u0301.py", "\u00fc.py"]


def test_renames_that_no_pin_can_follow(repository: Repository) -> None:
    """Their decisions are not lost."""
    obstacles = {
        "pinned.py": "has a pin", "exempt.py": "is exempt", "new.txt": "is not Python", "ne\\w.py": "cannot be pinned",
        os.fsdecode(b"n\xff.py"): "cannot be pinned",
    }
    before = "".join(f'"old{number}.py" = 1\n' for number in range(len(obstacles)))
    before = f'[exempt]\n"exem*" = "scratch files"\n[pins]\n{before}"./pinned.py" = 1\n'
    repository.commit({f"old{number}.py": f"x = {number}\n" * 20 for number in range(len(obstacles))} | {PINS: before})
    for number, name in enumerate(obstacles):
        repository.git("mv", f"old{number}.py", name)
    repository.commit()
    shown = [name.replace("\udcff", "\\udcff") for name in obstacles]
    said = [
        f"it was renamed to {name}, which {obstacle}: move its decisions by hand"
        for name, obstacle in zip(shown, obstacles.values())
    ]
    assert repository.run("decide", "--moved") == (
        "", "".join(f"{PINS}:{line}: old{line - 4}.py: {text}\n" for line, text in enumerate(said, start=4)), 1,
    )
    lines = repository.run("prune").err.splitlines()
    assert lines[:-1] == [f"{PINS}:{line}: old{line - 4}.py: kept: {text}" for line, text in enumerate(said, start=4)]


def test_a_renamed_file_to_which_calls_of_other_files_moved(repository: Repository) -> None:
    """Its own pin is not for these calls, so it stays, and that is said."""
    repository.commit({
        "old.py": "x = 1\n" * 20, "b.py": "b = 1\n" + SOURCES["g"],
        PINS: '[pins]\n"old.py" = 2\n' + pins("b.py g").partition("\n")[2],
    })
    repository.git("mv", "old.py", "new.py")
    repository.commit({"new.py": "x = 1\n" * 20 + SOURCES["g"], "b.py": "b = 1\n"})
    assert repository.run("decide", "--moved").err == (
        f"{PINS}:2: old.py: it was renamed to new.py, and other calls moved there, too: move its decisions by hand\n"
    )
    expected = '[pins]\n"old.py" = 2\n' + pins("new.py g").partition("\n")[2]
    assert read_pins(repository.read(PINS)).pins == read_pins(expected).pins


def test_calls_that_moved_to_a_renamed_file_with_a_changed_call(repository: Repository) -> None:
    """They are added to the pin of that file, which keeps the entry of its own call."""
    repository.commit({
        "old.py": "x = 1\n" * 20 + SOURCES["f"], "b.py": "b = 1\n" + SOURCES["g"], PINS: pins("old.py f, b.py g"),
    })
    repository.git("mv", "old.py", "new.py")
    repository.commit({"new.py": "x = 1\n" * 20 + SOURCES["l"] + SOURCES["g"], "b.py": "b = 1\n"})
    assert repository.run("decide", "--moved").err == ""
    assert read_pins(repository.read(PINS)).pins == read_pins(pins("new.py fg")).pins


def test_files_that_took_the_path_of_another_one(repository: Repository) -> None:
    """The first pin is moved; there is no adding up, and the other one is not lost."""
    repository.commit({
        "old.py": "x = 1\n" * 20, "a.py": "# a\n" * 20 + SOURCES["f"], "b.py": "# b\n" * 20 + SOURCES["g"],
        PINS: '[pins]\n"other.py" = 1\n"old.py" = 2\n' + pins("a.py f, b.py g").partition("\n")[2],
    })
    for source, target in (("old.py", "new.py"), ("new.py", "other.py"), ("other.py", "new.py")):
        repository.git("mv", source, target)
        repository.commit()
    for source, target in (("b.py", "c.py"), ("a.py", "b.py")):
        (repository.root / source).rename(repository.root / target)
    assert repository.run("decide", "--moved").err == (
        f"{PINS}:3: old.py: it was renamed to new.py, which has a pin: move its decisions by hand\n"
    )
    expected = '[pins]\n"new.py" = 1\n"old.py" = 2\n' + pins("b.py f, c.py g").partition("\n")[2]
    assert read_pins(repository.read(PINS)).pins == read_pins(expected).pins
