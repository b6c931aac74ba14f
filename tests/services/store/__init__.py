"""The store, on SQLite and on PostgreSQL: every test of this room that asks for ``store`` runs on both."""
