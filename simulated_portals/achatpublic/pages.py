"""The pages of the simulated achatpublic.com. The list is a frame that a script fills: without one there is no card."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from html import escape

from simulated_portals.french_tenders.tenders import NATURES, FrenchTender
from simulated_portals.messages import Answer, JsonValue

HTML = "text/html;charset=ISO-8859-15"
MONTHS = ("Janv.", "Févr.", "Mars", "Avr.", "Mai", "Juin", "Juil.", "Août", "Sept.", "Oct.", "Nov.", "Déc.")
FULL_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
PROCEDURES = {
    "PA": "Procédure adaptée ouverte",
    "AOO": "Appel d'offres ouvert",
    "AOE": "Appel d'offres restreint",
    "MN": "Procédure avec négociation",
    "DC": "Dialogue compétitif",
}
_SCRIPT = """
(async () => {
  const list = document.querySelector('.sdmListResult__mainList');
  const answer = await fetch('/sdm/ent2/gen/cartes.action?page=' + list.dataset.page, {credentials: 'same-origin'});
  const found = await answer.json();
  const el = (tag, classes, words) => {
    const made = document.createElement(tag);
    made.className = classes;
    if (words !== undefined) made.textContent = words;
    return made;
  };
  for (const one of found.cartes) {
    const card = el('li', 'jqTriggableCard sdmCardConsult ');
    card.id = 'li_consult_' + one.id;
    const head = el('h2', 'sdmCardGeneric__title');
    const link = el('a', 'jqCardLink sdmCardGeneric__topLink', one.intitule);
    link.href = '/sdm/ent2/gen/ficheCsl.action?PCSLID=' + one.id + '&ongletActif=2';
    head.append(link);
    const time = el('div', 'sdmCardConsult__blocTime');
    time.append(el('span', 'sdmCardConsult__numberTime textLatoBold--24', one.jour),
      el('span', 'sdmCardConsult__ddyyyy textLatoReg--14', one.mois),
      el('span', 'sdmCardConsult__preciseTime textLatoReg--14', one.heure));
    const items = el('ul', 'sdmCardConsult__list');
    for (const [label, value] of one.lignes) {
      const item = el('li', 'sdmCardConsult__listItem');
      item.append(el('span', 'textLatoBold--14', label + ' : '), el('span', 'jqShave same-content-title', value));
      items.append(item);
    }
    card.append(head, time, items);
    list.append(card);
  }
  if (found.cartes.length === 0 && found.pages < 2) {
    list.after(el('p', 'sdmListResult__none', 'Aucune consultation ne correspond aux critères choisis.'));
  }
  document.getElementById('top_pagination').textContent = 'Page ' + found.page + ' / ' + found.pages;
})();
"""


def native_id(tender: FrenchTender) -> str:
    """The portal's key: ten letters and digits that say nothing."""
    digest = hashlib.sha256(f"{tender.number}-{tender.published}".encode()).digest()
    letters = base64.b64encode(digest, altchars=b"xY").decode()[:10]
    return f"CSL_{tender.published.year}_{letters}"


