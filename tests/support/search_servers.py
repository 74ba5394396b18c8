"""The search servers of the tests: OpenSearch, the Elasticsearch core, or a complete Elasticsearch of one's own.

OpenSearch has the analysers and the percolator of Elasticsearch; the client reaches it through `opensearch_node`. The
Elasticsearch core has neither, but its protocol, its templates and its errors are the real ones. With
`VIGIE_TEST_SEARCH_URL` (with user and password in it, and its authority in `VIGIE_TEST_SEARCH_CA`) a complete
Elasticsearch 9 stands for both. `docs/search-engines.md` says what is checked where.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from tests.support import java_tools

START_TIMEOUT = 300.0
STOP_TIMEOUT = 30.0
GIVEN = "VIGIE_TEST_SEARCH_URL"
SHIM = "tests.support.opensearch_node:OpenSearchNode"
_MODULES = (
    "transport.Netty4ModulePlugin",
    "analysis.common.CommonAnalysisModulePlugin",
    "percolator.PercolatorModulePlugin",
    "index.reindex.ReindexModulePlugin",
    "index.mapper.MapperExtrasModulePlugin",
    "join.ParentJoinModulePlugin",
    "painless.PainlessModulePlugin",
)


class Product(StrEnum):
    """What answers."""

    OPENSEARCH = "opensearch"
    CORE = "elasticsearch-core"
    ELASTICSEARCH = "elasticsearch"

    @property
    def analyses(self) -> bool:
        """Whether it has analysers of languages, percolation and scaled numbers."""
        return self is not Product.CORE


@dataclass(frozen=True)
class SearchServer:
    """A server that answers; `node_class` is the setting by which the client talks to it."""

    product: Product
    url: str
    node_class: str = "urllib3"
    user: str | None = None
    password: str | None = None
    ca: Path | None = None


class NodeProcess:
    """One server process; several with the same cluster name and seeds are a cluster."""

    def __init__(
        self, product: Product, home: Path, settings: Mapping[str, str] | None = None, heap: str = "512m"
    ) -> None:
        self.product = product
        self.home = home
        self._heap = heap
        self._settings = {
            "path.home": str(home),
            "path.data": str(home / "data"),
            "path.logs": str(home / "logs"),
            "cluster.name": "vigie-tests",
            "node.name": home.name,
            "network.host": "127.0.0.1",
            "http.port": "0",
            "transport.port": "0",
            "transport.type": "netty4",
            "http.type": "netty4",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            **({} if settings and "discovery.seed_hosts" in settings else {"discovery.type": "single-node"}),
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Begin; `url` waits until it answers."""
        (self.home / "config").mkdir(parents=True, exist_ok=True)
        (self.home / "address").unlink(missing_ok=True)
        # Our end of its input stays open for as long as this process lives; then the server ends by itself.
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdin=subprocess.PIPE, stdout=log, stderr=log)

    def url(self) -> str:
        """The address once the server answers and its shards are there."""
        deadline = time.monotonic() + START_TIMEOUT
        address = self.home / "address"
        while not address.exists():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the search server of the tests did not start: {self._log()}")
            time.sleep(0.05)
        url = f"http://{address.read_text()}"
        health = httpx.get(f"{url}/_cluster/health?wait_for_status=yellow&timeout=60s", timeout=START_TIMEOUT)
        health.raise_for_status()
        return url

    def stop(self) -> None:
        """End it in order; by force when it takes too long."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def _log(self) -> str:
        return (self.home / "server.log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def _command(self) -> list[str]:
        home = java_tools.runtime()
        java = [
            str(home / "bin" / "java"), f"-Xms{self._heap}", f"-Xmx{self._heap}", "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true", "--enable-native-access=ALL-UNNAMED",
        ]  # fmt: skip
        if "jdk.incubator.vector" in java_tools.modules(home):
            java.append("--add-modules=jdk.incubator.vector")
        folder = java_tools.prepared("opensearch" if self.product is Product.OPENSEARCH else "elasticsearch")
        core = [f"modules={folder / 'modules'}"]
        loaded = [f"plugin=org.opensearch.{name}" for name in _MODULES] if self.product is Product.OPENSEARCH else core
        settings = [f"{name}={value}" for name, value in self._settings.items()]
        return [*java, "-cp", f"{folder / 'classes'}:{folder / 'lib'}/*", "TestServer", *settings, *loaded]


def fixtures() -> dict[str, str]:
    """The fixture of each server that this session has, by the name of its tests; one of one's own stands for both."""
    both = {"elasticsearch": "text_server", "elasticsearch-core": "core_server"}
    return {"elasticsearch": "text_server"} if os.environ.get(GIVEN) else both


@contextmanager
def running(product: Product, settings: Mapping[str, str] | None = None) -> Iterator[SearchServer]:
    """One server on a folder of its own, or the one of `VIGIE_TEST_SEARCH_URL`."""
    if url := os.environ.get(GIVEN):
        yield from _somebodys(url)
        return
    folder = Path(tempfile.mkdtemp(prefix=f"vigie-{product}-"))
    node = NodeProcess(product, folder / "node-0", settings)
    try:
        try:
            node.start()
        except java_tools.NoJava as missing:
            pytest.skip(f"{missing} Or set {GIVEN}.")
        yield SearchServer(product, node.url(), SHIM if product is Product.OPENSEARCH else "urllib3")
    finally:
        node.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _somebodys(url: str) -> Iterator[SearchServer]:
    """A server that runs already; what the tests made there is removed."""
    from tests.support.search_index import removed  # which needs this module

    parts = urlsplit(url)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    ca = os.environ.get("VIGIE_TEST_SEARCH_CA")
    found = SearchServer(
        Product.ELASTICSEARCH,
        plain,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        ca=Path(ca) if ca else None,
    )
    try:
        yield found
    finally:
        removed(found)


@pytest.fixture(scope="session")
def text_server() -> Iterator[SearchServer]:
    """The server of this session that analyses and percolates."""
    with running(Product.OPENSEARCH) as server:
        yield server


@pytest.fixture(scope="session")
def core_server() -> Iterator[SearchServer]:
    """The server of this session that speaks Elasticsearch's own protocol."""
    with running(Product.CORE) as server:
        yield server
