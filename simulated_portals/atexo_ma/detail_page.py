"""The page of a consultation and the popup of its lots, in the portal's markup."""

from __future__ import annotations

from html import escape

from simulated_portals.atexo_ma.consultations import Consultation, Lot
from simulated_portals.atexo_ma.list_page import STRAY

P = "ctl0_CONTENU_PAGE_idEntrepriseConsultationSummary_"
_ZONE = "RepeaterReferentielZoneText_ctl0_"
_RADIO = "RepeaterReferentielRadio_ctl0_"
RESERVED = (
    "Réservé à la TPE et PME installées au Maroc, jeunes entreprises innovantes, Coopératives et auto-entrepreneurs"
)


def _page(content: str) -> str:
    return (
        '<html xmlns="http://www.w3.org/1999/xhtml" lang="fr"><head><title>Marchés publics électroniques </title>'
        '</head><body><form id="ctl0_ctl4" method="post" name="main_form">'
        '<input type="hidden" name="PRADO_PAGESTATE" value="eJ" />'
        f"{content}</form></body></html>"
    )


def detail_page(item: Consultation) -> str:
    """The page of a consultation. An allotted one leaves estimate, deposit and flags empty."""
    key = f"refConsultation={item.number}&orgAcronyme={item.organisation}"
    return _page(
        '<!--Debut Bloc Recap Consultation--><div class="form-bloc recap-infos-consultation" id="recap-consultation">'
        f'<div class="content"><div class="recap-bloc">{_head(item)}'
        f'<div id="infosPrincipales" style="display:none;" class="panel-toggle">{_body(item)}</div></div></div></div>'
        f'<ul><li><a id="ctl0_CONTENU_PAGE_linkDownloadDce" href="index.php?page=entreprise.'
        f'EntrepriseDemandeTelechargementDce&{key}">Dossier de consultation - 2,98 Mo</a></li>'
        f'<li style="display:none"><a href="index.php?page=entreprise.EntrepriseDownloadAvisJAL&{key}&idAvis=">Avis</a>'
        "</li></ul><!--Fin Bloc Recap Consultation-->"
    )


def _line(label: str, content: str) -> str:
    return (
        f'<div class="line"><div class="intitule-240 bold">{label} : </div>'
        f'<div class="content-bloc bloc-500">{content}</div></div>'
    )


def _span(tail: str, words: str) -> str:
    return f'<span id="{P}{tail}">{escape(words, quote=False)}</span>'


def _head(item: Consultation) -> str:
    cancelled = f'<img src="themes/images/annule.gif" id="{P}pictConsultationAnnulee" title="Consultation annulée" />'
    deadline = _span("dateHeureLimiteRemisePlis", f"{item.deadline:%d/%m/%Y %H:%M}")
    picture = f'<img src="themes/images/{item.answer}.gif" alt="" id="{P}pictCertificat" class="certificat" />'
    return (
        f'<div class="line"><div id="{P}panelDateLimiteRemisePlis"><div class="intitule-240 bold">'
        "Date et heure limite de remise des plis : </div></div>"
        f'<div class="content-bloc">{deadline}{_span("libelleHeureLocalisation", " ")}</div>'
        f'<div class="content-bloc">{picture}{cancelled if item.cancelled else ""}</div></div>'
        f"{_line('Référence', _span('reference', item.reference))}{_line('Objet', _span('objet', item.title))}"
    )


def _body(item: Consultation) -> str:
    count = f"{len(item.lots)} Lots " if item.lots else ""
    places = ", ".join(item.places)
    domains = "".join(f"<li>{escape(domain, quote=False)} </li>" for domain in item.domains)
    mode = _span("modePassation", f" | {item.mode}")
    lots = f'{_span("nbrLots", count)}<a id="{P}linkDetailLots">{"Détail" if item.lots else "-"}</a>'
    return "".join(
        (
            _line("Acheteur public", _span("entiteAchat", f"{item.ministry} / {item.entity} - {item.buyer}")),
            _line("Type d'annonce", _span("annonce", "Annonce de consultation")),
            _line("Procédure", f"{_span('typeProcedure', item.procedure)}{mode}"),
            _line("Catégorie principale", _span("categoriePrincipale", item.category)),
            _line("Allotissement", lots),
            _line("Lieu d'exécution", _span("lieuxExecutions", places)),
            f'<div class="info-bulle"><div>{_span("lieuxExecutionSuite", places)}</div></div>',
            f"<!-- d{STRAY}but affichage codes nuts -->",
            _referential(P + "idReferentielZoneText_", item.estimate),
            _radio(P + "idRefRadio_", "" if item.lots else _yes(item.reserved)),
            _line(
                "Domaines d'activité",
                f"<span id=\"{P}domainesActivite\"><ul class='default-list'>{domains}<li></li></ul></span>",
            ),
            _line("Adresse de dépôt des offres", _span("adresseDepotOffres", "Bureau d'ordre, salle 3")),
            _line("Prix d'acquisition des plans", _span("prixAcquisitionPlan", "0,00 MAD ")),
            _unallotted(item),
            _contact(),
        )
    )


