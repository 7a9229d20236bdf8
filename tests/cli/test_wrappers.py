"""Functions that hide artifacts: which are named, and that the pattern which is offered counts their callers."""
from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence

import pytest
from support import PINS
from support import Repository

from flake8_artifact_pin.cli.wrappers import find_wrappers
from flake8_artifact_pin.cli.wrappers import Wrapper
from flake8_artifact_pin.repository.scan import scan
from flake8_artifact_pin.repository.workspace import open_workspace

pytestmark = pytest.mark.once

SAVE = "def save(key): s3.put_object(Key=key)\n"
CALLS = "save('a.csv')\nsave('b.csv')\n"
FROM_LIB = f"from lib import save\n{CALLS}"
EXEMPT = '[exempt]\n"tests/" = "test code"\n'
FUNCTIONS = """\
import gc
def save(key): s3.put_object(Key=key); s3.put_object(Key=key)
gc.save('a')
self.save('b')
other.save('c')
save('d')
def cut(key):
    s3.put_object(Key=key)
    cut(key[1:])
def f():
    def put(key): s3.put_object(Key=key)  # noqa: APR001 - its callers count
    put('e')
    put('f')
put('g')
"""
METHODS = """\
class Store:
    def save(self, key): s3.put_object(Key=key)
    def f(self): self.save('a')
class Near(Store):
    def f(self): self.save('b')
class Far(Near):
    def f(self): self.save('c')
class Own(Store):
    def save(self, key): pass
    def f(self): self.save('d')
class Other:
    def f(self): self.save('e')
class Log:
    def __init__(self, key): s3.put_object(Key=key)
    class Line:
        def add(self, key): s3.put_object(Key=key)
        def f(self): self.add('f')
class Batch:
    @classmethod
    def put(cls, key): s3.put_object(Key=key)
    def f(self): self.put('g')
    @classmethod
    def g(cls): cls.put('h')
Log('i')
"""
STORE = "import lib\nlib.Store().save('j')\ns = lib.Store()\ns.save('k')\nother.save('l')\n"

# The files, and each wrapper: its path and name, its callers, its patterns and how many of the callers these count.
CASES: dict[str, tuple[Mapping[str, str], Sequence[tuple[str, str, int, str, int]]]] = {
    "functions, called in their own file": (
        {"lib.py": FUNCTIONS, "a.py": "import lib\nlib.save('h')\n"},
        [("lib.py", "save", 2, "lib.save", 1), ("lib.py", "cut", 0, "", 0), ("lib.py", "f.put", 2, "", 0)],
    ),
    "methods": (
        {"lib.py": METHODS, "a.py": f"{STORE}lib.Log('m')\nlib.Batch.put('n')\n"},
        [
            ("lib.py", "Store.save", 5, "lib.Store().save", 2), ("lib.py", "Log.__init__", 2, "lib.Log", 1),
            ("lib.py", "Log.Line.add", 1, "", 0), ("lib.py", "Batch.put", 3, "lib.Batch.put", 1),
        ],
    ),
    "a wrapper of a wrapper": (
        {
            "lib.py": SAVE, "jobs.py": "import lib\ndef store(path): lib.save(path)\n",
            "a.py": "import jobs\njobs.store('a')\njobs.store('b')\n",
        },
        [("jobs.py", "store", 2, "jobs.store", 2), ("lib.py", "save", 1, "lib.save", 1)],
    ),
    "a third one": (
        {"lib.py": f"{SAVE}def store(path): save(path)\ndef keep(path): store(path)\nkeep('a')\nkeep('b')\n"},
        [("lib.py", "save", 1, "", 0), ("lib.py", "store", 1, "", 0)],
    ),
    # callers in other files
    "under another name, and as a value": (
        {"lib.py": SAVE, "a.py": "from lib import save as put\nimport lib as l\nput('a')\nrun(l.save)\nsave('c')\n"},
        [("lib.py", "save", 2, "lib.save", 2)],
    ),
    "in a package below src": (
        {"src/pkg/__init__.py": SAVE, "tools/a.py": f"import pkg\npkg.{CALLS}"},
        [("src/pkg/__init__.py", "save", 1, "pkg.save", 1)],
    ),
    "imported relatively": (
        {"p/lib.py": SAVE, "p/a.py": f"from .lib import save\n{CALLS}", "p/b.py": "from . import lib\nlib.save('c')\n"},
        [("p/lib.py", "save", 3, "lib.save", 3)],
    ),
    "two modules of one name": (
        {
            "one/lib.py": SAVE, "two/lib.py": SAVE,
            "a.py": f"from one.lib import save\n{CALLS}from two import lib\nlib.save('c')\n",
        },
        [("one/lib.py", "save", 2, "one.lib.save", 2), ("two/lib.py", "save", 1, "two.lib.save", 1)],
    ),
    "another module of the name without such a function": (
        {"one/lib.py": SAVE, "two/lib.py": "x = 1\n", "one/a.py": f"from .lib import save\n{CALLS}"},
        [("one/lib.py", "save", 2, "lib.save", 2)],
    ),
    "imported relatively, from one of two modules of the name": (
        {
            "one/lib.py": SAVE, "two/lib.py": SAVE,
            "one/a.py": "from . import lib as l\nl.save('a')\n",
            "one/b/c.py": f"from ..lib import save\n{CALLS}",
            "one/d.py": "from .lib import *\nsave('a')\n",
            "one/e.py": "from .other import save\nsave('a')\nif (\n",
            "one/f.py": "from .other import save\nsave('a')\n",
            "g.py": f"import one.lib as lib\nlib.{CALLS}",
        },
        [("one/lib.py", "save", 5, "one.lib.save", 1), ("two/lib.py", "save", 0, "", 0)],
    ),
    "exported by the package, and imported in several ways": (
        {
            "pkg/__init__.py": "from .lib import save\n", "pkg/lib.py": SAVE,
            "pkg/a.py": "from . import save\nsave('a')\n",
            "a.py": f"from pkg import save\n{CALLS}",
            "b.py": "from pkg.lib import save\nsave('a')\n",
        },
        [("pkg/lib.py", "save", 4, "pkg.save lib.save", 3)],
    ),
    "a module and a package of one name": (
        {"lib.py": SAVE, "lib/__init__.py": SAVE, "a.py": FROM_LIB},
        [("lib.py", "save", 0, "", 0), ("lib/__init__.py", "save", 0, "", 0)],
    ),
    "a module that imports itself": (
        {"lib.py": f"import lib\n{SAVE}lib.save('a')\n", "a.py": FROM_LIB}, [("lib.py", "save", 3, "lib.save", 3)],
    ),
    "other functions of the name": (
        {"lib.py": SAVE, "a.py": f"from other import save\n{CALLS}gc.save('c')\n", "b.py": f"save = 1\n{CALLS}"},
        [("lib.py", "save", 0, "", 0)],
    ),
    "a module whose name is none": ({"my-lib.py": SAVE, "a.py": FROM_LIB}, [("my-lib.py", "save", 0, "", 0)]),
    "counted already": (
        {"lib.py": "def put_object(Key): s3.put_object(Key=Key)\n", "a.py": "import lib\nlib.put_object(Key='a')\n"},
        [("lib.py", "put_object", 0, "", 0)],
    ),
    "in exempt files": ({"lib.py": SAVE, "tests/a.py": FROM_LIB}, [("lib.py", "save", 0, "", 0)]),
}


