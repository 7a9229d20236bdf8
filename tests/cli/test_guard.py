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
    "collectors/daily.py", "collectors/weekly.py", "features/writer.py", "training/board.py", "scripts/adhoc/fix.py",
    "lib/io.py", "migrations/m1.py", "tests/test_a.py",
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
            "collectors/daily.py": 1,  # prices/{date}.parquet (config#1234)
            "collectors/weekly.py": (1),  # noqa: E501  # registered later
            "features/writer.py": 1,  # TODO
        }
        ''',
        {"collectors/daily.py": "prices/{date}.parquet (config#1234)", "collectors/weekly.py": "registered later"},
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
                "collectors/daily.py": 1,
                "lib/io.py": 1,
                # weekly/{run_date}/manifest.json
                "collectors/weekly.py": 1,  # config#88
                "features/writer.py": 1,  # features/{day}.parquet
                                          # and features/latest.json
                "training/board.py":
                    1,  # the board
                # add new ones above this line
            }
            SKIPPED = ["tests", "migrations"]
        ''',
        {
            "collectors/daily.py": "heartbeat for the scheduler",
            "collectors/weekly.py": "weekly/{run_date}/manifest.json; config#88",
            "features/writer.py": "features/{day}.parquet and features/latest.json",
            "training/board.py": "the board",
        },
        {"tests/": "exempt in test_guard.py", "migrations/": "exempt in test_guard.py"},
    ),
    "headings": Case(
        '''
        # --- helpers ---
        import os

        PINNED = {
            # --- collectors, owned by data ----
            "collectors/daily.py": 1,
            "collectors/weekly.py": 1,  # weekly numbers

            # ==================
            # features
            # ==================
            # written at noon
            "features/writer.py": 1,
            "training/board.py": 1,
        }
        ''',
        {
            "collectors/daily.py": "collectors, owned by data", "collectors/weekly.py": "weekly numbers",
            "features/writer.py": "written at noon", "training/board.py": "features",
        },
    ),
    "groups between blank lines": Case(
        '''
        PINNED = {
            # re-puts what is there already
            "collectors/daily.py": 1,
            "collectors/weekly.py": 1,

            # features/latest.json
            "features/writer.py": 1,
            "training/board.py": 1,

            # said of nothing in particular

            "lib/io.py": 1,
        }
        ''',
        {
            "collectors/daily.py": "re-puts what is there already",
            "collectors/weekly.py": "re-puts what is there already",
            "features/writer.py": "features/latest.json",
        },
    ),
    "dict() and frozenset()": Case(
        '''
        # neither reads nor writes what matters
        IGNORED = frozenset({
            "scripts/adhoc", "tests/",
        })
        EXPECTED = dict([
            ("collectors/daily.py", 1),  # daily prices
            ("features/writer.py", 1),
        ])
        ''',
        {"collectors/daily.py": "daily prices"},
        {"scripts/adhoc/": "neither reads nor writes what matters", "tests/": "neither reads nor writes what matters"},
    ),
    "joined paths": Case(
        '''
        ROOT = Path(__file__).resolve().parents[1]
        SRC = "features"
        BASELINE = {
            ROOT / "collectors" / "daily.py": 1,  # daily prices
            os.path.join(SRC, "writer.py"): (
                len(["features", "latest"]) + 0),  # features and latest
            str(Path("training", "board.py")): 1,  # the board
            (ROOT / "collectors/weekly.py").as_posix(): 1,  # the week
        }
        SKIP = [os.path.join("lib", "io.py"), Path("migrations") / "m1.py", "scripts" + "/"]
        ''',
        {
            "collectors/daily.py": "daily prices", "features/writer.py": "features and latest",
            "training/board.py": "the board", "collectors/weekly.py": "the week",
        },
        {name: "exempt in test_guard.py" for name in ("lib/io.py", "migrations/m1.py", "scripts/")},
    ),
    "item by item": Case(
        '''
        PINNED = {}
        PINNED["collectors/daily.py"] = 1  # daily prices
        # features and the manifest
        PINNED["features/writer.py"] = 1
        PINNED.update({"training/board.py": 1})  # champions
        def is_skipped(path):
            return path.startswith("lib/") or path.startswith((
                "scripts/",  # one-offs
                "tests/"))
        ''',
        {
            "collectors/daily.py": "daily prices",
            "features/writer.py": "features and the manifest",
            "training/board.py": "champions",
        },
        {"lib/": "exempt in test_guard.py", "scripts/": "one-offs", "tests/": "exempt in test_guard.py"},
    ),
    "git grep": Case(
        '''
        SEARCHED = ["collectors/", "features/", "training/"]
        REASONS = {"lib/io.py": "its callers are counted", "docs/README.md": "text"}
        EXEMPT_DIRECTORY = "migrations/"
        def test():
            counts = grep("-c", "put_object", "--", "*.py", ":!tests/*", ":(exclude)scripts")  # no producers
            assert counts == {"collectors/daily.py": 1, **MORE}, "collectors/ has changed"
        ''',
        {},
        {
            "lib/io.py": "its callers are counted", "migrations/": "exempt in test_guard.py", "tests/": "no producers",
            "scripts/": "no producers",
        },
    ),
    "not what it is about": Case(
        '''
        PINNED = {"./collectors/daily.py": 1}
        EXAMPLE = {"a.py": 3}
        OTHER = {"collectors/daily.py": "x", "/abs.py": 1, "": 2}
        EMPTY = {}
        METHODS = ("put_object", "lib", "../lib/", "/tmp/", ".")
        NUMBERS = {"collectors/weekly.py": 1 + LIMIT, "features/writer.py": len(rows), "lib/io.py": True}
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
