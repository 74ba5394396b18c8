"""achatpublic.com's list while it moves: a session gets lost, a consultation closes, a filter is ignored.

The list prints no number of consultations, only of pages, so what moves must be noticed by other signs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.clock import now
from crawlers.portals.fr_achatpublic import spider
from crawlers.portals.fr_achatpublic.dates import moment
from notices.values.dates import PARIS
from simulated_portals.achatpublic.portal import AchatpublicPortal
from simulated_portals.achatpublic.server import make_portal
from store.records import Verdict
from tests.support.crawls import PortalInstallation, portal_installation

Achatpublic = PortalInstallation[AchatpublicPortal]
PLAIN = {"fr_achatpublic": {"transport": "http"}}


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Achatpublic]:
    portal = make_portal("fr_achatpublic", invented=24, seed=3)
    with portal_installation(tmp_path, "fr_achatpublic", portal, portals=PLAIN) as made:
        yield made


def kept(vigie: Achatpublic) -> set[str]:
    return {item.notice.id.partition(":")[2] for item in vigie.store.notices.iterate()}


def test_a_session_that_is_lost_is_begun_anew_and_nothing_waits_for_the_next_crawl(vigie: Achatpublic) -> None:
    vigie.control.forget_sessions(1)
    report = vigie.crawl_open()
    assert report.complete, report.run.message
    assert kept(vigie) == vigie.control.open_ids()


def test_a_consultation_that_closes_meanwhile_does_not_hide_the_one_behind_it(
    vigie: Achatpublic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row that moves up over the edge of a page that was read already is on no page that is read."""
    portal = vigie.control
    began = now()
    local = (began + timedelta(hours=1)).astimezone(PARIS).replace(tzinfo=None, second=0, microsecond=0)
    closing = portal.tenders[-1] = replace(portal.tenders[-1], deadline=local)
    every = portal._open

    def without_it_from_the_second_page_on() -> list[object]:
        rows = every()
        return rows if portal.statistics.requests("search") <= 1 else [row for row in rows if row is not closing]

    readings = 0

    def two_hours_later_after_the_first_reading() -> datetime:
        nonlocal readings
        readings += 1
        return now() + timedelta(hours=2 if readings > 1 else 0)

    monkeypatch.setattr(portal, "_open", without_it_from_the_second_page_on)
    monkeypatch.setattr(spider, "now", two_hours_later_after_the_first_reading)
    report = vigie.crawl_open()
    assert report.complete, report.run.message
    assert portal.open_ids() <= kept(vigie)


def test_a_list_that_never_stands_still_is_not_called_complete(
    vigie: Achatpublic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spider, "_closed_between", lambda cards, began, ended: min(cards))
    (window,) = vigie.crawl_open().windows
    assert window.verdict is Verdict.INCOMPLETE
    assert "closed while the list was walked" in (window.reason or "")
    assert kept(vigie) == vigie.control.open_ids()


def test_closed_consultations_on_the_list_of_open_ones_are_an_ignored_filter(
    vigie: Achatpublic, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = vigie.control
    portal.tenders[:20] = [replace(item, deadline=item.deadline - timedelta(days=400)) for item in portal.tenders[:20]]
    monkeypatch.setattr(portal, "_open", lambda: list(reversed(portal.tenders)))
    (window,) = vigie.crawl_open().windows
    assert window.verdict is Verdict.FAILED
    assert "ignored the filter for open consultations" in (window.reason or "")
    assert kept(vigie) == set()


def test_a_list_as_long_as_any_that_was_ever_seen_is_told(vigie: Achatpublic, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = spider.PortalSpider.__init__

    def of_a_portal_with_short_lists(self: spider.PortalSpider, *args: object, **kwargs: object) -> None:
        begin(self, *args, **kwargs)
        habits = self.portal.listing.model_copy(update={"longest": 30})
        self.portal = self.portal.model_copy(update={"listing": habits})

    monkeypatch.setattr(spider.PortalSpider, "__init__", of_a_portal_with_short_lists)
    (window,) = vigie.crawl_open().windows
    assert window.verdict is Verdict.COMPLETE
    assert "as long as a list of the portal was ever seen" in (window.reason or "")


@pytest.mark.parametrize(
    ("printed", "month"), [("3 Fév. 2027 12 : 00", 2), ("3 Févr. 2027 12 : 00", 2), ("3 Sep. 2027 12 : 00", 9)]
)
def test_a_month_is_known_however_it_is_abbreviated(printed: str, month: int) -> None:
    found = moment(printed)
    assert found is not None
    assert (found.at.month, found.at.hour) == (month, 12)
