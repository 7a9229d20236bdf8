"""``check`` compares the ids of pins with a registry, and never takes a broken registry for an empty one."""
from __future__ import annotations

import difflib
import json
import os
import re
import sys
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path

import pytest
from support import Project
from support import Repository

from flake8_artifact_pin import registry
from flake8_artifact_pin.errors import RegistryError
from flake8_artifact_pin.registry.load import load_registry

PUT = "s3.put_object()\n"
PINS = "artifact-pins.toml"
UNPINNED = (
    "PUT call 1 of 1, 0 pinned: put_object(...); "
    'decide on the artifact, then set "a.py" = 1 under [pins] in a new artifact-pins.toml'
)
BOM = "\ufeff"
DEEP = 100_000
LONG = "1" * 5000

NO_LIST = 'no list "artifacts": a registry has one, of rows with artifact_id each'
NOT_A_LIST = '"artifacts" must be a list: a registry has one, of rows with artifact_id each'
NO_STRING = "has an artifact_id that is no string: write it in quotes"
NO_OWNER_STRING = "has an owner_repo that is no string: write it in quotes"
BLANK = "has an artifact_id that is empty or begins or ends with white space: correct it"
NO_MAPPING = "must have keys and values"
NO_ID = "has no artifact_id: add one"
MERGE = "unresolved merge: keep one side and remove the markers"
NO_MERGE = "<< merges what is no mapping: correct it"
YAML_DEEP = "nested too deeply: a registry is a list of rows"
TOO_MUCH = "nested too deeply, or a number in it is too long: simplify it"
CONTROL = "not valid YAML: special characters are not allowed"

# What each of the texts below says, in which a row begins behind each mark.
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
names: [&feeds feeds, &key artifact_id, &news {artifact_id: news, owner_repo: *feeds}]
artifacts: &rows
- ¶&prices
  artifact_id: prices
  owner_repo: *feeds
- ¶*key : zoo
  owner_repo: &feeds models
- ¶? artifact_id
  : été [1]
- ¶*news
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
JSON: dict[str, str] = {
    "compact": '{"artifacts":[¶{"artifact_id":"prices","owner_repo":"feeds"},¶{"owner_repo":"models","artifact_id":'
    '"zoo"},¶{"artifact_id":"été [1]","owner_repo":null},¶{"artifact_id":"news","owner_repo":"feeds"}]}',
    "indented": """
{
  "version": -1.5e3,
  "artifacts": [
    ¶{
      "artifact_id": "prices",
      "owner_repo": "feeds"
    },
    ¶{"artifact_id": "zoo", "owner_repo": "models"},
      ¶{"artifact_id": "été [1]"}
    ,

    ¶{
      "owner_repo": "feeds",
      "artifact_id": "news"
    }
  ]
}
""",
    "artifacts in many places": r"""{"a": "artifacts", "b": ["artifacts", [1]],
 "c": {"artifacts": [{"artifact_id": "x"}]},
 "d": [{"artifacts": [1]}], "artifacts ": [1], "e": "\"artifacts\": [{", "'artifacts'": [1], "\"artifacts\"": [2],
 "artifacts" : [¶{"artifact_id": "prices", "artifacts": [{}, [1, 2]], "x": [[{"artifact_id": "x"}], "]", "}{\\"],
 "owner_repo": "feeds"}, ¶{"artifact_id": "zoo", "owner_repo": "models", "# x": "//"},
    ¶{"": "", "artifact_id": "été [1]", "x": ""}, ¶{"x": {"artifact_id": "x", "owner_repo": 1},
    "artifact_id": "news", "owner_repo": "feeds"}], "f": ["artifacts"], "g": [[1], {}]}
""",
    "escapes": r"""{"x\"]": "\\", "\u0061rtifacts": [
    ¶{"artif\u0061ct_id": "p\u0072ices", "owner\u005frepo": "feeds"}, ¶{"artifact_id": "zoo", "owner_repo": "models"},
    ¶{"artifact_id": "\u00e9t\u00e9 [1]"},¶{"artifact_id": "news", "owner_repo": "f\u0065eds"}], "artifacts\u0000": 1}
""",
}
TOML: dict[str, str] = {
    "headers": """
¶[[artifacts]]
artifact_id = "prices"
owner_repo = "feeds"

¶[[artifacts]]  # [[artifacts]]
owner_repo = 'models'
artifact_id = 'zoo'
  ¶[[artifacts]]
  artifact_id = "été [1]"
¶[[ artifacts ]]
artifact_id = "news"
owner_repo = "feeds"
""",
    "inline array": """
artifacts = [¶{ artifact_id = "prices", owner_repo = "feeds" }, ¶{ artifact_id = "zoo", owner_repo = "models" }, # [[x
  # { artifact_id = "none" },
  ¶{ artifact_id = "été [1]", x = [{ a = "]" }, [[1], { }]] },

    ¶{ owner_repo = "feeds", artifact_id = "news" },
]
[x]
artifacts = [{ artifact_id = "none" }]
""",
    "tables of rows": """
version = 1.5
[x]
artifacts = [1, 2]
[[x.artifacts]]
¶[[artifacts]]
artifact_id = "prices"
owner_repo = "feeds"
[artifacts.sla]
hours = 5
[[artifacts.artifacts]]
artifact_id = "none"
[[artifacts.artifacts]]
¶[[artifacts]]
artifact_id = "zoo"
sla.hours = 5
sla.artifacts = [{}]
owner_repo = "models"
[[y.artifacts]]
¶[[artifacts]]
artifact_id = "été [1]"
¶[[artifacts]]
owner_repo = "feeds"
artifact_id = "news"
artifacts = [{ artifact_id = "none" }]
""".replace("[[x.artifacts]]\n", ""),
    "quoted keys": """
¶[["artifacts"]]
"artifact_id" = "prices"
'owner_repo' = "feeds"
¶[['artifacts']]
artifact_id = "zoo"
"owner_repo" = "models"
¶[[artifacts]]
'artifact_id' = "été [1]"
¶[[ "artifacts" ]]
artifact_id = "news"
owner_repo = "feeds"
""",
    "quoted key of an array": "'artifacts' = [¶{ 'artifact_id' = 'prices', owner_repo = 'feeds' },\n"
    "¶{ artifact_id = 'zoo', owner_repo = 'models' }, ¶{ artifact_id = 'été [1]' },\n"
    "¶{ artifact_id = 'news', owner_repo = 'feeds' }]",
    "escapes in the key of an array": '"artif\\u0061cts" = [\n'
    '¶{ "artif\\u0061ct_id" = "prices", owner_repo = "feeds" },\n'
    "¶{ artifact_id = 'zoo', owner_repo = 'models' }, ¶{ artifact_id = 'été [1]' },\n"
    "¶{ artifact_id = 'news', owner_repo = 'feeds' }]",
    "escapes in headers": """
¶[["artif\\u0061cts"]]
artifact_id = "prices"
owner_repo = "feeds"
¶[["\\U00000061rtifacts"]]
artifact_id = "zoo"
owner_repo = "models"
¶[[artifacts]]
artifact_id = "été [1]"
¶[[artifacts]]
artifact_id = "news"
owner_repo = "feeds"
""",
    "keys with quotes in them": """
"'artifacts'" = [1]
artifacts = [
¶{ artifact_id = 'prices', owner_repo = 'feeds' },
¶{ artifact_id = 'zoo', owner_repo = 'models' },
¶{ artifact_id = 'été [1]' },
¶{ artifact_id = 'news', owner_repo = 'feeds' },
]
[['"artifacts"']]
""",
    "strings of several lines": '''
x = """
[[artifacts]]
artifacts = [{}]
"""
y = \'\'\'
[[artifacts]]\'\'\'
¶[[artifacts]]
x = [
  [1], "]", # ]
  """
]]
[[artifacts]]
"""
]
artifact_id = """
prices"""
owner_repo = "feeds"
¶[[artifacts]]
artifact_id = "zoo"
owner_repo = "models"
¶[[artifacts]]
artifact_id = "été [1]"
¶[[artifacts]]
artifact_id = "news"
owner_repo = "feeds"''',
}
TEXTS = [
    pytest.param(suffix, ending, variant, id=f"{suffix}: {name}, {ending}")
    for suffix, texts in (("yaml", YAML), ("json", JSON), ("toml", TOML))
    for name, variant in texts.items()
    for ending in ("LF", "CRLF and BOM")
    if not (ending != "LF" and name == "strange line ends")
]

