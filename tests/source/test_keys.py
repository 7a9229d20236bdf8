"""Which key a PUT call writes, and from which parameter it takes it."""
from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Sequence

import pytest
from support import growth
from support import LINEAR

from flake8_artifact_pin.source.keys import Key
from flake8_artifact_pin.source.keys import Keys
from flake8_artifact_pin.source.scopes import Scope
from flake8_artifact_pin.source.scopes import Scopes
from flake8_artifact_pin.source.templates import KeyParameter

PLACES = ("Key=", "2")


def read(source: str) -> tuple[Keys, list[tuple[ast.Call, Scope]]]:
    """Return what tells the keys of a source, and its PUT calls, each with its scope."""
    tree = ast.parse(source)
    scopes = Scopes(tree)
    calls = [
        (node, scope)
        for _, node, scope in scopes.walk(lambda _: True)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("put", "upload")
    ]
    return Keys(scopes), sorted(calls, key=lambda call: (call[0].lineno, call[0].col_offset))


def keys(source: str, places: Sequence[str] = PLACES) -> list[Key]:
    own, calls = read(source)
    return [own.key(call, places, scope) for call, scope in calls]


def template(source: str, places: Sequence[str] = PLACES) -> str:
    """Return the template of the last PUT call."""
    return keys(source, places)[-1].template


