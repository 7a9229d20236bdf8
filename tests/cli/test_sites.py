"""The verb ``sites``: the inventory in each format, and what it says of each call."""
from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from support import PINS
from support import Repository
from support import run_process

import flake8_artifact_pin
from flake8_artifact_pin.cli.sites import SiteRow
from flake8_artifact_pin.cli.wrappers import Wrapper

pytestmark = pytest.mark.once

FILES = {
    PINS: """\
[exempt]
"tests/" = "no artifacts"
[pins]
"both.py" = { count = 1, registered = ["b_1"], grandfathered = "old data" }
"over.py" = { count = 1, registered = ["o1"] }
"plain.py" = 2
"later.py" = { count = 1, deferred = "config#12", until = 2099-01-31 }
""",
    "both.py": "class A:\n    def save(self):\n        s3.put_object(Key='a.csv')\n",
    "later.py": "def 関数(day):\n    s3.put_object(Key=f'日本/{day}|`<&')\n",
    "none.py": "x = 1  # s3.put_object()\n",
    "over.py": "s3.put_object()\ns3.put_object(Key=K)\ns3.upload_file(p, b, k)  # noqa: APR001 - re-puts\n",
    "plain.py": "do(s3.put_object, Key='k')\nput = s3.put_object\n",
    "tests/test_a.py": "def f(key): s3.put_object(Key=key)\n",
}
TABLE = """\
FILE             LINE  SCOPE     CALL                               STATE       DECISION
both.py          3     A.save    put_object("a.csv")                pinned      registered: b_1; grandfathered: old data
later.py         2     関数      put_object("日本/{day}|`<&")       pinned      deferred: config#12; until: 2099-01-31
over.py          1     <module>  put_object(...)                    over
over.py          2     <module>  put_object("{K}")                  over
over.py          3     <module>  upload_file("{k}")                 suppressed  re-puts
plain.py         1     <module>  put_object("k") passed as a value  pinned
plain.py         2     <module>  put_object passed as a value       pinned
tests/test_a.py  1     f         put_object("{key}")                exempt      no artifacts
"""


@pytest.fixture
def inventory(repository: Repository) -> Repository:
    repository.commit(FILES)
    return repository


def sites(repository: Repository, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(repository.run("sites", "--format=json", *arguments).out)["sites"]
    return found


def test_text(inventory: Repository) -> None:
    assert inventory.run("sites") == (TABLE, "6 files: 8 PUT calls, 2 of them not counted\n", 0)


def test_json(inventory: Repository) -> None:
    outcome = inventory.run("sites", "--format=json")
    assert (outcome.err, outcome.status) == ("", 0)
    data = json.loads(outcome.out)
    rows = data.pop("sites")
    assert data == {"version": 1, "wrappers": [], "findings": []}
    assert rows[4] == {
        "path": "over.py", "line": 3, "column": 4, "scope": "<module>", "call": 'upload_file("{k}")',
        "method": "upload_file",
        "store": "s3", "key": "{k}", "name": "", "is_called": True, "state": "suppressed", "pinned": 1, "counted": 2,
        "registered": [], "grandfathered": "", "deferred": "", "until": "", "reason": "re-puts",
    }
    decisions = [(row["registered"], row["grandfathered"], row["deferred"], row["until"]) for row in rows[:2]]
    assert decisions == [(["b_1"], "old data", "", ""), ([], "", "config#12", "2099-01-31")]
    assert [row["is_called"] for row in rows] == [True] * 5 + [False] * 2 + [True]


def test_the_format_is_documented() -> None:
    page = (Path(flake8_artifact_pin.__file__).parent / "docs" / "sites.md").read_text("utf-8")
    fields = re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE)
    documented = {name for cell in fields for name in re.findall(r"`(\w+)`", cell)}
    assert {*SiteRow._fields, "pinned", "over", "swapped", "suppressed", "exempt"} == documented
    wrappers = page.partition("`wrappers` are")[2].partition("`findings` are")[0]
    assert set(re.findall(r"`(\w+)`", wrappers)) == {*Wrapper._fields}


