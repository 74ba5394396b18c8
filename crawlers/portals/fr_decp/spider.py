"""The spider of French award data.

A window is a publication day. The ministry's tables are asked for the lines of contracts published on it, and of
contracts of which a modification was; the lines are counted against what the portal announces, and sorted to their
contracts. Of a contract that is new or changed *all* lines are then asked for by its key, so that a contract reads the
same whichever of its days was crawled. One raw notice is `{"tables": [{"dataset": …, "rows": […]}]}`.

Lines are not kept while the list is walked: a day on which a whole year was loaded needs no more memory than another.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from core.clock import now
from crawlers.contract import CrawlError, LayoutError, RawNotice, Window
from crawlers.engines.json_api import JsonService, need
from crawlers.engines.window_spider import ListedNotice, Listing, WindowSpider
from crawlers.portals.fr_decp import questions
from crawlers.portals.fr_decp.lines import ListedContract, Row, Seen, Walk, check, is_of, key_of_row
from crawlers.portals.fr_decp.options import NUMBER, DataSet, options_of
from crawlers.portals.fr_decp.questions import Slice
from notices.formats.decp.leaves import day_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

PASSES = 3
"""How often a list is walked at most while the portal's total keeps moving."""
MOST_CUTS = 200
"""How often a list that is too long is cut in two."""


@dataclass(frozen=True)
class _Part:
    """A list that the portal serves to its end."""

    dataset: DataSet
    window: Window
    where: str
    total: int


