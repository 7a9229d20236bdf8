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
from support import PINS
from support import Project
from support import Repository
from support import run_process
from support import sources

from flake8_artifact_pin.cli.explain import schema_path
from flake8_artifact_pin.cli.init.document import shown_schema
from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.pins.model import Pins

pytestmark = pytest.mark.once

PUT = "s3.put_object(Key='x.csv')\n"
OTHER_PINS = '[pins]\n"a.py" = 7\n'
HEADER = """\
# The PUT calls that each file is known to make. One more is APR001, until somebody decides on its artifact:
# flake8-artifact-pin decide PATH:LINE --registered ID | --grandfathered REASON | --deferred ISSUE
"""
TABLE = "\n[pins]\n"
EXEMPT = """
[exempt]
"src/test/" = "test code produces no artifacts"
"tests/" = "test code produces no artifacts"

[pins]
"""
FILES = {
    "b.py": "class A:\n  def f(self):\n    s3.put_object(\n      Key='b.csv')\n    do(s3.put_object, Key='c.csv')\n",
    "a/a.py": "s3.put_object(Key=(\n    K))\ns3.upload_file(p, b, 'k')  # noqa: APR001 - re-puts\nup = s3.put_object\n",
    "c.py": "s3.put_object()  # noqa: APR001 - scratch files\n",
    "d.py": "x = 'put_object()'\n",
    "tests/a/tests/test_b.py": PUT,
    "tests/test_a.py": PUT * 2,
    "src/test/test_c.py": PUT,
    "src/tests.py": PUT,
    "other/tests/test_e.py": "x = 1\n",
}
DOCUMENT = f"""{HEADER}{EXEMPT}\
# put_object("{{K}}")
# put_object passed as a value
"a/a.py" = 2
# put_object("b.csv")
# put_object("c.csv") passed as a value
"b.py" = 2
# put_object("x.csv")
"src/tests.py" = 1
"""
DOCUMENT_OF_CALLS = f"""{HEADER}{EXEMPT.removesuffix(TABLE)}
[pins."a/a.py".calls]
"<module>:put_object" = {{}}
"<module>:put_object#2" = {{}}

[pins."b.py".calls]
"A.f:put_object(b.csv)" = {{}}
"A.f:put_object(c.csv)" = {{}}

[pins."src/tests.py".calls]
"<module>:put_object(x.csv)" = {{}}
"""
WROTE = "5 PUT calls of 3 files pinned, 2 paths exempt; 5 PUT calls undecided: flake8-artifact-pin decide\n"


def written(repository: Repository, name: str = PINS) -> Pins:
    """Return the pins that were written."""
    pins = load_pins(str(repository.root / name), str(repository.root))
    assert pins.faults == ()
    return pins


def counts(pins: Pins) -> Mapping[str, int]:
    return {path: pin.allowed for path, pin in pins.pins.items()}


def test_file(repository: Repository) -> None:
    repository.commit(FILES)
    assert repository.run("init", "--output", "-") == (DOCUMENT, "", 0)
    assert repository.run("init", "--calls", "--output", "-") == (DOCUMENT_OF_CALLS, "", 0)
    assert repository.git("status", "--porcelain") == ""
    assert repository.run("init") == (f"{PINS}: {WROTE}", "", 0)
    assert repository.read(PINS) == DOCUMENT
    assert_pinned_or_reported(repository, Outcome("", "", 0))


def test_json(directory: Repository) -> None:
    directory.write({**FILES, "e.py": "s3.put_object()  # noqa: APR001\n"})
    outcome = directory.run("init", "--calls", "--format=json")
    data = json.loads(outcome.out)
    assert (outcome.places, outcome.err, outcome.status) == (["e.py:1:4: APR004"], "", 1)
    assert data.pop("findings") and data.pop("text") == directory.read(PINS)
    assert data == {
        "version": 1,
        "path": PINS,
        "pins": {"a/a.py": 2, "b.py": 2, "e.py": 1, "src/tests.py": 1},
        "calls": {
            "a/a.py": ["<module>:put_object", "<module>:put_object#2"],
            "b.py": ["A.f:put_object(b.csv)", "A.f:put_object(c.csv)"],
            "e.py": ["<module>:put_object"],
            "src/tests.py": ["<module>:put_object(x.csv)"],
        },
        "exempt": {"src/test/": "test code produces no artifacts", "tests/": "test code produces no artifacts"},
    }
    assert json.loads(directory.run("init", "--output=-", "--format=json").out)["path"] is None


