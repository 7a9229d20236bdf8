"""What ``prune`` makes of pins: only what is stale for certain goes, and no decision of a call that is still there."""
from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from collections.abc import Sequence

import pytest
from support import PINS
from support import Repository


pytestmark = pytest.mark.once

CALL = "s3.put_object(Key=key)\n"


def text(word: str, calls: int = 2) -> str:
    """Return a source that git does not take for another one."""
    return "".join(f"{word}_{number} = {number}\n" for number in range(60)) + CALL * calls


def functions(*calls: str) -> str:
    """Return a source with a function of one PUT call for each: "f" tells no key, "f one.csv" writes that."""
    words = (call.partition(" ") for call in calls)
    named_keys = ((name, repr(key) if key else "key") for name, _, key in words)
    return "".join(f"def {name}(key):\n    s3.put_object(Key={key})\n" for name, key in named_keys)


def named(*entries: str, path: str = "a.py") -> str:
    """Return a pins file that names calls: "f" is a PUT call of f(), "f(one.csv) x" one that is registered as x."""
    lines = []
    for entry in entries:
        name, _, artifact = entry.partition(" ")
        end = min((name.find(mark) for mark in "(#" if mark in name), default=len(name))
        decision = f'{{ registered = ["{artifact}"] }}' if artifact else "{}"
        lines.append(f'"{name[:end]}:put_object{name[end:]}" = {decision}\n')
    return f'[pins."{path}".calls]\n{"".join(lines)}'


REMOVED = "removed (no PUT call counted)"
RETIRE = "; retire what is no longer written: "
# Files whose pins count: the pin, the source, the pin then, and what is printed.
COUNTED: dict[str, tuple[str, str, str, str]] = {
    "fewer.py": ("3", CALL * 2, "2", "3 -> 2"),
    "none.py": ("3", "x = 1\n", "", REMOVED),
    "none_and_ids.py": ('{ count = 2, registered = ["c1", "c2\\n"] }', "", "", f"{REMOVED}{RETIRE}c1, c2\\n"),
    # of several ids nobody can tell which one is gone
    "fewer_than_ids.py": (
        '{ count = 2, registered = ["c3", "c4"] }', CALL, '{ count = 1, registered = ["c3", "c4"] }',
        f"2 -> 1{RETIRE}c3, c4",
    ),
    "as_many_as_ids.py": ('{ count = 2, registered = ["c5"] }', CALL, '{ count = 1, registered = ["c5"] }', "2 -> 1"),
    "shared_id.py": ('{ count = 1, registered = ["c6"] }', "", "", REMOVED),
    "shared_id_too.py": ('{ count = 1, registered = ["c6"] }', CALL, '{ count = 1, registered = ["c6"] }', ""),
    "suppressed.py": ("2", f"{CALL}s3.put_object()  # noqa: APR001 - a probe\n", "1", "2 -> 1"),
    "all_suppressed.py": ("1", f"# flake8: noqa: APR001 - replays old keys\n{CALL}", "", REMOVED),
    "over.py": ("1", CALL * 2, "1", ""),
}
# Files whose pins name calls: the entries, the source, the entries that are left, and what is printed. Those that are
# kept need a person.
NAMED: dict[str, tuple[Sequence[str], str, Sequence[str], str]] = {
    "one_is_gone.py": (
        ["a n1", "b n2"], functions("a"), ["a n1"], f'2 -> 1; removed "b:put_object" (registered: n2){RETIRE}n2',
    ),
    "several.py": (
        ["a n3", "b n4", "c"], functions("b"), ["b n4"],
        f'3 -> 1; removed "a:put_object" (registered: n3); removed "c:put_object"{RETIRE}n3',
    ),
    "all_are_gone.py": (["a n10", "b n11"], "x = 1\n", [], f"{REMOVED}{RETIRE}n10, n11"),
    # the call of a gone entry is still there under another name: nothing of it is lost
    "renamed.py": (
        ["a(one.csv) n13", "b(two.csv) n14"], functions("c two.csv"), ["b(two.csv) n14"],
        f'2 -> 1; removed "a:put_object(one.csv)" (registered: n13){RETIRE}n13',
    ),
    "renamed_without_key.py": (
        ["a n15", "b n16", "c n17"], functions("a", "d"), ["a n15", "b n16", "c n17"],
        'kept: one of its entries "b:put_object" and "c:put_object" may be that of "d:put_object": decide first',
    ),
    "renamed_of_one_decision.py": (
        ["a", "b n20", "c n20"], functions("a", "d"), ["a", "b n20"],
        '3 -> 2; removed "c:put_object" (registered: n20)',
    ),
    "equal_names_and_decisions.py": (
        ["f n26", "f#2 n27", "g n28"], functions("f"), ["f n26", "f#2 n27"],
        f'3 -> 2; removed "g:put_object" (registered: n28){RETIRE}n28\n'
        'kept: 1 of "f:put_object" and "f:put_object#2" gone, and nobody can tell which: remove by hand',
    ),
    "a_new_call_of_equal_names.py": (
        ["f n29", "f#2 n30", "g n31", "h n31"], functions("f", "f", "f"), ["f n29", "f#2 n30", "g n31"],
        '4 -> 3; removed "h:put_object" (registered: n31)',
    ),
    "another_program.py": (
        ["a n32", "b n33"], "# -*- coding: utf-7 -*-\n" + functions("a"), ["a n32", "b n33"],
        "kept: Python may run another program than was counted (APR011): settle that first",
    ),
}


