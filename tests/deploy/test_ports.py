"""Ports for what is started on this machine."""

import socket

from deploy.ports import free_port, free_ports, is_free


def test_ports_that_are_asked_for_together_are_all_different() -> None:
    assert len(set(free_ports(50))) == 50


def test_a_port_is_free_until_somebody_listens_there() -> None:
    port = free_port()
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)
