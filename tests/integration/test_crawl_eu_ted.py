"""A crawl of the simulated TED: search, packages, single documents, into the store and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from notices.model import NoticeKind
from simulated_portals.be_bda.server import make_portal as make_belgian_portal
from simulated_portals.ted.portal import TedPortal
from simulated_portals.ted.publishing import TedNotice
from simulated_portals.ted.server import make_portal
from store.records import Verdict
from tests.support.crawls import PortalInstallation, portal_installation

TODAY = date(2026, 11, 18)
OLD = Path(__file__).parents[1] / "golden/ted_export/competition_bilingual_two_lots.xml"
WANTED = ("BEL", "FRA")


@pytest.fixture
def ted(tmp_path: Path) -> Iterator[PortalInstallation[TedPortal]]:
    with portal_installation(tmp_path, "eu_ted", make_portal(invented=120, seed=3, today=TODAY)) as made:
        yield made


@pytest.fixture
def ted_of_today(tmp_path: Path) -> Iterator[PortalInstallation[TedPortal]]:
    """One that lives on the day on which it is asked what is open."""
    with portal_installation(tmp_path, "eu_ted", make_portal(invented=120, seed=3)) as made:
        yield made


def ours(ted: PortalInstallation[TedPortal]) -> list[TedNotice]:
    """Published notices of the countries that are followed."""
    return [notice for notice in ted.control.journal.notices.values() if notice.sent.country in WANTED]


def busiest_day(ted: PortalInstallation[TedPortal]) -> tuple[date, list[TedNotice]]:
    days = Counter(notice.sent.day for notice in ours(ted) if notice.sent.day < TODAY)
    day = max(sorted(days), key=lambda day: days[day])
    return day, [notice for notice in ours(ted) if notice.sent.day == day]


def test_every_belgian_and_french_notice_of_a_day_is_stored_whole(ted: PortalInstallation[TedPortal]) -> None:
    day, notices = busiest_day(ted)
    report = ted.crawl(day)
    stored = {item.notice.id: item.notice for item in ted.store.notices.iterate()}
    assert report.complete
    assert report.windows[0].announced == len(notices) > 3
    assert set(stored) == {f"eu_ted:{notice.key}" for notice in notices}
    assert {notice.country for notice in stored.values()} <= {"BE", "FR"}
    assert not any(notice.partial for notice in stored.values())
    assert report.run.unread == {}


def test_the_documents_of_a_day_come_in_one_request(ted: PortalInstallation[TedPortal]) -> None:
    ted.crawl(busiest_day(ted)[0])
    assert (ted.requests("package"), ted.requests("document")) == (1, 0)


def test_few_documents_of_an_issue_are_fetched_without_its_package(ted: PortalInstallation[TedPortal]) -> None:
    days = Counter(notice.sent.day for notice in ours(ted))
    day = next(day for day in sorted(days) if days[day] in (1, 2))
    assert ted.crawl(day).complete
    assert (ted.requests("package"), ted.requests("document")) == (0, days[day])


def test_a_second_crawl_asks_for_lists_only(ted: PortalInstallation[TedPortal]) -> None:
    day = busiest_day(ted)[0]
    ted.crawl(day)
    fetched = ted.requests("package") + ted.requests("document")
    again = ted.crawl(day)
    assert again.complete
    assert ted.requests("package") + ted.requests("document") == fetched
    assert (again.run.counts.new, again.run.counts.changed, again.run.counts.fetched) == (0, 0, 0)


def test_the_open_calls_are_stored(ted_of_today: PortalInstallation[TedPortal]) -> None:
    ted = ted_of_today
    report = ted.crawl_open()
    now = ted.control.clock.local_now()
    still_open = {f"eu_ted:{notice.key}" for notice in ours(ted) if notice.sent.deadline and notice.sent.deadline > now}
    assert report.complete
    assert {item.notice.id for item in ted.store.notices.iterate()} == still_open
    assert all(item.notice.deadline for item in ted.store.notices.iterate())


def test_a_day_without_issue_is_complete_and_says_so(ted: PortalInstallation[TedPortal]) -> None:
    saturday = TODAY - timedelta(days=4)
    window = ted.crawl(saturday).windows[0]
    assert (window.verdict, window.announced) == (Verdict.COMPLETE, 0)
    assert "no issue" in (window.reason or "")


def test_a_deadline_that_moves_is_a_notice_of_the_same_procedure(ted: PortalInstallation[TedPortal]) -> None:
    first = ted.control.publish()
    ted.crawl(TODAY)
    before = ted.stored(first)
    second = ted.control.rectify(before.notice.procedure_id or "")
    ted.crawl(TODAY)
    after = ted.stored(second)
    assert second != first
    assert after.notice.procedure_id == before.notice.procedure_id
    assert after.notice.deadline is not None
    assert before.notice.deadline is not None
    assert after.notice.deadline.at.date() == before.notice.deadline.at.date() + timedelta(days=14)
    changed = [link for link in after.notice.links if link.relation == "changed"]
    assert [(link.scheme, link.value) for link in changed] == [
        ("eforms-notice-id", f"{before.notice.notice_uuid}-{before.notice.notice_version}")
    ]


def test_a_notice_bears_the_ids_of_its_belgian_copy(ted: PortalInstallation[TedPortal]) -> None:
    belgian = make_belgian_portal(invented=120, seed=3, today=TODAY).catalogue.publications()
    copies = {version.notice_id: item for item in belgian for version in item.versions}
    day, _ = busiest_day(ted)
    ted.crawl(day)
    found = [item.notice for item in ted.store.notices.iterate() if item.notice.country == "BE"]
    assert found
    for notice in found:
        copy = copies[notice.notice_uuid or ""]
        assert notice.procedure_id == copy.procedure_id
        linked = [link.value for link in notice.links if link.relation == "national-copy"]
        assert linked in ([], [f"be_bda:{copy.workspace_id}"])


def test_french_calls_link_to_their_consultation(ted_of_today: PortalInstallation[TedPortal]) -> None:
    ted = ted_of_today
    ted.crawl_open()
    french = [item.notice for item in ted.store.notices.iterate() if item.notice.country == "FR"]
    links = [link.value for notice in french for link in notice.links if link.relation == "national-copy"]
    assert links
    assert all(value.startswith("fr_place:s2d-") for value in links)
    assert all(notice.buyers[0].identifiers[0].scheme == "SIRET" for notice in french)
    assert all(notice.buyers[0].identifiers[0].valid for notice in french)


def test_notices_from_before_eforms_come_the_same_way(ted: PortalInstallation[TedPortal]) -> None:
    day = date(2021, 6, 8)
    number = "290123-2021"
    xml = OLD.read_bytes()
    ted.control.publish_document(number, day, "BEL", xml.replace(_number_of(xml), b"290123-2021"))
    report = ted.crawl(day)
    stored = ted.store.notices.get(f"eu_ted:{number}")
    assert report.complete
    assert stored is not None
    assert stored.notice.format.startswith("ted-export-")
    assert stored.notice.kind is NoticeKind.COMPETITION


def _number_of(xml: bytes) -> bytes:
    return xml.partition(b'DOC_ID="')[2].partition(b'"')[0]


@pytest.mark.parametrize("ends_with_empty_page", [False, True])
def test_the_end_of_an_iteration_is_seen_in_both_ways(
    ted: PortalInstallation[TedPortal], ends_with_empty_page: bool
) -> None:
    ted.control.habits.largest_page = 2
    ted.control.habits.ends_with_empty_page = ends_with_empty_page
    day, notices = busiest_day(ted)
    report = ted.crawl(day)
    assert report.complete
    assert report.windows[0].stored == len(notices)
    assert report.windows[0].reason is None
