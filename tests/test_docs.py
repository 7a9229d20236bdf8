"""README.md and the manual say what the program does: every block of them is run."""
from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import tomli
from support import Project
from support import Repository

from flake8_artifact_pin.cli.explain import pages_of_manual
from flake8_artifact_pin.cli.main import VERBS
from flake8_artifact_pin.pins.files import load_pins
from flake8_artifact_pin.registry.load import load_registry
from flake8_artifact_pin.rules.findings import CODES
from flake8_artifact_pin.source.stores import STORES

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "tests" / "example"
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
PAGES = {"README.md": README, **{f"{topic}.md": text for topic, text in pages_of_manual().items()}}

# What the example was like one commit before: a text of each file now and then.
BEFORE = {
    "artifact-pins.toml": ('"evals/kappa.py" = {', '# "evals/kappa.py" = {'),
    "collectors/prices.py": ("    s3.put_object(Bucket=BUCKET", "    # s3.put_object(Bucket=BUCKET"),
    "features/writer.py": ('Key=f"daily/{day}.parquet"', 'Key=f"weekly/{day}.parquet"'),
}

# Languages whose blocks are run here, and those that hold nothing to run.
RUN = {"console", "python", "toml", "ini"}
NOT_RUN = {"json", "lisp", "lua", "sh", "text", "vim", "yaml", "groovy", "xml", "csv", "markdown", "diff", ""}

FINDING = re.compile(r"^\S+:\d+:\d+: (APR\d{3}) .*$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of a page, with the line of its fence."""

    page: str
    line: int
    language: str
    text: str

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def file(self) -> str:
        """The file that the block's first comment names."""
        return self.first_line.removeprefix("# ")


BLOCKS = [
    Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2])
    for page, text in PAGES.items()
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
]


def blocks_of(language: str, beginning: str = "", page: str = "") -> list[Block]:
    """Return the blocks of a language whose text begins so, of which there must be some."""
    blocks = [
        block
        for block in BLOCKS
        if block.language == language and block.text.startswith(beginning) and page in ("", block.page)
    ]
    assert blocks
    return blocks


def name_of(block: Block) -> str:
    return f"{block.page}:{block.line}"


def test_every_block_is_known() -> None:
    """A block of another language would be checked by nothing."""
    assert {block.language for block in BLOCKS} - RUN <= NOT_RUN
    assert sum(text.count("\n```") for text in PAGES.values()) == 2 * len(BLOCKS)


def test_readme_is_short_and_plain() -> None:
    assert len(README.splitlines()) <= 250
    assert README.isascii()
    assert CHANGELOG.isascii()


def test_tables_of_the_readme() -> None:
    codes = re.findall(r"^\| (APR\d{3}) \| (.+) \|$", README, re.MULTILINE)
    assert codes == [(code, entry.summary) for code, entry in CODES.items()]
    pages = re.findall(r"^\| \[(\w[\w-]*)\]\(flake8_artifact_pin/docs/\1\.md\) \|", README, re.MULTILINE)
    assert sorted(pages) == sorted(pages_of_manual())
    assert ", ".join(f"`{store}`" for store in STORES) in " ".join(README.split())


def test_every_verb_has_a_section() -> None:
    sections = re.findall("^## (.+)$", PAGES["command.md"], re.MULTILINE)
    assert sections == re.findall(r"^\| `(\w+)` \|", PAGES["command.md"], re.MULTILINE) == list(VERBS)


@pytest.mark.parametrize("package", ["source", "pins", "rules", "repository"])
def test_every_module_is_explained(package: str) -> None:
    """The page for maintainers has no module that is gone, and lacks none."""
    section = PAGES["architecture.md"].partition(f"\n**`{package}/`")[2].partition("\n**`")[0]
    named = [name for row in re.findall(r"^\| ([a-z_, ]+) \|", section, re.MULTILINE)[1:] for name in row.split(", ")]
    modules = {path.stem for path in (ROOT / "flake8_artifact_pin" / package).glob("*.py")} - {"__init__"}
    assert sorted(named) == sorted(modules)