NO_STRINGS = (
    "no", "1", "2024-01-02", "null", "on", "1.0", "", "~", "0x1F", "1_0", ".nan", "12:30", "[a]", "{}", "<<", "=",
)

# Registries that cannot be used: their suffix, their text, and "line:column: problem" of each fault.
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
    "JSON artifacts are false": ("json", '{"artifacts": false}', [f"1:1: {NOT_A_LIST}"]),
    "JSON artifacts are no number": ("json", '{"artifacts": NaN}', [f"1:1: {NOT_A_LIST}"]),
    "TOML artifacts are a table": ("toml", '[artifacts]\nartifact_id = "a"\n', [f"1:1: {NOT_A_LIST}"]),
    "TOML artifacts are a dotted table": ("toml", 'artifacts.artifact_id = "a"\n', [f"1:1: {NOT_A_LIST}"]),
    "TOML artifacts are a number": ("toml", "artifacts = 5", [f"1:1: {NOT_A_LIST}"]),
    "TOML artifacts are a string": ("toml", "artifacts = '[{}]'\n", [f"1:1: {NOT_A_LIST}"]),
    "rows are no mappings": (
        "yaml",
        "artifacts:\n- a\n- 1\n-\n- [artifact_id: a]\n- []\n- {}\n",
        [
            f"2:3: row 1 {NO_MAPPING}", f"3:3: row 2 {NO_MAPPING}", f"4:2: row 3 {NO_MAPPING}",
            f"5:3: row 4 {NO_MAPPING}", f"6:3: row 5 {NO_MAPPING}", f"7:3: row 6 {NO_ID}",
        ],
    ),
    "JSON rows are no objects": (
        "json",
        '{"artifacts": ["a", 1, null, ["artifact_id"], {}, -1.5, true]}',
        [
            f"1:16: row 1 {NO_MAPPING}", f"1:21: row 2 {NO_MAPPING}", f"1:24: row 3 {NO_MAPPING}",
            f"1:30: row 4 {NO_MAPPING}", f"1:47: row 5 {NO_ID}", f"1:51: row 6 {NO_MAPPING}",
            f"1:57: row 7 {NO_MAPPING}",
        ],
    ),
    "TOML rows are no tables": (
        "toml",
        'artifacts = ["a", 1.5, [{ artifact_id = "a" }],\n{},\n2024-01-02]\n',
        [
            f"1:14: row 1 {NO_MAPPING}", f"1:19: row 2 {NO_MAPPING}", f"1:24: row 3 {NO_MAPPING}",
            f"2:1: row 4 {NO_ID}", f"3:1: row 5 {NO_MAPPING}",
        ],
    ),
    "TOML rows without anything": (
        "toml", "[[artifacts]]\n[[artifacts]]", [f"1:1: row 1 {NO_ID}", f"2:1: row 2 {NO_ID}"],
    ),
    "id in capitals": ("yaml", "artifacts:\n- Artifact_ID: a\n  id: b\n", [f"2:3: row 1 {NO_ID}"]),
    "ids that are no strings": (
        "yaml",
        "artifacts:\n" + "".join(f"- artifact_id: {value}\n" for value in NO_STRINGS),
        [f"{number}:3: row {number - 1} {NO_STRING}" for number in range(2, len(NO_STRINGS) + 2)],
    ),
    "JSON ids that are no strings": (
        "json",
        '{"artifacts": [\n{"artifact_id": null},\n {"artifact_id": 1}, {"artifact_id": NaN},\n{"artifact_id": ["a"]}]}',
        [f"2:1: row 1 {NO_STRING}", f"3:2: row 2 {NO_STRING}", f"3:22: row 3 {NO_STRING}", f"4:1: row 4 {NO_STRING}"],
    ),
    "TOML ids that are no strings": (
        "toml",
        "artifacts = [{ artifact_id = 1 },\n{ artifact_id = 2024-01-02 }, { artifact_id = false }]",
        [f"1:14: row 1 {NO_STRING}", f"2:1: row 2 {NO_STRING}", f"2:31: row 3 {NO_STRING}"],
    ),
    "an alias is no string": ("yaml", "x: &x 1\nartifacts:\n- artifact_id: *x\n", [f"3:3: row 1 {NO_STRING}"]),
    "blank ids": (
        "yaml",
        "artifacts:\n- artifact_id: ''\n- artifact_id: ' '\n- artifact_id: ' a'\n- artifact_id: |\n    a\n"
        "- artifact_id: a\n",
        [f"2:3: row 1 {BLANK}", f"3:3: row 2 {BLANK}", f"4:3: row 3 {BLANK}", f"5:3: row 4 {BLANK}"],
    ),
    "JSON blank ids": (
        "json",
        '{"artifacts": [{"artifact_id": ""}, {"artifact_id": "a\\t"}, {"artifact_id": "\\u00a0a"}]}',
        [f"1:16: row 1 {BLANK}", f"1:37: row 2 {BLANK}", f"1:61: row 3 {BLANK}"],
    ),
    "TOML blank id": ("toml", '[[artifacts]]\nartifact_id = """\n"""\n', [f"1:1: row 1 {BLANK}"]),
    "owners that are no strings": (
        "yaml",
        "artifacts:\n- artifact_id: a\n  owner_repo: no\n- {artifact_id: b, owner_repo: [x]}\n"
        "- {artifact_id: c, owner_repo: 1}\n- {artifact_id: d, owner_repo:}\n- {artifact_id: e, owner_repo: {}}\n",
        [f"2:3: row 1 {NO_OWNER_STRING}", f"4:3: row 2 {NO_OWNER_STRING}", f"5:3: row 3 {NO_OWNER_STRING}",
         f"7:3: row 5 {NO_OWNER_STRING}"],
    ),
    "JSON owners that are no strings": (
        "json",
        '{"artifacts": [{"artifact_id": "a", "owner_repo": 0},\n{"artifact_id": "b", "owner_repo": []}]}',
        [f"1:16: row 1 {NO_OWNER_STRING}", f"2:1: row 2 {NO_OWNER_STRING}"],
    ),
    "TOML owner that is no string": (
        "toml", '\n[[artifacts]]\nartifact_id = "a"\nowner_repo = false\n', [f"2:1: row 1 {NO_OWNER_STRING}"],
    ),
    "owner by a merge is no string": (
        "yaml", "x: &x {owner_repo: 1}\nartifacts:\n- <<: *x\n  artifact_id: a\n", [f"3:3: row 1 {NO_OWNER_STRING}"],
    ),
    "ids twice": (
        "yaml",
        "artifacts:\n- artifact_id: a\n- artifact_id: 'b \"'\n- {artifact_id: 'b \"', owner_repo: x}\n"
        "- artifact_id: a\n",
        [
            '4:3: row 3 has the artifact_id "b \\"" of line 3: keep one',
            '5:3: row 4 has the artifact_id "a" of line 2: keep one',
        ],
    ),
    "JSON ids twice": (
        "json",
        '{"artifacts": [\n{"artifact_id": "a"},\n{"artifact_id": "\\u0061"}]}',
        ['3:1: row 2 has the artifact_id "a" of line 2: keep one'],
    ),
    "TOML ids twice": (
        "toml",
        '[[artifacts]]\nartifact_id = "a"\n[[artifacts]]\nartifact_id = \'a\'\n',
        ['3:1: row 2 has the artifact_id "a" of line 1: keep one'],
    ),
    "the same row twice": (
        "yaml", "artifacts:\n- &a {artifact_id: a}\n- *a\n", ['3:3: row 2 has the artifact_id "a" of line 2: keep one'],
    ),
    "key twice": (
        "yaml",
        "artifacts:\n- artifact_id: a\n  artifact_id: b\n",
        ["3:3: artifact_id is there twice: keep one"],
    ),
    "list twice": (
        "yaml",
        "artifacts:\n- artifact_id: a\nartifacts:\n- artifact_id: b\n",
        ["3:1: artifacts is there twice: keep one"],
    ),
    "key twice in flow": (
        "yaml",
        "artifacts: [{artifact_id: a, 'owner_repo': b, owner_repo: b}]\n",
        ["1:47: owner_repo is there twice: keep one"],
    ),
    "JSON key twice": (
        "json",
        '{"artifacts": [{"artifact_id": "a", "x": 1, "x": 2,\n"\\u0061rtifact_id": "a"}]}',
        ["2:1: artifact_id is there twice in one object: keep one"],
    ),
    "JSON list twice": (
        "json",
        '{"artifacts": [{"artifact_id": "a"}], "artifacts": []}',
        ["1:39: artifacts is there twice in one object: keep one"],
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
    "a tag of a key": ("yaml", "x: 1\n!foo artifacts: []\n", ["2:1: tags are not read: remove !foo"]),
    "a tag of nothing": ("yaml", "artifacts: []\nx: ! a\n", ["2:4: tags are not read: remove !"]),
    "a tag with an anchor": ("yaml", "artifacts: &x !<foo> []\n", ["1:12: tags are not read: remove foo"]),
    "a tag that runs a program": (
        "yaml",
        "artifacts: []\nx: !!python/object/apply:os.system ['touch ran']\n",
        ["2:4: tags are not read: remove tag:yaml.org,2002:python/object/apply:os.system"],
    ),
    "a tag of YAML's own": (
        "yaml",
        "artifacts:\n- artifact_id: !!str 1\n",
        ["2:16: tags are not read: remove tag:yaml.org,2002:str"],
    ),
    "a tag without a handle": (
        "yaml", "artifacts: !e!x []\n", ["1:12: not valid YAML: while parsing a node found undefined tag handle '!e!'"],
    ),
    "an alias of nothing": ("yaml", "artifacts: *rows\n", ["1:12: *rows refers to nothing: correct it"]),
    "an alias before its anchor": (
        "yaml", "artifacts:\n- *a\n- &a {artifact_id: a}\n", ["2:3: *a refers to nothing: correct it"],
    ),
    "a recursive list": ("yaml", "artifacts: &a\n- *a\n", ["2:3: *a refers to what it is in: correct it"]),
    "a recursive row": (
        "yaml", "artifacts:\n- &a\n  artifact_id: a\n  x: [*a]\n", ["4:7: *a refers to what it is in: correct it"],
    ),
    "a recursive merge": (
        "yaml", "artifacts:\n- &a\n  <<: *a\n  artifact_id: a\n", ["3:7: *a refers to what it is in: correct it"],
    ),
    "a merge of a string": ("yaml", "artifacts:\n- <<: x\n  artifact_id: a\n", [f"2:7: {NO_MERGE}"]),
    "a merge of nothing": ("yaml", "artifacts:\n- <<:\n  artifact_id: a\n", [f"2:6: {NO_MERGE}"]),
    "a merge of an alias that is a list": (
        "yaml", "x: &x [1]\nartifacts:\n- <<: *x\n  artifact_id: a\n", [f"3:7: {NO_MERGE}"],
    ),
    "a second document": ("yaml", "artifacts: []\n---\nartifacts: []\n", ["2:1: a second document: keep one"]),
    "an empty second document": ("yaml", "artifacts: []\n---\n", ["2:1: a second document: keep one"]),
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
    "JSON: the end is missing": ("json", '{"artifacts": [\n', ["2:1: not valid JSON: Expecting value"]),
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
    "TOML: no value": ("toml", "x = 1\r\nartifacts = \n", ["2:13: not valid TOML: Invalid value"]),
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
}

