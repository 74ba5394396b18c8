"""The search API of TED: what is asked, what it answers, and what its refusals mean (dossier 1.1, 1.2)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from crawlers.contract import CrawlError, LayoutError, PortalDown, Window
from crawlers.engines.faults import where
from crawlers.engines.json_api import JsonService, need
from crawlers.portals.eu_ted.row import publication_number
from notices.values.dates import parse_date

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

ITERATION: Final = "ITERATION"
PAGE_NUMBER: Final = "PAGE_NUMBER"
ITERATES: Final = "iterates"
"""Meta of a request that carries an iteration token: 500 then means that the token is gone."""

_FINGERPRINTED: Final = ("publication-number", "notice-identifier", "notice-version", "publication-date", "ojs-number")
_DEADLINES: Final = ("deadline-receipt-tender-date-lot", "deadline-receipt-request-date-lot")
_ISSUE: Final = re.compile(r"0*([0-9]{1,3})/([0-9]{4})")


class IterationLost(CrawlError):
    """The walk by tokens does not go on: the token is refused, or the same page comes again."""


class PastTheCap(LayoutError):
    """A walk by page numbers came to the end of what TED serves that way."""


@dataclass(frozen=True)
class Query:
    """What is looked for: days of publication (both included), or what can still be answered on a day."""

    countries: tuple[str, ...]
    scope: str
    first: date | None = None
    last: date | None = None
    open_on: date | None = None

    @property
    def text(self) -> str:
        """In TED's expert language, in an order that stays."""
        countries = f"buyer-country IN ({' '.join(self.countries)})"
        return " AND ".join([countries, *self._limits()]) + " SORT BY publication-number ASC"

    @property
    def other_words(self) -> str:
        """The same question put in other words, for a second count."""
        countries = " OR ".join(f"buyer-country = {country}" for country in self.countries)
        return " AND ".join([f"({countries})", *self._limits(always_two=True)])

    @property
    def all_countries(self) -> str:
        """The same days, whoever buys."""
        return " AND ".join(self._limits())

    @property
    def all_deadlines(self) -> str:
        """The same buyers, whenever."""
        return f"buyer-country IN ({' '.join(self.countries)})"

    def _limits(self, *, always_two: bool = False) -> list[str]:
        if self.open_on is not None:
            return ["(" + " OR ".join(f"{name} >= {self.open_on:%Y%m%d}" for name in _DEADLINES) + ")"]
        if self.first == self.last and not always_two:
            return [f"publication-date = {self.first:%Y%m%d}"]
        return [f"publication-date >= {self.first:%Y%m%d}", f"publication-date <= {self.last:%Y%m%d}"]

    def halves(self) -> tuple[Query, ...]:
        """Narrower questions that together ask the same; empty where there are none."""
        if self.first is not None and self.last is not None and self.first < self.last:
            middle = self.first + (self.last - self.first) // 2
            return (replace(self, last=middle), replace(self, first=middle + timedelta(days=1)))
        if len(self.countries) > 1:
            return tuple(replace(self, countries=(country,)) for country in self.countries)
        return ()


def query_of(window: Window, countries: tuple[str, ...], scopes: tuple[str, str], today: date) -> Query:
    """The query of a window; `scopes` are those of days and of open calls."""
    if window.start is None or window.end is None:
        return Query(countries, scopes[1], open_on=today)
    return Query(countries, scopes[0], first=window.start, last=window.end - timedelta(days=1))


@dataclass(frozen=True)
class Page:
    """One page of an answer."""

    rows: tuple[dict[str, Any], ...]
    total: int
    token: str | None
    timed_out: bool


