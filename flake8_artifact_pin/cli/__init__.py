"""The command ``flake8-artifact-pin``: what needs the whole repository, which flake8 never sees."""
