"""French award data as it is written: sentinels, lost zeros, shapes, capitals, accidents of files, repeated lines."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.formats.decp import read_decp, split_decp
from notices.formats.decp.leaves import day_of, flag_of, is_blank, text_of
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, ReadingContext
from notices.model import AmountKind, Notice
from notices.versions import payload_digest

CONTEXT = ReadingContext(portal="fr_decp", zone=ZoneInfo("Europe/Paris"), country="FR")
BUYER, WINNER, OTHER = "01990018200015", "01990707000015", "01990741900014"


def contract(**fields: Any) -> dict[str, Any]:
    """An invented contract of the format of 2022; a field of None is left out."""
    told: dict[str, Any] = {
        "id": "2026M00012",
        "acheteur": {"id": BUYER},
        "nature": "Marché",
        "objet": "Réfection de la toiture de l'école de Montlivray",
        "codeCPV": "45261000-4",
        "procedure": "Procédure adaptée",
        "lieuExecution": {"code": "94000", "typeCode": "Code postal"},
        "dureeMois": 12,
        "dateNotification": "2026-10-05",
        "datePublicationDonnees": "2026-10-20",
        "montant": 84500.5,
        "offresRecues": 3,
        "titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": WINNER}}],
        **fields,
    }
    return {key: value for key, value in told.items() if value is not None}


def reading(*records: dict[str, Any], kind: str = "marche") -> Reading:
    payload = json.dumps({"marches": {kind: list(records)}}, ensure_ascii=False).encode()
    [unit] = split_decp(payload)
    return read_decp(unit, CONTEXT)


def notice(*records: dict[str, Any], kind: str = "marche") -> Notice:
    return reading(*records, kind=kind).notice


def row(**cells: Any) -> dict[str, Any]:
    """An invented line of the ministry's table."""
    return {
        "id": "2026M00012",
        "acheteur_id": BUYER,
        "nature": "Marché",
        "objet": "Nettoyage des locaux de Courmenault",
        "codecpv": "90911200-8",
        "procedure": "Appel d'offres ouvert",
        "montant": 120000.0,
        "datenotification": "2026-10-05",
        "datepublicationdonnees": "2026-10-20",
        "titulaire_id_1": WINNER,
        "titulaire_typeidentifiant_1": "SIRET",
        "titulaire_id_2": "CDL",
        "titulaire_typeidentifiant_2": "CDL",
        "idmodification": "CDL",
        "montantmodification": "CDL",
        **cells,
    }


def of_rows(*rows: dict[str, Any]) -> Notice:
    [unit] = split_decp(json.dumps({"total_count": len(rows), "results": list(rows)}).encode())
    return read_decp(unit, CONTEXT).notice


def messages(found: Notice) -> str:
    return " | ".join(note.message for note in found.notes)


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["CDL", "NC", "MQ", "MQ NC", "nan", "", " - ", None, float("nan"), [], "NaN", "null"])
def test_a_sentinel_says_nothing(said: object) -> None:
    assert is_blank(said)


@pytest.mark.parametrize("said", [0, False, "0", "Marché", "NC2026", "MQTT broker", "Sans objet"])
def test_what_is_no_sentinel_is_kept(said: object) -> None:
    assert not is_blank(said)


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("2026-10-05", date(2026, 10, 5)),
        ("2023-01-04+01:00", date(2023, 1, 4)),
        ("2026-10-04T22:00:00+00:00", date(2026, 10, 5)),
        ("2026-10-05T00:00:00", date(2026, 10, 5)),
        ("05/10/2026", date(2026, 10, 5)),
        ("20261005", date(2026, 10, 5)),
        ("September, 16 2021", date(2021, 9, 16)),
        ("September, 16 2021 00:00:00", date(2021, 9, 16)),
        ("16 août 2021", date(2021, 8, 16)),
        ("0002-11-30", None),
        ("1970-01-01", None),
        ("2026-02-30", None),
        ("bientôt", None),
    ],
)
def test_a_day_is_read_in_every_spelling_that_occurs(printed: str, day: date | None) -> None:
    assert day_of(printed) == day


