"""achatpublic.com over plain HTTP, where the server writes the cards itself: same spider, same parser, no browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from notices.values.dates import PARIS
from simulated_portals import misbehaviour
from simulated_portals.achatpublic.pages import native_id
from simulated_portals.achatpublic.portal import FICHE, LIST, AchatpublicPortal
from simulated_portals.achatpublic.server import make_portal
from store.records import Verdict, WindowRecord
from tests.support.bad_days import LostPage, assert_failed, lost_pages
from tests.support.crawls import PortalInstallation, portal_installation

Achatpublic = PortalInstallation[AchatpublicPortal]
PLAIN = {"fr_achatpublic": {"transport": "http"}}


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Achatpublic]:
    portal = make_portal("fr_achatpublic", invented=24, seed=3, plain=True)
    with portal_installation(tmp_path, "fr_achatpublic", portal, portals=PLAIN) as made:
        yield made


def window_of(vigie: Achatpublic) -> WindowRecord:
    return vigie.crawl_open().windows[0]


def repaired(vigie: Achatpublic) -> bool:
    vigie.control.faults.clear()
    report = vigie.crawl_open()
    kept = vigie.stored_ids()
    return report.complete and kept == vigie.control.open_ids()


def test_the_same_cards_without_a_script_are_read_alike(vigie: Achatpublic) -> None:
    report = vigie.crawl_open()
    assert report.complete, report.run.message
    assert report.run.unread == {}
    for tender in vigie.control.tenders:
        found = vigie.stored(native_id(tender))
        notice = found.notice
        assert notice.title == {"fr": tender.title}
        assert notice.buyers[0].name == {"fr": tender.buyer.name}
        assert notice.places[0].printed == f"{tender.buyer.departement} - {tender.buyer.departement_name}"
        assert notice.places[0].nuts is not None
        assert notice.deadline is not None
        assert notice.deadline.at == tender.deadline.replace(tzinfo=PARIS)
        assert notice.procedure_type is not None
        assert notice.procedure_type.code is not None


def test_a_second_crawl_asks_for_the_list_only_and_sees_what_is_new(vigie: Achatpublic) -> None:
    vigie.crawl_open()
    opened = vigie.requests("notice")
    assert vigie.crawl_open().run.counts.changed == 0
    assert vigie.requests("notice") == opened
    vigie.control.publish()
    again = vigie.crawl_open()
    assert (again.complete, again.run.counts.new, vigie.requests("notice")) == (True, 1, opened + 1)


@lost_pages
def test_a_page_that_is_lost_is_missed_with_its_number(vigie: Achatpublic, how: LostPage) -> None:
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how))
    window = window_of(vigie)
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 10)
    assert "Page 2" in (window.reason or "")
    assert repaired(vigie)


def test_rows_lost_from_a_page_that_should_be_full_are_missed(vigie: Achatpublic) -> None:
    vigie.control.faults.start(misbehaviour.LoseRows(rows=3, page=1))
    window = window_of(vigie)
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 3)
    assert repaired(vigie)


def test_a_list_that_says_it_is_empty_is_suspect(vigie: Achatpublic) -> None:
    vigie.control.faults.start(misbehaviour.EmptyList())
    assert window_of(vigie).verdict is Verdict.SUSPECT
    assert repaired(vigie)


def test_a_session_that_is_lost_is_named(vigie: Achatpublic) -> None:
    vigie.control.forget_sessions(3)
    window = window_of(vigie)
    assert window.verdict is Verdict.INCOMPLETE
    assert "says that it is page 1: the session was lost" in (window.reason or "")
    assert repaired(vigie)


def test_cards_whose_labels_are_gone_are_held_back_not_stored_without_them(vigie: Achatpublic) -> None:
    vigie.control.rename("sdmCardConsult__listItem", "carte__ligne")
    report = vigie.crawl_open()
    assert report.run.counts.quarantined == len(vigie.control.open_ids())
    assert vigie.store.notices.count() == 0


def test_a_list_without_its_cards_fails_the_window_in_words(vigie: Achatpublic) -> None:
    vigie.control.rename("<li ", "<div ")
    assert_failed(window_of(vigie), "frame of the list and no card")
    vigie.control.renamed = None
    assert repaired(vigie)


def test_a_page_that_breaks_off_is_asked_for_again_like_one_that_is_refused(vigie: Achatpublic) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=429, retry_after=0, times=1, path=FICHE))
    vigie.control.faults.start(misbehaviour.CutBody(how="payload", times=1, path=LIST))
    assert window_of(vigie).verdict is Verdict.COMPLETE


def test_a_consultation_that_is_gone_is_kept_with_what_its_card_says(vigie: Achatpublic) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=404, times=1, path=FICHE))
    assert window_of(vigie).verdict is Verdict.COMPLETE
    partial = [item.notice for item in vigie.store.notices.iterate() if item.notice.partial]
    assert len(partial) == 1
    assert repaired(vigie)
    assert not any(item.notice.partial for item in vigie.store.notices.iterate())
