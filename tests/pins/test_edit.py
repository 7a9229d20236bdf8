"""Edits of pins files, in every way that they are written."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support import PINS

from flake8_artifact_pin.pins.edit import AddCall
from flake8_artifact_pin.pins.edit import AddPin
from flake8_artifact_pin.pins.edit import Edit
from flake8_artifact_pin.pins.edit import edit_pins
from flake8_artifact_pin.pins.edit import NameCalls
from flake8_artifact_pin.pins.edit import RemoveCall
from flake8_artifact_pin.pins.edit import RemovePin
from flake8_artifact_pin.pins.edit import RenameCall
from flake8_artifact_pin.pins.edit import RenamePin
from flake8_artifact_pin.pins.edit import SetCount
from flake8_artifact_pin.pins.edit import SetDecision
from flake8_artifact_pin.pins.edit import UneditableError
from flake8_artifact_pin.pins.files import parse_pins
from flake8_artifact_pin.pins.files import PYPROJECT
from flake8_artifact_pin.pins.model import Decision
from flake8_artifact_pin.pins.model import Pins

pytestmark = pytest.mark.once

try:
    HAS_TOML_1_1 = bool(tomli.loads("x = {\n}"))
except tomli.TOMLDecodeError:
    HAS_TOML_1_1 = False

# The text of a pins file before and after: one.py is to allow 1 call and two.py 2 at most, others are to be removed
# unless they allow none. gone.py is to be removed anyway.
SPELLINGS: dict[str, tuple[str, str]] = {
    "count": (
        '[pins]\n"one.py" = 2\n"two.py" = 2\n',
        '[pins]\n"one.py" = 1\n"two.py" = 2\n',
    ),
    "count with all around it": (
        '[pins] # all\n\n\t"one.py"=2# why\n',
        '[pins] # all\n\n\t"one.py"=1# why\n',
    ),
    "never raised": (
        '[pins]\n"two.py" = 1\n"one.py" = 0\n',
        '[pins]\n"two.py" = 1\n"one.py" = 0\n',
    ),
    "an explicit 0": (
        '[pins]\n"none.py" = 0\n',
        '[pins]\n"none.py" = 0\n',
    ),
    "a 0 of a file that is gone": (
        '[pins]\n"gone.py" = 0\n"none.py" = 0\n',
        '[pins]\n"none.py" = 0\n',
    ),
    "no call left": (
        '[pins]\n"none.py" = 1\n"two.py" = 2\n',
        '[pins]\n"two.py" = 2\n',
    ),
    "numbers of other kinds": (
        '[pins]\n"one.py" = 0x10\n"two.py" = 0b10\n',
        '[pins]\n"one.py" = 1\n"two.py" = 0b10\n',
    ),
    "other spellings of a path": (
        '[pins]\n"./one.py" = 2\n"././gone.py" = 1\n"\\u0074wo.py" = 3\n',
        '[pins]\n"./one.py" = 1\n"\\u0074wo.py" = 2\n',
    ),
    "literal strings": (
        "[pins]\n'one.py' = 2\n'gone.py' = 2\n",
        "[pins]\n'one.py' = 1\n",
    ),
    "inline table": (
        '[pins]\n"one.py" = {count=3,registered=["x", "y"]}  # why\n"gone.py" = { count = 1 }\n',
        '[pins]\n"one.py" = {count=1,registered=["x", "y"]}  # why\n',
    ),
    "inline table of several lines": (
        '[pins]\n"one.py" = { registered = [\n  "x", # the one\n  "y",\n], count = 2 }\n\n"gone.py" = 1\n',
        '[pins]\n"one.py" = { registered = [\n  "x", # the one\n  "y",\n], count = 1 }\n',
    ),
    "strings of several lines": (
        '[pins]\n"one.py" = { count = 2, grandfathered = """\n# line 3: f\n"gone.py" = 1\n""" }\n"gone.py" = 1\n',
        '[pins]\n"one.py" = { count = 1, grandfathered = """\n# line 3: f\n"gone.py" = 1\n""" }\n',
    ),
    "a string that ends like a comment": (
        '[pins]\n"two.py" = { count = 2, grandfathered = """\n# line 3: f""" }\n"gone.py" = 1\n',
        '[pins]\n"two.py" = { count = 2, grandfathered = """\n# line 3: f""" }\n',
    ),
    "tables": (
        '[pins."gone.py"]\ncount = 2\n[pins."one.py"] # why\nregistered = ["x"]\ncount = 2 # many\n'
        '[pins."two.py"]\ncount = 2\n',
        '[pins."one.py"] # why\nregistered = ["x"]\ncount = 1 # many\n[pins."two.py"]\ncount = 2\n',
    ),
    "tables with comments": (
        '# top\n\n[pins."gone.py"]\n# within\ncount = 1 # inline\n\n# about one.py\n# line 9: f: put_object("k")\n'
        '[ pins . "one.py" ]\ncount = 3\n# line 7: f: put_object("k")\n\n# line 8: f: put_object("k")\n'
        '[pins."none.py"]\ncount = 3\n\n# end\n',
        '# top\n\n# within\n\n# about one.py\n# line 9: f: put_object("k")\n'
        '[ pins . "one.py" ]\ncount = 1\n# line 7: f: put_object("k")\n\n# line 8: f: put_object("k")\n\n# end\n',
    ),
    "tables in any order": (
        '[pins."one.py"]\ncount = 2\n\n[exempt]\n"x/" = "y"\n\n[pins."gone.py"]\ncount = 1\n\n'
        '[pins."two.py"]\ncount = 3\n',
        '[pins."one.py"]\ncount = 1\n\n[exempt]\n"x/" = "y"\n\n[pins."two.py"]\ncount = 2\n',
    ),
    "dotted keys": (
        '[pins]\n"one.py" . count = 2 # why\n"one.py".registered = ["x"]\n'
        '"gone.py".registered = ["y"]\n"gone.py".count = 1\n',
        '[pins]\n"one.py" . count = 1 # why\n"one.py".registered = ["x"]\n',
    ),
    "dotted keys at the top": (
        'pins."one.py" = 2\npins."gone.py" = 2\nadvice = "x"\npins."two.py".count = 3\n',
        'pins."one.py" = 1\nadvice = "x"\npins."two.py".count = 2\n',
    ),
    "the only one, at the top": (
        'advice = "x"\npins."gone.py" = 2\n',
        'advice = "x"\n',
    ),
    "one inline table for all": (
        'pins = { "one.py" = 2, "gone.py" = 1, "two.py" = {count = 3} } # all\n[exempt]\n',
        'pins = { "one.py" = 1, "two.py" = {count = 2} } # all\n[exempt]\n',
    ),
    "the first and the last of one inline table": (
        'pins = {"none.py" = 1,"two.py" = 2 ,"gone.py" = 3}\n',
        'pins = {"two.py" = 2 }\n',
    ),
    "all of one inline table": (
        'pins = { "none.py" = 1, "gone.py" = 3 }\n',
        'pins = {}\n',
    ),
    "the only one of one inline table": (
        'pins = {"gone.py" = 3}\n',
        'pins = {}\n',
    ),
    "one inline table with dotted keys": (
        'pins = { "gone.py".count = 1, "one.py".count = 2, "gone.py".registered = ["x"], '
        '"one.py".registered = ["x"] }\n',
        'pins = { "one.py".count = 1, "one.py".registered = ["x"] }\n',
    ),
    "Windows": (
        '[pins]\r\n# c\r\n"one.py" = 2 # d\r\n\r\n# line 3: f\r\n"gone.py" = 1\r\n',
        '[pins]\r\n# c\r\n"one.py" = 1 # d\r\n\r\n# line 3: f\r\n',
    ),
    "no final newline": (
        '[pins]\n"one.py" = 2',
        '[pins]\n"one.py" = 1',
    ),
    "no final newline and gone": (
        '[pins]\n"two.py" = 2\n"gone.py" = 2',
        '[pins]\n"two.py" = 2\n',
    ),
    "comments of their own": (
        '[pins]\n# line 12: mine\n# put_object("a/{day}.json")\n\t# put_object(...)\n"gone.py" = 2 # inline\n'
        '# put_object()\n# after\n# put_object("k") of two\n"none.py" = 1\n# upload_file("k")\n"one.py" = 2\n',
        '[pins]\n# line 12: mine\n# put_object()\n# after\n# put_object("k") of two\n# upload_file("k")\n'
        '"one.py" = 1\n',
    ),
    "empty lines": (
        '\n\n[pins]\n"two.py" = 2\n\n\n# line 3: f: x\n"gone.py" = 1\n\n\n"one.py" = 2\n\n"none.py" = 1\n\n',
        '\n\n[pins]\n"two.py" = 2\n\n\n# line 3: f: x\n\n\n"one.py" = 1\n',
    ),
}
# With TOML 1.1, which tomli reads from 2.4 on.
NEW_SPELLINGS = {
    "one inline table with lines": (
        'pins = {\n  # mine\n  "gone.py" = 2, # why\n  "one.py" = 3, # y\n  "two.py" = 3\n}\n',
        'pins = {\n  # mine\n  "one.py" = 1, # y\n  "two.py" = 2\n}\n',
    ),
    "the last lines of one inline table": (
        'pins = {\n  "one.py" = 3, # y\n  "gone.py" = 2,\n  "none.py" = 2\n}\n',
        'pins = {\n  "one.py" = 1 # y\n}\n',
    ),
    "commas anywhere": (
        'pins = {"one.py" = 3,"gone.py" = 2,\n"two.py" = 2\n, "none.py" = 1 , }\n',
        'pins = {"one.py" = 1,\n"two.py" = 2\n, }\n',
    ),
}
PYPROJECTS: dict[str, tuple[str, str]] = {
    "table": (
        '[project]\nname = "x"\n\n[tool.artifact-pins.pins]\n"one.py" = 2\n"gone.py" = 1\n\n'
        '[tool.x]\ny = nan\nz = 1.50\n',
        '[project]\nname = "x"\n\n[tool.artifact-pins.pins]\n"one.py" = 1\n\n[tool.x]\ny = nan\nz = 1.50\n',
    ),
    "pins of others": (
        '[[a]]\n[a.pins]\n"one.py" = 5\n[tool.artifact-pins.pins]\n"one.py" = 5\n[pins]\n"one.py" = 9\n'
        '[[tool.pins]]\n"one.py" = 9\n[b.c]\npins."one.py" = 9\n[b.d.e."one.py"]\ncount = 9\n',
        '[[a]]\n[a.pins]\n"one.py" = 5\n[tool.artifact-pins.pins]\n"one.py" = 1\n[pins]\n"one.py" = 9\n'
        '[[tool.pins]]\n"one.py" = 9\n[b.c]\npins."one.py" = 9\n[b.d.e."one.py"]\ncount = 9\n',
    ),
    "dotted keys": (
        '[tool.artifact-pins]\npins."gone.py" = 2\npins."one.py" = {count=2}\npins."two.py".count=3',
        '[tool.artifact-pins]\npins."one.py" = {count=1}\npins."two.py".count=2',
    ),
    "dotted keys of a table above": (
        '[tool]\nx.pins."one.py" = 2\nartifact-pins.pins."gone.py" = 2\nartifact-pins.pins."one.py" = 2\n',
        '[tool]\nx.pins."one.py" = 2\nartifact-pins.pins."one.py" = 1\n',
    ),
    "inline tables within each other": (
        'tool = { artifact-pins = { pins = { "gone.py" = 2, "one.py" = 3 } }, x = 1 }\n',
        'tool = { artifact-pins = { pins = { "one.py" = 1 } }, x = 1 }\n',
    ),
    "dotted keys in an inline table": (
        'tool = { artifact-pins = { pins."gone.py" = 3, advice = "x" } }\n',
        'tool = { artifact-pins = { advice = "x" } }\n',
    ),
    "the only table": (
        '[tool.artifact-pins.pins."gone.py"]\ncount = 2\n[tool.x]\ny = 1',
        '[tool.x]\ny = 1\n[tool.artifact-pins.pins]\n',
    ),
    "the only key": (
        'tool.artifact-pins.pins."gone.py" = 2\r\n',
        '[tool.artifact-pins.pins]\r\n',
    ),
}

