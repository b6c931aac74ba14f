"""Tests of the repository's own conventions: imports, names, sizes, pins."""