def test_decisions_for_all(directory: Repository) -> None:
    """With a reason for each pin, decisions are required from then on; what is exempt has no pin."""
    directory.write({"a.py": PUT * 2, "b/c.py": PUT, "gen/d.py": PUT, "e.gen.py": PUT})
    exempt = ["--exempt=./b/=scratch = files", "--exempt=gen=", "--exempt=*.gen.py=generated"]
    options = ["--grandfather", "was there\x1b before", *exempt]
    assert directory.run("init", *options).status == 2
    options[3] = "--exempt=gen=generated"
    assert directory.run("init", *options) == (f"{PINS}: 2 PUT calls of 1 file pinned, 3 paths exempt\n", "", 0)
    pins = written(directory)
    assert pins.exempt.reasons == {"b/": "scratch = files", "gen/": "generated", "*.gen.py": "generated"}
    assert pins.require_decision
    assert [pin.decision.grandfathered for pin in pins.pins.values()] == ["was there\x1b before"]
    assert directory.check().findings == []
    directory.write({"b.py": ""})
    calls = directory.run("init", "--calls", "--output=-", "--grandfather=old data").out
    assert '"<module>:put_object(x.csv)#2" = { grandfathered = "old data" }\n' in calls


def test_no_calls(directory: Repository) -> None:
    """Nobody need decide on what is not there, so decisions are not required yet."""
    directory.write({"a.py": "s3.put_object()  # noqa: APR001 - why not\n"})
    assert directory.run("init", "--calls", "--output=-", "--grandfather=old data").out == f"{HEADER}\n[pins]\n"


def test_schema(directory: Repository) -> None:
    """Editors are told where the schema is: somewhere else, or in an environment below the pins file."""
    directory.write({"a.py": PUT})
    assert directory.run("init", "--schema", "--output=-").lines[0] == f"#:schema {schema_path()}"
    folder, name = os.path.split(schema_path())
    assert shown_schema(os.path.dirname(folder)) == f"./{os.path.basename(folder)}/{name}"


# Sources, and the names of their calls in source order.
STRANGE_CALLS: dict[str, tuple[str, list[str]]] = {
    "not_ascii.py": (
        "def 関数():\n    s3.put_object()\nclass É:\n    def \uff46(self): s3.\uff50ut_object()\n",
        ["関数:put_object", "É.f:put_object"],
    ),
    "one_name_in_two_spellings.py": (
        "def f(): s3.put_object()\ndef \uff46(): s3.\uff50ut_object()\n", ["f:put_object", "f:put_object#2"],
    ),
    "within_each_other.py": (
        "class A:\n  s3.put_object()\n  class B:\n    async def f(self):\n      def g(): s3.put_object()\n"
        "      return lambda: [s3.put_object() for x in y]\n",
        ["A:put_object", "A.B.f.g:put_object", "A.B.f:put_object"],
    ),
    "strange_keys.py": (
        "s3.put_object(Key='a\"\\n\\x1b]#2')\ns3.put_object(Key='a{b}')\ns3.put_object(Key=f'{x}/é.csv')\n",
        ['<module>:put_object(a"\\n\\x1b]#2)', "<module>:put_object(a{{b}})", "<module>:put_object({}/é.csv)"],
    ),
    "templates_of_airflow.py": (
        "s3.put_object(Key='raw/{{ ds }}/x.json')\ns3.put_object(Key=f'raw/{day}/x.json')\n",
        ["<module>:put_object(raw/{}/x.json)", "<module>:put_object(raw/{}/x.json)#2"],
    ),
    "a\n'\"b.py": ("s3.put_object()\n" * 11, [
        "<module>:put_object", *(f"<module>:put_object#{number}" for number in range(2, 12)),
    ]),
}


def test_strange_calls(directory: Repository) -> None:
    directory.write({path: source for path, (source, _) in STRANGE_CALLS.items()})
    assert_pinned_or_reported(directory, directory.run("init", "--calls"))
    names = {path: list(pin.calls or ()) for path, pin in written(directory).pins.items()}
    assert names == {path: names for path, (_, names) in STRANGE_CALLS.items()}


@pytest.mark.parametrize("pattern", ["*", "*_py"])
def test_calls_of_any_method(directory: Repository, pattern: str) -> None:
    """Whatever the patterns say is a PUT call, its name can be one in the pins file."""
    directory.write({"a.py": (
        "x()\nx[1]()\nx()()\n(lambda: 1)()\nx.y_py(x.z)\ngetattr(x, 'a b_py')()\ngetattr(x, 'c#2_py')()\n"
        "getattr(x, 'class')()\nx['k'].y()\nxyz = x.match\n"
    )})
    outcome = directory.run("init", "--calls", f"--pattern={pattern}")
    assert outcome.status == 0
    assert_pinned_or_reported(directory, outcome)


