"""``init --from``: hand-written guard tests in the styles that people write them in."""
from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from support import PINS
from support import PUT
from support import Repository

from flake8_artifact_pin.cli.init.guard import Guard
from flake8_artifact_pin.cli.init.guard import read_guard
from flake8_artifact_pin.errors import UsageError

pytestmark = pytest.mark.once

FILES = [
    "a.py", "b.py", "c/d.py", "c/e.py", "lib/io.py", "migrations/m1.py", "scripts/adhoc/fix.py", "tests/test_a.py",
]


class Case(NamedTuple):
    """A guard test, the reasons that it gives for files, and those for what is exempt."""

    source: str
    reasons: Mapping[str, str]
    exempt: Mapping[str, str] = {}


CASES = {
    "annotated dict, comments behind": Case(
        '''
        EXCLUDED_PREFIXES: tuple[str, ...] = (
            "tests/",  # test code
            # run by hand, see #7
            "scripts/adhoc/",
            "docs/",
        )
        KNOWN_PUT_SITES: dict[str, int] = {
            "a.py": 1,  # prices/{date}.parquet (config#1234)
            "b.py": (1),  # noqa: E501  # registered later
            "c/d.py": 1,  # TODO
        }
        ''',
        {"a.py": "prices/{date}.parquet (config#1234)", "b.py": "registered later"},
        {"tests/": "test code", "scripts/adhoc/": "run by hand, see #7"},
    ),
    "comments above, of several lines, are of the next entry": Case(
        '''
        class GuardTest(TestCase):
            # Bump a number only after the artifact is registered.
            EXPECTED = {  # the same as in the registry
                # heartbeat
                #
                # for the scheduler
                "a.py": 1,
                "lib/io.py": 1,
                # weekly/{run_date}/manifest.json
                "b.py": 1,  # config#88
                "c/d.py": 1,  # features/{day}.parquet
                              # and features/latest.json
                "c/e.py":
                    1,  # the board
                # add new ones above this line
            }
            SKIPPED = ["tests", "migrations"]
        ''',
        {
            "a.py": "heartbeat for the scheduler",
            "b.py": "weekly/{run_date}/manifest.json; config#88",
            "c/d.py": "features/{day}.parquet and features/latest.json",
            "c/e.py": "the board",
        },
        {"tests/": "exempt in test_guard.py", "migrations/": "exempt in test_guard.py"},
    ),
    "headings": Case(
        '''
        # --- helpers ---
        import os

        PINNED = {
            # --- owned by data ----
            "a.py": 1,
            "b.py": 1,  # weekly numbers

            # ==================
            # features
            # ==================
            # written at noon
            "c/d.py": 1,
            "c/e.py": 1,
        }
        ''',
        {"a.py": "owned by data", "b.py": "weekly numbers", "c/d.py": "written at noon", "c/e.py": "features"},
    ),
    "groups between blank lines": Case(
        '''
        PINNED = {
            # heartbeats
            "a.py": 1,
            "b.py": 1,

            # features/latest.json
            "c/d.py": 1,
            "c/e.py": 1,

            # said of nothing in particular

            "lib/io.py": 1,
        }
        ''',
        {"a.py": "heartbeats", "b.py": "heartbeats", "c/d.py": "features/latest.json"},
    ),
    "dict() and frozenset()": Case(
        '''
        # no producers
        IGNORED = frozenset({"scripts/adhoc", "tests/"})
        EXPECTED = dict([
            ("a.py", 1),  # daily prices
            ("c/d.py", 1),
        ])
        ''',
        {"a.py": "daily prices"},
        {"scripts/adhoc/": "no producers", "tests/": "no producers"},
    ),
    "joined paths": Case(
        '''
        ROOT = Path(__file__).resolve().parents[1]
        SRC = "c"
        BASELINE = {
            ROOT / "c" / "d.py": 1,  # daily prices
            os.path.join(SRC, "e.py"): (
                len(["features", "latest"]) + 0),  # features and latest
            str(Path("lib", "io.py")): 1,  # the board
            (ROOT / "b.py").as_posix(): 1,  # the week
        }
        SKIP = [Path("migrations") / "m1.py", "scripts" + "/"]
        ''',
        {"c/d.py": "daily prices", "c/e.py": "features and latest", "lib/io.py": "the board", "b.py": "the week"},
        {"migrations/m1.py": "exempt in test_guard.py", "scripts/": "exempt in test_guard.py"},
    ),
    "item by item": Case(
        '''
        PINNED = {}
        PINNED["a.py"] = 1  # daily prices
        # features and the manifest
        PINNED["c/d.py"] = 1
        PINNED.update({"c/e.py": 1})  # champions
        def is_skipped(path):
            return path.startswith("lib/") or path.startswith((
                "scripts/",  # one-offs
                "tests/"))
        ''',
        {"a.py": "daily prices", "c/d.py": "features and the manifest", "c/e.py": "champions"},
        {"lib/": "exempt in test_guard.py", "scripts/": "one-offs", "tests/": "exempt in test_guard.py"},
    ),
    "git grep": Case(
        '''
        SEARCHED = ["c/", "tools/"]
        REASONS = {"lib/io.py": "its callers are counted", "docs/README.md": "text"}
        EXEMPT_DIRECTORY = "migrations/"
        def test():
            counts = grep("-c", "put_object", "--", "*.py", ":!tests/*", ":(exclude)scripts")  # no producers
            assert counts == {"c/d.py": 1, **MORE}, "c/ has changed"
        ''',
        {},
        {
            "lib/io.py": "its callers are counted", "migrations/": "exempt in test_guard.py", "tests/": "no producers",
            "scripts/": "no producers",
        },
    ),
    "not what it is about": Case(
        '''
        PINNED = {"./a.py": 1}
        EXAMPLE = {"gone.py": 3}
        OTHER = {"a.py": "x", "/abs.py": 1, "": 2}
        EMPTY = {}
        METHODS = ("put_object", "lib", "../lib/", "/tmp/", ".")
        NUMBERS = {"b.py": 1 + LIMIT, "c/d.py": len(rows), "lib/io.py": True}
        OUTSIDE = ("../lib/", "docs/")
        NAMES = (Path(lib), ROOT / lib, lib, f"{lib}/", Path(), make("lib/"), dict(lib=1), dict([lib]))
        ''',
        {},
    ),
}


