"""The same source gets the same verdict through every door that flake8 has."""
from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Sequence

import flake8
import pytest
from flake8.api.legacy import get_style_guide
from support import Outcome
from support import PINS
from support import Project
from support import PUT
from support import Result
from support import run_program

PRODUCER = """\
import boto3

s3 = boto3.client("s3")


def save(ticker):
    s3.put_object(Bucket="b", Key="prices.json")
    s3.upload_file(ticker, "b", "k")  # noqa: APR001 — re-puts an existing key
    s3.upload_file(ticker, "b", "k")  # noqa: APR001
    s3.upload_file(ticker, "b", "k")  # noqa
    x = 1  # noqa: APR001 - here is none
"""
PRODUCER_PINS = """\
[pins]
"src/a.py" = 1
"src/b.py" = { count = 2, registered = ["b_daily"] }
"""
DECIDE = "decide: flake8-artifact-pin decide"
A_PY = [
    '1:1: APR004 upload_file("k"): the noqa on line 10 does not name APR001, still counted (3 PUT calls, 1 pinned); '
    f'write "# noqa: APR001 - REASON", or {DECIDE} {{path}}:10',
    f'7:8: APR001 put_object("prices.json"): 3 PUT calls, 1 pinned; {DECIDE} {{path}}:7',
    '9:8: APR004 upload_file("k"): the noqa on line 9 gives no reason, still counted (3 PUT calls, 1 pinned); '
    f'write "# noqa: APR001 - REASON", or {DECIDE} {{path}}:9',
    "11:12: APR005 the noqa names APR001, but line 11 has no PUT call: remove it",
]
B_PY = "1:1: APR002 stale pin: 0 PUT calls, 2 pinned; lower it: flake8-artifact-pin prune"


@pytest.fixture
def pipeline(project: Project) -> Project:
    project.write({"src/a.py": PRODUCER, "src/b.py": "x = 1\n", "src/c.py": "", PINS: PRODUCER_PINS})
    return project


def expected_a(shown: str = "./src/a.py", path: str = "src/a.py") -> list[str]:
    """Return what is said of a.py, whose path in commands is relative to the working directory."""
    return [f"{shown}:{line.format(path=path)}" for line in A_PY]


def expected(a: str = "./src/a.py", b: str = "./src/b.py", path: str = "src/a.py") -> list[str]:
    return [*expected_a(a, path), f"{b}:{B_PY}"]


def places(result: Result | Outcome) -> list[str]:
    """Return where each finding is, and its code; sorted, since flake8 5 lints files in any order."""
    return sorted(" ".join(line.split()[:2]) for line in result.lines)


SPAWN = """\
import multiprocessing, os, sys
from flake8.main.cli import main
if __name__ == '__mp_main__' and os.path.exists('artifact-pins.toml'):
    os.replace('artifact-pins.toml', 'gone')
if __name__ == '__main__':
    multiprocessing.set_start_method('spawn')
    raise SystemExit(main(sys.argv[1:]))
"""


def test_named_file_vanishes_before_a_worker_reads_it(pipeline: Project) -> None:
    """flake8 replaces a worker that fails to start, for ever."""
    pipeline.write({"run.py": SPAWN})
    outcome = run_program(sys.executable, "run.py", "--select=APR", "-j2", f"--artifact-pins={PINS}", "src")
    assert (outcome.err, outcome.status) == ("", 1)
    if flake8.__version_info__ < (6,):
        # runs in one process then
        assert outcome.lines == expected("src/a.py", "src/b.py")
    else:
        assert places(outcome) == [f"src/a.py:{place}: APR000" for place in ("1:1", "7:8", "8:8", "9:8")]
        assert f"cannot be used: --artifact-pins: there is no '{PINS}' in " in outcome.lines[0]


