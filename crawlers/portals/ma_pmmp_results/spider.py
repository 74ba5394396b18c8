"""The spider of the announcements of Morocco's national portal that are no calls.

A window is a day of publication. Each kind has a list, sorted by that day; one walk from the newest row back serves all
windows of a run. What was cancelled has no day: cancellations that are new are counted to the day on which they are
first seen, which is today. One raw notice is `{"type": …, "organisation": …, "number": …, "row": "<tr>…"}` with, where
they could be had, the page (`detail`), the call (`call` where Vigie holds it, else `calls`, the rows that the portal's
search found), and the page on which the opening of tenders is recorded (`tracking`, `tracking_lots`), texts as they
were sent.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any, Final

from core.clock import now
from crawlers.contract import CrawlError, EnoughListed, LayoutError, PortalDown, RawNotice, Window, WindowReport
from crawlers.engines.asking import NoSuchThing
from crawlers.engines.atexo_ma import detail
from crawlers.engines.atexo_ma.call_memory import CallMemory
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.atexo_ma.rejections import Rejections
from crawlers.engines.atexo_ma.rows import read_row, row_from_html
from crawlers.engines.pages import Moved, PageService, RequestRejected, selector
from crawlers.engines.partial import PartialNotices
from crawlers.engines.prado import ListControls
from crawlers.engines.window_spider import ListedNotice, Listing, WindowSpider
from crawlers.portals.ma_pmmp_results.calls import CallFinder, candidates, choose_call
from crawlers.portals.ma_pmmp_results.kinds import BY_SLUG, CANCELLED, KINDS, PROGRAMME, Kind
from crawlers.portals.ma_pmmp_results.listing import Announced, AnnouncementList, Span
from crawlers.portals.ma_pmmp_results.options import options_of
from crawlers.portals.ma_pmmp_results.parse import has_document
from crawlers.portals.ma_pmmp_results.programmes import ProgrammeList
from crawlers.portals.ma_pmmp_results.tracking import TrackingService, lot_choices, table_of
from crawlers.portals.ma_pmmp_results.waiting import Waiting

DAYS_OF_A_WALK: Final = 31
"""Days at most that one walk keeps in memory, on either side of the window that is asked for."""
PASSES: Final = 2
FAILURES_OF_A_SEARCH: Final = 3
"""After so many searches for calls, or pages of tenders, that failed in a row, they are left for the next run."""
_TOTALS: Final = "ma_pmmp_results-totals"
DAYS_OF_DOUBT: Final = 4
"""So many days a list that became much shorter fails its windows; then its new length is believed."""
SHRUNK: Final = 0.5
"""A list whose total fell below this share of what it was is not believed: it holds a sliding window of two years."""


class PortalSpider(WindowSpider):
    """Crawls announcements by day of publication."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.route = next(iter(self.portal.routes.values()))
        self.options = options_of(self.portal)
        self.service = PageService(self)
        self._calls = CallFinder(self.service, self._url("calls"), self.options.form_prefix)
        self._waiting = Waiting(self.notebook)
        self._held_calls = CallMemory(self.options.calls, self.notebook)
        self._tracking = TrackingService(self.service, PageService(self, end=None))
        self._spans: dict[str, tuple[date, date, Span]] = {}
        self._broken: dict[str, CrawlError] = {}
        self._heads: dict[str, tuple[int, str | None]] = {}
        """Total and newest row of each list, by which two that are the same are known."""
        self._noted: dict[str, int] = {}
        self._cancelled: Span | None = None
        self._rejections = Rejections(self.service)
        self._partial = PartialNotices(Listing())
        self._failures: dict[str, int] = {"calls": 0, "tracking": 0}

    # --- lists ------------------------------------------------------------------------------------------------------

    async def list_window(self, window: Window, listing: Listing) -> None:
        """The rows of the window's days on all lists. A list that cannot be read fails the window, and the rows of the
        others are kept.
        """
        if window.start is None or window.end is None:
            raise CrawlError(f"{self.portal.key} is asked by day of publication: what is open now is not its matter.")
        listing.announced = 0
        self._partial = PartialNotices(listing)
        troubles: list[CrawlError] = []
        # All lists are walked before a row of one is taken: that a choice was ignored shows in two of them.
        for kind in (*KINDS, PROGRAMME):
            try:
                await self._span(kind, window.start, window.end, listing)
            except PortalDown:
                raise
            except EnoughListed as error:
                troubles.append(error)
                break  # somebody who only probes: a look at the rows so far
            except CrawlError as error:
                troubles.append(error)
        self._remember()
        for kind in (*KINDS, PROGRAMME):
            if kind.slug in self._spans and kind.slug not in self._broken:
                await self._take_days(kind, window.start, window.end, listing)
        if not troubles and not sum(span.total for _, _, span in self._spans.values()):
            troubles.append(
                LayoutError("None of the portal's lists announces anything: it may have lost them for now.")
            )
        probed = any(isinstance(error, EnoughListed) for error in troubles)
        if window.start <= self.portal.today(now()) < window.end and not probed:
            for listed in self._waiting.due(now(), {*listing.changed, *listing.unchanged}):
                listing.changed[listed.native_id] = listed
            try:
                await self._list_cancelled(listing)
            except PortalDown:
                raise
            except CrawlError as error:
                troubles.append(error)
        if troubles:
            raise troubles[0]

    async def _take_days(self, kind: Kind, first: date, end: date, listing: Listing) -> None:
        span = self._spans[kind.slug][2]
        days = [first + timedelta(days=number) for number in range((end - first).days)]
        rows = [row for day in days for row in span.of_day(day)]
        missing = sum(span.missing_on(day) for day in days)
        if missing:
            listing.note(f"{kind.label}: up to {missing} rows of these days were counted and could not be read.")
        listing.announced = (listing.announced or 0) + len(rows) + missing
        listing.distinct += len(rows)
        await self._sort_out(kind, rows, listing)

    async def _span(self, kind: Kind, first: date, end: date, listing: Listing) -> Span:
        """The walk that covers these days; one that broke is not begun again in this run."""
        if kind.slug in self._broken:
            raise self._broken[kind.slug]
        known = self._spans.get(kind.slug)
        if known and known[0] <= first and end <= known[1]:
            return known[2]
        begin, stop = self._stretch(first, end)
        try:
            span = await self._walk(lambda note: self._list_of(kind, note), begin, stop, kind.label, listing)
            self._check(kind, span)
        except PortalDown:
            raise
        except CrawlError as error:
            self._broken[kind.slug] = error
            raise
        self._spans[kind.slug] = (begin, stop, span)
        return span

    def _stretch(self, first: date, end: date) -> tuple[date, date]:
        """The days of this window and of those of the run that are near it, so that one walk serves them."""
        reach = timedelta(days=DAYS_OF_A_WALK)
        starts = [item.start for item in self.windows if item.start is not None and item.start >= first - reach]
        ends = [item.end for item in self.windows if item.end is not None and item.end <= end + reach]
        return min([first, *starts]), max([end, *ends])

    async def _walk(
        self,
        made: Callable[[Callable[[str], None]], AnnouncementList],
        first: date | None,
        end: date | None,
        label: str,
        listing: Listing,
    ) -> Span:
        """Walk a list; once more when it became shorter meanwhile, since rows may then have slipped past."""

        def note(problem: str) -> None:
            listing.note(f"{label}: {problem}")

        span = Span()
        for _ in range(PASSES):
            span = await made(note).span(first, end)
            if span.last_total >= span.total:
                return span
        note(f"The list became shorter on each of {PASSES} walks.")
        return span

    def _list_of(self, kind: Kind, note: Callable[[str], None]) -> AnnouncementList:
        if kind is PROGRAMME:
            return ProgrammeList(
                self.service,
                self._url(kind.slug),
                button=self.options.programmes_button,
                controls=ListControls(prefix=self.options.programmes_prefix),
                page_size=self.options.small_page_size,
                note=note,
            )
        return AnnouncementList(
            self.service,
            self._url(kind.slug),
            criteria={"annonceType": kind.code} if kind.code else {},
            form_prefix=self.options.form_prefix,
            controls=self.options.controls,
            page_size=self._page_size(kind),
            note=note,
        )

    def _page_size(self, kind: Kind) -> int:
        large = kind is CANCELLED or kind.slug in self.options.large
        return self.portal.listing.page_size if large else self.options.small_page_size

    def _check(self, kind: Kind, span: Span) -> None:
        """An ignored choice of kind shows in lists that are the same; a list that lost its rows, in its total."""
        head = (span.total, span.newest_key)
        same = next((slug for slug, other in self._heads.items() if other == head and slug != kind.slug), None)
        self._heads[kind.slug] = head
        if same is not None and span.total:
            self._spans.pop(same, None)
            self._broken[same] = LayoutError(
                f"The portal ignored the type of announcement: the lists of {BY_SLUG[same].label} and {kind.label} "
                f"both announce {span.total} and begin with {span.newest_key}."
            )
            raise self._broken[same]
        before = self._totals().get(kind.slug, 0)
        if span.total < before * SHRUNK and self._is_news(kind):
            raise LayoutError(
                f"{kind.label}: the list announces {span.total}, and announced {before} when it was last read. The "
                "portal may have lost it for now."
            )

    def _is_news(self, kind: Kind) -> bool:
        """Whether a list is short for the first days: one that stays so has really become shorter."""
        key = f"{_TOTALS}-short-{kind.slug}"
        noted = self.notebook.read(key)
        if noted is None or now() - noted[1] > timedelta(days=2 * DAYS_OF_DOUBT):
            self.notebook.write(key, b"short")
            return True
        return now() - noted[1] < timedelta(days=DAYS_OF_DOUBT)

    def _totals(self) -> dict[str, int]:
        written = self.notebook.read(_TOTALS)
        try:
            found = json.loads(written[0]) if written else {}
        except ValueError:
            self.logger.warning("What was noted of the totals of %s cannot be read", self.portal.key)
            return {}
        return found if isinstance(found, dict) else {}

    def _remember(self) -> None:
        """Note the totals of the lists that were read, for the next run to compare with."""
        read = {slug: span.total for slug, (_, _, span) in self._spans.items()}
        if read != self._noted:
            self._noted = read
            self.notebook.write(_TOTALS, json.dumps({**self._totals(), **read}).encode())

    async def _list_cancelled(self, listing: Listing) -> None:
        """The whole list of cancelled consultations. Those that are new count to the window."""
        if self._cancelled is None:
            self._cancelled = await self._walk(
                lambda note: self._list_of(CANCELLED, note), None, None, CANCELLED.label, listing
            )
        span = self._cancelled
        rows = list(span.rows.values())
        before = len(listing.changed)
        fresh = await self._sort_out(CANCELLED, rows, listing, count_unchanged=False)
        listing.announced = (listing.announced or 0) + fresh + max(span.missing, span.total - span.seen)
        listing.distinct += fresh
        self.logger.info("%d of %d cancelled consultations are new", len(listing.changed) - before, len(rows))

    async def _sort_out(
        self, kind: Kind, rows: list[Announced], listing: Listing, *, count_unchanged: bool = True
    ) -> int:
        """Tell rows that changed from those that are as they were; how many are new or changed."""
        real = [row for row in rows if row.organisation not in self.options.left_out]
        if len(real) < len(rows):
            listing.note(f"{kind.label}: {len(rows) - len(real)} rows of test organisations are left out.")
        known = await self.fingerprints([f"{row.key}-{kind.slug}" for row in real])
        fresh = 0
        for row in real:
            native_id = f"{row.key}-{kind.slug}"
            if known.get(native_id) == row.fingerprint:
                if count_unchanged:
                    listing.unchanged.add(native_id)
                    if kind is not PROGRAMME:
                        self._rejections.witness(self._url("detail", organisation=row.organisation, number=row.number))
                continue
            fresh += 1
            kept = {
                "type": kind.slug,
                "organisation": row.organisation,
                "number": row.number,
                "html": row.html,
                "reference": row.reference or "",
                "deadline": row.deadline,
            }
            listing.changed[native_id] = ListedNotice(native_id, row.fingerprint, kept)
        return fresh

    def _report(self, window: Window, listing: Listing, **told: Any) -> WindowReport:
        self._waiting.save()
        return super()._report(window, listing, **told)

    def _url(self, path: str, **values: str) -> str:
        return self.portal.base_url + self.route.path(path, **values)

    # --- one announcement -------------------------------------------------------------------------------------------

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """The page behind a row, the call it is about, and the tenders that were opened."""
        row = listed.row
        kind = BY_SLUG[row["type"]]
        unit: dict[str, Any] = {
            "type": kind.slug,
            "organisation": row["organisation"],
            "number": row["number"],
            "row": row["html"],
        }
        url = self._address(kind, row)
        again = False
        if self._has_page(kind, row):
            again = await self._add_page(unit, url)
            if kind.about_a_call:
                again |= await self._add("calls", unit, lambda: self._add_calls(unit, row))
            if kind.opens_tenders:
                again |= await self._add("tracking", unit, lambda: self._add_tracking(unit))
        self._waiting.settle(listed, now(), again=again)
        return RawNotice(
            portal=self.portal.key,
            native_id=listed.native_id,
            fingerprint=None if again else listed.fingerprint,
            payload=json.dumps(unit, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"),
            url=url,
            listed_at=now(),
        )

    def _address(self, kind: Kind, row: dict[str, Any]) -> str:
        path = "programme_file" if kind is PROGRAMME else "detail"
        return self._url(path, organisation=row["organisation"], number=row["number"])

    def _has_page(self, kind: Kind, row: dict[str, Any]) -> bool:
        """A programme has none. Of what was cancelled long ago the row is enough: there are thousands."""
        if kind is CANCELLED and row["deadline"] is not None:
            days = (self.portal.today(now()) - row["deadline"]).days
            return bool(days <= self.options.cancelled_pages_of_days)
        return kind is not PROGRAMME

    async def _add_page(self, unit: dict[str, Any], url: str) -> bool:
        """Add the page; whether it should be asked for again: it could not be had, or has no document yet."""
        try:
            page = await self.service.get(url, holds=detail.PREFIX)
        except (NoSuchThing, Moved, RequestRejected) as error:
            if isinstance(error, RequestRejected):
                await self._rejections.count(error)
            self._partial.add(f"{unit['organisation']}-{unit['number']}-{unit['type']}", str(error))
            unit["problem"] = f"Only the portal's list says something of this announcement. {error}"
            return True
        self._rejections.witness(url)
        numbers = detail.numbers_of(page.text)
        if numbers and unit["number"] not in numbers:
            raise LayoutError(f"{page.asked} answers another announcement: {', '.join(sorted(numbers))[:200]}.")
        unit["detail"] = page.text
        return unit["type"] != CANCELLED.slug and not has_document(page.text)

    async def _add(self, what: str, unit: dict[str, Any], work: Callable[[], Awaitable[None]]) -> bool:
        """Add what is good to have; whether it should be tried again. It never keeps an announcement back."""
        wanted = self.options.find_calls if what == "calls" else self.options.read_tracking
        if not wanted:
            return False
        if self._failures[what] >= FAILURES_OF_A_SEARCH:
            unit[f"{what}_problem"] = f"Left for the next run after {FAILURES_OF_A_SEARCH} failures in a row."
            return True
        try:
            await work()
        except PortalDown:
            raise
        except asyncio.CancelledError:
            raise
        except CrawlError as error:
            self._failures[what] += 1
            unit[f"{what}_problem"] = str(error)
            return True
        self._failures[what] = 0
        return False

    async def _add_calls(self, unit: dict[str, Any], row: dict[str, Any]) -> None:
        """The call: one that Vigie holds itself, else what the portal's search answers."""
        element = row_from_html(unit["row"])
        held = self._held_calls.find(read_row(element)) if element is not None else None
        if held is not None:
            names = ("organisation", "number", "reference", "buyer")
            unit["call"] = {name: getattr(held, name) for name in names}
            return
        if row["reference"]:
            unit["calls"] = await self._calls.search(row["organisation"], row["reference"])

    async def _add_tracking(self, unit: dict[str, Any]) -> None:
        """The page of the call. An announcement whose call was not found may still have one under its own number."""
        call = self._call_of(unit)
        if call is None or call.number is None or call.organisation is None:
            return
        url = self._url("tracking", organisation=call.organisation, number=call.number)
        page, session = await self._tracking.page(url)
        if table_of(page.selector) is None:
            return
        unit["tracking"] = page.text
        choices = lot_choices(page.selector)
        if len(choices) > 1:
            unit["tracking_lots"] = [
                {"number": choice.number, "label": choice.label, "html": html}
                for choice in choices
                if table_of(selector(html := await self._tracking.lot(page, session, choice))) is not None
            ]

    def _call_of(self, unit: dict[str, Any]) -> Consultation | None:
        element = row_from_html(unit["row"])
        if element is None:
            return None
        call, _ = choose_call(candidates(unit), read_row(element))
        return call