# Expressions in ``def f(self, day, key, rows, *parts, **more)`` of a class, below these names of the module.
MODULE = """
import os, posixpath, config
from settings import BUCKET
PREFIX = "prices"
BASE = PREFIX + "/daily"
FORMAT = "{}/{name}.csv"
KEYS = {"alpha": "alpha.csv", "beta": f"{PREFIX}/beta.csv"}
PARTS = ["prices", "raw"]
NOTHING = None
class Names:
    BOARD = "board.json"
    COUNTER = 0
"""
EXPRESSIONS = [
    ("'a/b.csv'", "a/b.csv"),
    ("'é/{day}.csv'", "é/{{day}}.csv"),
    ("5", "5"),
    ("True", "{...}"),
    ("None", "{...}"),
    ("day", "{day}"),
    ("self.day", "{self.day}"),
    ("BUCKET", "{BUCKET}"),
    ("NOTHING", "{NOTHING}"),
    ("BASE", "prices/daily"),
    ("rows['name']", "{rows[name]}"),
    ("rows['a{b']", "{...}"),
    ("rows[0].name", "{rows[0].name}"),
    ("rows[day]", "{...}"),
    ("rows" + ".a" * 20, "{...}"),
    ("rows" + ".a" * 10, "{rows" + ".a" * 10 + "}"),
    ("PREFIX[1:]", "{...}"),
    ("KEYS['beta']", "prices/beta.csv"),
    ("KEYS['gamma']", "{KEYS[gamma]}"),
    ("KEYS[day]", "{...}"),
    ("config.make(day)", "{config.make()}"),
    ("(lambda: 'a')()", "{...}"),
    # f-strings
    ("f'{PREFIX}/{day}.csv'", "prices/{day}.csv"),
    ("f'{day:%Y-%m-%d}/{day!r}/{5:03}'", "{day}/{day}/{...}"),
    ("f'{day!s}{PREFIX!s}{PREFIX!r}'", "{day}prices{PREFIX}"),
    ("f'{f\"{PREFIX}/{day}\"}.csv'", "prices/{day}.csv"),
    ("f'{{{day}}}'", "{{{day}}}"),
    # what Airflow fills in
    ("'raw/{{- macros.ds_add(ds, 1) | upper }}/x.json'", "raw/{macros.ds_add}/x.json"),
    ("f'{PREFIX}/{{{{ params.day }}}}/{day}.csv'", "prices/{params.day}/{day}.csv"),
    ("f'{{{{ ti.xcom_pull(\"{day}\") }}}}/x.csv'", "{ti.xcom_pull}/x.csv"),
    ("'{{ ds' + day + '}}'", "{ds}"),
    ("'{{ }}/{{}}'", "{{{{ }}}}/{{{{}}}}"),
    ("'{{ {1: 2}[ds] }}'", "{{{{ {{1: 2}}[ds] }}}}"),
    # operators
    ("PREFIX + '/' + day + '.csv'", "prices/{day}.csv"),
    ("'a' - day", "{...}"),
    ("'%s/%s.csv' % (PREFIX, day)", "prices/{day}.csv"),
    ("'%03d%%.csv' % day", "{day}%.csv"),
    ("'%03d.csv' % 5", "{...}.csv"),
    ("'%(d)s/%(x)s.csv' % {'d': PREFIX}", "prices/{x}.csv"),
    ("'%s/%s.csv' % rows", "{rows}/{...}.csv"),
    ("(day + '/%s.csv') % key", "{day}/{key}.csv"),
    ("(BASE + '/%s.csv') % day", "prices/daily/{day}.csv"),
    ("Path(PREFIX) / day / 'x.csv'", "prices/{day}/x.csv"),
    ("Path('/a') / '/b'", "/b"),
    # str.format
    ("'{}/{}.csv'.format(PREFIX, day)", "prices/{day}.csv"),
    ("'{0}/{0}/{p}{{}}.csv'.format(day, p=PREFIX)", "{day}/{day}/prices{{}}.csv"),
    ("FORMAT.format(name=day)", "{...}/{day}.csv"),
    ("FORMAT.format(*parts, **more)", "{...}/{name}.csv"),
    ("FORMAT.format_map({'name': day})", "{...}/{day}.csv"),
    ("FORMAT.format_map()", "{...}/{name}.csv"),
    ("'{0.year}/{1[a]}/{x.y}'.format(day, rows)", "{day.year}/{rows[a]}/{x.y}"),
    ("'{.year}/{x.y}'.format()", "{...}/{x.y}"),
    ("'{:>5}/{!r}/{:5}'.format(day, day, 'a')", "{day}/{day}/{...}"),
    ("'{2}{x}{99999}'.format(day)", "{...}{x}{99999}"),
    ("'{'.format(day)", "{...}"),
    ("key.format(day=day)", "{key}"),
    # joined
    ("os.path.join(PREFIX, day, 'x.csv')", "prices/{day}/x.csv"),
    ("os.path.join(PREFIX + '/', 'x.csv')", "prices/x.csv"),
    ("os.path.join('a', '', '/b')", "/b"),
    ("os.path.join(PREFIX, *parts)", "prices/{parts}"),
    ("join(PREFIX, 'x.csv')", "prices/x.csv"),
    ("'/'.join((PREFIX, *parts, 'x.csv'))", "prices/{parts}/x.csv"),
    ("'/'.join(PARTS) + '/x.csv'", "prices/raw/x.csv"),
    ("'/'.join(map(str, [PREFIX, day]))", "prices/{day}"),
    ("'/'.join(filter(None, [PREFIX, day]))", "prices/{day}"),
    ("'/'.join(p.strip('/') for p in (PREFIX, day) if p)", "prices/{day}"),
    ("'/'.join(f'{p}x' for p in (PREFIX, day))", "{...}"),
    ("'/'.join(a for a, b in rows)", "{...}"),
    ("'/'.join(rows)", "{rows}"),
    ("'/'.join(" + "list(" * 9 + "PARTS" + ")" * 10, "{list()}"),
    ("PurePosixPath(PREFIX, 'x.csv')", "prices/x.csv"),
    ("Path(PREFIX).joinpath(day, 'x.csv').as_posix()", "prices/{day}/x.csv"),
    # the same key
    ("str(Path(PREFIX))", "prices"),
    ("('/' + PREFIX + '/x/').strip('/')", "prices/x"),
    ("f'/{day}/'.lstrip('/')", "{day}/"),
    ("f'/{day}/'.rstrip('/')", "/{day}"),
    ("f'/{day}/'.strip('/')", "{day}"),
    ("f'/{day}.csv.gz'.removesuffix('.gz').removeprefix('/')", "{day}.csv"),
    ("f'{day}/x'.lstrip('/')", "{day}/x"),
    ("PREFIX.strip(day)", "{PREFIX.strip()}"),
    ("f'A/{day}'.lower()", "a/{day}"),
    ("PREFIX.upper()", "PRICES"),
    ("f'a {day}'.replace(' ', '_')", "a_{day}"),
    ("PREFIX.replace(day, '')", "{PREFIX.replace()}"),
    ("day.strftime('%Y')", "{day}"),
    ("PREFIX.title()", "{PREFIX}"),
    ("os.path.basename(f'/tmp/{day}.csv')", "{day}.csv"),
    ("os.path.basename(day)", "{day}"),
    ("Path('/tmp/x.csv').name", "x.csv"),
    ("(await day)", "{day}"),
    ("(k := PREFIX)", "prices"),
    ("day or 'x.csv'", "{day}"),
    ("PREFIX or day", "{...}"),
    ("'a' if day else 'a'", "a"),
    ("'a' if day else 'b'", "{...}"),
    # options
    ("{'path': f's3://b/{day}', 'x': 1}", "s3://b/{day}"),
    ("{'x': 1}", "{...}"),
    # attributes
    ("self.BOARD", "own.json"),
    ("cls.BOARD", "own.json"),
    ("Names.BOARD", "board.json"),
    ("Names.BOARD.value", "board.json"),
    ("Names.OTHER.value", "{Names.OTHER.value}"),
    ("self.made", "prices/made.csv"),
    ("self.twice", "{self.twice}"),
    ("self.inherited", "inherited.csv"),
    ("self.overridden", "{self.overridden}"),
    ("self.blank", "{self.blank}"),
    ("self.a_property", "prices/{self.day}.csv"),
    # functions of the file
    ("self.key_for(name='a')", "keys/a.csv"),
    ("self.key_for()", "keys/{name}.csv"),
    ("two_returns(day)", "{two_returns()}"),
    ("identity(day)", "{identity()}"),
    ("identity('a')", "a"),
    ("endless(day)", "{endless()}"),
    ("outer()", "a"),
]
CLASS = """
class Base:
    inherited = "inherited.csv"
class Writer(Base):
    BOARD = "own.json"
    overridden = "a"
    blank = ""
    twice = "a"
    def __init__(self):
        self.made = f"{PREFIX}/made.csv"
        self.twice = "b"
    @property
    def a_property(self):
        return f"{PREFIX}/{self.day}.csv"
    def key_for(self, name):
        if name:
            return "keys/" + name + ".csv"
    async def f(self, day, key, rows, *parts, **more):
        s3.put(Key=EXPRESSION)
class Derived(Writer):
    overridden = "b"
class Further(Derived):
    pass
def two_returns(day):
    if day: return "a"
    return "b"
def identity(day):
    return day
def endless(day):
    return endless(day)
def outer():
    def inner():
        return "b"
    return "a"
"""


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS)
def test_expressions(expression: str, expected: str) -> None:
    assert template(MODULE + CLASS.replace("EXPRESSION", expression)) == expected


