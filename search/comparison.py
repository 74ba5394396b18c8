"""Whether an index holds what the store holds: every id, and of some or all notices every word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import SystemRandom
from typing import Final, Protocol

from pydantic import Field

from notices.model import Frozen
from search.document import IndexDocument
from store import Store

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

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.extra or self.different)


def compare(store: Store, held: Held, sample: int | None = SAMPLE) -> Comparison:
    """Compare all ids, and the contents of `sample` notices chosen at random, or of all of them when it is None.

    What was saved, indexed or removed while this looked is looked at once more before it is told.
    """
    indexed, stored = set(held.ids()), set(store.notices.ids())
    both = sorted(indexed & stored)
    chosen = both if sample is None or sample >= len(both) else SystemRandom().sample(both, sample)
    return Comparison(
        stored=len(stored),
        indexed=len(indexed),
        missing=tuple(_missing(store, held, stored - indexed)),
        extra=tuple(_extra(store, held, indexed - stored)),
        sampled=len(chosen),
        different=tuple(_different(store, held, _different(store, held, chosen))),
        waiting=store.index_queue.depth(),
    )


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Ids, some at a time."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def _missing(store: Store, held: Held, ids: Iterable[str]) -> Iterator[str]:
    for some in chunks(ids):
        there, found = store.notices.get_many(some), held.documents(some)
        yield from (id_ for id_ in some if id_ in there and id_ not in found)


def _extra(store: Store, held: Held, ids: Iterable[str]) -> Iterator[str]:
    for some in chunks(ids):
        there, found = store.notices.get_many(some), held.documents(some)
        yield from (id_ for id_ in some if id_ in found and id_ not in there)


def _different(store: Store, held: Held, ids: Iterable[str]) -> Iterator[str]:
    for some in chunks(ids):
        found, there = held.documents(some), store.notices.get_many(some)
        yield from (
            id_
            for id_, stored in there.items()
            if id_ in found and found[id_] != held.kept(IndexDocument.of(stored))
        )  # fmt: skip