# The same for pins that name calls: only those of a() and c() of old.py are to be left.
CALL_SPELLINGS: dict[str, tuple[str, str]] = {
    "header and pairs": (
        '# top\n[pins."old.py".calls] # h\n"a:put_object" = {} # a\n"b:put_object" = {} # b\n"c:put_object" = {} # c\n',
        '# top\n[pins."old.py".calls] # h\n"a:put_object" = {} # a\n"c:put_object" = {} # c\n',
    ),
    "header and the first one": (
        '[ pins . "old.py".calls ]\n\t"b:put_object"={}\n\t"a:put_object"={}\n\t"c:put_object"={}\n',
        '[ pins . "old.py".calls ]\n\t"a:put_object"={}\n\t"c:put_object"={}\n',
    ),
    "header and the last one": (
        '[pins."old.py".calls]\n"a:put_object" = {}\n"c:put_object" = {}\n"b:put_object" = {}\n\n[exempt]\n'
        '"t/" = "t"\n',
        '[pins."old.py".calls]\n"a:put_object" = {}\n"c:put_object" = {}\n\n[exempt]\n"t/" = "t"\n',
    ),
    "header, no final newline": (
        '[pins."old.py".calls]\n"a:put_object" = {}\n"c:put_object" = {}\n"b:put_object" = {}',
        '[pins."old.py".calls]\n"a:put_object" = {}\n"c:put_object" = {}\n',
    ),
    "header below that of the pin": (
        '[pins]\n"one.py" = 1\n[pins."old.py"]\n# pin\n[pins."old.py".calls]\n"b:put_object" = {}\n'
        '"a:put_object" = {}\n"c:put_object" = {}\n',
        '[pins]\n"one.py" = 1\n[pins."old.py"]\n# pin\n[pins."old.py".calls]\n"a:put_object" = {}\n'
        '"c:put_object" = {}\n',
    ),
    "comments": (
        '[pins."old.py".calls]\n# mine\n# line 1: a: put_object()\n"a:put_object" = {}\n# about b\n'
        '# line 2: b: put_object()\n\t# line 3: b: put_object()\n"b:put_object" = {} # gone\n#line 4: mine\n'
        '# line 5: c: put_object()\n"c:put_object" = {}\n# line 6: d: x\n\n"d:put_object" = {}\n# end\n',
        '[pins."old.py".calls]\n# mine\n# line 1: a: put_object()\n"a:put_object" = {}\n# about b\n'
        '# line 2: b: put_object()\n\t# line 3: b: put_object()\n#line 4: mine\n'
        '# line 5: c: put_object()\n"c:put_object" = {}\n# line 6: d: x\n\n# end\n',
    ),
    "decisions of several lines": (
        '[pins."old.py".calls]\n"a:put_object" = { registered = [\n  "a", # 1\n] }\n# b\n'
        '"b:put_object" = { registered = [\n  "b", # 1\n  "b2",\n], grandfathered = """\n# line 3: f\n'
        '"c:put_object" = {}\n""" } # 2\n# c\n"c:put_object" = { grandfathered = """\n"b:put_object" = {}\n""" }\n',
        '[pins."old.py".calls]\n"a:put_object" = { registered = [\n  "a", # 1\n] }\n# b\n# c\n'
        '"c:put_object" = { grandfathered = """\n"b:put_object" = {}\n""" }\n',
    ),
    "literal and escaped keys": (
        "[pins.'old.py'.calls]\n'a:put_object' = {}\n'b:put_object' = {}\n\"\\u0063:put_object\" = {}\n"
        '"d\\u003Aput_object" = {}\n',
        "[pins.'old.py'.calls]\n'a:put_object' = {}\n\"\\u0063:put_object\" = {}\n",
    ),
    "identifiers that Python reads otherwise": (
        '[pins."old.py".calls]\n"\uff41:\uff50ut_object" = {}\n"\uff42:put_object" = {}\n"c:put_\uff4fbject" = {}\n',
        '[pins."old.py".calls]\n"\uff41:\uff50ut_object" = {}\n"c:put_\uff4fbject" = {}\n',
    ),
    "inline table of calls": (
        '[pins."old.py"]\ncalls = { "a:put_object" = {}, "b:put_object" = {registered = ["b"]}, '
        '"c:put_object" = {} } # y\n',
        '[pins."old.py"]\ncalls = { "a:put_object" = {}, "c:put_object" = {} } # y\n',
    ),
    "inline table of calls and the first one": (
        '[pins."old.py"]\ncalls = {"b:put_object" = {},"a:put_object" = {},"c:put_object" = {}}\n',
        '[pins."old.py"]\ncalls = {"a:put_object" = {},"c:put_object" = {}}\n',
    ),
    "inline table of calls and the last one": (
        '[pins."old.py"]\ncalls = { "a:put_object" = {}, "c:put_object" = {}, "b:put_object" = {} }\n',
        '[pins."old.py"]\ncalls = { "a:put_object" = {}, "c:put_object" = {} }\n',
    ),
    "inline table of the pin": (
        '[pins]\n"old.py" = { calls = { "a:put_object" = {}, "b:put_object" = {}, "c:put_object" = {} } }\n'
        '"one.py" = 0x1\n',
        '[pins]\n"old.py" = { calls = { "a:put_object" = {}, "c:put_object" = {} } }\n"one.py" = 0x1\n',
    ),
    "inline table of the pin, all but two": (
        '[pins]\n"old.py" = { calls = { "a:put_object" = {}, "c:put_object" = {}'
        + "".join(f', "{name}:put_object" = {{}}' for name in "bdefg") + " } }\n",
        '[pins]\n"old.py" = { calls = { "a:put_object" = {}, "c:put_object" = {} } }\n',
    ),
    "inline table of the pin with dotted keys": (
        '[pins]\n"old.py" = { calls."b:put_object".registered = ["b"], calls."a:put_object" = {}, '
        'calls."b:put_object".grandfathered = "b", calls."c:put_object".registered = ["c"] }\n',
        '[pins]\n"old.py" = { calls."a:put_object" = {}, calls."c:put_object".registered = ["c"] }\n',
    ),
    "inline table of calls with dotted keys": (
        'pins."old.py".calls = { "a:put_object".registered = ["a"], "b:put_object".registered = ["b"], '
        '"b:put_object".grandfathered = "b", "c:put_object" = {} }\n',
        'pins."old.py".calls = { "a:put_object".registered = ["a"], "c:put_object" = {} }\n',
    ),
    "dotted keys": (
        '[pins]\n"old.py".calls."a:put_object" = {}\n# line 3: b\n"old.py" . calls . "b:put_object" = {} # b\n'
        '"one.py" = 1\n"old.py".calls."c:put_object" = { registered = ["c"] }\n',
        '[pins]\n"old.py".calls."a:put_object" = {}\n# line 3: b\n'
        '"one.py" = 1\n"old.py".calls."c:put_object" = { registered = ["c"] }\n',
    ),
    "dotted keys to the end": (
        '[pins]\n"old.py".calls."a:put_object".registered = ["a"]\n"old.py".calls."b:put_object".registered = ["b"]\n'
        '# mine\n"old.py".calls."b:put_object".grandfathered = "b"\n"old.py".calls."c:put_object".registered = ["c"]\n',
        '[pins]\n"old.py".calls."a:put_object".registered = ["a"]\n'
        '# mine\n"old.py".calls."c:put_object".registered = ["c"]\n',
    ),
    "dotted keys at the top": (
        'pins."old.py".calls."b:put_object" = {}\npins."old.py".calls."a:put_object" = {}\n'
        'pins."old.py".calls."c:put_object" = {}\n',
        'pins."old.py".calls."a:put_object" = {}\npins."old.py".calls."c:put_object" = {}\n',
    ),
    "dotted keys of the pin": (
        '[pins."old.py"]\ncalls."a:put_object" = {}\ncalls . "b:put_object" = {}\n'
        'calls."c:put_object".registered = ["c"]\n',
        '[pins."old.py"]\ncalls."a:put_object" = {}\ncalls."c:put_object".registered = ["c"]\n',
    ),
    "a table for each": (
        '[pins."old.py".calls."a:put_object"]\n# line 3: b\n[pins."old.py".calls."b:put_object"] # b\n# within\n'
        'registered = ["b"]\n\n# about c\n[pins."old.py".calls."c:put_object"]\ngrandfathered = "c"\n\n'
        '[pins."one.py"]\ncount = 1\n',
        '[pins."old.py".calls."a:put_object"]\n# line 3: b\n# within\n\n# about c\n'
        '[pins."old.py".calls."c:put_object"]\n'
        'grandfathered = "c"\n\n[pins."one.py"]\ncount = 1\n',
    ),
    "a table for some": (
        '[pins."old.py".calls]\n"a:put_object" = {}\n"d:put_object" = {}\n[pins."old.py".calls."b:put_object"]\n'
        'registered = ["b"]\n[pins."old.py".calls."c:put_object"]\nregistered = ["c"]\n',
        '[pins."old.py".calls]\n"a:put_object" = {}\n[pins."old.py".calls."c:put_object"]\nregistered = ["c"]\n',
    ),
    "one inline table for all": (
        'pins = { "one.py" = 1, "old.py" = { calls = { "b:put_object" = {}, "a:put_object" = {}, '
        '"c:put_object" = {} } } }\n',
        'pins = { "one.py" = 1, "old.py" = { calls = { "a:put_object" = {}, "c:put_object" = {} } } }\n',
    ),
    "one inline table for all with dotted keys": (
        'pins = { "old.py".calls."a:put_object" = {}, "old.py".calls."c:put_object".registered = ["c"], '
        '"old.py".calls."b:put_object" = {}, "one.py" = 1 }\n',
        'pins = { "old.py".calls."a:put_object" = {}, "old.py".calls."c:put_object".registered = ["c"], '
        '"one.py" = 1 }\n',
    ),
    "Windows": (
        '[pins."old.py".calls]\r\n"a:put_object" = {}\r\n# line 3: b\r\n"b:put_object" = {}\r\n"c:put_object" = {}',
        '[pins."old.py".calls]\r\n"a:put_object" = {}\r\n# line 3: b\r\n"c:put_object" = {}',
    ),
}
CALL_PYPROJECTS: dict[str, tuple[str, str]] = {
    "pairs": (
        '[project]\nname = "x"\n[tool.artifact-pins.pins."old.py".calls]\n"a:put_object" = {}\n"b:put_object" = {}\n'
        '"c:put_object" = {}\n[pins.\'old.py\'.calls]\n"b:put_object" = {}\n',
        '[project]\nname = "x"\n[tool.artifact-pins.pins."old.py".calls]\n"a:put_object" = {}\n'
        '"c:put_object" = {}\n[pins.\'old.py\'.calls]\n"b:put_object" = {}\n',
    ),
    "dotted keys": (
        '[tool]\nx.pins.\'old.py\'.calls."b:put_object" = 1\n'
        'artifact-pins.pins."old.py".calls."b:put_object" = {}\n'
        'artifact-pins.pins."old.py".calls."a:put_object" = {}\n'
        'artifact-pins.pins."old.py".calls."c:put_object" = {}\n',
        '[tool]\nx.pins.\'old.py\'.calls."b:put_object" = 1\n'
        'artifact-pins.pins."old.py".calls."a:put_object" = {}\n'
        'artifact-pins.pins."old.py".calls."c:put_object" = {}\n',
    ),
    "inline tables": (
        'tool = { artifact-pins = { pins."old.py" = { calls."a:put_object" = {}, calls."b:put_object" = {}, '
        'calls."c:put_object" = {} } }, x = 1 }\n',
        'tool = { artifact-pins = { pins."old.py" = { calls."a:put_object" = {}, '
        'calls."c:put_object" = {} } }, x = 1 }\n',
    ),
}


