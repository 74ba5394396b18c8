"""The pages of the simulated AWS-Achat: the search form, lists, notices, and what stands in front on a bad day."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from simulated_portals.french_tenders.tenders import NATURES, PROCEDURES, FrenchLot, FrenchTender
from simulated_portals.messages import Answer

HTML = "text/html;charset=UTF-8"
REGIONS = (
    ("AUVERGNE-RHÔNE-ALPES", "1,3,7,15,26,38,42,43,63,69,73,74"),
    ("BOURGOGNE-FRANCHE-COMTÉ", "21,25,39,58,70,71,89,90"),
    ("BRETAGNE", "22,29,35,56"),
    ("CENTRE-VAL DE LOIRE", "18,28,36,37,41,45"),
    ("CORSE", "201,202"),
    ("DOM", "971,972,973,974,975,976"),
    ("GRAND EST", "8,10,51,52,54,55,57,67,68,88"),
    ("HAUTS-DE-FRANCE", "2,59,60,62,80"),
    ("ILE-DE-FRANCE", "75,77,78,91,92,93,94,95"),
    ("NORMANDIE", "14,27,50,61,76"),
    ("NOUVELLE AQUITAINE", "16,17,19,23,24,33,40,47,64,79,86,87"),
    ("OCCITANIE", "9,11,12,30,31,32,34,46,48,65,66,81,82"),
    ("PAYS-DE-LOIRE", "44,49,53,72,85"),
    ("PROVENCE-ALPES-COTE D'AZUR", "4,5,6,13,83,84"),
)
_FIELDS = ("txtLibre", "txtLibreLieuExec", "txtLibreAcheteur", "txtLibreVille", "txtLibreRef", "txtLibreObjet")


def native_id(tender: FrenchTender) -> str:
    """The portal's key of a notice."""
    return f"MPI-pub-{tender.published.year}{500000 + tender.number}"


