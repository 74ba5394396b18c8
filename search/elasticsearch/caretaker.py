"""The `Caretaker` of the indices on an Elasticsearch cluster."""

from __future__ import annotations

from typing import Final

from elasticsearch import Elasticsearch

from core.settings import SearchSettings
from search.caretaking import KeptIndex, Reindexed, Told, Use
from search.comparison import Comparison, compare
from search.elasticsearch.bulk import Patience
from search.elasticsearch.client import connect
from search.elasticsearch.errors import engine_errors
from search.elasticsearch.generations import Generations
from search.elasticsearch.holdings import Holdings
from search.elasticsearch.mappings import Mappings
from search.elasticsearch.profiles import ProfileIndex
from search.elasticsearch.reindexing import NOTED_EVERY, Reindexing
from search.elasticsearch.scratch import in_use as scratches_in_use
from search.elasticsearch.successor import Successor
from search.elasticsearch.whole import counted
from search.errors import IndexUnavailable
from store import Store

_IN_USE: Final = "L’index {index} est en service et ne peut pas être supprimé."
_UNKNOWN: Final = "Il n’y a pas d’index {index} : `vigie index status` montre ceux qu’il y a."


class ElasticsearchCaretaker:
    """Looks after the indices of one installation."""

    def __init__(
        self,
        settings: SearchSettings,
        *,
        mappings: Mappings | None = None,
        patience: Patience | None = None,
        noted_every: int = NOTED_EVERY,
    ) -> None:
        """`noted_every`: notices after which a new index remembers how far it is filled."""
        self._noted_every = noted_every
        self._client: Elasticsearch = connect(settings)
        known, patient = mappings or Mappings.load(settings.prefix), patience or Patience()
        self._prefix = settings.prefix
        self._generations = Generations(self._client, known, settings)
        self._successor = Successor(self._client, self._generations.alias, self._generations.version, patient)
        self._profiles = ProfileIndex(self._client, known, settings, patient) if "profiles" in known.templates else None

    def indices(self) -> list[KeptIndex]:
        """What there is, the index in use first."""
        with engine_errors():
            found = [*self._notices(), *self._stored_queries()]
        return sorted(found, key=lambda one: (list(Use).index(one.use), one.name))

    def create(self) -> list[KeptIndex]:
        """Make the index of notices and that of profiles where they are missing."""
        with engine_errors(writing=True):
            self._generations.prepared()
            if self._profiles is not None:
                self._profiles.synced()
        return self.indices()

    def reindex(self, store: Store, told: Told) -> Reindexed:
        """Fill a new index while searches and the queue go on, compare, and put it in use."""
        return Reindexing(self._client, self._generations, self._successor, self._noted_every).run(store, told)

    def compare(self, store: Store, sample: int | None) -> Comparison:
        """The index that is being filled, else the one in use, beside the store."""
        with engine_errors(writing=True):
            filling = self._successor.found()
            name = filling.name if filling is not None else self._generations.alias
            self._client.indices.refresh(index=name)
        return compare(store, Holdings(self._client, name), sample)

    def drop(self, name: str | None) -> list[str]:
        """Remove one index by its name, or all old ones; their names. What is in use is refused."""
        known = {one.name: one for one in self.indices()}
        if name is not None and name not in known:
            raise IndexUnavailable(_UNKNOWN, index=name)
        if name is not None and known[name].use in (Use.CURRENT, Use.PROFILES, Use.CHECK):
            raise IndexUnavailable(_IN_USE, index=name)
        wanted = [name] if name is not None else [one.name for one in known.values() if one.use is Use.OLD]
        with engine_errors(writing=True):
            for index in wanted:
                if known[index].use is Use.NEXT:  # it may be put in use at this very moment
                    self._successor.abandon(index)
                self._client.indices.delete(index=index)
        return wanted

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def _notices(self) -> list[KeptIndex]:
        names = self._names("notices")  # first, as what is begun after that must not be taken for old
        uses = dict.fromkeys(scratches_in_use(self._client, self._prefix), Use.CHECK)
        filling = self._successor.found()
        if filling is not None:
            uses[filling.name] = Use.NEXT
        current = self._generations.current()  # last, as the next index may be put in use meanwhile
        if current is not None:
            uses[current.name] = Use.CURRENT
        rebuilt = current is not None and current.needs_rebuild
        told = {current.name: "empty, to be filled from the store"} if current is not None and rebuilt else {}
        if filling is not None:
            told[filling.name] = "filled" if filling.filled else f"filled up to {filling.filled_to or '-'}"
        return [self._kept(name, uses.get(name, Use.OLD), told.get(name)) for name in names]

    def _stored_queries(self) -> list[KeptIndex]:
        if self._profiles is None:
            return []
        synced = self._profiles.known()
        current = set() if synced is None else self._aliased(self._profiles.alias)
        told = None if synced is None else f"up to revision {synced.revision} of the profiles"
        return [
            self._kept(name, Use.PROFILES if name in current else Use.OLD, told if name in current else None)
            for name in self._names("profiles")
        ]

    def _names(self, what: str) -> list[str]:
        return sorted(self._client.indices.get_alias(index=f"{self._prefix}-{what}-*", allow_no_indices=True).body)

    def _aliased(self, alias: str) -> set[str]:
        return set(self._client.indices.get_alias(index=alias).body)

    def _kept(self, name: str, use: Use, sentence: str | None) -> KeptIndex:
        self._client.indices.refresh(index=name)
        return KeptIndex(
            name=name, use=use, version=name.split("-")[-2], documents=counted(self._client, name), sentence=sentence
        )
