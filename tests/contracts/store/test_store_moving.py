"""`vigie migrate-store`: the same rows on the other engine, whatever they hold, and nothing half taken for whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, text

from core.errors import ConfigurationError, VigieError
from core.settings import Settings
from store import Store, moving
from tests.support.full_store import content, fill
from tests.support.store_examples import saving

BOTH_WAYS = [("sqlite_url", "postgres_url"), ("postgres_url", "sqlite_url")]
pytestmark = pytest.mark.postgres


@pytest.fixture(params=BOTH_WAYS, ids=["to PostgreSQL", "to SQLite"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Store, Store]]:
    """The store to move, and an empty one of the other engine."""
    urls = [str(request.getfixturevalue(name)) for name in request.param]
    with Store(urls[0]) as source, Store(urls[1]) as target:
        yield source, target


def quiet(_sentence: str) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("seed", range(3))
def test_every_row_is_the_same_on_the_other_engine_whatever_it_holds(pair: tuple[Store, Store], seed: int) -> None:
    source, target = pair
    fill(source, seed, 40)
    before = content(source)
    assert all(len(rows) >= 40 for rows in before.values())
    report = moving.move(source, target, quiet)
    assert report.rows == sum(len(rows) for rows in before.values())
    assert content(target) == before
    assert content(source) == before


def test_there_and_back_again_is_where_it_was(pair: tuple[Store, Store], tmp_path: Path) -> None:
    source, target = pair
    fill(source, 7, 25)
    moving.move(source, target, quiet)
    with Store(f"sqlite:///{tmp_path / 'back.sqlite'}") as back:
        moving.move(target, back, quiet)
        assert content(back) == content(source)


def test_an_interrupted_move_is_refused_as_a_store_and_goes_on_where_it_was(
    pair: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source, target = pair
    fill(source, 1, 30)
    monkeypatch.setattr(moving, "BATCH", 7)
    batches = 0

    def interrupt(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal batches
        batches += statement.startswith("INSERT INTO outbox")
        if batches == 3:
            raise KeyboardInterrupt

    event.listen(target.database.engine, "before_cursor_execute", interrupt)
    with pytest.raises(KeyboardInterrupt):
        moving.move(source, target, quiet)
    event.remove(target.database.engine, "before_cursor_execute", interrupt)
    url = target.database.url.render_as_string(hide_password=False)
    with pytest.raises(ConfigurationError, match="filled only in part"):
        Store.open(Settings(data_dir=tmp_path, database_url=url))
    written: list[str] = []
    event.listen(target.database.engine, "before_cursor_execute", lambda *seen: written.append(seen[2]))
    moving.move(source, target, quiet)
    assert not any(statement.startswith("INSERT INTO notices ") for statement in written)
    assert content(target) == content(source)


def test_a_copy_that_differs_is_told_and_begun_anew_when_asked(
    pair: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = pair
    fill(source, 2, 10)
    with monkeypatch.context() as patch:
        patch.setattr(moving, "_compare", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            moving.move(source, target, quiet)
    with target.database.write() as connection:
        connection.execute(text("UPDATE owners SET zone = 'Europe/Paris'"))
    with pytest.raises(VigieError, match="owners is not the same"):
        moving.move(source, target, quiet)
    moving.move(source, target, quiet, afresh=True)
    assert content(target) == content(source)


def test_a_target_that_holds_anything_is_refused_and_left_as_it_is(pair: tuple[Store, Store]) -> None:
    source, target = pair
    fill(source, 3, 5)
    target.notices.save(saving())
    before = content(target)
    with pytest.raises(VigieError, match="not empty"):
        moving.move(source, target, quiet)
    assert content(target) == before
    with pytest.raises(VigieError, match="into itself"):
        moving.move(source, Store(source.database.url.render_as_string(hide_password=False)), quiet)


def test_a_source_that_somebody_writes_to_is_refused(pair: tuple[Store, Store]) -> None:
    source, target = pair
    fill(source, 4, 5)
    writer = Store(source.database.url.render_as_string(hide_password=False))
    with writer, writer.database.write() as connection:
        connection.execute(text("UPDATE owners SET zone = 'Europe/Paris'"))
        with pytest.raises(VigieError, match="Something writes to"):
            moving.move(source, target, quiet)
    moving.move(source, target, quiet)
    assert content(target) == content(source)


def test_numbers_that_were_given_are_not_given_again(pair: tuple[Store, Store]) -> None:
    source, target = pair
    source.notices.save_many([saving(str(number)) for number in range(5)])
    taken = source.index_queue.take(10)
    source.index_queue.acknowledge(taken)
    moving.move(source, target, quiet)
    target.notices.save(saving("new"))
    (row,) = target.index_queue.take(10)
    assert row.row_id > max(old.row_id for old in taken)
    target.incidents.open("be_bda", "run-failed", "x")


def test_what_one_engine_cannot_hold_is_told_by_table(sqlite_url: str, postgres_url: str) -> None:
    with Store(sqlite_url) as source, Store(postgres_url) as target:
        source.profiles.ensure_owner("a@example.org", "fr", "Europe/Brussels", 7, (0,))
        with source.database.write() as connection:
            connection.execute(text("UPDATE owners SET language = 'f' || char(0)"))
        with pytest.raises(VigieError, match="Table owners"):
            moving.move(source, target, quiet)
