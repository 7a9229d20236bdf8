from __future__ import annotations

import ast
from collections.abc import Callable

import pytest
from oracle import DEFAULT_PATTERNS
from support import growth
from support import LINEAR
from support.calls import find
from support.calls import places

from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import parse_pattern


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # called
        ("s3.put_object(Key=k)", ["1:3 put_object"]),
        ("x.upload_fileobj(a, b, c)", ["1:2 upload_fileobj"]),
        ("boto3.resource('s3').Object('b', 'k').put(Body=b'')", ["1:38 put"]),
        ("Object('b', 'k').put(Body=b'')", ["1:17 put"]),
        ("self.clients['s3'].put_object()", ["1:19 put_object"]),
        ("async def f(): (await c()).put_object()", ["1:27 put_object"]),
        ("s3.put_object().put_object()", ["1:3 put_object", "1:16 put_object"]),
        ("s3.put_object(x=s3.put_object())", ["1:3 put_object", "1:19 put_object"]),
        # receivers are looked through
        ("async def f(): (await s3.Object(b, k)).put()", ["1:39 put"]),
        ("(o := s3.Object(b, k)).put()", ["1:23 put"]),
        ("(s3.Object(b, k) if c else d).put()", ["1:30 put"]),
        ("(c and d or s3.Object(b, k)).put()", ["1:29 put"]),
        ("(s3.Object if c else d)(b, k).put()", ["1:30 put"]),
        ("(c or (x := y if z else s3.Object)(b, k)).put()", ["1:42 put"]),
        ("getattr(s3, 'Object')(b, k).put()", ["1:28 put"]),
        ("from boto3 import Object as O\n(O('b', 'k') if c else d).put()", ["2:26 put"]),
        # every place in a program
        ("f'{s3.put_object()}'", ["1:6 put_object"]),
        ("[x for x in y if s3.put_object()]", ["1:20 put_object"]),
        ("@s3.put_object()\ndef f(): ...", ["1:4 put_object"]),
        ("def f(x=s3.put_object()): ...", ["1:11 put_object"]),
        ("def f(x: s3.put_object()) -> s3.put_object(): ...", ["1:12 put_object", "1:32 put_object"]),
        ("lambda: s3.put_object()", ["1:11 put_object"]),
        ("class C(s3.put_object(), k=s3.put_object()): ...", ["1:11 put_object", "1:30 put_object"]),
        ("match s3.put_object():\n  case x if s3.put_object(): ...", ["1:9 put_object", "2:15 put_object"]),
        ("try: ...\nexcept E:\n  s3.put_object()\nelse:\n  s3.put_object()\nfinally:\n  s3.put_object()", [
            "3:5 put_object", "5:5 put_object", "7:5 put_object",
        ]),
        ("s3.put_object().x = 1", ["1:3 put_object"]),
        ("callable(s3.put_object())", ["1:12 put_object"]),
        ("(s3.upload_file if big else s3.put_object)(x)", ["1:4 upload_file", "1:31 put_object"]),
        ("(a or s3.put_object)(x)", ["1:9 put_object"]),
        ("(f := s3.put_object)(x)", ["1:9 put_object"]),
        # handed on
        ("partial(s3.put_object, Bucket=b)", ["1:11 put_object"]),
        ("put = s3.put_object\nput()\nput()", ["1:9 put_object"]),
        ("{'put': s3.put_object}", ["1:11 put_object"]),
        ("retry(*s3.put_object)", ["1:10 put_object"]),
        ("def f(): return s3.put_object", ["1:19 put_object"]),
        ("lambda: s3.put_object", ["1:11 put_object"]),
        ("def f(put=s3.put_object): ...", ["1:13 put_object"]),
        ("@s3.put_object\ndef f(): ...", ["1:4 put_object"]),
        ("[s3.put_object, (s3.put_object,)]", ["1:4 put_object", "1:20 put_object"]),
        ("x = s3.put_object if y else z", ["1:7 put_object"]),
        ("x = z if y else s3.put_object", ["1:19 put_object"]),
        ("if (put := s3.put_object): ...", ["1:14 put_object"]),
        ("match s3.put_object:\n  case put: put()", ["1:9 put_object"]),
        ("match s3.put_object:\n  case 1: ...\n  case [*put] | {**put}: ...", ["1:9 put_object"]),
        ("print(*[s3.put_object], file=s3.put_object)", ["1:11 put_object", "1:32 put_object"]),
        ("isinstance(x, s3.put_object)", ["1:17 put_object"]),
        # not the builtin
        ("def callable(f): f()\ncallable(s3.put_object)", ["2:12 put_object"]),
        ("from lib import print\nprint(s3.put_object)", ["2:9 put_object"]),
        ("def f(hasattr): hasattr(s3.put_object, 'x')", ["1:27 put_object"]),
        ("class C:\n  print = f\n  x = print(s3.put_object)", ["3:15 put_object"]),
        ("x.print(s3.put_object)", ["1:11 put_object"]),
        ("f()(s3.put_object)", ["1:7 put_object"]),
        # getattr with a constant name
        ("getattr(s3, 'put_object')()", ["1:13 put_object"]),
        ("getattr(s3, \"put_object\", None)(Key=1)", ["1:13 put_object"]),
        ("getattr(s3.Object('b', 'k'), 'put')()", ["1:30 put"]),
        ("builtins.getattr(s3, 'put_object')()", ["1:22 put_object"]),
        ("import builtins as b\nb.getattr(s3, 'put_object')()", ["2:15 put_object"]),
        ("from builtins import getattr as g\ng(s3, 'put_object')()", ["2:7 put_object"]),
        ("getattr(*x, 'put_object')()", ["1:13 put_object"]),
        ("getattr('s3', f'{x}').put_object()", ["1:22 put_object"]),
        ("getattr(s3,\n  r'put_object')()", ["2:4 put_object"]),
        ("getattr(x, 'y', s3.put_object)", ["1:19 put_object"]),
        # where the name is written
        ("(\n s3\n .put_object\n (Key=1)\n)", ["3:2 put_object"]),
        ("s3 \\\n  . put_object ()", ["2:4 put_object"]),
        ("x = 'é', 'ü', s3.put_object()", ["1:17 put_object"]),
        ("größe.put_object()", ["1:6 put_object"]),
        # PEP 3131: identifiers are compared in normal form NFKC
        ("s3.ｐut_object()", ["1:3 put_object"]),
        ("s3.put_obﬁect()".replace("ﬁ", "ｊ"), ["1:3 put_object"]),
    ],
)
def test_counted(source: str, expected: list[str]) -> None:
    assert places(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # what it writes is not seen in it
        ("def put_object(): requests.put(url)\nput_object()", ["2:0 put_object"]),
        ("async def put_object(): ...\nmap(put_object, x)", ["2:4 put_object"]),
        ("def f():\n  def put_object(): ...\n  put_object()", ["3:2 put_object"]),
        ("if x:\n  def put_object(): ...\nelse:\n  def put_object(): s3.put_object()\nput_object()", [
            "4:23 put_object", "5:0 put_object",
        ]),
        ("def put_object(): put_object()", ["1:18 put_object"]),
        ("def put_object(): upload_file()\ndef upload_file(): put_object()", ["1:18 upload_file", "2:19 put_object"]),
        ("put_object()\ndef put_object(x=s3.put_object()): ...", ["1:0 put_object", "2:20 put_object"]),
        # what it writes is counted in it
        ("def put_object(): s3.put_object()\nput_object()\nmap(put_object, x)", ["1:21 put_object"]),
        ("def put_object():\n  def f(): s3.upload_file()\nput_object()", ["2:14 upload_file"]),
        ("def put_object(): s3.put_object(); put_object()", ["1:21 put_object"]),
        ("def put_object(): upload_file()\ndef upload_file(): s3.upload_file()\nput_object()", ["2:22 upload_file"]),
        ("def put_object(): upload_file()\ndef upload_file(): ...\nput_object()", ["1:18 upload_file"]),
        # a method is not known by its name alone
        ("class C:\n  def put_object(self): s3.put_object()\n  def f(self): self.put_object()", [
            "2:27 put_object", "3:20 put_object",
        ]),
    ],
)
def test_function_of_the_same_file(source: str, expected: list[str]) -> None:
    assert places(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def put_object(): ...", id="a definition"),
        pytest.param("# s3.put_object()", id="a comment"),
        pytest.param("s3.generate_presigned_url('put_object')", id="a string that names it"),
        pytest.param("s3.put_object.assert_called_once()", id="something of the method is called"),
        pytest.param("f(s3.put_object.return_value)", id="something of the method is handed on"),
        pytest.param("f(s3.put_object[0])", id="an item of the method"),
        pytest.param("s3.put_object is old", id="compared, left"),
        pytest.param("x = old == s3.put_object", id="compared, right"),
        pytest.param("s3.put_object = f", id="assigned to"),
        pytest.param("s3.put_object += f", id="assigned to in place"),
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
        pytest.param("getattr(s3.put_object, x)", id="something of the method, by getattr()"),
        pytest.param("match x:\n  case s3.put_object: ...", id="a pattern's value"),
        pytest.param("match x:\n  case s3.put_object(): ...", id="a pattern's class"),
        pytest.param("match x:\n  case {s3.put_object: 1}: ...", id="a pattern's key"),
        pytest.param("match s3.put_object:\n  case 1 | _: ...", id="a match's subject that gets no name"),
        pytest.param("match x:\n  case y if s3.put_object: ...", id="a match's guard"),
        pytest.param("s3.put_object if x else None", id="a branch, thrown away"),
        pytest.param("None if x else s3.put_object", id="the other branch, thrown away"),
        pytest.param("while s3.put_object: ...", id="a loop's condition"),
        pytest.param("print('put', s3.put_object)", id="printed by print()"),
        pytest.param("builtins.callable(s3.put_object)", id="probed by builtins.callable()"),
        pytest.param("from builtins import callable\ncallable(s3.put_object)", id="probed by an imported callable()"),
        pytest.param("getattr(s3, 'put_' 'object')()  # put_object", id="a name in pieces"),
        pytest.param("getattr(s3, 'put\\x5fobject')()  # put_object", id="a name with an escape"),
        pytest.param("x.getattr(s3, 'put_object')()", id="another getattr"),
        pytest.param("f(s3, 'put_object')()", id="another function"),
        pytest.param("def f(x: s3.put_object) -> s3.put_object: ...", id="an annotation"),
        pytest.param("async def f() -> s3.put_object: ...", id="an annotation of an async function"),
        pytest.param("x: s3.put_object", id="an annotation of a variable"),
        pytest.param("try: ...\nexcept s3.put_object: ...", id="compared with an exception"),
        pytest.param("getattr(s3, 'put_object')", id="got and thrown away"),
        pytest.param("callable(getattr(s3, 'put_object', None))", id="getattr probed"),
        pytest.param("getattr(s3, 'put_object').assert_called()", id="something of what getattr gets"),
        pytest.param("getattr(s3, put_object)()", id="getattr with a name that is not constant"),
        pytest.param("getattr(s3, 1)()", id="getattr with something else"),
        pytest.param("getattr(s3)()", id="getattr without a name"),
        pytest.param("setattr(s3, 'put_object', f)", id="setattr"),
        pytest.param("getattr(s3, 'ｐut_object')()", id="a string is not normalised as an identifier is"),
        pytest.param("Object.put()", id="not on an instance"),
        pytest.param("(lambda: s3.Object(b, k))().put()", id="what a function returns"),
        pytest.param("[s3.Object(b, k)][0].put()", id="an item of a list"),
        pytest.param("self.Object().x.put()", id="something between"),
    ],
)
def test_not_counted(source: str) -> None:
    assert places(source) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("type X = s3.put_object", id="a type"),
        pytest.param("def f[T: s3.put_object](): ...", id="the bound of a type parameter"),
        pytest.param("def f[T = s3.put_object](): ...", id="the default of a type parameter"),
        pytest.param("def f[**P = s3.put_object](): ...", id="the default of parameters"),
        pytest.param("def f[*T = s3.put_object](): ...", id="the default of more type parameters"),
    ],
)
def test_types_are_not_counted(source: str) -> None:
    assert places(_parsed(source)) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("t'{s3.put_object}'", ["1:6 put_object"]),
        ("try: ...\nexcept A, B:\n  s3.put_object()", ["3:5 put_object"]),
        ("lazy from lib import put_object\nput_object()", ["2:0 put_object"]),
        ("lazy import lib as l\nl.s3.put_object()", ["2:5 put_object"]),
        ("[*s3.put_object() for x in y]", ["1:5 put_object"]),
    ],
)
def test_new_syntax(source: str, expected: list[str]) -> None:
    assert places(_parsed(source)) == expected


