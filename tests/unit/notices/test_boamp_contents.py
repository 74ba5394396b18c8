"""Places, goods, amounts, lots and words of BOAMP, and what the reader never makes up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.boamp_records import mapa, notice, reading, simple, told


@pytest.mark.parametrize(
    ("printed", "nuts"),
    [("1", "FRK21"), ("01", "FRK21"), ("2a", "FRM01"), ("20A", "FRM01"), ("20B", "FRM02"), ("94", "FR107"),
     ("974", "FRY40"), ("988", None), ("XX", None)],
)  # fmt: skip
def test_a_departement_is_found_without_its_leading_zero(printed: str, nuts: str | None) -> None:
    (place,) = notice(code_departement=[printed]).places
    assert place.nuts == nuts
    assert place.printed is not None


def test_the_place_of_the_work_comes_before_the_place_of_publication() -> None:
    found = notice(code_departement="38,73,1", code_departement_prestation="38")
    assert [(place.nuts, place.printed) for place in found.places] == [("FRK24", "Isère (38), département d'exécution")]


def test_no_goods_are_made_up_from_descriptors() -> None:
    found = notice(
        mapa(description={"objet": "Ordinateurs"}), descripteur_code=["163"], descripteur_libelle=["Informatique"]
    )
    assert found.classifications == ()
    assert found.additional_information["fr"] == "Descripteurs : Informatique"


@pytest.mark.parametrize("printed", ["Sans objet", "néant", "DEFAULT_VALUE_CHANGE_ME", "NC", "-", "&nbsp;"])
def test_placeholders_say_nothing(printed: str) -> None:
    found = notice(mapa(caracteristiques={"principales": printed}, renseignements={"idMarche": printed}))
    assert found.description == {}
    assert found.references == ("26-900001",)


@pytest.mark.parametrize("printed", ["1", "0", "0.01", {"@devise": "EUR", "#text": "1.00"}])
def test_amounts_entered_to_fill_a_field_are_none(printed: Any) -> None:
    assert notice(simple(natureMarche={"valeurEstimee": {"valeur": printed}})).values == ()


def test_an_amount_nobody_can_mean_is_told_and_left_out() -> None:
    found = notice(simple(natureMarche={"valeurEstimee": {"valeur": "99999999999999999"}}))
    assert found.values == ()
    assert "99999999999999999" in told(found)


def test_entities_escaped_twice_and_tags_become_text() -> None:
    found = notice(
        mapa(description={"objet": "L&amp;#039;eau"}, caracteristiques={"principales": "A&amp;lt;br/&amp;gt;B"})
    )
    assert found.title == {"fr": "L'eau"}
    assert found.description == {"fr": "A\nB"}


def test_one_lot_or_many_are_read_alike() -> None:
    one = {"numLot": "1", "intituleLot": "Nord", "description": "Partie nord"}
    single, double = notice(simple(lots={"lot": one})), notice(simple(lots={"lot": [one, {**one, "numLot": "2"}]}))
    assert [lot.id for lot in single.lots] == ["1"]
    assert [lot.id for lot in double.lots] == ["1", "2"]
    assert single.lots[0] == double.lots[0]


def test_two_lots_with_one_number_are_both_kept() -> None:
    found = notice(simple(lots={"lot": [{"numLot": "1", "intituleLot": "A"}, {"numLot": "1", "intituleLot": "B"}]}))
    assert [lot.id for lot in found.lots] == ["1", "1#2"]
    assert "position" in told(found)


def test_a_lot_whose_title_stands_on_two_lines_says_it_once() -> None:
    (lot,) = notice(mapa(lots={"lot": {"numLot": "3", "description": "Plomberie\nPlomberie"}})).lots
    assert (lot.title, lot.description) == ({"fr": "Plomberie"}, {})


def test_a_new_key_of_the_bulletin_is_reported() -> None:
    found = reading(mapa(nouveaute={"couleur": "vert"}), clef_inconnue="x")
    assert [(item.path, item.sample) for item in found.unread] == [
        ("donnees.MAPA.initial.nouveaute", "{'couleur': 'vert'}"),
        ("record.clef_inconnue", "x"),
    ]


def test_a_sentence_in_the_place_of_a_section_is_kept() -> None:
    found = notice({"FNSimple": {"annulation": "La procédure est abandonnée."}}, etat="ANNULATION")
    assert found.additional_information == {"fr": "La procédure est abandonnée."}


def test_words_in_the_place_of_an_object_are_reported() -> None:
    found = reading(
        {"MAPA": {"organisme": "Commune de Bocage", "initial": {"duree": {"nbMois": "6", "#text": "environ"}}}}
    )
    assert [(item.path, item.sample) for item in found.unread] == [
        ("donnees.MAPA.initial.duree", "environ"),
        ("donnees.MAPA.organisme", "Commune de Bocage"),
    ]
