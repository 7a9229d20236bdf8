"""What editors and CI make of the findings: a real language server, and the command lines of other clients.

Each client reads flake8's output with an expression of its own. Those stand here as each client has them, and all
are compared with one list of what there is to be found, which no program wrote.
"""
from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import NamedTuple

import pytest
from support import Project

pytestmark = pytest.mark.clients

# A machine may be busy: whoever waits so long waits in vain.
PATIENCE = 120

PINS = "artifact-pins.toml"
OVER = '''\
import os


def write(s3, body):
    s3.put_object(Key="arn:aws:s3:::bucket/key", Body=body)
    name = "é𝕊"; s3.put_object(Key=f"{name}: 50%s \\"'x'\\"\\n", Body=body)
    return "a line that is longer than the seventy-nine characters of flake8's default"
'''
AT = """\
import os


def write(s3, pool):
    s3.upload_file("a", "b", "c")
    pool.submit(s3.upload_file, "a", "b", "d")
"""
UNDER = """\
import os


def write(s3):
    s3.put_object(Key="a")
"""
NAMED = """\
import os


def write_new(s3):
    s3.put_object(Key="a")
"""
NOQA = """\
import os


def write(s3):
    s3.put_object(Key="a")  # noqa: APR001
    x = os  # noqa: APR001 - there is none
"""
CLEAN = "import os\n"
FILES = {
    "over.py": OVER, "src/at.py": AT, "under.py": UNDER, "named.py": NAMED, "noqa.py": NOQA, "clean.py": CLEAN,
}
STALE = """\
[pins]
"gone.py" = 1
"over.py" = 1
"src/at.py" = 2
"src/gone.py" = 2
"under.py" = 3
[pins."named.py".calls]
"write_old:put_object" = {}
"""
BROKEN = """\
[pins]
"over.py" = 1
"src/at.py" = [2
"""
FAULTY = """\
[exempt]
"docs/" = ""
[pins]
"over.py" = true
"""

Place = tuple[int, int, str]
# What flake8 itself has to say, whatever the pins are.
OTHERS: Mapping[str, list[Place]] = {
    "over.py": [(1, 1, "F401"), (6, 16, "E702"), (7, 80, "E501")],
    "src/at.py": [(1, 1, "F401")],
    "under.py": [(1, 1, "F401")],
    "named.py": [(1, 1, "F401")],
    "noqa.py": [(6, 5, "F841")],
    "clean.py": [(1, 1, "F401")],
}
OURS: Mapping[str, Mapping[str, list[Place]]] = {
    STALE: {
        "over.py": [(5, 8, "APR001"), (6, 21, "APR001")],
        "under.py": [(1, 1, "APR002")],
        "named.py": [(5, 8, "APR006")],
        "noqa.py": [(5, 8, "APR004"), (6, 13, "APR005")],
        PINS: [(2, 1, "APR003"), (5, 1, "APR003")],
    },
    BROKEN: {
        **{name: [(1, 1, "APR000")] for name in FILES if name != "clean.py"},
        # the array is not closed at the end of the file
        PINS: [(4, 1, "APR000")],
    },
    FAULTY: {
        **{name: [(1, 1, "APR000")] for name in FILES if name != "clean.py"},
        PINS: [(2, 1, "APR000"), (4, 1, "APR000")],
    },
}


def places(name: str, pins: str) -> list[Place]:
    """Return what there is to be found in a file, in order."""
    return sorted([*OTHERS.get(name, []), *OURS[pins].get(name, [])])


class Client(NamedTuple):
    """A program that runs flake8 and reads each line of its output."""

    arguments: Callable[[str], list[str]]
    is_stdin: bool
    # with groups "line", "column" and "code", and "path" if the client looks at it
    expression: str
    # codes that the client's configuration ignores
    hidden: frozenset[str] = frozenset()

    def read(self, output: str, default: str = "") -> dict[str, list[Place]]:
        """Return what the client shows for each path; what has no path is about the ``default``."""
        found: dict[str, list[Place]] = {}
        for line in output.splitlines():
            # an expression that is not tied to the start of a line must not be found twice in it
            matches = list(re.finditer(self.expression, line))
            assert len(matches) == 1, f"{len(matches)} findings in {line!r}"
            fields = matches[0].groupdict()
            path = os.path.relpath(fields.get("path") or default)
            found.setdefault(path, []).append((int(fields["line"]), int(fields["column"]), fields["code"]))
        return {path: sorted(of_path) for path, of_path in found.items()}

    def shown(self, found: list[Place]) -> list[Place]:
        return [place for place in found if place[2] not in self.hidden]


