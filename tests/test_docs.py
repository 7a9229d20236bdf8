"""README.md, CHANGELOG.md and tests/example say what the program does."""
from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import tomli
from support import Project

from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS
from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.rules.findings import CODES

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "tests" / "example"
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

# What the example was like one commit before: each file's text now and then.
BEFORE = {
    "artifact-pins.toml": ('"evals/kappa.py" = {', '# "evals/kappa.py" = {'),
    "collectors/prices.py": ("    s3.put_object(Bucket=BUCKET", "    # s3.put_object(Bucket=BUCKET"),
    "features/writer.py": ('Key=f"daily/{day}.parquet"', 'Key=f"weekly/{day}.parquet"'),
}
GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")

# What only a verb of the command reports.
ASKING_THE_REGISTRY = {"APR007", "APR008"}

FINDING = re.compile(r"^\S+:\d+:\d+: (APR\d{3}) .*$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of the README; ``section`` is the heading above it, ``line`` that of its fence."""

    language: str
    text: str
    section: str
    line: int

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def file(self) -> str:
        """The file that the block's first comment names."""
        return self.first_line.removeprefix("# ")


def read_blocks(text: str) -> list[Block]:
    blocks = []
    section = ""
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$|^#+ ([^\n]+)$", text, re.MULTILINE | re.DOTALL):
        if match[3]:
            section = match[3]
        else:
            blocks.append(Block(match[1], match[2], section, text.count("\n", 0, match.start()) + 1))
    return blocks


BLOCKS = read_blocks(README)


def blocks_of(language: str, beginning: str = "") -> list[Block]:
    """Return the blocks of a language whose text begins so, of which there must be some."""
    blocks = [block for block in BLOCKS if block.language == language and block.text.startswith(beginning)]
    assert blocks
    return blocks


def name_of(block: Block) -> str:
    return f"line {block.line}"


def commands() -> list[str]:
    return [block.text.strip() for block in blocks_of("sh", "python3 -m venv .venv && ")]


def sorted_lines(text: str) -> list[str]:
    """Return the lines without their order: flake8 5 reports files in the order that the file system has."""
    return sorted(text.splitlines())


def test_every_block_is_known() -> None:
    """A block of another language would be checked by nothing."""
    assert {block.language for block in BLOCKS} == {"console", "ini", "python", "sh", "text", "toml", "yaml"}
    assert README.count("```") == 2 * len(BLOCKS)


def test_table_of_codes() -> None:
    table = re.findall(r"^\| (APR\d{3}) \| (.+) \|$", README, re.MULTILINE)
    assert table == [(code, entry.summary) for code, entry in CODES.items()]


def test_every_code_has_a_heading() -> None:
    assert re.findall(r"^### (APR.*)$", README, re.MULTILINE) == list(CODES)


def test_changelog_mentions_every_code() -> None:
    assert set(re.findall(r"APR\d{3}", CHANGELOG)) == set(CODES)


def console_blocks(program: str) -> list[Block]:
    return blocks_of("console", f"$ {program} ")


@pytest.mark.parametrize("block", console_blocks("flake8"), ids=name_of)
def test_output(project: Project, block: Block) -> None:
    """If this fails, the left side is what to paste."""
    command, _, shown = block.text.partition("\n")
    result = project.flake8_process(*shlex.split(command)[2:], cwd=EXAMPLE)
    assert sorted_lines(result.output) == sorted_lines(shown)
    assert result.status == 1


@pytest.fixture
def example_repository(tmp_path: Path) -> Path:
    """Return a git repository whose work tree is the example, and whose only commit is what it was before."""
    root = tmp_path / "example"
    shutil.copytree(EXAMPLE, root)
    for name, (now, before) in BEFORE.items():
        path = root / name
        text = path.read_text(encoding="utf-8")
        assert now in text
        path.write_text(text.replace(now, before), encoding="utf-8")
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "before"]):
        subprocess.run([*GIT, *command], cwd=root, check=True)
    shutil.copytree(EXAMPLE, root, dirs_exist_ok=True)
    return root


