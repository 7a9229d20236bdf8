"""What is said of files and pins: one line each, with both numbers, the artifact and the step that settles it."""
from __future__ import annotations

from datetime import date

import pytest
from support import growth
from support import LINEAR
from support.reports import read_pins
from support.reports import report_calls
from support.reports import report_source

from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.model import Pins
from flake8_artifact_pin.rules.findings import Finding
from flake8_artifact_pin.rules.matching import CallChange
from flake8_artifact_pin.rules.matching import Kind
from flake8_artifact_pin.rules.matching import PlacedCall
from flake8_artifact_pin.rules.messages import file_findings
from flake8_artifact_pin.rules.messages import file_noqa_finding
from flake8_artifact_pin.rules.messages import new_call_finding
from flake8_artifact_pin.rules.messages import pins_findings
from flake8_artifact_pin.rules.messages import raised_pin_finding
from flake8_artifact_pin.rules.messages import useless_exemption_finding
from flake8_artifact_pin.rules.verdict import judge_file
from flake8_artifact_pin.source.noqa import FileNoqa
from flake8_artifact_pin.source.report import FileReport

pytestmark = pytest.mark.once

DECIDE = "decide: flake8-artifact-pin decide a.py"
ONLY_RENAMED = "decide (only renamed: add --renamed): flake8-artifact-pin decide a.py"
PRUNE = "flake8-artifact-pin prune"
A, B = 's3.put_object(Key="a")', 's3.put_object(Key="b")'


def pinned(*names: str) -> str:
    """Return a pins file that names calls of a.py, each with a decision of its own."""
    entries = (f'"{name}" = {{ registered = ["id{number}"] }}\n' for number, name in enumerate(names))
    return '[pins."a.py".calls]\n' + "".join(entries)


def shown(findings: list[Finding]) -> list[str]:
    """Return findings as flake8 shows them."""
    return [f"{found.line}:{found.column + 1}: {found.code} {found.text}" for found in findings]


def judged(pins: Pins, source: str, path: str = "a.py") -> list[str]:
    return shown(file_findings(pins, judge_file(pins, path, report_source(source))))


# the pins file, the source of a.py, and what is said of it
COUNTS: dict[str, tuple[str, str, list[str]]] = {
    "as many": ('[pins]\n"a.py" = 1', A, []),
    "exempt": ('[exempt]\n"*.py" = "why"', f"{A}  # noqa: APR001\n", []),
    "more: advice is given once": (
        'advice = "ask\\n#data"\n[pins]\n"a.py" = 1', f"{A}\n{B}\n",
        [
            f'1:4: APR001 put_object("a"): 2 PUT calls, 1 pinned; ask #data; {DECIDE}:1',
            f'2:4: APR001 put_object("b"): 2 PUT calls, 1 pinned; {DECIDE}:2',
        ],
    ),
    "fewer": ('[pins]\n"a.py" = 3', A, [f"1:1: APR002 stale pin: 1 PUT call, 3 pinned; lower it: {PRUNE}"]),
    "one reason for two": (
        "", f"{A}; {B}  # noqa: APR001 - why\n",
        [
            '1:4: APR001 put_object("a"): suppressed with a reason, not counted',
            '1:28: APR001 put_object("b"): suppressed with a reason, not counted',
            '1:28: APR004 put_object("b"): the noqa on line 1 gives one reason for several PUT calls; give it a line '
            f"and a reason of its own, or take the noqa away and {DECIDE}:1",
        ],
    ),
    "no reason": (
        '[pins]\n"a.py" = 1', f"{A}  # noqa: APR001\n",
        [
            '1:4: APR004 put_object("a"): the noqa on line 1 gives no reason, still counted (1 PUT call, 1 pinned); '
            f'write "# noqa: APR001 - REASON", or {DECIDE}:1',
        ],
    ),
    "a blanket noqa within the pin": ('[pins]\n"a.py" = 1', f"{A}  # noqa\n", []),
    "a blanket noqa beyond it": (
        "", f"x = 1\n{A}  # noqa\n",
        [
            f'2:4: APR001 put_object("a"): 1 PUT call, 0 pinned; {DECIDE}:2',
            '1:1: APR004 put_object("a"): the noqa on line 2 does not name APR001, still counted (1 PUT call, '
            f'0 pinned); write "# noqa: APR001 - REASON", or {DECIDE}:2',
        ],
    ),
    "a noqa that flake8 reads otherwise": (
        "", f"{A}  # noqa : APR001 - why\nx = 1\n",
        [
            f'1:4: APR001 put_object("a"): 1 PUT call, 0 pinned; {DECIDE}:1',
            '2:1: APR004 put_object("a"): the noqa on line 1 names APR001 as flake8 does not read it, still counted '
            f'(1 PUT call, 0 pinned); write "# noqa: APR001 - REASON", or {DECIDE}:1',
        ],
    ),
    "a noqa that flake8 does not read": (
        "", f"{A}  # noqa: E501  # noqa: APR001 - why\n",
        [
            '1:4: APR001 put_object("a"): 1 PUT call, 0 pinned; flake8 does not read the comment: write '
            f'"# noqa: APR001 - REASON", before any other noqa; {DECIDE}:1',
        ],
    ),
    "a noqa beside no call": (
        "", "x = 1  # noqa: APR001 - why\n",
        ["1:8: APR005 the noqa names APR001, but line 1 has no PUT call: remove it"],
    ),
}


