"""`vigie backfill` goes through the past, and goes on where it was."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.backfill import planned
from tests.support.command import Vigie


def past(vigie: Vigie, days: int = 10) -> tuple[date, date]:
    yesterday = vigie.control.clock.today() - timedelta(days=1)
    return yesterday - timedelta(days=days - 1), yesterday


def test_a_backfill_reads_every_day_once(empty: Vigie) -> None:
    first, last = past(empty)
    span = ("--from", str(first), "--to", str(last))
    told = empty("backfill", "be_bda", *span, code=1).stderr  # a Sunday without notices is suspect, not complete
    with empty.store() as store:
        covered = store.windows.coverage("be_bda", first, last + timedelta(days=1))
        runs = store.runs.recent("be_bda")
    assert f"{covered.covered_days} of 10 days" in told
    assert len(runs) == 2
    assert covered.covered_days >= 6
    asked = empty.control.statistics.requests("search")
    empty("backfill", "be_bda", *span, code=1)
    again = empty.control.statistics.requests("search") - asked
    assert again < asked / 2


def test_a_backfill_can_be_left_to_the_scheduler(empty: Vigie) -> None:
    first, _ = past(empty, 200)
    empty("backfill", "be_bda", "--from", str(first), "--background")
    empty("backfill", "be_bda", "--from", str(first + timedelta(days=9)), "--background")
    with empty.store() as store:
        assert planned(store, "be_bda") == first
        assert store.runs.latest("be_bda") is None


def test_days_in_the_wrong_order_are_refused(empty: Vigie) -> None:
    told = empty("backfill", "be_bda", "--from", "2026-03-02", "--to", "2026-03-01", code=1).stderr
    assert "after the last one" in told


def test_what_cannot_be_done_is_refused_and_not_left_out_in_silence(empty: Vigie) -> None:
    first, last = past(empty)
    span = ("--from", str(first), "--to", str(last + timedelta(days=2)))
    assert "still to come" in empty("backfill", "be_bda", *span, code=1).stderr
    span = ("--from", str(first), "--to", str(last))
    assert "--to" in empty("backfill", "be_bda", *span, "--background", code=1).stderr
    empty.set("PORTALS__BE_BDA__ENABLED", "false")
    told = empty("backfill", "be_bda", "--from", str(first), "--background", code=1).stderr
    assert "do not enable" in told
    with empty.store() as store:
        assert planned(store, "be_bda") is None
