"""Captured Atexo pages, where they are: every file is read or refused for its reason, and fields agree with facts that
were read without the parser, by plain search in the page's text."""

from __future__ import annotations

import base64
import html
import json
import logging
import re
from functools import cache
from pathlib import Path

import pytest

from core.settings import CrawlSettings
from crawlers.contract import Parsing
from crawlers.engines.atexo_fr.links import path_of
from crawlers.engines.atexo_fr.listing import read_rows
from crawlers.engines.atexo_fr.parse import parse, split
from crawlers.engines.atexo_fr.spider import CONTROLS, EVERY_LIST
from crawlers.engines.pages import Page
from crawlers.engines.prado import read_list_page
from crawlers.portals import load
from notices.formats.errors import NoticeFormatError
from notices.model import Notice, NoticeKind
from pipelines.files import ParsedFile, parse_files

FRANCE = Path(__file__).parents[4] / "shared/samples/france"
LIST = FRANCE / "maximilien/maximilien_allcons_list_p1_2025-11.html"
NOTHING = FRANCE / "maximilien/maximilien_search_0result_2025-11-24.html"
ORGANISATIONS = FRANCE / "maximilien/maximilien_acheteurs_orgAcronyme.json"
DCE_FORM = FRANCE / "place/place_demandeDCE_2020_35620337.html"
ONE_LOT = FRANCE / "place/place_detail_2986378_f2h_2026-05_excerpt.html"
FIVE_LOTS = FRANCE / "place/place_detail_2990888_d3f_2026-05_excerpt_recap.html"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not LIST.is_file(), reason="the real samples in ../shared/samples are not here"),
]
MONTHS = {"Janv.": 1, "Fév.": 2, "Mars": 3, "Avril": 4, "Mai": 5, "Juin": 6, "Juil.": 7, "Août": 8, "Sept.": 9,
          "Oct.": 10, "Nov.": 11, "Déc.": 12}  # fmt: skip


def read_file(key: str, path: Path, form: str | None = None) -> list[ParsedFile]:
    return list(parse_files(key, [path], CrawlSettings(), form))


@cache
def notices_of(key: str, path: Path, form: str | None = None) -> list[Notice]:
    found = read_file(key, path, form)
    assert all(one.reading is not None for one in found), [one.problem for one in found]
    return [one.reading.notice for one in found if one.reading is not None]


def rows_as_text() -> list[str]:
    """The page cut at its rows, without any parser of HTML."""
    text = LIST.read_text(encoding="utf-8")
    return re.split(r'(?=<div id="row-consultation-)', text)[1:]


def printed_day(text: str) -> tuple[int, int, int]:
    found = re.search(r'class="day ?">\s*<span>(\d+)<.*?class="month">\s*<span>([^<]+)<.*?class="year">\s*<span>(\d+)<',
                      text, re.DOTALL)  # fmt: skip
    assert found is not None
    return int(found[3]), MONTHS[found[2]], int(found[1])


def hidden(row: str, name: str) -> str:
    found = re.search(rf'{name}" value="([^"]+)"', row)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("form", [None, "list-page"])
def test_every_row_of_the_list_page_is_a_notice(form: str | None) -> None:
    rows = rows_as_text()
    notices = notices_of("fr_maximilien", LIST, form)
    assert len(rows) == 10
    assert [notice.id for notice in notices] == [
        f"fr_maximilien:{hidden(row, 'orgCons')}-{hidden(row, 'refCons')}" for row in rows
    ]


def test_the_rows_ids_are_the_consultations_numbers() -> None:
    for notice, row in zip(notices_of("fr_maximilien", LIST), rows_as_text(), strict=True):
        code = re.search(r'row-consultation-([^"]+)"', row)
        assert code is not None
        assert base64.b64decode(code[1]).decode() == notice.id.rpartition("-")[2]


def test_every_row_has_the_dates_that_the_page_prints() -> None:
    for notice, row in zip(notices_of("fr_maximilien", LIST), rows_as_text(), strict=True):
        published, closing = row.split('class="cloture-line"')
        hour = re.search(r'<label title="Durée" alt="Durée">(\d\d):(\d\d)', closing)
        assert hour is not None
        assert notice.deadline is not None
        due = notice.deadline.at
        assert (due.year, due.month, due.day, due.hour, due.minute) == (*printed_day(closing), *map(int, hour.groups()))
        assert notice.deadline.at.tzinfo is not None
        first = notice.first_published_on
        assert first is not None
        assert (first.year, first.month, first.day) == printed_day(published.split('class="date date-min')[1])


