"""Remembers: SQLModel tables, one repository for each noun, the recorder, the outbox and the migrations."""
