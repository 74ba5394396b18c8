from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from core.settings import Settings
from crawlers import portals
from monitoring import calendar, incidents
from monitoring.sources import SourceState, SourceVerdict, overview
from monitoring.status import status
from store import Store
from store.records import (
    IncidentKind,
    RawAddress,
    RunCounts,
    RunPurpose,
    RunRecord,
    RunState,
    Verdict,
    WindowRecord,
)

MONDAY = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with clock.frozen_at(MONDAY), Store.open(Settings(data_dir=tmp_path)) as opened:
        yield opened


def run(
    store: Store, state: RunState = RunState.FINISHED, message: str | None = None, at: datetime = MONDAY
) -> RunRecord:
    with clock.frozen_at(at):
        started = store.runs.start("be_bda", RunPurpose.WINDOW)
        return store.runs.finish(started.id, state, RunCounts(), message)


def window(
    store: Store, run_id: str, verdict: Verdict, missing: int = 0, days_ago: int = 0, reason: str | None = None
) -> None:
    day = MONDAY.date() - timedelta(days=days_ago)
    store.windows.record(
        WindowRecord(
            portal="be_bda", start=day, end=day + timedelta(days=1), run_id=run_id, announced=100,
            distinct=100 - missing, stored=100 - missing, verdict=verdict, missing=missing, ended_at=MONDAY,
            reason=reason,
        )
    )  # fmt: skip


def source(store: Store, now: datetime = MONDAY) -> SourceState:
    (found,) = overview(store, now, ("be_bda",))
    return found


def open_kinds(store: Store) -> set[str]:
    return {incident.kind for incident in store.incidents.current()}


def test_a_source_that_was_never_crawled_is_no_green_light(store: Store) -> None:
    assert source(store).verdict is SourceVerdict.UNKNOWN
    assert "pas encore été lu" in source(store).sentence("fr")
    assert not status(store).well


def test_rows_that_were_left_out_on_purpose_are_told_beside_the_counts(store: Store) -> None:
    ended = run(store)
    window(store, ended.id, Verdict.COMPLETE, reason="6 rows of test organisations were left out.")
    state = source(store)
    assert (state.verdict, state.remarks) == (SourceVerdict.FINE, ("6 rows of test organisations were left out.",))


def test_a_complete_crawl_says_announced_against_stored(store: Store) -> None:
    ended = run(store)
    window(store, ended.id, Verdict.COMPLETE)
    incidents.judge(store, ended)
    state = source(store, MONDAY + timedelta(minutes=30))
    assert (state.verdict, state.announced, state.stored) == (SourceVerdict.FINE, 100, 100)
    assert state.age == timedelta(minutes=30)
    assert "100 avis conservés sur 100 annoncés" in state.sentence("fr")
    assert "100 notices kept of 100 announced" in state.sentence("en")
    assert open_kinds(store) == set()


def test_missing_notices_stay_visible_until_a_later_crawl_repairs_them(store: Store) -> None:
    first = run(store)
    window(store, first.id, Verdict.INCOMPLETE, missing=3)
    incidents.judge(store, first)
    assert open_kinds(store) == {IncidentKind.WINDOW_INCOMPLETE}
    assert source(store).verdict is SourceVerdict.INCOMPLETE
    assert source(store).missing == 3
    assert "3 avis annoncés manquent (23 novembre 2026)" in source(store).sentence("fr")
    second = run(store)
    window(store, second.id, Verdict.COMPLETE)
    incidents.judge(store, second)
    assert open_kinds(store) == set()


def test_an_empty_day_is_suspect_and_not_green(store: Store) -> None:
    ended = run(store)
    window(store, ended.id, Verdict.SUSPECT)
    incidents.judge(store, ended)
    assert source(store).verdict is SourceVerdict.SUSPECT
    assert open_kinds(store) == {IncidentKind.WINDOW_SUSPECT}


@pytest.mark.parametrize(
    ("state", "kind"), [(RunState.FAILED, IncidentKind.RUN_FAILED), (RunState.LOST, IncidentKind.RUN_LOST)]
)
def test_a_run_that_failed_is_an_incident_until_one_ends_well(store: Store, state: RunState, kind: str) -> None:
    incidents.judge(store, run(store, state, "Le portail répond 503."))
    assert open_kinds(store) == {kind}
    assert source(store).verdict is SourceVerdict.FAILED
    incidents.judge(store, run(store))
    assert open_kinds(store) == set()


