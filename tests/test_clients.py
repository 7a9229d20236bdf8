"""What editors and CI make of the findings: real editors and language servers, and the expressions of log readers.

Each client is compared with a list of what there is to be found, which no program wrote. A client that is not
installed is skipped. Some are in no package: VSCODE_FLAKE8 names a copy of the repository of VS Code's extension, and
NEOVIM_PLUGINS a directory with copies of nvim-lint, none-ls.nvim, none-ls-extras.nvim and plenary.nvim. What the manual
tells people to configure is taken from it.
"""
from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from support import PINS
from support import Project
from support import run_program
from support.language_server import Document
from support.language_server import open_notebook
from support.language_server import PATIENCE
from support.language_server import Place
from support.language_server import Server
from support.language_server import serving

from flake8_artifact_pin.cli.explain import pages_of_manual

pytestmark = pytest.mark.clients

SCRIPTS = sysconfig.get_path("scripts")
FLAKE8 = (sys.executable, "-m", "flake8")
PAGE = pages_of_manual()["editors"]
BLOCKS = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
# an editor, and its one line of configuration
ROWS = dict(re.findall(r"^\| (.+) \| `(.+)` \|$", PAGE, re.MULTILINE))
OVER = '''\
import os


def write(s3, body):
    s3.put_object(Key="arn:aws:s3:::bucket/key", Body=body)
    name = "é𝕊"; s3.put_object(Key=f"{name}: 50%s \\"'x'\\"\\n", Body=body)
'''
UNDER = """\
def write(s3):
    s3.put_object(Key="a")
"""
NOQA = """\
import os


def write(s3):
    s3.put_object(Key="a")  # noqa: APR001
    x = os  # noqa: APR001 - there is none
"""
FILES = {"over.py": OVER, "src/under.py": UNDER, "named.py": UNDER, "noqa.py": NOQA, "clean.py": "import os\n"}
STALE = """\
[pins]
"gone.py" = 1
"over.py" = 1
"src/under.py" = 3
[pins."named.py".calls]
"write_old:put_object" = {}
"""
FAULTY = '[pins]\n"over.py" = true\n"src/under.py" = -1\n'
# What flake8 itself has to say, whatever the pins are, and what this plugin has.
OTHERS: Mapping[str, list[Place]] = {
    "over.py": [(1, 1, "F401"), (6, 16, "E702")], "noqa.py": [(6, 5, "F841")], "clean.py": [(1, 1, "F401")],
}
OURS: Mapping[str, Mapping[str, list[Place]]] = {
    STALE: {
        "over.py": [(5, 8, "APR001"), (6, 21, "APR001")],
        "src/under.py": [(1, 1, "APR002")],
        "named.py": [(2, 8, "APR006")],
        "noqa.py": [(5, 8, "APR004"), (6, 13, "APR005")],
        PINS: [(2, 1, "APR003")],
    },
    FAULTY: {
        "over.py": [(5, 8, "APR000"), (6, 21, "APR000")],
        "src/under.py": [(2, 8, "APR000")],
        "named.py": [(2, 8, "APR000")],
        # the comment that hides APR001 does not hide this
        "noqa.py": [(5, 8, "APR000")],
        PINS: [(2, 1, "APR000"), (3, 1, "APR000")],
    },
}


def places(name: str, pins: str) -> list[Place]:
    """Return what there is to be found in a file, in order."""
    return sorted([*OTHERS.get(name, []), *OURS[pins].get(name, [])])


@pytest.fixture
def producers(project: Project) -> Project:
    project.write({**FILES, PINS: STALE})
    return project


# What reads a log: the expression of each, and whether it reads codes of three letters.


class Reader(NamedTuple):
    expression: str
    reads_ours: bool


