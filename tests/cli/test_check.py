"""``check`` says of a tree what flake8 says, and what flake8 cannot see."""
from __future__ import annotations

import json
import linecache
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from support import PINS
from support import Project
from support import PUT
from support import Repository
from support import sources

from flake8_artifact_pin.rules.findings import CODES

Findings = list[tuple[str, int, int, str, str]]

NAMED = '[pins."a.py".calls]\n"%s" = {}\n"%s" = {}\n'
LINK = "-> "


def put(repository: Repository, files: Mapping[str, str | bytes]) -> None:
    """Write files, and symbolic links ("-> target"), that git is to track."""
    for name, content in files.items():
        if isinstance(content, str) and content.startswith(LINK):
            path = repository.root / name
            path.parent.mkdir(exist_ok=True)
            path.symlink_to(content.removeprefix(LINK))
        else:
            repository.write({name: content})
    repository.git("add", "--all")


def flake8_findings(repository: Repository, *arguments: str) -> Findings:
    """Return what flake8 says, sorted; the same twice, of two calls in a line, is said twice."""
    # by the name of a file, which flake8 looks at in the end, another test may have had another one
    linecache.clearcache()
    fields = "path", "row", "col", "code", "text"
    result = repository.flake8("--format=" + "\x1f".join(f"%({field})s" for field in fields), *arguments)
    found = []
    for line in result.output.split("\n")[:-1]:
        path, row, column, code, text = line.split("\x1f")
        # check says which Python it is, too
        python = f" (Python {sys.version_info[0]}.{sys.version_info[1]})" if code == "E999" else ""
        found.append((path.removeprefix("./"), int(row), int(column), code, text + python))
    return sorted(found)


def python_files(repository: Repository) -> list[str]:
    paths = (path for path in repository.root.rglob("*.py") if not path.is_dir())
    return sorted(str(path.relative_to(repository.root)) for path in paths)


