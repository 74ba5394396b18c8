"""A crawl of the simulated AWS-Achat, into the store and again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from notices.model import AmountKind, NoticeKind
from notices.values.dates import PARIS
from simulated_portals.aws.pages import native_id
from simulated_portals.aws.portal import AwsPortal
from simulated_portals.aws.server import make_portal
from store.records import RunState
from tests.support.crawls import PortalInstallation, portal_installation

Aws = PortalInstallation[AwsPortal]


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Aws]:
    with portal_installation(tmp_path, "fr_aws", make_portal("fr_aws", invented=90, seed=5)) as made:
        yield made


def test_every_open_call_is_stored_though_the_portal_lists_no_wide_search(vigie: Aws) -> None:
    report = vigie.crawl_open()
    assert report.complete, report.run.message
    assert vigie.stored_ids() == vigie.control.open_ids()
    assert len(vigie.stored_ids()) > vigie.control.cap
    assert report.windows[0].announced == len(vigie.stored_ids())


def test_a_second_crawl_asks_for_lists_only(vigie: Aws) -> None:
    vigie.crawl_open()
    pages, searches = vigie.requests("notice"), vigie.requests("search")
    again = vigie.crawl_open()
    assert again.complete
    assert (again.run.counts.new, again.run.counts.changed) == (0, 0)
    assert vigie.requests("notice") == pages
    assert vigie.requests("search") == 2 * searches


def test_a_deadline_that_moves_becomes_a_new_version_with_the_difference(vigie: Aws) -> None:
    vigie.crawl_open()
    chosen = min(vigie.stored_ids())
    moved = vigie.control.move_deadline(chosen)
    pages = vigie.requests("notice")
    report = vigie.crawl_open()
    found = vigie.stored(chosen)
    assert (found.version, report.run.counts.changed, vigie.requests("notice")) == (2, 1, pages + 1)
    assert found.notice.deadline is not None
    assert found.notice.deadline.at == moved.deadline.replace(tzinfo=PARIS)
    assert [change.description for change in found.notice.changes] == [{"fr": "Avis rectifié"}]


def test_everything_that_a_page_says_is_in_the_notice(vigie: Aws) -> None:
    assert vigie.crawl_open().run.unread == {}
    for tender in vigie.control.tenders:
        found = vigie.store.notices.get(f"fr_aws:{native_id(tender)}")
        if found is None:
            continue
        notice = found.notice
        assert notice.title == {"fr": tender.title}
        assert notice.references == (tender.reference,)
        assert notice.buyers[0].name == {"fr": tender.buyer.name}
        assert [(item.scheme, item.value, item.valid) for item in notice.buyers[0].identifiers] == [
            ("SIRET", tender.buyer.siret, True)
        ]
        assert notice.published_at is not None
        assert notice.published_at.date() == tender.published
        assert notice.main_cpv == tender.cpv[0][0]
        assert [lot.title["fr"] for lot in notice.lots] == [lot.title for lot in tender.lots]
        assert [value.amount for lot in notice.lots for value in lot.values] == [
            lot.estimate for lot in tender.lots if lot.estimate is not None
        ]
        assert [(value.kind, value.amount) for value in notice.values] == (
            [] if tender.estimate is None else [(AmountKind.ESTIMATED, tender.estimate)]
        )
        assert [link.value for link in notice.links] == ([] if not tender.boamp else [f"fr_boamp:{tender.boamp}"])
        assert notice.deadline is not None
        assert notice.deadline.at == tender.deadline.replace(tzinfo=PARIS)
        assert notice.procedure_id == str(1700000 + tender.number)
        assert notice.flags.social is (True if tender.social else None)


def test_a_publication_day_holds_calls_and_awards(tmp_path: Path) -> None:
    portal = make_portal("fr_aws", invented=200, seed=2)
    with portal_installation(tmp_path, "fr_aws", portal) as vigie:
        today = portal.clock.today()
        day = max((today - timedelta(days=n) for n in range(2, 7)), key=lambda day: len(portal.published_on(day)))
        report = vigie.crawl(day, today)
        days = [day + timedelta(days=n) for n in range((today - day).days + 1)]
        assert report.complete, report.run.message
        assert vigie.stored_ids() == set().union(*(portal.published_on(one) for one in days))
        kinds = {item.notice.kind for item in vigie.store.notices.iterate()}
        assert kinds == {NoticeKind.COMPETITION, NoticeKind.RESULT}


def test_a_day_too_long_ago_is_refused_in_words(vigie: Aws) -> None:
    report = vigie.crawl(date(2020, 1, 6))
    assert report.run.state is RunState.FAILED
    assert "last 30 days only" in (report.windows[0].reason or "")


def test_a_search_that_is_answered_by_a_redirection_is_followed(tmp_path: Path) -> None:
    with portal_installation(tmp_path, "fr_aws", make_portal("fr_aws", invented=25, redirects=True)) as vigie:
        assert vigie.crawl_open().complete
        assert vigie.stored_ids() == vigie.control.open_ids()


def test_a_notice_pinned_on_every_page_is_one_notice(tmp_path: Path) -> None:
    portal = make_portal("fr_aws", invented=30, seed=4, cap=40)
    with portal_installation(tmp_path, "fr_aws", portal) as vigie:
        portal.pinned = min(portal.open_ids())
        assert vigie.crawl_open().complete
        assert vigie.stored_ids() == portal.open_ids()