@pytest.mark.parametrize("block", console_blocks("flake8-artifact-pin"), ids=name_of)
def test_output_of_the_command(example_repository: Path, block: Block) -> None:
    """If this fails, the left side is what to paste."""
    command, _, shown = block.text.partition("\n")
    process = subprocess.run(
        [sys.executable, "-m", "flake8_artifact_pin", *shlex.split(command)[2:]],
        cwd=example_repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        # as a terminal shows what is printed to both streams
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert without_versions(process.stdout) == without_versions(shown)
    # the example is full of findings; an inventory is none
    assert process.returncode == (0 if " sites" in command else 1)


def without_versions(text: str) -> list[str]:
    """Return the lines without what differs from machine to machine: versions, and the name of a commit."""
    varying = r"merge base [0-9a-f]{12}|flake8 [0-9.]+ \(.*?\)|-pin [0-9.]+$"
    return re.sub(varying, "...", text, flags=re.MULTILINE).splitlines()


def test_output_shows_every_code() -> None:
    """Each code is shown by a real output, in the main job's if flake8 reports it and the pins file can be used."""
    broken, main = sorted((block.text for block in console_blocks("flake8")), key=lambda text: "broken" not in text)
    assert set(FINDING.findall(broken)) == {"APR000"}
    assert set(FINDING.findall(main)) == set(CODES) - {"APR000", *ASKING_THE_REGISTRY}
    (asking,) = blocks_of("console", "$ flake8-artifact-pin check --registry ")
    assert set(FINDING.findall(asking.text)) >= ASKING_THE_REGISTRY


def test_main_command_runs_the_example() -> None:
    main, _ = commands()
    arguments = console_blocks("flake8")[0].first_line.removeprefix("$ flake8 ")
    assert main.endswith(f"(cd tests/example && ../../.venv/bin/flake8 {arguments})")


def test_findings_are_those_of_the_example() -> None:
    """A finding quoted in the section of a code has that code, and stands in an output."""
    outputs = {line for block in blocks_of("console") for line in block.text.splitlines()}
    for block in blocks_of("text"):
        assert FINDING.findall(block.text) == [block.section]
        assert set(block.text.splitlines()) <= outputs


def test_example_has_what_the_documents_point_at(project: Project) -> None:
    document = tomli.loads((EXAMPLE / "artifact-pins.toml").read_text(encoding="utf-8"))
    decisions = {key for pin in document["pins"].values() if isinstance(pin, dict) for key in pin}
    assert decisions == {"calls", "count", "registered", "grandfathered"}
    assert list(document["exempt"]) == ["scripts/"]
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted(EXAMPLE.rglob("*.py")))
    assert "executor.submit(s3." in sources
    assert "getattr(" in sources
    suppressed = project.flake8_process("--select=APR", "--disable-noqa", "evals", cwd=EXAMPLE).output
    (line,) = re.findall(r"^evals/smoke\.py:(\d+):.*; suppressed with a reason$", suppressed, re.MULTILINE)
    comment = (EXAMPLE / "evals" / "smoke.py").read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert "# noqa: APR001 \N{EM DASH} " in comment
    assert "require-plugins = flake8-artifact-pin" in (EXAMPLE / ".flake8").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("block", blocks_of("toml"), ids=name_of)
def test_toml(block: Block, tmp_path: Path) -> None:
    """Each block names its file first; that of a pins file has no faults, unless it is the broken one."""
    if block.file == "broken-pins.toml":
        assert block.text.partition("\n")[2] == (EXAMPLE / block.file).read_text(encoding="utf-8").partition("\n")[2]
        return
    assert tomli.loads(block.text)
    if block.file == "ruff.toml":
        return
    assert block.file in ("artifact-pins.toml", "pyproject.toml")
    path = tmp_path / block.file
    path.write_text(block.text, encoding="utf-8")
    assert load_pins(str(path), str(tmp_path)).faults == ()


def test_pins_file_of_the_example_is_shown() -> None:
    text = (EXAMPLE / "artifact-pins.toml").read_text(encoding="utf-8")
    assert f"# artifact-pins.toml\n{text}" in [block.text for block in blocks_of("toml")]


