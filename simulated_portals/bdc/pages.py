"""The pages of the portal of purchase orders: Symfony with Bootstrap, texts for desktop and mobile side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from html import escape

from simulated_portals.bdc.orders import Article, Order, Result
from simulated_portals.messages import Answer

BASE = "/bdc/entreprise/consultation"
type_html = "text/html; charset=UTF-8"
CUT = 60
"""Characters of an object that a card shows; the whole is in the tooltip."""


def page(body: str, title: str = "Portail marocain des marchés publics") -> bytes:
    """A whole page around a body."""
    return (
        '<!DOCTYPE html>\n<html lang="fr">\n<head><meta charset="UTF-8"><title>'
        f'{escape(title)}</title></head>\n<body class="bdc">\n<nav><a href="/pmmp/">Accueil</a></nav>\n'
        f"{body}\n</body>\n</html>\n"
    ).encode()


def html_answer(body: bytes, status: int = 200) -> Answer:
    """An answer with a page."""
    return Answer(status, body, type_html)


MAINTENANCE = html_answer(page("<h1>Site en maintenance</h1><p>Merci de revenir plus tard.</p>", "Maintenance"))
LOGIN = html_answer(
    page('<form method="post"><input name="_username"><input type="password" name="_password"></form>', "Connexion")
)
REJECTED = html_answer(
    b"<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your "
    b"administrator.<br><br>Your support ID is: 1234567890123456789</body></html>"
)
HOME = html_answer(page("<h1>Portail marocain des marchés publics</h1>"))
NO_ROBOTS = Answer(302, b"", None, (("location", "/pmmp/"),))
"""There is no robots.txt: its address leads to the home page."""
NOT_FOUND = html_answer(page("<h1>Oops! An Error Occurred</h1><h2>404 Not Found</h2>", "404"), 404)


def list_page(form: str, total: int, cards: Sequence[str], number: int, pages: int) -> bytes:
    """A page of either list."""
    following = f'<a class="page-link" href="?page={number + 1}">Suivant</a>' if number < pages else ""
    return page(
        f'{form}\n<div class="content__resultat"><span>Nombre de résultats : {total}</span></div>\n'
        f'<div class="mt-4 py-3 content__subBox">\n{"".join(cards)}</div>\n'
        f'<ul class="pagination"><li class="page-item">{following}</li></ul>'
    )


def search_form(root: str, natures: Sequence[str]) -> str:
    """The select of natures, whose numbers belong to the portal."""
    options = "".join(f'<option value="{n}">{escape(label)}</option>' for n, label in enumerate(natures, 1))
    return (
        f'<form name="{root}" method="get"><select id="{root}_naturePrestation" name="{root}[naturePrestation]">'
        f'<option value=""></option>{options}</select></form>'
    )


def order_card(order: Order) -> str:
    """The card of a notice."""
    show = f"{BASE}/show/{order.id}"
    badge = '<span class="badge bg-danger">Annulé</span>' if order.cancellation else ""
    place = order.places[0] if len(order.places) == 1 else f"{order.places[0]}, ..."
    return (
        '<div class="entreprise__card">\n'
        f' <div class="entreprise__leftSubCard"><span>BDC</span>{badge}</div>\n'
        ' <div class="entreprise__middleSubCard">\n'
        f'  <a class="table__links font-bold" href="{show}">Référence : {escape(order.reference)}</a>\n'
        f'  <a class="table__links truncate_fullWidth" href="{show}" data-bs-toggle="tooltip" '
        f'data-bs-title="{escape(order.title)}"><span class="font-bold">Objet :</span> {_cut(order.title)}</a>\n'
        f'  <a class="table__links" href="{show}"><span>Acheteur :</span> {escape(order.buyer)}</a>\n'
        f'  <a class="d-lg-none" href="{show}"></a>\n'
        ' </div>\n <div class="entreprise__rightSubCard"><div class="entreprise__rightSubCard--top">\n'
        "  <span>Date limite de réception des devis :</span>\n"
        f'  <span class="font-bold">{order.deadline:%d/%m/%Y}</span>\n'
        f'  <span class="font-bold">{order.deadline:%H:%M}</span>\n'
        "  <span>Lieu d'exécution :</span>\n"
        f'  <span class="font-bold" data-bs-title="{escape(", ".join(order.places))}">{escape(place)}</span>\n'
        f' </div><a class="d-none d-lg-block" href="{show}">Consulter</a></div>\n</div>\n'
    )


def result_card(result: Result) -> str:
    """The card of a result: no link, no id, and a blank before the reference."""
    if result.winner is None:
        outcome = "<span>Avis d'achat infructueux</span>"
    else:
        outcome = (
            f"<span>Entreprise attributaire : <span>{escape(result.winner)}</span></span>\n"
            f"  <span>Montant TTC : <span>{printed_amount(result.amount or Decimal(0))} MAD</span></span>"
        )
    return (
        '<div class="entreprise__card">\n <div class="entreprise__leftSubCard"><span>BDC</span></div>\n'
        ' <div class="entreprise__middleSubCard">\n'
        f'  <div class="font-bold table__links">Référence :  {escape(result.reference)}</div>\n'
        f'  <div class="truncate_fullWidth table__links" data-bs-toggle="tooltip" '
        f'data-bs-title="{escape(result.title)}"><span class="font-bold">Objet :</span>  {_cut(result.title)}</div>\n'
        f'  <div class="table__links"><span>Acheteur :</span> {escape(result.buyer)}</div>\n'
        '  <div class="table__links"><span>Date de publication du résultat :</span> '
        f"{result.published:%d/%m/%Y %H:%M}</div>\n"
        ' </div>\n <div class="entreprise__rightSubCard"><div class="entreprise__rightSubCard--top">\n'
        f"  <span>Nombre de devis reçus : <span>{result.quotes}</span></span>\n  {outcome}\n </div></div>\n</div>\n"
    )


def show_page(order: Order) -> bytes:
    """The page of a notice."""
    details = (
        ("building", "Acheteur public", order.buyer),
        ("dateMiseEnLigne", "Date mise en ligne", f"{order.published:%d/%m/%Y %H:%M}"),
        ("calendar", "Date limite de réception des devis", f"{order.deadline:%d/%m/%Y %H:%M}"),
        ("location", "Lieu d'exécution", ", ".join(order.places)),
        ("category", "Catégorie principale", order.category),
        ("screwdriver", "Nature de prestation", order.nature),
    )
    boxes = "\n".join(_detail(*detail) for detail in details)
    return page(
        f"<h3>Détails de l'avis d'achat #{escape(order.reference)}</h3>\n<a href=\"{BASE}/\">Retour à la liste</a>\n"
        f"<h4>#{escape(order.reference)}</h4>{_badge(order)}\n"
        '<div class="border"><span class="text-uppercase">Objet</span>\n'
        f'<span class="text-black">{escape(order.title)}</span></div>\n{_cancellation(order)}'
        f'<div class="py-3 content__subBox devisAccordionStyle"><div class="row">{boxes}</div></div>\n'
        f'{_files(order)}\n<div><span class="text-uppercase">Articles</span><div class="accordion">\n'
        f"{''.join(_article(number, article) for number, article in enumerate(order.articles, 1))}</div></div>",
        f"Avis d'achat #{order.reference}",
    ).replace(b"</head>", f'<link rel="canonical" href="{BASE}/show/{order.id}"></head>'.encode(), 1)


def _detail(icon: str, label: str, value: str) -> str:
    return (
        f'<div class="col-lg-3"><i id="{icon}"></i><div class="d-flex flex-column"><span>{label}</span>'
        f'<span class="truncate-one-line" data-bs-title="{escape(value)}">{escape(value)}</span></div></div>'
    )


def _badge(order: Order) -> str:
    return '<span class="badge bg-danger">Annulé</span>' if order.cancellation else ""


def _cancellation(order: Order) -> str:
    if order.cancellation is None:
        return ""
    return (
        '<div class="border"><span class="text-uppercase">Annulation</span><div class="row">'
        '<div class="col-xl-2"><span>Date d\'annulation</span></div>'
        f'<div class="col-xl-10"><span>{order.cancellation.at:%d/%m/%Y %H:%M}</span></div>'
        '<div class="col-xl-2"><span>Référence annulation/Motif</span></div><div class="col-xl-10"><span>'
        f"{escape(order.cancellation.reason)}</span></div></div>"
        f'<a href="{BASE}/download/annulation/{order.id}">Décision d\'annulation</a></div>\n'
    )


def _files(order: Order) -> str:
    links = "".join(
        f'<a class="nounderlinelink" href="{BASE}/download/{order.id}/{number}">{escape(name)}</a>\n'
        for number, name in enumerate(order.files, 1)
    )
    return f'<div><span class="text-uppercase">Pièces jointes</span>\n{links}</div>'


def _article(number: int, article: Article) -> str:
    facts = (
        ("Unité de mesure", article.unit),
        ("Quantité", str(article.quantity)),
        ("TVA (%)", str(article.tax)),
        ("Garanties exigées", article.warranty),
    )
    cards = "".join(
        f'<div class="d-flex"><span>{label}</span>'
        f'<div class="content__article--subMiniCard">{escape(value)}</div></div>'
        for label, value in facts
    )
    return (
        f'<div class="accordion-item"><button class="accordion-button"><span class="font-bold">#{number}</span> '
        f"{escape(article.title)}</button>"
        f'<div class="accordion-body"><div class="content__article__miniCard">{cards}</div>'
        '<div class="accordion-body__flex"><div class="col-4"><span>Caractéristiques</span></div>'
        '<div class="col-8 gap-3">'
        f'<span class="text-black">{escape(article.specifications)}</span></div></div></div></div>\n'
    )


def printed_amount(amount: Decimal) -> str:
    """`15600` as `15 600,00`."""
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",")


def printed_instant(at: datetime) -> str:
    """As the portal prints instants."""
    return f"{at:%d/%m/%Y %H:%M}"


def _cut(title: str) -> str:
    return escape(title if len(title) <= CUT else title[:CUT] + "...")
