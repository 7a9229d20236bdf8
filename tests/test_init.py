"""The verb ``init``: a pins file with which check and flake8 pass at once, whatever the files are called."""
from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from support import Outcome
from support import Project
from support import Repository
from support import run_process
from support import sources

from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.files import load_pins

PINS = "artifact-pins.toml"
PUT = "s3.put_object(Key='x')\n"
OTHER_PINS = '[pins]\n"a.py" = 7\n'
HEADER = """\
# How many PUT calls each file makes. One more is APR001, until somebody decides on the new artifact.
# A decision: "path" = { count = N, registered = ["ID"] } or { count = N, grandfathered = "REASON" }.
"""
FILES = {
    "b.py": "class A:\n  def f(self):\n    s3.put_object(\n      Key='b')\n    do(s3.put_object, Key='c')\n",
    "a/a.py": "s3.put_object(Key=(\n    K))\ns3.upload_file(p, b, 'k')  # noqa: APR001 - re-puts\nup = s3.put_object\n",
    "c.py": "s3.put_object()  # noqa: APR001 - scratch\n",
    "d.py": "x = 'put_object()'\n",
    "tests/a/tests/test_b.py": PUT,
    "tests/test_a.py": PUT * 2,
    "src/test/test_c.py": PUT,
    "src/tests.py": PUT,
    "tests/none/test_d.py": "",
    "other/tests/test_e.py": "x = 1\n",
}
DOCUMENT = HEADER + """\

[exempt]
# 1 PUT call in 1 file
"src/test/" = "test code produces no artifacts"
# 3 PUT calls in 2 files
"tests/" = "test code produces no artifacts"

[pins]
# line 1: <module>: put_object(K)
# line 3: <module>: upload_file('k') (suppressed: re-puts)
# line 4: <module>: put_object handed on
"a/a.py" = 2
# line 3: A.f: put_object('b')
# line 5: A.f: put_object('c') handed on
"b.py" = 2
# line 1: <module>: put_object('x')
"src/tests.py" = 1
"""
OTHER = ", or name another file with --output"
WROTE = "5 PUT calls of 3 files pinned, 2 directories of tests exempt\n"


@pytest.fixture
def repository(project: Project) -> Repository:
    return Repository(project)


def written(repository: Repository, name: str = PINS) -> Pins:
    """Return the pins that were written."""
    pins = load_pins(str(repository.root / name), str(repository.root))
    assert pins.faults == ()
    return pins


def counts(pins: Pins) -> Mapping[str, int]:
    return {path: pin.allowed for path, pin in pins.pins.items()}


def test_file(repository: Repository) -> None:
    repository.commit(FILES)
    assert repository.run("init") == (f"{PINS}: {WROTE}", "", 0)
    assert (repository.root / PINS).read_bytes().decode() == DOCUMENT
    assert counts(written(repository)) == {"a/a.py": 2, "b.py": 2, "src/tests.py": 1}
    assert repository.run("check").status == 0
    assert repository.flake8() == ("", 0)


def test_standard_output(repository: Repository) -> None:
    repository.commit(FILES)
    assert repository.run("init", "--output", "-") == (DOCUMENT, "", 0)
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_standard_output_of_another_encoding(repository: Repository, encoding: str) -> None:
    """A pins file is UTF-8, and what is printed is to be redirected into one."""
    repository.commit({"naïve.py": PUT})
    outcome = run_process("init", "--output=-", cwd=repository.root, PYTHONIOENCODING=encoding)
    repository.write({PINS: os.fsencode(outcome.out)})
    assert counts(written(repository)) == {"naïve.py": 1}


