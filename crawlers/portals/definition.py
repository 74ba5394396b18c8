"""What `portal.yml` says of a portal, typed. Unknown keys are refused, so that a misspelt one is not ignored."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from core.errors import ConfigurationError
from crawlers.contract import Scope
from crawlers.portals.holidays import Holidays

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_HOURS = (time(6, 40), time(12, 40), time(18, 40))
"""Hours of a portal that gives none, where somebody enables it."""
_DAY_END = time(23, 59, 59, 999999)


def _clock_time(value: object) -> object:
    """`05:30`, and `24:00` for the end of a day. YAML reads an unquoted 05:30 as a number: quotes are asked for."""
    if isinstance(value, time):
        return value
    if not isinstance(value, str):
        raise ValueError('must be a time in quotes, such as "05:30"')
    return _DAY_END if value == "24:00" else value


ClockTime = Annotated[time, BeforeValidator(_clock_time)]


def _is_loopback(host: str) -> bool:
    """Whether a host is this machine under one of its own addresses, of which there are many (127.0.0.0/8)."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Part(BaseModel):
    """A part of `portal.yml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Part):
    """What the portal or its operator says of re-use, with where and when it was read."""

    text: str
    url: str | None = None
    read_on: date


class ClosedHours(Part):
    """Local hours in which the portal is left alone. `until` before `since` runs into the next day."""

    days: tuple[Weekday, ...]
    since: ClockTime
    until: ClockTime
    why: str

    def covers(self, local: datetime) -> bool:
        """Whether a local time lies in these hours."""
        clock, today = local.time(), WEEKDAYS[local.weekday()]
        if self.since <= self.until:
            return today in self.days and self.since <= clock < self.until
        yesterday = WEEKDAYS[(local.weekday() - 1) % 7]
        return (today in self.days and clock >= self.since) or (yesterday in self.days and clock < self.until)


class Politeness(Part):
    """How fast the portal may be asked. `connections` above one needs `why`."""

    delay: float = Field(ge=0, description="seconds between two requests at least")
    connections: int = Field(default=1, ge=1, le=4)
    why: str | None = Field(default=None, description="why more than one connection is right here")
    longest_wait: float = Field(
        default=300, gt=0, description="seconds; asked to wait longer, the run ends and says so"
    )
    timeout: float | None = Field(default=None, gt=0, description="seconds for one answer, where the portal is slow")
    tries: int = Field(default=4, ge=1, le=10, description="how often one request is sent at most")

    @model_validator(mode="after")
    def _more_connections_need_a_reason(self) -> Politeness:
        if self.connections > 1 and not self.why:
            raise ValueError("more than one connection needs `why`")
        return self


class Expectations(Part):
    """What a normal day looks like. A day that is over and announces less than its floor is suspect."""

    floor: dict[Weekday, Annotated[int, Field(ge=0)]]
    holiday_floor: int = Field(ge=0)
    holidays: Holidays = Holidays(())
    may_be_empty: bool = Field(
        default=False, description="a list without any notice is no reason for suspicion: the portal is small"
    )
    settled_after_days: int = Field(
        default=0, ge=0, description="days that the portal takes to publish a day whole; until then it may be empty"
    )
    open_floor: int = Field(default=0, ge=0, description="open calls that the portal announces on any day, at least")

    @field_validator("floor")
    @classmethod
    def _every_weekday(cls, value: dict[Weekday, int]) -> dict[Weekday, int]:
        if set(value) != set(WEEKDAYS):
            raise ValueError(f"must name every weekday: {', '.join(WEEKDAYS)}")
        return value

    def floor_on(self, day: date) -> int:
        """The least number of notices that a normal such day announces."""
        return self.holiday_floor if self.holidays.includes(day) else self.floor[WEEKDAYS[day.weekday()]]


class Calendar(Part):
    """When the scheduler crawls, in the portal's local time; closed hours are left out whatever is written here."""

    at: tuple[ClockTime, ...] = Field(
        description="hours of the regular crawl; none: the portal is not crawled unless the settings enable it"
    )
    overlap_days: int = Field(ge=0, description="days before today that a regular crawl looks at again")
    retry_days: int = Field(ge=0, description="how far back windows that are not complete are tried again")
    history_days: int | None = Field(
        default=None, ge=1, description="publication days that the portal shows, today included; none: all of its past"
    )

    @property
    def hours(self) -> tuple[time, ...]:
        """The hours of the regular crawl, for a portal that is crawled."""
        return self.at or _HOURS


class ListingHabits(Part):
    """How the portal's list behaves."""

    page_size: int = Field(ge=1)
    longest: int = Field(ge=1, description="rows the portal serves of one list at most; a longer list is told")


