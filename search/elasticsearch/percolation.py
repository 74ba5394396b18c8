"""Documents put to the stored queries: many in one request, all answers in pages.

A request costs the server more for its profiles than for its documents. Where it is too slow for all profiles at once,
it is asked about a part of them at a time: each profile stands in one of `SLICES` slices, by its id, and a part is some
slices that follow each other. How many parts were answered in time is remembered for the next batches, until a batch is
answered so fast that fewer would do. A server that hangs answers a question without profiles no more than one with few;
then nothing is learnt, and the batch fails.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from zlib import crc32

from elasticsearch import ApiError, ConnectionTimeout, Elasticsearch

from core.settings import SearchSettings
from search.document import IndexDocument
from search.elasticsearch.client import GREETING_SECONDS
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
SLICES: Final = 256
"""Another number needs another version of `index_mappings/profiles.json`."""
_PARTS: Final = (1, 8, 64, SLICES)
"""In how many parts the profiles are asked, one after the other when a request lasts too long."""
_SHARE: Final = 4.0
"""How many times longer than a search a request may take."""
_WELL: Final = 0.25
"""The part of that time in which larger parts must be expected to be answered before they are asked."""
_NOBODY: Final = "nobody"
"""An id that no profile has."""
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


class _Part(NamedTuple):
    """Documents, the place of the first, and which profiles are still to be asked about them."""

    documents: Sequence[IndexDocument]
    query: list[Dsl]
    first: int
    slices: range = range(SLICES)
    behind: str | None = None
    """Profiles up to this id have been told."""

    def narrowed(self, slices: int) -> list[_Part]:
        """The same in parts of so many slices."""
        return [
            self._replace(slices=self.slices[start : start + slices]) for start in range(0, len(self.slices), slices)
        ]


@dataclass
class _Taken:
    """How long the answers about a batch took, in seconds, and about how many documents times slices they were."""

    seconds: float = 0.0
    told: int = 0

    def of_all(self, documents: int) -> float:
        """How long so many documents and all profiles may take: rather too long, as each request reads documents."""
        return self.seconds / self.told * documents * SLICES


def slice_of(profile_id: str) -> int:
    """The slice of a profile, the same for ever."""
    return crc32(profile_id.encode()) % SLICES


class Percolation:
    """Asks the stored queries of one alias."""

    def __init__(
        self,
        client: Elasticsearch,
        alias: str,
        settings: SearchSettings,
        page: int = PAGE,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = settings.timeout * _SHARE
        self._client = client.options(request_timeout=self._limit, retry_on_timeout=False)
        self._brief = client.options(request_timeout=min(GREETING_SECONDS, settings.timeout), max_retries=0)
        self._alias = alias
        self._page = page
        self._clock = clock
        self._parts = 1
        self._too_slow = 0
        """The most documents of a batch that was too slow in so many parts, or in fewer."""

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

    def pages(self, documents: Sequence[IndexDocument], moment: Moment) -> Iterator[list[Found]]:
        """Every profile that matches one of the documents, and each of its documents once.

        A document that the server cannot read at all is left out, with an error in the log: the index of notices
        refuses it as well, and it is in quarantine. The others are matched. Raises `ConnectionTimeout` when the server
        is too slow even for the smallest part, and what the client raises when it hangs.
        """
        parts, taken = self._parts, _Taken()
        waiting = [_part(documents, moment)]
        while waiting:
            part = waiting.pop()
            if len(part.slices) > SLICES // parts:
                waiting += reversed(part.narrowed(SLICES // parts))
                continue
            began = self._clock()
            try:
                page = self._asked(part)
            except ConnectionTimeout:
                if parts == SLICES:
                    raise
                parts = self._more(parts, len(documents))
                waiting.append(part)
                continue
            except ApiError as error:
                waiting += reversed(_halves(part, moment, error))
                continue
            taken.seconds += self._clock() - began
            self._worked(parts)
            if len(page) == self._page:
                waiting.append(part._replace(behind=page[-1]["_id"]))
            else:
                taken.told += len(part.documents) * len(part.slices)
            if page:
                yield [_found(hit, part.first) for hit in page]
        self._fewer(taken, len(documents))

    def _more(self, parts: int, documents: int) -> int:
        """In how many parts to ask what is too slow in so many; raises when the server hangs, which parts do not help.

        What is asked is a document by its id: it does not wait behind the searches of a server that is only slow.
        """
        self._brief.exists(index=self._alias, id=_NOBODY)
        self._too_slow = max(self._too_slow, documents)
        return next(more for more in _PARTS if more > parts)

    def _worked(self, parts: int) -> None:
        """The server answers when it is asked in so many parts."""
        if parts > self._parts:
            log.warning("Elasticsearch is too slow for all profiles at once; they are asked in %d parts.", parts)
            self._parts = parts

    def _fewer(self, taken: _Taken, documents: int) -> None:
        """Ask the next batch in fewer parts if even the largest that was too slow would be answered well in time."""
        if not taken.told:
            return
        whole = taken.of_all(max(self._too_slow, documents))
        parts = next(few for few in _PARTS if few >= self._parts or whole / few <= self._limit * _WELL)
        if parts < self._parts:
            log.info("Elasticsearch is fast enough again for profiles in %d parts, after %d.", parts, self._parts)
            self._parts = parts

    def _asked(self, part: _Part) -> list[dict[str, Any]]:
        """The next profiles of a part in the order of their ids."""
        some: list[Dsl] = []
        if len(part.slices) < SLICES:
            some.append({"range": {"slice": {"gte": part.slices[0], "lte": part.slices[-1]}}})
        if part.behind is not None:
            some.append({"range": {"id": {"gt": part.behind}}})
        answer = self._client.search(
            index=self._alias,
            query={"bool": {"filter": [*some, *part.query]}},
            sort=[{"id": "asc"}],
            size=self._page,
            source=False,
            version=True,
            track_total_hits=False,
            allow_partial_search_results=False,
        )
        found: list[dict[str, Any]] = answer.body["hits"]["hits"]
        return found


def _part(documents: Sequence[IndexDocument], moment: Moment, first: int = 0) -> _Part:
    """Documents and all profiles."""
    sources = [percolated(document, moment) for document in documents]
    return _Part(documents, _query(sources, worth_asking(documents)), first)


def _halves(part: _Part, moment: Moment, error: ApiError) -> list[_Part]:
    """What is asked instead of a part with which the server could do nothing; raises what is not for its documents."""
    documents = part.documents
    reason = reason_of(error.body.get("error") if isinstance(error.body, dict) else error.body)
    if not _is_of_documents(error.meta.status, reason) or (len(documents) == 1 and error.meta.status == _BUSY):
        raise error
    if len(documents) == 1:
        log.error("Elasticsearch cannot read %s, which matches nothing: %s", documents[0].id, reason)
        return []
    middle = len(documents) // 2
    halves = (_part(documents[:middle], moment, part.first), _part(documents[middle:], moment, part.first + middle))
    return [half._replace(slices=part.slices, behind=part.behind) for half in halves]


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