# What is in the tree, and the codes that both find.
AGREEMENT: dict[str, tuple[Mapping[str, str | bytes], list[str]]] = {
    "no pins file": ({"a.py": PUT, "b.py": "x = 1\n"}, ["APR001"]),
    "as pinned": ({"a.py": PUT, PINS: '[pins]\n"a.py" = 1\n'}, []),
    "over a pin": ({"a.py": PUT * 3, PINS: '[pins]\n"a.py" = 1\n'}, ["APR001"] * 3),
    "stale pin": ({"a.py": PUT, PINS: '[pins]\n"./a.py" = { count = 2 }\n'}, ["APR002"]),
    "stale pin of an empty file": ({"a.py": "", PINS: '[pins]\n"a.py" = 1\n'}, ["APR002"]),
    "stale pin of a file with the name of no method": ({"a.py": "x = 1\n", PINS: '[pins]\n"a.py" = 1\n'}, ["APR002"]),
    "pinned file is gone": ({"a.py": PUT, PINS: '[pins]\n"a.py" = 1\n"b/c.py" = 1\n"b.py" = 0\n'}, ["APR003"] * 2),
    "suppressed": ({"a.py": "s3.put_object()  # noqa: APR001 - why\n"}, []),
    "suppressed and pinned": (
        {"a.py": "s3.put_object()  # noqa: APR001 - why\n", PINS: '[pins]\n"a.py" = 1\n'}, ["APR002"],
    ),
    "no reason": ({"a.py": "s3.put_object()  # noqa: APR001\n", PINS: '[pins]\n"a.py" = 1\n'}, ["APR004"]),
    "no reason, over the pin": ({"a.py": "s3.put_object()  # noqa: APR001\n"}, ["APR004"]),
    "blanket noqa within the pin": ({"a.py": "s3.put_object()  # noqa\n", PINS: '[pins]\n"a.py" = 1\n'}, []),
    "blanket noqa": (
        {"a.py": f"s3.put_object()  # noqa\n{PUT}", PINS: '[pins]\n"a.py" = 1\n'}, ["APR001", "APR004"],
    ),
    "blanket noqa on each line": ({"a.py": "s3.put_object()  # noqa\n" * 2}, ["APR004"] * 2),
    "blanket noqa for two calls": ({"a.py": "s3.put_object(); s3.put_object()  # noqa\n"}, ["APR004"] * 2),
    "noqa hides its finding": ({"a.py": f"{PUT}s3.put_object()  # noqa: APR001, APR004\n"}, ["APR001", "APR004"]),
    "noqa beside no call": ({"a.py": "x = 1  # noqa: APR001 - why\n"}, ["APR005"]),
    "noqa beside no call, hidden by itself": ({"a.py": "x = 1  # noqa : APR001\ny = 2\n"}, ["APR005"]),
    "noqa in lower case": ({"a.py": "s3.put_object()  # noqa: apr001 - why\n"}, ["APR001"]),
    "noqa within a string": ({"a.py": "s3.put_object('# noqa: APR001 - why')\n"}, ["APR004"]),
    "stale pin, its code is hidden": ({"a.py": "x = 1  # noqa: APR002\n", PINS: '[pins]\n"a.py" = 1\n'}, []),
    "flake8: noqa behind code skips nothing": ({"a.py": "s3.put_object()  # flake8: noqa: APR001 - why\n"}, ["APR001"]),
    "does not parse": ({"a.py": f"{PUT}def (\n", "b.py": PUT}, ["APR001", "E999"]),
    "does not parse and is pinned": ({"a.py": f"{PUT}\n)", PINS: '[pins]\n"a.py" = 5\n'}, ["E999"]),
    "unresolved merge": ({"a.py": f"<<<<<<< HEAD\n{PUT}=======\n>>>>>>> b\n"}, ["E999"]),
    "a string with conflict markers": ({"a.py": '"""\n<<<<<<< HEAD\n"""\n'}, []),
    "too many brackets": ({"a.py": f"{PUT}{'(' * 300}{')' * 300}\n"}, ["E999"]),
    "link to nothing": ({"a.py": "-> nowhere"}, ["E902"]),
    "link to itself": ({"a.py": "-> a.py"}, ["E902"]),
    "link to a directory": ({"a.py": "-> src", "src/b.py": PUT}, ["APR001"]),
    "link to a tracked file": ({"a.py": PUT, "b.py": "-> a.py", PINS: '[pins]\n"a.py" = 1\n'}, []),
    "link to a file over its pin": ({"a.py": PUT, "src/b.py": "-> ../a.py"}, ["APR001"] * 2),
    "link to a file with a stale pin": (
        {"a.py": "x = 1\n", "b.py": "-> a.py", PINS: '[pins]\n"a.py" = 1\n'}, ["APR002"] * 2,
    ),
    "link that is pinned": ({"a.py": PUT, "b.py": "-> a.py", PINS: '[pins]\n"a.py" = 1\n"b.py" = 2\n'}, ["APR002"]),
    "link that is exempt": ({"a.py": PUT, "b.py": "-> a.py", PINS: '[exempt]\n"b.py" = "a copy"\n'}, ["APR001"]),
    "exempt": (
        {"a.py": PUT, "t/b.py": "x = 1  # noqa: APR001\n", PINS: '[exempt]\n"a.py" = "old data"\n"t/" = "tests"\n'}, [],
    ),
    "another pattern": ({"a.py": f"{PUT}lib.write()\n", PINS: 'patterns = ["lib.write"]\n'}, ["APR001"] * 2),
    "only another store": ({"a.py": PUT, PINS: 'stores = ["azure"]\n'}, []),
    "another store": (
        {"a.py": f"from google.cloud import storage\n{PUT}b.upload_from_string('x')\n", PINS: 'stores = ["gcs"]\n'},
        ["APR001"],
    ),
    "pinned and exempt": (
        {"a.py": PUT, "b.py": "", PINS: '[exempt]\n"a.py" = "why not"\n[pins]\n"a.py" = 1\n'}, ["APR003"],
    ),
    "no decision": (
        {"a.py": PUT * 2, PINS: 'require-decision = true\n[pins]\n"a.py" = 1\n'}, ["APR001", "APR001", "APR009"],
    ),
    "one reason for two calls": ({"a.py": f"{PUT.strip()}; {PUT.strip()}  # noqa: APR001 - why\n"}, ["APR004"]),
    "a comment below a continued line": (
        {"a.py": 's3.put_object(Key="a") \\\n# noqa: APR001 - why\n', PINS: '[pins]\n"a.py" = 1\n'}, ["APR002"],
    ),
    "a noqa below a continued line": ({"a.py": "s3.put_object(); \\\nx = 1  # noqa: APR001 - why\n"}, []),
    "a noqa above a continued line": ({"a.py": "x = 1; \\\ns3.put_object()  # noqa\n"}, ["APR004"]),
    "a string over several lines": ({"a.py": 's3.put_object(Key="""\n""")  # noqa: APR001 - why\n'}, []),
    "advice and decisions": (
        {"a.py": PUT, PINS: 'advice = "ask"\nrequire-decision = true\n[pins]\n"a.py" = { count = 0 }\n'}, ["APR001"],
    ),
    "pyproject.toml": (
        {"a.py": PUT, "pyproject.toml": '[tool.artifact-pins.pins]\n"a.py" = 0\n"b.py" = 1\n'}, ["APR001", "APR003"],
    ),
    "as its pin names them": (
        {"a.py": f"def f(): {PUT}{PUT}", PINS: NAMED % ("f:put_object", "<module>:put_object")}, [],
    ),
    "more than its pin names": (
        {"a.py": PUT * 3, PINS: NAMED % ("<module>:put_object", "f:put_object")}, ["APR001"] * 3,
    ),
    "others than its pin names": (
        {"a.py": f"def f(): {PUT}{PUT}", PINS: NAMED % ("g:put_object", "f:upload_file")}, ["APR006"] * 2,
    ),
    "others, and a blanket noqa": (
        {"a.py": f"def f(): s3.put_object()  # noqa\n{PUT}", PINS: NAMED % ("g:put_object", "f:upload_file")},
        ["APR006"] * 2,
    ),
    "others, and a noqa on each line": (
        {
            "a.py": "s3.put_object()  # noqa: APR006 - why\ns3.put_object()  # noqa: APR001, APR006\n",
            PINS: NAMED % ("f:put_object", "g:put_object"),
        },
        ["APR004", "APR006", "APR006"],
    ),
    "fewer than its pin names": ({"a.py": PUT, PINS: NAMED % ("f:put_object", "g:put_object")}, ["APR002", "APR006"]),
    "its pin names one that is suppressed": (
        {
            "a.py": f"s3.put_object()  # noqa: APR001 - why\n{PUT}",
            PINS: NAMED % ("<module>:put_object", "<module>:put_object#2"),
        },
        ["APR002"],
    ),
    "its pin names calls, and it is gone": ({PINS: NAMED % ("f:put_object", "g:put_object")}, ["APR003"]),
    "its pin names calls, and it does not parse": (
        {"a.py": f"def (\n{PUT}", PINS: NAMED % ("f:put_object", "g:put_object")}, ["E999"],
    ),
    "its pin names none": (
        {"a.py": PUT, "b.py": "", PINS: '[pins]\n"a.py".calls = {}\n"b.py".calls = {}\n'}, ["APR001"],
    ),
    "pins that name calls beside others": (
        {
            "a.py": "def ﬁ():\n    s3.ｐut_object()\n",
            "b.py": PUT,
            "c.py": PUT,
            "pyproject.toml": '[tool.artifact-pins.pins]\n"a.py" = { calls = { "ｆi:put_object" = {} } }\n"b.py" = 1\n'
            '"c.py".calls."c:put_object".registered = ["x"]\n',
        },
        ["APR006"],
    ),
    "flake8's configuration names the pins": (
        {"a.py": PUT, "conf/p.toml": "", "tox.ini": "[flake8]\nartifact-pins = conf/p.toml\n"}, [],
    ),
    "file names": ({"a b.py": PUT, "q\"'.py": PUT, "é/日本.py": PUT, "[x]*%s.py": PUT, ":1:2:.py": PUT}, ["APR001"] * 5),
    "back slash in a file name": ({"a\\b.py": PUT}, ["APR001"]),
    "byte order mark": ({"a.py": b"\xef\xbb\xbf" + PUT.encode()}, ["APR001"]),
    "latin-1": ({"a.py": "# coding: latin-1\n'é', s3.put_object()\n".encode("latin-1")}, ["APR001"]),
    "not what it says": ({"a.py": "'é', s3.put_object()\n".encode("latin-1")}, ["APR001"]),
    "not what it says for long": ({"a.py": "\n\n'é', s3.put_object()\n".encode("latin-1")}, ["APR001"]),
    "an encoding that there is not": ({"a.py": f"# coding: nope\n{PUT}"}, ["APR001"]),
    "an encoding in which ASCII is not itself": (
        {"a.py": b"#\n# coding: utf-7\ns3.put+AF8-object()\n"}, ["APR001", "APR011"],
    ),
    "an encoding that hides a call": (
        {"a.py": b"#\r#\r# coding: utf-7\nx = +ACI-s3.put_object() +ACI\n"}, ["APR011"],
    ),
    "such an encoding below a long line": (
        {"a.py": b"#%b\n# coding: utf-7\ns3.put+AF8-object()\n" % (b"-" * 600)}, ["APR001", "APR011"],
    ),
    "lines end with CR and LF": ({"a.py": f"x = 1\r\n(s3.  # x\r\n{PUT})"}, ["APR001"]),
    "lines end with CR": ({"a.py": "x = 1\r(s3.  # x\rput_object())\r"}, ["APR001"]),
    "wide letters": ({"a.py": "s3.ｐut_object()\n"}, ["APR001"]),
}


