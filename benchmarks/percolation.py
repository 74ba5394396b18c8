"""Matching on a cluster: notices against profiles through Vigie, against bare percolate requests of the same.

Bare means: the same documents and stored queries, prepared before the clock starts, one request per batch without
anything beside it, and nothing read of the answers but profiles and places. Vigie makes the documents, narrows, follows
pages, asks whether the profiles are still those it knows, and reads the reasons of every match. Aim: at least 0.9 of
the bare rate. Both take turns, and of several rounds the quickest of each counts, as other programs only ever slow it.

    python -m benchmarks.percolation --url http://127.0.0.1:9200 [--profiles 100000] [--notices 1000] [--batch 200]
"""

from __future__ import annotations

import argparse
import json
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.generated_notices import NOW, Material
from core.settings import SearchSettings
from search.document import IndexDocument
from search.elasticsearch.client import connect
from search.elasticsearch.documents import percolated
from search.elasticsearch.matcher import ElasticsearchMatcher
from search.elasticsearch.profiles import ProfileIndex
from search.plan import Moment
from search.port import SavedQuery

AIM = 0.9


def main() -> None:
    """Print one JSON object with the figures."""
    wanted = _arguments()
    settings = SearchSettings(
        urls=(wanted.url,), node_class=wanted.node_class, prefix=f"bench{secrets.token_hex(3)}", replicas=0,
        timeout=300.0,
    )  # fmt: skip
    material = Material(seed=7)
    saved = [SavedQuery(f"p{number:07d}", material.profile(), number + 1) for number in range(wanted.profiles)]
    documents = list(material.documents(wanted.notices))
    matcher = ElasticsearchMatcher(settings)
    try:
        started = time.perf_counter()
        matcher.revision()
        matcher.follow(saved, [], len(saved))
        filling = time.perf_counter() - started
        print(json.dumps(_compared(wanted, matcher, documents) | {"filling_seconds": round(filling, 2)}, indent=2))
    finally:
        removed(settings)
        matcher.close()


def _compared(
    wanted: argparse.Namespace, matcher: ElasticsearchMatcher, documents: Sequence[IndexDocument]
) -> dict[str, object]:
    batches = [documents[start : start + wanted.batch] for start in range(0, len(documents), wanted.batch)]
    bare_batches = [[percolated(document, Moment.of(NOW)) for document in batch] for batch in batches]
    for batch in batches:
        matcher.match(batch, now=NOW)  # both find the server warm, and Vigie the profiles it has met
    bare, ours, pairs, matches = 0.0, 0.0, 0, 0
    for batch, sources in zip(batches, bare_batches, strict=True):
        tries = [_both(matcher, batch, sources, bare_first=number % 2 == 0) for number in range(wanted.rounds)]
        bare, ours = bare + min(one[0] for one in tries), ours + min(one[1] for one in tries)
        pairs, matches = pairs + tries[0][2], matches + tries[0][3]
    if pairs != matches:
        raise RuntimeError(f"bare requests found {pairs} matches and Vigie {matches}")
    return {
        "profiles": wanted.profiles, "notices": len(documents), "batch": wanted.batch, "rounds": wanted.rounds,
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
    index: ProfileIndex = matcher._index
    answer = matcher._client.search(
        index=index.alias,
        query={"bool": {"filter": [{"percolate": {"field": "query", "documents": sources}}]}},
        size=10_000,
        source=False,
    )
    return sum(len(hit["fields"]["_percolator_document_slot"]) for hit in answer.body["hits"]["hits"])


def removed(settings: SearchSettings) -> None:
    """Take away what was made."""
    client = connect(settings)
    for name in client.indices.get(index=f"{settings.prefix}-*", allow_no_indices=True).body:
        client.indices.delete(index=name)
    for template in client.indices.get_index_template(name=f"{settings.prefix}-*").body["index_templates"]:
        client.indices.delete_index_template(name=template["name"])
    for template in client.cluster.get_component_template(name=f"{settings.prefix}-*").body["component_templates"]:
        client.cluster.delete_component_template(name=template["name"])
    client.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--node-class", default="urllib3")
    parser.add_argument("--profiles", type=int, default=100_000)
    parser.add_argument("--notices", type=int, default=1_000)
    parser.add_argument("--batch", type=int, default=200, help="notices in one request, as a match worker takes them")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
