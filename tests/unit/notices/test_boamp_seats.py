"""Where organisations of BOAMP sit: the country printed decides, and five digits alone say nothing of a winner."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notices.formats.boamp import read_boamp_xml
from notices.formats.reading import ReadingContext
from notices.model import Notice, Place
from notices.vocabularies import countries
from tests.support.boamp_records import notice, old, reading, told

SAMPLE = Path(__file__).parents[4] / "shared/samples/france/boamp/xml_v230/test-attribution-11.xml"


def award(**address: Any) -> Notice:
    decision = {"ATTRIBUE": "", "TITULAIRE": {"DENOMINATION": "Vent d'Est", **address}}
    return notice(old(ATTRIBUTION={"DECISION": decision}), nature="ATTRIBUTION")


def seat_of_winner(**address: Any) -> Place:
    (winner,) = award(**address).results[0].winners
    assert winner.place is not None
    return winner.place


def test_a_winner_abroad_whose_postal_code_looks_corsican_is_not_made_french() -> None:
    seat = seat_of_winner(CP="20004", VILLE="SHANGHAI")
    assert (seat.country, seat.nuts) == (None, None)
    assert (seat.postal_code, seat.locality) == ("20004", "SHANGHAI")


@pytest.mark.parametrize(
    ("printed", "country"),
    [("CN", "CN"), ("CHN", "CN"), ("Chine", "CN"), ("BELGIQUE", "BE"), ("Etats Unis", "US"), ("UK", "GB"),
     ("Grande-Bretagne", "GB"), ("République tchèque", "CZ")],
)  # fmt: skip
def test_the_country_printed_beside_a_winner_is_its_country(printed: str, country: str) -> None:
    seat = seat_of_winner(CP="75010", VILLE="Ailleurs", PAYS=printed, MEL="info@exemple.fr")
    assert (seat.country, seat.nuts, seat.postal_code) == (country, None, "75010")


@pytest.mark.parametrize("printed", ["FR", "France", "FRANCE", "La Réunion", "GP"])
def test_a_winner_in_france_lies_where_its_postal_code_says(printed: str) -> None:
    seat = seat_of_winner(CP="34500", VILLE="Béziers", PAYS=printed)
    assert (seat.country, seat.nuts) == ("FR", "FRJ13")


@pytest.mark.parametrize(
    "sign",
    [{"VILLE": "Béziers CEDEX"}, {"TEL": "04.67.00.00.00"}, {"TEL": "(+33) 4-67-00-00-00"}, {"MEL": "a@exemple.fr"},
     {"URL": "https://www.exemple.fr/contact"}, {"CODE_IDENT_NATIONAL": "73282932000074"}, {"CODE_NUTS": "FRJ13"}],
)  # fmt: skip
def test_a_winner_with_a_sign_of_france_lies_where_its_postal_code_says(sign: dict[str, str]) -> None:
    seat = seat_of_winner(**{"CP": "34500", "VILLE": "Béziers", **sign})
    assert (seat.country, seat.nuts) == ("FR", "FRJ13")


@pytest.mark.parametrize("sign", [{"MEL": "a@exemple.com"}, {"URL": "http://["}, {"TEL": "+86 21 0000 0000"}])
def test_other_signs_do_not_make_a_winner_french(sign: dict[str, str]) -> None:
    assert seat_of_winner(CP="34500", VILLE="Béziers", **sign).country is None


def test_a_country_that_nobody_knows_is_told_and_nothing_is_made_of_the_postal_code() -> None:
    found = award(CP="34500", VILLE="Béziers", PAYS="Syldavie")
    (winner,) = found.results[0].winners
    assert winner.place == Place(postal_code="34500", locality="Béziers")
    assert "This country is unknown. Syldavie" in told(found)


def test_a_nuts_code_of_another_country_than_the_one_printed_is_left_out() -> None:
    seat = seat_of_winner(CP="1000", VILLE="Bruxelles", CODE_NUTS="FR101", PAYS="BE")
    assert (seat.country, seat.nuts) == ("BE", None)


def test_the_work_is_done_where_a_foreign_nuts_code_says() -> None:
    found = notice(old(OBJET={"LIEU_EXEC_LIVR": {"CODE_NUTS": "BE100", "CP": "1000", "VILLE": "Bruxelles"}}))
    assert [(place.country, place.nuts) for place in found.places] == [("BE", "BE100")]


def test_a_buyer_without_a_country_is_french_and_one_with_another_is_not() -> None:
    lycee = {"DENOMINATION": "Lycée français", "CP": "20000", "VILLE": "Casablanca"}
    at_home, abroad = ({"IDENTITE": {**lycee, **country}} for country in ({}, {"PAYS": "Maroc"}))
    assert [buyer.place.nuts for buyer in notice(at_home).buyers if buyer.place] == ["FRM01"]
    assert [(buyer.place.country, buyer.place.nuts) for buyer in notice(abroad).buyers if buyer.place] == [("MA", None)]


def test_a_national_buyer_abroad_keeps_its_country() -> None:
    body = {"acheteurPublic": "Institut français", "cp": "10115", "ville": "Berlin", "pays": "Allemagne"}
    read = reading({"MAPA": {"organisme": body, "initial": {}}})
    (buyer,) = read.notice.buyers
    assert buyer.place == Place(country="DE", postal_code="10115", locality="Berlin")
    assert not [element for element in read.unread if "pays" in element.path]


def test_names_of_countries_are_read_in_french_and_nothing_else_is_one() -> None:
    found = [countries.named(name) for name in ("Côte d'Ivoire", "PAYS BAS", "hong-kong")]
    assert [country.alpha2 for country in found if country] == ["CI", "NL", "HK"]
    assert countries.named("Shanghai") is None
    assert countries.named("") is None


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLE.is_file(), reason="the real samples are not in ../shared/samples")
def test_the_winners_of_shanghai_in_a_real_notice_are_not_french() -> None:
    context = ReadingContext(portal="fr_boamp", zone=ZoneInfo("Europe/Paris"), country="FR")
    found = read_boamp_xml(SAMPLE.read_bytes(), context=context).notice
    seats = [winner.place for result in found.results for winner in result.winners]
    assert {(seat.locality, seat.country, seat.nuts) for seat in seats if seat} == {("SHANGHAI", None, None)}
    (buyer,) = found.buyers
    assert buyer.place is not None
    assert (buyer.place.country, buyer.place.nuts) == ("FR", "FRL06")
