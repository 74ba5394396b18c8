"""The page of a consultation and the page of its lots, in both markups, and what is served in their place."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

from simulated_portals.atexo_fr.consultations import Consultation, PrintedLot
from simulated_portals.atexo_fr.list_pages import ELECTRONIC, layout, lots_address, rules_address

Markup = Literal["div", "span"]


@dataclass(frozen=True)
class Skin:
    """How a platform prints a consultation."""

    markup: Markup = "div"
    """Values in `div`s (since July 2023, with a `span` inside), or in `span`s as before."""
    unit_label: str = "Service"
    announcement: str = "Avis d'appel public à la concurrence"
    says_paris: bool = False
    seat_in_organisation: bool = True
    empty_procedure: bool = False
    """The procedure stays empty on the page, as on Maximilien: only the list has it."""


def consultation_page(item: Consultation, skin: Skin) -> str:
    """The page behind a row."""
    body = f"""<main id="middle" class="atx-middle" role="main">
<script type="application/javascript">
var consulation_ref='{item.number}';
var organisme = '{item.organisation.acronym}';
</script>
<div class="form-bloc form-horizontal recap-infos-consultation" id="recap-consultation">
<div class="panel panel-default" id="collapseHeading"><h1 class="h4 panel-title">Détail de la consultation</h1>
<div class="recap-bloc"><div class="clearfix item_consultation">
{_top(item, skin)}
</div></div>
<ul class="collapseBody list-unstyled" id="collapseInfo">
{_bottom(item, skin)}
</ul></div></div>
{_publicity(item)}
</main>"""
    return layout(f"Consultation {item.reference}", body)


def _top(item: Consultation, skin: Skin) -> str:
    suffix = "\n(heure de Paris)" if skin.says_paris else ""
    due = (
        f'<span class="green bold">{item.deadline:%d/%m/%Y %H:%M}</span>{suffix}\n'
        f'<img src="/consultation_depot/assets/images/reponse-elec-oblig.gif" alt="{ELECTRONIC}">'
    )
    organisation = item.organisation.printed if skin.seat_in_organisation else item.organisation.name
    blocks = (
        ("DATE LIMITE REMISE DES PLIS", "Date et heure limite de remise des plis", due, "span"),
        ("REFERENCE", "Référence", escape(item.reference), "span"),
        ("INTITULE", "Intitulé", _wrapped(item.title, skin), skin.markup),
        ("OBJET", "Objet", _wrapped(item.about, skin), skin.markup),
        ("ORGANISME", "Organisme", escape(organisation), "span"),
    )
    return "\n".join(
        f'<!--BEGIN {name}-->\n<div class="col-md-10"><div class="row">{_datum(label, value, tag)}</div></div>\n'
        f"<!--END {name}-->"
        for name, label, value, tag in blocks
    )


def _wrapped(text: str, skin: Skin) -> str:
    printed = escape(text)
    return f'<span class="words-break-and-wrap">{printed} </span>' if skin.markup == "div" else printed


def _datum(label: str, value: str, tag: str) -> str:
    return (
        f'<label class="col-md-4 col-xs-12 spacing-helper-m">\n{escape(label)} :\n</label>\n'
        f'<{tag} class="col-md-8 col-xs-12">\n{value}\n</{tag}>'
    )


def _bottom(item: Consultation, skin: Skin) -> str:
    # The software escapes the unit twice.
    data = [
        ("Entité publique", escape(item.organisation.name)),
        (skin.unit_label, escape(escape(item.unit))),
        ("Type d'annonce", escape(skin.announcement)),
        ("Procédure", "" if skin.empty_procedure else escape(item.procedure)),
        ("Catégorie principale", item.category),
        ("Allotissement", _allotment(item)),
        ("Lieu d'exécution", escape(", ".join(item.places[:3]) + (" …" if len(item.places) > 3 else ""))),
        ("Code CPV", _codes(item)),
    ]
    return "\n".join(f'<li class="clearfix">{_datum(label, value, skin.markup)}</li>' for label, value in data)


def _allotment(item: Consultation) -> str:
    if not item.lots:
        return "Non"
    address = f"/?{lots_address(item)}".replace("&", "&amp;")
    return (
        f"<span><a href=\"javascript:popUpSetSize('{address}','800','275','yes');\">"
        f'<i class="fa fa-cubes text-warning"></i>\n{len(item.lots)}\nLots</a></span>'
    )


def _codes(item: Consultation) -> str:
    main, *others = item.cpv
    printed = [f'<span data-code-cpv="{main}">{main} (Code principal)</span>']
    printed += [f'<br/>\n<span data-code-cpv="{code}">{code}</span>' for code in others or [""]]
    return "\n".join(printed)


def _publicity(item: Consultation) -> str:
    boamp = f"https://www.boamp.fr/pages/avis/?q=idweb:{item.boamp}" if item.boamp else ""
    sent = ""
    if item.sent_to_eu is not None:
        when = f"{item.sent_to_eu:%d/%m/%Y %H:%M}"
        sent = f"<p>Date d'envoi de l'avis à l'Office des publications de l'U.E. : {when}</p>"
    request = "page=Entreprise.EntrepriseDemandeTelechargementDce"
    file = f"/index.php?{request}&amp;id={item.number}&amp;orgAcronyme={item.organisation.acronym}"
    return f"""<div class="panel tab-pane" id="pub" role="tabpanel"><div class="content">
