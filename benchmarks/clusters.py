"""What benchmarks on a cluster share: one that runs already or a node of their own, and a prefix that is theirs alone.

Without `--url` a single node of the search server of the tests is started on this machine, and ended afterwards. It
compiles as a server in use does; the one of the tests starts sooner instead, and stays slower.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.settings import SearchSettings
from tests.support.search_index import forgotten
from tests.support.search_servers import SHIM, NodeProcess, Product

HEAP = "768m"
TIMEOUT = 300.0
"""Seconds for one answer: no benchmark shall end because the machine is busy."""


class Node(NodeProcess):
    """A single node on this machine whose Java compiles everything as far as it can."""

    def _command(self) -> list[str]:
        return [part for part in super()._command() if not part.startswith("-XX:TieredStopAtLevel")]


@contextmanager
def node(home: Path, heap: str = HEAP) -> Iterator[Node]:
    """A node that answers, on a folder that keeps what it holds."""
    found = Node(Product.OPENSEARCH, home, heap=heap)
    try:
        found.start()
        found.url()
        yield found
    finally:
        found.stop()


def settings_of(url: str, node_class: str, prefix: str, refresh: str = "1s") -> SearchSettings:
    """Settings of an installation on one node."""
    return SearchSettings(
        urls=(url,), node_class=node_class, prefix=prefix, replicas=0, timeout=TIMEOUT, refresh=refresh
    )


def settings_on(found: Node, prefix: str, refresh: str = "1s") -> SearchSettings:
    """Settings of an installation on a node of our own."""
    return settings_of(found.url(), SHIM, prefix, refresh)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the cluster is."""
    parser.add_argument("--url", help="of a node that runs already; without it one is started on this machine")
    parser.add_argument("--node-class", default="urllib3", help="as the setting search.node_class, with --url")
    parser.add_argument("--heap", default=HEAP, help="memory of the node that is started")


@contextmanager
def installation(options: argparse.Namespace) -> Iterator[SearchSettings]:
    """Settings of an installation that nobody else uses; everything of it is taken away at the end."""
    prefix = f"bench{secrets.token_hex(3)}"
    if options.url:
        with forgotten(settings_of(options.url, options.node_class, prefix)) as settings:
            yield settings
        return
    with tempfile.TemporaryDirectory(prefix="vigie-bench-") as folder, node(Path(folder), options.heap) as found:
        yield settings_on(found, prefix)
