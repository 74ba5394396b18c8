"""The report of unread fields: what is new is told, what is ignored is listed with a reason."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notices.formats.eforms import IGNORED, ReadingContext, UnreadElement, read_eforms

GOLDEN = Path(__file__).parents[2] / "golden" / "eforms"
COMPETITION = (GOLDEN / "competition_restricted_two_lots.xml").read_bytes()
RESULT = (GOLDEN / "result_consortium_and_losing_tender.xml").read_bytes()
SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
CONTEXT = ReadingContext(portal="be_bda", zone=ZoneInfo("Europe/Brussels"))


def unread(payload: bytes) -> dict[str, UnreadElement]:
    return {element.path: element for element in read_eforms(payload, context=CONTEXT).unread}


def test_a_new_element_is_reported_where_it_stands_with_a_sample() -> None:
    new = b"<b:CarbonBudgetMeasure unitCode='TNE'>42</b:CarbonBudgetMeasure>"
    found = unread(COMPETITION.replace(b"<b:SMESuitableIndicator>", new + b"<b:SMESuitableIndicator>"))
    path = "cac:ProcurementProjectLot/cac:ProcurementProject/cbc:CarbonBudgetMeasure"
    assert found == {path: UnreadElement(path=path, count=1, sample="42")}


def test_a_new_element_of_the_extension_is_reported_once_with_its_count() -> None:
    new = b"<efac:RobotTender><cbc:ID>R-1</cbc:ID><cbc:Name>Robot</cbc:Name></efac:RobotTender>"
    found = unread(RESULT.replace(b"<efac:SettledContract>", new + b"<efac:SettledContract>"))
    result = "~/efac:NoticeResult/efac:RobotTender"
    inside = "~/efac:NoticeResult/efac:LotResult/efac:RobotTender"
    assert {path: (item.count, item.sample) for path, item in found.items()} == {
        result: (1, "R-1 Robot"),
        inside: (1, "R-1 Robot"),
    }


def test_an_element_of_a_foreign_namespace_is_reported_with_its_namespace() -> None:
    new = b"<x:Note xmlns:x='urn:portal:own'>texte</x:Note>"
    found = unread(COMPETITION.replace(b"<b:VersionID>", new + b"<b:VersionID>"))
    assert list(found) == ["{urn:portal:own}Note"]


def test_a_foreign_extension_is_reported_not_followed() -> None:
    other = b"<ext:UBLExtension><ext:ExtensionContent><o xmlns='urn:o'>1</o></ext:ExtensionContent></ext:UBLExtension>"
    found = unread(RESULT.replace(b"<ext:UBLExtensions>", b"<ext:UBLExtensions>" + other, 1))
    assert list(found) == ["{urn:o}o"]


def test_a_known_element_with_a_new_code_list_is_reported() -> None:
    found = unread(COMPETITION.replace(b'listName="reserved-execution"', b'listName="robot-execution"'))
    assert [path.rpartition("/")[2] for path in found] == ["cbc:ExecutionRequirementCode[robot-execution]"]


def test_a_sample_is_short_whatever_the_element_holds() -> None:
    new = b"<b:Essay>" + b"mot " * 50_000 + b"</b:Essay>"
    (element,) = unread(COMPETITION.replace(b"<b:VersionID>", new + b"<b:VersionID>")).values()
    assert len(element.sample) <= 80


def test_everything_ignored_on_purpose_has_a_reason() -> None:
    for place, children in IGNORED.items():
        for child, reason in children.items():
            assert ":" in child, (place, child)
            assert len(reason) > 5, (place, child)


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples are not in ../shared/samples")
@pytest.mark.parametrize("folder", ["belgium/eforms_2025-06", "ted/eforms_sdk_examples"])
def test_no_field_of_the_real_notices_is_unread(folder: str) -> None:
    found: set[str] = set()
    for path in (SAMPLES / folder).rglob("*.xml"):
        if not path.name.startswith("INVALID_"):
            found |= set(unread(path.read_bytes()))
    assert found == set()


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples are not in ../shared/samples")
def test_the_unread_report_notices_a_wrong_code_list_of_a_real_sender() -> None:
    """A Spanish sender put the answer to one question under the list of another."""
    found: dict[str, int] = {}
    for path in (SAMPLES / "ted/eforms_real").rglob("*.xml"):
        found.update({path: item.count for path, item in unread(path.read_bytes()).items()})
    assert {path.rpartition("/")[2] for path in found} == {"cbc:ExecutionRequirementCode[permission]"}


def test_the_report_stays_short_and_complete_however_many_names_a_payload_invents() -> None:
    new = "".join(f"<x:N{number} xmlns:x='urn:portal:own'/>" for number in range(3_000)).encode()
    found = unread(COMPETITION.replace(b"<b:VersionID>", new + b"<b:VersionID>"))
    assert len(found) == 1_001
    assert sum(element.count for element in found.values()) == 3_000
