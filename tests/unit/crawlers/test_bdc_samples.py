"""Real samples of Morocco's purchase orders: every row and card becomes a notice that says what the sample says."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from notices.formats.reading import Reading
from notices.model import NoticeKind
from pipelines.files import parse_files

SAMPLES = Path(__file__).parents[4] / "shared/samples/morocco"
CARDS = SAMPLES / "transcribed_html/bdc_resultats_cards_2026-10-01.html"
SHOW_TEXT = SAMPLES / "transcribed_html/bdc_show_text_2026-09-21.txt"
ROWS = SAMPLES / "bdc_resultats_attribues_2025-07.jsonl"
AMOUNTS = SAMPLES / "bdc_montants_nature2_2025.json"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples in ../shared/samples are not here"),
]


def readings(portal: str, path: Path, form: str | None = None) -> list[Reading]:
    """What a file says; a notice that cannot be read fails the test."""
    parsed = list(parse_files(portal, [path], form=form))
    assert [item.problem for item in parsed if item.problem] == []
    return [item.reading for item in parsed if item.reading is not None]


def squeezed(text: str) -> str:
    """A text without blanks and marks that cannot be seen, for a comparison that shares nothing with the reader."""
    return re.sub(r"[\s\u200e\u200f\uf0d8]+", " ", text).strip()


@pytest.mark.parametrize("form", [None, "scraped-rows"])
def test_every_row_of_the_table_of_results_becomes_a_result_with_its_values(form: str | None) -> None:
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    read = readings("ma_bdc_results", ROWS, form)
    assert len(read) == len(rows) == 1132
    for row, reading in zip(rows, read, strict=True):
        notice = reading.notice
        (result,) = notice.results
        assert reading.unread == ()
        assert notice.kind is NoticeKind.RESULT
        assert notice.references == (row["reference"].strip(),)
        assert squeezed(next(iter(notice.title.values()))) == squeezed(row["objet"])
        assert squeezed(next(iter(notice.buyers[0].name.values()))) == squeezed(row["acheteur"])
        assert squeezed(next(iter(result.winners[0].name.values()))) == squeezed(row["entreprise_attributaire"])
        assert result.tenders_received == int(row["nombre_devis"])
        assert result.status == "selec-w"
        whole, cents = row["montant"].removesuffix(" MAD").split(",")
        assert notice.values[0].amount == Decimal(f"{whole.replace(' ', '')}.{cents}")
        assert (notice.values[0].currency, notice.values[0].tax_basis.value) == ("MAD", "included")
        assert notice.published_at is not None
        printed = datetime.strptime(row["date_publication"] + "+0100", "%d/%m/%Y %H:%M%z")
        assert notice.published_at == printed
        assert notice.notes == ()


def test_the_key_of_a_result_is_unique_over_a_week_though_references_repeat() -> None:
    read = readings("ma_bdc_results", ROWS)
    references = Counter(reading.notice.references[0] for reading in read)
    assert references.most_common(1)[0][1] > 10
    assert len({reading.notice.id for reading in read}) == len(read)


def test_every_row_of_the_table_of_amounts_is_read_and_repeated_rows_are_one_result() -> None:
    rows = json.loads(AMOUNTS.read_text(encoding="utf-8"))
    read = readings("ma_bdc_results", AMOUNTS)
    assert len(read) == len(rows) == 1836
    for row, reading in zip(rows, read, strict=True):
        notice = reading.notice
        assert notice.values[0].amount == Decimal(str(row["montant"]))
        assert notice.references == (row["reference"].strip(),)
        assert squeezed(next(iter(notice.title.values()))) == squeezed(row["objet"])
        assert squeezed(next(iter(notice.buyers[0].name.values()))) == squeezed(row["acheteur"])
        assert (notice.published_at, bool(notice.partial), reading.unread) == (None, True, ())
    different = {tuple(row.items()) for row in rows}
    assert len({reading.notice.id for reading in read}) == len(different) == 36


def test_no_amount_of_the_samples_is_above_the_ceiling_of_purchase_orders() -> None:
    everything = readings("ma_bdc_results", ROWS) + readings("ma_bdc_results", AMOUNTS)
    assert max(reading.notice.values[0].amount for reading in everything) <= 500_000


@pytest.mark.parametrize("form", [None, "list-page"])
def test_the_cards_of_the_portal_say_what_stands_on_them(form: str | None) -> None:
    awarded, unsuccessful = (reading.notice for reading in readings("ma_bdc_results", CARDS, form))
    assert awarded.references == ("BCN18/2026",)
    assert awarded.title == {"fr": "Réalisation des essais de contrôle de la qualité"}
    assert awarded.buyers[0].name == {"fr": "DELEGUE DU MINISTERE DES AFFAIRES CULTURELLES ERRACHIDIA"}
    assert awarded.published_at == datetime.fromisoformat("2026-10-01T13:11:00+01:00")
    assert awarded.values[0].amount == Decimal("15600.00")
    assert awarded.results[0].tenders_received == 6
    assert awarded.results[0].winners[0].name == {"fr": "LABO-EST"}
    assert unsuccessful.references == ("07/2026",)
    assert unsuccessful.results[0].status == "clos-nw"
    assert (unsuccessful.values, unsuccessful.results[0].winners) == ((), ())
    assert [reading.unread for reading in readings("ma_bdc_results", CARDS)] == [(), ()]


@pytest.mark.parametrize("form", [None, "show-text"])
def test_the_text_of_a_notice_is_read_by_its_labels(form: str | None) -> None:
    (reading,) = readings("ma_bdc", SHOW_TEXT, form)
    notice = reading.notice
    assert notice.id == "ma_bdc:383684"
    assert notice.references == ("BC14/2026/DPA/IFRANE",)
    assert notice.title == {"fr": "ENTRETIEN ET REPARATION DES ORDINATEURS DE LA DIRECTION PROVINCIALE."}
    assert notice.buyers[0].name == {"fr": "DIRECTEUR PROVINCIAL D'AGRICULTURE IFRANE"}
    assert notice.published_at == datetime.fromisoformat("2026-09-21T16:08:00+01:00")
    assert (notice.nature, notice.places[0].nuts, notice.places[0].locality) == ("services", "MA-IFR", "Ifrane")
    assert [item.code for item in notice.classifications] == ["50300000"]
    assert "Quantité 25" in notice.description["fr"]
    assert (notice.values, notice.lots) == ((), ())
    assert notice.deadlines == ()  # its day was masked by who kept the text
    assert [note.printed for note in notice.notes] == ["<jj/mm/aaaa> 16:30"]


def test_every_sample_of_the_portal_is_read_by_one_of_the_tests_above() -> None:
    listed = csv.DictReader((SAMPLES / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines(), delimiter="\t")
    names = {next(iter(row.values())) for row in listed}
    tested = {str(path.relative_to(SAMPLES)) for path in (CARDS, SHOW_TEXT, ROWS, AMOUNTS)}
    assert {name for name in names if "bdc_" in name} == tested | {"bdc_natures_de_prestation_2025.tsv"}
