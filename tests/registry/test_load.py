"""The registry is read as it is meant, and a broken one is never taken for an empty one."""
from __future__ import annotations

import os
import sys
from collections.abc import Callable
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
NO_STRING = "has an artifact_id that is not a string: write it in quotes"
NO_OWNER_STRING = "has an owner_repo that is not a string: write it in quotes"
BLANK = "has an artifact_id that is empty or begins or ends with white space: correct it"
NO_MAPPING = "must have keys and values"
NO_ID = "has no artifact_id: add one"
MERGE = "unresolved merge: keep the decisions of both sides and remove the markers"
NO_MERGE = "<< merges what is not a mapping: correct it"
YAML_DEEP = "nested too deeply: a registry is a list of rows"
TOO_MUCH = "nested too deeply, or a number in it is too long: simplify it"
SECOND = "not valid YAML: expected a single document in the stream but found another document"
CONTROL = "not valid YAML: special characters are not allowed"

# What each of the texts below says; in YAML a row begins behind each mark.
MARK = "\N{PILCROW SIGN}"
ROWS = [("prices", "feeds"), ("zoo", "models"), ("été [1]", ""), ("news", "feeds")]

YAML: dict[str, str] = {
    "block": """
artifacts:
- ¶artifact_id: prices
  owner_repo: feeds
- ¶owner_repo: models
  artifact_id: zoo
- ¶artifact_id: été [1]
- ¶artifact_id: news
  owner_repo: feeds
""",
    "indented block, with more keys": """
version: 1
grandfathered_paths:
  - artifact_id: none
    artifacts: [{artifact_id: none}]
  - artifacts
artifacts:
    -   ¶sla: {hours: 1.5, artifact_id: none}
        artifact_id: prices
        owner_repo: feeds
        paths:
        - a/[0-9]: *.txt
    -
        ¶artifact_id: zoo
        owner_repo: models
    - ¶artifact_id: été [1]
      owner_repo: ~
    - ¶artifact_id: news
      artifacts: []
      owner_repo: feeds
last: [artifacts, artifacts]
""".replace("*.txt", "'*.txt'"),
    "flow": """{artifacts: [
  ¶{artifact_id: prices, owner_repo: feeds}, ¶{artifact_id: zoo, owner_repo: models},
 ¶{artifact_id: "été [1]"},
    ¶{artifact_id: news, owner_repo: feeds, more: [{artifact_id: none}]},
]}""",
    "pairs in flow": "artifacts: [¶{artifact_id: prices, owner_repo: feeds}, ¶{owner_repo: models, artifact_id: zoo}, "
    "¶artifact_id: 'été [1]', ¶{artifact_id: news, owner_repo: feeds}]",
    "anchors": """
names: [&feeds feeds, &key artifact_id]
artifacts: &rows
- ¶&prices
  artifact_id: prices
  owner_repo: *feeds
- ¶*key : zoo
  owner_repo: models
- ¶? artifact_id
  : été [1]
- ¶{artifact_id: news, owner_repo: *feeds}
again: [*rows, *prices, *feeds]
""",
    "the list is elsewhere": """
x: &rows
- ¶{artifact_id: prices, owner_repo: feeds}
- ¶{artifact_id: zoo, owner_repo: models}
- ¶{artifact_id: été [1]}
- ¶{artifact_id: news, owner_repo: feeds}
artifacts: *rows
""".replace("été [1]", "'été [1]'"),
    "merge keys": """
feeds: &feeds {owner_repo: feeds, artifact_id: none, more: 1}
base: &base
  <<: *feeds
  other: {a: b}
artifacts:
- ¶<<: *base
  artifact_id: prices
- ¶artifact_id: zoo
  owner_repo: models
  <<: *base
- ¶owner_repo:
  <<: *base
  artifact_id: été [1]
- ¶"<<": {owner_repo: none}
  artifact_id: news
  <<: *base
""",
    "merge keys with lists": """
feeds: &feeds {owner_repo: feeds}
models: &models {owner_repo: models}
artifacts:
- ¶<<: [*feeds, *models]
  artifact_id: prices
- ¶<<:
  - {more: 1}
  - *models
  - *feeds
  artifact_id: zoo
- ¶<<: []
  artifact_id: été [1]
- ¶artifact_id: news
  <<: [*feeds]
""",
    "merge keys with mappings in place": """
models: &models {owner_repo: models}
artifacts:
- ¶<<: {artifact_id: prices, owner_repo: feeds}
- ¶<<:
    <<: *models
    artifact_id: none
  artifact_id: zoo
- ¶{<<: {}, artifact_id: "été [1]"}
- ¶artifact_id: news
  <<: {<<: {<<: {owner_repo: feeds}}}
""",
    "the document is merged": """
base: &base
  artifacts:
  - ¶{artifact_id: prices, owner_repo: feeds}
  - ¶{artifact_id: zoo, owner_repo: models}
  - ¶{artifact_id: "été [1]"}
  - ¶{artifact_id: news, owner_repo: feeds}
<<: *base
""",
    "quoted": r"""
"artif\x61cts":
- ¶'artifact_id': "prices"
  "owner_repo": 'feeds'
- ¶"artifact_id": "\u007Aoo"
  owner_repo: "mod\
    els"
- ¶artifact_id: 'été
    [1]'
- ¶artifact_id: >-
    news
  owner_repo: |-
    feeds
""",
    "comments": """
# artifacts: [{artifact_id: none}]
artifacts: # - artifact_id: none
# - artifact_id: none
- # the first
  # and more
  ¶artifact_id: prices # none
  owner_repo: feeds # none

- ¶artifact_id: zoo

  owner_repo: models
# - artifact_id: none
- ¶artifact_id: été [1]
    # none
- ¶artifact_id: news
  owner_repo: feeds
""",
    "document start": """%YAML 1.1
# more
--- # artifacts
artifacts:
- ¶artifact_id: prices
  owner_repo: feeds
- ¶artifact_id: zoo
  owner_repo: models
- ¶artifact_id: été [1]
- ¶artifact_id: news
  owner_repo: feeds
...
# more
""",
    "a long line before the rows": '"😀": 😀é\nartifacts: [¶{artifact_id: prices, owner_repo: feeds, x: "😀"}, '
    "¶{artifact_id: zoo, owner_repo: models}, ¶{artifact_id: 'été [1]'}, ¶{artifact_id: news, owner_repo: feeds}]",
    "strange line ends": "# \x85# \u2028# \u2029# x\nartifacts:\n- ¶{artifact_id: prices, owner_repo: feeds}\n"
    "- ¶{artifact_id: zoo, owner_repo: models}\n- ¶{artifact_id: 'été [1]'}\n"
    "- ¶{artifact_id: news, owner_repo: feeds}\n",
}
OTHERS: dict[str, tuple[str, str]] = {
    "JSON": (
        "json",
        r'''{"a": "artifacts", "b": ["artifacts", [1]], "c": {"artifacts": [{"artifact_id": "x"}]},
 "\u0061rtifacts" : [{"artifact_id": "p\u0072ices", "artifacts": [{}, [1, 2]], "owner_repo": "feeds"},
    {"artifact_id": "zoo", "owner_repo": "models", "# x": "//"}, {"": "", "artifact_id": "été [1]", "owner_repo": null},
    {"x": {"artifact_id": "x", "owner_repo": 1}, "artifact_id": "news", "owner_repo": "feeds"}]}''',
    ),
    "TOML, an array of tables": (
        "toml",
        '''
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
''',
    ),
    "TOML, an array": (
        "toml",
        "artifacts = [{ artifact_id = 'prices', owner_repo = 'feeds' }, "
        "{ artifact_id = 'zoo', owner_repo = 'models' },\n"
        "{ artifact_id = 'été [1]' }, { artifact_id = 'news', owner_repo = 'feeds' }]",
    ),
}

