from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.calls import PutCall
from flake8_artifact_pin.source.stores import compile_matcher
from flake8_artifact_pin.source.stores import imported_stores
from flake8_artifact_pin.source.stores import store_names
from flake8_artifact_pin.source.stores import STORES

PAGE = Path(__file__, "../../../flake8_artifact_pin/docs/stores.md").resolve()
LABELS = Path(__file__).parent / "corpus" / "labels.json"


def stores_of(source: str) -> list[str]:
    """Return the stores of the calls of a source; what the prefilter passes over must have none."""
    matcher = compile_matcher(["*"])
    calls = find_calls(ast.parse(source), source.splitlines(keepends=True), matcher)
    assert matcher.may_match(source) or not calls
    return [call.store for call in calls]


@pytest.mark.parametrize(
    ("store", "source"),
    [
        ("s3", "s3.put_object(Bucket=b, Key=k)"),
        ("s3", "o = s3.Object(b, k)\no.put(Body=x)"),
        ("s3", "async def f():\n  async with session.resource('s3') as s3:\n    (await s3.Object(b, k)).put()"),
        ("s3", "s3.copy({'Bucket': b, 'Key': k}, b, k)"),
        ("s3", "bucket = res.Bucket(b)\nbucket.copy(source, k)"),
        ("s3", "target.copy_from(CopySource=source)"),
        ("s3", "rds.start_export_task(S3BucketName=b, S3Prefix=p)"),
        ("gcs", "bucket.blob(name).upload_from_string(text)"),
        ("gcs", "from prefect_gcp.cloud_storage import cloud_storage_upload_blob_from_file as put\nput(f, b, n)"),
        ("gcs", "GcsBucket.load('x').upload_from_path(path, to_path=path)"),
        ("gcs", "with bucket.blob(name).open('w') as out: ..."),
        ("gcs", "bucket.copy_blob(blob, other, name)"),
        ("azure", "container.upload_blob(name=n, data=d)"),
        ("azure", "file_client.rename_file(new_name=n)"),
        ("minio", "client.fput_object(b, k, path)"),
        ("fsspec", "from smart_open import open\nwith open(url, 'w') as out: ..."),
        ("fsspec", "import fsspec as f\nf.open(url, mode='ab')"),
        ("fsspec", "store, path = fsspec.core.url_to_fs(url)\nstore.pipe(path, data)"),
        ("fsspec", "class C:\n  def __init__(self): self.x = S3FileSystem()\n  def f(self): self.x.put(a, b)"),
        ("fsspec", "client.upload(lpath=p, rpath=r)"),
        ("fsspec", "fs.write_bytes(path=p, value=b'')"),
        ("awswrangler", "import awswrangler as w\nw.s3.to_parquet(frame, path)"),
        ("airflow", "x = S3Hook()\nx.load_file(path, k, b)"),
        ("airflow", "anything.load_string(text, key=k)"),
        ("airflow", "class C:\n  def gcs(self): return GCSHook()\n  def f(self): self.gcs().upload(b, k, p)"),
        ("airflow", "class hook: pass\ndef hook(): return GCSHook()\nhook().upload(b, k, p)"),
        ("airflow", "from airflow.transfers import PostgresToS3Operator as P\nP(s3_key=k)"),
        ("airflow", "from airflow.transfers import SalesforceToGcsOperator\nSalesforceToGcsOperator(query=q)"),
        ("glue", "context.write_dynamic_frame.from_options(frame=f, connection_type='s3')"),
        ("glue", "sink = context.getSink(path=p)\nsink.writeFrame(f)"),
        ("spark", "frame.write.mode('append').partitionBy('day').parquet(path)"),
        ("spark", "writer = frame.write.format('delta')\nwriter.save(path)"),
        ("spark", "model.write().overwrite().save(path)"),
        ("delta", "from deltalake import write_deltalake\nwrite_deltalake(url, frame)"),
        ("delta", "m = table.merge(f, 'x')\nm.whenMatchedUpdateAll().execute()"),
        ("zarr", "zarr.open(store, mode='a')"),
        ("pandas", "frame.to_csv(url, storage_options=o)"),
        ("pandas", "from pyarrow.parquet import write_table\nwrite_table(t, url, filesystem=fs)"),
        ("pandas", "pq.write_metadata(schema, path, filesystem=fs)"),
        ("pandas", "fs.copy_files(source, url, destination_filesystem=s3)"),
        ("bigquery", "client.extract_table(table, uri)"),
        ("django", "from django.core.files.storage import default_storage\ndefault_storage.save(n, c)"),
        ("django", "import django\nself.image.save(n, c, save=False)"),
        ("django", "import django\nmedia_storage.save(name=n, content=c)"),
        ("django", "media_storage.open(path, 'w')"),
        ("boto2", "bucket.new_key(k).set_contents_from_string(text)"),
        ("arcticdb", "import arcticdb\nac = arcticdb.Arctic(u)\nx = ac['a']\nx.write(symbol, frame)"),
        ("cloudpathlib", "p = AnyPath(url)\nwith p.open('w') as out: ..."),
        ("cloudpathlib", "p = Path(a)\nif far: p = S3Path(a)\np.with_suffix('.xml').open('wb')"),
        ("cloudpathlib", "root = UPath(url)\np = root / a / b / c / d / e\np.open('w')"),
    ],
)
def test_writes(store: str, source: str) -> None:
    assert stores_of(source) == [store]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("api.upload_file(path_or_fileobj=p, repo_id=r)", id="Hugging Face"),
        pytest.param("gi.libraries.upload_from_galaxy_filesystem(i, n)", id="Galaxy"),
        pytest.param("cursor.copy_from(rows, 'prices')", id="PostgreSQL"),
        pytest.param("import shutil\nshutil.copy(a, b)", id="local copy"),
        pytest.param("frame.copy(deep=True); settings.copy()", id="copies of objects"),
        pytest.param("queue.put(item); cache.put(k, **more)", id="queues"),
        pytest.param("page.extract_table(); page.extract_table(table_settings)", id="pdfplumber"),
        pytest.param("store.load_file(path); storage.load_bytes([path])", id="reads by a wrapper"),
        pytest.param("fs = gridfs.GridFS(db)\nfs.put(data, filename=n)", id="GridFS"),
        pytest.param("helper.write_bytes(path=p, data=d)", id="an own function"),
        pytest.param("fs.open(p); fs.open(p, 'rb'); fs.open(p, mode)", id="reads of a file system"),
        pytest.param("smart_open.open(url); blob.open(); blob.open('r')", id="opened for reading"),
        pytest.param("c.write_dynamic_frame.from_options(f, connection_type='mysql')", id="JDBC through Glue"),
        pytest.param("c.write_dynamic_frame.from_jdbc_conf(f, redshift_tmp_dir=t)", id="Redshift through Glue"),
        pytest.param("frame.write.jdbc(url, table); frame.write.format('jdbc').save()", id="Spark to a database"),
        pytest.param("frame.write.format('bigquery').mode('append').save('d.t')", id="a warehouse table"),
        pytest.param("frame.to_csv(path); frame.to_csv(path, **o); pd.read_csv(u, storage_options=o)", id="frames"),
        pytest.param("def f(path: UPath): return path.as_uri().replace('a', 'b')", id="text of a path"),
        pytest.param("lib.write(fd, data); lib.append(x)", id="a library that is not ArcticDB"),
        pytest.param("pq.write_metadata(schema, path); pq.read_metadata(p, filesystem=fs)", id="metadata, locally"),
        pytest.param("fs.copy_files(url, path, source_filesystem=s3)", id="a download"),
        pytest.param("def f(gcs: 'GCSHook, or none'): gcs.upload(b, k, p)", id="an annotation that is prose"),
        pytest.param("s3.Bucket(b).Tagging().put(Tagging=t); s3.Object(b, k).Acl().put(ACL=a)", id="no object"),
        pytest.param("s3.upload_part(Body=b); client.append_data(d)", id="a part of a write"),
    ],
)
def test_no_writes(source: str) -> None:
    assert stores_of(source) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import boto3", {"s3"}),
        ("from google.cloud import bigquery, storage as s", {"gcs"}),
        ("try:\n    import s3fs, gcsfs\nexcept ImportError: ...", {"fsspec"}),
        ("from azure.storage.blob import (  # a comment\n    BlobClient,\n)", {"azure"}),
        ("from google.cloud import (\n    storage,\n)", {"gcs"}),
        ("import pandas as pd\nf.to_csv(u, storage_options=o)", {"pandas"}),
        ("from airflow.providers.amazon.aws.hooks.s3 import S3Hook", {"airflow"}),
        ("import boto\nimport boto_tools", {"boto2"}),
        ("from s3path import S3Path", {"cloudpathlib"}),
        ("x = 'import boto3'\nimporting = minio", set()),
        ("", set()),
    ],
)
def test_imported_stores(source: str, expected: set[str]) -> None:
    assert imported_stores(source) == expected