def _parsed(source: str) -> str:
    try:
        ast.parse(source)
    except SyntaxError:
        pytest.skip("syntax of a newer Python")
    return source


@pytest.mark.parametrize(
    "name",
    [
        "ascii", "bool", "callable", "dir", "format", "getattr", "hasattr", "hash", "help", "id", "isinstance",
        "issubclass", "print", "repr", "str", "type", "vars",
    ],
)
def test_builtin_that_inspects(name: str) -> None:
    assert [call.method for call in find(f"x = {name}(s3.put_object)\n{name}(x, y=s3.upload_file)")] == ["upload_file"]


def _within(field: str, node: ast.expr) -> object:
    """Return the value of a field with an expression in it."""
    name = ast.Name("x", ast.Store())
    target = ast.Attribute(node, "x", ast.Store())
    nodes: dict[str, ast.AST] = {
        "arguments": ast.arguments([], [], None, [], [], None, [node]),
        "cases": ast.match_case(ast.MatchValue(node), None, []),
        "generators": ast.comprehension(name, node, [], 0),
        "handlers": ast.ExceptHandler(node, None, []),
        "items": ast.withitem(node, None),
        "keywords": ast.keyword("x", node),
        "optional_vars": target,
        "target": target,
        "targets": target,
    }
    body = ast.Expr(node)
    is_list = field in LISTS
    return [nodes.get(field, body if field in STATEMENTS else node)] if is_list else nodes.get(field, node)


