from __future__ import annotations

import os
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path as FilePath
from random import Random
from typing import Any
from typing import NamedTuple
from typing import TypeAlias

import pytest
import tomli
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support import Project

from flake8_artifact_pin.pins.toml import key_positions
from flake8_artifact_pin.pins.toml import Path
from flake8_artifact_pin.pins.toml import Position

TOO_LONG = "1" * 5000
TOO_DEEP = 10_000
DECISION = '{ count = %d, registered = ["ID"] } or { count = %d, grandfathered = "REASON" }'
COUNT = "must be a whole number, 0 or more, not"
KNOWN = "known are advice, exempt, patterns, pins, registry, require-decision"
KNOWN_OF_PIN = "known are calls, count, grandfathered, registered"
MERGE = "unresolved merge: keep one side and remove the markers"
ABSOLUTE = "is absolute: write it relative to this file's directory"
PARENT = "has \"..\": name a path below this file's directory"
EMPTY_PATH = "is empty: name a file or a directory below this one"
CALLS = '[pins."a.py".calls]\n'
CALL_DECISION = '{ registered = ["ID"] } or { grandfathered = "REASON" }'
CALL_KEYS = "known are grandfathered, registered"
NO_NAME = 'is not the name of a call: write "FUNCTION:METHOD", "CLASS.FUNCTION:METHOD" or "<module>:METHOD"'
NO_NUMBER = "ends in no number of a call: the first one of a scope has none, the second one has #2"
NO_CALL = 'is among the calls of "a.py": move it up, right below [pins]'

# Names that no call has.
NO_NAMES = [
    *("", "f", "<module>", "f:", ":put", "f:put:x", "f:put:12", "f.:put", ".f:put", "f..g:put", "1f:put", "f:1put"),
    *("f g:put", " f:put", "f:put ", "<module>.f:put", "f.<module>:put", "<lambda>:put", "f.<locals>.g:put"),
    *("f:s3.put", "f:put()", "f:*", "f:put#2#3", "f:put #2", "f#2:put", "f:#2", "#2", "put#2", r"f:put\n", "*:put"),
]
NO_NUMBERS = [f"f:put#{number}" for number in ("", "0", "1", "01", "02", "x", "-2", "+2", "2 ", "2.0", "1_0")]

# Pins files that are no valid TOML, or none that can be used: the text, and "line:column: problem" of each fault.
UNREADABLE: dict[str, tuple[str, list[str]]] = {
    "open table": ("[pins\n", ["1:6: not valid TOML: Expected ']' at the end of a table declaration"]),
    "no value": ('[pins]\n"a.py" = \n', ["2:10: not valid TOML: Invalid value"]),
    "no value at the end": ('[pins]\n"a.py" =', ["2:9: not valid TOML: Invalid value"]),
    "slash in a bare key": (
        "[pins]\nsrc/a.py = 1\n",
        ["2:4: not valid TOML: Expected '=' after a key in a key/value pair: a path needs quotes"],
    ),
    "key twice": (
        '[pins]\n"a.py" = 1\n"a.py" = 1\n',
        ["3:11: not valid TOML: Cannot overwrite a value: keep one of the two"],
    ),
    "table twice": ("[pins]\n[exempt]\n[pins]\n", ["3:6: not valid TOML: Cannot declare ('pins',) twice"]),
    "a count and calls": (
        f'[pins]\n"a.py" = 1\n{CALLS}',
        ["3:19: not valid TOML: Cannot overwrite a value: a pin has a count or calls, not both"],
    ),
    "a table with a count and calls": (
        f'[pins]\n"a.py" = {{ count = 1 }}\n{CALLS}',
        ["3:19: not valid TOML: Cannot declare ('pins', 'a.py', 'calls') twice: a pin has a count or calls, not both"],
    ),
    "calls and a count": (
        f'{CALLS}[pins]\n"a.py" = 1\n',
        ["3:11: not valid TOML: Cannot overwrite a value: a pin has a count or calls, not both"],
    ),
    "key twice, of calls by its name alone": (
        '[pins]\n"calls.py" = 1\n"calls.py" = 1\n',
        ["3:15: not valid TOML: Cannot overwrite a value: keep one of the two"],
    ),
    "a call twice": (
        f'{CALLS}"f:put" = {{}}\n"f:put" = {{}}\n',
        ["3:13: not valid TOML: Cannot overwrite a value: keep one of the two"],
    ),
    "a call without quotes": (
        f"{CALLS}f:put = {{}}\n",
        ["2:2: not valid TOML: Expected '=' after a key in a key/value pair"],
    ),
    "only the first of two": ("[pins]\n= 1\n= 2\n", ["2:1: not valid TOML: Invalid statement"]),
    "behind non-ASCII text": (
        '[pins]\n"été.py" = "\U0001f600" 1\n',
        ["2:16: not valid TOML: Expected newline or end of document after a statement"],
    ),
    "behind a string of several lines": (
        'advice = """\nx\ny"""\n[pins]\n\t! = 1\n',
        ["5:2: not valid TOML: Invalid statement"],
    ),
    "no date": ("advice = 2026-02-30\n", ["1:10: not valid TOML: Invalid date or datetime"]),
    "a control character": ("advice = 'a\x01'\n", ["1:12: not valid TOML: Found invalid character '\\x01'"]),
    "conflict": ('[pins]\n<<<<<<< HEAD\n"a.py" = 1\n=======\n"a.py" = 2\n>>>>>>> theirs\n', [f"2:1: {MERGE}"]),
    "two conflicts": (
        '[pins]\n<<<<<<< HEAD\n=======\n"a.py" = 2\n>>>>>>> theirs\n"b.py" = 1\n<<<<<<<\n=======\n>>>>>>>\n= 1\n',
        [f"2:1: {MERGE}", f"7:1: {MERGE}"],
    ),
    "no conflict": (
        'advice = "\n<<<<<<<<< \n <<<<<<< HEAD\n# <<<<<<< HEAD\n<<<<<<HEAD\n',
        ["1:11: not valid TOML: Illegal character '\\n'"],
    ),
    "number too long": (f'[pins]\n"a.py" = {TOO_LONG}\n', ["2:10: a number is too long: correct it"]),
    "number too long in a table": (
        f'[pins]\n"é.py" = {{ count = {TOO_LONG} }}\n',
        ["2:20: a number is too long: correct it"],
    ),
    "number too long behind another run of digits": (
        f'# {TOO_LONG}\nadvice = "{TOO_LONG}"\n[pins]\n"a.py" = {TOO_LONG}\n',
        ["4:10: a number is too long: correct it"],
    ),
    "arrays nested too deeply": (
        f"patterns = {'[' * TOO_DEEP}{']' * TOO_DEEP}\n",
        ["1:1: nested too deeply: use plain keys and values"],
    ),
    "tables nested too deeply": (
        f"\npins = {'{ a = ' * TOO_DEEP}1{'}' * TOO_DEEP}\n",
        ["1:1: nested too deeply: use plain keys and values"],
    ),
    "keys nested too deeply": (f"{'a.' * TOO_DEEP}a = 1\n", ["1:1: nested too deeply: use plain keys and values"]),
}

# The same for bytes that are no UTF-8.
NOT_UTF8: dict[str, tuple[bytes, list[str]]] = {
    "latin-1": ('[pins]\n"è.py" = 1\n'.encode("latin-1"), ["2:2: not UTF-8 (byte 0xe8): save it as UTF-8"]),
    "behind non-ASCII text": (b'[pins]\n"\xc3\xa9\xe9.py" = 1\n', ["2:3: not UTF-8 (byte 0xe9): save it as UTF-8"]),
    "behind a BOM": (b"\xef\xbb\xbf\xff", ["1:1: not UTF-8 (byte 0xff): save it as UTF-8"]),
    "behind CRLF": (b"[pins]\r\n\r\n\t\x80", ["3:2: not UTF-8 (byte 0x80): save it as UTF-8"]),
    "cut off": (b'[pins]\n"\xe2\x82', ["2:2: not UTF-8 (byte 0xe2): save it as UTF-8"]),
    "a surrogate": (b'"\xed\xa0\x80"', ["1:2: not UTF-8 (byte 0xed): save it as UTF-8"]),
    "utf-16": ("[pins]\n".encode("utf-16"), ["1:1: not UTF-8 (byte 0xff): save it as UTF-8"]),
}

