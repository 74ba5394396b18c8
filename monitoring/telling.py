"""Incidents as sentences, in the reader's language: what is wrong, and what happens or is to be done next.

The store keeps kind and details; the message that is stored beside them is French and for logs. Sentences for everybody
hold no word of a server, a file or an address; those are `details_of`, which operators see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from crawlers import portals
from monitoring import sentences
from monitoring.sentences import N_
from notices.model import best_text
from store.records import Incident, IncidentKind

_ONE_AND_MANY = {
    IncidentKind.WINDOW_INCOMPLETE: (
        N_("{name} : {n} période de lecture est incomplète ({missing}) ; Vigie la relit."),
        N_("{name} : {n} périodes de lecture sont incomplètes ({missing}) ; Vigie les relit."),
    ),
    IncidentKind.WINDOW_SUSPECT: (
        N_("{name} : pour {n} période, le portail annonce moins d'avis que d'habitude ; à vérifier sur le portail."),
        N_("{name} : pour {n} périodes, le portail annonce moins d'avis que d'habitude ; à vérifier sur le portail."),
    ),
    IncidentKind.QUARANTINE: (
        N_("{name} : {n} avis n'a pas pu être lu et attend une correction de Vigie (quarantaine)."),
        N_("{name} : {n} avis n'ont pas pu être lus et attendent une correction de Vigie (quarantaine)."),
    ),
    IncidentKind.MESSAGE_REFUSED: (
        N_("Vigie a renoncé à remettre {n} message ; « vigie outbox list » dit pourquoi."),
        N_("Vigie a renoncé à remettre {n} messages ; « vigie outbox list » dit pourquoi."),
    ),
    IncidentKind.MAIL_UNDELIVERED: (
        N_("Le serveur de courrier ne prend aucun message ; {n} attend et sera réessayé."),
        N_("Le serveur de courrier ne prend aucun message ; {n} attendent et seront réessayés."),
    ),
    IncidentKind.PROFILE_UNREADABLE: (
        N_("{n} alerte ne peut plus être lue et ne reçoit rien : sa recherche est à corriger."),
        N_("{n} alertes ne peuvent plus être lues et ne reçoivent rien : leurs recherches sont à corriger."),
    ),
    IncidentKind.MATCHING_MISSED: (
        N_("{n} avis n'a pas été signalé à une alerte qui le cherche ; « vigie matching check » dit lequel."),
        N_("{n} avis n'ont pas été signalés à une alerte qui les cherche ; « vigie matching check » dit lesquels."),
    ),
    IncidentKind.MATCHING_UNWANTED: (
        N_("{n} avis a été signalé à une alerte qui ne le cherche pas ; « vigie matching check » dit lequel."),
        N_("{n} avis ont été signalés à une alerte qui ne les cherche pas ; « vigie matching check » dit lesquels."),
    ),
    IncidentKind.IDENTIFIER_SET_ASIDE: (
        N_(
            "{n} identifiant ne rapproche plus d'avis, car trop d'avis le portent ; "
            "« vigie procedures decisions » dit lequel."
        ),
        N_(
            "{n} identifiants ne rapprochent plus d'avis, car trop d'avis les portent ; "
            "« vigie procedures decisions » dit lesquels."
        ),
    ),
    IncidentKind.ARCHIVE_WAITING: (
        N_("L'archive ne prend pas les données brutes ; {n} fichier attend sur sa machine et sera déposé."),
        N_("L'archive ne prend pas les données brutes ; {n} fichiers attendent sur leurs machines et seront déposés."),
    ),
    IncidentKind.EXPORT_GIVEN_UP: (
        N_("{n} export demandé n'a pas pu être écrit ; « vigie jobs list export --given-up » dit lequel."),
        N_("{n} exports demandés n'ont pas pu être écrits ; « vigie jobs list export --given-up » dit lesquels."),
    ),
}
_PLAIN = {
    IncidentKind.RUN_FAILED: N_("{name} : la dernière lecture a échoué ; Vigie réessaie à la prochaine heure prévue."),
    IncidentKind.RUN_LOST: N_(
        "{name} : une lecture s'est interrompue sans un mot (arrêt ou panne) ; elle sera reprise."
    ),
}
_COUNTED = {
    IncidentKind.WINDOW_INCOMPLETE: "count",
    IncidentKind.WINDOW_SUSPECT: "count",
    IncidentKind.QUARANTINE: "held",
    IncidentKind.MESSAGE_REFUSED: "count",
    IncidentKind.MAIL_UNDELIVERED: "waiting",
    IncidentKind.PROFILE_UNREADABLE: "count",
    IncidentKind.ARCHIVE_WAITING: "count",
    IncidentKind.MATCHING_MISSED: "count",
    IncidentKind.MATCHING_UNWANTED: "count",
    IncidentKind.IDENTIFIER_SET_ASIDE: "count",
    IncidentKind.EXPORT_GIVEN_UP: "count",
}
_NOTED = (
    "run", "words", "reasons", "windows", "messages", "profiles", "notices", "machines", "identifiers", "exports",
)  # fmt: skip
_SILENT = N_(
    "{name} : aucune lecture réussie depuis celle prévue le {when} ; le portail ou la planification est arrêté."
)
_SILENT_UNDATED = N_(
    "{name} : plusieurs lectures prévues n'ont pas réussi ; le portail ou la planification est arrêté."
)


def sentence(incident: Incident, language: str) -> str:
    """An incident for everybody; one of a kind that is gone is told in its stored words."""
    try:
        kind = IncidentKind(incident.kind)
    except ValueError:
        return incident.message
    _ = sentences.speaker(language)
    if kind is IncidentKind.PORTAL_SILENT:
        return _silent(incident, language)
    if kind in _PLAIN:
        return _(_PLAIN[kind], name=_name(incident, language))
    number = incident.details.get(_COUNTED[kind])
    if not isinstance(number, int):
        return incident.message  # written by an earlier version
    one, many = _ONE_AND_MANY[kind]
    places = {"name": _name(incident, language), "missing": _missing(incident.details, language)}
    return _(one if number == 1 else many, n=sentences.number(number, language), **places)


def details_of(incident: Incident) -> tuple[str, ...]:
    """What operators need beside the sentence: words of servers, reasons, names; as they were noted."""
    found: list[str] = []
    for key in _NOTED:
        value = incident.details.get(key)
        if isinstance(value, str) and value:
            found.append(value)
        elif isinstance(value, list | tuple):
            found += [str(item) for item in value[:10]]
    return tuple(found)


def _silent(incident: Incident, language: str) -> str:
    _ = sentences.speaker(language)
    name = _name(incident, language)
    since = incident.details.get("since")
    if not isinstance(since, str) or incident.portal not in portals.keys():
        return _(_SILENT_UNDATED, name=name)
    when = sentences.moment(datetime.fromisoformat(since), portals.load(incident.portal).clock, language)
    return _(_SILENT, name=name, when=when)


def _missing(details: Mapping[str, Any], language: str) -> str:
    _ = sentences.speaker(language)
    number = details.get("missing")
    if not isinstance(number, int) or number == 0:
        return _("nombre d'avis manquants inconnu")
    told: Callable[..., str] = _
    text = N_("{n} avis annoncé manque") if number == 1 else N_("{n} avis annoncés manquent")
    return told(text, n=sentences.number(number, language))


def _name(incident: Incident, language: str) -> str:
    if incident.portal is None or incident.portal not in portals.keys():
        return incident.portal or "Vigie"
    return best_text(portals.load(incident.portal).name, (language, "fr", "en"))