def pins_of(text: str, name: str = PINS) -> Pins:
    pins = parse_pins(Pins(f"/x/{name}", "/x"), text)
    assert pins.faults == ()
    return pins


def pruned(pins: Pins) -> Iterator[Edit]:
    """Yield edits as those of ``prune``."""
    for pin in pins.pins.values():
        left = min(pin.allowed, {"one.py": 1, "two.py": 2}.get(pin.path, 0))
        if pin.calls is not None:
            yield from (RemoveCall(pin.key, call.key) for name, call in pin.calls.items() if name[0] not in "ac")
        elif pin.path == "gone.py" or not left < pin.allowed:
            yield from [RemovePin(pin.key)] * (pin.path == "gone.py")
        else:
            yield SetCount(pin.key, left) if left else RemovePin(pin.key)


PRUNED = [
    *(pytest.param(PINS, *texts, id=name) for name, texts in {**SPELLINGS, **CALL_SPELLINGS}.items()),
    *(
        pytest.param(PINS, *texts, id=name, marks=pytest.mark.skipif(not HAS_TOML_1_1, reason="TOML 1.0"))
        for name, texts in NEW_SPELLINGS.items()
    ),
    *(
        pytest.param(PYPROJECT, *texts, id=f"pyproject: {name}")
        for name, texts in [*PYPROJECTS.items(), *CALL_PYPROJECTS.items()]
    ),
]


