"""The portal of purchase orders, simulated: its two lists, its rules for queries, its habits (dossier, section 6)."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import Literal, TypeVar

from simulated_portals.bdc import pages
from simulated_portals.bdc.orders import Cancellation, Order, Result
from simulated_portals.listing import serve_page
from simulated_portals.messages import Answer, JsonValue, Request
from simulated_portals.misbehaviour import IgnoreFilters, Misbehaviour
from simulated_portals.portal_clock import PortalClock
from simulated_portals.request_statistics import RequestStatistics

ZONE = "Africa/Casablanca"
PAGE_SIZES = {"10": 10, "20": 20, "30": 30, "50": 50}
BARE_PAGE = 10
CATEGORIES = {"1": "Travaux", "2": "Fournitures", "3": "Services"}
ORDERS, RESULTS = "search_consultation_entreprise", "search_consultation_resultats"

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARAMETER = re.compile(r"(?P<root>\w+)\[(?P<name>\w+)\]")

P = TypeVar("P", Order, Result)

InventOrder = Callable[[datetime, int], Order]
InventResult = Callable[[datetime], Result]


class BdcPortal:
    """The simulated portal; both lists are there whatever the key. Its methods make news or trouble."""

    def __init__(
        self,
        key: str,
        orders: Sequence[Order] = (),
        results: Sequence[Result] = (),
        *,
        natures: Sequence[str] = (),
        today: date | None = None,
        invent_order: InventOrder | None = None,
        invent_result: InventResult | None = None,
    ) -> None:
        self.key = key
        self.clock = PortalClock(ZONE, today)
        self.faults = Misbehaviour()
        self.statistics = RequestStatistics()
        self.orders = {order.id: order for order in orders}
        self.results = list(results)
        self.longest: int | None = None
        """Cards that a list serves at most, though it announces more; None: all."""
        self.beyond: Literal["empty", "repeat"] = "empty"
        """What a page after the last one shows."""
        self.rejected: set[int] = set()
        """Notices whose page the firewall rejects."""
        self.asks_for_login = False
        self.renamed: dict[str, str] = {}
        """Texts of the pages that read otherwise from now on."""
        self._natures = tuple(natures)
        self._invent_order = invent_order
        self._invent_result = invent_result
        self._news = random.Random(len(orders))

    # --- what the shell asks ---------------------------------------------------------------------------------------

    def kind_of(self, request: Request) -> str:
        """`list`, `results`, `show`, `download` or `page`."""
        rest = request.path.removeprefix(pages.BASE).strip("/")
        if not request.path.startswith(pages.BASE):
            return "page"
        return {"": "list", "resultat": "results"}.get(rest, rest.split("/")[0])

    def maintenance_page(self) -> Answer:
        """The page that stands in front of everything during maintenance."""
        return pages.MAINTENANCE

    def answer(self, request: Request) -> Answer:
        """The portal's answer to any request."""
        if request.path == "/robots.txt":
            return pages.NO_ROBOTS
        if self.asks_for_login:
            return pages.LOGIN
        kind = self.kind_of(request)
        if kind == "list":
            return self._told(self._order_list(request))
        if kind == "results":
            return self._told(self._result_list(request))
        if kind == "show":
            return self._told(self._show(request.path.rpartition("/")[2]))
        return pages.HOME if kind == "page" else pages.NOT_FOUND

    def _told(self, answer: Answer) -> Answer:
        body = answer.body
        for old, new in self.renamed.items():
            body = body.replace(old.encode(), new.encode())
        return Answer(answer.status, body, answer.content_type, answer.headers)

    # --- lists -----------------------------------------------------------------------------------------------------

    def _order_list(self, request: Request) -> Answer:
        asked = self._asked(request, ORDERS)
        found = [order for order in self._published(self.orders.values()) if _wants_order(asked, order)]
        found.sort(key=lambda order: order.id, reverse=True)
        return self._page_of(request, ORDERS, asked, [pages.order_card(order) for order in found])

    def _result_list(self, request: Request) -> Answer:
        asked = self._asked(request, RESULTS)
        found = [result for result in self._published(self.results) if _wants_result(asked, result)]
        found.sort(key=lambda result: (result.published, result.reference), reverse=True)
        return self._page_of(request, RESULTS, asked, [pages.result_card(result) for result in found])

    def _published(self, items: Iterable[P]) -> list[P]:
        now = self.clock.local_now()
        return [item for item in items if item.published <= now]

    def _asked(self, request: Request, root: str) -> dict[str, str]:
        """The parameters that the list knows, without those that it ignores."""
        found = {}
        for key, value in request.query.items():
            match = _PARAMETER.fullmatch(key)
            if match and match["root"] == root and value.strip():
                found[match["name"]] = value.strip()
        for name in [name for name in found if name.startswith("date") and not _ISO.fullmatch(found[name])]:
            del found[name]
            self.statistics.note("date_ignored")
        if self.faults.take(IgnoreFilters, request.path):
            return {"pageSize": found["pageSize"]} if "pageSize" in found else {}
        return found

    def _page_of(self, request: Request, root: str, asked: Mapping[str, str], cards: Sequence[str]) -> Answer:
        page = request.query.get("page", "1")
        number = int(page) if page.isdigit() and int(page) > 0 else 1
        size = PAGE_SIZES.get(asked.get("pageSize", ""), 0 if asked else BARE_PAGE)
        form = pages.search_form(root, self._natures)
        if size == 0:
            self.statistics.note("page_size_refused")
            return pages.html_answer(pages.list_page(form, 0, (), 1, 0))
        rows, total = serve_page(self.faults, request.path, cards, number, size)
        served = len(cards) if self.longest is None else min(len(cards), self.longest)
        if (number - 1) * size >= served and total:
            rows = cards[max(0, served - size) : served] if self.beyond == "repeat" else ()
        return pages.html_answer(pages.list_page(form, total, rows, number, ceil(total / size)))

    def _show(self, printed: str) -> Answer:
        order = self.orders.get(int(printed)) if printed.isdigit() else None
        if order is None:
            return pages.NOT_FOUND
        return pages.REJECTED if order.id in self.rejected else pages.html_answer(pages.show_page(order))

    # --- control ---------------------------------------------------------------------------------------------------

    def publish(self, order: Order | None = None) -> int:
        """Publish a notice now and return its id; without one, an invented notice."""
        if order is None:
            if self._invent_order is None:
                raise ValueError("this portal was started without invented notices: give it the notice")
            order = self._invent_order(self.clock.local_now().replace(second=0, microsecond=0), self._next_id())
        self.orders[order.id] = order
        return order.id

    def publish_result(self, result: Result | None = None) -> Result:
        """Publish a result now; without one, an invented result."""
        if result is None:
            if self._invent_result is None:
                raise ValueError("this portal was started without invented results: give it the result")
            result = self._invent_result(self.clock.local_now().replace(second=0, microsecond=0))
        self.results.append(result)
        return result

    def move_deadline(self, order_id: int, new: datetime | None = None) -> datetime:
        """Move a notice's deadline (naive; a week later when not given)."""
        order = self._known(order_id)
        moved = new or order.deadline + timedelta(days=7)
        self.orders[order_id] = replace(order, deadline=moved)
        return moved

    def cancel(self, order_id: int, reason: str = "Insuffisance des crédits") -> None:
        """Cancel a notice: a badge on its card, date and reason on its page."""
        at = self.clock.local_now().replace(second=0, microsecond=0)
        self.orders[order_id] = replace(self._known(order_id), cancellation=Cancellation(at, reason))

    def make_news(self) -> str:
        """What a working day brings: mostly new notices and results, now and then a deadline that moves."""
        now = self.clock.local_now()
        movable = [order.id for order in self.orders.values() if order.deadline > now and not order.cancellation]
        if self.key.endswith("results"):
            return self.publish_result().reference
        if movable and self._news.random() < 0.2:
            chosen = self._news.choice(sorted(movable))
            self.move_deadline(chosen)
            return str(chosen)
        return str(self.publish())

    def _known(self, order_id: int) -> Order:
        order = self.orders.get(order_id)
        if order is None:
            raise ValueError(f"the portal has no notice {order_id}")
        return order

    def _next_id(self) -> int:
        return max(self.orders, default=380_000) + 1

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """The portal's own control commands: `publish`, `publish_result`, `move_deadline`, `cancel`, `reject`."""
        what = command.get("do")
        if what == "publish":
            return self.publish()
        if what == "publish_result":
            return self.publish_result().reference
        if what == "move_deadline":
            return self.move_deadline(int(str(command.get("id")))).isoformat()
        if what == "cancel":
            self.cancel(int(str(command.get("id"))))
        elif what == "reject":
            self.rejected.add(int(str(command.get("id"))))
        else:
            raise ValueError(f"unknown command {what!r}")
        return None


