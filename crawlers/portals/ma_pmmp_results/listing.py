"""Walks a list of announcements from its newest row back to a day.

The portal ignores dates in its search, and sorts these lists by day of publication, the newest first. A list of a kind
is reached through its form: the flag in the address only shows the form, `annonceType` chooses. What lies far back is
jumped to, by halving.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from crawlers.contract import LayoutError
from crawlers.engines.atexo_ma.listing import HOLDS
from crawlers.engines.atexo_ma.printed import day as day_of
from crawlers.engines.atexo_ma.rows import read_rows
from crawlers.engines.pages import PageService, Session, instead_of
from crawlers.engines.prado import ListControls, ListPage, PradoList
from crawlers.portals.ma_pmmp_results.forms import SEARCH, has_search, read_form

UNSORTED_AT_MOST = 0.05
"""Share of rows out of order from which a list counts as not sorted by day."""


@dataclass(frozen=True)
class Announced:
    """One row of a list, without the page that it was on."""

    key: str
    """Organisation and number, joined; of a programme its own key."""
    organisation: str
    number: str
    day: date | None
    fingerprint: str
    html: str
    reference: str | None = None
    deadline: date | None = None


@dataclass(frozen=True)
class Gap:
    """Rows that a page should have and has not, between two days; None: how far is not known."""

    rows: int
    newest: date | None
    oldest: date | None

    def touches(self, day: date) -> bool:
        """Whether a missing row may be of a day."""
        return (self.newest is None or day <= self.newest) and (self.oldest is None or day >= self.oldest)


@dataclass
class Span:
    """What one walk saw: rows by key, and what the list says of itself."""

    total: int = 0
    rows: dict[str, Announced] = field(default_factory=dict)
    without_key: dict[date | None, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    unsorted: int = 0
    seen: int = 0
    last_total: int = 0
    newest_key: str | None = None
    sorted_by_day: bool = True
    """Whether the list is one that is sorted by day."""

    def add(self, rows: list[Announced], without_key: int) -> None:
        """Take the rows of a page. A row without a day is of the day of the row above it."""
        above: date | None = None
        for row in rows:
            if row.day is not None and above is not None and row.day > above:
                self.unsorted += 1
            above = row.day or above
            kept = row if row.day is not None or above is None else replace(row, day=above)
            self.rows.setdefault(kept.key, kept)
        self.seen += len(rows)
        if without_key:
            self.without_key[above] = self.without_key.get(above, 0) + without_key

    def of_day(self, day: date) -> list[Announced]:
        """The rows of a day."""
        return [row for row in self.rows.values() if row.day == day]

    def missing_on(self, day: date) -> int:
        """Rows of a day, at most, that were counted and not read."""
        return self.without_key.get(day, 0) + sum(gap.rows for gap in self.gaps if gap.touches(day))

    @property
    def missing(self) -> int:
        """Rows that were counted and not read."""
        return sum(self.without_key.values()) + sum(gap.rows for gap in self.gaps)


Rows = Callable[[ListPage], tuple[list[Announced], int]]


def announcement_rows(page: ListPage) -> tuple[list[Announced], int]:
    """The rows of a page in the shape of calls, and how many have no key."""
    found, without_key = read_rows(page.page.selector)
    rows = []
    for row in found:
        published, closed = day_of(row.printed.published_on), day_of(row.printed.deadline)
        rows.append(
            Announced(
                key=row.key,
                organisation=row.organisation,
                number=row.number,
                day=published[0] if published else None,
                fingerprint=row.fingerprint,
                html=row.html,
                reference=row.printed.reference,
                deadline=closed[0] if closed else None,
            )
        )
    return rows, without_key


class AnnouncementList(PradoList):
    """One list, reached through the form where `criteria` are given."""

    def __init__(
        self,
        service: PageService,
        url: str,
        *,
        criteria: Mapping[str, str],
        form_prefix: str,
        controls: ListControls,
        page_size: int,
        note: Callable[[str], None],
        rows: Rows = announcement_rows,
    ) -> None:
        super().__init__(service, url, controls=controls, page_size=page_size, holds=HOLDS, note=note)
        self._form_url = url
        self._criteria = dict(criteria)
        self._form_prefix = form_prefix
        self._rows = rows
        self._largest = 0
        """Rows of the fullest page, which stand for the page size where the portal does not print it."""
        self._in_hand: tuple[ListPage, list[Announced], int] | None = None

    async def open(self) -> ListPage:
        """The first page of the list, in a new session, with the page size that was asked for."""
        if not self._criteria:
            return await super().open()
        self._session = Session()
        page = await self._service.get(self._form_url, session=self._session)
        if not has_search(page, self._form_prefix):
            raise instead_of(page, f"{self._form_prefix}{SEARCH}")
        form = read_form(page, self._form_prefix)
        self._url = form.action
        answer = await self._service.post(
            form.action, form.filled(**self._criteria), session=self._session, holds=self._holds
        )
        found = self._read(answer)
        size = self._wanted_size(found)
        return found if size is None else await self.resize(found, size)

    async def span(self, first: date | None, end: date | None) -> Span:
        """All rows of the days `[first, end)`, and whatever else stands on their pages; without days, all rows."""
        page = await self._begin()
        span = Span(total=page.total, last_total=page.total, sorted_by_day=first is not None)
        self._check_rows(page)
        span.newest_key = next((row.key for row in self._of(page)[0]), None)
        if end is not None:
            page = await self._seek(page, end)
        position, seen = page.number or 1, self._keys(page)
        from_the_top = position == 1
        self._take(page, position, span)
        while not page.is_last and not self._is_older(page, first):
            position += 1
            page, rows = await self._advance(page, position, seen, self._keys)
            span.last_total = page.total
            if rows:
                seen = list(rows)
                self._take(page, position, span)
            else:
                self._take_gap(page, position, span)
                if page.number not in (None, position):
                    break
        if from_the_top and page.is_last:
            self._check_total(span)
        self._check_order(span)
        return span

    def _check_total(self, span: Span) -> None:
        """A list that was read from its first page to its last has shown as many rows as it announces."""
        short = span.last_total - span.seen - span.missing
        if short > 0:
            span.gaps.append(Gap(short, None, None))
            self._note(f"The list announces {span.last_total} and shows {short} less.")

    def _check_rows(self, page: ListPage) -> None:
        rows, without_key = self._of(page)
        if page.total and not rows and not without_key:
            raise LayoutError(
                f"{page.page.asked} announces {page.total} results and shows no row of table.table-results: the layout "
                "may have changed."
            )

    def _of(self, page: ListPage) -> tuple[list[Announced], int]:
        """The rows of a page, read once; only those of the page in hand are kept."""
        if self._in_hand is None or self._in_hand[0] is not page:
            self._in_hand = (page, *self._rows(page))
        return self._in_hand[1:]

    def _keys(self, page: ListPage) -> list[str]:
        return [row.key for row in self._of(page)[0]]

    def _days(self, page: ListPage) -> list[date]:
        return [row.day for row in self._of(page)[0] if row.day is not None]

    def _is_older(self, page: ListPage, first: date | None) -> bool:
        days = self._days(page)
        return first is not None and bool(days) and max(days[-3:]) < first

    async def _seek(self, page: ListPage, end: date) -> ListPage:
        """The first page that holds days before `end`, found by halving: the past is not walked to page by page."""
        if page.is_last or not self._ends_after(page, end):
            return page
        below, above, at = page.number or 1, page.pages or 1, page
        while above - below > 1:
            middle = (below + above) // 2
            at = await self.jump(at, middle)
            if at.number != middle:
                self._note(f"The portal does not jump to page {middle} of the list; it is walked page by page.")
                return await self.open()
            below, above = (middle, above) if self._ends_after(at, end) else (below, middle)
        return at if at.number == above else await self.jump(at, above)

    def _ends_after(self, page: ListPage, end: date) -> bool:
        days = self._days(page)
        return bool(days) and days[-1] >= end

    def _take(self, page: ListPage, position: int, span: Span) -> None:
        rows, without_key = self._of(page)
        self._largest = max(self._largest, len(rows) + without_key)
        span.add(rows, without_key)
        short = self._expected(page, position) - len(rows) - without_key
        if short > 0:
            days = self._days(page)
            newest, oldest = (days[0], None if page.is_last else days[-1]) if days else (None, None)
            span.gaps.append(Gap(short, newest, oldest))
            self._note(f"Page {position} of the list lacks {short} rows.")

    def _take_gap(self, page: ListPage, position: int, span: Span) -> None:
        days = [row.day for row in span.rows.values() if row.day is not None]
        span.gaps.append(Gap(self._expected(page, position), min(days, default=None), None))

    def _expected(self, page: ListPage, position: int) -> int:
        """How many rows a page must show, by the list's own total and page size."""
        size = page.size or self._largest
        left = max(0, page.total - size * (position - 1))
        return left if page.is_last else min(size, left)

    def _check_order(self, span: Span) -> None:
        if not span.sorted_by_day or not span.unsorted:
            return
        if span.unsorted > UNSORTED_AT_MOST * span.seen:
            raise LayoutError(
                f"The list is not sorted by day of publication any more: {span.unsorted} of {span.seen} rows are newer "
                "than the row above them, so a walk by day would lose announcements."
            )
        self._note(f"{span.unsorted} rows of the list are newer than the row above them.")
