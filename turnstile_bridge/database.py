"""How the gate opens its files on disk."""

import sqlite3
from pathlib import Path


def connect(path: Path, *, durable: bool = True) -> sqlite3.Connection:
    """Open a database file of the gate: WAL, every transaction on the disk before it counts.

    ``durable=False`` is for what a power cut may take back as a whole (an acknowledgement, followed facts with their
    offset): it does not wait for the disk.
    """
    connection = sqlite3.connect(path, timeout=5.0, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    return connection