OTHER = ", or name another file with --output"
REFUSALS: list[tuple[list[str], str, str]] = [
    ([], ".", f"{PINS} has the pins already: edit it{OTHER}"),
    ([], "d", f"../{PINS} has the pins already: edit it{OTHER}"),
    (["--output", PINS], ".", f"{PINS} exists already: remove it{OTHER}"),
    (["--output=../x.toml"], "d", f"../x.toml exists already: remove it{OTHER}"),
    (["--output=d"], ".", f"d exists already: remove it{OTHER}"),
    (["--output=no/x"], ".", "there is no directory no to write no/x to: make it"),
    (
        ["--output=pyproject.toml"], ".",
        f"pyproject.toml is not for init to write: write {PINS}, or put its tables there by hand",
    ),
    (["--output=-", "--pattern=a..b"], ".", "--pattern a..b has an empty component"),
    (["--output=-", "--store=nope"], ".", '--store: "nope" is not a store'),
    (["--output=-", "--grandfather=TODO"], ".", "--grandfather 'TODO' says nothing: say why nobody needs to know"),
    (["--output=-", "--grandfather=was \udcff there"], ".", "'was \\udcff there' is not UTF-8, which a pins file is"),
    (["--output=-", "--exempt=tests"], ".", "--exempt 'tests' is not PATH=REASON: say why it is exempt"),
    (["--output=-", "--exempt=..=not ours"], ".", "--exempt .. is not below {root}, which the pins are for"),
    (["--output=-", "--exempt=a\\b=test code"], ".", '--exempt a\\b has a backslash: write "/" between directories'),
]


def test_refusals(repository: Repository) -> None:
    repository.commit({"a.py": PUT, "d/a.py": PUT, PINS: OTHER_PINS, "x.toml": OTHER_PINS})
    for arguments, directory, error in REFUSALS:
        repository.monkeypatch.chdir(repository.root / directory)
        text = error.replace("{root}", str(repository.root))
        assert repository.run("init", *arguments) == ("", f"flake8-artifact-pin: {text}\n", 2)
    assert repository.git("status", "--porcelain") == ""


def test_output(directory: Repository) -> None:
    """Paths are relative to the directory of the file, nothing beyond it is pinned, and comments are valid TOML."""
    directory.write({
        "a.py": PUT, "d/b.py": "s3.put_object(Key='\x1b[1m\x7f')\n", "d/x/c.py": PUT, PINS: OTHER_PINS,
    })
    directory.monkeypatch.chdir(directory.root / "d")
    assert directory.run("init", "--pins", "pins.toml", "--exempt=x=test code").status == 0
    directory.monkeypatch.chdir(directory.root)
    pins = written(directory, "d/pins.toml")
    assert (counts(pins), [*pins.exempt.reasons]) == ({"b.py": 1}, ["x/"])
    assert '# put_object("\\x1b[1m\\x7f")\n' in directory.read("d/pins.toml")
    assert directory.run("check", "--pins", "d/pins.toml").status == 0
    assert directory.flake8("--artifact-pins=d/pins.toml", "d") == ("", 0)


def test_subdirectory(repository: Repository) -> None:
    """The pins of a repository belong to its top, wherever init is run."""
    repository.commit({"a.py": PUT, "d/b.py": PUT, "d/c/d.py": PUT})
    repository.monkeypatch.chdir(repository.root / "d")
    outcome = repository.run("init", "--exempt=c=scratch files")
    assert outcome.out.startswith(f"../{PINS}: 2 PUT calls of 2 files pinned, 1 path")
    assert counts(written(repository)) == {"a.py": 1, "d/b.py": 1}


def test_outside_git(directory: Repository) -> None:
    """A pyproject.toml without pins, and a pins file of another name, are in nobody's way."""
    directory.write({
        "a.py": PUT, "d/b.py": PUT, ".tox/c.py": PUT, "__pycache__/d.py": PUT, "tests/e.py": PUT,
        "pyproject.toml": "[tool.black]\n", "x.toml": OTHER_PINS,
    })
    assert directory.run("init").status == 0
    assert counts(written(directory)) == {"a.py": 1, "d/b.py": 1}
    assert directory.flake8() == ("", 0)


def test_stores_and_patterns(directory: Repository) -> None:
    """Stores that are imported are counted, unless some are named."""
    directory.write({
        "a.py": f"from google.cloud import storage\nimport lib\nblob.upload_from_filename('x')\nlib.write()\n{PUT}",
    })
    assert directory.run("init", "--pattern=lib.write").status == 0
    pins = written(directory)
    assert (pins.stores, pins.patterns, counts(pins)) == (("s3", "gcs"), ("lib.write",), {"a.py": 3})
    assert directory.flake8() == ("", 0)
    named = directory.run("init", "--store=s3", "--output=-")
    assert named.lines[-1] == '"a.py" = 1' and "stores" not in named.out
    assert 'stores has no "gcs": add it, or exempt what need not be counted' in named.err