@pytest.mark.parametrize("case", COUNTS)
def test_counts(case: str) -> None:
    pins, source, expected = COUNTS[case]
    assert judged(read_pins(pins), source) == expected


# the entries of a.py, the names of its calls, and what is said
NAMED: dict[str, tuple[list[str], list[str], list[str]]] = {
    "the same": (["f:put(a)"], ["f:put(a)"], []),
    "none is pinned": ([], ["f:put"], [f"1:4: APR001 put_object(...): 1 PUT call, 0 pinned; {DECIDE}:1"]),
    "one more, and one gone": (
        ["f:put(a)"], ["g:put(a)", "f:put(b)"],
        [
            '1:4: APR001 put_object(...): 2 PUT calls, 1 pinned, not this one, "f:put(a)" is gone; '
            f"{ONLY_RENAMED}:1",
            f"2:4: APR001 put_object(...): 2 PUT calls, 1 pinned, not this one; {DECIDE}:2",
        ],
    ),
    "one more of equal names": (
        ["f:put"], ["f:put", "f:put#2"],
        [
            f"{line}:4: APR001 put_object(...): 2 PUT calls, 1 pinned, not this one, nobody can tell which call "
            f'"f:put" means; {DECIDE}:{line}'
            for line in (1, 2)
        ],
    ),
    "another one than the only one": (
        ["f:put(a)"], ["f:put(b)"],
        [f'1:4: APR006 put_object(...): not the pinned call, "f:put(a)" is gone; {ONLY_RENAMED}:1'],
    ),
    "fewer": (
        ["f:put(a)", "f:put(b)"], ["f:put(b)"],
        [f'1:1: APR002 stale pin: 1 PUT call, 2 pinned; "f:put(a)" is gone; lower it: {PRUNE}'],
    ),
    "many fewer": (
        [f"f:put(a{number})" for number in range(5)], [],
        [
            '1:1: APR002 stale pin: 0 PUT calls, 5 pinned; "f:put(a0)", "f:put(a1)", "f:put(a2)" and 2 more are gone; '
            f"lower it: {PRUNE}",
        ],
    ),
    "fewer of equal names": (
        ["f:put", "f:put#2", "f:put#3"], ["f:put"],
        [
            '1:1: APR002 stale pin: 1 PUT call, 3 pinned; 2 of "f:put", "f:put#2" and "f:put#3" are gone: nobody can '
            "tell which, so remove it by hand",
        ],
    ),
    "fewer, and another one": (
        ["f:put(a)", "f:put(b)"], ["g:put(b)"],
        [
            '1:1: APR002 stale pin: 1 PUT call, 2 pinned; "f:put(a)" and "f:put(b)" are gone; '
            f"rename the entries of calls that only got a new name; lower it: {PRUNE}",
            f'1:4: APR006 put_object(...): not among the 2 pinned calls, "f:put(b)" is gone; {ONLY_RENAMED}:1',
        ],
    ),
}


@pytest.mark.parametrize("case", NAMED)
def test_named_calls(case: str) -> None:
    entries, names, expected = NAMED[case]
    pins = read_pins(pinned(*entries))
    assert shown(file_findings(pins, judge_file(pins, "a.py", report_calls(*names)))) == expected


def test_subjects() -> None:
    """What tools that compare two runs know a finding by, wherever it stands."""
    pins = read_pins(f'[pins]\n"b.py" = 1\n{pinned("f:put_object(a)", "g:put_object(b)")}')
    verdict = judge_file(pins, "a.py", report_calls("f:put_object(c)"))
    assert [found.subject for found in file_findings(pins, verdict)] == ["a.py", "f:put_object(c)"]
    assert [found.subject for found in pins_findings(pins, [pins.pins["b.py"]])] == ["b.py"]


