"""Fills an index with so many invented notices, in blocks that are noted as they are done.

A fill that was ended, in whatever way, goes on where it was. The notices are made by `generated_notices` and become
documents as the indexer makes them; the store is left out, as reading it is measured by `bulk_indexing`. The embedded
index has one writer, so its blocks follow one another; a cluster takes several streams at once.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.clusters import Node, node, settings_on
from benchmarks.crawled import most_mb, resident_mb
from benchmarks.generated_notices import Material
from core.settings import SearchSettings
from search.document import IndexDocument
from search.elasticsearch import ElasticsearchIndex
from search.elasticsearch.client import connect
from search.embedded import EmbeddedIndex
from search.port import SearchIndex, Seen

BLOCK: Final = 1_000
BATCH: Final = 500
"""Notices in one call, as the indexer takes them from the queue."""
REFRESH: Final = "30s"
"""While a cluster is filled, what was written is found this late; a re-indexing does the same."""
HEAP: Final = "1g"
PREFIX: Final = "growth"
EMBEDDED: Final = "embedded"
CLUSTER: Final = "cluster"
ENGINES: Final = (EMBEDDED, CLUSTER)


class Filled:
    """The folder of one size: an index per engine, and what was noted while they were filled."""

    def __init__(self, folder: Path, notices: int) -> None:
        self.notices = notices
        self.folder = folder / str(notices)
        self.folder.mkdir(parents=True, exist_ok=True)

    def index(self, engine: str) -> Path:
        """Where the index of an engine lies: an index folder, or the home of a node."""
        return self.folder / engine

    def notes(self, engine: str) -> list[dict[str, float]]:
        """One per block that is done, in the order in which they were."""
        if not self._noted(engine).exists():
            return []
        lines = self._noted(engine).read_text(encoding="ascii").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]  # a line may be cut by a kill

    def note(self, engine: str, **said: float) -> None:
        """A block is done."""
        with self._noted(engine).open("a", encoding="ascii") as file:
            file.write(json.dumps(said) + "\n")

    def done(self, engine: str) -> list[int]:
        """Blocks that are in the index."""
        return sorted({int(note["block"]) for note in self.notes(engine)})

    def missing(self, engine: str) -> list[int]:
        """Blocks that are not."""
        done = set(self.done(engine))
        return [block for block in range(self.notices // BLOCK) if block not in done]

    def _noted(self, engine: str) -> Path:
        return self.folder / f"{engine}.jsonl"


def fill(filled: Filled, engine: str, streams: int) -> None:
    """Write the blocks that are missing."""
    blocks = filled.missing(engine)
    if blocks and engine == EMBEDDED:
        _fill_embedded(filled, blocks)
    elif blocks:
        with node(filled.index(engine), HEAP) as found:
            _fill_cluster(filled, found, blocks, streams)


def rates(filled: Filled, engine: str) -> dict[str, float]:
    """What the notes tell: notices per second over all, in the first tenth and in the last; memory at most."""
    notes = filled.notes(engine)
    tenth = max(1, len(notes) // 10)
    parts = {"all": notes, "first_tenth": notes[:tenth], "last_tenth": notes[-tenth:]}
    found = {f"per_second_{name}": _per_second(part) for name, part in parts.items() if part}
    return {**found, "memory_mb_at_most": max((note["most_mb"] for note in notes), default=0.0)}


def _per_second(notes: Sequence[dict[str, float]]) -> float:
    return round(BLOCK * len(notes) / sum(note["seconds"] for note in notes))


def _fill_embedded(filled: Filled, blocks: Sequence[int]) -> None:
    with EmbeddedIndex.writer(filled.index(EMBEDDED)) as index:
        index.rebuild_queued()
        started = time.perf_counter()
        for block in blocks:
            _write(index, block)
            ended = time.perf_counter()
            memory = {"most_mb": most_mb(os.getpid()), "now_mb": resident_mb(os.getpid())}
            filled.note(EMBEDDED, block=block, seconds=round(ended - started, 3), **memory)
            started = ended


def _fill_cluster(filled: Filled, found: Node, blocks: Sequence[int], streams: int) -> None:
    settings = settings_on(found, PREFIX, REFRESH)
    with ElasticsearchIndex(settings, writable=True) as index:
        index.status()
        index.rebuild_queued()
    started = time.perf_counter()
    for block in _written_at_once(settings, blocks, streams):
        ended = time.perf_counter()
        memory = {"most_mb": most_mb(found.pid), "now_mb": resident_mb(found.pid)}
        filled.note(CLUSTER, block=block, seconds=round(ended - started, 3), **memory)
        started = ended
    with connect(settings) as client:
        client.indices.put_settings(index=f"{PREFIX}-*", settings={"refresh_interval": "1s"})
        client.indices.flush(index=f"{PREFIX}-*")


def _written_at_once(settings: SearchSettings, blocks: Sequence[int], streams: int) -> Iterator[int]:
    """Blocks as they are done, by so many processes."""
    waiting = iter(blocks)
    asked = settings.model_dump_json()
    with ProcessPoolExecutor(streams, mp_context=multiprocessing.get_context("spawn")) as pool:
        works = {pool.submit(_write_block, asked, block) for block in islice(waiting, streams * 2)}
        while works:
            done = next(as_completed(works))
            works.remove(done)
            works |= {pool.submit(_write_block, asked, block) for block in islice(waiting, 1)}
            yield done.result()


@cache
def _writer(settings: str) -> ElasticsearchIndex:
    """The index of this process, opened once."""
    return ElasticsearchIndex(SearchSettings.model_validate_json(settings), writable=True)


@cache
def _material() -> Material:
    return Material(seed=11)


def _write_block(settings: str, block: int) -> int:
    _write(_writer(settings), block)
    return block


def _write(index: SearchIndex, block: int) -> None:
    write_documents(index, _material().block(block, BLOCK))


def write_documents(index: SearchIndex, documents: Sequence[IndexDocument]) -> None:
    """Write some, as the indexer does. Raises `RuntimeError` when the index refuses one."""
    for start in range(0, len(documents), BATCH):
        outcome = index.index(documents[start : start + BATCH], seen=Seen.SOON)
        if outcome.refused:
            raise RuntimeError(f"refused: {outcome.refused[0]}")
