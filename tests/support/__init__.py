"""What tests are written with: a project and flake8 in it, a git repository and the command in it, and programs."""
from support.growth import growth
from support.growth import LINEAR
from support.outcome import Outcome
from support.outcome import Result
from support.process import COMMAND
from support.process import run_process
from support.process import run_program
from support.process import run_without
from support.process import Terminal
from support.project import PINS
from support.project import Project
from support.project import PUT
from support.repository import Repository

__all__ = [
    "COMMAND",
    "growth",
    "LINEAR",
    "Outcome",
    "PINS",
    "Project",
    "PUT",
    "Repository",
    "Result",
    "run_process",
    "run_program",
    "run_without",
    "Terminal",
]