@pytest.mark.parametrize("case", AGREEMENT)
def test_agreement(repository: Repository, case: str) -> None:
    files, codes = AGREEMENT[case]
    put(repository, files)
    expected = flake8_findings(repository, *python_files(repository))
    outcome = repository.check()
    assert outcome.findings == expected
    assert sorted(code for *_, code, _ in expected) == codes
    assert outcome.status == bool(codes)
    assert outcome.err == ""


def test_agreement_is_on_every_code() -> None:
    """But for APR000, with which check does not begin to work, and what only check knows."""
    found = {code for _, codes in AGREEMENT.values() for code in codes}
    only_here = {code for code, row in CODES.items() if row.needs}
    assert found == {*CODES, "E902", "E999"} - {"APR000", *only_here}


EXEMPT = '[exempt]\n"tests/" = "no artifacts"'
COMMENTS = [
    "", "", "", "# noqa", "# noqa: APR001", "# noqa: APR001 - why", "#noqa: APR001 - why", "# noqa: E501, APR001 (why)",
    "# noqa: APR", "# noqa: APR004", "# noqa: APR002,APR005", "# noqa : APR001", "# type: ignore  # noqa: APR001 # why",
]
NAMES = ["a.py", "src/b c.py", "src/é.py", "tests/t.py"]
CALLS = [*(f"<module>:put_object{number}" for number in ("", "#2", "#3")), "<module>:upload_file", "f:put_object"]


