"""Read from flake8's configuration what the command needs: the pins file, and which files are Python."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.files import flake8_table


class Configuration(NamedTuple):
    """The pins file that flake8's configuration names, if any, and flake8's ``filename`` patterns."""

    pins: str | None = None
    patterns: tuple[str, ...] = ("*.py",)


def read_configuration() -> Configuration:
    """Return the configuration that flake8 would use in the working directory. Raise UsageError if it is unreadable."""
    import configparser

    from flake8.exceptions import ExecutionError
    from flake8.options.config import load_config
    from flake8.utils import normalize_path
    from flake8.utils import parse_comma_separated_list

    try:
        config, directory = load_config(None, [])
    except (ExecutionError, configparser.Error) as error:
        raise UsageError(f"flake8's configuration: {' '.join(str(error).split())}")
    section: Mapping[str, str] = config["flake8"] if "flake8" in config else {}
    table = _pyproject_table()
    if table is not None:
        section, directory = table, os.getcwd()
    value = section.get("artifact-pins", section.get("artifact_pins"))
    patterns = section.get("filename")
    return Configuration(
        None if value is None else normalize_path(value, directory),
        Configuration().patterns if patterns is None else tuple(parse_comma_separated_list(patterns)),
    )


def _pyproject_table() -> Mapping[str, str] | None:
    """Return ``[tool.flake8]`` if Flake8-pyproject makes flake8 read it, else None.

    That plugin reads pyproject.toml only from the working directory. If the table is there, it replaces all other
    configuration.
    """
    import importlib.metadata

    table = flake8_table(os.getcwd())
    if table is None or not any(importlib.metadata.distributions(name="Flake8-pyproject")):
        return None
    return {key: ",".join(map(str, value)) if isinstance(value, list) else str(value) for key, value in table.items()}
