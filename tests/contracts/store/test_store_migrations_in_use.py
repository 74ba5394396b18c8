"""A database is migrated while it is in use: a long reader delays the migration, and the migration delays nobody."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from store import StoreError, migrate
from store.database import Database
from tests.support.postgres import PostgresServer
from tests.support.up import until

pytestmark = pytest.mark.postgres


def test_a_migration_steps_back_from_a_table_that_a_backup_reads(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(migrate, "TABLE_PATIENCE", 0.2)
    monkeypatch.setattr(migrate, "PAUSE", 0.2)
    url = postgres_server.create_empty()
    old, new = Database(url), Database(url)
    migrate.upgrade_to(old, "0006")
    migrating = threading.Thread(target=migrate.upgrade, args=(new,))
    with old.read() as backup:
        backup.execute(text("SELECT count(*) FROM notices"))
        migrating.start()
        until(lambda: "tried again" in caplog.text, 60, "the migration steps back")
        with old.read() as connection:  # a page of the site, of the version before
            assert connection.scalar(text("SELECT count(*) FROM notices")) == 0
        monkeypatch.setattr(migrate, "TRIES", 1)
        with pytest.raises(StoreError, match="stop what reads them"):
            migrate.upgrade(old)
    migrating.join(60)
    assert migrate.is_current(old)
    for database in (old, new):
        database.close()
    postgres_server.drop(url)
