"""Several lines of French award data that are one contract: frameworks, modifications, lots, corrections."""

from __future__ import annotations

import json

from notices.formats.decp import split_decp
from notices.model import AmountKind
from notices.versions import payload_digest
from tests.support.decp_records import OTHER, contract, messages, notice, of_rows, row


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