READERS = {
    "diff-quality": Reader(r"^([^:]+):(\d+):(?:\d+): ([a-zA-Z]+\d+.*)$", True),
    "reviewdog, pep8": Reader(r"^((?:[a-zA-Z]:)?(?:\\ |[^ ])+?):(\d+):\d+: (.+)$", True),
    "reviewdog, flake8": Reader(r"^((?:[a-zA-Z]:)?(?:\\ |[^ ])+?):(\d+):\d+: (.\d+ .+)$", False),
    "Jenkins, flake8": Reader(r"([^:]+):(\d+):\d+: ([A-Z]{1,8}[0-9]{0,6} .+)", True),
    "Jenkins, pep8": Reader(r"(.*):(\d+):\d+: (\D\d* .*)", False),
    "Lintly": Reader(r"^(.*):(\d+):\d+: (\w\d+ .*)$", False),
    "GitHub, any code": Reader(r"^(.+):(\d+):\d+:\s([A-Z]+\d+\s.+)$", True),
    "GitHub, actions-flake8": Reader(r"^([^:]*):(\d+):\d+: ((?:[EF]|[^EF])\d\d\d .*)$", False),
    "GitHub, flake8-annotations": Reader(r"^([^:]+):(\d+):\d+:\s+([CEFNW]\d+\s+.+)$", False),
    "GitHub, home-assistant": Reader(r"^(.*):(\d+):\d+:\s([CDEFNW]\d{3}\s.*)$", False),
}


@pytest.mark.parametrize("name", READERS)
def test_readers_of_logs(producers: Project, name: str) -> None:
    reader = READERS[name]
    read = []
    for line in run_program(*FLAKE8).lines:
        for match in re.finditer(reader.expression, line):
            path, number, text = match.groups()
            read.append((os.path.normpath(path), int(number), text.split()[0]))
    assert sorted(read) == sorted(
        (path, line, code) for path in [*FILES, PINS] for line, _, code in places(path, STALE)
        if reader.reads_ours or not code.startswith("APR")
    )


# What passes the text and its name, and reads lines: arguments, and the expression.
STDIN = {
    "nvim-lint": (
        ["--format=%(path)s:%(row)d:%(col)d:%(code)s:%(text)s", "--no-show-source"], r"[^:]+:(\d+):(\d+):(\w+):(.+)",
    ),
    "SublimeLinter": (["--format", "default"], r"^.+?:(\d+):(\d+): (\w+\d+):? (.*)"),
}


@pytest.mark.parametrize("pins", [STALE, FAULTY], ids=["stale", "faulty"])
@pytest.mark.parametrize("name", STDIN)
def test_standard_input(producers: Project, name: str, pins: str) -> None:
    """Nothing is said of the pins file: an editor would take it for the open file's."""
    arguments, expression = STDIN[name]
    producers.write({PINS: pins})
    for file, text in FILES.items():
        path = str(producers.root / file)
        lines = run_program(*FLAKE8, *arguments, "--stdin-display-name", path, "-", stdin=text).lines
        matches = [re.fullmatch(expression, line) for line in lines]
        read = [(int(match[1]), int(match[2]), match[3]) for match in matches if match]
        assert (file, sorted(read), len(read)) == (file, places(file, pins), len(lines))


# Editors: each writes what a person would see, a finding a line.

