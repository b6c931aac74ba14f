"""Moves: two Faust apps, admission and alarming; the one importer of faust."""
