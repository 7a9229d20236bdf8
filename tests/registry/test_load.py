"""The registry is read as it is meant, and a broken one is never taken for an empty one."""
from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from flake8_artifact_pin import registry
from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.registry.load import load_registry
from flake8_artifact_pin.registry.load import RegistryRow
from flake8_artifact_pin.registry.load import rows_owned_by

BOM = "\ufeff"
DEEP = 100_000
LONG = "1" * 5000

NO_LIST = 'no list "artifacts": put one there, with an artifact_id in each row'
NOT_A_LIST = '"artifacts" must be a list: put one there, with an artifact_id in each row'
MERGE = "unresolved merge: keep the decisions of both sides and remove the markers"
NO_MERGE = "<< merges what is not a mapping: correct it"
YAML_DEEP = "nested too deeply: a registry is a list of rows"
TOO_MUCH = "nested too deeply, or a number in it is too long: simplify it"

# What each of the texts below says; in YAML a row begins behind each mark.
MARK = "\N{PILCROW SIGN}"
ROWS = [("prices", "feeds"), ("zoo", "models"), ("été [1]", ""), ("news", "feeds")]

YAML: dict[str, str] = {
    "block": r"""%YAML 1.1
# artifacts: [{artifact_id: none}]
--- # artifacts
version: 1
paths:
  - artifact_id: none
    artifacts: [{artifact_id: none}]
  - artifacts
"artif\x61cts": # - artifact_id: none
# - artifact_id: none
-   ¶sla: {hours: 1.5, artifact_id: none}
    artifact_id: prices # none
    "owner_repo": 'feeds'
    paths:
    - a/[0-9]: '*.txt'
- # the second
  ¶"artifact_id": "\u007Aoo"

  owner_repo: "mod\
    els"
-
    ¶artifact_id: 'été
      [1]'
    owner_repo: ~
- ¶artifact_id: >-
    news
  artifacts: []
  owner_repo: |-
    feeds
last: [artifacts, artifacts]
...
# more
""",
    "flow": """{"😀": 😀é, artifacts: [¶{artifact_id: prices, owner_repo: feeds, x: "😀"},
 ¶{owner_repo: models, artifact_id: zoo}, ¶artifact_id: 'été [1]',
    ¶{artifact_id: news, owner_repo: feeds, more: [{artifact_id: none}]},
]}""",
    "anchors": """
names: [&feeds feeds, &key artifact_id]
x: &rows
- ¶&prices
  artifact_id: prices
  owner_repo: *feeds
- ¶*key : zoo
  owner_repo: models
- ¶? artifact_id
  : été [1]
- ¶{artifact_id: news, owner_repo: *feeds}
artifacts: *rows
again: [*rows, *prices, *feeds]
""",
    "merge keys": """
feeds: &feeds {owner_repo: feeds, artifact_id: none, more: 1}
base: &base
  artifacts:
  - ¶<<: {<<: {<<: *feeds}, other: 1}
    artifact_id: prices
  - ¶artifact_id: zoo
    owner_repo: models
    <<: *feeds
  - ¶owner_repo:
    <<: [*feeds]
    artifact_id: été [1]
  - ¶"<<": {owner_repo: none}
    artifact_id: news
    <<:
    - {more: 1}
    - *feeds
    - {owner_repo: none}
    <<: []
<<: *base
""",
    "strange line ends": "# \x85# \u2028# \u2029# x\nartifacts:\n- ¶{artifact_id: prices, owner_repo: feeds}\n"
    "- ¶{artifact_id: zoo, owner_repo: models}\n- ¶{artifact_id: 'été [1]'}\n"
    "- ¶{artifact_id: news, owner_repo: feeds}\n",
}
OTHERS: dict[str, str] = {
    "json": r"""{"a": "artifacts", "b": ["artifacts", [1]], "c": {"artifacts": [{"artifact_id": "x"}]},
 "\u0061rtifacts" : [{"artifact_id": "p\u0072ices", "artifacts": [{}, [1, 2]], "owner_repo": "feeds"},
    {"artifact_id": "zoo", "owner_repo": "models", "# x": "//"}, {"": "", "artifact_id": "été [1]", "owner_repo": null},
    {"x": {"artifact_id": "x", "owner_repo": 1}, "artifact_id": "news", "owner_repo": "feeds"}]}""",
    "toml": """
[x]
artifacts = [{ artifact_id = "none" }]
[[artifacts]]
artifact_id = "prices"
owner_repo = "feeds"
[[artifacts]]
artifact_id = "zoo"
sla.artifacts = [{}]
owner_repo = "models"
[[artifacts]]
artifact_id = "été [1]"
[[artifacts]]
artifact_id = "news"
owner_repo = "feeds"
""",
}

