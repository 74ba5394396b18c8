"""A crawl of the announcements of the simulated Moroccan national portal, into the store and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from notices.model import Notice, NoticeKind
from simulated_portals.atexo_ma.invented import TEST_ORGANISATION
from simulated_portals.atexo_ma.results.announcements import LABELS, Announcement
from simulated_portals.atexo_ma.results.portal import ResultsPortal
from simulated_portals.atexo_ma.results.server import make_portal
from store.records import Verdict
from tests.support.crawls import PortalInstallation, portal_installation

Installation = PortalInstallation[ResultsPortal]
SLUGS = {
    "2": "information",
    "4": "resultat-definitif",
    "5": "extrait-pv",
    "6": "achevement",
    "8": "resiliation",
    "9": "presentation",
}
KINDS = {
    "2": NoticeKind.INFORMATION,
    "4": NoticeKind.RESULT,
    "5": NoticeKind.RESULT,
    "6": NoticeKind.COMPLETION,
    "8": NoticeKind.MODIFICATION,
    "9": NoticeKind.INFORMATION,
}


def today(made: Installation) -> date:
    return made.control.clock.today()


def native_id(item: Announcement) -> str:
    return f"{item.key}-{SLUGS[item.kind]}"


def stored(made: Installation, native: str) -> Notice:
    return made.stored(native).notice


def real(made: Installation) -> list[Announcement]:
    items = made.control.announcements.values()
    return [item for item in items if item.record.organisation != TEST_ORGANISATION]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One crawl for tests that only look."""
    folder = tmp_path_factory.mktemp("seen")
    with portal_installation(folder, "ma_pmmp_results", make_portal(invented=30, seed=2)) as made:
        report = made.crawl(today(made) - timedelta(days=9), today(made))
        assert report.complete, report.run.message
        yield made


@pytest.fixture
def crawled(tmp_path: Path) -> Iterator[Installation]:
    with portal_installation(tmp_path, "ma_pmmp_results", make_portal(invented=30, seed=2)) as made:
        report = made.crawl(today(made) - timedelta(days=9), today(made))
        assert report.complete, report.run.message
        yield made


def test_every_announcement_cancellation_and_programme_is_stored_once_and_no_test(seen: Installation) -> None:
    portal = seen.control
    expected = {native_id(item) for item in real(seen)}
    expected |= {f"{item.key}-annulation" for item in portal.consultations() if item.cancelled}
    expected |= {f"{item.organisation}-{item.number}-programme" for item in portal.programmes}
    assert {found.notice.id for found in seen.store.notices.iterate()} == {f"ma_pmmp_results:{x}" for x in expected}
    assert {item.kind for item in real(seen)} == set(LABELS)
    assert any(item.record.organisation == TEST_ORGANISATION for item in portal.announcements.values())


def test_each_announcement_is_of_its_kind_with_its_day_and_its_documents(seen: Installation) -> None:
    assert {item.kind for item in real(seen)} == set(KINDS)
    for item in real(seen):
        notice = stored(seen, native_id(item))
        assert notice.kind is KINDS[item.kind]
        assert notice.subtype == LABELS[item.kind]
        assert notice.first_published_on == item.record.published.date()
        assert notice.references == (item.record.reference,)
        assert notice.deadlines == ()
        files = [document for document in notice.documents if "EntrepriseDownloadAvisJAL" in document.url]
        assert [document.url.rpartition("=")[2] for document in files] == [str(number) for number in item.files]
        assert all((document.title or "").startswith(LABELS[item.kind]) for document in files)


def test_an_announcement_is_tied_to_its_call_though_their_numbers_differ(seen: Installation) -> None:
    of_calls = [item for item in real(seen) if item.kind != "2"]
    assert of_calls
    for item in of_calls:
        links = {(link.relation, link.scheme, link.value) for link in stored(seen, native_id(item)).links}
        assert item.call != item.key
        assert links == {("same-procedure", "portal-reference", f"ma_pmmp:{item.call}")}


