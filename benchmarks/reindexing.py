"""A new index takes the place of the one in use while notices are saved, indexed, matched and searched all the time.

PostgreSQL, one search node, `vigie worker` processes for the queues `index` and `match`, a crawl that saves new notices
and new versions at a steady pace, and a client that never stops searching. First all of them without a re-indexing for
a while, then `vigie index reindex` beside them. The program ends with code 1 when one of these does not hold:

- no search failed, and none found fewer notices than there were before;
- when the command has ended, every notice of the store is found, and in the end index and store hold the same;
- every profile was told of exactly the versions it should have been told of (asked of the matcher once more, apart), so
  no alert was missed, and none repeated because a notice was indexed again.

Printed beside it: how long it took, and searches during the re-indexing against those before it.

    python -m benchmarks.reindexing [--notices 100000] [--profiles 500] [--pace 20] [--before 120] [--url URL]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import clusters
from benchmarks.crawling import Crawl, fill_store, save_profiles
from benchmarks.generated_notices import NOW, Material
from benchmarks.questions import percentiles
from benchmarks.searching import Search, searching
from benchmarks.told import told
from core.settings import SearchSettings
from search.elasticsearch import ElasticsearchIndex
from search.elasticsearch.caretaker import ElasticsearchCaretaker
from search.indexer import drain_all
from search.query import NoticeQuery
from store import Store
from tests.support import postgres
from tests.support.machines import Machines, machines

PATIENCE = 10_000.0
"""Seconds after which what does not come will not."""


@dataclass
class Course:
    """What happened, and when on the machine's monotonic clock."""

    indexed: float = 0.0
    """Seconds in which the first index was filled by the queue."""
    began: float = 0.0
    ended: float = 0.0
    during: int = 0
    """Versions that were saved while the new index was filled."""
    missing: list[str] = field(default_factory=list)
    searches: list[Search] = field(default_factory=list)
    said: str = ""


def main() -> int:
    """Print one JSON object; 1 when something did not hold."""
    options = _arguments()
    with ExitStack() as stack:
        settings = stack.enter_context(clusters.installation(options))
        url = stack.enter_context(postgres.server()).create()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigie-bench-")))
        there = stack.enter_context(machines(folder, url, {}, **_environment(settings)))
        course = _prepared(there.store, settings, options)
        crawl = Crawl(url, options.notices, options.pace)
        _run(there, settings, crawl, course, options.before)
        report, broken = _judged(there.store, settings, crawl, course, options)
    print(json.dumps({**report, "broken": broken}, indent=2, ensure_ascii=False))
    return 1 if broken else 0


def _environment(settings: SearchSettings) -> dict[str, str]:
    return {
        "SEARCH__URLS": settings.urls[0],
        "SEARCH__NODE_CLASS": settings.node_class,
        "SEARCH__PREFIX": settings.prefix,
        "SEARCH__REPLICAS": "0",
        "SEARCH__TIMEOUT": str(settings.timeout),
        "LOG_LEVEL": "WARNING",
        "DISPATCH__HEARTBEAT": "5",  # a busy machine is no dead worker
        "DISPATCH__STALLED_AFTER": "60",
    }


def _prepared(store: Store, settings: SearchSettings, options: argparse.Namespace) -> Course:
    """The store and its index, filled; nothing waits, and the profiles know nothing of what there is."""
    fill_store(store, options.notices)
    started = time.perf_counter()
    with ElasticsearchIndex(settings, writable=True) as index:
        drain_all(store, index)
    course = Course(indexed=time.perf_counter() - started)
    while rows := store.match_queue.take(10_000):
        store.match_queue.acknowledge(rows)
    save_profiles(store, Material(seed=7), options.profiles)
    return course


def _run(there: Machines, settings: SearchSettings, crawl: Crawl, course: Course, before: float) -> None:
    with searching(settings) as client:
        for queue in ("index", "match"):
            there.worker(queue, queue)
        with crawl.going():
            threading.Event().wait(before)
            saved = len(crawl.saved)
            course.began = time.monotonic()
            course.said = _reindexed(there)
            course.ended = time.monotonic()
            course.during = len(crawl.saved) - saved
            course.missing = _missing(there.store, settings)
            threading.Event().wait(before / 4)
        _until(lambda: not there.store.index_queue.depth() and not there.store.match_queue.depth(), "the queues")
        course.searches = client.stop()