@pytest.mark.parametrize(("name", "before", "after"), PRUNED)
def test_lowered_and_removed(name: str, before: str, after: str) -> None:
    pins = pins_of(before, name)
    assert edit_pins(pins, pruned(pins)) == after


@pytest.mark.parametrize(("name", "before", "after"), PRUNED)
def test_renamed(name: str, before: str, after: str) -> None:
    """Wherever a key is written, it is written anew, and nothing else is."""
    pins = pins_of(before, name)
    new = {pin.key: f"moved/{number}.py" for number, pin in enumerate(pins.pins.values())}
    renamed = edit_pins(pins, [RenamePin(*keys) for keys in new.items()])
    assert list(pins_of(renamed, name).pins) == list(new.values())
    back = edit_pins(pins_of(renamed, name), [RenamePin(key, old) for old, key in new.items()])
    assert tomli.loads(back, parse_float=str) == tomli.loads(before, parse_float=str)
    calls = [
        RenameCall(pin.key, call.key, f"x{call.key}")
        for pin in pins.pins.values()
        for call in (pin.calls or {}).values()
    ]
    found = pins_of(edit_pins(pins, calls), name).pins.values()
    assert [call.key for pin in found for call in (pin.calls or {}).values()] == [edit.new for edit in calls]


X = Decision(("x",))
LATER = Decision(deferred="config#2350", until=date(2027, 3, 31))
CALL = '"f:put(a)" = { registered = ["x"] }\n'

