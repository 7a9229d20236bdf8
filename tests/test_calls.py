from __future__ import annotations

import ast
import io
from collections.abc import Sequence

import pytest

from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS
from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.patterns import parse_pattern
from flake8_artifact_pin.source.calls import PutCall


def find(source: str, patterns: Sequence[str] = DEFAULT_PATTERNS) -> list[PutCall]:
    """Find the calls; a source that the prefilter would pass over must have none."""
    matcher = compile_patterns(patterns)
    calls = find_calls(ast.parse(source), list(io.StringIO(source)), matcher)
    assert matcher.may_match(source) or not calls
    return list(calls)


def places(source: str, patterns: Sequence[str] = DEFAULT_PATTERNS) -> list[str]:
    return [f"{call.line}:{call.column} {call.method}" for call in find(source, patterns)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # called
        ("s3.put_object(Key=k)", ["1:3 put_object"]),
        ("x.upload_file(a, b, c)", ["1:2 upload_file"]),
        ("x.upload_fileobj(a, b, c)", ["1:2 upload_fileobj"]),
        ("boto3.resource('s3').Object('b', 'k').put(Body=b'')", ["1:38 put"]),
        ("Object('b', 'k').put(Body=b'')", ["1:17 put"]),
        ("self.clients['s3'].put_object()", ["1:19 put_object"]),
        ("[s3][0].put_object()", ["1:8 put_object"]),
        ("(yield_ or s3).put_object()", ["1:15 put_object"]),
        ("async def f(): (await c()).put_object()", ["1:27 put_object"]),
        ("async def f(): await s3.put_object()", ["1:24 put_object"]),
        ("s3.put_object().put_object()", ["1:3 put_object", "1:16 put_object"]),
        ("s3.put_object(x=s3.put_object())", ["1:3 put_object", "1:19 put_object"]),
        # imported
        ("from lib import put_object\nput_object()", ["2:0 put_object"]),
        ("from lib import put_object as po\npo()", ["2:0 put_object"]),
        ("from . import upload_file\nupload_file()", ["2:0 upload_file"]),
        ("from .s3 import upload_file as up\nup()", ["2:0 upload_file"]),
        ("def f():\n    from lib import put_object\n    put_object()", ["3:4 put_object"]),
        ("try:\n  from a import put_object\nexcept E:\n  from b import f as put_object\nput_object()", [
            "5:0 put_object",
        ]),
        ("match x:\n  case 1:\n    from a import put_object\nput_object()", ["4:0 put_object"]),
        ("from boto3 import Object as O\nO('b', 'k').put()", ["2:12 put"]),
        ("from lib import *\nput_object()", ["2:0 put_object"]),
        ("from .lib import *\nf(upload_file)", ["2:2 upload_file"]),
        ("from lib import *\nclass W:\n  def put_object(self): put_object()", ["3:24 put_object"]),
        # what is bound elsewhere is not bound here
        ("from lib import *\ndef f(put_object): ...\nput_object()", ["3:0 put_object"]),
        ("from lib import *\ndef f():\n  put_object = 1\ndef g():\n  put_object()", ["5:2 put_object"]),
        ("from lib import *\nclass C:\n  put_object = 1\n  def f(self): put_object()", ["4:15 put_object"]),
        ("from lib import *\n[0 for put_object in x]\n(lambda put_object: 0)\nput_object()", ["4:0 put_object"]),
        # every place in a program
        ("f'{s3.put_object()}'", ["1:6 put_object"]),
        ("[s3.put_object() for x in y]", ["1:4 put_object"]),
        ("[x for x in y if s3.put_object()]", ["1:20 put_object"]),
        ("@s3.put_object()\ndef f(): ...", ["1:4 put_object"]),
        ("def f(x=s3.put_object()): ...", ["1:11 put_object"]),
        ("def f(x: s3.put_object()) -> s3.put_object(): ...", ["1:12 put_object", "1:32 put_object"]),
        ("lambda: s3.put_object()", ["1:11 put_object"]),
        ("class C(s3.put_object(), k=s3.put_object()): ...", ["1:11 put_object", "1:30 put_object"]),
        ("if False:\n    s3.put_object()", ["2:7 put_object"]),
        ("if s3.put_object(): ...", ["1:6 put_object"]),
        ("s3.put_object() is None", ["1:3 put_object"]),
        ("s3.put_object()['ETag']", ["1:3 put_object"]),
        ("s3.put_object().get('ETag')", ["1:3 put_object"]),
        ("match s3.put_object():\n  case x if s3.put_object(): ...", ["1:9 put_object", "2:15 put_object"]),
        ("with s3.put_object() as x, y: ...", ["1:8 put_object"]),
        ("try: ...\nexcept E:\n  s3.put_object()\nelse:\n  s3.put_object()\nfinally:\n  s3.put_object()", [
            "3:5 put_object", "5:5 put_object", "7:5 put_object",
        ]),
        ("x[s3.put_object()] = 1", ["1:5 put_object"]),
        ("s3.put_object().x = 1", ["1:3 put_object"]),
        ("callable(s3.put_object())", ["1:12 put_object"]),
        ("(s3.upload_file if big else s3.put_object)(x)", ["1:4 upload_file", "1:31 put_object"]),
        ("(a or s3.put_object)(x)", ["1:9 put_object"]),
        ("(f := s3.put_object)(x)", ["1:9 put_object"]),
        # handed on
        ("executor.submit(s3.upload_file, a)", ["1:19 upload_file"]),
        ("partial(s3.put_object, Bucket=b)", ["1:11 put_object"]),
        ("async def f(): await asyncio.to_thread(s3.put_object, Key=k)", ["1:42 put_object"]),
        ("put = s3.put_object\nput()\nput()", ["1:9 put_object"]),
        ("{'put': s3.put_object}", ["1:11 put_object"]),
        ("retry(f=s3.put_object)", ["1:11 put_object"]),
        ("retry(*s3.put_object)", ["1:10 put_object"]),
        ("def f(): return s3.put_object", ["1:19 put_object"]),
        ("def f(): yield s3.put_object", ["1:18 put_object"]),
        ("lambda: s3.put_object", ["1:11 put_object"]),
        ("def f(put=s3.put_object): ...", ["1:13 put_object"]),
        ("@s3.put_object\ndef f(): ...", ["1:4 put_object"]),
        ("[s3.put_object, (s3.put_object,)]", ["1:4 put_object", "1:20 put_object"]),
        ("x = a or s3.put_object", ["1:12 put_object"]),
        ("x = s3.put_object if y else z", ["1:7 put_object"]),
        ("x = z if y else s3.put_object", ["1:19 put_object"]),
        ("if (put := s3.put_object): ...", ["1:14 put_object"]),
        ("from lib import put_object\nmap(put_object, x)", ["2:4 put_object"]),
        # getattr with a constant name
        ("getattr(s3, 'put_object')()", ["1:13 put_object"]),
        ("getattr(s3, \"put_object\", None)(Key=1)", ["1:13 put_object"]),
        ("put = getattr(s3, 'put_object')", ["1:19 put_object"]),
        ("f(getattr(s3, 'put_object'))", ["1:15 put_object"]),
        ("if put := getattr(s3, 'put_object', None): ...", ["1:23 put_object"]),
        ("getattr(s3.Object('b', 'k'), 'put')()", ["1:30 put"]),
        ("getattr(getattr(s3, 'x'), 'put_object')()", ["1:27 put_object"]),
        ("getattr(s3, 'put_' 'object')()", ["1:12 put_object"]),
        ("getattr(s3, 'put\\x5fobject')()", ["1:12 put_object"]),
        ("getattr(s3,\n  r'put_object')()", ["2:4 put_object"]),
        ("getattr(x, 'y', s3.put_object)", ["1:19 put_object"]),
        # where the name is written
        ("(\n s3\n .put_object\n (Key=1)\n)", ["3:2 put_object"]),
        ("s3 \\\n  . put_object ()", ["2:4 put_object"]),
        ("x = 'é', 'ü', s3.put_object()", ["1:17 put_object"]),
        ("\ts3.put_object()".strip(" ").replace("\t", "if 1:\n\t"), ["2:4 put_object"]),
        ("\x0cs3.put_object()", ["1:4 put_object"]),
        ("größe.put_object()", ["1:6 put_object"]),
        # PEP 3131: identifiers are compared in normal form NFKC
        ("s3.ｐut_object()", ["1:3 put_object"]),
        ("s3.put_obﬁect()".replace("ﬁ", "ｊ"), ["1:3 put_object"]),
    ],
)
def test_counted(source: str, expected: list[str]) -> None:
    assert places(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def put_object(): ...", id="a definition"),
        pytest.param("def put_object(): ...\nput_object()", id="its own PUT is counted inside it"),
        pytest.param("class put_object: ...\nput_object()", id="a class of the same file"),
        pytest.param("put_object()", id="a bare name that nothing imports"),
        pytest.param("from lib import *\ndef put_object(): ...\nput_object()", id="a star import, but defined here"),
        pytest.param("from lib import *\nput_object = f\nput_object()", id="a star import, but assigned here"),
        pytest.param("from lib import *\ndef f(put_object): put_object()", id="a star import, but a parameter"),
        pytest.param("from lib import *\ndef f(put_object):\n  def g(): put_object()", id="a parameter around it"),
        pytest.param("from lib import *\ndef f():\n  put_object()\nput_object = 1", id="bound by the module"),
        pytest.param("from lib import *\nf(lambda put_object: put_object())", id="a parameter of a lambda"),
        pytest.param("from lib import *\n[put_object() for put_object in x]", id="a name of a comprehension"),
        pytest.param("from lib import put_object", id="an import is no call"),
        pytest.param("'''s3.put_object()'''", id="a docstring"),
        pytest.param("# s3.put_object()", id="a comment"),
        pytest.param("f('put_object')", id="a string"),
        pytest.param("s3.generate_presigned_url('put_object')", id="a string that names it"),
        pytest.param("s3._s3_upload_file()", id="a longer name"),
        pytest.param("s3.put_object.assert_called_once()", id="something of the method is called"),
        pytest.param("f(s3.put_object.return_value)", id="something of the method is handed on"),
        pytest.param("f(s3.put_object[0])", id="an item of the method"),
        pytest.param("s3.put_object is old", id="compared, left"),
        pytest.param("x = old == s3.put_object", id="compared, right"),
        pytest.param("s3.put_object = f", id="assigned to"),
        pytest.param("s3.put_object: F = f", id="assigned to with an annotation"),
        pytest.param("s3.put_object += f", id="assigned to in place"),
        pytest.param("for s3.put_object in x: ...", id="a loop's target"),
        pytest.param("with x as s3.put_object: ...", id="a with's target"),
        pytest.param("del s3.put_object", id="deleted"),
        pytest.param("s3.put_object", id="evaluated and thrown away"),
        pytest.param("if s3.put_object: ...", id="a condition"),
        pytest.param("while not s3.put_object: ...", id="a negated condition"),
        pytest.param("if x and s3.put_object: ...", id="part of a condition"),
        pytest.param("x = a if s3.put_object else b", id="the condition of an expression"),
        pytest.param("assert s3.put_object", id="asserted"),
        pytest.param("[x for x in y if s3.put_object]", id="a comprehension's condition"),
        pytest.param("f'{s3.put_object}'", id="printed"),
        pytest.param("callable(s3.put_object)", id="probed by callable()"),
        pytest.param("hasattr(s3.put_object, 'x')", id="probed by hasattr()"),
        pytest.param("getattr(s3.put_object, x)", id="something of the method, by getattr()"),
        pytest.param("match x:\n  case s3.put_object: ...", id="a pattern's value"),
        pytest.param("match x:\n  case s3.put_object(): ...", id="a pattern's class"),
        pytest.param("match x:\n  case {s3.put_object: 1}: ...", id="a pattern's key"),
        pytest.param("match s3.put_object:\n  case x if s3.put_object: ...", id="a match's subject and guard"),
        pytest.param("def f(x: s3.put_object) -> s3.put_object: ...", id="an annotation"),
        pytest.param("async def f() -> s3.put_object: ...", id="an annotation of an async function"),
        pytest.param("x: s3.put_object", id="an annotation of a variable"),
        pytest.param("try: ...\nexcept s3.put_object: ...", id="compared with an exception"),
        pytest.param("getattr(s3, 'put_object')", id="got and thrown away"),
        pytest.param("if getattr(s3, 'put_object', None): ...", id="getattr in a condition"),
        pytest.param("getattr(s3, 'put_object', None) is None", id="getattr compared"),
        pytest.param("callable(getattr(s3, 'put_object', None))", id="getattr probed"),
        pytest.param("getattr(s3, 'put_object').assert_called()", id="something of what getattr gets"),
        pytest.param("getattr(s3, put_object)()", id="getattr with a name that is not constant"),
        pytest.param("getattr(s3, 1)()", id="getattr with something else"),
        pytest.param("getattr(s3)()", id="getattr without a name"),
        pytest.param("hasattr(s3, 'put_object')", id="hasattr"),
        pytest.param("setattr(s3, 'put_object', f)", id="setattr"),
        pytest.param("getattr(s3, 'ｐut_object')()", id="a string is not normalised as an identifier is"),
        pytest.param("Object.put()", id="not on an instance"),
        pytest.param("getattr(s3, 'Object')('b', 'k').put()", id="getattr()().put is another name"),
        pytest.param("queue.put()", id="another put"),
        pytest.param("self.Object().x.put()", id="something between"),
        pytest.param("s3.put_object()()()".replace("put_object", "x"), id="calls of calls"),
    ],
)
def test_not_counted(source: str) -> None:
    assert places(source) == []