def named_calls(names: Iterable[str]) -> str:
    """Return the value of a pin that names calls."""
    return "{ calls = { %s } }" % ", ".join(f'"{name}" = {{}}' for name in names)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw some files with noqa comments, and pins that need not fit them."""
    files = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        lines = draw(sources.modules(sys.version_info)).split("\n")
        for number in draw(st.lists(st.integers(0, len(lines) - 1), max_size=4, unique=True)):
            lines[number] += f"  {draw(st.sampled_from(COMMENTS))}"
        text = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])).join(lines)
        files[name] = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig"])))
    values = st.integers(0, 6) | st.lists(st.sampled_from(CALLS), unique=True).map(named_calls)
    drawn = draw(st.dictionaries(st.sampled_from([*NAMES[:3], "gone.py", "b/gone.py"]), values))
    pins = "".join(f'"{name}" = {value}\n' for name, value in drawn.items())
    files[PINS] = f'{draw(st.sampled_from(["", "[exempt]", EXEMPT]))}\n[pins]\n{pins}'.encode()
    return files


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(trees())
def test_agreement_on_generated_trees(repository: Repository, files: dict[str, bytes]) -> None:
    repository.git("rm", "-r", "--quiet", "--force", "--ignore-unmatch", ".")
    put(repository, files)
    expected = flake8_findings(repository, *python_files(repository))
    if EXEMPT.encode() in files[PINS]:
        # an exempt file need not parse: see below
        expected = [found for found in expected if not found[0].startswith("tests/")]
    # only check knows all files
    actual = [found for found in repository.check().findings if " exempts " not in found[4]]
    hidden = Counter(actual) - Counter(expected)
    # a comment may have hidden the very line that it broke
    assert {code for *_, code, _ in hidden} <= {"E999"}
    assert [found for found in actual if found not in hidden] == expected


# What is in the tree, and what check alone says of it.
SUPERSETS: dict[str, tuple[Mapping[str, str | bytes], list[str]]] = {
    "exclude": ({".flake8": "[flake8]\nexclude = a.py\n", "a.py": PUT}, ["a.py:1:4: APR001"]),
    "exclude what does not parse": (
        {".flake8": "[flake8]\nexclude = a.py\n", "a.py": f"{PUT}def (\n"}, ["a.py:2:6: E999"],
    ),
    "excluded by default": ({".eggs/a.py": PUT}, [".eggs/a.py:1:4: APR001"]),
    "per-file-ignores": ({".flake8": "[flake8]\nper-file-ignores = a.py:APR\n", "a.py": PUT}, ["a.py:1:4: APR001"]),
    "ignore": (
        {".flake8": "[flake8]\nextend-ignore = APR002,APR003\n", "a.py": "", PINS: '[pins]\n"a.py" = 1\n"b.py" = 1\n'},
        ["a.py:1:1: APR002", f"{PINS}:3:1: APR003"],
    ),
    "filename": ({".flake8": "[flake8]\nfilename = *.pyw\n", "a.py": PUT}, ["a.py:1:4: APR001"]),
    "flake8: noqa": ({"a.py": f"{PUT}# flake8: noqa\n"}, ["a.py:1:4: APR001", "a.py:2:1: APR004"]),
    "flake8: noqa and does not parse": ({"a.py": f"# flake8: noqa\n{PUT}def (\n"}, ["a.py:3:6: E999"]),
    "noqa hides that a file does not parse": ({"a.py": f"{PUT}def (  # noqa\n"}, ["a.py:2:6: E999"]),
    "pinned file of another name": ({"script": PUT * 2, PINS: '[pins]\n"script" = 1\n'}, [
        "script:1:4: APR001", "script:2:4: APR001",
    ]),
}


@pytest.mark.once
@pytest.mark.parametrize("case", SUPERSETS)
def test_superset(repository: Repository, case: str) -> None:
    files, places = SUPERSETS[case]
    put(repository, files)
    assert flake8_findings(repository) == []
    assert repository.check().places == places


@pytest.mark.once
def test_exempt_file_need_not_parse(repository: Repository) -> None:
    """It may be there to be broken, and this is the only way to say so."""
    put(repository, {"c.py": "", "t/a.py": "def (\n", "t/b.py": "-> nowhere", PINS: '[exempt]\n"t/" = "samples"\n'})
    assert {code for *_, code, _ in flake8_findings(repository)} == {"E902", "E999"}
    assert repository.check().findings == []


REASON = "# flake8: noqa: APR001 - mirrors what another job wrote"


@pytest.mark.once
@pytest.mark.parametrize(
    ("source", "pinned", "places"),
    [
        (f"{REASON}\n{PUT}", 0, []),
        (f"{PUT}    {REASON}\n", 0, []),
        (f"# flake8: noqa: E501, APR001 — why\n{PUT}", 0, []),
        (f"# flake8=NOQA APR001: why\n{PUT}", 0, []),
        # the calls leave the count
        (f"{REASON}\n{PUT}", 1, ["1:1: APR002"]),
        # it may stand behind one without a reason, and its reason is that of a call without one
        (f"# flake8: noqa\n{REASON}\n{PUT}", 0, []),
        (f"{REASON}\ns3.put_object()  # noqa: APR001\n", 0, []),
        (f"# flake8: noqa\n{PUT}", 0, ["1:1: APR004", "2:4: APR001"]),
        (f"# flake8: noqa\n{PUT}", 1, ["1:1: APR004"]),
        (f"x = 1\n\t# flake8: noqa: APR001\n{PUT}", 1, ["2:1: APR004"]),
        # each of these makes flake8 skip the file, with or without codes
        (f"# flake8: noqa: E501 - why\n{PUT}", 1, ["1:1: APR004"]),
        (f"# flake8: noqa: why APR001\n{PUT}", 1, ["1:1: APR004"]),
        (f"# flake8: noqa: apr001 - why\n{PUT}", 1, ["1:1: APR004"]),
        (f"# flake8: noqa: APR0011 - why\n{PUT}", 1, ["1:1: APR004"]),
        (f"# flake8: noqa: APR001 - TODO\n{PUT}", 1, ["1:1: APR004"]),
        (f"# flake8: noqa: APR001  # type: ignore\n{PUT}", 1, ["1:1: APR004"]),
        # the first of those without a reason is shown
        (f"\n# flake8: noqa\n# flake8: noqa\n{PUT}", 1, ["2:1: APR004"]),
        # flake8 skips this file, too, but in a string nobody speaks to a reader
        (f'"""\n{REASON}\n"""\n{PUT}', 1, ["2:1: APR004"]),
        # what hides a line does not hide what is said of the file
        (f"# flake8: noqa  # noqa\n{PUT}", 1, ["1:1: APR004"]),
        # no PUT call: nothing to give a reason for
        ("# flake8: noqa\nx = 1\n", 0, []),
        ("# flake8: noqa\nx = 1  # noqa: APR001\n", 0, ["2:8: APR005"]),
        # not at the beginning of a line: flake8 skips nothing, nor do we
        (f"x = 1  {REASON}\n{PUT}", 1, []),
    ],
)
def test_file_noqa(repository: Repository, source: str, pinned: int, places: list[str]) -> None:
    put(repository, {"a.py": source, PINS: f'[pins]\n"a.py" = {pinned}\n'})
    assert repository.check().places == [f"a.py:{place}" for place in places]


@pytest.mark.once
@pytest.mark.parametrize(
    ("comment", "places"),
    [
        ("# flake8: noqa", ["a.py:1:1: APR004", "a.py:3:8: APR006"]),
        ("# flake8: noqa: APR006 - why", ["a.py:1:1: APR004", "a.py:3:8: APR006"]),
        # no call counts any more
        (REASON, ["a.py:1:1: APR002"]),
    ],
)
def test_file_noqa_and_a_pin_that_names_calls(repository: Repository, comment: str, places: list[str]) -> None:
    source = f"{comment}\ndef f():\n    s3.put_object()\n    s3.upload_file()\n"
    put(repository, {"a.py": source, PINS: NAMED % ("f:upload_file", "g:put_object")})
    assert repository.check().places == places


@pytest.mark.once
def test_file_noqa_message(repository: Repository) -> None:
    put(repository, {"a.py": f"x = 1\n# flake8: noqa\n{PUT}s3.put_object()  # noqa: APR001 - why\n"})
    assert repository.check().findings[0] == (
        "a.py", 2, 1, "APR004",
        "the comment makes flake8 skip this file and gives no reason: 1 PUT call, 0 pinned, still counted; "
        'write "# flake8: noqa: APR001 - REASON", or remove it',
    )


@pytest.mark.once
@pytest.mark.parametrize(("name", "pattern"), [("caf\udce9.py", "caf*"), ("d\udcff/a.py", "d*/"), ("a:b.py", "?:b.py")])
def test_file_that_cannot_be_pinned(repository: Repository, name: str, pattern: str) -> None:
    """The advice is one that can be followed."""
    put(repository, {name: PUT})
    advice = f"; its path cannot be a key of {PINS}: rename the file, or exempt it by a pattern"
    put(repository, {PINS: "[pins]\n", "other.py": ""})
    [finding] = repository.check().findings
    assert finding[3] == "APR001"
    assert finding[4].endswith(advice)
    put(repository, {PINS: f'[exempt]\n"{pattern}" = "a copy"\n'})
    assert repository.check().findings == []


@pytest.mark.once
def test_file_that_is_not_checked_out(repository: Repository, project: Project) -> None:
    """Its pin is not stale for that."""
    inner = Repository(project, "../inner")
    inner.commit({"c.py": PUT})
    repository.git("submodule", "--quiet", "add", "../inner", "sub")
    repository.commit({
        "a/a.py": PUT,
        "b/b.py": PUT,
        PINS: '[pins]\n"a/a.py" = 1\n"b/b.py" = 1\n"b/gone.py" = 1\n"sub/c.py" = 1\n"sub/gone.py" = 1\n',
    })
    stale = [f"{PINS}:4:1: APR003", f"{PINS}:6:1: APR003"]
    assert repository.check().places == stale
    repository.git("sparse-checkout", "set", "a")
    assert repository.check().places == stale
    repository.git("submodule", "--quiet", "deinit", "--force", "sub")
    # nobody knows what is in it
    assert repository.check().places == stale[:1]


CALLS_OF_F = "def f():\n" + "".join(f'    s3.put_object(Key="{key}")\n' for key in ("one", "two"))
BASE = {"a.py": CALLS_OF_F, PINS: '[pins]\n"a.py" = { count = 2, registered = ["one_id", "two_id"] }\n'}
MORE = f'{CALLS_OF_F}    s3.put_object(Key="three")\n'
NOQA = "  # noqa: APR001 - it copies what is there"
ENTRY = '"f:put_object(%s)" = { %s }\n'
FIRST_TWO = '[pins."a.py".calls]\n' + "".join(ENTRY % (key, f'registered = ["{key}_id"]') for key in ("one", "two"))


def counted(number: int, decision: str = 'registered = ["one_id", "two_id"]', path: str = "a.py") -> str:
    """Return a pins file with one pin that counts."""
    return f'[pins]\n"{path}" = {{ count = {number}, {decision} }}\n'


# What is in the base, what has changed, and the findings, those of what came since the base marked.
SINCE: dict[str, tuple[Mapping[str, str], Mapping[str, str], list[str]]] = {
    "nothing came": (BASE, {"a.py": f"x = 1\n{CALLS_OF_F}"}, []),
    "more is allowed": (BASE, {"a.py": MORE, PINS: counted(3)}, ["new a.py:4:8: APR010"]),
    "more is allowed, and was decided": (
        BASE, {"a.py": MORE, PINS: counted(3, 'registered = ["one_id", "two_id", "three_id"]')}, [],
    ),
    "a decision that nobody can see": (
        BASE, {"a.py": MORE, PINS: counted(3, 'registered = ["one_id ", "two\\u200b_id"]')}, ["new a.py:4:8: APR010"],
    ),
    "more than is allowed": (
        BASE, {"a.py": MORE}, ["a.py:2:8: APR001", "a.py:3:8: APR001", "new a.py:4:8: APR001"],
    ),
    "another artifact": (BASE, {"a.py": CALLS_OF_F.replace("two", "new")}, ["new a.py:3:8: APR010"]),
    "a blanket noqa decides nothing": (
        BASE, {"a.py": f"{MORE.rstrip()}  # noqa\n", PINS: counted(3)}, ["new a.py:4:8: APR010"],
    ),
    "a noqa without a reason": (
        BASE, {"a.py": f"{MORE.rstrip()}  # noqa: APR001\n"},
        ["a.py:2:8: APR001", "a.py:3:8: APR001", "new a.py:4:8: APR004"],
    ),
    "a new call that is suppressed": (BASE, {"a.py": f"{MORE.rstrip()}{NOQA}\n"}, []),
    "no longer suppressed": (
        {**BASE, "a.py": f"{MORE.rstrip()}{NOQA}\n"}, {"a.py": MORE, PINS: counted(3)}, ["new a.py:4:8: APR010"],
    ),
    "a name without a decision": (
        {**BASE, PINS: FIRST_TWO}, {"a.py": MORE, PINS: FIRST_TWO + ENTRY % ("three", "")}, ["new a.py:4:8: APR010"],
    ),
    "a name with a decision": (
        {**BASE, PINS: FIRST_TWO},
        {"a.py": MORE, PINS: FIRST_TWO + ENTRY % ("three", 'deferred = "data#12"')}, [],
    ),
    "a name that took over a decision": (
        {**BASE, PINS: FIRST_TWO},
        {"a.py": CALLS_OF_F.replace("two", "new"), PINS: FIRST_TWO.replace("(two)", "(new)")}, ["new a.py:3:8: APR010"],
    ),
    "a call that no entry names": (
        {**BASE, PINS: FIRST_TWO}, {"a.py": CALLS_OF_F.replace("two", "new")}, ["new a.py:3:8: APR006"],
    ),
    "a new file": (BASE, {"b.py": PUT}, ["new b.py:1:4: APR001"]),
    "a new file with a pin": (BASE, {"b.py": PUT, PINS: f'{BASE[PINS]}"b.py" = 1\n'}, ["new b.py:1:4: APR010"]),
    "a new file with a decision": (
        BASE, {"b.py": PUT, PINS: f'{BASE[PINS]}"b.py" = {{ count = 1, registered = ["beta_daily"] }}\n'}, [],
    ),
    "the first pins file": ({"a.py": PUT}, {PINS: '[pins]\n"a.py" = 1\n'}, []),
    "a pin was raised, and no call came": (
        BASE, {PINS: counted(3)}, ["a.py:1:1: APR002", f"new {PINS}:2:1: APR010"],
    ),
    "a file that does not parse": (BASE, {"b.py": f"{PUT}def (\n"}, ["b.py:2:6: E999"]),
}


def since_lines(repository: Repository, *arguments: str) -> list[str]:
    """Return the findings, those of what came since the base marked; there must be a base."""
    findings = json.loads(repository.check(*arguments).out)["findings"]
    marks = {True: "new ", False: ""}
    return [
        f"{marks[found['is_new']]}{found['path']}:{found['line']}:{found['column']}: {found['code']}"
        for found in findings
    ]


@pytest.mark.once
@pytest.mark.parametrize("case", SINCE)
def test_since(repository: Repository, case: str) -> None:
    base, files, expected = SINCE[case]
    repository.commit(base)
    repository.git("switch", "--quiet", "--create", "change")
    repository.commit(files)
    assert since_lines(repository, "--since=main") == expected


@pytest.mark.once
def test_since_on_renamed_files(repository: Repository) -> None:
    repository.commit(BASE)
    repository.git("mv", "a.py", "b.py")
    repository.write({PINS: counted(2, path="b.py")})
    assert since_lines(repository, "--since=HEAD") == []


@pytest.mark.once
def test_since_on_named_paths(repository: Repository) -> None:
    """What is said of other files is left out."""
    repository.commit({**BASE, "b.py": ""})
    repository.write({"a.py": MORE, PINS: counted(3)})
    assert since_lines(repository, "--since=HEAD", "b.py") == []
    assert since_lines(repository, "--since=HEAD", "a.py") == ["new a.py:4:8: APR010"]


@pytest.mark.once
def test_since_messages(repository: Repository) -> None:
    repository.commit({**BASE, "b.py": f"{PUT.rstrip()}{NOQA}\n"})
    pins = f'{counted(5)}"b.py" = 1\n'
    repository.write({"a.py": MORE.replace("two", "new"), "b.py": PUT, PINS: pins})
    decided = "and its pin has no new id or reason for it; decide: flake8-artifact-pin decide"
    assert repository.run("check", "--since=HEAD").lines == [
        "a.py:1:1: APR002 stale pin: 3 PUT calls, 5 pinned; lower it: flake8-artifact-pin prune",
        'a.py:3:8: APR010 put_object("new") has replaced put_object("two") since HEAD, '
        f"{decided} a.py:3",
        f'a.py:4:8: APR010 put_object("three") is new since HEAD, {decided} a.py:4',
        'artifact-pins.toml:2:1: APR010 "a.py" allows more PUT calls than at HEAD, and nobody decided on them; '
        "decide: flake8-artifact-pin decide a.py",
        "b.py:1:4: APR010 put_object(...) is no longer suppressed since HEAD, and nobody decided on it; "
        "decide: flake8-artifact-pin decide b.py:1",
    ]


WANT = "newly allowed calls are not reported, since there is no base: "
HOW = "(name it with --since; see flake8-artifact-pin explain ci)"


@pytest.mark.once
def test_base_in_ci(repository: Repository, project: Project) -> None:
    """By default it is the merge base with the remote's default branch, or with the branch to be merged into."""
    repository.commit(BASE)
    repository.git("clone", "--quiet", ".", "../clone")
    clone = Repository(project, "../clone", is_git=False)
    clone.monkeypatch.chdir(clone.root)
    clone.git("switch", "--quiet", "--create", "change")
    clone.commit({"a.py": MORE, PINS: counted(3)})
    for value in ("", "0", "false", "False"):
        clone.monkeypatch.setenv("CI", value)
        assert clone.check().findings == []
    clone.monkeypatch.setenv("CI", "true")
    assert since_lines(clone) == ["new a.py:4:8: APR010"]
    clone.git("remote", "set-head", "origin", "--delete")
    outcome = clone.check()
    assert outcome.findings == []
    assert outcome.err == f"{WANT}the remote's default branch is not known here {HOW}\n"
    clone.monkeypatch.setenv("GITHUB_BASE_REF", "main")
    assert since_lines(clone) == ["new a.py:4:8: APR010"]
    assert since_lines(clone, "--since=HEAD") == []


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        ([], 0, f"{WANT}a comparison needs git: {{root}} is in no git repository (name it with --since; see "),
        (["--since=main"], 2, "flake8-artifact-pin: a comparison needs git: {root} is in no git repository\n"),
    ],
)
def test_base_outside_of_git(directory: Repository, arguments: list[str], status: int, error: str) -> None:
    """Who names one wants it."""
    directory.write({"a.py": PUT, PINS: '[pins]\n"a.py" = 1\n'})
    directory.monkeypatch.setenv("CI", "1")
    outcome = directory.check(*arguments)
    assert outcome.status == status
    assert outcome.err.startswith(error.format(root=directory.root))


