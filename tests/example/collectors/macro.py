"""Macro series. Their index is written by the registry now, so one PUT call is gone."""
from __future__ import annotations

from typing import Any


def publish(s3: Any, name: str, body: bytes) -> None:
    s3.put_object(Bucket="market-data", Key=f"macro/{name}.csv", Body=body)