# What could take for ever, fill the memory or end Python: the suffix, the text and the faults.
HOSTILE: dict[str, Malformed] = {
    "open brackets": ("yaml", f"artifacts: {'[' * DEEP}", [f"1:111: {YAML_DEEP}"]),
    "brackets": ("yaml", f"artifacts: {'[' * DEEP}{']' * DEEP}", [f"1:111: {YAML_DEEP}"]),
    "braces": ("yaml", f"artifacts: {'{' * DEEP}", [f"1:111: {YAML_DEEP}"]),
    "pairs": ("yaml", f"artifacts: {'{a: ' * DEEP}", [f"1:408: {YAML_DEEP}"]),
    "dashes": ("yaml", f"artifacts:\n {'- ' * DEEP}", [f"2:200: {YAML_DEEP}"]),
    "question marks": ("yaml", "? " * DEEP, [f"1:201: {YAML_DEEP}"]),
    "indentation": ("yaml", "".join(f"{' ' * depth}a:\n" for depth in range(1000)), [f"101:101: {YAML_DEEP}"]),
    "JSON open brackets": ("json", f'{{"artifacts": {"[" * DEEP}', [f"1:1: {TOO_MUCH}"]),
    "JSON brackets": ("json", f'{{"artifacts": {"[" * DEEP}{"]" * DEEP}}}', [f"1:1: {TOO_MUCH}"]),
    "JSON objects": ("json", f'{{"artifacts":{{"a":{DEEP * "["}1', [f"1:1: {TOO_MUCH}"]),
    "TOML open brackets": ("toml", f"artifacts = {'[' * DEEP}", [f"1:1: {TOO_MUCH}"]),
    "TOML brackets": ("toml", f"artifacts = {'[' * DEEP}{']' * DEEP}", [f"1:1: {TOO_MUCH}"]),
    "TOML tables": ("toml", f"artifacts = {'{a=' * DEEP}1{'}' * DEEP}", [f"1:1: {TOO_MUCH}"]),
    "JSON huge number": ("json", f'{{"artifacts": [], "x": {LONG}}}', [f"1:1: {TOO_MUCH}"]),
    "TOML huge number": ("toml", f"artifacts = []\nx = {LONG}\n", [f"1:1: {TOO_MUCH}"]),
    "huge number": ("yaml", f"artifacts:\n- artifact_id: {LONG}\n", [f"2:3: row 1 {NO_STRING}"]),
    "a billion laughs": (
        "yaml",
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 60))
        + "artifacts: *a59\n",
        [f"60:{12 + 6 * n}: row {n + 1} {NO_MAPPING}" for n in range(9)],
    ),
    "a billion merges": (
        "yaml",
        "a0: &a0 {owner_repo: 1}\n"
        + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 60))
        + "artifacts:\n- {<<: *a59, artifact_id: x}\n",
        [f"62:3: row 1 {NO_OWNER_STRING}"],
    ),
}


