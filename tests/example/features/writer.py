"""The feature table of a day, which is registered and has a freshness SLA."""
from __future__ import annotations

from typing import Any


def write(s3: Any, day: str, body: bytes) -> None:
    s3.put_object(
        Bucket="features",
        Key=f"daily/{day}.parquet",
        Body=body,
    )