NVIM_FORMAT = "--format=%(path)s:%(row)d:%(col)d:%(code)s:%(text)s"
NVIM = r"(?P<path>[^:]+):(?P<line>\d+):(?P<column>\d+):(?P<code>[A-Za-z0-9]+):(?P<text>.+)"
FLYCHECK = r"^(?P<path>.+?):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<code>[A-Za-z]+[0-9]+) (?P<text>.+)$"
CLIENTS = {
    "ALE": Client(
        lambda path: ["--stdin-display-name", path, "-"],
        True,
        r"^[a-zA-Z]?:?[^:]+:(?P<line>\d+):?(?P<column>\d+)?: (?P<code>[A-Za-z0-9]+) (?P<text>.*)$",
    ),
    "nvim-lint": Client(
        lambda path: [NVIM_FORMAT, "--no-show-source", "--stdin-display-name", path, "-"], True, NVIM,
    ),
    "nvim-lint, file": Client(lambda path: [NVIM_FORMAT, "--no-show-source", path], False, NVIM),
    "flycheck": Client(
        lambda path: ["--format=default", "--append-config", "editor.cfg", "--stdin-display-name", path, "-"],
        True,
        FLYCHECK,
        frozenset({"E501"}),
    ),
    "flycheck, file": Client(
        lambda path: ["--format=default", "--append-config", "editor.cfg", path],
        False,
        FLYCHECK,
        frozenset({"E501"}),
    ),
}
# These read what a run on the whole repository prints.
LOGS = {
    "reviewdog": r"^(?P<path>(?:[A-Za-z]:)?(?:\\ |[^ ])+?):(?P<line>\d+):(?P<column>\d+): (?P<text>(?P<code>\S+).+)$",
    "GitHub": r"^(?P<path>.+):(?P<line>\d+):(?P<column>\d+):\s(?P<code>[A-Z]+\d+)\s(?P<text>.+)$",
}
# VS Code's extension passes no shell: the quotes get into the format, and it takes them off each line again.
VS_CODE_FORMAT = "--format='%(row)d,%(col)d,%(code).1s,%(code)s:%(text)s'"
VS_CODE = Client(
    lambda path: [VS_CODE_FORMAT, path],
    False,
    r"^'(?P<line>\d+),(?P<column>-?\d+),(?P<type>\w+),(?P<code>\w+\d+):(?P<text>[^\r\n]*)'$",
)
VS_CODE_STDIN = VS_CODE._replace(
    arguments=lambda path: [VS_CODE_FORMAT, "--stdin-display-name", path, "-"], is_stdin=True,
)


@pytest.fixture
def producers(project: Project) -> Project:
    project.write({**FILES, "editor.cfg": "[flake8]\nmax-line-length = 100\n"})
    return project


@pytest.mark.parametrize("pins", [STALE, BROKEN, FAULTY], ids=["stale", "broken", "faulty"])
@pytest.mark.parametrize("name", CLIENTS)
def test_editors(producers: Project, name: str, pins: str) -> None:
    """What belongs to the pins file is either not there, or has the path of the pins file."""
    producers.write({PINS: pins})
    client = CLIENTS[name]
    for file, text in FILES.items():
        path = str(producers.root / file)
        options = {"input": text} if client.is_stdin else {}
        result = producers.flake8_process(*client.arguments(path), **options)
        expected = {file: client.shown(places(file, pins))}
        if not client.is_stdin:
            expected[PINS] = places(PINS, pins)
        assert client.read(result.output, path) == {path: found for path, found in expected.items() if found}
        assert result.status == 1


@pytest.mark.parametrize("pins", [STALE, BROKEN, FAULTY], ids=["stale", "broken", "faulty"])
def test_logs(producers: Project, pins: str) -> None:
    producers.write({PINS: pins})
    result = producers.flake8_process()
    expected = {path: places(path, pins) for path in [*FILES, PINS]}
    for expression in LOGS.values():
        assert Client(lambda path: [], False, expression).read(result.output) == expected