# What a start may import of this package: more is for files that need it.
AT_START = {
    "flake8_artifact_pin",
    "flake8_artifact_pin.checker",
    "flake8_artifact_pin.pins",
    "flake8_artifact_pin.pins.files",
    "flake8_artifact_pin.pins.model",
    "flake8_artifact_pin.reporter",
}
MODULES = """\
import sys
from flake8.main.cli import main
main(["-j1", "--isolated", "empty.py"])
print(*sorted(name for name in sys.modules if name.startswith(("flake8_artifact_pin", "tomli"))))
"""


def test_a_start_imports_little(project: Project) -> None:
    """An editor starts flake8 at each save."""
    project.write({"empty.py": "", "run.py": MODULES})
    assert set(run_program(sys.executable, "run.py").out.split()) == AT_START


@pytest.mark.parametrize("prefix", ["src/", "{root}/src/", "src/../src/", "link/"])
def test_paths(pipeline: Project, prefix: str) -> None:
    (pipeline.root / "link").symlink_to("src")
    prefix = prefix.format(root=pipeline.root)
    paths = f"{prefix}a.py", f"{prefix}b.py"
    assert pipeline.flake8(*paths) == ("\n".join([*expected(*paths), ""]), 1)


@pytest.mark.parametrize("name", ["src/a.py", "{root}/src/a.py", "link/a.py"])
def test_stdin(pipeline: Project, name: str) -> None:
    """Nothing is read from the file of that name: an editor shows a text that is not saved."""
    pipeline.write({"src/a.py": "x = 1\n"})
    (pipeline.root / "link").symlink_to("src")
    name = name.format(root=pipeline.root)
    result = pipeline.flake8(f"--stdin-display-name={name}", "-", stdin=PRODUCER)
    assert result == ("".join(f"{line}\n" for line in expected_a(name)), 1)


UNNAMED = "its pin is not known: pass --stdin-display-name PATH"


@pytest.mark.parametrize(
    ("where", "name", "step"),
    [(".", "src/new.py", f"{DECIDE} src/new.py:1"), (".", "stdin", UNNAMED), ("src", "stdin", UNNAMED)],
)
def test_stdin_that_is_no_file(pipeline: Project, where: str, name: str, step: str) -> None:
    pipeline.monkeypatch.chdir(pipeline.root / where)
    arguments = [f"--stdin-display-name={name}"] * (name != "stdin")
    assert pipeline.flake8(*arguments, "-", stdin=PUT) == (
        f"{name}:1:4: APR001 put_object(...): 1 PUT call, 0 pinned; {step}\n", 1,
    )


def test_stdin_with_the_name_of_a_pipe(project: Project) -> None:
    """A name is only a name: opening a pipe would wait for somebody to write into it."""
    os.mkfifo(project.root / "pipe.py")
    result = project.flake8("--stdin-display-name=pipe.py", "-", stdin=f"{PUT}x = '''\n'''\n")
    assert places(result) == ["pipe.py:1:4: APR001"]


def test_working_directory(pipeline: Project) -> None:
    """Below the pins file, and behind a link that the shell knows by its name."""
    link = pipeline.root.parent / "link"
    link.symlink_to(pipeline.root)
    pipeline.monkeypatch.setenv("PWD", str(link))
    pipeline.monkeypatch.chdir(link)
    assert pipeline.flake8().lines == expected()
    assert pipeline.flake8(f"{link}/src").lines == expected(f"{link}/src/a.py", f"{link}/src/b.py")
    assert pipeline.flake8(f"--artifact-pins={link}/{PINS}").lines == expected()
    pipeline.monkeypatch.chdir(pipeline.root / "src")
    assert pipeline.flake8().lines == expected("./a.py", "./b.py", "a.py")
    assert pipeline.flake8("../src/a.py", "b.py").lines == expected("../src/a.py", "b.py", "a.py")


def test_no_pins_file(project: Project) -> None:
    """Then every file has pin 0, also one that does not lie below the working directory."""
    project.write({"a.py": PUT, "elsewhere/b.py": ""})
    project.monkeypatch.chdir(project.root / "elsewhere")
    assert project.flake8("../a.py").lines == [
        "../a.py:1:4: APR001 put_object(...): 1 PUT call, 0 pinned; there is no pins file: flake8-artifact-pin init",
    ]


