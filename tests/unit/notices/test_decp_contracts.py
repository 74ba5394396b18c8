"""A contract of French award data: all that it says, its winners in every shape, and its modifications."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from notices.formats.errors import FormatReason, NoticeFormatError
from notices.model import AmountKind
from tests.support.decp_records import BUYER, OTHER, WINNER, contract, messages, notice, reading


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


def test_data_older_than_their_contract_are_questioned_and_both_days_kept() -> None:
    found = notice(contract(datePublicationDonnees="2003-11-24"))
    concluded = found.results[0].contracts[0].concluded_on
    assert (str(found.first_published_on), str(concluded)) == ("2003-11-24", "2026-10-05")
    assert "Published before the contract was notified (2026-10-05)" in messages(found)
