"""A page that the search of AWS answers with: what it is, its count, its rows.

Every row is a `div` with the same id (`entity`). A search without a result answers the search form itself, and one that
is too wide an alert that asks to narrow it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from parsel import Selector

from crawlers.engines.html_tree import lines, text
from notices.values.text import fold

ROWS = 'descendant-or-self::*[@id="entity"]'
KNOWN_LINKS = frozenset(
    ("consulter l'avis", "avis complet", "dce", "rc", "candidature et/ou offre", "poser une question", "deposer un pli")
)
DUME_ICON = "service-dume.gif"
KNOWN_ICONS = {"ico-critere-social.png": "social", "ico-critere-environnement.png": "green", DUME_ICON: "dume"}
CORRECTED = "avis rectifie"

_NOTICE = re.compile(r"/([A-Za-z]{2,6}-pub-[0-9]{5,20})\.htm(?:[?#]|$)")
_COUNT = re.compile(r"([0-9][0-9\s]{0,11})\s*avis")
_PAGE_NUMBER = re.compile(r"[?&]pager_s=([0-9]{1,5})(?:&|$)")
_POSTAL = re.compile(r"^(.*?)\s*\(([0-9AB]{5})\)$", re.DOTALL)
_REFERENCE = re.compile(r"^\[?\s*r[ée]f\.?\s*(.*?)\s*\]?$", re.DOTALL | re.IGNORECASE)
_NARROW = ("precise", "affine", "restreign")


class PageKind(StrEnum):
    """What the search answered."""

    RESULTS = "results"
    FORM = "form"
    TOO_WIDE = "too-wide"
    OTHER = "other"


@dataclass(frozen=True)
class Row:
    """What one row of a list prints, as printed on one line each."""

    native_id: str | None
    href: str | None
    dates: str
    buyer: str
    postal_code: str | None
    reference: str | None
    title: str
    tags: tuple[str, ...]
    labels: tuple[str, ...]
    icons: tuple[str, ...]
    links: tuple[tuple[str, str], ...]

    @property
    def fingerprint(self) -> str:
        """Equal as long as the portal's list says the same of this notice."""
        said = (self.dates, self.buyer, self.postal_code, self.reference, self.title, *self.tags, *self.labels)
        shown = (*sorted(self.icons), *sorted(words for words, _href in self.links))
        joined = "\n".join(str(part) for part in (*said, "|", *shown))
        return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class ListedRow:
    """A row with the HTML it was read from."""

    row: Row
    html: str


class ListPage:
    """One answer of the search."""

    def __init__(self, page: Selector) -> None:
        self._page = page

    @cached_property
    def kind(self) -> PageKind:
        """What this page is. An alert wins over rows, rows and a count over the form that may stand beside them."""
        if self.alert is not None:
            return PageKind.TOO_WIDE
        if self._page.xpath(ROWS) or self._page.xpath('//*[@id="nbResultAvis"]'):
            return PageKind.RESULTS
        return PageKind.FORM if self._page.xpath('//form[@id="formRech"]') else PageKind.OTHER

    @cached_property
    def alert(self) -> str | None:
        """What the portal says where a search is too wide."""
        found = (text(alert) for alert in self._page.xpath('//*[contains(@class, "alert")]'))
        return next((words for words in found if any(sign in fold(words) for sign in _NARROW)), None)

    @cached_property
    def count(self) -> int | None:
        """How many notices the portal announces for the search; None when it does not say."""
        words = fold(text(next(iter(self._page.xpath('//*[@id="nbResultAvis"]')), None)))
        found = _COUNT.search(words)
        if found:
            return int(re.sub(r"\s", "", found[1]))
        return 0 if words.startswith("aucun") else None

    @cached_property
    def rows(self) -> tuple[ListedRow, ...]:
        """The rows in the page's order."""
        return tuple(ListedRow(read_row(node), node.get()) for node in self._page.xpath(ROWS))

    @cached_property
    def last_page(self) -> int:
        """The highest page number that the page links to; 1 without links."""
        numbers = (_PAGE_NUMBER.search(href) for href in self._page.xpath("//a/@href").getall())
        return max((int(found[1]) for found in numbers if found), default=1)

    @cached_property
    def regions(self) -> tuple[tuple[str, ...], ...]:
        """The values of the form's list of départements: each region, with its départements."""
        values = self._page.xpath('//form[@id="formRech"]//select[@name="IDR"]/option/@value').getall()
        return tuple(tuple(value.split(",")) for value in dict.fromkeys(values) if "," in value)


def read_row(node: Selector) -> Row:
    """What one row says. Nothing is interpreted here."""
    buyer, postal_code = _buyer(text(_first(node, './/h2[contains(@class, "h2-avis")]')))
    href = next(filter(None, (_notice_link(link) for link in node.xpath(".//a/@href").getall())), None)
    found = _NOTICE.search(href or "")
    return Row(
        native_id=found[1] if found else None,
        href=href,
        dates=text(_first(node, './/*[contains(@class, "affiche_date_avis")]'), without=frozenset({"span"})),
        buyer=buyer,
        postal_code=postal_code,
        reference=_reference(text(_first(node, './/*[contains(@class, "ref-acheteur")]'))),
        title=_title(node),
        tags=tuple(filter(None, (text(tag) for tag in node.xpath('.//*[@id="titre_box"]//p')))),
        labels=tuple(filter(None, (text(label) for label in node.xpath('.//span[contains(@class, "label")]')))),
        icons=tuple(source.rsplit("/", 1)[-1] for source in node.xpath(".//img/@src").getall()),
        links=tuple((text(link), link.attrib.get("href", "")) for link in node.xpath(".//a[@href]")),
    )


def _first(node: Selector, path: str) -> Selector | None:
    return next(iter(node.xpath(path)), None)


def _notice_link(href: str) -> str | None:
    return href if _NOTICE.search(href) else None


def native_id_of(address: str) -> str | None:
    """The portal's key of a notice in its address: `/Annonces/MPI-pub-2022104309.htm`."""
    found = _NOTICE.search(address)
    return found[1] if found else None


def _title(node: Selector) -> str:
    """The words of the title box without the buyer's reference and the bracketed remarks."""
    box = _first(node, './/*[@id="titre_box"]')
    if box is None:
        return ""
    reference = lines(_first(box, './/*[contains(@class, "ref-acheteur")]'))
    words = list(lines(box, without=frozenset({"p"})))
    return " ".join(words[len(reference) :] if tuple(words[: len(reference)]) == reference else words)


def _buyer(printed: str) -> tuple[str, str | None]:
    found = _POSTAL.match(printed)
    return (found[1], found[2]) if found else (printed, None)


def _reference(printed: str) -> str | None:
    found = _REFERENCE.match(printed)
    return (found[1] if found else printed) or None