NO_STRINGS = (
    "no", "1", "2024-01-02", "null", "on", "1.0", "", "~", "0x1F", "1_0", ".nan", "12:30", "[a]", "{}", "<<", "=",
)

# Registries that cannot be used: their suffix, their text, and "line:column: problem" or, where the parser tells no
# place, the problem of each fault.
Malformed = tuple[str, "str | bytes", list[str]]
MALFORMED: dict[str, Malformed] = {
    "not UTF-8": ("yaml", b"artifacts:\n- artifact_id: \xe9\n", ["2:16: not UTF-8 (byte 0xe9): save it as UTF-8"]),
    "JSON is not UTF-8": ("json", b'{"artifacts": []\xff}', ["1:17: not UTF-8 (byte 0xff): save it as UTF-8"]),
    "TOML is not UTF-8": ("toml", b"#\xc3\xa9\xff\n", ["1:3: not UTF-8 (byte 0xff): save it as UTF-8"]),
    "empty YAML": ("yaml", "", [f"1:1: {NO_LIST}"]),
    "empty JSON": ("json", "", ["1:1: not valid JSON: Expecting value"]),
    "empty TOML": ("toml", "", [f"1:1: {NO_LIST}"]),
    "comment": ("yaml", "# artifacts: []\n", [f"1:1: {NO_LIST}"]),
    "byte order mark": ("yaml", BOM, [f"1:1: {NO_LIST}"]),
    "null": ("yaml", "null\n", [f"1:1: {NO_LIST}"]),
    "JSON null": ("json", "null", [f"1:1: {NO_LIST}"]),
    "string": ("yaml", "artifacts\n", [f"1:1: {NO_LIST}"]),
    "JSON string": ("json", '"artifacts"', [f"1:1: {NO_LIST}"]),
    "JSON number": ("json", "1", [f"1:1: {NO_LIST}"]),
    "list": ("yaml", "- artifact_id: a\n", [f"1:1: {NO_LIST}"]),
    "JSON list": ("json", '["artifacts", [{"artifact_id": "a"}]]', [f"1:1: {NO_LIST}"]),
    "no artifacts": ("yaml", "artefacts: []\n", [f"1:1: {NO_LIST}"]),
    "JSON without artifacts": ("json", '{"x": {"artifacts": []}}', [f"1:1: {NO_LIST}"]),
    "TOML without artifacts": ("toml", "[x]\nartifacts = []\n", [f"1:1: {NO_LIST}"]),
    "artifacts in capitals": ("yaml", "Artifacts: []\n", [f"1:1: {NO_LIST}"]),
    "artifacts are nothing": ("yaml", "artifacts:\n", [f"1:1: {NO_LIST}"]),
    "JSON artifacts are null": ("json", '{"artifacts": null}', [f"1:1: {NO_LIST}"]),
    "artifacts are a mapping": ("yaml", "artifacts: {a: {artifact_id: a}}\n", [f"1:1: {NOT_A_LIST}"]),
    "artifacts are a string": ("yaml", "artifacts: none\n", [f"1:1: {NOT_A_LIST}"]),
    "artifacts are a number": ("yaml", "artifacts: 0\n", [f"1:1: {NOT_A_LIST}"]),
    "JSON artifacts are an object": ("json", '{"artifacts": {"artifacts": [{}]}}', [f"1:1: {NOT_A_LIST}"]),
    "TOML artifacts are a table": ("toml", '[artifacts]\nartifact_id = "a"\n', [f"1:1: {NOT_A_LIST}"]),
    "TOML artifacts are a number": ("toml", "artifacts = 5", [f"1:1: {NOT_A_LIST}"]),
    "rows are no mappings": (
        "yaml",
        "artifacts:\n- a\n- 1\n-\n- [artifact_id: a]\n- []\n- {}\n",
        [
            f"2:3: artifacts[0] {NO_MAPPING}", f"3:3: artifacts[1] {NO_MAPPING}", f"4:2: artifacts[2] {NO_MAPPING}",
            f"5:3: artifacts[3] {NO_MAPPING}", f"6:3: artifacts[4] {NO_MAPPING}", f"7:3: artifacts[5] {NO_ID}",
        ],
    ),
    "id in capitals": ("yaml", "artifacts:\n- Artifact_ID: a\n  id: b\n", [f"2:3: artifacts[0] {NO_ID}"]),
    "ids that are no strings": (
        "yaml",
        "artifacts:\n" + "".join(f"- artifact_id: {value}\n" for value in NO_STRINGS),
        [f"{number}:3: artifacts[{number - 2}] {NO_STRING}" for number in range(2, len(NO_STRINGS) + 2)],
    ),
    "an alias is no string": ("yaml", "x: &x 1\nartifacts:\n- artifact_id: *x\n", [f"3:3: artifacts[0] {NO_STRING}"]),
    "blank ids": (
        "yaml",
        "artifacts:\n- artifact_id: ''\n- artifact_id: ' '\n- artifact_id: ' a'\n- artifact_id: |\n    a\n"
        "- artifact_id: a\n",
        [f"2:3: artifacts[0] {BLANK}", f"3:3: artifacts[1] {BLANK}", f"4:3: artifacts[2] {BLANK}",
         f"5:3: artifacts[3] {BLANK}"],
    ),
    "owners that are no strings": (
        "yaml",
        "artifacts:\n- artifact_id: a\n  owner_repo: no\n- {artifact_id: b, owner_repo: [x]}\n"
        "- {artifact_id: c, owner_repo: 1}\n- {artifact_id: d, owner_repo:}\n- {artifact_id: e, owner_repo: {}}\n",
        [f"2:3: artifacts[0] {NO_OWNER_STRING}", f"4:3: artifacts[1] {NO_OWNER_STRING}",
         f"5:3: artifacts[2] {NO_OWNER_STRING}",
         f"7:3: artifacts[4] {NO_OWNER_STRING}"],
    ),
    "owner by a merge is no string": (
        "yaml", "x: &x {owner_repo: 1}\nartifacts:\n- <<: *x\n  artifact_id: a\n",
        [f"3:3: artifacts[0] {NO_OWNER_STRING}"],
    ),
    "ids twice": (
        "yaml",
        "artifacts:\n- artifact_id: a\n- artifact_id: 'b \"'\n- {artifact_id: 'b \"', owner_repo: x}\n"
        "- artifact_id: a\n",
        [
            '4:3: artifacts[2] has the artifact_id "b \\"" of artifacts[1]: keep one',
            '5:3: artifacts[3] has the artifact_id "a" of artifacts[0]: keep one',
        ],
    ),
    "the same row twice": (
        "yaml", "artifacts:\n- &a {artifact_id: a}\n- *a\n",
        # where the row is written
        ['2:3: artifacts[1] has the artifact_id "a" of artifacts[0]: keep one'],
    ),
    "key twice": (
        "yaml",
        "artifacts:\n- artifact_id: a\n  artifact_id: b\n",
        ["3:3: duplicate artifact_id: keep one"],
    ),
    "list twice": (
        "yaml",
        "artifacts:\n- artifact_id: a\nartifacts:\n- artifact_id: b\n",
        ["3:1: duplicate artifacts: keep one"],
    ),
    "key twice in flow": (
        "yaml",
        "artifacts: [{artifact_id: a, 'owner_repo': b, owner_repo: b}]\n",
        ["1:47: duplicate owner_repo: keep one"],
    ),
    "TOML key twice": (
        "toml",
        '[[artifacts]]\nartifact_id = "a"\nartifact_id = "b"\n',
        ["3:18: not valid TOML: Cannot overwrite a value"],
    ),
    "TOML list twice": (
        "toml",
        "artifacts = []\n[[artifacts]]\n",
        ["2:12: not valid TOML: Cannot mutate immutable namespace ('artifacts',)"],
    ),
    "a tag": ("yaml", "artifacts: !foo\n- artifact_id: a\n", ["1:12: tags are not read: remove !foo"]),
    "a tag of a row": ("yaml", "artifacts:\n- !foo {artifact_id: a}\n", ["2:3: tags are not read: remove !foo"]),
    "a tag without a handle": (
        "yaml", "artifacts: !e!x []\n", ["1:12: not valid YAML: while parsing a node found undefined tag handle '!e!'"],
    ),
    "an alias of nothing": ("yaml", "artifacts: *rows\n", ["1:12: not valid YAML: found undefined alias 'rows'"]),
    "an alias before its anchor": (
        "yaml", "artifacts:\n- *a\n- &a {artifact_id: a}\n", ["2:3: not valid YAML: found undefined alias 'a'"],
    ),
    "a recursive list": ("yaml", "artifacts: &a\n- *a\n", [f"1:12: artifacts[0] {NO_MAPPING}"]),
    "a recursive merge": (
        "yaml", "artifacts:\n- &a\n  <<: *a\n  artifact_id: a\n", ["2:3: << merges a mapping into itself: correct it"],
    ),
    "a merge of a string": ("yaml", "artifacts:\n- <<: x\n  artifact_id: a\n", [f"2:3: {NO_MERGE}"]),
    "a merge of nothing": ("yaml", "artifacts:\n- <<:\n  artifact_id: a\n", [f"2:3: {NO_MERGE}"]),
    "a merge of an alias that is a list": (
        "yaml", "x: &x [1]\nartifacts:\n- <<: *x\n  artifact_id: a\n", [f"3:3: {NO_MERGE}"],
    ),
    "a second document": ("yaml", "artifacts: []\n---\nartifacts: []\n", [f"2:1: {SECOND}"]),
    "an empty second document": ("yaml", "artifacts: []\n---\n", [f"2:1: {SECOND}"]),
    "a document of another YAML": (
        "yaml",
        "%YAML 2.0\n---\nartifacts: []\n",
        ["1:1: not valid YAML: found incompatible YAML document (version 1.* is required)"],
    ),
    "a tab": (
        "yaml",
        "artifacts:\n\t- artifact_id: a\n",
        ["2:1: not valid YAML: while scanning for the next token found character '\\t' that cannot start any token"],
    ),
    "an open list": (
        "yaml",
        "artifacts: [\n- artifact_id: a\n",
        ["2:1: not valid YAML: while parsing a flow node expected the node content, but found '-'"],
    ),
    "an open quote": (
        "yaml",
        "artifacts:\n- artifact_id: 'a\n",
        ["3:1: not valid YAML: while scanning a quoted scalar found unexpected end of stream"],
    ),
    "bad indentation, far down": (
        "yaml",
        "artifacts:\n" + "".join(f"- artifact_id: é{number}\n" for number in range(100)) + "  owner_repo: x\n y: 1\n",
        [
            "103:2: not valid YAML: while parsing a block mapping "
            "expected <block end>, but found '<block mapping start>'",
        ],
    ),
    "a control character": ("yaml", "# é😀\nartifacts:\n- artifact_id: é\x07b\n", [f"3:17: {CONTROL}"]),
    "a NUL": ("yaml", "artifacts: []\n\0", [f"2:1: {CONTROL}"]),
    "JSON: no comma": (
        "json", '{"artifacts": [\n{"artifact_id": "é"} {}]}', ["2:22: not valid JSON: Expecting ',' delimiter"],
    ),
    "JSON: a second document": ("json", '{"artifacts": []}\n{}', ["2:1: not valid JSON: Extra data"]),
    "JSON: a comment": (
        "json",
        '{"artifacts": [] // x\n}',
        ["1:18: not valid JSON: Expecting ',' delimiter"],
    ),
    "JSON: a control character": (
        "json", '{"artifacts":\n[{"artifact_id": "a\x01"}]}', ["2:20: not valid JSON: Invalid control character at"],
    ),
    "JSON: YAML in it": ("json", "artifacts: []\n", ["1:1: not valid JSON: Expecting value"]),
    "TOML: a control character": (
        "toml", "artifacts = []\nx = 'é\x01'\n", ["2:7: not valid TOML: Found invalid character '\\x01'"],
    ),
    "conflict": (
        "yaml",
        "artifacts:\n<<<<<<< HEAD\n- artifact_id: a\n=======\n- artifact_id: b\n>>>>>>> b\n<<<<<<<\n",
        [f"2:1: {MERGE}", f"7:1: {MERGE}"],
    ),
    "JSON conflict": ("json", '{"artifacts": [\n<<<<<<< HEAD\n=======\n>>>>>>> b\n]}', [f"2:1: {MERGE}"]),
    "TOML conflict": ("toml", "<<<<<<< HEAD\r\n=======\r\n>>>>>>> b\r\n", [f"1:1: {MERGE}"]),
    "JSON rows": (
        "json",
        '{"artifacts": ["a", null, ["artifact_id"], {}, {"artifact_id": 1}, {"artifact_id": ""}, '
        '{"artifact_id": "a\\t"},'
        '{"artifact_id": "b", "owner_repo": 0}, {"artifact_id": "c"}, {"artifact_id": "\\u0063"}]}',
        [
            f"artifacts[0] {NO_MAPPING}", f"artifacts[1] {NO_MAPPING}", f"artifacts[2] {NO_MAPPING}",
            f"artifacts[3] {NO_ID}", f"artifacts[4] {NO_STRING}", f"artifacts[5] {BLANK}", f"artifacts[6] {BLANK}",
            f"artifacts[7] {NO_OWNER_STRING}", 'artifacts[9] has the artifact_id "c" of artifacts[8]: keep one',
        ],
    ),
    "TOML rows": (
        "toml",
        'artifacts = ["a", {}, { artifact_id = 2024-01-02 }, { artifact_id = "a", owner_repo = false }]',
        [
            f"artifacts[0] {NO_MAPPING}", f"artifacts[1] {NO_ID}", f"artifacts[2] {NO_STRING}",
            f"artifacts[3] {NO_OWNER_STRING}",
        ],
    ),
    "JSON key twice": (
        "json",
        '{"artifacts": [{"artifact_id": "a", "x": 1, "x": 2, "\\u0061rtifact_id": "b"}]}',
        ['duplicate artifact_id in one object (beside artifact_id "a"): keep one'],
    ),
    "JSON list twice": (
        "json",
        '{"artifacts": [{"artifact_id": "a"}], "artifacts": []}',
        ["duplicate artifacts in one object: keep one"],
    ),
}