@pytest.mark.once
def test_no_such_base(repository: Repository) -> None:
    repository.write({"a.py": ""})
    assert repository.check("--since=HEAD") == (
        "", "flake8-artifact-pin: there is no commit to compare with: this repository has none yet\n", 2,
    )
    repository.commit()
    repository.git("tag", "empty", repository.git("commit-tree", "-m", "alone", "HEAD^{tree}").strip())
    for name, error in {
        "nope": "there is no revision nope here: fetch it, or name another one",
        "empty": "empty has no commit in common with HEAD: name another revision",
        "--all": "there is no revision --all here: fetch it, or name another one",
    }.items():
        assert repository.check(f"--since={name}") == ("", f"flake8-artifact-pin: {error}\n", 2)


@pytest.mark.once
def test_shallow_clone_in_ci(repository: Repository, project: Project) -> None:
    """As many CI systems make it: what cannot be compared is said, and the rest is checked."""
    repository.commit({"x.txt": ""})
    repository.commit(BASE)
    repository.git("switch", "--quiet", "--create", "change")
    repository.commit({"a.py": MORE})
    repository.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{repository.root}", "../clone")
    clone = Repository(project, "../clone", is_git=False)
    clone.monkeypatch.chdir(clone.root)
    clone.monkeypatch.setenv("CI", "true")
    clone.git("remote", "set-head", "origin", "main")
    outcome = clone.check()
    assert [code for *_, code, _ in outcome.findings] == ["APR001"] * 3
    assert outcome.err.startswith(f"{WANT}this clone is too shallow to have the merge base with origin/main: run ")


