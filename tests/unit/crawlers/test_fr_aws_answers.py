"""What AWS-Achat answers, read: lists, the form in their place, rows that others read, searches that are split."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from itertools import chain
from pathlib import Path

import pytest

from core.settings import CrawlSettings
from crawlers.contract import CrawlError, Parsing, Window
from crawlers.engines import french_values
from crawlers.engines.html_tree import lines, text
from crawlers.engines.pages import decode, selector
from crawlers.portals.fr_aws import values
from crawlers.portals.fr_aws.list_page import ListPage, PageKind
from crawlers.portals.fr_aws.parse import parse, split
from crawlers.portals.fr_aws.searches import NATURES, PROCEDURES, Search, searches
from notices.formats.errors import NoticeFormatError
from notices.model import Nature
from notices.values.dates import PARIS, Precision
from pipelines.files import parse_files
from simulated_portals.aws import pages
from simulated_portals.french_tenders.tenders import FrenchInventor

SAMPLES = Path(__file__).parents[4] / "shared/samples/france/aws"
FORM = SAMPLES / "aws_lister_noresult_or_form.html"
ROWS = SAMPLES / "aws_parsed_geometre_expires_95_20251124.json"
CONTEXT = Parsing(portal="fr_aws", base_url="https://www.marches-publics.info")
TODAY = date(2026, 11, 18)

real_samples = pytest.mark.skipif(not FORM.is_file(), reason="the real samples in ../shared/samples are not here")


@real_samples
@pytest.mark.samples
def test_the_form_that_comes_back_in_place_of_an_empty_list_is_refused_in_words() -> None:
    (parsed,) = parse_files("fr_aws", [FORM], CrawlSettings())
    assert parsed.reading is None
    assert "search form, which it answers in place of an empty list" in (parsed.problem or "")
    assert ListPage(selector(decode(FORM.read_bytes()))).kind is PageKind.FORM


@real_samples
@pytest.mark.samples
def test_the_real_forms_regions_hold_every_departement_once() -> None:
    page = FORM.read_text(encoding="utf-8")
    single = re.findall(r'<option value="([0-9]+)" >', page)
    regions = ListPage(selector(page)).regions
    assert len(regions) == 14
    assert sorted(chain.from_iterable(regions)) == sorted(single)
    assert len(single) == len(set(single)) == 102


@real_samples
@pytest.mark.samples
def test_every_value_of_the_real_scraped_rows_is_in_its_notice() -> None:
    rows = json.loads(ROWS.read_text(encoding="utf-8"))
    found = list(parse_files("fr_aws", [ROWS], CrawlSettings(), "scraped-rows"))
    assert len(found) == len(rows) == 8
    for row, parsed in zip(rows, found, strict=True):
        assert parsed.reading is not None
        assert parsed.reading.unread == ()
        notice = parsed.reading.notice
        assert notice.notes == ()
        day, limit = (datetime.strptime(row[key], "%d/%m/%y") for key in ("publication_date", "deadline_date"))  # noqa: DTZ007
        hour, minute = map(int, row["deadline_time"].split("h"))
        buyer, code = re.fullmatch(r"(.*\S)\s+\((\d+)\)", row["buyer_name"], re.DOTALL).groups()  # type: ignore[union-attr]
        assert notice.id == "fr_aws:" + row["detail_url"].rsplit("/", 1)[1].removesuffix(".htm")
        assert notice.url == row["detail_url"]
        assert notice.published_at == day.replace(tzinfo=PARIS)
        assert notice.deadline is not None
        assert notice.deadline.at == limit.replace(hour=hour, minute=minute, tzinfo=PARIS)
        assert notice.buyers[0].name == {"fr": buyer}
        assert notice.buyers[0].place is not None
        assert (notice.buyers[0].place.postal_code, notice.buyers[0].place.nuts) == (code, "FR108")
        assert notice.references == (row["reference"],)
        assert notice.title == {"fr": row["object"]}
        assert notice.nature is Nature.SERVICES
        lots = " ".join(row["lots_info"].strip("[]").split()) if row["lots_info"] else None
        assert notice.additional_information == ({"fr": lots} if lots else {})
        assert bool(notice.changes) is ("Avis rectifié" in row["raw_html"])
        assert bool(notice.flags.social) is ("ico-critere-social" in row["raw_html"])
        assert notice.values == ()
        assert {key for key, value in row.items() if value is None} <= {
            "buyer_code", "lots_info", "estimated_budget", "estimated_budget_raw",
        }  # fmt: skip


def list_of(count: int) -> bytes:
    tenders = FrenchInventor(seed=1, today=TODAY).tenders(count)
    return pages.listing(tenders, count, 1, 1).body


def test_a_page_of_a_list_becomes_one_notice_per_row_though_all_rows_have_one_id() -> None:
    payloads = split(list_of(5))
    assert len({parse(payload, CONTEXT).notice.id for payload in payloads}) == 5


def test_a_page_of_a_notice_is_known_by_its_frame_and_needs_a_name() -> None:
    (tender,) = FrenchInventor(seed=4, today=TODAY).tenders(1)
    page = pages.notice(tender).body
    named = Parsing(portal="fr_aws", base_url=CONTEXT.base_url, native_id="MPI-pub-2026500001")
    assert parse(page, named).notice.title == {"fr": tender.title}
    with pytest.raises(NoticeFormatError, match="which notice of the portal"):
        parse(page, CONTEXT)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"<html><body><p>Autre chose</p></body></html>", "no page of this portal"),
        (pages.too_wide().body, "asks to narrow the search"),
        (b'{"a": 1}', "its keys are: a"),
        (b"{", "neither a document nor JSON"),
        (b'{"row": "<div id=entity><h2 class=h2-avis>X</h2></div>"}', "which notice of the portal"),
        (b'{"native_id": "MPI-pub-1", "row": "<div id=entity></div>"}', "no title"),
        (b'{"native_id": "MPI-pub-1", "row": "<div id=entity><div id=titre_box>Objet</div></div>"}', "names no buyer"),
        (b'{"native_id": "MPI-pub-1", "detail": "<div id=AAPCGenere></div>"}', "no table"),
    ],
)
def test_what_is_no_notice_is_refused_in_words(payload: bytes, words: str) -> None:
    with pytest.raises(NoticeFormatError, match=words):
        parse(payload, CONTEXT)


@pytest.mark.parametrize(
    ("head", "count"),
    [("1 234 Avis correspondent", 1234), ("8 Avis correspondent", 8), ("Aucun avis", 0), ("Des avis", None)],
)
def test_the_announced_number_is_read_with_its_thousands(head: str, count: int | None) -> None:
    assert ListPage(selector(f"<h2 id='nbResultAvis'>{head}</h2>")).count == count


@pytest.mark.parametrize(
    ("printed", "read", "precision"),
    [
        ("le 13/05/22 à 16h00", datetime(2022, 5, 13, 16, tzinfo=PARIS), Precision.TIME),
        ("le 06/09/2024 à 12h", datetime(2024, 9, 6, 12, tzinfo=PARIS), Precision.TIME),
        ("le 05/12/22", datetime(2022, 12, 5, 23, 59, 59, tzinfo=PARIS), Precision.DAY),
    ],
)
def test_deadlines_are_paris_time_with_years_of_two_digits(printed: str, read: datetime, precision: Precision) -> None:
    found = values.deadline(printed)
    assert found is not None
    assert (found.at, found.precision) == (read, precision)


@pytest.mark.parametrize("printed", ["31/02/26 à 10h00", "bientôt", "", None])
def test_what_is_no_date_is_none(printed: str | None) -> None:
    assert values.deadline(printed) is None


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("Procédure adaptée", "oth-single"),
        ("Procédure adaptée restreinte", "oth-single"),
        ("Appel d'offres ouvert", "open"),
        ("Appel d’offres restreint", "restricted"),
        ("Procédure avec négociation", "neg-w-call"),
        ("Marché négocié sans publicité ni mise en concurrence préalable", "neg-wo-call"),
        ("Dialogue compétitif", "comp-dial"),
        ("Concours restreint", "restricted"),
        ("Autres", None),
    ],
)
def test_french_procedures_become_eforms_codes(printed: str, code: str | None) -> None:
    assert french_values.procedure(printed) == code


def test_a_search_is_split_until_nothing_narrower_is_left() -> None:
    regions = (("75", "94"), ("29",))
    by_region = Search("EC").narrower(regions)
    assert [search.departements for search in by_region] == [("75", "94"), ("29",)]
    by_departement = by_region[0].narrower(regions)
    assert [search.form()["IDR"] for search in by_departement] == ["75", "94"]
    by_nature = by_departement[0].narrower(regions)
    assert [search.nature for search in by_nature] == list(NATURES)
    by_procedure = by_nature[0].narrower(regions)
    assert [search.procedure for search in by_procedure] == list(PROCEDURES)
    assert by_procedure[0].narrower(regions) == ()


@pytest.mark.parametrize(("back", "published"), [(0, " = 0"), (1, " = 1"), (2, " < 8"), (7, " < 8"), (8, " < 30")])
def test_a_publication_day_is_asked_for_in_the_forms_words(back: int, published: str) -> None:
    asked = searches(Window.day(date.fromordinal(TODAY.toordinal() - back)), TODAY, ("EC", "AAA"))
    assert [(search.listed_as, search.published) for search in asked.searches] == [
        ("EC", published),
        ("AAA", published),
    ]


def test_a_day_that_the_form_does_not_know_is_refused() -> None:
    with pytest.raises(CrawlError, match="last 30 days only"):
        searches(Window.day(date(2026, 10, 1)), TODAY, ("EC",))


def test_words_are_taken_as_a_person_sees_them() -> None:
    node = selector("<div>a <b>b</b><!-- no -->c<br>d<script>no</script><p> e\n f</p>&#140;uvre</div>").xpath("//div")[
        0
    ]
    assert lines(node) == ("a bc", "d", "e f", "Œuvre")
    assert text(None) == ""
