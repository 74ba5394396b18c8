"""Asks an Opendatasoft portal through its Explore API v2.1: pages, counts and exports of one data set.

The service keeps limits that it answers with status 400: 100 records per request, and 10,000 for offset and limit
together. A question with a longer answer is divided into shares below the cap. An unknown field is refused with 400
too, so a filter is never ignored for being misspelt.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from scrapy import Request

from core.clock import now
from crawlers.contract import CrawlError, LayoutError, PortalDown
from crawlers.engines.faults import where as asked
from crawlers.engines.json_api import TRIES_OF_A_CUT_ANSWER, JsonService, check_is_json, need
from crawlers.politeness import back_off

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response

logger = logging.getLogger(__name__)

LARGEST_PAGE = 100
CAP = 10_000
"""Offset and limit together, at most."""
RECENT_DAYS = 32
"""Of a long span of days the latest are cut off first: that is where open notices were published."""


class RefusedQuery(LayoutError):
    """The service answers 400: a parameter, a field or the filter is not what it takes."""


class BeyondCap(CrawlError):
    """A question has more answers than can be listed, and cannot be divided any further."""


def text(value: str) -> str:
    """A text literal of a `where`: quotes and backslashes escaped, no line break."""
    escaped = " ".join(value.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def day(value: date) -> str:
    """A date literal of a `where`."""
    return f"date'{value.isoformat()}'"


def one_of(field: str, values: Iterable[str]) -> str:
    """The condition that a text field has one of these values."""
    return f"{field} in ({', '.join(map(text, values))})"


@dataclass(frozen=True)
class Page:
    """Records of one answer, and how many the whole question has."""

    total: int
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Question:
    """What is asked of a data set. Without `select` records come whole; without `order_by` oldest first."""

    where: str
    select: tuple[str, ...] = ()
    order_by: str | None = None


@dataclass(frozen=True)
class Share:
    """A part of a question's answers, which can be divided into parts that do not overlap.

    First by halves of the days `[first, end)` of `day_field`, then by the values of each field in `by`; records with
    another value or none make a part of their own. An empty condition lets everything in.
    """

    condition: str
    day_field: str
    first: date
    end: date
    by: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def where(self) -> str:
        """The condition with its days."""
        days = f"{self.day_field} >= {day(self.first)} and {self.day_field} < {day(self.end)}"
        if (self.end - self.first).days == 1:
            days = f"{self.day_field} = {day(self.first)}"
        return _both(self.condition, days)

    def parts(self) -> tuple[Share, ...]:
        """Smaller shares that are together this one; none when it cannot be divided."""
        days = (self.end - self.first).days
        if days > 1:
            middle = self.end - timedelta(days=RECENT_DAYS if days > 2 * RECENT_DAYS else days // 2)
            return replace(self, end=middle), replace(self, first=middle)
        if not self.by:
            return ()
        (field, values), *rest = self.by
        conditions = [f"{field} = {text(value)}" for value in values] + [f"not ({one_of(field, values)})"]
        return tuple(replace(self, condition=_both(self.condition, each), by=tuple(rest)) for each in conditions)


@dataclass(frozen=True)
class Quota:
    """What the service says of its daily quota."""

    limit: int | None
    remaining: int | None
    resets_at: datetime | None


class ExploreService(JsonService):
    """A `JsonService` that knows how an Opendatasoft portal refuses: 400 with a reason, 429 with a quota."""

    def __init__(self, spider: Spider, longest_wait: float) -> None:
        super().__init__(spider)
        self._longest_wait = longest_wait
        self.quota = Quota(None, None, None)

    async def download(self, request: Request) -> Response:
        """The answer to a request. `RefusedQuery` for 400, `PortalDown` when the quota is used up."""
        await self._wait_for_quota()
        response = await super().download(request)
        self.quota = _quota(response)
        if response.status == 400:
            raise RefusedQuery(f"{asked(request)} is refused: {_reason(response)}.")
        if response.status == 429:
            raise PortalDown(f"{asked(request)} answers 429: the portal's quota is used up. {_reason(response)}")
        return response

    async def _wait_for_quota(self) -> None:
        """An exhausted quota is waited for when it returns soon; else the portal is left alone before it refuses."""
        resets_at = self.quota.resets_at
        if self.quota.remaining != 0 or resets_at is None:
            return
        seconds = (resets_at - now()).total_seconds()
        if seconds > self._longest_wait:
            raise PortalDown(
                f"The portal's quota of {self.quota.limit or 'its'} requests is used up; it returns at "
                f"{resets_at:%Y-%m-%d %H:%M} UTC."
            )
        if seconds > 0:
            logger.info("The portal's quota is used up: waiting %.0f s", seconds)
            await asyncio.sleep(seconds)


class Dataset:
    """One data set of an Opendatasoft portal."""

    def __init__(
        self, service: JsonService, records_url: str, export_url: str, *, timezone: str, cap: int = CAP
    ) -> None:
        self.cap = cap
        self._service = service
        self._records_url = records_url
        self._export_url = export_url
        self._timezone = timezone

    async def count(self, where: str, key: str) -> int:
        """How many records there are; `key` is any field, the only one that is asked for."""
        return (await self.page(Question(where, (key,)), limit=1)).total

    async def page(self, question: Question, *, offset: int = 0, limit: int | None = None) -> Page:
        """One page, the largest possible by default. `ValueError` for a page that the service would refuse."""
        limit = min(LARGEST_PAGE, self.cap - offset) if limit is None else limit
        if not 0 < limit <= LARGEST_PAGE or offset < 0 or offset + limit > self.cap:
            raise ValueError(
                f"the service takes {LARGEST_PAGE} records and offsets below {self.cap}: {offset}, {limit}"
            )
        parameters = {**self._parameters(question), "limit": str(limit), "offset": str(offset)}
        answer, _ = await self._service.get(f"{self._records_url}?{urlencode(parameters)}")
        total = need(answer, "total_count", int, "The answer of the data set")
        rows = need(answer, "results", list, "The answer of the data set")
        return Page(total, tuple(_objects(rows)))

    async def export(self, question: Question) -> tuple[dict[str, Any], ...]:
        """All records at once, line by line, without a cap. A last line that is cut is asked for again."""
        request = Request(f"{self._export_url}?{urlencode(self._parameters(question))}")
        problem: ValueError | None = None
        for tries in range(1, TRIES_OF_A_CUT_ANSWER + 1):
            response = await self._service.download(request)
            check_is_json(response)
            try:
                return tuple(_objects(json.loads(line) for line in response.body.splitlines() if line.strip()))
            except ValueError as error:
                problem = error
                logger.warning("%s answers lines that cannot be read: %s", request.url, error)
            await asyncio.sleep(back_off(tries, 0.0))
        raise LayoutError(f"{asked(request)} answers lines that cannot be read: {problem}.")

    async def shares_below_cap(self, share: Share, total: int, key: str) -> tuple[tuple[Share, int], ...]:
        """Divide a share of `total` records until each part, given with its count, can be listed to its end.

        A total that reaches the cap may be a capped one, so it is divided too. `BeyondCap` when a part cannot be.
        """
        if total < self.cap:
            return ((share, total),)
        parts = share.parts()
        if not parts:
            raise BeyondCap(f"The portal has {total} notices of {share.where}; no more than {self.cap} can be listed.")
        found: list[tuple[Share, int]] = []
        for part in parts:
            size = await self.count(part.where, key)
            found += await self.shares_below_cap(part, size, key) if size else ()
        return tuple(found)

    def _parameters(self, question: Question) -> dict[str, str]:
        wanted = {
            "select": ",".join(question.select),
            "where": question.where,
            "order_by": question.order_by or "",
            "timezone": self._timezone,
        }
        return {name: value for name, value in wanted.items() if value}


def _both(condition: str, other: str) -> str:
    return f"({condition}) and {other}" if condition else other


def _objects(rows: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for row in rows:
        if not isinstance(row, dict):
            raise LayoutError(f"A record of the data set is {type(row).__name__}, not an object.")
        yield row


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1").strip()


def _quota(response: Response) -> Quota:
    limit, remaining = _header(response, "X-RateLimit-Limit"), _header(response, "X-RateLimit-Remaining")
    return Quota(
        int(limit) if limit.isdecimal() else None,
        int(remaining) if remaining.isdecimal() else None,
        _instant(_header(response, "X-RateLimit-Reset")),
    )


def _instant(printed: str) -> datetime | None:
    """The reset of a quota: seconds since 1970, or a date and time (UTC when it has no offset)."""
    try:
        if printed.isdecimal():
            return datetime.fromtimestamp(int(printed[:12]), UTC)
        read = datetime.fromisoformat(printed)
    except (ValueError, OverflowError, OSError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _reason(response: Response) -> str:
    """What the service says of a refusal, on one line."""
    try:
        answer = json.loads(response.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return "without a reason"
    told = [str(answer[key]) for key in ("error_code", "message", "error", "reset_time") if answer.get(key)]
    return " ".join(" ".join(told).split())[:400] or "without a reason"