def _page(title: str, content: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    body = (
        f'<!DOCTYPE html>\n<html>\n<head><meta charset="UTF-8"><title>{escape(title)}</title></head>\n<body>\n'
        f'<div class="header"><a href="/">AWS</a></div>\n<div id="content" class="blanc">\n{content}\n</div>\n'
        '<div id="footer"><a href="/pratique-infoslegales.htm">Mentions légales</a></div>\n</body>\n</html>\n'
    )
    return Answer(status, body.encode(), HTML, headers)


MAINTENANCE = _page("Maintenance", "<h1>Site en maintenance</h1><p>Merci de revenir plus tard.</p>")
NOT_FOUND = _page("Introuvable", "<h1>Page introuvable</h1>", 404)
CAPTCHA = _page("Vérification", "<h1>Êtes-vous humain ?</h1><p>Saisissez les caractères de l'image.</p>", 403)
REJECTED = Answer(
    200,
    b"<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your "
    b"administrator.<br><br>Your support ID is: 4242424242424242<br></body></html>",
    HTML,
)


def form(headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The search form; also the answer to a search that finds nothing."""
    options = []
    for name, codes in REGIONS:
        options.append(f'<option value="{codes}">{escape(name)}</option>')
        options += [f'<option value="{code}" >&nbsp;&nbsp;{code} - X</option>' for code in codes.split(",")]
    kinds = "".join(f'<input type="radio" name="IDE" value="{code}">' for code in ("EC", "A", "AAA", "DE"))
    fields = "".join(f'<input name="{name}" value="">' for name in _FIELDS)
    content = (
        f'<form action="/Annonces/lister" method="post" id="formRech">{kinds}'
        f'<select name="IDR"><option value="X" selected>par région</option>{"".join(options)}</select>{fields}'
        '<input type="submit" id="sub" name="Rechercher" value="Rechercher"></form>'
    )
    return _page("AWS", content, headers=headers)


def too_wide() -> Answer:
    """The refusal to list: it prints no number and no row."""
    return _page("AWS", '<div class="alert alert-warning">Veuillez préciser votre recherche.</div>')


def listing(rows: Sequence[FrenchTender], total: int, page: int, pages: int) -> Answer:
    """A page of a list. Every row has the same id."""
    links = "".join(f'<a href="?pager_s={number}">{number}</a> ' for number in _shown(page, pages))
    after = f'<a href="?pager_s={page + 1}" rel="next">Suivant</a>' if page < pages else ""
    items = "\n".join(row(tender) for tender in rows)
    heading = f'<h2 id="nbResultAvis">{total} Avis correspondent à votre recherche</h2>'
    return _page("AWS", f'{heading}\n{items}\n<div class="pager">{links}{after}</div>')


def _shown(page: int, pages: int) -> list[int]:
    """The numbers that the portal shows: the first five, and the last."""
    return [number for number in (*range(1, min(pages, 5) + 1), pages) if number != page] if pages > 1 else []


def row(tender: FrenchTender) -> str:
    """One row of a list, with the portal's stray white space."""
    icons = ""
    if tender.corrections:
        icons += '<span class="label label-danger" style="float: right">Avis rectifié</span>'
    if tender.social:
        icons += '<img src="/image/imgSearch/ico-critere-social.png" style="float: right"/>'
    if tender.green:
        icons += '<img src="/image/imgSearch/ico-critere-environnement.png" style="float: right"/>'
    limit = (
        ""
        if tender.award
        else f'<div class="col-6 col-md-6">Date limite : le\n      {tender.deadline:%d/%m/%y à %Hh%M}\n   </div>'
    )
    lots = f"<p>[Marché alloti :\n      {len(tender.lots)}\n      lots]\n   </p>" if tender.lots else ""
    return (
        '<div class="container-fluid" id="entity">\n<div class="row affiche_date_avis">\n'
        f'<div class="col-6 col-md-3">Publié le\n      {tender.published:%d/%m/%y}         |\n   </div>{limit}'
        f'<div class="col-6 col-md-3" id="info-icons-container">{icons}</div>\n</div>\n'
        f'<h2 class="h2-avis">{escape(tender.buyer.name)}\n      ({tender.buyer.postal_code})\n   </h2>\n'
        f'<div id="titre_box">\n<div class="ref-acheteur">\n   [réf.\n      {escape(tender.reference)}]\n   </div>'
        f"<br/>\n      {escape(tender.title)}<br/>\n{lots}</div>\n"
        f'<div class="row bandeau"><a href="/Annonces/{native_id(tender)}.htm" title="Consulter l\'avis">Consulter '
        "l'avis</a></div>\n</div>"
    )


def notice(tender: FrenchTender) -> Answer:
    """The page of a notice."""
    buyer = tender.buyer
    title = "AVIS D'ATTRIBUTION" if tender.award else "AVIS D'APPEL PUBLIC À LA CONCURRENCE"
    block = (
        f"<b>{escape(buyer.name)}</b><br>Service des marchés<br>{escape(buyer.street)}<br>{buyer.postal_code} "
        f"{escape(buyer.city)}<br>Tél : 01 00 00 00 00<br>SIRET {buyer.siret}<br>"
        f'<a href="https://mairie.example/">https://mairie.example/</a>'
    )
    table = "\n".join(_line(label, value) for label, value in _lines(tender))
    content = (
        f'<div id="AAPCGenere"><table><tr><td class="AW_Titre">{title}</td></tr></table>\n'
        f'<table><tr><td valign="top">{block}</td></tr></table>\n<table class="AW_TableM">\n{table}\n</table></div>'
    )
    return _page("Avis", content)


def _line(label: str, value: str) -> str:
    shade = "AW_TableM_Entete" if label == "Objet" else "AW_TableM_Bloc1_Clair"
    return f'<tr><td class="{shade}"><b>{label}</b></td><td class="{shade}">{value}</td></tr>'


def _lines(tender: FrenchTender) -> list[tuple[str, str]]:
    buyer = tender.buyer
    lines = [
        ("Objet", f"<b>{escape(tender.title)}</b>"),
        ("Référence", escape(tender.reference)),
        ("Type de marché", NATURES[tender.nature]),
        ("Mode", PROCEDURES[tender.procedure]),
        ("Lieu principal d'exécution", f"{buyer.postal_code} {escape(buyer.city)}"),
        ("Durée", f"{tender.months} mois"),
        ("Description", escape(tender.description)),
        *(("Code CPV principal", f"<strong>{code}</strong> - {escape(label)}") for code, label in tender.cpv),
        ("Forme", "Prestation divisée en lots : Oui" if tender.lots else "Prestation divisée en lots : Non"),
    ]
    if tender.lots:
        lines.append(("Lots", _lots(tender.lots)))
    if tender.estimate is not None:
        lines.append(("Quantité ou étendue", f"Valeur estimée hors TVA : {_grouped(tender.estimate)},00 €"))
    weights = "<br>".join(f"{weight} % : {escape(name)}" for weight, name in tender.criteria)
    lines.append(("Critères d'attribution", f"Offre économiquement la plus avantageuse :<br>{weights}"))
    if tender.award:
        lines.append(("Renseignements complémentaires", "Marché attribué."))
    else:
        limit = f"{tender.deadline:%d/%m/%y à %Hh%M}"
        lines.append(
            ("Offres", f"Remise des offres le <b>{limit}</b> au plus tard.<br>Ouverture des plis le lendemain.")
        )
        lines.append(("Documents", f'<a href="/mpiaws/index.cfm?type=DCE&amp;Idm={1700000 + tender.number}">DCE</a>'))
    boamp = f'<a href="https://www.boamp.fr/avis/detail/{tender.boamp}">BOAMP</a>' if tender.boamp else ""
    lines.append(("Envoi", f"Envoi le {tender.published:%d/%m/%y} à la publication {boamp}"))
    return lines


def _lots(lots: Sequence[FrenchLot]) -> str:
    heads = "".join(f"<td class='AW_TableM_Entete'>{name}</td>" for name in ("Lots", "Libellé", "Estimé € HT", "CPV"))
    rows = "".join(
        f"<tr><td>N° {lot.number}</td><td>{escape(lot.title)}<br>Description : détail du lot {lot.number}</td>"
        f"<td>{_grouped(lot.estimate)}</td><td><b>{lot.cpv}</b></td></tr>"
        for lot in lots
    )
    return f"<table><tr>{heads}</tr>{rows}</table>"


def _grouped(amount: int | None) -> str:
    return "" if amount is None else f"{amount:,}".replace(",", " ")