# The text of a pins file, what is done to it, and the text afterwards.
DECIDED: dict[str, tuple[str, list[Edit], str]] = {
    "a count": (
        '[pins]\n"a.py" = 1 # one\n',
        [SetDecision("a.py", X), SetCount("a.py", 2)],
        '[pins]\n"a.py" = { count = 2, registered = ["x"] } # one\n',
    ),
    "no decision on a count": ('[pins]\n"a.py" = 0x1\n', [SetDecision("a.py", Decision())], '[pins]\n"a.py" = 0x1\n'),
    "an inline table": (
        '[pins]\n"a.py" = {count=1}\n',
        [SetDecision("a.py", LATER)],
        '[pins]\n"a.py" = {count=1, deferred = "config#2350", until = 2027-03-31}\n',
    ),
    "another decision at its place": (
        '[pins]\n"a.py" = { grandfathered = "why", count=1 }\n',
        [SetDecision("a.py", X)],
        '[pins]\n"a.py" = { registered = ["x"], count=1 }\n',
    ),
    "two for one": (
        '[pins]\n"a.py" = { count = 1, registered = ["x", "y"] }\n',
        [SetDecision("a.py", LATER)],
        '[pins]\n"a.py" = { count = 1, deferred = "config#2350", until = 2027-03-31 }\n',
    ),
    "one for two": (
        '[pins]\n"a.py" = { count = 1, deferred = "#1", until = 2027-03-31 }\n',
        [SetDecision("a.py", X)],
        '[pins]\n"a.py" = { count = 1, registered = ["x"] }\n',
    ),
    "a longer list": (
        '[pins]\n"a.py" = { count = 1, registered = [\n  "x", # the one\n] }\n',
        [SetDecision("a.py", Decision(("x", "y"))), SetCount("a.py", 2)],
        '[pins]\n"a.py" = { count = 2, registered = ["x", "y"] }\n',
    ),
    "a table of its own": (
        '[pins."a.py"] # a\n  count = 1 # one\n\n[exempt]\n',
        [SetDecision("a.py", LATER), SetCount("a.py", 3)],
        '[pins."a.py"] # a\n  count = 3 # one\n  deferred = "config#2350"\n  until = 2027-03-31\n\n[exempt]\n',
    ),
    "dotted keys": (
        'pins . "a.py".count = 1\r\nadvice = "x"\r\n',
        [SetDecision("a.py", X)],
        'pins . "a.py".count = 1\r\npins . "a.py".registered = ["x"]\r\nadvice = "x"\r\n',
    ),
    "dotted keys without a final newline": (
        'pins."a.py".count = 1', [SetDecision("a.py", X)], 'pins."a.py".count = 1\npins."a.py".registered = ["x"]\n',
    ),
    "dotted keys in an inline table": (
        'pins = { "a.py".count = 1, "b.py" = 1 }\n',
        [SetDecision("a.py", X)],
        'pins = { "a.py".count = 1, "a.py".registered = ["x"], "b.py" = 1 }\n',
    ),
    "a call": (
        f'[pins."a.py".calls]\n{CALL}"g:put" = {{}} # g\n',
        [SetDecision("a.py", LATER, "f:put(a)"), SetDecision("a.py", X, "g:put")],
        '[pins."a.py".calls]\n"f:put(a)" = { deferred = "config#2350", until = 2027-03-31 }\n'
        '"g:put" = { registered = ["x"] } # g\n',
    ),
    "a call with a table of its own": (
        '[pins."a.py".calls."f:put"] # f\n[pins."a.py".calls."g:put"]\ngrandfathered = "why" # g\n',
        [SetDecision("a.py", X, "f:put"), SetDecision("a.py", X, "g:put")],
        '[pins."a.py".calls."f:put"] # f\nregistered = ["x"]\n[pins."a.py".calls."g:put"]\nregistered = ["x"] # g\n',
    ),
}
ADDED: dict[str, tuple[str, list[Edit], str]] = {
    "behind the next smaller one": (
        '[pins]\n"a.py" = 1\n"c.py" = 1 # c\n\n[exempt]\n',
        [AddPin("d.py", 2), AddPin("b.py", 1, X)],
        '[pins]\n"a.py" = 1\n"b.py" = { count = 1, registered = ["x"] }\n"c.py" = 1 # c\n"d.py" = 2\n\n[exempt]\n',
    ),
    "before the first": ('[pins]\n"b.py" = 1\n', [AddPin("a.py", 1)], '[pins]\n"a.py" = 1\n"b.py" = 1\n'),
    "in its directory, whatever the order": (
        '[pins]\n"z.py" = 1\n"src/b.py" = 1\n"src/d.py" = 1\n"a.py" = 1\n',
        [AddPin("src/c.py", 1), AddPin("src/x/y.py", 1), AddPin("src/a.py", 1)],
        '[pins]\n"z.py" = 1\n"src/a.py" = 1\n"src/b.py" = 1\n"src/c.py" = 1\n"src/d.py" = 1\n"src/x/y.py" = 1\n'
        '"a.py" = 1\n',
    ),
    "not in another directory of that depth": (
        '[pins]\n"src/b.py" = 1\n"lib/z.py" = 1\n',
        [AddPin("src/a.py", 1)],
        '[pins]\n"src/a.py" = 1\n"src/b.py" = 1\n"lib/z.py" = 1\n',
    ),
    "below the comment on its directory": (
        '[pins]\n# src\n# of all\n"src/b.py" = 1\n',
        [AddPin("src/a.py", 1), AddPin("a.py", 1)],
        '[pins]\n"a.py" = 1\n# src\n# of all\n"src/b.py" = 1\n"src/a.py" = 1\n',
    ),
    "behind a decision of several lines": (
        '[pins]\n"a.py" = { count = 1, grandfathered = """\n# x\n""" } # a\n"c.py" = 1',
        [AddPin("b.py", 1), AddPin("d.py", 1)],
        '[pins]\n"a.py" = { count = 1, grandfathered = """\n# x\n""" } # a\n"b.py" = 1\n"c.py" = 1\n"d.py" = 1\n',
    ),
    "the first one": ('[pins]\n\n[exempt]\n', [AddPin("a.py", 1)], '[pins]\n"a.py" = 1\n\n[exempt]\n'),
    "no table": (
        'advice = "x"\r\n\r\n# end\r\n',
        [AddPin("a.py", 1)],
        'advice = "x"\r\n\r\n# end\r\n\r\n[pins]\r\n"a.py" = 1\r\n',
    ),
    "nothing": ("", [AddPin("a.py", 1)], '[pins]\n"a.py" = 1\n'),
    "one inline table": (
        'pins = { "b.py" = 1 } # all\n',
        [AddPin("a.py", 1), AddPin("c.py", 1, X), AddPin("d.py", calls={"f:put": X})],
        'pins = { "a.py" = 1, "b.py" = 1, "c.py" = { count = 1, registered = ["x"] }, '
        '"d.py" = { calls = { "f:put" = { registered = ["x"] } } } } # all\n',
    ),
    "an empty inline table": ("pins = {}\n", [AddPin("a.py", 1)], 'pins = { "a.py" = 1 }\n'),
    "dotted keys": (
        'pins."a.py".count = 1\npins."a.py".registered = ["x"]\nadvice = "x"\n',
        [AddPin("b.py", 1)],
        'pins."a.py".count = 1\npins."a.py".registered = ["x"]\npins."b.py" = 1\nadvice = "x"\n',
    ),
    "tables of their own": (
        '[pins."a.py"]\ncount = 1\n\n# c\n[pins."c.py"]\ncount = 1\n',
        [AddPin("b.py", 1, X), AddPin("d.py", 1)],
        '[pins."a.py"]\ncount = 1\n\n[pins."b.py"]\ncount = 1\nregistered = ["x"]\n\n# c\n[pins."c.py"]\ncount = 1\n\n'
        '[pins."d.py"]\ncount = 1\n',
    ),
    "a table before those of others": (
        '[pins."b.py"]\ncount = 1\n', [AddPin("a.py", 1)], '[pins."a.py"]\ncount = 1\n\n[pins."b.py"]\ncount = 1\n',
    ),
    "named calls behind all that count": (
        '[pins]\n"a.py" = 1\n"z.py" = 1\n# end\n\n[exempt]\n"t/" = "x"\n',
        [AddPin("b.py", calls={"f:put(a)": X, "g:put": Decision()})],
        f'[pins]\n"a.py" = 1\n"z.py" = 1\n# end\n\n[pins."b.py".calls]\n{CALL}"g:put" = {{}}\n\n[exempt]\n"t/" = "x"\n',
    ),
    "named calls beside others": (
        f'[pins]\n"a.py" = 1\n[pins."b.py".calls]\n{CALL}\n# d\n[pins."d.py".calls]\n{CALL}',
        [AddPin("c.py", calls={"f:put(a)": X})],
        f'[pins]\n"a.py" = 1\n[pins."b.py".calls]\n{CALL}\n[pins."c.py".calls]\n{CALL}\n'
        f'# d\n[pins."d.py".calls]\n{CALL}',
    ),
    "named calls where dotted keys are": (
        'pins."a.py" = 1\nadvice = "x"\n',
        [AddPin("b.py", calls={"f:put(a)": X})],
        f'pins."a.py" = 1\nadvice = "x"\n\n[pins."b.py".calls]\n{CALL}',
    ),
    "a call": (
        f'[pins."a.py".calls]\n{CALL}"g:put" = {{}}\n',
        [AddCall("a.py", "f:put(b)", X), AddCall("a.py", "h:put"), AddCall("a.py", "a:put")],
        f'[pins."a.py".calls]\n"a:put" = {{}}\n{CALL}"f:put(b)" = {{ registered = ["x"] }}\n"g:put" = {{}}\n'
        '"h:put" = {}\n',
    ),
    "the first call": (
        '[pins."a.py".calls] # a\n[exempt]\n',
        [AddCall("a.py", "f:put(a)", X)],
        f'[pins."a.py".calls] # a\n{CALL}[exempt]\n',
    ),
    "a call in an inline table": (
        '[pins]\n"a.py" = { calls = {} }\n"b.py" = { calls = {"f:put" = {}} }\n"c.py".calls."f:put" = {}\n',
        [AddCall("a.py", "f:put", X), AddCall("b.py", "g:put"), AddCall("c.py", "g:put")],
        '[pins]\n"a.py" = { calls = { "f:put" = { registered = ["x"] } } }\n'
        '"b.py" = { calls = {"f:put" = {}, "g:put" = {}} }\n"c.py".calls."f:put" = {}\n"c.py".calls."g:put" = {}\n',
    ),
    "a call with a table of its own": (
        '[pins."a.py".calls."f:put"]\nregistered = ["x"]\n',
        [AddCall("a.py", "g:put", LATER)],
        '[pins."a.py".calls."f:put"]\nregistered = ["x"]\n\n[pins."a.py".calls."g:put"]\ndeferred = "config#2350"\n'
        'until = 2027-03-31\n',
    ),
}
NAMED: dict[str, tuple[str, list[Edit], str]] = {
    "a count": (
        '[pins]\n"a.py" = 1 # one\n"b.py" = 1\n',
        [NameCalls("a.py", {"f:put(a)": X})],
        f'[pins]\n"b.py" = 1\n\n# one\n[pins."a.py".calls]\n{CALL}',
    ),
    "the only one": (
        '# top\n[pins]\n"a.py" = { count = 1 }',
        [NameCalls("a.py", {"f:put(a)": X})],
        f'# top\n[pins]\n\n[pins."a.py".calls]\n{CALL}',
    ),
    "a table of its own": (
        '[pins."a.py"] # a\n# above\ncount = 1 # one\nregistered = ["x"]\n[pins."b.py"]\ncount = 2\n',
        [NameCalls("a.py", {"f:put(a)": X})],
        f'[pins."a.py".calls] # a\n# one\n{CALL}# above\n[pins."b.py"]\ncount = 2\n',
    ),
    "an inline table": (
        'pins = { "b.py" = 1, "a.py" = { count = 1 } }\n',
        [NameCalls("a.py", {"f:put(a)": X})],
        'pins = { "b.py" = 1, "a.py" = { calls = { "f:put(a)" = { registered = ["x"] } } } }\n',
    ),
}
PYPROJECT_EDITS: dict[str, tuple[str, list[Edit], str]] = {
    "a table": (
        '[tool.artifact-pins]\nadvice = "x"\n[tool.black]\n',
        [AddPin("a.py", 1), AddPin("b.py", calls={"f:put(a)": X})],
        '[tool.artifact-pins]\nadvice = "x"\n\n[tool.artifact-pins.pins]\n"a.py" = 1\n\n'
        f'[tool.artifact-pins.pins."b.py".calls]\n{CALL}[tool.black]\n',
    ),
    "dotted keys": (
        '[tool]\nartifact-pins.advice = "x"\nblack.x = 1\n',
        [AddPin("a.py", 1)],
        '[tool]\nartifact-pins.advice = "x"\nblack.x = 1\n\n[tool.artifact-pins.pins]\n"a.py" = 1\n',
    ),
    "an inline table": (
        '[tool]\nartifact-pins = { advice = "x" } # all\n',
        [AddPin("a.py", 1)],
        '[tool]\nartifact-pins = { advice = "x", pins = { "a.py" = 1 } } # all\n',
    ),
    "an empty inline table": (
        "tool.artifact-pins = {}\n", [AddPin("a.py", 1)], 'tool.artifact-pins = { pins = { "a.py" = 1 } }\n',
    ),
    "beside other tools": (
        '[tool.artifact-pins.pins]\n"a.py" = 1\n\n# of black\n[tool.black]\n"a.py" = 1\n',
        [AddPin("b.py", calls={"f:put(a)": X}), SetDecision("a.py", X)],
        '[tool.artifact-pins.pins]\n"a.py" = { count = 1, registered = ["x"] }\n\n'
        f'[tool.artifact-pins.pins."b.py".calls]\n{CALL}\n# of black\n[tool.black]\n"a.py" = 1\n',
    ),
}


