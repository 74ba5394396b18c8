"""The flat record of a notice, as version 2.1 of the interface gives it: lists or null, two texts that hold JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from simulated_portals.boamp.drafts import FAMILIES, Draft
from simulated_portals.boamp.eforms_json import eforms
from simulated_portals.boamp.national_json import divers, dsp, fns_simple, mapa
from simulated_portals.boamp.old_json import legacy

FIELDS = (
    "idweb", "id", "contractfolderid", "objet", "filename", "famille", "famille_libelle", "code_departement",
    "code_departement_prestation", "dateparution", "datefindiffusion", "datelimitereponse", "nomacheteur", "titulaire",
    "perimetre", "type_procedure", "soustype_procedure", "procedure_libelle", "procedure_categorise", "nature",
    "sousnature", "nature_libelle", "sousnature_libelle", "nature_categorise", "nature_categorise_libelle", "criteres",
    "marche_public_simplifie", "marche_public_simplifie_label", "etat", "descripteur_code", "dc",
    "descripteur_libelle", "type_marche", "type_marche_facette", "type_avis", "annonce_lie", "annonces_anterieures",
    "annonces_anterieures_schema_v110", "source_schema", "gestion", "donnees", "url_avis",
)  # fmt: skip

PROCEDURES = {
    "OUVERT": "Procédure Ouverte",
    "RESTREINT": "Procédure Restreinte",
    "PROCEDURE_ADAPTE": "Procédure Adaptée",
    "DIALOGUE_COMPETITIF": "Dialogue Compétitif",
}
_NATURES = {
    "APPEL_OFFRE": ("Avis de marché", "appeloffre", "5,1,"),
    "ATTRIBUTION": ("Résultat de marché", "attribution", "10,6,"),
    "RECTIFICATIF": ("Rectificatif", "rectificatif", "5,1,"),
    "ANNULATION": ("Annulation", "annulation", "5,1,"),
}
_WRITERS: dict[str, Callable[[Draft], dict[str, Any]]] = {
    "eforms": eforms, "fns": fns_simple, "mapa": mapa, "dsp": dsp, "divers": divers, "legacy": legacy,
}  # fmt: skip


def record_of(draft: Draft) -> dict[str, Any]:
    """All fields of a notice's record."""
    found = {**dict.fromkeys(FIELDS), **_identity(draft), **_kind(draft), **_subject(draft)}
    if draft.previous is not None:
        found["annonce_lie"] = [draft.previous.idweb]
        found["annonces_anterieures"] = _printed({"ANNONCE": {"IDWEB": draft.previous.idweb,
            "DATE_PUBLICATION": str(draft.previous.published_on)}})  # fmt: skip
    found["gestion"] = _printed(_management(draft))
    found["donnees"] = _printed(_WRITERS[draft.shape](draft))
    return found


def _identity(draft: Draft) -> dict[str, Any]:
    return {
        "idweb": draft.idweb,
        "id": draft.idweb.replace("-", "_"),
        "filename": draft.idweb,
        "contractfolderid": draft.folder,
        "dateparution": str(draft.published_on),
        "datefindiffusion": str(_diffusion(draft)),
        "datelimitereponse": None if draft.deadline is None else draft.deadline.astimezone(UTC).isoformat(),
        "nomacheteur": draft.buyer.name,
        "titulaire": [winner.name for winner in draft.winners] or None,
        "source_schema": "2.3.0" if draft.shape == "legacy" else "3.2.5",
        "url_avis": f"https://www.boamp.fr/pages/avis/?q=idweb:{draft.idweb}",
    }


def _diffusion(draft: Draft) -> object:
    """A cancellation keeps the deadline of what it cancels and is shown for a week only."""
    return draft.published_on + timedelta(days=6) if draft.event == "cancellation" else draft.diffusion_ends


def _kind(draft: Draft) -> dict[str, Any]:
    family, label, perimeter = FAMILIES[draft.shape]
    kind, category, types = _NATURES[draft.category]
    procedure = draft.procedure if draft.procedure in PROCEDURES else None
    return {
        "famille": family,
        "famille_libelle": label,
        "perimetre": perimeter,
        "nature": draft.category,
        "sousnature": "STANDARD",
        "nature_libelle": kind,
        "nature_categorise": f"{category}/standard",
        "nature_categorise_libelle": f"{kind}/",
        "etat": draft.state,
        "type_avis": [part for part in types.split(",") if part],
        "type_procedure": procedure,
        "procedure_libelle": PROCEDURES.get(draft.procedure),
        "procedure_categorise": f"{procedure}/" if procedure else None,
        "marche_public_simplifie": 0,
    }


def _subject(draft: Draft) -> dict[str, Any]:
    criteria = [word for word, said in (("sociaux", draft.social), ("environnementaux", draft.green)) if said]
    code, label = draft.descriptor
    return {
        "objet": draft.title,
        "code_departement": [draft.buyer.departement],
        "criteres": ",".join(criteria) or None,
        "descripteur_code": [code],
        "dc": [code],
        "descripteur_libelle": [label],
        "type_marche": [draft.nature],
        "type_marche_facette": [draft.nature.capitalize()],
    }


def _management(draft: Draft) -> dict[str, Any]:
    """`gestion`: its codes are keys, and a département loses its leading zero there."""
    family, _label, perimeter = FAMILIES[draft.shape]
    reference: dict[str, Any] = {
        "IDWEB": draft.idweb,
        "TYPE_AVIS": {
            "FAMILLE": {family: ""},
            "PERIMETRE": {perimeter: ""},
            "NATURE": {draft.category: {"STANDARD": ""}},
            "STATUT": {draft.state: ""},
        },
    }
    found: dict[str, Any] = {"REFERENCE": reference}
    if draft.previous is not None and draft.shape == "legacy":
        found["MARCHE"] = {"ANNONCE_ANTERIEUR": {"REFERENCE": {"IDWEB": draft.previous.idweb}}}
    elif draft.previous is not None:
        reference["ANNONCE_ANTERIEUR"] = {"IDWEB": draft.previous.idweb}
    return {**found, "INDEXATION": _index(draft)}


def _index(draft: Draft) -> dict[str, Any]:
    criteria = {key: "" for key, said in (("SOCIAUX", draft.social), ("ENVIRONNEMENTAUX", draft.green)) if said}
    code, label = draft.descriptor
    found: dict[str, Any] = {
        "SCHEMA": "2.3.0" if draft.shape == "legacy" else "3.2.5",
        "NOMORGANISME": draft.buyer.name,
        "TYPE_PROCEDURE": {draft.procedure: ""} if draft.procedure in PROCEDURES else None,
        "DATE_PUBLICATION": str(draft.published_on),
        "DATE_LIMITE_REPONSE": None if draft.deadline is None else _paris(draft.deadline, draft.shape == "mapa"),
        "DATE_FIN_DIFFUSION": str(_diffusion(draft)),
        "DESCRIPTEURS": {"DESCRIPTEUR": {"CODE": code, "LIBELLE": label}},
        "NATURE_MARCHE": {draft.nature: ""},
        "CRITERES_SOCIAUX_ENV": criteria or None,
        "DEP_PUBLICATION": draft.buyer.departement.lstrip("0"),
        "RESUME_OBJET": draft.title,
    }
    return {key: value for key, value in found.items() if value is not None}


def _paris(instant: datetime, naive: bool) -> str:
    """Times with their offset, but for MAPA notices."""
    return (instant.replace(tzinfo=None) if naive else instant).isoformat()


def _printed(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
