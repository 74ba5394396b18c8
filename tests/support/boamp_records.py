"""Invented records of BOAMP, and how tests read them."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from notices.formats.boamp import read_boamp
from notices.formats.reading import Reading, ReadingContext
from notices.model import Notice

CONTEXT = ReadingContext(portal="fr_boamp", zone=ZoneInfo("Europe/Paris"), country="FR")
FLAT: dict[str, Any] = {
    "idweb": "26-900001",
    "objet": "Entretien des haies",
    "nomacheteur": "Commune de Bocage",
    "nature": "APPEL_OFFRE",
    "etat": "INITIAL",
    "dateparution": "2026-09-15",
}
"""The columns of a record."""


def reading(donnees: Any = None, **flat: Any) -> Reading:
    """What is read of an invented record; `donnees` is its document, `flat` are other values of its columns."""
    return read_boamp({**FLAT, "donnees": None if donnees is None else json.dumps(donnees), **flat}, context=CONTEXT)


def notice(donnees: Any = None, **flat: Any) -> Notice:
    """The notice of such a record."""
    return reading(donnees, **flat).notice


def mapa(**blocks: Any) -> dict[str, Any]:
    """A document of a call below the thresholds (MAPA)."""
    return {"MAPA": {"organisme": {"acheteurPublic": "Commune de Bocage"}, "initial": blocks}}


def simple(section: str = "initial", **blocks: Any) -> dict[str, Any]:
    """A document of the simple national form (FNSimple)."""
    return {"FNSimple": {"organisme": {"nomOfficiel": "Commune de Bocage"}, section: blocks}}


def old(**blocks: Any) -> dict[str, Any]:
    """A document of schema v230."""
    return {"IDENTITE": {"DENOMINATION": "Commune de Bocage"}, **blocks}


def told(found: Notice) -> str:
    """What the notes of a notice say."""
    return " ".join(f"{note.message} {note.printed}" for note in found.notes)
