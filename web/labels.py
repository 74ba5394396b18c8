"""Names that people read for codes, enumerations and fields of the model.

Codes of published lists get the label of the list (`notices.vocabularies`); our own words are in the catalogue.
"""

from __future__ import annotations

import re
from typing import Any

from notices.model import MultilingualText, Place
from notices.vocabularies import codes, countries, cpv, languages, procedures, regions, subtypes
from web import portals
from web.texts import N_, Speaker

KINDS = {
    "planning": N_("Préinformation"),
    "consultation": N_("Consultation du marché"),
    "competition": N_("Appel à la concurrence"),
    "direct-award": N_("Attribution directe annoncée"),
    "result": N_("Attribution"),
    "modification": N_("Modification de contrat"),
    "completion": N_("Fin de contrat"),
    "change": N_("Rectification"),
    "cancellation": N_("Annulation"),
    "information": N_("Information"),
    "registration": N_("Enregistrement"),
}
IDENTIFIERS = {
    "procedure-key": N_("clé de la procédure sur le portail"),
    "notice": N_("avis nommé par un autre"),
    "eforms-procedure-id": N_("identifiant eForms de la procédure"),
    "eforms-notice-id": N_("identifiant eForms de l'avis"),
    "ted-publication-number": N_("numéro de publication au Journal officiel de l'Union européenne"),
}
NATURES = {"works": N_("Travaux"), "supplies": N_("Fournitures"), "services": N_("Services")}
FLAGS = {
    "sme_suitable": N_("Convient aux PME"),
    "reserved": N_("Marché réservé"),
    "green": N_("Critère environnemental"),
    "social": N_("Critère social"),
    "innovation": N_("Innovation"),
    "eu_funds": N_("Financement européen"),
    "electronic_submission": N_("Remise électronique"),
}
DEADLINES = {
    "tenders": N_("Remise des offres"),
    "requests": N_("Demandes de participation"),
    "expressions": N_("Manifestations d'intérêt"),
}
AMOUNTS = {
    "estimated": N_("Valeur estimée"),
    "framework-maximum": N_("Maximum de l'accord-cadre"),
    "framework-reestimated": N_("Valeur réestimée de l'accord-cadre"),
    "awarded": N_("Valeur attribuée"),
    "tender": N_("Montant d'une offre"),
    "lowest-tender": N_("Offre la plus basse"),
    "highest-tender": N_("Offre la plus haute"),
    "concession-revenue": N_("Recettes de la concession"),
    "deposit": N_("Cautionnement provisoire"),
}
TAX_BASES = {
    "excluded": N_("hors TVA"),
    "included": N_("TVA comprise"),
    "unknown": N_("TVA : non précisé"),
}
RELATIONS = {
    "previous": N_("Avis précédent"),
    "planning": N_("Préinformation"),
    "changed": N_("Avis rectifié"),
    "modified": N_("Contrat modifié"),
    "same-procedure": N_("Même procédure"),
    "national-copy": N_("Copie nationale"),
}
UNITS = {
    "DAY": (N_("1 jour"), N_("{n} jours")),
    "WEEK": (N_("1 semaine"), N_("{n} semaines")),
    "MONTH": (N_("1 mois"), N_("{n} mois")),
    "YEAR": (N_("1 an"), N_("{n} ans")),
}
RECEIVED_BASES = {
    "tenders": N_("compté par le portail comme « offres »"),
    "empty-code": N_("nombre publié sans type ; lu comme le nombre d'offres"),
    "t-esubm": N_("offres remises par voie électronique"),
}
ANYWHERE = {
    "anyw": N_("N'importe où dans le monde"),
    "anyw-eea": N_("N'importe où dans l'Espace économique européen"),
    "anyw-cou": N_("N'importe où dans le pays"),
}
ORIGINS = {
    "crawl": N_("collecte"),
    "replay": N_("relecture de l'archive"),
    "release": N_("sortie de quarantaine"),
}
FIELDS = {
    "kind": N_("Type d'avis"),
    "title": N_("Titre"),
    "description": N_("Description"),
    "additional_information": N_("Informations complémentaires"),
    "buyers": N_("Acheteurs"),
    "other_parties": N_("Autres organisations"),
    "nature": N_("Nature"),
    "additional_natures": N_("Autres natures"),
    "classifications": N_("Codes CPV"),
    "places": N_("Lieux"),
    "procedure_type": N_("Procédure"),
    "values": N_("Montants"),
    "value": N_("Montant"),
    "framework": N_("Accord-cadre"),
    "duration": N_("Durée"),
    "deadlines": N_("Délais"),
    "question_period": N_("Période des questions"),
    "question_deadline": N_("Fin des questions"),
    "opening_at": N_("Ouverture des offres"),
    "electronic_submission": N_("Remise électronique"),
    "submission_url": N_("Adresse de remise"),
    "submission_languages": N_("Langues des offres"),
    "documents": N_("Documents"),
    "flags": N_("Particularités"),
    "accreditations": N_("Agréation"),
    "lots": N_("Lots"),
    "results": N_("Résultats"),
    "links": N_("Avis liés"),
    "changes": N_("Rectifications"),
    "modification_reason": N_("Motif de modification"),
    "modification_description": N_("Description de la modification"),
    "published_at": N_("Publication"),
    "first_published_on": N_("Première publication"),
    "dispatched_at": N_("Envoi"),
    "cancelled": N_("Annulé"),
    "languages": N_("Langues"),
    "notice_uuid": N_("Identifiant de l'avis"),
    "notice_version": N_("Version de l'avis"),
    "publication_number": N_("Numéro de publication"),
    "procedure_id": N_("Identifiant de la procédure"),
    "references": N_("Références"),
    "url": N_("Adresse sur le portail"),
    "subtype": N_("Sous-type"),
    "notice_type": N_("Type eForms"),
    "form_type": N_("Formulaire eForms"),
    "legal_basis": N_("Base légale"),
    "format": N_("Format lu"),
    "partial": N_("Lecture partielle"),
    "notes": N_("Remarques de lecture"),
    "award_criteria": N_("Critères d'attribution"),
    "variants_allowed": N_("Variantes autorisées"),
    "renewals_maximum": N_("Reconductions au plus"),
    "members": N_("Lots du groupe"),
    "name": N_("Nom"),
    "identifiers": N_("Identifiants"),
    "place": N_("Adresse"),
    "website": N_("Site"),
    "code": N_("Code"),
    "printed": N_("Texte imprimé"),
    "features": N_("Particularités de la procédure"),
    "start": N_("Début"),
    "end": N_("Fin"),
    "status": N_("Issue"),
    "tenders_received": N_("Offres reçues"),
    "tenders": N_("Offres"),
    "contracts": N_("Contrats"),
    "submissions": N_("Offres par type"),
    **FLAGS,
}
_HIDDEN = frozenset({"email", "phone"})
_STEP = re.compile(r"([a-z_]+)(?:\[([^\]]*)\])?")


