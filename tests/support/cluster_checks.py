"""What holds of notices and portals after a cluster was ill-treated; every function yields what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import httpx

from core import clock
from crawlers.portals import load
from store import Store
from store.records import Verdict, WindowRecord
from tests.support.cluster import DELAY
from tests.support.cluster_parts import Portals
from tests.support.portal_farm import PORTALS

LOOK_BACK = timedelta(days=2)
"""Days that every crawl reads, whatever the portal."""
LATENESS = 1.5
"""Seconds by which a request may reach a portal after its turn on a loaded machine: two that had their turns that far
apart may come together."""
WINDOW = 10.0
"""Seconds over which the rate is counted."""
HAS_TESTS = ("ma_pmmp", "ma_pmmp_results")
"""Portals that announce trials of their own operators, too, which nobody stores."""
_PAGE = 100

RequestLog = Sequence[Mapping[str, Any]]


def announced(portals: Portals, portal: str) -> set[str]:
    """Ids of what a portal itself knows to be open, or published lately."""
    first = load(portal).today(clock.now()) - LOOK_BACK
    return {f"{portal}:{native}" for native in portals.ask(portal, f"/_announced?from={first}")}


def missing(store: Store, portals: Portals) -> Iterator[str]:
    """Notices that a portal announces and that are not stored."""
    stored = set(store.notices.ids())
    for portal in PORTALS:
        left = announced(portals, portal) - stored
        if left:
            yield f"{portal}: {len(left)} announced and not stored, such as {min(left)}"


def open_windows(store: Store, portals: Portals) -> Iterator[str]:
    """Windows whose last attempt did not store what was announced."""
    for portal in PORTALS:
        last: dict[tuple[object, ...], WindowRecord] = {}
        for window in store.windows.recent(portal, 100_000):
            last.setdefault((window.scope, window.start, window.end), window)
        if not last:
            yield f"{portal} was never crawled"
        for window in last.values():
            quiet = window.verdict is Verdict.SUSPECT and window.announced == 0
            whole = window.verdict is Verdict.COMPLETE and (window.stored == window.announced or portal in HAS_TESTS)
            if not (quiet or whole):
                yield f"{portal} {window.scope} {window.start}: {window.verdict}, {window.stored} of {window.announced}"


def not_found(store: Store, sites: Sequence[str]) -> Iterator[str]:
    """Stored notices that a site does not find, and found ones that are not stored."""
    stored = set(store.notices.ids())
    for site in sites:
        found = _found(site)
        if found != stored:
            yield f"{site} finds {len(found)} of {len(stored)}: without {sorted(stored - found)[:3]}"


def _found(site: str) -> set[str]:
    found: set[str] = set()
    with httpx.Client(timeout=60) as client:
        while True:
            answer = client.get(
                f"{site}/api/notices", params={"offset": len(found), "limit": _PAGE, "sort": "published"}
            )
            answer.raise_for_status()
            ids = {item["notice"]["id"] for item in answer.json()["notices"]}
            if not ids - found:
                return found
            found |= ids


def crawled_twice(requests: RequestLog) -> Iterator[str]:
    """Portals at which two crawls were at a time: between the first and the last request of one, another one asked."""
    for portal, asked in _grouped(requests, "portal").items():
        spans = sorted(
            (min(one["begun"] for one in own), max(one["ended"] for one in own), crawler)
            for crawler, own in _grouped(asked, "crawler").items()
        )
        for (_, ended, first), (begun, _, second) in pairwise(spans):
            if begun < ended:
                yield f"{portal}: processes {first} and {second} crawled it together for {ended - begun:.2f} s"


def over_budget(requests: RequestLog, addresses: Mapping[str, str]) -> Iterator[str]:
    """Hosts that were asked for more at a time than one request, or more in a time than their budget."""
    for host, asked in by_host(requests, addresses).items():
        for before, after in pairwise(asked):
            if after["begun"] < before["ended"]:
                yield f"{host}: two requests at a time, of {before['portal']} and {after['portal']}"
    for host, most in peaks(requests, addresses).items():
        if most > budget():
            yield f"{host}: {most} requests within {WINDOW:.0f} s, its budget is {budget()}"


def peaks(requests: RequestLog, addresses: Mapping[str, str]) -> dict[str, int]:
    """Host to the most requests that it got within `WINDOW`."""
    hosts = by_host(requests, addresses)
    return {host: most_within([one["begun"] for one in asked], WINDOW) for host, asked in hosts.items()}


def by_host(requests: RequestLog, addresses: Mapping[str, str]) -> dict[str, list[Mapping[str, Any]]]:
    """The requests of each host, in the order in which they came."""
    hosts: dict[str, list[Mapping[str, Any]]] = {}
    for one in sorted(requests, key=lambda one: float(one["begun"])):
        hosts.setdefault(str(urlsplit(addresses[one["portal"]]).hostname), []).append(one)
    return hosts


def budget() -> int:
    """Requests that a host may see within `WINDOW`: one at once, then one after each delay."""
    return 1 + int((WINDOW + LATENESS) / DELAY)


def most_within(instants: Sequence[float], seconds: float) -> int:
    """The most of these sorted instants that lie within so many seconds."""
    most, first = 0, 0
    for last, instant in enumerate(instants):
        while instants[first] <= instant - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _grouped(requests: RequestLog, name: str) -> dict[Any, list[Mapping[str, Any]]]:
    grouped: dict[Any, list[Mapping[str, Any]]] = {}
    for one in requests:
        grouped.setdefault(one[name], []).append(one)
    return grouped
