"""Growth with the number of notices on both engines: index size, memory, rate of indexing, latency of searches.

Filling takes long and measuring wants a quiet machine, so they are apart, and a fill that was ended goes on where it
was. Each size has a folder of its own, which stays.

    python -m benchmarks.growth fill 1000000 --into FOLDER [--engine embedded] [--engine cluster] [--streams 2]
    python -m benchmarks.growth measure 10000 100000 1000000 --into FOLDER [--engine ...] [--rounds 3]

Measured of each size, in one run: bytes on disk and segments; the memory of who answers, before and after; and for each
kind of search (`questions`) the median and the 95th percentile through Vigie, of a bare query of the same kind on the
same index (`bare`), and how many times longer Vigie takes. Both take turns, one client, one search at a time. At last
some blocks are written again, which says at what rate an index of this size takes new versions.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.bare import BareCluster, BareTantivy, Peer
from benchmarks.clusters import node, settings_on
from benchmarks.crawled import own_mb, resident_mb
from benchmarks.filling import BLOCK, CLUSTER, EMBEDDED, ENGINES, HEAP, PREFIX, Filled, fill, rates, write_documents
from benchmarks.generated_notices import Material
from benchmarks.questions import percentiles, questions
from search.elasticsearch import ElasticsearchIndex
from search.elasticsearch.client import connect
from search.embedded import EmbeddedIndex
from search.port import SearchIndex

AGAIN = 5
"""Blocks that are written again."""


@dataclass(frozen=True)
class Measured:
    """An opened index, its peer, and how it is weighed."""

    index: SearchIndex
    peer: Peer
    process: int
    """Whose memory it is that grows."""
    bytes_on_disk: Callable[[], int]
    segments: Callable[[], int]


def main() -> None:
    """Fill or measure; one JSON object per engine and size."""
    options = _arguments()
    for notices in options.notices:
        filled = Filled(options.into, notices)
        for engine in options.engine or ENGINES:
            if options.work == "fill":
                fill(filled, engine, options.streams)
                said: dict[str, object] = {**rates(filled, engine)}
            else:
                _refuse_unfinished(filled, engine, options.unfinished)
                said = measured(filled, engine, options.rounds)
            print(json.dumps({"engine": engine, "notices": notices, **said}), flush=True)


def _refuse_unfinished(filled: Filled, engine: str, taken: bool) -> None:
    missing = len(filled.missing(engine))
    if missing and not taken:
        sys.exit(f"{missing} blocks of {BLOCK} are still missing in {filled.index(engine)}: fill it, or --unfinished")


def measured(filled: Filled, engine: str, rounds: int) -> dict[str, object]:
    """Everything about one index."""
    number = len(filled.done(engine)) * BLOCK
    opened = _embedded if engine == EMBEDDED else _cluster
    load = os.getloadavg()[0]
    with opened(filled) as found:
        before = _memory(found.process)
        _warmed(found)
        latencies = {kind: _compared(kind, found, rounds) for kind in questions()}
        after, size = _memory(found.process), found.bytes_on_disk()
        figures: dict[str, object] = {
            "indexed": number, "megabytes": round(size / 1e6, 1), "bytes_per_notice": round(size / number),
            "segments": found.segments(), "memory_mb_before": before, "memory_mb_after_searches": after,
            "milliseconds": latencies,
        }  # fmt: skip
    return figures | {
        "written_again_per_second": _written_again(filled, engine),
        **{f"fill_{name}": value for name, value in rates(filled, engine).items()},
        "load_before": round(load, 1), "load_after": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def _memory(process: int) -> dict[str, float]:
    return {"resident": resident_mb(process), "without_files": own_mb(process)}


@contextmanager
def _embedded(filled: Filled) -> Iterator[Measured]:
    folder = filled.index(EMBEDDED)
    with EmbeddedIndex.reader(folder) as index:
        peer = BareTantivy(folder)
        yield Measured(index, peer, os.getpid(), lambda: _bytes(folder), peer.segments)


@contextmanager
def _cluster(filled: Filled) -> Iterator[Measured]:
    alias = f"{PREFIX}-notices"
    with node(filled.index(CLUSTER), HEAP) as found:
        settings = settings_on(found, PREFIX)
        with ElasticsearchIndex(settings, writable=False) as index, connect(settings) as client:
            yield Measured(
                index,
                BareCluster(client, alias),
                found.pid,
                lambda: int(client.indices.stats(index=alias).body["_all"]["primaries"]["store"]["size_in_bytes"]),
                lambda: len(client.cat.segments(index=alias, format="json").body),
            )


def _warmed(found: Measured) -> None:
    """Ask everything once: the first searches of a server are those of its compiler."""
    for asked in questions().values():
        for question in asked:
            question.ask(found.index, 0)
            found.peer.prepared(question)()


def _compared(kind: str, found: Measured, rounds: int) -> dict[str, float]:
    """Milliseconds of a kind of search."""
    asked = questions()[kind]
    bare = [found.peer.prepared(question) for question in asked]
    ours: list[float] = []
    theirs: list[float] = []
    for turn in range(rounds):
        for place, (question, peer) in enumerate(zip(asked, bare, strict=True)):
            second = 1 + turn * len(asked) + place
            mine, other = _seconds(partial(question.ask, found.index, second)), _seconds(peer)
            ours.append(mine)
            theirs.append(other)
    vigie, alone = percentiles(ours), percentiles(theirs)
    return {
        "p50": vigie["p50"], "p95": vigie["p95"], "bare_p50": alone["p50"], "bare_p95": alone["p95"],
        "times_p50": round(vigie["p50"] / alone["p50"], 2), "times_p95": round(vigie["p95"] / alone["p95"], 2),
    }  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _written_again(filled: Filled, engine: str) -> int:
    """Notices per second that an index of this size takes in place of those it holds; making them is not counted.

    Nor is the first block, which warms the server.
    """
    material = Material(seed=11)
    blocks = [material.block(block, BLOCK) for block in filled.done(engine)[-AGAIN:]]
    with _writer(filled, engine) as index:
        seconds = [_seconds(partial(write_documents, index, documents)) for documents in blocks]
    return round(BLOCK * len(seconds[1:]) / sum(seconds[1:]))


@contextmanager
def _writer(filled: Filled, engine: str) -> Iterator[SearchIndex]:
    if engine == EMBEDDED:
        with EmbeddedIndex.writer(filled.index(EMBEDDED)) as index:
            yield index
        return
    with (
        node(filled.index(CLUSTER), HEAP) as found,
        ElasticsearchIndex(settings_on(found, PREFIX), writable=True) as on,
    ):
        on.status()
        yield on


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    works = parser.add_subparsers(dest="work", required=True)
    for name in ("fill", "measure"):
        work = works.add_parser(name)
        work.add_argument("notices", type=int, nargs="+", help=f"sizes; a fill is made of blocks of {BLOCK}")
        work.add_argument("--into", type=Path, required=True, help="the folder of the indices, which stay")
        work.add_argument("--engine", action="append", choices=ENGINES, help="default: both")
        if name == "fill":
            work.add_argument("--streams", type=int, default=2, help="processes that write to the cluster at once")
        else:
            work.add_argument("--rounds", type=int, default=3, help="how often each question is asked")
            work.add_argument("--unfinished", action="store_true", help="also an index that is filled in part")
    return parser.parse_args()


if __name__ == "__main__":
    main()