@pytest.mark.parametrize("case", CASES)
def test_wrappers(directory: Repository, case: str) -> None:
    """Pasted into the pins file, patterns count exactly the calls that were said, and nothing more is advised."""
    files, expected = CASES[case]
    directory.write({**files, PINS: EXEMPT})
    wrappers, before = wrappers_and_places()
    assert [
        (found.path, found.name, found.callers, " ".join(found.patterns), found.counted_by_patterns)
        for found in wrappers
    ] == expected
    for wrapper in wrappers:
        if wrapper.patterns:
            directory.write({PINS: f"patterns = {json.dumps(wrapper.patterns)}\n{EXEMPT}"})
            after, places = wrappers_and_places()
            assert places > before
            assert len(places - before) == wrapper.counted_by_patterns
            assert wrapper.patterns not in [other.patterns for other in after]


def wrappers_and_places() -> tuple[list[Wrapper], set[tuple[str, int, int]]]:
    """Return the wrappers, and the places of the calls that are counted."""
    workspace = open_workspace(None)
    scanned = list(scan(workspace, workspace.files()))
    calls = {
        (file.path, site.call.line, site.call.column)
        for file in scanned if not file.exempt for site in file.report.sites if site.is_counted
    }
    return find_wrappers(workspace, scanned), calls


def test_advice(directory: Repository) -> None:
    """A line for each function with two callers or more, whoever calls it, also where only some files are listed."""
    directory.write({
        "lib.py": f"{SAVE}def send(path): s3.upload_file('x', 'b', path)\nsend('a')\nsend('b')\n"
        "def one(key): s3.put_object(Key=key)\n",
        "a.py": f"from lib import save, one\n{CALLS}one('a')\n",
    })
    advice = [
        "lib.py:1: save(key) writes whatever key its 2 callers pass, as one PUT call: "
        'add "lib.save" to patterns to count 2 calls in other files',
        "lib.py:2: send(path) writes whatever key its 2 callers pass, as one PUT call: "
        "no pattern counts those in lib.py: the decision on this one call is for all of them",
    ]
    assert directory.run("sites").lines[4:] == advice
    assert directory.run("sites", "lib.py").lines[4:] == advice
    assert directory.run("sites", "a.py").lines == []
    directory.write({PINS: 'patterns = ["lib.save"]\n'})
    assert directory.run("sites", "lib.py").lines[4:] == advice[1:]


def test_a_strange_file(directory: Repository) -> None:
    """Nothing that a file is called makes Markdown of it."""
    directory.write({"\x1b[31m/lib_.py": SAVE + CALLS})
    *_, advice = directory.run("sites", "--format=markdown").lines
    assert advice.startswith(r"- \\x1b\[31m/lib\_.py:1: save(key) writes whatever key its 2 callers pass")