@pytest.mark.parametrize(
    ("pattern", "source", "expected"),
    [
        ("put_object", "put_object()\ns3.put_object()", ["1:0 put_object", "2:3 put_object"]),
        ("_s3_upload_file", "def _s3_upload_file(): ...\n_s3_upload_file()", ["2:0 _s3_upload_file"]),
        ("lib.write", "lib.write()\nself.lib.write()\nlibs.write()", ["1:4 write", "2:9 write"]),
        ("awswrangler.s3.to_*", "import awswrangler as wr\nwr.s3.to_parquet()\nwr.s3.read()", ["2:6 to_parquet"]),
        ("awswrangler.s3.to_*", "import awswrangler.s3\nawswrangler.s3.to_csv()", ["2:15 to_csv"]),
        ("awswrangler.s3.to_*", "import awswrangler.s3 as s\ns.to_csv()", ["2:2 to_csv"]),
        ("awswrangler.s3.to_*", "from awswrangler import s3\ns3.to_csv()", ["2:3 to_csv"]),
        ("s3.save", "from .s3 import save as sv\nsv()", ["2:0 save"]),
        ("boto3.client().put_object", "boto3.client('s3').put_object()\nc.put_object()", ["1:19 put_object"]),
        ("clients[].put_object", "self.clients['s3'].put_object()\nclients.put_object()", ["1:19 put_object"]),
        ("f()[].put", "f(1)[2].put()", ["1:8 put"]),
        ("getattr().put", "getattr(x, 'y').put()", ["1:16 put"]),
        ("?.put", "x.put()\n(a + b).put()\nxy.put()", ["1:2 put", "2:8 put"]),
        # one call, not another one that hands on an item of its result
        ("to_*", "x = wr.to_parquet()['paths']", ["1:7 to_parquet"]),
        ("*.open", "from lib import *\nopen()", []),
        ("*", "f()\ng", ["1:0 f"]),
        ("write_[!ab]", "x.write_a()\nx.write_c()", ["2:2 write_c"]),
        ("*.ﬁle", "x.file()", ["1:2 file"]),
    ],
)
def test_patterns(pattern: str, source: str, expected: list[str]) -> None:
    assert places(source, [pattern]) == expected


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "has an empty component"),
        ("*..put", "has an empty component"),
        (".put", "has an empty component"),
        ("put.", "has an empty component"),
        ("put object", 'has a component that is not a name, a wildcard, "name()" or "name[]"'),
        ("*.put_object(", 'has a component that is not a name, a wildcard, "name()" or "name[]"'),
        ("put-object", 'has a component that is not a name, a wildcard, "name()" or "name[]"'),
        ("().put", 'has a component that is not a name, a wildcard, "name()" or "name[]"'),
        ("*.put_object()", 'ends in "()": name what is called, without the call'),
        ("writers[]", 'ends in "[]": name what is called, without the call'),
    ],
)
def test_malformed_pattern(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_pattern(pattern)
    assert str(error.value) == problem


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s3.put_object()", ["<module>"]),
        ("class U:\n  def save(self): s3.put_object()", ["U.save"]),
        ("class U:\n  class V:\n    s3.put_object()", ["U.V"]),
        ("async def f():\n  def g(): s3.put_object()\n  s3.put_object()", ["f.g", "f"]),
        ("def f():\n  return lambda: [s3.put_object() for x in y]", ["f"]),
        # evaluated where the function is defined, not in it
        ("class U:\n  @s3.put_object()\n  def f(x=s3.put_object()): ...", ["U", "U"]),
    ],
)
def test_scope(source: str, expected: list[str]) -> None:
    assert [call.scope for call in find(source)] == expected


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("s3.put_object(Bucket=b, Key=f'{prefix}/{name}.json')", "f'{prefix}/{name}.json'"),
        ("s3.put_object(b, k)", ""),
        ("s3.put_object(**kwargs)", ""),
        ("s3.upload_file(path, bucket, key)", "key"),
        ("s3.upload_file(path, bucket, Key=key)", "key"),
        ("s3.upload_fileobj(file, bucket, prefix + 'x')", "prefix + 'x'"),
        ("bucket.upload_file(path, key)", "key"),
        ("object.upload_file(path)", ""),
        ("s3.upload_file(*args)", ""),
        ("partial(s3.put_object, Key=key)", "key"),
        ("submit(s3.upload_file, path, bucket, 'x' + key)", "'x' + key"),
        ("run_in_executor(None, s3.upload_file, path, bucket, key)", "key"),
        ("retry(f=s3.put_object, Key=key)", ""),
        ("submit(s3.upload_file)", ""),
        ("s3.Object(bucket, key).put(Body=b)", "key"),
        ("bucket.Object(key).put(Body=b)", "key"),
        ("s3.Object(bucket_name=bucket, key=key).put()", "key"),
        ("s3.Object(*args).put()", ""),
        ("s3.put_object(Key=a   [  0 ])", "a [ 0 ]"),
        ("'é'; s3.put_object(Key=ü)", "ü"),
        ("s3.put_object(Key=(\n  'a'\n  'b'))", "'a'..."),
        (f"s3.put_object(Key={'k' * 61})", "k" * 57 + "..."),
        (f"s3.put_object(Key={'k' * 60})", "k" * 60),
    ],
)
def test_key(source: str, key: str) -> None:
    assert [call.key for call in find(source)] == [key]


