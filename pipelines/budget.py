"""The budget of a portal's host that all machines share, and the promise that one process crawls a portal at a time.

Both are in PostgreSQL. While it is away no request is sent: the crawl waits, and says so.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from core.errors import VigieError
from crawlers.contract import PortalDown
from store.budgets import Turn, new_number
from store.errors import StoreError
from store.session_locks import SessionLock, portal_lock

if TYPE_CHECKING:
    from core.settings import Settings
    from crawlers.portals import Portal
    from store import Store
    from store.budgets import Budgets

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 300.0
"""Seconds that a crawl waits for a database that is away."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0
LOOK_SECONDS = 1.0
"""How often a crawl makes sure that the portal is still its own."""
MARGIN = 30.0
"""Seconds that a connection stays reserved beyond the longest answer, for a crawl that dies."""


class PortalBusy(VigieError):
    """Another process crawls the portal now."""


@contextmanager
def crawling_alone(store: Store, portal: str) -> Iterator[SessionLock]:
    """Crawl a portal as the only one, on whatever machine; `PortalBusy` when somebody does already."""
    with SessionLock(store.database, portal_lock(portal)) as lock:
        if not lock.acquire():
            raise PortalBusy(f"Another process crawls {portal} now, and a portal has one crawl at a time.")
        yield lock


def budget_of(portal: Portal, settings: Settings, store: Store, alone: SessionLock) -> SharedBudget | None:
    """Where other machines may ask the same host; SQLite serves one machine."""
    if store.database.is_sqlite:
        return None
    longest = max(settings.crawl.timeout, portal.politeness.timeout or 0.0)
    return SharedBudget(store.budgets, alone, portal.key, longest)


class SharedBudget:
    """A `HostBudget` of one crawl."""

    def __init__(self, budgets: Budgets, alone: SessionLock, portal: str, longest_answer: float) -> None:
        self._budgets = budgets
        self._alone = alone
        self._portal = portal
        self._lease = longest_answer + MARGIN
        self._checking = asyncio.Lock()
        self._checked = time.monotonic()
        self._settling = asyncio.Lock()
        self._asked: set[str] = set()
        """Hosts of which this crawl asked something."""
        self._owed: list[tuple[str, str]] = []
        """Connections that could not be given back when the answer was there."""

    @asynccontextmanager
    async def turn(self, host: str, interval: float, connections: int) -> AsyncIterator[None]:
        """Wait for a turn; without an interval, only make sure that the portal is ours."""
        await self._still_alone()
        if not interval:
            yield
            return
        await self._settle(host)
        number = new_number(self._portal)
        try:
            await self._reserve(host, interval, connections, number)
            await self._still_alone()  # the wait may have been long, and the portal somebody else's meanwhile
            yield
        finally:
            try:
                await asyncio.to_thread(self._budgets.give_back, host, number)
            except StoreError:
                self._owed.append((host, number))  # given back before the next request, or ends by itself

    async def hold_back(self, host: str, seconds: float) -> None:
        """Tell the other machines; this crawl waits by itself."""
        await self._when_there(lambda: self._budgets.hold_back(host, seconds), host)

    async def _settle(self, host: str) -> None:
        """Give back what is owed: by this crawl, and by crawls of the portal before it, which are no more."""
        async with self._settling:
            if host not in self._asked:
                await self._when_there(lambda: self._budgets.give_back_all(host, self._portal), host)
                self._asked.add(host)
            while self._owed:
                owed = self._owed[-1]  # others may come behind it meanwhile
                await self._when_there(partial(self._budgets.give_back, *owed), host)
                self._owed.remove(owed)

    async def _reserve(self, host: str, interval: float, connections: int, number: str) -> None:
        def reserve() -> Turn:
            return self._budgets.reserve(host, interval, connections, self._lease, number)

        while True:
            turn = await self._when_there(reserve, host)
            await asyncio.sleep(turn.wait)
            if turn.number is not None:
                return

    async def _still_alone(self) -> None:
        """The lock is lost with its connection, and another machine may have begun since."""
        async with self._checking:
            if time.monotonic() - self._checked < LOOK_SECONDS:
                return
            if not await self._when_there(self._alone.acquire, self._portal):
                raise PortalDown(f"Another process has begun to crawl {self._portal}; this crawl leaves it the portal.")
            self._checked = time.monotonic()

    async def _when_there(self, ask: Callable[[], T], what: str) -> T:
        until, wait = time.monotonic() + PATIENCE, FIRST_WAIT
        while True:
            try:
                return await asyncio.to_thread(ask)
            except StoreError as error:
                if time.monotonic() > until:
                    raise PortalDown(f"No request is sent to {what} without its budget. {error}") from error
                log.warning("No request is sent to %s while the database is away: %s", what, error)
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
