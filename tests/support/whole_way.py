"""One pass over the whole way of a notice, as a process that a test can kill: crawl, index, match, digest, deliver.

Prints `ready` when everything is imported and `done` when nothing is left to do. The digest is built on the day given,
at noon, so that every pass has a day of its own.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from alerts import digests, matching, outbox
from core import clock
from core.settings import load_settings
from pipelines.crawl import CrawlRequest, run
from search import indexer, new_matcher, open_index
from store import Archive, Store

PORTAL = "be_bda"


def whole_way(day: datetime) -> None:
    """Everything once."""
    settings = load_settings()
    with Store.open(settings) as store, Archive(settings.archive, settings.spool_dir, store.payloads) as archive:
        for request in (CrawlRequest.open_calls(PORTAL), CrawlRequest.catch_up(PORTAL)):
            run(request, settings, store, archive)
        with open_index(settings, writable=True) as index:
            while indexer.drain(store, index, 50):
                pass
        state = matching.MatcherState(new_matcher(settings))
        while matching.drain(store, state, 50):
            pass
        with clock.frozen_at(day):
            digests.build_due(store, settings, day)
            outbox.deliver_due(store, settings, day)


if __name__ == "__main__":
    print("ready", flush=True)  # noqa: T201 (the test waits for it)
    whole_way(datetime.fromisoformat(sys.argv[1]).replace(hour=12, tzinfo=UTC))
    print("done", flush=True)  # noqa: T201
