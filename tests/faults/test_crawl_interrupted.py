"""A crawl that is stopped, or whose store fails: what was written stays, the run says what happened."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines import store
from pipelines.crawl import CrawlRequest
from simulated_portals.be_bda.server import make_portal
from simulated_portals.messages import Answer, Request
from simulated_portals.misbehaviour import AnswerStatus, Hang, LoseRows
from store.records import RunState
from tests.support.crawls import Installation, installation


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path, make_portal(invented=120, seed=11)) as made:
        yield made


def when_workspace(vigie: Installation, number: int, action: object) -> None:
    """Do something when the portal is asked for its so-manieth workspace."""
    real = vigie.control.answer

    def answer(request: Request) -> Answer:
        if "/publication-workspaces/" in request.path and vigie.requests("workspace") == number:
            action()  # type: ignore[operator]
        return real(request)

    vigie.control.answer = answer  # type: ignore[method-assign]


def test_what_a_slow_portal_hands_out_is_stored_before_its_window_ends(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LONGEST", timedelta(0))  # as if each notice took half a minute
    stored: list[int] = []
    when_workspace(vigie, 20, lambda: stored.append(vigie.store.notices.count()))
    assert vigie.crawl_open().complete
    assert 0 < stored[0] < store.BATCH


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_crawl_with_what_it_has(vigie: Installation, number: signal.Signals) -> None:
    assert threading.current_thread() is threading.main_thread()
    when_workspace(vigie, 7, lambda: os.kill(os.getpid(), number))
    report = vigie.crawl_open()
    assert report.run.state is RunState.STOPPED
    assert number.name in (report.run.message or "")
    assert not report.complete
    assert 1 <= vigie.store.notices.count() < 30
    before = vigie.requests("workspace")
    kept = vigie.store.notices.count()
    again = vigie.crawl_open()
    assert again.complete
    assert vigie.requests("workspace") - before == again.run.counts.announced - kept


@pytest.mark.parametrize(
    "trouble",
    [
        AnswerStatus(status=429, retry_after=250, path="/api/sea/"),
        AnswerStatus(status=429, retry_after=250, path="/publication-workspaces/"),
        Hang(seconds=250, path="/api/sea/"),
        Hang(seconds=250, path="/publication-workspaces/"),
        Hang(seconds=250, path="/token"),
    ],
    ids=["pause-list", "pause-notice", "hang-list", "hang-notice", "hang-token"],
)
def test_a_signal_ends_a_crawl_that_waits_for_the_portal(vigie: Installation, trouble: AnswerStatus | Hang) -> None:
    vigie.control.faults.start(trouble)
    asked = threading.Event()
    begins = vigie.control.statistics.request_begins

    def noticed(method: str, path: str, kind: str, user_agent: str) -> None:
        begins(method, path, kind, user_agent)
        if trouble.path is None or trouble.path in path:
            asked.set()

    vigie.control.statistics.request_begins = noticed  # type: ignore[method-assign]
    killer = threading.Thread(target=lambda: asked.wait(60) and os.kill(os.getpid(), signal.SIGTERM))
    killer.start()
    report = vigie.crawl_open()
    killer.join()
    assert "SIGTERM" in (report.run.message or "")
    assert report.run.ended_at is not None
    assert (report.run.ended_at - report.run.started_at).total_seconds() < 30


def test_a_store_that_fails_ends_the_crawl_and_the_error_is_raised(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(items: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vigie.store.notices, "save_many", full)
    with pytest.raises(OSError, match="No space left"):
        vigie.crawl_open()
    run = vigie.store.runs.latest("be_bda")
    assert run is not None
    assert run.state is RunState.FAILED
    assert "No space left" in (run.message or "")
    assert vigie.store.windows.recent("be_bda") == []
    monkeypatch.undo()
    assert vigie.crawl_open().complete


def test_an_archive_that_fails_ends_the_crawl_before_anything_is_stored(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**payload: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vigie.archive, "put", full)
    with pytest.raises(OSError, match="No space left"):
        vigie.crawl_open()
    assert vigie.store.notices.count() == 0
    assert vigie.requests("workspace") < 10


def test_payloads_are_safe_before_their_notices_commit(vigie: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sync, save = vigie.archive.sync, vigie.store.notices.save_many
    monkeypatch.setattr(vigie.archive, "sync", lambda: (order.append("sync"), sync())[1])
    monkeypatch.setattr(vigie.store.notices, "save_many", lambda items: (order.append("save"), save(items))[1])
    vigie.crawl_open()
    assert order
    assert order[::2] == ["sync"] * (len(order) // 2)
    assert order[1::2] == ["save"] * (len(order) // 2)


def test_a_spider_that_breaks_is_seen_on_the_window_and_the_run(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crawlers.portals.be_bda import spider

    monkeypatch.setattr(spider, "read_page", lambda answer: 1 / 0)
    report = vigie.crawl(vigie.today - timedelta(days=1), vigie.today)
    assert report.run.state is RunState.FAILED
    assert "ZeroDivisionError" in (report.run.message or "")
    assert len(report.windows) == 2


def test_a_run_begins_with_the_windows_that_were_not_complete(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(LoseRows(rows=1))
    vigie.crawl(day)
    vigie.control.faults.clear()
    report = vigie.run(CrawlRequest.open_calls("be_bda"))
    assert (report.windows[0].start, report.windows[0].stored) == (day, listed)
    assert report.windows[-1].scope == "open"
    assert report.complete