# What could take for ever, fill the memory or end Python: the suffix, the text and the faults.
HOSTILE: dict[str, Malformed] = {
    "open brackets": ("yaml", f"artifacts: {'[' * (DEEP // 50)}", [f"1:1: {YAML_DEEP}"]),
    "pairs": ("yaml", f"artifacts: {'{a: ' * DEEP}", [f"1:1: {YAML_DEEP}"]),
    "question marks": ("yaml", "? " * DEEP, [f"1:1: {YAML_DEEP}"]),
    "indentation": ("yaml", "".join(f"{' ' * depth}a:\n" for depth in range(1000)), [f"1:1: {YAML_DEEP}"]),
    "JSON open brackets": ("json", f'{{"artifacts": {"[" * DEEP}', [f"1:1: {TOO_MUCH}"]),
    "JSON objects": ("json", f'{{"artifacts":{{"a":{DEEP * "["}1', [f"1:1: {TOO_MUCH}"]),
    "TOML brackets": ("toml", f"artifacts = {'[' * DEEP}{']' * DEEP}", [f"1:1: {TOO_MUCH}"]),
    "TOML tables": ("toml", f"artifacts = {'{a=' * DEEP}1{'}' * DEEP}", [f"1:1: {TOO_MUCH}"]),
    "JSON huge number": ("json", f'{{"artifacts": [], "x": {LONG}}}', [f"1:1: {TOO_MUCH}"]),
    "TOML huge number": ("toml", f"artifacts = []\nx = {LONG}\n", [f"1:1: {TOO_MUCH}"]),
    "huge number": ("yaml", f"artifacts:\n- artifact_id: {LONG}\n", [f"2:3: artifacts[0] {NO_STRING}"]),
    "a billion laughs": (
        "yaml",
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 60))
        + "artifacts: *a59\n",
        # where the alias is anchored
        [f"59:6: artifacts[{n}] {NO_MAPPING}" for n in range(9)],
    ),
    "a billion merges": (
        "yaml",
        "a0: &a0 {owner_repo: 1}\n"
        + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 60))
        + "artifacts:\n- {<<: *a59, artifact_id: x}\n",
        [f"62:3: artifacts[0] {NO_OWNER_STRING}"],
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


