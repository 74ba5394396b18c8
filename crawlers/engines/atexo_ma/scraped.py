"""Tables that others read from the portal: rows of a scraper's JSON lines, and the raw cells of a list as CSV.

They pass the same normaliser as the portal's own pages, so that what others saw tests what we make of it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from typing import Any

from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.record import Account, Record
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.values.text import clean_line, known_text

_FIELDS = {
    "ref": "reference", "objet": "object", "entite_publique": "entity", "categorie": "category",
    "date_limite": "deadline", "lieu_execution": "places", "estimation_ttc": "estimate",
    "caution_provisoire": "deposit", "variante_autorisee": "variant", "refConsultation": "number",
    "orgAcronyme": "organisation",
}  # fmt: skip
_REMARKS = {
    "lieu_ouverture_plis": "Lieu d'ouverture des plis",
    "adresse_retrait_dossiers": "Adresse de retrait des dossiers",
    "adresse_depot_offres": "Adresse de dépôt des offres",
    "visites_lieux": "Visites des lieux",
}
_OF_THE_SCRAPER = ("id", "scraped_at", "url_detail")
CELLS = ("col_2", "col_3", "col_4", "col_5")
"""Columns of the list: procedure, category and day; reference, object and buyer; lots and places; deadline."""
_EMPTY_CELLS = ("col_1", "col_6", "col_7")
"""The hidden box to tick, the actions, and the counters of the hidden basket."""
_SPLIT = re.compile(
    r"^\s*(?P<reference>.*?)\s*\n\s*Objet\s*:\s*(?P<object>.*?)\s*\n\s*Acheteur public\s*:\s*(?P<buyer>.*)$", re.DOTALL
)


def is_scraped_row(record: dict[str, Any]) -> bool:
    """Whether a JSON object is a row of the scraper's table."""
    return "refConsultation" in record and "orgAcronyme" in record and "objet" in record


def read_scraped_row(record: dict[str, Any]) -> Consultation:
    """A row of the scraper's table."""
    account = Account()
    row = account.open(record, "row")
    printed = Consultation(seen=["scraped-row"])
    for key, name in _FIELDS.items():
        setattr(printed, name, known_text(row.string(key)))
    printed.object = known_text(_raw(row, "objet"))
    procedure, _, mode = (row.string("type_procedure") or "").partition(" | ")
    printed.procedure, printed.mode = known_text(procedure), known_text(mode)
    for key, label in _REMARKS.items():
        if words := known_text(row.string(key)):
            printed.remarks[label] = words
    row.ignore(*_OF_THE_SCRAPER)
    # The scraper left out what only an unallotted consultation prints, which is how lots show in its table.
    printed.notes.extend(account.notes)
    printed.unread.extend(account.unread())
    return printed


def _raw(row: Record, key: str) -> str | None:
    value = row.value(key)
    return value if isinstance(value, str) else None


def split_cells(payload: bytes) -> list[bytes]:
    """One JSON object per line of the table of cells."""
    reader = csv.DictReader(io.StringIO(payload.decode("utf-8-sig"), newline=""))
    return [json.dumps({"cells": row}, ensure_ascii=False).encode() for row in reader]


def is_cells(record: dict[str, Any]) -> bool:
    """Whether a JSON object holds the cells of a list's row."""
    return isinstance(record.get("cells"), dict)


def read_cells(record: dict[str, Any]) -> Consultation:
    """The cells of a row. They hold no key, and the object may be cut: the notice is partial."""
    account = Account()
    row = account.open(record["cells"], "cells")
    printed = Consultation(seen=["listing-cells"])
    cells = {key: _lines(row, key) for key in CELLS}
    _read_procedure_cell(cells["col_2"], printed)
    match = _SPLIT.match("\n".join(cells["col_3"]))
    if match is None:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, "The cell of the object is not as the portal prints it.", path="cells.col_3"
        )
    printed.reference, printed.buyer = known_text(match["reference"]), known_text(match["buyer"])
    printed.object = known_text(match["object"])
    # A dash stands before the places of a consultation without lots.
    printed.allotted = not (cells["col_4"] and known_text(cells["col_4"][0]) is None) if cells["col_4"] else None
    printed.places = ", ".join(words for line in cells["col_4"] if (words := known_text(line))) or None
    printed.deadline = " ".join(cells["col_5"]) or None
    row.ignore(*_EMPTY_CELLS)
    printed.partial = "Only the cells of the portal's list were at hand, without the consultation's key."
    printed.unread.extend(account.unread())
    return printed


def _lines(row: Record, key: str) -> list[str]:
    value = row.value(key)
    lines = value.split("\n") if isinstance(value, str) else []
    return [words for line in lines if (words := clean_line(line))]


def _read_procedure_cell(lines: list[str], printed: Consultation) -> None:
    for name, words in zip(("procedure", "category", "published_on"), lines, strict=False):
        setattr(printed, name, known_text(words.removesuffix("...")))


def key_of_cells(payload: bytes) -> str:
    """A stand-in for the key that cells lack: it only tells one such row from another."""
    return f"cells-{hashlib.sha256(payload).hexdigest()[:16]}"
