"""The rooms that run in the data centre or on a school's box: rules decide, flow moves, store remembers, web shows, the police link tells."""