# The same for valid TOML that is no valid pins file.
INVALID: dict[str, tuple[str, list[str]]] = {
    # unknown keys
    "unknown key": ("pin = 1\n", ['1:1: unknown key "pin"; did you mean "pins"?']),
    "unknown key, near": (
        "require_decision = true\n",
        ['1:1: unknown key "require_decision"; did you mean "require-decision"?'],
    ),
    "unknown key, case": ("Advice = ''\n", ['1:1: unknown key "Advice"; did you mean "advice"?']),
    "unknown key, far": ("zzz = 1\n", [f'1:1: unknown key "zzz"; {KNOWN}']),
    "unknown key, a pin before [pins]": ('"a.py" = 1\n', [f'1:1: unknown key "a.py"; {KNOWN}']),
    "unknown table": ("[pin]\n'a.py' = 1\n", ['1:2: unknown key "pin"; did you mean "pins"?']),
    "unknown table of a table": ("\n[exempts.a.b]\n", ['2:2: unknown key "exempts"; did you mean "exempt"?']),
    "unknown array of tables": ("[[zzz]]\npins = 1\n[[zzz]]\n", [f'1:3: unknown key "zzz"; {KNOWN}']),
    "unknown key of a pin": (
        '[pins]\n"a.py" = { count = 1, registred = ["x"] }\n',
        ['2:23: unknown key in the pin of "a.py": "registred"; did you mean "registered"?'],
    ),
    "unknown key of a pin, far": (
        '[pins]\n"a.py" = { zzz = 1, count = 1 }\n',
        [f'2:12: unknown key in the pin of "a.py": "zzz"; {KNOWN_OF_PIN}'],
    ),
    "unknown table of a pin": (
        "[pins.'a.py']\ncount = 1\n[pins.'a.py'.owner]\n",
        [f'3:2: unknown key in the pin of "a.py": "owner"; {KNOWN_OF_PIN}'],
    ),
    # wrong types
    "patterns: string": ('patterns = "*.put"\n', ['1:1: "patterns" must be an array of strings, not a string']),
    "patterns: table": ("[patterns]\n", ['1:2: "patterns" must be an array of strings, not a table']),
    "patterns: array of numbers": (
        "patterns = ['*.put_object', 1, 1.5, true, [], {}, 2026-01-01]\n",
        [
            "1:1: pattern 2 must be a string, not a whole number",
            "1:1: pattern 3 must be a string, not a float",
            "1:1: pattern 4 must be a string, not a boolean",
            "1:1: pattern 5 must be a string, not an array",
            "1:1: pattern 6 must be a string, not a table",
            "1:1: pattern 7 must be a string, not a date or time",
        ],
    ),
    "advice: array": ('advice = ["register it"]\n', ['1:1: "advice" must be a string, not an array']),
    "advice: number": ("advice = 0\n", ['1:1: "advice" must be a string, not a whole number']),
    "require-decision: string": (
        'require-decision = "true"\n',
        ['1:1: "require-decision" must be true or false, not a string'],
    ),
    "require-decision: number": (
        "require-decision = 1\n",
        ['1:1: "require-decision" must be true or false, not a whole number'],
    ),
    "exempt: array": ('exempt = ["tests/"]\n', ['1:1: "exempt" must be a table, not an array']),
    "pins: number": ("pins = 3\n", ['1:1: "pins" must be a table, not a whole number']),
    "pins: array of tables": ('[[pins]]\n"a.py" = 1\n', ['1:3: "pins" must be a table, not an array']),
    "registered: string": (
        '[pins]\n"a.py" = { count = 1, registered = "x" }\n',
        ['2:23: "registered" of "a.py" must be an array of strings'],
    ),
    "registered: array of numbers": (
        '[pins]\n"a.py" = { count = 1, registered = ["x", 1] }\n',
        ['2:23: "registered" of "a.py" must be an array of strings'],
    ),
    "grandfathered: boolean": (
        '[pins]\n"a.py" = { count = 1, grandfathered = true }\n',
        ['2:23: "grandfathered" of "a.py" must be a string, not a boolean'],
    ),
    "reason: boolean": ('[exempt]\n"t/" = true\n', ['2:1: the reason for "t/" must be a string, not a boolean']),
    "reason: table": ("[exempt.'t/']\n", ['1:2: the reason for "t/" must be a string, not a table']),
    # counts
    "count: boolean": ('[pins]\n"a.py" = true\n', [f'2:1: the count of "a.py" {COUNT} a boolean']),
    "count: float": ('[pins]\n"a.py" = 1.0\n', [f'2:1: the count of "a.py" {COUNT} a float']),
    "count: inf": ('[pins]\n"a.py" = inf\n', [f'2:1: the count of "a.py" {COUNT} a float']),
    "count: negative": ('[pins]\n"a.py" = -1\n', [f'2:1: the count of "a.py" {COUNT} a negative one']),
    "count: string": ('[pins]\n"a.py" = "1"\n', [f'2:1: the count of "a.py" {COUNT} a string']),
    "count: array": ('[pins]\n"a.py" = [1]\n', [f'2:1: the count of "a.py" {COUNT} an array']),
    "count: date": ('[pins]\n"a.py" = 2026-01-01\n', [f'2:1: the count of "a.py" {COUNT} a date or time']),
    "count: time": ('[pins]\n"a.py" = 12:00:00\n', [f'2:1: the count of "a.py" {COUNT} a date or time']),
    "count: moment": ('[pins]\n"a.py" = 2026-01-01T00:00:00Z\n', [f'2:1: the count of "a.py" {COUNT} a date or time']),
    "count: too large": ('[pins]\n"a.py" = 1000000001\n', [f'2:1: the count of "a.py" {COUNT} one above 1000000000']),
    "count: far too large": (
        f'require-decision = true\n[pins]\n"a.py" = 0x{"f" * 5000}\n',
        [f'3:1: the count of "a.py" {COUNT} one above 1000000000'],
    ),
    "count of a table: boolean": (
        '[pins]\n"a.py" = { count = false }\n',
        [f'2:12: the count of "a.py" {COUNT} a boolean'],
    ),
    "count of a table: negative": (
        '[pins."a.py"]\nregistered = ["x"]\ncount = -3\n',
        [f'3:1: the count of "a.py" {COUNT} a negative one'],
    ),
    "count of a table: table": ('[pins."a.py".count]\n', [f'1:2: the count of "a.py" {COUNT} a table']),
    "no count": ('[pins]\n"a.py" = {}\n', ['2:1: the pin of "a.py" has no count: add count = N, or calls']),
    "no count but a typing error": (
        '[pins]\n"a.py" = { cuont = 1 }\n',
        [
            '2:1: the pin of "a.py" has no count: add count = N, or calls',
            '2:12: unknown key in the pin of "a.py": "cuont"; did you mean "count"?',
        ],
    ),
    "no count under a header": (
        '\n[pins."a.py"]\ngrandfathered = "why"\n',
        ['2:2: the pin of "a.py" has no count: add count = N, or calls'],
    ),
    "no count and no header": (
        '\n[pins."a.py".owner]\n',
        [
            '2:2: the pin of "a.py" has no count: add count = N, or calls',
            f'2:2: unknown key in the pin of "a.py": "owner"; {KNOWN_OF_PIN}',
        ],
    ),
    # paths
    "absolute path": ('[pins]\n"/src/a.py" = 1\n', [f'2:1: path "/src/a.py" {ABSOLUTE}']),
    "drive letter": ('[pins]\n"C:/a.py" = 1\n', [f'2:1: path "C:/a.py" {ABSOLUTE}']),
    "drive letter alone": ('[pins]\n"c:a.py" = 1\n', [f'2:1: path "c:a.py" {ABSOLUTE}']),
    "parent": ('[pins]\n"../a.py" = 1\n', [f'2:1: path "../a.py" {PARENT}']),
    "parent within": ('[pins]\n"src/../a.py" = 1\n', [f'2:1: path "src/../a.py" {PARENT}']),
    "backslash": (
        "[pins]\n'src\\a.py' = 1\n",
        ['2:1: path "src\\\\a.py" has a backslash: write "/" between directories'],
    ),
    "null character": (
        '[pins]\n"a\\u0000.py" = 1\n',
        ['2:1: path "a\\u0000.py" has a null character, which no path has: remove it'],
    ),
    "backslash and drive": (
        "[pins]\n'C:\\a.py' = 1\n",
        ['2:1: path "C:\\\\a.py" has a backslash: write "/" between directories'],
    ),
    "empty path": ('[pins]\n"" = 1\n', [f'2:1: path "" {EMPTY_PATH}']),
    "this directory": ('[pins]\n"./" = 1\n', [f'2:1: path "./" {EMPTY_PATH}']),
    "a directory": ('[pins]\n"src/" = 1\n', ['2:1: "src/" is a directory: pin each of its files']),
    "two spellings": ('[pins]\n"a.py" = 1\n"./a.py" = 1\n', ['3:1: "./a.py" is the same path as "a.py": keep one']),
    "three spellings": (
        '[pins]\n"src//a.py" = 1\n"src/a.py" = 1\n"src/./a.py" = 1\n',
        [
            '3:1: "src/a.py" is the same path as "src//a.py": keep one',
            '4:1: "src/./a.py" is the same path as "src//a.py": keep one',
        ],
    ),
    "no quotes": ("[pins]\nprices.py = 1\n", ['2:1: path without quotes: write "prices.py" = ...']),
    "no quotes, table": ("[pins]\nprices.py = { count = 1 }\n", ['2:1: path without quotes: write "prices.py" = ...']),
    "no quotes, header": ("[pins.prices.py]\ncount = 1\n", ['1:2: path without quotes: write "prices.py" = ...']),
    "no quotes, exempt": ('[exempt]\nprices.py = "why"\n', ['2:1: path without quotes: write "prices.py" = ...']),
    "exempt: absolute path": ('[exempt]\n"/t/" = "why"\n', [f'2:1: path "/t/" {ABSOLUTE}']),
    "exempt: drive letter": ('[exempt]\n"d:/t/" = "why"\n', [f'2:1: path "d:/t/" {ABSOLUTE}']),
    "exempt: parent": ('[exempt]\n"t/.." = "why"\n', [f'2:1: path "t/.." {PARENT}']),
    "exempt: backslash": (
        "[exempt]\n't\\' = 'why'\n",
        ['2:1: path "t\\\\" has a backslash: write "/" between directories'],
    ),
    "exempt: empty path": ("[exempt]\n'' = 'why'\n", [f'2:1: path "" {EMPTY_PATH}']),
    "exempt: two spellings": (
        '[exempt]\n"t/" = "why"\n"./t/" = "why"\n',
        ['3:1: "./t/" is the same path as "t/": keep one'],
    ),
    "exempt: directory without slash": (
        '[exempt]\n"src" = "why"\n',
        ['2:1: "src" is a directory: write "src/"'],
    ),
    # exempt and pinned, reasons and ids
    "pinned and exempt": (
        '[exempt]\n"b.py" = "why"\n[pins]\n"b.py" = 1\n',
        ['4:1: "b.py" is pinned and exempt by "b.py": remove one'],
    ),
    "pinned and exempt by its directory": (
        '[pins]\n"t/u/b.py" = 1\n[exempt]\n"t/" = "why"\n',
        ['2:1: "t/u/b.py" is pinned and exempt by "t/": remove one'],
    ),
    "pinned and exempt by a pattern": (
        '[pins]\n"t/_b.py" = { count = 0 }\n[exempt]\n"x/*y*z.py" = "why"\n"_*" = "why"\n',
        ['2:1: "t/_b.py" is pinned and exempt by "_*": remove one'],
    ),
    "pinned and exempt by a pattern of directories": (
        '[pins]\n"gen_1/t/b.py" = 0\n"gen.py" = 0\n"x/gen_1/b.py" = 0\n[exempt]\n"gen_*/" = "why"\n',
        ['2:1: "gen_1/t/b.py" is pinned and exempt by "gen_*/": remove one'],
    ),
    "pinned and exempt by one of several patterns": (
        '[pins]\n"t/xyz.py" = 0\n[exempt]\n"*a*b*c" = "why"\n"t/*y*z*" = "why"\n',
        ['2:1: "t/xyz.py" is pinned and exempt by "t/*y*z*": remove one'],
    ),
    "empty reason": ('[exempt]\n"t/" = ""\n', ['2:1: the reason for "t/" is empty: say why it is exempt']),
    "blank reason": ('[exempt]\n"t/" = " \\n"\n', ['2:1: the reason for "t/" is empty: say why it is exempt']),
    "empty grandfathered": (
        '[pins]\n"a.py" = { count = 1, grandfathered = "\t" }\n',
        ['2:23: "grandfathered" of "a.py" is empty: say why nobody needs to be told'],
    ),
    "empty registered": (
        '[pins]\n"a.py" = { count = 1, registered = [] }\n',
        ['2:23: "registered" of "a.py" has an empty id or none: name the artifacts'],
    ),
    "empty id": (
        '[pins]\n"a.py" = { count = 1, registered = ["x", " "] }\n',
        ['2:23: "registered" of "a.py" has an empty id or none: name the artifacts'],
    ),
    "no decision": (
        'require-decision = true\n[pins]\n"b.py" = 0\n"a.py" = 2\n',
        [f'4:1: "a.py" has no decision: write {DECISION % (2, 2)}'],
    ),
    "no decision in a table": (
        'pins."a.py".count = 1\nrequire-decision = true\n',
        [f'1:1: "a.py" has no decision: write {DECISION % (1, 1)}'],
    ),
    # patterns
    "no patterns": ("patterns = []\n", ['1:1: "patterns" is empty: leave it out to use the default ones']),
    "empty pattern": ('patterns = ["", "*.put_object"]\n', ['1:1: pattern "" has an empty component']),
    "empty component": ('patterns = ["*.put_object", "a..b"]\n', ['1:1: pattern "a..b" has an empty component']),
    "dot at the end": ('patterns = ["*.put_object", "a."]\n', ['1:1: pattern "a." has an empty component']),
    "blank in a pattern": (
        'patterns = ["*.put_object", "put object"]\n',
        ['1:1: pattern "put object" has a component that is not a name, a wildcard, "name()" or "name[]"'],
    ),
    "bracket in a pattern": (
        'patterns = ["*.put_object", "lib.[a"]\n',
        ['1:1: pattern "lib.[a" has a component that is not a name, a wildcard, "name()" or "name[]"'],
    ),
    "argument in a pattern": (
        'patterns = ["*.put_object", "Object(b).put"]\n',
        ['1:1: pattern "Object(b).put" has a component that is not a name, a wildcard, "name()" or "name[]"'],
    ),
    "call at the end of a pattern": (
        'patterns = ["*.put_object", "lib.write()"]\n',
        ['1:1: pattern "lib.write()" ends in "()": name what is called, without the call'],
    ),
    # places
    "place: tabs and spaces": ('[pins]\n\t  "a.py"\t=\ttrue\n', [f'2:4: the count of "a.py" {COUNT} a boolean']),
    "place: non-ASCII before": (
        '[pins]\n"\U0001f600é.py" = { grandfathered = "für später", "count" = "x" }\n',
        [f'2:43: the count of "\U0001f600é.py" {COUNT} a string'],
    ),
    "place: strings of several lines before": (
        'advice = """\n"a.py" = 1 \\""" # [pins]\n""""\n[exempt]\n"t/" = \'\'\'\n["pins"]\n"a.py" = true\n\'\'\'\'\n'
        '[pins]\n"a.py" = true\n',
        [f'10:1: the count of "a.py" {COUNT} a boolean'],
    ),
    "place: quotes at the end of a string before": (
        'pins = { "b.py" = { count = 1, grandfathered = """why"""" }, "a.py" = -1 }\n',
        [f'1:62: the count of "a.py" {COUNT} a negative one'],
    ),
    "place: apostrophes at the end of a string before": (
        "pins = { 'b.py' = { count = 1, grandfathered = '''why'''' }, 'a.py' = -1 }\n",
        [f'1:62: the count of "a.py" {COUNT} a negative one'],
    ),
    "place: comments and arrays before": (
        '# "pin" = 1\npatterns = [ # [pins]\n  "*.put_object", # ]\n  \'*.x\',\n]\n\n[exempt] # "\npin = 1 # pin\n',
        ['8:1: the reason for "pin" must be a string, not a whole number'],
    ),
    "place: dotted key": ('pins . "a.py" . count = true\n', [f'1:1: the count of "a.py" {COUNT} a boolean']),
    "place: dotted keys": (
        'pins."a.py".count = 1\n\tpins.\'a.py\'.grandfathered = ""\n',
        ['2:2: "grandfathered" of "a.py" is empty: say why nobody needs to be told'],
    ),
    "place: inline table": (
        'pins = { "a.py" = 1, "b.py" = { count = 1 }, "c.py" = { count = 1, registered = [ { x = "}" } ] }, d = -1 }\n',
        ['1:68: "registered" of "c.py" must be an array of strings', f'1:100: the count of "d" {COUNT} a negative one'],
    ),
    "place: header": (
        '[pins]\n"b.py" = 1\n [ pins . "a.py" ] # "count" = 1\n count = true\n',
        [f'4:2: the count of "a.py" {COUNT} a boolean'],
    ),
    "place: escapes in the key": (
        '[pins]\n"\\u0061.py" = -1\n"b\\t.py" = -1\n',
        [f'2:1: the count of "a.py" {COUNT} a negative one', f'3:1: the count of "b\\t.py" {COUNT} a negative one'],
    ),
    "place: the same key elsewhere": (
        '[exempt]\n"count" = "why"\n"a" = "why"\n[pins."b.py"]\ncount = 1\n[pins."c.py"]\n  count = true\n',
        [f'7:3: the count of "c.py" {COUNT} a boolean'],
    ),
    # calls that are named
    "calls: number": ('[pins]\n"a.py" = { calls = 1 }\n', ['2:12: "calls" must be a table, not a whole number']),
    "calls: array": (
        '[pins]\n"a.py" = { calls = ["f:put_object"] }\n',
        ['2:12: "calls" must be a table, not an array'],
    ),
    "calls: array of tables": ('[[pins."a.py".calls]]\n', ['1:3: "calls" must be a table, not an array']),
    "calls: string under a header": (
        '[pins."a.py"]\n\tcalls = "f:put_object"\n',
        ['2:2: "calls" must be a table, not a string'],
    ),
    "calls: dotted": ('pins."a.py".calls = true\n', ['1:1: "calls" must be a table, not a boolean']),
    "calls, a typing error": (
        '[pins]\n"a.py" = { calls = {}, call = {} }\n',
        ['2:24: unknown key in the pin of "a.py": "call"; did you mean "calls"?'],
    ),
    "call: every type": (
        f'{CALLS}"a:put" = 1\n"b:put" = true\n"c:put" = "why"\n"d:put" = ["ID"]\n"e:put" = 1.5\n"f:put" = 12:00:00\n',
        [
            f'2:1: "a:put" of "a.py" must be {CALL_DECISION}, not a whole number',
            f'3:1: "b:put" of "a.py" must be {CALL_DECISION}, not a boolean',
            f'4:1: "c:put" of "a.py" must be {CALL_DECISION}, not a string',
            f'5:1: "d:put" of "a.py" must be {CALL_DECISION}, not an array',
            f'6:1: "e:put" of "a.py" must be {CALL_DECISION}, not a float',
            f'7:1: "f:put" of "a.py" must be {CALL_DECISION}, not a date or time',
        ],
    ),
    "call: array of tables": (
        '[[pins."a.py".calls."f:put_object"]]\n',
        [f'1:3: "f:put_object" of "a.py" must be {CALL_DECISION}, not an array'],
    ),
    "call: inline": (
        '[pins]\n"é.py" = { calls = { "f:put" = {}, "g:put" = 1 } }\n',
        [f'2:36: "g:put" of "é.py" must be {CALL_DECISION}, not a whole number'],
    ),
    "call: no name": (
        CALLS + "".join(f'"{name}" = {{}}\n' for name in NO_NAMES),
        [f'{line}:1: "{name}" of "a.py" {NO_NAME}' for line, name in enumerate(NO_NAMES, start=2)],
    ),
    "call: no number": (
        CALLS + "".join(f'"{name}" = {{}}\n' for name in NO_NUMBERS),
        [f'{line}:1: "{name}" of "a.py" {NO_NUMBER}' for line, name in enumerate(NO_NUMBERS, start=2)],
    ),
    "call: no name in a header": (
        '[pins."a.py".calls.f]\nput_object = {}\n',
        [f'1:2: "f" of "a.py" {NO_NAME}'],
    ),
    "call: no name in a dotted key": (
        '[pins]\n"a.py" . calls . "f:put#1" . registered = ["x"]\n',
        [f'2:1: "f:put#1" of "a.py" {NO_NUMBER}'],
    ),
    "call: one fault is enough": (f'{CALLS}f = {{ zzz = 1, registered = 1 }}\n', [f'2:1: "f" of "a.py" {NO_NAME}']),
    "call: unknown key": (
        f'{CALLS}"f:put" = {{ registred = ["x"] }}\n',
        ['2:13: unknown key in "f:put" of "a.py": "registred"; did you mean "registered"?'],
    ),
    "call: unknown key, far": (
        f'{CALLS}"f:put".zzz = 1\n',
        [f'2:1: unknown key in "f:put" of "a.py": "zzz"; {CALL_KEYS}'],
    ),
    "call: keys of a pin": (
        '[pins."a.py".calls."f:put"]\ncount = 1\n  calls = {}\n',
        [
            f'2:1: unknown key in "f:put" of "a.py": "count"; {CALL_KEYS}',
            f'3:3: unknown key in "f:put" of "a.py": "calls"; {CALL_KEYS}',
        ],
    ),
    "call: a table below it": (
        '[pins."a.py".calls."f:put".owner]\n',
        [f'1:2: unknown key in "f:put" of "a.py": "owner"; {CALL_KEYS}'],
    ),
    "call: three spellings": (
        f'{CALLS}"ﬁ:put" = {{}}\n"fi:put" = {{}}\n"ｆi:ｐut" = 1\n"fi:put#2" = {{}}\n',
        [
            '3:1: "fi:put" of "a.py" is the same call as "ﬁ:put": keep one',
            '4:1: "ｆi:ｐut" of "a.py" is the same call as "ﬁ:put": keep one',
        ],
    ),
    "call: two spellings of a number": (
        f'{CALLS}"f:put#2" = {{}}\n"f:put#２" = {{}}\n',
        ['3:1: "f:put#２" of "a.py" is the same call as "f:put#2": keep one'],
    ),
    "call: what a decision is": (
        f'{CALLS}"f:put" = {{ registered = [], grandfathered = " " }}\n"g:put" = {{ registered = ["x", ""] }}\n'
        '"h:put" = { registered = "x" }\n"i:put".registered = [1]\n"j:put" = { grandfathered = ["x"] }\n',
        [
            '2:13: "registered" of "f:put" of "a.py" has an empty id or none: name the artifacts',
            '2:30: "grandfathered" of "f:put" of "a.py" is empty: say why nobody needs to be told',
            '3:13: "registered" of "g:put" of "a.py" has an empty id or none: name the artifacts',
            '4:13: "registered" of "h:put" of "a.py" must be an array of strings',
            '5:1: "registered" of "i:put" of "a.py" must be an array of strings',
            '6:13: "grandfathered" of "j:put" of "a.py" must be a string, not an array',
        ],
    ),
    "call: a path": (
        f'{CALLS}"f:put" = {{}}\n"b.py" = 2\n"src/c" = {{ count = 1 }}\n"./d.py" = {{}}\n',
        [f'3:1: "b.py" {NO_CALL}', f'4:1: "src/c" {NO_CALL}', f'5:1: "./d.py" {NO_CALL}'],
    ),
    "calls: beside them": (
        f'[pins."a.py"]\ncount = 1\nregistered = ["x"]\n\tgrandfathered = "y"\n{CALLS}"f:put" = {{}}\n',
        [
            '2:1: "count" of "a.py" stands beside its calls: remove it',
            '3:1: "registered" of "a.py" stands beside its calls: write it at the calls that it is for',
            '4:2: "grandfathered" of "a.py" stands beside its calls: write it at the calls that it is for',
        ],
    ),
    "calls: beside them, inline": (
        '[pins]\n"a.py" = { calls = {}, registered = 1, count = true }\n',
        [
            '2:24: "registered" of "a.py" stands beside its calls: write it at the calls that it is for',
            '2:40: "count" of "a.py" stands beside its calls: remove it',
        ],
    ),
    "calls: beside them, dotted": (
        'pins."a.py".calls."f:put" = {}\npins."a.py".grandfathered = ""\n',
        ['2:1: "grandfathered" of "a.py" stands beside its calls: write it at the calls that it is for'],
    ),
    "calls: without quotes": ("[pins.prices.py.calls]\n", ['1:2: path without quotes: write "prices.py" = ...']),
    "calls: of a directory": ('[pins."t/".calls]\n', ['1:2: "t/" is a directory: pin each of its files']),
    "calls: of two spellings": (
        '[pins."./b.py".calls]\n"f:put" = {}\n[pins."b.py".calls]\n',
        ['3:2: "b.py" is the same path as "./b.py": keep one'],
    ),
    "calls: of an exempt file": (
        '[pins."t/b.py".calls]\nf = {}\n[exempt]\n"t/" = "why"\n',
        ['1:2: "t/b.py" is pinned and exempt by "t/": remove one', f'2:1: "f" of "t/b.py" {NO_NAME}'],
    ),
    "call: no decision": (
        f'require-decision = true\n{CALLS}"f:put" = {{}}\n"g:put" = {{ registered = ["x"] }}\n"h:put#2" = {{}}\n',
        [
            f'3:1: "f:put" of "a.py" has no decision: write {CALL_DECISION}',
            f'5:1: "h:put#2" of "a.py" has no decision: write {CALL_DECISION}',
        ],
    ),
    "call: no decision under headers": (
        'require-decision = true\n[pins."a.py".calls."f:put"]\ngrandfathered = "why"\n [pins."a.py".calls."g:put"]\n',
        [f'4:3: "g:put" of "a.py" has no decision: write {CALL_DECISION}'],
    ),
    "call: no decision inline": (
        'require-decision = true\n[pins]\n"b.py" = { calls = {} }\n"a.py" = { calls = { "f:put" = {}, g = {} } }\n',
        [f'4:22: "f:put" of "a.py" has no decision: write {CALL_DECISION}', f'4:36: "g" of "a.py" {NO_NAME}'],
    ),
    "call: no decision, dotted": (
        'require-decision = true\npins."a.py".calls."f:put" = {}\npins."a.py".calls."g:put".registered = ["x"]\n',
        [f'2:1: "f:put" of "a.py" has no decision: write {CALL_DECISION}'],
    ),
    # the registry
    "registry: number": ("registry = 1\n", ['1:1: "registry" must be a string, not a whole number']),
    "registry: array": ('registry = ["r.toml"]\n', ['1:1: "registry" must be a string, not an array']),
    "registry: table": ("registry.path = 'r.toml'\n", ['1:1: "registry" must be a string, not a table']),
    "registry: empty": ('registry = ""\n', ['1:1: "registry" is empty: name the file that declares artifacts']),
    "registry: blank": (
        "advice = ''\nregistry = ' \t'\n",
        ['2:1: "registry" is empty: name the file that declares artifacts'],
    ),
    "registry, a typing error": ("Registry = 'r.toml'\n", ['1:1: unknown key "Registry"; did you mean "registry"?']),
    # all in one go, in the order of the file
    "all at once": (
        'zzz = 1\nadvice = 1\npatterns = []\n[pins]\n"b.py" = -1\n"../a.py" = 1\n"c.py" = { zzz = 1 }\n'
        '[exempt]\n"/t" = ""\n"u" = ""\n',
        [
            f'1:1: unknown key "zzz"; {KNOWN}',
            '2:1: "advice" must be a string, not a whole number',
            '3:1: "patterns" is empty: leave it out to use the default ones',
            f'5:1: the count of "b.py" {COUNT} a negative one',
            f'6:1: path "../a.py" {PARENT}',
            '7:1: the pin of "c.py" has no count: add count = N, or calls',
            f'7:12: unknown key in the pin of "c.py": "zzz"; {KNOWN_OF_PIN}',
            f'9:1: path "/t" {ABSOLUTE}',
            '10:1: the reason for "u" is empty: say why it is exempt',
        ],
    ),
}

