"""``decide``: record a decision on PUT calls, or list undecided ones."""
from flake8_artifact_pin.cli.decide.verb import add_arguments
from flake8_artifact_pin.cli.decide.verb import run

__all__ = ["add_arguments", "run"]
