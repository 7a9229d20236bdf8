"""The verb ``sites``: the inventory, and the functions that hide artifacts behind one PUT call."""
from __future__ import annotations

import ast
import csv
import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from support import Project
from support import Repository
from support import run_process

PINS = "artifact-pins.toml"
FILES = {
    PINS: """\
[exempt]
"tests/" = "no artifacts"

[pins]
"both.py" = { count = 1, registered = ["b_1", "b 2"], grandfathered = "old" }
"over.py" = { count = 1, registered = ["o"] }
"plain.py" = 2
"日本/é.py" = { count = 2, grandfathered = "歴史" }
""",
    "both.py": "class A:\n    def save(self):\n        s3.put_object(Key='a')\n",
    "none.py": "x = 1  # s3.put_object()\n",
    "over.py": "s3.put_object()\ns3.put_object(Key=K)\ns3.upload_file(p, b, k)  # noqa: APR001 - re-puts\n",
    "plain.py": "do(s3.put_object, Key='k')\nput = s3.put_object\n",
    "tests/test_a.py": "def f(key): s3.put_object(Key=key)\n",
    "日本/é.py": "def 関数():\n    s3.put_object(Key='日本')\n    s3.put_object(Key=f'{'x' * 3}|`<&')\n".replace("'x'", "x"),
}
TABLE = """\
FILE             LINE  SCOPE     CALL                              STATE       DECISION
both.py          3     A.save    put_object('a')                   pinned      registered: b_1, b 2; grandfathered: old
over.py          1     <module>  put_object(...)                   over        registered: o
over.py          2     <module>  put_object(K)                     over        registered: o
over.py          3     <module>  upload_file(k)                    suppressed  suppressed: re-puts
plain.py         1     <module>  put_object('k') handed on         pinned
plain.py         2     <module>  put_object handed on              pinned
tests/test_a.py  1     f         put_object(key)                   exempt      exempt: no artifacts
日本/é.py        2     関数      put_object('日本')                pinned      grandfathered: 歴史
日本/é.py        3     関数      put_object(f'{x * 3}|`<&')        pinned      grandfathered: 歴史
"""


@pytest.fixture
def repository(project: Project) -> Repository:
    return Repository(project)


@pytest.fixture
def inventory(repository: Repository) -> Repository:
    repository.commit(FILES)
    return repository


