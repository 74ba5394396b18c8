"""Crawls of simulated Atexo platforms, into the store and again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawlers.portals import load, parser
from notices.model import Deadline, Notice
from simulated_portals.atexo_fr.portal import AtexoPortal
from simulated_portals.atexo_fr.server import make_portal
from store.records import Verdict
from tests.support.crawls import PortalInstallation, portal_installation

Installation = PortalInstallation[AtexoPortal]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with portal_installation(tmp_path, "fr_place", make_portal("fr_place", invented=26, seed=4)) as made:
        yield made


@pytest.fixture
def maximilien(tmp_path: Path) -> Iterator[Installation]:
    with portal_installation(tmp_path, "fr_maximilien", make_portal("fr_maximilien", invented=20, seed=5)) as made:
        yield made


def stored(vigie: Installation) -> dict[str, Notice]:
    return {one.notice.id.partition(":")[2]: one.notice for one in vigie.store.notices.iterate()}


def deadline_of(notice: Notice | None) -> Deadline:
    assert notice is not None
    assert notice.deadline is not None
    return notice.deadline


@pytest.mark.parametrize("key", ["fr_place", "fr_maximilien"])
def test_every_open_consultation_is_stored_and_no_other(tmp_path: Path, key: str) -> None:
    with portal_installation(tmp_path, key, make_portal(key, invented=30, seed=4)) as vigie:
        report = vigie.crawl_open()
        listed = vigie.control.open_consultations
        assert len(listed) > 20  # more than one page
        assert report.complete
        assert report.windows[0].announced == len(listed)
        assert set(stored(vigie)) == {item.native_id for item in listed}
        assert report.run.counts.quarantined == 0
        assert report.run.unread == {}


def test_pages_of_twenty_are_asked_for_one_after_the_other(place: Installation) -> None:
    pages = -(-len(place.control.open_consultations) // 20)
    place.crawl_open()
    assert place.requests("list") == 1
    assert place.requests("postback") == 1 + (pages - 1)  # the page size, then each page but the first
    assert place.control.statistics.as_json()["peak_concurrent_requests"] == 1


def test_a_second_crawl_asks_for_list_pages_only(place: Installation) -> None:
    place.crawl_open()
    details, lots = place.requests("detail"), place.requests("lots")
    again = place.crawl_open()
    assert again.complete
    assert (place.requests("detail"), place.requests("lots")) == (details, lots)
    assert (again.run.counts.new, again.run.counts.changed) == (0, 0)
    assert again.run.counts.unchanged == len(place.control.open_consultations)


def test_a_deadline_that_moves_is_a_new_version_with_its_difference(place: Installation) -> None:
    place.crawl_open()
    chosen = place.control.open_consultations[-1]
    details = place.requests("detail")
    moved = place.control.move_deadline(chosen.number, days=9)
    report = place.crawl_open()
    notice_id = f"fr_place:{chosen.native_id}"
    kept = place.store.notices.get(notice_id)
    assert kept is not None
    assert kept.version == 2
    assert deadline_of(kept.notice).at.replace(tzinfo=None) == moved
    assert report.run.counts.changed == 1
    assert place.requests("detail") == details + 1
    newest = place.store.notices.versions(notice_id)[0]
    assert any("deadline" in change.path for change in newest.changes)


def test_a_new_consultation_is_the_only_one_fetched(place: Installation) -> None:
    place.crawl_open()
    details = place.requests("detail")
    key = place.control.publish()
    report = place.crawl_open()
    assert report.complete
    assert (report.run.counts.new, place.requests("detail") - details) == (1, 1)
    assert key in stored(place)


def test_a_consultation_that_leaves_the_list_stays_in_the_store(place: Installation) -> None:
    place.crawl_open()
    gone = place.control.open_consultations[-1]
    place.control.close(gone.number)
    report = place.crawl_open()
    assert report.complete
    assert report.windows[0].announced == len(place.control.open_consultations)
    assert gone.native_id in stored(place)


def test_what_the_platform_prints_arrives_field_by_field(maximilien: Installation) -> None:
    maximilien.crawl_open()
    read = stored(maximilien)
    assert len(read) == len(maximilien.control.open_consultations) > 0
    for item in maximilien.control.open_consultations:
        notice = read[item.native_id]
        assert notice.text() == item.title.strip()
        assert notice.references == (item.reference,)
        assert deadline_of(notice).at.replace(tzinfo=None) == item.deadline
        assert notice.first_published_on == item.published
        assert notice.main_cpv == item.cpv[0]
        assert [lot.title["fr"] for lot in notice.lots] == [lot.title for lot in item.lots]
        assert [place.printed for place in notice.places] == list(item.places)
        assert notice.flags.social is (True if "social" in item.clauses else None)
        assert notice.flags.green is (True if "environnement" in item.clauses else None)
        assert notice.buyers[0].name["fr"] == item.organisation.name
        assert notice.url == (
            f"https://marches.maximilien.fr/entreprise/consultation/{item.number}?orgAcronyme={item.organisation.acronym}"
        )


def test_the_procedure_comes_from_the_list_where_the_page_leaves_it_empty(maximilien: Installation) -> None:
    assert maximilien.control.skin.empty_procedure
    maximilien.crawl_open()
    read = stored(maximilien)
    for item in maximilien.control.open_consultations:
        procedure = read[item.native_id].procedure_type
        assert procedure is not None
        assert procedure.printed == (item.procedure, item.procedure_short)


def test_both_markups_of_a_page_read_the_same(tmp_path: Path) -> None:
    read = []
    for markup in ("div", "span"):
        portal = make_portal("fr_place", invented=8, seed=8, markup=markup)  # type: ignore[arg-type]
        with portal_installation(tmp_path / markup, "fr_place", portal) as vigie:
            assert vigie.crawl_open().complete
            read.append({key: one.model_copy(update={"raw": None}) for key, one in stored(vigie).items()})
    assert read[0] == read[1]


def test_a_platform_that_spells_its_addresses_otherwise_is_followed(tmp_path: Path) -> None:
    portal = make_portal("fr_place", invented=6, seed=8, redirects_to_prefix=True)
    with portal_installation(tmp_path, "fr_place", portal) as vigie:
        assert vigie.crawl_open().complete
        assert all(notice.partial is None for notice in stored(vigie).values())


def test_an_organisation_without_open_consultations_is_complete(tmp_path: Path) -> None:
    portal = make_portal("fr_val_de_marne", invented=20, seed=2)
    for item in list(portal.catalogue.by_number.values()):
        if item.organisation.acronym == "a8z":
            portal.close(item.number)
    with portal_installation(tmp_path, "fr_val_de_marne", portal) as vigie:
        report = vigie.crawl_open()
        assert portal.open_consultations
        assert (report.windows[0].verdict, report.windows[0].announced) == (Verdict.COMPLETE, 0)


def test_a_small_platform_may_be_empty(tmp_path: Path) -> None:
    with portal_installation(tmp_path, "fr_gard", make_portal("fr_gard", invented=0)) as vigie:
        report = vigie.crawl_open()
        assert (report.windows[0].verdict, report.windows[0].announced) == (Verdict.COMPLETE, 0)


def test_the_val_de_marne_can_be_followed_alone(tmp_path: Path) -> None:
    portal = make_portal("fr_val_de_marne", invented=40, seed=6)
    with portal_installation(tmp_path, "fr_val_de_marne", portal) as vigie:
        report = vigie.crawl_open()
        mine = {item.native_id for item in portal.open_consultations if item.organisation.acronym == "a8z"}
        assert mine
        assert report.complete
        assert report.windows[0].announced == len(mine)
        assert set(stored(vigie)) == mine
        assert vigie.requests("detail") == len(mine)


def test_the_same_consultation_of_the_val_de_marne_and_of_maximilien_is_one_tender(tmp_path: Path) -> None:
    portal = make_portal("fr_maximilien", invented=20, seed=6)
    with portal_installation(tmp_path, "fr_maximilien", portal) as vigie:
        vigie.crawl_open()
        vigie.key = "fr_val_de_marne"
        vigie.crawl_open()
        kept = {one.notice.id: one for one in vigie.store.notices.iterate()}
        alone = [notice_id for notice_id in kept if notice_id.startswith("fr_val_de_marne:")]
        assert alone
        for notice_id in alone:
            twin = notice_id.replace("fr_val_de_marne", "fr_maximilien")
            links = kept[notice_id].notice.links
            assert ("same-procedure", "portal-reference", twin) in {(x.relation, x.scheme, x.value) for x in links}
            assert kept[notice_id].procedure_key == kept[twin].procedure_key


def test_archived_payloads_read_again_give_the_same_notices(place: Installation) -> None:
    from crawlers.contract import Parsing

    place.crawl_open()
    assert place.stored_ids()
    read = parser("fr_place")
    base_url = load("fr_place").base_url
    for one in place.store.notices.iterate():
        assert one.notice.raw is not None
        payload = place.archive.read(one.notice.raw)
        again = read(payload, Parsing(portal="fr_place", base_url=base_url)).notice
        assert again == one.notice.model_copy(update={"raw": None})


def test_news_keeps_the_portal_complete(place: Installation) -> None:
    place.crawl_open()
    for _ in range(5):
        place.control.make_news()
    report = place.crawl_open()
    assert report.complete
    assert report.run.counts.new + report.run.counts.changed >= 3
    assert report.windows[0].announced == len(place.control.open_consultations)
    assert all(item.deadline > place.control.clock.local_now() - timedelta(days=1)
               for item in place.control.open_consultations)  # fmt: skip