# The calls of a file, which are those of functions, the calls that its pin names, and the state and decision of each.
NAMED: dict[str, tuple[str, str, list[tuple[str, str, str]]]] = {
    "as pinned": (
        "f g", '"g:put_object" = { grandfathered = "old data" }\n"f:put_object" = { registered = ["one", "two"] }\n',
        [("f:put_object", "pinned", "registered: one, two"), ("g:put_object", "pinned", "grandfathered: old data")],
    ),
    "over": (
        "f f g", '"f:put_object" = { registered = ["one"] }\n"f:put_object#2" = {}\n',
        [
            ("f:put_object", "pinned", "several entries have this name, and nobody can tell which is this call's"),
            ("f:put_object#2", "pinned", "several entries have this name, and nobody can tell which is this call's"),
            ("g:put_object", "over", ""),
        ],
    ),
    "swapped": (
        "f g", '"f:put_object" = { registered = ["one"] }\n"h:put_object" = { registered = ["two"] }\n',
        [("f:put_object", "pinned", "registered: one"), ("g:put_object", "swapped", "")],
    ),
    "suppressed": (
        "f! f", '"f:put_object" = { registered = ["one"] }\n',
        [("", "suppressed", "why not"), ("f:put_object", "pinned", "registered: one")],
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_named_calls(directory: Repository, name: str) -> None:
    """The text and JSON say the same, and the calls that are counted are those of check."""
    calls, entries, expected = NAMED[name]
    source = "".join(
        f"def {call.strip('!')}(): s3.put_object(){'  # noqa: APR001 - why not' * call.count('!')}\n"
        for call in calls.split()
    )
    directory.write({"a.py": source, PINS: f'[pins."a.py".calls]\n{entries}'})
    found = sites(directory)
    assert [(row["name"], row["state"]) for row in found] == [row[:2] for row in expected]
    shown = [re.split("  +", line)[4:] for line in directory.run("sites").lines[1:]]
    assert shown == [[state, *filter(None, [decision])] for _, state, decision in expected]
    counted = sum(row["state"] not in ("suppressed", "exempt") for row in found)
    assert {row["counted"] for row in found} == {counted}
    reported = {finding[1] for finding in directory.check().findings if finding[3] in ("APR001", "APR006")}
    assert reported == {row["line"] for row in found if row["state"] in ("over", "swapped")}


def test_names_of_calls(directory: Repository) -> None:
    """Those of calls that count, whatever the pins file says of their file."""
    directory.write({
        "a.py": "class A:\n    def f(self): s3.put_object()\ns3.upload_file(p, b, 'k.csv')\nup = s3.upload_file\n",
        "t/c.py": "async def f():\n    def g(): s3.put_object(Key=f'{a}/b')\n",
        PINS: '[exempt]\n"t/" = "test code"\n',
    })
    assert [row["name"] for row in sites(directory)] == [
        "A.f:put_object", "<module>:upload_file(k.csv)", "<module>:upload_file", "f.g:put_object({}/b)",
    ]


HARMFUL = [
    "a,b", 'a"b', '"a"', "a\nb", "a\rb", "a\x1bb", "##[set-output x]", "::error::x", "ax:1:2: b", "=1", "-1", "e\u0301",
]


@pytest.mark.parametrize("text", HARMFUL)
def test_csv(directory: Repository, text: str) -> None:
    """What is read back is what JSON has, and no machine finds a command in it."""
    ids = json.dumps([text, "a b"])
    directory.write({
        f"{text}.py": f"s3.put_object(Key={text!r})\n",
        PINS: f"[pins]\n{json.dumps(text + '.py')} = {{ count = 1, registered = {ids} }}\n",
    })
    outcome = directory.run("sites", "--format=csv")
    assert (outcome.err, outcome.status) == ("1 file: 1 PUT call\n", 0)
    assert not re.search(r"[\r\x1b]|##\[|^::|:1:2: |\u0301", outcome.out, re.MULTILINE)
    header, cells = csv.reader(io.StringIO(outcome.out, newline=""), strict=True)
    read = {
        name: json.loads(cell) if cell.startswith(('"', "[")) else cell
        for name, cell in zip(header, cells, strict=True)
    }
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    row, = sites(directory)
    assert read == {name: value if isinstance(value, list) else str(value) for name, value in row.items()}
    assert row["path"] == f"{text}.py"


def test_markdown(inventory: Repository) -> None:
    outcome = inventory.run("sites", "--format=markdown")
    assert outcome.lines[:3] == [
        "| FILE | LINE | SCOPE | CALL | STATE | DECISION |",
        "| --- | --- | --- | --- | --- | --- |",
        r'| both.py | 3 | A.save | put\_object("a.csv") | pinned | registered: b\_1; grandfathered: old data |',
    ]
    assert r'put\_object("日本/{day}\|\`&lt;&amp;")' in outcome.lines[3]
    for line in outcome.lines:
        assert len(re.findall(r"(?<!\\)\|", line)) == 7


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["./over.py", "both.py"], {"both.py": 1, "over.py": 3}),
        (["tests/", "tests/test_a.py"], {"tests/test_a.py": 1}),
        (["none.py"], {}),
        (["."], {"both.py": 1, "later.py": 1, "over.py": 3, "plain.py": 2, "tests/test_a.py": 1}),
    ],
)
def test_paths(inventory: Repository, arguments: list[str], expected: dict[str, int]) -> None:
    found = [row["path"] for row in sites(inventory, *arguments)]
    assert {path: found.count(path) for path in found} == expected