def read_page(answer: Any) -> Page:
    """A page of the search answer. `LayoutError` names the key that is missing or changed."""
    what = "The search answer"
    rows = need(answer, "notices", list, what)
    total = need(answer, "totalNoticeCount", int, what)
    token = answer.get("iterationNextToken")
    if token is not None and not isinstance(token, str):
        raise LayoutError(f"{what}: iterationNextToken is {type(token).__name__}, which it never was.")
    for row in rows:
        need(row, "publication-number", str, "A row of the search answer")
        need(row, "publication-date", str, "A row of the search answer")
        need(row, "buyer-country", list, "A row of the search answer")
    return Page(tuple(rows), total, token or None, answer.get("timedOut") is True)


def native_id(row: dict[str, Any]) -> str:
    """The publication number without leading zeros. `LayoutError` where the row has none that can be a key."""
    number = publication_number(row["publication-number"])
    if number is None:
        raise LayoutError(f"A row of the search answer: publication-number is {row['publication-number'][:60]!r}.")
    return number


def fingerprint(row: dict[str, Any]) -> str:
    """Equal for a notice that stays what it is. A publication never changes; a correction has a number of its own."""
    parts = [str(row.get(name) or "") for name in _FINGERPRINTED]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def package_of(row: dict[str, Any]) -> str | None:
    """`157/2026` is in the package `202600157`; None where the row does not tell its issue."""
    match = _ISSUE.fullmatch(str(row.get("ojs-number") or "").strip())
    return f"{match[2]}{match[1]:0>5}" if match else None


def published_on(row: dict[str, Any]) -> date:
    """The day of publication, printed with an offset and without time."""
    found = parse_date(row["publication-date"])
    if found is None:
        raise LayoutError(f"A row of the search answer: publication-date is {row['publication-date'][:60]!r}.")
    return found.day


def outside(row: dict[str, Any], query: Query) -> str | None:
    """Which filter of the query a row contradicts, in words; None when it belongs."""
    if not set(query.countries) & set(map(str, row["buyer-country"])):
        return f"country: the buyers are of {', '.join(map(str, row['buyer-country']))[:60]}"
    day = published_on(row)
    if query.first is not None and query.last is not None and not query.first <= day <= query.last:
        return f"date: it was published on {day}"
    return None


def is_closed(row: dict[str, Any], today: date) -> bool:
    """Whether a row of open calls shows no deadline, or one that is over since yesterday at least."""
    return not any(day >= today - timedelta(days=1) for day in _deadlines(row))


def _deadlines(row: dict[str, Any]) -> Iterator[date]:
    for name in _DEADLINES:
        for printed in row.get(name) or ():
            if found := parse_date(str(printed)):
                yield found.day


class SearchService(JsonService):
    """Asks the search and names its refusals."""

    async def download(self, request: Request) -> Response:
        """The answer. 400 is told in TED's own words, 429 leaves TED alone, 500 to a token ends the walk by tokens."""
        response = await super().download(request)
        if response.status == 400:
            raise refusal(response.body)
        if response.status == 429:
            raise PortalDown("TED answers 429 again and again: it is asked too often.")
        if response.status == 500 and request.meta.get(ITERATES):
            raise IterationLost(f"{where(request)} answers 500 to its own iteration token.")
        return response


def refusal(body: bytes) -> LayoutError:
    """What a 400 says: which field, which part of the query, which parameter."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return LayoutError("TED refuses the search with 400 and does not say why.")
    message, error = str(told.get("message") or "")[:300], told.get("error")
    if isinstance(error, dict):
        if error.get("parameterName") == "fields":
            field = str(error.get("unsupportedValue"))[:100]
            return LayoutError(f"TED does not know the field {field} (portal.yml, options.fields). {message[:120]}")
        kind = PastTheCap if error.get("type") == "SEARCH_EXCEEDS_MAX_LIMIT" else LayoutError
        return kind(f"TED refuses the search ({str(error.get('type'))[:60]}): {message}")
    if isinstance(error, list):
        return LayoutError(f"TED refuses the search: {message}: {_validations(error)}.")
    return LayoutError(f"TED refuses the search: {message}")


def _validations(errors: Sequence[Any]) -> str:
    return "; ".join(f"{item.get('field')} {item.get('message')}" for item in errors if isinstance(item, dict))[:300]
