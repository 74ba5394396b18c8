"""Loopback ports for servers that begin later."""

from __future__ import annotations

import socket
from contextlib import ExitStack


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    (port,) = free_ports(1)
    return port


def free_ports(number: int) -> list[int]:
    """So many different ones: all are held until the last is found, as the system may give one twice otherwise."""
    with ExitStack() as held:
        listeners = [held.enter_context(socket.socket()) for _ in range(number)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [int(listener.getsockname()[1]) for listener in listeners]