@pytest.mark.parametrize(
    ("name", "before", "edits", "after"),
    [
        pytest.param(name, *case, id=f"{kind}: {title}")
        for kind, name, cases in [
            ("decided", PINS, DECIDED),
            ("added", PINS, ADDED),
            ("named", PINS, NAMED),
            ("pyproject", PYPROJECT, PYPROJECT_EDITS),
        ]
        for title, case in cases.items()
    ],
)
def test_edits(name: str, before: str, edits: list[Edit], after: str) -> None:
    assert edit_pins(pins_of(before, name), edits) == after


@pytest.mark.parametrize(
    ("before", "edits"),
    [
        pytest.param('[pins]\n"a.py" = 1\n', [SetCount("b.py", 1)], id="no such pin"),
        pytest.param('[pins]\n"a.py" = 1\n', [SetDecision("a.py", X, "f:put")], id="no such call"),
        pytest.param('[pins]\n"a.py" = 1\n', [AddCall("a.py", "f:put")], id="a call of a pin that counts"),
        pytest.param('[pins]\n"a.py" = 1\n', [AddPin("a.py", 2)], id="a pin that is there"),
        pytest.param('[pins."a.py".calls]\n"f:put" = {}\n', [AddCall("a.py", "f:put")], id="a call that is there"),
        pytest.param('[pins]\n"a.py" = 1\n"b.py" = 1\n', [RenamePin("a.py", "b.py")], id="a path that is pinned"),
        # the table goes with the last of its keys, and an empty one is not the same
        pytest.param('pins."a.py".calls."f:put" = {}\n', [RemoveCall("a.py", "f:put")], id="the last dotted key"),
    ],
)
def test_cannot_be_edited(before: str, edits: list[Edit]) -> None:
    with pytest.raises(UneditableError):
        edit_pins(pins_of(before), edits)