def test_a_stop_opens_and_closes_nothing_and_the_run_before_it_speaks(store: Store) -> None:
    at = [MONDAY - timedelta(minutes=10 - number) for number in range(5)]
    incidents.judge(store, run(store, RunState.STOPPED, "Stopped by SIGTERM before the end.", at=at[0]))
    assert open_kinds(store) == set()
    assert source(store).verdict is SourceVerdict.UNKNOWN
    incidents.judge(store, run(store, RunState.FAILED, "Le portail répond 503.", at=at[1]))
    incidents.judge(store, run(store, RunState.STOPPED, at=at[2]))
    assert open_kinds(store) == {IncidentKind.RUN_FAILED}
    assert source(store).verdict is SourceVerdict.FAILED
    incidents.judge(store, run(store, at=at[3]))
    incidents.judge(store, run(store, RunState.STOPPED, at=at[4]))
    assert open_kinds(store) == set()
    assert source(store).verdict is SourceVerdict.FINE


def test_a_number_that_nobody_knows_is_not_told_as_zero(store: Store) -> None:
    ended = run(store)
    window(store, ended.id, Verdict.FAILED)
    incidents.judge(store, ended)
    (found,) = store.incidents.current()
    assert "nombre d'avis manquants inconnu" in found.message
    assert "nombre d'avis manquants inconnu" in source(store).sentence("fr")
    assert "is not known" in source(store).sentence("en")
    window(store, ended.id, Verdict.INCOMPLETE, missing=3, days_ago=1)
    incidents.judge(store, ended)
    (found,) = store.incidents.current()
    assert "au moins 3 avis annoncés manquent" in found.message


def test_judging_twice_changes_nothing(store: Store) -> None:
    ended = run(store, RunState.FAILED, "Le portail répond 503.")
    incidents.judge(store, ended)
    incidents.judge(store, ended)
    assert len(store.incidents.recent()) == 1


def test_a_payload_in_quarantine_is_an_incident_until_it_is_released(store: Store) -> None:
    raw = RawAddress(segment="s", offset=0, length=1, digest="0" * 64, media_type="text/xml")
    entry = store.quarantine.add("be_bda", "17", None, raw, "coupé au milieu")
    incidents.judge(store, run(store))
    assert open_kinds(store) == {IncidentKind.QUARANTINE}
    store.quarantine.released(entry.id)
    incidents.judge(store, run(store))
    assert open_kinds(store) == set()


def test_a_portal_that_goes_quiet_is_noticed_after_two_planned_crawls(store: Store) -> None:
    run(store)
    incidents.watch(store, ("be_bda",), MONDAY + timedelta(hours=5))
    assert open_kinds(store) == set()
    tomorrow = MONDAY + timedelta(days=1)
    incidents.watch(store, ("be_bda",), tomorrow)
    assert open_kinds(store) == {IncidentKind.PORTAL_SILENT}
    assert source(store, tomorrow).verdict is SourceVerdict.SILENT
    later = run(store, at=tomorrow)
    incidents.judge(store, later)
    assert open_kinds(store) == set()


def test_a_weekend_afternoon_in_closed_hours_is_no_silence(store: Store) -> None:
    """The portal is left alone on Friday from noon: nothing is planned, so nothing is missed."""
    portal = portals.load("be_bda")
    friday = datetime(2026, 11, 20, 11, 30, tzinfo=UTC)
    saturday_early = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    assert calendar.planned(portal, friday, saturday_early) == []
    assert calendar.silent_since(portal, friday, saturday_early) is None


def test_status_is_well_only_when_nothing_needs_a_person(store: Store) -> None:
    ended = run(store)
    window(store, ended.id, Verdict.COMPLETE)
    incidents.judge(store, ended)
    assert status(store, keys=["be_bda"]).well
    store.incidents.open(None, "message-refused", "Un message est refusé.")
    found = status(store, keys=["be_bda"])
    assert not found.well
    assert found.model_dump_json()