def _reindexed(there: Machines) -> str:
    """The command; what it said. Raises `RuntimeError` when it failed."""
    command = there.vigie("operator", "index", "reindex")
    if command.wait(PATIENCE):
        raise RuntimeError(there.log("operator"))
    return there.log("operator")


def _missing(store: Store, settings: SearchSettings) -> list[str]:
    """Notices of the store that are not found although nothing of them waits for the index any more."""
    there = set(store.notices.ids())
    waiting = store.index_queue.waiting(there)
    with ElasticsearchIndex(settings, writable=False) as index:
        index.refresh()
        return sorted(there - waiting - set(index.scan(NoticeQuery(), now=NOW)))


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline, waiting = time.monotonic() + PATIENCE, threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not become empty")
        waiting.wait(0.2)


def _judged(
    store: Store, settings: SearchSettings, crawl: Crawl, course: Course, options: argparse.Namespace
) -> tuple[dict[str, object], list[str]]:
    """The figures, and a sentence for everything that did not hold."""
    with closing(ElasticsearchCaretaker(settings)) as caretaker:
        compared = caretaker.compare(store, None)
    alerts = told(store, settings, crawl.saved)
    failed = [search.failure for search in course.searches if search.failure]
    checks: dict[str, Sequence[object]] = {
        "searches failed": failed,
        "searches found fewer notices than there were": _fewer(course),
        "notices were missing when the command had ended": course.missing,
        "notices are not the same in index and store": [*compared.missing, *compared.extra, *compared.different],
        "alerts were missed": alerts.missed,
        "alerts were repeated": alerts.repeated,
    }
    seconds = course.ended - course.began
    report: dict[str, object] = {
        "notices": options.notices, "profiles": options.profiles, "pace_per_second": options.pace,
        "first_index_per_second": round(options.notices / course.indexed),
        "reindexing_seconds": round(seconds, 1), "reindexed_per_second": round(options.notices / seconds),
        "versions_saved": len(crawl.saved), "versions_saved_meanwhile": course.during,
        "searches": len(course.searches),
        "searches_meanwhile": sum(course.began <= search.at < course.ended for search in course.searches),
        "in_store": compared.stored, "in_index": compared.indexed, "read_on_both_sides": compared.sampled,
        "alerts": alerts.alerts, **{what: len(found) for what, found in checks.items()},
        "milliseconds": _latencies(course),
    }  # fmt: skip
    return report, [f"{len(found)} {what}: {found[:3]}" for what, found in checks.items() if found]


def _fewer(course: Course) -> list[int]:
    """How many notices searches found since the re-indexing began, where it was fewer than before."""
    counts = [(search.at, search.everything) for search in course.searches if search.everything is not None]
    known = max(count for at, count in counts if at < course.began)
    return [count for at, count in counts if at >= course.began and count < known]


def _latencies(course: Course) -> Mapping[str, object]:
    """Per kind of search: before the re-indexing and during it, and how many times longer."""
    found: dict[str, object] = {}
    for kind in dict.fromkeys(search.kind for search in course.searches):
        ours = [search for search in course.searches if search.kind == kind]
        before = percentiles([one.seconds for one in ours if one.at < course.began])
        during = percentiles([one.seconds for one in ours if course.began <= one.at < course.ended])
        times = {name: round(during[name] / before[name], 2) for name in before}
        found[kind] = {"before": before, "during": during, "times": times}
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    clusters.add_arguments(parser)
    parser.add_argument("--notices", type=int, default=100_000)
    parser.add_argument("--profiles", type=int, default=500)
    parser.add_argument("--pace", type=int, default=20, help="versions that the crawl saves in a second")
    parser.add_argument("--before", type=float, default=120.0, help="seconds without a re-indexing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
