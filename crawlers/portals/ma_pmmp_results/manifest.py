"""Rows of a table that others made of extraits de PV: one JSON object a line, with the address of the PDF."""

from __future__ import annotations

import re
from typing import Any, Final

from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.record import Account
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.model import Document
from notices.values.text import known_text

_KEY: Final = re.compile(r"refConsultation=([0-9A-Za-z_]{1,30})&orgAcronyme=([0-9A-Za-z_]{1,20})&idAvis=(\d{1,12})$")
_FIELDS: Final = {
    "reference": "reference",
    "date_publication": "published_on",
    "categorie_principale": "category",
    "mode_passation": "procedure",
    "acheteur_public": "entity",
}
_OF_THE_SCRAPER: Final = ("local_path", "file_hash", "scraped_at")
PARTIAL: Final = "Only a row of a table that others made was at hand, not the portal's page."


def is_manifest_row(record: dict[str, Any]) -> bool:
    """Whether a JSON object is such a row."""
    return "pdf_url" in record and "date_publication" in record


def read_manifest_row(record: dict[str, Any]) -> Consultation:
    """Read a row. Its key stands in the address of the PDF."""
    account = Account()
    row = account.open(record, "row")
    address = row.string("pdf_url") or ""
    key = _KEY.search(address)
    if key is None:
        raise NoticeFormatError(
            FormatReason.MISSING, "The address of the PDF names no announcement.", path="row.pdf_url", printed=address
        )
    printed = Consultation(seen=["manifest-row"], number=key[1], organisation=key[2], partial=PARTIAL)
    for name, target in _FIELDS.items():
        setattr(printed, target, known_text(row.string(name)))
    title = row.value("objet")
    printed.object = known_text(title) if isinstance(title, str) else None
    year = row.number("year")
    if year is not None and not (printed.published_on or "").endswith(str(year)):
        printed.note("row.year", "The year is not that of the day of publication.", str(year))
    printed.documents = (Document(url=address, title="Extrait de PV"),)
    row.ignore(*_OF_THE_SCRAPER)
    printed.notes.extend(account.notes)
    printed.unread.extend(account.unread())
    return printed
