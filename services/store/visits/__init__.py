"""Visits: who asks to come, whom they visit, what was decided, and the pass that follows."""
