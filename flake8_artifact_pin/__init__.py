"""A flake8 extension that pins the number of PUT calls each producer file makes."""
