"""Prepares a checkout: the virtual environment, the jars, and the system's packages; standard library only."""
