"""A card of either list: its middle (reference, object, buyer, …) and its right side, by label."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from parsel import Selector

from crawlers.engines.bdc.labels import Fields, label_key, read_lines, whole, words
from crawlers.engines.pages import selector

SHOW = re.compile(r"/bdc/entreprise/consultation/show/([0-9]{1,12})(?![0-9])")

_MIDDLE = ".//*[contains(@class, 'entreprise__middleSubCard')]//*[self::a or self::div][not(.//a or .//div)]"
_RIGHT = (
    ".//*[contains(@class, 'entreprise__rightSubCard')]//span[not(ancestor::span)]"
    "[not(contains(concat(' ', @class, ' '), ' badge '))]"
)
_UNSUCCESSFUL = "infructueux"


def card_of(html: str) -> Selector:
    """The card in a fragment that was archived; the fragment itself where it holds none."""
    fragment = selector(html)
    cards = fragment.css(".entreprise__card")
    return cards[0] if cards else fragment


def show_ids(element: Selector) -> tuple[str, ...]:
    """The ids of the pages that links inside lead to, each once, in their order."""
    found = (SHOW.search(href) for href in element.xpath(".//@href").getall())
    return tuple(dict.fromkeys(match[1] for match in found if match))


def badges(element: Selector) -> tuple[str, ...]:
    """The status badges of a card or a page, each once, such as `Annulé`."""
    texts = (words(badge) for badge in element.css(".badge"))
    return tuple(dict.fromkeys(text for text in texts if text))


def is_cancelled(labels: Iterable[str]) -> bool:
    """Whether a badge says that the notice was cancelled."""
    return any(label_key(label).startswith("annule") for label in labels)


def read_card(card: Selector, known: Mapping[str, str]) -> Fields:
    """The values of a card by field name; `known` gives the field of each label (`label_key`)."""
    fields = Fields()
    right: list[tuple[str, str]] = []
    for block in card.xpath(_RIGHT):
        text = words(block)
        if _UNSUCCESSFUL in label_key(text):
            fields.put("unsuccessful", text, "card")
        elif text:
            right.append((text, whole(block)))
    middle = [(text, whole(block)) for block in card.xpath(_MIDDLE) if (text := words(block))]
    read_lines(middle, known, "card", fields)
    read_lines(right, known, "card", fields)
    return fields


def fingerprint(parts: Iterable[str]) -> str:
    """A digest of what the list says of a notice, equal as long as it says the same."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