VIM_ALE = """\
set nocompatible columns=80 lines=24 noswapfile
set runtimepath^=/usr/share/vim-ale
filetype plugin on
let g:ale_linters = {'python': ['flake8']}
runtime plugin/ale.vim
function! Done(...) abort
  let l:seen = map(copy(ale#engine#GetLoclist(bufnr(''))),
  \\ 'v:val.lnum . ":" . v:val.col . " " . v:val.code . " " . v:val.text')
  call cursor(5, 8)
  redraw
  call ale#cursor#EchoCursorWarning()
  call add(l:seen, trim(join(map(range(1, &columns), 'screenstring(&lines, v:val)'), '')))
  call writefile(l:seen, 'seen')
  qall!
endfunction
autocmd User ALELintPost call timer_start(50, 'Done')
edit over.py
"""
VIM_SYNTASTIC = f"""\
set nocompatible columns=80 lines=24 noswapfile
set runtimepath^=/usr/share/vim-syntastic
filetype plugin on
{ROWS["Vim, Syntastic"]}
runtime plugin/syntastic.vim
edit over.py
SyntasticCheck
Errors
let g:seen = map(getloclist(0), 'bufname(v:val.bufnr) . ":" . v:val.lnum . ":" . v:val.col . " " . v:val.text')
call writefile(map(g:seen, {{_, line -> substitute(line, '\\v (.*) \\[(\\w+)\\]$', ' \\2 \\1', '')}}), 'seen')
qall!
"""
VIM_MAKE = f"""
set nocompatible
{ROWS["Vim and Neovim, `:make`"]}
edit over.py
silent make
call writefile(map(getqflist(), 'bufname(v:val.bufnr) . ":" . v:val.lnum . ":" . v:val.col . " " . v:val.text'), 'seen')
qall!
"""
WAIT = """\
(defun wait-for (condition)
  (let ((end (+ (float-time) 60)))
    (while (and (not (funcall condition)) (< (float-time) end)) (accept-process-output nil 0.1))))
"""
FLYCHECK = f"""\
(require 'flycheck)
{ROWS["Emacs, flycheck"]}
(find-file "over.py")
(setq-default flycheck-checkers '(python-flake8))
(flycheck-mode 1)
(flycheck-buffer)
(wait-for (lambda () (not (flycheck-running-p))))
(with-temp-file "seen"
  (dolist (e (buffer-local-value 'flycheck-current-errors (get-buffer "over.py")))
    (insert (format "%s:%s %s %s\\n" (flycheck-error-line e) (flycheck-error-column e) (flycheck-error-id e)
                    (flycheck-error-message e)))))
"""
FLYMAKE = f"""\
(require 'flymake)
(require 'python)
{BLOCKS["lisp"]}
(find-file "over.py")
(setq-local flymake-diagnostic-functions '(python-flymake))
(flymake-mode 1)
(flymake-start)
(wait-for #'flymake-diagnostics)
(let ((seen (mapcar (lambda (d) (save-excursion
                      (goto-char (flymake-diagnostic-beg d))
                      (format "%s:%s %s\\n" (line-number-at-pos) (1+ (current-column)) (flymake-diagnostic-text d))))
                    (flymake-diagnostics))))
  (with-temp-file "seen" (apply #'insert seen)))
"""
KAKOUNE = f"""\
{ROWS["Kakoune"]}
edit over.py
hook global BufCloseFifo .* %{{ buffer *lint-output*; write! seen; kill! }}
lint
"""
NEOVIM_PLUGINS = os.environ.get("NEOVIM_PLUGINS", "-")
NEOVIM = """\
vim.opt.runtimepath:append(vim.fn.glob(vim.env.NEOVIM_PLUGINS .. "/*", true, true))
vim.cmd("filetype on")
{}
vim.cmd("edit over.py")
{}
vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 100)
local function show(found)
  return string.format("%d:%d %s %s", found.lnum + 1, found.col + 1, found.code, found.message)
end
vim.fn.writefile(vim.tbl_map(show, vim.diagnostic.get(0)), "seen")
vim.cmd("qall!")
"""
VIM = ["-u", "NONE", "-i", "NONE", "-S", "script"]
LUA = ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-S", "script.lua"]
EMACS = ["emacs", "-q", "--batch", "-l", "script"]
EDITORS = {
    "Vim, ALE": (["vim", "--not-a-term", *VIM], VIM_ALE, "/usr/share/vim-ale"),
    "Neovim, ALE": (["nvim", "--headless", *VIM], VIM_ALE, "/usr/share/vim-ale"),
    "Vim, Syntastic": (["vim", "--not-a-term", *VIM], VIM_SYNTASTIC, "/usr/share/vim-syntastic"),
    "Vim, make": (["vim", "--not-a-term", *VIM], VIM_MAKE, "/"),
    "Neovim, make": (["nvim", "--headless", *VIM], VIM_MAKE, "/"),
    "Neovim, nvim-lint": (LUA, NEOVIM.format(ROWS["Neovim, nvim-lint"], 'require("lint").try_lint()'), NEOVIM_PLUGINS),
    "Neovim, none-ls": (LUA, NEOVIM.format(ROWS["Neovim, none-ls and none-ls-extras"], ""), NEOVIM_PLUGINS),
    "Kakoune": (["kak", "-ui", "json", "-e", "source script"], KAKOUNE, "/"),
    "Emacs, flycheck": (EMACS, f"{WAIT}{FLYCHECK}", "/usr/share/emacs/site-lisp/elpa"),
    "Emacs, flymake": (EMACS, f"{WAIT}{FLYMAKE}", "/"),
}


