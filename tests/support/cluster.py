"""A whole installation of many machines as processes on one: started, killed one by one, started again.

A supervisor of the test starts again whatever dies, as a container engine does. Search nodes and PostgreSQL are started
again by the test, when it wants them back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from core.ports import free_ports
from core.settings import Settings
from crawlers import portals
from scheduler.distributed import DistributedDispatch
from store import Store
from tests.support import java_tools
from tests.support.cluster_parts import PATIENCE, ROOT, Portals, SearchCluster, Service, Supervisor, Visitors
from tests.support.postgres import RestartableServer, restartable_server
from tests.support.search_servers import SHIM
from tests.support.up import until

DELAY = 0.2
"""Seconds between two requests to a portal: its budget."""
CONNECTIONS = 250
WORKERS: Mapping[str, str] = {
    "worker-1": "crawl,index,match,deliver,maintain",
    "worker-2": "crawl,index,digest,deliver,export",
    "worker-3": "crawl,match,digest,export,maintain",
}
"""Machine to the queues it serves; each is served by two."""
SCHEDULERS = ("scheduler-1", "scheduler-2")
SITES = ("web-1", "web-2")
_NAMES_ITS_PROCESS = """\
import os
known = os.environ.get("VIGIE_CRAWL__CONTACT")
if known:
    os.environ["VIGIE_CRAWL__CONTACT"] = f"{known.rpartition('/')[0]}/{os.getpid()}"
"""
"""A `sitecustomize` for the processes of the installation: each tells portals its own number as its contact, so that
the log of a portal says which crawl asked."""

T = TypeVar("T")


@dataclass
class Cluster:
    """The installation, and what it works with."""

    postgres: RestartableServer
    search: SearchCluster
    portals: Portals
    services: dict[str, Service]
    supervisor: Supervisor
    visitors: Visitors
    settings: Settings
    sites: tuple[str, ...]
    mails: Path
    store: Store
    kills: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    @property
    def dispatch(self) -> DistributedDispatch:
        """Asks for work, as an operator does."""
        return DistributedDispatch(self.store)

    def start(self) -> None:
        """Start every process of the installation, as soon as its servers answer."""
        self.supervisor.start()
        self.until(lambda: all(_answers(address) for address in self.sites), "the sites answer")
        self.visitors.start()

    def until(self, found: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
        """What `found` returns as soon as it is true; when the time is over, a failure that tells what happened."""
        try:
            return until(found, seconds, what)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *self.kills, self.said()])) from None

    def note(self, words: str) -> None:
        """Write into the report."""
        self.kills.append(f"{time.monotonic() - self.begun:6.1f} s  {words}")

    def said(self) -> str:
        """The last words of every process that warned or failed."""
        parts = []
        for service in self.services.values():
            lines = [line for line in service.said().splitlines() if "ERROR" in line or "Traceback" in line]
            if lines:
                parts.append(f"--- {service.name}\n" + "\n".join(lines[-12:]))
        return "\n".join(parts)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """PostgreSQL and portals that answer, search nodes that begin, and services that wait to be started."""
    with ExitStack() as stack:
        postgres = stack.enter_context(restartable_server(CONNECTIONS))
        search = SearchCluster(folder)
        stack.callback(search.stop)
        try:
            search.start()
        except java_tools.NoJava as missing:
            pytest.skip(str(missing))
        farm = Portals(folder)
        stack.callback(farm.stop)
        smtp, *ports = free_ports(1 + len(SITES))
        webs = dict(zip(SITES, ports, strict=True))
        environment = _environment(folder, postgres, search, farm, smtp)
        services = dict(_services(folder, environment, webs))
        supervisor, sites = Supervisor(list(services.values())), tuple(f"http://127.0.0.1:{p}" for p in webs.values())
        visitors = Visitors(sites)
        stack.callback(supervisor.stop)
        stack.callback(visitors.stop)
        settings = _settings(folder, postgres, search)
        store = stack.enter_context(Store.open(settings))
        mails = folder / "sink" / "mailbox"
        yield Cluster(postgres, search, farm, services, supervisor, visitors, settings, sites, mails, store)


def _settings(folder: Path, postgres: RestartableServer, search: SearchCluster) -> Settings:
    """Those of the test's own process."""
    return Settings.model_validate(
        {
            "data_dir": folder / "test",
            "database_url": postgres.url,
            "search": {"urls": ",".join(search.urls), "node_class": SHIM},
        }
    )


def _environment(
    folder: Path, postgres: RestartableServer, search: SearchCluster, farm: Portals, smtp: int
) -> dict[str, str]:
    """The settings that all processes of the installation share."""
    named = folder / "named"
    named.mkdir()
    (named / "sitecustomize.py").write_text(_NAMES_ITS_PROCESS, encoding="utf-8")
    shared = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    shared |= {
        "PYTHONPATH": f"{named}:{ROOT}",
        "VIGIE_DATABASE_URL": postgres.url,
        "VIGIE_ARCHIVE_URL": str(folder / "archive"),
        "VIGIE_SECRET_KEY": "one key for all machines of this test",
        "VIGIE_SEARCH__URLS": ",".join(search.urls),
        "VIGIE_SEARCH__NODE_CLASS": SHIM,
        "VIGIE_DISPATCH__ENGINE": "distributed",
        "VIGIE_DISPATCH__HEARTBEAT": "0.5",
        "VIGIE_DISPATCH__STALLED_AFTER": "8",
        "VIGIE_DISPATCH__GRACE": "10",
        "VIGIE_SMTP__PORT": str(smtp),
        "VIGIE_SMTP__TIMEOUT": "5",
        "VIGIE_CRAWL__CONTACT": "https://vigie.invalid/process/0",
        "VIGIE_CRAWL__DELAY": str(DELAY),
        "VIGIE_CRAWL__AT_ONCE": "2",
        "VIGIE_CRAWL__BACKFILL_DAYS": "0",
        "VIGIE_WEB__PUBLIC_URL": "http://127.0.0.1",
    }
    for key in portals.keys():
        name, address = f"VIGIE_PORTALS__{key.upper()}", farm.addresses.get(key)
        shared |= {f"{name}__BASE_URL": address} if address else {f"{name}__ENABLED": "false"}
    return shared | {"VIGIE_PORTALS__FR_ACHATPUBLIC__TRANSPORT": "http"}


def _services(folder: Path, environment: Mapping[str, str], webs: Mapping[str, int]) -> Iterator[tuple[str, Service]]:
    commands: dict[str, tuple[str, ...]] = {"sink": ("alerts.mailbox",)}
    commands |= dict.fromkeys(SITES, ("cli", "web"))
    commands |= dict.fromkeys(SCHEDULERS, ("cli", "scheduler"))
    commands |= {name: ("cli", "worker", "--queues", queues) for name, queues in WORKERS.items()}
    for name, command in commands.items():
        own = {"VIGIE_WEB__PORT": str(webs[name])} if name in webs else {}
        yield name, Service(name, command, {**environment, **own}, folder)


def _answers(address: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{address}/healthz", timeout=10).status_code == 200
    return False
