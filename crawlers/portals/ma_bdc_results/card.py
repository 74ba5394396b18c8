"""The card of a result (dossier 6.4) and its key: the portal gives it neither page nor id."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from parsel import Selector

from crawlers.engines.bdc.cards import read_card
from crawlers.engines.bdc.labels import Fields, words
from notices.values.dates import CASABLANCA, parse_day_first
from notices.values.text import clean_line

LABELS: Final = {
    "reference": "reference",
    "objet": "object",
    "acheteur": "buyer",
    "acheteur public": "buyer",
    "date de publication du resultat": "published",
    "date de publication": "published",
    "nombre de devis recus": "quotes",
    "entreprise attributaire": "winner",
    "attributaire": "winner",
    "montant ttc": "amount",
    "montant": "amount",
}
_DIGITS: Final = 16


@dataclass(frozen=True)
class ResultCard:
    """What a card of a result says; also what a row of an older table of results says."""

    fields: Fields
    kind: str | None = None
    """What stands at its left: `BDC`."""

    def value(self, name: str) -> str:
        """A value on one line, without the blanks around it; empty where there is none."""
        return clean_line(self.fields.values.get(name, ""))

    @property
    def content(self) -> tuple[str, ...]:
        """All that tells two cards apart."""
        names = ("reference", "buyer", "published", "object", "winner", "amount", "quotes", "unsuccessful")
        return tuple(self.value(name) for name in names)


def read_result_card(card: Selector) -> ResultCard:
    """Read a card by its labels."""
    left = [text for element in card.css(".entreprise__leftSubCard") if (text := words(element))]
    return ResultCard(read_card(card, LABELS), left[0] if left else None)


def native_id(card: ResultCard, *, twin: bool = False) -> str | None:
    """`2026-10-01T1311-` and sixteen hexadecimal digits; None for a card that lacks a part of its key.

    `twin`: a second card with the same reference, buyer and instant; object and winner then enter its digest.
    A card without instant (an older table of amounts) begins with `undated-`, and its object and amount tell it.
    """
    reference, buyer, printed = card.value("reference"), card.value("buyer"), card.value("published")
    if not reference or not buyer:
        return None
    if not printed:
        return f"undated-{_digest(reference, buyer, card.value('object'), card.value('amount'))}"
    read = parse_day_first(printed, CASABLANCA)
    if read is None:
        return None
    minute = read.at.strftime("%Y-%m-%dT%H%M")
    more = (card.value("object"), card.value("winner")) if twin else ()
    return f"{minute}-{_digest(reference, buyer, minute, *more)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
