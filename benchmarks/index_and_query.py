"""Index rate and query latency at 100,000 notices, against bare Tantivy with the same texts in the same run.

The peer indexes each notice's texts as one field with Tantivy's own tokenizer, in the same batches with the same
commits, and answers one word without facets, highlights or reasons: what the engine alone costs.

    python -m benchmarks.index_and_query [--notices 100000] [--queries 300] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from statistics import quantiles

import tantivy

from benchmarks.generated_notices import NOW, Material
from search.document import IndexDocument
from search.embedded import EmbeddedIndex
from search.port import Facet, Sort
from search.query import NoticeQuery

BATCH = 500
"""Notices per commit, as the indexer takes them from the queue."""


def main() -> None:
    """Print one JSON object with the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=None)
    wanted = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=wanted.folder) as folder,
        EmbeddedIndex.writer(Path(folder) / "vigie") as index,
    ):
        peer = BarePeer(Path(folder) / "bare")
        ours, theirs = _indexed(wanted.notices, index, peer)
        figures = {
            "notices": index.size(),
            "vigie_notices_per_second": round(wanted.notices / ours),
            "bare_notices_per_second": round(wanted.notices / theirs),
            "times_bare_indexing": round(ours / theirs, 2),
            "vigie_megabytes": _megabytes(Path(folder) / "vigie"),
            "bare_megabytes": _megabytes(Path(folder) / "bare"),
            "milliseconds": _latencies(index, peer, wanted.queries),
        }
    print(json.dumps(figures, indent=2))


class BarePeer:
    """Tantivy with one text field and nothing else."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("body", stored=True)
        self._index = tantivy.Index(builder.build(), path=str(path))
        self._writer = self._index.writer(128_000_000, 2)

    def index(self, documents: Sequence[IndexDocument]) -> None:
        """Index and commit."""
        for document in documents:
            self._writer.add_document(tantivy.Document(body=[piece.text for piece in document.pieces]))
        self._writer.commit()

    def search(self, word: str) -> int:
        """Twenty results of one word, with their texts."""
        self._index.reload()
        searcher = self._index.searcher()
        found = searcher.search(self._index.parse_query(word, ["body"]), limit=20)
        return len([searcher.doc(address) for _, address in found.hits])


def _indexed(number: int, index: EmbeddedIndex, peer: BarePeer) -> tuple[float, float]:
    """Seconds that Vigie and the peer took; making the notices is not counted."""
    documents = Material(seed=11).documents(number)
    ours = theirs = 0.0
    while batch := list(islice(documents, BATCH)):
        ours += _seconds(partial(index.index, batch))
        theirs += _seconds(partial(peer.index, batch))
    return ours, theirs


def _words(number: int) -> list[str]:
    """Words of CPV labels, frequent trades more often."""
    material, random = Material(seed=12), Random(13)
    labels = (material.label_words(material.code(), "fr") for _ in range(number))
    return [
        random.choice([word for word in label if len(word) > 3 and word.isalnum()] or ["travaux"]) for label in labels
    ]


def _latencies(index: EmbeddedIndex, peer: BarePeer, number: int) -> dict[str, dict[str, float]]:
    """Percentiles per kind of question, in milliseconds."""
    words = _words(number)
    profiles = [Material(seed=14 + n).profile() for n in range(min(number, 40))]
    questions: dict[str, Callable[[int], object]] = {
        "bare_word": lambda n: peer.search(words[n % len(words)]),
        "word": lambda n: index.search(NoticeQuery(text=words[n % len(words)]), now=NOW),
        "word_with_all_facets": lambda n: index.search(
            NoticeQuery(text=words[n % len(words)]), now=NOW, facets=tuple(Facet)
        ),
        "profile": lambda n: index.search(profiles[n % len(profiles)], now=NOW),
        "profile_count": lambda n: index.count(profiles[n % len(profiles)], now=NOW),
        "everything_by_deadline_with_all_facets": lambda n: index.search(
            NoticeQuery(), now=NOW, sort=Sort.DEADLINE, facets=tuple(Facet)
        ),
        "page_500_of_everything": lambda n: index.search(NoticeQuery(), now=NOW, offset=9_980),
    }
    return {name: _percentiles(question, number) for name, question in questions.items()}


def _percentiles(question: Callable[[int], object], number: int) -> dict[str, float]:
    question(0)
    times = [_seconds(partial(question, n)) * 1000 for n in range(number)]
    cuts = quantiles(times, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "p99": round(cuts[98], 1)}


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _megabytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) // 1_000_000


if __name__ == "__main__":
    main()
