"""A portal breaks: the operator sees it from the scheduled crawl on, until the portal has recovered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.settings import Settings
from monitoring import incidents
from simulated_portals.be_bda.server import make_portal
from simulated_portals.misbehaviour import AnswerStatus, EmptyList, LoseRows, Maintenance
from simulated_portals.running import running_portal
from store import Store
from tests.support.command import Vigie


@pytest.fixture
def vigie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vigie]:
    """An installation that was well after its first crawls: every one of the last days has notices."""
    portal = make_portal(invented=60, seed=5)
    for _ in range(4):
        portal.publish()
    with running_portal(portal) as running:
        made = Vigie(tmp_path, running, monkeypatch)
        made("crawl", "be_bda", "--open")
        made("crawl", "be_bda", "--from", str(portal.clock.today()), "--to", str(portal.clock.today()))
        made("status")
        yield made


def scheduled_crawl(vigie: Vigie, code: int) -> None:
    """What a lane of the scheduler starts, for one day so that quiet days of the invented portal do not matter."""
    day = str(vigie.control.clock.today())
    vigie("crawl", "be_bda", "--from", day, "--to", day, "--scheduled", "--purpose", "window", code=code)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (EmptyList(), "window-suspect"),
        (Maintenance(), "run-failed"),
        (AnswerStatus(status=503), "run-failed"),
        (LoseRows(rows=1), "window-incomplete"),
    ],
    ids=["empty list", "maintenance page", "503", "lost row"],
)
def test_a_portal_that_breaks_is_an_open_incident_until_it_recovers(vigie: Vigie, fault: object, kind: str) -> None:
    vigie.control.faults.start(fault)  # type: ignore[arg-type]
    scheduled_crawl(vigie, code=1)
    (state,) = vigie.lines("status", "--json", code=1)
    assert kind in [incident["kind"] for incident in state["incidents"]]
    assert state["sources"][0]["verdict"] != "fine"
    told = vigie("status", code=1).stdout
    assert f"! {kind}: " in told
    assert "à jour" not in told
    assert "OPEN" in vigie("incidents").stdout

    vigie.control.faults.clear()
    scheduled_crawl(vigie, code=0)
    (state,) = vigie.lines("status", "--json")
    assert state["incidents"] == []
    assert state["sources"][0]["verdict"] == "fine"
    assert "OPEN" not in vigie("incidents").stdout
    assert kind in vigie("incidents").stdout  # history stays


def test_a_day_without_any_successful_crawl_is_told(vigie: Vigie) -> None:
    later = clock.now() + timedelta(days=4)
    with Store.open(Settings()) as store:
        incidents.watch(store, ("be_bda",), later)
    with clock.frozen_at(later):
        (state,) = vigie.lines("status", "--json", code=1)
    assert [incident["kind"] for incident in state["incidents"]] == ["portal-silent"]
    assert state["sources"][0]["verdict"] == "silent"
    scheduled_crawl(vigie, code=0)
    assert vigie.lines("status", "--json")[0]["incidents"] == []