def of(table: dict[str, str], key: object, say: Speaker) -> str:
    """The translated name of a key of one of the tables above; the key itself when it has none."""
    text = table.get(str(key))
    return say.translate(text) if text else str(key)


def portal(key: str, say: Speaker) -> str:
    """Short name of a portal."""
    return portals.short_name(key, say.language)


def portal_name(key: str, say: Speaker) -> str:
    """Full name of a portal."""
    return portals.name(key, say.language)


def code(name: str, value: str | None, say: Speaker) -> str:
    """Label of a code of an eForms list; the code itself when the list lacks it."""
    return (codes.label(name, value, say.language) or value) if value else ""


def cpv_label(value: str, say: Speaker) -> str:
    """Label of a CPV code."""
    return cpv.label(value, say.language) or say.translate("code inconnu")


def cpv_printed(value: str) -> str:
    """A CPV code with its check digit where it is known."""
    known = cpv.get(value)
    return known.printed if known else value


def region(value: str, say: Speaker) -> str:
    """Name of a region or country; the code itself when it is unknown."""
    return regions.label(value, say.language) or countries.label(value, say.language) or value


def country(value: str, say: Speaker) -> str:
    """Name of a country."""
    return countries.label(value, say.language) or value


def language_name(value: str, say: Speaker) -> str:
    """Name of a language."""
    return languages.label(value, say.language) or value


def own_language_name(value: str) -> str:
    """Name of a language in that language, for switches."""
    return languages.label(value, value) or value


def procedure(value: str | None, say: Speaker) -> str:
    """Name of a procedure type."""
    return (procedures.label(value, say.language) or value) if value else ""


def subtype(value: str | None, say: Speaker) -> str:
    """Name of an eForms notice subtype."""
    return (subtypes.label(value, say.language) or value) if value else ""


def received_basis(value: str, say: Speaker) -> str:
    """How a number of tenders was read."""
    return of(RECEIVED_BASES, value, say) if value in RECEIVED_BASES else code("received-submission-type", value, say)


def place(value: Place, say: Speaker) -> str:
    """A place in one line: locality, region, country."""
    if value.anywhere:
        return of(ANYWHERE, value.anywhere, say)
    parts = [" ".join(part for part in (value.postal_code, value.locality) if part)]
    parts.append(region(value.nuts, say) if value.nuts else "")
    parts.append(country(value.country, say) if value.country else "")
    found = list(dict.fromkeys(part for part in parts if part))
    return ", ".join(found) or (value.printed or "")


def best(texts: MultilingualText, language: str) -> tuple[str, str]:
    """The text nearest to a reader's language, with the language it is in."""
    for candidate in (language, "fr", "en", "nl", "de"):
        if texts.get(candidate):
            return candidate, texts[candidate]
    return next(iter(texts.items()), (language, ""))


def field(path: str, say: Speaker) -> str:
    """Human name of a path of a difference: `lots[LOT-0001].deadlines` reads « Lots LOT-0001 › Délais »."""
    steps = []
    for name, key in _STEP.findall(path):
        text = of(FIELDS, name, say)
        if name not in FIELDS and languages.get(name):
            text = language_name(name, say)
        steps.append(f"{text} {key}" if key else text)
    return " › ".join(steps)


def is_personal(path: str) -> bool:
    """Whether a path of a difference leads to personal data."""
    return path.rpartition(".")[2] in _HIDDEN


def without_personal(value: Any) -> Any:
    """A JSON value without mail addresses and telephone numbers of people."""
    if isinstance(value, dict):
        return {key: without_personal(item) for key, item in value.items() if key not in _HIDDEN}
    if isinstance(value, list):
        return [without_personal(item) for item in value]
    return value