def test_json(repository: Repository) -> None:
    repository.commit({**FILES, "e.py": "def up(key): s3.put_object(Key=key)  # noqa: APR001\n"})
    outcome = repository.run("init", "--format=json")
    data = json.loads(outcome.out)
    finding, = data.pop("findings")
    wrapper, = data.pop("wrappers")
    assert data.pop("text") == (repository.root / PINS).read_text("utf-8")
    assert data == {
        "path": PINS,
        "pins": {"a/a.py": 2, "b.py": 2, "e.py": 1, "src/tests.py": 1},
        "calls": {},
        "exempt": {"src/test/": "test code produces no artifacts", "tests/": "test code produces no artifacts"},
    }
    assert wrapper == {"path": "e.py", "line": 1, "name": "up", "pattern": "up", "call_sites": 0}
    assert (finding.pop("path"), finding.pop("line"), finding.pop("column"), finding.pop("code")) == (
        "e.py", 1, 17, "APR004",
    )
    assert (outcome.err, outcome.status) == ("", 1)
    assert json.loads(repository.run("init", "--output=-", "--format=json").out)["path"] is None


HEADER_OF_CALLS = """\
# The PUT calls that each file makes. Another one is APR001 or APR006, until somebody decides on its artifact.
# A decision: "FUNCTION:METHOD" = { registered = ["ID"] } or { grandfathered = "REASON" }.
"""
DOCUMENT_OF_CALLS = HEADER_OF_CALLS + """\

[exempt]
# 1 PUT call in 1 file
"src/test/" = "test code produces no artifacts"
# 3 PUT calls in 2 files
"tests/" = "test code produces no artifacts"

[pins]

[pins."a/a.py".calls]
# line 1: <module>: put_object(K)
"<module>:put_object" = {}
# line 3: <module>: upload_file('k') (suppressed: re-puts)
# line 4: <module>: put_object handed on
"<module>:put_object#2" = {}

[pins."b.py".calls]
# line 3: A.f: put_object('b')
"A.f:put_object" = {}
# line 5: A.f: put_object('c') handed on
"A.f:put_object#2" = {}

[pins."src/tests.py".calls]
# line 1: <module>: put_object('x')
"<module>:put_object" = {}
"""
NAMES_OF_CALLS = {
    "a/a.py": ["<module>:put_object", "<module>:put_object#2"],
    "b.py": ["A.f:put_object", "A.f:put_object#2"],
    "src/tests.py": ["<module>:put_object"],
}


def names_of_calls(pins: Pins) -> Mapping[str, list[str]]:
    return {path: list(pin.calls or ()) for path, pin in pins.pins.items()}


def test_calls(repository: Repository) -> None:
    repository.commit(FILES)
    assert repository.run("init", "--calls", "--output=-") == (DOCUMENT_OF_CALLS, "", 0)
    assert repository.run("init", "--calls") == (f"{PINS}: {WROTE}", "", 0)
    assert (repository.root / PINS).read_bytes().decode() == DOCUMENT_OF_CALLS
    assert names_of_calls(written(repository)) == NAMES_OF_CALLS
    assert repository.run("check").status == 0
    assert repository.flake8() == ("", 0)
    assert repository.run("prune") == ("", "3 pins: 0 changed, 0 offered to move\n", 0)


def test_calls_in_json(repository: Repository) -> None:
    repository.commit(FILES)
    data = json.loads(repository.run("init", "--calls", "--format=json").out)
    assert (data["text"], data["calls"]) == (DOCUMENT_OF_CALLS, NAMES_OF_CALLS)
    assert data["pins"] == {"a/a.py": 2, "b.py": 2, "src/tests.py": 1}


def test_no_calls_to_name(repository: Repository) -> None:
    repository.commit({"a.py": "s3.put_object()  # noqa: APR001 - why\n"})
    assert repository.run("init", "--calls", "--output=-") == (f"{HEADER_OF_CALLS}\n[pins]\n", "", 0)