def test_text_that_was_never_saved(producers: Project) -> None:
    """Standard input is what counts, not the file, nor whether there is one."""
    producers.write({PINS: STALE, "src/at.py": ""})
    for name, client in CLIENTS.items():
        if client.is_stdin:
            # what is handed on is found at the method's name, too
            for file, at in [("src/at.py", []), ("unsaved.py", [(5, 8, "APR001"), (6, 20, "APR001")])]:
                path = str(producers.root / file)
                result = producers.flake8_process(*client.arguments(path), input=AT)
                assert (name, client.read(result.output, path)) == (name, {file: [(1, 1, "F401"), *at]})


def test_text_without_a_name(producers: Project) -> None:
    """nvim-lint of 2023: no pin is known, so each call is reported, and none of the pins is stale."""
    producers.write({PINS: STALE})
    for text, found in [(AT, [(5, 8, "APR001"), (6, 20, "APR001")]), (UNDER, [(5, 8, "APR001")]), (CLEAN, [])]:
        result = producers.flake8_process(NVIM_FORMAT, "--no-show-source", "-", input=text)
        assert CLIENTS["nvim-lint"].read(result.output) == {"stdin": [(1, 1, "F401"), *found]}


# Greedy expressions take the last place that they see in a line. pylsp's one takes a place without digits, too, and
# then shows nothing at all: neither that is a number, nor is line 45 in the text.
PLACES_IN_A_KEY = ["log:4:5: E501 x", "log 12:30:45: all done", "a::: b c"]


@pytest.mark.parametrize("key", PLACES_IN_A_KEY)
def test_key_that_looks_like_a_place(project: Project, key: str) -> None:
    text = f's3 = None\ns3.put_object(Key="{key}")\n'
    project.write({"a.py": text})
    found = {"a.py": [(2, 4, "APR001")]}
    for name, client in [*CLIENTS.items(), *((name, Client(list, False, LOGS[name])) for name in LOGS)]:
        if "flycheck" not in name:
            arguments = client.arguments("a.py") if name in CLIENTS else []
            result = project.flake8_process(*arguments, **({"input": text} if client.is_stdin else {}))
            assert (name, client.read(result.output, "a.py")) == (name, found)


# VS Code: one process, in which flake8 is run over and over as a module.

RUNNER = """\
import io
import json
import os
import runpy
import sys
from pathlib import Path


class Stream(io.TextIOWrapper):
    def close(self):
        pass


def stream(text=""):
    return Stream(io.BytesIO(text.encode()), encoding="utf-8", newline="\\n")


def value(stream):
    stream.seek(0)
    return stream.read()


for line in sys.stdin:
    step = json.loads(line)
    for path, text in step["files"].items():
        if text is None:
            os.remove(path)
        else:
            Path(path).write_text(text, encoding="utf-8")
    os.chdir(step["cwd"])
    streams = sys.stdin, sys.stdout, sys.stderr, sys.argv
    out, err = stream(), stream()
    sys.stdout, sys.stderr, sys.argv = out, err, ["flake8", *step["arguments"]]
    if step["stdin"] is not None:
        sys.stdin = stream(step["stdin"])
    status = None
    try:
        runpy.run_module("flake8", run_name="__main__")
    except SystemExit as error:
        status = error.code
    sys.stdin, sys.stdout, sys.stderr, sys.argv = streams
    print(json.dumps([value(out), value(err), status]), flush=True)
"""


class Step(NamedTuple):
    """A run of flake8 in a process that has run others before, after files were written or removed."""

    arguments: list[str]
    cwd: str
    files: Mapping[str, str | None] = {}
    stdin: str | None = None


