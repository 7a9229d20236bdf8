"""The command ``flake8-artifact-pin``, for tasks that need the whole repository, which flake8 never sees."""