# The body of ``def f(day, key)``, in which k is assigned, and the template of the last call.
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("s3.put(Key=k); k = 'a'", "a"),
        ("k: str = 'a'; s3.put(Key=k)", "a"),
        ("k: str; s3.put(Key=k)", "{k}"),
        ("b, k = 'b', f'{day}.csv'; s3.put(Key=k)", "{day}.csv"),
        ("b, (c, k) = 'b', ('c', 'a'); s3.put(Key=k)", "a"),
        ("b, *k = 'b', 'a'; s3.put(Key=k)", "{k}"),
        ("k = make(day); s3.put(Key=k)", "{k}"),
        ("print(k := 'a'); s3.put(Key=k)", "a"),
        ("with x as k: s3.put(Key=k)", "{x}"),
        ("for d in day:\n        k = f'{d}.csv'\n        s3.put(Key=k)", "{d}.csv"),
        # more than one value
        ("k = 'a'; k = 'b'; s3.put(Key=k)", "{k}"),
        ("k = 'a'; k += 'b'; s3.put(Key=k)", "{k}"),
        ("for k in 'a', 'b': s3.put(Key=k)", "{k}"),
        ("k = 'a'; [s3.put(Key=k) for k in day]", "{k}"),
        ("k = 'a'; (lambda k: s3.put(Key=k))(day)", "{k}"),
        ("k = 'a'; x.append(k); x[0] = x.y[0] = k; s3.put(Key=k)", "a"),
        ("k = 'a'\n    try: pass\n    except E: s3.put(Key=k)", "a"),
        ("k = 'a'\n    import k; s3.put(Key=k)", "{k}"),
        ("k = 'a'\n    try: pass\n    except E as k: pass\n    s3.put(Key=k)", "{k}"),
        ("k = 'a'\n    match day:\n        case [k, *l]: pass\n    s3.put(Key=k)", "{k}"),
        ("k = 'a'\n    def g():\n        nonlocal k\n        k = 'b'\n    s3.put(Key=k)", "{k}"),
        ("s3.put(Key=REBOUND)", "{REBOUND}"),
        # scopes
        ("k = 'a'\n    def g(): s3.put(Key=k)", "a"),
        ("k = 'a'\n    def g(k): s3.put(Key=k)", "{k}"),
        ("k = 'a'\n    class C:\n        k = 'b'\n        def g(self): s3.put(Key=k)", "a"),
        ("class C:\n        k = 'b'\n        s3.put(Key=k)", "b"),
        ("def g():\n        k = 'a'\n    s3.put(Key=k)", "{k}"),
        ("self.k = 'a'; s3.put(Key=self.k)", "{self.k}"),
        # items
        ("p = ['a']; p.append('b'); s3.put(Key='/'.join(p))", "{p}"),
        ("s3.put(Key='/'.join(sorted(['b', 'a'])))", "{sorted()}"),
        ("p = {'k': 'a'}; p['x'] = 'b'; s3.put(Key=p['k'])", "a"),
        ("p = {}; p['k'] = 'a'; s3.put(Key=p['k'])", "a"),
        ("p = {'k': 'a'}; p['k'] = 'b'; s3.put(Key=p['k'])", "{p[k]}"),
        ("p = {'k': 'a'}; p[day] = 'b'; s3.put(Key=p['k'])", "{p[k]}"),
        ("p = {'k': 'a', **day}; s3.put(Key=p['k'])", "{p[k]}"),
        ("p = {**day, day: 'b', 'k': 'a'}; s3.put(Key=p['k'])", "a"),
        # arguments
        ("s3.put(**{'Key': 'a'})", "a"),
        ("p = dict(Bucket='b', Key='a'); p['Body'] = 'c'; s3.put(**p)", "a"),
        ("p = make(Key='a'); s3.put(**p)", ""),
        ("s3.put('file', 'bucket', 'a')", "a"),
        ("s3.put('file', *day, 'a')", ""),
        ("s3.put('file', 'bucket')", ""),
        # more digits than Python writes
        (f"s3.put(Key=0x{'f' * 9_999})", "{...}"),
    ],
)
def test_assignments(body: str, expected: str) -> None:
    source = f"REBOUND = 'a'\ndef h():\n    global REBOUND\n    REBOUND = 'b'\ndef f(day, key):\n    {body}\n"
    assert template(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A = 1\ndef f(): s3.put(Key=A.k)", "{A.k}"),
        ("def f(self): s3.put(Key=self.k)", "{self.k}"),
        ("class A:\n    K: str = 'a'\n    def f(self): s3.put(Key=self.K)", "a"),
        # a field is a parameter with a default
        ("@dataclass\nclass A:\n    k: str = 'a'\n    K: str = 'b'\n    def f(self): s3.put(Key=self.k)", "{self.k}"),
        ("class A(B):\n    k: str = 'a'\n    def f(self): s3.put(Key=self.k)", "{self.k}"),
        ("class A(m.B):\n    k = 'a'\n    def f(self): s3.put(Key=self.k)", "a"),
        ("class B:\n    k = 'a'\nclass A(C, B):\n    def f(self): s3.put(Key=self.k)", "a"),
        ("class A(A):\n    def f(self): s3.put(Key=self.k)", "{self.k}"),
        ("class A:\n    def f(self):\n        for self.k in x: s3.put(Key=self.k)", "{self.k}"),
        ("class A:\n    def g(self):\n        self.k += 'a'\n    def f(self): s3.put(Key=self.k)", "{self.k}"),
        ("class A:\n    def g(self):\n        k = 'a'\n        self.k = k\n    def f(self): s3.put(Key=self.k)", "a"),
        ("class A:\n    def g(self):\n        def h(): self.k = 'a'\n    def f(self): s3.put(Key=self.k)", "a"),
        ("class A:\n    def g(self):\n        class B:\n            def h(self): self.k = 'a'\n"
         "    def f(self): s3.put(Key=self.k)", "{self.k}"),
    ],
)
def test_classes(source: str, expected: str) -> None:
    assert template(source) == expected


