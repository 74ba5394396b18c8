"""Invented contracts and lines of French award data, and how tests read them."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from notices.formats.decp import read_decp, split_decp
from notices.formats.reading import Reading, ReadingContext
from notices.model import Notice

CONTEXT = ReadingContext(portal="fr_decp", zone=ZoneInfo("Europe/Paris"), country="FR")
BUYER, WINNER, OTHER = "01990018200015", "01990707000015", "01990741900014"
"""Invented SIRETs that pass their check."""


def contract(**fields: Any) -> dict[str, Any]:
    """An invented contract of the format of 2022; a field of None is left out."""
    told: dict[str, Any] = {
        "id": "2026M00012",
        "acheteur": {"id": BUYER},
        "nature": "Marché",
        "objet": "Réfection de la toiture de l'école de Montlivray",
        "codeCPV": "45261000-4",
        "procedure": "Procédure adaptée",
        "lieuExecution": {"code": "94000", "typeCode": "Code postal"},
        "dureeMois": 12,
        "dateNotification": "2026-10-05",
        "datePublicationDonnees": "2026-10-20",
        "montant": 84500.5,
        "offresRecues": 3,
        "titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": WINNER}}],
        **fields,
    }
    return {key: value for key, value in told.items() if value is not None}


def reading(*records: dict[str, Any], kind: str = "marche") -> Reading:
    """What is read of contracts of the format of 2022 that are one."""
    payload = json.dumps({"marches": {kind: list(records)}}, ensure_ascii=False).encode()
    [unit] = split_decp(payload)
    return read_decp(unit, CONTEXT)


def notice(*records: dict[str, Any], kind: str = "marche") -> Notice:
    """The notice of such contracts."""
    return reading(*records, kind=kind).notice


def row(**cells: Any) -> dict[str, Any]:
    """An invented line of the ministry's table."""
    return {
        "id": "2026M00012",
        "acheteur_id": BUYER,
        "nature": "Marché",
        "objet": "Nettoyage des locaux de Courmenault",
        "codecpv": "90911200-8",
        "procedure": "Appel d'offres ouvert",
        "montant": 120000.0,
        "datenotification": "2026-10-05",
        "datepublicationdonnees": "2026-10-20",
        "titulaire_id_1": WINNER,
        "titulaire_typeidentifiant_1": "SIRET",
        "titulaire_id_2": "CDL",
        "titulaire_typeidentifiant_2": "CDL",
        "idmodification": "CDL",
        "montantmodification": "CDL",
        **cells,
    }


def of_rows(*rows: dict[str, Any]) -> Notice:
    """The notice of lines of the ministry's table that are one contract."""
    [unit] = split_decp(json.dumps({"total_count": len(rows), "results": list(rows)}).encode())
    return read_decp(unit, CONTEXT).notice


def messages(found: Notice) -> str:
    """What the notes of a notice say."""
    return " | ".join(note.message for note in found.notes)