def pattern_blocks() -> list[tuple[list[str], Block]]:
    """Return each list of patterns with the block of counted calls that follows it."""
    pairs = []
    for block, next_block in zip(BLOCKS, BLOCKS[1:]):
        if block.language == "toml" and "patterns = [" in block.text:
            assert next_block.text.startswith("# counted\n")
            pairs.append((tomli.loads(block.text)["patterns"], next_block))
    return pairs


def lines_of_calls(block: Block, patterns: Sequence[str]) -> list[int]:
    lines = block.text.splitlines(keepends=True)
    return [call.line for call in find_calls(ast.parse(block.text), lines, compile_patterns(patterns))]


def test_patterns() -> None:
    (default, _), (stores, _) = pattern_blocks()
    assert tuple(default) == DEFAULT_PATTERNS
    assert tuple(stores[:len(default)]) == DEFAULT_PATTERNS


@pytest.mark.parametrize(("patterns", "block"), pattern_blocks())
def test_counted(patterns: Sequence[str], block: Block) -> None:
    """Each line is one PUT call, and without one of the patterns some line is not."""
    assert lines_of_calls(block, patterns) == list(range(2, block.text.count("\n") + 1))
    shown = patterns if tuple(patterns) == DEFAULT_PATTERNS else patterns[len(DEFAULT_PATTERNS):]
    for pattern in shown:
        fewer = [other for other in patterns if other != pattern]
        assert len(lines_of_calls(block, fewer)) < len(lines_of_calls(block, patterns)), pattern


def test_not_counted() -> None:
    (block,) = blocks_of("python", "# not counted\n")
    assert lines_of_calls(block, DEFAULT_PATTERNS) == []


def code_samples() -> list[tuple[Block, str, str]]:
    """Return the block, the comment and the text of each sample that a comment calls good or bad."""
    samples = []
    for block in BLOCKS:
        if block.language == "python" and "counted\n" not in block.text:
            parts = re.split(r"^# (good|bad: .*)\n", block.text, flags=re.MULTILINE)
            assert parts[0] == ""
            samples += [(block, comment, text) for comment, text in zip(parts[1::2], parts[2::2])]
    return samples


@pytest.mark.parametrize(("block", "comment", "text"), code_samples())
def test_good_and_bad_code(project: Project, block: Block, comment: str, text: str) -> None:
    """Bad code has the code in its comment; good code has no finding with the pins file that follows it."""
    path = "example.py"
    next_block = BLOCKS[BLOCKS.index(block) + 1]
    if next_block.file == "artifact-pins.toml" and next_block.section == block.section:
        (path,) = tomli.loads(next_block.text)["pins"]
        if comment == "good":
            project.write({"artifact-pins.toml": next_block.text})
    project.write({path: text})
    findings = FINDING.findall(project.flake8(path).output)
    if comment == "good":
        assert findings == []
    else:
        assert re.findall(r"APR\d{3}", comment)[0] in findings


@pytest.mark.parametrize("code", ["APR001", "APR002", "APR006"])
def test_advice_mends_the_example(project: Project, code: str) -> None:
    """With the pin that a code's section shows, its finding is gone from the example."""
    (block,) = (block for block in blocks_of("toml") if block.section == code)
    ((path, _),) = tomli.loads(block.text)["pins"].items()
    source = (EXAMPLE / path).read_text(encoding="utf-8")
    project.write({path: source, "artifact-pins.toml": (EXAMPLE / "artifact-pins.toml").read_bytes()})
    assert code in FINDING.findall(project.flake8(path).output)
    project.write({"artifact-pins.toml": block.text})
    assert project.flake8(path).lines == []


def test_ini(project: Project) -> None:
    """flake8 takes the configuration."""
    (block,) = blocks_of("ini")
    project.write({".flake8": block.text, "a.py": "s3.put_object()\n"})
    assert FINDING.findall(project.flake8_process().output) == ["APR001"]


@pytest.mark.skipif(not (ROOT / ".ci" / "run").exists(), reason="not a checkout with .ci/run")
def test_ci_runs_the_test_command() -> None:
    _, tests = commands()
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert tests in [line.strip() for line in script.splitlines()]


def test_links_within_the_readme() -> None:
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= anchors


def test_plain_text() -> None:
    assert README.isascii()
    assert CHANGELOG.isascii()
