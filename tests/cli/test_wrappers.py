"""Functions that hide artifacts: which are named, and that the pattern which is offered counts their callers."""
from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import NamedTuple

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
EXEMPT = '[exempt]\n"tests/" = "test code"\n'
CLASS = "class Store:\n    def save(self, key): s3.put_object(Key=key)\n"


class Case(NamedTuple):
    """The files, and of each wrapper its callers, its patterns and how many of the callers these count."""

    files: Mapping[str, str]
    expected: Mapping[str, tuple[int, str, int]]


CASES = {
    # which functions
    "nobody calls it": Case({"io.py": SAVE}, {"save": (0, "", 0)}),
    "two keys in one function": Case(
        {
            "io.py": "def save(key): s3.put_object(Key=key); s3.put_object(Key=key)\n",
            "a.py": f"from io import save\n{CALLS}",
        },
        {"save": (2, "io.save", 2)},
    ),
    "a suppressed call": Case(
        {"lib.py": f"{SAVE.rstrip()}  # noqa: APR001 - its callers count\n", "a.py": f"from lib import save\n{CALLS}"},
        {"save": (2, "lib.save", 2)},
    ),
    # callers in other files
    "under another name": Case(
        {"lib.py": SAVE, "a.py": "from lib import save as put\nimport lib as l\nput('a')\nl.save('b')\nsave('c')\n"},
        {"save": (2, "lib.save", 2)},
    ),
    "passed as a value": Case(
        {"lib.py": SAVE, "a.py": "import lib\nrun(lib.save, 'a')\n"}, {"save": (1, "lib.save", 1)},
    ),
    "in a package below src": Case(
        {"src/pkg/__init__.py": SAVE, "tools/a.py": f"import pkg\npkg.{CALLS}"}, {"save": (1, "pkg.save", 1)},
    ),
    "imported relatively": Case(
        {
            "pkg/lib.py": SAVE,
            "pkg/a.py": f"from .lib import save\n{CALLS}",
            "pkg/b.py": "from . import lib\nlib.save('c')\n",
        },
        {"save": (3, "lib.save", 3)},
    ),
    "two modules of one name": Case(
        {
            "one/lib.py": SAVE,
            "two/lib.py": SAVE,
            "a.py": f"from one.lib import save\n{CALLS}from two import lib\nlib.save('c')\n",
        },
        {"one/save": (2, "one.lib.save", 2), "two/save": (1, "two.lib.save", 1)},
    ),
    "another module of the name without such a function": Case(
        {"one/lib.py": SAVE, "two/lib.py": "x = 1\n", "one/a.py": f"from .lib import save\n{CALLS}"},
        {"save": (2, "lib.save", 2)},
    ),
    "imported relatively, from one of two modules of the name": Case(
        {
            "one/lib.py": SAVE,
            "two/lib.py": SAVE,
            "one/a.py": "from . import lib as l\nl.save('a')\n",
            "one/b/c.py": f"from ..lib import save\n{CALLS}",
            "one/d.py": "from .lib import *\nsave('a')\n",
            "one/e.py": "from .other import save\nsave('a')\nif (\n",
            "one/f.py": "from .other import save\nsave('a')\n",
            "g.py": f"import one.lib as lib\nlib.{CALLS}",
        },
        {"one/save": (5, "one.lib.save", 1), "two/save": (0, "", 0)},
    ),
    "exported by the package, and imported in several ways": Case(
        {
            "pkg/__init__.py": "from .lib import save\n",
            "pkg/lib.py": SAVE,
            "pkg/a.py": "from . import save\nsave('a')\n",
            "a.py": f"from pkg import save\n{CALLS}",
            "b.py": "from pkg.lib import save\nsave('a')\n",
        },
        {"pkg/save": (4, "pkg.save lib.save", 3)},
    ),
    "a module and a package of one name": Case(
        {"lib.py": SAVE, "lib/__init__.py": SAVE, "a.py": f"from lib import save\n{CALLS}"},
        {"save": (0, "", 0), "lib/save": (0, "", 0)},
    ),
    "a module that imports itself": Case(
        {"lib.py": f"import lib\n{SAVE}lib.save('a')\n", "a.py": f"from lib import save\n{CALLS}"},
        {"save": (3, "lib.save", 3)},
    ),
    "other functions of the name": Case(
        {
            "lib.py": SAVE,
            "a.py": f"from other import save\n{CALLS}gc.save('c')\n",
            "b.py": f"def save(x): pass\n{CALLS}",
        },
        {"save": (0, "", 0)},
    ),
    "a module whose name is none": Case(
        {"my-lib.py": SAVE, "a.py": f"from lib import save\n{CALLS}"}, {"save": (0, "", 0)},
    ),
    "counted already": Case(
        {"lib.py": "def put_object(Key): s3.put_object(Key=Key)\n", "a.py": "import lib\nlib.put_object(Key='a')\n"},
        {"put_object": (0, "", 0)},
    ),
    "in exempt files": Case({"lib.py": SAVE, "tests/a.py": f"from lib import save\n{CALLS}"}, {"save": (0, "", 0)}),
    # callers in its own file
    "in both": Case({"lib.py": SAVE + CALLS, "a.py": "import lib\nlib.save('c')\n"}, {"save": (3, "lib.save", 1)}),
    "methods of the name": Case(
        {"lib.py": f"import gc\n{SAVE}gc.save('a')\nself.save('b')\nother.save('c')\nsave('d')\n"},
        {"save": (1, "", 0)},
    ),
    "itself": Case({"lib.py": "def save(key):\n    s3.put_object(Key=key)\n    save(key[1:])\n"}, {"save": (0, "", 0)}),
    "within a function": Case(
        {"lib.py": "def f():\n    def save(key): s3.put_object(Key=key)\n    save('a')\n    save('b')\nsave('c')\n"},
        {"f.save": (2, "", 0)},
    ),
    # methods
    "a method": Case(
        {
            "lib.py": CLASS,
            "a.py": "from lib import Store\nStore().save('a')\ns = Store()\ns.save('b')\nother.save('c')\n",
        },
        {"Store.save": (2, "lib.Store().save", 2)},
    ),
    "a classmethod": Case(
        {
            "lib.py": "class Store:\n    @classmethod\n    def save(cls, key): s3.put_object(Key=key)\n"
            "    def f(self): self.save('a'); self.save('b')\n    @classmethod\n    def g(cls): cls.save('c')\n",
            "a.py": "from lib import Store\nStore.save('d')\n",
        },
        {"Store.save": (4, "lib.Store.save", 1)},
    ),
    "a class": Case(
        {
            "lib.py": "class Store:\n    def __init__(self, key): s3.put_object(Key=key)\nStore('a')\n",
            "a.py": "from lib import Store\nStore('b')\n",
        },
        {"Store.__init__": (2, "lib.Store", 1)},
    ),
    "another class with such a method": Case(
        {"lib.py": f"{CLASS}    def f(self): self.save('a')\nclass Other:\n    def f(self): self.save('b')\n"},
        {"Store.save": (1, "", 0)},
    ),
    "a derived class": Case(
        {
            "lib.py": f"{CLASS}class Near(Store):\n    def f(self): self.save('a')\n"
            "class Far(Near):\n    def f(self): self.save('b')\n"
            "class Own(Store):\n    def save(self, key): pass\n    def f(self): self.save('c')\n",
        },
        {"Store.save": (2, "", 0)},
    ),
    "a class within another one": Case(
        {
            "lib.py": "class A:\n    class B:\n        def save(self, key): s3.put_object(Key=key)\n"
            "        def f(self): self.save('a')\n",
        },
        {"A.B.save": (1, "", 0)},
    ),
    # wrappers of wrappers
    "a wrapper of a wrapper": Case(
        {
            "lib.py": SAVE, "jobs.py": "import lib\ndef store(path): lib.save(path)\n",
            "a.py": "import jobs\njobs.store('a')\njobs.store('b')\n",
        },
        {"save": (1, "lib.save", 1), "store": (2, "jobs.store", 2)},
    ),
    "a third one": Case(
        {"lib.py": f"{SAVE}def store(path): save(path)\ndef keep(path): store(path)\nkeep('a')\nkeep('b')\n"},
        {"save": (1, "", 0), "store": (1, "", 0)},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_wrappers(directory: Repository, name: str) -> None:
    """Pasted into the pins file, patterns count exactly the calls that were said, and nothing more is advised."""
    files, expected = CASES[name]
    directory.write({**files, PINS: EXEMPT})
    wrappers, before = wrappers_and_places()
    is_unique = not any("/" in name for name in expected)
    assert {
        wrapper.name if is_unique else f"{os.path.dirname(wrapper.path)}/{wrapper.name}".lstrip("/"):
        (wrapper.callers, " ".join(wrapper.patterns), wrapper.counted_by_patterns) for wrapper in wrappers
    } == expected
    for patterns, number in [(patterns.split(), number) for _, patterns, number in expected.values() if patterns]:
        directory.write({PINS: f"patterns = {json.dumps(patterns)}\n{EXEMPT}"})
        after, places = wrappers_and_places()
        assert places > before
        assert len(places - before) == number
        assert not [wrapper for wrapper in after if [*wrapper.patterns] == patterns]


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
