"""``python -m flake8_artifact_pin`` is the command ``flake8-artifact-pin``."""
from __future__ import annotations

from flake8_artifact_pin.cli.main import main

raise SystemExit(main())
