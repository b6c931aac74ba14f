"""DECIDES, by its vectors, its properties and its tables."""