def run_steps(tmp_path: Path, steps: list[Step]) -> list[str]:
    """Return what each run printed; none may print anything on standard error."""
    runner = tmp_path / "runner.py"
    runner.write_text(RUNNER)
    process = subprocess.run(
        [sys.executable, str(runner)],
        input="".join(f"{json.dumps(step._asdict())}\n" for step in steps),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert process.stderr == ""
    results = [json.loads(line) for line in process.stdout.splitlines()]
    assert [error for _, error, _ in results] == [""] * len(steps)
    # flake8 ends with a status of 1 where it found something, and with none
    assert [bool(status) for _, _, status in results] == [bool(output) for output, _, _ in results]
    return [output for output, _, _ in results]


def test_vs_code(producers: Project, tmp_path: Path) -> None:
    """Each run sees the pins file as it is then, and says nothing that is not about the open file."""
    root = str(producers.root)
    pins_file = str(producers.root / PINS)
    steps, expected = [], []
    # forwards and back, so that each state comes after each other one
    for pins in [STALE, BROKEN, FAULTY, STALE, FAULTY, BROKEN, STALE]:
        for file in FILES:
            path = str(producers.root / file)
            steps.append(Step(VS_CODE.arguments(path), root, {pins_file: pins}))
            expected.append({file: places(file, pins)})
    outputs = run_steps(tmp_path, steps)
    defaults = [step.arguments[-1] for step in steps]
    assert [VS_CODE.read(output, path) for output, path in zip(outputs, defaults)] == expected


def test_vs_code_over_at_and_under(producers: Project, tmp_path: Path) -> None:
    root, path, pins_file = str(producers.root), str(producers.root / "over.py"), str(producers.root / PINS)
    over = [(5, 8, "APR001"), (6, 21, "APR001")]
    counts: list[tuple[str | None, list[Place]]] = [
        ('[pins]\n"over.py" = 1\n', over),
        ('[pins]\n"over.py" = 2\n', []),
        ('[pins]\n"over.py" = 3\n', [(1, 1, "APR002")]),
        ('[pins]\n"over.py" = \n', [(1, 1, "APR000")]),
        ('[pins]\n"over.py" = 2\n"gone.py" = 1\n', []),
        ('[exempt]\n"over.py" = "a reason"\n', []),
        (None, over),
        ('[pins]\n"over.py" = 2\n', []),
    ]
    for client, stdin in [(VS_CODE, None), (VS_CODE_STDIN, OVER)]:
        # flake8 reads standard input once in a process, so it is the same text all the time
        steps = [Step(client.arguments(path), root, {pins_file: pins}, stdin) for pins, _ in counts]
        found = [client.read(output, path) for output in run_steps(tmp_path, steps)]
        assert found == [{"over.py": sorted([*OTHERS["over.py"], *ours])} for _, ours in counts]


def test_vs_code_with_two_workspaces(producers: Project, tmp_path: Path) -> None:
    """One server has several roots: the pins of one say nothing of the other."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "over.py").write_text(OVER, encoding="utf-8")
    (other / PINS).write_text('[pins]\n"over.py" = 2\n"gone.py" = 1\n')
    producers.write({PINS: STALE})
    here, there = str(producers.root / "over.py"), str(other / "over.py")
    steps = [Step(VS_CODE.arguments(here), str(producers.root)), Step(VS_CODE.arguments(there), str(other))] * 3
    found = [VS_CODE.read(output, "over.py") for output in run_steps(tmp_path, steps)]
    assert found == [{"over.py": places("over.py", STALE)}, {"over.py": OTHERS["over.py"]}] * 3


# pylsp: a language server, which an editor talks to over standard input and output.


class Server:
    """A language server whose only linter is flake8, and the editor that talks to it."""

    def __init__(self, root: Path, errors: Path) -> None:
        scripts = sysconfig.get_path("scripts")
        with errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pylsp"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=root,
                # as in an environment that is active: the server looks for flake8 there
                env={**os.environ, "PATH": os.pathsep.join([scripts, os.environ["PATH"]])},
            )
        self.errors = errors
        self.messages: queue.Queue[Any] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.requests = 0

    def start(self, root: Path) -> None:
        """Open a directory, and switch all linters off but flake8."""
        plugins = {
            name: {"enabled": False}
            for name in ["autopep8", "mccabe", "preload", "pycodestyle", "pydocstyle", "pyflakes", "pylint", "yapf"]
        }
        self.request("initialize", {"processId": os.getpid(), "rootUri": root.as_uri(), "capabilities": {}})
        self.notify("initialized", {})
        settings = {"pylsp": {"plugins": {**plugins, "flake8": {"enabled": True}}}}
        self.notify("workspace/didChangeConfiguration", {"settings": settings})

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream
        while True:
            length = 0
            while header := stream.readline().strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not length:
                self.messages.put(None)
                return
            self.messages.put(json.loads(stream.read(length)))

    def _send(self, message: Mapping[str, object]) -> None:
        assert self.process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _receive(self) -> Any:
        """Return the next message that is no request; those get an answer."""
        while True:
            try:
                message = self.messages.get(timeout=PATIENCE)
            except queue.Empty:
                message = None
            assert message, f"the server says nothing more: {self.errors.read_text()}"
            if "id" not in message or "method" not in message:
                return message
            self._send({"id": message["id"], "result": None})

    def notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def request(self, method: str, params: object) -> None:
        self.requests += 1
        self._send({"id": self.requests, "method": method, "params": params})
        while (answer := self._receive()).get("id") != self.requests:
            pass
        assert "error" not in answer

    def finish(self) -> None:
        """End the server as an editor does; it must have had nothing to complain of, nor flake8."""
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait(PATIENCE)
        assert self.errors.read_text() == ""

    def stop(self) -> None:
        """Let nothing of the server be left, whatever became of the test."""
        self.process.kill()
        self.process.wait()
        self.reader.join()
        for stream in [self.process.stdin, self.process.stdout]:
            assert stream
            stream.close()


class Document:
    """A text that is open in the editor; each thing that is done with it returns what the editor then shows."""

    def __init__(self, server: Server, path: Path) -> None:
        self.server = server
        self.path = path
        self.text = ""
        self.version = 0

    def open(self, text: str | None = None) -> list[Place]:
        """Open the file, or a text that was never saved."""
        self.text = self.path.read_bytes().decode() if text is None else text
        self.version += 1
        item = {"uri": self.path.as_uri(), "languageId": "python", "version": self.version, "text": self.text}
        self.server.notify("textDocument/didOpen", {"textDocument": item})
        return self._shown()

    def change(self, text: str) -> list[Place]:
        """Replace the text in the editor, not the file."""
        self.text = text
        self._change({"text": text})
        return self._shown()

    def append(self, text: str) -> list[Place]:
        """Insert at the end of the text, as one who types does."""
        end = {"line": self.text.count("\n"), "character": 0}
        self.text += text
        self._change({"range": {"start": end, "end": end}, "text": text})
        return self._shown()

    def save(self) -> list[Place]:
        self.path.write_bytes(self.text.encode())
        self.server.notify("textDocument/didSave", {"textDocument": {"uri": self.path.as_uri()}})
        return self._shown()

    def _change(self, change: Mapping[str, object]) -> None:
        self.version += 1
        document = {"uri": self.path.as_uri(), "version": self.version}
        self.server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def _shown(self) -> list[Place]:
        """Return line, column (both from 1 on, as flake8's are) and code of each diagnostic, in order."""
        while True:
            message = self.server._receive()
            params = message.get("params", {})
            if message.get("method") == "textDocument/publishDiagnostics" and params["uri"] == self.path.as_uri():
                break
        # one is waited for before another is asked for, so it is about this very text
        assert params["version"] == self.version
        lines = self.text.splitlines(keepends=True)
        shown = []
        for diagnostic in params["diagnostics"]:
            start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
            assert diagnostic["source"] == "flake8"
            assert diagnostic["message"].startswith(f"{diagnostic['code']} ")
            # it begins within the line and ends with it
            assert 0 <= start["character"] < len(lines[start["line"]])
            assert end == {"line": start["line"], "character": len(lines[start["line"]])}
            shown.append((start["line"] + 1, start["character"] + 1, str(diagnostic["code"])))
        return sorted(shown)


@contextlib.contextmanager
def serving(root: Path, errors: Path) -> Iterator[Server]:
    """Run a server for a directory; what it has to say on standard error goes to a file."""
    server = Server(root, errors)
    try:
        server.start(root)
        yield server
        server.finish()
    finally:
        server.stop()


@pytest.fixture
def server(project: Project, tmp_path: Path) -> Iterator[Server]:
    with serving(project.root, tmp_path / "stderr") as server:
        yield server


ONE = "def write(s3):\n    s3.put_object(Key='a')\n"
SECOND = "    s3.put_object(Key='b')\n"
TWO = [(2, 8, "APR001"), (3, 8, "APR001")]


def test_pylsp_while_somebody_works(project: Project, server: Server) -> None:
    project.write({"a.py": ONE, PINS: '[pins]\n"a.py" = 1\n'})
    document = Document(server, project.root / "a.py")
    assert document.open() == []
    assert document.append(SECOND) == TWO
    assert document.save() == TWO
    project.write({PINS: '[pins]\n"a.py" = 2\n'})
    assert document.save() == []
    # a call that is taken away again
    assert document.change(ONE) == [(1, 1, "APR002")]
    project.write({PINS: '[pins]\n"a.py" = 1\n'})
    assert document.save() == []
    # a pin that somebody made too high
    project.write({PINS: '[pins]\n"a.py" = 5\n'})
    assert document.save() == [(1, 1, "APR002")]
    (project.root / PINS).unlink()
    assert document.save() == [(2, 8, "APR001")]


def test_pylsp_with_pins_that_name_their_calls(project: Project, server: Server) -> None:
    project.write({"a.py": ONE, PINS: '[pins."a.py".calls]\n"write:put_object" = {}\n'})
    document = Document(server, project.root / "a.py")
    assert document.open() == []
    assert document.change(ONE.replace("write", "save")) == [(2, 8, "APR006")]
    assert document.append(SECOND) == TWO
    project.write({PINS: '[pins."a.py".calls]\n"save:put_object" = {}\n"save:put_object#2" = {}\n'})
    assert document.save() == []


def test_pylsp_and_comments(project: Project, server: Server) -> None:
    """The comment of a call, with its reason and without it, and one where no call is."""
    project.write({"a.py": ONE, PINS: ""})
    document = Document(server, project.root / "a.py")
    assert document.open() == [(2, 8, "APR001")]
    assert document.change(ONE.replace("\n    ", "  # noqa: APR001 - no call\n    ")) == [
        (1, 17, "APR005"), (2, 8, "APR001"),
    ]
    assert document.change(ONE.replace("'a')", "'a')  # noqa: APR001")) == [(2, 8, "APR004")]
    # it cannot be hidden where the comment is
    assert document.change(ONE.replace("'a')", "'a')  # noqa")) == [(1, 1, "APR004")]
    assert document.change(ONE.replace("'a')", "'a')  # noqa: APR001 - a probe")) == []


@pytest.mark.parametrize(
    ("pins", "ours"),
    [
        ('[pins]\n"gone.py" = 1\n"a.py" = 1\n', []),
        ('[pins]\n"gone.py" = 1\n', [(4, 8, "APR001")]),
        ('[pins]\n"a.py" = \n', [(1, 1, "APR000")]),
        ('[pins]\n"a.py" = true\n"b.py" = -1\n[exempt]\n"c/" = ""\n', [(1, 1, "APR000")]),
        ('<<<<<<< ours\n[pins]\n=======\n[pins]\n>>>>>>> theirs\n', [(1, 1, "APR000")]),
    ],
    ids=["stale", "stale and over", "broken", "faulty", "conflict"],
)
def test_pylsp_with_a_pins_file_that_is_wrong(
    project: Project, server: Server, pins: str, ours: list[Place],
) -> None:
    """What else flake8 finds is still shown, and nothing of the pins file where it does not concern the text."""
    text = "import os\ny=1\ndef write(s3):\n    s3.put_object(Key='a')\n"
    others = [(1, 1, "F401"), (2, 2, "E225"), (3, 1, "E302")]
    project.write({"a.py": text, PINS: pins})
    document = Document(server, project.root / "a.py")
    assert document.open() == sorted([*others, *ours])
    # the call is gone, and so is APR000; the pin of this file is stale then, if there is a usable one
    stale = [(1, 1, "APR002")] if pins.endswith('"a.py" = 1\n') else []
    assert document.change("import os\ny=1\n") == [*stale, *others[:2]]
    project.write({PINS: '[pins]\n"a.py" = 1\n'})
    assert document.change(text) == others


def test_pylsp_and_where_the_file_is(project: Project, server: Server, tmp_path: Path) -> None:
    root = project.root
    beside = tmp_path / "project-old"
    beside.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    project.write({"src/deep/a.py": ONE, PINS: '[pins]\n"src/deep/a.py" = 1\n'})
    document = Document(server, root / "src/deep/a.py")
    assert document.open() == []
    assert document.append(SECOND) == TWO
    # a new file, which is not on the disk yet
    assert Document(server, root / "src/deep/new.py").open(ONE) == [(2, 8, "APR001")]
    # the server passes no name for a file outside its root, so that it has no pin
    assert Document(server, elsewhere / "a.py").open(ONE) == [(2, 8, "APR001")]
    # but it takes this one to be inside, and passes "../project-old/a.py": outside of the pins file's directory
    assert Document(server, beside / "a.py").open(f"import os\n{ONE}") == [(1, 1, "F401"), (2, 1, "E302")]


def test_pylsp_with_a_root_below_the_pins_file(project: Project, tmp_path: Path) -> None:
    project.write({"src/deep/a.py": ONE, "other/b.py": ONE, PINS: '[pins]\n"src/deep/a.py" = 1\n"gone.py" = 2\n'})
    with serving(project.root / "src", tmp_path / "stderr") as server:
        document = Document(server, project.root / "src/deep/a.py")
        assert document.open() == []
        assert document.append(SECOND) == TWO
        assert Document(server, project.root / "src/a.py").open(ONE) == [(2, 8, "APR001")]


def test_pylsp_with_a_pins_file_below_the_root(project: Project, server: Server) -> None:
    project.write({
        ".flake8": "[flake8]\nartifact-pins = src/pins.toml\n", "src/pins.toml": '[pins]\n"a.py" = 1\n',
    })
    document = Document(server, project.root / "src/a.py")
    assert document.open(ONE) == []
    assert document.append(SECOND) == TWO
    assert Document(server, project.root / "a.py").open(f"{ONE}{SECOND}y=1\n") == [(4, 1, "E305"), (4, 2, "E225")]


def test_pylsp_and_columns(project: Project, server: Server) -> None:
    """Columns count characters, not bytes."""
    project.write({"a.py": "", PINS: '[pins]\n"b.py" = 1\n'})
    document = Document(server, project.root / "a.py")
    assert document.open("s3, ä = '', 'äöü€'\nprint('äöü€', s3.put_object(Key='ключ'))\n") == [(2, 18, "APR001")]
    assert document.change("s3, ä = '', 'äöü€'\nprint(f'{ä}€', s3.put_object(Key=f'{ä}€'))\n") == [(2, 19, "APR001")]
    # a tab is one character
    assert document.change("s3 = ''\nif s3:\n\ts3.put_object()\n") == [(3, 1, "W191"), (3, 5, "APR001")]
    # a call over several lines, with the name of the method on a later one
    assert document.change("s3 = ''\n(\n    s3  # €\n    .put_object(\n        Key='ä'\n    )\n)\n") == [
        (4, 6, "APR001"),
    ]


def test_pylsp_with_carriage_returns(project: Project, server: Server) -> None:
    text = f"{ONE}{SECOND}".replace("\n", "\r\n")
    project.write({"a.py": text, PINS: '[pins]\r\n"a.py" = 1\r\n'})
    document = Document(server, project.root / "a.py")
    assert document.open() == TWO
    project.write({PINS: '[pins]\r\n"a.py" = 2\r\n'})
    assert document.save() == []
    assert document.change(text.replace("'b')", "'b')  # noqa: APR001")) == [(3, 8, "APR004")]
    assert document.change(ONE.replace("\n", "\r\n")) == [(1, 1, "APR002")]


def test_pylsp_with_a_text_that_does_not_parse(project: Project, server: Server) -> None:
    """Half of a line is not taken for a call, nor the calls before it for gone: there is no APR002."""
    project.write({"a.py": ONE, PINS: '[pins]\n"a.py" = 1\n'})
    document = Document(server, project.root / "a.py")
    assert document.open() == []
    shown = document.append("    s3.put_object(Key=]\n")
    assert [(line, code) for line, _, code in shown if code[0] != "E" or code == "E999"] == [(3, "E999")]
    assert document.change(f"{ONE}{SECOND}") == TWO


def test_pylsp_and_a_text_that_looks_like_a_place(project: Project, server: Server) -> None:
    document = Document(server, project.root / "a.py")
    assert document.open("") == []
    for key in PLACES_IN_A_KEY:
        project.write({PINS: ""})
        assert document.change(f"s3 = ''\ns3.put_object(Key='{key}')\n") == [(2, 4, "APR001")]
        # what the pins file quotes gets into the messages as well
        project.write({PINS: f'advice = "{key}"\n'})
        assert document.change("s3 = ''\ns3.put_object(Key='a')\n") == [(2, 4, "APR001")]
        project.write({PINS: f'[pins]\n"{key}" = true\n'})
        assert document.save() == [(1, 1, "APR000")]