@pytest.mark.parametrize(
    ("printed", "said"),
    [(True, True), ("oui", True), ("true", True), ("1", True), ("non", False), ("NC", None), ("?", None)],
)
def test_yes_and_no_are_read_as_booleans_and_as_words(printed: object, said: bool | None) -> None:
    assert flag_of(printed) is said


def test_letters_of_another_encoding_are_put_right_and_told() -> None:
    found = notice(contract(objet="Gros \x8cuvre de l¿école d\x92Aubrais"))
    assert found.title == {"fr": "Gros Œuvre de l’école d’Aubrais"}
    assert "another encoding" in messages(found)


def test_a_number_of_a_table_program_loses_its_decimal() -> None:
    assert text_of(12345678900022.0) == "12345678900022"


# --- one contract ----------------------------------------------------------------------------------------------------


def test_the_whole_of_a_contract_is_read() -> None:
    found = notice(
        contract(
            techniques={"technique": ["Accord-cadre"]},
            modalitesExecution={"modaliteExecution": ["Bons de commande", "Marchés subséquents"]},
            considerationsSociales={"considerationSociale": ["Marché réservé"]},
            considerationsEnvironnementales={
                "considerationEnvironnementale": ["Pas de considération environnementale"]
            },
            marcheInnovant="oui",
            idAccordCadre="2025AC01",
            sousTraitanceDeclaree=True,
            formePrix="Mixte",
            typesPrix={"typePrix": ["Définitif révisable"]},
            ccag="Travaux",
            tauxAvance=0.1,
            attributionAvance=True,
            origineUE=0.5,
            source="AWS",
        )
    )
    assert found.id == f"fr_decp:{BUYER}2026M00012"
    assert (found.framework and found.framework.technique) == "fa-mix"
    assert found.values[0].kind is AmountKind.FRAMEWORK_MAXIMUM
    assert (found.flags.social, found.flags.reserved, found.flags.green, found.flags.innovation) == (
        True,
        True,
        False,
        True,
    )
    assert found.places[0].nuts == "FR107"
    assert found.results[0].tenders_received == 3
    assert found.results[0].tenders[0].subcontracting is True
    assert [(link.relation, link.value) for link in found.links] == [("framework", "2025AC01")]
    text = found.additional_information["fr"]
    for line in (
        "Forme du prix : Mixte",
        "CCAG : Travaux",
        "Avance : oui",
        "Taux de l'avance : 0.1",
        "Source des données : AWS",
    ):
        assert line in text


def test_a_key_that_nobody_knows_is_told() -> None:
    found = reading(contract(nouveauChamp="oui", titulaires=[{"titulaire": {"id": WINNER, "rang": 1}}]))
    assert [item.path for item in found.unread] == ["marche.nouveauChamp", "marche.titulaires[].rang"]


@pytest.mark.parametrize("key", ["id", "acheteur", "objet"])
def test_a_record_that_is_no_contract_is_refused_and_the_missing_key_named(key: str) -> None:
    with pytest.raises(NoticeFormatError, match=key) as refusal:
        notice(contract(**{key: None}))
    assert refusal.value.reason is FormatReason.MISSING


@pytest.mark.parametrize(
    ("amount", "kept", "told"),
    [
        (1, False, "mandatory field"),
        (0, False, "mandatory field"),
        (1e17, False, "cannot be one"),
        ("12,5 M", False, "no amount"),
        (2_000_000_000, True, "suspect"),
        (999_999_999, True, "suspect"),
        ("84 500,50", True, ""),
    ],
)
def test_an_amount_that_is_none_is_told_and_left_out(amount: object, kept: bool, told: str) -> None:
    found = notice(contract(montant=amount))
    assert bool(found.values) is kept
    assert told in messages(found)