# What is only wrong in pyproject.toml.
PYPROJECT: dict[str, tuple[str, list[str]]] = {
    "empty": ("", ["1:1: no table [tool.artifact-pins]: add it"]),
    "no tool": ("[project]\nname = 'x'\n", ["1:1: no table [tool.artifact-pins]: add it"]),
    "no such tool": (
        "[project]\nname = 'x'\n\n[tool.black]\nline-length = 120\n",
        ["4:2: no table [tool.artifact-pins]: add it"],
    ),
    "no table of tools": ("\ntool = 1\n", ["2:1: no table [tool.artifact-pins]: add it"]),
    "no table": (
        "[tool]\nblack = {}\nartifact-pins = 3\n",
        ['3:1: "artifact-pins" must be a table, not a whole number'],
    ),
    "array of tables": ("[[tool.artifact-pins]]\n", ['1:3: "artifact-pins" must be a table, not an array']),
    "other tables": (
        "pins = 1\n[pins2]\n[tool.black]\npins = 1\n[tool.artifact-pins.pins]\n'a.py' = 1\n[project]\npins = 1\n"
        "[tool.artifact-pins]\npin = 1\n",
        ['10:1: unknown key "pin"; did you mean "pins"?'],
    ),
    "inline": (
        "tool.artifact-pins = { pins = { 'a.py' = 1 }, exempt = { 'b.py' = '' } }\n",
        ['1:58: the reason for "b.py" is empty: say why it is exempt'],
    ),
    "dotted": (
        "[tool]\nartifact-pins.pins.'a.py' = 1\nartifact-pins.exempt.'b.py' = ''\n",
        ['3:1: the reason for "b.py" is empty: say why it is exempt'],
    ),
}

