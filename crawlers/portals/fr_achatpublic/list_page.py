"""A page of achatpublic's list of consultations: its cards, how many there are, or the words that there are none.

Labels of a card are read by their words; an unclosed list item inside a card is closed where HTML closes it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

from parsel import Selector

from crawlers.engines.html_tree import text
from notices.values.text import fold

CARDS = '//li[starts-with(@id, "li_consult_") or contains(@class, "sdmCardConsult ")]'
ANSWERED = "li[id^='li_consult_'], .sdmListResult__none"
"""What a list shows once its script is done: cards, or the words that there are none."""
_EMPTY = "aucune consultation"

_KEY = re.compile(r"PCSLID=(CSL_[0-9]{4}_[A-Za-z0-9_-]{3,40})")
_CARD_ID = re.compile(r"^li_consult_(CSL_[0-9]{4}_[A-Za-z0-9_-]{3,40})$")
_PAGE = re.compile(r"\bpage\s+([0-9]{1,5})\s*/\s*([0-9]{1,5})\b")
_TOTAL = re.compile(r"\b([0-9][0-9\s]{0,8})\s*consultations?\b")


@dataclass(frozen=True)
class Card:
    """What one card prints: its labels by their folded words."""

    native_id: str | None
    href: str | None
    title: str
    deadline: str
    labelled: dict[str, str]
    printed: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """Equal as long as the list says the same of this consultation."""
        said = (self.title, self.deadline, *(f"{key}={value}" for key, value in sorted(self.labelled.items())))
        return hashlib.sha256("\n".join(said).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class ListedCard:
    """A card with the HTML it was read from."""

    card: Card
    html: str


class ListPage:
    """One page of the list."""

    def __init__(self, page: Selector) -> None:
        self._page = page

    @cached_property
    def cards(self) -> tuple[ListedCard, ...]:
        """The cards in the page's order."""
        return tuple(ListedCard(read_card(node), node.get()) for node in self._page.xpath(CARDS))

    @cached_property
    def _words(self) -> str:
        return fold(text(next(iter(self._page.xpath("//main | //body")), None)))

    @cached_property
    def says_none(self) -> bool:
        """Whether the page says in words that no consultation fits."""
        return not self.cards and _EMPTY in self._words

    @cached_property
    def position(self) -> tuple[int, int]:
        """The page's number and how many pages there are, as the foot of the list has it; (1, 1) without a foot."""
        foot = text(next(iter(self._page.xpath('//*[@id="top_pagination" or contains(@class, "sdmPagi")]')), None))
        found = _PAGE.search(fold(foot))
        return (int(found[1]), int(found[2])) if found else (1, 1)

    @cached_property
    def total(self) -> int | None:
        """The number in the list's heading; None where it has none."""
        heading = text(next(iter(self._page.xpath('//*[contains(@class, "sdmListResult__count")]')), None))
        found = _TOTAL.search(fold(heading))
        return int(re.sub(r"\s", "", found[1])) if found else None


def read_card(node: Selector) -> Card:
    """What one card says. Nothing is interpreted here."""
    link = next(iter(node.xpath('.//h2//a | .//a[contains(@class, "jqCardLink")]')), None)
    href = link.attrib.get("href") if link is not None else None
    own = _CARD_ID.match(node.xpath("(descendant-or-self::li/@id)[1]").get() or "")
    labelled, printed = _labels(node)
    return Card(
        native_id=own[1] if own else key_of(href or ""),
        href=href,
        title=text(link),
        deadline=_deadline(node),
        labelled=labelled,
        printed=printed,
    )


def key_of(address: str) -> str | None:
    """The portal's key of a consultation in an address."""
    found = _KEY.search(address)
    return found[1] if found else None


def _deadline(node: Selector) -> str:
    """Day, month with year, and hour stand in elements of their own; an older layout has them in one."""
    block = next(
        iter(
            node.xpath(
                './/*[contains(@class, "sdmCardConsult__blocTime") or contains(@class, "sdmCardConsult__colTime")]'
            )
        ),
        None,
    )
    return " ".join(text(part) for part in block.xpath(".//span")) or text(block) if block is not None else ""


def _labels(node: Selector) -> tuple[dict[str, str], dict[str, str]]:
    """`Organisme : Ville d'A`: the first element of an item is the label, the next one the value."""
    labelled: dict[str, str] = {}
    printed: dict[str, str] = {}
    for item in node.xpath('.//li[contains(@class, "sdmCardConsult__listItem")]'):
        spans = item.xpath("./span")
        if len(spans) < 2:
            continue
        label = text(spans[0]).strip(" :")
        key = fold(label).replace("’", "'")
        if key and key not in labelled:
            labelled[key], printed[key] = text(spans[1]), label
    return labelled, printed