def test_a_swap_cannot_be_hidden() -> None:
    """No comment on the line of a call that replaced another one hides it, unless it names the code of the file."""
    pins = read_pins(pinned("g:put_object(z)"))
    for comment in ("# noqa", "# noqa: APR006 - why"):
        assert [line[:11] for line in judged(pins, f"x = 1\n{A}  {comment}\n")] == ["1:1: APR006"]
    stale = read_pins('[pins]\n"a.py" = 1')
    assert [line[:11] for line in judged(stale, "x = 1  # noqa\n")] == ["2:1: APR002"]
    assert [line[:11] for line in judged(stale, "x = 1  # noqa: APR002\n")] == ["1:1: APR002"]


def test_encoding() -> None:
    """Said of each file, whatever its pin."""
    pins = read_pins("")
    report = report_source("x = 1\n")._replace(encoding_problem="two cookies")
    assert shown(file_findings(pins, judge_file(pins, "a.py", report))) == ["1:1: APR011 two cookies"]


@pytest.mark.parametrize(
    ("cwd", "path", "step"),
    [
        ("/project", "it's 1.py", "decide: flake8-artifact-pin decide 'it'\"'\"'s 1.py:1'"),
        ("/project/x y", "a.py", "decide: flake8-artifact-pin decide ../a.py:1"),
        ("/project", "-x.py", "decide: flake8-artifact-pin decide ./-x.py:1"),
        (
            "/project", "a\\b.py",
            "its path cannot be a key of artifact-pins.toml: rename the file, or exempt it by a pattern",
        ),
        ("/project", "stdin", "its pin is not known: pass --stdin-display-name PATH"),
        ("/project/sub", "sub/stdin", "its pin is not known: pass --stdin-display-name PATH"),
        ("/project", "sub/stdin", "decide: flake8-artifact-pin decide sub/stdin:1"),
        (
            "/project", "cafe\u0301.py",
            'correct "caf\xe9.py", which only looks like its path, or '
            "decide: flake8-artifact-pin decide $'cafe\\u0301.py:1'",
        ),
    ],
)
def test_the_step_is_one_for_this_shell_and_directory(cwd: str, path: str, step: str) -> None:
    pins = parse_pins(Pins("/project/artifact-pins.toml", cwd), '[pins]\n"caf\xe9.py" = 1')
    assert judged(pins, A, path)[0].endswith(f": 1 PUT call, 0 pinned; {step}")


def test_no_pins_file() -> None:
    assert judged(Pins("", "/project"), A)[0].endswith("; there is no pins file: flake8-artifact-pin init")


