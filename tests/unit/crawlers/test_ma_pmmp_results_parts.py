"""The search form, the table of openings, and the choice of a call, each by itself."""

from __future__ import annotations

import json

import pytest

from crawlers.contract import Parsing
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.pages import Page, selector
from crawlers.portals.ma_pmmp_results.calls import choose_call, same_reference
from crawlers.portals.ma_pmmp_results.forms import read_form
from crawlers.portals.ma_pmmp_results.kinds import of_code, of_label
from crawlers.portals.ma_pmmp_results.parse import has_document, parse, split
from crawlers.portals.ma_pmmp_results.tracking import lot_choices, read_opening, table_of
from notices.formats.errors import NoticeFormatError
from notices.model import NoticeKind
from simulated_portals.atexo_ma.results import pages
from simulated_portals.atexo_ma.results.announcements import LABELS, OpenedTender, Programme

CONTEXT = Parsing(portal="ma_pmmp_results", base_url="https://portail.example")
TENDERS = (
    OpenedTender("ATLAS SARL", "Admissible", "Admissible", "1 250 400,00", "1 250 000,50"),
    OpenedTender("SUD SERVICES", "Ecartée", "Fermée", "-", "-"),
)


def page(html: str) -> Page:
    return Page(url="https://portail.example/index.php?page=x", body=html.encode(), asked="GET it")


def test_a_form_sends_what_a_browser_would_and_never_its_textareas_or_other_buttons() -> None:
    form = read_form(page(pages.search_form("5", "/index.php?page=x&AllAnn", "eJ+1", "22/11/2026")), pages.FORM)
    sent = form.filled(annonceType="5")
    assert form.action == "https://portail.example/index.php?page=x&AllAnn"
    assert sent["PRADO_PAGESTATE"] == "eJ+1"
    assert sent[f"{pages.FORM}annonceType"] == "5"
    assert sent[f"{pages.FORM}rechercheFloue"] == f"{pages.FORM}floue"
    assert sent[f"{pages.FORM}entityPurchaseNames"] == ""
    assert sent[f"{pages.FORM}lancerRecherche"] == "Lancer la recherche"
    assert not [name for name in sent if name.endswith(("idsDomaines", "libelleQualif", "boutonClear", "Domaine"))]


def test_a_control_that_is_switched_off_is_not_sent() -> None:
    html = pages.frame('<select name="a" disabled="disabled"><option value="3"></option></select>', "/x", "eJ")
    assert "a" not in read_form(page(html), "").fields


@pytest.mark.parametrize(("code", "label"), LABELS.items())
def test_a_kind_is_known_by_its_code_and_by_its_label(code: str, label: str) -> None:
    assert of_code(code) is of_label(label)
    assert of_label("Annonce de consultation") is None


def test_a_table_of_openings_is_read_by_its_two_rows_of_headings() -> None:
    table = table_of(selector(pages.tracking_page([TENDERS], "/x", "eJ")))
    assert table is not None
    opening = read_opening(table)
    assert [tender.name for tender in opening.tenders] == ["ATLAS SARL", "SUD SERVICES"]
    assert [tender.amount for tender in opening.tenders] == ["1 250 000,50", None]
    assert opening.tenders[1].values["financial"] == "Fermée"
    assert opening.unread == []


def test_a_page_without_a_table_has_no_openings() -> None:
    assert table_of(selector(pages.tracking_page([], "/x", "eJ"))) is None


def test_the_lots_of_a_page_are_those_of_its_select() -> None:
    choices = lot_choices(selector(pages.tracking_page([TENDERS, TENDERS], "/x", "eJ")))
    assert [(choice.number, choice.value, choice.control) for choice in choices] == [
        ("1", "1", pages.LOTS),
        ("2", "2", pages.LOTS),
    ]


def test_a_page_of_openings_reads_alone_and_names_its_call() -> None:
    link = '<a href="?page=entreprise.X&refConsultation=1011708&orgAcronyme=s3d">Retour</a>'
    html = pages.tracking_page([TENDERS], "/x", "eJ").replace("</form>", f"{link}</form>")
    notice = parse(html.encode(), CONTEXT).notice
    assert notice.id == "ma_pmmp_results:s3d-1011708-suivi"
    assert notice.kind is NoticeKind.RESULT
    assert notice.results[0].tenders_received == 2
    assert notice.links[0].value == "ma_pmmp:s3d-1011708"


def test_the_hidden_template_without_a_number_is_no_document() -> None:
    assert not has_document('<a href="?page=entreprise.EntrepriseDownloadAvisJAL&refConsultation=1&idAvis=">Avis</a>')
    assert has_document('<a href="?page=entreprise.EntrepriseDownloadAvisJAL&amp;refConsultation=1&amp;idAvis=5">x</a>')


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12/2026/ CTAC", "12/2026/ctac", True),
        ("12-2026", "12–2026", True),
        ("12/2026", "13/2026", False),
        (None, None, False),
    ],
)
def test_references_are_the_same_whatever_their_case_blanks_and_dashes(
    one: str | None, other: str | None, same: bool
) -> None:
    assert same_reference(one, other) is same


def test_of_two_calls_with_one_reference_the_buyer_decides() -> None:
    announced = Consultation(organisation="g3h", number="9", reference="1/2026", buyer="COMMUNE DE A")
    calls = [
        Consultation(organisation="g3h", number="1", reference="1/2026", buyer="COMMUNE DE A"),
        Consultation(organisation="g3h", number="2", reference="1/2026", buyer="COMMUNE DE B"),
        Consultation(organisation="q9t", number="3", reference="1/2026", buyer="COMMUNE DE A"),
    ]
    assert choose_call(calls, announced) == (calls[0], 1)
    assert choose_call(calls[:2], Consultation(organisation="g3h", number="9", reference="1/2026")) == (None, 2)
    assert choose_call(calls, Consultation(organisation="g3h", number="9", reference="1/2027")) == (None, 0)


def test_a_page_of_programmes_is_taken_apart_into_rows() -> None:
    from datetime import date

    made = [Programme("g3h", 5001 + n, f"PP {n}.pdf", "COMMUNE", 2027, date(2026, 11, 18)) for n in range(2)]
    parts = split(pages.programmes_page(made, "/x", "eJ").encode())
    assert [parse(part, CONTEXT).notice.id for part in parts] == [
        "ma_pmmp_results:g3h-5001-programme",
        "ma_pmmp_results:g3h-5002-programme",
    ]


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (b"<html><body>Request Rejected. Your support ID is: 123456789</body></html>", "Request Rejected"),
        (b"<html><body>rien</body></html>", "neither an announcement nor a list"),
        (b'{"type": "extrait-pv", "row": "<tr><td>x</td></tr>"}', "no row of the portal's list"),
        (b'{"type": "autre", "row": ""}', "of no kind that is known"),
        (b'{"pdf_url": "https://portail.example/a.pdf", "date_publication": "18/08/2026"}', "names no announcement"),
        (b'{"a": 1}', "its keys are: a"),
        (b"[1]", "no object"),
        (b'{"type": "extr', "neither a document nor JSON"),
    ],
)
def test_what_cannot_be_read_says_why(payload: bytes, sentence: str) -> None:
    with pytest.raises(NoticeFormatError, match=sentence):
        parse(payload, CONTEXT)


def test_a_unit_whose_page_is_another_thing_is_refused() -> None:
    unit = {"type": "extrait-pv", "row": "", "detail": "<html>rien</html>"}
    with pytest.raises(NoticeFormatError):
        parse(json.dumps(unit).encode(), CONTEXT)