@pytest.fixture
def root(directory: Repository) -> str:
    directory.write(dict.fromkeys(FILES, PUT))
    return str(directory.root)


@pytest.mark.parametrize("name", CASES)
def test_reasons(directory: Repository, root: str, name: str) -> None:
    source, reasons, exempt = CASES[name]
    directory.write({"tests/test_guard.py": textwrap.dedent(source)})
    guard = read_guard("tests/test_guard.py", root)
    assert (guard.reasons, guard.exempt) == (reasons, exempt)


def test_init(directory: Repository) -> None:
    """What the guard and the source say differently is listed, and the source is right."""
    guard = 'PINNED = {"a.py": 3, "b.py": 0 + 1, "gone.py": 1, "tests/c.py": 1, "d.py": 1}  # prices\n'
    directory.write({"a.py": PUT, "b.py": PUT, "tests/c.py": PUT, "d.py": "x = 1\n", "e.py": PUT, "guard.py": guard})
    outcome = directory.run("init", "--from=guard.py", "--exempt=tests/=test code", "--grandfather=the rest")
    assert outcome.err.splitlines() == [
        "a.py: the guard says 3, the source makes 1 PUT call",
        "d.py: the guard says 1, the source makes 0 PUT calls",
        "e.py: the guard does not have it, the source makes 1 PUT call",
        "gone.py: the guard says 1, there is no such file",
    ]
    assert outcome.out == f"{PINS}: 3 PUT calls of 3 files pinned, 1 path exempt\n"
    text = directory.read(PINS)
    assert "require-decision = true\n" in text
    assert '"a.py" = { count = 1, grandfathered = "prices" }\n' in text
    assert '"e.py" = { count = 1, grandfathered = "the rest" }\n' in text
    assert directory.run("check").status == 0


@pytest.mark.parametrize(
    ("guard", "base"), [("tests/guard.py", "src/"), ("one/tests/guard.py", "one/"), ("guard.py", "")],
)
def test_paths_of_another_directory(directory: Repository, guard: str, base: str) -> None:
    """A guard test may name files as imports do, or relative to its own package."""
    source = 'PINNED = {"a.py": 2}  # prices\nSKIP = ("lib/",)\n'
    directory.write({f"{base}a.py": "", f"{base}lib/b.py": "", guard: source})
    assert read_guard(guard, str(directory.root)) == Guard(
        {f"{base}a.py": 2}, {f"{base}a.py": "prices"}, {f"{base}lib/": "exempt in guard.py"},
    )


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("x = 1\n", 'has no dict of files and numbers such as {"collectors/prices.py": 2}'),
        ("x = (\n", "is not Python that can be parsed ('(' was never closed (<unknown>, line 1))"),
        (None, "cannot be read (No such file or directory)"),
    ],
)
def test_no_guard(directory: Repository, source: str | None, problem: str) -> None:
    directory.write({"guard.py": source} if source else {})
    with pytest.raises(UsageError) as raised:
        read_guard("guard.py", str(directory.root))
    assert str(raised.value) == f"guard.py {problem}: name the guard test"