def run_editor(project: Project, name: str) -> list[str]:
    """Return what an editor shows of over.py; its screen has 80 columns."""
    command, script, needed = EDITORS[name]
    if not shutil.which(command[0]) or not os.path.isdir(needed):
        pytest.skip(f"{name} is not installed")
    project.write({"script": script, "script.lua": script})
    # nobody types, and nobody hangs up: Vim ends where its input does
    keyboard, typing = os.pipe()
    subprocess.run(
        command, cwd=project.root, timeout=PATIENCE, stdin=keyboard,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={
            **os.environ, "TERM": "xterm", "HOME": str(project.root),
            "PATH": os.pathsep.join([SCRIPTS, os.environ["PATH"]]),
        },
    )
    os.close(keyboard)
    os.close(typing)
    return project.read("seen").splitlines()


@pytest.mark.parametrize("name", EDITORS)
def test_editors(producers: Project, name: str) -> None:
    seen = run_editor(producers, name)
    decide = "decide: flake8-artifact-pin decide over.py"
    # these count bytes, as Vim does
    column = 25 if "ALE" in name or "none-ls" in name else 21
    ours = [
        f'5:8 APR001 put_object("arn:aws:s3:::bucket/key"): 2 PUT calls, 1 pinned; {decide}:5',
        f'6:{column} APR001 put_object("é𝕊: 50%s "\'x\'"\\n"): 2 PUT calls, 1 pinned; {decide}:6',
    ]
    if name in ("Vim, Syntastic", "Vim, make", "Neovim, make"):
        pins, *seen = seen
        assert pins.startswith(f"{PINS}:2:1 APR003 gone.py does not exist")
    if "ALE" in name:
        # the middle of a long line is cut
        assert re.search(r'APR001: put_object\("arn:aws:s3::.*-artifact-pin decide over\.py:5', seen.pop())
    seen = [re.sub(r"^over\.py:(\d+:\d+):? ", r"\1 ", line) for line in seen]
    assert [line for line in seen if " APR" in line] == ours


# Language servers

ONE = "def write(s3):\n    s3.put_object(Key='a')\n"
SECOND = "    s3.put_object(Key='b')\n"
TWO = [(2, 8, "APR001"), (3, 8, "APR001")]
SERVERS = ["pylsp", "VS Code"]
# They show a text with its code in front.
RUNNERS: Mapping[str, tuple[list[str], Mapping[str, object]]] = {
    "efm": (["efm-langserver", "-c", "config.yaml"], {}),
    "diagnostic-languageserver": (["diagnostic-languageserver", "--stdio"], json.loads(BLOCKS["json"])),
}


@pytest.mark.parametrize("name", RUNNERS)
def test_runners_of_linters(producers: Project, tmp_path: Path, name: str) -> None:
    (program, *arguments), options = RUNNERS[name]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    producers.write({"config.yaml": BLOCKS["yaml"]})
    server = Server([program, *arguments], producers.root, tmp_path / "stderr")
    try:
        server.start(producers.root, options, {})
        for file in FILES:
            assert (file, Document(server, producers.root / file).open()) == (file, places(file, STALE))
    finally:
        # at once: efm does not answer that it ends
        server.stop()


