"""``decide``: records a decision on PUT calls, or lists what is undecided."""
from flake8_artifact_pin.cli.decide.verb import add_arguments
from flake8_artifact_pin.cli.decide.verb import run

__all__ = ["add_arguments", "run"]
