"""Rules decide, flow moves, store remembers, web shows, the police link tells: in a data centre or a school box."""
