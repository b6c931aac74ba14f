"""Pupils who leave while lessons last: who may take them, on whose word, and who is told when nobody said why."""
