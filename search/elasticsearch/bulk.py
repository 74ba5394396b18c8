"""Writing many documents at once.

What the server has no room for now (429) is offered again after a while. What it will never take (400) is told as
refused with its reason, while the others go on; a request that is refused as a whole is cut in pieces until the culprit
stands alone. One that takes too long is cut once. Anything else means that nothing can be written now: an index that is
closed answers 400 as well, so a reason that does not name a fault of documents counts against one only when the index
has taken others.

Versions are the store's editions (`external_gte`): a document never takes the place of one of a higher version, and the
same version, which says the same, may be written again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from elasticsearch import ConnectionTimeout, Elasticsearch, helpers

from search.document import IndexDocument
from search.elasticsearch.documents import source
from search.elasticsearch.errors import engine_errors, reason_of, refuse
from search.elasticsearch.whole import documents_by_id
from search.port import Indexed, Refusal

log = logging.getLogger(__name__)

Action = dict[str, Any]

CHUNK: Final = 500
CHUNK_BYTES: Final = 10 * 1024 * 1024
_SMALLER: Final = 8
_NEVER: Final = frozenset({400, 413})
_OUR_FAULT: Final = "strict_dynamic_mapping_exception"
"""A field that the mapping lacks is no fault of one document: the index is of another version."""
_ITS_FAULT: Final = ("document_parsing_exception", "mapper_parsing_exception", "max_bytes_length_exceeded_exception")
"""Kinds of a 400 that are about the document, whatever else the index takes."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a busy server is waited for: `first` seconds, then twice as long each time."""

    tries: int = 5
    first: float = 0.5
    longest: float = 10.0


@dataclass
class _Found:
    refused: list[Refusal] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    uncertain: list[Action] = field(default_factory=list)
    taken: bool = False
    """Whether the index has taken anything, so that what it refuses is no fault of the index."""
    doubtful: dict[str, Any] = field(default_factory=dict)
    """The errors of documents, by id, that may as well be faults of the index."""


class Bulk:
    """Writes to one alias."""

    def __init__(self, client: Elasticsearch, alias: str, patience: Patience) -> None:
        self._client = client.options(retry_on_timeout=False)
        self._alias = alias
        self._patience = patience

    def index(self, documents: Sequence[IndexDocument], *, refresh: bool | str, versioned: bool = True) -> Indexed:
        """Write documents; the last of one id counts."""
        last = {document.id: document for document in documents}
        return self.write([self._action(document, versioned) for document in last.values()], refresh=refresh)

    def delete(self, notice_ids: Iterable[str], *, refresh: bool | str) -> None:
        """Remove documents; ids that are not there are no error.

        The server remembers for a while which version was removed. It is told that of the document, and not left to
        count one more, so that the same version may come back at once.
        """
        ids = list(dict.fromkeys(notice_ids))
        for start in range(0, len(ids), CHUNK):
            with engine_errors(writing=True):
                there = documents_by_id(self._client, self._alias, ids[start : start + CHUNK], source=False)
            removing = [
                {"_op_type": "delete", "_id": id_, **_at_least(found["_version"])} for id_, found in there.items()
            ]
            self.write(removing, refresh=refresh)

    def _action(self, document: IndexDocument, versioned: bool) -> Action:
        action: Action = {"_op_type": "index", "_id": document.id, "_source": source(document)}
        if versioned:
            action |= _at_least(document.version)
        return action

    def write(self, actions: Sequence[Action], *, refresh: bool | str) -> Indexed:
        """Write actions as `helpers.bulk` takes them, of which no two have the same id."""
        found = _Found()
        size, waiting = CHUNK, list(actions)
        while waiting:
            waiting = self._offered(waiting, size, refresh, found)
            size = max(1, min(size, len(waiting)) // _SMALLER)
        for id_, error in found.doubtful.items():
            if not found.taken:
                refuse(400, error, writing=True)
            found.refused.append(Refusal(notice_id=id_, reason=reason_of(error)))
        return Indexed(refused=tuple(found.refused), outdated=tuple(found.outdated))

    def _offered(self, waiting: Sequence[Action], size: int, refresh: bool | str, found: _Found) -> list[Action]:
        """Offer actions in requests of this size; those that are to be offered again, in smaller ones.

        A server too slow for a full request may well take smaller ones, and what it took stays.
        """
        left = {action["_id"]: action for action in waiting}
        with engine_errors(writing=True):
            try:
                for answer in self._offer(waiting, size, refresh):  # not in our order, as some are offered again
                    _judge(left.pop(answer["_id"]), answer, found, alone=size == 1)
            except ConnectionTimeout as error:
                if size < CHUNK:
                    raise
                log.warning("Elasticsearch is too slow for %d documents at once: %s", len(left), error)
        again, found.uncertain = [*found.uncertain, *left.values()], []
        return again

    def _offer(self, actions: Sequence[Action], size: int, refresh: bool | str) -> Iterator[Mapping[str, Any]]:
        """The answer to each action."""
        answers = helpers.streaming_bulk(
            self._client,
            (dict(action) for action in actions),
            chunk_size=size,
            max_chunk_bytes=CHUNK_BYTES,
            raise_on_error=False,
            raise_on_exception=False,
            max_retries=self._patience.tries,
            initial_backoff=self._patience.first,
            max_backoff=self._patience.longest,
            index=self._alias,
            require_alias=True,
            refresh=refresh,
        )
        return (next(iter(answer.values())) for _, answer in answers)


def _at_least(version: int) -> Action:
    return {"version": version, "version_type": "external_gte"}


def _judge(action: Action, answer: Mapping[str, Any], found: _Found, *, alone: bool) -> None:
    status, error = int(answer.get("status", 200)), answer.get("error")
    if status < 300 or (status == 404 and action["_op_type"] == "delete" and error is None):
        found.taken = True
        return
    exception = answer.get("exception")
    if exception is not None:
        body = exception.body if isinstance(exception.body, Mapping) else {}
        error = body.get("error", error)
    reason = reason_of(error)
    if status == 409:
        found.taken = True
        found.outdated.append(action["_id"])
    elif status not in _NEVER or _OUR_FAULT in reason or "media_type" in reason:
        refuse(status, error, writing=True)
    elif exception is not None and not alone:  # the request was refused as a whole
        found.uncertain.append(action)
    elif status == 413 or any(kind in reason for kind in _ITS_FAULT):
        found.refused.append(Refusal(notice_id=action["_id"], reason=reason))
    else:
        found.doubtful[action["_id"]] = error
