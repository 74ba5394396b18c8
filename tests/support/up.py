"""`vigie up` as a person starts it: a real process in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"https?://[^\s]+")
T = TypeVar("T")


def until(found: Callable[[], T], seconds: float, what: str) -> T:
    """What `found` returns as soon as it is true; fails when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


class Up:
    """One start. Stdout and stderr together are in `lines`, as on a terminal."""

    def __init__(self, folder: Path, *arguments: str, port: int, sigint_ignored: bool = False, **more: str) -> None:
        self.folder = folder
        self.address = f"http://127.0.0.1:{port}"
        own = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        own |= {"VIGIE_DATA_DIR": str(folder / "vigie"), "VIGIE_WEB__PORT": str(port), "PYTHONPATH": str(ROOT)}
        own |= {f"VIGIE_{name}": value for name, value in more.items()}
        before = signal.signal(signal.SIGINT, signal.SIG_IGN) if sigint_ignored else None
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-m", "cli", "up", *arguments],
                cwd=folder,
                env=own,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        finally:
            if sigint_ignored:
                signal.signal(signal.SIGINT, before)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)

    @property
    def told(self) -> str:
        """Everything printed so far."""
        return "".join(self.lines)

    def first_address(self, seconds: float = 60.0) -> str:
        """The first address printed, on stdout or stderr."""

        def found() -> str:
            match = ADDRESS.search(self.told)
            assert match or self.process.poll() is None, self.told
            return match.group() if match else ""

        return until(found, seconds, f"an address in {self.told!r}")

    def end(self, number: signal.Signals) -> float:
        """Send a signal, wait for the end; the seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.wait(30)
        return time.monotonic() - begun

    def wait(self, seconds: float) -> int:
        """Wait for the end; the exit code."""
        code = self.process.wait(seconds)
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def left(self) -> list[int]:
        """Processes of this start that are alive: the folder stands in their environment."""
        return [pid for pid, environment in _environments() if str(self.folder).encode() in environment]


def _environments() -> Iterator[tuple[int, bytes]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if stat[0] != "Z" and int(entry.name) != os.getpid():
                yield int(entry.name), (entry / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or belongs to somebody else


@contextmanager
def taken_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
