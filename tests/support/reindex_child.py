"""A re-indexing that is killed, as by `kill -9`, when it has told of its progress so many times."""

from __future__ import annotations

import os
import signal
import sys

from core.settings import load_settings
from search.caretaking import Progress
from store import Store
from tests.support.search_servers import Product
from tests.support.search_taking import caretaker_of


def main() -> None:
    """Arguments: product of the server, URL of the store, how often; the settings of search are in the environment."""
    product, store_url, times = sys.argv[1:]
    left = int(times)

    def told(_: Progress) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with Store(store_url) as store:
        caretaker_of(Product(product), load_settings().search).reindex(store, told)


if __name__ == "__main__":
    main()