STATEMENTS = {"body", "finalbody", "orelse"}
LISTS = STATEMENTS | {
    "argtypes", "args", "bases", "cases", "comparators", "decorator_list", "defaults", "dims", "elts", "generators",
    "handlers", "ifs", "items", "keys", "keywords", "kw_defaults", "kwd_patterns", "kwonlyargs", "patterns",
    "posonlyargs", "targets", "type_ignores", "type_params", "values",
}
TEXTS = {"arg", "asname", "attr", "id", "kwd_attrs", "lineno", "module", "name", "names", "rest", "str", "tag"}
OTHERS = {"conversion", "ctx", "is_async", "is_lazy", "kind", "level", "op", "ops", "simple", "type_comment"}
LEAVES = (ast.Constant, ast.alias)
NODES = [
    (node_type, field)
    for name, node_type in sorted(vars(ast).items())
    if isinstance(node_type, type) and issubclass(node_type, ast.AST) and node_type.__name__ == name
    if not issubclass(node_type, LEAVES)
    for field in node_type._fields
    if field not in TEXTS | OTHERS or (name, field) == ("TypeAlias", "name")
    # is a name
    if (name, field) != ("NamedExpr", "target")
]


def methods_within(node_type: type[ast.AST], tested: str) -> list[str]:
    """Return the methods that are found in a node with a call in one of its fields."""
    text = "x.s3.put_object()"
    call = ast.parse(text, mode="eval").body
    fields: dict[str, object] = {field: [] if field in LISTS else None for field in node_type._fields}
    fields |= {field: "x" for field in TEXTS & fields.keys()}
    fields |= {field: ast.Name("x", ast.Load()) for field in {"context_expr", "func"} & fields.keys()}
    fields[tested] = _within(tested, call)
    if issubclass(node_type, (ast.AsyncFunctionDef, ast.FunctionDef, ast.Lambda)):
        fields["args"] = _within("arguments", call if tested == "args" else ast.Name("x", ast.Load()))
    node = node_type(**fields)
    tree = ast.Module([node if isinstance(node, ast.stmt) else ast.Expr(node)], [])  # type: ignore[arg-type]
    found = find_calls(ast.fix_missing_locations(tree), [text], compile_patterns(DEFAULT_PATTERNS))
    return [call.method for call in found]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_node() -> None:
    """A call is found wherever it stands in a node, whatever the node is: a newer Python has more of them."""
    found = {(node_type.__name__, field): methods_within(node_type, field) for node_type, field in NODES}
    assert len(found) > 80
    assert {place: methods for place, methods in found.items() if methods != ["put_object"]} == {}


