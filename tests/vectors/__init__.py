"""What must come of what, as files: run by ``services/rules`` and by everyone who decides with it."""
