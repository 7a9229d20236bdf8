"""A check that the bucket can be written to, and its log."""
from __future__ import annotations

from typing import Any


def check(s3: Any, log: str) -> None:
    s3.put_object(Bucket="evals", Key="smoke/probe")  # noqa: APR001 — deleted by the next line
    s3.delete_object(Bucket="evals", Key="smoke/probe")
    s3.put_object(Bucket="evals", Key="smoke/log.txt", Body=log)  # noqa: APR001
