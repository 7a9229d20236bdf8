"""What the pins file says."""
