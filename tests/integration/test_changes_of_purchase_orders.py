"""Purchase orders that change after their day of publication was crawled, and lists that change under the walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from simulated_portals.bdc.portal import ORDERS, BdcPortal
from simulated_portals.bdc.server import make_portal
from simulated_portals.messages import Request
from simulated_portals.misbehaviour import LoseRows
from store.records import Verdict
from tests.support.crawls import PortalInstallation, portal_installation

Bdc = PortalInstallation[BdcPortal]


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Bdc]:
    with portal_installation(tmp_path, "ma_bdc", make_portal("ma_bdc", invented=160, seed=3)) as made:
        made.crawl_open()
        yield made


def an_old_open_notice(vigie: Bdc) -> int:
    """A notice that can still be answered and was published before the days that a regular crawl looks at."""
    now = vigie.control.clock.local_now()
    return next(
        order.id
        for order in vigie.control.orders.values()
        if order.deadline > now + timedelta(days=1) and order.published < now - timedelta(days=4)
    )


def test_the_crawl_of_today_tells_a_deadline_that_moved_of_a_notice_of_last_week(vigie: Bdc) -> None:
    chosen = an_old_open_notice(vigie)
    moved = vigie.control.move_deadline(chosen)
    vigie.crawl(vigie.control.clock.today())
    stored = vigie.store.notices.get(f"ma_bdc:{chosen}")
    assert stored is not None
    assert stored.notice.deadline is not None
    assert (stored.version, stored.notice.deadline.at.replace(tzinfo=None)) == (2, moved)


def test_the_crawl_of_today_tells_that_a_notice_of_last_week_was_cancelled(vigie: Bdc) -> None:
    chosen = an_old_open_notice(vigie)
    vigie.control.cancel(chosen)
    vigie.crawl(vigie.control.clock.today())
    stored = vigie.store.notices.get(f"ma_bdc:{chosen}")
    assert stored is not None
    assert (stored.version, stored.notice.cancelled) == (2, True)


def test_crawls_of_earlier_days_do_not_ask_for_what_is_open(vigie: Bdc) -> None:
    before = vigie.requests("list")
    vigie.crawl(vigie.control.clock.today() - timedelta(days=2))
    assert vigie.requests("list") - before <= 4


def test_open_notices_that_are_announced_and_not_listed_keep_today_from_being_complete(
    vigie: Bdc, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = vigie.control.clock.today()
    at = vigie.control.clock.local_now().replace(hour=0, minute=0, second=0, microsecond=0)
    chosen = an_old_open_notice(vigie)
    vigie.control.publish(replace(vigie.control.orders[chosen], id=700_001, published=at))
    assert vigie.crawl(day).complete

    whole = vigie.control._order_list

    def short_when_open(request: Request) -> object:
        if f"{ORDERS}[dateLimiteStart]" in request.query:
            vigie.control.faults.start(LoseRows(rows=3, times=1))
        return whole(request)

    monkeypatch.setattr(vigie.control, "_order_list", short_when_open)
    (window,) = vigie.crawl(day).windows
    assert window.verdict is Verdict.INCOMPLETE
    assert "of what is open" in (window.reason or "") or "open were not listed" in (window.reason or "")


def test_a_filter_that_is_ignored_on_the_second_page_is_named_and_not_taken_for_the_day(
    vigie: Bdc, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crawlers.portals import load

    monkeypatch.setitem(load("ma_bdc").listing.__dict__, "page_size", 10)
    day = vigie.control.clock.today() - timedelta(days=3)
    for number in range(25):
        order = vigie.control.orders[an_old_open_notice(vigie)]
        at = vigie.control.clock.local_now().replace(hour=9) - timedelta(days=3)
        vigie.control.publish(replace(order, id=600_000 + number, published=at))

    asked = vigie.control._asked

    def forgets(request: Request, root: str) -> dict[str, str]:
        found = asked(request, root)
        return {"pageSize": found["pageSize"]} if request.query.get("page") == "2" else found

    monkeypatch.setattr(vigie.control, "_asked", forgets)
    (window,) = vigie.crawl(day).windows
    assert window.verdict is Verdict.FAILED
    assert "ignored the filter on page 2" in (window.reason or "")
