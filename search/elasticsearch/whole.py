"""Answers of which no part is missing.

The server answers several requests as a whole although a part of the index is away: it counts what it can reach, and
says of a document that it could not be looked for. Taken as it is, that would be a smaller number, or a document that
is not there: here it is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elasticsearch import Elasticsearch

from search.elasticsearch.compiler import EVERYTHING, Dsl
from search.elasticsearch.errors import refuse


def documents_by_id(client: Elasticsearch, index: str, ids: Sequence[str], **asked: Any) -> dict[str, dict[str, Any]]:
    """What the server says of each document that is there, as it was written last, found by searches already or not.

    Raises `IndexUnavailable` when it cannot say of one whether it is there.
    """
    if not ids:
        return {}
    answers: list[dict[str, Any]] = client.mget(index=index, ids=list(ids), **asked).body["docs"]
    for answer in answers:
        if "error" in answer:
            refuse(int(answer.get("status", 503)), answer["error"])
    return {str(answer["_id"]): answer for answer in answers if answer.get("found")}


def counted(client: Elasticsearch, index: str, query: Dsl = EVERYTHING) -> int:
    """How many documents searches find; the server's own count leaves out what it cannot reach."""
    answer = client.search(index=index, query=query, size=0, track_total_hits=True, allow_partial_search_results=False)
    return int(answer.body["hits"]["total"]["value"])
