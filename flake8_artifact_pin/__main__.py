"""``python -m flake8_artifact_pin`` is the command ``flake8-artifact-pin``, which is to be preferred.

Python looks for every module in the working directory first then: it may have run a file of the tree before this one.
"""
import os
import sys

if sys.path[0] == os.getcwd() and not getattr(sys.flags, "safe_path", False):
    # what is imported from here on comes from where it is installed
    del sys.path[0]

from flake8_artifact_pin.cli.main import main  # noqa: E402 - not before the path is safe

raise SystemExit(main())
