"""DECIDES: values in, values out; no I/O, no clock, no ids, no logs. The agent and the gate call the same functions."""
