"""The card of a notice in the list (dossier 6.2): enough to know the notice again and to see that it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from parsel import Selector

from crawlers.engines.bdc.cards import badges, fingerprint, is_cancelled, read_card, show_ids
from crawlers.engines.bdc.labels import Fields

LABELS: Final = {
    "reference": "reference",
    "objet": "object",
    "acheteur": "buyer",
    "acheteur public": "buyer",
    "date limite": "deadline",
    "date limite de reception des devis": "deadline",
    "date limite de remise des devis": "deadline",
    "lieu d'execution": "place",
    "lieu": "place",
}
FINGERPRINTED: Final = ("reference", "object", "buyer", "deadline", "place")


@dataclass(frozen=True)
class NoticeCard:
    """One card. `show_ids` has one id, unless the layout changed."""

    show_ids: tuple[str, ...]
    fields: Fields
    badges: tuple[str, ...]

    @property
    def cancelled(self) -> bool:
        """Whether the card carries the badge of cancelled notices."""
        return is_cancelled(self.badges)

    @property
    def fingerprint(self) -> str:
        """Equal while the card says the same."""
        values = (self.fields.values.get(name, "") for name in FINGERPRINTED)
        return fingerprint((*self.show_ids, *values, *self.badges))


def read_notice_card(card: Selector) -> NoticeCard:
    """Read a card by its labels. The first link carries the reference, with or without a label."""
    fields = read_card(card, LABELS)
    if "reference" not in fields.values:
        unlabelled = fields.strange.pop("card.(no label)", [])
        if unlabelled:
            fields.values["reference"] = unlabelled[0]
        for text in unlabelled[1:]:
            fields.unknown("card.(no label)", text)
    return NoticeCard(show_ids(card), fields, badges(card))
