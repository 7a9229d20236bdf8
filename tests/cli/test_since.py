"""``check --since``: APR010, which is what is newly allowed since a base and nobody decided on, and what is new."""
from __future__ import annotations

import json

import pytest
from support import PINS
from support import PUT
from support import Repository

pytestmark = pytest.mark.once


def put(*keys: str, scope: str = "f", end: str = "") -> str:
    return f"def {scope}():\n" + "".join(f"    s3.put_object(Key={key!r}){end}\n" for key in keys)


def since_lines(repository: Repository, *arguments: str) -> list[str]:
    """Return the findings, new ones marked, and the text of APR010; there must be a base."""
    shown = []
    for found in json.loads(repository.check(*arguments).out)["findings"]:
        mark = {True: "new ", False: ""}[found["is_new"]]
        text = f" {found['text']}" if found["code"] == "APR010" else ""
        shown.append(f"{mark}{found['path']}:{found['line']}:{found['column']}: {found['code']}{text}")
    return shown


NOQA = "  # noqa: APR001 - a probe"
# a long key is cut in the middle
LONG = 40 * "long"
DECIDE = "and nobody decided on it; decide: flake8-artifact-pin decide"
DECIDED = '{ count = %d, registered = ["%s_id"] }'
NAMED = '{ calls = { "%s:put_object(%s)" = { %s } } }'

# Each is a file: its source and its pin in the base, the same now, and what is said of it.
FILES: dict[str, tuple[str, str, str, str, list[str]]] = {
    "blanket.py": (put("blanket1"), "1", put("blanket1") + put("blanket2", scope="g", end="  # noqa"), "2", [
        f'new {{}}:4:8: APR010 put_object("blanket2") is new since main, {DECIDE} {{}}:4',
    ]),
    "broken.py": ("", "0", "def (\n", "0", ["{}:1:6: E999"]),
    "came.py": ("", "0", put("moved1"), "1", [
        'new {}:2:8: APR010 put_object("moved1") has come from went.py without its decision since main, '
        f"{DECIDE} {{}}:2",
    ]),
    "decided.py": (put("decided1"), "1", put("decided1", "decided2"), DECIDED % (2, "one"), []),
    "decided_before.py": (put("before1"), DECIDED % (1, "one"), put("before1", "before2"), DECIDED % (2, "one"), [
        'new {}:3:8: APR010 put_object("before2") is new since main, and its pin has no new id or reason for it; '
        "decide: flake8-artifact-pin decide {}:3",
    ]),
    "no_reason.py": (put("reason1"), "1", put("reason1") + put("reason2", scope="g", end="  # noqa: APR001"), "1", [
        "{}:2:8: APR001", "new {}:4:8: APR004",
    ]),
    "over.py": (put("over1"), "1", put("over1", "over2"), "1", ["{}:2:8: APR001", "new {}:3:8: APR001"]),
    # not new, although it has the name of the new call of over.py
    "over_before.py": (put("over2"), "0", put("over2"), "0", ["{}:2:8: APR001"]),
    "raised.py": (put("raised1", "raised2"), "1", put("raised1", "raised2"), "2", []),
    "replaced.py": (put(f"{LONG}x{LONG}"), "1", put(f"{LONG}y{LONG}"), "1", [
        f'new {{}}:2:8: APR010 put_object("{LONG}y{LONG}") has replaced put_object("{LONG}x{LONG}") since main, '
        f"{DECIDE} {{}}:2",
    ]),
    "scope.py": (
        put("scope1"), NAMED % ("f", "scope1", 'registered = ["one_id"]'),
        put("scope1", scope="g"), NAMED % ("g", "scope1", ""),
        [f'new {{}}:2:8: APR010 put_object("scope1") has come from f without its decision since main, {DECIDE} {{}}:2'],
    ),
    "suppressed.py": ("", "0", put("suppressed1", end=NOQA), "0", []),
    "swapped.py": (
        put("swapped1"), NAMED % ("f", "swapped1", ""), put("swapped2"), NAMED % ("f", "swapped1", ""),
        ["new {}:2:8: APR006"],
    ),
    "unsuppressed.py": (put("again1", end=NOQA), "0", put("again1"), "1", [
        f'new {{}}:2:8: APR010 put_object("again1") is no longer suppressed since main, {DECIDE} {{}}:2',
    ]),
    "went.py": (put("moved1"), '{ count = 1, deferred = "data#12" }', "", "0", []),
}


def pins_file(pins: dict[str, str]) -> str:
    return "[pins]\n" + "".join(f'"{name}" = {pin}\n' for name, pin in pins.items())


def test_since(repository: Repository) -> None:
    before = {name: source for name, (source, *_) in FILES.items()}
    pins = {name: pin for name, (_, pin, *_) in FILES.items()}
    repository.commit({**before, "old.py": put("renamed1"), PINS: pins_file({"old.py": "1", **pins})})
    repository.git("mv", "old.py", "renamed.py")
    repository.write({name: source for name, (_, _, source, *_) in FILES.items()})
    pins = {name: pin for name, (_, _, _, pin, _) in FILES.items()}
    repository.write({PINS: pins_file({"renamed.py": "1", **pins})})
    raised = (
        f'new {PINS}:11:1: APR010 "raised.py" allows more PUT calls than at main, and nobody decided on them; '
        "decide: flake8-artifact-pin decide raised.py"
    )
    found = {name: [line.replace("{}", name) for line in lines] for name, (*_, lines) in FILES.items()}
    assert since_lines(repository, "--since=main") == [raised, *(line for lines in found.values() for line in lines)]
    # what is said of other files is left out
    assert since_lines(repository, "--since=main", "came.py") == [raised, *found["came.py"]]


WANT = "newly allowed calls are not reported, since there is no base: "


def test_base_in_ci(repository: Repository) -> None:
    """By default it is the merge base with the remote's default branch, if that is known."""
    repository.commit({"a.py": PUT, PINS: '[pins]\n"a.py" = 1\n'})
    for command in ("remote add origin x", "update-ref refs/remotes/origin/main HEAD", "remote set-head origin main"):
        repository.git(*command.split())
    repository.commit({"a.py": PUT * 2, PINS: '[pins]\n"a.py" = 2\n'})
    for value in ("", "0", "False"):
        repository.monkeypatch.setenv("CI", value)
        assert repository.check().findings == []
    repository.monkeypatch.setenv("CI", "true")
    assert repository.check().places == ["a.py:2:4: APR010"]
    assert repository.check("--since=HEAD").places == []
    repository.git("remote", "set-head", "origin", "--delete")
    assert repository.run("check") == (
        "",
        f"1 file, 2 PUT calls: 0 findings\n{WANT}the remote's default branch is not known here (name it with --since; "
        "see flake8-artifact-pin explain ci)\n",
        0,
    )


def test_no_base(directory: Repository) -> None:
    """Who names one wants it."""
    directory.write({"a.py": PUT, PINS: '[pins]\n"a.py" = 1\n'})
    error = f"a comparison needs git: {directory.root} is in no git repository"
    assert directory.check("--since=main") == ("", f"flake8-artifact-pin: {error}\n", 2)
    directory.monkeypatch.setenv("CI", "1")
    outcome = directory.check()
    assert (outcome.err.startswith(f"{WANT}{error} (name it with"), outcome.status) == (True, 0)