@pytest.fixture
def repository(project: Project) -> Repository:
    return Repository(project, is_git=False)


def marked(text: str, ending: str = "LF") -> tuple[str, list[tuple[int, int]]]:
    """Return a text without its marks, and line and column, from 1 on, of each."""
    pieces = text.split(MARK)
    places = []
    before = ""
    for piece in pieces[:-1]:
        before += piece
        places.append((before.count("\n") + 1, len(before) - before.rfind("\n")))
    plain = "".join(pieces)
    return plain if ending == "LF" else BOM + plain.replace("\n", "\r\n"), places


@pytest.mark.parametrize("suffix, ending, text", TEXTS)
def test_rows(repository: Repository, suffix: str, ending: str, text: str) -> None:
    plain, places = marked(text, ending)
    path = f"registry.{suffix}"
    repository.write({path: plain})
    rows = load_registry(path, path)
    assert [(row.artifact_id, row.owner) for row in rows] == ROWS
    assert [(line, column + 1) for _, _, (line, column) in rows] == places
    outcome = repository.check("--registry", path, "--owner", "feeds")
    assert outcome.places == [f"{path}:{line}:{column}: APR008" for line, column in (places[0], places[3])]
    assert (outcome.err, outcome.status) == ("", 1)


@pytest.mark.parametrize("suffix", ["yaml", "yml", "json", "toml", "YAML", "Json", "old.TOML"])
def test_a_registry_without_rows(repository: Repository, suffix: str) -> None:
    text = {"json": '{"artifacts": []}', "toml": "artifacts = []"}.get(suffix[-4:].lower(), "artifacts: []")
    repository.write({f"r.{suffix}": text, "a.py": "x = 1\n"})
    outcome = repository.run("check", "--registry", f"r.{suffix}")
    assert outcome == ("", "1 file, 0 PUT calls: 0 findings\n", 0)


@pytest.mark.parametrize("suffix, text, faults", MALFORMED.values(), ids=MALFORMED)
def test_malformed(repository: Repository, suffix: str, text: str | bytes, faults: Sequence[str]) -> None:
    assert_unusable(repository, suffix, text, faults)
    assert not (repository.root / "ran").exists()


@pytest.mark.parametrize("suffix, text, faults", HOSTILE.values(), ids=HOSTILE)
def test_hostile(repository: Repository, suffix: str, text: str | bytes, faults: Sequence[str]) -> None:
    """Without an end, or a crash of the interpreter."""
    assert_unusable(repository, suffix, text, faults)


