"""A school's readers and turnstiles on the far end of pseudo-terminals, for the demo and the tests."""
