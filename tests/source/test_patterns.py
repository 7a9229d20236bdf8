from __future__ import annotations

from collections.abc import Callable

import pytest
from support import growth
from support import LINEAR
from support.calls import find
from support.calls import places

from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import parse_pattern
from flake8_artifact_pin.source.patterns import sample_calls

DOT = "\N{MIDDLE DOT}"  # may stand in an identifier, although it is no letter


@pytest.mark.parametrize(
    ("pattern", "source", "expected"),
    [
        ("boto3.client().put_object", "boto3.client('s3').put_object()\nc.put_object()", ["1:19 put_object"]),
        ("clients[].put_object", "self.clients['s3'].put_object()\nclients.put_object()", ["1:19 put_object"]),
        ("f()[].put", "f(1)[2].put()\nf(1).put()\nfor x in f(1): x.put()", ["1:8 put", "3:17 put"]),
        ("f[]().put", "f[1](2).put()", ["1:8 put"]),
        ("?.put", "x.put()\n(a + b).put()\nxy.put()", ["1:2 put", "2:8 put"]),
        ("Obj*.put", "Object.put()\nObject().put()\nobject.put()", ["1:7 put", "2:9 put"]),
        ("*.write_[!ab]", "x.write_a()\nx.write_c()", ["2:2 write_c"]),
        ("*.[!_]*_object", "s3.put_object()\ns3._put_object()", ["1:3 put_object"]),
        ("*.[!_]*_object", "s3\\\n.put_object()", ["2:1 put_object"]),
        ("x[!y]z.put", "x.z.put()\nxaz.put()", ["2:4 put"]),
        ("*.put*object", f"s3.put{DOT}object()\ns3.put_\N{HANGUL SYLLABLE GA}_object()", [
            f"1:3 put{DOT}object", "2:3 put_\N{HANGUL SYLLABLE GA}_object",
        ]),
        (f"*.put{DOT}*", f"s3.put{DOT}object()", [f"1:3 put{DOT}object"]),
        ("*.?ut_object", "s3.\N{MICRO SIGN}ut_object()", ["1:3 \N{GREEK SMALL LETTER MU}ut_object"]),
        # shown by the name that is matched, not by another one that the last component alone would match
        ("lib.*", "from lib import save as keep\nkeep()", ["2:0 save"]),
        # compared as Python compares identifiers: PEP 3131
        ("*.\N{LATIN SMALL LIGATURE FI}le", "x.file()", ["1:2 file"]),
        ("*.file", "x.\N{LATIN SMALL LIGATURE FI}le()", ["1:2 file"]),
        # any number of components
        ("write.**.parquet", "df.write.parquet()\ndf.write.mode('w').partitionBy(d).parquet()", [
            "1:9 parquet", "2:34 parquet",
        ]),
        ("write.**.parquet", "df.parquet()\ndf.read.x().parquet()\nwrite_.parquet()\nx.write().parquet()", []),
        ("write().**.save", "m.write().overwrite().save()\nm.write.overwrite().save()", ["1:22 save"]),
        ("a.**.b.**.c", "a.b.c()\na.x.b.y.z.c()\na.x.c()\nb.a.c()", ["1:4 c", "2:10 c"]),
        ("**.put", "s3.put()\nput()", ["1:3 put"]),
        ("a.**.b.c", "a.b.b.c()\na.c()\na.b.x.c()", ["1:6 c"]),
        ("a.*.**.c", "a.c()\na.x.c()\na.x.y.c()", ["2:4 c", "3:6 c"]),
        # conditions
        ("*.put(Body=)", "o.put(Body=b)\no.put(b)\no.put(body=b)", ["1:2 put"]),
        ("*.put(Body=)", "o.put(**arguments)", []),
        ("*.x(1=)", "o.x(a, b)\no.x(a)\no.x(a, *b)\no.x(*a, b)", ["1:2 x"]),
        ("*.x(!1=)", "o.x(a, b)\no.x(a)", ["2:2 x"]),
        ("*.x(kind=s3*)", "o.x(kind='s3a')\no.x(kind='gs')\no.x(kind=kind)\no.x(kind=3)", ["1:2 x"]),
        ("*.x(!kind=s3)", "o.x(kind='s3')\no.x(kind='gs')\no.x()", ["2:2 x", "3:2 x"]),
        ("*.x(0=s3)", "o.x('s3')\no.x('gs')", ["1:2 x"]),
        ("*.save(.format=delta)", "w.format('delta').mode(m).save()\nw.format('x').save()\nw.format().save()", [
            "1:26 save",
        ]),
        ("*.save(!.format=jdbc)", "w.format('jdbc').save()\nw.save()", ["2:2 save"]),
        ("*.upload_file(!repo_id=)", "a.upload_file(**arguments)", ["1:2 upload_file"]),
        ("*.x( a=, !b= ,c=)", "o.x(a=1, c=1)\no.x(a=1)\no.x(a=1, b=1, c=1)", ["1:2 x"]),
        # a method that is passed as a value is called with what is passed behind it
        ("*.put(Body=)", "submit(o.put, Body=b)\nsubmit(queue.put, x)\ncallback = queue.put", ["1:9 put"]),
        ("*.put(!Body=)", "submit(o.put, Body=b)\nsubmit(o.put, x)\ncallback = o.put", ["2:9 put", "3:13 put"]),
        ("*.save(.format=x)", f"w.format('x'){'.a()' * 40}.save()", []),
        ("x.Object().put(Body=)", "x.Object(k).put(Body=b)\nObject(k).put(Body=b)", ["1:12 put"]),
        # opened for writing
        ("*fs.open(mode=w)", "fs.open(p, 'w')\ns3fs.open(p, mode='ab')\nfs.open(p, 'x')\nfs.open(p, 'r+')", [
            "1:3 open", "2:5 open", "3:3 open", "4:3 open",
        ]),
        ("*fs.open(mode=w)", "fs.open(p)\nfs.open(p, 'r')\nfs.open('w')\nfs.open(p, mode='rb')\nfs.open(p, None)", []),
        ("*fs.open(mode=w)", "fs.open(p, 'r', **more)\nfs.open(p, 'r' if a else 'rb')\nsubmit(fs.open, p)", []),
        ("*fs.open(mode=w)", "fs.open(p, 'r' if a else 'w')\nfs.open(p, mode='a' if a else mode)", [
            "1:3 open", "2:3 open",
        ]),
        # a mode that the source does not tell: mostly a function that opens for its caller, to read
        ("*fs.open(mode=w)", "fs.open(p, mode)\nfs.open(p, **more)\nfs.open(*both)\nfs.open(p, mode='r' + m)", []),
        ("*fs.open(mode=w)", "submit(fs.open, p, 'w')\npartial(fs.open, mode='w')", ["1:10 open", "2:11 open"]),
    ],
)
def test_match(pattern: str, source: str, expected: list[str]) -> None:
    assert places(source, [pattern]) == expected


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "has an empty component"),
        ("put.", "has an empty component"),
        ("(Body=)", "has an empty component"),
        ("put object", 'has a component that is not a name, a wildcard, "name()" or "name[]"'),
        ("*.put_object(", 'has a component that is not a name, a wildcard, "name()" or "name[]"'),
        ("x[a.put", 'has a component that is not a name, a wildcard, "name()" or "name[]"'),
        ("*.put_object()", 'ends in "()": name what is called, without the call'),
        ("writers[]", 'ends in "[]": name what is called, without the call'),
        ("write.**", 'ends in "**": name what is called'),
        (".".join("a" * 31), "has more than 30 components"),
        *(
            (f"*.put({given})", f'asks for "{given}", which is not "name=", "!name=", "1=", "name=value" or "mode=w"')
            for given in ["Body", "=", "a b=", "1a=", "..a=", "a=b=c", "!!a="]
        ),
        ("*.put(a=,)", 'asks for "", which is not "name=", "!name=", "1=", "name=value" or "mode=w"'),
    ],
)
def test_malformed(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_pattern(pattern)
    assert str(error.value) == problem


def test_first_match_wins() -> None:
    """One call is one PUT call, of the first pattern that asks no more than it has."""
    patterns = [
        parse_pattern(text)._replace(store=store)
        for text, store in [("*.put(Body=)", "a"), ("*.p*", "b"), ("*.put", "c"), ("x.put", "d")]
    ]
    sources = {"x.put(Body=1)": "a", "x.put()": "b", "x.pet()": "b"}
    assert {source: [call.store for call in find(source, patterns)] for source in sources} == {
        source: [store] for source, store in sources.items()
    }


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*.put_object", "put_objects; _put_object; put_object1", False),
        ("*.put_object", "put_objects; x.put_object", True),
        ("*.put_object", "they put_object; put_object = 1", False),
        ("*.put_object", "x.\n  put_object", True),
        ("*.put_object", "from x import (y,  # of import(s): 'these'\n  put_object)", True),
        ("*.put_object", "from x \\\r\n import y, \\\r\n put_object", True),
        ("*.put_object", "import put_object", False),
        ("*.put_object", "(x.  # it\n\n  # here\n  put_object)", True),
        ("*.put_object", "getattr(x, 'put_object')", True),
        ("*.put_object", "{'put_object'}", False),
        ("y.put_object", "y; def put_object(): ...", False),
        ("lib.copy(2=)", "lib; x.copy(y, '2)')", False),
        ("lib.copy(2=)", "lib; x.copy('1)', '2)', 3)", True),
        ("*.put_object", "from x import *\nput_object()", True),
        ("*.put_object", "def put_object(): ...", True),
        ("*.put(Body=)", "x.put(Body)", False),
        ("*.put(Body=)", "x.put(y, Body # it\n =1)", True),
        ("*.put(Body=)", "x.put(); f(Body=1)", False),
        ("lib.append(1=)", "lib; x.append(y[1, 2], )", True),
        ("lib.append(1=)", "lib; x.append(y[1, 2])", False),
        ("lib.append(1=)", "lib; x.append(f(1, 2), {1: 2})", True),
        ("lib.append(0=)", "lib; x.append(y)", True),
        ("fs.open(mode=w)", "fs; x.open(mode='w')", True),
        ("lib.write", "lib.py; x.write", True),
        ("lib.write", "lib() lib [0]; lib of x.write", False),
        ("*lib.write", "x_lib if x.write else y", True),
        ("*lib.write", "library.write", False),
        ("Object().put", "x.put(Object)", True),
        ("Object().put", "put(Objects)", False),
        ("put_*_x", "a_x + put_", False),
        ("put_*_x", "put_a_x", True),
        ("put_*_x", "put x", False),
        ("write.**.csv", "x.csv(write)", True),
        ("*", "", True),
        ("*.file", "x.\N{LATIN SMALL LIGATURE FI}le", True),
    ],
)
def test_may_match(pattern: str, text: str, expected: bool) -> None:
    assert compile_patterns([pattern]).may_match(text) is expected


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["*.put_object", "x.*.put_object"], ("put_object",)),
        (["Object().put", "*.to_*_x"], ("Object", "to_")),
        (["*.put", "*"], ("",)),
    ],
)
def test_pieces(patterns: list[str], expected: tuple[str, ...]) -> None:
    assert compile_patterns(patterns).pieces == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "x[].y().put", "a.**.b", "save", "wr*.s3.to_[!_]*", "?.[p-r]ut", "*.put(Body=)", "*.upload_file(!repo_id=)",
        "*fs.open(mode=w)", "*.x(1=,0=s3*,kind=gs)", f"*.put{DOT}x",
    ],
)
def test_sample_calls(pattern: str) -> None:
    """One of the samples is a PUT call, whatever the file imports."""
    assert any(len(find(sample, [pattern])) == 1 for sample in sample_calls([pattern]))


@pytest.mark.parametrize("pattern", ["if.put", "1st.put", "x[z-a].y.if().put"])
def test_no_sample(pattern: str) -> None:
    assert list(sample_calls([pattern])) == []


@pytest.mark.once
@pytest.mark.parametrize(
    ("pattern", "make"),
    [
        ("*.a*b*c*d", lambda size: f"x.{'abc' * size}()\n"),
        ("*.put_*_object", lambda size: "put_" * size),
        # Python parses no longer chains, so there are several
        ("write.**.csv", lambda size: ("df.write" + ".csv()" * size + "\n") * 10),
        ("a.**.b.**.c", lambda size: ("a" + ".b().c()" * size + "\n") * 60),
        ("*.x().put", lambda size: f"({' or '.join(['x', 'y.z'] * 10 * size)}){'.put()' * size}\n"),
    ],
)
def test_grows_with_the_source(pattern: str, make: Callable[[int], str]) -> None:
    """Each of these took seconds, or its square, where a name was tried against a pattern in every way there is."""
    assert growth(make, lambda source: find(source, [pattern]), 25) < LINEAR