def _yes(value: bool) -> str:
    return "Oui" if value else "Non"


def _referential(prefix: str, amount: str) -> str:
    return (
        f'<div id="{prefix}{_ZONE}panelReferentielZoneText" class="line"><div class="intitule-240 bold">'
        f"<span id=\"{prefix}{_ZONE}titre\">Estimation (en Dhs TTC)</span><span style='display:none'>"
        f'<span id="{prefix}{_ZONE}etoile">*</span></span><span id="{prefix}{_ZONE}deuxPoint">:</span></div>'
        f'<span id="{prefix}{_ZONE}labelReferentielZoneText" class="content-bloc">{amount}</span>'
        '<div id="infosRefrentiel_1" class="info-bulle"><div>@@@@</div></div></div>'
    )


def _radio(prefix: str, words: str) -> str:
    return (
        f'<div id="{prefix}{_RADIO}panelReferentielRadio"><div Class="line"><div class="intitule-240 bold">'
        f'<span id="{prefix}{_RADIO}titre">{RESERVED}</span></div>'
        f'<span id="{prefix}{_RADIO}labelReferentielRadio" class="content-bloc">{words}</span></div></div>'
    )


def _unallotted(item: Consultation) -> str:
    shown = "display:none;" if item.lots else "display:;"
    skills = "".join(f"<li>{escape(words)}</li>" for words in item.qualifications)
    day = f"{item.visit:%d/%m/%Y %H:%M}" if item.visit else "-"
    visit = (
        f'<div id="{P}panelRepeaterVisitesLieux">{_span("repeaterVisitesLieux_ctl1_dateVisites", day)}'
        f"{_span('repeaterVisitesLieux_ctl1_adresseVisites', 'Sur le site')}</div>"
        if item.visit
        else f'<div id="{P}panelPasVisitelieu" class="content-bloc bloc-500">- </div>'
    )
    return (
        f'<div id="{P}panelConsultationNonAlotti" style="{shown}">'
        f"{_line('Caution provisoire', _span('cautionProvisoire', item.deposit))}"
        f"{_line('Qualifications', _skills(P + 'qualification', skills))}{_line('Agréments', _span('agrements', '-'))}"
        f"{_line('Réunion', _span('dateReunion', '-'))}"
        f'<div class="line"><div class="intitule-240 bold">Visites des lieux : </div>{visit}</div>'
        f"{_line('Variante', _span('varianteValeur', '' if item.lots else 'Non'))}</div>"
    )


def _skills(element: str, items: str) -> str:
    return f'<span id="{element}">{f"<ul>{items}</ul>" if items else "-"}</span>'


def _contact() -> str:
    return _line(
        "Contact Administratif",
        f"{_span('contactAdministratif', 'Personne Inventée')}{_span('email', 'achats@portal.invalid')}"
        f"{_span('telephone', '+212500000001')}{_span('telecopieur', '+212500000002')}",
    )


def lots_popup(item: Consultation) -> str:
    """The popup of a consultation's lots; without lots it is empty."""
    return _page("".join(_lot(place, lot) for place, lot in enumerate(item.lots)) or "<div>Aucun lot</div>")


def _lot(place: int, lot: Lot) -> str:
    prefix = f"ctl0_CONTENU_PAGE_repeaterLots_ctl{place}_"
    return (
        f'<div class="intitule-bloc intitule-150"><span class="blue bold">Lot {lot.number} :</span></div>'
        f'<div class="content-bloc bloc-600">{escape(lot.title)}</div><div class="spacer-mini"></div>'
        f'<div class="intitule-150 bold">Catégorie :</div><div class="content-bloc bloc-600">{lot.category}</div>'
        f'<div class="spacer-mini"></div><div class="intitule-150 bold">Description :</div>'
        f'<div class="content-bloc bloc-600">{escape(lot.description)}</div>'
        f"{_referential(prefix + 'idReferentielZoneTextLot_', lot.estimate)}"
        f'<div id="{prefix}panelCautionProvisoire" class="line"><div class="intitule-240">Caution provisoire :</div>'
        f'<span id="{prefix}cautionProvisoire">{lot.deposit}</span></div>'
        f'<div id="{prefix}panelQualification" class="line"><span id="{prefix}qualification">-</span></div>'
        f"{_radio(prefix + 'idRefRadio_', _yes(lot.reserved))}"
        f'<div class="line"><span id="{prefix}varianteValeur">Non</span></div>'
    )


def unknown_page() -> str:
    """What the portal shows for a consultation that it does not know."""
    return _page("<h2>Cette consultation n'existe pas ou n'est plus disponible.</h2>")
