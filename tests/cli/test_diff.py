"""The verb ``diff``: what a change does to PUT calls and pins, in repositories with a history."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from support import Outcome
from support import PINS
from support import Project
from support import Repository
from support import run_process

pytestmark = pytest.mark.once

Files = Mapping[str, "str | None"]
# what there was before and what there is now (a text is that of one file), and the lines that say so
Case = tuple["Files | str", "Files | str", "list[str]"]

# enough for git to know a file again whose few other lines differ
LONG = "".join(f"x{number} = {number}\n" for number in range(20))
NOQA = "  # noqa: APR001 - re-puts"
ONE_ID, TWO_IDS, REASON = 'registered = ["one"]', 'registered = ["one", "two"]', 'grandfathered = "re-puts"'


def put(key: str = "'one.csv'", scope: str = "f", end: str = "") -> str:
    """Return a function of three lines, the second one of which has a PUT call."""
    return f"def {scope}(day):\n    s3.put_object(Key={key}){end}\n\n"


def pins(*lines: str) -> str:
    return "\n".join(["[pins]", *lines, ""])


def pin(count: int, decision: str = "", path: str = "a.py") -> str:
    return f'"{path}" = {{ count = {count}{", " if decision else ""}{decision} }}'


def named(*entries: str) -> str:
    """Return a pins file that names calls of a.py: "f(one.csv): DECISION"."""
    lines = ['[pins."a.py".calls]']
    for entry in entries:
        name, _, decision = entry.partition(": ")
        scope, bracket, key = name.partition("(")
        lines.append(f'"{scope}:put_object{bracket}{key}" = {{ {decision} }}')
    return "\n".join([*lines, ""])


def edit(repository: Repository, files: Files) -> None:
    """Write files and remove those that are None, without telling git."""
    for name, content in files.items():
        if content is None:
            (repository.root / name).unlink()
        else:
            repository.write({name: content})


def commit(repository: Repository, files: Files) -> None:
    repository.commit({path: content for path, content in files.items() if content is not None})


def changes(outcome: Outcome) -> list[str]:
    """Return the lines of the text format between the first and the last one, without the command that decides."""
    undecided = sum(": undecided: " in line for line in outcome.lines)
    number = len(outcome.lines) - 2
    counts = f"{number} change{'s' * (number != 1)}, {undecided} undecided"
    summary = counts if number else "no PUT call and no pin changed"
    assert outcome.lines[-1] == summary
    lines = [re.sub("^(.{18}) ", lambda match: f"{match[1].rstrip()} ", line) for line in outcome.lines[1:-1]]
    return [re.sub("; decide: flake8-artifact-pin decide [^ ]*$", "", line) for line in lines]


F, G = 'put_object("one.csv") in f', 'put_object("two.csv") in g'
ONE = put()
TWO = put() + put("'two.csv'", "g")
CALLS: dict[str, Case] = {
    "nothing": (ONE, {}, []),
    "added": ("", ONE, [f"call added a.py:2: undecided: {F}"]),
    "added in a new file": ({}, ONE, [f"call added a.py:2: undecided: {F}"]),
    "removed": (ONE, "\n", [f"call removed a.py:2: {F}"]),
    "removed with its file": (ONE, {"a.py": None}, [f"call removed a.py:2: {F}"]),
    "another key": (ONE, put("'two.csv'"), [f'call changed a.py:2: undecided: put_object("one.csv") -> {G[:-1]}f']),
    "moved": (
        {"a.py": ONE, "b.py": "\n", PINS: pins(pin(1))}, {"a.py": "\n", "b.py": ONE, PINS: pins(pin(1, path="b.py"))},
        [
            f"call moved b.py:2: {F}, from a.py", f'pin added {PINS}:2: "b.py": 1, no decision',
            f'pin removed {PINS}:2: "a.py": was 1, no decision',
        ],
    ),
    "moved, and no pin for it": (
        {"a.py": ONE, "b.py": "\n", PINS: pins(pin(1))}, {"a.py": "\n", "b.py": ONE},
        [f"call moved b.py:2: undecided: {F}, from a.py"],
    ),
    "function and method renamed": (
        ONE, put(scope="g").replace("put_object", "upload_fileobj"),
        ['call renamed a.py:2: upload_fileobj("one.csv") in g, was in f, was put_object'],
    ),
    "function renamed in a renamed file": (
        LONG + ONE, {"a.py": None, "b.py": LONG + put(scope="g")}, [f"call renamed b.py:22: {F[:-1]}g, was in f"],
    ),
    "file renamed and edited": (
        LONG + ONE, {"a.py": None, "b.py": LONG + TWO}, [f"call added b.py:25: undecided: {G}"],
    ),
    "reformatted, variables and functions in other order": (
        put("f'{day}/x.csv'") + put("'two.csv'", "g"),
        put('"two.csv"', "g") + "# put\n" + put('(\n        f"{date}/"\n        "x.csv"\n    )'), [],
    ),
    "suppressed": (ONE, put(end=NOQA), [f"call suppressed a.py:2: {F} (suppressed: re-puts)"]),
    "unsuppressed": (
        put(end=NOQA), ONE, [f"call unsuppressed a.py:2: undecided: {F}, was suppressed: re-puts"],
    ),
    "reason of a suppression changed": (put(end=NOQA), put(end="  # noqa: APR001 - because"), []),
    "a suppressed one added": ("\n", put(end=NOQA), [f"call added a.py:2: {F} (suppressed: re-puts)"]),
}
MENTION = '[tool.check-manifest]\nignore = ["artifact-pins.toml"]\n'
IN_PYPROJECT = '[tool.artifact-pins.pins]\n"a.py" = 1\n'
ADDED, RAISED, DECIDED = f"pin added {PINS}:2", f"pin raised {PINS}:2", f"pin decided {PINS}:2"
PINNED: dict[str, Case] = {
    "the first pins file": ({"a.py": TWO}, pins(pin(2)), [f'{ADDED}: "a.py": 2, no decision']),
    "added": ("", pins(pin(1)), [f'{ADDED}: undecided: "a.py": 1, no decision']),
    "added with a decision": (
        "", pins(pin(1, f"{ONE_ID}, {REASON}")), [f'{ADDED}: "a.py": 1, registered: one; grandfathered: re-puts'],
    ),
    "removed with the pins file": (
        pins(pin(1, ONE_ID)), {PINS: None}, [f'pin removed {PINS}:2: "a.py": was 1, registered: one'],
    ),
    "moved out of pyproject.toml": (
        {"pyproject.toml": IN_PYPROJECT}, {"pyproject.toml": "[tool.x]\n", PINS: pins('"a.py" = 1')}, [],
    ),
    "moved into a pyproject.toml that only mentioned such a file": (
        {"pyproject.toml": MENTION, PINS: pins(pin(1, ONE_ID))},
        {"pyproject.toml": MENTION + "[tool.artifact-pins.pins]\n" + pin(2, ONE_ID), PINS: None},
        ['pin raised pyproject.toml:4: undecided: "a.py": 1 -> 2; registered: one'],
    ),
    "raised with a decision": (
        pins(pin(1, ONE_ID)), pins(pin(2, TWO_IDS)),
        [f'{RAISED}: "a.py": 1 -> 2; registered: one, two (was: registered: one)'],
    ),
    "raised with the old decision": (
        pins(pin(1, ONE_ID)), pins(pin(2, ONE_ID)), [f'{RAISED}: undecided: "a.py": 1 -> 2; registered: one'],
    ),
    "lowered": (pins(pin(2, ONE_ID)), pins(pin(1, ONE_ID)), [f'pin lowered {PINS}:2: "a.py": 2 -> 1; registered: one']),
    "registered anew": (
        pins(pin(1, ONE_ID)), pins(pin(1, 'registered = ["other"]')),
        [f'{DECIDED}: "a.py": registered: other (was: registered: one)'],
    ),
    "more time": (
        pins(pin(1, 'deferred = "#1", until = 2027-01-01')), pins(pin(1, 'deferred = "#1", until = 2028-01-01')),
        [f'{DECIDED}: "a.py": deferred: #1; until: 2028-01-01 (was: deferred: #1; until: 2027-01-01)'],
    ),
    "a blank more": (pins(pin(1, 'deferred = "#1"')), pins(pin(1, 'deferred = "#1 "')), []),
    "moved": (
        {"b.py": LONG, PINS: pins(pin(1, ONE_ID, "b.py"))},
        {"b.py": None, "c.py": LONG, PINS: pins(pin(1, ONE_ID, "c.py"))},
        [f'pin moved {PINS}:2: "c.py": was "b.py"'],
    ),
    "calls named and not named any more": (
        named(f"f: {ONE_ID}", "g"), named(f"f: {ONE_ID}", "g").replace("a.py", "b.py"),
        [
            f'pin added {PINS}:1: undecided: "b.py": 2, "f:put_object" registered: one; "g:put_object" no decision',
            f'pin removed {PINS}:1: "a.py": was 2, "f:put_object" registered: one; "g:put_object" no decision',
        ],
    ),
    "an entry added, renamed and overwritten": (
        named(f"f(one.csv): {ONE_ID}", "g"), named("f(one.csv): deferred = '#1'", f"h: {REASON}"),
        [
            f'pin decided {PINS}:1: "a.py": "h:put_object" grandfathered: re-puts; '
            'without "g:put_object" (no decision); "f:put_object(one.csv)" deferred: #1 (was: registered: one)',
        ],
    ),
    "a count becomes calls": (
        pins(pin(1, ONE_ID)), named(f"f: {ONE_ID}"),
        [f'pin decided {PINS}:1: "a.py": "f:put_object" registered: one; was a count: registered: one'],
    ),
    "calls become a count": (
        named(f"f: {ONE_ID}"), pins(pin(1, ONE_ID)),
        [f'{DECIDED}: "a.py": without "f:put_object" (registered: one); is a count now: registered: one'],
    ),
    "exempt": (
        {"t/a.py": ONE, PINS: ""}, {"t/a.py": put("'y'") * 2, PINS: '[exempt]\n"t/" = "tests"\n'},
        [f'exempt added {PINS}:2: "t/": tests (2 PUT calls there)'],
    ),
    "exempt for another reason, for longer, and no longer": (
        '[exempt]\n"t/" = "tests"\n"u/" = { reason = "users", until = 2027-01-01 }\n"v/" = "vendored"\n',
        '[exempt]\n"t/" = "trials"\n"u/" = { reason = "users", until = 2028-01-01 }\n',
        [
            f'exempt decided {PINS}:2: "t/": trials (was: tests)',
            f'exempt decided {PINS}:3: "u/": users; until: 2028-01-01 (was: users; until: 2027-01-01)',
            f'exempt removed {PINS}:4: "v/": was vendored',
        ],
    ),
    "settings given up": (
        {
            "a.py": "from s import save\n" + "save(1)\n" * 4,
            PINS: 'require-decision = true\nregistry = "r.json"\npatterns = ["save", "other"]\n',
        },
        'patterns = ["more"]\n',
        [
            f'setting added {PINS}:1: patterns: "more"',
            f'setting removed {PINS}:3: patterns: "save" (4 PUT calls no longer counted: a.py:2 save(...), '
            "a.py:3 save(...), a.py:4 save(...), and 1 more)",
            f'setting removed {PINS}:3: patterns: "other"',
            f"setting removed {PINS}:1: require-decision: no decision is required any more",
            f'setting removed {PINS}:2: registry: "r.json", no registry is read any more',
        ],
    ),
    "another registry": (
        'registry = "r.json"\n', 'registry = "s.json"\n',
        [f'setting removed {PINS}:1: registry: "r.json", now "s.json"'],
    ),
}
DECISIONS: dict[str, Case] = {
    "a swap under a count": (
        {"a.py": ONE, PINS: pins(pin(1, ONE_ID))}, {"a.py": put("'two.csv'", "g")},
        [f"call added a.py:2: undecided: {G}", f"call removed a.py:2: {F}"],
    ),
    "another one suppressed to make room": (
        {"a.py": ONE, PINS: pins(pin(1, ONE_ID))}, {"a.py": put(end=NOQA) + put("'two.csv'", "g")},
        [f"call added a.py:5: undecided: {G}", f"call suppressed a.py:2: {F} (suppressed: re-puts)"],
    ),
    "calls exchanged between files": (
        {"a.py": ONE, "b.py": put("'two.csv'", "g"), PINS: pins(pin(1, ONE_ID), pin(1, REASON, "b.py"))},
        {"a.py": put("'two.csv'", "g"), "b.py": ONE},
        [f"call moved a.py:2: undecided: {G}, from b.py", f"call moved b.py:2: undecided: {F}, from a.py"],
    ),
    "a function renamed with its entry": (
        {"a.py": ONE, PINS: named(f"f(one.csv): {ONE_ID}")},
        {"a.py": put(scope="g"), PINS: named(f"g(one.csv): {ONE_ID}")},
        [
            f"call renamed a.py:2: {F[:-1]}g, was in f",
            f'pin decided {PINS}:1: "a.py": "g:put_object(one.csv)" registered: one; '
            'without "f:put_object(one.csv)" (registered: one)',
        ],
    ),
    "the middle of a long key": (
        {"a.py": put(f"'{'a/' * 30}one/{'b/' * 30}'")}, {"a.py": put(f"'{'a/' * 30}two/{'b/' * 30}'")},
        [
            f'call changed a.py:2: undecided: put_object("{"a/" * 30}one/{"b/" * 30}") -> '
            f'put_object("{"a/" * 30}two/{"b/" * 30}") in f',
        ],
    ),
    "an entry takes over a decision": (
        {"a.py": ONE, PINS: named(f"f(one.csv): {ONE_ID}")},
        {"a.py": put("'two.csv'"), PINS: named(f"f(two.csv): {ONE_ID}")},
        [
            'call changed a.py:2: undecided: put_object("one.csv") -> put_object("two.csv") in f',
            f'pin decided {PINS}:1: "a.py": "f:put_object(two.csv)" registered: one; '
            'without "f:put_object(one.csv)" (registered: one)',
        ],
    ),
    "a wrapper": (
        {"a.py": put() + put("'two.csv'", "g")},
        {"store.py": "def save(key):\n    s3.put_object(Key=key)\n",
         "a.py": 'from store import save\n\ndef f():\n    save("one.csv")\n\ndef g():\n    save("two.csv")\n',
         "notes.py": "from store import save\nsave('notes')\n"},
        [
            'call added store.py:2: undecided: put_object("{key}") in save', f"call removed a.py:2: {F}",
            f"call removed a.py:5: {G}",
            "wrapper added store.py:1: save(key) writes whatever key its 3 callers pass, as one PUT call: "
            'add "store.save" to patterns to count 3 calls in other files',
        ],
    ),
}
CASES = [("a.py", CALLS), (PINS, PINNED), (PINS, DECISIONS)]


@pytest.mark.parametrize(
    ("case", "file"), [pytest.param(case, file, id=name) for file, table in CASES for name, case in table.items()],
)
def test_changes(repository: Repository, case: Case, file: str) -> None:
    before, after = ({file: state} if isinstance(state, str) else state for state in case[:2])
    commit(repository, before)
    edit(repository, after)
    repository.git("add", "--all")
    outcome = repository.run("diff", "--exit-code")
    assert changes(outcome) == case[2]
    assert (outcome.err, outcome.status) == ("", int(any(": undecided: " in line for line in case[2])))


def test_what_is_not_committed_and_what_git_does_not_track(repository: Repository) -> None:
    """A pinned file is in the work tree as in any other verb; nobody knows what one that was never tracked was like."""
    repository.commit({
        ".gitignore": "made.py\n", "a.py": ONE, "b.py": TWO,
        PINS: pins(pin(1), pin(2, "", "b.py"), pin(1, REASON, "made.py")),
    })
    edit(repository, {"a.py": TWO, "b.py": None, "new.py": put("'new'", "h"), "made.py": put("'made'")})
    repository.git("update-index", "--assume-unchanged", "a.py")
    lines = [f"call added a.py:5: undecided: {G}", f"call removed b.py:2: {F}"]
    assert changes(repository.run("diff")) == [f"call moved a.py:5: undecided: {G}, from b.py", lines[1]]
    repository.git("add", "--intent-to-add", "new.py")
    assert 'call added new.py:2: undecided: put_object("new") in h' in changes(repository.run("diff"))


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (PINS, "put-pins.toml", "put-pins.toml"),
        ("put-pins.toml", PINS, None),
        ("d/pins.toml", "put-pins.toml", "put-pins.toml"),
    ],
)
def test_renamed_pins_file(repository: Repository, before: str, after: str, name: str | None) -> None:
    """A raised pin does not pass for a new one; of a file in another directory, the paths were relative to that."""
    comments = "# a comment\n" * 20
    repository.commit({before: comments + pins(pin(1, ONE_ID)), "pyproject.toml": MENTION})
    repository.git("mv", before, after)
    repository.write({after: comments + pins(pin(2, ONE_ID))})
    repository.write({".flake8": f"[flake8]\nartifact-pins = {name}\n" if name else ""})
    raised = f'pin raised {after}:22: undecided: "a.py": 1 -> 2; registered: one'
    added = f'pin added {after}:22: "a.py": 2, registered: one'
    assert changes(repository.run("diff")) == [added if "/" in before else raised]


def test_file_names(repository: Repository) -> None:
    names = ["a b.py", "'q\".py", "日本.py", "tab\t.py", "a\nb.py", "-a.py", "a => {b}.py", "\udcff.py", "\x1b.py"]
    moved = {f"old{number}.py": LONG.replace("x", f"x{number}_") + ONE for number in range(len(names))}
    repository.commit({**moved, **dict.fromkeys(names, put("'two'", "g"))})
    edit(repository, {**dict.fromkeys(moved), **dict.fromkeys(names, put("'new'", "g"))})
    edit(repository, {f"d/{name}": text + put("'more'", "h") for name, text in zip(names, moved.values(), strict=True)})
    repository.git("add", "--all")
    found = json.loads(repository.run("diff", "--format=json").out)["changes"]
    assert {(change["kind"], change["path"]) for change in found} == {
        *(("changed", name) for name in names), *(("added", f"d/{name}") for name in names),
    }
    assert len(found) == 2 * len(names)
    for form in ("text", "markdown"):
        text = repository.run("diff", f"--format={form}").out
        assert "\x1b" not in text and "\t" not in text and "\na" not in text and "\nb" not in text


def test_renamed_over_several_commits_and_two_branches_that_raise_one_pin(repository: Repository) -> None:
    """After a merge the pin has to count both calls, and diff shows what this branch brings."""
    repository.commit({"a.py": LONG + put(), PINS: pins(pin(1, ONE_ID))})
    repository.git("tag", "base")
    for number in range(2):
        repository.git("mv", "a.py" if number == 0 else "b0.py", f"b{number}.py")
        repository.commit({PINS: pins(pin(1, ONE_ID, f"b{number}.py"))})
    moved = f'pin moved {PINS}:2: "b1.py": was "a.py"'
    assert changes(repository.run("diff", "base")) == [moved]
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit({"b1.py": LONG + put() + put("'topic'", "g"), PINS: pins(pin(2, TWO_IDS, "b1.py"))})
    repository.git("checkout", "--quiet", "main")
    both = pins(pin(2, 'registered = ["one", "main"]', "b1.py"))
    repository.commit({"b1.py": put("'main'", "h") + LONG + put(), PINS: both})
    repository.git("checkout", "--quiet", "topic")
    repository.git("merge", "--quiet", "--strategy-option=ours", "main")
    assert changes(repository.run("diff", "main"))[0] == 'call added b1.py:28: undecided: put_object("topic") in g'
    repository.commit({PINS: pins(pin(3, 'registered = ["one", "main", "two"]', "b1.py"))})
    assert changes(repository.run("diff", "main")) == [
        'call added b1.py:28: put_object("topic") in g',
        f'pin raised {PINS}:2: "b1.py": 2 -> 3; registered: one, main, two (was: registered: one, main)',
    ]


def test_subdirectory(repository: Repository) -> None:
    """The pins file governs its own directory; paths are shown from the working directory, in Markdown from the top."""
    repository.commit({"s/a.py": put(), "o.py": put(), f"s/{PINS}": pins('"a.py" = 1'), "s/d/b.py": ""})
    edit(repository, {"s/d/b.py": put(), "o.py": TWO, f"s/{PINS}": pins('"a.py" = 1', pin(1, ONE_ID, "d/b.py"))})
    lines = [f"call added {{}}d/b.py:2: {F}", "pin added {}" + PINS + ':3: "d/b.py": 1, registered: one']
    assert changes(repository.run("diff", "--pins", f"s/{PINS}")) == [line.format("s/") for line in lines]
    repository.monkeypatch.chdir(repository.root / "s/d")
    assert changes(repository.run("diff"))[1] == lines[1].format("../")
    out = repository.run("diff", "--format=markdown", "--link-base=https://example.org/tree/").out
    assert "| call added | [s/d/b.py:2](https://example.org/tree/s/d/b.py#L2) |" in out


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
@pytest.mark.parametrize(
    ("before", "after", "expected", "note"),
    [
        (
            {"a.py": "def (\n" + ONE, PINS: pins(pin(1, ONE_ID))}, {"a.py": ONE},
            [f"call added a.py:2: undecided: {F}"],
            "a.py cannot be parsed in the base: its calls show as added",
        ),
        (
            {PINS: pins('"a.py" = -1', '"b.py" = 1')}, {PINS: pins('"a.py" = 0', '"b.py" = 2')},
            [f'pin raised {PINS}:3: "b.py": 1 -> 2; no decision'],
            f'{PINS} had faults in the base: the count of "a.py" is not a whole number',
        ),
        (
            {PINS: "[pins"}, {PINS: pins('"a.py" = 0')}, [f'{ADDED}: "a.py": 0, no decision'],
            f"{PINS} had faults in the base: not valid TOML",
        ),
    ],
)
def test_notes(
    repository: Repository, form: str, before: Files, after: Files, expected: list[str], note: str,
) -> None:
    """They are not lost where the result is for a program."""
    commit(repository, before)
    edit(repository, after)
    outcome = repository.run("diff", f"--format={form}")
    assert form != "text" or changes(outcome) == expected
    assert outcome.err.startswith(note) and outcome.err.count("\n") == 1 and outcome.status == 0


def test_not_parsed_now(repository: Repository) -> None:
    """The calls of a file are not known to be gone, whatever it is called now."""
    repository.commit({"a.py": LONG + ONE, "t/b.py": put(), PINS: '[exempt]\n"t/" = "tests"\n'})
    repository.git("mv", "a.py", "b.py")
    repository.write({"b.py": LONG + ONE + "def (\n", "t/b.py": "def (\n"})
    outcome = repository.run("diff")
    assert (changes(outcome), outcome.status) == ([], 1)
    assert re.fullmatch("b.py:24:6: E999 SyntaxError: .*\n", outcome.err)
    outcome = repository.run("diff", "--format=json")
    assert (outcome.places, outcome.err, outcome.status) == (["b.py:24:6: E999"], "", 1)


def clone(repository: Repository, project: Project, *options: str) -> Repository:
    """Return a clone, which is the working directory from now on."""
    copy = Repository(project, "clone", is_git=False)
    copy.git("clone", "--quiet", *options, repository.root.as_uri(), ".")
    project.monkeypatch.chdir(copy.root)
    return copy


def test_what_is_not_here_is_not_gone(repository: Repository, project: Project) -> None:
    """In a sparse checkout, a partial clone whose remote is gone, and a shallow clone."""
    both = pins(pin(1, "", "a/a.py"), pin(1, "", "b/b.py"))
    repository.commit({"a/a.py": ONE, "b/b.py": put("'two.csv'", "g"), PINS: both})
    repository.git("config", "uploadpack.allowFilter", "true")
    copy = clone(repository, project, "--sparse", "--filter=blob:none", "--depth=1")
    copy.git("sparse-checkout", "set", "a")
    copy.git("remote", "set-url", "origin", "https://127.0.0.1:9/")
    copy.write({"a/a.py": ONE + put("'new'", "h")})
    assert changes(copy.run("diff", "HEAD")) == ['call added a/a.py:5: undecided: put_object("new") in h']


GUESSED = (
    "the remote's default branch is not known here, so this compares with HEAD and shows only what is not committed: "
    "name BASE, or run git remote set-head origin -a\n"
)


@pytest.mark.parametrize(("command", "is_known"), [("status", True), ("remote set-head origin --delete", False)])
def test_default_base(repository: Repository, project: Project, command: str, is_known: bool) -> None:
    repository.commit({"a.py": ""})
    copy = clone(repository, project)
    copy.commit({"a.py": ONE})
    copy.git(*command.split())
    outcome = copy.run("diff")
    assert (outcome.err, outcome.status) == ("" if is_known else GUESSED, 0)
    assert len(changes(outcome)) == is_known
    outcome = copy.run("diff", "--exit-code")
    error = (
        "flake8-artifact-pin: the remote's default branch is not known here: "
        "name BASE (or: git remote set-head origin -a)\n"
    )
    assert (outcome.err, outcome.status) == (("", 1) if is_known else (error, 2))


def test_no_git(directory: Repository) -> None:
    error = f"flake8-artifact-pin: a comparison needs git: {directory.root} is in no git repository\n"
    assert directory.run("diff") == ("", error, 2)


def test_json(repository: Repository) -> None:
    repository.commit({"a.py": ONE, PINS: pins('"a.py" = 1')})
    base = repository.git("rev-parse", "HEAD").strip()
    edit(repository, {"a.py": TWO})
    outcome = repository.run("diff", "--format=json", "--exit-code")
    call = {
        "subject": "call", "kind": "added", "path": "a.py", "line": 5, "artifact": "two.csv", "undecided": True,
        "text": f"{G}; decide: flake8-artifact-pin decide a.py:5",
    }
    assert json.loads(outcome.out) == {
        "version": 1, "base": {"commit": base, "description": f"HEAD (merge base {base[:12]})"}, "undecided": 1,
        "changes": [call], "findings": [],
    }
    assert (outcome.err, outcome.status) == ("", 1)


def test_markdown_is_a_whole_comment(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit({"a|`b`.py": put("'<a|b>'"), PINS: pins('''"a|`b`.py" = 1'''), "gone.py": ONE})
    base = repository.git("rev-parse", "--short=12", "HEAD").strip()
    end = f"compared with HEAD (merge base {base})."
    edit(repository, {"a|`b`.py": put("'[x](http://e) @me'"), "gone.py": None})
    for name, value in {"SERVER_URL": "https://github.com", "REPOSITORY": "o/r", "SHA": "f00"}.items():
        monkeypatch.setenv(f"GITHUB_{name}", value)
    link = r"[a\|\`b\`.py:2](https://github.com/o/r/blob/f00/a%7C%60b%60.py#L2)"
    shown = r'put\_object("\[x\](http://e) @me")'
    outcome = repository.run("diff", "--format=markdown")
    assert outcome.lines == [
        "### 1 artifact needs a decision",
        "",
        "| change | where | what |",
        "| --- | --- | --- |",
        rf'| call changed | {link} | **undecided:** put\_object("&lt;a\|b>") -> {shown} in f; '
        r"decide: flake8-artifact-pin decide 'a\|\`b\`.py:2' |",
        r'| call removed | gone.py:2 | put\_object("one.csv") in f |',
        "",
        "#### 1 finding of check",
        "",
        rf'- {link}: APR010 {shown} has replaced put\_object("&lt;a\|b>") since HEAD, and nobody decided on it; '
        r"decide: flake8-artifact-pin decide 'a\|\`b\`.py:2'",
        "",
        f"C{end[1:]}",
    ]
    repository.git("checkout", "--", ".")
    repository.commit({"gone.py": ""})
    assert [line.partition(" (")[0] for line in repository.run("diff", "--format=markdown").lines] == [
        "### No artifact needs a decision", "", "No PUT call and no pin changed: compared with HEAD",
    ]


def test_the_comment_has_what_the_registry_lacks(repository: Repository) -> None:
    pins_file = 'registry = "r.json"\n[pins]\n"a.py" = { count = 1, registered = ["one"] }\n'
    repository.commit({"a.py": ONE, "r.json": '{"artifacts": []}', PINS: pins_file})
    assert "#### 1 finding of check" in repository.run("diff", "--format=markdown").lines
    repository.write({"r.json": "{"})
    assert "r.json:1:2: unusable registry: " in repository.run("diff", "--format=markdown").err


def test_a_long_comment_is_cut(repository: Repository) -> None:
    """GitHub refuses one of more than 65,536 characters."""
    repository.commit({"a.py": ""})
    edit(repository, {"a.py": "".join(put(f"'{number}.csv'", f"f{number}") for number in range(100))})
    outcome = repository.run("diff", "--format=markdown")
    assert outcome.lines[0] == "### 100 artifacts need a decision"
    assert outcome.lines.count("... and 20 more") == 2
    assert len(outcome.out) < 65_536


def test_process(repository: Repository) -> None:
    repository.commit({"a.py": ONE, PINS: pins('"a.py" = 1')})
    edit(repository, {"a.py": put("'two.csv'", "g")})
    outcome = run_process("diff", "main", "--exit-code", cwd=Path(repository.root))
    assert changes(outcome) == [f"call added a.py:2: undecided: {G}", f"call removed a.py:2: {F}"]
    assert (outcome.err, outcome.status) == ("", 1)
