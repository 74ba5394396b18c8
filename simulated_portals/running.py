"""Runs a simulated portal in a thread on a free loopback port, for tests, benchmarks and the demonstration."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import uvicorn

from simulated_portals.application import PortalApplication
from simulated_portals.messages import SimulatedPortal
from simulated_portals.request_statistics import RequestStatistics

LOOPBACK = "127.0.0.1"
START_LIMIT = 30.0
"""Seconds a portal may take to answer."""

P = TypeVar("P", bound=SimulatedPortal)


@dataclass(frozen=True)
class RunningPortal(Generic[P]):
    """A portal that answers at `base_url`; `control` is the portal itself, with its methods to make it misbehave."""

    base_url: str
    control: P

    @property
    def statistics(self) -> RequestStatistics:
        """What clients did so far."""
        return self.control.statistics


class PortalServer(uvicorn.Server):
    """A uvicorn server that says when it is ready and ends quietly and quickly when told to."""

    def __init__(self, application: PortalApplication, on_ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            application,
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
            # Tests call the server from threads without an event loop policy of their own.
            loop="asyncio",
        )
        super().__init__(config)
        self._application = application
        self._on_ready = on_ready
        application.portal.statistics.open_connections = lambda: len(self.server_state.connections)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then tell who waits."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End requests that hang, then stop."""
        self._application.closing = True
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """End on SIGINT and SIGTERM with exit code 0; handlers are set explicitly, a shell may have ignored SIGINT."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self.handle_exit)
        yield


def loopback_socket(port: int = 0) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. Raises `OSError` when the port is taken."""
    # asyncio switches Nagle off only on sockets that name their protocol; without that every answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """The base URL of a listening socket."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def serve(portal: SimulatedPortal, port: int, announce: Callable[[str], None]) -> None:
    """Serve `portal` in this thread until a signal ends it; `announce` is told the base URL when it answers."""
    with contextlib.closing(loopback_socket(port)) as listener:
        base_url = address_of(listener)
        PortalServer(PortalApplication(portal), lambda: announce(base_url)).run(sockets=[listener])


@contextmanager
def running_portal(portal: P, port: int = 0) -> Iterator[RunningPortal[P]]:
    """Serve `portal` from a thread inside the block.

    Raises `OSError` when the port is taken and `RuntimeError` when the server does not start.
    """
    ready = threading.Event()
    with contextlib.closing(loopback_socket(port)) as listener:
        server = PortalServer(PortalApplication(portal), ready.set)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name=f"simulated {portal.key}", daemon=True
        )
        thread.start()
        try:
            if not ready.wait(START_LIMIT):
                raise RuntimeError(f"the simulated portal {portal.key} did not start within {START_LIMIT:.0f} seconds")
            yield RunningPortal(address_of(listener), portal)
        finally:
            server.should_exit = True
            thread.join(START_LIMIT)


@contextmanager
def repeating(every_seconds: float, action: Callable[[], object]) -> Iterator[None]:
    """Call `action` every so many seconds inside the block, from a thread; 0 or less means never."""
    if every_seconds <= 0:
        yield
        return
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(every_seconds):
            action()

    thread = threading.Thread(target=run, name="simulated news", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(5)