def rows(repository: Repository, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(repository.run("sites", "--format=json", *arguments).out)["sites"]
    return found


def test_text(inventory: Repository) -> None:
    outcome = inventory.run("sites")
    assert outcome == (outcome.out, "6 files: 9 PUT calls\n", 0)
    assert [re.split("  +", line) for line in outcome.lines] == [re.split("  +", line) for line in TABLE.splitlines()]


def test_columns_of_wide_characters(inventory: Repository) -> None:
    """A wide character takes two columns, a combining one none."""
    inventory.commit({"e\u0301.py": "s3.put_object()\n"})
    lines = inventory.run("sites").lines
    column = len("tests/test_a.py  ")
    shown = [re.sub("[\u3000-\u9fff]", "xx", line).replace("\u0301", "") for line in lines]
    assert {line[column - 2:column] for line in shown} == {"  "}
    assert {line[column] for line in shown} == {*"L123"}


def test_json(inventory: Repository) -> None:
    outcome = inventory.run("sites", "--format=json")
    assert (outcome.err, outcome.status) == ("", 0)
    data = json.loads(outcome.out)
    assert list(data) == ["sites", "wrappers", "findings"]
    assert data["wrappers"] == data["findings"] == []
    assert data["sites"][3] == {
        "path": "over.py",
        "line": 3,
        "column": 4,
        "scope": "<module>",
        "call": "upload_file(k)",
        "method": "upload_file",
        "key": "k",
        "is_called": True,
        "state": "suppressed",
        "pinned": 1,
        "observed": 2,
        "registered": [],
        "grandfathered": "",
        "reason": "re-puts",
        "name": "",
    }
    first = data["sites"][0]
    assert (first["registered"], first["grandfathered"], first["reason"]) == (["b_1", "b 2"], "old", "")
    assert [row["is_called"] for row in data["sites"]] == [True] * 4 + [False] * 2 + [True] * 3


# The calls of a file, which are those of f() and g(), the calls that its pin names, and what is said of each call:
# name, state and decision.
NAMED: dict[str, tuple[str, str, list[tuple[str, str, str]]]] = {
    "as pinned": (
        "f g", '"g:put_object" = { grandfathered = "old" }\n"f:put_object" = { registered = ["x", "y"] }\n',
        [("f:put_object", "pinned", "registered: x, y"), ("g:put_object", "pinned", "grandfathered: old")],
    ),
    "without a decision": (
        "f f", '"f:put_object" = {}\n"f:put_object#2" = { registered = ["x"], grandfathered = "old" }\n',
        [("f:put_object", "pinned", ""), ("f:put_object#2", "pinned", "registered: x; grandfathered: old")],
    ),
    "over": (
        "f f g", '"f:put_object" = { registered = ["x"] }\n',
        [("f:put_object", "pinned", "registered: x"), ("f:put_object#2", "over", ""), ("g:put_object", "over", "")],
    ),
    "over, and one is gone": (
        "f g", '"h:put_object" = { registered = ["x"] }\n',
        [("f:put_object", "over", ""), ("g:put_object", "over", "")],
    ),
    "over no call": ("f", "", [("f:put_object", "over", "")]),
    "swapped": (
        "f g", '"f:put_object" = { registered = ["x"] }\n"h:put_object" = { registered = ["y"] }\n',
        [("f:put_object", "pinned", "registered: x"), ("g:put_object", "swapped", "")],
    ),
    "swapped, and one is gone": (
        "g", '"f:put_object" = { registered = ["x"] }\n"h:put_object" = {}\n', [("g:put_object", "swapped", "")],
    ),
    "suppressed": (
        "f! f f", '"f:put_object" = { registered = ["x"] }\n"f:put_object#2" = { registered = ["y"] }\n',
        [
            ("", "suppressed", "suppressed: why"),
            ("f:put_object", "pinned", "registered: x"),
            ("f:put_object#2", "pinned", "registered: y"),
        ],
    ),
    "spelled otherwise": (
        "\uff46", '"f:\uff50ut_object" = { registered = ["x"] }\n', [("f:put_object", "pinned", "registered: x")],
    ),
}


@pytest.mark.parametrize(("calls", "entries", "expected"), NAMED.values(), ids=NAMED)
def test_named_calls(
    repository: Repository, calls: str, entries: str, expected: list[tuple[str, str, str]],
) -> None:
    source = "".join(
        f"def {call.strip('!')}(): s3.put_object(){'  # noqa: APR001 - why' * call.count('!')}\n"
        for call in calls.split()
    )
    repository.commit({"a.py": source, PINS: f'[pins."a.py".calls]\n{entries}'})
    found = rows(repository)
    assert [(row["name"], row["state"]) for row in found] == [(name, state) for name, state, _ in expected]
    counted = (entries.count("\n"), len(calls.split()) - calls.count("!"))
    assert {(row["pinned"], row["observed"]) for row in found} == {counted}
    _, *cells = csv.reader(io.StringIO(repository.run("sites", "--format=csv").out))
    assert [(row[-1], row[8]) for row in cells] == [(name, state) for name, state, _ in expected]
    shown = [re.split("  +", line)[4:] for line in repository.run("sites").lines[1:]]
    assert shown == [[state, *filter(None, [decision])] for _, state, decision in expected]


def test_names_of_calls(repository: Repository) -> None:
    """Those of calls that count, whatever the pins file says of their file."""
    repository.commit({
        "a.py": "class A:\n    def f(self): s3.put_object()\ns3.upload_file(p, b, k)\nup = s3.upload_file\n",
        "b.py": "s3.put_object()  # noqa: APR001 - why\n",
        "t/c.py": "async def f():\n    def g(): s3.put_object()\n",
        PINS: '[exempt]\n"t/" = "tests"\n[pins]\n"a.py" = 3\n',
    })
    assert [row["name"] for row in rows(repository)] == [
        "A.f:put_object", "<module>:upload_file", "<module>:upload_file#2", "", "f.g:put_object",
    ]


@pytest.mark.parametrize("name", ["a,b.py", 'a"b.py', "a\nb.py", "a\rb.py", " a.py", "日本.py", "\udcff.py"])
def test_csv(inventory: Repository, name: str) -> None:
    """What csv reads back is what json has."""
    inventory.commit({name: "s3.put_object(Key=','), s3.put_object(Key='\"')\n"})
    outcome = inventory.run("sites", "--format=csv")
    assert (outcome.err, outcome.status) == ("7 files: 11 PUT calls\n", 0)
    header, *cells = csv.reader(io.StringIO(outcome.out, newline=""), strict=True)
    expected = [
        {field: " ".join(value) if isinstance(value, list) else str(value) for field, value in row.items()}
        for row in rows(inventory)
    ]
    read = [dict(zip(header, row)) for row in cells]
    # what is no Unicode text is shown with escapes
    assert read == [{**row, "path": row["path"].replace("\udcff", "\\udcff")} for row in expected]


def test_markdown(inventory: Repository) -> None:
    outcome = inventory.run("sites", "--format=markdown")
    assert outcome.lines[:3] == [
        "| FILE | LINE | SCOPE | CALL | STATE | DECISION |",
        "| --- | --- | --- | --- | --- | --- |",
        r"| both.py | 3 | A.save | put\_object('a') | pinned | registered: b\_1, b 2; grandfathered: old |",
    ]
    assert outcome.lines[-1] == (
        r"| 日本/é.py | 3 | 関数 | put\_object(f'{x \* 3}\|\`&lt;&amp;') | pinned | grandfathered: 歴史 |"
    )
    for line in outcome.lines:
        assert len(re.findall(r"(?<!\\)\|", line)) == 7


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["over.py"], {"over.py": 3}),
        (["./over.py", "both.py"], {"both.py": 1, "over.py": 3}),
        (["日本", "tests"], {"tests/test_a.py": 1, "日本/é.py": 2}),
        (["tests/", "tests/test_a.py"], {"tests/test_a.py": 1}),
        (["none.py"], {}),
        (["."], {"both.py": 1, "over.py": 3, "plain.py": 2, "tests/test_a.py": 1, "日本/é.py": 2}),
    ],
)
def test_paths(inventory: Repository, arguments: list[str], expected: dict[str, int]) -> None:
    found = [row["path"] for row in rows(inventory, *arguments)]
    assert {path: found.count(path) for path in found} == expected


