"""The tests, which read as what happens at a gate."""