Pin = Any
DECISIONS = [Decision(), X, Decision(("x", "y"), 'é # " }'), Decision(grandfathered="why\nnot"), LATER]


def data_of(decision: Decision) -> dict[str, Any]:
    fields = {
        "registered": list(decision.registered) or None,
        "grandfathered": decision.grandfathered or None,
        "deferred": decision.deferred or None,
        "until": decision.until,
    }
    return {key: value for key, value in fields.items() if value}


def pairs_of(data: dict[str, Any]) -> list[str]:
    return [f"{key} = {value if key == 'until' else json.dumps(value)}" for key, value in data.items()]


def lines_of_pin(style: str, key: str, pin: Pin, comment: str) -> list[str]:
    """Return a pin as statements below ``[pins]``, or with tables of its own."""
    if "calls" not in pin:
        pairs = pairs_of(pin)
        return {
            "inline": [f'\t"{key}"={{{",".join(pairs)}}}{comment}'],
            "dotted": [f'"{key}" . {pair}{comment}' for pair in pairs],
            "table": [f'[ pins."{key}" ]{comment}', *pairs],
            "tables": [f'[pins."{key}"]', *(f"{pair}{comment}" for pair in pairs)],
        }[style]
    calls = {f'"{call}"': pairs_of(data) for call, data in pin["calls"].items()}
    inline = [f"{call} = {{ {', '.join(pairs)} }}" for call, pairs in calls.items()]
    return {
        "inline": [f'"{key}" = {{ calls = {{ {", ".join(inline)} }} }}{comment}'],
        "dotted": [f'"{key}".calls.{pair}{comment}' for pair in inline],
        "table": [f'[pins."{key}".calls]', *(f"{pair}{comment}" for pair in inline)],
        "tables": [
            line for call, pairs in calls.items() for line in [f'[pins."{key}".calls.{call}]{comment}', *pairs, ""]
        ],
    }[style]


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, Pin]]:
    """Return the text of a pins file and its pins; each line of a comment is another one."""
    pins: dict[str, Pin] = {}
    blocks = []
    for index in range(draw(st.integers(0, 6))):
        key = draw(st.sampled_from(["", "src/", "src/x/"])) + f"{draw(st.sampled_from('abc'))}{index}.py"
        decision = st.sampled_from(DECISIONS).map(data_of)
        if draw(st.booleans()):
            pins[key] = {"count": draw(st.integers(0, 3)), **draw(decision)}
        else:
            pins[key] = {"calls": {f"f{number}:put": draw(decision) for number in range(draw(st.integers(1, 3)))}}
        style = draw(st.sampled_from(["inline", "dotted", "table", "tables"]))
        comments = draw(st.lists(st.sampled_from(["", f"# of {index}"]), max_size=2))
        behind = draw(st.sampled_from(["", f" # {index}"]))
        blocks.append((style, [*comments, *lines_of_pin(style, key, pins[key], behind)]))
    blocks.sort(key=lambda block: block[0].startswith("table"))
    lines = ["[pins]", *(line for _, block in blocks for line in block)]
    if draw(st.booleans()):
        lines = ["# top", *lines, "", "# of t", "[exempt]", '"t/" = "tests"']
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + draw(st.sampled_from(["", end])), pins