@pytest.mark.once
def test_text(repository: Repository) -> None:
    put(repository, {"src/a.py": PUT, "b.py": "x = 1\n", PINS: '[pins]\n"b.py" = 2\n"c.py" = 1\n'})
    outcome = repository.run("check")
    assert outcome == (
        f"{PINS}:3:1: APR003 c.py does not exist; renamed: flake8-artifact-pin decide --moved; deleted: "
        "flake8-artifact-pin prune\n"
        "b.py:1:1: APR002 stale pin: 0 PUT calls, 2 pinned; lower it: flake8-artifact-pin prune\n"
        "src/a.py:1:4: APR001 put_object(...): 1 PUT call, 0 pinned; decide: flake8-artifact-pin decide src/a.py:1\n",
        "2 files, 1 PUT call: 3 findings\n",
        1,
    )
    assert outcome.lines == repository.flake8("b.py", "src/a.py").lines
    put(repository, {PINS: '[exempt]\n"src/" = "it writes nothing"\n', "b.py": PUT * 2})
    assert repository.run("check", "b.py").err == "1 file, 2 PUT calls: 2 findings\n"
    # those of exempt files are not judged
    repository.commit({PINS: '[exempt]\n"b.py" = "scratch files"\n'})
    assert repository.run("check", "b.py").err == "1 file, 0 PUT calls: 0 findings\n"
    assert json.loads(repository.check("b.py").out)["put_calls"] == 0
    put(repository, {PINS: '[exempt]\n"src/" = "it writes nothing"\n', "b.py": ""})
    assert repository.run("check") == ("", "2 files, 0 PUT calls: 0 findings\n", 0)