# sources, and the places of their PUT calls
SOURCES: dict[str, tuple[bytes, list[str]]] = {
    "crlf.py": (b"x\r\ns3.put_object()\r\n", ["2:4"]),
    "bom.py": (b"\xef\xbb\xbfs3.put_object()\n", ["1:4"]),
    "latin_1.py": (b"# -*- coding: latin-1 -*-\n'\xe9', s3.put_object()\n", ["2:9"]),
    "characters.py": ("'日本', größe.put_object()\n".encode(), ["1:13"]),
    "form_feed.py": (b"x\n\x0c\ns3.put_object()\n\x0cs3.put_object()\n", ["3:4", "4:5"]),
    "separators.py": ("'\x85\u2028', s3.put_object()\n".encode(), ["1:10"]),
    "cr.py": (b"x\rs3.put_object()\r", ["2:4"]),
    "wide.py": ("s3.ｐut_object()\n".encode(), ["1:4"]),
    "tab.py": (b"if x:\n\ts3.put_object()\n", ["2:5"]),
    "no_line_end.py": (b"s3.put_object()", ["1:4"]),
    "lines.py": (b"x = '''\n\n'''; s3.put_object(\n)", ["3:9"]),
    "backslash.py": (b"s3 \\\n  .put_object()\n", ["2:4"]),
    # flake8 takes a file that it cannot decode for latin-1
    "undecodable.py": ("'é', s3.put_object()\n".encode("latin-1"), ["1:9"]),
}


def test_sources(project: Project) -> None:
    """Columns count characters."""
    project.write({name: source for name, (source, _) in SOURCES.items()})
    assert places(project.flake8()) == [
        f"./{name}:{place}: APR001" for name, (_, found) in sorted(SOURCES.items()) for place in found
    ]


@pytest.mark.parametrize("name", list(SOURCES)[:6])
def test_sources_on_stdin(project: Project, name: str) -> None:
    source, found = SOURCES[name]
    result = project.flake8("--stdin-display-name=a.py", "-", stdin=source)
    assert places(result) == [f"a.py:{place}: APR001" for place in found]


FILES = {
    "call.py": PUT, "coded.py": "# coding: unicode_escape\nx = 1\n", "empty.py": "", "idle.py": "x = 1\n",
    "write.py": "nothing()\n", "tests/a.py": PUT,
}
FOUND = ["./call.py:1:4: APR001", "./coded.py:1:1: APR011", "./tests/a.py:1:4: APR001"]


@pytest.mark.parametrize(
    ("pins", "found"),
    [
        (None, FOUND),
        ('[pins]\n"write.py" = 0\n', FOUND),
        ('[exempt]\n"tests/" = "why"\n[pins]\n"call.py" = 1\n', FOUND[1:2]),
        (
            '[pins]\n"call.py" = 0\n"empty.py" = 1\n"idle.py" = 1\n"tests/a.py" = 2\n',
            [*FOUND[:2], "./empty.py:1:1: APR002", "./idle.py:1:1: APR002", "./tests/a.py:1:1: APR002"],
        ),
        # s3.put_object() is no call of these
        ('stores = ["gcs"]\n[pins]\n"call.py" = 1\n', ["./call.py:1:1: APR002", *FOUND[1:2]]),
        # own patterns are added to the stores
        ('patterns = ["*.nothing"]\n', FOUND),
        ('[exempt]\n"tests/" = "TODO"\n', [*FOUND[:2], f"{PINS}:2:1: APR009"]),
    ],
)
def test_pins(project: Project, pins: str | None, found: Sequence[str]) -> None:
    project.write({**FILES, **({} if pins is None else {PINS: pins})})
    assert places(project.flake8()) == found


def test_suppressed_call_is_still_yielded(project: Project) -> None:
    """flake8 hides it; --disable-noqa, and tools that look for unused comments, see it."""
    project.write({"a.py": "s3.put_object()  # noqa: APR001 - why\n", PINS: ""})
    assert project.flake8("a.py").lines == []
    assert project.flake8("--disable-noqa", "a.py").lines == [
        "a.py:1:4: APR001 put_object(...): suppressed with a reason, not counted",
    ]