def test_the_store_groups_an_announcement_with_its_call(tmp_path: Path) -> None:
    portal = make_portal(invented=0)
    call = replace(portal.inventor.call(), deadline=portal.clock.local_now() + timedelta(days=3), lots=())
    portal.publish(call)
    item = portal.announce("4", call=call)
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        assert PortalInstallation(made.settings, made.store, made.archive, made.portal, "ma_pmmp").crawl_open().complete
        assert made.crawl(today(made)).complete
        found = made.store.notices.get(f"ma_pmmp_results:{native_id(item)}")
        of_the_call = made.store.notices.get(f"ma_pmmp:{call.key}")
        assert found is not None
        assert of_the_call is not None
        assert found.procedure_key == of_the_call.procedure_key


def test_a_reference_that_two_calls_of_a_buyer_share_ties_to_neither(tmp_path: Path) -> None:
    portal = make_portal(invented=0)
    call = portal.inventor.call()
    portal.publish(call)
    portal.publish(replace(call, number=call.number + 1))
    item = portal.announce("5", call=call)
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        assert made.crawl(today(made)).complete
        notice = stored(made, native_id(item))
        assert [link.value for link in notice.links] == [f"ma_pmmp:{item.key}"]
        assert any("2 calls have this reference" in note.message for note in notice.notes)


def test_tenders_opened_are_kept_by_lot_with_amounts_and_without_a_winner(seen: Installation) -> None:
    portal = seen.control
    with_opening = [item for item in real(seen) if item.kind in "45" and item.call in portal.openings]
    assert {len(portal.openings[item.call or ""]) for item in with_opening} == {1, 2}
    for item in with_opening:
        notice = stored(seen, native_id(item))
        tables = portal.openings[item.call or ""]
        lots = [None] if len(tables) == 1 else [str(place + 1) for place in range(len(tables))]
        assert [result.lot_id for result in notice.results] == lots
        for result, table in zip(notice.results, tables, strict=True):
            assert result.tenders_received == len(table)
            assert result.winners == ()
            for tender, printed in zip(result.tenders, table, strict=True):
                assert list(tender.tenderers[0].name.values()) == [printed.firm]
                amount = tender.value.amount if tender.value else None
                assert amount == decimal(printed.after)
                assert printed.administrative in notice.additional_information["fr"]


def decimal(printed: str) -> Decimal | None:
    return None if printed == "-" else Decimal(printed.replace(" ", "").replace(",", "."))


def test_no_part_of_a_page_stays_unread(tmp_path: Path) -> None:
    with portal_installation(tmp_path, "ma_pmmp_results", make_portal(invented=12, seed=9, days=2)) as made:
        assert made.crawl(today(made) - timedelta(days=1), today(made)).run.unread == {}


def test_a_second_crawl_asks_for_list_pages_only(crawled: Installation) -> None:
    kinds = ("detail", "tracking", "lot")
    before = {kind: crawled.requests(kind) for kind in kinds}
    searches = crawled.requests("search")
    again = crawled.crawl(today(crawled) - timedelta(days=9), today(crawled))
    assert again.complete
    assert {kind: crawled.requests(kind) for kind in kinds} == before
    assert crawled.requests("search") == searches + len(LABELS)
    assert (again.run.counts.new, again.run.counts.changed, again.run.counts.fetched) == (0, 0, 0)


def test_one_walk_of_each_list_serves_all_days_of_a_run(crawled: Installation) -> None:
    before = crawled.requests("form")
    crawled.crawl(today(crawled) - timedelta(days=9), today(crawled))
    assert crawled.requests("form") == before + len(LABELS)


def test_a_new_announcement_is_fetched_alone(crawled: Installation) -> None:
    fetched = crawled.requests("detail")
    item = crawled.control.announce("6")
    report = crawled.crawl(today(crawled))
    assert report.complete
    assert report.run.counts.new == 1
    assert crawled.requests("detail") == fetched + 1
    assert stored(crawled, native_id(item)).kind is NoticeKind.COMPLETION


