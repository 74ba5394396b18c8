"""Processes of an installation on many machines, started and killed by tests; here they share one machine."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.settings import Settings
from crawlers import portals
from scheduler.distributed import DistributedDispatch
from store import Store

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
"""Seconds that a test waits for what must come; a loaded machine starts a process in ten."""


class Machines:
    """One store, and machines that work for it; each has a data folder of its own."""

    def __init__(self, folder: Path, url: str, portal_urls: dict[str, str], **more: str) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        self.environment |= {
            "PYTHONPATH": str(ROOT),
            "VIGIE_DATABASE_URL": url,
            "VIGIE_DEMO": "true",
            "VIGIE_DISPATCH__ENGINE": "distributed",
            "VIGIE_DISPATCH__HEARTBEAT": "0.5",
            "VIGIE_DISPATCH__STALLED_AFTER": "3",
            "VIGIE_DISPATCH__GRACE": "10",
        }
        for key in portals.keys():
            base_url = portal_urls.get(key)
            name = f"VIGIE_PORTALS__{key.upper()}"
            self.environment |= {f"{name}__BASE_URL": base_url} if base_url else {f"{name}__ENABLED": "false"}
        self.environment |= {f"VIGIE_{name}": value for name, value in more.items()}
        self.store = Store.open(Settings.model_validate({"database_url": url, "demo": True, "data_dir": folder}))
        self.dispatch = DistributedDispatch(self.store)

    def vigie(self, machine: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command on a machine; what it says goes to `log()`."""
        environment = self.environment | {"VIGIE_DATA_DIR": str(self._folder / machine)}
        with self._log(machine).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", *arguments], env=environment, cwd=self._folder, stdout=log, stderr=log
            )
        self._started.append(process)
        return process

    def worker(self, machine: str, *queues: str) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return self.vigie(machine, "worker", "--queues", ",".join(queues))

    def log(self, machine: str) -> str:
        """What processes of a machine said."""
        return self._log(machine).read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """Kill whatever still runs."""
        for process in self._started:
            if process.poll() is None:
                lose(process)
        self.store.close()

    def _log(self, machine: str) -> Path:
        return self._folder / f"{machine}.log"


@contextlib.contextmanager
def machines(folder: Path, url: str, portal_urls: dict[str, str] | None = None, **more: str) -> Iterator[Machines]:
    """Machines for one test."""
    made = Machines(folder, url, portal_urls or {}, **more)
    try:
        yield made
    finally:
        made.close()


def lose(process: subprocess.Popen[bytes]) -> None:
    """As when the machine loses power: the process and its children are gone at once."""
    for pid in (process.pid, *_children(process.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _children(pid: int) -> Sequence[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return ()
    return [int(child) for child in listed]


def is_gone(pid: int) -> bool:
    """Whether a process has ended, also when nobody has asked how yet."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return True
    return said.rpartition(")")[2].split()[0] == "Z"