def test_store_names() -> None:
    assert store_names(["gcs", "s3", "gcs"]) == ("s3", "gcs")
    assert store_names(["*"]) == tuple(STORES)
    assert compile_matcher(["s3"]) is compile_matcher(["s3", "s3"], [])


@pytest.mark.parametrize(
    ("name", "problem"),
    [("gsc", '"gsc" is not a store; did you mean "gcs"?'), ("nothing_like_it", '"nothing_like_it" is not a store')],
)
def test_unknown_store(name: str, problem: str) -> None:
    with pytest.raises(ValueError) as error:
        compile_matcher(["s3", name])
    assert str(error.value) == problem


def own_call(source: str) -> PutCall:
    (call,) = find_calls(ast.parse(source), [source], compile_matcher(["s3"], ["*.keep"]))
    return call


def test_own_pattern() -> None:
    assert own_call("archive.keep(x)")[2:9:5] == ("keep", "")
    assert own_call("archive.keep(x)").pattern == "*.keep"


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ("object_key='a/b.json', name='c'", "a/b.json"),
        ("name='c', Key=key, path='d'", "{key}"),
        ("bucket='b', filename=f'{day}.csv'", "{day}.csv"),
        ("data, dest='a'", "a"),
        # the first positional one with a text that looks like a path, or with any text
        ("client, 'my-bucket', f'prices/{day}.json', 'application/json'", "prices/{day}.json"),
        ("'prices', data, 'application/json'", "prices"),
        ("bucket, 'my-bucket', data", "my-bucket"),
        ("1, '2024/01', f'{day}/{hour}', base + 'x.csv'", "{base}x.csv"),
        # or with a name as those of keys are
        ("client, bucket_name, s3_path, name", "{s3_path}"),
        ("bucket_name, content_type, make(x), 'a' * 2", ""),
        ("*paths, 'a/b.csv'", ""),
        ("**options", ""),
        ("", ""),
    ],
)
def test_key_of_an_own_pattern(arguments: str, key: str) -> None:
    assert own_call(f"archive.keep({arguments})").key == key


