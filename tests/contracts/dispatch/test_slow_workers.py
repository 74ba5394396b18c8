"""A worker that was silent for so long that its job was given to another one leaves that one alone when it wakes up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Job, Status

from core import clock
from scheduler.distributed import DistributedDispatch, TwinsAllowed
from scheduler.orders import Order
from store import Store
from store.jobs import JobState

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    with Store(postgres_url) as opened:
        yield opened


@pytest.mark.parametrize("does", ["ends", "tries again"])
async def test_a_job_that_was_taken_over_is_not_touched_by_the_worker_that_lost_it(store: Store, does: str) -> None:
    DistributedDispatch(store).ask(Order.crawl("be_bda"))
    connector = PsycopgConnector(kwargs=store.database.connection_parameters(), min_size=1, max_size=1)
    async with App(connector=connector).open_async():
        manager = TwinsAllowed(connector)
        slow, fast = [await manager.register_worker() for _ in range(2)]
        lost = await manager.fetch_job(["crawl"], slow)
        assert lost is not None
        await manager.retry_job(lost, retry_at=clock.now())  # as whoever finds the slow one silent does
        taken = await manager.fetch_job(["crawl"], fast)
        assert taken is not None
        await _wakes_up(manager, lost, does)
        job = store.jobs.get(taken.id or 0)
        assert job is not None
        assert (job.state, job.worker, job.attempts) == (JobState.RUNNING, fast, taken.attempts)
        await manager.finish_job(taken, Status.SUCCEEDED, delete_job=True)
        assert store.jobs.get(job.id) is None


async def _wakes_up(manager: TwinsAllowed, lost: Job, does: str) -> None:
    if does == "ends":
        await manager.finish_job(lost, Status.SUCCEEDED, delete_job=True)
    else:
        await manager.retry_job(lost, retry_at=clock.now())
