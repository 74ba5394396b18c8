"""What workers of the distributed dispatch promise about each other: handing back, taking over, twins, waking."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from procrastinate.jobs import Job
from sqlalchemy import text

from core.errors import ConfigurationError
from core.settings import Settings
from scheduler.distributed import DistributedDispatch
from scheduler.distributed_jobs import BackOff
from scheduler.distributed_worker import Bell, DistributedWorker
from scheduler.orders import Kind, Order, Queue
from scheduler.workers import run_worker
from search import open_index
from search.errors import IndexUnavailable
from store import Store
from store.jobs import JobState
from store.records import IncidentKind
from tests.contracts.dispatch.conftest import settings_for, working
from tests.support.crawl_children import CrawlChildren
from tests.support.postgres import holder
from tests.support.store_examples import saving
from tests.support.up import until

pytestmark = pytest.mark.postgres


@pytest.fixture
def settings(tmp_path: Path, postgres_url: str) -> Settings:
    return settings_for(tmp_path, postgres_url)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store.open(settings) as opened:
        yield opened


def _state(store: Store, job_id: int) -> JobState:
    job = store.jobs.get(job_id)
    assert job is not None
    return job.state


def _crawl_asked(store: Store) -> int:
    assert DistributedDispatch(store).ask(Order.crawl("be_bda"))
    (job,) = store.jobs.unfinished()
    return job.id


def _crawling(settings: Settings, children: CrawlChildren) -> AbstractContextManager[threading.Event]:
    """A worker of crawls inside the block."""
    return working(DistributedWorker(settings, [Queue.CRAWL], children.command).run)


def test_a_worker_told_to_stop_hands_a_long_crawl_to_another_one(
    settings: Settings, store: Store, children: CrawlChildren
) -> None:
    job_id = _crawl_asked(store)
    hasty = settings.model_copy(update={"dispatch": settings.dispatch.model_copy(update={"grace": 0.2})})
    with working(DistributedWorker(hasty, [Queue.CRAWL], children.command).run) as stopping:
        running = children.next()
        stopping.set()
        running.gone()
    assert _state(store, job_id) is JobState.WAITING
    with _crawling(settings, children):
        again = children.next()
        assert again.arguments == running.arguments
        children.let_go()
    assert store.jobs.get(job_id) is None  # done, and forgotten


def test_a_crawl_that_ends_within_the_grace_is_not_disturbed(
    settings: Settings, store: Store, children: CrawlChildren
) -> None:
    _crawl_asked(store)
    with _crawling(settings, children) as stopping:
        running = children.next()
        stopping.set()
        running.end(0)
    assert [job for job in store.jobs.unfinished() if job.task == Kind.CRAWL] == []


def _abandoned(store: Store, job_id: int) -> None:
    """As a worker leaves a job that died an hour ago."""
    with store.database.write() as connection:
        worker = connection.scalar(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id")
        )
        statement = "UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker WHERE id = :job"
        connection.execute(text(statement), {"worker": worker, "job": job_id})


def test_the_job_of_a_worker_without_a_heartbeat_is_taken_over(
    settings: Settings, store: Store, children: CrawlChildren
) -> None:
    _abandoned(store, _crawl_asked(store))
    with _crawling(settings, children):
        assert children.next().portal == "be_bda"
        children.let_go()


def _twin_crawls(store: Store, children: CrawlChildren, *, instead_of: int) -> None:
    """The other job of the same order is worked on, and the first one is no more."""
    assert children.next().portal == "be_bda"
    assert _state(store, instead_of) is JobState.FAILED
    children.let_go()


def test_an_abandoned_job_whose_twin_waits_does_not_block_its_portal(
    settings: Settings, store: Store, children: CrawlChildren
) -> None:
    dead = _crawl_asked(store)
    _abandoned(store, dead)
    assert DistributedDispatch(store).ask(Order.crawl("be_bda"))
    with _crawling(settings, children):
        _twin_crawls(store, children, instead_of=dead)


def test_a_crawl_that_failed_while_its_twin_waits_is_left_to_the_twin(
    settings: Settings, store: Store, children: CrawlChildren
) -> None:
    first = _crawl_asked(store)
    with _crawling(settings, children):
        running = children.next()
        assert DistributedDispatch(store).ask(Order.crawl("be_bda"))
        running.end(1)
        _twin_crawls(store, children, instead_of=first)


def _indexed(settings: Settings) -> int:
    try:
        with open_index(settings, writable=False) as index:
            return index.size()
    except IndexUnavailable:
        return 0


def test_an_index_that_was_lost_is_filled_again_though_nothing_waits(settings: Settings, store: Store) -> None:
    store.notices.save_many([saving(f"{number}") for number in range(3)])
    for _ in range(2):
        with working(DistributedWorker(settings, [Queue.INDEX]).run):
            until(lambda: _indexed(settings) == 3, 30, "everything is indexed")
        assert not store.index_queue.depth()
        shutil.rmtree(settings.index_dir)


def test_a_queue_looks_now_and_then_though_nothing_waits(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.distributed_worker.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("scheduler.distributed_worker.UNASKED_SECONDS", 0.2)
    with Bell(store, [Queue.INDEX], threading.Event()):
        for _ in range(3):
            (asked,) = until(store.jobs.unfinished, 30, "it is asked")
            assert DistributedDispatch(store).cancel_job(asked.id)


def test_a_job_that_others_took_over_and_finished_meanwhile_is_no_error(
    settings: Settings, store: Store, children: CrawlChildren, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = _crawl_asked(store)
    caplog.set_level("INFO")
    with _crawling(settings, children):
        running = children.next()
        with store.database.write() as connection:
            connection.execute(text("DELETE FROM procrastinate_jobs WHERE id = :job"), {"job": job_id})
        running.end(0)
        until(lambda: "was taken over by somebody else" in caplog.text, 60, "the worker says so")
        children.let_go()
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_a_job_whose_silent_worker_was_forgotten_and_that_nobody_took_over_is_done_once(
    settings: Settings, store: Store, children: CrawlChildren
) -> None:
    job_id = _crawl_asked(store)
    patient = settings.model_copy(update={"dispatch": settings.dispatch.model_copy(update={"stalled_after": 3600.0})})
    with working(DistributedWorker(patient, [Queue.CRAWL], children.command).run):
        running = children.next()
        with store.database.write() as connection:
            connection.execute(text("DELETE FROM procrastinate_workers"))
        running.end(0)
        until(lambda: store.jobs.get(job_id) is None, 60, "the job is done")
        children.let_go()


def test_an_export_whose_worker_dies_at_every_try_is_given_up_with_an_incident(
    settings: Settings, store: Store
) -> None:
    assert DistributedDispatch(store).ask(Order.export("{}", "csv", "s3://bucket/all.csv"))
    (job,) = store.jobs.unfinished()
    _abandoned(store, job.id)
    with store.database.write() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET attempts = 5 WHERE id = :job"), {"job": job.id})
    with working(DistributedWorker(settings, [Queue.MAINTAIN]).run):
        until(lambda: _state(store, job.id) is JobState.FAILED, 60, "it is given up")
        (incident,) = until(store.incidents.current, 60, "it is told")
    assert incident.kind == IncidentKind.EXPORT_GIVEN_UP
    assert "died at every try" in incident.message


def test_a_crawl_that_broke_off_is_tried_again_after_a_wait(
    settings: Settings, store: Store, children: CrawlChildren
) -> None:
    job_id = _crawl_asked(store)
    with _crawling(settings, children):
        children.next().end(1)
        until(lambda: _state(store, job_id) is JobState.WAITING, 60, "the job waits again")
        job = store.jobs.get(job_id)
    assert job is not None
    assert job.attempts == 1
    assert job.not_before is not None


def test_new_notices_wake_a_worker_without_anybody_asking(settings: Settings, store: Store) -> None:
    with working(DistributedWorker(settings, [Queue.MATCH, Queue.INDEX]).run):
        for number in range(3):
            store.notices.save(saving(str(number)))
            until(lambda: not (store.match_queue.depth() or store.index_queue.depth()), 60, "matched and indexed")


def test_two_workers_of_one_queue_leave_nothing_in_it(settings: Settings, store: Store) -> None:
    store.notices.save_many([saving(str(number)) for number in range(60)])
    workers = [DistributedWorker(settings, [Queue.MATCH]) for _ in range(2)]
    with working(workers[0].run), working(workers[1].run):
        until(lambda: not store.match_queue.depth(), 60, "matched")


def test_a_second_writer_of_the_embedded_index_is_refused_with_a_sentence(
    tmp_path: Path, settings: Settings, store: Store
) -> None:
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "another machine"})
    with working(DistributedWorker(settings, [Queue.INDEX]).run):
        until(lambda: holder(store.database, "index writer"), 60, "the first one writes")
        with pytest.raises(ConfigurationError, match="one worker only, or use Elasticsearch"):
            DistributedWorker(elsewhere, [Queue.INDEX]).run(threading.Event())
    assert not elsewhere.index_dir.exists()


def test_workers_of_many_machines_need_postgresql(tmp_path: Path, sqlite_url: str) -> None:
    settings = settings_for(tmp_path, sqlite_url).model_copy(
        update={"dispatch": settings_for(tmp_path, sqlite_url).dispatch.model_copy(update={"engine": "distributed"})}
    )
    with pytest.raises(ConfigurationError, match="needs PostgreSQL"):
        run_worker(settings, [Queue.CRAWL])


def test_a_queue_that_one_machine_does_not_have_is_refused_with_a_sentence(tmp_path: Path, sqlite_url: str) -> None:
    with pytest.raises(ConfigurationError, match="crawl needs"):
        run_worker(settings_for(tmp_path, sqlite_url), [Queue.CRAWL])


def test_waits_double_up_to_the_longest_and_end_after_the_last_try() -> None:
    back_off = BackOff(first=15.0, longest=900.0, tries=8)
    assert [back_off.wait(attempts) for attempts in range(8)] == [15, 30, 60, 120, 240, 480, 900, 900]
    assert back_off.get_retry_decision(exception=ValueError(), job=_job(attempts=6)) is not None
    assert back_off.get_retry_decision(exception=ValueError(), job=_job(attempts=7)) is None


def _job(attempts: int) -> Job:
    return Job(queue="crawl", lock=None, queueing_lock=None, task_name="crawl", attempts=attempts)