def test_what_git_does_not_track(repository: Repository) -> None:
    repository.commit({"a.py": PUT, ".gitignore": "ignored.py\n"})
    repository.write({"b.py": PUT, "ignored.py": PUT, "d.py": "x = 1\n", "\x1b[1m.py": PUT})
    outcome = repository.run("init")
    untracked = "2 files with PUT calls not judged, since git does not track them (git add)"
    assert outcome.err == f"{untracked}: \\x1b[1m.py, b.py\n"
    assert (counts(written(repository)), outcome.status) == ({"a.py": 1}, 0)


def test_before_the_first_commit(repository: Repository) -> None:
    """Where git tracks nothing yet, all files are pinned, and nothing else is said of them."""
    repository.write({"a.py": PUT})
    outcome = repository.run("init")
    assert (counts(written(repository)), outcome.err, outcome.status) == ({"a.py": 1}, "", 0)


def test_findings_that_are_left(directory: Repository) -> None:
    directory.write({
        "a.py": f"{PUT}s3.put_object()  # noqa: APR001\nx = 1  # noqa: APR001 - here is none\n",
        "b.py": "s3.put_object(\n",
        "tests/c.py": "s3.put_object()  # noqa: APR001\n",
    })
    outcome = directory.run("init")
    assert counts(written(directory)) == {"a.py": 2}
    first, *findings = outcome.err.splitlines()
    assert first == "no pin settles 3 findings:"
    assert [re.sub(" .*", "", line.partition(" ")[2]) for line in findings] == ["APR004", "APR005", "E999"]
    assert (directory.run("check").lines, outcome.status) == (findings, 1)


def test_symbolic_links(repository: Repository) -> None:
    """A file with several names has one pin, and a link does not get tested code out of its pin."""
    repository.write({"src/a.py": PUT, "tests/b.py": PUT})
    (repository.root / "link.py").symlink_to("src/a.py")
    (repository.root / "tests/link.py").symlink_to("../src/a.py")
    (repository.root / "src/link.py").symlink_to("../tests/b.py")
    repository.commit()
    assert repository.run("init").status == 0
    pins = written(repository)
    assert (counts(pins), [*pins.exempt.reasons]) == ({"src/a.py": 1, "src/link.py": 1}, ["tests/"])
    assert_pinned_or_reported(repository, Outcome("", "", 0))


def test_standard_output_of_another_encoding(directory: Repository) -> None:
    """A pins file is UTF-8, and what is printed is to be redirected into one."""
    directory.write({"naïve.py": PUT})
    outcome = run_process("init", "--output=-", cwd=directory.root, PYTHONIOENCODING="latin-1")
    directory.write({PINS: os.fsencode(outcome.out)})
    assert counts(written(directory)) == {"naïve.py": 1}


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


STRANGE_NAMES = {
    "a b.py": True, "'\"#=.py": True, "日本/é.py": True, "[a]*?.py": True, "tab\tnew\nline\r.py": True,
    "\x1b\x7f\x85\u2028.py": True, "-a.py": True, ".py": True, "a = 1.py": True, "\udcff.py": False, "a:b.py": False,
    "back\\slash.py": False,
}


@pytest.mark.parametrize("can_be_keys", [True, False])
def test_file_names(repository: Repository, can_be_keys: bool) -> None:
    """Of files, and of directories around tests."""
    names = [name for name, can_be_key in STRANGE_NAMES.items() if can_be_key == can_be_keys]
    tests = [f"in {name}/tests/a.py" for name in names]
    repository.commit({**dict.fromkeys([*names, *tests], PUT), "other.py": "x = 1\n"})
    outcome = repository.run("init")
    pinned = {path: number for path, number in counts(written(repository)).items() if path not in tests}
    assert pinned == (dict.fromkeys(names, 1) if can_be_keys else {})
    assert (outcome.status == 0) == can_be_keys
    assert_pinned_or_reported(repository, outcome)


NAMES = st.lists(
    st.text(st.sampled_from("ab .-'\"#\\[]*é日\n\t\x1b\x7f\udcff"), min_size=1, max_size=4).filter(
        lambda name: not name.startswith((".", "-")),
    ) | st.sampled_from(["tests", "test"]),
    min_size=1,
    max_size=3,
)


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(NAMES, sources.modules()), min_size=1, max_size=3))
def test_generated_projects(project: Project, files: list[tuple[list[str], str]]) -> None:
    """The file that is written passes check and flake8 at once, but for what no pin settles."""
    generated = Repository(project, "generated", is_git=False)
    project.monkeypatch.chdir(generated.root)
    try:
        for number, (names, source) in enumerate(files):
            generated.write({f"{number}{'/'.join(names)}.py": source.encode(), "other.py": "x = 1\n"})
        for arguments in ([], ["--calls"]):
            assert_pinned_or_reported(generated, generated.run("init", *arguments))
            (generated.root / PINS).unlink()
    finally:
        project.monkeypatch.chdir(project.root)
        shutil.rmtree(generated.root)
