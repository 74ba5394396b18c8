"""Whether an index holds what the store holds: every id, and of some or all notices every word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import SystemRandom
from typing import Final, Protocol

from pydantic import Field

from notices.model import Frozen
from search.document import IndexDocument
from store import Store
from store.records import StoredNotice

SAMPLE: Final = 1_000
CHUNK: Final = 500


class Held(Protocol):
    """What an index holds."""

    def ids(self) -> Iterator[str]:
        """The ids of all documents."""

    def documents(self, notice_ids: Sequence[str]) -> dict[str, IndexDocument]:
        """Documents by id; those that are not held are absent."""

    def kept(self, document: IndexDocument) -> IndexDocument:
        """What this engine keeps of a document."""


class Comparison(Frozen):
    """An index beside the store. While notices arrive, those that wait in the queue differ for a moment."""

    stored: int
    indexed: int
    missing: tuple[str, ...] = Field(description="in the store and not in the index")
    extra: tuple[str, ...] = Field(description="in the index and not in the store")
    sampled: int = Field(description="notices of which everything was compared")
    different: tuple[str, ...] = Field(description="of those: not the store's version, or not read the same way")
    waiting: int = Field(description="rows of the index queue")
    queued: frozenset[str] = Field(description="those that differ and whose change waits in the queue")

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.extra or self.different)

    def without_queued(self) -> Comparison:
        """What the queue will not settle by itself."""
        return self.model_copy(
            update={
                name: tuple(id_ for id_ in getattr(self, name) if id_ not in self.queued)
                for name in ("missing", "extra", "different")
            }
        )


def compare(store: Store, held: Held, sample: int | None = SAMPLE) -> Comparison:
    """Compare all ids, and the contents of `sample` notices chosen at random, or of all of them when it is None.

    What was saved, indexed or removed while this looked is looked at once more before it is told.
    """
    looking = _Looking(store, held)
    indexed, stored = set(held.ids()), set(store.notices.ids())
    both = sorted(indexed & stored)
    chosen = both if sample is None or sample >= len(both) else SystemRandom().sample(both, sample)
    missing, extra = tuple(looking.missing(stored - indexed)), tuple(looking.surplus(indexed - stored))
    different = tuple(looking.different(looking.different(chosen)))
    return Comparison(
        stored=len(stored),
        indexed=len(indexed),
        missing=missing,
        extra=extra,
        sampled=len(chosen),
        different=different,
        waiting=store.index_queue.depth(),
        queued=looking.queued.intersection((*missing, *extra, *different)),
    )


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Ids, some at a time."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


class _Looking:
    """Reads notices on both sides, and remembers which of them wait in the queue."""

    def __init__(self, store: Store, held: Held) -> None:
        self._store = store
        self._held = held
        self.queued: set[str] = set()

    def missing(self, ids: Iterable[str]) -> Iterator[str]:
        """Those that are stored and not held."""
        for there, found in self._read(ids):
            yield from sorted(there.keys() - found.keys())

    def surplus(self, ids: Iterable[str]) -> Iterator[str]:
        """Those that are held and not stored."""
        for there, found in self._read(ids):
            yield from sorted(found.keys() - there.keys())

    def different(self, ids: Iterable[str]) -> Iterator[str]:
        """Those that are held otherwise than they are stored."""
        for there, found in self._read(ids):
            for id_ in sorted(there.keys() & found.keys()):
                if found[id_] != self._held.kept(IndexDocument.of(there[id_])):
                    yield id_

    def _read(self, ids: Iterable[str]) -> Iterator[tuple[dict[str, StoredNotice], dict[str, IndexDocument]]]:
        """Some at a time. The queue is read between the two: what has left it by then must be held."""
        for some in chunks(ids):
            there, waiting = self._store.notices.get_many(some), self._store.index_queue.waiting(some)
            self.queued = (self.queued - set(some)) | waiting
            yield there, self._held.documents(some)