def test_an_announcement_whose_row_changes_is_a_new_version(crawled: Installation) -> None:
    item = next(item for item in real(crawled) if item.record.published.date() == today(crawled))
    crawled.control.change_announcement(item.key, title="Travaux dont l'objet a été corrigé")
    assert crawled.crawl(today(crawled)).run.counts.changed == 1
    found = crawled.stored(native_id(item))
    assert found.version == 2


def test_a_document_that_comes_later_is_found_by_the_next_crawl(tmp_path: Path) -> None:
    portal = make_portal(invented=0)
    item = portal.announce("5")
    portal.announcements[item.key] = replace(item, files=())
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        assert made.crawl(today(made)).complete
        notice = stored(made, native_id(item))
        assert any("links no published document" in note.message for note in notice.notes)
        portal.add_files(item.key, 531_234)
        assert made.crawl(today(made)).run.counts.changed == 1
        assert any(document.url.endswith("idAvis=531234") for document in stored(made, native_id(item)).documents)


def test_a_call_that_is_cancelled_later_is_told_once_and_names_the_call(crawled: Installation) -> None:
    call = next(item for item in crawled.control.consultations() if not item.cancelled)
    crawled.control.cancel(call.key)
    report = crawled.crawl(today(crawled))
    assert report.complete
    assert report.run.counts.new == 1
    notice = stored(crawled, f"{call.key}-annulation")
    assert notice.kind is NoticeKind.CANCELLATION
    assert notice.cancelled is True
    assert (notice.first_published_on, notice.published_at) == (None, None)
    assert [link.value for link in notice.links] == [f"ma_pmmp:{call.key}"]
    assert crawled.crawl(today(crawled)).run.counts.new == 0


def test_what_was_cancelled_long_ago_is_kept_from_its_row_alone(tmp_path: Path) -> None:
    portal = make_portal(invented=0)
    portal.announce("5")
    call = portal.inventor.call()
    old = replace(call, deadline=portal.clock.local_now() - timedelta(days=300), cancelled=True)
    portal.publish(old)
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        assert made.crawl(today(made)).complete
        assert made.requests("detail") == 1  # of the extrait de PV
        assert stored(made, f"{old.key}-annulation").partial is not None


def test_a_forecast_programme_is_planning_with_its_file(seen: Installation) -> None:
    assert seen.control.programmes
    for item in seen.control.programmes:
        notice = stored(seen, f"{item.organisation}-{item.number}-programme")
        assert notice.kind is NoticeKind.PLANNING
        assert notice.first_published_on == item.published
        assert notice.buyers[0].name == {"fr": item.buyer}
        assert notice.documents[0].url.endswith(
            f"commun.PopupListePPsDownloadFile&id={item.number}&org={item.organisation}"
        )
        assert str(item.year) in notice.title["fr"]


def test_a_day_without_announcements_is_complete_when_older_ones_were_seen(tmp_path: Path) -> None:
    portal = make_portal(invented=0)
    portal.announce("5", datetime.combine(portal.clock.today() - timedelta(days=3), time(9, 0)))
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        found = made.crawl(today(made) - timedelta(days=1)).windows[0]
        assert (found.verdict, found.announced) == (Verdict.COMPLETE, 0)


def test_days_far_back_are_jumped_to_and_not_walked_to(tmp_path: Path) -> None:
    portal = make_portal(invented=0)
    portal.largest_size = 10
    first = portal.clock.today() - timedelta(days=80)
    for number in range(320):
        portal.announce("5", datetime.combine(first + timedelta(days=number // 4), time(9, number % 60)))
    wanted = portal.clock.today() - timedelta(days=70)
    with portal_installation(tmp_path, "ma_pmmp_results", portal) as made:
        report = made.crawl(wanted)
        assert report.complete, report.run.message
        assert report.windows[0].announced == 4
        assert made.requests("postback") <= 9  # of 32 pages
