"""A free TCP port for a server that a test starts."""

import pytest

from deploy import ports


@pytest.fixture
def free_port() -> int:
    """Give one free port."""
    return ports.free_port()
