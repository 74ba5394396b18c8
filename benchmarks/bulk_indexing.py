"""Bulk indexing on a cluster: through Vigie, against bare `helpers.bulk` of the same documents.

Bare means: the sources, made before the clock starts, in one call of `helpers.bulk` to an index of the same mapping.
Vigie makes the sources, writes under versions, asks whether an index is being filled beside the one in use, looks at
every answer, and lets the last batch be found. Aim: at least 0.8 of the bare rate. Reading the same notices from the
store and making documents of them is counted apart, as a bare bulk has nothing to read. Both take turns, and of several
rounds the quickest of each counts.

    python -m benchmarks.bulk_indexing [--url URL] [--notices 10000] [--batch 500]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence

from elasticsearch import Elasticsearch, helpers

from benchmarks import clusters
from benchmarks.crawling import fill_store
from core.settings import SearchSettings
from search.document import IndexDocument
from search.elasticsearch import ElasticsearchIndex
from search.elasticsearch.client import connect
from search.elasticsearch.documents import source
from search.elasticsearch.mappings import Mappings
from search.port import Seen
from store import Store

AIM = 0.8


def main() -> None:
    """Print one JSON object with the figures."""
    wanted = _arguments()
    with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/store.sqlite") as store:
        store.migrate()
        fill_store(store, wanted.notices)
        started = time.perf_counter()
        documents = [IndexDocument.of(stored) for stored in store.notices.iterate(batch=wanted.batch)]
        reading = time.perf_counter() - started
    with clusters.installation(wanted) as settings:
        bare, ours = _compared(settings, documents, wanted)
    number = len(documents)
    figures = {
        "notices": number, "batch": wanted.batch, "rounds": wanted.rounds,
        "bare_per_second": round(number / bare), "vigie_per_second": round(number / ours),
        "reading_the_store_per_second": round(number / reading),
        "share_of_bare_rate": round(bare / ours, 3), "aim": AIM,
    }  # fmt: skip
    print(json.dumps(figures, indent=2))


def _compared(
    settings: SearchSettings, documents: Sequence[IndexDocument], wanted: argparse.Namespace
) -> tuple[float, float]:
    """Seconds of the quickest bare round and of Vigie's."""
    client, mappings = connect(settings), Mappings.load(settings.prefix)
    bare: list[float] = []
    ours: list[float] = []
    with ElasticsearchIndex(settings, writable=True) as index:
        index.status()
        for number in range(wanted.rounds):
            index.clear()
            name = mappings.index("notices", 900_000 + number)
            client.indices.create(index=name)
            turns = (_bare_seconds, _vigie_seconds) if number % 2 == 0 else (_vigie_seconds, _bare_seconds)
            for turn in turns:
                (bare if turn is _bare_seconds else ours).append(turn(client, index, name, documents, wanted.batch))
            client.indices.delete(index=name)
    client.close()
    return min(bare), min(ours)


def _bare_seconds(
    client: Elasticsearch, _: ElasticsearchIndex, name: str, documents: Sequence[IndexDocument], batch: int
) -> float:
    actions = [{"_index": name, "_id": document.id, "_source": source(document)} for document in documents]
    started = time.perf_counter()
    helpers.bulk(client, actions, chunk_size=batch)
    client.indices.refresh(index=name)
    return time.perf_counter() - started


def _vigie_seconds(
    _: Elasticsearch, index: ElasticsearchIndex, __: str, documents: Sequence[IndexDocument], batch: int
) -> float:
    started = time.perf_counter()
    for start in range(0, len(documents), batch):
        index.index(documents[start : start + batch], seen=Seen.SOON)
    index.refresh()
    return time.perf_counter() - started


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    clusters.add_arguments(parser)
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
