"""A language server whose linter is flake8, and the editor that talks to it over standard input and output."""
from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sysconfig
import threading
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# A machine may be busy: whoever waits so long waits in vain.
PATIENCE = 120

#: Line, column (both from 1 on, as flake8's are) and code of what an editor shows.
Place = tuple[int, int, str]

CAPABILITIES: Mapping[str, object] = {
    "textDocument": {"publishDiagnostics": {}}, "notebookDocument": {"synchronization": {}},
}


class Server:
    """A running language server, and what it and the editor say to each other."""

    def __init__(self, command: Sequence[str], root: Path, errors: Path) -> None:
        scripts = sysconfig.get_path("scripts")
        with errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                command,
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

    def start(self, root: Path, options: Mapping[str, object], settings: Mapping[str, object]) -> None:
        """Open a directory."""
        self.request("initialize", {
            "processId": os.getpid(), "rootUri": root.as_uri(), "capabilities": CAPABILITIES,
            "initializationOptions": options,
        })
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": settings})

    def notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def request(self, method: str, params: object) -> None:
        self.requests += 1
        self._send({"id": self.requests, "method": method, "params": params})
        while (answer := self.receive()).get("id") != self.requests:
            pass
        assert "error" not in answer, answer

    def receive(self) -> Any:
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

    def diagnostics(self, uri: str) -> Any:
        """Return what the server next says of a text."""
        while True:
            message = self.receive()
            params = message.get("params", {})
            if message.get("method") == "textDocument/publishDiagnostics" and params["uri"] == uri:
                return params

    def finish(self) -> None:
        """End the server as an editor does; it must have had nothing to complain of, nor flake8."""
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait(PATIENCE)
        complaints = self.errors.read_text()
        assert "Traceback" not in complaints and "ERROR" not in complaints, complaints

    def stop(self) -> None:
        """Let nothing of the server be left, whatever became of the test."""
        self.process.kill()
        self.process.wait()
        self.reader.join()
        for stream in [self.process.stdin, self.process.stdout]:
            assert stream
            stream.close()

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
        """Return what is shown, in order; each finding begins within its line."""
        lines = self.text.splitlines(keepends=True)
        shown = []
        for diagnostic in self.server.diagnostics(self.path.as_uri())["diagnostics"]:
            start = diagnostic["range"]["start"]
            assert 0 <= start["character"] < len(lines[start["line"]])
            code = diagnostic.get("code") or diagnostic["message"].split()[0]
            shown.append((start["line"] + 1, start["character"] + 1, str(code)))
        return sorted(shown)


def open_notebook(server: Server, path: Path, cell: str) -> list[str]:
    """Open a notebook of one cell; return the messages that the editor shows at it."""
    uri = f"vscode-notebook-cell:{path.as_uri().removeprefix('file://')}#C1"
    server.notify("notebookDocument/didOpen", {
        "notebookDocument": {
            "uri": path.as_uri(), "notebookType": "jupyter-notebook", "version": 1, "metadata": {},
            "cells": [{"kind": 2, "document": uri, "metadata": {}}],
        },
        "cellTextDocuments": [{"uri": uri, "languageId": "python", "version": 1, "text": cell}],
    })
    return [diagnostic["message"] for diagnostic in server.diagnostics(uri)["diagnostics"]]


@contextlib.contextmanager
def serving(
    command: Sequence[str], root: Path, errors: Path,
    options: Mapping[str, object] = {}, settings: Mapping[str, object] = {},
) -> Iterator[Server]:
    """Run a server for a directory; what it has to say on standard error goes to a file."""
    server = Server(command, root, errors)
    try:
        server.start(root, options, settings)
        yield server
        server.finish()
    finally:
        server.stop()
