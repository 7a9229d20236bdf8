"""What is to be reported."""
