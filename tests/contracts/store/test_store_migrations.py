"""Migrations lead to the tables of the code and back, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, inspect, select, table, text

from core.clock import now
from core.errors import ConfigurationError
from store import Store, migrate, procrastinate_schema
from store.database import Database
from store.tables import metadata
from tests.support.postgres import PostgresServer
from tests.support.store_examples import saving

REVISIONS = tuple(
    sorted(path.name[1:5] for path in (Path(migrate.__file__).parent / "migrations/versions").glob("v*.py"))
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new folder' / 'vigie 100%.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_empty()
    yield url
    server.drop(url)


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    opened = Database(empty_url)
    yield opened
    opened.close()


def test_migrations_build_the_tables_that_the_code_uses(database: Database) -> None:
    migrate.upgrade(database)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _ours, "include_object": _ours})
        assert compare_metadata(context, metadata) == []


def _ours(_object: object, name: str | None = None, *_: object) -> bool:
    """Leaves out the tables of Procrastinate, which its own schema describes."""
    return "procrastinate" not in str(_object if isinstance(_object, str) else name)


def test_migrations_can_be_taken_back_and_made_again(database: Database) -> None:
    migrate.upgrade(database)
    migrate.downgrade(database)
    with database.read() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    assert not migrate.is_current(database)
    migrate.upgrade(database)
    assert migrate.is_current(database)


def test_migrating_again_keeps_what_is_stored(empty_url: str) -> None:
    with Store(empty_url) as store:
        store.migrate()
        store.notices.save(saving())
        store.migrate()
        migrate.upgrade(store.database)
        assert store.notices.count() == 1


def _as_migrated_by_a_newer_vigie(store: Store, oldest_code: str) -> None:
    store.meta.set(migrate.OLDEST_CODE, oldest_code)
    with store.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def test_a_database_of_a_newer_vigie_is_refused_with_a_sentence(empty_url: str) -> None:
    with Store(empty_url) as store:
        store.migrate()
        _as_migrated_by_a_newer_vigie(store, "9998")
        with pytest.raises(ConfigurationError, match="newer Vigie"):
            store.migrate()


def test_a_newer_database_that_keeps_this_vigie_working_is_used_while_machines_are_upgraded(empty_url: str) -> None:
    with Store(empty_url) as store:
        store.migrate()
        _as_migrated_by_a_newer_vigie(store, REVISIONS[-1])
        store.migrate()
        store.notices.save(saving())
        assert store.notices.count() == 1


def test_a_database_that_lacks_a_column_of_its_version_is_refused(database: Database) -> None:
    migrate.upgrade(database)
    with database.write() as connection:
        connection.execute(text("ALTER TABLE index_queue DROP COLUMN claimed_by"))
    for asked in (migrate.is_current, migrate.upgrade):
        with pytest.raises(ConfigurationError, match=r"lacks 1 of its columns \(index_queue\.claimed_by\)"):
            asked(database)


def test_a_database_that_lacked_a_column_before_is_refused_and_stays_at_its_revision(database: Database) -> None:
    migrate.upgrade_to(database, REVISIONS[-2])
    with database.write() as connection:
        connection.execute(text("ALTER TABLE runs DROP COLUMN message"))
    with pytest.raises(ConfigurationError, match=r"lacks 1 of its columns \(runs\.message\)"):
        migrate.upgrade(database)
    assert migrate.revision(database) == REVISIONS[-2]


def test_columns_and_tables_beyond_those_of_this_version_are_no_harm(database: Database) -> None:
    migrate.upgrade(database)
    with database.write() as connection:
        connection.execute(text("ALTER TABLE index_queue ADD COLUMN of_a_later_version TEXT"))
        connection.execute(text("CREATE TABLE of_a_later_version (id INTEGER)"))
    assert migrate.is_current(database)


@pytest.mark.parametrize("number", range(1, len(REVISIONS)))
def test_each_migration_goes_forward_and_back_with_rows_in_the_tables(database: Database, number: int) -> None:
    migrate.upgrade_to(database, REVISIONS[number - 1])
    _fill(database)
    before = _content(database)
    migrate.upgrade_to(database, REVISIONS[number])
    assert _content(database) == before
    migrate.downgrade(database, REVISIONS[number - 1])
    assert _content(database) == before
    migrate.upgrade(database)
    assert _content(database) == before


def test_rows_written_after_a_migration_survive_taking_it_back(empty_url: str) -> None:
    with Store(empty_url) as store:
        store.migrate()
        store.notices.save_many([saving(str(number)) for number in range(20)])
        store.index_queue.take(5)
        store.budgets.reserve("portal.example", 1.0, 1, 60.0)
        kept = _content(store.database)
        for revision in reversed(REVISIONS[:-1]):
            migrate.downgrade(store.database, revision)
            assert _content(store.database) == kept
        store.migrate()
        assert len(store.index_queue.take(50)) == 20


@pytest.mark.postgres
def test_processes_of_the_version_before_go_on_after_the_expanding_migrations(postgres_server: PostgresServer) -> None:
    """What code of revision 0003 writes and reads is taken by tables of today: it names the columns it knows."""
    url = postgres_server.create_empty()
    database = Database(url)
    migrate.upgrade_to(database, "0003")
    _fill(database)
    migrate.upgrade(database)
    with database.write() as connection:
        connection.execute(text(_QUEUE_ROW.format(table="index_queue")), {"at": now()})
        assert connection.execute(text("SELECT notice_id, version, origin, queued_at FROM index_queue")).rowcount == 2
        assert connection.scalar(text("SELECT value FROM meta WHERE key = 'oldest code'")) == "0003"
    database.close()
    postgres_server.drop(url)


def test_what_procrastinate_ships_is_what_our_migrations_make() -> None:
    """Fails with a newer Procrastinate: write a migration that applies its files after this one, both ways."""
    assert procrastinate_schema.shipped()[-1] == "03.04.00_50_post_add_retry_failed_job_procedure.sql"


_QUEUE_ROW = "INSERT INTO {table} (notice_id, version, origin, queued_at) VALUES ('be_bda:1', 1, 'crawl', :at)"


def _fill(database: Database) -> None:
    """Rows as the first revision takes them."""
    statements = (
        "INSERT INTO procedures (key, portal, first_seen_at) VALUES ('be_bda:1', 'be_bda', :at)",
        "INSERT INTO notices (id, portal, procedure_key, version, last_version, first_seen_at, changed_at,"
        " last_seen_at) VALUES ('be_bda:1', 'be_bda', 'be_bda:1', 1, 1, :at, :at, :at)",
        "INSERT INTO notice_versions (notice_id, version, notice, model_version, digest, changes, origin, late,"
        " revision, parser_version, saved_at)"
        " VALUES ('be_bda:1', 1, '{}', '1', 'x', '[]', 'crawl', false, 1, '1', :at)",
        *(_QUEUE_ROW.format(table=table) for table in ("index_queue", "match_queue")),
        "INSERT INTO firings (job, due_at, claimed_at) VALUES ('crawl:be_bda', :at, :at)",
    )
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement), {"at": now()})


def _content(database: Database) -> dict[str, int]:
    """Rows of the tables that the first revision has."""
    names = ("procedures", "notices", "notice_versions", "index_queue", "match_queue", "firings")
    with database.read() as connection:
        return {name: int(connection.scalar(select(func.count()).select_from(table(name))) or 0) for name in names}


def test_a_migration_that_fails_leaves_nothing_half_made(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("CREATE TABLE outbox (id INTEGER)"))  # the migration meets it after other tables
    with pytest.raises(Exception, match="outbox"):
        migrate.upgrade(database)
    with database.read() as connection:
        assert inspect(connection).get_table_names() == ["outbox"]


def test_what_stored_notices_bring_is_known_after_migrating_up_again(empty_url: str) -> None:
    uuid, procedure = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "5f0d3f6e-51a1-4d0c-9f4a-6d2b7f0c9a11"
    with Store(empty_url) as store:
        store.migrate()
        for number in range(450):  # more than a page of them
            store.notices.save(saving(f"{number:04}", procedure_id=f"key {number:04} \x00"))
        first = saving("9000", procedure_id=procedure, notice_uuid=uuid, publication_number="00622963-2026")
        joined = saving("9001", procedure_id="Z", notice_uuid=f"{uuid}-02")
        store.notices.save_many([first, joined])
        migrate.downgrade(store.database, "0002")
        store.migrate()
        later = [
            saving("9002", procedure_id=procedure.upper()),
            saving("9003", notice_uuid=uuid),
            saving("9004", publication_number="622963-2026"),
            saving("9005", procedure_id="Z"),
            saving("9006", procedure_id="key 0449 \x00"),
        ]
        store.notices.save_many(later)
        keys = {id_: item.procedure_key for id_, item in store.notices.get_many([i.notice.id for i in later]).items()}
        assert {keys[f"be_bda:900{number}"] for number in (2, 3, 4, 5)} == {f"be_bda:{procedure}"}
        assert keys["be_bda:9006"] == store.notices.get_many(["be_bda:0449"])["be_bda:0449"].procedure_key
