"""The stores: the calls that write to each, where those calls take the key, and the modules that a store comes from.

A pattern that matches reads or local files does not belong in a store. The source tells no types (``hook``, ``fs``,
``blob``), so a pattern asks for something that only writes have: a method, an argument, a chain of calls, or a telling
name of the receiver.
"""
from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flake8_artifact_pin.source.patterns import Matcher

ALL_STORES = "*"


class Row(NamedTuple):
    """A pattern, and the places of the key in a matching call (see Keys.key()): the first that the call has wins.

    Patterns with very common names match only in a file that holds one of the ``words``.
    """

    pattern: str
    key: tuple[str, ...]
    words: tuple[str, ...] = ()


class Store(NamedTuple):
    """A store: its name, the modules that its users import, and its rows.

    A file that imports a module but holds none of the ``words`` does not use this store: most users of pandas write
    local files.
    """

    name: str
    modules: tuple[str, ...]
    rows: tuple[Row, ...]
    words: tuple[str, ...] = ("",)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of the calls that write."""
        return tuple(row.pattern for row in self.rows)


def _rows(places: str, *patterns: str, words: str = "") -> tuple[Row, ...]:
    """Return rows with the same places of the key and the same words, both separated by spaces."""
    return tuple(Row(pattern, tuple(places.split()), tuple(words.split())) for pattern in patterns)


def _methods(receivers: Iterable[str], *rows: Row) -> tuple[Row, ...]:
    """Return the rows of methods for each receiver."""
    return tuple(row._replace(pattern=f"{receiver}.{row.pattern}") for row, receiver in product(rows, receivers))


_OBJECT = ".Object*(key=) .Object*(-1)"
_BLOB = ".*lob(blob_name=) .*lob(name=) .*lob(0)"
_BLOB_CLIENT = ".create_file(0) .get_*client(blob=) .get_*client(file_path=) .get_*client(-1) .*(blob_name=)"

_S3_CLIENTS = ("*s3*", "*S3*", "*client", "*CLIENT", "client()", "*client()", "*conn", "get_conn()")
_S3 = Store("s3", ("boto3", "aioboto3", "aiobotocore", "botocore", "s3transfer", "sagemaker"), (
    *_rows("Key= key= object_name= 1", "*.put_object"),
    *_rows(f"Key= key= object_name= 2 1 {_OBJECT}", "*.upload_file(!repo_id=)", "*.upload_fileobj(!repo_id=)"),
    *_rows(_OBJECT, "*.put(Body=)", "Object().put", "ObjectSummary().put"),
    *_rows("Key= key= dest_bucket_key= object_name= 1", "*.copy_object"),
    *_rows("Key= 2", "*.copy(CopySource=)", "*.copy(SourceClient=)", "*.copy(Bucket=,Key=)", "meta.client.copy"),
    *_rows("Key= 2", *(f"{client}.copy(2=)" for client in _S3_CLIENTS)),
    *_rows("Key= 1", "Bucket().copy(0=)", "get_bucket().copy(0=)", "*bucket.copy(1=)"),
    *_rows(_OBJECT, "Object().copy(0=)", "*.copy_from(CopySource=)", "Object().copy_from", "ObjectSummary().copy_from"),
    *_rows("Key= key= 0", "*.complete_multipart_upload"),
    *_rows(f".MultipartUpload(1) {_OBJECT}", "MultipartUpload().complete", "*.complete(MultipartUpload=)"),
    *_rows("key= 2", "TransferManager().upload", "S3.with_config().export"),
    *_rows("to_path= to_folder= 1", "S3Bucket.load().upload_from_*", "S3Bucket().upload_from_*"),
    *_rows("desired_s3_uri= 1", "S3Uploader.upload*"),
    *_rows("key_prefix= 2", "*.upload_data(key_prefix=)"),
    *_rows(
        "S3Prefix= OutputKey= OutputS3KeyPrefix=", "*.start_export_task(S3BucketName=)",
        "*.export_table_to_point_in_time(S3Bucket=)", "*.start_transcription_job(OutputBucketName=)",
        "*.start_speech_synthesis_task(OutputS3BucketName=)",
    ),
))

_GCS = Store("gcs", ("google.cloud.storage", "gcloud.aio.storage", "gcloud.storage", "prefect_gcp"), (
    *_rows(
        f"to_path= to_folder= {_BLOB}",
        *(f"*.upload_from_{source}" for source in ("file*", "string", "path", "folder", "dataframe")),
    ),
    *_rows("", "transfer_manager.upload_*"),
    *_rows("blob= 1", "cloud_storage.cloud_storage_upload_blob_from_*"),
    *_rows("new_name= destination_blob_name= 2", "*.copy_blob"),
    *_rows("new_name= 1", "*.rename_blob", "*.move_blob"),
    *_methods(
        ["*blob", "*blob()", "Blob()"],
        *_rows(_BLOB, "rewrite", "compose", "update_storage_class", "open(0=[wax]*)", "open(mode=w)"),
    ),
    *_rows("destinationObject=", *(f"objects().{name}(destinationObject=)" for name in ("copy", "rewrite", "compose"))),
    *_rows("name=", "objects().insert(media_body=)"),
    *_rows("object_name= 1", "Storage().upload", "Storage().copy"),
    *_rows("object_key= 2", "GoogleCloudStorage.with_config().export"),
))

_AZURE = Store("azure", ("azure.storage", "azureml.core", "azure.datalake.store"), (
    *_rows("name= blob_name= 0", "*.upload_blob(1=)", "*.upload_blob(name=)"),
    *_rows(
        _BLOB_CLIENT, "*.upload_blob", "*.upload_blob_from_url", "*.append_block", "*.append_block_from_url",
        "*.commit_block_list", "*.start_copy_from_url", "*.upload_data(!key_prefix=)", "*.flush_data",
    ),
    *_rows("blob_name= 1", "*.create_blob_from_*", "*.append_blob_from_*", "*.put_block_list", "*service.copy_blob"),
    *_rows(_BLOB_CLIENT, "*file_client.upload_file", "get_file_client().upload_file"),
    *_rows("new_name= 0", "*file_client.rename_file", "get_file_client().rename_file"),
    *_rows("target_path= 1", "*datastore.upload", "*datastore.upload_files"),
))

_MINIO = Store("minio", ("minio",), (
    *_rows("object_name= 1", "*.fput_object", "*.put_object", "*.copy_object", "*.compose_object"),
))

_FILE_SYSTEMS = (
    "fs", "*_fs", "fs_*", "*s3fs", "*gcsfs", "*filesystem", "*file_system", "*fs()", "*filesystem()",
    "[!L]*FileSystem()", "url_to_fs()[]", "get_fs_token_paths()[]",
)
_FSSPEC = Store("fsspec", ("fsspec", "s3fs", "gcsfs", "adlfs", "smart_open", "pyarrow.fs", "ocifs", "ossfs"), (
    *_rows("uri= urlpath= path= 0", "smart_open.open(mode=w)", "smart_open.smart_open(mode=w)", "fsspec.open(mode=w)"),
    *_rows("urlpath= 0", "fsspec.open_files(mode=w)"),
    *_methods(
        [*_FILE_SYSTEMS, "s3", "gcs"],
        *_rows("path= 0", "open(mode=w)"),
        *_rows("rpath= 1", "put(1=)", "_put(1=)"),
    ),
    *_methods(
        _FILE_SYSTEMS,
        *_rows("rpath= path2= 1", "put_file", "upload(1=)", "mv(1=)", "move(1=)", "rename(1=)", "cp(1=)", "copy(1=)"),
        *_rows(
            "path= 0", "pipe", "touch(0=)", "write_text(1=)", "write_text(path=)", "write_bytes(1=)",
            "write_bytes(path=)",
        ),
    ),
    *_rows("rpath=", "*.put(rpath=)", "*.put_file(rpath=)", "*.upload(rpath=)"),
    *_rows("path= 0", "*.pipe_file", "*.open_output_stream", "*.open_append_stream"),
))

_AWSWRANGLER = Store("awswrangler", ("awswrangler",), (
    *_rows("path= 1", "awswrangler.s3.to_*", "awswrangler.s3.upload", "wr.s3.to_*", "wr.s3.upload"),
    *_rows("target_path= 2", "awswrangler.s3.copy_objects", "awswrangler.s3.merge_datasets"),
    *_rows("table= 2", "awswrangler.athena.to_iceberg"),
    *_rows("path= 1", "awswrangler.redshift.unload*"),
))

_OPERATORS = (
    "*ToS3*Operator", "*ToS3Transfer", "*ToGCS*Operator", "*ToGcs*Operator", "*ToGoogleCloudStorageOperator",
    "*ToCloudStorageOperator", "*ToWasbOperator", "*ToAzureBlobStorageOperator", "*ToADLSOperator",
    "*ToAzureDataLake*Operator", "S3CopyObjectOperator", "S3CreateObjectOperator", "S3FileTransformOperator",
    "GCSFileTransformOperator", "GCSTimeSpanFileTransformOperator", "GCSSynchronizeBucketsOperator",
    "ADLSCreateObjectOperator",
)
_OPERATOR_KEY = (
    "s3_key= dest_key= dest_s3_key= dest_bucket_key= s3_prefix= destination_object= destination_path= dst= "
    "object_name= blob_name= object= destination_cloud_storage_uris= filename= gcs_prefix="
)
_HOOKS = ("*hook", "*hook()", "S3Hook()", "GCSHook()", "WasbHook()", "*StorageHook()", "AzureDataLake*Hook()")
_AIRFLOW = Store("airflow", ("airflow",), (
    *_methods(
        _HOOKS,
        *_rows("key= 1", "load_string", "load_bytes", "load_file_obj"),
        *_rows("key= blob_name= 1", "load_file(!table=)"),
        *_rows("object_name= blob_name= object= 1", "upload"),
        *_rows("destination_object= 3", "copy(1=)", "copy(destination_bucket=)", "rewrite", "compose"),
        *_rows("dest_bucket_key= 1", "copy_object"),
    ),
    *_rows("key= 1", "*.load_string(key=)", "*.load_string(bucket_name=)", "*.load_string(2=)", "*.load_file_obj"),
    *_rows("key= 1", "*.load_bytes(key=)", "*.load_bytes(bucket_name=)", "*.load_file(key=)"),
    *_rows("key= blob_name= 1", "*.load_file(bucket_name=)", "*.load_file(container_name=)"),
    *_rows("key= blob_name= 1", "*.load_string(container_name=)"),
    *_rows("object_name= blob_name= 1", "*.upload(object_name=)", "*.upload(blob_name=)"),
    *_rows(_OPERATOR_KEY, *(f"*.{name}" for name in _OPERATORS), *(f"{name}.partial" for name in _OPERATORS)),
), ("S3", "GCS", "Gcs", "gcs", "Wasb", "GoogleCloudStorage", "AzureDataLake", "ADLS"))

_GLUE = Store("glue", ("awsglue",), (
    *_rows(
        "connection_options=", "*.write_dynamic_frame.from_options(connection_type=s3)",
        "*.write_dynamic_frame.from_options(1=s3)", "*.write_dynamic_frame_from_options(connection_type=s3)",
        "*.write_data_frame.from_options(connection_type=s3)", "*.write(connection_type=s3)",
    ),
    *_rows(
        "table_name= 2", "*.write_dynamic_frame.from_catalog(!redshift_tmp_dir=)",
        "*.write_dynamic_frame_from_catalog(!redshift_tmp_dir=)", "*.write_data_frame.from_catalog",
    ),
    *_rows(".getSink(path=)", "*.writeFrame", "getSink().write"),
))

# Spark formats that are not files: save("dataset.table") with one of them writes to a database.
_DATABASES = (
    "bigquery", "jdbc", "kafka", "console", "memory", "mongo*", "*snowflake*", "*redshift*", "*elasticsearch*",
    "*cassandra*",
)
_NO_DATABASE = ",".join(f"!.format={name}" for name in _DATABASES)
_SPARK = Store("spark", ("pyspark",), (
    *_rows("path= 0", *(f"write.**.{name}" for name in ("parquet", "csv", "json", "orc", "text", "xml", "avro"))),
    *_rows(
        "path= 0", f"write.**.save(0=,{_NO_DATABASE})", f"write.**.save(path=,{_NO_DATABASE})", "write().**.save(0=)",
    ),
    *_rows("1", "dbutils.fs.cp", "dbutils.fs.mv"),
    *_rows("0", "dbutils.fs.put"),
    *_rows("name= tableName= 0", "write.**.saveAsTable", "write.**.insertInto"),
    *_rows(
        "path= 0", f"writeStream.**.start(0=,{_NO_DATABASE})", f"writeStream.**.start(path=,{_NO_DATABASE})",
        "writeStream.**.toTable",
    ),
    *_rows(
        ".writeTo(0)",
        *(f"writeTo().**.{name}" for name in ("append", "create", "createOrReplace", "overwritePartitions", "replace")),
    ),
    *_rows(
        "path= 0", "*.saveAsTextFile", "*.saveAsTextFiles", "*.saveAsPickleFile", "*.saveAsSequenceFile",
        "*.saveAsHadoopFile", "*.saveAsNewAPIHadoopFile",
    ),
))

_DELTA = Store("delta", ("deltalake", "delta"), (
    *_rows("table_or_uri= 0", "write_deltalake", "*.write_deltalake"),
    *_rows("target= 0", "*.write_delta", "*.sink_delta"),
    *_rows(".forPath(1) .forName(1)", "merge().**.when*().execute"),
))

_FRAMES = (
    "csv", "json", "parquet", "pickle", "excel", "feather", "orc", "stata", "xml", "hdf", "ipc", "ndjson", "avro",
    "netcdf", "file",
)
_CLOUD_OPTIONS = ("storage_options", "filesystem")
_PANDAS = Store("pandas", ("pandas", "pyarrow", "polars", "dask", "geopandas"), (
    *_rows(
        "where= root_path= base_dir= uri= 1",
        *(
            f"*.write_{name}({option}=)"
            for name, option in product(("table", "metadata", "to_dataset", "dataset"), _CLOUD_OPTIONS)
        ),
    ),
    *_rows(
        "path= path_or_buf= file= buf= dataset_path= dataset_dict_path= 0",
        # to_csv() and write_csv(), but not read_csv() and scan_csv(); to_dask() reads
        *(f"*.[tw]*_{name}({option}=)" for name, option in product(_FRAMES, _CLOUD_OPTIONS)),
        "*.sink_*(storage_options=)", "*.to_markdown(storage_options=)", "*.to_textfiles(storage_options=)",
        "*.save_to_disk(storage_options=)",
    ),
    *_rows("destination= 1", "*.copy_files(destination_filesystem=)"),
    *_rows("where= 0", "*.ParquetWriter(filesystem=)"),
), _CLOUD_OPTIONS)

_ZARR = Store("zarr", ("zarr", "xarray"), (
    *_rows("store= 0", "*.to_zarr"),
    *_rows("store= 0", *(f"zarr.{name}" for name in ("save", "save_array", "save_group", "open*(mode=[wa]*)"))),
), ("zarr",))

_BIGQUERY = Store("bigquery", ("google.cloud.bigquery",), (
    *_rows("destination_uris= 1", "*.extract_table(1=)", "*.extract_table(destination_uris=)"),
), ("extract_table",))

_DJANGO_WORDS = "django storages"
_DJANGO = Store("django", ("storages", "django.core.files.storage"), (
    *_rows(
        "name= 0", "*storage.save(1=)", "*storage.save(content=)", "*Storage().save(1=)", "*Storage().save(content=)",
        "storages[].save(1=)", "get_storage_class()().save", words=_DJANGO_WORDS,
    ),
    *_rows("name= 0", "*storage.open(mode=w)"),
    *_rows("name= 0", "*.save(save=)", "*file.save(1=)", words=_DJANGO_WORDS),
))

_BOTO_KEY = ".new_key(0) .get_key(0) .Key(name=) .Key(1)"
_BOTO2 = Store("boto2", ("boto",), (
    *_rows(_BOTO_KEY, "*.set_contents_from_*"),
    *_rows("new_key_name= 0", "*.copy_key"),
    *_rows("dst_key= 1", "*key.copy(1=)", "get_key().copy(1=)", words="boto"),
    *_rows(".initiate_multipart_upload(0)", "*.complete_upload"),
))

_LIBRARIES = ("lib", "*_lib", "library", "*_library", "get_library()", "create_library()", "Library()", "Arctic()[]")
_ARCTICDB = Store("arcticdb", ("arcticdb", "arctic"), (
    *_methods(
        _LIBRARIES,
        *_rows(
            "symbol= 0", "write(1=)", "write(data=)", "append(1=)", "append(data=)", "update(1=)", "update(data=)",
            "write_pickle", "write_batch", "write_pickle_batch", "append_batch", "update_batch", words="rctic",
        ),
    ),
))

_CLOUD_PATHS = ("CloudPath()", "AnyPath()", "S3Path()", "GSPath()", "AzureBlobPath()", "UPath()")
_CLOUDPATHLIB = Store("cloudpathlib", ("cloudpathlib", "upath", "s3path"), (
    *_methods(
        [f"{path}.**" for path in _CLOUD_PATHS],
        *_rows(". ", "write_text", "write_bytes", "touch", "open(0=[wax]*)", "open(mode=w)"),
        *_rows("0", "copy(0=)", "copytree(0=)", "rename(0=)", "replace(0=,!1=)"),
    ),
    *_rows(".", "*.upload_from(0=)"),
))

# Usual names of key parameters, for users' own patterns.
_OWN_KEYWORDS = (
    "Key", "key", "object_key", "object_name", "s3_key", "blob_name", "blob", "dest", "destination", "path", "uri",
    "url", "filename", "name",
)

#: The stores by name. If two have the same call, the first one counts it.
STORES: Mapping[str, Store] = {
    store.name: store
    for store in (
        _S3, _GCS, _AZURE, _MINIO, _FSSPEC, _AWSWRANGLER, _AIRFLOW, _GLUE, _SPARK, _DELTA, _ZARR, _PANDAS, _BIGQUERY,
        _DJANGO, _BOTO2, _ARCTICDB, _CLOUDPATHLIB,
    )
}

# Compiled on use: a run of flake8 does not need them.
_IMPORT = r"\n[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]*(\([^)]*\)|[^\n#;]*)|import[ \t]+([^\n#;]*))"
_COMMENT = r"#[^\n]*"
_NAME = r"[\w.]+(?:[ \t]+as[ \t]+\w+)?"


def store_names(stores: Iterable[str]) -> tuple[str, ...]:
    """Return the names of stores in the order of the table; "*" stands for all. Raise ValueError for an unknown one."""
    named = set()
    for name in stores:
        if name != ALL_STORES and name not in STORES:
            import difflib

            nearest = difflib.get_close_matches(name, STORES, n=1, cutoff=0.5)
            raise ValueError(f'"{name}" is not a store' + (f'; did you mean "{nearest[0]}"?' if nearest else ""))
        named.add(name)
    return tuple(name for name in STORES if name in named or ALL_STORES in named)


def compile_matcher(stores: Sequence[str], patterns: Sequence[str] = ()) -> Matcher:
    """Return the matcher of stores and own patterns. Raise ValueError for an unknown store or a malformed pattern."""
    return _compile(store_names(stores), tuple(patterns))


@functools.lru_cache(maxsize=8)
def _compile(stores: tuple[str, ...], patterns: tuple[str, ...]) -> Matcher:
    from flake8_artifact_pin.source.patterns import compile_patterns
    from flake8_artifact_pin.source.patterns import parse_pattern
    from flake8_artifact_pin.source.patterns import S3_KEY

    own_key = (*(f"{keyword}=" for keyword in _OWN_KEYWORDS), *S3_KEY[1:], "*")
    rows = [(name, row) for name in stores for row in STORES[name].rows]
    return compile_patterns([
        *(parse_pattern(row.pattern)._replace(store=name, key=row.key, words=row.words) for name, row in rows),
        *(parse_pattern(pattern)._replace(key=own_key) for pattern in patterns),
    ])


def imported_stores(text: str) -> frozenset[str]:
    """Return the names of the stores whose modules a source text imports. The text is searched, not parsed (cheap)."""
    modules = set(_imported_modules(text))
    imported = (store for store in STORES.values() if not modules.isdisjoint(store.modules))
    return frozenset(store.name for store in imported if any(word in text for word in store.words))


def _imported_modules(text: str) -> Iterator[str]:
    """Yield the dotted names of modules that a text imports, of names imported from them, and of their packages."""
    comment, alias = re.compile(_COMMENT), re.compile(_NAME)
    for match in re.finditer(_IMPORT, f"\n{text}"):
        package, names, modules = match.groups()
        for name in alias.findall(comment.sub("", names or modules or "")):
            parts = name.split()[0].split(".")
            parts = [*package.split("."), *parts] if package else parts
            yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))
