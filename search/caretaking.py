"""What an operator does with the index: look, create, fill anew, compare, drop. The same for every engine."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from notices.model import Frozen
from search.comparison import Comparison
from store import Store


class Use(StrEnum):
    """What an index is for."""

    CURRENT = "current"  # searches go there
    NEXT = "next"  # is being filled to take its place
    OLD = "old"  # was used before, by this or another version of Vigie; nothing is written there any more
    PROFILES = "profiles"  # stored queries
    CHECK = "check"  # made by a check of the matching, which removes it at its end


class KeptIndex(Frozen):
    """One index of this installation."""

    name: str
    use: Use
    version: str = Field(description="of its mapping")
    documents: int
    sentence: str | None = Field(default=None, description="what is to be known of it")


class Progress(Frozen):
    """How far a re-indexing is."""

    done: int
    total: int
    resumed: bool = False


Told = Callable[[Progress], None]


class Reindexed(Frozen):
    """What a re-indexing did."""

    written: int = Field(
        description="notices written by this call; those of an earlier one that was killed not counted"
    )
    comparison: Comparison | None = Field(default=None, description="None where another process does the work")
    in_use: str | None = Field(default=None, description="the index that searches use from now on")
    replaced: str | None = Field(default=None, description="the one they used before; kept until it is dropped")


class Caretaker(Protocol):
    """Looks after the indices of one engine. Every method raises `IndexUnavailable` when the engine cannot answer."""

    def indices(self) -> list[KeptIndex]:
        """What there is."""

    def create(self) -> list[KeptIndex]:
        """Make what is missing; what there is afterwards."""

    def reindex(self, store: Store, told: Told) -> Reindexed:
        """Fill an index from the store while searches and the queue go on, compare, and put it in use.

        May be killed at any time and called again: it goes on where it was. Raises `IndexUnavailable` when the new
        index does not agree with the store; then the one in use stays.
        """

    def compare(self, store: Store, sample: int | None) -> Comparison:
        """The index that is being filled, else the one in use, beside the store."""

    def drop(self, name: str | None) -> list[str]:
        """Remove one index by its name, or all old ones; their names. What is in use is refused."""

    def close(self) -> None:
        """Give back what was opened."""
