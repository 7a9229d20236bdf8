"""The verb ``sites``: the inventory in each format, and what it says of each call."""
from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from support import PINS
from support import Repository

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
[pins."swap.py".calls]
"f:put_object" = { registered = ["one", "two"] }
"h:put_object" = {}
[pins."unsure.py".calls]
"f:put_object" = { registered = ["one"] }
"f:put_object#2" = {}
""",
    "both.py": "class A:\n    def save(self):\n        s3.put_object(Key='a.csv')\n",
    "later.py": "def 関数(day):\n    s3.put_object(Key=f'日本/{day}|`<&')\n",
    "none.py": "x = 1  # s3.put_object()\n",
    "over.py": "s3.put_object()\ns3.put_object(Key=K)\ns3.upload_file(p, b, k)  # noqa: APR001 - re-puts\n",
    "plain.py": "do(s3.put_object, Key='k')\nput = s3.put_object\n",
    "swap.py": "def f(): s3.put_object()\ndef g(): s3.put_object()\n",
    "tests/test_a.py": "def f(key): s3.put_object(Key=key)\n",
    "unsure.py": "def f(): s3.put_object(); s3.put_object()\ndef g(): s3.put_object()\n",
}
UNSURE = "several entries have this name, and nobody can tell which is this call's"
TABLE = """\
FILE             LINE  SCOPE     CALL                               STATE       DECISION
both.py          3     A.save    put_object("a.csv")                pinned      registered: b_1; grandfathered: old data
later.py         2     関数      put_object("日本/{day}|`<&")       pinned      deferred: config#12; until: 2099-01-31
over.py          1     <module>  put_object(...)                    over
over.py          2     <module>  put_object("{K}")                  over
over.py          3     <module>  upload_file("{k}")                 suppressed  re-puts
plain.py         1     <module>  put_object("k") passed as a value  pinned
plain.py         2     <module>  put_object passed as a value       pinned
swap.py          1     f         put_object(...)                    pinned      registered: one, two
swap.py          2     g         put_object(...)                    swapped
tests/test_a.py  1     f         put_object("{key}")                exempt      no artifacts
unsure.py        1     f         put_object(...)                    pinned      %(unsure)s
unsure.py        1     f         put_object(...)                    pinned      %(unsure)s
unsure.py        2     g         put_object(...)                    over
""" % {"unsure": UNSURE}


def test_formats(repository: Repository) -> None:
    # a file with several names is one file
    (repository.root / "link.py").symlink_to("both.py")
    repository.commit(FILES)
    assert repository.run("sites") == (TABLE, "9 files: 13 PUT calls, 2 of them not counted\n", 0)
    outcome = repository.run("sites", "--format=json")
    data = json.loads(outcome.out)
    rows = data.pop("sites")
    assert (outcome.err, outcome.status, data) == ("", 0, {"version": 1, "wrappers": [], "findings": []})
    assert rows[4] == {
        "path": "over.py", "line": 3, "column": 4, "scope": "<module>", "call": 'upload_file("{k}")',
        "method": "upload_file", "store": "s3", "key": "{k}", "name": "", "is_called": True, "state": "suppressed",
        "pinned": 1, "counted": 2, "registered": [], "grandfathered": "", "deferred": "", "until": "",
        "reason": "re-puts",
    }
    decisions = [(row["registered"], row["grandfathered"], row["deferred"], row["until"]) for row in rows[:2]]
    assert decisions == [(["b_1"], "old data", "", ""), ([], "", "config#12", "2099-01-31")]
    assert [row["name"] for row in rows if row["path"] == "unsure.py"] == [
        "f:put_object", "f:put_object#2", "g:put_object",
    ]
    assert [row["is_called"] for row in rows[4:8]] == [True, False, False, True]
    # the calls that are beyond their pin are those of check
    places = {f"{row['path']}:{row['line']}:{row['column']}" for row in rows if row["state"] in ("over", "swapped")}
    assert {place.rpartition(": ")[0] for place in repository.check().places} == places
    lines = repository.run("sites", "--format=markdown").lines
    assert lines[:3] == [
        "| FILE | LINE | SCOPE | CALL | STATE | DECISION |",
        "| --- | --- | --- | --- | --- | --- |",
        r'| both.py | 3 | A.save | put\_object("a.csv") | pinned | registered: b\_1; grandfathered: old data |',
    ]
    assert r'put\_object("日本/{day}\|\`&lt;&amp;")' in lines[3]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {7}


def test_paths(repository: Repository) -> None:
    repository.write(FILES)
    repository.monkeypatch.chdir("tests")
    assert [line.split()[0] for line in repository.run("sites", "../both.py", ".").lines[1:]] == [
        "../both.py", "test_a.py",
    ]
    assert repository.run("sites", "../none.py") == ("", "1 file: 0 PUT calls\n", 0)
    error = "flake8-artifact-pin: there is no ../nope.py: correct the path\n"
    assert repository.run("sites", "../nope.py") == ("", error, 2)


def test_the_format_is_documented() -> None:
    page = (Path(flake8_artifact_pin.__file__).parent / "docs" / "sites.md").read_text("utf-8")
    fields = re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE)
    documented = {name for cell in fields for name in re.findall(r"`(\w+)`", cell)}
    assert {*SiteRow._fields, "pinned", "over", "swapped", "suppressed", "exempt"} == documented
    wrappers = page.partition("`wrappers` are")[2].partition("`findings` are")[0]
    assert set(re.findall(r"`(\w+)`", wrappers)) == {*Wrapper._fields}


HARMFUL = [
    "a,b", 'a"b', '"a"', "a\nb", "a\rb", "a\x1bb", "##[set-output x]", "::error::x", "ax:1:2: b", "=1", "-1", "e\u0301",
]


def test_csv(directory: Repository) -> None:
    """What is read back is what JSON has, and no machine finds a command in it."""
    pins = "[pins]\n"
    for text in HARMFUL:
        directory.write({f"{text}.py": f"s3.put_object(Key={text!r})\n"})
        pins += f"{json.dumps(f'{text}.py')} = {{ count = 1, registered = {json.dumps([text, 'a b'])} }}\n"
    directory.write({PINS: pins})
    out = directory.run("sites", "--format=csv").out
    assert not re.search(r"[\r\x1b]|##\[|^::|:1:2: |\u0301", out, re.MULTILINE)
    rows = list(csv.DictReader(io.StringIO(out, newline=""), strict=True))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    read = [
        {name: json.loads(cell) if cell.startswith(('"', "[")) else cell for name, cell in row.items()} for row in rows
    ]
    expected = json.loads(directory.run("sites", "--format=json").out)["sites"]
    assert read == [
        {name: value if isinstance(value, list) else str(value) for name, value in row.items()} for row in expected
    ]
    assert [row["path"] for row in expected] == sorted(f"{text}.py" for text in HARMFUL)


def test_a_store_that_is_not_counted(directory: Repository) -> None:
    directory.write({"a.py": "from google.cloud import storage\n"})
    modules = "google.cloud.storage or gcloud.aio.storage"
    silent = f'1 file imports {modules} (a.py), but stores has no "gcs": add it, or exempt what need not be counted'
    assert directory.run("sites") == ("", f"1 file: 0 PUT calls\n{silent}\n", 0)


def test_what_cannot_be_read_is_a_finding(directory: Repository) -> None:
    """The inventory may lack something, unless the file is exempt."""
    (directory.root / "gone.py").symlink_to("nowhere.py")
    bad = "s3.put_object(\n"
    directory.write({"bad.py": bad, "t/bad.py": bad, PINS: '[exempt]\n"t/" = "test code"\n'})
    outcome = directory.run("sites", "--format=json")
    assert (outcome.places, outcome.status) == (["bad.py:1:15: E999", "gone.py:0:1: E902"], 1)
    outcome = directory.run("sites")
    assert re.findall(r"(?m)^(\S+) E9", outcome.err) == ["bad.py:1:15:", "gone.py:0:1:"]
    assert outcome.status == 1
