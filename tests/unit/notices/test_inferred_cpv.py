"""CPV codes that are inferred for Morocco: honest codes, told as inferred, and no label forgotten."""

import csv
from importlib.resources import files
from pathlib import Path

import pytest

from notices.vocabularies import cpv, inferred_cpv

SAMPLES = Path(__file__).parents[4] / "shared/samples/morocco"

#: Labels that have no honest equivalent, by table.
LEFT_WITHOUT = {
    "cpv_from_domains.csv": {
        "Fournitures / Location avec option d'achat de biens, d'équipements de matériel et d'outillage",
        "Services / Services courants",
        "Services / Services de location avec option d'achat",
        "Services / Services de location sans option d'achat",
    },
    "cpv_from_natures.csv": {
        "Fournitures pour inauguration et pose de premières pierres",
        "Fournitures pour le traitement et la conservation préventive des archives",
        "Location de matériel et de mobilier",
    },
}


def rows_of(table: str) -> list[dict[str, str]]:
    text = files("notices.vocabularies").joinpath("data", table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("table", sorted(LEFT_WITHOUT))
def test_every_inferred_code_is_a_division_or_group_of_the_cpv(table: str) -> None:
    for row in rows_of(table):
        if row["cpv"]:
            known = cpv.get(row["cpv"])
            assert known is not None, row
            assert known.level <= 3, row
            assert 0.5 <= float(row["confidence"]) <= 0.9, row


@pytest.mark.parametrize("table", sorted(LEFT_WITHOUT))
def test_labels_left_without_a_code_are_the_listed_ones_and_say_why(table: str) -> None:
    without = {row["label"]: row["note"] for row in rows_of(table) if not row["cpv"]}
    assert set(without) == LEFT_WITHOUT[table]
    assert all(without.values())


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of the Moroccan portals are not beside the project")
def test_each_nature_of_the_portal_is_mapped_or_knowingly_left_without() -> None:
    listed = (SAMPLES / "bdc_natures_de_prestation_2025.tsv").read_text(encoding="utf-8").splitlines()[1:]
    labels = [line.split("\t")[1] for line in listed]
    assert len(labels) == 84
    assert [label for label in labels if not inferred_cpv.knows_nature(label)] == []
    without = {label.replace("\u2019", "'").strip() for label in labels if not inferred_cpv.from_nature(label)}
    assert without == LEFT_WITHOUT["cpv_from_natures.csv"]


def test_a_domain_gives_codes_that_say_what_they_were_inferred_from() -> None:
    found = inferred_cpv.from_domain(
        "Travaux / Travaux d\u2019assainissement, d\u2019eau potable et de réseaux divers / Travaux d\u2019adduction"
        " d\u2019eau potable "
    )
    assert [item.code for item in found] == ["45200000"]
    assert (found[0].inferred, found[0].main, found[0].confidence) == (True, False, 0.9)
    assert found[0].basis == (
        "domaine d'activité : Travaux / Travaux d\u2019assainissement, d\u2019eau potable et de réseaux divers"
    )


def test_the_deepest_level_that_has_a_code_decides() -> None:
    assert [
        item.code for item in inferred_cpv.from_domain("Services / Services courants / Formation du personnel")
    ] == ["80500000"]
    assert inferred_cpv.from_domain("Services / Services courants / Autre") == ()
    assert [item.code for item in inferred_cpv.from_domain("Travaux / Un domaine nouveau")] == ["45000000"]
    assert inferred_cpv.from_domain("Fournitures / Un domaine nouveau") == ()


def test_a_label_that_the_table_does_not_have_is_noticed_and_gets_no_code() -> None:
    assert not inferred_cpv.knows_nature("Conquête spatiale")
    assert inferred_cpv.from_nature("Conquête spatiale") == ()
    assert not inferred_cpv.knows_domain("Travaux / Un domaine nouveau / Et plus bas")
    assert inferred_cpv.knows_domain("Travaux / Terrassements / Déblais")


@pytest.mark.parametrize("empty", ["", " ", "/", " / ", "-"])
def test_nothing_is_inferred_from_nothing(empty: str) -> None:
    assert inferred_cpv.from_domain(empty) == ()
    assert inferred_cpv.from_nature(empty) == ()


def test_apostrophes_and_accents_do_not_matter() -> None:
    straight, curly = (
        "Prestations d'entretien des vehicules et engins",
        "PRESTATIONS D\u2019ENTRETIEN DES VÉHICULES ET ENGINS",
    )
    assert [item.code for item in inferred_cpv.from_nature(straight)] == ["50100000"]
    assert [item.code for item in inferred_cpv.from_nature(curly)] == ["50100000"]
