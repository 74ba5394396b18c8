"""The clauses of profiles that matched, remembered by this process, to tell why.

The index keeps what each profile asked beside its query. It is read when a profile matches for the first time, or after
it was saved anew, and never for profiles that do not match.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from itertools import count
from typing import Final

from elasticsearch import Elasticsearch

from search.elasticsearch.percolation import Found
from search.elasticsearch.whole import documents_by_id
from search.errors import QueryError
from search.evaluate import DocumentView
from search.plan import Moment, PlannedClause, plan
from search.port import MatchedClause
from search.query import NoticeQuery
from search.reasons import reason

log = logging.getLogger(__name__)

MOST: Final = 100_000
"""Profiles that are remembered; when there are more, all are forgotten and those that match are read again."""
_AT_ONCE: Final = 1_000

Clauses = tuple[tuple[int, PlannedClause], ...]
"""Clauses with a number that equal ones share."""


class Reminder:
    """What profiles ask for, by profile and state. Profiles share equal clauses, each told once per document."""

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        self._client = client
        self._alias = alias
        self._known: dict[str, tuple[int, Clauses]] = {}
        self._shared: dict[PlannedClause, tuple[int, PlannedClause]] = {}
        self._numbers = count()
        self._lock = threading.Lock()

    def clauses(self, found: Sequence[Found]) -> list[Clauses]:
        """The clauses of each of these profiles; none for one that was removed meanwhile."""
        with self._lock:
            new = [one.id for one in found if self._known.get(one.id, (None,))[0] != one.version]
            if len(self._known) + len(new) > MOST:
                self._known.clear()
                self._shared.clear()
                new = [one.id for one in found]
            for start in range(0, len(new), _AT_ONCE):
                self._read(new[start : start + _AT_ONCE])
            return [self._known.get(one.id, (0, ()))[1] for one in found]

    def _read(self, ids: list[str]) -> None:
        for id_, said in documents_by_id(self._client, self._alias, ids, source_includes=["asked"]).items():
            asked = said.get("_source", {}).get("asked")
            if asked is not None:
                self._known[id_] = int(said["_version"]), self._planned(id_, asked)

    def _planned(self, profile_id: str, asked: str) -> Clauses:
        try:
            clauses = plan(NoticeQuery.from_json(asked))
        except QueryError:
            log.exception("What profile %s asks cannot be read any more; its matches give no reasons.", profile_id)
            return ()
        return tuple(self._numbered(clause) for clause in dict.fromkeys(clauses))

    def _numbered(self, clause: PlannedClause) -> tuple[int, PlannedClause]:
        known = self._shared.get(clause)
        if known is None:
            known = self._shared[clause] = next(self._numbers), clause
        return known


class Telling:
    """The reasons of one document; those of a clause are worked out when a profile first asks for them."""

    def __init__(self, view: DocumentView, moment: Moment) -> None:
        self._view = view
        self._moment = moment
        self._told: dict[int, MatchedClause | None] = {}

    def of(self, clauses: Clauses) -> tuple[MatchedClause, ...]:
        """Why the document matches a profile of these clauses."""
        told = self._told
        for number, clause in clauses:
            if number not in told:
                told[number] = reason(clause, self._view, self._moment)
        return tuple(why for number, _ in clauses if (why := told[number]) is not None)
