"""What a pins file may hold: files of faults, each with what is expected in a comment of its line."""
from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import tomli
from support import PINS

from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.files import PYPROJECT
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pin
from flake8_artifact_pin.pins.model import PinnedCall
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.pins.schema import TOP_KEYS

pytestmark = pytest.mark.once

FAULTS = Path(__file__).parent / "faults"
EXPECTED = re.compile(r"#! (\d+): (.*?)(?= #! \d+: |$)")
FORMS: dict[str, Callable[[str], str]] = {"plain": str, "CRLF": lambda text: text.replace("\n", "\r\n")}


def expected_faults(text: str) -> list[str]:
    """Return "line:column: problem" for each fault that a comment expects."""
    return [
        f"{number}:{column}: {problem}"
        for number, line in enumerate(text.split("\n"), start=1)
        for column, problem in EXPECTED.findall(line)
    ]


def faults_of(text: str, name: str = PINS) -> list[str]:
    pins = parse_pins(Pins(f"/x/{name}", "/x"), text)
    return [f"{fault.line}:{fault.column + 1}: {fault.problem}" for fault in pins.faults]


def as_pyproject(text: str) -> str:
    """Move a pins file's text one line down, into pyproject.toml."""
    header = re.compile(r"^( *\[+ *)(?=(?:exempts?|pins?|patterns|zzz)\b)", re.MULTILINE)
    moved = header.sub(r"\1tool.artifact-pins.", text)
    return f"[tool.artifact-pins]\n{moved}"


def files(pattern: str) -> list[Path]:
    found = sorted(FAULTS.glob(pattern))
    assert len(found) > 8
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("file", [*files("*.toml"), *files("syntax/*.toml")], ids=lambda file: file.stem)
def test_faults(file: Path, form: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert expected_faults(text)
    assert faults_of(FORMS[form](text)) == expected_faults(text)


@pytest.mark.parametrize("file", files("pyproject/*.toml"), ids=lambda file: file.stem)
def test_faults_of_pyproject(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert expected_faults(text)
    assert faults_of(text, PYPROJECT) == expected_faults(text)


@pytest.mark.parametrize("file", files("*.toml"), ids=lambda file: file.stem)
def test_the_same_faults_in_pyproject(file: Path) -> None:
    # a header moves to the right, and places in it with it
    text = as_pyproject(file.read_text(encoding="utf-8"))
    assert tomli.loads(text) == {"tool": {"artifact-pins": tomli.loads(file.read_text(encoding="utf-8"))}}
    assert sorted(faults_of(text, PYPROJECT)) == sorted(expected_faults(text))


@pytest.mark.parametrize(
    "name", ["f", "1f:put", "f:put(a"],
)
def test_no_name_of_a_call(name: str) -> None:
    [fault] = faults_of(f'[pins."a.py".calls]\n"{name}" = {{ zzz = 1 }}\n')
    assert fault.startswith(f'2:1: "{name}" of "a.py" is not the name of a call: write "FUNCTION:METHOD')


def test_many_faults() -> None:
    """Only the first ones are compared with what is known, which takes time."""
    faults = faults_of("".join(f"pin{number} = 1\n" for number in range(20)))
    assert [fault.endswith('did you mean "pins"?') for fault in faults] == [True] * 10 + [False] * 10


def test_long_keys() -> None:
    path, word = "a/" * 3000, "pins" * 100
    assert faults_of(f'{word} = 1\n{word[:200]} = 1\n[pins]\n"{path}" = 1\n') == [
        f'1:1: unknown key "{word[:200]}...": known are {", ".join(TOP_KEYS)}',
        f'2:1: unknown key "{word[:200]}": known are {", ".join(TOP_KEYS)}',
        f'4:1: path "{path[:200]}..." is longer than 4096 characters: no file has such a path',
    ]


def test_many_patterns() -> None:
    exempt = "".join(f'"*{number}.py" = "why"\n' for number in range(101))
    assert faults_of(f"[exempt]\n{exempt}") == [
        "1:2: more than 100 patterns are exempt: name directories instead",
    ]
    assert faults_of(f"[exempt]\n{exempt[exempt.index('*1.py') - 1:]}") == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('[pins]\n"a.py" = 1\n', 1),
        ('pins."a.py".count = 1_0\n', 10),
        ('[pins."./\\u0061.py"]\ncount = 1\n', 1),
        ('[pins]\n".//././a.py" = +1', 1),
        ('# <<<<<<< HEAD\n[pins] # "\n"a.py" = 1 # it is 2\n# "a.py" = 2\n', 1),
        ('advice = """\n<<<<<<< HEAD\n=======\n>>>>>>> x\n"""\n[pins]\n"a.py" = 1\n', 1),
    ],
)
def test_spellings_of_a_count(text: str, count: int) -> None:
    pins = parse_pins(Pins(f"/x/{PINS}", "/x"), text)
    assert pins.faults == ()
    assert pins.pin_of("a.py").allowed == count


def test_all_keys() -> None:
    pins = parse_pins(Pins(f"/x/{PINS}", "/x"), """
        stores = ["*", "s3", "*"]
        patterns = ["lib.write", "a[bc]?.x*", "Object()[].put", "w", "lib.write"]
        advice = " ask "
        registry = " ../r.yaml "
        require-decision = true
        exempt = { "./tests//" = "why", "a*" = { reason = "TODO", until = 2027-03-31 } }
        [pins]
        "./a.py" = { count = 3, registered = ["x", "y"], grandfathered = "z", deferred = "#1", until = 2027-03-31 }
        "tests/b.py" = 2
        "c.py".calls."f:\uff50ut" = { registered = ["ID"] }
        "c.py".calls."g:put({day}.json)" = { deferred = "#2" }
    """)
    assert pins.faults == ()
    assert (pins.stores, pins.patterns) == (("*", "s3"), ("lib.write", "a[bc]?.x*", "Object()[].put", "w"))
    assert (pins.advice, pins.registry, pins.require_decision) == ("ask", "../r.yaml", True)
    assert (pins.exempt.reasons, pins.exempt.until) == ({"tests/": "why", "a*": "TODO"}, {"a*": date(2027, 3, 31)})
    decision = Decision(("x", "y"), "z", "#1", date(2027, 3, 31))
    calls = {
        "f:put": PinnedCall("f:\uff50ut", Decision(("ID",))),
        "g:put({}.json)": PinnedCall("g:put({day}.json)", Decision(deferred="#2")),
    }
    # a missing decision, and a pin that is exempt as well, are findings and no faults
    assert list(pins.pins.values()) == [
        Pin("a.py", "./a.py", 3, decision),
        Pin("tests/b.py", "tests/b.py", 2),
        Pin("c.py", "c.py", 2, calls=calls),
    ]


def test_defaults() -> None:
    assert parse_pins(Pins(f"/x/{PINS}", "/x"), "") == Pins(f"/x/{PINS}", "/x")


def test_only_own_patterns() -> None:
    pins = parse_pins(Pins(f"/x/{PINS}", "/x"), 'stores = []\npatterns = ["save"]\n')
    assert (pins.stores, pins.patterns, pins.faults) == ((), ("save",), ())