# Rows of a YAML registry, one a line, and what is wrong with each.
FAULTY_ROWS = [
    *((text, "must have keys and values") for text in ["a", "1", "[artifact_id: a]", "~"]),
    ("{owner_repo: a}", "has no artifact_id: add one"),
    *(
        (f"artifact_id: {value}", "has an artifact_id that is not a string: write it in quotes")
        for value in ["no", "1", "2024-01-02", "null", "", "0x1F", "1_0", "12:30", "[a]", "{}", "<<", "="]
    ),
    *(
        (f"artifact_id: {value}", "has an artifact_id that is empty or begins or ends with white space: correct it")
        for value in ["''", "' a'", "'a '"]
    ),
    ("artifact_id: &b 'b \"'", ""),
    ("artifact_id: *b", 'has the artifact_id "b \\"" of artifacts[20]: keep one'),
    ("{artifact_id: c, owner_repo:}", ""),
    *(
        (f"{{artifact_id: d, owner_repo: {value}}}", "has an owner_repo that is not a string: write it in quotes")
        for value in ["no", "1", "[x]", "{}"]
    ),
]
# Registries that cannot be used: their suffix, their text, and "line:column: problem" or, where the parser tells no
# place, the problem of each fault.
Malformed = tuple[str, "str | bytes", list[str]]
MALFORMED: dict[str, Malformed] = {
    "not UTF-8": ("yaml", b"artifacts:\n- artifact_id: \xe9\n", ["2:16: not UTF-8 (byte 0xe9): save it as UTF-8"]),
    "empty YAML": ("yaml", "", [f"1:1: {NO_LIST}"]),
    "empty JSON": ("json", "", ["1:1: not valid JSON: Expecting value"]),
    "empty TOML": ("toml", "", [f"1:1: {NO_LIST}"]),
    "byte order mark": ("yaml", BOM, [f"1:1: {NO_LIST}"]),
    "JSON list": ("json", '["artifacts", [{"artifact_id": "a"}]]', [f"1:1: {NO_LIST}"]),
    "artifacts are nothing": ("yaml", "artifacts:\n", [f"1:1: {NO_LIST}"]),
    "artifacts are a mapping": ("yaml", "artifacts: {a: {artifact_id: a}}\n", [f"1:1: {NOT_A_LIST}"]),
    "artifacts are a string": ("yaml", "artifacts: none\n", [f"1:1: {NOT_A_LIST}"]),
    "JSON artifacts are an object": ("json", '{"artifacts": {"artifacts": [{}]}}', [f"1:1: {NOT_A_LIST}"]),
    "the same row twice": (
        "yaml", "artifacts:\n- &a {artifact_id: a}\n- *a\n",
        # where the row is written
        ['2:3: artifacts[1] has the artifact_id "a" of artifacts[0]: keep one'],
    ),
    "key twice": (
        "yaml", "artifacts:\n- id: a\n  owner_repo: a\n  owner_repo: b\n", ["4:3: duplicate owner_repo: keep one"],
    ),
    "list twice": ("yaml", "artifacts: []\nartifacts: []\n", ["2:1: duplicate artifacts: keep one"]),
    "a tag": ("yaml", "artifacts: !foo\n- artifact_id: a\n", ["1:12: tags are not read: remove !foo"]),
    "a tag of a row": ("yaml", "artifacts:\n- !foo {artifact_id: a}\n", ["2:3: tags are not read: remove !foo"]),
    "an alias of nothing": ("yaml", "artifacts: *rows\n", ["1:12: not valid YAML: found undefined alias 'rows'"]),
    "a recursive list": ("yaml", "artifacts: &a\n- *a\n", ["1:12: artifacts[0] must have keys and values"]),
    "a recursive merge": (
        "yaml", "artifacts:\n- &a\n  <<: *a\n  artifact_id: a\n", ["2:3: << merges a mapping into itself: correct it"],
    ),
    "a second document": (
        "yaml", "artifacts: []\n---\nartifacts: []\n",
        ["2:1: not valid YAML: expected a single document in the stream but found another document"],
    ),
    "bad indentation": (
        "yaml", "é: 😀\nartifacts:\n y: 1\n  z: 1\n", ["4:4: not valid YAML: mapping values are not allowed here"],
    ),
    "a control character": (
        "yaml", "# é😀\nx: é\x07b\n", ["2:5: not valid YAML: special characters are not allowed"],
    ),
    "JSON: no comma": (
        "json", '{"artifacts": [\n{"artifact_id": "é"} {}]}', ["2:22: not valid JSON: Expecting ',' delimiter"],
    ),
    "TOML: a control character": (
        "toml", "artifacts = []\nx = 'é\x01'\n", ["2:7: not valid TOML: Found invalid character '\\x01'"],
    ),
    "conflict": (
        "yaml", "artifacts:\n<<<<<<< HEAD\n=======\n>>>>>>> b\n<<<<<<<\n", [f"2:1: {MERGE}", f"5:1: {MERGE}"],
    ),
    "JSON rows": (
        "json", '{"artifacts": ["a", {}, {"artifact_id": 1}, {"artifact_id": "c"}, {"artifact_id": "\\u0063"}]}',
        [
            "artifacts[0] must have keys and values", "artifacts[1] has no artifact_id: add one",
            "artifacts[2] has an artifact_id that is not a string: write it in quotes",
            'artifacts[4] has the artifact_id "c" of artifacts[3]: keep one',
        ],
    ),
    "JSON key twice": (
        "json", '{"artifacts": [{"artifact_id": "a", "x": 1, "x": 2, "\\u0061rtifact_id": "b"}]}',
        ['duplicate artifact_id in one object (beside artifact_id "a"): keep one'],
    ),
    "JSON list twice": (
        "json", '{"artifacts": [{"id": "a"}], "artifacts": []}', ["duplicate artifacts in one object: keep one"],
    ),
}

