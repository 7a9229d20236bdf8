"""Daily prices: one file for each ticker, and an index of them."""
from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

BUCKET = "market-data"


def publish(s3: Any, directory: Path, tickers: Sequence[str]) -> None:
    with ThreadPoolExecutor() as executor:
        for ticker in tickers:
            file = directory / f"{ticker}.parquet"
            executor.submit(s3.upload_file, str(file), BUCKET, f"prices/{file.name}")
    s3.put_object(Bucket=BUCKET, Key="prices/index.json", Body=json.dumps(list(tickers)))
