"""A crawl of the simulated BOAMP, into the store and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from notices.model import NoticeKind
from simulated_portals.boamp.drafts import Draft
from simulated_portals.boamp.server import make_portal
from store.records import RunState, Verdict
from tests.support.boamp import TODAY, Boamp, boamp, busiest_day, live_on_today


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    live_on_today(monkeypatch)


@pytest.fixture
def vigie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Boamp]:
    with boamp(tmp_path, make_portal(invented=150, seed=3, today=TODAY), monkeypatch) as made:
        yield made


def drafts(vigie: Boamp, shape: str | None = None, event: str | None = None) -> list[Draft]:
    found = vigie.control.catalogue.drafts()
    return [d for d in found if shape in (None, d.shape) and event in (None, d.event)]


def stored_ids(vigie: Boamp) -> set[str]:
    return {stored.notice.id for stored in vigie.store.notices.iterate()}


def is_open(draft: Draft) -> bool:
    if draft.event == "cancellation":
        return False
    return (draft.deadline.date() if draft.deadline else draft.diffusion_ends) >= TODAY


def test_every_notice_of_a_day_is_stored(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    report = vigie.crawl(day)
    assert report.complete
    assert (report.windows[0].announced, report.windows[0].stored) == (listed, listed)
    assert stored_ids(vigie) == {f"fr_boamp:{key}" for key in vigie.control.catalogue.on(day)}
    assert report.run.counts.quarantined == 0


def test_all_five_shapes_are_read_and_leave_nothing_unread(vigie: Boamp) -> None:
    shapes = {}
    for draft in drafts(vigie):
        shapes.setdefault((draft.shape, draft.event), draft)
    days = sorted({draft.published_on for draft in shapes.values()})
    reports = [vigie.crawl(day) for day in days]
    assert all(report.complete for report in reports)
    assert all(report.run.unread == {} for report in reports)
    assert {draft.shape for draft in shapes.values()} == {"eforms", "fns", "mapa", "dsp", "divers", "legacy"}
    for draft in shapes.values():
        stored = vigie.stored(draft.idweb)
        assert stored.notice.title["fr"].startswith(draft.title[:20])
        assert stored.notice.buyers[0].name["fr"] == draft.buyer.name


def test_the_open_notices_are_stored_and_no_others(vigie: Boamp) -> None:
    report = vigie.crawl_open()
    assert report.complete
    assert stored_ids(vigie) == {f"fr_boamp:{draft.idweb}" for draft in drafts(vigie) if is_open(draft)}


def test_a_second_crawl_asks_for_list_pages_only(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    vigie.crawl(day)
    before = {kind: vigie.requests(kind) for kind in ("list", "records", "links")}
    again = vigie.crawl(day)
    assert again.complete
    assert again.run.counts.unchanged == listed
    assert vigie.requests("list") == 2 * before["list"]
    assert (vigie.requests("records"), vigie.requests("links")) == (before["records"], before["links"])


def test_one_request_brings_a_whole_batch_of_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with boamp(tmp_path, make_portal(invented=215, seed=5, today=TODAY), monkeypatch, page_size=100) as vigie:
        report = vigie.crawl_open()
        assert report.complete
        assert report.run.counts.new > 100
        assert vigie.requests("records") == -(-report.run.counts.new // 100)


def test_a_deadline_that_moves_in_place_becomes_a_new_version(vigie: Boamp) -> None:
    vigie.crawl_open()
    draft = next(d for d in drafts(vigie, "eforms", "call") if is_open(d) and d.deadline)
    assert draft.deadline is not None
    moved = draft.deadline + timedelta(days=5)
    vigie.control.move_deadline(draft.idweb, moved)
    fetched = vigie.requests("records")
    report = vigie.crawl_open()
    stored = vigie.stored(draft.idweb)
    assert stored.version == 2
    assert stored.notice.deadline is not None
    assert stored.notice.deadline.at == moved
    assert (report.run.counts.changed, vigie.requests("records")) == (1, fetched + 1)


@pytest.mark.parametrize("shape", ["eforms", "fns", "mapa", "legacy"])
def test_a_correction_is_a_notice_of_its_own_in_the_procedure_of_its_call(vigie: Boamp, shape: str) -> None:
    call = next(d for d in drafts(vigie, shape, "call") if d.deadline)
    assert call.deadline is not None
    key = vigie.control.correct(call.idweb, call.deadline + timedelta(days=9))
    vigie.crawl(call.published_on)
    vigie.crawl(TODAY)
    before, after = (vigie.store.notices.get(f"fr_boamp:{idweb}") for idweb in (call.idweb, key))
    assert before is not None
    assert after is not None
    assert (before.version, after.notice.kind) == (1, NoticeKind.CHANGE)
    assert after.notice.deadline is not None
    assert after.notice.deadline.at.date() == call.deadline.date() + timedelta(days=9)
    assert any(link.value == call.idweb for link in after.notice.links)
    assert after.procedure_key == before.procedure_key


def test_a_cancellation_belongs_to_the_call_behind_the_correction_it_names(vigie: Boamp) -> None:
    """Three links deep, while only the cancellation is crawled: the first notice is found by the named keys."""
    call = next(d for d in drafts(vigie, "mapa", "call") if d.deadline)
    first = vigie.control.correct(call.idweb)
    second = vigie.control.correct(first)
    key = vigie.control.cancel(second)
    vigie.crawl(TODAY)
    stored = vigie.stored(key)
    assert stored.notice.kind is NoticeKind.CANCELLATION
    assert stored.notice.cancelled is True
    assert stored.notice.procedure_id == call.idweb
    assert stored.procedure_key == f"fr_boamp:{call.idweb}"


def test_calls_that_name_one_prior_information_notice_stay_procedures_of_their_own(vigie: Boamp) -> None:
    earlier = drafts(vigie, "fns", "call")[0]
    vigie.control.catalogue.change(earlier.idweb, nature="PRE-INFORMATION")
    calls = [vigie.control.publish(), vigie.control.publish()]
    for key in calls:
        draft = replace(vigie.control.catalogue.draft(key), folder=None, shape="mapa", previous=earlier)
        vigie.control.catalogue.put(draft)
    vigie.crawl(TODAY)
    keys = {vigie.store.notices.get(f"fr_boamp:{key}").procedure_key for key in calls}  # type: ignore[union-attr]
    assert len(keys) == 2


def test_a_national_notice_joins_the_procedure_of_the_european_one_it_names(vigie: Boamp) -> None:
    call = next(d for d in drafts(vigie, "eforms", "call"))
    after = replace(
        next(d for d in drafts(vigie, "fns", "award")), idweb="26-399999", published_on=TODAY, previous=call
    )
    vigie.control.publish(after)
    vigie.crawl(TODAY)
    stored = vigie.stored("26-399999")
    assert stored.notice.procedure_id == call.folder


def test_links_come_from_named_keys_and_never_from_dates(vigie: Boamp) -> None:
    award = next(d for d in drafts(vigie, "fns", "award"))
    vigie.crawl(award.published_on)
    stored = vigie.stored(award.idweb)
    assert award.previous is not None
    assert {link.value for link in stored.notice.links} == {award.previous.idweb}


def test_a_list_longer_than_the_portal_serves_is_divided_and_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = make_portal(invented=150, seed=3, today=TODAY, cap=20)
    with boamp(tmp_path, portal, monkeypatch, longest=20) as vigie:
        report = vigie.crawl_open()
        expected = {f"fr_boamp:{draft.idweb}" for draft in drafts(vigie) if is_open(draft)}
        assert report.complete
        assert len(expected) > 3 * 20
        assert report.windows[0].announced == len(expected)
        assert stored_ids(vigie) == expected


def test_a_day_longer_than_the_portal_serves_is_divided_by_family_and_nature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = make_portal(invented=0, today=TODAY, cap=40)
    source = make_portal(invented=60, seed=9, today=TODAY).catalogue.drafts()
    portal.catalogue.put(*(replace(draft, published_on=TODAY) for draft in source))
    portal.catalogue.change(source[0].idweb, famille=None)
    with boamp(tmp_path, portal, monkeypatch, longest=40) as vigie:
        report = vigie.crawl(TODAY)
        assert report.complete
        assert report.windows[0].stored == 60


def test_the_list_may_come_as_an_export_whatever_the_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = make_portal(invented=80, seed=3, today=TODAY, cap=20)
    with boamp(tmp_path, portal, monkeypatch, longest=20, options={"list_by": "export"}) as vigie:
        report = vigie.crawl_open()
        assert report.complete
        assert stored_ids(vigie) == {f"fr_boamp:{draft.idweb}" for draft in drafts(vigie) if is_open(draft)}
        assert (vigie.requests("export"), vigie.requests("list")) == (1, 0)


def test_an_option_that_does_not_exist_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = make_portal(invented=5, seed=3, today=TODAY)
    with boamp(tmp_path, portal, monkeypatch, options={"list_by": "fax"}) as vigie:
        report = vigie.crawl_open()
        assert report.run.state is RunState.FAILED
        assert "fr_boamp/portal.yml, options" in (report.run.message or "")


def test_a_sunday_without_notices_is_complete(vigie: Boamp) -> None:
    sunday = TODAY - timedelta(days=TODAY.isoweekday())
    window = vigie.crawl(sunday).windows[0]
    assert (window.verdict, window.announced) == (Verdict.COMPLETE, 0)


def test_a_notice_published_during_the_crawl_is_not_lost(vigie: Boamp) -> None:
    real, published = vigie.control._records, []

    def answer_and_publish(request: object) -> object:
        given = real(request)  # type: ignore[arg-type]
        if not published:
            published.append(vigie.control.publish())
        return given

    vigie.control._records = answer_and_publish  # type: ignore[method-assign,assignment]
    report = vigie.crawl(TODAY)
    assert report.complete
    assert vigie.store.notices.get(f"fr_boamp:{published[0]}") is not None


def test_links_lead_to_the_page_of_the_notice_on_the_public_site(vigie: Boamp) -> None:
    day, listed = busiest_day(vigie)
    vigie.crawl(day)
    assert vigie.store.notices.count() == listed
    for stored in vigie.store.notices.iterate():
        key = stored.notice.id.partition(":")[2]
        assert stored.notice.url == f"https://www.boamp.fr/pages/avis/?q=idweb:{key}"


def test_a_notice_of_2015_is_crawled_by_its_day(vigie: Boamp) -> None:
    old = drafts(vigie, "legacy", "call")[0]
    assert old.published_on < date(2019, 1, 1)
    assert vigie.crawl(old.published_on).complete
    assert f"fr_boamp:{old.idweb}" in stored_ids(vigie)