# What could take for ever, fill the memory or end Python: the suffix, the text and the faults.
HOSTILE: dict[str, Malformed] = {
    "open brackets": ("yaml", f"artifacts: {'[' * 1000}", [f"1:1: {YAML_DEEP}"]),
    "indentation": ("yaml", "".join(f"{' ' * depth}a:\n" for depth in range(1000)), [f"1:1: {YAML_DEEP}"]),
    "JSON open brackets": ("json", f'{{"artifacts": {"[" * DEEP}', [f"1:1: {TOO_MUCH}"]),
    "TOML brackets": ("toml", f"artifacts = {'[' * DEEP}{']' * DEEP}", [f"1:1: {TOO_MUCH}"]),
    "JSON huge number": ("json", f'{{"artifacts": [], "x": {LONG}}}', [f"1:1: {TOO_MUCH}"]),
    "TOML huge number": ("toml", f"artifacts = []\nx = {LONG}\n", [f"1:1: {TOO_MUCH}"]),
    "a billion laughs": (
        "yaml",
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 60))
        + "artifacts: *a59\n",
        # where the alias is anchored
        [f"59:6: artifacts[{n}] must have keys and values" for n in range(9)],
    ),
    "a billion merges": (
        "yaml",
        "a0: &a0 {owner_repo: 1}\n"
        + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 60))
        + "artifacts:\n- {<<: *a59, artifact_id: x}\n",
        ["62:3: artifacts[0] has an owner_repo that is not a string: write it in quotes"],
    ),
    "an escape beyond what Python has": (
        "yaml", 'artifacts: []\nx: "\\UFFFFFFFF"\n', ["1:1: not valid YAML: a number is too large"],
    ),
    "a version of many digits": (
        "yaml", f"artifacts: []\n...\n%YAML 1.{LONG}\n", ["1:1: not valid YAML: a number is too large"],
    ),
}


def load(directory: Path, name: str, text: str | bytes) -> Sequence[RegistryRow]:
    path = directory / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_registry(str(path), name)


