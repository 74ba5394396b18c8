"""A disk that is full, for each thing that is written: it is told, nothing is lost, and with room all goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulated_portals.be_bda.portal import BeBdaPortal
from simulated_portals.be_bda.server import make_portal
from simulated_portals.running import RunningPortal, running_portal
from tests.support.bad_servers import secured_postgres
from tests.support.command import Vigie
from tests.support.small_disks import small_disk

OPEN = ("crawl", "be_bda", "--open")
WORK = ("worker", "--queues", "index,match", "--until-empty")


@pytest.fixture(scope="module")
def portal() -> Iterator[RunningPortal[BeBdaPortal]]:
    with running_portal(make_portal(invented=120, seed=11)) as running:
        yield running


@pytest.fixture
def vigie(portal: RunningPortal[BeBdaPortal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vigie:
    made = Vigie(tmp_path, portal, monkeypatch)
    made.set("CRAWL__DELAY", "0")
    return made


def stored(vigie: Vigie) -> tuple[int, int]:
    """Notices, and rows that wait for the index."""
    with vigie.store() as store:
        return store.notices.count(), store.index_queue.depth()


def announced(vigie: Vigie) -> int:
    """Notices that are open on the portal, as a crawl with room on the disk finds them."""
    vigie(*OPEN)
    return stored(vigie)[0]


@pytest.mark.parametrize("left", [0, 400_000])
def test_an_installation_whose_disk_fills_up_says_so_and_goes_on_with_room(vigie: Vigie, left: int) -> None:
    with small_disk(vigie.data_dir) as disk:
        if left:
            vigie("runs")
        disk.fill(left)
        assert "Make room" in vigie(*OPEN, code=1).stderr
        if not left:
            assert "Make room" in vigie("status", code=1).stderr
        disk.clear()
        assert announced(vigie) > 30
        vigie(*WORK)
        assert stored(vigie)[1] == 0


@pytest.mark.parametrize("part", ["index", "archive", "spool"])
def test_a_part_whose_disk_is_full_keeps_the_others_working_and_loses_nothing(vigie: Vigie, part: str) -> None:
    with small_disk(vigie.data_dir / part) as disk:
        disk.fill(8_192)
        crawled = vigie(*OPEN, code=1 if part == "spool" else 0)
        if part == "spool":  # a notice is kept only together with the payload that it was read from
            assert "Make room there, and crawl again" in crawled.stderr
            assert stored(vigie)[0] == 0
        elif part == "archive":
            moved = vigie("archive", "move", code=1).stderr
            assert "Make room there; what was not moved waits" in moved
            assert "1 segments wait" in moved
            assert not list((vigie.data_dir / part).rglob("*.part"))
        else:
            waiting = stored(vigie)
            assert "faute de place" in vigie(*WORK, code=1).stderr
            assert stored(vigie) == waiting
        disk.clear()
        everything = announced(vigie)
        vigie(*WORK)
        assert stored(vigie) == (everything, 0)
        vigie("archive", "move")
        assert vigie.lines("archive", "check", "--json") == []


def test_what_is_written_elsewhere_is_whole_or_not_there(vigie: Vigie, tmp_path: Path) -> None:
    vigie(*OPEN)
    vigie(*WORK)
    before = stored(vigie)
    with small_disk(tmp_path / "elsewhere") as disk:
        older = disk.folder / "older.csv"
        older.write_text("the export of yesterday")
        disk.fill(8_192)
        for command in (
            ("backup", str(disk.folder / "backup"), "--payloads"),
            ("export", "--all", "--output", str(older)),
            ("export", "--all", "--output", "/dev/full"),
            ("export", "--all", "--to", f"file://{older}"),
            ("migrate-store", "--to", f"sqlite:///{disk.folder / 'other.sqlite'}"),
        ):
            assert "ake room" in vigie(*command, code=1).stderr, command
        assert older.read_text() == "the export of yesterday"
        assert not (disk.folder / "backup").exists()
        assert not [path for path in disk.folder.iterdir() if path.suffix == ".part"]
        disk.clear()
        vigie("backup", str(disk.folder / "backup"), "--payloads")
    assert stored(vigie) == before


@pytest.mark.postgres
def test_postgresql_whose_disk_is_full_says_so_and_goes_on_with_room(vigie: Vigie, tmp_path: Path) -> None:
    with secured_postgres() as server, small_disk(server.folder / "disk") as disk:
        place = disk.folder / "tables"
        place.mkdir()
        shutil.chown(place, server.folder.owner())
        server.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        server.execute("CREATE DATABASE crowded TABLESPACE small TEMPLATE template0")
        vigie.set("DATABASE_URL", server.url("crowded"))
        vigie("runs")
        disk.fill()
        assert "Make room on its disk" in vigie(*OPEN, code=1).stderr
        disk.clear()
        assert announced(vigie) > 30
