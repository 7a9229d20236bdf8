"""The page on CI: its blocks are read by what they are for, and its commands are run."""
from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from support import PINS
from support import PUT
from support import Repository

from flake8_artifact_pin.cli.explain import pages_of_manual

pytestmark = pytest.mark.once

PAGE = pages_of_manual()["ci"]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
VARIABLES = {
    "${GITHUB_BASE_REF:-main}": "main",
    "$CI_DEFAULT_BRANCH": "main",
    "$(Build.ArtifactStagingDirectory)": "staging",
    "; status=$?": "",
}
HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


def commands() -> list[list[str]]:
    """Return the arguments of each command of the page, with its variables filled in and without what follows it."""
    text = "\n".join(block for _, block in BLOCKS)
    for name, value in VARIABLES.items():
        text = text.replace(name, value)
    found = re.findall(r"flake8-artifact-pin ((?:check|diff).*?)(?:'| >> .*)?$", text, re.MULTILINE)
    return list(map(shlex.split, found))


def test_all_systems_have_a_block() -> None:
    sections = re.findall(r"^## (.+)\n\n```", PAGE, re.MULTILINE)
    assert sections == [
        "GitHub Actions", "GitLab", "Jenkins", "Azure Pipelines", "reviewdog", "diff-quality", "pre-commit",
    ]
    assert len(commands()) == 8


def test_commands(repository: Repository) -> None:
    """Each says that a call is newly allowed, and writes the report that it names."""
    repository.commit({"a.py": PUT, PINS: '[pins]\n"a.py" = { count = 1, registered = ["one_id"] }\n'})
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.write({"a.py": PUT * 2, PINS: '[pins]\n"a.py" = { count = 2, registered = ["one_id"] }\n'})
    (repository.root / "staging").mkdir()
    for arguments in commands():
        outcome = repository.run(*arguments)
        assert outcome.status == (arguments[0] == "check"), arguments
        assert "is new since origin/main" in outcome.out or "1 artifact needs a decision" in outcome.out, arguments
        if "--output-file" in arguments:
            report = repository.root / arguments[arguments.index("--output-file") + 1]
            assert "APR010" in report.read_text(), arguments
            report.unlink()


def test_yaml() -> None:
    """Each is one document, and a hook that is named is one of this repository's."""
    yaml = pytest.importorskip("yaml")
    documents = [yaml.safe_load(block) for language, block in BLOCKS if language == "yaml"]
    assert len(documents) == 4
    checkout = documents[0]["jobs"]["artifact-pins"]["steps"][0]
    assert (checkout["with"], documents[2]["steps"][0]["fetchDepth"]) == ({"fetch-depth": 0}, 0)
    ours, flake8 = documents[3]["repos"]
    if HOOKS.exists():
        # the sdist has none
        assert ours["hooks"][0]["id"] in [hook["id"] for hook in yaml.safe_load(HOOKS.read_text("utf-8"))]
    # the plugin is not in two hooks
    assert flake8["hooks"] == [{"id": "flake8"}]


def test_parsers_that_lose_codes() -> None:
    """What the page quotes of them matches codes of one letter, and none of ours."""
    rows = re.findall(r"^\| [A-Zrl].+ \| `(.+)` \|$", PAGE, re.MULTILINE)
    expressions = [expression for row in rows for expression in row.split("`, `")]
    # of Vim's errorformat: a letter and a number
    expressions = [expression.replace("%t%n", r"\w\d+") for expression in expressions]
    assert len(expressions) == 9
    for expression in expressions:
        assert any(re.fullmatch(expression, code) for code in ("E501", "W503"))
        assert not re.fullmatch(expression, "APR001")
