"""The pages of the list, in the structure of the software: rows, pager, and the form with its state.

Habits kept on purpose: no encoding named, `title` attributes not escaped, the link to the messages before the link to
the consultation, two places shown and the others in a tooltip, a form for a quick search before the main form.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape

from simulated_portals.atexo_fr.consultations import Consultation

RESULT = "ctl0$CONTENU_PAGE$resultSearch$"
RESULT_ID = RESULT.replace("$", "_")
LIST_ADDRESS = "/?AllCons=&amp;page=Entreprise.EntrepriseAdvancedSearch"
_MONTHS = ("Janv.", "Fév.", "Mars", "Avril", "Mai", "Juin", "Juil.", "Août", "Sept.", "Oct.", "Nov.", "Déc.")
_SHOWN_PLACES = 2
ELECTRONIC = "Réponse électronique obligatoire pour cette consultation, sans signature électronique."


@dataclass(frozen=True)
class ListView:
    """What a page of the list shows."""

    rows: tuple[Consultation, ...]
    total: int
    page: int
    pages: int
    size: int
    sizes: tuple[int, ...]
    state: str
    base_url: str = ""
    prefix: str = ""


def layout(title: str, body: str, state: str | None = None) -> str:
    """A whole page. With `state`, the body is inside the main form."""
    field = "" if state is None else (
        '<input type="hidden" name="PRADO_POSTBACK_TARGET" id="PRADO_POSTBACK_TARGET" value="" />\n'
        '<input type="hidden" name="PRADO_POSTBACK_PARAMETER" id="PRADO_POSTBACK_PARAMETER" value="" />\n'
        '<input type="text" style="display:none" autocomplete="off" name="PRADO_PAGESTATE" id="PRADO_PAGESTATE" '
        f'value="{state}" />'
    )  # fmt: skip
    form = body if state is None else f"{_main_form_opens()}{body}{field}</form>"
    return (
        f'<!DOCTYPE html>\n<html lang="fr"><head><title>{escape(title)}</title></head><body>\n'
        '<form action="/espace-entreprise/search" method="get" name="quick"><input type="text" name="keyWord" />'
        '<button type="submit">Rechercher</button></form>\n'
        f"{form}\n</body></html>\n"
    )


def _main_form_opens() -> str:
    return f'<form id="ctl0_ctl1" method="post" action="{LIST_ADDRESS}" name="main_form" autocomplete="on">\n'


def list_page(view: ListView) -> str:
    """One page of results, or the page that says that there are none."""
    extras = (
        f'<textarea name="{RESULT}messageViadeo" rows="4" cols="20"></textarea>\n'
        f'<input type="submit" name="{RESULT}envoyerViadeo" value="Partager sur Viadeo" />\n'
    )
    if not view.total:
        nothing = (
            f'<div id="{RESULT_ID}panelNoElementFound" class="alert alert-warning">'
            '<div class="h4 text-center">Aucun résultat trouvé</div></div>\n'
        )
        return layout("Recherche de consultations", nothing + extras, view.state)
    rows = "\n".join(_row(view, index, item) for index, item in enumerate(view.rows, 1))
    body = (
        f'<div id="{RESULT_ID}panelElementsFound">{_head(view)}\n'
        f'<div class="table table-striped table-results list-group">\n{rows}\n</div>\n</div>\n{extras}'
    )
    return layout("Recherche de consultations", body, view.state)


def _head(view: ListView) -> str:
    options = "".join(_option(size, view.size) for size in view.sizes)
    head = (
        "<strong>Nombre de résultats :\n"
        f'<span id="{RESULT_ID}nombreElement">{view.total}</span></strong>\n'
        f'<select name="{RESULT}listePageSizeTop" id="{RESULT_ID}listePageSizeTop">{options}</select>\n'
    )
    if view.pages < 2:
        return head
    return (
        f'{head}<input name="{RESULT}numPageTop" type="text" value="{view.page}" id="{RESULT_ID}numPageTop" />\n'
        f'<label class="nb-total ">/ <span id="{RESULT_ID}nombrePageTop">{view.pages}</span></label>\n'
        f'<input type="submit" name="{RESULT}DefaultButtonTop" value="" style="display: none" />\n'
        f'<span id="{RESULT_ID}PagerTop">{_pager(view)}</span>'
    )


def _option(size: int, chosen: int) -> str:
    selected = ' selected="selected"' if size == chosen else ""
    return f'<option{selected} value="{size}">{size}</option>'


def _pager(view: ListView) -> str:
    """First, previous, next and last: a link, or plain words where there is nowhere to go."""
    words = ("première page", "page précédente", "page suivante", "dernière page")
    leads = (view.page > 1, view.page > 1, view.page < view.pages, view.page < view.pages)
    return "\n".join(_step(index, word, lead) for index, (word, lead) in enumerate(zip(words, leads, strict=True)))


def _step(index: int, word: str, leads: bool) -> str:
    picture = f"<span class='btn' data-toggle='tooltip' title='Aller à la {word}'><i class='fa fa-angle'></i></span>"
    if not leads:
        return f'<span class="">{picture}</span>'
    name = f"{RESULT_ID}PagerTop_ctl{index}"
    return f'<a id="{name}" class="" href="javascript:;//{name}">{picture}</a>'


def _row(view: ListView, index: int, item: Consultation) -> str:
    control, code = f"tableauResultSearch$ctl{index}", encoded(item.number)
    ids, acronym = f"{RESULT}{control}".replace("$", "_"), item.organisation.acronym
    page = f"{view.base_url}{view.prefix}/entreprise/consultation/{item.number}?orgAcronyme={acronym}"
    return f"""<div id="row-consultation-{code}" class="item_consultation list-group-item">