def assert_unusable(repository: Repository, suffix: str, text: str | bytes, faults: Sequence[str]) -> None:
    """Assert that each fault is said, at its place, and what was found besides."""
    path = f"data/registry.{suffix}"
    repository.write({path: text, "a.py": PUT})
    outcome = repository.run("check", "--registry", path)
    assert outcome.out == f"a.py:1:4: APR001 {UNPINNED}\n"
    places = (re.fullmatch(r"(\d+:\d+): (.*)", fault, re.DOTALL) for fault in faults)
    lines = [f"{path}:{place[1]}: unusable registry: {place[2]}" for place in places if place]
    assert outcome.err.split("\n") == ["1 file, 1 PUT call: 1 finding", *lines, ""]
    assert outcome.status == 2


@pytest.mark.parametrize("suffix, text", [
    pytest.param("yaml", f"artifacts: []\nx: {LONG}\ny: 2024-99-99\n", id="YAML: what is not a row's"),
    pytest.param("json", '{"artifacts": [], "x": 1e999, "y": [1, 1], "z": {"a": 1, "a": 2}}', id="JSON"),
    pytest.param("toml", f"artifacts = []\nx = '{LONG}'\ny = inf\n", id="TOML"),
    pytest.param("yaml", "artifacts: []\nx: 1\nx: 2\n", id="YAML: other keys twice"),
    pytest.param("yaml", "artifacts: []\n? [a, {b: c}]\n: 1\n? {a: b}\n: 2\n1: 3\n~: 4\n", id="YAML: keys of any kind"),
    pytest.param("yaml", f"artifacts: []\nx: {'[' * 99}{']' * 99}\n", id="YAML: as deep as may be"),
])
def test_what_is_let_pass(repository: Repository, suffix: str, text: str) -> None:
    repository.write({f"registry.{suffix}": text, "a.py": "x = 1\n"})
    assert repository.run("check", "--registry", f"registry.{suffix}") == ("", "1 file, 0 PUT calls: 0 findings\n", 0)


@pytest.mark.parametrize("merge", ["x", "[x]", "[{}, 1]", "[[]]", "[*a, *b]", "*b", "[*a, null]"])
def test_what_cannot_be_merged(repository: Repository, merge: str) -> None:
    text = f"a: &a {{owner_repo: x}}\nb: &b [1]\nartifacts:\n- <<: {merge}\n  artifact_id: a\n"
    repository.write({"registry.yaml": text})
    with pytest.raises(RegistryError) as caught:
        load_registry("registry.yaml", "registry.yaml")
    assert caught.value.lines == [f"registry.yaml:4:7: unusable registry: {NO_MERGE}"]


@pytest.mark.parametrize("text", [
    pytest.param('artifacts: []\nx: "\\UFFFFFFFF"\n', id="beyond what Python has"),
    pytest.param('artifacts: []\nx: "\\U00110000"\n', id="beyond Unicode"),
    pytest.param(f"artifacts: []\n...\n%YAML 1.{LONG}\n", id="version"),
    pytest.param("artifacts: !a%0Ab%1b[31m []\n", id="line break in a tag"),
])
def test_each_fault_is_a_line_that_prints(repository: Repository, text: str) -> None:
    repository.write({"registry.yaml": text, "a.py": PUT})
    outcome = repository.run("check", "--registry", "registry.yaml")
    summary, fault = outcome.err.split("\n")[:-1]
    assert summary == "1 file, 1 PUT call: 1 finding"
    assert re.fullmatch(r"registry\.yaml:[1-3]:\d+: unusable registry: .+", fault)
    assert fault.isprintable()
    assert (outcome.out, outcome.status) == (f"a.py:1:4: APR001 {UNPINNED}\n", 2)


def test_a_name_that_would_break_the_line(repository: Repository) -> None:
    repository.write({"r\x1b\n.yaml": "artifacts: []\nartifacts: [ ]\n", "a.py": "x = 1\n"})
    outcome = repository.run("check", "--registry", "r\x1b\n.yaml")
    assert outcome.err == (
        "1 file, 0 PUT calls: 0 findings\nr\\x1b\\n.yaml:2:1: unusable registry: artifacts is there twice: keep one\n"
    )
    assert repository.run("check", "--registry", "x\n.yaml").err == (
        "1 file, 0 PUT calls: 0 findings\nx\\n.yaml: there is no such registry: check it out, or correct the path\n"
    )


def make_directory(path: Path) -> None:
    path.mkdir()


def make_link(path: Path) -> None:
    path.symlink_to("nowhere")


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("make, problem", [
    pytest.param(make_directory, "a directory: put a file in its place", id="directory"),
    pytest.param(os.mkfifo, "no regular file: put a file in its place", id="FIFO"),
    pytest.param(make_link, "cannot be read (No such file or directory): mend or remove it", id="link to nothing"),
    pytest.param(make_loop, "cannot be read (Too many levels of symbolic links): mend or remove it", id="loop"),
])
def test_no_file(repository: Repository, make: Callable[[Path], None], problem: str) -> None:
    make(repository.root / "registry.yaml")
    repository.write({"a.py": PUT})
    outcome = repository.run("check", "--registry", "registry.yaml")
    assert outcome == (
        f"a.py:1:4: APR001 {UNPINNED}\n",
        f"1 file, 1 PUT call: 1 finding\nregistry.yaml:1:1: unusable registry: {problem}\n",
        2,
    )


@pytest.mark.parametrize("name", ["registry", "registry.txt", "r.yaml.bak", ".yaml", "r.yaml~", "r.jsonl"])
def test_unknown_suffix(repository: Repository, name: str) -> None:
    repository.write({name: "artifacts: []\n", "a.py": PUT})
    outcome = repository.run("check", "--registry", name)
    assert outcome.lines == [f"a.py:1:4: APR001 {UNPINNED}"]
    assert outcome.err.splitlines()[1:] == [f"{name}: a registry is a .yaml, .yml, .json or .toml file: name one"]
    assert outcome.status == 2


def test_no_such_file(repository: Repository) -> None:
    repository.write({"a.py": PUT})
    outcome = repository.run("check", "--registry", "../infra/registry.yaml")
    assert outcome.lines == [f"a.py:1:4: APR001 {UNPINNED}"]
    assert outcome.err.splitlines()[1:] == [
        "../infra/registry.yaml: there is no such registry: check it out, or correct the path",
    ]
    assert outcome.status == 2


