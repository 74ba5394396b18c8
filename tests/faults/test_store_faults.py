"""The store when processes are killed, work at the same time, or commit in another order than they began."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from core.clock import now
from store import Store, migrate, queues
from store.records import Origin
from store.tables import index_queue, match_queue, notice_versions, notices, outbox, procedures, version_payloads
from tests.support.postgres import PostgresServer
from tests.support.store_examples import PUBLISHED, message, saving
from tests.support.store_processes import BATCH, says, started


def _counts(store: Store) -> dict[str, int]:
    tables = (notices, notice_versions, index_queue, match_queue)
    with store.database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }


@pytest.mark.parametrize("table", ["procedures", "notices", "notice_versions", "index_queue", "match_queue"])
def test_a_writer_killed_in_the_middle_of_a_batch_leaves_nothing_of_it(store_url: str, table: str) -> None:
    with started("save_until_killed", store_url, 3, table) as process:
        says(process, "middle")
        process.kill()
        process.wait()
    with Store(store_url) as store:
        assert _counts(store) == dict.fromkeys(_counts(store), 3 * BATCH)
        with store.database.read() as connection:
            assert connection.execute(select(func.count()).select_from(procedures)).scalar_one() == 3
        assert store.notices.of_procedure("be_bda:batch-3") == []
        store.notices.save(saving())  # and no lock is left behind


def test_a_batch_whose_saving_returned_survives_the_death_of_its_process(store_url: str) -> None:
    batches = random.randint(1, 8)
    with started("save_endlessly", store_url) as process:
        says(process, f"saved {batches}")
        process.kill()
        process.wait()
    with Store(store_url) as store:
        counts = _counts(store)
        assert counts["notices"] >= (batches + 1) * BATCH
        assert counts["notices"] % BATCH == 0
        assert len(set(counts.values())) == 1
        for number in range(counts["notices"] // BATCH):
            assert len(store.notices.of_procedure(f"be_bda:batch-{number}")) == BATCH


def test_two_processes_that_save_the_same_notices_store_each_once(store_url: str) -> None:
    with started("save_range", store_url, 0, 150, 1) as up, started("save_range", store_url, 149, -1, -1) as down:
        for process in (up, down):
            says(process, "ready")
        for process in (up, down):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in (up, down):
            says(process, "done")
    with Store(store_url) as store:
        assert _counts(store) == dict.fromkeys(_counts(store), 150)
        assert {row.version for row in store.match_queue.take(200)} == {1}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'vigie.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_empty()
    yield url
    server.drop(url)


def test_processes_started_together_migrate_once(empty_url: str) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(started("migrate", empty_url)) for _ in range(4)]
        for process in processes:
            says(process, "ready")
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            says(process, "done")
    with Store(empty_url) as store:
        assert migrate.is_current(store.database)
        store.notices.save(saving())


@pytest.mark.postgres
def test_two_transactions_that_commit_in_the_other_order_lose_nothing_in_the_queue(postgres_url: str) -> None:
    with Store(postgres_url) as store:
        store.notices.save_many([saving("1"), saving("2")])
        store.index_queue.acknowledge(store.index_queue.take(10))
        with store.database.write() as first:
            queues.append(first, index_queue, [("be_bda:1", 1, Origin.CRAWL)])
            with store.database.write() as second:
                queues.append(second, index_queue, [("be_bda:2", 1, Origin.CRAWL)])
            rows = store.index_queue.take(10)
            assert [row.notice_id for row in rows] == ["be_bda:2"]
            store.index_queue.acknowledge(rows)
        (late,) = store.index_queue.take(10)
        assert late.notice_id == "be_bda:1"
        assert late.row_id < rows[0].row_id


@pytest.mark.postgres
def test_a_matcher_misses_no_profile_that_was_being_saved_while_it_asked(postgres_url: str) -> None:
    with Store(postgres_url) as store:
        owner = store.profiles.ensure_owner("anne@entreprise.example", "fr", "Europe/Brussels", 7, (0,))
        with store.database.write() as open_save:
            # Somebody's save has its revision and is not committed yet; the next one has to wait for it.
            revision = store.profiles._next_revision(open_save)
            saver = threading.Thread(target=store.profiles.create, args=(owner.id, "second", {}))
            saver.start()
            seen = store.profiles.changed_since(0)
            assert (seen.revision, seen.put) == (0, ())
            open_save.execute(
                text(
                    "INSERT INTO profiles (id, owner_id, name, query, state, revision, created_at, changed_at)"
                    " VALUES ('p1', :owner, 'first', '{}', 'active', :revision, :at, :at)"
                ),
                {"owner": owner.id, "revision": revision, "at": now()},
            )
        saver.join(timeout=30)
        after = store.profiles.changed_since(seen.revision)
        assert [profile.name for profile in after.put] == ["first", "second"]


@pytest.mark.postgres
def test_deliverers_skip_what_another_one_is_taking(postgres_url: str) -> None:
    with Store(postgres_url) as store:
        store.outbox.add(message("m1"))
        store.outbox.add(message("m2"))
        with store.database.write() as other:
            other.execute(select(outbox.c.id).where(outbox.c.id == "m1").with_for_update())
            claimed = store.outbox.claim(10, timedelta(minutes=1), PUBLISHED)
        assert [entry.id for entry in claimed] == ["m2"]


def test_payload_links_follow_their_notice(store: Store) -> None:
    """A link to a version that does not exist is refused by either database."""
    store.notices.save(saving())
    with pytest.raises(Exception, match=r"(?i)foreign key"), store.database.write() as connection:
        connection.execute(version_payloads.insert().values(notice_id="be_bda:1001", payload_digest="x", version=9))
