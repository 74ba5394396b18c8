"""What the national portal really printed, in every form in which it was kept, against facts read another way."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import datetime
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from crawlers.engines.atexo_ma.parse import FORMS, split
from crawlers.engines.pages import decode
from notices.model import AmountKind, Nature, Notice, TaxBasis
from notices.values.dates import CASABLANCA
from notices.values.text import clean_line, known_text
from pipelines.files import parse_files

SAMPLES = Path(__file__).parents[4] / "shared/samples/morocco"
LIST = SAMPLES / "transcribed_html/pmmp_list_page_2026-09-23.html"
DETAIL = SAMPLES / "transcribed_html/pmmp_detail_d4q_1040952_single_lot.html"
SCRAPED = SAMPLES / "pmmp_consultations_2025-10-27.jsonl"
CELLS = SAMPLES / "pmmp_listing_cells_2026-05.csv"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples in ../shared/samples are not here"),
]
NATURES = {"Travaux": Nature.WORKS, "Fournitures": Nature.SUPPLIES, "Services": Nature.SERVICES}


def read(path: Path, form: str | None = None) -> list[Notice]:
    found = list(parse_files("ma_pmmp", [path], form=form))
    assert [item.problem for item in found if item.problem] == []
    assert all(item.reading is not None and item.reading.unread == () for item in found)
    return [item.reading.notice for item in found if item.reading is not None]


def instant(printed: str) -> datetime:
    return datetime.strptime(f"{printed} +0100", "%d/%m/%Y %H:%M %z")


@pytest.mark.parametrize(
    ("path", "form"),
    [(LIST, "list-page"), (DETAIL, "detail-page"), (SCRAPED, "scraped-row"), (CELLS, "listing-cells")],
)
def test_every_file_reads_the_same_with_and_without_its_form_named(path: Path, form: str) -> None:
    assert form in FORMS
    assert read(path, form) == read(path)


def test_the_rows_of_a_real_list_page_say_what_a_plain_search_finds_in_them() -> None:
    text = decode(LIST.read_bytes())
    numbers = re.findall(r'refCons" value="(\d+)"', text)
    organisations = re.findall(r'orgCons" value="(\w+)"', text)
    references = re.findall(r'class="ref">([^<]*)<', text)
    objects = [
        unescape(words) for words in re.findall(r'infosBullesObjet" class[^>]*>\s*<div>(.*?)</div>', text, re.DOTALL)
    ]
    notices = read(LIST)
    assert [notice.id for notice in notices] == [
        f"ma_pmmp:{organisation}-{number}" for organisation, number in zip(organisations, numbers, strict=True)
    ]
    assert [notice.references[0] for notice in notices] == references
    assert [notice.title["fr"] for notice in notices] == [clean_line(words) for words in objects]


def test_the_complete_row_of_a_real_list_page_is_read_in_full() -> None:
    notice = next(item for item in read(LIST) if item.id == "ma_pmmp:g3h-1034700")
    assert notice.deadline is not None
    assert notice.deadline.at == instant("11/11/2026 10:00")
    assert notice.buyers[0].name == {"fr": "SOCIETE REGIONALE MULTISERVICES TANGER- TETOUAN-AL HOCEIMA SA"}
    assert [(place.nuts, place.printed) for place in notice.places] == [("MA-FAH", "FAHS-ANJRA")]
    assert notice.electronic_submission is True
    assert notice.url is not None
    assert notice.url.endswith("refConsultation=1034700&orgAcronyme=g3h")


def test_day_of_publication_and_environmental_logo_come_from_the_real_list() -> None:
    found = {item.id: (str(item.first_published_on), item.flags.green) for item in read(LIST)}
    assert found == {
        "ma_pmmp:o8p-1041301": ("2026-09-20", True),
        "ma_pmmp:g3h-1034700": ("None", None),  # the cell of this row was not kept
        "ma_pmmp:g3h-1013506": ("2026-08-19", False),
        "ma_pmmp:q1s-1032618": ("2026-08-19", True),
    }


def test_a_real_consultation_page_says_what_a_plain_search_finds_in_it() -> None:
    text = decode(DETAIL.read_bytes())

    def printed(tail: str) -> str:
        found = re.search(rf'id="ctl0_CONTENU_PAGE_idEntrepriseConsultationSummary_{tail}"[^>]*>([^<]*)<', text)
        assert found is not None, tail
        return clean_line(unescape(found[1]))

    (notice,) = read(DETAIL)
    assert notice.id == "ma_pmmp:d4q-1040952"
    assert notice.title == {"fr": printed("objet")}
    assert notice.references == (printed("reference"),)
    assert notice.deadline is not None
    assert notice.deadline.at == instant(printed("dateHeureLimiteRemisePlis"))
    assert notice.nature is NATURES[printed("categoriePrincipale")]
    assert notice.subtype == printed("annonce")
    assert notice.procedure_type is not None
    assert (notice.procedure_type.code, notice.procedure_type.printed) == ("open", (printed("typeProcedure"),))
    assert notice.procedure_type.features == {"fr": "Sur offre de prix"}
    assert [place.printed for place in notice.places] == [printed("lieuxExecutions")]
    assert printed("entiteAchat").endswith(notice.buyers[0].name["fr"])
    assert notice.buyers[0].portal_id == "d4q/ONEEBE"
    amounts = {value.kind: (value.amount, value.currency, value.tax_basis, value.printed) for value in notice.values}
    assert amounts == {
        AmountKind.ESTIMATED: (Decimal("1399999.99"), "MAD", TaxBasis.INCLUDED, "1 399 999,99"),
        AmountKind.DEPOSIT: (Decimal("14000.00"), "MAD", TaxBasis.INCLUDED, "14 000,00 MAD"),
    }
    assert notice.flags.reserved is False
    assert notice.electronic_submission is False
    assert notice.cancelled is False
    assert [item.inferred for item in notice.classifications] == [True] * len(notice.classifications) != []
    for tail in ("adresseDepotOffres", "lieuOuverturePlis", "prixAcquisitionPlan"):
        assert printed(tail) in notice.additional_information["fr"]


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in SCRAPED.read_text(encoding="utf-8").splitlines()]


def test_every_value_of_every_scraped_row_is_accounted_for() -> None:
    notices = read(SCRAPED)
    assert len(notices) == len(rows())
    for row, notice in zip(rows(), notices, strict=True):
        assert notice.id == f"ma_pmmp:{row['orgAcronyme']}-{row['refConsultation']}"
        assert notice.deadline is not None
        assert notice.deadline.at == instant(row["date_limite"])
        assert notice.references == (clean_line(row["ref"]),)
        assert list(notice.title.values()) == [clean_line(row["objet"])]
        assert notice.nature is NATURES[row["categorie"]]
        assert notice.procedure_type is not None
        assert notice.procedure_type.code is not None
        label, _, mode = row["type_procedure"].partition(" | ")
        assert (notice.procedure_type.printed, notice.procedure_type.features) == ((label,), {"fr": mode})
        assert clean_line(row["entite_publique"]).endswith(next(iter(notice.buyers[0].name.values())))
        assert "".join(place.printed or "?" for place in notice.places) == re.sub(r"\s*,\s*", "", row["lieu_execution"])
        assert all(place.country for place in notice.places)
        check_amounts(row, notice)
        for key in ("lieu_ouverture_plis", "adresse_retrait_dossiers", "adresse_depot_offres", "visites_lieux"):
            if known_text(row[key]):
                assert clean_line(row[key]) in notice.additional_information["fr"], key


def check_amounts(row: dict[str, Any], notice: Notice) -> None:
    amounts = {value.kind: value.amount for value in notice.values}
    estimate = decimal(row["estimation_ttc"])
    assert amounts.get(AmountKind.ESTIMATED) == (estimate or None)
    assert amounts.get(AmountKind.DEPOSIT) == decimal(row["caution_provisoire"])
    assert all((value.currency, value.tax_basis) == ("MAD", TaxBasis.INCLUDED) for value in notice.values)
    if estimate == 0:
        assert any(note.path == "estimate" for note in notice.notes)


def decimal(printed: str | None) -> Decimal | None:
    digits = re.sub(r"[^0-9,]", "", printed or "").replace(",", ".")
    return Decimal(digits) if digits else None


def test_an_entity_inside_an_entity_is_a_part_of_the_buyers_key() -> None:
    keys = {notice.buyers[0].portal_id: notice.buyers[0].name["fr"] for notice in read(SCRAPED)}
    assert keys["o8p/ANP/ANPDRM"] == "AGENCE NATIONALE DES PORTS/ DIRECTION REGIONALE MEDITERANNEE"
    assert keys["g3h/SRM-TTA"] == "SOCIETE REGIONALE MULTISERVICES TANGER- TETOUAN-AL HOCEIMA SA"


def test_notes_on_scraped_rows_are_only_the_two_zero_estimates() -> None:
    notes = Counter(note.message for notice in read(SCRAPED) for note in notice.notes)
    assert notes == {"This amount stands for none.": 2}


def test_every_cell_of_a_real_list_is_accounted_for() -> None:
    with CELLS.open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    for row, notice in zip(cells, read(CELLS), strict=True):
        short, category, published = row["col_2"].splitlines()
        reference, title, buyer = row["col_3"].splitlines()
        assert notice.procedure_type is not None
        assert notice.procedure_type.printed == (short.removesuffix(" ..."),)
        assert notice.procedure_type.code is not None
        assert notice.nature is NATURES[category]
        assert notice.published_at == instant(f"{published} 00:00")
        assert notice.references == (reference,)
        assert notice.title["fr"] == clean_line(title.removeprefix("Objet : "))
        assert notice.buyers[0].name == {"fr": buyer.removeprefix("Acheteur public : ")}
        assert [place.printed for place in notice.places] == row["col_4"].splitlines()[1:]
        assert notice.deadline is not None
        assert notice.deadline.at.astimezone(CASABLANCA) == instant(" ".join(row["col_5"].splitlines()))
        assert notice.partial is not None


def test_a_list_is_taken_apart_into_rows_that_read_alone() -> None:
    assert len(split(LIST.read_bytes())) == 4
    assert len(split(DETAIL.read_bytes())) == 1