# Pins files without a fault, which allow one PUT call in a.py.
VALID = {
    "bare": '[pins]\n"a.py" = 1\n',
    "inline": 'pins = { "a.py" = 1 }\n',
    "dotted": 'pins."a.py" = 1\n',
    "dotted count": 'pins."a.py".count = 1\n',
    "header": '[pins."a.py"]\ncount = 1\n',
    "table": "[pins]\n'a.py' = { count = 1 }\n",
    "registered": '[pins]\n"a.py" = { count = 1, registered = ["features_daily", "b"] }\n',
    "grandfathered": '[pins]\n"a.py" = { count = 1, grandfathered = "operator-gated report" }\n',
    "both": '[pins]\n"a.py" = { count = 1, grandfathered = "two of them", registered = ["b"] }\n',
    "other spelling": '[pins]\n"./a.py" = 1\n',
    "other spelling within": '[pins]\n".//././a.py" = 1\n',
    "escapes": '[pins]\n"\\u0061.py" = 1\n',
    "hexadecimal": '[pins]\n"a.py" = 0x1\n',
    "plus": '[pins]\n"a.py" = +1\n',
    "leading underscore": '[pins]\n"a.py" = 0b0_1\n',
    "all keys": (
        'patterns = ["*.put_object", "lib.write", "a[bc]?.x*", "Object()[].put", "w"]\nadvice = "register it"\n'
        'require-decision = true\n[exempt]\n"tests/" = "test code"\n"scripts/_*" = "scratch"\n[pins]\n'
        '"a.py" = { count = 1, grandfathered = "why" }\n"b.py" = 0\n'
    ),
    "no advice": 'advice = ""\n[pins]\n"a.py" = 1\n',
    "no decision required": 'require-decision = false\n[pins]\n"a.py" = 1\n',
    "exempt": '[exempt]\n"a.py" = "why"\n',
    "exempt, other spelling": '[exempt]\n"./a.py" = "why"\n',
    "exempt by a pattern": '[exempt]\n"a.*" = "why"\n',
    "exempt by a pattern with several wildcards": '[exempt]\n"*x*y*z" = "why"\n"*/*/*.py" = "no"\n"*a*p*" = "why"\n',
    "exempt, odd patterns": '[exempt]\n"[" = "why"\n"[]" = "why"\n"[z-a]" = "why"\n"[[a]?[p&&y--~~||]*" = "why"\n',
    "calls": f'{CALLS}"<module>:put_object" = {{}}\n',
    "calls, inline": 'pins = { "a.py" = { calls = { "<module>:put_object" = {} } } }\n',
    "calls, dotted": 'pins."a.py".calls."<module>:put_object".registered = ["x"]\n',
    "calls, a header for each": '[pins."a.py".calls."<module>:put_object"]\ngrandfathered = "why"\n',
    "calls, other spelling": '[pins."./a.py".calls]\n"<module>:ｐut_object" = {}\n',
    "calls with decisions": (
        f'require-decision = true\n{CALLS}"<module>:put_object" = {{ registered = ["x"], grandfathered = "why" }}\n'
        '[pins."b.py".calls]\n[pins]\n"tests/a.py" = 0\n'
    ),
    "registry": 'registry = "../no/such/file.txt"\n[pins]\n"a.py" = 1\n',
    "empty tables": '[exempt]\n[pins]\n"a.py" = 1\n',
    "comments": '# <<<<<<< HEAD\n[pins] # "\n"a.py" = 1 # it is 2\n# "a.py" = 2\n',
    "conflict markers in a string": 'advice = """\n<<<<<<< HEAD\n=======\n>>>>>>> x\n"""\n[pins]\n"a.py" = 1\n',
    "no newline at the end": '[pins]\n"a.py" = 1',
    "array over several lines": 'patterns = [\n  "*.put_object", # comment\n\n  "lib.write",\n]\n[pins]\n"a.py" = 1\n',
}


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "BOM": "\ufeff{}".format,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
}


