"""The verb ``diff``: what a change does to PUT calls and pins. rules/test_changes.py has what is undecided."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pytest
from support import Outcome
from support import PINS
from support import Repository

from flake8_artifact_pin.cli.diff.comment import comment
from flake8_artifact_pin.cli.diff.comment import Links
from flake8_artifact_pin.cli.diff.changes import Change

pytestmark = pytest.mark.once

NOQA = "  # noqa: APR001 - re-puts"


def put(key: str, scope: str = "f", end: str = "") -> str:
    """Return a function of three lines, the second one of which has a PUT call."""
    return f'def {scope}(day):\n    s3.put_object(Key="{key}"){end}\n\n'


def long(word: str) -> str:
    """Return lines by which git knows a file again whose few other lines differ."""
    return "".join(f"{word}{number} = {number}\n" for number in range(20))


def pins(*lines: str) -> str:
    return "\n".join(["[pins]", *lines, ""])


def pin(count: int, decision: str = "") -> str:
    return f"{{ count = {count}{', ' if decision else ''}{decision} }}"


def named(*entries: str) -> str:
    """Return a pin that names its calls: "f(one.csv): DECISION"."""
    calls = []
    for entry in entries:
        name, _, decision = entry.partition(": ")
        scope, bracket, key = name.partition("(")
        calls.append(f'"{scope}:put_object{bracket}{key}" = {{ {decision} }}')
    return f"{{ calls = {{ {', '.join(calls)} }} }}"


def edit(repository: Repository, files: Mapping[str, str | None]) -> None:
    """Write files and remove those that are None; let git know of new ones, but not of their contents."""
    for name, content in files.items():
        if content is None:
            (repository.root / name).unlink()
        else:
            repository.write({name: content})
    repository.git("add", "--all", "--intent-to-add")


def changes(outcome: Outcome) -> list[str]:
    """Return the lines of the text format between the first and the last one, without the command that decides."""
    undecided = sum(": undecided: " in line for line in outcome.lines)
    number = len(outcome.lines) - 2
    counts = f"{number} change{'s' * (number != 1)}, {undecided} undecided"
    summary = counts if number else "no PUT call and no pin changed"
    assert outcome.lines[-1] == summary
    lines = [re.sub("^(.{18}) ", lambda match: f"{match[1].rstrip()} ", line) for line in outcome.lines[1:-1]]
    return [re.sub("; decide: flake8-artifact-pin decide [^ ]*$", "", line) for line in lines]


ONE_ID, TWO_IDS, REASON = 'registered = ["one"]', 'registered = ["one", "two"]', 'grandfathered = "re-puts"'
FIRST, SECOND = 'deferred = "#1", until = 2027-01-01', 'deferred = "#1", until = 2028-01-01'
DEEP = "a/" * 30 + "{}/" + "b/" * 30
# Sources and pins of files, in the base and now, where None is no file and no pin; and what is said of each: {} is its
# path, {pin} the place of its pin, and {was} where that was in the base.
FILES: dict[str, tuple[str | None, str | None, str | None, str | None, list[str]]] = {
    # calls
    "added.py": ("", None, put("added"), None, ['call added {}:2: undecided: put_object("added") in f']),
    "removed.py": (put("removed"), None, "x = 1\n", None, ['call removed {}:2: put_object("removed") in f']),
    "changed.py": (put("old"), None, put("new"), None, [
        'call changed {}:2: undecided: put_object("old") -> put_object("new") in f',
    ]),
    "changed_deep.py": (put(DEEP.format("old")), None, put(DEEP.format("new")), None, [
        f'call changed {{}}:2: undecided: put_object("{DEEP.format("old")}") -> '
        f'put_object("{DEEP.format("new")}") in f',
    ]),
    "moved_from.py": (put("moved"), pin(1), "", None, ['pin removed {was}: "{}": was 1, no decision']),
    "moved_to.py": ("", None, put("moved"), pin(1), [
        'call moved {}:2: put_object("moved") in f, from moved_from.py', 'pin added {pin}: "{}": 1, no decision',
    ]),
    "moved_from_pinned.py": (put("moved2"), pin(1), "", pin(1), []),
    "moved_to_unpinned.py": ("", None, put("moved2"), None, [
        'call moved {}:2: undecided: put_object("moved2") in f, from moved_from_pinned.py',
    ]),
    "renamed_call.py": (put("call"), None, put("call", "g").replace("put_object", "upload_fileobj"), None, [
        'call renamed {}:2: upload_fileobj("call") in g, was in f, was put_object',
    ]),
    "renamed_from.py": (long("r") + put("file"), pin(1, ONE_ID), None, None, []),
    "renamed_to.py": (None, None, long("r") + put("file", "g") + put("more", "h"), pin(1, ONE_ID), [
        'call renamed {}:22: put_object("file") in g, was in f',
        'call added {}:25: undecided: put_object("more") in h',
        'pin moved {pin}: "{}": was "renamed_from.py"',
    ]),
    "reformatted.py": (
        put('" f"{day}/x') + put("order", "g"), None,
        put("order", "g") + "# put\n" + put('"\n        f"{date}/"\n        "x'), None, [],
    ),
    "suppressed.py": (put("hidden"), None, put("hidden", end=NOQA), None, [
        'call suppressed {}:2: put_object("hidden") in f (suppressed: re-puts)',
    ]),
    "suppressed_added.py": ("\n", None, put("probe", end=NOQA), None, [
        'call added {}:2: put_object("probe") in f (suppressed: re-puts)',
    ]),
    "suppressed_because.py": (put("why", end=NOQA), None, put("why", end="  # noqa: APR001 - because"), None, []),
    "unsuppressed.py": (put("shown", end=NOQA), None, put("shown"), None, [
        'call unsuppressed {}:2: undecided: put_object("shown") in f, was suppressed: re-puts',
    ]),
    # pins of files without calls
    "pin_added.py": (None, None, None, pin(1), ['pin added {pin}: undecided: "{}": 1, no decision']),
    "pin_added_decided.py": (None, None, None, pin(1, f"{ONE_ID}, {REASON}"), [
        'pin added {pin}: "{}": 1, registered: one; grandfathered: re-puts',
    ]),
    "pin_raised.py": (None, pin(1, ONE_ID), None, pin(2, TWO_IDS), [
        'pin raised {pin}: "{}": 1 -> 2; registered: one, two (was: registered: one)',
    ]),
    "pin_raised_only.py": (None, pin(1, ONE_ID), None, pin(2, ONE_ID), [
        'pin raised {pin}: undecided: "{}": 1 -> 2; registered: one',
    ]),
    "pin_lowered.py": (None, pin(2, ONE_ID), None, pin(1, ONE_ID), [
        'pin lowered {pin}: "{}": 2 -> 1; registered: one',
    ]),
    "pin_decided.py": (None, pin(1, ONE_ID), None, pin(1, 'registered = ["other"]'), [
        'pin decided {pin}: "{}": registered: other (was: registered: one)',
    ]),
    "pin_until.py": (None, pin(1, FIRST), None, pin(1, SECOND), [
        'pin decided {pin}: "{}": deferred: #1; until: 2028-01-01 (was: deferred: #1; until: 2027-01-01)',
    ]),
    "pin_blank.py": (None, pin(1, 'deferred = "#1"'), None, pin(1, 'deferred = "#1 "'), []),
    "entries_added.py": (None, None, None, named(f"f: {ONE_ID}", "g"), [
        'pin added {pin}: undecided: "{}": 2, "f:put_object" registered: one; "g:put_object" no decision',
    ]),
    "entries_removed.py": (None, named(f"f: {ONE_ID}", "g"), None, None, [
        'pin removed {was}: "{}": was 2, "f:put_object" registered: one; "g:put_object" no decision',
    ]),
    # one added, one removed, and one with another decision
    "entries_decided.py": (
        None, named(f"f(one.csv): {ONE_ID}", "g", f"k: {REASON}"),
        None, named("f(one.csv): deferred = '#1'", f"h: {REASON}", f"k: {REASON}"), [
            'pin decided {pin}: "{}": "h:put_object" grandfathered: re-puts; without "g:put_object" (no decision); '
            '"f:put_object(one.csv)" deferred: #1 (was: registered: one)',
        ],
    ),
    "count_to_entries.py": (None, pin(1, ONE_ID), None, named(f"f: {ONE_ID}"), [
        'pin decided {pin}: "{}": "f:put_object" registered: one; was a count: registered: one',
    ]),
    "entries_to_count.py": (None, named(f"f: {ONE_ID}"), None, pin(1, ONE_ID), [
        'pin decided {pin}: "{}": without "f:put_object" (registered: one); is a count now: registered: one',
    ]),
}


def places(entries: Mapping[str, str | None]) -> dict[str, str]:
    """Return the places of pins in a pins file."""
    present = [name for name, entry in entries.items() if entry]
    return {name: f"{PINS}:{line}" for line, name in enumerate(present, start=2)}


def test_files(repository: Repository) -> None:
    """Of what is not committed, too; not of a file that git does not track."""
    before = {name: source for name, (source, *_) in FILES.items()}
    old_pins = {name: entry for name, (_, entry, *_) in FILES.items()}
    now = {name: source for name, (_, _, source, *_) in FILES.items()}
    new_pins = {name: entry for name, (_, _, _, entry, _) in FILES.items()}
    for entries, files in ((old_pins, before), (new_pins, now)):
        files[PINS] = pins(*(f'"{name}" = {entry}' for name, entry in entries.items() if entry))
    repository.commit({name: source for name, source in before.items() if source is not None})
    repository.git("update-index", "--assume-unchanged", "added.py")
    edit(repository, {name: source for name, source in now.items() if source is not None or before[name] is not None})
    repository.write({"untracked.py": put("untracked")})
    outcome = repository.run("diff", "--exit-code")
    expected = [
        line.format(name, pin=places(new_pins).get(name), was=places(old_pins).get(name))
        for name, (*_, lines) in FILES.items()
        for line in lines
    ]
    assert sorted(changes(outcome)) == sorted(expected)
    assert (outcome.err, outcome.status) == ("", 1)


def test_exemptions_settings_and_wrappers(repository: Repository) -> None:
    repository.commit({
        "a.py": "from s import save\n" + "save(1)\n" * 4,
        "b.py": put("one") + put("two", "g"),
        "t/a.py": put("test"),
        PINS: 'require-decision = true\nregistry = "r.json"\npatterns = ["save", "other"]\n[exempt]\n"u/" = "trial"\n'
        '"v/" = { reason = "users", until = 2027-01-01 }\n"w/" = "vendored"\n"x/" = "scratch"\n',
    })
    edit(repository, {
        "b.py": "from store import put\n\ndef f():\n    put('one')\n\ndef g():\n    put('two')\n",
        "store.py": "def put(key):\n    s3.put_object(Key=key)\n",
        "notes.py": "from store import put\nput('notes')\n",
        "t/a.py": put("trial") * 2,
        PINS: 'registry = "s.json"\npatterns = ["more"]\n[exempt]\n"t/" = "tests"\n"u/" = "trials"\n'
        '"v/" = { reason = "users", until = 2028-01-01 }\n"x/" = "scratch"\n',
    })
    assert changes(repository.run("diff")) == [
        'call added store.py:2: undecided: put_object("{key}") in put',
        'call removed b.py:2: put_object("one") in f',
        'call removed b.py:5: put_object("two") in g',
        f'exempt added {PINS}:4: "t/": tests (2 PUT calls there)',
        f'exempt decided {PINS}:5: "u/": trials (was: trial)',
        f'exempt decided {PINS}:6: "v/": users; until: 2028-01-01 (was: users; until: 2027-01-01)',
        f'exempt removed {PINS}:7: "w/": was vendored',
        f'setting added {PINS}:2: patterns: "more"',
        f'setting removed {PINS}:3: patterns: "save" (4 PUT calls no longer counted: a.py:2 save(...), '
        "a.py:3 save(...), a.py:4 save(...), and 1 more)",
        f'setting removed {PINS}:3: patterns: "other"',
        f"setting removed {PINS}:1: require-decision: no decision is required any more",
        f'setting removed {PINS}:2: registry: "r.json", now "s.json"',
        "wrapper added store.py:1: put(key) writes whatever key its 3 callers pass, as one PUT call: "
        'add "store.put" to patterns to count 3 calls in other files',
    ]
    edit(repository, {PINS: None})
    assert f'setting removed {PINS}:2: registry: "r.json", no registry is read any more' in changes(
        repository.run("diff"),
    )


COMMENTS = "# a comment\n" * 20
OTHER = {"put-pins.toml": COMMENTS + pins('"a.py" = 2'), ".flake8": "[flake8]\nartifact-pins = put-pins.toml\n"}


@pytest.mark.parametrize(
    ("before", "now", "line"),
    [
        ({}, {PINS: pins('"a.py" = 2')}, f'pin added {PINS}:2: "a.py": 2, no decision'),
        ({PINS: pins('"a.py" = 2')}, {PINS: None}, f'pin removed {PINS}:2: "a.py": was 2, no decision'),
        # to a file with another name, a raised pin does not pass for a new one
        (
            {"pyproject.toml": "[tool.artifact-pins.pins]\n'a.py' = 1\n"},
            {"pyproject.toml": None, PINS: pins('"a.py" = 2')},
            f'pin raised {PINS}:2: undecided: "a.py": 1 -> 2; no decision',
        ),
        (
            {PINS: COMMENTS + pins('"a.py" = 1')},
            {PINS: None, **OTHER},
            'pin raised put-pins.toml:22: undecided: "a.py": 1 -> 2; no decision',
        ),
        # of a file in another directory, the paths were relative to that
        (
            {"d/pins.toml": COMMENTS + pins('"a.py" = 1')},
            {"d/pins.toml": None, **OTHER},
            'pin added put-pins.toml:22: "a.py": 2, no decision',
        ),
    ],
)
def test_pins_files(
    repository: Repository, before: Mapping[str, str], now: Mapping[str, str | None], line: str,
) -> None:
    repository.commit({"a.py": put("one"), **before})
    edit(repository, now)
    repository.git("add", "--all")
    assert changes(repository.run("diff")) == [line]


def test_file_names(repository: Repository) -> None:
    names = ["a b.py", "'q\".py", "日本.py", "tab\t.py", "a\nb.py", "-a.py", "a => {b}.py", "\udcff.py", "\x1b.py"]
    moved = {f"old{number}.py": long(f"x{number}_") + put(f"{number}") for number in range(len(names))}
    repository.commit({**moved, **dict.fromkeys(names, put("two", "g"))})
    edit(repository, {
        **dict.fromkeys(moved), **dict.fromkeys(names, put("new", "g")),
        **{f"d/{name}": text + put("more", "h") for name, text in zip(names, moved.values(), strict=True)},
    })
    repository.git("add", "--all")
    found = json.loads(repository.run("diff", "--format=json").out)["changes"]
    assert sorted((change["kind"], change["path"]) for change in found) == sorted(
        (kind, path) for name in names for kind, path in (("changed", name), ("added", f"d/{name}"))
    )
    text = repository.run("diff", "--format=markdown").out
    assert not any(character in text for character in ("\x1b", "\t", "\na", "\nb"))


def test_branches_that_raise_one_pin(repository: Repository) -> None:
    """After a merge the pin has to count both calls, and diff shows what this branch brings."""
    repository.commit({"a.py": long("x") + put("one"), PINS: pins(f'"a.py" = {pin(1, ONE_ID)}')})
    repository.git("tag", "base")
    for source, target in (("a.py", "b0.py"), ("b0.py", "b1.py")):
        repository.git("mv", source, target)
        repository.commit({PINS: pins(f'"{target}" = {pin(1, ONE_ID)}')})
    assert changes(repository.run("diff", "base")) == [f'pin moved {PINS}:2: "b1.py": was "a.py"']
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit({"b1.py": long("x") + put("one") + put("topic", "g")})
    repository.git("checkout", "--quiet", "main")
    both, all_three = 'registered = ["one", "main"]', 'registered = ["one", "main", "two"]'
    repository.commit({"b1.py": put("main", "h") + long("x") + put("one"), PINS: pins(f'"b1.py" = {pin(2, both)}')})
    repository.git("checkout", "--quiet", "topic")
    repository.git("merge", "--quiet", "--no-edit", "main")
    call = 'put_object("topic") in g'
    assert changes(repository.run("diff", "main")) == [f"call added b1.py:28: undecided: {call}"]
    repository.commit({PINS: pins(f'"b1.py" = {pin(3, all_three)}')})
    assert changes(repository.run("diff", "main")) == [
        f"call added b1.py:28: {call}",
        f'pin raised {PINS}:2: "b1.py": 2 -> 3; registered: one, main, two (was: registered: one, main)',
    ]


def test_subdirectory(repository: Repository) -> None:
    """The pins file governs its own directory; paths are shown from the working directory, in Markdown from the top."""
    repository.commit({"s/a.py": put("a"), "o.py": put("o"), f"s/{PINS}": pins('"a.py" = 1'), "s/d/b.py": ""})
    now = pins('"a.py" = 1', f'"d/b.py" = {pin(1, ONE_ID)}')
    edit(repository, {"s/d/b.py": put("b"), "o.py": "", f"s/{PINS}": now})
    repository.monkeypatch.chdir(repository.root / "s/d")
    assert changes(repository.run("diff")) == [
        'call added b.py:2: put_object("b") in f', f'pin added ../{PINS}:3: "d/b.py": 1, registered: one',
    ]
    out = repository.run("diff", "--format=markdown", "--link-base=https://example.org/tree/").out
    assert "| call added | [s/d/b.py:2](https://example.org/tree/s/d/b.py#L2) |" in out


def test_what_cannot_be_compared(repository: Repository) -> None:
    """It is said on stderr, where the result is for a program, too; what cannot be parsed now is a finding."""
    repository.commit({"a.py": "def (\n" + put("a"), "b.py": put("b"), PINS: pins('"b.py" = -1', '"c.py" = 1')})
    edit(repository, {"a.py": put("a"), PINS: pins('"b.py" = 0', '"c.py" = 2')})
    notes = (
        f'{PINS} had faults in the base: the count of "b.py" is not a whole number\n'
        "a.py cannot be parsed in the base: its calls show as added\n"
    )
    for form in ("text", "json", "markdown"):
        outcome = repository.run("diff", f"--format={form}")
        assert (re.sub("number.*", "number", outcome.err), outcome.status) == (notes, 0)
    assert "| call added | a.py:2 |" in outcome.out
    repository.write({"b.py": put("b") + "def (\n"})
    outcome = repository.run("diff")
    assert changes(outcome) == [
        'call added a.py:2: undecided: put_object("a") in f', f'pin raised {PINS}:3: "c.py": 1 -> 2; no decision',
    ]
    assert (outcome.err.partition(" Syn")[0], outcome.status) == ("b.py:4:6: E999", 1)
    assert repository.run("diff", "--format=json").places == ["b.py:4:6: E999"]


def test_guessed_base(repository: Repository) -> None:
    repository.commit({"a.py": ""})
    repository.git("remote", "add", "origin", ".")
    assert repository.run("diff").err == (
        "the remote's default branch is not known here, so this compares with HEAD and shows only what is not "
        "committed: name BASE, or run git remote set-head origin -a\n"
    )
    assert repository.run("diff", "--exit-code") == (
        "",
        "flake8-artifact-pin: the remote's default branch is not known here: "
        "name BASE (or: git remote set-head origin -a)\n",
        2,
    )


def test_no_git(directory: Repository) -> None:
    error = f"flake8-artifact-pin: a comparison needs git: {directory.root} is in no git repository\n"
    assert directory.run("diff") == ("", error, 2)


def test_json(repository: Repository) -> None:
    repository.commit({"a.py": put("one"), PINS: pins('"a.py" = 1')})
    base = repository.git("rev-parse", "HEAD").strip()
    edit(repository, {"a.py": put("one") + put("two", "g")})
    outcome = repository.run("diff", "--format=json", "--exit-code")
    call = {
        "subject": "call", "kind": "added", "path": "a.py", "line": 5, "artifact": "two", "undecided": True,
        "text": 'put_object("two") in g; decide: flake8-artifact-pin decide a.py:5',
    }
    assert json.loads(outcome.out) == {
        "version": 1, "base": {"commit": base, "description": f"HEAD (merge base {base[:12]})"}, "undecided": 1,
        "changes": [call], "findings": [],
    }
    assert (outcome.err, outcome.status) == ("", 1)
    repository.commit()
    assert repository.run("diff", "--exit-code") == (
        f"compared with HEAD (merge base {repository.git('rev-parse', '--short=12', 'HEAD').strip()})\n"
        "no PUT call and no pin changed\n",
        "",
        0,
    )


def test_markdown_is_a_whole_comment(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit({"a|`b`.py": put("<a|b>"), PINS: pins('''"a|`b`.py" = 1'''), "gone.py": put("one.csv")})
    base = repository.git("rev-parse", "--short=12", "HEAD").strip()
    end = f"compared with HEAD (merge base {base})."
    edit(repository, {"a|`b`.py": put("[x](http://e) @me"), "gone.py": None})
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


def test_a_long_comment_is_cut() -> None:
    """GitHub refuses one of more than 65,536 characters."""
    lines = list(comment([Change("call", "added", "a.py", 1, "x", "", True)] * 100, (), "HEAD", Links("", "/")))
    assert lines[0] == "### 100 artifacts need a decision"
    assert sum(line.startswith("| call added |") for line in lines) == 80
    assert lines[-3:] == ["... and 20 more", "", "Compared with HEAD."]


def test_the_comment_has_what_the_registry_lacks(repository: Repository) -> None:
    pinned = 'registry = "r.json"\n[pins]\n"a.py" = { count = 1, registered = ["one"] }\n'
    repository.commit({"a.py": put("one"), "r.json": '{"artifacts": []}', PINS: pinned})
    assert "#### 1 finding of check" in repository.run("diff", "--format=markdown").lines
    repository.write({"r.json": "{"})
    assert "r.json:1:2: unusable registry: " in repository.run("diff", "--format=markdown").err
