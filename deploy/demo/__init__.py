"""The demo: a school morning on real parts, started, played, checked and ended by one command."""