<div class="col-md-2 top cons_ref"><div class="check-col" style="display:none">
<input type="hidden" name="{RESULT}{control}$refCons" id="{ids}_refCons" value="{item.number}" />
<input type="hidden" name="{RESULT}{control}$orgCons" id="{ids}_orgCons" value="{acronym}" /></div>
<div class="cons_procedure"><abbr data-toggle="tooltip" title="{item.procedure}">
<span>{item.procedure_short}</span></abbr></div>
<div id="{ids}_panelBlocCategorie" class="cons_categorie"><span>{item.category}</span></div>
<div class="date date-min clearfix">{_day(item.published)}</div></div>
<div class="col-md-8 top cons_intitule"><div id="identification_cons_{index}" class="identification_consultation">
<div id="{ids}_panelBlocIntitule" class="objet-line"><div class="m-b-1 clearfix">
<div class="small pull-left">{escape(item.reference)}</div><span class="pull-left m-l-1">|</span>
<div class="small pull-left truncate"><span data-toggle="tooltip" title="{item.title}">
{escape(item.title, quote=False)}</span></div></div></div>
<div id="{ids}_panelBlocObjet" class="m-b-1"><div class="truncate-700" title="{item.about}">
<span class="h5"><strong>Objet : </strong></span><span class="small"><span>
{escape(item.about, quote=False)}</span></span></div></div>
<div id="{ids}_panelBlocDenomination" class="m-b-1"><div class="truncate-700" title="{item.organisation.printed}">
<span class="h5"><strong>Organisme : </strong></span>
<span class="small">{escape(item.organisation.printed, quote=False)}</span></div></div>
<div id="infoscons_{item.number}" class="clearfix"><ul class="line-infos list-unstyled">
{_lots(item)}{_places(item, ids)}
<span id="{ids}_panelValeurEstimee" style="display:none"></span>
<li class="m-b-1" ID="panelClauseConsultation-{code}"><div>{_clauses(item, ids)}</div></li></ul></div></div></div>
<div class="col-md-1 top cons_dateEnd"><div class="cloture-line"><div class="date clearfix ">{_day(item.deadline)}</div>
<div class="time clearfix text-center"><i class="fa fa-clock-o"></i>
<label title="Durée" alt="Durée">{item.deadline:%H:%M}</label></div></div>
<img src="/themes/images/reponse-elec-oblig.gif" style="display:;"
alt="{ELECTRONIC}" /></div>
<div class="col-md-1 middle col_actions actions"><ul class="list-unstyled list-actions">
<li class="item-action" style="display:none"><a href="{page}&code=&echanges#messagerie"><span>Messages</span></a></li>
<li class="item-action"><a class="btn btn-primary btn-sm" title="Accéder à la consultation" href="{page}">
<span class="sr-only">Accéder à la consultation</span></a></li>
<li class="item-action"><a title="Télécharger le RC" href="{rules_address(item)}"><span>RC</span></a></li>
</ul></div></div>"""


def encoded(number: int) -> str:
    """A number as the software writes it in ids: base64."""
    return base64.b64encode(str(number).encode()).decode()


def rules_address(item: Consultation) -> str:
    """Where the rules of a consultation are."""
    code = encoded(item.number)
    return f"/index.php?page=Entreprise.EntrepriseDownloadReglement&id={code}&orgAcronyme={item.organisation.acronym}"


def lots_address(item: Consultation) -> str:
    """Where the lots of a consultation are."""
    return f"page=Entreprise.PopUpDetailLots&orgAccronyme={item.organisation.acronym}&id={item.number}"


def _day(day: object) -> str:
    number, month, year = getattr(day, "day", 1), getattr(day, "month", 1), getattr(day, "year", 1970)
    return (
        f'<div class="day "><span>{number}</span></div><div class="month-year "><div class="month">'
        f'<span>{_MONTHS[month - 1]}</span></div><div class="year"><span>{year}</span></div></div>'
    )


def _lots(item: Consultation) -> str:
    if not item.lots:
        return ""
    opens = f"javascript:popUpOpen('index.php?{lots_address(item)}&lang=', 'Descriptif des lots')"
    return (
        f'<li><div class="lots"><a href="{opens}"><i class="fa fa-cubes text-warning"></i>'
        f"<span>{len(item.lots)}&nbsp;lots</span></a></div></li>"
    )


def _places(item: Consultation, ids: str) -> str:
    shown = ",  ".join(item.places[:_SHOWN_PLACES])
    whole = ", ".join(item.places)
    return (
        f'<li><div id="{ids}_panelBlocLieuxExec" class="lieux-exe"><span><i class="fa fa-map-marker"></i>'
        f'<span> {shown}</span>\n<span style="" data-toggle="popover" class="btn-link" title="" '
        f'data-content="{whole}">...</span></span></div></li>'
    )


def _clauses(item: Consultation, ids: str) -> str:
    hidden = f'<span id="{ids}_ctl40_detail_dispSociales_cons" style="display:none"></span>'
    return hidden + "".join(f'<i class="s s-{name} m-r-1" data-toggle="tooltip"></i>' for name in item.clauses)
