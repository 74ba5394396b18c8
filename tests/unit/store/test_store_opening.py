"""Opening a store: its nature, and sentences for what cannot be opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import Settings
from store import Store, StoreError
from store.tables import meta
from tests.support.store_examples import saving


def test_a_fresh_installation_opens_ready_to_use(tmp_path: Path) -> None:
    with Store.open(Settings(data_dir=tmp_path / "data")) as store:
        store.notices.save(saving())
        assert store.meta.get("nature") == "real"
    with Store.open(Settings(data_dir=tmp_path / "data")) as store:
        assert store.notices.count() == 1


@pytest.mark.parametrize("first", [True, False], ids=["demonstration", "real"])
def test_demonstration_and_real_notices_never_mix(tmp_path: Path, first: bool) -> None:
    Store.open(Settings(data_dir=tmp_path, demo=first)).close()
    with pytest.raises(ConfigurationError, match="never mix"):
        Store.open(Settings(data_dir=tmp_path, demo=not first))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://localhost/vigie", "SQLite or PostgreSQL"),
        ("sqlite://", "database file"),
        ("no url", "cannot be read"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        Store(url)


def test_a_server_that_is_down_is_told_without_the_password(tmp_path: Path) -> None:
    with (
        Store(f"postgresql://vigie:secret@/vigie?host={tmp_path}") as store,
        pytest.raises(StoreError, match="cannot be used") as caught,
    ):
        store.migrate()
    assert "secret" not in str(caught.value)


def test_what_is_committed_is_on_the_disk(tmp_path: Path) -> None:
    with Store.open(Settings(data_dir=tmp_path)) as store, store.database.read() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas]
    assert values == ["wal", 2, 1, 30_000]


def test_a_writer_that_waits_too_long_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.database.BUSY_TIMEOUT", 0.05)
    with Store.open(Settings(data_dir=tmp_path)) as store, store.database.write():
        with pytest.raises(StoreError, match="database is locked"):
            store.meta.set("a", "b")
        assert store.meta.get("a") is None  # readers do not wait


def test_errors_of_the_database_do_not_print_what_was_being_stored(tmp_path: Path) -> None:
    with Store.open(Settings(data_dir=tmp_path)) as store, pytest.raises(Exception, match="UNIQUE") as caught:
        insert_twice(store)
    assert "private words" not in str(caught.value)


def insert_twice(store: Store) -> None:
    with store.database.write() as connection:
        for _ in range(2):
            connection.execute(meta.insert().values(key="private words", value="x"))
