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