@pytest.mark.parametrize(("suffix", "text"), OTHERS.values(), ids=OTHERS)
def test_json_and_toml(tmp_path: Path, suffix: str, text: str) -> None:
    rows = load(tmp_path, f"r.{suffix}", text)
    assert [(row.artifact_id, row.owner) for row in rows] == ROWS
    assert {tuple(row.position) for row in rows} == {(1, 0)}


@pytest.mark.parametrize(("fields", "template"), [
    ("s3_key_template: 'a/{day}.csv'", "a/{day}.csv"),
    ("key_template: b.csv", "b.csv"),
    ("{key_template: b.csv, s3_key_template: a.csv}", "a.csv"),
    ("s3_key_template:", ""),
    ("s3_key_template: [a.csv]", ""),
    ("x: y", ""),
])
def test_key_templates(tmp_path: Path, fields: str, template: str) -> None:
    """They serve suggestions only, so that one that is not a text is no fault."""
    fields = fields if fields.startswith("{") else f"{{{fields}}}"
    row, = load(tmp_path, "r.yaml", f"x: &x {fields}\nartifacts:\n- {{artifact_id: a, <<: *x}}\n")
    assert row.key_template == template


@pytest.mark.parametrize("suffix", ["yaml", "yml", "json", "toml", "YAML", "Json", "old.TOML"])
def test_without_rows(tmp_path: Path, suffix: str) -> None:
    text = {"json": '{"artifacts": []}', "toml": "artifacts = []"}.get(suffix[-4:].lower(), "artifacts: []")
    assert load(tmp_path, f"r.{suffix}", text) == []


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
    ("yaml", f"artifacts: []\nx: {LONG}\ny: 2024-99-99\n"),
    ("json", '{"artifacts": [], "x": 1e999, "y": [1, 1], "z": {"a": 1, "a": 2}}'),
    ("toml", f"artifacts = []\nx = '{LONG}'\ny = inf\n"),
    ("yaml", "artifacts: []\nx: 1\nx: 2\n"),
    ("yaml", "artifacts: []\n? [a, {b: c}]\n: 1\n? {a: b}\n: 2\n1: 3\n~: 4\n"),
    # a tag of what is not read, which is not obeyed
    ("yaml", "artifacts: []\nx: !!python/object/apply:os.system ['touch ran']\n"),
    ("yaml", "artifacts: []\nx: &x [*x]\n"),
])
def test_what_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(tmp_path, f"r.{suffix}", text) == []
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("merge", ["x", "[x]", "[{}, 1]", "[[]]", "[*a, *b]", "*b", "[*a, null]"])
def test_what_cannot_be_merged(tmp_path: Path, merge: str) -> None:
    text = f"a: &a {{owner_repo: x}}\nb: &b 1\nartifacts:\n- <<: {merge}\n  artifact_id: a\n"
    fault, = faults_of(tmp_path, "r.yaml", text)
    assert fault == f"r.yaml:4:3: unusable registry: {NO_MERGE}"