def as_pyproject(text: str) -> str:
    """Move a pins file's text one line down, into pyproject.toml."""
    header = re.compile(r"^( *\[+ *)(?=(?:exempts?|pins?|patterns|zzz)\b)", re.MULTILINE)
    moved = header.sub(r"\1tool.artifact-pins.", text)
    return f"[tool.artifact-pins]\n{moved}"


def moved_down(expected: list[str]) -> list[str]:
    return [f"{int(line) + 1}:{rest}" for line, rest in (place.split(":", 1) for place in expected)]


def whole_output(name: str, expected: list[str], path: str = "./a.py") -> list[str]:
    """Return what flake8 prints: each fault at its place, and the first one in the file with a PUT call."""
    places = [place.split(": ", 1) for place in expected]
    more = {0: "", 1: ", 1 more fault"}.get(len(places) - 1, f", {len(places) - 1} more faults")
    (first_place, first_problem), *_ = places
    return [
        *(f"{name}:{place}: APR000 unusable pins file: {problem}" for place, problem in places),
        f"{path}:1:1: APR000 unusable pins file: {first_problem} ({name} line {first_place.split(':')[0]}{more})",
    ]


def assert_faults(project: Project, name: str, text: str | bytes, expected: list[str]) -> None:
    project.write({name: text, "a.py": "import boto3\n\n\ns3.put_object()\n", "src/no_calls.py": "x = 1\n"})
    result = project.flake8(*[f"--artifact-pins={name}"] * (name != "artifact-pins.toml"))
    assert result.lines == whole_output(name, expected)
    assert result.status == 1


