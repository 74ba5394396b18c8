"""A crawl that is told to stop ends within seconds, whatever it is doing, keeps what it has, and is no failure."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from crawlers.engines.window_spider import WindowSpider
from monitoring import incidents
from monitoring.sources import SourceVerdict, overview
from pipelines import crawl, store
from pipelines.validate import ValidatePipeline
from simulated_portals.be_bda.server import make_portal
from simulated_portals.messages import Answer, Request
from store.records import RunState
from tests.support.crawls import Installation, installation

NOTICE = 60.0
"""Seconds that a test waits for another thread before it fails."""


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path, make_portal(invented=120, seed=11)) as made:
        yield made


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def at_request(vigie: Installation, number: int) -> None:
    """Send the signal while the portal works on its so-manieth request of any kind."""
    real, count = vigie.control.answer, 0

    def answer(request: Request) -> Answer:
        nonlocal count
        count += 1
        if count == number:
            stop()
        return real(request)

    vigie.control.answer = answer  # type: ignore[method-assign]


def check_nothing_counted_is_lost(vigie: Installation) -> None:
    run = vigie.store.runs.latest("be_bda")
    assert run is not None
    assert run.state is RunState.STOPPED
    assert "SIGTERM" in (run.message or "")
    assert run.counts.new == vigie.store.notices.count()


@pytest.mark.parametrize("seed", range(8))
def test_a_crawl_stopped_at_any_request_ends_and_the_next_one_resumes(vigie: Installation, seed: int) -> None:
    at_request(vigie, random.Random(seed).randint(1, 30))
    before = clock.now()
    report = vigie.crawl_open()
    assert (clock.now() - before).total_seconds() < NOTICE
    assert report.stopped
    check_nothing_counted_is_lost(vigie)
    again = vigie.crawl_open()
    assert again.complete
    assert again.run.counts.new + report.run.counts.new == vigie.store.notices.count()


def test_a_stop_while_a_batch_is_written_ends_after_that_batch(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scrapy 2.19 waits for ever when its engine is stopped while items of start() are in the pipelines."""
    monkeypatch.setattr(store, "BATCH", 5)
    halted, save, halt = threading.Event(), vigie.store.notices.save_many, WindowSpider.halt

    def told(spider: WindowSpider) -> None:
        halt(spider)
        # not before the engine has had every chance to act on the stop
        asyncio.get_running_loop().call_later(0.2, halted.set)

    def save_slowly(items: Any) -> Any:
        if not halted.is_set():
            stop()
            assert halted.wait(NOTICE)
        return save(items)

    monkeypatch.setattr(WindowSpider, "halt", told)
    monkeypatch.setattr(vigie.store.notices, "save_many", save_slowly)
    monkeypatch.setattr(crawl, "PATIENCE", NOTICE)
    report = vigie.crawl_open()
    assert report.run.ended_at is not None
    assert (report.run.ended_at - report.run.started_at).total_seconds() < NOTICE / 2
    assert vigie.store.notices.count() >= 5
    check_nothing_counted_is_lost(vigie)


def test_a_crawl_that_does_not_end_when_told_is_left_and_its_batch_is_written(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawl, "PATIENCE", 0.2)
    process, seen = ValidatePipeline.process_item, 0

    async def stuck(pipeline: ValidatePipeline, item: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == 8:
            stop()
            await asyncio.Event().wait()
        result = process(pipeline, item)
        return await result if asyncio.iscoroutine(result) else result

    monkeypatch.setattr(ValidatePipeline, "process_item", stuck)
    vigie.crawl_open()
    assert vigie.store.notices.count() >= 7
    check_nothing_counted_is_lost(vigie)


def test_a_stop_is_no_incident_and_says_nothing_about_the_portal(vigie: Installation) -> None:
    assert vigie.crawl(vigie.today).run.state is RunState.FINISHED
    at_request(vigie, 6)
    stopped = vigie.crawl(vigie.today - timedelta(days=12), vigie.today)
    assert stopped.run.state is RunState.STOPPED
    incidents.judge(vigie.store, stopped.run)
    assert not [found for found in vigie.store.incidents.current() if found.kind.startswith("run-")]
    (state,) = overview(vigie.store, keys=("be_bda",))
    assert state.verdict is not SourceVerdict.FAILED
    assert state.last_success_at is not None


def test_a_stop_that_comes_before_the_first_request_leaves_no_run_open(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = vigie.store.runs.start

    def stopped_at_once(*arguments: Any) -> Any:
        record = start(*arguments)
        stop()
        return record

    monkeypatch.setattr(vigie.store.runs, "start", stopped_at_once)
    report = vigie.crawl_open()
    assert report.stopped
    assert vigie.requests("search") == 0
    check_nothing_counted_is_lost(vigie)


def test_a_stop_that_comes_when_all_is_done_is_told_and_the_crawl_counts_as_finished(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = WindowSpider._let_engine_notice

    async def stopped_at_the_end(spider: WindowSpider) -> None:
        stop()
        await asyncio.sleep(0)
        await notice(spider)

    monkeypatch.setattr(WindowSpider, "_let_engine_notice", stopped_at_the_end)
    report = vigie.crawl_open()
    assert report.complete
    assert report.stopped