def test_what_is_stale(directory: Repository) -> None:
    sources = {name: source for name, (_, source, *_) in COUNTED.items()}
    before = "[pins]\n" + "".join(f'"{name}" = {pin}\n' for name, (pin, *_) in COUNTED.items())
    after = "[pins]\n" + "".join(f'"{name}" = {pin}\n' for name, (_, _, pin, _) in COUNTED.items() if pin)
    said = [(2 + number, name, text) for number, (name, (*_, text)) in enumerate(COUNTED.items())]
    for name, (entries, source, left, text) in NAMED.items():
        path = f"named/{name}"
        sources[path] = source
        said.append((before.count("\n") + 1, path, text))
        before += named(*entries, path=path)
        after += named(*left, path=path) if left else ""
    directory.write({**sources, PINS: before})
    outcome = directory.run("prune")
    lines = [
        (f"{PINS}:{line}: {path}: {part}", part.startswith("kept: "))
        for line, path, text in said
        for part in text.splitlines()
    ]
    assert outcome.lines == [line for line, is_kept in lines if not is_kept]
    assert outcome.err.splitlines()[:-1] == [line for line, is_kept in lines if is_kept]
    assert outcome.status == 1
    assert directory.read(PINS) == after
    assert directory.run("prune").out == ""


def test_no_decision_of_a_call_that_is_there_goes(directory: Repository) -> None:
    """Whatever is done to a source, a key that is still written keeps its decision."""
    choices = random.Random(4)
    keys = ["one", "two", "three", "four"]
    sources, before, there = {}, "", []
    for number in range(25):
        pinned = choices.sample(keys, 3)
        scopes = {key: choices.choice("fg") for key in keys}
        written = choices.sample(keys, choices.randint(1, 3))
        sources[f"{number}.py"] = functions(*(f"{choices.choice('fgh')} {key}.csv" for key in written))
        entries = (f"{scopes[key]}({key}.csv) {key}{number}" for key in pinned)
        before += named(*entries, path=f"{number}.py")
        there += [f'["{key}{number}"]' for key in pinned if key in written]
    directory.write({**sources, PINS: before})
    assert directory.run("prune").status == 1
    after = directory.read(PINS)
    assert [artifact for artifact in there if artifact not in after] == []
    assert before.count("\n") - after.count("\n") > 5


def write_pins_without_files(directory: Repository) -> None:
    pins = '[pins]\n"directory.py" = 1\n"file/a.py" = 1\n"link.py" = 1\n'
    directory.write({"directory.py/x": "", "file": "", PINS: pins})
    (directory.root / "link.py").symlink_to("nowhere")


def test_file_that_is_not_there(directory: Repository) -> None:
    write_pins_without_files(directory)
    outcome = directory.run("prune")
    assert (len(outcome.lines), directory.read(PINS), outcome.status) == (3, "[pins]\n", 0)


