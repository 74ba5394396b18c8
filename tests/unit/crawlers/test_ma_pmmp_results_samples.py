"""What others kept of extraits de PV and of the portal's pages, against facts read another way."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawlers.engines.pages import Page
from crawlers.portals.ma_pmmp_results.forms import has_search, read_form
from crawlers.portals.ma_pmmp_results.parse import FORMS
from notices.model import Nature, Notice, NoticeKind
from notices.values.text import clean_line
from pipelines.files import parse_files

SAMPLES = Path(__file__).parents[4] / "shared/samples/morocco"
MANIFEST = SAMPLES / "pmmp_extraits_pv_manifest_2026-08.jsonl"
TRUTH = SAMPLES / "pmmp_pv_ground_truth_20.json"
LIST = SAMPLES / "transcribed_html/pmmp_list_page_2026-09-23.html"
FORM = SAMPLES / "transcribed_html/pmmp_search_form_2026-09-23.html"
DETAIL = SAMPLES / "transcribed_html/pmmp_detail_d4q_1040952_single_lot.html"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples in ../shared/samples are not here"),
]
NATURES = {"Travaux": Nature.WORKS, "Fournitures": Nature.SUPPLIES, "Services": Nature.SERVICES}
READ = {
    "reference", "date_publication", "pdf_url", "year", "categorie_principale", "mode_passation", "acheteur_public",
    "objet",
}  # fmt: skip
OF_THE_SCRAPER = {"local_path", "file_hash", "scraped_at"}


def read(path: Path, form: str | None = None) -> list[Notice]:
    found = list(parse_files("ma_pmmp_results", [path], form=form))
    assert [item.problem for item in found if item.problem] == []
    assert all(item.reading is not None and item.reading.unread == () for item in found)
    return [item.reading.notice for item in found if item.reading is not None]


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in MANIFEST.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("path", "form"), [(MANIFEST, "manifest"), (LIST, "list-page"), (DETAIL, "detail-page")])
def test_every_file_reads_the_same_with_and_without_its_form_named(path: Path, form: str) -> None:
    assert form in FORMS
    assert read(path, form) == read(path)


def test_every_value_of_every_row_of_the_manifest_is_accounted_for() -> None:
    notices = read(MANIFEST)
    assert len(notices) == len(rows()) == len({notice.id for notice in notices})
    for row, notice in zip(rows(), notices, strict=True):
        assert set(row) <= READ | OF_THE_SCRAPER
        number, organisation, avis = re.findall(r"(?:refConsultation|orgAcronyme|idAvis)=(\w+)", row["pdf_url"])
        assert notice.id == f"ma_pmmp_results:{organisation}-{number}-extrait-pv"
        assert notice.kind is NoticeKind.RESULT
        assert [document.url for document in notice.documents] == [row["pdf_url"]]
        assert notice.documents[0].url.endswith(f"idAvis={avis}")
        assert notice.references == (row["reference"],)
        day, month, year = map(int, row["date_publication"].split("/"))
        assert notice.first_published_on == date(year, month, day)
        assert year == row["year"]
        assert notice.notes == ()
        assert notice.partial is not None
        check_optional(row, notice)


def check_optional(row: dict[str, Any], notice: Notice) -> None:
    """Two of three rows say what was bought, by whom and how."""
    if "objet" not in row:
        assert notice.title == {"fr": f"Annonce d'extrait de PV {row['reference']}"}
        assert (notice.nature, notice.procedure_type, notice.buyers) == (None, None, ())
        return
    assert list(notice.title.values()) == [clean_line(row["objet"])]
    assert notice.nature is NATURES[row["categorie_principale"]]
    assert notice.procedure_type is not None
    assert notice.procedure_type.printed == (row["mode_passation"],)
    assert notice.procedure_type.code is not None
    assert clean_line(row["acheteur_public"]).endswith(next(iter(notice.buyers[0].name.values())))
    assert (notice.buyers[0].portal_id or "").split("/")[0] == notice.id.partition(":")[2].split("-")[0]


def test_numbers_of_announcements_follow_their_day_and_so_are_not_those_of_the_calls() -> None:
    by_day: dict[date, list[int]] = defaultdict(list)
    for notice in read(MANIFEST):
        assert notice.first_published_on is not None
        by_day[notice.first_published_on].append(int(notice.id.split("-")[1]))
    days = sorted(by_day)
    assert len(days) == 8
    assert all(max(by_day[earlier]) < min(by_day[later]) for earlier, later in pairwise(days))


def test_references_agree_with_those_that_a_person_read_in_the_documents() -> None:
    """By the digest of the document, which only the table and the annotations share."""
    truth = {item["doc_id"]: item for item in json.loads(TRUTH.read_text(encoding="utf-8"))["documents"]}
    compared = 0
    for row, notice in zip(rows(), read(MANIFEST), strict=True):
        if (item := truth.get(row["file_hash"])) is not None:
            assert notice.references == (item["reference_scrapee_manifest"],)
            compared += 1
    assert compared >= 5


def test_the_real_form_is_sent_without_what_a_browser_leaves_out() -> None:
    prefix = "ctl0$CONTENU_PAGE$AdvancedSearch$"
    page = Page(url="https://portail.example/index.php?page=x", body=FORM.read_bytes(), asked="GET it")
    assert has_search(page, prefix)
    form = read_form(page, prefix)
    assert form.action == "https://portail.example/index.php?page=entreprise.EntrepriseAdvancedSearch&AllCons"
    assert f"{prefix}annonceType" not in form.fields  # switched off on the form of calls
    assert form.filled(annonceType="5")[f"{prefix}annonceType"] == "5"
    assert form.fields[f"{prefix}procedureType"] == "0"
    assert form.fields[f"{prefix}considerationsEnvironnementales"] == f"{prefix}considerationsEnvIndifferent"
    assert form.fields[f"{prefix}dateMiseEnLigneStart"] == "23/09/2026"
    assert form.fields[f"{prefix}reference"] == ""
    assert not [name for name in form.fields if name.endswith(("idsDomaines", "libelleQualif"))]


def test_a_list_that_names_no_kind_is_read_as_announcements_of_an_unknown_one() -> None:
    notices = read(LIST)
    numbers = re.findall(r'refCons" value="(\d+)"', LIST.read_text(encoding="utf-8", errors="replace"))
    assert [notice.id.split("-")[1] for notice in notices] == numbers
    assert all(notice.id.endswith("-annonce") and notice.partial for notice in notices)
    assert all(notice.title and notice.references for notice in notices)


def test_the_page_of_a_call_names_itself_as_its_procedure_and_has_no_document_from_the_hidden_template() -> None:
    (notice,) = read(DETAIL)
    assert [link.value for link in notice.links] == ["ma_pmmp:d4q-1040952"]
    assert notice.subtype == "Annonce de consultation"
    assert notice.deadlines == ()
    assert all("EntrepriseDownloadAvisJAL" not in document.url for document in notice.documents)