@pytest.mark.parametrize(
    ("cpv", "code", "told"),
    [
        ("45261000-4", "45261000", ""),
        ("45261000", "45261000", ""),
        ("45261000-9", "45261000", "check digit"),
        ("9310000", "09310000", "Zeros"),
        (9310000, "09310000", "Zeros"),
        ("4526", "45260000", "Zeros"),
        ("45 26 10 00", "45261000", ""),
        ("99999999", "99999999", "not in CPV"),
        ("toiture", None, "No CPV"),
        ("NC", None, ""),
    ],
)
def test_a_cpv_code_is_read_in_dirty_spellings(cpv: object, code: str | None, told: str) -> None:
    found = notice(contract(codeCPV=cpv))
    assert found.main_cpv == code
    assert told in messages(found)


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("Procédure adaptée", "oth-single"),
        ("PROCEDURE ADAPTEE", "oth-single"),
        ("Appel d’offres ouvert", "open"),
        ("APPEL_D_OFFRES_RESTREINT", "restricted"),
        ("Procédure concurrentielle avec négociation", "neg-w-call"),
        ("Procédure avec négociation", "neg-w-call"),
        ("Marché négocié sans publicité ni mise en concurrence préalable", "neg-wo-call"),
        ("Marché passé sans publicité ni mise en concurrence préalable", "neg-wo-call"),
        ("Dialogue compétitif", "comp-dial"),
        ("Procédure non négociée restreinte", "restricted"),
        ("Procédure inventée", None),
    ],
)
def test_procedures_of_both_vocabularies_have_their_code_and_stay_as_printed(printed: str, code: str | None) -> None:
    found = notice(contract(procedure=printed))
    assert found.procedure_type is not None
    assert (found.procedure_type.code, found.procedure_type.printed) == (code, (printed,))
    assert ("not known" in messages(found)) is (code is None)


@pytest.mark.parametrize(
    ("code", "kind", "nuts", "postal_code", "country"),
    [
        ("94000", "Code postal", "FR107", "94000", "FR"),
        ("1000", "Code postal", "FRK21", "01000", "FR"),
        ("94", "CODE DEPARTEMENT", "FR107", None, "FR"),
        ("1", "Code département", "FRK21", None, "FR"),
        ("2a", "Code département", "FRM01", None, "FR"),
        ("69123", "Code commune", "FRK26", None, "FR"),
        ("97411", "Code commune", "FRY40", None, "FR"),
        ("2B033", "Code commune", "FRM02", None, "FR"),
        ("11", "Code région", "FR1", None, "FR"),
        ("FR", "CODE PAYS", None, None, "FR"),
        ("BE", "Code pays", None, None, "BE"),
        ("00000", "Code postal", None, None, None),
    ],
)
def test_a_place_is_what_the_type_of_its_code_says(
    code: str, kind: str, nuts: str | None, postal_code: str | None, country: str | None
) -> None:
    found = notice(contract(lieuExecution={"code": code, "typeCode": kind}))
    [place] = found.places
    assert (place.nuts, place.postal_code, place.country) == (nuts, postal_code, country)
    assert place.printed == f"{code} ({kind})"
    assert ("not known" in messages(found)) is (country is None)


@pytest.mark.parametrize(
    ("kind", "printed", "scheme", "value", "valid"),
    [
        ("SIRET", WINNER, "SIRET", WINNER, True),
        ("SIRET", "019 907 070 00015", "SIRET", WINNER, True),
        ("SIRET", "12345678900023", "SIRET", "12345678900023", False),
        ("SIRET", "019907070", "SIREN", "019907070", True),
        ("SIRET", "12345678901234567", "UNKNOWN", "12345678901234567", False),
        ("TVA", "FR36019907609", "VAT", "FR36019907609", True),
        ("TVA", "BE 0931.814.266", "VAT", "BE0931814266", False),
        ("HORS-UE", "CHE-123", "HORS-UE", "CHE-123", False),
        ("TAHITI", "A12345", "TAHITI", "A12345", False),
    ],
)
def test_winners_are_told_by_their_scheme_and_whether_it_checks(
    kind: str, printed: str, scheme: str, value: str, valid: bool
) -> None:
    found = notice(contract(titulaires=[{"titulaire": {"typeIdentifiant": kind, "id": printed}}]))
    [party] = found.results[0].winners
    number = party.identifiers[0]
    assert (number.scheme, number.value, number.valid, number.printed) == (scheme, value, valid, printed)


