"""``diff``: show what a change does to PUT calls and pins."""
from flake8_artifact_pin.cli.diff.verb import add_arguments
from flake8_artifact_pin.cli.diff.verb import run

__all__ = ["add_arguments", "run"]