class Route(Part):
    """One way to ask the portal. Paths are relative to the base URL, and named as the portal's spider asks for them."""

    description: str
    base_url: str | None = Field(default=None, description="default: the portal's base_url")
    paths: dict[str, str] = Field(default_factory=dict, description="may hold names in braces, such as {native_id}")

    def path(self, name: str, **values: str) -> str:
        """A path with its names filled in; `ConfigurationError` when `portal.yml` has none of that name."""
        try:
            return self.paths[name].format(**values) if values else self.paths[name]
        except KeyError as error:
            raise ConfigurationError(f"portal.yml: routes have no path {name}, or it names {error}.") from error


class PageCheck(Part):
    """How a saved page of the portal shows whether something is so: by an XPath, or by a text in it."""

    page: str = Field(description="regular expression for the addresses of the pages to look at")
    xpath: str | None = None
    contains: str | None = None
    least: int = Field(default=1, ge=1, description="how often it is there at least")

    @model_validator(mode="after")
    def _one_way(self) -> PageCheck:
        if (self.xpath is None) == (self.contains is None):
            raise ValueError("needs either `xpath` or `contains`")
        return self


class Unverified(Part):
    """Something that was never seen on the live portal: written from what others say of it."""

    what: str = Field(description="the selector, parameter or habit")
    settle: str = Field(description="what a first live run must find out")
    check: PageCheck | None = Field(default=None, description="how `vigie probe` finds out by itself")


class Portal(Part):
    """Every fact about a portal that its spider, its parser, the scheduler and the pages need."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: dict[str, str] = Field(min_length=1, description="by language")
    operator: str
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    zone: str
    languages: tuple[str, ...]
    base_url: str
    notice_url: str = Field(description="page of a notice, with {base_url} and {native_id}")
    licence: Words
    attribution: str
    terms: Words
    robots: Words
    politeness: Politeness
    closed: tuple[ClosedHours, ...] = ()
    calendar: Calendar
    expectations: Expectations
    listing: ListingHabits
    routes: dict[str, Route] = Field(min_length=1, description="the first is the default")
    engine: str | None = Field(
        default=None, description="module in crawlers/engines whose spider and parser serve a folder without its own"
    )
    transport: Literal["http", "browser"] = Field(
        default="http", description="browser: pages are opened in Chromium, for a portal that renders by script"
    )
    scopes: tuple[Scope, ...] = Field(
        default=("open", "days"), min_length=1, description="the kinds of window that the portal can be asked for"
    )
    options: dict[str, Any] = Field(default_factory=dict, description="what the engine or the spider needs to know")
    unverified: tuple[Unverified, ...] = ()
    facts: dict[str, str] = Field(
        default_factory=dict, description="habits worth knowing, for whoever looks after the spider"
    )

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value} is no time zone") from error
        return value

    @field_validator("base_url")
    @classmethod
    def _no_slash_at_the_end(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @property
    def clock(self) -> ZoneInfo:
        """The portal's zone."""
        return ZoneInfo(self.zone)

    @property
    def simulated(self) -> bool:
        """Whether the address is on this machine: such a portal has no closed hours and needs no delay."""
        return _is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that a crawl may ask; of a simulated portal its own alone."""
        named = [self.base_url, *(route.base_url for route in self.routes.values() if not self.simulated)]
        return frozenset(host for address in named if address and (host := urlsplit(address).hostname))

    def at(self, base_url: str | None) -> Portal:
        """The same portal at another address."""
        if not base_url:
            return self
        return Portal.model_validate({**self.model_dump(), "base_url": base_url})

    def today(self, instant: datetime) -> date:
        """The portal's calendar day at an instant."""
        return instant.astimezone(self.clock).date()

    def reaches_back_to(self, today: date) -> date | None:
        """The earliest publication day that the portal still shows; None where it shows all of its past."""
        shown = self.calendar.history_days
        return None if shown is None else today - timedelta(days=shown - 1)

    def within_reach(self, day: date, today: date) -> date:
        """The day, or the earliest one that the portal still shows, if that is later."""
        return max(day, self.reaches_back_to(today) or day)

    def closed_at(self, instant: datetime) -> str | None:
        """Why the portal is left alone at an instant, or None when it may be asked."""
        if self.simulated:
            return None
        local = instant.astimezone(self.clock)
        return next((hours.why for hours in self.closed if hours.covers(local)), None)

    def opens_at(self, instant: datetime) -> datetime:
        """The first instant from `instant` on (to the minute) at which the portal may be asked."""
        moment = instant
        for _ in range(8 * 24 * 60):
            if self.closed_at(moment) is None:
                return moment
            moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        raise ValueError(f"portal {self.key} is closed all week")

    def url_of(self, native_id: str) -> str:
        """The page of a notice on the portal."""
        return self.notice_url.format(base_url=self.base_url, native_id=native_id)
