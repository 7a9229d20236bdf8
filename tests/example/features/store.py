"""Where the copies for notebooks are kept."""
from __future__ import annotations

from typing import Any


def save(s3: Any, key: str, body: bytes) -> None:
    s3.put_object(Bucket="features", Key=key, Body=body)
