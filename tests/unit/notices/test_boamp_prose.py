"""Results and corrections of BOAMP that are told in words."""

from __future__ import annotations

from typing import Any

import pytest

from notices.model import Notice
from tests.support.boamp_records import notice, simple, told


def awarded(text: str, **flat: Any) -> Notice:
    return notice(simple("attribution", attributionMarche=text), nature="ATTRIBUTION", **flat)


def test_a_result_in_words_gives_what_fixed_labels_name_once() -> None:
    found = awarded("Nombre d'offres reçues : 3\nNom du titulaire : GUITOLI SAS\nMontant HT : 284 782,86 euro(s).")
    (result,) = found.results
    assert [winner.name["fr"] for winner in result.winners] == ["GUITOLI SAS"]
    assert result.tenders_received == 3
    assert result.tenders[0].value is not None
    assert str(result.tenders[0].value.amount) == "284782.86"
    assert found.additional_information["fr"].startswith("Nombre d'offres reçues : 3\n")


def test_the_result_of_several_lots_in_words_gives_no_amount() -> None:
    text = "Lot 1 : DBA, 16100 Merpins\nMontant HT : 139 396,55 €\nLot 2 : COGNAC BOIS\nMontant HT : 12 000,00 €"
    found = awarded(text, titulaire=["DBA", "COGNAC BOIS"])
    assert [winner.name["fr"] for winner in found.results[0].winners] == ["DBA", "COGNAC BOIS"]
    assert [tender.value for tender in found.results[0].tenders] == [None, None]
    assert "several lots" in told(found)


def test_a_least_amount_is_not_what_was_awarded() -> None:
    found = awarded("Montant HT min : 935 220,00 Euros", titulaire=["Travaux Fayard"])
    assert found.results[0].tenders[0].value is None


def test_a_fruitless_procedure_in_words_has_no_winner() -> None:
    (result,) = awarded("Nombre d'offres reçues : 1\nCet avis a été déclaré Infructueux").results
    assert (result.status, result.tenders_received, result.tenders) == ("clos-nw", 1, ())


def test_prose_without_labels_is_kept_and_told() -> None:
    found = awarded("Les montants indiqués sont les maximums sur la durée de l'accord-cadre, 75001 Paris")
    assert found.results == ()
    assert "accord-cadre" in found.additional_information["fr"]
    assert "told in words" in told(found)


def corrected(text: Any, **flat: Any) -> Notice:
    return notice(simple("rectificatif", infosRectif=text), nature="RECTIFICATIF", etat="RECTIFICATIF", **flat)


def test_a_new_deadline_in_the_regular_form_is_read() -> None:
    found = corrected("Date limite de remise des offres. Au lieu de 06/11/2026 à 12h00, lire 13/11/2026 à 16h30")
    assert [deadline.at.isoformat() for deadline in found.deadlines] == ["2026-11-13T16:30:00+01:00"]
    assert found.changes[0].description["fr"].startswith("Date limite")


@pytest.mark.parametrize(
    "text",
    [
        "La date limite est reportée au vendredi 13 novembre à midi.",
        "Date limite : au lieu de 06/11/2026 à 12h00, lire 13/11/2026 à 12h00 heures locales",
        "Remise des offres après la visite : au lieu de 06/11/2026 à 12h00, lire 13/11/2026 à 12h00",
    ],
)
def test_a_new_deadline_in_other_words_is_left_to_people(text: str) -> None:
    found = corrected(text)
    assert found.deadlines == ()
    assert "not read" in told(found)


def test_a_correction_of_something_else_says_nothing_of_deadlines() -> None:
    found = corrected({"rubrique": "Critères", "auLieuDe": "Prix : 60", "lire": "Prix : 50"})
    assert found.deadlines == ()
    assert found.notes == ()
    assert found.changes[0].sections == ("Critères",)
    assert found.changes[0].description == {"fr": "Au lieu de : Prix : 60\nLire : Prix : 50"}
