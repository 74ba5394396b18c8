"""The contract of all spiders: a window in; announced counts, raw notices and a report out.

A spider is constructed with the windows to crawl and with ports to what is known already. For every window it yields
the `RawNotice`s that are new or changed, then exactly one `WindowReport`. It holds no business rule and decides no
verdict: `crawlers.completeness` does, once the pipelines know what was stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from pydantic import AwareDatetime, Field, model_validator

from core.clock import now
from core.errors import VigieError
from notices.model import Frozen

Scope = Literal["days", "open"]


class Window(Frozen):
    """What to crawl: publication days `[start, end)` on the portal's calendar, or what is open now (no bounds)."""

    start: date | None = None
    end: date | None = Field(default=None, description="exclusive")
    scope: Scope = "days"

    @model_validator(mode="after")
    def _bounds_fit_the_scope(self) -> Window:
        if self.scope == "open" and (self.start or self.end):
            raise ValueError("a window of what is open now has no bounds")
        if self.scope == "days" and (self.start is None or self.end is None or self.start >= self.end):
            raise ValueError("a window of days needs a start before its end")
        return self

    @classmethod
    def open_now(cls) -> Window:
        """Everything that is open now."""
        return cls(scope="open")

    @classmethod
    def day(cls, day: date) -> Window:
        """One publication day."""
        return cls(start=day, end=day + timedelta(days=1))

    @classmethod
    def days(cls, first: date, last: date) -> tuple[Window, ...]:
        """One window per day from `first` to `last`, both included, oldest first."""
        return tuple(cls.day(first + timedelta(days=n)) for n in range((last - first).days + 1))

    def __str__(self) -> str:
        if self.start is None or self.end is None:
            return "what is open now"
        last = self.end - timedelta(days=1)
        return str(self.start) if last == self.start else f"{self.start} to {last}"


class RawNotice(Frozen):
    """All that the parser of a portal needs for one notice, as one unit, before anybody read it."""

    portal: str
    native_id: str = Field(description="the portal's stable key, without the portal's name")
    fingerprint: str | None = Field(
        description="what the portal's list said; equal next time means unchanged. None: ask again"
    )
    payload: bytes
    media_type: str = "application/json"
    url: str
    listed_at: AwareDatetime


class WindowReport(Frozen):
    """What a spider saw of one window, told after its last notice."""

    portal: str
    window: Window
    announced: int | None = Field(default=None, description="the portal's own count when the last listing began")
    second_count: int | None = Field(
        default=None, description="the portal's count asked again, another way, after the listing"
    )
    distinct: int = Field(default=0, description="distinct notices on the last listing")
    listed: tuple[str, ...] = Field(default=(), description="native ids seen on any listing of this window")
    fetched: tuple[str, ...] = Field(default=(), description="native ids handed out as raw notices")
    unchanged: tuple[str, ...] = Field(default=(), description="native ids whose fingerprint is the known one")
    missed: Mapping[str, str] = Field(default_factory=dict, description="native id to why it could not be fetched")
    partial: int = Field(
        default=0, ge=0, description="notices handed out in part, because the portal keeps something of them back"
    )
    problems: tuple[str, ...] = Field(
        default=(), description="oddities, as sentences, that do not decide the verdict alone"
    )
    failure: str | None = Field(default=None, description="why the window could not be crawled at all")


class KnownNotices(Protocol):
    """Port to what the store knows, handed to the spider so that it fetches only what changed."""

    def fingerprints(self, portal: str, native_ids: Iterable[str]) -> Mapping[str, str | None]:
        """The stored fingerprint of each known notice; unknown ones are absent."""
        ...


class Notebook(Protocol):
    """Port to a small memory between runs: what a portal's lists showed, and tables that it asks to fetch rarely.

    What is read is what any machine wrote last. A page is kept when `write` returns, before the notices of the crawl
    may be, and whatever becomes of them: note nothing that would be wrong then.
    """

    def read(self, key: str) -> tuple[bytes, datetime] | None:
        """What was written under `key` and when, or None."""
        ...

    def write(self, key: str, content: bytes) -> None:
        """Remember `content`."""
        ...


class HostBudget(Protocol):
    """Port to what all machines together may ask of a host: so many requests a second, so many at a time."""

    def turn(self, host: str, interval: float, connections: int) -> AbstractAsyncContextManager[None]:
        """Entered when a request may be sent, left when its answer is there.

        `interval`: seconds to the next request of anybody. Waits while the budget cannot be asked, and raises
        `PortalDown` when that lasts, or when somebody else has begun to crawl the portal.
        """
        ...

    async def hold_back(self, host: str, seconds: float) -> None:
        """The host asked for a pause: nobody asks it before that is over."""
        ...


class NothingKnown:
    """A `KnownNotices` that knows nothing: every notice is fetched."""

    def fingerprints(self, portal: str, native_ids: Iterable[str]) -> Mapping[str, str | None]:
        """Nothing."""
        return {}


@dataclass
class MemoryNotebook:
    """A `Notebook` that lasts as long as the process."""

    pages: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)

    def read(self, key: str) -> tuple[bytes, datetime] | None:
        """What was written under `key` and when."""
        return self.pages.get(key)

    def write(self, key: str, content: bytes) -> None:
        """Remember `content`."""
        self.pages[key] = (content, now())


@dataclass(frozen=True)
class Parsing:
    """What the parser of a portal may know beside the payload."""

    portal: str
    base_url: str
    native_id: str | None = None
    """The portal's key of the notice where the payload does not carry it, such as a bare document's file name."""
    max_payload_bytes: int = 20 * 1024 * 1024


class CrawlError(VigieError):
    """A window cannot be crawled; the message is the sentence that people read."""


class PortalDown(CrawlError):
    """No window of this portal can be crawled now: maintenance, no token, refused, asked to wait for long."""


class EnoughListed(CrawlError):
    """A list is walked no further, on purpose: what it showed so far is kept, and no engine asks for it again."""


class LayoutError(CrawlError):
    """The portal's answer does not have the shape that it had when the spider was written."""
