"""The pages of announcements in the portal's markup: the search form, an announcement, openings, programmes."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from simulated_portals.atexo_ma.detail_page import detail_page
from simulated_portals.atexo_ma.results.announcements import LABELS, Announcement, OpenedTender, Programme

FORM = "ctl0$CONTENU_PAGE$AdvancedSearch$"
BUTTON = "ctl0$CONTENU_PAGE$ctl4"
LOTS = "ctl0$CONTENU_PAGE$lotsDropDownList"
PROGRAMMES = "ctl0_CONTENU_PAGE_tableauPP_panelListePPs"


def frame(content: str, action: str, token: str) -> str:
    """A page with the form that all pages have."""
    state = token.replace("+", "&#43;")
    return (
        '<html xmlns="http://www.w3.org/1999/xhtml" lang="fr"><head><title>Marchés publics électroniques </title>'
        f'</head><body><form id="ctl0_ctl4" method="post" action="{escape(action)}" name="main_form"><div>'
        f'<input type="hidden" name="PRADO_PAGESTATE" id="PRADO_PAGESTATE" value="{state}" />'
        '<input type="hidden" name="PRADO_POSTBACK_TARGET" value="" />'
        f'<input type="hidden" name="PRADO_POSTBACK_PARAMETER" value="" /></div>{content}</form></body></html>'
    )


def search_form(kind: str, action: str, token: str, today: str) -> str:
    """The search: no result yet. Its two textareas, posted as a parser reads them, empty the list."""
    chosen = 'selected="selected" '
    options = "".join(
        f'<option {chosen if code == kind else ""}value="{code}">{escape(label)}</option>'
        for code, label in {"0": "--- Tous les types d'annonce ---", **LABELS}.items()
    )
    content = (
        f'<select name="{FORM}organismesNames"><option value="0">--- Toutes ---</option>'
        '<option value="g3h">Ministère de l\'intérieur</option></select>'
        f'<select name="{FORM}entityPurchaseNames"></select>'
        f'<input name="{FORM}reference" type="text" /><select name="{FORM}annonceType">{options}</select>'
        f'<textarea name="{FORM}domaineActivite$idsDomaines">\n</textarea>'
        f'<input type="submit" name="{FORM}domaineActivite$displayDomaine" value="" />'
        f'<textarea name="{FORM}qualification$libelleQualif">\n</textarea>'
        f'<input name="{FORM}dateMiseEnLigneStart" type="text" value="{today}" />'
        f'<input name="{FORM}dateMiseEnLigneCalculeEnd" type="text" value="{today}" />'
        f'<input type="radio" name="{FORM}rechercheFloue" value="{FORM}floue" checked="checked" />'
        f'<input type="radio" name="{FORM}rechercheFloue" value="{FORM}exact" />'
        f'<input type="submit" name="{FORM}boutonClear" value="Effacer" />'
        f'<input type="submit" name="{FORM}lancerRecherche" value="Lancer la recherche" />'
    )
    return frame(content, action, token)


def announcement_page(item: Announcement) -> str:
    """The page of an announcement: a call's block, the kind, and its documents beside the hidden template."""
    key = f"refConsultation={item.record.number}&orgAcronyme={item.record.organisation}"
    files = "".join(
        f'<li><a title="{escape(LABELS[item.kind])} {number}.pdf - 716,79 Ko" href="index.php?page=entreprise.'
        f'EntrepriseDownloadAvisJAL&{key}&idAvis={number}">Avis complémentaire en ligne</a></li>'
        for number in item.files
    )
    page = detail_page(item.record)
    page = page.replace(">Annonce de consultation<", f">{escape(LABELS[item.kind], quote=False)}<")
    return page.replace('<li style="display:none">', f'{files}<li style="display:none">')


def opening_table(tenders: Iterable[OpenedTender]) -> str:
    """The table of openings, under two rows of headings."""
    rows = "".join(
        f'<tr><td><h3 class="center">{escape(item.firm)}</h3></td><td class="center">{item.administrative} </td>'
        f'<td class="center">{item.financial} </td><td style="color: #e01600;"> {item.before} </td>'
        f'<td style="color: #00ad09;"> {item.after} </td></tr>'
        for item in tenders
    )
    return (
        '<table cellpadding="3" class="table-results"><thead><tr><th class="top" colspan="6"></th></tr>'
        '<tr><th class="center"> Entreprise </th><th class="center"> Enveloppes administratives </th>'
        '<th colspan="3" class="center"> Enveloppes Financières </th></tr><tr><th></th><th></th><th></th>'
        '<th class="center"> Avant Correction </th><th class="center"> Après Correction </th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def tracking_page(openings: list[tuple[OpenedTender, ...]], action: str, token: str) -> str:
    """The page of a call: the table of its first lot, and a select where it has several."""
    if not openings:
        return frame("<h2>Le suivi de cette consultation n'est pas renseigné.</h2>", action, token)
    choices = "".join(
        f'<option value="{place}">Lot {place} : tranche {place}</option>' for place in range(1, len(openings) + 1)
    )
    select = f'<select name="{LOTS}" id="{LOTS.replace("$", "_")}">{choices}</select>' if len(openings) > 1 else ""
    return frame(select + opening_table(openings[0]), action, token)


def callback(tenders: tuple[OpenedTender, ...]) -> str:
    """What answers the choice of a lot: a fragment between marks, no whole page."""
    return f"<!--X-PRADO-CONTENT-->{opening_table(tenders)}<!--//X-PRADO-CONTENT-->"


def programmes_page(programmes: list[Programme] | None, action: str, token: str, shown: int | None = None) -> str:
    """The list of programmes; before its button is pressed only the form."""
    button = (
        f'<div id="ctl0_CONTENU_PAGE_panelSearchInPP"><input type="submit" name="{BUTTON}" value="Rechercher"/></div>'
    )
    if programmes is None:
        return frame(button, action, token)
    rows = "".join(
        f'<tr class="on"><td headers="nomFichier"><a href="javascript:popUp(\'index.php?page=commun.'
        f"PopupListePPsDownloadFile&id={item.number}&org={item.organisation}','yes')\">{escape(item.file)}</a></td>"
        f'<td headers="PathService"><span>{escape(item.buyer)}</span></td><td headers="annee"><span>{item.year}</span>'
        f'</td><td headers="datePublication"><span>{item.published:%d/%m/%Y}</span></td></tr>'
        for item in programmes[:shown]
    )
    total = f'<span id="ctl0_CONTENU_PAGE_tableauPP_nombreElement">{len(programmes)}</span>'
    return frame(
        f'{button}<div id="{PROGRAMMES}">{total}<table class="table-results">{rows}</table></div>', action, token
    )