class PortalSpider(WindowSpider):
    """Crawls fr_decp."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = options_of(self.portal)
        self.route = next(iter(self.portal.routes.values()))
        self.service = TableService(self)
        self._loaded: dict[str, date | None] = {}
        self._contracts: dict[str, ListedContract] = {}
        self._waiting: list[str] = []
        self._answered: dict[str, list[Row]] = {}

    # --- the list ---------------------------------------------------------------------------------------------------

    async def list_window(self, window: Window, listing: Listing) -> None:
        """Walk the lists until a walk begins and ends with the same totals."""
        self._contracts, self._waiting, self._answered = {}, [], {}
        datasets = [dataset for dataset in self.options.datasets if dataset.serves(window)]
        for _ in range(PASSES):
            listing.begin()
            walk = Walk()
            try:
                for dataset in datasets:
                    await self._check_loaded(dataset, window, listing)
                    await self._walk(dataset, window, walk, listing)
            finally:
                # What was seen before a fault is kept; the window fails all the same.
                await self._sort_out(walk, listing)
                _count(walk, listing)
            again = [await self._total(dataset, window) for dataset in datasets]
            listing.second_count = len(walk.contracts) + walk.unusable + sum(again) - walk.lines
            if sum(again) == walk.announced:
                _tell_folds(walk, listing)
                return
        listing.note(f"The portal's total kept moving over {PASSES} walks.")

    async def _check_loaded(self, dataset: DataSet, window: Window, listing: Listing) -> None:
        """A table that was not loaded for days cannot hold what was published since: that must not look complete."""
        if dataset.until is not None or window.start is None or window.end is None:
            return
        loaded = await self._loaded_on(dataset)
        if loaded is None:
            listing.note(f"The portal does not say when {dataset.key} was last loaded.")
        elif window.start - loaded > timedelta(days=self.options.stale_after):
            raise CrawlError(f"The table {dataset.key} was last loaded on {loaded}: it cannot hold {window} yet.")
        elif loaded < window.end:
            listing.note(f"The table {dataset.key} was last loaded on {loaded}: more of {window} may come.")

    async def _loaded_on(self, dataset: DataSet) -> date | None:
        if dataset.key not in self._loaded:
            answer, _ = await self.service.get(self._url("dataset", dataset))
            metas = answer.get("metas") if isinstance(answer, dict) else None
            told = metas.get("default") if isinstance(metas, dict) else None
            printed = told.get("data_processed") or told.get("modified") if isinstance(told, dict) else None
            self._loaded[dataset.key] = day_of(printed)
        return self._loaded[dataset.key]

    async def _walk(self, dataset: DataSet, window: Window, walk: Walk, listing: Listing) -> None:
        """Walk a table's list, in parts where it is longer than what the portal serves to its end."""
        waiting, cuts = [Slice()], 0
        while waiting:
            part = waiting.pop()
            where = questions.published_in(dataset, window, part)
            total, rows = await self._page(dataset, where)
            if total <= self.portal.listing.longest:
                await self._walk_part(_Part(dataset, window, where, total), rows, walk, listing)
                continue
            cuts, halves = cuts + 1, part.halves()
            if not halves or cuts > MOST_CUTS:
                raise LayoutError(
                    f"{dataset.key} announces {total} lines of {window} that cannot be told apart by their amount, "
                    f"and the portal serves {self.portal.listing.longest} of a list."
                )
            waiting.extend(halves)

    async def _walk_part(self, part: _Part, rows: list[Any], walk: Walk, listing: Listing) -> None:
        size, before, name = self.portal.listing.page_size, walk.lines, part.dataset.key
        walk.announced += part.total
        for offset in range(0, max(part.total, 1), size):
            if offset:
                _total, rows = await self._page(part.dataset, part.where, offset=offset)
            fresh = [walk.add(check(row, part.dataset, part.window, part.total), part.dataset) for row in rows]
            if not all(is_of(row, part.dataset, part.window) for row in rows):
                listing.note(f"{name} lists lines of a day beside {part.window}: its days begin in another zone.")
            if rows and not any(fresh):
                listing.note(f"Page {offset // size + 1} of {name} repeats what was listed before.")
            elif not rows and part.total:
                listing.note(f"Page {offset // size + 1} of {name} is empty.")
        if walk.lines - before < part.total:
            listing.note(f"{name}: {walk.lines - before} of {part.total} lines were listed.")

    async def _total(self, dataset: DataSet, window: Window) -> int:
        total, _rows = await self._page(dataset, questions.published_in(dataset, window, Slice()), limit=1)
        return total

    async def _page(
        self, dataset: DataSet, where: str, *, offset: int = 0, limit: int | None = None
    ) -> tuple[int, list[Any]]:
        """One page: how many lines the portal announces in all, and the lines."""
        size = limit or self.portal.listing.page_size
        url = questions.address(self._url("records", dataset), where, _order(dataset), limit=size, offset=offset)
        answer, _body = await self.service.get(url)
        what = f"The answer of {dataset.key}"
        return need(answer, "total_count", int, what), need(answer, "results", list, what)

    def _url(self, path: str, dataset: DataSet) -> str:
        return self.portal.base_url + self.route.path(path, dataset=dataset.key)

    async def _sort_out(self, walk: Walk, listing: Listing) -> None:
        """Tell contracts that changed from those that are as they were."""
        keys = list(walk.contracts)
        known = await self.fingerprints(keys)
        for key in keys:
            contract = walk.contracts[key]
            printed = contract.fingerprint
            if known.get(key) == printed:
                listing.unchanged.add(key)
            else:
                listing.changed[key] = ListedNotice(key, printed, {})
        self._contracts |= walk.contracts
        self._waiting = list(listing.changed)

    # --- contracts --------------------------------------------------------------------------------------------------

    async def fetch(self, listed: ListedNotice) -> RawNotice:
        """All lines of a contract. They are asked for together with those of the contracts that come next."""
        contract = self._contracts[listed.native_id]
        if listed.native_id not in self._answered:
            await self._ask_for(self._next(listed.native_id))
        rows = self._answered.pop(listed.native_id, None)
        if not rows:
            raise CrawlError(f"The portal lists contract {listed.native_id}, and has no line of it when asked for it.")
        unit = {"tables": [{"dataset": contract.dataset.key, "rows": rows}]}
        return RawNotice(
            portal=self.portal.key,
            native_id=listed.native_id,
            fingerprint=listed.fingerprint,
            payload=json.dumps(unit, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"),
            url=self.portal.url_of(quote(listed.native_id, safe="")),
            listed_at=now(),
        )

    def _next(self, key: str) -> Sequence[str]:
        """The contract and those that follow it in the list, of one table."""
        dataset = self._contracts[key].dataset
        start = self._waiting.index(key)
        following = self._waiting[start : start + self.options.keys_per_request]
        self._waiting = self._waiting[start:]
        return [item for item in following if self._contracts[item].dataset is dataset]

    async def _ask_for(self, keys: Sequence[str]) -> None:
        dataset, size = self._contracts[keys[0]].dataset, self.portal.listing.page_size
        where = questions.contracts(dataset, [pair for key in keys for pair in _wanted(self._contracts[key])])
        found: dict[str, list[Row]] = {key: [] for key in keys}
        total, rows = await self._page(dataset, where)
        received, seen = 0, Seen()
        for offset in range(0, max(total, 1), size):
            if offset:
                _total, rows = await self._page(dataset, where, offset=offset)
            for row in rows:
                self._sort_in(row, found, dataset)
                received += seen.digest_of_new(row) is not None
        if received < total:
            raise CrawlError(f"The portal announced {total} lines of {len(keys)} contracts and gave {received}.")
        self._answered = {**{key: rows for key, rows in self._answered.items() if rows}, **found}

    def _sort_in(self, row: Any, found: dict[str, list[Row]], dataset: DataSet) -> None:
        key = key_of_row(row) if isinstance(row, dict) else None
        if key not in found:
            shown = str(row.get(NUMBER) if isinstance(row, dict) else row)[:60]
            raise LayoutError(
                f"The portal ignored the question for contracts of {dataset.key}: it answers with {shown}."
            )
        if row not in found[key]:
            found[key].append(row)


def _order(dataset: DataSet) -> tuple[str, ...]:
    """An order in which pages do not overlap, and equal lines stand together."""
    return (dataset.buyer, NUMBER, "datepublicationdonnees", dataset.modified, dataset.amount)


def _wanted(contract: ListedContract) -> list[tuple[object, tuple[object, ...]]]:
    return [(buyer, questions.numbers_to_ask(numbers, contract.root)) for buyer, numbers in contract.spellings.items()]


def _count(walk: Walk, listing: Listing) -> None:
    """Contracts against lines: a line that is missing may hide a contract, so each counts as one."""
    listing.distinct = len(walk.contracts)
    listing.announced = len(walk.contracts) + walk.unusable + walk.announced - walk.lines


def _tell_folds(walk: Walk, listing: Listing) -> None:
    folded = walk.lines - walk.unusable - walk.elsewhere - len(walk.contracts)
    if folded > 0:
        listing.note(f"{walk.lines} lines tell of {len(walk.contracts)} contracts; {folded} were folded.")
    if walk.elsewhere:
        listing.note(f"{walk.elsewhere} lines of a second table repeat contracts of the first and were left to it.")
    if walk.unusable:
        listing.note(f"{walk.unusable} lines name no contract: they have no usable number or no buyer.")


class TableService(JsonService):
    """Asks the open data portal; a question that it refuses is told in the portal's own words."""

    async def download(self, request: Request) -> Response:
        """The answer; a `LayoutError` for one of status 400, which means that a column or a rule is another now."""
        response = await super().download(request)
        if response.status == 400:
            raise LayoutError(f"The portal refuses the question {request.url[:300]}: {_reason(response.body)}.")
        return response


def _reason(body: bytes) -> str:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    words = told.get("message") or told.get("error_code") if isinstance(told, dict) else None
    return " ".join(str(words or "it gives no reason").split())[:300].rstrip(".")