@contextlib.contextmanager
def run_server(name: str, root: Path, errors: Path, cwd: str = "${workspaceFolder}") -> Iterator[Server]:
    """Run a server whose only linter is flake8; VS Code's takes its working directory."""
    if name == "pylsp":
        pytest.importorskip("pylsp")
        linters = ["autopep8", "mccabe", "preload", "pycodestyle", "pydocstyle", "pyflakes", "pylint", "yapf"]
        plugins = {**{linter: {"enabled": False} for linter in linters}, "flake8": {"enabled": True}}
        command = [sys.executable, "-m", "pylsp"]
        options: Mapping[str, object] = {}
        settings: Mapping[str, object] = {"pylsp": {"plugins": plugins}}
    else:
        server = Path(os.environ.get("VSCODE_FLAKE8", "-"), "bundled", "tool", "lsp_server.py")
        if not server.is_file():
            pytest.skip("VSCODE_FLAKE8 names no copy of VS Code's flake8 server")
        command = [sys.executable, str(server)]
        workspace = {
            "workspace": root.as_uri(), "workspaceFS": str(root), "cwd": cwd, "enabled": True, "args": [],
            "path": [], "interpreter": [], "severity": {"APR": "Error"}, "ignorePatterns": [], "extraPaths": [],
            "importStrategy": "fromEnvironment", "showNotifications": "off",
        }
        options, settings = {"settings": [workspace], "globalSettings": {}}, {}
    with serving(command, root, errors, options, settings) as running:
        yield running


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, project: Project, tmp_path: Path) -> Iterator[Server]:
    with run_server(request.param, project.root, tmp_path / "stderr") as running:
        yield running


# The pins file, the text and what is then shown: each opened after the other in one server.
COUNT = '[pins]\n"a.py" = {}\n'
STORY: list[tuple[str, str, list[Place]]] = [
    (COUNT.format(1), ONE, []),
    (COUNT.format(1), ONE + SECOND, TWO),
    (COUNT.format(2), ONE + SECOND, []),
    (COUNT.format(2), ONE, [(1, 1, "APR002")]),
    ("", ONE, [(2, 8, "APR001")]),
    # pins that name their calls
    ('[pins."a.py".calls]\n"write:put_object" = {}\n', ONE, []),
    ('[pins."a.py".calls]\n"write:put_object" = {}\n', ONE.replace("write", "save"), [(2, 8, "APR006")]),
    # comments: with a reason, without one, where no call is, and hidden where they stand
    ("", ONE.replace("'a')", "'a')  # noqa: APR001 - a probe"), []),
    ("", ONE.replace("'a')", "'a')  # noqa: APR001"), [(2, 8, "APR004")]),
    ("", ONE.replace("\n    ", "  # noqa: APR001 - no call\n    "), [(1, 17, "APR005"), (2, 8, "APR001")]),
    ("", ONE.replace("'a')", "'a')  # noqa"), [(1, 1, "APR004")]),
    # a pins file that is wrong, and what does not concern the text
    ('[pins]\n"gone.py" = 1\n"a.py" = 1\n', ONE, []),
    ('[pins]\n"a.py" = \n', ONE, [(2, 8, "APR000")]),
    ('[pins]\n"a.py" = \n', "y = 1\n", []),
    ("<<<<<<< ours\n[pins]\n=======\n[pins]\n>>>>>>> theirs\n", ONE, [(2, 8, "APR000")]),
    # columns count characters, and a tab is one
    (COUNT.format(0), "s3, ä = '', 'äöü€'\nprint('äöü€', s3.put_object(Key='ключ'))\n", [(2, 18, "APR001")]),
    ("", "s3 = ''\n(\n    s3  # €\n    .put_object(\n        Key='ä'\n    )\n)\n", [(4, 6, "APR001")]),
    (COUNT.format(1), f"{ONE}{SECOND}".replace("\n", "\r\n"), TWO),
    # texts that look like a place
    ("", "s3 = ''\ns3.put_object(Key='log:4:5: E501 x')\n", [(2, 4, "APR001")]),
    ('advice = "log 12:30:45: done"\n', "s3 = ''\ns3.put_object(Key='a::: b c')\n", [(2, 4, "APR001")]),
    # half of a line is not taken for a call, nor the calls before it for gone
    (COUNT.format(1), f"{ONE}    s3.put_object(Key=]\n", [(3, 23, "E999")]),
]


