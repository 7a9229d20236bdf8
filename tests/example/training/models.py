"""The models that were trained. Its pin names each call, since one file writes several artifacts."""
from __future__ import annotations

from typing import Any


class ModelZoo:
    """Where the models are kept."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3

    def restore(self, name: str, body: bytes) -> None:
        self.s3.put_object(Bucket="models", Key=f"champions/{name}", Body=body)


def write_board(s3: Any, board: bytes) -> None:
    s3.put_object(Bucket="models", Key="leaderboard.json", Body=board)


def write_latest(s3: Any, day: str) -> None:
    s3.put_object(Bucket="models", Key="leaderboard/latest.txt", Body=day.encode())