@pytest.mark.parametrize(
    ("text", "expected"), [*UNREADABLE.values(), *INVALID.values()], ids=[*UNREADABLE, *INVALID],
)
@pytest.mark.parametrize("form", FORMS)
def test_faults(project: Project, form: str, text: str, expected: list[str]) -> None:
    assert_faults(project, "artifact-pins.toml", FORMS[form](text), expected)


@pytest.mark.parametrize(("content", "expected"), NOT_UTF8.values(), ids=NOT_UTF8)
def test_not_utf8(project: Project, content: bytes, expected: list[str]) -> None:
    assert_faults(project, "artifact-pins.toml", content, expected)


@pytest.mark.parametrize(("text", "expected"), INVALID.values(), ids=INVALID)
def test_the_same_faults_in_pyproject(project: Project, text: str, expected: list[str]) -> None:
    # keys at the top level of the pins file come first in a table as well as in a document
    assert_faults(project, "pyproject.toml", as_pyproject(text), moved_down(expected))


@pytest.mark.parametrize(("text", "expected"), PYPROJECT.values(), ids=PYPROJECT)
def test_faults_of_pyproject(project: Project, text: str, expected: list[str]) -> None:
    assert_faults(project, "pyproject.toml", text, expected)


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(5, "Input/output error")])
@pytest.mark.parametrize("name", ["artifact-pins.toml", "pyproject.toml"])
def test_unreadable(project: Project, monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    """What cannot be read may hold the pins, so it is not passed over."""
    opened = open

    def deny(file: Any, *arguments: Any, **options: Any) -> Any:
        if str(file).endswith(name):
            raise error
        return opened(file, *arguments, **options)

    project.write({name: '[pins]\n"a.py" = 1\n', "a.py": "s3.put_object()\n"})
    # root may read everything, so that a file without permissions proves nothing
    monkeypatch.setattr("builtins.open", deny)
    result = project.flake8()
    problem = f"1:1: cannot be read ({error.strerror}): mend or remove it"
    assert (result.lines, result.status) == (whole_output(name, [problem]), 1)


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
@pytest.mark.parametrize("form", [*FORMS, "pyproject"])
def test_valid(project: Project, form: str, text: str) -> None:
    if form == "pyproject":
        project.write({"pyproject.toml": as_pyproject(text)})
    else:
        project.write({"artifact-pins.toml": FORMS[form](text)})
    project.write({"a.py": "s3.put_object()\n", "b.py": "", "tests/a.py": ""})
    assert project.flake8() == ("", 0)


def test_moving_to_pyproject_changes_nothing() -> None:
    """The texts of the tables above mean the same in the other home."""
    for text in [*VALID.values(), *(text for text, _ in INVALID.values())]:
        assert tomli.loads(as_pyproject(text)) == {"tool": {"artifact-pins": tomli.loads(text)}}


def test_exempt_and_pinned_file_shows_the_fault_in_an_editor(project: Project) -> None:
    project.write({"artifact-pins.toml": '[exempt]\n"a.py" = "why"\n[pins]\n"a.py" = 1\n'})
    result = project.flake8("--stdin-display-name=a.py", "-", stdin="s3.put_object()\n")
    problem = '4:1: "a.py" is pinned and exempt by "a.py": remove one'
    assert (result.lines, result.status) == (whole_output("artifact-pins.toml", [problem], "a.py")[1:], 1)


def test_where_the_faults_are_shown(project: Project) -> None:
    put = "s3.put_object()\n"
    project.write({"b/artifact-pins.toml": "pins = 1\n", "b/a.py": put, "b/c/d.py": put, "outside.py": put})
    project.monkeypatch.chdir(project.root / "b" / "c")
    problem = '1:1: "pins" must be a table, not a whole number'
    from_hook, from_checker = whole_output("../artifact-pins.toml", [problem])
    in_file = from_checker.replace("(../", "(").partition(":")[2]

    result = project.flake8("../../outside.py", "../a.py", "d.py")
    assert (result.lines, result.status) == ([from_hook, f"../a.py:{in_file}", f"d.py:{in_file}"], 1)
    # the hook alone
    assert project.flake8("../../outside.py") == (f"{from_hook}\n", 1)
    # the checker alone, where every finding is taken for one of the open file
    result = project.flake8("--stdin-display-name=x.py", "-", stdin=put)
    assert (result.lines, result.status) == ([f"x.py:{in_file}"], 1)
    result = project.flake8("--format=%(row)d:%(col)d: %(code)s %(text)s", "d.py")
    assert (result.lines, result.status) == ([in_file], 1)
    assert project.flake8("--stdin-display-name=x.py", "-", stdin="x = 1\n") == ("", 0)
    assert project.flake8("--extend-ignore=APR000", ".") == ("", 0)


# Which pins file governs: the files with what they advise, the working directory, the arguments, the advice shown.
DISCOVERY: dict[str, tuple[dict[str, str], str, list[str], str]] = {
    "none": ({}, "", [], ""),
    "here": ({"artifact-pins.toml": "1"}, "", [], "1"),
    "above": ({"artifact-pins.toml": "1"}, "b/c", [], "1"),
    "nearest": ({"artifact-pins.toml": "1", "b/artifact-pins.toml": "2"}, "b/c", [], "2"),
    "not below": ({"b/artifact-pins.toml": "2"}, "", [], ""),
    "pyproject.toml": ({"pyproject.toml": "1"}, "b", [], "1"),
    "before pyproject.toml": ({"artifact-pins.toml": "1", "pyproject.toml": "2"}, "", [], "1"),
    "nearer pyproject.toml": ({"artifact-pins.toml": "1", "b/pyproject.toml": "2"}, "b/c", [], "2"),
    "pyproject.toml without a table": ({"artifact-pins.toml": "1", "b/pyproject.toml": ""}, "b", [], "1"),
    "named": ({"artifact-pins.toml": "1", "x.toml": "2"}, "", ["--artifact-pins=x.toml"], "2"),
    "named above": ({"artifact-pins.toml": "1", "x.toml": "2"}, "b/c", ["--artifact-pins=x.toml"], "2"),
    "named pyproject.toml": (
        {"artifact-pins.toml": "1", "pyproject.toml": "2"},
        "b",
        ["--artifact-pins=pyproject.toml"],
        "2",
    ),
    "path": ({"artifact-pins.toml": "1", "b/x.toml": "2"}, "", ["--artifact-pins=./b/c/../x.toml"], "2"),
    "path above": ({"b/artifact-pins.toml": "1", "x.toml": "2"}, "b", ["--artifact-pins=../x.toml"], "2"),
    "configured": ({"x.toml": "1", "y.toml": "2"}, "", ["--config=y.cfg"], "2"),
    "configured path": ({"b/x.toml": "1"}, "b", ["--config=../path.cfg"], "1"),
    "configured name from below": ({"y.toml": "1"}, "b/c", ["--config=../../y.cfg"], "1"),
}


@pytest.mark.parametrize(("files", "cwd", "arguments", "advice"), DISCOVERY.values(), ids=DISCOVERY)
def test_discovery(project: Project, files: Mapping[str, str], cwd: str, arguments: list[str], advice: str) -> None:
    for name, text in files.items():
        header = "[tool.artifact-pins]\n" if name.endswith("pyproject.toml") else ""
        project.write({name: f"{header}advice = 'advice {text}'\n" if text else "[tool.black]\n# artifact-pins\n"})
    project.write(
        {
            "y.cfg": "[flake8]\nartifact-pins = y.toml\n",
            "path.cfg": "[flake8]\nartifact-pins = ./b/x.toml\n",
            "b/c/a.py": "s3.put_object()\n",
        },
    )
    project.monkeypatch.chdir(project.root / cwd)
    result = project.flake8(*arguments)
    expected = f"; advice {advice}" if advice else "under [pins] in a new artifact-pins.toml"
    assert [line.endswith(expected) for line in result.lines] == [True]
    assert result.status == 1


def test_discovery_ends_below_the_home_directory(project: Project) -> None:
    project.write({"artifact-pins.toml": "pins = 1\n", "b/c/a.py": "s3.put_object()\n"})
    project.monkeypatch.setenv("HOME", str(project.root))
    project.monkeypatch.chdir(project.root / "b" / "c")
    assert [line.split()[1] for line in project.flake8().lines] == ["APR001"]
    project.monkeypatch.chdir(project.root)
    assert [line.split()[1] for line in project.flake8().lines] == ["APR000", "APR000"]


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("x.toml", "'x.toml' in {cwd} or a directory above it"),
        ("./x.toml", "{cwd}/x.toml"),
        ("../x.toml", "{parent}/x.toml"),
        ("artifact-pins.toml/x.toml", "{cwd}/artifact-pins.toml/x.toml"),
        ("", "'' in {cwd} or a directory above it"),
    ],
)
def test_named_file_does_not_exist(project: Project, named: str, shown: str) -> None:
    project.write({"artifact-pins.toml": "", "a.py": "s3.put_object()\n"})
    place = shown.format(cwd=project.root, parent=project.root.parent)
    result = project.flake8(f"--artifact-pins={named}")
    assert result.lines == [
        "There was a critical error during execution of Flake8:",
        f"--artifact-pins: there is no {place}; correct the path or create the file",
    ]
    assert result.status == 1


