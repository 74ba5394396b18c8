"""Real files of French award data against what a plain reading of them says, field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from notices.formats.decp import FORMS, read_decp, split_decp
from notices.formats.errors import NoticeFormatError
from notices.formats.reading import Reading, ReadingContext
from notices.model import AmountKind, Notice, NoticeKind, TaxBasis

SAMPLES = Path(__file__).parents[4] / "shared/samples/france/decp"
CONTEXT = ReadingContext(portal="fr_decp", zone=ZoneInfo("Europe/Paris"), country="FR")
DATA = (
    "processing/decp_test_2019.json",
    "processing/decp_test_2022.json",
    "rama_source/001_marche_simple.json",
    "rama_source/001b_duplicate_supplier.json",
    "rama_source/002_modification_montant.json",
    "rama_source/002a_modifification_sans_donnees_modifiees.json",
    "rama_source/003_pas_de_num_sequence_dans_id.json",
    "rama_source/005_marche_meme_siret_acheteur_titulaire.json",
    "exemples_139bercy/concessions.json",
    "exemples_139bercy/concessions_avec_modifications.json",
    "exemples_139bercy/marches_avec_modifications.json",
    "exemples_139bercy/marches_concessions.json",
    "exemples_139bercy/Marche.xml",
    "exemples_139bercy/Contrat-concession.xml",
    "exemples_139bercy/Contrat-concession-modification.xml",
)
REFUSED = {
    "exemples_139bercy/schema_decp_v2.0.2.xsd": "schema",
    "exemples_139bercy/schema_decp_v2.0.3.json": "schema",
    "processing/schema_base.json": "list of its columns",
    "processing/source_datasets.json": "list of data sets",
    "processing/etablissements.json": "Sirene",
    "processing/unites_legales.json": "Sirene",
    "atexo_disponibilite_donnees_2021.csv": "no award data",
}
PROCEDURES = {
    "Procédure adaptée": "oth-single",
    "Appel d'offres ouvert": "open",
    "Procédure négociée ouverte": "oth-single",
}
pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples in ../shared/samples are not here"),
]


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def notices(name: str, form: str | None = None) -> list[Reading]:
    return [read_decp(payload, CONTEXT) for payload in split_decp(sample(name), form)]


# --- a plain reading -------------------------------------------------------------------------------------------------
@dataclass
class Fact:
    """What one record of a file says, read without Vigie."""

    record: dict[str, Any]
    concession: bool

    def value(self, *names: str) -> Any:
        found: Any = next((self.record[name] for name in names if self.record.get(name) not in (None, "", "NC")), None)
        return found

    @property
    def buyer(self) -> str:
        authority = self.value("acheteur", "autoriteConcedante")
        return str(authority["id"] if authority else self.record["acheteur.id"])

    @property
    def modifications(self) -> list[dict[str, Any]]:
        told = self.value("modifications") or []
        if isinstance(told, dict):
            told = told["modification"]
        return [item.get("modification", item) for item in (told if isinstance(told, list) else [told])]

    def latest(self, *names: str) -> Any:
        """The value as the last modification that says something left it; 1 stands for nothing said."""
        told = [item[name] for item in self.modifications for name in names if item.get(name) not in (None, 1, "1")]
        return told[-1] if told else self.value(*names)


def records_of(name: str) -> Iterator[Fact]:
    if name.endswith(".xml"):
        for element in ElementTree.fromstring(sample(name)):  # noqa: S314 - our own samples
            yield Fact(plain(element), element.tag == "contrat-concession")
        return
    marches = json.loads(sample(name).replace(b"NaN", b"null"))["marches"]
    if isinstance(marches, list):
        yield from (Fact(record, False) for record in marches)
        return
    for kind in ("marche", "contrat-concession"):
        yield from (Fact(record, kind != "marche") for record in marches.get(kind, []))


def plain(element: ElementTree.Element) -> Any:
    if len(element) == 0:
        return element.text
    found: dict[str, Any] = {}
    for child in element:
        value = plain(child)
        if child.tag in found:
            before = found[child.tag]
            found[child.tag] = [*(before if isinstance(before, list) else [before]), value]
        else:
            found[child.tag] = value
    return found


def ids_in(value: Any) -> list[str]:
    """The identifiers of parties, wherever they hang."""
    if isinstance(value, list):
        return [found for item in value for found in ids_in(item)]
    if not isinstance(value, dict):
        return []
    if "id" in value:
        return [str(value["id"])]
    return [found for item in value.values() for found in ids_in(item)]


def pairs(name: str) -> list[tuple[Notice, Fact]]:
    """Each notice with the first record of its buyer and number."""
    facts = list(records_of(name))
    found = []
    for reading in notices(name):
        notice = reading.notice
        [fact, *_others] = [
            fact
            for fact in facts
            if (fact.buyer, fact.record["id"]) == (notice.buyers[0].identifiers[0].printed, notice.references[0])
        ]
        found.append((notice, fact))
    assert found
    return found


ALL = [pytest.param(name, id=name.rpartition("/")[2]) for name in DATA]


# --- facts -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ALL)
def test_every_contract_of_a_file_becomes_one_notice(name: str) -> None:
    numbers = {(fact.buyer, fact.record["id"]) for fact in records_of(name)}
    read = notices(name)
    assert numbers
    assert len(read) == len(numbers)
    assert len({reading.notice.id for reading in read}) == len(numbers)


@pytest.mark.parametrize("name", ALL)
def test_nothing_in_a_real_file_stays_unread(name: str) -> None:
    read = notices(name)
    assert read
    assert [reading.unread for reading in read] == [()] * len(read)


@pytest.mark.parametrize("name", ALL)
def test_object_buyer_nature_and_procedure_are_those_of_the_file(name: str) -> None:
    for notice, fact in pairs(name):
        assert notice.kind is NoticeKind.RESULT
        assert notice.title == {"fr": fact.value("objet")}
        assert notice.buyers[0].identifiers[0].value == fact.buyer
        assert notice.subtype == fact.value("nature")
        assert notice.procedure_type is not None
        assert notice.procedure_type.code == PROCEDURES[fact.value("procedure")]
        assert notice.procedure_type.printed == (fact.value("procedure"),)


@pytest.mark.parametrize("name", ALL)
def test_amount_duration_and_winners_are_those_after_the_last_modification(name: str) -> None:
    for notice, fact in pairs(name):
        amount = fact.latest("montant", "valeurGlobale")
        [money] = notice.values
        assert money.amount == Decimal(str(amount))
        assert (money.currency, money.tax_basis) == ("EUR", TaxBasis.EXCLUDED)
        assert (money.kind is AmountKind.CONCESSION_REVENUE) is fact.concession
        months = fact.latest("dureeMois") if fact.record["id"] != "2019_83935401" else 1
        assert (notice.duration and notice.duration.amount) == (None if months is None else Decimal(str(months)))
        winners = ids_in(fact.latest("titulaires", "concessionnaires"))
        if not winners or name.endswith("decp_test_2022.json"):
            continue
        assert [party.identifiers[0].printed for party in notice.results[0].winners] == list(dict.fromkeys(winners))


@pytest.mark.parametrize("name", ALL)
def test_days_are_those_of_the_file(name: str) -> None:
    for notice, fact in pairs(name):
        published = fact.value("datePublicationDonnees")[:10]
        told = [item["datePublicationDonneesModification"] for item in fact.modifications]
        assert str(notice.first_published_on) == published
        assert notice.published_at is not None
        assert str(notice.published_at.date()) == max(published, *told, published)
        assert str(notice.results[0].contracts[0].concluded_on) == fact.value("dateNotification", "dateSignature")
        assert len(notice.changes) == len(fact.modifications)


@pytest.mark.parametrize("name", ALL)
def test_cpv_place_offers_and_flags_are_those_of_the_file(name: str) -> None:
    for notice, fact in pairs(name):
        cpv = fact.value("codeCPV")
        assert notice.main_cpv == (None if cpv is None else cpv[:8])
        place = fact.value("lieuExecution")
        if place is not None and place["typeCode"] == "Code postal":
            assert notice.places[0].postal_code == place["code"]
        offers = fact.value("offresRecues")
        assert notice.results[0].tenders_received == (int(offers) if offers else None)
        text = json.dumps(fact.record, ensure_ascii=False)
        assert notice.flags.social is _flag(text, r"Clause sociale|Critère social", "Pas de considération sociale")
        assert notice.flags.green is _flag(text, r"Clause env|Critère env", "Pas de considération environnementale")
        assert (
            notice.flags.innovation
            == {None: None, "oui": True, "non": False, True: True, False: False}[fact.value("marcheInnovant")]
        )


def _flag(text: str, yes: str, no: str) -> bool | None:
    return True if re.search(yes, text) else False if no in text else None


@pytest.mark.parametrize(("name", "why"), list(REFUSED.items()), ids=[name.rpartition("/")[2] for name in REFUSED])
def test_what_is_no_award_data_is_refused_with_a_sentence_that_says_what_it_is(name: str, why: str) -> None:
    with pytest.raises(NoticeFormatError, match=why):
        split_decp(sample(name))


def test_every_sample_is_either_read_or_refused() -> None:
    files = {str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*") if path.is_file()}
    assert files == {*DATA, *REFUSED}


@pytest.mark.parametrize("name", ALL)
def test_a_file_reads_the_same_when_its_form_is_named(name: str) -> None:
    form = "xml-2022" if name.endswith(".xml") else "json-2019" if "2019" in name or "rama" in name else "json-2022"
    assert form in FORMS
    assert notices(name, form) == notices(name)


# --- what these files show of all the others -------------------------------------------------------------------------
def test_a_modification_does_not_change_the_identity_of_a_contract_of_2019() -> None:
    [before], [after] = (
        notices("rama_source/001_marche_simple.json"),
        notices("rama_source/002_modification_montant.json"),
    )
    assert before.notice.id == after.notice.id == "fr_decp:200013183000212018MAPA201805"
    assert (before.notice.references, after.notice.references) == (("2018MAPA20180500",), ("2018MAPA20180501",))
    assert after.notice.changes[0].reason_text == {"fr": "L'objet de la modification"}
    assert "80000 EUR → 100000 EUR" in after.notice.changes[0].description["fr"]


def test_a_number_without_the_count_of_modifications_is_kept_whole() -> None:
    [reading] = notices("rama_source/003_pas_de_num_sequence_dans_id.json")
    assert reading.notice.id.endswith("2018MAPA2018059Z")


def test_a_winner_named_twice_is_one_winner() -> None:
    [reading] = notices("rama_source/001b_duplicate_supplier.json")
    assert [party.name for party in reading.notice.results[0].winners] == [{"fr": "TECAN FRANCE SASU"}]


def test_winners_in_lists_of_lists_are_read_and_the_foreign_one_keeps_its_scheme() -> None:
    reading = notices("processing/decp_test_2019.json")[1]
    winners = reading.notice.results[0].winners
    assert [(party.identifiers[0].scheme, party.identifiers[0].value) for party in winners] == [
        ("SIRET", "34027049500021"),
        ("VAT", "1111111111"),
    ]


def test_a_winner_of_whom_only_a_key_is_left_is_told_and_the_winners_before_stay() -> None:
    reading = notices("processing/decp_test_2022.json")[3]
    assert [party.identifiers[0].value for party in reading.notice.results[0].winners] == [
        "39210031900038",
        "39210873400063",
        "39830819700035",
    ]
    assert any("modifications[].titulaires" in note.path for note in reading.notice.notes)


def test_an_amount_that_cannot_be_one_is_told_and_not_kept() -> None:
    notice = notices("processing/decp_test_2022.json")[1].notice
    assert any(note.printed == "100000000000000000" for note in notice.notes)
    assert notice.values[0].amount == 22540


def test_subcontractors_are_kept_beside_the_winner() -> None:
    notice = notices("processing/decp_test_2022.json")[3].notice
    assert notice.results[0].tenders[0].subcontractors == ()
    alone = notices("processing/decp_test_2022.json")[2].notice
    assert "51131202700010" in alone.additional_information["fr"]


def test_a_concession_keeps_its_tariffs_and_what_was_invested() -> None:
    notice = notices("exemples_139bercy/Contrat-concession.xml")[0].notice
    assert "Intitulé du tarif : 14.29 EUR" in notice.additional_information["fr"]
    assert "investissements 15.3 EUR" in notice.additional_information["fr"]
    assert str(notice.duration and notice.duration.start) == "2024-04-01"
    assert notice.results[0].tenders[0].revenues == notice.values


def test_json_and_xml_of_the_format_of_2022_say_the_same() -> None:
    def facts(name: str, number: str) -> dict[str, Any]:
        [found] = [item.notice for item in notices(name) if number in item.notice.references]
        return found.model_dump(exclude={"id", "url", "notes", "buyers", "title", "published_at", "first_published_on"})

    xml, told = (
        facts("exemples_139bercy/Marche.xml", "TEST2022"),
        facts("exemples_139bercy/marches_concessions.json", "TEST2022"),
    )
    same = ("subtype", "classifications", "places", "procedure_type", "framework", "flags", "links", "languages")
    assert {key: xml[key] for key in same} == {key: told[key] for key in same}
