"""A crawl of the simulated Belgian portal, into the store and again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.crawl import CrawlRequest
from simulated_portals.be_bda.server import make_portal
from store.records import RunState, Verdict
from tests.support.crawls import EFORMS, SAMPLE_DAYS, Installation, installation

real_samples = pytest.mark.skipif(not EFORMS.is_dir(), reason="the real samples in ../shared/samples are not here")


@pytest.fixture
def invented(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path, make_portal(invented=120, seed=3, largest_page=5)) as made:
        yield made


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path, make_portal(samples=EFORMS, today=SAMPLE_DAYS[1]), demo=False) as made:
        yield made


@real_samples
@pytest.mark.samples
def test_every_real_notice_of_the_window_is_stored(real: Installation) -> None:
    report = real.crawl(*SAMPLE_DAYS)
    files = {path.stem for path in EFORMS.glob("*/*.xml")}
    assert report.complete
    assert sum(window.announced or 0 for window in report.windows) == len(files)
    assert {stored.notice.id for stored in real.store.notices.iterate()} == {f"be_bda:{name}" for name in files}
    assert report.run.counts.quarantined == 0


@real_samples
@pytest.mark.samples
def test_a_second_crawl_changes_nothing_and_fetches_no_workspace_again(real: Installation) -> None:
    real.crawl(*SAMPLE_DAYS)
    queued, fetched = real.store.index_queue.depth(), real.requests("workspace")
    again = real.crawl(*SAMPLE_DAYS)
    assert again.complete
    assert real.requests("workspace") == fetched
    assert (again.run.counts.new, again.run.counts.changed) == (0, 0)
    assert real.store.index_queue.depth() == queued


@real_samples
@pytest.mark.samples
def test_no_field_of_a_real_crawl_stays_unread(real: Installation) -> None:
    assert real.crawl(*SAMPLE_DAYS).run.unread == {}


@real_samples
@pytest.mark.samples
@pytest.mark.parametrize("how", ["repeat", "empty"])
def test_a_lost_page_is_missed_and_the_next_run_repairs_it(real: Installation, how: str) -> None:
    from simulated_portals.misbehaviour import LosePage

    real.control.faults.start(LosePage(page=2, how=how))  # type: ignore[arg-type]
    report = real.crawl(*SAMPLE_DAYS)
    lost = report.windows[-1]
    assert (lost.verdict, lost.missing) == (Verdict.INCOMPLETE, (lost.announced or 0) - 100)
    assert f"{lost.missing} of {lost.announced} missing" in (report.run.message or "")
    assert not report.complete
    real.control.faults.clear()
    repaired = real.crawl(*SAMPLE_DAYS)
    assert repaired.complete
    assert repaired.run.counts.new == lost.missing
    assert real.store.windows.incomplete("be_bda") == []


def test_the_open_calls_of_the_portal_are_stored(invented: Installation) -> None:
    report = invented.crawl_open()
    now = invented.control.clock.local_now()
    still_open = {
        f"be_bda:{item.workspace_id}"
        for item in invented.control.catalogue.publications()
        if item.deadline and item.deadline > now
    }
    assert report.complete
    assert {stored.notice.id for stored in invented.store.notices.iterate()} == still_open
    assert all(stored.notice.deadline for stored in invented.store.notices.iterate())


def test_a_deadline_that_moves_becomes_a_new_version_with_the_difference(invented: Installation) -> None:
    invented.crawl_open()
    chosen = next(invented.store.notices.iterate()).notice
    moved = invented.control.rectify(chosen.id.partition(":")[2], None)
    fetched = invented.requests("workspace")
    report = invented.crawl_open()
    stored = invented.store.notices.get(chosen.id)
    assert stored is not None
    assert stored.version == 2
    assert stored.notice.deadline is not None
    assert stored.notice.deadline.at.replace(tzinfo=None) == moved
    assert report.run.counts.changed == 1
    assert invented.requests("workspace") == fetched + 1
    newest = invented.store.notices.versions(chosen.id)[0]
    assert any("deadline" in change.path for change in newest.changes)


def test_a_cancelled_call_is_stored_as_cancelled(invented: Installation) -> None:
    invented.crawl_open()
    chosen = next(invented.store.notices.iterate()).notice
    invented.control.cancel(chosen.id.partition(":")[2])
    invented.crawl(invented.today)
    stored = invented.store.notices.get(chosen.id)
    assert stored is not None
    assert stored.version == 2
    assert stored.notice.cancelled is True


def test_a_notice_published_during_the_crawl_is_not_lost(invented: Installation) -> None:
    """The portal's total grows under the crawler's feet: the list is walked again until its total stands still."""
    search, published = invented.control._page_of_results, []

    def search_and_publish(body: dict[str, object], path: str) -> object:
        answer = search(body, path)
        if body.get("page") == 2 and not published:
            published.append(invented.control.publish())
        return answer

    invented.control._page_of_results = search_and_publish  # type: ignore[method-assign,assignment]
    report = invented.crawl_open()
    assert report.complete
    assert invented.store.notices.get(f"be_bda:{published[0]}") is not None


def test_the_regular_crawl_starts_at_the_last_complete_day_however_long_ago(invented: Installation) -> None:
    long_ago = invented.today - timedelta(days=25)
    invented.crawl(long_ago)
    invented.store.windows.record(
        invented.store.windows.recent("be_bda", 1)[0].model_copy(update={"verdict": Verdict.COMPLETE})
    )
    report = invented.run(CrawlRequest.catch_up("be_bda"))
    assert report.windows[0].start == long_ago
    assert report.windows[-1].start == invented.today
    assert len(report.windows) == 26


def test_a_backfill_goes_backwards_and_leaves_out_what_is_covered(invented: Installation) -> None:
    first = invented.run(CrawlRequest.backfill("be_bda", 4))
    assert [window.start for window in first.windows] == [invented.today - timedelta(days=n) for n in (1, 2, 3, 4)]
    covered = {window.start for window in first.windows if window.verdict is Verdict.COMPLETE}
    again = invented.run(CrawlRequest.backfill("be_bda", 6))
    assert covered.isdisjoint({window.start for window in again.windows})
    assert invented.today - timedelta(days=6) in {window.start for window in again.windows}


def test_the_organisation_table_is_fetched_once_a_week(invented: Installation) -> None:
    invented.crawl_open()
    invented.crawl_open()
    assert invented.requests("organisations") == 1


def test_buyers_carry_the_number_of_the_organisation_table(invented: Installation) -> None:
    invented.crawl_open()
    buyers = [stored.notice.buyers[0] for stored in invented.store.notices.iterate()]
    numbers = {
        str(item.organisation_id): item.cbe_number
        for item in (p.buyer for p in invented.control.catalogue.publications())
    }
    known = [buyer for buyer in buyers if numbers.get(buyer.portal_id or "")]
    assert known
    assert all(buyer.identifiers[0].value == numbers[buyer.portal_id or ""] for buyer in known)


def test_a_run_that_did_its_work_is_finished_and_counted(invented: Installation) -> None:
    report = invented.crawl_open()
    record = invented.store.runs.get(report.run.id)
    assert record is not None
    assert record.state is RunState.FINISHED
    assert record.counts.requests == invented.control.statistics.requests()
    assert record.counts.new == record.counts.fetched == record.counts.announced


def test_raw_payloads_are_found_again_by_notice(invented: Installation) -> None:
    invented.crawl_open()
    stored = next(invented.store.notices.iterate())
    record = next(iter(invented.archive.find(notice_id=stored.notice.id)))
    assert b'"workspace":' in invented.archive.read(record.address)
    assert stored.notice.raw == record.address


def test_the_gateway_is_asked_with_the_operators_credentials(tmp_path: Path) -> None:
    from simulated_portals.be_bda.tokens import PARTNER_CLIENT

    route = {"route": "gateway", "client_id": PARTNER_CLIENT[0], "client_secret": PARTNER_CLIENT[1]}
    with installation(tmp_path, make_portal(invented=40, seed=5), portals={"be_bda": route}) as made:
        report = made.crawl_open()
        assert report.complete
        assert made.requests("config") == 0
        assert made.store.notices.count() == report.run.counts.announced > 0


def test_days_before_the_first_publication_are_suspect_not_complete(invented: Installation) -> None:
    report = invented.crawl(date(2019, 1, 1))
    assert report.windows[0].verdict is Verdict.SUSPECT
    assert report.run.ended_at is not None
    assert report.run.ended_at > datetime(2020, 1, 1, tzinfo=report.run.ended_at.tzinfo)
