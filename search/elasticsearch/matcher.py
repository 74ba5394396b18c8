"""The `Matcher` on the percolator of Elasticsearch: stored queries that wait for documents.

Documents are put to the server many at a time, and each profile comes back with the places of the documents it matches.
There is no limit to how many profiles that may be: pages follow each other in the order of their ids, each asking only
about profiles that stand behind the last one.

A stored query does not know the time: documents bring their dates counted from the moment of the match (see
`search.elasticsearch.compiler`). The server decides; the reasons are read from the document itself, by the same rules
as those of a search, for which this process remembers the clauses of profiles it has met.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from elasticsearch import Elasticsearch

from core.clock import now as clock_now
from core.settings import SearchSettings
from search.document import IndexDocument
from search.elasticsearch.bulk import Patience
from search.elasticsearch.client import connect
from search.elasticsearch.errors import engine_errors
from search.elasticsearch.mappings import Mappings
from search.elasticsearch.percolation import Percolation
from search.elasticsearch.profiles import ProfileIndex, Synced, stored, trace
from search.elasticsearch.reminder import Reminder, Telling
from search.errors import QueryError
from search.evaluate import DocumentView
from search.plan import Moment
from search.port import Match, SavedQuery
from search.query import NoticeQuery

FILLING: Final = 2_000
"""Profiles that are written before their revision is noted: what a worker that is killed does again."""
_REFUSED: Final = (
    "Elasticsearch ne peut pas surveiller cette recherche ; simplifiez-la, par exemple en plusieurs alertes ({detail})."
)


class ElasticsearchMatcher:
    """The profiles of one installation, shared by all its processes. All methods may be called from any thread."""

    def __init__(
        self, settings: SearchSettings, *, mappings: Mappings | None = None, patience: Patience | None = None
    ) -> None:
        self._client: Elasticsearch = connect(settings)
        known = mappings or Mappings.load(settings.prefix)
        self._index = ProfileIndex(self._client, known, settings, patience or Patience())
        self._percolation = Percolation(self._client, self._index.alias, settings)
        self._reminder = Reminder(self._client, self._index.alias)
        self._synced: Synced | None = None

    def put(self, profile_id: str, query: NoticeQuery) -> None:
        """Add or replace a profile. Raises `QueryError` when the server does not store its query."""
        with engine_errors(writing=True):
            self._index.synced()
            refused = self._index.write([stored(profile_id, query)]).refused
            self._index.refresh()
        if refused:
            raise QueryError(_REFUSED, detail=refused[0].reason[:300])

    def remove(self, profile_id: str) -> None:
        """Forget a profile; one that is not there is no error."""
        with engine_errors(writing=True):
            self._index.synced()
            self._index.write([trace(profile_id)])
            self._index.refresh()

    def check(self, query: NoticeQuery) -> None:
        """Raises `QueryError` when the server would not store this query; keeps nothing."""
        with engine_errors(writing=True):
            reason = self._index.refusal(query)
        if reason is not None:
            raise QueryError(_REFUSED, detail=reason[:300])

    def revision(self) -> int:
        """Up to which revision of the store's profiles the index is filled, by whichever process."""
        with engine_errors(writing=True):
            self._synced = self._index.synced()
        return self._synced.revision

    def follow(self, put: Sequence[SavedQuery], removed: Sequence[str], revision: int) -> dict[str, QueryError]:
        """Bring in what became of profiles up to a revision.

        What was removed goes first and the others follow in the order of their saves, so that each part that is noted
        is complete, and a worker that takes over from a killed one goes on behind it.
        """
        refused: dict[str, QueryError] = {}
        with engine_errors(writing=True):
            name = (self._synced or self._index.synced()).name
            self._index.write([trace(profile_id, revision) for profile_id in dict.fromkeys(removed)])
            for part in _parts(sorted(put, key=lambda saved: saved.revision)):
                refused |= self._write(part)
                self._note(Synced(name, min(part[-1].revision, revision)))
            self._note(Synced(name, revision))
        return refused

    def _write(self, part: Sequence[SavedQuery]) -> dict[str, QueryError]:
        last = {saved.profile_id: saved for saved in part}
        refused = self._index.write([stored(*saved) for saved in last.values()]).refused
        self._index.write([trace(one.notice_id, last[one.notice_id].revision) for one in refused])
        return {one.notice_id: QueryError(_REFUSED, detail=one.reason[:300]) for one in refused}

    def _note(self, synced: Synced) -> None:
        self._index.refresh()
        self._index.advance(synced)
        self._synced = synced

    def clear(self) -> None:
        """Forget all profiles."""
        with engine_errors(writing=True):
            self._index.clear()
        self._synced = None

    def match(self, documents: Sequence[IndexDocument], *, now: datetime | None = None) -> list[Match]:
        """Every profile that each document matches, with the reasons."""
        moment = Moment.of(now or clock_now())
        with engine_errors():
            if self._synced is None:
                self._index.synced()
            found = [match for part in self._percolation.batches(documents) for match in self._matches(part, moment)]
            if self._synced is not None:
                self._index.confirm(self._synced)
        return found

    def _matches(self, documents: Sequence[IndexDocument], moment: Moment) -> Iterator[Match]:
        tellings = [Telling(DocumentView(document), moment) for document in documents]
        for page in self._percolation.pages(documents, moment):
            for profile, clauses in zip(page, self._reminder.clauses(page), strict=True):
                for slot in profile.slots:
                    yield Match(profile.id, documents[slot].id, tellings[slot].of(clauses))

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def __len__(self) -> int:
        with engine_errors():
            self._index.synced()
            return self._index.count()


def _parts(saved: Sequence[SavedQuery]) -> Iterator[Sequence[SavedQuery]]:
    for start in range(0, len(saved), FILLING):
        yield saved[start : start + FILLING]
