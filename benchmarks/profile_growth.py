"""Growth with the number of profiles on both engines: saving them, their memory, and notices matched with them.

The same profiles and notices for both, in one run and one table. The embedded matcher holds the profiles in memory and
is set beside the analysis of the notices' texts, which it cannot do without; the percolator of a cluster is set beside
bare percolate requests (`percolation`). Saving means what a match worker does with saved profiles: compile and put
them, on a cluster in parts whose revision is noted; the store is left out. More profiles are saved beside those that
are there, so the rate of each line is that of an index which already holds the one before.

    python -m benchmarks.profile_growth [--profiles 1000 10000 100000] [--notices 1000] [--url URL]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from elasticsearch import Elasticsearch

from benchmarks import clusters
from benchmarks.crawled import own_mb
from benchmarks.generated_notices import NOW, Material
from benchmarks.percolation import BATCH, compared
from search.document import IndexDocument
from search.elasticsearch.client import connect
from search.elasticsearch.matcher import ElasticsearchMatcher
from search.evaluate import DocumentView
from search.matcher import EmbeddedMatcher
from search.port import Matcher, SavedQuery


def main() -> None:
    """Print one JSON object per engine and number of profiles."""
    options = _arguments()
    material = Material(seed=7)
    saved = [SavedQuery(f"p{count:07d}", material.profile(), count + 1) for count in range(max(options.profiles))]
    documents = list(material.documents(options.notices))
    for line in _embedded(options.profiles, saved, documents):
        print(json.dumps({"engine": "embedded", **line}), flush=True)
    for line in _cluster(options, saved, documents):
        print(json.dumps({"engine": "cluster", **line}), flush=True)


def _embedded(
    sizes: Sequence[int], saved: Sequence[SavedQuery], documents: Sequence[IndexDocument]
) -> Iterator[dict[str, object]]:
    matcher = EmbeddedMatcher()
    gc.collect()
    before, known = own_mb(os.getpid()), 0
    for size in sizes:
        rate = _saved(matcher, saved[known:size], size)
        known = size
        gc.collect()
        memory = own_mb(os.getpid()) - before
        cold = _seconds(lambda: matcher.match(documents[:BATCH], now=NOW))
        seconds, matches = _matched(matcher, documents)
        analysis = _seconds(lambda: [DocumentView(document).terms for document in documents])
        yield {
            "profiles": size, "saved_per_second": rate, "memory_mb": round(memory, 1), "notices": len(documents),
            "first_batch_seconds": round(cold, 2), "vigie_seconds": round(seconds, 2), "matches": matches,
            "analysis_alone_seconds": round(analysis, 2), "load": round(os.getloadavg()[0], 1),
        }  # fmt: skip


def _cluster(
    options: argparse.Namespace, saved: Sequence[SavedQuery], documents: Sequence[IndexDocument]
) -> Iterator[dict[str, object]]:
    with (
        clusters.installation(options) as settings,
        connect(settings) as client,
        closing(ElasticsearchMatcher(settings)) as matcher,
    ):
        known = 0
        for size in options.profiles:
            rate = _saved(matcher, saved[known:size], size)
            known = size
            client.indices.flush(index=f"{settings.prefix}-*")
            stats = client.indices.stats(index=f"{settings.prefix}-profiles-*").body["_all"]["primaries"]
            figures = compared(matcher, documents, BATCH, options.rounds)
            yield {
                "profiles": size, "saved_per_second": rate,
                "megabytes_on_disk": round(stats["store"]["size_in_bytes"] / 1e6, 1),
                "heap_mb": _heap(client), **figures, "load": round(os.getloadavg()[0], 1),
            }  # fmt: skip


def _saved(matcher: Matcher, more: Sequence[SavedQuery], revision: int) -> int:
    """Profiles that were brought in per second. Raises `RuntimeError` when one is refused."""
    matcher.revision()
    started = time.perf_counter()
    if refused := matcher.follow(more, [], revision):
        raise RuntimeError(f"refused: {refused}")
    return round(len(more) / (time.perf_counter() - started))


def _matched(matcher: Matcher, documents: Sequence[IndexDocument]) -> tuple[float, int]:
    """Seconds for all notices, in batches as a match worker takes them, and the matches."""
    started, matches = time.perf_counter(), 0
    for start in range(0, len(documents), BATCH):
        matches += len(matcher.match(documents[start : start + BATCH], now=NOW))
    return time.perf_counter() - started, matches


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _heap(client: Elasticsearch) -> float:
    """Megabytes of Java's memory in use on all nodes, garbage that was not yet collected among them."""
    nodes = client.nodes.stats(metric="jvm").body["nodes"].values()
    return round(sum(float(node["jvm"]["mem"]["heap_used_in_bytes"]) for node in nodes) / 1e6, 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    clusters.add_arguments(parser)
    parser.add_argument("--profiles", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--notices", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=1, help="of the requests to the cluster; the quickest counts")
    return parser.parse_args()


if __name__ == "__main__":
    main()
