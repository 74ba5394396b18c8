"""Moroccan places and procedures, in every spelling that portals print."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from notices.model import DeadlineKind
from notices.vocabularies import morocco, procedures

SAMPLES = Path(__file__).parents[4] / "shared/samples/morocco"
real_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples in ../shared/samples are not here")


def table(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_there_are_twelve_regions_and_seventy_five_provinces() -> None:
    assert [region.code for region in morocco.regions()] == [f"MA-{number:02d}" for number in range(1, 13)]
    assert len(morocco.provinces()) == 75
    assert sum(len(morocco.provinces(region.code)) for region in morocco.regions()) == 75


@pytest.mark.parametrize(
    ("printed", "region", "code", "province"),
    [
        ("BENI MELLAL", "MA-05", "MA-BEM", "Béni Mellal"),
        ("Beni-Mellal", "MA-05", "MA-BEM", "Béni Mellal"),
        ("M'DIQ-FNIDEQ", "MA-01", "MA-MDF", "M’diq-Fnideq"),
        ("MDIQ-FNIDEQ", "MA-01", "MA-MDF", "M’diq-Fnideq"),
        ("Province d'Al Hoceima", "MA-01", "MA-HOC", "Al Hoceïma"),
        ("Province d’Errachidia", "MA-08", "MA-ERR", "Errachidia"),
        ("Wialaya de Casablanca Anfa", "MA-06", "MA-CAS", "Casablanca"),
        ("Wialya de Oujda Angad", "MA-02", "MA-OUJ", "Oujda-Angad"),
        ("Province de Tanounate", "MA-03", "MA-TAO", "Taounate"),
        ("Préfecture de Chtouka Ait Baha", "MA-09", "MA-CHT", "Chtouka-Ait Baha"),
        ("DAKHLA", "MA-12", "MA-OUD", "Oued Ed-Dahab"),
        ("ES-SEMARA", "MA-11", "MA-ESM", "Es-Semara"),
    ],
)
def test_a_province_is_found_in_every_spelling(printed: str, region: str, code: str, province: str) -> None:
    place = morocco.place(printed)
    assert (place.country, place.nuts, place.locality, place.printed) == ("MA", code, province, printed)
    found = morocco.get(code)
    assert found is not None
    assert found.region == region


def test_the_kingdom_a_region_and_another_country_are_told_apart() -> None:
    assert morocco.place("MAROC").anywhere == "anyw-cou"
    assert (morocco.place("L'ORIENTAL").nuts, morocco.place("L'ORIENTAL").locality) == ("MA-02", None)
    assert morocco.place("ÉMIRATS ARABES UNIS").country == "AE"
    assert morocco.place("TCHAD").country == "TD"


def test_what_is_not_known_is_kept_as_printed_and_not_guessed() -> None:
    place = morocco.place("Quelque part")
    assert (place.country, place.nuts, place.printed) == (None, None, "Quelque part")


def test_several_places_are_taken_apart_and_each_is_kept_once() -> None:
    assert [place.nuts for place in morocco.places("FES, MEKNES, FES, - ")] == ["MA-FES", "MA-MEK"]
    assert morocco.places(None) == morocco.places("-") == ()


def test_hostile_text_is_only_text() -> None:
    assert morocco.place("x" * 100_000).nuts is None
    assert morocco.procedure("Appel " * 50_000) is None


@real_samples
@pytest.mark.samples
def test_every_place_of_the_portal_has_a_code() -> None:
    for row in table("morocco_regions_provinces.tsv"):
        found = morocco.territory(row["province_as_written_on_pmmp"])
        assert found is not None
        assert (found.kind, found.region) == ("province", row["iso_3166_2"])
        assert morocco.place(row["province_as_written_on_pmmp"]).nuts == found.code
    for row in table("pmmp_lieu_execution_values_2025-10.tsv"):
        assert morocco.place(row["value"]).country is not None, row["value"]


@real_samples
@pytest.mark.samples
def test_every_procedure_of_the_portal_has_an_eforms_code() -> None:
    rows = [
        row for row in table("pmmp_code_lists_2026-09-23.tsv") if row["list"] == "procedureType" and row["code"] != "0"
    ]
    assert len(rows) == 28
    for row in rows:
        found = morocco.procedure(row["label"])
        assert found is not None
        assert found.portal_code == row["code"]
        assert found.code in procedures.entries()


@pytest.mark.parametrize(
    ("printed", "code", "deadline"),
    [
        ("Appel d’offres ouvert", "open", DeadlineKind.TENDERS),
        ("AOO ...", "open", DeadlineKind.TENDERS),
        ("Appel d'offres avec présélection - Partenariat Public-Privé - Phase 1", "restricted", DeadlineKind.REQUESTS),
        ("Appel à manifestation d'intérêt", "oth-mult", DeadlineKind.EXPRESSIONS),
        ("Marché négocié sans publicité préalable", "neg-wo-call", DeadlineKind.TENDERS),
    ],
)
def test_a_procedure_says_what_its_deadline_is_for(printed: str, code: str, deadline: DeadlineKind) -> None:
    found = morocco.procedure(printed)
    assert found is not None
    assert (found.code, found.deadline) == (code, deadline)
