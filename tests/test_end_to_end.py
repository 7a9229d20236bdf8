"""The same source gets the same verdict through every door that flake8 has."""
from __future__ import annotations

import linecache
import os
import re
import subprocess
import sys
from pathlib import Path

import flake8
import pytest
from flake8.api.legacy import get_style_guide
from support import Project

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
PINS = """\
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
SELECT = "--select=APR,E9"


@pytest.fixture
def pipeline(project: Project) -> Project:
    project.write({"src/a.py": PRODUCER, "src/b.py": "x = 1\n", "src/c.py": "", "artifact-pins.toml": PINS})
    return project


def expected_a(shown: str = "./src/a.py", path: str = "src/a.py") -> list[str]:
    """Return what is said of a.py, whose path in commands is relative to the working directory."""
    return [f"{shown}:{line.format(path=path)}" for line in A_PY]


def expected(a: str = "./src/a.py", b: str = "./src/b.py") -> list[str]:
    return [*expected_a(a), f"{b}:{B_PY}"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_start_methods(pipeline: Project, method: str) -> None:
    pipeline.write({
        "run.py": "import multiprocessing, sys\n"
        "from flake8.main.cli import main\n"
        "if __name__ == '__main__':\n"
        "    multiprocessing.set_start_method(sys.argv[1])\n"
        "    raise SystemExit(main(sys.argv[2:]))\n",
    })
    process = subprocess.run(
        [sys.executable, "run.py", method, SELECT, "-j2", "src"], capture_output=True, encoding="utf-8", timeout=60,
    )
    assert process.stderr == ""
    assert process.stdout.splitlines() == expected("src/a.py", "src/b.py")
    assert process.returncode == 1


def test_start_method_in_a_child_process(pipeline: Project) -> None:
    """A task runner may run flake8 in a process of its own: that is not one of flake8's workers."""
    pipeline.write({
        "run.py": "import multiprocessing, sys\n"
        "from flake8.main.cli import main\n"
        "if __name__ == '__main__':\n"
        "    process = multiprocessing.Process(target=main, args=(sys.argv[1:],))\n"
        "    process.start()\n"
        "    process.join()\n",
    })
    command = [sys.executable, "run.py", SELECT, "-j1", "src/c.py", "--artifact-pins=nope.toml"]
    process = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", timeout=60)
    assert process.stdout == (
        "nope.toml:1:1: APR000 unusable pins file: --artifact-pins: "
        f"there is no 'nope.toml' in {pipeline.root} or a directory above it; correct the path or create the file\n"
    )


@pytest.mark.parametrize(
    "prefix",
    ["src/", "./src/", "{root}/src/", "src/../src/", "{root}/../project/src/", "link/", "{root}/link/"],
)
def test_paths(pipeline: Project, prefix: str) -> None:
    (pipeline.root / "link").symlink_to("src")
    prefix = prefix.format(root=pipeline.root)
    paths = f"{prefix}a.py", f"{prefix}b.py"
    assert pipeline.flake8(*paths) == ("\n".join([*expected(*paths), ""]), 1)


@pytest.mark.parametrize(
    "name",
    ["src/a.py", "./src/a.py", "{root}/src/a.py", "link/a.py"],
)
def test_stdin(pipeline: Project, name: str) -> None:
    (pipeline.root / "link").symlink_to("src")
    name = name.format(root=pipeline.root)
    result = pipeline.flake8(f"--stdin-display-name={name}", "-", stdin=PRODUCER)
    assert result == ("".join(f"{line}\n" for line in expected_a(name)), 1)


def test_stdin_of_a_file_that_does_not_exist(pipeline: Project) -> None:
    """An editor may show a file that has never been saved."""
    result = pipeline.flake8("--stdin-display-name=src/new.py", "-", stdin="s3.put_object()\n")
    assert result == (
        f"src/new.py:1:4: APR001 put_object(...): 1 PUT call, 0 pinned; {DECIDE} src/new.py:1\n",
        1,
    )