def test_leading_zeros_that_were_lost_are_put_back_only_where_the_check_digits_then_fit() -> None:
    assert of_rows(row(titulaire_id_1=1990744300014)).results[0].winners[0].identifiers[0].value == "01990744300014"
    real = notice(contract(titulaires=[{"titulaire": {"typeIdentifiant": "SIRET", "id": "1990744300014"}}]))
    assert real.results[0].winners[0].identifiers[0].value == "01990744300014"
    assert "Leading zeros" in messages(real)
    false = notice(contract(titulaires=[{"titulaire": {"typeIdentifiant": "SIRET", "id": "1990744300015"}}]))
    assert false.results[0].winners[0].identifiers[0].scheme == "UNKNOWN"


@pytest.mark.parametrize(
    "shape",
    [
        [{"titulaire": {"typeIdentifiant": "SIRET", "id": WINNER}}],
        [{"typeIdentifiant": "SIRET", "id": WINNER}],
        {"titulaire": [{"typeIdentifiant": "SIRET", "id": WINNER}]},
        {"titulaire": {"typeIdentifiant": "SIRET", "id": WINNER}},
        {"typeIdentifiant": "SIRET", "id": WINNER},
        [[[{"typeIdentifiant": "SIRET", "id": WINNER}]]],
        [None, {"titulaire": {"typeIdentifiant": "SIRET", "id": WINNER}}, ""],
    ],
)
def test_winners_are_found_whatever_the_shape_of_their_list(shape: object) -> None:
    found = notice(contract(titulaires=shape))
    assert [party.identifiers[0].value for party in found.results[0].winners] == [WINNER]


@pytest.mark.parametrize("shape", [None, [], "", "NC", {}, [None], [{"titulaire": None}]])
def test_a_contract_without_winner_is_kept_without_one(shape: object) -> None:
    result = notice({**contract(), "titulaires": shape}).results[0]
    assert (result.tenders, result.status) == ((), None)


def test_winners_that_are_no_group_each_have_a_tender_and_share_no_amount() -> None:
    parties = [{"titulaire": {"typeIdentifiant": "SIRET", "id": number}} for number in (WINNER, OTHER)]
    apart = notice(contract(titulaires=parties, typeGroupementOperateurs="Pas de groupement")).results[0]
    together = notice(contract(titulaires=parties, typeGroupementOperateurs="Conjoint")).results[0]
    assert [(len(tender.tenderers), tender.value) for tender in apart.tenders] == [(1, None), (1, None)]
    assert [(len(tender.tenderers), tender.value is not None) for tender in together.tenders] == [(2, True)]
    assert apart.values == together.values


def test_a_concession_is_a_result_whose_amount_is_revenue() -> None:
    told = {
        "id": "2026DSP01",
        "autoriteConcedante": {"id": BUYER},
        "nature": "DELEGATION DE SERVICE PUBLIC",
        "objet": "Exploitation de la fourrière",
        "procedure": "Procédure négociée ouverte",
        "valeurGlobale": 2500000,
        "montantSubventionPublique": 12000,
        "dureeMois": 60,
        "dateSignature": "2026-10-01",
        "dateDebutExecution": "2027-01-01",
        "datePublicationDonnees": "2026-10-20",
        "concessionnaires": [{"concessionnaire": {"typeIdentifiant": "SIRET", "id": WINNER}}],
        "considerationsSociales": {"considerationSociale": ["Concession réservée"]},
    }
    found = notice(told, kind="contrat-concession")
    assert found.subtype == "Délégation de service public"
    assert found.values[0].kind is AmountKind.CONCESSION_REVENUE
    assert found.results[0].tenders[0].revenues == found.values
    assert found.flags.reserved is True
    assert "Subvention publique : 12000 EUR" in found.additional_information["fr"]
    assert str(found.results[0].contracts[0].concluded_on) == "2026-10-01"


