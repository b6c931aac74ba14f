"""The rooms of the data centre or a school's box: rules decide, flow moves, store remembers, web shows, police link tells."""
