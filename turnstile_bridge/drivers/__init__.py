"""Drivers of the hardware at a gate: OSDP readers and turnstiles; the only importers of serial and osdp."""
