"""``prune``: lower and remove stale pins, but never raise or add one."""
from flake8_artifact_pin.cli.prune.verb import add_arguments
from flake8_artifact_pin.cli.prune.verb import run

__all__ = ["add_arguments", "run"]
