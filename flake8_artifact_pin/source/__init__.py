"""What one Python file does; knows no pins."""