# A source, and the names of its calls in source order.
STRANGE_CALLS: dict[str, tuple[str, list[str]]] = {
    "not ASCII": (
        "def 関数():\n    s3.put_object()\nclass É:\n    def \uff46(self): s3.\uff50ut_object()\n",
        ["関数:put_object", "É.f:put_object"],
    ),
    "one name in two spellings": (
        "def f(): s3.put_object()\ndef \uff46(): s3.\uff50ut_object()\n", ["f:put_object", "f:put_object#2"],
    ),
    "within each other": (
        "class A:\n  s3.put_object()\n  class B:\n    async def f(self):\n      def g(): s3.put_object()\n"
        "      return lambda: [s3.put_object() for x in y]\n",
        ["A:put_object", "A.B.f.g:put_object", "A.B.f:put_object"],
    ),
    "names of modules and keys": (
        "def py(): s3.put_object()\ndef calls(): s3.put_object()\ndef count(): s3.put_object()\n",
        ["py:put_object", "calls:put_object", "count:put_object"],
    ),
    "methods by their names": (
        "def f():\n    getattr(s3, 'upload_file')(p)\n    do(s3.upload_file)\n    s3.upload_fileobj(p)\n",
        ["f:upload_file", "f:upload_file#2", "f:upload_fileobj"],
    ),
    "more than ten": ("s3.put_object()\n" * 11, [
        "<module>:put_object", *(f"<module>:put_object#{number}" for number in range(2, 12)),
    ]),
}


@pytest.mark.parametrize(("source", "names"), STRANGE_CALLS.values(), ids=STRANGE_CALLS)
def test_strange_calls(repository: Repository, source: str, names: list[str]) -> None:
    repository.commit({"a\n'\"b.py": source})
    assert repository.run("init", "--calls").status == 0
    assert names_of_calls(written(repository)) == {"a\n'\"b.py": names}
    assert repository.run("check").status == 0
    assert repository.flake8() == ("", 0)


@pytest.mark.parametrize("pattern", ["*", "*.*", "*_py", "x*", "*()"])
def test_calls_of_any_method(repository: Repository, pattern: str) -> None:
    """Whatever the patterns say is a PUT call, its name can be one in the pins file."""
    repository.commit({"a.py": (
        "x()\nx[1]()\nx()()\n(lambda: 1)()\nx.y_py(x.z)\ngetattr(x, 'a b_py')()\ngetattr(x, 'c#2_py')()\n"
        "getattr(x, 'class')()\nx['k'].y()\nxyz = x.match\n"
    )})
    outcome = repository.run("init", "--calls", f"--pattern={pattern}")
    if outcome.status == 2:
        assert pattern == "*()"
    else:
        assert_pinned_or_reported(repository, outcome)
        assert outcome.status == 0


@pytest.mark.parametrize(
    ("there", "arguments", "directory", "error"),
    [
        (PINS, [], ".", f"{PINS} has the pins already: edit it{OTHER}"),
        (PINS, [], "d", f"../{PINS} has the pins already: edit it{OTHER}"),
        ("pyproject.toml", [], "d", f"../pyproject.toml has the pins already: edit it{OTHER}"),
        (PINS, ["--output", PINS], ".", f"{PINS} exists already: remove it{OTHER}"),
        ("x.toml", ["--output=../x.toml"], "d", f"../x.toml exists already: remove it{OTHER}"),
        ("x", ["--output=d"], ".", f"d exists already: remove it{OTHER}"),
        ("x", ["--output=no/x"], ".", f"no/x cannot be written (No such file or directory): {OTHER[5:]}"),
        ("x", ["--pattern=a..b"], ".", "--pattern a..b: it has an empty component"),
        (
            "x", ["--pattern=*.put", "--pattern=put()"], ".",
            '--pattern put(): it ends in "()": name what is called, without the call',
        ),
    ],
)
def test_refusal(
    repository: Repository, there: str, arguments: list[str], directory: str, error: str,
) -> None:
    text = '[tool.artifact-pins.pins]\n"a.py" = 1\n' if there == "pyproject.toml" else OTHER_PINS
    repository.commit({"a.py": PUT, "d/a.py": PUT, there: text})
    repository.monkeypatch.chdir(repository.root / directory)
    outcome = repository.run("init", *arguments)
    assert outcome == ("", f"flake8-artifact-pin: {error}\n", 2)
    assert (repository.root / there).read_text() == text
    assert repository.git("status", "--porcelain") == ""


