"""A re-indexing that is killed, as by `kill -9`, when it has told of its progress so many times."""

from __future__ import annotations

import os
import signal
import sys

from search.caretaking import Progress
from store import Store
from tests.support.search_servers import Product, SearchServer
from tests.support.search_taking import caretaker


def main() -> None:
    """Arguments: product, address and node class of the server, prefix, URL of the store, how often."""
    product, url, node_class, prefix, store_url, times = sys.argv[1:]
    left = int(times)

    def told(_: Progress) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with Store(store_url) as store:
        caretaker(SearchServer(Product(product), url, node_class), prefix).reindex(store, told)


if __name__ == "__main__":
    main()
