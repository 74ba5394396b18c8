"""A portal that prints invented French tenders and keeps the search of a visitor in a session."""

from __future__ import annotations

import random
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import ClassVar

from simulated_portals.french_tenders.tenders import FrenchTender
from simulated_portals.messages import Answer, JsonValue, Request
from simulated_portals.misbehaviour import Misbehaviour
from simulated_portals.portal_clock import PortalClock
from simulated_portals.request_statistics import RequestStatistics

ZONE = "Europe/Paris"

Search = dict[str, str]
"""The form of a visitor's last search."""


class TenderPortal(ABC):
    """What such portals have in common. The methods make news or trouble, from any thread."""

    cookie: ClassVar[str]
    """The name of the session's cookie."""
    cookie_flags: ClassVar[str] = "; Path=/"
    encoding: ClassVar[str] = "utf-8"
    """Of the portal's pages."""

    def __init__(
        self,
        key: str,
        tenders: tuple[FrenchTender, ...],
        *,
        today: date | None,
        page_size: int,
        invent: Callable[[date], FrenchTender] | None,
    ) -> None:
        """`invent` makes one more tender, published on a day; without it the portal has no news."""
        self.key = key
        self.clock = PortalClock(ZONE, today)
        self.faults = Misbehaviour()
        self.statistics = RequestStatistics()
        self.page_size = page_size
        self.tenders = list(tenders)
        self.renamed: tuple[str, str] | None = None
        self._invent = invent
        self._news = random.Random(len(tenders))
        self._sessions: dict[str, Search] = {}
        self._forgets = 0

    @abstractmethod
    def native_id(self, tender: FrenchTender) -> str:
        """The portal's key of a tender."""

    @abstractmethod
    def open_ids(self) -> set[str]:
        """The keys of the calls that are open now."""

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """`{"do": "publish"}` or `{"do": "make_news"}`."""
        if command.get("do") == "publish":
            return self.publish()
        if command.get("do") == "make_news":
            return self.make_news()
        raise ValueError(f"{command} is no command of {self.key}")

    # --- sessions and pages -----------------------------------------------------------------------------------------

    def _new_session(self) -> tuple[tuple[str, str], ...]:
        name = secrets.token_hex(8)
        self._sessions[name] = {}
        return (("set-cookie", f"{self.cookie}={name}{self.cookie_flags}"),)

    def _session_of(self, request: Request) -> Search | None:
        if self._forgets:
            self._forgets -= 1
            self._sessions.clear()
        cookies = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
        return self._sessions.get({name: value for name, _, value in cookies}.get(self.cookie, ""))

    def _with_id(self, key: str) -> FrenchTender | None:
        return next((item for item in self.tenders if self.native_id(item) == key), None)

    def _as_renamed(self, answer: Answer) -> Answer:
        if self.renamed is None:
            return answer
        old, new = (word.encode(self.encoding) for word in self.renamed)
        return replace(answer, body=answer.body.replace(old, new))

    # --- news -------------------------------------------------------------------------------------------------------

    def publish(self) -> str:
        """A new call, today. Returns its key."""
        if self._invent is None:
            raise ValueError("this portal was made without an inventor")
        self.tenders.append(self._invent(self.clock.today()))
        return self.native_id(self.tenders[-1])

    def move_deadline(self, key: str, days: int = 7) -> FrenchTender:
        """Correct a call: its deadline moves, and it counts one more correction."""
        old = self._with_id(key)
        if old is None:
            raise ValueError(f"the portal has no notice {key!r}")
        moved = replace(old, deadline=old.deadline + timedelta(days=days), corrections=old.corrections + 1)
        self.tenders[self.tenders.index(old)] = moved
        return moved

    def make_news(self) -> str:
        """What a working day brings: mostly a new call, now and then a deadline that moves."""
        open_now = sorted(self.open_ids())
        if open_now and self._news.random() < 0.2:
            return self.native_id(self.move_deadline(self._news.choice(open_now)))
        return self.publish()

    # --- trouble ----------------------------------------------------------------------------------------------------

    def forget_sessions(self, times: int = 1) -> None:
        """Forget every session before each of the next `times` requests for a list."""
        self._forgets = times

    def rename(self, old: str, new: str) -> None:
        """Another word in the place of an old one, on all pages: a class, an id, a label."""
        self.renamed = (old, new)
