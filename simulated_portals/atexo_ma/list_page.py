"""Result lists in the portal's markup: unclosed divs, no tbody, texts three times, stray cp1252 bytes.

A row is rendered once and kept with a mark where its place on the page goes, since a page may hold 500 of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from simulated_portals.atexo_ma.consultations import Consultation

PREFIX = "ctl0$CONTENU_PAGE$resultSearch$"
IDS = PREFIX.replace("$", "_")
SIZES = (10, 20, 50, 100, 500)
_PLACE = "\x01"
_PLACE_FROM_ZERO = "\x02"
_CUT = 110
STRAY = "\udce9"
"""A byte that is not UTF-8 (é in cp1252), as Python keeps it until the page is encoded."""


@dataclass(frozen=True)
class ListState:
    """Which page of which list a session looks at."""

    total: int
    page: int
    size: int
    token: str
    action: str

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, math.ceil(self.total / self.size))


def encoded(page: str) -> bytes:
    """A page as bytes, stray ones included."""
    return page.encode("utf-8", "surrogateescape")


def list_page(rows: list[str], state: ListState) -> str:
    """A page of results; `rows` come from `row`."""
    placed = "".join(
        markup.replace(_PLACE, str(place)).replace(_PLACE_FROM_ZERO, str(place - 1))
        for place, markup in enumerate(rows, start=1)
    )
    found = _found(placed, state) if state.total else _nothing()
    return _frame(f"{_hidden(state)}{found}", state.action)


def _frame(content: str, action: str) -> str:
    return (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "xhtml1-transitional.dtd">\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" lang="fr"><head>'
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>'
        "<title>Marchés publics électroniques </title></head><body>"
        f'<form id="ctl0_ctl4" method="post" action="{escape(action)}" name="main_form">{content}</form></body></html>'
    )


def _hidden(state: ListState) -> str:
    token = state.token.replace("+", "&#43;")
    return (
        '<div style="visibility:hidden;">'
        f'<input type="hidden" name="PRADO_PAGESTATE" id="PRADO_PAGESTATE" value="{token}" />'
        '<input type="hidden" name="PRADO_POSTBACK_TARGET" id="PRADO_POSTBACK_TARGET" value="" />'
        '<input type="hidden" name="PRADO_POSTBACK_PARAMETER" id="PRADO_POSTBACK_PARAMETER" value="" /></div>'
        '<textarea name="ctl0$CONTENU_PAGE$AdvancedSearch$domaineActivite$idsDomaines">\n</textarea>'
    )


def _nothing() -> str:
    return f'<div id="{IDS}panelNoElementFound"><h2>Aucun résultat trouvé</h2></div>'


def _found(rows: str, state: ListState) -> str:
    return (
        f'<div id="{IDS}panelElementsFound"><h3>Nombre de résultats :&nbsp;'
        f'<span id="{IDS}nombreElement">{state.total}</span></h3>{_partitioner(state)}'
        f'<table summary="R{STRAY}sultats de la recherche" class="table-results"><caption>Résultats</caption>'
        f'<thead><tr><th id="cons_ref" abbr="Ref">Procédure</th></tr></thead>{rows}</table></div>'
    )


def _partitioner(state: ListState) -> str:
    chosen = 'selected="selected" '
    options = "".join(f'<option {chosen if n == state.size else ""}value="{n}">{n}</option>' for n in SIZES)
    return (
        f'<select name="{PREFIX}listePageSizeTop" id="{IDS}listePageSizeTop">{options}</select>'
        f'<input name="{PREFIX}numPageTop" type="text" value="{state.page}" id="{IDS}numPageTop" />'
        f'<div class="nb-total ">/ <span id="{IDS}nombrePageTop">{state.pages}</span></div>'
        f'<input type="submit" name="{PREFIX}DefaultButtonTop" value="" id="{IDS}DefaultButtonTop" />'
        f'<span id="{IDS}PagerTop">{_pager(state)}</span>'
    )


def pager_targets(state: ListState) -> dict[str, int]:
    """Name of each link of the pager to the page behind it. Links back shift the numbers of those that lead on."""
    back = {"PagerTop$ctl2": 1, "PagerTop$ctl3": state.page - 1} if state.page > 1 else {}
    start = 2 + len(back)
    on = {f"PagerTop$ctl{start}": state.page + 1, f"PagerTop$ctl{start + 1}": state.pages}
    return back | (on if state.page < state.pages else {})


def _pager(state: ListState) -> str:
    on = ("Aller à la page suivante", "Aller à la dernière page") if state.page < state.pages else ()
    back = ("Aller à la première page", "Aller à la page précédente") if state.page > 1 else ()
    parts = []
    for name, label in zip(pager_targets(state), (*back, *on), strict=True):
        element = IDS + name.replace("$", "_")
        parts.append(f"<a id=\"{element}\" href=\"javascript:;//{element}\"><img src='f.gif' alt='{label}' /></a>")
    if state.page == 1:
        parts[:0] = ["<span><img src='themes/images/fleche-premier.gif' alt='Aller à la première page' /></span>"]
    return "\n".join(parts)


def row(item: Consultation) -> str:
    """The markup of a row, with marks in place of its number on the page."""
    at = f"{IDS}tableauResultSearch_ctl{_PLACE}_"
    name = f"{PREFIX}tableauResultSearch$ctl{_PLACE}$"
    return (
        '<tr class="on"><td class="check-col" headers="checkAll" style="display:none">'
        f'<input type="hidden" name="{name}refCons" id="{at}refCons" value="{item.number}" />'
        f'<input type="hidden" name="{name}orgCons" id="{at}orgCons" value="{item.organisation}" /></td>'
        f"{_reference_cell(item, at)}{_title_cell(item, at)}{_places_cell(item, at)}{_deadline_cell(item, at)}"
        f"{_action_cells(item, at)}</div></tr>\n"
    )


def _reference_cell(item: Consultation, at: str) -> str:
    leaf = (
        f'<div id="{at}logoConsEnv"><div class="spacer-mini"></div><a class="info-suite"><img src="eco.png"></a>'
        f'<div id="{at}panelBlocConsEnv" class="info-bulle"><div>Comporte des dispositions envrionnementales</div>'
        "</div></div>"
    )
    return (
        f'<td class="col-90" headers="cons_ref"><div class="line-info-bulle">\n{item.short_procedure}\n'
        '<a href="javascript:void(0);" class="info-suite">...</a></div>'
        f'<div id="{at}panelBlocTypesProc" class="info-bulle">'
        f'<div id="identification_cons_{_PLACE_FROM_ZERO}_type_procedure">\n{escape(item.procedure)}\n</div></div>'
        f'<div id="{at}panelBlocCategorie">\n{item.category}\n</div><div>\n{item.published:%d/%m/%Y}\n</div>'
        f'{leaf if item.environmental else ""}<a target="_blank"></a></td>'
    )


def _title_cell(item: Consultation, at: str) -> str:
    whole = escape(item.title)
    visible = escape(item.title[:_CUT])
    return (
        f'<td class="col-450" headers="cons_intitule"><div id="identification_cons_{_PLACE_FROM_ZERO}">'
        f'<div id="{at}panelBlocIntitule" class="objet-line"><span id="{at}reference" class="ref">'
        f'{escape(item.reference)}</span><div style="display: none;">-</div></div>'
        f'<div id="{at}panelBlocObjet" class="objet-line"><strong>\nObjet\n: </strong>\n{visible}'
        f'<span class="info-suite">...</span><div id="{at}infosBullesObjet" class="info-bulle"><div>\n{whole}\n</div>'
        f'</div></div><div id="{at}panelBlocDenomination" class="objet-line"><strong>Acheteur public : </strong>'
        f"{escape(item.buyer)}</div></td>"
    )


def _places_cell(item: Consultation, at: str) -> str:
    whole = escape(", ".join(item.places))
    shown = "display:;" if item.lots else "display:none"
    return (
        '<td class="col-90" headers="cons_lieuExe" style="display:;">'
        f'<div id="identification_cons_{_PLACE_FROM_ZERO}_lieuxExecution"><span style="display:none;"></span><span>'
        f"<a href=\"javascript:popUp('index.php?page=commun.PopUpDetailLots&orgAccronyme={item.organisation}"
        f'&refConsultation={item.number}&lang=\',\'yes\')"><img src="picto.gif" style="{shown}" alt="Détail des lots"/>'
        f'</a>&nbsp;&nbsp;<span>-</span></span><div id="{at}panelBlocLieuxExec" style="display:;">'
        f'{escape(item.places[0])}<br /><div class="bloc-info-bulle"><a class="info-suite">...</a>'
        f'<div id="{at}ctl15_infosLieuExecution" class="info-bulle"><div>{whole}</div></div></div></div></td>'
    )


def _deadline_cell(item: Consultation, at: str) -> str:
    return (
        '<td class="col-60" headers="cons_dateEnd" abbr="Date limite"><div style="display:;">'
        f'<div class="cloture-line">\n{item.deadline:%d/%m/%Y}<br>{item.deadline:%H:%M}\n</div></div>'
        f'<div style="display:none;"><div class="cloture-line"><div id="{at}infosObjet" class="info-bulle">'
        f'<div></div></div></div></div><img src="themes/images/{item.answer}.gif" class="certificat" '
        'style="display:;" /></td>'
    )


def _action_cells(item: Consultation, at: str) -> str:
    key = f"refConsultation={item.number}&orgAcronyme={item.organisation}"
    return (
        f'<td class="actions" headers="cons_actions"><div id="{at}panelAction" class="actions">'
        f'<a target="" href="?page=entreprise.EntrepriseDetailConsultation&{key}">Accéder</a></td>'
        '<td style="display:none" class="actions col-panier" headers="cons_actions">'
        f'<a href="https://portal.invalid/?page=entreprise.EntrepriseDetailsConsultation&{key}&code=&retraits">0</a></td>'
    )
