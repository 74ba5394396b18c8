"""What a scheduler asks for when it begins to lead, and when moments fall due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from core.settings import Settings
from crawlers import portals
from scheduler import chores
from scheduler.jobs import Jobs
from scheduler.local import LocalDispatch
from scheduler.orders import Kind, Order, Queue
from store import Store
from store.records import RunPurpose


class Recorded:
    """A dispatcher that remembers."""

    def __init__(self, store: Store, *, keeps_orders: bool) -> None:
        self.keeps_orders = keeps_orders
        self.asked: list[Order] = []
        self.fired: list[str] = []
        self._store = store

    def start(self) -> None:
        return None

    def stop(self) -> None:
        return None

    def fire(self, job: str, due: datetime, order: Order) -> bool:
        if not self._store.firings.claim(job, due):
            return False
        self.fired.append(job)
        return True

    def ask(self, order: Order) -> bool:
        self.asked.append(order)
        return True

    def cancel(self, portal: str) -> int:
        return 0


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    enabled = {key: {"enabled": key == "be_bda"} for key in portals.keys()}
    return Settings.model_validate({"data_dir": tmp_path, "database_url": sqlite_url, "portals": enabled})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store.open(settings) as opened:
        yield opened


def _led(settings: Settings, store: Store, *, keeps_orders: bool) -> Recorded:
    dispatch = Recorded(store, keeps_orders=keeps_orders)
    jobs = Jobs(settings, store, dispatch)
    jobs.start()
    jobs.stop()
    return dispatch


def test_a_new_leader_catches_up_once_on_what_was_missed(settings: Settings, store: Store) -> None:
    first = _led(settings, store, keeps_orders=True)
    assert {"crawl:be_bda", "backfill:be_bda", "digests", "watch", "forget"} <= set(first.fired)
    second = _led(settings, store, keeps_orders=True)
    assert set(second.fired) <= {"digests", "watch"}  # whose next moment may have come meanwhile


def test_a_crawl_that_broke_off_is_asked_for_again_where_orders_end_with_their_process(
    settings: Settings, store: Store
) -> None:
    store.runs.start("be_bda", RunPurpose.WINDOW)
    assert Order.crawl("be_bda") in _led(settings, store, keeps_orders=False).asked
    assert Order.crawl("be_bda") not in _led(settings, store, keeps_orders=True).asked


def test_a_chore_that_fails_is_logged_and_keeps_nothing_else_from_being_done(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise OSError("away for a moment")

    monkeypatch.setitem(chores.CHORES, Kind.DIGESTS, broken)  # type: ignore[arg-type]
    assert LocalDispatch(settings, store).ask(Order(kind=Kind.DIGESTS))
    assert "digests failed" in caplog.text


def test_every_kind_of_order_has_a_queue_and_only_the_background_waits_behind_other_crawls() -> None:
    assert {Order(kind=kind, portal="be_bda").queue for kind in Kind} == set(Queue)
    assert Order.crawl("be_bda").priority > Order.backfill("be_bda").priority
    assert Order.crawl("be_bda").lock == Order.backfill("be_bda").lock != Order.crawl("eu_ted").lock
    assert Order.crawl("be_bda").key != Order.backfill("be_bda").key
