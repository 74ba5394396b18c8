"""What the store promises about runs, windows, quarantine, incidents, firings and payloads, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from core.clock import frozen_at
from store import Store, StoreError
from store.records import QuarantineState, RunCounts, RunPurpose, RunState, Verdict, WindowRecord
from tests.support.store_examples import PUBLISHED, address, later


def window(start: int, end: int, verdict: Verdict = Verdict.COMPLETE, **fields: Any) -> WindowRecord:
    """A window of days of March 2026."""
    values: dict[str, Any] = {
        "portal": "be_bda",
        "start": date(2026, 3, start),
        "end": date(2026, 3, end),
        "run_id": "r1",
        "announced": 7,
        "verdict": verdict,
        "ended_at": PUBLISHED,
    }
    return WindowRecord(**(values | fields))


def test_a_run_is_followed_from_start_to_end(store: Store) -> None:
    with frozen_at(PUBLISHED):
        run = store.runs.start("be_bda", RunPurpose.WINDOW)
    assert (run.state, run.started_at) == (RunState.RUNNING, PUBLISHED)
    with frozen_at(later()):
        store.runs.heartbeat(run.id, RunCounts(requests=3))
    alive = store.runs.get(run.id)
    assert alive is not None
    assert (alive.heartbeat_at, alive.counts.requests) == (later(), 3)
    counts = RunCounts(requests=9, new=2)
    ended = store.runs.finish(run.id, RunState.FINISHED, counts, "slow\x00", {"/a\ud800": 2})
    assert (ended.state, ended.counts, ended.message, ended.unread) == (
        RunState.FINISHED,
        counts,
        "slow\ufffd",
        {"/a\ufffd": 2},
    )
    assert store.runs.latest("be_bda") == ended
    assert store.runs.latest("fr_boamp") is None
    with pytest.raises(StoreError, match="no run"):
        store.runs.finish("none", RunState.FINISHED, counts)


def test_runs_are_listed_newest_first(store: Store) -> None:
    ids = []
    for days in range(3):
        with frozen_at(later(days)):
            ids.append(store.runs.start("be_bda" if days != 1 else "fr_boamp", RunPurpose.MANUAL).id)
    assert [run.id for run in store.runs.recent()] == ids[::-1]
    assert [run.id for run in store.runs.recent("be_bda", limit=1)] == [ids[2]]


def test_a_run_without_a_sign_of_life_is_lost_once(store: Store) -> None:
    with frozen_at(PUBLISHED):
        silent = store.runs.start("be_bda", RunPurpose.OPEN)
        alive = store.runs.start("be_bda", RunPurpose.OPEN)
    with frozen_at(PUBLISHED + timedelta(minutes=50)):
        store.runs.heartbeat(alive.id, RunCounts())
    with frozen_at(PUBLISHED + timedelta(hours=1)):
        (lost,) = store.runs.mark_lost(timedelta(minutes=30))
        assert store.runs.mark_lost(timedelta(minutes=30)) == []
    assert (lost.id, lost.state) == (silent.id, RunState.LOST)
    assert lost.message
    store.runs.heartbeat(silent.id, RunCounts(new=1))
    still = store.runs.get(silent.id)
    assert still is not None
    assert still.state is RunState.LOST


def test_an_incomplete_window_stays_visible_until_an_attempt_is_complete(store: Store) -> None:
    first = store.windows.record(window(1, 2, Verdict.INCOMPLETE, missing=3, reason="lost a page"))
    assert first.attempts == 1
    assert store.windows.incomplete("be_bda") == [first]
    second = store.windows.record(window(1, 2, Verdict.FAILED, run_id="r2"))
    assert second.attempts == 2
    assert store.windows.incomplete("be_bda") == [second]
    store.windows.record(window(1, 2))
    assert store.windows.incomplete("be_bda") == []
    assert [attempt.attempts for attempt in store.windows.recent("be_bda", 10)] == [3, 2, 1]


def test_what_is_open_now_is_a_window_without_days(store: Store) -> None:
    for verdict in (Verdict.SUSPECT, Verdict.COMPLETE):
        store.windows.record(window(1, 2, verdict, scope="open").model_copy(update={"start": None, "end": None}))
    latest = store.windows.latest_open("be_bda")
    assert latest is not None
    assert (latest.attempts, latest.verdict, latest.start) == (2, Verdict.COMPLETE, None)
    assert store.windows.last_complete_day("be_bda") is None


def test_coverage_counts_only_days_of_complete_windows(store: Store) -> None:
    store.windows.record(window(1, 4))
    store.windows.record(window(3, 5))
    store.windows.record(window(6, 7, Verdict.SUSPECT))
    store.windows.record(window(8, 9))
    store.windows.record(window(9, 10, portal="fr_boamp"))
    coverage = store.windows.coverage("be_bda", date(2026, 3, 2), date(2026, 3, 11))
    missing = tuple(date(2026, 3, day) for day in (5, 6, 7, 9, 10))
    assert (coverage.covered_days, coverage.total_days, coverage.missing) == (4, 9, missing)
    assert store.windows.last_complete_day("be_bda") == date(2026, 3, 8)
    store.windows.record(window(8, 9, Verdict.INCOMPLETE))
    assert store.windows.last_complete_day("be_bda") == date(2026, 3, 4)
    assert store.windows.coverage("be_bda", date(2026, 3, 1), date(2026, 3, 1)).total_days == 0


def test_a_payload_in_quarantine_is_held_once_and_counts_its_attempts(store: Store) -> None:
    with frozen_at(PUBLISHED):
        first = store.quarantine.add("be_bda", "n\x001", "r1", address(), "not JSON \ud800", "/a")
    with frozen_at(later()):
        again = store.quarantine.add("be_bda", "n\x001", "r2", address(), "still not JSON")
    other = store.quarantine.add("be_bda", "n2", None, address("b" * 64), "cut")
    assert (again.id, again.attempts, again.reason, again.run_id) == (first.id, 2, "still not JSON", "r2")
    assert (again.first_seen_at, again.last_seen_at) == (PUBLISHED, later())
    assert store.quarantine.counts() == {"be_bda": 2}
    held = [(entry.id, entry.native_id) for entry in store.quarantine.held("be_bda")]
    assert held == [(first.id, "n\ufffd1"), (other.id, "n2")]


def test_a_released_payload_that_fails_again_is_held_again_and_a_discarded_one_is_not(store: Store) -> None:
    entry = store.quarantine.add("be_bda", "n1", None, address(), "cut")
    store.quarantine.released(entry.id)
    assert store.quarantine.held() == []
    assert store.quarantine.add("be_bda", "n1", None, address(), "cut").state is QuarantineState.HELD
    store.quarantine.discard(entry.id)
    assert store.quarantine.add("be_bda", "n1", None, address(), "cut").state is QuarantineState.DISCARDED
    found = store.quarantine.get(entry.id)
    assert found is not None
    assert (found.attempts, found.raw) == (3, address())
    with pytest.raises(StoreError, match="no quarantine entry"):
        store.quarantine.discard(entry.id + 1)


@pytest.mark.parametrize("portal", ["be_bda", None])
def test_an_incident_is_open_once_per_portal_and_kind(store: Store, portal: str | None) -> None:
    first = store.incidents.open(portal, "silent", "Nothing for a day.", {"hours": 24})
    again = store.incidents.open(portal, "silent", "Nothing for two days.")
    store.incidents.open(portal, "slow", "Slow.")
    assert (again.id, again.message, again.opened_at) == (first.id, "Nothing for two days.", first.opened_at)
    assert [incident.kind for incident in store.incidents.current()] == ["silent", "slow"]
    closed = store.incidents.close(portal, "silent")
    assert closed is not None
    assert closed.closed_at is not None
    assert store.incidents.close(portal, "silent") is None
    assert store.incidents.open(portal, "silent", "Again.").id != first.id
    assert [incident.kind for incident in store.incidents.recent(2)] == ["silent", "slow"]


def test_a_due_time_is_claimed_by_one_of_many(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: store.firings.claim("crawl:be_bda", PUBLISHED), range(16)))
    assert claims.count(True) == 1
    assert store.firings.claim("crawl:be_bda", later())
    assert store.firings.claim("digests", PUBLISHED)
    assert store.firings.last("crawl:be_bda") == later()
    assert store.firings.last("never") is None


def test_payloads_are_found_by_notice_by_run_and_by_portal(store: Store) -> None:
    entries = [
        ("be_bda:1", "r1", address(offset=0), PUBLISHED),
        ("be_bda:2", "r1", address(offset=10), PUBLISHED),
        ("be_bda:1", "r2", address(offset=20), later()),
        ("fr_boamp:1", None, address(offset=30), later()),
    ]
    store.payloads.add_many(entries)
    store.payloads.add_many(entries[:1])
    store.payloads.add_many([])
    assert [record.address.offset for record in store.payloads.of_notice("be_bda:1")] == [0, 20]
    assert [record.notice_id for record in store.payloads.of_run("r1")] == ["be_bda:1", "be_bda:2"]
    assert [record.address.offset for record in store.payloads.iterate("be_bda")] == [0, 10, 20]
    last = list(store.payloads.iterate())[-1]
    assert (last.notice_id, last.run_id, last.archived_at) == ("fr_boamp:1", None, later())


def test_facts_about_the_store_are_kept(store: Store) -> None:
    assert store.meta.get("nature") is None
    assert store.meta.set_once("nature", "demo") == "demo"
    assert store.meta.set_once("nature", "real") == "demo"
    store.meta.set("nature", "real")
    assert store.meta.get("nature") == "real"


def test_a_naive_instant_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="aware instants"):
        store.firings.claim("job", PUBLISHED.replace(tzinfo=None))