# Files with a pin of 1, and what is said of them: findings about comments and whole files are not hidden by chance.
COMMENTS: dict[str, tuple[str, list[str]]] = {
    "a.py": ("s3.put_object()  # noqa\n", []),
    "b.py": ("s3.put_object()  # noqa\ns3.put_object()\n", ["2:1: APR004", "2:4: APR001"]),
    # all lines are covered: the first one that is not is that after the last
    "c.py": ("s3.put_object()  # noqa\ns3.put_object()  # noqa\n", ["3:1: APR004", "3:1: APR004"]),
    "d.py": ("s3.put_object()\ns3.put_object()  # noqa: APR001, APR004\n", ["1:1: APR004", "1:4: APR001"]),
    "e.py": ("s3.put_object()\nx = 1  # noqa: APR001,APR005\n", ["1:1: APR005"]),
    "f.py": ("s3.put_object()\nx = 1  # noqa : APR001\n", ["1:1: APR005"]),
    # at the place of a call that is suppressed with a reason there is nothing to say
    "g.py": ("s3.put_object()\ns3.put_object()  # noqa: APR001 - why\n", []),
    "h.py": ("# noqa\ns3.put_object(); s3.put_object(  # noqa: APR001\n)", ["2:21: APR004", "2:4: APR004"]),
    "i.py": ("import os  # noqa\nx = 1\n", ["2:1: APR002"]),
    "j.py": ("import os  # noqa: APR\nx = 1\n", ["2:1: APR002"]),
    "k.py": ("import os  # noqa: E501\nx = 1\n", ["1:1: APR002"]),
    "l.py": ("import os  # noqa: APR002\nx = 1\n", []),
}


def test_what_comments_do_not_hide(project: Project) -> None:
    pins = "".join(f'"{name}" = 1\n' for name in COMMENTS)
    project.write({PINS: f"[pins]\n{pins}", **{name: source for name, (source, _) in COMMENTS.items()}})
    assert places(project.flake8()) == [
        f"./{name}:{place}" for name, (_, found) in COMMENTS.items() for place in found
    ]


def test_unusable_pins_file(project: Project) -> None:
    """Nothing is judged, but no file with a PUT call passes, whatever the comments."""
    project.write({
        PINS: '[exempt]\n"x/" = "why"\n[pins]\n"a.py" = true\n"c.py" = -1\n',
        "a.py": PUT, "b.py": "x = 1  # noqa: APR001\n", "c.py": "s3.put_object()  # noqa: APR001 - why\n",
        "d.py": "import os  # noqa\ns3.put_object()\n", "e.py": "s3.put_object()  # noqa\n",
        "f.py": "s3.put_object()  # noqa: APR000\n", "x/g.py": PUT,
    })
    problem = 'the count of "a.py" is not a whole number from 0 to 1000000000'
    assert project.flake8("-", "--stdin-display-name=a.py", stdin="s3.put_object()").lines == [
        f"a.py:1:4: APR000 put_object(...): not judged, {PINS} cannot be used: {problem} (and 1 more fault)",
    ]
    assert places(project.flake8()) == [
        "./a.py:1:4: APR000", "./c.py:1:4: APR000", "./d.py:2:4: APR000", "./e.py:2:1: APR000", f"{PINS}:4:1: APR000",
        f"{PINS}:5:1: APR000",
    ]


# Which pins file governs: arguments in the directory b, and the advice of that file.
NAMED = [
    ([], "nearest"),
    (["--artifact-pins=x.toml"], "above"),
    # a path is relative to the configuration file, a bare name is looked for from the working directory upwards
    (["--config=../path.cfg"], "below"),
    (["--config=../underscore.cfg"], "above"),
    (["--config=../path.cfg", "--artifact-pins=x.toml"], "above"),
]


