"""The matcher: many profiles against new notices, in memory.

Profiles share clauses, so every distinct clause is judged once per document. Each profile hangs on its *anchor*, the
clause that is likely the rarest and that needs some fact or term of the document; only profiles whose anchor holds are
looked at further. How rare a fact or term is, the matcher learns from the documents it sees.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from core.clock import now as clock_now
from search.anchors import NO_CLAUSE, Anchors
from search.clause_table import ClauseTable
from search.document import IndexDocument
from search.errors import QueryError
from search.evaluate import DocumentView, satisfied
from search.plan import Moment, plan
from search.port import Match, MatchedClause, SavedQuery
from search.query import NoticeQuery
from search.rarity import Rarity
from search.reasons import reason

_BATCH: Final = 200
"""Documents that are looked at together: their words are learnt before they are matched."""


class EmbeddedMatcher:
    """Profiles compiled in memory. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._clauses = ClauseTable()
        self._profiles: dict[str, tuple[int, ...]] = {}
        self._anchors = Anchors(self._clauses)
        self._rarity = Rarity()
        self._revision = 0

    def __len__(self) -> int:
        return len(self._profiles)

    def put(self, profile_id: str, query: NoticeQuery) -> None:
        """Add or replace a profile."""
        clauses = plan(query)
        with self._lock:
            self._forget(profile_id)
            numbers = tuple(self._clauses.take(clause) for clause in dict.fromkeys(clauses))
            self._profiles[profile_id] = numbers
            self._anchors.hang(profile_id, numbers, self._rarity)

    def remove(self, profile_id: str) -> None:
        """Forget a profile; one that is not there is no error."""
        with self._lock:
            self._forget(profile_id)

    def check(self, query: NoticeQuery) -> None:
        """Nothing to refuse: whatever a `NoticeQuery` can say can be watched for."""

    def revision(self) -> int:
        """Up to which revision of the store's profiles this matcher is filled."""
        return self._revision

    def follow(self, put: Sequence[SavedQuery], removed: Sequence[str], revision: int) -> dict[str, QueryError]:
        """Bring in what became of profiles up to a revision; refuses none."""
        for profile_id in removed:
            self.remove(profile_id)
        for saved in put:
            self.put(saved.profile_id, saved.query)
        self._revision = revision
        return {}

    def clear(self) -> None:
        """Forget all profiles."""
        with self._lock:
            for profile_id in list(self._profiles):
                self._forget(profile_id)
        self._revision = 0

    def close(self) -> None:
        """Nothing to give back."""

    def match(self, documents: Sequence[IndexDocument], *, now: datetime | None = None) -> list[Match]:
        """Every profile that each document matches, with the reasons."""
        moment = Moment.of(now or clock_now())
        found: list[Match] = []
        with self._lock, _collector_paused():
            for start in range(0, len(documents), _BATCH):
                views = [DocumentView(document) for document in documents[start : start + _BATCH]]
                for view in views:
                    self._rarity.learn(view)
                if self._rarity.has_learnt_much():
                    self._anchors.choose_anew(self._rarity)
                for view in views:
                    found += self._matches(view, moment)
        return found

    def _matches(self, view: DocumentView, moment: Moment) -> list[Match]:
        judge = _Judge(self._clauses, view, moment)
        reason_of = _Reasons(self._clauses, view, moment).__getitem__
        notice_id = view.document.id
        return [
            Match(profile_id, notice_id, why)
            for leaf in self._anchors.satisfied(judge.held, judge.__getitem__)
            for why in [tuple(filter(None, map(reason_of, leaf.clauses)))]  # exclusions give no reason
            for profile_id in leaf
        ]

    def _forget(self, profile_id: str) -> None:
        numbers = self._profiles.pop(profile_id, None)
        if numbers is None:
            return
        self._anchors.unhang(profile_id, numbers)
        for number in numbers:
            self._clauses.give_back(number)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection inside the block.

    A batch makes very many small objects and no cycles; each of them brings the collector closer to walking over all
    profiles once more, which takes longer than the matching itself.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Judge(dict[int, bool]):
    """Clause number to verdict on one document; each clause is judged when it is first asked for."""

    def __init__(self, table: ClauseTable, view: DocumentView, moment: Moment) -> None:
        super().__init__()
        self._held: set[int] | None = None
        self._table = table
        self._view = view
        self._moment = moment

    def __missing__(self, number: int) -> bool:
        # Once `held` was asked for, all clauses with keys that hold are in here.
        fails = self._held is not None and self._table.keys[number] is not None
        verdict = self[number] = not fails and self._satisfied(number)
        return verdict

    def held(self) -> set[int]:
        """The clauses with keys that hold, and `NO_CLAUSE`; found when first asked for, which reads all texts."""
        if self._held is None:
            reached = self._table.reached_by(self._view)
            held = reached & self._table.sure
            held.update(number for number in reached - held if self._satisfied(number))
            self.update(dict.fromkeys(held, True))
            held.add(NO_CLAUSE)
            self._held = held
        return self._held

    def _satisfied(self, number: int) -> bool:
        clause = self._table.clauses[number]
        return clause is not None and satisfied(clause, self._view, self._moment)


class _Reasons(dict[int, MatchedClause | None]):
    """Clause number to the reason on one document, made when it is first asked for; many profiles share it."""

    def __init__(self, table: ClauseTable, view: DocumentView, moment: Moment) -> None:
        super().__init__()
        self._table = table
        self._view = view
        self._moment = moment

    def __missing__(self, number: int) -> MatchedClause | None:
        clause = self._table.clauses[number]
        found = self[number] = None if clause is None else reason(clause, self._view, self._moment)
        return found
