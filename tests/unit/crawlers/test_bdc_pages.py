"""Cards, lists and pages of Morocco's purchase orders in the shapes that were told of them, and in broken ones."""

from __future__ import annotations

import json

import pytest

from crawlers.contract import LayoutError, Parsing
from crawlers.engines.bdc.listing import announced, query, read_page
from crawlers.engines.pages import selector
from crawlers.portals import parser, splitter
from crawlers.portals.ma_bdc.card import read_notice_card
from crawlers.portals.ma_bdc.show import read_show_page
from crawlers.portals.ma_bdc_results.card import native_id, read_result_card
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.model import Notice

NOTICES = Parsing(portal="ma_bdc", base_url="http://127.0.0.1:1")
RESULTS = Parsing(portal="ma_bdc_results", base_url="http://127.0.0.1:1")


def card(middle: str, right: str) -> str:
    return (
        '<div class="entreprise__card"><div class="entreprise__middleSubCard">'
        f'{middle}</div><div class="entreprise__rightSubCard">{right}</div></div>'
    )


def result(reference: str = "07/2026", buyer: str = "COMMUNE X", at: str = "30/09/2026 09:05", right: str = "") -> str:
    middle = (
        f"<div>Référence : {reference}</div><div data-bs-title='Achat de chaises'>Objet : Achat de ch...</div>"
        f"<div>Acheteur : {buyer}</div><div>Date de publication du résultat : {at}</div>"
    )
    return card(middle, right or "<span>Avis d'achat infructueux</span>")


def read(html: str, context: Parsing = RESULTS) -> Notice:
    return parser(context.portal)(html.encode(), context).notice


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "total"),
    [
        ("Nombre de résultats : 1203", 1203),
        ("Nombre de résultats : 12 034", 12034),
        ("Nombre de résultats\u00a0: 12\u202f034", 12034),
        ("Nombre de resultat : 0", 0),
    ],
)
def test_the_total_is_read_in_any_spelling(printed: str, total: int) -> None:
    page = read_page(selector(f'<div class="content__resultat"><b>{printed}</b> avis</div>'))
    assert announced(page, "GET /") == total


def test_a_list_without_total_is_a_layout_that_changed() -> None:
    with pytest.raises(LayoutError, match="Nombre de résultats"):
        announced(read_page(selector('<div class="content__resultat">12 avis</div>')), "GET /")


@pytest.mark.parametrize("size", [1, 25, 100, 500])
def test_a_page_size_that_the_portal_refuses_is_never_asked_for(size: int) -> None:
    with pytest.raises(ValueError, match="10, 20, 30, 50"):
        query("search", {}, page=1, size=size)


def test_a_query_always_says_its_page_size_and_tells_the_page_outside_the_form() -> None:
    asked = query("search_consultation_resultats", {"dateLimitePublicationStart": "2026-11-16"}, page=3, size=50)
    assert asked == (
        "search_consultation_resultats%5BdateLimitePublicationStart%5D=2026-11-16"
        "&search_consultation_resultats%5BpageSize%5D=50&page=3"
    )


# --- cards of notices ------------------------------------------------------------------------------------------------


def test_a_card_whose_first_link_has_no_label_gives_the_reference() -> None:
    html = card(
        '<a class="table__links" href="/bdc/entreprise/consultation/show/12">  12/2026 </a>'
        '<a class="truncate_fullWidth" data-bs-title="Achat de chaises et de tables" href="/bdc/entreprise/consultation'
        '/show/12"><span>Objet :</span> Achat de ch...</a><a class="table__links">Acheteur : COMMUNE X</a>',
        "<span>Date limite</span><span>25/11/2026</span><span>10:30</span><span>Lieu</span><span>IFRANE</span>",
    )
    read_card = read_notice_card(selector(html))
    assert read_card.show_ids == ("12",)
    assert read_card.fields.values == {
        "reference": "12/2026",
        "object": "Achat de chaises et de tables",
        "buyer": "COMMUNE X",
        "deadline": "25/11/2026 10:30",
        "place": "IFRANE",
    }
    assert read_card.fields.unread() == ()


def test_the_fingerprint_of_a_card_follows_its_deadline_and_its_badge_and_not_its_markup() -> None:
    link = '<a href="/bdc/entreprise/consultation/show/12">Référence : 1</a>'
    right = "<span>Date limite :</span><span>{}</span>"
    plain = read_notice_card(selector(card(link, right.format("25/11/2026"))))
    styled = read_notice_card(selector(card(f"<b>{link}</b>", right.format("<b>25/11/2026</b>"))))
    moved = read_notice_card(selector(card(link, right.format("26/11/2026"))))
    badge = read_notice_card(selector(card(link, '<span class="badge">Annulé</span>' + right.format("25/11/2026"))))
    assert plain.fingerprint == styled.fingerprint
    assert len({plain.fingerprint, moved.fingerprint, badge.fingerprint}) == 3
    assert badge.cancelled
    assert not plain.cancelled


def test_a_card_on_desktop_and_on_mobile_is_one_notice() -> None:
    one = card('<a href="/bdc/entreprise/consultation/show/12">Référence : 1</a><a>Objet : Achat de chaises</a>', "")
    other = one.replace("/12", "/13")
    page = f'<div class="content__resultat">Nombre de résultats : 2</div>{one}{one}{other}'
    parts = splitter("ma_bdc")(page.encode())
    assert [parser("ma_bdc")(part, NOTICES).notice.id for part in parts] == ["ma_bdc:12", "ma_bdc:13"]


# --- the page of a notice --------------------------------------------------------------------------------------------

TITLE = "<h3>Détails de l\u2019avis d\u2019achat #REF 1</h3><h4>#REF 1</h4>"