def test_file_that_git_never_had(repository: Repository) -> None:
    """Its path is rather mistyped, and the decision would be lost."""
    write_pins_without_files(repository)
    assert repository.run("prune").err.count("there is no commit yet") == 3
    repository.commit()
    outcome = repository.run("prune")
    assert "file/a.py: kept" in outcome.err
    assert "no commit has this file: correct the path, or remove the pin" in outcome.err
    assert (repository.read(PINS), outcome.status) == ('[pins]\n"file/a.py" = 1\n', 1)


def test_file_that_cannot_be_judged(directory: Repository) -> None:
    """Its pin is kept, and the others are pruned."""
    long = "x" * 300
    directory.write({"bad.py": "(\n", "one.py": CALL, PINS: (
        f'[pins]\n"bad.py" = 5\n"loop.py" = 5\n"{long}.py" = 5\n"one.py" = 2\n"fifo.py" = 5\n'
    )})
    (directory.root / "loop.py").symlink_to("loop.py")
    os.mkfifo("fifo.py")
    outcome = directory.run("prune")
    assert [" ".join(line.split()[:2]) for line in outcome.lines] == [
        f"{PINS}:5: one.py:", "bad.py:1:2: E999",
    ]
    assert outcome.err.count("kept: its path cannot be read\n") == 3
    assert (directory.read(PINS).count("= 5"), outcome.status) == (4, 1)
    outcome = directory.run("prune", "--dry-run")
    assert (outcome.out, len(outcome.err.splitlines()), outcome.status) == ("", 5, 1)


def test_what_is_not_python(directory: Repository) -> None:
    pins = '[pins]\n"a.ipynb" = 2\n"data.json" = 1\n"script" = 2\n'
    directory.write({"a.ipynb": "{}", "data.json": "{}", "script": CALL, PINS: pins})
    assert directory.run("prune") == (
        f"{PINS}:4: script: 2 -> 1\n",
        "2 pins kept (not Python, so not judged): a.ipynb, data.json\n3 pins: 1 changed, 2 kept\n",
        0,
    )
    assert directory.read(PINS) == pins.replace('"script" = 2', '"script" = 1')


def test_exempt(directory: Repository) -> None:
    pins = '[exempt]\n"a*" = "scratch files"\n[pins]\n"a.py" = 2\n'
    directory.write({"a.py": CALL, PINS: pins})
    outcome = directory.run("prune")
    assert outcome.err.startswith(f'{PINS}:4: a.py: kept: it is exempt by "a*", too: remove one of the two\n')
    assert (outcome.out, directory.read(PINS), outcome.status) == ("", pins, 1)


def without_git(repository: Repository) -> None:
    repository.monkeypatch.setenv("PATH", "")


def without_head(repository: Repository) -> None:
    (repository.root / ".git" / "HEAD").unlink()


@pytest.mark.parametrize("spoil", [without_git, without_head])
def test_git_that_cannot_be_asked(repository: Repository, spoil: Callable[[Repository], None]) -> None:
    """There is a repository, and nobody who can tell what became of a file in it."""
    repository.commit({f"sub/{PINS}": '[pins]\n"old.py" = 1\n'})
    spoil(repository)
    repository.monkeypatch.chdir(repository.root / "sub")
    outcome = repository.run("prune")
    reason = "git does not know where it is now: git is missing, or does not take this for a repository"
    assert outcome.err.startswith(f"{PINS}:2: old.py: kept: {reason}\n")
    assert (outcome.out, outcome.status) == ("", 1)


def test_git_that_fails(repository: Repository) -> None:
    repository.commit({PINS: '[pins]\n"old.py" = 1\n'})
    (repository.root / ".git" / "config").write_text("[broken")
    outcome = repository.run("prune")
    assert (outcome.out, outcome.status, repository.read(PINS)) == ("", 2, '[pins]\n"old.py" = 1\n')


KEPT_NAME = f"{PINS}:2: old.py: kept: its file is new.py now: flake8-artifact-pin decide --moved"