def test_beside_other_settings(repository: Repository) -> None:
    """A pyproject.toml without pins, and a pins file of another name, are in nobody's way."""
    repository.commit({"a.py": PUT, "pyproject.toml": "[tool.black]\n", "x.toml": OTHER_PINS})
    assert repository.run("init").status == 0
    assert counts(written(repository)) == {"a.py": 1}


@pytest.mark.parametrize("option", ["--output", "--pins"])
def test_output(repository: Repository, option: str) -> None:
    """Paths are relative to the directory of the file, and nothing beyond it is pinned."""
    repository.commit({"a.py": PUT, "d/b.py": PUT, "d/tests/c.py": PUT, "e.py": PUT, PINS: OTHER_PINS})
    outcome = repository.run("init", option, "d/pins.toml")
    assert outcome.out == "d/pins.toml: 1 PUT call of 1 file pinned, 1 directory of tests exempt\n"
    pins = written(repository, "d/pins.toml")
    assert (counts(pins), [*pins.exempt.reasons]) == ({"b.py": 1}, ["tests/"])
    assert repository.run("check", "--pins", "d/pins.toml").status == 0
    assert repository.flake8("--artifact-pins=d/pins.toml", "d") == ("", 0)


def test_output_in_pyproject(repository: Repository) -> None:
    """What is written is a pins file, or nothing is."""
    repository.commit({"a.py": PUT})
    outcome = repository.run("init", "--output", "pyproject.toml")
    if outcome.status == 0:
        assert counts(written(repository, "pyproject.toml")) == {"a.py": 1}
    else:
        assert outcome.status == 2
        assert not (repository.root / "pyproject.toml").exists()


def test_subdirectory(repository: Repository) -> None:
    """The pins of a repository belong to its top, wherever init is run."""
    repository.commit({"a.py": PUT, "d/b.py": PUT})
    repository.monkeypatch.chdir(repository.root / "d")
    assert repository.run("init", "--output=-").out.endswith('"d/b.py" = 1\n')
    assert repository.run("init").out == f"../{PINS}: 2 PUT calls of 2 files pinned, 0 directories of tests exempt\n"
    assert counts(written(repository)) == {"a.py": 1, "d/b.py": 1}


def test_outside_git(project: Project) -> None:
    repository = Repository(project, is_git=False)
    repository.write({"a.py": PUT, "d/b.py": PUT, ".tox/c.py": PUT, "__pycache__/d.py": PUT, "tests/e.py": PUT})
    repository.monkeypatch.chdir(repository.root / "d")
    assert repository.run("init").err == ""
    assert counts(written(repository, f"d/{PINS}")) == {"b.py": 1}
    repository.monkeypatch.chdir(repository.root)
    assert repository.run("init").status == 0
    assert counts(written(repository)) == {"a.py": 1, "d/b.py": 1}
    assert repository.flake8() == ("", 0)


@pytest.mark.parametrize("patterns", [["save"], ["*.put_object", "lib.write"], ["*.put_object", "*.upload_file"]])
def test_patterns(repository: Repository, patterns: list[str]) -> None:
    repository.commit({"a.py": PUT + "save()\nimport lib\nlib.write()\nx.upload_file()\n"})
    assert repository.run("init", *(f"--pattern={pattern}" for pattern in patterns)).status == 0
    pins = written(repository)
    assert (pins.patterns, counts(pins)) == (tuple(patterns), {"a.py": len(patterns)})
    assert repository.flake8() == ("", 0)


