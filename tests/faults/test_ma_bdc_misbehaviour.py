"""Morocco's portal of purchase orders on a bad day: every trouble has its verdict and its name, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from crawlers.engines.bdc.listing import PAGE_SIZES
from simulated_portals import misbehaviour
from simulated_portals.bdc.portal import BdcPortal
from simulated_portals.bdc.server import make_portal
from store.records import RunState, Verdict
from tests.support.bad_days import CutAnswer, LostPage, assert_failed, cut_answers, lost_pages
from tests.support.crawls import PortalInstallation, portal_installation

TODAY = date(2026, 11, 18)
DAY = TODAY - timedelta(days=1)
LIST, SHOW = "/bdc/entreprise/consultation/", "/show/"
KEYS = ("ma_bdc", "ma_bdc_results")

Bdc = PortalInstallation[BdcPortal]


@pytest.fixture(params=KEYS)
def vigie(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bdc]:
    """An installation of either list, with pages of ten."""
    with made(tmp_path, request.param) as installation:
        yield installation


@pytest.fixture
def notices(tmp_path: Path) -> Iterator[Bdc]:
    with made(tmp_path, "ma_bdc") as installation:
        yield installation


@pytest.fixture(autouse=True)
def pages_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest page that the portal accepts, so that a day has several."""
    from crawlers.portals import load

    assert PAGE_SIZES[0] == 10
    for key in KEYS:
        monkeypatch.setitem(load(key).listing.__dict__, "page_size", 10)


def made(folder: Path, key: str, **settings: object) -> AbstractContextManager[Bdc]:
    portal = make_portal(key, invented=60, seed=11, today=TODAY)
    for number in range(24):
        at = portal.clock.local_now().replace(hour=number % 24, minute=7, second=0, microsecond=0) - timedelta(days=1)
        portal.orders[400_000 + number] = portal._invent_order(at, 400_000 + number)  # type: ignore[misc]
        portal.results.append(portal._invent_result(at))  # type: ignore[misc]
    return portal_installation(folder, key, portal, **settings)


def listed_on(vigie: Bdc, day: date = DAY) -> int:
    items = vigie.control.orders.values() if vigie.key == "ma_bdc" else vigie.control.results
    return sum(item.published.date() == day for item in items)


def of_one_category(vigie: Bdc) -> None:
    """Everything in one category, so that asking by category brings the same pages."""
    control = vigie.control
    control.orders = {key: replace(order, category="Services") for key, order in control.orders.items()}
    control.results = [replace(result, category="Services") for result in control.results]


def repaired(vigie: Bdc, day: date = DAY) -> bool:
    """Whether the next run, on a good day, completes the window with all that is listed."""
    vigie.control.faults.clear()
    report = vigie.crawl(day)
    listed = listed_on(vigie, day)
    return report.complete and (report.windows[0].stored, vigie.store.notices.count()) == (listed, listed)


@lost_pages
def test_a_page_that_is_lost_leaves_the_window_incomplete_with_the_number(vigie: Bdc, how: LostPage) -> None:
    of_one_category(vigie)
    assert 20 < listed_on(vigie) <= 30
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how))
    window = vigie.crawl(DAY).windows[0]
    assert (window.verdict, window.missing) == (Verdict.INCOMPLETE, 10)
    assert "Page 2" in (window.reason or "")
    assert repaired(vigie)


@lost_pages
def test_a_page_that_is_lost_once_is_found_again_in_the_same_run(vigie: Bdc, how: LostPage) -> None:
    vigie.control.faults.start(misbehaviour.LosePage(page=2, how=how, times=1))
    report = vigie.crawl(DAY)
    assert report.complete
    assert report.windows[0].stored == listed_on(vigie)
    assert "Page 2" in (report.windows[0].reason or "")


@lost_pages
def test_a_list_that_ends_before_its_total_is_asked_again_by_category(vigie: Bdc, how: LostPage) -> None:
    """A cap: the portal announces more than it serves, and every page behind the cap is empty or the last one again."""
    vigie.control.longest, vigie.control.beyond = 10, how  # type: ignore[assignment]
    listed = listed_on(vigie)
    window = vigie.crawl(DAY).windows[0]
    assert "asked again by category" in (window.reason or "")
    assert window.stored > 10
    assert (window.verdict, window.missing) in {
        (Verdict.COMPLETE, 0),
        (Verdict.INCOMPLETE, listed - window.stored),
    }
    vigie.control.longest = None
    assert repaired(vigie)


def test_rows_that_are_lost_leave_the_window_incomplete_with_the_number(vigie: Bdc) -> None:
    of_one_category(vigie)
    vigie.control.faults.start(misbehaviour.LoseRows(rows=1, page=2))
    window = vigie.crawl(DAY).windows[0]
    assert window.verdict is Verdict.INCOMPLETE
    assert window.missing == 1
    assert repaired(vigie)


@pytest.mark.parametrize("off_by", [3, -1])
def test_a_total_that_is_wrong_is_not_complete(vigie: Bdc, off_by: int) -> None:
    vigie.control.faults.start(misbehaviour.WrongTotal(off_by=off_by))
    window = vigie.crawl(DAY).windows[0]
    assert window.verdict is Verdict.INCOMPLETE
    assert window.stored == listed_on(vigie)
    assert repaired(vigie)


def test_an_empty_list_is_suspect(vigie: Bdc) -> None:
    vigie.control.faults.start(misbehaviour.EmptyList())
    window = vigie.crawl(DAY).windows[0]
    assert (window.verdict, window.announced) == (Verdict.SUSPECT, 0)
    assert repaired(vigie)