def test_without_calls(repository: Repository) -> None:
    repository.commit({"a.py": ""})
    assert repository.run("sites") == ("", "1 file: 0 PUT calls\n", 0)


def test_subdirectory(inventory: Repository) -> None:
    inventory.monkeypatch.chdir(inventory.root / "tests")
    assert {row["path"] for row in rows(inventory)} == {
        "../both.py", "../over.py", "../plain.py", "test_a.py", "../日本/é.py",
    }
    outcome = inventory.run("sites", "../nope.py")
    assert outcome == ("", "flake8-artifact-pin: there is no ../nope.py: correct the path\n", 2)


def test_symbolic_links(repository: Repository) -> None:
    """A file with several names is one file."""
    repository.write({"src/a.py": "def up(key): s3.put_object(Key=key)\nup('a')\n"})
    (repository.root / "b.py").symlink_to("src/a.py")
    (repository.root / "z.py").symlink_to("src/a.py")
    (repository.root / "src/link.py").symlink_to("a.py")
    repository.commit({})
    assert [row["path"] for row in rows(repository)] == ["src/a.py"]
    assert [row["path"] for row in rows(repository, "b.py", "z.py")] == ["src/a.py"]
    wrapper, = json.loads(repository.run("sites", "--format=json").out)["wrappers"]
    assert (wrapper["path"], wrapper["call_sites"]) == ("src/a.py", 1)


def test_not_readable(inventory: Repository) -> None:
    """What cannot be looked into is a finding: the inventory may lack something."""
    (inventory.root / "gone.py").symlink_to("nowhere.py")
    inventory.commit({"bad.py": "def (\n"})
    for form in ("text", "csv", "markdown"):
        outcome = inventory.run("sites", f"--format={form}")
        assert [line.split(" ")[:2] for line in outcome.err.splitlines()] == [
            ["bad.py:1:6:", "E999"], ["gone.py:0:1:", "E902"], ["8", "files:"],
        ]
        assert outcome.status == 1
        assert "bad.py" not in outcome.out
    outcome = inventory.run("sites", "--format=json")
    assert outcome.places == ["bad.py:1:6: E999", "gone.py:0:1: E902"]
    assert (outcome.err, outcome.status) == ("", 1)


def test_process(inventory: Repository) -> None:
    assert run_process("sites", "plain.py", "--format=csv", cwd=inventory.root, PYTHONIOENCODING="ascii") == (
        "path,line,column,scope,call,method,key,is_called,state,pinned,observed,registered,grandfathered,reason,name\n"
        "plain.py,1,7,<module>,put_object('k') handed on,put_object,'k',False,pinned,2,2,,,,<module>:put_object\n"
        "plain.py,2,10,<module>,put_object handed on,put_object,,False,pinned,2,2,,,,<module>:put_object#2\n",
        "1 file: 2 PUT calls\n",
        0,
    )


