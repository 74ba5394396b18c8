"""What a crawl remembers is known to the next one, whichever machine it runs on and whatever became of the first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.settings import Settings
from simulated_portals.atexo_ma.invented import TEST_ORGANISATION
from simulated_portals.atexo_ma.portal import AtexoMaPortal
from simulated_portals.atexo_ma.server import make_portal
from simulated_portals.running import running_portal
from store import Archive, Store
from store.errors import StoreError
from store.notices import Notices
from tests.support.crawls import PortalInstallation

Machine = PortalInstallation[AtexoMaPortal]


@pytest.fixture
def machines(store_url: str, tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """Two machines with a data folder each, one database and one archive."""
    with ExitStack() as stack:
        running = stack.enter_context(running_portal(make_portal("ma_pmmp", invented=24, seed=5)))
        made = []
        for name in ("first", "second"):
            settings = Settings(
                data_dir=tmp_path / name, database_url=store_url, archive_url=str(tmp_path / "archive"), demo=True
            )
            settings.data_dir.mkdir()
            store = stack.enter_context(Store.open(settings))
            archive = stack.enter_context(Archive(settings.archive, settings.spool_dir, store.payloads))
            made.append(Machine(settings, store, archive, running, "ma_pmmp"))
        yield made[0], made[1]


def a_call(machine: Machine) -> str:
    return next(item.key for item in machine.control.open_now() if item.organisation != TEST_ORGANISATION)


def test_a_call_that_leaves_the_list_is_noticed_by_the_crawl_of_another_machine(
    machines: tuple[Machine, Machine],
) -> None:
    first, second = machines
    assert first.crawl_open().complete
    key = a_call(first)
    first.control.cancel(key)
    assert second.crawl_open().complete
    assert second.stored(key).notice.cancelled
    asked = first.requests("detail")
    assert first.crawl_open().complete
    assert first.requests("detail") == asked  # it is asked for once, by one of them
    assert not any((machine.settings.data_dir / "notebook").exists() for machine in machines)


def test_a_call_that_left_is_looked_at_again_when_the_crawl_that_noticed_it_could_not_store_it(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = machines
    assert first.crawl_open().complete
    key = a_call(first)
    first.control.cancel(key)
    with monkeypatch.context() as patch:
        patch.setattr(Notices, "save_many", lambda *_: (_ for _ in ()).throw(StoreError("The disk is full.")))
        with pytest.raises(StoreError, match="The disk is full"):
            first.crawl_open()
    assert not second.stored(key).notice.cancelled
    assert second.crawl_open().complete
    assert second.stored(key).notice.cancelled


def test_what_a_version_before_remembered_in_the_data_folder_is_not_lost(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    assert first.crawl_open().complete
    _as_a_version_before_left_it(first)
    key = a_call(first)
    first.control.cancel(key)
    assert first.crawl_open().complete
    assert first.stored(key).notice.cancelled
    assert not (first.settings.data_dir / "notebook").exists()
    assert second.store.notebook.read("ma_pmmp-open-list") is not None


def _as_a_version_before_left_it(machine: Machine) -> None:
    """Move what is remembered from the store into files of the data folder."""
    folder = machine.settings.data_dir / "notebook"
    folder.mkdir()
    for key in ("ma_pmmp-open-list", "ma_pmmp-last-news"):
        kept = machine.store.notebook.read(key)
        assert kept is not None
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        (folder / f"{name}.page").write_bytes(kept[1].isoformat().encode() + b"\n" + kept[0])
    with machine.store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM notebook")
    assert machine.store.notebook.read("ma_pmmp-open-list") is None
