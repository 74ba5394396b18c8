"""What stands in a record of BOAMP as its document: an eForms notice, nothing, or what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notices.formats.boamp import read_boamp, read_boamp_xml
from notices.formats.boamp.trees import eforms_as_xml, xml_as_json
from notices.formats.eforms import read_eforms
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.xml import parse_xml
from tests.support.boamp_records import CONTEXT, FLAT, notice, reading
from tests.support.golden_files import golden_documents


@pytest.mark.parametrize("path", golden_documents("eforms"), ids=lambda path: path.stem)
def test_an_eforms_notice_reads_the_same_from_json_as_from_its_own_document(path: Path) -> None:
    root = parse_xml(path.read_bytes())
    name = str(root.tag).rpartition("}")[2]
    payload, skipped = eforms_as_xml(name, xml_as_json(root))
    assert skipped == []
    assert read_eforms(payload, context=CONTEXT) == read_eforms(path.read_bytes(), context=CONTEXT)


def test_what_has_no_place_in_an_eforms_document_is_reported() -> None:
    (path,) = [path for path in golden_documents("eforms") if path.stem == "competition_restricted_two_lots"]
    root = parse_xml(path.read_bytes())
    tree = {**xml_as_json(root), "boamp:Couleur": "vert", "1 2": "x"}
    found = reading({"EFORMS": {"ContractNotice": tree}})
    assert {item.path: item.sample for item in found.unread} == {
        "donnees.EFORMS.ContractNotice.boamp:Couleur": "vert",
        "donnees.EFORMS.ContractNotice.1 2": "x",
    }


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"idweb": None}, FormatReason.MISSING, "idweb"),
    ({"objet": None}, FormatReason.MISSING, "title"),
    ({"donnees": '{"AUTRE": {}, "PLUS": 1}'}, FormatReason.UNKNOWN_ROOT, "AUTRE, PLUS"),
    ({"donnees": '{"EFORMS": {"ContractNotice"'}, FormatReason.CUT, "donnees"),
    ({"donnees": "pas du json"}, FormatReason.UNEXPECTED, "donnees"),
    ({"donnees": "[1, 2]"}, FormatReason.UNEXPECTED, "no object"),
    ({"donnees": '{"EFORMS": {}}'}, FormatReason.UNEXPECTED, "0 documents"),
    ({"donnees": '{"EFORMS": {"Facture": {}}}'}, FormatReason.UNKNOWN_ROOT, "Facture"),
    ({"donnees": '{"EFORMS": {"ContractNotice": {}}}'}, FormatReason.MISSING, "type"),
    ({"donnees": '{"MAPA":' * 200 + "1" + "}" * 200}, FormatReason.UNEXPECTED, "nested"),
    ({"donnees": "[" * 100_000}, FormatReason.UNEXPECTED, "donnees"),
    ({"donnees": '"' + "a" * 20_000_001 + '"'}, FormatReason.TOO_LARGE, "20,000,003"),
    ({"gestion": "{"}, FormatReason.CUT, "gestion"),
]


@pytest.mark.parametrize(("flat", "reason", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_become_a_notice_is_refused_with_a_sentence(flat: dict[str, Any], reason: str, words: str) -> None:
    with pytest.raises(NoticeFormatError) as refusal:
        read_boamp({**FLAT, **flat}, context=CONTEXT)
    assert refusal.value.reason == reason
    assert words in str(refusal.value)


def test_a_record_without_its_document_is_partial() -> None:
    found = notice(titulaire=["Haies et Fils"], nature="ATTRIBUTION")
    assert found.partial is not None
    assert [winner.name["fr"] for winner in found.results[0].winners] == ["Haies et Fils"]


def test_a_record_of_2006_has_another_key_and_only_its_flat_facts() -> None:
    found = notice(
        idweb="BOAMP-06-101-0001-01", dateparution="2006-05-27", datelimitereponse="2006-06-27T00:00:00+00:00"
    )
    assert found.id == "fr_boamp:BOAMP-06-101-0001-01"
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2006-05-27T00:00:00+02:00"


def test_a_document_that_is_no_dump_is_refused() -> None:
    with pytest.raises(NoticeFormatError) as refusal:
        read_boamp_xml(b"<ContractNotice/>", context=CONTEXT)
    assert refusal.value.reason is FormatReason.UNKNOWN_ROOT
