"""flake8's own view of a source."""
from __future__ import annotations

import argparse

from flake8.processor import FileProcessor

# what a file processor asks of its options, with flake8's defaults
OPTIONS = argparse.Namespace(
    hang_closing=False,
    indent_size=4,
    max_doc_length=None,
    max_line_length=79,
    stdin_display_name="stdin",
    verbose=0,
)


def processor_of(source: str) -> FileProcessor:
    """Return flake8's file processor for a source."""
    return FileProcessor("a.py", OPTIONS, source.splitlines(keepends=True))