@pytest.fixture
def without_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.delitem(sys.modules, "flake8_artifact_pin.registry.yaml", raising=False)
    monkeypatch.delattr(registry, "yaml", raising=False)


@pytest.mark.usefixtures("without_yaml")
def test_without_pyyaml(repository: Repository) -> None:
    repository.write({
        "a.py": PUT, "r.yml": "artifacts: []\n", "r.json": '{"artifacts": []}', "r.toml": "artifacts = []\n",
    })
    outcome = repository.run("check", "--registry", "r.yml")
    assert outcome == (
        f"a.py:1:4: APR001 {UNPINNED}\n",
        "1 file, 1 PUT call: 1 finding\nr.yml: YAML needs PyYAML: pip install 'flake8-artifact-pin[yaml]'\n",
        2,
    )
    for path in ("r.json", "r.toml"):
        assert repository.run("check", "--registry", path).err == "1 file, 1 PUT call: 1 finding\n"


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_findings_are_printed_beside_faults(repository: Repository, form: str) -> None:
    repository.monkeypatch.setenv("GITHUB_WORKSPACE", str(repository.root))
    repository.write({"a.py": PUT, "registry.yaml": "artifacts:\n- a\n- artifact_id:\n"})
    outcome = repository.run("check", "--registry", "registry.yaml", "--format", form)
    out = {
        "text": f"a.py:1:4: APR001 {UNPINNED}\n",
        "github": f"::error file=a.py,line=1,col=4,title=APR001::APR001 {UNPINNED}\n",
        "json": json.dumps(
            {
                "files": 1,
                "put_calls": 1,
                "findings": [{"path": "a.py", "line": 1, "column": 4, "code": "APR001", "text": UNPINNED}],
            },
            indent=2,
        ) + "\n",
    }
    faults = [
        f"registry.yaml:2:3: unusable registry: row 1 {NO_MAPPING}",
        f"registry.yaml:3:3: unusable registry: row 2 {NO_STRING}",
    ]
    summary = [] if form == "json" else ["1 file, 1 PUT call: 1 finding"]
    assert outcome == (out[form], "\n".join([*summary, *faults, ""]), 2)


REGISTRY = """artifacts:
- artifact_id: prices_daily
  owner_repo: feeds
- artifact_id: prices_weekly
  owner_repo: feeds
- artifact_id: zoo
  owner_repo: models
- artifact_id: free
"""
OWNER_NEEDED = (
    "flake8-artifact-pin: --owner needs a name, and a registry: --registry PATH, or registry in the pins file\n"
)
EMPTY_REGISTRY = '"registry" is empty: name the file that declares artifacts'


@pytest.mark.parametrize("arguments, pins, error", [
    (["--owner", "feeds"], "", OWNER_NEEDED),
    (["--owner", ""], "", OWNER_NEEDED),
    (["--owner", "", "--registry", "registry.yaml"], "", OWNER_NEEDED),
    (["--owner", "", "a.py"], 'registry = "registry.yaml"\n', OWNER_NEEDED),
    (["--registry", ""], "", "flake8-artifact-pin: --registry needs the path of a file\n"),
    (["--registry", ""], 'registry = "registry.yaml"\n', "flake8-artifact-pin: --registry needs the path of a file\n"),
    ([], 'registry = " "\n', f"{PINS}:1:1: APR000 unusable pins file: {EMPTY_REGISTRY}\n"),
    ([], "registry = 1\n", f'{PINS}:1:1: APR000 unusable pins file: "registry" must be a string, not a whole number\n'),
])
def test_usage_errors(repository: Repository, arguments: Sequence[str], pins: str, error: str) -> None:
    repository.write({"registry.yaml": REGISTRY, "a.py": PUT, PINS: pins})
    assert repository.run("check", *arguments) == ("", error, 2)


@pytest.mark.parametrize("owner, hint", [
    ("feed", 'did you mean "feeds"?'),
    ("Models", 'did you mean "models"?'),
    (" feeds", 'did you mean "feeds"?'),
    ("x", "correct it, or leave --owner out until one has"),
    ("free", 'did you mean "feeds"?'),
    ("\n", "correct it, or leave --owner out until one has"),
])
def test_an_owner_that_no_row_has(repository: Repository, owner: str, hint: str) -> None:
    pins = '[pins]\n"a.py" = { count = 1, registered = ["zo"] }\n'
    repository.write({"registry.yaml": REGISTRY, "a.py": PUT, PINS: pins})
    outcome = repository.run("check", "--registry", "registry.yaml", "--owner", owner)
    assert outcome == (
        f'{PINS}:2:1: APR007 "zo" is registered for "a.py", but registry.yaml has no such id; did you mean "zoo"?\n',
        f"1 file, 1 PUT call: 1 finding\nregistry.yaml: no row has owner_repo {json.dumps(owner)}; {hint}\n",
        2,
    )


def test_where_the_registry_is(repository: Repository) -> None:
    """The pins file's registry is relative to its directory, the option's to the working directory, and that wins."""
    row = "artifacts: [{artifact_id: %s, owner_repo: me}]\n"
    repository.write({
        "conf/registry.yaml": row % "beside_pins",
        "sub/registry.yaml": row % "here",
        "registry.yaml": row % "top",
        f"conf/{PINS}": 'registry = "registry.yaml"\n',
        "conf/a.py": "x = 1\n",
    })
    repository.monkeypatch.chdir(repository.root / "sub")

    def named(*arguments: str) -> list[tuple[str, str]]:
        outcome = repository.check("--pins", f"../conf/{PINS}", "--owner", "me", *arguments)
        return [(path, text.split(" ")[0]) for path, _, _, _, text in outcome.findings]

    assert named() == [("../conf/registry.yaml", '"beside_pins"')]
    assert named("--registry", "registry.yaml") == [("registry.yaml", '"here"')]
    assert named("--registry", str(repository.root / "registry.yaml")) == [("../registry.yaml", '"top"')]
    repository.write({f"conf/{PINS}": 'registry = " ../registry.yaml "\n'})
    assert named() == [("../registry.yaml", '"top"')]
    repository.write({f"conf/{PINS}": f"registry = '{repository.root}/sub/registry.yaml'\n"})
    assert named() == [("registry.yaml", '"here"')]
    repository.write({f"conf/{PINS}": 'registry = "none.yaml"\n'})
    outcome = repository.check("--pins", f"../conf/{PINS}")
    assert outcome.err == "../conf/none.yaml: there is no such registry: check it out, or correct the path\n"
    assert outcome.status == 2