def test_unknown_node() -> None:
    """A method in syntax that is not known is rather counted than missed."""
    class Unknown(ast.expr):
        _fields = ("value", "values")
        value = ast.parse("s3.put_object", mode="eval").body
        values = (ast.parse("s3.upload_file", mode="eval").body, None, "text")

    tree = ast.fix_missing_locations(ast.Module([ast.Expr(Unknown())], []))
    found = find_calls(tree, ["s3.put_object; s3.upload_file"], compile_patterns(DEFAULT_PATTERNS))
    assert {call.method for call in found} == {"put_object", "upload_file"}


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
    ("source", "shown"),
    [
        ("s3.put_object(Key='a/b.json')", 'put_object("a/b.json")'),
        ("s3.put_object(b, k)", "put_object(...)"),
        ("partial(s3.put_object, Key='a')", 'put_object("a") passed as a value'),
        ("submit(s3.put_object if x else y, Key='a')", 'put_object("a") passed as a value'),
        ("(s3.put_object if x else y)(Key='a')", 'put_object("a")'),
        ("put = s3.put_object", "put_object passed as a value"),
        ("retry(f=s3.put_object, Key='a')", "put_object passed as a value"),
        ("s3.Object(b, 'a').put(Body=x)", 'put("a")'),
    ],
)
def test_shown(source: str, shown: str) -> None:
    assert [call.shown for call in find(source)] == [shown]


