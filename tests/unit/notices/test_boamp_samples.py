"""Every real notice of BOAMP at hand, compared with facts that plain paths take from the same file.

Nothing here uses the reader's own helpers: JSON is walked by key and dumps are read by XPath, and what is compared is
written down as the file prints it.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from notices.formats.boamp import read_boamp, read_boamp_xml
from notices.formats.reading import Reading, ReadingContext
from notices.model import AmountKind, DeadlineKind, Notice, NoticeKind

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "france" / "boamp"
pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples are not in ../shared/samples"),
]

PARIS = ZoneInfo("Europe/Paris")
CONTEXT = ReadingContext(portal="fr_boamp", zone=PARIS, country="FR")
DUMPS = sorted((SAMPLES / "xml_v230").glob("*.xml"))
EXTENSION = ("ext:UBLExtensions", "ext:UBLExtension", "ext:ExtensionContent", "efext:EformsExtension")
KINDS = {"APPEL_OFFRE": "competition", "ATTRIBUTION": "result"}
PROCEDURES = {"OUVERT": "open", "RESTREINT": "restricted", "PROCEDURE_ADAPTE": "oth-single",
              "DIALOGUE_COMPETITIF": "comp-dial"}  # fmt: skip
NATURES = {"SERVICE": "services", "FOURNITURES": "supplies", "TRAVAUX": "works"}
DEPARTEMENTS_BY_NUTS = {  # codes of before 2018, checked against the towns printed beside them
    "FR102": "FR102", "FR231": "FRD21", "FR232": "FRD22", "FR261": "FRC11", "FR511": "FRG01", "FR512": "FRG02",
    "FR612": "FRI12", "FR714": "FRK24", "FR715": "FRK25", "FR813": "FRJ13", "FR824": "FRL04", "FR825": "FRL05",
}  # fmt: skip


@cache
def records() -> dict[str, dict[str, Any]]:
    rows = json.loads((SAMPLES / "boamp_v1_records_eforms_2025-11.json").read_text(encoding="utf-8"))
    return {row["raw_fields"]["idweb"]: row["raw_fields"] for row in rows}


IDWEBS = ("25-123130", "25-123573", "25-123631", "25-127510")


def test_the_samples_are_those_that_are_named_here() -> None:
    assert sorted(records()) == sorted(IDWEBS)
    assert len(DUMPS) == 11


def eforms(idweb: str) -> dict[str, Any]:
    documents: dict[str, Any] = json.loads(records()[idweb]["donnees"])["EFORMS"]
    return dict(documents["ContractNotice"])


def walk(tree: Any, *keys: str) -> Any:
    for key in keys:
        tree = tree[key]
    return tree


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str:
    return str(value["#text"] if isinstance(value, dict) else value)


@cache
def of_record(idweb: str) -> Reading:
    return read_boamp(records()[idweb], context=CONTEXT)


@pytest.mark.parametrize("idweb", IDWEBS)
def test_a_record_is_identified_and_dated_as_the_bulletin_prints_it(idweb: str) -> None:
    notice, record, document = of_record(idweb).notice, records()[idweb], eforms(idweb)
    assert notice.id == f"fr_boamp:{idweb}"
    assert notice.url == record["url_avis"]
    assert str(notice.first_published_on) == record["dateparution"]
    assert notice.published_at is not None
    assert notice.published_at.isoformat() == f"{record['dateparution']}T00:00:00+01:00"
    assert notice.procedure_id == record["contractfolderid"] == document["cbc:ContractFolderID"]
    assert notice.notice_uuid == document["cbc:ID"]["#text"]
    assert notice.format == document["cbc:CustomizationID"]
    assert notice.dispatched_at is not None
    issued = f"{document['cbc:IssueDate'][:10]}T{document['cbc:IssueTime']}"
    assert notice.dispatched_at == datetime.fromisoformat(issued)


@pytest.mark.parametrize("idweb", IDWEBS)
def test_a_record_says_what_is_bought_and_by_whom(idweb: str) -> None:
    notice, record, document = of_record(idweb).notice, records()[idweb], eforms(idweb)
    project = document["cac:ProcurementProject"]
    assert notice.title["fr"].split() == project["cbc:Name"]["#text"].split()
    assert notice.main_cpv == walk(project, "cac:MainCommodityClassification", "cbc:ItemClassificationCode", "#text")
    assert notice.nature is not None
    assert notice.nature.value == project["cbc:ProcurementTypeCode"]["#text"]
    assert [buyer.name["fr"] for buyer in notice.buyers] == [record["nomacheteur"]]
    buyer_id = text_of(walk(document, "cac:ContractingParty", "cac:Party", "cac:PartyIdentification", "cbc:ID"))
    companies = [
        item["efac:Company"]
        for item in walk(document, *EXTENSION, "efac:Organizations", "efac:Organization")
        if "efac:Company" in item
    ]
    (company,) = [c for c in companies if text_of(walk(c, "cac:PartyIdentification", "cbc:ID")) == buyer_id]
    printed = text_of(walk(company, "cac:PartyLegalEntity", "cbc:CompanyID"))
    assert [identifier.printed for identifier in notice.buyers[0].identifiers] == [printed]
    assert f"Descripteurs : {record['descripteur_libelle']}" in notice.additional_information["fr"]
    assert notice.classifications
    assert not any(item.inferred for item in notice.classifications)


@pytest.mark.parametrize("idweb", IDWEBS)
def test_a_record_has_its_lots_with_their_deadlines_and_values(idweb: str) -> None:
    notice, record, document = of_record(idweb).notice, records()[idweb], eforms(idweb)
    printed = listed(document["cac:ProcurementProjectLot"])
    assert [lot.id for lot in notice.lots] == [text_of(lot["cbc:ID"]) for lot in printed]
    for lot, source in zip(notice.lots, printed, strict=True):
        assert lot.title["fr"].split() == text_of(walk(source, "cac:ProcurementProject", "cbc:Name")).split()
        period = walk(source, "cac:TenderingProcess", "cac:TenderSubmissionDeadlinePeriod")
        at = datetime.fromisoformat(f"{period['cbc:EndDate'][:10]}T{period['cbc:EndTime']}")
        assert [(deadline.kind, deadline.at) for deadline in lot.deadlines] == [(DeadlineKind.TENDERS, at)]
        total = source["cac:ProcurementProject"].get("cac:RequestedTenderTotal", {})
        estimated = total.get("cbc:EstimatedOverallContractAmount")
        amounts = [value.amount for value in lot.values if value.kind is AmountKind.ESTIMATED]
        assert amounts == ([Decimal(estimated["#text"])] if estimated else [])
    assert notice.deadline is not None
    assert notice.deadline.at == datetime.fromisoformat(record["datelimitereponse"])


def test_a_call_that_is_given_up_is_a_cancellation_that_names_its_call() -> None:
    notice, gestion = of_record("25-127510").notice, json.loads(records()["25-127510"]["gestion"])
    assert notice.kind is NoticeKind.CANCELLATION
    assert notice.cancelled is True
    before = walk(gestion, "REFERENCE", "ANNONCE_ANTERIEUR", "IDWEB")
    assert before == "25-123573"
    references = [(link.relation, link.value) for link in notice.links if link.scheme == "portal-reference"]
    assert references == [("changed", before)]
    changed = walk(eforms("25-127510"), *EXTENSION, "efac:Changes", "efbc:ChangedNoticeIdentifier")
    assert [change.changed_notice for change in notice.changes] == [changed]
    assert notice.procedure_id == of_record("25-123573").notice.procedure_id


@pytest.mark.parametrize("idweb", ["25-123130", "25-123573", "25-123631"])
def test_other_records_are_calls_that_name_no_other_notice(idweb: str) -> None:
    notice = of_record(idweb).notice
    assert notice.kind is NoticeKind.COMPETITION
    assert notice.cancelled is None
    assert notice.links == ()


def test_the_marker_of_criteria_is_the_only_source_of_the_flags() -> None:
    for idweb in IDWEBS:
        marked = records()[idweb].get("criteres", "").split(",")
        flags = of_record(idweb).notice.flags
        assert (flags.social, flags.green) == ("sociaux" in marked or None, "environnementaux" in marked or None)


def test_entities_of_the_interface_are_resolved() -> None:
    assert "&amp;quot;" in records()["25-123631"]["donnees"]
    description = of_record("25-123631").notice.description["fr"]
    assert '"méthode de pose - canalisation"' in description


@pytest.mark.parametrize("idweb", IDWEBS)
def test_the_form_of_version_2_1_of_the_interface_reads_the_same(idweb: str) -> None:
    record = dict(records()[idweb])
    for key in ("code_departement", "type_marche", "descripteur_code", "descripteur_libelle", "dc", "annonce_lie"):
        record[key] = [record[key]] if key in record else None
    record["type_avis"] = ["5", "1"]
    record["criteres"] = record["criteres"].split(",") if "criteres" in record else None
    record["titulaire"] = None
    at = datetime.fromisoformat(record["datelimitereponse"]).astimezone(ZoneInfo("UTC"))
    record["datelimitereponse"] = at.isoformat()
    assert read_boamp(record, context=CONTEXT).notice == of_record(idweb).notice


@pytest.mark.parametrize("idweb", IDWEBS)
def test_documents_may_come_decoded(idweb: str) -> None:
    record = dict(records()[idweb])
    record |= {"donnees": json.loads(record["donnees"]), "gestion": json.loads(record["gestion"])}
    assert read_boamp(record, context=CONTEXT) == of_record(idweb)


def test_what_nobody_reads_of_the_records_is_one_post_box() -> None:
    paths = {element.path for idweb in IDWEBS for element in of_record(idweb).unread}
    assert {path.rpartition("/")[2] for path in paths} <= {"cbc:Postbox"}


# --- dumps of schema v230 -------------------------------------------------------------------------------------------


@cache
def of_dump(path: Path) -> Reading:
    return read_boamp_xml(path.read_bytes(), context=CONTEXT)


@cache
def tree_of(path: Path) -> etree._Element:
    return etree.parse(str(path)).getroot()


def found(path: Path, xpath: str) -> list[str]:
    values = tree_of(path).xpath(xpath)
    assert isinstance(values, list)
    return [" ".join(str(value).split()) for value in values]


def elements(path: Path, xpath: str) -> list[etree._Element]:
    values = tree_of(path).xpath(xpath)
    assert isinstance(values, list)
    return [value for value in values if isinstance(value, etree._Element)]


def only(path: Path, xpath: str) -> str | None:
    values = found(path, xpath)
    return values[0] if values else None


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_nothing_of_a_dump_is_left_unread(path: Path) -> None:
    assert of_dump(path).unread == ()


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_a_dump_is_identified_dated_and_linked(path: Path) -> None:
    notice = of_dump(path).notice
    assert notice.id == f"fr_boamp:{only(path, '/ANNONCE/GESTION/REFERENCE/IDWEB/text()')}"
    assert notice.kind.value == KINDS[str(tree_of(path).xpath("name(/ANNONCE/GESTION/REFERENCE/TYPE_AVIS/NATURE/*)"))]
    assert str(notice.first_published_on) == only(path, "//INDEXATION/DATE_PUBLICATION/text()")
    named = [link.value for link in notice.links if link.scheme == "portal-reference"]
    assert named == found(path, "//ANNONCE_ANTERIEUR/REFERENCE/IDWEB/text()")
    journal = {
        f"{number}-{year}"
        for number, year in zip(
            found(path, "//PUBLICATION_JOUE/NUM_ANNONCE/text()"),
            found(path, "//PUBLICATION_JOUE/ANNEE/text()"),
            strict=True,
        )
    }
    assert {link.value for link in notice.links if link.scheme == "ted-publication-number"} == journal
    assert notice.procedure_id == only(path, "//MARCHE/ID_CONSULTATION/text()")


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_a_dump_says_what_is_bought_and_by_whom(path: Path) -> None:
    notice = of_dump(path).notice
    title = only(path, "//OBJET/TITRE_MARCHE/text()") or only(path, "//INDEXATION/RESUME_OBJET/text()")
    assert notice.title == {"fr": title}
    assert notice.main_cpv == only(path, "//DONNEES/OBJET/CPV/PRINCIPAL/text()")
    (buyer,) = notice.buyers
    identity = "//DONNEES/IDENTITE"
    assert buyer.name == {"fr": only(path, f"{identity}/DENOMINATION/text()")}
    assert buyer.email == only(path, f"{identity}/MEL/text()")
    assert buyer.place is not None
    assert (buyer.place.postal_code, buyer.place.locality) == (
        only(path, f"{identity}/CP/text()"),
        only(path, f"{identity}/VILLE/text()"),
    )
    number = only(path, "//CODE_IDENT_NATIONAL/text()")
    assert [(item.scheme, item.value, item.valid) for item in buyer.identifiers] == (
        [("SIRET", number, True)] if number else []
    )
    nature = str(tree_of(path).xpath("name(//OBJET/TYPE_MARCHE/*)"))
    assert (notice.nature.value if notice.nature else "") == NATURES.get(nature, "")
    procedure = str(tree_of(path).xpath("name(//PROCEDURE/TYPE_PROCEDURE/*)"))
    assert (notice.procedure_type.code if notice.procedure_type else None) == PROCEDURES.get(procedure)
    words = ", ".join(found(path, "//DESCRIPTEUR/LIBELLE/text()"))
    assert f"Descripteurs : {words}" in notice.additional_information["fr"]


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_places_of_a_dump_lie_where_the_old_codes_say(path: Path) -> None:
    notice = of_dump(path).notice
    place = only(path, "//LIEU_EXEC_LIVR/CODE_NUTS/text()")
    if place:
        assert [item.nuts for item in notice.places] == [DEPARTEMENTS_BY_NUTS[place]]
    for lot, code in zip(notice.lots, found(path, "//LOTS/LOT/CODE_NUTS/text()"), strict=False):
        assert [item.nuts for item in lot.places] == [DEPARTEMENTS_BY_NUTS[code]]
    winners = [org for result in notice.results for org in result.winners if org.place and org.place.printed]
    printed = found(path, "//TITULAIRE/CODE_NUTS/text()")
    if printed:
        assert [org.place.nuts for org in winners if org.place] == [DEPARTEMENTS_BY_NUTS[code] for code in printed]


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_the_deadline_of_a_dump_is_the_hour_on_the_clock_of_paris(path: Path) -> None:
    notice = of_dump(path).notice
    printed = only(path, "//CONDITION_DELAI/RECEPT_OFFRES/text()")
    if printed is None:
        assert notice.deadlines == ()
        return
    (deadline,) = notice.deadlines
    assert deadline.at.astimezone(PARIS).replace(tzinfo=None).isoformat() == printed[:19]


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_lots_of_a_dump_keep_their_number_goods_and_value(path: Path) -> None:
    notice = of_dump(path).notice
    sources = elements(path, "//LOTS/LOT")
    distinct = list({etree.tostring(lot, method="c14n").strip(): lot for lot in sources}.values())
    lots = [lot for lot in notice.lots if lot.title or lot.description]
    assert len(lots) == len(distinct)
    for lot, source in zip(lots, distinct, strict=True):
        assert [item.code for item in lot.classifications] == list(dict.fromkeys(source.xpath("CPV/PRINCIPAL/text()")))
        assert [str(value.amount) for value in lot.values] == source.xpath("VALEUR/text()")
        assert lot.id == (source.findtext("NUM") or "1")


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_results_of_a_dump_keep_winners_amounts_and_numbers_of_tenders(path: Path) -> None:
    notice = of_dump(path).notice
    decisions = elements(path, "//ATTRIBUTION/DECISION")
    assert len(notice.results) == len(decisions)
    for result, source in zip(notice.results, decisions, strict=True):
        names = [" ".join(name.split()) for name in source.xpath("TITULAIRE/DENOMINATION/text()")]
        assert len(result.winners) == len(names)
        assert all(
            name.startswith(winner.name["fr"]) for name, winner in zip(names, result.winners, strict=True)
        )  # a role or a rank may follow the name
        amounts = [Decimal(text) for text in source.xpath("RENSEIGNEMENT/MONTANT/text()")]
        assert [tender.value.amount for tender in result.tenders if tender.value] == amounts
        received = set(source.xpath("RENSEIGNEMENT/NB_OFFRE_RECU/text()"))
        assert ({str(result.tenders_received)} if result.tenders_received is not None else set()) == received
        assert result.status == ("clos-nw" if source.find("INFRUCTUEUX") is not None else "selec-w")
    total = found(path, "//ATTRIBUTION/VALEUR_TOTALE/text()")
    assert [value.amount for value in notice.values if value.kind is AmountKind.AWARDED] == list(map(Decimal, total))


def test_three_ranked_winners_and_a_group_of_three_are_told_apart() -> None:
    ranked = of_dump(SAMPLES / "xml_v230" / "test-attribution-8.xml").notice.results[0]
    assert [(tender.rank, len(tender.tenderers)) for tender in ranked.tenders] == [(1, 1), (2, 1), (3, 1)]
    group = of_dump(SAMPLES / "xml_v230" / "test-attribution-10.xml").notice.results[0]
    (tender,) = group.tenders
    assert [bool(member.group_lead) for member in tender.tenderers] == [True, False, False]


def test_winter_time_printed_in_april_is_noted_and_read_as_the_hour_on_the_wall() -> None:
    notice = of_dump(SAMPLES / "xml_v230" / "test-pub-8.xml").notice
    assert notice.deadlines[0].at.isoformat() == "2017-04-26T12:00:00+02:00"
    assert [note.printed for note in notice.notes if "offset" in note.message] == ["2017-04-26T12:00:00+01:00"]


# --- the old schema as JSON -----------------------------------------------------------------------------------------


def legacy() -> tuple[Notice, dict[str, Any]]:
    source = json.loads((SAMPLES / "boamp_legacy_v230_as_json_15-125217.json").read_text(encoding="utf-8"))
    reading = read_boamp(source, context=CONTEXT)
    assert reading.unread == ()
    return reading.notice, source


def test_the_old_schema_as_json_reads_like_its_dump() -> None:
    notice, source = legacy()
    data, index = source["DONNEES"], source["GESTION"]["INDEXATION"]
    assert notice.id == "fr_boamp:" + source["GESTION"]["REFERENCE"]["IDWEB"]
    assert notice.title == {"fr": data["OBJET"]["TITRE_MARCHE"]}
    assert str(notice.first_published_on) == index["DATE_PUBLICATION"]
    assert [deadline.at.isoformat() for deadline in notice.deadlines] == [data["CONDITION_DELAI"]["RECEPT_OFFRES"]]
    assert notice.main_cpv == data["OBJET"]["CPV"]["PRINCIPAL"]
    assert [place.nuts for place in notice.places] == [
        DEPARTEMENTS_BY_NUTS[data["OBJET"]["LIEU_EXEC_LIVR"]["CODE_NUTS"]]
    ]
    assert notice.duration is not None
    assert str(notice.duration.amount) == data["OBJET"]["DUREE_DELAI"]["DUREE_MOIS"]
    assert data["CONDITION_ADMINISTRATIVE"]["REFERENCE_MARCHE"] in notice.references
    assert notice.legal_basis == "32004L0018"


def test_lots_of_the_old_schema_as_json_are_all_there() -> None:
    notice, source = legacy()
    printed = source["DONNEES"]["OBJET"]["LOTS"]["LOT"]
    assert [lot.id for lot in notice.lots] == [lot["NUM"] for lot in printed]
    for lot, item in zip(notice.lots, printed, strict=True):
        assert lot.title == {"fr": item["INTITULE"]}
        assert [c.code for c in lot.classifications] == [cpv["PRINCIPAL"] for cpv in listed(item["CPV"])]
        assert [str(criterion.weight) for criterion in lot.award_criteria] == ["50", "50"]