def test_every_row_has_the_words_that_the_page_prints() -> None:
    for notice, row in zip(notices_of("fr_maximilien", LIST), rows_as_text(), strict=True):
        visible = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", row)).split())
        assert notice.text() in visible
        assert notice.references[0] in visible
        assert notice.buyers[0].name["fr"] in visible
        assert notice.procedure_type is not None
        assert f'title="{notice.procedure_type.printed[0]}"' in row
        assert f"<span>{notice.procedure_type.printed[1]}</span>" in row
        assert {"Fournitures": "supplies", "Services": "services", "Travaux": "works"}[
            re.search(r"cons_categorie\">\s*<span>(\w+)", row)[1]  # type: ignore[index]
        ] == notice.nature
        places = re.search(r'data-content="([^"]*)"', row)
        assert places is not None
        assert [place.printed for place in notice.places] == [one.strip() for one in places[1].split(",")]


def test_every_place_of_the_list_is_known() -> None:
    for notice in notices_of("fr_maximilien", LIST):
        assert [note for note in notice.notes if "place" in note.message.lower()] == []
        assert all(place.country for place in notice.places)


def test_a_title_with_straight_quotes_is_whole() -> None:
    titles = [notice.text() for notice in notices_of("fr_maximilien", LIST)]
    assert 'Système d\'Acquisition Dynamique "SAD ODICE 2"' in titles


def test_a_dynamic_purchasing_system_wants_requests_first() -> None:
    by_id = {notice.id: notice for notice in notices_of("fr_maximilien", LIST)}
    system = by_id["fr_maximilien:a2w-862551"]
    assert system.procedure_type is not None
    assert system.procedure_type.code == "restricted"
    assert system.deadline is not None
    assert (system.deadline.kind, system.deadline.at.isoformat()) == ("requests", "2033-04-12T16:00:00+02:00")
    assert by_id["fr_maximilien:c0u-699761"].procedure_type.code == "oth-single"  # type: ignore[union-attr]


def test_a_training_consultation_is_no_call() -> None:
    by_id = {notice.id: notice for notice in notices_of("fr_maximilien", LIST)}
    assert by_id["fr_maximilien:c0u-699761"].kind is NoticeKind.INFORMATION
    assert sum(notice.kind is NoticeKind.COMPETITION for notice in by_id.values()) == 9


def test_nothing_of_the_rows_stays_unread() -> None:
    assert [one.reading.unread for one in read_file("fr_maximilien", LIST) if one.reading and one.reading.unread] == []


def test_organisations_of_the_list_are_those_of_the_platform() -> None:
    known = {one["id"] for one in json.loads(ORGANISATIONS.read_text(encoding="utf-8"))}
    assert "a8z" in known
    ids = [notice.buyers[0].portal_id for notice in notices_of("fr_maximilien", LIST)]
    assert len(set(ids) & known) >= len(set(ids)) - 2  # the list of organisations is of 2022


def test_every_acronym_of_the_platform_makes_a_usable_key() -> None:
    from crawlers.engines.atexo_fr.row import KEY

    for one in json.loads(ORGANISATIONS.read_text(encoding="utf-8")):
        found = KEY.fullmatch(f"{one['id']}-123456")
        assert found is not None
        assert (found["organisation"], found["consultation"]) == (one["id"], "123456")


def test_a_page_without_results_holds_no_notice_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert read_file("fr_maximilien", NOTHING) == []
    assert "holds no notice" in caplog.text


def test_the_form_that_asks_for_the_tender_file_is_refused() -> None:
    found = read_file("fr_maximilien", DCE_FORM)
    assert [one.reading for one in found] == [None]
    assert "it is no notice" in (found[0].problem or "")
    assert "DCE" in (found[0].problem or "")


@pytest.mark.parametrize("key", ["fr_place", "fr_maximilien"])
@pytest.mark.parametrize(("path", "native_id"), [(ONE_LOT, "f2h-2986378"), (FIVE_LOTS, "d3f-2990888")])
def test_a_consultations_page_is_read_by_any_platform(key: str, path: Path, native_id: str) -> None:
    (notice,) = notices_of(key, path)
    assert notice.id == f"{key}:{native_id}"
    assert (notice.format, notice.kind, notice.partial) == ("atexo-consultation", NoticeKind.COMPETITION, None)
    assert notice.url == (f"{load(key).base_url}/entreprise/consultation/{native_id[4:]}?orgAcronyme={native_id[:3]}")