@pytest.mark.parametrize(
    ("source", "spans"),
    [
        ("x = [\n  s3.put_object(),\n  1,\n]", [(1, 4)]),
        ("if s3.put_object(\n  1):\n  x\n  s3.put_object()", [(1, 2), (4, 4)]),
        ("@s3.put_object\ndef f():\n  x", [(1, 1)]),
        ("match s3.put_object(\n  1):\n  case 1: ...", [(1, 2)]),
        ("with s3.put_object(), \\\n    s3.put_object():\n  x", [(1, 1), (2, 2)]),
    ],
)
def test_span(source: str, spans: list[tuple[int, int]]) -> None:
    assert [call.span for call in find(source)] == spans


@pytest.mark.parametrize(
    "source",
    [
        'x = f"""a\n  {s3.put_object(\n  1)} b\n  {s3.upload_file()}\n"""',
        'x = ("a" f"{s3.put_object()}"\n     f"é {s3.upload_file()}")',
        'x = ("a" f"{s3.put_object(1)}" "b"\n\n     f"é {s3.put_object()}")',
        'x = f"""é\n{getattr(s3, "put_object")()}"""',
        'x = f"{x:>{s3.put_object()}}"',
        'x = f"""\n{s3 .\nｐut_object()}"""',
    ],
)
def test_inside_fstring(source: str) -> None:
    """The name is where it is written, also before 3.12 (PEP 701)."""
    calls = find(source)
    lines = source.splitlines()
    written = ("put_object", "upload_file", "ｐut_object")
    assert calls
    assert len({(call.line, call.column) for call in calls}) == len(calls)
    assert all(lines[call.line - 1].startswith(written, call.column) for call in calls)


def test_deep_chain() -> None:
    """Python builds no tree for a chain deeper than it can; this one it can, and our walk must not recurse."""
    depth = 900
    source = "s3" + ".put_object()" * depth
    assert len(find(source)) == depth


def test_many_calls() -> None:
    source = "s3.put_object()\n" * 5_000
    assert len(find(source)) == 5_000


def test_lone_carriage_return() -> None:
    """Python takes it for the end of a line, but lines that an editor passes on standard input need not end there."""
    source = "x = 1\rs3.put_object()\r"
    (call,) = find_calls(ast.parse(source), [source], compile_patterns(DEFAULT_PATTERNS))
    assert (call.line, call.scope) == (1, "<module>")