def _wants_order(asked: Mapping[str, str], order: Order) -> bool:
    return (
        _between(asked, "dateMiseEnLigneStart", "dateMiseEnLigneEnd", order.published)
        and _between(asked, "dateLimiteStart", "dateLimiteEnd", order.deadline)
        and CATEGORIES.get(asked.get("categorie", ""), order.category) == order.category
        and _holds(asked, "reference", order.reference)
        and _holds(asked, "objet", order.title)
        and _holds(asked, "keyword", f"{order.reference} {order.title} {order.buyer}")
    )


def _wants_result(asked: Mapping[str, str], result: Result) -> bool:
    return (
        _between(asked, "dateLimitePublicationStart", "dateLimitePublicationEnd", result.published)
        and CATEGORIES.get(asked.get("categorie", ""), result.category) == result.category
        and _holds(asked, "reference", result.reference)
        and _holds(asked, "objet", result.title)
        and _holds(asked, "keyword", f"{result.reference} {result.title} {result.buyer}")
    )


def _between(asked: Mapping[str, str], start: str, end: str, at: datetime) -> bool:
    day = at.date().isoformat()
    return asked.get(start, day) <= day <= asked.get(end, day)


def _holds(asked: Mapping[str, str], name: str, text: str) -> bool:
    return asked.get(name, "").casefold() in text.casefold()