def test_pins_file_edited_between_runs(project: Project) -> None:
    """Runs in one process share nothing: each sees the file as it is, even if neither size nor time has changed."""
    pins = FilePath("artifact-pins.toml")
    over = './a.py:1:4: APR001 PUT call 1 of 1, 0 pinned: put_object(...); decide on the artifact, then set "a.py" = 1'
    stale = "artifact-pins.toml:2:1: APR003 stale pin: b.py does not exist; remove the pin and retire its registry row"
    negative = f'2:1: the count of "a.py" {COUNT} a negative one'
    no_key = "2:8: not valid TOML: Expected '=' after a key in a key/value pair"
    contents: dict[str | None, list[str]] = {
        '[pins]\n"a.py" = 1 \n': [],
        '[pins]\n"a.py" = 0 \n': [f"{over} in artifact-pins.toml"],
        '[pins]\n"a.py" = -1\n': whole_output("artifact-pins.toml", [negative]),
        '[pins]\n"a.py" = 2 \n': [
            './a.py:1:1: APR002 stale pin: 2 pinned, 1 observed; set "a.py" = 1 at artifact-pins.toml:2',
        ],
        '[pins]\n"a.py" 1 =\n': whole_output("artifact-pins.toml", [no_key]),
        'patterns = ["x.y"]\n': [],
        'advice="register"\n\n': [f"{over} under [pins] in artifact-pins.toml; register"],
        '[exempt]\n"a.py"="y"\n': [],
        '[pins]\n"b.py" = 1 \n': [stale, f"{over} under [pins] in artifact-pins.toml"],
        None: [f"{over} under [pins] in a new artifact-pins.toml"],
    }
    project.write({"a.py": "s3.put_object()\n"})
    for content in [*contents, *reversed(contents), *list(contents)[::2], *list(contents)[1::2]]:
        pins.unlink(missing_ok=True)
        if content is not None:
            pins.write_text(content)
            os.utime(pins, (1e9, 1e9))
        for _ in range(2):
            result = project.flake8()
            assert (result.lines, result.status) == (contents[content], bool(contents[content]))


def test_nothing_is_reported_again_by_the_next_run(project: Project) -> None:
    """Not even if the user then chooses the reporter that was interposed in the run before."""
    project.write({"artifact-pins.toml": "pins = 1\n", "a.py": "s3.put_object()\n"})
    assert [line.split()[1] for line in project.flake8().lines] == ["APR000", "APR000"]
    project.write({"artifact-pins.toml": ""})
    for arguments in (["--format=artifact-pin"], ["--format=default"], []):
        result = project.flake8(*arguments)
        assert [line.split()[:2] for line in result.lines] == [["./a.py:1:4:", "APR001"]]


# What a value may be in a generated document: None stands for some simple value.
Value: TypeAlias = "None | list[Value] | dict[str, Value]"