@st.composite
def edits_of(draw: st.DrawFn, pins: dict[str, Pin]) -> list[Edit]:
    """Return edits of pins, which are changed as the edits say."""
    edits: list[Edit] = []
    decisions = st.sampled_from(DECISIONS)
    edited = draw(st.lists(st.sampled_from(sorted(pins)), max_size=4, unique=True)) if pins else []
    for number, key in enumerate(edited):
        pin, decision, new = pins[key], draw(decisions), f"new{number}"
        kind = draw(st.sampled_from(["remove", "rename", "decide", "other"]))
        if kind == "remove":
            edits.append(RemovePin(key))
            del pins[key]
        elif kind == "rename":
            edits.append(RenamePin(key, f"src/{new}.py"))
            pins[f"src/{new}.py"] = pins.pop(key)
        elif "count" in pin and kind == "decide":
            edits += [SetCount(key, pin["count"] + 1), SetDecision(key, decision)]
            pins[key] = {"count": pin["count"] + 1, **data_of(decision)}
        elif "count" in pin:
            edits.append(NameCalls(key, {"f:put": decision, "g:put": X}))
            pins[key] = {"calls": {"f:put": data_of(decision), "g:put": data_of(X)}}
        elif kind == "decide":
            edits += [SetDecision(key, decision, "f0:put"), RenameCall(key, "f0:put", f"{new}:put")]
            del pin["calls"]["f0:put"]
            pin["calls"][f"{new}:put"] = data_of(decision)
        else:
            edits += [AddCall(key, f"{new}:put", decision), RemoveCall(key, "f0:put")]
            del pin["calls"]["f0:put"]
            pin["calls"][f"{new}:put"] = data_of(decision)
    for path, decision in draw(st.dictionaries(st.sampled_from(["b.py", "src/b.py", "z/b.py"]), decisions)).items():
        is_counting = draw(st.booleans())
        edits.append(AddPin(path, 1, decision) if is_counting else AddPin(path, calls={"f:put": decision}))
        pins[path] = {"count": 1, **data_of(decision)} if is_counting else {"calls": {"f:put": data_of(decision)}}
    return edits


@given(st.data())
@settings(max_examples=100)
def test_any_edits(data: st.DataObject) -> None:
    """What is asked for is done, and neither comments nor line ends are lost."""
    before, pins = data.draw(documents())
    edits = data.draw(edits_of(pins))
    after = edit_pins(pins_of(before), edits)
    found = tomli.loads(after).get("pins", {})
    assert {key: pin if isinstance(pin, dict) else {"count": pin} for key, pin in found.items()} == pins
    own_lines = re.compile(r"^# .*", re.MULTILINE)
    assert set(own_lines.findall(before)) <= set(own_lines.findall(after))
    assert ("\r\n" in before) == ("\r\n" in after) or "\n" not in before
    assert "\n" not in before.replace("\r\n", "") or "\r" not in after
    assert pins_of(after).exempt == pins_of(before).exempt
