"""Which key a PUT call writes, and which functions take it from their callers."""
from __future__ import annotations

import ast
import io
import re
import sys
import textwrap

import pytest

from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.calls import PutCall
from flake8_artifact_pin.source.patterns import compile_patterns
from flake8_artifact_pin.source.patterns import DEFAULT_PATTERNS

MATCHER = compile_patterns([*DEFAULT_PATTERNS, "save"])


def find(source: str) -> tuple[PutCall, ...]:
    return find_calls(ast.parse(source), list(io.StringIO(source)), MATCHER)


def the_call(source: str) -> PutCall:
    call, = find(source)
    return call


def taker(source: str) -> str | None:
    """Return the name and line of the function that takes the key of the only PUT call."""
    found = the_call(source).key_taker
    return found and f"{found.name}:{found.line}{' method' * found.is_method}"


# expressions of parameters that have no text which names an artifact
@pytest.mark.parametrize(
    "key",
    [
        "key",
        "(key)",
        "str(key)",
        "key.lower()",
        "key[1:]",
        "key['Key']",
        "key['a']['b']",
        "prefix + '/' + key",
        "PREFIX + key",
        "self.prefix + key",
        "f'{key}'",
        "f'{prefix}/{key}.parquet'",
        "f'{key:%Y-%m-%d}/{key!r}'",
        "f'{PREFIX}{key}.tar.gz'",
        "f'{key}.parquet' if prefix else f'{key}.csv'",
        "key or prefix",
        "(k := key)",
        "'/'.join([prefix, key])",
        "'/'.join(part for part in key)",
        "os.path.join(prefix, key)",
        "os.path.basename(key) + '.csv'",
        "(Path(prefix) / key).as_posix()",
        "'%s/%s.csv' % (prefix, key)",
        "'%02d.csv' % key",
        "'%-10s.csv' % key",
        "'%(key)s.csv' % {'key': key}",
        "'%%%s' % key",
        "'{}/{}.csv'.format(prefix, key)",
        "'{k}.csv'.format(k=key)",
        "'{0:>8}.json'.format(key)",
        "'2024/' + key",
        "build(key, 1, True, None)",
        "args[0]",
        "kwargs['Key']",
        "keyword_only",
        "positional_only",
    ],
)
def test_taken(key: str) -> None:
    source = (
        "def f(positional_only, /, key, prefix, *args, keyword_only, **kwargs):\n"
        f"    s3.put_object(Key={key}, Body=b'', Bucket='bucket')\n"
    )
    assert taker(source) == "f:1"


# texts that name an artifact, and what is no parameter of the function
@pytest.mark.parametrize(
    "key",
    [
        "'prices.parquet'",
        "'prices/' + key",
        "f'prices/{key}.parquet'",
        "f'{key}/prices.parquet'",
        "f'{key}_raw'",
        "f'{key:x}' 'é'",
        "os.path.join('prices', key)",
        "'prices/%s.csv' % key",
        "'%s.d/prices' % key",
        "'prices/{}'.format(key)",
        "'{}/日本'.format(key)",
        "build(key, 'prices')",
        "PREFIX + '/'",
        "KEY",
        "config.KEY",
        "self",
        "self.key",
        "cls.key",
        "KEYS[key]",
        "other",
        "lambda: other",
        "[name for name in NAMES]",
        "1",
    ],
)
def test_not_taken(key: str) -> None:
    source = f"KEY = PREFIX = 'x'\ndef f(self, cls, key):\n    s3.put_object(Key={key})\n"
    assert taker(source) is None


