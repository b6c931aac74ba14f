"""Checks at the post: the list of items, what a check leaves standing, and what lies in custody."""
