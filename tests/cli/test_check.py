"""``check`` says of a tree what flake8 says, and what flake8 cannot see."""
from __future__ import annotations

import json
import linecache
import sys
from collections import Counter
from collections import defaultdict
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

LINK = "-> "


def put(repository: Repository, files: Mapping[str, str | bytes]) -> None:
    """Write files, and symbolic links ("-> target"), that git is to track."""
    for name, content in files.items():
        if isinstance(content, str) and content.startswith(LINK):
            (repository.root / name).symlink_to(content.removeprefix(LINK))
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


def named_calls(*names: str) -> str:
    """Return the value of a pin that names calls."""
    return "{ calls = { %s } }" % ", ".join(f'"{name}" = {{}}' for name in names)


# Each is a file in one tree: its source, or "-> " and what it is a link to; its pin; the codes that both find in it.
SOURCES: dict[str, tuple[str | bytes, str, list[str]]] = {
    "as pinned": (PUT, "1", []),
    "over its pin": (PUT * 3, "1", ["APR001"] * 3),
    "stale": (PUT, "{ count = 2 }", ["APR002"]),
    "stale and empty": ("", "1", ["APR002"]),
    "stale without the name of a method": ("x = 1\n", "1", ["APR002"]),
    "stale, and its code is hidden": ("x = 1  # noqa: APR002\n", "1", []),
    "suppressed": ("s3.put_object()  # noqa: APR001 - why\n", "1", ["APR002"]),
    "no reason": ("s3.put_object()  # noqa: APR001\n", "1", ["APR004"]),
    "one reason for two calls": (f"{PUT.strip()}; {PUT.strip()}  # noqa: APR001 - why\n", "", ["APR004"]),
    "blanket noqa within the pin": ("s3.put_object()  # noqa\n", "1", []),
    "blanket noqa over the pin": (f"s3.put_object()  # noqa\n{PUT}", "1", ["APR001", "APR004"]),
    "blanket noqa on each line": ("s3.put_object()  # noqa\n" * 2, "", ["APR004"] * 2),
    "blanket noqa for two calls": ("s3.put_object(); s3.put_object()  # noqa\n", "", ["APR004"] * 2),
    "noqa hides its finding": (f"{PUT}s3.put_object()  # noqa: APR001, APR004\n", "", ["APR001", "APR004"]),
    "noqa beside no call": ("x = 1  # noqa: APR001 - why\n", "", ["APR005"]),
    "noqa beside no call, hidden by itself": ("x = 1  # noqa : APR001\ny = 2\n", "", ["APR005"]),
    "noqa in lower case": ("s3.put_object()  # noqa: apr001 - why\n", "", ["APR001"]),
    "noqa within a string": ("s3.put_object('# noqa: APR001 - why')\n", "", ["APR004"]),
    "a comment below a continued line": ('s3.put_object(Key="a") \\\n# noqa: APR001 - why\n', "1", ["APR002"]),
    "a noqa below a continued line": ("s3.put_object(); \\\nx = 1  # noqa: APR001 - why\n", "", []),
    "a noqa above a continued line": ("x = 1; \\\ns3.put_object()  # noqa\n", "", ["APR004"]),
    "a string over several lines": ('s3.put_object(Key="""\n""")  # noqa: APR001 - why\n', "", []),
    "noqa for the file skips nothing behind code": (
        "s3.put_object()  # flake8: noqa: APR001 - why\n", "", ["APR001"],
    ),
    "names": (f"def f(): {PUT}{PUT}", named_calls("f:put_object", "<module>:put_object"), []),
    "swapped": (f"def f(): {PUT}{PUT}", named_calls("g:put_object", "f:upload_file"), ["APR006"] * 2),
    "swapped, and noqa on each line": (
        "s3.put_object()  # noqa: APR006 - why\ns3.put_object()  # noqa: APR001, APR006\n",
        named_calls("f:put_object", "g:put_object"), ["APR004", "APR006", "APR006"],
    ),
    "fewer than its pin names": (PUT, named_calls("f:put_object", "g:put_object"), ["APR002", "APR006"]),
    "its pin names none": (PUT, "{ calls = {} }", ["APR001"]),
    "does not parse and is pinned": (f"{PUT}\n)", "5", ["E999"]),
    "its pin names calls, and it does not parse": (f"def (\n{PUT}", named_calls("f:put_object"), ["E999"]),
    "unresolved merge": (f"<<<<<<< HEAD\n{PUT}=======\n>>>>>>> b\n", "", ["E999"]),
    "a string with conflict markers": ('"""\n<<<<<<< HEAD\n"""\n', "", []),
    "too many brackets": (f"{PUT}{'(' * 300}{')' * 300}\n", "", ["E999"]),
    "link to nothing": ("-> nowhere", "", ["E902"]),
    "link to itself": ("-> link to itself.py", "", ["E902"]),
    "link to a directory": ("-> directory", "", []),
    "link to a pinned file": ("-> as pinned.py", "", []),
    "link to a file over its pin": ("-> over its pin.py", "", ["APR001"] * 3),
    "link to a file with a stale pin": ("-> stale.py", "", ["APR002"]),
    "link that is pinned": ("-> as pinned.py", "2", ["APR002"]),
    "exempt link": ("-> over its pin.py", "", []),
    "exempt": (PUT, "", []),
    "directory/exempt": ("x = 1  # noqa: APR001\n", "", []),
    "q\"' [x]*%s": (PUT, "", ["APR001"]),
    ":1:2:": (PUT, "", ["APR001"]),
    "é/日本": (PUT, "1", []),
    "a\\b": (PUT, "", ["APR001"]),
    "byte order mark": (b"\xef\xbb\xbf" + PUT.encode(), "", ["APR001"]),
    "latin-1": ("# coding: latin-1\n'é', s3.put_object()\n".encode("latin-1"), "", ["APR001"]),
    "not what it says": ("'é', s3.put_object()\n".encode("latin-1"), "", ["APR001"]),
    "not what it says for long": ("\n\n'é', s3.put_object()\n".encode("latin-1"), "", ["APR001"]),
    "an encoding that there is not": (f"# coding: nope\n{PUT}", "", ["APR001"]),
    "an encoding in which ASCII is not itself": (
        b"#\n# coding: utf-7\ns3.put+AF8-object()\n", "", ["APR001", "APR011"],
    ),
    "an encoding that hides a call": (b"#\r#\r# coding: utf-7\nx = +ACI-s3.put_object() +ACI\n", "", ["APR011"]),
    "such an encoding below a long line": (
        b"#%b\n# coding: utf-7\ns3.put+AF8-object()\n" % (b"-" * 600), "", ["APR001", "APR011"],
    ),
    "lines end with CR and LF": (f"x = 1\r\n(s3.  # x\r\n{PUT})", "", ["APR001"]),
    "lines end with CR": ("x = 1\r(s3.  # x\rput_object())\r", "", ["APR001"]),
    "wide letters": ("s3.ｐut_object()\n", "", ["APR001"]),
}
EXEMPT = '[exempt]\n"exempt.py" = "old data"\n"directory/" = "tests"\n"exempt link.py" = "a copy"\n[pins]\n'
# pins of files that are exempt or gone
USELESS = '"exempt.py" = 1\n"b/c.py" = 1\n"b.py" = 0\n"c.py".calls = { "f:put_object" = {} }\n'