# --- modifications ---------------------------------------------------------------------------------------------------


def modification(number: int, day: str, **fields: Any) -> dict[str, Any]:
    told = {"id": number, "dateNotificationModification": day, "datePublicationDonneesModification": day, **fields}
    return {"modification": told}


def test_a_contract_is_told_as_its_last_modification_left_it_with_each_step() -> None:
    party = [{"titulaire": {"typeIdentifiant": "SIRET", "id": OTHER}}]
    found = notice(
        contract(
            modifications=[
                modification(2, "2027-03-01", dureeMois=18, titulaires=party),
                modification(1, "2026-12-01", montant=90000),
            ]
        )
    )
    assert found.values[0].amount == 90000
    assert (found.duration and found.duration.amount) == 18
    assert [party.identifiers[0].value for party in found.results[0].winners] == [OTHER]
    assert [change.sections for change in found.changes] == [("montant",), ("dureeMois", "titulaires")]
    assert "84500.5 EUR → 90000 EUR" in found.changes[0].description["fr"]
    assert found.modification_description == found.changes[1].description
    assert str(found.published_at and found.published_at.date()) == "2027-03-01"
    assert str(found.first_published_on) == "2026-10-20"


@pytest.mark.parametrize("shape", ["flat", "wrapped", "object", "nested"])
def test_modifications_are_found_whatever_the_shape_of_their_list(shape: str) -> None:
    inner = modification(1, "2026-12-01", montant=90000)["modification"]
    shapes = {
        "flat": [inner],
        "wrapped": [{"modification": inner}],
        "object": {"modification": inner},
        "nested": [[inner]],
    }
    assert notice(contract(modifications=shapes[shape])).values[0].amount == 90000


def test_a_modification_to_one_euro_and_one_month_changes_nothing() -> None:
    found = notice(contract(modifications=[modification(1, "2026-12-01", montant=1, dureeMois=1)]))
    assert (found.values[0].amount, found.duration and found.duration.amount) == (Decimal("84500.5"), 12)
    assert len(found.changes) == 1
    assert "fills mandatory fields" in messages(found)


# --- many lines of one contract --------------------------------------------------------------------------------------


def test_lines_of_winners_of_a_framework_agreement_are_one_contract_with_its_maximum_once() -> None:
    cells = {"techniques": "Accord-cadre", "modalitesexecution": "Bons de commande", "montant": 400000.0}
    found = of_rows(row(**cells), row(**cells, titulaire_id_1=OTHER))
    assert len(found.results) == 1
    assert len(found.results[0].winners) == 2
    assert [(money.amount, money.kind) for money in found.values] == [(400000, AmountKind.FRAMEWORK_MAXIMUM)]


def test_lines_of_modifications_and_acts_of_subcontracting_are_one_contract() -> None:
    first = {
        "idmodification": "1",
        "montantmodification": "130000",
        "datenotificationmodificationmodification": "2026-11-02",
    }
    second = {
        "idmodification": "2",
        "montantmodification": "125000",
        "datenotificationmodificationmodification": "2026-12-02",
    }
    act = {
        "idactesoustraitance": "1",
        "montantactesoustraitance": "18000",
        "idsoustraitant": OTHER,
        "typeidentifiantsoustraitant": "SIRET",
    }
    found = of_rows(row(**second), row(**act), row(**first))
    assert len(found.results) == 1
    assert found.values[0].amount == 125000
    assert len(found.changes) == 2
    assert [party.identifiers[0].value for party in found.results[0].tenders[0].subcontractors] == [OTHER]


def test_lots_under_one_number_are_results_side_by_side_and_are_not_added_up() -> None:
    found = of_rows(
        row(objet="Lot 1 : maçonnerie", montant=100000.0),
        row(objet="Lot 2 : peinture", montant=30000.0, titulaire_id_1=OTHER),
    )
    assert [result.values[0].amount for result in found.results] == [100000, 30000]
    assert found.values == ()
    assert "one number for 2 awards" in messages(found)