def test_subdirectory(inventory: Repository) -> None:
    inventory.monkeypatch.chdir(inventory.root / "tests")
    assert [row["path"] for row in sites(inventory, "..")][::7] == ["../both.py", "test_a.py"]
    outcome = inventory.run("sites", "../nope.py")
    assert outcome == ("", "flake8-artifact-pin: there is no ../nope.py: correct the path\n", 2)


def test_no_calls(directory: Repository) -> None:
    directory.write({"a.py": "from google.cloud import storage\n"})
    modules = "google.cloud.storage or gcloud.aio.storage"
    silent = f'1 file imports {modules} (a.py), but stores has no "gcs": add it, or exempt what need not be counted'
    assert directory.run("sites") == ("", f"1 file: 0 PUT calls\n{silent}\n", 0)


def test_symbolic_links(repository: Repository) -> None:
    """A file with several names is one file."""
    repository.write({"src/a.py": "def up(key): s3.put_object(Key=key)\nup('a')\n"})
    (repository.root / "z.py").symlink_to("src/a.py")
    repository.commit()
    assert [row["path"] for row in sites(repository, "z.py", "src")] == ["src/a.py"]


@pytest.mark.parametrize("form", ["text", "csv", "markdown", "json"])
def test_what_cannot_be_read_is_a_finding(directory: Repository, form: str) -> None:
    """The inventory may lack something, unless the file is exempt."""
    (directory.root / "gone.py").symlink_to("nowhere.py")
    bad = "s3.put_object(\n"
    pins = '[exempt]\n"t/" = "test code"\n'
    directory.write({"a.py": "s3.put_object()\n", "bad.py": bad, "t/bad.py": bad, PINS: pins})
    outcome = directory.run("sites", f"--format={form}")
    assert outcome.status == 1
    if form == "json":
        assert outcome.places == ["bad.py:1:15: E999", "gone.py:0:1: E902"]
    else:
        assert re.findall(r"(?m)^(\S+) E9", outcome.err) == ["bad.py:1:15:", "gone.py:0:1:"]


def test_an_output_that_is_ascii(inventory: Repository) -> None:
    """CSV is UTF-8 whatever the encoding of standard output is."""
    outcome = run_process("sites", "later.py", "--format=csv", cwd=inventory.root, PYTHONIOENCODING="ascii")
    header, cells = csv.reader(io.StringIO(outcome.out))
    assert dict(zip(header, cells, strict=True))["scope"] == "関数"
