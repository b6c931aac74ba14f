"""Tells: hands panics and alarms to police receivers (SIA DC-09) and records what they answered."""