SIMPLE_VALUES = [
    *("0", "-1", "+1_000", "0xdead_beef", "0o17", "0b1", "1.5", "-1e-5", "6.02E+23", "inf", "-nan", "true", "false"),
    *("1979-05-27T07:32:00Z", "1979-05-27 07:32:00.999-07:00", "1979-05-27T07:32:00", "1979-05-27", "07:32:00"),
    *("[]", "{}", "[ ]", "{ }", "[[[]],]", '""', "''", '""""""', "''''''", r'"\""', r'"\\"', r"'\'"),
]
# Pieces of strings, which a reader that is not careful takes for something else.
PIECES = [*("[a]", "[[b]]", "k = 1", "a.b", "=", ",", "#", "# x", "{", "}", "]", "\t", " "), *"é\U0001f600\u2028\x85"]
BASIC_PIECES = [*PIECES, "'", "'''", r"\"", r"\\", r"\n", r"\u0022", r"\U0000005c", r"\t"]
LITERAL_PIECES = [*PIECES, '"', '"""', "\\"]
SHORT_ESCAPES = {'"': r"\"", "\\": r"\\", "\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}

KEYS = st.one_of(
    st.sampled_from(["pins", "a", "b", "count", "1", "-", "3.14", "true", "a.py", "src/a.py", "", " ", *"#é='\""]),
    st.text(st.sampled_from("ab_-1 .'\"\\[]{}#=,\t\n\r\x00\x7f\x85é\u2028\U0001f600"), max_size=5),
)


def has_newlines_in_inline_tables() -> bool:
    """Return whether tomli reads TOML 1.1, which allows them."""
    try:
        return bool(tomli.loads("a = {\nb = 1,\n}"))
    except tomli.TOMLDecodeError:
        return False


IS_TOML_1_1 = has_newlines_in_inline_tables()


class Section(NamedTuple):
    """What stands under one header; the first section of a document has none."""

    header: Path
    pairs: Mapping[str, Value]
    is_array: bool
    is_header_noted: bool
    are_pairs_noted: bool


class Document:
    """A table written as TOML in one of many ways, and where each key is first written.

    A key within an array has no path of its own, so that no place is noted for it.
    """

    def __init__(self, tree: dict[str, Value], random: Random) -> None:
        self.random = random
        self.text = ""
        self.offsets: dict[Path, int] = {}
        first, *sections = self.sections((), tree, is_noted=True)
        if not any(section.is_array for section in sections):
            # a table may follow those within it
            random.shuffle(sections)
        for section in [first, *sections]:
            self.write_section(section)

    def __repr__(self) -> str:
        return f"<{self.text!r}>"

    def places(self) -> dict[Path, Position]:
        return {
            path: Position(self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset) - 1)
            for path, offset in self.offsets.items()
        }

    def sections(self, header: Path, table: dict[str, Value], is_noted: bool) -> Iterator[Section]:
        below: dict[str, list[dict[str, Value]] | dict[str, Value]] = {}
        for key, value in table.items():
            tables = as_tables(value)
            if tables and self.is_likely(0.6):
                below[key] = tables
        pairs = {key: value for key, value in table.items() if key not in below}
        if pairs or not below or not header or self.is_likely(0.5):
            yield Section(header, pairs, False, is_noted, is_noted)
        for key, tables in below.items():
            path = (*header, key)
            if isinstance(tables, dict):
                yield from self.sections(path, tables, is_noted)
                continue
            for item in tables:
                # the array has a path, what is in it has none
                yield Section(path, {}, True, is_noted, False)
                yield from (section for section in self.sections(path, item, False) if section.header != path)

    def is_likely(self, probability: float) -> bool:
        return self.random.random() < probability

    def write_section(self, section: Section) -> None:
        if section.header:
            self.text += self.blanks() + ("[[" if section.is_array else "[")
            self.write_key((), section.header, section.is_header_noted)
            self.text += "]]" if section.is_array else "]"
            self.write_newline()
        for key, value in section.pairs.items():
            while self.is_likely(0.2):
                self.write_newline()
            for pair in pairs_of((key,), value, self.random):
                self.text += self.blanks()
                self.write_pair(section.header, *pair, section.are_pairs_noted)
                self.write_newline()

    def write_pair(self, table: Path, key: Path, value: Value, is_noted: bool) -> None:
        self.write_key(table, key, is_noted)
        self.text += "=" + self.blanks()
        self.write_value((*table, *key), value, is_noted)

    def write_key(self, table: Path, key: Path, is_noted: bool) -> None:
        self.text += self.blanks()
        if is_noted:
            for length in range(1, len(key) + 1):
                self.offsets.setdefault((*table, *key[:length]), len(self.text))
        self.text += f"{self.blanks()}.{self.blanks()}".join(map(self.spelled, key)) + self.blanks()

    def write_value(self, path: Path, value: Value, is_noted: bool) -> None:
        if isinstance(value, dict):
            pairs = [pair for key, item in value.items() for pair in pairs_of((key,), item, self.random)]
            for index, pair in enumerate(pairs):
                self.text += "," if index else "{"
                self.write_space(IS_TOML_1_1)
                self.write_pair(path, *pair, is_noted)
                self.write_space(IS_TOML_1_1)
            self.text += "" if pairs else "{"
            self.text += "," if pairs and IS_TOML_1_1 and self.is_likely(0.3) else ""
            self.write_space(IS_TOML_1_1)
            self.text += "}"
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.text += "," if index else "["
                self.write_space(is_multiline=True)
                self.write_value((), item, is_noted=False)
                self.write_space(is_multiline=True)
            self.text += "" if value else "["
            self.text += "," if value and self.is_likely(0.3) else ""
            self.write_space(is_multiline=True)
            self.text += "]"
        else:
            self.text += self.random.choice([self.simple_value, self.string, self.long_string])() + self.blanks()

    def write_space(self, is_multiline: bool) -> None:
        self.text += self.blanks()
        while is_multiline and self.is_likely(0.2):
            self.write_newline()
            self.text += self.blanks()

    def write_newline(self) -> None:
        self.text += self.blanks()
        if self.is_likely(0.3):
            self.text += "#" + "".join(self.some([*BASIC_PIECES, *LITERAL_PIECES]))
        self.text += self.newline()

    def newline(self) -> str:
        return self.random.choice(["\n", "\r\n"])

    def blanks(self) -> str:
        return self.random.choice(["", "", "", " ", "\t "])

    def some(self, pieces: list[str]) -> list[str]:
        return [self.random.choice(pieces) for _ in range(self.random.randrange(4))]

    def simple_value(self) -> str:
        return self.random.choice(SIMPLE_VALUES)

    def string(self) -> str:
        quote, pieces = self.random.choice([('"', BASIC_PIECES), ("'", LITERAL_PIECES)])
        return quote + "".join(self.some(pieces)) + quote

    def long_string(self) -> str:
        quote, pieces = self.random.choice([('"', [*BASIC_PIECES, "\\\n  "]), ("'", LITERAL_PIECES)])
        quotes = ["", "", quote, quote * 2]
        content = [self.random.choice(quotes) + piece for piece in self.some([*pieces, "\n", "\r\n"])]
        return quote * 3 + "".join(content) + self.random.choice(quotes) + quote * 3

    def spelled(self, name: str) -> str:
        spellings = [f'"{"".join(map(self.escaped, name))}"']
        if re.fullmatch(r"[A-Za-z0-9_-]+", name):
            spellings += [name] * 3
        if not re.search(r"['\x00-\x08\x0a-\x1f\x7f]", name):
            spellings.append(f"'{name}'")
        return self.random.choice(spellings)

    def escaped(self, character: str) -> str:
        spellings = [rf"\U{ord(character):08x}"]
        if ord(character) < 0x10000:
            spellings.append(rf"\u{ord(character):04X}")
        if character in SHORT_ESCAPES:
            spellings.append(SHORT_ESCAPES[character])
        elif character.isprintable():
            spellings += [character] * 9
        return self.random.choice(spellings)


def as_tables(value: Value) -> list[dict[str, Value]] | dict[str, Value] | None:
    """Return what can be written under headers of its own: a table, or an array of nothing but tables."""
    if not isinstance(value, list):
        return value
    tables = [item for item in value if isinstance(item, dict)]
    return tables if len(tables) == len(value) else None


def pairs_of(key: Path, value: Value, random: Random) -> Iterator[tuple[Path, Value]]:
    """Yield ``key = value``, or where the value is a table perhaps ``key.x = value`` for each of its keys."""
    if isinstance(value, dict) and value and random.random() < 0.5:
        for name, item in value.items():
            yield from pairs_of((*key, name), item, random)
    else:
        yield key, value


def paths_of(table: Mapping[str, Any], prefix: Path = ()) -> Iterator[Path]:
    """Yield the path of every key, without those within arrays."""
    for key, value in table.items():
        yield (*prefix, key)
        if isinstance(value, dict):
            yield from paths_of(value, (*prefix, key))


def is_within_array(path: Path, document: Mapping[str, Any]) -> bool:
    value: Any = document
    for key in path:
        if isinstance(value, list):
            return True
        value = value[key]
    return False


VALUES: st.SearchStrategy[Value] = st.recursive(
    st.none(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(KEYS, children, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.builds(Document, st.dictionaries(KEYS, VALUES, max_size=5), st.builds(Random, st.integers(0, 2**32)))


@given(DOCUMENTS)
@settings(max_examples=150, deadline=None)
def test_key_positions(document: Document) -> None:
    """Two independent witnesses: tomli says which keys there are, and the writer of the text where it wrote them.

    The header ``[[x]]`` is where "x" is written. The keys below it are within an array: nobody asks for them, and
    whether they are found is left open.
    """
    content = tomli.loads(document.text)
    places = document.places()
    assert set(places) == set(paths_of(content))
    found = key_positions(document.text)
    assert {path: place for path, place in found.items() if not is_within_array(path, content)} == places
