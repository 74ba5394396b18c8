"""Segments that the archive does not take: where they wait, said once, and what becomes of a dead machine's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from core.settings import Settings
from monitoring import health, spools, telling
from monitoring.health import State
from notices.model import RawAddress
from store import Archive, Store
from store.inventory import missing_segments
from store.records import IncidentKind

MONDAY = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "machine", archive_url=str(tmp_path / "archive"))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with clock.frozen_at(MONDAY), Store.open(settings) as opened:
        yield opened


def crawl(settings: Settings, store: Store, payload: bytes = b"{}") -> RawAddress:
    archive = Archive.open(settings, store.payloads)
    with archive:
        address = archive.put(
            run_id="r1", notice_id="be_bda:1", url="https://portal.example/", payload=payload,
            media_type="text/plain", at=MONDAY,
        )  # fmt: skip
        archive.sync()
        store.payloads.add_many([("be_bda:1", "r1", address, MONDAY)])
    spools.note(store, archive, settings.spool_dir)
    return address


def away(settings: Settings) -> Path:
    """The archive's folder cannot be made."""
    place = Path(settings.archive)
    place.write_text("in the way")
    return place


def waiting(store: Store) -> list[str]:
    return [telling.sentence(found, "en") for found in store.incidents.current()]


def test_one_incident_tells_what_waits_where_and_closes_by_itself(settings: Settings, store: Store) -> None:
    place = away(settings)
    for _ in range(2):
        address = crawl(settings, store)
    (spool,) = spools.spools(store)
    assert spool.segments == 2
    assert spool.trouble
    (incident,) = store.incidents.current()
    assert incident.kind == IncidentKind.ARCHIVE_WAITING
    assert waiting(store) == [
        "The archive does not take raw payloads; 2 files wait on their machines and will be moved."
    ]
    assert spool.id in telling.details_of(incident)[0]
    place.unlink()
    asked = health.questions(settings, lambda: store, lambda: pytest.fail("not asked"))
    assert asked["archive"](MONDAY)[0] is State.LATE
    assert spools.tend(settings, store).segments == 0
    assert asked["archive"](MONDAY)[0] is State.OK
    assert store.incidents.current() == []
    assert Archive.open(settings, reading=True).read(address) == b"{}"


def test_a_machine_that_is_not_heard_of_any_more_is_told_with_its_segments(settings: Settings, store: Store) -> None:
    away(settings)
    crawl(settings, store)
    (spool,) = spools.spools(store)
    store.meta.set(f"spool:{spool.id}", spool.model_copy(update={"trouble": None}).model_dump_json())
    spools.judge(store, MONDAY + timedelta(minutes=30))
    assert store.incidents.current() == []
    spools.judge(store, MONDAY + timedelta(hours=2))
    assert len(store.incidents.current()) == 1
    assert spools.forget(store, spool.id)
    assert store.incidents.current() == []


def test_the_disk_of_a_dead_machine_gives_its_payloads_to_the_archive(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    place = away(settings)
    address = crawl(settings, store)
    disk = tmp_path / "mounted disk"
    settings.spool_dir.rename(disk)  # another machine has this disk now
    place.unlink()
    reading = Archive.open(settings, reading=True)
    (missing,) = missing_segments(store, reading, settings.spool_dir)
    assert missing.segment == address.segment
    rescued = Archive(settings.archive, disk)
    rescued.close()
    assert spools.note(store, rescued, disk).segments == 0
    assert spools.spools(store) == []
    assert reading.read(address) == b"{}"
    assert missing_segments(store, reading, settings.spool_dir) == []


def test_a_segment_that_was_cut_off_is_missed(settings: Settings, store: Store) -> None:
    address = crawl(settings, store)
    segment = Path(settings.archive) / address.segment
    segment.write_bytes(segment.read_bytes()[:-1])
    (missing,) = missing_segments(store, Archive.open(settings, reading=True), settings.spool_dir)
    assert "its last payload ends at" in missing.problem
    shutil.rmtree(settings.archive)
    (missing,) = missing_segments(store, Archive.open(settings, reading=True), settings.spool_dir)
    assert "not in the archive" in missing.problem