def test_servers(project: Project, server: Server) -> None:
    project.write({".flake8": "[flake8]\nselect = APR,E999\n"})
    path = project.root / "a.py"
    for pins, text, expected in STORY:
        project.write({PINS: pins, "a.py": text})
        shown = Document(server, path).open()
        if expected and expected[0][2] == "E999":
            shown = [(line, 23, code) for line, _, code in shown]
        assert (pins, text, shown) == (pins, text, expected)


def test_vs_code_above_the_pins_file(project: Project, tmp_path: Path) -> None:
    project.write({"part/a.py": ONE, f"part/{PINS}": COUNT.format(1)})
    for cwd, shown in [("${workspaceFolder}", [(2, 8, "APR001")]), ("${fileDirname}", [])]:
        with run_server("VS Code", project.root, tmp_path / "stderr", cwd) as server:
            assert Document(server, project.root / "part/a.py").open() == shown


def test_pylsp_while_somebody_types(project: Project, tmp_path: Path) -> None:
    project.write({"src/a.py": ONE, PINS: '[pins]\n"src/a.py" = 1\n"gone.py" = 2\n'})
    # the root of the editor is below the pins file
    with run_server("pylsp", project.root / "src", tmp_path / "stderr") as server:
        document = Document(server, project.root / "src/a.py")
        assert document.open() == []
        assert document.append(SECOND) == TWO
        project.write({PINS: '[pins]\n"src/a.py" = 2\n'})
        assert document.save() == []
        assert document.change(ONE) == [(1, 1, "APR002")]
        # a file that is not on the disk yet, and one outside of the root, which has no name there
        assert Document(server, project.root / "src/new.py").open(ONE) == [(2, 8, "APR001")]
        assert Document(server, tmp_path / "b.py").open(ONE) == [(2, 8, "APR001")]


# Notebooks: the cells are linted, and this plugin says nothing of them.

CELL = "import os\ns3.put_object(Key='a')\n"


def test_notebook_in_an_editor(project: Project, server: Server, request: pytest.FixtureRequest) -> None:
    """pylsp passes no name; flake8's configuration leaves out what it then shows."""
    is_named = "VS Code" in request.node.name
    for number, configuration in enumerate(["[flake8]\n", BLOCKS["ini"]]):
        project.write({PINS: "[pins]\n", ".flake8": f"{configuration}extend-ignore = F821\n"})
        messages = open_notebook(server, project.root / f"explore{number}.ipynb", CELL)
        assert len(messages) == (1 if is_named or number else 2), messages


def test_notebook_with_nbqa(project: Project) -> None:
    pytest.importorskip("nbqa")
    cell: Mapping[str, object] = {
        "cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
        "source": CELL,
    }
    notebook = {"cells": [cell], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    project.write({"notebooks/explore.ipynb": json.dumps(notebook), PINS: "[pins]\n"})
    process = subprocess.run(
        [sys.executable, "-m", "nbqa", "flake8", ".", "--extend-ignore=F821"],
        cwd=project.root, capture_output=True, encoding="utf-8",
    )
    assert re.fullmatch(r"\S+explore.ipynb:cell_1:1:1: F401 .*\n", process.stdout), process
