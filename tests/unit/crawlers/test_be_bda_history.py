"""Dossiers from before eForms on the Belgian portal: their TED_ESENDERS document is read like any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from crawlers.contract import Parsing
from crawlers.portals.be_bda.parse import parse
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading
from notices.model import Notice, NoticeKind
from pipelines.files import parse_files

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests/golden/be_bda/old_dossier_before_eforms.payload.json"
SAMPLE = ROOT.parent / "shared/samples/belgium/enot_ted_esenders_F03_2020.xml"
CONTEXT = Parsing(portal="be_bda", base_url="https://portail.example")


def unit(xml: str | None = None) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    if xml is not None:
        loaded["workspace"]["versions"][-1]["notice"]["xmlContent"] = xml
    return loaded


def read(value: dict[str, Any]) -> Reading:
    return parse(json.dumps(value).encode(), CONTEXT)


def whole(sample: Path) -> Notice:
    """The real document in a workspace of the portal's structure."""
    return read(unit(sample.read_text(encoding="utf-8"))).notice


def text(root: etree._Element, name: str) -> str:
    found = root.xpath(f"string((.//*[local-name()='{name}'])[1])")
    return " ".join(str(found).split())


def test_an_old_dossier_with_its_document_is_whole() -> None:
    reading = read(unit())
    assert reading.notice.partial is None
    assert reading.unread == ()
    assert reading.notice.results[0].winners[0].identifiers[0].valid


def test_an_old_document_keeps_the_identity_that_the_portal_gives_its_dossier() -> None:
    payload = unit()
    notice = read(payload).notice
    key = payload["row"]["publicationWorkspaceId"]
    assert notice.id == f"be_bda:{key}"
    assert notice.url is not None
    assert key in notice.url
    assert notice.procedure_id == payload["row"]["procedureId"]
    assert notice.published_at is not None
    assert notice.published_at.isoformat() == "2021-06-22T00:00:00+02:00"


def test_an_old_document_is_completed_by_what_the_portal_alone_says() -> None:
    notice = read(unit()).notice
    assert [(item.category, item.level) for item in notice.accreditations] == [("D5", 1)]
    assert notice.buyers[0].portal_id == "60801"
    assert notice.places[0].nuts == "BE331"


def test_the_number_of_an_old_form_is_no_contradiction_to_the_portals_subtype() -> None:
    assert read(unit()).notice.notes == ()


def test_an_old_form_that_nobody_describes_leaves_what_the_portal_says_with_the_reason() -> None:
    xml = (
        '<TED_ESENDERS xmlns="http://publications.europa.eu/resource/schema/ted/R2.0.9/reception">'
        '<FORM_SECTION><NATIONAL_FORM LG="FR"/></FORM_SECTION></TED_ESENDERS>'
    )
    notice = read(unit(xml)).notice
    assert "before eForms" in (notice.partial or "")
    assert "NATIONAL_FORM" in (notice.partial or "")
    assert notice.kind is NoticeKind.RESULT


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        ("<TED_ESENDERS><FORM_SECTION>", FormatReason.CUT),
        ('<!DOCTYPE a [<!ENTITY b "c">]><TED_ESENDERS/>', FormatReason.ENTITIES),
        ("<SOMETHING_ELSE/>", FormatReason.UNKNOWN_ROOT),
    ],
)
def test_an_old_document_that_is_damaged_or_harmful_waits_in_quarantine(xml: str, reason: FormatReason) -> None:
    with pytest.raises(NoticeFormatError) as caught:
        read(unit(xml))
    assert caught.value.reason is reason


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLE.is_file(), reason="the real samples in ../shared/samples are not here")
def test_the_real_old_document_says_in_a_dossier_what_its_xml_says() -> None:
    notice, root = whole(SAMPLE), etree.fromstring(SAMPLE.read_bytes())
    assert notice.partial is None
    assert notice.title["fr"] == text(root, "TITLE")
    assert notice.main_cpv == root.xpath("string(//*[local-name()='CPV_MAIN']/*/@CODE)")
    assert notice.dispatched_at is not None
    assert notice.dispatched_at.date().isoformat() == text(root, "DATE_DISPATCH_NOTICE")
    assert text(root, "NO_DOC_EXT") in notice.references
    assert text(root, "REFERENCE_NUMBER") in notice.references
    assert [str(item.amount) for item in notice.values] == [text(root, "VAL_TOTAL")]
    result = notice.results[0]
    assert result.tenders_received == int(text(root, "NB_TENDERS_RECEIVED"))
    assert result.contracts[0].concluded_on is not None
    assert result.contracts[0].concluded_on.isoformat() == text(root, "DATE_CONCLUSION_CONTRACT")
    contractor = root.xpath("//*[local-name()='ADDRESS_CONTRACTOR']")[0]
    assert result.winners[0].name["fr"] == text(contractor, "OFFICIALNAME")
    year, _, number = text(root, "NOTICE_NUMBER_OJ").partition("/S ")
    assert [link.value for link in notice.links] == [f"{number.rpartition('-')[2].lstrip('0')}-{year}"]


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLE.is_file(), reason="the real samples in ../shared/samples are not here")
def test_the_real_old_document_is_read_from_its_file_too() -> None:
    (parsed,) = parse_files("be_bda", [SAMPLE])
    assert parsed.reading is not None
    assert parsed.reading.notice.id == "be_bda:notice-2020-500828"
    assert parsed.reading.notice.country == "BE"
    assert parsed.reading.unread == ()
