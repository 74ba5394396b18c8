"""A new index of notices in place of the one in use, without a gap.

The new index is made under the alias that index workers feed beside the one in use (`search.elasticsearch.successor`).
Then the store is gone through in the order of its ids; what the queue brought meanwhile is never overwritten, as it is
at least as new. How far that is, the new index remembers itself, so that whoever begins again goes on there. When both
agree, one request moves the alias of searches; the index used before stays until it is dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from elasticsearch import Elasticsearch

from search.caretaking import Progress, Reindexed, Told
from search.comparison import Comparison, chunks, compare
from search.document import IndexDocument
from search.elasticsearch.bulk import Action
from search.elasticsearch.documents import source
from search.elasticsearch.errors import engine_errors
from search.elasticsearch.generations import Generations
from search.elasticsearch.holdings import Holdings
from search.elasticsearch.successor import Filling, Successor
from search.errors import IndexUnavailable
from store import Store
from store.records import StoredNotice

log = logging.getLogger(__name__)

BATCH: Final = 500
NOTED_EVERY: Final = 5_000
"""Notices after which the new index remembers how far it is: what is written again after a kill."""
MENDED: Final = 5
"""How often what differs is written again before the two are said to disagree."""
_OTHER: Final = (
    "L’index {index} est en préparation pour une autre version de Vigie : supprimez-le d’abord "
    "(`vigie index drop {index}`)."
)
_DISAGREES: Final = (
    "Le nouvel index {index} ne dit pas la même chose que la base ({missing} avis manquants, {extra} en trop, "
    "{different} différents) : l’actuel reste en service. `vigie index compare` montre lesquels."
)
_GONE: Final = "L’index {index} en préparation a disparu : recommencez `vigie index reindex`."


class Reindexing:
    """Fills, compares and puts in use the successor of the index of notices."""

    def __init__(
        self, client: Elasticsearch, generations: Generations, successor: Successor, noted_every: int = NOTED_EVERY
    ) -> None:
        self._noted_every = noted_every
        self._client = client
        self._generations = generations
        self._successor = successor

    def run(self, store: Store, told: Told) -> Reindexed:
        """Go on where an earlier call was killed, or begin."""
        with engine_errors(writing=True):
            before = self._generations.prepared().name
            filling = self._begun()
            written = 0 if filling.filled else self._fill(store, filling, told)
            self._generations.make_searchable(filling.name)
            comparison = self._agreed(store, filling.name)
            self._generations.succeed(filling.name, self._successor.alias)
        log.info("Searches use the index %s from now on; %s stays until it is dropped.", filling.name, before)
        return Reindexed(written=written, comparison=comparison, in_use=filling.name, replaced=before)

    def _begun(self) -> Filling:
        found = self._successor.found()
        if found is None:
            self._generations.begin_next(self._successor.alias)
            found = self._successor.found()
        if found is None:
            raise IndexUnavailable(_GONE, index=self._successor.alias)
        if found.version != self._generations.version:
            raise IndexUnavailable(_OTHER, index=found.name)
        return found

    def _fill(self, store: Store, filling: Filling, told: Told) -> int:
        """Write every notice of the store that comes after those that are written already."""
        total, written, noted = store.notices.count(), 0, 0
        resumed = bool(filling.filled_to)
        for batch in _batches(
            store.notices.iterate(batch=BATCH, after=filling.filled_to), min(BATCH, self._noted_every)
        ):
            self._write(filling.name, batch)
            written += len(batch)
            if written - noted >= self._noted_every:
                self._generations.note(filling.name, filled_to=batch[-1].notice.id)
                noted = written
                told(Progress(done=written, total=total, resumed=resumed))
        self._generations.note(filling.name, filled=True)
        told(Progress(done=written, total=max(total, written), resumed=resumed))
        return written

    def _write(self, name: str, batch: list[StoredNotice]) -> None:
        refused = self._successor.bulk.write([_unless_newer(IndexDocument.of(one)) for one in batch], refresh=False)
        for refusal in refused.refused:  # the queue will meet it too, and puts it in quarantine
            log.error("The index %s refuses the notice %s: %s", name, refusal.notice_id, refusal.reason)

    def _agreed(self, store: Store, name: str) -> Comparison:
        """Compare, and mend what arrived, changed or went while the store was gone through.

        What the index refuses, whatever is done, is in quarantine and keeps nothing back; nor does what still waits in
        the queue, which feeds this index too: while portals are crawled there is always some.
        """
        holdings = Holdings(self._client, name)
        refused: set[str] = set()
        for _ in range(MENDED):
            comparison = compare(store, holdings).without_queued()
            if refused.issuperset((*comparison.missing, *comparison.extra, *comparison.different)):
                return comparison
            refused |= self._mend(store, comparison)
            self._client.indices.refresh(index=name)
        raise IndexUnavailable(
            _DISAGREES,
            index=name,
            missing=len(comparison.missing),
            extra=len(comparison.extra),
            different=len(comparison.different),
        )

    def _mend(self, store: Store, comparison: Comparison) -> set[str]:
        """Write again what differs; what the index refuses."""
        refused: set[str] = set()
        for some in chunks([*comparison.missing, *comparison.different]):
            there = store.notices.get_many(some)
            documents = [IndexDocument.of(stored) for stored in there.values()]
            outcome = self._successor.bulk.index(documents, refresh=False, versioned=False)
            refused |= {refusal.notice_id for refusal in outcome.refused}
        self._successor.bulk.delete(comparison.extra, refresh=False)
        return refused


def _unless_newer(document: IndexDocument) -> Action:
    """Writes a document unless the index holds this version or a later one already, which the queue brought."""
    return {
        "_op_type": "index",
        "_id": document.id,
        "_source": source(document),
        "version": document.version,
        "version_type": "external",
    }


def _batches(notices: Iterable[StoredNotice], size: int) -> Iterator[list[StoredNotice]]:
    source_of = iter(notices)
    while batch := list(islice(source_of, size)):
        yield batch