def test_details_are_found_by_label_in_any_order_and_with_any_apostrophe() -> None:
    boxes = "".join(
        f'<div class="d-flex flex-column"><span>{label}</span><span>{value}</span></div>'
        for label, value in (
            ("Nature de prestation", "Achat d’habillement"),
            ("LIEU D\u2019EXÉCUTION", "RABAT, SALE"),
            ("Acheteur public :", "COMMUNE X"),
        )
    )
    page = read_show_page(selector(TITLE + boxes))
    assert page.fields.values == {
        "reference": "REF 1",
        "nature": "Achat d’habillement",
        "place": "RABAT, SALE",
        "buyer": "COMMUNE X",
    }


def test_articles_without_labels_are_read_in_the_order_of_the_portal() -> None:
    cards = "".join(f'<div class="content__article--subMiniCard">{text}</div>' for text in ("Unité", "25", "20", "-"))
    item = f'<div class="accordion-item"><button class="accordion-button">#1Imprimante</button>{cards}</div>'
    (article,) = read_show_page(selector(TITLE + item)).articles
    assert (article.number, article.title) == ("1", "Imprimante")
    assert article.values == {"unit": "Unité", "quantity": "25", "tax": "20"}


def test_a_quantity_is_never_an_amount_of_money() -> None:
    item = (
        '<div class="accordion-item"><button class="accordion-button">#1 Repas</button><div class="d-flex">'
        '<span>Quantité</span><div class="content__article--subMiniCard">150000,00</div></div></div>'
    )
    html = f'{TITLE}<span>Objet</span><span>Repas</span><a href="/bdc/entreprise/consultation/show/9">x</a>{item}'
    notice = read(html, NOTICES)
    assert notice.id == "ma_bdc:9"
    assert "quantité : 150000,00" in notice.description["fr"]
    assert (notice.values, notice.lots) == ((), ())


def test_a_page_that_leads_nowhere_has_no_id_and_waits() -> None:
    with pytest.raises(NoticeFormatError) as caught:
        read(f"{TITLE}<span>Objet</span><span>Repas</span>", NOTICES)
    assert caught.value.reason is FormatReason.MISSING


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"card": "\\ud800", "show": null}',
        '{"card": 3, "show": 4}',
        "<html></html>",
        "a text of nothing",
        '{"card": "", "show": "<p>"}',
    ],
)
def test_what_is_no_notice_is_refused_in_a_sentence(payload: str) -> None:
    with pytest.raises(NoticeFormatError) as caught:
        parser("ma_bdc")(payload.encode(), NOTICES)
    assert caught.value.sentence.endswith(".")


# --- results ---------------------------------------------------------------------------------------------------------


def key(html: str, *, twin: bool = False) -> str | None:
    return native_id(read_result_card(selector(html)), twin=twin)


def test_blanks_around_a_reference_do_not_change_the_key() -> None:
    assert key(result("07/2026")) == key(result("  07/2026 ")) == key(result(buyer=" COMMUNE   X "))
    assert (key(result()) or "").startswith("2026-09-30T0905-")


def test_reference_buyer_and_instant_each_enter_the_key() -> None:
    keys = {key(result()), key(result("08/2026")), key(result(buyer="COMMUNE Y")), key(result(at="30/09/2026 09:06"))}
    assert len(keys | {key(result(), twin=True)}) == 5


@pytest.mark.parametrize("html", [result(reference=""), result(buyer=""), result(at="hier")])
def test_a_result_without_key_waits_in_quarantine(html: str) -> None:
    with pytest.raises(NoticeFormatError) as caught:
        read(html)
    assert caught.value.reason is FormatReason.MISSING
    assert "no key" in caught.value.sentence


@pytest.mark.parametrize(
    ("printed", "amount"),
    [("15 600,00 MAD", "15600.00"), ("15\u202f600,5 MAD", "15600.5"), ("999,00 MAD", "999.00"), ("7 500 MAD", "7500")],
)
def test_amounts_are_read_as_the_portal_prints_them(printed: str, amount: str) -> None:
    right = f"<span>Entreprise attributaire : <span>A</span></span><span>Montant TTC : <span>{printed}</span></span>"
    assert str(read(result(right=right)).values[0].amount) == amount


@pytest.mark.parametrize("printed", ["0,00 MAD", "-", "sur devis"])
def test_an_amount_that_says_nothing_is_absent_and_the_winner_stays(printed: str) -> None:
    right = f"<span>Entreprise attributaire : <span>A</span></span><span>Montant TTC : <span>{printed}</span></span>"
    notice = read(result(right=right))
    assert notice.values == ()
    assert notice.results[0].winners[0].name == {"fr": "A"}
    assert notice.results[0].status == "selec-w"


def test_a_result_with_a_winner_that_is_called_unsuccessful_is_noted() -> None:
    right = "<span>Entreprise attributaire : <span>A</span></span><span>Avis d'achat infructueux</span>"
    notice = read(result(right=right))
    assert notice.results[0].status == "selec-w"
    assert any("unsuccessful" in note.message for note in notice.notes)


def test_markup_in_a_name_stays_text() -> None:
    html = result(buyer="COMMUNE &lt;script&gt;alert(1)&lt;/script&gt;")
    assert read(html).buyers[0].name == {"fr": "COMMUNE <script>alert(1)</script>"}


def test_a_row_of_a_table_with_a_column_nobody_knows_tells_it() -> None:
    row = {"reference": " 1/2025", "objet": "Achat", "acheteur": "X", "montant": 10.5, "delai": "3 jours"}
    reading = parser("ma_bdc_results")(json.dumps(row).encode(), RESULTS)
    assert [item.path for item in reading.unread] == ["row.delai"]
    assert reading.notice.id.startswith("ma_bdc_results:undated-")
