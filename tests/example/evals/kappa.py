"""Agreement of the raters, kept in the store; a local run has a store that cannot upload."""
from __future__ import annotations

import io
from typing import Any


def keep(store: Any, report: str) -> None:
    upload = getattr(store, "upload_fileobj", None)
    if upload is not None:
        upload(io.BytesIO(report.encode()), "evals", "kappa/latest.txt")