@pytest.mark.once
def test_the_new_name_of_a_pinned_file(repository: Repository) -> None:
    repository.commit({"a.py": PUT, "b.py": PUT + "x = 1\n" * 9, PINS: '[pins]\n"a.py" = 1\n"b.py" = 1\n'})
    repository.git("mv", "a.py", "c.py")
    repository.git("rm", "--quiet", "b.py")
    assert [text for *_, code, text in repository.check().findings if code == "APR003"] == [
        "a.py is now c.py; keep its decisions: flake8-artifact-pin decide --moved",
        "b.py does not exist; renamed: flake8-artifact-pin decide --moved; deleted: flake8-artifact-pin prune",
    ]


# What stands in the pins file, and what is said of it in a repository with t/a.py and src/b.py.
EXEMPTIONS = {
    '"t/" = "tests"': [],
    '"t/" = "tests"\n"src/" = "they write nothing"': [],
    '"gone/" = "tests"': ["2:1: APR003"],
    '"gone.py" = "tests"\n"*_pb2.py" = "generated"': ["2:1: APR003", "3:1: APR003"],
    '"*" = "all"': ["2:1: APR003"],
    # flake8 lints what git does not track, and what it ignores
    '"scratch/" = "scratch files"\n"build/" = "generated"\n"scr*/" = "scratch files"': [],
    '"t/" = { reason = "tests", until = 2020-01-31 }': ["2:1: APR009"],
}


@pytest.mark.once
@pytest.mark.parametrize("exempt", EXEMPTIONS)
def test_exemptions(repository: Repository, exempt: str) -> None:
    put(repository, {"t/a.py": "", "src/b.py": "", ".gitignore": "build/\n", PINS: f"[exempt]\n{exempt}\n"})
    repository.write({"scratch/a.py": "", "build/a.py": ""})
    expected = [f"{PINS}:{place}" for place in EXEMPTIONS[exempt]]
    assert repository.check().places == expected
    # a part of it need not hold what is exempt
    assert repository.check("src").places == [place for place in expected if "APR003" not in place]