def test_agreement_on_sources(repository: Repository) -> None:
    pins = "".join(f'"./{name}.py" = {pin}\n' for name, (_, pin, _) in SOURCES.items() if pin)
    files = {f"{name}.py": source for name, (source, _, _) in SOURCES.items()}
    put(repository, {**files, PINS: f"{EXEMPT}{USELESS}{pins}"})
    expected = flake8_findings(repository, *python_files(repository))
    outcome = repository.check()
    assert outcome.findings == expected
    codes = defaultdict(list)
    for path, *_, code, _ in expected:
        codes[path.removesuffix(".py")].append(code)
    assert {name: sorted(codes.pop(name, [])) for name in SOURCES} == {name: row[-1] for name, row in SOURCES.items()}
    assert (codes, outcome.err, outcome.status) == ({PINS: ["APR003"] * 4}, "", 1)


# What is in the tree, and the codes that both find.
TREES: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "no pins file": ({"a.py": PUT, "b.py": "x = 1\n"}, ["APR001"]),
    "another store and a pattern": (
        {
            "a.py": f"from google.cloud import storage\n{PUT}b.upload_from_string('x')\nlib.write()\n",
            PINS: 'stores = ["gcs"]\npatterns = ["lib.write"]\n',
        },
        ["APR001"] * 2,
    ),
    "advice, and no decision": (
        {
            "a.py": PUT * 2, "b.py": PUT,
            PINS: 'advice = "ask"\nrequire-decision = true\n[pins]\n"a.py" = 1\n"b.py" = { count = 0 }\n',
        },
        ["APR001", "APR001", "APR001", "APR009"],
    ),
    "pyproject.toml": (
        {
            "a.py": "def ﬁ():\n    s3.ｐut_object()\n", "b.py": PUT, "c.py": PUT,
            "pyproject.toml": '[tool.artifact-pins.pins]\n"a.py" = { calls = { "ｆi:put_object" = {} } }\n"b.py" = 1\n'
            '"c.py".calls."c:put_object".registered = ["x"]\n"gone.py" = 1\n',
        },
        ["APR003", "APR006"],
    ),
    "flake8's configuration names the pins": (
        {"a.py": PUT, "conf/p.toml": "", "tox.ini": "[flake8]\nartifact-pins = conf/p.toml\n"}, [],
    ),
}


