"""Tests of services/flow: hops as pure functions, and the two apps as processes on a real broker."""
