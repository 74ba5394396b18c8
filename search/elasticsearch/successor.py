"""The index that is being filled to take the place of the one in use, and what the queue sends to both meanwhile.

It is found by an alias of its own. Whoever writes notices asks for it *after* taking them from the queue: what was
taken before the alias was there had been saved by then, and is read when the store is gone through, which begins later.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from elasticsearch import Elasticsearch, NotFoundError

from search.document import IndexDocument
from search.elasticsearch.bulk import Bulk, Patience
from search.errors import IndexUnavailable
from search.port import Indexed

log = logging.getLogger(__name__)

_OTHER_PROGRAM: Final = (
    "L’index {index} est en préparation pour une autre version de Vigie : la file attend qu’il prenne la place de "
    "l’actuel (`vigie index reindex`), ou qu’il soit supprimé (`vigie index drop {index}`)."
)


@dataclass(frozen=True, slots=True)
class Filling:
    """An index that is being filled."""

    name: str
    version: int
    filled_to: str
    """The id of the last notice that was written, in the order of the store."""
    filled: bool


class Successor:
    """Finds the index that is being filled, and writes there what the queue brings."""

    def __init__(self, client: Elasticsearch, alias: str, version: int, patience: Patience) -> None:
        self._client = client
        self._version = version
        self.alias = f"{alias}-next"
        self.bulk = Bulk(client, self.alias, patience)

    def found(self) -> Filling | None:
        """The index that is being filled, if there is one."""
        try:
            found = self._client.indices.get_mapping(index=self.alias, filter_path="*.mappings._meta")
        except NotFoundError:
            return None
        for name, said in sorted(found.body.items()):
            return _read(name, said.get("mappings", {}).get("_meta", {}))
        return None

    def abandon(self, name: str) -> None:
        """Feed an index no more, and let nobody put it in use; refused when it is not the next one any more."""
        self._client.indices.update_aliases(
            actions=[{"remove": {"index": name, "alias": self.alias, "must_exist": True}}]
        )

    def index(self, documents: Sequence[IndexDocument], *, versioned: bool = True) -> Indexed:
        """Write documents there, too. Raises `IndexUnavailable` when it is made for another version of Vigie."""
        done = Indexed()
        if self._fed():
            with self._unless_over():
                done = self.bulk.index(documents, refresh=False, versioned=versioned)
        return done

    def delete(self, notice_ids: Sequence[str]) -> None:
        """Remove documents there, too."""
        if self._fed():
            with self._unless_over():
                self.bulk.delete(notice_ids, refresh=False)

    @contextmanager
    def _unless_over(self) -> Iterator[None]:
        """The filling may end while something is written: the index in use, which is written next, is the new one then.

        Nor is anything lost when the index was dropped.
        """
        try:
            yield
        except IndexUnavailable:
            if self.found() is not None:
                raise
            log.info("The index that was being filled is in use now, or was dropped.")

    def _fed(self) -> bool:
        found = self.found()
        if found is not None and found.version != self._version:
            raise IndexUnavailable(_OTHER_PROGRAM, index=found.name)
        return found is not None


def _read(name: str, meta: dict[str, Any]) -> Filling:
    return Filling(name, int(meta.get("mapping_version", 0)), str(meta.get("filled_to", "")), bool(meta.get("filled")))