def test_default_patterns_are_not_written(repository: Repository) -> None:
    repository.commit({"a.py": PUT})
    options = [f"--pattern={pattern}" for pattern in DEFAULT_PATTERNS]
    assert "patterns" not in repository.run("init", "--output=-", *options).out
    assert "patterns" in repository.run("init", "--output=-", *reversed(options)).out


NOT_TRACKED = ": 1 PUT call not pinned, since git does not track the file; flake8 reports it"


def test_files_that_git_does_not_track(repository: Repository) -> None:
    repository.commit({"a.py": PUT, ".gitignore": "ignored.py\n"})
    repository.write({"b.py": PUT, "ignored.py": PUT, "tests/c.py": PUT, "d.py": "x = 1\n", "\x1b[1m.py": PUT})
    outcome = repository.run("init")
    assert outcome.err.splitlines() == [f"\\x1b[1m.py{NOT_TRACKED}", f"b.py{NOT_TRACKED}"]
    assert outcome.status == 0
    assert counts(written(repository)) == {"a.py": 1}


def test_before_the_first_commit(repository: Repository) -> None:
    """Where git tracks nothing yet, all files are pinned, and nothing else is said of them."""
    repository.write({"a.py": PUT})
    outcome = repository.run("init")
    assert counts(written(repository)) == {"a.py": 1}
    assert (outcome.err, outcome.status) == ("", 0)
    repository.git("add", "a.py")
    assert repository.run("check").status == 0


def test_findings_that_are_left(repository: Repository) -> None:
    repository.commit({
        "a.py": PUT + "s3.put_object()  # noqa: APR001\nx = 1  # noqa: APR001 - here is none\n",
        "b.py": "def (\n",
        "tests/c.py": "s3.put_object()  # noqa: APR001\n",
    })
    outcome = repository.run("init")
    assert counts(written(repository)) == {"a.py": 2}
    first, *findings = outcome.err.splitlines()
    assert first == "no pin settles 3 findings:"
    assert [line.split(" ")[:2] for line in findings] == [
        ["a.py:2:4:", "APR004"], ["a.py:3:8:", "APR005"], ["b.py:1:6:", "E999"],
    ]
    assert outcome.status == 1
    checked = repository.run("check")
    assert (checked.lines, checked.status) == (findings, 1)


def test_advice(repository: Repository) -> None:
    """Calls in directories that init exempts are none that the pattern would count."""
    up = "def up(key): s3.put_object(Key=key)\n"
    repository.commit({"a.py": up + "up('a')\n", "tests/a.py": up + "up('b')\n" * 7, "tests/b.py": "up('c')\n"})
    outcome = repository.run("init")
    advice = [
        'a.py:1: up() takes the key from its caller, so 1 call of it is behind one PUT call; '
        'the pattern "up" would count each',
        'patterns = ["*.put_object", "*.upload_file", "*.upload_fileobj", "Object().put", "up"]',
    ]
    assert outcome.err.splitlines() == advice
    text = (repository.root / PINS).read_text()
    assert text.startswith(HEADER + "".join(f"# {line}\n" for line in advice))
    assert repository.run("sites").lines[-2:] == advice
    # the comment can be uncommented as it is
    (repository.root / PINS).write_text(text.replace("# patterns", "patterns"))
    assert written(repository).patterns[-1] == "up"


def test_advice_on_a_suppressed_call(repository: Repository) -> None:
    """A function that takes the key hides new artifacts, whatever is said of its own call."""
    repository.commit({"a.py": "def up(key): s3.put_object(Key=key)  # noqa: APR001 - its callers count\nup('a')\n"})
    wrappers = json.loads(repository.run("init", "--format=json").out)["wrappers"]
    assert [wrapper["call_sites"] for wrapper in wrappers] == [1]
    assert wrappers == json.loads(repository.run("sites", "--format=json").out)["wrappers"]