@pytest.mark.parametrize("case", TREES)
def test_agreement_on_trees(repository: Repository, case: str) -> None:
    files, codes = TREES[case]
    put(repository, files)
    expected = flake8_findings(repository, *python_files(repository))
    outcome = repository.check()
    assert outcome.findings == expected
    assert sorted(code for *_, code, _ in expected) == codes
    assert (outcome.err, outcome.status) == ("", bool(codes))


def test_agreement_is_on_every_code() -> None:
    """But for APR000, with which check does not begin to work, and what only check knows."""
    found = {code for *_, codes in [*SOURCES.values(), *TREES.values()] for code in codes}
    only_here = {code for code, row in CODES.items() if row.needs}
    assert found == {*CODES, "E902", "E999"} - {"APR000", *only_here}


COMMENTS = [
    "", "", "", "# noqa", "# noqa: APR001", "# noqa: APR001 - why", "#noqa: APR001 - why", "# noqa: E501, APR001 (why)",
    "# noqa: APR", "# noqa: APR004", "# noqa: APR002,APR005", "# noqa : APR001", "# type: ignore  # noqa: APR001 # why",
]
NAMES = ["a.py", "src/b c.py", "src/é.py", "tests/t.py"]
CALLS = [*(f"<module>:put_object{number}" for number in ("", "#2", "#3")), "<module>:upload_file", "f:put_object"]
TESTS = '[exempt]\n"tests/" = "no artifacts"'


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw some files with noqa comments, and pins that need not fit them."""
    files = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        lines = draw(sources.modules()).split("\n")
        for number in draw(st.lists(st.integers(0, len(lines) - 1), max_size=4, unique=True)):
            lines[number] += f"  {draw(st.sampled_from(COMMENTS))}"
        text = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])).join(lines)
        files[name] = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig"])))
    values = st.integers(0, 6) | st.lists(st.sampled_from(CALLS), unique=True).map(lambda names: named_calls(*names))
    drawn = draw(st.dictionaries(st.sampled_from([*NAMES[:3], "gone.py", "b/gone.py"]), values))
    pins = "".join(f'"{name}" = {value}\n' for name, value in drawn.items())
    files[PINS] = f'{draw(st.sampled_from(["", "[exempt]", TESTS]))}\n[pins]\n{pins}'.encode()
    return files


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(trees())
def test_agreement_on_generated_trees(repository: Repository, files: dict[str, bytes]) -> None:
    repository.git("rm", "-r", "--quiet", "--force", "--ignore-unmatch", ".")
    put(repository, files)
    expected = flake8_findings(repository, *python_files(repository))
    if TESTS.encode() in files[PINS]:
        # an exempt file need not parse
        expected = [found for found in expected if not found[0].startswith("tests/")]
    # only check knows all files
    actual = [found for found in repository.check().findings if " exempts " not in found[4]]
    hidden = Counter(actual) - Counter(expected)
    # a comment may have hidden the very line that it broke
    assert {code for *_, code, _ in hidden} <= {"E999"}
    assert [found for found in actual if found not in hidden] == expected


@pytest.mark.once
def test_what_check_alone_says(repository: Repository) -> None:
    """flake8 is told to pass over all of it."""
    put(repository, {
        ".flake8": "[flake8]\nextend-exclude = excluded*\nper-file-ignores = ignored.py:APR\n"
        "extend-ignore = APR002,APR003\n",
        PINS: '[pins]\n"gone.py" = 1\n"stale.py" = 1\n"script" = 1\n',
        ".eggs/a.py": PUT, "excluded.py": PUT, "excluded_and_broken.py": f"{PUT}def (\n", "ignored.py": PUT,
        "stale.py": "", "noqa.py": f"{PUT}# flake8: noqa\n", "noqa_and_broken.py": f"# flake8: noqa\n{PUT}def (\n",
        "hidden.py": f"{PUT}def (  # noqa\n", "script": PUT * 2,
    })
    assert flake8_findings(repository) == []
    assert repository.check().places == [
        ".eggs/a.py:1:4: APR001", f"{PINS}:2:1: APR003", "excluded.py:1:4: APR001", "excluded_and_broken.py:2:6: E999",
        "hidden.py:2:6: E999", "ignored.py:1:4: APR001", "noqa.py:1:4: APR001", "noqa.py:2:1: APR004",
        "noqa_and_broken.py:3:6: E999", "script:1:4: APR001", "script:2:4: APR001", "stale.py:1:1: APR002",
    ]


REASON = "# flake8: noqa: APR001 - mirrors what another job wrote"
TWO_CALLS = "\ndef f():\n    s3.put_object()\n    s3.upload_file()\n"
TWO_NAMES = named_calls("f:upload_file", "g:put_object")
# A source with a comment that makes flake8 skip the file, its pin, and what check says of it.
FILE_NOQA: list[tuple[str, str, list[str]]] = [
    (f"{REASON}\n{PUT}", "0", []),
    # the calls leave the count
    (f"{REASON}\n{PUT}", "1", ["1:1: APR002"]),
    # its reason is that of a call without one
    (f"{REASON}\ns3.put_object()  # noqa: APR001\n", "0", []),
    (f"# flake8: noqa\n{PUT}", "0", ["1:1: APR004", "2:4: APR001"]),
    (f"# flake8: noqa\n{PUT}", "1", ["1:1: APR004"]),
    # each of these makes flake8 skip the file, and none names the code
    (f"# flake8: noqa: E501 - why\n{PUT}", "1", ["1:1: APR004"]),
    (f"# flake8: noqa: why APR001\n{PUT}", "1", ["1:1: APR004"]),
    (f"# flake8: noqa: apr001 - why\n{PUT}", "1", ["1:1: APR004"]),
    (f"# flake8: noqa: APR0011 - why\n{PUT}", "1", ["1:1: APR004"]),
    # the first of those without a reason is shown
    (f"\n# flake8: noqa\n# flake8: noqa\n{PUT}", "1", ["2:1: APR004"]),
    # what hides a line does not hide what is said of the file
    (f"# flake8: noqa  # noqa\n{PUT}", "1", ["1:1: APR004"]),
    # no PUT call: nothing to give a reason for
    ("# flake8: noqa\nx = 1  # noqa: APR001\n", "0", ["2:8: APR005"]),
    # not at the beginning of a line: flake8 skips nothing, nor do we
    (f"x = 1  {REASON}\n{PUT}", "1", []),
    # a swap is told nevertheless, but for calls that do not count
    (f"# flake8: noqa{TWO_CALLS}", TWO_NAMES, ["1:1: APR004", "3:8: APR006"]),
    (f"# flake8: noqa: APR006 - why{TWO_CALLS}", TWO_NAMES, ["1:1: APR004", "3:8: APR006"]),
    (f"{REASON}{TWO_CALLS}", TWO_NAMES, ["1:1: APR002"]),
]


@pytest.mark.once
def test_noqa_for_the_whole_file(repository: Repository) -> None:
    names = [f"{number:02}.py" for number in range(len(FILE_NOQA))]
    pins = "".join(f'"{name}" = {pin}\n' for name, (_, pin, _) in zip(names, FILE_NOQA))
    put(repository, {**{name: source for name, (source, *_) in zip(names, FILE_NOQA)}, PINS: f"[pins]\n{pins}"})
    expected = [f"{name}:{place}" for name, (*_, places) in zip(names, FILE_NOQA) for place in places]
    assert repository.check().places == expected


@pytest.mark.once
def test_file_that_cannot_be_pinned(repository: Repository) -> None:
    """The advice is one that can be followed."""
    put(repository, {**dict.fromkeys(["caf\udce9.py", "d\udcff/a.py", "a:b.py"], PUT), "other.py": "", PINS: ""})
    advice = f"; its path cannot be a key of {PINS}: rename the file, or exempt it by a pattern"
    texts = [text for *_, text in repository.check().findings]
    assert [text.endswith(advice) for text in texts] == [True] * 3
    put(repository, {PINS: '[exempt]\n"caf*" = "a copy"\n"d*/" = "a copy"\n"?:b.py" = "a copy"\n'})
    assert repository.check().findings == []


@pytest.mark.once
def test_text(repository: Repository) -> None:
    until = '= { count = 1, deferred = "data#12", until ='
    repository.commit({
        "src/a.py": PUT, "b.py": "x = 1\n", "old.py": PUT, "t/c.py": PUT, "d.py": PUT, "e.py": PUT,
        PINS: '[exempt]\n"t/" = "tests"\n[pins]\n"b.py" = 2\n"gone.py" = 1\n"old.py" = 1\n'
        f'"d.py" {until} 2020-01-31 }}\n"e.py" {until} 9999-01-31 }}\n',
    })
    repository.git("mv", "old.py", "new.py")
    outcome = repository.run("check")
    assert outcome == (
        f"{PINS}:5:1: APR003 gone.py does not exist; renamed: flake8-artifact-pin decide --moved; deleted: "
        "flake8-artifact-pin prune\n"
        f"{PINS}:6:1: APR003 old.py is now new.py; keep its decisions: flake8-artifact-pin decide --moved\n"
        f'{PINS}:7:1: APR009 "d.py" was deferred until 2020-01-31: data#12 (1 PUT call pinned); '
        "decide: flake8-artifact-pin decide d.py\n"
        "b.py:1:1: APR002 stale pin: 0 PUT calls, 2 pinned; lower it: flake8-artifact-pin prune\n"
        'new.py:1:4: APR001 put_object(...): 1 PUT call, 0 pinned, was in "old.py"; keep its decision: '
        "flake8-artifact-pin decide --moved\n"
        "src/a.py:1:4: APR001 put_object(...): 1 PUT call, 0 pinned; decide: flake8-artifact-pin decide src/a.py:1\n",
        # those of exempt files are not judged
        "6 files, 4 PUT calls: 6 findings\n",
        1,
    )
    assert json.loads(repository.check("t").out)["put_calls"] == 0
    repository.write({PINS: ""})
    assert repository.run("check", "b.py") == ("", "1 file, 0 PUT calls: 0 findings\n", 0)


@pytest.mark.once
def test_exemptions(repository: Repository) -> None:
    exempt = '[exempt]\n"t/" = { reason = "tests", until = 2020-01-31 }\n'
    for key in ("src/", "gone/", "gone.py", "*_pb2.py", "scratch/", "build/", "scr*/"):
        exempt += f'"{key}" = "why"\n'
    # an exempt file need not parse: it may be there to be broken
    put(repository, {
        "t/a.py": "def (\n", "t/b.py": "-> nowhere", "src/c.py": "", ".gitignore": "build/\n", PINS: exempt,
    })
    # flake8 lints what git does not track, and what it ignores
    repository.write({"scratch/a.py": "", "build/a.py": ""})
    assert repository.check().places == [f"{PINS}:2:1: APR009", *(f"{PINS}:{line}:1: APR003" for line in (4, 5, 6))]
    # a part of it need not hold what is exempt
    assert repository.check("src").places == [f"{PINS}:2:1: APR009"]
    repository.write({PINS: '[exempt]\n"*" = "all"\n'})
    assert repository.check().places == [f"{PINS}:2:1: APR003"]


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


@pytest.mark.once
@pytest.mark.parametrize("is_in_git", [True, False])
def test_broken_pins(project: Project, is_in_git: bool) -> None:
    """Nothing is judged, and every fault is told: to programs as findings like any other."""
    repository = Repository(project, is_git=is_in_git)
    repository.write({"a.py": PUT, PINS: '[pins]\n"a.py" = -1\n  "./b.py" = 1\n"b.py" = 1\n'})
    outcome = repository.run("check")
    faults = outcome.err.splitlines()
    assert (outcome.out, outcome.status) == ("", 2)
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
    for form in ("text", "json"):
        repository.write({"report": "what was there before, and longer than any report" * 1000})
        assert repository.run("check", f"--format={form}", "--output-file=report") == text
        assert repository.read("report") == repository.run("check", f"--format={form}").out