def test_arguments_behind_a_method() -> None:
    """``submit(s3.upload_file, path, bucket, key)`` passes the method its arguments, by place."""
    pattern = parse_pattern("*.upload_file")._replace(key=("2",))
    assert [call.key for call in find("submit(pool, s3.upload_file, 'p', 'b', 'k')", [pattern])] == ["k"]
    assert [call.name_key for call in find("s3.upload_file('p', 'b', f'k/{x}')", [pattern])] == ["k/{}"]


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


@pytest.mark.parametrize(
    "source",
    [
        """(f'''a\n {b}\n''' f'''é \n {getattr(s3, "put_object")()}''')""",
        """f'''\n{x:{getattr(s3,\n"put_object")()}}'''""",
    ],
)
def test_getattr_inside_fstring(source: str) -> None:
    assert len(find(source)) == 1


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x: 'Object'): x.put()", ["1:22 put"]),
        ("def f(x: 'no Python ('): x.put()", []),
        ("def f(x: 'no\\0Python'): x.put()", []),
        (f"def f(x: '{' | '.join(['Object'] * 20_000)}'): x.put()", []),
        ("def f(x: None | s3.Object): x.put()", ["1:30 put"]),
        ("def f(x: Optional[Object]): x.put()", ["1:30 put"]),
        ("def f(x: Union[None, Object]): x.put()", ["1:33 put"]),
        ("def f(x: list[Object]): x.put()", []),
        (
            "class A:\n @cached_property\n def o(self): return s3.Object(b, k)\n def f(self): self.o.put()",
            ["4:21 put"],
        ),
        ("class A:\n def o(self): return s3.Object(b, k)\n def f(self): self.o.put()", []),
        ("def o(): return s3.Object(b, k)\no().put()", ["2:4 put"]),
        ("def o(): yield s3.Object(b, k)\nwith o() as x: x.put()", ["2:17 put"]),
    ],
)
def test_receivers(source: str, expected: list[str]) -> None:
    """What a parameter or a property is annotated to be, or returns."""
    assert places(source) == expected


@pytest.mark.parametrize(("bases", "is_found"), [(2, True), (9, False)])
def test_only_so_many_bases_are_followed(bases: int, is_found: bool) -> None:
    classes = "class A0:\n def o(self): return s3.Object(b, k)\n" + "".join(
        f"class A{number + 1}(A{number}): pass\n" for number in range(bases)
    )
    found = places(f"{classes}class B(A{bases}):\n def f(self): self.o().put()\n")
    assert bool(found) is is_found


def test_deep_chain() -> None:
    """Python builds no tree for a chain deeper than it can; this one it can, and our walk must not recurse."""
    depth = 900
    source = "s3" + ".put_object()" * depth
    assert len(find(source)) == depth


@pytest.mark.once
@pytest.mark.parametrize(
    "make",
    [
        lambda size: f"x = [{'s3.put_object(), ' * size}]",
        lambda size: f"submit({'s3.put_object, ' * size})",
        lambda size: f"'{'é' * size}'; " + "s3.put_object(); " * size,
        lambda size: f"({' or '.join(['x', 'y.z'] * size)}).put_object()",
        lambda size: "".join(f"def f{number}(x): s3.put_object(Key=x)\n" for number in range(size)),
        lambda size: "".join(f"def put_{number}(): put_{number + 1}()\n" for number in range(size)) + "put_0()\n",
        lambda size: f"{'lambda: ' * 50}s3.put_object()\n" * size,
    ],
    ids=["one line", "values", "not ASCII", "branches", "functions", "functions that call on", "lambdas"],
)
def test_grows_with_the_source(make: Callable[[int], str]) -> None:
    patterns = [*DEFAULT_PATTERNS, "put_*"]
    assert growth(make, lambda source: find(source, patterns), 25) < LINEAR


def test_lone_carriage_return() -> None:
    """Python takes it for the end of a line, but lines that an editor passes on standard input need not end there."""
    source = "x = 1\rs3.put_object()\r"
    (call,) = find_calls(ast.parse(source), [source], compile_patterns(DEFAULT_PATTERNS))
    assert (call.line, call.scope) == (1, "<module>")