def _page(title: str, content: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    body = (
        f"<!DOCTYPE html>\n<html lang='fr'><head><title>{escape(title)}</title>"
        '<link rel="stylesheet" href="/sdm/css/main.css"><link rel="icon" href="data:,"></head><body>\n'
        '<div id="didomi-notice"><button id="didomi-notice-agree-button">Accepter</button></div>\n'
        f'<img src="/sdm/img/logo.png" alt="">\n{content}\n</body></html>\n'
    )
    return Answer(status, body.encode("iso-8859-15", "xmlcharrefreplace"), HTML, headers)


HOME_CONTENT = "<main><h1>Salle des marchés</h1></main>"
MAINTENANCE = _page("Maintenance", "<main><h1>Service en maintenance</h1></main>")
NOT_FOUND = _page("Page introuvable", "<main><h1>Page introuvable</h1></main>", 404)
LOGIN = _page("Connexion", '<main><form><input name="login"><input type="password" name="password"></form></main>')


def home(headers: tuple[tuple[str, str], ...]) -> Answer:
    """The first page, which begins a session."""
    return _page("achatpublic.com", HOME_CONTENT, headers=headers)


def frame(page: int, *, broken: bool = False) -> Answer:
    """The frame of the list. `broken`: its script fails."""
    script = "throw new Error('no');" if broken else _SCRIPT
    content = (
        f'<main><div class="sdmListResult"><ul class="sdmListResult__mainList" data-page="{page}"></ul>'
        f'<ul class="jqSortByBloc sdmPagi__list" id="top_pagination"></ul></div></main><script>{script}</script>'
    )
    return _page("Consultations", content)


def plain_list(tenders: Sequence[FrenchTender], page: int, count: int) -> Answer:
    """The list as the server itself may write it: the same cards without a script."""
    cards = "\n".join(_plain_card(card(tender)) for tender in tenders)
    none = "" if tenders or count > 1 else '<p class="sdmListResult__none">Aucune consultation ne correspond.</p>'
    content = (
        f'<main><div class="sdmListResult"><ul class="sdmListResult__mainList">{cards}</ul>{none}'
        f'<ul class="sdmPagi__list" id="top_pagination">&nbsp;&nbsp; Page {page} / {count}</ul></div></main>'
    )
    return _page("Consultations", content)


def _plain_card(said: dict[str, JsonValue]) -> str:
    lines = said["lignes"] if isinstance(said["lignes"], list) else []
    # The portal leaves the item of the lots open, as browsers allow.
    items = "".join(
        f'<li class="sdmCardConsult__listItem"><span class="textLatoBold--14">{escape(str(line[0]))} : </span>'
        f'<span class="jqShave same-content-title">{escape(str(line[1]))}</span >{"" if line[0] == "Lots" else "</li>"}'
        for line in lines
        if isinstance(line, list)
    )
    href = f"/sdm/ent2/gen/ficheCsl.action?PCSLID={said['id']}&ongletActif=2"
    return (
        f'<li id="li_consult_{said["id"]}" class="jqTriggableCard sdmCardConsult "><h2 class="sdmCardGeneric__title">'
        f'<a href="{href}" class="jqCardLink sdmCardGeneric__topLink">{escape(str(said["intitule"]))}</a></h2>'
        f'<div class="sdmCardConsult__blocTime"><span>{said["jour"]}</span><span>{said["mois"]}</span>'
        f'<span>{said["heure"]}</span></div><ul class="sdmCardConsult__list">{items}</ul></li>'
    )


def card(tender: FrenchTender) -> dict[str, JsonValue]:
    """What the list's script gets of one consultation."""
    lines: list[JsonValue] = [
        ["Organisme", tender.buyer.name],
        ["Référence", tender.reference],
        ["Lots", str(len(tender.lots)) if tender.lots else "Lot unique"],
        ["Nature des prestations", NATURES[tender.nature]],
        ["Type de procédure", PROCEDURES[tender.procedure]],
        ["Type de contrat", "Accord-cadre" if tender.months >= 24 else "Marché"],
        ["Lieu d'exécution", f"{tender.buyer.departement} - {tender.buyer.departement_name}"],
    ]
    return {
        "id": native_id(tender),
        "intitule": tender.title,
        "jour": str(tender.deadline.day),
        "mois": f"{MONTHS[tender.deadline.month - 1]} {tender.deadline.year}",
        "heure": f"{tender.deadline:%H} : {tender.deadline:%M}",
        "lignes": lines,
    }


def fiche(tender: FrenchTender) -> Answer:
    """The page of one consultation."""
    key = native_id(tender)
    facts = [
        ("Description", tender.description),
        ("Code CPV recherché", " ".join(f"{code} - {label}." for code, label in tender.cpv)),
        ("Date d'ouverture de la salle", _in_words(datetime.combine(tender.published, datetime.min.time()), 9)),
        ("Date limite de remise des plis", _in_words(tender.deadline)),
    ]
    items = "".join(
        f'<li><span class="textLatoBold--14">{label} : </span><span class="textLatoReg--14">{escape(said)}</span></li>'
        for label, said in facts
    )
    document = (
        '<tr><td><p><span class="textLatoReg--14">Règlement.pdf</span></p></td><td><button onclick="ouvrir('
        f"'/sdm/ent2/gen/piece.action?PCSLID={key}&amp;piece=1')\">Consulter</button></td></tr>"
    )
    lots = "".join(
        f'<tr class="sdmBasicTable__line"><td>{lot.number}</td><td>{escape(lot.title)}</td><td>{lot.cpv}</td></tr>'
        for lot in tender.lots
    )
    content = (
        f'<div class="wrapperMain wrapperMain--fiche"><main><h1>{escape(tender.title)}</h1>'
        f'<a href="/sdm/ent2/gen/ficheCsl.action?PCSLID={key}">Actualiser</a><ul>{items}</ul>'
        f'<div id="jqTabPanel--1"><table><tbody>{document}</tbody></table></div>'
        f'<div id="jqTabPanel--3"><table><tbody class="sdmBasicTable__body">{lots}</tbody></table></div>'
        '</main></div><script>var x = "Description : pas ceci";</script>'
    )
    return _page(tender.title, content)


def _in_words(moment: datetime, hour: int | None = None) -> str:
    clock = f"{moment.hour if hour is None else hour:02d}:{moment.minute:02d}"
    return f"{moment.day} {FULL_MONTHS[moment.month - 1]} {moment.year} {clock} (heure de Paris)"