def test_another_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows no relative path leads there."""
    def relpath(path: str, start: str) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr("os.path.relpath", relpath)
    assert judged(Pins("/project/artifact-pins.toml", "/other"), A)[0].endswith(" decide /project/a.py:1")


def test_broken_pins_file() -> None:
    """Said at each PUT call, so that tools which show changed lines only show it, too."""
    pins = parse_pins(Pins("/project/artifact-pins.toml", "/project"), "a = 1\nb = 1\n[pins]\nx = 'y'\n")
    said = f": not judged, artifact-pins.toml cannot be used: {pins.faults[0].problem}"
    source = f"x = 1\n{A}\n{B}  # noqa: APR001 - why\n{B}  # noqa\n"
    assert judged(pins, source) == [
        f'2:4: APR000 put_object("a"){said} (and 2 more faults)',
        f'3:4: APR000 put_object("b"){said} (and 2 more faults)',
        '3:4: APR001 put_object("b"): suppressed with a reason, not counted',
        f'1:1: APR000 put_object("b"){said} (and 2 more faults)',
    ]
    assert judged(pins, "x = 1\n") == []
    one = parse_pins(Pins("/project/artifact-pins.toml", "/project"), "[pins]\nx = 'y'\n")
    assert judged(one, A)[0].endswith(one.faults[0].problem)
    assert shown(pins_findings(pins, ())) == [
        f"{fault.line}:{fault.column + 1}: APR000 unusable pins file: {fault.problem}" for fault in pins.faults
    ]


PINS = """\
require-decision = true
[exempt]
"x/" = { reason = "old", until = 2026-01-31 }
"y/" = "TODO"
[pins]
"new.py" = 2
"zero.py" = 0
"x/x.py" = { count = 1, grandfathered = "old" }
"gone.py" = { count = 1, registered = ["a", "b"] }
"gone2.py" = 1
"old.py" = 1
"later.py" = { count = 1, deferred = "data#1", until = 2026-02-01 }
"some.py" = { count = 1, grandfathered = "re-puts", until = 2026-01-31 }
[pins."a.py".calls]
"f:put_object" = {}
"g:put_object" = { deferred = "data#2", until = 2026-02-01 }
"""


def test_pins() -> None:
    """Each at its place, which no text repeats: baselines compare texts."""
    pins = read_pins(PINS)
    missing = [pins.pins[path] for path in ("gone2.py", "gone.py", "old.py")]
    renamed = {"old.py": "new.py"}
    move = f"renamed: flake8-artifact-pin decide --moved; deleted: {PRUNE}"
    undated = [
        '4:1: APR009 "y/" is exempt without a reason: say why, or remove it',
        "6:1: APR009 \"new.py\" has no decision (2 PUT calls pinned); decide: flake8-artifact-pin decide new.py",
        '8:1: APR003 "x/x.py" is pinned and exempt by "x/": remove the pin or the exemption',
        f'9:1: APR003 gone.py does not exist; {move}, and retire "a" and "b"',
        f"10:1: APR003 gone2.py does not exist; {move}",
        "11:1: APR003 old.py is now new.py; keep its decisions: flake8-artifact-pin decide --moved",
        f'15:1: APR009 "f:put_object" of "a.py" has no decision; {DECIDE}',
    ]
    assert shown(pins_findings(pins, missing, renamed)) == undated
    assert shown(pins_findings(pins, missing, renamed, today=date(2026, 1, 31))) == undated
    dated = [
        '3:1: APR009 "x/" was exempt until 2026-01-31: remove it, or decide anew and set until',
        '13:1: APR009 "some.py" was grandfathered until 2026-01-31: re-puts (1 PUT call pinned); '
        "decide: flake8-artifact-pin decide some.py",
    ]
    first_of_february = shown(pins_findings(pins, missing, renamed, today=date(2026, 2, 1)))
    assert sorted(first_of_february) == sorted([*undated, *dated])
    overdue = set(shown(pins_findings(pins, missing, renamed, today=date(2026, 2, 2)))) - set(first_of_february)
    assert sorted(overdue) == [
        '12:1: APR009 "later.py" was deferred until 2026-02-01: data#1 (1 PUT call pinned); '
        "decide: flake8-artifact-pin decide later.py",
        f'16:1: APR009 "g:put_object" of "a.py" was deferred until 2026-02-01: data#2; {DECIDE}',
    ]


def test_findings_of_check() -> None:
    """Whether they are to be made only the command knows."""
    pins = read_pins('[exempt]\n"old/" = "why"\n"*" = "why"')
    assert shown([useless_exemption_finding(pins, "old/"), useless_exemption_finding(pins, "*", True)]) == [
        '2:1: APR003 "old/" exempts no file: remove it from [exempt]',
        '3:1: APR003 "*" exempts every file, so nothing is judged: exempt less',
    ]
    file = judge_file(read_pins('[pins]\n"a.py" = 1'), "a.py", report_source(A))
    change = CallChange(Kind.ADDED, None, PlacedCall(file, file.calls[0]), is_undecided=True)
    finding = new_call_finding(pins, change, 'put_object("a") is new', "origin/main")
    news = '1:4: APR010 put_object("a") is new since origin/main, and nobody decided on it; '
    assert shown([finding]) == [f"{news}{DECIDE}:1"]
    call = file.calls[0]._replace(alternatives=("f:put_object", "f:put_object#2"))
    one_of_two = change._replace(new=PlacedCall(file, call))
    assert shown([new_call_finding(pins, one_of_two, 'put_object("a") is new', "origin/main")]) == [
        f'{news}nobody can tell which of "f:put_object" and "f:put_object#2" is its entry: decide there, by hand',
    ]
    assert finding.subject == "<module>:put_object(a)"
    pins = read_pins('[pins]\n"a.py" = 2')
    assert shown([raised_pin_finding(pins, pins.pins["a.py"], "main")]) == [
        f'2:1: APR010 "a.py" allows more PUT calls than at main, and nobody decided on them; {DECIDE}',
    ]
    verdict = judge_file(pins, "a.py", report_source(A))
    assert shown([file_noqa_finding(verdict, FileNoqa(7, ""))]) == [
        "7:1: APR004 the comment makes flake8 skip this file and gives no reason: 1 PUT call, 2 pinned, still counted; "
        'write "# flake8: noqa: APR001 - REASON", or remove it',
    ]


@pytest.mark.parametrize(("pin", "comment"), [('{ calls = { "f:put_object" = {} } }', ""), ("1", "  # noqa")])
def test_growth(pin: str, comment: str) -> None:
    """A message on each of many calls takes no time that grows with their number."""
    pins = read_pins(f'[pins]\n"a.py" = {pin}')
    line = f"s3.put_object(){comment}\n"

    def make(size: int) -> FileReport:
        return report_source(line * size)

    assert growth(make, lambda report: file_findings(pins, judge_file(pins, "a.py", report)), 50) < LINEAR
