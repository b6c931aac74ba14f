"""The way, told as a story: whole processes, a real line, a real broker, and what happens at a gate."""
