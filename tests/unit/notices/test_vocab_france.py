"""French départements, found by whatever a portal printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notices.values.text import fold
from notices.vocabularies import nuts
from notices.vocabularies.france import all_departements, departement, of_nuts, of_postal_code

SAMPLES = Path(__file__).parents[4] / "shared/samples/france/boamp"


def test_the_101_departements_and_the_collectivities_are_there() -> None:
    with_region = [found for found in all_departements() if found.region]
    assert len(with_region) == 101
    assert len({found.region_code for found in with_region}) == 18
    assert [found.code for found in all_departements() if not found.nuts] == [
        "975", "977", "978", "984", "986", "987", "988",
    ]  # fmt: skip


def test_every_nuts_code_exists_carries_the_same_name_and_is_used_once() -> None:
    placed = [found for found in all_departements() if found.nuts]
    for found in placed:
        region = nuts.get(found.nuts or "")
        assert region is not None
        assert region.level == 3
        assert fold(region.labels["fr"]).replace("’", "'") == fold(found.name)
    assert len({found.nuts for found in placed}) == 101
    in_force = {code for one in nuts.children("FR") for two in nuts.children(one) for code in nuts.children(two)}
    assert in_force - {found.nuts for found in placed} == {"FRZZZ"}


def test_a_region_has_one_name_and_its_departements_lie_together() -> None:
    for code in {found.region_code for found in all_departements() if found.region_code}:
        members = [found for found in all_departements() if found.region_code == code]
        assert len({found.region for found in members}) == 1
        assert len({(found.nuts or "")[: 4 if (found.nuts or "").startswith("FRY") else 3] for found in members}) == 1


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("94", "94"), (94, "94"), ("1", "01"), (1, "01"), ("01", "01"), ("001", "01"), ("2A", "2A"), ("2b", "2B"),
        ("02A", "2A"), ("971", "971"), (974, "974"), ("69M", "69"), ("20A", "2A"), ("988", "988"),
        ("Val-de-Marne", "94"), ("VAL DE MARNE", "94"), ("val de marne", "94"), ("(94) Val-de-Marne", "94"),
        ("Val-de-Marne (94)", "94"), ("94 - Val-de-Marne", "94"), ("1 - Ain", "01"), ("Val d’Oise", "95"),
        ("Val-d'Oise", "95"), ("Côte-d'Or", "21"), ("COTE D OR", "21"), ("Conseil départemental du Val-de-Marne", "94"),
        ("Département de l'Hérault", "34"), ("Réunion", "974"), ("La Réunion", "974"), ("Corse du Sud", "2A"),
        ("2A Corse-du-Sud", "2A"), ("Lot et Garonne", "47"), ("Lot", "46"), ("Nord", "59"), ("Loire", "42"),
        ("Haute-Loire", "43"), ("Les Landes", "40"), ("Seine-St-Denis", "93"), ("Territoire-de-Belfort", "90"),
    ],
)  # fmt: skip
def test_a_departement_is_found_as_it_is_printed(printed: str | int, code: str) -> None:
    found = departement(printed)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "printed", ["", "20", "Corse", "0", "96", "99", "970", "979", "France", "94000", "(93) Val-de-Marne", "x" * 10_000]
)
def test_what_is_no_departement_or_contradicts_itself_gives_none(printed: str) -> None:
    assert departement(printed) is None


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("94000", "94"), ("1000", "01"), (1000, "01"), ("F-75013", "75"), ("69 003 Lyon", "69"), ("20000", "2A"),
        ("20137", "2A"), ("20200", "2B"), ("20620", "2B"), ("97400", "974"), ("97133", "977"), ("97150", "978"),
        ("97110", "971"), ("98800", "988"), ("75700 PARIS CEDEX 07", "75"),
    ],
)  # fmt: skip
def test_a_postal_code_lies_in_its_departement(printed: str | int, code: str) -> None:
    found = of_postal_code(printed)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("printed", ["98000", "00123", "94", "123456", "", "Paris"])
def test_what_is_no_postal_code_of_a_departement_gives_none(printed: str) -> None:
    assert of_postal_code(printed) is None


@pytest.mark.parametrize(
    ("code", "departement_code"),
    [("FR714", "38"), ("FRK24", "38"), ("FR232", "76"), ("FR825", "83"), ("FR910", "971"), ("FRA50", "976"),
     ("fr107", "94"), ("FR831", "2A")],
)  # fmt: skip
def test_a_nuts_code_of_any_version_leads_to_its_departement(code: str, departement_code: str) -> None:
    found = of_nuts(code)
    assert found is not None
    assert found.code == departement_code


def test_a_wider_region_is_no_departement() -> None:
    assert of_nuts("FR10") is None
    assert of_nuts("FR") is None


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples in ../shared/samples are not here")
def test_the_departements_of_the_real_notices_are_known_and_agree_with_their_nuts_code() -> None:
    records = json.loads((SAMPLES / "boamp_v1_records_eforms_2025-11.json").read_text(encoding="utf-8"))
    printed = [record["raw_fields"]["code_departement"] for record in records]
    assert all(departement(code) is not None for codes in printed for code in str(codes).split(","))