CALLS = """def f():
    s3.put_object()
    s3.put_object()


def g():
    s3.put_object()
"""
UNKNOWN = "registry.yaml has no such id; register it there, or correct the id"
PROMISE = (
    "promises an artifact that no pinned code writes; "
    "register it at the pin of the file that writes it, or retire this row"
)

# Pins of files with one call, and of calls.py, and the APR007 of them.
REGISTERED: dict[str, tuple[str, list[str]]] = {
    "known ids": ('"a.py" = { count = 1, registered = ["zoo", "free"] }\n', []),
    "a plain count": ('"a.py" = 1\n', []),
    "a reason": ('"a.py" = { count = 1, grandfathered = "x" }\n', []),
    "inline": (
        '"a.py" = { count = 1, registered = ["x"] }\n', [f'2:1: "x" is registered for "a.py", but {UNKNOWN}'],
    ),
    "header": (
        '\n  [pins."./a.py"]\ncount = 1\nregistered = [\n  "zoo",\n  "x",\n]\n',
        [f'3:4: "x" is registered for "a.py", but {UNKNOWN}'],
    ),
    "dotted": (
        '"b.py" = 1\n"a.py".count = 1\n"a.py".registered = ["x"]\n',
        [f'3:1: "x" is registered for "a.py", but {UNKNOWN}'],
    ),
    "several ids": (
        '"a.py" = { count = 1, registered = ["y", "zoo", "x"] }\n',
        [f'2:1: "x" is registered for "a.py", but {UNKNOWN}', f'2:1: "y" is registered for "a.py", but {UNKNOWN}'],
    ),
    "an id twice": (
        '"a.py" = { count = 1, registered = ["x", "x"] }\n"b.py" = { count = 1, registered = ["x"] }\n',
        [f'2:1: "x" is registered for "a.py", but {UNKNOWN}', f'3:1: "x" is registered for "b.py", but {UNKNOWN}'],
    ),
    "near match": (
        '"a.py" = { count = 1, registered = ["price_daily", "Zoo", " free"] }\n',
        [
            '2:1: " free" is registered for "a.py", but registry.yaml has no such id; did you mean "free"?',
            '2:1: "Zoo" is registered for "a.py", but registry.yaml has no such id; did you mean "zoo"?',
            '2:1: "price_daily" is registered for "a.py", but registry.yaml has no such id; '
            'did you mean "prices_daily"?',
        ],
    ),
    "a pin of 0": (
        '"none.py" = { count = 0, registered = ["x"] }\n', [f'2:1: "x" is registered for "none.py", but {UNKNOWN}'],
    ),
    "an id with more than letters": (
        '"a.py" = { count = 1, registered = ["x\\n\\"é\\u001b"] }\n',
        [f'2:1: "x\\n\\"é\\u001b" is registered for "a.py", but {UNKNOWN}'],
    ),
    "calls in a table": (
        '[pins."calls.py".calls]\n"f:put_object" = { registered = ["zoo", "x"] }\n'
        '"f:put_object#2" = { registered = ["y", "y"] }\n"g:put_object" = { grandfathered = "x" }\n',
        [
            f'3:1: "x" is registered for "f:put_object" of "calls.py", but {UNKNOWN}',
            f'4:1: "y" is registered for "f:put_object#2" of "calls.py", but {UNKNOWN}',
        ],
    ),
    "calls inline": (
        '"calls.py" = { calls = { "f:put_object" = {}, "f:put_object#2" = { registered = ["free"] }, '
        '"g:put_object" = { registered = ["x", "prices_dayly"] } } }\n',
        [
            '2:93: "prices_dayly" is registered for "g:put_object" of "calls.py", but registry.yaml has no such id; '
            'did you mean "prices_daily"?',
            f'2:93: "x" is registered for "g:put_object" of "calls.py", but {UNKNOWN}',
        ],
    ),
    "calls with dotted keys and headers": (
        '"calls.py".calls."f:put_object".registered = ["x"]\n"calls.py".calls."f:put_object#2" = {}\n'
        '"calls.py".calls."g:put_object" = {}\n',
        [f'2:1: "x" is registered for "f:put_object" of "calls.py", but {UNKNOWN}'],
    ),
    "a header for each call": (
        '[pins."calls.py".calls."f:put_object"]\n[pins."calls.py".calls."f:put_object#2"]\nregistered = ["y"]\n'
        '[pins."calls.py".calls."g:put_object"]\nregistered = ["x"]\n',
        [
            f'3:2: "y" is registered for "f:put_object#2" of "calls.py", but {UNKNOWN}',
            f'5:2: "x" is registered for "g:put_object" of "calls.py", but {UNKNOWN}',
        ],
    ),
}


def apr(outcome_findings: Sequence[tuple[str, int, int, str, str]], code: str) -> list[str]:
    return [f"{line}:{column}: {text}" for _, line, column, found, text in outcome_findings if found == code]


@pytest.mark.parametrize("pins, expected", REGISTERED.values(), ids=REGISTERED)
def test_registered_ids(repository: Repository, pins: str, expected: Sequence[str]) -> None:
    repository.write({"registry.yaml": REGISTRY, PINS: f"[pins]\n{pins}", "calls.py": CALLS})
    repository.write(dict.fromkeys(["a.py", "b.py"], PUT))
    outcome = repository.check("--registry=registry.yaml")
    assert apr(outcome.findings, "APR007") == expected
    assert {path for path, _, _, code, _ in outcome.findings if code == "APR007"} <= {PINS}
    assert outcome.err == ""
    assert "APR008" not in outcome.out