@pytest.mark.parametrize(
    ("place", "body", "expected"),
    [
        (".blob(0)", "blob = bucket.blob('a'); blob.put()", "a"),
        (".blob(0)", "blob = bucket.blob(name='a'); blob.put()", ""),
        (".blob(name=)", "blob = bucket.blob(name='a'); blob.put()", "a"),
        (".*lob(0)", "bucket.get_blob('a').put()", "a"),
        (".blob(0)", "blob('a').put()", "a"),
        (".blob(0)", "x = bucket.blob\n    x('a').put()", ""),
        (".blob(0)", "(b := bucket.blob('a')).x[0].put()", "a"),
        (".blob(0)", "(await bucket.blob('a')).put()", "a"),
        (".blob(0)", "(bucket.blob('a') if x else y).put()", "a"),
        (".blob(0)", "(x or bucket.blob('a')).put()", "a"),
        (".blob(0)", "getattr(bucket, 'blob')('a').put()", "a"),
        (".blob(0)", "getattr(bucket.blob('a'), 'x').put()", "a"),
        (".blob(0)", "with bucket.blob('a') as blob: blob.put()", "a"),
        (".blob(0)", "self.x = bucket.blob('a'); self.x.put()", "a"),
        (".blob(0)", "a.blob('a').blob('b').put()", "b"),
        (".blob(0)", "[x].put()", ""),
        (".", "(Path('a') / 'b').put('c')", "a/b"),
        ("-1", "s3.put('a', 'b')", "b"),
        ("-1", "s3.put('a', *x)", ""),
        ("-3", "s3.put('a', 'b')", ""),
        ("0", "s3.put('a', *x)", "a"),
    ],
)
def test_places(place: str, body: str, expected: str) -> None:
    assert template(f"class A:\n  async def f(self, x):\n    {body}", [place]) == expected


