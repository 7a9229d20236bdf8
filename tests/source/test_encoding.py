"""The program that Python runs is the one that was read, or the encoding is said to be a problem.

Each trick is run by Python itself, with a stub that records the calls.
"""
from __future__ import annotations

import ast
import codecs
import encodings
import pkgutil
import sys
import tokenize
import unicodedata
from pathlib import Path

import pytest
from support import growth
from support import LINEAR

from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.encoding import encoding_problem
from flake8_artifact_pin.source.patterns import compile_patterns

MATCHER = compile_patterns(["*.put_object", "*.send", "*.upload_file"])
PUT = b"s3.put_object(Key='k')"
# A name with letters that are those of ASCII in a name (NFKC).
FULLWIDTH = "s3.\uff50ut_object()\n".encode()
ORDINAL = "s3.uplo\u00aad_file()\n".encode()
# Strings and comments under one encoding, a call under another one.
IF_QUOTE_IS_ESCAPED = b'"; ' + PUT + b' #"\n'
IF_QUOTE_IS_READ = b'; ' + PUT + b' #"""\n'
IF_COMMENT_IS_READ = b';#%b"; ' + PUT + b'\n'

# Python runs a call in each of these, in a program that flake8 does not read.
TRICKS = {
    # a byte that is not UTF-8 stands beside the cookie: flake8 reads Latin-1
    "escapes": b"# \xff coding: unicode_escape\n#\\x0a" + PUT,
    "escapes, in line 2": b"# \xff\n# coding: unicode_escape\n#\\x0a" + PUT,
    "trail byte of GBK": b'# \xd6\xd0 coding: gbk\nx = "\x81\\' + IF_QUOTE_IS_ESCAPED,
    "superscript of HP Roman": b"# \xe9 coding: hp-roman8\ns3.uplo\xf9d_file()\n",
    # ... or behind it, which is the same line to flake8
    "superscript behind the cookie": b"# coding: hp-roman8\rs3.uplo\xf9d_file()\n",
    "trail byte behind the cookie": b'# coding: gbk\rx = "\x81\\' + IF_QUOTE_IS_ESCAPED,
    # only Python finds the cookie, behind a carriage return: flake8 reads UTF-8
    "behind a carriage return": b"\r# coding: unicode_escape\n#\\x0a" + PUT,
    "behind a form feed": b"\x0c\r# coding: utf-7\n# +AAo-" + PUT,
    "UTF-8 as GBK": '\r# coding: gbk\nx = "\u4e2d\\'.encode() + IF_QUOTE_IS_ESCAPED,
    "HZ": b'\r# coding: hz\nx = "~{!"' + IF_COMMENT_IS_READ % b"~}",
    "ISO 2022": b'\r# coding: iso2022_jp\nx = "\x1b$B!"' + IF_COMMENT_IS_READ % b"\x1b(B",
    "a yen sign for a backslash": b'\r# coding: shift_jisx0213\nx = "\\' + IF_QUOTE_IS_ESCAPED,
    # only flake8 finds the cookie: Python reads UTF-8
    "Latin-1 for flake8": b"#\r\r# coding: latin-1\n" + ORDINAL,
    "in line 2, for flake8": b"\x0c\n#\r# coding: cp1251\n" + FULLWIDTH,
    "in code, for flake8": b"#\rx = 1; f = dict\rf(coding=cp1251) if 0 else 0\n" + FULLWIDTH,
    "another one for flake8": b"\r# coding: latin-1\n# coding: cp1251\ns3.uplo\xaad_file()\n",
    # only flake8 finds the cookie, and it does not look like one in what flake8 read
    "eaten by an escape": b'#\r\r# \\u000coding: unicode_escape\nx = "\\x22"' + IF_QUOTE_IS_READ,
    "disguised by UTF-7": b'#\r\r# +coding: utf-7\nx = "+ACI-"' + IF_QUOTE_IS_READ,
    "disguised by HZ": b"#\r\r# ~{acoding:hz~}\n#~\n" + PUT,
    "disguised by ISO 2022": b'#\r\r# \x1b$Bacoding:iso2022_jp\x1b(B\nx = "\x1b$B!";s3.send();#\x1b(B"\n',
    "disguised by Chinese": b'#\r\r# \x1b$Aacoding:iso2022_jp_2\x1b(B\nx = "\x1b$A!";s3.put_object();#\x1b(B"\n',
    "disguised by Korean": b'#\r\r# \x1b$)C\x0eacoding:iso2022_kr\x0f\nx = "\x0e!";s3.put_object();#\x0f"\n',
    "split by Punycode": "#\r\r# co\u00aading: punycode\ns3.put_object\u00aa()\n#".encode("punycode"),
    "one name in UTF-16": b"#\r#\r#coding:utf-16le\n11;client.upload_file(int);\n1",
}

