"""Texts for people: every one is in the English catalogue; dates, amounts and places read as people write them."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.i18n import catalogue
from notices.model import Place
from tests.unit.web.texts_used import ROOM, texts_used
from web import labels
from web.texts import Speaker
from web.views import values

BRUSSELS = ZoneInfo("Europe/Brussels")
FRENCH, ENGLISH = Speaker("fr"), Speaker("en")


def test_every_text_has_an_english_translation() -> None:
    assert sorted(texts_used() - catalogue(ROOM, "en").keys()) == []


def test_the_english_catalogue_has_no_text_that_nobody_uses() -> None:
    assert sorted(catalogue(ROOM, "en").keys() - texts_used()) == []


def test_translations_fill_the_same_places() -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    different = [text for text, english in catalogue(ROOM, "en").items() if places(text) != places(english)]
    assert different == []


def test_an_instant_says_its_zone() -> None:
    at = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    assert FRENCH.instant(at, BRUSSELS) == "mercredi 1 juillet 2026, 10:00 (Bruxelles)"
    assert ENGLISH.instant(at, ZoneInfo("Africa/Casablanca")).endswith("(Casablanca)")


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(hours=-1), "délai passé"),
        (timedelta(hours=2), "aujourd'hui"),
        (timedelta(hours=20), "demain"),
        (timedelta(days=9), "dans 9 jours"),
    ],
)
def test_days_left_are_days_of_the_calendar(left: timedelta, expected: str) -> None:
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert FRENCH.days_left(now + left, now, BRUSSELS) == expected


def test_the_last_minutes_before_midnight_count_where_the_portal_is() -> None:
    now = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # 23:30 in Brussels
    assert FRENCH.days_left(now + timedelta(hours=1), now, BRUSSELS) == "demain"


def test_amounts_show_cents_only_where_there_are_some() -> None:
    assert ENGLISH.money(Decimal(1250000), "EUR") == "€1,250,000"
    assert ENGLISH.money(Decimal("0.05"), "EUR") == "€0.05"
    assert FRENCH.money(Decimal(1250000), "EUR").replace("\u202f", " ").replace("\xa0", " ") == "1 250 000 €"


def test_a_place_reads_from_small_to_large() -> None:
    place = Place(country="BE", nuts="BE352", locality="Namur", postal_code="5000")
    assert labels.place(place, FRENCH) == "5000 Namur, Arr. Namur, Belgique"
    assert labels.place(Place(anywhere="anyw"), ENGLISH) == "Anywhere in the world"
    assert labels.place(Place(printed="Chantier"), FRENCH) == "Chantier"


def test_a_path_of_a_difference_reads_as_words() -> None:
    assert labels.field("lots[LOT-0001].deadlines", FRENCH) == "Lots LOT-0001 › Délais"
    assert labels.field("title.nl", ENGLISH) == "Title › Dutch"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        (True, ["oui"]),
        ("2026-12-01", ["1 décembre 2026"]),
        ({"category": "D5", "level": 1}, ["catégorie D5, classe 1"]),
        ([{"scheme": "CPV", "code": "45233140"}], ["45233140-2 Travaux routiers"]),
        ({"fr": "Toit", "nl": "Dak"}, ["français : Toit", "néerlandais : Dak"]),
        ({"amount": "10", "currency": "EUR", "kind": "awarded"}, ["Valeur attribuée : 10\xa0€ (TVA : non précisé)"]),
        (
            [{"changed_notice": "67254053-01", "reason_text": {"fr": "Date reportée."}, "sections": ["LOT-0001"]}],
            ["Date reportée. ; LOT-0001"],
        ),
        (
            [{"relation": "changed", "scheme": "eforms-notice-id", "value": "67254053-01"}],
            ["Avis rectifié : 67254053-01"],
        ),
        (
            {"kind": "tenders", "at": "2026-12-01T22:59:00Z", "date_only": True},
            ["Remise des offres : 1 décembre 2026, heure non communiquée"],
        ),
        ({"name": {"fr": "X"}, "email": "a@b.example"}, ["Nom : français : X"]),
    ],
)
def test_values_of_a_difference_read_as_words(value: object, expected: list[str]) -> None:
    assert values.lines(value, FRENCH, BRUSSELS) == expected


def test_a_day_is_written_out() -> None:
    assert FRENCH.day(date(2027, 1, 5)) == "5 janvier 2027"
