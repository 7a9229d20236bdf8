"""The pins file: reading and editing it."""