@pytest.mark.parametrize(("arguments", "advice"), NAMED)
def test_named_pins_file(project: Project, arguments: Sequence[str], advice: str) -> None:
    project.write({
        f"b/{PINS}": 'advice = "nearest"\n', "x.toml": 'advice = "above"\n', "b/y.toml": 'advice = "below"\n',
        "path.cfg": "[flake8]\nartifact-pins = ./b/y.toml\n", "underscore.cfg": "[flake8]\nartifact_pins = x.toml\n",
        "b/c/a.py": PUT,
    })
    project.monkeypatch.chdir(project.root / "b")
    [line] = project.flake8(*arguments).lines
    assert f"; {advice}; decide: " in line


@pytest.mark.parametrize(("named", "problem"), [("./nope.toml", "there is no "), ("", "no file is named; ")])
def test_named_file_does_not_exist(pipeline: Project, named: str, problem: str) -> None:
    result = pipeline.flake8(f"--artifact-pins={named}")
    assert (result.lines[0], result.status) == ("There was a critical error during execution of Flake8:", 1)
    [line] = result.lines[1:]
    assert line.startswith(f"--artifact-pins: {problem}")


def test_pins_file_edited_between_runs(project: Project) -> None:
    """Runs in one process share nothing: each sees the file as it is, even if neither size nor time has changed."""
    pins = project.root / PINS
    contents: dict[str | None, list[str]] = {
        '[pins]\n"a.py" = 1 \n': [],
        '[pins]\n"a.py" = 0 \n': ["./a.py:1:4: APR001"],
        '[pins]\n"a.py" = -1\n': ["./a.py:1:4: APR000", f"{PINS}:2:1: APR000"],
        '[pins]\n"a.py" = 2 \n': ["./a.py:1:1: APR002"],
        '[pins]\n"b.py" = 1 \n': ["./a.py:1:4: APR001", f"{PINS}:2:1: APR003"],
        '[exempt]\n"a.py"="why"': [],
        None: ["./a.py:1:4: APR001"],
    }
    project.write({"a.py": PUT})
    for content in [*contents, *reversed(contents)]:
        pins.unlink(missing_ok=True)
        if content is not None:
            pins.write_text(content)
            os.utime(pins, (1e9, 1e9))
        # also if the user then chooses the reporter that was interposed in the run before
        assert places(project.flake8("--format=artifact-pin")) == contents[content]


@pytest.mark.parametrize(
    ("option", "shown"), [("--version", b"flake8-artifact-pin: "), ("--help", b"--artifact-pins PATH")],
)
def test_version_and_help(project: Project, option: str, shown: bytes) -> None:
    with pytest.raises(SystemExit):
        project.flake8(option)
    assert shown in project.capture.readouterr().out


def test_empty_file_that_was_not_empty_before(project: Project) -> None:
    """For a line that it does not know, flake8 asks linecache, which remembers what the file was."""
    project.write({PINS: '[pins]\n"a.py" = 1\n', "a.py": "x = 1  # noqa\n"})
    linecache.clearcache()
    assert linecache.getline("./a.py", 1) == "x = 1  # noqa\n"
    project.write({"a.py": ""})
    assert places(project.flake8()) == ["./a.py:1:1: APR002"]


def test_legacy_api(pipeline: Project) -> None:
    pipeline.write({PINS: f'{PRODUCER_PINS}"gone.py" = 1\n'})
    pipeline.capture.readouterr()
    report = get_style_guide(select=["APR"]).check_files(["src/b.py"])
    prune = "flake8-artifact-pin prune"
    gone = f"gone.py does not exist; renamed: flake8-artifact-pin decide --moved; deleted: {prune}"
    assert report.get_statistics("APR") == [f"1 APR003 {gone}", f"1 {B_PY.split(' ', 1)[1]}"]
    assert report.total_errors == 2
    sys.stdout.flush()
    assert pipeline.capture.readouterr().out.decode().splitlines() == [
        f"{PINS}:4:1: APR003 {gone}", f"src/b.py:{B_PY}",
    ]
