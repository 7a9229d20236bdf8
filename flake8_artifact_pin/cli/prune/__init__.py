"""``prune``: lowers and removes stale pins, and never raises or adds one."""
from flake8_artifact_pin.cli.prune.verb import add_arguments
from flake8_artifact_pin.cli.prune.verb import run

__all__ = ["add_arguments", "run"]