def test_changelog_mentions_every_code() -> None:
    assert set(re.findall(r"APR\d{3}", CHANGELOG)) == set(CODES)


def test_links_lead_somewhere() -> None:
    for page, text in PAGES.items():
        directory = ROOT if page == "README.md" else ROOT / "flake8_artifact_pin" / "docs"
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", prose):
            assert (directory / target).exists(), (page, target)


@pytest.mark.parametrize("block", blocks_of("console", "$ flake8 ", "README.md"), ids=name_of)
def test_output_of_flake8(project: Project, block: Block) -> None:
    """If this fails, the left side is what to paste."""
    command, _, shown = block.text.partition("\n")
    shutil.copytree(EXAMPLE, project.root, dirs_exist_ok=True)
    result = project.configured_flake8(*shlex.split(command)[2:])
    # flake8 5 reports files in the order that the file system has
    assert sorted(result.output.splitlines()) == sorted(shown.splitlines())
    assert result.status == 1


@pytest.fixture
def example(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Return a repository whose work tree is the example, and whose only commit is what it was before."""
    template = tmp_path_factory.getbasetemp() / "example"
    if not template.exists():
        shutil.copytree(EXAMPLE, repository.root, dirs_exist_ok=True)
        for name, (now, before) in BEFORE.items():
            text = repository.read(name)
            assert now in text
            repository.write({name: text.replace(now, before)})
        repository.commit({"collectors/fx_rates.py": "RATES = {}\n"})
        shutil.copytree(EXAMPLE, repository.root, dirs_exist_ok=True)
        repository.git("rm", "--quiet", "collectors/fx_rates.py")
        shutil.copytree(repository.root, template)
    shutil.copytree(template, repository.root, dirs_exist_ok=True)
    return repository


@pytest.mark.parametrize("block", blocks_of("console", "$ flake8-artifact-pin "), ids=name_of)
def test_output_of_the_command(example: Repository, block: Block) -> None:
    """If this fails, the left side is what to paste: what goes to standard output, then what goes to standard error.

    A Python file that the page shows just before is in the example, too.
    """
    before = BLOCKS[BLOCKS.index(block) - 1]
    if before.page == block.page and before.language == "python" and before.file.endswith(".py"):
        example.write({before.file: before.text})
    command, _, shown = block.text.partition("\n")
    outcome = example.run(*shlex.split(command)[2:])
    assert without_versions(outcome.out + outcome.err) == without_versions(shown)
    assert outcome.status < 2


VERBS_WITH_JSON = ["init --output -", "check", "decide", "sites", "prune --dry-run", "diff", "doctor"]


@pytest.mark.parametrize("command", VERBS_WITH_JSON)
def test_fields_of_json(example: Repository, command: str) -> None:
    """The page of the command names the fields that each verb prints, and no others."""
    section = PAGES["command.md"].partition(f"\n## {command.split()[0]}\n")[2].partition("\n## ")[0]
    described = re.findall("`(.+?)`", section.partition("\nJSON")[2].partition("\n\n")[0])
    # prune offers to move its pin
    example.git("mv", "training/models.py", "training/zoo.py")
    printed = json.loads(example.run(*command.split(), "--format", "json").out)
    if command == "init --output -":
        # they map paths
        printed.update(pins=0, calls=0, exempt=0)
    assert sorted({*described, *FINDING_FIELDS}) == sorted({*field_names(printed), *FINDING_FIELDS})


FINDING_FIELDS = ("path", "line", "column", "code", "text", "subject")


def field_names(value: object) -> Iterator[str]:
    """Yield the names of all fields of a JSON value; lists are read whole, since objects in them may differ."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from field_names(item)
    elif isinstance(value, list):
        for item in value:
            yield from field_names(item)


def without_versions(text: str) -> list[str]:
    """Return the lines without what differs from machine to machine: versions, and the name of a commit."""
    varying = r"merge base [0-9a-f]{12}|flake8 [0-9.]+ \(.*?\)|-pin [0-9.]+$|/\S*artifact-pins.schema.json"
    return re.sub(varying, "...", text, flags=re.MULTILINE).splitlines()


def test_the_example_shows_what_flake8_reports() -> None:
    (block,) = blocks_of("console", "$ flake8 ", "README.md")
    assert set(FINDING.findall(block.text)) == {"APR001", "APR002", "APR003", "APR004", "APR005", "APR006"}


def test_commands_of_the_readme() -> None:
    main, tests = (block.text.strip() for block in blocks_of("sh", "python3 -m venv .venv && ", "README.md"))
    (block,) = blocks_of("console", "$ flake8 ", "README.md")
    arguments = block.first_line.removeprefix("$ flake8 ")
    assert main.endswith(f"(cd tests/example && ../../.venv/bin/flake8 {arguments})")
    script = ROOT / ".ci" / "run"
    # the sdist has none
    assert not script.exists() or tests in [line.strip() for line in script.read_text(encoding="utf-8").splitlines()]


def test_pins_file_of_the_example_is_shown() -> None:
    text = (EXAMPLE / "artifact-pins.toml").read_text(encoding="utf-8")
    assert f"# artifact-pins.toml\n{text}" in [block.text for block in blocks_of("toml", page="README.md")]


# the page of the codes has a test of its own, tests/rules/test_codes_page.py
@pytest.mark.parametrize("block", [block for block in blocks_of("toml") if block.page != "codes.md"], ids=name_of)
def test_toml(block: Block, tmp_path: Path) -> None:
    """Each block of a pins file names it first, and has no faults."""
    tomli.loads(block.text)
    if block.file in ("artifact-pins.toml", "pyproject.toml") and "artifact-pins" in block.text:
        path = tmp_path / block.file
        path.write_text(block.text, encoding="utf-8")
        assert load_pins(str(path), str(tmp_path)).faults == ()


def test_registry(tmp_path: Path) -> None:
    """The example of a registry is one, and has all that a row may have."""
    pytest.importorskip("yaml")
    (block,) = blocks_of("yaml", "# ARTIFACT_REGISTRY.yaml")
    (tmp_path / block.file).write_text(block.text, encoding="utf-8")
    first, second = load_registry(str(tmp_path / block.file), block.file)
    assert all(first) and second.artifact_id


def samples() -> list[tuple[Block, str, str]]:
    """Return the block, the comment and the text of each piece of code that a comment of README calls good or bad."""
    found = []
    for block in blocks_of("python", page="README.md"):
        parts = re.split(r"^# (good|bad: .*)\n", block.text, flags=re.MULTILINE)
        assert parts[0] == ""
        found += [(block, comment, text) for comment, text in zip(parts[1::2], parts[2::2])]
    return found


@pytest.mark.parametrize(("block", "comment", "text"), samples())
def test_good_and_bad_code(project: Project, block: Block, comment: str, text: str) -> None:
    """Bad code has the code in its comment; good code has no finding with the pins file that follows it."""
    path = "example.py"
    next_block = BLOCKS[BLOCKS.index(block) + 1]
    if next_block.file == "artifact-pins.toml" and comment == "good" and "noqa" not in text:
        (path,) = tomli.loads(next_block.text)["pins"]
        project.write({"artifact-pins.toml": next_block.text})
    project.write({path: text})
    found = FINDING.findall(project.flake8(path).output)
    assert found == ([] if comment == "good" else re.findall(r"APR\d{3}", comment))


@pytest.mark.parametrize("block", blocks_of("ini"), ids=name_of)
def test_ini(project: Project, block: Block) -> None:
    """flake8 takes the configuration, and reports a PUT call with it."""
    project.write({".flake8": block.text, "a.py": "s3.put_object()\n"})
    assert "APR001" in FINDING.findall(project.configured_flake8().output)
