"""Every real notice of TED at hand through the portal's parser: id, address, number, country, links.

What the documents say inside is compared in the tests of the two formats; here the facts are those that the portal's
parser adds, read from the same files by plain XPath.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from notices.model import Notice
from notices.vocabularies import countries
from pipelines.files import ParsedFile, parse_files

ROOT = Path(__file__).parents[4] / "shared/samples"
TED = ROOT / "ted"
ESENDERS = ROOT / "belgium/enot_ted_esenders_F03_2020.xml"
FOLDERS = ("eforms_real", "eforms_sdk_examples", "ted_export")
XML = sorted(path for folder in FOLDERS for path in (TED / folder).rglob("*.xml"))
VALID = [path for path in XML if not path.name.startswith("INVALID_")]
INVALID = [path for path in XML if path.name.startswith("INVALID_")]
ANSWERS = sorted((TED / "api").glob("search_page_*.json"))
NOT_WHOLE = {"missing", "repeated", "contradiction"}
UNREAD = {"00152724-2025_sub16_sdk1.7"}
"""Notices with an element that no reader knows: a code of one code list under the name of another."""

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not TED.is_dir(), reason="the real samples in ../shared/samples are not here"),
]
every = pytest.mark.parametrize("path", VALID, ids=lambda path: f"{path.parent.name}-{path.stem}")


@cache
def parsed(path: Path) -> ParsedFile:
    (found,) = parse_files("eu_ted", [path])
    return found


def notice(path: Path) -> Notice:
    found = parsed(path)
    assert found.reading is not None, found.problem
    return found.reading.notice


@cache
def tree(path: Path) -> etree._Element:
    return etree.fromstring(path.read_bytes())


def first(path: Path, *names: str) -> str | None:
    """The text of the first element of one of these local names."""
    for name in names:
        for element in tree(path).iter(f"{{*}}{name}"):
            if text := "".join(element.itertext()).strip():
                return text
    return None


def printed_number(path: Path) -> str | None:
    """The publication number by XPath alone: OPP-010, or the number in the Official Journal."""
    if number := first(path, "NoticePublicationID"):
        return number.lstrip("0")
    if journal := first(path, "NO_DOC_OJS"):
        found = re.fullmatch(r"(\d{4})/S \d+-0*(\d+)", journal)
        assert found is not None, journal
        return f"{found[2]}-{found[1]}"
    return None


def test_the_samples_are_there() -> None:
    assert len(VALID) >= 200
    assert len(INVALID) >= 12
    assert len(ANSWERS) == 2


@every
def test_a_notice_is_known_by_its_publication_number(path: Path) -> None:
    read, number = notice(path), printed_number(path)
    assert read.portal == "eu_ted"
    assert read.publication_number == number
    if number is None:
        assert read.id.startswith("eu_ted:notice-")
        assert read.url is None
    else:
        assert read.id == f"eu_ted:{number}"
        assert read.url == f"https://ted.europa.eu/en/notice/-/detail/{number}"
        assert "eforms_real" not in path.parts or path.stem.startswith(number.zfill(13))


@every
def test_a_notice_bears_the_ids_that_its_national_copy_bears(path: Path) -> None:
    read, root = notice(path), tree(path)
    uuid, procedure = root.find("{*}ID"), root.find("{*}ContractFolderID")
    assert read.notice_uuid == (None if uuid is None else (uuid.text or "").strip())
    assert read.procedure_id == (None if procedure is None else (procedure.text or "").strip())


@every
def test_the_country_is_the_buyers(path: Path) -> None:
    assert notice(path).country == buyer_country(path)


def buyer_country(path: Path) -> str:
    root = tree(path)
    if "ted_export" in path.parts:
        code = next(iter(root.iter("{*}ISO_COUNTRY"))).get("VALUE") or ""
        return countries.alpha2(code) or ""
    reference = "string((//*[local-name()='ContractingParty']//*[local-name()='PartyIdentification'])[1])"
    key = str(root.xpath(reference)).strip()
    company = root.xpath(
        f"//*[local-name()='Organization'][.//*[local-name()='PartyIdentification'][normalize-space()='{key}']]"
        "//*[local-name()='IdentificationCode']"
    ) or list(root.iter("{*}IdentificationCode"))
    return countries.alpha2((company[0].text or "").strip()) or ""


@every
def test_a_belgian_or_french_notice_links_to_the_dossier_that_its_addresses_name(path: Path) -> None:
    told = {
        f"be_bda:{match.lower()}"
        for element in tree(path).iter("{*}URI", "{*}EndpointID", "{*}URL_DOCUMENT", "{*}URL_PARTICIPATION")
        for match in re.findall(
            r"//www\.publicprocurement\.be/\S*publication-workspace(?:s|-detail)/([0-9a-fA-F-]{36})",
            element.text or "",
        )
    }
    links = {link.value for link in notice(path).links if link.relation == "national-copy"}
    assert {value for value in links if value.startswith("be_bda:")} == told


@every
def test_nothing_of_a_notice_stays_unread(path: Path) -> None:
    reading = parsed(path).reading
    assert reading is not None
    assert bool(reading.unread) is (path.stem in UNREAD)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_notice_that_is_invalid_on_purpose_is_refused_with_its_reason(path: Path) -> None:
    found = parsed(path)
    assert found.reading is None
    reason = (found.problem or "").removeprefix(f"{path}: ").partition(":")[0]
    assert reason in NOT_WHOLE, found.problem


def test_the_captured_answers_become_partial_notices_of_their_rows() -> None:
    found = [item for path in ANSWERS for item in parse_files("eu_ted", [path])]
    read = {item.reading.notice.publication_number: item.reading for item in found if item.reading}
    assert [item.problem for item in found if item.problem] == []
    assert set(read) == {"622963-2026", "619675-2026", "598884-2026", "598420-2026", "449657-2026", "450106-2026"}
    assert all(item.notice.partial for item in read.values())
    assert all(item.unread == () for item in read.values())
    assert [read[number].notice.country for number in ("622963-2026", "619675-2026", "449657-2026")] == [
        "BE",
        "FR",
        "SE",
    ]


def test_a_bilingual_row_says_what_was_captured() -> None:
    (found, *_) = parse_files("eu_ted", [ANSWERS[0]])
    assert found.reading is not None
    read = found.reading.notice
    assert set(read.title) == {"fr", "nl"}
    assert read.buyers[0].name == {"fr": "SPF Mobilité et Transports", "nl": "FOD Mobiliteit en Vervoer"}
    assert read.deadline is not None
    assert read.deadline.at.isoformat() == "2026-11-17T11:00:00+01:00"
    assert read.main_cpv == "71000000"
    assert [place.nuts for place in read.places] == ["BE100"]
    assert "be_bda:3ffc8455-2c7d-4e80-92ea-5b533ba9188f" in [link.value for link in read.links]


def test_lists_per_lot_that_are_not_aligned_make_no_lots_and_no_values() -> None:
    read = [item.reading.notice for item in parse_files("eu_ted", [ANSWERS[0]]) if item.reading][2]
    assert read.publication_number == "598884-2026"
    assert (read.lots, read.values) == ((), ())
    assert [deadline.at.isoformat() for deadline in read.deadlines] == ["2026-09-30T23:59:00+02:00"]


def test_recorded_refusals_of_the_search_are_no_notice() -> None:
    (found,) = parse_files("eu_ted", [TED / "api/error_bodies_documented.json"])
    assert found.reading is None
    assert "none of TED's answers" in (found.problem or "")


def test_a_document_as_its_sender_handed_it_in_is_read() -> None:
    read = notice(ESENDERS)
    assert (read.id, read.format) == ("eu_ted:notice-2020-500828", "ted-esenders-R2.0.9.S03")
    assert [(link.scheme, link.value) for link in read.links] == [("ted-publication-number", "447385-2019")]
