"""Real parts for tests, as pytest fixtures: Kafka, PostgreSQL, Chromium, and a waiter for conditions."""