def test_a_correction_published_later_replaces_the_amount_before() -> None:
    found = of_rows(row(montant=120000.0), row(montant=12000.0, datepublicationdonnees="2026-11-03"))
    assert [money.amount for money in found.values] == [12000]
    assert str(found.first_published_on) == "2026-10-20"
    assert "differ in their amount" in messages(found)


def test_the_order_of_lines_changes_nothing() -> None:
    lines = [
        row(),
        row(objet="Lot 2", montant=5000.0, titulaire_id_1=OTHER),
        row(idmodification="1", montantmodification="130000"),
        row(montant=110000.0, datepublicationdonnees="2026-11-03"),
    ]
    digests = {payload_digest(of_rows(*lines[start:], *lines[:start])) for start in range(len(lines))}
    assert len(digests) == 1
    assert payload_digest(of_rows(*lines, lines[0])) in digests


def test_contracts_of_one_file_are_told_apart_by_buyer_and_number() -> None:
    other = contract(acheteur={"id": OTHER})
    payload = json.dumps({"marches": {"marche": [contract(), other, contract(id="2026M00013"), contract()]}}).encode()
    assert len(split_decp(payload)) == 3


def test_a_buyer_that_lost_its_zeros_is_the_same_buyer() -> None:
    first = contract(acheteur={"id": "01990744300014"})
    second = contract(acheteur={"id": "1990744300014"})
    assert notice(first, second).id == "fr_decp:019907443000142026M00012"


# --- files -----------------------------------------------------------------------------------------------------------


def consolidated(**cells: Any) -> dict[str, str]:
    """An invented line of the consolidation of decp.info."""
    told = {
        "uid": f"{BUYER}2026M00012", "id": "2026M00012", "nature": "Marché", "acheteur_id": BUYER,
        "acheteur_nom": "Commune de Montlivray", "acheteur_departement_code": "94", "titulaire_id": WINNER,
        "titulaire_typeIdentifiant": "SIRET", "titulaire_nom": "TOITURES INVENTÉES", "titulaire_categorie": "PME",
        "titulaire_departement_code": "75", "objet": "Toiture de l'école", "montant": "84500.5",
        "codeCPV": "45261000-4",
        "type": "Travaux", "procedure": "Procédure adaptée", "dureeMois": "12", "dateNotification": "2026-10-05",
        "datePublicationDonnees": "2026-10-20", "considerationsSociales": "Clause sociale, Critère social",
        "modification_id": "0", "donneesActuelles": "false", "sourceDataset": "atexo_maximilien",
        "titulaire_distance": "12", "acheteur_latitude": "48.7",
    }  # fmt: skip
    return told | cells


