"""Crawls that a test sees begin and ends itself, for whatever dispatches them."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

SCRIPT = Path(__file__).parent / "crawl_child.py"
PATIENCE = 60.0
"""Seconds that a test waits for what must come; never for what must not."""


class Crawl:
    """One child process, which runs until the test ends it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile()
        told = json.loads(self._file.readline())
        self.arguments: list[str] = told["arguments"]
        self.pid: int = told["pid"]

    @property
    def portal(self) -> str:
        """Whose crawl it is."""
        return self.arguments[1]

    @property
    def kind(self) -> str:
        """Why: regular or backfill."""
        return "backfill" if "backfill" in self.arguments else "regular"

    def end(self, code: int = 0) -> None:
        """Let it end with this exit code."""
        with contextlib.suppress(OSError):  # it was ended by somebody else
            self._connection.sendall(f"{code}\n".encode())
        self.gone()

    def gone(self) -> None:
        """Return when the process has ended, for whatever reason."""
        if self._file.closed:
            return
        self._connection.settimeout(PATIENCE)
        with contextlib.suppress(ConnectionError):
            assert self._file.readline() == ""
        self._file.close()
        self._connection.close()


class CrawlChildren:
    """Listens for crawls that begin."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._begun: queue.Queue[Crawl] = queue.Queue()
        self._all: list[Crawl] = []
        self._letting_go = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where children tell that they began."""
        port: int = self._listener.getsockname()[1]
        return port

    def command(self, *arguments: str) -> tuple[str, ...]:
        """The command line of such a child, in the place of `vigie ...`."""
        return (sys.executable, "-S", "-E", str(SCRIPT), str(self.port), *arguments)

    def next(self) -> Crawl:
        """The next crawl that begins."""
        return self._begun.get(timeout=PATIENCE)

    @property
    def none_began(self) -> bool:
        """Whether nothing has begun that the test has not seen."""
        return self._begun.empty()

    def let_go(self) -> None:
        """End every child that runs, and from now on every one as it begins: the test is over."""
        self._letting_go = True
        for crawl in self._all:
            crawl.end()

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.let_go()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._all.append(Crawl(connection))
                self._begun.put(self._all[-1])
                if self._letting_go:
                    self._all[-1].end()


@contextlib.contextmanager
def crawl_children() -> Iterator[CrawlChildren]:
    """Children for one test."""
    children = CrawlChildren()
    try:
        yield children
    finally:
        children.close()