def faults_of(directory: Path, name: str, text: str | bytes) -> list[str]:
    with pytest.raises(RegistryError) as caught:
        load(directory, name, text)
    return [fault.text for fault in caught.value.faults]


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a text without its marks, and line and column, from 1 on, of each."""
    pieces = text.split(MARK)
    places = []
    before = ""
    for piece in pieces[:-1]:
        before += piece
        places.append((before.count("\n") + 1, len(before) - before.rfind("\n")))
    return "".join(pieces), places


@pytest.mark.parametrize("text", YAML.values(), ids=YAML)
@pytest.mark.parametrize("ending", ["LF", "CRLF and BOM"])
def test_yaml(tmp_path: Path, text: str, ending: str) -> None:
    plain, places = marked(text)
    rows = load(tmp_path, "r.yaml", plain if ending == "LF" else BOM + plain.replace("\n", "\r\n"))
    assert [(row.artifact_id, row.owner) for row in rows] == ROWS
    if "\x85" not in plain or ending == "LF":
        assert [(row.position.line, row.position.column + 1) for row in rows] == places


@pytest.mark.parametrize("suffix", OTHERS)
def test_json_and_toml(tmp_path: Path, suffix: str) -> None:
    rows = load(tmp_path, f"r.{suffix}", OTHERS[suffix])
    assert [(row.artifact_id, row.owner) for row in rows] == ROWS
    assert {tuple(row.position) for row in rows} == {(1, 0)}


@pytest.mark.parametrize(("fields", "template"), [
    ("key_template: b.csv, s3_key_template: 'a/{day}.csv'", "a/{day}.csv"),
    ("key_template: b.csv, s3_key_template: [a.csv]", "b.csv"),
    ("s3_key_template:", ""),
    ("x: y", ""),
])
def test_key_templates(tmp_path: Path, fields: str, template: str) -> None:
    """They serve suggestions only, so that one that is not a text is no fault."""
    row, = load(tmp_path, "r.yaml", f"artifacts: [{{artifact_id: a, {fields}}}]\n")
    assert row.key_template == template


@pytest.mark.parametrize(("suffix", "text"), [
    ("yaml", "artifacts: []"), ("YML", "artifacts: []"), ("json", '{"artifacts": []}'), ("old.TOML", "artifacts = []"),
])
def test_without_rows(tmp_path: Path, suffix: str, text: str) -> None:
    assert load(tmp_path, f"r.{suffix}", text) == []


def test_faulty_rows(tmp_path: Path) -> None:
    text = "artifacts:\n" + "".join(f"- {row}\n" for row, _ in FAULTY_ROWS)
    assert faults_of(tmp_path, "r.yaml", text) == [
        f"r.yaml:{number + 2}:3: unusable registry: artifacts[{number}] {problem}"
        for number, (_, problem) in enumerate(FAULTY_ROWS) if problem
    ]


@pytest.mark.parametrize(("suffix", "text", "faults"), [*MALFORMED.values(), *HOSTILE.values()],
                         ids=[*MALFORMED, *HOSTILE])
def test_faults(tmp_path: Path, suffix: str, text: str | bytes, faults: Sequence[str]) -> None:
    expected = [
        f"r.{suffix}:{fault.replace(': ', ': unusable registry: ', 1)}"
        if fault[0].isdigit()
        else f"r.{suffix}: unusable registry: {fault}"
        for fault in faults
    ]
    assert faults_of(tmp_path, f"r.{suffix}", text) == expected


@pytest.mark.parametrize(("suffix", "text"), [
    ("yaml", f"artifacts: []\nx: {LONG}\nx: 2024-99-99\n? [a, {{b: c}}]\n: &x [*x]\n~: 4\n"),
    ("json", '{"artifacts": [], "x": 1e999, "y": [1, 1], "z": {"a": 1, "a": 2}}'),
    # a tag of what is not read, which is not obeyed
    ("yaml", "artifacts: []\nx: !!python/object/apply:os.system ['touch ran']\n"),
])
def test_what_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(tmp_path, f"r.{suffix}", text) == []
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("merge", ["", "x", "*b", "[*a, 1]"])
def test_what_cannot_be_merged(tmp_path: Path, merge: str) -> None:
    text = f"a: &a {{owner_repo: x}}\nb: &b [1]\nartifacts:\n- <<: {merge}\n  artifact_id: a\n"
    fault, = faults_of(tmp_path, "r.yaml", text)
    assert fault == f"r.yaml:4:3: unusable registry: {NO_MERGE}"


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=rf"^{tmp_path.name}:1:1: unusable registry: a directory: "):
        load_registry(str(tmp_path), tmp_path.name)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="x/r.yaml: there is no such registry"):
        load_registry(str(tmp_path / "r.yaml"), "x/r.yaml")


@pytest.mark.parametrize("name", ["registry", ".yaml", "r.jsonl"])
def test_unknown_suffix(tmp_path: Path, name: str) -> None:
    assert faults_of(tmp_path, name, "artifacts: []\n") == [
        f"{name}: a registry is a .yaml, .yml, .json or .toml file: name one",
    ]


def test_without_pyyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.delitem(sys.modules, "flake8_artifact_pin.registry.yaml", raising=False)
    monkeypatch.delattr(registry, "yaml", raising=False)
    assert faults_of(tmp_path, "r.yml", "artifacts: []\n") == [
        "r.yml: YAML needs PyYAML: pip install 'flake8-artifact-pin[yaml]'",
    ]
    assert load(tmp_path, "r.json", '{"artifacts": []}') == []


@pytest.mark.parametrize(("owner", "hint"), [
    ("feed", 'r.yaml: no row has owner_repo "feed"; did you mean "feeds"?'),
    ("x", 'r.yaml: no row has owner_repo "x"; correct it, or leave --owner out until one has'),
])
def test_rows_of_an_owner(tmp_path: Path, owner: str, hint: str) -> None:
    rows = load(tmp_path, "r.yaml", "artifacts: [{artifact_id: a, owner_repo: feeds}, {artifact_id: b}]\n")
    assert [row.artifact_id for row in rows_owned_by(rows, "feeds", "r.yaml")] == ["a"]
    with pytest.raises(RegistryError) as caught:
        rows_owned_by(rows, owner, "r.yaml")
    assert str(caught.value) == hint
