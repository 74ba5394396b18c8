"""Notices of BOAMP in schema v230, to about 2023."""

from __future__ import annotations

from tests.support.boamp_records import notice, old


def test_criteria_in_an_order_have_their_rank_as_weight() -> None:
    ranked = {"CRITERE": [{"@ORDRE": "1", "#text": "Prix"}, {"@ORDRE": "2", "#text": "Délai"}]}
    found = notice(old(PROCEDURE={"CRITERES_ATTRIBUTION": {"CRITERES_PRIORITES": ranked}}))
    criteria = found.lots[0].award_criteria
    assert [(item.name["fr"], str(item.weight), item.weight_kind) for item in criteria] == [
        ("Prix", "1", "ord-imp"),
        ("Délai", "2", "ord-imp"),
    ]


def test_a_framework_agreement_says_its_most_and_its_length() -> None:
    agreement = {
        "PLUSIEURS_OPERATEURS": "",
        "NB_MAX_PARTICIPANTS": "4",
        "DUREE_AN": "3",
        "VALEUR_MAX": {"@DEVISE": "EUR", "#text": "9700000.00"},
    }
    found = notice(old(OBJET={"AVIS_IMPLIQUE": {"ACCORD_CADRE": ""}, "ACCORD_CADRE": agreement}))
    assert found.framework is not None
    assert found.framework.maximum_participants == 4
    assert [(value.kind.value, str(value.amount)) for value in found.values] == [("framework-maximum", "9700000.00")]
    assert found.duration is not None
    assert (str(found.duration.amount), found.duration.unit) == ("3", "YEAR")


def test_an_award_to_an_economic_group_is_one_tender() -> None:
    facts = [{"GROUPEMENT_ECONOMIQUE": "", "MONTANT": "50000", "NB_OFFRE_RECU": "3", "NB_OFFRE_RECU_PME": "2"}, {}]
    decision = {
        "ATTRIBUE": "",
        "NUM_LOT": "1",
        "TITULAIRE": [{"DENOMINATION": "Un"}, {"DENOMINATION": "Deux"}],
        "RENSEIGNEMENT": [{**facts[0], "OFFRE_BASSE": "45000", "OFFRE_ELEVEE": "70000"}, facts[1]],
    }
    (result,) = notice(old(ATTRIBUTION={"DECISION": decision}), nature="ATTRIBUTION").results
    (tender,) = result.tenders
    assert [party.name["fr"] for party in tender.tenderers] == ["Un", "Deux"]
    assert [(count.type, count.count) for count in result.submissions] == [("t-sme", 2)]
    assert [(value.kind.value, str(value.amount)) for value in result.values] == [
        ("lowest-tender", "45000"),
        ("highest-tender", "70000"),
    ]


def test_an_abandoned_procedure_has_a_result_without_winner() -> None:
    found = notice(old(ATTRIBUTION={"SANS_SUITE": ""}), nature="ATTRIBUTION")
    assert [(result.status, result.tenders) for result in found.results] == [("clos-nw", ())]
