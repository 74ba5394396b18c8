"""The parts of a cluster under test: services that a supervisor keeps, portals, search nodes, visitors of the sites."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from core import clock
from core.ports import free_ports
from tests.support.search_servers import NodeProcess, Product
from tests.support.up import until

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0
"""Seconds that something may take on a loaded machine."""
NODES = 3


class Service:
    """One process that is started again when it dies."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.deaths = 0
        self._command = [sys.executable, "-m", *command]
        self._environment = {**environment, "VIGIE_DATA_DIR": str(folder / name)}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it; what it says goes to `log`."""
        with self._log.open("ab") as log:
            log.write(f"{clock.now():%Y-%m-%d %H:%M:%S} started\n".encode())
            log.flush()
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # as a service manager does; the system then shares time fairly among them
            )

    def keep(self) -> None:
        """Start it again if it died."""
        if self._process is not None and self._process.poll() is not None:
            self.deaths += 1
            self.start()

    def kill(self) -> None:
        """Kill it, nobody else."""
        os.kill(self.pid, signal.SIGKILL)

    def end(self, grace: float) -> None:
        """Tell it to stop; kill it when it does not."""
        if self._process is None:
            return
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tell_to_stop(self) -> None:
        """Ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def said(self) -> str:
        """Everything that its processes said."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    @property
    def _log(self) -> Path:
        return self._folder / f"{self.name}.log"


class Supervisor:
    """Starts services again, in a thread."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start them all, and keep them alive."""
        for service in self._services:
            service.start()
        self._thread.start()

    def stop(self) -> None:
        """End them all."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        for service in self._services:
            service.tell_to_stop()
        for service in self._services:
            service.end(12.0)

    def _run(self) -> None:
        while not self._ended.wait(0.3):
            for service in self._services:
                service.keep()


class Portals:
    """The simulated portals, in their own process."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "requests.jsonl"
        command = [sys.executable, "-m", "tests.support.portal_farm", str(self._log)]
        with (folder / "portals.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=log
            )
        self._addresses: dict[str, str] = {}

    @property
    def addresses(self) -> dict[str, str]:
        """Portal to its address."""
        if not self._addresses:
            assert self._process.stdout is not None
            self._addresses = json.loads(self._process.stdout.readline())
        return self._addresses

    def ask(self, portal: str, path: str) -> Any:
        """What a portal of the farm answers to its keepers."""
        answer = httpx.get(f"{self.addresses[portal]}{path}", timeout=60)
        answer.raise_for_status()
        return answer.json()

    def publish(self, portal: str, count: int) -> None:
        """Have a portal publish something."""
        self.ask(portal, f"/_publish?count={count}")

    def hold_one(self, portal: str) -> None:
        """Let the next request to a portal hang."""
        self._control(portal, {"fault": "hang", "seconds": PATIENCE, "times": 1})

    def let_go(self, portal: str) -> None:
        """Answer what hangs."""
        self._control(portal, {"clear": "all"})

    def serving(self, portal: str) -> list[int]:
        """Numbers of the processes whose requests a portal works on."""
        return [int(pid) for pid in self.ask(portal, "/_serving")]

    def requests(self) -> list[dict[str, Any]]:
        """Every request so far: portal, crawler, begun, ended; in the order of their ends."""
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        return [json.loads(line) for line in lines]

    def stop(self) -> None:
        """End them."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _control(self, portal: str, command: Mapping[str, object]) -> None:
        httpx.post(f"{self.addresses[portal]}/_control", json=command, timeout=60).raise_for_status()


class SearchCluster:
    """Three nodes of OpenSearch."""

    def __init__(self, folder: Path) -> None:
        found = free_ports(2 * NODES)
        transports, ports = found[:NODES], found[NODES:]
        self.urls = [f"http://127.0.0.1:{port}" for port in ports]
        common = {
            "cluster.name": f"vigie-{os.getpid()}",
            "discovery.seed_hosts": ",".join(f"127.0.0.1:{port}" for port in transports),
            "cluster.initial_cluster_manager_nodes": ",".join(f"node-{number}" for number in range(NODES)),
        }
        self.nodes = [
            NodeProcess(
                Product.OPENSEARCH,
                folder / f"node-{number}",
                {**common, "http.port": str(port), "transport.port": str(transport)},
                heap="400m",
            )
            for number, (port, transport) in enumerate(zip(ports, transports, strict=True))
        ]

    def start(self) -> None:
        """Begin; `wait` waits until all have joined."""
        for node in self.nodes:
            node.start()

    def wait(self, status: str = "green") -> None:
        """Until every node is there and every shard."""
        asked = {"wait_for_nodes": str(NODES), "wait_for_status": status, "timeout": "2s"}
        until(lambda: self._is(asked), PATIENCE, "the search cluster is whole")

    def manager(self) -> int:
        """The number of the node that leads the cluster."""
        answer = httpx.get(f"{self.urls[0]}/_cat/cluster_manager?h=node&format=json", timeout=30)
        name = str(answer.json()[0]["node"])
        return int(name.removeprefix("node-"))

    def stop(self) -> None:
        """End them all."""
        for node in self.nodes:
            node.kill()

    def _is(self, asked: Mapping[str, str]) -> bool:
        with suppress(httpx.HTTPError):
            answer = httpx.get(f"{self.urls[0]}/_cluster/health", params=dict(asked), timeout=30)
            return answer.status_code == 200 and not answer.json()["timed_out"]
        return False


class Visitors:
    """Somebody who looks at every site all the time, and notes what is answered."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.wrong: list[str] = []
        self._addresses = addresses
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="visitors", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        paths = ("/", "/healthz", "/readyz", "/api/notices?countries=FR&limit=5", "/sources")
        with httpx.Client(timeout=60) as client:
            while not self._ended.is_set():
                for path in paths:
                    for address in self._addresses:
                        self._look(client, address, path)
                self._ended.wait(1.0)

    def _look(self, client: httpx.Client, address: str, path: str) -> None:
        try:
            answer = client.get(f"{address}{path}")
        except httpx.HTTPError as error:
            self.wrong.append(f"{address}{path}: {error!r}")
            return
        self.answers[path.partition("?")[0], answer.status_code] += 1
        allowed = (200,) if path == "/healthz" else (200, 503)
        if answer.status_code not in allowed:
            self.wrong.append(f"{address}{path}: {answer.status_code} {answer.text[:300]}")