def test_the_first_place_that_the_call_has() -> None:
    assert template("s3.put('a', name='b', Key='c')", ["path=", "name=", "Key=", "0"]) == "b"
    call = ast.Call(ast.Name("put"), [], [])
    own, _ = read("")
    assert own.key(call, ["."], own.scopes.module) == Key("", None)


@pytest.mark.parametrize(("number", "expected"), [(100, "a"), (101, "{self.k}")])
def test_only_so_many_subclasses_are_read(number: int, expected: str) -> None:
    subclasses = "".join(f"class B{index}(A): ...\n" for index in range(number))
    assert template(f"class A:\n k = 'a'\n def f(self): s3.put(Key=self.k)\n{subclasses}") == expected


# The key that ``def f(key, prefix, x, *args, only, **kwargs)`` writes, and the parameter that it is.
@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ("s3.put(Key=x)", "x"),
        ("s3.put(Key=only)", "only"),
        ("s3.put(Key=key[1:])", "key"),
        ("s3.put(Key=quote(key.removeprefix('s3://')))", "key"),
        ("s3.put(Key=key if x else key[1:])", "key"),
        ("s3.put(Key=key if x else only)", None),
        ("s3.put(**kwargs)", "kwargs"),
        # urls
        ("s3.put(Key=urlparse(key).path.lstrip('/'))", "key"),
        ("b, k = key.removeprefix('s3://').split('/', 1); s3.put(Key=k)", "key"),
        ("b, k = split_url(key); s3.put(Key=k)", "key"),
        ("b, k = split_url(key + '.csv'); s3.put(Key=k)", None),
        ("s3.put(Key=key.split('/', 3)[3])", "key"),
        ("s3.put(Key=f's3://{bucket}/{key}')", "key"),
        # a prefix from a variable, and an extension
        ("s3.put(Key=f'{prefix}/{key}.parquet')", "key"),
        ("s3.put(Key=f'{prefix}/{x}.parquet')", None),
        # assigned anew
        ("key = key.lstrip('/'); s3.put(Key=key)", "key"),
        ("key = key.replace(prefix, '').removeprefix(prefix).strip(prefix); s3.put(Key=key)", "key"),
        ("key = str(key or x)[1:].as_posix(); s3.put(Key=key)", "key"),
        ("key = " + "str(" * 20 + "key" + ")" * 20 + "; s3.put(Key=key)", None),
        ("key = make(key); s3.put(Key=key)", None),
        ("key = key if x else prefix + key; s3.put(Key=key)", "key"),
        ("key = key if x else only; s3.put(Key=key)", None),
        ("key = f'{make()}/{key}.csv'; s3.put(Key=key)", "key"),
        ("key = f's3://{bucket}/{key}'; s3.put(Key=key)", "key"),
        ("key = os.path.join(prefix, key); s3.put(Key=key)", "key"),
        ("key = '/'.join([prefix, key]); s3.put(Key=key)", "key"),
        ("key = ' and '.join([prefix, key]); s3.put(Key=key)", None),
        ("key = '/'.join(key); s3.put(Key=key)", None),
        ("key = '{}/{}'.format(prefix, key); s3.put(Key=key)", "key"),
        ("key = PREFIX + key; s3.put(Key=key)", None),
        ("key = prefix * key; s3.put(Key=key)", None),
        ("key = prefix + key + '_raw'; s3.put(Key=key)", None),
        ("x = prefix + x; s3.put(Key=x)", None),
        # through a name that is assigned more than once
        ("name = key\n    if prefix: name = prefix + key\n    s3.put(Key=name)", "key"),
        ("name = key\n    if prefix: name = f'{prefix}/{name}'\n    s3.put(Key=name)", "key"),
        ("name = key\n    if prefix: name = prefix + only\n    s3.put(Key=name)", None),
        ("name = key\n    if prefix: name = 'raw/' + key\n    s3.put(Key=name)", None),
        ("path = key + only\n    name = path\n    if prefix: name = prefix + path\n    s3.put(Key=name)", None),
        ("name = key\n    if prefix: name, x = split(key)\n    s3.put(Key=name)", None),
        ("name = key\n    if prefix: name = other\n    other = name\n    s3.put(Key=name)", None),
        ("key = f'.csv'; s3.put(Key=key)", None),
        ("key = (x * 2) + key; s3.put(Key=key)", "key"),
        ("key = " + "x + " * 20 + "key; s3.put(Key=key)", "key"),
        ("name = make\n    if prefix: name = prefix + make\n    s3.put(Key=name)", None),
        ("name = key; name = key; s3.put(Key=name)\n    def g():\n        nonlocal name\n        name = 'a'", None),
        ("key += '.csv'; s3.put(Key=key)", None),
        # an artifact has a name
        ("s3.put(Key=f'a/{key}')", None),
        ("s3.put(Key=f'.workflow/{key}')", None),
        ("s3.put(Key=f'{key}_raw')", None),
        ("s3.put(Key=config.PREFIX + key)", None),
        ("s3.put(Key=key['name'])", None),
        ("(lambda k: s3.put(Key=k))", None),
    ],
)
def test_parameters(body: str, parameter: str | None) -> None:
    found = keys(f"def f(key, prefix, x, *args, only, **kwargs):\n    {body}")[-1].parameter
    assert (found and found.name) == parameter
    assert found is None or found[:2] == ("f", 1)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a, key): s3.put(Key=key)", KeyParameter("f", 1, "key", False, ("key=", "1"))),
        ("def f(key, /): s3.put(Key=key)", KeyParameter("f", 1, "key", False, ("0",))),
        ("def f(*, key): s3.put(Key=key)", KeyParameter("f", 1, "key", False, ("key=",))),
        ("def f(*key): s3.put(Key=key)", KeyParameter("f", 1, "key", False, ())),
        ("def f(**key): s3.put(**key)", KeyParameter("f", 1, "key", False, ("Key=", "key="))),
        ("@x\nasync def f(key): s3.put(Key=key)", KeyParameter("f", 2, "key", False, ("key=", "0"))),
        ("class A:\n  @staticmethod\n  def f(key): s3.put(Key=key)",
         KeyParameter("A.f", 3, "key", True, ("key=", "0"))),
        ("class A:\n  def f(self, key):\n    def g(): s3.put(Key=key)",
         KeyParameter("A.f", 2, "key", True, ("key=", "0"))),
        ("def f(key):\n  class A:\n    def g(self): s3.put(Key=key)",
         KeyParameter("f", 1, "key", False, ("key=", "0"))),
    ],
)
def test_facts_of_parameters(source: str, expected: KeyParameter) -> None:
    assert keys(source)[-1].parameter == expected


