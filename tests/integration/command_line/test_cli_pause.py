"""`vigie pause` and `vigie resume`: no crawl begins, one that runs ends, and who paused why is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import Settings
from pipelines import pauses
from scheduler.lanes import Lane, Room
from simulated_portals.misbehaviour import Latency
from tests.support.command import Vigie
from tests.support.up import until

ROOT = Path(__file__).parents[3]


def test_a_crawl_by_hand_is_refused_with_who_and_why_unless_it_says_now(empty: Vigie) -> None:
    empty("pause", "be_bda", "--reason", "The portal is being moved.", "--by", "Ada")
    asked = empty.portal.statistics.requests()
    for command in (("crawl", "be_bda", "--open"), ("backfill", "be_bda", "--from", "2026-11-01"), ("probe", "be_bda")):
        told = empty(*command, code=1).stderr
        assert "paused by Ada" in told
        assert "The portal is being moved." in told
        assert ("vigie resume" if command[0] == "probe" else "--now") in told
    assert empty.portal.statistics.requests() == asked
    assert empty.lines("runs", "--json") == []
    empty("crawl", "be_bda", "--open", "--now")
    assert len(empty.lines("runs", "--json")) == 1


def test_a_crawl_of_the_scheduler_that_meets_a_pause_does_nothing_and_is_no_failure(empty: Vigie) -> None:
    empty("pause", "be_bda", "--reason", "The portal is being moved.")
    assert "is paused" in empty("crawl", "be_bda", "--scheduled").stderr
    assert empty.lines("runs", "--json") == []


def test_after_the_resume_the_portal_is_crawled_again(empty: Vigie) -> None:
    empty("pause", "be_bda", "--reason", "The portal is being moved.", "--until", "2099-01-01")
    assert "resumed" in empty("resume", "be_bda").stderr
    empty("crawl", "be_bda", "--open")
    assert "not paused" in empty("resume", "be_bda", code=1).stderr


def test_a_pause_needs_a_portal_that_exists_and_a_reason(empty: Vigie) -> None:
    assert "no_such" in empty("pause", "no_such", "--reason", "x", code=1).stderr
    empty("pause", "be_bda", code=2)
    assert "past" in empty("pause", "be_bda", "--reason", "x", "--until", "2020-01-01", code=1).stderr


def test_a_crawl_that_runs_ends_when_its_portal_is_paused(empty: Vigie) -> None:
    empty.control.faults.start(Latency(milliseconds=200))
    fetched = empty.portal.statistics.requests("workspace")
    command = [sys.executable, "-m", "cli", "crawl", "be_bda"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: empty.portal.statistics.requests("workspace") > fetched + 3, 60, "notices that are fetched")
    with empty.store() as store:
        pauses.pause(store, "be_bda", "The portal is being moved.", "Ada")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Stopped by the pause of Ada" in told
    (run,) = empty.lines("runs", "--json")
    assert run["state"] == "stopped"


@pytest.mark.postgres
def test_after_the_resume_the_workers_of_many_machines_are_asked_for_a_crawl(empty: Vigie, postgres_url: str) -> None:
    empty.set("DATABASE_URL", postgres_url)
    empty.set("DISPATCH__ENGINE", "distributed")
    empty("pause", "be_bda", "--reason", "The portal is being moved.")
    with empty.store() as store:
        assert store.jobs.unfinished() == []
    empty("resume", "be_bda")
    with empty.store() as store:
        (job,) = store.jobs.unfinished()
        assert "be_bda" in str(job)


def test_a_lane_of_a_paused_portal_keeps_what_was_asked_until_it_is_resumed(empty: Vigie) -> None:
    with empty.store() as store:
        pauses.pause(store, "be_bda", "x", "Ada")
        asked = []
        lane = Lane("be_bda", lambda: asked.append(1) or (), Room(1), lambda: pauses.of(store, "be_bda") is not None)
        lane.request()
        lane.start()
        lane.tell_to_stop()
        lane.stop()
        assert lane.wanted
        assert asked == []
    assert Settings().demo