@pytest.mark.parametrize("pins, expected", [
    pytest.param("", ["prices_daily", "prices_weekly"], id="no pin"),
    pytest.param('"a.py" = 1\n', ["prices_daily", "prices_weekly"], id="no decision"),
    pytest.param('"a.py" = { count = 1, registered = ["prices_weekly"] }\n', ["prices_daily"], id="count"),
    pytest.param('"a.py" = { count = 1, registered = ["zoo"] }\n', ["prices_daily", "prices_weekly"], id="others'"),
    pytest.param(
        '"a.py" = { count = 0, registered = ["prices_weekly"] }\n', ["prices_daily", "prices_weekly"], id="pin of 0",
    ),
    pytest.param(
        '"a.py" = { count = 0, registered = ["prices_weekly"] }\n'
        '"b.py" = { count = 1, registered = ["prices_weekly"] }\n',
        ["prices_daily"],
        id="pin of 0 and another one",
    ),
    pytest.param(
        '"calls.py".calls = { "f:put_object" = { registered = ["prices_daily"] }, "g:put_object" = '
        '{ registered = ["free", "prices_weekly"] } }\n',
        [],
        id="calls",
    ),
    pytest.param('"calls.py".calls = {}\n', ["prices_daily", "prices_weekly"], id="no calls"),
    pytest.param(
        '"a.py" = { count = 1, grandfathered = "prices_daily" }\n', ["prices_daily", "prices_weekly"], id="a reason",
    ),
])
def test_promised_artifacts(repository: Repository, pins: str, expected: Sequence[str]) -> None:
    repository.write({"registry.yaml": REGISTRY, PINS: f"[pins]\n{pins}", "calls.py": CALLS})
    repository.write(dict.fromkeys(["a.py", "b.py"], PUT))
    outcome = repository.check("--registry=registry.yaml", "--owner=feeds")
    lines = {"prices_daily": 2, "prices_weekly": 4}
    assert apr(outcome.findings, "APR008") == [f'{lines[name]}:3: "{name}" of feeds {PROMISE}' for name in expected]
    assert {path for path, _, _, code, _ in outcome.findings if code == "APR008"} <= {"registry.yaml"}
    assert "APR007" not in outcome.out


BOTH = {
    "registry.yaml": REGISTRY,
    "a.py": PUT,
    "src/b.py": PUT,
    PINS: (
        '[pins]\n"a.py" = { count = 1, registered = ["x"] }\n'
        '"src/b.py" = { count = 1, registered = ["prices_daily"] }\n'
    ),
}


@pytest.mark.parametrize("paths, files", [([], 2), (["src"], 1), (["src/b.py"], 1), (["."], 2)])
def test_paths_do_not_hide_the_registry(repository: Repository, paths: Sequence[str], files: int) -> None:
    repository.write(BOTH)
    outcome = repository.run("check", "--registry=registry.yaml", "--owner=feeds", *paths)
    assert outcome.lines == [
        f'{PINS}:2:1: APR007 "x" is registered for "a.py", but {UNKNOWN}',
        f'registry.yaml:4:3: APR008 "prices_weekly" of feeds {PROMISE}',
    ]
    calls = "1 file, 1 PUT call" if files == 1 else "2 files, 2 PUT calls"
    assert (outcome.err, outcome.status) == (f"{calls}: 2 findings\n", 1)


def test_formats(repository: Repository) -> None:
    repository.monkeypatch.setenv("GITHUB_WORKSPACE", str(repository.root))
    repository.write(BOTH)
    arguments = ["check", "--registry=registry.yaml", "--owner=feeds", "--format"]
    unknown, promise = f'"x" is registered for "a.py", but {UNKNOWN}', f'"prices_weekly" of feeds {PROMISE}'
    github = repository.run(*arguments, "github")
    assert github == (
        f"::error file={PINS},line=2,col=1,title=APR007::APR007 {unknown}\n"
        f"::error file=registry.yaml,line=4,col=3,title=APR008::APR008 {promise}\n",
        "2 files, 2 PUT calls: 2 findings\n",
        1,
    )
    data = repository.run(*arguments, "json")
    assert json.loads(data.out) == {
        "files": 2,
        "put_calls": 2,
        "findings": [
            {"path": PINS, "line": 2, "column": 1, "code": "APR007", "text": unknown},
            {"path": "registry.yaml", "line": 4, "column": 3, "code": "APR008", "text": promise},
        ],
    }
    assert (data.err, data.status) == ("", 1)


def test_pyproject(repository: Repository) -> None:
    repository.write({
        "infra/registry.yaml": REGISTRY,
        "a.py": PUT,
        "calls.py": CALLS,
        "pyproject.toml": (
            '[project]\nname = "x"\n[tool.artifact-pins]\nregistry = "infra/registry.yaml"\n[tool.artifact-pins.pins]\n'
            '"a.py" = { count = 1, registered = ["zo"] }\n[tool.artifact-pins.pins."calls.py".calls]\n'
            '"f:put_object" = {}\n"f:put_object#2" = {}\n"g:put_object" = { registered = ["x", "prices_daily"] }\n'
        ),
    })
    outcome = repository.check("--owner=feeds")
    assert outcome.places == [
        "infra/registry.yaml:4:3: APR008", "pyproject.toml:6:1: APR007", "pyproject.toml:10:1: APR007",
    ]
    assert outcome.findings[1][4] == (
        '"zo" is registered for "a.py", but infra/registry.yaml has no such id; did you mean "zoo"?'
    )


def test_without_a_pins_file(repository: Repository) -> None:
    """Nothing is registered then, so that each row of the owner is one too many."""
    repository.write({"registry.yaml": REGISTRY, "a.py": "x = 1\n"})
    assert repository.check("--registry=registry.yaml").places == []
    assert repository.check("--registry=registry.yaml", "--owner=feeds").places == [
        "registry.yaml:2:3: APR008", "registry.yaml:4:3: APR008",
    ]


def test_a_registry_without_an_option_is_not_read(repository: Repository) -> None:
    """Nor does flake8, or another verb, read the one that the pins file names."""
    repository.write({PINS: 'registry = "none.yaml"\n[pins]\n"a.py" = 1\n', "a.py": PUT, "registry.yaml": "["})
    assert repository.run("sites").status == 0
    assert repository.flake8().output == ""
    assert repository.check().status == 2


def test_many_unknown_ids(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with the registry of somebody else: not for each of them is the whole registry searched for one like it."""
    ids = ", ".join(f'"feature_{number}_daily"' for number in range(150))
    rows = "".join(f"  - artifact_id: artifact_{number}_weekly\n" for number in range(2000))
    repository.write({
        "registry.yaml": f"artifacts:\n{rows}",
        PINS: f'[pins]\n"a.py" = {{ count = 1, registered = [{ids}] }}\n',
        "a.py": PUT,
    })
    searched = []

    def search(artifact_id: str, *_: object, **__: object) -> list[str]:
        searched.append(artifact_id)
        return []

    monkeypatch.setattr(difflib, "get_close_matches", search)
    assert len(repository.check("--registry=registry.yaml").findings) == 150
    assert len(searched) == 10
