"""The director's page: the school's own rules, changed without code and shown before they are published."""
