"""``init``: write a pins file with today's PUT calls, or take over a hand-written guard test."""
from flake8_artifact_pin.cli.init.verb import add_arguments
from flake8_artifact_pin.cli.init.verb import run

__all__ = ["add_arguments", "run"]