<h3 class="page-header m-t-0">Avis de publicité</h3>{sent}
<ul class="list-unstyled"><li class="picto-link"><a target="_blank" href="{boamp}">Avis au BOAMP</a></li></ul></div>
<div class="content"><h3>Pièces de la consultation</h3><ul class="list-unstyled">
<li class="picto-link"><a id="linkDownloadReglement" href="{escape(rules_address(item))}">
Règlement de consultation - 515,44 Ko</a></li>
<li class="picto-link"><a id="linkDownloadDce" href="{file}">
Dossier de consultation - 1,4 Mo</a></li></ul></div></div>"""


def lots_page(item: Consultation) -> str:
    """The pop-up of the lots."""
    panels = "\n".join(_lot_panel(item, lot) for lot in item.lots)
    return layout("Détail des lots", f'<div id="container"><div class="panel-group">\n{panels}\n</div></div>')


def _lot_panel(item: Consultation, lot: PrintedLot) -> str:
    return f"""<div class="panel panel-default"><div class="panel-heading">
<span title="{escape(lot.title)}">Lot {lot.number} : {escape(lot.title)}</span></div>
<div class="panel-body"><label>Catégorie :</label> <span>{item.category}</span>
<label>Code CPV :</label> <span>{lot.cpv}</span></div></div>"""


def gone_page() -> str:
    """What is shown in place of a consultation that is over."""
    return layout(
        "Consultation indisponible",
        '<div class="alert alert-danger" id="ctl0_CONTENU_PAGE_messageErreur">Cette consultation n\'est plus '
        "accessible.</div>",
    )


def login_page() -> str:
    """A page that wants a password."""
    return layout(
        "Connexion",
        '<form method="post" action="/login"><input type="text" name="login" /><input type="password" '
        'name="password" /><button type="submit">Se connecter</button></form>',
    )


def block_page() -> str:
    """What a firewall in front of a platform shows, with status 200."""
    return (
        "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with "
        "your administrator.<br><br>Your support ID is: 7340518294615120987</body></html>"
    )


def maintenance_page() -> str:
    """The platform under maintenance, with status 200."""
    return "<html><head><title>Maintenance</title></head><body><h1>Plate-forme en maintenance</h1></body></html>"


def search_form() -> str:
    """The form of the advanced search: what a stray button leads to."""
    return layout("Recherche avancée", '<h1>Recherche avancée</h1><input type="text" name="keywordSearch" />')
