"""Matching on a cluster: notices against profiles through Vigie, against bare percolate requests of the same.

Bare means: the same documents and stored queries, prepared before the clock starts, one request per batch and one more
for each ten thousand profiles that answer, and nothing read of the answers but profiles and places. Vigie makes the
documents, narrows, follows pages, asks whether the profiles are still those it knows, and reads the reasons of every
match. Aim: at least 0.9 of the bare rate. Both take turns, and of several rounds the quickest of each counts, as other
programs only ever slow it.

    python -m benchmarks.percolation [--url URL] [--profiles 100000] [--notices 1000] [--batch 200]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from benchmarks import clusters
from benchmarks.generated_notices import NOW, Material
from search.document import IndexDocument
from search.elasticsearch.documents import percolated
from search.elasticsearch.matcher import ElasticsearchMatcher
from search.elasticsearch.percolation import PAGE
from search.elasticsearch.profiles import ProfileIndex
from search.plan import Moment
from search.port import SavedQuery

AIM = 0.9
BATCH = 200
"""Notices in one request, as a match worker takes them."""


def main() -> None:
    """Print one JSON object with the figures."""
    wanted = _arguments()
    material = Material(seed=7)
    saved = [SavedQuery(f"p{number:07d}", material.profile(), number + 1) for number in range(wanted.profiles)]
    documents = list(material.documents(wanted.notices))
    with clusters.installation(wanted) as settings, closing(ElasticsearchMatcher(settings)) as matcher:
        started = time.perf_counter()
        matcher.revision()
        matcher.follow(saved, [], len(saved))
        filling = time.perf_counter() - started
        figures = compared(matcher, documents, wanted.batch, wanted.rounds)
    print(json.dumps({"profiles": wanted.profiles, **figures, "filling_seconds": round(filling, 2)}, indent=2))


def compared(
    matcher: ElasticsearchMatcher, documents: Sequence[IndexDocument], size: int, rounds: int
) -> dict[str, object]:
    """Bare requests against Vigie's, in batches of a size; of several rounds the quickest of each counts.

    Raises `RuntimeError` when the two do not find the same number of matches.
    """
    batches = [documents[start : start + size] for start in range(0, len(documents), size)]
    bare_batches = [[percolated(document, Moment.of(NOW)) for document in batch] for batch in batches]
    for batch in batches:
        matcher.match(batch, now=NOW)  # both find the server warm, and Vigie the profiles it has met
    bare, ours, pairs, matches = 0.0, 0.0, 0, 0
    for place, (batch, sources) in enumerate(zip(batches, bare_batches, strict=True)):
        tries = [_both(matcher, batch, sources, bare_first=(place + turn) % 2 == 0) for turn in range(rounds)]
        bare, ours = bare + min(one[0] for one in tries), ours + min(one[1] for one in tries)
        pairs, matches = pairs + tries[0][2], matches + tries[0][3]
    if pairs != matches:
        raise RuntimeError(f"bare requests found {pairs} matches and Vigie {matches}")
    return {
        "notices": len(documents), "batch": size, "rounds": rounds,
        "matches": matches, "bare_seconds": round(bare, 2), "vigie_seconds": round(ours, 2),
        "share_of_bare_rate": round(bare / ours, 3), "aim": AIM,
    }  # fmt: skip


def _both(
    matcher: ElasticsearchMatcher, batch: Sequence[IndexDocument], sources: list[dict[str, Any]], *, bare_first: bool
) -> tuple[float, float, int, int]:
    """Seconds of the bare request and of Vigie, and what each found."""
    works: list[Callable[[], int]] = [lambda: _bare(matcher, sources), lambda: len(matcher.match(batch, now=NOW))]
    seconds, found = [0.0, 0.0], [0, 0]
    for place in (0, 1) if bare_first else (1, 0):
        started = time.perf_counter()
        found[place] = works[place]()
        seconds[place] = time.perf_counter() - started
    return seconds[0], seconds[1], found[0], found[1]


def _bare(matcher: ElasticsearchMatcher, sources: list[dict[str, Any]]) -> int:
    """In the order that is cheapest for the server, with its own pages where one answer cannot hold all profiles."""
    index: ProfileIndex = matcher._index
    client, found = matcher._client, 0
    answer = client.search(
        index=index.alias,
        query={"bool": {"filter": [{"percolate": {"field": "query", "documents": sources}}]}},
        sort=["_doc"],
        size=PAGE,
        source=False,
        scroll="1m",
    ).body
    while hits := answer["hits"]["hits"]:
        found += sum(len(hit["fields"]["_percolator_document_slot"]) for hit in hits)
        if len(hits) < PAGE:
            break
        answer = client.scroll(scroll_id=answer["_scroll_id"], scroll="1m").body
    client.clear_scroll(scroll_id=answer["_scroll_id"])
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    clusters.add_arguments(parser)
    parser.add_argument("--profiles", type=int, default=100_000)
    parser.add_argument("--notices", type=int, default=1_000)
    parser.add_argument("--batch", type=int, default=BATCH, help="notices in one request")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
