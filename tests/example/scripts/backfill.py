"""Fills a scratch bucket with old prices, by hand."""
from __future__ import annotations

import sys
from pathlib import Path

import boto3

if __name__ == "__main__":
    bucket = boto3.resource("s3").Bucket(sys.argv[1])
    for path in sorted(Path(sys.argv[2]).glob("*.parquet")):
        bucket.upload_file(str(path), f"backfill/{path.name}")