# Each of these is the same program to both, and many a repository has such files.
HONEST = {
    "no cookie": b"x = 1\n",
    "UTF-8 as Emacs ends lines": "# -*- coding: utf-8-unix -*-\nx = 'é'\n".encode(),
    "UTF-8 with a signature": "\ufeff# coding: utf-8-sig\nx = 'é'\n".encode(),
    "Latin-1 as Emacs ends lines": "# -*- coding: iso-latin-1-unix -*-\nx = 'é'\n".encode("latin-1"),
    "cp437, what is a sign to one and a letter to the other": "# coding: cp437\nx = '½'\n".encode("cp437"),
    "EUC-JP beside the cookie": "# coding: euc-jp 日本\nx = '日本'\n".encode("euc-jp"),
    "Shift JIS": "# coding: shift_jis\nx = 'ソース\\n'\n".encode("shift_jis"),
    "prose": b"# coding: see below\nx = 1\n",
    "in code": "import x\n# é\nopen(f, encoding=utf_7)\n".encode(),
    "of other files": "#!/usr/bin/python\n# Reads coding: gbk, encoding=cp1251 and coding: hz\nx = 'é中ю'\n".encode(),
    "below a cookie": "# coding: utf-8\nx = 1\n# encoding: hz\nopen(f, encoding=utf_16)\nx = 'é'\n".encode(),
    "many characters": ("# " + "".join(map(chr, range(0x4E00, 0x6000))) + "\nx = 1\n").encode(),
    "carriage returns": b"x = 1\ry = 2\r\nz = 3\r",
    "not UTF-8": b"x = '\xff'\n",
    "unknown": b"# coding: no-such-thing\nx = 1\n",
}


def read(path: Path, data: bytes) -> str:
    """Return a file as flake8 reads it."""
    path.write_bytes(data)
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (SyntaxError, UnicodeError):
        return path.read_text("latin-1")


class Recorder:
    """Has any method, and counts its calls."""

    calls = 0

    def __getattr__(self, name: str) -> Recorder:
        return self

    def __call__(self, *arguments: object, **keywords: object) -> None:
        self.calls += 1


@pytest.mark.parametrize("name", TRICKS)
def test_python_runs_another_program(tmp_path: Path, name: str) -> None:
    recorder = Recorder()
    exec(compile(TRICKS[name], name, "exec"), {"s3": recorder, "client": recorder})
    text = read(tmp_path / "a.py", TRICKS[name])
    assert recorder.calls == 1
    calls = find_calls(ast.parse(text), text.splitlines(keepends=True), MATCHER)
    # from 3.14 on flake8 reads some of these files as Python does, and the problem may be said all the same
    assert calls == () or (sys.version_info >= (3, 14) and len(calls) == 1)
    is_read_alike = calls and name in ("trail byte behind the cookie", "one name in UTF-16")
    assert is_read_alike or "Python may run another program" in encoding_problem(text)


def test_comment_that_is_not_utf_8(tmp_path: Path) -> None:
    """Most Pythons import that; flake8 reads all of the file as Latin-1."""
    assert encoding_problem(read(tmp_path / "a.py", b"x = 1  # \xff\n" + ORDINAL)).startswith("encoding utf-8: Python")
    assert encoding_problem(read(tmp_path / "a.py", "x = 'café'  # é\n".encode("latin-1"))) == ""


@pytest.mark.parametrize("name", HONEST)
def test_honest_file(tmp_path: Path, name: str) -> None:
    assert encoding_problem(read(tmp_path / "a.py", HONEST[name])) == ""


def text_codecs() -> list[str]:
    """Return the codecs of this Python that decode text."""
    modules = {module.name for module in pkgutil.iter_modules(encodings.__path__)} - {"aliases", "mbcs", "oem"}
    # from Python 3.15 on, one of these is what others are made of
    names = {name for name in modules if not name.startswith("_")}
    return sorted(name for name in names if getattr(codecs.lookup(name), "_is_text_encoding"))


def test_every_codec_has_its_place() -> None:
    """A codec that is safe leaves ASCII alone, and turns no byte of another name into ASCII."""
    for name in text_codecs():
        if encoding_problem(f"# \u00e9 coding: {name}\nx = 1\n"):
            continue
        codes = bytes(range(128))
        assert codes.decode(name) == codes.decode("ascii"), name
        for code in range(128, 256):
            character = bytes([code]).decode(name, "ignore")
            is_ascii = unicodedata.normalize("NFKC", character).isascii() and f"_{character}".isidentifier()
            is_name = character and is_ascii and f"_{chr(code)}".isidentifier()
            assert not is_name or character == chr(code), (name, code)


def test_problem() -> None:
    assert encoding_problem("# coding: utf-7\n") == (
        "encoding utf-7: Python may run another program than flake8 reads; save the file as UTF-8"
    )


@pytest.mark.once
@pytest.mark.parametrize(
    "unit", ["#\r", "\n# coding: cp437\n# \u00e9", "=7"],
)
def test_growth(unit: str) -> None:
    """What grows with the square of the file would stop an editor."""
    assert growth(lambda size: "# \u00e9\n" + unit * (size // len(unit)), encoding_problem, 5_000) < LINEAR