def test_a_parameter_that_is_called_something_else_is_no_key() -> None:
    assert keys("def f(content_type): s3.put(Key=content_type)")[-1].parameter is None


def test_a_wrapper_of_a_wrapper() -> None:
    """What calls a wrapper is read as any PUT call."""
    inner, = keys("def save(data, key): s3.put(Key=key)")
    assert inner.parameter
    outer, literal = keys("def f(name): lib.upload(x, name)\nlib.upload(x, key='a')", inner.parameter.places)
    assert (outer.template, outer.parameter and outer.parameter.name) == ("{name}", "name")
    assert literal.template == "a"


def test_long_keys_stay_apart() -> None:
    """Code that nobody wrote may join very much."""
    for first, second in [
        ("'" + "a" * 5000 + "'", "'" + "a" * 2500 + "b" + "a" * 2499 + "'"),
        tuple(" + ".join([*["day", "'/'"] * 11, middle, *["day"] * 9]) for middle in ("'a'", "'b'")),
    ]:
        one, two = (template(f"def f(day): s3.put(Key={key})") for key in (first, second))
        assert one != two
        assert len(one) < 1500
    pieces = "{day}".join(letter * 400 for letter in "abc")
    assert template(f"s3.put(Key=f'{pieces}')").startswith("a" * 300)
    many = template("def f(day): s3.put(Key=f'" + "{day}/" * 2000 + "')")
    assert len(many) < 1500
    for made in ("format(day=day)", "format(*day)"):
        assert len(template("def f(day): s3.put(Key='" + "{day}/" * 160 + f"'.{made})")) < 1500


