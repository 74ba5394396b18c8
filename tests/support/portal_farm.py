"""Ten simulated portals in a process of their own, each at an address of its own, with a log of every request.

A budget belongs to a host, so portals that are hosts of their own live at different loopback addresses; those that
share one in real life share one here. `python -m tests.support.portal_farm LOG` prints one line of JSON with the
addresses when they answer. Beside the simulator's own paths each portal answers `/_announced?from=DAY` (ids that it
lists: what is open, and what it published since that day) and `/_publish?count=N`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import IO, Any

from simulated_portals.application import PortalApplication, Receive, Scope, Send, _read, _send
from simulated_portals.atexo_ma.invented import TEST_ORGANISATION
from simulated_portals.messages import Answer, json_answer
from simulated_portals.registry import factory
from simulated_portals.running import PortalServer

MOROCCO = "127.0.1.100"
"""The Moroccan portals are parts of one site."""
PORTALS: Mapping[str, tuple[str, int]] = {
    "be_bda": ("127.0.1.1", 90),
    "eu_ted": ("127.0.1.2", 90),
    "fr_achatpublic": ("127.0.1.3", 24),
    "fr_aws": ("127.0.1.4", 30),
    "fr_boamp": ("127.0.1.5", 60),
    "fr_decp": ("127.0.1.6", 45),
    "fr_place": ("127.0.1.7", 24),
    "ma_bdc": (MOROCCO, 40),
    "ma_pmmp": (MOROCCO, 24),
    "ma_pmmp_results": (MOROCCO, 24),
}
"""Portal to its address, and how many notices are invented for it; fewer of them are open or new."""
_CRAWLER = re.compile(r"/(\d+)\)$")
_LABELS = {"2": "information", "4": "resultat-definitif", "5": "extrait-pv", "6": "achevement"}
_LABELS |= {"8": "resiliation", "9": "presentation"}


def _since(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _be_bda(portal: Any, first: date) -> set[str]:
    now = portal.clock.local_now()
    items = portal.catalogue.publications()
    return {
        str(item.workspace_id)
        for item in items
        if item.publication_date >= first or (item.deadline is not None and item.deadline > now)
    }


def _eu_ted(portal: Any, first: date) -> set[str]:
    followed = (item for item in portal.journal.notices.values() if item.sent.country in ("BEL", "FRA"))
    return {item.key for item in followed if first <= item.sent.day <= portal.clock.today()}


def _tenders(portal: Any, _first: date) -> set[str]:
    return set(portal.open_ids())


def _fr_boamp(portal: Any, first: date) -> set[str]:
    today, found = portal.clock.today(), set()
    for draft in portal.catalogue.drafts():
        ends = draft.deadline.date() if draft.deadline else draft.diffusion_ends
        if draft.published_on >= first or (draft.event != "cancellation" and ends >= today):
            found.add(str(draft.idweb))
    return found


def _fr_decp(portal: Any, first: date) -> set[str]:
    return {key for day in _since(first, portal.clock.today()) for key in portal.keys_on(day)}


def _fr_place(portal: Any, _first: date) -> set[str]:
    return {item.native_id for item in portal.open_consultations}


def _ma_bdc(portal: Any, first: date) -> set[str]:
    now = portal.clock.local_now()
    orders = [order for order in portal.orders.values() if order.published <= now]
    return {str(item.id) for item in orders if item.deadline.date() >= now.date() or item.published.date() >= first}


def _ma_pmmp(portal: Any, _first: date) -> set[str]:
    return {item.key for item in portal.open_now() if item.organisation != TEST_ORGANISATION}


def _ma_pmmp_results(portal: Any, first: date) -> set[str]:
    found = (item for day in _since(first, portal.clock.today()) for item in portal.on_day(day))
    return {f"{item.key}-{_LABELS[item.kind]}" for item in found if item.record.organisation != TEST_ORGANISATION}


ANNOUNCED: Mapping[str, Callable[[Any, date], set[str]]] = {
    "be_bda": _be_bda,
    "eu_ted": _eu_ted,
    "fr_achatpublic": _tenders,
    "fr_aws": _tenders,
    "fr_boamp": _fr_boamp,
    "fr_decp": _fr_decp,
    "fr_place": _fr_place,
    "ma_bdc": _ma_bdc,
    "ma_pmmp": _ma_pmmp,
    "ma_pmmp_results": _ma_pmmp_results,
}
"""What each portal itself knows to be open, or published since a day."""


class _Logged(PortalApplication):
    """A portal whose every request is written down: by which process, from when to when."""

    def __init__(self, portal: Any, log: IO[str]) -> None:
        super().__init__(portal)
        self._log = log
        self._serving: list[int] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path in ("/_announced", "/_publish", "/_serving"):
            await _send(send, self._asked(path, (await _read(scope, receive)).query))
            return
        if scope["type"] != "http" or path.startswith("/_"):
            await super().__call__(scope, receive, send)
            return
        crawler, begun = _crawler_of(scope), time.monotonic()
        self._serving.append(crawler)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._serving.remove(crawler)
            line = {"portal": self.portal.key, "crawler": crawler, "begun": begun, "ended": time.monotonic()}
            self._log.write(json.dumps(line) + "\n")
            self._log.flush()

    def _asked(self, path: str, query: Mapping[str, str]) -> Answer:
        portal: Any = self.portal
        if path == "/_serving":
            return json_answer(list(self._serving))
        if path == "/_announced":
            return json_answer(sorted(ANNOUNCED[portal.key](portal, date.fromisoformat(query["from"]))))
        publish = getattr(portal, "announce" if portal.key == "ma_pmmp_results" else "publish")
        for _ in range(int(query["count"])):
            publish()
        return json_answer(None)


def _crawler_of(scope: Scope) -> int:
    """The crawl's process, which it names in its user agent (see `tests.support.cluster`); 0 for others."""
    agent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"user-agent"), "")
    found = _CRAWLER.search(agent)
    return int(found.group(1)) if found else 0


async def _serve(log: IO[str]) -> None:
    addresses, servers = {}, []
    for key, (host, invented) in PORTALS.items():
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind((host, 0))
        listener.listen(64)
        addresses[key] = f"http://{host}:{listener.getsockname()[1]}"
        portal = factory(key)(key, invented=invented, invented_on=_day())
        servers.append(PortalServer(_Logged(portal, log), lambda: None).serve(sockets=[listener]))
    told = asyncio.create_task(_tell(addresses))
    await asyncio.gather(told, *servers)


def _day() -> date:
    return datetime.now().astimezone().date()


async def _tell(addresses: Mapping[str, str]) -> None:
    """The sockets listen already."""
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with open(sys.argv[1], "a", encoding="utf-8") as file, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(file))