def test_a_day_that_the_portal_ignores_is_noticed_before_paging_through_everything(vigie: Bdc) -> None:
    earlier = DAY - timedelta(days=1)  # whatever the hour, the first page shows newer ones
    vigie.control.faults.start(misbehaviour.IgnoreFilters())
    assert_failed(vigie.crawl(earlier).windows[0], "ignored the filter")
    assert vigie.requests("list") + vigie.requests("results") <= 3
    assert vigie.store.notices.count() == 0
    assert repaired(vigie, earlier)


def test_an_ignored_filter_for_open_calls_is_noticed(notices: Bdc) -> None:
    notices.control.faults.start(misbehaviour.IgnoreFilters())
    assert_failed(notices.crawl_open().windows[0], "with the deadline")


def test_a_page_size_that_the_portal_refuses_is_suspect_not_complete(
    vigie: Bdc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal answers 200 without a card, as on a day without notices."""
    monkeypatch.setattr("simulated_portals.bdc.portal.PAGE_SIZES", {"25": 25})
    window = vigie.crawl(DAY).windows[0]
    assert window.verdict is Verdict.SUSPECT
    assert vigie.control.statistics.events("page_size_refused") > 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("content__resultat", "content__total", "content__resultat"),
        ("Nombre de résultats :", "Résultats trouvés", "Nombre de résultats"),
        ("entreprise__card", "carte", "shows no card"),
    ],
)
def test_a_changed_layout_of_the_list_is_a_named_error(vigie: Bdc, old: str, new: str, told: str) -> None:
    vigie.control.renamed[old] = new
    report = vigie.crawl(DAY)
    assert report.windows[0].verdict is Verdict.FAILED
    assert told in (report.run.message or "")
    vigie.control.renamed.clear()
    assert repaired(vigie)


def test_a_label_that_is_renamed_shows_as_unread_and_its_value_is_absent(notices: Bdc) -> None:
    notices.control.renamed["Catégorie principale"] = "Type d'achat"
    report = notices.crawl(DAY)
    assert report.complete
    assert report.run.unread == {"show.Type d'achat": listed_on(notices)}
    found = [stored.notice for stored in notices.store.notices.iterate()]
    assert all(notice.nature for notice in found)  # found beside its icon, and noted
    assert all(any("icon" in note.message for note in notice.notes) for notice in found)


def test_cards_without_the_parts_of_their_key_are_missed_and_told(vigie: Bdc) -> None:
    vigie.control.renamed.update({"/show/": "/voir/", "Acheteur :": "Payeur :"})
    window = vigie.crawl(DAY).windows[0]
    assert (window.verdict, window.stored) == (Verdict.INCOMPLETE, 0)
    assert window.missing == listed_on(vigie)
    assert "left out" in (window.reason or "")


def test_maintenance_ends_the_run_with_its_name(vigie: Bdc) -> None:
    vigie.control.faults.start(misbehaviour.Maintenance(path=LIST))
    report = vigie.crawl(DAY - timedelta(days=1), DAY)
    assert [window.verdict for window in report.windows] == [Verdict.FAILED] * 2
    assert all("maintenance" in (window.reason or "") for window in report.windows)
    assert report.run.state is RunState.FAILED


def test_a_login_page_is_named(vigie: Bdc) -> None:
    vigie.control.asks_for_login = True
    report = vigie.crawl(DAY)
    assert report.windows[0].verdict is Verdict.FAILED
    assert "asks for a password" in (report.run.message or "")


def test_a_notice_that_the_firewall_rejects_is_missed_by_name_and_the_others_are_stored(notices: Bdc) -> None:
    notices.control.rejected.add(400_003)
    window = notices.crawl(DAY).windows[0]
    assert (window.verdict, window.missing, window.stored) == (Verdict.INCOMPLETE, 1, listed_on(notices) - 1)
    assert "400003" in (window.reason or "")
    assert "Request Rejected" in (window.reason or "")
    notices.control.rejected.clear()
    assert repaired(notices)


def test_a_notice_whose_page_is_gone_is_stored_from_its_card_and_asked_for_again(notices: Bdc) -> None:
    notices.control.faults.start(misbehaviour.AnswerStatus(status=404, path="/show/400003"))
    assert notices.crawl(DAY).complete
    stored = notices.stored("400003")
    assert stored.notice.partial is not None
    assert stored.notice.deadline is not None
    notices.control.faults.clear()
    notices.crawl(DAY)
    whole = notices.stored("400003")
    assert whole.notice.partial is None


@pytest.mark.parametrize("status", [429, 503])
def test_an_error_that_passes_is_tried_again(vigie: Bdc, status: int) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=status, times=2, path=LIST, retry_after=0))
    report = vigie.crawl(DAY)
    assert report.complete
    assert report.windows[0].stored == listed_on(vigie)


def test_an_error_that_stays_fails_the_window_and_says_so(vigie: Bdc) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=503, path=LIST))
    report = vigie.crawl(DAY)
    assert report.windows[0].verdict is Verdict.FAILED
    assert "answers 503" in (report.run.message or "")
    assert repaired(vigie)


@cut_answers
def test_an_answer_cut_in_half_is_asked_for_again(vigie: Bdc, how: CutAnswer) -> None:
    vigie.control.faults.start(misbehaviour.CutBody(how=how, times=1, path=LIST))
    report = vigie.crawl(DAY)
    assert report.complete
    assert report.windows[0].stored == listed_on(vigie)


def test_a_portal_that_hangs_is_given_up_after_the_timeout_and_asked_again(tmp_path: Path) -> None:
    with made(tmp_path, "ma_bdc_results", crawl={"timeout": 0.3}) as vigie:
        vigie.control.faults.start(misbehaviour.Hang(seconds=30, times=1, path=LIST))
        report = vigie.crawl(DAY)
        assert report.complete
        assert report.windows[0].stored == listed_on(vigie)
