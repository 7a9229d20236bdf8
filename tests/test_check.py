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
from hypothesis import example
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from support import Project
from support import Repository
from support import sources

from flake8_artifact_pin.cli.check import github_annotation
from flake8_artifact_pin.cli.output import FileFinding
from flake8_artifact_pin.rules.findings import CODES
from flake8_artifact_pin.rules.findings import Finding

Findings = list[tuple[str, int, int, str, str]]

PUT = "s3.put_object()\n"
PINS = "artifact-pins.toml"
NAMED = '[pins."a.py".calls]\n"%s" = {}\n"%s" = {}\n'
DEEP = f"x = {'-' * 100_000}1\n"
LINK = "-> "


@pytest.fixture
def repository(project: Project) -> Repository:
    return Repository(project)


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
    "exempt": ({"a.py": PUT, "t/b.py": "x = 1  # noqa: APR001\n", PINS: '[exempt]\n"a.py" = "x"\n"t/" = "x"\n'}, []),
    "another pattern": ({"a.py": f"{PUT}lib.write()\n", PINS: 'patterns = ["lib.write"]\n'}, ["APR001"]),
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
    "fewer than its pin names": ({"a.py": PUT, PINS: NAMED % ("f:put_object", "g:put_object")}, ["APR002"]),
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
    "an encoding in which ASCII is not itself": ({"a.py": b"#\n# coding: utf-7\ns3.put+AF8-object()\n"}, ["APR001"]),
    "such an encoding below a long line": (
        {"a.py": b"#%b\n# coding: utf-7\ns3.put+AF8-object()\n" % (b"-" * 600)}, ["APR001"],
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
    """But for APR000, with which check does not begin to work, and what is said of a registry, which it alone reads."""
    found = {code for _, codes in AGREEMENT.values() for code in codes}
    assert found == {*CODES, "E902", "E999"} - {"APR000", "APR007", "APR008"}


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


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(trees())
def test_agreement_on_generated_trees(repository: Repository, files: dict[str, bytes]) -> None:
    repository.git("rm", "-r", "--quiet", "--force", "--ignore-unmatch", ".")
    put(repository, files)
    expected = flake8_findings(repository, *python_files(repository))
    if EXEMPT.encode() in files[PINS]:
        # an exempt file need not parse: see below
        expected = [found for found in expected if not found[0].startswith("tests/")]
    actual = repository.check().findings
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


@pytest.mark.parametrize("case", SUPERSETS)
def test_superset(repository: Repository, case: str) -> None:
    files, places = SUPERSETS[case]
    put(repository, files)
    assert flake8_findings(repository) == []
    assert repository.check().places == places


def test_exempt_file_need_not_parse(repository: Repository) -> None:
    """It may be there to be broken, and this is the only way to say so."""
    put(repository, {"t/a.py": "def (\n", "t/b.py": "-> nowhere", PINS: '[exempt]\n"t/" = "samples"\n'})
    assert {code for *_, code, _ in flake8_findings(repository)} == {"E902", "E999"}
    assert repository.check().findings == []


REASON = "# flake8: noqa: APR001 - mirrors what another job wrote"


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


def test_file_noqa_message(repository: Repository) -> None:
    put(repository, {"a.py": f"x = 1\n# flake8: noqa\n{PUT}s3.put_object()  # noqa: APR001 - why\n"})
    assert repository.check().findings[0] == (
        "a.py", 2, 1, "APR004",
        "noqa on line 2 makes flake8 skip the file and gives no reason, so its PUT calls still count "
        '(1 observed, 0 pinned); decide on the artifact, or write "# flake8: noqa: APR001 - REASON"',
    )


def test_file_noqa_is_the_reason_of_all_calls(repository: Repository) -> None:
    put(repository, {"a.py": f"{REASON}\n{PUT}s3.put_object()  # noqa: APR001 - why\n"})
    rows = json.loads(repository.run("sites", "--format=json").out)["sites"]
    assert [row["reason"] for row in rows] == ["mirrors what another job wrote", "why"]


def test_text(repository: Repository) -> None:
    put(repository, {"src/a.py": PUT, "b.py": "x = 1\n", PINS: '[pins]\n"b.py" = 2\n"c.py" = 1\n'})
    outcome = repository.run("check")
    assert outcome.out == (
        f"{PINS}:3:1: APR003 stale pin: c.py does not exist; remove the pin and retire its registry row\n"
        f'b.py:1:1: APR002 stale pin: 2 pinned, 0 observed; set "b.py" = 0 or remove the pin at {PINS}:2\n'
        "src/a.py:1:4: APR001 PUT call 1 of 1, 0 pinned: put_object(...); decide on the artifact, then set "
        f'"src/a.py" = 1 under [pins] in {PINS}\n'
    )
    assert outcome.err == "2 files, 1 PUT call: 3 findings\n"
    assert outcome.lines == repository.flake8("b.py", "src/a.py").lines
    put(repository, {PINS: '[exempt]\n"src/" = "none"\n', "b.py": PUT * 1200})
    assert repository.run("check", "b.py").err == "1 file, 1,200 PUT calls: 1,200 findings\n"
    put(repository, {"b.py": "", "c.py": ""})
    outcome = repository.run("check")
    assert (outcome.out, outcome.status) == ("", 0)
    assert outcome.err.endswith(": 0 findings\n")


HOSTILE_NAMES = ["new\nline.py", "c\rr.py", "e\x1b[31mscape.py", os.fsdecode(b"latin\xe9.py"), "line\u2028separator.py"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_name_that_breaks_lines(repository: Repository, name: str) -> None:
    """A line is a finding, and nothing in it is what a terminal would obey or could not show."""
    put(repository, {name: PUT, f"broken {name}": f"def {PUT}"})
    outcome = repository.check()
    assert [(path, code) for path, _, _, code, _ in outcome.findings] == [(f"broken {name}", "E999"), (name, "APR001")]
    assert outcome.out.isascii()
    lines = repository.run("check").out.split("\n")
    shown = name.encode("unicode_escape").decode()
    assert [line.partition(".py:")[0] for line in lines] == [f"broken {shown[:-3]}", shown[:-3], ""]
    assert all(map(str.isprintable, lines))
    annotations = repository.run("check", "--format=github").out.split("\n")[:-1]
    files = [annotation(line)[0]["file"] for line in annotations]
    # what is no text cannot be sent as such
    assert files == [path.encode(errors="backslashreplace").decode() for path, *_ in outcome.findings]


def test_json(repository: Repository) -> None:
    """Names and types are documented."""
    put(repository, {"sub/é.py": PUT, "b.py": "", PINS: ""})
    data = json.loads(repository.check().out)
    text = data["findings"][0].pop("text")
    assert data == {
        "files": 2,
        "put_calls": 1,
        "findings": [{"path": "sub/é.py", "line": 1, "column": 4, "code": "APR001"}],
    }
    assert text == (
        "PUT call 1 of 1, 0 pinned: put_object(...); decide on the artifact, then set "
        f'"sub/é.py" = 1 under [pins] in {PINS}'
    )
    put(repository, {"sub/é.py": ""})
    assert json.loads(repository.check().out) == {"files": 2, "put_calls": 0, "findings": []}


def annotation(line: str) -> tuple[dict[str, str], str]:
    """Read a workflow command as GitHub's runner does: its properties and its message."""
    match = re.fullmatch(r"::error (.*?)::(.*)", line, re.DOTALL)
    assert match is not None, line
    fields = dict(field.split("=", 1) for field in match[1].split(","))
    return {name: unescaped(value, "\r\n:,%") for name, value in fields.items()}, unescaped(match[2], "\r\n%")


def unescaped(text: str, characters: str) -> str:
    assert "\r" not in text and "\n" not in text
    for character in characters:
        text = text.replace(f"%{ord(character):02X}", character)
    return text


@example("a::error b.py", "", 1, 0)
@given(st.text("%:,=\r\n 0AD253é", min_size=1), st.text("%:,=\r\n 0AD253é"), st.integers(0, 9), st.integers(0, 9))
def test_github_escapes(name: str, text: str, line: int, column: int) -> None:
    found = FileFinding(f"src/{name}", Finding(line, column, "APR001", text))
    shown = github_annotation(found, [os.path.abspath("src")])
    place = {"file": name, "line": str(line or 1), "col": str(column + 1), "title": "APR001"}
    assert annotation(shown) == (place, f"APR001 {text}")


def test_github(repository: Repository) -> None:
    put(repository, {"a,b.py": 's3.put_object(Key=f"{x:%Y}")\n'})
    outcome = repository.run("check", "--format=github")
    assert outcome == (
        "::error file=a%2Cb.py,line=1,col=4,title=APR001::APR001 PUT call 1 of 1, 0 pinned: "
        'put_object(f"{x:%25Y}"); decide on the artifact, then set "a,b.py" = 1 under [pins] in a new '
        "artifact-pins.toml\n",
        "1 file, 1 PUT call: 1 finding\n",
        1,
    )


@pytest.mark.parametrize(
    ("workspace", "expected"),
    [
        # without one it is the work tree
        (None, "sub/a.py"),
        ("", "sub/a.py"),
        ("{root}", "sub/a.py"),
        ("{root}/..", "project/sub/a.py"),
        ("{root}/sub", "a.py"),
        # one of something else, such as the job that this one was started from, means nothing
        ("{root}/other", "sub/a.py"),
        ("{root}/su", "sub/a.py"),
        # a runner's may lead through a link, the working directory never does
        ("{root}/../link", "sub/a.py"),
    ],
)
def test_github_workspace(repository: Repository, workspace: str | None, expected: str) -> None:
    (repository.root.parent / "link").symlink_to(repository.root)
    put(repository, {"sub/a.py": PUT, "sub/b.py": "-> a.py", PINS: ""})
    repository.monkeypatch.chdir(repository.root / "sub")
    if workspace is None:
        repository.monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    else:
        repository.monkeypatch.setenv("GITHUB_WORKSPACE", workspace.format(root=repository.root))
    lines = repository.run("check", "--format=github").lines
    assert [annotation(line)[0]["file"] for line in lines] == [expected, expected.replace("a.py", "b.py")]


def test_github_and_files_of_two_places(repository: Repository) -> None:
    """A workspace is for the files below it alone."""
    put(repository, {"..a/b.py": PUT, "c.py": PUT, PINS: 'registry = "../r.json"\n[pins]\n"gone.py" = 1\n'})
    repository.write({"../r.json": '{"artifacts": [{"artifact_id": "x", "owner_repo": "o"}]}'})
    repository.monkeypatch.setenv("GITHUB_WORKSPACE", str(repository.root / "..a"))
    lines = repository.run("check", "--format=github", "--owner=o").lines
    assert [annotation(line)[0]["file"] for line in lines] == ["../r.json", "b.py", PINS, "c.py"]


@pytest.mark.parametrize(("name", "pattern"), [("caf\udce9.py", "caf*"), ("d\udcff/a.py", "d*/"), ("a:b.py", "?:b.py")])
def test_file_that_cannot_be_pinned(repository: Repository, name: str, pattern: str) -> None:
    """The advice is one that can be followed."""
    put(repository, {name: PUT})
    advice = f"; its path cannot be a key of {PINS}: rename the file, or exempt it by a pattern"
    for pins in ({}, {PINS: "[pins]\n"}):
        put(repository, pins)
        [finding] = repository.check().findings
        assert finding[3] == "APR001"
        assert finding[4].endswith(advice)
    put(repository, {PINS: f'[exempt]\n"{pattern}" = "x"\n'})
    assert repository.check().findings == []


def test_file_outside_of_the_working_directory(repository: Repository) -> None:
    """Without a pins file its path is absolute, which one that is to be made need not have."""
    put(repository, {"a/a.py": PUT})
    (repository.root / "b").mkdir()
    repository.monkeypatch.chdir(repository.root / "b")
    [line] = repository.flake8("../a/a.py").lines
    assert line.endswith(f"a/a.py\" = 1 under [pins] in a new {PINS}")


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


def test_broken_pins_for_programs(repository: Repository) -> None:
    """A fault is a finding like any other to what reads findings: GitHub shows nothing else at the pull request."""
    repository.write({"a.py": PUT, f"sub/{PINS}": '[pins]\n"a.py" = -1\n  "./b.py" = 1\n"b.py" = 1\n'})
    arguments = ["check", f"--pins=sub/{PINS}"]
    faults = repository.run(*arguments).err.splitlines()
    outcome = repository.run(*arguments, "--format=json")
    assert [f"{path}:{line}:{column}: {code} {text}" for path, line, column, code, text in outcome.findings] == faults
    assert len(faults) == 2
    assert (outcome.err, outcome.status) == ("", 2)
    repository.monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    repository.monkeypatch.chdir(repository.root / "sub")
    outcome = repository.run("check", "--format=github")
    annotations = [annotation(line) for line in outcome.lines]
    assert [
        f"{fields['file']}:{fields['line']}:{fields['col']}: {message}" for fields, message in annotations
    ] == faults
    assert (outcome.err, outcome.status) == ("", 2)


def test_github_outside_git(project: Project) -> None:
    directory = Repository(project, is_git=False)
    project.monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    project.write({"a.py": PUT})
    [line] = directory.run("check", "--format=github").lines
    assert annotation(line)[0]["file"] == "a.py"
