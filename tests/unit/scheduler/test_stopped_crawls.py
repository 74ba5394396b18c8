"""A crawl that was stopped half-way goes on at the next start, not at the next planned hour."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scheduler.jobs import unfinished
from store.records import RunCounts, RunPurpose, RunRecord, RunState

AT = datetime(2026, 11, 20, 8, 10, tzinfo=UTC)


def _run(purpose: RunPurpose, state: RunState) -> RunRecord:
    return RunRecord(
        id=f"{purpose}-{state}",
        portal="be_bda",
        purpose=purpose,
        state=state,
        started_at=AT,
        heartbeat_at=AT,
        counts=RunCounts(),
    )


DONE = _run(RunPurpose.WINDOW, RunState.FINISHED)


@pytest.mark.parametrize(
    ("newest_first", "goes_on"),
    [
        ([], False),  # never crawled: the calendar's last moment fires it
        ([DONE], False),
        ([_run(RunPurpose.BACKFILL, RunState.FAILED), DONE], False),  # the background goes on by itself
        ([_run(RunPurpose.MANUAL, RunState.FAILED), DONE], False),
        ([_run(RunPurpose.OPEN, RunState.FAILED)], True),
        ([_run(RunPurpose.OPEN, RunState.FINISHED)], True),  # stopped before the last days
        ([_run(RunPurpose.WINDOW, RunState.FAILED), DONE], True),
        ([_run(RunPurpose.WINDOW, RunState.STOPPED), DONE], True),
        ([_run(RunPurpose.OPEN, RunState.STOPPED)], True),
        ([_run(RunPurpose.WINDOW, RunState.LOST), DONE], True),
        ([_run(RunPurpose.BACKFILL, RunState.FINISHED), _run(RunPurpose.WINDOW, RunState.RUNNING)], True),
    ],
)
def test_what_was_stopped_goes_on_at_the_next_start(newest_first: list[RunRecord], goes_on: bool) -> None:
    assert unfinished(newest_first) is goes_on


@pytest.mark.parametrize("portal", ["fr_decp", "fr_place"])  # one knows days alone, the other what is open
def test_the_only_run_of_a_portal_is_its_whole_crawl(portal: str) -> None:
    done = _run(RunPurpose.OPEN, RunState.FINISHED).model_copy(update={"portal": portal})
    assert not unfinished([done])
    assert unfinished([done.model_copy(update={"state": RunState.FAILED}), done])