# A body of ``def f(key, keys, **kwargs)``. Expected: is the key taken?
@pytest.mark.parametrize(
    ("body", "is_taken"),
    [
        ("name = key\nput(Key=name)", True),
        ("name = other = f'{key}.csv'\nput(Key=name)", True),
        ("name: str = key\nput(Key=name)", True),
        ("a = key\nb = a\nc = f'{b}.csv'\nput(Key=c)", True),
        ("name = f'prices/{key}'\nput(Key=name)", False),
        ("name = 'prices'\nput(Key=f'{name}/{key}')", False),
        ("name: str\nput(Key=name)", False),
        ("name = NAMES\nput(Key=name)", False),
        ("a = b\nb = a\nput(Key=a)", False),
        ("self.name = key\nput(Key=name)", False),
        # one of two values: which one, the source does not tell
        ("name = key\nif x:\n    name = 'prices'\nput(Key=name)", False),
        # a parameter may get another value, too
        ("key = f'prices/{key}'\nput(Key=key)", False),
        ("key = f'{key}.csv'\nput(Key=key)", True),
        ("key += '.csv'\nput(Key=key)", True),
        # loops
        ("for name in keys:\n    put(Key=name)", True),
        ("async def g():\n    async for name in keys:\n        put(Key=name)", True),
        ("for name in sorted(keys):\n    put(Key=f'{name}.csv')", True),
        ("[put(Key=name) for name in keys]", True),
        ("for name in keys:\n    put(Key=f'prices/{name}')", False),
        ("for name in ('a', 'b'):\n    put(Key=name)", False),
        ("for name in NAMES:\n    put(Key=name)", False),
        ("for number, name in enumerate(keys):\n    put(Key=name)", True),
        ("for name, frame in keys.items():\n    put(Key=f'{name}.parquet')", True),
        # what is handed through
        ("put(**kwargs)", True),
        ("put(Bucket='b', **kwargs)", True),
        ("put(**dict(Key=key))", True),
        ("put(**{'Key': 'prices'})", False),
        ("put(**self.arguments)", False),
        ("put(Key='prices', **kwargs)", False),
        ("put()", False),
        ("put(Body=key)", False),
        ("put(*keys)", False),
        # the positional key
        ("s3.upload_file(key, 'bucket', 'prices')", False),
        ("s3.upload_file('path', 'bucket', key)", True),
        ("s3.upload_fileobj(file, 'bucket', key)", True),
        ("bucket.upload_file('path', key)", True),
        ("s3.upload_file(key)", False),
        ("s3.upload_file(*keys)", False),
        ("s3.upload_file('path', 'bucket', Key=key)", True),
        ("resource.Object('bucket', key).put(Body=b'')", True),
        ("resource.Object(bucket_name='bucket', key=key).put()", True),
        ("resource.Object('bucket', key=key).put()", True),
        ("bucket.Object(key).put()", True),
        ("resource.Object(key, 'prices').put()", False),
        ("resource.Object(*keys).put()", False),
        ("resource.Object().put()", False),
        # a call that is neither of them says nothing of its key
        ("save(key)", False),
        ("save(Key=key)", True),
        # called elsewhere
        ("getattr(s3, 'put_object')(Key=key)", True),
        ("submit(s3.upload_file, 'path', 'bucket', key)", True),
        ("submit(s3.upload_file, key, 'bucket', 'prices')", False),
        ("partial(s3.put_object, Key=key)", True),
        ("alias = s3.put_object", False),
        ("(lambda name: put(Key=name))(key)", False),
        ("(lambda name: put(Key=key))(name)", True),
    ],
)
def test_bodies(body: str, is_taken: bool) -> None:
    body = re.sub(r"(?<!\.)\bput\(", "s3.put_object(", body)
    source = "def f(key, keys, **kwargs):\n" + textwrap.indent(body, "    ")
    assert taker(source) == ("f:1" if is_taken else None)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s3.put_object(Key=key)", None),
        ("async def f(key): await s3.put_object(Key=key)", "f:1"),
        ("@cache\n@retry(3)\ndef f(key): s3.put_object(Key=key)", "f:3"),
        ("class A:\n    def f(self, key): s3.put_object(Key=key)", "A.f:2 method"),
        ("class A:\n    @staticmethod\n    def f(key): s3.put_object(Key=key)", "A.f:3 method"),
        ("class A:\n    if x:\n        def f(self, key): s3.put_object(Key=key)", "A.f:3 method"),
        ("class A:\n    class B:\n        def f(self, key): s3.put_object(Key=key)", "A.B.f:3 method"),
        ("def f():\n    class A:\n        def g(self, key): s3.put_object(Key=key)", "f.A.g:3 method"),
        ("class A:\n    def f(self):\n        def g(key): s3.put_object(Key=key)", "A.f.g:3"),
        ("def f(key):\n    def g():\n        s3.put_object(Key=key)", "f:1"),
        ("def f(key):\n    def g(key):\n        s3.put_object(Key=key)", "f.g:2"),
        ("def f(name):\n    key = f'{name}.csv'\n    def g():\n        s3.put_object(Key=key)", "f:1"),
        ("def f(key):\n    def g():\n        key = 'prices'\n        s3.put_object(Key=key)", None),
        ("def f(key):\n    class A:\n        s3.put_object(Key=key)", "f:1"),
        # a default value and a decorator belong to what is around the function
        ("def f(key, x=s3.put_object(Key=key)): pass", None),
        ("def f(key):\n    @s3.put_object(Key=key)\n    def g(other): pass", "f:1"),
    ],
)
def test_functions(source: str, expected: str | None) -> None:
    assert taker(source) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("key", ()),
        ("'x'", ("'x'",)),
        ("f'{day}/x.csv'", ("'/x.csv'",)),
        ("f'{day}/' 'x' \".csv\"", ("'/x.csv'",)),
        ("'a' + key + 'b'", ("'b'", "'a'")),
        ("b'x'", ("b'x'",)),
        ("KEY", ("KEY",)),
        ("config.KEY_2 + key", ("KEY_2",)),
        ("Config.Key", ()),
        ("KEYS[1]", ("KEYS", "1")),
        ("keys['x']", ("'x'",)),
    ],
)
def test_fixed_parts(key: str, expected: tuple[str, ...]) -> None:
    assert the_call(f"s3.put_object(Key={key})").fixed_parts == expected
    assert the_call("s3.put_object()").fixed_parts == ()


def work(source: str) -> int:
    """Return how many functions Python runs to find the PUT calls."""
    events = []
    sys.setprofile(lambda frame, event, argument: events.append(event))
    try:
        find(source)
    finally:
        sys.setprofile(None)
    return events.count("call")


@pytest.mark.parametrize("key", ["key", "'x'", "name"])
@pytest.mark.parametrize(("depth", "number"), [(1, 50), (20, 10)])
def test_work_grows_with_the_size(key: str, depth: int, number: int) -> None:
    """A function with many PUT calls is looked through once, not once for each of them."""
    functions = "".join(f"{' ' * level}def f{level}(key):\n" for level in range(depth))
    call = f"{' ' * depth}s3.put_object(Key={key})\n"
    once, twice = (work(f"{functions}{' ' * depth}name = other\n{call * count}") for count in (number, 2 * number))
    assert twice < 2.5 * once
