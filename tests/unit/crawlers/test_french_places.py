"""Places that French platforms and French award data print: a country abroad is not made French."""

from __future__ import annotations

import pytest

from crawlers.engines import french_values
from crawlers.engines.atexo_fr.places import places_of
from crawlers.portals.fr_achatpublic.notice import _place
from notices.model import Place
from tests.support.decp_records import contract, notice


@pytest.mark.parametrize("printed", ["Allemagne", "MAROC", "royaume uni"])
def test_a_place_that_is_a_country_abroad_is_that_country(printed: str) -> None:
    (of_atexo,), unknown = places_of(printed)
    assert not unknown
    expected = {"Allemagne": "DE", "MAROC": "MA", "royaume uni": "GB"}[printed]
    for place in (of_atexo, french_values.place(None, printed), _place(printed, printed)):
        assert place is not None
        assert (place.country, place.nuts) == (expected, None)


@pytest.mark.parametrize("printed", ["Nouvelle-Calédonie", "La Réunion", "France", "Toute la métropole", "Gard"])
def test_a_place_of_france_stays_french(printed: str) -> None:
    assert _place(printed, printed).country == "FR"
    place = french_values.place(None, printed)
    assert place is not None
    assert place.country == "FR"


def test_a_postal_code_of_a_town_abroad_says_nothing() -> None:
    found = french_values.place("20000", "20000 Casablanca", "Maroc")
    assert found == Place(country="MA", postal_code="20000", locality="Maroc", printed="20000 Casablanca")


@pytest.mark.parametrize(
    ("scheme", "number", "town", "country"),
    [("SIRET", "01990707000015", "Limoges", "FR"), ("HORS-UE", "CHE123456", "Lausanne", None)],
)
def test_a_town_is_french_where_the_number_is_of_the_french_register(
    scheme: str, number: str, town: str, country: str | None
) -> None:
    told = {"typeIdentifiant": scheme, "id": number, "denominationSociale": "Haies et fils", "communeNom": town}
    (party,) = notice(contract(titulaires=[{"titulaire": told}])).results[0].winners
    assert party.place == Place(country=country, locality=town)
