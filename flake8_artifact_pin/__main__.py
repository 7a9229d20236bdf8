"""Run the command with ``python -m flake8_artifact_pin``. Prefer ``flake8-artifact-pin``.

With ``-m``, Python searches the working directory first: it may have run a module of that directory before this one.
"""
import os
import sys

if sys.path[0] == os.getcwd() and not getattr(sys.flags, "safe_path", False):
    # import no further modules from the working directory
    del sys.path[0]

from flake8_artifact_pin.cli.main import main  # noqa: E402 - not before the path is safe

raise SystemExit(main())
