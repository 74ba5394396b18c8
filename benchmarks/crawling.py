"""A store with many notices and profiles, and a crawl beside whatever is measured: new notices and new versions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Final, NamedTuple

from benchmarks.generated_notices import NOW, Material
from notices.model import Deadline, DeadlineKind, Notice, NoticeKind
from store import Store
from store.records import Saving

BLOCK: Final = 500
EVERY: Final = 0.5
"""Seconds between two batches of the crawl."""
_NEW: Final = 0.6
"""The part of what the crawl brings that is new; the others are new versions of what is stored."""


class Saved(NamedTuple):
    """A version that the crawl saved."""

    notice: Notice
    version: int


def fill_store(store: Store, number: int) -> None:
    """Save so many invented notices, as a crawl does."""
    material = Material(seed=11)
    for block in range(number // BLOCK):
        store.notices.save_many([Saving(notice=notice) for notice in material.notices(block, BLOCK)])


def save_profiles(store: Store, material: Material, number: int) -> None:
    """Save so many profiles of one owner."""
    owner = store.profiles.ensure_owner("bench@vigie.example", "fr", "Europe/Brussels", 7, (1, 2, 3, 4, 5))
    store.profiles.confirm_owner(owner.id, NOW)
    for count in range(number):
        store.profiles.create(owner.id, f"Profile {count}", material.profile().to_dict())


class Crawl:
    """Saves notices at a steady pace; `first` is the number of the first new one, below which there are stored ones.

    Deadlines lie a month ahead or more, so that whether a call is open does not change while this is looked at.
    """

    def __init__(self, url: str, first: int, pace: int) -> None:
        self._url = url
        self._next = first
        self._batch = max(1, round(pace * EVERY))
        self._random = Random(21)
        self._material = Material(seed=22)
        self._stop = threading.Event()
        self.saved: list[Saved] = []

    @contextmanager
    def going(self) -> Iterator[None]:
        """Crawl during the block. Raises what saving raised."""
        with ThreadPoolExecutor(1) as pool:
            crawling = pool.submit(self._run)
            try:
                yield
            finally:
                self._stop.set()
            crawling.result()

    def _run(self) -> None:
        with Store(self._url) as store:
            due = time.monotonic()
            while not self._stop.wait(max(0.0, due - time.monotonic())):
                self._save(store)
                due += EVERY

    def _save(self, store: Store) -> None:
        new = sum(self._random.random() < _NEW for _ in range(self._batch))
        known = self._random.sample(range(self._next), self._batch - new)
        stored = store.notices.get_many(f"be_bda:{number}" for number in known)
        batch = [self._material.notice(self._next + count) for count in range(new)]
        batch = [_call(notice) for notice in batch] + [one.notice for one in stored.values()]
        batch = [self._published_now(notice) for notice in batch]
        self._next += new
        outcomes = store.notices.save_many([Saving(notice=notice) for notice in batch])
        self.saved += [Saved(notice, outcome.version) for notice, outcome in zip(batch, outcomes, strict=True)]

    def _published_now(self, notice: Notice) -> Notice:
        """The notice with a later publication and, if it is a call, another deadline."""
        later = len(self.saved) + self._random.random()
        changed: dict[str, object] = {"published_at": NOW + timedelta(seconds=later)}
        if notice.kind is NoticeKind.COMPETITION:
            at = NOW + timedelta(days=30, minutes=self._random.randrange(60 * 24 * 30))
            changed["deadlines"] = (Deadline(kind=DeadlineKind.TENDERS, at=at),)
        return notice.model_copy(update=changed)


def _call(notice: Notice) -> Notice:
    return notice.model_copy(update={"kind": NoticeKind.COMPETITION})
