"""A crawl of the simulated achatpublic.com, whose list is built by script, through the browser transport."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlers.engines.browser import Visit
from crawlers.portals.fr_achatpublic import spider
from notices.values.dates import PARIS
from simulated_portals.achatpublic.pages import native_id
from simulated_portals.achatpublic.portal import CARDS, FICHE, LIST, AchatpublicPortal
from simulated_portals.achatpublic.server import make_portal
from simulated_portals.misbehaviour import AnswerStatus, EmptyList, LosePage, Maintenance
from store.records import RunState, Verdict, WindowRecord
from tests.support.chromium import installed_chromium
from tests.support.crawls import PortalInstallation, portal_installation

pytestmark = pytest.mark.browser

Achatpublic = PortalInstallation[AchatpublicPortal]


@pytest.fixture
def vigie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Achatpublic]:
    """Five consultations on pages of two."""
    monkeypatch.setattr(spider, "LIST", Visit(until=spider.LIST.until, patience=2.0))
    crawl = {"chromium": str(installed_chromium()), "timeout": 20.0}
    portal = make_portal("fr_achatpublic", invented=5, seed=3, page_size=2)
    with portal_installation(tmp_path, "fr_achatpublic", portal, crawl=crawl) as made:
        yield made


@pytest.fixture(autouse=True)
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spider's idea of a page is the simulated portal's."""
    from crawlers.portals import loading

    portal = loading.load("fr_achatpublic")
    listing = portal.listing.model_copy(update={"page_size": 2})
    monkeypatch.setattr("pipelines.crawl.load", lambda key: portal.model_copy(update={"listing": listing}))


def stored(vigie: Achatpublic) -> set[str]:
    return {item.notice.id.partition(":")[2] for item in vigie.store.notices.iterate()}


def window_of(vigie: Achatpublic) -> WindowRecord:
    return vigie.crawl_open().windows[0]


def test_every_open_consultation_is_stored_and_a_second_crawl_opens_lists_only(vigie: Achatpublic) -> None:
    report = vigie.crawl_open()
    assert report.complete, report.run.message
    assert stored(vigie) == vigie.control.open_ids()
    assert report.run.unread == {}
    for tender in vigie.control.tenders:
        found = vigie.store.notices.get(f"fr_achatpublic:{native_id(tender)}")
        assert found is not None
        notice = found.notice
        assert notice.title == {"fr": tender.title}
        assert notice.deadline is not None
        assert notice.deadline.at == tender.deadline.replace(tzinfo=PARIS)
        assert notice.published_at is not None
        assert notice.published_at.date() == tender.published
        assert [lot.title["fr"] for lot in notice.lots] == [lot.title for lot in tender.lots]
        assert notice.main_cpv == tender.cpv[0][0]
        assert notice.references == (tender.reference,)
        assert len(notice.documents) == 1
    opened = vigie.requests("notice")
    chosen = min(stored(vigie))
    vigie.control.move_deadline(chosen)
    again = vigie.crawl_open()
    assert (again.complete, again.run.counts.changed, vigie.requests("notice")) == (True, 1, opened + 1)
    moved = vigie.store.notices.get(f"fr_achatpublic:{chosen}")
    assert moved is not None
    assert moved.version == 2


def test_a_page_that_is_lost_is_missed_and_the_next_crawl_repairs_it(vigie: Achatpublic) -> None:
    vigie.control.faults.start(LosePage(page=2))
    window = window_of(vigie)
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 2)
    assert "Page 2 repeats" in (window.reason or "")
    vigie.control.faults.clear()
    assert vigie.crawl_open().complete
    assert stored(vigie) == vigie.control.open_ids()


def test_a_session_that_is_lost_shows_the_first_page_and_is_named(vigie: Achatpublic) -> None:
    vigie.control.forget_sessions(3)
    window = window_of(vigie)
    assert window.verdict is Verdict.INCOMPLETE
    assert "the session was lost" in (window.reason or "")


def test_a_script_that_fails_is_told_from_an_empty_list(vigie: Achatpublic) -> None:
    vigie.control.broken_script = True
    window = window_of(vigie)
    assert window.verdict is Verdict.FAILED
    assert "its script did not fill it" in (window.reason or "")


def test_an_empty_list_is_suspect(vigie: Achatpublic) -> None:
    vigie.control.faults.start(EmptyList())
    assert window_of(vigie).verdict is Verdict.SUSPECT


@pytest.mark.parametrize(("trouble", "words"), [("login", "password"), ("maintenance", "maintenance")])
def test_what_stands_in_place_of_the_list_is_named(vigie: Achatpublic, trouble: str, words: str) -> None:
    if trouble == "login":
        vigie.control.asks_login = True
    else:
        vigie.control.faults.start(Maintenance(path="/sdm"))
    report = vigie.crawl_open()
    assert report.run.state is RunState.FAILED
    assert words in (report.windows[0].reason or "")


def test_a_portal_that_asks_to_wait_is_asked_again(vigie: Achatpublic) -> None:
    vigie.control.faults.start(AnswerStatus(status=429, retry_after=0, times=1, path=LIST))
    vigie.control.faults.start(AnswerStatus(status=503, times=1, path=FICHE))
    assert window_of(vigie).verdict is Verdict.COMPLETE


def test_a_consultation_that_sends_its_visitor_to_another_host_is_missed(vigie: Achatpublic) -> None:
    vigie.control.sends_to = vigie.portal.base_url.replace("127.0.0.1", "localhost") + "/secret"
    window = window_of(vigie)
    assert window.verdict is Verdict.FAILED
    assert "to another host, localhost" in (window.reason or "")
    assert vigie.control.statistics.requests_to("/secret") == 0


def test_without_a_browser_there_is_no_card_and_the_run_says_so(tmp_path: Path) -> None:
    portal = make_portal("fr_achatpublic", invented=5, page_size=3, plain=False)
    plain = {"fr_achatpublic": {"transport": "http"}}
    with portal_installation(tmp_path, "fr_achatpublic", portal, portals=plain) as vigie:
        window = window_of(vigie)
        assert window.verdict is Verdict.FAILED
        assert "no card" in (window.reason or "")
        assert vigie.requests("cards") == 0


def test_robots_are_obeyed_in_the_browser_too(vigie: Achatpublic) -> None:
    from simulated_portals.messages import Answer

    inner = vigie.control._answer

    def with_robots(request):  # type: ignore[no-untyped-def]
        if request.path == "/robots.txt":
            return Answer(200, b"User-agent: Vigie\nDisallow: /sdm/", "text/plain")
        return inner(request)

    vigie.control._answer = with_robots  # type: ignore[method-assign]
    report = vigie.crawl_open()
    assert report.run.state is RunState.FAILED
    assert "robots" in (report.windows[0].reason or "").lower()
    assert vigie.control.statistics.requests_to(CARDS) == 0
