"""The incident of exports that workers gave up: what it names, what it hides, when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import Settings
from monitoring import exports, incidents, telling
from monitoring.status import status
from store import Store
from store.records import Incident, IncidentKind

ROOFS, ROADS = "s3://bucket/roofs.csv", "s3://bucket/roads.csv"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(Settings(data_dir=tmp_path)) as opened:
        yield opened


def _open(store: Store) -> Incident | None:
    (found,) = store.incidents.current() or [None]
    assert found is None or found.kind == IncidentKind.EXPORT_GIVEN_UP
    return found


def test_the_incident_names_address_and_last_error_without_secrets(store: Store) -> None:
    error = OSError("no answer from\nhttps://key:hidden@store.example/?token=hidden")
    exports.given_up(store, 7, "https://key:hidden@host.example/roofs.csv?sig=hidden", error)
    found = _open(store)
    assert found is not None
    assert "https://key:***@host.example/roofs.csv" in found.message
    assert "no answer from https://key:***@store.example" in found.message
    (detail,) = telling.details_of(found)
    assert "job 7" in detail
    assert "hidden" not in found.model_dump_json()
    assert status(store, keys=()).well is False


def test_it_ends_when_an_export_reached_every_such_address(store: Store) -> None:
    exports.given_up(store, 1, ROOFS, OSError("away"))
    exports.given_up(store, 2, ROADS, OSError("away"))
    found = _open(store)
    assert found is not None
    assert found.details["count"] == 2
    exports.written(store, ROOFS)
    found = _open(store)
    assert found is not None
    assert (ROOFS in found.message, ROADS in found.message) == (False, True)
    exports.written(store, ROADS)
    assert status(store, keys=()).well


def test_it_ends_when_somebody_drops_the_export(store: Store) -> None:
    exports.given_up(store, 1, ROOFS, OSError("away"))
    exports.given_up(store, 2, ROOFS, OSError("still away"))
    assert not exports.drop(store, 1)  # the second one took its place
    assert exports.drop(store, 2)
    assert _open(store) is None


def test_the_watch_mends_what_two_workers_at_once_left_wrong(store: Store) -> None:
    exports.given_up(store, 1, ROOFS, OSError("away"))
    store.incidents.close(None, IncidentKind.EXPORT_GIVEN_UP)
    incidents.watch(store, portals=())
    assert _open(store) is not None