def test_the_page_without_lots_agrees_with_what_it_prints() -> None:
    (notice,) = notices_of("fr_place", ONE_LOT)
    text = ONE_LOT.read_text(encoding="utf-8")
    assert notice.text() == "Fourniture d'une solution de gestion pédagogique des doctorants"
    assert notice.text() in text
    assert notice.references == ("A2026-018",)
    assert notice.deadline is not None
    assert notice.deadline.at.isoformat() == "2026-06-12T12:00:00+02:00"
    assert [(code.code, code.main) for code in notice.classifications] == [("72260000", True)]
    assert [(place.nuts, place.printed) for place in notice.places] == [("FRK26", "(69) Rhône")]
    assert notice.buyers[0].name["fr"].startswith('UdL - COMUE "Université de Lyon" (Etablissements et organismes')
    assert "&" not in notice.additional_information["fr"]
    assert notice.electronic_submission is True
    assert [document.title for document in notice.documents] == [
        " ".join(one.split()) for one in re.findall(r">([^<>]*(?:Règlement|Dossier) de consultation - [^<>]*)<", text)
    ]
    assert notice.description["fr"].endswith("des rapports d’enquêtes.")
    assert notice.links == ()  # the one link to publicity is empty


def test_the_page_with_lots_agrees_with_what_it_prints() -> None:
    (notice,) = notices_of("fr_place", FIVE_LOTS)
    assert notice.references == ("26_AMOE_AST",)
    assert notice.deadline is not None
    assert notice.deadline.at.isoformat() == "2026-06-17T14:00:00+02:00"
    assert [(code.code, code.main) for code in notice.classifications] == [("72267100", True), ("72227000", False)]
    assert [place.anywhere for place in notice.places] == ["anyw-cou"]
    assert notice.buyers[0].name["fr"] == "Direction du numérique (Ministère de la Justice)"
    assert notice.procedure_type is not None
    assert (notice.procedure_type.code, notice.procedure_type.printed) == ("open", ("Appel d'offres ouvert",))
    assert [note.message for note in notice.notes] == ["5 lots are announced and 0 could be read."]


def test_no_label_of_a_captured_page_stays_unread() -> None:
    for path in (ONE_LOT, FIVE_LOTS):
        (found,) = read_file("fr_place", path)
        assert found.reading is not None
        assert found.reading.unread == ()


def test_a_page_cut_in_the_middle_never_breaks_the_parser() -> None:
    page = LIST.read_bytes()
    context = Parsing(portal="fr_maximilien", base_url="https://marches.maximilien.fr")
    read = 0
    for keep in range(60_000, len(page), 60_000):
        for payload in split(page[:keep]):
            try:
                notice = parse(payload, context).notice
            except NoticeFormatError:
                continue  # the row that the cut went through
            assert notice.title
            read += 1
    assert read > 10


def test_the_captured_list_says_what_the_walk_needs() -> None:
    page = read_list_page(Page("https://marches.maximilien.fr/", LIST.read_bytes()), CONTROLS)
    assert (page.total, page.pages, page.number, page.size, page.sizes) == (446, 45, 1, 10, (10, 20))
    assert page.next_target == "ctl0$CONTENU_PAGE$resultSearch$PagerTop$ctl2"
    assert len(page.state) > 60_000
    assert EVERY_LIST in page.page.text
    rows = read_rows(page.page)
    assert (len(rows.rows), rows.found, rows.problems) == (10, 10, ())


def test_the_captured_page_without_results_is_an_empty_list_for_the_walk() -> None:
    page = read_list_page(Page("https://marches.maximilien.fr/", NOTHING.read_bytes()), CONTROLS)
    assert (page.total, page.is_last) == (0, True)
    assert EVERY_LIST in page.page.text


def test_a_row_read_again_from_its_own_markup_has_the_same_fingerprint() -> None:
    page = Page("https://marches.maximilien.fr/", LIST.read_bytes())
    for row, markup in read_rows(page).with_markup:
        (again,) = read_rows(Page("", markup.encode())).rows
        assert again.fingerprint == row.fingerprint


def test_what_the_captured_list_and_page_would_be_asked_with_is_what_the_platform_writes() -> None:
    text = LIST.read_text(encoding="utf-8")
    portal = load("fr_maximilien")
    for notice in notices_of("fr_maximilien", LIST):
        assert f'href="{notice.url}"' in text
        organisation, _, number = notice.id.partition(":")[2].rpartition("-")
        lots = path_of(portal, "lots", organisation, number).removeprefix("/")
        assert (lots in text) is (f"orgAccronyme={organisation}&id={number}" in text)
