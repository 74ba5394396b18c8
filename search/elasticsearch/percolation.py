"""Documents put to the stored queries: many in one request, all answers in pages."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from elasticsearch import ApiError, Elasticsearch

from core.settings import SearchSettings
from search.document import IndexDocument
from search.elasticsearch.compiler import Dsl
from search.elasticsearch.documents import Source, percolated
from search.elasticsearch.errors import reason_of
from search.elasticsearch.narrowing import worth_asking
from search.plan import Moment

log = logging.getLogger(__name__)

PAGE: Final = 10_000
"""Profiles in one answer; the server's own limit unless it is raised."""
MOST_DOCUMENTS: Final = 1_000
"""Documents in one request: a thousand cost a quarter of ten times a hundred."""
MOST_TEXT: Final = 10_000_000
"""Characters of text in one request."""
_SHARE: Final = 4.0
"""How many times longer than a search a request may take."""
_SLOT: Final = "_percolator_document_slot"
_BAD: Final = 400
_TOO_LARGE: Final = 413
_BUSY: Final = 429
_UNREADABLE: Final = ("mapper_parsing_exception", "document_parsing_exception")


class Found(NamedTuple):
    """A profile, in which state, and the places of the documents that it matches."""

    id: str
    version: int
    slots: tuple[int, ...]


class Percolation:
    """Asks the stored queries of one alias."""

    def __init__(self, client: Elasticsearch, alias: str, settings: SearchSettings, page: int = PAGE) -> None:
        self._client = client.options(request_timeout=settings.timeout * _SHARE)
        self._alias = alias
        self._page = page

    def batches(self, documents: Sequence[IndexDocument]) -> Iterator[Sequence[IndexDocument]]:
        """The documents, as many at a time as go into one request."""
        batch: list[IndexDocument] = []
        text = 0
        for document in documents:
            size = sum(len(piece.text) for piece in document.pieces)
            if batch and (len(batch) >= MOST_DOCUMENTS or text + size > MOST_TEXT):
                yield batch
                batch, text = [], 0
            batch.append(document)
            text += size
        if batch:
            yield batch

    def pages(self, documents: Sequence[IndexDocument], moment: Moment, first: int = 0) -> Iterator[list[Found]]:
        """Every profile that matches one of the documents, once; `first` is added to the places of documents.

        A document that the server cannot read at all is left out, with an error in the log: the index of notices
        refuses it as well, and it is in quarantine. The others are matched.
        """
        query = _query([percolated(document, moment) for document in documents], worth_asking(documents))
        try:
            page = self._page_behind(query, None)
        except ApiError as error:
            reason = reason_of(error.body.get("error") if isinstance(error.body, dict) else error.body)
            if not _is_of_documents(error.meta.status, reason):
                raise
            if len(documents) == 1 and error.meta.status == _BUSY:
                raise
            if len(documents) == 1:
                log.error("Elasticsearch cannot read %s, which matches nothing: %s", documents[0].id, reason)
                return
            middle = len(documents) // 2
            yield from self.pages(documents[:middle], moment, first)
            yield from self.pages(documents[middle:], moment, first + middle)
            return
        while page:
            yield [_found(hit, first) for hit in page]
            page = self._page_behind(query, page[-1]["_id"]) if len(page) == self._page else []

    def _page_behind(self, query: list[Dsl], last: str | None) -> list[dict[str, Any]]:
        """The next profiles in the order of their ids; those up to the last one are not asked again."""
        behind: list[Dsl] = [] if last is None else [{"range": {"id": {"gt": last}}}]
        answer = self._client.search(
            index=self._alias,
            query={"bool": {"filter": [*query, *behind]}},
            sort=[{"id": "asc"}],
            size=self._page,
            source=False,
            version=True,
            track_total_hits=False,
            allow_partial_search_results=False,
        )
        found: list[dict[str, Any]] = answer.body["hits"]["hits"]
        return found


def _is_of_documents(status: int, reason: str) -> bool:
    """Whether fewer documents, or others, would be answered: one cannot be read, or all are too much for a request."""
    unreadable = any(kind in reason for kind in _UNREADABLE) and "strict_dynamic_mapping" not in reason
    too_much = status == _TOO_LARGE or (status == _BUSY and "circuit_breaking" in reason)
    return too_much or (status == _BAD and unreadable)


def _query(sources: list[Source], narrowed: list[Dsl]) -> list[Dsl]:
    return [*narrowed, {"percolate": {"field": "query", "documents": sources}}]


def _found(hit: dict[str, Any], first: int) -> Found:
    slots = tuple(first + int(slot) for slot in hit["fields"][_SLOT])
    return Found(str(hit["_id"]), int(hit["_version"]), slots)
