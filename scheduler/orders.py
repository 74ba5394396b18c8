"""What the scheduler, or a worker, may ask to be done, and in which queue it waits."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self

from pydantic import Field

from notices.model import Frozen
from store.session_locks import portal_lock


class Queue(StrEnum):
    """A queue that a worker can serve."""

    CRAWL = "crawl"
    INDEX = "index"
    MATCH = "match"
    DIGEST = "digest"
    DELIVER = "deliver"
    EXPORT = "export"
    MAINTAIN = "maintain"


class Kind(StrEnum):
    """A piece of work."""

    CRAWL = "crawl"  # of one portal: what is open, and everything since its last complete day
    BACKFILL = "backfill"  # of one portal: some days that no complete window covers, as long as there are any
    INDEX = "index"  # whatever waits for the index
    MATCH = "match"  # whatever waits to be compared with profiles
    DELIVER = "deliver"  # whatever is due in the outbox
    DIGESTS = "digests"  # of every owner whose hour has come
    WATCH = "watch"  # over portals and runs: incidents
    FORGET = "forget"  # what nobody confirmed, and what only machines remembered
    CHECK_MATCHING = "check-matching"  # whether what was saved lately reached every profile that looks for it
    EXPORT = "export"  # a query, written to a file


class _Habits(NamedTuple):
    queue: Queue
    priority: int = 0
    alone: bool = True
    """Whether one such order is worked on at a time."""


_HABITS = {
    Kind.CRAWL: _Habits(Queue.CRAWL, priority=10),
    Kind.BACKFILL: _Habits(Queue.CRAWL),
    Kind.INDEX: _Habits(Queue.INDEX, alone=False),
    Kind.MATCH: _Habits(Queue.MATCH, alone=False),
    Kind.DELIVER: _Habits(Queue.DELIVER, alone=False),
    Kind.DIGESTS: _Habits(Queue.DIGEST, alone=False),
    Kind.WATCH: _Habits(Queue.MAINTAIN),
    Kind.FORGET: _Habits(Queue.MAINTAIN),
    Kind.CHECK_MATCHING: _Habits(Queue.MAINTAIN),
    Kind.EXPORT: _Habits(Queue.EXPORT),
}


class Order(Frozen):
    """One piece of work that is asked for. Two that are equal are one as long as neither has begun."""

    kind: Kind
    portal: str | None = Field(default=None, description="of a crawl or a backfill")
    query: str | None = Field(default=None, description="of an export: the canonical JSON of a NoticeQuery")
    form: str | None = Field(default=None, description="of an export: csv or jsonl")
    target: str | None = Field(default=None, description="of an export: fsspec URL of the file")

    @classmethod
    def crawl(cls, portal: str) -> Self:
        """The regular crawl of a portal."""
        return cls(kind=Kind.CRAWL, portal=portal)

    @classmethod
    def backfill(cls, portal: str) -> Self:
        """The background of a portal."""
        return cls(kind=Kind.BACKFILL, portal=portal)

    @classmethod
    def export(cls, query: str, form: str, target: str) -> Self:
        """A query written to a file."""
        return cls(kind=Kind.EXPORT, query=query, form=form, target=target)

    @property
    def queue(self) -> Queue:
        """Where it waits."""
        return _HABITS[self.kind].queue

    @property
    def priority(self) -> int:
        """Higher goes first: regular crawls before the background."""
        return _HABITS[self.kind].priority

    @property
    def key(self) -> str:
        """What makes it one with another order that waits."""
        return ":".join(filter(None, (self.kind.value, self.portal, self.target)))

    @property
    def lock(self) -> str | None:
        """Orders of the same lock are worked on one after the other, wherever: a portal has one crawl at a time."""
        if self.portal is not None:
            return portal_lock(self.portal)
        return self.key if _HABITS[self.kind].alone else None

    @property
    def arguments(self) -> dict[str, str]:
        """What is to be known beside the kind."""
        values = {"portal": self.portal, "query": self.query, "form": self.form, "target": self.target}
        return {name: value for name, value in values.items() if value is not None}