def test_key_of_an_own_pattern_in_the_receiver() -> None:
    assert own_call("s3.Object('b', 'a.csv').keep('text/plain')").key == "a.csv"
    assert own_call("bucket.Object('a.csv').keep('text/plain')").key == "a.csv"


def test_wrapper_of_an_own_pattern() -> None:
    assert own_call("def f(data, key): archive.keep(data, key)").key_parameter
    assert own_call("def f(data): archive.keep(data)").key_parameter is None


@pytest.mark.parametrize("name", STORES)
def test_page(name: str) -> None:
    """The manual lists each store with its modules and patterns, and no others."""
    page = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (`.*?`) \| .+ \|$", page, re.M))
    sections = dict(re.findall(r"^### (\w+)\n\n```text\n(.*?)\n```$", page, re.M | re.S))
    assert list(rows) == list(sections) == list(STORES)
    assert re.findall("`(.*?)`", rows[name]) == list(STORES[name].modules)
    # a line that goes on is indented
    lines = re.sub(r"\n +", " ", sections[name]).split("\n")
    patterns = [pattern for line in lines for pattern in spelled_out(*line.split(": "))]
    assert sorted(patterns) == sorted(set(STORES[name].patterns))


def spelled_out(receivers: str, methods: str) -> list[str]:
    """Return the patterns of a line of the page: each receiver with each method; of a function there is no receiver."""
    return [f"{receiver}.{method}".lstrip(".") for receiver in receivers.split(" ") for method in methods.split(" ")]


def test_labels() -> None:
    """The labelled corpus has twenty repositories and more, places and verdicts, and nobody's code."""
    repositories = json.loads(LABELS.read_text(encoding="utf-8"))
    labels = [label for repository in repositories.values() for label in repository["labels"]]
    assert len(repositories) >= 20
    assert {verdict for _, _, verdict, _ in labels} == {"no", "part", "write"}
    assert {store for *_, store in labels} - {"other"} <= set(STORES)
