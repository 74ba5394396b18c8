"""The list of BOAMP: which records a window asks for, what of a record tells that it changed, what does not belong."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, timedelta
from typing import Any

from crawlers.contract import LayoutError, Window
from crawlers.engines.json_api import need
from crawlers.engines.opendatasoft import Share, day, text

KEY = "idweb"
LISTED = (
    KEY, "dateparution", "datelimitereponse", "datefindiffusion", "etat", "nature", "famille", "objet", "nomacheteur",
    "titulaire", "contractfolderid", "annonce_lie", "code_departement", "code_departement_prestation", "perimetre",
    "type_procedure", "soustype_procedure", "type_marche", "sousnature", "type_avis", "criteres", "descripteur_code",
    "source_schema", "filename",
)  # fmt: skip
"""Fields of a list row: all that are short and say something of their own. `donnees` and `gestion`, nine tenths of a
record, come with the notice."""
CHECKPOINTS = (2, 7)
"""Days after publication on which a record is read once more, whole: a late load may correct `donnees` alone, which no
short field tells. The last one is the last day that a regular crawl looks back on (`overlap_days`)."""

FAMILIES = ("JOUE", "FNS", "MAPA", "DSP", "DIVERS")
NATURES = (
    "APPEL_OFFRE", "ATTRIBUTION", "RECTIFICATIF", "ANNULATION", "MODIFICATION", "PRE-INFORMATION",
    "EX_ANTE_VOLONTAIRE", "IC",
)  # fmt: skip
CANCELLED = "ANNULATION"
FIRST_DAY = date(2000, 1, 1)
"""Before the first notice of the data set."""

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")


def share_of(window: Window, today: date) -> Share:
    """The records of a window.

    Open is what the portal's own site calls so: a deadline from today on or, where there is none, an end of diffusion
    from today on, and no cancellation.
    """
    by = (("famille", FAMILIES), ("nature", NATURES))
    if window.start is not None and window.end is not None:
        return Share("", "dateparution", window.start, window.end, by)
    since = day(today)
    condition = (
        f"(datelimitereponse >= {since} or (datelimitereponse is null and datefindiffusion >= {since})) "
        f"and not (etat = {text(CANCELLED)})"
    )
    return Share(condition, "dateparution", FIRST_DAY, today + timedelta(days=2), by)


def check_row(row: dict[str, Any]) -> None:
    """Raise `LayoutError` when a row lacks what every row has."""
    need(row, KEY, str, "A record of the list")
    need(row, "dateparution", str, "A record of the list")


def native_id(row: dict[str, Any]) -> str:
    """The key of a notice: every publication has its own, corrections and cancellations too."""
    return str(row[KEY])


def has_usable_id(row: dict[str, Any]) -> bool:
    """Whether a row's key can be asked for again and kept; they have been `25-127510` and its like."""
    return _ID.fullmatch(native_id(row)) is not None


def fingerprint(row: dict[str, Any], today: date) -> str:
    """Equal while the list says the same of a notice, between two checkpoints of its age.

    Lists are sorted, as their order means nothing.
    """
    said = {name: sorted(map(str, value)) if isinstance(value, list) else value for name, value in row.items()}
    age = (today - published_on(row)).days
    said["checkpoints"] = sum(age >= days for days in CHECKPOINTS)
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode("utf-8", "surrogatepass")).hexdigest()


def outside(row: dict[str, Any], window: Window, today: date) -> bool:
    """Whether a row cannot belong to a window. A day of tolerance covers the border between two time zones."""
    if window.start is not None and window.end is not None:
        return not window.start <= published_on(row) < window.end
    if row.get("etat") == CANCELLED:
        return True
    last = row.get("datelimitereponse") or row.get("datefindiffusion")
    return not isinstance(last, str) or _day_of(last, row) < today - timedelta(days=1)


def published_on(row: dict[str, Any]) -> date:
    """The day of publication."""
    return _day_of(row["dateparution"], row)


def _day_of(printed: str, row: dict[str, Any]) -> date:
    try:
        return date.fromisoformat(printed[:10])
    except ValueError as error:
        raise LayoutError(f"The record {native_id(row)[:40]} of the list has the date {printed[:40]!r}.") from error
