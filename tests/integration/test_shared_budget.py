"""Politeness across machines: what several crawls together ask of a host stays within its budget."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from crawlers.contract import PortalDown
from pipelines import budget
from pipelines.budget import PortalBusy, SharedBudget
from pipelines.crawl import CrawlReport, CrawlRequest, run
from simulated_portals.atexo_ma.server import make_portal as make_moroccan
from simulated_portals.be_bda.server import make_portal as make_belgian
from simulated_portals.messages import Answer, Request
from simulated_portals.running import RunningPortal, running_portal
from store import Archive, Store, StoreError
from store.budgets import new_number
from store.session_locks import SessionLock, portal_lock

pytestmark = pytest.mark.postgres

DELAY = 0.05


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    with Store(postgres_url) as opened:
        yield opened


def _crawl(folder: Path, url: str, key: str, base_url: str) -> CrawlReport:
    """What one machine does."""
    settings = Settings.model_validate(
        {"data_dir": folder, "database_url": url, "demo": True, "crawl": {"delay": DELAY}}
    )
    with Store.open(settings) as store, Archive(settings.archive, settings.spool_dir, store.payloads) as archive:
        return run(CrawlRequest.open_calls(key, base_url=base_url), settings, store, archive)


def _watched(portal: RunningPortal[Any], instants: list[float]) -> None:
    """Note when the portal is asked."""
    real = portal.control.answer

    def answer(request: Request) -> Answer:
        instants.append(time.monotonic())
        return real(request)

    portal.control.answer = answer


def test_two_machines_together_ask_a_host_no_faster_than_one_may(tmp_path: Path, postgres_url: str) -> None:
    """Two portals on one host, as platforms have them; what one machine alone may ask in a time, both together may."""
    instants: list[float] = []
    with ExitStack() as stack:
        belgian = stack.enter_context(running_portal(make_belgian(invented=12)))
        moroccan = stack.enter_context(running_portal(make_moroccan(invented=12)))
        for portal in (belgian, moroccan):
            _watched(portal, instants)
        machines = stack.enter_context(ThreadPoolExecutor(2))
        reports = [
            machines.submit(_crawl, tmp_path / key, postgres_url, key, portal.base_url)
            for key, portal in (("be_bda", belgian), ("ma_pmmp", moroccan))
        ]
        for report in reports:
            assert report.result().complete
    asked = sorted(instants)
    assert len(asked) >= 20
    assert asked[-1] - asked[0] >= 0.95 * DELAY * (len(asked) - 1)


MakeBudget = Callable[[str], SharedBudget]


@pytest.fixture
def budget_of(store: Store) -> Iterator[MakeBudget]:
    """Budgets as crawls of portals have them."""
    with ExitStack() as stack:

        def make(portal: str) -> SharedBudget:
            lock = stack.enter_context(SessionLock(store.database, portal_lock(portal)))
            assert lock.acquire()
            return SharedBudget(store.budgets, lock, portal, longest_answer=5.0)

        yield make


async def test_one_request_at_a_time_is_under_way_where_the_host_grants_one_connection(budget_of: MakeBudget) -> None:
    here, there, under_way = budget_of("be_bda"), budget_of("ma_pmmp"), 0

    async def ask(budget: SharedBudget) -> None:
        nonlocal under_way
        for _ in range(3):
            async with budget.turn("portal.example", 0.001, 1):
                under_way += 1
                assert under_way == 1
                await asyncio.sleep(0)
                under_way -= 1

    await asyncio.gather(ask(here), ask(there))


async def test_a_pause_that_one_machine_is_asked_for_is_kept_by_all(budget_of: MakeBudget) -> None:
    here, there = budget_of("be_bda"), budget_of("ma_pmmp")
    await here.hold_back("portal.example", 0.5)
    began = time.monotonic()
    async with there.turn("portal.example", 0.001, 1):
        assert time.monotonic() - began >= 0.4


async def test_a_crawl_waits_while_the_database_is_away_and_says_so(
    store: Store, budget_of: MakeBudget, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shared, away, reserve = budget_of("be_bda"), 2, store.budgets.reserve

    def sometimes(*arguments: Any) -> Any:
        nonlocal away
        if away:
            away -= 1
            raise StoreError("The database cannot be used: it is away.")
        return reserve(*arguments)

    monkeypatch.setattr(store.budgets, "reserve", sometimes)
    monkeypatch.setattr(budget, "FIRST_WAIT", 0.01)
    async with shared.turn("portal.example", 0.001, 1):
        assert away == 0
    assert "No request is sent to portal.example while the database is away" in caplog.text


async def test_a_database_that_stays_away_ends_the_crawl_with_a_sentence(
    store: Store, budget_of: MakeBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = budget_of("be_bda")

    def away(*_: object) -> None:
        raise StoreError("The database cannot be used.")

    monkeypatch.setattr(store.budgets, "reserve", away)
    monkeypatch.setattr(budget, "PATIENCE", 0.0)
    monkeypatch.setattr(budget, "FIRST_WAIT", 0.01)
    with pytest.raises(PortalDown, match="without its budget"):
        async with shared.turn("portal.example", 0.001, 1):
            raise AssertionError("a request without a budget")


async def test_a_crawl_leaves_the_portal_to_one_that_began_while_it_was_cut_off(
    store: Store, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "LOOK_SECONDS", 0.0)
    with SessionLock(store.database, portal_lock("be_bda")) as lock:
        shared = SharedBudget(store.budgets, lock, "be_bda", longest_answer=5.0)
        async with shared.turn("portal.example", 0.0, 1):
            assert lock.held()
        lock.release()  # as when its connection was lost
        async with shared.turn("portal.example", 0.0, 1):
            assert lock.held()  # nobody else had begun
        lock.release()
        with Store(postgres_url) as elsewhere, SessionLock(elsewhere.database, portal_lock("be_bda")) as other:
            assert other.acquire()
            with pytest.raises(PortalDown, match="Another process has begun"):
                async with shared.turn("portal.example", 0.0, 1):
                    raise AssertionError("a request to somebody else's portal")


async def test_the_connection_of_a_crawl_that_was_killed_does_not_keep_its_portal_waiting(
    store: Store, budget_of: MakeBudget
) -> None:
    dead = store.budgets.reserve("portal.example", 0.001, 2, 300.0, new_number("be_bda"))
    other = store.budgets.reserve("portal.example", 0.001, 2, 300.0, new_number("ma_pmmp"))
    assert dead.number
    assert other.number
    async with budget_of("be_bda").turn("portal.example", 0.001, 2):  # the killed crawl's own is free again
        assert store.budgets.reserve("portal.example", 0.001, 2, 300.0).number is None  # those of others are not


async def test_a_connection_that_could_not_be_given_back_is_given_back_before_the_next_request(
    store: Store, budget_of: MakeBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, give_back, away = budget_of("be_bda"), store.budgets.give_back, [True]

    def sometimes(host: str, number: str) -> None:
        if away:
            away.pop()
            raise StoreError("The database cannot be used: it is away.")
        give_back(host, number)

    monkeypatch.setattr(store.budgets, "give_back", sometimes)
    for _ in range(2):  # the second one would wait until the first one's lease ends
        async with shared.turn("portal.example", 0.001, 1):
            pass
    assert not away
    assert store.budgets.reserve("portal.example", 0.001, 1, 1.0).number


async def test_what_comes_to_be_owed_while_something_is_given_back_is_given_back_too(
    store: Store, budget_of: MakeBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, given_back = budget_of("be_bda"), list[str]()

    def slowly(_host: str, number: str) -> None:
        given_back.append(number)
        if number == "first":
            shared._owed.append(("portal.example", "second"))

    monkeypatch.setattr(store.budgets, "give_back", slowly)
    shared._owed.append(("portal.example", "first"))
    async with shared.turn("portal.example", 0.001, 1):
        pass
    assert given_back[:2] == ["first", "second"]
    assert shared._owed == []


def test_a_reservation_whose_answer_was_lost_is_not_a_second_one(store: Store) -> None:
    number = new_number("be_bda")
    assert store.budgets.reserve("portal.example", 0.001, 1, 300.0, number).number == number
    assert store.budgets.reserve("portal.example", 0.001, 1, 300.0, number).number == number
    store.budgets.give_back("portal.example", number)
    assert store.budgets.reserve("portal.example", 0.001, 1, 300.0).number


async def test_a_crawl_that_waited_for_its_turn_makes_sure_that_the_portal_is_still_its_own(
    store: Store, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "LOOK_SECONDS", 0.0)
    reserve = store.budgets.reserve
    with ExitStack() as stack:
        lock = stack.enter_context(SessionLock(store.database, portal_lock("be_bda")))
        elsewhere = stack.enter_context(Store(postgres_url))
        other = stack.enter_context(SessionLock(elsewhere.database, portal_lock("be_bda")))
        shared = SharedBudget(store.budgets, lock, "be_bda", longest_answer=5.0)

        def meanwhile(*arguments: Any) -> Any:
            lock.release()  # as when its connection was lost
            assert other.acquire()
            return reserve(*arguments)

        monkeypatch.setattr(store.budgets, "reserve", meanwhile)
        with pytest.raises(PortalDown, match="Another process has begun"):
            async with shared.turn("portal.example", 0.001, 1):
                raise AssertionError("a request to somebody else's portal")
    assert reserve("portal.example", 0.001, 1, 1.0).number  # what was reserved was given back


def test_a_portal_that_is_crawled_is_not_crawled_a_second_time(tmp_path: Path, postgres_url: str, store: Store) -> None:
    with running_portal(make_belgian(invented=3)) as portal, SessionLock(store.database, portal_lock("be_bda")) as lock:
        assert lock.acquire()
        with pytest.raises(PortalBusy, match="Another process crawls be_bda now"):
            _crawl(tmp_path, postgres_url, "be_bda", portal.base_url)
        assert portal.statistics.requests() == 0
        assert store.runs.recent("be_bda") == []


def test_a_portal_that_answers_429_is_left_alone_by_every_machine(
    tmp_path: Path, postgres_url: str, store: Store
) -> None:
    waiting = threading.Event()
    with running_portal(make_belgian(invented=3)) as portal:
        real, refused = portal.control.answer, threading.Event()

        def answer(request: Request) -> Answer:
            if not refused.is_set() and "api" in request.path:
                refused.set()
                return Answer(429, b"", headers=(("Retry-After", "2"),))
            return real(request)

        portal.control.answer = answer  # type: ignore[method-assign]
        with ThreadPoolExecutor(1) as machine:
            report = machine.submit(_crawl, tmp_path, postgres_url, "be_bda", portal.base_url)
            assert refused.wait(60)
            while (wait := store.budgets.reserve("127.0.0.1", 0.0, 9, 1.0).wait) < 0.5 and not report.done():
                waiting.wait(0.01)
            assert wait >= 0.5
            assert report.result().complete