def as_csv(*rows: dict[str, str], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_consolidated_table_is_read_with_names_sizes_and_states(delimiter: str) -> None:
    later = {
        "modification_id": "1",
        "montant": "90000",
        "dateNotification": "2026-12-01",
        "datePublicationDonnees": "2026-12-09",
    }
    [unit] = split_decp(
        as_csv(
            consolidated(),
            consolidated(titulaire_id=OTHER, titulaire_nom="AUTRE", titulaire_categorie="ETI"),
            consolidated(**later),
            consolidated(**later, titulaire_id=OTHER, titulaire_nom="AUTRE", titulaire_categorie="ETI"),
            delimiter=delimiter,
        )
    )
    read = read_decp(unit, CONTEXT)
    found = read.notice
    assert read.unread == ()
    assert found.buyers[0].name == {"fr": "Commune de Montlivray"}
    assert (found.buyers[0].place and found.buyers[0].place.nuts) == "FR107"
    assert [(party.name["fr"], party.size) for party in found.results[0].winners] == [
        ("TOITURES INVENTÉES", "sme"),
        ("AUTRE", "large"),
    ]
    assert found.nature == "works"
    assert found.flags.social is True
    assert found.values[0].amount == 90000
    assert [change.sections for change in found.changes] == [("montant",)]


def test_a_bare_row_and_a_row_per_line_are_read() -> None:
    assert len(split_decp(json.dumps(row()).encode())) == 1
    lines = b"\n".join(json.dumps(row(id=f"2026M{number}")).encode() for number in range(3))
    assert len(split_decp(lines)) == 3
    assert read_decp(json.dumps(row()).encode(), CONTEXT).notice.id == f"fr_decp:{BUYER}2026M00012"


def test_accidents_of_files_are_put_right_and_told() -> None:
    text = json.dumps({"marches": {"marche": [contract()]}}, ensure_ascii=False)
    broken = text.replace("toiture de", 'toiture \\ de "la cour" de').replace("84500.5", "NaN")
    [unit] = split_decp(b"\xef\xbb\xbf" + broken.encode())
    found = read_decp(unit, CONTEXT).notice
    assert found.title["fr"].startswith('Réfection de la toiture \\ de "la cour" de')
    assert found.values == ()
    assert "quotation marks were escaped" in messages(found)
    assert "backslashes were escaped" in messages(found)


def test_control_characters_in_xml_are_taken_out_and_told() -> None:
    inner = f"<id>X1</id><acheteur><id>{BUYER}</id></acheteur><objet>Achat de\x02 papier</objet>"
    payload = f"<marches><marche>{inner}</marche></marches>".encode()
    assert read_decp(payload, CONTEXT).notice.title == {"fr": "Achat de papier"}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", FormatReason.CUT),
        (b'{"marches": {"marche": [{"id": "1"', FormatReason.CUT),
        (b"<marches><marche><id>1</id>", FormatReason.CUT),
        (b"<html><body>Maintenance</body></html>", FormatReason.UNKNOWN_ROOT),
        (b"<!DOCTYPE html><html></html>", FormatReason.NOT_XML),
        (b'<!DOCTYPE m [<!ENTITY a "b">]><marches>&a;</marches>', FormatReason.ENTITIES),
        (b"[" * 100_000, FormatReason.UNEXPECTED),
        (b'{"marches": {"marche": ["x"]}}', FormatReason.UNEXPECTED),
        (b'{"marches": {"avis": []}}', FormatReason.UNEXPECTED),
        (b"\xff\xfe\x00{", FormatReason.UNEXPECTED),
        (b'{"objet": "\xe9"}', FormatReason.ENCODING),
        (b"id;acheteur_id;objet\n1;2\n", FormatReason.CUT),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(payload: bytes, reason: FormatReason) -> None:
    with pytest.raises(NoticeFormatError) as refusal:
        split_decp(payload)
    assert refusal.value.reason is reason


def test_a_payload_with_two_contracts_is_refused() -> None:
    payload = json.dumps({"marches": {"marche": [contract(), contract(id="B")]}}).encode()
    with pytest.raises(NoticeFormatError, match="2 contracts"):
        read_decp(payload, CONTEXT)


def test_a_payload_beyond_the_limit_is_refused() -> None:
    with pytest.raises(NoticeFormatError) as refusal:
        read_decp(json.dumps(row()).encode(), CONTEXT, limit=10)
    assert refusal.value.reason is FormatReason.TOO_LARGE


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "titulaire", "code", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(sorted(contract())) | st.sampled_from(["modifications", "actesSousTraitance"]), JUNK
    )
)
def test_whatever_stands_in_a_field_a_contract_is_read_or_refused(fields: dict[str, Any]) -> None:
    payload = json.dumps({"marches": {"marche": [contract() | fields]}}).encode("utf-8", "surrogatepass")
    with contextlib.suppress(NoticeFormatError):
        for unit in split_decp(payload):
            found = read_decp(unit, CONTEXT).notice
            assert Notice.model_validate_json(found.model_dump_json()) == found


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_a_file_holds_it_is_read_or_refused(payload: bytes) -> None:
    with contextlib.suppress(NoticeFormatError):
        split_decp(payload)