@pytest.fixture
def renamed(repository: Repository) -> Repository:
    """Return a repository whose file old.py, with 2 PUT calls, is new.py now."""
    repository.commit({"old.py": text("old"), PINS: '[pins]\n"old.py" = 2\n'})
    (repository.root / "old.py").rename(repository.root / "new.py")
    return repository


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_pin_of_a_renamed_file_is_kept(renamed: Repository, arguments: list[str]) -> None:
    before = renamed.read(PINS)
    what = "to change" if arguments else "changed"
    assert renamed.run("prune", *arguments) == ("", f"{KEPT_NAME}\n1 pin: 0 {what}, 1 kept\n", 1)
    assert renamed.read(PINS) == before


def test_shallow_clone(renamed: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed.commit()
    renamed.git("clone", "--quiet", "--depth=1", f"file://{renamed.root}", "clone")
    monkeypatch.chdir(renamed.root / "clone")
    outcome = renamed.run("prune")
    reason = "git does not know where it is now: this clone is shallow: run git fetch --unshallow"
    assert outcome == ("", f"{PINS}:2: old.py: kept: {reason}\n1 pin: 0 changed, 1 kept\n", 1)
    renamed.git("-C", "clone", "fetch", "--quiet", "--unshallow")
    assert renamed.run("prune").err.startswith(KEPT_NAME)


def test_sparse_checkout(renamed: Repository) -> None:
    """What it leaves out is not gone, and what was renamed to a path that it leaves out is not judged."""
    before = '[pins]\n"a/x.py" = 1\n"b/w.py" = 1\n"old.py" = 2\n'
    renamed.write({"a/x.py": CALL, "b/w.py": CALL, "b/new.py": text("old"), PINS: f'{before}"b/gone.py" = 1\n'})
    (renamed.root / "new.py").unlink()
    renamed.commit({"b/gone.py": ""})
    renamed.git("rm", "--quiet", "b/gone.py")
    renamed.commit()
    renamed.git("sparse-checkout", "set", "a")
    absent = "git tracks it and has not checked it out"
    assert renamed.run("prune") == (
        f"{PINS}:5: b/gone.py: removed (the file does not exist)\n",
        f"{PINS}:4: old.py: kept: git does not know where it is now: renamed to b/new.py: {absent}\n"
        f"1 pin kept ({absent}): b/w.py\n4 pins: 1 changed, 2 kept\n",
        1,
    )
    assert renamed.read(PINS) == before


def test_submodule_that_is_not_checked_out(repository: Repository) -> None:
    before = '[pins]\n"link.py" = 1\n"sub/b.py" = 1\n'
    (repository.root / "link.py").symlink_to("sub/b.py")
    repository.commit({"source/b.py": CALL, "subway.py": "", PINS: f'{before}"subway.py" = 1\n'})
    repository.git("rm", "--quiet", "subway.py")
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=x"]):
        repository.git("-C", "source", *command)
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "./source", "sub")
    repository.git("commit", "--quiet", "--message=x")
    assert repository.run("prune", "--dry-run").err == "3 pins: 1 to change, 0 kept\n"
    repository.git("submodule", "--quiet", "deinit", "--force", "sub")
    outcome = repository.run("prune")
    assert (outcome.out, outcome.status) == (f"{PINS}:4: subway.py: removed (the file does not exist)\n", 0)
    assert repository.read(PINS) == before


def test_link_that_leads_out_of_here(repository: Repository) -> None:
    """Whether there is a file elsewhere is nothing that git knows."""
    before = '[pins]\n"data/x.py" = 1\n"link.py" = 1\n'
    (repository.root / "data").symlink_to("../disk")
    (repository.root / "link.py").symlink_to("/nowhere/x.py")
    repository.commit({"link/y.py": "", PINS: f'{before}"link/y.py" = 1\n'})
    repository.git("rm", "--quiet", "link/y.py")
    outcome = repository.run("prune")
    assert outcome.err.count("kept: git does not know where it is now: a link leads out of this directory\n") == 2
    assert (len(outcome.lines), outcome.status, repository.read(PINS)) == (1, 1, before)


def test_calls_in_json(directory: Repository) -> None:
    directory.write({"a.py": functions("b"), PINS: named("a x", "b", "\uff43")})
    [change] = json.loads(directory.run("prune", "--format=json").out)["changes"]
    assert (change["old"], change["new"], change["removed_calls"]) == (3, 1, ["a:put_object", "\uff43:put_object"])
