"""Those whom the school has asked to come: a host's guest confirms, a parent registers for an evening."""
