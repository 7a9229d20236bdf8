"""APR010: what is newly allowed since a base, and nobody decided on."""
from __future__ import annotations

import pytest
from support import PINS
from support import Repository

from flake8_artifact_pin.cli.collect import compare_since
from flake8_artifact_pin.repository.base import find_base
from flake8_artifact_pin.repository.workspace import open_workspace
from flake8_artifact_pin.rules.findings import FileFinding
from flake8_artifact_pin.rules.findings import Finding

pytestmark = pytest.mark.once


def put(key: str, scope: str = "f", end: str = "") -> str:
    return f"def {scope}():\n    s3.put_object(Key={key!r}){end}\n"


COUNT = '[pins]\n"a.py" = {}\n'
ENTRY = '[pins."a.py".calls]\n"{}" = {{ registered = ["{}"] }}\n'
NOQA = "  # noqa: APR001 - a probe"
# a long key is cut in the middle
LONG = 40 * "long"
DECIDE = "and nobody decided on it; decide: flake8-artifact-pin decide"


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param(
            {"a.py": put("one"), PINS: COUNT.format(1)}, {"a.py": put("one") + put("two", "g"), PINS: COUNT.format(2)},
            [f'a.py:4:8 put_object("two") is new since HEAD, {DECIDE} a.py:4'], id="new",
        ),
        pytest.param(
            {"a.py": put("one"), PINS: COUNT.format(1)}, {"a.py": put("one") + put("two", "g")}, [],
            id="beyond its pin: APR001 says so",
        ),
        pytest.param(
            {"a.py": put("one"), PINS: COUNT.format(1)}, {"a.py": put("two")},
            [f'a.py:2:8 put_object("two") has replaced put_object("one") since HEAD, {DECIDE} a.py:2'], id="replaced",
        ),
        pytest.param(
            {"a.py": put(f"{LONG}x{LONG}"), PINS: COUNT.format(1)}, {"a.py": put(f"{LONG}y{LONG}")},
            [
                f'a.py:2:8 put_object("{LONG}y{LONG}") has replaced put_object("{LONG}x{LONG}") since HEAD, '
                f"{DECIDE} a.py:2",
            ],
            id="replaced, and the middle of a long key is what differs",
        ),
        pytest.param(
            {"a.py": put("one", end=NOQA), PINS: COUNT.format(0)}, {"a.py": put("one"), PINS: COUNT.format(1)},
            [f'a.py:2:8 put_object("one") is no longer suppressed since HEAD, {DECIDE} a.py:2'], id="unsuppressed",
        ),
        pytest.param(
            {"a.py": put("one"), PINS: ENTRY.format("f:put_object(one)", "first")},
            {"a.py": put("one", "g"), PINS: '[pins."a.py".calls]\n"g:put_object(one)" = {}\n'},
            [f'a.py:2:8 put_object("one") has come from f without its decision since HEAD, {DECIDE} a.py:2'],
            id="renamed",
        ),
        pytest.param(
            {"b.py": put("one"), "a.py": "", PINS: '[pins]\n"b.py" = { count = 1, deferred = "#1" }\n'},
            {"b.py": "", "a.py": put("one"), PINS: COUNT.format(1)},
            [f'a.py:2:8 put_object("one") has come from b.py without its decision since HEAD, {DECIDE} a.py:2'],
            id="moved",
        ),
        pytest.param(
            {"a.py": put("one") * 2, PINS: COUNT.format(1)}, {PINS: COUNT.format(2)},
            [f'{PINS}:2:1 "a.py" allows more PUT calls than at HEAD, and nobody decided on them; '
             "decide: flake8-artifact-pin decide a.py"], id="raised",
        ),
    ],
)
def test_findings(
    repository: Repository, before: dict[str, str], now: dict[str, str], expected: list[str],
) -> None:
    repository.commit(before)
    repository.write(now)
    workspace = open_workspace(None)
    assert workspace.repository
    since = compare_since(workspace, find_base(workspace.repository, None))
    found = [f"{path}:{finding.line}:{finding.column + 1} {finding.text}" for path, finding in since.findings]
    assert found == expected
    assert since.new_findings(workspace, since.findings) == frozenset(since.findings)


def test_changed_key_of_an_own_pattern(repository: Repository) -> None:
    """Another artifact is another decision, although the number is the same."""
    source = "import s3_service\ns3_service.upload_s3_object(client, object_key='europepmc/%s.json')\n"
    pins = 'patterns = ["s3_service.upload_s3_object"]\n[pins]\n"a.py" = { count = 1, registered = ["one"] }\n'
    repository.commit({"a.py": source % "summary", PINS: pins})
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit({"a.py": source % "details"})
    shown = 'upload_s3_object("europepmc/details.json") has replaced upload_s3_object("europepmc/summary.json")'
    assert [text.partition(" since")[0] for *_, code, text in repository.check("--since=main").findings] == [shown]
    assert "europepmc/details.json" in repository.run("diff", "main").out


def test_other_findings_at_a_new_call_are_new(repository: Repository) -> None:
    repository.commit({"a.py": put("one"), "b.py": ""})
    repository.write({"a.py": put("one") + put("two", "g")})
    workspace = open_workspace(None)
    assert workspace.repository
    since = compare_since(workspace, find_base(workspace.repository, None))
    new, old, other = (
        FileFinding(path, Finding(1, 0, "APR001", "", name))
        for path, name in [("a.py", "g:put_object(two)"), ("a.py", "f:put_object(one)"), ("b.py", "g:put_object(two)")]
    )
    assert since.new_findings(workspace, [new, old, other]) == {new}
