"""The index of profiles: stored queries, and up to which revision of the store it is filled.

The index of each version of the mapping has an alias of its own, so programs of two versions match side by side while
one takes over from the other, and a new mapping is filled from the store by the first worker that needs it.

One document without a query, `SYNCED`, says up to which revision of the store's profiles everything is in the index,
and bears a name that was drawn when it was first written. Because it lives and dies with the profiles, an index that
was emptied, replaced, restored or put on another cluster is noticed by its revision or its name, and is filled again
from there. Profiles are written under the revision of their save (`external_gte`), so that of two workers the slower
cannot bring back what a later save changed; a removed profile leaves its revision without a query, for the same reason.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from elasticsearch import AuthorizationException, BadRequestError, ConflictError, Elasticsearch, NotFoundError

from core.settings import SearchSettings
from search.elasticsearch.bulk import Action, Bulk, Patience
from search.elasticsearch.compiler import Compiler, Dsl
from search.elasticsearch.errors import reason_of
from search.elasticsearch.mappings import Mappings
from search.elasticsearch.narrowing import marks
from search.elasticsearch.percolation import slice_of
from search.elasticsearch.whole import counted
from search.errors import IndexUnavailable
from search.plan import plan
from search.port import Indexed
from search.query import NoticeQuery

log = logging.getLogger(__name__)

PROFILES: Final = "profiles"
SYNCED: Final = "synced"
_REPLACED: Final = (
    "L’index {index} a été vidé ou remplacé pendant qu’il servait : il est rempli à nouveau à partir de la base."
)
HAS_QUERY: Final[Dsl] = {"exists": {"field": "country"}}
"""Profiles, and not the traces of removed ones: every profile is marked with a country, or with any."""


class Synced(NamedTuple):
    """Up to which revision an index is filled, and which one it is."""

    name: str
    revision: int


class ProfileIndex:
    """The stored queries of one installation. Every method may raise what the client raises."""

    def __init__(self, client: Elasticsearch, mappings: Mappings, settings: SearchSettings, patience: Patience) -> None:
        self._client = client
        self._mappings = mappings
        self._settings = settings
        self.version = mappings.version(PROFILES)
        self.alias = f"{mappings.alias(PROFILES)}-{self.version}"
        self._bulk = Bulk(client, self.alias, patience)

    def synced(self) -> Synced:
        """How far the index is filled; an empty one is begun where there is none."""
        found = self.known()
        while found is None:
            self._begin()
            found = self.known()
        return found

    def known(self) -> Synced | None:
        """How far the index is filled; None where there is none, or one that nobody has begun to fill."""
        found = self._said()
        return None if found is None else _read(found)

    def confirm(self, synced: Synced) -> None:
        """Raises `IndexUnavailable` when the profiles are not those any more of which `synced` told."""
        found = self.known()
        if found is None or found.name != synced.name or found.revision < synced.revision:
            raise IndexUnavailable(_REPLACED, index=self.alias)

    def advance(self, synced: Synced) -> None:
        """Everything up to this revision is in the index and is found. Another worker may be further.

        Raises `IndexUnavailable` when another index has taken the place of the one that was filled.
        """
        while True:
            found = self._said()
            if found is None or _read(found).name != synced.name:
                raise IndexUnavailable(_REPLACED, index=self.alias)
            if _read(found).revision >= synced.revision:
                return
            if self._noted(synced, if_seq_no=found["_seq_no"], if_primary_term=found["_primary_term"]):
                return

    def refusal(self, query: NoticeQuery) -> str | None:
        """Why the server would not store this query; nothing is written.

        It is offered under an id that is taken: what can be stored is in conflict, what cannot is refused before.
        Raises `IndexUnavailable` when the index was emptied or replaced meanwhile, so that the id was free.
        """
        self.synced()
        source = stored(SYNCED, query)["_source"]
        try:
            written = self._client.create(index=self.alias, id=SYNCED, document=source, require_alias=True).body
        except ConflictError:
            return None
        except BadRequestError as error:
            return reason_of(error.body.get("error") if isinstance(error.body, dict) else error.body)
        self._withdraw(written)
        raise IndexUnavailable(_REPLACED, index=self.alias)

    def write(self, actions: Sequence[Action]) -> Indexed:
        """Write profiles; they are found after `refresh`."""
        return self._bulk.write(actions, refresh=False)

    def refresh(self) -> None:
        """What was written is found."""
        self._client.indices.refresh(index=self.alias)

    def count(self) -> int:
        """Number of profiles."""
        return counted(self._client, self.alias, HAS_QUERY)

    def clear(self) -> None:
        """An empty index takes the place of this one."""
        before = self._indices()
        name = self._mappings.index(PROFILES, _next(before))
        self._create(name, {})
        pattern = f"{self.alias}-*"
        self._client.indices.update_aliases(
            actions=[
                {"remove": {"index": pattern, "alias": self.alias, "must_exist": False}},
                {"add": {"index": name, "alias": self.alias}},
            ]
        )
        if before:
            self._client.indices.delete(index=before, ignore_unavailable=True)

    def _begin(self) -> None:
        """Make the index where there is none, and the document that says that nothing is in it."""
        if not self._client.indices.exists_alias(name=self.alias):
            log.warning("There is no index %s; an empty one is made and filled from the store.", self.alias)
            self._create(self._mappings.index(PROFILES, _next(self._indices())), {self.alias: {}})
        elif self._was_used():
            log.warning("The index %s was emptied; a new one is filled from the store.", self.alias)
            self.clear()
        self._noted(Synced(secrets.token_hex(8), 0), op_type="create")

    def _was_used(self) -> bool:
        """Whether there are, or were, profiles: the server refuses for a while what was deleted by other means.

        A query that was offered while the index was empty counts as well.
        """
        docs = self._client.indices.stats(index=self.alias, metric="docs").body["_all"]["primaries"]["docs"]
        return bool(docs["count"] or docs["deleted"])

    def _said(self) -> dict[str, Any] | None:
        """What says how far the index is filled; a query that was offered to an empty index says nothing."""
        try:
            found: dict[str, Any] = self._client.get(index=self.alias, id=SYNCED).body
        except NotFoundError:
            return None
        return found if "revision" in found["_source"] else None

    def _withdraw(self, written: Mapping[str, Any]) -> None:
        """Remove an offered query that was stored; where that may not be, whoever matches next makes a new index."""
        state = {"if_seq_no": written["_seq_no"], "if_primary_term": written["_primary_term"]}
        try:
            self._client.delete(index=written["_index"], id=SYNCED, **state)
        except (AuthorizationException, ConflictError, NotFoundError) as error:
            log.warning("A query that was offered to the index %s could not be removed: %s", self.alias, error)

    def _noted(self, synced: Synced, **condition: Any) -> bool:
        """Write how far the index is filled; False when another worker wrote meanwhile."""
        told = {"id": synced.name, "revision": synced.revision}
        try:
            self._client.index(index=self.alias, id=SYNCED, document=told, require_alias=True, **condition)
        except ConflictError:
            return False
        return True

    def _create(self, name: str, aliases: dict[str, Any]) -> None:
        self._mappings.install(self._client, self._settings)
        try:
            self._client.indices.create(index=name, aliases=aliases)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":  # another process was faster
                raise

    def _indices(self) -> list[str]:
        found = self._client.indices.get_alias(index=f"{self.alias}-*", allow_no_indices=True)
        return sorted(found.body)


def _read(found: dict[str, Any]) -> Synced:
    return Synced(str(found["_source"]["id"]), int(found["_source"]["revision"]))


def stored(profile_id: str, query: NoticeQuery, revision: int | None = None) -> Action:
    """A profile as it is written, under the revision of its save when there is one."""
    source: dict[str, Any] = {
        "id": profile_id,
        "slice": slice_of(profile_id),
        "query": Compiler.stored().query(tuple(dict.fromkeys(plan(query)))),
        "asked": query.to_json(),
        **marks(query),
    }
    return {"_op_type": "index", "_id": profile_id, "_source": _numbered(source, revision), **_version(revision)}


def trace(profile_id: str, revision: int | None = None) -> Action:
    """What is left of a removed profile."""
    source = _numbered({"id": profile_id}, revision)
    return {"_op_type": "index", "_id": profile_id, "_source": source, **_version(revision)}


def _numbered(source: dict[str, Any], revision: int | None) -> dict[str, Any]:
    return source if revision is None else {**source, "revision": revision}


def _version(revision: int | None) -> Action:
    return {} if revision is None else {"version": revision, "version_type": "external_gte"}


def _next(names: Iterable[str]) -> int:
    numbers = [name.rpartition("-")[2] for name in names]
    return max((int(number) for number in numbers if number.isdigit()), default=0) + 1
