"""``doctor``: prove that flake8 reports a new PUT call here."""
from flake8_artifact_pin.cli.doctor.verb import add_arguments
from flake8_artifact_pin.cli.doctor.verb import run

__all__ = ["add_arguments", "run"]
