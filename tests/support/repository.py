"""Git repositories, and the command run in them."""
from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.outcome import Outcome
from support.project import Project
from support.project import PUT

from flake8_artifact_pin.cli.main import main

# What git is told instead of the machine's own configuration: nothing is synced to disk and nothing tidied up,
# which half of the time went to.
CONFIGURATION = {
    "advice.addEmbeddedRepo": "false",
    "core.fsync": "none",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.file.allow": "always",
}
ENVIRONMENT = {
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_CONFIG_COUNT": str(len(CONFIGURATION)),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(CONFIGURATION)},
    **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(CONFIGURATION.values())},
}


def isolate_git(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    """Let git see no configuration, no variable of a hook around the tests, and no repository around the root."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in {**ENVIRONMENT, "GIT_CEILING_DIRECTORIES": str(root.parent)}.items():
        monkeypatch.setenv(name, value)
    # what tells check and diff that they run in a workflow, and what of
    for name in [name for name in os.environ if name == "CI" or name.startswith(("CI_", "GITHUB_"))]:
        monkeypatch.delenv(name)


class Repository(Project):
    """A git repository in the project's directory, or in one below it, and the command run by a test in there."""

    def __init__(self, project: Project, directory: str = ".", *, is_git: bool = True) -> None:
        super().__init__(project.root / directory, project.monkeypatch, project.capture)
        self.root.mkdir(exist_ok=True)
        isolate_git(self.monkeypatch, project.root)
        if is_git:
            make_repository(self.root)

    def git(self, *arguments: str) -> str:
        """Return what git prints."""
        process = subprocess.run(["git", *arguments], cwd=self.root, check=True, stdout=subprocess.PIPE)
        return os.fsdecode(process.stdout)

    def shell(self, commands: str) -> None:
        """Run commands of the shell, each of which must succeed."""
        subprocess.run(["sh", "-ec", commands], cwd=self.root, check=True, stdout=subprocess.DEVNULL)

    def add(self, files: Mapping[str, str | bytes]) -> None:
        """Write files and let git track all that there is."""
        self.write(files)
        self.git("add", "--all")

    def commit(self, files: Mapping[str, str | bytes] | None = None, message: str = "change") -> None:
        """Write files and commit all that there is."""
        self.add(files or {})
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")

    def commit_renames(self, number: int) -> None:
        """Commit files old/N.py, of which the first has a PUT call, and then renames of all to new/xN.py, with an edit.

        Only git has these files: it takes long to write them. Files of the same name would be found at once.
        """
        text = "".join(f"x{line} = 1\n" for line in range(20))
        stream = []
        for start, texts in (("old/", [text + PUT, text]), ("new/x", [text + "x = 1\n"])):
            stream.append("commit refs/heads/main\ncommitter Ann <ann@example.org> 0 +0000\ndata 0\ndeleteall\n")
            for index in range(number):
                data = texts[0] if index == 0 else texts[-1]
                stream.append(f"M 100644 inline {start}{index}.py\ndata {len(data)}\n{data}")
        subprocess.run(["git", "fast-import", "--quiet"], cwd=self.root, check=True, input="".join(stream).encode())
        self.git("read-tree", "HEAD")

    def run(self, *arguments: str) -> Outcome:
        """Run the command within this process."""
        self.capture.readouterr()
        try:
            status = main(arguments)
        except SystemExit as error:
            assert isinstance(error.code, int)
            status = error.code
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = self.capture.readouterr()
        return Outcome(os.fsdecode(out), os.fsdecode(err), status)

    def check(self, *arguments: str) -> Outcome:
        """Run ``check --format json`` within this process."""
        return self.run("check", "--format=json", *arguments)


def make_repository(root: Path) -> None:
    """Make a directory a repository without a commit: a copy takes a fifth of the time of ``git init``."""
    shutil.copytree(_template() / ".git", root / ".git", dirs_exist_ok=True)


@functools.cache
def _template() -> Path:
    root = tempfile.mkdtemp(prefix="template-")
    atexit.register(shutil.rmtree, root)
    command = ["git", "init", "--quiet", "--initial-branch=main", "--template=", root]
    subprocess.run(command, check=True, env={**os.environ, **ENVIRONMENT})
    return Path(root)