@pytest.mark.once
def test_time_is_up(repository: Repository) -> None:
    pins = "[pins]\n" + "".join(
        f'"{name}.py" = {{ count = 1, deferred = "data#12", until = {year}-01-31 }}\n'
        for name, year in {"a": 2020, "b": 9999}.items()
    )
    put(repository, {"a.py": PUT, "b.py": PUT, PINS: pins})
    assert repository.check().places == [f"{PINS}:2:1: APR009"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--since="], "argument --since: it is empty: give a value"),
        (["--registry="], "argument --registry: it is empty: give a value"),
        (["--output-file="], "argument --output-file: it is empty: give a value"),
        (["--owner=x"], "--owner needs a registry: --registry PATH, or registry in the pins file"),
        (["--registry=r.json", "--owner="], "argument --owner: it is empty: give a value"),
        (["--output-file=no/such"], "[Errno 2] No such file or directory: 'no/such'"),
    ],
)
def test_usage_error(directory: Repository, arguments: list[str], error: str) -> None:
    directory.write({"a.py": PUT})
    outcome = directory.run("check", *arguments)
    assert (outcome.out, outcome.status) == ("", 2)
    assert error in outcome.err


FAULTS = '[pins]\n"a.py" = -1\n  "./b.py" = 1\n"b.py" = 1\n'


@pytest.mark.once
@pytest.mark.parametrize("is_in_git", [True, False])
def test_broken_pins(project: Project, is_in_git: bool) -> None:
    """Nothing is judged, and every fault is told: to programs as findings like any other."""
    repository = Repository(project, is_git=is_in_git)
    repository.write({"a.py": PUT, PINS: FAULTS})
    outcome = repository.run("check")
    assert (outcome.out, outcome.status) == ("", 2)
    faults = outcome.err.splitlines()
    assert [fault.split(" unusable")[0] for fault in faults] == [f"{PINS}:2:1: APR000", f"{PINS}:4:1: APR000"]
    assert faults == [line for line in repository.flake8().lines if line.startswith(PINS)]
    outcome = repository.check()
    assert [f"{path}:{line}:{column}: {code} {text}" for path, line, column, code, text in outcome.findings] == faults
    assert (outcome.err, outcome.status) == ("", 2)
    for form in ("github", "sarif", "gitlab"):
        outcome = repository.run("check", f"--format={form}")
        assert all(fault.partition("APR000 ")[2] in outcome.out.replace('\\"', '"') for fault in faults)
        assert (outcome.err, outcome.status) == ("", 2)
    outcome = repository.run("check", "--output-file=report.txt")
    assert (outcome.lines, repository.read("report.txt").splitlines(), outcome.status) == (faults, faults, 2)


@pytest.mark.once
def test_output_file(repository: Repository) -> None:
    """A machine's report beside the text, in one run."""
    put(repository, {"a.py": PUT, PINS: ""})
    text = repository.run("check")
    for form in ("text", "json", "github", "sarif", "gitlab"):
        repository.write({"report": "what was there before, and longer than any report" * 1000})
        assert repository.run("check", f"--format={form}", "--output-file=report") == text
        assert repository.read("report") == repository.run("check", f"--format={form}").out


HOSTILE_NAMES = {
    "new\nline.py": "new\\nline.py",
    "e\x1b[31mscape.py": "e\\x1b[31mscape.py",
    os.fsdecode(b"latin\xe9.py"): "latin\\udce9.py",
    "line\u2028separator.py": "line\\u2028separator.py",
    "right\u202eleft.py": "right\\u202eleft.py",
    "::error file=x,line=1::y.py": ": :error file=x,line=1::y.py",
    " ::set-output name=x::y.py": " : :set-output name=x::y.py",
    "##vso[task.setvariable variable=x]y.py": "# #vso[task.setvariable variable=x]y.py",
    "##[group]x.py": "# #[group]x.py",
}


@pytest.mark.once
def test_hostile_file_names(repository: Repository) -> None:
    """A line is a finding, and nothing in it is what a terminal or a CI machine would obey."""
    put(repository, {PINS: "", **dict.fromkeys(HOSTILE_NAMES, PUT)})
    put(repository, dict.fromkeys([f"{name}x.py" for name in HOSTILE_NAMES], f"{PUT}def ("))
    *lines, end = repository.run("check").out.split("\n")
    paths = sorted([*HOSTILE_NAMES, *(f"{name}x.py" for name in HOSTILE_NAMES)])
    shown = [HOSTILE_NAMES.get(path) or f"{HOSTILE_NAMES[path.removesuffix('x.py')]}x.py" for path in paths]
    assert [re.sub(r":\d+:\d+: .*", "", line) for line in lines] == shown
    assert end == ""
    assert all(map(str.isprintable, lines))
    for form in ("json", "github", "sarif", "gitlab"):
        outcome = repository.run("check", f"--format={form}")
        assert "##" not in outcome.out.replace("file=##", "")
        assert outcome.out.isascii() and "APR001" in outcome.out
        assert form == "github" or not [line for line in outcome.lines if line.lstrip().startswith("::")]
    assert [path for path, *_ in repository.check().findings] == paths


@pytest.mark.once
def test_hostile_keys(repository: Repository) -> None:
    keys = ["##[set-output name=x]y", "##vso[task.x]y", "\\u202ex", "\\x1b[31m", "a:1:2: b"]
    put(repository, {"a.py": "".join(f's3.put_object(Key="{key}")\n' for key in keys), PINS: ""})
    for form in ("text", "json", "github", "sarif", "gitlab"):
        out = repository.run("check", f"--format={form}").out
        assert all(map(str.isprintable, out.split("\n")))
        assert "##" not in out
        # what reads JSON reads no places
        assert ":1:2: " not in out or form == "json"