# The source of a module that has wrappers: the patterns that are advised, each with its number of call sites.
WRAPPERS: dict[str, tuple[str, dict[str, int]]] = {
    "function": ("def up(key): s3.put_object(Key=key)\nup('a'); lib.up('b'); f(up)\n", {"up": 3}),
    "method": (
        "class A:\n    def up(self, key): s3.put_object(Key=key)\na.up('a'); self.a.up('b'); up('c')\n", {"*.up": 2},
    ),
    "private method": (
        "class A:\n    def __up(self, key): s3.put_object(Key=key)\n    def f(self): self.__up('a')\n", {"*.__up": 1},
    ),
    "class": ("class A:\n    def __init__(self, key): s3.put_object(Key=key)\nA('a'); lib.A('b')\n", {"A": 2}),
    "operator": ("class A:\n    def __call__(self, key): s3.put_object(Key=key)\nA()('a')\n", {}),
    "imported": ("from lib import up as u\ndef up(key): s3.put_object(Key=key)\nu('a')\n", {"up": 1}),
    "two": (
        "def up(key): s3.put_object(Key=key)\ndef down(key): s3.upload_file(p, b, key)\nup('a'); up('b'); down('c')\n",
        {"down": 1, "up": 2},
    ),
    "two calls in one": ("def up(key): s3.put_object(Key=key); s3.put_object(Key=key)\n", {"up": 0}),
    "suppressed": ("def up(key): s3.put_object(Key=key)  # noqa: APR001 - its callers count\n", {"up": 0}),
    "counted already": ("class A:\n    def put_object(self, key): s3.put_object(Key=key)\na.put_object(key='a')\n", {}),
    "recursive": ("def up(key):\n    s3.put_object(Key=key)\n    up(key[1:])\n", {"up": 1}),
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_wrappers(repository: Repository, name: str) -> None:
    """The line that is advised counts exactly the calls that were said, and then nothing is advised any more."""
    source, expected = WRAPPERS[name]
    repository.commit({"a.py": source, "t/a.py": source, PINS: '[exempt]\n"t/" = "tests"\n'})
    before = rows(repository)
    wrappers = json.loads(repository.run("sites", "--format=json").out)["wrappers"]
    assert {wrapper["pattern"]: wrapper["call_sites"] for wrapper in wrappers} == expected
    assert all(list(wrapper) == ["path", "line", "name", "pattern", "call_sites"] for wrapper in wrappers)
    lines = repository.run("sites").lines[len(before) + 1:]
    assert len(lines) == (len(wrappers) + 1 if wrappers else 0)
    repository.write({PINS: "".join(f"{line}\n" for line in lines[-1:]) + '[exempt]\n"t/" = "tests"\n'})
    after = [row for row in rows(repository) if row["path"] == "a.py"]
    assert len(after) == len(before) // 2 + sum(expected.values())
    assert json.loads(repository.run("sites", "--format=json").out)["wrappers"] == []


def test_advice(repository: Repository) -> None:
    repository.commit({
        "b.py": "from a import up\nup('a')\n",
        "a.py": "def up(key): s3.put_object(Key=key)\nclass A:\n    def save(self, key): save(Key=key)\n",
        PINS: 'patterns = ["*.put_object", "save"]\n',
    })
    outcome = repository.run("sites", "a.py")
    assert outcome.lines[3:] == [
        'a.py:1: up() takes the key from its caller, so 1 call of it is behind one PUT call; '
        'the pattern "up" would count each',
        'patterns = ["*.put_object", "save", "up"]',
    ]
    assert repository.run("sites", "b.py").out == ""


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_advice_on_a_strange_file(repository: Repository, form: str) -> None:
    """Nothing that a file is called gets at the terminal or makes Markdown of it."""
    repository.commit({"\x1b[31m/__init__.py": "class A:\n    def up_(self, key): s3.put_object(Key=key)\n"})
    outcome = repository.run("sites", f"--format={form}")
    assert "\x1b" not in outcome.out
    advice = [line for line in outcome.lines if "takes the key" in line]
    assert len(advice) == 1
    assert form == "text" or not re.search(r"(?<!\\)[_*`|<]", advice[0])


CALL_FORMS = ["up('a')", "lib.up('a')", "self.x.up('a')", "f(up('a'))", "f(up)", "x = up", "up", "upper('a')"]
CALL_FORMS += ["# up()", "'up'", "up is None", "x.up.y()", "a.up('a').up('b')", "def up(): pass", "[up(k) for k in y]"]


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(CALL_FORMS), max_size=5), min_size=1, max_size=3))
def test_call_sites(repository: Repository, modules: list[list[str]]) -> None:
    """The number of call sites is what a naive count says."""
    texts = {f"m{number}.py": "".join(f"{line}\n" for line in lines) for number, lines in enumerate(modules)}
    for path in repository.root.glob("*.py"):
        path.unlink()
    repository.write({**texts, "w.py": "def up(key): s3.put_object(Key=key)\n"})
    repository.git("add", "--all")
    wrapper, = json.loads(repository.run("sites", "--format=json").out)["wrappers"]
    called = [
        node.func for text in texts.values() for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)
    ]
    calls = sum(getattr(func, "id", getattr(func, "attr", "")) == "up" for func in called)
    handed_on = sum(lines.count("f(up)") + lines.count("x = up") for lines in modules)
    assert wrapper["call_sites"] == calls + handed_on