@pytest.mark.parametrize("where", [".", "src"])
def test_stdin_without_a_name(pipeline: Project, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.chdir(pipeline.root / where)
    assert pipeline.flake8("-", stdin="s3.put_object()\n") == (
        "stdin:1:4: APR001 put_object(...): 1 PUT call, 0 pinned; "
        "its pin is not known: pass --stdin-display-name PATH\n",
        1,
    )


def test_symlinked_working_directory(pipeline: Project) -> None:
    link = pipeline.root.parent / "link"
    link.symlink_to(pipeline.root)
    environment = {**os.environ, "PWD": str(link)}
    assert pipeline.flake8_process(SELECT, cwd=link, env=environment).lines == expected()
    assert pipeline.flake8_process(SELECT, f"{link}/src", cwd=link, env=environment).lines == expected(
        f"{link}/src/a.py", f"{link}/src/b.py",
    )
    pins = f"--artifact-pins={link}/artifact-pins.toml"
    assert pipeline.flake8(pins).lines == expected()


def test_working_directory_below_the_root(pipeline: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pipeline.root / "src")
    assert pipeline.flake8().lines == [*expected_a("./a.py", "a.py"), f"./b.py:{B_PY}"]
    assert pipeline.flake8("../src/a.py", "b.py").lines == [*expected_a("../src/a.py", "a.py"), f"b.py:{B_PY}"]


def test_outside_of_the_pins_directory(pipeline: Project) -> None:
    """Such a file is not governed."""
    outside = pipeline.root.parent / "outside.py"
    outside.write_text("s3.put_object()\n")
    assert pipeline.flake8("../outside.py") == ("", 0)


@pytest.mark.parametrize("where", [".", "elsewhere"])
def test_no_pins_file(project: Project, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Then every file has pin 0, also one that does not lie below the working directory."""
    project.write({"a.py": "s3.put_object(Key=k)\n", "elsewhere/b.py": ""})
    monkeypatch.chdir(project.root / where)
    path = os.path.relpath(project.root / "a.py")
    [line] = project.flake8(path).lines
    assert line.startswith(f"{path}:1:4: APR001 put_object(")
    assert line.endswith("; there is no pins file: flake8-artifact-pin init")


@pytest.mark.parametrize(
    ("source", "places"),
    [
        (b"s3.put_object()\n", ["1:4"]),
        (b"x\r\ns3.put_object()\r\n", ["2:4"]),
        (b"x\rs3.put_object()\r", ["2:4"]),
        (b"\xef\xbb\xbfs3.put_object()\n", ["1:4"]),
        (b"# -*- coding: latin-1 -*-\n'\xe9', s3.put_object()\n", ["2:9"]),
        ("'日本', größe.put_object()\n".encode(), ["1:13"]),
        ("s3.ｐut_object()\n".encode(), ["1:4"]),
        (b"if x:\n\ts3.put_object()\n", ["2:5"]),
        (b"x\n\x0c\ns3.put_object()\n\x0cs3.put_object()\n", ["3:4", "4:5"]),
        ("'\x85\u2028', s3.put_object()\n".encode(), ["1:10"]),
        (b"s3.put_object()", ["1:4"]),
        (b"x = '''\n\n'''; s3.put_object(\n)", ["3:9"]),
        (b"s3 \\\n  .put_object()\n", ["2:4"]),
    ],
)
def test_sources(project: Project, source: bytes, places: list[str]) -> None:
    """A file and standard input, the columns count characters."""
    project.write({"a.py": source})
    for result in (project.flake8("a.py"), project.flake8("--stdin-display-name=a.py", "-", stdin=source)):
        assert [":".join(line.split(":")[1:3]) for line in result.lines] == places
        assert result.status == 1


def test_source_that_is_not_what_it_says(project: Project) -> None:
    """flake8 takes a file that it cannot decode for latin-1."""
    project.write({"a.py": "'é', s3.put_object()\n".encode("latin-1")})
    assert [line.split()[:2] for line in project.flake8().lines] == [["./a.py:1:9:", "APR001"]]


def test_edited_between_two_runs(pipeline: Project) -> None:
    """An editor's server is one process; what it says must not depend on what it said before."""
    broken = "APR000 unusable pins file: not valid TOML"
    for _ in range(3):
        pipeline.write({"artifact-pins.toml": PINS})
        assert pipeline.flake8().lines == expected()
        pipeline.write({"artifact-pins.toml": '[pins]\n"src/a.py" = 3\n"src/b.py" = 0\n'})
        assert [line.split(":")[1:3] for line in pipeline.flake8().lines] == [["9", "8"], ["11", "12"]]
        pipeline.write({"artifact-pins.toml": "["})
        assert [line for line in pipeline.flake8().lines if broken in line] != []
        (pipeline.root / "artifact-pins.toml").unlink()
        assert len(pipeline.flake8().lines) == 4


@pytest.mark.parametrize(
    ("pins", "expected_lines"),
    [
        ('[exempt]\n"src/" = "why"\n', []),
        ('[exempt]\n"tests/" = "TODO"\n', ["APR009", "APR001"]),
        ('[exempt]\n"src/a.py" = "why"\n', []),
        ('[exempt]\n"a.py" = "a path, not a name in every directory"\n', ["APR001"]),
        ('[exempt]\n"?.py" = "a pattern is for a name in every directory"\n', []),
        ('[exempt]\n"s*" = "why"\n', []),
        ('[exempt]\n"*/a.py" = "why"\n', []),
        ('[exempt]\n"*c/" = "why"\n', []),
        ('[exempt]\n"sr/" = "why"\n', ["APR001"]),
        ('[exempt]\n"*b.py" = "why"\n"c*/a.py" = "why"\n', ["APR001"]),
        ('[pins]\n"src/a.py" = 0\n', ["APR001"]),
        ('[pins]\n"src/a.py" = 1\n', []),
        ('[pins]\n"./src//a.py" = 1\n', []),
        ('[pins]\n"src/a.py" = 2\n', ["APR002"]),
        # s3.put_object() is no call of these
        ('stores = []\npatterns = ["nothing"]\n[pins]\n"src/a.py" = 1\n', ["APR002"]),
        ('stores = ["gcs"]\n', []),
        # own patterns are added to the stores
        ('patterns = ["nothing"]\n[pins]\n"src/a.py" = 1\n', []),
    ],
)
def test_pins(project: Project, pins: str, expected_lines: list[str]) -> None:
    project.write({"src/a.py": "s3.put_object()\n", "artifact-pins.toml": pins})
    assert [line.split()[1] for line in project.flake8("src/a.py").lines] == expected_lines


@pytest.mark.parametrize(
    "key",
    ['"a:1:2: b"', '"a.py:10:20: E999 x"', '"::: x y"', '"::1: x y"', '"a\\n:1:2: "', "k[1:2:3]"],
)
def test_clients_read_the_right_place(project: Project, key: str) -> None:
    """Some clients look for the last thing in a line that looks like a place, as python-lsp-server does."""
    project.write({"a.py": f"s3.put_object(Key={key})\n"})
    [line] = project.flake8("a.py").lines
    match = re.match(r"(.*):(\d*):(\d*): (\w*) (.*)", line)
    assert match is not None
    assert match.groups()[:4] == ("a.py", "1", "4", "APR001")


def test_suppressed_call_is_still_yielded(project: Project) -> None:
    """flake8 hides it; --disable-noqa, and tools that look for unused comments, see it."""
    project.write({"a.py": "s3.put_object()  # noqa: APR001 - why\n", "artifact-pins.toml": ""})
    assert project.flake8("a.py").lines == []
    assert project.flake8("--disable-noqa", "a.py").lines == [
        "a.py:1:4: APR001 put_object(...): suppressed with a reason, not counted",
    ]


@pytest.mark.parametrize(
    ("source", "findings"),
    [
        # nothing is said of a blanket noqa in a file within its pin
        ("s3.put_object()  # noqa\n", []),
        ("s3.put_object()  # noqa\ns3.put_object()\n", ["2:4: APR001", "2:1: APR004"]),
        # all lines are covered: the first one that is not is that after the last
        ("s3.put_object()  # noqa\ns3.put_object()  # noqa\n", ["3:1: APR004", "3:1: APR004"]),
        ("s3.put_object()\ns3.put_object()  # noqa: APR001, APR004\n", ["1:4: APR001", "1:1: APR004"]),
        ("s3.put_object()\nx = 1  # noqa: APR001,APR005\n", ["1:1: APR005"]),
        ("s3.put_object()\nx = 1  # noqa : APR001\n", ["1:1: APR005"]),
        # at the place of a call that is suppressed with a reason there is nothing to say
        ("s3.put_object()\ns3.put_object()  # noqa: APR001 - why\n", []),
        ("# noqa\ns3.put_object(); s3.put_object(  # noqa: APR001\n)", ["2:4: APR004", "2:21: APR004"]),
    ],
)
def test_findings_about_comments_are_not_hidden(project: Project, source: str, findings: list[str]) -> None:
    project.write({"a.py": source, "artifact-pins.toml": '[pins]\n"a.py" = 1\n'})
    lines = [line.removeprefix("./a.py:") for line in project.flake8().lines]
    assert sorted(" ".join(line.split()[:2]) for line in lines) == sorted(findings)


@pytest.mark.parametrize(
    ("source", "pins", "places"),
    [
        ("import os  # noqa\nx = 1\n", '[pins]\n"a.py" = 1\n', ["2:1:"]),
        ("import os  # noqa: APR\nx = 1\n", '[pins]\n"a.py" = 1\n', ["2:1:"]),
        ("import os  # noqa: E501\nx = 1\n", '[pins]\n"a.py" = 1\n', ["1:1:"]),
        ("import os  # noqa: APR002\nx = 1\n", '[pins]\n"a.py" = 1\n', []),
        ("import os  # noqa\ns3.put_object()\n", "pins = 1\n", ["1:1:", "2:4:"]),
        ("s3.put_object()  # noqa\n", "pins = 1\n", ["1:1:", "2:1:"]),
        ("s3.put_object()  # noqa: APR000\n", "pins = 1\n", ["1:1:"]),
    ],
)
def test_findings_about_files_are_not_hidden_by_chance(
    project: Project, source: str, pins: str, places: list[str],
) -> None:
    project.write({"a.py": source, "artifact-pins.toml": pins})
    assert [line.split()[0].split(":", 1)[1] for line in project.flake8().lines] == places


def test_unusable_pins_file(project: Project) -> None:
    """Nothing is judged, but no file with a PUT call passes."""
    project.write({
        "artifact-pins.toml": '[exempt]\n"x/" = "why"\n[pins]\n"a.py" = true\n"c.py" = -1\n',
        "a.py": "s3.put_object()\n",
        "b.py": "x = 1  # noqa: APR001\n",
        "c.py": "s3.put_object()  # noqa: APR001 - why\n",
        "x/d.py": "s3.put_object()\n",
    })
    problem = 'the count of "a.py" is not a whole number from 0 to 1000000000'
    assert project.flake8("-", "--stdin-display-name=a.py", stdin="s3.put_object()").lines == [
        f"a.py:1:4: APR000 put_object(...): not judged, artifact-pins.toml cannot be used: {problem} "
        "(and 1 more fault)",
    ]
    assert [line.partition(" APR000 ")[0] for line in project.flake8().lines] == [
        "artifact-pins.toml:4:1:",
        "artifact-pins.toml:5:1:",
        "./a.py:1:4:",
        "./c.py:1:4:",
    ]


@pytest.mark.parametrize(
    ("option", "shown"), [("--version", b"flake8-artifact-pin: "), ("--help", b"--artifact-pins PATH")],
)
def test_version_and_help(project: Project, option: str, shown: bytes) -> None:
    with pytest.raises(SystemExit):
        project.flake8(option)
    assert shown in project.capture.readouterr().out


@pytest.mark.parametrize("named", ["nope.toml", "./nope.toml", "/nope/nope.toml", ""])
def test_named_file_does_not_exist(pipeline: Project, named: str) -> None:
    result = pipeline.flake8(f"--artifact-pins={named}")
    assert result.status == 1
    assert result.lines[0] == "There was a critical error during execution of Flake8:"
    assert result.lines[1].startswith("--artifact-pins: there is no " if named else "--artifact-pins: no file is named")
    assert "; " in result.lines[1]
    assert len(result.lines) == 2


def test_named_file_vanishes_before_a_worker_reads_it(pipeline: Project) -> None:
    """flake8 replaces a worker that fails to start, for ever."""
    pipeline.write({
        "run.py": "import multiprocessing, os, sys\n"
        "from flake8.main.cli import main\n"
        "if __name__ == '__mp_main__' and os.path.exists('artifact-pins.toml'):\n"
        "    os.replace('artifact-pins.toml', 'gone')\n"
        "if __name__ == '__main__':\n"
        "    multiprocessing.set_start_method('spawn')\n"
        "    raise SystemExit(main(sys.argv[1:]))\n",
    })
    command = [sys.executable, "run.py", SELECT, "-j2", "--artifact-pins=artifact-pins.toml", "src"]
    process = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert process.returncode == 1
    assert process.stderr == ""
    if flake8.__version_info__ < (6,):
        # runs in one process then
        assert process.stdout.splitlines() == expected("src/a.py", "src/b.py")
    else:
        assert "cannot be used: --artifact-pins: there is no 'artifact-pins.toml' in " in process.stdout


def test_empty_file_that_was_not_empty_before(project: Project) -> None:
    """For a line that it does not know, flake8 asks linecache, which remembers what the file was."""
    project.write({"artifact-pins.toml": '[pins]\n"a.py" = 1\n', "a.py": "x = 1  # noqa\n"})
    linecache.clearcache()
    assert linecache.getline("./a.py", 1) == "x = 1  # noqa\n"
    project.write({"a.py": ""})
    assert [line.split(" stale")[0] for line in project.flake8().lines] == ["./a.py:1:1: APR002"]


def test_legacy_api(pipeline: Project) -> None:
    pipeline.write({"artifact-pins.toml": f'{PINS}"gone.py" = 1\n'})
    pipeline.capture.readouterr()
    report = get_style_guide(select=["APR"]).check_files(["src/b.py"])
    prune = "flake8-artifact-pin prune"
    gone = f"gone.py does not exist; renamed: flake8-artifact-pin decide --moved; deleted: {prune}"
    assert report.get_statistics("APR") == [f"1 APR003 {gone}", f"1 {B_PY.split(' ', 1)[1]}"]
    assert report.total_errors == 2
    sys.stdout.flush()
    assert pipeline.capture.readouterr().out.decode().splitlines() == [
        f"artifact-pins.toml:4:1: APR003 {gone}", f"src/b.py:{B_PY}",
    ]


def test_does_not_change_the_tree_or_read_the_file(pipeline: Project) -> None:
    """The display name of standard input may be that of a file with another content."""
    Path("src/a.py").write_text("x = 1\n")
    result = pipeline.flake8("--stdin-display-name=src/a.py", "-", stdin=PRODUCER)
    assert result == ("".join(f"{line}\n" for line in expected_a("src/a.py")), 1)
