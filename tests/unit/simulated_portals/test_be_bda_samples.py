"""Real notices in the simulated portal: what the rows say is what the documents say."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from simulated_portals.be_bda.samples import read_samples
from simulated_portals.be_bda.server import make_portal

SAMPLES = Path(__file__).parents[4] / "shared/samples/belgium/eforms_2025-06"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples of ../shared/samples are not there"),
]


def test_every_file_becomes_a_publication_of_its_folders_day() -> None:
    publications = read_samples(SAMPLES)
    assert {item.workspace_id for item in publications} == {file.stem for file in SAMPLES.glob("*/*.xml")}
    by_day = {day.name: len(list(day.glob("*.xml"))) for day in SAMPLES.iterdir() if day.is_dir()}
    for day, count in by_day.items():
        assert sum(1 for item in publications if item.publication_date == date.fromisoformat(day)) == count


def test_a_known_call_has_its_facts() -> None:
    known = {item.workspace_id: item for item in read_samples(SAMPLES)}
    call = known["2c737a68-06e7-4795-bc47-7d21acf66ce3"]
    assert call.sub_type == "16"
    assert call.cpv_main == "18424000"
    assert call.deadline == datetime.fromisoformat("2025-09-18T10:00")
    assert call.buyer.organisation_id == 8
    assert call.buyer.cbe_number == "0869909460"
    assert set(call.languages) == {"FR", "NL"}


def test_two_stage_calls_keep_the_deadline_for_requests() -> None:
    known = {item.workspace_id: item for item in read_samples(SAMPLES)}
    call = known["be4b02b1-38c2-4d96-a4f3-bf9759b481e9"]
    assert call.deadline == datetime.fromisoformat("2025-07-14T10:00")


def test_a_portal_of_samples_holds_no_invented_notice() -> None:
    assert len(make_portal(samples=SAMPLES).catalogue.publications()) == len(list(SAMPLES.glob("*/*.xml")))


def test_the_portal_may_live_on_the_day_of_its_samples(tmp_path: Path) -> None:
    portal = make_portal(samples=SAMPLES, today=date(2025, 6, 11))
    assert portal.clock.today() == date(2025, 6, 11)
    assert any(item.deadline and item.deadline > portal.clock.local_now() for item in portal.catalogue.publications())


def test_a_sample_can_be_rectified() -> None:
    portal = make_portal(samples=SAMPLES, today=date(2025, 6, 11))
    portal.rectify("2c737a68-06e7-4795-bc47-7d21acf66ce3", datetime.fromisoformat("2025-10-02T10:00"))
    changed = portal.catalogue.get("2c737a68-06e7-4795-bc47-7d21acf66ce3")
    assert changed is not None
    assert changed.latest.read_xml is not None
    assert "2025-10-02+02:00" in changed.latest.read_xml()


def test_an_empty_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sample notices"):
        read_samples(tmp_path)