def make_directory(path: Path) -> None:
    path.mkdir()


def make_link(path: Path) -> None:
    path.symlink_to("nowhere")


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [make_directory, os.mkfifo, make_link, make_loop])
def test_no_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "r.yaml")
    with pytest.raises(RegistryError, match=r"r\.yaml:1:1: unusable registry: "):
        load_registry(str(tmp_path / "r.yaml"), "r.yaml")


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="x/r.yaml: there is no such registry"):
        load_registry(str(tmp_path / "r.yaml"), "x/r.yaml")


@pytest.mark.parametrize("name", ["registry", "registry.txt", "r.yaml.bak", ".yaml", "r.yaml~", "r.jsonl"])
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
    assert load(tmp_path, "r.toml", "artifacts = []\n") == []


@pytest.mark.parametrize(("owner", "hint"), [
    ("feed", 'did you mean "feeds"?'),
    (" feeds", 'did you mean "feeds"?'),
    ("x", "correct it, or leave --owner out until one has"),
])
def test_rows_of_an_owner(tmp_path: Path, owner: str, hint: str) -> None:
    rows = load(tmp_path, "r.yaml", "artifacts: [{artifact_id: a, owner_repo: feeds}, {artifact_id: b}]\n")
    assert [row.artifact_id for row in rows_owned_by(rows, "feeds", "r.yaml")] == ["a"]
    with pytest.raises(RegistryError) as caught:
        rows_owned_by(rows, owner, "r.yaml")
    assert str(caught.value).endswith(hint)
