"""The gate, tested as it stands: its tables, its journal, real lines, real processes."""
