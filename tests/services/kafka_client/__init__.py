"""The clients, on a real broker."""