def test_symbolic_links(repository: Repository) -> None:
    """A file with several names has one pin, and a link does not get tested code out of its pin."""
    repository.write({"src/a.py": PUT, "tests/b.py": PUT})
    (repository.root / "link.py").symlink_to("src/a.py")
    (repository.root / "tests/link.py").symlink_to("../src/a.py")
    (repository.root / "src/link.py").symlink_to("../tests/b.py")
    repository.commit({})
    assert repository.run("init").status == 0
    pins = written(repository)
    assert (counts(pins), [*pins.exempt.reasons]) == ({"src/a.py": 1}, ["tests/"])
    assert repository.flake8() == ("", 0)


def assert_pinned_or_reported(repository: Repository, outcome: Outcome) -> None:
    """The file that is written can be used, and check and flake8 find nothing but what init said."""
    written(repository)
    checked = repository.run("check")
    assert checked.status == outcome.status
    said = outcome.err.partition(":\n")[2].splitlines() if outcome.status else []
    assert checked.lines == said
    if "\\udcff" not in outcome.err:
        # flake8 itself ends with an error where it has to print a name that is not UTF-8
        assert len(re.findall(r":\d+:\d+: (?:APR|E9)", repository.flake8().output)) == len(said)


@pytest.mark.parametrize(
    ("name", "is_pinned"),
    [
        ("a b.py", True),
        ("'\"#=.py", True),
        ("日本/é.py", True),
        ("[a]*?.py", True),
        ("tab\tnew\nline\r.py", True),
        ("\x1b\x7f\x85\u2028.py", True),
        ("-a.py", True),
        (".py", True),
        ("a = 1.py", True),
        ("\udcff.py", False),
        ("a:b.py", False),
        ("back\\slash.py", False),
    ],
)
def test_file_names(repository: Repository, name: str, is_pinned: bool) -> None:
    repository.commit({name: PUT})
    outcome = repository.run("init")
    assert counts(written(repository)) == ({name: 1} if is_pinned else {})
    assert (outcome.status == 0) == is_pinned
    assert_pinned_or_reported(repository, outcome)


@pytest.mark.parametrize("directory", ["a b", "'\"", "日本", "[a]*?", "\n\t", "\x1b", "\udcff", "a:b", "back\\slash"])
def test_names_of_test_directories(repository: Repository, directory: str) -> None:
    repository.commit({f"{directory}/tests/a.py": PUT})
    assert_pinned_or_reported(repository, repository.run("init"))


def test_control_characters_in_a_source(repository: Repository) -> None:
    """The comments are as valid as the rest."""
    repository.commit({"a.py": "s3.put_object(Key='\x1b[1m\x7f')\n"})
    assert repository.run("init").status == 0
    assert counts(written(repository)) == {"a.py": 1}
    assert "put_object('\\x1b[1m\\x7f')" in (repository.root / PINS).read_text()


NAMES = st.lists(
    st.text(st.sampled_from("ab .-'\"#\\[]*é日\n\t\x1b\x7f\udcff"), min_size=1, max_size=4).filter(
        lambda name: not name.startswith((".", "-")),
    ) | st.sampled_from(["tests", "test"]),
    min_size=1,
    max_size=3,
)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(NAMES, sources.modules()), min_size=1, max_size=3))
def test_generated_projects(project: Project, files: list[tuple[list[str], str]]) -> None:
    """The file that is written passes check and flake8 at once, but for what no pin settles."""
    repository = Repository(project, "generated")
    project.monkeypatch.chdir(repository.root)
    try:
        for number, (names, source) in enumerate(files):
            repository.write({f"{number}{'/'.join(names)}.py": source.encode()})
        repository.commit({})
        assert_pinned_or_reported(repository, repository.run("init"))
        (repository.root / PINS).unlink()
        assert_pinned_or_reported(repository, repository.run("init", "--calls"))
    finally:
        project.monkeypatch.chdir(project.root)
        shutil.rmtree(repository.root)
