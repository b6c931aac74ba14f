"""Measures: what the way carries a second, and how long a card waits."""