def test_only_so_much_is_read_for_the_keys_of_one_file() -> None:
    """A file that a program wrote took 33 s per MB."""
    first, *_, last = keys("def f(x):\n" + f" s3.put(Key='/'.join([{'x, ' * 24}]))\n" * 1_000)
    assert first.template.startswith("{x}/{x}")
    assert last.template == "{...}"


def test_chains_of_names_end() -> None:
    names = [f"x{number} = x{number + 1}" for number in range(50)]
    assert template("\n".join([*names, "s3.put(Key=x0)"])) == "{x5}"
    assert template("a = b\nb = a\ns3.put(Key=a)") in ("{a}", "{b}")
    assert template("a = a + 'x'\ns3.put(Key=a)").startswith("{a}")
    assert template("s3.put(Key=" + "str(" * 50 + "'a'" + ")" * 50 + ")") == "{str()}"
    assert template("s3.put(Key=" + " + ".join(["'a'"] * 50) + ")").startswith("aaa")


GROWING: dict[str, Callable[[int], str]] = {
    "a chain": lambda n: "".join(f"x{i + 1} = x{i} + x{i}\n" for i in range(n)) + "".join(
        f"s3.put(Key=x{i})\n" for i in range(n)
    ),
    "functions": lambda n: "".join(
        f"def g{i + 1}(a): return g{i}(a) + g{i}(a)\ns3.put(Key=g{i}(x))\n" for i in range(n)
    ),
    "nested calls": lambda n: "def g(a): return a + a + a + 'b'\n" + "s3.put(Key=g(g(g(g(g(g(x)))))))\n" * n,
    "classes": lambda n: "".join(f"class A{i + 1}(A{i}):\n def f(self): s3.put(Key=self.k)\n" for i in range(n)),
    "assigned anew": lambda n: "def f(x):\n" + " x = x.strip()\n" * n + " s3.put(Key=x)\n" * n,
    "parameters": lambda n: f"def f({', '.join(f'a{i}' for i in range(n))}):\n" + "".join(
        f" s3.put(Key=a{i})\n" for i in range(n)
    ),
    "receivers": lambda n: "x = s3" + ".a(1)" * 400 + "\n" + "x.put()\n" * n,
}


@pytest.mark.once
@pytest.mark.parametrize("make", GROWING.values(), ids=GROWING)
def test_time_grows_with_the_size(make: Callable[[int], str]) -> None:
    def find_keys(read: tuple[Keys, list[tuple[ast.Call, Scope]]]) -> None:
        for call, scope in read[1]:
            read[0].key(call, (*PLACES, ".b(0)"), scope)

    assert growth(lambda size: read(make(size)), find_keys, 25) < LINEAR
