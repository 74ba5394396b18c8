"""Migrations lead to the tables of the code and back, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from core.errors import ConfigurationError
from store import Store, migrate
from store.database import Database
from store.tables import metadata
from tests.support.postgres import PostgresServer
from tests.support.store_examples import saving


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
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


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


def test_a_database_of_a_newer_vigie_is_refused_with_a_sentence(empty_url: str) -> None:
    with Store(empty_url) as store:
        store.migrate()
        with store.database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(ConfigurationError, match="newer Vigie"):
            store.migrate()


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
