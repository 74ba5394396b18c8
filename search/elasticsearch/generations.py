"""Which index of notices is in use, and what state it is in.

An index is called `<prefix>-notices-<version>-<generation>`; the alias `<prefix>-notices` says which one is in use.
That the store must still be queued for it is remembered in the index itself (`_meta` of its mapping), with the cluster
it was filled on: an index that turns up on another one, from a snapshot, may lack what came later and is filled again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from core.settings import SearchSettings
from search.elasticsearch.mappings import Mappings
from search.errors import IndexUnavailable

log = logging.getLogger(__name__)

NOTICES: Final = "notices"
_SEVERAL: Final = (
    "L’alias {alias} désigne plusieurs index ({names}) : retirez-le de tous sauf un dans Elasticsearch ; la file "
    "attend et reprendra d’elle-même."
)
_DISK_BLOCK: Final = "index.blocks.read_only_allow_delete"


@dataclass(frozen=True, slots=True)
class Generation:
    """One index of notices."""

    name: str
    version: int
    needs_rebuild: bool


class Generations:
    """The indices of notices of one installation. Every method may raise what the client raises."""

    def __init__(self, client: Elasticsearch, mappings: Mappings, settings: SearchSettings) -> None:
        self._client = client
        self._mappings = mappings
        self._settings = settings
        self.alias = mappings.alias(NOTICES)

    @property
    def version(self) -> int:
        """The version of the mapping that this program writes."""
        return self._mappings.version(NOTICES)

    def current(self) -> Generation | None:
        """The index in use, or None when there is none. `IndexUnavailable` when the alias names several."""
        try:
            found = self._client.indices.get_mapping(index=self.alias, filter_path="*.mappings._meta")
        except NotFoundError:
            return None
        if len(found.body) > 1:
            raise IndexUnavailable(_SEVERAL, alias=self.alias, names=", ".join(sorted(found.body)))
        for name, said in found.body.items():
            meta = said.get("mappings", {}).get("_meta", {})
            elsewhere = meta.get("cluster") != self._cluster()
            return Generation(name, int(meta.get("mapping_version", 0)), bool(meta.get("needs_rebuild")) or elsewhere)
        return None

    def prepared(self) -> Generation:
        """The index in use; an empty one is begun where there is none."""
        found = self.current()
        if found is None:
            log.warning("There is no index %s; an empty one is made and filled from the store.", self.alias)
            self._create(self._mappings.index(NOTICES, self._last_number() + 1), {self.alias: {}})
            found = self.current()
        if found is None:
            raise RuntimeError(f"the alias {self.alias} was made and is not there")
        return found

    def begin_anew(self) -> Generation:
        """An empty index takes the place of the one in use, which is removed."""
        before = self.current()
        if before is None:
            return self.prepared()
        name = self._mappings.index(NOTICES, self._last_number() + 1)
        self._create(name, {})
        self.point_to(name)
        self._client.indices.delete(index=before.name, ignore_unavailable=True)
        return Generation(name, self.version, needs_rebuild=True)

    def point_to(self, name: str) -> None:
        """Put an index in use, in one step: no search meets none or two."""
        self._client.indices.update_aliases(
            actions=[
                {"remove": {"index": f"{self.alias}-*", "alias": self.alias, "must_exist": False}},
                {"add": {"index": name, "alias": self.alias}},
            ]
        )

    def begin_next(self, alias: str) -> None:
        """A new empty index beside the one in use, under an alias of its own; not searched while it is filled."""
        name = self._mappings.index(NOTICES, self._last_number() + 1)
        self._create(name, {alias: {}})
        self._client.indices.put_settings(index=name, settings={"refresh_interval": "-1"})

    def note(self, name: str, **said: object) -> None:
        """Remember something in an index that is being filled."""
        self._client.indices.put_mapping(index=name, meta={**self._meta(needs_rebuild=True), **said})

    def make_searchable(self, name: str) -> None:
        """What is in an index that was filled is found from now on."""
        self._client.indices.put_settings(index=name, settings={"refresh_interval": self._settings.refresh})
        self._client.indices.refresh(index=name)

    def succeed(self, name: str, alias: str) -> None:
        """Put an index that was filled in use, in one step: no search meets none or two.

        The step is refused when the index is no longer the next one, because somebody else was faster or dropped it: an
        older index must not come back. Killed before it, the index is known to be filled.
        """
        self.note(name, needs_rebuild=False, filled=True)
        steps: list[dict[str, Any]] = [
            {"remove": {"index": f"{self.alias}-*", "alias": self.alias, "must_exist": False}},
            {"remove": {"index": name, "alias": alias, "must_exist": True}},
            {"add": {"index": name, "alias": self.alias}},
        ]
        try:
            self._client.indices.update_aliases(actions=steps)
        except NotFoundError:
            found = self.current()
            if found is None or found.name != name:  # else the step was done, and its answer was lost
                raise

    def rebuild_queued(self, name: str) -> None:
        """The store has been queued for this index."""
        self._client.indices.put_mapping(index=name, meta=self._meta(needs_rebuild=False))

    def is_full(self, name: str) -> bool:
        """Whether the cluster keeps this index from being written for want of space on its disks."""
        found = self._client.indices.get_settings(index=name, name=_DISK_BLOCK, flat_settings=True)
        return any(said["settings"].get(_DISK_BLOCK) == "true" for said in found.body.values())

    def _create(self, name: str, aliases: dict[str, Any]) -> None:
        self._mappings.install(self._client, self._settings)
        try:
            self._client.indices.create(
                index=name, aliases=aliases, mappings={"_meta": self._meta(needs_rebuild=True)}
            )  # fmt: skip
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":  # another process was faster
                raise

    def _meta(self, *, needs_rebuild: bool) -> dict[str, Any]:
        return {"mapping_version": self.version, "needs_rebuild": needs_rebuild, "cluster": self._cluster()}

    def _cluster(self) -> str:
        found = self._client.cluster.state(metric="version", filter_path="cluster_uuid")
        return str(found.body.get("cluster_uuid"))

    def _last_number(self) -> int:
        found = self._client.indices.get_alias(index=f"{self.alias}-*", allow_no_indices=True)
        numbers = [name.rpartition("-")[2] for name in found.body]
        return max((int(number) for number in numbers if number.isdigit()), default=0)
