"""Ports for servers that begin later."""

from __future__ import annotations

import socket

from core.ports import free_ports


def test_ports_are_all_different_and_free_when_they_are_told() -> None:
    ports = free_ports(300)
    assert len(set(ports)) == 300
    with socket.create_server(("127.0.0.1", ports[0])) as server:  # only one: others on the machine take ports, too
        assert server.getsockname()[1] == ports[0]
