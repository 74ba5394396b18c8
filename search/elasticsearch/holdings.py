"""What one index of notices holds, whichever it is; for comparisons with the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from elasticsearch import Elasticsearch

from search.document import IndexDocument
from search.elasticsearch.documents import read
from search.elasticsearch.errors import engine_errors
from search.elasticsearch.whole import documents_by_id

_PAGE: Final = 10_000


class Holdings:
    """The documents of an index or alias."""

    def __init__(self, client: Elasticsearch, name: str) -> None:
        self._client = client
        self.name = name

    def ids(self) -> Iterator[str]:
        """The ids of all documents, in order."""
        after: list[Any] | None = None
        while True:
            with engine_errors():
                answer = self._client.search(
                    index=self.name, sort=[{"id": "asc"}], size=_PAGE, search_after=after, source=False,
                    track_total_hits=False, allow_partial_search_results=False,
                )  # fmt: skip
            hits = answer.body["hits"]["hits"]
            yield from (str(hit["_id"]) for hit in hits)
            if len(hits) < _PAGE:
                return
            after = hits[-1]["sort"]

    def kept(self, document: IndexDocument) -> IndexDocument:
        """All of it."""
        return document

    def documents(self, notice_ids: Sequence[str]) -> dict[str, IndexDocument]:
        """Documents by id, as they were written last, found by searches already or not."""
        with engine_errors():
            there = documents_by_id(self._client, self.name, notice_ids)
        return {notice_id: read(found["_source"]) for notice_id, found in there.items()}
